"""Rows of the charts on deals: the planes of gains, and who gains from one package or from how many."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sim.report import theme, words
from sim.report.analysis_values import signed
from sim.report.ladder import ladder, sided, text_width
from sim.report.rows import Rows, apart

Record = Mapping[str, Any]
PICKS = {
    "likeliest": ("L", "the likeliest deal of the month"),
    "nash": ("N", "Nash"),
    "kalai_smorodinsky": ("K", "Kalai-Smorodinsky"),
    "egalitarian": ("E", "egalitarian"),
    "utilitarian": ("U", "utilitarian"),
    "utilitarian_normalised": ("V", "utilitarian, normalised"),
}


def plane_rows(window: Record) -> Rows:
    """Packages or cells of one plane, its frontier, the lines of no deal and the named points."""
    x, y = window["x"], window["y"]
    rows: Rows = [{"series": "quarter", "x": 0.0, "x2": x[1], "y": 0.0, "y2": y[1]}]
    if window["bins"] is not None:
        cells = window["bins"]
        most = math.log1p(max(cells["count"], default=1))
        columns = (cells[name] for name in ("x", "x2", "y", "y2", "count", "all_four"))
        for left, right, low, high, count, four in zip(*columns, strict=True):
            row = {"series": "cell", "x": left, "x2": right, "y": low, "y2": high, "share": math.log1p(count) / most}
            rows.append({**row, "token": "heat" if four else "quiet"})
    else:
        points = window["points"]
        for left, low, four in zip(points["x"], points["y"], points["all_four"], strict=True):
            series, token = ("four", "heat") if four else ("package", "quiet")
            rows.append({"series": series, "x": left, "y": low, "token": token})
    rows += [{"series": "up", "x": 0.0}, {"series": "across", "y": 0.0}]
    rows += _edge(window)
    return rows + _named(window)


def _edge(window: Record) -> Rows:
    """The frontier within the window."""
    (x0, x1), (y0, y1) = window["x"], window["y"]
    found = zip(window["frontier"]["x"], window["frontier"]["y"], strict=True)
    kept = [(a, b) for a, b in found if x0 <= a <= x1 and y0 <= b <= y1]
    return [{"series": "frontier", "x": a, "y": b, "order": number} for number, (a, b) in enumerate(kept)]


def _named(window: Record) -> Rows:
    """Named points; those at one place share a mark, and labels keep apart."""
    (x0, x1), (y0, y1) = window["x"], window["y"]
    near: list[tuple[float, float, list[str]]] = []
    for rule in PICKS:
        if rule not in window["named"]:
            continue
        x, y = window["named"][rule]
        for a, b, rules in near:
            if abs(a - x) < 0.02 * (x1 - x0) and abs(b - y) < 0.02 * (y1 - y0):
                rules.append(rule)
                break
        else:
            near.append((x, y, [rule]))
    places = apart([(b - y0) / (y1 - y0) for _, b, _ in near], gap=0.055, low=0.03, high=0.97)
    rows: Rows = []
    for (x, y, rules), place in zip(near, places, strict=True):
        text = " ".join(PICKS[rule][0] for rule in rules)
        half = (text_width(text, 12) / 2 + 9) / 262 * (x1 - x0)
        side = 1 if x + 2 * half < x1 else -1
        row = {"series": "named", "x": x, "y": y, "text": text, "x_text": x + side * half}
        row |= {"y_text": y0 + place * (y1 - y0), "token": "ink" if "likeliest" in rules else "moscow"}
        rows.append({**row, "shape": "diamond" if "likeliest" in rules else "circle", "size": 90})
    return rows


def gain_rows(gains: Mapping[str, float], reach: Mapping[str, float]) -> Rows:
    """A bar for each capital's gain from one package, each on its own scale: ``reach`` is the longest bar."""
    entries = []
    for player, value in gains.items():
        token = theme.capital(player).token
        bar = sided(value, reach.get(player) or 1.0, token)
        entries.append({"label": theme.capital(player).name, "text": f"{signed(value)} points", "bar": bar})
    return ladder(entries)


def gaining_rows(deals: Record) -> Rows:
    """From how many packages each capital gains, and every signatory, and all four."""
    total = deals["packages"] or 1
    entries = []
    for player, count in deals["gaining"].items():
        capital = theme.capital(player)
        signs = "" if player in deals["signatories"] else " (does not sign)"
        entries.append(_counted(f"{capital.name}{signs}", count, total, capital.token))
    entries.append(_counted("every signatory", deals["zone"], total, "ink"))
    entries.append(_counted("all four capitals", deals["zone_all"], total, "heat"))
    return ladder(entries)


def _counted(label: str, count: int, total: int, token: str) -> dict[str, Any]:
    share = count / total
    text = f"{count:,} ({words.percent(share)})"
    return {"label": label, "text": text, "bar": {"from": 0.0, "to": max(share, 0.0), "zero": 0.0, "token": token}}
