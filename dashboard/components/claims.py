"""The article's claims: what each says, how it is put to the test, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.components import frame
from dashboard.components.tables import listed
from dashboard.keys import Key
from sim.report import words
from sim.scenario import evidence, load
from sim.scenario.checks import Check
from sim.scenario.evidence import Claim

PIECE = "claims"
"""The name of the work, for every page that asks for it."""
COMMAND = ("claims", "-", "--grid", "fast", "--json")
GLYPHS = {"holds": "✓", "fails": "✗", "built in": "▣", "not yet": "…", "not computed": "–"}
MEANINGS = (
    "✓ holds: the comparison goes the way the article says. ✗ fails: it does not; the article may be wrong, or the "
    "model may. ▣ built in: a payoff or the structure assumes it, which proves nothing. … not yet: the model cannot "
    "say it."
)
ALL = "all"


def tally() -> dict[str, int]:
    """Return status -> number of checks, as kept for the baseline."""
    return Counter(str(check.status or check.expected) for claim in evidence().claims for check in claim.checks)


def status(name: str) -> str:
    """Write a status with its glyph."""
    return f"{GLYPHS.get(name, '')} {name}".strip()


def table(found: Mapping[str, Any] | None) -> None:
    """Draw every check; ``found`` is what ``claims --json`` printed for the payoffs at hand, if it was asked."""
    counts = tally() if found is None else Counter(str(row["status"]) for row in found["findings"])
    options = [ALL, *(name for name in GLYPHS if counts.get(name))]
    chosen = st.segmented_control(
        "Which checks",
        options,
        format_func=lambda name: f"{status(name)} {counts[name]}" if name != ALL else f"all {sum(counts.values())}",
        default=ALL,
        key=Key.EVIDENCE.of("status"),
        required=True,
        label_visibility="collapsed",
    )
    findings = {row["name"]: row for row in found["findings"]} if found else {}
    fast, default = _stored() if found is None else (findings, {})
    shares = _shares(found)
    rows = []
    for claim in evidence().claims:
        for check in claim.checks:
            name = f"{claim.number}{check.part}"
            finding = findings.get(name)
            now = str(finding["status"]) if finding else str(check.status or check.expected)
            if chosen not in (ALL, now):
                continue
            rows.append(
                [
                    f"{name}\n{_paragraphs(claim)}",
                    f"{claim.claim}\n{check.shows}",
                    _told(now, check, found is not None),
                    _figures(fast.get(name), default.get(name)),
                    shares.get(name, "–"),
                ]
            )
    if not rows:
        frame.empty("No such check", "Choose another status above.")
        return
    if not shares:
        rows = [row[:-1] for row in rows]
    heads = ["Claim", "What the article says, in our words, and how it is put to the test", "Status"]
    heads.append("Figures: compared with → found")
    with st.container(key="cards-checks"):
        listed([*heads, "Holds over ranges; in the ensemble"] if shares else heads, rows)
    if not shares:
        st.html(
            '<p class="gd-note">In how many draws over all plausible ranges each check holds is not kept for this '
            "model; “grand-deal claims --robustness” works it out.</p>"
        )
    st.html(f'<p class="gd-note">{MEANINGS}</p>')


def _told(now: str, check: Check, recomputed: bool) -> str:
    small = []
    stored = check.status or check.expected
    if recomputed and now != stored:
        small.append(f"baseline: {stored}")
    elif not recomputed and check.on_default not in (None, stored):
        small.append(f"on the default grid: {check.on_default}")
    if check.expected != now:
        small.append(f"expected beforehand: {check.expected}")
    return f"{status(now)}\n{'; '.join(small)}" if small else status(now)


def _stored() -> tuple[Mapping[str, Mapping[str, Any]], Mapping[str, Mapping[str, Any]]]:
    """Return name of a check -> finding on the baseline, on the fast and on the default grid, as kept."""
    from sim.analyse.claims_kept import shipped

    kept = shipped()
    if kept is None or not kept.current(load("baseline")):
        return {}, {}
    return kept.on("fast"), kept.on("default")


def _figures(finding: Mapping[str, Any] | None, finer: Mapping[str, Any] | None) -> str:
    """Write the figures of one check; beside those of the fast grid the default grid's, where they read differently."""
    pair = _pair(finding)
    if finding is None or not pair:
        return "–"
    other = _pair(finer)
    beside = f"; default grid: {other}" if other not in ("", pair) else "; the same on both grids" if other else ""
    return f"{pair}\n{finding['unit']}; {finding['direction']}{beside}"


def _pair(finding: Mapping[str, Any] | None) -> str:
    if finding is None or finding["treated_figure"] is None:
        return ""
    before = "" if finding["baseline_figure"] is None else f"{_figure(finding['baseline_figure'], finding['unit'])} → "
    return f"{before}{_figure(finding['treated_figure'], finding['unit'])}"


def _figure(value: float, unit: str) -> str:
    if unit in ("probability", "share"):
        text = words.percent(value) if 0 <= value <= 1 else f"{value:+.0%}"
    else:
        text = f"{value:,.1f}" if unit == "persons" else f"{value:.3g}"
    return text.replace("-", "−")


def _shares(found: Mapping[str, Any] | None) -> dict[str, str]:
    """Return name of a check -> share of draws over all ranges in which it holds, as kept for the baseline."""
    if found is not None:
        return {
            row["name"]: _share(row["robustness"], row["ensemble"]) for row in found["findings"] if row["robustness"]
        }
    from sim.analyse.claims_robustness import ENSEMBLE_FILE, shipped

    kept, weighed = shipped(), shipped(ENSEMBLE_FILE)
    if kept is None or not kept.current():
        return {}
    ensemble = {}
    if weighed is not None and weighed.current():
        ensemble = {name: found["share"] for name in weighed.verdicts if (found := weighed.share(name)) is not None}
    return {
        name: _share(share, ensemble.get(name)) for name in kept.verdicts if (share := kept.share(name)) is not None
    }


def _share(share: Mapping[str, float], ensemble: float | None) -> str:
    text = f"{share['share']:.0%}\n{share['low']:.0%} to {share['high']:.0%}"
    return text if ensemble is None else f"{text}; ensemble {ensemble:.0%}"


def _paragraphs(claim: Claim) -> str:
    return f"¶ {', '.join(map(str, claim.paragraphs))}"
