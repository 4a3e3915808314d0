"""A testing kit for games and scenarios of your own.

- ``strategies``: Hypothesis strategies (they generate inputs; nothing to do with strategies in a game);
- ``laws``: the invariants that every solution must keep, as functions that raise AssertionError;
- ``model_laws``: those of a compiled scenario of the four capitals;
- ``rewrite``: the same game told differently, which the laws compare;
- ``check``: what ``grand-deal check`` does, callable from Python.

TUTORIAL.md beside this file shows all of it at work. Import the module that you need: only ``strategies`` and ``check``
need hypothesis (``pip install "grand-deal[check]"``).

Example
-------
>>> from hypothesis import given
>>> import sim
>>> from sim.testing import laws, strategies
>>> @given(strategies.games(max_players=2))
... def test_no_regret(game):
...     laws.no_regret(sim.solve(game, rationality=float("inf")))
"""
