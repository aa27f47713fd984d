"""Click scores and the softmax loss for all samples of a batch; the equations are in `layers.click`."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.kernels.engine.compile import compiled_freely
from nrms_np.kernels.engine.parallel import even_bounds, run
from nrms_np.kernels.engine.rows import add_up, places_of
from nrms_np.kernels.engine.workspace import workspace
from nrms_np.packed import Packed

SAMPLES_PER_TASK = 1024  # so that a usual batch, a tenth of a millisecond, wakes nobody
IMPRESSIONS_PER_TASK = 512


class ClickScoreCache(NamedTuple):
    """The factors of the dot products, and which row of the news each candidate is."""

    users: Array
    news: Array
    candidates: IntArray


class SoftmaxLossCache(NamedTuple):
    """p (B, C) the predicted probabilities; clicked (B,)."""

    p: Array
    clicked: IntArray


def click_score_forward(users: Array, news: Array, candidates: IntArray) -> tuple[Array, ClickScoreCache]:
    """The ŷ in equation 11, the click score of each candidate: the dot product of user and news.

    users: (B, H·d).    news: (n, H·d).    candidates: (B, C) rows of news.    Returns (scores, cache): scores (B, C).
    """
    scores = np.empty(candidates.shape, dtype=news.dtype)
    run(partial(_score_samples, users, news, candidates, scores), even_bounds(len(scores), SAMPLES_PER_TASK))
    return scores, ClickScoreCache(users, news, candidates)


def click_score_backward(d_scores: Array, cache: ClickScoreCache) -> tuple[Array, Array]:
    """Gradients of users and news; a news item that is a candidate of several samples gets the sum.

    d_scores: (B, C).    Returns d_users (B, H·d), d_news (n, H·d).
    """
    users, news, candidates = cache
    d_users = np.empty_like(users)
    places = places_of(candidates.reshape(-1), len(news))
    d_candidates = workspace.empty((int(places.starts[-1]), news.shape[1]), news.dtype)
    # scores_bc = users_b · news[candidates_bc]
    of = places.of.reshape(candidates.shape)
    task = partial(_score_samples_backward, d_scores, users, news, candidates, d_users, d_candidates, of)
    run(task, even_bounds(len(users), SAMPLES_PER_TASK))
    return d_users, add_up(d_candidates, places)


def softmax_loss_forward(scores: Array, clicked: IntArray) -> tuple[Array, SoftmaxLossCache]:
    """Equations 11-12 for each sample: minus the logarithm of the clicked candidate's probability.

    scores: (B, C).    clicked: (B,) which candidate it is.    Returns (losses, cache): losses (B,).
    """
    shifted = scores - scores.max(axis=1, keepdims=True)
    exps = np.exp(shifted)
    total = exps.sum(axis=1)
    losses = np.log(total) - shifted[np.arange(len(scores)), clicked]
    return losses, SoftmaxLossCache(exps / total[:, None], clicked)


def softmax_loss_backward(d_losses: Array, cache: SoftmaxLossCache) -> Array:
    """Gradient of the scores: what was predicted minus what happened, p - y.

    d_losses: (B,).    Returns d_scores (B, C).
    """
    # losses = log(sum(exp(scores))) - scores[clicked]
    d_scores = cache.p.copy()
    d_scores[np.arange(len(d_scores)), cache.clicked] -= 1
    return d_scores * d_losses[:, None]


def score_candidates(users: Array, which: IntArray, news: Array, candidates: Packed) -> Array:
    """Click scores for ranking, any number of candidates each: what an evaluation needs, without a gradient.

    users: (m, H·d).    which: (n,) whose impression each sequence of candidates is, a row of users.
    news: (rows, H·d).    candidates: n sequences that refer to its rows.

    Returns (total,) scores, aligned with candidates.index.
    """
    scores = np.empty(len(candidates.index), dtype=news.dtype)
    run(partial(_score, users, which, news, candidates, scores), even_bounds(candidates.count, IMPRESSIONS_PER_TASK))
    return scores


@compiled_freely
def _score_samples(users: Array, news: Array, candidates: IntArray, scores: Array, first: int, last: int) -> None:
    for b in range(first, last):
        for c in range(candidates.shape[1]):
            scores[b, c] = _dot(users[b], news[candidates[b, c]])


@compiled_freely
def _score_samples_backward(
    d_scores: Array, users: Array, news: Array, candidates: IntArray, d_users: Array, d_candidates: Array,
    places: IntArray, first: int, last: int,
) -> None:  # fmt: skip
    for b in range(first, last):
        user, d_user = users[b], d_users[b]
        d_user[:] = 0
        for c in range(candidates.shape[1]):
            item, d_item, d_score = news[candidates[b, c]], d_candidates[places[b, c]], d_scores[b, c]
            for e in range(len(user)):
                d_user[e] += d_score * item[e]
                d_item[e] = d_score * user[e]


@compiled_freely
def _score(
    users: Array, which: IntArray, news: Array, candidates: Packed, scores: Array, first: int, last: int
) -> None:
    for s in range(first, last):
        for place in range(candidates.offsets[s], candidates.offsets[s + 1]):
            scores[place] = _dot(users[which[s]], news[candidates.index[place]])


@compiled_freely
def _dot(a: Array, b: Array) -> Any:
    total = a[0] * b[0]
    for e in range(1, len(a)):
        total += a[e] * b[e]
    return total
