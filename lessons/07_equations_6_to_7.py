r"""
Lesson 07: equations 6-7, the same function one level up
========================================================

A title is a sequence of word vectors, and lesson 06 made one news vector of it. A reader is known by the news he
clicked: a sequence of news vectors. That is the same situation again, one level up. So nothing new has to be
invented: clicks look at each other as words did. What is new is the backward. One news item can be in many histories
and be a candidate as well, but it is encoded by one encoder. This lesson is about the gradients that meet there.

You need: lesson 02 (the gradient of a lookup), lessons 03 and 04 (self-attention over words) and lesson 06 (the news
encoder).
"""

# %%
import numpy as np
from matplotlib.patches import FancyBboxPatch

import course
from nrms_np.backend import get_backend
from nrms_np.encoder import attend_backward, attend_forward, prefixed, subset
from nrms_np.gradcheck import GradientError, assert_gradient, check_gradients, numerical_gradient
from nrms_np.layers.self_attention import (
    bilinear_attention_forward,
    projected_attention_backward,
    projected_attention_forward,
)
from nrms_np.layers.softmax import softmax_forward
from nrms_np.packed import Packed

# %%
# The equations
# -------------
#
# .. math::
#     \beta^k_{i,j} = \frac{\exp(r_i^T Q^n_k \, r_j)}{\sum_{m=1}^{N} \exp(r_i^T Q^n_k \, r_m)}, \qquad
#     h^n_{i,k} = V^n_k \Big( \sum_{j=1}^{N} \beta^k_{i,j} \, r_j \Big), \qquad h^n_i = [h^n_{i,1}; \dots; h^n_{i,H}]
#
# - N is the number of clicked news, the length of the history. :math:`r_i` is the vector of clicked news i, from
#   lesson 06, with H·d numbers: H heads of width d each.
# - :math:`Q^n_k` and :math:`V^n_k` are the matrices of head k. The small n says *news*: they are not the matrices of
#   the word level, which have a small w in the paper. (Lessons 03 and 04 left it out.) The two levels share no
#   parameters.
# - :math:`\beta^k_{i,j}` says how much click i looks at click j in head k. It is what :math:`\alpha^k_{i,j}` was for
#   words.
# - :math:`h^n_i` is click i after it has looked at the others, again H·d numbers.
#
# Put e for r, α for β, w for n and M for N, and these are equations 1 and 2.
#
# Three clicks with two numbers each. Think of the first number as "sports" and the second as "space":

# %%
clicks = ["Giants win", "NASA delays launch", "Rockets again"]
r = np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]])  # (N, H·d) = (3, 2)
Q = np.array([[0.5, 0.0], [0.0, 0.5]])  # (H·d, H·d), one head
V = np.array([[1.0, -1.0], [0.0, 1.0]])  # (H·d, d), stands on the right, because our vectors are rows

# %%
# One query by hand
# -----------------
#
# Click 0 looks at the three clicks. :math:`r_0^T Q` is (1, 0), so its scores are the first numbers of the clicks: 2,
# 0, 1.

# %%
scores_of_0 = np.zeros(3)
for j in range(3):
    scores_of_0[j] = r[0] @ Q @ r[j]
assert scores_of_0.tolist() == [2.0, 0.0, 1.0]
beta_of_0 = np.exp(scores_of_0) / np.exp(scores_of_0).sum()
h_of_0 = np.zeros(2)
for j in range(3):
    h_of_0 += beta_of_0[j] * r[j]  # the sum of equation 7
h_of_0 = h_of_0 @ V
for title, weight in zip(clicks, beta_of_0, strict=True):
    print(f"'Giants win' looks at {title!r:21} weight {weight:.3f}")

# %%
# All clicks at once, with r as the matrix of all rows, and then the package's function. It is the function of lesson
# 04, in the bilinear form; it does not know whether its rows are words or news. (It takes a stack of matrices, one Q
# for each head. ``Q[None]`` is a stack of one.)

# %%
beta, _ = softmax_forward(r @ Q @ r.T)  # (N, N)
h = beta @ r @ V  # (N, d)
assert np.allclose(beta[0], beta_of_0)
assert np.allclose(h[0], h_of_0)
ours, _ = bilinear_attention_forward(r, Q[None], V, scale=1.0)
assert np.allclose(ours, h)

# %%
# A slip in the paper
# -------------------
#
# The paper prints M instead of N above the sums of equations 6 and 7. M is the number of words of a title, and a
# history does not have M clicks. Take it at its word: let titles have M = 2 words. Then the denominator leaves out
# the third click, while the third click still has a weight, and the weights sum to more than 1:

# %%
M = 2
as_printed = np.exp(scores_of_0) / np.exp(scores_of_0[:M]).sum()
print(f"sum of the weights of 'Giants win': {beta_of_0.sum():.2f} with N, {as_printed.sum():.2f} with M as printed")
assert as_printed.sum() > 1.3

# %%
# With M larger than N it would ask for a click that does not exist. When a formula and the shapes do not agree,
# believe the shapes. From here on it is N.
#
# A table and references to its rows
# ----------------------------------
#
# A training step takes many readers at once, a *batch*: many titles and many histories. No title holds word vectors
# itself: it holds *row numbers* of the table of word vectors (lesson 02). In the same way a history holds row numbers
# of a table of news vectors. Four news items and two readers:

# %%
words = ["rockets", "win", "again", "launch", "nasa", "delays", "giants"]
titles = Packed.from_lists([[0, 1, 2], [0, 3, 2], [4, 5, 3], [6, 1]])  # rows of the table of words
histories = Packed.from_lists([[1, 2], [3, 0, 1]])  # rows of the table of news: Ann's clicks and Ben's
candidates = np.array([1, 0])  # rows of the table of news: two news items that are shown to somebody

# %%
# ``Packed`` keeps sequences of different lengths in two arrays: all row numbers end to end, and where each sequence
# starts. (Lesson 12 says why.) ``histories.sequence(1)`` is the row numbers of history 1.

# %%
assert histories.index.tolist() == [1, 2, 3, 0, 1]
assert histories.offsets.tolist() == [0, 2, 5]
assert histories.sequence(1).tolist() == [3, 0, 1]

# %%
# Now NRMS is one function used twice, **attend(table, sequences)**: self-attention over each sequence, then pooling.
#
# - words to news: the table holds word vectors, the sequences are titles. This is the news encoder of lesson 06.
# - news to readers: the table holds the news vectors that just came out, the sequences are histories.
#
# ``nrms_np.encoder.attend_forward`` is this function. It takes the functions that do the work from a *backend*:
# ``layers`` are the plain functions you know, in a loop over the sequences; ``kernels`` are the fast ones of lesson
# 12. (The code below also uses two helpers for names: ``subset(parameters, "news")`` are the parameters whose names
# begin with ``news.``, without this beginning, and ``prefixed`` puts it back.)
#
# News 1, *Rockets launch again*, is used three times: by Ann's history, by Ben's history and as a candidate.

# %%
NEWS = ["Rockets win\nagain", "Rockets launch\nagain", "NASA delays\nlaunch", "Giants win"]
READERS = ["Ann's history", "Ben's history", "candidates"]


def box(axes, x, y, text, colour="white"):
    """Draw a box with a text, its centre at (x, y)."""
    axes.add_patch(
        FancyBboxPatch((x - 0.38, y - 0.28), 0.76, 0.56, boxstyle="round,pad=0.04", fc=colour, ec=course.GREY)
    )
    axes.text(x, y, text, ha="center", va="center", fontsize=9)


drawing = course.figure(8.2, 4.4)
axes = drawing.add_subplot()
word_y = [6 - w for w in range(7)]
news_y = [5.4, 3.8, 2.2, 0.6]
reader_y = [4.8, 3.0, 1.2]
for item in range(4):
    for word in titles.sequence(item):
        colour, width = (course.RED, 1.8) if item == 1 else (course.GREY, 0.8)
        axes.plot([0.42, 1.58], [word_y[word], news_y[item]], color=colour, linewidth=width)
for reader, rows in enumerate([*histories.to_lists(), candidates]):
    for item in rows:
        colour, width = (course.RED, 1.8) if item == 1 else (course.GREY, 0.8)
        axes.plot([2.42, 3.58], [news_y[item], reader_y[reader]], color=colour, linewidth=width)
for y, text in zip(word_y, words, strict=True):
    box(axes, 0, y, text)
for item, (y, text) in enumerate(zip(news_y, NEWS, strict=True)):
    box(axes, 2, y, text, "#FBE3D6" if item == 1 else "white")
for y, text in zip(reader_y, READERS, strict=True):
    box(axes, 4, y, text)
for x, text in ((0, "table of words"), (2, "table of news"), (4, "who uses the news")):
    axes.text(x, 6.75, text, ha="center", weight="bold")
axes.text(1, -0.75, "titles: attend", ha="center", color=course.GREY)
axes.text(3, -0.75, "histories: attend", ha="center", color=course.GREY)
axes.set_xlim(-0.6, 4.6)
axes.set_ylim(-1, 7.1)
axes.axis("off")
course.save(drawing, "07_one_function_twice")

# %%
# Forward through both levels
# ---------------------------
#
# Random numbers now, in float64, and sizes that are all different: word vectors with D = 5 numbers, H = 2 heads of d
# = 3, so H·d = 6, and A = 4 for the query of the pooling. The form of attention is the projected one of lesson 04.

# %%
rng = np.random.default_rng(7)
D, H, d, A = 5, 2, 3, 4
SCALE = 1 / np.sqrt(d)
layers = get_backend("layers")
shapes = {
    "word_embedding": (7, D),
    "news.attention.Q": (D, H * d), "news.attention.K": (D, H * d), "news.attention.V": (D, H * d),
    "news.pool.W": (H * d, A), "news.pool.b": (A,), "news.pool.q": (A,),
    "user.attention.Q": (H * d, H * d), "user.attention.K": (H * d, H * d), "user.attention.V": (H * d, H * d),
}  # fmt: skip
parameters = {name: 0.7 * rng.standard_normal(shape) for name, shape in shapes.items()}


def both_levels_forward(parameters):
    """Words to news, news to clicks that have looked at each other; also what is needed for the way back."""
    table, of_news = parameters["word_embedding"], subset(parameters, "news")
    news, news_cache = attend_forward(table, titles, of_news, H, SCALE, layers)  # (4, H·d)
    of_users = subset(parameters, "user.attention")
    h, caches = [], []
    for s in range(histories.count):
        r = news[histories.sequence(s)]  # (N, H·d): look the clicks up, as words were looked up in lesson 02
        of_one, cache = projected_attention_forward(r, **of_users, heads=H, scale=SCALE)
        h.append(of_one)
        caches.append(cache)
    return np.concatenate([*h, news[candidates]]), (news, news_cache, caches)


output, (news, news_cache, caches) = both_levels_forward(parameters)
assert output.shape == (2 + 3 + 2, H * d)  # Ann's 2 clicks, Ben's 3, 2 candidates

# %%
# The package runs the same loop over the histories:

# %%
of_users = subset(parameters, "user.attention")
h, _ = layers.projected_attention_forward(news, histories, **of_users, heads=H, scale=SCALE)
assert np.allclose(h, output[:5])

# %%
# Backward: gradients that meet
# -----------------------------
#
# Let L be the loss and R the table of news vectors, (4, H·d). As always dX is the gradient of L with respect to X.
# Each use of R reads some rows: place t of use s reads row :math:`i_{s,t}`, so :math:`x_{s,t} = R_{i_{s,t}}`. Here s =
# 0 and 1 are the histories and s = 2 is the candidates. For a history, :math:`dx_{s,t}` comes out of the backward
# of self-attention, lesson 04. A candidate is used as it is, so its :math:`dx_{s,t}` is the gradient that comes from
# above.
#
# The loss depends on row m of the table through every place that reads it. The chain rule sums over all these places:
#
# .. math::
#     dR_m = \sum_s \sum_t \frac{\partial x_{s,t}}{\partial R_m} dx_{s,t}
#     = \sum_{(s,t) \text{ with } i_{s,t} = m} dx_{s,t}
#
# because :math:`\partial x_{s,t} / \partial R_m` is the identity where :math:`i_{s,t} = m` and zero elsewhere. It is
# the rule of lesson 02 again: the derivative of "refer to a row" is "add into that row".


# %%
def both_levels_backward(d_output, news_cache, caches):
    """The gradients of all parameters, and the pieces that meet in the table of news."""
    pieces = []  # one table of gradients for each use
    gradients = {}
    for s in range(histories.count):
        dh = d_output[histories.offsets[s] : histories.offsets[s + 1]]
        dr, *of_one = projected_attention_backward(dh, caches[s])
        for name, gradient in zip("QKV", of_one, strict=True):
            # All histories share Q, K and V: their gradients meet, too.
            gradients[f"user.attention.{name}"] = gradients.get(f"user.attention.{name}", 0) + gradient
        # r = news[histories.sequence(s)]
        piece = np.zeros((4, H * d))
        np.add.at(piece, histories.sequence(s), dr)
        pieces.append(piece)
    # news[candidates]
    piece = np.zeros((4, H * d))
    np.add.at(piece, candidates, d_output[histories.offsets[-1] :])
    pieces.append(piece)
    d_news = pieces[0] + pieces[1] + pieces[2]
    # news = attend(word_embedding, titles)
    gradients["word_embedding"], of_news = attend_backward(d_news, news_cache)
    return gradients | prefixed(of_news, "news"), pieces


# %%
# Only when all pieces have met does the gradient go through the news encoder, once. Is that allowed? Each use could
# also send its own piece through the encoder, and we could add the results at the end. A backward pass is a product
# of the gradient from above with the derivatives of the forward. So it is linear in that gradient, and both give the
# same:
#
# .. math::
#     J^T dR^{(0)} + J^T dR^{(1)} + J^T dR^{(2)} = J^T \big( dR^{(0)} + dR^{(1)} + dR^{(2)} \big)
#
# where :math:`dR^{(s)}` is the piece of use s, written as one long vector, and J is the table of all derivatives of
# the encoder's outputs with respect to its inputs. (Like the table of lesson 06, it is never written down.) The right
# side goes through the encoder once instead of three times. A batch of 64 readers uses many news items more than once, and
# each of them is encoded once, forward and backward.

# %%
upstream = rng.standard_normal(output.shape)
gradients, pieces = both_levels_backward(upstream, news_cache, caches)
one_by_one = [attend_backward(piece, news_cache)[0] for piece in pieces]
assert np.allclose(sum(one_by_one), gradients["word_embedding"])

# %%
# Look at news 1. Each of its three uses sends a piece, and the sum is what finite differences measure. Here the
# table of news is moved directly, so only the second level is measured:


# %%
def loss_of_news():
    """The second level alone, as one number: the outputs times the upstream gradient."""
    h, _ = layers.projected_attention_forward(news, histories, **of_users, heads=H, scale=SCALE)
    return float(np.sum(np.concatenate([h, news[candidates]]) * upstream))


measured = numerical_gradient(loss_of_news, news)
assert_gradient("table of news", sum(pieces), measured)

rows = ["from Ann's history", "from Ben's history", "as a candidate", "sum of the three", "measured"]
numbers = np.array([*(piece[1] for piece in pieces), sum(pieces)[1], measured[1]])
drawing = course.figure(7.0, 3.3)
axes = drawing.add_subplot()
limit = np.abs(numbers).max()
axes.imshow(numbers, cmap="PuOr", vmin=-limit, vmax=limit, aspect="auto")
axes.set_yticks(range(5), rows)
axes.set_xticks(range(H * d))
axes.set_xlabel("the H·d = 6 numbers of the news vector")
axes.axhline(2.5, color="black")
axes.spines[:].set_visible(False)
for i in range(5):
    for j in range(H * d):
        dark = abs(numbers[i, j]) > 0.6 * limit
        axes.text(j, i, f"{numbers[i, j]:+.2f}", ha="center", va="center", color="white" if dark else "black")
axes.set_title("Gradient of the vector of 'Rockets launch again'")
course.save(drawing, "07_gradients_meet")

# %%
# The gradient check
# ------------------
#
# Through both levels, for every parameter, down to the word vectors. *rockets* is in two titles, and one of these is
# used three times: everything that can meet does meet here.


# %%
def both_levels(**parameters):
    """Only the outputs, as the check wants it."""
    return both_levels_forward(parameters)[0]


errors = check_gradients(both_levels, parameters, lambda up: both_levels_backward(up, news_cache, caches)[0])
print(f"gradient check of {len(errors)} arrays: largest error {max(errors.values()):.0e}")
assert max(errors.values()) < 1e-7

# %%
# Does the check find a mistake? A frequent one: the gradient is *written* into the rows instead of added. The last
# use wins, the earlier ones are lost:


# %%
def overwriting_backward(up):
    """Write each use's gradient over that of the use before."""
    gradients, pieces = both_levels_backward(up, news_cache, caches)
    d_news = np.zeros((4, H * d))
    for s, piece in enumerate(pieces):
        rows = histories.sequence(s) if s < 2 else candidates
        d_news[rows] = piece[rows]
    gradients["word_embedding"], of_news = attend_backward(d_news, news_cache)
    return gradients | prefixed(of_news, "news")


try:
    check_gradients(both_levels, parameters, overwriting_backward)
    raise SystemExit("the check did not notice")
except GradientError as error:
    print("overwriting instead of adding:", error)

# %%
# An example in which every news item is used once would not have noticed. So a good example for a check has a word in two
# titles, a news item in two histories, and a candidate that is in a history.

# %%
alone = Packed.from_lists([[1], [3]])  # no news item is used twice
d_rows = rng.standard_normal((2, H * d))
added, written = np.zeros((4, H * d)), np.zeros((4, H * d))
np.add.at(added, alone.index, d_rows)
written[alone.index] = d_rows
assert np.array_equal(added, written)  # the mistake is invisible

# %%
# What to remember
# ----------------
#
# 1. Equations 6-7 are equations 1-2 with news for words and N for M; the code is the same function with another
#    table.
# 2. A sequence refers to rows of a table. The derivative of "refer to a row" is "add into that row".
# 3. A news item that is used three times gets the sum of three gradients, and passes it through the encoder once.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/07_equations_6_to_7.py``, fill in the blanks, and run ``python -m lessons.check 07``.
#
# Further: (a) A reader clicked the same news item twice. What does ``d_news[rows] += dr`` do then, and why does
# ``np.add.at`` do it right? (b) Leave the candidates out of the sum. Which entries of the gradient check fail, and
# which still pass? Why those? (c) *again* and *rockets* stand in the same two titles. Are their gradients equal? Say
# why before you look.
