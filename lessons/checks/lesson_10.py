"""Lesson 10: the whole model."""

from __future__ import annotations

from typing import Any

import numpy as np

from lessons.checks.compare import AnswerError, Array, expect, expect_named
from lessons.checks.run import Function, Task
from nrms_np import NRMS, Config
from nrms_np.packed import Batch, Packed, RowGradient
from nrms_np.parameters import parameter_shapes

WORDS = 9
CONFIG = Config(word_dim=7, heads=3, head_dim=2, query_dim=4, dropout=0.0, backend="layers")
TITLES = [[2, 5, 2], [1], [7, 3, 0, 5], [4, 4]]
# News 2 is a click twice and a candidate twice; one click and one candidate; nothing clicked yet.
IMPRESSIONS: tuple[tuple[list[int], list[int]], ...] = (([2, 0, 2], [1, 2, 3, 2]), ([3], [0]), ([], [1, 2]))


def check_limit(derive_limit: Function) -> None:
    """Tall, wide, square."""
    for rows, columns in ((300, 256), (2, 40), (6, 6)):
        expect(derive_limit(rows, columns), limit=np.sqrt(6.0) / np.sqrt(rows + columns))


def check_loss_change(derive_loss_change: Function) -> None:
    """Two arrays of different shapes; the loss Σ c θ is a plane, so the first order is all there is."""
    rng = np.random.default_rng([10, 1])
    slopes = {"Q": rng.standard_normal((3, 2)), "b": rng.standard_normal(4)}
    for learning_rate in (0.1, 2.0):
        moved = {name: -learning_rate * slope for name, slope in slopes.items()}
        change = sum(float(np.sum(slopes[name] * moved[name])) for name in slopes)
        expect(derive_loss_change(slopes, learning_rate), change=change)


def _parameters(seed: int) -> dict[str, Array]:
    rng = np.random.default_rng([10, seed])
    return {name: 0.6 * rng.standard_normal(shape) for name, shape in parameter_shapes(CONFIG, WORDS).items()}


def _model(parameters: dict[str, Array], history: list[int], candidates: list[int]) -> tuple[NRMS, Batch]:
    model = NRMS(CONFIG, [f"word {i}" for i in range(WORDS)], parameters)
    rows = np.arange(WORDS, dtype=np.int32)
    histories = Packed.from_lists([history])
    return model, Batch(rows, Packed.from_lists(TITLES), histories, np.array([candidates], dtype=np.int32))


def _arguments(parameters: dict[str, Array], history: list[int], candidates: list[int]) -> tuple[Any, ...]:
    titles = [np.array(title) for title in TITLES]
    return parameters, titles, np.array(history, dtype=int), np.array(candidates), CONFIG.heads


def check_forward(model_forward: Function) -> None:
    """Against the package's model."""
    parameters = _parameters(2)
    for history, candidates in IMPRESSIONS:
        model, batch = _model(parameters, history, candidates)
        scores, _ = model.forward(batch)
        expect(model_forward(*_arguments(parameters, history, candidates)), scores=scores[0])


def check_backward(model_backward: Function) -> None:
    """Against the package's model, which is checked by differences elsewhere."""
    parameters = _parameters(3)
    rng = np.random.default_rng([10, 4])
    for history, candidates in IMPRESSIONS:
        d_scores = rng.standard_normal(len(candidates))
        model, batch = _model(parameters, history, candidates)
        _, cache = model.forward(batch)
        right = {
            name: gradient.dense(WORDS) if isinstance(gradient, RowGradient) else gradient
            for name, gradient in model.backward(d_scores[None], cache).items()
        }
        expect_named(model_backward(d_scores, *_arguments(parameters, history, candidates)), right)


def check_directional(directional_check: Function) -> None:
    """A curved loss of two arrays, with its gradients and with wrong ones."""
    rng = np.random.default_rng([10, 5])
    shapes = {"V": (3, 2), "b": (4,)}
    parameters, directions = ({name: rng.standard_normal(shape) for name, shape in shapes.items()} for _ in range(2))

    def loss() -> float:
        return float(np.sum(np.tanh(parameters["V"])) * np.sum(parameters["b"] ** 2))

    dV = (1 - np.tanh(parameters["V"]) ** 2) * np.sum(parameters["b"] ** 2)
    gradients = {"V": dV, "b": 2 * parameters["b"] * np.sum(np.tanh(parameters["V"]))}
    slope = sum(float(np.sum(gradients[name] * directions[name])) for name in shapes)
    got = directional_check(loss, parameters, gradients, directions)
    if not isinstance(got, tuple) or len(got) != 2:
        raise AnswerError("It should return two numbers: measured, by_hand.")
    # A central difference is not exact: what it is off by here is far below 1e-6.
    expect((round(float(got[0]), 6), got[1]), measured=round(slope, 6), by_hand=slope)
    wrong = {**gradients, "b": np.zeros(4)}
    of_V = float(np.sum(dV * directions["V"]))
    got = directional_check(loss, parameters, wrong, directions)
    expect((round(float(got[0]), 6), got[1]), measured=round(slope, 6), by_hand=of_V)


TASKS = {
    "derive_limit": Task(
        check_limit,
        "(rows · σ² + columns · σ²) / 2 = 1. And numbers drawn evenly from −ℓ to ℓ have the variance σ² = ℓ² / 3.",
    ),
    "derive_loss_change": Task(
        check_loss_change,
        "A small change Δθ of one number changes the loss by about dθ · Δθ, and here Δθ = −η dθ. The effects of all numbers of "
        "all arrays add up.",
    ),
    "model_forward": Task(
        check_forward,
        "Lookup, attend, lookup, attend, dot products. The second lookup takes rows of news, as the first took rows of the word "
        "embedding.",
    ),
    "model_backward": Task(
        check_backward,
        "Run the forward again and keep all caches. d_news gets two terms, from the candidates and from the clicks, both with "
        "np.add.at; only then go through the titles. The news level's parameters get a sum over the titles.",
    ),
    "directional_check": Task(
        check_directional,
        "Where do the parameters stand when the loss is computed the second time? They should be at θ − h v.",
    ),
}
