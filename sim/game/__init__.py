"""The generic layer: games that know nothing about any capital. Stable and documented; build your own on it."""

from sim.game.axes import Axes
from sim.game.game import Game
from sim.game.turns import Chance, Move, Offer, Turn

__all__ = ["Axes", "Chance", "Game", "Move", "Offer", "Turn"]
