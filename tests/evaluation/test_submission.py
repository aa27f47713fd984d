"""Scores and ranks as files, read back by MIND's own scorer as we understand it."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nrms_np.data.behaviors import Behaviors, Dropped
from nrms_np.errors import NrmsError
from nrms_np.evaluation.metrics import impression_metrics, mean_metrics
from nrms_np.evaluation.submission import write_scores, write_submission
from nrms_np.packed import Packed, offsets_of


def behaviors_of(lengths: list[int], clicked: np.ndarray | None) -> Behaviors:
    """Impressions with so many candidates each, numbered from the highest id down, without histories."""
    offsets = offsets_of(np.array(lengths))
    ids = [str(100 - i) for i in range(len(lengths))]
    return Behaviors(
        impression_ids=ids,
        users=["U1"] * len(lengths),
        histories=Packed.from_lists([[] for _ in lengths]),
        candidates=Packed(np.arange(offsets[-1], dtype=np.int32), offsets),
        clicked=clicked,
        dropped=Dropped(),
    )


def prediction(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["prediction.txt"]
        return archive.read("prediction.txt").decode("utf-8")


def official_scores(truth: str, submitted: str) -> list[float]:
    """What MIND's evaluate.py computes: 1/rank is the score, each impression alone, then the mean."""
    rows = []
    for truth_line, line in zip(truth.splitlines(), submitted.splitlines(), strict=True):
        impression, labels_text = truth_line.split(" ")
        submitted_impression, ranks_text = line.split(" ")
        assert submitted_impression == impression
        y, score = np.array(json.loads(labels_text)), 1 / np.array(json.loads(ranks_text), dtype=float)
        order = np.argsort(score)[::-1]
        pairs = np.subtract.outer(score[y == 1], score[y == 0])
        auc = ((pairs > 0) + 0.5 * (pairs == 0)).mean()
        mrr = (y[order] / np.arange(1, len(y) + 1)).sum() / y.sum()
        rows.append([auc, mrr, official_ndcg(y, order, 5), official_ndcg(y, order, 10)])
    return np.mean(rows, axis=0).tolist()


def official_ndcg(y: np.ndarray, order: np.ndarray, k: int) -> float:
    def dcg(of: np.ndarray) -> float:
        gains = 2.0 ** y[of[:k]] - 1
        return float((gains / np.log2(np.arange(len(gains)) + 2)).sum())

    return dcg(order) / dcg(np.argsort(y)[::-1])


def test_the_official_scorer_finds_our_metrics_in_the_submission(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    lengths = rng.integers(2, 23, size=41).tolist()
    offsets = offsets_of(np.array(lengths))
    clicked = rng.random(offsets[-1]) < 0.3
    clicked[offsets[:-1]], clicked[offsets[1:] - 1] = True, False  # a click and a non-click everywhere
    scores = rng.standard_normal(offsets[-1]).astype(np.float32) * 1000
    behaviors = behaviors_of(lengths, clicked)
    write_submission(tmp_path / "prediction.zip", behaviors, scores)
    truth = "".join(
        f"{name} {json.dumps(clicked[a:b].astype(int).tolist(), separators=(',', ':'))}\n"
        for name, a, b in zip(behaviors.impression_ids, offsets[:-1], offsets[1:], strict=True)
    )
    ours = mean_metrics(impression_metrics(scores, clicked, offsets)).values
    theirs = official_scores(truth, prediction(tmp_path / "prediction.zip"))
    np.testing.assert_allclose(theirs, [ours[name] for name in ("auc", "mrr", "ndcg@5", "ndcg@10")], rtol=1e-12)


def test_a_line_is_the_id_a_space_and_the_ranks_in_listed_order_without_spaces(tmp_path: Path) -> None:
    scores = np.array([0.5, -2, 9, 0.25, 1e-9, 0.25])
    write_submission(tmp_path / "out.zip", behaviors_of([3, 1, 2], None), scores)
    assert prediction(tmp_path / "out.zip") == "100 [2,3,1]\n99 [1]\n98 [2,1]\n"


def test_equal_scores_make_equal_bytes(tmp_path: Path) -> None:
    behaviors, scores = behaviors_of([2, 1], None), np.array([1.0, 2.0, 3.0])
    for name in ("one.zip", "two.zip"):
        write_submission(tmp_path / name, behaviors, scores)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    # Both may have been written within two seconds, a step of the times in an archive.
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_scores_have_nine_digits_which_tell_float32_numbers_apart(tmp_path: Path) -> None:
    scores = np.array([1 / 3, -12345.678, 2.5, 1e-20, 0.1], dtype=np.float32)
    write_scores(tmp_path / "scores.tsv", behaviors_of([2, 3], None), scores)
    lines = (tmp_path / "scores.tsv").read_bytes().decode("utf-8").splitlines()
    assert lines == ["100\t0.333333343 -12345.6777", "99\t2.5 9.99999968e-21 0.100000001"]
    read = [float(text) for line in lines for text in line.split("\t")[1].split(" ")]
    np.testing.assert_array_equal(np.array(read, dtype=np.float32), scores)


@pytest.mark.parametrize("write", [write_scores, write_submission])
def test_a_score_that_is_no_number_is_refused_and_nothing_is_written(write, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NrmsError, match="NaN"):
        write(tmp_path / "out", behaviors_of([3], None), np.array([1.0, np.nan, 2.0]))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("write", [write_scores, write_submission])
def test_an_error_on_the_way_leaves_the_old_file_and_no_half_one(write, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "out"
    path.write_text("old", encoding="utf-8")
    behaviors = replace(behaviors_of([2, 1], None), impression_ids=["1", "\udc80"])  # cannot be written as UTF-8
    with pytest.raises(UnicodeEncodeError):
        write(path, behaviors, np.array([1.0, 2.0, 3.0]))
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
