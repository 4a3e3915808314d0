"""``discover``: where in the space of assumptions an outcome of interest happens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options, varied
from sim.cli.output import out, out_json, percent, table

if TYPE_CHECKING:
    from rich.table import Table

    from sim.analyse.discover import Discovery, Found

_STEPS = 8  # of the trade-off shown


def discover(
    scenario: options.Source,
    outcome: varied.Outcome = "freed",
    above: Annotated[float | None, options.optional("--above", "NUMBER", "Of interest: at or above this.")] = None,
    below: Annotated[float | None, options.optional("--below", "NUMBER", "Of interest: below this.")] = None,
    at: varied.At = 24,
    parameter: varied.Parameters = None,
    parameters: varied.Several = None,
    size: Annotated[int, typer.Option("--size", min=1, metavar="NUMBER", help="How many draws.")] = 2000,
    design: Annotated[str, typer.Option("--design", metavar="KIND", help="How to draw: lhs or sobol.")] = "lhs",
    boxes: Annotated[
        int, typer.Option("--boxes", min=1, max=9, metavar="NUMBER", help="Most boxes, one after another.")
    ] = 1,
    step: Annotated[
        int | None,
        options.optional(
            "--step",
            "NUMBER",
            "Make the first box from this step of the trade-off, instead of the best balance.",
            min=0,
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        options.optional(
            "--out",
            "FOLDER",
            "Keep results here, so that an interrupted run goes on where it stopped; the draws as draws.csv.",
        ),
    ] = None,
    overrides: options.Set = None,
    grid: options.Grid = "fast",
    seed: options.Seed = 0,
    rationality: options.Rationality = None,
    jobs: options.Jobs = None,
    cluster: options.Cluster = None,
    no_check: varied.NoCheck = False,
    as_json: options.Json = False,
) -> None:
    """Find the assumptions under which an outcome happens.

    Draws over the ranges, boxes by PRIM, and a small decision tree. Shares of draws are not chances of the future.
    """
    base = varied.loaded(scenario, overrides)
    given = varied.ranges(parameter)
    names = varied.several(parameters, given)
    with options.workers(cluster), varied.progress("Draws:") as tell:
        from sim.analyse.discover import discover as compute

        made = compute(
            base,
            outcome,
            above=above,
            below=below,
            at=at,
            parameters=names,
            ranges={name: (limits[0], limits[1]) for name, limits in given.items() if limits is not None},
            size=size,
            design=design,
            boxes=boxes,
            step=step,
            seed=seed,
            folder=folder,
            grid=grid,
            rationality=options.rationality(rationality),
            jobs=jobs,
            check=0 if no_check else 5,
            on_done=tell,
        )
    if folder is not None:
        varied.write_table(folder / "draws.csv", made.columns())
    if as_json:
        out_json(made.to_json())
    else:
        _print(made)
        words = ["--outcome", outcome, "--at", str(at)]
        for name, value in (("--above", above), ("--below", below)):
            words += [name, f"{value:.15g}"] if value is not None else []
        words += varied.parameter_words(given, parameters)
        words += ["--size", str(size), "--design", design, "--seed", str(seed), "--boxes", str(boxes)]
        words += [] if step is None else ["--step", str(step)]
        words += ["--no-check"] if no_check else []
        varied.close(
            made.basis,
            varied.again("discover", scenario, words, overrides=overrides, grid=grid, rationality=rationality),
        )
    if as_json:
        varied.failures(made.basis)
    if made.basis.failed:
        raise typer.Exit(1)


def _print(made: Discovery) -> None:
    out(
        f"Of interest: {made.goal} ({made.unit})",
        f"It happens in {made.hits} of {made.size} draws ({percent(made.hits / made.size)}).",
        "",
    )
    for number, box in enumerate(made.boxes, start=1):
        out(_box(box, number))
        out(
            f"It holds {percent(box.coverage)} of the draws of interest (coverage); of the draws inside "
            f"{percent(box.density)} are of interest (density). On draws not seen: {percent(box.unseen_coverage)} and "
            f"{percent(box.unseen_density)}.",
            "",
        )
    if made.boxes:
        out(_trail(made.boxes[0]))
    out("Decision tree: share of interest among the draws that answer so", *_tree(made.tree), "", *made.notes)


def _box(box: Found, number: int) -> Table:
    numbers = ("from", "to", "range", "quasi-p", "in halves")
    rows = table(f"Box {number}", "parameter", *numbers, "unit", numbers=numbers, wide=("parameter",))
    for limit in box.limits:
        low, high = ("" if end is None else f"{end:.4g}" for end in (limit.low, limit.high))
        rows.add_row(
            limit.parameter,
            low,
            high,
            f"{limit.range_low:.4g} to {limit.range_high:.4g}",
            f"{limit.quasi_p:.1g}",
            f"{limit.again:.0%}",
            limit.unit,
        )
    return rows


def _trail(box: Found) -> Table:
    numbers = ("step", "coverage", "density", "share of draws", "limits")
    rows = table("The trade-off on the way to box 1 (--step takes another one)", *numbers, numbers=numbers)
    last = len(box.trail) - 1
    chosen = {round(last * i / (_STEPS - 1)) for i in range(_STEPS)} | {box.step}
    for i in sorted(chosen):
        each = box.trail[i]
        mark = " *" if i == box.step else ""
        cells = (percent(each["coverage"]), percent(each["density"]), percent(each["mass"]))
        rows.add_row(f"{i}{mark}", *cells, str(each["limits"]))
    return rows


def _tree(tree: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    pad = "  " * depth
    if "parameter" not in tree:
        yield f"{pad}{percent(tree['share'])} of {tree['size']} draws"
        return
    yield f"{pad}{tree['parameter']} at most {tree['threshold']:.4g}:"
    yield from _tree(tree["below"], depth + 1)
    yield f"{pad}{tree['parameter']} above {tree['threshold']:.4g}:"
    yield from _tree(tree["above"], depth + 1)
