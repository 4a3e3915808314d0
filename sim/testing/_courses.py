"""Laws of play forward from a start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sim.game import Move, Offer
from sim.solver import Solution, Until, propagate
from sim.testing._choices import _made
from sim.testing._compare import TIGHT, Floats, check, fail_unless, value_range, where


def realisation(solution: Solution, start: Any, *, forward: Any = None) -> None:
    """Forward play is what the policies say: each turn's chances add up to 1, and lead where and pay what they should.

    ``forward`` : what to judge; default `sim.propagate` of the solution.
    """
    law, game = "realisation", solution.game
    forward = propagate(solution, start) if forward is None else forward
    span = value_range(solution)
    mass: Floats = np.array(forward.distribution(0, 0))
    for t in range(game.rounds):
        received = np.zeros(game.n_players)
        for k, turn in enumerate(game.turns):
            rows = np.flatnonzero(mass > 0)
            policy = solution.policy(t, k, rows)
            chances = policy
            if isinstance(turn, Offer):
                chances = _made(turn, policy, rows)
                chances[:, 0] = 1.0 - chances[:, 1:].sum(axis=1)
            here = mass[rows, None] * chances
            flux = forward.flux(t, k)
            total = float(flux.sum())
            fail_unless(abs(total - 1.0) <= TIGHT, law, where(game, t, k), f"chances that sum to {total!r}", "1")
            wanted = here.sum(axis=0)
            c = int(np.abs(flux - wanted).argmax())
            fail_unless(
                bool(abs(flux[c] - wanted[c]) <= TIGHT),
                law,
                f"{where(game, t, k)}, choice {c}",
                repr(float(flux[c])),
                f"{float(wanted[c])!r}, as the policies say",
            )
            if isinstance(turn, (Move, Offer)):
                paid = turn.payoff if turn.payoff.shape[0] == 1 else turn.payoff[rows]
                received += (here[..., None] * paid).sum(axis=(0, 1))
            following = turn.next_state[rows]
            open_ = following >= 0
            mass = np.zeros(game.n_states(k + 1))
            np.add.at(mass, following[open_], here[open_])
            found = forward.distribution(t, k + 1)
            check(law, game, t, k, np.abs(found - mass) <= TIGHT, found, "the probability that the policies lead to")
        received += mass @ game.flow
        i = int(np.abs((forward.payoff[t] - received) / np.where(span > 0, span, 1.0)).argmax())
        fail_unless(
            bool(abs(forward.payoff[t, i] - received[i]) <= TIGHT * max(span[i], 1.0)),
            law,
            f"round {t}, player {game.players[i]}",
            f"a payoff of {float(forward.payoff[t, i])!r}",
            repr(float(received[i])),
        )


def start_mixing(solution: Solution, first: Any, second: Any, *, share: float = 0.5) -> None:
    """Play from a lottery over two starts is the same lottery over play from each."""
    law, game = "start_mixing", solution.game
    one, other = propagate(solution, first), propagate(solution, second)
    mixed = propagate(solution, share * one.distribution(0, 0) + (1.0 - share) * other.distribution(0, 0))
    limit = TIGHT * np.maximum(value_range(solution), 1.0)
    for t in range(game.rounds + 1):
        found = mixed.distribution(t, 0)
        wanted = share * one.distribution(t, 0) + (1.0 - share) * other.distribution(t, 0)
        check(law, game, t, 0, np.abs(found - wanted) <= TIGHT, found, "the mixture of both")
        if t < game.rounds:
            paid, due = mixed.payoff[t], share * one.payoff[t] + (1.0 - share) * other.payoff[t]
            i = int((np.abs(paid - due) / limit).argmax())
            fail_unless(
                bool(abs(paid[i] - due[i]) <= limit[i]),
                law,
                f"round {t}, player {game.players[i]}",
                f"a payoff of {float(paid[i])!r}",
                f"{float(due[i])!r}, the mixture of both",
            )


def first_passages(solution: Solution, start: Any, until: Mapping[str, Until], *, forward: Any = None) -> None:
    """The chance that something has happened never falls; that of either of two things is at least that of each.

    ``until`` : what to watch, by name, as for `sim.propagate`; the union of each two is watched besides.
    """
    law = "first_passages"
    names = list(until)
    both = {(a, b): _union(until[a], until[b]) for n, a in enumerate(names) for b in names[n + 1 :]}
    watched = {**until, **{f"{a} or {b}": union for (a, b), union in both.items()}}
    reached = (propagate(solution, start, until=watched) if forward is None else forward).reached
    for name, chance in reached.items():
        for t, value in enumerate(chance):
            place, before = f"{name}, round {t}", float(chance[t - 1]) if t else 0.0
            fail_unless(bool(-TIGHT <= value <= 1.0 + TIGHT), law, place, repr(float(value)), "a probability")
            fail_unless(
                bool(value >= before - TIGHT), law, place, repr(float(value)), f"no less than {before!r} before"
            )
    for a, b in both:
        for t, value in enumerate(reached[f"{a} or {b}"]):
            least, most = max(reached[a][t], reached[b][t]), reached[a][t] + reached[b][t]
            fail_unless(
                bool(least - TIGHT <= value <= most + TIGHT),
                law,
                f"{a} or {b}, round {t}",
                repr(float(value)),
                f"between {float(least)!r} and {float(most)!r}",
            )


def _union(one: Until, other: Until) -> Until:
    choices = {
        turn: [*one.choices.get(turn, ()), *other.choices.get(turn, ())] for turn in {*one.choices, *other.choices}
    }
    if one.states is None or other.states is None:
        return Until(choices=choices, states=other.states if one.states is None else one.states)
    return Until(choices=choices, states=one.states | other.states)
