"""The attention weights of a click history and of the titles in it, as plain data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from nrms_np.data.tokens import tokenize
from nrms_np.encoder import attention_weights
from nrms_np.model import NRMS
from nrms_np.packed import Packed

Explained = dict[str, Any]
"""What `Recommender.explain` returns; its docstring says what stands in it."""


def click_weights(model: NRMS, titles: list[str], clicks: int) -> tuple[list[float], list[list[Explained]]]:
    """How much each click counts in the user vector, and how much each word counts in its title.

    titles: those of the history first, oldest first, then others.    clicks: how many are of the history.
    Returns (weights, words): weights of the clicks (equation 9); for each title its words with theirs (equation 4).
    """
    layers = NRMS(replace(model.config, backend="layers"), model.vocabulary, model.parameters)
    packed = model.encode_titles(titles)
    vectors, of_words = layers.attend(layers.parameters["word_embedding"], packed, "news")
    _, of_clicks = layers.attend(vectors, Packed.from_lists([range(clicks)]), "user")
    words = [
        [
            {"word": word, "weight": weight, "known": bool(row)}
            for word, weight, row in zip(
                tokenize(title, model.config.tokens),
                attention_weights(of_words, place)[1].tolist(),
                packed.sequence(place),
                strict=False,
            )
        ]
        for place, title in enumerate(titles)
    ]
    return attention_weights(of_clicks, 0)[1].tolist(), words
