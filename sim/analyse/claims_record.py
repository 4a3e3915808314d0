"""What putting the article's claims to the test finds: one finding a check, and all of them with what was run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Finding:
    """What became of one check.

    Attributes
    ----------
    claim, id, part, name, paragraphs : which claim of the article (``name``: number and letter, as in ``4b``).
    says, shows : the claim, and what this check compares, in words.
    status : ``holds``, ``fails``, ``built in``, ``not yet`` or ``not computed``.
    expected : the status written down before the first evaluation.
    stored : the status kept in the seeds, found on the baseline (on this grid, if it is the default one).
    differs : whether status and stored status differ.
    direction, unit : how the treated figure should differ, and the unit of both figures.
    baseline, treated : what the two figures are of, in words (for a level: what it is held against).
    baseline_figure, treated_figure : the figures; None where there are none.
    difference, needed : treated less baseline, and the smallest difference that counts.
    robustness : share of design points at which the check holds, with a 95% interval; None if not known.
    ensemble : share of the calibrated ensemble in which it holds; None if not known.
    note : what was found, what is missing, or why it could not be computed.
    """

    claim: int
    id: str
    part: str
    name: str
    paragraphs: tuple[int, ...]
    says: str
    shows: str
    status: str
    expected: str
    stored: str | None
    differs: bool
    direction: str | None
    unit: str
    baseline: str
    treated: str
    baseline_figure: float | None
    treated_figure: float | None
    difference: float | None
    needed: float | None
    robustness: Mapping[str, float] | None
    ensemble: float | None
    note: str
    revised: str
    test: str


@dataclass(frozen=True)
class Claims:
    """All findings on one scenario, with what was run.

    ``variants`` is how many forecasts were computed; ``robustness`` says where the shares come from: ``current``,
    ``stale`` (another model, other ranges or other checks: then no share is shown), ``of another scenario`` or
    ``none``; ``ensemble`` likewise of the shares of the ensemble.
    """

    scenario: str
    title: str
    scenario_hash: str
    grid: str
    rationality: float | None
    months: int
    variants: int
    versions: Mapping[str, str]
    fingerprint: str
    robustness: str
    draws: int | None
    ensemble: str
    findings: tuple[Finding, ...]

    @property
    def failing(self) -> tuple[Finding, ...]:
        """The findings that fail although their stored status is ``holds`` or ``built in``."""
        return tuple(row for row in self.findings if row.status == "fails" and row.stored in ("holds", "built in"))

    def table(self) -> list[dict[str, Any]]:
        """Return one row a check, tidy."""
        return [asdict(finding) for finding in self.findings]

    def to_json(self) -> dict[str, Any]:
        """Return the object that ``grand-deal claims --json`` prints; NaN never occurs in it."""
        record = {name: value for name, value in asdict(self).items() if name != "findings"}
        return {"schema_version": SCHEMA_VERSION, **record, "findings": self.table()}
