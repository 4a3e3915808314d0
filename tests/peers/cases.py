"""What is compared with whom: the games, exported the same way whenever and wherever this runs.

Payoffs are rounded to multiples of 2**-20 (about a millionth) before anything is solved or exported: sums of them are
exact, so that a file has the same bytes on every type of machine. Choices weigh alike: the others know no weights.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from sim.game import Chance, Game, Move, Offer
from sim.interop import names_of, to_efg, truncate
from sim.model import Grid, Model
from sim.rng import stream

GRID = Grid("tiny", 700, 6)
LARGEST = 2_000_000  # nodes of a tree that is written
PEERS = ("gambit", "negmas", "sgamesolver")


@dataclass(frozen=True)
class Case:
    """One comparison.

    Attributes
    ----------
    peer : who is asked; one of `PEERS`.
    id : what it is called.
    what : what is compared, in words.
    export : makes the text of the file that the peer reads.
    suffix : of that file.
    lam : precisions that are asked for, unit 1/payoff.
    """

    peer: str
    id: str
    what: str
    export: Callable[[], str]
    suffix: str
    lam: tuple[float, ...] = ()


def rounded(game: Game) -> Game:
    """Return the game with payoffs in multiples of 2**-20 and equal weights."""

    def coarse(table: Any) -> Any:
        return np.round(np.asarray(table) * 2.0**20) / 2.0**20

    turns: list[Any] = []
    for turn in game.turns:
        if isinstance(turn, Move):
            turn = Move(turn.player, turn.actions, turn.next_state, coarse(turn.payoff), name=turn.name)
        elif isinstance(turn, Offer):
            parties, stay = turn.parties, None if turn.default_stay else turn.stay
            paid = coarse(turn.payoff)
            turn = Offer(parties, turn.recognition, turn.packages, turn.next_state, paid, stay, name=turn.name)
        turns.append(turn)
    return game.replace(turns=turns, flow=coarse(game.flow), terminal=coarse(game.terminal))


@cache
def model(summit: bool = False) -> Model:
    """Return the baseline on a very coarse grid."""
    import sim

    return sim.compile(sim.load("baseline", {"menu.summit": True} if summit else {}), GRID)


def _packages(table: str, *labels: str) -> list[int]:
    listed = [package.label for package in model(table == "summit").packages[table]]
    return [listed.index(label) for label in labels]


@cache
def scenario_game(name: str) -> tuple[Game, Any, Model]:
    """Return a game cut from the baseline, its start, and the model."""
    from sim.solver import solve

    whole = model(name == "three-party-summit")
    choices: dict[str | int, Any]
    if name == "one-month":
        choices = {
            "us-table": _packages("us-table", "13 people for contact", "a leader for contact"),
            "eu-table": [],
            "minsk": ["hold", "crack down"],
            "moscow": ["tolerate", "punish"],
        }
        cut = truncate(whole.game, rounds=1, choices=choices, likeliest=["nature"])
    elif name == "first-month-of-the-forecast":
        # the values of the whole game stand behind the month, so that this is the beginning of the whole game's play
        choices = {"us-table": _packages("us-table", "13 people for contact"), "eu-table": []}
        choices |= {"minsk": ["hold"], "moscow": ["tolerate", "support"]}
        after = solve(whole.game, whole.rationality).values(1)
        cut = truncate(whole.game, rounds=1, terminal=after, choices=choices, likeliest=["nature"])
    else:
        assert name == "three-party-summit"
        choices = {"us-table": [], "eu-table": [], "minsk": ["hold"], "moscow": ["tolerate"]}
        choices["summit"] = _packages(
            "summit",
            "280 people for one step of US relief and one step of EU relief",
            "13 people for contact",
        )
        cut = truncate(whole.game, rounds=1, choices=choices, likeliest=["nature"])
    return rounded(cut), whole.start, whole


def centipede() -> Game:
    """Four moves in turn: take, and it is over, or pass (McKelvey and Palfrey 1998). State 1: it is over."""
    pies = ((0.40, 0.10), (0.20, 0.80), (1.60, 0.40), (0.80, 3.20), (6.40, 1.60))
    turns = []
    for node in range(4):
        paid = np.zeros((2, 2, 2))
        paid[0, 0], paid[0, 1] = pies[node], pies[4] if node == 3 else (0.0, 0.0)
        following = [[1, int(node == 3)], [-1, 1]]
        turns.append(Move(("first", "second")[node % 2], ("take", "pass"), following, paid, name=f"node {node + 1}"))
    return Game(("first", "second"), turns, np.zeros((2, 2)), 1.0, np.zeros((2, 2)), 1)


def alternating_offers() -> Game:
    """Two divide 1 in halves; whoever is refused answers next. States 0 and 1: who proposes; 2: agreed."""
    packages, paid = ("no offer", "0-1", "half-half", "1-0"), [[0.0, 0.0], [0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]
    following = [[1, 2, 2, 2], [0, 2, 2, 2], [2, -1, -1, -1]]
    turn = Offer(("a", "b"), [[1, 0], [0, 1], [0.5, 0.5]], packages, following, paid, [1, 0, 2], name="table")
    return Game(("a", "b"), (turn,), np.zeros((3, 2)), 1.0, np.zeros((3, 2)), 3)


def three_parties() -> Game:
    """Three parties, one of whom proposes by chance; then a move, then chance. Payoffs by hand."""
    offer = Offer(
        ("b", "c", "a"),
        [0.25, 0.25, 0.5],
        ("no offer", "one", "two"),
        [[0, 1, 0], [1, 0, -1]],
        [[0.0, 0.0, 0.0], [1.0, 0.25, 0.5], [-0.5, 1.5, 0.125]],
        name="table",
    )
    move = Move("b", ("x", "y"), [[0, 1], [1, -1]], [[0.5, 0.0, -0.25], [0.0, 0.375, 1.0]], name="move")
    nature = Chance([[0, 1], [1, 0]], [[0.75, 0.25], [0.5, 0.5]], name="nature")
    flow = [[0.5, 1.0, -0.5], [0.0, -1.0, 1.5]]
    return Game(("a", "b", "c"), (offer, move, nature), flow, 1.0, [[0.25, 0.0, 0.0], [0.0, 0.5, 0.0]], 1)


def efg_game(name: str) -> tuple[Game, Any, str]:
    """Return the game of an extensive-form case, its start, and the file's text."""
    if name == "centipede":
        game = centipede()
        return game, 0, to_efg(game)
    if name == "alternating-offers":
        game = alternating_offers()
        return game, 0, to_efg(game)
    if name == "three-parties":
        game = three_parties()
        return game, 0, to_efg(game)
    if name == "two-months-undiscounted":
        return months_game(2)
    game, start, whole = scenario_game(name)
    return game, start, to_efg(game, start, names=names_of(whole))


@cache
def _longer(months: int) -> Model:
    import sim

    return sim.compile(sim.load("baseline"), Grid(GRID.name, GRID.lot, months))


def months_game(months: int) -> tuple[Game, Any, str]:
    """Return the beginning of the baseline with few choices, its start, and the file's text: each month four times."""
    choices: dict[str | int, Any] = {"us-table": _packages("us-table", "13 people for contact"), "eu-table": []}
    choices |= {"minsk": ["hold"], "moscow": ["tolerate"]}
    whole = model() if months <= GRID.rounds else _longer(months)
    cut = truncate(whole.game, rounds=months, choices=choices, likeliest=["nature", "us-release"])
    game = rounded(cut.replace(discount=1.0))
    return game, whole.start, to_efg(game, whole.start, names=names_of(whole), max_nodes=LARGEST)


def gains_table(name: str) -> tuple[np.ndarray, list[str], list[str]]:
    """Return gains over no deal [packages, parties], the packages' labels and the parties' names.

    What a package pays, and what it changes in the equilibrium value behind the table, at the likeliest start state.
    """
    from sim.solver import solve

    if name == "two-parties-by-hand":
        rows = np.array([[2.0, 0.0], [0.0, 1.0], [1.0, 0.5], [0.5, 0.75], [0.75, 0.25], [-1.0, 3.0], [1.5, 0.125]])
        return rows, [f"p{m}" for m in range(len(rows))], ["a", "b"]
    if name == "drawn-packages":
        rows = stream(1, "gains of drawn packages").integers(-12, 21, size=(240, 4)) / 16.0
        return rows, [f"p{m}" for m in range(len(rows))], ["a", "b", "c", "d"]
    table = {"us-table": "us-table", "summit": "summit"}[name]
    whole = model(table == "summit")
    game = whole.game
    k = game.turn_index(table)
    offer = game.turns[k]
    assert isinstance(offer, Offer)
    values = solve(game, whole.rationality).values(0, k + 1)
    state = int(whole.start.argmax())
    open_ = [m for m in range(1, offer.n_choices) if offer.next_state[state, m] >= 0]
    paid = offer.payoff[state if offer.payoff.shape[0] > 1 else 0]
    gains = np.array([paid[m] + values[offer.next_state[state, m]] - values[offer.stay[state]] for m in open_])
    parties = list(offer.parties)
    rows = np.round(gains[:, parties] * 2.0**20) / 2.0**20
    return rows, [offer.packages[m] for m in open_], [game.players[int(p)] for p in parties]


def gains_text(name: str) -> str:
    """Return the gains as CSV."""
    rows, labels, parties = gains_table(name)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["package", *parties])
    writer.writerows([label, *row] for label, row in zip(labels, rows.tolist(), strict=True))
    return file.getvalue()


STATES, MOVERS, DISCOUNT = 4, (0, 0, 1, 1), (0.875, 0.75)
_NEXT = ((0, 2, 3), (2, 1, 0), (1, 3, 2), (0, 0, 3))  # where each action leads
_PAID = (
    ((1.0, 0.0), (0.25, 1.5), (-0.5, 2.0)),
    ((0.0, 0.5), (0.75, -0.25), (1.25, -1.0)),
    ((2.0, 0.25), (-1.0, 1.0), (0.5, 0.5)),
    ((0.0, 0.0), (1.5, -0.5), (-0.25, 0.75)),
)
DRIFT = 0.25  # chance that the next state is drawn evenly instead


def stationary_game(rounds: int = 300) -> Game:
    """One player moves in each state, then chance may throw play elsewhere; played so long that the end is not felt.

    Turn 0 is the first player's, turn 1 the second's. Between them a state s is "done" (s) or, where the second moves,
    "still to move" (4 + s), so that exactly one of them decides in a round.
    """
    wait, choices = 3, ("x", "y", "z", "wait")
    first, second = np.full((STATES, 4), -1), np.full((2 * STATES, 4), -1)
    paid = np.zeros((2, 2 * STATES, 4, 2))
    for s in range(STATES):
        second[s, wait] = s
        if MOVERS[s] == 0:
            first[s, :3] = _NEXT[s]
            paid[0, s, :3] = _PAID[s]
            second[STATES + s, wait] = s
        else:
            first[s, wait] = STATES + s
            second[STATES + s, :3] = _NEXT[s]
            paid[1, STATES + s, :3] = _PAID[s]
    everywhere = np.tile(np.arange(STATES), (STATES, 1))
    chances = DRIFT / STATES + (1 - DRIFT) * np.eye(STATES)
    turns = (
        Move("a", choices, first, paid[0, :STATES], name="a"),
        Move("b", choices, second, paid[1], name="b"),
        Chance(everywhere, chances, name="drift"),
    )
    zeros = np.zeros((STATES, 2))
    return Game(("a", "b"), turns, zeros, DISCOUNT, zeros, rounds)


def stationary_text() -> str:
    """Return the same game, state by state, as JSON."""
    even = [DRIFT / STATES] * STATES
    states = []
    for s in range(STATES):
        actions = []
        for following, paid in zip(_NEXT[s], _PAID[s], strict=True):
            chances = list(even)
            chances[following] += 1 - DRIFT
            actions.append({"payoffs": paid, "next": chances})
        states.append({"mover": MOVERS[s], "actions": actions})
    return json.dumps({"players": ["a", "b"], "discount": DISCOUNT, "states": states}, indent=1) + "\n"


def _gambit(name: str, what: str, *lam: float) -> Case:
    return Case("gambit", name, what, lambda: efg_game(name)[2], ".efg", lam)


def _negmas(name: str, what: str) -> Case:
    return Case("negmas", name, what, lambda: gains_text(name), ".csv")


CASES = (
    _gambit("centipede", "logit play of the four-move centipede", 0.1, 1.0, 5.0),
    _gambit("alternating-offers", "logit play of three rounds of offers without discounting", 0.5, 2.0),
    _gambit("three-parties", "logit play with three parties at one table, a move and chance", 0.5, 1.0, 3.0),
    _gambit("one-month", "logit play in one month of the baseline", 0.5, 2.0),
    _gambit("first-month-of-the-forecast", "logit play in one month with the equilibrium behind it", 1.0, 3.0),
    _gambit("two-months-undiscounted", "logit play in two months without discounting", 0.5, 2.0),
    _gambit("three-party-summit", "logit play in one month with a summit", 0.5, 2.0),
    _negmas("two-parties-by-hand", "frontier and bargaining points of seven packages"),
    _negmas("drawn-packages", "frontier and bargaining points of 240 packages among four"),
    _negmas("us-table", "frontier and bargaining points at the table of Minsk and Washington"),
    _negmas("summit", "frontier and bargaining points at the summit"),
    Case(
        *("sgamesolver", "stationary", "stationary logit play of a stochastic game, as the limit of long play"),
        *(stationary_text, ".json", (0.5, 1.0, 2.0)),
    ),
)

KNOWN_NOT_RUN: dict[tuple[str, str], str] = {}
"""Comparisons that have no record, and why: (peer, id) -> reason. Any other one without a record is a failure."""


def case(peer: str, name: str) -> Case:
    """Return a case by peer and id."""
    return next(item for item in CASES if (item.peer, item.id) == (peer, name))
