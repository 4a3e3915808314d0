"""A testing kit for games and scenarios of your own.

``sim.testing.strategies`` holds Hypothesis strategies (they generate inputs; nothing to do with strategies in a
game) and ``sim.testing.laws`` the invariants that every solution must keep, as functions that raise AssertionError.
Import the module that you need: only ``strategies`` needs hypothesis.

Example
-------
>>> from hypothesis import given
>>> import sim
>>> from sim.testing import laws, strategies
>>> @given(strategies.games(max_players=2))
... def test_no_regret(game):
...     laws.no_regret(sim.solve(game, rationality=float("inf")))
"""
