"""Packed sequences: many sequences of different lengths in two flat arrays, without padding.

A title is a sequence of words and a click history is a sequence of news. Neither holds vectors itself: both *refer* to
rows of a table, a table of word vectors or a table of news vectors. All the row numbers stand end to end in `index`, and
`offsets` says where each sequence starts, as in Arrow lists and CSR matrices:

    sequences  [4 0 4]  []  [2 1]
    index      4 0 4 2 1
    offsets    0 3 3 5
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from nrms_np.arrays import Array, IntArray


class Packed(NamedTuple):
    """Sequences of references to the rows of a table.

    index:   (total,) int32, the row numbers of all sequences, end to end.
    offsets: (n + 1,) intp, sequence i is `index[offsets[i]:offsets[i + 1]]`; starts with 0 and ends with total.
    """

    index: IntArray  # type: ignore[assignment]  # hides tuple.index, which nobody needs here
    offsets: IntArray

    @classmethod
    def from_lists(cls, lists: Iterable[Sequence[int] | IntArray]) -> Packed:
        """Pack a list of lists of row numbers."""
        arrays = [np.asarray(rows, dtype=np.int32) for rows in lists]
        lengths = np.array([len(rows) for rows in arrays], dtype=np.intp)
        index = np.concatenate(arrays) if arrays else np.zeros(0, dtype=np.int32)
        return cls(index, offsets_of(lengths))

    @property
    def count(self) -> int:  # type: ignore[override]  # hides tuple.count
        """The number of sequences; `len` of a tuple is the number of its fields, so it cannot be used."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> IntArray:
        """(n,) intp, the length of each sequence."""
        return np.diff(self.offsets)

    def sequence(self, i: int) -> IntArray:
        """(T,) the row numbers of sequence i."""
        return self.index[self.offsets[i] : self.offsets[i + 1]]

    def to_lists(self) -> list[list[int]]:
        """The sequences as lists of Python integers."""
        return [self.sequence(i).tolist() for i in range(self.count)]

    def take(self, rows: IntArray) -> Packed:
        """The sequences with the numbers `rows`, in that order, packed anew."""
        return self._pieces(self.offsets[rows], self.lengths[rows])

    def between(self, first: int, last: int) -> Packed:
        """The sequences from `first` to `last` - 1; their row numbers stay where they are."""
        offsets = self.offsets[first : last + 1]
        return Packed(self.index[offsets[0] : offsets[-1]], offsets - offsets[0])

    def last(self, most: int) -> Packed:
        """Each sequence cut to its last `most` elements."""
        lengths = np.minimum(self.lengths, most)
        return self._pieces(self.offsets[1:] - lengths, lengths)

    def _pieces(self, starts: IntArray, lengths: IntArray) -> Packed:
        """The pieces of `index` that start at these places and have these lengths, packed anew."""
        offsets = offsets_of(lengths)
        # Word t of the new sequence s stood at starts[s] + t.
        shift = np.repeat(starts - offsets[:-1], lengths)
        return Packed(self.index[np.arange(offsets[-1]) + shift], offsets)


class Share(NamedTuple):
    """What a part of a batch knows of the whole one.

    samples: how many the whole batch has.
    words, title_words: where each of the part's words, and each place of its titles, stands in the whole batch.
    """

    samples: int
    words: IntArray
    title_words: IntArray


class Batch(NamedTuple):
    """What one training step needs, each distinct word and each distinct news item named once.

    words:      (W,) the rows of the word embedding that occur in this batch.
    titles:     the titles of the news of this batch; refers to the rows of `words`. It saves work if news of histories come first.
    histories:  one click history per sample; refers to the rows of `titles`.
    candidates: (B, 1 + K) rows of `titles`; column 0 is the clicked news, the others are the K not clicked.
    share:      of a larger batch, or None for a whole one. Losses and gradients of all its shares add up to those of the whole.
    """

    words: IntArray
    titles: Packed
    histories: Packed
    candidates: IntArray
    share: Share | None = None

    @property
    def samples(self) -> int:
        """How many samples the mean of the loss is over."""
        return len(self.candidates) if self.share is None else self.share.samples

    def part(self, first: int, last: int) -> Batch:
        """The samples from `first` to `last` - 1 as a batch of their own, which knows that it is a share of this one."""
        part, news = renumbered(
            self.histories.between(first, last), self.candidates[first:last], self.titles, len(self.words)
        )
        places = Packed(np.arange(len(self.titles.index)), self.titles.offsets)
        share = Share(self.samples, part.words, places.take(news).index)
        return part._replace(words=self.words[part.words], share=share)


def renumbered(
    histories: Packed, candidates: IntArray, titles: Packed, words: int, share_words: bool = True
) -> tuple[Batch, IntArray]:
    """A batch whose news and words are numbered anew, those that occur alone; news of histories come first.

    histories, candidates: as in `Batch`, but they refer to rows of `titles`, which refer to a table of `words` words.
    share_words: name each distinct word once; otherwise each occurrence of a word has a row of its own.

    Returns (batch, news): `news` (n,) the rows of `titles` that the batch's news were.
    """
    clicked, history_index = distinct(histories.index, titles.count)
    news = np.concatenate([clicked, np.setdiff1d(candidates, clicked)])
    number = np.empty(titles.count, dtype=np.int32)
    number[news] = np.arange(len(news))
    some = titles.take(news)
    if share_words:
        used, word_index = distinct(some.index, words)
    else:
        used, word_index = some.index, np.arange(len(some.index), dtype=np.int32)
    packed = Packed(word_index, some.offsets), Packed(history_index, histories.offsets)
    return Batch(used, *packed, number[candidates]), news


def offsets_of(lengths: IntArray) -> IntArray:
    """(n + 1,) intp, where sequences of these lengths start when they stand end to end."""
    return np.concatenate([[0], np.cumsum(lengths)], dtype=np.intp)


def distinct(references: IntArray, rows: int) -> tuple[IntArray, IntArray]:
    """The distinct rows that `references` name, and the same references renumbered to them.

    references: (total,) row numbers of a table with `rows` rows.
    Returns (used, renumbered): `used` (W,) ascending, and `used[renumbered]` equals `references`.
    """
    is_used = np.zeros(rows, dtype=bool)
    is_used[references] = True
    used = np.flatnonzero(is_used).astype(np.int32)
    new_number = np.empty(rows, dtype=np.int32)
    new_number[used] = np.arange(len(used), dtype=np.int32)
    return used, new_number[references]


class RowGradient(NamedTuple):
    """A gradient of a table that is zero in most rows: only the others are kept.

    rows: (W,) row numbers, ascending, each once.    values: (W, D) their gradients.
    """

    rows: IntArray
    values: Array

    def dense(self, rows: int) -> Array:
        """The same gradient as an array of the table's shape, (rows, D)."""
        table = np.zeros((rows, self.values.shape[1]), dtype=self.values.dtype)
        table[self.rows] = self.values
        return table
