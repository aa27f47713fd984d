"""Exercises of lesson 10: first values, one step, the whole model, and a check of all of it.

The functions of lessons 04 to 09 are given as the package's: each forward returns (output, cache), each backward takes (d_output,
cache) and returns the gradients in the order of the forward's arrays.

`directional_check` runs and is wrong: find the bug and mend it.
Put your code in the place of each `raise NotImplementedError` and each `...`, then run `python -m lessons.check 10`.
"""

from collections.abc import Callable

import numpy as np

from nrms_np.layers.additive_attention import additive_attention_backward, additive_attention_forward
from nrms_np.layers.click import click_score_backward, click_score_forward
from nrms_np.layers.self_attention import projected_attention_backward, projected_attention_forward


def derive_limit(rows: int, columns: int) -> float:
    """Derive: the limit ℓ for a matrix whose numbers are drawn evenly from −ℓ to ℓ.

    Through y = x W the variance should change by the factor rows · σ², and through dx = dy Wᵀ by columns · σ². Choose ℓ so that the
    mean of the two factors is 1.    rows, columns: of W.

    Returns ℓ.
    """
    raise NotImplementedError


def derive_loss_change(gradients: dict[str, np.ndarray], learning_rate: float) -> float:
    """Derive: by how much the loss changes, to first order, when every parameter θ becomes θ − η dθ.

    gradients: dθ by the parameters' names.    learning_rate: η.

    Returns the change of the loss, one number.
    """
    raise NotImplementedError


def model_forward(
    parameters: dict[str, np.ndarray], titles: list[np.ndarray], history: np.ndarray, candidates: np.ndarray, heads: int
) -> np.ndarray:
    """NRMS on one impression, from row numbers to click scores.

    parameters: "word_embedding" (words, D), and for each of the levels "news" and "user": "news.attention.Q", ".K" and ".V",
    "news.pool.W", ".b" and ".q". Self-attention is scaled by 1/√d.
    titles: for each news item, the rows of its words.    history: (T,) which news were clicked before.
    candidates: (C,) which news are shown.    heads: H.

    Returns the scores (C,).
    """
    of_news = [parameters[f"news.attention.{name}"] for name in "QKV"]
    of_user = [parameters[f"user.attention.{name}"] for name in "QKV"]
    news_pool = [parameters[f"news.pool.{name}"] for name in "Wbq"]
    user_pool = [parameters[f"user.pool.{name}"] for name in "Wbq"]
    width = of_news[2].shape[1]
    scale = 1 / np.sqrt(width // heads)
    news = np.zeros((len(titles), width), dtype=of_news[2].dtype)
    for i, title in enumerate(titles):
        x = ...  # the word vectors of this title
        h, _ = projected_attention_forward(x, *of_news, heads, scale)
        news[i], _ = additive_attention_forward(h, *news_pool)
    r = ...  # the vectors of the clicked news
    h, _ = ...  # (h, cache) of the clicks
    u, _ = additive_attention_forward(h, *user_pool)
    scores, _ = ...  # (output, cache) of the click scores
    return scores


def model_backward(
    d_scores: np.ndarray,
    parameters: dict[str, np.ndarray],
    titles: list[np.ndarray],
    history: np.ndarray,
    candidates: np.ndarray,
    heads: int,
) -> dict[str, np.ndarray]:
    """Backward of model_forward. A news item may be clicked twice or shown twice, and be both clicked and shown.

    d_scores: (C,) gradient of the loss with respect to the scores.    The rest: as the forward was given it.

    Returns the gradients of all parameters, by the parameters' names.
    """
    raise NotImplementedError


def directional_check(
    loss: Callable[[], float],
    parameters: dict[str, np.ndarray],
    gradients: dict[str, np.ndarray],
    directions: dict[str, np.ndarray],
) -> tuple[float, float]:
    """Move all parameters at once along one direction, and compare the slope of the loss with the gradients.

    loss: computes the loss from the arrays in parameters, which it reads anew each time; they may be changed in place while
    measuring and must be left as they were.    gradients, directions: arrays by the parameters' names.

    Returns (measured, by_hand): the central difference with h = 1e-5, and the sum of gradient times direction over all numbers.
    """
    step = 1e-5
    before = {name: value.copy() for name, value in parameters.items()}
    losses = []
    for sign in (1, -1):
        for name, value in parameters.items():
            value += sign * step * directions[name]
        losses.append(loss())
    for name, value in parameters.items():
        value[...] = before[name]
    measured = (losses[0] - losses[1]) / (2 * step)
    by_hand = sum(np.sum(gradients[name] * directions[name]) for name in parameters)
    return float(measured), float(by_hand)
