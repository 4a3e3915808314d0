"""Payoffs received every month, in the state that the month ends in.

Relief is counted as a share of its top level: u = steps of US relief / 3, e = steps of EU relief / 2;
contact c = level / 2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.model.dials import CONTACT, TALKS, TOP_CONTACT, TOP_EU, TOP_US, Floats, Space
from sim.model.terms import FLOW, Get, Term

SMALL_RHO = 1e-6
"""Below this size rho counts as 0: the CES form has its Cobb-Douglas limit there and is numerically lost beside it."""


def flow_terms_of(get: Get, space: Space) -> tuple[Term, ...]:
    """Return the monthly terms of the four capitals."""
    return (
        *_minsk_flow(get, space),
        *_washington_flow(get, space),
        *_brussels_flow(get, space),
        *_moscow_flow(get, space),
    )


def reopened_trade(us: Floats, eu: Floats, us_share: float, rho: float, ces_share: float) -> Floats:
    """Return the share of trade reopened by relief: ``ces_share`` of it CES in both reliefs, the rest linear.

    Parameters
    ----------
    us, eu : relief as a share of its top, 0 to 1; they broadcast.
    us_share : weight of US relief, above 0 and below 1.
    rho : at most 1; below 0 complements (nothing without both), 0 Cobb-Douglas, 1 perfect substitutes.

    Reference
    ---------
    Arrow, Chenery, Minhas, Solow (1961), Capital-labor substitution and economic efficiency.
    """
    us, eu = np.broadcast_arrays(us, eu)
    both = (us > 0) & (eu > 0)
    # in logs, so that a strongly negative rho cannot overflow
    log_us, log_eu = np.log(np.where(us > 0, us, 1.0)), np.log(np.where(eu > 0, eu, 1.0))
    part_us, part_eu = np.log(us_share) + rho * log_us, np.log1p(-us_share) + rho * log_eu
    if abs(rho) < SMALL_RHO:
        ces = np.where(both, np.exp(us_share * log_us + (1.0 - us_share) * log_eu), 0.0)
    elif rho < 0:
        ces = np.where(both, np.exp(np.logaddexp(part_us, part_eu) / rho), 0.0)
    else:
        parts = np.where(us > 0, np.exp(part_us), 0.0) + np.where(eu > 0, np.exp(part_eu), 0.0)
        ces = parts ** (1.0 / rho)
    linear = us_share * us + (1.0 - us_share) * eu
    result: Floats = ces_share * ces + (1.0 - ces_share) * linear
    return result


def excess_drift(get: Get, space: Space, pull: float = 0.0) -> Floats:
    """Return how far Minsk has moved West, less ``pull``, beyond what Moscow lets pass: over the dials, 0 or more."""
    weight = {name: get(f"moscow.{name}_weight") for name in ("contact", "us", "eu")}
    us, eu, contact = _shares(space)
    slack = space.along("talks", [get(f"moscow.slack.{talks}") for talks in TALKS])
    position = weight["contact"] * contact + weight["us"] * us + weight["eu"] * eu
    return np.maximum(0.0, position - pull - slack)


def _shares(space: Space) -> tuple[Floats, Floats, Floats]:
    us, eu = space.along("us_relief") / TOP_US, space.along("eu_relief") / TOP_EU
    return us, eu, space.along("contact") / TOP_CONTACT


def _minsk_flow(get: Get, space: Space) -> tuple[Term, ...]:
    us, eu, _ = _shares(space)
    persons = space.along("prisoners") * space.lot
    trade = ("minsk.trade_value", "minsk.trade_us_share", "minsk.trade_rho", "minsk.trade_ces_share")
    contact = ("minsk.contact_value.envoys", "minsk.contact_value.embassy")
    leverage = ("minsk.leverage_value", "minsk.leverage_scale")
    levels = (0.0, get(contact[0]), get(contact[0]) + get(contact[1]))
    return (
        _flow(
            "minsk",
            "trade reopened",
            r"+T\,[\,w\,(\alpha u^{\rho}+(1-\alpha)e^{\rho})^{1/\rho}+(1-w)(\alpha u+(1-\alpha)e)\,]",
            trade,
            space,
            get(trade[0]) * reopened_trade(us, eu, get(trade[1]), get(trade[2]), get(trade[3])),
        ),
        _flow(
            "minsk",
            "contact",
            r"+v_1\,[c\ge 1/2]+v_2\,[c=1]",
            contact,
            space,
            space.along("contact", levels),
        ),
        _flow(
            "minsk",
            "leverage of prisoners held",
            r"+b\,\ln(1+p/p_0)",
            leverage,
            space,
            get(leverage[0]) * np.log1p(persons / get(leverage[1])),
        ),
    )


def _washington_flow(get: Get, space: Space) -> tuple[Term, ...]:
    us, eu, contact = _shares(space)
    factors = tuple(f"washington.talks_factor.{talks}" for talks in TALKS)
    relief = _steps("washington.relief_cost", TOP_US)
    levels = tuple(f"washington.contact_cost.{level}" for level in CONTACT[1:])
    factor = space.along("talks", [get(name) for name in factors])
    return (
        _flow(
            "washington",
            "geopolitical value",
            r"+g\,\phi_\tau\,(c+u+e)/3",
            ("washington.geopolitical_value", *factors),
            space,
            get("washington.geopolitical_value") * (contact + us + eu) / 3.0 * factor,
        ),
        _flow(
            "washington",
            "US relief held",
            r"-\sum_{j\le 3u} r^W_j",
            relief,
            space,
            -space.along("us_relief", _cumulated(get, relief)),
        ),
        _flow(
            "washington",
            "contact held",
            r"-q_{2c}",
            levels,
            space,
            -space.along("contact", (0.0, *(get(name) for name in levels))),
        ),
        _held("washington", "prisoners", get, space),
    )


def _brussels_flow(get: Get, space: Space) -> tuple[Term, ...]:
    us, eu, _ = _shares(space)
    relief = _steps("brussels.relief_cost", TOP_EU)
    settled = space.along("talks", [1.0, 1.0, get("brussels.settled_factor")])
    return (
        _held("brussels", "prisoners", get, space),
        _flow(
            "brussels",
            "leaders still held",
            r"-h^B_\ell\,\ell",
            ("brussels.leaders_held_cost",),
            space,
            -get("brussels.leaders_held_cost") * space.along("leaders"),
        ),
        _flow(
            "brussels",
            "EU relief held",
            r"-\psi_\tau\sum_{j\le 2e} r^B_j",
            (*relief, "brussels.settled_factor"),
            space,
            -space.along("eu_relief", _cumulated(get, relief)) * settled,
        ),
        _flow(
            "brussels",
            "gap behind Washington",
            r"-k_{\mathrm{gap}}\,\max(0,\,u-e)",
            ("brussels.gap_cost",),
            space,
            -get("brussels.gap_cost") * np.maximum(0.0, us - eu),
        ),
    )


def _moscow_flow(get: Get, space: Space) -> tuple[Term, ...]:
    us, eu, _ = _shares(space)
    return (
        _flow(
            "moscow",
            "drift to the West",
            r"-d\,\max(0,\,x-s_\tau),\quad x=\omega_c c+\omega_u u+\omega_e e",
            drift_parameters(),
            space,
            -get("moscow.drift_cost") * excess_drift(get, space),
        ),
        _flow(
            "moscow",
            "sanctions loophole",
            r"+m\,(u+e)/2",
            ("moscow.loophole_value",),
            space,
            get("moscow.loophole_value") * (us + eu) / 2.0,
        ),
    )


def drift_parameters() -> tuple[str, ...]:
    """Return the dotted names of the parameters that the drift depends on."""
    slack = (f"moscow.slack.{talks}" for talks in TALKS)
    return ("moscow.drift_cost", "moscow.contact_weight", "moscow.us_weight", "moscow.eu_weight", *slack)


def _steps(name: str, top: int) -> tuple[str, ...]:
    return tuple(f"{name}.{step}" for step in range(1, top + 1))


def _cumulated(get: Get, names: Sequence[str]) -> Floats:
    return np.concatenate([[0.0], np.cumsum([get(name) for name in names])])


def _held(player: str, people: str, get: Get, space: Space) -> Term:
    name = f"{player}.held_cost"
    persons = space.along("prisoners") * space.lot
    formula = rf"-h^{player[0].upper()}\,p"
    return _flow(player, f"{people} still held", formula, (name,), space, -get(name) * persons)


def _flow(player: str, name: str, formula: str, parameters: tuple[str, ...], space: Space, table: Floats) -> Term:
    return Term(player, name, FLOW, formula, parameters, space.spread(table))
