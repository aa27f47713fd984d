"""Exercises of lesson 09: score, loss and negatives.

`draw_negatives` runs and is wrong: find the bug and mend it.
Put your code in the place of each `raise NotImplementedError` and each `...`, then run `python -m lessons.check 09`.
"""

import numpy as np


def click_score_forward(u: np.ndarray, r: np.ndarray) -> np.ndarray:
    """The click scores ŷ_c = u · r_c, for the C candidates of one user.

    u: (n,) the user.    r: (C, n) the candidates.

    Returns the scores (C,).
    """
    return ...  # all C dot products at once


def click_score_backward(d_scores: np.ndarray, u: np.ndarray, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Backward of click_score_forward.

    d_scores: (C,) gradient of the loss with respect to the scores.    u: (n,).    r: (C, n).

    Returns du (n,), dr (C, n).
    """
    raise NotImplementedError


def derive_loss_gradient(scores: np.ndarray) -> np.ndarray:
    """Derive: the gradient of L = log Σ exp(ŷ_j) − ŷ_0 with respect to the scores. Candidate 0 was clicked.

    scores: (C,), none of them large.

    Returns d_scores (C,).
    """
    raise NotImplementedError


def softmax_loss_forward(scores: np.ndarray, clicked: int) -> float:
    """Equations 11 and 12 for one sample: L = −log p of the clicked candidate, p = softmax(scores).

    scores: (C,), 10,000 and −10,000 among them.    clicked: which candidate was clicked.

    Returns the loss, one finite number.
    """
    raise NotImplementedError


def softmax_loss_backward(d_loss: float, scores: np.ndarray, clicked: int) -> np.ndarray:
    """Backward of softmax_loss_forward.

    d_loss: the gradient of what comes after with respect to L, such as 1/B where the mean over B samples is taken.
    scores: (C,), large ones among them.    clicked: which candidate was clicked, not always number 0.

    Returns d_scores (C,).
    """
    raise NotImplementedError


def draw_negatives(not_clicked: np.ndarray, K: int, rng: np.random.Generator) -> np.ndarray:
    """Draw K of the candidates of an impression that were not clicked.

    They are K different ones where there are so many; where there are fewer, a candidate may be drawn again.

    not_clicked: (n,) rows of news, n at least 1.    rng: the only source of chance.

    Returns (K,) rows of news.
    """
    return rng.choice(not_clicked, size=K)
