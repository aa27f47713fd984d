"""Scores and ranks of a split as files: a plain table of scores, and the prediction.zip that MIND's competition takes.

Both files hold one line per impression, in the order of behaviors.tsv:

    scores.tsv       1<tab>0.25 -1.5 0.75     the scores of the candidates as listed
    prediction.txt   1 [2,3,1]                their ranks, 1 for the highest score
"""

from __future__ import annotations

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np

from nrms_np.arrays import Array
from nrms_np.data.behaviors import Behaviors
from nrms_np.evaluation.metrics import check_scores, ranks
from nrms_np.files import whole_file


def write_scores(path: Path, behaviors: Behaviors, scores: Array) -> None:
    """Write one line per impression: its id, a tab, the scores of its candidates with 9 significant digits.

    Nine digits tell any two float32 numbers apart.
    scores: (total,) aligned with behaviors.candidates.index. Raises NrmsError when a score is NaN.
    """
    offsets = behaviors.candidates.offsets
    check_scores(scores, offsets)
    each = np.split(scores, offsets[1:-1])
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        for impression, values in zip(behaviors.impression_ids, each, strict=True):
            file.write(f"{impression}\t{' '.join(f'{value:.9g}' for value in values.tolist())}\n")


def write_submission(path: Path, behaviors: Behaviors, scores: Array) -> None:
    """Write a zip that holds prediction.txt: one line per impression, its id and the rank of each candidate.

    scores: (total,) aligned with behaviors.candidates.index. Raises NrmsError when a score is NaN.
    """
    offsets = behaviors.candidates.offsets
    each = np.split(ranks(scores, offsets), offsets[1:-1])
    entry = ZipInfo("prediction.txt")  # dated 1980 whenever it is written, so that equal ranks make equal bytes
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = 0o644 << 16  # ordinary file permissions, for programs that unpack them
    with whole_file(path) as temporary, ZipFile(temporary, "w") as archive, archive.open(entry, "w") as file:
        for impression, values in zip(behaviors.impression_ids, each, strict=True):
            file.write(f"{impression} [{','.join(map(str, values.tolist()))}]\n".encode())
