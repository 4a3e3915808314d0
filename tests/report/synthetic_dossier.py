"""A plausible dossier that nothing has computed: every section, with the shapes that the records' ``to_json`` have."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tests.report import synthetic

PLAYERS = ("minsk", "washington", "brussels", "moscow")
SECTIONS = ("why", "flip", "sure", "people", "deals", "power", "path", "stability", "claims", "evidence", "sources")
PARAMETERS = (
    # name, meaning, value, unit, low, high, source, paragraphs, at low, at high
    (
        "world.arrests",
        "new prisoners, net of sentences served",
        7.0,
        "persons a month",
        2.0,
        12.0,
        "assumption",
        (),
        905.0,
        1190.0,
    ),
    (
        "minsk.release_cost",
        "cost of freeing one prisoner",
        0.0225,
        "points per person",
        0.005,
        0.04,
        "easy-concession",
        (3,),
        941.0,
        1135.0,
    ),
    (
        "minsk.trade_us_share",
        "weight of US relief in reopening trade; the EU has the rest",
        0.45,
        "share",
        0.3,
        0.6,
        "trade-needs-both",
        (11,),
        1004.0,
        1049.0,
    ),
    (
        "moscow.slack.stalled",
        "drift that costs nothing while talks are stalled",
        0.575,
        "units of drift",
        0.35,
        0.8,
        "assumption",
        (),
        1071.0,
        1014.0,
    ),
    (
        "brussels.relief_cost.1",
        "cost of holding the first step of relief",
        1.75,
        "points a month",
        1.0,
        2.5,
        "eu-shows-no-sign",
        (9, 12),
        1020.0,
        1031.0,
    ),
)


def part(term: str, now: float, later: float = 0.0, after: float = 0.0, player: str = "minsk") -> dict[str, Any]:
    """One payoff term's contribution."""
    return {"player": player, "term": term, "now": now, "later": later, "after": after}


def decision(player: str = "minsk", **changes: Any) -> dict[str, Any]:
    """One decision: no offer rather than 70 people for contact, by six terms and the menu's weights."""
    terms = [
        part("contact", 0.4, 2.9, 0.3, player),
        part("prisoners released", -1.575, 0.0, 0.0, player),
        part("leverage of prisoners held", -0.1, -1.2, -0.16, player),
        part("trade reopened", 0.0, 0.31, 0.0, player),
        part("leader released", 0.0, -0.22, 0.0, player),
        part("crackdown", 0.0, -0.11, 0.0, player),
        part("punished by Moscow", 0.0, -0.08, 0.0, player),
        part("supported by Moscow", 0.0, 0.001, 0.0, player),
    ]
    total = sum(item["now"] + item["later"] + item["after"] for item in terms)
    made = {
        "turn": "us-table",
        "player": player,
        "kind": "proposal",
        "proposer": "",
        "package": "",
        "reached": 0.5,
        "rationality": 3.5,
        "fixed": False,
        "action": "no offer",
        "other": "70 people for contact",
        "weight": -0.97,
        "margin": -(total - 0.97),
        "difference": terms,
        "needed": None,
        "options": [
            {"action": "no offer", "probability": 0.59, "accepted": 1.0, "available": 1.0, "values": {}, "parts": []},
            {
                "action": "70 people for contact",
                "probability": 0.06,
                "accepted": 0.9,
                "available": 1.0,
                "values": {},
                "parts": [],
            },
        ],
        "left_out": 100,
        "left_out_probability": 0.35,
        "sentence": f"{player.capitalize()} makes no offer (59%). All this is synthetic.",
    }
    made |= changes
    if "options" not in changes:
        made["options"][0]["action"] = made["action"]
    return made


def explanation() -> dict[str, Any]:
    """Three decisions with terms, one without, and the benchmarks."""
    held = decision(
        "brussels",
        turn="brussels",
        kind="move",
        action="hold",
        other="",
        difference=[],
        weight=0.0,
        margin=None,
        options=[{"action": "hold", "probability": 1.0, "accepted": 1.0, "available": 1.0, "values": {}, "parts": []}],
        sentence="Brussels holds (100%): nothing else is possible.",
    )
    answer = decision(
        "washington",
        kind="answer",
        proposer="minsk",
        package="70 people for contact",
        action="accept",
        other="refuse",
        weight=0.0,
    )
    answer["options"][0]["action"] = "accept"
    outcomes = synthetic.result().outcomes
    marks = {"months": list(range(1, 25))}
    for way, factor in (("play", 1.0), ("sharp", 0.9), ("idle", 0.0)):
        marks[way] = {name: [factor * value for value in values] for name, values in outcomes.items()}  # type: ignore[assignment]
    return {
        "decisions": [decision(), answer, decision("moscow", turn="moscow", kind="move", action="hold"), held],
        "benchmarks": marks,
    }


def package(label: str = "70 people for contact", *gains: float) -> dict[str, Any]:
    """One deal with gains of all four."""
    given = dict(zip(PLAYERS, gains or (0.42, 1.31, 2.2, -0.07), strict=True))
    return {
        "index": 3,
        "roles": ["nash"],
        "label": label,
        "contents": {"prisoners": 70.0, "leaders": 0.0, "us": 0.0, "eu": 0.0, "contact": 1.0, "pressing": 0.0},
        "gains": given,
        "shares": {"minsk": 0.9, "washington": 0.8, "brussels": 0.4},
        "punished": 0.03,
        "efficient": True,
        "efficient_all": True,
        "blockers": {name: -value for name, value in given.items() if value < 0 and name != "moscow"},
        "hurt": {"moscow": 0.07},
        "sweeteners": [],
    }


def deals(zone: int = 41) -> dict[str, Any]:
    """A deal space of 2,159 packages; ``zone`` 0: nothing to agree on."""
    blocked = package("two leaders for an embassy", -0.8, 1.0, 0.5, -0.2)
    blocked["sweeteners"] = [
        {
            "blocker": "minsk",
            "change": "one more step of contact",
            "package": "x",
            "gains": {},
            "cost": 0.3,
            "agreed": True,
        }
    ]
    rules = ("nash", "kalai_smorodinsky", "egalitarian", "utilitarian", "utilitarian_normalised")
    picks: dict[str, Any] = {rule: package() for rule in rules} | {"utilitarian": package("140 people for contact")}
    return {
        "signatories": ["minsk", "washington", "brussels"],
        "packages": 2159,
        "gaining": {"minsk": 163, "washington": 1674, "brussels": 1807, "moscow": 30},
        "zone": zone,
        "zone_all": min(zone, 7),
        "zone_punished": 0,
        "punished_range": [0.025, 0.076] if zone else None,
        "punished_no_deal": 0.026,
        "picks": picks if zone else dict.fromkeys(rules),
        "top": [package()] if zone else [blocked],
        "likeliest": {
            "deal": package("13 people for contact", 0.2, 0.4, 0.1, 0.0),
            "table": "us-table",
            "probability": 0.15,
            "distance": {},
            "difference": {},
        },
        "prices": [
            {
                "step": "contact",
                "contents": {},
                "most": 87,
                "fewest": {"washington": 21, "brussels": 2},
                "held": 1120,
                "everybody": [21, 87],
            },
            {
                "step": "one step of US relief",
                "contents": {},
                "most": None,
                "fewest": {"washington": None, "brussels": 7},
                "held": 1120,
                "everybody": None,
            },
        ],
    }


def window(across: str = "minsk", up: str = "washington", *, binned: bool = False) -> dict[str, Any]:
    """One plane of gains, as points or as cells."""
    xs = [-0.8 + 0.037 * number for number in range(60)]
    ys = [1.4 - 0.4 * x * x - 0.6 * (number % 5) for number, x in enumerate(xs)]
    four = [x > 0 and y > 1.2 for x, y in zip(xs, ys, strict=True)]
    cells = {
        "x": [-0.5, 0.0, 0.5],
        "x2": [0.0, 0.5, 1.0],
        "y": [0.0, 0.5, 0.5],
        "y2": [0.5, 1.0, 1.0],
        "count": [900, 1100, 12],
        "all_four": [0, 3, 12],
    }
    return {
        "players": [across, up],
        "x": [-0.9, 1.5],
        "y": [-1.3, 1.6],
        "points": None if binned else {"x": xs, "y": ys, "all_four": four},
        "bins": cells if binned else None,
        "frontier": {"x": [0.0, 0.7, 1.2, 30.0], "y": [1.4, 1.2, 0.8, -40.0]},
        "named": {
            "nash": [0.42, 1.31],
            "kalai_smorodinsky": [0.42, 1.31],
            "utilitarian": [0.9, 1.0],
            "likeliest": [0.2, 0.4],
        },
        "inside": 2012 if binned else 60,
        "outside": 147,
    }


def power() -> dict[str, Any]:
    """Indices, coalitions and commitments."""
    groups = [[name] for name in PLAYERS]
    groups += [[a, b] for i, a in enumerate(PLAYERS) for b in PLAYERS[i + 1 :]]
    groups += [[name for name in PLAYERS if name != left] for left in PLAYERS] + [list(PLAYERS)]
    outcomes = {name: values[-1] for name, values in synthetic.result().outcomes.items()}
    coalitions = [
        {
            "capitals": group,
            "lam": 3.5,
            "worth": 1.0 * len(group),
            "values": {},
            "outcomes": outcomes | {"prisoners": 1026.0 - 90.0 * (len(group) - 1) * (-1) ** number},
        }
        for number, group in enumerate(groups)
    ]
    alone = [
        {
            "capital": name,
            "commitment": kind,
            "outcomes": outcomes,
            "changes": dict.fromkeys(outcomes, 0.01 * number) | {"prisoners": 40.0 * number - 200.0},
            "own_change": -1.25 * number,
        }
        for name in PLAYERS
        for number, kind in enumerate(("removed", "silent", "hold", "ease", "punish"))
    ]
    return {
        "months": 24,
        "method": "gamma characteristic function",
        "note": "Utilities of different capitals have no common unit.",
        "weights": dict.fromkeys(PLAYERS, 1.0),
        "own": {
            "coalitions": coalitions,
            "shapley": {"minsk": 12.1, "washington": 2.5, "brussels": -1.2, "moscow": -0.4},
            "banzhaf": {"minsk": 11.0, "washington": 2.0, "brussels": 1.0, "moscow": 0.5},
            "banzhaf_index": {"minsk": 0.76, "washington": 0.14, "brussels": 0.07, "moscow": 0.03},
            "core": {"empty": True, "point": None, "complaint": 1.0, "least": [], "leave": []},
            "pivotal": {"minsk": 0.296, "washington": 0.295, "brussels": 0.012, "moscow": -0.009},
            "swing": {},
        },
        "sharp": None,
        "alone": alone,
    }


def path() -> dict[str, Any]:
    """Offers that harden at one table, and a table at which Brussels never offers."""
    sides = []
    for month in range(1, 25):
        for table, west in (("us-table", "washington"), ("eu-table", "brussels")):
            for party, level in (("minsk", 40.0), (west, 150.0)):
                silent = party == "brussels"
                sides.append(
                    {
                        "month": month,
                        "table": table,
                        "party": party,
                        "offers": 0.0 if silent else 0.4,
                        "persons": None if silent else level * math.exp(-month / 40),
                        "relief": None if silent else 0.2,
                        "contact": None if silent else 0.7,
                        "likeliest": None if silent else "13 people for contact",
                        "accepted": None if silent else 0.3 + 0.01 * month,
                        "says_yes": 0.4,
                        "asks": None,
                    }
                )
    price: list[float | None] = [None, None, *[4.0 + 0.1 * month for month in range(22)]]
    return {"sides": sides, "price": price, "deals": [0.2] * 24}


def stability() -> dict[str, Any]:
    """Twenty-four positions on a small map, three of them stable."""
    levels: dict[str, list[Any]] = {
        "prisoners": [1120, 560, 280],
        "leaders": [2, 0],
        "us_relief": [0, 3],
        "contact": ["envoys"],
        "eu_relief": [0, 2],
        "punishing": ["no"],
    }
    positions: list[dict[str, Any]] = []
    for prisoners in levels["prisoners"]:
        for leaders in levels["leaders"]:
            for us in levels["us_relief"]:
                for eu in levels["eu_relief"]:
                    dials = {
                        "prisoners": prisoners,
                        "leaders": leaders,
                        "us_relief": us,
                        "contact": "envoys",
                        "eu_relief": eu,
                        "punishing": "no",
                    }
                    positions.append({"state": len(positions), **dials})
    reasons = {
        c: dict.fromkeys(PLAYERS, "It can reach nothing that it prefers.") for c in ("nash", "gmr", "smr", "seq")
    }
    return {
        "note": "The graph model is a different game from the one solved.",
        "levels": levels,
        "start": 0,
        "grand_deal": 23,
        "stable": {"nash": [0], "gmr": [0, 4, 9], "smr": [0, 4, 9], "seq": [0, 4, 9]},
        "positions": positions,
        "reasons": {"0": reasons, "23": reasons},
        "arcs": [
            {"player": "washington", "from": 23, "to": 21, "move": "take back US relief to 0"},
            {"player": "minsk", "from": 21, "to": 5, "move": "arrest 840 people"},
        ],
    }


def tornado() -> dict[str, Any]:
    """Swings of five parameters in two outcomes."""
    rows = []
    for outcome, scale in (("prisoners", 1.0), ("p_eu_relief", 0.0005)):
        for name, _, value, unit, low, high, source, _, at_low, at_high in PARAMETERS:
            ends = (scale * at_low, scale * at_high)
            rows.append(
                {
                    "outcome": outcome,
                    "month": 24,
                    "parameter": name,
                    "unit": unit,
                    "low": low,
                    "high": high,
                    "base": value,
                    "at_low": ends[0],
                    "at_high": ends[1],
                    "swing": abs(ends[1] - ends[0]),
                    "source": source,
                }
            )
    base = [
        {"outcome": "prisoners", "month": 24, "value": 1026.0},
        {"outcome": "p_eu_relief", "month": 24, "value": 0.16},
    ]
    return {
        "outcomes": ["prisoners", "p_eu_relief"],
        "units": {"prisoners": "persons", "p_eu_relief": "probability"},
        "months": [24],
        "base": base,
        "rows": rows,
        "notes": [],
    }


def tipping(number: int = 0, *, crossings: int = 1) -> dict[str, Any]:
    """The course over one parameter, with none, one or three crossings of 1,120."""
    name, _, value, unit, low, high, *_ = PARAMETERS[number]
    xs = [low + (high - low) * step / 16 for step in range(17)]
    shapes: dict[int, Callable[[float], float]] = {
        0: lambda s: 900 + 6 * s,
        1: lambda s: 905 + 18 * s,
        3: lambda s: 1120 + 90 * math.sin(0.7 * s + 0.4),
    }
    points = {0: [], 1: [0.747], 3: [0.245, 0.525, 0.806]}[crossings]
    found = [
        {"value": low + share * (high - low), "below": 0.0, "above": 0.0, "rising": True, "jump": False}
        for share in points
    ]
    verdict = {0: "none: prisoners stays below 1120", 1: "one crossing", 3: "not monotone: three crossings"}[crossings]
    return {
        "parameter": {"name": name, "low": low, "high": high, "value": value, "unit": unit, "whole": False},
        "outcome": "prisoners",
        "month": 24,
        "level": 1120.0,
        "unit": "persons",
        "base_value": 1026.0,
        "verdict": verdict,
        "crossings": found,
        "scan": {"parameter": xs, "outcome": [float(shapes[crossings](step)) for step in range(17)]},
    }


def inverse(*, flips: bool = True) -> dict[str, Any]:
    """Two parameters that flip the answer, three that do not; or none that does."""
    made = [
        {
            "parameter": name,
            "unit": unit,
            "low": low,
            "high": high,
            "base": value,
            "value": reading,
            "share": (reading - value) / (high - low),
            "figure": 1120.4,
            "jump": False,
            "finer": None,
        }
        for (name, _, value, unit, low, high, *_), reading in zip(PARAMETERS[:2], (9.7, 0.0372), strict=True)
    ]
    rest = [{"parameter": row[0], "nearest": max(row[8:])} for row in PARAMETERS[2 if flips else 0 :]]
    return {"base_figure": 1026.0, "flips": made if flips else [], "without": rest, "level": 1120.0}


def claims() -> dict[str, Any]:
    """A claim of every status, one against its stored status, one without figures."""
    blank = {
        "robustness": None,
        "ensemble": None,
        "differs": False,
        "stored": "holds",
        "note": "",
        "unit": "persons",
        "baseline": "the scenario at hand",
        "treated": "nobody in the West gives anything",
        "baseline_figure": 498.0,
        "treated_figure": 39.5,
        "paragraphs": [3],
        "says": "Prisoners give Minsk bargaining power.",
        "shows": "Without a buyer fewer are freed.",
    }
    share = {"share": 0.83, "low": 0.79, "high": 0.86, "draws": 500.0}
    findings = [
        blank | {"name": "1a", "status": "holds", "robustness": share, "ensemble": 0.93},
        blank
        | {
            "name": "1b",
            "status": "fails",
            "differs": True,
            "note": "Fails narrowly.",
            "robustness": share | {"share": 0.41},
        },
        blank | {"name": "2", "status": "built in", "unit": "level: 0 isolated, 1 envoys, 2 embassy"},
        blank
        | {
            "name": "3",
            "status": "not yet",
            "baseline_figure": None,
            "treated_figure": None,
            "note": "Types of player.",
        },
    ]
    return {"draws": 500, "robustness": "current", "findings": findings}


def sources() -> list[dict[str, Any]]:
    """The parameters with their sources; the first is set by the scenario."""
    rows = []
    for number, (name, meaning, value, unit, low, high, source, paragraphs, *_) in enumerate(PARAMETERS):
        shipped = value + 1.0 if number == 1 else value
        rows.append(
            {
                "name": name,
                "meaning": meaning,
                "value": value,
                "shipped": shipped,
                "unit": unit,
                "low": low,
                "high": high,
                "source": source,
                "paragraphs": list(paragraphs),
                "says": "A passage, paraphrased." if paragraphs else "",
                "reason": "The figures are assumed.",
            }
        )
    return rows


def dossier(**changes: Any) -> dict[str, Any]:
    """A dossier of every section that fits ``synthetic.result()``; ``changes`` replace entries."""
    result = synthetic.result()
    here = {name: values[-1] for name, values in result.outcomes.items()}
    other = {name: 1.03 * value for name, value in here.items()}
    made: dict[str, Any] = {
        "schema_version": 1,
        "scenario": result.scenario,
        "scenario_hash": result.scenario_hash,
        "grid": "default",
        "ensemble": "fast",
        "sections": list(SECTIONS),
        "question": {
            "outcome": "prisoners",
            "label": "people still held",
            "unit": "persons",
            "month": 24,
            "level": 1120.0,
        },
        "explanation": explanation(),
        "deals": deals(),
        "planes": [window(), window("minsk", "brussels", binned=True), window("washington", "brussels")],
        "path": path(),
        "stability": stability(),
        "tornado": tornado(),
        "tipping": [tipping(0), tipping(1, crossings=3), tipping(2, crossings=0)],
        "inverse": inverse(),
        "power": power(),
        "claims": claims(),
        "grids": [
            {
                "what": "prisoners counted in lots of 140 instead of 28",
                "grid": "fast",
                "against": "default",
                "here": here,
                "there": other,
            }
        ],
        "sources": sources(),
        "article": "An article, a paper, June 2025.",
        "missing": {},
    }
    return made | changes
