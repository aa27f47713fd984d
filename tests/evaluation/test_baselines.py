"""Baselines on two tiny splits whose news are numbered differently."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nrms_np.data.dataset import Split, read_split
from nrms_np.errors import NrmsError
from nrms_np.evaluation.baselines import baseline_metrics, clicks_of_news


def write_split(folder: Path, news: str, impressions: list[str]) -> Split:
    """Write and read a split with these news ids and impressions; no user has a history, so no click comes from one."""
    folder.mkdir()
    (folder / "news.tsv").write_text(
        "".join(f"{name}\tsports\tgolf\tTitle of {name}\t\t\t[]\t[]\n" for name in news.split()), encoding="utf-8"
    )
    (folder / "behaviors.tsv").write_text(
        "".join(f"{i}\tU{i}\t11/9/2019 9:00:00 AM\t\t{shown}\n" for i, shown in enumerate(impressions, start=1)),
        encoding="utf-8",
    )
    return read_split(folder, history_length=50)


@pytest.fixture
def train(tmp_path: Path) -> Split:
    return write_split(tmp_path / "train", "N1 N2 N3 N4", ["N1-0 N2-1", "N2-1 N3-1 N4-0", "N4-0 N2-1"])


@pytest.fixture
def dev(tmp_path: Path) -> Split:
    return write_split(tmp_path / "dev", "N9 N3 N1 N2", ["N2-0 N9-1 N3-0", "N1-1 N2-0"])


def test_popularity_is_the_number_of_clicks_in_train_matched_by_id(train: Split, dev: Split) -> None:
    assert clicks_of_news(train, dev.news.ids).tolist() == [0, 1, 0, 3]
    # N2 3, N9 0, N3 1: the clicked N9 is last of three. N1 0, N2 3: the clicked N1 is last of two.
    np.testing.assert_allclose(baseline_metrics(dev, train)["popularity"][:, :2], [[0, 1 / 3], [0, 1 / 2]])


def test_popularity_without_labels_is_an_error(train: Split, dev: Split) -> None:
    unlabelled = replace(train, behaviors=replace(train.behaviors, clicked=None))
    with pytest.raises(NrmsError, match="no labels"):
        clicks_of_news(unlabelled, dev.news.ids)


def test_random_is_the_expectation_and_popularity_needs_train(dev: Split) -> None:
    metrics = baseline_metrics(dev, None)
    assert set(metrics) == {"random"}
    assert metrics["random"][:, 0].tolist() == [0.5, 0.5]
    np.testing.assert_allclose(metrics["random"][:, 1], [(1 + 1 / 2 + 1 / 3) / 3, (1 + 1 / 2) / 2])
