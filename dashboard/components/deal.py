"""One package in full, the list of those worth looking at, and what a step may cost."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.components import frame
from dashboard.components.drawing import minus
from dashboard.components.plane import MARKS
from dashboard.components.tables import Bar, bars, listed
from sim.report import theme, words

if TYPE_CHECKING:
    from sim.forecast.deal_records import Deal, Deals

HEIGHT = 320
PUNISHES = "Moscow punishes"
SMALL = 0.005
"""Points that would be written as none at all."""


def candidates(found: Deals) -> list[int]:
    """Return the rows of the packages worth looking at first: picks, then the frontier, then the likeliest."""
    deals = [*found.picks.values(), *found.top, found.likeliest.deal if found.likeliest else None]
    rows = [deal.index for deal in deals if deal is not None and deal.index]
    return list(dict.fromkeys(rows))


def details(found: Deals, deal: Deal) -> None:
    """Draw who gains what from a package, who blocks it, and what would bring them in."""
    scale = {**found.scale}
    for i, name in enumerate(theme.CAPITALS):
        if name not in scale:  # does not sign: as a share of the most that any package brings it, or costs it
            scale[name] = float(abs(found.arrays.gains[:, i]).max()) or 1.0
    rows = [
        Bar(name, signed(gain), gain / scale[name], "" if name in found.signatories else "does not sign")
        for name, gain in deal.gains.items()
    ]
    roles = [MARKS[role][1] for role in deal.roles if role in MARKS]
    picked = f'<p class="gd-note">Picked by: {escape(words.listed(roles))}.</p>' if roles else ""
    st.html(
        f"{picked}{bars(rows, heads=('', 'share of the most it could gain', 'gain, points'))}"
        f'<p class="gd-note">{escape(verdict(found, deal))}</p>'
    )
    for change in deal.sweeteners:
        who = theme.capital(change.blocker).name
        if change.package is None:
            st.html(f'<p class="gd-note"><b>{who}</b> is not brought in by any single change of this package.</p>')
            continue
        then = "Then nobody blocks." if change.agreed else "Somebody else would still block."
        given = f" The others give up {change.cost:.0%} of a largest gain." if change.cost else ""
        st.html(
            f'<p class="gd-note"><b>{who} would sign with {escape(change.change)}</b>: {escape(change.package)}. '
            f"{then}{given}</p>"
        )


def verdict(found: Deals, deal: Deal) -> str:
    """Say who blocks a package, whom it hurts, whether another is better for all, and what Moscow does."""
    names = {name: theme.capital(name).name for name in theme.CAPITALS}
    blocks = [f"{names[name]} (loses {_points(abs(loss))})" for name, loss in deal.blockers.items()]
    hurt = [names[name] for name, loss in deal.hurt.items() if abs(loss) >= SMALL]
    parts = [f"Blocked by {words.listed(blocks)}." if blocks else "Everybody who must sign gains or loses nothing."]
    if hurt:
        parts.append(f"It hurts {words.listed(hurt)}, who does not sign.")
    if not blocks:
        parts.append(
            "No other package is better for all who sign."
            if deal.efficient
            else "Another package is better for all who sign."
        )
    parts.append(
        f"Moscow punishes Minsk in the same month with a chance of {words.percent(deal.punished)} "
        f"({words.percent(found.punished_no_deal)} without a deal)."
    )
    return " ".join(parts)


def _points(value: float) -> str:
    return f"{value:.2f}" if value >= SMALL else "less than 0.01"


def signed(value: float) -> str:
    """Write points with their sign and two decimals."""
    text = minus(f"{value:+.2f}")
    return "0.00" if text[1:] == "0.00" else text


def table(found: Deals, *, key: str, on_pick: Callable[[], None]) -> None:
    """Draw the packages worth looking at as rows that can be chosen."""
    deals = [deal for deal in (*found.picks.values(), *found.top) if deal is not None and deal.index]
    if found.likeliest is not None and found.likeliest.deal.index:
        deals.append(found.likeliest.deal)
    rows = {deal.index: deal for deal in reversed(deals)}  # the first one told knows its roles
    ordered = [rows[row] for row in candidates(found)]
    import pandas as pd  # type: ignore[import-untyped]  # Streamlit brings it, and is slow to begin with it

    from dashboard.keys import Key

    st.session_state[Key.DEALS.of("rows")] = [deal.index for deal in ordered]
    if not ordered:
        return
    frame.section(
        "Packages worth looking at",
        "Those that a rule picks, and those that no other beats for all who sign. Choose a row to see it above.",
    )
    columns: dict[str, list[object]] = {
        "Package": [deal.label for deal in ordered],
        **{theme.capital(name).name: [round(deal.gains[name], 2) + 0.0 for deal in ordered] for name in theme.CAPITALS},
        PUNISHES: [deal.punished for deal in ordered],
        "Blocked by": [", ".join(theme.capital(name).name for name in deal.blockers) or "nobody" for deal in ordered],
        "Picked by": [", ".join(MARKS[role][0] for role in deal.roles if role in MARKS) for deal in ordered],
    }
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    capitals = [theme.capital(name).name for name in theme.CAPITALS]
    # styled, since a column's own format knows no true minus; what is sorted by stays a number
    styled = pd.DataFrame(columns).style.format({**dict.fromkeys(capitals, signed), PUNISHES: words.percent})
    st.dataframe(
        styled,
        hide_index=True,
        key=key,
        height=min(HEIGHT, 37 + 35 * len(ordered)),
        on_select=on_pick,
        selection_mode="single-row",
        column_config={
            **{name: number(width=88, help="gain over no deal, points") for name in capitals},
            "Package": text(width=400),
            PUNISHES: number(width=122),
            "Blocked by": text(width=160),
            "Picked by": text(width=120, help="letters as in the picture above"),
        },
        alt="Packages with the gain of each capital, who blocks them, and which rule picks them",
    )


def _span(low: int, high: int) -> str:
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def prices(found: Deals) -> None:
    """Draw what each step may cost in prisoners."""
    if not found.prices:
        return
    frame.section(
        "What a step may cost, in people freed",
        "All else as it is: the most that Minsk would free for it, and the fewest for which each of the others would "
        "give it. Behind every number stand people.",
    )
    sellers = list(found.prices[0].fewest)
    heads = ["For", "Minsk frees at most", *(f"{theme.capital(name).name} wants at least" for name in sellers)]
    rows = []
    for price in found.prices:
        most = (
            f"all {price.held:,}" if price.most == price.held else f"{price.most:,}" if price.most is not None else ""
        )
        wanted = ["no number is enough" if n is None else f"{n:,}" for n in price.fewest.values()]
        both = "never" if price.everybody is None else _span(*price.everybody)
        rows.append([price.step, most or "refuses it even for nobody", *wanted, both])
    listed([*heads, "All sign from"], rows, right=range(1, len(heads) + 1), wordy=True)
