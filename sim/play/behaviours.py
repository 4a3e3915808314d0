"""Behaviours: fixed ways of negotiating, as rules that see the month, the position and a small memory of their own.

A rule is one function of a `View`. It is asked three kinds of thing (``view.act``): what to ``propose`` at a table,
whether to ``answer`` yes, and how to ``move`` at the capital's own turn; it returns weights of the choices, or for an
answer chances of a yes, as an array that broadcasts to (states, choices). `register` adds a behaviour; see GUIDE.md.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import UsageError
from sim.game.turns import Floats
from sim.model import PLAYERS
from sim.play.memory import Memory

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

EQUILIBRIUM = "equilibrium"
PATIENT, HASTY = 12, 6
"""Months that `late` holds out, and that `early` concedes."""
LEADER = 50.0
"""How many prisoners a leader counts for where packages are ranked by size: an assumption of these rules only."""


@dataclass(frozen=True, eq=False)
class View:
    """What a capital sees when its rule is asked: S states at once, C choices (packages or actions).

    Attributes
    ----------
    capital, month, turn : who is asked, in which month (0 is the first), at which turn.
    act : ``propose``, ``answer`` or ``move``.
    choices : what the choices are called; choice 0 is no offer, or to hold (Moscow: to tolerate).
    available : bool (S, C).
    weights : the game's weights of the choices, shape (C,).
    gives, gets : how much each package asks of this capital and brings it, shape (C,); Minsk's side in persons (a
        leader counts as 50), the West's in steps of relief and contact (pressing counts as one). 0 at moves.
    worth : shape (S, C); what a choice brings this capital this month, in its points, if nobody else does anything
        afterwards: paid at once, and the change of this month's flow, against choice 0.
    others_worth : the same for each other party at a table, shape (parties - 1, S, C); empty at moves.
    dials : level numbers of the dials in every state, name -> shape (S,); ``prisoners`` in persons.
    memory : the level of the capital's own memory; 0 if the behaviour has none.
    """

    capital: str
    month: int
    turn: str
    act: str
    choices: tuple[str, ...]
    available: Bools = field(repr=False)
    weights: Floats = field(repr=False)
    gives: Floats = field(repr=False)
    gets: Floats = field(repr=False)
    worth: Floats = field(repr=False)
    others_worth: Floats = field(repr=False)
    dials: Mapping[str, Ints] = field(repr=False)
    memory: int = 0

    def only(self, choice: int) -> Floats:
        """Return all weight on one choice (on choice 0 where it is not available), shape (S, C)."""
        rows = np.zeros(self.available.shape)
        can = self.available[:, choice]
        rows[can, choice] = 1.0
        rows[~can, 0] = 1.0
        return rows

    def best(self, score: npt.ArrayLike, among: npt.ArrayLike = True) -> Floats:
        """Return all weight on the available choice of highest score, the first of equals; choice 0 if none qualifies.

        ``score`` and ``among`` broadcast to (S, C).
        """
        ranked = np.where(self.available & np.asarray(among), np.asarray(score, dtype=np.float64), -np.inf)
        choice = np.where(np.isfinite(ranked.max(axis=1)), ranked.argmax(axis=1), 0)
        return np.eye(len(self.choices))[choice]

    def strike(self) -> Floats:
        """Return all weight on the hostile action at the capital's own turn: crack down, snap back, tighten, punish."""
        return self.only(len(self.choices) - 1)

    def nothing(self) -> Floats:
        """Propose nothing, accept what asks nothing of this capital, hold at the own turn."""
        return (self.gives == 0).astype(np.float64) if self.act == "answer" else self.only(0)


Rule = Callable[[View], Any]


@dataclass(frozen=True)
class Behaviour:
    """A fixed way of negotiating.

    Attributes
    ----------
    name, meaning : what it is called, and one sentence about what it does.
    rule : see the module's docstring.
    changes : months (above 0) at which the rule may change its mind because of the month; between them it must not.
    memory : capital -> memory that its rule sees; capitals not named have none.
    """

    name: str
    meaning: str
    rule: Rule = field(repr=False)
    changes: tuple[int, ...] = ()
    memory: Mapping[str, Callable[[Any], Memory]] = field(default_factory=dict, hash=False, repr=False)

    def phase(self, month: int) -> int:
        """Return how many of its changes have come by a month."""
        return sum(month >= change for change in self.changes)


def hold(view: View) -> Floats:
    """Give nothing, take what is free."""
    return view.nothing()


def reciprocate(view: View) -> Floats:
    """Do to the others as they did last: swap while they gave, strike after they took. Moscow: punish after drift."""
    if view.capital == "moscow":
        return view.strike() if view.memory else view.only(0)
    if not view.memory:
        return _swap(view)
    return view.strike() if view.act == "move" else view.nothing()


def late(view: View) -> Floats:
    """Hold out for a year, then concede."""
    return _concede(view) if view.month >= PATIENT else _hard(view)


def early(view: View) -> Floats:
    """Concede for half a year, then harden."""
    return _hard(view) if view.month >= HASTY else _concede(view)


def squeeze(view: View) -> Floats:
    """While the talks are active ask for the most and give the least; otherwise swap small against small."""
    active = (view.dials["talks"] == 1)[:, None]
    if view.act == "move":
        firm = view.strike() if view.capital == "moscow" else view.only(0)
        return np.asarray(np.where(active, firm, view.only(0)))
    if view.act == "answer":
        return np.asarray(np.where(active, view.gives == 0, view.gets > 0), dtype=np.float64)
    scale = 1.0 + view.gives.max(initial=0.0)
    most = view.best(view.gets - view.gives / scale, (view.gets > 0) & (view.gives > 0))
    return np.asarray(np.where(active, most, _swap(view)))


def greedy(view: View) -> Floats:
    """Take what brings most this month, leaving the others no worse off this month."""
    if view.act == "answer":
        return (view.worth >= 0).astype(np.float64)
    return view.best(view.worth, (view.others_worth >= 0).all(axis=0) if view.act == "propose" else True)


def random(view: View) -> Floats:
    """Propose and move by the game's weights; toss a coin to answer."""
    return np.asarray(np.full(len(view.choices), 0.5) if view.act == "answer" else view.weights)


def _swap(view: View) -> Floats:
    """Propose the smallest gift for the smallest return; accept whatever brings something; hold at the own turn."""
    if view.act == "answer":
        return np.asarray((view.gets > 0) | (view.gives == 0), dtype=np.float64)
    if view.act == "move":
        return view.only(0)
    return view.best(-view.gives - view.gets, (view.gives > 0) & (view.gets > 0))


def _concede(view: View) -> Floats:
    """Propose the largest gift for the smallest return; accept everything; Minsk frees a handful unasked."""
    if view.act == "answer":
        return np.ones(len(view.choices))
    if view.act == "move":
        return view.only(1 if view.capital == "minsk" else 0)
    scale = 1.0 + view.gets.max(initial=0.0)
    return view.best(view.gives - view.gets / scale, (view.gives > 0) & (view.gets > 0))


def _hard(view: View) -> Floats:
    """Hold; Moscow punishes."""
    return view.strike() if view.capital == "moscow" else view.nothing()


def _west_gave(model: Any) -> Memory:
    """What the West did last to Minsk: gave relief or contact, or took relief back."""
    updates = {
        table: tuple(0 if p.us + p.eu + p.contact else -1 for p in packages)
        for table, packages in model.packages.items()
    }
    return Memory("west", ("gave", "took"), 0, {**updates, "washington": (-1, 1), "brussels": (-1, 1)})


def _minsk_gave(model: Any) -> Memory:
    """What Minsk did last: freed somebody, or cracked down."""
    updates = {table: tuple(0 if p.freed else -1 for p in packages) for table, packages in model.packages.items()}
    return Memory("minsk", ("gave", "took"), 0, {**updates, "minsk": (-1, 0, 1)})


def _drifted(model: Any) -> Memory:
    """Whether Minsk took relief or contact since Moscow's last turn."""
    updates = {
        table: tuple(1 if p.us + p.eu + p.contact else -1 for p in packages)
        for table, packages in model.packages.items()
    }
    return Memory("drift", ("quiet", "drifted"), 0, {**updates, "moscow": (0, 0, 0)})


_BUILT_IN = (
    Behaviour("hold", "never gives anything; takes what asks nothing of it", hold),
    Behaviour(
        "reciprocate",
        "swaps small against small while the others gave last, strikes after they took; Moscow punishes after drift",
        reciprocate,
        memory={"minsk": _west_gave, "washington": _minsk_gave, "brussels": _minsk_gave, "moscow": _drifted},
    ),
    Behaviour(
        "late", f"holds out for {PATIENT} months, then concedes; Moscow punishes, then tolerates", late, (PATIENT,)
    ),
    Behaviour("early", f"concedes for {HASTY} months, then holds; Moscow tolerates, then punishes", early, (HASTY,)),
    Behaviour(
        "squeeze", "while the talks are active asks the most for the least, else swaps small against small", squeeze
    ),
    Behaviour("greedy", "takes what brings most this month", greedy),
    Behaviour("random", "proposes and moves by the game's weights, tosses a coin to answer", random),
)
DEFAULT = ("hold", "reciprocate", "late", "early", "squeeze")
"""What a tournament plays besides the equilibrium unless told otherwise."""

_registered: dict[str, Behaviour] = {behaviour.name: behaviour for behaviour in _BUILT_IN}


def behaviours() -> dict[str, Behaviour]:
    """Return all behaviours by name: the built-in ones and those registered."""
    return dict(_registered)


def behaviour(name: str) -> Behaviour:
    """Return one behaviour.

    Raises
    ------
    UsageError : no behaviour of that name.
    """
    if name not in _registered:
        near = difflib.get_close_matches(name, _registered, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UsageError(f"behaviour: found {name!r}; allowed: {', '.join((*_registered, EQUILIBRIUM))}{hint}")
    return _registered[name]


def register(
    name: str,
    meaning: str,
    rule: Rule,
    *,
    changes: tuple[int, ...] = (),
    memory: Mapping[str, Callable[[Any], Memory]] | None = None,
) -> Behaviour:
    """Add a behaviour of your own; one that you registered before under this name is replaced.

    Parameters
    ----------
    changes : months at which the rule may change because of the month.
    memory : capital -> function of the compiled model that returns a `Memory`.

    Raises
    ------
    UsageError : the name of a built-in behaviour, an empty name, a change before month 1, an unknown capital.
    """
    taken = (*(item.name for item in _BUILT_IN), EQUILIBRIUM)
    if not name or name in taken or not name.replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"behaviour: found the name {name!r}; allowed: letters and digits, not {', '.join(taken)}")
    if any(month < 1 for month in changes):
        raise UsageError(f"behaviour {name!r}: changes: found {changes}; allowed: months from 1")
    for capital in memory or {}:
        if capital not in PLAYERS:
            raise UsageError(f"behaviour {name!r}: memory: found {capital!r}; allowed: {', '.join(PLAYERS)}")
    _registered[name] = Behaviour(name, meaning, rule, tuple(sorted(changes)), dict(memory or {}))
    return _registered[name]
