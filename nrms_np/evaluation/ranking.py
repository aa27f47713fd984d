"""Scores of all candidates of a split: every news item and every history is encoded once."""

from __future__ import annotations

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.data.behaviors import Behaviors
from nrms_np.evaluation.metrics import MeanMetrics, impression_metrics, mean_metrics
from nrms_np.model import NRMS
from nrms_np.packed import Packed


def score_split(model: NRMS, titles: Packed, behaviors: Behaviors) -> Array:
    """Click scores of all candidates.

    titles: the news of the split, words as rows of the model's vocabulary.

    Returns (total,) scores, aligned with behaviors.candidates.index.
    """
    news = model.encode_news(titles)
    histories, which = distinct_sequences(behaviors.histories)
    return model.score(model.encode_users(news, histories), which, news, behaviors.candidates)


def evaluate(model: NRMS, titles: Packed, behaviors: Behaviors) -> MeanMetrics:
    """Metrics of the model on a split with labels."""
    return metrics_of(score_split(model, titles, behaviors), behaviors)


def metrics_of(scores: Array, behaviors: Behaviors) -> MeanMetrics:
    """Metrics of given scores on a split with labels."""
    assert behaviors.clicked is not None, "a split without labels has no metrics"
    return mean_metrics(impression_metrics(scores, behaviors.clicked, behaviors.candidates.offsets))


def distinct_sequences(sequences: Packed) -> tuple[Packed, IntArray]:
    """Leave out repeated sequences: the history of a user is the same in many impressions.

    Returns (kept, which): sequence i of the input is sequence which[i] of `kept`.
    """
    number: dict[bytes, int] = {}
    first: list[int] = []
    which = np.empty(sequences.count, dtype=np.intp)
    for i in range(sequences.count):
        key = sequences.sequence(i).tobytes()
        if key not in number:
            number[key] = len(first)
            first.append(i)
        which[i] = number[key]
    return sequences.take(np.array(first, dtype=np.intp)), which
