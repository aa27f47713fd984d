r"""Why a candidate got its score: what each click adds to it, and where the model looked.

The score is s = u(1, ..., N) · r_c, u the user vector of all N clicks (equations 6-10) and r_c the candidate's news vector
(equations 1-5). Two questions are put to the model itself, by giving it other histories:

    alone_i = u(i) · r_c                                            the score, had the user clicked on i and nothing else
    lost_i  = u(1, ..., N) · r_c - u(1, ..., i-1, i+1, ..., N) · r_c    what the score loses when click i is taken out

Neither adds up to s: the clicks look at each other (equations 6-7), so what one is worth depends on the others. The weights
\alpha^n_i of equation 9 (and \alpha^w of equation 4 for words) say where the model looked, not why: a click of a large weight may
say nothing about this candidate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nrms_np.arrays import Array
from nrms_np.data.dataset import Split
from nrms_np.errors import DataError, NrmsError
from nrms_np.evaluation.metrics import ranks
from nrms_np.evaluation.weights import Piece, weigh
from nrms_np.model import NRMS
from nrms_np.packed import Packed


class Click(NamedTuple):
    """A news item of the history: its title in pieces, its category, its news-level weight, and its id."""

    pieces: list[Piece]
    category: str
    weight: float
    news_id: str = ""


class Candidate(NamedTuple):
    """A candidate of the impression. clicked: None in a split without labels.    pieces: of its title."""

    rank: int
    score: float
    clicked: bool | None
    news_id: str
    category: str
    title: str
    pieces: list[Piece]


class Contributions(NamedTuple):
    """What N clicks do to the scores of C candidates.

    scores:  (C,) with all clicks.
    alone:   (N, C) the score from each click alone.
    lost:    (N, C) the score with all clicks minus the score without this one.
    weights: (N,) of the clicks (equation 9).
    pieces:  of each title, the clicks' first.
    """

    scores: Array
    alone: Array
    lost: Array
    weights: Array
    pieces: list[list[Piece]]


class Explanation(NamedTuple):
    """One impression: the clicks of the history, oldest first, and the candidates, highest score first.

    chosen:      the place in `candidates` of the one to show first.
    alone, lost: (clicks, candidates) as in Contributions, both in the order of these lists.
    """

    impression: str
    user: str
    clicks: list[Click]
    candidates: list[Candidate]
    chosen: int
    alone: Array
    lost: Array


def contributions(model: NRMS, clicks: Sequence[str], candidates: Sequence[str]) -> Contributions:
    """What each click does to the score of each candidate, and all the weights (the formulas stand at the top of this file).

    clicks: N titles, oldest first, all of which are used; 0 or more.    candidates: C titles, 1 or more.

    Takes 1 + 2N user vectors, so work grows with N². The scores are those of `evaluation.ranking.score_split`.
    """
    N, C = len(clicks), len(candidates)
    whole = list(range(N))
    histories = [whole, *([i] for i in whole), *(whole[:i] + whole[i + 1 :] for i in whole)]
    found = weigh(model, [*clicks, *candidates], histories)
    shown = Packed.from_lists([range(N, N + C)] * len(histories))
    scores = model.score(found.users, np.arange(len(histories)), found.vectors, shown).reshape(len(histories), C)
    return Contributions(scores[0], scores[1 : N + 1], scores[0] - scores[N + 1 :], found.weights, found.pieces)


def explain(model: NRMS, split: Split, impression: str, candidate: str | None = None) -> Explanation:
    """The scores, contributions and weights of one impression.

    impression: its id in the split's behaviors.tsv; the first one where the id stands twice.
    candidate:  the id of the one to choose; None for the highest of those clicked, or of all where none was.
    Raises NrmsError when there is no such impression, when it does not show the candidate, and when its scores are NaN.
    """
    behaviors, news = split.behaviors, split.news
    if impression not in behaviors.impression_ids:
        problem = f"there is no impression {impression!r}; give the first column of one of its rows"
        example = f", such as {behaviors.impression_ids[0]}" if behaviors.impression_ids else ""
        raise DataError(split.folder / "behaviors.tsv", f"{problem}{example}.")
    number = behaviors.impression_ids.index(impression)
    clicked, shown = behaviors.histories.sequence(number), behaviors.candidates.sequence(number)
    found = contributions(model, [news.titles[row] for row in clicked], [news.titles[row] for row in shown])
    if np.isnan(found.scores).any():
        problem = "the model has diverged, train it with a lower learning rate"
        raise NrmsError(f"the scores of impression {impression} are NaN: {problem}.")
    clicks = [
        Click(pieces, news.categories[row], float(weight), news.ids[row])
        for pieces, row, weight in zip(found.pieces, clicked, found.weights, strict=False)
    ]
    candidates = _candidates(split, number, found.scores, found.pieces[len(clicks) :])
    order = np.array([one.rank for one in candidates]).argsort()
    ranked = [candidates[i] for i in order]
    chosen = _chosen(ranked, impression, candidate)
    return Explanation(
        impression, behaviors.users[number], clicks, ranked, chosen, found.alone[:, order], found.lost[:, order]
    )


def _candidates(split: Split, number: int, scores: Array, pieces: list[list[Piece]]) -> list[Candidate]:
    """The candidates of impression `number` in the order of the file."""
    news, behaviors = split.news, split.behaviors
    start, end = behaviors.candidates.offsets[number : number + 2]
    labels = [None] * len(scores) if behaviors.clicked is None else behaviors.clicked[start:end].tolist()
    rank = ranks(scores, np.array([0, len(scores)]))
    return [
        Candidate(int(rank[i]), float(scores[i]), labels[i], news.ids[row], news.categories[row], news.titles[row], pieces[i])
        for i, row in enumerate(behaviors.candidates.sequence(number))
    ]  # fmt: skip


def _chosen(ranked: list[Candidate], impression: str, news_id: str | None) -> int:
    """The place of the candidate with this id, or of the first that was clicked, or the first place."""
    if news_id is None:
        return next((i for i, one in enumerate(ranked) if one.clicked), 0)
    for i, one in enumerate(ranked):
        if one.news_id == news_id:
            return i
    ids = ", ".join(one.news_id for one in ranked[:5]) + (f" and {len(ranked) - 5} more" if len(ranked) > 5 else "")
    raise NrmsError(f"impression {impression} does not show the candidate {news_id!r}; it shows {ids}.")
