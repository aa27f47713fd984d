r"""
Lesson 13: fast
===============

The layers of lessons 03 to 09 are right, and slow. This lesson counts what a training step *must* do, measures what
it takes, and closes most of the gap in one place: the loop over all pairs of words in self-attention.

You need: lessons 04 and 05 (the two kinds of attention) and lesson 12 (packed sequences, each distinct thing once).

Run as ``python lessons/13_the_ladder.py --measure`` it measures a whole batch, which takes a minute, and writes the
numbers to lessons/figures/13_measured.json. Without, it measures a small batch and draws the chart from the numbers
written last.
"""

# %%
import json
import math
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import date

import numba
import numpy as np
from threadpoolctl import threadpool_limits

import course
from nrms_np import NRMS, Config, Packed, kernels
from nrms_np.kernels.engine.lanes import fill, load, multiply_add, store
from nrms_np.kernels.engine.parallel import available_threads, set_threads
from nrms_np.layers import batched
from nrms_np.packed import Batch, distinct, offsets_of

MEASURE = "--measure" in sys.argv
rng = np.random.default_rng(12)

# %%
# A batch to measure on
# ---------------------
#
# Lengths and popularity are drawn as in lesson 12, so that the batch looks like one of MIND.


# %%
def draw(count: int, kinds: int, start: int) -> np.ndarray:
    """`count` row numbers below `kinds`, row i with a chance proportional to 1 / (i + start)."""
    chances = 1 / (np.arange(kinds) + start)
    return rng.choice(kinds, size=count, p=chances / chances.sum())


def batch_like_mind(users: int) -> Batch:
    """A training batch of so many users, with 4 negatives each."""
    clicks = np.minimum(np.rint(rng.lognormal(np.log(19.6), 1.1, size=users)).astype(int), 50)
    references = draw(int(clicks.sum()) + users * 5, 20_000, 50)
    news, renumbered = distinct(references, 20_000)
    lengths = np.clip(1 + rng.negative_binomial(20, 20 / 30.8, size=len(news)), 1, 30)
    words, word_index = distinct(draw(int(lengths.sum()), 25_000, 3), 25_000)
    histories = Packed(renumbered[: clicks.sum()], offsets_of(clicks))
    candidates = renumbered[clicks.sum() :].reshape(users, 5)
    return Batch(words, Packed(word_index, offsets_of(lengths)), histories, candidates)


batch = batch_like_mind(users=64 if MEASURE else 8)
titles = batch.titles
D, H, d, A = 300, 20, 20, 200  # the sizes of the `recommenders` preset
WIDTH = H * d
pairs = int((titles.lengths**2).sum())
print(f"a batch: {titles.count} titles, {len(titles.index):,} words, {len(batch.words):,} distinct, {pairs:,} pairs")

# %%
# What must be computed
# ---------------------
#
# Count each multiplication and each addition of two numbers as one operation. A matrix product (n, k) · (k, m)
# makes n·m sums of k products: 2·n·k·m operations. Its backward is two products of the same size (lesson 01: dA =
# dC Bᵀ, dB = Aᵀ dC), so forward and backward together take 6·n·k·m. The step has four large products:
#
# - words · (Q, K, V of the titles): (distinct words, D) · (D, 3·H·d)
# - h · W of the pooling of titles: (words of the titles, H·d) · (H·d, A)
# - news · (Q, K, V of the histories): (distinct news, H·d) · (H·d, 3·H·d)
# - h · W of the pooling of histories: (clicks, H·d) · (H·d, A)
#
# (The third is smaller in the package's own batches: they list the news of histories first, and the candidates that
# nobody clicked before are left out of it.)
#
# Self-attention itself is a small product for every title, every head: for one pair and one head the score takes 2·d
# operations, and the weighted sum of the values another 2·d. Backward there are four such terms, for the gradients of
# the weight, the value, the query and the key. Together 12·d, for all heads 12·H·d operations per pair.

# %%
products = [
    (len(batch.words), D, 3 * WIDTH),
    (len(titles.index), WIDTH, A),
    (titles.count, WIDTH, 3 * WIDTH),
    (len(batch.histories.index), WIDTH, A),
]
operations_of_products = sum(6 * n * k * m for n, k, m in products)
operations_of_pairs = 12 * WIDTH * (pairs + int((batch.histories.lengths**2).sum()))
share = operations_of_pairs / (operations_of_pairs + operations_of_products)
print(f"operations: {operations_of_products / 1e9:.1f} billion in matrix products, {share:.0%} of all in attention")
assert share < 0.1

# %%
# The floor
# ---------
#
# A matrix product cannot be done much better than NumPy does it: behind ``@`` stands a library (BLAS) that people
# have tuned for every processor. So the time of these products alone is a **floor**: no arrangement of our code
# gets below it, except by computing less, as lesson 12 did. All else, attention included, is a few percent of the
# operations. If it takes more than a small share of the time, then not because there is much to compute, but
# because of how it is done.


# %%
def best_time(function: Callable[[], object], repeats: int = 5) -> float:
    """Seconds of the fastest of some runs: the one that was disturbed least. The first run is not counted."""
    function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def products_alone() -> Callable[[], None]:
    """A function that runs the large products of a step, forward and backward, and does nothing else."""
    arrays = []
    for n, k, m in products:
        factors = [rng.standard_normal(shape, dtype=np.float32) for shape in ((n, k), (k, m), (n, m))]
        arrays.append((*factors, *(np.empty_like(factor) for factor in factors)))

    def run() -> None:
        for left, right, d_product, d_left, d_right, product in arrays:
            np.dot(left, right, out=product)
            np.dot(d_product, right.T, out=d_left)
            np.dot(left.T, d_product, out=d_right)

    return run


# %%
# The hot loop, six ways
# ----------------------
#
# A *hot loop* is one in which a program spends much of its time. Here it is the scores of all pairs of all titles:
# for head k, :math:`S_{i,j} = q_i \cdot \kappa_j`, query times key (lesson 04), a sum of d products. Queries and keys
# are made once for each distinct word (lesson 12), so a title's words are looked up in them. We compute the same
# scores six times, and write them in the same place: one row of H numbers for each pair, pair (i, j) of a title with
# T words at i·T + j.

# %%
queries, keys = (rng.standard_normal((len(batch.words), WIDTH), dtype=np.float32) for _ in range(2))
pair_offsets = offsets_of(titles.lengths**2)  # where the pairs of each title start
index, offsets = titles.index, titles.offsets

# %%
# **Python.** Every number becomes an object, and every ``*`` asks both its operands for their type. We only do
# three titles.


# %%
def scores_in_python(title: int) -> list[list[float]]:
    """The scores of one title, a row of H numbers for each pair."""
    words = titles.sequence(title)
    asked, looked_at = queries[words].tolist(), keys[words].tolist()
    rows = []
    for query in asked:
        for key in looked_at:
            row = []
            for k in range(H):
                total = 0.0
                for c in range(k * d, (k + 1) * d):
                    total += query[c] * key[c]
                row.append(total)
            rows.append(row)
    return rows


# %%
# **NumPy, one title at a time.** The inner loops are gone: ``@`` multiplies a stack of H matrices. But each
# product is tiny, (T, d) · (d, T), and the cost of a call, about a microsecond, is paid for every title and every
# step of it.


# %%
def scores_in_numpy() -> np.ndarray:
    """The scores of all titles, (pairs, H)."""
    S = np.empty((pairs, H), dtype=np.float32)
    for title in range(titles.count):
        words = titles.sequence(title)
        asked = queries[words].reshape(-1, H, d).transpose(1, 0, 2)  # (H, T, d)
        looked_at = keys[words].reshape(-1, H, d).transpose(1, 2, 0)  # (H, d, T)
        S[pair_offsets[title] : pair_offsets[title + 1]] = (asked @ looked_at).reshape(H, -1).T
    return S


reference = scores_in_numpy()
assert np.allclose(reference[: pair_offsets[1]], scores_in_python(0), atol=1e-4)

# %%
# **Numba, heads outermost.** Numba compiles a Python function to machine code, so a loop costs next to nothing.
# This is the Python version written for all titles. ``H``, ``d`` and ``WIDTH`` are constants for the compiler;
# ``fastmath`` is explained below.


# %%
@numba.njit(fastmath=True)
def scores_heads_outermost(queries, keys, index, offsets, pair_offsets, S):
    """S[pair, k] = the sum over c of query[k·d + c] · key[k·d + c]."""
    for s in range(len(offsets) - 1):
        words = index[offsets[s] : offsets[s + 1]]
        T = len(words)
        for k in range(H):
            for i in range(T):
                query = queries[words[i]]
                for j in range(T):
                    key = keys[words[j]]
                    total = np.float32(0)
                    for c in range(k * d, (k + 1) * d):
                        total += query[c] * key[c]
                    S[pair_offsets[s] + i * T + j, k] = total


S = np.empty_like(reference)
scores_heads_outermost(queries, keys, index, offsets, pair_offsets, S)
assert np.allclose(S, reference, atol=1e-4)

# %%
# What vectorises
# ---------------
#
# A processor has *vector* instructions: one instruction multiplies 8 or 16 float32 numbers by 8 or 16 others. (Or
# half as many float64 numbers, one reason to train in float32.) The compiler uses them in a loop if
#
# - the numbers stand side by side in memory,
# - all of them go the same way: the same operation, no ``if``,
# - and no round of the loop waits for the one before.
#
# The inner loop above fails the last condition. Each ``total += …`` needs the total before it. With ``fastmath``
# the compiler *may* change the order of a sum (rounding then differs a little) and could keep 8 sums side by
# side. But the loop has 20 rounds only, and adding up the 8 sums at its end eats what was saved.
#
# So turn it round. The 20 numbers of one head must be added up: no good. But number c of head 0, number c of head
# 1, … number c of head 19 all go the same way, into 20 *different* sums. They only have to stand side by side:
#
# .. code-block:: text
#
#     head order   head 0: c0 c1 c2 …   head 1: c0 c1 c2 …
#     lane order   c0: head 0, 1, 2 …   c1: head 0, 1, 2 …
#
# Reordering the columns of W reorders the numbers of x W in the same way. So the parameters Q and K are reordered
# once per step, and queries and keys come out of the product in lane order, at no cost.


# %%
def to_lane_order(rows: np.ndarray) -> np.ndarray:
    """Number c of head k moves from place k·d + c to place c·H + k."""
    return np.ascontiguousarray(rows.reshape(-1, H, d).transpose(0, 2, 1).reshape(-1, WIDTH))


lane_queries, lane_keys = to_lane_order(queries), to_lane_order(keys)
x, W = rng.standard_normal((3, 7)), rng.standard_normal((7, WIDTH))
assert np.allclose(to_lane_order(x @ W), x @ to_lane_order(W))


@numba.njit(fastmath=True)
def scores_heads_innermost(queries, keys, index, offsets, pair_offsets, S):
    """The same sums, in lane order: H of them side by side."""
    for s in range(len(offsets) - 1):
        words = index[offsets[s] : offsets[s + 1]]
        T = len(words)
        for i in range(T):
            query = queries[words[i]]
            for j in range(T):
                key = keys[words[j]]
                total = S[pair_offsets[s] + i * T + j]
                total[:] = 0
                for c in range(d):
                    for k in range(H):
                        total[k] += query[c * H + k] * key[c * H + k]


scores_heads_innermost(lane_queries, lane_keys, index, offsets, pair_offsets, S)
assert np.allclose(S, reference, atol=1e-4)

# %%
# The order is right, and yet next to nothing is won: look at the measurements below. The compiler sees a loop of
# exactly 20 rounds, writes it out as 20 separate steps first, and looks for loops to vectorise afterwards. There
# is none left. It needs a loop that is *long*. All H·d products go the same way too, so make one row of them, and
# fold the row to H sums after:


# %%
@numba.njit(fastmath=True)
def scores_wide(queries, keys, index, offsets, pair_offsets, S):
    """All H·d products of a pair in one long row, then the d numbers of each head added up."""
    row = np.empty(WIDTH, dtype=np.float32)
    for s in range(len(offsets) - 1):
        words = index[offsets[s] : offsets[s + 1]]
        T = len(words)
        for i in range(T):
            query = queries[words[i]]
            for j in range(T):
                key = keys[words[j]]
                for e in range(WIDTH):
                    row[e] = query[e] * key[e]
                total = S[pair_offsets[s] + i * T + j]
                for k in range(H):
                    head = row[k]
                    for c in range(1, d):
                        head += row[c * H + k]
                    total[k] = head


scores_wide(lane_queries, lane_keys, index, offsets, pair_offsets, S)
assert np.allclose(S, reference, atol=1e-4)

# %%
# The row is long enough now, but it does not stay where it was computed. A processor calculates in *registers*, a few
# places for 8 or 16 numbers each; ``row`` is written to memory and read back, for every pair of words. The sums
# need not leave the registers at all: H sums, one lane for each head, that take up the next c in every round.
# The compiler did not find this by itself, so the package has a few functions that say it outright
# (``nrms_np/kernels/engine/lanes.py``). ``load`` takes H neighbours of a flat array as one value, ``fill`` makes such a value
# from one number, ``multiply_add`` multiplies two of them lane by lane and adds a third, ``store`` writes one back. They
# carry their own permission to change the order of a sum, so there is no ``fastmath`` here.


# %%
@numba.njit
def scores_by_lanes(queries, keys, index, offsets, pair_offsets, S):
    """The same sums, H lanes as one value; only the finished sums go to memory."""
    flat_queries, flat_keys, flat_S = queries.reshape(-1), keys.reshape(-1), S.reshape(-1)
    for s in range(len(offsets) - 1):
        words = index[offsets[s] : offsets[s + 1]]
        T = len(words)
        for i in range(T):
            query = words[i] * WIDTH
            for j in range(T):
                key = words[j] * WIDTH
                total = fill(queries.dtype.type(0), H)
                for c in range(d):
                    total = multiply_add(load(flat_queries, query + c * H, H), load(flat_keys, key + c * H, H), total)
                store(flat_S, (pair_offsets[s] + i * T + j) * H, total)


scores_by_lanes(lane_queries, lane_keys, index, offsets, pair_offsets, S)
assert np.allclose(S, reference, atol=1e-4)

# %%
# Do not believe, look. Numba shows the machine code it made. In the code of Intel and AMD processors an
# arithmetic instruction on one float32 ends in ``ss`` (scalar), one on several in ``ps`` (packed, side by side
# in one register; it has nothing to do with packed sequences).


# %%
def arithmetic_instructions(function: object) -> tuple[int, int]:
    """How many multiplications and additions in the machine code are scalar, and how many are packed."""
    (code,) = function.inspect_asm().values()  # type: ignore[attr-defined]
    names = [line.split()[0].lstrip("v") for line in code.splitlines() if line.strip()]
    arithmetic = [name for name in names if name.startswith(("mul", "add", "fmadd"))]
    return sum(name.endswith(("ss", "sd")) for name in arithmetic), sum(
        name.endswith(("ps", "pd")) for name in arithmetic
    )


compiled = {
    "Numba, heads outermost": (scores_heads_outermost, queries, keys),
    "Numba, heads innermost": (scores_heads_innermost, lane_queries, lane_keys),
    "Numba, one wide row": (scores_wide, lane_queries, lane_keys),
    "Numba, lanes by name": (scores_by_lanes, lane_queries, lane_keys),
}
if platform.machine() in ("x86_64", "AMD64"):
    for name, (function, *_) in compiled.items():
        scalar, packed = arithmetic_instructions(function)
        print(f"{name}: {scalar} scalar and {packed} packed instructions")
    assert packed > 0 == scalar  # of the last one: by lanes

# %%
# The package's loops (``nrms_np/kernels/engine/attention_loops.py``) improve on the last way in two respects. They work on four
# pairs at a time, so that a query is loaded once for four keys. And they fill the registers: 20 heads are one register of 16
# and a quarter of another, so four c's of the last 4 heads share one (``nrms_np/kernels/engine/lane_order.py``). The
# weighted sums, forward and backward, are done in the same manner.
#
# The exponential
# ---------------
#
# The softmax takes one exponential for every pair and head. Inside a compiled loop that is a call of a function for
# one number, and a call ends all vectorising. NumPy's ``np.exp`` on a whole array has a vectorised one. (Softmax
# subtracts the largest score first, so it only sees numbers of 0 or less. We cut S at 0 to measure with such
# numbers.)


# %%
@numba.njit
def exp_in_a_loop(S, out):
    """The exponential of each number, one after another."""
    for row in range(S.shape[0]):
        for k in range(S.shape[1]):
            out[row, k] = math.exp(S[row, k])


not_positive = np.minimum(S, 0)
exps = np.empty_like(S)
exp_in_a_loop(not_positive, exps)
assert np.allclose(exps, np.exp(not_positive), rtol=1e-5)

# %%
# Adding into rows
# ----------------
#
# The gradient of a reference is "add into that row" (lesson 12), once for each of the words of the batch.
# ``np.add.at`` goes from one reference to the next, all over the table. Sort the references by row first, and
# everything that goes into one row stands together: each row is one sum, written once, and rows can be summed
# side by side on several threads without ever writing to the same place.

# %%
gradients = rng.standard_normal((len(index), WIDTH), dtype=np.float32)
table = np.zeros((len(batch.words), WIDTH), dtype=np.float32)


def add_one_by_one() -> np.ndarray:
    """np.add.at."""
    d_table = np.zeros_like(table)
    np.add.at(d_table, index, gradients)
    return d_table


def add_sorted() -> np.ndarray:
    """Sort the uses by row, then one sum per row. Every row of the table is used here, so that no sum is empty."""
    order = np.argsort(index, kind="stable")
    starts = np.searchsorted(index[order], np.arange(len(table)))
    return np.add.reduceat(gradients[order], starts)


_, lookup = kernels.embedding_forward(table, index)
assert np.allclose(add_sorted(), add_one_by_one(), atol=1e-3)
assert np.allclose(kernels.embedding_backward(gradients, lookup).values, add_one_by_one(), atol=1e-3)

# %%
# Memory
# ------
#
# A fresh large array is not free. The system hands memory out page by page (4,096 bytes), fills each with zeros,
# and does so when the page is first touched. A step that takes 200 MB in fresh arrays pays for up to 50,000
# pages, every time. Writing into an array that is there already (``out=``) pays nothing. The package's workspace
# keeps large arrays from step to step for this reason.

# %%
numbers = np.ones(16_000_000, dtype=np.float32)  # 64 MB
kept = np.empty_like(numbers)
assert (np.multiply(numbers, 2, out=kept) == numbers * 2).all()

# %%
# Threads
# -------
#
# Two cores can work on different titles without talking to each other. Three rules make it pay. Numba's code runs
# beside other threads only when it lets go of Python's lock (``nogil=True``). BLAS starts threads of its own,
# which keep a core busy while they wait; two kinds of threads get in each other's way, so one must be held back.
# And the work is cut by size, not by number of threads, so that results do not depend on how many there are.

# %%
# Measured
# --------
#
# All of the above, and also the whole of self-attention, by the layers, one title at a time (``layers.batched``; BLAS
# with one thread: these products are over before a second thread has woken up), and by the kernels. Both have the
# same interface and give the same numbers, up to rounding.

# %%
x = 0.4 * rng.standard_normal((len(batch.words), D), dtype=np.float32)
Q, K, V = (rng.standard_normal((D, WIDTH), dtype=np.float32) / D**0.5 for _ in range(3))
inputs = (x, titles, Q, K, V, H, 1 / d**0.5)
by_layers, _ = batched.projected_attention_forward(*inputs)
by_kernels, _ = kernels.projected_attention_forward(*inputs)
assert np.allclose(by_kernels, by_layers, atol=1e-4)


def time_of_scores() -> dict[str, float]:
    """Seconds for the scores of all titles, each way."""
    some = range(3)
    python = best_time(lambda: [scores_in_python(title) for title in some], repeats=1)
    seconds = {"Python": python * pairs / pair_offsets[3], "NumPy, title by title": best_time(scores_in_numpy)}
    for name, (function, asked, looked_at) in compiled.items():
        arguments = (asked, looked_at, index, offsets, pair_offsets, S)
        seconds[name] = best_time(lambda f=function, a=arguments: f(*a))  # type: ignore[misc]
    return seconds


def time_of_layers() -> float:
    """Seconds for the layers' self-attention, forward."""
    with threadpool_limits(1, user_api="blas"):
        return best_time(lambda: batched.projected_attention_forward(*inputs), repeats=2)


def time_of_kernels(threads: int) -> float:
    """Seconds for the kernels' self-attention, forward."""
    set_threads(threads)
    return best_time(lambda: kernels.projected_attention_forward(*inputs))


seconds = {
    "scores": time_of_scores(),
    "self-attention, forward": {
        "layers": time_of_layers(),
        "kernels, 1 thread": time_of_kernels(1),
        f"kernels, {available_threads()} threads": time_of_kernels(available_threads()),
    },
    "exponentials": {
        "in a compiled loop": best_time(lambda: exp_in_a_loop(not_positive, exps)),
        "np.exp": best_time(lambda: np.exp(not_positive, out=exps)),
    },
    "adding into rows": {
        "np.add.at": best_time(add_one_by_one),
        "sorted, NumPy": best_time(add_sorted),
        "sorted, kernels": best_time(lambda: kernels.embedding_backward(gradients, lookup)),
    },
    "doubling 16 million numbers": {
        "fresh array": best_time(lambda: numbers * 2),
        "array used again": best_time(lambda: np.multiply(numbers, 2, out=kept)),
    },
}
for what, ways in seconds.items():
    slowest = max(ways.values())
    print(f"{what}:", "; ".join(f"{name} {slowest / value:.1f}×" for name, value in ways.items()))

# %%
# "×" is how many times faster than the slowest way. Your numbers will differ from run to run and from those in
# the chart. Ratios of ways that were measured in the same minute are what to look at: machines drift.
#
# With ``--measure``, a whole training step is measured too, forward and backward without the optimiser, beside
# the matrix products alone.


# %%
def time_of_step() -> dict[str, float]:
    """Seconds for the gradients of a batch, and for its matrix products alone."""
    config = Config(word_dim=D, heads=H, head_dim=d, query_dim=A)
    model = NRMS.create(config, [f"word {i}" for i in range(25_000)])
    return {
        "products alone": best_time(products_alone()),
        "whole step": best_time(lambda: model.loss_and_row_gradients(batch, dropout_step=1)),
    }


def machine_name() -> str:
    """The processor's name as the system gives it, and how many of its cores this process may use."""
    name = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            name = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), name)
    return f"{name}, {available_threads()} cores"


NUMBERS = course.LESSONS / "figures" / "13_measured.json"
if MEASURE:
    measured = {
        "machine": machine_name(),
        "date": date.today().isoformat(),
        "versions": f"NumPy {np.__version__}, Numba {numba.__version__}",
        "batch": {"users": 64, "titles": titles.count, "words": len(index), "pairs": pairs},
        "operations": {"products": operations_of_products, "pairs": operations_of_pairs},
        "seconds": {**seconds, "step": time_of_step()},
    }
    NUMBERS.write_text(json.dumps(measured, indent=2) + "\n")
measured = json.loads(NUMBERS.read_text())
assert list(measured["seconds"]["scores"]) == list(seconds["scores"])  # else the chart shows an older lesson

# %%
# The chart
# ---------
#
# Left: the scores of the titles of a batch of 64 users, each way; every step to the left on the axis is ten times
# faster. A compiled loop is not fast by itself: compare the first two of Numba's with NumPy. Right: where the
# operations of a step are, and where its time goes. The blue part of the lower bar is the floor. The orange part may
# be larger below than above: exponentials, and numbers that are only moved about in memory, were not counted as
# operations, but they take time.

# %%
drawing = course.figure(9.6, 3.6)
left, right = drawing.subplots(1, 2, width_ratios=[1.15, 1])
ways = measured["seconds"]["scores"]
milliseconds = [1000 * value for value in ways.values()]
left.hlines(range(len(ways)), min(milliseconds) / 3, milliseconds, color=course.GREY, linewidth=1)
left.plot(milliseconds, range(len(ways)), "o", color=course.BLUE, markersize=8)
for row, value in enumerate(milliseconds):
    left.text(value * 1.35, row, f"{value:,.0f} ms", va="center")
left.set_xscale("log")
left.set_xlim(min(milliseconds) / 3, max(milliseconds) * 12)
left.set_yticks(range(len(ways)), list(ways))
left.invert_yaxis()
left.set_xlabel("milliseconds, logarithmic")
left.set_title(f"Scores of {measured['batch']['titles']:,} titles, one thread")

operations, step = measured["operations"], measured["seconds"]["step"]
parts = {
    "operations": (operations["products"], operations["pairs"], "{:.1f} billion", 1e9),
    "time": (step["products alone"], step["whole step"] - step["products alone"], "{:.0f} ms", 1e-3),
}
for row, (products_part, rest, form, unit) in enumerate(parts.values()):
    whole = products_part + rest
    for start, part, colour in ((0, products_part, course.BLUE), (products_part, rest, course.ORANGE)):
        right.barh(row, part / whole, left=start / whole, color=colour, height=0.55)
        inside = part / whole > 0.2
        place = (start + part / 2) / whole if inside else 1.02
        colour_of_text = "white" if colour == course.BLUE else "black"
        side = "center" if inside else "left"
        right.text(place, row, form.format(part / unit), va="center", ha=side, color=colour_of_text)
right.set_yticks(range(len(parts)), list(parts))
right.invert_yaxis()
right.set_xlim(0, 1.32)
right.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
right.set_xlabel("share of one step, forward and backward")
right.set_title("Blue: matrix products, orange: the rest")
drawing.suptitle(f"{measured['machine']}, {measured['date']}", fontsize=8, color=course.GREY)
course.save(drawing, "13_the_ladder")

# %%
# What to remember
# ----------------
#
# 1. Count first: matrix products are nearly all of a step's operations, and their time alone is the floor.
# 2. A loop vectorises when neighbours in memory go the same way and none waits for another. Choose the layout for
#    it.
# 3. Sums belong in registers. What the compiler does not find by itself can be said outright.
# 4. Look at the machine code and at the clock, not at the idea: "heads innermost" alone won next to nothing.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/13_the_ladder.py``, fill in the blanks, and run ``python -m lessons.check 13``.
#
# Further: (a) Write the weighted sum of the values, :math:`h_i = \sum_j \alpha_{i,j} v_j`, in lane order. Why
# does it need no folding? (b) Take ``fastmath=True`` away from the three functions that have it and measure
# again. Which ones change, which do not, and why? (c) Make all arrays float64 and look at the time and at the number of
# packed instructions. (They end in ``pd`` then.)
