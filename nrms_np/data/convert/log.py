"""A click log in one form, whatever its shape was: impressions with candidates, and clicks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nrms_np.arrays import BoolArray, IntArray
from nrms_np.packed import Packed, offsets_of

HISTORY = 50
"""So many clicks of a history are written, the last ones."""


_LATE = np.iinfo(np.int64).max


class Clicks(NamedTuple):
    """Clicks in any order: (n,) users, times in microseconds, and rows of news."""

    users: IntArray
    times: IntArray
    news: IntArray


class Impressions(NamedTuple):
    """What was shown, in the order of time.

    names:         (n,) the numbers of their ids.
    users, times:  (n,)
    candidates:    n sequences of rows of news.    clicked: (total,) aligned with `candidates.index`.
    """

    names: IntArray
    users: IntArray
    times: IntArray
    candidates: Packed
    clicked: BoolArray

    def take(self, rows: IntArray) -> Impressions:
        """The impressions with these numbers, in that order."""
        places = Packed(np.arange(len(self.clicked)), self.candidates.offsets).take(rows)
        return Impressions(
            self.names[rows], self.users[rows], self.times[rows],
            Packed(self.candidates.index[places.index], places.offsets), self.clicked[places.index],
        )  # fmt: skip


class Rows(NamedTuple):
    """One row per shown article: (n,) the impression's number, user, time in microseconds, row of the news, whether clicked."""

    impressions: IntArray
    users: IntArray
    times: IntArray
    news: IntArray
    clicked: BoolArray


def grouped(rows: Rows) -> tuple[Impressions, Clicks]:
    """Put the rows of each impression together.

    An impression is what has the same number and the same user; its time is that of its earliest row. A news item that stands
    in it twice becomes one candidate, clicked if one of its rows says so. A click has the time of its own row: the impression may
    have been on the screen for an hour, and what is shown in between must not know of the click.
    """
    users, news = int(rows.users.max(initial=0)) + 1, int(rows.news.max(initial=0)) + 1
    keys = rows.impressions.astype(np.int64) * users + rows.users
    _, heads, group = np.unique(keys, return_index=True, return_inverse=True)  # heads: the first row of each impression
    times = np.full(len(heads), _LATE)
    np.minimum.at(times, group, rows.times)
    by_time = np.lexsort((heads, times))
    heads, times = heads[by_time], times[by_time]
    rank = np.empty(len(heads), dtype=np.int64)
    rank[by_time] = np.arange(len(heads))
    group = rank[group]

    _, first, candidate = np.unique(group * news + rows.news, return_index=True, return_inverse=True)
    clicked_at = np.full(len(first), _LATE)
    np.minimum.at(clicked_at, candidate[rows.clicked], rows.times[rows.clicked])
    order = np.lexsort((first, group[first]))
    first, clicked_at = first[order], clicked_at[order]
    clicked = clicked_at < _LATE
    offsets = offsets_of(np.bincount(group[first], minlength=len(heads)))
    candidates = Packed(rows.news[first].astype(np.int32), offsets)
    hit = first[clicked]
    return (
        Impressions(rows.impressions[heads], rows.users[heads], times, candidates, clicked),
        Clicks(rows.users[hit], clicked_at[clicked], rows.news[hit]),
    )


def histories(impressions: Impressions, clicks: Clicks) -> Packed:
    """The last clicks of each impression's user before it, oldest first.

    Before means strictly earlier: what was clicked in the same instant is left out, since nobody knows whether it came first,
    and so is the impression itself. Clicks of one instant stay in the order in which they were read.
    """
    instants, rank = np.unique(np.concatenate([clicks.times, impressions.times]), return_inverse=True)
    count = len(clicks.times)
    keys = clicks.users.astype(np.int64) * len(instants) + rank[:count]  # by user, then by time
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    begins = impressions.users.astype(np.int64) * len(instants)
    start, end = np.searchsorted(keys, begins), np.searchsorted(keys, begins + rank[count:])
    start = np.maximum(start, end - HISTORY)
    lengths = end - start
    offsets = offsets_of(lengths)
    places = np.arange(offsets[-1]) + np.repeat(start - offsets[:-1], lengths)
    return Packed(clicks.news[order][places].astype(np.int32), offsets)
