import numpy as np
import pytest

from nrms_np.gradcheck import check_gradients
from nrms_np.layers.click import (
    click_score_backward,
    click_score_forward,
    sigmoid_backward,
    sigmoid_forward,
    softmax_loss_backward,
    softmax_loss_forward,
)
from tests.helpers.sizes import WIDTH


def test_click_score_backward_agrees_with_finite_differences():
    rng = np.random.default_rng(0)
    inputs = {"u": rng.standard_normal(WIDTH), "r": rng.standard_normal((5, WIDTH))}
    _, cache = click_score_forward(**inputs)
    check_gradients(
        lambda **inputs: click_score_forward(**inputs)[0],
        inputs,
        lambda d_scores: dict(zip("ur", click_score_backward(d_scores, cache), strict=True)),
    )


@pytest.mark.parametrize("clicked", [0, 3])
def test_softmax_loss_backward_agrees_with_finite_differences(clicked):
    scores = np.random.default_rng(1).standard_normal(5)
    _, cache = softmax_loss_forward(scores, clicked)
    check_gradients(
        lambda scores: softmax_loss_forward(scores, clicked)[0],
        {"scores": scores},
        lambda d_loss: {"scores": softmax_loss_backward(float(d_loss), cache)},
    )


def test_equations_11_and_12_to_the_letter():
    scores = np.random.default_rng(2).standard_normal(5)
    p = np.exp(scores[0]) / (np.exp(scores[0]) + sum(np.exp(scores[j]) for j in range(1, 5)))
    assert softmax_loss_forward(scores, 0)[0] == pytest.approx(-np.log(p), rel=1e-12)


def test_a_model_that_knows_nothing_has_the_loss_log_of_the_number_of_candidates():
    assert softmax_loss_forward(np.zeros(5), 2)[0] == pytest.approx(np.log(5), rel=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_of_ten_thousand_give_a_finite_loss_and_gradient(dtype):
    scores = np.array([-1e4, 1e4, 0], dtype=dtype)
    loss, cache = softmax_loss_forward(scores, 0)
    assert loss == pytest.approx(2e4)
    np.testing.assert_allclose(softmax_loss_backward(1.0, cache), [-1, 1, 0])
    p, _ = sigmoid_forward(scores)
    np.testing.assert_array_equal(p, [0, 1, 0.5])
    assert p.dtype == dtype


def test_sigmoid_backward_agrees_with_finite_differences():
    score = np.array([-3.0, -0.2, 0.1, 2.5])
    _, p = sigmoid_forward(score)
    check_gradients(
        lambda score: sigmoid_forward(score)[0], {"score": score}, lambda dp: {"score": sigmoid_backward(dp, p)}
    )


def test_sigmoid_keeps_the_order():
    score = np.sort(np.random.default_rng(3).standard_normal(20) * 5)
    assert (np.diff(sigmoid_forward(score)[0]) > 0).all()
