"""``export``: a scenario's game, cut to a size that other programs can read."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.cli import options
from sim.cli.output import DISCLAIMER, busy, note, out, out_json, warn_of_range
from sim.errors import UsageError

if TYPE_CHECKING:
    from sim.game import Game
    from sim.model import Model

FORMATS = ("efg", "table", "dot")
AFTER = ("idle", "nothing", "equilibrium")
NATURE = ("all", "likeliest")
MAX_NODES = 200_000
MAX_ARROWS = 400
LEAST = 0.01
"""Choices that come about more rarely, given the position, are left out of a picture, with all behind them."""
_OWN_TURNS = ("minsk", "washington", "brussels", "moscow")


def export(
    scenario: options.Source,
    rounds: Annotated[int, typer.Option("--rounds", min=1, metavar="NUMBER", help="How many months to export.")] = 1,
    state: options.State = None,
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="efg: Gambit's extensive form; table: state graph and equilibrium; dot: GraphViz.",
        ),
    ] = "efg",
    file: Annotated[
        Path | None,
        options.optional(
            "--out", "FILE", "Where to write; a table by suffix: .csv or .parquet. Default: standard output."
        ),
    ] = None,
    tables: Annotated[
        str | None,
        options.optional(
            "--tables", "TABLE,...", "Only these tables have anything to offer, as in us-table; or none. Default: all."
        ),
    ] = None,
    packages: Annotated[
        list[str] | None,
        options.optional(
            "--packages",
            "TEXT;...",
            "Only these packages: labels, kinds, or words in them, as in '13 people for contact' (repeatable).",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        options.optional(
            "--only",
            "TURN=ACTION;...",
            "Only these actions at a capital's own turn, as in moscow=tolerate (repeatable).",
        ),
    ] = None,
    nature: Annotated[
        str,
        typer.Option("--nature", metavar="WORD", help="all: whatever may happen; likeliest: only what is likeliest."),
    ] = "all",
    equal_weights: Annotated[
        bool,
        typer.Option("--equal-weights", help="Weigh all choices alike, as programs do that know no weights."),
    ] = False,
    after: Annotated[
        str,
        typer.Option(
            "--after",
            metavar="WORD",
            help="What follows the last month: idle (nobody acts), nothing, or equilibrium (of the whole game).",
        ),
    ] = "idle",
    max_nodes: Annotated[
        int | None,
        options.optional(
            "--max-nodes",
            "NUMBER",
            f"Refuse to write more nodes, rows or arrows. Default: {MAX_NODES:,}, and {MAX_ARROWS} for dot.",
            min=1,
        ),
    ] = None,
    overrides: options.Set = None,
    grid: options.Grid = "default",
    rationality: options.Rationality = None,
    as_json: options.Json = False,
) -> None:
    """Write a scenario's game for other programs.

    The first months from a position, as small as asked for; its size is told before anything is written.
    """
    _one_of("--format", format_, FORMATS)
    _one_of("--nature", nature, NATURE)
    _one_of("--after", after, AFTER)
    if as_json and file is None:
        raise UsageError("--json tells what was written: give --out FILE as well")
    if file is not None:
        _check_file(file, format_)
    from sim.scenario import load

    loaded = load(scenario, options.overrides(overrides))
    warn_of_range([loaded])
    with busy(f"Working out {loaded.id} ..."):
        from sim.errors import GameError
        from sim.interop import names_of, node_count
        from sim.interop.graph import row_count
        from sim.model import compile, position

        try:
            model = compile(loaded, grid)
        except GameError as error:
            raise UsageError(str(error)) from error
        start = position(model, options.dials(state))
        lam: Any = options.rationality(rationality)
        lam = model.rationality if lam is None else lam
        game = _cut(model, lam, rounds, tables, packages, only, nature, after, equal_weights)
        names = names_of(model)
        count = node_count(game, start)
        rows = row_count(game, start) if format_ == "table" else None
    written = f", {_shown(rows)} rows as a table" if rows is not None else ""
    note(f"{loaded.id}, {rounds} month{'s' if rounds > 1 else ''}: {_shown(count)} nodes as a tree{written}.")
    most = max_nodes or (MAX_ARROWS if format_ == "dot" else MAX_NODES)
    size, digest = _write(format_, file, game, start, names, lam, most)
    if format_ == "dot":
        note(f"Note: choices with a probability below {LEAST:.0%} are left out of the picture, with all behind them.")
    again = _again(
        scenario, rounds, state, format_, file, tables, packages, only, nature, after, equal_weights, max_nodes,
        overrides, grid, rationality,
    )  # fmt: skip
    if format_ == "efg" and _weighted(game):
        note(
            "Note: choices have weights here, for which the format has no place: another program finds the same "
            "subgame-perfect play but other logit play. --equal-weights writes (and solves) the game without them."
        )
    if as_json:
        out_json(
            {
                **{"scenario": loaded.id, "scenario_hash": loaded.hash, "grid": grid, "format": format_},
                **{"file": str(file), "sha256": digest, "nodes": count, "lines": size, "rounds": rounds},
                "players": list(game.players),
            }
        )
    elif file is not None:
        counted = "rows" if format_ == "table" else "lines"
        out(f"{file}: {size:,} {counted}, SHA-256 {digest[:16]}...", DISCLAIMER, f"The same again: {again}")
    else:
        note(f"{DISCLAIMER} The same again: {again}")


def _cut(
    model: Model,
    lam: Any,
    rounds: int,
    tables: str | None,
    packages: Sequence[str] | None,
    only: Sequence[str] | None,
    nature: str,
    after: str,
    equal_weights: bool,
) -> Game:
    from sim.interop import truncate
    from sim.solver import solve

    terminal: Any = "zero" if after == "nothing" else None
    if rounds > model.game.rounds:
        raise UsageError(f"--rounds: found {rounds}; allowed: 1 to {model.game.rounds} on this grid")
    if after == "equilibrium":
        terminal = solve(model.game, lam).values(rounds)
    choices = _packages(model, tables, packages) | _actions(model, only)
    return truncate(
        model.game,
        rounds=rounds,
        terminal=terminal,
        choices=choices,
        likeliest=("nature",) if nature == "likeliest" else (),
        equal_weights=equal_weights,
    )


def _packages(model: Model, tables: str | None, packages: Sequence[str] | None) -> dict[str | int, list[int]]:
    """Return for each table the packages that remain."""
    from sim.interop import find_choices

    here = list(model.packages)
    named = here if tables is None else [part.strip() for part in tables.split(",") if part.strip() not in ("", "none")]
    for table in named:
        _one_of("--tables", table, (*here, "none"))
    kept: dict[str | int, list[int]] = {table: [] for table in here if table not in named}
    texts = [part for given in packages or () for part in given.split(";") if part.strip()]
    if not texts:
        return kept
    found: dict[str, list[int]] = {table: [] for table in named}
    for text in texts:
        problems = []
        for table in named:
            kinds = [package.kind for package in model.packages[table]]
            try:
                found[table] += find_choices(model.game.turns[model.game.turn_index(table)], [text], kinds)
            except UsageError as error:
                problems.append(error)
        if len(problems) == len(named):  # it need not be on every table
            raise UsageError(f"--packages: {problems[0] if problems else 'found no table to offer it at'}")
    return kept | {table: sorted(set(numbers)) for table, numbers in found.items()}


def _actions(model: Model, only: Sequence[str] | None) -> dict[str | int, list[int]]:
    from sim.interop import find_choices

    kept: dict[str | int, list[int]] = {}
    for given in only or ():
        turn, equals, text = (part.strip() for part in given.partition("="))
        if not equals or not text:
            raise UsageError(f"--only: found {given!r}; allowed: turn=action, as in moscow=tolerate")
        _one_of("--only", turn, _OWN_TURNS)
        wanted = [part for part in text.split(";") if part.strip()]
        numbers = find_choices(model.game.turns[model.game.turn_index(turn)], wanted)
        kept[turn] = sorted({*kept.get(turn, []), *numbers})
    return kept


def _write(
    format_: str, file: Path | None, game: Game, start: Any, names: Any, lam: Any, max_nodes: int
) -> tuple[int, str]:
    """Write the file or to standard output; return how many lines or rows, and the file's SHA-256."""
    from sim import interop
    from sim.solver import solve

    counted = _Counted()
    if format_ == "table":
        rows = counted(interop.graph_rows(solve(game, lam), start, names=names, max_rows=max_nodes))
        if file is not None:
            return counted.result(interop.write_graph(file, rows, names))
        interop.graph.write_csv(sys.stdout, rows, names)
        return counted.result("")
    if format_ == "dot":
        lines: Iterable[str] = interop.dot_lines(solve(game, lam), start, names=names, least=LEAST, max_edges=max_nodes)
    else:
        lines = interop.efg_lines(game, start, names=names, max_nodes=max_nodes)
    if file is not None:
        return counted.result(interop.write_lines(file, counted(lines)))
    for line in counted(lines):
        sys.stdout.write(f"{line}\n")
    return counted.result("")


class _Counted:
    """Counts what passes through."""

    def __init__(self) -> None:
        self.size = 0

    def __call__(self, items: Iterable[Any]) -> Iterable[Any]:
        for item in items:
            self.size += 1
            yield item

    def result(self, digest: str) -> tuple[int, str]:
        return self.size, digest


def _check_file(file: Path, format_: str) -> None:
    """Refuse a name that cannot be written before anything is worked out."""
    if file.is_dir():
        raise UsageError(f"{file}: this is a folder; --out takes a file")
    if not file.parent.is_dir():
        raise UsageError(f"{file}: there is no folder {file.parent}")
    if format_ == "table" and file.suffix.lower() not in (".csv", ".parquet"):
        raise UsageError(f"{file}: found suffix {file.suffix!r}; allowed for a table: .csv, .parquet")


def _one_of(option: str, found: str, allowed: Sequence[str]) -> None:
    if found not in allowed:
        import difflib

        near = difflib.get_close_matches(found, allowed, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"{option}: found {found!r}; allowed: {', '.join(allowed)}{hint}")


def _weighted(game: Game) -> bool:
    from sim.game import Chance

    return any(not isinstance(turn, Chance) and len(set(turn.weights.tolist())) > 1 for turn in game.turns)  # type: ignore[attr-defined]


def _shown(count: int) -> str:
    return f"{count:,}" if count < 10**15 else f"about {float(count):.1e}"


def _again(
    scenario: str,
    rounds: int,
    state: str | None,
    format_: str,
    file: Path | None,
    tables: str | None,
    packages: Sequence[str] | None,
    only: Sequence[str] | None,
    nature: str,
    after: str,
    equal_weights: bool,
    max_nodes: int | None,
    overrides: Sequence[str] | None,
    grid: str,
    rationality: str | None,
) -> str:
    words = ["grand-deal", "export", scenario, "--rounds", str(rounds), "--format", format_]
    several = {"--packages": packages, "--only": only, "--set": overrides}
    single = {"--state": state, "--tables": tables, "--rationality": rationality}
    changed = {"--nature": (nature, NATURE[0]), "--after": (after, AFTER[0]), "--grid": (grid, "default")}
    for option, text in single.items():
        words += [option, text] if text is not None else []
    for option, texts in several.items():
        for text in texts or ():
            words += [option, text]
    for option, (value, usual) in changed.items():
        words += [option, value] if value != usual else []
    words += ["--equal-weights"] if equal_weights else []
    words += ["--max-nodes", str(max_nodes)] if max_nodes is not None else []
    words += ["--out", str(file)] if file is not None else []
    return shlex.join(words) + (" < FILE" if scenario == "-" else "")
