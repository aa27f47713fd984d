r"""
Lesson 06: the news encoder, all pieces in a row
================================================

The word vectors of lesson 02, the self-attention of lessons 03 and 04 and the additive attention of lesson 05 make
one machine: words of a title go in, a news vector comes out. Here we put them together and run the gradient back
through all of them, down to the vectors of the single words. No new equation, one new idea: how backward passes are
chained.

You need: lesson 02 (lookup, adding into rows, dropout), lesson 04 (self-attention), lesson 05 (additive attention).
"""

# %%
import numpy as np

import course
from nrms_np.backend import get_backend
from nrms_np.encoder import Dropout, attend_backward, attend_forward
from nrms_np.gradcheck import GradientError, check_gradients
from nrms_np.layers.additive_attention import additive_attention_backward, additive_attention_forward
from nrms_np.layers.dropout import dropout_backward, dropout_forward, dropout_key
from nrms_np.layers.embedding import embedding_backward, embedding_forward
from nrms_np.layers.self_attention import projected_attention_backward, projected_attention_forward
from nrms_np.packed import Packed

# %%
# The pieces
# ----------
#
# Five steps. T is the number of words of the title, D the width of a word vector, H·d the width after the heads, A
# the width of the additive query:
#
# - the title, T row numbers of the table of word vectors, and the *lookup* of these rows: x (T, D);
# - *dropout* on x, in training only;
# - *self-attention*, equations 1 and 2, with the parameters Q, K, V: h (T, H·d);
# - a second *dropout*, on h. The paper has only the first; the Recommenders project has both. The package can do
#   either;
# - *additive attention*, equations 3 to 5, with the parameters W, b, q: r (H·d,), the news vector.
#
# The blue arrows are the forward. The orange ones are the backward: each box is passed the gradient of what it put
# out, and passes on the gradient of what it was given. A gradient has the shape of its array, so the same shapes come
# back. What goes in from above are the parameters, what comes out below are their gradients.

# %%
drawing = course.figure(11.0, 3.3)
axes = drawing.add_subplot()
axes.set_xlim(0.3, 22.4)
axes.set_ylim(0.7, 6.9)
axes.axis("off")
boxes = [  # name, parameters, what comes out, its shape
    ("lookup", "word vectors", "x", "(T, D)"),
    ("dropout", "", "x", "(T, D)"),
    ("self-\nattention", "Q, K, V", "h", "(T, H·d)"),
    ("dropout", "", "h", "(T, H·d)"),
    ("additive\nattention", "W, b, q", "r", "(H·d,)"),
]
axes.text(0.9, 4.5, "title\n(T,)", ha="center", va="center")
forward_arrow = {"arrowstyle": "-|>", "color": course.BLUE, "linewidth": 1.8}
backward_arrow = {"arrowstyle": "-|>", "color": course.RED, "linewidth": 1.8}
axes.annotate("", (2.2, 4.5), (1.4, 4.5), arrowprops=forward_arrow)
for number, (name, parameters, out, shape) in enumerate(boxes):
    left = 2.2 + 4 * number
    axes.add_patch(course.plt.Rectangle((left, 2.9), 2.1, 2.2, facecolor="#E8F1F8", edgecolor=course.BLUE))
    axes.text(left + 1.05, 4.0, name, ha="center", va="center", fontsize=11)
    axes.annotate("", (left + 4, 4.5), (left + 2.1, 4.5), arrowprops=forward_arrow)
    axes.annotate("", (left + 2.1, 3.4), (left + 4, 3.4), arrowprops=backward_arrow)
    axes.text(left + 3.05, 4.75, f"{out} {shape}", ha="center", color=course.BLUE, fontsize=9)
    axes.text(left + 3.05, 2.75, f"d{out} {shape}", ha="center", color=course.RED, fontsize=9)
    if parameters:
        axes.text(left + 1.05, 6.4, parameters, ha="center", color=course.BLUE)
        axes.annotate("", (left + 1.05, 5.1), (left + 1.05, 6.3), arrowprops=forward_arrow)
        gradients = "d word vectors" if number == 0 else ", ".join(f"d{letter}" for letter in parameters.split(", "))
        axes.text(left + 1.05, 1.0, gradients, ha="center", color=course.RED)
        axes.annotate("", (left + 1.05, 1.5), (left + 1.05, 2.9), arrowprops=backward_arrow)
course.save(drawing, "06_pipeline")

# %%
# The forward
# -----------
#
# A small vocabulary and a title with a repeated word. Sizes all differ: T = 5, D = 7, H = 3, d = 2, A = 4.

# %%
vocabulary = ["[unknown]", "the", "rockets", "win", "again", "launch", "and", "space", "coach"]
title = np.array([2, 3, 6, 3, 4])  # rockets win and win again
T, D, H, d, A = 5, 7, 3, 2, 4
scale = 1 / np.sqrt(d)

rng = np.random.default_rng(6)
word_vectors = rng.standard_normal((len(vocabulary), D))
attention = {name: 0.5 * rng.standard_normal((D, H * d)) for name in "QKV"}
pool = {name: 0.5 * rng.standard_normal(shape) for name, shape in {"W": (H * d, A), "b": A, "q": A}.items()}

x, embedding_cache = embedding_forward(word_vectors, title)
h, attention_cache = projected_attention_forward(x, **attention, heads=H, scale=scale)
r, pool_cache = additive_attention_forward(h, **pool)
assert (x.shape, h.shape, r.shape) == ((T, D), (T, H * d), (H * d,))

# %%
# Every ``_forward`` gives back two things: its result and a *cache*, the arrays its backward will need.
# Self-attention keeps its weights and values, pooling its weights and tanh. Dropout comes in a moment.
#
# Chain rule
# ----------
#
# r depends on h, h on x, x on the word vectors. For a chain of functions of one number, L(r(h(x))), the derivative is
# a product:
#
# .. math:: \frac{dL}{dx} = \frac{dL}{dr} \cdot \frac{dr}{dh} \cdot \frac{dh}{dx}
#
# For arrays, each number of x moves many numbers of h, so the product becomes a sum over all of them:
#
# .. math::
#     \frac{\partial L}{\partial x_m} = \sum_n \frac{\partial L}{\partial h_n} \, \frac{\partial h_n}{\partial x_m}
#
# with n running over all numbers of h. That sum is what a ``_backward`` computes: it is given all
# :math:`\partial L / \partial h_n`, the array dh, and answers with all :math:`\partial L / \partial x_m`, the array
# dx. It needs to know nothing of what comes after it, since dh tells all, and nothing of what came before. So a chain
# of forwards has a chain of backwards, in reverse order, and each one is given what the one before gave back.
#
# The table of all :math:`\partial h_n / \partial x_m` is never written down. At the paper's sizes, with T = 12, it
# would have 12·256 × 12·300 = 11 million numbers for one title, and the backward of lesson 04 needs a few small
# products.

# %%
assert 12 * 256 * 12 * 300 == 11_059_200

dr = rng.standard_normal(r.shape)  # what comes back from the rest of the model; made up for now
dh, dW, db, dq = additive_attention_backward(dr, pool_cache)
dx, dQ, dK, dV = projected_attention_backward(dh, attention_cache)
d_word_vectors = embedding_backward(dx, embedding_cache)

for array, gradient in ((r, dr), (h, dh), (x, dx), (word_vectors, d_word_vectors)):
    assert array.shape == gradient.shape
for parameters, gradients in ((attention, (dQ, dK, dV)), (pool, (dW, db, dq))):
    for parameter, gradient in zip(parameters.values(), gradients, strict=True):
        assert parameter.shape == gradient.shape

# %%
# The gradient has reached the words
# ----------------------------------
#
# The last array holds a gradient for each word vector. Words that are not in the title have zeros, because moving
# their vectors cannot change r. *win* stands at places 1 and 3, and its row is the sum of what both places got
# (lesson 02):

# %%
for row, word in enumerate(vocabulary):
    if row in title:
        assert np.any(d_word_vectors[row])
    else:
        assert not np.any(d_word_vectors[row]), word
assert np.allclose(d_word_vectors[3], dx[1] + dx[3])
sizes = np.linalg.norm(d_word_vectors, axis=1)
print("size of gradient:", {word: float(size.round(2)) for word, size in zip(vocabulary, sizes, strict=True)})

# %%
# A word vector's gradient came along many ways: as query, key and value in every head, and out of each head as what
# is averaged and what decides the weights. No line of the code lists these ways. Each backward sums the ways inside
# its own piece, and the chain does the rest.
#
# What dropout does
# -----------------
#
# Dropout (lesson 02) sets a random share of the numbers to 0 and multiplies the others by 1 / (1 − share), so that
# each number keeps its mean. In training it is one more piece of the chain, forward and backward. In use, which is
# called *inference*, it is left out.
#
# The mask is not drawn from a generator that goes on from call to call. It is a function of a *key*, and the key is a
# function of the run's seed, the training step and the layer. So every step has another mask, two layers of one step
# have two different ones, and a step that is run again has the same. That last point lets us check gradients with
# dropout switched on: finite differences call the forward over and over, and it must be the same function each time.


# %%
def encode(
    word_vectors: np.ndarray, attention: dict, pool: dict, step: int | None, rate: float = 0.2
) -> tuple[np.ndarray, list]:
    """The news vector of the title; step None is inference, without dropout."""
    x, looked_up = embedding_forward(word_vectors, title)
    dropped_x = dropped_h = None
    if step is not None:
        x, dropped_x = dropout_forward(x, rate, dropout_key(seed=0, step=step, layer=0))
    h, attended = projected_attention_forward(x, **attention, heads=H, scale=scale)
    if step is not None:
        h, dropped_h = dropout_forward(h, rate, dropout_key(seed=0, step=step, layer=1))
    r, pooled = additive_attention_forward(h, **pool)
    return r, [looked_up, dropped_x, attended, dropped_h, pooled]


def encode_backward(dr: np.ndarray, caches: list) -> dict[str, np.ndarray]:
    """Gradients of the word vectors and all parameters: the steps of encode in reverse."""
    looked_up, dropped_x, attended, dropped_h, pooled = caches
    # r = additive_attention(h, W, b, q)
    dh, dW, db, dq = additive_attention_backward(dr, pooled)
    # h = dropout(h)
    if dropped_h is not None:
        dh = dropout_backward(dh, dropped_h)
    # h = projected_attention(x, Q, K, V)
    dx, dQ, dK, dV = projected_attention_backward(dh, attended)
    # x = dropout(x)
    if dropped_x is not None:
        dx = dropout_backward(dx, dropped_x)
    # x = word_vectors[title]
    d_word_vectors = embedding_backward(dx, looked_up)
    return {"word_vectors": d_word_vectors, "Q": dQ, "K": dK, "V": dV, "W": dW, "b": db, "q": dq}


assert np.allclose(encode(word_vectors, attention, pool, step=None)[0], r)
assert np.array_equal(*(encode(word_vectors, attention, pool, step=8)[0] for _ in range(2)))  # the same step, twice

# %%
# What does it look like from outside? The same title over 400 training steps gives 400 different news vectors, around
# the one of inference. The rest of the model must get along with all of them, so it cannot rely on any single number.
#
# Each number of x keeps its mean under dropout. The numbers of r need not: softmax and tanh are curved, and the mean
# of a curved function is not the function of the mean. So the mean of the 400 is near the inference vector, not on
# it.

# %%
in_training = np.array([encode(word_vectors, attention, pool, step)[0] for step in range(400)])  # (400, H·d)

key = dropout_key(seed=0, step=0, layer=0)
many_copies = np.tile(x[:1], (4000, 1))  # each row of the mask is drawn anew
assert np.allclose(dropout_forward(many_copies, 0.2, key)[0].mean(axis=0), x[0], atol=0.05)
from_mean = np.linalg.norm(in_training.mean(axis=0) - r)
from_dots = np.linalg.norm(in_training - r, axis=1).mean()
print(f"from the inference vector: mean of training {from_mean:.2f}, one step of training {from_dots:.2f} on average")
assert 0.05 < from_mean < 0.3 * from_dots

drawing = course.figure(7.0, 3.6)
axes = drawing.add_subplot()
places = np.arange(H * d)
spread = rng.uniform(-0.16, 0.16, in_training.shape)
axes.plot((places + spread).ravel(), in_training.ravel(), ".", color="#BBBBBB", markersize=3, zorder=1)
axes.plot([], [], ".", color="#999999", markersize=7, label="training, one dot a step")
axes.plot(places, in_training.mean(axis=0), "D", color=course.ORANGE, markersize=7, label="mean of training")
axes.plot(places, r, "_", color=course.BLUE, markersize=24, markeredgewidth=3, label="inference, no dropout")
axes.set_xticks(places)
axes.set_xlabel("number of the news vector, 0 to H·d − 1")
axes.set_ylabel("value")
axes.set_title("One title under dropout of 20% in two places")
axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
course.save(drawing, "06_dropout")

# %%
# The gradient check of the whole
# -------------------------------
#
# Seven arrays at once, with dropout, from a random upstream gradient. A mistake in what one piece passes back shows
# in every array further back.

# %%
inputs = {"word_vectors": word_vectors, **attention, **pool}


def forward(word_vectors: np.ndarray, **parameters: np.ndarray) -> np.ndarray:
    """The news vector in training step 8."""
    return encode(word_vectors, {n: parameters[n] for n in "QKV"}, {n: parameters[n] for n in "Wbq"}, step=8)[0]


def backward(upstream: np.ndarray) -> dict[str, np.ndarray]:
    """Gradients by name, in training step 8."""
    _, caches = encode(word_vectors, attention, pool, step=8)
    return encode_backward(upstream, caches)


errors = check_gradients(forward, inputs, backward)
print("gradient check:", {name: f"{error:.0e}" for name, error in errors.items()})

# %%
# Three ways to get the chain wrong: pass the gradient around the dropout on h; use the mask of another step; write
# into the rows instead of adding. The equations are all right; how they are put together is not. Note which array
# each one is caught in: the parameters of pooling come first, and a mistake on the way from h to x cannot reach them.


# %%
def around_dropout(upstream: np.ndarray) -> dict[str, np.ndarray]:
    """The dropout on h is left out on the way back."""
    _, caches = encode(word_vectors, attention, pool, step=8)
    return encode_backward(upstream, [*caches[:3], None, caches[4]])


def another_mask(upstream: np.ndarray) -> dict[str, np.ndarray]:
    """The cache of the dropout on x is that of step 7."""
    _, caches = encode(word_vectors, attention, pool, step=8)
    _, stale = encode(word_vectors, attention, pool, step=7)
    return encode_backward(upstream, [caches[0], stale[1], *caches[2:]])


def overwrites(upstream: np.ndarray) -> dict[str, np.ndarray]:
    """The gradient of the second *win* replaces that of the first instead of being added to it."""
    _, caches = encode(word_vectors, attention, pool, step=8)
    _, dropped_x, attended, dropped_h, pooled = caches
    dh = dropout_backward(additive_attention_backward(upstream, pooled)[0], dropped_h)
    wrong = np.zeros_like(word_vectors)
    wrong[title] = dropout_backward(projected_attention_backward(dh, attended)[0], dropped_x)
    return {**encode_backward(upstream, caches), "word_vectors": wrong}


from_the_end = {name: inputs[name] for name in ("W", "b", "q", "Q", "K", "V", "word_vectors")}
for wrong in (around_dropout, another_mask, overwrites):
    try:
        check_gradients(forward, from_the_end, wrong)
        raise SystemExit("the check did not notice")
    except GradientError as error:
        print(f"{wrong.__name__}: {str(error).split(' is above')[0]}")

# %%
# The package's encoder
# ---------------------
#
# ``attend_forward`` in nrms_np/encoder.py is this chain for many titles at once, without the dropout on x. It takes a
# table of vectors and the titles as row numbers, all titles end to end in one array (``Packed``; lesson 12 says why),
# and does the lookup itself. By the names of the parameters it sees which form to run (lesson 04). It runs on one of
# two backends. ``layers`` is a loop over the titles that calls the functions you know. ``kernels`` is made for speed
# (lesson 13). Both must agree with our chain. We take three titles, one of them empty.

# %%
titles = Packed.from_lists([[2, 3, 6, 3, 4], [], [2, 5, 4, 7]])
parameters = {f"attention.{n}": a for n, a in attention.items()} | {f"pool.{n}": a for n, a in pool.items()}
d_news = rng.standard_normal((titles.count, H * d))

expected = np.zeros((titles.count, H * d))
expected_table = np.zeros_like(word_vectors)
expected_gradients = {n: np.zeros_like(a) for n, a in parameters.items()}
for number, words in enumerate(titles.to_lists()):
    x, embedding_cache = embedding_forward(word_vectors, np.array(words, dtype=int))
    h, attention_cache = projected_attention_forward(x, **attention, heads=H, scale=scale)
    expected[number], pool_cache = additive_attention_forward(h, **pool)
    dh, *of_pool = additive_attention_backward(d_news[number], pool_cache)
    dx, *of_attention = projected_attention_backward(dh, attention_cache)
    # One table and one set of parameters, three titles: their gradients add up.
    expected_table += embedding_backward(dx, embedding_cache)
    for n, gradient in zip(parameters, (*of_attention, *of_pool), strict=True):
        expected_gradients[n] += gradient

for name in course.BACKENDS:
    news, cache = attend_forward(word_vectors, titles, parameters, H, scale, get_backend(name))
    d_table, gradients = attend_backward(d_news, cache)
    assert np.allclose(news, expected)
    assert np.allclose(d_table, expected_table)
    assert set(gradients) == set(parameters)
    assert all(np.allclose(gradients[n], expected_gradients[n]) for n in parameters)
    largest = max(np.abs(news - expected).max(), np.abs(d_table - expected_table).max())
    print(f"backend {name}: largest difference from the chain above {largest:.0e}")
assert np.allclose(expected[0], r)
assert not expected[1].any()  # the empty title

# %%
# With dropout the two backends agree as well, since a mask depends on a key and not on who computes it. In one thing
# the package's dropout on x differs from our chain: it looks up each distinct word of a batch once and drops before
# the titles refer to it. So a word loses the same numbers wherever it stands in that batch, where our chain drew anew
# for each place.

# %%
dropout = Dropout(0.2, dropout_key(seed=0, step=8, layer=1))
by_layers, by_kernels = (
    attend_forward(word_vectors, titles, parameters, H, scale, get_backend(name), dropout)[0]
    for name in course.BACKENDS
)
assert np.allclose(by_layers, by_kernels)
assert not np.allclose(by_layers, expected)

# %%
# What to remember
# ----------------
#
# 1. Each piece is a pair: forward gives a result and a cache, backward takes the result's gradient and the cache.
# 2. The backward of a chain is the chain of backwards in reverse order. Each of them knows its own piece only.
# 3. Dropout is a piece like the others in training, with the same mask forward and backward, and is absent in use.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/06_news_encoder.py``, fill in the blanks, and run ``python -m lessons.check 06``.
#
# Further: (a) Add the output projection of lesson 04: which lines of ``encode`` and ``encode_backward`` change? (b)
# With all word vectors the same, what are Q's and K's gradients, and why? (c) Run the gradient check with a mask that
# is drawn anew at each call. What goes wrong, and is it the backward's fault?
