"""Conflict graphs from a file: TOML or JSON, data only.

Format
------
::

    title = "Two capitals and one bridge"            # optional
    players = ["north", "south"]
    states = ["open", "north blocks", "south blocks", "closed"]

    [moves]                                           # who can move alone; a name after the colon is optional
    north = ["open <> north blocks: block", "south blocks > closed"]
    south = ["open > south blocks", "* > closed: blow it up"]

    [preferences]                                     # best first; positions in one inner list are equally good
    north = ["open", ["north blocks", "south blocks"], "closed"]
    south = { "open" = 3, "north blocks" = 0, "south blocks" = 2, "closed" = -1 }   # or a utility for each

``a > b`` is a move one way, ``a <> b`` both ways, ``* > b`` from every other position. JSON has the same keys.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sim.bargain.graph import ConflictGraph
from sim.errors import GameError, Problem, ScenarioError

KEYS = ("title", "players", "states", "moves", "preferences")
LARGEST_FILE = 2_000_000
Arcs = dict[tuple[int, int, int], str]


def graph_of(text: str, name: str = "graph") -> tuple[ConflictGraph, str]:
    """Return the graph that a file describes, and its title (or the file's name).

    Parameters
    ----------
    text : the file's contents; JSON if it begins with a brace, else TOML.
    name : what to call the file in messages.

    Raises
    ------
    ScenarioError : everything that is wrong with it, all at once.
    """
    problems: list[Problem] = []

    def wrong(key: str, found: object, allowed: str, hint: str = "") -> None:
        problems.append(Problem(name, key, str(found), allowed, hint))

    data = _parsed(text, name)
    for key in data:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, 1)
            wrong(key, "an unknown key", ", ".join(KEYS), f"Did you mean {near[0]}?" if near else "")
    names: dict[str, tuple[str, ...]] = {}
    for key in ("players", "states"):
        given = data.get(key)
        if not isinstance(given, list) or not given or not all(isinstance(item, (str, int)) for item in given):
            wrong(key, "nothing" if given is None else repr(given)[:80], "a list of names")
            continue
        names[key] = tuple(str(item).strip() for item in given)
        for bad in (item for item in names[key] if not item or item == "*" or any(mark in item for mark in ":<>")):
            wrong(key, repr(bad), "names that are not empty and not *, without : < >")
        if len(set(names[key])) != len(names[key]):
            wrong(key, next(item for item in names[key] if names[key].count(item) > 1), "different names")
    title = data.get("title", name)
    if not isinstance(title, str):
        wrong("title", repr(title), "text")
    if problems:
        raise ScenarioError(problems)
    players, states = names["players"], names["states"]
    arcs, verbs = _moves(data.get("moves", {}), players, states, wrong)
    utility = _preferences(data.get("preferences", {}), players, states, wrong)
    if problems:
        raise ScenarioError(problems)

    def verb(player: int, origin: int, target: int) -> str:
        return verbs.get((player, origin, target)) or f"move to {states[target]!r}"

    try:
        return ConflictGraph(players, states, arcs, utility, verb), str(title)
    except GameError as error:
        raise ScenarioError([Problem(name, "graph", str(error), "see the message")]) from error


def _parsed(text: str, name: str) -> Mapping[str, Any]:
    if len(text) > LARGEST_FILE:
        raise ScenarioError([Problem(name, "file", f"{len(text):,} characters", f"at most {LARGEST_FILE:,}")])
    try:
        data = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ScenarioError([Problem(name, "file", f"{error}", "a TOML or JSON file")]) from error
    if not isinstance(data, dict):
        raise ScenarioError([Problem(name, "file", type(data).__name__, "an object with keys " + ", ".join(KEYS))])
    return data


def _moves(given: Any, players: Sequence[str], states: Sequence[str], wrong: Any) -> tuple[Any, Arcs]:
    arcs = np.zeros((len(players), len(states), len(states)), dtype=bool)
    verbs: Arcs = {}
    if not isinstance(given, dict):
        wrong("moves", repr(given)[:80], "a table: player -> list of moves")
        return arcs, verbs
    for player, lines in given.items():
        key = f"moves.{player}"
        if player not in players:
            wrong(key, "an unknown player", ", ".join(players))
            continue
        if not isinstance(lines, list):
            wrong(key, repr(lines)[:80], 'a list, as in ["a > b", "b <> c: name"]')
            continue
        i = players.index(player)
        for line in lines:
            for origin, target, verb in _arcs(str(line), states, key, wrong):
                arcs[i, origin, target] = True
                if verb:
                    verbs[i, origin, target] = verb
    return arcs, verbs


def _arcs(line: str, states: Sequence[str], key: str, wrong: Any) -> list[tuple[int, int, str]]:
    body, _, verb = (part.strip() for part in line.partition(":"))
    mark = "<>" if "<>" in body else ">"
    left, found, right = (part.strip() for part in body.partition(mark))
    if not found:
        wrong(key, repr(line), "a > b, a <> b or * > b")
        return []
    for place in (left, right):
        if place not in states and not (place == "*" and place is left and mark == ">"):
            near = difflib.get_close_matches(place, states, 1)
            wrong(key, f"{place!r} in {line!r}", "one of states", f"Did you mean {near[0]!r}?" if near else "")
            return []
    target = states.index(right)
    if left == "*":
        return [(s, target, verb) for s in range(len(states)) if s != target]
    origin = states.index(left)
    if origin == target:
        wrong(key, repr(line), "a move to another position")
        return []
    both = [(target, origin, verb)] if mark == "<>" else []
    return [(origin, target, verb), *both]


def _preferences(given: Any, players: Sequence[str], states: Sequence[str], wrong: Any) -> Any:
    utility = np.zeros((len(players), len(states)))
    if not isinstance(given, dict):
        wrong("preferences", repr(given)[:80], "a table: player -> positions, best first")
        return utility
    for player in given:
        if player not in players:
            wrong(f"preferences.{player}", "an unknown player", ", ".join(players))
    for i, player in enumerate(players):
        key, order = f"preferences.{player}", given.get(player)
        if isinstance(order, dict):
            values = {str(state): value for state, value in order.items()}
            real = all(
                isinstance(v, (int, float)) and not isinstance(v, bool) and abs(v) < 1e300 for v in values.values()
            )
            if not real:
                wrong(key, "a utility that is no finite number", "numbers")
            elif sorted(values) != sorted(states):
                odd = sorted(set(values) ^ set(states))
                wrong(key, f"{odd[0]!r} " + ("unknown" if odd[0] in values else "missing"), "every position once")
            else:
                utility[i] = [values[state] for state in states]
        elif isinstance(order, list):
            groups = [[str(s) for s in group] if isinstance(group, list) else [str(group)] for group in order]
            listed = [state for group in groups for state in group]
            if sorted(listed) != sorted(states):
                odd = sorted(set(listed) ^ set(states)) or [next(s for s in listed if listed.count(s) > 1)]
                how = "missing" if odd[0] not in listed else "unknown" if odd[0] not in states else "twice"
                wrong(key, f"{odd[0]!r} {how}", "every position once")
                continue
            for rank, group in enumerate(groups):
                utility[i, [states.index(state) for state in group]] = len(groups) - rank
        else:
            wrong(key, "nothing" if order is None else repr(order)[:80], "positions best first, or position -> utility")
    return utility
