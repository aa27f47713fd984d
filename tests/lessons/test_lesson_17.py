"""Lesson 17 without an MPI shows what was recorded, and that is what the model computes today; its pieces are the package's."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from lessons.checks.run import load
from lessons.evidence import lesson_17
from lessons.exercise_files import SOLUTIONS, all_exercises
from nrms_np.packed import RowGradient
from nrms_np.training.ranks import Together
from nrms_np.training.row_sums import sum_of_rows
from tests.helpers.pretended_mpi import on_ranks


@pytest.fixture(scope="module")
def solved():
    exercise = next(each for each in all_exercises() if each.number == "17")
    return load(exercise, SOLUTIONS / exercise.file)[0]


def rank_of(rank, count):
    return Together(SimpleNamespace(Get_rank=lambda: rank, Get_size=lambda: count))


@pytest.mark.parametrize("ranks", [2, 3])
def test_what_was_recorded_is_what_the_shares_compute(ranks):
    batch, model = lesson_17.readers(), lesson_17.model(0.2)
    whole, gradients = model.loss_and_gradients(batch, 0)
    lines = lesson_17.recorded(ranks)
    assert [line["rank"] for line in lines] == list(range(ranks))
    assert len({line["fingerprint"] for line in lines}) == 1
    for line in lines:
        share = rank_of(line["rank"], ranks).share(batch)
        loss, of_share = model.loss_and_gradients(share, 0)
        assert (line["samples"], line["rows"]) == (len(share.candidates), len(share.words))
        assert (line["loss"], line["loss of all"]) == pytest.approx((loss, whole), rel=1e-12)
        np.testing.assert_allclose(line["win"], of_share["word_embedding"][lesson_17.WIN], atol=1e-12)
        np.testing.assert_allclose(line["win of all"], gradients["word_embedding"][lesson_17.WIN], atol=1e-12)


def test_without_mpirun_there_are_no_lines(monkeypatch):
    monkeypatch.setattr(lesson_17, "which", lambda *_, **__: None)
    assert lesson_17.run(2) is None


def test_the_readers_shares_and_rows_are_the_packages(solved):
    rng = np.random.default_rng(17)
    for samples, count in ((64, 3), (5, 8)):
        for rank in range(count):
            assert solved.share_of(samples, rank, count) == rank_of(rank, count).bounds(samples)
    every = [
        RowGradient(np.array(rows, np.int32), rng.standard_normal((len(rows), 4))) for rows in ([1, 5], [], [0, 5, 9])
    ]
    used, sums = solved.sum_rows([each.rows for each in every], [each.values for each in every])
    for merged in on_ranks(3, lambda world: sum_of_rows(world, every[world.Get_rank()])):
        np.testing.assert_array_equal(used, merged.rows)
        np.testing.assert_array_equal(sums, merged.values)


def test_the_readers_ring_sends_less_than_twice_an_array_in_either_precision(solved):
    rng = np.random.default_rng(18)
    for dtype in (np.float64, np.float32):
        arrays = [rng.standard_normal(23).astype(dtype) for _ in range(4)]
        sums, sent = solved.ring_all_reduce(arrays)
        assert all(ours.dtype == dtype for ours in sums)
        assert sent.max() < 2 * 23
        np.testing.assert_allclose(sums[3], np.sum(arrays, axis=0), rtol=1e-5, atol=1e-6)
