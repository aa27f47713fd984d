import numpy as np
import pytest

from nrms_np.gradcheck import check_gradients
from nrms_np.layers.softmax import softmax_backward, softmax_forward


def test_softmax_of_a_hand_worked_example():
    p, _ = softmax_forward(np.log(np.array([[1.0, 3.0], [2.0, 2.0]])))
    np.testing.assert_allclose(p, [[0.25, 0.75], [0.5, 0.5]], rtol=1e-14)


def test_softmax_backward_agrees_with_finite_differences():
    a = np.random.default_rng(0).standard_normal((3, 5))
    _, p = softmax_forward(a)
    check_gradients(lambda a: softmax_forward(a)[0], {"a": a}, lambda dp: {"a": softmax_backward(dp, p)})


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_of_ten_thousand_give_finite_weights(dtype):
    p, _ = softmax_forward(np.array([[-1e4, 1e4, 1e4], [-1e4, -1e4, -1e4]], dtype=dtype))
    np.testing.assert_allclose(p, [[0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-6)
    assert p.dtype == dtype


def test_softmax_of_nothing_is_nothing():
    p, _ = softmax_forward(np.zeros((4, 0)))
    assert p.shape == (4, 0)
    assert softmax_backward(np.zeros((4, 0)), p).shape == (4, 0)


def test_an_upstream_gradient_of_ones_gives_zero_and_so_checks_nothing():
    _, p = softmax_forward(np.random.default_rng(1).standard_normal((2, 6)))
    np.testing.assert_allclose(softmax_backward(np.ones_like(p), p), 0, atol=1e-15)
