r"""Why a candidate got its score: the attention weights of one impression.

The score is u · r, u a weighted mean over the clicked news (\alpha^n of equation 9) and each r a weighted mean over the
words of a title (\alpha^w of equation 4). The weights are those of the forward pass that computes the score.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nrms_np.arrays import Array, IntArray
from nrms_np.data.dataset import Split
from nrms_np.data.news import News
from nrms_np.data.vocabulary import UNKNOWN, tokenize
from nrms_np.encoder import attention_weights
from nrms_np.errors import NrmsError
from nrms_np.evaluation.metrics import ranks
from nrms_np.evaluation.trained import encode_titles
from nrms_np.model import NRMS
from nrms_np.packed import Packed, distinct


@dataclass(frozen=True)
class Piece:
    """A piece of a title: a word with its weight, or what stands between words, with weight None.

    known: whether the model has a vector of its own for the word.
    """

    text: str
    weight: float | None
    known: bool = True


@dataclass(frozen=True)
class Click:
    """A news item of the history: its title in pieces, its category, and its news-level weight."""

    pieces: list[Piece]
    category: str
    weight: float


@dataclass(frozen=True)
class Candidate:
    """A candidate of the impression. clicked: None in a split without labels."""

    rank: int
    score: float
    clicked: bool | None
    news_id: str
    category: str
    title: str


@dataclass(frozen=True)
class Explanation:
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
    rows, places = distinct(np.concatenate([clicked, shown]), len(news.ids))
    titles = encode_titles(model, [news.titles[row] for row in rows])
    vectors, of_words = model.attend(model.parameters["word_embedding"], titles, "news")
    history, candidates = places[: len(clicked)], Packed.from_lists([places[len(clicked) :]])
    user, of_clicks = model.attend(vectors, Packed.from_lists([history]), "user")
    scores = model.score(user, np.zeros(1, dtype=np.intp), vectors, candidates)
    _, weights = attention_weights(of_clicks, 0)
    clicks = []
    for row, place, weight in zip(clicked, history, weights, strict=True):
        words, (_, word_weights) = titles.sequence(int(place)), attention_weights(of_words, int(place))
        pieces = title_pieces(news.titles[row], [model.vocabulary[word] for word in words], word_weights)
        clicks.append(Click(pieces, news.categories[row], float(weight)))
    labels = _labels(split, number)
    return Explanation(impression, behaviors.users[number], clicks, _candidates(news, shown, scores, labels))


def title_pieces(title: str, words: list[str], weights: Array) -> list[Piece]:
    """Cut a title into its words, each with its weight, and what stands between them.

    words: (T,) of the vocabulary, in the order of the title's; the title has more than T where the model cuts titles short.
    weights: (T,) of the words in the title (equation 4).
    """
    lowered = title.lower()
    # A few letters become two when they are lowered; then places in the two spellings do not agree.
    text = title if len(lowered) == len(title) else lowered
    pieces, end = [], 0
    for token, word, weight in zip(tokenize(title), words, weights, strict=False):
        start = lowered.index(token, end)
        pieces.append(Piece(text[end:start], None))
        end = start + len(token)
        pieces.append(Piece(text[start:end], float(weight), word != UNKNOWN))
    pieces.append(Piece(text[end:], None))
    return [piece for piece in pieces if piece.text]


def _labels(split: Split, number: int) -> list[bool | None]:
    offsets, clicked = split.behaviors.candidates.offsets, split.behaviors.clicked
    if clicked is None:
        return [None] * int(offsets[number + 1] - offsets[number])
    labels: list[bool | None] = clicked[offsets[number] : offsets[number + 1]].tolist()
    return labels


def _candidates(news: News, shown: IntArray, scores: Array, labels: list[bool | None]) -> list[Candidate]:
    rank = ranks(scores, np.array([0, len(scores)]))
    return [
        Candidate(int(rank[i]), float(scores[i]), labels[i], news.ids[row], news.categories[row], news.titles[row])
        for i, row in sorted(enumerate(shown), key=lambda pair: rank[pair[0]])
    ]
