"""Exercises of lesson 01: a gradient check from nothing."""

from collections.abc import Callable

import numpy as np


def derive_product_gradients(dC: np.ndarray, A: np.ndarray, B: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Derive before you read on: what does C = A B pass back? Begin with a loop if you like.

    dC: (n, m) gradient of the loss with respect to C.    A: (n, k).    B: (k, m).

    Returns dA (n, k), dB (k, m).
    """
    return dC @ B.T, A.T @ dC


def better_difference(f: Callable[[float], float], x: float, h: float) -> float:
    """Measure f'(x) with an error of order h⁴, from central differences with the steps h and h / 2.

    The central difference is f'(x) + c h² + an error of order h⁴, with a c that depends on f and x but not on h. So two of
    them, with different steps, can be put together such that c h² cancels.

    f: a function of one number.    Returns one number.
    """
    coarse = (f(x + h) - f(x - h)) / (2 * h)
    fine = (f(x + h / 2) - f(x - h / 2)) / h
    return (4 * fine - coarse) / 3


def error_of_backward(
    forward: Callable[[np.ndarray], np.ndarray],
    backward: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    g: np.ndarray,
) -> float:
    """Check a layer y = forward(x): the relative error of the gradient that backward(g) returns, over the whole array.

    x: (n,). It must hold the same numbers afterwards as before.    g: the upstream gradient, of the shape of forward(x).
    Use steps of 1e-5. Where both gradients are zero everywhere the error is 0.
    """
    measured = np.zeros_like(x)
    for i in range(len(x)):
        step = np.zeros_like(x)
        step[i] = 1e-5
        above = np.sum(g * forward(x + step))  # blank: the loss L = Σ g y, a step above
        below = np.sum(g * forward(x - step))  # blank: and a step below
        measured[i] = (above - below) / 2e-5  # blank: the derivative with respect to x[i]
    by_hand = backward(g)
    size = np.linalg.norm(by_hand) + np.linalg.norm(measured)
    return float(np.linalg.norm(by_hand - measured) / size) if size > 0 else 0.0


def three_matrices_backward(
    dY: np.ndarray, A: np.ndarray, B: np.ndarray, C: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Backward of Y = tanh(A B) C.

    dY: (n, m) gradient of the loss with respect to Y.    A: (n, k).    B: (k, l).    C: (l, m).

    Returns dA (n, k), dB (k, l), dC (l, m).
    """
    hidden = np.tanh(A @ B)
    dZ = (dY @ C.T) * (1 - hidden**2)
    return dZ @ B.T, A.T @ dZ, hidden.T @ dY


def centred_backward(dy: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Backward of y = x − m, where m is the mean of x: after it, the numbers of y add up to 0.

    dy: (n,) gradient of the loss with respect to y.    x: (n,).    Returns dx (n,).
    """
    dx = dy.copy()  # each number of x moves its own of y
    dm = -dy.sum()  # and m moves all of them
    dx += dm / len(x)  # bug: dx += dm * x.mean()
    return dx
