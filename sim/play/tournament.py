"""All profiles of behaviours over the four seats, each played out exactly, and what follows from the table of payoffs.

Two questions are kept apart. In the tournament nobody reacts: every seat follows its behaviour, and "equilibrium" goes
on with the policies of the scenario's equilibrium, whoever it meets. `against` asks the other one too: some seats
follow behaviours, and the rest solve anew, knowing it.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import math
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, cast

import numpy as np

from sim.errors import UsageError
from sim.forecast.outcomes import headlines, watched
from sim.forecast.run import MONTHS, check_sampling, versions
from sim.game import Move, Offer
from sim.game.turns import Floats
from sim.model import PLAYERS, Grid, Model, compile
from sim.play.behaviours import DEFAULT, EQUILIBRIUM, Behaviour, behaviour
from sim.play.exact import offer_chances, play
from sim.play.memory import Memory, begin, remember
from sim.play.metagame import Trace, pure_equilibria, regrets, trace
from sim.play.policies import Desk
from sim.scenario import Scenario, load
from sim.solver import Forward, Solution, Until, propagate, regret, solve

SCHEMA_VERSION = 1
MEANING = (
    "In the tournament nobody reacts: every capital follows its behaviour from the first month on, and 'equilibrium' "
    "goes on with the scenario's equilibrium policies whoever it meets."
)
COUNTED = ("freed", "arrested")
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Tournament:
    """The table of payoffs and what follows from it.

    Attributes
    ----------
    behaviours : names, in the order of the table's axes, the equilibrium last.
    payoff : expected discounted payoffs, what follows the last month included, in points of each capital; shape
        (B, B, B, B, 4), one axis a seat (Minsk, Washington, Brussels, Moscow).
    freed : people freed within ``months``, shape (B, B, B, B); leaders included.
    deal_share : share of the grand deal reached after ``months``, same shape.
    equilibria : all pure equilibria, as names by seat.
    logit : the logit equilibrium traced from lam 0.
    exploitability : capital -> behaviour -> what the capital could gain by its best reply in the whole game, if it
        followed the behaviour while the others keep to the equilibrium.
    anew : capital -> behaviour -> what becomes of everybody if the others solve anew against it; None if not asked.
    """

    scenario: str
    scenario_hash: str
    grid: str
    months: int
    behaviours: tuple[str, ...]
    meanings: Mapping[str, str] = field(repr=False)
    payoff: Floats = field(repr=False)
    freed: Floats = field(repr=False)
    deal_share: Floats = field(repr=False)
    equilibria: tuple[tuple[str, ...], ...]
    logit: Trace = field(repr=False)
    exploitability: Mapping[str, Mapping[str, float]] = field(repr=False)
    anew: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = field(repr=False)

    def regret(self) -> Floats:
        """Return what each capital could gain in each profile by another behaviour, same shape as payoff."""
        return regrets(self.payoff)

    def table(self) -> list[dict[str, Any]]:
        """Return one row a profile."""
        rows = []
        gain = self.regret()
        for profile in product(range(len(self.behaviours)), repeat=len(PLAYERS)):
            row: dict[str, Any] = {p: self.behaviours[b] for p, b in zip(PLAYERS, profile, strict=True)}
            row |= {f"payoff_{p}": float(self.payoff[profile][i]) for i, p in enumerate(PLAYERS)}
            row |= {f"regret_{p}": float(gain[profile][i]) for i, p in enumerate(PLAYERS)}
            rows.append(row | {"freed": float(self.freed[profile]), "deal_share": float(self.deal_share[profile])})
        return rows

    def scores(self) -> list[dict[str, Any]]:
        """Return one row for each capital and behaviour: means over all the others' profiles, and the two regrets."""
        gain = self.regret()
        rows = []
        for i, capital in enumerate(PLAYERS):
            for b, name in enumerate(self.behaviours):
                own = np.take(self.payoff[..., i], b, axis=i)
                lost = np.take(gain[..., i], b, axis=i)
                rows.append(
                    {
                        "capital": capital,
                        "behaviour": name,
                        "mean_payoff": float(own.mean()),
                        "worst_payoff": float(own.min()),
                        "mean_regret": float(lost.mean()),
                        "largest_regret": float(lost.max()),
                        "exploitability": self.exploitability[capital][name],
                        "mean_freed": float(np.take(self.freed, b, axis=i).mean()),
                    }
                )
        return rows

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``grand-deal tournament --json`` prints."""
        return {
            "schema_version": SCHEMA_VERSION,
            "scenario": self.scenario,
            "scenario_hash": self.scenario_hash,
            "grid": self.grid,
            "months": self.months,
            "meaning": MEANING,
            "units": "points of each capital; no common unit between capitals",
            "behaviours": {name: self.meanings[name] for name in self.behaviours},
            "seats": list(PLAYERS),
            "payoff": self.payoff.tolist(),
            "freed": self.freed.tolist(),
            "deal_share": self.deal_share.tolist(),
            "scores": self.scores(),
            "equilibria": [list(profile) for profile in self.equilibria],
            "logit": self.logit.to_json(),
            "anew": None if self.anew is None else {p: dict(rows) for p, rows in self.anew.items()},
        }


def tournament(
    source: str | Path | Scenario,
    overrides: Mapping[str, Any] | None = None,
    *,
    grid: str | Grid = "fast",
    rationality: float | Mapping[str, float] | None = None,
    names: Sequence[str] = DEFAULT,
    months: int = MONTHS,
    anew: bool = True,
    folder: Path | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Tournament:
    """Play every profile of the named behaviours and the equilibrium over the four seats.

    Parameters
    ----------
    names : behaviours beside the equilibrium, at least one, all different.
    months : how long to count what is freed, and when to look at the share of the grand deal.
    anew : also let the others solve anew against each behaviour in each seat.
    folder : where finished parts are kept, so that an interrupted tournament goes on where it stopped; None: nowhere.
    progress : called with (done, all, what) after every part.

    Raises
    ------
    ScenarioError : a scenario or an override that does not make sense.
    UsageError : an unknown behaviour, one twice, months out of range.
    """
    model = compile(load(source, overrides), grid)
    check_sampling(model, 0, months)
    if not names or len(set(names)) != len(names) or EQUILIBRIUM in names:
        raise UsageError(
            f"behaviours: found {', '.join(names) or 'none'}; allowed: one or more different names "
            "(the equilibrium plays anyway)"
        )
    lam = model.rationality if rationality is None else rationality
    field_ = [behaviour(name) for name in names]
    solution = solve(model.game, lam, threads=threads)
    hall = Hall(model, solution, field_, months)
    parts = hall.parts()
    total = len(parts) + (len(field_) * len(PLAYERS) if anew else 0)
    shape = (len(names) + 1,) * len(PLAYERS)
    payoff, freed, share = np.empty((*shape, len(PLAYERS))), np.empty(shape), np.empty(shape)
    stamp = _stamp(model, solution, field_, months)
    for number, profiles in enumerate(parts):
        found = _kept(folder, stamp, number, lambda profiles=profiles: hall.play(profiles))  # type: ignore[misc]
        for profile, row in zip(profiles, found, strict=True):
            payoff[profile], freed[profile], share[profile] = row[:4], row[4], row[5]
        if progress is not None:
            progress(number + 1, total, f"{len(profiles)} profiles")
    replies: dict[str, dict[str, dict[str, Any]]] | None = {p: {} for p in PLAYERS} if anew else None
    if replies is not None:
        done = len(parts)
        for capital, item in product(PLAYERS, field_):
            replies[capital][item.name] = _compact(against_of(hall, {capital: item}, threads=threads).anew)
            done += 1
            if progress is not None:
                progress(done, total, f"the others anew against {capital}: {item.name}")
    best = model.start @ (solution.boundary[0] + regret(solution).by_round[0])
    last = len(names)
    lost: dict[str, dict[str, float]] = {}
    for i, capital in enumerate(PLAYERS):
        seat = [last] * len(PLAYERS)
        lost[capital] = {}
        for b, name in enumerate((*names, EQUILIBRIUM)):
            seat[i] = b
            lost[capital][name] = max(0.0, float(best[i] - payoff[tuple(seat)][i]))
    every = (*names, EQUILIBRIUM)
    meanings = {item.name: item.meaning for item in field_} | {EQUILIBRIUM: "goes on with the scenario's equilibrium"}
    return Tournament(
        scenario=model.scenario.id,
        scenario_hash=model.scenario.hash,
        grid=model.grid.name,
        months=months,
        behaviours=every,
        meanings=meanings,
        payoff=payoff,
        freed=freed,
        deal_share=share,
        equilibria=tuple(tuple(every[b] for b in profile) for profile in pure_equilibria(payoff)),
        logit=trace(payoff),
        exploitability=lost,
        anew=replies,
    )


class Hall:
    """Where profiles are played: one model, its equilibrium, and the behaviours of the field (the equilibrium last)."""

    def __init__(self, model: Model, solution: Solution, field_: Sequence[Behaviour], months: int) -> None:
        self.model = model
        self.solution = solution
        self.field = tuple(field_)
        self.months = months
        self.desk = Desk(model)
        self._equilibrium: dict[tuple[int, int], Any] = {}

    def parts(self) -> list[list[tuple[int, ...]]]:
        """Return all profiles in parts that are played together: those that need the same memories."""
        found: dict[Any, list[tuple[int, ...]]] = defaultdict(list)
        for profile in product(range(len(self.field) + 1), repeat=len(PLAYERS)):
            names = tuple(memory.name for memory in self.memories(profile))
            found[names].append(profile)
        return list(found.values())

    def memories(self, profile: Sequence[int]) -> tuple[Memory, ...]:
        """Return the memories that a profile needs."""
        return self.desk.memories(
            {p: self.field[b] for p, b in zip(PLAYERS, profile, strict=True) if b < len(self.field)}
        )

    def play(self, profiles: Sequence[tuple[int, ...]]) -> list[list[float]]:
        """Return for each profile the four payoffs, people freed and share of the grand deal."""
        memories = self.memories(profiles[0])
        game = remember(self.model.game, memories)
        blocks = game.n_states(0) // self.model.game.n_states(0)
        effects = self.model.effects

        def law(t: int, k: int, actors: tuple[int, ...]) -> Floats:
            turn = game.turns[k]
            if isinstance(turn, Move):
                return self._move(t, k, int(turn.player), actors[0], memories)
            assert isinstance(turn, Offer)
            return self._offer(t, k, turn, actors, memories)

        def key(t: int, k: int, actors: tuple[int, ...]) -> Any:
            if len(self.field) in actors:
                return None  # the equilibrium is another every month
            return (k, actors, tuple(self.field[b].phase(t) for b in actors))

        def count(k: int) -> Floats:
            turn = game.turns[k].name
            return effects[turn].freed[:, None]

        found = play(game, begin(self.model.start, memories), profiles, law, key, count=count, months=self.months)
        outer = found.boundary.reshape(blocks, -1, len(profiles)).sum(axis=0)
        share = outer.T @ np.asarray(self.model.measures["deal_share"], dtype=np.float64)
        rows: list[list[float]] = np.column_stack([found.payoff, found.counted[:, 0], share]).tolist()
        return rows

    def _move(self, t: int, k: int, seat: int, b: int, memories: Sequence[Memory]) -> Floats:
        if b == len(self.field):
            rows: Floats = self._solved(t, k)
            return rows
        return self._says(b, PLAYERS[seat], t, k, "move", memories)

    def _says(self, b: int, capital: str, t: int, k: int, act: str, memories: Sequence[Memory]) -> Floats:
        item = self.field[b]
        seen = () if self.desk.memory(item, capital) is None else memories
        return self.desk.says(item, capital, t, k, act, seen)

    def _offer(self, t: int, k: int, turn: Offer, actors: Sequence[int], memories: Sequence[Memory]) -> Floats:
        """Chances of each package; as many rows as the actors' memories need."""
        base = self.model.game.turns[k]
        assert isinstance(base, Offer)
        capitals = [PLAYERS[int(party)] for party in turn.parties]
        known = [b < len(self.field) for b in actors]
        recalls = any(
            is_known and self.desk.memory(self.field[b], capital) is not None
            for is_known, b, capital in zip(known, actors, capitals, strict=True)
        )
        blocks = turn.n_states // base.n_states if recalls else 1

        def wide(rows: Floats) -> Floats:
            return rows if blocks * base.n_states == rows.shape[0] else np.tile(rows, (blocks, 1))

        def accept(h: int, r: int) -> Floats:
            if known[h]:
                return wide(self._says(actors[h], capitals[h], t, k, "answer", memories))
            return wide(self._solved(t, k).accept[:, r, h])

        propose = [
            wide(
                self._says(actors[r], capitals[r], t, k, "propose", memories)
                if known[r]
                else self._solved(t, k).propose[:, r]
            )
            for r in range(len(capitals))
        ]
        return offer_chances(turn if recalls else base, propose, accept)

    def _solved(self, t: int, k: int) -> Any:
        """Return the equilibrium's policy at one turn; kept for the month at hand only."""
        if any(month != t for month, _ in self._equilibrium):
            self._equilibrium.clear()
        if (t, k) not in self._equilibrium:
            found = self.solution.policy(t, k)
            if isinstance(self.model.game.turns[k], Offer):
                np.nan_to_num(found.accept, copy=False, nan=0.0)
            self._equilibrium[t, k] = found
        return self._equilibrium[t, k]


@dataclass(frozen=True)
class Against:
    """Some capitals follow behaviours: what becomes of everybody, under the two separate questions.

    Attributes
    ----------
    seats : capital -> behaviour.
    kept : the others keep their old equilibrium policies: ``payoffs`` by capital (points), ``freed``, ``deal_share``.
    anew : the others solve anew, knowing it: ``payoffs`` and ``outcomes`` (all headline outcomes by month).
    """

    seats: Mapping[str, str]
    kept: Mapping[str, Any]
    anew: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return {"seats": dict(self.seats), "kept": dict(self.kept), "anew": dict(self.anew)}


def against(
    source: str | Path | Scenario,
    seats: Mapping[str, str],
    overrides: Mapping[str, Any] | None = None,
    *,
    grid: str | Grid = "fast",
    rationality: float | Mapping[str, float] | None = None,
    months: int = MONTHS,
    threads: int | None = None,
) -> Against:
    """Let some capitals follow behaviours while the others (a) keep their old policies or (b) solve anew.

    Parameters
    ----------
    seats : capital -> name of a behaviour; at least one.

    Raises
    ------
    ScenarioError : a scenario or an override that does not make sense.
    UsageError : an unknown capital or behaviour, months out of range.
    """
    for capital in seats:
        if capital not in PLAYERS:
            raise UsageError(f"seats: found {capital!r}; allowed: {', '.join(PLAYERS)}")
    if not seats:
        raise UsageError("seats: found none; allowed: one capital or more, as in minsk=hold")
    model = compile(load(source, overrides), grid)
    check_sampling(model, 0, months)
    followed = {capital: behaviour(name) for capital, name in seats.items()}
    field_ = tuple({item.name: item for item in followed.values()}.values())
    solution = solve(model.game, model.rationality if rationality is None else rationality, threads=threads)
    return against_of(Hall(model, solution, field_, months), followed, threads=threads)


def against_of(hall: Hall, seats: Mapping[str, Behaviour], *, threads: int | None = None) -> Against:
    """Answer both questions for seats that follow behaviours of a hall's field."""
    model = hall.model
    numbers = {item.name: b for b, item in enumerate(hall.field)}
    profile = tuple(numbers[seats[p].name] if p in seats else len(hall.field) for p in PLAYERS)
    row = hall.play([profile])[0]
    kept = {"payoffs": dict(zip(PLAYERS, row[:4], strict=True)), "freed": row[4], "deal_share": row[5]}
    memories = hall.desk.memories(seats)
    game = remember(model.game, memories)
    fixed: dict[str | int, Any] = {p: hall.desk.policy(item, p, memories) for p, item in seats.items()}
    solution = solve(game, hall.solution.rationality, fixed, threads=threads)
    start = begin(model.start, memories)
    until = {
        name: Until(
            watch.choices, None if watch.states is None else np.tile(watch.states, start.size // model.start.size)
        )
        for name, watch in watched(model).items()
    }
    forward = propagate(solution, start, hall.months, until=until)
    value = start @ solution.boundary[0]
    outcomes = headlines(model, cast(Forward, _Forgetful(forward, model.axes.size)))
    anew = {"payoffs": {p: float(value[i]) for i, p in enumerate(PLAYERS)}, "outcomes": outcomes}
    return Against({p: item.name for p, item in seats.items()}, kept, anew)


class _Forgetful:
    """A forward propagation read without its memories."""

    def __init__(self, forward: Forward, n_states: int) -> None:
        self.rounds, self.reached, self.flux = forward.rounds, forward.reached, forward.flux
        self.boundary = forward.boundary.reshape(forward.rounds + 1, -1, n_states).sum(axis=1)


def _compact(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"payoffs": found["payoffs"], **{name: row[-1] for name, row in found["outcomes"].items()}}


def _stamp(model: Model, solution: Solution, field_: Sequence[Behaviour], months: int) -> str:
    """Return what a kept part depends on, as one word."""
    lam = ["inf" if math.isinf(x) else x for x in solution.rationality.tolist()]
    rules = []
    for item in field_:
        try:
            text = inspect.getsource(item.rule)
        except (OSError, TypeError):
            text = repr(item.rule)
        rules.append([item.name, list(item.changes), text])
    grid = [model.grid.lot, model.grid.rounds]
    whole = [SCHEMA_VERSION, model.scenario.hash, grid, lam, months, rules, versions()["grand-deal"]]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:16]


def _kept(folder: Path | None, stamp: str, number: int, make: Callable[[], list[list[float]]]) -> list[list[float]]:
    """Return a part from the folder if it is there whole, else make it and keep it."""
    if folder is None:
        return make()
    path = folder / f"tournament-{stamp}-{number:03d}.json"
    try:
        found: list[list[float]] = json.loads(path.read_text())
        return found
    except (OSError, ValueError):
        pass
    rows = make()
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(rows))
    unfinished.replace(path)
    return rows
