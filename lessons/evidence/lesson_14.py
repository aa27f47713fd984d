"""Lesson 14: what is asked of a trained model of the demo corpus, and the answers over seeds."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from lessons.evidence.kept import Found
from nrms_np import NRMS, Config, Packed
from nrms_np.arrays import Array, IntArray
from nrms_np.data.dataset import Dataset, read_dataset
from nrms_np.data.demo.pairs import BLOCKS
from nrms_np.encoder import attention_weights
from nrms_np.evaluation.ranking import evaluate
from nrms_np.training import fit

SEEDS = 8
DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
FULL = Config(
    word_dim=64, heads=4, head_dim=16, query_dim=16, history_length=12, dropout=0.2, batch_size=256, learning_rate=0.012,
    epochs=6,
)  # fmt: skip
ARMS: dict[str, tuple[str, ...]] = {"both": (), "additive": ("news.attention", "user.attention")}
TOWNS = ("ashby", "norton")
NAMES = frozenset(name.lower() for block in BLOCKS for name in block.names)
"""The ambiguous names, which stand in headlines of two topics."""

EXAMPLES = {"a big win for rockets team": "win", "rockets launch delights the crowd": "launch"}
"""Two short headlines, and the word that tells with *Rockets* what each is about."""


@cache
def demo() -> Dataset:
    """The demo corpus."""
    return read_dataset(DEMO, title_length=30, history_length=12, minimum_count=1)


def train(data: Dataset, config: Config) -> tuple[NRMS, float]:
    """The model of the best epoch and its dev AUC."""
    with TemporaryDirectory() as temporary:
        run = fit(config, data, Path(temporary) / "run")
    return run.model, run.best["auc"]


def weights_of(model: NRMS, titles: Packed) -> list[tuple[Array, Array]]:
    """How the words of each title are weighed: alpha (H, T, T) of the heads, and weights (T,) of the pooling."""
    _, kept = model.attend(model.parameters["word_embedding"], titles, "news")
    return [attention_weights(kept, s) for s in range(titles.count)]


def new_news(data: Dataset) -> IntArray:
    """The news of dev that train does not have."""
    known = data.train.news.row
    return np.array([row for row, news_id in enumerate(data.dev.news.ids) if news_id not in known])


def mean_weights(model: NRMS, data: Dataset, at_least: int = 5) -> dict[str, float]:
    """The mean of weight times T of each word that occurs in so many new headlines, the largest first."""
    found: dict[str, list[float]] = {}
    titles = data.dev_titles.take(new_news(data))
    for s, (_, weights) in enumerate(weights_of(model, titles)):
        for word, weight in zip(titles.sequence(s), weights, strict=True):
            found.setdefault(model.vocabulary[word], []).append(weight * len(weights))
    means = {word: float(np.mean(values)) for word, values in found.items() if len(values) >= at_least}
    return dict(sorted(means.items(), key=lambda item: -item[1]))


def partner_weights(model: NRMS, title: str, partner: str) -> tuple[Array, Array]:
    """How much two words of a title look at each other: the one at the other or the other at it, whichever is more.

    Returns for *Rockets* and its partner this number of each head (H,), and for every other pair of words, against which it
    must stand, the largest of the heads (pairs,).
    """
    words = title.split()
    ((alpha, _),) = weights_of(model, model.encode_titles([title]))
    either = np.maximum(alpha, alpha.swapaxes(1, 2))
    a, b = sorted((words.index("rockets"), words.index(partner)))
    others = [either[:, i, j].max() for j in range(len(words)) for i in range(j) if (i, j) != (a, b)]
    return either[:, a, b], np.array(others)


class Topics(NamedTuple):
    """Where the topics are. center: the mean of all train vectors.    means: (topics, H·d) of the plain headlines, off center."""

    names: list[str]
    center: Array
    means: Array


def topics_of(model: NRMS, data: Dataset) -> Topics:
    """The mean of the news vectors of each topic's plain train headlines."""
    of_train = model.encode_news(data.train_titles)
    categories, plain = np.array(data.train.news.categories), np.array(data.train.news.subcategories) == "plain"
    names, center = sorted(set(categories[plain])), of_train.mean(axis=0)
    means = [of_train[plain & (categories == name)].mean(axis=0) for name in names]
    return Topics(names, center, np.array(means) - center)


def towards(topics: Topics, vectors: Array) -> Array:
    """The cosine of each vector with each topic's mean, both off center, (n, topics)."""
    moved = vectors - topics.center
    return moved @ topics.means.T / (np.linalg.norm(moved, axis=1)[:, None] * np.linalg.norm(topics.means, axis=1))


def share_right(model: NRMS, data: Dataset) -> dict[str, float]:
    """Of the new plain headlines, and of the new pairs, how many are nearest to the mean of their own topic."""
    rows, topics = new_news(data), topics_of(model, data)
    nearest = np.array(topics.names)[towards(topics, model.encode_news(data.dev_titles.take(rows))).argmax(axis=1)]
    right = nearest == np.array(data.dev.news.categories)[rows]
    kinds = np.array(data.dev.news.subcategories)[rows]
    return {kind: float(right[kinds == kind].mean()) for kind in ("plain", "pair")}


def likes_food(model: NRMS, data: Dataset) -> Array:
    """Does food rank above cars, for each home town, work town, click of the first and of the second kind, (2, 2, n, n)."""
    category, topics = np.array(data.train.news.categories), topics_of(model, data)
    homes, works = ([np.flatnonzero(category == f"{town}-{kind}") for town in TOWNS] for kind in ("home", "work"))
    pairs = [[h, w] for home in homes for work in works for h in home for w in work]
    users = model.encode_users(model.encode_news(data.train_titles), Packed.from_lists(pairs))
    difference = topics.means[topics.names.index("food")] - topics.means[topics.names.index("cars")]
    return (users @ difference > 0).reshape(2, 2, len(homes[0]), len(works[0]))


def all_four_right(answers: Array) -> float:
    """How often all four crossings of a click of each kind are right: food for who lives and works in one town."""
    should = np.eye(2, dtype=bool)[:, :, None, None]
    return float((answers == should).all(axis=(0, 1)).mean())


def with_equal_weights(model: NRMS, data: Dataset, level: str) -> float:
    """The dev AUC of a trained model with the pooling query of a level set to zero."""
    query = f"{level}.pool.q"
    changed = model.parameters | {query: np.zeros_like(model.parameters[query])}
    return evaluate(NRMS(model.config, model.vocabulary, changed), data.dev_titles, data.dev.behaviors).values["auc"]


def effects(model: NRMS, words: IntArray, user: Array) -> Array:
    """How much a candidate's score for a user changes when word i is taken out of its title, for each i, (T,)."""
    versions = [words, *(np.delete(words, i) for i in range(len(words)))]
    scores = model.encode_news(Packed.from_lists(versions)) @ user
    return scores[1:] - scores[0]


def weights_and_effects(model: NRMS, data: Dataset, every: int = 4) -> list[tuple[Array, Array]]:
    """Of the first candidate of every fourth impression of dev: the words' weights and their effects without the sign, (T,)."""
    behaviors = data.dev.behaviors
    users = model.encode_users(model.encode_news(data.dev_titles), behaviors.histories)
    some = range(0, behaviors.candidates.count, every)
    shown = data.dev_titles.take(np.array([behaviors.candidates.sequence(number)[0] for number in some]))
    weighed = weights_of(model, shown)
    return [
        (weights, np.abs(effects(model, shown.sequence(s), users[number])))
        for s, (number, (_, weights)) in enumerate(zip(some, weighed, strict=True))
    ]


def ranks(values: Array) -> Array:
    """The place of each value in the order, from 0; equal values share the mean of their places."""
    order = np.sort(values)
    return (np.searchsorted(order, values, "left") + np.searchsorted(order, values, "right") - 1) / 2


def compared(pairs: list[tuple[Array, Array]]) -> Found:
    """Weights against effects, title by title.

    agree: in how many titles the word of the highest weight has the largest effect, and chance: in how many it would by lot.
    correlation: of the ranks within a title, the mean over titles.
    quarters: the mean effect of the words in each quarter of the weights (times T), least weight first; 1 is the mean of all words.
    """
    agree = [weights.argmax() == effect.argmax() for weights, effect in pairs]
    chance = [1 / len(weights) for weights, _ in pairs]
    correlations = [np.corrcoef(ranks(weights), ranks(effect))[0, 1] for weights, effect in pairs if len(weights) > 2]
    relative = np.concatenate([weights * len(weights) for weights, _ in pairs])
    effect = np.concatenate([effect for _, effect in pairs])
    quarter = (4 * ranks(relative) / len(relative)).astype(int)
    return {
        "agree": float(np.mean(agree)),
        "chance": float(np.mean(chance)),
        "correlation": float(np.nanmean(correlations)),
        "quarters": [float(effect[quarter == q].mean() / effect.mean()) for q in range(4)],
    }


def measure(seed: int) -> Found:
    """Everything that the lesson says of a seed."""
    data = demo()
    found: Found = {}
    for arm, ablated in ARMS.items():
        model, auc = train(data, replace(FULL, seed=seed, ablate=ablated))
        found[f"auc {arm}"] = auc
        found |= {f"right {kind} {arm}": share for kind, share in share_right(model, data).items()}
        answers = likes_food(model, data)
        found[f"food {arm}"] = answers.mean(axis=(2, 3)).ravel().tolist()
        found[f"all four {arm}"] = all_four_right(answers)
        if arm == "both":
            top = list(mean_weights(model, data))
            found["names among the first six"] = sum(word in NAMES for word in top[:6])
            found["share of names"] = float(np.mean([word in NAMES for word in top]))
            for title, partner in EXAMPLES.items():
                of_pair, of_others = partner_weights(model, title, partner)
                found |= {f"heads {partner}": of_pair.tolist(), f"other pairs {partner}": of_others.tolist()}
            found |= {f"equal {level}": with_equal_weights(model, data, level) for level in ("news", "user")}
            found |= compared(weights_and_effects(model, data))
    return found
