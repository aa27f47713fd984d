r"""
Lesson 07: equations 6-7, the same function one level up
========================================================

About 60 minutes, half of them for the exercises.

A title is a sequence of word vectors, and lesson 06 made one news vector of it. A reader is known by the news they
clicked: a sequence of news vectors. That is the same situation again, one level up. So nothing new has to be
invented: clicks look at each other as words did. What is new is the backward. One news item can be in many histories
and be a candidate as well, but it is encoded by one encoder. This lesson is about the gradients that meet there.

You need: lesson 02 (the gradient of a lookup), lessons 03 and 04 (self-attention over words) and lesson 06 (the news
encoder, and the table J of derivatives).

=============  ==================================================================================
news (n, H·d)  the table of all news vectors; a history and the candidates are row numbers of it
r (T, H·d)     the T clicks of one history, r_i is click i
β (H, T, T)    how much click i looks at click j in each head, as α did for words
h (T, H·d)     the clicks after they have looked at each other
dX             the gradient of the loss L with respect to X, of the shape of X
=============  ==================================================================================
"""

# %%
import numpy as np

import course
from lessons import story
from lessons.draw import lesson_07 as draw
from nrms_np.backend import get_backend
from nrms_np.encoder import attend_backward, attend_forward, prefixed, subset
from nrms_np.gradcheck import GradientError, assert_gradient, check_gradients, numerical_gradient
from nrms_np.layers.self_attention import (
    bilinear_attention_forward,
    projected_attention_backward,
    projected_attention_forward,
)
from nrms_np.packed import Packed

# %%
# The equations
# -------------
#
# .. math::
#     \beta^k_{i,j} = \frac{\exp(r_i^T B_k \, r_j)}{\sum_{m=1}^{T} \exp(r_i^T B_k \, r_m)}, \qquad
#     h_{i,k} = V_k \Big( \sum_{j=1}^{T} \beta^k_{i,j} \, r_j \Big), \qquad h_i = [h_{i,1}; \dots; h_{i,H}]
#
# - T is the number of clicked news, the length of the history. (The paper says N here, and M for the words of a
#   title. We say T for the length of any sequence.) :math:`r_i` is the vector of clicked news i, from lesson 06, with
#   H·d numbers: H heads of width d each.
# - :math:`B_k` and :math:`V_k` are the matrices of head k. The paper writes them :math:`Q^n_k` and :math:`V^n_k`; the
#   small n says *news*. They are not the matrices of the word level: the two levels share no parameters.
# - :math:`\beta^k_{i,j}` says how much click i looks at click j in head k. It is what :math:`\alpha^k_{i,j}` was for
#   words.
# - :math:`h_i` is click i after it has looked at the others, again H·d numbers.
#
# Put e for r and α for β, and these are equations 1 and 2.
#
# One query by hand
# -----------------
#
# Our reader clicked on *Coaches win again and again* and on *Moon launch*. The encoder of lesson 06 gives their
# news vectors. The four numbers are still sport, space, action and time; head 0 has the first two,
# head 1 the others:

# %%
model, batch = story.model(), story.batch()
news = model.encode_news(batch.titles)  # (5, 4): the two clicks, then the three candidates
r = news[:2]
assert np.allclose(r, [[1.439, 0, 0.132, 0.653], [0, 2, 0.5, 0]], atol=1e-3)

# %%
# The story's user level has Q = K = V = 1, the identity matrix, so a click is its own query, key and value. Click 0
# asks in head 0: its scores are 1.4393 · 1.4393 / √2 = 1.465 with itself, and 1.439 · 0 + 0 · 2 = 0 with *Moon launch*.
# exp(1.465) = 4.327 and exp(0) = 1, so the weights are 4.327 / 5.327 = 0.8123 and 0.1877. And what it takes home is
# 0.8123 · (1.439, 0) + 0.1877 · (0, 2) = (1.169, 0.375): sport with a little space, because this reader likes both.

# %%
of_user = subset(story.PARAMETERS, "user.attention")
h, cache = projected_attention_forward(r, **of_user, heads=2, scale=1 / np.sqrt(2))
assert np.allclose(cache.alpha[0, 0], [0.8123, 0.1877], atol=1e-4)
assert np.allclose(h[0, :2], [1.169, 0.375], atol=1e-3)

# %%
# That was the function of lesson 04, in the projected form. It does not know whether its rows are words or news. In
# the paper's form head 0 has the matrix :math:`B_0 = Q_0 K_0^T / \sqrt 2`, and the same comes out:

# %%
Q, K = of_user["Q"], of_user["K"]
B = np.array([Q[:, columns] @ K[:, columns].T / np.sqrt(2) for columns in (slice(0, 2), slice(2, 4))])  # (H, H·d, H·d)
assert np.allclose(bilinear_attention_forward(r, B, of_user["V"], scale=1.0)[0], h)

# %%
# A slip in the paper
# -------------------
#
# The paper prints M instead of N above the sums of equations 6 and 7. M is the number of words of a title, and a
# history does not have M clicks. Suppose that M is meant, with a title of M = 1 word. Then the denominator leaves out
# *Moon launch*, which still has a weight, and the weights sum to more than 1:
#
# *Predict first:* the weights of click 0 were 0.8123 and 0.1877. What do they sum to now?

# %%
scores_of_0 = r[0] @ B[0] @ r.T
as_printed = np.exp(scores_of_0) / np.exp(scores_of_0[:1]).sum()
print(f"sum of the weights of click 0: {cache.alpha[0, 0].sum():.2f}, with M as printed {as_printed.sum():.2f}")
assert as_printed.sum() > 1.2

# %%
# With M larger than N it would ask for a click that does not exist. When a formula and the shapes do not agree,
# believe the shapes.
#
# One number backward
# -------------------
#
# The backward is that of lesson 04. Once with numbers: let L be the sport of click 0 after attention,
# :math:`h_{0,sport}` = 1.169, so dh is 1 there and 0 elsewhere. (As in lesson 06, this L is not a loss: a gradient
# above zero means that more of this number gives more sport.) Three ways lead back.
#
# - As *value*: :math:`h_{0,sport} = 0.8123 \, r_{0,sport} + 0.1877 \, r_{1,sport}`. So the sport of click 0 is passed
#   0.8123, that of click 1 is passed 0.1877.
# - The weights: each is passed the sport it weighs, dβ = (1.439, 0). Softmax backward: dS = β (dβ − 1.169) = (0.8123 ·
#   0.270, 0.1877 · (−1.169)) = (0.2195, −0.2195). From the scores, :math:`S_{0j} = r_0 \cdot r_j / \sqrt 2`, it goes
#   on.
# - As *query*: :math:`r_0` is passed (0.2195 · (1.439, 0) − 0.2195 · (0, 2)) / √2 = (0.2234, −0.3104).
# - As *key*: :math:`r_0` is passed 0.2195 · 1.439 / √2 = 0.2234 in sport, :math:`r_1` is passed −0.2234.
#
# The three meet: click 0 gets (0.8123 + 0.2234 + 0.2234, −0.3104) = (1.259, −0.310), click 1 gets (0.1877 − 0.2234, 0)
# = (−0.036, 0). More sport in *Moon launch* would make the sport of click 0 *smaller*: what it adds as a value, it
# loses by drawing weight away from click 0.

# %%
dh = np.zeros_like(h)
dh[0, 0] = 1
dr, *_ = projected_attention_backward(dh, cache)
assert np.allclose(dr[:, :2], [[1.259, -0.310], [-0.036, 0]], atol=1e-3)
measured = numerical_gradient(
    lambda: projected_attention_forward(r, **of_user, heads=2, scale=1 / np.sqrt(2))[0][0, 0], r
)
assert_gradient("r", dr, measured)

# %%
# A table and references to its rows
# ----------------------------------
#
# A training step takes many readers at once, a *batch*. No title holds word vectors itself: it holds *row numbers* of
# the table of word vectors (lesson 02). In the same way a history holds row numbers of the table of news vectors. Let
# a second reader, Ben, have clicked on *Rockets launch again* and then, as ours, on *Coaches win again and again*.
# The candidates are *Rockets win again* and *Coaches win again and again*:

# %%
TITLES = [*story.HISTORY, *story.CANDIDATES]
titles = Packed.from_lists(story.TITLES[title] for title in TITLES)  # rows of the table of words
histories = Packed.from_lists([[0, 1], [3, 0]])  # rows of the table of news: our reader's clicks and Ben's
candidates = np.array([2, 0])  # rows of the table of news

# %%
# ``Packed`` keeps sequences of different lengths in two arrays: all row numbers end to end, and where each sequence
# starts. (Lesson 12 says why.) ``histories.sequence(1)`` is the row numbers of history 1.

# %%
assert histories.index.tolist() == [0, 1, 3, 0]
assert histories.offsets.tolist() == [0, 2, 4]
assert histories.sequence(1).tolist() == [3, 0]

# %%
# NRMS is one function used twice. For words to news it is the news encoder of lesson 06, ``attend``: self-attention
# over each title, then pooling. For news to readers it is attend again, with another table, other sequences and other
# parameters. In this lesson the second level does its first half only, self-attention; pooling follows in lesson 08.
#
# News 0, *Coaches win again and again*, is used three times: by both histories and as a candidate.

# %%
course.show(
    draw.one_function_twice(story.WORDS, TITLES, titles, histories, candidates),
    "07_one_function_twice",
    caption="Arrows are references to rows of a table. Black: what belongs to news 0. It is encoded once and used three "
    "times, so three gradients return to it.",
    alt="Three columns: eight words, five news items, three uses. Arrows go from words to the news whose titles have them, "
    "and from news to our reader's history, Ben's history and the candidates. News 0 has three arrows to the right.",
)

# %%
# Forward through both levels
# ---------------------------
#
# For the check that follows, random numbers in float64 and widths that are all different: word vectors with D = 5
# numbers, H = 2 heads of d = 3, so H·d = 6, and A = 4 for the query of the pooling. ``attend_forward`` of
# nrms_np/encoder.py is the chain of lesson 06 for many titles. (Yours of lesson 06 has the same name and does the same
# for one sequence of vectors, x. The package's looks the vectors up by itself: it is given a table and the rows.) Its
# last argument says which functions it calls; ``layers`` has those you know. (``subset(parameters, "news")`` are the
# parameters whose names begin with ``news.``, without this beginning, and ``prefixed`` puts it back.)

# %%
rng = np.random.default_rng(7)
D, H, d, A = 5, 2, 3, 4
SCALE = 1 / np.sqrt(d)
layers = get_backend("layers")
shapes = {
    "word_embedding": (len(story.WORDS), D),
    "news.attention.Q": (D, H * d), "news.attention.K": (D, H * d), "news.attention.V": (D, H * d),
    "news.pool.W": (H * d, A), "news.pool.b": (A,), "news.pool.q": (A,),
    "user.attention.Q": (H * d, H * d), "user.attention.K": (H * d, H * d), "user.attention.V": (H * d, H * d),
}  # fmt: skip
parameters = {name: 0.7 * rng.standard_normal(shape) for name, shape in shapes.items()}
Parameters = dict[str, np.ndarray]


def both_levels_forward(parameters: Parameters, heads: int, scale: float) -> tuple[np.ndarray, tuple]:
    """Words to news, news to clicks that have looked at each other; also what is needed for the way back."""
    table, of_news = parameters["word_embedding"], subset(parameters, "news")
    news, news_cache = attend_forward(table, titles, of_news, heads, scale, layers)  # (5, H·d)
    of_users = subset(parameters, "user.attention")
    h, caches = [], []
    for s in range(histories.count):
        r = news[histories.sequence(s)]  # (T, H·d): look the clicks up, as words were looked up in lesson 02
        of_one, cache = projected_attention_forward(r, **of_users, heads=heads, scale=scale)
        h.append(of_one)
        caches.append(cache)
    return np.concatenate([*h, news[candidates]]), (news, news_cache, caches)


output, caches = both_levels_forward(parameters, H, SCALE)
assert output.shape == (2 + 2 + 2, H * d)  # our reader's 2 clicks, Ben's 2, 2 candidates

# %%
# Backward: gradients that meet
# -----------------------------
#
# Write R for the table of news vectors, (n, H·d). Each use of R reads some rows: place t of use s reads row
# :math:`i_{s,t}`, so :math:`x_{s,t} = R_{i_{s,t}}`. Here s = 0 and 1 are the histories and s = 2 is the candidates. The
# backward of each use gives its :math:`dx_{s,t}`: for a history out of self-attention, for a candidate it is what comes
# from above.
#
# .. admonition:: Derive before you read on
#
#     What is :math:`dR_m`, the gradient of one row? Write ``derive_news_row_gradient`` in
#     ``lessons/exercises/07_equations_6_to_7.py`` and run ``python -m lessons.check 07 derive_news_row_gradient``.

# %%
course.derive("derive_news_row_gradient")

# %%
# The loss depends on row m through every place that reads it. The chain rule sums over all these places:
#
# .. math::
#     dR_m = \sum_s \sum_t \frac{\partial x_{s,t}}{\partial R_m} dx_{s,t}
#     = \sum_{(s,t) \text{ with } i_{s,t} = m} dx_{s,t}
#
# because :math:`\partial x_{s,t} / \partial R_m` is the identity where :math:`i_{s,t} = m` and zero elsewhere. It is
# the rule of lesson 02 again: the derivative of "refer to a row" is "add into that row".


# %%
def both_levels_backward(d_output: np.ndarray, caches: tuple) -> tuple[Parameters, list[np.ndarray]]:
    """The gradients of all parameters, and the pieces that meet in the table of news."""
    news, news_cache, of_histories = caches
    pieces = []  # one table of gradients for each use
    gradients: Parameters = {}
    for s in range(histories.count):
        dh = d_output[histories.offsets[s] : histories.offsets[s + 1]]
        dr, *of_one = projected_attention_backward(dh, of_histories[s])
        for name, gradient in zip("QKV", of_one, strict=True):
            # All histories share Q, K and V: their gradients meet, too.
            gradients[f"user.attention.{name}"] = gradients.get(f"user.attention.{name}", 0) + gradient
        # r = news[histories.sequence(s)]
        piece = np.zeros_like(news)
        np.add.at(piece, histories.sequence(s), dr)
        pieces.append(piece)
    # news[candidates]
    piece = np.zeros_like(news)
    np.add.at(piece, candidates, d_output[histories.offsets[-1] :])
    pieces.append(piece)
    d_news = pieces[0] + pieces[1] + pieces[2]
    # news = attend(word_embedding, titles)
    gradients["word_embedding"], of_news = attend_backward(d_news, news_cache)
    return gradients | prefixed(of_news, "news"), pieces


# %%
# First with the story's numbers. Let L be the sum of the sport of all six output rows (again no loss). What does news 0
# get? As a candidate it is used as it is, so its sport is passed 1. From our reader it gets the 1.259 from above and a
# bit from click 1, which looked at it; from Ben likewise. The sum is what differences measure when the row is moved:

# %%
_, story_caches = both_levels_forward(story.PARAMETERS, 2, 1 / np.sqrt(2))
sport = np.zeros((6, 4))
sport[:, 0] = 1
_, story_pieces = both_levels_backward(sport, story_caches)
table = story_caches[0]


def sport_of_all() -> float:
    """The second level alone: the sport of all outputs, from the table of news."""
    clicks = [table[histories.sequence(s)] for s in range(histories.count)]
    h = [projected_attention_forward(r, **of_user, heads=2, scale=1 / np.sqrt(2))[0] for r in clicks]
    return float(np.concatenate([*h, table[candidates]])[:, 0].sum())


measured = numerical_gradient(sport_of_all, table)
assert_gradient("table of news", sum(story_pieces), measured)
course.show(
    draw.gradients_meet([piece[0] for piece in story_pieces], measured[0], story.DIMENSIONS),
    "07_gradients_meet",
    caption="The gradient of news 0, Coaches win again and again, for L = the sport of all outputs. ▲: more of it, more sport. "
    "Each use sends a piece.",
    alt="A table of three rows, from our reader's history, from Ben's history and as a candidate, a rule, their sum, and the "
    "measured gradient, which is the same.",
)

# %%
# Once through the encoder
# ------------------------
#
# First all pieces are added up, then their sum goes through the news encoder, once. Is that allowed? Each use could
# also send its own piece through the encoder, and we could add the results at the end. Lesson 06 had the table J of all
# derivatives of a function's outputs with respect to its inputs, and found that its backward multiplies by :math:`J^T`.
# A product with a matrix is linear, so
#
# .. math::
#     J^T dR^{(0)} + J^T dR^{(1)} + J^T dR^{(2)} = J^T \big( dR^{(0)} + dR^{(1)} + dR^{(2)} \big)
#
# where J now belongs to the news encoder and :math:`dR^{(s)}` is the piece of use s, written as one long vector. The
# right side goes through the encoder once instead of three times. A batch of 64 readers uses many news items more
# than once, and each of them is encoded once, forward and backward.

# %%
upstream = rng.standard_normal(output.shape)
gradients, pieces = both_levels_backward(upstream, caches)
one_by_one = [attend_backward(piece, caches[1])[0] for piece in pieces]
assert np.allclose(sum(one_by_one), gradients["word_embedding"])

# %%
# The gradient check
# ------------------
#
# Through both levels, for every parameter, down to the word vectors. *rockets*, *win* and *again* are in several
# titles, and one of these is used three times: everything that can meet does meet here.


# %%
def both_levels(**parameters: np.ndarray) -> np.ndarray:
    """Only the outputs, as the check wants it."""
    return both_levels_forward(parameters, H, SCALE)[0]


errors = check_gradients(both_levels, parameters, lambda up: both_levels_backward(up, caches)[0])
print(f"gradient check of {len(errors)} arrays: largest error {max(errors.values()):.0e}")
assert max(errors.values()) < 1e-7

# %%
# Does the check find a mistake? A frequent one: the gradient is *written* into the rows instead of added. The last
# use wins, the earlier ones are lost:


# %%
def overwriting_backward(up: np.ndarray) -> Parameters:
    """Write each use's gradient over that of the use before."""
    gradients, pieces = both_levels_backward(up, caches)
    d_news = np.zeros_like(caches[0])
    for s, piece in enumerate(pieces):
        rows = histories.sequence(s) if s < 2 else candidates
        d_news[rows] = piece[rows]
    gradients["word_embedding"], of_news = attend_backward(d_news, caches[1])
    return gradients | prefixed(of_news, "news")


try:
    check_gradients(both_levels, parameters, overwriting_backward)
    raise SystemExit("the check did not notice")
except GradientError as error:
    print("overwriting instead of adding:", error)

# %%
# An example in which every news item is used once would not have noticed. So a good example for a check has a word in
# two titles, a news item in two histories, and a candidate that is in a history.

# %%
alone = Packed.from_lists([[1], [3]])  # no news item is used twice
d_rows = rng.standard_normal((2, H * d))
added, written = np.zeros((5, H * d)), np.zeros((5, H * d))
np.add.at(added, alone.index, d_rows)
written[alone.index] = d_rows
assert np.array_equal(added, written)  # the mistake is invisible

# %%
# What to remember
# ----------------
#
# 1. Equations 6-7 are equations 1-2 with clicks for words; the code is the same function with another table.
# 2. A sequence refers to rows of a table. The derivative of "refer to a row" is "add into that row".
# 3. A news item that is used three times gets the sum of three gradients, and passes it through the encoder once.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/07_equations_6_to_7.py`` and run ``python -m lessons.check 07``. One function there runs and
# is wrong: a reader may click on the same news item twice, and it does not know. And the backward goes a step further
# than that of this page: it returns gradients for the rows that were read, and no table of zeros around them.
#
# Further: (a) Two readers have the same history and see different candidates. So they have the same h and different dh.
# How often has the backward of self-attention to run for the two, and on what? (b) Leave the candidates out of the sum.
# Which entries of the gradient check fail, and which still pass? Why those? (c) *coaches* and *and* stand in one title
# only, the same one. Are their gradients equal? Say why before you look. Answers are in ``lessons/further/07.md``.
