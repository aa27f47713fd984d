"""Exercises of lesson 11: Adam beyond the page, and what a training reports.

`epoch_loss` runs and is wrong: find the bug and mend it.
Put your code in the place of each `raise NotImplementedError` and each `...`, then run `python -m lessons.check 11`.
"""

import numpy as np

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


def derive_first_step(t: int) -> float:
    """How long Adam's first step is for a number that has its first gradient at step t, in units of η.

    Until then its gradient was 0, so m and v are 0. The gradient is large beside EPSILON: leave that out.

    t: counts from 1.    Returns the length, at least 0.
    """
    raise NotImplementedError


def epoch_loss(losses: np.ndarray, sizes: np.ndarray) -> float:
    """The mean loss of all samples of an epoch.

    losses: (batches,) the mean loss of each batch's samples.    sizes: (batches,) how many samples it had; the last has fewer.
    """
    return float(np.mean(losses))


def adam_rows_step(
    table: np.ndarray, m: np.ndarray, v: np.ndarray, rows: np.ndarray, g: np.ndarray, t: int, eta: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One step of Adam that moves only the rows of a table that the batch used, and only their means.

    table, m, v: (words, D) before the step.    rows: (n,) the rows that were used, each once.    g: (n, D) their gradients.
    t: the number of this step, from 1.    eta: the learning rate.

    Returns the new table, m and v, in new arrays.
    """
    table, m, v = table.copy(), m.copy(), v.copy()
    m[rows] = ...  # the running mean of the gradient, in these rows
    v[rows] = ...  # of its square
    m_hat = ...  # corrected, (n, D); m itself stays as it is
    v_hat = ...  # corrected, (n, D)
    table[rows] -= eta * m_hat / (np.sqrt(v_hat) + EPSILON)
    return table, m, v


def clip(gradients: dict[str, np.ndarray], most: float) -> dict[str, np.ndarray]:
    """Scale the gradients of a step down, all by one factor, so that their common norm is `most`, if it is larger.

    The common norm is the root of the sum of the squares of all numbers of all arrays: the direction of the step stays.

    gradients: by the names of the parameters.    most: above 0.

    Returns new arrays by the same names; gradients whose norm is `most` or less come back as they are.
    """
    raise NotImplementedError
