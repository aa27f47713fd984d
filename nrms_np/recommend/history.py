"""For whom news are looked for, and which news are best for them.

A click history may come from the log, from news ids or from free-text titles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.data.dataset import Split
from nrms_np.data.news import News
from nrms_np.data.tokens import tokenize
from nrms_np.errors import DataError, NrmsError
from nrms_np.evaluation.ranking import encode_titles
from nrms_np.model import NRMS
from nrms_np.packed import Packed


class History(NamedTuple):
    """What somebody clicked.

    name:   how to speak of whose it is.
    titles: what was clicked, oldest first.
    seen:   the rows of the pool that these clicks are, not to be recommended again.
    """

    name: str
    titles: list[str]
    seen: IntArray


def history_of_user(split: Split, user: str) -> History:
    """The history of a user's last impression in the log, of those with a candidate that news.tsv has.

    Raises DataError when no such impression is this user's.
    """
    users = split.behaviors.users
    if user not in users:
        path = split.folder / "behaviors.tsv"
        raise DataError(path, f"no impression is of a user {user!r}; give the second column of one of its rows.")
    last = len(users) - 1 - users[::-1].index(user)
    return _history_of_rows(f"user {user}", split.behaviors.histories.sequence(last).tolist(), split.news)


def history_of_ids(ids: Sequence[str], news: News) -> History:
    """The clicks with these ids. Raises NrmsError for an id that the pool lacks."""
    if unknown := [name for name in ids if name not in news.row]:
        raise NrmsError(f"the news {', '.join(unknown)} of --history is not in the split's news.tsv.")
    return _history_of_rows("this history", [news.row[name] for name in ids], news)


def history_of_titles(titles: Sequence[str], news: News, tokens: str) -> History:
    """Clicks on news with these titles, which need not be in the pool; those that are count as seen.

    A title without any word by the rule `tokens`, the model's, is left out: it says nothing about anybody.
    """
    seen = np.flatnonzero([title in titles for title in news.titles])
    return History("these titles", [title for title in titles if tokenize(title, tokens)], seen)


def _history_of_rows(name: str, rows: list[int], news: News) -> History:
    return History(name, [news.titles[row] for row in rows], np.unique(np.array(rows, dtype=np.intp)))


def model_scores(model: NRMS, vectors: Array, history: History) -> Array:
    """The click score of every news item of the pool.

    vectors: (n, H·d) of the pool.    Returns (n,). Raises NrmsError when a score is NaN.
    """
    last = history.titles[-model.config.history_length :]
    clicked = model.encode_news(encode_titles(model, last))
    user = model.encode_users(clicked, Packed.from_lists([range(len(last))]))[0]
    scores = vectors @ user
    if np.isnan(scores).any():
        raise NrmsError("the model's scores are NaN: it has diverged, train it with a lower learning rate.")
    return scores


def best_rows(scores: Array, seen: IntArray, top: int) -> IntArray:
    """The rows of the highest scores, best first, without those seen; equal scores in the order of the pool."""
    order = np.argsort(-scores, kind="stable")
    return order[~np.isin(order, seen)][:top]
