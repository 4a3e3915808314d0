"""The article's causal claims put to the test on a scenario.

What is compared, in which direction and by how much stands in ``seeds/claims.toml``, written before anything was
evaluated. Here the variants are worked out, each distinct one once, and every claim gets its figures and its status.
A claim that a payoff or the structure assumes is "built in", not passed; what the model cannot say is "not yet".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from sim.analyse.claims_figures import Figures, key_of, unit_of
from sim.analyse.claims_record import Claims, Finding
from sim.scenario.checks import AT_HAND, LAST_MONTH, Check, Measure, OfOutcome, Side, Variant

if TYPE_CHECKING:
    from sim.analyse.claims_robustness import Robustness
    from sim.analyse.variants import Evaluated
    from sim.model import Grid
    from sim.scenario import Evidence, Scenario
    from sim.scenario.evidence import Claim

Floats = npt.NDArray[np.float64]
NOT_COMPUTED = "not computed"
"""Status of a check whose variants cannot be computed in this scenario."""
_AT_HAND_TITLE = "the scenario at hand"


@dataclass(frozen=True)
class Asked:
    """The checks of the evidence, and the distinct variants and figures that they need together.

    ``variants`` maps id -> overrides, the scenario at hand first.
    """

    checks: tuple[tuple[Claim, Check], ...]
    variants: Mapping[str, Mapping[str, Any]]
    titles: Mapping[str, str]
    figures: Figures

    @classmethod
    def of(cls, evidence: Evidence, names: Iterable[str] | None = None) -> Asked:
        """Collect what the checks need; ``names`` (as in ``4b``) limits them."""
        wanted = None if names is None else set(names)
        checks = tuple(
            (claim, check)
            for claim in evidence.claims
            for check in claim.checks
            if wanted is None or f"{claim.number}{check.part}" in wanted
        )
        sides = [(check, side) for _, check in checks for side in check.sides]
        used = {name for _, side in sides for name in side.variants}
        shipped = {variant.id: variant for variant in evidence.variants}
        variants: dict[str, Mapping[str, Any]] = {AT_HAND: {}}
        variants |= {name: overrides_of(variant) for name, variant in shipped.items() if name in used}
        titles = {AT_HAND: _AT_HAND_TITLE, **{name: variant.title for name, variant in shipped.items()}}
        return cls(checks, variants, titles, Figures([check.measure_of(side) for check, side in sides]))

    def designs(self, draw: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return the variants as designs, on top of one design point if given."""
        return [{**(draw or {}), **overrides} for overrides in self.variants.values()]

    def judged(self, check: Check, evaluated: Evaluated) -> Judgement:
        """Judge one check on evaluated designs: as many blocks of `designs` as there are, in order."""
        count = len(self.variants)
        row = {name: slice(i, None, count) for i, name in enumerate(self.variants)}

        def read(measure: Measure, variant: str) -> Floats:
            return _read(evaluated, measure)[row[variant]]

        def value(side: Side) -> Floats:
            measure = check.measure_of(side)
            found = read(measure, side.variant)
            return found if side.minus is None else found - read(measure, side.minus)

        assert check.treated is not None
        treated = value(check.treated)
        if check.baseline is None:
            assert check.level is not None
            baseline = np.full_like(treated, check.level)
        else:
            baseline = value(check.baseline)
        effects = any(side.minus is not None for side in check.sides)
        reference = read(check.measure_of(check.treated), AT_HAND) if effects else baseline
        return judge(check, baseline, treated, reference)


@dataclass(frozen=True)
class Judgement:
    """Figures and verdicts of one check, each of shape (n,); ``holds`` is 1, 0, or NaN where a figure is missing."""

    baseline: Floats
    treated: Floats
    needed: Floats
    holds: Floats


def judge(check: Check, baseline: Floats, treated: Floats, reference: Floats) -> Judgement:
    """Hold figures against a check's direction and margin.

    Parameters
    ----------
    check : direction, margin and least difference; for a level these are not used.
    baseline, treated : the figures, shape (n,); for a level the baseline is the level.
    reference : what the margin is a share of, shape (n,).

    Notes
    -----
    A difference of exactly the margin holds; no difference at all never does, whatever the margin.
    """
    difference = treated - baseline
    if check.direction in ("at least", "at most"):
        needed = np.zeros_like(difference)
        good = difference >= 0 if check.direction == "at least" else difference <= 0
    else:
        needed = np.maximum(check.margin * np.abs(reference), check.least)
        way = difference if check.direction == "rises" else -difference
        good = (way >= needed) & (way > 0)
    known = np.isfinite(difference) & np.isfinite(needed)
    return Judgement(baseline, treated, needed, np.where(known, good.astype(np.float64), np.nan))


def overrides_of(variant: Variant) -> dict[str, Any]:
    """Return a variant as parameter -> value: what it takes from a shipped scenario, then its own values.

    Raises
    ------
    ScenarioError : an unknown scenario or parameter.
    """
    from sim.scenario import load, parameter_info

    found: dict[str, Any] = {}
    if variant.like is not None:
        changed = load(variant.like).changed(load("baseline"))
        found |= {name: list(mine) if isinstance(mine, tuple) else mine for name, (mine, _) in changed.items()}
    for name, value in variant.values.items():
        if value in ("low", "high"):
            info = parameter_info()[name]
            found[name] = info.low if value == "low" else info.high
        else:
            found[name] = list(value) if isinstance(value, tuple) else value
    return found


def claims(
    source: str | Path | Scenario = "baseline",
    overrides: Mapping[str, Any] | None = None,
    *,
    grid: str | Grid = "fast",
    rationality: float | None = None,
    robustness: Robustness | None = None,
    jobs: int | None = None,
    only: Sequence[str] | None = None,
    on_done: Callable[[int, int], None] | None = None,
) -> Claims:
    """Put every causal claim of the article to the test on a scenario.

    Parameters
    ----------
    source, overrides, rationality : as for `sim.run`.
    grid : ``fast`` by default: the checks compare variants of one scenario, and the seeds keep beside each status what
        the default grid says.
    robustness : shares from `sim.analyse.claims_robustness`, over the ranges or over an ensemble; default: those that
        ship, if they fit this scenario.
    jobs : worker processes; default: one a core. The numbers are the same for any.
    only : names of checks (``1a``, ``3``) instead of all.
    on_done : called with (variants done, of how many).

    Raises
    ------
    ScenarioError, UsageError : as for `sim.run`; a name of a check that does not exist.
    """
    from sim.analyse.claims_robustness import ENSEMBLE_FILE, model_fingerprint, shipped
    from sim.analyse.variants import Evaluator
    from sim.errors import UsageError
    from sim.forecast.run import versions
    from sim.model import grid_of
    from sim.scenario import evidence, load

    scenario = load(source, overrides)
    asked = Asked.of(evidence(), only)
    if only is not None and len(asked.checks) < len(set(only)):
        known = [f"{claim.number}{check.part}" for claim in evidence().claims for check in claim.checks]
        wrong = next(name for name in only if name not in known)
        raise UsageError(f"claim: found {wrong!r}; allowed: {', '.join(known)}")
    used = grid_of(grid)
    with Evaluator(
        scenario,
        grid=used,
        months=LAST_MONTH,
        rationality=rationality,
        jobs=jobs,
        measure=asked.figures,
        on_done=on_done,
    ) as evaluate:
        evaluated = evaluate(asked.designs())
    names = list(asked.variants)
    failed = {names[i]: why for i, why in evaluated.failed}
    if AT_HAND in failed:
        raise UsageError(f"{scenario.id}: {failed[AT_HAND]}")

    def standing_of(kept: Robustness | None) -> str:
        return "none" if kept is None else kept.standing(scenario, rationality)

    over_ranges, over_ensemble = shipped(), shipped(ENSEMBLE_FILE)
    if robustness is not None and robustness.ensemble:
        over_ensemble = robustness
    elif robustness is not None:
        over_ranges = robustness
    standing, ensemble = standing_of(over_ranges), standing_of(over_ensemble)
    baseline = rationality is None and scenario.hash == load("baseline").hash
    shares = over_ranges if standing == "current" else None
    weighed = over_ensemble if ensemble == "current" else None
    return Claims(
        scenario=scenario.id,
        title=scenario.title,
        scenario_hash=scenario.hash,
        grid=used.name,
        rationality=rationality,
        months=LAST_MONTH,
        variants=len(names),
        versions=versions(),
        fingerprint=model_fingerprint(),
        robustness=standing,
        draws=None if shares is None else shares.draws,
        ensemble=ensemble,
        findings=tuple(
            _finding(asked, claim, check, evaluated, failed, used.name, (shares, weighed), baseline)
            for claim, check in asked.checks
        ),
    )


def _finding(
    asked: Asked,
    claim: Claim,
    check: Check,
    evaluated: Evaluated,
    failed: Mapping[str, str],
    grid: str,
    kept: tuple[Robustness | None, Robustness | None],
    known: bool,
) -> Finding:
    name = f"{claim.number}{check.part}"
    stored = check.on_default if grid == "default" and check.on_default else check.status
    judgement = None if check.missing else asked.judged(check, evaluated)
    status, note = _status(check, judgement, failed, known)
    baseline = "" if check.treated is None else _label(asked, check.baseline, check.level)
    shares, weighed = (None if each is None else each.share(name) for each in kept)
    figures = (None,) * 4 if judgement is None else _figures(judgement)
    return Finding(
        claim=claim.number,
        id=claim.id,
        part=check.part,
        name=name,
        paragraphs=tuple(claim.paragraphs),
        says=claim.claim,
        shows=check.shows,
        status=status,
        expected=check.expected,
        stored=stored,
        differs=stored is not None and status != stored,
        direction=check.direction,
        unit="" if check.treated is None else unit_of(check.measure_of(check.treated)),
        baseline=baseline,
        treated="" if check.treated is None else _label(asked, check.treated, None),
        baseline_figure=figures[0],
        treated_figure=figures[1],
        difference=figures[2],
        needed=figures[3],
        robustness=shares,
        ensemble=None if weighed is None else weighed["share"],
        note=note,
        revised=check.revised,
        test=check.test,
    )


def _status(check: Check, judgement: Judgement | None, failed: Mapping[str, str], known: bool) -> tuple[str, str]:
    """Return status and note; what the seeds say was found on the baseline, and is said there only (``known``)."""
    if judgement is None:
        return "not yet", check.missing
    holds = judgement.holds[0]
    if math.isnan(holds):
        broken = [failed[name] for side in check.sides for name in side.variants if name in failed]
        return NOT_COMPUTED, broken[0] if broken else "This scenario has no such position, deal or choice."
    if not holds:
        return "fails", check.finding if known else ""
    return ("built in" if check.built_in else "holds"), check.finding if known else ""


def _figures(judgement: Judgement) -> tuple[float | None, ...]:
    baseline, treated = float(judgement.baseline[0]), float(judgement.treated[0])
    values = (baseline, treated, treated - baseline, float(judgement.needed[0]))
    return tuple(value if math.isfinite(value) else None for value in values)


def _label(asked: Asked, side: Side | None, level: float | None) -> str:
    if side is None:
        return f"level {level:g}"
    title = asked.titles[side.variant]
    return title if side.minus is None else f"{title}, less: {asked.titles[side.minus]}"


def _read(evaluated: Evaluated, measure: Measure) -> Floats:
    """Return one figure for all designs, shape (n,)."""
    if not isinstance(measure, OfOutcome):
        # without any variant that was computed there are no figures at all
        return evaluated.measured.get(key_of(measure), np.full(len(evaluated.designs), np.nan))
    found = evaluated.at(measure.outcome, measure.month)
    if measure.since:
        found = found - evaluated.at(measure.outcome, measure.since)
    if measure.less is not None:
        found = found - evaluated.at(measure.less, measure.month)
    if measure.share_of_month is not None:
        whole = evaluated.at(measure.outcome, measure.share_of_month)
        found = np.divide(found, whole, out=np.full_like(found, np.nan), where=whole > 0)
    return found
