"""Lesson 16: PyTorch's layouts in NumPy, and the comparison of two dicts of gradients."""

from __future__ import annotations

import numpy as np

from lessons.checks.compare import AnswerError, Array, expect, expect_named
from lessons.checks.run import Function, Task
from nrms_np.layers.additive_attention import additive_attention_forward
from nrms_np.layers.self_attention import projected_attention_forward
from nrms_np.layers.softmax import softmax_forward


def check_pool_from_linear(pool_from_linear: Function) -> None:
    """What PyTorch's two layers compute, and with it the pooling; D and A differ."""
    rng = np.random.default_rng([16, 0])
    weight, bias, query = rng.standard_normal((4, 6)), rng.standard_normal(4), rng.standard_normal((1, 4))
    expect(pool_from_linear(weight, bias, query), W=weight.T, b=bias, q=query[0])
    h = rng.standard_normal((5, 6))
    scores = (np.tanh(h @ weight.T + bias) @ query.T)[:, 0]
    r, _ = additive_attention_forward(h, *pool_from_linear(weight, bias, query))
    expect(r, r=softmax_forward(scores)[0] @ h)
    square = rng.standard_normal((3, 3))
    expect(pool_from_linear(square, bias[:3], query[:, :3]), W=square.T, b=bias[:3], q=query[0, :3])


def check_worst_array(worst_array: Function) -> None:
    """A small array behind a large one, zeros, a missing one, another shape."""
    rng = np.random.default_rng([16, 1])
    ours = {
        "e": 1e3 * rng.standard_normal((9, 4)),
        "Q": rng.standard_normal((4, 4)),
        "q": 1e-3 * rng.standard_normal(4),
    }
    near = {name: value * (1 + 1e-12) for name, value in ours.items()}
    _expect_worst(worst_array(ours, near | {"q": 1.1 * ours["q"]}), "q", 0.1 / 2.1)
    _expect_worst(worst_array(ours, near | {"Q": ours["Q"].T}), "Q", _error(ours["Q"], ours["Q"].T))
    zero = {"b": np.zeros(3)}
    _expect_worst(worst_array(zero, {"b": np.zeros(3)}), "b", 0.0)
    _expect_worst(worst_array(ours, near | zero), "b", 1.0)
    _expect_worst(worst_array(ours | zero, near), "b", 1.0)
    _expect_worst(worst_array(ours, near | {"q": ours["q"][None, :]}), "q", 1.0)


def _error(one: Array, other: Array) -> float:
    return float(np.linalg.norm(one - other) / (np.linalg.norm(one) + np.linalg.norm(other)))


def _expect_worst(got: object, name: str, error: float) -> None:
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        raise AnswerError("Expected are two values: the name of the worst array and its error.")
    if got[0] != name:
        raise AnswerError(f"The worst array is {name!r} with the error {error:.3g}; it names {got[0]!r}.")
    expect(got[1], error=error)


def check_to_multihead(to_multihead: Function) -> None:
    """The arrays, and what nn.MultiheadAttention computes with them."""
    rng = np.random.default_rng([16, 2])
    H, d, T = 3, 2, 5
    D = H * d
    x, Q, K, V = rng.standard_normal((T, D)), *rng.standard_normal((3, D, D))
    expect_named(to_multihead(Q, K, V), {"in_proj_weight": np.vstack([Q.T, K.T, V.T]), "out_proj.weight": np.eye(D)})
    layout = to_multihead(Q, K, V)
    q, k, v = np.split(x @ layout["in_proj_weight"].T, 3, axis=1)
    heads = [slice(i * d, (i + 1) * d) for i in range(H)]
    h = [softmax_forward(q[:, head] @ k[:, head].T / np.sqrt(d))[0] @ v[:, head] for head in heads]
    expect(np.hstack(h) @ layout["out_proj.weight"].T, h=projected_attention_forward(x, Q, K, V, H, 1 / np.sqrt(d))[0])


TASKS = {
    "pool_from_linear": Task(
        check_pool_from_linear,
        "A reshape keeps the order of the numbers in memory and a transpose exchanges the axes. Write both down for a "
        "(2, 3) weight.",
    ),
    "worst_array": Task(
        check_worst_array,
        "Each array by itself: np.linalg.norm of the difference, divided by the two norms. Names that only one dict has count too: "
        "join the two sets of names.",
    ),
    "to_multihead": Task(
        check_to_multihead,
        "x @ weight.T should be x @ Q in its first columns: what is the weight then? And which matrix changes nothing when h is "
        "multiplied with it?",
    ),
}
