"""Exercises of lesson 15: four more exhibits."""

from collections.abc import Callable

import numpy as np


def pool_backward(
    dr: np.ndarray, h: np.ndarray, W: np.ndarray, b: np.ndarray, q: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Backward of additive attention: r = Σ α_i h_i, α = softmax(a), a_i = q · tanh(h_i W + b).

    dr: (D,) gradient of the loss with respect to r.    h: (T, D).    W: (D, A).    b, q: (A,).

    Returns dh (T, D), dW (D, A), db (A,), dq (A,).
    """
    z = h @ W + b
    t = np.tanh(z)
    a = t @ q
    alpha = np.exp(a - a.max()) / np.exp(a - a.max()).sum()
    d_alpha = h @ dr
    da = alpha * (d_alpha - alpha @ d_alpha)
    dq = t.T @ da
    dz = da[:, None] * q * (1 - t**2)  # bug: dz = da[:, None] * q * (1 - z**2)
    dh = alpha[:, None] * dr + dz @ W.T
    return dh, h.T @ dz, dz.sum(axis=0), dq


def draw_negatives(shown: np.ndarray, clicked: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the k negatives of a sample: news that was shown and not clicked.

    shown: (n,) the news of an impression.    clicked: (n,) True and False; one at least is False.

    Returns (k,), each at most once where there are enough, else with repetitions.
    """
    pool = shown[~clicked]  # bug: pool = shown
    return rng.choice(pool, size=k, replace=len(pool) < k)


def auc_by_ranks(scores: np.ndarray, clicked: np.ndarray) -> float:
    """The AUC of one impression by a second way: from the ranks, without looking at pairs.

    The smallest score has rank 1; equal scores share the mean of their ranks.

    scores: (n,).    clicked: (n,) True and False, one of each at least.
    """
    order = np.sort(scores)
    below, up_to = np.searchsorted(order, scores, "left"), np.searchsorted(order, scores, "right")
    rank = (below + 1 + up_to) / 2  # blank: (n,) the mean of the ranks below + 1, ..., up_to
    yes, no = np.sum(clicked), np.sum(~clicked)
    least = yes * (yes + 1) / 2  # blank: what the ranks of the clicked sum to where all of them are below all others
    return float((np.sum(rank[clicked]) - least) / (yes * no))


def depends_on_its_batch(encode: Callable[[list[np.ndarray]], np.ndarray], titles: list[np.ndarray]) -> bool:
    """A guard for room 5 that needs no second program: is a title's vector another one in company than alone?

    encode: takes titles, each (T, D) with a T of its own, and returns their vectors (n, d).    titles: n of them, n at least 2.

    Returns True where any of the vectors differs by more than rounding (np.allclose).
    """
    together = encode(titles)
    alone = np.vstack([encode([title]) for title in titles])
    return not np.allclose(together, alone)
