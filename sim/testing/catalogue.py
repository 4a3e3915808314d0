"""The laws that ``grand-deal check`` puts every drawn scenario to, and how a user's own laws are read.

What a law needs besides the scenario (which player, which package, which states) is picked by the scenario's own
hash, so that the scenario's values alone reproduce a failure.
"""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

from sim.errors import UsageError
from sim.forecast.outcomes import watched
from sim.game import Chance, Move, Offer
from sim.scenario.words import nearest, printable
from sim.solver import solve
from sim.testing import laws, model_laws
from sim.testing.case import NAMES, Case

STATES = 48
"""Most states of a turn whose policies are compared; values are compared in all of them."""


@dataclass(frozen=True)
class Law:
    """A law that a scenario can be put to.

    Attributes
    ----------
    name : as in ``--law``.
    meaning : one line.
    judge : raises AssertionError where the law is broken.
    always : whether it is checked on every example, or on the scenario itself and on some of the examples.
    own : whether it is the user's.
    """

    name: str
    meaning: str
    judge: Callable[[Case], None]
    always: bool = True
    own: bool = False


def shipped() -> dict[str, Law]:
    """Return the laws of this program that hold for every scenario, by name."""
    found = [
        *(_law(name, judge, always=True) for name, judge in ALWAYS.items()),
        *(_law(name, judge, always=False) for name, judge in IN_TURN.items()),
    ]
    return {law.name: law for law in found}


def read_laws(path: str | Path) -> dict[str, Law]:
    """Return the laws in a Python file: its functions whose names do not begin with an underscore.

    **The file is run**, with the rights of whoever calls this. A law's arguments are any of `sim.testing.case.NAMES`;
    it says what must hold with ``assert`` and returns nothing; its docstring's first line is its meaning.

    Raises
    ------
    UsageError : a file that is not there or does not run; no law in it; a law with another argument, or with the name
        of a shipped one.
    """
    shown = printable(str(path))
    if not Path(path).is_file():
        raise UsageError(f"laws: found no file {shown}; allowed: a Python file with laws")
    name = "_laws_of_a_user"
    if Path(path).suffix != ".py":
        raise UsageError(f"laws: found {shown}; allowed: a Python file, with a name that ends in .py")
    loader = _AsItIs(name, str(path))
    spec = spec_from_loader(name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses and pickling look a module up
    try:
        # files beside it can be imported by it, as when Python runs it
        sys.path.insert(0, str(Path(path).resolve().parent))
        loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a file that ends the program must not end the check as if all were well
        line = error.lineno if isinstance(error, SyntaxError) else _line_in(error, path)
        place = f"{shown}, line {line}" if line else shown
        raise UsageError(f"laws: {place}: the file does not run ({type(error).__name__}: {error})") from error
    finally:
        sys.modules.pop(name, None)
        with suppress(ValueError):
            sys.path.remove(str(Path(path).resolve().parent))
    functions = {
        key: value
        for key, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == name and not key.startswith("_")
    }
    if not functions:
        raise UsageError(f"laws: found no function in {shown}; allowed: one or more, without a leading underscore")
    return {key: _own_law(key, function, shown) for key, function in functions.items()}


class _AsItIs(SourceFileLoader):
    """Runs the file that is there: compiled code beside it may be that of a moment ago, and is not ours to write."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def _own_law(name: str, function: Callable[..., Any], shown: str) -> Law:
    if name in ALWAYS or name in IN_TURN:
        raise UsageError(f"laws: {shown}: found {name}, the name of a shipped law; allowed: a name of its own")
    arguments = inspect.signature(function).parameters.values()
    taken = [item.name for item in arguments if item.default is item.empty]
    for argument in taken:
        if argument not in NAMES:
            near = nearest(argument, NAMES)
            hint = f" (did you mean {near}?)" if near else ""
            raise UsageError(f"laws: {shown}: {name}: found argument {argument!r}; allowed: {', '.join(NAMES)}{hint}")

    def judge(case: Case) -> None:
        returned = function(**{argument: case.given(name, argument) for argument in taken})
        if returned is not None:
            raise UsageError(
                f"laws: {shown}: {name}: found a returned value ({printable(repr(returned))}); "
                "allowed: nothing; say what must hold with assert"
            )

    return Law(name, (inspect.getdoc(function) or "").partition("\n")[0], judge, own=True)


def _line_in(error: BaseException, path: str | Path) -> int | None:
    """Return the last line of the file that the error came through."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(path):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _law(name: str, judge: Callable[[Case], None], *, always: bool) -> Law:
    home = next(module for module in (laws, model_laws) if hasattr(module, name))
    meaning = (inspect.getdoc(getattr(home, name)) or "").partition("\n")[0]
    return Law(name, meaning, judge, always=always)


# --- laws of one solution, checked on every example ------------------------------------------------------------------

ALWAYS: Mapping[str, Callable[[Case], None]] = {
    "start_has_its_mean": lambda case: model_laws.start_has_its_mean(case.model),
    "payoffs_are_their_terms": lambda case: model_laws.payoffs_are_their_terms(case.model),
    "probabilities": lambda case: laws.probabilities(case.solution, states=STATES),
    "values_equal_play": lambda case: laws.values_equal_play(case.solution, states=STATES),
    "quantal_response": lambda case: laws.quantal_response(case.solution, states=STATES),
    "forward_equals_backward": lambda case: laws.forward_equals_backward(
        case.solution, case.start, forward=case.forward
    ),
    "talks_exogenous": lambda case: model_laws.talks_exogenous(case.model, case.solution, forward=case.forward),
    "stock_accounted": lambda case: model_laws.stock_accounted(case.model, case.solution, forward=case.forward),
    "leaders_accounted": lambda case: model_laws.leaders_accounted(case.model, case.solution, forward=case.forward),
    "outcomes_in_range": lambda case: model_laws.outcomes_in_range(case.model, case.solution, forward=case.forward),
}


# --- laws that solve again or take longer, checked in turn ------------------------------------------------------------


def _one(rng: np.random.Generator, among: Any) -> Any:
    return list(among)[int(rng.integers(len(list(among))))]


def _amount(rng: np.random.Generator) -> float:
    return float(_one(rng, (-2.0, -0.5, 0.5, 2.0)))


def _choice(case: Case, rng: np.random.Generator, *kinds: type) -> tuple[int, int]:
    """Pick a turn and one of its choices; of an offer, a package."""
    k = _one(rng, [k for k, turn in enumerate(case.game.turns) if isinstance(turn, kinds) and turn.n_choices > 1])
    return k, int(rng.integers(1, case.game.turns[k].n_choices))


def _realisation(case: Case) -> None:
    laws.realisation(case.solution, case.start, forward=case.forward)


def _legal_states(case: Case) -> None:
    laws.legal_states(case.solution, case.start, forward=case.forward)


def _start_mixing(case: Case) -> None:
    other = int(case.rng("start_mixing").integers(case.game.n_states(0)))
    laws.start_mixing(case.solution, case.start, other, share=0.25)


def _first_passages(case: Case) -> None:
    laws.first_passages(case.solution, case.start, watched(case.model))


def _values_within_bounds(case: Case) -> None:
    laws.values_within_bounds(case.solution)


def _regret_not_negative(case: Case) -> None:
    laws.regret_not_negative(case.solution)


def _no_regret(case: Case) -> None:
    laws.no_regret(solve(case.game, math.inf))


def _no_one_shot_gain(case: Case) -> None:
    laws.no_one_shot_gain(solve(case.game, math.inf))


def _flow_shift(case: Case) -> None:
    rng = case.rng("flow_shift")
    player, amount = _one(rng, case.game.players), _amount(rng)
    laws.flow_shift(case.game, case.gentle, player=player, amount=amount, states=STATES)


def _payoff_shift(case: Case) -> None:
    rng = case.rng("payoff_shift")
    move = _one(rng, [k for k, turn in enumerate(case.game.turns) if isinstance(turn, Move)])
    player, amount = _one(rng, case.game.players), _amount(rng)
    laws.payoff_shift(case.game, case.gentle, turn=move, player=player, amount=amount, states=STATES)


def _payoff_scale(case: Case) -> None:
    rng = case.rng("payoff_scale")
    player, factor = _one(rng, case.game.players), _one(rng, (0.1, 0.5, 3.0, 8.0))
    laws.payoff_scale(case.game, case.gentle, player=player, factor=factor, states=STATES)


def _choice_split(case: Case) -> None:
    k, choice = _choice(case, rng := case.rng("choice_split"), Move, Offer)
    share = _one(rng, (0.1, 0.5))
    laws.choice_split(case.game, case.gentle, turn=k, choice=choice, share=share, states=STATES)


def _choice_order(case: Case) -> None:
    k, _ = _choice(case, rng := case.rng("choice_order"), Move, Offer, Chance)
    first = 1 if isinstance(case.game.turns[k], Offer) else 0
    order = [*range(first), *(first + rng.permutation(case.game.turns[k].n_choices - first)).tolist()]
    laws.choice_order(case.game, case.gentle, turn=k, order=order, states=STATES)


def _outcome_split(case: Case) -> None:
    k, outcome = _choice(case, case.rng("outcome_split"), Chance)
    laws.outcome_split(case.game, case.gentle, turn=k, outcome=outcome, share=0.25, states=STATES)


def _weight_scale(case: Case) -> None:
    k, _ = _choice(case, rng := case.rng("weight_scale"), Move, Offer)
    laws.weight_scale(case.game, case.gentle, turn=k, factor=_one(rng, (0.01, 2.0, 100.0)), states=STATES)


def _own_payoff_raises_choice(case: Case) -> None:
    k, choice = _choice(case, rng := case.rng("own_payoff_raises_choice"), Move, Offer)
    turn = case.game.turns[k]
    assert isinstance(turn, (Move, Offer))
    player = turn.player if isinstance(turn, Move) else _one(rng, turn.parties)
    laws.own_payoff_raises_choice(
        case.game, case.gentle, turn=k, choice=choice, player=int(player), amount=0.5, states=STATES
    )


def _player_order(case: Case) -> None:
    order = case.rng("player_order").permutation(case.game.n_players).tolist()
    laws.player_order(case.game, case.gentle, order=order, states=STATES)


def _state_order(case: Case) -> None:
    rng = case.rng("state_order")
    k = int(rng.integers(case.game.n_turns))
    order = rng.permutation(case.game.n_states(k)).tolist()
    laws.state_order(case.game, case.gentle, boundary=k, order=order, states=STATES)


def _state_twin(case: Case) -> None:
    rng = case.rng("state_twin")
    k = int(rng.integers(case.game.n_turns))
    state = int(rng.integers(case.game.n_states(k)))
    laws.state_twin(case.game, case.gentle, boundary=k, state=state, states=STATES)


def _idle_turn(case: Case) -> None:
    rng = case.rng("idle_turn")
    place, kind = int(rng.integers(case.game.n_turns + 1)), _one(rng, ("move", "offer", "chance"))
    laws.idle_turn(case.game, case.gentle, place=place, kind=kind, states=STATES)


def _bystander(case: Case) -> None:
    laws.bystander(case.game, case.gentle, states=STATES)


def _unused_choices(case: Case) -> None:
    # at finite lam every choice is taken now and then, and there is nothing to close
    laws.unused_choices(case.game, np.full(case.game.n_players, math.inf), states=STATES)


def _playing_along(case: Case) -> None:
    # who answers an offer of three answers each proposer differently, which no fixed policy can tell
    crowd = {
        party for turn in case.game.turns if isinstance(turn, Offer) and len(turn.parties) > 2 for party in turn.parties
    }
    alone = [i for i in range(case.game.n_players) if i not in crowd]
    player = _one(case.rng("playing_along"), alone)
    laws.playing_along(case.game, case.gentle, player=player, states=STATES)


def _horizon(case: Case) -> None:
    rounds = case.game.rounds
    game = case.game if rounds > 1 else case.game.replace(rounds=2)
    laws.horizon(game, case.gentle, rounds=int(case.rng("horizon").integers(1, game.rounds)), states=STATES)


def _indifference_at_zero(case: Case) -> None:
    laws.indifference_at_zero(case.game)


def _same_bits(case: Case) -> None:
    laws.same_bits(case.game, case.rationality, threads=(1, 2))


def _many_equals_one(case: Case) -> None:
    laws.many_equals_one([case.game, case.game.replace(discount=0.5)], case.rationality)


def _inputs_unchanged(case: Case) -> None:
    laws.inputs_unchanged(case.game, case.rationality)


def _scenario_told_again(case: Case) -> None:
    model_laws.scenario_told_again(case.scenario)


IN_TURN: Mapping[str, Callable[[Case], None]] = {
    function.__name__.removeprefix("_"): function
    for function in (
        _realisation,
        _legal_states,
        _start_mixing,
        _first_passages,
        _values_within_bounds,
        _regret_not_negative,
        _no_regret,
        _no_one_shot_gain,
        _own_payoff_raises_choice,
        _flow_shift,
        _payoff_shift,
        _payoff_scale,
        _weight_scale,
        _choice_split,
        _choice_order,
        _outcome_split,
        _player_order,
        _state_order,
        _state_twin,
        _idle_turn,
        _bystander,
        _unused_choices,
        _playing_along,
        _horizon,
        _indifference_at_zero,
        _same_bits,
        _many_equals_one,
        _inputs_unchanged,
        _scenario_told_again,
    )
}
