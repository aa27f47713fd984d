r"""Softmax: scores become weights that are positive and sum to 1.

.. math:: p_i = \frac{\exp(a_i)}{\sum_j \exp(a_j)}

It stands inside equations 1 and 6 (attention between the elements of a sequence), 4 and 9 (attention that pools a
sequence) and 11 (which candidate is clicked).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]


def softmax_forward(a: Array) -> tuple[Array, Array]:
    """Softmax over the last axis.

    a: (..., n) scores, any float dtype. n may be 0: the weights are then empty too.

    Returns (p, cache): p (..., n) the weights. The cache is p itself, all that the backward needs.

    The maximum is subtracted first. That changes nothing, since exp(a - m) = exp(a) / exp(m) and exp(m) cancels, and
    it keeps exp from overflowing: scores of ±10,000 are fine.
    """
    exps = np.exp(a - a.max(axis=-1, keepdims=True, initial=-np.inf))
    p = exps / exps.sum(axis=-1, keepdims=True)
    return p, p


def softmax_backward(dp: Array, p: Array) -> Array:
    r"""Gradient of the scores.

    Every score moves every weight, through the common sum:

    .. math::
        \frac{\partial p_i}{\partial a_j} = p_i (\delta_{ij} - p_j)
        \qquad\Rightarrow\qquad
        \frac{\partial L}{\partial a_j} = \sum_i \frac{\partial L}{\partial p_i} p_i (\delta_{ij} - p_j)
        = p_j \Big( \frac{\partial L}{\partial p_j} - \sum_i p_i \frac{\partial L}{\partial p_i} \Big)

    A frequent bug keeps only i = j, which is p (1 - p): the derivative of a sigmoid.

    dp: (..., n) gradient of the weights.    p: (..., n) the weights.
    Returns da (..., n).
    """
    # p = exp(a) / exp(a).sum()
    return p * (dp - (p * dp).sum(axis=-1, keepdims=True))
