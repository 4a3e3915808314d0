"""The figures of the article's claims on the baseline, on the fast and on the default grid: worked out once, and kept.

The file that ships says what it was made from. Once the baseline, the model, a check or a grid has changed it is stale,
and nothing is shown from it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from sim.analyse.claims_robustness import check_hashes, model_fingerprint, write
from sim.errors import UsageError

__all__ = ["FIELDS", "GRIDS", "KeptFigures", "from_text", "keep", "shipped", "write"]

if TYPE_CHECKING:
    from sim.analyse.claims_record import Claims
    from sim.scenario import Scenario

SCHEMA_VERSION = 1
FILE = "claims_figures.json"
GRIDS = ("fast", "default")
FIELDS = ("name", "status", "unit", "direction", "baseline_figure", "treated_figure")
"""What is kept of a finding, named as in `sim.analyse.claims_record.Finding`."""
DIGITS = 6
"""Significant digits of the figures: the last ones of a double differ from machine to machine."""
Finding = Mapping[str, Any]


@dataclass(frozen=True)
class KeptFigures:
    """The findings of all checks on one scenario.

    Attributes
    ----------
    scenario, scenario_hash : on which they were found.
    fingerprint, checks : `model_fingerprint` and `check_hashes` when they were found.
    sizes : name of a grid -> its size as LOTxROUNDS.
    findings : name of a grid -> one finding a check, each with `FIELDS`; a figure is None where there is none.
    command : what makes the file again.
    """

    scenario: str
    scenario_hash: str
    fingerprint: str
    checks: Mapping[str, str]
    sizes: Mapping[str, str]
    findings: Mapping[str, tuple[Finding, ...]]
    command: str

    def current(self, scenario: Scenario) -> bool:
        """Whether they are what these values, the model, the checks and the grids come to now."""
        return (
            self.scenario_hash == scenario.hash
            and self.fingerprint == model_fingerprint()
            and dict(self.checks) == check_hashes()
            and dict(self.sizes) == _sizes()
        )

    def on(self, grid: str) -> dict[str, Finding]:
        """Return name of a check -> what was found on a grid of `GRIDS`."""
        return {str(row["name"]): row for row in self.findings[grid]}

    def to_json(self) -> dict[str, Any]:
        """Return the object that the file holds."""
        return {"schema_version": SCHEMA_VERSION, **{name: getattr(self, name) for name in self.__dataclass_fields__}}


def keep(
    scenario: Scenario,
    found: Mapping[str, Claims] | None = None,
    *,
    jobs: int | None = None,
    command: str = "sim.analyse.claims_kept.keep",
    on_done: Callable[[int, int], None] | None = None,
) -> KeptFigures:
    """Put the claims to the test on both grids.

    Parameters
    ----------
    scenario : usually the baseline.
    found : name of a grid -> what was found on it already.
    jobs : worker processes; default: one a core.
    on_done : called with (variants done, of how many) on the grid at work.

    Raises
    ------
    UsageError : as for `sim.analyse.claims_check.claims`.
    """
    from sim.analyse.claims_check import claims

    made = {grid: (found or {}).get(grid) or claims(scenario, grid=grid, jobs=jobs, on_done=on_done) for grid in GRIDS}
    return KeptFigures(
        scenario=scenario.id,
        scenario_hash=scenario.hash,
        fingerprint=model_fingerprint(),
        checks=check_hashes(),
        sizes=_sizes(),
        findings={grid: tuple(map(_kept, claims.table())) for grid, claims in made.items()},
        command=command,
    )


@cache
def shipped() -> KeptFigures | None:
    """Return the figures that ship with the package, or None where there are none."""
    from sim.scenario.resources import data_text

    try:
        return from_text(data_text("seeds", FILE), FILE)
    except KeyError:
        return None


def from_text(text: str, name: str) -> KeptFigures:
    """Return the figures in a file's text.

    Raises
    ------
    UsageError : it holds something else.
    """
    try:
        record = json.loads(text)
        good = record.pop("schema_version") == SCHEMA_VERSION
        rows = {grid: tuple(record["findings"][grid]) for grid in GRIDS}
        good = good and all(set(row) == set(FIELDS) for found in rows.values() for row in found)
        found = KeptFigures(**{**record, "findings": rows})
    except (ValueError, TypeError, AttributeError, KeyError):
        good = False
    if not good:
        raise UsageError(f"{name}: found no figures of claims; allowed: what `grand-deal claims --figures` wrote")
    return found


def _kept(row: Mapping[str, Any]) -> Finding:
    return {name: float(f"{v:.{DIGITS}g}") if isinstance(v := row[name], float) else v for name in FIELDS}


@cache
def _sizes() -> dict[str, str]:
    from sim.model import grid_of

    return {grid: f"{grid_of(grid).lot}x{grid_of(grid).rounds}" for grid in GRIDS}
