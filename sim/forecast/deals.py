"""Which deals everybody would take, which is best, who blocks, and at what price: the deal space of a solved model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sim.bargain.frontier import pareto
from sim.bargain.lotteries import Hull, Lottery
from sim.bargain.picks import NO_AGREEMENT, picks, zone
from sim.bargain.sweetener import scale_of, sweetener
from sim.errors import UsageError
from sim.forecast.deal_asked import around, contents_of
from sim.forecast.deal_records import Deal, Deals, Draw, Likeliest, Price, Sweetening
from sim.forecast.deal_space import COMBINED, CONTENTS, STRUCK, DealSpace, Place
from sim.forecast.deal_words import change_in_words, in_words, step_in_words
from sim.forecast.run import solved, versions
from sim.game.turns import Floats
from sim.model import PLAYERS, Grid, Model
from sim.model.menu import PARTIES
from sim.model.position import position
from sim.scenario import Scenario
from sim.solver import Solution

__all__ = ["NOTHING", "SIGNATORIES", "TOP", "change_in_words", "deals", "deals_of", "prices"]

SIGNATORIES = ("minsk", "washington", "brussels")
TOP = 10
NOTHING = "nothing in the menu"


def deals(
    source: str | Path | Scenario,
    overrides: Mapping[str, Any] | None = None,
    *,
    grid: str | Grid = "default",
    rationality: float | Mapping[str, float] | None = None,
    month: int = 0,
    state: Mapping[str, str | float] | None = None,
    parties: Sequence[str] | None = None,
    table: str | None = None,
    weights: Mapping[str, float] | None = None,
    package: Mapping[str, str | float] | None = None,
    top: int = TOP,
    threads: int | None = None,
) -> Deals:
    """Solve a scenario and look at its deals.

    Parameters
    ----------
    source, overrides, grid, rationality, threads : as for `sim.run`.
    month : how many months have passed; 0 is now.
    state : dial -> level where the position differs from the scenario's start (see `sim.model.position`).
    parties : who signs a combined package; default Minsk, Washington and Brussels.
    table : look at the packages of this table instead.
    weights : of the Nash product, by signatory; 1 where not given.
    package : one package to tell in full, as in ``{"prisoners": 140, "us": 1, "press": "no"}``; combined, any number
        of prisoners up to the whole lots held; with a table, one of that table's.
    top : how many of the best packages to tell in full.

    Raises
    ------
    ScenarioError, UsageError : what cannot be read, or a request that does not make sense.
    """
    model, solution = solved(source, overrides, grid=grid, rationality=rationality, threads=threads)
    return deals_of(
        model,
        solution,
        position(model, state),
        month=month,
        parties=parties,
        table=table,
        weights=weights,
        package=package,
        top=top,
    )


def deals_of(
    model: Model,
    solution: Solution,
    where: Floats,
    *,
    month: int = 0,
    parties: Sequence[str] | None = None,
    table: str | None = None,
    weights: Mapping[str, float] | None = None,
    package: Mapping[str, str | float] | None = None,
    top: int = TOP,
) -> Deals:
    """Look at the deals of a solved model at a position, a distribution over S_0. Arguments as for `deals`."""
    if table is not None and parties is not None:
        raise UsageError("parties: found beside a table; allowed: only for combined packages, a table has its own")
    if isinstance(top, bool) or not isinstance(top, int) or top < 0:
        raise UsageError(f"top: found {top!r}; allowed: a whole number, 0 or more")
    place = Place(model, solution, where, month)
    space = place.combined(SIGNATORIES if parties is None else parties) if table is None else place.table(table)
    weight = _weights(space.signatories, weights)
    look = _Look(place, space)
    found = picks(space.signed, list(weight.values()))
    hull = Hull(space.signed)
    drawn = hull.picks(list(weight.values()))
    in_zone = zone(space.signed)
    chances = space.punished[in_zone]
    rank = look.ranked(in_zone, np.array(list(weight.values())))[:top]
    roles: dict[int, list[str]] = {}
    for rule, pick in found.items():
        if pick.index is not None:
            roles.setdefault(pick.index, []).append(rule)
    if not in_zone.any() and rank:
        roles.setdefault(rank[0], []).append("closest")
    told = {rule: None if p.index is None else look.deal(p.index, roles[p.index]) for rule, p in found.items()}
    lotteries = {rule: look.draw(lottery) for rule, lottery in drawn.items()}
    scenario = model.scenario
    return Deals(
        scenario=scenario.id,
        title=scenario.title,
        scenario_hash=scenario.hash,
        versions=versions(),
        grid=model.grid.name,
        rationality=dict(zip(PLAYERS, solution.rationality.tolist(), strict=True)),
        month=month,
        position=_described(place),
        space=space.name,
        struck=STRUCK[space.name],
        signatories=space.signatories,
        weights=weight,
        packages=len(space.gains) - 1,
        gaining={name: int((space.gains[:, i] > 0).sum()) for i, name in enumerate(PLAYERS)},
        zone=int(in_zone.sum()),
        zone_all=int((space.gains > 0).all(axis=1).sum()),
        zone_punished=int((chances > 0.5).sum()),
        punished_range=(float(chances.min()), float(chances.max())) if chances.size else None,
        punished_no_deal=float(space.punished[0]),
        reason="" if in_zone.any() else NO_AGREEMENT,
        scale=look.scale,
        efficient=int(look.efficient[1:].sum()),
        efficient_all=int(look.efficient_all[1:].sum()),
        picks=told,
        tied={rule: len(pick.ties) for rule, pick in found.items()},
        lotteries=lotteries,
        asked=None if package is None else look.asked(contents_of(package), roles),
        top=tuple(look.deal(row, roles.get(row, [])) for row in rank),
        likeliest=look.likeliest(told, lotteries),
        prices=tuple(prices(place, space.signatories)) if space.name == COMBINED else (),
        arrays=space,
        on_frontier=look.efficient,
        on_frontier_all=look.efficient_all,
    )


def prices(place: Place, signatories: Sequence[str]) -> list[Price]:
    """Return what each step may cost in prisoners, combined packages of these signatories: reservation prices.

    Every number of people from 0 up to the whole lots held is tried, so gains need not rise or fall with the number.
    """
    room = place.room(signatories)
    everything = {name: room[name] for name in ("us", "eu", "contact")}
    steps: list[dict[str, int]] = [{name: 1} for name in ("contact", "us", "eu") if room[name]]
    if room["us"] and room["eu"]:
        steps.append({"us": 1, "eu": 1})
    if sum(everything.values()) > 1 and everything not in steps:
        steps.append(everything)
    if room["leaders"] and steps:
        steps.append({**everything, "leaders": room["leaders"]})
    found = []
    held = place.whole_lots * place.model.grid.lot
    others = [name for name in signatories if name not in ("minsk", "moscow")]
    for step in steps:
        contents = np.zeros((held + 1, len(CONTENTS)))
        contents[:, 0] = np.arange(held + 1)
        for name, number in step.items():
            contents[:, CONTENTS.index(name)] = number
        gains, _ = place.struck(contents, signatories)
        accepts = {name: np.flatnonzero(gains[:, PLAYERS.index(name)] >= 0) for name in signatories}
        agreed = np.flatnonzero((gains[:, [PLAYERS.index(name) for name in signatories]] >= 0).all(axis=1))
        minsk = accepts["minsk"]
        found.append(
            Price(
                step=step_in_words(contents[0]),
                contents=dict(zip(CONTENTS[1:], contents[0, 1:].tolist(), strict=True)),
                most=int(minsk[-1]) if minsk.size else None,
                fewest={name: int(accepts[name][0]) if accepts[name].size else None for name in others},
                held=held,
                everybody=(int(agreed[0]), int(agreed[-1])) if agreed.size else None,
            )
        )
    return found


class _Look:
    """Tells packages of one space in full."""

    def __init__(self, place: Place, space: DealSpace) -> None:
        self.place, self.space = place, space
        self.efficient, self.efficient_all = pareto(space.signed), pareto(space.gains)
        self.unit = np.ones(len(PLAYERS))
        self.unit[space.columns] = scale_of(space.signed)
        self.scale = {name: float(self.unit[PLAYERS.index(name)]) for name in space.signatories}

    def ranked(self, in_zone: Any, weight: Floats) -> list[int]:
        """Return the deals that no other beats: the zone by Nash product first, the rest by the smallest share."""
        if len(self.space.gains) == 1:
            return []
        rows = 1 + np.flatnonzero(pareto(self.space.signed[1:]))
        shares = self.space.signed[rows] / self.unit[self.space.columns]
        product = np.log(np.where(shares > 0, shares, 1.0)) @ weight
        good = in_zone[rows]
        return [int(i) for i in rows[np.lexsort([-np.where(good, product, shares.min(axis=1)), ~good])]]

    def deal(self, row: int, roles: Sequence[str]) -> Deal:
        """Return one package of the space."""
        space = self.space
        return self._deal(
            row, roles, space.contents[row], space.gains[row], float(space.punished[row]), self._sweeteners(row)
        )

    def at(self, contents: Floats, roles: Sequence[str]) -> Deal:
        """Return a package of any contents, struck where the packages of the space are, on its list or not."""
        listed = np.flatnonzero((self.space.contents == contents).all(axis=1))
        if listed.size:
            return self.deal(int(listed[0]), roles)
        gains, punished = self.place.struck(contents[None], self.space.signatories)
        return self._deal(None, roles, contents, gains[0], float(punished[0]), ())

    def asked(self, contents: Floats, roles: Mapping[int, Sequence[str]]) -> Deal:
        """Return the package that somebody asks about, with what would bring each blocker in."""
        space = self.space
        listed = np.flatnonzero((space.contents == contents).all(axis=1))
        row = int(listed[0]) if listed.size else None
        if space.name != COMBINED:
            if row is None:
                raise UsageError(
                    f"package: found {in_words(contents)}; allowed: the packages that {space.name} has here"
                )
            return self.deal(row, roles.get(row, ()))
        near = around(self.place, contents, space.signatories)
        here = int(contents.any())
        return self._deal(
            row,
            roles.get(row, ()) if row is not None else (),
            contents,
            near.gains[here],
            float(near.punished[here]),
            self._sweeteners(here, near),
        )

    def draw(self, lottery: Lottery) -> Draw | None:
        """Return a lottery in full; None if there is none."""
        if not lottery.packages:
            return None
        rows, chance = list(lottery.packages), np.array(lottery.probability)
        gains = chance @ self.space.gains[rows]
        return Draw(
            rule=lottery.rule,
            parts=tuple(
                (p, in_words(self.space.contents[row])) for p, row in zip(lottery.probability, rows, strict=True)
            ),
            contents=dict(zip(CONTENTS, (chance @ self.space.contents[rows]).tolist(), strict=True)),
            gains=dict(zip(PLAYERS, gains.tolist(), strict=True)),
            shares=self._shares(gains),
            punished=float(chance @ self.space.punished[rows]),
            gap=lottery.gap,
        )

    def likeliest(self, told: Mapping[str, Deal | None], lotteries: Mapping[str, Draw | None]) -> Likeliest | None:
        """Return the likeliest deal of the month among tables where only signatories sit."""
        model, place, best = self.place.model, self.place, None
        for table in model.packages:
            if self.space.name != COMBINED and table != self.space.name:
                continue
            if not set(PARTIES[table]) <= set(self.space.signatories):
                continue
            made = place.share @ place.solution.chances(place.month, model.game.turn_index(table), place.states)
            if len(made) < 2:
                continue
            number = int(made[1:].argmax()) + 1
            if made[number] > 0 and (best is None or made[number] > best[2]):
                best = (table, number, float(made[number]))
        if best is None:
            return None
        table, number, probability = best
        offer = model.packages[table][number]
        contents = np.array([float(getattr(offer, name)) for name in CONTENTS])
        own = self.space if self.space.name == table else place.table(table)
        rows = np.flatnonzero((own.contents == contents).all(axis=1))
        if not rows.size:  # possible only in some states of the lottery that the position is
            return None
        # the picks are struck in this space: so is the deal that is compared with them
        deal = self.at(contents, ["likeliest"])
        named = {rule: d for rule, d in told.items() if d is not None}
        all_named: dict[str, Deal | Draw] = {**named}
        all_named |= {f"lottery: {rule}": d for rule, d in lotteries.items() if d is not None}
        return Likeliest(
            deal=deal,
            table=table,
            table_gains=dict(zip(PLAYERS, own.gains[int(rows[0])].tolist(), strict=True)),
            table_punished=float(own.punished[int(rows[0])]),
            probability=probability,
            distance={
                name: float(np.sqrt(sum((d.shares[who] - deal.shares[who]) ** 2 for who in deal.shares)))
                for name, d in all_named.items()
            },
            difference={
                name: {part: d.contents[part] - deal.contents[part] for part in CONTENTS}
                for name, d in all_named.items()
            },
        )

    def _deal(
        self,
        row: int | None,
        roles: Sequence[str],
        contents: Floats,
        gains: Floats,
        punished: float,
        sweeteners: tuple[Sweetening, ...],
    ) -> Deal:
        loses = {name: float(-gains[i]) for i, name in enumerate(PLAYERS) if gains[i] < 0}
        signs = self.space.signatories
        return Deal(
            index=row,
            roles=tuple(roles),
            label=in_words(contents),
            contents=dict(zip(CONTENTS, contents.tolist(), strict=True)),
            gains=dict(zip(PLAYERS, gains.tolist(), strict=True)),
            shares=self._shares(gains),
            punished=punished,
            efficient=row is not None and bool(self.efficient[row]),
            efficient_all=row is not None and bool(self.efficient_all[row]),
            blockers={name: loss for name, loss in loses.items() if name in signs},
            hurt={name: loss for name, loss in loses.items() if name not in signs},
            sweeteners=sweeteners,
        )

    def _shares(self, gains: Floats) -> dict[str, float]:
        return {name: float(gains[PLAYERS.index(name)]) / self.scale[name] for name in self.space.signatories}

    def _sweeteners(self, row: int, among: DealSpace | None = None) -> tuple[Sweetening, ...]:
        space = self.space if among is None else among
        found = []
        for column in space.columns:
            if space.gains[row, column] >= 0:
                continue
            s = sweetener(space.gains, space.contents, row, column, space.columns, self.unit, (0,))
            none = s.index is None
            found.append(
                Sweetening(
                    blocker=PLAYERS[column],
                    change=NOTHING if s.dimension is None else change_in_words(CONTENTS[s.dimension], s.change),
                    package=None if s.index is None else in_words(space.contents[s.index]),
                    gains={} if none else dict(zip(PLAYERS, space.gains[s.index].tolist(), strict=True)),
                    cost=s.cost,
                    agreed=s.agreed,
                )
            )
        return tuple(found)


def _described(place: Place) -> str:
    """Return the position in words; a lottery between two lots by the number of people in the mean."""
    model = place.model
    text = model.describe(int(place.states[place.share.argmax()]))
    shown = f"{int(model.axes.label(int(place.states[place.share.argmax()]))['prisoners']):,} prisoners"
    return text.replace(shown, f"{place.held:,.6g} prisoners" if place.held % 1 else f"{int(place.held):,} prisoners")


def _weights(signatories: Sequence[str], given: Mapping[str, float] | None) -> dict[str, float]:
    weights = dict.fromkeys(signatories, 1.0)
    for name, value in (given or {}).items():
        if name not in weights:
            raise UsageError(f"weights: found {name!r}; allowed: {', '.join(signatories)}")
        if not (np.isfinite(value) and value > 0):
            raise UsageError(f"weights: {name}: found {value!r}; allowed: a number above 0")
        weights[name] = float(value)
    return weights
