r"""The click: score of a candidate, and the loss of one clicked candidate among K that were not.

.. math::
    \hat y_c = u^T r_c, \qquad
    p_c = \frac{\exp(\hat y_c)}{\sum_{j=0}^{K} \exp(\hat y_j)}, \qquad L = -\log p_{clicked}

(equations 11-12 of the paper; 12 sums L over all samples).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]


class ClickScoreCache(NamedTuple):
    """The two factors of the dot product."""

    u: Array
    r: Array


class SoftmaxLossCache(NamedTuple):
    """p (C,) the predicted probabilities, and which candidate was clicked."""

    p: Array
    clicked: int


def click_score_forward(u: Array, r: Array) -> tuple[Array, ClickScoreCache]:
    """The ŷ in equation 11, the click score of each candidate: the dot product of user and news.

    u: (H·d,) the user.    r: (C, H·d) the candidates.    Returns (scores, cache): scores (C,).
    """
    return r @ u, ClickScoreCache(u, r)


def click_score_backward(d_scores: Array, cache: ClickScoreCache) -> tuple[Array, Array]:
    """Gradients of u and r: each factor of a product gets the other one, times what comes from above.

    d_scores: (C,).    Returns du (H·d,), summed over the candidates, and dr (C, H·d).
    """
    u, r = cache
    # scores = r @ u
    return d_scores @ r, np.outer(d_scores, u)


def softmax_loss_forward(scores: Array, clicked: int) -> tuple[Any, SoftmaxLossCache]:
    r"""Equations 11-12 for one sample: minus the logarithm of the clicked candidate's probability.

    .. math:: L = \log \sum_j \exp(\hat y_j) - \hat y_{clicked}

    scores: (C,) one clicked and K not clicked.    clicked: which one it is.

    Returns (loss, cache). The maximum is subtracted first, so that scores of ±10,000 give a finite loss.
    """
    shifted = scores - scores.max()
    exps = np.exp(shifted)
    loss = np.log(exps.sum()) - shifted[clicked]
    return loss, SoftmaxLossCache(exps / exps.sum(), clicked)


def softmax_loss_backward(d_loss: float, cache: SoftmaxLossCache) -> Array:
    r"""Gradient of the scores: what was predicted minus what happened.

    .. math:: \frac{\partial L}{\partial \hat y_j} = \frac{\exp(\hat y_j)}{\sum_i \exp(\hat y_i)} - [j = clicked] = p_j - y_j

    d_loss: the gradient of the loss, 1 unless something is done with it.    Returns d_scores (C,).
    """
    # loss = log(sum(exp(scores))) - scores[clicked]
    d_scores = cache.p.copy()
    d_scores[cache.clicked] -= 1
    return d_scores * d_loss


def sigmoid_forward(score: Array) -> tuple[Array, Array]:
    r"""A probability for a score that stands alone, as the Recommenders project reports at inference.

    .. math:: \sigma(\hat y) = 1 / (1 + \exp(-\hat y))

    score: any shape.    Returns (p, cache), p of the same shape. exp is only taken of numbers below 0, so it cannot
    overflow. The order of the candidates is that of the scores.
    """
    small = np.exp(-np.abs(score))  # in (0, 1]
    p = np.where(score >= 0, 1, small) / (1 + small)
    return p, p


def sigmoid_backward(dp: Array, p: Array) -> Array:
    """Gradient of the score, from σ' = σ (1 - σ). Same shapes as the forward."""
    # p = 1 / (1 + exp(-score))
    return dp * p * (1 - p)
