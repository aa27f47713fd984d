"""Scores of all candidates of a split: every news item and every history is encoded once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nrms_np.data.behaviors import Behaviors
from nrms_np.evaluation.metrics import Metrics, impression_metrics, mean_metrics
from nrms_np.kernels.click import score_candidates
from nrms_np.model import NRMS
from nrms_np.packed import IntArray, Packed

Array = NDArray[np.floating[Any]]


def score_split(model: NRMS, titles: Packed, behaviors: Behaviors) -> Array:
    """Click scores of all candidates.

    titles: the news of the split, words as rows of the model's vocabulary.

    Returns (total,) scores, aligned with behaviors.candidates.index.
    """
    news = model.encode_news(titles)
    histories, which = distinct_sequences(behaviors.histories)
    users = model.encode_users(news, histories)
    return score_candidates(users, which, news, behaviors.candidates)


def evaluate(model: NRMS, titles: Packed, behaviors: Behaviors) -> Metrics:
    """Metrics of the model on a split with labels."""
    return metrics_of(score_split(model, titles, behaviors), behaviors)


def metrics_of(scores: Array, behaviors: Behaviors) -> Metrics:
    """Metrics of given scores on a split with labels."""
    assert behaviors.clicked is not None, "a split without labels has no metrics"
    return mean_metrics(impression_metrics(scores, behaviors.clicked, behaviors.candidates.offsets))


def distinct_sequences(sequences: Packed) -> tuple[Packed, IntArray]:
    """Leave out repeated sequences: the history of a user is the same in many impressions.

    Returns (kept, which): sequence i of the input is sequence which[i] of `kept`.
    """
    number: dict[bytes, int] = {}
    first: list[int] = []
    which = np.empty(sequences.count, dtype=np.int64)
    for i in range(sequences.count):
        key = sequences.sequence(i).tobytes()
        if key not in number:
            number[key] = len(first)
            first.append(i)
        which[i] = number[key]
    return sequences.take(np.array(first, dtype=np.int64)), which
