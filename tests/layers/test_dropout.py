import numpy as np
import pytest

from nrms_np.gradcheck import check_gradients
from nrms_np.layers.dropout import dropout_backward, dropout_forward, dropout_key, dropout_mask, splitmix64


def test_splitmix64_gives_the_numbers_of_its_authors():
    # The first outputs of the published C code (Vigna, splitmix64.c) from state 1234567.
    states = [(1234567 + i * 0x9E3779B97F4A7C15) % 2**64 for i in range(3)]
    assert [splitmix64(state) for state in states] == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@pytest.mark.parametrize("rate", [0.1, 0.2, 0.5])
def test_the_share_of_dropped_numbers_is_the_rate(rate):
    mask = dropout_mask(dropout_key(1, 2, 0), 400, 301, rate)
    error = 5 * np.sqrt(rate * (1 - rate) / mask.size)
    assert abs((~mask).mean() - rate) < error


def test_the_mean_is_kept():
    y, _ = dropout_forward(np.ones((500, 300)), 0.2, dropout_key(0, 0, 0))
    assert abs(y.mean() - 1) < 0.01
    assert set(np.unique(y)) == {0.0, 65536 / (65536 - 13107)}


def test_masks_differ_between_seeds_steps_layers_rows_and_columns():
    keys = [dropout_key(*key) for key in [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]]
    masks = [dropout_mask(key, 40, 50, 0.5) for key in keys]
    for i in range(4):
        for j in range(i):
            assert 0.4 < (masks[i] == masks[j]).mean() < 0.6
    assert 0.4 < (masks[0][1:] == masks[0][:-1]).mean() < 0.6
    assert 0.4 < (masks[0][:, 1:] == masks[0][:, :-1]).mean() < 0.6


def test_a_part_of_the_rows_gets_the_same_part_of_the_mask():
    key = dropout_key(3, 4, 1)
    assert np.array_equal(dropout_mask(key, 10, 7, 0.3)[4:9], dropout_mask(key, np.arange(4, 9), 7, 0.3))


def test_dropout_backward_agrees_with_finite_differences():
    x, key = np.random.default_rng(2).standard_normal((5, 7)), dropout_key(0, 5, 0)
    _, cache = dropout_forward(x, 0.4, key)
    check_gradients(lambda x: dropout_forward(x, 0.4, key)[0], {"x": x}, lambda dy: {"x": dropout_backward(dy, cache)})


def test_the_dtype_stays():
    y, cache = dropout_forward(np.ones((3, 5), dtype=np.float32), 0.2, 1)
    assert y.dtype == np.float32
    assert dropout_backward(y, cache).dtype == np.float32
