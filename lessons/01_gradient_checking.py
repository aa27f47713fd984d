r"""
Lesson 01: gradient checking
============================

About 60 minutes, exercises included.

Every lesson from here on works out derivatives by hand. Hands make mistakes, and a wrong gradient does not crash: the
model trains, only worse, and nobody knows why. So before the first derivative we build the referee: a way to
*measure* a derivative that knows nothing about how it was worked out. If both agree, the derivation is right. The
lesson also has the few rules for derivatives that all later lessons use.

You need: what a derivative is, matrix products, and from lesson 00 that training wants to know how a loss changes
with each number.

============  ================================================================================
L             the loss, one number
dX            gradient of L with respect to the array X, of X's shape
h, ε          the step of a difference (only in this lesson), and the rounding of a float
g             the upstream gradient that a check draws at random, of the output's shape
A ∗ B         the product number by number; A B is the matrix product
============  ================================================================================
"""

# %%
import numpy as np

import course
from lessons.draw import lesson_01 as draw
from nrms_np.gradcheck import (
    GradientError,
    assert_gradient,
    check_gradients,
    directional_derivative,
    numerical_gradient,
    relative_error,
)
from nrms_np.layers.self_attention import product_backward, product_forward
from nrms_np.layers.softmax import softmax_backward, softmax_forward

# %%
# A derivative by differences
# ---------------------------
#
# The derivative of f at x says how fast f(x) changes when x does. Its definition can be used as it stands: move x by
# a small step h and look.
#
# .. math:: f'(x) \approx \frac{f(x + h) - f(x)}{h}
#
# Take f(x) = x³ at x = 2. The derivative is 3x² = 12. With h = 0.1: 2.1³ = 9.261, and (9.261 − 8) / 0.1 = 12.61. Not
# very good. Now step both ways, to 2.1 and to 1.9, where 1.9³ = 6.859. The distance between the two is 2h:
#
# .. math:: f'(x) \approx \frac{f(x + h) - f(x - h)}{2h}
#
# That gives (9.261 − 6.859) / 0.2 = 12.01. With the same h, the error fell from 0.61 to 0.01.

# %%
h = 0.1
one_sided = ((2 + h) ** 3 - 2**3) / h
central = ((2 + h) ** 3 - (2 - h) ** 3) / (2 * h)
assert np.isclose(one_sided, 12.61)
assert np.isclose(central, 12.01)

# %%
# Why the central difference is so much better
# --------------------------------------------
#
# Taylor's formula, from calculus, says what f is near x:
#
# .. math::
#     f(x + h) &= f(x) + h f'(x) + \tfrac{h^2}{2} f''(x) + \tfrac{h^3}{6} f'''(x) + \dots \\
#     f(x - h) &= f(x) - h f'(x) + \tfrac{h^2}{2} f''(x) - \tfrac{h^3}{6} f'''(x) + \dots
#
# From the first line alone, the one-sided difference is :math:`f'(x) + \frac{h}{2} f''(x) + \dots`: its error is of
# order h. In the difference of the two lines the terms with h² cancel. What is left, divided by 2h:
#
# .. math:: \frac{f(x + h) - f(x - h)}{2h} = f'(x) + \tfrac{h^2}{6} f'''(x) + \dots
#
# So the error is of order h². A step ten times smaller makes it a hundred times smaller. For x³ the third derivative
# is 6, and the error is h² = 0.01 exactly, as seen above.
#
# Then why not take h = 1e-12?
# ----------------------------
#
# Because computers round. A float64 has about 16 digits: each result is off by a share of up to about ε = 2.2e-16 of
# its size. A float32 has about 7 digits, ε = 1.2e-7. When h is small, f(x + h) and f(x − h) agree in nearly all their
# digits. The subtraction removes what they have in common, and what is left is mostly rounding error, of size ε.
# Division by 2h then makes it large: the error from rounding is of order ε / h.
#
# One error falls with h, the other grows when h falls. Let us measure both, with f = tanh, at 200 points between 0.2
# and 1.8. The derivative of tanh is 1 − tanh², as lesson 05 will show. (The model and its loss need three curved
# functions: tanh, exp and the logarithm.)


# %%
def error_of_step(h: float, dtype: type[np.floating]) -> float:
    """How far the central difference of tanh is off: root of the mean square over 200 points."""
    x = np.linspace(0.2, 1.8, 200).astype(dtype)
    measured = (np.tanh(x + dtype(h)) - np.tanh(x - dtype(h))) / dtype(2 * h)
    exact = 1 - np.tanh(x.astype(np.float64)) ** 2
    return float(np.sqrt(np.mean((measured - exact) ** 2)))


steps = 10.0 ** np.arange(-11, 0.01, 0.25)
error64 = np.array([error_of_step(h, np.float64) for h in steps])
error32 = np.array([error_of_step(h, np.float32) for h in steps])
best64, best32 = steps[error64.argmin()], steps[error32.argmin()]
print(f"float64: smallest error {error64.min():.0e} at h = {best64:.0e}")
print(f"float32: smallest error {error32.min():.0e} at h = {best32:.0e}")
assert 1e-6 < best64 < 1e-4
assert error64.min() < 1e-10
assert 1e-3 < best32 < 1e-1
assert error32.min() > 1e-6

# %%
# On axes with logarithms, a power of h is a straight line: h² has slope 2, 1/h has slope −1. Together they make a V.
# The measured rounding error runs about ten times below the line ε / h: ε is the worst case of one rounding, and most
# are smaller. (To the far left the float32 line stops rising: h is then so small that x + h rounds to x, the
# difference is 0, and the error is the derivative itself.)

# %%
x = np.linspace(0.2, 1.8, 200)
third_derivative = (1 - np.tanh(x) ** 2) * (6 * np.tanh(x) ** 2 - 2)
sixth = float(np.sqrt(np.mean(third_derivative**2))) / 6
course.show(
    draw.error_against_step(steps, error64, error32, sixth),
    "01_error_against_step",
    caption="The error of a measured derivative of tanh, for float64 and float32. What we use is float64 with h = 1e-5.",
    alt="Two curves in the shape of a V. That of float64 has its bottom near h = 1e-5 at 1e-11, that of float32 near 3e-3 at 4e-6.",
)

# %%
# Where is the bottom of the V? Write the error as :math:`c h^2 + \epsilon / h`, with c for the size of
# :math:`f'''(x) / 6`. At the bottom the derivative of this with respect to h is zero:
#
# .. math:: 2 c h - \frac{\epsilon}{h^2} = 0 \qquad\Rightarrow\qquad h = \sqrt[3]{\frac{\epsilon}{2c}}
#
# For a c near 1 that is about 5e-6 in float64 and 4e-3 in float32. The error there is of order
# :math:`\epsilon^{2/3}`: 4e-11 in float64, and 2e-5 in float32. Remember what follows:
#
# - Gradient checks run in float64, with h = 1e-5. Correct code then agrees to about 1e-10.
# - In float32 the referee itself is off by a few millionths at best, and by more where many numbers are summed. It
#   could not tell a small mistake from its own rounding.
#
# The package's layers work in the dtype of their inputs. So they are checked in float64, and the same lines train in
# float32.
#
# From one number to arrays
# -------------------------
#
# Let L be one number, the loss, computed from an array x. The **gradient** of L with respect to x holds one
# derivative for each number of x. We write it dx; it always has the shape of x:
#
# .. math:: dx_i = \frac{\partial L}{\partial x_i} \approx \frac{L(x_i + h) - L(x_i - h)}{2h}
#
# where all other numbers of x stay as they are. Measuring it is a loop: move one number, compute L, move it the other
# way, compute L, put it back.

# %%
x = np.array([1.0, -2.0, 3.0])


def sum_of_squares() -> float:
    """L = x_0² + x_1² + x_2², from the x above."""
    return float(np.sum(x**2))


step = 1e-5
dx = np.zeros_like(x)
for i in range(3):
    before = x[i]
    x[i] = before + step
    above = sum_of_squares()
    x[i] = before - step
    below = sum_of_squares()
    x[i] = before
    dx[i] = (above - below) / (2 * step)

assert np.allclose(dx, 2 * x, atol=1e-9)  # by hand: the derivative of x² is 2x
assert np.array_equal(dx, numerical_gradient(sum_of_squares, x))  # the package's loop is the same

# %%
# The chain rule, and what "upstream" means
# -----------------------------------------
#
# A model is a chain of layers: x goes into a layer, y comes out, y goes into the next layer, and at the end stands L.
# The **forward** computes along the chain. The **backward** goes the other way. When it arrives at our layer, the
# layers after it have already worked out :math:`dy_i = \partial L / \partial y_i` for each output. That is the
# *upstream gradient*. Our layer has to turn dy into dx. It need not know what L is.
#
# How? If :math:`x_j` moves a little, each output :math:`y_i` moves by :math:`\partial y_i / \partial x_j` times as
# much, and each of these moves L by :math:`dy_i` times as much. The effects add up. This is the chain rule:
#
# .. math:: dx_j = \sum_i dy_i \, \frac{\partial y_i}{\partial x_j}
#
# The sum is over *everything that* :math:`x_j` *moves*. Forgetting a part of it is the most frequent bug of all.
#
# To check one layer alone we need some L after it. We invent one: draw random numbers g of y's shape, and set
#
# .. math:: L = \sum_i g_i \, y_i \qquad\text{so that}\qquad dy_i = \frac{\partial L}{\partial y_i} = g_i
#
# So g is the upstream gradient. Give g to the backward, measure the gradient of L by differences, compare.
#
# The simplest layer applies a function to each number alone, :math:`y_i = \tanh(x_i)`. Then :math:`x_j` moves only
# :math:`y_j`, and of the sum one term is left: :math:`dx_j = dy_j (1 - y_j^2)`.


# %%
def tanh_backward(dy: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The gradient of x, where y = tanh(x)."""
    return dy * (1 - y**2)


rng = np.random.default_rng(1)
x = rng.standard_normal((3, 4))
g = rng.standard_normal((3, 4))
measured = numerical_gradient(lambda: float(np.sum(g * np.tanh(x))), x)
by_hand = tanh_backward(g, np.tanh(x))
assert by_hand.shape == measured.shape == x.shape
assert np.allclose(by_hand, measured, atol=1e-9)

# %%
# The product rule for matrices
# -----------------------------
#
# Most of what a model does is matrix products. Let C = A B:
#
# .. math:: C_{i,j} = \sum_k A_{i,k} B_{k,j}
#
# .. admonition:: Derive before you read on
#
#     What are dA and dB, given dC? Which numbers of C does :math:`A_{i,k}` move, and with which factor each? Begin with
#     a loop if you like, then look for a matrix product. Write ``derive_product_gradients`` in
#     ``lessons/exercises/01_gradient_checking.py`` and run ``python -m lessons.check 01 derive_product_gradients``.

# %%
course.derive("derive_product_gradients")

# %%
# Take one number, :math:`A_{i,k}`. It occurs in row i of C only, once in each :math:`C_{i,j}`, and there it is
# multiplied by :math:`B_{k,j}`. So :math:`\partial C_{i,j} / \partial A_{i,k} = B_{k,j}`, and the chain rule sums
# over the row:
#
# .. math:: dA_{i,k} = \sum_j dC_{i,j} \, B_{k,j} = \sum_j dC_{i,j} \, (B^T)_{j,k}
#
# where :math:`B^T` is B with rows and columns exchanged. The last sum is the definition of a matrix product. In the
# same way :math:`B_{k,j}` occurs in column j of C only, multiplied by :math:`A_{i,k}`, and the sum is over that
# column:
#
# .. math:: dB_{k,j} = \sum_i A_{i,k} \, dC_{i,j} = \sum_i (A^T)_{k,i} \, dC_{i,j}
#
# So the rule to remember is:
#
# .. math:: C = A B \qquad\Rightarrow\qquad dA = dC \, B^T, \qquad dB = A^T dC
#
# The shapes help to remember it. With A (3, 2), B (2, 4) and dC (3, 4), the gradient dA must be (3, 2), and dC Bᵀ is
# (3, 4) · (4, 2). The other orders do not fit. (With square matrices everything fits. That is why tests use sizes
# that are all different.)
#
# Small numbers, and one entry by eye. :math:`A_{0,1}` meets :math:`B_{1,0} = 3` on its way to :math:`C_{0,0}`, and
# :math:`B_{1,1} = 4` on its way to :math:`C_{0,1}`. The first row of dC is (10, 100, 0, 0), so only these two ways
# count: :math:`dA_{0,1} = 10 \cdot 3 + 100 \cdot 4 = 430`.

# %%
A = np.array([[1.0, 2.0], [0.0, 5.0], [7.0, 1.0]])  # (3, 2)
B = np.array([[1.0, 2.0, 0.0, 1.0], [3.0, 4.0, 1.0, 0.0]])  # (2, 4)
upstream = np.array([[10.0, 100.0, 0.0, 0.0], [0.0, 1.0, 0.0, 2.0], [2.0, 0.0, 5.0, 0.0]])  # dC (3, 4), like C


def loop_backward(dC: np.ndarray, A: np.ndarray, B: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradients of A and B, where C = A B: one product of the forward at a time."""
    dA, dB = np.zeros_like(A), np.zeros_like(B)
    for i in range(A.shape[0]):
        for k in range(A.shape[1]):
            for j in range(B.shape[1]):
                # C[i, j] += A[i, k] * B[k, j]
                dA[i, k] += dC[i, j] * B[k, j]
                dB[k, j] += A[i, k] * dC[i, j]
    return dA, dB


by_loop = loop_backward(upstream, A, B)
assert by_loop[0][0, 1] == 430
assert np.array_equal(by_loop[0], upstream @ B.T)
assert np.array_equal(by_loop[1], A.T @ upstream)

C, cache = product_forward(A, B)  # the package's product; the cache keeps A and B for the backward
by_package = product_backward(upstream, cache)
assert np.array_equal(by_package[0], by_loop[0])
assert np.array_equal(by_package[1], by_loop[1])

# %%
# The other rules
# ---------------
#
# All layers of NRMS are made of products and a few smaller steps. Each rule follows from the chain rule in one line:
# find what an input number moves, and sum over it. (∗ is the product number by number, and b is a vector that is
# added to every row.)
#
# =====================  ==================================================================================
# forward                backward
# =====================  ==================================================================================
# C = A B                dA = dC Bᵀ, dB = Aᵀ dC
# C = Aᵀ                 dA = dCᵀ: the number moved to the other side of the diagonal, so does its gradient
# C = A + B              dA = dC, dB = dC: each moves its own number of C, one to one
# C = A ∗ B              dA = dC ∗ B, dB = dC ∗ A
# C = tanh(A)            dA = dC ∗ (1 − C ∗ C)
# C = exp(A)             dA = dC ∗ C: exp is its own derivative
# C = A + b              db = the sum of dC over the rows: each number of b is used once in each row
# c = sum of all of A    every number of dA is dc
# =====================  ==================================================================================
#
# The package's referee, ``check_gradients``, takes the forward, its inputs by name, and a function that turns an
# upstream gradient into a gradient for each input. It draws the upstream gradient g itself, measures the gradient of
# L = Σ g y with respect to each input, and gives back how far the two are apart. If that is too far,
# it raises a ``GradientError``. (The number is a *relative error*; it is explained further down.)

# %%
A, B, b = rng.standard_normal((5, 3)), rng.standard_normal((3, 4)), rng.standard_normal(3)
errors = check_gradients(lambda A, b: A + b, {"A": A, "b": b}, lambda dC: {"A": dC, "b": dC.sum(axis=0)})
print("A + b:", {name: f"{error:.0e}" for name, error in errors.items()})
assert max(errors.values()) < 1e-9

# %%
# A chain
# -------
#
# Two steps in a row: Z = A B, then Y = tanh(Z). The backward needs Y, and here it computes it again; the package's
# forwards keep such things, in a *cache*. The backward takes the
# steps in reverse order, and turns the gradient of each step's output into the gradient of its inputs. Above each
# line stands the forward line that it differentiates; the package is written the same way.


# %%
def chain_forward(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Y = tanh(A B)."""
    return np.tanh(A @ B)


def chain_backward(dY: np.ndarray, A: np.ndarray, B: np.ndarray) -> dict[str, np.ndarray]:
    """The gradients of A and B."""
    Y = np.tanh(A @ B)
    # Y = tanh(Z)
    dZ = dY * (1 - Y**2)
    # Z = A @ B
    return {"A": dZ @ B.T, "B": A.T @ dZ}


errors = check_gradients(chain_forward, {"A": A, "B": B}, lambda dY: chain_backward(dY, A, B))
print("tanh(A B):", {name: f"{error:.0e}" for name, error in errors.items()})
assert max(errors.values()) < 1e-9

# %%
# Why the upstream gradient is random
# -----------------------------------
#
# It is tempting to check with g = 1 everywhere, that is, with L the sum of all outputs. Two mistakes show why not.
# Here is a backward that reads the rows of dY in the wrong order. With ones, all rows of dY are the same, and it
# passes:


# %%
def upside_down(dY: np.ndarray) -> dict[str, np.ndarray]:
    """A product's backward that takes the last row of dY for the first."""
    return {"A": dY[::-1] @ B.T, "B": A.T @ dY[::-1]}


ones = np.ones((5, 4))
measured = numerical_gradient(lambda: float(np.sum(ones * (A @ B))), A)
assert relative_error(upside_down(ones)["A"], measured) < 1e-9  # wrong, and not noticed
try:
    check_gradients(lambda A, B: A @ B, {"A": A, "B": B}, upside_down)
    raise SystemExit("the check did not notice")
except GradientError as error:
    print("rows upside down:", error)

# %%
# The second one matters more to us. Attention is built on the *softmax*, which makes weights of scores a. Lesson 03
# is about it; here we need only one property:
#
# .. math:: p_i = \frac{\exp(a_i)}{\sum_j \exp(a_j)} \qquad\text{so}\qquad \sum_i p_i = 1
#
# With g = 1, the loss L is the sum of the weights. That is 1, whatever the scores are. A constant has gradient zero.
# So a backward that returns zeros, and has not one correct line in it, agrees with the measurement as far as
# ``np.allclose`` can see. A relative error does not help either: what was measured is rounding noise alone, and
# relative to noise the correct backward is as wrong as any. Such a check says nothing about the code.

# %%
a = rng.standard_normal(6)
measured = numerical_gradient(lambda: float(np.sum(softmax_forward(a)[0])), a)
nothing = np.zeros(6)
assert np.allclose(nothing, measured)  # an empty backward passes
correct = softmax_backward(np.ones(6), softmax_forward(a)[0])
assert np.abs(measured).max() < 1e-10
assert np.abs(correct).max() < 1e-15  # both are zero but for rounding
assert relative_error(correct, measured) > 0.9

# %%
# With a random g the true gradient is not zero, the correct backward passes and the empty one is caught. (Where the
# measured gradient is exactly zero, for whatever reason, the package refuses to call that a check.)

# %%
check_gradients(
    lambda a: softmax_forward(a)[0], {"a": a}, lambda dp: {"a": softmax_backward(dp, softmax_forward(a)[0])}
)
checks = [
    lambda: check_gradients(lambda a: softmax_forward(a)[0], {"a": a}, lambda _: {"a": nothing}),
    lambda: assert_gradient("a", by_hand=nothing, measured=nothing),
]
for check in checks:
    try:
        check()
        raise SystemExit("the check did not notice")
    except GradientError as error:
        print("empty backward:", error)

# %%
# What size of error is a bug?
# ----------------------------
#
# The package compares a gradient by hand, a, with a measured one, n, by the relative error of the whole array:
#
# .. math:: \frac{\lVert a - n \rVert}{\lVert a \rVert + \lVert n \rVert}
#
# where :math:`\lVert v \rVert` is the root of the sum of the squares of all numbers in v. It is 0 when both are
# equal, 1 when one of them is zero or they point in opposite directions, and it does not change when the loss is
# multiplied by 1000. Below 1e-7 passes.
#
# Let us see where correct code is and where mistakes are. The layer is tanh(A B) again, with a square B, so that a
# forgotten transpose fits. We look at dA.

# %%
A, B = rng.standard_normal((6, 4)), rng.standard_normal((4, 4))
g = rng.standard_normal((6, 4))
Y = np.tanh(A @ B)
measured = numerical_gradient(lambda: float(np.sum(g * np.tanh(A @ B))), A)
correct = (g * (1 - Y**2)) @ B.T

last_row_lost = correct.copy()
last_row_lost[-1] = 0
one_number_off = correct.copy()
one_number_off[2, 1] *= 1.01

A32, B32, g32 = A.astype(np.float32), B.astype(np.float32), g.astype(np.float32)
measured32 = numerical_gradient(lambda: float(np.sum(g32 * np.tanh(A32 @ B32))), A32, step=4e-3)

sizes = {
    "B for Bᵀ": relative_error((g * (1 - Y**2)) @ B, measured),
    "tanh forgotten": relative_error(g @ B.T, measured),
    "1 − y for 1 − y²": relative_error((g * (1 - Y)) @ B.T, measured),
    "last row lost": relative_error(last_row_lost, measured),
    "one of 24 numbers 1% off": relative_error(one_number_off, measured),
    "all numbers 0.1% off": relative_error(1.001 * correct, measured),
    "correct, float32 (h = 4e-3)": relative_error(correct, measured32.astype(np.float64)),
    "correct, float64": relative_error(correct, measured),
}
assert sizes["correct, float64"] < 1e-9
assert all(error > 1e-4 for name, error in sizes.items() if "correct" not in name)
assert sizes["correct, float32 (h = 4e-3)"] > 1e-6  # at 1e-7 correct code would fail

# %%
# In float64, between correct code, near 1e-10, and the smallest of these mistakes, above 1e-4, lie six powers of ten
# with nothing in them. The limit 1e-7 stands in the middle. So there is no grey zone in which to argue: in float64,
# 1e-5 is not "nearly right" but a bug, or a function with a jump or a corner in it. NRMS has none of those.
#
# In float32 correct code itself is near 1e-5. The limit would have to lie above that, and a smaller mistake would pass,
# such as one wrong number among 100,000. So gradients are not checked in float32.
#
# Why the whole array
# -------------------
#
# One could compare number by number instead, :math:`|a_i - n_i| / (|a_i| + |n_i|)`, and take the worst. But the
# measured gradient carries the same rounding error everywhere, about 1e-10 here. Where the true derivative is tiny,
# this is large beside it. tanh is nearly flat at x = ±9; its derivative there is 6e-8:
#
# *Predict first:* how large is the worst single number's error, about?

# %%
x = np.linspace(-9, 9, 181)
g = rng.standard_normal(181)
measured = numerical_gradient(lambda: float(np.sum(g * np.tanh(x))), x)
by_hand = tanh_backward(g, np.tanh(x))
elementwise = np.abs(by_hand - measured) / (np.abs(by_hand) + np.abs(measured))
whole = relative_error(by_hand, measured)
print(f"correct tanh: whole array {whole:.0e}, worst single number {elementwise.max():.0e}")
assert whole < 1e-9
assert elementwise.max() > 1e-4  # correct code, and still as large as a bug

# %%
course.show(
    draw.error_sizes(sizes),
    "01_error_sizes",
    caption="Relative errors of the whole array: × mistakes, ● correct code in float64, ○ in float32, where it cannot be told "
    "from a mistake.",
    alt="Six mistakes lie above 1e-4, correct code in float64 near 1e-10, and the limit 1e-7 between them. Correct code in "
    "float32 is near 1e-5, on the mistakes' side.",
)

# %%
course.show(
    draw.number_by_number(np.abs(by_hand), elementwise, whole),
    "01_number_by_number",
    caption="One dot for each of 181 derivatives of tanh, all of them correct. Compared number by number, some look like bugs.",
    alt="The smaller the derivative, the larger the relative error of one number: from 1e-12 up to 4e-3.",
)

# %%
# The price: an error in a part that is tiny beside the rest can hide in the norm. So each array is checked on its
# own, not all of them as one long vector, and test inputs are drawn with sizes near 1.
#
# When a check fails, the message names the array, the worst index and both values, as in the lines printed above.
# Read them. A quotient of 2 or −1, or a 0 by hand, often tells you which line to look at.
#
# A whole model at once
# ---------------------
#
# Two forwards for each number are fine for a layer with 50 numbers, and hopeless for a model with a million. There
# one moves *all* numbers at once, in a random direction v, and measures one derivative. By the chain rule it must be
# the sum over all numbers of gradient times direction:
#
# .. math:: \frac{L(x + h v) - L(x - h v)}{2h} \approx \sum_i dx_i \, v_i

# %%
v = rng.standard_normal(181)
along_v = directional_derivative(lambda: float(np.sum(g * np.tanh(x))), x, v)
assert np.isclose(along_v, by_hand @ v, rtol=1e-8)

# %%
# Can a mistake hide? Call the right gradient a, and the mistake e, what is added to it. The check sees a·v and (a +
# e)·v. Their relative error, defined as above, is \|e·v\| / (\|a·v\| + \|(a + e)·v\|), which for a small mistake is
# half of \|e·v\| / \|a·v\|.
#
# For a v drawn at random, a·v and e·v are random numbers with the spreads ‖a‖ and ‖e‖. In a space of 100,000 numbers
# *everything* is nearly at a right angle to v, a and e alike. That does no harm: both products shrink by the same
# factor, and their quotient stays. So the error that is shown has the size ½ ‖e‖ / ‖a‖, whatever the number of
# parameters.
#
# That is its size; its value is a matter of luck. In half of all draws it is larger than that. In a share of 2/π · t of
# the draws it is smaller than t times that (for a small t). Both hold for an e at a right angle to a, as two random
# directions nearly are.

# %%
a, e = rng.standard_normal(100_000), rng.standard_normal(100_000)
e *= 0.01 * np.linalg.norm(a) / np.linalg.norm(e)  # a mistake of 1%
draws = rng.standard_normal((20, 100_000))
cosines = draws @ a / (np.linalg.norm(draws, axis=1) * np.linalg.norm(a))
assert np.degrees(np.arccos(np.abs(cosines))).min() > 89  # all of them nearly at a right angle

plane = rng.standard_normal((200_000, 2))  # of v only its part along a and its part along e count: two normal numbers
shows = 0.01 * np.abs(plane[:, 1]) / (np.abs(plane[:, 0]) + np.abs(plane[:, 0] + 0.01 * plane[:, 1]))
print(f"a mistake of 1% shows as {np.median(shows):.2%} (median), below 0.005% in {np.mean(shows < 5e-5):.2%} of draws")
assert np.isclose(np.median(shows), 0.005, rtol=0.05)
assert np.isclose(np.mean(shows < 5e-5), 2 / np.pi * 0.01, rtol=0.1)

# %%
# And if just *one* of the 100,000 numbers is wrong, and only by 1% of its size? Then ‖e‖ / ‖a‖ is 0.01 / √100,000 =
# 3e-5. Half of that is small, and still more than a hundred times the limit of 1e-7:

# %%
along_e = 0.01 * draws[:, :1000]  # e·v for each of 1,000 places of the wrong number, as the numbers of a have size 1
along_a = (draws @ a)[:, None]
shows = np.abs(along_e) / (np.abs(along_a) + np.abs(along_a + along_e))  # (draws, numbers that may be wrong)
print(f"one number of 100,000 that is 1% off shows as {np.median(shows):.0e} (median)")
assert 100 < np.median(shows) / 1e-7 < 250

# %%
# So the sensitivity is this: with the limit of 1e-7, a mistake of 1% of the gradient's length goes unseen in one draw
# of 80,000, and the one wrong number in one draw of 250. Lesson 10 takes six directions, and a mistake that hides has
# to hide from all of them. What the one number does not say is *where* the mistake is. So: full differences for the
# layers, some random directions for the whole model.
#
# What to remember
# ----------------
#
# 1. Central differences in float64 with h = 1e-5: correct code agrees to 1e-10, and the limit is 1e-7 for the whole
#    array.
# 2. The upstream gradient is random, never ones: a softmax with ones has gradient zero, and everything passes.
# 3. C = A B passes back dA = dC Bᵀ and dB = Aᵀ dC. An input gets the sum over everything that it moves.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/01_gradient_checking.py`` and run ``python -m lessons.check 01``.
#
# Further (answers in ``lessons/further/01.md``): (a) Where is the bottom of the V for the one-sided difference, and how
# small is the error there? Derive it, then draw it. (b) And for ``better_difference`` of the exercises, whose error is
# of order h⁴? (c) max(x, 0) has a corner at 0. What does a central difference measure there, and what would a backward
# return? How would you choose test inputs for such a function?
