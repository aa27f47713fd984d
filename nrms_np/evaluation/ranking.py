"""A trained model at work: loaded from its run, given titles as rows of its vocabulary, it scores all candidates of a split."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.config import fastest_backend
from nrms_np.data.behaviors import Behaviors
from nrms_np.errors import ModelFileError
from nrms_np.evaluation.metrics import MeanMetrics, impression_metrics, mean_metrics
from nrms_np.model import NRMS, model_path
from nrms_np.packed import Packed


def load_trained(run: Path, backend: str | None = None) -> NRMS:
    """Load the best model of a run.

    run:     a run folder, or a model.npz file.
    backend: what to compute with, whatever the model was trained with: the results agree to rounding. None for the fastest.
    Raises ModelFileError where there is no model or it cannot be used.
    """
    model = NRMS.load(run, backend or fastest_backend())
    try:
        model.words  # noqa: B018  (a vocabulary that cannot be used is told now, with the file's name)
    except ModelFileError as error:
        raise ModelFileError(f"{model_path(run)}: {error}") from error
    return model


def score_split(model: NRMS, titles: Packed, behaviors: Behaviors) -> Array:
    """Click scores of all candidates of a split: every news item and every distinct history is encoded once.

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
    keys = (sequences.sequence(i).tobytes() for i in range(sequences.count))
    which = np.array([number.setdefault(key, len(number)) for key in keys], dtype=np.intp)
    _, first = np.unique(which, return_index=True)
    return sequences.take(first), which
