"""Scores that need no model: what any trained model must beat."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from nrms_np.arrays import Array
from nrms_np.data.dataset import Split, read_split
from nrms_np.data.demo.files import best_possible_scores
from nrms_np.errors import NrmsError


def baseline_scores(split: Split, train: Split | None, seed: int) -> dict[str, Array]:
    """The scores of `random`, `popularity` and `best possible`, as far as the data tells them.

    random is uniform, so its expected AUC is one half; popularity is the candidate's clicks in the impressions of train.

    split: what is scored.    train: where clicks are counted; None: no popularity.
    seed:  the random scores depend on it alone.
    Returns (total,) for each name, aligned with `split.behaviors.candidates.index`.
    """
    behaviors = split.behaviors
    count = len(behaviors.candidates.index)
    scores: dict[str, Array] = {"random": np.random.default_rng([seed, 0xBA5E]).random(count)}
    if train is not None:
        scores["popularity"] = clicks_of_news(train, split.news.ids)[behaviors.candidates.index]
    if (best := best_possible_scores(split.folder, count)) is not None:
        scores["best possible"] = best
    return scores


def labelled_split(folder: Path) -> Split | None:
    """The split in a folder, to count its clicks; None where one of its files or its labels are missing."""
    if not all((folder / name).is_file() for name in ("news.tsv", "behaviors.tsv")):
        return None
    split = read_split(folder, history_length=1)
    return None if split.behaviors.clicked is None else split


def clicks_of_news(split: Split, ids: list[str]) -> Array:
    """How often each news item was clicked in the impressions of a split, (n,) float64; news that it lacks gets 0.

    ids: n news ids; splits number their news independently, so they are matched by id.
    Raises NrmsError when the split has no labels.
    """
    if split.behaviors.clicked is None:
        raise NrmsError("Popularity counts clicks, and this split has no labels: give a split that has them.")
    clicks = Counter(split.news.ids[row] for row in split.behaviors.candidates.index[split.behaviors.clicked])
    return np.array([clicks[name] for name in ids], dtype=np.float64)
