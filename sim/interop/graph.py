"""The state graph with its equilibrium, as a table: one row for every choice in every state that play can reach.

Columns, in this order: the round (from 1, named after the period), ``turn``; ``state`` and ``state_text`` before the
turn, ``reached`` (the probability that play is there); ``mover``, ``action``, ``probability`` (that the mover takes
it; at an offer with the chance that this party is recognised), ``accepted`` (that all others say yes; 1 elsewhere);
``next_state`` and ``next_text``, ``otherwise`` (where a refused offer leads; empty elsewhere); one column of payoffs
for each player, paid on the way to ``next_state``, in units of that round. Each round closes with rows of turn ``end``,
which pay the flow, and the last with rows of turn ``horizon``, which pay the terminal value and lead nowhere.

So for every state the value is the sum over its rows of ``probability`` times (``accepted`` times (payoff + value of
``next_state``) + (1 - ``accepted``) times the value of ``otherwise``), discounted from ``end`` to the next round.
"""

from __future__ import annotations

import csv
import hashlib
import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from sim.errors import UsageError
from sim.game import Chance, Game, Move, Offer
from sim.interop.files import unfinished
from sim.interop.names import Names
from sim.interop.tree import MAX_NODES, check_size
from sim.solver import Solution, propagate
from sim.solver.reach import start_distribution

Row = dict[str, Any]
_CHUNK = 8192  # rows that are held at a time


def columns(names: Names) -> list[str]:
    """Return the names of the columns."""
    where = [names.period, "turn", "state", "state_text", "reached", "mover", "action", "probability", "accepted"]
    return [*where, "next_state", "next_text", "otherwise", *(f"payoff.{player}" for player in names.players)]


def row_count(game: Game, start: int | npt.ArrayLike) -> int:
    """Return how many rows the table has, without making them.

    Raises
    ------
    GameError : no such start.
    """
    total = 0
    for _, k, states in _reachable(game, start):
        if k == game.n_turns or k < 0:
            total += states.size
            continue
        turn = game.turns[k]
        if isinstance(turn, Offer):
            shares = turn.recognition if turn.recognition.shape[0] == 1 else turn.recognition[states]
            total += int(((shares > 0).sum(axis=1) * (turn.next_state[states] >= 0).sum(axis=1)).sum())
        else:
            total += int(_open(turn)[states].sum())
    return total


def state_graph(
    solution: Solution,
    start: int | npt.ArrayLike = 0,
    *,
    names: Names | None = None,
    max_rows: int = MAX_NODES,
) -> list[Row]:
    """Return the whole table from ``start``.

    Raises
    ------
    UsageError : more rows than ``max_rows``.
    GameError : no such start.
    """
    return list(graph_rows(solution, start, names=names, max_rows=max_rows))


def graph_rows(
    solution: Solution,
    start: int | npt.ArrayLike = 0,
    *,
    names: Names | None = None,
    max_rows: int = MAX_NODES,
) -> Iterator[Row]:
    """Yield the rows of `state_graph` as they are made. The size is checked at once, before the first row.

    Raises
    ------
    UsageError, GameError : see `state_graph`.
    """
    check_size(row_count(solution.game, start), max_rows, what="rows")
    return _rows(solution, start, names.on(solution.game) if names else Names(solution.game))


def write_graph(path: Path, rows: Iterable[Row], names: Names) -> str:
    """Write rows as CSV or Parquet, as the file's suffix says, a few thousand at a time; return the file's SHA-256.

    Raises
    ------
    UsageError : another suffix.
    GrandDealError : the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".parquet"):
        raise UsageError(f"{path}: found suffix {path.suffix!r}; allowed for a table: .csv, .parquet")
    with unfinished(path) as temporary:
        if suffix == ".csv":
            with temporary.open("w", encoding="utf-8", newline="") as file:
                write_csv(file, rows, names)
        else:
            _write_parquet(temporary, rows, names)
        with temporary.open("rb") as done:
            return hashlib.file_digest(done, "sha256").hexdigest()


def write_csv(file: IO[str], rows: Iterable[Row], names: Names) -> None:
    """Write rows as CSV with a head to an open text file."""
    writer = csv.DictWriter(file, columns(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _write_parquet(path: Path, rows: Iterable[Row], names: Names) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts, whole = (
        ("turn", "state_text", "mover", "action", "next_text"),
        (names.period, "state", "next_state", "otherwise"),
    )
    kinds = {**dict.fromkeys(texts, pa.string()), **dict.fromkeys(whole, pa.int64())}
    schema = pa.schema([(name, kinds.get(name, pa.float64())) for name in columns(names)])
    remaining = iter(rows)
    with pq.ParquetWriter(path, schema) as writer:
        while chunk := list(itertools.islice(remaining, _CHUNK)):
            writer.write_table(pa.Table.from_pylist(chunk, schema=schema))


def _open(turn: Any) -> npt.NDArray[np.bool_]:
    return np.asarray(turn.probability > 0 if isinstance(turn, Chance) else turn.next_state >= 0)


def _reachable(game: Game, start: int | npt.ArrayLike) -> Iterator[tuple[int, int, npt.NDArray[np.int64]]]:
    """Yield t, k and the states that some course of play reaches there; k = K the end, (T, -1) the horizon."""
    states = np.flatnonzero(start_distribution(game, start))
    for t in range(game.rounds):
        for k, turn in enumerate(game.turns):
            yield t, k, states
            after = turn.next_state[states][_open(turn)[states]]
            if isinstance(turn, Offer):
                after = np.concatenate([after, turn.stay[states]])
            states = np.unique(after).astype(np.int64)
        yield t, game.n_turns, states
    yield game.rounds, -1, states


def _rows(solution: Solution, start: int | npt.ArrayLike, names: Names) -> Iterator[Row]:
    game = solution.game
    forward = propagate(solution, start)
    titles = columns(names)
    for t, k, states in _reachable(game, start):
        mass = forward.distribution(t, max(k, 0))
        if k < 0 or k == game.n_turns:
            for s in states.tolist():
                yield dict(zip(titles, _closing(game, names, t, k, s, float(mass[s])), strict=True))
            continue
        for s in states.tolist():
            head = (t + 1, game.turns[k].name, s, names.state(k, s), float(mass[s]))
            for mover, action, chance, accepted, after, otherwise, payoff in _choices(solution, names, t, k, s):
                where = (after, names.state(k + 1, after), otherwise)
                yield dict(zip(titles, (*head, mover, action, chance, accepted, *where, *payoff), strict=True))


def _closing(game: Game, names: Names, t: int, k: int, s: int, reached: float) -> tuple[Any, ...]:
    """Return the row that pays the flow at a round's end, or what is left at the horizon."""
    text = names.state(0, s)
    if k < 0:
        head = (t, "horizon", s, text, reached, None, "what is left", 1.0, 1.0)
        return (*head, None, None, None, *game.terminal[s].tolist())
    head = (t + 1, "end", s, text, reached, None, f"end of the {names.period}", 1.0, 1.0)
    return (*head, s, text, None, *game.flow[s].tolist())


def _choices(solution: Solution, names: Names, t: int, k: int, s: int) -> Iterator[tuple[Any, ...]]:
    """Yield mover, action, probability, accepted, next state, otherwise and payoffs of each choice in a state."""
    turn = solution.game.turns[k]
    open_ = np.flatnonzero(_open(turn)[s])
    policy = solution.policy(t, k, [s])
    if isinstance(turn, Chance):
        for c in open_.tolist():
            after = int(turn.next_state[s, c])
            nothing = (0.0,) * solution.game.n_players
            yield "chance", names.change(k, s, after), float(policy[0, c]), 1.0, after, None, nothing
        return
    assert isinstance(turn, (Move, Offer))
    payoff = turn.payoff[s if turn.payoff.shape[0] > 1 else 0]
    if isinstance(turn, Move):
        who = names.players[int(turn.player)]
        for a in open_.tolist():
            after = int(turn.next_state[s, a])
            yield who, names.choice(k, a), float(policy[0, a]), 1.0, after, None, payoff[a].tolist()
        return
    shares = turn.recognition[s if turn.recognition.shape[0] > 1 else 0]
    for p in np.flatnonzero(shares > 0).tolist():
        who = names.players[int(turn.parties[p])]
        for m in open_.tolist():
            chance = float(shares[p] * policy.propose[0, p, m])
            accepted = float(policy.accept[0, p, :, m].prod())
            where = int(turn.next_state[s, m]), int(turn.stay[s])
            yield who, names.choice(k, m), chance, accepted, *where, payoff[m].tolist()
