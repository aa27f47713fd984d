"""The layers on whole batches: a loop over the sequences, one after another.

This is how the plain NumPy functions of this package run as a backend, for `--backend layers` and for the tests that hold
layers and kernels together. Function names, arguments, shapes and results are those of `kernels`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.layers import additive_attention, click, embedding, self_attention
from nrms_np.layers.dropout import dropout_backward, dropout_forward
from nrms_np.layers.embedding import EmbeddingCache, embedding_forward
from nrms_np.layers.self_attention import product_backward, product_forward
from nrms_np.packed import Packed, RowGradient


class SequencesCache(NamedTuple):
    """caches: of the layer, one per sequence. The rest: the inputs, whose shapes the gradients have."""

    caches: list[Any]
    table: Array
    sequences: Packed
    parameters: tuple[Array, ...]

    def weights(self, s: int) -> Array:
        """The attention weights of sequence s: (H, T, T) of self-attention, (T,) of additive attention."""
        return self.caches[s].alpha


class CandidatesCache(NamedTuple):
    """The caches of the single samples, which row of the news each candidate is, and the shape of the news."""

    caches: list[click.ClickScoreCache]
    candidates: IntArray
    shape: tuple[int, ...]


def embedding_backward(dx: Array, cache: EmbeddingCache) -> RowGradient:
    """Gradient of the table, only the rows that were used."""
    used = np.unique(cache.rows)
    return RowGradient(used, embedding.embedding_backward(dx, cache)[used])


def projected_attention_forward(
    table: Array, sequences: Packed, Q: Array, K: Array, V: Array, heads: int, scale: float
) -> tuple[Array, SequencesCache]:
    """Equations 1-2 and 6-7 with projected queries and keys; see `layers.self_attention`."""
    layer = self_attention.projected_attention_forward
    return _forward(lambda x: layer(x, Q, K, V, heads, scale), table, sequences, (Q, K, V), V.shape[1])


def projected_attention_backward(dh: Array, cache: SequencesCache) -> tuple[Array, ...]:
    """Gradients of table, Q, K, V."""
    return _backward(self_attention.projected_attention_backward, _cut(dh, cache.sequences.offsets), cache)


def bilinear_attention_forward(
    table: Array, sequences: Packed, Q: Array, V: Array, scale: float
) -> tuple[Array, SequencesCache]:
    """Equations 1-2 and 6-7 to the letter; see `layers.self_attention`."""
    layer = self_attention.bilinear_attention_forward
    return _forward(lambda x: layer(x, Q, V, scale), table, sequences, (Q, V), V.shape[1])


def bilinear_attention_backward(dh: Array, cache: SequencesCache) -> tuple[Array, ...]:
    """Gradients of table, Q, V."""
    return _backward(self_attention.bilinear_attention_backward, _cut(dh, cache.sequences.offsets), cache)


def additive_attention_forward(
    h: Array, offsets: IntArray, W: Array, b: Array, q: Array
) -> tuple[Array, SequencesCache]:
    """Equations 3-5 and 8-10; see `layers.additive_attention`."""
    layer = additive_attention.additive_attention_forward
    return _forward(lambda rows: layer(rows, W, b, q), h, _each_row_once(offsets), (W, b, q), h.shape[1])


def additive_attention_backward(d_pooled: Array, cache: SequencesCache) -> tuple[Array, ...]:
    """Gradients of h, W, b, q."""
    return _backward(additive_attention.additive_attention_backward, d_pooled, cache)


def mean_pooling_forward(h: Array, offsets: IntArray) -> tuple[Array, SequencesCache]:
    """The plain mean of each sequence; see `layers.additive_attention`."""
    return _forward(additive_attention.mean_pooling_forward, h, _each_row_once(offsets), (), h.shape[1])


def mean_pooling_backward(d_pooled: Array, cache: SequencesCache) -> Array:
    """Gradient of h."""
    return _backward(lambda dr, one: (additive_attention.mean_pooling_backward(dr, one),), d_pooled, cache)[0]


def click_score_forward(users: Array, news: Array, candidates: IntArray) -> tuple[Array, CandidatesCache]:
    """The click scores of each sample's candidates; see `layers.click`."""
    scores, caches = np.empty(candidates.shape, dtype=news.dtype), []
    for s, (user, rows) in enumerate(zip(users, candidates, strict=True)):
        scores[s], cache = click.click_score_forward(user, news[rows])
        caches.append(cache)
    return scores, CandidatesCache(caches, candidates, news.shape)


def click_score_backward(d_scores: Array, cache: CandidatesCache) -> tuple[Array, Array]:
    """Gradients of users and news; a news item that is a candidate of several samples gets the sum."""
    d_users, d_news = (np.zeros((rows, cache.shape[1]), d_scores.dtype) for rows in (len(d_scores), cache.shape[0]))
    for s, (d, one) in enumerate(zip(d_scores, cache.caches, strict=True)):
        d_users[s], d_candidates = click.click_score_backward(d, one)
        np.add.at(d_news, cache.candidates[s], d_candidates)
    return d_users, d_news


def score_candidates(users: Array, which: IntArray, news: Array, candidates: Packed) -> Array:
    """Click scores for ranking, any number of candidates each; see `kernels.click`."""
    scores = np.empty(len(candidates.index), dtype=news.dtype)
    for s, (first, last) in enumerate(pairwise(candidates.offsets)):
        scores[first:last], _ = click.click_score_forward(users[which[s]], news[candidates.sequence(s)])
    return scores


def softmax_loss_forward(scores: Array, clicked: IntArray) -> tuple[Array, list[click.SoftmaxLossCache]]:
    """The loss of each sample; see `layers.click`."""
    results = [click.softmax_loss_forward(one, int(which)) for one, which in zip(scores, clicked, strict=True)]
    return np.array([loss for loss, _ in results], dtype=scores.dtype), [cache for _, cache in results]


def softmax_loss_backward(d_losses: Array, cache: list[click.SoftmaxLossCache]) -> Array:
    """Gradient of the scores."""
    gradients = [click.softmax_loss_backward(d, one) for d, one in zip(d_losses, cache, strict=True)]
    return np.array(gradients, dtype=d_losses.dtype)


def _forward(
    layer: Callable[[Array], tuple[Array, Any]],
    table: Array,
    sequences: Packed,
    parameters: tuple[Array, ...],
    width: int,
) -> tuple[Array, SequencesCache]:
    """Run a layer on each sequence of rows of the table; what comes out, rows or one row per sequence, end to end."""
    outputs, caches = [np.zeros((0, width), dtype=table.dtype)], []
    for s in range(sequences.count):
        output, cache = layer(table[sequences.sequence(s)])
        outputs.append(output)
        caches.append(cache)
    return np.vstack(outputs), SequencesCache(caches, table, sequences, parameters)


def _backward(
    layer: Callable[[Array, Any], tuple[Array, ...]], d_outputs: Iterable[Array], cache: SequencesCache
) -> tuple[Array, ...]:
    """Gradients of the table and the parameters: sums over the sequences, because all of them share both."""
    d_table = np.zeros_like(cache.table)
    d_parameters = [np.zeros_like(parameter) for parameter in cache.parameters]
    for s, (d_output, one) in enumerate(zip(d_outputs, cache.caches, strict=True)):
        dx, *gradients = layer(d_output, one)
        np.add.at(d_table, cache.sequences.sequence(s), dx)
        for total, gradient in zip(d_parameters, gradients, strict=True):
            total += gradient
    return d_table, *d_parameters


def _cut(rows: Array, offsets: IntArray) -> list[Array]:
    """The rows of each sequence."""
    return [rows[first:last] for first, last in pairwise(offsets)]


def _each_row_once(offsets: IntArray) -> Packed:
    """Sequences that refer to rows 0, 1, 2, ... in order."""
    return Packed(np.arange(offsets[-1]), offsets)
