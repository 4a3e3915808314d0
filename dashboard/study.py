"""What is being looked at: a shipped scenario and what was changed in it; its link; and the way back.

Nothing here knows Streamlit. A link is readable and short, ``?v=1&scenario=no-buyer&set=minsk.trade_value:12``, and
carries nothing that is executed or used as a path: names and values are checked like those of a scenario file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sim.errors import ScenarioError
from sim.scenario import Scenario, catalogue, load, setting_info

Query = Mapping[str, Sequence[str]]
LINK_VERSION = 1
MIGRATIONS: dict[int, Callable[[Query], Query]] = {}
"""Version of an older link -> what turns its query parameters into those of the next version."""
BASELINE = "baseline"
LONGEST_LINK = 200
"""Most changes that a link may carry; there are fewer parameters than that."""
LONGEST_VALUE = 100
LONGEST_TEXT = 200
"""Most characters of a title or a question that are kept from a file or a link."""
LONGEST_NAME = 64
MOST_NAMED = 4
MONTHS = (6, 12, 18, 24)
"""Months whose headline figures can be looked at."""
LAST_MONTH = MONTHS[-1]
KEPT_STEPS = 200
"""Most steps back that a session remembers."""

_PART = ("scenario", "set", "title", "question", "name")
_ID = re.compile("[a-z0-9]+(?:-[a-z0-9]+)*")
_NAMES = frozenset({"v", "month", *_PART, *(f"b-{name}" for name in _PART)})
Changes = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Study:
    """A shipped scenario with some parameters or settings changed.

    Attributes
    ----------
    scenario : a shipped scenario's id.
    changes : (dotted name, value) pairs that differ from it, sorted by name.
    title, question, name : what a scenario that was loaded from a file is called, what it asks, and its id; empty for a
        shipped one.
    """

    scenario: str = BASELINE
    changes: Changes = ()
    title: str = ""
    question: str = ""
    name: str = ""

    @property
    def overrides(self) -> dict[str, Any]:
        """The changes as `sim.load` takes them."""
        return dict(self.changes)

    def resolved(self) -> Scenario:
        """Return the scenario with the changes applied.

        Raises
        ------
        ScenarioError : changes that are allowed one by one but not together.
        """
        resolved = load(self.scenario, self.overrides)
        own = {"id": self.name, "title": self.title, "question": self.question}
        heading = {key: text for key, text in own.items() if text}
        return resolved.model_copy(update=heading) if heading else resolved

    def with_changes(self, values: Mapping[str, Any]) -> Study:
        """Return the study with some values set; those that equal the shipped scenario's are no longer changes."""
        shipped = load(self.scenario)
        merged = {**self.overrides, **values}
        return replace(self, changes=tuple(sorted((n, v) for n, v in merged.items() if shipped.get(n) != v)))

    def entered(self, texts: Mapping[str, str]) -> Study:
        """Return the study with some values typed in, each read as a scenario file reads it.

        Raises
        ------
        ScenarioError : a value that cannot be read, or is not allowed beside the others.
        """
        read = load(self.scenario, {**self.overrides, **{name: _bracketed(name, text) for name, text in texts.items()}})
        return self.with_changes({name: read.get(name) for name in texts})

    def __str__(self) -> str:
        name = self.title or self.scenario
        return f"{name}, {len(self.changes)} changed" if self.changes else name


@dataclass(frozen=True)
class History:
    """The studies that a session went through, and where in them it is."""

    steps: tuple[Study, ...] = (Study(),)
    at: int = 0

    @property
    def now(self) -> Study:
        """The study being looked at."""
        return self.steps[self.at]

    @property
    def can_undo(self) -> bool:
        """Whether there is a step back."""
        return self.at > 0

    @property
    def can_redo(self) -> bool:
        """Whether a step was taken back."""
        return self.at < len(self.steps) - 1

    def step(self, study: Study) -> History:
        """Go on to a study; what had been taken back is given up. The oldest steps are forgotten."""
        if study == self.now:
            return self
        steps = (*self.steps[: self.at + 1], study)[-KEPT_STEPS:]
        return History(steps, len(steps) - 1)

    def undo(self) -> History:
        """Go one step back, if there is one."""
        return replace(self, at=max(0, self.at - 1))

    def redo(self) -> History:
        """Take one step again, if it was taken back."""
        return replace(self, at=min(len(self.steps) - 1, self.at + 1))


@dataclass(frozen=True)
class Read:
    """What a link or a file gave: the study, the one pinned beside it, and a sentence for everything refused."""

    study: Study = field(default_factory=Study)
    pinned: Study | None = None
    month: int = LAST_MONTH
    refused: tuple[str, ...] = ()


def of_scenario(scenario: Scenario) -> Study:
    """Return a scenario from a file as a study: what differs from the baseline."""
    changed = scenario.changed(load(BASELINE))
    values = tuple(sorted((name, mine) for name, (mine, _) in changed.items()))
    return Study(BASELINE, values, _title(scenario.title), _title(scenario.question), scenario.id)


def to_link(study: Study, pinned: Study | None = None, month: int = LAST_MONTH) -> dict[str, list[str]]:
    """Return a study, the pinned one and the month looked at as query parameters: name -> values."""
    link = {"v": [str(LINK_VERSION)], **_part(study, "")}
    if pinned is not None:
        link |= _part(pinned, "b-")
    if month != LAST_MONTH:
        link["month"] = [str(month)]
    return link


def own(query: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return those query parameters that a link is made of; others belong to some page."""
    return {name: list(values) for name, values in query.items() if name in _NAMES}


def from_link(query: Mapping[str, Sequence[str]]) -> Read:
    """Read query parameters made by anybody. Never raises: what cannot be used is told and left out."""
    query = own(query)
    if not query:
        return Read()
    refused: list[str] = []
    query = own(_migrated(query, refused))
    study = _study(query, "", refused)
    pinned = _study(query, "b-", refused) if any(name.startswith("b-") for name in query) else None
    month = _month(_last(query, "month"), refused)
    return Read(study, pinned, month, tuple(refused))


def _migrated(query: Query, refused: list[str]) -> Query:
    """Bring a link of an older version forward, step by step; one that nobody knows is read as it stands."""
    given = _last(query, "v") or str(LINK_VERSION)
    version = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else LINK_VERSION + 1
    while version in MIGRATIONS and version < LINK_VERSION:
        query, version = MIGRATIONS[version](query), version + 1
    if version != LINK_VERSION:
        known = f"this program reads version {LINK_VERSION} and took over what it knows"
        refused.append(f"The link says version {_shown(given)}; {known}.")
    return query


def _part(study: Study, prefix: str) -> dict[str, list[str]]:
    part = {f"{prefix}scenario": [study.scenario]}
    if study.changes:
        part[f"{prefix}set"] = [f"{name}:{value_text(value)}" for name, value in study.changes]
    for key, text in (("title", study.title), ("question", study.question), ("name", study.name)):
        if text:
            part[f"{prefix}{key}"] = [text]
    return part


def _study(query: Mapping[str, Sequence[str]], prefix: str, refused: list[str]) -> Study:
    scenario = _last(query, f"{prefix}scenario") or BASELINE
    if scenario not in {entry.id for entry in catalogue()}:
        refused.append(f"The link names a scenario {_shown(scenario)}, which is not shipped; the baseline is shown.")
        scenario = BASELINE
    pairs = list(query.get(f"{prefix}set", ()))
    if len(pairs) > LONGEST_LINK:
        refused.append(f"The link carries {len(pairs)} changes; at most {LONGEST_LINK} are read.")
        pairs = pairs[:LONGEST_LINK]
    given: dict[str, str] = {}
    for pair in pairs:
        name, colon, text = pair.partition(":")
        if not colon or not name or not 0 < len(text) <= LONGEST_VALUE:
            refused.append(f"The link carries a change {_shown(pair)}, which is not of the form name:value.")
        else:
            given[name] = text
    shipped = load(scenario)
    accepted = _accepted(scenario, given, refused)
    changes = tuple(sorted((n, v) for n, v in accepted.items() if v != shipped.get(n)))
    title, question = (_title(_last(query, f"{prefix}{key}")) for key in ("title", "question"))
    return Study(scenario, changes, title, question, _id(_last(query, f"{prefix}name"), refused))


def _accepted(scenario: str, given: dict[str, str], refused: list[str]) -> dict[str, Any]:
    """Apply all changes; leave out those that are refused and tell why, one after another if need be."""
    left = dict(given)
    while left:
        try:
            resolved = load(scenario, left)
        except ScenarioError as error:
            to_blame = {problem.key for problem in error.problems} & set(left)
            for problem in error.problems:
                hint = f" {problem.hint}" if problem.hint else ""
                refused.append(
                    f"{_shown(problem.key)}: found {_shown(problem.found)}; allowed: {problem.allowed}.{hint}"
                )
            if not to_blame:  # values that do not fit together: leave out the first group without which the rest does
                to_blame = _misfits(scenario, left)
                listed = ", ".join(map(_shown, sorted(to_blame)[:MOST_NAMED]))
                more = f" and {len(to_blame) - MOST_NAMED} more" if len(to_blame) > MOST_NAMED else ""
                refused.append(f"Changes that do not fit are left out: {listed}{more}.")
            left = {name: text for name, text in left.items() if name not in to_blame}
        else:
            return {name: resolved.get(name) for name in left}
    return {}


def _misfits(scenario: str, given: dict[str, str]) -> set[str]:
    """Return the names of the first table without which the rest fits together; all names where there is none."""
    for table in sorted({name.rpartition(".")[0] for name in given}, reverse=True):
        kept = {name: text for name, text in given.items() if name.rpartition(".")[0] != table}
        try:
            load(scenario, kept)
        except ScenarioError:
            continue
        return set(given) - set(kept)
    return set(given)


def value_text(value: Any) -> str:
    """Write a value so that reading it gives exactly the same one again."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return f"[{','.join(map(value_text, value))}]"
    return repr(value) if isinstance(value, float) else str(value)


def parameters_of(section: str) -> tuple[str, ...]:
    """Return the dotted names of all parameters and settings of one part of a scenario, in the order of the model."""
    return tuple(name for name in load(BASELINE).values() if name.split(".")[0] == section)


def names() -> tuple[str, ...]:
    """Return the dotted names of all parameters and settings, in the order of the model."""
    return tuple(load(BASELINE).values())


def balanced(scenario: Scenario, name: str, value: float) -> dict[str, float]:
    """Return a change of one chance to make the offer with the others at that table, which share what is left.

    The others keep their proportions; without any, they share alike. Chances are rounded to six decimals.
    """
    table = name.rpartition(".")[0]
    others = [other for other in names() if other.rpartition(".")[0] == table and other != name]
    before = {other: float(scenario.get(other)) for other in others}
    total, left = sum(before.values()), 1.0 - value
    shares = {n: round(left * (was / total if total else 1 / len(others)), 6) for n, was in before.items()}
    shares[others[-1]] = round(left - sum(share for n, share in shares.items() if n != others[-1]), 6)
    return {name: value, **shares}


def _last(query: Mapping[str, Sequence[str]], name: str) -> str:
    values = query.get(name) or ("",)
    return str(values[-1])


def _month(text: str, refused: list[str]) -> int:
    allowed = {str(month): month for month in MONTHS}
    if text and text not in allowed:
        refused.append(f"The link asks for month {_shown(text)}; allowed: {', '.join(allowed)}.")
    return allowed.get(text, LAST_MONTH)


def _bracketed(name: str, text: str) -> str:
    """Let a list be typed without its brackets."""
    listed = name in setting_info() and isinstance(setting_info()[name].value, tuple)
    return f"[{text}]" if listed and not text.strip().startswith("[") else text


def _title(text: str) -> str:
    return " ".join("".join(c for c in text if c.isprintable()).split())[:LONGEST_TEXT]


def _id(text: str, refused: list[str]) -> str:
    if text and not (len(text) <= LONGEST_NAME and _ID.fullmatch(text)):
        refused.append(f"The link gives the scenario an id {_shown(text)}; allowed: small letters, digits and hyphens.")
        return ""
    return text


def _shown(text: object) -> str:
    shown = "".join(c if c.isprintable() else " " for c in str(text))
    return repr(shown if len(shown) <= 60 else f"{shown[:57]}...")
