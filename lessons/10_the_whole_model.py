r"""
Lesson 10: the whole model
==========================

About 80 minutes, half of them for the exercises.

You have all the pieces, and each has been checked alone. Here they become NRMS: the forward in a few lines, the
backward in as many, the values that training starts from, and a check of everything at once. Then we follow one
click all the way back to one word, and forward again to the next score.

You need: lessons 06 to 09, and the directional check at the end of lesson 01.

=============  =======================================================================================
x (words, D)   word vectors, one row per word; in our story D = 4 numbers: sport, space, action, time
news (n, H·d)  news vectors, one row per item; H = 2 heads of d = 2, so sport, space, action, time again
u (H·d,)       the user vector, out of T clicks; users (B, H·d) for a batch of B impressions
ŷ, p (C,)      the click scores of C candidates, and their softmax
dX             the gradient of the loss L with respect to X; it has the shape of X
=============  =======================================================================================
"""

# %%
from functools import partial

import numpy as np

import course
from lessons import story
from lessons.draw import lesson_10 as draw
from nrms_np import Config
from nrms_np.backend import Backend, get_backend
from nrms_np.encoder import attend_backward, attend_forward, prefixed, subset
from nrms_np.gradcheck import GradientError, assert_gradient, directional_derivative, numerical_gradient
from nrms_np.packed import Batch, Packed
from nrms_np.parameters import initial_parameters

# %%
# One impression
# --------------
#
# The story so far: a reader clicked on *Coaches win again and again* and on *Moon launch*. They were shown *Rockets
# win again*, *Rockets launch again* and *Bank rates rise*, and clicked on the first. (The Rockets are a basketball
# team.) The model turns this into one number, the loss, and then into a change of every parameter.
#
# A ``Batch`` holds what one training step needs, as row numbers only. Titles refer to rows of a table of words.
# Histories and candidates refer to rows of a table of news. Each news item is named once, however often it is used.
# Of the candidates, the clicked one comes first.

# %%
batch = story.batch()
assert batch.titles.to_lists() == [story.TITLES[title] for title in [*story.HISTORY, *story.CANDIDATES]]
assert batch.histories.to_lists() == [[0, 1]]  # one reader, who clicked on news 0 and 1
assert batch.candidates.tolist() == [[2, 3, 4]]  # and was shown news 2, 3 and 4

# %%
# This is the graph of the whole model. Black arrows go forward and carry arrays of the shapes written on them. The
# red ones are the gradients that return; each has the shape of its array.

# %%
course.show(
    draw.model(),
    "10_the_whole_model",
    caption="The table of news is used twice, as the clicks of a history and as candidates. So two gradients return to it.",
    alt="Words go through attend into a table of news. From there one arrow goes through attend to the user vector, "
    "another directly to the score. Score, then loss. A dashed red gradient returns along every arrow.",
)

# %%
# Forward
# -------
#
# Equations 1 to 5 are **attend** over the words of each title, equations 6 to 10 are attend over the news of each
# history (lessons 06 to 08). What is left are the lookup, the score and the loss:

# %%
Parameters = dict[str, np.ndarray]


def forward(parameters: Parameters, batch: Batch, heads: int, backend: Backend) -> tuple[float, tuple]:
    """The mean loss of a batch, and what the backward needs."""
    table, of_news, of_user = parameters["word_embedding"], subset(parameters, "news"), subset(parameters, "user")
    scale = 1 / np.sqrt(of_news["attention.V"].shape[1] // heads)
    x, lookup = backend.embedding_forward(table, batch.words)  # (words, D)
    news, titles = attend_forward(x, batch.titles, of_news, heads, scale, backend)  # (n, H·d)
    users, histories = attend_forward(news, batch.histories, of_user, heads, scale, backend)  # (B, H·d)
    scores, products = backend.click_score_forward(users, news, batch.candidates)  # (B, C)
    losses, softmaxes = backend.softmax_loss_forward(scores, np.zeros(len(scores), dtype=int))  # (B,)
    return float(losses.mean()), (scores, len(table), lookup, titles, histories, products, softmaxes)


# %%
# ``backend`` says who does the work. Until here every function took one sequence at a time. ``get_backend("layers")``
# has the same functions for a whole batch: it loops over the sequences and calls the ones that you know.
# ``get_backend("kernels")`` has them compiled, for speed; lesson 13 builds those. (The first time that they run on a
# machine it takes some twenty seconds to compile them.) (``subset(parameters, "news")`` are
# the parameters whose names begin with ``news.``, without that beginning. ``prefixed``, below, puts it back.)

# %%
layers = get_backend("layers")
loss, caches = forward(story.PARAMETERS, batch, story.HEADS, layers)
scores = caches[0][0]
p = np.exp(scores) / np.exp(scores).sum()
print(f"scores {scores.round(3)}, probabilities {p.round(3)}, loss {loss:.3f}")
assert np.allclose(scores, [1.516, 2.026, 0], atol=1e-3)
assert np.isclose(loss, -np.log(p[0]))

# %%
# The model puts *Rockets launch again* first, and it is wrong: the reader took the team. *Bank rates rise* has the
# score 0, since the model knows none of its words.
#
# .. admonition:: Write before you read on
#
#     Our forward is for a batch and takes attend as one piece. Write the model for one impression, from the functions of
#     lessons 04 to 09: first ``model_forward`` in ``lessons/exercises/10_the_whole_model.py``, then ``model_backward``,
#     before you read ours. Run ``python -m lessons.check 10 model_forward model_backward``.

# %%
course.derive("model_backward")

# %%
# Backward
# --------
#
# The lines of the forward in reverse order. Above each line stands, as a comment, the one that it differentiates.


# %%
def backward(caches: tuple, backend: Backend) -> Parameters:
    """The gradient of every parameter, under the parameters' names."""
    scores, rows, lookup, titles, histories, products, softmaxes = caches
    # loss = losses.mean()
    d_losses = np.full(len(scores), 1 / len(scores))
    # losses = softmax_loss(scores)
    d_scores = backend.softmax_loss_backward(d_losses, softmaxes)
    # scores = users · news[candidates]
    d_users, d_news = backend.click_score_backward(d_scores, products)  # news as candidates
    # users = attend(news, histories)
    d_clicked, of_user = attend_backward(d_users, histories)
    d_news += d_clicked  # and news as clicks
    # news = attend(x, titles)
    dx, of_news = attend_backward(d_news, titles)
    # x = table[words]
    d_table = backend.embedding_backward(dx, lookup).dense(rows)
    return {"word_embedding": d_table, **prefixed(of_news, "news"), **prefixed(of_user, "user")}


gradients = backward(caches, layers)
assert all(gradients[name].shape == value.shape for name, value in story.PARAMETERS.items())

# %%
# One line is not a line of the forward turned round: ``d_news += d_clicked``. The forward uses the array ``news``
# twice. So two gradients come back to it, and only their sum goes on. (Lesson 07 had a row with three terms. In this
# impression each row has one: the news of the history were not shown, and those shown are in no history.)
#
# With the numbers of the story: the score passes :math:`d\hat y_c \, u` to candidate c, where :math:`d\hat y = p - y`
# (lesson 09), here (0.347 − 1, 0.577, 0.076). The user vector is u = (0.665, 1.076, 0.308, 0.340). So the sport of the
# clicked candidate is passed −0.653 · 0.665 = −0.434: more sport in this news vector would make the loss smaller.
# The two clicks are passed theirs through the user vector.

# %%
d_scores = (p - np.array([1.0, 0.0, 0.0]))[None]  # (B, C), B = 1
d_users, as_candidates = layers.click_score_backward(d_scores, caches[5])
as_clicks, _ = attend_backward(d_users, caches[4])
assert np.isclose(as_candidates[2, 0], -0.653 * 0.665, atol=1e-3)
assert not as_candidates[:2].any()
assert not as_clicks[2:].any()

# %%
# The package's model is these lines, and dropout where it is asked for. Same loss, same gradients; and, where Numba
# is installed, the compiled backend agrees with the plain one:

# %%
package_loss, package_gradients = story.model().loss_and_gradients(batch)
assert package_loss == loss
assert all(np.array_equal(gradients[name], package_gradients[name]) for name in gradients)
for name in course.BACKENDS:
    their_loss, their_caches = forward(story.PARAMETERS, batch, story.HEADS, get_backend(name))
    theirs = backward(their_caches, get_backend(name))
    assert np.isclose(their_loss, loss, rtol=1e-12)
    assert all(np.allclose(theirs[name], gradients[name], atol=1e-12) for name in gradients)

# %%
# First values
# ------------
#
# The story's matrices are chosen by hand. A real model starts from numbers that are drawn at random. Why not from
# zeros? Because then nothing ever moves. With V = 0 all news vectors are 0, so u is 0, and each factor of the score
# passes back the other one, which is 0:

# %%
zeros = {name: np.zeros_like(value) for name, value in story.PARAMETERS.items()} | {"word_embedding": story.TABLE}
loss_of_zeros, zero_caches = forward(zeros, batch, story.HEADS, layers)
assert np.isclose(loss_of_zeros, np.log(3))
assert not any(gradient.any() for gradient in backward(zero_caches, layers).values())

# %%
# Why not all equal? Because equal heads get equal gradients. They stay equal for ever, and two heads do the work of
# one. Random numbers break the tie:

# %%
equal = {name: np.full_like(value, 0.3) for name, value in story.PARAMETERS.items()} | {"word_embedding": story.TABLE}
dV = backward(forward(equal, batch, story.HEADS, layers)[1], layers)["news.attention.V"]
assert dV.any()
assert np.allclose(dV, dV[:, :1])  # all columns alike: head 0 and head 1, and within a head

# %%
# How large? Take a product y = x W, with W of ``rows`` rows and ``columns`` columns. Let the numbers of x and W be
# independent with mean 0. Each number of y is a sum of ``rows`` terms, so its variance is
# :math:`\text{rows} \cdot \sigma^2` times that of x, where σ² is the variance of W's numbers. Backward, dx = dy Wᵀ,
# each number is a sum of ``columns`` terms. We want neither to grow nor to shrink: rows · σ² and columns · σ² should
# both be 1. Both cannot be, so let their mean be 1. The numbers are drawn evenly from −ℓ to ℓ; such numbers have the
# variance ℓ² / 3.
#
# .. admonition:: Derive before you read on
#
#     What is ℓ? Write ``derive_limit(rows, columns)`` and run ``python -m lessons.check 10 derive_limit``.

# %%
course.derive("derive_limit")

# %%
# With σ² = ℓ² / 3 the mean of the two is :math:`\frac{\text{rows} + \text{columns}}{2} \cdot \frac{\ell^2}{3} = 1`. So
#
# .. math:: \ell = \sqrt{\frac{6}{\text{rows} + \text{columns}}}
#
# (Glorot and Bengio, 2010.) The package draws all matrices so, and each query q as a matrix of one column. Biases start
# at 0, which does no harm: their gradients do not vanish there. Word vectors without GloVe are normal with a standard
# deviation of 0.4.
#
# What does the size do? The first loss should be near log(1 + K), the loss of a model that knows nothing (lesson 09).
# We multiply all matrices and queries by a factor and look at it, for 20 seeds, with K = 4. Three value matrices stand
# between the words and a score: those of the news on both sides of the dot product, and that of the user on one. So
# twice as large matrices make about eight times as large scores, and the model begins sure of itself and wrong.

# %%
rng = np.random.default_rng(10)
TWELVE = Batch(  # twelve titles, three readers; candidates may be clicks too
    words=np.arange(40, dtype=np.int32),
    titles=Packed.from_lists(rng.integers(0, 40, length) for length in rng.integers(4, 9, 12)),
    histories=Packed.from_lists([[0, 1, 2, 3], [4], [2, 3, 5, 6, 7, 2]]),
    candidates=np.array([[8, 9, 10, 11, 3], [9, 2, 8, 6, 11], [10, 8, 7, 9, 11]], dtype=np.int32),
)
SIZES = {"word_dim": 60, "heads": 4, "head_dim": 12, "query_dim": 20}


def first_values(seed: int, factor: float = 1.0) -> Parameters:
    """The package's first values in float64, all but the word vectors multiplied by a factor."""
    drawn = initial_parameters(Config(seed=seed, **SIZES), words=40)
    return {name: (1 if name == "word_embedding" else factor) * np.float64(value) for name, value in drawn.items()}


factors = [0.25, 0.5, 1, 1.5, 2, 2.5]
first = [[forward(first_values(seed, factor), TWELVE, 4, layers) for seed in range(20)] for factor in factors]
first_losses = np.array([[loss for loss, _ in seeds] for seeds in first])  # (factors, seeds)
spreads = [np.median([caches[0].std() for _, caches in seeds]) for seeds in first]
spread = dict(zip(factors, spreads, strict=True))
print(f"spread of the scores, matrices as drawn {spread[1]:.2f}, twice as large {spread[2]:.2f}")
assert 5 < spread[2] / spread[1] < 12
assert abs(np.median(first_losses[2]) - np.log(5)) < 0.1

course.show(
    draw.first_loss(factors, first_losses, np.log(5)),
    "10_first_loss",
    caption="Each dot is a seed, the line the median. At the factor 1, the package's first values, the loss is near log 5.",
    alt="First loss against a factor on all matrices: close to the dotted line log 5 up to 1, then rising and scattered.",
)

# %%
# Smaller is no better. At a quarter the loss is log 5 for all seeds, but the gradient of the word vectors is about a
# sixty-fourth of what it was, for the same reason: three matrices stand between them and the loss.

# %%
quarter, as_drawn = (
    np.median([np.linalg.norm(backward(caches, layers)["word_embedding"]) for _, caches in first[place]])
    for place in (factors.index(0.25), factors.index(1))
)
assert 50 < as_drawn / quarter < 90

# %%
# Everything checked at once
# --------------------------
#
# This model has 20,000 numbers. To measure the derivative with respect to each would take two forwards for each number. The
# directional check of lesson 01 takes two forwards a direction, however many numbers there are. One direction for the
# whole model would tell that something is wrong, but not where. So we move one array at a time, along six random
# directions. (We take matrices twice as large as those that training starts from. With the first values the user's
# pooling has a gradient near a millionth, too small to be measured against rounding.)

# %%
whole = first_values(seed=0, factor=2)
assert sum(value.size for value in whole.values()) == 19_952


def directional_check(parameters: Parameters, gradients: Parameters, names: list[str], backend: Backend) -> list[float]:
    """The relative error of each of these arrays. Raises GradientError at the first that is too large."""
    rng = np.random.default_rng(1)
    loss_now = partial(loss_of, parameters, backend)
    errors = []
    for name in names:
        size = parameters[name].size
        directions = 2 / np.sqrt(size) * rng.standard_normal((6, *parameters[name].shape))
        measured = [directional_derivative(loss_now, parameters[name], direction) for direction in directions]
        by_hand = [np.sum(gradients[name] * direction) for direction in directions]
        errors.append(assert_gradient(name, np.array(by_hand), np.array(measured)))
    return errors


def loss_of(parameters: Parameters, backend: Backend) -> float:
    """The loss of the twelve titles."""
    return forward(parameters, TWELVE, 4, backend)[0]


for name in course.BACKENDS:
    backend = get_backend(name)
    by_hand = backward(forward(whole, TWELVE, 4, backend)[1], backend)
    errors = directional_check(whole, by_hand, list(whole), backend)
    print(f"{name}: {len(errors)} arrays checked, largest error {max(errors):.0e}")
    assert max(errors) < 1e-7

# %%
# Does it find a mistake? Leave out the line ``d_news += d_clicked``. Nothing crashes, and all shapes are right. All
# parameters of the user level pass, because the gradient reaches them before the two have to meet. Behind the meeting
# point everything is wrong:


# %%
def forgetful_backward(caches: tuple, backend: Backend) -> Parameters:
    """News as candidates only: what comes back through the histories is lost."""
    scores, rows, lookup, titles, _, products, softmaxes = caches
    d_scores = backend.softmax_loss_backward(np.full(len(scores), 1 / len(scores)), softmaxes)
    _, d_news = backend.click_score_backward(d_scores, products)
    dx, of_news = attend_backward(d_news, titles)
    d_table = backend.embedding_backward(dx, lookup).dense(rows)
    return backward(caches, backend) | {"word_embedding": d_table, **prefixed(of_news, "news")}


wrong = forgetful_backward(forward(whole, TWELVE, 4, layers)[1], layers)
directional_check(whole, wrong, [name for name in whole if name.startswith("user")], layers)  # passes
for name in (name for name in whole if not name.startswith("user")):
    try:
        directional_check(whole, wrong, [name], layers)
        raise SystemExit("the check did not notice")
    except GradientError as error:
        if name == "word_embedding":
            print(str(error).split(";")[0])

# %%
# One click, traced
# -----------------
#
# Back to the story, for the whole way. Plain *gradient descent* changes every parameter θ by −η dθ, where η is the
# *learning rate*, here 0.05. (Lesson 11 makes better steps.) By how much will the loss change?
#
# .. admonition:: Derive before you read on
#
#     Write ``derive_loss_change(gradients, learning_rate)``, from the gradients alone, good for small η, and run
#     ``python -m lessons.check 10 derive_loss_change``.

# %%
course.derive("derive_loss_change")

# %%
# If every number :math:`\theta_i` moves by a little, the effects add up: the loss changes by about :math:`\sum_i
# d\theta_i \, \Delta\theta_i`. With :math:`\Delta\theta_i = -\eta \, d\theta_i` this is
#
# .. math:: \Delta L \approx - \eta \sum_i d\theta_i^2
#
# never positive: a small enough step makes the loss smaller. In the story the sum is 14.37. With η = 0.001 the
# formula says −0.0144, and −0.0143 happens. With η = 0.05 it says −0.72 and −0.59 happens. With η = 0.1 it says −1.44,
# more than the whole loss of 1.06, and −0.90 happens: the gradient knows the slope, not the bend.


# %%
def after_step(learning_rate: float) -> Parameters:
    """The story's parameters after one step of gradient descent."""
    return {name: value - learning_rate * gradients[name] for name, value in story.PARAMETERS.items()}


squares = sum(np.sum(gradient**2) for gradient in gradients.values())
small, ours, large = (forward(after_step(rate), batch, story.HEADS, layers)[0] - loss for rate in (0.001, 0.05, 0.1))
assert np.isclose(squares, 14.37, atol=0.01)
assert np.isclose(small, -0.001 * squares, rtol=0.01)
assert np.allclose([ours, large], [-0.592, -0.904], atol=1e-3)

# %%
# **This click changed this word vector by this much.** *win* stands in two titles, in *Coaches win again and again*,
# an old click, and in *Rockets win again*, the new one. Its gradient is (−0.979, −0.545, −0.182, −0.015). The
# step takes it from (2, 0, 1, 0) to (2.049, 0.027, 1.009, 0.001): a little more sport than before.

# %%
WIN = story.WORDS.index("win")
d_win = gradients["word_embedding"][WIN]
assert np.allclose(d_win, [-0.979, -0.545, -0.182, -0.015], atol=1e-3)
assert np.allclose(after_step(story.LEARNING_RATE)["word_embedding"][WIN], [2.049, 0.027, 1.009, 0.001], atol=1e-3)

# %%
# **Along these routes.** The gradient came back along several ways, and the backward has summed them. To see them one
# by one, use the rule of the shared value the other way round: *give each use a copy of its own*. The gradient of the
# copy is the share of that use. Here every place of every title gets its own row in the table of words. And each row
# holds the word vector three times, as query, as key and as value. Q is widened with zeros, so that it reads the
# first copy only, K the second and V the third. The forward computes the same numbers as before:

# %%
places = batch.titles.index  # the 16 words of the five titles, end to end
copies = np.tile(story.TABLE[places], 3)  # (16, 3·D): one row a place; as query, as key, as value
split = {**story.PARAMETERS, "word_embedding": copies}
for role, name in enumerate("QKV"):
    wide = np.zeros((3, 4, 4))
    wide[role] = story.PARAMETERS[f"news.attention.{name}"]
    split[f"news.attention.{name}"] = wide.reshape(12, 4)
rows = np.arange(len(places), dtype=np.int32)
apart = batch._replace(words=rows, titles=Packed(rows, batch.titles.offsets))

loss_apart, caches_apart = forward(split, apart, story.HEADS, layers)
assert np.isclose(loss_apart, loss)
shares = backward(caches_apart, layers)["word_embedding"].reshape(-1, 3, 4)  # place, role, number
measured = numerical_gradient(lambda: forward(split, apart, story.HEADS, layers)[0], copies).reshape(-1, 3, 4)
assert_gradient("copies", shares, measured)  # each share by itself is what differences measure

# %%
# The six shares of *win* sum to its gradient. As before, ▼ means that this number should grow: the loss falls with it.

# %%
of_win = places == WIN
routes = shares[of_win].reshape(6, 4)
assert np.allclose(routes.sum(axis=0), d_win)
measured_sum = measured[of_win].sum(axis=(0, 1))
assert np.allclose(routes[:, 0], [-0.118, -0.113, -0.417, -0.034, -0.014, -0.282], atol=1e-3)
course.show(
    draw.routes(routes, d_win, measured_sum, story.DIMENSIONS),
    "10_routes",
    caption="Each row was computed by hand and measured; so was the sum. Two thirds of the sport come back through the "
    "old click, one third through the candidate.",
    alt="A table of six gradients of the word win: as query, key and value in the clicked title of the history, and in "
    "the candidate; below a rule their sum, and the measured sum, which is the same.",
)

# %%
# Read the column *sport*. The strongest route is the one as value in the *old* click: more sport in *win* makes more
# sport in that news vector and in the user vector, and so a higher score for a title of sport. The new title gives
# less: its own sport is worth only what the user vector has of it. In the column *space* the sign surprises. Should
# *win* turn to space? As a candidate's value, yes: this reader's u has more space (1.076) than sport (0.665), and a
# candidate scores by being like u.
#
# **And the next score rose.** The same impression after the step:
#
# *Predict first:* the scores were 1.516, 2.026 and 0. Which candidate is first now?

# %%
new_scores = forward(after_step(story.LEARNING_RATE), batch, story.HEADS, layers)[1][0][0]
assert np.allclose(new_scores, [2.288, 1.586, -0.007], atol=1e-3)
assert new_scores.argmax() == story.CLICKED
course.show(
    draw.next_score(story.CANDIDATES, scores, new_scores),
    "10_next_score",
    caption="The scores before and after one step with η = 0.05. The clicked candidate, ●, is now first.",
    alt="Three lines from before to after: Rockets win again rises from 1.52 to 2.29, Rockets launch again falls from "
    "2.03 to 1.59, Bank rates rise stays at 0.",
)

# %%
# How much of that came from *win*? Move this one row and leave all else: the clicked score rises from 1.516 to 1.617;
# the second falls by 0.002, the third stays. The rest came from the other arrays. Their shares, to first order, are sums of
# products again: −η Σ dθ · (∂ŷ / ∂θ) over the numbers of each array. Their sum is the slope of the score along the
# step, and that can be measured:
#
# *Predict first:* which array has the largest share?

# %%
only_win = {name: value.copy() for name, value in story.PARAMETERS.items()}
only_win["word_embedding"][WIN] -= story.LEARNING_RATE * d_win
with_win = forward(only_win, batch, story.HEADS, layers)[1][0][0]
assert np.allclose(with_win - scores, [0.101, -0.002, 0], atol=1e-3)

one = np.array([[1.0, 0.0, 0.0]])  # the gradient of the clicked score with respect to the scores
d_users, d_news = layers.click_score_backward(one, caches[5])
d_clicked, of_user = attend_backward(d_users, caches[4])
dx, of_news = attend_backward(d_news + d_clicked, caches[3])
of_score = {"word_embedding": dx, **prefixed(of_news, "news"), **prefixed(of_user, "user")}
rise = {name: -story.LEARNING_RATE * np.sum(gradients[name] * of_score[name]) for name in gradients}
above, below = (forward(after_step(h), batch, story.HEADS, layers)[1][0][0, 0] for h in (1e-5, -1e-5))
assert np.isclose(sum(rise.values()), story.LEARNING_RATE * (above - below) / 2e-5, rtol=1e-7)
parts = sorted(rise.items(), key=lambda part: -part[1])[:4]
print(f"rise {sum(rise.values()):.3f}:", ", ".join(f"{name} {value:.3f}" for name, value in parts), "...")

# %%
# Half of the rise is due to one matrix, the V of the news level: it makes every title's vector, five times in this
# impression. (The slope promises +0.60, and +0.77 happens, because the score bends upward: the same matrix is in both
# factors of the dot product.)
#
# The parameters are shared, so one click changes more than its own impression. A title that nobody was shown, *Coaches
# win*, rises for this reader from 1.48 to 2.51. And for another reader, whose only click is *Moon launch*, a second
# *Moon launch* falls from 4.25 to 3.37. Other readers' clicks will pull it up again. That is why training takes many
# small steps.


# %%
def score_of(parameters: Parameters, title: list[str], history: list[int]) -> float:
    """The score of one more title for a reader with this history."""
    rows = [story.WORDS.index(word) for word in title]
    titles = Packed.from_lists([*batch.titles.to_lists(), rows])
    more = batch._replace(titles=titles, histories=Packed.from_lists([history]), candidates=np.array([[5, 3, 4]]))
    return float(forward(parameters, more, story.HEADS, layers)[1][0][0, 0])


then = after_step(story.LEARNING_RATE)
unseen = [score_of(parameters, ["coaches", "win"], [0, 1]) for parameters in (story.PARAMETERS, then)]
other_reader = [score_of(parameters, ["moon", "launch"], [1]) for parameters in (story.PARAMETERS, then)]
assert np.allclose([*unseen, *other_reader], [1.484, 2.506, 4.250, 3.374], atol=1e-3)

# %%
# What to remember
# ----------------
#
# 1. NRMS is lookup, attend, attend, dot product, softmax. The backward is the same list from its end; ``news`` is used
#    twice, so ``d_news += d_clicked``.
# 2. First values: not zero, not equal, within ±√(6 / (rows + columns)); the first loss is then near log(1 + K).
# 3. Check the whole along random directions, an array at a time. To see the routes of a gradient, give each use a copy.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/10_the_whole_model.py``, and run ``python -m lessons.check 10``. Besides what you were
# asked for above, there is a directional check of all arrays at once. When lessons 02 to 10 are done, run ``python -m
# lessons.mine``: the model is then yours from the first row to the last.
#
# Further: (a) Set only the pooling queries q to 0, on both levels. Which gradients vanish in the first step, which in the
# second, and does the model learn? (b) Trace *rockets*, which stands in both candidates. Why is its gradient so
# small? (c) Take the step with η = 1. Is the clicked candidate still first, and is the loss smaller? What does that say
# about the slope? Answers are in ``lessons/further/10.md``.
