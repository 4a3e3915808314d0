"""The palette can be read: enough contrast on both papers, and capitals stay apart for every kind of colour vision."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from sim.report import theme

# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
VISION = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
# To Oklab (Ottosson 2020): distances there are about what the eye sees; 0.02 is just noticeable.
LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
MODES = ("light", "dark")
Colour = npt.NDArray[np.float64]


def linear(colour: str) -> Colour:
    channels = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def luminance(colour: Colour) -> float:
    return float(colour @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(one: Colour, other: Colour) -> float:
    """Contrast ratio as WCAG 2 defines it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def distance(one: str, other: str, vision: Colour) -> float:
    seen = [LAB @ np.cbrt(LMS @ np.clip(vision @ linear(colour), 0, 1)) for colour in (one, other)]
    return float(np.linalg.norm(seen[0] - seen[1]))


def value(token: str, mode: str) -> str:
    return str(getattr(theme.TOKENS[token], mode))


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("mode", MODES)
def test_capitals_stay_apart(mode: str, vision: str) -> None:
    for one, other in itertools.combinations(theme.CAPITALS, 2):
        assert distance(value(one, mode), value(other, mode), VISION[vision]) > 0.08, (one, other)


def test_the_measure_tells_a_bad_palette() -> None:
    """Red and green of one lightness: apart for most, not in deuteranopia."""
    assert distance("#c0504d", "#7d8000", VISION["normal"]) > 0.1
    assert distance("#c0504d", "#7d8000", VISION["deuteranopia"]) < 0.08


def test_capitals_differ_by_shape_and_glyph_too() -> None:
    capitals = theme.CAPITALS.values()
    for field in ("shape", "glyph", "token", "name"):
        assert len({getattr(capital, field) for capital in capitals}) == len(theme.CAPITALS)


@pytest.mark.parametrize("paper", ["paper", "card"])
@pytest.mark.parametrize("mode", MODES)
def test_text_can_be_read(mode: str, paper: str) -> None:
    for token in ("ink", "muted"):
        assert contrast(linear(value(token, mode)), linear(value(paper, mode))) >= 4.5


@pytest.mark.parametrize("mode", MODES)
def test_marks_can_be_seen(mode: str) -> None:
    for token in theme.CAPITALS:
        assert contrast(linear(value(token, mode)), linear(value("paper", mode))) >= 3


@pytest.mark.parametrize("opacity", [0.04, 0.25, 0.5, 0.75, 1.0])
@pytest.mark.parametrize("mode", MODES)
def test_numbers_can_be_read_on_every_shade_of_a_cell(mode: str, opacity: float) -> None:
    heat, paper = (
        np.array([int(value(token, mode)[place : place + 2], 16) for place in (1, 3, 5)]) for token in ("heat", "paper")
    )
    mixed = np.rint(opacity * heat + (1 - opacity) * paper).astype(int)
    cell = "#" + "".join(f"{channel:02x}" for channel in mixed)
    assert contrast(linear(cell), linear(value("ink", mode))) >= 4.5


def test_charts_can_be_recognised_by_their_colours() -> None:
    light = [token.light for token in theme.TOKENS.values()]
    assert len(set(light)) == len(light)


def test_an_unknown_player_has_its_own_name() -> None:
    assert theme.capital("kyiv").name == "kyiv"
    assert theme.capital("kyiv").token in theme.TOKENS
