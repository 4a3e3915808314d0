"""Pure and logit equilibria of tables of payoffs: known games, brute force, and the equations themselves."""

from __future__ import annotations

import json
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from sim.errors import GameError
from sim.play.metagame import pure_equilibria, regrets, trace

Floats = npt.NDArray[np.float64]


def two(a: list[list[float]], b: list[list[float]]) -> Floats:
    return np.stack([np.array(a, dtype=float), np.array(b, dtype=float)], axis=-1)


DILEMMA = two([[3, 0], [5, 1]], [[3, 5], [0, 1]])
STAG = two([[4, 0], [3, 2]], [[4, 3], [0, 2]])


@st.composite
def tables(draw: st.DrawFn) -> Floats:
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    shape = (*sizes, len(sizes))
    numbers = draw(st.lists(st.integers(-3, 3), min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
    return np.array(numbers, dtype=float).reshape(shape)


class TestPure:
    def test_known(self) -> None:
        assert pure_equilibria(DILEMMA) == ((1, 1),)
        assert pure_equilibria(STAG) == ((0, 0), (1, 1))
        pennies = two([[1, -1], [-1, 1]], [[-1, 1], [1, -1]])
        assert pure_equilibria(pennies) == ()

    @given(tables())
    def test_brute_force(self, table: Floats) -> None:
        n, sizes = table.shape[-1], table.shape[:-1]
        found = []
        for profile in product(*(range(size) for size in sizes)):
            gains = [
                table[(*profile[:i], other, *profile[i + 1 :])][i] - table[profile][i]
                for i in range(n)
                for other in range(sizes[i])
            ]
            if max(gains) <= 0:
                found.append(profile)
        assert pure_equilibria(table) == tuple(found)
        zero = np.argwhere((regrets(table) == 0).all(axis=-1))
        assert [tuple(row) for row in zero.tolist()] == found

    @pytest.mark.parametrize(
        "table", [np.zeros((2, 2)), np.zeros((2, 2, 3)), np.zeros(3), [[np.nan]], np.zeros((0, 1))]
    )
    def test_refusals(self, table: object) -> None:
        with pytest.raises(GameError, match="strategic form"):
            pure_equilibria(table)  # type: ignore[arg-type]


class TestLogit:
    @given(tables())
    def test_every_point_solves_the_equations(self, table: Floats) -> None:
        found = trace(table, 3.0)
        first = found.points[0]
        for mixture, size in zip(first.mixtures, table.shape[:-1], strict=True):
            assert mixture == pytest.approx([1 / size] * size)
        for point in found.points:
            assert point.residual < 1e-8
        if found.complete:
            assert found.last.lam == pytest.approx(3.0)

    def test_asymmetric_pennies(self) -> None:
        # McKelvey and Palfrey's game: own payoff 9 in one cell; two equations in two unknowns, solved by bisection
        table = two([[9, 0], [0, 1]], [[0, 1], [1, 0]])
        for lam in (0.5, 1.0, 4.0):
            last = trace(table, lam).last

            def row(q: float, lam: float = lam) -> float:
                return float(1 / (1 + np.exp(-lam * (9 * q - (1 - q)))))

            def gap(q: float, lam: float = lam) -> float:
                p = row(q)
                return float(1 / (1 + np.exp(-lam * ((1 - p) - p))) - q)

            q = brentq(gap, 0, 1, xtol=1e-14)
            assert last.lam == pytest.approx(lam)
            assert last.mixtures[0][0] == pytest.approx(row(q), abs=1e-9)
            assert last.mixtures[1][0] == pytest.approx(q, abs=1e-9)

    def test_limits(self) -> None:
        dilemma = trace(DILEMMA)
        assert dilemma.complete
        assert dilemma.last.mixtures[0][1] == pytest.approx(1.0)
        assert max(dilemma.last.regret) < 1e-6
        # in the stag hunt the branch from the uniform mixture leads to the risk-dominant equilibrium
        stag = trace(STAG)
        assert stag.complete
        assert stag.last.mixtures[0][1] == pytest.approx(1.0)

    def test_a_branch_that_turns_back(self) -> None:
        # chicken, nearly symmetric: from lam 0 on one side, followed through without losing the branch
        table = two([[0, 7], [2, 6]], [[0, 2], [7, 6]]) + 0.0
        table[0, 1, 0] += 0.5
        found = trace(table)
        assert found.complete
        assert all(point.residual < 1e-7 for point in found.points)
        assert max(found.last.regret) < 1e-3

    def test_in_points(self) -> None:
        # lam is per point: doubling all payoffs halves the lam with the same mixture
        once, twice = trace(STAG, 2.0).last, trace(2 * STAG, 1.0).last
        assert once.mixtures[0] == pytest.approx(twice.mixtures[0], abs=1e-8)
        assert json.dumps(trace(DILEMMA, 1.0).to_json())
