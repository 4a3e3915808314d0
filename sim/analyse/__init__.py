"""Questions asked of many variants: sweeps, tipping points, sensitivity, discovery, claims.

>>> from sim.analyse import tipping
>>> tipping(load("baseline"), "brussels.relief_cost.1", "p_eu_relief", 0.1).verdict   # doctest: +SKIP
"""

from sim.analyse.attribution import Attribution, attribute
from sim.analyse.claims_check import claims
from sim.analyse.claims_record import Claims
from sim.analyse.claims_robustness import Robustness, robustness
from sim.analyse.discover import Discovery, discover
from sim.analyse.gradient import gradient
from sim.analyse.inverse import inverse
from sim.analyse.inverse_record import Inverse
from sim.analyse.sensitivity import Sensitivity, sobol, tornado
from sim.analyse.space import DesignSpace
from sim.analyse.sweep import Sweep, sweep
from sim.analyse.tipping import Tipping, tipping
from sim.analyse.tipping_actions import ActionTipping, action_tipping
from sim.analyse.tipping_frontier import Frontier, frontier
from sim.analyse.variants import Evaluated, Evaluator, evaluate

__all__ = [
    "ActionTipping",
    "Attribution",
    "Claims",
    "DesignSpace",
    "Discovery",
    "Evaluated",
    "Evaluator",
    "Frontier",
    "Inverse",
    "Robustness",
    "Sensitivity",
    "Sweep",
    "Tipping",
    "action_tipping",
    "attribute",
    "claims",
    "discover",
    "evaluate",
    "frontier",
    "gradient",
    "inverse",
    "robustness",
    "sobol",
    "sweep",
    "tipping",
    "tornado",
]
