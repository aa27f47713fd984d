"""What came out of a run, in words: metrics as people read them, and whether the model is of any use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log
from typing import Any, TypeVar

from nrms_np.config import Config
from nrms_np.evaluation.metrics import METRICS

M = TypeVar("M", bound=Mapping[str, Any])

RISEN = 3.0
"""A train loss of so many times that before training has run away; that of a model that learns nothing stays near it."""
KNOWS_NOTHING = log(5)
"""The loss of a model that holds the clicked news and the usual four others for equally likely."""


def in_words(metrics: Mapping[str, Any]) -> str:
    """The metrics of one run with three decimals: a fourth would change with the seed."""
    return ", ".join(f"{metric.title} {metrics[metric.name]:.3f}" for metric in METRICS)


def best_of(rows: Sequence[M]) -> M:
    """The metrics of the epoch with the highest AUC on dev, the first of equals; epoch 0 is the model before training."""
    return max(rows, key=lambda row: row["auc"])


def diverged(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the loss ran away before an epoch was of use: what dev says of the best epoch is then an accident."""
    best = best_of(rows)
    # A model that training goes on from may begin far below.
    before = max(rows[0]["loss"], KNOWS_NOTHING)
    return bool((best if best["epoch"] else rows[-1])["loss"] > RISEN * before)


def doubts(rows: Sequence[Mapping[str, Any]], levels: Mapping[str, float], config: Config) -> list[str]:
    """Why the model of a run is of little use, one line each, with what usually causes it; nothing for a useful one.

    rows: metrics of the epochs, epoch 0 first.    levels: dev AUC of what needs no model, by its name.
    """
    best = best_of(rows)
    if diverged(rows):
        return [
            f"training diverged: the loss rose from {rows[0]['loss']:.4g} to {rows[-1]['loss']:.4g}, so the model is noise; "
            f"train with a --learning-rate below {config.learning_rate:g}"
        ]
    found = []
    if best["epoch"] == 0:
        found.append(
            "no epoch is better than the model before training, so nothing was learned that holds on dev; usual causes: few "
            "clicks, one epoch only, a --learning-rate far too low or high, histories or titles that do not belong to the clicks"
        )
    if best["auc"] <= (popularity := levels.get("popularity", 0.0)):
        found.append(
            f"no epoch is better than popularity, which ranks by clicks in train (dev AUC {best['auc']:.3f} against "
            f"{popularity:.3f}); usual causes: few clicks or epochs, short histories, readers who click what all click"
        )
    return found
