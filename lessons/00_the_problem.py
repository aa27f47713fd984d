r"""
Lesson 00: the problem
======================

About 10 minutes for the short way in, 50 for the rest, exercises included.

A news page shows a reader a few titles. The reader clicks some and passes over the others. Which ones? NRMS, the
model of this course, answers with one number for each title. This lesson begins with the whole thing in forty lines:
a tiny NRMS that trains and recommends. Then it goes back to the question: what the log of a news page holds, what is
predicted from it, and how a prediction is judged.

You need: Python, a little NumPy, matrices, derivatives (from lesson 01 on). Nothing about neural networks. Run it cell
by cell, in its page or in an editor that knows ``# %%``, or as a whole: ``python lessons/00_the_problem.py`` from the
project's folder.

============  ==============================================================================
history       the titles that a reader clicked on before
candidates    the titles that the page shows now, some clicked, the others not
score         the model's one number for a candidate, s or ŷ; higher should mean clicked
loss, L       how wrong the scores are, one number; training makes it smaller
P, N          how many candidates of one impression were clicked, and how many not
============  ==============================================================================
"""

# %%
from itertools import permutations

import numpy as np

import course
from lessons.draw import lesson_00 as draw
from nrms_np.evaluation.metrics import impression_metrics, mean_metrics, ranks

# %%
# The short way in
# ----------------
#
# Here is all of NRMS in some forty lines. You need not understand each yet: every one of them gets a lesson. Read it
# once, run it, and look at what comes out.
#
# Six readers. Each had read two titles, was then shown two more, and clicked on the first of these. (The Rockets are a
# basketball team; rockets also fly to the Moon. Nobody here has clicked on either so far.)

# %%
LOG = [
    ("coaches win", "fans cheer", "coaches cheer", "moon orbit"),  # read, read, clicked, not clicked
    ("fans cheer", "fans win", "coaches win", "moon launch"),
    ("coaches cheer", "coaches win", "fans win", "launch orbit"),
    ("moon launch", "launch orbit", "moon orbit", "fans cheer"),
    ("moon orbit", "moon launch", "launch orbit", "coaches cheer"),
    ("launch orbit", "moon orbit", "moon launch", "fans win"),
]
TITLES = [*sorted({title for line in LOG for title in line}), "rockets win", "rockets launch"]
WORDS = sorted({word for title in TITLES for word in title.split()})
ROWS = np.array([[WORDS.index(word) for word in title.split()] for title in TITLES])  # each title as numbers of words
READ = np.array([[TITLES.index(title) for title in line] for line in LOG])  # each line as numbers of titles
D = 4  # a word is a row of four numbers


def softmax(a: np.ndarray) -> np.ndarray:
    """Scores become weights that are positive and sum to 1: lesson 03."""
    exps = np.exp(a - a.max(axis=-1, keepdims=True))
    return exps / exps.sum(axis=-1, keepdims=True)


def attend(x: np.ndarray, Q: np.ndarray, K: np.ndarray, V: np.ndarray, W: np.ndarray, q: np.ndarray) -> np.ndarray:
    """NRMS is this function, used twice: n sequences of vectors (n, T, D) become n vectors (n, D)."""
    alpha = softmax(x @ Q @ (x @ K).swapaxes(1, 2) / np.sqrt(D))  # who looks at whom: lesson 03
    h = alpha @ (x @ V)  # and takes what from there: lesson 04
    return (softmax(np.tanh(h @ W) @ q)[:, None] @ h)[:, 0]  # many vectors become one: lesson 05


def score(model: list[np.ndarray], histories: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """One number for each candidate, (readers, candidates)."""
    news = attend(model[0][ROWS], *model[1:6])  # words become news: lesson 06
    users = attend(news[histories], *model[6:])  # read news become a user: lessons 07 and 08
    return (users[:, None] @ news[candidates].swapaxes(1, 2))[:, 0]  # user · candidate: lesson 09


def loss(model: list[np.ndarray]) -> float:
    """How wrong the model is: near 0 where every clicked title has by far the higher score. Lesson 09."""
    return float(-np.log(softmax(score(model, READ[:, :2], READ[:, 2:]))[:, 0]).mean())


def train(left_alone: int | None = None, seed: int = 0) -> list[np.ndarray]:
    """Start with random numbers. 20 times: see how the loss changes with each number, and move each to where it falls."""
    rng = np.random.default_rng(seed)
    of_attend = [(D, D), (D, D), (D, D), (D, D), (D,)]  # Q, K, V, W, q: for words, and once more for news
    model = [0.5 * rng.standard_normal(shape) for shape in [(len(WORDS), D), *of_attend, *of_attend]]
    for _ in range(20):
        before, gradients = loss(model), [np.zeros_like(array) for array in model]
        for number, (array, gradient) in enumerate(zip(model, gradients, strict=True)):
            if number == left_alone:
                continue
            for place in np.ndindex(array.shape):
                array[place] += 1e-6  # move one number a little,
                gradient[place] = (loss(model) - before) / 1e-6  # look what the loss does,
                array[place] -= 1e-6  # and put it back
        for array, gradient in zip(model, gradients, strict=True):
            array -= 0.5 * gradient
    return model


trained = train()
print(f"loss after training: {loss(trained):.3f} (knowing nothing: {np.log(2):.3f})")

# %%
# It has learned the log. Now two new readers, and two titles in which *rockets* stands, a word that no reader has ever
# clicked on or passed over. And no word of these titles stands in what the two have read:
#
# *Predict first:* which of the two titles comes first for the sport fan, and which for the space fan?

# %%
sport_fan, space_fan = (
    [TITLES.index(title) for title in read] for read in (("coaches cheer", "fans cheer"), ("moon orbit", "moon orbit"))
)
both = [TITLES.index("rockets win"), TITLES.index("rockets launch")]
recommended = score(trained, np.array([sport_fan, space_fan]), np.array([both, both]))
for reader, numbers in zip(("sport", "space"), recommended, strict=True):
    print(f"the {reader} fan: rockets win {numbers[0]:5.2f}, rockets launch {numbers[1]:5.2f}")
assert recommended[0].argmax() == 0
assert recommended[1].argmax() == 1
assert not set(ROWS[[*sport_fan, *space_fan]].ravel()) & set(ROWS[both].ravel())  # no word in common

# %%
# Each reader gets the title that fits. That is NRMS. (Left out: several heads side by side, the b of the
# pooling, and dropout; they come in lessons 02 to 05.) Counting words in common could not
# do this: it would give all four scores a 0. The model has learned from the clicks of others which words go together.
#
# *rockets win* gets about 0 from both, so the difference is all in *launch*: *rockets launch* gets far less from the
# sport fan, and far more from the space fan. That is enough, because only the order within one reader's line counts.
# (Was it luck? From 20 random starts, 19 come to this answer; ``train(seed=1)`` is another start.)
#
# Why each derivative matters
# ---------------------------
#
# Training needs one thing only: how does the loss change with each number of the model? That is a derivative. Here we
# measured them, by moving each number a little and computing the loss again. The tiny model has 168 numbers, so each
# of the 20 steps computed the loss 169 times. The paper's model has 530,208 numbers and then the word vectors, with
# 30,000 words of 300 numbers another nine million. Nobody computes the loss ten million times for one step.
#
# With formulas, all derivatives together cost about as much as computing the loss two more times: each matrix product
# of the forward has two in the backward, and that is nearly all there is. To find these formulas, to understand them
# and to check them is what this course is about. You will write them all, and at the end the model trains with yours.
#
# And each is needed: a number whose derivative is missing stays what it was by chance. Without those of the word
# vectors the same training gets hardly anywhere:
#
# *Predict first:* the training above ended near 0, and knowing nothing is 0.693. Where does this one end?

# %%
crippled = train(left_alone=0)
print(f"loss without the derivatives of the word vectors: {loss(crippled):.2f}")
assert sum(array.size for array in trained) == 168
assert loss(trained) < 0.01
assert loss(crippled) > 0.4

# %%
# (How much each of them is needed depends on the data. In this tiny world Q and K could be left alone; titles of two words
# do not need to know which word looks at which.)
#
# So much for the short way. From here on we go slowly.
#
# The log of a news page
# ----------------------
#
# NRMS is trained on logs like MIND's, the MIcrosoft News Dataset. Such a log is two tables. One says what the news
# are:

# %%
news = {
    "N1": "Rockets win in the last second",
    "N2": "Coach of the Rockets asks for patience",
    "N3": "Late goal decides the final",
    "N4": "Rockets launch a weather satellite",
    "N5": "Bank rates stay where they are",
    "N6": "Five soups for cold evenings",
    "N7": "The final goes to extra time",
    "N8": "Snow reaches the coast",
    "N9": "Young guard scores forty points",
    "N10": "Bread without an oven",
    "N11": "Soups of the north",
    "N12": "An early frost hits the vines",
}

# %%
# The other says what readers were shown. One line is an **impression**: one reader opens the page once. It has
#
# - an id, the reader's id and the time (left out here);
# - the **history**: what this reader had clicked before, oldest first (third line below: a new reader, nothing yet);
# - the **candidates**: the titles on the page, each with a label, 1 for clicked and 0 for shown and not clicked.

# %%
impressions = [  # history, candidates with labels
    ("N1 N2 N3", "N4-0 N5-0 N6-0 N7-1 N8-0 N9-1"),
    ("N6 N10", "N7-0 N12-0 N11-1"),
    ("", "N2-0 N10-1"),
]
histories = [history.split() for history, _ in impressions]
candidates = [[shown.split("-")[0] for shown in line.split()] for _, line in impressions]
clicked = np.array([shown.endswith("-1") for _, line in impressions for shown in line.split()])  # of all, end to end
offsets = np.array([0, 6, 9, 11])  # where the candidates of each impression begin in such a row, and where the last end

# %%
# (The package reads such files with ``nrms_np/data/``; lesson 11 trains on what it reads.)
#
# What is predicted
# -----------------
#
# From a history and a candidate we compute one number, the **score** of that candidate for that reader. A higher
# score means: more likely to be clicked. The labels are not shown to the model; they judge it.
#
# Only the *order* of the scores within one impression matters. The page has to know what to put on top for the reader
# who is here now. Whether another reader gets larger numbers is of no use to it.
#
# A first scorer
# --------------
#
# To have something to judge, a simple idea: count the words of a candidate that also occur in the titles of the
# history.


# %%
def words_in_common(history: list[str], candidate: str) -> list[str]:
    """The different words of the candidate's title that occur in the titles of the history."""
    known = {word for one in history for word in news[one].lower().split()}
    return sorted(known & set(news[candidate].lower().split()))


common = [words_in_common(history, one) for history, line in zip(histories, candidates, strict=True) for one in line]
scores = np.array([float(len(words)) for words in common])
s, y = scores[:6], clicked[:6]  # the first impression: scores s, labels y
assert common[:6] == [["rockets"], [], ["for"], ["final", "the"], ["the"], []]

# %%
# Now rank the candidates: the highest score has rank 1. Several scores are equal; among those the order of the file
# decides. (Any rule would do, as long as it does not look at the labels.) The package has a function for it, for
# many impressions at once. For one impression three lines do it: they are the first exercise, with a mistake in one of
# them.

# %%
rank = ranks(scores, offsets)[:6]  # of all impressions, each ranked alone; the first has six candidates
assert s.tolist() == [1, 0, 1, 2, 1, 0]
assert rank.tolist() == [2, 5, 3, 1, 4, 6]
order = np.argsort(rank)  # the candidates from rank 1 on

course.show(
    draw.ranking([news[candidates[0][i]] for i in order], [common[i] for i in order], y[order]),
    "00_ranking",
    caption="Words in common with the history. “for” and “the” count as much as “rockets”: a count does not know which words tell.",
    alt="Six candidates by rank with their scores 2, 1, 1, 1, 0, 0 and the common words; the clicked ones have ranks 1 and 6.",
)

# %%
# *The final goes to extra time* is on top, which is right. But the reader also clicked *Young guard scores forty
# points*, and that title is last: no word of it occurs in the history, although it is about basketball, as two titles
# of the history are. And *Rockets launch a weather satellite* is second, because the word *rockets* occurs in the
# history; there it is the name of a team. Counting words knows neither that different words can mean the same nor
# that one word can mean two things. And three candidates tie at 1, one for *rockets*, one for *for* and one for *the*:
# it does not know either which words tell something. The lessons from 02 on are about that.
#
# How good is this ranking, as a number? Three measures are in use. Each looks at it in another way.
#
# AUC: pairs in the right order
# -----------------------------
#
# Take one clicked and one not-clicked candidate. The pair is right if the clicked one has the higher score. If both
# scores are equal, the scorer has no opinion, and the pair counts one half. The **AUC** is the share of right pairs:
#
# .. math::
#     AUC = \frac{\#(s^+ > s^-) + \frac12 \#(s^+ = s^-)}{P N}
#
# - :math:`s^+` is the score of a clicked candidate, :math:`s^-` of one that was not clicked;
# - # counts pairs;
# - P is the number of clicked candidates and N that of the others, so there are P · N pairs. Here P = 2 and N = 4,
#   which makes 8 pairs.
#
# By hand: *The final …* (score 2) beats all four others: 4. *Young guard …* (score 0) loses to the three with score
# 1, and ties with *Bank rates …*: ½. That makes 4.5 of 8, or 0.5625. The same with a loop:

# %%
right_pairs = 0.0
for plus in s[y]:
    for minus in s[~y]:
        if plus > minus:
            right_pairs += 1
        elif plus == minus:
            right_pairs += 0.5
auc = right_pairs / (y.sum() * (~y).sum())
assert auc == 4.5 / 8

# %%
# Read the AUC as a probability: draw one clicked and one not-clicked candidate at random; with this probability the
# scores put them in the right order. 1 is perfect, 0.5 is no better than a coin, 0 is always wrong.
#
# (AUC is short for *area under the curve*. Drawing a certain curve and measuring the area under it gives the same
# number; we will not need the curve.)
#
# MRR: how far down the clicked ones stand
# ----------------------------------------
#
# Readers look at the top first. The **MRR**, *mean reciprocal rank*, gives a clicked candidate of rank t the value
# 1/t, and takes the mean over the P clicked ones:
#
# .. math::
#     MRR = \frac1P \sum_{clicked} \frac{1}{rank}
#
# The clicked ranks are 1 and 6: (1/1 + 1/6) / 2 = 0.583. Elsewhere MRR often means the reciprocal rank of the *first*
# hit alone, which would be 1 here. MIND takes the mean, and so do we.

# %%
mrr = (1 / 1 + 1 / 6) / 2
assert np.isclose(mrr, np.mean(1 / rank[y]))

# %%
# nDCG: a gentler discount, and a cut
# -----------------------------------
#
# With 1/t, rank 2 is worth half of rank 1. The next measure falls more slowly, with a logarithm, and looks at the
# first k ranks only. It is built in two steps. First the *discounted cumulative gain*:
#
# .. math::
#     DCG@k = \sum_{rank \le k} \frac{2^y - 1}{\log_2(1 + rank)}
#
# y is the label. :math:`2^y - 1` is 1 for a clicked candidate and 0 for the others, so only the clicked ones count.
# Rank 1 gives :math:`1/\log_2 2 = 1`, rank 2 gives :math:`1/\log_2 3 = 0.63`, rank 6 gives :math:`1/\log_2 7 = 0.36`.
#
# Then it is *normalised* (that is the n): divided by the DCG of the best possible order, the one with all P clicked
# candidates on top. That makes 1 the best value for every impression, however many clicks it has.
#
# .. math::
#     nDCG@k = \frac{DCG@k}{\sum_{i=1}^{\min(P, k)} 1 / \log_2(1 + i)}
#
# With two clicks the best order has them on ranks 1 and 2: 1 + 0.63 = 1.63. With k = 5, rank 6 is cut off, and 1 is
# left: 1 / 1.63 = 0.613. With k = 10 both count: (1 + 0.36) / 1.63 = 0.832.

# %%
ideal = 1 / np.log2(2) + 1 / np.log2(3)
ndcg5 = (1 / np.log2(2)) / ideal
ndcg10 = (1 / np.log2(2) + 1 / np.log2(7)) / ideal

# %%
# The package computes all four for all impressions at once, without loops. On the first impression it must agree with
# us:

# %%
per_impression = impression_metrics(scores, clicked, offsets)  # (impressions, metrics)
assert np.allclose(per_impression[0, :4], [auc, mrr, ndcg5, ndcg10], atol=1e-12)
print(f"impression 1: AUC {auc:.4f}  MRR {mrr:.4f}  nDCG@5 {ndcg5:.4f}  nDCG@10 {ndcg10:.4f}")

# %%
t = np.arange(1, 11)
course.show(
    draw.worth_of_a_rank(t, 1 / np.log2(1 + t), 1 / t, rank[y]),
    "00_worth",
    caption="What a clicked candidate adds, by its rank. nDCG@5 stops at rank 5, nDCG@10 at rank 10.",
    alt="Two falling curves from 1 at rank 1: 1 / log2(1 + rank) falls slowly, 1 / rank faster. Ranks 1 and 6 were clicked.",
)

# %%
# The AUC's eight pairs as a picture: a row for each clicked candidate, a column for each that was not clicked.

# %%
pairs = (s[y][:, None] > s[~y]) + 0.5 * (s[y][:, None] == s[~y])  # (P, N): 1 right, ½ tie, 0 wrong
assert pairs.mean() == auc
short = [" ".join(news[one].split()[:2]) for one in candidates[0]]
course.show(
    draw.pairs(pairs, [f"{short[i]} … {s[i]:.0f}" for i in range(6)], y),
    "00_pairs",
    caption="1: the clicked one (row) has the higher score; ½: a tie; 0: the other one (column). The numbers are the scores.",
    alt="Two rows of four cells: 1 1 1 1 for The final, 0 one half 0 0 for Young guard.",
)

# %%
# What a tie does
# ---------------
#
# *Bank rates* and *Young guard* both have score 0, and the file lists *Bank rates* first. Suppose it listed *Young
# guard* first. The scorer is the same and knows the same, but the clicked title now has rank 5:
#
# *Predict first:* which of the measures change, and do they rise or fall?

# %%
swapped = np.array([0, 5, 2, 3, 4, 1])  # the same six candidates, the second and the last exchanged
other_file = impression_metrics(s[swapped], y[swapped], np.array([0, 6]))[0]
assert other_file[0] == auc
assert np.isclose(other_file[1], (1 / 1 + 1 / 5) / 2)
assert np.isclose(other_file[2], (1 / np.log2(2) + 1 / np.log2(6)) / ideal)
print(f"tie listed the other way: AUC {other_file[0]:.4f}  MRR {other_file[1]:.4f}  nDCG@5 {other_file[2]:.4f}")

# %%
# The AUC does not move, since a tie counts one half either way. MRR and nDCG need a rank, so ties make them depend on
# the order of the file: nDCG@5 goes from 0.61 to 0.85. A model with real numbers as scores has few ties. If a model
# shows many, its MRR and nDCG say more about the file than about the model.
#
# All impressions
# ---------------
#
# Each impression is measured alone, and then the mean is taken: every impression counts the same, a long page as much
# as a short one.

# %%
assert np.allclose(per_impression[:, 0], [4.5 / 8, 1.5 / 2, 0.5 / 1])
mean = mean_metrics(per_impression).values
assert np.isclose(mean["auc"], (4.5 / 8 + 1.5 / 2 + 0.5) / 3)
print(f"mean of 3 impressions: AUC {mean['auc']:.4f}  MRR {mean['mrr']:.4f}  nDCG@5 {mean['ndcg@5']:.4f}")

# %%
# Three things to see here:
#
# - The third reader has an empty history. All scores are 0, everything ties, the AUC is 0.5: no opinion, no merit.
# - An impression in which nothing was clicked, or everything, has no pair and so no AUC. The package gives it NaN
#   (*not a number*), leaves it out of the mean and counts how many there were.
# - Nobody compared a candidate of one impression with a candidate of another. Throwing all candidates into one pot
#   and computing one AUC over it is a different measure, with a different number. Lesson 15 shows what goes wrong
#   then.

# %%
without_a_click = impression_metrics(np.array([2.0, 1.0]), np.array([False, False]), np.array([0, 2]))
assert np.isnan(without_a_click).all()
assert mean_metrics(np.vstack([per_impression, without_a_click])).undefined == 1

# %%
# What is it worth to know nothing?
# ---------------------------------
#
# A number means something only beside another one. Six candidates can stand in 6! = 720 orders. A scorer that knows
# nothing produces each of them equally often, so its expected measures are the means over all 720:

# %%
orders = np.array(list(permutations(range(6))), dtype=np.float64)  # (720, 6): scores, all different
nothing = mean_metrics(impression_metrics(orders.ravel(), np.tile(y, 720), np.arange(721) * 6)).values
assert np.isclose(nothing["auc"], 0.5)
assert np.isclose(nothing["mrr"], np.mean(1 / np.arange(1, 7)))  # a clicked one is on each rank equally often
print(f"knowing nothing:       AUC {nothing['auc']:.4f}  MRR {nothing['mrr']:.4f}  nDCG@5 {nothing['ndcg@5']:.4f}")

# %%
# For the AUC it is 0.5, always. For the others it depends on how many candidates there are: with one click among 37
# candidates, about what MIND has, the MRR of knowing nothing is (1/1 + 1/2 + … + 1/37) / 37 = 0.11 instead of the
# 0.41 here. So compare MRR and nDCG only on the same impressions. On MIND's smaller edition, other people's NRMS
# reach an AUC of about 0.66. Clicks are hard to predict, so do not wait for 0.9.

# %%
assert round(float(np.mean(1 / np.arange(1, 38))), 2) == 0.11

# %%
# The map
# -------
#
# ======  ================================================================================================
# lesson  what you will know
# ======  ================================================================================================
# 00      NRMS in forty lines; what is predicted, and how it is measured (you are here)
# 01      how to check a derivative that you worked out by hand
# 02      words as vectors, GloVe, dropout
# 03      equation 1: which word looks at which
# 04      equation 2: what it takes from there, in many heads side by side
# 05      equations 3 to 5: many vectors become one
# 06      the news encoder: 02 to 05 put together, forward and backward
# 07      equations 6 and 7: the same one level up, over the clicked news
# 08      equations 8 to 10: the user vector
# 09      the click: score, negative samples, loss
# 10      the whole model, forward and backward, and one click traced through it
# 11      training
# 12      packed, not padded: sequences of different lengths without waste
# 13      the ladder: from the plain layers to fast code, rung by rung
# 14      a look inside a trained model
# 15      the bug museum: real mistakes, and the checks that catch them
# 16      the same model in PyTorch, beside yours
# 17      many machines: one batch shared out, and the gradients added up
# ======  ================================================================================================
#
# Each lesson needs only the ones before it, says how many minutes it takes, and ends with exercises. Many of them are
# pieces of NRMS: ``python -m lessons.mine`` puts your pieces in the place of the package's and shows which are yours.
#
# The legend
# ----------
#
# Come back here when you meet a letter you do not remember. The code uses the same names.
#
# ========  ====================================  ==========  ================================================
# letter    meaning                               array       shape and meaning
# ========  ====================================  ==========  ================================================
# T         length of a sequence (words of a      x           (T, D) the vectors of one sequence, one per row
#           title, clicks of a history)
# D         width of the vectors that go in       h           (T, H·d) after the heads
# H         number of heads                       a, alpha    (T,) scores, and weights made from them
# d         width of one head                     r, u        (H·d,) news vector, user vector
# A         width of the additive query           dX          gradient of the loss with respect to X, of
#                                                             X's shape
# K         number of negatives in a sample       L           the loss, one number
# ========  ====================================  ==========  ================================================
#
# In self-attention (lessons 03 and 04) each element has weights of its own: there the scores S and the weights alpha
# of one head are (T, T).
#
# The paper writes :math:`e_i` for the vector of word i; the vectors of a title together are our x. Its M is our T, and
# its :math:`Q_k`, the matrix between two words, is our B. Q, K and V are three matrices of attention (lesson 04), and q
# is the query of the pooling (lesson 05). K is also the number of negatives; which one is meant is clear from the
# place.
#
# A letter that is not in the table belongs to the lesson that names it. Lesson 01 comes before the model: there A, B
# and C are any matrices, and h is a small step; E is the table of word vectors in lesson 02.
#
# The paper is: Chuhan Wu, Fangzhao Wu, Suyu Ge, Tao Qi, Yongfeng Huang, Xing Xie, *Neural News Recommendation with
# Multi-Head Self-Attention*, EMNLP 2019. Its equations 1 to 12 are what "equation" means in this course.
#
# What to remember
# ----------------
#
# 1. An impression is a history, candidates and labels; the model gives each candidate a score, and only the order
#    counts.
# 2. AUC is the share of clicked / not-clicked pairs in the right order, a tie counts ½, and knowing nothing gives
#    0.5.
# 3. Each impression is measured alone, then the mean is taken.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/00_the_problem.py`` and run ``python -m lessons.check 00``.
#
# Further (answers in ``lessons/further/00.md``): (a) Multiply all scores of an impression by 3, or add 10 to each.
# Which measures change? (b) Reverse an order without ties. What happens to the AUC? Use it to show that the mean AUC
# over all orders is 0.5. (c) Find an order of the six candidates that has a higher MRR than another, but a lower AUC.
