r"""
Lesson 13: the ladder
=====================

About 3 hours with the exercises; one without.

The layers of lessons 02 to 10 are right, and slow. This lesson climbs from them to the package's kernels, one rung at a time. Each
rung changes one thing, is checked against differences, and is timed on a whole training step. Some rungs gain much, some
little, and two lose: that compiled code is fast is not true of itself.

On each rung this page shows one half of a pair of functions. The other half is an exercise, and the ladder is built with *your*
half where it is right, else with the solution's.

You need: lesson 04 (attention and its backward), lesson 05 (pooling), lesson 12 (packed sequences, each distinct thing once).

Letters: T words in a title, N in all titles together, T² *pairs* in a title. D numbers per word vector, H heads of d numbers, A
numbers in a row of tanh(h W + b) of the pooling. *Query*, *key* and *value* are the three projections of a word; q is only the
query of the pooling. :math:`S_{i,j}` is a score, :math:`\alpha_{i,j}` a weight, dX the gradient of the loss with respect to X. A
*reference* is a place in a title that names a row of a table.

``python lessons/13_the_ladder.py --measure`` measures a whole batch for some minutes and writes lessons/figures/13_measured.json.
Without, a small batch is measured, and the figures show the numbers written last.
"""

# %%
import json
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

import course
from lessons import ladder
from lessons.draw import lesson_13 as draw
from nrms_np import NRMS, Config, Packed, kernels
from nrms_np.backend import Backend
from nrms_np.encoder import attend_backward, attend_forward, subset
from nrms_np.gradcheck import check_gradients
from nrms_np.kernels import self_attention
from nrms_np.kernels.engine.compile import numba
from nrms_np.kernels.engine.lanes import fill, load, multiply, multiply_add, store
from nrms_np.kernels.engine.rows import add_into_rows
from nrms_np.layers import batched
from nrms_np.layers.softmax import softmax_backward, softmax_forward
from nrms_np.packed import Batch, distinct, offsets_of

MEASURE = "--measure" in sys.argv
D, H, d, A = 300, 20, 20, 200  # the sizes of the `recommenders` preset
WIDTH, SCALE, VOCABULARY = H * d, 1 / d**0.5, 25_000
rng = np.random.default_rng(13)

pieces, yours = ladder.pieces()
print("your pieces:", ", ".join(sorted(yours)) or "none yet, so the solutions' are used")
if numba is None:
    print("Numba is not installed: the loops below run as plain Python, right and slow. Times are those recorded.")

# %%
# A batch to measure on
# ---------------------
#
# Lengths and popularity are drawn as in lesson 12. The news of histories come first, as in the package's own batches.


# %%
def references(count: int, kinds: int, start: int) -> np.ndarray:
    """`count` row numbers below `kinds`, row i with a chance proportional to 1 / (i + start)."""
    chances = 1 / (np.arange(kinds) + start)
    return rng.choice(kinds, size=count, p=chances / chances.sum())


def batch_like_mind(users: int) -> Batch:
    """A training batch of so many users, with one clicked candidate and 4 others each."""
    clicks = np.clip(np.rint(rng.lognormal(np.log(19), 1.1, size=users)).astype(int), 1, 50)
    clicked, histories = distinct(references(int(clicks.sum()), 20_000, 50), 20_000)
    candidates = references(users * 5, 20_000, 50)
    news = np.concatenate([clicked, np.setdiff1d(candidates, clicked)])
    number = np.empty(20_000, dtype=np.int32)
    number[news] = np.arange(len(news))
    lengths = np.clip(1 + rng.negative_binomial(20, 20 / 30.8, size=len(news)), 1, 30)
    words, index = distinct(references(int(lengths.sum()), VOCABULARY, 3), VOCABULARY)
    titles = Packed(index, offsets_of(lengths))
    return Batch(words, titles, Packed(histories, offsets_of(clicks)), number[candidates].reshape(users, 5))


batch = batch_like_mind(users=64 if MEASURE else 3)
model = NRMS.create(Config(word_dim=D, heads=H, head_dim=d, query_dim=A), ["a word"] * VOCABULARY)
titles, clicked = batch.titles, int(batch.histories.index.max()) + 1
pairs = int((titles.lengths**2).sum())
print(f"a batch: {titles.count} titles, {len(titles.index):,} words, {len(batch.words):,} distinct, {pairs:,} pairs")

# %%
# Count first
# -----------
#
# Count each multiplication and each addition of two numbers as one operation. A matrix product (n, k) · (k, m) makes n·m
# sums of k products: 2·n·k·m operations. Its backward is two products of the same size (lesson 01), so together they take
# 6·n·k·m. A step has four large products: of the distinct words with Q, K and V side by side; of the words' h with W of the
# pooling; and the same for the distinct news *in histories* (a candidate that nobody clicked before needs no query, key or
# value) and for the clicks.
#
# Self-attention itself takes, for one pair and one head, 2·d operations for the score and 2·d for the weighted sum.
# Backward there are four such terms, for the gradients of weight, value, query and key. Together 12·d, for all heads 12·H·d
# a pair.

# %%
products = [
    (len(batch.words), D, 3 * WIDTH),
    (len(titles.index), WIDTH, A),
    (clicked, WIDTH, 3 * WIDTH),
    (len(batch.histories.index), WIDTH, A),
]
operations_of_products = sum(6 * n * k * m for n, k, m in products)
operations_of_pairs = 12 * WIDTH * (pairs + int((batch.histories.lengths**2).sum()))
share = operations_of_pairs / (operations_of_pairs + operations_of_products)
print(f"operations: {operations_of_products / 1e9:.1f} billion in matrix products, {share:.0%} of all in attention")
assert share < 0.1
factors = [[rng.standard_normal(shape, dtype=np.float32) for shape in ((n, k), (k, m), (n, m))] for n, k, m in products]


def products_alone() -> None:
    """The large products of a step, forward and backward, and nothing else."""
    for left, right, d_product in factors:
        left @ right, d_product @ right.T, left.T @ d_product


# %%
# A matrix product cannot be done much better than NumPy does it: behind ``@`` stands a library (BLAS) that people have
# tuned for every processor. So the time of these products alone is a **floor** for one thread: no arrangement of our
# code gets below it, except by computing less. All else is a few percent of the operations. If it takes more than that
# of the time, then because of *how* it is done.
#
# A backend, a step, a check, a clock
# -----------------------------------
#
# The encoder asks a *backend* for its functions (``nrms_np/backend.py``). A rung is a backend, and each takes over the
# functions of the one before but for those that it replaces. This is a step of lesson 10, on a whole batch, with any
# backend:


# %%
def step(backend: Backend, model: NRMS) -> dict[str, np.ndarray]:
    """The gradients of a batch, without dropout: of the word vectors and of each parameter."""
    parameters, heads, scale = model.parameters, model.config.heads, 1 / model.config.head_dim**0.5
    x, _ = backend.embedding_forward(parameters["word_embedding"], batch.words)
    news, title_cache = attend_forward(x, titles, subset(parameters, "news"), heads, scale, backend)
    users, history_cache = attend_forward(
        news[:clicked], batch.histories, subset(parameters, "user"), heads, scale, backend
    )
    scores, click_cache = backend.click_score_forward(users, news, batch.candidates)
    losses, loss_cache = backend.softmax_loss_forward(scores, np.zeros(len(scores), dtype=int))
    # loss = losses.mean()
    d_scores = backend.softmax_loss_backward(np.full_like(losses, 1 / len(losses)), loss_cache)
    d_users, d_news = backend.click_score_backward(d_scores, click_cache)  # news as candidates
    d_clicked, user_gradients = attend_backward(d_users, history_cache)
    d_news[:clicked] += d_clicked  # and news as clicks
    dx, news_gradients = attend_backward(d_news, title_cache)
    return {"x": dx, **news_gradients, **{f"user.{name}": value for name, value in user_gradients.items()}}


# %%
# Each rung is checked on four tiny sequences: a row that is used twice, no word at all, one word, two words. All in
# float64, through self-attention and pooling, against differences (lesson 01).

# %%
TINY = Packed.from_lists([[4, 0, 4], [], [3], [2, 1]])


def check(backend: Backend) -> float:
    """The largest error of the gradients of self-attention and pooling."""
    shapes = {"x": (5, 7), "Q": (7, 6), "K": (7, 6), "V": (7, 6), "W": (6, 4), "b": (4,), "q": (4,)}
    arrays = {
        name: np.random.default_rng([13, n]).standard_normal(shape) for n, (name, shape) in enumerate(shapes.items())
    }
    caches = []

    def forward(x, Q, K, V, W, b, q):
        h, attention = backend.projected_attention_forward(x, TINY, Q, K, V, 3, 2**-0.5)
        pooled, pooling = backend.additive_attention_forward(h, TINY.offsets, W, b, q)
        caches[:] = attention, pooling
        return pooled

    def backward(d_pooled: np.ndarray) -> dict[str, np.ndarray]:
        dh, *d_pool = backend.additive_attention_backward(d_pooled, caches[1])
        return dict(zip(shapes, (*backend.projected_attention_backward(dh, caches[0]), *d_pool), strict=True))

    return max(check_gradients(forward, arrays, backward).values())


# %%
# The clock is the processor's, not the wall's: ``time.process_time`` counts what this process has used, so that another
# program on the machine disturbs it less. Of several runs the fastest counts: it was disturbed least. (How the rungs take
# turns is in ``lessons/ladder.py``.)

# %%
details: dict[str, dict[str, Callable[[], object]]] = {}  # parts of a step, each done in several ways

# %%
# Rung 1: each word projected once
# --------------------------------
#
# The layers look up a title's words and multiply them by Q, K and V. Lesson 12: look up *after* the product, and a word
# that stands in 50 titles is projected once. All references to a row of the table add their gradients into it *before* the
# product with the transposed matrix. Q, K and V stand side by side, so that there is one product and not three. What comes
# between, ``forward`` and ``backward`` below, is what the next rungs change.


# %%
class AttentionCache(NamedTuple):
    """The inputs; W (D, 3·H·d) Q, K and V side by side; projected (rows, 3·H·d) = table · W; alpha (pairs, H)."""

    table: np.ndarray
    sequences: Packed
    scale: float
    W: np.ndarray
    projected: np.ndarray
    alpha: np.ndarray

    def weights(self, s: int) -> np.ndarray:
        """(H, T, T), the attention weights of sequence s."""
        T, part = blocks(self.sequences)[s]
        return self.alpha[part].reshape(T, T, self.alpha.shape[1]).transpose(2, 0, 1)


def around(forward: Callable, backward: Callable, add_into_rows: Callable) -> dict[str, Callable]:
    """The backend's self-attention around two inner functions.

    forward(projected, sequences, heads, scale) -> h (N, H·d), alpha (pairs, H).
    backward(dh, alpha, projected, sequences, scale) -> (N, 3·H·d), the gradients of each reference's query, key and value.
    """

    def projected_attention_forward(table, sequences, Q, K, V, heads, scale):
        W = np.hstack([Q, K, V])
        projected = table @ W
        scale = table.dtype.type(scale)
        h, alpha = forward(projected, sequences, heads, scale)
        return h, AttentionCache(table, sequences, scale, W, projected, alpha)

    def projected_attention_backward(dh, cache):
        d_references = backward(dh, cache.alpha, cache.projected, cache.sequences, cache.scale)
        # each reference used projected[index]
        d_projected = add_into_rows(d_references, cache.sequences.index, len(cache.table))
        # projected = table @ W
        dW = cache.table.T @ d_projected
        return d_projected @ cache.W.T, *np.hsplit(dW, 3)

    return {f.__name__: f for f in (projected_attention_forward, projected_attention_backward)}


# %%
# On this rung NumPy does the inside, one title after another. The H heads stand in one stack of matrices, (H, T, d), and
# ``@`` multiplies stacks, so the loop over the heads is gone. The way back through the stack is **exercise 1**,
# ``attend_rows_backward``.


# %%
def attend_rows(queries, keys, values, heads, scale):
    """Attention in one title whose words are projected already: (T, H·d) each. Returns h (T, H·d), alpha (H, T, T)."""
    T, width = queries.shape
    query, key, value = (rows.reshape(T, heads, width // heads).transpose(1, 0, 2) for rows in (queries, keys, values))
    alpha, _ = softmax_forward(scale * (query @ key.transpose(0, 2, 1)))
    return (alpha @ value).transpose(1, 0, 2).reshape(T, width), alpha


def blocks(sequences: Packed) -> list[tuple[int, slice]]:
    """For each sequence its length T and where its T² pairs stand."""
    starts = offsets_of(sequences.lengths**2).tolist()
    return [(T, slice(starts[s], starts[s + 1])) for s, T in enumerate(sequences.lengths.tolist())]


def by_title(attend_rows_backward: Callable) -> tuple[Callable, Callable]:
    """Make forward and backward, which take one title after another."""

    def forward(projected, sequences, heads, scale):
        h = np.empty((len(sequences.index), projected.shape[1] // 3), dtype=projected.dtype)
        alpha = np.empty((int((sequences.lengths**2).sum()), heads), dtype=projected.dtype)
        for s, (T, part) in enumerate(blocks(sequences)):
            first, rows = sequences.offsets[s], projected[sequences.sequence(s)]
            h[first : first + T], weights = attend_rows(*np.hsplit(rows, 3), heads, scale)
            alpha[part] = weights.transpose(1, 2, 0).reshape(T * T, heads)
        return h, alpha

    def backward(dh, alpha, projected, sequences, scale):
        d_references = np.empty((len(dh), projected.shape[1]), dtype=dh.dtype)
        for s, (T, part) in enumerate(blocks(sequences)):
            first, rows = sequences.offsets[s], projected[sequences.sequence(s)]
            weights = alpha[part].reshape(T, T, alpha.shape[1]).transpose(2, 0, 1)
            of_title = attend_rows_backward(dh[first : first + T], *np.hsplit(rows, 3), weights, scale)
            d_references[first : first + T] = np.hstack(of_title)
        return d_references

    return forward, backward


def add_at(values: np.ndarray, index: np.ndarray, rows: int) -> np.ndarray:
    """Add values[t] into row index[t], one reference after another, in NumPy."""
    total = np.zeros((rows, values.shape[1]), dtype=values.dtype)
    np.add.at(total, index, values)
    return total


# %%
# Rung 2: the forward as one compiled loop
# ----------------------------------------
#
# What is left to remove: the cost of a call of NumPy, for every title and every step of it. Numba compiles a Python
# function of loops to machine code, so write the loop over all titles out. Queries, keys and values are looked up by row;
# the weights of all titles stand end to end, one row of H numbers for each pair, pair (i, j) of a title at i·T + j.


# %%
def scores(projected: np.ndarray, sequences: Packed, heads: int, scale: float) -> np.ndarray:
    """S[pair, k] = scale · query_i · key_j in head k."""
    width = projected.shape[1] // 3
    d = width // heads
    S = np.empty((np.sum(np.diff(sequences.offsets) ** 2), heads), dtype=projected.dtype)
    pair = 0
    for s in range(len(sequences.offsets) - 1):
        rows = sequences.index[sequences.offsets[s] : sequences.offsets[s + 1]]
        for i in rows:
            for j in rows:
                query, key = projected[i], projected[j, width:]
                for k in range(heads):
                    total = projected.dtype.type(0)
                    for c in range(k * d, (k + 1) * d):
                        total += query[c] * key[c]
                    S[pair, k] = scale * total
                pair += 1
    return S


# %%
# This is Python, and it runs as Python: so it is checked. Numba then compiles the very same function. **Exercise 2** is the
# other half, ``weighted_sum``: the values, weighted and added up. The softmax stays NumPy's for now, one title after
# another.


# %%
def softmax_by_title(S: np.ndarray, sequences: Packed) -> np.ndarray:
    """Weights (pairs, H): the softmax over j, for each i of each title and each head."""
    alpha = np.empty_like(S)
    for T, part in blocks(sequences):
        weights, _ = softmax_forward(S[part].reshape(T, T, S.shape[1]).swapaxes(1, 2))  # over the last axis
        alpha[part] = weights.swapaxes(1, 2).reshape(T * T, S.shape[1])
    return alpha


def loop_forward(scores: Callable, softmax: Callable, weighted_sum: Callable) -> Callable:
    """Make forward out of functions that take all titles at once."""

    def forward(projected, sequences, heads, scale):
        alpha = softmax(scores(projected, sequences, heads, scale), sequences)
        return weighted_sum(alpha, projected, sequences), alpha

    return forward


# %%
# Rung 3: its backward, and a column
# ----------------------------------
#
# Forward, word i takes from all words j: :math:`h_i = \sum_j \alpha_{i,j} \, v_j`. It reads *row* i of the weights, T pairs
# that stand one after another. What does value j get back? It was used by every word i, so
#
# .. math:: d\alpha_{i,j} = dh_i \cdot v_j \qquad\qquad dv_j = \sum_i \alpha_{i,j} \, dh_i
#
# The first is a row again: the loop of ``scores``, with dh in place of the queries and the values in place of the keys.
# The second runs over i with j fixed: *column* j of the weights. Lesson 04 wrote :math:`\alpha^T dh`. Nobody transposes
# anything here. Pair (i, j) stands at i·T + j, and each pair has H numbers, so the next word of the column stands T·H
# numbers further on. The loop of the forward with another step is the backward.


# %%
def weighted_sum_backward(
    dh: np.ndarray, alpha: np.ndarray, projected: np.ndarray, sequences: Packed
) -> tuple[np.ndarray, np.ndarray]:
    """Gradients of alpha, (pairs, H), and of the values, (N, H·d); h_i was the sum over j of alpha_ij · value_j."""
    width = dh.shape[1]
    heads = alpha.shape[1]
    d = width // heads
    d_alpha = np.empty_like(alpha)
    d_values = np.zeros_like(dh)
    start = 0
    for s in range(len(sequences.offsets) - 1):
        first = sequences.offsets[s]
        rows = sequences.index[first : sequences.offsets[s + 1]]
        T = len(rows)
        for i in range(T):
            for j in range(T):
                dh_i, value = dh[first + i], projected[rows[j], 2 * width :]
                for k in range(heads):
                    total = dh.dtype.type(0)
                    for c in range(k * d, (k + 1) * d):
                        total += dh_i[c] * value[c]
                    d_alpha[start + i * T + j, k] = total
        for j in range(T):
            for i in range(T):
                for k in range(heads):
                    weight = alpha[start + i * T + j, k]  # i runs: a step of T rows, T·H numbers
                    for c in range(k * d, (k + 1) * d):
                        d_values[first + j, c] += weight * dh[first + i, c]
        start += T * T
    return d_alpha, d_values


course.show(
    draw.column(T=3, H=2, chosen=1),
    "13_column",
    caption="The weights of a title of 3 words and 2 heads, as they stand in memory. The forward reads a row, its backward a "
    "column of the same numbers, with the step T·H = 6: for dV from the weights, for dK from the gradients of the scores.",
    alt="A strip of 18 cells for 9 pairs. Row 1 is the six neighbouring cells of pairs 1,0 to 1,2. Column 1 is the cells of "
    "pairs 0,1, 1,1 and 2,1, each six cells after the one before.",
)

# %%
# **Exercise 3** is the same trick in the other place, ``scores_backward``: of :math:`S_{i,j} = s \; query_i \cdot key_j`,
# query i gets a row of dS and key j a column. Between the two stands the softmax's backward, one title after another for
# now.


# %%
def softmax_backward_by_title(d_alpha: np.ndarray, alpha: np.ndarray, sequences: Packed) -> np.ndarray:
    """The gradient of the scores, (pairs, H)."""
    dS = np.empty_like(alpha)
    for T, part in blocks(sequences):
        both = (array[part].reshape(T, T, alpha.shape[1]).swapaxes(1, 2) for array in (d_alpha, alpha))
        dS[part] = softmax_backward(*both).swapaxes(1, 2).reshape(T * T, alpha.shape[1])
    return dS


def loop_backward(weighted_sum_backward: Callable, softmax_backward: Callable, scores_backward: Callable) -> Callable:
    """Make backward out of functions that take all titles at once."""

    def backward(dh, alpha, projected, sequences, scale):
        d_alpha, d_values = weighted_sum_backward(dh, alpha, projected, sequences)
        dS = softmax_backward(d_alpha, alpha, sequences)
        return np.hstack([*scores_backward(dS, projected, sequences, scale), d_values])

    return backward


# %%
# Rung 4: packed softmax and pooling
# ----------------------------------
#
# Both are loops over short sequences again, so both are written out. Their backwards are **exercises 4 and 5**,
# ``pair_softmax_backward`` and ``pool_backward``. Of the pooling, only softmax and weighted sum need the loop. The hidden
# rows, tanh(h W + b), do not know where a title ends: one product for all words of all titles.


# %%
def pair_softmax(S: np.ndarray, sequences: Packed) -> np.ndarray:
    """Weights (pairs, H): the softmax over j, for each i of each title and each head."""
    alpha = np.empty_like(S)
    pair = 0
    for s in range(len(sequences.offsets) - 1):
        T = sequences.offsets[s + 1] - sequences.offsets[s]
        for _ in range(T):
            for k in range(S.shape[1]):
                largest = S[pair, k]
                for j in range(pair, pair + T):
                    largest = max(largest, S[j, k])
                total = S.dtype.type(0)
                for j in range(pair, pair + T):
                    alpha[j, k] = np.exp(S[j, k] - largest)
                    total += alpha[j, k]
                for j in range(pair, pair + T):
                    alpha[j, k] /= total
            pair += T
    return alpha


def pool(a: np.ndarray, h: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Softmax of a in each sequence, alpha (N,), and the sum of alpha_i · h_i, pooled (n, H·d)."""
    alpha = np.empty_like(a)
    pooled = np.zeros((len(offsets) - 1, h.shape[1]), dtype=h.dtype)
    for s in range(len(offsets) - 1):
        first, last = offsets[s], offsets[s + 1]
        if first == last:
            continue
        alpha[first:last] = np.exp(a[first:last] - a[first:last].max())
        alpha[first:last] /= alpha[first:last].sum()
        for i in range(first, last):
            for e in range(h.shape[1]):
                pooled[s, e] += alpha[i] * h[i, e]
    return alpha, pooled


class PoolingCache(NamedTuple):
    """The inputs; hidden (N, A) = tanh(h W + b); alpha (N,) the weights."""

    h: np.ndarray
    offsets: np.ndarray
    W: np.ndarray
    q: np.ndarray
    hidden: np.ndarray
    alpha: np.ndarray

    def weights(self, s: int) -> np.ndarray:
        """(T,), the weights of sequence s."""
        return self.alpha[self.offsets[s] : self.offsets[s + 1]]


def hidden_anew(h: np.ndarray, W: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Compute tanh(h W + b) in fresh memory."""
    return np.tanh(h @ W + b)


def pooling(pool: Callable, pool_backward: Callable, hidden_of: Callable) -> dict[str, Callable]:
    """The backend's additive attention around `pool` and its backward."""

    def additive_attention_forward(h, offsets, W, b, q):
        hidden = hidden_of(h, W, b)
        alpha, pooled = pool(hidden @ q, h, offsets)
        return pooled, PoolingCache(h, offsets, W, q, hidden, alpha)

    def additive_attention_backward(d_pooled, cache):
        h, offsets, W, q, hidden, alpha = cache
        da, dh = pool_backward(d_pooled, alpha, h, offsets)  # dh: h as what is averaged,
        dz = np.outer(da, q) * (1 - hidden * hidden)
        dh += dz @ W.T  # and as what decides the weights
        return dh, h.T @ dz, dz.sum(axis=0), hidden.T @ da

    return {f.__name__: f for f in (additive_attention_forward, additive_attention_backward)}


# %%
# A compiled loop calls a function for each exponential, one number at a time. NumPy's ``np.exp`` on a whole array does
# several at once. So the package cuts this loop in two, one before and one after ``np.exp`` of all scores
# (``nrms_np/kernels/engine/pair_softmax.py``).
#
# Rung 5: adding into rows
# ------------------------
#
# The gradient of a reference is "add into that row" (lesson 12), once for each word of the batch. ``np.add.at`` does it
# number by number. As a compiled loop it is four lines:


# %%
def add_unsorted(values: np.ndarray, index: np.ndarray, rows: int) -> np.ndarray:
    """Add values[t] into row index[t], one reference after another."""
    total = np.zeros((rows, values.shape[1]), dtype=values.dtype)
    for t in range(len(index)):
        for e in range(values.shape[1]):
            total[index[t], e] += values[t, e]
    return total


def add_sorted_in_numpy(values: np.ndarray, index: np.ndarray, rows: int) -> np.ndarray:
    """Sort the references by row, then sum each stretch. Only for tables of which every row is used."""
    order = np.argsort(index, kind="stable")
    return np.add.reduceat(values[order], np.searchsorted(index[order], np.arange(rows)))


values = rng.standard_normal((len(titles.index), 3 * WIDTH), dtype=np.float32)
adding = (values, titles.index, len(batch.words))
unsorted, in_order = ladder.fast(add_unsorted), ladder.fast(pieces["add_into_rows"])
details["adding into rows"] = {
    "np.add.at": lambda: add_at(*adding),
    "sorted, NumPy": lambda: add_sorted_in_numpy(*adding),
    "compiled, unsorted": lambda: unsorted(*adding),
    "compiled, sorted": lambda: in_order(*adding),
    "the package's": lambda: add_into_rows(*adding),
}

# %%
# What wins is the compiling: see the times at the end. Sorting does not win by itself, the sorted loop is not the
# faster one. It buys something else. Two threads that add into one row at the same moment lose one of the two sums.
# Sorted by row, all that goes into a row stands together: rows are shared out, each is summed by one thread, in one
# fixed order, and the result is the same to the last bit, whatever the number of threads. **Exercise 6** is the sorted
# way in loops, ``add_into_rows``. ``np.add.at`` is refused there. (In the package's attention nothing is sorted
# afterwards: each reference's gradient is written to its sorted place at once, ``nrms_np/kernels/engine/rows.py``.)
#
# Rung 6: lanes
# -------------
#
# A processor has *vector* instructions: one multiplies 8 or 16 float32 numbers by 8 or 16 others. A compiler uses them in a
# loop if the numbers stand side by side, if all go the same way, and if no round waits for the one before. The inner loop
# of ``scores`` fails the last condition: each ``total += …`` needs the total before it. (We allow the compiler to reorder
# sums. But 20 numbers are few, and to add up 8 sums at the end eats what was saved.)
#
# So turn it round. The 20 numbers of one head must be added up: no good. But number c of head 0, number c of head 1, … all
# go the same way, into *different* sums. They only have to stand side by side, one *lane* for each head:

# %%
course.show(
    draw.lane_order(heads=4, head_dim=3),
    "13_lanes",
    caption="The query of one word, 4 heads of 3 numbers. In head order the numbers of one head stand side by side, and they "
    "must be added up. In lane order the same number of all heads stands side by side: four sums grow at once.",
    alt="Two strips of 12 cells. Head order: h0 c0, h0 c1, h0 c2, then h1 and so on. Lane order: h0 c0, h1 c0, h2 c0, h3 c0, "
    "then c1 of all heads, then c2.",
)

# %%
# Reordering the columns of W reorders the numbers of x W in the same way. So the columns of Q, K and V are reordered once a
# step, and queries, keys and values come out of the product in lane order, at no cost. **Exercise 7** is ``to_lane_order``
# and its way back, ``to_head_order``, for gradients.
#
# The compiler does not find all of this by itself, so the package has a few functions that say it outright
# (``nrms_np/kernels/engine/lanes.py``). ``load`` takes neighbours of a flat array as one value, ``multiply_add`` multiplies
# two such values lane by lane and adds a third, ``store`` writes one back. A sum stays in the processor until it is whole:


# %%
def lane_scores(projected, sequences, scale, S):
    """`scores` in lane order, H lanes as one value, written into S (pairs, H)."""
    flat, flat_S = projected.reshape(-1), S.reshape(-1)
    pair = 0
    for s in range(len(sequences.offsets) - 1):
        rows = sequences.index[sequences.offsets[s] : sequences.offsets[s + 1]].astype(np.intp) * (3 * WIDTH)
        for query in rows:
            for row in rows:
                key = row + WIDTH
                total = fill(scale - scale, H)  # zeros of its dtype
                for c in range(0, WIDTH, H):
                    total = multiply_add(load(flat, query + c, H), load(flat, key + c, H), total)
                store(flat_S, pair * H, multiply(total, fill(scale, H)))
                pair += 1


plain, lanes = ladder.fast(scores), ladder.fast(lane_scores)
projected, scale = rng.standard_normal((len(batch.words), 3 * WIDTH), dtype=np.float32), np.float32(SCALE)
in_lanes = np.hstack([self_attention.to_lane_order(part, H) for part in np.hsplit(projected, 3)])
S, starts = np.empty((pairs, H), dtype=np.float32), offsets_of(titles.lengths**2)
if numba:
    lanes(np.hstack([pieces["to_lane_order"](part, H, H) for part in np.hsplit(projected, 3)]), titles, scale, S)
    assert np.allclose(S, plain(projected, titles, H, scale), atol=1e-4)


def stacks() -> None:
    """The scores of all titles, as on rung 1."""
    for s in range(titles.count):
        rows = projected[titles.sequence(s)].reshape(-1, 3, H, d)
        scale * (rows[:, 0].transpose(1, 0, 2) @ rows[:, 1].transpose(1, 2, 0))


details["scores of all titles"] = {
    "NumPy, title by title": stacks,
    "a plain compiled loop": lambda: plain(projected, titles, H, scale),
    "H lanes as one value": lambda: lanes(projected, titles, scale, S),
    "the package's loop": lambda: self_attention.attention_loops(H, d).scores(
        in_lanes, titles, starts, scale, S, 0, titles.count
    ),
}

# %%
# The package's loops (``nrms_np/kernels/engine/attention_loops.py``) improve on this in two ways. They take four pairs at a
# time, so that a query is loaded once for four keys. And they fill the registers, in which the processor calculates: 20
# heads are one register of 16 numbers and a quarter of another, so four c's of the last 4 heads share one
# (``lane_order.py``). There are two loops in all, *products* and *weighted rows*, and a row or a column is the same loop
# with another step, as on rung 3. The ladder takes these loops from here on, on one thread, with your order of the columns.
#
# Rung 7: memory that is used again
# ---------------------------------
#
# A fresh large array is not free. The system hands memory out page by page (4,096 bytes), fills each with zeros, and does
# so when the page is first touched. A step takes fresh arrays of some hundred megabytes: tens of thousands of pages.
# Writing into an array that is there already (``out=``) pays nothing. The package keeps large arrays from step to step in a
# *workspace* (``nrms_np/kernels/engine/workspace.py``). **Exercise 8**, ``hidden_rows``, computes tanh(h W + b) without any
# array but the given one.
#
# Rung 8: threads
# ---------------
#
# Two cores can work on different titles without talking to each other. Compiled loops and NumPy's products let go of
# Python's lock, so threads really run at the same time. BLAS must be held to one thread, or its threads and ours get in
# each other's way.
#
# And the result must not depend on how many threads there are. Adding numbers in another order rounds differently:

# %%
numbers = rng.standard_normal(100_000, dtype=np.float32)


def in_parts(sizes: list[np.ndarray]) -> float:
    """The sum of the parts' sums."""
    return float(np.sum([part.sum() for part in sizes]))


by_number_of_threads = [in_parts(np.array_split(numbers, threads)) for threads in (1, 2, 3, 4)]
print("one sum, cut by the number of threads:", *(f"{value:.5f}" for value in by_number_of_threads))
assert len(set(by_number_of_threads)) > 1

# %%
# So the work is cut by its *size*, never by the number of threads. Each part is computed by one thread, whichever is
# free, and the parts' sums are added up in their own order. More threads can finish sooner, if there are free
# processors for them, with the same bits. **Exercise 9** is the cut, ``sequence_bounds``. Here are the gradients of one
# step, from one thread and from two:


# %%
gradients = {}
for number in (1, 2) if numba else ():
    with ladder.threads(number):
        gradients[number] = step(kernels, model)
assert all(np.array_equal(value, gradients[2][name]) for name, value in gradients.get(1, {}).items())

# %%
# All rungs
# ---------
#
# ``fast`` is what compiles a loop, or what leaves it as it is. The rungs from *lanes* on run the package's own functions
# with yours in the place of some of theirs. On *the package's kernels* everything is the package's: pooling and lookup too
# are cut into tasks there, for the last rung, *two threads*. (Its time is printed and not drawn, see below.)


# %%
def rungs(pieces: dict[str, Callable], fast: Callable) -> dict[str, Backend]:
    """The backend of each rung by its label; each has one thing more than the one before."""
    own = (scores, weighted_sum_backward, pair_softmax, pool)
    loop = SimpleNamespace(**{f.__name__: fast(f) for f in (*own, *(pieces[name] for name in ladder.LOOPS))})
    forward_1, backward_1 = by_title(pieces["attend_rows_backward"])
    forward_2 = loop_forward(loop.scores, softmax_by_title, loop.weighted_sum)
    backward_3 = loop_backward(loop.weighted_sum_backward, softmax_backward_by_title, loop.scores_backward)
    forward_4 = loop_forward(loop.scores, loop.pair_softmax, loop.weighted_sum)
    backward_4 = loop_backward(loop.weighted_sum_backward, loop.pair_softmax_backward, loop.scores_backward)
    package = ladder.of_the_package(pieces)
    return ladder.stacked(
        {
            "layers": {name: getattr(batched, name) for name in Backend.__annotations__},
            "each word projected once": around(forward_1, backward_1, add_at),
            "packed forward": around(forward_2, backward_1, add_at),
            "packed backward": around(forward_2, backward_3, add_at),
            "packed softmax and pooling": around(forward_4, backward_4, add_at)
            | pooling(loop.pool, loop.pool_backward, hidden_anew),
            "adding into rows": around(forward_4, backward_4, loop.add_into_rows),
            "lanes": package["lanes"],
            "workspace": package["workspace"]
            | pooling(loop.pool, loop.pool_backward, ladder.hidden_in_workspace(pieces)),
            "the package's kernels": package["the package's kernels"],
            ladder.THREADED: package[ladder.THREADED],
        }
    )


# %%
# First the checks: float64, the loops as plain Python.

# %%
worst = {label: check(backend) for label, backend in rungs(pieces, lambda loop: loop).items()}
print(f"gradient checks of {len(worst)} rungs: the largest error is {max(worst.values()):.0e}")
assert max(worst.values()) < 1e-7

# %%
# Then the clock: float32, the loops compiled, and all gradients of the step compared with the layers'. The rungs take
# turns, so that a machine whose speed drifts does not favour one.


# %%
if numba:
    compiled_rungs = rungs(pieces, ladder.fast)
    seconds = ladder.time_rungs(compiled_rungs, lambda backend: step(backend, model), rounds=5 if MEASURE else 1)
    ways_seconds = ladder.time_ways(details)
    shown = ", ".join(f"{label} {min(seconds['layers']) / min(values):.1f}" for label, values in seconds.items())
    print(f"times faster than the layers: {shown}")

# %%
# Your numbers differ from run to run; ratios of ways that were measured in the same minute are what to look at. Those of a
# whole batch, 64 users, are in the figure. ``--measure`` makes them anew.
#
# *Predict first:* which rung saves most, and do any lose?

# %%
NUMBERS = course.LESSONS / "figures" / "13_measured.json"
if MEASURE:
    small = NRMS.create(Config(word_dim=64, heads=8, head_dim=8, query_dim=64), ["a word"] * VOCABULARY)
    measured = {
        **ladder.machine(),
        "batch": {"users": 64, "titles": titles.count, "words": len(titles.index), "pairs": pairs},
        "operations": {"products": operations_of_products, "pairs": operations_of_pairs},
        "floor": ladder.time_ways({"products": {"alone": products_alone}})["products"]["alone"],
        "rungs": seconds,
        "rungs_of_8_heads_of_8": ladder.time_rungs(compiled_rungs, lambda backend: step(backend, small), rounds=5),
        "details": ways_seconds,
    }
    NUMBERS.write_text(json.dumps(measured, indent=1) + "\n")
measured = json.loads(NUMBERS.read_text())
assert list(measured["rungs"]) == list(worst)  # else the figure shows an older lesson
best = {label: 1000 * min(values) for label, values in measured["rungs"].items()}
course.show(
    draw.ladder(measured | {"rungs": {label: measured["rungs"][label] for label in best if label != ladder.THREADED}}),
    "13_the_ladder",
    caption="A training step of 64 users on each rung, forward and backward, without dropout and optimiser. Bars: the fastest "
    "of the rounds; ticks above them: all rounds; dotted: what the rung saved. The grey line is the floor.",
    alt="Bars: " + ", ".join(f"{label} {value:,.0f} ms" for label, value in best.items() if label != ladder.THREADED),
)

# %%
# Read it from the top.
#
# - **Projecting each word once** saves most, and it is plain NumPy. It computes less. Count before you compile.
# - **Plain compiled loops** gain nothing here against NumPy's stacks of small products: rungs 2 to 4 together lose.
#   What they save in calls, they pay in additions of one number at a time. It is a matter of sizes: with 8 heads of 8
#   numbers, printed below, the sums are short, a call costs more than what it computes, and the same three rungs save a
#   third.
# - **Lanes** save the most after the first rung: the same sums, with numbers in another order and totals that stay
#   where they are.
# - **Two threads** have no bar: their rounds scatter too much for one, as printed below. A second thread helps as far as a
#   second processor is free for it.
# - What the **workspace** saves depends on what a fresh page costs: on the system, and on what else runs.
#
# So no single place closes the gap. The one that does most computes less; of the loops, the layout of the numbers counts,
# not that they are compiled.

# %%
saved = {after: best[before] - best[after] for before, after in zip(list(best)[:-1], list(best)[1:], strict=True)}


def of_three_rungs(rounds: dict[str, list[float]]) -> np.ndarray:
    """What rungs 2 to 4 together make of the time, in each round: the rungs take turns in it."""
    return np.divide(rounds["packed softmax and pooling"], rounds["each word projected once"])


def spread(label: str) -> str:
    """The fastest and the slowest round of a rung, in milliseconds."""
    return f"{1000 * min(measured['rungs'][label]):,.0f} to {1000 * max(measured['rungs'][label]):,.0f}"


small_best = {label: 1000 * min(values) for label, values in measured["rungs_of_8_heads_of_8"].items()}
adding = measured["details"]["adding into rows"]
one_thread, two_threads = spread("the package's kernels"), spread(ladder.THREADED)
print(f"the package's kernels: one thread {one_thread} ms, two threads {two_threads} ms")
print("8 heads of 8, ms:", ", ".join(f"{label} {value:,.0f}" for label, value in small_best.items()))
for what, ways in measured["details"].items():
    print(f"{what}, ms:", "; ".join(f"{way} {1000 * value:.1f}" for way, value in ways.items()))
first, second, *_ = sorted((label for label in saved if label != ladder.THREADED), key=lambda label: -saved[label])
holds = {
    "projecting each word once saves most": first == "each word projected once",
    "lanes save most after it": second == "lanes",
    "rungs 2 to 4 lose with heads of 20": np.median(of_three_rungs(measured["rungs"])) > 1,
    "and gain with heads of 8": np.median(of_three_rungs(measured["rungs_of_8_heads_of_8"])) < 0.7,
    "compiling wins in adding into rows": 3 * adding["compiled, unsorted"] < adding["np.add.at"],
    "sorting does not win by itself": adding["compiled, sorted"] > 0.8 * adding["compiled, unsorted"],
}
assert all(holds.values()), (
    f"measured anew, so mend the text where it says {[what for what in holds if not holds[what]]}"
)

# %%
# What to remember
# ----------------
#
# 1. Count first. What need not be computed is the largest saving, and the products' time is the floor.
# 2. A backward reads what the forward read, with another step. Nothing is transposed.
# 3. Compiled is not fast. A loop is fast when neighbours in memory go the same way and no round waits for another:
#    choose the layout for it.
# 4. Cut work by its size, and give each sum to one thread: then results do not depend on their number.
# 5. Check each rung, and believe the clock, not the idea.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/13_the_ladder.py``: ten functions, one or two a rung. ``python -m lessons.check 13`` looks at
# them; run this page again, and the ladder stands on yours. ``python -m lessons.mine`` trains with them.
#
# Further (answers in ``lessons/further/13.md``): (a) Write the weighted sum of the values in lane order, with ``load``
# and ``multiply_add``. Why does it need no sum over lanes, and where do the weights stand? (b) Compile the plain loops
# without permission to reorder sums (``numba.njit`` in place of ``compiled_freely``). Which change, and why? (c) Two
# threads add into rows, unsorted, each half of the references, both into one table. What can go wrong, and why does it
# not show every time?
