"""What each capital wants and fears, as named terms that add up to its payoffs.

The monthly terms are in `sim.model.flows`; here are those paid once, when a choice is carried out. The game's
payoff arrays are exactly the sums of the terms' tables, so every number can be explained term by term.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sim.model.dials import PLAYERS, Floats, Space
from sim.model.flows import drift_parameters, excess_drift, flow_terms_of
from sim.model.menu import Package
from sim.model.terms import Get, Term, term
from sim.model.transitions import MINSK_ACTIONS, MOSCOW_ACTIONS, Rules, space_of

if TYPE_CHECKING:
    from sim.scenario import Scenario


def terms_of(scenario: Scenario, rules: Rules, tables: Mapping[str, Sequence[Package]]) -> tuple[Term, ...]:
    """Return all terms of a scenario, flows first, then by turn in order of play."""
    space = space_of(rules.lot, rules.capacity)
    get = scenario.get
    return (
        *flow_terms_of(get, space),
        *(part for table, packages in tables.items() for part in _table_terms(get, space, table, packages)),
        *_minsk_move(get, rules),
        _once("washington", "snapping back", "washington", r"-k_{\mathrm{snap}}", "snapback_cost", (0, -1), get),
        _once("brussels", "tightening", "brussels", r"-k_{\mathrm{tight}}", "tightening_cost", (0, -1), get),
        *_moscow_move(get, space),
    )


def summed(terms: Sequence[Term], where: str, shape: tuple[int, ...]) -> Floats:
    """Add up the terms at one place, in order: shape (*shape, players). ``shape`` is that of the widest table there."""
    total = np.zeros((*shape, len(PLAYERS)))
    for part in terms:
        if part.where == where:
            total[..., PLAYERS.index(part.player)] += part.table
    return total


def _table_terms(get: Get, space: Space, table: str, packages: Sequence[Package]) -> list[Term]:
    """Terms of a package: Minsk's costs, and credit for those at the table who get the people out."""
    prisoners = np.array([offer.prisoners for offer in packages], dtype=np.float64)
    leaders = np.array([offer.leaders for offer in packages], dtype=np.float64)
    terms = _release_terms(get, table, prisoners, leaders)
    if table != "eu-table":
        terms += _credit_terms(get, "washington", table, prisoners, leaders)
        name = "washington.show_value"
        shown = get(name) * ((prisoners > 0) | (leaders > 0)).astype(np.float64)
        terms.append(term("washington", "something to show", table, r"+y\,[n+\ell>0]", (name,), shown))
    if table == "us-table":
        name = "washington.pressing_cost"
        pressing = -get(name) * np.array([offer.pressing for offer in packages], dtype=np.float64)
        terms.append(term("washington", "pressing Brussels", table, r"-k_{\mathrm{press}}", (name,), pressing))
    else:
        terms += _credit_terms(get, "brussels", table, prisoners, leaders)
    if table == "eu-table":
        name = "brussels.cover_value"
        eased = get(name) * np.array([offer.eu > 0 for offer in packages], dtype=np.float64)
        unpressed_then_pressed = np.concatenate(
            [np.zeros((space.size, len(packages))), np.broadcast_to(eased, (space.size, len(packages)))]
        )
        formula = r"+k_{\mathrm{cover}}\,[\Delta e>0]\,[\mathrm{pressed}]"
        terms.append(term("brussels", "cover from Washington", table, formula, (name,), unpressed_then_pressed))
    return terms


def _release_terms(get: Get, where: str, prisoners: Floats, leaders: Floats) -> list[Term]:
    people, leader = "minsk.release_cost", "minsk.leader_cost"
    return [
        term("minsk", "prisoners released", where, r"-f\,n", (people,), -get(people) * prisoners),
        term("minsk", "leader released", where, r"-f_\ell\,\ell", (leader,), -get(leader) * leaders),
    ]


def _credit_terms(get: Get, player: str, where: str, prisoners: Floats, leaders: Floats) -> list[Term]:
    mark = player[0].upper()
    people, leader = f"{player}.release_credit", f"{player}.leader_credit"
    credit, leader_credit = get(people) * prisoners, get(leader) * leaders
    return [
        term(player, "credit for prisoners freed", where, rf"+a^{mark}\,n", (people,), credit),
        term(player, "credit for a leader freed", where, rf"+a^{mark}_\ell\,\ell", (leader,), leader_credit),
    ]


def _minsk_move(get: Get, rules: Rules) -> tuple[Term, ...]:
    people = np.array([0.0, rules.unasked_release, 0.0])
    nobody = np.zeros(len(MINSK_ACTIONS))
    # nobody signed anything: credit for the people, nothing to show for it, and never a leader
    unasked = (
        _release_terms(get, "minsk", people, nobody)[0],
        _credit_terms(get, "washington", "minsk", people, nobody)[0],
        _credit_terms(get, "brussels", "minsk", people, nobody)[0],
    )
    crackdown = _once("minsk", "crackdown", "minsk", r"-k_{\mathrm{crack}}", "crackdown_cost", (0, 0, -1), get)
    return (*unasked, crackdown)


def _moscow_move(get: Get, space: Space) -> tuple[Term, ...]:
    pull = get("moscow.support_pull")
    forgiven = get("moscow.drift_cost") * (excess_drift(get, space) - excess_drift(get, space, pull))
    table = np.zeros((space.size, len(MOSCOW_ACTIONS)))
    table[:, MOSCOW_ACTIONS.index("support")] = space.spread(forgiven)
    support = (0, 1, 0)
    minus_support, minus_punish = (0, -1, 0), (0, 0, -1)
    return (
        _once("minsk", "punished by Moscow", "moscow", r"-k_{\mathrm{pun}}", "punished_cost", minus_punish, get),
        _once("minsk", "supported by Moscow", "moscow", r"+k_{\mathrm{sup}}", "supported_value", support, get),
        _once("moscow", "support", "moscow", r"-k^R_{\mathrm{sup}}", "support_cost", minus_support, get),
        _once("moscow", "punishment", "moscow", r"-k^R_{\mathrm{pun}}", "punishing_cost", minus_punish, get),
        term(
            "moscow",
            "drift forgiven",
            "moscow",
            r"+d\,[\max(0,x-s_\tau)-\max(0,x-z-s_\tau)]",
            (*drift_parameters(), "moscow.support_pull"),
            table,
        ),
    )


def _once(player: str, name: str, where: str, formula: str, parameter: str, signs: Sequence[int], get: Get) -> Term:
    dotted = f"{player}.{parameter}"
    table = get(dotted) * np.array(signs, dtype=np.float64)
    return term(player, name, where, formula, (dotted,), table)
