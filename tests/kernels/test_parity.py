"""Layers and kernels are two implementations of one contract: same results, same gradients, on random ragged batches."""

import numpy as np
import pytest

from nrms_np import kernels
from nrms_np.backend import Backend
from nrms_np.encoder import (
    attend_forward,
    attention_weights,
    prefixed,
    self_attention_backward,
    self_attention_forward,
)
from nrms_np.gradcheck import relative_error
from nrms_np.layers import batched
from nrms_np.layers.dropout import dropout_key
from nrms_np.packed import Packed
from tests.helpers.sizes import FORMS, ROWS, SCALE, WIDTH, D, H, attention_parameters, pool_parameters, ragged_sequences


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def close_gradients(a, b):
    assert set(a) == set(b)
    for name in a:
        assert a[name].shape == b[name].shape
        close(a[name], b[name])


def random_sequences(rng):
    """More sequences than one task takes, some of them empty, some long."""
    lengths = rng.integers(0, 9, size=400)
    lengths[17], lengths[18] = 70, 0
    return Packed.from_lists([rng.integers(0, 150, size=n) for n in lengths])


@pytest.mark.parametrize("form", FORMS)
def test_self_attention(form):
    rng = np.random.default_rng(0)
    table, sequences = rng.standard_normal((150, D)), random_sequences(rng)
    parameters = attention_parameters(form, rng)
    h, cache = self_attention_forward(table, sequences, parameters, H, SCALE, kernels)
    expected, expected_cache = self_attention_forward(table, sequences, parameters, H, SCALE, batched)
    close(h, expected)
    dh = rng.standard_normal(h.shape)
    d_table, gradients = self_attention_backward(dh, cache, kernels)
    d_expected, expected_gradients = self_attention_backward(dh, expected_cache, batched)
    close(d_table, d_expected)
    close_gradients(gradients, expected_gradients)


@pytest.mark.parametrize("kind", ["additive_attention", "mean_pooling"])
def test_pooling(kind):
    rng = np.random.default_rng(1)
    offsets = random_sequences(rng).offsets
    parameters = pool_parameters(rng).values() if kind == "additive_attention" else ()
    h = rng.standard_normal((offsets[-1], WIDTH))
    d_pooled = rng.standard_normal((len(offsets) - 1, WIDTH))
    results = []
    for backend in (kernels, batched):
        pooled, cache = getattr(backend, f"{kind}_forward")(h, offsets, *parameters)
        gradients = getattr(backend, f"{kind}_backward")(d_pooled, cache)
        results.append((pooled, *(gradients if isinstance(gradients, tuple) else (gradients,))))
    assert len(results[0]) == 2 + len(parameters)
    for ours, theirs in zip(*results, strict=True):
        assert ours.shape == theirs.shape
        close(ours, theirs)


QUICK = [(12, 2, np.float64), (20, 12, np.float64)]
# 12 of 2, 20 of 12, of 16 and of 20, 36 of 4: the last heads share vectors. 36 has two groups before them. Each is compiled anew.
HEADS = [(1, 1), (1, 16), (2, 7), (2, 16), (12, 2), (16, 16), (20, 1), (20, 7), (20, 12), (20, 16), (20, 20), (36, 4)]
OTHERS = [(*heads, dtype) for heads in HEADS for dtype in (np.float64, np.float32) if (*heads, dtype) not in QUICK]


@pytest.mark.parametrize(
    ("heads", "head_dim", "dtype"), QUICK + [pytest.param(*other, marks=pytest.mark.slow) for other in OTHERS]
)
def test_self_attention_for_other_numbers_and_widths_of_heads(heads, head_dim, dtype):
    rng = np.random.default_rng(2)
    table, sequences = rng.standard_normal((ROWS, D)).astype(dtype), ragged_sequences()
    parameters = {name: rng.standard_normal((D, heads * head_dim)).astype(dtype) for name in "QKV"}
    h, cache = self_attention_forward(table, sequences, parameters, heads, SCALE, kernels)
    expected, expected_cache = self_attention_forward(table, sequences, parameters, heads, SCALE, batched)
    dh = rng.standard_normal(h.shape).astype(dtype)
    d_table, gradients = self_attention_backward(dh, cache, kernels)
    d_expected, expected_gradients = self_attention_backward(dh, expected_cache, batched)
    pairs = [(h, expected), (d_table, d_expected), *((gradients[name], expected_gradients[name]) for name in "QKV")]
    for ours, theirs in pairs:
        assert ours.dtype == dtype
        assert relative_error(ours, theirs) < (1e-12 if dtype == np.float64 else 1e-5)


@pytest.mark.parametrize("rows", [np.array([3, 0, 3, 3, 1]), np.array([0, 2, 5])], ids=["repeated", "distinct"])
def test_embedding(rows):
    rng = np.random.default_rng(3)
    table = rng.standard_normal((6, D))
    x, cache = kernels.embedding_forward(table, rows)
    expected, expected_cache = batched.embedding_forward(table, rows)
    close(x, expected)
    dx = rng.standard_normal(x.shape)
    gradient, expected_gradient = (
        kernels.embedding_backward(dx, cache),
        batched.embedding_backward(dx, expected_cache),
    )
    assert np.array_equal(gradient.rows, expected_gradient.rows)
    close(gradient.values, expected_gradient.values)
    assert gradient.dense(6).shape == table.shape


@pytest.mark.parametrize("columns", [1, 4, 7])
def test_dropout_draws_the_same_mask(columns):
    x = np.random.default_rng(4).standard_normal((601, columns))
    key = dropout_key(7, 8, 1)
    y, cache = kernels.dropout_forward(x, 0.3, key)
    expected, expected_cache = batched.dropout_forward(x, 0.3, key)
    assert np.array_equal(y, expected)
    assert np.array_equal(kernels.dropout_backward(x, cache), batched.dropout_backward(x, expected_cache))


def test_click_scores_and_loss():
    rng = np.random.default_rng(5)
    users, news = rng.standard_normal((4, WIDTH)), rng.standard_normal((9, WIDTH))
    candidates = np.array([[0, 3, 3], [8, 3, 1], [2, 0, 5], [7, 7, 7]])
    scores, cache = kernels.click_score_forward(users, news, candidates)
    expected, expected_cache = batched.click_score_forward(users, news, candidates)
    close(scores, expected)
    d_scores = rng.standard_normal(scores.shape)
    for gradient, expected_gradient in zip(
        kernels.click_score_backward(d_scores, cache),
        batched.click_score_backward(d_scores, expected_cache),
        strict=True,
    ):
        close(gradient, expected_gradient)
    clicked, d_losses = np.array([0, 2, 1, 0]), rng.standard_normal(4)
    losses, loss_cache = kernels.softmax_loss_forward(scores, clicked)
    expected_losses, expected_loss_cache = batched.softmax_loss_forward(scores, clicked)
    close(losses, expected_losses)
    close(
        kernels.softmax_loss_backward(d_losses, loss_cache),
        batched.softmax_loss_backward(d_losses, expected_loss_cache),
    )


@pytest.mark.parametrize("form", FORMS)
def test_float32_stays_float32_and_huge_scores_are_finite(form):
    rng = np.random.default_rng(6)
    parameters = {name: (100 * value).astype(np.float32) for name, value in attention_parameters(form, rng).items()}
    table = (10 * rng.standard_normal((ROWS, D))).astype(np.float32)
    h, cache = self_attention_forward(table, ragged_sequences(), parameters, H, 1.0, kernels)
    d_table, gradients = self_attention_backward(h, cache, kernels)
    for array in (h, d_table, *gradients.values()):
        assert array.dtype == np.float32
        assert np.isfinite(array).all()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("sequences", [Packed.from_lists([]), Packed.from_lists([[], []])], ids=["none", "empty"])
def test_no_words_at_all(form, sequences):
    rng = np.random.default_rng(7)
    parameters = attention_parameters(form, rng)
    h, cache = self_attention_forward(np.ones((ROWS, D)), sequences, parameters, H, SCALE, kernels)
    assert h.shape == (0, WIDTH)
    d_table, gradients = self_attention_backward(h, cache, kernels)
    assert d_table.shape == (ROWS, D)
    assert not any(array.any() for array in (d_table, *gradients.values()))
    pooled, pool_cache = kernels.additive_attention_forward(h, sequences.offsets, *pool_parameters(rng).values())
    assert not pooled.any()
    assert kernels.additive_attention_backward(pooled, pool_cache)[0].shape == (0, WIDTH)


def test_both_backends_offer_what_the_encoder_asks_for():
    asked = set(Backend.__annotations__)
    assert len(asked) == 19
    for backend in (kernels, batched):
        assert asked <= set(vars(backend))


def test_the_weights_of_both_backends_are_the_same():
    rng = np.random.default_rng(9)
    table, sequences = rng.standard_normal((ROWS, D)), ragged_sequences()
    attention, pool = attention_parameters("QKV", rng), pool_parameters(rng)
    parameters = {**prefixed(attention, "attention"), **prefixed(pool, "pool")}
    of_kernels, of_layers = (attend_forward(table, sequences, parameters, H, SCALE, b)[1] for b in (kernels, batched))
    for s, length in enumerate(sequences.lengths):
        (alpha, weights), (expected_alpha, expected_weights) = (
            attention_weights(c, s) for c in (of_kernels, of_layers)
        )
        assert alpha.shape == (H, length, length)
        close(alpha, expected_alpha)
        close(weights, expected_weights)
        close(alpha.sum(axis=2), np.ones((H, length)))
