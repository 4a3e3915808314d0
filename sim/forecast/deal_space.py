"""Packages as arrays, and what each of them would bring every capital over no deal, from a solved model.

A table's packages are those of its menu, struck at that table: the gain is payoff + V(next) - V(no deal), with V the
equilibrium values right after the table. It is the number by which the parties answer in the game.

A combined package is one deal by all signatories at once. It is struck in the month's last moment before the capitals'
own moves, after tables at which nothing was agreed: the boundary before Minsk's turn. V are the equilibrium values of
that very month there, so the moves of the four capitals that follow, Moscow's answer among them, are in the gain. What
is paid once adds up as at the tables, each thing once for the whole package:

- Minsk pays for every person and every leader it frees;
- Washington and Brussels have credit for every person and every leader, each if it signs;
- Washington, if it signs, has something to show once, however many are freed, and pays for pressing;
- Brussels has cover once, if it eases while Washington presses. Pressing without European relief would only cost
  Washington, so no combined package has it.

A position between two lots is a lottery over both; gains are expectations over it. Prisoners are counted in whole lots,
from none to all held (all: in each state of the lottery everybody held there). For other numbers of people the rest of
a lot is settled by lottery, as in the game.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sim.errors import UsageError
from sim.game import Move, Offer
from sim.game.turns import Floats
from sim.model import PLAYERS, Model
from sim.model.dials import TOP_CONTACT, TOP_EU, TOP_US
from sim.model.menu import PARTIES
from sim.solver import Solution

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

CONTENTS = ("prisoners", "leaders", "us", "eu", "contact", "pressing")
COMBINED = "combined"
STRUCK = {
    COMBINED: "after the month's tables, where nothing was agreed, and before Minsk's own turn",
    "us-table": "at the table of Minsk and Washington",
    "eu-table": "at the table of Minsk and Brussels, Washington not pressing",
    "summit": "at the summit of all three",
}
LARGEST_SPACE = 3_000_000
"""Most combined packages that are worked out."""
_BEFORE = "minsk"  # the turn before which a combined package is struck
_PUNISH = "punish"


@dataclass(frozen=True)
class DealSpace:
    """Packages at one place. Row 0 is no deal.

    Attributes
    ----------
    name : ``combined`` or a table's name.
    signatories : the capitals whose consent a package needs.
    contents : shape (M, 6), columns `CONTENTS`: persons, leaders, steps of relief, steps of contact, 0 or 1.
    gains : shape (M, 4), over no deal, each in points of that capital (columns `PLAYERS`).
    punished : shape (M,), probability that Moscow punishes in the same month.

    The arrays become read-only.
    """

    name: str
    signatories: tuple[str, ...]
    contents: Floats = field(repr=False)
    gains: Floats = field(repr=False)
    punished: Floats = field(repr=False)

    def __post_init__(self) -> None:
        for array in (self.contents, self.gains, self.punished):
            array.setflags(write=False)

    @property
    def columns(self) -> list[int]:
        """Columns of the signatories in ``gains``."""
        return [PLAYERS.index(name) for name in self.signatories]

    @property
    def signed(self) -> Floats:
        """The signatories' gains, shape (M, signatories)."""
        return self.gains[:, self.columns]


class Place:
    """A position in a solved model, at which deals can be looked at.

    Attributes
    ----------
    model, solution : the compiled scenario and its equilibrium.
    month : round of the game, 0 is the first.
    states, share : the states of S_0 that the position is a lottery over, and their probabilities.
    """

    def __init__(self, model: Model, solution: Solution, where: Floats, month: int = 0) -> None:
        if isinstance(month, bool) or not isinstance(month, int) or not 0 <= month < model.grid.rounds:
            raise UsageError(f"month: found {month}; allowed: 0 to {model.grid.rounds - 1} on grid {model.grid.name!r}")
        if np.shape(where) != (model.axes.size,):
            raise UsageError(f"position: found shape {np.shape(where)}; allowed: ({model.axes.size},)")
        self.model, self.solution, self.month = model, solution, month
        self.states: Ints = np.flatnonzero(where)
        self.share: Floats = np.asarray(where)[self.states]
        self._at = {name: model.axes.grid(name)[self.states] for name in model.axes.names}
        shape = model.axes.shape
        self._stride = dict(zip(model.axes.names, np.cumprod((1, *shape[:0:-1]))[::-1].tolist(), strict=True))

    @property
    def held(self) -> float:
        """Persons held, in expectation; leaders not counted."""
        return float(self.share @ self._at["prisoners"]) * self.model.grid.lot

    @property
    def whole_lots(self) -> int:
        """Lots that are held for certain."""
        return int(self._at["prisoners"].min())

    def room(self, signatories: Sequence[str]) -> dict[str, int]:
        """Return how far each dial can be moved by these signatories: leaders, us, eu, contact."""
        at = self._at
        steps = {
            "leaders": int(at["leaders"].min()),
            "us": TOP_US - int(at["us_relief"].max()),
            "eu": TOP_EU - int(at["eu_relief"].max()),
            "contact": TOP_CONTACT - int(at["contact"].max()),
        }
        gives = {"leaders": "minsk", "us": "washington", "eu": "brussels", "contact": "washington"}
        return {name: steps[name] if gives[name] in signatories else 0 for name in steps}

    def table(self, table: str) -> DealSpace:
        """Return a table's packages as far as they fit the position.

        Raises
        ------
        UsageError : no such table in the scenario.
        """
        if table not in self.model.packages:
            raise UsageError(f"table: found {table!r}; allowed: {', '.join(self.model.packages)}")
        k = self.model.game.turn_index(table)
        turn = self.model.game.turns[k]
        assert isinstance(turn, Offer)
        # nothing done yet this month: the number of the state is that in S_0
        after = turn.next_state[self.states]
        fits = np.flatnonzero((after >= 0).all(axis=0))
        stay = turn.stay[self.states]
        payoff = turn.payoff[self.states] if turn.payoff.shape[0] > 1 else turn.payoff
        value = self.solution.values(self.month, k + 1)
        gained = payoff[:, fits] + value[after[:, fits]] - value[stay][:, None]
        contents = np.array([[getattr(p, name) for name in CONTENTS] for p in self.model.packages[table]], dtype=float)
        return DealSpace(
            table,
            PARTIES[table],
            contents[fits],
            _without_rounding(np.einsum("s,smi->mi", self.share, gained), value),
            np.einsum("s,sm->m", self.share, self.punishment(k + 1)[after[:, fits]]),
        )

    def combined(self, signatories: Sequence[str]) -> DealSpace:
        """Return every combined package of these signatories.

        Raises
        ------
        UsageError : signatories without Minsk or without the West; more packages than `LARGEST_SPACE`.
        """
        parties = checked_parties(signatories)
        contents, everybody = self._grid(parties)
        gains, punished = self.struck(contents, parties, everybody)
        return DealSpace(COMBINED, parties, contents, gains, punished)

    def struck(
        self, contents: Floats, signatories: Sequence[str], everybody: Bools | None = None
    ) -> tuple[Floats, Floats]:
        """Return the gains [M, 4] of combined packages and the probability [M] that Moscow punishes that month.

        ``everybody`` marks packages that free all who are held, whatever the state.

        Raises
        ------
        UsageError : a package that does not fit the position.
        """
        stride, lot = self._stride, self.model.grid.lot
        value, punishment = self.solution.values(self.month, self._k), self.punishment(self._k)
        all_out = np.zeros(len(contents), dtype=bool) if everybody is None else everybody
        whole, rest = np.divmod(contents[:, 0], lot)
        moved = contents[:, 1:5] @ np.array(
            [-stride["leaders"], stride["us_relief"], stride["eu_relief"], stride["contact"]], dtype=np.float64
        )
        gains, punished = self.one_offs(contents, signatories), np.zeros(len(contents))
        for state, share, lots in zip(self.states, self.share, self._at["prisoners"], strict=True):
            out = np.where(all_out, lots, whole).astype(np.int64)
            more = np.where(all_out, 0.0, rest / lot)
            if (out + (more > 0) > lots).any():
                raise UsageError(f"prisoners: found {contents[:, 0].max():g}; allowed: at most {lots * lot} held here")
            after = (state + moved).astype(np.int64) - out * stride["prisoners"]
            one_more = np.where(more > 0, after - stride["prisoners"], after)
            gains += share * ((1 - more)[:, None] * value[after] + more[:, None] * value[one_more] - value[state])
            punished += share * ((1 - more) * punishment[after] + more * punishment[one_more])
        return _without_rounding(gains, value), punished

    def one_offs(self, contents: Floats, signatories: Sequence[str]) -> Floats:
        """Return what combined packages pay at once, shape (M, 4)."""
        get = self.model.scenario.get
        prisoners, leaders, _, eu, _, pressing = contents.T
        freed = (prisoners > 0) | (leaders > 0)
        paid = np.zeros((len(contents), len(PLAYERS)))
        paid[:, 0] = -get("minsk.release_cost") * prisoners - get("minsk.leader_cost") * leaders
        for name in ("washington", "brussels"):
            if name in signatories:
                credit = get(f"{name}.release_credit") * prisoners + get(f"{name}.leader_credit") * leaders
                paid[:, PLAYERS.index(name)] = credit
        if "washington" in signatories:
            paid[:, 1] += get("washington.show_value") * freed - get("washington.pressing_cost") * pressing
        if "brussels" in signatories:
            paid[:, 2] += get("brussels.cover_value") * ((eu > 0) & (pressing > 0))
        return paid

    def punishment(self, k: int) -> Floats:
        """Return the probability that Moscow punishes this month, for each state before turn k, shape (S_k,)."""
        while k < self._punishment_from:
            earlier = self._punishment_from - 1
            after = self.model.game.turns[earlier].next_state
            later = np.where(after >= 0, self._punishments[earlier + 1][after], 0.0)
            self._punishments[earlier] = (self.solution.chances(self.month, earlier) * later).sum(axis=1)
        return self._punishments[k]

    @property
    def _punishment_from(self) -> int:
        return min(self._punishments)

    @cached_property
    def _punishments(self) -> dict[int, Floats]:
        k = self.model.game.turn_index("moscow")
        moscow = self.model.game.turns[k]
        assert isinstance(moscow, Move)
        chance: Floats = self.solution.policy(self.month, k)[:, moscow.actions.index(_PUNISH)]
        return {k: chance}

    @cached_property
    def _k(self) -> int:
        return self.model.game.turn_index(_BEFORE)

    def _grid(self, signatories: Sequence[str]) -> tuple[Floats, Bools]:
        room, lot = self.room(signatories), self.model.grid.lot
        sizes = [float(lots * lot) for lots in range(self.whole_lots + 1)]
        if self.held > sizes[-1] + 1e-9:
            sizes.append(self.held)
        lists = [sizes, *(range(room[name] + 1) for name in ("leaders", "us", "eu", "contact"))]
        pressed = {"washington", "brussels"} <= set(signatories) and room["eu"] > 0
        lists.append(range(2) if pressed else range(1))
        count = int(np.prod([len(part) for part in lists]))
        if count > LARGEST_SPACE:
            raise UsageError(
                f"deals: found {count:,} combined packages on lots of {lot}; allowed: at most {LARGEST_SPACE:,}. "
                "Take a coarser grid"
            )
        contents = np.stack(np.meshgrid(*lists, indexing="ij"), axis=-1).reshape(-1, len(CONTENTS)).astype(np.float64)
        contents = contents[(contents[:, 5] == 0) | (contents[:, 3] > 0)]
        return contents, contents[:, 0] > self.whole_lots * lot


def _without_rounding(gains: Floats, value: Floats) -> Floats:
    """Set gains to 0 that are nothing but rounding: within 1e-12 of the largest value, as in sharp play."""
    gains[np.abs(gains) <= 1e-12 * np.abs(value).max()] = 0.0
    return gains


def checked_parties(signatories: Sequence[str]) -> tuple[str, ...]:
    """Return signatories in the players' order.

    Raises
    ------
    UsageError : an unknown capital, or not Minsk with one of Washington and Brussels.
    """
    names = [name.strip().lower() for name in signatories]
    unknown = [name for name in names if name not in PLAYERS]
    allowed = "minsk with washington, brussels or both; moscow may be added (its consent, though it gives nothing)"
    if unknown:
        raise UsageError(f"parties: found {unknown[0]!r}; allowed: {', '.join(PLAYERS)}")
    if "minsk" not in names or not {"washington", "brussels"} & set(names):
        raise UsageError(f"parties: found {', '.join(names) or 'none'}; allowed: {allowed}")
    return tuple(name for name in PLAYERS if name in names)
