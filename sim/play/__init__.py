"""Fixed ways of negotiating, set against one another and against the equilibrium. See GUIDE.md in this folder."""

from sim.play.behaviours import DEFAULT, EQUILIBRIUM, Behaviour, View, behaviour, behaviours, register
from sim.play.memory import Memory, remember
from sim.play.reaction import Against, against
from sim.play.tournament import tournament
from sim.play.tournament_record import Tournament

__all__ = [
    "DEFAULT",
    "EQUILIBRIUM",
    "Against",
    "Behaviour",
    "Memory",
    "Tournament",
    "View",
    "against",
    "behaviour",
    "behaviours",
    "register",
    "remember",
    "tournament",
]
