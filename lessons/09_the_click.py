r"""
Lesson 09: the click
====================

About 60 minutes, half of them for the exercises.

We have a vector u of the reader and a vector of every news item. Will they click? This lesson makes a score of the
two vectors and a loss of the scores: one number that says how wrong the model was. It is where the backward begins,
and its first line turns out to be short.

You need: lesson 00 (impressions), lesson 03 (softmax and its backward) and lesson 08 (the user vector).

==========  ========================================================================================
u (H·d,)    the user vector; in our story H·d = 4 numbers: sport, space, action, time
r (C, H·d)  the vectors of the C candidates, r_c that of candidate c; C = 1 + K
ŷ, p (C,)   the click scores, and their softmax: the probability that the model gives each candidate
y (C,)      what happened: 1 for the clicked candidate, 0 for the others
dX          the gradient of the loss L with respect to X, of the shape of X
==========  ========================================================================================
"""

# %%
import numpy as np

import course
from lessons import story
from lessons.draw import lesson_09 as draw
from nrms_np.data.batches import Samples, sample_negatives
from nrms_np.data.behaviors import Behaviors, Dropped
from nrms_np.gradcheck import GradientError, assert_gradient, check_gradients, numerical_gradient
from nrms_np.layers.click import (
    click_score_backward,
    click_score_forward,
    sigmoid_forward,
    softmax_loss_backward,
    softmax_loss_forward,
)
from nrms_np.layers.softmax import softmax_backward, softmax_forward
from nrms_np.packed import Packed

# %%
# The score
# ---------
#
# .. math:: \hat y_c = u^T r_c
#
# u is the user vector, :math:`r_c` the news vector of candidate c. :math:`\hat y_c` is the *click score* of the
# candidate: a dot product, large where the two vectors are large in the same numbers. In the story the reader clicked
# on *Coaches win again and again* and on *Moon launch*, and the encoders of lessons 06 and 08 made these vectors:

# %%
model, batch = story.model(), story.batch()
news = model.encode_news(batch.titles)
u = model.encode_users(news, batch.histories)[0]
r = news[batch.candidates[0]]
for name, vector in zip(["u", *story.CANDIDATES], [u, *r], strict=True):
    print(f"{name:22}", vector.round(3))

# %%
# The score of *Rockets win again* is 0.665 · 1.479 from sport, 1.076 · 0.240 from space, 0.308 · 0.208 from action and
# 0.340 · 0.618 from time: 0.984 + 0.258 + 0.064 + 0.210 = 1.516. All three at once are one product:

# %%
assert np.isclose(0.665 * 1.479 + 1.076 * 0.240 + 0.308 * 0.208 + 0.340 * 0.618, 1.516, atol=1e-3)
scores, score_cache = click_score_forward(u, r)
assert np.array_equal(scores, r @ u)
assert np.allclose(scores, [1.516, 2.026, 0], atol=1e-3)

# %%
# This reader's u has more space than sport, so *Rockets launch again* is ahead. Of *Bank rates rise* the model knows
# no word. Its vector is 0, and so is its score.
#
# Why so plain a score? Because the two vectors do not need each other. Every news item is encoded once and every
# reader once, and a score costs H·d multiplications. A network that looks at both together would have to run once for
# each pair.
#
# .. admonition:: Derive before you read on
#
#     The scores are passed :math:`d\hat y`, one number per candidate. What are du and dr? Write ``click_score_backward`` in
#     ``lessons/exercises/09_the_click.py`` and run ``python -m lessons.check 09 click_score_backward``.

# %%
course.derive("click_score_backward")

# %%
# It is the product rule of lesson 01. :math:`\hat y_c = \sum_e u_e r_{c,e}`, so the derivative with respect to
# :math:`r_{c,e}` is :math:`u_e`, and with respect to :math:`u_e` it is :math:`r_{c,e}`. All candidates use u, so its
# gradient is a sum over them:
#
# .. math:: dr_c = d\hat y_c \, u, \qquad du = \sum_c d\hat y_c \, r_c

# %%
rng = np.random.default_rng(9)
d_scores = rng.standard_normal(3)
du, dr = click_score_backward(d_scores, score_cache)
assert np.allclose(du, d_scores[0] * r[0] + d_scores[1] * r[1] + d_scores[2] * r[2])
assert np.allclose(dr, [d_scores[0] * u, d_scores[1] * u, d_scores[2] * u])

# %%
# Which candidates?
# -----------------
#
# The paper's impressions show 16 candidates on average, of which 1.1 are clicked (its section 3.1: 445,230
# impressions with 489,644 clicked and 6,651,940 other candidates). It trains on one clicked candidate against K that
# were **shown in the same impression and not clicked**, drawn at random: *negative samples*, K = 4. From the same
# impression, because the reader saw those and left them. News drawn from the whole data set would mostly be news that
# they never saw.

# %%
assert round((489_644 + 6_651_940) / 445_230) == 16
assert round(489_644 / 445_230, 1) == 1.1

# %%
# One click with its K negatives is a *sample*. Three impressions: Ann saw six candidates and clicked on two, so she
# gives two samples. Ben saw one that he did not click; where there are fewer than K, the same ones are drawn more
# than once. Cleo clicked on all that she saw. That teaches nothing about choosing and is skipped.

# %%
behaviors = Behaviors(
    impression_ids=["1", "2", "3"],
    users=["Ann", "Ben", "Cleo"],
    histories=Packed.from_lists([[7], [8, 9], []]),
    candidates=Packed.from_lists([[0, 1, 2, 3, 4, 5], [6, 1], [2]]),
    clicked=np.array([False, False, True, False, False, True, True, False, True]),
    dropped=Dropped(),
)
samples = Samples.from_behaviors(behaviors)
assert (samples.clicked.tolist(), samples.skipped) == ([2, 5, 6], 1)
drawn = sample_negatives(behaviors, samples, negatives=4, seed=0, epoch=1)
assert sorted(drawn[0]) == [0, 1, 3, 4]  # there are only four to choose from
assert drawn[2].tolist() == [1, 1, 1, 1]

# %%
# Training goes through all samples several times, and each time is called an *epoch*. Each epoch draws other
# negatives. The draw depends on the seed and the number of the epoch only, on nothing that ran before. From now on
# the clicked candidate is number 0 and the K others are 1 to K. In the story K = 2.
#
# Equations 11 and 12
# -------------------
#
# .. math::
#     p_i = \frac{\exp(\hat y_i^+)}{\exp(\hat y_i^+) + \sum_{j=1}^{K} \exp(\hat y^-_{i,j})}, \qquad
#     \mathcal{L} = - \sum_{i \in S} \log p_i
#
# - i counts the samples, S is the set of them. :math:`\hat y_i^+` is the score of the clicked candidate of sample i,
#   and :math:`\hat y^-_{i,j}` are the scores of its K negatives.
# - :math:`p_i` is a softmax over the C scores of one sample, of which we take the entry of the clicked one: the
#   probability that the model gives to what happened.
# - :math:`\mathcal{L}` is the loss. Where the model was sure and right, p is 1 and −log p is 0. Where it gave p =
#   0.01 to what happened, the loss is 4.6. (log is the natural logarithm.) We use the mean over the samples of a
#   batch in place of the sum, so that the size of the loss does not depend on the size of the batch.
#
# From here on we look at one sample, and the index counts its candidates: :math:`p_j` is the probability of candidate
# j. With candidate 0 clicked, log(a / b) = log a − log b gives a form that we will need:
#
# .. math:: L = -\log \frac{\exp(\hat y_0)}{\sum_j \exp(\hat y_j)} = \log \sum_j \exp(\hat y_j) - \hat y_0
#
# In the story exp(1.516) = 4.55, exp(2.026) = 7.58 and exp(0) = 1. The sum is 13.14, so p = (0.347, 0.577, 0.076) and
# L = −log 0.347 = 1.060:

# %%
p, _ = softmax_forward(scores)
loss, loss_cache = softmax_loss_forward(scores, clicked=0)
assert np.allclose(p, [0.347, 0.577, 0.076], atol=1e-3)
assert np.isclose(loss, -np.log(p[0]))
assert np.isclose(loss, np.log(np.exp(scores).sum()) - scores[0])
assert np.isclose(loss, 1.060, atol=1e-3)

# %%
# Two values of the loss are worth knowing by heart. A model that knows nothing gives all C candidates the same score,
# so p is 1 / (1 + K) and the loss is **log(1 + K)**: 1.609 for K = 4, and 1.099 in the story. A first loss far from it
# is a sign of a bug, or of parameters that start too large. And with K = 0 there is nobody to lose against: p = 1 and
# the loss is −log 1 = 0, whatever the score is. So K must be at least 1.

# %%
for K in (0, 1, 2, 4, 9):
    untrained, _ = softmax_loss_forward(np.full(1 + K, 0.3), clicked=0)
    assert np.isclose(untrained, np.log(1 + K))
lonely, lonely_cache = softmax_loss_forward(np.array([-7.0]), clicked=0)
assert lonely == 0
assert softmax_loss_backward(1.0, lonely_cache) == 0

s = np.linspace(-5, 5, 201)
course.show(
    draw.loss_curves(s, {f"K = {K}": np.log(np.exp(s) + K) - s for K in (9, 4, 1)}),
    "09_loss",
    caption="The loss against the score of the clicked candidate, all others 0. The dots are log(1 + K): the model knows "
    "nothing.",
    alt="Three falling curves, for K = 1, 4 and 9: straight lines of slope minus one on the left, flat near 0 on the right.",
)

# %%
# Far to the left the curves are straight: a score that is too low by 1 more costs 1 more. Far to the right they are
# flat, there is nothing left to learn.
#
# Backward: the first line
# ------------------------
#
# .. admonition:: Derive before you read on
#
#     What is the gradient of :math:`L = \log \sum_j \exp(\hat y_j) - \hat y_0` with respect to the scores? Write
#     ``derive_loss_gradient(scores)`` and run ``python -m lessons.check 09 derive_loss_gradient``. It is shorter than you
#     fear.

# %%
course.derive("derive_loss_gradient")

# %%
# Write :math:`Z = \sum_i \exp(\hat y_i)`, so that :math:`L = \log Z - \hat y_0`. The derivative of log Z with respect
# to Z is 1 / Z, and that of Z with respect to :math:`\hat y_j` is :math:`\exp(\hat y_j)`. The second term has the
# derivative −1 with respect to :math:`\hat y_0` and 0 with respect to all others:
#
# .. math::
#     \frac{\partial L}{\partial \hat y_j} = \frac{\exp(\hat y_j)}{Z} - [j = 0] = p_j - y_j
#
# where :math:`y_j = [j = 0]` is what happened: 1 for the clicked candidate and 0 for the others. So the gradient is
# **what was predicted minus what happened**. The clicked one gets
# :math:`p_0 - 1`, never positive: its score should rise. The others get :math:`p_j`: they should fall, and the more
# the model believed in one, the more. The sum is 1 − 1 = 0, since only differences of scores matter.
#
# *Predict first:* in the story p is (0.347, 0.577, 0.076), and candidate 0 was clicked. What is the gradient?

# %%
y = np.array([1.0, 0.0, 0.0])
d_scores = softmax_loss_backward(1.0, loss_cache)
assert np.allclose(d_scores, p - y)
assert np.allclose(d_scores, [-0.653, 0.577, 0.076], atol=1e-3)
assert np.isclose(d_scores.sum(), 0)
measured = numerical_gradient(lambda: softmax_loss_forward(scores, clicked=0)[0], scores)
assert_gradient("scores", d_scores, measured)
course.show(
    draw.predicted_minus_happened(story.CANDIDATES, p, y, d_scores, measured),
    "09_gradient",
    caption="▼: the loss falls if this score grows. ▲: it falls if this score shrinks. ●: the clicked candidate.",
    alt="A table of p, y and their difference for three candidates; the differences are -0.653, 0.577 and 0.076, and "
    "measuring gives the same.",
)

# %%
# The long way gives the same. From :math:`L = -\log p_0` we have :math:`dp_0 = -1 / p_0` and 0 elsewhere; then the
# softmax backward of lesson 03, :math:`p_j (dp_j - \sum_i p_i \, dp_i)`. The sum is :math:`p_0 \cdot (-1 / p_0) =
# -1`. So candidate 0 gets :math:`p_0 (-1 / p_0 + 1) = p_0 - 1` and any other :math:`p_j (0 + 1) = p_j`.
#
# But the long way divides by :math:`p_0`. Where the model is sure and wrong, :math:`p_0` is rounded to 0, and 1 / 0
# is infinite. The short way does not divide by :math:`p_0`.

# %%
assert np.allclose(softmax_backward(np.array([-1 / p[0], 0.0, 0.0]), p), d_scores)

# %%
# Score and loss together, with the numbers of the story. Every box passes back, along each arrow that came in, a
# gradient of the same shape:

# %%
du, dr = click_score_backward(d_scores, score_cache)
course.show(
    draw.click(story.CANDIDATES, u, r, scores, loss, du, dr, d_scores),
    "09_the_click",
    caption="The click forward and backward. The gradient of u is the sum of what three candidates pass back. ●: the "
    "clicked candidate.",
    alt="u and r go into a dot product, the scores into softmax and minus log, which gives the loss 1.060. Dashed red "
    "arrows return p minus y, then du and dr.",
)

# %%
# What does a step against this gradient do to the reader? Put p − y into du from above:
#
# .. math::
#     -du = -\sum_j (p_j - y_j) \, r_j = r_0 - \sum_j p_j \, r_j
#
# The user vector moves towards the news that they clicked, away from the mean of what the model expected them to
# click. Here that is 1.479 − (0.347 · 1.479 + 0.577 · 0.240) = 0.83 for sport and −0.70 for space: more sport, less
# space. The clicked candidate's vector moves along u, by 0.653 u, and the others' against it.

# %%
assert np.allclose(-du, r[0] - p @ r)
assert np.allclose(-du[:2], [0.83, -0.70], atol=0.01)
assert np.allclose(-dr[0], 0.653 * u, atol=1e-3)

# %%
# Stability
# ---------
#
# Scores may become large; in float64 exp(710) is already infinite. As in lesson 03 the largest score is subtracted
# first, and the loss is computed as :math:`\log \sum_j \exp(\hat y_j) - \hat y_0`, without p. So the loss of a model
# that is sure and wrong is large but finite, and its gradient is still −1 and 1:

# %%
wrong, right_one = np.array([-10_000.0, 10_000.0]), np.array([10_000.0, -10_000.0])
with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
    assert np.exp(wrong)[0] / np.exp(wrong).sum() == 0  # and −log 0 is infinite
    assert np.isnan(np.exp(right_one)[0] / np.exp(right_one).sum())  # infinity / infinity
loss_wrong, cache_wrong = softmax_loss_forward(wrong, clicked=0)
loss_right, cache_right = softmax_loss_forward(right_one, clicked=0)
assert (loss_wrong, loss_right) == (20_000, 0)
assert softmax_loss_backward(1.0, cache_wrong).tolist() == [-1, 1]
assert softmax_loss_backward(1.0, cache_right).tolist() == [0, 0]
print(f"sure and wrong by 20,000: loss {loss_wrong:.0f}, gradient {softmax_loss_backward(1.0, cache_wrong)}")

# %%
# At inference: sigmoid
# ---------------------
#
# When the model is used, there are no negatives: a candidate stands alone. The Recommenders project puts its score
# through the *sigmoid*, a softmax of the score against a 0:
#
# .. math:: \sigma(\hat y) = \frac{1}{1 + \exp(-\hat y)} = \frac{\exp(\hat y)}{\exp(\hat y) + \exp(0)}
#
# It rises with the score, so the order of the candidates, and with it AUC, MRR and nDCG (lesson 00), stays the same:

# %%
probabilities, _ = sigmoid_forward(scores)
assert np.array_equal(np.argsort(probabilities), np.argsort(scores))
assert np.isclose(softmax_forward(np.array([1.5, 0.0]))[0][0], sigmoid_forward(np.array(1.5))[0])

# %%
# Two warnings. First, the order stays the same on paper, but a float32 has 24 binary digits: from 17 upwards all
# sigmoids are 1, and the order is lost. So the package ranks by the scores themselves. Second, the number is no true
# probability of a click: the loss sees only differences of scores, so training may shift all scores of a reader.
# That changes the sigmoid, and the loss does not notice.

# %%
large, _ = sigmoid_forward(np.array([18.0, 25.0], dtype=np.float32))
assert large.tolist() == [1, 1]
loss_shifted, _ = softmax_loss_forward(scores + 3, clicked=0)
assert np.isclose(loss, loss_shifted)
assert not np.allclose(probabilities, sigmoid_forward(scores + 3)[0])

# %%
# The gradient check
# ------------------
#
# From u and r to the loss. Sizes are all different: K = 4, so C = 5 candidates, and H·d = 6. The loss is one number,
# so the upstream gradient is one number too.

# %%
u, r = rng.standard_normal(6), rng.standard_normal((5, 6))


def loss_of(u: np.ndarray, r: np.ndarray) -> np.ndarray:
    """Score and loss of one sample, candidate 0 clicked."""
    scores, _ = click_score_forward(u, r)
    return softmax_loss_forward(scores, clicked=0)[0]


def backward(d_loss: np.ndarray) -> dict[str, np.ndarray]:
    """The gradients of u and r."""
    scores, score_cache = click_score_forward(u, r)
    _, loss_cache = softmax_loss_forward(scores, clicked=0)
    # loss = softmax_loss(scores)
    d_scores = softmax_loss_backward(float(d_loss), loss_cache)
    # scores = r @ u
    du, dr = click_score_backward(d_scores, score_cache)
    return {"u": du, "r": dr}


errors = check_gradients(loss_of, {"u": u, "r": r}, backward)
print("gradient check:", {name: f"{error:.0e}" for name, error in errors.items()})
assert max(errors.values()) < 1e-7

# %%
# Does the check find a mistake? A frequent one takes the derivative of a softmax to be p (1 − p), as if each
# probability depended on its own score only. That is the derivative of the sigmoid. With :math:`dp_0 = -1 / p_0` it
# gives :math:`-(1 - p_0)` for the clicked candidate, which is right, and 0 for all others, which is wrong:


# %%
def sigmoid_like_backward(d_loss: np.ndarray) -> dict[str, np.ndarray]:
    """Forget that every score moves every probability."""
    p, _ = softmax_forward(r @ u)
    dp = np.zeros(5)
    dp[0] = -d_loss / p[0]
    d_scores = dp * p * (1 - p)
    return {"u": d_scores @ r, "r": np.outer(d_scores, u)}


one = np.array(1.0)
assert np.allclose(sigmoid_like_backward(one)["r"][0], backward(one)["r"][0])  # the clicked candidate is right
try:
    check_gradients(loss_of, {"u": u, "r": r}, sigmoid_like_backward)
    raise SystemExit("the check did not notice")
except GradientError as error:
    print("p (1 − p):", error)

# %%
# A model with this bug can still learn something, because clicked news items are still pushed up: in lesson 15 its loss
# falls from most seeds, and ends higher than with the right gradients. Nothing but the check says that there is a bug.
#
# What to remember
# ----------------
#
# 1. The score is a dot product; the loss is −log of the softmax probability of the clicked one among K that were
#    shown too.
# 2. The gradient of the scores is p − y: predicted minus happened.
# 3. A model that knows nothing has loss log(1 + K); rank by the scores, the sigmoid adds nothing to the order.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/09_the_click.py``, and run ``python -m lessons.check 09``. New are the loss and its gradient
# for any clicked candidate, for scores of any size and any upstream gradient, and a draw of negatives that runs and is
# wrong. The score and the loss are the last pieces of your own NRMS: ``python -m lessons.mine`` shows what is still the
# package's.
#
# Further: (a) For K = 1, show that the loss is −log σ(ŷ⁺ − ŷ⁻). What is its gradient? (b) A reader with an empty
# history has u = 0 (lesson 08). What are their loss and the gradients of u and of the candidates? Which of the two
# could teach the model something, and why does it not reach any parameter? (c) Draw negatives from all news in place
# of the impression. Would the loss be smaller or larger, and would the AUC on impressions be better? Answers are in
# ``lessons/further/09.md``.
