"""The parameters of the four capitals: what each wants, what each pays, how precisely each chooses."""

from __future__ import annotations

from sim.scenario.fields import Number, Part, Precision, discount, number, probability, rationality


class MinskContactValue(Part):
    """What each level of contact is worth to Minsk; the embassy comes on top of envoys."""

    envoys: Number = number("value of being visited by envoys, against isolation", "points a month")
    embassy: Number = number("further value of a reopened embassy, on top of envoys", "points a month")


class Minsk(Part):
    """The capital that holds prisoners and wants trade and contact."""

    trade_value: Number = number("value of trade when US and EU relief are both complete", "points a month")
    trade_us_share: Number = number("weight of US relief in reopening trade; the EU has the rest", "share", 0.01, 0.99)
    trade_rho: Number = number(
        "substitution between US and EU relief in reopening trade: 1 each counts alone, far below 0 neither works "
        "without the other",
        "exponent of the CES form",
        -50.0,
        1.0,
    )
    trade_ces_share: Number = probability(
        "part of the trade value that follows the CES form; the rest is linear in relief", "share"
    )
    contact_value: MinskContactValue
    leverage_value: Number = number(
        "value of holding prisoners as leverage, times log(1 + prisoners / leverage_scale)", "points a month"
    )
    leverage_scale: Number = number("number held at which leverage begins to saturate", "persons", 1.0, 1e6)
    release_cost: Number = number("cost of freeing one prisoner", "points per person")
    leader_cost: Number = number("cost of freeing one senior leader", "points per person")
    crackdown_cost: Number = number("cost of a crackdown", "points")
    punished_cost: Number = number("cost of being punished by Moscow", "points")
    supported_value: Number = number("value of being supported by Moscow", "points")
    discount: Number = discount("weight of next month against this one")
    rationality: Precision = rationality("precision of choice (lam): larger is closer to always the best")


class TalksFactor(Part):
    """How much of the geopolitical value counts in each state of the talks."""

    stalled: Number = number("share of the geopolitical value that counts while talks are stalled", "factor", 0, 10)
    active: Number = number("share of the geopolitical value that counts while talks are active", "factor", 0, 10)
    settled: Number = number("share of the geopolitical value that counts once settled", "factor", 0, 10)


class WashingtonReliefCost(Part):
    """What each further step of US relief costs Washington while it is in force."""

    step_1: Number = number("cost of holding the first step of relief", "points a month", alias="1")
    step_2: Number = number("further cost of holding the second step", "points a month", alias="2")
    step_3: Number = number("further cost of holding the third step", "points a month", alias="3")

    @property
    def steps(self) -> tuple[float, float, float]:
        """Further cost of each step, points a month."""
        return (self.step_1, self.step_2, self.step_3)


class WashingtonContactCost(Part):
    """What each level of contact costs Washington (whole levels, not steps)."""

    envoys: Number = number("cost of keeping up visits by envoys", "points a month")
    embassy: Number = number("cost of keeping an embassy open", "points a month")


class Washington(Part):
    """The capital that can give contact and US relief, and can press Brussels."""

    release_credit: Number = number("credit for one prisoner freed in a deal or unasked", "points per person")
    leader_credit: Number = number("credit for one senior leader freed", "points per person")
    show_value: Number = number("value of any release at all to show in public", "points")
    geopolitical_value: Number = number(
        "value of a Minsk that moves westward: times the mean of the shares of contact, US relief and EU relief, "
        "times talks_factor",
        "points a month",
    )
    talks_factor: TalksFactor
    relief_cost: WashingtonReliefCost
    contact_cost: WashingtonContactCost
    held_cost: Number = number("cost of one prisoner still being held", "points per person a month")
    pressing_cost: Number = number("cost of pressing Brussels to ease", "points")
    snapback_cost: Number = number("cost of taking one step of relief back", "points")
    discount: Number = discount("weight of next month against this one")
    rationality: Precision = rationality("precision of choice (lam): larger is closer to always the best")


class BrusselsReliefCost(Part):
    """What each further step of EU relief costs Brussels while it is in force."""

    step_1: Number = number("cost of holding the first step of relief", "points a month", alias="1")
    step_2: Number = number("further cost of holding the second step", "points a month", alias="2")

    @property
    def steps(self) -> tuple[float, float]:
        """Further cost of each step, points a month."""
        return (self.step_1, self.step_2)


class Brussels(Part):
    """The European Union as one player, able to give EU relief."""

    release_credit: Number = number("credit for one prisoner freed in a deal or unasked", "points per person")
    leader_credit: Number = number("credit for one senior leader freed", "points per person")
    held_cost: Number = number("cost of one prisoner still being held", "points per person a month")
    leaders_held_cost: Number = number("cost of one senior leader still being held", "points per person a month")
    relief_cost: BrusselsReliefCost
    settled_factor: Number = number("factor on the cost of relief once the war is settled", "factor", 0, 10)
    cover_value: Number = number("value of political cover when it eases while Washington presses", "points")
    gap_cost: Number = number(
        "cost of lagging behind Washington, times the share of US relief above the share of EU relief",
        "points a month",
    )
    tightening_cost: Number = number("cost of taking one step of relief back", "points")
    discount: Number = discount("weight of next month against this one")
    rationality: Precision = rationality("precision of choice (lam): larger is closer to always the best")


class Slack(Part):
    """How much drift to the West Moscow lets pass in each state of the talks."""

    stalled: Number = number("drift that costs nothing while talks are stalled", "units of drift", 0, 100)
    active: Number = number("drift that costs nothing while talks are active", "units of drift", 0, 100)
    settled: Number = number("drift that costs nothing once settled", "units of drift", 0, 100)


class Moscow(Part):
    """The capital that watches Minsk's drift to the West and may support or punish."""

    drift_cost: Number = number("cost of one unit of drift above the slack", "points a month")
    slack: Slack
    contact_weight: Number = number("drift from full contact", "units of drift", 0, 100)
    us_weight: Number = number("drift from complete US relief", "units of drift", 0, 100)
    eu_weight: Number = number("drift from complete EU relief", "units of drift", 0, 100)
    loophole_value: Number = number(
        "use of Minsk as a way around sanctions, while relief is in force", "points a month"
    )
    support_cost: Number = number("cost of supporting Minsk", "points")
    support_pull: Number = number("drift forgiven in a month of support", "units of drift", 0, 100)
    punishing_cost: Number = number("cost of punishing Minsk", "points")
    discount: Number = discount("weight of next month against this one")
    rationality: Precision = rationality("precision of choice (lam): larger is closer to always the best")
