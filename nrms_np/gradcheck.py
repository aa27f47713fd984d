r"""Finite differences: the referee of every gradient.

A function with many outputs is made into one number by a dot product with a random upstream gradient g, L = Σ g · f(x).
Its derivative with respect to one input number is then measured by moving that number a little both ways:

.. math:: \frac{\partial L}{\partial x_i} \approx \frac{L(x_i + h) - L(x_i - h)}{2 h}, \qquad h = 10^{-5}

The error of this central difference is of order h² from the curve's bend plus ε/h from rounding. In float64 the two
meet near h = 1e-5, at about 1e-10: so correct gradients agree to about 1e-10 and every bug stands out.

The upstream gradient is random, never ones: the weights of a softmax sum to 1, so with ones the true gradient is zero and a
backward that returns zeros would pass.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nrms_np.arrays import Array

STEP = 1e-5
TOLERANCE = 1e-7


class GradientError(AssertionError):
    """A gradient by hand and the measured one do not agree."""


def numerical_gradient(loss: Callable[[], float], x: Array, step: float = STEP) -> Array:
    """Measure the derivative of `loss()` with respect to every number of x.

    loss: computes the loss from x, which it reads anew each time.    x: any shape, float64 for an error near 1e-10. It is
    changed in place while measuring and left as it was.

    Returns the gradient, of x's shape.
    """
    gradient = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        before = x[i]
        x[i] = before + step
        above = loss()
        x[i] = before - step
        below = loss()
        x[i] = before
        gradient[i] = (above - below) / (2 * step)
    return gradient


def directional_derivative(loss: Callable[[], float], x: Array, direction: Array, step: float = STEP) -> float:
    """Measure the derivative of `loss()` when x moves along `direction`: one number, for arrays too large to go through."""
    before = x.copy()
    x[...] = before + step * direction
    above = loss()
    x[...] = before - step * direction
    below = loss()
    x[...] = before
    return (above - below) / (2 * step)


def relative_error(a: Array, n: Array) -> float:
    """‖a - n‖ / (‖a‖ + ‖n‖) over the whole array; 0 where both are zero everywhere."""
    size = float(np.linalg.norm(a) + np.linalg.norm(n))
    return float(np.linalg.norm(a - n)) / size if size != 0 else 0.0


def assert_gradient(name: str, by_hand: Array, measured: Array, tolerance: float = TOLERANCE) -> float:
    """Compare a gradient by hand with the measured one.

    Shapes are compared first: broadcasting would hide a wrong one. A measured gradient of zeros is refused where it has any
    numbers at all: it would make the check pass without checking.

    Returns the relative error. Raises GradientError with the array's name, the worst index and both values there.
    """
    if by_hand.shape != measured.shape:
        raise GradientError(f"gradient of {name}: shape by hand is {by_hand.shape}, measured {measured.shape}")
    if by_hand.size == 0:
        return 0.0
    if not np.any(measured):
        raise GradientError(f"gradient of {name}: the measured gradient is zero everywhere, so this checks nothing")
    error = relative_error(by_hand, measured)
    if not error <= tolerance:  # also true for NaN
        distance = np.where(np.isfinite(by_hand), np.abs(by_hand - measured), np.inf)
        worst = tuple(int(i) for i in np.unravel_index(np.argmax(distance), by_hand.shape))
        raise GradientError(
            f"gradient of {name}: relative error {error:.1e} is above {tolerance:.0e}; worst at index {worst}: "
            f"by hand {by_hand[worst]:.9g}, measured {measured[worst]:.9g}"
        )
    return error


def check_gradients(
    function: Callable[..., Array],
    inputs: dict[str, Array],
    backward: Callable[[Array], dict[str, Array]],
    seed: int = 0,
    tolerance: float = TOLERANCE,
) -> dict[str, float]:
    """Check a backward function against finite differences, for every input.

    function: f(**inputs) -> output array (a number counts as one).
    inputs: float64 arrays, by the names the function takes.
    backward: given the upstream gradient (the output's shape), the gradients under the inputs' names.
    seed: of the random upstream gradient.

    Returns the relative error of each input. Raises GradientError at the first that is too large.
    """
    output = np.asarray(function(**inputs))
    upstream = np.random.default_rng([seed, 71]).standard_normal(output.shape)
    gradients = backward(upstream)
    if set(gradients) != set(inputs):
        raise GradientError(f"gradients of {sorted(gradients)} were given, of {sorted(inputs)} expected")

    def loss() -> float:
        return float(np.sum(function(**inputs) * upstream))

    return {
        name: assert_gradient(name, np.asarray(gradients[name]), numerical_gradient(loss, x), tolerance)
        for name, x in inputs.items()
    }
