"""The four capitals: the only package that knows the article. A validated scenario becomes a game with named dials.

See MODEL.md in this folder for the model in full.
"""

from sim.model.compile import compile, talks_chain
from sim.model.compiled import Effects, Model
from sim.model.dials import GRIDS, PLAYERS, Grid, grid_of
from sim.model.menu import MASS_RELEASE, Package, package, packages_of, weights_of
from sim.model.position import position
from sim.model.terms import FLOW, Term

__all__ = [
    "FLOW",
    "GRIDS",
    "MASS_RELEASE",
    "PLAYERS",
    "Effects",
    "Grid",
    "Model",
    "Package",
    "Term",
    "compile",
    "grid_of",
    "package",
    "packages_of",
    "position",
    "talks_chain",
    "weights_of",
]
