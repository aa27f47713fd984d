r"""
Lesson 09: the click
====================

We have a vector u of the reader and a vector of every news item. Will he click? This lesson makes a score of the two
vectors and a loss of the scores: one number that says how wrong the model was. It is where the backward begins, and
its first line turns out to be short: what was predicted minus what happened.

You need: lesson 00 (impressions), lesson 03 (softmax and its backward) and lesson 08 (the user vector).
"""

# %%
import numpy as np

import course
from nrms_np.data.batches import Samples, sample_negatives
from nrms_np.data.behaviors import Behaviors, Dropped
from nrms_np.gradcheck import GradientError, check_gradients
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
# u is the user vector, :math:`r_c` the news vector of candidate c, both with H·d numbers. :math:`\hat y_c` is the
# *click score* of the candidate: a dot product, large where the two vectors point the same way. Two numbers again,
# "sports" and "space", and a reader who likes space twice as much:

# %%
u = np.array([1.0, 2.0])  # (H·d,)
r = np.array([[2.0, 1.0], [1.0, 0.0], [0.0, 1.0]])  # (C, H·d), C = 3 candidates
scores = np.zeros(3)
for c in range(3):
    scores[c] = u @ r[c]
assert scores.tolist() == [4.0, 1.0, 2.0]
assert np.array_equal(r @ u, scores)  # all at once
ours, score_cache = click_score_forward(u, r)
assert np.array_equal(ours, scores)

# %%
# Why so plain? Because the two vectors do not need each other. Every news item is encoded once and every reader once,
# and a score costs H·d multiplications. A network that looks at both together would have to run once for each pair.
#
# The backward is the product rule of lesson 01. :math:`\hat y_c = \sum_e u_e r_{c,e}`, so the derivative with respect
# to :math:`r_{c,e}` is :math:`u_e`, and with respect to :math:`u_e` it is :math:`r_{c,e}`. u is used by all
# candidates, so its gradient is a sum:
#
# .. math:: dr_c = d\hat y_c \, u, \qquad du = \sum_c d\hat y_c \, r_c

# %%
rng = np.random.default_rng(9)
d_scores = rng.standard_normal(3)
du, dr = d_scores @ r, np.outer(d_scores, u)
of_package = click_score_backward(d_scores, score_cache)
assert np.allclose(of_package[0], du)
assert np.allclose(of_package[1], dr)

# %%
# Which candidates?
# -----------------
#
# In MIND-small an impression shows about 37 candidates, and the reader clicks one or two. The paper trains on one
# clicked candidate against K that were **shown in the same impression and not clicked**, drawn at random: *negative
# samples*, K = 4. From the same impression, because the reader saw those and left them. News drawn from the whole
# data set would mostly be news that he never saw.
#
# One click with its K negatives is a *sample*. An impression with six candidates, of which news items 2 and 5 were
# clicked, makes two samples:

# %%
candidates, clicked = np.array([0, 1, 2, 3, 4, 5]), np.array([False, False, True, False, False, True])
not_clicked = candidates[~clicked]
pairs = []
for news in candidates[clicked]:
    others = rng.choice(not_clicked, size=4, replace=len(not_clicked) < 4)
    pairs.append((int(news), sorted(others.tolist())))
assert pairs == [(2, [0, 1, 3, 4]), (5, [0, 1, 3, 4])]  # there are only four to choose from

# %%
# Where there are fewer than K, the same ones are drawn more than once (``replace=True``). Where there is none,
# because the reader clicked all he was shown, the impression teaches nothing about choosing and is skipped. The
# package does the same for all impressions at once. A second impression has one candidate that was not clicked, a
# third has none:

# %%
behaviors = Behaviors(
    impression_ids=["1", "2", "3"],
    users=["Ann", "Ben", "Cleo"],
    histories=Packed.from_lists([[7], [8, 9], []]),
    candidates=Packed.from_lists([[0, 1, 2, 3, 4, 5], [6, 1], [2]]),
    clicked=np.concatenate([clicked, [True, False], [True]]),
    dropped=Dropped(),
)
samples = Samples.from_behaviors(behaviors)
assert (samples.clicked.tolist(), samples.skipped) == ([2, 5, 6], 1)
drawn = sample_negatives(behaviors, samples, negatives=4, seed=0, epoch=1)
assert sorted(drawn[0]) == [0, 1, 3, 4]
assert drawn[2].tolist() == [1, 1, 1, 1]  # Ben saw only one that he did not click

# %%
# Training goes through all samples several times, and each time is called an *epoch*. Each epoch draws other
# negatives, and the draw depends on the seed and the number of the epoch only, on nothing that ran before. From now
# on the clicked candidate is number 0 and the K others are 1 to K, C = 1 + K in all.
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

# %%
p, _ = softmax_forward(scores)
loss = -np.log(p[0])
assert np.isclose(loss, np.log(np.exp(scores).sum()) - scores[0])
package_loss, loss_cache = softmax_loss_forward(scores, clicked=0)
assert np.isclose(package_loss, loss)
print(f"scores {scores}, probabilities {p.round(3)}, loss {loss:.3f}")

# %%
# Two values of the loss are worth knowing by heart. A model that knows nothing gives all C candidates the same score,
# so p is 1 / (1 + K) and the loss is **log(1 + K)**: 1.609 for K = 4. A first loss far from it is a sign of a bug, or
# of parameters that start too large. And with K = 0 there is nobody to lose against: p = 1 and the loss is −log 1 =
# 0, whatever the score is. So K must be at least 1.

# %%
for K in (0, 1, 4, 9):
    untrained, _ = softmax_loss_forward(np.full(1 + K, 0.3), clicked=0)
    assert np.isclose(untrained, np.log(1 + K))
lonely, lonely_cache = softmax_loss_forward(np.array([-7.0]), clicked=0)
assert lonely == 0
assert softmax_loss_backward(1.0, lonely_cache) == 0
print(f"loss of a model that knows nothing, K = 4: log 5 = {np.log(5):.3f}")

# %%
# Backward: predicted minus happened
# ----------------------------------
#
# Take :math:`L = \log Z - \hat y_0` with :math:`Z = \sum_i \exp(\hat y_i)`. The derivative of log Z with respect to Z
# is 1 / Z, and that of Z with respect to :math:`\hat y_j` is :math:`\exp(\hat y_j)`. The second term has the
# derivative −1 with respect to :math:`\hat y_0` and 0 with respect to all others:
#
# .. math::
#     \frac{\partial L}{\partial \hat y_j} = \frac{\exp(\hat y_j)}{Z} - [j = 0] = p_j - y_j
#
# where :math:`y_j = [j = 0]` is what happened: 1 for the clicked candidate, j = 0, and 0 for the others. The clicked
# one gets :math:`p_0 - 1`, never positive: its score should rise. The others get :math:`p_j`: they should fall, and
# the more the model believed in one, the more. The sum is 1 − 1 = 0, since only differences of scores matter.

# %%
y = np.array([1.0, 0.0, 0.0])
by_hand = p - y
assert np.allclose(by_hand, softmax_loss_backward(1.0, loss_cache))
assert np.isclose(by_hand.sum(), 0)

# %%
# The long way gives the same. From :math:`L = -\log p_0` we have :math:`dp_0 = -1 / p_0` and 0 elsewhere; then the
# softmax backward of lesson 03, :math:`p_j (dp_j - \sum_i p_i \, dp_i)`. The sum is :math:`p_0 \cdot (-1 / p_0) =
# -1`. So candidate 0 gets :math:`p_0 (-1 / p_0 + 1) = p_0 - 1` and any other :math:`p_j (0 + 1) = p_j`.
#
# But the long way divides by :math:`p_0`. Where the model is sure and wrong, :math:`p_0` is rounded to 0, and 1 / 0
# is infinite. The short way has no division.

# %%
dp = np.array([-1 / p[0], 0.0, 0.0])
assert np.allclose(softmax_backward(dp, p), by_hand)

# %%
# What does a step against this gradient do to the reader? Put it into du from above:
#
# .. math::
#     -du = -\sum_j (p_j - y_j) \, r_j = r_0 - \sum_j p_j \, r_j
#
# The user vector moves towards the news that he clicked, away from the mean of what the model expected him to click.

# %%
du, _ = click_score_backward(by_hand, score_cache)
assert np.allclose(-du, r[0] - p @ r)

# %%
drawing = course.figure(8.6, 3.7)
left, right = drawing.subplots(1, 2)
s = np.linspace(-5, 5, 201)
for K, colour in ((1, course.BLUE), (4, course.ORANGE), (9, course.GREEN)):
    left.plot(s, np.log(np.exp(s) + K) - s, color=colour, label=f"K = {K}")
    left.plot(0, np.log(1 + K), "o", color=colour)
left.annotate("knows nothing:\nlog(1 + K)", (0.15, np.log(10)), xytext=(1.0, 4.2), arrowprops={"arrowstyle": "->"})
left.set_xlabel("score of the clicked candidate, all others 0")
left.set_ylabel("loss")
left.set_title("The loss falls as the clicked score rises")
left.legend(loc="lower left")
five = np.array([1.0, 2.0, 0.0, -1.0, 0.5])
gradient = softmax_forward(five)[0] - np.eye(5)[0]
right.bar(range(5), gradient, color=[course.BLUE] + [course.ORANGE] * 4)
for j, value in enumerate(gradient):
    right.text(
        j, value + (0.02 if value > 0 else -0.02), f"{value:+.2f}", ha="center", va="bottom" if value > 0 else "top"
    )
right.axhline(0, color="black", linewidth=0.8)
right.set_xticks(range(5), ["clicked\nscore 1", *(f"other\nscore {score:g}" for score in five[1:])])
right.set_ylim(-0.95, 0.7)
right.set_ylabel("gradient of the score, p − y")
right.set_title("Each score moves against its bar")
course.save(drawing, "09_loss_and_gradient")

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
probabilities, _ = sigmoid_forward(five)
assert np.array_equal(np.argsort(probabilities), np.argsort(five))
assert np.isclose(softmax_forward(np.array([1.5, 0.0]))[0][0], sigmoid_forward(np.array(1.5))[0])

# %%
# Two warnings. First, the order stays the same on paper, but a float32 has 24 binary digits: from 17 upwards all
# sigmoids are 1, and the order is lost. So the package ranks by the scores themselves. Second, the number is no true
# probability of a click: the loss sees only differences of scores, so training may shift all scores of a reader.
# That changes the sigmoid, and the loss does not notice.

# %%
large, _ = sigmoid_forward(np.array([18.0, 25.0], dtype=np.float32))
assert large.tolist() == [1, 1]
loss_here, _ = softmax_loss_forward(five, clicked=0)
loss_shifted, _ = softmax_loss_forward(five + 3, clicked=0)
assert np.isclose(loss_here, loss_shifted)
assert not np.allclose(probabilities, sigmoid_forward(five + 3)[0])

# %%
# The gradient check
# ------------------
#
# From u and r to the loss. Sizes are different again: K = 4, so C = 5 candidates, and H·d = 6. The loss is one
# number, so the upstream gradient is one number too.

# %%
u, r = rng.standard_normal(6), rng.standard_normal((5, 6))


def loss_of(u, r):
    """Score and loss of one sample, candidate 0 clicked."""
    scores, _ = click_score_forward(u, r)
    return softmax_loss_forward(scores, clicked=0)[0]


def backward(d_loss):
    """The gradients of u and r."""
    scores, score_cache = click_score_forward(u, r)
    _, loss_cache = softmax_loss_forward(scores, clicked=0)
    # loss = softmax_loss(scores)
    d_scores = softmax_loss_backward(d_loss, loss_cache)
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
def sigmoid_like_backward(d_loss):
    """Forget that every score moves every probability."""
    p, _ = softmax_forward(r @ u)
    dp = np.zeros(5)
    dp[0] = -d_loss / p[0]
    d_scores = dp * p * (1 - p)
    return {"u": d_scores @ r, "r": np.outer(d_scores, u)}


assert np.allclose(sigmoid_like_backward(1.0)["r"][0], backward(1.0)["r"][0])  # the clicked candidate is right
try:
    check_gradients(loss_of, {"u": u, "r": r}, sigmoid_like_backward)
    raise SystemExit("the check did not notice")
except GradientError as error:
    print("p (1 − p):", error)

# %%
# A model with this bug can still learn something, because clicked news items are still pushed up. Without the check
# one would go on and wonder why the numbers of the paper are out of reach.
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
# Open ``lessons/exercises/09_the_click.py``, fill in the blanks, and run ``python -m lessons.check 09``.
#
# Further: (a) For K = 1, show that the loss is −log σ(ŷ⁺ − ŷ⁻). What is its gradient? (b) A reader with an empty
# history has u = 0 (lesson 08). What are his loss and the gradients of u and of the candidates? Which of the two
# could teach the model something, and why does it not reach any parameter? (c) Draw negatives from all news in place
# of the impression. Would the loss be smaller or larger, and would the AUC on impressions be better?
