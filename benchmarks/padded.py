"""A batch the ordinary way: every title of every sample written out, every title and history padded to one length."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nrms_np.packed import Batch, Packed


class PaddedBatch(NamedTuple):
    """B samples, every title T words wide and every history N clicks long; what is beyond a length is padding."""

    history_words: Any  # (B, N, T) rows of the word embedding
    title_lengths: Any  # (B, N), 0 where there is no click
    history_lengths: Any  # (B,)
    candidate_words: Any  # (B, 1 + K, T)
    candidate_lengths: Any  # (B, 1 + K)


def pad_batch(batch: Batch, title_length: int = 30, history_length: int = 50) -> PaddedBatch:
    """Write every title of every sample out in full, padded with 0."""
    titles = Packed(batch.words[batch.titles.index], batch.titles.offsets)
    # One blank title more, for the places of a history where there is no click.
    words = np.vstack([_pad(titles, title_length, 0), np.zeros((1, title_length), dtype=np.int64)])
    lengths = np.append(titles.lengths, 0)
    history, shown = _pad(batch.histories, history_length, titles.count), batch.candidates
    return PaddedBatch(words[history], lengths[history], batch.histories.lengths, words[shown], lengths[shown])


def _pad(sequences: Packed, width: int, filler: int) -> NDArray[np.int64]:
    """Write the sequences into a matrix (n, width) whose free places hold `filler`."""
    result = np.full((sequences.count, width), filler, dtype=np.int64)
    for row, start, stop in zip(result, sequences.offsets[:-1], sequences.offsets[1:], strict=True):
        row[: stop - start] = sequences.index[start:stop]
    return result
