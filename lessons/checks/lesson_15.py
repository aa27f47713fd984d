"""Lesson 15: four functions to repair."""

from __future__ import annotations

import numpy as np

from lessons.checks.compare import expect, gradients
from lessons.checks.lesson_02 import check_embedding_backward
from lessons.checks.lesson_03 import check_scores_backward
from lessons.checks.run import Function, Task
from nrms_np.evaluation.metrics import impression_metrics
from nrms_np.layers import softmax


def check_softmax_backward(softmax_backward: Function) -> None:
    """A square one first, where the bug shows in the numbers alone; one that is not; one row."""
    rng = np.random.default_rng([15, 0])
    for T, n in ((4, 4), (3, 5), (1, 6)):
        a, dp = rng.standard_normal((T, n)), rng.standard_normal((T, n))
        right = gradients(lambda a: softmax.softmax_forward(a)[0], dp, da=a)
        expect(softmax_backward(dp, softmax.softmax_forward(a)[0]), **right)


def check_mean_auc(mean_auc: Function) -> None:
    """Two impressions whose scores are of different sizes; many; one."""
    scores, clicked = np.array([0.2, 0.1, 9.0, 8.0, 8.5]), np.array([True, False, True, False, False])
    expect(mean_auc(scores, clicked, np.array([0, 2, 5])), auc=1.0)
    rng = np.random.default_rng([15, 3])
    lengths = np.array([4, 7, 2, 5])
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    scores = rng.integers(0, 9, 18) / 4
    clicked = rng.random(18) < 0.4
    clicked[offsets[:-1]], clicked[offsets[:-1] + 1] = True, False
    expect(mean_auc(scores, clicked, offsets), auc=float(impression_metrics(scores, clicked, offsets)[:, 0].mean()))
    expect(
        mean_auc(scores[:4], clicked[:4], offsets[:2]),
        auc=float(impression_metrics(scores[:4], clicked[:4], offsets[:2])[0, 0]),
    )


TASKS = {
    "softmax_backward": Task(
        check_softmax_backward,
        "What is the shape of `mean`? With a square p, NumPy lays it along the wrong axis and says nothing. Try it with p of "
        "shape (3, 5).",
    ),
    "scores_backward": Task(
        check_scores_backward,
        "x goes two ways into S. Count the lines that make dx, and what each does to the one before.",
    ),
    "embedding_backward": Task(
        check_embedding_backward,
        "Look at a word that occurs twice. NumPy reads all rows, adds, and then writes them all: of two writes to one row, "
        "the last stays.",
    ),
    "mean_auc": Task(
        check_mean_auc,
        "Which candidates are compared with which? Print `starts`. A score only means something beside the others of the "
        "same impression.",
    ),
}
