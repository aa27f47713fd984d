"""Kernels against finite differences: full, float64, every function in every form."""

import numpy as np
import pytest

from nrms_np import kernels
from nrms_np.encoder import self_attention_backward, self_attention_forward
from nrms_np.gradcheck import check_gradients
from nrms_np.kernels.additive_attention import additive_attention_backward, additive_attention_forward
from nrms_np.kernels.engine.lane_order import lane_order
from nrms_np.kernels.self_attention import (
    bilinear_attention_backward,
    bilinear_attention_forward,
    projected_attention_backward,
    projected_attention_forward,
)
from nrms_np.layers.dropout import dropout_key
from tests.helpers.sizes import (
    FORMS,
    ROWS,
    SCALE,
    WIDTH,
    D,
    H,
    attention_parameters,
    d,
    pool_parameters,
    ragged_sequences,
)

SEQUENCES = ragged_sequences()


@pytest.mark.parametrize("form", FORMS)
def test_self_attention_backward(form):
    rng = np.random.default_rng(0)
    table, parameters = rng.standard_normal((ROWS, D)), attention_parameters(form, rng)

    def function(table, **parameters):
        return self_attention_forward(table, SEQUENCES, parameters, H, SCALE, kernels)[0]

    def backward(dh):
        _, cache = self_attention_forward(table, SEQUENCES, parameters, H, SCALE, kernels)
        d_table, gradients = self_attention_backward(dh, cache, kernels)
        return {"table": d_table, **gradients}

    check_gradients(function, {"table": table, **parameters}, backward)


@pytest.mark.parametrize(("heads", "head_dim"), [(H, d), (12, 2)], ids=["one lane per head", "heads share vectors"])
def test_projected_attention_backward(heads, head_dim):
    rng = np.random.default_rng(1)
    inputs = {"table": rng.standard_normal((ROWS, D))}
    inputs |= {name: rng.standard_normal((D, heads * head_dim)) for name in "QKV"}
    assert (lane_order(heads, head_dim).sharing > 0) == (heads == 12)

    def forward(table, Q, K, V):
        return projected_attention_forward(table, SEQUENCES, Q, K, V, heads, SCALE)

    _, cache = forward(**inputs)
    check_gradients(
        lambda **inputs: forward(**inputs)[0],
        inputs,
        lambda dh: dict(zip(inputs, projected_attention_backward(dh, cache), strict=True)),
    )


def test_bilinear_attention_backward():
    rng = np.random.default_rng(2)
    inputs = {"table": rng.standard_normal((ROWS, D)), **attention_parameters("QV", rng)}

    def forward(table, Q, V):
        return bilinear_attention_forward(table, SEQUENCES, Q, V, 1.0)

    _, cache = forward(**inputs)
    check_gradients(
        lambda **inputs: forward(**inputs)[0],
        inputs,
        lambda dh: dict(zip(inputs, bilinear_attention_backward(dh, cache), strict=True)),
    )


def test_additive_attention_backward():
    rng = np.random.default_rng(3)
    inputs = {"h": rng.standard_normal((len(SEQUENCES.index), WIDTH)), **pool_parameters(rng)}

    def forward(h, W, b, q):
        return additive_attention_forward(h, SEQUENCES.offsets, W, b, q)

    _, cache = forward(**inputs)
    check_gradients(
        lambda **inputs: forward(**inputs)[0],
        inputs,
        lambda dr: dict(zip(inputs, additive_attention_backward(dr, cache), strict=True)),
    )


def test_pooling_backward_of_the_mean():
    h = np.random.default_rng(4).standard_normal((len(SEQUENCES.index), WIDTH))
    _, cache = kernels.mean_pooling_forward(h, SEQUENCES.offsets)
    check_gradients(
        lambda h: kernels.mean_pooling_forward(h, SEQUENCES.offsets)[0],
        {"h": h},
        lambda dr: {"h": kernels.mean_pooling_backward(dr, cache)},
    )


def test_embedding_backward():
    table, rows = np.random.default_rng(5).standard_normal((6, D)), np.array([3, 0, 3, 3, 1])
    _, cache = kernels.embedding_forward(table, rows)
    check_gradients(
        lambda table: kernels.embedding_forward(table, rows)[0],
        {"table": table},
        lambda dx: {"table": kernels.embedding_backward(dx, cache).dense(6)},
    )


def test_dropout_backward():
    x, key = np.random.default_rng(6).standard_normal((5, 7)), dropout_key(0, 5, 0)
    _, cache = kernels.dropout_forward(x, 0.4, key)
    check_gradients(
        lambda x: kernels.dropout_forward(x, 0.4, key)[0],
        {"x": x},
        lambda dy: {"x": kernels.dropout_backward(dy, cache)},
    )


def test_click_score_backward():
    rng = np.random.default_rng(7)
    inputs = {"users": rng.standard_normal((3, WIDTH)), "news": rng.standard_normal((5, WIDTH))}
    candidates = np.array([[0, 3, 3, 1], [4, 3, 1, 0], [2, 0, 4, 4]])
    _, cache = kernels.click_score_forward(**inputs, candidates=candidates)
    check_gradients(
        lambda **inputs: kernels.click_score_forward(**inputs, candidates=candidates)[0],
        inputs,
        lambda d_scores: dict(zip(inputs, kernels.click_score_backward(d_scores, cache), strict=True)),
    )


def test_softmax_loss_backward():
    scores, clicked = np.random.default_rng(8).standard_normal((3, 5)), np.array([0, 4, 2])
    _, cache = kernels.softmax_loss_forward(scores, clicked)
    check_gradients(
        lambda scores: kernels.softmax_loss_forward(scores, clicked)[0],
        {"scores": scores},
        lambda d_losses: {"scores": kernels.softmax_loss_backward(d_losses, cache)},
    )


def test_scores_for_ranking_are_the_dot_products():
    rng = np.random.default_rng(9)
    users, news = rng.standard_normal((3, WIDTH)), rng.standard_normal((ROWS, WIDTH))
    scores = kernels.click.score_candidates(users, np.array([2, 0, 0, 1]), news, SEQUENCES)
    expected = [users[u] @ news[i] for u, rows in zip([2, 0, 0, 1], SEQUENCES.to_lists(), strict=True) for i in rows]
    np.testing.assert_allclose(scores, expected, rtol=1e-12)
