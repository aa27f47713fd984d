"""The news of a pool by their scores for one history."""

from __future__ import annotations

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.errors import NrmsError
from nrms_np.evaluation.trained import encode_titles
from nrms_np.model import NRMS
from nrms_np.packed import Packed
from nrms_np.recommend.history import History


def model_scores(model: NRMS, vectors: Array, history: History) -> Array:
    """The click score of every news item of the pool.

    vectors: (n, H·d) of the pool.    Returns (n,). Raises NrmsError when a score is NaN.
    """
    last = history.titles[-model.config.history_length :]
    clicked = model.encode_news(encode_titles(model, last))
    user = model.encode_users(clicked, Packed.from_lists([range(len(last))]))[0]
    scores = vectors @ user
    if np.isnan(scores).any():
        raise NrmsError("the model's scores are NaN: it has diverged, train it with a lower learning rate.")
    return scores


def best_rows(scores: Array, seen: IntArray, top: int) -> IntArray:
    """The rows of the highest scores, best first, without those seen; equal scores in the order of the pool."""
    order = np.argsort(-scores, kind="stable")
    return order[~np.isin(order, seen)][:top]
