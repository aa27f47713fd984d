"""Training samples, their negatives, and batches of them.

A sample is one click: the user's history, the clicked news, and K news of the same impression that were not clicked.
Which negatives are drawn and in which order the samples come depends on (seed, epoch) alone, so a run can be resumed in
the middle of an epoch without any stored state.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nrms_np.arrays import BoolArray, IntArray
from nrms_np.data.behaviors import Behaviors
from nrms_np.data.dataset import Split
from nrms_np.errors import NrmsError
from nrms_np.packed import Batch, Packed, offsets_of, renumbered

# What the draws of an epoch are for: each gets a generator of its own.
_ORDER, _NEGATIVES = 0, 1


@dataclass(frozen=True)
class Samples:
    """One sample per click.

    impression: (n,) the impression of each sample, its place in the behaviors.
    clicked:    (n,) the news row that was clicked.
    skipped:    how many impressions are left out because all of their candidates were clicked.
    """

    impression: IntArray
    clicked: IntArray
    skipped: int

    def __len__(self) -> int:
        return len(self.impression)

    @classmethod
    def from_behaviors(cls, behaviors: Behaviors) -> Samples:
        """Collect the clicks of all impressions that have a candidate that was not clicked.

        Raises NrmsError for behaviors without labels.
        """
        clicked, candidates = _labels(behaviors), behaviors.candidates
        has_negative = _not_clicked(behaviors).lengths > 0
        impression = np.repeat(np.arange(candidates.count), candidates.lengths)
        kept = clicked & has_negative[impression]
        return cls(impression[kept], candidates.index[kept], int(np.count_nonzero(~has_negative)))


def sample_negatives(behaviors: Behaviors, samples: Samples, negatives: int, seed: int, epoch: int) -> IntArray:
    """For each sample, draw K candidates of its impression that were not clicked.

    They are K different ones where the impression has that many, and drawn with replacement otherwise.

    Returns (n, K) news rows, the same for the same (seed, epoch).
    """
    pool = _not_clicked(behaviors)
    start, size = pool.offsets[samples.impression], pool.lengths[samples.impression]
    uniform = np.random.default_rng([seed, epoch, _NEGATIVES]).random((len(samples), negatives))
    enough = size >= negatives
    picks = np.empty((len(samples), negatives), dtype=np.intp)
    for k in range(negatives):
        # Draw k has `size - k` places to choose from: the places of the pool without the k taken already.
        pick = (uniform[:, k] * np.where(enough, size - k, size)).astype(np.intp)
        # Make it a place of the whole pool: step over each place taken, from the lowest one up.
        for taken in np.sort(picks[:, :k], axis=1).T:
            pick += enough & (pick >= taken)
        picks[:, k] = pick
    return pool.index[start[:, None] + picks]


def batches(
    split: Split,
    titles: Packed,
    samples: Samples,
    *,
    batch_size: int,
    negatives: int,
    words: int,
    seed: int,
    epoch: int,
    first: int = 0,
    share_words: bool = True,
) -> Iterator[Batch]:
    """Yield the batches of an epoch, shuffled; the last one may be smaller.

    titles:      the titles of `split.news` as rows of a word embedding with `words` rows.
    samples:     those of `split.behaviors`.
    negatives:   K, how many candidates that were not clicked stand beside the clicked one.
    first:       the number of the first batch to yield, to go on in the middle of an epoch.
    share_words: name each distinct word of the batch once; otherwise each occurrence of a word has a row of its own, so
                 that dropout on these rows falls on each occurrence separately.
    """
    behaviors = split.behaviors
    order = np.random.default_rng([seed, epoch, _ORDER]).permutation(len(samples))
    drawn = sample_negatives(behaviors, samples, negatives, seed, epoch)
    for start in range(first * batch_size, len(samples), batch_size):
        chosen = order[start : start + batch_size]
        histories = behaviors.histories.take(samples.impression[chosen])
        candidates = np.column_stack([samples.clicked[chosen], drawn[chosen]])
        yield renumbered(histories, candidates, titles, words, share_words)[0]


def _labels(behaviors: Behaviors) -> BoolArray:
    if behaviors.clicked is None:
        raise NrmsError("The impressions have no labels (-0 or -1), so there is nothing to train on.")
    return behaviors.clicked


def _not_clicked(behaviors: Behaviors) -> Packed:
    """The candidates of each impression that were not clicked."""
    not_clicked = ~_labels(behaviors)
    before = offsets_of(not_clicked.astype(np.intp))  # how many of them stand before each candidate
    return Packed(behaviors.candidates.index[not_clicked], before[behaviors.candidates.offsets])
