"""Three statements about the article's world, written down before any tuning and reported whatever they show."""

import pytest

import sim

EASY_US = {"washington.relief_cost.1": 0.1, "washington.relief_cost.2": 0.15, "washington.relief_cost.3": 0.3}
EASY_EU = {"brussels.relief_cost.1": 0.2, "brussels.relief_cost.2": 0.2}


@pytest.fixture(scope="module")
def baseline() -> sim.Result:
    return sim.run("baseline", grid="fast")


def test_likeliest_first_deal_trades_people_for_contact_and_not_for_relief(baseline: sim.Result) -> None:
    deals = {kind: chance for kind, chance in baseline.first_deals.items() if kind != "none"}
    likeliest = max(deals, key=deals.__getitem__)
    given, got = likeliest.split(" for ")
    assert given in {"prisoners", "leader", "mass release"}
    assert got == "contact"


def test_without_a_buyer_at_most_a_quarter_as_many_are_freed_in_a_year(baseline: sim.Result) -> None:
    assert sim.run("no-buyer", grid="fast").at("freed", 12) <= 0.25 * baseline.at("freed", 12)


def test_easing_by_both_western_capitals_frees_more_than_easing_by_either_alone() -> None:
    both = sim.run("baseline", {**EASY_US, **EASY_EU}, grid="fast")
    alone = [sim.run("baseline", easy, grid="fast") for easy in (EASY_US, EASY_EU)]
    assert both.at("freed", 24) > max(result.at("freed", 24) for result in alone)
    assert _relief(both) > max(_relief(result) for result in alone)


def _relief(result: sim.Result) -> float:
    return result.at("us_relief", 24) + result.at("eu_relief", 24)
