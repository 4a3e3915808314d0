"""The claims, and where the parameters come from."""

from __future__ import annotations

from typing import Any

from tests.report.synthetic_dossier.parameters import PARAMETERS


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
