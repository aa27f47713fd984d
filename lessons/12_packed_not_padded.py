r"""
Lesson 12: packed, not padded
=============================

Titles have different lengths, and so have histories. An array is a rectangle. Most code fills the rectangle up:
every title becomes 30 words, every history 50 clicks, and what is missing is a *padding* word. This lesson counts
what that costs, shows the bug it invites, and then does without: sequences stand end to end, and nothing is computed
that is not there.

About 75 minutes with the exercises.

You need: lesson 02 (the gradient of a lookup), lesson 06 (the news encoder), lesson 08 (the user vector) and lesson
09 (candidates).

Letters: T words in a title, padded to :math:`T_{max}` places, P of them padding. D numbers per word vector, H heads of d
numbers, A numbers in a row of tanh(h W + b) of the pooling, whose query is q. x is (T, D), one title; h is (T, H·d), what
self-attention makes of it; r is (H·d,), the news vector. E is the word embedding, one row per word. dX is the gradient of
the loss with respect to X.
"""

# %%
import warnings
from collections.abc import Iterable

import numpy as np

import course
from lessons.draw import lesson_12 as draw
from nrms_np.gradcheck import GradientError, check_gradients
from nrms_np.kernels import embedding_backward, embedding_forward
from nrms_np.layers.additive_attention import additive_attention_forward
from nrms_np.layers.self_attention import projected_attention_forward
from nrms_np.layers.softmax import softmax_forward
from nrms_np.packed import Packed, distinct

rng = np.random.default_rng(11)

# %%
# How long are they?
# ------------------
#
# We may not hand out the rows of MIND, the public data set of this task, so we draw lengths of their sizes. Counted
# in the train part of MIND-small, which ``python -m nrms_np.train --small`` fetches, with the package's own
# tokenizer: a title has 11.8 words on average, and 99.9% have at most 30. The median history has 19 clicks, 2.4% are
# empty, and we use the last 50. Below we also draw which words and news: a few are frequent, most are rare.

# %%
title_lengths = np.clip(1 + rng.negative_binomial(20, 20 / 30.8, size=50_000), 1, 30)
history_lengths = np.minimum(np.rint(rng.lognormal(np.log(19.6), 1.1, size=50_000)).astype(int), 50)
history_lengths[rng.random(50_000) < 0.024] = 0
assert abs(title_lengths.mean() - 11.8) < 0.1
assert np.median(history_lengths) == 19

# %%
# What padding costs
# ------------------
#
# A padded word is looked up, projected, attended to and pooled like any other. Work that is done once per word grows
# with the number of places, :math:`T_{max}`. Self-attention scores every word for every word, so its work grows with
# the number of pairs, :math:`T_{max}^2`. The share of the work that is wasted, when true lengths :math:`T_i` are padded
# to :math:`T_{max}`:
#
# .. math::
#     \text{words: } 1 - \frac{\sum_i T_i}{\sum_i T_{max}} \qquad\qquad
#     \text{pairs: } 1 - \frac{\sum_i T_i^2}{\sum_i T_{max}^2}
#
# By eye, for one title of 12 words padded to 30: 12 of 30 places are words, so 60% is wasted. 144 of 900 pairs are
# pairs of words, so 84% is wasted.
#
# *Predict first:* is it more or less over all titles padded to 30, and over all histories padded to 50?


# %%
def wasted(lengths: np.ndarray, padded_to: int, power: int) -> float:
    """The share of the work on padding, where the work on a sequence of length T is T to this power."""
    return 1 - np.mean(lengths.astype(float) ** power) / padded_to**power


assert np.isclose(wasted(np.array([12]), 30, 1), 0.60)
assert np.isclose(wasted(np.array([12]), 30, 2), 0.84)
for name, lengths, padded_to in (("titles", title_lengths, 30), ("histories", history_lengths, 50)):
    shares = [wasted(lengths, padded_to, power) for power in (1, 2)]
    print(f"{name} padded to {padded_to}: wasted words or clicks {shares[0]:.0%}, wasted pairs {shares[1]:.0%}")

# %%
shown = np.sort(title_lengths[:10])[::-1]
course.show(
    draw.padding(shown, 30),
    "12_padding",
    caption="Ten titles, longest first, as code that pads sees them: a rectangle. Black places are words.",
    alt=f"Ten rows of 30 cells. The first {shown[-1]} to {shown[0]} cells of each row are black, the rest is white.",
)

# %%
# The bug it invites
# ------------------
#
# Lost time is not the worst. A padding word has a row in the word embedding like any other word, so it takes part in
# attention unless someone forbids it. Here is a title of three words, with random parameters: D = 6, H = 2 heads of d
# = 4, A = 5. The news encoder is that of lesson 06: self-attention, then additive attention.

# %%
D, H, d, A = 6, 2, 4, 5


def random_parameters(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Q, K, V, W, b, q of a small encoder."""
    Q, K, V = (rng.standard_normal((D, H * d)) / np.sqrt(D) for _ in range(3))
    return Q, K, V, rng.standard_normal((H * d, A)) / np.sqrt(H * d), rng.standard_normal(A), rng.standard_normal(A)


ours = Q, K, V, *_ = random_parameters(rng)


def encode(x: np.ndarray, parameters: tuple[np.ndarray, ...] = ours) -> np.ndarray:
    """The news vector (H·d,) of the word vectors x (T, D), equations 1-5."""
    Q, K, V, W, b, q = parameters
    h, _ = projected_attention_forward(x, Q, K, V, H, scale=1 / np.sqrt(d))
    r, _ = additive_attention_forward(h, W, b, q)
    return r


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """1 for vectors of one direction, 0 for vectors at a right angle."""
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


title = rng.standard_normal((3, D))
padding_row = 0.5 * rng.standard_normal(D)
padded = np.vstack([title, np.tile(padding_row, (27, 1))])  # (30, D)
true_r, padded_r = encode(title), encode(padded)
print("start of a news vector:", true_r[:3].round(2), "padded to 30:", padded_r[:3].round(2))
assert cosine(true_r, padded_r) < 0.9

# %%
# The same title, two different vectors. And two *different* titles come closer to each other, because both are now
# mostly the same thing: 27 padding words. One pair of titles could be chance, so take 200, each with parameters of its
# own:


# %%
def cosines_of_one_draw(seed: int) -> tuple[float, float]:
    """The cosine of the vectors of two titles of three words, as they are and padded."""
    rng = np.random.default_rng(seed)
    parameters = random_parameters(rng)
    padding = np.tile(0.5 * rng.standard_normal(D), (27, 1))
    two = rng.standard_normal((2, 3, D))
    as_they_are = cosine(*(encode(x, parameters) for x in two))
    return as_they_are, cosine(*(encode(np.vstack([x, padding]), parameters) for x in two))


cosines = np.array([cosines_of_one_draw(seed) for seed in range(200)])  # (200, 2)
closer = np.mean(cosines[:, 1] > cosines[:, 0])
before, after = np.median(cosines, axis=0)
print(f"two titles: median cosine {before:.2f}, both padded {after:.2f}; closer in {100 * closer:.0f}% of 200 draws")
assert closer > 0.9

# %%
# "But the padding row is all zeros"
# ----------------------------------
#
# It is what ``padding_idx`` of PyTorch's ``Embedding`` does, and a row of zeros looks as if it did nothing. Look at
# one head. The score of a zero row for word i is its query times a key of zeros, :math:`S_{i,j} = 0`, and in the
# softmax that is :math:`\exp(0) = 1`: less than for a word with a positive score, more than for one with a negative
# score, and never nothing. With T words and P padding words
#
# .. math::
#     \alpha_{i,j} = \frac{\exp(S_{i,j})}{\sum_{m=1}^{T} \exp(S_{i,m}) + P}
#
# every weight shrinks. The padding words ask as well: all their scores are 0, so each becomes the plain mean of all
# values, and the pooling takes it for a word.

# %%
with_zeros = np.vstack([title, np.zeros((27, D))])  # (30, D)
h, attention = projected_attention_forward(with_zeros, Q, K, V, H, scale=1 / np.sqrt(d))
to_zeros = attention.alpha[:, 0, 3:].sum(axis=1)  # (H,)
assert np.allclose(h[3:], (title @ V).sum(axis=0) / 30)  # a padding word: the mean of 3 values and 27 zeros
norms = [np.linalg.norm(encode(x)) for x in (title, with_zeros)]
print(f"zero rows: {to_zeros.round(2)} of word 0's weight, length of the vector {norms[0]:.2f}, then {norms[1]:.2f}")
assert norms[1] < 0.5 * norms[0]

# %%
# Masks, and how they go wrong
# ----------------------------
#
# The usual cure is a mask: before a softmax, the scores of padding words are set to minus infinity, and
# :math:`\exp(-\infty) = 0`. The encoder has **two** softmaxes, so there are two places to mask: the columns of the
# pairs (nobody may look at padding), and the scores of the pooling (no padding word may be averaged in).


# %%
def encode_masked(
    x: np.ndarray, is_word: np.ndarray, in_attention: bool, in_pooling: bool, parameters: tuple[np.ndarray, ...] = ours
) -> np.ndarray:
    """The news vector of a padded title (T_max, D); is_word (T_max,) is False for padding."""
    Q, K, V, W, b, q = parameters
    blocked = np.where(is_word, 0.0, -np.inf)  # (T_max,), added to the scores
    h = np.empty((len(x), H * d))
    for k in range(H):
        columns = slice(k * d, (k + 1) * d)
        S = (x @ Q[:, columns]) @ (x @ K[:, columns]).T / np.sqrt(d)
        alpha, _ = softmax_forward(S + blocked if in_attention else S)
        h[:, columns] = alpha @ (x @ V[:, columns])
    a = np.tanh(h @ W + b) @ q
    weights, _ = softmax_forward(a + blocked if in_pooling else a)
    return weights @ h


is_word = np.arange(30) < 3
assert np.allclose(encode_masked(padded, is_word, False, False), padded_r)  # no mask: the bug from above
assert np.allclose(encode_masked(padded, is_word, True, True), true_r)  # both: the true vector
assert not np.allclose(encode_masked(padded, is_word, True, False), true_r, atol=0.01)
assert not np.allclose(encode_masked(padded, is_word, False, True), true_r, atol=0.01)

# %%
# With both masks the vector is that of the unpadded title. With one of the two it is not, and nothing complains: the
# shapes are right, and so are the gradients: they are those of the wrong function.
#
# How wrong is it? For the title above, a mask in self-attention alone leaves an error of a tenth of the vector's
# length, which looks harmless. That was one title. So draw 300, each with parameters of its own:


# %%
def errors_of_one_draw(seed: int, paddings: np.ndarray, ways: Iterable[tuple[bool, bool]]) -> list[list[float]]:
    """For each way to mask and each number of padding words: the error, divided by the true vector's length."""
    rng = np.random.default_rng(seed)
    parameters = random_parameters(rng)
    x = np.vstack([rng.standard_normal((3, D)), np.tile(0.5 * rng.standard_normal(D), (27, 1))])
    true = encode(x[:3], parameters)
    vectors = [[encode_masked(x[: 3 + P], is_word[: 3 + P], *way, parameters) for P in paddings] for way in ways]
    return [[float(np.linalg.norm(r - true) / np.linalg.norm(true)) for r in of_way] for of_way in vectors]


paddings = np.array([0, 1, 2, 5, 12, 27])
ways = {"only in self-attention": (True, False), "none": (False, False), "only in pooling": (False, True)}
of_title = np.linalg.norm(encode_masked(padded, is_word, True, False) - true_r) / np.linalg.norm(true_r)
errors = np.array([errors_of_one_draw(seed, paddings, ways.values()) for seed in range(300)])  # (300, 3, 6)
for name, (median, ninety) in zip(ways, np.quantile(errors[:, :, -1], [0.5, 0.9], axis=0).T, strict=True):
    print(f"300 draws, mask {name}: the median error is {median:.2f}, and in one draw of ten it is above {ninety:.2f}")
assert of_title < 0.1
assert round(np.mean(errors[:, 0, -1] < errors[:, 2, -1]), 2) == 0.96
assert np.allclose(np.quantile(errors[:, 0, -1], [0.5, 0.9]), [0.35, 0.79], atol=0.01)
course.show(
    draw.masks(paddings, dict(zip([f"mask: {name}" for name in ways], errors.transpose(1, 0, 2), strict=True))),
    "12_masks",
    caption="Median error of the news vector over 300 draws of a title and parameters, against the padding. Band: from the "
    "10th to the 90th percentile with a mask in self-attention only. With both masks the error is 0.",
    alt="Three curves that rise with the padding. At 27 padding words: "
    + ", ".join(f"mask {name} {np.median(of_way):.2f}" for name, of_way in zip(ways, errors[:, :, -1].T, strict=True)),
)

# %%
# A mask in self-attention alone does the smaller harm, in 96 of 100 draws. A padding word still *looks*, but now at
# words only, so its h is a mixture of the words' values, and the pooling averages 27 such mixtures in. That is a
# third of the vector's length in the median, and 0.8 of it in one draw of ten: not nearly right. Without that mask
# every word's own h is mostly padding, and a mask in the pooling comes too late. And in code that pads each batch to
# its own longest title, the error changes with the *other* titles of the batch.

# %%
# Two more ways in which masks go wrong. An **empty history** is all padding: every score is minus infinity, the
# numerator and the denominator of the softmax are 0, and the result is not a number. The usual cure, −1e9 in place of
# minus infinity, gives no NaN, but weights of 1/50 for 50 padding clicks: the user is an average of padding.
#
# And some code multiplies the weights by the mask **after** the softmax. The padding's weight is then gone, but
# nobody gave it to the words: the weights no longer sum to 1.

# %%
nothing = np.full(50, -np.inf)
with warnings.catch_warnings():
    warnings.simplefilter("ignore", RuntimeWarning)  # NumPy warns of -inf - -inf; many frameworks do not
    empty_history, _ = softmax_forward(nothing)
assert np.isnan(empty_history).all()
finite, _ = softmax_forward(np.full(50, -1e9))
assert np.allclose(finite, 1 / 50)
weights, _ = softmax_forward(rng.standard_normal(30))
assert (weights * is_word).sum() < 0.5

# %%
# Packed sequences
# ----------------
#
# Now without padding. All sequences stand end to end in one flat array, ``index``. A second array, ``offsets``, says
# where each starts, with the end of the last one added: sequence i is ``index[offsets[i] : offsets[i + 1]]``. A
# sequence of length 0 is two equal offsets. There is no padding, so there is nothing to mask and nothing to forget.

# %%
titles = Packed.from_lists([[4, 0, 4], [], [2, 1]])
assert titles.index.tolist() == [4, 0, 4, 2, 1]
assert titles.offsets.tolist() == [0, 3, 3, 5]
assert titles.sequence(2).tolist() == [2, 1]
assert titles.lengths.tolist() == [3, 0, 2]

# %%
# The numbers are not the vectors. They are *references*: row numbers of a table that holds the vectors. A title
# refers to rows of the word embedding, a history refers to rows of the news vectors. Two operations are needed all
# the time.
#
# ``take`` picks sequences, in any order, and packs them anew. Which elements of ``index`` does it need? Say sequence
# s of the result is the old sequence :math:`n_s`. Its element t stood at :math:`offsets[n_s] + t` and now stands at
# :math:`new\_offsets[s] + t`. So an element's old place is its new place plus a shift, :math:`offsets[n_s] -
# new\_offsets[s]`, that is the same for the whole sequence. No loop over the sequences is needed:

# %%
numbers = np.array([2, 0])
lengths = titles.lengths[numbers]  # 2 3
new_offsets = np.concatenate([[0], np.cumsum(lengths)])  # 0 2 5
shift = np.repeat(titles.offsets[numbers] - new_offsets[:-1], lengths)  # 3 3, then -2 -2 -2
taken = titles.index[np.arange(new_offsets[-1]) + shift]
assert taken.tolist() == [2, 1, 4, 0, 4]
assert titles.take(numbers).to_lists() == [[2, 1], [4, 0, 4]]

# %%
# ``last`` keeps the last so many elements of each sequence, and works the same way with another shift. It is what
# cuts histories to the last 50 clicks.

# %%
assert titles.last(2).to_lists() == [[0, 4], [], [2, 1]]

# %%
# Each distinct thing once
# ------------------------
#
# References do more than avoid padding. Word 4 stands twice in the first title, and its query, key and value are the
# same both times. Looking up and multiplying by a matrix can change places: row t of :math:`E[index] \, W` is
# :math:`e_{index[t]} W`, and that is row index[t] of :math:`E W`.
#
# .. math:: E[index] \; W = (E W)[index]
#
# On the left there is one row of multiplications for each *use* of a word, on the right one for each *word*. Nothing
# is approximated. ``distinct`` finds the rows that are used at all, and renumbers the references to them:

# %%
used, renumbered = distinct(titles.index, rows=1000)  # a vocabulary of 1000 words
assert used.tolist() == [0, 1, 2, 4]
assert renumbered.tolist() == [3, 0, 3, 2, 1]
assert (used[renumbered] == titles.index).all()

E = rng.standard_normal((1000, D))
assert np.allclose(E[titles.index] @ V, (E[used] @ V)[renumbered])

# %%
# The same works one level up: a news item that stands in three histories and is a candidate of two other users is
# encoded once. How much is there to share? A training batch like one of MIND: 64 users, each with a history, one
# clicked and K = 4 other candidates. News are popular with weight 1/(rank + 50), words frequent with 1/(rank + 3).


# %%
def references_to(count: int, kinds: int, start: int) -> np.ndarray:
    """`count` row numbers below `kinds`, row i with a chance proportional to 1 / (i + start)."""
    chances = 1 / (np.arange(kinds) + start)
    return rng.choice(kinds, size=count, p=chances / chances.sum())


histories = history_lengths[:64]
news_references = references_to(int(histories.sum()) + 64 * 5, 20_000, 50)
news, _ = distinct(news_references, 20_000)
lengths = title_lengths[news]
word_references = references_to(int(lengths.sum()), 25_000, 3)
words, _ = distinct(word_references, 25_000)

padded_titles = 64 * (50 + 5)
references = title_lengths[news_references].sum()
counts = {
    "padded": (padded_titles * 30, padded_titles * 30**2),
    "packed, every use": (int(references), int((title_lengths[news_references] ** 2).sum())),
    "packed, each news once": (int(lengths.sum()), int((lengths**2).sum())),
    "packed, each word once": (len(words), int((lengths**2).sum())),
}
print(f"a batch: {padded_titles:,} padded titles, {len(news_references):,} uses of news, {len(news):,} distinct")
for name, (rows, pairs) in counts.items():
    print(f"{name:23} {rows:>7,} word rows to project, {pairs:>9,} pairs per head")
assert 18 < counts["padded"][0] / counts["packed, each word once"][0] < 22

# %%
# Pairs cannot be shared between titles: what *Rockets* looks at depends on the rest of its title. The products with
# Q, K and V, the largest products of the whole model, shrink to a twentieth of the padded ones.

# %%
course.show(
    draw.counts(counts),
    "12_counts",
    caption="One training batch of 64 users, four ways. Grey: padded. References save most where work is done once a row; "
    "pairs must be scored in each title.",
    alt="; ".join(f"{name}: {rows:,} rows, {pairs:,} pairs" for name, (rows, pairs) in counts.items()),
)

# %%
# Backward: referring to a row is adding into that row
# ----------------------------------------------------
#
# .. admonition:: Derive before you read on
#
#     y = (E W)[index], and dy is given. What are dE and dW? Write ``derive_lookup_backward`` in
#     ``lessons/exercises/12_packed_not_padded.py`` and run ``python -m lessons.check 12 derive_lookup_backward``.

# %%
course.derive("derive_lookup_backward")

# %%
# Write the references as a matrix R with one row per use: :math:`R_{t,w} = 1` where use t refers to row w, else 0.
# With :math:`Y = E W`, looking up is then a product, and lesson 01's rule for products gives its backward:
#
# .. math:: y = R \, Y \qquad\Rightarrow\qquad dY = R^T dy, \qquad dY_w = \sum_{t:\, index[t] = w} dy_t
#
# In words: each use adds its gradient into the row it used. Then the product, with one row per word:
#
# .. math:: dW = E^T dY, \qquad dE = dY \, W^T
#
# So the gradients of all uses are added up *before* the product with :math:`W^T`. The backward's products are as
# small as the forward's. Nobody ever builds R: adding into rows is all it does. By eye, with one number a row:

# %%
titles_of_two = np.array([4, 0, 4])
dy = np.array([[0.5], [0.2], [-0.1]])
dY = np.zeros((5, 1))
for t, row in enumerate(titles_of_two):
    dY[row] += dy[t]
assert np.allclose(dY[:, 0], [0.2, 0, 0, 0, 0.4])  # row 4: 0.5 of the first use and −0.1 of the third


# %%
def lookup_forward(E: np.ndarray, W: np.ndarray) -> np.ndarray:
    """(E W)[index]: project each row once, then look up."""
    return (E @ W)[index]


def lookup_backward(dy: np.ndarray) -> dict[str, np.ndarray]:
    """The gradients of E and W."""
    # y = Y[index]
    dY = np.zeros((len(E), W.shape[1]))
    for t, row in enumerate(index):
        dY[row] += dy[t]
    # Y = E W
    return {"E": dY @ W.T, "W": E.T @ dY}


index = titles.index  # 4 0 4 2 1: row 4 is used twice, row 3 never
E, W = rng.standard_normal((5, 3)), rng.standard_normal((3, 2))
errors_of_check = check_gradients(lookup_forward, {"E": E, "W": W}, lookup_backward)
print("gradient check:", {name: f"{error:.0e}" for name, error in errors_of_check.items()})
assert max(errors_of_check.values()) < 1e-7

# %%
# The package's lookup does the same. Its backward gives the rows that were used, each once, and their gradients: of
# the 25,000 words of our vocabulary the batch above touches about 5,400, and the others need no zeros.

# %%
dy = rng.standard_normal((5, 3))
_, cache = embedding_forward(E, index)
gradient = embedding_backward(dy, cache)
assert gradient.rows.tolist() == [0, 1, 2, 4]
assert np.allclose(gradient.values[3], dy[0] + dy[2])  # the two uses of row 4

# %%
# What happens if each use *writes* its row instead of adding to it? The last use wins, and the check sees it:


# %%
def overwriting_backward(dy: np.ndarray) -> dict[str, np.ndarray]:
    """A scatter that overwrites."""
    dY = np.zeros((len(E), W.shape[1]))
    dY[index] = dy
    return {"E": dY @ W.T, "W": E.T @ dY}


try:
    check_gradients(lookup_forward, {"E": E, "W": W}, overwriting_backward)
    raise SystemExit("the check did not notice")
except GradientError as error:
    print("overwriting:", error)

# %%
# What to remember
# ----------------
#
# 1. A padding word takes part in every softmax unless it is masked in each of them; a row of zeros does not help.
# 2. Packed sequences, ``index`` and ``offsets``, have no padding: nothing is wasted and nothing can be forgotten.
# 3. References let each distinct thing be computed once. The gradient of a reference is: add into that row.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/12_packed_not_padded.py``: one function to mend, one with gaps, three to write. Run
# ``python -m lessons.check 12``.
#
# Further (answers in ``lessons/further/12.md``): (a) Sort the titles by length and pad each batch only to its own
# longest title. How much of the waste of pairs is left, for batches of 64 drawn at random, and for batches of titles of
# nearly equal length? (b) Write ``first``, the brother of ``last``. Which shift does it need? (c) Dropout on word
# vectors can fall on each use of a word or on each distinct word. Why does :math:`E[index] W = (E W)[index]` only help
# with the second?
