"""The record of the deal space: picks, blockers, prices, distances, planes, and where there is no answer."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest

from sim.bargain.picks import RULES, kalai_smorodinsky, nash
from sim.errors import UsageError
from sim.forecast.deal_records import MOST_POINTS, Deals
from sim.forecast.deal_space import CONTENTS, Place
from sim.forecast.deals import NOTHING, _Look, change_in_words, deals, deals_of
from sim.model import PLAYERS, Grid, Model, compile, package
from sim.model.position import position
from sim.scenario import load
from sim.solver import Solution, solve

SMALL = {"world.prisoner_capacity": 420, "start.prisoners": 280}
TINY = Grid("tiny", 28, 3)


@pytest.fixture(scope="module")
def model() -> Model:
    return compile(load("baseline", SMALL), TINY)


@pytest.fixture(scope="module")
def solution(model: Model) -> Solution:
    return solve(model.game, model.rationality)


@pytest.fixture(scope="module")
def found(model: Model, solution: Solution) -> Deals:
    return deals_of(model, solution, model.start, top=12)


@pytest.fixture(scope="module")
def at_table(model: Model, solution: Solution) -> Deals:
    return deals_of(model, solution, model.start, table="us-table", top=40)


def test_counts(found: Deals) -> None:
    gains, signed = found.arrays.gains, found.arrays.signed
    assert found.packages == len(gains) - 1
    assert found.zone == (signed > 0).all(axis=1).sum() > 0
    assert found.zone_all == (gains > 0).all(axis=1).sum()
    assert found.gaining == {name: (gains[:, i] > 0).sum() for i, name in enumerate(PLAYERS)}
    inside = found.arrays.punished[(signed > 0).all(axis=1)]
    assert found.punished_range == (inside.min(), inside.max())
    assert found.zone_punished == (inside > 0.5).sum()
    assert found.efficient == found.on_frontier[1:].sum()
    assert found.reason == ""


def test_picks_are_rows_of_the_space(found: Deals) -> None:
    assert tuple(found.picks) == tuple(found.lotteries) == RULES
    for rule, deal in found.picks.items():
        assert deal is not None
        assert rule in deal.roles
        assert list(deal.gains.values()) == found.arrays.gains[deal.index].tolist()
        assert list(deal.contents.values()) == found.arrays.contents[deal.index].tolist()
        assert deal.efficient
        assert deal.efficient_all == found.on_frontier_all[deal.index]
        assert not deal.blockers
        prisoners, leaders, us, eu, contact, pressing = (int(part) for part in deal.contents.values())
        assert deal.label == package(prisoners, leaders, us, eu, contact, bool(pressing)).label
        for who, share in deal.shares.items():
            assert share == pytest.approx(deal.gains[who] / found.scale[who])
    assert found.picks["nash"].index == nash(found.arrays.signed).index
    assert found.picks["kalai_smorodinsky"].index == kalai_smorodinsky(found.arrays.signed).index
    for draw in found.lotteries.values():
        assert sum(p for p, _ in draw.parts) == pytest.approx(1.0)
    # a draw among packages can only do better by the rule's own standard
    product = [
        math.prod(f.gains[name] for name in found.signatories) for f in (found.picks["nash"], found.lotteries["nash"])
    ]
    assert product[1] >= product[0] * (1 - 1e-9)


def test_weights_move_the_nash_pick_only(model: Model, solution: Solution, found: Deals) -> None:
    other = deals_of(model, solution, model.start, weights={"minsk": 9.0})
    assert other.weights == {"minsk": 9.0, "washington": 1.0, "brussels": 1.0}
    assert other.picks["nash"].gains["minsk"] > found.picks["nash"].gains["minsk"]
    assert other.picks["egalitarian"] == found.picks["egalitarian"]


def test_blockers_and_the_hurt(found: Deals, at_table: Deals) -> None:
    seen = 0
    for deals_shown in (found, at_table):
        for deal in deals_shown.top:
            losing = {name: -gain for name, gain in deal.gains.items() if gain < 0}
            assert {**deal.blockers, **deal.hurt} == losing
            assert set(deal.blockers) <= set(deals_shown.signatories)
            assert not set(deal.hurt) & set(deals_shown.signatories)
            assert [s.blocker for s in deal.sweeteners] == list(deal.blockers)
            seen += len(deal.blockers)
    assert seen > 10


def test_sweeteners_change_one_thing_and_bring_the_blocker_in(at_table: Deals) -> None:
    answers = [(deal, s) for deal in at_table.top for s in deal.sweeteners]
    assert {s.change == NOTHING for _, s in answers} == {True, False}
    for deal, s in answers:
        if s.change == NOTHING:
            assert (s.package, s.cost, s.gains, s.agreed) == (None, None, {}, False)
            continue
        assert s.gains[s.blocker] >= 0 > deal.gains[s.blocker]
        assert s.package != "no deal"
        assert s.agreed == all(s.gains[name] >= 0 for name in at_table.signatories)
        (row,) = np.flatnonzero((at_table.arrays.gains == list(s.gains.values())).all(axis=1))
        changed = at_table.arrays.contents[row] != list(deal.contents.values())
        assert changed.sum() == 1


def test_change_in_words() -> None:
    assert change_in_words("prisoners", 40) == "40 more prisoners"
    assert change_in_words("prisoners", -1) == "1 fewer prisoner"
    assert change_in_words("contact", 1) == "one more step of contact"
    assert change_in_words("us", -2) == "two steps of US relief less"
    assert change_in_words("leaders", 1) == "1 more senior leader"
    assert (change_in_words("pressing", 1), change_in_words("pressing", -1)) == ("with pressing", "without pressing")


def test_reservation_prices_against_trying_every_number(model: Model, solution: Solution, found: Deals) -> None:
    place = Place(model, solution, model.start)
    assert {price.step for price in found.prices} >= {"contact", "one step of US relief", "one step of EU relief"}
    tried = {name: set() for name in ("most", "washington", "brussels")}
    for price in found.prices:
        accepts: dict[str, list[int]] = {name: [] for name in found.signatories}
        for people in range(281):
            row = np.array([[float(people), *price.contents.values()]])
            gains = dict(zip(PLAYERS, place.struck(row, found.signatories)[0][0], strict=True))
            for name in found.signatories:
                if gains[name] >= 0:
                    accepts[name].append(people)
        assert price.most == (max(accepts["minsk"]) if accepts["minsk"] else None)
        for name in ("washington", "brussels"):
            assert price.fewest[name] == (min(accepts[name]) if accepts[name] else None)
            tried[name].add(price.fewest[name])
        both = sorted(set.intersection(*(set(numbers) for numbers in accepts.values())))
        assert price.everybody == ((both[0], both[-1]) if both else None)
        tried["most"].add(price.most)
    assert all(len(values) > 1 for values in tried.values())


def test_likeliest_deal_and_its_distances(model: Model, solution: Solution, found: Deals, at_table: Deals) -> None:
    from sim.forecast.outcomes import now

    options = {t: [o for o in choices if o.action != "no offer"] for t, choices in now(model, solution).items()}
    chance: dict[tuple[str, str], float] = {}
    for table in model.packages:
        for option in options[table]:
            chance[table, option.action] = chance.get((table, option.action), 0.0) + option.probability
    likeliest = found.likeliest
    assert likeliest is not None
    assert max(chance, key=lambda key: chance[key]) == (likeliest.table, likeliest.deal.label)
    assert likeliest.probability == pytest.approx(chance[likeliest.table, likeliest.deal.label])
    # valued where the picks are struck, and what it brings at its own table is kept apart
    place = Place(model, solution, model.start)
    gains, punished = place.struck(np.array([list(likeliest.deal.contents.values())]), found.signatories)
    assert list(likeliest.deal.gains.values()) == pytest.approx(gains[0].tolist())
    assert likeliest.deal.punished == pytest.approx(punished[0])
    space = place.table(likeliest.table)
    (row,) = np.flatnonzero((space.contents == list(likeliest.deal.contents.values())).all(axis=1))
    assert list(likeliest.table_gains.values()) == pytest.approx(space.gains[row].tolist())
    assert likeliest.table_punished == pytest.approx(space.punished[row])
    assert list(likeliest.table_gains.values()) != pytest.approx(list(likeliest.deal.gains.values()))
    pick = found.picks["kalai_smorodinsky"]
    assert likeliest.difference["kalai_smorodinsky"] == {
        part: pick.contents[part] - likeliest.deal.contents[part] for part in CONTENTS
    }
    assert len(likeliest.distance) == 2 * len(RULES)
    table = at_table.likeliest
    assert table is not None
    assert table.deal.gains == pytest.approx(dict(zip(PLAYERS, at_table.arrays.gains[table.deal.index], strict=True)))


def test_the_same_package_is_at_no_distance(model: Model, solution: Solution, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a pick's very package the likeliest deal of a table: it must lie where the pick lies."""
    pair = ("minsk", "washington")
    before = deals_of(model, solution, model.start, parties=pair, top=500)
    listed = {tuple(deal.contents.values()): deal for deal in before.top}
    menu = {
        tuple(float(getattr(offer, name)) for name in CONTENTS): number
        for number, offer in enumerate(model.packages["us-table"])
    }
    same = next(key for key in listed if key in menu)

    def sure(self: Solution, t: int, k: int, states: object = None) -> object:
        one = np.zeros((np.size(states), len(model.packages["us-table"])))
        one[:, menu[same]] = 1.0
        return one if k == model.game.turn_index("us-table") else whole(self, t, k, states)

    whole = Solution.chances
    monkeypatch.setattr(Solution, "chances", sure)
    place = Place(model, solution, model.start)
    monkeypatch.setattr(place, "_punishments", dict(place._punishments), raising=False)
    look = _Look(place, place.combined(pair))
    found = look.likeliest({"same": listed[same]}, {})
    assert found is not None
    assert (found.table, found.probability) == ("us-table", 1.0)
    assert found.deal.index == listed[same].index
    assert found.distance["same"] == pytest.approx(0.0, abs=1e-9)
    assert not any(found.difference["same"].values())


class TestAsked:
    def test_a_package_of_the_list(self, model: Model, solution: Solution, found: Deals) -> None:
        pick = found.picks["nash"]
        parts = dict(pick.contents)
        parts["press"] = "yes" if parts.pop("pressing") else "no"
        asked = deals_of(model, solution, model.start, package=parts).asked
        assert asked == dataclasses.replace(pick, roles=asked.roles, gains=asked.gains, shares=asked.shares)
        assert set(pick.roles) == set(asked.roles)
        assert list(asked.gains.values()) == pytest.approx(list(pick.gains.values()))
        assert found.asked is None

    def test_any_number_of_people_and_the_sweetener(self, model: Model, solution: Solution) -> None:
        asked = deals_of(model, solution, model.start, package={"prisoners": "33", "us": 3, "eu": 0}).asked
        assert asked.index is None
        place = Place(model, solution, model.start)
        row = np.array([33.0, 0, 3, 0, 0, 0])
        gains = place.struck(row[None], ("minsk", "washington", "brussels"))[0][0]
        assert list(asked.gains.values()) == pytest.approx(gains.tolist())
        assert {name: -gains[PLAYERS.index(name)] for name in asked.blockers} == pytest.approx(dict(asked.blockers))
        assert "washington" in asked.blockers
        assert [s.blocker for s in asked.sweeteners] == list(asked.blockers)
        (change,) = [s for s in asked.sweeteners if s.blocker == "washington"]
        # the cheapest for the others, tried by hand: every number of people, every step of one thing
        tried = []
        for column, most in enumerate((280, *(place.room(("minsk", "washington", "brussels")).values()))):
            for number in range(most + 1):
                other = row.copy()
                other[column] = number
                got = place.struck(other[None], ("minsk", "washington", "brussels"))[0][0]
                if (other != row).any() and got[1] >= 0:
                    new = [i for i in (0, 2) if got[i] < 0 <= gains[i]]
                    if not new:
                        unit = [asked.gains[n] / asked.shares[n] for n in ("minsk", "brussels")]
                        tried.append(sum(max(0.0, gains[i] - got[i]) / u for i, u in zip((0, 2), unit, strict=True)))
        assert (change.cost is None) == (not tried)
        if tried:
            assert change.cost == pytest.approx(min(tried), abs=1e-9)

    def test_at_a_table(self, model: Model, solution: Solution, at_table: Deals) -> None:
        deal = at_table.top[0]
        asked = deals_of(model, solution, model.start, table="us-table", package=deal.contents).asked
        assert asked.gains == deal.gains
        with pytest.raises(UsageError, match="us-table has here"):
            deals_of(model, solution, model.start, table="us-table", package={"prisoners": 33, "us": 2, "contact": 1})

    @pytest.mark.parametrize(
        "package",
        [
            {"people": 3},
            {"prisoners": "many"},
            {"prisoners": -1},
            {"prisoners": 2.5},
            {"prisoners": 281},
            {"us": 4},
            {"press": "maybe"},
            {"eu": "nan"},
        ],
    )
    def test_refusals(self, model: Model, solution: Solution, package: dict[str, object]) -> None:
        with pytest.raises(UsageError, match=r"package: .*allowed"):
            deals_of(model, solution, model.start, package=package)  # type: ignore[arg-type]

    def test_no_relief_from_who_does_not_sign(self, model: Model, solution: Solution) -> None:
        for part in ({"eu": 1}, {"press": "yes"}):
            with pytest.raises(UsageError, match="at most 0 here, signed by minsk, washington"):
                deals_of(model, solution, model.start, parties=("minsk", "washington"), package=part)  # type: ignore[arg-type]
        nothing = deals_of(model, solution, model.start, package={}).asked
        assert (nothing.label, set(nothing.gains.values()), nothing.index) == ("no deal", {0.0}, 0)


def test_planes(found: Deals, at_table: Deals) -> None:
    small = at_table.plane("minsk", "washington")
    assert small.bins is None
    assert len(small.points["x"]) == at_table.packages + 1 <= MOST_POINTS
    np.testing.assert_array_equal(small.points["y"], at_table.arrays.gains[:, 1])
    binned = found.plane("washington", "moscow", most=100)
    assert binned.points is None
    assert sum(binned.bins["count"]) == found.packages + 1
    assert sum(binned.bins["all_four"]) == found.zone_all
    # each package counted in the cell it lies in
    i, j = binned.bins["column"][0], binned.bins["row"][0]
    x, y = found.arrays.gains[:, 1], found.arrays.gains[:, 3]
    edges = binned.bins["x_edges"], binned.bins["y_edges"]
    inside = (x >= edges[0][i]) & (x < edges[0][i + 1]) & (y >= edges[1][j]) & (y < edges[1][j + 1])
    assert binned.bins["count"][0] == inside.sum()
    assert list(binned.frontier["x"]) == sorted(binned.frontier["x"])
    assert list(binned.frontier["y"]) == sorted(binned.frontier["y"], reverse=True)
    assert binned.named["nash"] == (found.picks["nash"].gains["washington"], found.picks["nash"].gains["moscow"])
    for pair in (("minsk", "minsk"), ("minsk", "paris")):
        with pytest.raises(UsageError, match="plane"):
            found.plane(*pair)


def test_json_is_whole_and_stable(model: Model, solution: Solution, found: Deals) -> None:
    text = json.dumps(found.to_json(), allow_nan=False)
    again = deals_of(model, solution, model.start, top=12)
    assert again == found
    assert json.dumps(again.to_json(), allow_nan=False) == text
    shown = json.loads(text)
    left_out = {"arrays", "on_frontier", "on_frontier_all"}
    assert set(shown) == {f.name for f in dataclasses.fields(found)} - left_out | {"schema_version", "units", "planes"}
    assert "no common unit" in shown["units"]
    assert [plane["players"] for plane in shown["planes"]] == [
        ["minsk", "washington"],
        ["minsk", "brussels"],
        ["washington", "brussels"],
    ]


def test_columns_hold_everything(found: Deals) -> None:
    columns = found.columns()
    assert {len(column) for column in columns.values()} == {found.packages + 1}
    assert columns["in_zone"].sum() == found.zone
    assert columns["efficient"].sum() - columns["efficient"][0] == found.efficient
    np.testing.assert_array_equal(columns["gain_moscow"], found.arrays.gains[:, 3])
    for name in found.signatories:
        blocks = found.arrays.gains[:, PLAYERS.index(name)] < 0
        np.testing.assert_array_equal(columns[f"blocks_{name}"] > 0, blocks)
        np.testing.assert_array_equal(columns[f"blocks_{name}"][blocks], -columns[f"gain_{name}"][blocks])
    assert "blocks_moscow" not in columns


def test_no_zone_of_agreement_is_said(model: Model, solution: Solution) -> None:
    """Everything given and nobody held: Minsk has nothing to sell."""
    where = position(model, {"prisoners": 0, "leaders": 0, "contact": "embassy"})
    none = deals_of(model, solution, where, parties=("minsk", "washington"))
    assert (none.zone, none.punished_range) == (0, None)
    assert "no package" in none.reason
    assert set(none.picks.values()) == {None}
    assert set(none.lotteries.values()) == {None}
    assert "closest" in none.top[0].roles
    json.dumps(none.to_json(), allow_nan=False)


def test_nothing_left_to_deal_in(model: Model, solution: Solution) -> None:
    where = position(model, {"prisoners": 0, "leaders": 0, "contact": "embassy", "us_relief": 3, "eu_relief": 2})
    none = deals_of(model, solution, where)
    assert (none.packages, none.top, none.prices) == (0, (), ())
    assert none.plane("minsk", "washington").points["x"] == (0.0,)
    json.dumps(none.to_json(), allow_nan=False)


def test_moscow_as_a_signatory(model: Model, solution: Solution, found: Deals) -> None:
    four = deals_of(model, solution, model.start, parties=PLAYERS)
    assert four.zone == four.zone_all == found.zone_all
    np.testing.assert_array_equal(four.arrays.gains, found.arrays.gains)


def test_from_a_scenario_in_one_call(model: Model, solution: Solution) -> None:
    state = {"contact": "embassy", "prisoners": 100}
    one = deals("baseline", SMALL, grid=TINY, state=state, month=2, parties=("minsk", "brussels"), top=0)
    assert one == deals_of(model, solution, position(model, state), month=2, parties=("minsk", "brussels"), top=0)
    assert "100 prisoners" in one.position
    assert one.scenario == "baseline"


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"table": "us-table", "parties": ("minsk", "washington")}, "beside a table"),
        ({"table": "summit"}, "us-table, eu-table"),
        ({"weights": {"moscow": 2.0}}, "weights"),
        ({"weights": {"minsk": 0.0}}, "above 0"),
        ({"top": -1}, "top"),
        ({"month": 3}, "month"),
    ],
)
def test_refuses(model: Model, solution: Solution, question: dict, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        deals_of(model, solution, model.start, **question)
