"""Where the model looked: how much each click counts in a user vector, and each word in its title."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from nrms_np.arrays import Array, IntArray
from nrms_np.data.tokens import pieces as cut
from nrms_np.encoder import attention_weights
from nrms_np.model import NRMS
from nrms_np.packed import Packed


class Piece(NamedTuple):
    """A piece of a title: a word with its weight, or what stands between words, with weight None.

    known: whether the model has a vector of its own for the word.    word: its spelling in the vocabulary.
    """

    text: str
    weight: float | None
    known: bool = True
    word: str = ""


def text_of(pieces: Iterable[Piece]) -> str:
    """The title as a text."""
    return "".join(piece.text for piece in pieces)


class Weighed(NamedTuple):
    """What `weigh` returns.

    vectors: (n, H·d) of the titles.    users: (m, H·d) of the histories.
    weights: (N,) of the clicks in the first history (equation 9).
    pieces:  of each title, the words with their weights (equation 4).
    """

    vectors: Array
    users: Array
    weights: Array
    pieces: list[list[Piece]]


def weigh(model: NRMS, titles: Sequence[str], histories: Iterable[Sequence[int]]) -> Weighed:
    """Encode n titles and m histories, and keep the weights.

    histories: places in `titles`, oldest click first; 1 history or more.
    """
    # So few sequences take the plain layers less time than the kernels.
    layers = NRMS(replace(model.config, backend="layers"), model.vocabulary, model.parameters)
    packed = model.encode_titles(titles)
    vectors, of_words = layers.attend(layers.parameters["word_embedding"], packed, "news")
    users, of_clicks = layers.attend(vectors, Packed.from_lists(histories), "user")
    pieces = [
        _title_pieces(title, packed.sequence(i), attention_weights(of_words, i)[1], model.config.tokens)
        for i, title in enumerate(titles)
    ]
    return Weighed(vectors, users, attention_weights(of_clicks, 0)[1], pieces)


def _title_pieces(title: str, rows: IntArray, weights: Array, tokens: str) -> list[Piece]:
    """Cut a title into its words, each with its weight, and what stands between them.

    rows: (T,) of the vocabulary, 0 for the unknown; the title has more than T words where the model cuts titles short.
    weights: (T,) of the words in the title.    tokens: the rule that the model cuts titles by.
    """
    found, done = [], 0
    for (word, start, end), row, weight in zip(cut(title, tokens), rows, weights, strict=False):
        found += [Piece(title[done:start], None), Piece(title[start:end], float(weight), bool(row), word)]
        done = end
    found.append(Piece(title[done:], None))
    return [piece for piece in found if piece.text]
