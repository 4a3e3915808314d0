"""``tournament``: fixed ways of negotiating against one another and against the equilibrium."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options
from sim.cli.output import DISCLAIMER, busy, command_line, decimal, note, out, out_json, percent, table, warn_of_range

if TYPE_CHECKING:
    from rich.table import Table

    from sim.play.concession import Concession
    from sim.play.reaction import Against
    from sim.play.tournament_record import Tournament

_SHOWN = 10  # equilibria in words; the rest is in --json
_RARE = 0.01


def tournament(
    scenario: options.Source,
    overrides: options.Set = None,
    grid: options.Grid = "fast",
    rationality: options.Rationality = None,
    names: Annotated[
        str | None,
        options.optional(
            "--behaviours",
            "NAME,NAME,...",
            "Behaviours to play beside the equilibrium: hold, reciprocate, late, early, squeeze, greedy, random.",
        ),
    ] = None,
    seat: Annotated[
        list[str] | None,
        options.optional(
            "--seat",
            "CAPITAL=BEHAVIOUR",
            "No tournament: let only this capital follow a behaviour (repeatable), the others as before and anew.",
        ),
    ] = None,
    path: Annotated[
        bool, typer.Option("--path", help="No tournament: show the equilibrium's concession path, month by month.")
    ] = False,
    anew: Annotated[
        bool, typer.Option("--anew/--no-anew", help="Also let the others solve anew against each behaviour.")
    ] = True,
    folder: Annotated[
        Path | None, options.optional("--out", "FOLDER", "Keep finished parts here, so that it can go on after a stop.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Play fixed behaviours against the equilibrium.

    Nobody reacts in the tournament; what happens if the others solve anew is a separate question, shown beside it.
    """
    from sim.errors import UsageError
    from sim.scenario import load

    if seat and path:
        raise UsageError("tournament: found --seat and --path; allowed: one of them")
    seats = options.overrides(seat)
    loaded = load(scenario, options.overrides(overrides))
    warn_of_range([loaded])
    precision = options.rationality(rationality)
    again = command_line("tournament", [scenario], overrides=overrides, grid=grid, seed=0, rationality=rationality)
    again = again.replace(" --seed 0", "")
    last = f"{DISCLAIMER} Scenario hash {loaded.hash[:12]}."
    if path or seats:
        with busy(f"Working out {loaded.id} ..."):
            from sim.play.concession import concession
            from sim.play.reaction import against

            found: Any
            if path:
                found = concession(loaded, grid=grid, rationality=precision)
                again += " --path"
            else:
                found = against(loaded, seats, grid=grid, rationality=precision)
                again += "".join(f" --seat {pair}" for pair in seat or ())
        if as_json:
            out_json(found.to_json())
            return
        out(*(_path(found) if path else _against(found)), last, f"The same again: {again}")
        return
    from sim.play.behaviours import DEFAULT
    from sim.play.tournament import tournament as play

    chosen = [name.strip() for name in names.split(",") if name.strip()] if names is not None else list(DEFAULT)

    def progress(done: int, total: int, what: str) -> None:
        note(f"Parts: {done} of {total}: {what}")

    note(f"Solving {loaded.id}, then playing all profiles of {len(chosen) + 1} behaviours over four seats ...")
    result = play(loaded, grid=grid, rationality=precision, names=chosen, anew=anew, folder=folder, progress=progress)
    if as_json:
        out_json(result.to_json())
        return
    if names is not None:
        again += f" --behaviours {','.join(chosen)}"
    out(*_scores(result), *_equilibria(result), last, f"The same again: {again}{'' if anew else ' --no-anew'}")


def _scores(result: Tournament) -> list[Table | str]:
    numbers: tuple[str, ...] = ("mean payoff", "worst", "mean regret", "largest", "exploitability")
    if result.anew is not None:
        numbers += ("others anew",)
    rows = table(
        f"{len(result.behaviours)} behaviours in four seats, {result.freed.size:,} profiles, points of each capital",
        *("capital", "behaviour", *numbers, "freed"),
        numbers=(*numbers, "freed"),
    )
    for row in result.scores():
        name, capital = row["behaviour"], row["capital"]
        values = [
            row[key] for key in ("mean_payoff", "worst_payoff", "mean_regret", "largest_regret", "exploitability")
        ]
        cells = [decimal(value) for value in values]
        if result.anew is not None:
            reply = result.anew[capital].get(name)
            cells.append("-" if reply is None else decimal(reply["payoffs"][capital]))
        rows.add_row(
            capital, name, *cells, decimal(row["mean_freed"], "persons"), end_section=name == result.behaviours[-1]
        )
    from sim.play.tournament_record import MEANING

    meanings = "; ".join(f"{name}: {text}" for name, text in result.meanings.items())
    return [
        f"Tournament in {result.scenario}, grid {result.grid}. {MEANING}",
        f"{meanings}.",
        "",
        rows,
        "Mean payoff, worst, regret: over all profiles of the others, regret against the best behaviour of the table. "
        "Exploitability: what the best reply in the whole game would gain while the others keep to the equilibrium. "
        + (
            "Others anew: own payoff if the others know and answer with an equilibrium of their own. "
            if result.anew
            else ""
        )
        + f"Freed: people in {result.months} months. No common unit between capitals.",
        "",
    ]


def _equilibria(result: Tournament) -> list[Table | str]:
    parts: list[Table | str] = []
    if result.equilibria:
        capitals = ("minsk", "washington", "brussels", "moscow")
        count = len(result.equilibria)
        rows = table(f"Pure equilibria of the table of behaviours: {count}", *capitals)
        for profile in result.equilibria[:_SHOWN]:
            rows.add_row(*profile)
        parts.append(rows)
        if count > _SHOWN:
            parts.append(f"and {count - _SHOWN} more (--json)")
    else:
        parts.append("The table of behaviours has no equilibrium in pure choices: somebody would always switch.")
    last = result.logit.last
    rows = table(
        f"Logit equilibrium of the table, traced from lam 0 to {last.lam:.3g}", "capital", "plays", wide=("plays",)
    )
    for capital, mixture in zip(("minsk", "washington", "brussels", "moscow"), last.mixtures, strict=True):
        likely = sorted(zip(mixture, result.behaviours, strict=True), key=lambda pair: -pair[0])
        rows.add_row(capital, ", ".join(f"{name} {percent(p)}" for p, name in likely if p >= _RARE))
    parts.append(rows)
    parts.append(
        f"Residual {last.residual:.1e}, largest regret {max(last.regret):.2g} points."
        + ("" if result.logit.complete else " The trace stopped there: the branch could not be followed further.")
    )
    return [*parts, ""]


def _against(found: Against) -> list[Table | str]:
    who = ", ".join(f"{capital}: {name}" for capital, name in found.seats.items())
    rows = table(
        f"If {who}",
        *("capital", "others as before", "others anew"),
        numbers=("others as before", "others anew"),
    )
    for capital, value in found.kept["payoffs"].items():
        rows.add_row(capital, decimal(value), decimal(found.anew["payoffs"][capital]))
    outcomes = found.anew["outcomes"]
    rows.add_row("people freed", decimal(found.kept["freed"], "persons"), decimal(outcomes["freed"][-1], "persons"))
    rows.add_row("share of the grand deal", decimal(found.kept["deal_share"]), decimal(outcomes["deal_share"][-1]))
    return [
        rows,
        "As before: the others go on with the equilibrium of the scenario. Anew: they know it and answer with an "
        "equilibrium of their own. Payoffs in points of each capital: no common unit.",
    ]


def _path(found: Concession) -> list[Table | str]:
    numbers = ("offers", "persons", "relief", "contact", "accepted", "persons a step", "says yes")
    shown = {1, 2, 3, 6, 9, 12, 18, 24}
    rows = table(
        f"Concession path of {found.scenario}: what each side would propose and accept, by month",
        *("month", "table", "party", *numbers, "likeliest offer"),
        numbers=("month", *numbers),
        wide=("likeliest offer",),
    )
    for side in found.sides:
        if side.month in shown:
            cells = [decimal(side.persons), decimal(side.relief), decimal(side.contact)]
            yes = "-" if side.accepted is None else percent(side.accepted)
            price = decimal(side.asks)
            rows.add_row(
                *(
                    str(side.month),
                    side.table,
                    side.party,
                    percent(side.offers),
                    *cells,
                    yes,
                    price,
                    "-" if side.says_yes is None else percent(side.says_yes),
                    side.likeliest or "-",
                )
            )
    prices = ", ".join(f"{m}: {decimal(found.price[m - 1])}" for m in sorted(shown) if m <= len(found.price))
    return [
        rows,
        "Offers: chance that it makes one when it is its turn; accepted: that its offer is taken; says yes: that it "
        "takes what the others at the table offer, as often as they offer it.",
        f"Price in the deals struck in a month, persons per step of relief: {prices}.",
        "",
    ]
