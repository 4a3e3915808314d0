"""``tipping``: where an outcome crosses a level, where a capital changes its mind, and what would flip the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options, varied
from sim.cli.output import decimal, out, out_json, percent, table
from sim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.analyse.inverse_record import Inverse
    from sim.analyse.record import Basis
    from sim.analyse.tipping import Tipping
    from sim.analyse.tipping_actions import ActionTipping
    from sim.analyse.tipping_frontier import Frontier
    from sim.scenario import Scenario

_TOP = 12  # single changes shown


def tipping(
    scenario: options.Source,
    parameter: varied.Parameters = None,
    outcome: Annotated[
        str | None,
        options.optional(
            "--outcome", "NAME", "The headline outcome that crosses the level.", autocompletion=varied._complete_outcome
        ),
    ] = None,
    level: Annotated[float | None, options.optional("--level", "NUMBER", "The level, in the outcome's unit.")] = None,
    at: varied.At = 24,
    turn: Annotated[
        str | None,
        options.optional(
            "--turn",
            "TURN",
            "Instead: where the likeliest action at this turn changes (us-table, eu-table, summit, minsk, "
            "washington, brussels, moscow).",
        ),
    ] = None,
    proposer: Annotated[
        str | None, options.optional("--proposer", "CAPITAL", "Who makes the offer at that table.")
    ] = None,
    inverse: Annotated[
        bool, typer.Option("--inverse", help="Instead: the smallest changes of any parameters that flip the answer.")
    ] = False,
    deal: Annotated[
        str | None,
        options.optional(
            "--deal",
            "KIND",
            "With --inverse: make this kind of deal the likeliest first one, instead of crossing a level.",
        ),
    ] = None,
    ensemble: Annotated[
        bool,
        typer.Option(
            "--ensemble",
            help="With one --parameter: also in what share of the calibrated ensemble the level is crossed (some 400 "
            "forecasts).",
        ),
    ] = False,
    overrides: options.Set = None,
    grid: options.Grid = "fast",
    rationality: options.Rationality = None,
    jobs: options.Jobs = None,
    no_check: varied.NoCheck = False,
    as_json: options.Json = False,
) -> None:
    """Find the values at which the answer changes.

    One --parameter: every crossing of the level in its range, or none. Two: the curve in their plane. --turn: where a
    capital's likeliest action changes. --inverse: the smallest changes that flip the answer.
    """
    given = varied.ranges(parameter)
    _check_form(given, outcome, level, turn, proposer, inverse, deal)
    if ensemble and (len(given) != 1 or inverse or turn is not None):
        raise UsageError("--ensemble: allowed: with one --parameter, --outcome and --level")
    base = varied.loaded(scenario, overrides)
    settings: dict[str, Any] = {"grid": grid, "rationality": options.rationality(rationality), "jobs": jobs}
    check = 0 if no_check else 5
    made: Tipping | ActionTipping | Frontier | Inverse
    with varied.progress("Variants:") as tell:
        from sim.analyse import action_tipping, frontier
        from sim.analyse import inverse as turn_round
        from sim.analyse import tipping as one

        settings["on_done"] = tell
        names = list(given)
        limits: list[Any] = list(given.values())
        if inverse:
            made = turn_round(base, outcome, level, deal=deal, at=at, parameters=names or None, check=check, **settings)
        elif turn is not None:
            made = action_tipping(base, names[0], turn, proposer, limits=limits[0], check=check, **settings)
        elif len(names) == 2:
            assert outcome is not None
            assert level is not None
            both = (limits[0], limits[1])
            along, over = names
            made = frontier(base, along, over, outcome, level, at=at, limits=both, check=check, **settings)
        else:
            assert outcome is not None
            assert level is not None
            made = one(base, names[0], outcome, level, at=at, limits=limits[0], check=check, **settings)
    if ensemble:
        made = _with_ensemble(base, made, settings)
    if as_json:
        out_json(made.to_json())
        varied.failures(made.basis)
        raise typer.Exit(1 if made.basis.failed else 0)
    out(f"{base.title} ({base.id})")
    _print(made)
    words = varied.parameter_words(given)
    for name, value in (("--outcome", outcome), ("--level", level), ("--turn", turn), ("--proposer", proposer)):
        words += [name, f"{value:.15g}" if isinstance(value, float) else value] if value is not None else []
    words += ["--at", str(at)] if turn is None else []
    words += (["--inverse"] if inverse else []) + (["--deal", deal] if deal else [])
    words += ["--ensemble"] if ensemble else []
    words += ["--no-check"] if no_check else []
    varied.close(
        made.basis, varied.again("tipping", scenario, words, overrides=overrides, grid=grid, rationality=rationality)
    )
    if made.basis.failed:
        raise typer.Exit(1)


def _with_ensemble(base: Scenario, made: Any, settings: dict[str, Any]) -> Tipping:
    from dataclasses import replace

    with varied.progress("Ensemble:") as tell:
        from sim.analyse.tipping_ensemble import ensemble_share

        share = ensemble_share(base, made, **{**settings, "on_done": tell})
    found: Tipping = replace(made, ensemble=share)
    return found


def _check_form(
    given: dict[str, Any],
    outcome: str | None,
    level: float | None,
    turn: str | None,
    proposer: str | None,
    inverse: bool,
    deal: str | None,
) -> None:
    """Refuse what does not go together, before anything is computed."""
    if inverse:
        if turn is not None or proposer is not None:
            raise UsageError("--turn: found with --inverse; allowed: --outcome with --level, or --deal")
        if any(limits is not None for limits in given.values()):
            raise UsageError(
                "--parameter: found a range with --inverse; allowed: names only (sizes are shares of the "
                "plausible range)"
            )
        if (deal is None) == (outcome is None and level is None):
            raise UsageError("--inverse: found no goal, or two; allowed: --outcome with --level, or --deal")
    elif deal is not None:
        raise UsageError("--deal: found without --inverse; allowed: with it")
    elif turn is not None:
        if len(given) != 1 or outcome is not None or level is not None:
            raise UsageError("--turn: allowed: with one --parameter, and without --outcome and --level")
    elif proposer is not None:
        raise UsageError("--proposer: found without --turn; allowed: with it")
    elif len(given) not in (1, 2):
        raise UsageError(
            f"--parameter: found {len(given)}; allowed: one, two for the curve in their plane, or --inverse for all"
        )
    if turn is None and deal is None and (outcome is None or level is None):
        missing = "--outcome" if outcome is None else "--level"
        raise UsageError(f"{missing}: found none; allowed: as in --outcome freed --level 100")


def _print(made: Tipping | ActionTipping | Frontier | Inverse) -> None:
    from sim.analyse.inverse_record import Inverse
    from sim.analyse.tipping_actions import ActionTipping
    from sim.analyse.tipping_frontier import Frontier

    if isinstance(made, Inverse):
        _print_inverse(made)
    elif isinstance(made, ActionTipping):
        _print_action(made)
    elif isinstance(made, Frontier):
        _print_frontier(made)
    else:
        _print_tipping(made)


def _print_tipping(made: Tipping) -> None:
    where = made.parameter
    out(
        f"{made.outcome} at month {made.month} and the level {decimal(made.level, made.unit)}, for {where.name} from "
        f"{where.low:g} to {where.high:g} ({where.unit})",
        f"At {where.value:g}, as in this scenario: {decimal(made.base_value, made.unit)}",
        f"Crossings: {made.verdict}",
    )
    if made.scan.crossings:
        rows = table("", where.name, "going up, the outcome", "how", "on the finer grid", numbers=(where.name,))
        for crossing in made.scan.crossings:
            value = (
                f"{min(crossing.below, crossing.above):g} to {max(crossing.below, crossing.above):g}"
                if where.whole
                else f"{crossing.value:.6g}"
            )
            how = "leaps" if crossing.jump else "passes through"
            rows.add_row(value, "rises" if crossing.rising else "falls", how, _finer(crossing.finer))
        out(rows)
    _not_there([crossing.finer for crossing in made.scan.crossings], made.basis, "crossing")
    if made.other_side:
        out(
            f"On the finer grid {made.outcome} is on the other side of the level at {where.name} "
            f"{', '.join(f'{value:.5g}' for value in made.other_side)}."
        )
    if made.ensemble is not None:
        out(made.ensemble.sentence)


def _finer(found: bool | None) -> str:
    return "not checked" if found is None else "also there" if found else "not there"


def _not_there(found: Sequence[bool | None], basis: Basis, what: str) -> None:
    """Warn of what only the grid that was used shows."""
    gone = sum(each is False for each in found)
    if gone:
        out(
            f"{gone} of {len(found)} {what}{'' if len(found) == 1 else 's'} {'is' if gone == 1 else 'are'} not there "
            f"on the finer grid: the {basis.grid} grid shows what may be its own doing. Ask again with --grid default."
        )


def _print_action(made: ActionTipping) -> None:
    where = made.parameter
    out(
        f"What {made.player} is likeliest to do at {made.turn} at the start, for {where.name} from {where.low:g} to "
        f"{where.high:g} ({where.unit})",
        f"At {where.value:g}, as in this scenario: {made.base_action}",
        f"Changes: {made.verdict}",
    )
    if made.switches:
        heads = (where.name, "below", "above", "on the finer grid")
        rows = table("", *heads, numbers=(where.name,), wide=("below", "above"))
        for switch in made.switches:
            rows.add_row(f"{switch.value:.5g}", switch.before, switch.behind, _finer(switch.finer))
        out(rows)
    _not_there([switch.finer for switch in made.switches], made.basis, "change")
    if made.checked:
        same = len(made.checked) - len(made.other_action)
        others = ", ".join(f"{action} at {value:.5g}" for value, action in made.other_action.items())
        out(
            f"On the finer grid the same action is the likeliest at {same} of the {len(made.checked)} values computed "
            f"again{f'; there it is {others}' if others else ''}."
        )


def _print_frontier(made: Frontier) -> None:
    out(
        f"{made.outcome} at month {made.month} at the level {decimal(made.level, made.unit)}; in this scenario: "
        f"{decimal(made.base_value, made.unit)}",
        f"The level is {made.verdict}",
    )
    ends = [f"at {made.along.low:g}", f"at {made.along.high:g}"]
    rows = table(
        f"Crossings along {made.along.name}, and the outcome at the ends of its range",
        made.over.name,
        "crossings",
        *ends,
        numbers=(made.over.name, *ends),
    )
    for row in made.rows:
        cells = [decimal(None if row[end] != row[end] else row[end], made.unit) for end in ("low", "high")]
        rows.add_row(f"{row['over']:.4g}", ", ".join(f"{x:.5g}" for x in row["crossings"]) or "none", *cells)
    out(rows)


def _print_inverse(made: Inverse) -> None:
    from sim.analyse.inverse_record import Flip

    def figure(value: float) -> str:
        return decimal(value, made.unit) if made.deal is None else f"{100 * value:+.1f} points"

    def finer(flip: Flip) -> str:
        return "" if flip.finer is None else "yes" if flip.finer else "no"

    name = "outcome" if made.deal is None else "lead"
    out(f"What it would take for this: {made.goal}", f"Now, {name}: {figure(made.base_figure)}")
    numbers = ("now", "then", "share of range")
    rows = table(
        "Smallest single changes", "parameter", *numbers, "finer grid too", numbers=numbers, wide=("parameter",)
    )
    for flip in made.flips[:_TOP]:
        move = flip.move
        rows.add_row(move.parameter, f"{move.base:.4g}", f"{move.value:.5g}", f"{move.share:+.1%}", finer(flip))
    out(rows if made.flips else "No single change does it at any value looked at in its plausible range.")
    if len(made.flips) > _TOP:
        out(f"and {len(made.flips) - _TOP} more that need larger changes (--json lists them)")
    if made.without:
        looked = sorted({each.looked for each in made.without})
        count = f"{len(made.without)} parameter{' does' if len(made.without) == 1 else 's do'} not"
        each = f"{looked[0]}" if len(looked) == 1 else f"{looked[0]} to {looked[-1]}"
        out(f"{count} do it at the {each} values looked at in the range; what is narrower than that stays unseen.")
    out("")
    joint = made.joint
    if joint is None:
        return
    if not joint.found:
        out(f"Several at once: not found ({joint.message}); nearest {name} {figure(joint.figure)}.")
        return
    rows = table("A small change of several at once", "parameter", *numbers, numbers=numbers, wide=("parameter",))
    for move in joint.moves:
        rows.add_row(move.parameter, f"{move.base:.4g}", f"{move.value:.5g}", f"{move.share:+.1%}")
    also = "" if joint.finer is None else f"; on the finer grid too: {'yes' if joint.finer else 'no'}"
    out(rows, f"Length {percent(joint.distance)} of a range; {joint.message}{also}.")
