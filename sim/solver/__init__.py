"""Solving a game, playing its equilibrium forward, and measuring what leaving it would gain. Knows no capital."""

from sim.solver.fixed import Policy
from sim.solver.forward import Forward, Until, propagate, propagate_many
from sim.solver.regret import OneShotGain, Regret, one_shot_gain, regret
from sim.solver.solution import OfferPolicy, Solution, solve, solve_each, solve_many

__all__ = [
    "Forward",
    "OfferPolicy",
    "OneShotGain",
    "Policy",
    "Regret",
    "Solution",
    "Until",
    "one_shot_gain",
    "propagate",
    "propagate_many",
    "regret",
    "solve",
    "solve_each",
    "solve_many",
]
