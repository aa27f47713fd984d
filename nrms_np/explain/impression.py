r"""Why a candidate got its score: the attention weights of one impression.

The score is u · r, u a weighted mean over the clicked news (\alpha^n of equation 9) and each r a weighted mean over the
words of a title (\alpha^w of equation 4). The weights are those of the forward pass that computes the score.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.data.dataset import Split
from nrms_np.data.tokens import pieces
from nrms_np.encoder import attention_weights
from nrms_np.errors import NrmsError
from nrms_np.evaluation.metrics import ranks
from nrms_np.model import NRMS
from nrms_np.packed import Packed


class Piece(NamedTuple):
    """A piece of a title: a word with its weight, or what stands between words, with weight None.

    known: whether the model has a vector of its own for the word.
    """

    text: str
    weight: float | None
    known: bool = True


class Click(NamedTuple):
    """A news item of the history: its title in pieces, its category, and its news-level weight."""

    pieces: list[Piece]
    category: str
    weight: float


class Candidate(NamedTuple):
    """A candidate of the impression. clicked: None in a split without labels."""

    rank: int
    score: float
    clicked: bool | None
    news_id: str
    category: str
    title: str


class Explanation(NamedTuple):
    """One impression: the clicks of the history, oldest first, and the candidates, highest score first."""

    impression: str
    user: str
    clicks: list[Click]
    candidates: list[Candidate]


def explain(model: NRMS, split: Split, impression: str) -> Explanation:
    """The weights and scores of one impression.

    impression: its id in the split's behaviors.tsv; the first one where the id stands twice.
    Raises NrmsError when there is none.
    """
    behaviors, news = split.behaviors, split.news
    if impression not in behaviors.impression_ids:
        raise NrmsError(
            f"there is no impression {impression!r} in the split; give the first column of one of its rows."
        )
    number = behaviors.impression_ids.index(impression)
    clicked, shown = behaviors.histories.sequence(number), behaviors.candidates.sequence(number)
    rows = np.concatenate([clicked, shown])  # a news item at two places is encoded twice; there are only a few dozen
    titles = model.encode_titles([news.titles[row] for row in rows])
    vectors, of_words = model.attend(model.parameters["word_embedding"], titles, "news")
    user, of_clicks = model.attend(vectors, Packed.from_lists([range(len(clicked))]), "user")
    candidates = Packed.from_lists([range(len(clicked), len(rows))])
    scores = model.score(user, np.zeros(1, dtype=np.intp), vectors, candidates)
    _, weights = attention_weights(of_clicks, 0)
    clicks = []
    for place, (row, weight) in enumerate(zip(clicked, weights, strict=True)):
        _, word_weights = attention_weights(of_words, place)
        title = title_pieces(news.titles[row], titles.sequence(place), word_weights, model.config.tokens)
        clicks.append(Click(title, news.categories[row], float(weight)))
    return Explanation(impression, behaviors.users[number], clicks, _candidates(split, number, scores))


def title_pieces(title: str, words: IntArray, weights: Array, tokens: str) -> list[Piece]:
    """Cut a title into its words, each with its weight, and what stands between them.

    words: (T,) rows of the vocabulary, 0 for the unknown; the title has more than T words where the model cuts titles short.
    weights: (T,) of the words in the title (equation 4).    tokens: the rule that the model cuts titles by.
    """
    found, done = [], 0
    for (_, start, end), word, weight in zip(pieces(title, tokens), words, weights, strict=False):
        found += [Piece(title[done:start], None), Piece(title[start:end], float(weight), bool(word))]
        done = end
    found.append(Piece(title[done:], None))
    return [piece for piece in found if piece.text]


def _candidates(split: Split, number: int, scores: Array) -> list[Candidate]:
    """The candidates of impression `number` with their scores, best first."""
    news, behaviors = split.news, split.behaviors
    start, end = behaviors.candidates.offsets[number : number + 2]
    labels = [None] * len(scores) if behaviors.clicked is None else behaviors.clicked[start:end].tolist()
    rank = ranks(scores, np.array([0, len(scores)]))
    found = [
        Candidate(int(rank[i]), float(scores[i]), labels[i], news.ids[row], news.categories[row], news.titles[row])
        for i, row in enumerate(behaviors.candidates.sequence(number))
    ]
    return sorted(found, key=lambda candidate: candidate.rank)
