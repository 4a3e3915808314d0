"""Where profiles of behaviours are played: one model, its equilibrium, and the policies that behaviours amount to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from sim.game import Move, Offer
from sim.game.turns import Floats
from sim.model import PLAYERS, Model
from sim.play.behaviours import Behaviour
from sim.play.exact import offer_chances, play
from sim.play.memory import Memory, begin, remember
from sim.play.policies import Desk
from sim.solver import Solution


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
