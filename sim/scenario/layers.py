"""One parsed file, checked against the form of a scenario and spread out into dotted names.

A value may be plain (``trade_value = 8.0``) or annotated: a table with ``value`` and, beside it, ``range`` (two
numbers, the plausible range), ``source`` (an id from ``seeds/`` or the word ``assumption``) and ``reason``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sim.errors import Problem, ScenarioError
from sim.scenario.leaves import Leaf, suggest, tree
from sim.scenario.migrate import migrate
from sim.scenario.words import nearest, printable, shown

ASSUMPTION = "assumption"
MOST_PROBLEMS = 50
_ANNOTATIONS = ("value", "range", "source", "reason")


@dataclass(frozen=True, slots=True)
class Annotation:
    """What stands beside a value: its plausible range, and where both come from."""

    range: tuple[float, float] | None = None
    source: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """What one file says, before it is joined with what it extends.

    Attributes
    ----------
    file : its name in messages.
    values : dotted name -> value as found, parameters and headings alike.
    annotations : dotted name -> `Annotation`, for annotated values.
    extends : the value of ``extends``, None without one.
    """

    file: str
    values: Mapping[str, Any] = field(default_factory=dict)
    annotations: Mapping[str, Annotation] = field(default_factory=dict)
    extends: Any = None


class Problems:
    """Problems gathered so far; beyond `MOST_PROBLEMS` they are only counted."""

    def __init__(self) -> None:
        self._kept: list[Problem] = []
        self._further = 0

    def __bool__(self) -> bool:
        return bool(self._kept)

    def covers(self, name: str) -> bool:
        """Whether a problem is already told of this dotted name or of a section around it."""
        return any(name == problem.key or name.startswith(problem.key + ".") for problem in self._kept)

    @property
    def full(self) -> bool:
        """Whether a further problem would only be counted."""
        return len(self._kept) >= MOST_PROBLEMS

    def add(self, *problems: Problem) -> None:
        """Take note of problems."""
        for problem in problems:
            if self.full:
                self._further += 1
            else:
                self._kept.append(problem)

    def error(self) -> ScenarioError:
        """Return the error that tells all of them."""
        kept = list(self._kept)
        if self._further:
            kept.append(Problem(kept[-1].file, "and more", f"{self._further} further problems", "none"))
        return ScenarioError(kept)


def layer_of(parsed: Mapping[str, Any], file: str, problems: Problems, *, check_sources: bool = True) -> Layer | None:
    """Return what a parsed file says; what does not fit the form goes to ``problems`` and is left out.

    None for a file of another schema version: nothing in it can be judged.
    """
    tree_, found = migrate(dict(parsed), file)
    if found:
        problems.add(*found)
        return None
    extends = tree_.pop("extends", None)
    values: dict[str, Any] = {}
    annotations: dict[str, Annotation] = {}
    _Reader(file, values, annotations, problems, check_sources).section(tree_, tree(), "")
    return Layer(file, values, annotations, extends)


def node_values(name: str, node: Any, value: Any, file: str, problems: Problems) -> dict[str, Any]:
    """Return the values that ``value`` gives to a node of the form (a leaf, or a section given as a table)."""
    values: dict[str, Any] = {}
    _Reader(file, values, {}, problems, True).node(name, node, value)
    return values


class _Reader:
    """Walks a parsed file beside the form; depth is bounded by the form, whatever the file holds."""

    def __init__(
        self,
        file: str,
        values: dict[str, Any],
        annotations: dict[str, Annotation],
        problems: Problems,
        check_sources: bool,
    ) -> None:
        self.file = file
        self.values = values
        self.annotations = annotations
        self.problems = problems
        self.check_sources = check_sources

    def section(self, table: Mapping[Any, Any], form: Mapping[str, Any], prefix: str) -> None:
        for key, value in table.items():
            name = prefix + str(key)
            if isinstance(key, str) and key in form:
                self.node(name, form[key], value)
            else:
                self.unknown(name, value, tuple(form), "extends" if not prefix else "")

    def node(self, name: str, node: Any, value: Any) -> None:
        if isinstance(node, Leaf):
            heading = "." not in name
            if isinstance(value, Mapping) and not heading:
                self.annotated(node, value)
            else:
                self.values[name] = value
        elif isinstance(value, Mapping):
            self.section(value, node, name + ".")
        else:
            allowed = f"a table with {', '.join(list(node)[:4])}{' ...' if len(node) > 4 else ''}"
            self.say(name, shown(value), allowed)

    def annotated(self, leaf: Leaf, table: Mapping[Any, Any]) -> None:
        if "value" not in table:
            self.say(leaf.name, shown(table), f"{leaf.allowed}, or a table with value, range, source and reason")
            return
        self.values[leaf.name] = table["value"]
        for key in table:
            if key not in _ANNOTATIONS:
                self.unknown(f"{leaf.name}.{key}", table[key], _ANNOTATIONS, "")
        self.annotations[leaf.name] = Annotation(
            self.range(leaf, table.get("range")),
            self.source(leaf, table),
            table["reason"] if isinstance(table.get("reason"), str) else "",
        )

    def range(self, leaf: Leaf, found: Any) -> tuple[float, float] | None:
        if found is None:
            return None
        if not leaf.numeric:
            self.say(f"{leaf.name}.range", shown(found), "no range: this is not a number")
            return None
        fits = isinstance(found, list | tuple) and len(found) == 2 and all(_finite(item) for item in found)
        if not fits or found[0] > found[1]:
            self.say(f"{leaf.name}.range", shown(found), "two numbers, the lower one first")
            return None
        return float(found[0]), float(found[1])

    def source(self, leaf: Leaf, table: Mapping[Any, Any]) -> str | None:
        source, reason = table.get("source"), table.get("reason")
        if reason is not None and not (isinstance(reason, str) and reason.strip()):
            self.say(f"{leaf.name}.reason", shown(reason), "a text that says why")
        if source is None:
            return None
        allowed = f'an id from the evidence, or "{ASSUMPTION}" with a reason'
        if not isinstance(source, str):
            self.say(f"{leaf.name}.source", shown(source), allowed)
            return None
        if source == ASSUMPTION:
            if reason is None:
                self.say(f"{leaf.name}.reason", "nothing", "a text that says why this is assumed")
        elif self.check_sources:
            from sim.scenario.evidence import evidence

            ids = evidence().ids
            if source not in ids:
                close = nearest(source, (*ids, ASSUMPTION))
                hint = f"Did you mean {close}?" if close else ""
                self.say(f"{leaf.name}.source", shown(source), allowed, hint)
        return source

    def unknown(self, name: str, value: Any, siblings: tuple[str, ...], also: str) -> None:
        if self.problems.full:
            self.say("", "", "")
            return
        key = printable(name)
        choices = (*siblings, also) if also else siblings
        allowed = "one of " + ", ".join(choices) if len(choices) <= 8 else "a name that a scenario has"
        self.say(key, f"an unknown key (value {shown(value)})", allowed, suggest(key, choices))

    def say(self, key: str, found: str, allowed: str, hint: str = "") -> None:
        self.problems.add(Problem(self.file, key, found, allowed, hint))


def _finite(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def merged(layers: Iterable[Layer]) -> dict[str, Any]:
    """Return the values of layers from the first (extended by all) to the last (which has the last word)."""
    values: dict[str, Any] = {}
    for layer in layers:
        values.update(layer.values)
    return values
