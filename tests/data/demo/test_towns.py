from __future__ import annotations

import numpy as np
import pytest

from nrms_np.data.dataset import Split
from nrms_np.data.demo.corpus import Corpus
from nrms_np.data.demo.towns import COMMUTING, STAYING, TOWNS, liked_topic, local_topic
from nrms_np.data.demo.users import User
from nrms_np.data.vocabulary import tokenize

HOMES = [local_topic(town, "home") for town in (0, 1)]
WORKS = [local_topic(town, "work") for town in (0, 1)]


@pytest.fixture(scope="module")
def local_users(made: Corpus) -> list[User]:
    """The users who click local news, of train and those that only dev has, without what they clicked in train."""
    everyone = {one.user.name: one.user for one in made.dev.impressions + made.train.impressions}
    return [user for user in everyone.values() if user.taste.rival and len(user.history) >= 6]


@pytest.fixture(scope="module")
def shares(made: Corpus, local_users: list[User]) -> np.ndarray:
    """(users, 4) which part of the last 50 clicks of each user are local news of each kind: HOMES, then WORKS."""
    last = [[made.headlines[row].topic for row in user.history[-50:]] for user in local_users]
    return np.array([[topics.count(kind) / len(topics) for kind in HOMES + WORKS] for topics in last])


@pytest.fixture(scope="module")
def commutes(local_users: list[User]) -> np.ndarray:
    """(users,) whether a user likes what commuters like."""
    return np.array([COMMUTING in user.taste.liking for user in local_users])


def test_neither_the_home_nor_the_work_tells_the_topic_but_both_do() -> None:
    for fixed in (0, 1):
        assert {liked_topic(fixed, 0), liked_topic(fixed, 1)} == {STAYING, COMMUTING}
        assert {liked_topic(0, fixed), liked_topic(1, fixed)} == {STAYING, COMMUTING}


def test_about_half_of_the_users_click_local_news_and_the_others_what_they_like(made: Corpus) -> None:
    tastes = [one.user.taste for one in made.train.impressions]
    assert 0.45 < np.mean([taste.rival != "" for taste in tastes]) < 0.55
    assert all(taste.clicks == taste.liking for taste in tastes if not taste.rival)
    assert all(not taste.clicks.keys() & taste.liking.keys() for taste in tastes if taste.rival)


def test_each_kind_of_local_news_is_clicked_equally_often_under_both_topics(
    shares: np.ndarray, commutes: np.ndarray
) -> None:
    staying, commuting = shares[~commutes], shares[commutes]
    error = np.sqrt(staying.var(axis=0) / len(staying) + commuting.var(axis=0) / len(commuting))
    assert len(staying) > 500
    assert len(commuting) > 500
    assert np.all(np.abs(staying.mean(axis=0) - commuting.mean(axis=0)) < 4 * error)


def test_no_sum_of_clicks_tells_the_topic_but_a_product_of_two_does(shares: np.ndarray, commutes: np.ndarray) -> None:
    def right(features: np.ndarray) -> float:
        """How often the best weighted sum of the features, found on half of the users, is right about the others."""
        features = np.column_stack([features, np.ones(len(features))])
        weights, *_ = np.linalg.lstsq(features[::2], commutes[::2] - 0.5, rcond=None)
        return float(np.mean((features[1::2] @ weights > 0) == commutes[1::2]))

    products = (shares[:, :2, None] * shares[:, None, 2:]).reshape(-1, 4)
    assert right(shares) < 0.56
    assert right(products) > 0.9


def test_town_names_stand_in_local_news_alone_which_is_never_shown(made: Corpus, train: Split, dev: Split) -> None:
    names = {town.lower() for town in TOWNS}
    for headline in made.headlines:
        is_local = headline.topic in HOMES + WORKS
        assert len(names.intersection(tokenize(headline.title))) == is_local, headline.title
    for split in (train, dev):
        shown = {split.news.categories[row] for row in split.behaviors.candidates.index}
        assert shown.isdisjoint(HOMES + WORKS)
