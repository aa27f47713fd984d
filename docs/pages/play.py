"""What the page Play asks Python for: readers and news of the demo corpus, and what the trained model makes of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from nrms_np import NRMS
from nrms_np.encoder import attention_weights
from nrms_np.explain.impression import contributions

DATA = Path("data/demo/dev")
READERS = 12
MODEL: list[NRMS] = []


def play_start(model: str = "play/model.npz") -> dict[str, Any]:
    """Load the model. Returns the first readers of dev with their clicks and the candidates they were shown."""
    MODEL[:] = [NRMS.load(model, backend="layers")]
    lines = (DATA / "news.tsv").read_text(encoding="utf-8").splitlines()
    titles = {news: title for news, _, _, title, *_ in (line.split("\t") for line in lines)}
    readers = []
    for line in (DATA / "behaviors.tsv").read_text(encoding="utf-8").splitlines()[:READERS]:
        number, user, _, history, shown = line.split("\t")
        clicks = [titles[news] for news in history.split()][-8:]
        candidates = [titles[each.rpartition("-")[0]] for each in shown.split()]
        readers.append(
            {"impression": number, "user": user, "clicks": clicks, "candidates": list(dict.fromkeys(candidates))}
        )
    return {"readers": readers, "heads": MODEL[0].config.heads}


def play(clicks: list[str], candidates: list[str], heads_off: list[int], chosen: str) -> dict[str, Any]:
    """Rank the candidates for the clicks.

    heads_off: heads of the news encoder whose output is set to zero.    chosen: a title, of which each head's weights are told.
    """
    model = without_heads(MODEL[0], heads_off)
    found = contributions(model, clicks, candidates)
    words = [
        [[piece.text, piece.weight, piece.known] for piece in pieces if piece.weight is not None]
        for pieces in found.pieces
    ]
    order = np.argsort(-found.scores, kind="stable")
    return {
        "clicks": [
            {"title": title, "weight": float(weight), "words": words[place], "alone": found.alone[place].tolist()}
            for place, (title, weight) in enumerate(zip(clicks, found.weights, strict=True))
        ],
        "ranking": [
            {
                "title": candidates[place],
                "score": float(found.scores[place]),
                "words": words[len(clicks) + place],
                "place": int(place),
            }
            for place in order
        ],
        "heads": heads(model, chosen),
    }


def without_heads(model: NRMS, off: list[int]) -> NRMS:
    """The same model with the values of some heads of the news encoder at zero, so that they add nothing."""
    if not off:
        return model
    V = model.parameters["news.attention.V"].copy()
    width = V.shape[1] // model.config.heads
    for head in off:
        V[:, head * width : (head + 1) * width] = 0
    return NRMS(replace(model.config), model.vocabulary, model.parameters | {"news.attention.V": V})


def heads(model: NRMS, title: str) -> dict[str, Any]:
    """How each word of a title looks at each other one (equation 1): alpha (H, T, T) as lists, and the words."""
    packed = model.encode_titles([title])
    _, cache = model.attend(model.parameters["word_embedding"], packed, "news")
    alpha, _ = attention_weights(cache, 0)
    words = [model.vocabulary[row] for row in packed.sequence(0)]
    return {"title": title, "words": words, "alpha": np.round(alpha, 3).tolist()}
