"""Exact forward propagation: the probability of every state, the frequency of every choice, the payoffs received."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import GameError
from sim.game import Game
from sim.game.turns import Floats
from sim.solver.reach import Start
from sim.solver.solution import Solution
from sim.solver.threads import each_of, keeping_to_itself, thread_count


@dataclass(frozen=True)
class Until:
    """A first passage to watch: any of some choices, or any of some states at the end of a round.

    Attributes
    ----------
    choices : turn (name or number) -> numbers of the actions or packages that count.
    states : bool [S_0]; None to watch choices only.
    """

    choices: Mapping[str | int, Sequence[int]] = field(default_factory=dict)
    states: npt.NDArray[np.bool_] | None = None


class Forward:
    """Where play goes from a start.

    Attributes
    ----------
    solution : the equilibrium along which play goes.
    rounds : how many rounds were propagated.
    boundary : probability of each state at the start of each round, [rounds+1, S_0]; read-only.
    payoff : expected payoffs received in each round (choices and flow), [rounds, N], in that round's units.
    reached : name -> probability, by round, that what was watched has happened by its end, [rounds].
    """

    def __init__(self, solution: Solution, start: Floats, rounds: int, until: Mapping[str, Until]) -> None:
        game = solution.game
        self.solution = solution
        self.rounds = rounds
        self._names = tuple(until)
        self._keep, self._masks = _watches(game, until)
        columns = np.repeat(start[:, None], 1 + len(until), axis=1)
        self._columns = [columns]
        self._flux: list[tuple[Floats, ...]] = []
        self.payoff = np.zeros((rounds, game.n_players))
        passed = np.zeros((rounds, len(until)))
        prepared, spare = solution.prepare(0), None
        for t in range(rounds):
            ahead = solution.ahead(t + 1, spare) if t + 1 < rounds else None
            with keeping_to_itself() if ahead is not None else nullcontext():
                trace, flux, received = self._round(t, self._columns[-1], prepared)
            if ahead is not None:  # what nobody has begun is done here
                found = solution.prepare(t + 1, spare) if ahead.cancel() else ahead.result()
                prepared, spare = found, prepared
            elif t + 1 < rounds:
                prepared = solution.prepare(t + 1, prepared)
            end = trace[-1]
            for e, mask in self._masks.items():
                end[mask, e] = 0.0
            self._columns.append(end)
            self._flux.append(flux)
            self.payoff[t] = received + (end[:, :1] * game.flow).sum(axis=0)
            passed[t] = 1.0 - end[:, 1:].sum(axis=0)
        self.boundary = np.stack([mass[:, 0] for mass in self._columns])
        self.reached = {name: np.maximum(passed[:, e], 0.0) for e, name in enumerate(self._names)}
        for array in (self.boundary, self.payoff):
            array.flags.writeable = False

    def distribution(self, t: int, k: int = 0) -> Floats:
        """Return the probability of every state before turn k of round t, [S_k]; k = K: after all turns.

        Raises
        ------
        GameError : a round or a turn beyond those propagated.
        """
        n_turns = self.solution.game.n_turns
        if not (0 <= t < self.rounds and 0 <= k <= n_turns) and (t, k) != (self.rounds, 0):
            raise GameError(
                f"forward: found round {t}, turn {k}; allowed: rounds 0 to {self.rounds - 1}, turns 0 to {n_turns}"
            )
        if k in (0, n_turns):
            start: Floats = self.boundary[t + k // n_turns]
            return start
        result: Floats = np.ascontiguousarray(
            self._round(t, self._columns[t], self.solution.prepare(t), k)[0][-1][:, 0]
        )
        return result

    def flux(self, t: int, k: int | str, among: str | None = None) -> Floats:
        """Return how often each choice of turn k comes about in round t, [choices]; an Offer's column 0 is no deal.

        ``among`` names a watched event: only courses in which it had not happened before the turn count.
        """
        column = 0 if among is None else 1 + self._names.index(among)
        flux: Floats = self._flux[t][self.solution.game.turn_index(k)][:, column]
        return flux

    def _round(
        self, t: int, mass: Floats, prepared: Mapping[int, Floats], stop: int | None = None
    ) -> tuple[list[Floats], tuple[Floats, ...], Floats]:
        game = self.solution.game
        trace, fluxes = [mass], []
        received = np.zeros(game.n_players)
        for k in range(game.n_turns if stop is None else stop):
            out = np.zeros((game.n_states(k + 1), mass.shape[1]))
            fluxes.append(self.solution.push(t, k, trace[-1], self._keep[k], out, received, prepared))
            trace.append(out)
        return trace, tuple(fluxes), received

    def __repr__(self) -> str:
        return f"Forward(rounds={self.rounds}, reached={self._names}, {self.solution!r})"


def propagate(
    solution: Solution,
    start: Start,
    rounds: int | None = None,
    *,
    until: Mapping[str, Until] | None = None,
) -> Forward:
    """Propagate a start through the equilibrium, exactly.

    Parameters
    ----------
    solution : from `solve`.
    start : a state's number, named dials (dial -> level), or a distribution over S_0, shape (S_0,).
    rounds : how many rounds; default all.
    until : first passages to watch, by name.

    Raises
    ------
    GameError : a start that is no state and no distribution, or one that was not solved for; more rounds than the game
        has.
    """
    game = solution.game
    rounds = game.rounds if rounds is None else rounds
    if not 1 <= rounds <= game.rounds:
        raise GameError(f"propagate: rounds: found {rounds}; allowed: 1 to {game.rounds}")
    return Forward(solution, solution.begin(start), rounds, until or {})


def propagate_many(
    solutions: Iterable[Solution],
    start: Start,
    rounds: int | None = None,
    *,
    until: Mapping[str, Until] | None = None,
    threads: int | None = None,
) -> tuple[Forward, ...]:
    """Propagate a start through several equilibria, one on each thread; the same bits as one by one.

    Arguments as for `propagate`; ``threads`` is how many at a time.
    """
    return tuple(each_of(lambda found: propagate(found, start, rounds, until=until), solutions, thread_count(threads)))


def _watches(game: Game, until: Mapping[str, Until]) -> tuple[list[Floats], dict[int, Any]]:
    """Lay the watches out: which choices each column follows at each turn, and which states end it at a round's end."""
    keep = [np.ones((turn.n_choices, 1 + len(until))) for turn in game.turns]
    masks: dict[int, Any] = {}
    for e, watch in enumerate(until.values(), start=1):
        for turn, choices in watch.choices.items():
            keep[game.turn_index(turn)][list(choices), e] = 0.0
        if watch.states is not None:
            if watch.states.shape != (game.n_states(0),):
                raise GameError(
                    f"propagate: until: found states of shape {watch.states.shape}; allowed: ({game.n_states(0)},)"
                )
            masks[e] = watch.states
    return keep, masks
