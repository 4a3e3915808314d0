"""The record that an explanation returns: frozen, JSON-ready, and enough to draw every bar from.

`Explanation.to_json` gives one object, whose keys are stable within a schema version:

- ``schema_version, scenario, title, scenario_hash, versions, grid, rationality`` (a number, or ``"inf"``),
  ``month, position`` (dial -> level), ``pressing``;
- ``decisions``: a list, in order of play. Each has ``turn, player, kind`` (``move``, ``proposal`` or ``answer``),
  ``proposer, package, reached, rationality, fixed, action, other, margin`` (points or null), ``weight`` (points),
  ``difference`` (parts), ``needed`` (``term, by, before, to``, or null), ``options, left_out, left_out_probability,
  sentence``. An option has ``action, probability, accepted, available, values`` (player -> points) and ``parts``; a
  part has ``player, term, now, later, after`` (points of that player at the month of the decision). For each player
  the parts of an option, now + later + after, add up to its value; the parts of a difference, with the weight, to
  minus the margin;
- ``benchmarks``: null, or ``months`` and, under ``play``, ``sharp`` and ``idle``, outcome -> list by month.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

SCHEMA_VERSION = 1

MOVE, PROPOSAL, ANSWER = "move", "proposal", "answer"


@dataclass(frozen=True, slots=True)
class Part:
    """What one payoff term contributes to a value, in points of ``player`` at the month of the decision.

    ``now`` is paid at this turn, ``later`` within the months that are played, ``after`` when the last of them is over.
    Between players points cannot be compared.
    """

    player: str
    term: str
    now: float
    later: float
    after: float

    @property
    def total(self) -> float:
        """All three together."""
        return self.now + self.later + self.after


@dataclass(frozen=True)
class Choice:
    """One option of a decision.

    Attributes
    ----------
    action : its label.
    probability : that it is chosen, by whoever decides, once the decision is there.
    accepted : that the others then agree, where they are asked; else 1.
    available : share of the position at which it can be chosen (below 1 only between two lots of prisoners).
    values : player -> points, what choosing it is worth, the answers of others included.
    parts : all payoff terms of all players; for each player they add up to ``values``.
    """

    action: str
    probability: float
    accepted: float
    available: float
    values: Mapping[str, float]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Needed:
    """The smallest change of one payoff term, relative to its size, that makes two options equally likely.

    ``by`` points more for the other option by ``term`` alone, from ``before`` to ``to``, with everything else,
    including what follows, unchanged. A first-order statement: if the term really changed, play would change as well.
    """

    term: str
    by: float
    before: float
    to: float


@dataclass(frozen=True)
class Decision:
    """What one capital does at one turn, and why.

    Attributes
    ----------
    turn, player : where, and who decides.
    kind : ``move``; ``proposal``, once recognised; or ``answer`` to a package once it is reached.
    proposer, package : what is answered; empty for the other kinds.
    reached : probability that the decision comes up at this turn: recognition for a proposal, recognition, proposal and
        the answers before it for an answer, 1 for a move.
    rationality : lam of who decides, 1/points.
    fixed : whether it plays along unsolved; then values do not explain what it does.
    action, other : the likeliest option and the runner-up (the second likeliest, by value among the equally likely);
        ``other`` is empty where there is only one.
    margin : points by which the other option falls short of being as likely: value of ``action`` less that of
        ``other``, less ``weight``. None without another option, or where values do not matter (lam = 0).
    weight : points that the menu's weights are worth to the other option at this precision:
        ln(w_other / w_action) / lam.
    difference : for the deciding capital, term by term, ``other`` less ``action``, largest first; the parts' totals and
        ``weight`` add up to minus the ``margin``.
    needed : see `Needed`; None where no term could do it while it keeps its sign and grows at most tenfold.
    options : the likeliest first.
    left_out : how many further options there are; ``left_out_probability`` is theirs together.
    sentence : the same in words, from these numbers only.
    """

    turn: str
    player: str
    kind: str
    proposer: str
    package: str
    reached: float
    rationality: float
    fixed: bool
    action: str
    other: str
    margin: float | None
    weight: float
    difference: tuple[Part, ...]
    needed: Needed | None
    options: tuple[Choice, ...]
    left_out: int
    left_out_probability: float
    sentence: str = ""

    def option(self, action: str) -> Choice:
        """Return one option by its label.

        Raises
        ------
        KeyError : it is not among ``options``.
        """
        for choice in self.options:
            if choice.action == action:
                return choice
        raise KeyError(action)


@dataclass(frozen=True)
class Benchmarks:
    """Headline outcomes of the same position in three ways of playing. Tuples run over ``months``.

    Attributes
    ----------
    months : 1, 2, ... from the position on.
    play : the equilibrium at the scenario's own precision of choice: outcome -> values.
    sharp : the same capitals without error: subgame-perfect play, lam infinite.
    idle : nobody ever offers or moves; only nature does.
    """

    months: tuple[int, ...]
    play: Mapping[str, tuple[float, ...]]
    sharp: Mapping[str, tuple[float, ...]]
    idle: Mapping[str, tuple[float, ...]]

    def to_json(self) -> dict[str, Any]:
        """Return the object that is printed: lists by month."""
        ways = {"play": self.play, "sharp": self.sharp, "idle": self.idle}
        lists = {way: {name: list(values) for name, values in found.items()} for way, found in ways.items()}
        return {"months": list(self.months), **lists}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Benchmarks:
        """Rebuild from `to_json`'s object."""
        ways = {way: {name: tuple(row) for name, row in record[way].items()} for way in ("play", "sharp", "idle")}
        return cls(tuple(record["months"]), **ways)


@dataclass(frozen=True)
class Explanation:
    """Why each capital does what it does at one position.

    Attributes
    ----------
    scenario, title, scenario_hash, versions, grid, rationality : what was solved, as in `sim.forecast.Result`.
    month : months that have gone by at the position; 0 is now.
    position : dial -> level; prisoners as a mean number of persons.
    pressing : whether Washington presses Brussels this month (it matters at the table of Minsk and Brussels only).
    decisions : in order of play; at a table the proposal of each party, then answers to its likeliest packages.
    benchmarks : beside the headlines; None if not asked for.
    reached : where ``position`` is the likeliest of all that play has reached by then: how likely it is. None where it
        was chosen, or is the start.
    """

    schema_version: int
    scenario: str
    title: str
    scenario_hash: str
    versions: Mapping[str, str]
    grid: str
    rationality: Mapping[str, float]
    month: int
    position: Mapping[str, float | str]
    pressing: bool
    decisions: tuple[Decision, ...]
    benchmarks: Benchmarks | None
    reached: float | None = None

    def at(self, turn: str) -> tuple[Decision, ...]:
        """Return the decisions of one turn."""
        return tuple(decision for decision in self.decisions if decision.turn == turn)

    def to_json(self) -> dict[str, Any]:
        """Return everything as one JSON-ready object; parts are lists of {player, term, now, later, after}."""
        return {
            "schema_version": self.schema_version,
            "scenario": self.scenario,
            "title": self.title,
            "scenario_hash": self.scenario_hash,
            "versions": dict(self.versions),
            "grid": self.grid,
            "rationality": {name: _number(value) for name, value in self.rationality.items()},
            "month": self.month,
            "position": dict(self.position),
            "pressing": self.pressing,
            "decisions": [_decision(decision) for decision in self.decisions],
            "benchmarks": self.benchmarks.to_json() if self.benchmarks else None,
            "reached": self.reached,
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Explanation:
        """Rebuild an explanation from `to_json`'s object, as read back from JSON."""
        # a record from before this key has none
        values: dict[str, Any] = {name: record[name] for name in cls.__dataclass_fields__ if name != "reached"}
        values["reached"] = record.get("reached")
        values["rationality"] = {name: float(value) for name, value in record["rationality"].items()}
        values["decisions"] = tuple(_decision_from(each) for each in record["decisions"])
        found = record["benchmarks"]
        values["benchmarks"] = Benchmarks.from_json(found) if found else None
        return cls(**values)

    def __repr__(self) -> str:
        head = f"Explanation {self.scenario} ({self.title}), grid {self.grid}, month {self.month}"
        return "\n".join([head, "  explores a model, predicts nothing", *(f"  {d.sentence}" for d in self.decisions)])


def _decision(decision: Decision) -> dict[str, Any]:
    return asdict(decision) | {"rationality": _number(decision.rationality)}


def _decision_from(record: Mapping[str, Any]) -> Decision:
    values = dict(record)
    values["rationality"] = float(record["rationality"])
    values["difference"] = tuple(Part(**part) for part in record["difference"])
    values["needed"] = Needed(**record["needed"]) if record["needed"] else None
    values["options"] = tuple(
        Choice(**{**option, "parts": tuple(Part(**part) for part in option["parts"])}) for option in record["options"]
    )
    return Decision(**values)


def _number(value: float) -> float | str:
    """JSON has no infinity: write it as the word."""
    return "inf" if math.isinf(value) else value
