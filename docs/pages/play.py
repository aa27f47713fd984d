"""What the page Play asks Python for: readers and news of the demo corpus, and what the trained model makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lessons.exercise_files import ROOT
from nrms_np import NRMS
from nrms_np.arrays import Array
from nrms_np.data.tokens import pieces
from nrms_np.encoder import attention_weights
from nrms_np.explain.impression import contributions

DATA = ROOT / "data" / "demo" / "dev"
READERS = 12
LONGEST = 8
FILE = "play/model.npz"
MODEL: dict[str, NRMS] = {}
"""By its file, loaded at the first question."""


def readers() -> list[dict[str, Any]]:
    """The first impressions of dev whose history is short enough to be seen whole: clicks, candidates, what was clicked then."""
    lines = (DATA / "news.tsv").read_text(encoding="utf-8").splitlines()
    titles = {news: title for news, _, _, title, *_ in (line.split("\t") for line in lines)}
    found = []
    for line in (DATA / "behaviors.tsv").read_text(encoding="utf-8").splitlines():
        number, user, _, history, shown = line.split("\t")
        tokens = [token.rpartition("-") for token in shown.split()]
        candidates = {titles[news]: label == "1" for news, _, label in tokens}
        if 2 <= len(history.split()) <= LONGEST and len(candidates) == len(tokens):
            clicked = [place for place, then in enumerate(candidates.values()) if then]
            found.append({
                "impression": number, "user": user, "clicks": [titles[news] for news in history.split()],
                "candidates": list(candidates), "clicked": clicked,
            })  # fmt: skip
    return found[:READERS]


def play(
    clicks: list[str],
    candidates: list[str],
    clicks_off: Sequence[int] = (),
    words_off: Sequence[Sequence[int]] = (),
    heads_off: Sequence[int] = (),
    looked: int | None = None,
    file: str = FILE,
) -> dict[str, Any]:
    """Rank the candidates for the clicks, without what was switched off.

    clicks_off: places in `clicks`.    words_off: pairs of a title's place, the clicks' first, and a word's place in it.
    heads_off: heads of the news encoder whose output is set to zero.
    looked: the place of the title whose heads are told; None for the title ranked first.
    """
    model = without_heads(loaded(file), heads_off)
    cut = [words_of(title, [word for at, word in words_off if at == place], model.config.tokens)
           for place, title in enumerate([*clicks, *candidates])]  # fmt: skip
    off = set(clicks_off)
    used = [place for place in range(len(clicks)) if place not in off]
    asked = used + list(range(len(clicks), len(cut)))
    texts = ["".join(" " if on is False else text for text, on in cut[place]) for place in asked]
    found = contributions(model, texts[: len(used)], texts[len(used) :])
    ranking = np.argsort(-found.scores, kind="stable").tolist()
    at = asked.index(looked) if looked in asked else len(used) + ranking[0]
    told: dict[int, list[list[Any]]] = {}
    for place, pieces_found in zip(asked, found.pieces, strict=True):
        weights = iter([[round(piece.weight, 4), piece.known] for piece in pieces_found if piece.weight is not None])
        told[place] = [[text, *(next(weights, [0.0, False]) if on else [None, False])]
                       for text, on in cut[place] if on is not None]  # fmt: skip
    return {
        "words": [told.get(place) for place in range(len(cut))],
        "weights": dict(zip(used, _short(found.weights), strict=True)),
        "alone": dict(zip(used, _short(found.alone), strict=True)),
        "lost": dict(zip(used, _short(found.lost), strict=True)),
        "scores": found.scores.tolist(),
        "ranking": ranking,
        "heads": {"of": asked[at], "alpha": alpha(model, texts[at])},
        "sizes": {"D": model.config.word_dim, "H": model.config.heads, "d": model.config.head_dim},
    }


def loaded(file: str) -> NRMS:
    """The model of a file."""
    if file not in MODEL:
        MODEL[file] = NRMS.load(Path(file), backend="layers")
    return MODEL[file]


Cut = list[tuple[str, bool | None]]
"""A title in pieces: words with whether they are on, and what stands between them with None."""


def words_of(title: str, off: Sequence[int], tokens: str) -> Cut:
    """Cut a title as the model does. What stands between words stays."""
    found: Cut = []
    done = 0
    for place, (_, start, end) in enumerate(pieces(title, tokens)):
        found += [(title[done:start], None), (title[start:end], place not in off)]
        done = end
    return [*found, (title[done:], None)]


def alpha(model: NRMS, title: str) -> list[Any]:
    """How each word of a title looks at each other one in each head (equation 1): (H, T, T) as lists."""
    _, cache = model.attend(model.parameters["word_embedding"], model.encode_titles([title]), "news")
    return _short(attention_weights(cache, 0)[0])


def without_heads(model: NRMS, off: Sequence[int]) -> NRMS:
    """The same model with the values of some heads of the news encoder at zero, so that they add nothing."""
    if not off:
        return model
    V = model.parameters["news.attention.V"].copy()
    width = model.config.head_dim
    for head in off:
        V[:, head * width : (head + 1) * width] = 0
    return NRMS(replace(model.config), model.vocabulary, model.parameters | {"news.attention.V": V})


def _short(numbers: Array) -> list[Any]:
    found: list[Any] = np.round(numbers, 4).tolist()
    return found
