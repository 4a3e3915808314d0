"""Every published case, and that the README tells of every one."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from sim.errors import GameError
from sim.game import Chance, Game, Move, Offer, Turn
from tests.oracles import bargaining, centipede, logit_decimal
from tests.published import document, sanctions
from tests.published.case import Case
from tests.published.document import CASES, FAMILIES, README
from tests.published.quantal_response.centipede import TAKE

HEAVY = {name for name in CASES if name.endswith(("-grid-10000", "-grid-1000-values", "-grid-1000-offers"))} | {
    name for name in CASES if name.startswith(("unanimity-4-players-discount-0.9-before", "unanimity-5"))
}


@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case.id, marks=[pytest.mark.slow] if case.id in HEAVY else []) for case in CASES.values()],
)
def test_case(case: Case) -> None:
    case.check()


def test_ids_are_unique_and_descriptive() -> None:
    ids = [case.id for family in FAMILIES.values() for case in family.cases]
    assert len(ids) == len(set(ids))
    for name in ids:
        assert re.fullmatch(r"[a-z0-9.-]+", name), name
        assert "-" in name, name
        assert not re.search(r"case-?\d+$", name), name


def test_the_readme_lists_every_case() -> None:
    """Every id once, with its tolerance; rewritten by ``python -m tests.published``."""
    text = README.read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)
    assert listed == list(CASES)
    assert text == document.document()


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_every_case_says_where_its_figure_comes_from(case: Case) -> None:
    assert case.game
    assert case.source
    assert case.by
    assert case.breaks
    assert "sim" not in case.by.split(), "an expected figure never comes from our own solver"
    assert 0 <= case.tolerance <= 0.1
    assert np.isfinite(np.asarray(case.expected, dtype=float)).all()


def test_a_wrong_figure_is_noticed() -> None:
    """A case fails if its figure is off by a little more than the tolerance."""
    case = CASES["chain-store-lam-1"]
    wrong = np.asarray(case.expected) + 2 * case.tolerance
    changed = Case(case.id, case.game, case.source, case.by, case.found, wrong, case.tolerance, case.breaks)
    with pytest.raises(AssertionError):
        changed.check()


# --- the oracles that stand in for figures ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "discounts", [(0.9, 0.9), (1, 0.5), (2 / 3, 1 / 3), (1, 1)], ids=lambda pair: f"{pair[0]:.3g}-{pair[1]:.3g}"
)
@pytest.mark.parametrize("rounds", [1, 2, 3, 5])
def test_the_recursion_equals_a_search_over_all_shares(discounts: tuple[float, float], rounds: int) -> None:
    from fractions import Fraction

    exact = (Fraction(discounts[0]).limit_denominator(100), Fraction(discounts[1]).limit_denominator(100))
    found = bargaining.alternating_offers(6, exact, rounds)[0]
    for proposer in (0, 1):
        assert found.values[proposer] == bargaining.alternating_offers_by_search(6, exact, rounds, proposer)


@pytest.mark.parametrize("lam", TAKE)
def test_the_recursion_gives_the_decimal_figures(lam: float) -> None:
    np.testing.assert_allclose(centipede.take_probabilities(lam), TAKE[lam], rtol=0, atol=1e-13)


DECIMAL = {name: case for name, case in CASES.items() if "decimal arithmetic" in case.by}


def test_every_decimal_figure_can_be_worked_out_again() -> None:
    assert set(DECIMAL) == set(logit_decimal.FIGURES)


@pytest.mark.parametrize("name", DECIMAL)
def test_decimal_figures_are_the_definition_in_forty_digits(name: str) -> None:
    """The figure in the case is the exact one to all the digits that it is written with."""
    case = DECIMAL[name]
    worked = np.asarray([float(figure) for figure in logit_decimal.FIGURES[name]])
    digits = 5e-7 if case.tolerance > 1e-7 else 1e-12 if worked.max() > 10 else 1e-15
    np.testing.assert_allclose(np.asarray(case.expected, dtype=float), worked, rtol=0, atol=1.01 * digits)


# --- what the class of games leaves out -------------------------------------------------------------------------------


def test_simultaneous_moves_are_outside_the_class() -> None:
    """Tsebelis' sanctions game: only mixed play is an equilibrium, and no order of turns gives it."""
    for penalty in (1.0, 4.0):
        assert sanctions.pure_equilibria(penalty) == []
        violate, sanction = sanctions.mixed(penalty)
        payoff = sanctions.table(penalty)
        for s in (0, 1):  # the sender is indifferent, and so is the target: an equilibrium, by its definition
            assert violate * payoff[0, s, 0] + (1 - violate) * payoff[1, s, 0] == pytest.approx(0.0)
            assert sanction * payoff[s, 0, 1] + (1 - sanction) * payoff[s, 1, 1] == pytest.approx(0.0)
        target_first = sanctions.in_turn(penalty, "target", math.inf)[0]
        sender_first = sanctions.in_turn(penalty, "sender", math.inf)[0]
        assert {target_first, sender_first} <= {0.0, 1.0}
        assert 0 < violate < 1
        assert 0 < sanction < 1
    # the paradox of the simultaneous game: a higher penalty leaves violations as they are
    assert sanctions.mixed(1.0)[0] == sanctions.mixed(4.0)[0] == 0.5


def test_every_turn_is_decided_by_somebody_who_knows_the_state() -> None:
    """There is no fourth kind of turn: who decides is one player, one proposer and those who answer it, or chance."""
    assert set(Turn.__subclasses__()) == {Move, Offer, Chance}

    class Together(Turn):
        next_state = np.zeros((1, 1), dtype=np.int32)
        name = "both at once"

    with pytest.raises(GameError, match="found Together; allowed: Move, Offer, Chance"):
        Game(("a", "b"), (Together(),), [[0.0, 0.0]], 1.0, [[0.0, 0.0]], 1)
    with pytest.raises(GameError, match="player"):
        Game(("a", "b"), (Move(("a", "b"), ("x",), [[0]], [[0.0, 0.0]]),), [[0.0, 0.0]], 1.0, [[0.0, 0.0]], 1)
