"""Lesson 08: the user vector."""

from __future__ import annotations

from functools import partial

import numpy as np

from lessons.checks.compare import AnswerError, Array, expect, expect_named, gradients
from lessons.checks.run import Function, Task
from nrms_np.layers.additive_attention import additive_attention_forward
from nrms_np.layers.self_attention import projected_attention_forward

HEADS = 3
HISTORY = np.array([6, 2, 7, 2, 0, 4])
CASES = ((6, 50), (6, 4), (6, 8), (1, 50), (0, 50), (6, 0))
"""How many clicks there are, and how many are used."""
SHAPES = {
    "attention.Q": (5, 6), "attention.K": (5, 6), "attention.V": (5, 6),
    "pool.W": (6, 4), "pool.b": (4,), "pool.q": (4,),
}  # fmt: skip


def _user(r: Array, *p: Array) -> Array:
    h, _ = projected_attention_forward(r, p[0], p[1], p[2], HEADS, 1 / np.sqrt(2))
    return additive_attention_forward(h, p[3], p[4], p[5])[0]


def _user_of(clicks: Array, news: Array, *p: Array) -> Array:
    return _user(news[clicks], *p)


def _parameters(rng: np.random.Generator) -> dict[str, Array]:
    return {name: 0.6 * rng.standard_normal(shape) for name, shape in SHAPES.items()}


def _last(history: Array, most: int) -> Array:
    return np.array([row for place, row in enumerate(history) if place >= len(history) - most], dtype=int)


def check_one_click(derive_one_click: Function) -> None:
    """Against differences of the whole chain, whatever the other parameters are."""
    rng = np.random.default_rng([8, 3])
    r, parameters, du = rng.standard_normal((1, 5)), _parameters(rng), rng.standard_normal(6)

    def user(r: Array, V: Array) -> Array:
        return _user(r, *{**parameters, "attention.V": V}.values())

    right = gradients(user, du, dr=r, dV=parameters["attention.V"])
    expect(derive_one_click(du, r[0], parameters["attention.V"]), dr=right["dr"][0], dV=right["dV"])


def check_last_clicks(last_clicks: Function) -> None:
    """Fewer, as many, more than there are; none to keep; none to take."""
    for most in (2, 6, 8, 50, 1):
        expect(last_clicks(HISTORY, most), clicks=HISTORY[-most:])
    expect(last_clicks(HISTORY, 0), clicks=HISTORY[:0])
    expect(last_clicks(HISTORY[:0], 3), clicks=HISTORY[:0])


def check_user_forward(user_forward: Function) -> None:
    """All clicks, the last ones, one click, no click, none to be used."""
    rng = np.random.default_rng([8, 1])
    news, parameters = rng.standard_normal((8, 5)), _parameters(rng)
    for length, most in CASES:
        history = HISTORY[:length]
        u = _user(news[_last(history, most)], *parameters.values())
        expect(user_forward(news, history, parameters, HEADS, most), u=u)


def check_user_backward(user_backward: Function) -> None:
    """Against differences; a news item clicked twice, clicks that are cut off, one click, no click."""
    rng = np.random.default_rng([8, 2])
    news, parameters = rng.standard_normal((8, 5)), _parameters(rng)
    for length, most in CASES:
        history, du = HISTORY[:length], rng.standard_normal(6)
        right = gradients(partial(_user_of, _last(history, most)), du, d_news=news, **parameters)
        got = user_backward(du, news, history, parameters, HEADS, most)
        if not isinstance(got, tuple) or len(got) != 2:
            raise AnswerError("It should return two things: d_news, and a dict of the parameters' gradients.")
        expect(got[0], d_news=right.pop("d_news"))
        expect_named(got[1], right)


TASKS = {
    "derive_one_click": Task(
        check_one_click,
        "A softmax of one score is 1, whatever the score. So each head's weighted sum is the value itself, and so is the pooled "
        "vector: u = r V, the product of a vector and a matrix.",
    ),
    "last_clicks": Task(
        check_last_clicks, "What is history[-0:]? Count from the front: the first that is kept is len(history) − most."
    ),
    "user_forward": Task(
        check_user_forward,
        "The last clicks are history[max(len(history) - most, 0):], and news[...] has their vectors.",
    ),
    "user_backward": Task(
        check_user_backward,
        "Run the forward again for the caches. Pooling's backward, then self-attention's, then np.add.at into the rows that were "
        "read: the last clicks, not the whole history.",
    ),
}
