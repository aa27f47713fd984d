r"""
Lesson 15: the bug museum
=========================

Eight bugs of the kinds that are found in public code. None of them crashes: with each, training runs and a table of
results comes out. Each has a room here: the code, what it does to the numbers, and the check that catches it. At the
end a table shows which check sees which bug.

You need: lessons 00 (AUC), 01 (gradient checking), 02 to 04, 08, 09, and 11 (padding).
"""

# %%
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

import course
from nrms_np import Packed, kernels
from nrms_np.data.demo.corpus import corpus
from nrms_np.data.vocabulary import Vocabulary
from nrms_np.evaluation.metrics import impression_metrics
from nrms_np.gradcheck import GradientError, check_gradients, numerical_gradient
from nrms_np.layers import batched
from nrms_np.layers.click import softmax_loss_backward, softmax_loss_forward
from nrms_np.layers.embedding import embedding_backward, embedding_forward
from nrms_np.layers.self_attention import projected_attention_backward, projected_attention_forward
from nrms_np.layers.softmax import softmax_backward, softmax_forward

rng = np.random.default_rng(14)

# %%
# The guards
# ----------
#
# Five checks walk through every room. Each answers one question: would it have noticed?
#
# 1. **Random upstream**: the gradient check of lesson 01, as the package has it.
# 2. **Ones upstream**: the same with an upstream gradient of ones, and a comparison by ``np.allclose``, as it is
#    often seen. It is here to show what it misses.
# 3. **Shapes**: is each result of the shape that was promised?
# 4. **A second program**: does another implementation give the same numbers? Here: layers and kernels, or a plain
#    loop.
# 5. **By hand**: an example so small that the answer is known without a program.


# %%
def random_upstream_notices(function: Callable, inputs: dict, backward: Callable) -> bool:
    """Does the package's gradient check fail?"""
    try:
        check_gradients(function, inputs, backward)
    except GradientError:
        return True
    return False


def ones_upstream_notices(function: Callable, inputs: dict, backward: Callable) -> bool:
    """Does a careless gradient check fail?"""
    gradients = backward(np.ones_like(function(**inputs)))
    return any(
        not np.allclose(gradients[name], numerical_gradient(lambda: np.sum(function(**inputs)), x), atol=1e-7)
        for name, x in inputs.items()
    )


CHECKS = ("random\nupstream", "ones\nupstream", "shapes", "second\nprogram", "by hand")
noticed: dict[str, tuple[bool | None, ...]] = {}  # for each bug and check; None where the check does not apply

# %%
# Room 1: the softmax that thinks it is a sigmoid
# -----------------------------------------------
#
# "The derivative of softmax is p (1 − p)", says many a tutorial. That is the derivative of :math:`p_i` with respect
# to its *own* score. A score also moves all *other* weights, through the sum (lesson 03).


# %%
def sigmoid_like_backward(dp: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Bug: only the diagonal of the softmax's derivative."""
    return dp * p * (1 - p)


# %%
# What it does: take the loss of a click, :math:`L = -\log p_0`, so that :math:`dp_0 = -1/p_0` and the other dp
# are 0. Zero times anything is zero: the candidates that were *not* clicked get no gradient, and their scores are
# never pushed down. Negative sampling (lesson 09) is switched off, and nothing says so. What catches it: a
# gradient check.

# %%
scores = np.array([0.5, 1.0, 0.2])
p, _ = softmax_forward(scores)
dp = np.array([-1 / p[0], 0.0, 0.0])
right, wrong = softmax_backward(dp, p), sigmoid_like_backward(dp, p)
_, loss_cache = softmax_loss_forward(scores, 0)
assert np.allclose(right, softmax_loss_backward(1.0, loss_cache))  # p − y, lesson 09
assert (wrong[1:] == 0).all()
print("room 1: gradient of three scores", right.round(2), "with the bug", wrong.round(2))

a = rng.standard_normal((4, 5))


def softmax(a: np.ndarray) -> np.ndarray:
    """Softmax of each row."""
    return softmax_forward(a)[0]


def guards_of_softmax(buggy: Callable) -> tuple[bool | None, ...]:
    """What the five checks say about a backward of softmax."""
    upstream = rng.standard_normal(a.shape)
    gradient = buggy(upstream, softmax(a))
    return (
        random_upstream_notices(softmax, {"a": a}, lambda up: {"a": buggy(up, softmax(a))}),
        ones_upstream_notices(softmax, {"a": a}, lambda up: {"a": buggy(up, softmax(a))}),
        gradient.shape != a.shape,
        not np.allclose(gradient, softmax_backward(upstream, softmax(a))),
        None,
    )


assert not any(guards_of_softmax(softmax_backward))  # the right one passes them all
noticed["softmax as p (1 − p)"] = guards_of_softmax(sigmoid_like_backward)

# %%
# Room 2: the gradient that is not there
# --------------------------------------
#
# Somebody means to fill this in later, or cuts the gradient off by mistake (a framework's ``detach``, a copy too
# many):


# %%
def absent_backward(dp: np.ndarray, p: np.ndarray) -> np.ndarray:  # noqa: ARG001
    """Bug: no gradient at all."""
    return np.zeros_like(p)


# %%
# What it does: queries, keys and the pooling's parameters get their gradients through a softmax only. They stay
# at their random first values for ever, while the word vectors and V still learn. Attention looks the way it was
# drawn.
#
# With an upstream gradient of ones, the check passes. The weights of a row sum to 1 whatever the scores are, so
# the *true* gradient of their sum is zero as well (lesson 03). What catches it: a *random* upstream gradient.

# %%
noticed["zero gradient"] = guards_of_softmax(absent_backward)
with_ones = numerical_gradient(lambda: float(softmax(a).sum()), a)
print(f"room 2: true gradient with ones upstream, largest number: {np.abs(with_ones).max():.0e}")
assert noticed["zero gradient"][:2] == (True, False)

# %%
# Room 3: the shape that broadcasting hides
# -----------------------------------------
#
# Some models are trained on the squared difference of score and label, 1 for a click and 0 for none. For B
# candidates the scores come out of a matrix product with shape (B, 1). The labels have shape (B,). Both hold B
# numbers, and NumPy subtracts them without a word:


# %%
def broadcast_loss(scores: np.ndarray, clicked: np.ndarray) -> np.ndarray:
    """Bug: the mean squared error of all *pairs* of a score and a label."""
    difference = scores - clicked
    return np.mean(difference**2)


def broadcast_loss_backward(scores: np.ndarray, clicked: np.ndarray) -> np.ndarray:
    """The right gradient of that wrong loss."""
    difference = scores - clicked
    return 2 * difference.sum(axis=1, keepdims=True) / difference.size


# %%
# What it does: (B, 1) − (B,) is (B, B). Every score is compared with every label, so the best score is the same
# for all: the mean of the labels. The model learns the average click rate and nothing about news. The gradient is
# the right one, of the wrong function, and no gradient check can see that. What catches it: an assertion that
# scores and labels have one shape.

# %%
clicked = np.array([1.0, 0.0, 0.0, 1.0, 0.0])
scores = rng.standard_normal((5, 1))
for _ in range(200):
    scores = scores - broadcast_loss_backward(scores, clicked)
print("room 3: labels", clicked, "learned scores", scores.ravel().round(2))
assert np.allclose(scores, clicked.mean())


def of_scores(scores: np.ndarray) -> np.ndarray:
    """The loss as a function of the scores alone."""
    return broadcast_loss(scores, clicked)


def back_to_scores(upstream: np.ndarray) -> dict:
    """Its gradient."""
    return {"scores": upstream * broadcast_loss_backward(scores, clicked)}


scores = rng.standard_normal((5, 1))
loop = sum((float(scores[i, 0]) - float(clicked[i])) ** 2 for i in range(5)) / 5
noticed["shape hidden by\nbroadcasting"] = (
    random_upstream_notices(of_scores, {"scores": scores}, back_to_scores),
    ones_upstream_notices(of_scores, {"scores": scores}, back_to_scores),
    scores.shape != clicked.shape,
    not np.isclose(broadcast_loss(scores, clicked), loop),
    broadcast_loss(np.array([[1.0], [0.0]]), np.array([1.0, 0.0])) != 0,  # every score is its label: no error
)

# %%
# A relative of this bug is a missing ``keepdims``. In ``p * (dp - (p * dp).sum(axis=1))`` the sums of the rows
# are subtracted along the *columns*. For a (T, n) matrix that is an error message, but attention weights are (T,
# T), and then it runs. This is why the sizes in a test should all differ. And a check that compares by
# broadcasting finds a gradient of shape (1, A) equal to one of shape (A,): the package's check compares the
# shapes before the numbers.

# %%
square, wide = softmax(rng.standard_normal((4, 4))), softmax(rng.standard_normal((4, 5)))
assert (square - square.sum(axis=1)).shape == (4, 4)  # it runs
try:
    wide - wide.sum(axis=1)
    raise SystemExit("NumPy did not notice")
except ValueError:
    pass

# %%
# Room 4: the lost fan-out
# ------------------------
#
# The word vectors x go three ways in self-attention: as queries, as keys, as values. Their gradient is the sum of
# three. Here is the backward of lesson 04 with an ``=`` where a ``+=`` belongs:


# %%
D, H, d = 7, 3, 2
Q, K, V = (rng.standard_normal((D, H * d)) / np.sqrt(D) for _ in range(3))
scale = 1 / np.sqrt(d)
x = rng.standard_normal((5, D))


def forgetful_backward(dh: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Bug: each way that x goes overwrites the gradient of the one before."""
    _, cache = projected_attention_forward(x, Q, K, V, H, scale)
    d_queries, d_keys, d_values = (np.empty_like(cache.values) for _ in range(3))
    for k in range(H):
        columns = slice(k * d, (k + 1) * d)
        d_alpha = dh[:, columns] @ cache.values[:, columns].T
        d_scores = softmax_backward(d_alpha, cache.alpha[k])
        d_queries[:, columns] = scale * (d_scores @ cache.keys[:, columns])
        d_keys[:, columns] = scale * (d_scores.T @ cache.queries[:, columns])
        d_values[:, columns] = cache.alpha[k].T @ dh[:, columns]
    dx = d_queries @ Q.T
    dx = d_keys @ K.T
    dx = d_values @ V.T
    return dx  # noqa: RET504


# %%
# What it does: the direction is often not bad, because the value path is the strongest. Training works, only less
# well, and nobody knows how well it should have worked. What catches it: a gradient check, or the kernels, which
# compute the same gradient in another way.


# %%
def attend(x: np.ndarray) -> np.ndarray:
    """Self-attention over one sequence."""
    return projected_attention_forward(x, Q, K, V, H, scale)[0]


dh = rng.standard_normal((5, H * d))
h, cache = projected_attention_forward(x, Q, K, V, H, scale)
right, *_ = projected_attention_backward(dh, cache)
wrong = forgetful_backward(dh, x)
cosine = np.sum(right * wrong) / np.linalg.norm(right) / np.linalg.norm(wrong)
print(f"room 4: cosine of the gradient and what is left of it: {cosine:.2f}")
assert 0.5 < cosine < 0.99

_, cache_of_kernels = kernels.projected_attention_forward(x, Packed.from_lists([range(5)]), Q, K, V, H, scale)
by_kernels, *_ = kernels.projected_attention_backward(dh, cache_of_kernels)
assert np.allclose(right, by_kernels)
noticed["lost fan-out"] = (
    random_upstream_notices(attend, {"x": x}, lambda up: {"x": forgetful_backward(up, x)}),
    ones_upstream_notices(attend, {"x": x}, lambda up: {"x": forgetful_backward(up, x)}),
    wrong.shape != x.shape,
    not np.allclose(wrong, by_kernels),
    None,
)

# %%
# Room 5: padding that attends
# ----------------------------
#
# Lesson 12 had this bug: titles are padded to one length, and the padding takes part in attention. The function
# below pads a title to the longest one of its batch.


# %%
def attend_padded(x: np.ndarray, longest: int) -> np.ndarray:
    """Bug: self-attention over a title and its padding, cut back to the title."""
    padded = np.vstack([x, np.zeros((longest - len(x), D))])
    return attend(padded)[: len(x)]


def attend_padded_backward(dh: np.ndarray, x: np.ndarray, longest: int) -> dict:
    """The right gradient of that wrong function."""
    padded = np.vstack([x, np.zeros((longest - len(x), D))])
    _, cache = projected_attention_forward(padded, Q, K, V, H, scale)
    d_padded, *_ = projected_attention_backward(np.vstack([dh, np.zeros((longest - len(x), H * d))]), cache)
    return {"x": d_padded[: len(x)]}


# %%
# What it does: what a title means depends on who is in the same batch. In other batches, the same model gives
# other scores. The gradient is right, so a gradient check is of no use. What catches it: a comparison with a
# program that knows no padding.

# %%
numbers = [attend_padded(x, longest)[0, 0] for longest in (5, 12, 30)]
print("room 5: the same word in batches whose longest title has 5, 12, 30 words:", np.round(numbers, 3))
assert np.isclose(numbers[0], h[0, 0])
assert not np.isclose(numbers[1], numbers[2])
by_kernels, _ = kernels.projected_attention_forward(x, Packed.from_lists([range(5)]), Q, K, V, H, scale)
arguments = (lambda x: attend_padded(x, 9), {"x": x}, lambda up: attend_padded_backward(up, x, 9))
noticed["unmasked padding"] = (
    random_upstream_notices(*arguments),
    ones_upstream_notices(*arguments),
    attend_padded(x, 9).shape != (5, H * d),
    not np.allclose(attend_padded(x, 9), by_kernels),
    None,
)

# %%
# Room 6: the first 50 clicks
# ---------------------------
#
# MIND lists a history oldest click first, and a model takes 50 of them. Two well-known programs cut at the wrong
# end: they keep ``history[:50]``. As a function:


# %%
def first_clicks(histories: Packed, most: int) -> Packed:
    """Bug: each history cut to its first `most` clicks."""
    return Packed.from_lists([history[:most] for history in histories.to_lists()])


# %%
# What it does: long histories belong to the most active readers, and for them the model looks at what they liked
# long ago and never at last week. To see it without training, score a candidate by a count: how many clicks of
# the history have its topic. In the demo corpus tastes change, and what somebody read long ago says less. (We leave
# out the users who click local news. What they like cannot be counted; see lesson 13.)

# %%
demo = corpus(seed=7)
names, topics = np.unique([headline.topic for headline in demo.headlines], return_inverse=True)
impressions = [one for one in demo.train.impressions if len(one.user.history) > 50 and not one.user.taste.rival]
histories = Packed.from_lists([one.user.history for one in impressions])
candidates = Packed.from_lists([one.shown for one in impressions])
was_clicked = np.concatenate([one.clicked for one in impressions])


def count_of_topic(histories: Packed) -> np.ndarray:
    """For each candidate, how many clicks of the history have its topic."""
    counts = []
    for user in range(histories.count):
        in_history = np.bincount(topics[histories.sequence(user)], minlength=len(names))
        counts.append(in_history[topics[candidates.sequence(user)]])
    return np.concatenate(counts).astype(float)


def auc(scores: np.ndarray, clicked: np.ndarray, offsets: np.ndarray) -> float:
    """The mean AUC of the impressions (lesson 00)."""
    return float(impression_metrics(scores, clicked, offsets)[:, 0].mean())


of_last = auc(count_of_topic(histories.last(50)), was_clicked, candidates.offsets)
of_first = auc(count_of_topic(first_clicks(histories, 50)), was_clicked, candidates.offsets)
print(f"room 6: AUC of {len(impressions)} long histories, last 50 clicks: {of_last:.3f}, first 50: {of_first:.3f}")
assert of_first < of_last - 0.02

# %%
# Gradients and shapes are right, and layers and kernels agree: both are given the same wrong clicks. An example
# by hand sees it at once. History 1 to 52, the last 50: it should start with 3.

# %%
cut = first_clicks(Packed.from_lists([range(1, 53), [7, 8]]), 50)
table = rng.standard_normal((53, 2))
pooled = [backend.mean_pooling_forward(table[cut.index], cut.offsets)[0] for backend in (batched, kernels)]


def user_vectors(table: np.ndarray) -> np.ndarray:
    """The mean of the (wrong) clicks of each user."""
    return batched.mean_pooling_forward(table[cut.index], cut.offsets)[0]


def back_to_table(upstream: np.ndarray) -> dict:
    """Its gradient."""
    _, cache = batched.mean_pooling_forward(table[cut.index], cut.offsets)
    d_clicks = batched.mean_pooling_backward(upstream, cache)
    _, lookup = embedding_forward(table, cut.index)
    return {"table": embedding_backward(d_clicks, lookup)}


noticed["first 50 clicks"] = (
    random_upstream_notices(user_vectors, {"table": table}, back_to_table),
    ones_upstream_notices(user_vectors, {"table": table}, back_to_table),
    cut.lengths.tolist() != [50, 2],
    not np.allclose(*pooled),
    cut.sequence(0)[0] != 3,
)

# %%
# Room 7: the pooled AUC
# ----------------------
#
# AUC is the share of pairs of a clicked and a not-clicked candidate that are in the right order (lesson 00). MIND
# takes it *within* each impression, then the mean. This takes all candidates of all users in one pot:


# %%
def pooled_auc(scores: np.ndarray, clicked: np.ndarray) -> float:
    """Bug: the AUC over all candidates of all impressions."""
    yes, no = scores[clicked][:, None], scores[~clicked][None, :]
    return float(np.mean((yes > no) + 0.5 * (yes == no)))


# %%
# What it does: it compares candidates that were never on one screen. Two users, each with the clicked one on top.
# The second user's scores are all higher, which changes no ranking:

# %%
scores = np.array([0.2, 0.1, 0.9, 0.8])
clicked = np.array([True, False, True, False])
offsets = np.array([0, 2, 4])
print(f"room 7: both rankings are perfect; pooled AUC {pooled_auc(scores, clicked):.2f}, ", end="")
print(f"AUC per impression {auc(scores, clicked, offsets):.2f}")
assert pooled_auc(scores, clicked) == 0.75  # of 4 pairs, 0.2 against 0.8 is in the wrong order
assert auc(scores, clicked, offsets) == 1.0
noticed["pooled AUC"] = (
    None,  # nothing is differentiated
    None,
    np.shape(pooled_auc(scores, clicked)) != (),
    None,  # neither layers nor kernels compute metrics
    pooled_auc(scores, clicked) != 1.0,
)

# %%
# Such a number cannot be compared with published ones. What catches it: these four candidates, worked by hand.
#
# Room 8: the scatter that overwrites
# -----------------------------------
#
# The gradient of a lookup adds into rows (lesson 02). This looks as if it did:


# %%
def overwriting_backward(dx: np.ndarray, rows: np.ndarray, words: int) -> np.ndarray:
    """Bug: NumPy reads all rows, adds, and writes all rows; of a row that occurs twice the last one stays."""
    d_table = np.zeros((words, dx.shape[1]))
    d_table[rows] += dx
    return d_table


# %%
# What it does: the more frequent a word, the larger the share of its gradient that is thrown away. Count the uses of
# words in the last 64 titles of the demo corpus: of each word, all uses but one are lost. What catches it: a
# gradient check, *if* a word occurs twice in its example.

# %%
titles = [headline.title for headline in demo.headlines[-64:]]
uses = Vocabulary.from_titles(titles).encode(titles, 30).index
lost = 1 - len(np.unique(uses)) / len(uses)
print(f"room 8: {len(uses)} uses of {len(np.unique(uses))} words, {lost:.0%} of the gradients are lost")

table = rng.standard_normal((6, 3))
repeated, each_once = np.array([4, 0, 4, 2]), np.array([4, 0, 1, 2])


def guards_of_lookup(rows: np.ndarray) -> tuple[bool | None, ...]:
    """What the five checks say about the overwriting backward, for these words."""
    upstream = rng.standard_normal((4, 3))
    _, cache = kernels.embedding_forward(table, rows)
    gradient = overwriting_backward(upstream, rows, 6)
    by_hand = overwriting_backward(np.ones((4, 3)), rows, 6)[4, 0]
    arguments = (
        lambda table: embedding_forward(table, rows)[0],
        {"table": table},
        lambda up: {"table": overwriting_backward(up, rows, 6)},
    )
    return (
        random_upstream_notices(*arguments),
        ones_upstream_notices(*arguments),
        gradient.shape != table.shape,
        not np.allclose(gradient, kernels.embedding_backward(upstream, cache).dense(6)),
        by_hand != np.sum(rows == 4),  # each use of word 4 brings a 1
    )


noticed["overwriting scatter"] = guards_of_lookup(repeated)

# %%
# A check is only as good as its example: on a title in which no word occurs twice, *nothing* sees this bug.

# %%
assert not any(guards_of_lookup(each_once))

# %%
# They all train
# --------------
#
# Why do such bugs live for years? Because training works. Below, a small model (one head, a plain mean in place
# of the pooling, users that are given) learns to pick the clicked one of three titles, once with the right
# gradients and once with each of four bugs.


# %%
def add_all(ways: list[np.ndarray]) -> np.ndarray:
    """The sum of the gradients that come back from all ways."""
    return sum(ways[1:], start=ways[0])


def adding_backward(dx: np.ndarray, rows: np.ndarray, words: int) -> np.ndarray:
    """The right gradient of a lookup."""
    d_table = np.zeros((words, dx.shape[1]))
    np.add.at(d_table, rows, dx)
    return d_table


class Pieces(NamedTuple):
    """The parts of a backward that can be exchanged for buggy ones."""

    softmax: Callable = softmax_backward
    fan_out: Callable = add_all
    scatter: Callable = adding_backward


def title_vector(P: dict, rows: np.ndarray) -> np.ndarray:
    """A title's vector: self-attention with one head, then the plain mean."""
    x = P["e"][rows]
    return (softmax(x @ P["Q"] @ (x @ P["K"]).T) @ x @ P["V"]).mean(axis=0)


def gradients_of_title(P: dict, rows: np.ndarray, dr: np.ndarray, pieces: Pieces) -> dict:
    """Backward of title_vector."""
    x = P["e"][rows]
    q, k, v = x @ P["Q"], x @ P["K"], x @ P["V"]
    alpha = softmax(q @ k.T)
    dh = np.tile(dr / len(x), (len(x), 1))
    dS = pieces.softmax(dh @ v.T, alpha)
    dq, dk, dv = dS @ k, dS.T @ q, alpha.T @ dh
    dx = pieces.fan_out([dq @ P["Q"].T, dk @ P["K"].T, dv @ P["V"].T])
    return {"e": pieces.scatter(dx, rows, len(P["e"])), "Q": x.T @ dq, "K": x.T @ dk, "V": x.T @ dv}


def train(pieces: Pieces, steps: int = 150, rate: float = 0.05) -> list[float]:
    """Gradient descent on 8 samples; the mean loss before each step."""
    rng = np.random.default_rng([14, 1])
    P = {"e": rng.standard_normal((10, 4)), **{name: rng.standard_normal((4, 4)) / 2 for name in "QKV"}}
    samples = [(rng.standard_normal(4), rng.integers(10, size=(3, 5))) for _ in range(8)]  # a user, three titles
    losses = []
    for _ in range(steps):
        total, gradients = 0.0, {name: np.zeros_like(value) for name, value in P.items()}
        for user, three in samples:
            vectors = np.array([title_vector(P, rows) for rows in three])
            loss, cache = softmax_loss_forward(vectors @ user, 0)
            total += loss / len(samples)
            for rows, d_score in zip(three, softmax_loss_backward(1 / len(samples), cache), strict=True):
                for name, gradient in gradients_of_title(P, rows, d_score * user, pieces).items():
                    gradients[name] += gradient
        losses.append(total)
        for name in P:
            P[name] -= rate * gradients[name]
    return losses


variants = {
    "right": Pieces(),
    "softmax as p (1 − p)": Pieces(softmax=sigmoid_like_backward),
    "zero gradient": Pieces(softmax=absent_backward),
    "lost fan-out": Pieces(fan_out=lambda ways: ways[-1]),
    "overwriting scatter": Pieces(scatter=overwriting_backward),
}
drawing = course.figure(6.6, 3.6)
axes = drawing.add_subplot()
for (name, pieces), style in zip(variants.items(), ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1))), strict=True):
    losses = train(pieces)
    axes.plot(losses, linestyle=style, label=f"{name}: {losses[-1]:.2f} at the end")
    assert losses[-1] < 0.7 * losses[0]
axes.set_xlabel("step")
axes.set_ylabel("mean loss")
axes.set_ylim(0)
axes.set_title("A falling loss proves nothing")
axes.legend(fontsize=9)
course.save(drawing, "15_training")

# %%
# All five fall, and without the solid line nobody could say which are wrong. One bug even ends lower than the
# right gradients. That is luck: with twice the step size it diverges and the right one does not.

# %%
with np.errstate(over="ignore", invalid="ignore"):
    assert not train(variants["softmax as p (1 − p)"], rate=0.1)[-1] < 1
assert train(variants["right"], rate=0.1)[-1] < 0.2

# %%
# Which check sees which bug
# --------------------------
#
# The table is what the rooms have measured, not what we believe. A dash: the check does not apply, or the room
# has no example by hand.

# %%
drawing = course.figure(7.4, 4.4)
axes = drawing.add_subplot()
looks = {True: (course.BLUE, "caught"), False: (course.ORANGE, "not seen"), None: ("#eeeeee", "–")}
for row, answers in enumerate(noticed.values()):
    for column, answer in enumerate(answers):
        colour, word = looks[answer]
        axes.barh(row, 0.94, left=column - 0.47, height=0.88, color=colour)
        axes.text(column, row, word, ha="center", va="center", color="white" if answer else "black", fontsize=9)
axes.set_xlim(-0.5, len(CHECKS) - 0.5)
axes.set_ylim(len(noticed) - 0.5, -0.5)
axes.set_xticks(range(len(CHECKS)), CHECKS)
axes.xaxis.tick_top()
axes.set_yticks(range(len(noticed)), [f"{room}  {bug}" for room, bug in enumerate(noticed, start=1)])
axes.tick_params(length=0)
axes.spines[:].set_visible(False)
course.save(drawing, "15_checks")

assert len(noticed) == 8
assert all(any(answers) for answers in noticed.values())  # every bug is caught by something
assert not any(all(answers[column] for answers in noticed.values()) for column in range(5))  # nothing catches all

# %%
# What to remember
# ----------------
#
# 1. A falling loss proves nothing: a model trains with a bug, too.
# 2. A gradient check sees wrong gradients, never a right gradient of a wrong function; for that there are shapes,
#    a second program, and examples by hand.
# 3. A check is as good as its example: random upstream, different sizes, repeated words, histories that are too
#    long.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/15_bug_museum.py``, repair the bugs, and run ``python -m lessons.check 15``.
#
# Further: (a) Forget the factor 1/√d in the backward only. Which of the five checks see it? And in forward and
# backward both? (b) Find a ninth bug: change one sign, one axis or one index in ``nrms_np/layers``, run ``pytest
# tests``, and see who notices. (c) Write a check that would have found room 5 without a second program: encode a
# title alone and in a batch.
