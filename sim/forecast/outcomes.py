"""Headline outcomes of an equilibrium, exactly: read off the forward propagation month by month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from sim.forecast.result import Option
from sim.game import Chance, Move, Offer
from sim.game.turns import Floats
from sim.model import Model
from sim.solver import Forward, Solution, Until, propagate, solve
from sim.solver.backward import each_of, thread_count

PUNISH = "punish"


def watched(model: Model) -> dict[str, Until]:
    """Return the first passages that the headline outcomes need."""
    moscow = model.game.turns[model.game.turn_index("moscow")]
    assert isinstance(moscow, Move)
    deals = {table: range(1, len(packages)) for table, packages in model.packages.items()}
    return {
        "p_punished": Until(choices={"moscow": [moscow.actions.index(PUNISH)]}),
        "p_grand_deal": Until(states=np.asarray(model.measures["grand_deal"], dtype=bool)),
        "deal": Until(choices={turn: list(choices) for turn, choices in deals.items()}),
    }


def forecast(model: Model, solution: Solution, months: int) -> Forward:
    """Propagate the scenario's start for some months, watching what the headlines need."""
    return propagate(solution, model.start, months, until=watched(model))


def headlines_each(
    models: Iterable[Model],
    months: int,
    *,
    rationality: float | Mapping[str, float] | None = None,
    threads: int | None = None,
) -> Iterator[dict[str, tuple[float, ...]]]:
    """Solve and forecast many scenarios, one on each thread, and return their headline outcomes in order.

    Models are taken as they are needed and dropped when done, so memory stays bounded for any number. The same numbers
    as from `headlines` one by one, for any number of threads.

    Parameters
    ----------
    models : compiled scenarios; those that share a grid and a menu share what is laid out for them.
    months : how many months to report.
    rationality : as for `solve`; default: each scenario's own.
    threads : how many at a time.
    """

    def work(model: Model) -> dict[str, tuple[float, ...]]:
        lam = model.rationality if rationality is None else rationality
        return headlines(model, forecast(model, solve(model.game, lam), months))

    return each_of(work, models, thread_count(threads))


def headlines(model: Model, forward: Forward) -> dict[str, tuple[float, ...]]:
    """Return every headline outcome by month.

    ``freed`` (leaders included), ``leaders_freed`` and ``arrested`` are cumulative expectations, in persons; the others
    hold at the month's end.
    """
    measures = model.measures
    at_end = forward.boundary[1:]
    freed, leaders, arrested = (np.cumsum(_counted(model, forward, name)) for name in ("freed", "leaders", "arrested"))
    by_month = {
        "freed": freed,
        "leaders_freed": leaders,
        "arrested": arrested,
        "p_punished": forward.reached["p_punished"],
        "p_grand_deal": forward.reached["p_grand_deal"],
        "prisoners": at_end @ measures["prisoners"],
        "us_relief": at_end @ measures["us"],
        "eu_relief": at_end @ measures["eu"],
        "contact": at_end @ measures["contact"],
        "p_us_relief": at_end @ (measures["us"] > 0),
        "p_eu_relief": at_end @ (measures["eu"] > 0),
        "deal_share": at_end @ measures["deal_share"],
    }
    return {name: tuple(values.tolist()) for name, values in by_month.items()}


def _counted(model: Model, forward: Forward, name: str) -> Floats:
    """Expected persons per month, counted at the turns where it happens, shape (months,)."""
    total = np.zeros(forward.rounds)
    for turn, effects in model.effects.items():
        each = getattr(effects, name)
        if turn == "nature" and name == "arrested":
            # counted state by state: at the stock's upper end there is no room for all of them
            change = np.nan_to_num(model.stock_change(turn), nan=0.0)
            nature = model.game.turns[model.game.turn_index(turn)]
            assert isinstance(nature, Chance)
            total += forward.boundary[:-1] @ (nature.probability * change).sum(axis=1)
        elif each.any():
            total += [float(forward.flux(t, turn) @ each) for t in range(forward.rounds)]
    return total


def going_price(model: Model, forward: Forward) -> tuple[float | None, ...]:
    """Return by month, cumulative, the people freed in deals that carry relief, per expected step of relief."""
    freed, steps = np.zeros(forward.rounds), np.zeros(forward.rounds)
    for table in model.packages:
        effects = model.effects[table]
        relief = effects.us + effects.eu
        for t in range(forward.rounds):
            flux = forward.flux(t, table)
            freed[t] += flux @ (effects.freed * (relief > 0))
            steps[t] += flux @ relief
    freed, steps = np.cumsum(freed), np.cumsum(steps)
    return tuple(float(f / s) if s > 1e-9 else None for f, s in zip(freed, steps, strict=True))


def first_deals(model: Model, forward: Forward) -> dict[str, float]:
    """Return the kind of the first deal -> probability, likeliest first; "none" is no deal within the months."""
    found: dict[str, float] = defaultdict(float)
    for table, packages in model.packages.items():
        for t in range(forward.rounds):
            for package, chance in zip(packages[1:], forward.flux(t, table, among="deal")[1:], strict=True):
                found[package.kind] += float(chance)
    found["none"] = max(0.0, 1.0 - sum(found.values()))
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def stock(model: Model, forward: Forward) -> dict[str, Any]:
    """Return the distribution of people held at each month's end: ``levels``, and ``probability`` [month][level]."""
    axis = model.axes.names.index("prisoners")
    others = tuple(i for i in range(len(model.axes.names)) if i != axis)
    table = forward.boundary[1:].reshape(forward.rounds, *model.axes.shape)
    probability = table.sum(axis=tuple(i + 1 for i in others))
    levels = tuple(int(level) for level in model.axes.levels[axis])
    return {"levels": levels, "probability": tuple(tuple(row) for row in probability.tolist())}


def now(model: Model, solution: Solution, month: int = 0) -> dict[str, tuple[Option, ...]]:
    """Return what each capital would do if the start reached its turn with nothing done yet, likeliest first."""
    states = np.flatnonzero(model.start)
    share = model.start[states]
    game = model.game
    found: dict[str, tuple[Option, ...]] = {}
    for k, turn in enumerate(game.turns):
        if isinstance(turn, Chance):
            continue
        # nothing done yet: no pressing and nothing pending, so the number of the state is that in S_0
        policy = solution.policy(month, k, states)
        options = []
        if isinstance(turn, Move):
            mover = game.players[int(turn.player)]
            for action, chance in zip(turn.actions, share @ policy, strict=True):
                options.append(Option(mover, action, float(chance), 1.0, float(chance)))
        else:
            assert isinstance(turn, Offer)
            recognition = np.broadcast_to(
                turn.recognition if turn.recognition.shape[0] == 1 else turn.recognition[states],
                (states.size, len(turn.parties)),
            )
            possible = (turn.next_state[states] >= 0).any(axis=0)
            for r, party in enumerate(turn.parties):
                put = policy.propose[:, r] * recognition[:, r, None]
                passes = np.nan_to_num(policy.accept[:, r], nan=0.0).prod(axis=1)
                proposed, made = share @ put, share @ (put * passes)
                for m in np.flatnonzero(possible):
                    accepted = made[m] / proposed[m] if proposed[m] > 0 else float(share @ passes[:, m])
                    options.append(
                        Option(
                            game.players[int(party)],
                            turn.packages[m],
                            float(proposed[m]),
                            float(accepted),
                            float(made[m]),
                        )
                    )
        found[turn.name] = tuple(sorted(options, key=lambda o: (-o.probability, -o.proposed, o.proposer, o.action)))
    return found
