import numpy as np
import pytest

from nrms_np.gradcheck import check_gradients
from nrms_np.layers.self_attention import (
    bilinear_attention_backward,
    bilinear_attention_forward,
    product_backward,
    product_forward,
    projected_attention_backward,
    projected_attention_forward,
)
from tests.helpers.one_sequence import self_attention_backward, self_attention_forward
from tests.helpers.sizes import FORMS, SCALE, WIDTH, D, H, T, attention_parameters, d


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scale", [1.0, SCALE])
def test_every_form_agrees_with_finite_differences(form, scale):
    rng = np.random.default_rng(0)
    x, parameters = rng.standard_normal((T, D)), attention_parameters(form, rng)

    def function(x, **parameters):
        return self_attention_forward(x, parameters, H, scale)[0]

    def backward(dh):
        dx, gradients = self_attention_backward(dh, self_attention_forward(x, parameters, H, scale)[1])
        return {"x": dx, **gradients}

    check_gradients(function, {"x": x, **parameters}, backward)


def test_projected_attention_backward_agrees_with_finite_differences():
    rng = np.random.default_rng(1)
    inputs = {"x": rng.standard_normal((T, D)), **attention_parameters("QKV", rng)}
    _, cache = projected_attention_forward(**inputs, heads=H, scale=SCALE)
    check_gradients(
        lambda **inputs: projected_attention_forward(**inputs, heads=H, scale=SCALE)[0],
        inputs,
        lambda dh: dict(zip("xQKV", projected_attention_backward(dh, cache), strict=True)),
    )


def test_bilinear_attention_backward_agrees_with_finite_differences():
    rng = np.random.default_rng(2)
    inputs = {"x": rng.standard_normal((T, D)), **attention_parameters("QV", rng)}
    _, cache = bilinear_attention_forward(**inputs, scale=0.7)
    check_gradients(
        lambda **inputs: bilinear_attention_forward(**inputs, scale=0.7)[0],
        inputs,
        lambda dh: dict(zip("xQV", bilinear_attention_backward(dh, cache), strict=True)),
    )


def test_product_backward_agrees_with_finite_differences():
    rng = np.random.default_rng(3)
    inputs = {"x": rng.standard_normal((T, D)), "W": rng.standard_normal((D, 6))}
    _, cache = product_forward(**inputs)
    check_gradients(
        lambda **inputs: product_forward(**inputs)[0],
        inputs,
        lambda dy: dict(zip("xW", product_backward(dy, cache), strict=True)),
    )


def test_equations_1_and_2_to_the_letter():
    rng = np.random.default_rng(4)
    e, parameters = rng.standard_normal((T, D)), attention_parameters("QV", rng)
    h, _ = self_attention_forward(e, parameters, H, 1.0)
    for k in range(H):
        Q_k, V_k = parameters["Q"][k], parameters["V"][:, k * d : (k + 1) * d].T  # the paper's V_k is (d, D)
        for i in range(T):
            exps = [np.exp(e[i] @ Q_k @ e[j]) for j in range(T)]
            mean = sum(exps[j] / sum(exps) * e[j] for j in range(T))
            np.testing.assert_allclose(h[i, k * d : (k + 1) * d], V_k @ mean, rtol=1e-10)


def test_projected_is_bilinear_with_a_matrix_of_rank_d():
    rng = np.random.default_rng(5)
    x, p = rng.standard_normal((T, D)), attention_parameters("QKV", rng)
    columns = [slice(k * d, (k + 1) * d) for k in range(H)]
    Q = np.stack([p["Q"][:, c] @ p["K"][:, c].T * SCALE for c in columns])
    projected, _ = self_attention_forward(x, p, H, SCALE)
    bilinear, _ = self_attention_forward(x, {"Q": Q, "V": p["V"]}, H, 1.0)
    np.testing.assert_allclose(projected, bilinear, rtol=1e-10)


@pytest.mark.parametrize("form", FORMS)
def test_a_sequence_of_nothing_gives_nothing(form):
    parameters = attention_parameters(form, np.random.default_rng(6))
    h, cache = self_attention_forward(np.zeros((0, D)), parameters, H, SCALE)
    assert h.shape == (0, WIDTH)
    dx, gradients = self_attention_backward(h, cache)
    assert dx.shape == (0, D)
    assert not any(gradient.any() for gradient in gradients.values())


@pytest.mark.parametrize("form", ["QKV", "QV", "V"])
def test_a_single_element_attends_to_itself_with_weight_1(form):
    rng = np.random.default_rng(7)
    x, parameters = rng.standard_normal((1, D)), attention_parameters(form, rng)
    h, _ = self_attention_forward(x, parameters, H, SCALE)
    np.testing.assert_allclose(h, x @ parameters["V"], rtol=1e-12)


@pytest.mark.parametrize("form", FORMS)
def test_the_dtype_stays_and_huge_scores_are_finite(form):
    rng = np.random.default_rng(8)
    parameters = {name: (100 * value).astype(np.float32) for name, value in attention_parameters(form, rng).items()}
    x = (10 * rng.standard_normal((T, D))).astype(np.float32)
    h, cache = self_attention_forward(x, parameters, H, 1.0)
    dx, gradients = self_attention_backward(h, cache)
    for array in (h, dx, *gradients.values()):
        assert array.dtype == np.float32
        assert np.isfinite(array).all()


def test_inputs_are_not_changed():
    rng = np.random.default_rng(9)
    x, parameters = rng.standard_normal((T, D)), attention_parameters("QKVO", rng)
    before = {name: value.copy() for name, value in parameters.items()} | {"x": x.copy()}
    h, cache = self_attention_forward(x, parameters, H, SCALE)
    dh = np.ones_like(h)
    self_attention_backward(dh, cache)
    assert all(np.array_equal(before[name], value) for name, value in {**parameters, "x": x}.items())
    assert (dh == 1).all()
