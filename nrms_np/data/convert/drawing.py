"""Candidates for a log that holds nothing but clicks: drawn from what others clicked at the time.

The user's first click on a news item becomes an impression. Beside the clicked news stand `DRAWN` others, drawn without
replacement; the weight of a news item is the number of clicks on it in the 24 hours before, and what this user clicked before or in
the same instant has none. So popular news are shown often and clicked by somebody else, as on a front page; but nobody knows what
was really shown.

Nothing but the news may tell the clicked one from the drawn. No candidate stands in the history, so that of a click on something
clicked before no impression can be made: it would be the only one that does. What the user clicks later is drawn like everything
else: at that time it was not clicked, and without it the drawn ones would be those that this user is never going to like.
"""

from __future__ import annotations

import numpy as np

from nrms_np.arrays import IntArray
from nrms_np.data.convert.cells import DAY
from nrms_np.data.convert.log import Clicks, Impressions
from nrms_np.packed import Packed, offsets_of

DRAWN = 20
_BLOCK = 32_768  # impressions that are drawn for at once
_ROUNDS = (32, 256)  # clicks of the 24 hours that are picked for each, before the weights are counted


class _Window:
    """All clicks in the order of time, and for each of them which others lie in the 24 hours before: first to end - 1.

    own: the sorted numbers user · news_count + news of all clicks.    heads: which click is the first of each.
    """

    def __init__(self, clicks: Clicks, news_count: int) -> None:
        order = np.argsort(clicks.times, kind="stable")
        users, times, news = (values[order].astype(np.int64) for values in clicks)
        self.clicks = Clicks(users, times, news)
        self.first, self.end = np.searchsorted(times, times - DAY), np.searchsorted(times, times)
        self.own, self.heads = np.unique(users * news_count + news, return_index=True)
        self.news_count = news_count
        self._counts, self._from, self._to = np.zeros(news_count, dtype=np.int64), 0, 0

    def counts(self, row: int) -> IntArray:
        """(news_count,) the clicks of the 24 hours before this one on each news item; rows must be asked for in ascending order."""
        news = self.clicks.news
        np.add.at(self._counts, news[self._to : self.end[row]], 1)
        np.subtract.at(self._counts, news[self._from : self.first[row]], 1)
        self._from, self._to = int(self.first[row]), int(self.end[row])
        return self._counts


def draw_candidates(clicks: Clicks, news_count: int, seed: int) -> tuple[Impressions, int]:
    """Make an impression of each user's first click on each news item; those without any candidate to draw are left out.

    news_count: how many news there are.    seed: decides what is drawn, and where among it the clicked news stands.
    Returns them, and how many clicks were not the first.
    """
    window = _Window(clicks, news_count)
    users, times, news = window.clicks
    kept, tables = [np.zeros(0, dtype=np.int64)], [np.zeros((0, 1 + DRAWN), dtype=np.int32)]
    first_clicks = np.sort(window.heads)
    for start in range(0, len(first_clicks), _BLOCK):
        rows = first_clicks[start : start + _BLOCK]
        rng = np.random.default_rng([seed, 24, start])
        drawn = _pick(window, rows, rng)
        some = drawn[:, 0] >= 0
        table = np.column_stack([news[rows[some]], drawn[some]])
        places = np.argsort(rng.random(table.shape), axis=1)  # the clicked one must not always come first
        tables.append(np.take_along_axis(table, places, axis=1).astype(np.int32))
        kept.append(rows[some])
    rows, table = np.concatenate(kept), np.concatenate(tables)
    there = table >= 0
    candidates = Packed(table[there], offsets_of(there.sum(axis=1)))
    clicked = (table == news[rows][:, None])[there]
    impressions = Impressions(np.full(len(rows), -1), users[rows], times[rows], candidates, clicked)
    return impressions, len(news) - len(first_clicks)


def _pick(window: _Window, rows: IntArray, rng: np.random.Generator) -> IntArray:
    """(n, DRAWN) news drawn for the clicks with these numbers, -1 at the end where there are fewer.

    A click of the 24 hours, picked at random, is a news item drawn by its weight: picking goes on until there are enough
    different ones. Where a few rounds do not find them, the weights of all others are counted instead, which takes longer.
    """
    users, times, news = window.clicks
    chosen = np.full((len(rows), DRAWN), -1, dtype=np.int64)
    open_rows = np.flatnonzero(window.end[rows] > window.first[rows])
    for picks in _ROUNDS:
        at = rows[open_rows]
        first, end = window.first[at, None], window.end[at, None]
        found = news[rng.integers(first, end, (len(at), picks))]
        keys = users[at, None] * window.news_count + found
        place = np.minimum(np.searchsorted(window.own, keys.ravel()), len(window.own) - 1).reshape(keys.shape)
        found[(window.own[place] == keys) & (times[window.heads[place]] <= times[at, None])] = -1
        chosen[open_rows] = _first_different(np.column_stack([chosen[open_rows], found]))
        open_rows = open_rows[chosen[open_rows, -1] < 0]
    for part in np.split(open_rows, np.arange(64, len(open_rows), 64)) if len(open_rows) else ():
        chosen[part] = _count_and_draw(window, rows[part], chosen[part], rng)
    return chosen


def _first_different(table: IntArray) -> IntArray:
    """(n, DRAWN) the first different numbers of each row, those below 0 left out, -1 at the end."""
    order = np.argsort(table, axis=1, kind="stable")
    ordered = np.take_along_axis(table, order, axis=1)
    good = np.empty(table.shape, dtype=bool)
    np.put_along_axis(good, order, np.diff(ordered, axis=1, prepend=-1) > 0, axis=1)
    rank = np.cumsum(good, axis=1)
    good &= rank <= DRAWN
    first = np.full((len(table), DRAWN), -1, dtype=np.int64)
    first[np.nonzero(good)[0], rank[good] - 1] = table[good]
    return first


def _count_and_draw(window: _Window, rows: IntArray, chosen: IntArray, rng: np.random.Generator) -> IntArray:
    """`chosen` (n, DRAWN), filled up from all news that have a weight and are not in it; `rows` are ascending."""
    users, times, news = window.clicks
    first, end = window.first[rows], window.end[rows]
    counts = window.counts(rows[0])
    present = counts > 0
    present[news[end[0] : end[-1]]] = True
    active = np.flatnonzero(present)
    # What enters the 24 hours from one row to the next, and what leaves them.
    weights = np.zeros((len(rows), len(active)), dtype=np.int64)
    weights[0] = counts[active]
    for edge, change in ((end, 1), (first, -1)):
        events = np.arange(edge[0], edge[-1])
        place = np.searchsorted(active, news[edge[0] : edge[-1]])
        np.add.at(weights, (np.searchsorted(edge, events, side="right"), place), change)
    weights = np.cumsum(weights, axis=0)

    begin, stop = (np.searchsorted(window.own, (users[rows] + i) * window.news_count) for i in (0, 1))
    which = np.repeat(np.arange(len(rows)), stop - begin)
    offsets = offsets_of(stop - begin)
    place = np.arange(offsets[-1]) + np.repeat(begin - offsets[:-1], stop - begin)
    until_now = times[window.heads[place]] <= times[rows][which]
    which, clicked = which[until_now], window.own[place[until_now]] % window.news_count
    for row, item in ((which, clicked), (np.repeat(np.arange(len(rows)), DRAWN), chosen.ravel())):
        place = np.minimum(np.searchsorted(active, item), len(active) - 1)
        here = active[place] == item
        weights[row[here], place[here]] = 0
    # The smallest of exponential variables divided by weights is a draw by weight, the next one the next draw.
    keys = np.full(weights.shape, np.inf)
    np.divide(rng.standard_exponential(weights.shape), weights, out=keys, where=weights > 0)
    best = np.argsort(keys, axis=1)[:, :DRAWN]
    drawn = np.where(np.isinf(np.take_along_axis(keys, best, axis=1)), -1, active[best])
    return _first_different(np.column_stack([chosen, drawn]))
