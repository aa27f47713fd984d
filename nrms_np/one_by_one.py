"""The layers behind the kernels' interface: a loop over the sequences, one after another.

This is how the plain NumPy functions of `layers` run whole batches, for `--backend layers` and for the tests that hold layers and
kernels together. Function names, arguments, shapes and results are those of `kernels`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nrms_np.layers import additive_attention, click, dropout, embedding, self_attention
from nrms_np.packed import Packed, RowGradient

Array = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]

dropout_forward = dropout.dropout_forward
dropout_backward = dropout.dropout_backward


class SequencesCache(NamedTuple):
    """The caches of the single sequences, how they refer to the table, and the shape of the table."""

    caches: list[Any]
    sequences: Packed
    shape: tuple[int, ...]


class PoolingCache(NamedTuple):
    """The caches of the single sequences, and where these start."""

    caches: list[Any]
    offsets: IntArray


class CandidatesCache(NamedTuple):
    """The caches of the single samples, which row of the news each candidate is, and the shape of the news."""

    caches: list[click.ClickScoreCache]
    candidates: IntArray
    shape: tuple[int, ...]


def embedding_forward(table: Array, rows: IntArray) -> tuple[Array, embedding.EmbeddingCache]:
    """Look up rows of a table; see `layers.embedding`."""
    return embedding.embedding_forward(table, rows)


def embedding_backward(dx: Array, cache: embedding.EmbeddingCache) -> RowGradient:
    """Gradient of the table, only the rows that were used."""
    used = np.unique(cache.rows)
    return RowGradient(used, embedding.embedding_backward(dx, cache)[used])


def self_attention_forward(
    table: Array, sequences: Packed, parameters: dict[str, Array], heads: int, scale: float
) -> tuple[Array, SequencesCache]:
    """Self-attention over each sequence; see `layers.self_attention`."""
    h = np.empty((len(sequences.index), parameters["V"].shape[1]), dtype=table.dtype)
    caches = []
    for s in range(sequences.count):
        x = table[sequences.sequence(s)]
        rows = slice(sequences.offsets[s], sequences.offsets[s + 1])
        h[rows], cache = self_attention.self_attention_forward(x, parameters, heads, scale)
        caches.append(cache)
    return h, SequencesCache(caches, sequences, table.shape)


def self_attention_backward(dh: Array, cache: SequencesCache) -> tuple[Array, dict[str, Array]]:
    """Gradients of the table and the parameters: sums over the sequences, because all of them share both."""
    sequences = cache.sequences
    d_table = np.zeros(cache.shape, dtype=dh.dtype)
    gradients: dict[str, Array] = {}
    for s, one in enumerate(cache.caches):
        dx, of_one = self_attention.self_attention_backward(dh[sequences.offsets[s] : sequences.offsets[s + 1]], one)
        np.add.at(d_table, sequences.sequence(s), dx)
        _add(gradients, of_one)
    return d_table, gradients


def pooling_forward(h: Array, offsets: IntArray, parameters: dict[str, Array]) -> tuple[Array, PoolingCache]:
    """Pool each sequence into one vector; see `layers.additive_attention`."""
    pooled = np.empty((len(offsets) - 1, h.shape[1]), dtype=h.dtype)
    caches = []
    for s in range(len(pooled)):
        pooled[s], cache = additive_attention.pooling_forward(h[offsets[s] : offsets[s + 1]], parameters)
        caches.append(cache)
    return pooled, PoolingCache(caches, offsets)


def pooling_backward(d_pooled: Array, cache: PoolingCache) -> tuple[Array, dict[str, Array]]:
    """Gradients of h, and of the parameters as sums over the sequences."""
    dh = np.empty((cache.offsets[-1], d_pooled.shape[1]), dtype=d_pooled.dtype)
    gradients: dict[str, Array] = {}
    for s, one in enumerate(cache.caches):
        rows = slice(cache.offsets[s], cache.offsets[s + 1])
        dh[rows], of_one = additive_attention.pooling_backward(d_pooled[s], one)
        _add(gradients, of_one)
    return dh, gradients


def click_score_forward(users: Array, news: Array, candidates: IntArray) -> tuple[Array, CandidatesCache]:
    """The click scores of each sample's candidates; see `layers.click`."""
    scores = np.empty(candidates.shape, dtype=news.dtype)
    caches = []
    for s, rows in enumerate(candidates):
        scores[s], cache = click.click_score_forward(users[s], news[rows])
        caches.append(cache)
    return scores, CandidatesCache(caches, candidates, news.shape)


def click_score_backward(d_scores: Array, cache: CandidatesCache) -> tuple[Array, Array]:
    """Gradients of users and news; a news item that is a candidate of several samples gets the sum."""
    d_users = np.empty((len(d_scores), cache.shape[1]), dtype=d_scores.dtype)
    d_news = np.zeros(cache.shape, dtype=d_scores.dtype)
    for s, rows in enumerate(cache.candidates):
        d_users[s], d_candidates = click.click_score_backward(d_scores[s], cache.caches[s])
        np.add.at(d_news, rows, d_candidates)
    return d_users, d_news


def softmax_loss_forward(scores: Array, clicked: IntArray) -> tuple[Array, list[click.SoftmaxLossCache]]:
    """The loss of each sample; see `layers.click`."""
    losses = np.empty(len(scores), dtype=scores.dtype)
    caches = []
    for s, of_one in enumerate(scores):
        losses[s], cache = click.softmax_loss_forward(of_one, int(clicked[s]))
        caches.append(cache)
    return losses, caches


def softmax_loss_backward(d_losses: Array, cache: list[click.SoftmaxLossCache]) -> Array:
    """Gradient of the scores."""
    return np.stack([click.softmax_loss_backward(d, one) for d, one in zip(d_losses, cache, strict=True)])


def _add(sums: dict[str, Array], gradients: dict[str, Array]) -> None:
    for name, gradient in gradients.items():
        sums[name] = sums[name] + gradient if name in sums else gradient
