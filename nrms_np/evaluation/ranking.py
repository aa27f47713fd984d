"""A trained model at work: loaded from its run, given titles as rows of its vocabulary, it scores all candidates of a split."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from nrms_np.arrays import Array, BoolArray, IntArray
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


Shared = Callable[[Callable[[int, int], Array], int], Array]
"""How many rows are computed: shared(compute, count) is compute(0, count), or its parts compute(first, last) end to end."""


def whole(compute: Callable[[int, int], Array], count: int) -> Array:
    """All rows at once, in this process."""
    return compute(0, count)


def score_split(model: NRMS, titles: Packed, behaviors: Behaviors, shared: Shared = whole) -> Array:
    """Click scores of all candidates of a split: every news item and every distinct history is encoded once.

    titles: the news of the split, words as rows of the model's vocabulary.    shared: who computes which rows.
    Returns (total,) scores, aligned with behaviors.candidates.index.
    """
    return shared(_scores(model, titles, behaviors, shared), behaviors.candidates.count)


def evaluate(model: NRMS, titles: Packed, behaviors: Behaviors, shared: Shared = whole) -> MeanMetrics:
    """Metrics of the model on a split with labels; arguments as in `score_split`."""
    scores, (candidates, clicked) = _scores(model, titles, behaviors, shared), _labelled(behaviors)

    def measured(first: int, last: int) -> Array:
        offsets = candidates.offsets[first : last + 1]
        labels = clicked[offsets[0] : offsets[-1]]
        return impression_metrics(scores(first, last), labels, offsets - offsets[0])

    return mean_metrics(shared(measured, candidates.count))


def _scores(model: NRMS, titles: Packed, behaviors: Behaviors, shared: Shared) -> Callable[[int, int], Array]:
    """What scores the candidates of the impressions from `first` to `last` - 1; all news and histories are encoded now."""
    news = shared(lambda first, last: model.encode_news(titles.between(first, last)), titles.count)
    histories, which = distinct_sequences(behaviors.histories)
    users = shared(lambda first, last: model.encode_users(news, histories.between(first, last)), histories.count)
    return lambda first, last: model.score(users, which[first:last], news, behaviors.candidates.between(first, last))


def metrics_of(scores: Array, behaviors: Behaviors) -> MeanMetrics:
    """Metrics of given scores on a split with labels."""
    candidates, clicked = _labelled(behaviors)
    return mean_metrics(impression_metrics(scores, clicked, candidates.offsets))


def _labelled(behaviors: Behaviors) -> tuple[Packed, BoolArray]:
    assert behaviors.clicked is not None, "a split without labels has no metrics"
    return behaviors.candidates, behaviors.clicked


def distinct_sequences(sequences: Packed) -> tuple[Packed, IntArray]:
    """Leave out repeated sequences: the history of a user is the same in many impressions.

    Returns (kept, which): sequence i of the input is sequence which[i] of `kept`.
    """
    number: dict[bytes, int] = {}
    keys = (sequences.sequence(i).tobytes() for i in range(sequences.count))
    which = np.array([number.setdefault(key, len(number)) for key in keys], dtype=np.intp)
    _, first = np.unique(which, return_index=True)
    return sequences.take(first), which
