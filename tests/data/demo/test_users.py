from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from nrms_np.data.dataset import Split
from nrms_np.data.demo.corpus import Corpus


def test_histories_go_from_none_over_one_to_more_than_50(committed: Path) -> None:
    lengths = Counter(len(history) for history in _histories(committed / "train" / "behaviors.tsv"))
    total = lengths.total()
    assert 0.01 < lengths[0] / total < 0.05
    assert lengths[1] > 0
    assert 0.02 < sum(count for length, count in lengths.items() if length > 50) / total < 0.1


def _histories(path: Path) -> list[list[str]]:
    return [line.split("\t")[3].split() for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_impression_has_a_click_and_a_non_click(train: Split, dev: Split) -> None:
    for split in (train, dev):
        assert split.behaviors.clicked is not None
        clicks = np.add.reduceat(split.behaviors.clicked.astype(int), split.behaviors.candidates.offsets[:-1])
        assert np.all(clicks >= 1)
        assert np.all(clicks < split.behaviors.candidates.lengths)


def test_clicks_are_as_frequent_as_their_true_probability_says(made: Corpus) -> None:
    expected, clicked = [], []
    for one in made.train.impressions + made.dev.impressions:
        p = np.array(one.permille) / 1000
        # Drawn again without a click or with nothing but clicks: the probability given that neither happened.
        others_all = np.array([np.prod(np.delete(p, i)) for i in range(len(p))])
        expected.append(p * (1 - others_all) / (1 - np.prod(1 - p) - np.prod(p)))
        clicked.append(one.clicked)
    q, hit = np.concatenate(expected), np.concatenate(clicked).astype(float)
    for low, high in ((0.0, 0.02), (0.02, 0.1), (0.1, 0.4), (0.4, 0.7), (0.7, 1.0)):
        group = (q >= low) & (q < high)
        # Clicks of one impression push each other down a little, so the spread of independent draws is an upper bound.
        error = np.sqrt(np.sum(q[group] * (1 - q[group]))) / group.sum()
        assert group.sum() > 500
        assert abs(hit[group].mean() - q[group].mean()) < 4 * error
