from __future__ import annotations

from collections import Counter

from nrms_np.data.dataset import Split
from nrms_np.data.vocabulary import tokenize


def test_over_40_percent_of_the_headlines_need_a_pair_of_words(train: Split) -> None:
    assert Counter(train.news.subcategories)["pair"] > 0.4 * len(train.news.ids)


def test_titles_are_headlines_of_6_to_14_words_over_12_topics_or_more(train: Split) -> None:
    lengths = [len(tokenize(title)) for title in train.news.titles]
    assert min(lengths) >= 6
    assert max(lengths) <= 14
    assert len(set(train.news.categories)) >= 12
    assert all(title[0].isupper() for title in train.news.titles)
