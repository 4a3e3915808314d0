"""All profiles of behaviours over the four seats, each played out exactly, and what follows from the table of payoffs.

In the tournament nobody reacts: every seat follows its behaviour, and "equilibrium" goes on with the policies of the
scenario's equilibrium, whoever it meets. `sim.play.against` asks the other question too.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from sim.errors import UsageError
from sim.forecast.run import horizon, versions
from sim.model import PLAYERS, Grid, compile
from sim.play.behaviours import DEFAULT, EQUILIBRIUM, behaviour
from sim.play.hall import Hall
from sim.play.metagame import pure_equilibria, trace
from sim.play.reaction import against_of
from sim.play.tournament_record import SCHEMA_VERSION, Tournament
from sim.scenario import Scenario, load
from sim.solver import regret, solve

Progress = Callable[[int, int, str], None]


def tournament(
    source: str | Path | Scenario,
    overrides: Mapping[str, Any] | None = None,
    *,
    grid: str | Grid = "fast",
    rationality: float | Mapping[str, float] | None = None,
    names: Sequence[str] = DEFAULT,
    months: int | None = None,
    anew: bool = True,
    folder: Path | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Tournament:
    """Play every profile of the named behaviours and the equilibrium over the four seats.

    Parameters
    ----------
    names : behaviours beside the equilibrium, at least one, all different.
    months : how long to count what is freed, and when to look at the share of the grand deal; None: 24 months, or all
        of a shorter grid.
    anew : also let the others solve anew against each behaviour in each seat.
    folder : where finished parts are kept, so that an interrupted tournament goes on where it stopped; None: nowhere.
    progress : called with (done, all, what) after every part.

    Raises
    ------
    ScenarioError : a scenario or an override that does not make sense.
    UsageError : an unknown behaviour, one twice, months out of range.
    """
    model = compile(load(source, overrides), grid)
    ahead = horizon(model, months)
    if not names or len(set(names)) != len(names) or EQUILIBRIUM in names:
        raise UsageError(
            f"behaviours: found {', '.join(names) or 'none'}; allowed: one or more different names "
            "(the equilibrium plays anyway)"
        )
    lam = model.rationality if rationality is None else rationality
    field_ = [behaviour(name) for name in names]
    solution = solve(model.game, lam, threads=threads)
    hall = Hall(model, solution, field_, ahead)
    parts = hall.parts()
    total = len(parts) + (len(field_) * len(PLAYERS) if anew else 0)
    shape = (len(names) + 1,) * len(PLAYERS)
    payoff, freed, share = np.empty((*shape, len(PLAYERS))), np.empty(shape), np.empty(shape)
    stamp = "" if folder is None else _stamp(hall)
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
        months=ahead,
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


def _compact(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"payoffs": found["payoffs"], **{name: row[-1] for name, row in found["outcomes"].items()}}


def _stamp(hall: Hall) -> str:
    """Return what a kept part depends on, as one word."""
    model = hall.model
    lam = ["inf" if math.isinf(x) else x for x in hall.solution.rationality.tolist()]
    does = hall.desk.fingerprint(hall.field)
    grid = [model.grid.lot, model.grid.rounds]
    whole = [SCHEMA_VERSION, model.scenario.hash, grid, lam, hall.months, does, versions()["grand-deal"]]
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
