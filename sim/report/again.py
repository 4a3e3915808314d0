"""The command lines that compute the numbers of a section again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from sim.report import words

Record = Mapping[str, Any]


def line(manifest: Record, source: str, command: str, *options: str, grid: str = "", rationality: bool = True) -> str:
    """Return one command line for the scenario of a page, ready to paste into a shell."""
    parts = ["grand-deal", command, source, *options]
    for name, value in (manifest.get("overrides") or {}).items():
        parts += ["--set", f"{name}={plain(value)}"]
    parts += ["--grid", grid] if grid else []
    if rationality and manifest.get("rationality") is not None:
        parts += ["--rationality", str(manifest["rationality"])]
    return shlex.join(parts)


def plain(value: object) -> str:
    """A parameter's value as ``--set`` takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{','.join(map(plain, value))}]"
    return words.number(value)


def lines(dossier: Record, manifest: Record, source: str, seed: int) -> dict[str, list[str]]:
    """Return section -> its command lines."""
    grid, many = dossier["grid"], dossier["ensemble"]
    asked = dossier["question"]
    goal = ["--outcome", asked["outcome"], "--level", f"{asked['level']:.15g}", "--at", str(asked["month"])]

    def made(command: str, *options: str, grid: str, rationality: bool = True) -> str:
        return line(manifest, source, command, *options, grid=grid, rationality=rationality)

    flip = []
    if dossier["tornado"] is not None:
        outcomes = [word for name in dossier["tornado"]["outcomes"] for word in ("--outcome", name)]
        at = ["--at", str(asked["month"])]
        flip.append(made("sensitivity", "--method", "tornado", *outcomes, *at, "--no-check", grid=many))
    for found in dossier["tipping"]:
        flip.append(made("tipping", "--parameter", found["parameter"]["name"], *goal, "--no-check", grid=many))
    read = ["--outcome", asked["outcome"], "--at", str(asked["month"]), "--no-check"]
    sweeps = []
    for found in dossier["sweeps"]:
        spans = [f"{axis['name']}={axis['low']:.15g}:{axis['high']:.15g}:{axis['points']}" for axis in found["axes"]]
        months = [word for month in found["months"] for word in ("--at", str(month))]
        moved = [word for span in spans for word in ("--parameter", span)]
        sweeps.append(made("sweep", *moved, "--outcome", asked["outcome"], *months, "--no-check", grid=many))
    shares = []
    if dossier["sobol"] is not None:
        shared = ",".join(sorted({row["parameter"] for row in dossier["sobol"]["rows"]}))
        sized = ["--samples", str(dossier["sobol"]["settings"]["samples"]), "--seed", str(seed)]
        shares.append(made("sensitivity", "--method", "sobol", "--parameters", shared, *sized, *read, grid=many))
    region = []
    if dossier["discovery"] is not None:
        side = "below" if dossier["discovery"]["below"] is not None else "above"
        drawn = ["--parameters", ",".join(row["parameter"] for row in dossier["discovery"]["parameters"])]
        limit = [f"--{side}", f"{asked['level']:.15g}", "--size", str(dossier["discovery"]["size"])]
        region.append(made("discover", *limit, "--seed", str(seed), *drawn, *read, grid=many))
    tried: list[str] = []
    if dossier["inverse"] is not None and dossier["tornado"] is not None:
        names = [row["parameter"] for key in ("flips", "without") for row in dossier["inverse"][key]]
        known = {row["parameter"] for row in dossier["tornado"]["rows"]}
        tried = [word for name in sorted(names) for word in ("--parameter", name)] if len(names) < len(known) else []
    run = made("run", "--seed", str(seed), grid=grid)
    return {
        "why": [made("explain", grid=grid)],
        "flip": flip,
        "sweep": sweeps,
        "sobol": shares,
        "discover": region,
        "sure": [run, *(made("run", "--seed", str(seed), grid=row["grid"]) for row in dossier["grids"])],
        "people": [run],
        "deals": [made("deals", grid=grid)],
        "power": [made("power", "--no-sharp", grid=many)],
        "path": [made("tournament", "--path", grid=grid)],
        "stability": [made("stability", grid=grid, rationality=False)],
        "claims": [made("claims", grid=many)],
        "evidence": [made("tipping", "--inverse", *goal, *tried, "--no-check", grid=many)],
        "sources": [line(manifest, source, "show", rationality=False)],
    }
