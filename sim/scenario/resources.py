"""The one loader for the files that ship with the package: scenarios and seeds.

In an installed wheel they lie in ``sim/_data/``; in the repository (an editable install) they lie beside ``sim/``.
A name is looked up in the folder's listing and never joined to a path, so nothing a user types can lead out of the
folder.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

_SUFFIX = ".toml"
NO_SCENARIO = ("priors",)
"""Files beside the scenarios that are none."""


def scenario_ids() -> tuple[str, ...]:
    """Return the ids of the shipped scenarios: the baseline first, the others in alphabetical order."""
    names = (name for name in _listing("scenarios") if name not in NO_SCENARIO)
    return tuple(sorted(names, key=lambda name: (name != "baseline", name)))


def scenario_text(scenario_id: str) -> str:
    """Return the text of one shipped scenario.

    Raises
    ------
    KeyError : no shipped scenario has this id.
    """
    return _text("scenarios", scenario_id)


def seed_names() -> tuple[str, ...]:
    """Return the names of the shipped evidence files, in alphabetical order."""
    return tuple(sorted(_listing("seeds")))


def seed_text(name: str) -> str:
    """Return the text of one shipped evidence file, such as ``claims``.

    Raises
    ------
    KeyError : no evidence file has this name.
    """
    return _text("seeds", name)


def data_text(kind: str, name: str) -> str:
    """Return the text of a shipped file of ``scenarios`` or ``seeds`` by its whole name, such as ``robustness.json``.

    Raises
    ------
    KeyError : no shipped file has this name.
    """
    for entry in _folder(kind).iterdir():
        if entry.name == name and entry.is_file():
            return entry.read_text(encoding="utf-8")
    raise KeyError(name)


def _folder(kind: str) -> Traversable:
    package = files("sim")
    shipped = package / "_data" / kind
    if not shipped.is_dir() and isinstance(package, Path):
        return package.parent / kind
    return shipped


@cache
def _listing(kind: str) -> dict[str, Traversable]:
    folder = _folder(kind)
    return {
        entry.name.removesuffix(_SUFFIX): entry
        for entry in folder.iterdir()
        if entry.is_file() and entry.name.endswith(_SUFFIX)
    }


@cache
def _text(kind: str, name: str) -> str:
    return _listing(kind)[name].read_text(encoding="utf-8")
