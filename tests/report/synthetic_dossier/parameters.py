"""Capitals and five parameters, which several sections tell of."""

from __future__ import annotations

PLAYERS = ("minsk", "washington", "brussels", "moscow")

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
