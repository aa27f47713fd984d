r"""
Lesson 06: the news encoder, all pieces in a row
================================================

About 65 minutes, 35 of them for the exercises.

The word vectors of lesson 02, the self-attention of lessons 03 and 04 and the additive attention of lesson 05 make
one machine: words of a title go in, a news vector comes out. Here we put them together and run the gradient back
through all of them, down to the vectors of the single words. No new equation, one new idea: how backward passes are
chained.

You need: lesson 02 (lookup, adding into rows, dropout), lesson 04 (self-attention), lesson 05 (additive attention).

===========  =======================================================================================
x (T, D)     the word vectors of a title with T words; D = 4 in the story: sport, space, action, time
h (T, H·d)   the words after self-attention with Q, K, V; H = 2 heads of d = 2
r (H·d,)     the news vector, after additive attention with W, b, q
J            the table of all derivatives of a function: a row for each output, a column for each input
dX           the gradient of the loss L with respect to X, of the shape of X
===========  =======================================================================================
"""

# %%
import numpy as np

import course
from lessons import story
from lessons.draw import lesson_06 as draw
from nrms_np.encoder import subset
from nrms_np.gradcheck import GradientError, assert_gradient, check_gradients, numerical_gradient
from nrms_np.layers.additive_attention import additive_attention_backward, additive_attention_forward
from nrms_np.layers.dropout import dropout_backward, dropout_forward, dropout_key
from nrms_np.layers.embedding import embedding_backward, embedding_forward
from nrms_np.layers.self_attention import projected_attention_backward, projected_attention_forward

# %%
# The pieces
# ----------
#
# T is the number of words of the title, D the width of a word vector, H·d the width after the heads:
#
# - the title, T row numbers of the table of word vectors, and the *lookup* of these rows: x (T, D);
# - *dropout* on x, in training only;
# - *self-attention*, equations 1 and 2, with the parameters Q, K, V: h (T, H·d);
# - *additive attention*, equations 3 to 5, with the parameters W, b, q: r (H·d,), the news vector.
#
# (Microsoft's open-source project *Recommenders*, which has an NRMS too, has a second dropout, on h. The paper has not.
# The package can do either.) Black arrows are the forward. The red ones are the backward: each box is passed the
# gradient of what it put out, and passes on the gradient of what it was given.

# %%
course.show(
    draw.pipeline(),
    "06_pipeline",
    caption="Each gradient has the shape of its array, so the same shapes come back.",
    alt="Four boxes in a row: lookup, dropout, self-attention, additive attention. Black arrows carry x, x, h and r to the "
    "right; dashed red arrows carry dr, dh, dx and dx back. Parameters come in from above, their gradients go out there.",
)

# %%
# The forward
# -----------
#
# The title is *Coaches win again and again*, in which *again* stands twice. We begin without dropout.
#
# *Predict first:* will the news vector have any space, the second of (sport, space, action, time)?

# %%
TITLE = "Coaches win again and again"
title, words = np.array(story.TITLES[TITLE]), story.words(TITLE)
attention, pool = subset(story.PARAMETERS, "news.attention"), subset(story.PARAMETERS, "news.pool")
H, SCALE = story.HEADS, 1 / np.sqrt(2)

x, looked_up = embedding_forward(story.TABLE, title)  # (5, 4)
h, attended = projected_attention_forward(x, **attention, heads=H, scale=SCALE)  # (5, 4)
r, pooled = additive_attention_forward(h, **pool)  # (4,)
print("weights of", dict(zip(words[:4], pooled.alpha.round(3).tolist(), strict=False)), "  r", r.round(3))
assert np.allclose(r, [1.439, 0, 0.132, 0.653], atol=1e-3)

# %%
# Every ``_forward`` gives back two things: its result and a *cache*, the arrays its backward will need. Self-attention
# keeps its weights and values, pooling its weights and tanh. The news vector has much sport, from *coaches* and *win*,
# no space, and some time, from *again*.
#
# Chain rule
# ----------
#
# r depends on h, h on x, x on the word vectors. For a chain of functions of one number, L(r(h(x))), the derivative is
# a product:
#
# .. math:: \frac{dL}{dx} = \frac{dL}{dr} \cdot \frac{dr}{dh} \cdot \frac{dh}{dx}
#
# For arrays, each number of h moves many numbers of r. Write all numbers of x as one long vector, and those of h and
# r too. Then a function has a table of derivatives, called J or the *Jacobian*: row a, column n of :math:`J_r` is
# :math:`\partial r_a / \partial h_n`, and row n, column m of :math:`J_h` is :math:`\partial h_n / \partial x_m`.
#
# .. admonition:: Derive before you read on
#
#     dr is known. What is dx, with products of these tables? Write ``derive_chain`` in
#     ``lessons/exercises/06_news_encoder.py`` and run ``python -m lessons.check 06 derive_chain``.

# %%
course.derive("derive_chain")

# %%
# Move one number :math:`h_n` a little. It moves every :math:`r_a`, by :math:`\partial r_a / \partial h_n`, and each of
# these moves L by :math:`dr_a`. The effects add up:
#
# .. math::
#     dh_n = \sum_a dr_a \, \frac{\partial r_a}{\partial h_n} = \sum_a (J_r)_{a n} \, dr_a
#     \qquad\text{that is}\qquad dh = J_r^T \, dr
#
# The sum runs over the *rows* of J, so J is transposed. One step further back, in the same way,
#
# .. math:: dx = J_h^T \, dh = J_h^T \, J_r^T \, dr
#
# A ``_backward`` computes such a product: it is given dh and answers with :math:`J_h^T dh`. It needs to know nothing of
# what comes after it, since dh tells all, and nothing of what came before. So a chain of forwards has a chain of
# backwards, in reverse order, and each one is given what the one before gave back.
#
# J itself is never written down. At the paper's sizes, with T = 12, :math:`J_h` would have 12·256 × 12·300 = 11 million
# numbers for one title, and the backward of lesson 04 needs a few small products. In the story it is small enough to
# measure, one row for each number of r:

# %%
assert 12 * 256 * 12 * 300 == 11_059_200


def news_vector(x: np.ndarray) -> np.ndarray:
    """Self-attention and pooling of the title, a function of its word vectors."""
    h, _ = projected_attention_forward(x, **attention, heads=H, scale=SCALE)
    return additive_attention_forward(h, **pool)[0]


J = np.array([numerical_gradient(lambda a=a: float(news_vector(x)[a]), x).ravel() for a in range(4)])  # (4, 5·4)

# %%
# .. admonition:: Write before you read on
#
#     ``attend_forward`` is self-attention, then pooling, of one sequence: the chain above, for any sizes. One line of
#     it is wrong; mend it. Then write ``attend_backward``, and run
#     ``python -m lessons.check 06 attend_forward attend_backward``. They are pieces of your own NRMS, for titles here
#     and for histories in lesson 08. Below they are worked with numbers.

# %%
course.derive("attend_backward")

# %%
# Backward, with numbers
# ----------------------
#
# Let L be the sport of the news vector, :math:`r_{sport}` = 1.439. So dr = (1, 0, 0, 0). (This L is no loss that should
# fall. A gradient above zero, ▲, means here: more of this number, more sport.) Follow what comes back to the first
# word, *coaches*, and there to its sport.
#
# *Through the pooling.* After self-attention the sport of *coaches* is :math:`h_{0,sport}` = 0.266 · 2 + 0.540 · 2 =
# 1.612: of the five words it looks at itself with weight 0.266 and at *win* with 0.540. Its weight in the mean is
# 0.394.
#
# - As what is averaged: 0.394.
# - As what decides the weight: da = 0.394 · (1.612 − 1.439) = 0.068. The query counts the topic twice, q = 2, and tanh
#   has the slope 0.988 there. So dz = 0.068 · 2 · 0.988 = 0.134, and W passes it to sport unchanged.
#
# Together :math:`dh_{0,sport}` = 0.394 + 0.134 = 0.528. For *again* the same sum is 0.069 − 0.056 = 0.013: what sport
# in *again* adds to the mean, it takes away by drawing weight from words that have more of it.
#
# *Through the self-attention* these five gradients meet in each word again, as query, as key and as value (lesson 04).

# %%
dr = np.array([1.0, 0, 0, 0])
dh, *_ = additive_attention_backward(dr, pooled)
dx, *_ = projected_attention_backward(dh, attended)
assert np.allclose([dh[0, 0], dh[2, 0]], [0.528, 0.013], atol=1e-3)
assert_gradient("x", dx, (J.T @ dr).reshape(5, 4))  # the chain of backwards is Jᵀ dr

# %%
# *Into the table.* *again* stands at places 2 and 4, and its row of the table gets the sum of what both places got
# (lesson 02). Words that are not in the title have zeros, because moving their vectors cannot change r.

# %%
d_table = embedding_backward(dx, looked_up)
again = story.WORDS.index("again")
assert np.allclose(d_table[again], dx[2] + dx[4])
assert [bool(np.any(row)) for row in d_table] == [row in title for row in range(len(story.WORDS))]
assert np.isclose(dx[1, 0], 0.896, atol=1e-3)
assert np.allclose(pooled.alpha[:2], 0.394, atol=1e-3)
course.show(
    draw.returning(words, dr, dh, dx, d_table[again], story.DIMENSIONS),
    "06_returning",
    caption="What comes back when L is the sport of the news vector, from dr to the row of again in the table. ▲: more of it, "
    "more sport. Rounded after the sum, not before.",
    alt="At the bottom right dr, one row: sport 1, the others 0. Above it dh and to the left of that dx, both with a row for "
    "each word. Below dx the row of again in the table of words, the sum of two rows of dx.",
)

# %%
# Look at *win*. Its weight in the mean is 0.394, the same as that of *coaches*, but its sport gets 0.896: every word
# that looks at it takes its sport home. A word vector's gradient comes along many ways, as query, key and value in
# every head, and from there as what is averaged and what decides the weights. No line of the code lists these ways.
# Each backward sums the ways inside its own piece, and the chain does the rest. (Lesson 10 takes them apart again.)
#
# What dropout does
# -----------------
#
# Dropout (lesson 02) sets a random share of the numbers to 0 and multiplies the others by 1 / (1 − share), so that
# each number keeps its mean. In training it is one more piece of the chain, forward and backward. In use, which is
# called *inference*, it is left out.
#
# The package computes a mask from its dropout key, one number for each training step and layer. (The word is lesson
# 02's; the keys of attention are something else.) So every step has another mask, and a step that is run again has the
# same. That lets us check gradients with dropout switched on: finite differences call the forward over and over, and it
# must be the same function each time.
#
# From here on random numbers, and sizes that all differ: T = 5, D = 7, H = 3, d = 2, A = 4.


# %%
T, D, H, d, A = 5, 7, 3, 2, 4
SCALE = 1 / np.sqrt(d)
rng = np.random.default_rng(6)
inputs = {"table": rng.standard_normal((len(story.WORDS), D))}
inputs |= {name: 0.5 * rng.standard_normal((D, H * d)) for name in "QKV"}
inputs |= {name: 0.5 * rng.standard_normal(shape) for name, shape in {"W": (H * d, A), "b": A, "q": A}.items()}


def encode(step: int | None, table: np.ndarray, **p: np.ndarray) -> tuple[np.ndarray, list]:
    """The news vector of the title; step None is inference, without dropout."""
    x, looked_up = embedding_forward(table, title)
    dropped = None
    if step is not None:
        x, dropped = dropout_forward(x, 0.2, dropout_key(seed=0, step=step, layer=0))
    h, attended = projected_attention_forward(x, p["Q"], p["K"], p["V"], H, SCALE)
    r, pooled = additive_attention_forward(h, p["W"], p["b"], p["q"])
    return r, [looked_up, dropped, attended, pooled]


def encode_backward(dr: np.ndarray, caches: list) -> dict[str, np.ndarray]:
    """Gradients of the table and all parameters: the steps of encode in reverse."""
    looked_up, dropped, attended, pooled = caches
    # r = additive_attention(h, W, b, q)
    dh, dW, db, dq = additive_attention_backward(dr, pooled)
    # h = projected_attention(x, Q, K, V)
    dx, dQ, dK, dV = projected_attention_backward(dh, attended)
    # x = dropout(x)
    if dropped is not None:
        dx = dropout_backward(dx, dropped)
    # x = table[title]
    d_table = embedding_backward(dx, looked_up)
    return {"W": dW, "b": db, "q": dq, "Q": dQ, "K": dK, "V": dV, "table": d_table}


assert np.array_equal(*(encode(8, **inputs)[0] for _ in range(2)))  # the same step, twice

# %%
# What does it look like from outside? The same title over 400 training steps gives 400 different news vectors, around
# the one of inference. The rest of the model must do well with each of them, so it cannot rely on any single number.
#
# Each number of x keeps its mean under dropout. The numbers of r need not: softmax and tanh are curved, and the mean
# of a curved function is not the function of the mean. So the mean of the 400 is near the inference vector, not on
# it.
#
# *Predict first:* how many times as far as this mean from the inference vector is a single step, on average?

# %%
in_use = encode(None, **inputs)[0]
in_training = np.array([encode(step, **inputs)[0] for step in range(400)])  # (400, H·d)
from_mean = np.linalg.norm(in_training.mean(axis=0) - in_use)
from_dots = np.linalg.norm(in_training - in_use, axis=1).mean()
print(f"from the inference vector: mean of training {from_mean:.2f}, one step of training {from_dots:.2f} on average")
assert 0.05 < from_mean < 0.4 * from_dots
course.show(
    draw.dropout(in_training, in_use),
    "06_dropout",
    caption="One title under dropout of 20% on x. A dot is a training step, the bar its mean, ○ the vector in use.",
    alt="Six clouds of grey dots, one for each number of the news vector, each around a bar and a circle close together.",
)

# %%
# The gradient check of the whole
# -------------------------------
#
# Seven arrays at once, with dropout, from a random upstream gradient. A mistake in what one piece passes back shows
# in every array further back.


# %%
def forward(**inputs: np.ndarray) -> np.ndarray:
    """The news vector in training step 8."""
    return encode(8, **inputs)[0]


def backward(upstream: np.ndarray) -> dict[str, np.ndarray]:
    """Gradients by name, in training step 8."""
    return encode_backward(upstream, encode(8, **inputs)[1])


errors = check_gradients(forward, inputs, backward)
print("gradient check:", {name: f"{error:.0e}" for name, error in errors.items()})

# %%
# Three ways to get the chain wrong: pass the gradient around the dropout; use the mask of another step; write into the
# rows instead of adding. The equations are all right; how they are put together is not. All three come last on
# the way *back*, so the gradients computed before them (W, b, q, Q, K, V) pass, and the table is where they are caught.


# %%
def around_dropout(upstream: np.ndarray) -> dict[str, np.ndarray]:
    """The dropout is left out on the way back."""
    looked_up, _, attended, pooled = encode(8, **inputs)[1]
    return encode_backward(upstream, [looked_up, None, attended, pooled])


def another_mask(upstream: np.ndarray) -> dict[str, np.ndarray]:
    """The cache of the dropout is that of step 7."""
    looked_up, _, attended, pooled = encode(8, **inputs)[1]
    return encode_backward(upstream, [looked_up, encode(7, **inputs)[1][1], attended, pooled])


def overwrites(upstream: np.ndarray) -> dict[str, np.ndarray]:
    """The gradient of the second *again* replaces that of the first instead of being added to it."""
    _, dropped, attended, pooled = encode(8, **inputs)[1]
    dh = additive_attention_backward(upstream, pooled)[0]
    wrong = np.zeros_like(inputs["table"])
    wrong[title] = dropout_backward(projected_attention_backward(dh, attended)[0], dropped)
    return {**backward(upstream), "table": wrong}


from_the_end = {name: inputs[name] for name in ("W", "b", "q", "Q", "K", "V", "table")}
for wrong in (around_dropout, another_mask, overwrites):
    try:
        check_gradients(forward, from_the_end, wrong)
        raise SystemExit("the check did not notice")
    except GradientError as error:
        caught = str(error).split(" is above")[0]
    print(f"{wrong.__name__}: {caught}")
    assert "table" in caught

# %%
# Many titles, one encoder
# ------------------------
#
# A model has many titles and one set of parameters. Each title goes through the same chain. What does that make of the
# gradients of the table and of the six parameters? You have all that it takes to say so; the exercises ask you to write
# it: ``news_forward`` and ``news_backward``.
#
# What to remember
# ----------------
#
# 1. Each piece is a pair: forward gives a result and a cache, backward takes the result's gradient and the cache.
# 2. With J for the table of a function's derivatives, its backward is the product Jᵀ dy. The backward of a chain is
#    the chain of backwards in reverse order, and each of them knows its own piece only.
# 3. Dropout is a piece like the others in training, with the same mask forward and backward, and is absent in use.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/06_news_encoder.py`` and run ``python -m lessons.check 06``. Your functions have no caches: a
# backward of yours is given the inputs of the forward and computes again what it needs. That takes longer, and makes
# one mistake less possible: the cache of another forward. The package keeps caches because it has to be fast.
#
# Further: (a) Add the matrix O of lesson 04, h O (``product_forward`` of lesson 01): which lines of ``encode`` and
# ``encode_backward`` change? (b) With all word vectors the same, what are Q's and K's gradients, and why? (c) Run the
# gradient check with a mask that is drawn anew at each call. What goes wrong, and is it the backward's fault? Answers
# are in ``lessons/further/06.md``.
