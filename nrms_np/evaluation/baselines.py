"""Scores that need no model: what any trained model must beat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nrms_np.data.behaviors import Behaviors
from nrms_np.data.dataset import Split
from nrms_np.errors import NrmsError


def random_scores(behaviors: Behaviors, seed: int) -> NDArray[np.float64]:
    """Draw a uniform random score for each candidate; the expected AUC is one half.

    Returns (total,) float64, aligned with `behaviors.candidates.index`; depends on the seed alone.
    """
    return np.random.default_rng([seed, 0xBA5E]).random(len(behaviors.candidates.index))


def popularity_scores(train: Split, dev: Split) -> NDArray[np.float64]:
    """Score each candidate of `dev` by its clicks in the impressions of `train`; news that `train` lacks gets 0.

    The two splits number their news independently, so they are matched by id.
    Returns (total,) float64, aligned with `dev.behaviors.candidates.index`.
    Raises NrmsError when `train` has no labels.
    """
    if train.behaviors.clicked is None:
        raise NrmsError("Popularity counts clicks, and the training split has no labels: give a split that has them.")
    clicked_news = train.behaviors.candidates.index[train.behaviors.clicked]
    clicks = np.bincount(clicked_news, minlength=len(train.news.ids))
    row = train.news.row
    of_news = np.array([clicks[row[name]] if name in row else 0 for name in dev.news.ids], dtype=np.float64)
    return of_news[dev.behaviors.candidates.index]
