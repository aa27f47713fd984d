"""Exercises of lesson 01: a gradient check from nothing.

Put your code in the place of each `raise NotImplementedError`, then run `python -m lessons.check 01`.
"""

from collections.abc import Callable

import numpy as np


def numerical_gradient(loss: Callable[[np.ndarray], float], x: np.ndarray, h: float) -> np.ndarray:
    """Measure the gradient of a loss by central differences: move one number of x at a time by h, both ways.

    loss: takes an array like x, returns one number.    x: (n,). It must hold the same numbers afterwards as before.

    Returns (n,) the derivative of the loss with respect to each number of x.
    """
    raise NotImplementedError


def relative_error(a: np.ndarray, n: np.ndarray) -> float:
    """How far apart two gradients are, ‖a − n‖ / (‖a‖ + ‖n‖), over the whole array.

    a: the gradient by hand.    n: the measured one, of the same shape, which may have two axes.

    Returns one number. Where both are zero everywhere it is 0.
    """
    raise NotImplementedError


def product_backward(dC: np.ndarray, A: np.ndarray, B: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Backward of C = A B.

    dC: (n, m) gradient of the loss with respect to C.    A: (n, k).    B: (k, m).

    Returns dA (n, k), dB (k, m).
    """
    raise NotImplementedError


def square_of_product_backward(dy: np.ndarray, x: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Backward of y = (x W)², the square taken of each number: the chain rule through two steps.

    dy: (n, m) gradient of the loss with respect to y.    x: (n, k).    W: (k, m).

    Returns dx (n, k), dW (k, m).
    """
    raise NotImplementedError
