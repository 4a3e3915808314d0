"""``stability``: which positions would stay put, by the graph model for conflict resolution."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options
from sim.cli.output import DISCLAIMER, busy, command_line, out, out_json, table, warn_of_range
from sim.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from sim.bargain.graph import Stability
    from sim.bargain.narrate import Inverse
    from sim.forecast.stability import StabilityResult

_SHOWN = 12  # positions in a table; the rest is in --json


def stability(
    scenario: Annotated[
        str | None,
        typer.Argument(
            metavar="SCENARIO",
            help="A shipped scenario's id, a scenario file, or - for standard input.",
            autocompletion=options.complete_source,
            show_default=False,
        ),
    ] = None,
    overrides: options.Set = None,
    grid: options.Grid = "default",
    graph: Annotated[
        Path | None,
        options.optional("--graph", "FILE", "Judge a graph of your own (TOML or JSON) instead of a scenario."),
    ] = None,
    state: Annotated[
        str | None,
        options.optional(
            "--state",
            "DIAL=LEVEL,...",
            "Explain this position of the map, as in prisoners=280,us_relief=3 (with --graph: a position's name).",
        ),
    ] = None,
    concept: Annotated[
        str, typer.Option("--concept", metavar="NAME", help="Concept to explain: nash, gmr, smr or seq.")
    ] = "seq",
    as_json: options.Json = False,
) -> None:
    """Show which positions would stay put once reached.

    The graph model for conflict resolution on a coarse map of the dials: a different game from the one `run` solves.
    """
    from sim.forecast.stability import check_concept

    check_concept(concept)
    if (graph is None) == (scenario is None):
        raise UsageError(
            "stability: found " + ("neither" if graph is None else "both") + "; allowed: SCENARIO or --graph"
        )
    if graph is not None:
        _own_graph(graph, state, concept, as_json)
        return
    from sim.scenario import load

    assert scenario is not None
    loaded = load(scenario, options.overrides(overrides))
    warn_of_range([loaded])
    with busy(f"Judging the positions of {loaded.id} ..."):
        from sim.forecast.stability import stability as judge

        result = judge(loaded, grid=grid)
        place = result.position(options.dials(state)) if state else None
    asked = [place] if place is not None else [result.start, result.grand_deal()]
    inverses = {s: result.inverse(s, concept) for s in asked}
    if as_json:
        extra: dict[str, Any] = {
            "asked": place,
            "concept": concept,
            "inverse": {str(s): i.to_json() for s, i in inverses.items()},
        }
        if place is not None:
            extra["why"] = result.reasons(place, concept)
            extra["why_groups"] = result.verdicts.group_reason(place, concept)
        out_json({**result.to_json(), **extra})
        return
    from sim.forecast.stability import DIFFERENT_GAME

    out(
        f"What would stay put in {loaded.title} ({loaded.id})",
        f"{DIFFERENT_GAME} {len(result.settings)} positions; talks stay {loaded.start.talks}.",
        "",
        _counts(result.verdicts),
        _positions(result),
    )
    for s in asked:
        name = "Start" if s == result.start else "Grand deal" if s == result.grand_deal() else "Position"
        out(_why(result, s, concept, name), *_remedies(inverses[s], result), "")
    again = command_line("stability", [scenario], overrides=overrides, grid=grid, seed=0, rationality=None)
    again = again.replace(" --seed 0", "") + (f" --state '{state}'" if state else "")
    out(
        "Worth is in points of each capital (present value); capitals have no common unit.",
        f"{DISCLAIMER} Scenario hash {loaded.hash[:12]}.",
        f"The same again: {again} --concept {concept}",
    )


def _counts(verdicts: Stability) -> Table:
    from sim.bargain.graph import CONCEPT_NAMES

    rows = table(
        "Stable positions",
        "concept",
        "for every player",
        "for every group",
        numbers=("for every player", "for every group"),
    )
    for concept, name in CONCEPT_NAMES.items():
        rows.add_row(name, str(int(verdicts.together[concept].sum())), str(int(verdicts.coalitional[concept].sum())))
    return rows


def _positions(result: StabilityResult) -> Table | str:
    from sim.bargain.graph import CONCEPT_NAMES

    verdicts = result.verdicts
    stable = [s for s in range(len(result.settings)) if verdicts.together["nash"][s] or verdicts.together["seq"][s]]
    if not stable:
        return "No position is stable in the sense of Nash or sequentially: somebody would always move on.\n"
    stable.sort(
        key=lambda s: (
            -sum(int(found[c][s]) for c in CONCEPT_NAMES for found in (verdicts.together, verdicts.coalitional)),
            s,
        )
    )
    rows = table(
        "Positions that are Nash or sequentially stable", "position", "concepts", "for groups too", wide=("position",)
    )
    for s in stable[:_SHOWN]:
        mark = " (start)" if s == result.start else " (grand deal)" if s == result.grand_deal() else ""
        alone = ", ".join(c for c in CONCEPT_NAMES if verdicts.together[c][s])
        groups = ", ".join(c for c in CONCEPT_NAMES if verdicts.coalitional[c][s])
        rows.add_row(result.graph.states[s] + mark, alone, groups or "-")
    if len(stable) > _SHOWN:
        rows.add_row(f"and {len(stable) - _SHOWN} more (--json)", "", "")
    return rows


def _why(result: StabilityResult, s: int, concept: str, name: str) -> Table:
    from sim.bargain.graph import CONCEPT_NAMES

    title = f"{name}: {result.graph.states[s]}. {CONCEPT_NAMES[concept]} stability"
    rows = table(title, "capital", "stable", "why", wide=("why",))
    for i, (player, reason) in enumerate(result.reasons(s, concept).items()):
        rows.add_row(player, "yes" if result.verdicts.by_player[concept][i, s] else "no", reason)
    groups = result.verdicts.coalitional[concept][s]
    rows.add_row("every group", "yes" if groups else "no", result.verdicts.group_reason(s, concept))
    return rows


def _remedies(found: Inverse, result: StabilityResult | None = None) -> list[str]:
    lines = []
    for remedy in found.remedies:
        if remedy.stable:
            continue
        unit = ""
        if result is not None:
            i = result.graph.player_index(remedy.player)
            month = remedy.raise_by * float(1.0 - result.model.game.discount[i])
            unit = f" points (present value; {month:.2f} a month for ever)"
        count = len(remedy.overtakes)
        effect = (
            f"it would rank no lower than {count} position{'s' * (count != 1)} that it can move to and now prefers"
            if count
            else "the others' answers would undo every gain from leaving it"
        )
        lines.append(
            f"It would be stable for {remedy.player} if it were worth {remedy.raise_by:.2f}{unit} more to it: {effect}."
        )
    if lines and not found.enough:
        lines.append("All of that together would still not do: changed preferences also change who answers whom.")
    return lines


def _own_graph(path: Path, state: str | None, concept: str, as_json: bool) -> None:
    from sim.bargain.graph import CONCEPT_NAMES, CONCEPTS
    from sim.bargain.graph import stability as judge
    from sim.bargain.graph_file import graph_of
    from sim.bargain.narrate import inverse
    from sim.errors import Problem, ScenarioError

    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ScenarioError(
            [Problem(str(path), "file", f"{error.reason} at byte {error.start}", "UTF-8 text")]
        ) from error
    graph, title = graph_of(text, path.name)
    verdicts = judge(graph)
    if state is not None and state not in graph.states:
        raise UsageError(f"state: found {state!r}; allowed: {', '.join(graph.states[:20])}")
    found = inverse(graph, state, concept) if state is not None else None
    why = {p: verdicts.reason(p, state, concept) for p in graph.players} if state is not None else {}
    groups_why = "" if state is None else verdicts.group_reason(state, concept)
    if as_json:
        extra: dict[str, Any] = {"title": title, "concept": concept, **verdicts.to_json()}
        if found is not None:
            extra |= {"asked": state, "why": why, "why_groups": groups_why, "inverse": found.to_json()}
        out_json(extra)
        return
    rows = table("Stable positions", "position", "concepts", "for groups too", wide=("position",))
    for s, name in enumerate(graph.states):
        if any(verdicts.together[c][s] for c in CONCEPTS):
            alone = ", ".join(CONCEPT_NAMES[c] for c in CONCEPTS if verdicts.together[c][s])
            groups = ", ".join(CONCEPT_NAMES[c] for c in CONCEPTS if verdicts.coalitional[c][s])
            rows.add_row(name, alone, groups or "-")
    nothing = "" if rows.row_count else "No position is stable for all players under any concept.\n"
    out(title, "", nothing or rows)
    if found is not None:
        reasons = table(f"{state}: {CONCEPT_NAMES[concept]} stability", "player", "why", wide=("why",))
        for player, reason in why.items():
            reasons.add_row(player, reason)
        reasons.add_row("every group", groups_why)
        out(reasons, *_remedies(found))
    out(DISCLAIMER)
