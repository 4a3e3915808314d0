"""Drawing a choice: the first whose share of 0 to 1 ends above the draw, against NumPy's search in the sums."""

from __future__ import annotations

import hypothesis.extra.numpy as arrays
import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from sim.kernels import draw as kernels

CHANCES = st.one_of(st.just(0.0), st.floats(1e-12, 1.0))


@st.composite
def rows(draw: st.DrawFn) -> npt.NDArray[np.float64]:
    """Rows of chances, some of them 0, never all."""
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 40)))
    found = draw(arrays.arrays(np.float64, shape, elements=CHANCES))
    found[found.sum(axis=1) == 0.0, draw(st.integers(0, shape[1] - 1))] = 1.0
    return found


@given(rows(), st.sampled_from([1, 2, 16, 64]), st.data())
def test_a_draw_takes_the_first_choice_whose_share_ends_above_it(
    chances: npt.NDArray[np.float64], parts: int, data: st.DataObject
) -> None:
    total = np.cumsum(chances, axis=1)
    shares = total / total[:, -1:]
    wanted = [0.0, np.nextafter(1.0, 0.0), 0.5, *shares[shares < 1.0].tolist()]  # also exactly where a share ends
    wanted += data.draw(st.lists(st.floats(0.0, 1.0, exclude_max=True), max_size=20))
    draws = np.tile(np.array(wanted), len(chances))
    state = np.repeat(np.arange(len(chances), dtype=np.int32), len(wanted))
    expected = []
    for s, u in zip(state, draws, strict=True):
        possible = np.flatnonzero(chances[s] > 0.0)
        place = np.searchsorted(shares[s, possible], u, side="right")
        expected.append(possible[min(place, possible.size - 1)])
    edges, choice = np.empty(chances.shape), np.empty(chances.shape, dtype=np.int32)
    guide = np.empty((len(chances), parts), dtype=np.int32)
    kernels.edges_of(chances, edges, choice, guide)
    slot = np.arange(len(chances), dtype=np.int32)
    leads = np.arange(chances.size, dtype=np.int32).reshape(chances.shape)
    taken, moved = np.empty(state.size, dtype=np.uint8), state.copy()
    kernels.draw_choices(0, state.size, moved, slot, edges, choice, guide, draws, leads, taken)
    np.testing.assert_array_equal(taken, expected)
    np.testing.assert_array_equal(moved, leads[state, taken])


@given(st.lists(st.integers(0, 9), min_size=1, max_size=50))
def test_the_states_that_courses_are_in_are_marked(states: list[int]) -> None:
    seen = np.zeros(10, dtype=np.bool_)
    half = len(states) // 2
    array = np.array(states, dtype=np.int32)
    kernels.mark(0, half, array, seen)
    kernels.mark(half, len(states), array, seen)
    assert set(np.flatnonzero(seen).tolist()) == set(states)
