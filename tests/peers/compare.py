"""Our figures against a record of what another program found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sim.bargain.frontier import pareto
from sim.bargain.lotteries import Hull
from sim.bargain.picks import picks
from sim.interop import behaviour
from sim.solver import solve
from sim.solver.reach import start_distribution
from tests.peers.cases import CASES, KNOWN_NOT_RUN, Case, efg_game, gains_table, stationary_game

RECORDS = Path(__file__).parent / "records"

EXACT = 1e-8
"""Gambit and sgamesolver follow a path and stop near the lam asked for; ours is solved where they stopped."""
CLIMBED = 1e-7
"""NegMAS' Nash point on a hull comes from a general optimiser, which stops when the log of the product is this near."""
TOP = 1e-10
"""Ours comes with a proof that nothing is better by more; so theirs must not be."""
FLAT = 1e-5
"""How far that leaves the point itself: near its top the product is flat, a shortfall e moves the point by root e."""


@dataclass(frozen=True)
class Finding:
    """One figure or set of figures: the largest difference and the tolerance."""

    what: str
    difference: float
    tolerance: float
    figures: int

    @property
    def agrees(self) -> bool:
        """Whether the difference lies within the tolerance; a comparison of nothing does not."""
        return self.figures > 0 and self.difference <= self.tolerance


@dataclass(frozen=True)
class Outcome:
    """What became of a comparison: ``agrees``, ``DIFFERS`` or ``not run``, and why."""

    case: Case
    status: str
    findings: tuple[Finding, ...] = ()
    version: str = ""
    reason: str = ""


def record_path(case: Case) -> Path:
    """Return where a case's record lies."""
    return RECORDS / case.peer / f"{case.id}.json"


def digest(text: str) -> str:
    """Return the SHA-256 of an exported file."""
    return hashlib.sha256(text.encode()).hexdigest()


def outcome(case: Case) -> Outcome:
    """Compare a case with its record."""
    known = KNOWN_NOT_RUN.get((case.peer, case.id))
    path = record_path(case)
    if not path.is_file():
        return Outcome(case, "not run", reason=known or "there is no record; run `make peers`")
    record = json.loads(path.read_text(encoding="utf-8"))
    if record["sha256"] != digest(case.export()):
        return Outcome(
            case,
            "not run",
            version=record["version"],
            reason="the game has changed since the record was made; run `make peers`",
        )
    findings = tuple(_COMPARE[case.peer](case, record["raw"]))
    status = "agrees" if findings and all(finding.agrees for finding in findings) else "DIFFERS"
    return Outcome(case, status, findings, record["version"])


def outcomes(peers: tuple[str, ...] | None = None) -> list[Outcome]:
    """Compare all cases, or those of some peers."""
    return [outcome(case) for case in CASES if peers is None or case.peer in peers]


def _far(ours: Any, theirs: Any) -> float:
    one, other = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    assert one.shape == other.shape, (one.shape, other.shape)
    return float(np.abs(one - other).max()) if one.size else 0.0


def _gambit(case: Case, raw: Any) -> Iterator[Finding]:
    game, start, _ = efg_game(case.id)
    assert [solved["lam_asked"] for solved in raw["solved"]] == list(case.lam)
    for solved in raw["solved"]:
        lam = solved["lam_asked"]
        assert abs(solved["lam"] - lam) < 1e-9
        solution = solve(game, solved["lam"])
        ours = start_distribution(game, start) @ solution.values(0)
        yield Finding(f"payoffs at lam {lam:g}", _far(ours, solved["payoffs"]), EXACT, len(solved["payoffs"]))
        theirs = {(item["player"], item["number"]): item for item in solved["infosets"]}
        worst, figures = 0.0, 0
        for node, probabilities in behaviour(solution, start):
            item = theirs.pop((node.player + 1, node.number))
            worst = max(worst, _far(probabilities, item["probability"]))
            figures += len(probabilities)
        assert not theirs, f"decisions that we do not have: {sorted(theirs)}"
        yield Finding(f"probabilities at lam {lam:g}", worst, EXACT, figures)


def _negmas(case: Case, raw: Any) -> Iterator[Finding]:
    rows, _, _ = gains_table(case.id)
    efficient = {tuple(row) for row in rows[pareto(rows)].tolist()}
    theirs = {tuple(rows[m].tolist()) for m in raw["frontier"]}
    yield Finding("Pareto frontier: rows on one only", float(len(efficient ^ theirs)), 0.0, len(efficient))
    hull = Hull(rows)
    yield Finding("ideal point of the hull", _far(hull.ideal, raw["hull"]["ideal"]), EXACT, rows.shape[1])
    nash = hull.nash()
    theirs_above = float(np.log(raw["hull"]["nash"]).sum() - np.log(nash.gains).sum())
    yield Finding("Nash product of the hull, log", abs(theirs_above), CLIMBED, 1)
    yield Finding("Nash product: theirs above ours", max(0.0, theirs_above), TOP, 1)
    yield Finding("Nash point of the hull", _far(nash.gains, raw["hull"]["nash"]), FLAT, rows.shape[1])
    # the rule makes the smallest share as large as possible; NegMAS leaves open what the others get beyond it
    shares = np.asarray(raw["hull"]["kalai_smorodinsky"]) / np.asarray(raw["hull"]["ideal"])
    ours = hull.kalai_smorodinsky().score
    yield Finding("Kalai-Smorodinsky share of the hull", _far(ours, shares.min()), EXACT, 1)
    least = hull.egalitarian().score
    yield Finding("egalitarian gain of the hull", _far(least, min(raw["hull"]["kalai"])), EXACT, 1)
    chosen = picks(rows)
    if not raw["nobody_loses"]:
        none = sum(pick.index is not None for pick in chosen.values())
        yield Finding("picks where no package helps everybody", float(none), 0.0, len(chosen))
        return
    pairs = {"nash": "nash", "kalai": "egalitarian", "kalai_of_shares": "kalai_smorodinsky", "welfare": "utilitarian"}
    for name, rule in pairs.items():
        # ours breaks ties further: it must be among theirs
        allowed = [rows[m] for m in raw[name]]
        distance = min(_far(chosen[rule].gains, row) for row in allowed)
        yield Finding(f"{rule} package", distance, 0.0, len(allowed))


def _sgamesolver(case: Case, raw: Any) -> Iterator[Finding]:
    game = stationary_game()
    assert [solved["lam_asked"] for solved in raw["solved"]] == list(case.lam)
    for solved in raw["solved"]:
        lam = solved["lam_asked"]
        solution = solve(game, solved["lam"])
        yield Finding(f"values at lam {lam:g}", _far(solution.values(0), solved["values"]), EXACT, game.n_states(0) * 2)
        worst, figures = 0.0, 0
        for s, strategies in enumerate(solved["strategies"]):
            k = 0 if len(strategies[0]) > 1 else 1
            ours = solution.policy(0, k, [s + 4 * k])[0, :3]
            worst, figures = max(worst, _far(ours, strategies[k])), figures + 3
        yield Finding(f"probabilities at lam {lam:g}", worst, EXACT, figures)


_COMPARE = {"gambit": _gambit, "negmas": _negmas, "sgamesolver": _sgamesolver}


def table(found: list[Outcome]) -> str:
    """Return the comparisons as a table in plain text."""
    rows = [("peer", "comparison", "what", "largest difference", "tolerance", "figures", "status")]
    for item in found:
        head = (f"{item.case.peer} {item.version}".strip(), item.case.id)
        if not item.findings:
            rows.append((*head, item.reason, "-", "-", "-", item.status))
        for finding in item.findings:
            word = "agrees" if finding.agrees else "DIFFERS"
            far, near = f"{finding.difference:.1e}", f"{finding.tolerance:.0e}"
            rows.append((*head, finding.what, far, near, str(finding.figures), word))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
