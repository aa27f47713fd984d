"""Lesson 06: the news encoder."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons.checks.compare import Array, expect, expect_named, gradients
from lessons.checks.run import Function, Task
from nrms_np.layers.additive_attention import additive_attention_forward
from nrms_np.layers.dropout import dropout_forward, dropout_key
from nrms_np.layers.embedding import embedding_forward
from nrms_np.layers.self_attention import projected_attention_forward

HEADS, RATE = 3, 0.2
KEY = dropout_key(seed=6, step=0, layer=0)
TITLES = (np.array([2, 8, 5, 2, 0]), np.array([4]), np.zeros(0, dtype=int))


def _parameters(rng: np.random.Generator) -> dict[str, Array]:
    shapes = {"Q": (7, 6), "K": (7, 6), "V": (7, 6), "W": (6, 4), "b": (4,), "q": (4,)}
    return {name: 0.5 * rng.standard_normal(shape) for name, shape in shapes.items()}


def _encode(title: Array, rate: float, table: Array, **p: Array) -> tuple[Array, list[Any]]:
    """The news vector and the caches of the four steps."""
    x, looked_up = embedding_forward(table, title)
    x, dropped = dropout_forward(x, rate, KEY)
    h, attended = projected_attention_forward(x, p["Q"], p["K"], p["V"], HEADS, 1 / np.sqrt(2))
    r, pooled = additive_attention_forward(h, p["W"], p["b"], p["q"])
    return r, [looked_up, dropped, attended, pooled]


def check_encode(encode_title: Function) -> None:
    """Without dropout, with it, one word, no word."""
    rng = np.random.default_rng([6, 0])
    table, parameters = rng.standard_normal((9, 7)), _parameters(rng)
    for rate in (0.0, RATE):
        for title in TITLES:
            r, _ = _encode(title, rate, table, **parameters)
            expect(encode_title(table, title, parameters, HEADS, rate, KEY), r=r)


def check_backward(encode_title_backward: Function) -> None:
    """Against differences: a repeated word, one word. All zeros: no word."""
    rng = np.random.default_rng([6, 1])
    inputs = {"table": rng.standard_normal((9, 7)), **_parameters(rng)}
    dr = rng.standard_normal(6)
    for title in TITLES:
        _, caches = _encode(title, RATE, **inputs)
        expect_named(encode_title_backward(dr, *caches), _gradients(title, dr, inputs))


def _gradients(title: Array, dr: Array, inputs: dict[str, Array]) -> dict[str, Array]:
    def encode(*values: Array) -> Array:
        return _encode(title, RATE, **dict(zip(inputs, values, strict=True)))[0]

    return gradients(encode, dr, **inputs)


TASKS = {
    "encode_title": Task(
        check_encode,
        "Each forward returns (output, cache), and the output is what the next one takes. The scale is 1 / np.sqrt(d) with "
        "the width d of one head, Q.shape[1] // heads.",
    ),
    "encode_title_backward": Task(
        check_backward,
        "The last step of the forward is the first of the backward. dr goes into additive_attention_backward; the first "
        "thing it returns, dh, goes into the next one.",
    ),
}
