"""How offers move, and which positions stay put."""

from __future__ import annotations

import math
from typing import Any

from tests.report.synthetic_dossier.parameters import PLAYERS


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
