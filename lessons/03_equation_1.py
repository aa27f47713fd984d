r"""
Lesson 03: equation 1, which word looks at which
================================================

*Rockets win again* is about basketball, *Rockets launch again* about space. One vector for *Rockets* cannot say both.
What it means depends on the words around it, so each word should look at the others and take something from them.
This lesson is about the looking: how much does word i look at word j? What it takes from them is lesson 04.

You need: lesson 01 (gradient checking) and lesson 02 (a title is a matrix of word vectors).
"""

# %%
import numpy as np

import course
from nrms_np.gradcheck import GradientError, check_gradients
from nrms_np.layers.softmax import softmax_backward, softmax_forward

# %%
# The equation
# ------------
#
# For one attention head (the paper numbers heads with k; here there is one, so we leave k out):
#
# .. math::
#     \alpha_{i,j} = \frac{\exp(e_i^T Q \, e_j)}{\sum_{m=1}^{M} \exp(e_i^T Q \, e_m)}
#
# - :math:`e_i` is the vector of word i of the title, with D numbers, as a column; :math:`e_i^T` is the same as a row.
# - M is the number of words. Lesson 02 called it T; in this lesson we keep the paper's letter.
# - :math:`Q` is a D × D matrix that training will find. :math:`e_i^T Q \, e_j` is one number, the *score* of j for i.
# - :math:`\alpha_{i,j}` is the *weight*: how much word i looks at word j. exp makes every score positive, the
#   denominator makes the weights of one word i sum to 1. The two steps together are the *softmax* of lesson 01.
#
# Three words, D = 2, numbers small enough to follow by eye:

# %%
words = ["Rockets", "win", "again"]
e = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])  # (M, D) = (3, 2): one row per word
Q = np.array([[0.5, 1.0], [0.0, 0.0]])  # (D, D)

# %%
# One query by hand
# -----------------
#
# Word i asks, so call it the query. Take i = 0, *Rockets*. First :math:`e_0^T Q`: the row (1, 0) times Q picks Q's
# first row, (0.5, 1). Then a dot product with each word: with *Rockets* 0.5·1 + 1·0 = 0.5, with *win*
# 0.5·0 + 1·2 = 2, with *again* 0.5·1 + 1·1 = 1.5.

# %%
i = 0
scores_of_rockets = np.zeros(3)
for j in range(3):
    scores_of_rockets[j] = e[i] @ Q @ e[j]
assert scores_of_rockets.tolist() == [0.5, 2.0, 1.5]

exps = np.exp(scores_of_rockets)
weights_of_rockets = exps / exps.sum()
for word, score, weight in zip(words, scores_of_rockets, weights_of_rockets, strict=True):
    print(f"Rockets looks at {word:8} score {score:.1f}  weight {weight:.3f}")

# %%
# *Rockets* looks mostly at *win*. That is what the matrix Q is for: it says which kinds of words matter to which. It
# need not be symmetric. Here *win* does not prefer *Rockets* in return: (0, 2) times Q is (0, 0), so all scores of
# *win* are 0, and it looks at all three words equally.
#
# All pairs at once
# -----------------
#
# The scores of all pairs come from two matrix products. With the word vectors as the rows of x (M, D):
#
# .. math:: S = x \, Q \, x^T \qquad (M, D) \cdot (D, D) \cdot (D, M) = (M, M), \qquad S_{i,j} = e_i^T Q \, e_j

# %%
x = e
S = x @ Q @ x.T  # (M, M)
alpha = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)  # each row i sums to 1
assert np.allclose(alpha[0], weights_of_rockets)
assert np.allclose(alpha[1], 1 / 3)

# %%
drawing = course.figure(4.6, 3.4)
axes = drawing.add_subplot()
course.draw_weights(axes, alpha, words, words)
axes.set_xlabel("is looked at (j)")
axes.set_ylabel("looks (i)")
axes.set_title("Weights of one head; each row sums to 1")
course.save(drawing, "03_weights")

# %%
# Stability
# ---------
#
# exp(1000) is larger than any float64, so the formula as it stands breaks down on scores that are merely large:

# %%
large = np.array([1000.0, 1001.0])
with np.errstate(over="ignore", invalid="ignore"):
    naive = np.exp(large) / np.exp(large).sum()
assert np.isnan(naive).all()

# %%
# The way out costs nothing. A common factor cancels in the fraction, so any number c may be subtracted from all
# scores:
#
# .. math::
#     \frac{\exp(s_j - c)}{\sum_m \exp(s_m - c)} = \frac{\exp(s_j) \exp(-c)}{\sum_m \exp(s_m) \exp(-c)}
#     = \frac{\exp(s_j)}{\sum_m \exp(s_m)}
#
# With c the largest score, the largest exponent is 0 and nothing can overflow. The package's softmax does this:

# %%
stable, _ = softmax_forward(large)
print("weights of scores 1000 and 1001:", stable)
assert np.allclose(stable, softmax_forward(np.array([0.0, 1.0]))[0])
ours, _ = softmax_forward(S)
assert np.allclose(ours, alpha)  # and it is the same function as above

# %%
# Backward: softmax
# -----------------
#
# Take the row of one word that looks. Call its scores a, a row of S, and its weights p, the same row of alpha. From
# here to the end of this section i and j count the places of this one row.
#
# The backward is given :math:`dp_i = \partial L / \partial p_i` for each weight and has to find
# :math:`da_j = \partial L / \partial a_j` for each score. (As in lesson 01, dX is the gradient of L with respect to X, of
# X's shape.)
#
# A weight is :math:`p_i = \exp(a_i) / Z` with :math:`Z = \sum_m \exp(a_m)`. A score moves its own weight through
# the numerator, and *every* weight through Z. The quotient rule, with :math:`\partial Z / \partial a_j = \exp(a_j)`:
#
# .. math::
#     \frac{\partial p_i}{\partial a_j}
#     = \frac{[i = j] \exp(a_i) \, Z - \exp(a_i) \exp(a_j)}{Z^2}
#     = p_i \big( [i = j] - p_j \big)
#
# where [i = j] is 1 if i equals j and 0 otherwise. The chain rule sums over all weights that :math:`a_j` moves:
#
# .. math::
#     da_j = \sum_i dp_i \, p_i \big( [i = j] - p_j \big)
#     = p_j \, dp_j - p_j \sum_i p_i \, dp_i
#     = p_j \Big( dp_j - \sum_i p_i \, dp_i \Big)
#
# In words: a score's gradient is its weight, times how far the gradient of that weight is above the weighted mean of
# all dp. In code, for all rows:

# %%
rng = np.random.default_rng(3)
dp = rng.standard_normal(alpha.shape)  # some upstream gradient
da = alpha * (dp - (alpha * dp).sum(axis=1, keepdims=True))
assert np.allclose(da, softmax_backward(dp, alpha))  # the package's own

# %%
# Each row of da sums to 0. It has to: adding the same number to all scores of a row changes nothing, so there is no
# gradient in that direction. Lesson 05 uses this.

# %%
assert np.allclose(da.sum(axis=1), 0)

# %%
# Backward: the scores
# --------------------
#
# Now from :math:`dS` (the rows da, one below the other) to :math:`dx` and :math:`dQ`, where :math:`S = x Q x^T`.
# Lesson 01 had the rule for a product: C = A B passes back :math:`dA = dC \, B^T` and :math:`dB = A^T dC`. Name the
# middle step: :math:`Y = x Q`, :math:`S = Y x^T`.
#
# - :math:`S = Y x^T`: A is Y, B is :math:`x^T`. So :math:`dY = dS \, x`, and :math:`d(x^T) = Y^T dS`;
#   transposed, :math:`dx = dS^T Y`.
# - :math:`Y = x Q`: A is x, B is Q. So :math:`dQ = x^T dY`, and :math:`dx = dY \, Q^T`.
#
# x is used twice: on the left, as the word that looks, and on the right, as the word that is looked at. When a value
# goes two ways, its gradient is the **sum** of what comes back from both.


# %%
def weights_forward(x: np.ndarray, Q: np.ndarray) -> np.ndarray:
    """Equation 1: the weights (M, M) of one head."""
    weights, _ = softmax_forward(x @ Q @ x.T)
    return weights


def weights_backward(d_alpha: np.ndarray, x: np.ndarray, Q: np.ndarray) -> dict[str, np.ndarray]:
    """The gradients of x and Q."""
    Y = x @ Q
    alpha, _ = softmax_forward(Y @ x.T)
    # alpha = softmax(S)
    dS = softmax_backward(d_alpha, alpha)
    # S = Y @ x.T
    dY = dS @ x
    dx = dS.T @ Y  # x as the word that is looked at
    # Y = x @ Q
    dQ = x.T @ dY
    dx += dY @ Q.T  # x as the word that looks
    return {"x": dx, "Q": dQ}


# %%
# The gradient check
# ------------------

# %%
x = rng.standard_normal((5, 4))  # M = 5, D = 4: different sizes, so that a transposed matrix cannot pass
Q = rng.standard_normal((4, 4))
errors = check_gradients(weights_forward, {"x": x, "Q": Q}, lambda up: weights_backward(up, x, Q))
print("gradient check:", {name: f"{error:.0e}" for name, error in errors.items()})
assert max(errors.values()) < 1e-7

# %%
# Does the check find a mistake? Forget that x is used twice, the most frequent bug of all:


# %%
def forgetful_backward(d_alpha: np.ndarray) -> dict[str, np.ndarray]:
    """Keep only one of x's two ways."""
    dS = softmax_backward(d_alpha, weights_forward(x, Q))
    return {"x": dS @ x @ Q.T, "Q": x.T @ dS @ x}


try:
    check_gradients(weights_forward, {"x": x, "Q": Q}, forgetful_backward)
    raise SystemExit("the check did not notice")
except GradientError as error:
    print("forgetting one way:", error)

# %%
# And why the upstream gradient must be random: with ones, :math:`dp_i = 1` for all i, the bracket is
# :math:`1 - \sum_i p_i = 0`. The true gradient is zero, and a backward that does nothing at all would pass.

# %%
assert np.allclose(softmax_backward(np.ones_like(alpha), alpha), 0)

# %%
# What to remember
# ----------------
#
# 1. A score for every pair, S = x Q xᵀ, and a softmax over each row: word i spreads a weight of 1 over all words.
# 2. A softmax's gradient is p (dp − Σ p dp): every score moves every weight of its row.
# 3. A value used twice gets the sum of two gradients.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/03_equation_1.py``, fill in the blanks, and run ``python -m lessons.check 03``.
#
# Further: (a) Which Q makes every word look only at itself, nearly? Try Q = 20 · I, with I the identity matrix, on
# word vectors with ‖e‖ = 1. (b) Show that a Q with Qᵀ = −Q gives every word the score 0 for itself. (c) Multiply all
# scores by 100 and look at the weights: what happens to the gradient of the scores, and why would training get
# stuck?
