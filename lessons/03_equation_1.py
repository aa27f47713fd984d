r"""
Lesson 03: equation 1, which word looks at which
================================================

About 45 minutes, exercises included.

*Rockets win again* is about a team, *Rockets launch again* about space, and one vector for *rockets* cannot say both.
What it means depends on the words around it: each word should look at the others and take something from them. This
lesson is about the looking: how much does word i look at word j? What it takes from there is lesson 04.

You need: lesson 01 (gradient checking, the product rule) and lesson 02 (a title is a matrix of word vectors).

==============  ==================================================================
x (T, D)        a title: row i is the word vector of word i, the paper's e_i
B (D, D)        the matrix between two words; the paper's Q_k, for one head
S (T, T)        scores: S[i, j] is how well word j fits what word i looks for
α (T, T)        weights: softmax of each row of S
a, p (T,)       one row of S, and the same row of α
dX              gradient of the loss with respect to X, of X's shape
==============  ==================================================================
"""

# %%
import numpy as np

import course
from lessons import story
from lessons.draw import lesson_03 as draw
from nrms_np.gradcheck import GradientError, check_gradients, numerical_gradient
from nrms_np.layers.softmax import softmax_backward, softmax_forward

# %%
# The equation
# ------------
#
# For one attention head (heads are numbered with k; here there is one, so we leave k out):
#
# .. math::
#     \alpha_{i,j} = \frac{\exp(e_i^T B \, e_j)}{\sum_{m=1}^{T} \exp(e_i^T B \, e_m)}
#
# - :math:`e_i` is the vector of word i of the title, with D numbers, as a column; :math:`e_i^T` is the same as a row.
# - T is the number of words. (The paper writes M, and Q for our B. We keep Q for lesson 04, where it is another
#   matrix.)
# - B is a D × D matrix that training will find. :math:`e_i^T B \, e_j` is one number, the *score* of j for i.
# - :math:`\alpha_{i,j}` is the *weight*: how much word i looks at word j. exp makes every score positive, the
#   denominator makes the weights of one word i sum to 1. The two steps together are called *softmax*.
#
# Our word vectors have D = 4 numbers with names: (sport, space, action, time). Real word vectors have no such names,
# but they make the sums easy to read. *rockets* may be sport or space, so it has a bit of both:

# %%
x = story.vectors("Rockets win again")  # (T, D) = (3, 4)
assert x.tolist() == [
    [1, 1, 0, 0],  # rockets
    [2, 0, 1, 0],  # win
    [0, 0, 0, 1],  # again
]
B = np.array(  # (D, D): the row is what the word that looks has, the column what the word that is looked at has
    [  # sport space action time
        [0.5, 0.0, 0.5, 0.0],  # sport looks for sport and for action
        [0.0, 0.5, 0.5, 0.0],  # space looks for space and for action
        [0.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.0],
    ]
)

# %%
# One word by hand
# ----------------
#
# Take i = 0, *Rockets*, as the word that looks. First :math:`e_0^T B`: the row (1, 1, 0, 0) times B adds the first
# two rows of B, (0.5, 0.5, 1, 0). That is what *Rockets* looks for: some sport, some space, above all action, for the
# verb will tell. Then a dot product with each word: with *Rockets* 0.5 + 0.5 = 1, with *win* 2·0.5 + 1·1 = 2, with
# *again* 0.
#
# *Predict first:* scores of 1, 2 and 0. Does *win* get twice the weight of *Rockets*, and does *again* get any?

# %%
scores_of_rockets = np.zeros(3)
for j in range(3):
    scores_of_rockets[j] = x[0] @ B @ x[j]
assert scores_of_rockets.tolist() == [1.0, 2.0, 0.0]

exps = np.exp(scores_of_rockets)  # e = 2.72, e² = 7.39, 1: together 11.11
weights_of_rockets = exps / exps.sum()
assert np.allclose(weights_of_rockets, [2.72 / 11.11, 7.39 / 11.11, 1 / 11.11], atol=1e-3)
print("Rockets looks at Rockets, win, again:", weights_of_rockets.round(2))

# %%
# *Rockets* looks mostly at *win*. That is what B is for: it says which kinds of words matter to which. It need not be
# symmetric: sport and space look for action (the third column), but action looks for nothing (the third row). And
# *again*, (0, 0, 0, 1), has nothing that looks: all its scores are 0, and it looks at all three words alike.
#
# All pairs at once
# -----------------
#
# The scores of all pairs come from two matrix products, with the word vectors as the rows of x:
#
# .. math:: S = x \, B \, x^T \qquad (T, D) \cdot (D, D) \cdot (D, T) = (T, T), \qquad S_{i,j} = e_i^T B \, e_j

# %%
S = x @ B @ x.T  # (T, T)
assert S.tolist() == [[1, 2, 0], [1, 3, 0], [0, 0, 0]]
alpha = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)  # each row i sums to 1
assert np.allclose(alpha[0], weights_of_rockets)
assert np.allclose(alpha[2], 1 / 3)

launch = story.vectors("Rockets launch again")
alpha_of_launch = softmax_forward(launch @ B @ launch.T)[0]  # the package's own; it is looked at below
course.show(
    draw.weights({"Rockets win again": alpha, "Rockets launch again": alpha_of_launch}),
    "03_weights",
    caption="Rows look, columns are looked at. The same word, Rockets, looks at win here and at launch there.",
    alt="Two 3 by 3 tables of weights. In both, Rockets looks at the verb with 0.67, at itself with 0.24, at again with 0.09.",
)

# %%
# Large scores
# ------------
#
# exp(1000) is larger than any float64, so the formula as it stands breaks down on scores that are merely large:

# %%
large = np.array([1000.0, 1001.0])
with np.errstate(over="ignore", invalid="ignore"):
    naive = np.exp(large) / np.exp(large).sum()
assert np.isnan(naive).all()

# %%
# The way out costs nothing. A common factor cancels in the fraction, so any number c may be subtracted from all
# scores of a row:
#
# .. math::
#     \frac{\exp(s_j - c)}{\sum_m \exp(s_m - c)} = \frac{\exp(s_j) \exp(-c)}{\sum_m \exp(s_m) \exp(-c)}
#     = \frac{\exp(s_j)}{\sum_m \exp(s_m)}
#
# With c the largest score, the largest exponent is 0 and nothing can overflow. Which largest? That of the whole table
# or that of the row? In exact numbers it makes no difference. In float64 it does, and the exercise will let you find
# out when.

# %%
stable, _ = softmax_forward(large)
assert np.allclose(stable, softmax_forward(np.array([0.0, 1.0]))[0])

# %%
# Backward: softmax
# -----------------
#
# Take the row of one word that looks. Call its scores a, a row of S, and its weights p, the same row of α. From here
# to the end of this section i and j count the places of this one row.
#
# The backward is given :math:`dp_i = \partial L / \partial p_i` for each weight, and has to find
# :math:`da_j = \partial L / \partial a_j` for each score. A score moves its own weight through the numerator, and
# *every* weight through the sum below the line. So first: by how much does each weight move when one score does?
#
# .. admonition:: Derive before you read on
#
#     :math:`p_i = \exp(a_i) / Z` with :math:`Z = \sum_m \exp(a_m)`. What is :math:`\partial p_i / \partial a_j`? You
#     need the quotient rule, and a case for i = j. Write ``derive_weight_by_score`` in
#     ``lessons/exercises/03_equation_1.py`` and run ``python -m lessons.check 03 derive_weight_by_score``.

# %%
course.derive("derive_weight_by_score")

# %%
# With :math:`\partial Z / \partial a_j = \exp(a_j)` the quotient rule says
#
# .. math::
#     \frac{\partial p_i}{\partial a_j}
#     = \frac{[i = j] \exp(a_i) \, Z - \exp(a_i) \exp(a_j)}{Z^2}
#     = p_i \big( [i = j] - p_j \big)
#
# where [i = j] is 1 if i equals j and 0 otherwise. For the row of *Rockets*, p = (0.24, 0.67, 0.09), as a table with
# a row for each weight and a column for each score:

# %%
p = weights_of_rockets
by_score = np.diag(p) - np.outer(p, p)  # (T, T): [i, j] is ∂p_i / ∂a_j
assert np.allclose(by_score[1], [-0.16, 0.22, -0.06], atol=0.005)  # the row of win: 0.67·(0 − 0.24), ...
assert np.allclose(by_score.sum(axis=0), 0)  # whatever one weight wins, the others lose

# %%
# The chain rule sums over all weights that :math:`a_j` moves:
#
# .. math:: da_j = \sum_i dp_i \, \frac{\partial p_i}{\partial a_j}
#
# Numbers: say the loss falls when *Rockets* looks more at *win*, and no other weight matters. So dp = (0, −1, 0): one
# more of the second weight is one less of loss. Of the sum one term is left, minus the row of *win* from above:

# %%
dp = np.array([0.0, -1.0, 0.0])
da = dp @ by_score
assert np.allclose(da, [0.16, -0.22, 0.06], atol=0.005)
assert np.allclose(da, softmax_backward(dp, p))  # the package's own
course.show(
    draw.one_row(["Rockets", "win", "again"], scores_of_rockets, p, dp, da),
    "03_one_row",
    caption="▼: more of it, less loss. The score of win should grow, and the other two should fall.",
    alt="Scores 1, 2, 0 become weights 0.24, 0.67, 0.09. The gradient of the weights 0, -1, 0 returns as 0.16, -0.22, 0.06.",
)

# %%
# da sums to 0, for any dp. It has to: adding the same number to all scores of a row changes nothing, so there is no
# gradient in that direction. Lesson 05 uses this.
#
# The table has T × T numbers for each row of S, T³ for a title. Nobody makes it: the sum over i can be done with
# pencil first, and what is left is one line of NumPy. That line is the exercise ``softmax_backward``. Do it before
# lesson 04, which uses it.
#
# Backward: the scores
# --------------------
#
# Now from dS (the rows da, one below the other) to dx and dB, where S = x B xᵀ. Take one pair first. The score
# :math:`S_{i,j} = e_i^T B \, e_j` is the sum of all products :math:`e_{i,m} B_{m,n} \, e_{j,n}`.
# With respect to :math:`B_{m,n}` its derivative is :math:`e_{i,m} \, e_{j,n}`; with respect to :math:`e_i` it is
# :math:`B \, e_j`, and with respect to :math:`e_j` it is :math:`B^T e_i`. All pairs together, with the rule of lesson
# 01 for products (C = A B passes back dA = dC Bᵀ and dB = Aᵀ dC), and Y = x B in the middle:
#
# - S = Y xᵀ: the left factor is Y, the right one xᵀ. So dY = dS x, and d(xᵀ) = Yᵀ dS; transposed, dx = dSᵀ Y.
# - Y = x B: so dB = xᵀ dY, and dx = dY Bᵀ.
#
# x is used twice: on the left, as the word that looks, and on the right, as the word that is looked at. When a value
# goes two ways, its gradient is the **sum** of what comes back from both.


# %%
def weights_forward(x: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Equation 1: the weights (T, T) of one head."""
    weights, _ = softmax_forward(x @ B @ x.T)
    return weights


def weights_backward(d_alpha: np.ndarray, x: np.ndarray, B: np.ndarray) -> dict[str, np.ndarray]:
    """The gradients of x and B."""
    Y = x @ B
    alpha, _ = softmax_forward(Y @ x.T)
    # alpha = softmax(S)
    dS = softmax_backward(d_alpha, alpha)
    # S = Y @ x.T
    dY = dS @ x
    dx = dS.T @ Y  # x as the word that is looked at
    # Y = x @ B
    dB = x.T @ dY
    dx += dY @ B.T  # x as the word that looks
    return {"x": dx, "B": dB}


# %%
# The numbers of the title. Only *Rockets* got a gradient for its weights, so only row 0 of dS is not zero:
# (0.16, −0.22, 0.06). What *Rockets* sees, weighed with it, is row 0 of dY = dS x:
# 0.16·(1, 1, 0, 0) − 0.22·(2, 0, 1, 0) + 0.06·(0, 0, 0, 1) = (−0.28, 0.16, −0.22, 0.06). And dB = xᵀ dY copies this
# row to where *Rockets* has a 1, to sport and to space:

# %%
d_alpha = np.array([dp, np.zeros(3), np.zeros(3)])
gradients = weights_backward(d_alpha, x, B)
assert np.allclose(gradients["B"][:2], [-0.28, 0.16, -0.22, 0.06], atol=0.005)
assert not gradients["B"][2:].any()

# %%
# Read it: where *Rockets* looks for sport and action, B should grow (a gradient below zero: more of it, less loss);
# where it looks for space and time, it should fall. One step against the gradient does what was asked for:
#
# *Predict first:* *Rockets* looks at *win* with 0.67. How much is it when the whole gradient is subtracted, B − dB?

# %%
after = weights_forward(x, B - 1.0 * gradients["B"])
print("Rockets looks at win:", alpha[0, 1].round(2), "→", after[0, 1].round(2))
assert after[0, 1] > alpha[0, 1] + 0.2

# %%
# The word vectors get a gradient too. As the word that looks, *Rockets* gets row 0 of dY Bᵀ, half of
# (−0.28 − 0.22, 0.16 − 0.22, 0, 0). As words that are looked at, all three get their share of (0.5, 0.5, 1, 0), what
# *Rockets* looks for: times 0.16, −0.22 and 0.06. *Rockets* is in both:

# %%
dS = softmax_backward(d_alpha, alpha)
looks, looked_at = dS @ x @ B.T, dS.T @ x @ B
measured = numerical_gradient(lambda: float(np.sum(d_alpha * weights_forward(x, B))), x)
assert np.allclose(looks + looked_at, gradients["x"])
assert np.allclose(gradients["x"], measured, atol=1e-9)
course.show(
    draw.two_ways(["Rockets", "win", "again"], story.DIMENSIONS, looks, looked_at),
    "03_two_ways",
    caption="win should have more of what Rockets looks for, above all action; Rockets should have more sport. Time gets nothing.",
    alt="Two tables of gradients, three words by sport, space and action, and their sum dx. The first has numbers for Rockets "
    "only.",
)

# %%
# The gradient check
# ------------------

# %%
rng = np.random.default_rng(3)
x, B = rng.standard_normal((5, 4)), rng.standard_normal((4, 4))  # T = 5, D = 4: different, so that a transpose is seen
errors = check_gradients(weights_forward, {"x": x, "B": B}, lambda up: weights_backward(up, x, B))
print("gradient check:", {name: f"{error:.0e}" for name, error in errors.items()})
assert max(errors.values()) < 1e-7

# %%
# Does the check find a mistake? Forget that x is used twice, the most frequent bug of all:


# %%
def forgetful_backward(d_alpha: np.ndarray) -> dict[str, np.ndarray]:
    """Keep only one of x's two ways."""
    dS = softmax_backward(d_alpha, weights_forward(x, B))
    return {"x": dS @ x @ B.T, "B": x.T @ dS @ x}


try:
    check_gradients(weights_forward, {"x": x, "B": B}, forgetful_backward)
    raise SystemExit("the check did not notice")
except GradientError as error:
    print("forgetting one way:", error)

# %%
# And why the upstream gradient must be random: with ones, dp = (1, 1, 1), the loss is the sum of the weights, which
# is always 1. The true gradient is zero, and a backward that does nothing at all would pass.

# %%
assert np.allclose(softmax_backward(np.ones((5, 5)), weights_forward(x, B)), 0)

# %%
# What to remember
# ----------------
#
# 1. A score for every pair, S = x B xᵀ, and a softmax over each row: word i spreads a weight of 1 over all words.
# 2. Every score moves every weight of its row, through the sum below the line: ∂p_i/∂a_j = p_i ([i = j] − p_j).
# 3. A value used twice gets the sum of two gradients.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/03_equation_1.py`` and run ``python -m lessons.check 03``. ``softmax_forward`` and
# ``softmax_backward`` are pieces of your own NRMS: ``python -m lessons.mine`` puts them in the place of the package's.
#
# Further (answers in ``lessons/further/03.md``): (a) Which B makes every word look only at itself, nearly? Try
# B = 20 · I, with I the identity matrix, on word vectors with ‖e‖ = 1. (b) Show that a B with Bᵀ = −B gives every
# word the score 0 for itself. (c) Multiply all scores by 100 and look at the weights: what happens to the gradient of
# the scores, and why would training get stuck?
