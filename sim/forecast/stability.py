"""The graph model of a scenario: which positions of a coarse map of the dials would stay put.

This is a different game from the one solved. No clock, no tables, no chance in choice: a position is a setting of six
coarse dials, and each capital can set its own dials, alone, in one move, to any level:

- Minsk: how many prisoners it holds (as at the start, half, or a quarter: the grand deal's measure), either way, and
  whether it holds leaders, who once free stay free;
- Washington: US relief and contact;
- Brussels: EU relief;
- Moscow: whether it punishes. While it does, contact counts one level lower.

The talks stay where the scenario starts. A position is worth to a capital what the model says of it if nobody ever acts
again (nature alone goes on; see "After the last month" in MODEL.md), a punishment repeated every month, and once the
cost of and the credit for the people freed since the start, leaders included. Costs of moving (snapping back,
tightening, a crackdown, pressing) have no place in a map of positions and are left out; so are "something to show" and
"cover", which belong to a deal that somebody signs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from sim.bargain.graph import CONCEPTS, ConflictGraph, Floats, Stability, concept_of
from sim.bargain.graph import stability as judge
from sim.bargain.narrate import Inverse, inverse
from sim.errors import UsageError
from sim.model import PLAYERS, Grid, Model, compile
from sim.model.dials import CONTACT, TOP_EU, TOP_US
from sim.model.measures import QUARTER
from sim.scenario import Scenario, load

SCHEMA_VERSION = 1
DIFFERENT_GAME = (
    "The graph model is a different game from the one solved: positions on a coarse map, each capital moving its own "
    "dials alone, no clock, no deals, preferences over positions only."
)
OWNERS = {
    "prisoners": "minsk",
    "leaders": "minsk",
    "us_relief": "washington",
    "contact": "washington",
    "eu_relief": "brussels",
    "punishing": "moscow",
}
"""Who can set each dial of the map alone."""
MOST_JOINED = 60
"""Among more positions than this not all improvements are listed as arcs."""
Setting = dict[str, int | str]


@dataclass(frozen=True, eq=False)
class StabilityResult:
    """Which positions would stay put, for whom and why.

    Attributes
    ----------
    model : the compiled scenario.
    levels : dial -> its levels on the map (prisoners and leaders in persons, relief in steps).
    settings : for each position its dials.
    verdicts : see `sim.bargain.graph.Stability`; utilities are points of each capital (present value).
    start : number of the position nearest to the scenario's start.
    """

    model: Model = field(repr=False)
    levels: Mapping[str, tuple[int | str, ...]]
    settings: tuple[Setting, ...] = field(repr=False)
    verdicts: Stability = field(repr=False)
    start: int

    @property
    def graph(self) -> ConflictGraph:
        """The graph that was judged."""
        return self.verdicts.graph

    def position(self, changes: Mapping[str, str | int | float]) -> int:
        """Return the number of a position: the start with some dials of the map set otherwise.

        Raises
        ------
        UsageError : an unknown dial or level.
        """
        setting = dict(self.settings[self.start])
        for name, value in changes.items():
            if name not in self.levels:
                raise UsageError(f"state: found dial {name!r}; allowed on this map: {', '.join(self.levels)}")
            allowed = {str(level): level for level in self.levels[name]}
            if str(value).strip() not in allowed:
                raise UsageError(f"state: {name}: found {value!r}; allowed on this map: {', '.join(allowed)}")
            setting[name] = allowed[str(value).strip()]
        return self.settings.index(setting)

    def grand_deal(self) -> int:
        """Return the grand deal: all relief, a quarter held, no leaders, nobody punished, contact as at the start."""
        wanted = {"us_relief": TOP_US, "eu_relief": TOP_EU, "leaders": 0, "prisoners": min(self.levels["prisoners"])}
        return self.position(wanted)

    def reasons(self, state: int, concept: str = "seq") -> dict[str, str]:
        """Return capital -> why the position is or is not stable for it."""
        return {player: self.verdicts.reason(player, state, concept) for player in self.graph.players}

    def inverse(self, state: int, concept: str = "seq") -> Inverse:
        """Return what change of preferences would make a position stable (points of each capital, present value)."""
        return inverse(self.graph, state, concept)

    def table(self) -> list[dict[str, Any]]:
        """Return one row a position: dials, verdict under each concept, worth to each capital."""
        rows = []
        for s, setting in enumerate(self.settings):
            verdicts = {c: bool(self.verdicts.together[c][s]) for c in CONCEPTS}
            groups = {f"coalitional_{c}": bool(self.verdicts.coalitional[c][s]) for c in CONCEPTS}
            worth = {f"worth_{p}": float(u) for p, u in zip(PLAYERS, self.graph.utility[:, s], strict=True)}
            rows.append({"state": s, **setting, **verdicts, **groups, **worth})
        return rows

    def arcs(self, states: list[int]) -> list[dict[str, Any]]:
        """Return every improvement open to one capital alone among some positions."""
        gains = self.graph.improvements()
        return [
            {"player": player, "from": s, "to": r, "move": self.graph.name_of_move(i, s, r)}
            for i, player in enumerate(self.graph.players)
            for s in states
            for r in states
            if gains[i, s, r]
        ]

    def to_json(self) -> dict[str, Any]:
        """Return the record, JSON-ready.

        ``arcs`` are the improvements among the start, the grand deal and the Nash and SEQ positions; where these are
        more than `MOST_JOINED`, only those from or to the start, the grand deal and the Nash positions, and
        ``arcs_left_out`` says how many others there are.
        """
        grand = self.grand_deal()
        stable = np.flatnonzero(np.any([self.verdicts.together[c] for c in ("nash", "seq")], axis=0)).tolist()
        shown = sorted({*stable, self.start, grand})
        arcs = every = self.arcs(shown)
        if len(shown) > MOST_JOINED:
            core = {self.start, grand, *np.flatnonzero(self.verdicts.together["nash"]).tolist()}
            arcs = [arc for arc in every if {arc["from"], arc["to"]} & core]
        scenario = self.model.scenario
        return {
            "schema_version": SCHEMA_VERSION,
            "scenario": scenario.id,
            "scenario_hash": scenario.hash,
            "grid": self.model.grid.name,
            "note": DIFFERENT_GAME,
            "units": "points of each capital, present value; no common unit between capitals",
            "owners": dict(OWNERS),
            "levels": {name: list(levels) for name, levels in self.levels.items()},
            "start": self.start,
            "grand_deal": grand,
            "stable": {c: np.flatnonzero(self.verdicts.together[c]).tolist() for c in CONCEPTS},
            "coalitionally_stable": {c: np.flatnonzero(self.verdicts.coalitional[c]).tolist() for c in CONCEPTS},
            "positions": self.table(),
            "reasons": {str(s): {c: self.reasons(s, c) for c in CONCEPTS} for s in sorted({self.start, grand})},
            "group_reasons": {
                str(s): {c: self.verdicts.group_reason(s, c) for c in CONCEPTS} for s in sorted({self.start, grand})
            },
            "arcs": arcs,
            "arcs_left_out": len(every) - len(arcs),
        }


def stability(
    source: str | Path | Scenario, overrides: Mapping[str, Any] | None = None, *, grid: str | Grid = "default"
) -> StabilityResult:
    """Judge every position of a scenario's coarse map. Nothing is solved: only the compiled payoffs are used.

    Raises
    ------
    ScenarioError : a scenario or an override that does not make sense.
    """
    return stability_of(compile(load(source, overrides), grid))


def stability_of(model: Model) -> StabilityResult:
    """Judge every position of a compiled model's coarse map."""
    levels = _levels(model)
    settings: tuple[Setting, ...] = tuple(
        dict(zip(levels, values, strict=True)) for values in product(*levels.values())
    )
    graph = ConflictGraph(
        PLAYERS,
        tuple(_name(setting) for setting in settings),
        _moves(settings),
        _worth(model, settings),
        lambda i, a, b: _verb(PLAYERS[i], settings[a], settings[b]),
    )
    start = model.scenario.start
    now: Setting = {
        "prisoners": levels["prisoners"][0],
        "leaders": int(start.leaders),
        "us_relief": int(start.us_relief),
        "contact": start.contact,
        "eu_relief": int(start.eu_relief),
        "punishing": "no",
    }
    return StabilityResult(model, levels, settings, judge(graph), settings.index(now))


def _levels(model: Model) -> dict[str, tuple[int | str, ...]]:
    first, lot = int(model.scenario.start.prisoners), model.grid.lot
    # whole lots below the start, and never more than the share that counts as the grand deal
    held = (first, round(first / 2 / lot) * lot, int(QUARTER * first // lot) * lot)
    leaders = int(model.scenario.start.leaders)
    return {
        "prisoners": tuple(sorted({n for n in held if n <= first}, reverse=True)),
        "leaders": (leaders, 0) if leaders else (0,),
        "us_relief": tuple(range(TOP_US + 1)),
        "contact": CONTACT,
        "eu_relief": tuple(range(TOP_EU + 1)),
        "punishing": ("no", "yes"),
    }


def _moves(settings: tuple[Setting, ...]) -> Any:
    """Each capital sets its own dials to any levels in one move; leaders once free stay free."""
    codes = {name: np.array([str(setting[name]) for setting in settings]) for name in OWNERS}
    held = np.array([int(setting["leaders"]) for setting in settings])
    arcs = np.zeros((len(PLAYERS), len(settings), len(settings)), dtype=bool)
    for i, player in enumerate(PLAYERS):
        same = np.ones((len(settings), len(settings)), dtype=bool)
        for name, owner in OWNERS.items():
            if owner != player:
                same &= codes[name][:, None] == codes[name][None, :]
        arcs[i] = same & (held[None, :] <= held[:, None])
    arcs[:, np.arange(len(settings)), np.arange(len(settings))] = False
    return arcs


def _worth(model: Model, settings: tuple[Setting, ...]) -> Floats:
    """Return the worth of every position to every capital, shape (players, positions), points (present value)."""
    get, start, game = model.scenario.get, model.scenario.start, model.game
    per_month = 1.0 / (1.0 - game.discount)
    lot, top = model.grid.lot, model.axes.shape[-1] - 1
    worth = np.zeros((len(PLAYERS), len(settings)))
    for s, setting in enumerate(settings):
        punishing = setting["punishing"] == "yes"
        contact = CONTACT.index(str(setting["contact"]))
        lots, rest = divmod(float(setting["prisoners"]), lot)
        dials: dict[str, int | str] = {
            "talks": start.talks,
            "leaders": int(setting["leaders"]),
            "us_relief": int(setting["us_relief"]),
            "eu_relief": int(setting["eu_relief"]),
            "contact": max(contact - int(punishing), 0),
        }
        share = rest / lot
        below = model.axes.index(prisoners=min(int(lots), top), **dials)
        above = model.axes.index(prisoners=min(int(lots) + 1, top), **dials)
        value = (1.0 - share) * game.terminal[below] + share * game.terminal[above]
        freed = float(start.prisoners) - float(setting["prisoners"])
        leaders = float(start.leaders) - float(setting["leaders"])
        once = np.array(
            [
                -get("minsk.release_cost") * freed - get("minsk.leader_cost") * leaders,
                get("washington.release_credit") * freed + get("washington.leader_credit") * leaders,
                get("brussels.release_credit") * freed + get("brussels.leader_credit") * leaders,
                0.0,
            ]
        )
        monthly = np.array([-get("minsk.punished_cost"), 0.0, 0.0, -get("moscow.punishing_cost")]) * punishing
        worth[:, s] = value + once + monthly * per_month
    return worth


def _name(setting: Setting) -> str:
    punishing = ", Moscow punishing" if setting["punishing"] == "yes" else ""
    leaders = {0: "no leaders", 1: "1 leader"}.get(int(setting["leaders"]), f"{setting['leaders']} leaders")
    return (
        f"{setting['prisoners']} people and {leaders} held, US relief {setting['us_relief']}, "
        f"EU relief {setting['eu_relief']}, {setting['contact']}{punishing}"
    )


def _verb(player: str, before: Setting, after: Setting) -> str:
    """Return what a move does, in words."""
    if player == "moscow":
        return "punish Minsk" if after["punishing"] == "yes" else "stop punishing Minsk"
    parts = []
    if player == "minsk":
        change = int(before["prisoners"]) - int(after["prisoners"])
        if change:
            parts.append(f"free {change} people" if change > 0 else f"arrest {-change} people")
        if before["leaders"] != after["leaders"]:
            parts.append("free the leaders")
    for name, who in (("us_relief", "US"), ("eu_relief", "EU")):
        old, new = int(before[name]), int(after[name])
        if old != new:
            parts.append(f"{'ease' if new > old else 'take back'} {who} relief to {new}")
    if before["contact"] != after["contact"]:
        up = CONTACT.index(str(after["contact"])) > CONTACT.index(str(before["contact"]))
        parts.append(f"{'raise' if up else 'lower'} contact to {after['contact']}")
    return " and ".join(parts)


def check_concept(concept: str) -> str:
    """Return the concept if there is one of that name.

    Raises
    ------
    UsageError : no such concept.
    """
    try:
        return concept_of(concept)
    except ValueError as error:
        raise UsageError(str(error)) from None
