from __future__ import annotations

from collections import defaultdict
from itertools import product

from nrms_np.data.dataset import Split
from nrms_np.data.demo.corpus import Corpus
from nrms_np.data.demo.pairs import BLOCKS
from nrms_np.data.vocabulary import tokenize


def test_at_least_20_names_stand_in_headlines_of_two_topics(train: Split) -> None:
    topics = defaultdict(set)
    for title, topic in zip(train.news.titles, train.news.categories, strict=True):
        for token in tokenize(title):
            topics[token].add(topic)
    names = [name.lower() for block in BLOCKS for name in block.names]
    assert len({name for name in names if len(topics[name]) >= 2}) >= 20


def test_neither_word_of_a_pair_tells_the_topic_but_both_do() -> None:
    for block in BLOCKS:
        topic = {(name, context): block.topic(name, context) for name, context in product((0, 1), (0, 1))}
        for fixed in (0, 1):
            assert {topic[fixed, 0], topic[fixed, 1]} == {topic[0, fixed], topic[1, fixed]} == set(block.topics)


def test_the_words_of_the_pairs_stand_nowhere_else(made: Corpus) -> None:
    of_pairs = {word.lower() for block in BLOCKS for word in block.names + block.contexts}
    assert len(of_pairs) == 4 * len(BLOCKS)
    for headline in made.headlines:
        assert len(of_pairs.intersection(tokenize(headline.title))) == (2 if headline.decoy else 0), headline.title
