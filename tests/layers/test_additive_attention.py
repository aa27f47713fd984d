import numpy as np

from nrms_np.gradcheck import check_gradients
from nrms_np.layers.additive_attention import (
    additive_attention_backward,
    additive_attention_forward,
    mean_pooling_backward,
    mean_pooling_forward,
)
from tests.helpers.sizes import WIDTH, T, pool_parameters


def test_additive_attention_backward_agrees_with_finite_differences():
    rng = np.random.default_rng(0)
    inputs = {"h": rng.standard_normal((T, WIDTH)), **pool_parameters(rng)}
    _, cache = additive_attention_forward(**inputs)
    check_gradients(
        lambda **inputs: additive_attention_forward(**inputs)[0],
        inputs,
        lambda dr: dict(zip("hWbq", additive_attention_backward(dr, cache), strict=True)),
    )


def test_mean_pooling_backward_agrees_with_finite_differences():
    h = np.random.default_rng(1).standard_normal((T, WIDTH))
    _, cache = mean_pooling_forward(h)
    check_gradients(lambda h: mean_pooling_forward(h)[0], {"h": h}, lambda dr: {"h": mean_pooling_backward(dr, cache)})


def test_equations_3_to_5_to_the_letter():
    rng = np.random.default_rng(2)
    h, p = rng.standard_normal((T, WIDTH)), pool_parameters(rng)
    a = [p["q"] @ np.tanh(p["W"].T @ h[i] + p["b"]) for i in range(T)]
    alpha = [np.exp(a[i]) / sum(np.exp(a)) for i in range(T)]
    r, _ = additive_attention_forward(h, **p)
    np.testing.assert_allclose(r, sum(alpha[i] * h[i] for i in range(T)), rtol=1e-12)


def test_mean_pooling_is_the_mean():
    h = np.random.default_rng(3).standard_normal((T, WIDTH))
    np.testing.assert_allclose(mean_pooling_forward(h)[0], h.mean(axis=0), rtol=1e-12)


def test_an_empty_sequence_pools_to_zero_and_passes_no_gradient():
    nothing = np.zeros((0, WIDTH))
    r, cache = additive_attention_forward(nothing, **pool_parameters(np.random.default_rng(4)))
    assert np.array_equal(r, np.zeros(WIDTH))
    dh, *gradients = additive_attention_backward(np.ones(WIDTH), cache)
    assert dh.shape == (0, WIDTH)
    assert not any(gradient.any() for gradient in gradients)
    r, mean_cache = mean_pooling_forward(nothing)
    assert np.array_equal(r, np.zeros(WIDTH))
    assert mean_pooling_backward(np.ones(WIDTH), mean_cache).shape == (0, WIDTH)


def test_a_single_row_is_its_own_mean():
    rng = np.random.default_rng(5)
    h = rng.standard_normal((1, WIDTH))
    np.testing.assert_array_equal(additive_attention_forward(h, **pool_parameters(rng))[0], h[0])


def test_the_dtype_stays_and_scores_of_ten_thousand_are_finite():
    rng = np.random.default_rng(6)
    parameters = {name: (3000 * value).astype(np.float32) for name, value in pool_parameters(rng).items()}
    h = rng.standard_normal((T, WIDTH)).astype(np.float32)
    r, cache = additive_attention_forward(h, **parameters)
    dh, *gradients = additive_attention_backward(r, cache)
    for array in (r, dh, *gradients):
        assert array.dtype == np.float32
        assert np.isfinite(array).all()
