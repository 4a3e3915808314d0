"""Packages: the full product, kinds, weights, labels."""

from collections import Counter, defaultdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.model import Model, Package, package, weights_of
from tests.model.conftest import build, small


def test_baseline_tables_are_the_full_product_of_the_menu(summit: Model) -> None:
    assert {table: len(offers) for table, offers in summit.packages.items()} == {
        "us-table": 5 * 2 * 3 * 2 * 2,
        "eu-table": 5 * 2 * 2,
        "summit": 5 * 2 * 3 * 2 * 2,
    }
    contents = {
        table: {(p.prisoners, p.leaders, p.us, p.eu, p.contact, p.pressing) for p in offers}
        for table, offers in summit.packages.items()
    }
    sizes = (0, 2, 13, 70, 280)
    assert contents["eu-table"] == {(n, lead, 0, e, 0, False) for n in sizes for lead in (0, 1) for e in (0, 1)}
    assert {c[3] for c in contents["us-table"]} == {0}
    assert {c[5] for c in contents["summit"]} == {False}


def test_package_0_is_no_offer_and_labels_are_unique(summit: Model) -> None:
    for table, offers in summit.packages.items():
        assert offers[0] == Package()
        labels = [offer.label for offer in offers]
        assert len(set(labels)) == len(labels)
        turn = summit.game.turns[summit.game.turn_index(table)]
        assert turn.packages == tuple(labels)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("contents", "kind", "label"),
    [
        ({}, "no offer", "no offer"),
        ({"prisoners": 1}, "prisoners for nothing", "1 person for nothing"),
        ({"contact": 1}, "nothing for contact", "nothing for contact"),
        (
            {"prisoners": 13, "leaders": 1, "us": 1, "contact": 1},
            "leader for US relief",
            "13 people and a leader for one step of US relief and contact",
        ),
        (
            {"prisoners": 280, "leaders": 1, "us": 2, "contact": 1, "pressing": True},
            "mass release for US relief",
            "280 people and a leader for two steps of US relief, contact and pressing Brussels",
        ),
        ({"prisoners": 199, "contact": 1, "pressing": True}, "prisoners for pressing", None),
        ({"prisoners": 200, "eu": 2}, "mass release for EU relief", "200 people for two steps of EU relief"),
        ({"leaders": 1, "us": 3, "eu": 1}, "leader for both reliefs", None),
    ],
)
def test_kinds_and_labels(contents: dict[str, Any], kind: str, label: str | None) -> None:
    offer = package(**contents)
    assert offer.kind == kind
    if label is not None:
        assert offer.label == label
    assert offer.freed == offer.prisoners + offer.leaders


@given(
    sizes=st.lists(st.integers(1, 400), max_size=4, unique=True),
    leaders=st.booleans(),
    reliefs=st.sampled_from([[], [1], [1, 2]]),
    no_offer=st.floats(0.001, 0.999),
)
def test_weights_sum_to_one_and_kinds_share_equally(
    sizes: list[int], leaders: bool, reliefs: list[int], no_offer: float
) -> None:
    offers = [
        package(n, lead, us) for n in [0, *sizes] for lead in ((0, 1) if leaders else (0,)) for us in [0, *reliefs]
    ]
    weights = weights_of(offers, no_offer)
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    shares: dict[str, list[float]] = defaultdict(list)
    for offer, weight in zip(offers, weights, strict=True):
        shares[offer.kind].append(float(weight))
    if len(offers) > 1:
        assert shares.pop("no offer") == [pytest.approx(no_offer, abs=1e-15)]
        for parts in shares.values():
            assert parts == pytest.approx([parts[0]] * len(parts))
            assert sum(parts) == pytest.approx((1 - no_offer) / len(shares), abs=1e-12)


def test_one_more_size_takes_weight_from_its_own_kind_only() -> None:
    def shares(sizes: list[int]) -> dict[str, float]:
        model = small({"menu.prisoners": sizes})
        turn = model.game.turns[1]
        total: Counter[str] = Counter()
        for offer, weight in zip(model.packages["us-table"], turn.weights, strict=True):  # type: ignore[union-attr]
            total[offer.kind] += weight
        return dict(total)

    assert shares([2, 13, 20, 70]) == pytest.approx(shares([2]), abs=1e-12)


def test_an_empty_menu_leaves_no_offer_alone() -> None:
    empty: dict[str, Any] = {f"menu.{name}": [] for name in ("prisoners", "us_relief", "eu_relief")}
    model = small(empty | {f"menu.{name}": False for name in ("leaders", "contact", "pressing")})
    assert model.packages == {"us-table": (Package(),), "eu-table": (Package(),)}
    assert model.game.turns[1].weights.tolist() == [1.0]  # type: ignore[union-attr]


def test_recognition_is_the_scenario_s() -> None:
    changed = {"us_table.minsk": 0.3, "us_table.washington": 0.7, "eu_table.minsk": 0.4, "eu_table.brussels": 0.6}
    model = build({f"menu.recognition.{name}": chance for name, chance in changed.items()})
    assert model.game.turns[1].recognition.tolist() == [[0.3, 0.7]]  # type: ignore[union-attr]
    assert model.game.turns[3].recognition.tolist() == [[0.4, 0.6]]  # type: ignore[union-attr]
    assert model.game.turns[3].parties == (0, 2)  # type: ignore[union-attr]
