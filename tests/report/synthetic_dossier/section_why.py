"""Decisions and what speaks for them, and the benchmarks."""

from __future__ import annotations

from typing import Any

from tests.report import synthetic


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
