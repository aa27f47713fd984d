r"""
Lesson 05: equations 3 to 5, from a title's words to one vector
===============================================================

After lesson 04 each word of a title has a vector that knows its neighbours. A title of 5 words has 5 of them, a title
of 12 has 12. To compare a title with a reader we need one vector of fixed length. The mean of the words would do, but
*The* says less than *Rockets*. Additive attention is a mean in which training decides how much each word counts.

You need: lesson 03 (softmax and its backward) and lesson 04 (the vectors h after the heads).
"""

# %%
import numpy as np

import course
from nrms_np.gradcheck import GradientError, check_gradients, numerical_gradient, relative_error
from nrms_np.layers.additive_attention import (
    additive_attention_backward,
    additive_attention_forward,
    mean_pooling_forward,
)
from nrms_np.layers.softmax import softmax_backward, softmax_forward

# %%
# The equations
# -------------
#
# .. math::
#     a_i &= q_w^T \tanh(V_w h_i + v_w) \qquad \text{(3)} \\
#     \alpha_i &= \frac{\exp(a_i)}{\sum_{j=1}^{M} \exp(a_j)} \qquad \text{(4)} \\
#     r &= \sum_{i=1}^{M} \alpha_i h_i \qquad \text{(5)}
#
# - :math:`h_i` is the vector of word i after self-attention, with H·d numbers. The title has M words; we write T.
# - :math:`V_w` is a matrix that makes A numbers out of the H·d, :math:`v_w` is a vector of A numbers that is added (a
#   *bias*). In the code they are W, (H·d, A) and on the right of our rows, and b, (A,).
# - tanh squeezes each number into the range from −1 to 1. What goes in we call :math:`z_i`, what comes out
#   :math:`hidden_i`.
# - :math:`q_w` is a vector of A numbers, q in the code. Its dot product with :math:`hidden_i` is the *score*
#   :math:`a_i`, one number.
# - :math:`\alpha_i` is the *weight* of word i: softmax again, once over all words of the title.
# - r is the news vector, the weighted mean of the words. It has H·d numbers, for a title of any length.
#
# W, b and q are learned. The small w below the paper's letters stands for "word": the user encoder has the same three
# with other values. (W is not the :math:`W_Q` or :math:`W_K` of lesson 04, and :math:`V_w` is not its value matrix.)
#
# In self-attention each word asks a question of its own, so there are T × T weights. Here there is one question for
# all titles, q: "how much does a word like this one tell?" So there are T weights, and one vector comes out.
#
# A title by hand
# ---------------
#
# H·d = 3 numbers for each word, with names to make reading easy: (topic, action, filler). A = 2.

# %%
words = ["The", "Rockets", "win", "again"]
h = np.array([[0.0, 0.0, 1.0], [2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 1.0, 1.0]])  # (T, H·d) = (4, 3)
W = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])  # (H·d, A): column 0 reads topic, column 1 action minus filler
b = np.array([-1.0, 0.0])  # (A,)
q = np.array([2.0, 1.0])  # (A,): topic counts twice as much as action

a = np.zeros(4)
for i in range(4):
    z = h[i] @ W + b  # (A,)
    hidden = np.tanh(z)
    a[i] = q @ hidden
    print(f"{words[i]:8} z {z}  tanh {hidden.round(2)}  score {a[i]:5.2f}")

alpha = np.exp(a) / np.exp(a).sum()
r = np.zeros(3)
for i in range(4):
    r += alpha[i] * h[i]
print("weights", alpha.round(2), " r", r.round(2))

# %%
# Follow *Rockets*: z = (2 − 1, 0) = (1, 0), tanh(1) = 0.76, the score is 2·0.76 = 1.52. It is the largest by far, so
# r is mostly the vector of *Rockets*. In matrix form, and as the package does it:

# %%
hidden = np.tanh(h @ W + b)  # (T, A)
assert np.allclose(hidden @ q, a)
assert np.allclose(alpha @ h, r)

packages_r, cache = additive_attention_forward(h, W, b, q)
assert np.allclose(packages_r, r)
assert np.allclose(cache.alpha, alpha)

# %%
# If q is 0, all scores are 0, all weights 1/T, and r is the plain mean. So additive attention can do all that the
# mean can. A title of one word is that word's vector. And a title without any word is the zero vector: a sum of
# nothing.

# %%
assert np.allclose(additive_attention_forward(h, W, b, 0 * q)[0], mean_pooling_forward(h)[0])
assert np.allclose(additive_attention_forward(h[:1], W, b, q)[0], h[0])
assert additive_attention_forward(h[:0], W, b, q)[0].tolist() == [0.0, 0.0, 0.0]

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
W_hill, b_hill, q_hill = np.array([[1.5, -1.5]]), np.array([2.0, 2.0]), np.array([1.0, 1.0])
hill = np.tanh(line @ W_hill + b_hill) @ q_hill
straight = line @ np.array([0.25]) + 1.0
assert hill.argmax() == 80  # the middle
assert straight.argmax() == 160  # an end

drawing = course.figure(9.8, 3.3)
left, middle, right = drawing.subplots(1, 3)
left.plot(line, np.tanh(line), color=course.BLUE, label="tanh z")
left.plot(line, 1 - np.tanh(line) ** 2, "--", color=course.ORANGE, label="its slope, 1 − tanh² z")
left.set_xlabel("z")
left.set_title("tanh")
left.set_ylim(-1.1, 1.9)
left.legend(loc="upper left")
middle.plot(line, hill, color=course.BLUE, label="with tanh, A = 2")
middle.plot(line, straight, "--", color=course.GREY, label="without")
middle.set_xlabel("h (a word vector of one number)")
middle.set_ylabel("score a")
middle.set_title("Scores with and without tanh")
middle.set_ylim(-0.2, 2.7)
middle.legend(loc="upper left")
right.bar(words, alpha, color=course.BLUE)
right.axhline(1 / 4, color=course.GREY, linestyle="--", linewidth=1.2)
right.text(3.45, 0.265, "plain mean, 1/4", ha="right", color=course.GREY)
for i in range(4):
    right.text(i, alpha[i] + 0.015, f"{alpha[i]:.2f}", ha="center")
right.set_ylabel("weight α")
right.set_ylim(0, 1)
right.set_title("Weights of the title's words")
course.save(drawing, "05_pooling")

# %%
# Backward
# --------
#
# Given dr (H·d,), the gradient of the loss with respect to r. Go back from (5) to (3), line by line.
#
# **r = Σ α_i h_i.** Number n of r is :math:`r_n = \sum_i \alpha_i h_{i,n}`. So
# :math:`\partial r_n / \partial \alpha_i = h_{i,n}`, and the chain rule sums over all n:
# :math:`d\alpha_i = \sum_n dr_n \, h_{i,n} = h_i \cdot dr`. And :math:`\partial r_n / \partial h_{i,n} = \alpha_i`,
# so :math:`dh_i = \alpha_i \, dr`. That is the first way from r back to h: h as *what is averaged*.
#
# **α = softmax(a).** :math:`da_i = \alpha_i (d\alpha_i - \sum_j \alpha_j \, d\alpha_j)`, lesson 03.
#
# **a_i = q · hidden_i.** q is used once for each word, so its gradient is a sum over the words:
# :math:`dq = \sum_i da_i \, hidden_i`, in matrix form hiddenᵀ da. And :math:`d\,hidden_i = da_i \, q`.
#
# **hidden = tanh(z).** With :math:`s = e^z - e^{-z}` and :math:`c = e^z + e^{-z}` we have :math:`\tanh z = s / c`,
# :math:`s' = c` and :math:`c' = s`. The quotient rule:
#
# .. math:: \tanh' z = \frac{s' c - s \, c'}{c^2} = \frac{c^2 - s^2}{c^2} = 1 - \tanh^2 z
#
# tanh works on each number alone, so :math:`dz = d\,hidden * (1 - hidden^2)`, number by number. Note that the slope
# is computed from the *result* of tanh; z itself need not be kept.
#
# **z = h W + b.** The product rule: :math:`dW = h^T dz`, and h gets :math:`dz \, W^T`. The bias is added to every
# row, so :math:`db = \sum_i dz_i`. This is the second way from r back to h: h as *what decides the weights*. The two
# add up.


# %%
def pool_backward(
    dr: np.ndarray, h: np.ndarray, W: np.ndarray, b: np.ndarray, q: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of h, W, b and q."""
    hidden = np.tanh(h @ W + b)
    alpha, _ = softmax_forward(hidden @ q)
    # r = alpha @ h
    d_alpha = h @ dr
    dh = np.outer(alpha, dr)  # first way: h as what is averaged
    # alpha = softmax(a)
    da = softmax_backward(d_alpha, alpha)
    # a = hidden @ q
    dq = hidden.T @ da
    d_hidden = np.outer(da, q)
    # hidden = tanh(z)
    dz = d_hidden * (1 - hidden**2)
    # z = h @ W + b
    dW = h.T @ dz
    db = dz.sum(axis=0)
    dh += dz @ W.T  # second way: h as what decides the weights
    return dh, dW, db, dq


T, width, A = 5, 6, 4  # width is H·d: 3 heads of 2
rng = np.random.default_rng(5)
h = rng.standard_normal((T, width))
W, b, q = rng.standard_normal((width, A)), rng.standard_normal(A), rng.standard_normal(A)
dr = rng.standard_normal(width)

r, cache = additive_attention_forward(h, W, b, q)
for ours, packages in zip(pool_backward(dr, h, W, b, q), additive_attention_backward(dr, cache), strict=True):
    assert np.allclose(ours, packages)

# %%
# The two ways, one at a time
# ---------------------------
#
# Are there really two, and do they add up? Measure each alone. Hold the weights still while h moves: that leaves the
# first way. Hold the rows that are averaged still and let h move only in the weights: that leaves the second.

# %%
fixed_alpha, fixed_h = cache.alpha.copy(), h.copy()


def loss_by_first_way() -> float:
    """The loss L = dr · r when h moves in the mean only."""
    return float(dr @ (fixed_alpha @ h))


def loss_by_second_way() -> float:
    """The loss when h moves in the weights only."""
    _, cache = additive_attention_forward(h, W, b, q)
    return float(dr @ (cache.alpha @ fixed_h))


first = numerical_gradient(loss_by_first_way, h)
second = numerical_gradient(loss_by_second_way, h)
dh, *_ = pool_backward(dr, h, W, b, q)
assert relative_error(first, np.outer(fixed_alpha, dr)) < 1e-7
assert relative_error(first + second, dh) < 1e-7
print(f"size of dh by the first way {np.linalg.norm(first):.2f}, by the second {np.linalg.norm(second):.2f}")

largest = max(np.abs(first).max(), np.abs(second).max(), np.abs(dh).max())
drawing = course.figure(9.8, 3.1)
panels = drawing.subplots(1, 3, sharey=True)
titles = ("First way: what is averaged", "Second way: what decides", "dh, their sum")
for panel, gradient, title in zip(panels, (first, second, dh), titles, strict=True):
    image = panel.imshow(gradient, cmap="PuOr", vmin=-largest, vmax=largest)
    panel.set_xticks(range(width))
    panel.set_xlabel("number of the vector, 0 to H·d − 1")
    panel.set_title(title)
    panel.spines[:].set_visible(False)
panels[0].set_yticks(range(T))
panels[0].set_ylabel("word i")
drawing.colorbar(image, ax=panels, label="gradient", shrink=0.85)
course.save(drawing, "05_two_ways")

# %%
# In the left picture all rows are multiples of one another: each is dr times the weight of its word. A word with a
# weight near 0 gets next to nothing. By the second way it gets little too, because :math:`da_i` has the factor
# :math:`\alpha_i`. The weight of such a word changes mainly through W, b and q, which all words share.
#
# The gradient check
# ------------------

# %%
inputs = {"h": h, "W": W, "b": b, "q": q}


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
# 1. Score, softmax, weighted mean: r = Σ α_i h_i with α = softmax(tanh(h W + b) q). Any number of words in, one
#    vector out.
# 2. tanh' = 1 − tanh², from the result. A bias or a query that is used for every word gets the sum over the words.
# 3. h has two ways to r: it is averaged, and it decides the weights. Its gradient is the sum of both.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/05_equations_3_to_5.py``, fill in the blanks, and run ``python -m lessons.check 05``.
#
# Further: (a) Reorder the words of h: what happens to r? (b) Multiply q by 100: which word makes up r, and how large
# is dq? (c) The numbers of da sum to 0 (lesson 03). What does that say about the gradient of a number that is added
# to all scores, and why does equation 3 have a bias inside tanh but none outside?
