"""The probability of a ledger: exact forward filtering over the states of the game, with the equilibrium's policies.

What a ledger tells of a month (see `sim.analyse.calibration.ledger`) is a function of what happens at the turns: who
is freed and what is given at the two tables, a handful freed unasked, relief taken back, punishment. All else (talks,
stock, arrests, pressing, support, whether envoy contact has worn off) is unobserved and added up over. Each entry is
put down wrongly with probability ``error``, and then says any other thing with equal probability. With e_i what entry i
says, z_i what is true of it and n_i how many things it can say,

    P(entries | course) = product over i of (1 - error if e_i = z_i else error / (n_i - 1)),

    alpha_{t+1}(s') = sum over s, courses of month t from s to s' of alpha_t(s) P(course) P(entries_t | course),

and the probability of the ledger is the sum of the last alpha (the forward algorithm of hidden Markov models: Rabiner
1989, Proceedings of the IEEE 77:257-286). Nothing is sampled.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.analyse.calibration.ledger import (
    EMBASSY,
    ENVOYS,
    EU_GIVEN,
    FREED,
    GIVEN,
    ITEMS,
    LEADER,
    MASS,
    NOBODY,
    NOTHING,
    PRISONERS,
    RELIEF,
    SIZES,
    Ledger,
)
from sim.errors import UsageError
from sim.model.menu import MASS_RELEASE, Package
from sim.model.transitions import BRUSSELS_ACTIONS, MINSK_ACTIONS, MOSCOW_ACTIONS, WASHINGTON_ACTIONS

if TYPE_CHECKING:
    from sim.model import Model
    from sim.solver import Forward, Solution

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Codes = tuple[tuple[int | None, ...], ...]

UNASKED = MINSK_ACTIONS.index("release a handful unasked")
SNAPPED = WASHINGTON_ACTIONS.index("snap back")
TIGHTENED = BRUSSELS_ACTIONS.index("tighten")
PUNISHED = MOSCOW_ACTIONS.index("punish")
PREFIX = "month_"
AT_ONCE = 24
"""Columns that go through a turn together: as many as stay in the processor's cache."""


def freed_label(package: Package) -> str:
    """Return whom a package frees, as a ledger says it."""
    if package.prisoners >= MASS_RELEASE:
        return MASS
    return LEADER if package.leaders else PRISONERS if package.prisoners else NOBODY


def us_given(package: Package, contact: int) -> str:
    """Return what Washington visibly gives in a package, with contact (level) as it was before."""
    if package.us:
        return RELIEF
    if not package.contact:
        return NOTHING
    return ENVOYS if contact == 0 else EMBASSY


@dataclass(frozen=True)
class _Kinds:
    """What the packages of a model's tables look like from outside, one number a package."""

    us_freed: npt.NDArray[np.int64]
    us_relief: Bools
    us_contact: Bools
    eu_code: npt.NDArray[np.int64]


def kinds_of(model: Model) -> _Kinds:
    """Return the kinds of a model's packages.

    Raises
    ------
    UsageError : a summit, where what Washington and Brussels give cannot be told apart.
    """
    if "summit" in model.packages:
        raise UsageError("menu.summit: found true; allowed for a ledger: false, as it has an entry for each table")
    us, eu = model.packages["us-table"], model.packages["eu-table"]
    return _Kinds(
        np.array([FREED.index(freed_label(package)) for package in us]),
        np.array([package.us > 0 for package in us]),
        np.array([package.contact > 0 and package.us == 0 for package in us]),
        np.array(
            [
                FREED.index(freed_label(package)) * len(EU_GIVEN) + EU_GIVEN.index(RELIEF if package.eu else NOTHING)
                for package in eu
            ]
        ),
    )


@dataclass(frozen=True)
class Likelihood:
    """The probability of one ledger under a solved model: a `sim.analyse.Evaluator`'s measure."""

    ledger: Ledger

    def __call__(self, model: Model, solution: Solution, forward: Forward | None = None) -> Mapping[str, float]:
        """Return ``month_1``, ``month_2``, ...: log probability of each month's entries, given those before."""
        rows = log_likelihoods(model, solution, [self.ledger.codes], self.ledger.error)
        return {f"{PREFIX}{t + 1}": value for t, value in enumerate(rows[0].tolist())}


def log_likelihood(model: Model, solution: Solution, ledger: Ledger) -> float:
    """Return the log probability of a ledger, played from the model's start."""
    return float(log_likelihoods(model, solution, [ledger.codes], ledger.error).sum())


def log_likelihoods(
    model: Model, solution: Solution, ledgers: Sequence[Codes], error: float, start: Floats | None = None
) -> Floats:
    """Return the log probability of every month of every ledger, given the months before, shape (ledgers, months).

    Parameters
    ----------
    model, solution : a compiled scenario and its equilibrium.
    ledgers : `Ledger.codes` of each, all of the same length. What they have in common is worked out once.
    error : chance that one entry is put down wrongly, from 0 to less than 1/2.
    start : distribution over S_0 before the first month, shape (S_0,); default: the model's.

    Raises
    ------
    UsageError : ledgers of different lengths or longer than the game; a scenario with a summit.
    """
    months = len(ledgers[0]) if ledgers else 0
    if any(len(ledger) != months for ledger in ledgers):
        raise UsageError("ledgers: found different lengths; allowed: one length")
    if months > model.grid.rounds:
        raise UsageError(f"ledger: found {months} months; allowed: at most {model.grid.rounds} on this grid")
    round_of = _Round(model, solution, error)
    found = np.full((len(ledgers), months), -math.inf)
    prefixes: list[Codes] = [()]
    mass = (model.start if start is None else start)[:, None].astype(np.float64)
    for t in range(months):
        alive = {prefix: number for number, prefix in enumerate(prefixes)}
        wanted = sorted(
            {(alive[ledger[:t]], ledger[t]) for ledger in ledgers if ledger[:t] in alive},
            key=lambda pair: (pair[0], tuple(-1 if code is None else code for code in pair[1])),
        )
        if not wanted:
            break
        after = round_of(t, mass, wanted)
        evidence = after.sum(axis=0)
        # how often a course gets this far is divided out month by month, so that nothing underflows
        possible = np.flatnonzero(evidence > 0.0)
        mass = np.ascontiguousarray(after[:, possible] / evidence[possible])
        place = {(*prefixes[number], row): j for j, (number, row) in enumerate(wanted)}
        for i, ledger in enumerate(ledgers):
            j = place.get(ledger[: t + 1])
            if j is not None and evidence[j] > 0.0:
                found[i, t] = math.log(evidence[j])
        prefixes = [(*prefixes[wanted[j][0]], wanted[j][1]) for j in possible]
    return found


class _Round:
    """Sends filtered distributions through one month, entry by entry."""

    def __init__(self, model: Model, solution: Solution, error: float) -> None:
        if not 0.0 <= error < 0.5:
            raise UsageError(f"error: found {error:g}; allowed: 0 or above, below 0.5")
        self.model = model
        self.solution = solution
        self.error = error
        self.kinds = kinds_of(model)
        self.contact = np.asarray(model.measures["contact"]).astype(np.int64)

    def __call__(self, t: int, mass: Floats, wanted: Sequence[tuple[int, tuple[int | None, ...]]]) -> Floats:
        """Return, for each (column of ``mass`` [S_0, C], entries), the mass at the month's end, [S_0, wanted]."""
        prepared = self.solution.prepare(t)
        turns = self.model.turns

        def push(name: str, columns: Floats, keep: Floats | None = None) -> Floats:
            return self._push(t, turns.index(name), columns, keep, prepared)

        def soft(name: str, columns: Floats, item: int, hits: Sequence[Bools | None]) -> Floats:
            """Push columns through a turn at which an entry comes about; ``hits``: the choices of which it is true."""
            known = [j for j, hit in enumerate(hits) if hit is not None]
            keep = np.ones((len(self.model.game.turns[turns.index(name)].next_state[0]), len(hits) + len(known)))
            for place, j in enumerate(known, start=len(hits)):
                keep[:, place] = hits[j]
            every = push(name, np.concatenate([columns, columns[:, known]], axis=1), keep)
            low, high = self._chances(item)
            made = every[:, : len(hits)]
            made[:, known] = low * made[:, known] + (high - low) * every[:, len(hits) :]
            return made

        # columns at the table with Washington: everything, for each prefix; then one for each reading of its entry
        columns = push("nature", mass)
        readings = self._readings(wanted)
        taken: list[Floats] = [columns]
        keeps = [np.ones((len(self.kinds.us_freed), columns.shape[1]))]
        for number, contact, keep, _ in readings:
            rows = columns[:, [number]]
            taken.append(rows if contact is None else np.where(self.contact[:, None] == contact, rows, 0.0))
            keeps.append(keep[:, None].astype(np.float64))
        columns = push("us-table", np.concatenate(taken, axis=1), np.concatenate(keeps, axis=1))
        columns = push("us-release", columns)
        # from here on a column belongs to one prefix, one way of being right about Washington, and the other entries
        lanes: list[tuple[int, Bools | None, tuple[int | None, ...]]] = []
        sums: list[tuple[int, list[int]]] = []
        index: dict[Any, int] = {}

        def lane(source: int, unasked: Bools | None, rest: tuple[int | None, ...]) -> int:
            key = (source, None if unasked is None else unasked.tobytes(), rest)
            if key not in index:
                index[key] = len(lanes)
                lanes.append((source, unasked, rest))
            return index[key]

        for number, entries in wanted:
            every = lane(number, None, entries[1:])
            right = [
                lane(mass.shape[1] + j, unasked, entries[1:])
                for j, (prefix, _, _, uses) in enumerate(readings)
                if prefix == number
                for code, unasked in uses
                if code == entries[0]
            ]
            sums.append((every, right))
        columns = np.ascontiguousarray(columns[:, [source for source, _, _ in lanes]])
        eu = [None if rest[0] is None else self.kinds.eu_code == rest[0] for _, _, rest in lanes]
        columns = push("eu-release", soft("eu-table", columns, 1, eu))
        unasked = np.ones((len(MINSK_ACTIONS), len(lanes)))
        for j, (_, kept, _) in enumerate(lanes):
            if kept is not None:
                unasked[:, j] = kept
        columns = push("minsk-release", push("minsk", columns, unasked))
        for item, name, action in ((2, "washington", SNAPPED), (3, "brussels", TIGHTENED), (4, "moscow", PUNISHED)):
            n = self.model.game.turns[turns.index(name)].n_choices
            told = [rest[item - 1] for _, _, rest in lanes]
            hits = [None if code is None else (np.arange(n) == action) == bool(code) for code in told]
            columns = soft(name, columns, item, hits)
        low, high = self._chances(0)
        after = np.empty((columns.shape[0], len(wanted)))
        for j, ((_, entries), (every, right)) in enumerate(zip(wanted, sums, strict=True)):
            if entries[0] is None:
                after[:, j] = columns[:, every]
            else:
                after[:, j] = low * columns[:, every] + (high - low) * columns[:, right].sum(axis=1)
        return after

    def _readings(
        self, wanted: Sequence[tuple[int, tuple[int | None, ...]]]
    ) -> list[tuple[int, int | None, Bools, list[tuple[int, Bools | None]]]]:
        """Return (column, level of contact before, packages, what each use needs of Minsk's own turn).

        An entry is true in one of two ways: the package alone says so, or the package frees nobody and Minsk frees a
        handful unasked. Each use is (label, which of Minsk's actions it needs).
        """
        release = np.arange(len(MINSK_ACTIONS)) == UNASKED
        found: dict[tuple[int, int, int], tuple[int, int | None, Bools, list[tuple[int, Bools | None]]]] = {}
        for number, entries in wanted:
            label = entries[0]
            if label is None:
                continue
            freed, given = divmod(label, len(GIVEN))
            contact = {ENVOYS: 0, EMBASSY: 1}.get(GIVEN[given])
            uses: list[tuple[int, Bools | None]]
            if FREED[freed] == NOBODY:
                uses = [(freed, ~release)]
            elif FREED[freed] == PRISONERS:
                uses = [(freed, None), (FREED.index(NOBODY), release)]
            else:
                uses = [(freed, None)]
            for packaged, unasked in uses:
                key = (number, packaged, given)
                if key not in found:
                    keep = (self.kinds.us_freed == packaged) & self._gives(GIVEN[given])
                    found[key] = (number, contact, keep, [])
                if all(code != label for code, _ in found[key][3]):
                    found[key][3].append((label, unasked))
        return list(found.values())

    def _gives(self, given: str) -> Bools:
        if given == RELIEF:
            return self.kinds.us_relief
        if given == NOTHING:
            return ~self.kinds.us_relief & ~self.kinds.us_contact
        return self.kinds.us_contact

    def _chances(self, item: int) -> tuple[float, float]:
        """Return the probability of what an entry says where that is false, and where it is true."""
        return self.error / (SIZES[ITEMS[item]] - 1), 1.0 - self.error

    def _push(self, t: int, k: int, columns: Floats, keep: Floats | None, prepared: Mapping[int, Floats]) -> Floats:
        game, parts = self.model.game, []
        for first in range(0, columns.shape[1], AT_ONCE):
            some = columns[:, first : first + AT_ONCE]
            # the kernels look at the first column to see where there is mass at all
            mass = np.concatenate([some.sum(axis=1, keepdims=True), some], axis=1)
            kept = np.ones((game.turns[k].n_choices, mass.shape[1]))
            if keep is not None:
                kept[:, 1:] = keep[:, first : first + AT_ONCE]
            out = np.zeros((game.n_states(k + 1), mass.shape[1]))
            self.solution.push(t, k, mass, kept, out, np.zeros(game.n_players), prepared)
            parts.append(out[:, 1:])
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
