"""Older scenario files, brought forward one version at a time.

To change the form of the file: raise ``SCHEMA_VERSION`` in `sim.scenario.schema` to n + 1 and add to `MIGRATIONS`
the function that turns the tree of a version-n file into one of version n + 1 (rename a key, split a table, give a
new key its old meaning). The function gets the parsed file and returns it changed; it must leave alone what it does
not know, so that the ordinary checks can name it. Every file of a chain is brought forward on its own. Version 1 is
the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sim.errors import Problem
from sim.scenario.schema import SCHEMA_VERSION
from sim.scenario.words import shown

Migration = Callable[[dict[str, Any]], dict[str, Any]]

MIGRATIONS: dict[int, Migration] = {}
"""Version n -> the function that makes a version n + 1 file of it."""


def migrate(
    tree: dict[str, Any],
    file: str,
    *,
    current: int = SCHEMA_VERSION,
    migrations: Mapping[int, Migration] = MIGRATIONS,
) -> tuple[dict[str, Any], list[Problem]]:
    """Return the tree in the current form, and what stands in the way.

    Parameters
    ----------
    tree : a parsed file; without ``schema_version`` it counts as current.
    file : its name, for messages.

    Returns
    -------
    (tree, problems) : the tree without ``schema_version``; no problems when it is current now.
    """
    version = tree.get("schema_version", current)
    rest = {key: value for key, value in tree.items() if key != "schema_version"}
    oldest = min(migrations, default=current)
    allowed = f"{current}" if oldest == current else f"a whole number from {oldest} to {current}"
    if isinstance(version, bool) or not isinstance(version, int):
        return rest, [Problem(file, "schema_version", shown(version), allowed)]
    if version > current:
        hint = "The file was written for a newer version of the program: update the program to read it."
        return rest, [Problem(file, "schema_version", shown(version), allowed, hint)]
    while version < current:
        if version not in migrations:
            return rest, [Problem(file, "schema_version", shown(version), allowed)]
        rest = migrations[version](rest)
        version += 1
    return rest, []
