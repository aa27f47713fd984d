"""The file truth.tsv of a demo split: the true click probabilities, and so the best ranking there can be.

One line per impression, in the order of behaviors.tsv: the impression id, a tab, and the probability of each candidate in file
order. The probability is what a single click was drawn with; impressions without a click, or with nothing but clicks, were
drawn again. That changes the probabilities a little but not which ranking is best.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nrms_np.data.table import read_table
from nrms_np.errors import DataError

TRUTH = "truth.tsv"


def best_possible_scores(split_folder: str | Path, candidates: int) -> NDArray[np.float64] | None:
    """The true click probabilities of all candidates of a split, or None when the folder has no truth.tsv.

    candidates: how many candidates all impressions have together.
    Returns (total,) float64, the candidates of all impressions end to end, in file order.
    Raises DataError when a line is not an impression id and probabilities, or when there are more or fewer of these.
    """
    path = Path(split_folder) / TRUTH
    if not path.is_file():
        return None
    values: list[float] = []
    for number, (_, text) in read_table(path, ("impression", "probabilities")):
        try:
            found = [float(word) for word in text.split()]
        except ValueError:
            found = []
        if not found or not all(0.0 <= value <= 1.0 for value in found):
            problem = "expected an impression id, a tab and probabilities; write the demo corpus anew."
            raise DataError(path, problem, number)
        values += found
    if len(values) != candidates:
        problem = f"it has {len(values):,} probabilities, but the impressions have {candidates:,} candidates"
        raise DataError(path, f"{problem}; write the demo corpus anew.")
    return np.array(values, dtype=np.float64)


def truth_line(impression_id: str, permille: Iterable[int]) -> str:
    """One line of truth.tsv, without its end; probabilities are given in thousandths."""
    return impression_id + "\t" + " ".join(f"{value / 1000:.3f}" for value in permille)


def mean_auc(scores: Iterable[Sequence[float]], clicked: Iterable[Sequence[bool]]) -> float:
    """The AUC of each impression, ties as one half, averaged over the impressions.

    scores, clicked: one sequence per impression; each impression has a click and a non-click.
    """
    of_impressions = []
    for score, click in zip(map(np.array, scores), map(np.array, clicked), strict=True):
        difference = score[click][:, None] - score[~click]
        of_impressions.append(np.mean((difference > 0) + 0.5 * (difference == 0)))
    return float(np.mean(of_impressions))
