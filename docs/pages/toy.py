"""The small model of `lessons.story` on the home page: a reader clicks on one of two titles, and everything after it moves.

Both answers are computed when the site is built, so that it works at once.
"""

from __future__ import annotations

import html
import json

import numpy as np

from lessons import story
from nrms_np.evaluation.weights import weigh

CLICKS = ("Rockets win again", "Rockets launch again")
CANDIDATES = ("Coaches win again and again", "Moon launch", "Bank rates rise")


def answers() -> list[dict[str, object]]:
    """For each of the two clicks: the weights of its words, its news vector, and the scores of the candidates."""
    found = []
    for click in CLICKS:
        seen = weigh(story.model(), [click, *CANDIDATES], [[0]])
        scores = seen.vectors[1:] @ seen.users[0]
        words = [[piece.text, round(piece.weight, 3)] for piece in seen.pieces[0] if piece.weight is not None]
        found.append(
            {
                "click": click,
                "words": words,
                "vector": np.round(seen.vectors[0], 2).tolist(),
                "scores": np.round(scores, 3).tolist(),
                "ranking": [CANDIDATES[place] for place in np.argsort(-scores, kind="stable")],
            }
        )
    return found


def toy() -> str:
    """The element on the home page; home.js moves it. Without scripts the first answer stands there."""
    both = answers()
    first = both[0]
    choices = "".join(
        f'<label><input type="radio" name="click" value="{place}"{" checked" if place == 0 else ""} autocomplete="off">'
        f" {html.escape(click)}</label>"
        for place, click in enumerate(CLICKS)
    )
    words = "".join(
        f'<span style="--w: {weight}">{html.escape(word)} <b>{weight:.2f}</b></span>'
        for word, weight in first["words"]  # type: ignore[attr-defined]
    )
    numbers = "".join(
        f"<div><span>{name}</span>{_bar(value, most(both, 'vector'))}<b>{value:.2f}</b></div>"
        for name, value in zip(story.DIMENSIONS, first["vector"], strict=True)  # type: ignore[call-overload]
    )
    scores = dict(zip(CANDIDATES, first["scores"], strict=True))  # type: ignore[call-overload]
    ranking = "".join(
        f"<li data-title='{html.escape(title)}'><span>{html.escape(title)}</span><b>{scores[title]:.2f}</b><i></i>"
        f"{_bar(scores[title], most(both, 'scores'))}</li>"
        for title in first["ranking"]  # type: ignore[attr-defined]
    )
    data = json.dumps(
        {"answers": both, "candidates": CANDIDATES, "most": {what: most(both, what) for what in ("vector", "scores")}}
    ).replace("</", "<\\/")
    return (
        f'<div class="toy" role="group" aria-label="the model in small">'
        f"<fieldset><legend>A reader clicks on</legend>{choices}</fieldset>"
        f"<p class='part'>Its words look at each other <small>equations 1 to 4</small></p><p class='words'>{words}</p>"
        f"<p class='part'>The news vector <small>equation 5</small></p><div class='vector'>{numbers}</div>"
        f"<p class='part'>Its product with each other title's vector: what to show next</p>"
        f"<ol class='ranking' aria-live='polite'>{ranking}</ol>"
        f'<script type="application/json">{data}</script></div>'
    )


def most(both: list[dict[str, object]], what: str) -> float:
    """The largest number of the two answers: the length of a whole bar."""
    return max(max(answer[what]) for answer in both)  # type: ignore[call-overload]


def _bar(value: float, whole: float) -> str:
    return f"<span class='length' style='--w: {max(value, 0) / whole:.3f}'></span>"
