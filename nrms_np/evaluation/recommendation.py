"""The best news of a pool for one history, which may come from the log, from news ids or from free-text titles."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nrms_np.data.news import News
from nrms_np.data.table import numbered_lines, open_binary
from nrms_np.data.vocabulary import tokenize
from nrms_np.errors import NrmsError
from nrms_np.evaluation.trained import encode_titles
from nrms_np.model import NRMS
from nrms_np.packed import IntArray, Packed

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Reader:
    """For whom news are looked for.

    name:   how to speak of the reader.
    titles: what was clicked, oldest first.
    seen:   the rows of the pool that these clicks are, not to be recommended again.
    """

    name: str
    titles: list[str]
    seen: IntArray


def reader_of_user(path: Path, user: str, news: News) -> Reader:
    """A user of the log, with the history of the user's last impression in the file; clicks on unknown news are left out.

    path: behaviors.tsv. It is searched, not read as a whole: that takes a tenth of the time.
    Raises NrmsError when no impression is this user's, DataError when the file cannot be read.
    """
    wanted, ids = os.fsencode(user), None
    with open_binary(path) as file:
        for _, line in numbered_lines(path, file):
            columns = line.split(b"\t", 4)
            if len(columns) == 5 and columns[1] == wanted:
                ids = columns[3].decode("utf-8", errors="replace").split()
    if ids is None:
        raise NrmsError(f"{path}: no impression is of a user {user!r}; give the second column of one of its rows.")
    return _reader_of_rows(f"user {user}", [news.row[name] for name in ids if name in news.row], news)


def reader_of_ids(ids: Sequence[str], news: News) -> Reader:
    """A reader who clicked the news with these ids. Raises NrmsError for an id that the pool lacks."""
    unknown = [name for name in ids if name not in news.row]
    if unknown:
        raise NrmsError(f"the news {', '.join(unknown)} of --history is not in the split's news.tsv.")
    return _reader_of_rows("this history", [news.row[name] for name in ids], news)


def reader_of_titles(titles: Sequence[str], news: News) -> Reader:
    """A reader who clicked news with these titles, which need not be in the pool; those that are count as seen.

    A title without any word is left out: it says nothing about the reader.
    """
    given = set(titles)
    seen = [row for row, title in enumerate(news.titles) if title in given]
    return Reader("these titles", [title for title in titles if tokenize(title)], np.array(seen, dtype=np.int64))


def _reader_of_rows(name: str, rows: list[int], news: News) -> Reader:
    return Reader(name, [news.titles[row] for row in rows], np.unique(np.array(rows, dtype=np.int64)))


def model_scores(model: NRMS, vectors: Array, reader: Reader) -> Array:
    """The click score of every news item of the pool.

    vectors: (n, H·d) of the pool.    Returns (n,). Raises NrmsError when a score is NaN.
    """
    last = reader.titles[-model.config.history_length :]
    clicked = model.encode_news(encode_titles(model, last))
    user = model.encode_users(clicked, Packed.from_lists([range(len(last))]))[0]
    scores = vectors @ user
    if np.isnan(scores).any():
        raise NrmsError("the model's scores are NaN: it has diverged, train it with a lower learning rate.")
    return scores


def clicks_of_news(path: Path, pool: News) -> Array | None:
    """How often each news item of the pool was clicked in the impressions of a log, (n,); None where no click stands.

    path: behaviors.tsv of any split: news are matched by id. It is searched, as in `reader_of_user`.
    Raises DataError when the file cannot be read.
    """
    clicks: Counter[bytes] = Counter()
    with open_binary(path) as file:
        for _, line in numbered_lines(path, file):
            tokens = line.rpartition(b"\t")[2].split()
            clicks.update(token[:-2] for token in tokens if token.endswith(b"-1"))
    if not clicks:
        return None
    return np.array([clicks[name.encode()] for name in pool.ids], dtype=np.float64)


def best_rows(scores: Array, seen: IntArray, top: int) -> IntArray:
    """The rows of the highest scores, best first, without those seen; equal scores in the order of the pool."""
    order = np.argsort(-scores, kind="stable")
    return order[~np.isin(order, seen)][:top]
