"""The news that can be recommended, as one request sees them.

A pool never changes. Adding or removing news makes another one, so a request that has taken a pool goes on with it whatever other
threads do meanwhile, and none waits for another. Both pools share their arrays: new news are written into rows that no earlier
pool refers to. Only one thread at a time may make the next pool.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b

import numpy as np

from nrms_np.arrays import Array, BoolArray, IntArray
from nrms_np.errors import NrmsError, UnknownNewsError
from nrms_np.recommend.one_user import OneUser


@dataclass(frozen=True, eq=False)
class Pool:
    """News in the order of their adding.

    row:          the row of each id; ascending.
    ids, titles:  by row; rows that no id refers to are news that were removed or came later.
    vectors:      (capacity, H·d) news vectors, zeros where the title has no known word.
    known:        (capacity,) whether it has one.
    headlines:    (capacity,) a number that equal headlines share.
    clicks:       (capacity,) how often each was clicked.
    projected:    (capacity, width) what `OneUser.project` made of news that were clicked on; a row is filled when it is first
                  needed, and memory that was never written to costs nothing.
    is_projected: (capacity,) whether that has happened.
    """

    row: dict[str, int]
    ids: list[str]
    titles: list[str]
    vectors: Array
    known: BoolArray
    headlines: IntArray
    clicks: IntArray
    projected: Array
    is_projected: BoolArray

    @classmethod
    def empty(cls, news_dim: int, width: int, dtype: np.dtype[np.floating], capacity: int = 1024) -> Pool:
        """A pool without news, with room for some."""
        return cls(
            row={}, ids=[], titles=[],
            vectors=np.empty((capacity, news_dim), dtype),
            known=np.zeros(capacity, bool),
            headlines=np.zeros(capacity, np.int64),
            clicks=np.zeros(capacity, np.int64),
            projected=np.empty((capacity, width), dtype),
            is_projected=np.zeros(capacity, bool),
        )  # fmt: skip

    @cached_property
    def rows(self) -> IntArray:
        """(n,) the rows of all news."""
        return np.fromiter(self.row.values(), np.intp, len(self.row))

    @cached_property
    def newest_first(self) -> IntArray:
        """The same the other way round."""
        return self.rows[::-1]

    def title(self, news_id: str) -> str | None:
        """The title of a news item, None where the pool lacks it."""
        return self.titles[self.row[news_id]] if news_id in self.row else None

    @property
    def news(self) -> dict[str, str]:
        """The title of each id."""
        return {news_id: self.titles[row] for news_id, row in self.row.items()}

    @property
    def counts(self) -> dict[str, int]:
        """The clicks of each id."""
        return dict(zip(self.row, self.clicks[self.rows].tolist(), strict=True))

    def rows_of(self, ids: Iterable[str]) -> IntArray:
        """The rows of these news. Raises UnknownNewsError for ids that the pool lacks."""
        if isinstance(ids, str):
            raise NrmsError(f"news are given as a list of ids, not as the text {ids!r}.")
        ids = list(ids)
        try:
            return np.fromiter(map(self.row.__getitem__, ids), np.intp, len(ids))
        except KeyError:
            raise UnknownNewsError([news_id for news_id in dict.fromkeys(ids) if news_id not in self.row]) from None

    def projections(self, rows: IntArray, one_user: OneUser) -> Array:
        """What `OneUser.encode` needs to know of these news, (len(rows), width)."""
        ready = self.is_projected[rows]
        if not ready.all():  # two threads may both do it: they write the same numbers, and say so only afterwards
            fresh = rows[~ready]
            self.projected[fresh] = one_user.project(self.vectors[fresh])
            self.is_projected[fresh] = True
        return self.projected.take(rows, axis=0)

    def adding(self, news: Mapping[str, str], vectors: Array) -> Pool:
        """A pool with these news too, in place of those with the same ids; their clicks stay.

        news: n titles by id.    vectors: (n, H·d), zeros where a title has no known word.
        """
        pool = self if len(self.ids) + len(news) <= len(self.known) else self._moved(2 * (len(self.row) + len(news)))
        first, last = len(pool.ids), len(pool.ids) + len(news)
        pool.vectors[first:last], pool.known[first:last] = vectors, vectors.any(axis=1)
        pool.headlines[first:last] = [_headline(title if title.strip() else news_id) for news_id, title in news.items()]
        pool.clicks[first:last] = [pool.clicks[pool.row[news_id]] if news_id in pool.row else 0 for news_id in news]
        pool.ids.extend(news)
        pool.titles.extend(news.values())
        kept = {news_id: row for news_id, row in pool.row.items() if news_id not in news}
        return replace(pool, row=kept | dict(zip(news, range(first, last), strict=True)))

    def without(self, ids: Iterable[str]) -> Pool:
        """A pool without these news. Raises UnknownNewsError for ids that it lacks."""
        gone = set(self.rows_of(ids).tolist())
        return replace(self, row={news_id: row for news_id, row in self.row.items() if row not in gone})

    def with_clicks(self, clicks: Mapping[str, int]) -> Pool:
        """A pool where these news were clicked so often. Raises UnknownNewsError for ids that it lacks."""
        counts = self.clicks.copy()
        counts[self.rows_of(clicks)] = list(clicks.values())
        return replace(self, clicks=counts)

    def _moved(self, capacity: int) -> Pool:
        """The same news in new arrays, without the rows of those removed."""
        rows, ids = self.rows, list(self.row)
        arrays = {}
        for name in ("vectors", "known", "headlines", "clicks"):
            old = getattr(self, name)
            arrays[name] = np.empty((capacity, *old.shape[1:]), old.dtype)
            arrays[name][: len(rows)] = old[rows]
        return Pool(
            row=dict(zip(ids, range(len(ids)), strict=True)),
            ids=ids,
            titles=[self.titles[row] for row in rows.tolist()],
            **arrays,
            projected=np.empty((capacity, self.projected.shape[1]), self.projected.dtype),
            is_projected=np.zeros(capacity, bool),
        )


def _headline(title: str) -> int:
    """A number for a title, the same for one that differs in capitals and spaces only."""
    text = " ".join(title.casefold().split())
    return int.from_bytes(blake2b(text.encode(errors="surrogatepass"), digest_size=8).digest(), "little", signed=True)
