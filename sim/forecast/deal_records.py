"""The records of the deal space: frozen, JSON-ready, and enough to draw it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.bargain.frontier import Bools, Floats, Ints, pareto
from sim.errors import UsageError
from sim.forecast.deal_space import CONTENTS, DealSpace
from sim.model.dials import PLAYERS

SCHEMA_VERSION = 1
MOST_POINTS = 1500
"""A plane with more packages is binned."""
BINS = 40
UNITS = (
    "Gains are in points of each capital's own payoff; points of two capitals have no common unit. The egalitarian and "
    "the utilitarian pick compare them all the same; the normalised ones count each gain as a share of what that "
    "capital could gain at most."
)


@dataclass(frozen=True, slots=True)
class Sweetening:
    """The cheapest single change that would bring a capital in that blocks.

    ``change`` is in words ("40 more prisoners", or "nothing in the menu"); ``package`` the changed package in words,
    ``gains`` what it brings every capital, ``cost`` what the other signatories give up, in shares of their largest
    gains, added up. ``agreed``: whether then nobody blocks.
    """

    blocker: str
    change: str
    package: str | None
    gains: Mapping[str, float]
    cost: float | None
    agreed: bool

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Deal:
    """One package.

    Attributes
    ----------
    index : row in the space; None for a deal that is not on its list.
    roles : what it is: names of rules that pick it, ``likeliest``, ``closest``.
    label : in words.
    contents : prisoners and leaders freed (persons), steps of us, eu, contact, and pressing (0 or 1).
    gains : capital -> gain over no deal, points of that capital.
    shares : signatory -> gain as a share of its scale (see `Deals.scale`).
    punished : probability that Moscow punishes in the same month.
    efficient, efficient_all : on the frontier of the signatories, of all four capitals.
    blockers : signatory -> what it loses, points.
    hurt : capital that does not sign -> what it loses, points.
    sweeteners : one for each blocker.
    """

    index: int | None
    roles: tuple[str, ...]
    label: str
    contents: Mapping[str, float]
    gains: Mapping[str, float]
    shares: Mapping[str, float]
    punished: float
    efficient: bool
    efficient_all: bool
    blockers: Mapping[str, float]
    hurt: Mapping[str, float]
    sweeteners: tuple[Sweetening, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Draw:
    """A lottery over packages that a rule picks.

    ``parts`` pairs probabilities with packages; ``contents``, ``gains``, ``shares`` and ``punished`` are expectations;
    ``gap`` says by how much the Nash score may be below the best possible.
    """

    rule: str
    parts: tuple[tuple[float, str], ...]
    contents: Mapping[str, float]
    gains: Mapping[str, float]
    shares: Mapping[str, float]
    punished: float
    gap: float | None

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        found = {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}
        found["parts"] = [{"probability": probability, "package": label} for probability, label in self.parts]
        return found


@dataclass(frozen=True, slots=True)
class Likeliest:
    """The deal that the equilibrium makes likeliest this month, and how far it is from each pick.

    ``deal`` is what it brings if struck where the picks are (`Deals.struck`), so that like is compared with like.
    ``table`` is where the equilibrium would strike it, ``probability`` that it does, ``table_gains`` (points) and
    ``table_punished`` (a probability) what it brings there, with the month's later tables to follow. ``distance`` maps
    a pick (``lottery: ...`` for lotteries) to the Euclidean distance in shares of the signatories; ``difference`` maps
    it to what the pick contains more than the likeliest deal.
    """

    deal: Deal
    table: str
    table_gains: Mapping[str, float]
    table_punished: float
    probability: float
    distance: Mapping[str, float]
    difference: Mapping[str, Mapping[str, float]]

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Price:
    """What one thing may cost, in prisoners: reservation prices, all else as it is.

    Attributes
    ----------
    step : what the West gives, in words; ``contents`` the same in numbers.
    most : the most people Minsk would free for it; None if it would not even take it for nobody.
    fewest : for every other signatory the fewest people it would accept for it; None if no number does.
    held : people held, the upper end of the search.
    everybody : lowest and highest number at which no signatory loses; None if there is none.
    """

    step: str
    contents: Mapping[str, float]
    most: int | None
    fewest: Mapping[str, int | None]
    held: int
    everybody: tuple[int, int] | None

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Plane:
    """The plane of gains of two players.

    Attributes
    ----------
    players : whose gains, across and up; the lines of no deal are at 0.
    points : columns ``index, x, y, all_four`` (whether all four gain), one row a package; None if binned.
    bins : ``x_edges``, ``y_edges`` (points), and the cells that are not empty in columns ``column, row`` (from 0,
        lowest first), ``count``, ``all_four`` (how many of them all four gain from); None if not binned.
    frontier : columns ``index, x, y``, by x: the packages on which these two cannot both improve.
    named : picks and the likeliest deal: name -> (x, y).
    """

    players: tuple[str, str]
    points: Mapping[str, tuple[Any, ...]] | None
    bins: Mapping[str, tuple[Any, ...]] | None
    frontier: Mapping[str, tuple[Any, ...]]
    named: Mapping[str, tuple[float, float]]

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class Deals:
    """Every package at one place, and what theory says about them.

    Attributes
    ----------
    scenario, title, scenario_hash, versions, grid, rationality : what was solved.
    month, position : when (0 is now) and where, in words.
    space : ``combined`` or a table's name; ``struck`` says at which moment.
    signatories : whose consent a package needs.
    weights : of the Nash product, by signatory.
    packages : how many there are, without no deal.
    gaining : capital -> from how many of them it gains.
    zone : from how many every signatory gains (zone of possible agreement).
    zone_all : from how many all four capitals gain.
    zone_punished : after how many of the zone Moscow is more likely than not to punish in the same month.
    punished_range : lowest and highest probability of that in the zone; None without a zone.
    punished_no_deal : the probability without a deal.
    reason : why no package is picked; empty if one is.
    scale : signatory -> largest gain from a package from which no signatory loses; without any, its largest gain or
        loss of all.
    efficient, efficient_all : packages on the frontier of the signatories, and of all four (no deal not counted).
    picks : rule -> `Deal`, None if there is no agreement.
    tied : rule -> how many packages it ranks equally high.
    lotteries : rule -> `Draw`, None if no lottery is an agreement either.
    asked : the package that was asked about, None if none was.
    top : deals that no other deal beats: those of the zone by Nash product, then those closest to it (by the smallest
        share of any signatory).
    likeliest : None if the position leaves nothing to deal in.
    prices : reservation prices; empty for a table.
    arrays : the packages themselves (not in the JSON).
    """

    scenario: str
    title: str
    scenario_hash: str
    versions: Mapping[str, str]
    grid: str
    rationality: Mapping[str, float]
    month: int
    position: str
    space: str
    struck: str
    signatories: tuple[str, ...]
    weights: Mapping[str, float]
    packages: int
    gaining: Mapping[str, int]
    zone: int
    zone_all: int
    zone_punished: int
    punished_range: tuple[float, float] | None
    punished_no_deal: float
    reason: str
    scale: Mapping[str, float]
    efficient: int
    efficient_all: int
    picks: Mapping[str, Deal | None]
    tied: Mapping[str, int]
    lotteries: Mapping[str, Draw | None]
    asked: Deal | None
    top: tuple[Deal, ...]
    likeliest: Likeliest | None
    prices: tuple[Price, ...]
    arrays: DealSpace = field(repr=False, compare=False)
    on_frontier: Bools = field(repr=False, compare=False)
    on_frontier_all: Bools = field(repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``grand-deal deals --json`` prints, without the packages' arrays."""
        found = {
            name: _plain(getattr(self, name))
            for name in self.__dataclass_fields__
            if name not in ("arrays", "on_frontier", "on_frontier_all")
        }
        pairs = [(a, b) for i, a in enumerate(self.signatories) for b in self.signatories[i + 1 :]]
        planes = [self.plane(a, b).to_json() for a, b in pairs]
        return {"schema_version": SCHEMA_VERSION, **found, "units": UNITS, "planes": planes}

    def columns(self) -> dict[str, Any]:
        """Return all packages as a tidy table, one row a package: column -> array.

        Gains are in points of the capital; ``blocks_...`` is what a signatory loses, 0 where it does not block;
        ``punished`` is a probability; ``in_zone``: every signatory gains.
        """
        return {
            "package": np.arange(len(self.arrays.contents)),
            **dict(zip(CONTENTS, self.arrays.contents.T, strict=True)),
            **{f"gain_{name}": column for name, column in zip(PLAYERS, self.arrays.gains.T, strict=True)},
            **{
                f"blocks_{name}": np.maximum(-column, 0.0)
                for name, column in zip(self.signatories, self.arrays.signed.T, strict=True)
            },
            "punished": self.arrays.punished,
            "in_zone": (self.arrays.signed > 0).all(axis=1),
            "efficient": self.on_frontier,
            "efficient_all": self.on_frontier_all,
        }

    def plane(self, across: str, up: str, most: int = MOST_POINTS) -> Plane:
        """Return the plane of gains of two capitals, binned above ``most`` packages.

        Raises
        ------
        UsageError : an unknown capital, or twice the same.
        """
        for name in (across, up):
            if name not in PLAYERS or across == up:
                raise UsageError(f"plane: found {across!r} and {up!r}; allowed: two of {', '.join(PLAYERS)}")
        gains = self.arrays.gains
        two = gains[:, [PLAYERS.index(across), PLAYERS.index(up)]]
        all_four: Bools = np.all(gains > 0, axis=1)
        few = len(two) <= most
        every = np.arange(len(two))
        edge = np.flatnonzero(pareto(two))
        edge = edge[np.lexsort([edge, two[edge, 0]])]
        return Plane(
            players=(across, up),
            points={**_points(two, every), "all_four": tuple(all_four.tolist())} if few else None,
            bins=None if few else _binned(two, all_four),
            frontier=_points(two, edge),
            named={name: (gain[across], gain[up]) for name, gain in self._named().items()},
        )

    def _named(self) -> dict[str, Mapping[str, float]]:
        found = {name: deal.gains for name, deal in self.picks.items() if deal is not None}
        found |= {f"lottery: {name}": draw.gains for name, draw in self.lotteries.items() if draw is not None}
        if self.likeliest is not None:
            found["likeliest"] = self.likeliest.deal.gains
        return found

    def __repr__(self) -> str:
        who = ", ".join(self.signatories)
        return (
            f"Deals({self.scenario}, month {self.month}, {self.space} of {who}: {self.packages:,} packages, "
            f"{self.zone:,} in the zone)"
        )


def _points(two: Floats, rows: Ints) -> dict[str, tuple[Any, ...]]:
    columns = {"index": rows, "x": two[rows, 0], "y": two[rows, 1]}
    return {name: tuple(column.tolist()) for name, column in columns.items()}


def _binned(two: Floats, all_four: Bools) -> dict[str, tuple[Any, ...]]:
    edges = []
    for column in two.T:
        low, high = float(column.min()), float(column.max())
        edges.append(np.linspace(low, high if high > low else low + 1.0, BINS + 1))
    count, _, _ = np.histogram2d(two[:, 0], two[:, 1], bins=edges)
    good, _, _ = np.histogram2d(two[all_four, 0], two[all_four, 1], bins=edges)
    column, row = np.nonzero(count)
    cells = {"column": column, "row": row, "count": count[column, row], "all_four": good[column, row]}
    found = {name: tuple(values.astype(int).tolist()) for name, values in cells.items()}
    return {"x_edges": tuple(edges[0].tolist()), "y_edges": tuple(edges[1].tolist()), **found}


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: records as objects, tuples as lists, infinity as the word."""
    if hasattr(value, "to_json"):
        return value.to_json()
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and math.isinf(value):
        return "inf" if value > 0 else "-inf"
    return value
