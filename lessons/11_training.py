r"""
Lesson 11: training
===================

About 50 minutes, and an hour for the exercises.

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
assert np.allclose(path[:4], [0, 0.1, 0.2, 0.3], atol=1e-3)  # the first steps are η long
assert abs(theta - 3) < 0.1

# %%
# How far does Adam move a number?
# --------------------------------
#
# It does not matter how large the gradients are: multiply the loss by 1,000, and m is 1,000 times as large, and √v as
# well. η is a length, in the units of the parameter: the step does not depend on the size of the gradient. It is tempting
# to go on: "η = 0.001 moves each number by about 0.001 per step". That is right in one case, and wrong by factors in
# two others, both of which happen in NRMS.
#
# .. admonition:: Derive before you read on
#
#     A word first occurs in the batch of step t; until then its gradient was 0, so its m and v are 0. How long is its
#     first step, in units of η? Write ``derive_first_step`` in ``lessons/exercises/11_training.py`` and run
#     ``python -m lessons.check 11 derive_first_step``.

# %%
course.derive("derive_first_step")

# %%
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
    f"steps / η: steady {steady[0]:.2f}; first seen at step 5,001 {late[0]:.2f}, up to {late.max():.2f}; noise {noise_rms:.2f}"
)
assert np.allclose(steady, 1, rtol=1e-6)
assert round(late[0], 2) == 3.15
assert late.max() > 6
assert abs(noise_rms - np.sqrt(0.1 / 1.9)) < 0.01

# %%
course.show(
    draw.adam(times, {"first seen at step 5,001": late, "the same g from step 1 on": steady}, noise_rms),
    "11_adam",
    caption="A word that comes late makes long steps; a number whose gradient is noise moves a quarter of η.",
    alt="A flat line at 1 for a number with the same gradient from the first step; a curve that starts at 3.15, rises to 6.55 and "
    "falls to 1 for one first seen late; a dotted line at 0.23 for noise.",
)

# %%
# So η is the length of a step for a gradient that stays about the same from the first step on; if it keeps its sign but
# shrinks, steps are shorter. Where the batches do not agree on a sign, steps shrink towards a quarter of η. And words
# that come late leap.
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
# This is *lazy* Adam. It has less to do, and it is another optimiser: a word that does not come again stops at once.
#
# *Predict first:* a word gets one gradient at step 5,001 and is in none of the next 100 batches. Lazy Adam moves it by
# 3.15 η, as above. How far does ordinary Adam move it, all steps together?


# %%
def moved_by_one_gradient(lazy):
    """How far one gradient at step 5,001 has moved a word 100 steps later, in units of η."""
    words = {"word_embedding": np.zeros((2, 1))}
    adam = Adam(words, learning_rate=1.0, lazy=lazy)
    adam.steps = 5_000
    for row in [0] + [1] * 100:  # word 0 once, then batches that have word 1 alone
        adam.step(words, {"word_embedding": RowGradient(np.array([row]), np.ones((1, 1)))})
    return abs(words["word_embedding"][0, 0])


lazily, ordinarily = moved_by_one_gradient(lazy=True), moved_by_one_gradient(lazy=False)
print(f"lazy {lazily:.2f} η, ordinary {ordinarily:.1f} η")
assert np.isclose(lazily, late[0])
assert np.isclose(ordinarily / lazily, 10, rtol=0.03)

# %%
# m shrinks by β₁ from step to step, so all steps together are 1 + 0.9 + 0.81 + … = 1 / (1 − β₁) = 10 times as long as
# the first, and a little more, since v shrinks as well. That is for the first gradient of a word that does not come again
# soon; for one that is in every batch there is no difference. The setting ``lazy_adam`` says which one a run has. What it
# does to a model that is trained with η = 10⁻⁴, the README has measured ("Proven equal").

# %%
# A small world
# -------------
#
# We need clicks to train on. The package brings a corpus of made-up news and clicks, ``data/demo``, the *demo corpus*.
# To train on it takes longer than one likes to wait while reading, so here is a smaller one, in the two files of MIND
# (``lessons/small_world.py`` draws it). Headlines are made of a subject, a verb and an object of one of six topics, and
# of a time and a place that mean nothing. A reader likes one or two topics. They click half of what they are shown on
# them and a tenth of the rest, so there is much chance in it.

# %%
temporary = tempfile.TemporaryDirectory()
world = Path(temporary.name) / "world"
data = make_world(world)
samples = Samples.from_behaviors(data.train.behaviors)
print(f"{data.notes[0]}; {len(samples)} samples, {len(data.vocabulary)} words; such as {data.train.news.titles[0]!r}")

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
#
# *Predict first:* after 120 steps, is it 0.0001, 0.001, 0.01 or 0.1 that is nearest to the floor? And which is furthest
# off?

# %%
measured = load("11")
n = len(measured["floor"])
steps = np.append(np.arange(0, STEPS, 5), STEPS - 1)
above = {rate: measured[f"one batch {rate:g}"] - measured["floor"][:, None] for rate in RATES}
for rate in RATES:
    last = Interval.of(above[rate][:, -1])
    leap = (measured[f"largest {rate:g}"] / measured[f"one batch {rate:g}"][:, 0]).max()
    print(
        f"η = {rate:6g}: {last.mean:.3g} ± {last.half:.2g} above the floor at the end; at worst {leap:.0f} × the first loss"
    )

# %%
course.show(
    draw.one_batch(
        steps,
        {f"η = {rate:g}": above[rate] for rate in (1e-2, 1e-3, 1e-4, 1e-1)},
        "One batch: with η = 0.01 the loss goes to its floor",
    ),
    "11_one_batch",
    caption=f"The mean of {n} worlds, and from the least to the largest. What is less than 0.0001 is drawn there.",
    alt="Four curves of the loss above its floor on a logarithmic axis: η = 0.01 falls below a thousandth, 0.001 to 0.03, 0.0001 "
    "hardly falls, and 0.1 falls at first and then rises to thousands.",
)

# %%
# The learning rate decides. With the smallest nothing has happened yet in the time we have. With the largest the steps
# jump across the valley and out of it, in every one of the worlds. In between, 0.01 has arrived at the floor in all of
# them and 0.001 is near it; 0.001 is what Kingma and Ba suggest as a first try, and models as small as this one bear 0.01.
#
# What this test does not say: that the gradients are right. A loss falls with wrong gradients too, as long as they point
# roughly downhill; lesson 15 shows three that always do. How low it gets says little where the floor is not known. That
# is what the gradient checks were for.

# %%
assert (above[1e-2][:, -1] < 0.01).all()
assert (above[1e-3][:, -1] < 0.1).all()
assert (above[1e-4][:, -1] > 1).all()
assert (measured["largest 0.1"] > 100 * measured["one batch 0.1"][:, 0]).all()

# %%
# A run
# -----
#
# Now all samples. An *epoch* goes through all of them once, with other negatives each time. After each epoch the model is
# *evaluated* on the dev split: other impressions, other readers and other news, whose clicks were never trained on. The
# package's ``fit`` does it, and writes a *run folder*; it is what ``python -m nrms_np.train`` runs.
#
# - ``config.json``: all settings, so that the run can be repeated.
# - ``metrics.jsonl``: one line per epoch, a JSON object each; epoch 0 is the untrained model.
# - ``model.npz``: the parameters of the **best** epoch, with the vocabulary and the settings: all that is needed to
#   use it.
# - ``checkpoint.npz``: the state after the **last** epoch, with Adam's m and v, so that the run can go on.
# - ``learning_curve.png`` and ``REPORT.md``: the same metrics to look at.
#
# What ``fit`` returns has the model of the best epoch and the metrics of all epochs, too.
#
# *Predict first:* is the dev AUC best in the last epoch?

# %%
run = fit(small, data, Path(temporary.name) / "without")
folder = run.folder
assert json.loads(folder.config.read_text(encoding="utf-8"))["learning_rate"] == 1e-2
rows = [json.loads(line) for line in folder.metrics.read_text(encoding="utf-8").splitlines()]
assert rows == run.epochs
assert abs(rows[0]["loss"] - np.log(5)) < 0.2  # epoch 0 knows nothing
assert abs(rows[0]["auc"] - 0.5) < 0.1
for row in (rows[0], run.best, rows[-1]):
    print(f"epoch {row['epoch']:2}: loss {row['loss']:.3f}, dev AUC {row['auc']:.3f}, nDCG@10 {row['ndcg@10']:.3f}")

with np.load(folder.checkpoint) as file:
    assert {"parameter/user.pool.q", "m/user.pool.q", "v/user.pool.q", "steps"} <= set(file.files)
    assert file["steps"] == rows[-1]["step"]
again = evaluate(NRMS.load(folder.model), data.dev_titles, data.dev.behaviors)
assert np.isclose(again.values["auc"], run.best["auc"])  # the saved model is the one of the best epoch
assert knows_topics(data) > run.best["auc"]
temporary.cleanup()

# %%
# Loss down, AUC down
# -------------------
#
# Here the train loss falls in every epoch, and the dev AUC rises and then falls. The usual account: first a model
# learns what holds for all readers, *space readers click space news*; then it begins to remember the clicks one by one,
# the chance ones too, as it remembered one batch above. That is *overfitting*. The loss on what was trained does not
# show it; only clicks that were not trained on do. *Early stopping* is the answer that costs nothing: keep the best
# model, and stop after ``patience`` epochs without a better dev AUC.
#
# *Dropout* (lesson 02) is another: it takes away numbers at random, so no single number can be relied on for remembering
# one click. Does early stopping help, and does dropout? In this one run one could say anything. So eight worlds again,
# each with a run without and one with 20% dropout, and a third split, *test*. The test split is there because the best of
# twelve dev AUCs is partly the luckiest of twelve: who chooses by dev must measure elsewhere.
#
# Both runs of a world have the same data and the same order of samples, so we look at their **difference**, world by
# world: what is common drops out of it (``Interval.paired``). From eight differences we know their mean, and how far
# they scatter. Their standard deviation divided by √8 is the *standard error*: how far the mean is off, typically. The
# mean, plus or minus so many standard errors as Student's t distribution says (2.36 for eight), is the *95% interval*: made
# so, 95 of 100 intervals have the true mean in them. If an interval leaves room for 0, there may be no difference at
# all; if not, we say that the difference **holds**.

# %%
AUC = {"without dropout": measured["auc without"], "20% dropout": measured["auc dropped"]}
LOSS = {"without dropout": measured["loss without"], "20% dropout": measured["loss dropped"]}
ceiling = Interval.of(measured["ceiling"])
falls = {name: Interval.paired(of[:, 12], of[:, 4]) for name, of in AUC.items()}
stops = {
    name: Interval.paired(measured[f"test of the kept {key}"], measured[f"test of the last {key}"])
    for name, key in (("without dropout", "without"), ("20% dropout", "dropped"))
}
drops = {
    which: Interval.paired(measured[f"test of the {which} dropped"], measured[f"test of the {which} without"])
    for which in ("kept", "last")
}
luck = {
    name: Interval.paired(AUC[name].max(axis=1), measured[f"test of the kept {key}"])
    for name, key in (("without dropout", "without"), ("20% dropout", "dropped"))
}
for name in AUC:
    print(
        f"{name}: dev AUC of epoch 12 − epoch 4 {falls[name]}; test AUC of the kept model − the last one {stops[name]}"
    )
print(f"dropout − without, on test: the kept models {drops['kept']}, the last ones {drops['last']}")
print("the kept model's dev AUC − its test AUC:", ", ".join(f"{name} {one}" for name, one in luck.items()))
print(f"AUC of who is told the topics {ceiling.plain()} (n = {n} worlds)")

# %%
course.show(
    draw.learning_curve(
        {name: losses.mean(axis=0) for name, losses in LOSS.items()},
        {name: aucs.mean(axis=0) for name, aucs in AUC.items()},
        {name: np.array([Interval.of(of_epoch).half for of_epoch in aucs.T]) for name, aucs in AUC.items()},
        {"is told the topics": ceiling.mean, "chance": 0.5},
        "The loss falls to the end; the dev AUC rises first and then falls",
    ),
    "11_learning_curve",
    caption=f"Means over {n} worlds with 95% intervals. With dropout the fall is slower; whether the top is "
    "higher is not certain.",
    alt="Above, two falling curves of the loss. Below, the dev AUC rises to about 0.645 in four to six epochs, then falls to 0.61 "
    "without dropout and to 0.63 with it; a dotted line at 0.68 for somebody who is told the topics.",
)

# %%
# What holds?
#
# - Without dropout the loss falls in every epoch of every world, and the AUC falls from epoch 4 to epoch 12. With
#   dropout the AUC falls too, but less.
# - Early stopping helps: the kept model is better than the last one on clicks that had no part in the choice, with dropout
#   and without.
# - Dropout helps the *last* models. Whether it helps the *kept* ones these worlds do not say: there is room for 0. Who
#   stops early has most of what dropout gives, here.
# - Choosing the best of twelve epochs by dev did not flatter the dev AUC by more than noise, with dropout and
#   without. On a smaller dev split expect more of it: the noise of an AUC is larger there.
#
# How good could it be? Here we know: what matters is the topic, and news.tsv has it in its second column, which the
# model does not read. Give a candidate the score 1 if its topic is one of the history's topics, and 0 if not. Even
# that is far from 1, because clicks are chance for a good part, and because some histories are empty or show one
# topic of two.

# %%
assert (np.diff(LOSS["without dropout"], axis=1) < 0).all()
assert all(fall.holds and fall.mean < 0 for fall in falls.values())
assert falls["without dropout"].mean < falls["20% dropout"].mean
assert all(stop.holds and stop.mean > 0 for stop in stops.values())
assert drops["last"].holds
assert drops["last"].mean > 0
assert not drops["kept"].holds
assert not any(one.holds for one in luck.values())
means = {name: of.mean(axis=0) for name, of in AUC.items()}
assert means["without dropout"].argmax() == 4
assert means["20% dropout"].argmax() in (5, 6)
assert ceiling.mean > AUC["20% dropout"].max(axis=1).mean()

# %%
# What to remember
# ----------------
#
# 1. Adam's step does not depend on the size of the gradient. It is η for a gradient that stays about the same from
#    the first step on, a quarter of η for noise, and several η for a word that comes late.
# 2. Before a long run: the first loss is near log(1 + K), and one batch can be overfitted to its floor.
# 3. The train loss says that the model remembers, the dev AUC what it learned: keep the epoch with the best dev AUC.
# 4. Whether something helps is a question for several runs, a paired difference and an interval, on a split that had no
#    part in the choice.
#
# Exercises
# ---------
#
# A bug to find, lines to fill in, and a blank page: open ``lessons/exercises/11_training.py``, and run ``python -m
# lessons.check 11``.
#
# Further (answers in ``lessons/further/11.md``): (a) Run ``python -m nrms_np.train`` on the demo corpus and read its run
# folder. Which epoch was kept? (b) Leave the two corrections out of ``adam_step``. How long is the first step now, and how
# long the tenth? (c) Show that Adam's step is never longer than 7.3 η, whatever the gradients are. (d) Make the small
# world larger, 6,000 impressions in train. Where is the best epoch then, and does dropout help the kept models?
