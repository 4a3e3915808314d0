"""Where choices lead: availability, lotteries with exact means, accounts of the stock, no lever on the talks."""

import itertools

import numpy as np
import pytest

from sim.game import Chance
from sim.model import Model, compile, talks_chain
from sim.scenario import load
from tests.model.conftest import Grid, at, build, lot_means, small

LOTTERIES = [("us-table", "us-release"), ("eu-table", "eu-release"), ("summit", "summit-release")]


@pytest.mark.parametrize("table", ["us-table", "eu-table", "summit"])
def test_packages_are_available_exactly_where_all_of_them_fits(summit: Model, table: str) -> None:
    turn = summit.game.turns[summit.game.turn_index(table)]
    levels = {name: summit.axes.grid(name)[summit.outer_state(table)] for name in summit.axes.names}
    for m, offer in enumerate(summit.packages[table]):
        fits = (
            (levels["prisoners"] * 70 >= offer.prisoners)
            & (levels["leaders"] >= offer.leaders)
            & (levels["us_relief"] <= 3 - offer.us)
            & (levels["eu_relief"] <= 2 - offer.eu)
            & (levels["contact"] <= 2 - offer.contact)
        )
        np.testing.assert_array_equal(turn.next_state[:, m] >= 0, fits, err_msg=offer.label)


def test_a_package_moves_exactly_its_own_dials(summit: Model) -> None:
    for table in ("us-table", "eu-table", "summit"):
        turn = summit.game.turns[summit.game.turn_index(table)]
        before = summit.outer_state(table)
        for m, offer in enumerate(summit.packages[table]):
            can = turn.next_state[:, m] >= 0
            moved = turn.next_state[can, m] % summit.axes.size
            wanted = {
                "talks": 0,
                "leaders": -offer.leaders,
                "us_relief": offer.us,
                "eu_relief": offer.eu,
                "contact": offer.contact,
                "prisoners": -(offer.prisoners // 70),
            }
            for name, step in wanted.items():
                level = summit.axes.grid(name)
                assert set(level[moved] - level[before[can]]) == {step}, (offer.label, name)


def test_pressing_is_what_the_package_says_and_ends_at_the_eu_table(coarse: Model) -> None:
    table = coarse.game.turns[1]
    pressing = coarse.pressing("us-release")
    for m, offer in enumerate(coarse.packages["us-table"]):
        reached = table.next_state[:, m]
        assert set(pressing[reached[reached >= 0]]) == {offer.pressing}
    release = coarse.game.turns[2]
    after = coarse.pressing("eu-table")
    for c in range(2):
        can = release.next_state[:, c] >= 0
        np.testing.assert_array_equal(after[release.next_state[can, c]], pressing[can])


def test_embassy_comes_after_envoys_and_envoys_after_isolation(coarse: Model) -> None:
    labels = [offer.label for offer in coarse.packages["us-table"]]
    contact = labels.index("nothing for contact")
    reached = coarse.game.turns[1].next_state[:, contact]
    assert reached[at(coarse, 70)] == at(coarse, 70, contact="envoys")
    assert reached[at(coarse, 70, contact="envoys")] == at(coarse, 70, contact="embassy")
    assert reached[at(coarse, 70, contact="embassy")] == -1


@pytest.mark.parametrize("lot", [14, 28, 33, 70])
def test_releases_have_exact_means_on_every_grid(lot: int) -> None:
    model = small({"world.prisoner_capacity": 420, "start.prisoners": 84, "menu.summit": True}, lot)
    seen = 0
    for table, release in LOTTERIES:
        means = lot_means(model, table, release)
        named = np.broadcast_to([-offer.prisoners for offer in model.packages[table]], means.shape)
        available = np.isfinite(means)
        seen += int(available.sum())
        np.testing.assert_allclose(means[available], named[available], atol=1e-12, rtol=0)
    assert seen > 10_000


@pytest.mark.parametrize(("unasked", "crackdown"), [(2, 28), (28, 0), (30, 12.5), (1, 61.25)])
def test_unasked_releases_and_crackdowns_have_exact_means(unasked: int, crackdown: float) -> None:
    model = small({"world.unasked_release": unasked, "world.crackdown_arrests": crackdown})
    held = model.measures["prisoners"]
    by_action = lot_means(model, "minsk", "minsk-release").T
    for means, mean in zip(by_action, (0.0, -float(unasked), crackdown), strict=True):
        np.testing.assert_allclose(means[np.isfinite(means)], mean, atol=1e-12, rtol=0)
    lots = -(-unasked // 28)
    room = int(np.ceil(crackdown / 28))
    available = model.game.turns[model.game.turn_index("minsk")].next_state >= 0
    np.testing.assert_array_equal(available[:, 1], held >= 28 * lots)
    np.testing.assert_array_equal(available[:, 2], held <= 140 - 28 * room)


@pytest.mark.parametrize("arrests", [0.0, 7.0, 28.0, 40.0, 1000.0])
def test_new_arrests_have_the_exact_mean_while_there_is_room_and_stop_at_the_top(arrests: float) -> None:
    model = small({"world.arrests": arrests})
    nature = model.game.turns[0]
    assert isinstance(nature, Chance)
    change = np.nan_to_num(model.stock_change("nature"))
    mean = (nature.probability * change).sum(axis=1)
    held = model.measures["prisoners"]
    room = held + 28 * (int(arrests // 28) + 1) <= 140
    np.testing.assert_allclose(mean[room], arrests, atol=1e-12, rtol=0)
    np.testing.assert_allclose(mean[held == 140], 0.0, atol=0)
    np.testing.assert_array_less(-1e-15, mean)
    np.testing.assert_allclose(nature.probability @ model.effects["nature"].arrested, arrests, atol=1e-12)


def test_every_turn_changes_the_stock_by_its_own_lots_only(summit: Model) -> None:
    size = summit.grid.lot
    for name in summit.turns:
        change = summit.stock_change(name)
        found = change[np.isfinite(change)]
        if name in summit.packages:
            for m, offer in enumerate(summit.packages[name]):
                column = change[:, m]
                assert set(column[np.isfinite(column)]) == {-(offer.prisoners // size * size)}
        elif name.endswith("release"):
            pending = summit.pending(name)
            assert not change[:, 0].any()
            lot = change[np.isfinite(change[:, 1]), 1]
            np.testing.assert_array_equal(lot, -size * np.sign(pending[np.isfinite(change[:, 1])]))
            assert pending[np.isfinite(change[:, 1])].all()
        elif name == "nature":
            assert set(found) == {0, size}
        elif name != "minsk":
            assert not found.any(), name
    minsk = small({"world.crackdown_arrests": 30, "world.unasked_release": 29}).stock_change("minsk")
    assert [set(column[np.isfinite(column)]) for column in minsk.T] == [{0}, {-28}, {28}]


def test_talks_move_at_nature_s_turn_only_and_by_the_stated_chain(summit: Model) -> None:
    talks = summit.axes.grid("talks")
    for k, name in enumerate(summit.turns[1:], start=1):
        turn = summit.game.turns[k]
        stays = talks[turn.next_state % summit.axes.size] == talks[summit.outer_state(k)][:, None]
        assert (stays | (turn.next_state < 0)).all(), name
    nature = summit.game.turns[0]
    assert isinstance(nature, Chance)
    ways = {"stalled_to_active": 0.1, "active_to_stalled": 0.25, "active_to_settled": 0.03}
    stated = load("baseline", {f"world.talks.{way}": chance for way, chance in ways.items()})
    np.testing.assert_allclose(talks_chain(stated), [[0.9, 0.1, 0], [0.25, 0.72, 0.03], [0, 0, 1]], atol=1e-15)
    chain = talks_chain(summit.scenario)
    reached = talks[nature.next_state]
    for level in range(3):
        chance = np.where((reached == level) & (nature.next_state >= 0), nature.probability, 0).sum(axis=1)
        np.testing.assert_allclose(chance, chain[talks, level], atol=1e-12)


def test_nature_does_not_know_what_anybody_wants() -> None:
    changes = {"minsk.trade_value": 1.0, "washington.geopolitical_value": 9.0, "moscow.drift_cost": 9.0}
    one, other = small().game.turns[0], small(changes).game.turns[0]
    assert isinstance(one, Chance)
    assert isinstance(other, Chance)
    np.testing.assert_array_equal(one.probability, other.probability)
    np.testing.assert_array_equal(one.next_state, other.next_state)


def test_envoys_fade_an_embassy_stays() -> None:
    model = small({"world.contact_fade": 0.2})
    nature = model.game.turns[0]
    assert isinstance(nature, Chance)
    contact = model.axes.grid("contact")
    lapsed = np.where(nature.next_state >= 0, contact[nature.next_state] < contact[:, None], False)
    chance = (nature.probability * lapsed).sum(axis=1)
    np.testing.assert_allclose(chance, np.array([0.0, 0.2, 0.0])[contact], atol=1e-15)
    kept = np.where(nature.next_state >= 0, contact[nature.next_state] > contact[:, None], False)
    assert not (kept & (nature.probability > 0)).any()


def test_moves_of_the_other_three(coarse: Model) -> None:
    snap = coarse.game.turns[coarse.game.turn_index("washington")].next_state
    tighten = coarse.game.turns[coarse.game.turn_index("brussels")].next_state
    answer = coarse.game.turns[coarse.game.turn_index("moscow")].next_state
    for us, eu in itertools.product("123", "12"):
        here = at(coarse, 140, us_relief=us, eu_relief=eu, contact="embassy")
        assert snap[here].tolist() == [
            here,
            at(coarse, 140, us_relief=str(int(us) - 1), eu_relief=eu, contact="embassy"),
        ]
        assert tighten[here, 1] == at(coarse, 140, us_relief=us, eu_relief=str(int(eu) - 1), contact="embassy")
        assert answer[here].tolist() == [here, here, at(coarse, 140, us_relief=us, eu_relief=eu, contact="envoys")]
    none = at(coarse, 140)
    assert snap[none].tolist() == [none, -1]
    assert tighten[none].tolist() == [none, -1]
    assert answer[none].tolist() == [none, none, none]


def test_effects_are_the_deals_own_numbers(summit: Model) -> None:
    assert set(summit.effects) == set(summit.turns)
    for table, offers in summit.packages.items():
        effect = summit.effects[table]
        assert effect.freed.tolist() == [offer.prisoners + offer.leaders for offer in offers]
        assert effect.us.tolist() == [offer.us for offer in offers]
        assert effect.eu.tolist() == [offer.eu for offer in offers]
        assert effect.contact.tolist() == [offer.contact for offer in offers]
    unasked, arrested = (summit.scenario.get(f"world.{name}") for name in ("unasked_release", "crackdown_arrests"))
    assert summit.effects["minsk"].freed.tolist() == [0, unasked, 0]
    assert summit.effects["minsk"].arrested.tolist() == [0, 0, arrested]
    assert summit.effects["washington"].us.tolist() == [0, -1]
    assert summit.effects["brussels"].eu.tolist() == [0, -1]
    assert not any(summit.effects[name].freed.any() for name in summit.turns if name.endswith("release"))
    for name in summit.turns:
        assert len(summit.effects[name].us) == summit.game.turns[summit.game.turn_index(name)].n_choices


def test_maps_are_shared_between_payoff_variants_and_cannot_be_written() -> None:
    one = compile(load("baseline"), Grid("own", 70, 2))
    other = compile(load("baseline", {"minsk.trade_value": 5.0}), Grid("own", 70, 9))
    assert one._steps is other._steps
    assert one.axes is other.axes
    step = one._steps["us-table"]
    for array in (step.next_state, step.stay, one._steps["us-release"].probability, one.start):
        assert array is not None
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    assert step.next_state.dtype == np.int32


def test_release_turns_stay_when_the_menu_leaves_no_rest() -> None:
    model = build({"menu.prisoners": [70, 140], "world.unasked_release": 70, "world.crackdown_arrests": 70})
    assert "us-release" in model.turns
    release = model.game.turns[2]
    assert isinstance(release, Chance)
    np.testing.assert_array_equal(release.next_state[:, 0], np.arange(2 * model.axes.size))
    assert (release.probability[:, 0] == 1).all()
