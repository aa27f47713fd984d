"""The order of rows inside the attention loops."""

import numpy as np
import pytest

from nrms_np.kernels.engine.lane_order import lane_order, to_head_order, to_lane_order


def test_heads_that_fill_registers_stand_side_by_side():
    order = lane_order(16, 3)
    assert (order.lanes, order.groups, order.sharing) == (16, 1, 0)
    for c in range(3):
        assert order.head_of[c * 16 : (c + 1) * 16].tolist() == [head * 3 + c for head in range(16)]


def test_the_last_of_20_heads_share_vectors():
    order = lane_order(20, 20)
    assert (order.lanes, order.groups, order.sharing, order.together) == (16, 1, 4, 4)
    assert order.head_of[:3].tolist() == [0, 20, 40]  # number 0 of heads 0, 1, 2
    assert order.head_of[16 * 20 : 16 * 20 + 6].tolist() == [320, 340, 360, 380, 321, 341]


@pytest.mark.parametrize(
    ("heads", "head_dim", "lanes"), [(32, 5, 16), (8, 16, 16), (8, 5, 8), (12, 2, 8), (12, 5, 12), (3, 7, 3), (1, 1, 1)]
)
def test_the_widest_register_that_the_heads_fill(heads, head_dim, lanes):
    order = lane_order(heads, head_dim)
    assert order.lanes == lanes
    assert order.groups * lanes + order.sharing == heads
    assert order.sharing in (0, lanes // order.together)


@pytest.mark.parametrize("heads", [1, 2, 3, 8, 12, 16, 20, 36])
@pytest.mark.parametrize("head_dim", [1, 4, 7, 20])
def test_there_and_back(heads, head_dim):
    W = np.random.default_rng(0).standard_normal((3, heads * head_dim))
    order = lane_order(heads, head_dim)
    assert sorted(order.head_of.tolist()) == list(range(heads * head_dim))
    np.testing.assert_array_equal(to_lane_order(W, heads), W[:, order.head_of])
    np.testing.assert_array_equal(to_head_order(to_lane_order(W, heads), heads), W)


@pytest.mark.parametrize(("heads", "head_dim"), [(20, 20), (16, 3), (8, 16), (12, 2), (36, 4), (5, 3)])
def test_lanes_of_one_vector_belong_to_different_heads_or_are_folded_onto_them(heads, head_dim):
    order = lane_order(heads, head_dim)
    head = (order.head_of // head_dim).reshape(-1, order.lanes)
    whole = order.groups * head_dim
    for vector in head[:whole]:
        assert len(set(vector.tolist())) == order.lanes
    for vector in head[whole:]:
        pieces = vector.reshape(order.together, order.sharing)
        assert (pieces == np.arange(heads - order.sharing, heads)).all()
