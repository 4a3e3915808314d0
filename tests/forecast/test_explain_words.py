"""The sentences, on decisions written by hand: every number in them is one of the decision's."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from sim.forecast.decisions import needed_of
from sim.forecast.explanation import ANSWER, MOVE, PROPOSAL, Choice, Decision, Needed, Part
from sim.forecast.sentences import chance, deal, sentence, signed


def choice(action: str, probability: float, accepted: float = 1.0) -> Choice:
    return Choice(action, probability, accepted, 1.0, {}, ())


def part(term: str, total: float) -> Part:
    return Part("brussels", term, 0.0, total, 0.0)


ANSWERED = Decision(
    turn="eu-table",
    player="brussels",
    kind=ANSWER,
    proposer="minsk",
    package="13 people for one step of EU relief",
    reached=0.2,
    rationality=3.5,
    fixed=False,
    action="refuse",
    other="accept",
    margin=1.2,
    weight=0.0,
    difference=(
        part("EU relief held", -1.8),
        part("credit for prisoners freed", 0.4),
        part("prisoners still held", 0.2),
    ),
    needed=Needed("EU relief held", 1.2, -1.8, -0.6),
    options=(choice("refuse", 0.985), choice("accept", 0.015)),
    left_out=0,
    left_out_probability=0.0,
)
HELD = replace(
    ANSWERED,
    turn="brussels",
    kind=MOVE,
    proposer="",
    package="",
    action="hold",
    other="tighten",
    options=(choice("hold", 0.9), choice("tighten", 0.1)),
)
PROPOSED = replace(
    ANSWERED,
    player="minsk",
    kind=PROPOSAL,
    proposer="",
    package="",
    action="2 people and a leader for contact",
    other="no offer",
    margin=0.1,
    weight=1.1,
    difference=(part("contact", -1.5), part("leader released", 0.3)),
    needed=Needed("contact", 0.1, -1.5, -1.4),
    options=(choice("2 people and a leader for contact", 0.5, 0.25), choice("no offer", 0.35)),
)


def test_an_answer() -> None:
    assert sentence(ANSWERED) == (
        "Brussels refuses 13 people for one step of EU relief, from Minsk (98%). Accepting instead (2%) is worth 1.20 "
        "points less to it: EU relief held -1.80, credit for prisoners freed +0.40, prisoners still held +0.20. "
        "Brussels would accept as often if EU relief held rose by 1.20 (from -1.80 to -0.60), with everything else, "
        "including what follows, unchanged."
    )


def test_a_move() -> None:
    text = sentence(HELD)
    assert text.startswith("Brussels holds (90%). Tightening instead (10%) is worth 1.20 points less to it: ")
    assert "Brussels would tighten as often if EU relief held rose by 1.20 (from -1.80 to -0.60)" in text


def test_a_proposal_that_the_menu_favours() -> None:
    assert sentence(PROPOSED) == (
        "Minsk proposes 2 people and a leader for contact (50%; accepted 25%). Making no offer instead (35%) is worth "
        "1.20 points less to it: contact -1.50, leader released +0.30. The menu gives it more weight, which counts for "
        "+1.10. Minsk would make no offer as often if contact rose by 0.10 (from -1.50 to -1.40), with everything "
        "else, including what follows, unchanged."
    )


def test_the_runner_up_can_be_worth_more_where_the_menu_gives_it_less_weight() -> None:
    favoured = replace(
        PROPOSED, action="no offer", other="a leader for contact", margin=0.8, weight=-1.1, needed=None,
        difference=(part("contact", 0.3),),
        options=(choice("no offer", 0.5), choice("a leader for contact", 0.1, 0.4)),
    )  # fmt: skip
    text = sentence(favoured)
    assert "Proposing a leader for contact instead (10%) is worth 0.30 points more to it: contact +0.30." in text
    assert "The menu gives it less weight, which counts for -1.10." in text
    assert text.endswith("as often if that were worth 0.80 points more to it, which no term could add by itself.")


def test_at_lam_infinite_nobody_does_anything_often() -> None:
    sharp = replace(HELD, rationality=math.inf, options=(choice("hold", 1.0), choice("tighten", 0.0)))
    assert "Brussels holds (100%). Tightening instead (0%)" in sentence(sharp)
    assert "Both would be equally good if EU relief held rose by 1.20" in sentence(sharp)


@pytest.mark.parametrize(
    ("decision", "expected"),
    [
        (replace(HELD, other="", margin=None), "Brussels holds (90%): nothing else is possible."),
        (
            replace(HELD, rationality=0.0, margin=None),
            "Brussels holds (90%): with lam 0 it goes by the weights alone.",
        ),
        (
            replace(ANSWERED, rationality=0.0, margin=None, options=(choice("refuse", 0.5), choice("accept", 0.5))),
            "Brussels refuses 13 people for one step of EU relief, from Minsk (50%): with lam 0 it tosses a coin.",
        ),
        (replace(HELD, fixed=True), "Brussels holds (90%): it is set to, whatever it gains or loses by that."),
    ],
)
def test_decisions_without_a_reason(decision: Decision, expected: str) -> None:
    assert sentence(decision) == expected


def test_a_tie() -> None:
    tie = replace(HELD, margin=0.0, needed=None, difference=())
    assert sentence(tie) == (
        "Brussels holds (90%). Tightening instead (10%) is worth the same to it. The two are as good as level."
    )


def test_the_likelier_can_be_a_little_worse_between_two_lots() -> None:
    assert sentence(replace(HELD, margin=-0.02, needed=None)).endswith("The two are as good as level.")


def test_many_terms_are_summed_up_without_losing_any() -> None:
    many = tuple(part(f"term {n}", value) for n, value in enumerate((-2.0, 0.5, 0.25, 0.125, -0.06, 0.004)))
    text = sentence(replace(HELD, difference=many))
    assert "is worth 1.18 points less to it: term 0 -2.00, term 1 +0.50, term 2 +0.25, all else +0.07." in text


@pytest.mark.parametrize(
    ("totals", "expected"),
    [
        ((-1.8, 0.4), (0, -0.8)),  # the least change in proportion: 1 of 1.8, not 1 of 0.4
        ((-0.9, 0.4), (1, 1.4)),  # a cost of 0.9 cannot fall by 1
        ((-1.0, 0.01), (0, 0.0)),  # but one of 1 can
        ((-0.9, 0.1), None),  # growing elevenfold is no lever
        ((-0.9, 0.12), (1, 1.12)),
        ((0.0, 0.0), None),
    ],
)
def test_what_closes_a_margin_of_one_point(totals: tuple[float, float], expected: tuple[int, float] | None) -> None:
    parts = tuple(part(f"term {n}", total) for n, total in enumerate(totals))
    found = needed_of(parts, 1.0)
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert (found.term, found.by) == (f"term {expected[0]}", 1.0)
        assert found.to == pytest.approx(expected[1])


def test_nothing_closes_a_margin_that_is_none() -> None:
    assert needed_of((part("term", 1.0),), 0.0) is None


def test_own_actions_of_other_games_are_named_as_they_are() -> None:
    own = replace(HELD, action="dig", other="fill in", options=(choice("dig", 0.9), choice("fill in", 0.1)))
    assert sentence(own).startswith("Brussels chooses dig (90%). Choosing fill in instead (10%)")


@pytest.mark.parametrize(
    ("value", "text"), [(1.234, "+1.23"), (-0.6, "-0.60"), (-0.0049, "0"), (0.0, "0"), (-1e-15, "0"), (0.005, "+0.01")]
)
def test_points(value: float, text: str) -> None:
    assert signed(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.0, "0%"), (0.001, "<1%"), (0.5, "50%"), (0.999, ">99%"), (1.0, "100%")])
def test_chances(value: float, text: str) -> None:
    assert chance(value) == text


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("nothing for contact", "contact for nothing in return"),
        ("13 people for nothing", "13 people for nothing in return"),
        ("13 people for contact", "13 people for contact"),
        ("no offer", "no offer"),
    ],
)
def test_deals(label: str, text: str) -> None:
    assert deal(label) == text
