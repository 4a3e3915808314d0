"""``explain``: why each capital does what it does at a position, and what carries the change to another scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options
from sim.cli.output import (
    DISCLAIMER,
    busy,
    command_line,
    decimal,
    note,
    out,
    out_json,
    percent,
    table,
    warn_of_range,
    width,
)
from sim.cli.run import TURNS

if TYPE_CHECKING:
    from rich.table import Table

    from sim.analyse.attribution import Attribution
    from sim.forecast.explanation import Benchmarks, Decision, Explanation
    from sim.forecast.fork import Fork
    from sim.scenario import Scenario

_MEDIUM, _NARROW = 110, 84  # below these widths less important columns are left out
_TERMS = 3  # terms shown of each option
_MONTHS = (12, 24)
_SMALL = {"probability": 0.0005, "share": 0.0005, "persons": 0.05}  # below these a change prints as nothing
_CARRIERS = 6  # changed parameters shown of each outcome


def explain(
    scenario: options.Source,
    overrides: options.Set = None,
    month: options.Month = 0,
    state: options.State = None,
    turn: Annotated[
        list[str] | None, options.optional("--turn", "NAME", "Only this turn, as in us-table (repeatable).")
    ] = None,
    pressing: Annotated[
        bool,
        typer.Option("--pressing", help="In a month in which Washington presses Brussels."),
    ] = False,
    against: Annotated[
        str | None,
        options.optional(
            "--against",
            "SCENARIO",
            "Instead, explain what changes in this other scenario: where they part, and what carries the change.",
            autocompletion=options.complete_source,
        ),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, metavar="NUMBER", help="Options shown of each decision.")] = 4,
    grid: Annotated[
        str | None,
        options.optional("--grid", "GRID", "fast, default, fine or LOTxROUNDS. Default: default, with --against fast."),
    ] = None,
    seed: options.Seed = 0,
    rationality: options.Rationality = None,
    jobs: options.Jobs = None,
    no_check: Annotated[
        bool,
        typer.Option("--no-check", help="With --against: do not compute some combinations again on the default grid."),
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Explain why each capital does what it does.

    Each option's value, split exactly into payoff terms, now and later; the runner-up, the margin, and what would tip
    it. Points belong to one capital each: they cannot be compared between capitals.
    """
    from sim.errors import UsageError
    from sim.scenario import load

    changes = options.overrides(overrides)
    loaded = load(scenario, changes)
    other = None if against is None else load(against, changes)
    warn_of_range([loaded] if other is None else [loaded, other])
    words = [scenario]
    chosen = options._grid(grid) if grid is not None else ("default" if other is None else "fast")
    if other is not None:
        if month or state or turn or pressing:
            raise UsageError("--against compares from the start of both: found --month, --state, --turn or --pressing")
        words += ["--against", str(against), *(["--no-check"] if no_check else [])]
        found = _against(loaded, other, chosen, seed, rationality, jobs, no_check, as_json)
    else:
        if no_check:
            raise UsageError("--no-check: found without --against; allowed: with it")
        found = _alone(loaded, chosen, rationality, month, state, turn, pressing, top, as_json)
        words += ["--month", str(month)] if month else []
        words += ["--state", state] if state is not None and (state or month) else []
        words += [word for name in turn or () for word in ("--turn", name)]
        words += [*(["--pressing"] if pressing else []), "--top", str(top)]
    if as_json:
        return
    again = command_line("explain", words, overrides=overrides, grid=chosen, seed=seed, rationality=rationality)
    out(
        f"{DISCLAIMER} Scenario hash {found[:12]}.",
        f"The same again: {again}{' < FILE' if '-' in (scenario, against) else ''}",
    )


def _alone(
    loaded: Scenario,
    grid: Any,
    rationality: str | None,
    month: int,
    state: str | None,
    turn: list[str] | None,
    pressing: bool,
    top: int,
    as_json: bool,
) -> str:
    with busy(f"Working out {loaded.id} ..."):
        from sim.forecast.explain import explain

        found = explain(
            loaded,
            month=month,
            state=None if state is None else options.dials(state),
            turn=turn,
            pressing=pressing,
            top=top,
            grid=grid,
            rationality=options.rationality(rationality),
        )
    if as_json:
        out_json(found.to_json())
        return found.scenario_hash
    out(f"{found.title} ({found.scenario})", _position(found, state), "")
    for decision in found.decisions:
        out(_decision(decision), decision.sentence, "")
    if found.benchmarks is not None:
        out(_benchmarks(found.benchmarks))
    return found.scenario_hash


def _position(found: Explanation, state: str | None) -> str:
    at = found.position
    when = "now" if found.month == 0 else f"after {found.month} month{'' if found.month == 1 else 's'}"
    press = "; Washington presses Brussels" if found.pressing else ""
    whose = ""
    if found.reached is not None:
        whose = (
            f" Of all positions that play from the start has reached by then this one is the likeliest "
            f"({percent(found.reached)}); --state names another."
        )
    elif found.month:
        but = f", but for what --state names ({state})" if state else ""
        whose = f" As if month {found.month} had come with the start position{but}."
    return (
        f"Position {when}: talks {at['talks']}; {at['prisoners']:,.0f} prisoners and {at['leaders']:.0f} leaders held; "
        f"US relief {at['us_relief']:.0f} of 3, EU relief {at['eu_relief']:.0f} of 2; contact: {at['contact']}{press}."
        f"{whose} Each turn as if it were reached with nothing done yet this month."
    )


def _decision(decision: Decision) -> Table:
    from sim.forecast.sentences import capital, deal

    who = capital(decision.player)
    what = {
        "move": who,
        "proposal": f"{who} proposes, if it is its turn to ({percent(decision.reached)})",
        "answer": f"{who} answers {capital(decision.proposer)}: {deal(decision.package)} "
        f"(comes up {percent(decision.reached)})",
    }[decision.kind]
    place = TURNS.get(decision.turn, decision.turn)
    split = ("now", "later", "after") if width() >= _MEDIUM else ()
    accepted = ("accepted",) if decision.kind == "proposal" and width() >= _NARROW else ()
    numbers = ("chosen", *accepted, "value", *split)
    rows = table(
        f"{place[:1].upper()}{place[1:]}: {what}",
        "option",
        *numbers,
        "against the likeliest" if width() >= _NARROW else "against it",
        numbers=numbers,
        wide=("option", "against the likeliest", "against it"),
    )
    likeliest = decision.option(decision.action)
    for choice in decision.options:
        own = [part for part in choice.parts if part.player == decision.player]
        parts = [sum(getattr(part, name) for part in own) for name in split]
        values = [choice.values[decision.player], *parts]
        shown = [f"{value:+.2f}".replace("-0.00", "+0.00") for value in values]
        chances = [percent(choice.probability), *([percent(choice.accepted)] if accepted else [])]
        rows.add_row(choice.action, *chances, *shown, _gaps(likeliest, choice, decision.player))
    if decision.left_out:
        rows.add_row(f"{decision.left_out} more", percent(decision.left_out_probability), *[""] * (len(numbers)))
    return rows


def _gaps(base: Any, choice: Any, player: str) -> str:
    """Return the terms in which an option differs most from another, for one capital."""
    from sim.forecast.sentences import VISIBLE, signed

    terms: dict[str, float] = {}
    for option, sign in ((choice, 1.0), (base, -1.0)):
        for part in option.parts:
            if part.player == player:
                terms[part.term] = terms.get(part.term, 0.0) + sign * part.total
    ranked = sorted(terms.items(), key=lambda pair: -abs(pair[1]))
    return ", ".join(f"{term} {signed(value)}" for term, value in ranked[:_TERMS] if abs(value) >= VISIBLE)


def _benchmarks(found: Benchmarks) -> Table:
    from sim.forecast.result import OUTCOME_LABELS, OUTCOME_UNITS

    ways = {"as it is": found.play, "lam infinite": found.sharp, "nobody acts": found.idle}
    last = found.months[-1]
    units = ("unit",) if width() >= _MEDIUM else ()
    rows = table(f"Expected {last} months on", "outcome", *ways, *units, numbers=tuple(ways), wide=("outcome", "unit"))
    for name in found.play:
        unit = OUTCOME_UNITS[name]
        cells = [decimal(way[name][-1], unit) for way in ways.values()]
        rows.add_row(OUTCOME_LABELS[name], *cells, *(["" if unit == "probability" else unit] if units else []))
    return rows


def _against(
    first: Scenario,
    second: Scenario,
    grid: Any,
    seed: int,
    rationality: str | None,
    jobs: int | None,
    no_check: bool,
    as_json: bool,
) -> str:
    with busy(f"Working out {first.id} and {second.id} ..."):
        from sim.analyse.attribution import attribute
        from sim.forecast import solved
        from sim.forecast.fork import fork
        from sim.model import grid_of

        months = min(_MONTHS[-1], grid_of(grid).rounds)
        precision = options.rationality(rationality)
        settings: dict[str, Any] = {} if not no_check else {"check": 0}
        settings |= {"grid": grid, "months": months, "rationality": precision, "seed": seed, "jobs": jobs}
        shares = attribute(first, second, on_done=_progress, **settings)
        both = [solved(each, grid=grid, rationality=precision) for each in (first, second)]
        parting = fork(both[0], both[1], months)
    if as_json:
        out_json({"attribution": shares.to_json(), "fork": None if parting is None else parting.to_json()})
        return first.hash
    out(f"From {first.title} ({first.id}) to {second.title} ({second.id}), grid {shares.grid}", "")
    out(_changed(shares), *_fork(parting, first.id, second.id), "")
    for month in sorted({min(month, shares.months[-1]) for month in _MONTHS}):
        out(_shares(shares, month))
    how = (
        f"Exact Shapley values: {shares.evaluations} combinations."
        if shares.errors is None
        else f"Shapley values from {shares.permutations} sampled orders ({shares.evaluations} combinations); "
        "after the sign ± their standard error."
    )
    out(f"{how} The shares add up to the change.", *_checked(shares))
    return first.hash


def _checked(shares: Attribution) -> tuple[str, ...]:
    """Say how the combinations compare with a finer grid."""
    from sim.analyse.record import COARSE

    check = shares.basis.check
    if check is None:
        return ()
    worst = max(check.rows, key=lambda row: row["relative"] or 0.0)
    text = (
        f"{len(check.variants)} of the {shares.evaluations} combinations computed again on the {check.grid} grid: "
        f"largest difference {percent(check.relative)} of the largest value ({worst['outcome']})."
    )
    if check.relative <= COARSE:
        return (text,)
    return (
        text,
        f"That is more than the {COARSE:.0%} that the {shares.grid} grid is meant to keep to: before relying on these "
        f"shares, compute them with --grid {check.grid}.",
    )


def _progress(done: int, of: int) -> None:
    if done % 32 == 0 and done < of:
        note(f"{done} of {of} combinations")


def _changed(shares: Attribution) -> Table:
    from sim.cli.output import plain_value

    rows = table("What differs", "parameter", shares.scenario, shares.against, wide=("parameter",))
    for each in shares.coordinates:
        for name, before, after in zip(each.names, each.before, each.after, strict=True):
            rows.add_row(name, plain_value(before), plain_value(after))
    return rows


def _fork(parting: Fork | None, first: str, second: str) -> tuple[str, ...]:
    if parting is None:
        return ("At the same position nobody decides anything differently: only the position differs.",)
    place = TURNS.get(parting.turn, parting.turn)
    place = f"the {place}" if parting.kind != "move" else place
    when = "in the first month" if parting.month == 0 else f"in month {parting.month + 1} of the likeliest course"
    head = (
        f"They part {when}, at {place}"
        if parting.differs
        else f"On the likeliest course nobody's likeliest action differs; the largest change {when} is at {place}"
    )
    return (f"{head} ({parting.position}).", f"{first}: {parting.because[0]}", f"{second}: {parting.because[1]}")


def _shares(shares: Attribution, month: int) -> Table:
    """One row an outcome: from, to, and the parameters that carry most of the change."""
    from sim.forecast.result import OUTCOME_LABELS, OUTCOME_UNITS

    rows = table(
        f"Change by the end of month {month}",
        *("outcome", shares.scenario, shares.against, "change", "carried by"),
        numbers=(shares.scenario, shares.against, "change"),
        wide=("outcome", "carried by"),
    )
    for name, by_parameter in shares.shares.items():
        unit = OUTCOME_UNITS[name]
        before, after = shares.before[name][month - 1], shares.after[name][month - 1]
        carried = sorted(range(len(by_parameter)), key=lambda j: -abs(by_parameter[j][month - 1]))
        texts = []
        for j in carried[:_CARRIERS]:
            share = by_parameter[j][month - 1]
            if abs(share) < _SMALL.get(unit, 0.005):
                continue
            error = f" ±{_size(shares.errors[name][j][month - 1], unit)}" if shares.errors else ""
            texts.append(f"{shares.coordinates[j].label} {_change(share, unit)}{error}")
        cells = (decimal(before, unit), decimal(after, unit), _change(after - before, unit))
        rows.add_row(OUTCOME_LABELS[name], *cells, ", ".join(texts))
    return rows


def _change(value: float, unit: str) -> str:
    if abs(value) < _SMALL.get(unit, 0.005):
        return "0"
    return f"{'+' if value > 0 else '-'}{_size(abs(value), unit)}"


def _size(value: float, unit: str) -> str:
    if unit == "probability":
        return f"{100 * value:.1f} pp"  # percentage points
    return f"{value:,.1f}" if unit == "persons" else f"{value:.2f}"
