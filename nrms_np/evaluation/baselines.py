"""Scores that need no model: what any trained model must beat."""

from __future__ import annotations

import numpy as np

from nrms_np.arrays import Array
from nrms_np.data.behaviors import Behaviors
from nrms_np.data.dataset import Split
from nrms_np.data.demo.truth import best_possible_scores
from nrms_np.errors import NrmsError


def baseline_scores(split: Split, train: Split | None, seed: int) -> dict[str, Array]:
    """The scores of `random`, `popularity` and `best possible`, as far as the data tells them.

    split: what is scored.    train: where clicks are counted; None, or without labels: no popularity.
    Returns (total,) for each name, aligned with `split.behaviors.candidates.index`.
    """
    scores: dict[str, Array] = {"random": random_scores(split.behaviors, seed)}
    if train is not None and train.behaviors.clicked is not None:
        scores["popularity"] = popularity_scores(train, split)
    best = best_possible_scores(split.folder, len(split.behaviors.candidates.index))
    if best is not None:
        scores["best possible"] = best
    return scores


def random_scores(behaviors: Behaviors, seed: int) -> Array:
    """Draw a uniform random score for each candidate; the expected AUC is one half.

    Returns (total,) float64, aligned with `behaviors.candidates.index`; depends on the seed alone.
    """
    return np.random.default_rng([seed, 0xBA5E]).random(len(behaviors.candidates.index))


def popularity_scores(train: Split, dev: Split) -> Array:
    """Score each candidate of `dev` by its clicks in the impressions of `train`; news that `train` lacks gets 0.

    Returns (total,) float64, aligned with `dev.behaviors.candidates.index`.
    Raises NrmsError when `train` has no labels.
    """
    return clicks_of_news(train, dev.news.ids)[dev.behaviors.candidates.index]


def clicks_of_news(split: Split, ids: list[str]) -> Array:
    """How often each news item was clicked in the impressions of a split, (n,) float64; news that it lacks gets 0.

    ids: n news ids; splits number their news independently, so they are matched by id.
    Raises NrmsError when the split has no labels.
    """
    if split.behaviors.clicked is None:
        raise NrmsError("Popularity counts clicks, and this split has no labels: give a split that has them.")
    clicks = np.bincount(split.behaviors.candidates.index[split.behaviors.clicked], minlength=len(split.news.ids))
    row = split.news.row
    return np.array([clicks[row[name]] if name in row else 0 for name in ids], dtype=np.float64)
