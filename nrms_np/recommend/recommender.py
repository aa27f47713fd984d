"""Recommender: a trained model in one's own program, with the news of the day and their vectors."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping
from operator import index
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nrms_np.arrays import Array, IntArray
from nrms_np.data.clicks import read_clicks
from nrms_np.errors import NrmsError
from nrms_np.evaluation.ranking import load_trained
from nrms_np.evaluation.weights import Piece, weigh
from nrms_np.model import NRMS
from nrms_np.recommend.one_user import OneUser
from nrms_np.recommend.pool import Pool

MOST_CLICKS = 2**53
"""Scores are floats, and beyond this they are not exact."""


class Recommender:
    """Ranks news for click histories. News are added with their titles, and their vectors are kept.

        recommender = Recommender.load("runs/demo")
        recommender.add({"N1": "Rockets win", "N2": "Rockets launch"})
        recommender.rank(history=["N1"], candidates=["N2"])

    What the model knows nothing about is never ranked by chance:

    - A clicked title without a word of the vocabulary says nothing, and is left out of the history.
    - With nothing left, or an empty history, news are ranked by their clicks; their scores are then these counts.
    - Candidates without a known word stand last, by their clicks; their score is -inf. Where news are ranked by clicks, such news
      keep their counts and stand after the others with the same count.
    - Equal scores stand in the order of the candidates. If there are none given, that is newest first: so without any counts,
      the newest news are best.

    Clicks are counted from `train` of the run, and given to `add`. All methods may be called from several threads at once; a
    request goes on with the news that it began with. Recommenders can be copied and pickled.

    Memory: 4·H·d bytes for each news item, 12·H·d more once it is clicked on (a kilobyte and three with 16 × 16 heads), its title,
    and as much again for news that are still to come.
    """

    def __init__(
        self, model: NRMS, clicks: Mapping[str, int] | None = None, given: Mapping[str, int] | None = None
    ) -> None:
        """model: what ranks.    clicks: how often news were clicked so far, by id; also of news to be added later.

        given: counts in place of these: the `given_clicks` of another recommender.    Raises NrmsError as `add` does.
        """
        self.model = model
        self._counted, self._given = _whole(clicks or {}), _whole(given or {})
        self._one_user = OneUser(model)
        self._pool = Pool.empty(model.config.news_dim, self._one_user.width, model.parameters["word_embedding"].dtype)
        self._changing = Lock()

    @classmethod
    def load(
        cls, run: str | Path, backend: str | None = None, *, given: Mapping[str, int] | None = None
    ) -> Recommender:
        """A recommender without news.

        run:     a run folder, or a model.npz file.
        backend: what news are encoded with, `kernels` or `layers`; None for the fastest.
        given:   as in `Recommender`.

        Without clicks.tsv in the folder, as for a file or a run begun before there were such files, all news count no clicks until
        `add` gives some: rankings by clicks are then newest first.
        Raises ModelFileError where there is no model, DataError where the run's clicks.tsv is broken.
        """
        run = Path(run)
        clicks = run / "clicks.tsv"
        return cls(load_trained(run, backend), read_clicks(clicks) if clicks.is_file() else None, given)

    @property
    def news(self) -> dict[str, str]:
        """The titles of all news by their ids, in the order of their adding."""
        return self._pool.news

    @property
    def clicks(self) -> dict[str, int]:
        """How often each news item was clicked, as far as is known, by id."""
        return self._pool.counts

    @property
    def given_clicks(self) -> dict[str, int]:
        """The counts that `add` was given, not those of the run, by id; also of news removed since, should they come again."""
        return dict(self._given)

    def add(
        self, news: Mapping[str, str], *, clicks: Mapping[str, int] | None = None, vectors: ArrayLike | None = None
    ) -> None:
        """Add news, or give them another title; what is there already with this title is not encoded again.

        news:    titles by id.
        clicks:  how often news were clicked so far, in place of what was known; also of news added before (then `news` may be {}).
        vectors: (n, H·d) of these titles, if you kept `news_vectors()`; they are then not encoded. Zeros: no known word.
        Raises UnknownNewsError for clicks on other news, NrmsError for an id or a title that is no text, for clicks that are no
        whole number or too many, and for vectors of another shape.
        """
        news, clicks = dict(news), _whole(clicks or {})
        for news_id, title in news.items():
            if not isinstance(news_id, str):
                raise NrmsError(f"the id {news_id!r} of a news item must be a text.")
            if not isinstance(title, str):
                raise NrmsError(f"the title of the news {news_id!r} is {title!r}, but must be a text.")
        with self._changing:
            pool, known = self._pool, ChainMap(clicks, self._given, self._counted)
            counts = clicks | {name: known[name] for name in news if name not in pool.row and name in known}
            if vectors is None:
                news = {news_id: title for news_id, title in news.items() if pool.title(news_id) != title}
                vectors = self._encode(list(news.values()))
            pool = pool.adding(news, self._checked(vectors, len(news)))
            self._pool = pool.with_clicks(counts) if counts else pool
            self._given = self._given | clicks  # a new dict: other threads may be reading this one

    def remove(self, ids: Iterable[str]) -> None:
        """Forget news. Those that still stand in histories should stay: leave them out of `candidates` instead.

        Raises UnknownNewsError, and removes none, when the recommender lacks one of them.
        """
        with self._changing:
            self._pool = self._pool.without(ids)

    def rank(
        self,
        history: Iterable[str],
        candidates: Iterable[str] | None = None,
        *,
        top: int | None = None,
        seen: bool = False,
        duplicates: bool = False,
    ) -> list[tuple[str, float]]:
        """Rank news for somebody; what happens where the model knows nothing is said above.

        history:    ids of what was clicked, oldest first; the model uses the last `config.history_length` of them.
        candidates: ids of what may be recommended; None for all news.
        top:        how many to return, 0 or more; None for all.
        seen:       whether to rank news of the history too, and those with the same headline.
        duplicates: whether to rank all news of one headline, not only the best of them. Capitals and spaces do not count.

        Returns [(id, score), …], best first.
        Raises UnknownNewsError for ids that the recommender lacks, NrmsError for a `top` below 0 and when scores are NaN.
        """
        if top is not None and top < 0:
            raise NrmsError(f"top is {top}, but must be 0 or more.")
        pool = self._pool
        clicked, rows = pool.rows_of(history), pool.newest_first if candidates is None else pool.rows_of(candidates)
        scores, unknown = self._scores(pool, clicked, rows), ~pool.known[rows]
        # Keys from the last to the first; clicks order those without a known word only, other equal scores keep their places.
        keys = (np.where(unknown, -pool.clicks[rows], 0), unknown, -scores) if unknown.any() else (-scores,)
        order = np.lexsort(keys)
        same, taken = pool.headlines[rows], pool.headlines[clicked]
        if duplicates:
            same, taken = rows, rows[np.isin(same, taken)]
        best = order[_first_of_each(same[order].tolist(), set() if seen else set(taken.tolist()), top)]
        return list(zip(map(pool.ids.__getitem__, rows[best].tolist()), scores[best].tolist(), strict=True))

    def explain(self, history: Iterable[str], candidates: Iterable[str] = ()) -> dict[str, Any]:
        """The attention weights behind a ranking, as plain data.

        history, candidates: ids, as in `rank`.

        Returns {"ranked by": "model" or "clicks", "clicks": [...], "candidates": [...]}. Each click that the model uses, oldest
        first, is {"id", "title", "weight", "words": [{"word", "weight", "known"}, …]}: its weight in the user vector (equation 9)
        and the weights of its words in its news vector (equation 4), known False for a word without a vector. A candidate has its
        "score" in place of a weight. Weights say where the model looked, not what the score would be without.
        """
        pool = self._pool
        clicked, rows = pool.rows_of(history), pool.rows_of(candidates)
        used = self._used(pool, clicked)
        scores = self._scores(pool, clicked, rows)
        found = weigh(self.model, [pool.titles[row] for row in [*used, *rows]], [range(len(used))])
        told = [
            {"id": pool.ids[row], "title": pool.titles[row], "words": _words(pieces)}
            for row, pieces in zip([*used, *rows], found.pieces, strict=True)
        ]
        return {
            "ranked by": "model" if len(used) else "clicks",
            "clicks": [
                one | {"weight": weight} for one, weight in zip(told[: len(used)], found.weights.tolist(), strict=True)
            ],
            "candidates": [
                one | {"score": score} for one, score in zip(told[len(used) :], scores.tolist(), strict=True)
            ],
        }

    def used(self, history: Iterable[str]) -> list[str]:
        """The clicks of a history that the model uses: the last ones with a known word. With none, `rank` ranks by clicks."""
        pool = self._pool
        return [pool.ids[row] for row in self._used(pool, pool.rows_of(history)).tolist()]

    def news_vectors(self) -> Array:
        """The vectors of all news, (n, H·d), in the order of `news`; zeros where a title has no known word."""
        pool = self._pool
        return pool.vectors[pool.rows]

    def user_vector(self, history: Iterable[str]) -> Array:
        """The vector of a history, (H·d,): its dot product with a news vector is the click score.

        history: ids, oldest first. Raises NrmsError when it is empty or no title in it has a known word: it then has none.
        """
        pool = self._pool
        used = self._used(pool, pool.rows_of(history))
        if not len(used):
            raise NrmsError(
                "the history has no title with a known word, so it has no user vector; `rank` ranks by clicks."
            )
        return self._user(pool, used)

    def _used(self, pool: Pool, clicked: IntArray) -> IntArray:
        """The clicks that the model uses."""
        return clicked[pool.known[clicked]][-self.model.config.history_length :]

    def _user(self, pool: Pool, used: IntArray) -> Array:
        return self._one_user.encode(pool.projections(used, self._one_user))

    def _scores(self, pool: Pool, clicked: IntArray, rows: IntArray) -> Array:
        """The score of each candidate: clicks where the history says nothing, else -inf for one without a known word."""
        used = self._used(pool, clicked)
        if not len(used):
            return pool.clicks[rows].astype(float)
        scores = pool.vectors.take(rows, axis=0) @ self._user(pool, used)
        if np.isnan(scores.sum()):
            raise NrmsError("the model's scores are NaN: it has diverged, train it with a lower learning rate.")
        scores[~pool.known[rows]] = -np.inf
        return scores

    def _encode(self, titles: list[str]) -> Array:
        """The vectors of titles, (n, H·d), zeros where a title has no known word."""
        packed = self.model.encode_titles(titles)
        known = np.zeros(len(titles), bool)
        known[np.repeat(np.arange(len(titles)), packed.lengths)[packed.index > 0]] = True
        return np.where(known[:, None], self.model.encode_news(packed), 0)

    def _checked(self, vectors: ArrayLike, count: int) -> Array:
        """News vectors as an array. Raises NrmsError when they are not `count` of numbers."""
        needed = (count, self.model.config.news_dim)
        try:
            array = np.asarray(vectors, dtype=self._pool.vectors.dtype)
        except (TypeError, ValueError) as error:
            raise NrmsError(f"the vectors of the news are no array of numbers, of shape {needed}: {error}.") from error
        if array.shape != needed:
            raise NrmsError(f"the vectors of the news have shape {array.shape}, but should have {needed}.")
        return array

    def __getstate__(self) -> dict[str, Any]:
        """What a copy or a pickle holds: the lock stays here, and queries, keys and values are made again."""
        with self._changing:  # or counts are lost that are being given
            pool, given = self._pool, self._given
        return {
            "model": self.model,
            "clicks": self._counted,
            "given": given,
            "news": pool.news,
            "vectors": pool.vectors[pool.rows],
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["model"], state["clicks"], state["given"])  # type: ignore[misc]
        self.add(state["news"], vectors=state["vectors"])


def _whole(clicks: Mapping[str, int]) -> dict[str, int]:
    """The counts as Python's own numbers. Raises NrmsError for one that is not whole, below 0, or above MOST_CLICKS."""
    counts = {}
    for news_id, count in clicks.items():
        try:
            counts[news_id] = index(count)
        except TypeError:
            counts[news_id] = -1
        if not 0 <= counts[news_id] <= MOST_CLICKS:
            raise NrmsError(f"the clicks of the news {news_id!r} are {count!r}, but must be a whole number up to 2^53.")
    return counts


def _words(pieces: list[Piece]) -> list[dict[str, Any]]:
    """The words of a title as `explain` tells them."""
    return [{"word": one.word, "weight": one.weight, "known": one.known} for one in pieces if one.weight is not None]


def _first_of_each(things: list[int], taken: set[int], top: int | None) -> IntArray | slice:
    """The places of the first `top` things that are not taken, each thing once."""
    if len({*taken, *things}) == len(taken) + len(things):
        return slice(top)
    places: list[int] = []
    for place, thing in enumerate(things):
        if len(places) == top:
            break
        if thing not in taken:
            taken.add(thing)
            places.append(place)
    return np.array(places, dtype=np.intp)
