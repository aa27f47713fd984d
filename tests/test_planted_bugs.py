"""The tests are tested: bugs are planted in copies of our own code, and the gradient check must catch each one."""

import numpy as np
import pytest

from nrms_np import encoder, model
from nrms_np.backend import get_backend
from nrms_np.gradcheck import GradientError, assert_gradient, check_gradients, numerical_gradient, relative_error
from nrms_np.kernels import self_attention as kernel
from nrms_np.kernels.engine import attention_loops, pair_softmax, rows
from nrms_np.layers import additive_attention, batched, click, dropout, embedding, self_attention, softmax
from nrms_np.layers.dropout import dropout_key
from tests.helpers.planting import assert_caught, check_pair, planted
from tests.helpers.sizes import (  # fmt: skip
    ROWS,
    SCALE,
    WIDTH,
    WORDS,
    D,
    H,
    T,
    attention_parameters,
    pool_parameters,
    ragged_batch,
    ragged_sequences,
    small_config,
)

RNG_SEED = 12


def check_softmax(bug):
    a = np.random.default_rng(RNG_SEED).standard_normal((3, 5))
    check_gradients(lambda a: bug.softmax_forward(a)[0], {"a": a},
                    lambda dp: {"a": bug.softmax_backward(dp, bug.softmax_forward(a)[1])})  # fmt: skip


def check_embedding(bug):
    table, words = np.random.default_rng(RNG_SEED).standard_normal((6, D)), np.array([3, 0, 3, 3, 1])
    check_gradients(lambda table: bug.embedding_forward(table, words)[0], {"table": table},
                    lambda dx: {"table": bug.embedding_backward(dx, bug.embedding_forward(table, words)[1])})  # fmt: skip


def check_dropout(bug):
    x = np.random.default_rng(RNG_SEED).standard_normal((T, D))
    check_gradients(lambda x: bug.dropout_forward(x, 0.4, 99)[0], {"x": x},
                    lambda dy: {"x": bug.dropout_backward(dy, bug.dropout_forward(x, 0.4, 99)[1])})  # fmt: skip


def check_projected(bug):
    rng = np.random.default_rng(RNG_SEED)
    inputs = {"x": rng.standard_normal((T, D)), **attention_parameters("QKV", rng)}
    _, cache = bug.projected_attention_forward(**inputs, heads=H, scale=SCALE)
    check_gradients(lambda **inputs: self_attention.projected_attention_forward(**inputs, heads=H, scale=SCALE)[0], inputs,
                    lambda dh: dict(zip(inputs, bug.projected_attention_backward(dh, cache), strict=True)))  # fmt: skip


def check_bilinear(bug):
    rng = np.random.default_rng(RNG_SEED)
    inputs = {"x": rng.standard_normal((T, D)), **attention_parameters("QV", rng)}
    _, cache = bug.bilinear_attention_forward(**inputs, scale=1.0)
    check_gradients(lambda **inputs: self_attention.bilinear_attention_forward(**inputs, scale=1.0)[0], inputs,
                    lambda dh: dict(zip(inputs, bug.bilinear_attention_backward(dh, cache), strict=True)))  # fmt: skip


def check_additive(bug):
    rng = np.random.default_rng(RNG_SEED)
    inputs = {"h": rng.standard_normal((T, WIDTH)), **pool_parameters(rng)}
    _, cache = bug.additive_attention_forward(**inputs)
    check_gradients(lambda **inputs: additive_attention.additive_attention_forward(**inputs)[0], inputs,
                    lambda dr: dict(zip(inputs, bug.additive_attention_backward(dr, cache), strict=True)))  # fmt: skip


def check_mean(bug):
    h = np.random.default_rng(RNG_SEED).standard_normal((T, WIDTH))
    check_gradients(lambda h: bug.mean_pooling_forward(h)[0], {"h": h},
                    lambda dr: {"h": bug.mean_pooling_backward(dr, bug.mean_pooling_forward(h)[1])})  # fmt: skip


def check_click(bug):
    rng = np.random.default_rng(RNG_SEED)
    inputs = {"u": rng.standard_normal(WIDTH), "r": rng.standard_normal((5, WIDTH))}
    _, cache = bug.click_score_forward(**inputs)
    check_gradients(lambda **inputs: bug.click_score_forward(**inputs)[0], inputs,
                    lambda ds: dict(zip(inputs, bug.click_score_backward(ds, cache), strict=True)))  # fmt: skip


def check_loss(bug):
    scores = np.random.default_rng(RNG_SEED).standard_normal(5)
    _, cache = bug.softmax_loss_forward(scores, 3)
    check_gradients(lambda scores: bug.softmax_loss_forward(scores, 3)[0], {"scores": scores},
                    lambda dl: {"scores": bug.softmax_loss_backward(float(dl), cache)})  # fmt: skip


def check_sigmoid(bug):
    score = np.random.default_rng(RNG_SEED).standard_normal(5)
    check_pair({"score": score}, bug.sigmoid_forward, lambda dp, cache: [bug.sigmoid_backward(dp, cache)])


def check_product(bug):
    rng = np.random.default_rng(RNG_SEED)
    inputs = {"x": rng.standard_normal((T, WIDTH)), "W": rng.standard_normal((WIDTH, WIDTH))}
    check_pair(inputs, bug.product_forward, bug.product_backward)


def check_attend(bug):
    rng = np.random.default_rng(0)
    inputs = {f"attention.{name}": 0.5 * value for name, value in attention_parameters("QVO", rng).items()}
    inputs |= {f"pool.{name}": value for name, value in pool_parameters(rng).items()}
    inputs["table"] = rng.standard_normal((ROWS, D))

    def forward(table, **parameters):
        dropout = encoder.Dropout(0.3, dropout_key(1, 2, 1))
        return bug.attend_forward(table, ragged_sequences(), parameters, H, SCALE, get_backend("layers"), dropout)

    def backward(d_vectors, cache):
        d_table, gradients = bug.attend_backward(d_vectors, cache)
        return [{"table": d_table, **gradients}[name] for name in inputs]

    check_pair(inputs, forward, backward)


PLANTED_IN_LAYERS = {
    "softmax as p (1 - p), a sigmoid's derivative": (
        softmax, check_softmax, "return p * (dp - (p * dp).sum(axis=-1, keepdims=True))", "return dp * p * (1 - p)"),
    "softmax without the sum": (
        softmax, check_softmax, "return p * (dp - (p * dp).sum(axis=-1, keepdims=True))", "return p * dp"),
    "the sum over the wrong axis": (
        softmax, check_softmax, "(p * dp).sum(axis=-1, keepdims=True)", "(p * dp).sum(axis=0, keepdims=True)"),
    "a scatter that overwrites instead of adding": (
        embedding, check_embedding, "np.add.at(d_table, cache.rows, dx)", "d_table[cache.rows] = dx"),
    "a scatter with += that keeps only the last use": (
        embedding, check_embedding, "np.add.at(d_table, cache.rows, dx)", "d_table[cache.rows] += dx"),
    "dropout's backward without the scale": (
        dropout, check_dropout, "return dy * cache.kept", "return dy * (cache.kept > 0)"),
    "dropout's backward without the mask": (dropout, check_dropout, "return dy * cache.kept", "return dy"),
    "projected: a missing 1/√d for the queries": (
        self_attention, check_projected, "scale * (d_scores @ keys[:, columns])", "d_scores @ keys[:, columns]"),
    "projected: a transposed product": (
        self_attention, check_projected, "scale * (d_scores.T @ queries[:, columns])",
        "scale * (d_scores @ queries[:, columns])"),
    "projected: x as key is forgotten": (self_attention, check_projected, "dx += d_keys @ K.T  # as key", "pass"),
    "projected: x as value is assigned, not added": (
        self_attention, check_projected, "dx += d_values @ V.T  # and as value", "dx = d_values @ V.T"),
    "projected: a stale cache, the weights of head 0 for all": (
        self_attention, check_projected,
        "d_scores = softmax_backward(d_alpha, alpha[k])\n        # scores = scale * (queries",
        "d_scores = softmax_backward(d_alpha, alpha[0])\n        # scores = scale * (queries"),
    "bilinear: x on the right is forgotten": (
        self_attention, check_bilinear, "dx += scale * (d_scores.T @ x @ Q[k])", "dx += 0 * x"),
    "bilinear: Q not transposed": (self_attention, check_bilinear, "d_scores @ x @ Q[k].T", "d_scores @ x @ Q[k]"),
    "bilinear: the outer product the wrong way round": (
        self_attention, check_bilinear, "x.T @ d_scores @ x)", "x.T @ d_scores.T @ x)"),
    "additive: h as what decides the weights is forgotten": (
        additive_attention, check_additive, "dh += dz @ W.T", "dh += 0"),
    "additive: h as what is averaged is forgotten": (
        additive_attention, check_additive, "dh = np.outer(alpha, dr)", "dh = np.zeros_like(h)"),
    "additive: tanh's derivative without the square": (
        additive_attention, check_additive, "(1 - hidden**2)", "(1 - hidden)"),
    "additive: the bias's gradient of one row only": (
        additive_attention, check_additive, "db = dz.sum(axis=0)", "db = dz[-1]"),
    "additive: the bias's gradient with an axis too many": (
        additive_attention, check_additive, "db = dz.sum(axis=0)", "db = dz.sum(axis=0, keepdims=True)"),
    "mean: not divided": (
        additive_attention, check_mean, "np.tile(dr / max(cache.T, 1), (cache.T, 1))", "np.tile(dr, (cache.T, 1))"),
    "click: factors exchanged": (click, check_click, "np.outer(d_scores, u)", "np.outer(d_scores, r[0])"),
    "loss: p without y": (click, check_loss, "d_scores[cache.clicked] -= 1", "pass"),
    "loss: as if the first were clicked": (
        click, check_loss, "d_scores[cache.clicked] -= 1", "d_scores[0] -= 1"),
    "sigmoid: without 1 - p": (click, check_sigmoid, "return dp * p * (1 - p)", "return dp * p"),
    "product: W not transposed": (
        self_attention, check_product, "return dy @ W.T, x.T @ dy", "return dy @ W, x.T @ dy"),
    "attend: O is forgotten on the way back": (
        encoder, check_attend, 'dh, gradients["O"] = backend', '_, gradients["O"] = backend'),
    "attend: dropout is forgotten on the way back": (
        encoder, check_attend, "dh = backend.dropout_backward(dh, cache.dropout)", "pass"),
}  # fmt: skip


@pytest.mark.parametrize("bug", PLANTED_IN_LAYERS)
def test_a_bug_planted_in_a_layer_is_caught(bug):
    assert_caught(*PLANTED_IN_LAYERS[bug])


SEQUENCES = ragged_sequences()


HEADS, HEAD_DIM = 20, 12  # in the loops: 16 heads of 12 vectors each, and 4 that share 3 vectors


def kernel_gradients(attention, seed=RNG_SEED):
    """Gradients of table, Q, K, V by a copy of the kernel, and the plain layers' gradients."""
    rng = np.random.default_rng(seed)
    table = rng.standard_normal((ROWS, D))
    parameters = {name: rng.standard_normal((D, HEADS * HEAD_DIM)) for name in "QKV"}
    h, cache = attention.projected_attention_forward(table, SEQUENCES, *parameters.values(), HEADS, SCALE)
    dh = rng.standard_normal(h.shape)
    d_table, dQ, dK, dV = attention.projected_attention_backward(dh, cache)
    _, right_cache = batched.projected_attention_forward(table, SEQUENCES, *parameters.values(), HEADS, SCALE)
    right = batched.projected_attention_backward(dh, right_cache)
    return dict(zip(("table", *"QKV"), zip((d_table, dQ, dK, dV), right, strict=True), strict=True))


PLANTED_IN_LOOPS = {
    "the gradient of a key with the weights of a query": (
        attention_loops, "weighted_rows(d_pairs, pair, T * H, flat, rows, 0,", "weighted_rows(d_pairs, pair, H, flat, rows, 0,"),
    "the gradient of a key from keys": (
        attention_loops, "weighted_rows(d_pairs, pair, T * H, flat, rows, 0,",
        "weighted_rows(d_pairs, pair, T * H, flat, rows, WIDTH,"),
    "the gradient of a query from queries": (
        attention_loops, "weighted_rows(d_pairs, pair, H, flat, rows, WIDTH,",
        "weighted_rows(d_pairs, pair, H, flat, rows, 0,"),
    "a weighted sum that keeps its last term only": (
        attention_loops, "load(y, y_e + 2 * LANES, LANES), sum2)", "load(y, y_e + 2 * LANES, LANES), zero)"),
    "one of four products with the row of another": (
        attention_loops, "sum3 = multiply_add(x_e, load(y, y3 + e, LANES), sum3)",
        "sum3 = multiply_add(x_e, load(y, y2 + e, LANES), sum3)"),
    "heads that share a vector are not folded": (
        attention_loops, "fold(sums, TOGETHER)", "sums[: LANES // TOGETHER]"),
    "heads in the wrong order": (
        attention_loops, "dh_i[head_of[e]]", "dh_i[e]"),
    "softmax's backward without the mean": (
        pair_softmax, "(gradients[j, k] - mean[k])", "gradients[j, k]"),
    "softmax's backward without the scale": (
        pair_softmax, "scale * weights[j, k]", "weights[j, k]"),
    "adding into rows overwrites": (rows, "total[e] += value[e]", "total[e] = value[e]"),
    "two references to a row in one place": (rows, "free[row] += 1", "free[row] += 0"),
    "a row that nothing refers to has a gradient": (rows, "total[e] = 0", "total[e] = 1"),
}  # fmt: skip


@pytest.mark.parametrize("bug", PLANTED_IN_LOOPS)
def test_a_bug_planted_in_the_loops_is_caught_by_parity(bug, monkeypatch):
    module, old, new = PLANTED_IN_LOOPS[bug]
    assert all(relative_error(*pair) < 1e-10 for pair in kernel_gradients(kernel).values())
    copy = planted(module, old, new)
    for name in ("attention_loops", "pair_softmax_backward", "places_of", "add_up"):
        if hasattr(copy, name):
            monkeypatch.setattr(kernel, name, getattr(copy, name))
    with pytest.raises(GradientError):
        for name, (by_hand, right) in kernel_gradients(kernel).items():
            assert_gradient(name, by_hand, right)


def small_model(module):
    parameters = module.NRMS.create(small_config(backend="layers"), [str(i) for i in range(WORDS)]).parameters
    rng = np.random.default_rng(RNG_SEED)
    large = {name: 0.7 * rng.standard_normal(value.shape) for name, value in parameters.items()}
    return module.NRMS(small_config(backend="layers"), [str(i) for i in range(WORDS)], large)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("d_news[: len(d_clicked)] += d_clicked", "pass"),
        ("d_news[: len(d_clicked)] += d_clicked", "d_news[: len(d_clicked)] = d_clicked"),
        ("1 / batch.samples", "1.0"),
    ],
    ids=["news as clicks forgotten", "news as candidates forgotten", "the mean's 1/B forgotten"],
)
def test_a_bug_planted_in_the_model_is_caught(old, new):
    buggy, batch = small_model(planted(model, old, new)), ragged_batch()
    _, gradients = buggy.loss_and_gradients(batch)
    wrong = []
    for name in ("news.pool.W", "user.pool.W", "word_embedding"):
        measured = numerical_gradient(lambda: buggy.loss(batch), buggy.parameters[name])
        try:
            assert_gradient(name, gradients[name], measured)
        except GradientError:
            wrong.append(name)
    assert wrong


def test_planting_needs_a_place_that_exists_exactly_once():
    with pytest.raises(AssertionError, match="occurs 0 times"):
        planted(encoder, "no such line", "")
