"""The sections on the claims of the article and on what the numbers rest on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim.report import words
from sim.report.analysis_values import four_digits
from sim.report.parts import esc, scrolling, table

if TYPE_CHECKING:
    from sim.forecast.result import Result

Record = Mapping[str, Any]


def claims(result: Result, dossier: Record) -> str:
    """Every claim with its status, both figures, and in how many draws it holds."""
    found = dossier["claims"]
    counts: dict[str, int] = {}
    for row in found["findings"]:
        counts[row["status"]] = counts.get(row["status"], 0) + 1
    listed = words.listed([f"{number} {status}" for status, number in counts.items()])
    shares = any(row["robustness"] for row in found["findings"])
    weighed = any(row["ensemble"] is not None for row in found["findings"])
    rows = []
    for row in found["findings"]:
        status = f'<span class="status {esc(row["status"].replace(" ", "-"))}">{esc(row["status"])}</span>'
        if row["differs"]:
            status += f'<span class="q">in the baseline: {esc(row["stored"])}</span>'
        place = words.listed([f"¶{number}" for number in row["paragraphs"]])
        what = f'{esc(row["says"])}<span class="q">{esc(place)}. Checked: {esc(row["shows"])}</span>'
        if row["note"]:
            what += f"<details><summary>What was found</summary><p>{esc(row['note'])}</p></details>"
        cells = [esc(row["name"]), what, status, _figures(row)]
        if shares:
            cells.append(_share(row["robustness"]))
        if weighed:
            cells.append("–" if row["ensemble"] is None else esc(words.percent(row["ensemble"])))
        rows.append(cells)
    head = ["", "Claim", "Status", "Compared, then", *(["Holds over the ranges in"] if shares else [])]
    head += ["In the ensemble"] if weighed else []
    lead = (
        f"{len(found['findings'])} checks: {listed}. Each compares variants of this scenario; direction and margin "
        "were "
        "fixed before anything was computed. What fails is shown failing; built in means that the model assumes it, so "
        "it shows nothing."
        + (" The ensemble: draws of all parameters, weighted by six months of events." if weighed else "")
    )
    text = (1, 2, 3)
    return f"<p>{esc(lead)}</p>{scrolling(table(head, rows, kind='claims', text=text), 'Claims', ' tall')}"


def _figures(row: Record) -> str:
    if row["baseline_figure"] is None or row["treated_figure"] is None:
        return "–"
    unit = row["unit"]
    before, after = (_figure(row[key], unit) for key in ("baseline_figure", "treated_figure"))
    unit = unit.partition(":")[0]
    return (
        f'{esc(before)} → {esc(after)}<span class="q">{esc(unit)}: {esc(row["baseline"])} → '
        f"{esc(row['treated'])}</span>"
    )


def _figure(value: float, unit: str) -> str:
    if unit in ("probability", "share"):
        text = words.percent(value) if 0 <= value <= 1 else f"{value:.0%}"
    else:
        text = f"{value:,.1f}" if unit == "persons" else f"{value:,.2f}"
    return text.replace("-", "−")


def _share(found: Record | None) -> str:
    if not found:
        return "–"
    low, high = words.percent(found["low"]), words.percent(found["high"])
    return f'{esc(words.percent(found["share"]))}<span class="q">{esc(low)} to {esc(high)}</span>'


def sources(result: Result, dossier: Record) -> str:
    """Every parameter with value, unit, range and source; what the article says, by paragraph."""
    rows = []
    assumed = 0
    for row in dossier["sources"]:
        assumed += row["source"] == "assumption"
        low, high = row["low"], row["high"]
        span = "–" if low is None or high is None else f"{four_digits(low)} to {four_digits(high)}"
        if row["source"] == "assumption":
            rest = f"<b>Assumption.</b> {esc(row['reason'])}"
        else:
            places = words.listed([f"¶{number}" for number in row["paragraphs"]])
            rest = f"{esc(places)}: {esc(row['says'])} {esc(row['reason'])}"
        value = esc(four_digits(row["value"]))
        if row["value"] != row["shipped"]:
            value += f'<span class="q">set here; baseline {esc(four_digits(row["shipped"]))}</span>'
        name = f'{esc(row["meaning"])}<span class="q"><code>{esc(row["name"])}</code></span>'
        rows.append([name, value, esc(row["unit"]), esc(span), rest])
    head = ["Parameter", "Value", "Unit", "Plausible range", "Source"]
    content = scrolling(table(head, rows, kind="claims cards", text=(2, 4)), "Parameters with sources", " tall")
    total = len(dossier["sources"])
    return (
        f"<p>One source: {esc(dossier['article'])} {total} numbers go in; {assumed} are assumptions outright, the "
        "others "
        "rest on a passage, in our own words, for their direction, and their figures are assumed within stated "
        "ranges.</p>"
        f"<details><summary>All {total} parameters, with value, range and source</summary>{content}</details>"
    )
