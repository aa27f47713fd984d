r"""
Lesson 13: look inside
======================

*Rockets win* is about basketball, *Rockets launch* about space: so lesson 03 began, with matrices we made up. Now we train
a model and open it. Which words does it weigh most? Which head looks where? Does it tell the two *Rockets* apart? And what
would it lose without attention?

You need: lessons 03 to 05 (both kinds of attention), lesson 08 (the user vector), lesson 10 (training, AUC on the dev split)
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
from nrms_np.config import PARTS
from nrms_np.data.dataset import read_dataset
from nrms_np.data.vocabulary import tokenize
from nrms_np.evaluation.explanation import attention_of_history, attention_of_title, explain
from nrms_np.training.run_folder import RunFolder
from nrms_np.training.trainer import Trainer

# %%
# Something to look for
# ---------------------
#
# In a real corpus nobody knows what the model should find. The demo corpus in ``data/demo`` was made so that we know.
# Half of its headlines are *plain*: every word belongs to one topic. The others are *pairs*. A name and a second word
# tell the topic only together:
#
# =======  ======  ======
# ..       win     launch
# =======  ======  ======
# Rockets  sports  space
# Mercury  space   sports
# =======  ======  ======
#
# *Mercury win* is about a team of engineers, *Mercury launch* about a new sports club; never mind how likely that is.
# Each of the four words is in as many sports headlines as space headlines. No single word says anything about the
# topic, and so neither does a sum of what single words say. Twelve other pairs of topics have such a square each.
#
# ``news.tsv`` has the topic in its second column, and *pair* or *plain* in its third. The model reads neither.

# %%
data = read_dataset(course.ROOT / "data" / "demo", title_length=30, history_length=20, minimum_count=1)
full = Config(
    word_dim=64, heads=4, head_dim=16, query_dim=16, dropout=0.1, history_length=20, batch_size=512, learning_rate=0.015,
    epochs=4,
)  # fmt: skip


def train(config):
    """Train on the demo corpus; returns the model of the best epoch and its AUC on the dev split."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = RunFolder(Path(temporary) / "run")
        folder.create()
        Trainer(NRMS.create(config, data.vocabulary.words), data, folder).fit()
        return NRMS.load(folder.model), max(row["auc"] for row in folder.read_metrics())


model, auc = train(full)
assert auc > 0.8
print(f"both kinds of attention: dev AUC {auc:.3f}")

# %%
# The weights of words
# --------------------
#
# Additive attention (equation 4) gives each word of a title a weight :math:`\alpha^w_i`, and the news vector is the
# weighted mean of what came out of self-attention. ``attention_of_title`` returns these weights, and those of the
# heads, :math:`\alpha^k_{i,j}` of equation 1, which come next.


# %%
def rows_of(title):
    """The words of a title as rows of the word embedding, (T,)."""
    return data.vocabulary.encode([title], model.config.title_length).sequence(0)


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
longest = max(len(rows_of(title)) for title in titles)
for row, title in enumerate(titles):
    alpha, weights = attention_of_title(model, rows_of(title))
    assert alpha.shape == (full.heads, len(weights), len(weights))
    assert np.isclose(weights.sum(), 1, atol=1e-5)
    colours = course.plt.get_cmap(course.WEIGHTS)(weights)
    for place, (word, weight) in enumerate(zip(tokenize(title), weights, strict=True)):
        axes.add_patch(Rectangle((place, row - 0.44), 0.96, 0.88, facecolor=colours[place], edgecolor="#cccccc"))
        axes.text(
            place + 0.48,
            row,
            f"{word}\n{weight:.2f}",
            ha="center",
            va="center",
            color="white" if weight > 0.55 else "black",
        )
axes.set_xlim(-0.05, longest)
axes.set_ylim(len(titles) - 0.5, -0.5)
axes.axis("off")
axes.set_title("How much each word counts in the news vector (equation 4); each row sums to 1")
course.save(drawing, "13_word_weights")

# %%
# A weight of 0.2 is much in a title of ten words and nothing special in one of five. So multiply it by T: then 1 means
# "as much as in the plain mean". The means over all headlines that the training did not have:

# %%
dev = data.dev.news
new = np.array([row for row, news_id in enumerate(dev.ids) if news_id not in data.train.news.row])
times_T = {}
for row in new:
    words = data.dev_titles.sequence(row)
    _, weights = attention_of_title(model, words)
    for word, weight in zip(words, weights * len(words), strict=True):
        times_T.setdefault(model.vocabulary[word], []).append(weight)
average = {word: float(np.mean(values)) for word, values in times_T.items() if len(values) >= 5}
order = sorted(average, key=average.get, reverse=True)
print("most weight: ", ", ".join(f"{word} {average[word]:.1f}" for word in order[:6]))
print("least weight:", ", ".join(f"{word} {average[word]:.1f}" for word in order[-6:]))

# %%
# The heads
# ---------

# %%
pair_titles = ["A Big Win for Rockets Team", "Rockets Launch Delights the Crowd"]
drawing = course.figure(11.0, 6.0)
panels = drawing.subplots(2, full.heads)
for row, (title, partner) in enumerate(zip(pair_titles, ("win", "launch"), strict=True)):
    words = tokenize(title)
    alpha, _ = attention_of_title(model, rows_of(title))
    name, other = words.index("rockets"), words.index(partner)
    for head, axes in enumerate(panels[row]):
        axes.imshow(alpha[head], cmap=course.WEIGHTS, vmin=0, vmax=1)
        axes.set_xticks(range(len(words)), words, rotation=50, ha="right")
        axes.set_yticks(range(len(words)), words if head == 0 else [""] * len(words))
        axes.spines[:].set_visible(False)
        axes.set_title(f"head {head}")
        for i, j in ((name, other), (other, name)):
            weight = alpha[head, i, j]
            axes.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, edgecolor=course.RED, linewidth=2))
            axes.text(j, i, f"{weight:.1f}", ha="center", va="center", color="white" if weight > 0.55 else "black")
    panels[row, 0].set_ylabel("looks (i)")
drawing.suptitle(
    "Which word looks at which (equation 1); framed: the two words that tell the topic together", fontsize=11
)
course.save(drawing, "13_heads")

# %%
# A word that moves
# -----------------

# %%
train_news = data.train.news
topic, kind = np.array(train_news.categories), np.array(train_news.subcategories)
topics = sorted(set(train_news.categories))


def towards_topics(model, vectors):
    """The cosines of news vectors with the mean vector of each topic's plain train headlines, (n, topics)."""
    of_train = model.encode_news(data.train_titles)
    center = of_train.mean(axis=0)  # what all headlines have in common says nothing about the topic
    means = np.array([of_train[(topic == name) & (kind == "plain")].mean(axis=0) for name in topics]) - center
    moved = vectors - center
    lengths = np.linalg.norm(moved, axis=1)[:, None] * np.linalg.norm(means, axis=1)
    return moved @ means.T / lengths


dev_topic, dev_kind = np.array(dev.categories), np.array(dev.subcategories)


def right_topic(model):
    """The share of the new plain headlines, and of the new pairs, whose nearest mean is that of their own topic."""
    cosines = towards_topics(model, model.encode_news(data.dev_titles))
    right = np.array(topics)[cosines.argmax(axis=1)] == dev_topic
    return [float(right[new[dev_kind[new] == kind]].mean()) for kind in ("plain", "pair")]


none, none_auc = train(dataclasses.replace(full, ablate=PARTS))
additive, additive_auc = train(dataclasses.replace(full, ablate=("news.attention", "user.attention")))
named = {"both kinds": (model, auc), "additive only": (additive, additive_auc), "none": (none, none_auc)}
for name, (trained, its_auc) in named.items():
    plain, pair = right_topic(trained)
    print(f"{name:14} dev AUC {its_auc:.3f}   nearest topic right: plain {plain:4.0%}, pair {pair:4.0%}")

# %%
drawing = course.figure(9.5, 4.6)
for axes, name in zip(drawing.subplots(1, 2, sharex=True, sharey=True), ("both kinds", "none"), strict=True):
    trained = named[name][0]
    space, sports = topics.index("space"), topics.index("sports")
    for word, marker in (("rockets", "o"), ("mercury", "s")):
        chosen = [row for row in new if word in tokenize(dev.titles[row])]
        cosines = towards_topics(trained, trained.encode_news(data.dev_titles.take(np.array(chosen))))
        for of_topic, colour in (("sports", course.BLUE), ("space", course.ORANGE)):
            here = dev_topic[chosen] == of_topic
            axes.plot(
                cosines[here, space], cosines[here, sports], marker, color=colour, markersize=8, alpha=0.75,
                markeredgecolor="white", linestyle="", label=f"{word.title()}, {of_topic}",
            )  # fmt: skip
        alone = towards_topics(trained, trained.encode_news(data.vocabulary.encode([word], 30)))[0]
        axes.plot(alone[space], alone[sports], marker, color="black", markersize=11)
        axes.annotate(f"{word.title()} alone", alone[[space, sports]], (9, 0), textcoords="offset points", va="center")
    axes.plot([-0.3, 1], [-0.3, 1], ":", color=course.GREY, linewidth=1.2)
    axes.set_xlabel("cosine with space")
    axes.set_title(f"attention: {name}")
    if name == "both kinds":
        axes.set_ylabel("cosine with sports")
        axes.legend(fontsize=8)
course.save(drawing, "13_moved")

# %%
# The weights of clicks
# ---------------------

# %%
one = explain(model, data.dev, "11")


def text_of(click):
    """The title of a click."""
    return "".join(piece.text for piece in click.pieces)


drawing = course.figure(11.5, 4.4)
left, right = drawing.subplots(1, 2)
left.barh(range(len(one.clicks)), [click.weight for click in one.clicks], color=course.BLUE)
left.set_yticks(
    range(len(one.clicks)), [f"{text_of(click)[:42]}  [{click.category}]" for click in one.clicks], fontsize=8
)
left.axvline(1 / len(one.clicks), color=course.GREY, linestyle=":")
left.invert_yaxis()
left.set_xlabel("weight (equation 9)")
left.set_title("The history, oldest click first")
colours = [course.ORANGE if candidate.clicked else course.GREY for candidate in one.candidates]
right.barh(range(len(one.candidates)), [candidate.score for candidate in one.candidates], color=colours)
names = [f"{candidate.title[:42]}  [{candidate.category}]" for candidate in one.candidates]
right.set_yticks(range(len(names)), names, fontsize=8)
right.invert_yaxis()
right.set_xlabel("score u · r (orange: clicked)")
right.set_title("The candidates, ranked")
course.save(drawing, "13_history")

# %%
behaviors = data.dev.behaviors
vectors = model.encode_news(data.dev_titles)
usual, stray = [], []
for number in range(behaviors.candidates.count):
    clicked = behaviors.histories.sequence(number)
    if len(clicked) < 6:
        continue
    _, weights = attention_of_history(model, vectors[clicked])
    _, which, count = np.unique(dev_topic[clicked], return_inverse=True, return_counts=True)
    usual.extend(len(clicked) * weights[count[which] == count.max()])
    stray.extend(len(clicked) * weights[count[which] == 1])
print(f"weight times N: the history's main topic {np.mean(usual):.2f}, a topic clicked once {np.mean(stray):.2f}")

# %%
# A weight is not an effect
# -------------------------


# %%
def without_each_word(words, user):
    """How a candidate's score changes when word i is removed from its title, for each i: (T,)."""
    shorter = [np.delete(words, i) for i in range(len(words))]
    scores = model.encode_news(Packed.from_lists([words, *shorter])) @ user
    return scores[1:] - scores[0]


users = model.encode_users(vectors, behaviors.histories)
title = one.candidates[0].title
words = rows_of(title)
_, weights = attention_of_title(model, words)
change = without_each_word(words, users[behaviors.impression_ids.index("11")])
print(title, weights.round(2), change.round(2))
all_weights, all_changes, agree = [], [], []
for number in range(0, behaviors.candidates.count, 5):
    for row in behaviors.candidates.sequence(number)[:1]:
        words = data.dev_titles.sequence(row)
        w = attention_of_title(model, words)[1]
        c = np.abs(without_each_word(words, users[number]))
        all_weights.extend(w)
        all_changes.extend(c)
        agree.append(w.argmax() == c.argmax())
print(np.mean(agree), np.corrcoef(all_weights, all_changes))
