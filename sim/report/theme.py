"""The look of charts and pages: palette, shapes, type and spacing, in light and in dark.

Every colour is a named token with one value for light and one for dark paper. Charts are drawn with the light values,
so that they look right in a notebook; `sim.report.svg` then turns each of them into a reference to the token, and one
drawing serves both papers. Each capital has a shape as well as a colour: no reading depends on colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass

# Families of nearly the same widths, so that what was measured at drawing time still fits on the reader's machine.
SANS = (
    "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', 'DejaVu Sans Condensed', sans-serif"
)
SERIF = "Charter, 'Bitstream Charter', 'Sitka Text', Cambria, Georgia, 'Liberation Serif', serif"
MONO = "ui-monospace, 'Cascadia Mono', Menlo, Consolas, 'Liberation Mono', monospace"
# Widths inside a chart are measured with this font wherever it is drawn, so the drawing is the same everywhere.
CHART_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"


@dataclass(frozen=True, slots=True)
class Token:
    """One colour role: its value on light paper and on dark paper."""

    light: str
    dark: str


# Light values must differ from one another: a chart's colours are recognised by them.
TOKENS: dict[str, Token] = {
    "paper": Token("#faf8f3", "#14171b"),
    "card": Token("#ffffff", "#1c2026"),
    "ink": Token("#1b1f24", "#ece9e2"),
    "muted": Token("#5a626c", "#a7afb9"),
    "rule": Token("#dedad0", "#353b44"),
    "grid": Token("#e9e6de", "#2b3038"),
    "quiet": Token("#959ca5", "#7b8490"),
    "heat": Token("#35a68d", "#1a735e"),  # cells that carry a number: ink stays readable on the full colour
    "minsk": Token("#00876c", "#4fd1b0"),
    "washington": Token("#2a4fc0", "#6f9bff"),
    "brussels": Token("#b86e00", "#ffc857"),
    "moscow": Token("#7d1545", "#d8608f"),
}


@dataclass(frozen=True, slots=True)
class Capital:
    """How one player is shown: name, colour token, the mark's shape in a chart and its glyph in running text."""

    name: str
    token: str
    shape: str
    glyph: str


CAPITALS: dict[str, Capital] = {
    "minsk": Capital("Minsk", "minsk", "circle", "●"),
    "washington": Capital("Washington", "washington", "square", "■"),
    "brussels": Capital("Brussels", "brussels", "triangle-up", "▲"),
    "moscow": Capital("Moscow", "moscow", "diamond", "◆"),
}
NOBODY = Capital("", "muted", "circle", "○")


def capital(player: str) -> Capital:
    """Return how a player is shown; an unknown one gets its own name in a neutral colour."""
    known = CAPITALS.get(player.lower())
    return known or Capital(player, NOBODY.token, NOBODY.shape, NOBODY.glyph)


def color(token: str) -> str:
    """Return a token's light value, the one that charts are drawn with."""
    return TOKENS[token].light


def variables() -> str:
    """Return the CSS that defines every token, for light paper, dark paper and print."""
    light = "".join(f"--{name}:{token.light};" for name, token in TOKENS.items())
    dark = "".join(f"--{name}:{token.dark};" for name, token in TOKENS.items())
    return (
        f":root{{color-scheme:light dark;{light}--sans:{SANS};--serif:{SERIF};--mono:{MONO}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    )
