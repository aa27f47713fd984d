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
def test_not_lazy_it_moves_every_row_as_by_a_gradient_that_is_zero_there(dtype):
    rng = np.random.default_rng(1)
    start = rng.standard_normal((2500, 3)).astype(dtype)  # more rows than a task has
    rows, whole = {"word_embedding": start.copy()}, {"word_embedding": start.copy()}
    adam, ordinary = Adam(rows, 0.01, lazy=False), Adam(whole, 0.01)
    for _ in range(5):
        touched = np.sort(rng.choice(2500, 40, replace=False))
        gradient = RowGradient(touched, rng.standard_normal((40, 3)).astype(dtype))
        adam.step(rows, {"word_embedding": gradient})
        ordinary.step(whole, {"word_embedding": gradient.dense(2500)})
    for name in ("m", "v"):
        assert np.array_equal(adam.state[name]["word_embedding"], ordinary.state[name]["word_embedding"])
    assert np.array_equal(rows["word_embedding"], whole["word_embedding"])


def test_not_lazy_one_gradient_moves_a_row_about_ten_times_as_far():
    moved = {}
    for lazy in (True, False):
        parameters = {"word_embedding": np.zeros((2, 1))}
        adam = Adam(parameters, 1e-4, lazy=lazy)
        adam.steps = 5_000
        for rows in [[0]] + [[1]] * 300:
            adam.step(parameters, {"word_embedding": RowGradient(np.array(rows), np.ones((1, 1)))})
        moved[lazy] = parameters["word_embedding"][0, 0]
    assert moved[False] / moved[True] == pytest.approx(10, rel=0.02)


def test_running_means_of_a_word_that_comes_no_more_end_at_zero():
    parameters = {"word_embedding": np.ones((2, 4), dtype=np.float32)}
    adam = Adam(parameters, 0.1, lazy=False)
    for rows in [[0]] + [[1]] * 800:
        adam.step(parameters, {"word_embedding": RowGradient(np.array(rows), np.full((1, 4), 1e-3, dtype=np.float32))})
        m = adam.m["word_embedding"]
        assert not ((m != 0) & (np.abs(m) < np.finfo(np.float32).tiny)).any()
    assert (m[0] == 0).all()
    assert (adam.v["word_embedding"] > 0).all()


@pytest.mark.parametrize("lazy", [True, False, None])
def test_a_gradient_that_is_no_number_is_not_hidden(lazy):
    values = np.array([[np.nan, 1.0]])
    gradient = np.concatenate([values, values]) if lazy is None else RowGradient(np.array([1]), values)
    parameters = {"word_embedding": np.ones((2, 2))}
    adam = Adam(parameters, 0.1, lazy=lazy is not False)
    adam.step(parameters, {"word_embedding": gradient})
    for array in (parameters, adam.m, adam.v):
        assert np.isnan(array["word_embedding"][1]).tolist() == [True, False]


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
