"""``power``: what coalitions could do, what each capital adds, and what one of them alone can change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sim.cli import options
from sim.cli.output import DISCLAIMER, command_line, decimal, note, out, out_json, percent, signed, table, warn_of_range

if TYPE_CHECKING:
    from rich.table import Table

    from sim.forecast.power import Indices, PowerResult

_HEADLINES = ("freed", "leaders_freed", "us_relief", "eu_relief", "p_punished", "p_grand_deal")
_HEADS = {
    "freed": "freed",
    "leaders_freed": "leaders",
    "us_relief": "US relief",
    "eu_relief": "EU relief",
    "p_punished": "punished",
    "p_grand_deal": "grand deal",
}


def power(
    scenario: options.Source,
    overrides: options.Set = None,
    grid: options.Grid = "fast",
    rationality: options.Rationality = None,
    weight: Annotated[
        list[str] | None,
        options.optional(
            "--weight",
            "CAPITAL=NUMBER",
            "How much a point of this capital counts in a coalition's sum (repeatable); 1 by default.",
        ),
    ] = None,
    sharp: Annotated[
        bool, typer.Option("--sharp/--no-sharp", help="Also solve every coalition at lam infinite.")
    ] = True,
    as_json: options.Json = False,
) -> None:
    """Show what capitals could do together, and alone.

    Every coalition is solved as one player (gamma characteristic function). Utilities have no common unit.
    """
    from sim.scenario import load

    loaded = load(scenario, options.overrides(overrides))
    weights = _weights(weight)
    warn_of_range([loaded])
    from sim.forecast.power import power as solve

    def progress(done: int, total: int, what: str) -> None:
        note(f"Solves: {done} of {total}: {what}")

    precision = options.rationality(rationality)
    result = solve(loaded, grid=grid, rationality=precision, weights=weights, sharp=sharp, progress=progress)
    if as_json:
        out_json(result.to_json())
        return
    from sim.forecast.power import METHOD, NO_COMMON_UNIT

    out(f"Power in {loaded.title} ({loaded.id})", f"Method: {METHOD}.", "")
    out(*_together(result.own, result, "at the scenario's own precision" if precision is None else "as asked"))
    if result.sharp is not None:
        out(*_together(result.sharp, result, "at lam infinite"))
    out(NO_COMMON_UNIT, "", *_alone(result))
    again = command_line("power", [scenario], overrides=overrides, grid=grid, seed=0, rationality=rationality)
    again = again.replace(" --seed 0", "") + "".join(f" --weight {pair}" for pair in weight or ())
    out(
        f"{DISCLAIMER} Scenario hash {loaded.hash[:12]}.",
        f"The same again: {again}{'' if sharp else ' --no-sharp'}",
    )


def _weights(pairs: list[str] | None) -> dict[str, float]:
    found = {}
    for name, text in options.overrides(pairs).items():
        try:
            found[name] = float(text)
        except ValueError:
            raise typer.BadParameter(
                f"found {name}={text}; allowed: a number above 0, as in --weight minsk=2"
            ) from None
    return found


def _together(indices: Indices, result: PowerResult, when: str) -> list[Table | str]:
    names = list(result.weights)
    rows = table(
        f"Coalitions acting as one, {when}: worth in weighted points, outcomes at month {result.months}",
        *("coalition", "lam", "worth", "over going alone", "freed", "grand deal"),
        numbers=("lam", "worth", "over going alone", "freed", "grand deal"),
        wide=("coalition",),
    )
    single = {item.capitals[0]: item.worth for item in indices.coalitions if len(item.capitals) == 1}
    for item in indices.coalitions:
        gain = item.worth - sum(single[name] for name in item.capitals)
        deal = percent(item.outcomes["p_grand_deal"])
        freed = decimal(item.outcomes["freed"], "persons")
        rows.add_row(" + ".join(item.capitals), f"{item.lam:.2f}", decimal(item.worth), signed(gain), freed, deal)
    who = table(
        f"What each capital adds, {when}",
        *(
            "capital",
            "alone",
            "Shapley value",
            "Banzhaf value",
            "Banzhaf index",
            "adds to the grand deal",
            "most as it joins",
        ),
        numbers=("alone", "Shapley value", "Banzhaf value", "Banzhaf index", "adds to the grand deal"),
        wide=("most as it joins",),
    )
    for name in names:
        by, group = indices.swing[name]
        joins = f"{signed(by, '.1%')} with {' + '.join(group)}" if group else f"{signed(by, '.1%')} on its own"
        share = "-" if indices.banzhaf_index is None else decimal(indices.banzhaf_index[name])
        values = (single[name], indices.shapley[name], indices.banzhaf[name])
        who.add_row(name, *(decimal(value) for value in values), share, signed(indices.pivotal[name], ".1%"), joins)
    return [rows, who, _core(indices, names), ""]


def _core(indices: Indices, names: list[str]) -> str:
    found = indices.core
    shares = ", ".join(f"{name} {decimal(x)}" for name, x in zip(names, found.least, strict=True))
    groups = "; ".join(" + ".join(names[i] for i in group) for group in found.leave)
    if found.empty:
        return (
            f"The core is empty: however the points are shared, some coalition does better by leaving, by at least "
            f"{found.complaint:.2f} points. In the way: {groups}. Least core: {shares}."
        )
    return f"The core is not empty. A sharing that nobody betters by leaving: {shares}."


def _alone(result: PowerResult) -> list[Table | str]:
    from sim.forecast.commitments import MEANINGS

    rows = table(
        f"One capital alone: change against the equilibrium at month {result.months} (no comparison of utilities)",
        *("capital", "alone", *_HEADS.values(), "own points"),
        numbers=(*_HEADS.values(), "own points"),
    )
    for item in result.alone:
        changes = [_signed(name, item.changes[name]) for name in _HEADLINES]
        last = item is result.alone[-1] or item.commitment == list(MEANINGS)[-1]
        rows.add_row(item.capital, item.commitment, *changes, signed(item.own_change), end_section=last)
    meanings = "; ".join(f"{name}: {text}" for name, text in MEANINGS.items())
    return [rows, f"{meanings}. The others know it and answer with an equilibrium of their own."]


def _signed(name: str, value: float) -> str:
    if name.startswith("p_"):
        return signed(value, ".1%")
    return signed(value, ".1f" if "freed" in name else ".2f")
