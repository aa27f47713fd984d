"""Exercises of lesson 15: be the repairer.

Each function runs and is wrong. Find its bug and mend it, then run `python -m lessons.check 15`.
"""

import numpy as np


def softmax_backward(dp: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Backward of p = softmax(a), row by row.

    dp: (T, n) gradient of the loss with respect to the weights.    p: (T, n) the weights.

    Returns da (T, n).
    """
    mean = (p * dp).sum(axis=1)
    return p * (dp - mean)


def scores_backward(dS: np.ndarray, x: np.ndarray, Q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Backward of the scores of all pairs, S = x Q xᵀ.

    dS: (T, T) gradient of the loss with respect to the scores.    x: (T, D).    Q: (D, D).

    Returns dx (T, D), dQ (D, D).
    """
    Y = x @ Q
    dY = dS @ x
    dx = dS.T @ Y
    dx = dY @ Q.T
    dQ = x.T @ dY
    return dx, dQ


def embedding_backward(dx: np.ndarray, rows: np.ndarray, words: int) -> np.ndarray:
    """Backward of the lookup x = table[rows].

    dx: (T, D) gradient of the loss with respect to x.    rows: (T,) row numbers; a word may occur several times.
    words: how many rows the table has.

    Returns d_table (words, D).
    """
    d_table = np.zeros((words, dx.shape[1]))
    d_table[rows] += dx
    return d_table


def mean_auc(scores: np.ndarray, clicked: np.ndarray, offsets: np.ndarray) -> float:
    """The AUC of each impression alone, then the mean over the impressions.

    scores: (total,) of all impressions, end to end.    clicked: (total,) of True and False.
    offsets: (n + 1,) where each impression starts; each has a clicked and a not-clicked candidate.
    """
    starts, ends = offsets[:1], offsets[-1:]
    aucs = []
    for start, end in zip(starts, ends, strict=True):
        yes = scores[start:end][clicked[start:end]][:, None]
        no = scores[start:end][~clicked[start:end]][None, :]
        aucs.append(np.mean((yes > no) + 0.5 * (yes == no)))
    return float(np.mean(aucs))
