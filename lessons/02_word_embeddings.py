r"""
Lesson 02: word embeddings
==========================

About 45 minutes, exercises included.

A title is text, and a model computes with numbers. So each word gets a vector, a row of numbers, and a title becomes
a matrix with one row for each word. This lesson is about that step: how the vectors are looked up, what their
gradient is, where they come from before training (GloVe), and how some of their numbers are hidden during training
(dropout).

You need: lesson 01 (the product rule for matrices, the gradient check).

=================  ===========================================================================
table (words, D)   the vector of each word that the model knows, one per row; E in formulas
rows (T,)          a title: the row numbers of its T words
x (T, D)           the title's vectors, x[t] = table[rows[t]]
F (T, words)       which word stands where, as zeros and ones
p, m               dropout: the rate, and the mask of ones (kept) and zeros (dropped)
=================  ===========================================================================
"""

# %%
import tempfile
from pathlib import Path

import numpy as np

import course
from lessons import story
from lessons.draw import lesson_02 as draw
from nrms_np.data.glove import read_glove
from nrms_np.data.vocabulary import Vocabulary, tokenize
from nrms_np.gradcheck import GradientError, check_gradients
from nrms_np.layers.dropout import dropout_backward, dropout_forward, dropout_key
from nrms_np.layers.embedding import embedding_backward, embedding_forward
from nrms_np.packed import RowGradient

# %%
# The story
# ---------
#
# From here to lesson 10 the numbers that you can follow by eye are mostly those of one reader, *our reader*. They
# clicked on *Coaches win again and again* and on *Moon launch*. Now they are shown *Rockets win again* (the team of
# lesson 00), *Rockets launch again* and *Bank rates rise*, and they click on the first. (``lessons/story.py`` has it
# all.)
#
# From a title to row numbers
# ---------------------------
#
# First a title is cut into words, in lower case; punctuation marks count as words. Then each word is replaced by its
# number in the **vocabulary**, the list of all words the model knows. Number 0 is kept for all words that it does not
# know.

# %%
assert tokenize("Keeper saves the day!") == ["keeper", "saves", "the", "day", "!"]

assert story.WORDS == ["[unknown]", "rockets", "win", "launch", "again", "and", "coaches", "moon"]
titles = Vocabulary(story.WORDS).encode(["Coaches win again and again", "Bank rates rise"], title_length=30)
rows = titles.sequence(0)
assert rows.tolist() == [6, 2, 4, 5, 4]
assert titles.sequence(1).tolist() == [0, 0, 0]  # the model knows none of the three

# %%
# Lookup
# ------
#
# The word vectors stand in one table, with a row for each word of the vocabulary and D columns. The vector of word
# number w is row w. (The paper writes :math:`e_i` for the vector of the i-th word of a title.) In the paper D is 300,
# and no column means anything by itself. Here D is 4, and the columns have names:

# %%
table = story.TABLE  # (words, D) = (8, 4)
assert story.DIMENSIONS == ("sport", "space", "action", "time")
assert table[1].tolist() == [1, 1, 0, 0]  # rockets: a bit of sport, a bit of space
assert table[2].tolist() == [2, 0, 1, 0]  # win: sport, and something happens
assert table[4].tolist() == [0, 0, 0, 1]  # again: time

x = np.zeros((5, 4))  # (T, D): row t is the vector of the t-th word
for t in range(5):
    x[t] = table[rows[t]]
assert np.array_equal(x[2], x[4])  # "again" twice: the same vector twice

# %%
# Lookup is a matrix product
# --------------------------
#
# For the derivative it helps to see the lookup as something we already know. Let F be a matrix of zeros with one 1 in
# each row: :math:`F_{t,w} = 1` if the t-th word of the title is word number w. (Such rows are called *one-hot*.) Then
#
# .. math:: x = F \, E, \qquad (T, words) \cdot (words, D) = (T, D)
#
# where E is the table. Row t of the product is the sum of all rows of the table, each times a number of F's row t;
# all those are 0 but one, which is 1. So the sum is the row that was looked up.

# %%
F = np.zeros((5, 8))
F[np.arange(5), rows] = 1
assert np.array_equal(F @ table, x)

looked_up, cache = embedding_forward(table, rows)  # the package's own; the cache keeps `rows` for the backward
assert np.array_equal(looked_up, x)

# %%
# Nobody computes it that way: with 30,000 words, nearly every product would be a number times 0. The lookup copies T
# rows and is done. But what is true of a product is true of a lookup too.
#
# Backward
# --------
#
# Given dx (T, D), the gradient of the loss with respect to x. (There is no gradient for F: which word stands where is
# not a number that training could move.)
#
# .. admonition:: Derive before you read on
#
#     Lesson 01: C = A B passes back :math:`dB = A^T dC`. Here A is F, B is the table E, C is x. What is row w of dE,
#     in terms of the rows of dx, without F? Write ``derive_row_gradient`` in
#     ``lessons/exercises/02_word_embeddings.py`` and run ``python -m lessons.check 02 derive_row_gradient``.

# %%
course.derive("derive_row_gradient")

# %%
# .. math::
#     dE = F^T dx, \qquad\text{row by row:}\quad
#     dE_w = \sum_{t} F_{t,w} \, dx_t = \sum_{t \text{ where } w \text{ stands}} dx_t
#
# In words: row w of the table gets the **sum** of the gradients from all places where word w stands. That is the
# chain rule again: an input that moves several outputs collects from all of them. *again* stands at places 2 and 4,
# and gets :math:`dx_2 + dx_4`. A word that does not occur gets zero. So the backward of "read a row" is "add into
# that row".

# %%
dx = np.array(  # (T, D), some upstream gradient
    [
        [-2.0, 0.0, 0.0, 0.0],  # coaches
        [-1.0, 1.0, -1.0, 0.0],  # win
        [0.0, 0.0, 1.0, -3.0],  # again
        [0.0, 0.0, 0.0, 1.0],  # and
        [0.0, 1.0, 1.0, 1.0],  # again
    ]
)
d_table = F.T @ dx
assert d_table[4].tolist() == [0.0, 1.0, 2.0, -2.0]  # again: (0, 0, 1, -3) + (0, 1, 1, 1)
assert not d_table[[0, 1, 3, 7]].any()  # [unknown], rockets, launch, moon do not occur
assert np.array_equal(d_table, embedding_backward(dx, cache))  # the package's own
course.show(
    draw.lookup(F, table, x, dx, d_table, [story.WORDS[row] for row in rows], story.WORDS),
    "02_lookup",
    caption="Forward, the row of again is read twice. Backward, both gradients are added into it. ▲ marks a gradient above zero: "
    "more of this number, more loss. ▼ marks one below zero: more of it, less loss.",
    alt="Above: F times the table is x. Below: F transposed times dx is the table's gradient; again has the sum of two rows.",
)

# %%
# A trap in NumPy
# ---------------
#
# Nobody computes :math:`F^T dx` either: in the exercise you write it without F. Beware of the line that comes to mind
# first:
#
# *Predict first:* *again* should get (0, 1, 2, −2), the sum of (0, 0, 1, −3) and (0, 1, 1, 1). What does this line give
# it?

# %%
overwritten = np.zeros_like(table)
overwritten[rows] += dx
print("gradient of 'again', right:", d_table[4], " with d_table[rows] += dx:", overwritten[4])
assert overwritten[4].tolist() == [0.0, 1.0, 1.0, 1.0]  # only the last use is left

# %%
# Python runs ``d_table[rows] += dx`` in three steps: read ``d_table[rows]`` into a new array, add dx to it, write the
# result back with ``d_table[rows] = ...``. Row 4 is read twice, both times as 0. Two results are written to it, and
# the second overwrites the first. No error, no warning.
#
# ``np.add.at`` goes through the places one after the other, so that each addition sees the one before, as in a loop.
# Here it counts how often each word stands in the title:

# %%
times = np.zeros(8)
np.add.at(times, rows, 1)  # at each place of rows add 1
assert times.tolist() == [0, 0, 1, 0, 2, 1, 1, 0]  # again: 2; with times[rows] += 1 it would be 1

# %%
# The gradient check
# ------------------
#
# Does the check of lesson 01 find this mistake? First the right backward, then the wrong one:

# %%
rng = np.random.default_rng(2)
random_table = rng.standard_normal((8, 4))


def overwriting_backward(dx: np.ndarray, rows: np.ndarray) -> dict[str, np.ndarray]:
    """The line that comes to mind first."""
    d_table = np.zeros((8, 4))
    d_table[rows] += dx
    return {"table": d_table}


errors = check_gradients(
    lambda table: embedding_forward(table, rows)[0],
    {"table": random_table},
    lambda dx: {"table": embedding_backward(dx, cache)},
)
print(f"gradient check: {errors['table']:.0e}")
assert errors["table"] < 1e-9
try:
    check_gradients(lambda table: table[rows], {"table": random_table}, lambda dx: overwriting_backward(dx, rows))
    raise SystemExit("the check did not notice")
except GradientError as error:
    print("d_table[rows] += dx:", str(error).split(";")[0])

# %%
# It does, but only because *again* stands in the title twice. On a title without a repeated word the wrong line
# passes:

# %%
no_repeats = np.array(story.TITLES["Rockets win again"])
errors = check_gradients(
    lambda table: table[no_repeats], {"table": random_table}, lambda dx: overwriting_backward(dx, no_repeats)
)
assert errors["table"] < 1e-9

# %%
# A check is as good as its inputs. Test inputs need the cases that real data have: repeated words here, and later
# empty titles, empty histories, and one news item that stands in several places.
#
# Most rows get nothing
# ---------------------
#
# One training step takes many titles at once, a *batch*. It uses a few thousand of the 30,000 words. All other rows of
# the gradient are zero. When speed matters, the package keeps only the rows that were used, and training (lesson 11)
# as a rule moves only those:

# %%
used = np.unique(rows)
few = RowGradient(rows=used, values=d_table[used])
assert few.rows.tolist() == [2, 4, 5, 6]
assert np.array_equal(few.dense(rows=8), d_table)

# %%
# Where the vectors come from: GloVe
# ----------------------------------
#
# At the start the table can be random. Training then has to find out from clicks alone that *soup* and *bread* have to
# do with each other. Vectors that someone made from a large amount of text, from nothing but counts of which words
# stand near which, are a better start. Words that are used alike get similar vectors. GloVe is a set of such vectors,
# free to download; the paper starts from it. Training goes on changing them, so they are a start and nothing more.
#
# The file is plain text: on each line a word and its D numbers, with single spaces between them. We write a small one
# ourselves, with D = 2. (These vectors are made up, so that they can be drawn. Real ones have 50 to 300 numbers.)

# %%
glove_text = """\
win 2.0 0.4
coach 1.6 0.0
match 1.8 0.7
launch 0.3 1.9
orbit -0.1 1.6
moon 0.5 1.4
rockets 1.3 1.3
bread -1.6 -0.9
soup -1.3 -1.1
oven -1.7 -0.5
parliament 0.9 -1.7
"""
sport, space, food = ["win", "coach", "match"], ["launch", "orbit", "moon"], ["bread", "soup", "oven"]
known = Vocabulary(["[unknown]", *sport, *space, "rockets", *food, "goalless"])
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "tiny.txt"
    path.write_text(glove_text, encoding="utf-8")
    glove = read_glove(path, known.words)

assert glove.vectors.shape == (10, 2)
assert glove.rows.tolist() == list(range(1, 11))  # of our 12 words, [unknown] and "goalless" are not in the file
glove_table = glove.table(words=len(known), generator=np.random.default_rng([2, 0]))
assert np.array_equal(glove_table[glove.rows], glove.vectors)

# %%
# *parliament* is in the file but not in our vocabulary: it is not read. *goalless* is in our vocabulary but not in
# the file: it gets random numbers, about as large as those of the file, and training has to do the rest.
#
# Neighbours
# ----------
#
# How similar are two vectors? The usual measure is the cosine of the angle between them:
#
# .. math:: \cos(v, w) = \frac{v \cdot w}{\lVert v \rVert \, \lVert w \rVert}
#
# It is 1 for the same direction, 0 for a right angle, −1 for opposite directions; lengths do not matter. Divide every
# vector by its length, and one matrix product has the cosines of all pairs:
#
# *Predict first:* what is nearest to *rockets*, words of sport or words of space?

# %%
words = known.words[1:11]
unit = glove.vectors / np.linalg.norm(glove.vectors, axis=1, keepdims=True)
cosines = unit @ unit.T  # (words, words)
assert np.allclose(np.diag(cosines), 1, atol=1e-6)


def neighbours(word: str, count: int) -> list[str]:
    """The words whose vectors have the largest cosines with that of `word`, without itself."""
    order = np.argsort(-cosines[words.index(word)], kind="stable")
    return [words[i] for i in order if words[i] != word][:count]


print("nearest to soup:", neighbours("soup", 2), " nearest to rockets:", neighbours("rockets", 4))
assert neighbours("soup", 2) == ["bread", "oven"]
assert set(neighbours("rockets", 2)) == {"match", "moon"}

course.show(
    draw.neighbours(words, glove.vectors, {"sport": sport, "space": space, "food": food}),
    "02_neighbours",
    caption="Made-up vectors with D = 2. What counts is the direction. Rockets has one vector for two meanings.",
    alt="Arrows from one point: sport words together, space words together, food words together; rockets between sport and space.",
)

# %%
# A model that counts common words cannot know that *bread* and *soup* have to do with each other. A model with vectors
# can: whatever it computes from similar vectors is similar. But *rockets* stands between sport and space,
# because the table has one vector for both meanings. For that, words must look at each other; that is lesson 03.
#
# Dropout
# -------
#
# A word vector has many numbers, and there are few clicks for each word. So the model can learn the training clicks
# by heart, with a detail here and a detail there that happen to fit, and do badly on new ones. **Dropout** makes that
# harder. In each training step, each number is set to 0 with probability p (the *rate*, 0.2 in the paper), and the
# others are multiplied by a factor c:
#
# .. math:: y = c \, m \, x, \qquad m = 0 \text{ with probability } p, \quad m = 1 \text{ otherwise}
#
# m is the *mask*, drawn for each number alone and anew in each step. No single number can be relied on, so what is
# learned has to rest on many. When the model is *used*, dropout is off: y = x. Training and use should agree on
# average, and that is what c is for.
#
# .. admonition:: Derive before you read on
#
#     The mean of y over all masks, its *expectation*, is :math:`E[y] = p \cdot 0 + (1 - p) \cdot c \, x`. (This E has
#     nothing to do with the table.) Which c makes it x? Write ``derive_dropout_factor``.

# %%
course.derive("derive_dropout_factor")

# %%
# c = 1 / (1 − p). With p = ½, x = (2, 4, 6, 8) and the mask (1, 0, 1, 0), y is (4, 0, 12, 0).
#
# How far does y stray from x? The expectation of y² is :math:`(1-p) \, x^2 / (1-p)^2 = x^2 / (1-p)`. The *variance*,
# the mean of the squared distance from x, is :math:`E[y^2] - E[y]^2`:
#
# .. math:: \mathrm{Var}[y] = \frac{x^2}{1 - p} - x^2 = \frac{p}{1 - p} \, x^2
#
# For p = 0.2 that is x² / 4: typically y is off by half of x. That is a lot of noise. The mean over n masks has less:
# its variance is n times smaller, so it is off by :math:`\tfrac12 |x| / \sqrt{n}`.

# %%
word_vectors = rng.standard_normal((12, 24))  # a title of T = 12 words, D = 24
counts = np.array([1, 3, 10, 30, 100, 300, 1000, 3000])
total, distance = np.zeros_like(word_vectors), []
for n in range(1, counts[-1] + 1):
    total += dropout_forward(word_vectors, 0.2, dropout_key(seed=2, step=n, layer=0))[0]  # the package's own
    if n in counts:
        distance.append(np.linalg.norm(total / n - word_vectors) / np.linalg.norm(word_vectors))
print(f"mean of 1 mask is off by {distance[0]:.0%}, of 3,000 masks by {distance[-1]:.1%}")
assert np.allclose(distance, 0.5 / np.sqrt(counts), rtol=0.35)
course.show(
    draw.dropout(counts, np.array(distance)),
    "02_dropout",
    caption="Distance of the mean of n masked copies from x, as a share of its length. Both axes are logarithmic.",
    alt="Measured points fall along the line one half divided by the root of n, from 0.5 for one mask to 0.01 for 3,000.",
)

# %%
# (The package computes a mask from one number, the *dropout key*, and that from the run's seed, the training step and
# the layer: so a stopped run can go on with the very masks it would have had. nrms_np/layers/dropout.py has it. Your
# own functions are given the mask.)
#
# Dropout, backward
# -----------------
#
# The mask does not depend on x. So for a given mask, y is x times a constant, number by number, and lesson 01 says what
# such a product passes back. It must be the *same mask*, and the check must hold it fixed, too: with a new mask in each
# forward, the two sides of the difference would come from two different functions.

# %%
one_key, another_key = (dropout_key(seed=2, step=step, layer=0) for step in (1, 2))
_, dropped = dropout_forward(word_vectors, 0.2, one_key)  # the cache keeps the mask
_, other = dropout_forward(word_vectors, 0.2, another_key)


def drop(x: np.ndarray) -> np.ndarray:
    """Dropout with the first of the two masks."""
    return dropout_forward(x, 0.2, one_key)[0]


errors = check_gradients(drop, {"x": word_vectors}, lambda dy: {"x": dropout_backward(dy, dropped)})
assert errors["x"] < 1e-9
wrong_backwards = {
    "another mask": lambda dy: {"x": dropout_backward(dy, other)},
    "factor forgotten": lambda dy: {"x": 0.8 * dropout_backward(dy, dropped)},
}
for name, wrong in wrong_backwards.items():
    try:
        check_gradients(drop, {"x": word_vectors}, wrong)
        raise SystemExit("the check did not notice")
    except GradientError as error:
        print(f"{name}: {str(error).split(';')[0]}")

# %%
# What to remember
# ----------------
#
# 1. A title is a matrix x of shape (T, D): row t is the table's row of its t-th word.
# 2. The backward of "read a row" is "add into that row"; a repeated word gets the sum. ``d_table[rows] += dx`` loses
#    it.
# 3. Dropout multiplies by a random mask and 1 / (1 − p), so the mean stays; the backward uses the same mask.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/02_word_embeddings.py`` and run ``python -m lessons.check 02``. The two functions of the
# lookup and the two of dropout are the first pieces of your own NRMS: ``python -m lessons.mine`` shows which pieces are
# yours.
#
# Further (answers in ``lessons/further/02.md``): (a) Write the backward of the lookup with ``np.bincount``, one column
# at a time. (b) All unknown words share row 0. What gradient does it get, and what will its vector come to mean?
# (c) What would happen to the scale of y if the factor 1 / (1 − p) were left out in training, and dropout switched off
# when the model is used?
