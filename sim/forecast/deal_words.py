"""Packages, and changes of packages, in words."""

from __future__ import annotations

from sim.game.turns import Floats
from sim.model import package


def change_in_words(dimension: str, change: float) -> str:
    """Return a change of one part of a package in words: "40 more prisoners"."""
    size, more = abs(change), "more" if change > 0 else "fewer" if dimension in ("prisoners", "leaders") else "less"
    if dimension == "pressing":
        return "with pressing" if change > 0 else "without pressing"
    if dimension in ("prisoners", "leaders"):
        noun = {"prisoners": "prisoner", "leaders": "senior leader"}[dimension]
        return f"{size:.0f} {more} {noun}{'' if size == 1 else 's'}"
    what = {"us": "US relief", "eu": "EU relief", "contact": "contact"}[dimension]
    count = {1: "one", 2: "two", 3: "three"}.get(int(size), f"{size:.0f}")
    return (
        f"{count} {more} step{'' if size == 1 else 's'} of {what}"
        if change > 0
        else (f"{count} step{'' if size == 1 else 's'} of {what} {more}")
    )


def in_words(contents: Floats) -> str:
    """Return a package in words, from its numbers (columns `CONTENTS`)."""
    if not contents.any():
        return "no deal"
    prisoners, leaders, us, eu, contact, pressing = (round(float(part)) for part in contents)
    return package(prisoners, leaders, us, eu, contact, bool(pressing)).label


def step_in_words(contents: Floats) -> str:
    """Return what the West gives in words, and the leaders who come with the prisoners."""
    given, got = in_words(contents).split(" for ", 1)
    return got if given == "nothing" else f"{got} (with {given})"
