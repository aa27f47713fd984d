r"""
Lesson 14: look inside
======================

*Rockets win* is about basketball, *Rockets launch* about space. Lesson 03 began with this, and with a matrix we had
made up. Now we train a model and open it. Which words does it weigh most? Which head looks where? Does it tell the
two *Rockets* apart? Does it see that two clicks belong together? And what would it lose without attention?

You need: lessons 03 to 05 (the two kinds of attention), lesson 08 (the user vector), lesson 11 (training, dev AUC),
and the cosine of lesson 02.
"""

# %%
import dataclasses
import json
import tempfile
from pathlib import Path

import numpy as np
from matplotlib.patches import Rectangle

import course
from nrms_np import NRMS, Config, Packed
from nrms_np.data.dataset import read_dataset
from nrms_np.data.demo.pairs import BLOCKS
from nrms_np.data.vocabulary import tokenize
from nrms_np.encoder import attention_weights
from nrms_np.evaluation.ranking import evaluate
from nrms_np.explain.impression import explain
from nrms_np.training import fit

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
# it has is titles and clicks. A small model and six epochs are enough:

# %%
data = read_dataset(course.ROOT / "data" / "demo", title_length=30, history_length=12, minimum_count=1)
full = Config(
    word_dim=64, heads=4, head_dim=16, query_dim=16, history_length=12, dropout=0.2, batch_size=256, learning_rate=0.012,
    epochs=6,
)  # fmt: skip


def train(config):
    """Train on the demo corpus; returns the model of the best epoch and its dev AUC."""
    with tempfile.TemporaryDirectory() as temporary:
        run = fit(config, data, Path(temporary) / "run")
    return run.model, run.best["auc"]


model, auc = train(full)
assert auc > 0.8

# %%
# The weights of words
# --------------------
#
# Additive attention gives word i of a title the weight :math:`\alpha^w_i` (equation 4; the small w says that it is
# the word level), and the news vector is the weighted mean :math:`r = \sum_i \alpha^w_i h_i`. Here :math:`h_i` is
# what came out of self-attention for word i. The model's ``attend`` runs one level and keeps what its backward
# needs. There ``attention_weights`` finds, for each title, these weights and those of the heads,
# :math:`\alpha^k_{i,j}` of equation 1. The headlines in the figure are short ones from the corpus's own grammar:


# %%
def weights_of(titles):
    """How the words of each title are weighed: alpha (H, T, T) of the heads and weights (T,) of the pooling."""
    _, cache = model.attend(model.parameters["word_embedding"], titles, "news")
    return [attention_weights(cache, s) for s in range(titles.count)]


def rows_of(*titles):
    """The words of titles as rows of the word embedding."""
    return data.vocabulary.encode(titles, full.title_length)


titles = [
    "A Big Win for Rockets Team",
    "Rockets Launch Delights the Crowd",
    "Exclusive: Rockets Launch Delights the Crowd in Ohio",
    "New Java Chips Impress Reviewers Today",
    "Pastry Chef Bakes Chocolate Cake in Paris",
    "Goalkeeper Defends League Title on Friday",
]
drawing = course.figure(10.0, 3.6)
axes = drawing.add_subplot()
for row, (title, (alpha, weights)) in enumerate(zip(titles, weights_of(rows_of(*titles)), strict=True)):
    assert alpha.shape == (full.heads, len(weights), len(weights))  # (H, T, T)
    assert np.isclose(weights.sum(), 1, atol=1e-5)  # (T,)
    shades = course.plt.get_cmap(course.WEIGHTS)(weights)
    for i, (word, weight) in enumerate(zip(tokenize(title), weights, strict=True)):
        axes.add_patch(Rectangle((i, row - 0.44), 0.96, 0.88, facecolor=shades[i], edgecolor="#cccccc"))
        ink = "white" if weight > 0.55 else "black"
        axes.text(i + 0.48, row, f"{word}\n{weight:.2f}", ha="center", va="center", color=ink)
axes.set_xlim(-0.05, rows_of(*titles).lengths.max())
axes.set_ylim(len(titles) - 0.5, -0.5)
axes.axis("off")
axes.set_title("How much each word counts in the news vector (equation 4); each row sums to 1")
course.save(drawing, "14_word_weights")

# %%
# In the plain headlines, the last two, no word stands out far. In some of the pairs one does, the name. But six
# headlines are six anecdotes. What holds for all? A weight of 0.2 is much among ten words and nothing special among
# five, so multiply it by the length T: then 1 means "as much as in the plain mean". We average over all headlines
# of dev that train does not have, and look at the words that occur in five of them or more.

# %%
train_news, dev_news = data.train.news, data.dev.news
new = np.array([row for row, news_id in enumerate(dev_news.ids) if news_id not in train_news.row])
found = {}
for row, (_, weights) in zip(new, weights_of(data.dev_titles.take(new)), strict=True):
    words = data.dev_titles.sequence(row)
    for word, weight in zip(words, weights, strict=True):
        found.setdefault(model.vocabulary[word], []).append(weight * len(words))
average = {word: float(np.mean(values)) for word, values in found.items() if len(values) >= 5}
order = sorted(average, key=average.get, reverse=True)
print("weight times T, most:", ", ".join(f"{word} {average[word]:.1f}" for word in order[:6]))
ambiguous = {name.lower() for block in BLOCKS for name in block.names}
assert sum(word in ambiguous for word in order[:6]) >= 4
assert sum(word in ambiguous for word in order) < len(order) / 8  # so by chance it would be less than one

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
strongest = []
drawing = course.figure(11.0, 6.0)
panels = drawing.subplots(2, full.heads)
for row, (title, partner) in enumerate(zip(titles[:2], ("win", "launch"), strict=True)):
    words = tokenize(title)
    ((alpha, _),) = weights_of(rows_of(title))
    a, b = words.index("rockets"), words.index(partner)
    strongest.append(max(alpha[:, a, b].max(), alpha[:, b, a].max()))
    for head, axes in enumerate(panels[row]):
        axes.imshow(alpha[head], cmap=course.WEIGHTS, vmin=0, vmax=1)
        axes.set_xticks(range(len(words)), words, rotation=50, ha="right")
        axes.set_yticks(range(len(words)), words if head == 0 else [""] * len(words))
        axes.spines[:].set_visible(False)
        axes.set_title(f"head {head + 1}")
        for i, j in ((a, b), (b, a)):
            weight = alpha[head, i, j]
            axes.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, edgecolor=course.RED, linewidth=2))
            axes.text(j, i, f"{weight:.1f}", ha="center", va="center", color="white" if weight > 0.55 else "black")
    panels[row, 0].set_ylabel("looks (i)")
drawing.supxlabel("is looked at (j)", fontsize=10)
drawing.suptitle("Which word looks at which (equation 1); framed: the pair that tells the topic", fontsize=11)
course.save(drawing, "14_heads")
assert min(strongest) > 0.4  # without a preference it would be 1/6 and 1/5

# %%
# In both headlines some head gives the framed partner much of a row's weight: there the pair is read. It need not
# be the same head in both. Other heads look at *big* or *delights*, and we have no story for that. Beware: nobody
# told any head what to do, and we looked at all of them, and at a few seeds, until one pleased us. With another
# seed it is another head, or none so clear.
#
# A word that moves
# -----------------
#
# Better to ask for the result. A title of one word, *Rockets*, has nothing to look at: its news vector is what the
# name means before there is any context. After context, the vectors of *Rockets win* and *Rockets launch* should
# lie in different places. Where is "sports"? We take the mean of the news vectors of all plain train headlines of
# that topic, and the cosine with it. (First we subtract the mean of all headlines from every vector: what all have
# in common says nothing about the topic.)

# %%
topics = sorted(set(train_news.categories))
train_topic, dev_topic = np.array(train_news.categories), np.array(dev_news.categories)
plain = np.array(train_news.subcategories) == "plain"


def towards_topics(model, titles):
    """The cosine of each title's vector with the mean of each topic's plain train headlines, (n, topics)."""
    of_train = model.encode_news(data.train_titles)
    center = of_train.mean(axis=0)
    means = np.array([of_train[plain & (train_topic == topic)].mean(axis=0) for topic in topics]) - center
    vectors = model.encode_news(titles) - center
    lengths = np.linalg.norm(vectors, axis=1)[:, None] * np.linalg.norm(means, axis=1)
    return vectors @ means.T / lengths


def share_right(model):
    """Of the new plain headlines, and of the new pairs, how many are nearest to the mean of their own topic."""
    nearest = np.array(topics)[towards_topics(model, data.dev_titles.take(new)).argmax(axis=1)]
    right, kinds = nearest == dev_topic[new], np.array(dev_news.subcategories)[new]
    return {kind: float(right[kinds == kind].mean()) for kind in ("plain", "pair")}


# %%
# To see what self-attention does here, train the same model without it. ``Config.ablate`` switches parts off, by
# the names of ``config.PARTS``: without ``news.attention`` and ``user.attention`` every word and every click sees
# only itself, and what is left is the weighted mean, additive attention. Without ``news.pool`` and ``user.pool``
# pooling would be the plain mean. (*Ablation* is a surgeon's word for cutting away.)

# %%
additive, additive_auc = train(dataclasses.replace(full, ablate=("news.attention", "user.attention")))
trained = {"both": (model, auc), "additive": (additive, additive_auc)}
shares = {name: share_right(one) for name, (one, _) in trained.items()}
for name, share in shares.items():
    right = f"right topic: plain {share['plain']:4.0%}, pair {share['pair']:4.0%}"
    print(f"attention {name:9} dev AUC {trained[name][1]:.3f}   {right}")
assert min(share["plain"] for share in shares.values()) > 0.9
assert shares["additive"]["pair"] < 0.6 < shares["both"]["pair"]
assert auc > additive_auc + 0.02

# %%
# Both put nearly every plain headline near its topic. For the pairs, two topics are possible, so a coin gets a
# half. Without self-attention the model is no better than the coin, although its mean is weighted: a word's weight
# is then made from that word alone, and divided by what is the same for the whole title, so the mean is still a sum
# of what single words say. With self-attention it gets most of them right, in headlines it never saw.

# %%
space, sports = topics.index("space"), topics.index("sports")
drawing = course.figure(9.5, 4.8)
for axes, kinds in zip(drawing.subplots(1, 2, sharex=True, sharey=True), trained, strict=True):
    for word, marker in (("rockets", "o"), ("mercury", "s")):
        rows = np.array([row for row in new if word in tokenize(dev_news.titles[row])])
        cosines = towards_topics(trained[kinds][0], data.dev_titles.take(rows))
        for topic, colour in (("sports", course.BLUE), ("space", course.ORANGE)):
            here = cosines[dev_topic[rows] == topic]
            axes.plot(here[:, space], here[:, sports], marker, color=colour, markersize=8, markeredgecolor="white",
                      label=f"{word.title()}: {topic}")  # fmt: skip
        (alone,) = towards_topics(trained[kinds][0], rows_of(word))
        axes.plot(alone[space], alone[sports], marker, color="black", markersize=11)
        axes.annotate(
            f"{word.title()} alone", alone[[space, sports]], (0, -16), textcoords="offset points", ha="center"
        )
    axes.plot([-0.4, 1], [-0.4, 1], ":", color=course.GREY, linewidth=1.2)
    axes.set_xlabel("cosine with the mean of space")
    axes.set_title({"both": "with self-attention", "additive": "without self-attention"}[kinds])
panels = drawing.axes
panels[0].set_ylabel("cosine with the mean of sports")
panels[0].set_ylim(bottom=-0.7)
panels[1].legend(fontsize=8, loc="lower right", title="new headlines with")
course.save(drawing, "14_moved")

# %%
# Above the dotted line a title is nearer to sports, below it nearer to space. On the left, context has pulled the
# same name (the same marker) to both sides of the line. On the right, titles lie where the sum of their words puts
# them, and the colours are mixed.
#
# Two clicks that belong together
# -------------------------------
#
# Now one level up. Take a history of just two clicks: local news for those who live in a town, and local news for
# those who work in one. Does its user vector give food a higher score than cars? We ask for each of the four
# crossings of the towns, with each news of the first kind beside each of the second. Food and cars are the means of
# their plain headlines, as before.

# %%
towns = ("ashby", "norton")
homes, works = ([np.flatnonzero(train_topic == f"{town}-{kind}") for town in towns] for kind in ("home", "work"))
pairs = [[h, w] for home in homes for work in works for h in home for w in work]


def likes_food(model):
    """Does food rank above cars, for each home town, work town, home click and work click, (2, 2, n, n)."""
    of_train = model.encode_news(data.train_titles)
    food, cars = (of_train[plain & (train_topic == topic)].mean(axis=0) for topic in ("food", "cars"))
    users = model.encode_users(of_train, Packed.from_lists(pairs))
    return (users @ (food - cars) > 0).reshape(2, 2, len(homes[0]), len(works[0]))


should = np.array([[True, False], [False, True]])
all_four = {}
print(f"{'food above cars, for':20}", *(f"{h:>7}+{w:6}".title() for h in towns for w in towns), "all four right")
for name, (one, _) in trained.items():
    answers = likes_food(one)
    all_four[name] = (answers == should[:, :, None, None]).all(axis=(0, 1)).mean()
    numbers = [*answers.mean(axis=(2, 3)).ravel(), all_four[name]]
    print(f"attention {name:10}", *(f"{number:14.0%}" for number in numbers))
assert all_four["both"] > 0.6
assert all_four["additive"] == 0

# %%
# The square asks for 100%, 0%, 0%, 100%. With self-attention over the clicks nearly all crossings come out like
# that. (The last column takes one click of each of the four kinds, and counts how often all of their crossings do.)
# Without self-attention it is never all four. The headlines here are plain, so what is missed is attention over
# clicks, not over words. And it is no matter of training. Without it the weight of a click is made from that click
# alone, so, up to a positive factor, *food minus cars* is a number a for the home click plus a number b for the
# work click. So we want::
#
#     a(Ashby) + b(Ashby)  > 0        a(Norton) + b(Norton) > 0
#     a(Ashby) + b(Norton) < 0        a(Norton) + b(Ashby)  < 0
#
# The two sums in the first line together are those in the second, and that cannot be both above and below zero. At
# most three of the four can be right. (So it is with the words of a title.)
#
# The weights of clicks
# ---------------------
#
# Back to the users of dev. ``explain`` takes one impression: the weights :math:`\alpha^n_i` of the clicked news
# (equation 9, n for the news level), and the candidates by their score :math:`u \cdot r`.
# ``python -m nrms_np.explain`` draws the same for any trained model.

# %%
one = explain(model, data.dev, "340")
click_titles = ["".join(piece.text for piece in click.pieces) for click in one.clicks]


def label(title, topic):
    """A title cut short, with its topic."""
    return f"{title if len(title) < 46 else title[:43] + '…'}  [{topic}]"


drawing = course.figure(12.0, 4.4)
left, right = drawing.subplots(1, 2)
places = range(len(one.clicks))
left.barh(places, [click.weight for click in one.clicks], color=course.BLUE)
click_labels = [label(title, click.category) for title, click in zip(click_titles, one.clicks, strict=True)]
left.set_yticks(places, click_labels, fontsize=8)
left.axvline(1 / len(one.clicks), color="black", linestyle=":")
left.set_xlabel("weight (equation 9); dotted: equal weights")
left.set_title("The history, oldest click first")
colours = [course.ORANGE if candidate.clicked else course.GREY for candidate in one.candidates]
places = range(len(one.candidates))
right.barh(places, [candidate.score for candidate in one.candidates], color=colours)
right.set_yticks(places, [label(candidate.title, candidate.category) for candidate in one.candidates], fontsize=8)
right.axvline(0, color="black", linewidth=0.8)
right.set_xlabel("score (orange: was clicked)")
right.set_title("The candidates, ranked")
for axes in (left, right):
    axes.invert_yaxis()
course.save(drawing, "14_history")

# %%
# The ranking shows both kinds of pairs at work. This reader lives and works in Ashby, and the model is given
# nothing but local news. Yet food is on top, above all of the cars. And *Apple* stands in three of the candidates:
# the one about food is far above the two about technology. The weights of the clicks are nearly equal. Could
# equation 9 go, then? Set the query q to zero: now all scores of equation 8 are 0, all weights are equal, and
# nothing else has changed. We do it on one level at a time, for all of dev. (At the word level it is the query of
# equation 3.)


# %%
def with_equal_weights(level):
    """The dev AUC of the trained model with the pooling query of a level set to zero."""
    query = f"{level}.pool.q"
    changed = model.parameters | {query: np.zeros_like(model.parameters[query])}
    return evaluate(NRMS(model.config, model.vocabulary, changed), data.dev_titles, data.dev.behaviors).values["auc"]


top = one.candidates[0]
assert top.category == "food"
assert "Apple" in top.title
assert {click.category for click in one.clicks} == {"ashby-home", "ashby-work"}
assert max(click.weight for click in one.clicks) < 1.5 / len(one.clicks)
equal = {level: with_equal_weights(level) for level in ("news", "user")}
print(f"dev AUC {auc:.3f}; with equal weights for words {equal['news']:.3f}, for clicks {equal['user']:.3f}")
assert equal["news"] < auc - 0.01
assert equal["news"] < equal["user"]
behaviors, vectors = data.dev.behaviors, model.encode_news(data.dev_titles)
history = behaviors.histories.take(np.array([behaviors.impression_ids.index("340")]))
_, weights = attention_weights(model.attend(vectors, history, "user")[1], 0)
assert np.allclose(weights, [click.weight for click in one.clicks], atol=1e-5)  # what explain had

# %%
# Equal weights cost this model little for clicks, and more for words. That is a statement about this model and this
# corpus: here nearly every click is as good as the next, while in real life some say more about a reader than
# others. And it is a statement about weights alone: which clicks belong together was read one step before, by
# self-attention.
#
# A weight is not an effect
# -------------------------
#
# It is tempting to read a large weight as "because of this word". Test it: take the word out of the title, encode
# the title again, and see by how much the score changes. That is an *effect*.


# %%
def effects(words, user):
    """How much a candidate's score for a user changes when word i is taken out of its title, for each i, (T,)."""
    versions = [words, *(np.delete(words, i) for i in range(len(words)))]
    scores = model.encode_news(Packed.from_lists(versions)) @ user
    return scores[1:] - scores[0]


users = model.encode_users(vectors, behaviors.histories)
example = rows_of(top.title)
((_, weights),) = weights_of(example)
changes = effects(example.sequence(0), users[behaviors.impression_ids.index("340")])
words = tokenize(top.title)
for name, i in (("highest weight", weights.argmax()), ("largest effect", np.abs(changes).argmax())):
    print(f"{name}: {words[i]}, weight {weights[i]:.2f}, without it the score changes by {changes[i]:+.2f}")

of_words, of_effects, agree = [], [], []
some = range(0, behaviors.candidates.count, 4)
shown = data.dev_titles.take(np.array([behaviors.candidates.sequence(number)[0] for number in some]))
for s, (number, (_, weight)) in enumerate(zip(some, weights_of(shown), strict=True)):
    effect = np.abs(effects(shown.sequence(s), users[number]))
    of_words.append(weight)
    of_effects.append(effect)
    agree.append(weight.argmax() == effect.argmax())
print(f"{len(agree)} titles: in {np.mean(agree):.0%} of them the word with the highest weight has the largest effect")
menu = words.index("menu")
assert changes.argmin() == np.abs(changes).argmax() == menu
assert weights[menu] < 1 / len(words)
assert np.mean(agree) < 0.4

# %%
drawing = course.figure(11.5, 3.8)
left, middle, right = drawing.subplots(1, 3, width_ratios=(1, 1, 1.3))
places = range(len(words))
left.barh(places, weights, color=course.BLUE)
left.set_yticks(places, words)
left.set_xlabel("weight of the word (equation 4)")
middle.barh(places, changes, color=course.ORANGE)
middle.axvline(0, color="black", linewidth=0.8)
middle.set_yticks(places, [""] * len(words))
middle.set_xlabel("change of the score without the word")
for axes in (left, middle):
    axes.invert_yaxis()
left.set_title("One title: weights …")
middle.set_title("… and effects")
right.plot(np.concatenate(of_words), np.concatenate(of_effects), "o", color=course.GREY, markersize=3, alpha=0.5)
right.set_xlabel("weight of a word")
right.set_ylabel("effect, without its sign")
right.set_title(f"All words of {len(agree)} titles")
course.save(drawing, "14_removed")

# %%
# The word with the largest effect is *menu*: of course, it is half of the pair. But its weight is less than the
# mean. Nor is this an odd title. In most of the titles weights and effects do not name the same word. There are
# good reasons:
#
# - What is weighed is :math:`h_i`, and it holds what word i took from others. Take out *menu*, and *Apple* has lost
#   what it looked at: its h is another one, and so is its weight.
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
# order of the samples, drops out of them. With n differences, their standard deviation divided by √n is the
# *standard error*: how far their mean is off, typically. How many standard errors are enough for a finding? For
# many seeds about two. For a few the standard deviation itself is a guess, and it takes more: so many as Student's
# t distribution says, with n − 1 *degrees of freedom*. For five seeds and 95% these are 2.78. If the mean, plus or
# minus 2.78 standard errors, leaves room for 0, it is no finding.
#
# Such a table takes minutes to hours, so it is measured once, by ``python benchmarks/ablations.py``, on the demo
# corpus with the paper's sizes, and kept. A run counts with its best epoch. In the figure, an error bar is the
# standard error of one variant's mean AUC.

# %%
figures = course.LESSONS / "figures"
measured = json.loads((figures / "14_ablations.json").read_text(encoding="utf-8"))["runs"]
paper = json.loads((course.ROOT / "benchmarks" / "paper_figure_3.json").read_text(encoding="utf-8"))
seeds = sorted(set.intersection(*(set(runs) for runs in measured.values())), key=int)
best = {
    name: np.array([max(epoch["auc"] for epoch in runs[seed]) for seed in seeds]) for name, runs in measured.items()
}
of_paper = {name: values["auc"] for group in ("levels", "kinds") for name, values in paper[group].items()}
T_OF_FIVE = 2.776  # 95% of the t distribution with 4 degrees of freedom lies between −2.776 and 2.776
assert len(seeds) == 5


def mean_and_error(values):
    """The mean and its standard error."""
    return values.mean(), values.std(ddof=1) / np.sqrt(len(values))


holds = {}
for more, less in (
    ("news level", "none"), ("word level", "none"), ("word level", "news level"),
    ("additive", "none"), ("self", "additive"), ("both", "self"),
):  # fmt: skip
    difference, error = mean_and_error(best[more] - best[less])
    holds[more, less] = abs(difference) > T_OF_FIVE * error
    theirs = of_paper[more] - of_paper[less]
    print(f"{more:>10} − {less:10} {difference:+.3f} ± {T_OF_FIVE * error:.3f}   the paper: {theirs:+.3f}")
assert [pair for pair, is_finding in holds.items() if not is_finding] == [("both", "self")]

# %%
drawing = course.figure(11.5, 3.6)
panels = drawing.subplots(1, 4)
for place, group in enumerate(("levels", "kinds")):
    theirs, ours = panels[2 * place : 2 * place + 2]
    names = list(paper[group])
    bars = [(paper[group][name]["auc"], 0.0) for name in names], [mean_and_error(best[name]) for name in names]
    for axes, of_source, source in ((theirs, bars[0], "the paper"), (ours, bars[1], "the demo corpus")):
        values, errors = np.array(of_source).T
        colours = [course.GREY, course.BLUE, course.GREEN, course.RED]
        axes.bar(range(4), values, yerr=errors if errors.any() else None, color=colours, capsize=4)
        low, high = (values - errors).min(), (values + errors).max()
        axes.set_ylim(low - 0.4 * (high - low), high + 0.15 * (high - low))
        axes.set_xticks(range(4), [name.replace(" level", "\nlevel") for name in names], fontsize=8)
        axes.set_title(f"({'ab'[place]}) {group}: {source}", fontsize=9)
        for x, (value, reach) in enumerate(of_source):
            axes.text(x, value + reach, f"{value:.3f}", ha="center", va="bottom", fontsize=8)
panels[0].set_ylabel("AUC (the axes do not start at 0)")
course.save(drawing, "14_ablations")

# %%
# What holds, and what does not?
#
# - (a) **Levels.** Attention at the news level alone gains 0.042, at the word level alone 0.059, and at both 0.097,
#   nearly the sum. All of these hold. So does the paper's order: the word level gains more, by 0.017 ± 0.005. But
#   here that is the doing of whoever made the corpus and chose how many titles are pairs and how many users click
#   local news. And it is an order of AUC. In nDCG@10, which the same runs have too, the two levels differ by
#   0.001 ± 0.005, and that is no finding.
# - (b) **Kinds.** Additive attention alone gains 0.022, self-attention alone 0.094. Self-attention is ahead by
#   0.072 ± 0.006, in the paper by 0.010. That is what the two squares made us expect: only self-attention reads
#   pairs, and the corpus was made of pairs.
# - **Both or self-attention alone?** 0.003 ± 0.005: there is room for 0, so these five seeds do not show that
#   additive attention adds anything to self-attention here. The bar of *both* is the higher one, and the paper has
#   0.007, but that does not help. Where a difference is no finding, say so, also when it has the sign you hoped
#   for.
#
# The error bars in the figure cannot tell any of this: they are those of single bars. And the corpora are different
# worlds, so compare orders and not heights.
#
# And what an ablation does not say: the ablated model has fewer parameters and was trained with settings chosen for
# the full one. It tells what a part is worth *in this model, on this corpus*.
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
# Open ``lessons/exercises/14_look_inside.py``, fill in the blanks, and run ``python -m lessons.check 14``.
#
# Further: (a) Train with ``seed=1`` and draw the heads again. Which head reads the pair now, and has the share of
# right pairs changed as much as the picture? (b) ``user.pool.q = 0`` cost the trained model little. Does a model
# trained with ``ablate=("user.pool",)`` reach the same AUC? Why are these two different questions? (c) Take out two
# words at a time. Find a title in which neither word alone matters, but both together do. (d) Give the model
# histories of one click of local news, and of five. What does it make of one? Does it need more than two?
