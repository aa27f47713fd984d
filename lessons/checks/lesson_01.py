"""Lesson 01: differences, a check, products."""

from __future__ import annotations

import numpy as np

from lessons.checks.compare import AnswerError, expect, gradients
from lessons.checks.run import Function, Task


def check_product_gradients(derive_product_gradients: Function) -> None:
    """Against differences, and for a single number in the middle."""
    rng = np.random.default_rng([1, 2])
    for n, k, m in ((4, 3, 5), (2, 1, 3)):
        A, B, dC = rng.standard_normal((n, k)), rng.standard_normal((k, m)), rng.standard_normal((n, m))
        expect(derive_product_gradients(dC, A, B), **gradients(np.matmul, dC, dA=A, dB=B))


def check_better_difference(better_difference: Function) -> None:
    """x³ and x⁴, for which nothing is left; x⁵, for which h⁴ is left; and the steps must be those asked for."""
    expect(better_difference(lambda x: x**3, 2.0, 0.1), derivative=12.0)
    expect(better_difference(lambda x: x**4, 1.5, 0.2), derivative=13.5)
    # A central difference of x⁵ is 5 x⁴ + 10 x² h² + h⁴; what is left of h⁴ is (4 / 16 − 1) / 3 of it.
    got = better_difference(lambda x: x**5, 2.0, 0.1)
    if isinstance(got, float) and abs(got - 80) < 1e-8:
        raise AnswerError("It is more exact than the two steps h and h / 2 allow: take only these two.")
    expect(got, derivative=80 - 0.1**4 / 4)


def check_error_of_backward(error_of_backward: Function) -> None:
    """A correct backward, twice the right one, the opposite, a layer that ignores x; and an upstream gradient that matters."""
    rng = np.random.default_rng([1, 1])
    x, g = rng.standard_normal(4), rng.standard_normal(4)
    error = error_of_backward(np.tanh, lambda g: g * (1 - np.tanh(x) ** 2), x, g)
    if not isinstance(error, float) or not 0 <= error < 1e-8:
        raise AnswerError(f"For a correct backward of tanh it returned {error}, expected is a number below 1e-8.")
    matrix = np.array([[1.0, 2.0], [0.0, 3.0], [4.0, 0.0]])
    x, g = np.array([0.5, -2.0]), np.array([1.0, -1.0, 2.0])
    for factor, right in ((1.0, 0.0), (2.0, 1 / 3), (-1.0, 1.0), (0.0, 1.0)):
        got = error_of_backward(lambda x: matrix @ x, lambda g, f=factor: f * (matrix.T @ g), x, g)
        expect(round(float(got), 8), error=round(right, 8))
    nothing = error_of_backward(lambda _: np.ones(3), lambda _: np.zeros(2), x, g)
    if np.isnan(nothing):
        raise AnswerError("For two gradients that are zero everywhere it returned NaN: 0 / 0 needs a case of its own.")
    expect(nothing, error=0.0)


def check_three_matrices(three_matrices_backward: Function) -> None:
    """Against differences, and for one row."""
    rng = np.random.default_rng([1, 3])
    for n in (4, 1):
        A, B, C, dY = (rng.standard_normal(shape) for shape in ((n, 2), (2, 3), (3, 5), (n, 5)))
        right = gradients(lambda A, B, C: np.tanh(A @ B) @ C, dY, dA=A, dB=B, dC=C)
        expect(three_matrices_backward(dY, A, B, C), **right)


def check_centred(centred_backward: Function) -> None:
    """Against differences; and one number, whose y is always 0."""
    rng = np.random.default_rng([1, 4])
    x, dy = rng.standard_normal(5), rng.standard_normal(5)
    expect(centred_backward(dy, x), **gradients(lambda x: x - x.mean(), dy, dx=x))
    expect(centred_backward(np.array([3.0]), np.array([2.0])), dx=np.zeros(1))


TASKS = {
    "derive_product_gradients": Task(
        check_product_gradients,
        "C[i, j] = Σ A[i, k] B[k, j]. So A[i, k] moves row i of C, with the factors B[k, j]. The shapes leave only one way "
        "to multiply.",
    ),
    "better_difference": Task(
        check_better_difference,
        "With h / 2 in the place of h the error is c h² / 4. So 4 times the fine difference less the coarse one has no c h² "
        "in it, and is how many times f'(x)?",
    ),
    "error_of_backward": Task(
        check_error_of_backward,
        "The loss is np.sum(g * forward(x)). Measure its derivative with respect to each x[i]: x + step and x − step are 2e-5 "
        "apart there.",
    ),
    "three_matrices_backward": Task(
        check_three_matrices,
        "Name the middle: Z = A B, hidden = tanh(Z), Y = hidden C. Go back one step at a time; dC, the gradient of C, comes "
        "from the last product.",
    ),
    "centred_backward": Task(
        check_centred, "m is the mean of x. By how much does it move when one number of x does? Not by x.mean()."
    ),
}
