r"""
Lesson 08: equations 8-10, the user vector
==========================================

About 55 minutes, half of them for the exercises.

After lesson 07 each click of a history has looked at the others. Now the clicks become one vector, the *user vector*:
what this reader likes. It is additive attention again, the pooling of lesson 05. So the formulas are short here, and
the lesson is about what histories do and titles do not: they can be empty, they can hold one click, and they can be
very long.

You need: lesson 05 (additive attention) and lesson 07 (attention over clicks).

==========  ===================================================================================
r (T, H·d)  the vectors of the T clicks of a history, rows of the table of news
h (T, H·d)  the clicks after self-attention; h_i is click i
α (T,)      the weights of the clicks; W (H·d, A), b (A,) and q (A,) decide them
u (H·d,)    the user vector; users (n, H·d) those of n readers
dX          the gradient of the loss L with respect to X, of the shape of X
==========  ===================================================================================
"""

# %%
import numpy as np

import course
from lessons import story
from lessons.draw import lesson_08 as draw
from nrms_np.backend import get_backend
from nrms_np.encoder import attend_backward, attend_forward, subset
from nrms_np.gradcheck import GradientError, assert_gradient, check_gradients, numerical_gradient
from nrms_np.layers.additive_attention import additive_attention_backward, additive_attention_forward
from nrms_np.layers.self_attention import projected_attention_forward
from nrms_np.layers.softmax import softmax_forward
from nrms_np.packed import Packed

# %%
# The equations
# -------------
#
# .. math::
#     a^n_i = q_n^T \tanh(V_n h^n_i + v_n), \qquad
#     \alpha^n_i = \frac{\exp(a^n_i)}{\sum_{j=1}^{T} \exp(a^n_j)}, \qquad
#     u = \sum_{i=1}^{T} \alpha^n_i h^n_i
#
# - :math:`h^n_i`, from lesson 07, is click i after it has looked at the other clicks: H·d numbers. T is the number of
#   clicks, which the paper calls N.
# - :math:`V_n`, :math:`v_n` and :math:`q_n` are parameters: a matrix, and two vectors with A numbers. We call them W,
#   b and q as in lesson 05. Our vectors are rows, so W stands on the right and is (H·d, A).
# - :math:`a^n_i` is the score of click i: how much it says about the reader. :math:`\alpha^n_i` is its weight.
# - u is the user vector, H·d numbers: a weighted mean of the clicks.
#
# One click at a time
# -------------------
#
# The story: our reader clicked on *Coaches win again and again* and on *Moon launch*. In lesson 07 the two looked at each
# other. The sport and space of the first are now (1.169, 0.375), those of the second (0.080, 1.888). The story's W
# reads sport and space alone, b is 0 and q = (1, 1). So the score of a click is tanh(sport) + tanh(space): 0.824 + 0.359
# = 1.183 for the first, 0.080 + 0.955 = 1.035 for the second. Their softmax is 0.537 and 0.463, and the sport of u is
# 0.537 · 1.169 + 0.463 · 0.080 = 0.665:

# %%
model, batch = story.model(), story.batch()
r = model.encode_news(batch.titles)[:2]  # the two clicks
h, _ = projected_attention_forward(r, **subset(story.PARAMETERS, "user.attention"), heads=2, scale=1 / np.sqrt(2))
W, b, q = subset(story.PARAMETERS, "user.pool").values()
a = np.zeros(2)
for i in range(2):
    a[i] = q @ np.tanh(h[i] @ W + b)  # equation 8
alpha = np.exp(a) / np.exp(a).sum()  # equation 9
u = np.zeros(4)
for i in range(2):
    u += alpha[i] * h[i]  # equation 10
print(f"scores {a.round(3)}, weights {alpha.round(3)}, u {u.round(3)}")
assert np.allclose([a[0], a[1], alpha[0], u[0]], [1.183, 1.035, 0.537, 0.665], atol=1e-3)

# %%
# In matrix form the scores are one product, and the weighted sum is another. The package's function is that of lesson
# 05:

# %%
a = np.tanh(h @ W + b) @ q  # (T, A) · (A,) = (T,)
alpha, _ = softmax_forward(a)  # (T,)
assert np.allclose(alpha @ h, u)  # (T,) · (T, H·d) = (H·d,)
ours, pooled = additive_attention_forward(h, W, b, q)
assert np.allclose(ours, u)

# %%
# All weights are positive and sum to 1. So u lies between the clicks, and the weights say where. With two clicks that
# is a point of a line. For a picture take three, of two numbers each, and a query that counts space twice, q = (1, 2):
# a click on sport, (2, 0), one on space, (0, 2), and one on both, (2, 2). W is the identity and b is 0. tanh(2) is 0.964,
# so the scores are 0.964, 1.928 and 2.892, and the weights 0.10, 0.25 and 0.65:

# %%
three = np.array([[2.0, 0.0], [0.0, 2.0], [2.0, 2.0]])
u_of_three, pooled_three = additive_attention_forward(three, np.eye(2), np.zeros(2), np.array([1.0, 2.0]))
assert np.allclose(pooled_three.alpha, [0.10, 0.25, 0.65], atol=0.01)
course.show(
    draw.user_vector(["a click on sport", "on space", "on both"], three, pooled_three.alpha, u_of_three),
    "08_user_vector",
    caption="Three clicks, the larger the dot, the larger its weight. The query counts space twice, so u lies above the "
    "plain mean.",
    alt="A triangle with a click at each corner: sport, space and both. The one on both is the largest. The user vector lies "
    "inside, near it, the plain mean further off.",
)

# %%
# One number backward
# -------------------
#
# The backward is that of lesson 05. Once with numbers: let L be the sport of u, 0.665, so du = (1, 0, 0, 0). From u back
# to click 0 there are two ways.
#
# - As what is averaged, its sport is passed the weight, 0.537.
# - As what decides the weights: :math:`da_0` = 0.537 · (1.169 − 0.665) = 0.271. tanh has the slope 1 − 0.824² = 0.321 at
#   its sport and 1 − 0.359² = 0.871 at its space. So its sport is passed 0.271 · 0.321 = 0.087 more, and its *space*
#   0.271 · 0.871 = 0.236.
#
# More space in the sport click makes the user vector sportier? Yes: with more to say the click gets more weight,
# and it brings its sport along. In *Moon launch* it is the other way round: :math:`da_1` = −0.271, its sport is passed
# 0.463 − 0.271 · 0.993 = 0.194.

# %%
dh, *_ = additive_attention_backward(np.array([1.0, 0, 0, 0]), pooled)
assert np.allclose(dh[:, :2], [[0.537 + 0.087, 0.236], [0.194, -0.024]], atol=1e-3)
measured = numerical_gradient(lambda: additive_attention_forward(h, W, b, q)[0][0], h)
assert_gradient("h", dh, measured)

# %%
# attend: the whole second level
# ------------------------------
#
# Self-attention (lesson 07) and this pooling, one after the other, are the function **attend** at the news level.
# Lesson 06 made it for titles; now it makes a user vector of each history. The table holds five news vectors, random
# ones from here on. Four readers: Ann with three clicks, Ben (another one than in lesson 07) with none, Cleo with one,
# and Dan, who clicked news 1 twice.

# %%
rng = np.random.default_rng(8)
H, d, A = 2, 3, 4  # heads, width of a head, width of the query: H·d = 6
SCALE = 1 / np.sqrt(d)
layers = get_backend("layers")
table = rng.standard_normal((5, H * d))
histories = Packed.from_lists([[0, 1, 2], [], [3], [1, 4, 1, 2]])
ANN, BEN, CLEO = 0, 1, 2
shapes = {
    "attention.Q": (H * d, H * d), "attention.K": (H * d, H * d), "attention.V": (H * d, H * d),
    "pool.W": (H * d, A), "pool.b": (A,), "pool.q": (A,),
}  # fmt: skip
parameters = {name: 0.7 * rng.standard_normal(shape) for name, shape in shapes.items()}


def attend(table: np.ndarray, histories: Packed) -> tuple:
    """The user vectors (readers, H·d) of some histories, and what the backward needs."""
    return attend_forward(table, histories, parameters, H, SCALE, layers)


users, cache = attend(table, histories)
h_of_ann, _ = projected_attention_forward(table[[0, 1, 2]], **subset(parameters, "attention"), heads=H, scale=SCALE)
of_ann, _ = additive_attention_forward(h_of_ann, **subset(parameters, "pool"))
assert np.allclose(users[ANN], of_ann)

# %%
# The empty history
# -----------------
#
# Every reader was new once, and had clicked nothing yet. For Ben the sum of equation 10 has no terms, so
# his user vector is the zero vector:

# %%
assert np.array_equal(users[BEN], np.zeros(H * d))

# %%
# That is what the formula says, but code has to be asked to say it. NumPy has no largest score of no scores, and the
# mean of nothing is 0 / 0, a NaN that then spreads through all parameters. So the package's softmax takes −∞ as the
# largest score of an empty row, and its weights are an empty row again:

# %%
try:
    np.zeros(0).max()
    raise SystemExit("this NumPy knows the maximum of nothing")
except ValueError as error:
    print("the largest of no scores:", error)
no_weights, _ = softmax_forward(np.zeros(0))
assert no_weights.shape == (0,)

# %%
# What does the model learn from Ben? Nothing. His user vector is zero whatever the parameters are, so no parameter
# can change it, and all gradients are zero. Here only Ben has an upstream gradient:

# %%
upstream = np.zeros_like(users)
upstream[BEN] = rng.standard_normal(H * d)
d_table, gradients = attend_backward(upstream, cache)
assert not d_table.any()
assert not any(gradient.any() for gradient in gradients.values())

# %%
# In lesson 09 a candidate's score will be its dot product with u. For Ben all scores are then 0: the model has no
# opinion. That is honest. Other programs give him the history "one blank news item", or leave such readers out.
#
# One click
# ---------
#
# Cleo clicked one news item, r. What is her user vector, and what do r and the parameters get back for it?
#
# .. admonition:: Derive before you read on
#
#     Write ``derive_one_click(du, r, V)`` in ``lessons/exercises/08_equations_8_to_10.py``: dr and dV. Run
#     ``python -m lessons.check 08 derive_one_click``. Then think: what about Q, K, W, b and q?

# %%
course.derive("derive_one_click")

# %%
# In both softmaxes exp(s) stands above and below the fraction bar, whatever the score s is: the click attends to itself
# with weight 1. In the self-attention that leaves its values, :math:`h = r V`, and in the pooling :math:`u = 1 \cdot
# h`. So u = r V, and the rule for a product gives :math:`dr = du \, V^T` and :math:`dV = r^T du`, an outer product.

# %%
assert np.allclose(users[CLEO], table[3] @ parameters["attention.V"])

# %%
# And the others: a softmax passes back :math:`p (dp - \sum p \, dp)`, lesson 03. With one weight p = 1 that is
# :math:`1 \cdot (dp - dp) = 0`. So Cleo trains V and her click's vector, but neither Q and K nor W, b and q. There
# was nothing to choose, so there is nothing to learn about choosing:

# %%
upstream = np.zeros_like(users)
upstream[CLEO] = rng.standard_normal(H * d)
d_table, gradients = attend_backward(upstream, cache)
assert np.allclose(d_table[3], upstream[CLEO] @ parameters["attention.V"].T)
assert np.allclose(gradients["attention.V"], np.outer(table[3], upstream[CLEO]))
learned = [name for name, gradient in gradients.items() if gradient.any()]
print("a reader with one click trains:", learned)
assert learned == ["attention.V"]

# %%
# The order of the clicks
# -----------------------
#
# Let us shuffle Ann's clicks. With a *permutation matrix* P (one 1 in each row and column, the rest 0) the shuffled
# rows are P r, where r is the matrix of her clicks as rows. Follow P through one head, with queries P r Q and
# keys P r K. (We leave out the scale 1/√d. It multiplies all scores alike.)
#
# .. math::
#     S' = (P r Q)(P r K)^T = P \, (r Q)(r K)^T P^T = P \, S \, P^T
#
# The scores are the same numbers with rows and columns shuffled. The softmax works on each row alone and does not
# mind the order in a row, so :math:`\beta' = P \beta P^T`. And since :math:`P^T P = I`:
#
# .. math::
#     h' = \beta' (P r V) = P \beta P^T P \, r V = P \, \beta \, r V = P h
#
# The same rows, shuffled. The pooling scores each row by itself, :math:`a' = P a`, so :math:`\alpha' = P \alpha`, and
#
# .. math:: u' = \sum_i \alpha'_i h'_i = \sum_i \alpha_i h_i = u
#
# because a sum does not depend on the order of its terms. **The user vector does not know in which order the clicks
# came.** Nothing in the equations says which click is the first one. Language models add a vector for the position;
# NRMS does not.

# %%
shuffled, _ = attend(table, Packed.from_lists([[2, 0, 1], [1, 0, 2]]))
assert np.allclose(shuffled, users[ANN])

# %%
# The same is true of titles: *dog bites man* and *man bites dog* have the same news vector.
#
# The order matters in one place only, before the model: histories can be long, and the model reads the **last** 50
# clicks. MIND lists the oldest click first, so the last ones are those that say most about today. ``Packed.last`` cuts:

# %%
long = Packed.from_lists([list(range(60)), [7, 8, 9]])
assert long.last(50).to_lists() == [list(range(10, 60)), [7, 8, 9]]

# %%
# The Recommenders project keeps the first 50 instead (``history[: self.his_size]`` in its
# recommenders/models/newsrec/io/mind_iterator.py). Such a choice breaks nothing: every gradient check passes and the loss
# falls. Only the reader's latest interests are missing. Lesson 15 shows it at work.
#
# The gradient check
# ------------------
#
# Nothing is left to derive: the backward of attend is the backward of the pooling (lesson 05), then that of
# self-attention (lesson 04), then "add into the row" for the table (lesson 07). Dan has news 1 twice in one history,
# and both places add into row 1.

# %%
inputs = {"table": table, **parameters}


def users_of(table: np.ndarray, **parameters: np.ndarray) -> np.ndarray:
    """Only the user vectors, as the check wants it."""
    return attend_forward(table, histories, parameters, H, SCALE, layers)[0]


def backward(up: np.ndarray) -> dict[str, np.ndarray]:
    """The gradients of the table and the parameters, by their names."""
    d_table, gradients = attend_backward(up, cache)
    return {"table": d_table, **gradients}


errors = check_gradients(users_of, inputs, backward)
print("gradient check:", {name: f"{error:.0e}" for name, error in errors.items()})
assert max(errors.values()) < 1e-7

# %%
# Does the check find a mistake? In the pooling, h has two ways to u: it is what is averaged, and it decides the
# weights. A backward that takes the weights for constants knows only the first way, :math:`dh_i = \alpha_i \, du`:
#
# *Predict first:* is it found with Cleo's one click, and with Ann's three?


# %%
def pool(h: np.ndarray) -> np.ndarray:
    """The pooling of one history, a function of h alone."""
    return additive_attention_forward(h, **subset(parameters, "pool"))[0]


def constant_weights_backward(du: np.ndarray, h: np.ndarray) -> dict[str, np.ndarray]:
    """Only the first way: the weights are taken for constants."""
    _, cache = additive_attention_forward(h, **subset(parameters, "pool"))
    return {"h": np.outer(cache.alpha, du)}


h_of_cleo, _ = projected_attention_forward(table[[3]], **subset(parameters, "attention"), heads=H, scale=SCALE)
errors = check_gradients(pool, {"h": h_of_cleo}, lambda up: constant_weights_backward(up, h_of_cleo))
print(f"weights taken for constants, checked on one click: error {errors['h']:.0e}, it passes!")
try:
    check_gradients(pool, {"h": h_of_ann}, lambda up: constant_weights_backward(up, h_of_ann))
    raise SystemExit("the check did not notice")
except GradientError as error:
    print("checked on three clicks:", error)

# %%
# The wrong backward passes on one click, because with one click the weight *is* constant. A check sees only what its
# example can show: take sequences of several lengths. And the other way round, a check of q on one click alone is
# refused, because a gradient of zero would agree with a backward that does nothing:


# %%
def pool_of_q(q: np.ndarray) -> np.ndarray:
    """The pooling of Cleo's history, a function of q alone."""
    return additive_attention_forward(h_of_cleo, parameters["pool.W"], parameters["pool.b"], q)[0]


try:
    check_gradients(pool_of_q, {"q": parameters["pool.q"]}, lambda _: {"q": np.zeros(A)})
    raise SystemExit("the check did not notice")
except GradientError as error:
    print("q on one click:", error)
_, one_cache = additive_attention_forward(h_of_cleo, **subset(parameters, "pool"))
dq = additive_attention_backward(rng.standard_normal(H * d), one_cache)[3]
assert not dq.any()  # the true gradient is zero, so a check would check nothing

# %%
# What to remember
# ----------------
#
# 1. Equations 8-10 are equations 3-5 on clicks: the user vector is a weighted mean of the clicks.
# 2. No click: the zero vector and no gradient. One click: weight 1, and only the values learn.
# 3. The order of the clicks is invisible to the model; it only decides which 50 are kept, the last ones.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/08_equations_8_to_10.py``, and run ``python -m lessons.check 08``. There ``last_clicks`` runs and
# is wrong in one case. ``user_forward`` and ``user_backward`` are the whole of the second level, for the last clicks of
# one reader: think of the news that were cut off.
#
# Further: (a) Dan clicked news 1 twice. Is his user vector the same as if he had clicked it once? Try it, and say
# what changed in equation 9. (b) Pool packed histories in one go with ``np.add.reduceat(weights[:, None] * h,
# offsets[:-1])``. Whose click does Ben get, and why? (c) What would you add to the click vectors so that the order
# matters, and what would its gradient be? Answers are in ``lessons/further/08.md``.
