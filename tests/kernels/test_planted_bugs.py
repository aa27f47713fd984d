"""Bugs planted in functions for whole batches, the kernels and `layers.batched`: the gradient check must catch each one."""

import numpy as np
import pytest

from nrms_np import kernels
from nrms_np.layers import batched
from nrms_np.layers.dropout import dropout_key
from tests.helpers.planting import assert_caught, check_pair
from tests.helpers.sizes import ROWS, WIDTH, D, T, attention_parameters, pool_parameters, ragged_sequences

SEQUENCES = ragged_sequences()


def check_bilinear(bug):
    rng = np.random.default_rng(2)
    inputs = {"table": rng.standard_normal((ROWS, D)), **attention_parameters("QV", rng)}
    check_pair(inputs, lambda **inputs: bug.bilinear_attention_forward(**inputs, sequences=SEQUENCES, scale=1.0),
               bug.bilinear_attention_backward)  # fmt: skip


def check_product(bug):
    rng = np.random.default_rng(1)
    inputs = {"x": rng.standard_normal((T, WIDTH)), "W": rng.standard_normal((WIDTH, WIDTH))}
    check_pair(inputs, bug.product_forward, bug.product_backward)


def check_additive(bug):
    rng = np.random.default_rng(3)
    inputs = {"h": rng.standard_normal((len(SEQUENCES.index), WIDTH)), **pool_parameters(rng)}
    check_pair(inputs, lambda **inputs: bug.additive_attention_forward(**inputs, offsets=SEQUENCES.offsets),
               bug.additive_attention_backward)  # fmt: skip


def check_mean(bug):
    h = np.random.default_rng(4).standard_normal((len(SEQUENCES.index), WIDTH))
    check_pair({"h": h}, lambda h: bug.mean_pooling_forward(h, SEQUENCES.offsets),
               lambda dr, cache: [bug.mean_pooling_backward(dr, cache)])  # fmt: skip


def check_embedding(bug):
    table, words = np.random.default_rng(5).standard_normal((6, D)), np.array([3, 0, 3, 3, 1])
    check_pair({"table": table}, lambda table: bug.embedding_forward(table, words),
               lambda dx, cache: [bug.embedding_backward(dx, cache).dense(6)])  # fmt: skip


def check_dropout(bug):
    x, key = np.random.default_rng(6).standard_normal((T, D)), dropout_key(0, 5, 0)
    # The forward of the kernel itself: as plain Python its random numbers would make NumPy warn where they wrap around.
    check_pair({"x": x}, lambda x: kernels.dropout_forward(x, 0.4, key),
               lambda dy, cache: [bug.dropout_backward(dy, cache)])  # fmt: skip


def check_click(bug):
    rng = np.random.default_rng(7)
    inputs = {"users": rng.standard_normal((3, WIDTH)), "news": rng.standard_normal((5, WIDTH))}
    candidates = np.array([[0, 3, 3, 1], [4, 3, 1, 0], [2, 0, 4, 4]])
    check_pair(inputs, lambda **inputs: bug.click_score_forward(**inputs, candidates=candidates),
               bug.click_score_backward)  # fmt: skip


def check_loss(bug):
    scores, clicked = np.random.default_rng(8).standard_normal((3, 5)), np.array([0, 4, 2])
    check_pair({"scores": scores}, lambda scores: bug.softmax_loss_forward(scores, clicked),
               lambda d_losses, cache: [bug.softmax_loss_backward(d_losses, cache)])  # fmt: skip


PLANTED_IN_KERNELS = {
    "bilinear: the table on the right is forgotten": (
        kernels.self_attention, check_bilinear, "d_table += d_elements  # and on the right", "pass  # and on the right"),
    "product: W not transposed": (
        kernels.self_attention, check_product, "matmuls((dy, cache.W.T),", "matmuls((dy, cache.W),"),
    "additive: h as what is averaged is forgotten": (
        kernels.additive_attention, check_additive, "_add_weighted(d_pooled, offsets, alpha, dh, first, last)  # and h",
        "pass  # and h"),
    "additive: softmax's backward without the mean": (
        kernels.additive_attention, check_additive, "(gradients[i] - mean)", "gradients[i]"),
    "mean: not divided": (kernels.additive_attention, check_mean, " * cache.shares[:, None]", ""),
    "embedding: gradients in the order of the words": (
        kernels.embedding, check_embedding, "add_into_rows(dx, place, len(used))", "dx[: len(used)]"),
    "dropout: the gradient passes whole": (kernels.dropout, check_dropout, "return _masked(dy, *cache)", "return dy"),
    "click: the last candidate's gradient alone": (
        kernels.click, check_click, "d_user[e] += d_score * item[e]", "d_user[e] = d_score * item[e]"),
    "loss: as if the first were clicked": (
        kernels.click, check_loss, "d_scores[np.arange(len(d_scores)), cache.clicked] -= 1", "d_scores[:, 0] -= 1"),
}  # fmt: skip


@pytest.mark.parametrize("bug", PLANTED_IN_KERNELS)
def test_a_bug_planted_in_a_kernel_is_caught(bug):
    assert_caught(*PLANTED_IN_KERNELS[bug])


PLANTED_IN_BATCHED = {
    "a row that a sequence refers to twice counts once": (
        check_bilinear, "np.add.at(d_table, cache.sequences.sequence(s), dx)",
        "d_table[cache.sequences.sequence(s)] += dx"),
    "parameters have the gradient of the last sequence": (
        check_additive, "total += gradient", "total[...] = gradient"),
    "a candidate that stands twice counts once": (
        check_click, "np.add.at(d_news, cache.candidates[s], d_candidates)",
        "d_news[cache.candidates[s]] += d_candidates"),
}  # fmt: skip


@pytest.mark.parametrize("bug", PLANTED_IN_BATCHED)
def test_a_bug_planted_in_the_layers_on_batches_is_caught(bug):
    assert_caught(batched, *PLANTED_IN_BATCHED[bug])
