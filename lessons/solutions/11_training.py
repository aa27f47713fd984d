"""Exercises of lesson 11: Adam by hand, and the best epoch of a run."""

import json

import numpy as np

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


def running_means(m: np.ndarray, v: np.ndarray, g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Move Adam's two running means: m of the gradient with BETA_1, v of the squared gradient with BETA_2.

    m, v: the means so far.    g: the gradient, of the same shape.

    Returns the new m and v, in new arrays.
    """
    return BETA_1 * m + (1 - BETA_1) * g, BETA_2 * v + (1 - BETA_2) * g**2


def corrected(m: np.ndarray, v: np.ndarray, t: int) -> tuple[np.ndarray, np.ndarray]:
    """Undo the pull towards zero, where both means began.

    If every gradient was the same g, the corrected means are exactly g and g², after 1 step and after 1000.

    m, v: the means after step t.    t: counts from 1.

    Returns m_hat, v_hat.
    """
    return m / (1 - BETA_1**t), v / (1 - BETA_2**t)


def adam_step(
    theta: np.ndarray, g: np.ndarray, m: np.ndarray, v: np.ndarray, t: int, learning_rate: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One step of Adam. You may call your running_means and corrected. EPSILON is added to the square root.

    theta: the parameter.    g: its gradient.    m, v: the means before this step.    t: the number of this step, from 1.

    Returns the new theta, m and v, in new arrays.
    """
    m, v = running_means(m, v, g)
    m_hat, v_hat = corrected(m, v, t)
    return theta - learning_rate * m_hat / (np.sqrt(v_hat) + EPSILON), m, v


def best_epoch(lines: list[str]) -> int:
    """Find the epoch whose model is kept: the one with the highest AUC, the earlier one of two that are equal.

    lines: those of a run's metrics.jsonl, each a JSON object with "epoch", "auc" and more. `json.loads` reads one.

    Returns the epoch's number.
    """
    epochs = [json.loads(line) for line in lines]
    return int(max(epochs, key=lambda epoch: epoch["auc"])["epoch"])
