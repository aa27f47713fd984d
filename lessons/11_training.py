r"""
Lesson 11: training
===================

Lessons 02 to 09 gave the loss and, by hand, its gradient with respect to every parameter. Training takes many small
steps against it. This lesson makes the steps with Adam, first for one number; then it shows what everybody should do
before the first long run, train on one batch until the loss is nearly zero; then it trains a small model on a small
world of clicks and reads what the run wrote down.

You need: lesson 00 (AUC), lesson 08 (empty histories) and lesson 09 (the loss, and log(1 + K)).
"""

# %%
import dataclasses
import json
import tempfile
from pathlib import Path

import numpy as np

import course
from nrms_np import NRMS, Config
from nrms_np.data.batches import Samples, batches
from nrms_np.data.dataset import read_dataset
from nrms_np.evaluation.ranking import evaluate, metrics_of
from nrms_np.packed import RowGradient
from nrms_np.training import fit
from nrms_np.training.adam import Adam

# %%
# Gradient descent, and what is wrong with it
# -------------------------------------------
#
# Let θ be one parameter and g the gradient of the loss with respect to it. *Gradient descent* makes the step
# :math:`\theta\leftarrow\theta-\eta\,g`, where η is the *learning rate*. Its steps are as long as the gradient is
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
# - t counts the steps from 1, :math:`g_t` is the gradient at step t, :math:`\theta_t` the parameter after it.
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
eta, theta, m, v = 0.1, 0.0, 0.0, 0.0
path = [theta]
for t in range(1, 101):
    g = 2 * (theta - 3)
    m = BETA_1 * m + (1 - BETA_1) * g
    v = BETA_2 * v + (1 - BETA_2) * g**2
    theta -= eta * (m / (1 - BETA_1**t)) / (np.sqrt(v / (1 - BETA_2**t)) + EPSILON)
    path.append(theta)
    if t == 1:
        assert np.allclose([m, v, theta], [-0.6, 0.036, 0.1])
print("theta after 0, 1, 2, 3 steps:", np.round(path[:4], 3), "and after 100:", round(theta, 2))

# %%
# The first step is η, and so are the next ones, nearly, as long as the gradient keeps its sign. It does not matter
# how large the gradient is: multiply the loss by 1,000, and m is 1,000 times as large, and √v as well. η is therefore
# a length, in the units of the parameter: η = 0.001 says "move each number by about 0.001 per step". That is why the
# same η works for a bias and for a rare word.
#
# The same for arrays: all operations are elementwise, so nothing changes but the names.


# %%
def adam_step(parameter, g, m, v, t, eta):
    """One step of Adam; returns the new parameter, m and v."""
    m = BETA_1 * m + (1 - BETA_1) * g
    v = BETA_2 * v + (1 - BETA_2) * g**2
    step = eta * (m / (1 - BETA_1**t)) / (np.sqrt(v / (1 - BETA_2**t)) + EPSILON)
    return parameter - step, m, v


# %%
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
first_step = np.abs(table["word_embedding"] - before)[moved]
assert np.allclose(first_step, 0.01, rtol=1e-3)  # it is η, whatever g is

# %%
# A small world
# -------------
#
# We need clicks to train on. The package brings a corpus of made-up news and clicks, ``data/demo``, the
# *demo corpus*. To train on it takes most of a minute, so here is a smaller one, in the two files of MIND. Headlines
# are made of a subject, a verb and an object of one of six topics, and of a time and a place that mean nothing. A
# reader likes one or two topics. He clicks half of what he is shown on them and a tenth of the rest, so there is much
# chance in it.

# %%
TOPICS = {
    "sports": "coach striker referee goalkeeper / wins loses misses defends / match cup title derby",
    "space": "astronaut probe telescope rover / orbits explores photographs leaves / moon mars comet galaxy",
    "food": "chef baker grandmother barista / bakes tastes serves burns / cake soup bread noodles",
    "music": "singer drummer choir rapper / sings records rehearses remixes / ballad album aria opera",
    "money": "banker investor broker treasurer / buys sells audits lowers / bonds stocks rates debt",
    "weather": "forecaster radar blizzard storm / predicts brings hits follows / snow fog hail heat",
}
TIMES, PLACES = ["today", "again", "tonight", "finally"], ["in Ohio", "in Paris", "in Texas", "in Oslo"]
NAMES = list(TOPICS)


def headline(topic, rng):
    """One headline of a topic."""
    parts = [rng.choice(part.split()) for part in TOPICS[topic].split(" / ")]
    return " ".join([*parts, rng.choice(TIMES), rng.choice(PLACES)])


def write_split(folder, news, impressions, rng):
    """Write news.tsv (8 columns) and behaviors.tsv (5 columns) of a small world."""
    folder.mkdir(parents=True)
    topics = rng.integers(6, size=news)
    lines = [f"N{i}\t{NAMES[t]}\t{NAMES[t]}\t{headline(NAMES[t], rng)}\t\t\t[]\t[]" for i, t in enumerate(topics)]
    (folder / "news.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    lines = []
    for number in range(impressions):
        liked = rng.choice(6, size=rng.integers(1, 3), replace=False)
        pool = np.flatnonzero(np.isin(topics, liked))
        history = rng.choice(pool, size=rng.integers(0, 9))
        shown = rng.choice(news, size=8, replace=False)
        chance = np.where(np.isin(topics[shown], liked), 0.5, 0.1)
        clicks = rng.random(8) < chance
        while clicks.all() or not clicks.any():
            clicks = rng.random(8) < chance
        tokens = " ".join(f"N{row}-{int(click)}" for row, click in zip(shown, clicks, strict=True))
        past = " ".join(f"N{row}" for row in history)
        lines.append(f"{number}\tU{number}\t11/9/2019 9:00:00 AM\t{past}\t{tokens}")
    (folder / "behaviors.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


temporary = tempfile.TemporaryDirectory()
world = Path(temporary.name) / "world"
write_split(world / "train", news=300, impressions=600, rng=np.random.default_rng([10, 1]))
write_split(world / "dev", news=300, impressions=1200, rng=np.random.default_rng([10, 2]))
print((world / "train" / "behaviors.tsv").read_text(encoding="utf-8").splitlines()[1])
data = read_dataset(world, title_length=30, history_length=50, minimum_count=1)
samples = Samples.from_behaviors(data.train.behaviors)
assert len(samples) == 1165
print(f"{data.notes[0]}; {len(samples)} samples, {len(data.vocabulary)} words")

# %%
# ``samples`` holds one sample per click (lesson 09), and ``batches`` yields them in random order, with K negatives
# each. A ``Batch`` names each distinct word and each distinct news item once, with row numbers in place of copies
# (lesson 07).
#
# Overfit one batch on purpose
# ----------------------------
#
# Before a long run, take one batch of 64 samples and train on it alone, again and again, without dropout. There are
# thousands of parameters and 64 clicks to remember, so the loss must go to nearly 0. If it does not, some gradient
# does not arrive, and no longer run will help. It costs a second.
#
# Two numbers are known before the first step. The first loss must be near log(1 + K) = log 5 (lesson 09). And a
# reader with an empty history has u = 0, all his scores are 0 and his loss is log 5 forever (lesson 08). So the loss
# cannot go below log 5 times the share of such readers: that is the floor, and "nearly 0" means "nearly the floor".

# %%
small = Config(
    word_dim=32, heads=4, head_dim=8, query_dim=8, negatives=4, batch_size=64, learning_rate=1e-2, dropout=0.0,
    epochs=12, patience=12,
)  # fmt: skip
of_epoch_1 = batches(
    data.train, data.train_titles, samples, batch_size=small.batch_size, negatives=small.negatives,
    words=len(data.vocabulary), seed=small.seed, epoch=1,
)  # fmt: skip
batch = next(of_epoch_1)
floor = np.log(5) * np.mean(batch.histories.lengths == 0)


def overfit(learning_rate, steps=120):
    """The loss on one batch, before each step of training on it."""
    model = NRMS.create(small, data.vocabulary.words)
    adam = Adam(model.parameters, learning_rate)
    losses = []
    for _ in range(steps):
        loss, gradients = model.loss_and_row_gradients(batch)  # word_embedding's as a RowGradient
        adam.step(model.parameters, gradients)
        losses.append(loss)
    return np.array(losses)


curves = {rate: overfit(rate) for rate in (1e-4, 1e-3, 1e-2)}
good = curves[1e-2]
assert abs(good[0] - np.log(5)) < 0.2
assert good[-1] - floor < 0.01
assert curves[1e-4][-1] > 1  # too slow
assert overfit(0.1, steps=60).max() > 2 * good[0]  # too fast: it leaps about
print(f"one batch: first loss {good[0]:.3f} (log 5 = {np.log(5):.3f}), last {good[-1]:.3f}, floor {floor:.3f}")

# %%
drawing = course.figure(7.0, 3.8)
axes = drawing.add_subplot()
colours = (course.PURPLE, course.ORANGE, course.BLUE)
for (rate, losses), colour in zip(curves.items(), colours, strict=True):
    axes.plot(losses, color=colour, label=f"η = {rate:g}")
axes.axhline(np.log(5), color=course.GREY, linestyle=":")
axes.text(119, np.log(5) + 0.02, "log 5: knows nothing", ha="right", va="bottom", color=course.GREY)
axes.axhline(floor, color=course.GREY, linestyle=":")
axes.text(0, floor - 0.02, "floor: empty histories", va="top", color=course.GREY)
axes.set_ylim(0, 2)
axes.set_xlabel("step")
axes.set_ylabel("loss of the batch")
axes.set_title("Training on one batch: the loss must go to its floor")
axes.legend(title="learning rate", loc="center right")
course.save(drawing, "11_one_batch")

# %%
# The learning rate decides. Too small, and nothing happens in the time we have. Too large, and the steps jump across
# the valley and land higher: with η = 0.1 the loss of this batch leaps above twice its first value. In between there
# is a factor of about ten that works; 0.001 is a good first try for Adam, and models as small as this one bear 0.01.
#
# What this test does not say: that the gradients are right. A wrong gradient that points roughly downhill also
# remembers 64 clicks. That is what the gradient checks were for.
#
# A run
# -----
#
# Now all 1,165 samples. An *epoch* goes through all of them once, with other negatives each time. After each epoch
# the model is *evaluated* on the dev split: other impressions, other readers and other news, whose clicks were never
# trained on. The package's ``fit`` does it, and writes a *run folder*; it is what ``python -m nrms_np.train`` runs. We
# train twice, without dropout and with 20% of the word vectors' numbers dropped (lesson 02).

# %%
without = fit(small, data, Path(temporary.name) / "without")
dropped = fit(dataclasses.replace(small, dropout=0.2), data, Path(temporary.name) / "dropped")

# %%
# Reading a run folder
# --------------------
#
# - ``config.json``: all settings, so that the run can be repeated.
# - ``metrics.jsonl``: one line per epoch, a JSON object each; epoch 0 is the untrained model.
# - ``model.npz``: the parameters of the **best** epoch, with the vocabulary and the settings: all that is needed to
#   use it.
# - ``checkpoint.npz``: the state after the **last** epoch, with Adam's m and v, so that the run can go on.
#
# - ``learning_curve.png`` and ``REPORT.md``: the same metrics to look at.
#
# What ``fit`` returns has the model of the best epoch and the metrics of all epochs, too.

# %%
folder = without.folder
assert json.loads(folder.config.read_text(encoding="utf-8"))["learning_rate"] == 1e-2
rows = [json.loads(line) for line in folder.metrics.read_text(encoding="utf-8").splitlines()]
assert rows == without.epochs
assert abs(rows[0]["loss"] - np.log(5)) < 0.2  # epoch 0 knows nothing
assert abs(rows[0]["auc"] - 0.5) < 0.1
for row in (rows[0], rows[3], rows[-1]):
    print(f"epoch {row['epoch']:2}: loss {row['loss']:.3f}, dev AUC {row['auc']:.3f}, nDCG@10 {row['ndcg@10']:.3f}")

with np.load(folder.checkpoint) as file:
    assert {"parameter/user.pool.q", "m/user.pool.q", "v/user.pool.q", "steps"} <= set(file.files)
    assert file["steps"] == rows[-1]["step"]
best = without.best
model = NRMS.load(folder.model)
again = evaluate(model, data.dev_titles, data.dev.behaviors)
assert np.isclose(again.values["auc"], best["auc"])  # the saved model is the one of the best epoch

# %%
# Loss down, AUC down
# -------------------
#
# Without dropout the train loss falls in every epoch. The dev AUC rises, and later falls. First the model
# learned what holds for all readers, *space readers click space news*; then it began to remember the 1,165 clicks one
# by one, the chance ones too, as it remembered one batch above. That is *overfitting*. The loss on what was trained
# does not show it; only clicks that were not trained on do.
#
# *Early stopping* is the answer that costs nothing: keep the best model, and stop after ``patience`` epochs without a
# better dev AUC. The two runs had patience 12, so that we can see the whole curve. Where would patience 2 have
# stopped the first one?


# %%
def stops_after(rows, patience):
    """The epoch after which early stopping ends the run, and the best epoch until then."""
    best = rows[0]
    for row in rows:
        if row["auc"] > best["auc"]:
            best = row
        if row["epoch"] - best["epoch"] >= patience:
            return row["epoch"], best["epoch"]
    return rows[-1]["epoch"], best["epoch"]


last, kept = stops_after(rows, patience=2)
best_dropped = dropped.best
print(f"without dropout: best AUC {best['auc']:.3f} in epoch {best['epoch']}, {rows[-1]['auc']:.3f} in the last one")
print(f"with patience 2 it would have ended after epoch {last} and kept epoch {kept}")
print(f"with dropout: best AUC {best_dropped['auc']:.3f} in epoch {best_dropped['epoch']}")
losses = np.array([row["loss"] for row in rows])
assert (np.diff(losses) < 0).all()
assert 0 < best["epoch"] < rows[-1]["epoch"]
assert rows[-1]["auc"] < best["auc"] - 0.01
assert best_dropped["auc"] > best["auc"]

# %%
# How good could it be? Here we know: what matters is the topic, and news.tsv has it in its second column, which the
# model does not read. Give a candidate the score 1 if its topic is one of the history's topics, and 0 if not. Even
# that is far from 1, because clicks are chance for a good part, and because some histories are empty or show one
# topic of two.

# %%
dev, topic = data.dev.behaviors, np.array(data.dev.news.categories)
knows_topics = [
    np.isin(topic[dev.candidates.sequence(i)], topic[dev.histories.sequence(i)]) for i in range(dev.candidates.count)
]
ceiling = metrics_of(np.concatenate(knows_topics).astype(float), dev).values["auc"]
print(f"AUC of somebody who is told the topics: {ceiling:.3f}")
assert ceiling > best_dropped["auc"]

# %%
drawing = course.figure(8.6, 3.7)
left, right = drawing.subplots(1, 2)
for run, name, colour in ((without, "without dropout", course.BLUE), (dropped, "20% dropout", course.ORANGE)):
    epochs = [row["epoch"] for row in run.epochs]
    left.plot(epochs, [row["loss"] for row in run.epochs], "o-", markersize=4, color=colour, label=name)
    right.plot(epochs, [row["auc"] for row in run.epochs], "o-", markersize=4, color=colour, label=name)
    right.plot(run.best["epoch"], run.best["auc"], "*", markersize=16, color=colour)
left.axhline(np.log(5), color=course.GREY, linestyle=":")
left.text(12, np.log(5), "log 5", ha="right", va="bottom", color=course.GREY)
left.set_ylabel("mean loss of the train samples")
left.set_title("The loss falls in both runs")
right.axhline(0.5, color=course.GREY, linestyle=":")
right.text(12, 0.5, "chance", ha="right", va="bottom", color=course.GREY)
right.axhline(ceiling, color=course.GREY, linestyle=":")
right.text(12, ceiling, "is told the topics", ha="right", va="bottom", color=course.GREY)
right.set_ylabel("dev AUC")
right.set_title("The AUC has a best epoch (star)")
right.legend(loc="lower right", bbox_to_anchor=(1, 0.12))
for axes in (left, right):
    axes.set_xlabel("epoch (0 is the untrained model)")
course.save(drawing, "11_learning_curve")
temporary.cleanup()

# %%
# Dropout takes away numbers at random, so no single number can be relied on for remembering one click. The train loss
# stays higher, also because it is measured with the dropout on, and the dev AUC holds.
#
# What to remember
# ----------------
#
# 1. Adam moves each number by about η per step, whatever the size of its gradient; the first step is exactly that.
# 2. Before a long run: the first loss is near log(1 + K), and one batch can be overfitted to its floor.
# 3. The train loss says that the model remembers, the dev AUC what it learned: keep the epoch with the best dev AUC.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/11_training.py``, fill in the blanks, and run ``python -m lessons.check 11``.
#
# Further: (a) Run ``python -m nrms_np.train`` on the demo corpus and read its run folder. Which epoch was kept? (b)
# Leave the two corrections out of ``adam_step``. How long is the first step now, and how long the tenth? (c) Make the
# small world larger, 6,000 impressions. Where is the best epoch then, and does dropout still help?
