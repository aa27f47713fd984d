r"""
Lesson 11: training
===================

*About 50 minutes, and an hour for the exercises.*

The lessons before gave the loss and, by hand, its gradient with respect to every parameter. Training takes many small
steps against it. This lesson makes the steps with Adam and measures how long they are; then it shows what everybody
should do before the first long run, train on one batch until the loss is nearly zero; then it trains a small model on
a small world of clicks, and asks of eight such worlds what holds.

You need: lesson 00 (AUC), lesson 08 (empty histories), lesson 09 (the loss, and log(1 + K)) and lesson 10 (the model).

Letters of this lesson:

- θ: one parameter, and g its gradient: the derivative of the loss with respect to θ.
- η: the learning rate. t: the number of the step, from 1.
- m, v: Adam's running means of g and of g²; β₁, β₂ how much of the old mean is kept.
- K: negatives beside each clicked candidate. u: the user vector.
- n: how many worlds something was measured in. ±: half of a 95% interval for the mean, by Student's t.
"""

# %%
import json
import tempfile
from pathlib import Path

import numpy as np

import course
from lessons.draw import lesson_11 as draw
from lessons.evidence.interval import Interval
from lessons.evidence.kept import load
from lessons.evidence.lesson_11 import RATES, STEPS, first_batch, floor_of, knows_topics, overfit
from lessons.small_world import make_world, small_config
from nrms_np import NRMS
from nrms_np.data.batches import Samples
from nrms_np.evaluation.ranking import evaluate
from nrms_np.packed import RowGradient
from nrms_np.training import fit
from nrms_np.training.adam import Adam

# %%
# Gradient descent, and what is wrong with it
# -------------------------------------------
#
# *Gradient descent* makes the step :math:`\theta\leftarrow\theta-\eta\,g`. Its steps are as long as the gradient is
# large. In NRMS gradients differ by factors of thousands: a bias is used by every word, a rare word's vector once per
# epoch. One η is then too large for one and too small for the other.
#
# Adam
# ----
#
# Adam (Kingma and Ba, 2015) measures how large the gradient of each number usually is, and divides by it:
#
# .. math::
#     m_t &= \beta_1 m_{t-1} + (1 - \beta_1) \, g_t \\
#     v_t &= \beta_2 v_{t-1} + (1 - \beta_2) \, g_t^2 \\
#     \theta_t &= \theta_{t-1} - \eta \, \frac{m_t / (1 - \beta_1^t)}{\sqrt{v_t / (1 - \beta_2^t)} + \epsilon}
#
# - :math:`m_t` is a running mean of the gradient: nine tenths of the old mean and one tenth of the new gradient,
#   since :math:`\beta_1 = 0.9`. It smooths what differs from batch to batch.
# - :math:`v_t` is a running mean of the square, with :math:`\beta_2 = 0.999`. Its root is the usual size of the
#   gradient.
# - Both start at 0. After t steps with the same g, m is :math:`(1 - \beta_1^t) \, g`, too small; dividing by
#   :math:`1-\beta_1^t` gives g back. The same for v.
# - :math:`\epsilon = 10^{-8}` only keeps us from dividing by 0.
#
# By hand, for one number: the loss :math:`(\theta - 3)^2`, whose gradient is :math:`2 (\theta - 3)`, from θ = 0 with
# η = 0.1. The first gradient is −6. So m = 0.1 · (−6) = −0.6 and v = 0.001 · 36 = 0.036; corrected, −0.6 / 0.1 = −6
# and 0.036 / 0.001 = 36. The step is −η · (−6) / √36 = +0.1.

# %%
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8


def adam_step(theta, g, m, v, t, eta):
    """One step of Adam, elementwise, so for one number as for arrays; returns the new theta, m and v."""
    m = BETA_1 * m + (1 - BETA_1) * g
    v = BETA_2 * v + (1 - BETA_2) * g**2
    step = eta * (m / (1 - BETA_1**t)) / (np.sqrt(v / (1 - BETA_2**t)) + EPSILON)
    return theta - step, m, v


theta, m, v = 0.0, 0.0, 0.0
path = [theta]
for t in range(1, 101):
    theta, m, v = adam_step(theta, 2 * (theta - 3), m, v, t, eta=0.1)
    path.append(theta)
    if t == 1:
        assert np.allclose([m, v, theta], [-0.6, 0.036, 0.1])
print("theta after 0, 1, 2, 3 steps:", np.round(path[:4], 3), "and after 100:", round(theta, 2))

# %%
# How far does Adam move a number?
# --------------------------------
#
# It does not matter how large the gradients are: multiply the loss by 1,000, and m is 1,000 times as large, and √v as
# well. η is a length, in the units of the parameter. So the same η works for a bias and for a rare word. It is tempting
# to go on: "η = 0.001 moves each number by about 0.001 per step". That is right in one case, and wrong by factors in
# two others, both of which happen in NRMS.
#
# **Derive before you read on.** A word first occurs in the batch of step t; until then its gradient was 0, so its m
# and v are 0. How long is its first step, in units of η? Write ``derive_first_step`` in
# ``lessons/exercises/11_training.py`` and run ``python -m lessons.check 11 derive_first_step``.
#
# Now its first gradient g arrives: :math:`m_t = (1 - \beta_1) g` and :math:`v_t = (1 - \beta_2) g^2`. So
#
# .. math::
#     \frac{|\theta_t - \theta_{t-1}|}{\eta}
#     = \frac{1 - \beta_1}{\sqrt{1 - \beta_2}} \cdot \frac{\sqrt{1 - \beta_2^t}}{1 - \beta_1^t}
#
# For t = 1 the second factor undoes the first: the step is η. For a late t it is 1, and the first stays:
# :math:`0.1 / \sqrt{0.001} = 3.16`. The corrections undo a start from 0 *at step 1*; a word that comes at step 5,001
# has the same start and gets no correction. If it comes again in the next batches, m grows faster than √v, and its
# steps grow further.
#
# And a gradient that is pure noise, as often up as down? v is its mean square :math:`\sigma^2`. m is a weighted sum
# of independent numbers, with the weights :math:`(1 - \beta_1) \beta_1^k`, and the squares of the weights sum to
# :math:`(1 - \beta_1)^2 / (1 - \beta_1^2) = (1 - \beta_1) / (1 + \beta_1)`. So the steps are
# :math:`\sqrt{0.1 / 1.9} = 0.23` η, in the root of the mean square (*rms*).


# %%
def moves(gradients, before=0):
    """The steps in units of η for a number whose gradient was 0 for `before` steps and is then gradients[0], ...."""
    theta, m, v = np.zeros((3, *np.shape(gradients[0])))
    lengths = []
    for t, g in enumerate(gradients, start=before + 1):
        after, m, v = adam_step(theta, g, m, v, t, eta=1.0)
        lengths.append(after - theta)
        theta = after
    return np.abs(lengths)


times = np.arange(1, 5001)
steady, late = moves(np.full(5000, 0.3)), moves(np.full(5000, 0.3), before=5000)
noise = moves(np.random.default_rng(11).standard_normal((1500, 2000)))[-1]  # step 1,500 of 2,000 numbers
noise_rms = float(np.sqrt(np.mean(noise**2)))
print(
    f"steps / η: steady {steady[0]:.2f}, ... {steady[-1]:.2f}; first seen at step 5,001 {late[0]:.2f}, up to {late.max():.2f};"
)
print(f"           noise {noise_rms:.2f} (rms)")
assert np.allclose(steady, 1, rtol=1e-6)
assert round(late[0], 2) == 3.15
assert late.max() > 6
assert abs(noise_rms - np.sqrt(0.1 / 1.9)) < 0.01

# %%
course.show(
    draw.adam(times, {"first seen at step 5,001": late, "the same g from step 1 on": steady}, noise_rms),
    "11_adam",
    caption="Steps of Adam in units of η, for a gradient that is always the same. A word that comes late starts with 3.15 η and "
    "goes up to 6.6 η while it keeps coming; a number whose gradient is noise moves by 0.23 η.",
    alt="A flat line at 1 for a number with the same gradient from the first step; a curve that starts at 3.15, rises to 6.6 and "
    "falls to 1 for one first seen late; a dotted line at 0.23 for noise.",
)

# %%
# So η is the length of a step for a gradient that keeps its sign from the first step on, and that is what a fresh
# model has for a while. Later, when the batches no longer agree, steps shrink to a quarter of η, and that is one
# reason why training settles. And words that come late leap.
#
# The package's ``Adam`` keeps m and v for all parameters by their names and changes the parameters in place, so that
# no step has to copy all the word vectors. Twenty steps with random gradients of very different sizes, compared:

# %%
rng = np.random.default_rng(10)
sizes = 10.0 ** rng.integers(-4, 4, (3, 5))
of_package = {"W": rng.standard_normal((3, 5))}
W, m, v = of_package["W"].copy(), np.zeros((3, 5)), np.zeros((3, 5))
adam = Adam(of_package, learning_rate=0.01)
for t in range(1, 21):
    g = sizes * rng.standard_normal((3, 5))
    W, m, v = adam_step(W, g, m, v, t, 0.01)
    adam.step(of_package, {"W": g})
assert np.allclose(of_package["W"], W, rtol=1e-9)

# %%
# Word vectors are a special case. A batch holds only a part of all the words, and the gradients of all other rows
# are zero. Adam as above would still go through every row, and would go on moving a word by its old m where the batch
# does not have it. The package hands over only the rows that were used, as a ``RowGradient``, and only these move:

# %%
table = {"word_embedding": rng.standard_normal((6, 4))}
before = table["word_embedding"].copy()
adam = Adam(table, learning_rate=0.01)
adam.step(table, {"word_embedding": RowGradient(np.array([1, 4]), rng.standard_normal((2, 4)))})
moved = np.flatnonzero((table["word_embedding"] != before).any(axis=1))
assert moved.tolist() == [1, 4]

# %%
# A small world
# -------------
#
# We need clicks to train on. The package brings a corpus of made-up news and clicks, ``data/demo``, the *demo corpus*.
# To train on it takes most of a minute, so here is a smaller one, in the two files of MIND (``lessons/small_world.py``
# draws it). Headlines are made of a subject, a verb and an object of one of six topics, and of a time and a place that
# mean nothing. A reader likes one or two topics. They click half of what they are shown on them and a tenth of the
# rest, so there is much chance in it.

# %%
temporary = tempfile.TemporaryDirectory()
world = Path(temporary.name) / "world"
data = make_world(world)
print(*(world / "train" / "behaviors.tsv").read_text(encoding="utf-8").splitlines()[2].split("\t")[3:], sep=" | ")
samples = Samples.from_behaviors(data.train.behaviors)
print(f"{data.notes[0]}; {len(samples)} samples, {len(data.vocabulary)} words")

# %%
# ``samples`` holds one sample per click (lesson 09), and a batch names each distinct word and each distinct news item
# once, with row numbers in place of copies (lesson 07).
#
# Overfit one batch on purpose
# ----------------------------
#
# Before a long run, take one batch of 64 samples and train on it alone, again and again, without dropout. There are
# thousands of parameters and 64 clicks to remember, so the loss must go to nearly 0. If it does not, some gradient
# does not arrive, and no longer run will help. It costs a second.
#
# Two numbers are known before the first step. The first loss must be near log(1 + K) = log 5 (lesson 09). And a
# reader with an empty history has u = 0, all their scores are 0 and their loss is log 5 forever (lesson 08). So the
# loss cannot go below log 5 times the share of such readers: that is the floor, and "nearly 0" means "nearly the
# floor".

# %%
small = small_config()
batch = first_batch(data, small)
losses = overfit(NRMS.create(small, data.vocabulary.words), batch, learning_rate=1e-2)
floor = floor_of(batch, small.negatives)
assert abs(losses[0] - np.log(5)) < 0.2
assert losses[-1] - floor < 0.05
print(f"one batch: first loss {losses[0]:.3f} (log 5 = {np.log(5):.3f}), last {losses[-1]:.3f}, floor {floor:.3f}")

# %%
# Which learning rate? One batch of one world would be an anecdote. ``python -m lessons.evidence 11`` has done it in
# eight worlds, with other headlines, readers and first values each, for four rates; the numbers are kept in
# ``lessons/figures/11_seeds.json``, and what follows reads them.

# %%
measured = load("11")
n = len(measured["floor"])
steps = np.append(np.arange(0, STEPS, 5), STEPS - 1)
above = {rate: measured[f"one batch {rate:g}"] - measured["floor"][:, None] for rate in RATES}
for rate in RATES:
    last, leap = (
        Interval.of(above[rate][:, -1]),
        (measured[f"largest {rate:g}"] / measured[f"one batch {rate:g}"][:, 0]).max(),
    )
    print(
        f"η = {rate:6g}: {last.plain()} above the floor after {STEPS} steps; at worst {leap:.1f} times the first loss (n = {n})"
    )

# %%
course.show(
    draw.one_batch(
        steps,
        {f"η = {rate:g}": above[rate] for rate in (1e-2, 1e-3, 1e-4, 1e-1)},
        "One batch: with η = 0.01 the loss goes to its floor",
    ),
    "11_one_batch",
    caption=f"The loss of one batch above its floor in {n} worlds: the mean, and from the least to the largest. "
    "Too small a step has not arrived; too large a one leaps about.",
    alt="Four curves of the loss above its floor on a logarithmic axis: η = 0.01 falls to a thousandth, 0.001 to a tenth or so, 0.0001 "
    "hardly falls, and 0.1 rises above its first value.",
)
