import numpy as np
import pytest

from nrms_np.packed import RowGradient
from nrms_np.training.adam import Adam


def adam_by_the_book(parameter, gradients, rate):
    """Algorithm 1 of Kingma and Ba, one number at a time."""
    m = v = 0.0
    for t, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        parameter -= rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return parameter


def test_three_steps_by_the_book():
    rng = np.random.default_rng(0)
    start, gradients = rng.standard_normal((3, 4)), rng.standard_normal((3, 3, 4))
    parameters = {"W": start.copy()}
    adam = Adam(parameters, 0.01)
    for gradient in gradients:
        adam.step(parameters, {"W": gradient})
    for i in np.ndindex(3, 4):
        assert parameters["W"][i] == pytest.approx(
            adam_by_the_book(start[i], gradients[(slice(None), *i)], 0.01), rel=1e-12
        )


def test_the_first_step_has_the_size_of_the_learning_rate():
    parameters = {"q": np.zeros(3)}
    Adam(parameters, 0.5).step(parameters, {"q": np.array([1e-3, -7.0, 40.0])})
    np.testing.assert_allclose(parameters["q"], [-0.5, 0.5, -0.5], rtol=1e-4)


def test_only_touched_rows_move():
    parameters = {"word_embedding": np.ones((6, 2))}
    adam = Adam(parameters, 0.1)
    adam.step(parameters, {"word_embedding": RowGradient(np.array([1, 4]), np.array([[1.0, 2.0], [3.0, -4.0]]))})
    moved = parameters["word_embedding"] != 1
    assert moved.any(axis=1).tolist() == [False, True, False, False, True, False]
    assert adam.m["word_embedding"][[0, 2, 3, 5]].any() == 0
    before = parameters["word_embedding"][1].copy()
    adam.step(parameters, {"word_embedding": RowGradient(np.array([4]), np.array([[1.0, 1.0]]))})
    assert np.array_equal(parameters["word_embedding"][1], before)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_stays(dtype):
    parameters = {"W": np.ones((2, 3), dtype=dtype)}
    adam = Adam(parameters, 0.1)
    adam.step(parameters, {"W": np.ones((2, 3), dtype=dtype)})
    assert parameters["W"].dtype == adam.m["W"].dtype == dtype


def test_a_gradient_that_is_not_contiguous_is_fine():
    parameters = {"W": np.zeros((3, 2))}
    Adam(parameters, 1.0).step(parameters, {"W": np.array([[1.0, -1.0, 1.0], [-1.0, 1.0, 1.0]]).T})
    np.testing.assert_allclose(parameters["W"], [[-1, 1], [1, -1], [-1, -1]], rtol=1e-6)
