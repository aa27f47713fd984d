r"""
Lesson 02: word embeddings
==========================

A title is text, and a model computes with numbers. So each word gets a vector, a row of numbers, and a title becomes
a matrix with one row for each word. This lesson is about that step: how the vectors are looked up, what their
gradient is, where they come from before training (GloVe), and how some of their numbers are hidden during training
(dropout).

You need: lesson 01 (the product rule for matrices, the gradient check).
"""

# %%
import tempfile
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

import course
from nrms_np.data.glove import read_glove
from nrms_np.data.vocabulary import Vocabulary, tokenize
from nrms_np.gradcheck import GradientError, check_gradients
from nrms_np.layers.dropout import (
    GOLDEN,
    LEVELS,
    drop_threshold,
    dropout_backward,
    dropout_forward,
    dropout_key,
    dropout_mask,
    splitmix64,
)
from nrms_np.layers.embedding import embedding_backward, embedding_forward
from nrms_np.packed import RowGradient

# %%
# From a title to row numbers
# ---------------------------
#
# First the title is cut into words, in lower case; punctuation marks count as words. Then each word is replaced by
# its number in the **vocabulary**, the list of all words the model knows. Number 0 is kept for all words that it does
# not know.

# %%
assert tokenize("Keeper saves the day!") == ["keeper", "saves", "the", "day", "!"]

vocabulary = Vocabulary.from_titles(["The keeper saves the final", "Snow falls"])
assert vocabulary.words == ["[unknown]", "the", "falls", "final", "keeper", "saves", "snow"]  # most frequent first

titles = vocabulary.encode(["The keeper saves the final", "The keeper cries"], title_length=30)
rows = titles.sequence(0)
assert rows.tolist() == [1, 4, 5, 1, 3]
assert titles.sequence(1).tolist() == [1, 4, 0]  # "cries" is unknown

# %%
# Lookup
# ------
#
# The word vectors stand in one table, with a row for each word of the vocabulary and D columns. The vector of word
# number w is row w. (The paper writes :math:`e_i` for the vector of the i-th word of a title.) Here D is 3, so that
# we can read the numbers; in the paper it is 300. The title has T = 5 words:

# %%
table = np.array(  # (words, D) = (7, 3)
    [
        [0.0, 0.0, 1.0],  # [unknown]
        [1.0, 0.0, 0.0],  # the
        [0.0, 2.0, 1.0],  # falls
        [3.0, 1.0, 0.0],  # final
        [0.0, 1.0, 2.0],  # keeper
        [2.0, 2.0, 0.0],  # saves
        [0.0, 0.0, 3.0],  # snow
    ]
)
x = np.zeros((5, 3))  # (T, D): row t is the vector of the t-th word
for t in range(5):
    x[t] = table[rows[t]]
assert np.array_equal(x, table[rows])  # NumPy does the loop when the index is a list of rows
assert np.array_equal(x[0], x[3])  # "the" twice: the same vector twice

# %%
# Lookup is a matrix product
# --------------------------
#
# For the derivative it helps to see the lookup as something we already know. Let S be a matrix of zeros with one 1 in
# each row: :math:`S_{t,w} = 1` if the t-th word of the title is word number w. (Such rows are called *one-hot*.) Then
#
# .. math:: x = S \, E, \qquad (T, words) \cdot (words, D) = (T, D)
#
# where E is the table. Row t of the product is the sum of all rows of the table, each times a number of S's row t;
# all those are 0 but one, which is 1. So the sum is the row that was looked up.

# %%
S = np.zeros((5, 7))
S[np.arange(5), rows] = 1
assert np.array_equal(S @ table, x)

looked_up, cache = embedding_forward(table, rows)  # the package's own; the cache keeps `rows` for the backward
assert np.array_equal(looked_up, x)

# %%
# Nobody computes it that way: with 30,000 words, nearly every product would be a number times 0. The lookup copies T
# rows and is done. But what is true of a product is true of a lookup too.
#
# Backward: add into rows
# -----------------------
#
# Lesson 01: C = A B passes back :math:`dB = A^T dC`. Here A is S, B is the table E, C is x:
#
# .. math::
#     dE = S^T dx, \qquad\text{row by row:}\quad
#     dE_w = \sum_{t} S_{t,w} \, dx_t = \sum_{t \text{ where } w \text{ stands}} dx_t
#
# In words: row w of the table gets the **sum** of the gradients from all places where word w stands. That is the
# chain rule again: an input that moves several outputs collects from all of them. *the* stands at places 0 and 3, and
# gets :math:`dx_0 + dx_3`. A word that does not occur gets zero. So the backward of "read a row" is "add into that
# row".
#
# (There is no gradient for S. Which word stands where is not a number that training could move.)

# %%
dx = np.array(  # (T, D), some upstream gradient
    [
        [1.0, 0.0, 2.0],  # the
        [0.0, 3.0, 0.0],  # keeper
        [1.0, 1.0, 1.0],  # saves
        [4.0, 0.0, 1.0],  # the
        [0.0, 2.0, 0.0],  # final
    ]
)
d_table = np.zeros_like(table)
for t in range(5):
    # x[t] = table[rows[t]]
    d_table[rows[t]] += dx[t]

assert d_table[1].tolist() == [5.0, 0.0, 3.0]  # the: (1, 0, 2) + (4, 0, 1)
assert not d_table[[0, 2, 6]].any()  # [unknown], falls, snow do not occur
assert np.array_equal(d_table, S.T @ dx)
assert np.array_equal(d_table, embedding_backward(dx, cache))  # the package's own


# %%
def draw_matrix(axes: Axes, matrix: np.ndarray, names: list[str], title: str, marked: list[int]) -> None:
    """Draw a matrix with its numbers; rows in `marked` get an orange frame."""
    axes.imshow(matrix, cmap=course.WEIGHTS, vmin=0, vmax=9)
    for i, j in np.ndindex(matrix.shape):
        color = "black" if matrix[i, j] else course.GREY
        axes.text(j, i, f"{matrix[i, j]:.0f}", ha="center", va="center", color=color)
    width = matrix.shape[1]
    for i in marked:
        axes.add_patch(Rectangle((-0.46, i - 0.46), width - 0.08, 0.92, fill=False, color=course.ORANGE, linewidth=2))
    axes.set_yticks(range(len(names)), names)
    axes.set_xticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(title)
    axes.set_ylim(6.5, -0.5)  # one scale for all six: seven rows high


drawing = course.figure(8.6, 6.0)
grid = drawing.add_gridspec(2, 3, width_ratios=[7, 4, 4])
title_words = [vocabulary.words[row] for row in rows]
the_places, the_row = [0, 3], [1]
draw_matrix(drawing.add_subplot(grid[0, 0]), S, title_words, "S  (T, words)", the_places)
draw_matrix(drawing.add_subplot(grid[0, 1]), table, vocabulary.words, "×  E  (words, D)", the_row)
draw_matrix(drawing.add_subplot(grid[0, 2]), x, title_words, "=  x  (T, D)", the_places)
draw_matrix(drawing.add_subplot(grid[1, 0]), S.T, vocabulary.words, "Sᵀ  (words, T)", the_row)
draw_matrix(drawing.add_subplot(grid[1, 1]), dx, title_words, "×  dx  (T, D)", the_places)
draw_matrix(drawing.add_subplot(grid[1, 2]), d_table, vocabulary.words, "=  dE  (words, D)", the_row)
drawing.suptitle("Forward: the row of “the” is read twice.  Backward: both gradients are added into it.")
course.save(drawing, "02_lookup")

# %%
# A trap in NumPy
# ---------------
#
# The loop above can be written in one line, and the line that comes to mind first is wrong:

# %%
overwritten = np.zeros_like(table)
overwritten[rows] += dx
print("gradient of 'the', right:", d_table[1], " with d[rows] += dx:", overwritten[1])
assert overwritten[1].tolist() == [4.0, 0.0, 1.0]  # only the last use is left

# %%
# Python runs ``d[rows] += dx`` in three steps: read ``d[rows]`` into a new array, add dx to it, write the result back
# with ``d[rows] = ...``. Row 1 is read twice, both times as 0. Two results are written to it, 0 + (1, 0, 2) and then
# 0 + (4, 0, 1), and the second overwrites the first. No error, no warning. ``np.add.at`` adds one row after another,
# and is right:

# %%
added = np.zeros_like(table)
np.add.at(added, rows, dx)
assert np.array_equal(added, d_table)

# %%
# The gradient check
# ------------------
#
# Does the check of lesson 01 find this mistake? First the right backward, then the wrong one:

# %%
rng = np.random.default_rng(2)
random_table = rng.standard_normal((7, 3))


def overwriting_backward(dx: np.ndarray, rows: np.ndarray) -> dict[str, np.ndarray]:
    """The line that comes to mind first."""
    d_table = np.zeros((7, 3))
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
    print("d[rows] += dx: ", error)

# %%
# It does, but only because *the* stands in the title twice. On a title without a repeated word the wrong line passes:

# %%
no_repeats = np.array([1, 4, 5, 3])
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
# A batch of titles uses a few thousand of the 30,000 words. All other rows of the gradient are zero. When speed
# matters, the package keeps only the rows that were used, and training (lesson 11) moves only those:

# %%
used = np.unique(rows)
few = RowGradient(rows=used, values=d_table[used])
assert few.rows.tolist() == [1, 3, 4, 5]
assert np.array_equal(few.dense(rows=7), d_table)

# %%
# Where the vectors come from: GloVe
# ----------------------------------
#
# At the start the table can be random. Training then has to find out from clicks alone that *soup* and *bread* have
# to do with each other. A better start are vectors that someone made from a large amount of text, from nothing but
# counts of which words stand near which. Words that are used alike get similar vectors. GloVe is a set of such
# vectors, free to download; the paper starts from it. Training goes on changing them, so they are a start and nothing
# more.
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

# %%
drawing = course.figure(6.4, 5.0)
axes = drawing.add_subplot()
colors = [course.BLUE] * 3 + [course.GREEN] * 3 + [course.RED] + [course.PURPLE] * 3
for word, (across, up), color in zip(words, glove.vectors.tolist(), colors, strict=True):
    axes.annotate("", (across, up), (0, 0), arrowprops={"arrowstyle": "->", "color": color, "linewidth": 1.8})
    size = np.hypot(across, up)
    where = (across + 0.1 * across / size, up + 0.12 * up / size)
    axes.annotate(
        word, where, ha="left" if across > 0.2 else "right" if across < -0.2 else "center", va="center", color=color
    )
axes.plot(0, 0, "o", color=course.GREY, markersize=4)
axes.set_xlim(-2.5, 2.7)
axes.set_ylim(-1.5, 2.2)
axes.set_aspect("equal")
axes.set_xlabel("first number of the vector")
axes.set_ylabel("second number of the vector")
axes.set_title("Word vectors (made up, D = 2): similar words, similar directions")
course.save(drawing, "02_neighbours")

# %%
# Lesson 00 had a scorer that counted common words and had two faults. The first is mended: a title about *bread* can
# now match a history about *soup*, because whatever the model computes from similar vectors is similar. The second is
# not: *rockets* stands between sport and space, because the table has one vector for both meanings. For that, words
# must look at each other; that is lesson 03.
#
# Dropout
# -------
#
# A word vector has many numbers, and there are few clicks for each word. So the model can learn the training clicks
# by heart, with a detail here and a detail there that happen to fit, and do badly on new ones. **Dropout** makes that
# harder. In each training step, each number is set to 0 with probability p (the *rate*, 0.2 in the paper), and the
# others are multiplied by 1 / (1 − p):
#
# .. math:: y = \frac{m \, x}{1 - p}, \qquad m = 0 \text{ with probability } p, \quad m = 1 \text{ otherwise}
#
# m is the *mask*, drawn for each number alone and anew in each step. No single number can be relied on, so what is
# learned has to rest on many. When the model is *used*, dropout is off: y = x.
#
# With p = ½, x = (2, 4, 6, 8) and the mask (1, 0, 1, 0), y is (4, 0, 12, 0).
#
# Why the factor 1 / (1 − p)? So that training and use agree on average. The mean of y over all masks, its
# *expectation* E[y] (this E has nothing to do with the table E), is
#
# .. math:: E[y] = p \cdot 0 + (1 - p) \cdot \frac{x}{1 - p} = x
#
# How far does y stray from x? The expectation of y² is :math:`(1-p) \, x^2 / (1-p)^2 = x^2 / (1-p)`. The *variance*,
# the mean of the squared distance from x, is :math:`E[y^2] - E[y]^2`:
#
# .. math:: \mathrm{Var}[y] = \frac{x^2}{1 - p} - x^2 = \frac{p}{1 - p} \, x^2
#
# For p = 0.2 that is x² / 4: typically y is off by half of x. That is a lot of noise. The mean over n masks has less:
# its variance is n times smaller, so it is off by :math:`\tfrac12 |x| / \sqrt{n}`.
#
# A mask that needs no memory
# ---------------------------
#
# The usual way is to draw the mask from a random generator, which changes its state with every number drawn. Then the
# mask depends on everything drawn before. With two threads it depends on which one comes first, and a run that was
# stopped and continued needs the state back. The package does it in another way: each element's random number is
# *computed from where it stands*.
#
# 1. The seed of the run, the training step and the layer are scrambled into one 64-bit number, the *key* of the mask.
# 2. The elements of the array are numbered, row by row. Four neighbours share one number, the *counter*.
# 3. The key and the counter are scrambled into 64 bits that look random. Each of the four neighbours takes 16 of
#    them, a number from 0 to 65535.
# 4. The element is dropped if its number is below p · 65536, rounded.
#
# The scrambling is SplitMix64, a fixed recipe of shifts and multiplications: the same input always gives the same
# output, and a change of one bit changes about half of the output's bits. Here is the whole thing for one element,
# with Python's integers:


# %%
def is_kept(key: int, row: int, column: int, columns: int, rate: float) -> bool:
    """Whether the mask keeps the element at (row, column) of an array with so many columns."""
    counters_in_a_row = -(-columns // 4)  # division by 4, rounded up
    counter = row * counters_in_a_row + column // 4
    bits = splitmix64((key + counter * GOLDEN) % 2**64)  # GOLDEN is a large odd number: it spreads the counters
    sixteen = (bits >> 16 * (column % 4)) % LEVELS  # LEVELS = 2^16
    return sixteen >= drop_threshold(rate)


rate = 0.2
key = dropout_key(seed=1, step=17, layer=0)
by_hand = np.array([[is_kept(key, row, column, 7, rate) for column in range(7)] for row in range(5)])
assert np.array_equal(by_hand, dropout_mask(key, 5, 7, rate))  # the package's own

# %%
# Now the promises. The same place has the same mask, always; another step has another one; and a thread that works on
# rows 3 and 4 alone gets rows 3 and 4 of the mask:

# %%
assert np.array_equal(dropout_mask(dropout_key(1, 17, 0), 5, 7, rate), by_hand)
assert not np.array_equal(dropout_mask(dropout_key(1, 18, 0), 5, 7, rate), by_hand)
assert np.array_equal(dropout_mask(key, 2, 7, rate, first_row=3), by_hand[3:])

# %%
# The rate is rounded to a multiple of 1 / 65536: 0.2 becomes 13107 / 65536 = 0.199997. The factor is computed from
# the rounded rate, so the expectation is exactly x.

# %%
assert drop_threshold(0.2) == 13107
word_vectors = rng.standard_normal((12, 24))  # a title of T = 12 words, D = 24
y, dropout_cache = dropout_forward(word_vectors, rate, key)
mask = dropout_mask(key, 12, 24, rate)
assert np.allclose(y, word_vectors * mask / (1 - 13107 / 65536))

counts = np.array([1, 3, 10, 30, 100, 300, 1000, 3000])
total, distance = np.zeros_like(word_vectors), []
for step in range(1, counts[-1] + 1):
    total += dropout_forward(word_vectors, rate, dropout_key(1, step, 0))[0]
    if step in counts:
        distance.append(np.linalg.norm(total / step - word_vectors) / np.linalg.norm(word_vectors))
print(f"share dropped in one mask: {1 - mask.mean():.3f}; mean of 3,000 masks is off by {distance[-1]:.1%}")
assert 0.1 < 1 - mask.mean() < 0.3
assert np.allclose(distance, 0.5 / np.sqrt(counts), rtol=0.35)

# %%
drawing = course.figure(9.2, 3.6)
left, right = drawing.subplots(1, 2, width_ratios=[1.35, 1])
left.imshow(mask, cmap=course.WEIGHTS, vmin=0, vmax=1.6, aspect="auto")
left.set_xticks(np.arange(-0.5, 24), minor=True)
left.set_yticks(np.arange(-0.5, 12), minor=True)
left.grid(which="minor", color="white", linewidth=1)
left.tick_params(which="minor", length=0)
left.set_xticks([0, 5, 10, 15, 20])
left.set_yticks([0, 5, 10])
left.set_xlabel("number of the vector (column)")
left.set_ylabel("word (row)")
left.set_title(f"One mask: {int((~mask).sum())} of {mask.size} numbers dropped (white)")
right.loglog(counts, 0.5 / np.sqrt(counts), "--", color=course.GREY, label="½ / √n")
right.loglog(counts, distance, "o", color=course.BLUE, label="measured")
right.set_xlabel("number of masks n")
right.set_ylabel("relative distance of the mean from x")
right.set_title("The mean over masks goes to x")
right.legend()
course.save(drawing, "02_dropout")

# %%
# Dropout, backward
# -----------------
#
# The mask does not depend on x. So for a given mask, y is x times a constant, number by number, and the rule of
# lesson 01 for that product says
#
# .. math:: y = x * k, \quad k = \frac{m}{1 - p} \qquad\Rightarrow\qquad dx = dy * k
#
# What was dropped gets no gradient, the rest gets the same factor as in the forward. It must be the *same mask*. The
# check must hold it fixed, too: with a new mask in each forward, the two sides of the difference would come from two
# different functions.


# %%
def drop(x: np.ndarray) -> np.ndarray:
    """The forward with the mask of step 17."""
    return dropout_forward(x, rate, key)[0]


errors = check_gradients(drop, {"x": word_vectors}, lambda dy: {"x": dropout_backward(dy, dropout_cache)})
print(f"gradient check of dropout: {errors['x']:.0e}")
assert errors["x"] < 1e-9

other_key = dropout_key(seed=1, step=18, layer=0)
wrong_backwards = {
    "mask of another step": lambda dy: {"x": dropout_forward(dy, rate, other_key)[0]},
    "factor forgotten": lambda dy: {"x": dy * mask},
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
# 2. The backward of "read a row" is "add into that row"; a repeated word gets the sum. ``d[rows] += dx`` loses it.
# 3. Dropout multiplies by a random mask and 1 / (1 − p), so the mean stays; the backward uses the same mask.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/02_word_embeddings.py``, fill in the blanks, and run ``python -m lessons.check 02``.
#
# Further: (a) Write the backward of the lookup with ``np.bincount``, one column at a time. (b) All unknown words
# share row 0. What gradient does it get, and what will its vector come to mean? (c) What would happen to the scale of
# y if the factor 1 / (1 − p) were left out in training, and dropout switched off when the model is used?
