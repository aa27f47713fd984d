"""Lesson 08: the user vector."""

from __future__ import annotations

import numpy as np

from lessons.checks.compare import Array, expect, expect_named, gradients
from lessons.checks.run import Function, Task
from nrms_np.layers.additive_attention import additive_attention_forward
from nrms_np.layers.self_attention import projected_attention_forward

HEADS = 3
HISTORY = np.array([6, 2, 7, 2, 0, 4])


def _user(x: Array, p: dict[str, Array]) -> Array:
    h, _ = projected_attention_forward(x, p["Q"], p["K"], p["V"], HEADS, 1 / np.sqrt(2))
    return additive_attention_forward(h, p["W"], p["b"], p["q"])[0]


def _parameters(rng: np.random.Generator) -> dict[str, Array]:
    shapes = {"Q": (5, 6), "K": (5, 6), "V": (5, 6), "W": (6, 4), "b": (4,), "q": (4,)}
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


def check_last_clicks(last_clicks: Function) -> None:
    """Fewer, as many, more than there are; none to keep; none to take."""
    for most in (2, 6, 50, 1):
        expect(last_clicks(HISTORY, most), clicks=HISTORY[-most:])
    expect(last_clicks(HISTORY, 0), clicks=HISTORY[:0])
    expect(last_clicks(HISTORY[:0], 3), clicks=HISTORY[:0])


def check_user_vector(user_vector: Function) -> None:
    """All clicks, the last ones, one click, no click."""
    rng = np.random.default_rng([8, 1])
    news, parameters = rng.standard_normal((8, 5)), _parameters(rng)
    for length, most in ((6, 50), (6, 4), (1, 50)):
        history = HISTORY[:length]
        expect(user_vector(news, history, parameters, HEADS, most), u=_user(news[history[-most:]], parameters))
    expect(user_vector(news, HISTORY[:0], parameters, HEADS, 50), u=np.zeros(6))


def check_one_click(one_click_user: Function) -> None:
    """Against the whole chain, whatever the other parameters are; and for a news vector of zeros."""
    rng = np.random.default_rng([8, 2])
    r, parameters = rng.standard_normal(5), _parameters(rng)
    expect(one_click_user(r, parameters["V"]), u=_user(r[None], parameters))
    expect(one_click_user(np.zeros(5), parameters["V"]), u=np.zeros(6))


def check_one_click_backward(one_click_backward: Function) -> None:
    """Against differences of the whole chain."""
    rng = np.random.default_rng([8, 3])
    x, parameters, du = rng.standard_normal((1, 5)), _parameters(rng), rng.standard_normal(6)
    right = gradients(lambda x, V: _user(x, {**parameters, "V": V}), du, r=x, V=parameters["V"])
    right = {"r": right["r"][0], "Q": np.zeros((5, 6)), "V": right["V"]}
    expect_named(one_click_backward(du, x[0], parameters["Q"], parameters["V"]), right)
    expect_named(
        one_click_backward(np.zeros(6), x[0], parameters["Q"], parameters["V"]),
        {"r": np.zeros(5), "Q": np.zeros((5, 6)), "V": np.zeros((5, 6))},
    )


TASKS = {
    "last_clicks": Task(
        check_last_clicks,
        "history[-most:] is nearly right. What is history[-0:]? Count from the front: len(history) − most.",
    ),
    "user_vector": Task(
        check_user_vector,
        "x = news[the last clicks], then the two forwards, the output of the first into the second. scale is 1 / np.sqrt(d), "
        "d = Q.shape[1] // heads.",
    ),
    "one_click_user": Task(
        check_one_click,
        "A softmax of one score is 1, whatever the score. So each head's weighted sum is the value itself, and so is the "
        "pooled vector.",
    ),
    "one_click_backward": Task(
        check_one_click_backward,
        "u = r V is a product of a vector and a matrix. Q only makes a score, and a weight that is always 1 does not depend "
        "on the score.",
    ),
}
