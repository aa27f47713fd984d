"""Lesson 07: self-attention over news, and gradients that meet."""

from __future__ import annotations

from functools import partial

import numpy as np

from lessons.checks.compare import AnswerError, Array, expect, gradients
from lessons.checks.run import Function, Task
from nrms_np.layers.self_attention import projected_attention_forward

HEADS, SCALE = 3, 1 / np.sqrt(2)
HISTORIES = (np.array([4, 1, 5, 1]), np.array([3]), np.zeros(0, dtype=int))
USES = [np.array([4, 1, 5, 1]), np.array([2, 1]), np.zeros(0, dtype=int), np.array([5, 0, 5])]


def _gradients_of_uses(seed: int) -> tuple[list[Array], Array]:
    """The gradients of what the uses read, and those of all rows."""
    rng = np.random.default_rng([7, seed])
    d_uses = [rng.standard_normal((len(rows), 6)) for rows in USES]
    d_news = np.zeros((7, 6))
    for rows, d_rows in zip(USES, d_uses, strict=True):
        for t, row in enumerate(rows):
            d_news[row] += d_rows[t]
    return d_uses, d_news


def check_row_gradient(derive_news_row_gradient: Function) -> None:
    """Every row: read three times, twice in one use, once, never."""
    d_uses, d_news = _gradients_of_uses(0)
    for m in range(7):
        expect(derive_news_row_gradient(m, USES, d_uses), dR_m=d_news[m])


def check_forward(history_forward: Function) -> None:
    """A news item clicked twice, one click, no click."""
    rng = np.random.default_rng([7, 1])
    news, (Q, K, V) = rng.standard_normal((8, 5)), rng.standard_normal((3, 5, 6))
    for clicks in HISTORIES:
        h, _ = projected_attention_forward(news[clicks], Q, K, V, HEADS, SCALE)
        expect(history_forward(news, clicks, Q, K, V, HEADS), h=h)


def _history(clicks: Array, news: Array, Q: Array, K: Array, V: Array) -> Array:
    return projected_attention_forward(news[clicks], Q, K, V, HEADS, SCALE)[0]


def check_backward(history_backward: Function) -> None:
    """Against differences: a news item clicked twice, one click, no click. Rows that nobody read are not among them."""
    rng = np.random.default_rng([7, 2])
    news, (Q, K, V) = rng.standard_normal((8, 5)), 0.5 * rng.standard_normal((3, 5, 6))
    for clicks in HISTORIES:
        dh = rng.standard_normal((len(clicks), 6))
        right = gradients(partial(_history, clicks), dh, d_news=news, dQ=Q, dK=K, dV=V)
        rows, d_news = np.unique(clicks), right.pop("d_news")
        expect(history_backward(dh, news, clicks, Q, K, V, HEADS), rows=rows, d_rows=d_news[rows], **right)


def check_encode_once(encode_once: Function) -> None:
    """A backward that counts how often it is called; a news item in two lists, and twice in one."""
    d_uses, d_news = _gradients_of_uses(3)
    J = np.random.default_rng([7, 4]).standard_normal((9, 7))
    calls: list[Array] = []

    def encoder_backward(d_news: Array) -> Array:
        calls.append(d_news)
        product: Array = J @ d_news
        return product

    got = encode_once(USES, d_uses, 7, encoder_backward)
    if len(calls) != 1:
        raise AnswerError(f"It called encoder_backward {len(calls)} times: add all pieces first, then call it once.")
    expect(calls[0], d_news_that_it_passes=d_news)
    expect(got, d_table=J @ d_news)


TASKS = {
    "derive_news_row_gradient": Task(
        check_row_gradient,
        "Add up d_uses[s][t] over all places (s, t) with uses[s][t] == m. In one use there may be several.",
    ),
    "history_forward": Task(
        check_forward,
        "With the history 4, 1, 5, 1 there are four clicks, so h has four rows. How many has r, and in which order?",
    ),
    "history_backward": Task(
        check_backward,
        "Run the forward again for its cache. projected_attention_backward then gives dr, one row per click. Two clicks on the "
        "same news item have the same place among the different rows, and their gradients add up there (lesson 02).",
    ),
    "encode_once": Task(
        check_encode_once,
        "Add all d_uses into one array (count, D), each into the rows that its use read; a row number may stand in one use twice "
        "(lesson 02). Then call encoder_backward with that array.",
    ),
}
