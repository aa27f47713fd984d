r"""
Lesson 04: equation 2, what a word takes from the others
========================================================

Lesson 03 said how much each word looks at each other word. This lesson says what it takes home from there, and does
it several times side by side, with several *heads*. At the end stands the whole of multi-head self-attention, forward
and backward, in the two forms that people write it in, and we count which of the two the paper used.

You need: lesson 03 (scores, weights, softmax and its backward, a value used twice).
"""

# %%
import numpy as np

import course
from nrms_np.backend import get_backend
from nrms_np.config import Config
from nrms_np.encoder import self_attention_forward
from nrms_np.gradcheck import GradientError, check_gradients
from nrms_np.layers.self_attention import (
    bilinear_attention_backward,
    bilinear_attention_forward,
    product_backward,
    product_forward,
    projected_attention_backward,
    projected_attention_forward,
)
from nrms_np.layers.softmax import softmax_backward, softmax_forward
from nrms_np.packed import Packed
from nrms_np.parameters import parameter_shapes

# %%
# The equation
# ------------
#
# .. math::
#     h_{i,k} = V_k \Big( \sum_{j=1}^{M} \alpha^k_{i,j} \, e_j \Big), \qquad h_i = [h_{i,1}; \dots; h_{i,H}]
#
# - :math:`e_j` is the vector of word j, with D numbers. The title has M words. From here on we write T again for the
#   length of a sequence, as the code does: later the same function runs over clicked news instead of words.
# - k counts the heads. There are H of them; each has its own matrices.
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
# Word vectors with D = 4 numbers, to which we give names: (sport, space, action, time). Real word vectors have no
# such names, but that makes the sums easy to read. *Rockets* may be sport or space, so it has a bit of both.

# %%
vectors = {"Rockets": [1, 1, 0, 0], "win": [2, 0, 1, 0], "launch": [0, 2, 1, 0], "again": [0, 0, 0, 1]}
weights_of_rockets = [1 / 4, 1 / 2, 1 / 4]  # on itself, on the second word, on the third: take them as given for now
V_one = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]])  # (D, d) = (4, 2): keeps sport and space

for title in ("Rockets win again", "Rockets launch again"):
    seen = np.zeros(4)
    for weight, word in zip(weights_of_rockets, title.split(), strict=True):
        seen += weight * np.array(vectors[word])  # the weighted mean of what Rockets looks at
    print(f"Rockets in {title!r}: (sport, space) = {seen @ V_one}")
    assert (seen @ V_one).tolist() == ([1.25, 0.25] if "win" in title else [0.25, 1.25])

# %%
# Check the first by eye: sport is 1/4·1 from *Rockets* + 1/2·2 from *win* + 1/4·0 from *again* = 1.25. One word, two
# titles, two vectors: what lesson 03 asked for.
#
# V after the sum or before
# -------------------------
#
# The equation sums first and multiplies by V then. The other order gives the same, because a matrix may be pulled
# into a sum:
#
# .. math:: V \Big( \sum_j \alpha_{i,j} \, e_j \Big) = \sum_j \alpha_{i,j} \, (V e_j)
#
# In the matrix form, with the words as rows of x (T, D) and the weights as alpha (T, T): (alpha x) V = alpha (x V).
# The rows of x V are called *values*: what a word has to give.
#
# The second order is the cheaper one. Summing comes after shortening, so each sum runs over vectors of d numbers
# instead of D: with T = 12, D = 300, d = 16 one head takes 12·12·16 + 12·300·16 = 59,904 multiplications instead of
# 12·12·300 + 12·300·16 = 100,800.

# %%
words = ["Rockets", "win", "again"]
x = np.array([vectors[word] for word in words], dtype=float)  # (T, D) = (3, 4)
alpha_one, _ = softmax_forward(x @ np.diag([1.0, 1.0, 0.0, 0.0]) @ x.T)  # (T, T), lesson 03
assert np.allclose((alpha_one @ x) @ V_one, alpha_one @ (x @ V_one))

# %%
# Many heads
# ----------
#
# One softmax spreads one weight of 1. A word that should look at the topic *and* at the time must share it out. So
# NRMS runs H heads. Each has its own matrix in the score and its own V. Here the first head compares topics (sport
# with sport, space with space) and takes topics home; the second looks for time and takes action and time home.

# %%
Q = np.zeros((2, 4, 4))  # (H, D, D)
Q[0] = np.diag([1.0, 1.0, 0.0, 0.0])
Q[1][:, 3] = 1.0  # whoever asks, the score of word j is large if its fourth number is
V = np.eye(4)  # (D, H·d): all V_k side by side. Columns 0-1 are head 0 (sport, space), 2-3 head 1 (action, time)


def bilinear(x: np.ndarray, Q: np.ndarray, V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Equations 1 and 2: h (T, H·d) and the weights (H, T, T)."""
    heads = len(Q)
    d = V.shape[1] // heads
    alpha, h = [], []
    for k in range(heads):
        V_k = V[:, k * d : (k + 1) * d]  # (D, d)
        weights, _ = softmax_forward(x @ Q[k] @ x.T)  # (T, T)
        alpha.append(weights)
        h.append(weights @ (x @ V_k))  # (T, d)
    return np.concatenate(h, axis=1), np.array(alpha)


h, alpha = bilinear(x, Q, V)
assert h.shape == (3, 4)
packages_h, _ = bilinear_attention_forward(x, Q, V, scale=1.0)  # the package's own; scale comes below
assert np.allclose(h, packages_h)

drawing = course.figure(8.4, 3.6)
panels = drawing.subplots(1, 2)
for k, meaning in enumerate(("compares topics", "looks for time")):
    course.draw_weights(panels[k], alpha[k], words, words)
    panels[k].set_xlabel("is looked at (j)")
    panels[k].set_ylabel("looks (i)")
    panels[k].set_title(f"Weights of head {k}, which {meaning}")
course.save(drawing, "04_heads")

# %%
# Read one row of h. In head 0 *Rockets* has the weights 0.47, 0.47, 0.06, and sport is 0.47·1 + 0.47·2 = 1.40 while
# space is 0.47·1. In head 1 the weights are 0.11, 0.11, 0.79: action is 0.11·1 from *win*, time 0.79·1 from *again*.
# Side by side:

# %%
assert np.allclose(h[0], [1.40, 0.47, 0.11, 0.79], atol=0.01)

# %%
# All V_k side by side are one matrix V (D, H·d), so the values of all heads are one product x V, of which head k owns
# the columns k·d to (k+1)·d. Columns of a product depend only on the same columns of its right factor:

# %%
assert np.allclose((x @ V)[:, 2:4], x @ V[:, 2:4])

# %%
# Two forms of the score
# ----------------------
#
# The score :math:`e_i^T Q_k \, e_j` is called *bilinear*: it is linear in either vector while the other stands still.
# Its matrix is large, D × D for each head. Almost every implementation writes another form, called *projected*:
#
# .. math::
#     \frac{(e_i^T W_Q) \cdot (e_j^T W_K)}{\sqrt{d}},
#     \qquad W_Q, W_K \text{ both } (D, d), \text{ a pair for each head}
#
# Word i is shortened to a *query* :math:`e_i^T W_Q` of d numbers, word j to a *key* :math:`e_j^T W_K` of d numbers,
# and their dot product is the score. Why it is divided by √d comes further down. Take it apart:
#
# .. math::
#     \frac{(e_i^T W_Q) (e_j^T W_K)^T}{\sqrt{d}} = \frac{e_i^T \, W_Q W_K^T \, e_j}{\sqrt{d}}
#     \qquad\text{so}\qquad Q_k = \frac{W_Q W_K^T}{\sqrt{d}}
#
# The projected form *is* a bilinear form, with a :math:`Q_k` that is a product. Code and saved models call the two
# matrices Q and K, with all heads side by side, (D, H·d). Sizes from now on all differ, so that no mix-up can pass:

# %%
T, D, H, d = 5, 7, 3, 2
rng = np.random.default_rng(4)
x = rng.standard_normal((T, D))
Q, K, V = (rng.standard_normal((D, H * d)) for _ in range(3))
scale = 1 / np.sqrt(d)

projected, _ = projected_attention_forward(x, Q, K, V, heads=H, scale=scale)

head_columns = [slice(k * d, (k + 1) * d) for k in range(H)]
Q_full = np.array([Q[:, c] @ K[:, c].T * scale for c in head_columns])  # (H, D, D)
assert np.allclose(projected, bilinear(x, Q_full, V)[0])

# %%
# Is every bilinear form a projected one? No. The product of a (D, d) and a (d, D) matrix has rank d at most. If a
# :math:`Q_k` has rank d or less, then it can be split into two such matrices. The singular value decomposition
# :math:`Q_k = U \, \mathrm{diag}(\sigma) \, Z^T` does it: :math:`W_Q = U \, \mathrm{diag}(\sigma) \sqrt{d}` and
# :math:`W_K = Z`, of both only the first d columns. (The singular values σ come in order of size, and all after the
# first d are 0.) If the rank is higher, something is lost.

# %%
assert [np.linalg.matrix_rank(matrix) for matrix in Q_full] == [d, d, d]
U, sigma, Zt = np.linalg.svd(Q_full[0])
W_Q, W_K = U[:, :d] * sigma[:d] * np.sqrt(d), Zt[:d].T
assert np.allclose(W_Q @ W_K.T * scale, Q_full[0])  # the same scores,
assert not np.allclose(W_Q, Q[:, :d])  # from another pair than the one we started from

Q_any = rng.standard_normal((D, D))
U, sigma, Zt = np.linalg.svd(Q_any)
nearest = (U[:, :d] * sigma[:d]) @ Zt[:d]  # the nearest matrix of rank d
assert np.linalg.matrix_rank(Q_any) == D
assert np.linalg.norm(Q_any - nearest) > 0.3 * np.linalg.norm(Q_any)

# %%
# Which one did the paper use?
# ----------------------------
#
# Its equation 1 has the D × D matrix. But its table 3 says that NRMS has 530 K parameters without the word vectors.
# Let us count, with the paper's sizes: D = 300, H = 16 heads of d = 16. The model holds attention twice: over the
# words of a title ("news", D = 300) and over the news of a history ("user", D = H·d = 256). After each stands a
# pooling with 256·200 + 200 + 200 = 51,600 parameters, lesson 05.

# %%
totals = {}
for name, config in {
    "projected": Config(attention="projected"),
    "bilinear": Config(attention="bilinear"),
    "projected, with O": Config(attention="projected", output_projection=True),
}.items():
    shapes = parameter_shapes(config, words=1)
    del shapes["word_embedding"]
    totals[name] = sum(int(np.prod(shape)) for shape in shapes.values())
    print(f"{name:18} {totals[name]:>9,} parameters")

assert totals["projected"] == 3 * 300 * 256 + 51_600 + 3 * 256 * 256 + 51_600 == 530_208
assert totals["bilinear"] == 16 * 300**2 + 300 * 256 + 51_600 + 16 * 256**2 + 256 * 256 + 51_600 == 2_734_112

# %%
# 530,208: the number in the paper's table is that of the projected form, and the equation above it is the bilinear
# one. The package has both and uses ``projected`` unless told otherwise.
#
# Why divide by √d
# ----------------
#
# A score is a dot product of d terms, :math:`\sum_{c=1}^{d} q_c \kappa_c`, with a query q and a key κ (kappa, since k
# counts the heads). Suppose all :math:`q_c` and :math:`\kappa_c` are independent with mean 0 and variance 1. (After
# training they are not; it is a model to think with.) Then each term has mean 0 and variance
# :math:`E[q_c^2 \kappa_c^2] = E[q_c^2] \, E[\kappa_c^2] = 1`. Variances of independent terms add up: the sum has
# variance d. So the standard deviation of the score, its spread, is √d, and dividing by √d makes it 1 for any d.
#
# Without it, wide heads have large scores. Softmax then gives nearly all weight to the largest one. And its gradient,
# p (dp − Σ p dp), is nearly 0 everywhere: for the large one because dp is then close to the weighted mean, for the
# others because p is close to 0. A head that cannot get a gradient cannot learn. Measured, with 11 words to look at:

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
assert plain[-1, 1] > 0.9  # one word has nearly all the weight
assert plain[-1, 2] < 0.3 * divided[-1, 2]  # and little gradient is left

drawing = course.figure(9.6, 3.3)
for column, (panel, title, unit) in enumerate(
    zip(
        drawing.subplots(1, 3),
        ("Spread of the scores", "Largest of 11 weights", "Gradient of the scores"),
        ("standard deviation", "mean weight", "mean length of the 11 numbers"),
        strict=True,
    )
):
    panel.plot(widths, plain[:, column], "o-", color=course.RED, label="query · key")
    panel.plot(widths, divided[:, column], "s-", color=course.BLUE, label="query · key / √d")
    panel.set_xscale("log", base=4)
    panel.set_xticks(widths, [str(width) for width in widths])
    panel.set_ylim(bottom=0)
    panel.set_xlabel("d, width of one head")
    panel.minorticks_off()
    panel.set_ylabel(unit)
    panel.set_title(title)
    panel.legend()
course.save(drawing, "04_scale")

# %%
# The bilinear form of equation 1 has no such factor: its Q can learn the size of its scores. The package takes the
# factor as an argument, ``scale``: 1/√d, or 1 for equation 1 to the letter.
#
# The output projection
# ---------------------
#
# The Transformer, which multi-head self-attention comes from, has one more matrix, O (H·d, H·d), applied to the
# finished row: :math:`y = h \, O`. In h each head keeps to its own columns; in y every number can draw on all heads.
# The paper has no O (with it the model would have 661,280 parameters). Neither has the code of the Recommenders
# project, a public collection of such models with an NRMS among them. The package has it as an option.
#
# What does O add? Cut it into H blocks of d rows, :math:`O_k`. The product of a row of blocks with a column of blocks
# is the sum of the products: :math:`y = h \, O = \sum_k h_k O_k = \sum_k \alpha^k x \, (V_k O_k)`. The heads are
# added up instead of put side by side, and each has a wide value matrix :math:`V_k O_k`, (D, H·d), of rank d.

# %%
O = rng.standard_normal((H * d, H * d))  # noqa: E741
y, _ = product_forward(projected, O)  # (T, H·d)
alpha = bilinear(x, Q_full, V)[1]
assert np.allclose(y, sum(alpha[k] @ x @ (V[:, c] @ O[c]) for k, c in enumerate(head_columns)))

# %%
# Where the form is picked
# ------------------------
#
# Two forms, each with or without O. In the package one function picks what to run, ``self_attention_forward`` in
# nrms_np/encoder.py, by the names of the parameters that it is given: {Q, K, V} is the projected form, {Q, V} is the
# bilinear one, and with O as well the heads are mixed. It is made for many titles at once: it takes the vectors as a
# table and the titles as row numbers of the table (``Packed``, lesson 07). Here x is the table, and one title has all
# its rows in order. ``layers`` are the functions of this lesson; lesson 06 says what else there is.

# %%
one_title, layers = Packed.from_lists([range(T)]), get_backend("layers")


def picked(scale: float, **parameters: np.ndarray) -> np.ndarray:
    """What the encoder runs for parameters of these names."""
    return self_attention_forward(x, one_title, parameters, H, scale, layers)[0]


assert np.array_equal(picked(scale, Q=Q, K=K, V=V), projected)
assert np.array_equal(picked(1.0, Q=Q_full, V=V), bilinear_attention_forward(x, Q_full, V, 1.0)[0])
assert np.array_equal(picked(scale, Q=Q, K=K, V=V, O=O), y)

# %%
# Backward
# --------
#
# Given dh (T, H·d), the gradient of the loss with respect to h. Putting heads side by side moves numbers without
# changing them, so each head gets its own columns of dh back, :math:`dh_k` (T, d). Take the projected form, and write
# :math:`Q_k`, :math:`K_k`, :math:`V_k`, all (D, d), for the columns of head k in Q, K and V. (So :math:`Q_k` is not
# the D × D matrix here. :math:`Q_k` and :math:`K_k` are what was :math:`W_Q` and :math:`W_K` above.) Name the queries
# :math:`q = x Q_k`, the keys :math:`\kappa = x K_k` and the values :math:`v = x V_k`, all (T, d), and the scores
# :math:`S = s \, q \, \kappa^T` (T, T) with the scale s = 1/√d. Go backwards, each time with the product rule of
# lesson 01 (C = A B gives dA = dC Bᵀ and dB = Aᵀ dC):
#
# - :math:`h_k = \alpha v`: A is alpha, B is v. So :math:`d\alpha = dh_k \, v^T` and :math:`dv = \alpha^T dh_k`.
# - :math:`\alpha = \mathrm{softmax}(S)`: dS from :math:`d\alpha` as in lesson 03.
# - :math:`S = s \, q \, \kappa^T`: A is s q, B is :math:`\kappa^T`. So :math:`d(s q) = dS \, \kappa`, and since s q
#   grows s times as fast as q, :math:`dq = s \, dS \, \kappa`. And :math:`d(\kappa^T) = (s q)^T dS`; transposed,
#   :math:`d\kappa = s \, dS^T q`.
# - :math:`q = x Q_k`: :math:`dQ_k = x^T dq`, and x gets :math:`dq \, Q_k^T`. In the same way for the keys and values.
#
# x goes three ways, as query, as key and as value, in each head: dx is the sum of all 3·H of them.


# %%
def head_backward(dh_k: np.ndarray, x: np.ndarray, Q_k: np.ndarray, K_k: np.ndarray, V_k: np.ndarray) -> tuple:
    """Gradients of x, Q_k, K_k, V_k from one head of the projected form."""
    queries, keys, values = x @ Q_k, x @ K_k, x @ V_k  # (T, d)
    alpha, _ = softmax_forward(scale * (queries @ keys.T))
    # h_k = alpha @ values
    d_alpha = dh_k @ values.T
    d_values = alpha.T @ dh_k
    # alpha = softmax(S)
    dS = softmax_backward(d_alpha, alpha)
    # S = scale * (queries @ keys.T)
    d_queries = scale * (dS @ keys)
    d_keys = scale * (dS.T @ queries)
    # queries, keys, values = x @ Q_k, x @ K_k, x @ V_k
    dx = d_queries @ Q_k.T  # x goes three ways: as query,
    dx += d_keys @ K_k.T  # as key
    dx += d_values @ V_k.T  # and as value
    return dx, x.T @ d_queries, x.T @ d_keys, x.T @ d_values


dh = rng.standard_normal((T, H * d))
by_head = [head_backward(dh[:, c], x, Q[:, c], K[:, c], V[:, c]) for c in head_columns]
by_hand = [sum(gradients[0] for gradients in by_head)]  # dx: every head uses the same x
by_hand += [np.concatenate([gradients[n] for gradients in by_head], axis=1) for n in (1, 2, 3)]  # dQ, dK, dV

_, cache = projected_attention_forward(x, Q, K, V, H, scale)
for ours, packages in zip(by_hand, projected_attention_backward(dh, cache), strict=True):
    assert np.allclose(ours, packages)

# %%
# The bilinear form differs only in the scores, :math:`S = s \, x Q_k x^T`, where :math:`Q_k` is the D × D matrix
# again. Lesson 03 has derived what they pass back: with the factor s, :math:`dQ_k = s \, x^T dS \, x`, and x gets
# :math:`s \, dS \, x Q_k^T` as the word that looks and :math:`s \, dS^T x Q_k` as the word that is looked at. With
# the values that makes three ways again. The output projection y = h O is one more product: :math:`dh = dy \, O^T`
# and :math:`dO = h^T dy`.
#
# The gradient check
# ------------------


# %%
def projected_with_o(x: np.ndarray, Q: np.ndarray, K: np.ndarray, V: np.ndarray, O: np.ndarray) -> np.ndarray:  # noqa: E741
    """Projected self-attention and output projection, of x and the parameters."""
    h, _ = projected_attention_forward(x, Q, K, V, H, scale)
    return product_forward(h, O)[0]


def projected_with_o_backward(upstream: np.ndarray) -> dict[str, np.ndarray]:
    """Gradients of x and the parameters, by their names."""
    h, attention_cache = projected_attention_forward(x, Q, K, V, H, scale)
    _, output_cache = product_forward(h, O)
    # y = h @ O
    dh, dO = product_backward(upstream, output_cache)
    # h = projected_attention(x, Q, K, V)
    dx, dQ, dK, dV = projected_attention_backward(dh, attention_cache)
    return {"x": dx, "Q": dQ, "K": dK, "V": dV, "O": dO}


inputs = {"x": x, "Q": Q, "K": K, "V": V, "O": O}
errors = check_gradients(projected_with_o, inputs, projected_with_o_backward)
print("projected, with O:", {name: f"{error:.0e}" for name, error in errors.items()})

# %%
B = rng.standard_normal((H, D, D))  # the bilinear form's Q


def bilinear_backward(upstream: np.ndarray) -> dict[str, np.ndarray]:
    """Gradients of x, Q and V, by their names."""
    _, cache = bilinear_attention_forward(x, B, V, 0.3)  # a scale other than 1, or forgetting it would go unseen
    return dict(zip("xQV", bilinear_attention_backward(upstream, cache), strict=True))


errors = check_gradients(
    lambda x, Q, V: bilinear_attention_forward(x, Q, V, 0.3)[0], {"x": x, "Q": B, "V": V}, bilinear_backward
)
print("bilinear:", {name: f"{error:.0e}" for name, error in errors.items()})

# %%
# A mistake that is often made: the forward divides by √d and the backward forgets to. The gradient of V is still
# right (there is no score on its way), the shapes fit, and training even works a little. The check sees it:


# %%
def forgets_the_scale(upstream: np.ndarray) -> dict[str, np.ndarray]:
    """The backward with scale 1, for a forward that was scaled by 1/√d."""
    _, cache = projected_attention_forward(x, Q, K, V, H, scale)
    return dict(zip("xQKV", projected_attention_backward(upstream, cache._replace(scale=1.0)), strict=True))


try:
    check_gradients(
        lambda x, Q, K, V: projected_attention_forward(x, Q, K, V, H, scale)[0],
        {"V": V, "Q": Q, "K": K, "x": x},
        forgets_the_scale,
    )
    raise SystemExit("the check did not notice")
except GradientError as error:
    print("forgetting the scale:", error)  # V came first, and passed

# %%
# What to remember
# ----------------
#
# 1. h_k = αᵏ (x V_k): every word becomes a weighted mean of values; the heads stand side by side, (T, H·d).
# 2. Queries and keys are a bilinear form of rank d, Q_k = W_Q W_Kᵀ / √d; the paper's 530 K parameters are this
#    form's.
# 3. A dot product of d terms has a spread of √d. Divide by it, forward and backward.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/04_equation_2.py``, fill in the blanks, and run ``python -m lessons.check 04``.
#
# Further: (a) Reorder the words of x: what happens to the rows of h? Does self-attention know the order of the words?
# (b) With d = 300 and one head, can the projected form be every bilinear form? How many parameters does it have then?
# (c) Multiply all queries by 2 and all keys by 1/2: what changes? What does that say about Q and K as single
# matrices?
