"""Agent quantal response: centipede, ultimatum, `lam` 0, and what splitting nodes and packages does."""

from __future__ import annotations

from tests.published.case import Family
from tests.published.quantal_response.centipede import CENTIPEDE
from tests.published.quantal_response.definition import BY_DEFINITION
from tests.published.quantal_response.splitting import SPLITTING
from tests.published.quantal_response.ultimatum import ULTIMATUM

FAMILY = Family(
    "Agent quantal response equilibrium",
    "Every node is decided by its own agent with the precision lam of its player. The figures are agent QRE: "
    "normal-form "
    "QRE of the same games differs. Splitting a node into two changes agent QRE (that is a property of the concept, "
    "and "
    "the reason why the order of turns in a model matters); splitting a package into copies that share its weight does "
    "not change it here.",
    (*CENTIPEDE, *ULTIMATUM, *SPLITTING, *BY_DEFINITION),
)
