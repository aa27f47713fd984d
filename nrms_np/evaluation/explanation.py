r"""Why a candidate got its score: the attention weights of one impression.

The score is u · r, u a weighted mean over the clicked news (\alpha^n of equation 9) and each r a weighted mean over the
words of a title (\alpha^w of equation 4). The weights come from the plain functions of `layers`, one sequence at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nrms_np.data.dataset import Split
from nrms_np.data.news import News
from nrms_np.data.vocabulary import UNKNOWN, tokenize
from nrms_np.encoder import subset
from nrms_np.errors import NrmsError
from nrms_np.evaluation.metrics import ranks
from nrms_np.evaluation.trained import encode_titles
from nrms_np.layers.additive_attention import AdditiveCache, pooling_forward
from nrms_np.layers.click import click_score_forward
from nrms_np.layers.self_attention import ProductCache, self_attention_forward
from nrms_np.model import NRMS
from nrms_np.packed import IntArray, Packed, distinct

Array = NDArray[np.floating[Any]]


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


def attention_of_title(model: NRMS, words: IntArray) -> tuple[Array, Array]:
    """The weights of a title's words.

    words: (T,) rows of the vocabulary.

    Returns (alpha (H, T, T), weights (T,)): how word i of each head looks at word j (equation 1), and how much each word
    counts in the news vector (equation 4).
    """
    return _attention(model, model.parameters["word_embedding"][words], "news")


def attention_of_history(model: NRMS, news_vectors: Array) -> tuple[Array, Array]:
    """The weights of the clicked news of a history.

    news_vectors: (T, H·d) from `encode_news`, oldest first.

    Returns (alpha (H, T, T), weights (T,)): how click i of each head looks at click j (equation 6), and how much each
    click counts in the user vector (equation 9).
    """
    return _attention(model, news_vectors, "user")


def _attention(model: NRMS, x: Array, level: str) -> tuple[Array, Array]:
    parameters, config, T = subset(model.parameters, level), model.config, len(x)
    h, heads = self_attention_forward(x, subset(parameters, "attention"), config.heads, config.scale)
    _, pooling = pooling_forward(h, subset(parameters, "pool"))
    if isinstance(heads.attention, ProductCache):  # self-attention switched off: every element sees only itself
        alpha = np.tile(np.eye(T, dtype=x.dtype), (config.heads, 1, 1))
    else:
        alpha = heads.attention.alpha
    if isinstance(pooling, AdditiveCache):
        return alpha, pooling.alpha
    return alpha, np.full(T, 1 / max(T, 1), dtype=x.dtype)  # the plain mean


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
    vectors = model.encode_news(titles)
    history, candidates = places[: len(clicked)], places[len(clicked) :]
    user = model.encode_users(vectors, Packed.from_lists([history]))[0]
    scores, _ = click_score_forward(user, vectors[candidates])
    _, weights = attention_of_history(model, vectors[history])
    clicks = []
    for row, place, weight in zip(clicked, history, weights, strict=True):
        pieces = title_pieces(model, news.titles[row], titles.sequence(int(place)))
        clicks.append(Click(pieces, news.categories[row], float(weight)))
    labels = _labels(split, number)
    return Explanation(impression, behaviors.users[number], clicks, _candidates(news, shown, scores, labels))


def title_pieces(model: NRMS, title: str, words: IntArray) -> list[Piece]:
    """Cut a title into its words, each with its weight, and what stands between them.

    words: (T,) the title as rows of the vocabulary; it has more words than T where the model cuts titles short.
    """
    _, weights = attention_of_title(model, words)
    lowered = title.lower()
    # A few letters become two when they are lowered; then places in the two spellings do not agree.
    text = title if len(lowered) == len(title) else lowered
    pieces, end = [], 0
    for token, row, weight in zip(tokenize(title), words, weights, strict=False):
        start = lowered.index(token, end)
        pieces.append(Piece(text[end:start], None))
        end = start + len(token)
        pieces.append(Piece(text[start:end], float(weight), model.vocabulary[row] != UNKNOWN))
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
