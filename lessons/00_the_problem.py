r"""
Lesson 00: the problem
======================

A news page shows a reader a few titles. The reader clicks some and passes over the others. Which ones? NRMS, the
model of this course, answers with one number for each title. This lesson is about the question: what the log of a
news page holds, what is predicted from it, and how a prediction is judged. The model itself starts in lesson 02.

You need: Python, a little NumPy, matrices, derivatives (from lesson 01 on). Nothing about neural networks. Run it
from the project's folder with ``python lessons/00_the_problem.py``, or cell by cell in an editor that knows ``# %%``.
"""

# %%
import tempfile
from itertools import permutations
from pathlib import Path

import numpy as np

import course
from nrms_np.data.dataset import read_split
from nrms_np.evaluation.metrics import impression_metrics, mean_metrics, ranks

# %%
# The log of a news page
# ----------------------
#
# NRMS is trained on logs like MIND's, the MIcrosoft News Dataset. Such a log is two tables. One says what the news
# are:

# %%
news = [  # news id, category, title
    ("N1", "sports", "Rockets win in the last second"),
    ("N2", "sports", "Coach of the Rockets asks for patience"),
    ("N3", "sports", "Late goal decides the final"),
    ("N4", "space", "Rockets launch a weather satellite"),
    ("N5", "money", "Bank rates stay where they are"),
    ("N6", "food", "Five soups for cold evenings"),
    ("N7", "sports", "The final goes to extra time"),
    ("N8", "weather", "Snow reaches the coast"),
    ("N9", "sports", "Young guard scores forty points"),
    ("N10", "food", "Bread without an oven"),
    ("N11", "food", "Soups of the north"),
    ("N12", "garden", "An early frost hits the vines"),
]

# %%
# The other says what readers were shown. One line is an **impression**: one reader opens the page once. It has
#
# - an id, the reader's id and the time;
# - the **history**: what this reader had clicked before, oldest first (third line below: a new reader, nothing yet);
# - the **candidates**: the titles on the page, each with a label, 1 for clicked and 0 for shown and not clicked.

# %%
behaviors = [  # impression id, user id, time, history, candidates with labels
    ("1", "U1", "11/9/2019 9:00:00 AM", "N1 N2 N3", "N4-0 N5-0 N6-0 N7-1 N8-0 N9-1"),
    ("2", "U2", "11/9/2019 9:05:00 AM", "N6 N10", "N7-0 N12-0 N11-1"),
    ("3", "U3", "11/9/2019 9:07:00 AM", "", "N2-0 N10-1"),
]

# %%
# On disk these are ``news.tsv`` and ``behaviors.tsv``, with tabs between the columns. (MIND's news have more columns
# than we fill: subcategory, abstract, address and entities.) The package reads a folder with the two files; 50 is the
# number of clicks of a history that are kept, the last ones.

# %%
with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    news_lines = [f"{news_id}\t{category}\t\t{title}\t\t\t\t\n" for news_id, category, title in news]
    (folder / "news.tsv").write_text("".join(news_lines), encoding="utf-8")
    (folder / "behaviors.tsv").write_text("".join("\t".join(line) + "\n" for line in behaviors), encoding="utf-8")
    split = read_split(folder, history_length=50)

titles = split.news.titles
histories, candidates, clicked = split.behaviors.histories, split.behaviors.candidates, split.behaviors.clicked
assert histories.to_lists() == [[0, 1, 2], [5, 9], []]
assert candidates.to_lists() == [[3, 4, 5, 6, 7, 8], [6, 11, 10], [1, 9]]
assert clicked is not None
assert clicked.tolist() == [False, False, False, True, False, True, False, False, True, False, True]

# %%
# A news item has become a row number: N1 is row 0, N4 is row 3. The lists of all impressions stand end to end, and
# ``offsets`` says where each one starts; its last number is where the last list ends. Lesson 12 explains why the
# package stores everything this way.

# %%
assert candidates.index.tolist() == [3, 4, 5, 6, 7, 8, 6, 11, 10, 1, 9]
assert candidates.offsets.tolist() == [0, 6, 9, 11]

# %%
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
# Before any model, a simple idea: count the words of a candidate that also occur in the titles of the history.


# %%
def words_in_common(history: list[int], candidate: int) -> int:
    """How many different words of the candidate's title occur in the titles of the history."""
    known = {word for row in history for word in titles[row].lower().split()}
    return len(known & set(titles[candidate].lower().split()))


scores = np.array(
    [
        float(words_in_common(histories.sequence(i).tolist(), row))
        for i in range(candidates.count)
        for row in candidates.sequence(i).tolist()
    ]
)
s, y = scores[:6], clicked[:6]  # the first impression: scores s, labels y
assert s.tolist() == [1, 0, 1, 2, 1, 0]

# %%
# Now rank the candidates: the highest score has rank 1. Several scores are equal; among those the order of the file
# decides. (Any rule would do, as long as it does not look at the labels.)

# %%
order = np.argsort(-s, kind="stable")  # stable: equal scores stay in the order of the file
rank = np.empty(6, dtype=np.int64)
rank[order] = np.arange(1, 7)
assert rank.tolist() == ranks(scores, candidates.offsets)[:6].tolist()  # the package's ranks

for i in order:
    print(f"rank {rank[i]}  score {s[i]:.0f}  {'clicked' if y[i] else '':8}{titles[candidates.sequence(0)[i]]}")

# %%
# *The final goes to extra time* is on top, which is right. But the reader also clicked *Young guard scores forty
# points*, and that title is last: no word of it occurs in the history, although it is about basketball, as two titles
# of the history are. And *Rockets launch a weather satellite* is second, because the word *rockets* occurs in the
# history; there it is the name of a team. Counting words knows neither that different words can mean the same nor
# that one word can mean two things. The lessons from 02 on are about that.
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
per_impression = impression_metrics(scores, clicked, candidates.offsets)  # (impressions, metrics)
assert np.allclose(per_impression[0, :4], [auc, mrr, ndcg5, ndcg10], atol=1e-12)
print(f"impression 1: AUC {auc:.4f}  MRR {mrr:.4f}  nDCG@5 {ndcg5:.4f}  nDCG@10 {ndcg10:.4f}")

# %%
drawing = course.figure(9.2, 3.6)
left, right = drawing.subplots(1, 2, width_ratios=[1, 1.1])

short = ["Rockets launch", "Bank rates", "Five soups", "The final", "Snow reaches", "Young guard"]
left.barh(rank, s, color=[course.ORANGE if hit else course.BLUE for hit in y])
left.plot([0, 0], [0.4, 6.6], color=course.GREY, linewidth=1)
left.set_yticks(rank, [f"{short[i]} …   {rank[i]}" for i in range(6)])
left.invert_yaxis()
left.set_xticks([0, 1, 2])
left.set_xlabel("score (words in common with the history)")
left.set_title("Six candidates by rank")
left.text(0.05, rank[5], "clicked, score 0", va="center", color=course.RED)
left.text(0.08, rank[3], "clicked", va="center", color="black")

t = np.arange(1, 11)
right.plot(t, 1 / np.log2(1 + t), "o-", color=course.BLUE, label="nDCG: 1 / log₂(1 + rank)")
right.plot(t, 1 / t, "s-", color=course.GREEN, label="MRR: 1 / rank")
for hit in rank[y]:
    right.plot([hit, hit], [0, 1 / np.log2(1 + hit)], color=course.ORANGE, linewidth=7, alpha=0.35, zorder=0)
right.plot([5.5, 5.5], [0, 0.62], color=course.GREY, linestyle=":", linewidth=1.4)
right.text(5.4, 0.52, "nDCG@5\nstops here", ha="right", color=course.GREY)
right.text(6.0, 0.41, "clicked,\nrank 6", color=course.RED)
right.text(1.25, 0.05, "clicked,\nrank 1", color=course.RED)
right.set_xticks(t)
right.set_ylim(0, 1.05)
right.set_xlabel("rank")
right.set_ylabel("what a clicked candidate is worth")
right.set_title("What a rank is worth")
right.legend()
course.save(drawing, "00_ranking")

# %%
# The AUC's eight pairs as a picture: a row for each clicked candidate, a column for each that was not clicked.

# %%
pairs = (s[y][:, None] > s[~y]) + 0.5 * (s[y][:, None] == s[~y])  # (P, N): 1 right, ½ tie, 0 wrong
assert pairs.mean() == auc

drawing = course.figure(5.6, 2.9)
axes = drawing.add_subplot()
plus_names = [f"{short[i]} … ({s[i]:.0f})" for i in np.flatnonzero(y)]
minus_names = [f"{short[i]} … ({s[i]:.0f})" for i in np.flatnonzero(~y)]
course.draw_weights(axes, pairs, plus_names, minus_names)
axes.set_xlabel("not clicked (score)")
axes.set_ylabel("clicked (score)")
axes.set_title("AUC: the mean of these cells, 4.5 / 8")
course.save(drawing, "00_pairs")

# %%
# What a tie does
# ---------------
#
# *Bank rates* and *Young guard* both have score 0, and the file lists *Bank rates* first. Suppose it listed *Young
# guard* first. The scorer is the same and knows the same, but the clicked title now has rank 5:

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
# The answer of NRMS, from far away
# ---------------------------------
#
# ::
#
#     words ──attend──▶ news ──attend──▶ user          score = user · candidate
#        titles            history
#
# - Each word is a vector: a row of numbers.
# - *attend* makes one vector from the word vectors of a title. In it each word first looks at the other words
#   (*Rockets* beside *win*, *Rockets* beside *launch*), then the important words get more weight. The result is the
#   news vector.
# - The same function, with other numbers inside, makes one vector from the news vectors of a history: the user
#   vector.
# - The score of a candidate is the dot product of the user vector and the candidate's news vector.
#
# All numbers inside are found by training: start with random ones, see how the loss (how wrong the model is) changes
# with each, and move each a little to where the loss falls. *How it changes with each* is a derivative, and this
# course writes every one of them by hand. That is why lesson 01 comes before everything else.
#
# The map
# -------
#
# ======  ================================================================================================
# lesson  what you will know
# ======  ================================================================================================
# 00      what is predicted, and how it is measured (you are here)
# 01      how to check a derivative that you worked out by hand
# 02      words as vectors, GloVe, dropout
# 03      equation 1: which word looks at which
# 04      equation 2: what it takes from there, in many heads side by side
# 05      equations 3 to 5: many vectors become one
# 06      the news encoder: 02 to 05 put together, forward and backward
# 07      equations 6 and 7: the same one level up, over the clicked news
# 08      equations 8 to 10: the user vector
# 09      the click: score, negative samples, loss
# 10      training
# 11      packed, not padded: sequences of different lengths without waste
# 12      how to make it fast
# 13      a look inside a trained model
# 14      the bug museum: real mistakes, and the checks that catch them
# ======  ================================================================================================
#
# Each lesson needs only the ones before it.
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
#                                                           X's shape
# K         number of negatives in a sample       L           the loss, one number
# ========  ====================================  ==========  ================================================
#
# In self-attention (lessons 03 and 04) each element has weights of its own: there the scores S and the weights alpha
# of one head are (T, T).
#
# The paper writes :math:`e_i` for the vector of word i; the vectors of a title together are our x. Its M is our T. Q,
# K and V are also three matrices of attention (lesson 04), and q is also a vector of A numbers (lesson 05). So K has
# two meanings; which one is meant is clear from the place, and the lessons say it.
#
# A letter that is not in the table belongs to the lesson that names it. Lesson 01 comes before the model: there A, B,
# C and E are any matrices, and h is a small step.
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
# Open ``lessons/exercises/00_the_problem.py``, fill in the blanks, and run ``python -m lessons.check 00``.
#
# Further: (a) Multiply all scores of an impression by 3, or add 10 to each. Which measures change? (b) Reverse an
# order without ties. What happens to the AUC? Use it to show that the mean AUC over all orders is 0.5. (c) Find an
# order of the six candidates that has a higher MRR than another, but a lower AUC.
