"""Scores and ranks of a split as files: a plain table of scores, and the prediction.zip that MIND's competition takes.

Both files hold one line an impression, in the order of behaviors.tsv:

    scores.tsv       1<tab>0.25 -1.5 0.75     the scores of the candidates as listed
    prediction.txt   1 [2,3,1]                their ranks, 1 for the highest score
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from nrms_np.arrays import Array
from nrms_np.data.behaviors import Behaviors
from nrms_np.errors import DataError, NrmsError
from nrms_np.evaluation.metrics import ranks
from nrms_np.files import whole_file

# A zip stores when a file was written; always the same moment, so that equal ranks make equal bytes.
_MOMENT = (1980, 1, 1, 0, 0, 0)


def check_complete(path: Path, behaviors: Behaviors) -> None:
    """Raise DataError when candidates of the file `path` were dropped: its lines would then not match the file's."""
    dropped = behaviors.dropped
    if dropped.candidates:
        raise DataError(
            path,
            f"news.tsv beside it lacks {dropped.candidates:,} of the candidates, so scores or ranks of all candidates "
            "cannot be written; use the news.tsv that belongs to this file.",
        )


def write_scores(path: Path, behaviors: Behaviors, scores: Array) -> None:
    """Write one line an impression: its id, a tab, the scores of its candidates with 9 significant digits.

    Nine digits tell any two float32 numbers apart.
    scores: (total,) aligned with behaviors.candidates.index. Raises NrmsError when a score is NaN.
    """
    if np.isnan(scores).any():
        raise NrmsError(
            f"{path} is not written: the model's scores are NaN, it has diverged; train it with a lower rate."
        )
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        for impression, values in _impressions(behaviors, scores):
            file.write(f"{impression}\t{' '.join(f'{value:.9g}' for value in values)}\n")


def write_submission(path: Path, behaviors: Behaviors, scores: Array) -> None:
    """Write a zip that holds prediction.txt: one line an impression, its id and the rank of each candidate.

    scores: (total,) aligned with behaviors.candidates.index. Raises NrmsError when a score is NaN.
    """
    rank = ranks(scores, behaviors.candidates.offsets)
    entry = ZipInfo("prediction.txt", date_time=_MOMENT)
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = 0o644 << 16  # ordinary file permissions, for programs that unpack them
    with whole_file(path) as temporary, ZipFile(temporary, "w") as archive, archive.open(entry, "w") as file:
        for impression, values in _impressions(behaviors, rank):
            file.write(f"{impression} [{','.join(map(str, values))}]\n".encode())


def _impressions(behaviors: Behaviors, values: NDArray[Any]) -> Iterator[tuple[str, list[Any]]]:
    offsets = behaviors.candidates.offsets.tolist()
    for i, impression in enumerate(behaviors.impression_ids):
        yield impression, values[offsets[i] : offsets[i + 1]].tolist()
