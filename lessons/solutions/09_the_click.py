"""Exercises of lesson 09: score, loss and negatives."""

import numpy as np


def click_score_backward(d_scores: np.ndarray, u: np.ndarray, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Backward of the click scores ŷ_c = u · r_c, for the C candidates of one user.

    d_scores: (C,) gradient of the loss with respect to the scores.    u: (n,) the user.    r: (C, n) the candidates.

    Returns du (n,), dr (C, n).
    """
    return d_scores @ r, np.outer(d_scores, u)


def softmax_loss_forward(scores: np.ndarray, clicked: int) -> float:
    """Equations 11 and 12 for one sample: L = −log p of the clicked candidate, p = softmax(scores).

    scores: (C,), 10,000 and −10,000 among them.    clicked: which candidate was clicked.

    Returns the loss, one finite number.
    """
    shifted = scores - scores.max()
    return float(np.log(np.exp(shifted).sum()) - shifted[clicked])


def softmax_loss_backward(scores: np.ndarray, clicked: int) -> np.ndarray:
    """Backward of softmax_loss_forward, for dL = 1.

    scores: (C,).    clicked: which candidate was clicked.

    Returns d_scores (C,).
    """
    exps = np.exp(scores - scores.max())
    d_scores = exps / exps.sum()
    d_scores[clicked] -= 1
    return d_scores


def draw_negatives(not_clicked: np.ndarray, K: int, rng: np.random.Generator) -> np.ndarray:
    """Draw K of the candidates of an impression that were not clicked.

    They are K different ones where there are so many; where there are fewer, a candidate may be drawn again.

    not_clicked: (n,) rows of news, n at least 1.    rng: the only source of chance.

    Returns (K,) rows of news.
    """
    return rng.choice(not_clicked, size=K, replace=len(not_clicked) < K)
