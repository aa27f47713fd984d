"""Lesson 07: self-attention over news, and gradients that meet."""

from __future__ import annotations

import numpy as np

from lessons.checks.compare import AnswerError, expect, expect_named, gradients
from lessons.checks.run import Function, Task
from nrms_np.layers.self_attention import ProjectedCache, projected_attention_forward

HEADS, SCALE = 3, 1 / np.sqrt(2)
HISTORIES = (np.array([4, 1, 5, 1]), np.array([3]))


def check_forward(history_forward: Function) -> None:
    """A news item clicked twice, one click, no click; the output and then the cache."""
    rng = np.random.default_rng([7, 0])
    news, (Q, K, V) = rng.standard_normal((8, 5)), rng.standard_normal((3, 5, 6))
    for clicks in (*HISTORIES, np.zeros(0, dtype=int)):
        h, cache = projected_attention_forward(news[clicks], Q, K, V, HEADS, SCALE)
        got = history_forward(news, clicks, Q, K, V, HEADS)
        if not isinstance(got, tuple) or len(got) != 2 or not isinstance(got[1], ProjectedCache):
            raise AnswerError("It should return two things, h and the cache, as projected_attention_forward does.")
        expect(got[0], h=h)
        expect(got[1].alpha, alpha_in_the_cache=cache.alpha)


def check_backward(history_backward: Function) -> None:
    """Against differences."""
    rng = np.random.default_rng([7, 1])
    news, (Q, K, V) = rng.standard_normal((8, 5)), 0.5 * rng.standard_normal((3, 5, 6))
    dh = rng.standard_normal((4, 6))
    clicks = HISTORIES[0]
    right = gradients(
        lambda news, Q, K, V: projected_attention_forward(news[clicks], Q, K, V, HEADS, SCALE)[0],
        dh,
        d_news=news,
        dQ=Q,
        dK=K,
        dV=V,
    )
    _, cache = projected_attention_forward(news[clicks], Q, K, V, HEADS, SCALE)
    expect(history_backward(dh, cache, clicks, 8), **right)
    _, cache = projected_attention_forward(news[[3]], Q, K, V, HEADS, SCALE)
    d_news = np.zeros((8, 5))
    d_news[3] = V @ dh[0]
    no = np.zeros_like(Q)
    expect(history_backward(dh[:1], cache, HISTORIES[1], 8), d_news=d_news, dQ=no, dK=no, dV=np.outer(news[3], dh[0]))


def check_news_gradient(news_gradient: Function) -> None:
    """A news item in both lists and twice in one; nothing clicked."""
    rng = np.random.default_rng([7, 2])
    candidates = np.array([5, 2, 1])
    for clicks in (HISTORIES[0], np.zeros(0, dtype=int)):
        d_clicked, d_candidates = rng.standard_normal((len(clicks), 6)), rng.standard_normal((3, 6))
        d_news = np.zeros((8, 6))
        for t, row in enumerate(clicks):
            d_news[row] += d_clicked[t]
        for c, row in enumerate(candidates):
            d_news[row] += d_candidates[c]
        expect(news_gradient(d_clicked, clicks, d_candidates, candidates, 8), d_news=d_news)


def check_shared(shared_gradients: Function) -> None:
    """Several titles, and one."""
    rng = np.random.default_rng([7, 3])
    for titles in (3, 1):
        Q, b = rng.standard_normal((titles, 5, 6)), rng.standard_normal((titles, 4))
        of_titles = [{"Q": Q[i].copy(), "b": b[i].copy()} for i in range(titles)]
        expect_named(shared_gradients(of_titles), {"Q": Q.sum(axis=0), "b": b.sum(axis=0)})


TASKS = {
    "history_forward": Task(
        check_forward,
        "news[clicks] has the rows that lesson 06 called x. All the rest is the function that read the words of a title.",
    ),
    "history_backward": Task(
        check_backward,
        "projected_attention_backward gives dx, one row a click. Lesson 02 says how it gets from there to the rows of the "
        "table it was looked up in.",
    ),
    "news_gradient": Task(
        check_news_gradient,
        "Begin with zeros (count, D). np.add.at(d_news, clicks, d_clicked) adds one list; the other one is added into the "
        "same array.",
    ),
    "shared_gradients": Task(
        check_shared,
        "The parameters went into every title, so their gradient is the sum over the titles. Begin with new arrays: += on "
        "the first title's would change it.",
    ),
}
