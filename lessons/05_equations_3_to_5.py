r"""
Lesson 05: equations 3 to 5, from a title's words to one vector
===============================================================

About 45 minutes, exercises included.

After lesson 04 each word of a title has a vector that knows its neighbours. A title of 5 words has 5 of them, a title
of 12 has 12. To compare a title with a reader we need one vector of fixed length. The mean of the words would do, but
*again* says less than *Rockets*. Additive attention is a mean in which training decides how much each word counts.

You need: lesson 03 (softmax and its backward) and lesson 04 (the vectors h after the heads).

===================  =======================================================================
h (T, H·d)           the words after self-attention, one row each
W (H·d, A), b (A,)   the paper's V_w, transposed, and v_w; A numbers are made of H·d
z, hidden (T, A)     z = h W + b and hidden = tanh(z)
q (A,)               the query of the pooling: what makes a word important
a, α (T,), r (H·d,)  scores, weights, and the vector of the whole title
===================  =======================================================================
"""

# %%
import numpy as np

import course
from lessons import story
from lessons.draw import lesson_05 as draw
from nrms_np.gradcheck import GradientError, check_gradients, numerical_gradient, relative_error
from nrms_np.layers.additive_attention import (
    additive_attention_backward,
    additive_attention_forward,
    mean_pooling_forward,
)
from nrms_np.layers.self_attention import projected_attention_forward
from nrms_np.layers.softmax import softmax_backward, softmax_forward

# %%
# The equations
# -------------
#
# .. math::
#     a_i &= q_w^T \tanh(V_w h_i + v_w) \qquad \text{(3)} \\
#     \alpha_i &= \frac{\exp(a_i)}{\sum_{j=1}^{T} \exp(a_j)} \qquad \text{(4)} \\
#     r &= \sum_{i=1}^{T} \alpha_i h_i \qquad \text{(5)}
#
# - :math:`h_i` is the vector of word i after self-attention, with H·d numbers.
# - :math:`V_w` makes A numbers out of the H·d; :math:`v_w`, A numbers, is added to them (a *bias*). In the code they
#   are W, on the right of our rows, and b.
# - tanh squeezes each number into the range from −1 to 1.
# - :math:`q_w` is q in the code. Its dot product with what tanh gives is the *score* :math:`a_i`, one number.
# - :math:`\alpha_i` is the *weight* of word i: softmax again, once over all words of the title.
# - r is the news vector, the weighted mean of the words. It has H·d numbers, for a title of any length.
#
# W, b and q are learned. The small w below the paper's letters stands for "word": the user encoder has the same three
# with other values. (W is none of the Q, K and V of lesson 04, and :math:`V_w` is not its value matrix. And from here
# on q is this query alone.)
#
# In self-attention each word asks a question of its own, so there are T × T weights. Here there is one question for
# all titles, q: "how much does a word like this one tell?" So there are T weights, and one vector comes out.
#
# A title by hand
# ---------------
#
# The rows h are those that lesson 04 computed, (sport, space, action, time) for each word of *Rockets win again*.
# A = 2: the first column of W reads the topic, sport + space, and the second the time.
#
# *Predict first:* which of the three words gets the smallest score?

# %%
words = ["Rockets", "win", "again"]
attention = [story.PARAMETERS[f"news.attention.{name}"] for name in "QKV"]
h, _ = projected_attention_forward(story.vectors("Rockets win again"), *attention, story.HEADS, 1 / np.sqrt(2))
assert np.allclose(h[0], [1.44, 0.28, 0.16, 0.67], atol=0.005)  # Rockets, lesson 04

W, b, q = (story.PARAMETERS[f"news.pool.{name}"] for name in "Wbq")
assert W.tolist() == [[1, 0], [1, 0], [0, 0], [0, 1]]  # (H·d, A) = (4, 2)
assert b.tolist() == [-1.5, 0]  # less topic than 1.5 counts against a word
assert q.tolist() == [2, 1]  # topic counts twice as much as time

a = np.zeros(3)
for i in range(3):
    z = h[i] @ W + b  # (A,)
    a[i] = q @ np.tanh(z)
    print(f"{words[i]:8} z {z.round(2)}  tanh {np.tanh(z).round(2)}  score {a[i]:5.2f}")

alpha = np.exp(a) / np.exp(a).sum()
r = sum(alpha[i] * h[i] for i in range(3))

# %%
# Follow *Rockets*: z = (1.44 + 0.28 − 1.5, 0.67) = (0.22, 0.67), tanh makes (0.22, 0.59) of it, the score is 2·0.22 +
# 0.59 = 1.02. (Numbers are rounded after a sum, not before: with three digits it is 2·0.216 + 0.587 = 1.019. So the
# last digit may differ by one from what you add up, here and in the other lessons.) *again* knows less of the topic
# (1.33, below 1.5) and has the smallest score. So its weight is 0.13 instead of a third, and r has more sport than the
# plain mean of the three rows, which is 1.36:

# %%
packages_r, cache = additive_attention_forward(h, W, b, q)
assert np.allclose(packages_r, r)
assert np.allclose(r, [1.48, 0.24, 0.21, 0.62], atol=0.005)
assert np.isclose(h.mean(axis=0)[0], 1.36, atol=0.005)
course.show(
    draw.pooling(h, cache.alpha, r, words, story.DIMENSIONS),
    "05_pooling",
    caption="r is the sum of the rows of h, each times its weight. With equal weights, 0.33, again would count as much as win.",
    alt="h with a row for each word, the weights 0.39, 0.48, 0.13 beside it, and r, their weighted sum: 1.48, 0.24, 0.21, 0.62.",
)

# %%
# If q is 0, all scores are 0, all weights 1/T, and r is the plain mean. So additive attention can do all that the
# mean can. A title of one word is that word's vector. And a title without any word is the zero vector: a sum of
# nothing.

# %%
assert np.allclose(additive_attention_forward(h, W, b, 0 * q)[0], mean_pooling_forward(h)[0])
assert np.allclose(additive_attention_forward(h[:1], W, b, q)[0], h[0])
assert additive_attention_forward(h[:0], W, b, q)[0].tolist() == [0.0, 0.0, 0.0, 0.0]

# %%
# What tanh is good for
# ---------------------
#
# Leave it out, and the score is :math:`a_i = (h_i W + b) \cdot q = h_i \cdot (W q) + b \cdot q`. The second term is
# the same for all words, so softmax forgets it (lesson 03). The first is a dot product with one vector, W q: the A
# columns of W together could do no more than a single one. Such a score goes straight up in one direction, so among
# points on a line its largest value is always at an end. With tanh, two columns make a hill, one that rises here and
# one that falls there, and words in the middle can win:

# %%
without_tanh, _ = softmax_forward((h @ W + b) @ q)
assert np.allclose(without_tanh, softmax_forward(h @ (W @ q))[0])

line = np.linspace(-4, 4, 161)[:, None]  # 161 words with H·d = 1
hill = np.tanh(line @ [[1.5, -1.5]] + [2.0, 2.0]) @ [1.0, 1.0]  # A = 2
straight = line @ [0.25] + 1.0
assert hill.argmax() == 80  # the middle
assert straight.argmax() == 160  # an end
course.show(
    draw.hill(line[:, 0], hill, straight),
    "05_hill",
    caption="Scores of words that have one number each. With tanh and A = 2 the largest score is in the middle.",
    alt="Two curves: a straight line that rises, and a hill with its top at 0.",
)

# %%
# Backward
# --------
#
# Given dr (H·d,), the gradient of the loss with respect to r. h goes two ways to r, and the graph shows them:

# %%
course.show(
    draw.graph(),
    "05_graph",
    caption="Above: h decides the weights. Below: h is what is averaged. Two gradients meet at h.",
    alt="h goes through W and b, tanh, q and softmax to the weights, and directly to the sum. Gradients return along both.",
)

# %%
# **r = Σ α_i h_i.** Number n of r is :math:`r_n = \sum_i \alpha_i h_{i,n}`. So
# :math:`\partial r_n / \partial \alpha_i = h_{i,n}`, and the chain rule sums over all n:
# :math:`d\alpha_i = \sum_n dr_n \, h_{i,n} = h_i \cdot dr`. And :math:`\partial r_n / \partial h_{i,n} = \alpha_i`,
# so :math:`dh_i = \alpha_i \, dr`. That is the first way from r back to h: h as *what is averaged*.
#
# .. admonition:: Derive before you read on
#
#     Put this dα into the backward of softmax, :math:`da_i = \alpha_i (d\alpha_i - \sum_j \alpha_j \, d\alpha_j)`. Try
#     to write :math:`da_i` with r and without a sum: then it can be read. Write ``derive_score_gradient`` in
#     ``lessons/exercises/05_equations_3_to_5.py`` and run ``python -m lessons.check 05 derive_score_gradient``.

# %%
course.derive("derive_score_gradient")

# %%
# **α = softmax(a).** The weighted mean of dα that softmax subtracts is
# :math:`\sum_j \alpha_j \, h_j \cdot dr = (\sum_j \alpha_j h_j) \cdot dr = r \cdot dr`. So
#
# .. math:: da_i = \alpha_i \, (h_i - r) \cdot dr
#
# The score of a word matters as far as the word differs from the mean that is already there. A word that is like r
# can have any score: nothing changes.
#
# Numbers: say the loss falls when the title has more sport, dr = (−1, 0, 0, 0). r has 1.48 of it. *Rockets* has 1.44,
# a little less: its score should fall a little, da = 0.39·(1.48 − 1.44) = 0.02. *win* has 1.65: 0.48·(1.48 − 1.65) =
# −0.08, it should count more. *again* has 1.00: 0.13·(1.48 − 1.00) = 0.06, it should count less.
# The three add up to 0, as lesson 03 said they must: what one word wins in weight, the others lose.

# %%
dr = np.array([-1.0, 0.0, 0.0, 0.0])
da = alpha * ((h - r) @ dr)
assert np.allclose(da, [0.02, -0.08, 0.06], atol=0.005)
assert np.allclose(da, softmax_backward(h @ dr, alpha))
assert np.isclose(da.sum(), 0)

# %%
# **a_i = q · hidden_i.** q is used once for each word, so its gradient is a sum over the words,
# :math:`dq = \sum_i da_i \, hidden_i`. And :math:`d\,hidden_i = da_i \, q`.
#
# **hidden = tanh(z).** With :math:`f = e^z - e^{-z}` and :math:`g = e^z + e^{-z}` we have :math:`\tanh z = f / g`,
# :math:`f' = g` and :math:`g' = f`. The quotient rule:
#
# .. math:: \tanh' z = \frac{f' g - f \, g'}{g^2} = \frac{g^2 - f^2}{g^2} = 1 - \tanh^2 z
#
# number by number. The slope is computed from the *result* of tanh; z itself need not be kept. For *win*,
# dz = −0.08·(2, 1) ∗ (1 − 0.31², 1 − 0.59²) = (−0.14, −0.05).
#
# **z = h W + b.** A product and a bias, lesson 01: what W, b and h get is left to you. For h it is the second way from
# r back: h as *what decides the weights*. The two add up.
#
# The two ways, one at a time
# ---------------------------
#
# Are there really two, and do they add up? Measure each alone, as in lesson 04: two copies of h, of which one is moved
# at a time.

# %%
copies = {"as what is averaged": h.copy(), "as what decides": h.copy()}


def loss() -> float:
    """Σ dr · r, with a copy of h for each of its two uses."""
    averaged, decides = copies.values()
    weights = additive_attention_forward(decides, W, b, q)[1].alpha  # the cache keeps them
    return float(dr @ (weights @ averaged))


ways = {name: numerical_gradient(loss, copy) for name, copy in copies.items()}
_, cache = additive_attention_forward(h, W, b, q)
dh, dW, db, dq = additive_attention_backward(dr, cache)  # the package's own
assert np.allclose(ways["as what is averaged"], np.outer(alpha, dr), atol=1e-9)
assert np.allclose(ways["as what decides"][1], [-0.14, -0.14, 0, -0.05], atol=0.005)  # win: dz through the rows of W
assert relative_error(sum(ways.values()), dh) < 1e-7
course.show(
    draw.two_ways(words, story.DIMENSIONS, ways),
    "05_two_ways",
    caption="The title should have more sport. Averaged: more sport in each word, by its weight. Deciding: win should count more, "
    "so it should have more of all that makes a word count, even space and time. Action gets nothing either way: dr has "
    "none, and W does not read it.",
    alt="Two tables of gradients, three words by sport, space and time, and their sum dh. Action, all zero, is left out.",
)

# %%
# On the first way all rows are multiples of one another: each is dr times the weight of its word. A word with a
# weight near 0 gets next to nothing. On the second way it gets little too, because :math:`da_i` has the factor
# :math:`\alpha_i`. The weight of such a word changes mainly through W, b and q, which all words share. They got
#
# - dq = 0.02·(0.22, 0.59) − 0.08·(0.31, 0.59) + 0.06·(−0.17, 0.24) = (−0.03, −0.02): topic should count more, and
#   time too;
# - db = (0.01, 0.02), the sum of the three rows of dz.

# %%
assert np.allclose(dq, [-0.03, -0.02], atol=0.005)
assert np.allclose(db, [0.01, 0.02], atol=0.005)

# %%
# The gradient check
# ------------------

# %%
T, width, A = 5, 6, 4  # width is H·d: 3 heads of 2
rng = np.random.default_rng(5)
h = rng.standard_normal((T, width))
W, b, q = rng.standard_normal((width, A)), rng.standard_normal(A), rng.standard_normal(A)
inputs = {"h": h, "W": W, "b": b, "q": q}
_, cache = additive_attention_forward(**inputs)


def forward(h: np.ndarray, W: np.ndarray, b: np.ndarray, q: np.ndarray) -> np.ndarray:
    """The vector r alone, without the cache."""
    return additive_attention_forward(h, W, b, q)[0]


def backward(upstream: np.ndarray) -> dict[str, np.ndarray]:
    """Gradients by name."""
    return dict(zip(inputs, additive_attention_backward(upstream, cache), strict=True))


errors = check_gradients(forward, inputs, backward)
print("gradient check:", {name: f"{error:.0e}" for name, error in errors.items()})

# %%
# Two wrong ones. The first forgets that h decides the weights. The second forgets to sum db over the words, so its db
# has the shape (T, A). When training then moves the bias, say to b − 0.1 · db, NumPy does not object: it repeats b T
# times and carries on. The check compares shapes before it compares numbers:


# %%
def without_second_way(upstream: np.ndarray) -> dict[str, np.ndarray]:
    """The weights are taken for constants."""
    return {**backward(upstream), "h": np.outer(cache.alpha, upstream)}


def without_sum(upstream: np.ndarray) -> dict[str, np.ndarray]:
    """The bias gets one gradient per word instead of their sum."""
    da = softmax_backward(h @ upstream, cache.alpha)
    return {**backward(upstream), "b": np.outer(da, q) * (1 - cache.hidden**2)}


for wrong in (without_second_way, without_sum):
    try:
        check_gradients(forward, inputs, wrong)
        raise SystemExit("the check did not notice")
    except GradientError as error:
        print(f"{wrong.__name__}: {error}")

# %%
# What to remember
# ----------------
#
# 1. Score, softmax, weighted mean: r = Σ α_i h_i, where each word's weight comes from a score of its own. Any number of
#    words in, one vector out.
# 2. The gradient of a score is α_i (h_i − r) · dr. What is used for every word, W, b and q, gets a sum over the words.
# 3. h has two ways to r: it is averaged, and it decides the weights. Its gradient is the sum of both.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/05_equations_3_to_5.py`` and run ``python -m lessons.check 05``.
# ``additive_attention_forward`` and ``additive_attention_backward`` are pieces of your own NRMS (``python -m
# lessons.mine``).
#
# Further (answers in ``lessons/further/05.md``): (a) Reorder the words of h: what happens to r? (b) Multiply q by 100:
# which word makes up r, and how large is dq? (c) The numbers of da sum to 0. What does that say about the gradient of
# a number that is added to all scores, and why does equation 3 have a bias inside tanh but none outside?
