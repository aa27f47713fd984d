"""Small figures to touch: one control, one idea. Every position is computed by the package when the site is built.

A position is a sentence, which is also the text equivalent, and rows of a label, a bar from 0 to 1, and a number.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lessons import story
from nrms_np.evaluation.metrics import METRICS, impression_metrics
from nrms_np.layers.additive_attention import additive_attention_forward
from nrms_np.layers.click import softmax_loss_backward, softmax_loss_forward
from nrms_np.layers.self_attention import projected_attention_forward
from nrms_np.layers.softmax import softmax_forward

Row = tuple[str, float, str]


class Position(NamedTuple):
    """value: of the control, in words.    sentence: what follows from it.    rows: label, bar from 0 to 1, number."""

    value: str
    sentence: str
    rows: list[Row]


class Touch(NamedTuple):
    """lesson: a part of its name.    control: what is moved.    start: the place of the first position shown."""

    lesson: str
    title: str
    control: str
    start: int
    positions: Callable[[], list[Position]]


def ranks() -> list[Position]:
    """Lesson 00: one clicked title among ten, at each rank."""
    found = []
    for rank in range(1, 11):
        values = impression_metrics(-np.arange(10.0), np.arange(10) == rank - 1, np.array([0, 10]))[0]
        rows = [(metric.title, float(value), f"{value:.3f}") for metric, value in zip(METRICS, values, strict=True)]
        found.append(Position(f"rank {rank} of 10", f"The clicked title stands at rank {rank}.", rows))
    return found


def steps() -> list[Position]:
    """Lesson 01: the error of a central difference for exp at 1."""
    found = []
    for power in range(1, 15):
        h = 10.0**-power
        error = abs((np.exp(1 + h) - np.exp(1 - h)) / (2 * h) - np.e) / np.e
        why = (
            "too large a step: the curve bends within it"
            if power < 5
            else "rounding is divided by an ever smaller step"
        )
        digits = -np.log10(max(error, 1e-16))
        sentence = f"With h = 1e-{power} the relative error is {error:.0e}. " + (
            "The best there is." if power == 5 else f"On this side: {why}."
        )
        found.append(Position(f"h = 1e-{power}", sentence, [("right digits", float(digits) / 16, f"{digits:.1f}")]))
    return found


def scores_between_words() -> list[Position]:
    """Lesson 03: how much sport and space look for action, and where Rockets looks then."""
    x = story.vectors("Rockets win again")
    found = []
    for entry in np.arange(-1, 2.01, 0.25):
        B = np.zeros((4, 4))
        B[0, 0] = B[1, 1] = 0.5
        B[:2, 2] = entry
        weights = softmax_forward(x @ B @ x.T)[0][0]
        value = _signed(entry)
        sentence = f"Where the entries for action are {value}, Rockets looks at win with {weights[1]:.2f}."
        found.append(
            Position(
                f"B[sport, action] = B[space, action] = {value}",
                sentence,
                _weights(["Rockets", "win", "again"], weights),
            )
        )
    return found


def pooling_query() -> list[Position]:
    """Lesson 05: the first entry of the pooling query, which asks for the topic."""
    p = {name.removeprefix("news."): value for name, value in story.PARAMETERS.items() if name.startswith("news.")}
    x = story.vectors("Rockets win again")
    heads = (p["attention.Q"], p["attention.K"], p["attention.V"], story.HEADS, story.model().config.scale)
    h, _ = projected_attention_forward(x, *heads)
    found = []
    for entry in np.arange(-4, 4.01, 0.5):
        q = np.array([entry, p["pool.q"][1]])
        r, cache = additive_attention_forward(h, p["pool.W"], p["pool.b"], q)
        sentence = f"With q = ({_signed(entry)}, {_signed(q[1])}) the news vector is ({', '.join(_signed(each) for each in r)})."
        found.append(Position(f"q[0] = {_signed(entry)}", sentence, _weights(["Rockets", "win", "again"], cache.alpha)))
    return found


def clicked_score() -> list[Position]:
    """Lesson 09: the score of the clicked candidate beside two others, its loss and the gradient p − y."""
    found = []
    for score in np.arange(-3, 5.01, 0.5):
        loss, cache = softmax_loss_forward(np.array([score, 1.0, 0.0]), 0)
        gradient = softmax_loss_backward(1.0, cache)
        names = ("clicked", "scored 1", "scored 0")
        rows = [
            (f"p − y, {name}", abs(float(value)), _signed(value)) for name, value in zip(names, gradient, strict=True)
        ]
        rows.insert(0, ("loss", min(float(loss) / 5, 1.0), f"{loss:.2f}"))
        found.append(
            Position(
                f"score {_signed(score)}", f"The clicked one scores {_signed(score)}: the loss is {loss:.2f}.", rows
            )
        )
    return found


def padding() -> list[Position]:
    """The lesson on packing: titles of the demo corpus padded to a common length."""
    from pages.course import ROOT

    lines = (ROOT / "data" / "demo" / "train" / "news.tsv").read_text(encoding="utf-8").splitlines()
    lengths = np.array([len(line.split("\t")[3].split()) for line in lines])
    found = []
    for length in range(4, 31, 2):
        kept = np.minimum(lengths, length)
        waste = 1 - kept.sum() / (length * len(lengths))
        lost = 1 - kept.sum() / lengths.sum()
        sentence = (
            f"Padded to {length} words, {waste:.0%} of the cells hold nothing, and {lost:.0%} of the words are cut off."
        )
        found.append(
            Position(
                f"{length} words",
                sentence,
                [("empty cells", waste, f"{waste:.0%}"), ("words cut off", lost, f"{lost:.0%}")],
            )
        )
    return found


TOUCHES = (
    Touch("the_problem", "Move the clicked title", "its rank", 2, ranks),
    Touch("gradient_checking", "Choose the step", "the step h", 4, steps),
    Touch("equation_1", "Change what Rockets looks for", "the entries for action", 6, scores_between_words),
    Touch("equations_3_to_5", "Turn the pooling query", "its first entry", 12, pooling_query),
    Touch("the_click", "Move the score of the clicked one", "its score", 6, clicked_score),
    Touch("packed", "Choose the common length", "words per title", 13, padding),
)


def touch_of(stem: str) -> str:
    """The figures of a lesson as HTML; touch.js moves them. Without scripts the first position stands there."""
    return "".join(_html(touch) for touch in TOUCHES if touch.lesson in stem)


def _html(touch: Touch) -> str:
    positions = touch.positions()
    first = positions[touch.start]
    rows = "".join(
        f'<tr><th scope="row">{html.escape(label)}</th>'
        f'<td><span style="width: {100 * share:.1f}%"></span></td><td>{number}</td></tr>'
        for label, share, number in first.rows
    )
    data = json.dumps([position._asdict() for position in positions]).replace("</", "<\\/")
    return (
        f'<figure class="touch"><figcaption>{touch.title}</figcaption><label>{touch.control}: <output>{first.value}</output>'
        f'<input type="range" min="0" max="{len(positions) - 1}" value="{touch.start}" aria-valuetext="{first.value}"'
        f' autocomplete="off"></label>'  # else a reload moves it back, and the figure stays
        f'<table><tbody>{rows}</tbody></table><p aria-live="polite">{html.escape(first.sentence)}</p>'
        f'<script type="application/json">{data}</script></figure>'
    )


def _weights(words: list[str], weights: np.ndarray) -> list[Row]:
    return [(word, float(weight), f"{weight:.2f}") for word, weight in zip(words, weights, strict=True)]


def _signed(value: float) -> str:
    return f"{value + 0.0:.2f}".replace("-", "−")
