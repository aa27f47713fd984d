r"""
Lesson 04: equation 2, what a word takes from the others
========================================================

About 70 minutes, exercises included.

Lesson 03 said how much each word looks at each other word. This lesson says what it takes home from there, and does
it several times side by side, with several *heads*. At the end stands the whole of multi-head self-attention. Its
backward is yours to write: the lesson derives the pieces, draws how they hang together, and works them once with the
story's numbers.

You need: lesson 03 (scores, weights, softmax and its backward, a value used twice; do its exercise
``softmax_backward`` first).

=====================  ===================================================================
x (T, D)               the vectors of one sequence; row i is the paper's e_i
Q, K, V (D, H·d)       matrices of all heads; head k has columns k·d to (k+1)·d, Q_k
queries, keys, values  x Q_k, x K_k, x V_k, (T, d) each: χ (chi), κ (kappa) and v in formulas
α (T, T), s            weights of one head; the scale of its scores, s = 1/√d
h (T, H·d)             what the words become, the heads side by side
=====================  ===================================================================
"""

# %%
import numpy as np

import course
from lessons import story
from lessons.draw import lesson_04 as draw
from nrms_np.config import Config
from nrms_np.gradcheck import GradientError, check_gradients, numerical_gradient
from nrms_np.layers.self_attention import (
    bilinear_attention_forward,
    projected_attention_backward,
    projected_attention_forward,
)
from nrms_np.layers.softmax import softmax_backward, softmax_forward
from nrms_np.parameters import initial_parameters, parameter_shapes

# %%
# The equation
# ------------
#
# .. math::
#     h_{i,k} = V_k \Big( \sum_{j=1}^{T} \alpha^k_{i,j} \, e_j \Big), \qquad h_i = [h_{i,1}; \dots; h_{i,H}]
#
# - k counts the heads. There are H of them; each has its own matrices. (The paper counts from 1, our code from 0.)
# - :math:`\alpha^k_{i,j}` is the weight of lesson 03: how much word i looks at word j in head k.
# - :math:`V_k` is a matrix that training will find, the *value* matrix of head k. It makes d numbers out of D, so
#   :math:`h_{i,k}` has d numbers: the new vector of word i in head k.
# - The semicolons put the heads one after the other: :math:`h_i` has H·d numbers.
#
# The paper's vectors are columns, with the matrix on their left: V is d × D. Our vectors are rows of a matrix, so
# ours stands on the right and is the transpose, (D, d).
#
# One word by hand
# ----------------
#
# Lesson 03 found the weights of *Rockets*: 0.24 for itself, 0.67 for the verb, 0.09 for *again*. What it takes
# home is the weighted mean of the three vectors, and of that the numbers that V keeps. This V keeps sport and space:

# %%
weights_of_rockets = np.exp([1.0, 2.0, 0.0]) / np.exp([1.0, 2.0, 0.0]).sum()
V_one = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]])  # (D, d) = (4, 2)

for title in ("Rockets win again", "Rockets launch again"):
    seen = weights_of_rockets @ story.vectors(title)  # (D,)
    print(f"Rockets in {title!r}: (sport, space) = {(seen @ V_one).round(2)}")
    assert np.allclose(seen @ V_one, [1.58, 0.24] if "win" in title else [0.24, 1.58], atol=0.01)

# %%
# Check the first by eye: sport is 0.24·1 from *Rockets* + 0.67·2 from *win* + 0.09·0 from *again* = 1.58, space is
# 0.24·1. One word, two titles, two vectors: what lesson 03 asked for.
#
# V after the sum or before
# -------------------------
#
# The equation sums first and multiplies by V then. The other order gives the same, because a matrix may be pulled
# into a sum:
#
# .. math:: V \Big( \sum_j \alpha_{i,j} \, e_j \Big) = \sum_j \alpha_{i,j} \, (V e_j)
#
# In matrix form: (α x) V = α (x V). The rows of x V are called *values*: what a word has to give.
#
# The second order is the cheaper one. Summing comes after shortening, so each sum runs over vectors of d numbers
# instead of D: with T = 12, D = 300, d = 16 one head takes 12·12·16 + 12·300·16 = 59,904 multiplications instead of
# 12·12·300 + 12·300·16 = 100,800.
#
# Two thin matrices in the place of one
# -------------------------------------
#
# Equation 1 has a D × D matrix B_k between two words. With D = 300 and 16 heads that is 1.4 million numbers. What
# everybody runs instead, and what this course calls the **projected** form, makes two short vectors of each word, a
# *query* (what it looks for) and a *key* (what it can be found by), and takes their dot product as the score:
#
# .. math::
#     S_{i,j} = \frac{(e_i^T Q_k) (e_j^T K_k)^T}{\sqrt d} = e_i^T \, \frac{Q_k K_k^T}{\sqrt d} \, e_j
#     \qquad\text{so}\qquad B_k = \frac{Q_k K_k^T}{\sqrt d}
#
# with :math:`Q_k` and :math:`K_k` (D, d). The projected form *is* the bilinear form of equation 1, with a B_k that is
# a product. The division by √d is explained below. The B of lesson 03 was such a product, without the √d:

# %%
x = story.vectors("Rockets win again")  # (T, D) = (3, 4)
Q, K, V = (story.PARAMETERS[f"news.attention.{name}"] for name in "QKV")  # (D, H·d) = (4, 4) each: two heads of two
H, d = story.HEADS, 2
scale, words = 1 / np.sqrt(d), ["Rockets", "win", "again"]
assert (Q[:, :2] @ K[:, :2].T).tolist() == [[0.5, 0, 0.5, 0], [0, 0.5, 0.5, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
assert (x @ Q[:, :2])[0].tolist() == [0.5, 0.5]  # the query of Rockets: what topic am I?
assert (x @ K[:, :2]).tolist() == [[1, 1], [3, 1], [0, 0]]  # the keys: win calls "sport", and loudly, as it is a verb

# %%
# Many heads
# ----------
#
# One softmax spreads one weight of 1. A word that should look at the topic *and* at the time must share it out. So
# NRMS runs H heads. Each has its own Q_k, K_k and V_k, which stand side by side in Q, K and V, (D, H·d). Here head 0
# looks for what tells the topic and takes (sport, space) home; head 1 looks for when and what happens, and takes
# (action, time) home.

# %%
h, cache = projected_attention_forward(x, Q, K, V, heads=H, scale=scale)  # h (T, H·d), cache.alpha (H, T, T)
course.show(
    draw.heads(cache.alpha, words, ("head 0: which topic?", "head 1: when, and what happens?")),
    "04_heads",
    caption="Rows look, columns are looked at. In head 1, again looks at the action, and the others look at again.",
    alt="Two tables of weights. Rockets gives win 0.58 in head 0, and again 0.67 in head 1.",
)

# %%
# Read one row of h. In head 0 the scores of *Rockets* are 1, 2, 0, divided by √2; the weights are 0.28, 0.58, 0.14.
# Sport is 0.28·1 + 0.58·2 = 1.44, space is 0.28. In head 1 the weights are 0.16, 0.16, 0.67: action is 0.16·1 from
# *win*, time is 0.67·1 from *again*. Side by side:

# %%
assert np.allclose(h[0], [1.44, 0.28, 0.16, 0.67], atol=0.005)  # sport, space | action, time

# %%
# All V_k stand side by side in one matrix V, so the values of all heads are one product x V, of which head k owns the
# columns k·d to (k+1)·d: columns of a product depend only on the same columns of its right factor. The same holds for
# Q and K.
#
# Is every bilinear form a projected one? No. (The answer may be skipped: nothing that follows needs it.) The product of
# a (D, d) and a (d, D) matrix has rank d at most: each of its rows is a sum of the same d rows, each times some number.
# With d = 1 all rows are multiples of one, as in ((2, 4), (1, 2)); ((1, 0), (0, 1)) is out of reach. If a B_k has rank
# d or less, it can be split into two such matrices, by its singular value decomposition
# :math:`B_k = U \, \mathrm{diag}(\sigma) \, Z^T`: take :math:`Q_k = U \, \mathrm{diag}(\sigma) \sqrt{d}` and
# :math:`K_k = Z`, of both only the first d columns. If the rank is higher, something is lost.

# %%
rng = np.random.default_rng(4)
B_any = rng.standard_normal((7, 7))
U, sigma, Zt = np.linalg.svd(B_any)
nearest = (U[:, :2] * sigma[:2]) @ Zt[:2]  # the nearest matrix of rank 2
assert np.linalg.norm(B_any - nearest) > 0.3 * np.linalg.norm(B_any)
U, sigma, Zt = np.linalg.svd(nearest)
assert np.allclose((U[:, :2] * sigma[:2] * np.sqrt(2)) @ Zt[:2] / np.sqrt(2), nearest)  # split, and nothing is lost

# %%
# Which one did the paper use?
# ----------------------------
#
# Its equation 1 has the D × D matrix. But its table 3 says that NRMS has 530 K parameters without the word vectors.
# Let us count, with the paper's sizes: D = 300, H = 16 heads of d = 16. The model holds attention twice: over the
# words of a title ("news", D = 300) and over the news of a history ("user", D = H·d = 256). After each stands a
# pooling with 256·200 + 200 + 200 = 51,600 parameters, lesson 05.
#
# *Predict first:* which of the two forms has 530 K?

# %%
totals = {}
for form in ("projected", "bilinear"):
    shapes = parameter_shapes(Config(attention=form), words=1)
    del shapes["word_embedding"]
    totals[form] = sum(int(np.prod(shape)) for shape in shapes.values())
print("parameters:", {form: f"{total:,}" for form, total in totals.items()})

assert totals["projected"] == 3 * 300 * 256 + 51_600 + 3 * 256 * 256 + 51_600 == 530_208
assert totals["bilinear"] == 16 * 300**2 + 300 * 256 + 51_600 + 16 * 256**2 + 256 * 256 + 51_600 == 2_734_112

# %%
# 530,208: the number in the paper's table is that of the projected form, and the equation above it is the bilinear
# one. The package has both and uses ``projected`` unless told otherwise. (The Transformer, which multi-head
# self-attention comes from, has one more matrix that mixes the heads, O (H·d, H·d). The paper has none: with it the
# model would have 661,280 parameters. Further, (d).)
#
# Why divide by √d
# ----------------
#
# A score is a dot product of d terms, :math:`\sum_{c=1}^{d} \chi_c \kappa_c`, with a query χ and a key κ. Suppose all
# :math:`\chi_c` and :math:`\kappa_c` are independent with mean 0 and variance 1. Then each term has mean 0 and variance
# :math:`E[\chi_c^2 \kappa_c^2] = E[\chi_c^2] \, E[\kappa_c^2] = 1`. Variances of independent terms add up: the sum has
# variance d. So the standard deviation of the score, its spread, is √d, and dividing by √d makes it 1 for any d.
#
# Without it, wide heads have large scores. Softmax then gives nearly all weight to the largest one, and little
# gradient is left. To see why, look at its backward, your exercise of lesson 03:
#
# .. math:: dS_{i,j} = \alpha_{i,j} \, \Big( d\alpha_{i,j} - \sum_m \alpha_{i,m} \, d\alpha_{i,m} \Big)
#
# A weight, times how far its gradient is above the weighted mean of its row. Where one weight is nearly 1, its own
# gradient is nearly the weighted mean, so its bracket is nearly 0; for all others the weight is nearly 0. How much
# gradient is lost? Measured, with 11 words to look at:
#
# *Predict first:* how much of the gradient is left without √d, at d = 16 and at d = 256?

# %%
widths = np.array([1, 4, 16, 64, 256])
measured = {"query · key": [], "query · key / √d": []}
for width in widths:
    query = rng.standard_normal((1500, 1, width))
    key = rng.standard_normal((1500, 11, width))
    dp = rng.standard_normal((1500, 11))
    score = (query * key).sum(axis=2)  # (1500, 11)
    for name, scaled in (("query · key", score), ("query · key / √d", score / np.sqrt(width))):
        p, _ = softmax_forward(scaled)
        gradient = np.linalg.norm(softmax_backward(dp, p), axis=1)
        measured[name].append((scaled.std(), p.max(axis=1).mean(), gradient.mean()))

plain, divided = (np.array(rows) for rows in measured.values())  # (widths, 3) each
assert np.allclose(plain[:, 0], np.sqrt(widths), rtol=0.1)
assert np.allclose(divided[:, 0], 1, rtol=0.1)
print(f"gradient left, with and without √d: d = 16: {divided[2, 2]:.2f}, {plain[2, 2]:.2f};", end=" ")
print(f"d = 256: {divided[4, 2]:.2f}, {plain[4, 2]:.2f}")
assert np.allclose([divided[2, 2], plain[2, 2]], [0.31, 0.22], atol=0.015)
assert plain[4, 1] > 0.9  # at d = 256 one word has nearly all the weight
assert plain[4, 2] < 0.3 * divided[4, 2]  # and little gradient is left

course.show(
    draw.scale(widths, plain, divided),
    "04_scale",
    caption="11 words to look at, queries and keys with variance 1, means over 1,500 draws.",
    alt="Largest weight and gradient against the width of a head. Divided by √d both stay level; without, the weight goes to 1.",
)

# %%
# At the paper's d = 16 little is lost: the length of the gradient falls from 0.31 to 0.22. At d = 256 a quarter of it
# is left. And all of this depends on the variance of queries and keys. With the first values that the package draws, a
# query's number has a variance of 0.17, and the scores of a head of 16 have a spread of 0.7 *without* the √d. So
# training could begin without it. It keeps the size of the scores from depending on d, and that is the reason to have
# it.

# %%
first = initial_parameters(Config(), words=2000)
table, first_Q, first_K = (first[name] for name in ("word_embedding", "news.attention.Q", "news.attention.K"))
assert np.isclose((table @ first_Q).var(), 0.17, atol=0.02)
assert np.isclose(((table[:1000] @ first_Q[:, :16]) @ (table[1000:] @ first_K[:, :16]).T).std(), 0.7, atol=0.1)

# %%
# Backward: the way back through the graph
# ----------------------------------------
#
# Given dh (T, H·d), the gradient of the loss with respect to h. Putting heads side by side moves numbers without
# changing them, so each head gets its own columns of dh back, :math:`dh_k` (T, d). Then, for one head:

# %%
course.show(
    draw.graph(),
    "04_graph",
    caption="One head. Black: forward. Red: the gradients that return, each of its array's shape. At x three of them meet.",
    alt="x goes through Q, K and V; queries and keys make scores, softmax makes weights, weights times values make h. "
    "Gradients return along every arrow.",
)

# %%
# Most steps are known. :math:`h_k = \alpha v` is a product: :math:`d\alpha = dh_k \, v^T` and
# :math:`dv = \alpha^T dh_k`. From dα to dS it is softmax's backward, the formula above. And
# :math:`\chi = x Q_k` is a product again: it passes back to :math:`Q_k`, and to x. The step from dS on is new:
#
# .. admonition:: Derive before you read on
#
#     :math:`S = s \, \chi \, \kappa^T`, with χ and κ (T, d) and a number s. Given dS (T, T), what are dχ and dκ? Write
#     ``derive_query_and_key_gradients`` in ``lessons/exercises/04_equation_2.py`` and run
#     ``python -m lessons.check 04 derive_query_and_key_gradients``.

# %%
course.derive("derive_query_and_key_gradients")

# %%
# Read it as the C = A B of lesson 01: there A is s χ, and B is :math:`\kappa^T`. So :math:`d(s \chi) = dS \, \kappa`,
# and since s χ grows s times as fast as χ, :math:`d\chi = s \, dS \, \kappa`. And :math:`d(\kappa^T) = (s \chi)^T dS`;
# transposed, :math:`d\kappa = s \, dS^T \chi`. A query gets the keys it looked at, a key gets the queries that looked
# at it.
#
# Numbers. Say the loss falls when *Rockets* has more sport: of dh for head 0, the row of *Rockets* is (−1, 0), the
# others are 0. *Rockets*, *win* and *again* have the keys (1, 1), (3, 1), (0, 0) and the values (1, 1), (2, 0), (0, 0);
# the query of *Rockets* is (0.5, 0.5), and its weights are 0.28, 0.58, 0.14. Then
#
# - dα: the row of *Rockets* is minus the sport of each value, (−1, −2, 0). Looking at *win* pays most.
# - dS: the weighted mean of that row is 0.28·(−1) + 0.58·(−2) = −1.44. So the row is 0.28·(−1 + 1.44),
#   0.58·(−2 + 1.44), 0.14·(0 + 1.44), which is (0.12, −0.32, 0.20): score *win* higher, *again* lower.
# - dχ: 0.71·(0.12·(1, 1) − 0.32·(3, 1) + 0.20·(0, 0)) = (−0.60, −0.14): *Rockets* should ask more for sport.
# - dκ: each key gets its number of dS, times 0.71, times the query (0.5, 0.5): *win* gets (−0.11, −0.11).
# - dv: each value gets its weight, times (−1, 0): more sport, wherever it may come from.
#
# x goes three ways: as query, as key and as value. To see each alone, measure it: three copies of x, of which only
# one is moved at a time.

# %%
one = slice(0, 2)  # the columns of head 0
dh_one = np.array([[-1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
copies = {"as query": x.copy(), "as key": x.copy(), "as value": x.copy()}


def loss() -> float:
    """Σ dh · h of head 0, with a copy of x for each of its three uses."""
    as_query, as_key, as_value = copies.values()
    alpha, _ = softmax_forward(scale * (as_query @ Q[:, one]) @ (as_key @ K[:, one]).T)
    return float(np.sum(dh_one * (alpha @ (as_value @ V[:, one]))))


values = x @ V[:, one]
dS_one = softmax_backward(dh_one @ values.T, cache.alpha[0])
assert np.allclose(dS_one[0], [0.12, -0.32, 0.20], atol=0.005)
assert np.allclose((scale * dS_one @ (x @ K[:, one]))[0], [-0.60, -0.14], atol=0.005)  # dχ

ways = {name: numerical_gradient(loss, copy) for name, copy in copies.items()}
assert np.allclose(ways["as query"][0], [-0.30, -0.07, 0, 0], atol=0.005)  # half of dχ: Q has 0.5 there
assert np.allclose(ways["as key"][1], [-0.11, -0.11, -0.23, 0], atol=0.005)
assert np.allclose(ways["as value"][:, 0], [-0.28, -0.58, -0.14], atol=0.005)

# %%
# And what the package's backward returns for x is their sum:

# %%
_, cache = projected_attention_forward(x, Q[:, one], K[:, one], V[:, one], heads=1, scale=scale)
dx, dQ, dK, dV = projected_attention_backward(dh_one, cache)
assert np.allclose(dx, sum(ways.values()), atol=1e-9)
course.show(
    draw.three_ways(words, story.DIMENSIONS, ways),
    "04_three_ways",
    caption="▼: more of it, more sport for Rockets. win is wanted as a value (more sport) and as a key (be found more easily).",
    alt="Three tables of gradients, as query, as key and as value, three words by three dimensions, and their sum dx.",
)

# %%
# The parameters get theirs on the way. dQ = xᵀ dχ copies the row of *Rockets*, (−0.60, −0.14), to where *Rockets* has
# a 1, sport and space; and dV = xᵀ dv collects over all words: sport gets −(0.28·1 + 0.58·2) = −1.44, and as these
# words have some of them too, space gets −0.28, action −0.58, time −0.14.

# %%
assert np.allclose(dQ, [[-0.60, -0.14], [-0.60, -0.14], [0, 0], [0, 0]], atol=0.005)
assert np.allclose(dV, [[-1.44, 0], [-0.28, 0], [-0.58, 0], [-0.14, 0]], atol=0.005)

# %%
# With several heads x goes three ways in each: dx is a sum of 3·H terms.
#
# The other form, in code
# -----------------------
#
# The bilinear form differs in the scores, S = s x B_k xᵀ, where lesson 03 has derived the backward. So here it is, for
# one head. The projected one, by which models are trained, is the exercise, for one head and for many.


# %%
def bilinear_head_backward(
    dh: np.ndarray, x: np.ndarray, B: np.ndarray, V: np.ndarray, s: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of x (T, D), B (D, D) and V (D, d), where h = softmax(s x B xᵀ) x V."""
    alpha, _ = softmax_forward(s * (x @ B @ x.T))
    # h = alpha @ values, with values = x @ V
    d_alpha, d_values = dh @ (x @ V).T, alpha.T @ dh
    # alpha = softmax(S)
    dS = softmax_backward(d_alpha, alpha)
    # S = s * (x @ B @ x.T)
    dB = s * (x.T @ dS @ x)
    dx = s * (dS @ x @ B.T)  # x goes three ways: as the word that looks,
    dx += s * (dS.T @ x @ B)  # as the word that is looked at
    # values = x @ V
    dx += d_values @ V.T  # and as value
    return dx, dB, x.T @ d_values


# %%
# The gradient check
# ------------------
#
# Sizes from now on all differ, so that no mix-up can pass.

# %%
T, D, H, d = 5, 7, 3, 2
scale = 1 / np.sqrt(d)
x, B = rng.standard_normal((T, D)), rng.standard_normal((D, D))
Q, K, V = (rng.standard_normal((D, H * d)) for _ in range(3))
V_one = V[:, :d]

errors = check_gradients(  # B[None]: a stack of one head; a scale other than 1, or forgetting it goes unseen
    lambda x, B, V: bilinear_attention_forward(x, B[None], V, 0.3)[0],
    {"x": x, "B": B, "V": V_one},
    lambda dh: dict(zip("xBV", bilinear_head_backward(dh, x, B, V_one, 0.3), strict=True)),
)
print("bilinear: ", {name: f"{error:.0e}" for name, error in errors.items()})


def projected(x: np.ndarray, Q: np.ndarray, K: np.ndarray, V: np.ndarray) -> np.ndarray:
    """Projected self-attention, without its cache."""
    return projected_attention_forward(x, Q, K, V, H, scale)[0]


B_of_projected = np.array([Q[:, k * d : (k + 1) * d] @ K[:, k * d : (k + 1) * d].T for k in range(H)])
assert np.allclose(projected(x, Q, K, V), bilinear_attention_forward(x, B_of_projected, V, scale)[0])

_, cache = projected_attention_forward(x, Q, K, V, H, scale)
inputs = {"V": V, "Q": Q, "K": K, "x": x}
errors = check_gradients(
    projected, inputs, lambda dh: dict(zip("xQKV", projected_attention_backward(dh, cache), strict=True))
)
print("projected:", {name: f"{error:.0e}" for name, error in errors.items()})

# %%
# A mistake that is often made: the forward divides by √d and the backward forgets to. The gradient of V is still
# right (there is no score on its way), the shapes fit, and training even works a little. The check sees it:


# %%
def forgets_the_scale(dh: np.ndarray) -> dict[str, np.ndarray]:
    """The backward with scale 1, for a forward that was scaled by 1/√d."""
    return dict(zip("xQKV", projected_attention_backward(dh, cache._replace(scale=1.0)), strict=True))


try:
    check_gradients(projected, inputs, forgets_the_scale)
    raise SystemExit("the check did not notice")
except GradientError as error:
    print("forgetting the scale:", error)  # V came first, and passed

# %%
# What to remember
# ----------------
#
# 1. h_k = αᵏ (x V_k): every word becomes a weighted mean of values; the heads stand side by side, (T, H·d).
# 2. Queries and keys are a bilinear form of rank d at most, B_k = Q_k K_kᵀ / √d; the paper's 530 K parameters are this
#    form's. A dot product of d terms has a spread of √d: divide by it, forward and backward.
# 3. x goes three ways in each head, as query, as key and as value; its gradient is the sum.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/04_equation_2.py`` and run ``python -m lessons.check 04``. The four functions of one head and
# of many heads are pieces of your own NRMS (``python -m lessons.mine``), and the heart of it.
#
# Further (answers in ``lessons/further/04.md``): (a) Reorder the words of x: what happens to the rows of h? Does
# self-attention know the order of the words? (b) With d = 300 and one head, can the projected form be every bilinear
# form? How many parameters does it have then? (c) Multiply all queries by 2 and all keys by 1/2: what changes? What
# does that say about Q and K as single matrices? (d) The Transformer's matrix O: show that with y = h O the heads are
# added up instead of put side by side, each with a value matrix V_k O_k.
