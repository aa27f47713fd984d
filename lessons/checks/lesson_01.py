"""Lesson 01: central differences, the relative error, products."""

from __future__ import annotations

import numpy as np

from lessons.checks.compare import AnswerError, expect, gradients
from lessons.checks.run import Function, Task


def check_numerical_gradient(numerical_gradient: Function) -> None:
    """A parabola, where a central difference is exact for any h; a curve, where h must be used; x is left alone."""
    x = np.array([3.0, -2.0, 0.5])
    expect(numerical_gradient(lambda x: float(np.sum(x**2)), x, 0.5), gradient=2 * x)
    expect(numerical_gradient(lambda x: float(x[0] * x[1] + x[2] ** 2), x, 1e-4), gradient=np.array([-2.0, 3.0, 1.0]))
    # The central difference of x³ is 3 x² + h².
    expect(numerical_gradient(lambda x: float(np.sum(x**3)), x, 0.1), gradient=3 * x**2 + 0.01)


def check_relative_error(relative_error: Function) -> None:
    """Whole numbers, matrices, the sign, both zero."""
    expect(relative_error(np.array([3.0, 4.0]), np.array([3.0, 4.0])), error=0.0)
    expect(relative_error(np.array([3.0, 4.0]), np.array([0.0, 0.0])), error=1.0)
    expect(relative_error(np.array([3.0, 4.0]), np.array([-3.0, -4.0])), error=1.0)
    rng = np.random.default_rng([1, 1])
    a, n = rng.standard_normal((3, 5)), rng.standard_normal((3, 5))
    sizes = np.sqrt((a**2).sum()) + np.sqrt((n**2).sum())
    expect(relative_error(a, n), error=float(np.sqrt(((a - n) ** 2).sum()) / sizes))
    zero = relative_error(np.zeros(4), np.zeros(4))
    if np.isnan(zero):
        raise AnswerError("For two gradients that are zero everywhere it returned NaN: 0 / 0 needs a case of its own.")
    expect(zero, error=0.0)


def check_product_backward(product_backward: Function) -> None:
    """Against differences, and for a single number in the middle."""
    rng = np.random.default_rng([1, 2])
    for n, k, m in ((4, 3, 5), (2, 1, 3)):
        A, B, dC = rng.standard_normal((n, k)), rng.standard_normal((k, m)), rng.standard_normal((n, m))
        right = gradients(np.matmul, dC, dA=A, dB=B)
        expect(product_backward(dC, A, B), **right)


def check_square_backward(square_of_product_backward: Function) -> None:
    """Against differences, and for one row."""
    rng = np.random.default_rng([1, 3])
    for n, k, m in ((4, 3, 5), (1, 2, 3)):
        x, W, dy = rng.standard_normal((n, k)), rng.standard_normal((k, m)), rng.standard_normal((n, m))
        right = gradients(lambda x, W: (x @ W) ** 2, dy, dx=x, dW=W)
        expect(square_of_product_backward(dy, x, W), **right)


TASKS = {
    "numerical_gradient": Task(
        check_numerical_gradient,
        "For each i make two copies of x. One has h more at place i, the other h less. The difference of the two losses "
        "belongs to a way of 2 h.",
    ),
    "relative_error": Task(
        check_relative_error, "np.linalg.norm takes the root of the sum of all squares, of a matrix too."
    ),
    "product_backward": Task(
        check_product_backward,
        "C[i, j] = Σ A[i, l] B[l, j]. So A[i, l] moves row i of C, with the factors B[l, j]. The shapes leave only one "
        "way to multiply.",
    ),
    "square_of_product_backward": Task(
        check_square_backward,
        "Name the middle: z = x W, y = z². First dz from dy, number by number; then z = x W is a product like any other.",
    ),
}
