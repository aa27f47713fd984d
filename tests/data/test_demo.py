from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from nrms_np.data.dataset import Split, read_split
from nrms_np.data.demo.corpus import Corpus, corpus
from nrms_np.data.demo.files import clock, write_lines
from nrms_np.data.demo.pairs import BLOCKS
from nrms_np.data.demo.spread import Spread, segments
from nrms_np.data.demo.texts import WORDS, Texts, word
from nrms_np.data.demo.truth import best_possible_scores, mean_auc
from nrms_np.data.demo.write import write
from nrms_np.data.vocabulary import tokenize
from nrms_np.errors import DataError, NrmsError

COMMITTED = Path(__file__).parents[2] / "data" / "demo"
FILES = ("train/news.tsv", "train/behaviors.tsv", "dev/news.tsv", "dev/behaviors.tsv", "dev/truth.tsv")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("demo")
    return folder, write(folder, seed=1)


@pytest.fixture(scope="module")
def made() -> Corpus:
    return corpus(seed=1)


@pytest.fixture(scope="module")
def train() -> Split:
    return read_split(COMMITTED / "train", history_length=50)


@pytest.fixture(scope="module")
def dev() -> Split:
    return read_split(COMMITTED / "dev", history_length=50)


@pytest.mark.parametrize("name", FILES)
def test_the_committed_file_is_what_the_command_writes(name: str, written: tuple[Path, str]) -> None:
    assert (written[0] / name).read_bytes() == (COMMITTED / name).read_bytes()


def test_another_seed_gives_another_corpus(made: Corpus) -> None:
    assert corpus(seed=2).headlines != made.headlines


def test_the_demo_is_at_most_3_mb_with_unix_lines() -> None:
    contents = [path.read_bytes() for path in COMMITTED.rglob("*") if path.is_file()]
    assert sum(map(len, contents)) <= 3_000_000
    assert not any(b"\r" in content for content in contents)


def test_the_reader_drops_nothing(train: Split, dev: Split) -> None:
    assert train.behaviors.dropped.line() == dev.behaviors.dropped.line() == ""


def test_at_least_20_names_stand_in_headlines_of_two_topics(train: Split) -> None:
    topics = defaultdict(set)
    for title, topic in zip(train.news.titles, train.news.categories, strict=True):
        for token in tokenize(title):
            topics[token].add(topic)
    names = [name.lower() for block in BLOCKS for name in block.names]
    assert len({name for name in names if len(topics[name]) >= 2}) >= 20


def test_over_40_percent_of_the_headlines_need_a_pair_of_words(train: Split) -> None:
    assert Counter(train.news.subcategories)["pair"] > 0.4 * len(train.news.ids)


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


def test_titles_are_headlines_of_6_to_14_words_over_12_topics_or_more(train: Split) -> None:
    lengths = [len(tokenize(title)) for title in train.news.titles]
    assert min(lengths) >= 6
    assert max(lengths) <= 14
    assert len(set(train.news.categories)) >= 12
    assert all(title[0].isupper() for title in train.news.titles)


def test_every_impression_has_a_click_and_a_non_click(train: Split, dev: Split) -> None:
    for split in (train, dev):
        assert split.behaviors.clicked is not None
        clicks = np.add.reduceat(split.behaviors.clicked.astype(int), split.behaviors.candidates.offsets[:-1])
        assert np.all(clicks >= 1)
        assert np.all(clicks < split.behaviors.candidates.lengths)


def test_dev_has_users_and_news_that_train_lacks(train: Split, dev: Split) -> None:
    users = set(dev.behaviors.users)
    assert 0.3 < len(users - set(train.behaviors.users)) / len(users) < 0.7
    shown = {dev.news.ids[row] for row in dev.behaviors.candidates.index}
    assert 0.3 < len(shown - set(train.news.ids)) / len(shown) < 0.7


def test_histories_go_from_none_over_one_to_more_than_50() -> None:
    lengths = Counter(len(history) for history in _histories(COMMITTED / "train" / "behaviors.tsv"))
    total = lengths.total()
    assert 0.01 < lengths[0] / total < 0.05
    assert lengths[1] > 0
    assert 0.02 < sum(count for length, count in lengths.items() if length > 50) / total < 0.1


def test_the_reported_best_auc_is_that_of_the_truth_file(written: tuple[Path, str], dev: Split) -> None:
    truth = best_possible_scores(COMMITTED / "dev", len(dev.behaviors.candidates.index))
    assert truth is not None
    assert dev.behaviors.clicked is not None
    offsets = dev.behaviors.candidates.offsets
    of_impressions = []
    for i in range(len(offsets) - 1):
        scores = truth[offsets[i] : offsets[i + 1]].tolist()
        clicked = dev.behaviors.clicked[offsets[i] : offsets[i + 1]].tolist()
        hits = [score for score, click in zip(scores, clicked, strict=True) if click]
        misses = [score for score, click in zip(scores, clicked, strict=True) if not click]
        wins = sum(1.0 if hit > miss else 0.5 if hit == miss else 0.0 for hit in hits for miss in misses)
        of_impressions.append(wins / (len(hits) * len(misses)))
    best = sum(of_impressions) / len(of_impressions)
    assert f"best possible ranking         {best:.4f}" in written[1]
    reported = re.search(r"popularity .* (\d\.\d+)", written[1])
    assert reported is not None
    assert 0.5 < float(reported[1]) < best < 1.0


def test_clicks_are_as_frequent_as_their_true_probability_says(made: Corpus) -> None:
    expected, clicked = [], []
    for one in made.train.impressions + made.dev.impressions:
        p = np.array(one.permille) / 1000
        # Drawn again without a click or with nothing but clicks: the probability given that neither happened.
        others_all = np.array([np.prod(np.delete(p, i)) for i in range(len(p))])
        expected.append(p * (1 - others_all) / (1 - np.prod(1 - p) - np.prod(p)))
        clicked.append(one.clicked)
    q, hit = np.concatenate(expected), np.concatenate(clicked).astype(float)
    for low, high in ((0.0, 0.02), (0.02, 0.1), (0.1, 0.4), (0.4, 0.7), (0.7, 1.0)):
        group = (q >= low) & (q < high)
        # Clicks of one impression push each other down a little, so the spread of independent draws is an upper bound.
        error = np.sqrt(np.sum(q[group] * (1 - q[group]))) / group.sum()
        assert group.sum() > 500
        assert abs(hit[group].mean() - q[group].mean()) < 4 * error


def test_auc_counts_ties_as_one_half() -> None:
    assert mean_auc([[0.3, 0.3, 0.1]], [[True, False, False]]) == 0.75


def test_a_folder_without_truth_has_no_best_scores(tmp_path: Path) -> None:
    assert best_possible_scores(tmp_path, 3) is None


@pytest.mark.parametrize("bad", ["2\t0.5 x", "2", "2\t1.5"])
def test_a_broken_truth_file_is_named_with_its_line(tmp_path: Path, bad: str) -> None:
    (tmp_path / "truth.tsv").write_text(f"1\t0.25 0.5\n{bad}\n")
    with pytest.raises(DataError, match=r"truth\.tsv, line 2"):
        best_possible_scores(tmp_path, 3)


def test_a_truth_file_of_other_impressions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "truth.tsv").write_text("1\t0.5 0.25\n", encoding="utf-8")
    assert best_possible_scores(tmp_path, 2) is not None
    with pytest.raises(DataError, match="2 probabilities, but the impressions have 3"):
        best_possible_scores(tmp_path, 3)


def test_a_failing_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    write_lines(tmp_path / "news.tsv", ["old"])

    def breaks_off():
        yield "new"
        raise OSError(28, "No space left on device")

    with pytest.raises(NrmsError, match=r"news\.tsv: cannot be written \(No space left on device\)"):
        write_lines(tmp_path / "news.tsv", breaks_off())
    assert [path.name for path in tmp_path.iterdir()] == ["news.tsv"]
    assert (tmp_path / "news.tsv").read_text() == "old\n"


def test_a_folder_that_is_a_file_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(NrmsError, match=r"taken.*cannot be written.*--out"):
        write(tmp_path / "taken", seed=1)


def test_times_are_written_as_in_mind() -> None:
    assert [clock(place, 4, 9, 1) for place in range(4)] == [
        "11/9/2019 12:00:00 AM", "11/9/2019 6:00:00 AM", "11/9/2019 12:00:00 PM", "11/9/2019 6:00:00 PM",
    ]  # fmt: skip


def test_made_up_words_differ() -> None:
    assert len({word(rank) for rank in range(WORDS)}) == WORDS


def test_made_up_titles_are_as_long_as_those_of_mind() -> None:
    texts = Texts(3000, seed=4)
    lengths = [len(tokenize(texts.title(row))) for row in range(3000)]
    assert 11.5 < np.mean(lengths) < 12.1
    assert max(lengths) <= 30
    assert texts.title(17) == Texts(3000, seed=4).title(17)


def test_no_place_is_drawn_twice_within_a_group() -> None:
    spread = Spread(1 / np.arange(3, 33))
    groups = np.repeat(np.arange(40), 11)
    places = spread.distinct(groups, np.random.default_rng([3, 5]))
    assert len(set(zip(groups.tolist(), places.tolist(), strict=True))) == len(places)
    assert np.mean(places < 15) > 0.6
    assert places.min() >= 0
    assert places.max() < 30


def test_segments_are_drawn_as_often_as_the_table_says() -> None:
    lengths = segments(((0, 0, 250), (3, 5, 750)), 4000, np.random.default_rng([3, 6]))
    assert set(lengths.tolist()) == {0, 3, 4, 5}
    assert abs(np.mean(lengths == 0) - 0.25) < 0.03


def _histories(path: Path) -> list[list[str]]:
    return [line.split("\t")[3].split() for line in path.read_text(encoding="utf-8").splitlines()]
