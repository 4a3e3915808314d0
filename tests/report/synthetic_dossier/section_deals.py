"""Packages, the deal space, and planes of gains."""

from __future__ import annotations

from typing import Any

from tests.report.synthetic_dossier.parameters import PLAYERS


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
