r"""
Lesson 14: look inside
======================

About 60 minutes, and an hour for the exercises.

*Rockets win* is about basketball, *Rockets launch* about space: Rockets is the name of a team, and of what flies. Lesson
03 began with this, and with a matrix we had made up. Now we train a model and open it. Which words does it weigh most?
Which head looks where? Does it tell the two *Rockets* apart? Does it see that two clicks belong together? And what
would it lose without attention? One model answers with pictures; whether an answer holds, eight models say, each from
a seed of its own. Some answers of the one do not hold.

You need: lessons 03 to 05 (the two kinds of attention), lesson 08 (the user vector), lesson 11 (training, dev AUC),
and the cosine of lesson 02.

Letters of this lesson:

- T: words of a title. H: heads, counted from 0.
- :math:`\alpha^k_{i,j}`: how much word i takes from word j in head k. :math:`\alpha^w_i`: the weight of word i in the
  news vector r. :math:`\alpha^n_i`: the weight of click i in the user vector u.
- :math:`h_i`: what came out of self-attention for word i. q: the query of pooling.
- n: how many seeds something was measured with.
- ±: half of a 95% interval for a mean over seeds, by Student's t.
"""

# %%
import json
from dataclasses import replace

import numpy as np

import course
from lessons.draw import lesson_14 as draw
from lessons.evidence.interval import Interval, t95
from lessons.evidence.kept import load
from lessons.evidence.lesson_14 import (
    ARMS,
    EXAMPLES,
    FULL,
    all_four_right,
    demo,
    effects,
    likes_food,
    mean_weights,
    new_news,
    share_right,
    topics_of,
    towards,
    train,
    weights_of,
    with_equal_weights,
)
from nrms_np.data.vocabulary import tokenize
from nrms_np.encoder import attention_weights
from nrms_np.evaluation.weights import text_of
from nrms_np.explain.impression import explain

# %%
# Something to look for
# ---------------------
#
# In real news nobody knows what a model should find. The demo corpus in ``data/demo`` was made so that we know. Two
# things are hidden in it: one in the titles, for attention over words, and one in the histories, for attention over
# clicks.
#
# **In the titles.** Half of the headlines are *plain*: their words belong to one topic. The others are *pairs*, in
# which a name and a second word tell the topic only together::
#
#                 win       launch
#     Rockets     sports    space
#     Mercury     space     sports
#
# Read it as two clubs and two space programmes with the same names. Each of the four words is at home in both
# topics alike, so no single word tells which one it is, and neither does any sum of what single words say. That is
# the *exclusive or* of logic: one of the two, but not both. Twelve more pairs of topics have such a square each.
#
# **In the histories.** Half of the users click news on the topics they like. The others click local news of two
# towns and hardly anything else: news for those who live in a town, and news for those who work there. Who lives
# and works in the same town likes food, who commutes likes cars::
#
#                        works in Ashby    works in Norton
#     lives in Ashby     food              cars
#     lives in Norton    cars              food
#
# It is the same square, one level up: no single click tells what such a user likes, only two together do.
#
# ``news.tsv`` has the topic in its second column, and *pair* or *plain* in its third. The model reads neither. All
# it has is titles and clicks. A small model, trained for six epochs, shows what we ask for. We train it once with both
# kinds of attention, and once without self-attention: ``Config.ablate`` switches parts off, by the names of
# ``config.PARTS``, and without ``news.attention`` and ``user.attention`` every word and every click sees only itself.
# (*Ablation* is a surgeon's word for cutting away.)

# %%
data = demo()
trained = {arm: train(data, replace(FULL, ablate=ablated)) for arm, ablated in ARMS.items()}
model, auc = trained["both"]
assert auc > 0.8
measured = load("14")
n = len(measured["auc both"])
aucs = (f"{arm} {trained[arm][1]:.3f}, over seeds {Interval.of(measured[f'auc {arm}']).plain()}" for arm in ARMS)
print(f"dev AUC (n = {n}):", "; ".join(aucs))

# %%
# The numbers with a ±, here and below, were measured by ``python -m lessons.evidence 14`` and are kept in
# ``lessons/figures/14_seeds.json``. The functions that look into a model are in ``lessons/evidence/lesson_14.py``; this
# lesson calls them for the one model it has, and that command calls the same for every seed.
#
# The weights of words
# --------------------
#
# Additive attention gives word i of a title the weight :math:`\alpha^w_i` (equation 4; the small w says that it is
# the word level), and the news vector is the weighted mean :math:`r = \sum_i \alpha^w_i h_i`. The model's ``attend`` runs
# one level and keeps what its backward needs. There ``attention_weights`` finds, for each title, these weights and those
# of the heads. The headlines in the figure are short ones from the corpus's own grammar:

# %%
titles = [
    "A Big Win for Rockets Team",
    "Rockets Launch Delights the Crowd",
    "Exclusive: Rockets Launch Delights the Crowd in Ohio",
    "New Java Chips Impress Reviewers Today",
    "Pastry Chef Bakes Chocolate Cake in Paris",
    "Goalkeeper Defends League Title on Friday",
]
weighed = weights_of(model, model.encode_titles(titles))
for title, (alpha, weights) in zip(titles, weighed, strict=True):
    T = len(tokenize(title))
    assert alpha.shape == (FULL.heads, T, T)
    assert np.isclose(weights.sum(), 1, atol=1e-5)
assert (
    sum(
        weights[tokenize(title).index("rockets")] > 0.5
        for title, (_, weights) in zip(titles[:3], weighed[:3], strict=True)
    )
    == 2
)
course.show(
    draw.word_weights(
        [(tokenize(title), weights) for title, (_, weights) in zip(titles, weighed, strict=True)],
        "In two of these headlines the name Rockets has most of the weight",
    ),
    "14_word_weights",
    caption="Weights of equation 4 in one model: four headlines with an ambiguous word, two without.",
    alt="Six headlines as rows of cells, each word with its weight on a blue ramp.",
)

# %%
# Six headlines are six anecdotes. What holds for all? A weight of 0.2 is much among ten words and nothing special among
# five, so multiply it by the length T: then 1 means "as much as in the plain mean". We average over all headlines
# of dev that train does not have, and look at the words that occur in five of them or more.

# %%
average = mean_weights(model, data)
first = Interval.of(measured["names among the first six"])
by_lot = 6 * measured["share of names"].mean()
words = ", ".join(f"{word} {weight:.1f}" for word, weight in list(average.items())[:6])
print(f"weight × T, most: {words}; names among the six: {first.plain(1)}, by lot {by_lot:.1f}")
assert first.mean - first.half > by_lot

# %%
# Most of the words at the top are ambiguous names. That is odd: they are the words that say nothing by
# themselves! But it is not the word vector that is weighed, it is :math:`h_i`, and by then the name has looked
# around.
#
# The heads
# ---------
#
# So look at the step before, self-attention. Rows are the words that look, columns what they look at, and each row
# sums to 1. The two words that tell the topic together are framed where one looks at the other.

# %%
examples = []
for title, partner in EXAMPLES.items():
    words = title.split()
    ((alpha, _),) = weights_of(model, model.encode_titles([title]))
    examples.append((words, alpha, (words.index("rockets"), words.index(partner))))
more = {}
for partner in EXAMPLES.values():
    weights, others = measured[f"heads {partner}"], measured[f"other pairs {partner}"]  # (seeds, H), (seeds, pairs)
    found = " ".join(f"{of_seed.max():.2f} ({of_seed.argmax()})" for of_seed in weights)
    print(f"rockets and {partner}, seed by seed (head): {found}")
    more[partner] = Interval.paired(weights.max(axis=1), others.mean(axis=1))
    print(
        f"    mean {weights.max(axis=1).mean():.2f}, other pairs of the title {others.mean():.2f}; difference {more[partner]}"
    )
    assert len(set(weights.argmax(axis=1))) > 1
assert more["win"].holds
assert more["win"].mean > 0.2
assert not more["launch"].holds

# %%
course.show(
    draw.heads(examples, "Some head gives much weight to a framed pair, and some to others"),
    "14_heads",
    caption="Which word (row) looks at which (column), equation 1. Framed: the two words that tell the topic.",
    alt="Two headlines, each with four matrices of weights, one a head; two cells of each are framed.",
)

# %%
# Two cells are framed, one for either direction, in each of four heads: eight numbers. Their largest is often large, and so
# it would be for any two words, since it is the largest of eight. So it must be compared with the same number for all
# *other* pairs of words of the title, seed by seed. In the first headline the framed pair has more than the others. In the
# second, no difference holds between *Rockets* and *launch* and two other words: there the picture of one model shows a
# large weight, and it is no finding. Which head is the largest differs from seed to seed, since nobody told any head what
# to do. So a look at the heads does not settle whether pairs are read.
#
# A word that moves
# -----------------
#
# Better to ask for the result. A title of one word, *Rockets*, has nothing to look at: its news vector is what the
# name means before there is any context. After context, the vectors of *Rockets win* and *Rockets launch* should
# lie in different places. Where is "sports"? ``topics_of`` takes the mean of the news vectors of all plain train
# headlines of that topic, and ``towards`` the cosine with it. (First the mean of all headlines is subtracted from every
# vector: what all have in common says nothing about the topic.)

# %%
right = {(kind, arm): Interval.of(measured[f"right {kind} {arm}"]) for kind in ("plain", "pair") for arm in ARMS}
print("right topic:", "; ".join(f"{kind} {arm} {share.percent()}" for (kind, arm), share in right.items()))
here = {arm: share_right(one, data)["pair"] for arm, (one, _) in trained.items()}
assert here["both"] > here["additive"] + 0.1
gain = Interval.paired(measured["right pair both"], measured["right pair additive"])
assert gain.holds
assert gain.mean > 0.1
assert right["pair", "additive"].mean + right["pair", "additive"].half < 0.55
assert min(measured[f"right plain {arm}"].min() for arm in ARMS) > 0.9

# %%
# Both put nearly every plain headline near its topic. For the pairs, two topics are possible for who knows the square, so
# a coin gets a half; our count is harder, since it takes the nearest of *all* topics. Without self-attention the models
# are no better than the coin, although their mean is weighted: a word's weight is then made from that word alone, and
# divided by what is the same for the whole title, so the mean is still a sum of what single words say. With
# self-attention they get most of them right, in headlines they never saw.

# %%
new, category = new_news(data), np.array(data.dev.news.categories)
panels = {}
for arm, heading in (("both", "with self-attention"), ("additive", "without self-attention")):
    one = trained[arm][0]
    topics = topics_of(one, data)
    axes = [topics.names.index("space"), topics.names.index("sports")]
    panels[heading] = {}
    for word in ("Rockets", "Mercury"):
        rows = np.array([row for row in new if word.lower() in tokenize(data.dev.news.titles[row])])
        cosines = towards(topics, one.encode_news(data.dev_titles.take(rows)))[:, axes]
        (alone,) = towards(topics, one.encode_news([word]))[:, axes]
        panels[heading][word] = {topic: cosines[category[rows] == topic] for topic in ("sports", "space")}, alone
course.show(
    draw.moved(panels, "With self-attention the same name moves to where its headline belongs"),
    "14_moved",
    caption="New headlines. Above the dotted line a headline is nearer to sports, below it nearer to space.",
    alt="Two scatter plots. With self-attention filled marks lie above the line and hollow ones below; without it they are mixed.",
)

# %%
# Two clicks that belong together
# -------------------------------
#
# Now one level up. Take a history of just two clicks: local news for those who live in a town, and local news for
# those who work in one. Does its user vector give food a higher score than cars? We ask for each of the four
# crossings of the towns, with each news item of the first kind beside each of the second. Food and cars are the means
# of their plain headlines, as before. The square asks for 100%, 0%, 0%, 100%.

# %%
print("food above cars for A + A, A + N, N + A, N + N:")
for arm in ARMS:
    shares = ", ".join(f"{100 * share:.0f}%" for share in measured[f"food {arm}"].mean(axis=0))
    four = ", ".join(f"{100 * share:.0f}%" for share in measured[f"all four {arm}"])
    print(f"  {arm:8} {shares} (means); all four right, seed by seed: {four}")
assert Interval.of(measured["all four both"]).holds
assert measured["all four both"].min() < 0.5 < np.median(measured["all four both"])
assert measured["all four both"].argmin() == measured["auc both"].argmin()
assert (measured["all four additive"] == 0).all()
assert all_four_right(likes_food(trained["additive"][0], data)) == 0

# %%
# (The last numbers take one click of each of the four kinds, and count how often all of their crossings come out right.)
# With self-attention over the clicks nearly all do from some seeds, a half to three quarters from others, and from two few
# or none. The model that has not found the square at all has the lowest dev AUC. (Would more epochs help it? That would be
# a guess, it is not measured.)
# Without self-attention it is never all four, and that is no matter of seeds or of training. Without it the weight of a
# click is made from that click alone, so, up to a positive factor, *food minus cars* is a number a for the home
# click plus a number b for the work click.
#
# .. admonition:: Derive before you read on
#
#     Three of the four crossings are known: a sum for Ashby + Ashby, one for Ashby + Norton, one for Norton + Ashby. What
#     is the fourth? Write ``derive_fourth`` in ``lessons/exercises/14_look_inside.py`` and run ``python -m lessons.check 14
#     derive_fourth``.

# %%
course.derive("derive_fourth")

# %%
# It is what the two mixed ones sum to, minus the first: :math:`(a_N + b_N) = (a_A + b_N) + (a_N + b_A) - (a_A + b_A)`.
# The square wants the two mixed ones below 0 and the first above it; then the fourth is a sum of three numbers below 0,
# and should be above. At most three of the four can be right. So it is with the words of a title.
#
# The weights of clicks
# ---------------------
#
# Back to the users of dev. ``explain`` takes one impression: the weights :math:`\alpha^n_i` of the clicked news
# (equation 9, n for the news level), and the candidates by their score :math:`u \cdot r`.
# ``python -m nrms_np.explain`` draws the same for any trained model.

# %%
one = explain(model, data.dev, "340")
top = one.candidates[0]


def short(title):
    """A title cut to fit."""
    return title if len(title) < 52 else title[:49] + "…"


assert {click.category for click in one.clicks} == {"ashby-home", "ashby-work"}
course.show(
    draw.history(
        [(short(text_of(click.pieces)), click.category, click.weight) for click in one.clicks],
        [(short(c.title), c.category, c.score, bool(c.clicked)) for c in one.candidates],
        "A reader who clicked local news of Ashby only, and the model puts food on top",
    ),
    "14_history",
    caption="No click says food by itself; home and work in one town do. ● was clicked. Blue: weights, equation 9.",
    alt="A list of clicked local news with nearly equal weights, and below it a ranking of candidates with a food story first.",
)

# %%
# This reader lives and works in Ashby, and the model is given nothing but local news. Yet food is on top, above all of
# the cars. The weights of the clicks are nearly equal. Could
# equation 9 go, then? Set the query q to zero: now all scores of equation 8 are 0, all weights are equal, and
# nothing else has changed. We do it on one level at a time, for all of dev. (At the word level it is the query of
# equation 3.)

# %%
assert top.category == "food"
assert max(click.weight for click in one.clicks) < 1.5 / len(one.clicks)
cost = {level: measured["auc both"] - measured[f"equal {level}"] for level in ("news", "user")}
here = auc - with_equal_weights(model, data, "user")
print(f"equal weights cost: for words {Interval.of(cost['news'])}; for clicks {Interval.of(cost['user'])},", end=" ")
print(f"seed by seed {' '.join(f'{one:.3f}' for one in cost['user'])}")
behaviors, vectors = data.dev.behaviors, model.encode_news(data.dev_titles)
impression = behaviors.impression_ids.index("340")
_, weights = attention_weights(model.attend(vectors, behaviors.histories.take(np.array([impression])), "user")[1], 0)
assert np.allclose(weights, [click.weight for click in one.clicks], atol=1e-5)  # what explain had
assert Interval.of(cost["news"]).holds
assert (cost["news"] > 0).all()
assert np.median(cost["user"]) < 0.01 < cost["news"].mean() < cost["user"].max()
assert not Interval.of(cost["user"]).holds
assert here < 0.02

# %%
# Equal weights for words cost AUC from every seed. For clicks four of the eight models lose nothing, the one we look at
# loses little, and three lose more than for words: from one model, or from a lucky few, one would have said "equation 9
# could go". Over all of them the interval has room for 0, and what the printed losses show is rather that models
# differ. All this is about weights alone, in a corpus where nearly every click is as good as the next: which clicks
# belong together was read one step before, by self-attention.
#
# A weight is not an effect
# -------------------------
#
# It is tempting to read a large weight as "because of this word". Test it: take the word out of the title, encode
# the title again, and see by how much the score changes. That is an *effect*; ``effects`` measures it for every word.
#
# *Predict first:* is the word of most weight the one of the largest effect?

# %%
(example,) = model.encode_titles([top.title]).to_lists()
users = model.encode_users(vectors, behaviors.histories)
((_, weights),) = weights_of(model, model.encode_titles([top.title]))
changes = effects(model, np.array(example), users[impression])
words = tokenize(top.title)
i, j = weights.argmax(), np.abs(changes).argmax()
agree, correlation = Interval.of(measured["agree"]), Interval.of(measured["correlation"])
chance, quarters = measured["chance"].mean(), measured["quarters"]
print(
    f"most weight {words[i]} {weights[i]:.2f} ({changes[i]:+.2f}); largest effect {words[j]} {weights[j]:.2f} ({changes[j]:+.2f});",
    end=" ",
)
print(f"rank correlation within titles {correlation.plain(2)}")
assert Interval.paired(measured["agree"], measured["chance"]).holds
assert agree.mean + agree.half < 0.3
assert correlation.mean + correlation.half < 0.1
assert Interval.paired(quarters[:, 3], quarters[:, 2]).holds
assert Interval.of(quarters[:, 0] - 1).holds
assert Interval.paired(quarters[:, 3], quarters[:, 0]).holds

# %%
course.show(
    draw.removed(quarters, agree, chance, "The weight of a word says little about its effect"),
    "14_removed",
    caption=f"The words of 250 titles in quarters by weight: {n} models (grey), and the mean with its interval.",
    alt="Four groups of words from least to most weight, with the mean effect of each group for each model.",
)

# %%
# Weights and effects name the same word more often than chance would, and in a quarter of the titles only. The words of
# most weight have effects above the mean, and so have, less, those of least weight; within a title the two hardly go
# together. There are good reasons:
#
# - What is weighed is :math:`h_i`, and it holds what word i took from others. Take out one word of a pair, and the other
#   has lost what it looked at: its h is another one, and so is its weight.
# - The score is :math:`u \cdot r = \sum_i \alpha^w_i \, (u \cdot h_i)`. A large weight on a vector at a right angle
#   to u adds nothing.
# - The weights sum to 1. Take out a word that says little, and the others get its share.
#
# So weights show where a vector comes from. What a word *does*, only a change can show: of the title, or of the
# model.
#
# Ablations: change the model
# ---------------------------
#
# That is the idea of the paper's figure 3. Switch a kind of attention off, train again, and see what is lost.
# Figure 3(a) goes by level: attention at the word level only, at the news level only, at both, at none. 3(b) goes
# by kind: additive attention only, self-attention only, both, none.
#
# Take care with the names here: the parts ``news.attention`` and ``news.pool`` make a *news vector*, out of words.
# So they are the paper's *word level*. To leave attention at the word level only, one switches off
# ``user.attention`` and ``user.pool``.
#
# One run proves little: another seed gives another AUC. So train every variant with several seeds, the same for
# all, and look at the **differences** between runs with the same seed. What is common to both runs, such as the
# order of the samples, drops out of them, as in lesson 11. How many standard errors are enough for a finding? For
# many seeds about two. For a few the standard deviation itself is a guess, and it takes more: so many as Student's
# t distribution says, with n − 1 *degrees of freedom*. For five seeds and 95% these are 2.78. If the mean, plus or
# minus 2.78 standard errors, leaves room for 0, it is no finding.
#
# Such a table takes minutes to hours, so it is measured once, by ``python benchmarks/ablations.py``, on the demo
# corpus with the paper's sizes, and kept in ``benchmarks/ablations.json``. A run counts with its best epoch of dev,
# and dev is also where it is measured: what lesson 11 warned of, though it found
# no more than noise. It may flatter all variants a little, and we take differences.

# %%
assert round(t95(5), 2) == 2.78
benchmarks = course.ROOT / "benchmarks"
runs = json.loads((benchmarks / "ablations.json").read_text(encoding="utf-8"))["runs"]
paper = json.loads((benchmarks / "paper_figure_3.json").read_text(encoding="utf-8"))
of_paper = {name: values["auc"] for group in ("levels", "kinds") for name, values in paper[group].items()}
seeds = sorted(set.intersection(*(set(of_seed) for of_seed in runs.values())), key=int)
best = {name: [max(of_seed[seed], key=lambda epoch: epoch["auc"]) for seed in seeds] for name, of_seed in runs.items()}


def gain_of(more, less, metric="auc"):
    """The difference of two variants over the seeds, paired."""
    return Interval.paired(*([epoch[metric] for epoch in best[name]] for name in (more, less)))


QUESTIONS = {
    "what each adds to no attention": [
        ("news level", "none"), ("additive", "none"), ("word level", "none"), ("self", "none"), ("both", "none"),
    ],
    "one against the other": [("word level", "news level"), ("self", "additive")],
    "what the other one still adds": [("both", "word level"), ("both", "news level"), ("both", "self")],
}  # fmt: skip
groups = {
    question: [(f"{more} − {less}", gain_of(more, less), of_paper[more] - of_paper[less]) for more, less in pairs]
    for question, pairs in QUESTIONS.items()
}
ndcg = gain_of("word level", "news level", "ndcg@10")
print(
    f"both − self {gain_of('both', 'self')}, in the paper {of_paper['both'] - of_paper['self']:+.3f}; "
    f"in nDCG@10 word level − news level {ndcg}"
)
assert [name for rows in groups.values() for name, ours, _ in rows if not ours.holds] == ["both − self"]
assert not ndcg.holds

# %%
course.show(
    draw.ablations(groups, "All but one of the differences hold: both minus self-attention does not"),
    "14_ablations",
    caption=f"Differences of AUC between variants with the same {len(seeds)} seeds, on one scale, and the paper's figure 3.",
    alt="Ten differences as dots with intervals; only the interval of both minus self reaches 0. The paper's are hollow dots.",
)

# %%
# What holds, and what does not?
#
# - **Levels.** Attention at the news level alone, at the word level alone, and at both: each gains, and each level still
#   adds something when the other is there. The demo corpus has a cause for each: pairs of words and pairs of clicks. So the
#   news level's gain is the doing of whoever made the corpus, and so is the order of the two levels, in which the word
#   level gains more, as in the paper. And it is an order of AUC: in nDCG@10 the two levels do not differ by more than
#   noise.
# - **Kinds.** Self-attention alone is far ahead of additive attention alone. That is what the two squares made us
#   expect: only self-attention reads pairs, and the corpus was made of pairs. In the paper the difference is small.
# - **Both or self-attention alone?** There is room for 0, so these seeds do not show that additive attention adds
#   anything to self-attention here. The mean has the sign of the paper's, but that does not help. Where a difference is no
#   finding, say so, also when it has the sign you hoped for.
#
# The corpora are different worlds, so compare orders and not lengths. And what an ablation does not say: the ablated
# model has fewer parameters and was trained with settings chosen for the full one. It tells what a part is worth *in
# this model, on this corpus*.
#
# What to remember
# ----------------
#
# 1. Self-attention reads pairs, of words and of clicks: the same name gets another vector in another context. A
#    weighted mean of single words or clicks cannot do that.
# 2. A weight says where a vector comes from; an effect is measured by changing something.
# 3. An ablation needs several seeds, differences between runs with the same seed, and an interval that fits the
#    number of seeds.
#
# Exercises
# ---------
#
# Open ``lessons/exercises/14_look_inside.py`` and run ``python -m lessons.check 14``.
#
# Further (answers in ``lessons/further/14.md``): (a) Train with ``seed=2`` and draw the heads again. Which head reads
# the pairs now, and has the share of right pairs changed as much as the picture? (b) ``user.pool.q = 0`` cost four of
# the trained models nothing. Does a model trained with ``ablate=("user.pool",)`` reach the same AUC? Why are these two
# different questions? (c) Both − none is the sum of self − none and both − self. Is half its interval the sum of
# theirs? (d) Give the model histories of one click of local news, and of five. What does it make of one?
