"""A plausible dossier that nothing has computed: every section, with the shapes that the records' ``to_json`` have."""

from __future__ import annotations

from typing import Any

from tests.report import synthetic
from tests.report.synthetic_dossier.parameters import PARAMETERS, PLAYERS
from tests.report.synthetic_dossier.section_claims import claims, sources
from tests.report.synthetic_dossier.section_deals import deals, package, window
from tests.report.synthetic_dossier.section_flip import inverse, tipping, tornado
from tests.report.synthetic_dossier.section_path import path, stability
from tests.report.synthetic_dossier.section_power import power
from tests.report.synthetic_dossier.section_space import discovery, sobol, sweeps
from tests.report.synthetic_dossier.section_why import decision, explanation, part

__all__ = [
    "PARAMETERS",
    "PLAYERS",
    "SECTIONS",
    "claims",
    "deals",
    "decision",
    "discovery",
    "dossier",
    "explanation",
    "inverse",
    "package",
    "part",
    "path",
    "power",
    "sobol",
    "sources",
    "stability",
    "sweeps",
    "tipping",
    "tornado",
    "window",
]

SECTIONS = (
    *("why", "flip", "sweep", "sure", "sobol", "discover", "people", "deals", "power", "path", "stability"),
    *("claims", "evidence", "sources"),
)


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
        "sweeps": sweeps(),
        "sobol": sobol(),
        "discovery": discovery(),
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
