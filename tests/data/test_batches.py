"""Samples, negatives and batches."""

from __future__ import annotations

import numpy as np
import pytest

from nrms_np.data.batches import Samples, batches, sample_negatives
from nrms_np.data.behaviors import Behaviors, Dropped
from nrms_np.data.dataset import Split
from nrms_np.data.news import News
from nrms_np.errors import NrmsError
from nrms_np.packed import Batch, Packed

WORDS = 23
NEWS = 40


def behaviors_of(candidates: list[list[int]], clicked: list[list[int]], histories: list[list[int]]) -> Behaviors:
    labels = np.array([label for row in clicked for label in row], dtype=bool)
    names = [f"{i}" for i in range(len(candidates))]
    packed = Packed.from_lists(candidates)
    return Behaviors(names, names, Packed.from_lists(histories), packed, labels, Dropped())


def random_behaviors(impressions: int) -> Behaviors:
    """Impressions with 2 to 12 different candidates, the first one and some others clicked, never all of them."""
    generator = np.random.default_rng(11)
    sizes = generator.integers(2, 13, impressions)
    candidates = [generator.permutation(NEWS)[:size].tolist() for size in sizes]
    clicked = [[1, *(generator.random(size - 2) < 0.2).astype(int).tolist(), 0] for size in sizes]
    histories = [generator.integers(0, NEWS, generator.integers(0, 9)).tolist() for _ in range(impressions)]
    return behaviors_of(candidates, clicked, histories)


def random_split(impressions: int) -> tuple[Split, Packed]:
    generator = np.random.default_rng(12)
    titles = [generator.integers(0, WORDS, generator.integers(0, 7)).tolist() for _ in range(NEWS)]
    names = [f"N{i}" for i in range(NEWS)]
    return Split(News(names, names, names, names), random_behaviors(impressions)), Packed.from_lists(titles)


def test_each_click_is_a_sample_and_impressions_without_a_negative_are_skipped() -> None:
    behaviors = behaviors_of([[5, 6, 7], [8, 9], [1, 2], [3, 5]], [[1, 0, 1], [1, 1], [0, 0], [0, 1]], [[]] * 4)
    samples = Samples.from_behaviors(behaviors)
    assert samples.impression.tolist() == [0, 0, 3]
    assert samples.clicked.tolist() == [5, 7, 5]
    assert samples.skipped == 1
    assert len(samples) == 3


def test_impressions_without_labels_cannot_be_trained_on() -> None:
    without = Behaviors(["1"], ["U"], Packed.from_lists([[]]), Packed.from_lists([[1, 2]]), None, Dropped())
    with pytest.raises(NrmsError, match="no labels"):
        Samples.from_behaviors(without)


@pytest.mark.parametrize("negatives", [1, 4, 6])
def test_negatives_are_different_unclicked_candidates_of_the_same_impression(negatives: int) -> None:
    behaviors = random_behaviors(impressions=300)
    samples = Samples.from_behaviors(behaviors)
    drawn = sample_negatives(behaviors, samples, negatives, seed=3, epoch=2)
    assert drawn.shape == (len(samples), negatives)
    assert behaviors.clicked is not None
    seen_enough = seen_few = 0
    for impression, row in zip(samples.impression, drawn, strict=True):
        start, end = behaviors.candidates.offsets[impression : impression + 2]
        labels = behaviors.clicked[start:end]
        pool = set(behaviors.candidates.sequence(impression)[~labels].tolist())
        assert set(row.tolist()) <= pool
        if len(pool) >= negatives:
            assert len(set(row.tolist())) == negatives
            seen_enough += 1
        else:
            seen_few += 1
    assert seen_enough > 100
    assert (seen_few > 0) == (negatives > 1)


def test_every_order_of_negatives_is_equally_likely() -> None:
    # 3 of 4 negatives in order: 24 outcomes; 2 candidates for 3 places: 8 outcomes.
    count = 24_000
    behaviors = behaviors_of([[0, 10, 11, 12, 13], [1, 20, 21]], [[1, 0, 0, 0, 0], [1, 0, 0]], [[], []])
    for impression, outcomes in ((0, 24), (1, 8)):
        samples = Samples(np.full(count, impression), np.zeros(count, dtype=np.int32), 0)
        _, counts = np.unique(sample_negatives(behaviors, samples, 3, seed=1, epoch=1), axis=0, return_counts=True)
        expected = count / outcomes
        assert len(counts) == outcomes
        assert np.abs(counts - expected).max() < 5 * np.sqrt(expected)


def test_negatives_depend_on_seed_and_epoch_only() -> None:
    behaviors = random_behaviors(impressions=50)
    samples = Samples.from_behaviors(behaviors)
    drawn = sample_negatives(behaviors, samples, 4, seed=3, epoch=2)
    np.testing.assert_array_equal(drawn, sample_negatives(behaviors, samples, 4, seed=3, epoch=2))
    assert not np.array_equal(drawn, sample_negatives(behaviors, samples, 4, seed=3, epoch=1))
    assert not np.array_equal(drawn, sample_negatives(behaviors, samples, 4, seed=2, epoch=2))


def epoch_of(split: Split, titles: Packed, *, epoch: int = 1, first: int = 0, share_words: bool = True) -> list[Batch]:
    samples = Samples.from_behaviors(split.behaviors)
    return list(
        batches(
            split,
            titles,
            samples,
            batch_size=9,
            negatives=4,
            words=WORDS,
            seed=5,
            epoch=epoch,
            first=first,
            share_words=share_words,
        )
    )


def spelled_out(batch: Batch) -> list[tuple[list[list[int]], list[list[int]]]]:
    """Each sample as the words of the titles of its history and of its candidates."""
    titles = [batch.words[batch.titles.sequence(i)].tolist() for i in range(batch.titles.count)]
    return [
        ([titles[news] for news in batch.histories.sequence(sample)], [titles[news] for news in candidates])
        for sample, candidates in enumerate(batch.candidates)
    ]


def test_an_epoch_holds_every_sample_once_with_its_own_history_and_negatives() -> None:
    split, titles = random_split(impressions=31)
    samples = Samples.from_behaviors(split.behaviors)
    drawn = sample_negatives(split.behaviors, samples, 4, seed=5, epoch=1)
    words = titles.to_lists()
    expected = [
        (
            [words[news] for news in split.behaviors.histories.sequence(impression)],
            [words[news] for news in (clicked, *negatives)],
        )
        for impression, clicked, negatives in zip(samples.impression, samples.clicked, drawn, strict=True)
    ]
    found = [sample for batch in epoch_of(split, titles) for sample in spelled_out(batch)]
    assert found != expected  # shuffled
    assert sorted(found) == sorted(expected)


def test_all_batches_are_full_but_the_last() -> None:
    split, titles = random_split(impressions=31)
    count = len(Samples.from_behaviors(split.behaviors))
    assert count % 9 != 0
    sizes = [len(batch.candidates) for batch in epoch_of(split, titles)]
    assert sizes == [9] * (count // 9) + [count % 9]


def test_each_word_and_each_news_item_of_a_batch_is_named_once() -> None:
    split, titles = random_split(impressions=31)
    for batch in epoch_of(split, titles):
        assert len(np.unique(batch.words)) == len(batch.words)
        assert set(batch.titles.index.tolist()) == set(range(len(batch.words)))
        named = np.concatenate([batch.histories.index, batch.candidates.ravel()])
        assert set(named.tolist()) == set(range(batch.titles.count))
        assert batch.candidates.shape[1] == 5
        clicked = set(batch.histories.index.tolist())
        assert clicked == set(range(len(clicked)))  # news of histories come first: the model attends to no others


def test_without_sharing_each_occurrence_of_a_word_has_a_row_of_its_own() -> None:
    split, titles = random_split(impressions=31)
    shared, separate = epoch_of(split, titles), epoch_of(split, titles, share_words=False)
    for one, other in zip(shared, separate, strict=True):
        np.testing.assert_array_equal(other.titles.index, np.arange(len(other.words)))
        assert spelled_out(one) == spelled_out(other)
    assert len(separate[0].words) > len(shared[0].words)


def test_an_epoch_can_be_resumed_in_its_middle() -> None:
    split, titles = random_split(impressions=31)
    whole, resumed = epoch_of(split, titles), epoch_of(split, titles, first=2)
    assert [spelled_out(batch) for batch in resumed] == [spelled_out(batch) for batch in whole[2:]]
    assert epoch_of(split, titles, first=len(whole)) == []


def test_epochs_have_different_orders() -> None:
    split, titles = random_split(impressions=31)

    def clicks(epoch: int) -> list[tuple[list[list[int]], list[int]]]:
        batch = epoch_of(split, titles, epoch=epoch)[0]
        return [(history, candidates[0]) for history, candidates in spelled_out(batch)]

    assert clicks(1) != clicks(2)
    assert clicks(1) == clicks(1)


def test_empty_titles_and_empty_histories_are_kept() -> None:
    names = ["N0", "N1", "N2"]
    split = Split(News(names, names, names, names), behaviors_of([[1, 2]], [[1, 0]], [[]]))
    titles = Packed.from_lists([[4], [], [7, 4]])
    (batch,) = epoch_of(split, titles)
    assert spelled_out(batch) == [([], [[], [7, 4], [7, 4], [7, 4], [7, 4]])]
    assert batch.words.tolist() == [4, 7]
