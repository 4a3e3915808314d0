"""Every decision at a position: its options, what they are worth to everybody, term by term, and what would tip it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sim.forecast.decompose import Split
from sim.forecast.explanation import ANSWER, MOVE, PROPOSAL, Choice, Decision, Needed, Part
from sim.forecast.sentences import sentence
from sim.game import Chance, Move, Offer
from sim.game.turns import Floats
from sim.solver import Solution

ACCEPT, REFUSE = "accept", "refuse"
MOST_GROWTH = 9.0
"""A term may grow by this many times its size, that is tenfold, to count as what could tip a decision."""
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Place:
    """A turn seen from a position: n states with their probabilities.

    Attributes
    ----------
    split, solution : the terms' values in the round of the decision, and the equilibrium.
    k : number of the turn.
    states : states before the turn, shape (n,).
    share : their probabilities, shape (n,); they add up to 1.
    top : how many options to keep of each decision; None keeps all.
    answers : to how many packages of each proposer the answers are explained, the likeliest first.
    package : or to this one only, whoever proposes it.
    """

    split: Split
    solution: Solution
    k: int
    states: Ints
    share: Floats
    top: int | None = None
    answers: int = 1
    package: str = ""


@dataclass(frozen=True)
class _Options:
    """Options of one decision in n states: labels, and arrays over (n, options, ...)."""

    labels: Sequence[str]
    open: Bools
    chance: Floats
    accepted: Floats
    values: Floats
    parts: Floats
    weights: Floats


def decisions_at(place: Place) -> tuple[Decision, ...]:
    """Return what is decided at one turn, in the order in which it happens; nothing for a chance turn."""
    turn = place.solution.game.turns[place.k]
    if isinstance(turn, Chance):
        return ()
    if isinstance(turn, Move):
        found = _move(place, turn)
    else:
        assert isinstance(turn, Offer)
        found = _offer(place, turn)
    return tuple(replace(decision, sentence=sentence(decision)) for decision in found)


def _move(place: Place, turn: Move) -> list[Decision]:
    values, parts, is_open = _worth(place)
    taken = place.solution.policy(place.split.t, place.k, place.states)
    options = _Options(turn.actions, is_open, taken, np.ones_like(taken), values, parts, turn.weights)
    return [_decide(place, MOVE, int(turn.player), options, place.share, 1.0)]


def _offer(place: Place, turn: Offer) -> list[Decision]:
    values, parts, is_open = _worth(place)
    stay_values, stay_parts = _behind(place, turn.stay[place.states].astype(np.int64))
    gain = np.where(is_open[..., None], values - stay_values[:, None], 0.0)
    gain_parts = np.where(is_open[..., None, None], parts - stay_parts[:, None], 0.0)
    policy = place.solution.policy(place.split.t, place.k, place.states)
    accept = np.nan_to_num(policy.accept, nan=0.0)
    shares = np.broadcast_to(
        turn.recognition if turn.recognition.shape[0] == 1 else turn.recognition[place.states],
        (place.states.size, len(turn.parties)),
    )
    found = []
    for r, party in enumerate(turn.parties):
        passes = accept[:, r].prod(axis=1)
        worth = stay_values[:, None] + passes[..., None] * gain
        worth_parts = stay_parts[:, None] + passes[..., None, None] * gain_parts
        made = _Options(turn.packages, is_open, policy.propose[:, r], passes, worth, worth_parts, turn.weights)
        reached = float(place.share @ shares[:, r])
        found.append(_decide(place, PROPOSAL, int(party), made, place.share, reached))
        for m in _likeliest_packages(place, made, gain[..., int(party)]):
            before = shares[:, r] * policy.propose[:, r, m]
            for h, responder in enumerate(turn.parties):
                if h == r:
                    continue
                later = [q for q in range(h + 1, len(turn.parties)) if q != r]
                rest = accept[:, r, later, m].prod(axis=1)
                yes = accept[:, r, h, m]
                pair = _Options(
                    (ACCEPT, REFUSE),
                    np.repeat(is_open[:, m, None], 2, axis=1),
                    np.stack([yes, 1.0 - yes], axis=1),
                    np.stack([rest, np.ones_like(rest)], axis=1),
                    np.stack([stay_values + rest[:, None] * gain[:, m], stay_values], axis=1),
                    np.stack([stay_parts + rest[:, None, None] * gain_parts[:, m], stay_parts], axis=1),
                    np.ones(2),
                )
                share = place.share * is_open[:, m]
                come = float(place.share @ before)
                decision = _decide(place, ANSWER, int(responder), pair, share / share.sum(), come)
                proposer = place.solution.game.players[int(party)]
                found.append(replace(decision, proposer=proposer, package=turn.packages[m]))
                before = before * yes
    return found


def _likeliest_packages(place: Place, made: _Options, gain: Floats) -> list[int]:
    """Return the packages that a proposer is likeliest to put, no offer aside; then those it would like best."""
    possible = np.flatnonzero(made.open.any(axis=0))
    if place.package:
        return [m for m in possible.tolist() if m > 0 and made.labels[m] == place.package]
    keys = [
        (-float(place.share @ made.chance[:, m]), -float(place.share @ (made.accepted * gain)[:, m]), m)
        for m in possible[possible > 0]
    ]
    wanted = sorted(keys, key=lambda key: (*key[:2], -float(place.share @ gain[:, key[2]])))
    return [m for *_, m in wanted[: place.answers]]


def _worth(place: Place) -> tuple[Floats, Floats, Bools]:
    """Return what each choice pays and leads to: values (n, C, N), parts (n, C, terms, 3), which are available."""
    game = place.solution.game
    turn = game.turns[place.k]
    assert isinstance(turn, (Move, Offer))
    reached = turn.next_state[place.states].astype(np.int64)
    is_open = reached >= 0
    after, behind = _behind(place, np.maximum(reached, 0).reshape(-1))
    payoff = turn.payoff if turn.payoff.shape[0] == 1 else turn.payoff[place.states]
    values = payoff + after.reshape(*reached.shape, -1)
    parts = behind.reshape(*reached.shape, -1, 3).copy()
    parts[..., 0] += place.split.ledger.at(place.k, place.states, turn.n_choices)
    return np.where(is_open[..., None], values, 0.0), np.where(is_open[..., None, None], parts, 0.0), is_open


def _behind(place: Place, states: Ints) -> tuple[Floats, Floats]:
    """Return the values (n, N) in states behind the turn, and the same by term (n, terms, 3): now, later, after."""
    values = place.solution.values(place.split.t, place.k + 1)[states]
    later = place.split.values(place.k + 1, states)
    return values, np.concatenate([np.zeros((*later.shape[:2], 1)), later], axis=2)


def _decide(place: Place, kind: str, player: int, options: _Options, share: Floats, reached: float) -> Decision:
    game, ledger = place.solution.game, place.split.ledger
    lam = float(place.solution.rationality[player])
    name = game.players[player]
    fixed = name in place.solution.fixed
    weight = share[:, None] * options.open
    available = weight.sum(axis=0)
    mean = weight / np.where(available > 0, available, 1.0)
    chance = share @ options.chance
    values = np.einsum("nc,nci->ci", mean, options.values)
    parts = np.einsum("nc,nctp->ctp", mean, options.parts)
    put = weight * options.chance
    by_chance = (put * options.accepted).sum(axis=0) / np.where(put.sum(axis=0) > 0, put.sum(axis=0), 1.0)
    accepted = np.where(put.sum(axis=0) > 0, by_chance, (mean * options.accepted).sum(axis=0))
    possible = np.flatnonzero(available > 0)
    order = sorted(possible.tolist(), key=lambda c: (-chance[c], -values[c, player], c))
    kept = order if place.top is None else order[: max(place.top, 2)]
    everywhere = [c for c in order if available[c] > 1.0 - 1e-12]
    first, second = everywhere[0], everywhere[1] if len(everywhere) > 1 else None
    margin: float | None = None
    tilt, needed = 0.0, None
    difference: tuple[Part, ...] = ()
    if second is not None:
        mine = ledger.owner == player
        delta = np.where(mine[:, None], parts[second] - parts[first], 0.0)
        difference = tuple(sorted(_parts(place, delta), key=lambda part: -abs(part.total)))
        if lam > 0 or fixed:
            if math.isfinite(lam) and not fixed:
                tilt = math.log(options.weights[second] / options.weights[first]) / lam
            margin = float(values[first, player] - values[second, player]) - tilt
            needed = None if fixed else needed_of(difference, margin)
    left = order[len(kept) :]
    return Decision(
        turn=game.turns[place.k].name,
        player=name,
        kind=kind,
        proposer="",
        package="",
        reached=reached,
        rationality=lam,
        fixed=fixed,
        action=options.labels[first],
        other="" if second is None else options.labels[second],
        margin=margin,
        weight=tilt,
        difference=difference,
        needed=needed,
        options=tuple(
            Choice(
                options.labels[c],
                float(chance[c]),
                float(accepted[c]),
                float(min(available[c], 1.0)),
                dict(zip(game.players, values[c].tolist(), strict=True)),
                _parts(place, parts[c]),
            )
            for c in sorted({*kept, first, *([] if second is None else [second])}, key=order.index)
        ),
        left_out=len(left),
        left_out_probability=float(sum(chance[c] for c in left)),
    )


def _parts(place: Place, table: Floats) -> tuple[Part, ...]:
    """Return the terms that contribute anything; ``table`` has shape (terms, 3)."""
    columns = place.split.ledger.columns
    return tuple(Part(*columns[j], *table[j].tolist()) for j in np.flatnonzero(table.any(axis=1)))


def needed_of(difference: Sequence[Part], margin: float) -> Needed | None:
    """Return the change of one term that closes the margin with the least change in proportion to its size.

    A term counts only as far as it keeps its sign, since no parameter turns a cost into a gain, and grows no more than
    `MOST_GROWTH` times: a term that hardly matters here is no lever.
    """
    if not margin > 0:
        return None
    best: tuple[float, Needed] | None = None
    for part in difference:
        size = abs(part.total)
        most = 1.0 + 1e-9 if part.total < 0 else MOST_GROWTH
        if size > 0 and margin / size <= most and (best is None or margin / size < best[0]):
            best = (margin / size, Needed(part.term, margin, part.total, part.total + margin))
    return best[1] if best else None
