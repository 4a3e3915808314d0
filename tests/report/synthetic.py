"""Plausible results that nothing has computed: smooth curves with the right shapes, units and constraints."""

# ruff: noqa: E501
from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Any

from sim.forecast.result import SCHEMA_VERSION, Option, Result

# id, title, question, freed by month 24, US relief, EU relief, contact, chance of the grand deal, chance punished
SCENARIOS: tuple[tuple[str, str, str, float, float, float, float, float, float], ...] = (
    ("baseline", "Baseline", "What follows the visit of 21 June 2025 if nothing else changes?", 262, 0.9, 0.25, 1.3, 0.012, 0.21),
    ("brussels-follows", "Brussels follows", "What if the EU eases when Washington does?", 431, 1.6, 1.1, 1.5, 0.18, 0.33),
    ("brussels-holds-out", "Brussels holds out", "What if the EU never eases?", 214, 0.7, 0.0, 1.2, 0.0, 0.2),
    ("brussels-when-pressed", "Brussels when pressed", "What if the EU eases only under pressure from Washington?", 318, 1.2, 0.6, 1.4, 0.07, 0.27),
    ("gestures-only", "Gestures only", "How far do delegations and an embassy go without any relief?", 118, 0.0, 0.0, 1.7, 0.0, 0.13),
    ("kremlin-punishes", "The Kremlin punishes", "What if Moscow answers every step to the West?", 96, 0.3, 0.1, 0.7, 0.001, 0.71),
    ("kremlin-approves", "The Kremlin approves", "What if Moscow quietly welcomes the opening?", 309, 1.3, 0.4, 1.6, 0.04, 0.02),
    ("talks-advance", "Talks advance", "What if the talks on Ukraine become active?", 340, 1.4, 0.5, 1.6, 0.05, 0.09),
    ("talks-settle", "Talks settle", "What if the war is settled?", 512, 2.1, 1.3, 1.7, 0.31, 0.02),
    ("talks-collapse", "Talks collapse", "What if active talks fall back to a standstill that lasts?", 171, 0.5, 0.15, 1.0, 0.004, 0.35),
    ("local-wins-washington", "A Washington content with local wins", "What if small successes are all Washington wants?", 203, 0.4, 0.1, 1.3, 0.002, 0.16),
    ("desperate-washington", "A Washington desperate for a way to Moscow", "What if Washington would pay for advice on Moscow?", 388, 2.0, 0.5, 1.8, 0.06, 0.3),
    ("moralising-washington", "A moralising Washington", "What if dealing itself is costly to Washington?", 61, 0.1, 0.1, 0.6, 0.0004, 0.08),
    ("mass-release", "Mass release at once", "What if only large releases are on the table?", 367, 1.1, 0.4, 1.3, 0.03, 0.24),
    ("drip-release", "Drip by drip", "What if only handfuls are on the table?", 84, 0.8, 0.2, 1.4, 0.0, 0.22),
    ("revolving-door", "A revolving door", "What if arrests replace those who are freed?", 305, 0.9, 0.2, 1.3, 0.001, 0.21),
    ("no-buyer", "No buyer", "What if nobody in the West pays for releases?", 17.3, 0.02, 0.01, 0.5, 0.0, 0.05),
    ("grand-deal-summit", "The grand deal summit", "What if all three sit at one table?", 604, 2.2, 1.5, 1.7, 0.415, 0.36),
    ("january-2025", "January 2025", "What would the model have said before the first release?", 149.27361, 0.4, 0.1, 1.0, 0.002, 0.12),
)  # fmt: skip
KINDS = (
    "prisoners for contact",
    "leader for contact",
    "mass release for US relief",
    "prisoners for nothing",
    "prisoners for US relief",
    "leader for nothing",
    "mass release for pressing",
    "nothing for contact",
    "prisoners for EU relief",
)


def curve(end: float, months: int, speed: float = 3.0) -> tuple[float, ...]:
    """A rising curve that slows down and reaches ``end``."""
    scale = 1 - math.exp(-speed)
    return tuple(end * (1 - math.exp(-speed * month / months)) / scale for month in range(1, months + 1))


def options(freed: float) -> dict[str, tuple[Option, ...]]:
    """What each capital would do: every turn's options sum to one before the others answer."""
    keen = freed / 800

    def table(west: str, prize: str) -> tuple[Option, ...]:
        offers = [
            ("minsk", f"13 people for {prize}", 0.08 + 0.2 * keen, 0.55),
            (west, f"13 people and a leader for {prize}", 0.12 * keen + 0.03, 0.35),
            (west, "2 people for contact", 0.1, 0.8),
            ("minsk", "a leader for contact", 0.05, 0.66),
            ("minsk", f"280 people for {prize} and pressing Brussels", 0.02, 0.0004),
            *[(west, f"70 people and a leader for {prize} (variant {i})", 0.004, 0.2) for i in range(12)],
        ]
        quiet = 1 - sum(offer[2] for offer in offers)
        made = [Option(who, action, p, a, p * a) for who, action, p, a in offers]
        made += [Option(who, "no offer", quiet / 2, 1.0, quiet / 2) for who in ("minsk", west)]
        return tuple(sorted(made, key=lambda option: -option.probability))

    def move(player: str, *choices: tuple[str, float]) -> tuple[Option, ...]:
        return tuple(Option(player, action, p, 1.0, p) for action, p in choices)

    return {
        "us-table": table("washington", "one step of US relief"),
        "eu-table": table("brussels", "one step of EU relief"),
        "minsk": move("minsk", ("hold", 0.83), ("release 2 unasked", 0.166), ("crack down", 0.004)),
        "washington": move("washington", ("hold", 1.0)),
        "brussels": move("brussels", ("hold", 1.0)),
        "moscow": move("moscow", ("tolerate", 0.78), ("support", 0.16), ("punish", 0.06)),
    }


def result(
    scenario: str = "baseline",
    title: str = "Baseline",
    question: str = "What follows the visit of 21 June 2025 if nothing else changes?",
    freed: float = 262.0,
    us: float = 0.9,
    eu: float = 0.25,
    contact: float = 1.3,
    deal: float = 0.012,
    punished: float = 0.21,
    *,
    months: int = 24,
    **changes: Any,
) -> Result:
    """One synthetic result; ``changes`` replace fields."""
    start = 1060.0 if scenario == "january-2025" else 1120.0
    out = curve(freed, months, 1.6)
    arrested = tuple(7.0 * month + 0.6 * value for month, value in zip(range(1, months + 1), out, strict=True))
    outcomes: Mapping[str, tuple[float, ...]] = {
        "freed": out,
        "leaders_freed": curve(min(1.9, freed / 250), months),
        "arrested": arrested,
        "p_punished": curve(punished, months, 1.0),
        "p_grand_deal": tuple(deal * (month / months) ** 2 for month in range(1, months + 1)),
        "prisoners": tuple(start + a - f for a, f in zip(arrested, out, strict=True)),
        "us_relief": curve(us, months, 0.8),
        "eu_relief": curve(eu, months, 0.5),
        "contact": tuple(1 + (contact - 1) * (1 - math.exp(-month / 4)) for month in range(1, months + 1)),
        "p_us_relief": curve(min(0.995, us * 0.6), months, 1.0),
        "p_eu_relief": curve(min(0.97, eu * 0.65), months, 0.7),
        "deal_share": tuple(0.06 + value for value in curve((us / 3 + eu / 2) / 4 + freed / 4000, months, 1.0)),
    }
    weights = [max(0.001, (0.9**i) * (1 + math.sin(freed + 2 * i))) for i in range(len(KINDS))]
    none = 0.6 if freed < 30 else 0.02
    deals = {kind: (1 - none) * w / sum(weights) for kind, w in zip(KINDS, weights, strict=True)} | {"none": none}
    values: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "scenario": scenario,
        "title": title,
        "question": question,
        "scenario_hash": hashlib.sha256(scenario.encode()).hexdigest(),
        "versions": {"grand-deal": "0.1.0", "numpy": "2.4.6"},
        "grid": "default",
        "seed": 0,
        "rationality": {"minsk": 3.5, "washington": 3.5, "brussels": 3.5, "moscow": 3.5},
        "months": tuple(range(1, months + 1)),
        "outcomes": outcomes,
        "bands": None,
        "payoffs": {"minsk": 31.4, "washington": 8.26, "brussels": -14.9, "moscow": -9.04},
        "payoffs_total": {"minsk": 44.2, "washington": 12.1, "brussels": -25.5, "moscow": -17.7},
        "now": options(freed),
        "price": tuple(None if us == 0 else freed / (us + eu) for _ in range(months)),
        "quantiles": {
            "p10": tuple(0.35 * value for value in out),
            "p50": tuple(0.9 * value for value in out),
            "p90": tuple(1.9 * value for value in out),
            "p10_se": tuple(0.5 for _ in out),
            "p50_se": tuple(1.0 for _ in out),
            "p90_se": tuple(2.0 for _ in out),
        },
        "stock": {"levels": (0, 28, 56), "probability": tuple((0.1, 0.2, 0.7) for _ in out)},
        "first_deals": deals,
        "start": {
            "talks": "stalled",
            "prisoners": start,
            "leaders": 2.0,
            "us_relief": 0.0,
            "eu_relief": 0.0,
            "contact": "envoys",
        },
    }
    return Result(**(values | changes))


def results() -> list[Result]:
    """All nineteen scenarios."""
    return [result(*row) for row in SCENARIOS]


def manifest(of: list[Result], **changes: Any) -> dict[str, Any]:
    """A manifest that fits ``of``."""
    return {
        "command": "grand-deal batch --grid default --seed 0 --out results",
        "created": "2025-06-22T10:00:00+00:00",
        "versions": {"grand-deal": "0.1.0", "python": "3.11.4", "numpy": "2.4.6"},
        "grid": "default",
        "seed": 0,
        "rationality": None,
        "scenarios": [
            {
                "id": one.scenario,
                "source": one.scenario,
                "hash": one.scenario_hash,
                "seconds": 0.8,
                "reused": False,
                "changes": {} if one.scenario == "baseline" else {"brussels.relief_cost.1": [0.4, 1.5]},
            }
            for one in of
        ],
        "failed": [],
    } | changes
