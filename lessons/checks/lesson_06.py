"""Lesson 06: the news encoder."""

from __future__ import annotations

from functools import partial

import numpy as np

from lessons.checks.compare import AnswerError, Array, expect, expect_and_named, gradients
from lessons.checks.run import Function, Task
from nrms_np.layers.additive_attention import additive_attention_forward
from nrms_np.layers.self_attention import projected_attention_forward

HEADS = 3
SHAPES = {
    "attention.Q": (7, 6), "attention.K": (7, 6), "attention.V": (7, 6),
    "pool.W": (6, 4), "pool.b": (4,), "pool.q": (4,),
}  # fmt: skip
TITLES = [np.array([2, 8, 5, 2, 0]), np.array([4]), np.zeros(0, dtype=int), np.array([5, 8, 1])]

OTHER_WIDTHS = {
    1: "1, no scale at all,",
    6: "1/√(H·d), the width of all heads together,",
    7: "1/√D, the width of a word,",
}
WRONG_SCALE = "It is what the scale {} gives: d is the width of one head."


def _parameters(rng: np.random.Generator) -> dict[str, Array]:
    return {name: 0.5 * rng.standard_normal(shape) for name, shape in SHAPES.items()}


def _attend(x: Array, *p: Array, width: int = 2) -> Array:
    h, _ = projected_attention_forward(x, p[0], p[1], p[2], HEADS, 1 / np.sqrt(width))
    return additive_attention_forward(h, p[3], p[4], p[5])[0]


def _news(table: Array, *p: Array) -> Array:
    return np.array([_attend(table[title], *p) for title in TITLES])


def check_chain(derive_chain: Function) -> None:
    """Three different lengths; the sums written out."""
    rng = np.random.default_rng([6, 0])
    J_r, J_h, dr = rng.standard_normal((2, 5)), rng.standard_normal((5, 4)), rng.standard_normal(2)
    dx = np.zeros(4)
    for a, n, m in np.ndindex(2, 5, 4):
        dx[m] += dr[a] * J_r[a, n] * J_h[n, m]
    expect(derive_chain(dr, J_r, J_h), dx=dx)


def check_forward(attend_forward: Function) -> None:
    """Several words, one, none."""
    rng = np.random.default_rng([6, 1])
    parameters = _parameters(rng)
    for T in (5, 1, 0):
        x = rng.standard_normal((T, 7))
        got = attend_forward(x, parameters, HEADS)
        for width, name in OTHER_WIDTHS.items():
            if T > 1 and np.shape(got) == (6,) and np.allclose(got, _attend(x, *parameters.values(), width=width)):
                raise AnswerError(WRONG_SCALE.format(name))
        expect(got, r=_attend(x, *parameters.values()))


def check_backward(attend_backward: Function) -> None:
    """Against differences: several words, one, none."""
    rng = np.random.default_rng([6, 2])
    parameters = _parameters(rng)
    for T in (5, 1, 0):
        x, dr = rng.standard_normal((T, 7)), rng.standard_normal(6)
        right = gradients(_attend, dr, dx=x, **parameters)
        got = attend_backward(dr, x, parameters, HEADS)
        try:
            expect_and_named(got, **right)
        except AnswerError:
            for width, name in OTHER_WIDTHS.items():
                other = gradients(partial(_attend, width=width), dr, dx=x, **parameters)
                if (
                    isinstance(got, tuple)
                    and T > 1
                    and np.shape(got[0]) == x.shape
                    and np.allclose(got[0], other["dx"])
                ):
                    raise AnswerError(WRONG_SCALE.format(name)) from None
            raise


def check_news_forward(news_forward: Function) -> None:
    """A repeated word, one word, no word."""
    rng = np.random.default_rng([6, 3])
    table, parameters = rng.standard_normal((9, 7)), _parameters(rng)
    expect(news_forward(table, TITLES, parameters, HEADS), news=_news(table, *parameters.values()))


def check_news_backward(news_backward: Function) -> None:
    """Against differences: words in two titles and twice in one."""
    rng = np.random.default_rng([6, 4])
    table, parameters = rng.standard_normal((9, 7)), _parameters(rng)
    d_news = rng.standard_normal((len(TITLES), 6))
    right = gradients(_news, d_news, d_table=table, **parameters)
    expect_and_named(news_backward(d_news, table, TITLES, parameters, HEADS), **right)


TASKS = {
    "derive_chain": Task(
        check_chain,
        "dh_n is the sum over a of dr_a · ∂r_a/∂h_n. In J_r, a counts the rows. Which product sums over the rows of a matrix?",
    ),
    "attend_forward": Task(
        check_forward,
        "Self-attention is scaled by 1/√d, and d is the width of one head. Q has the columns of all heads side by side.",
    ),
    "attend_backward": Task(
        check_backward,
        "Run the forward again and keep the caches. The last step of the forward is the first of the backward: dr goes into "
        "additive_attention_backward; the first thing it returns, dh, goes into the next one.",
    ),
    "news_forward": Task(check_news_forward, "For each title, look its rows up in the table and call attend_forward."),
    "news_backward": Task(
        check_news_backward,
        "Begin with zeros for the table and for each parameter. For each title attend_backward gives dx and a dict; all titles "
        "share the parameters, so each adds its part. A word may stand in two titles, and twice in one.",
    ),
}
