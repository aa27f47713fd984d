"""A corpus of MIND-small's or MIND-large's size and shape, for timing: `python -m nrms_np.data.demo --scale small`.

The words are made up. What it copies are the numbers that decide how long a step takes: how many news and impressions, how long
titles, histories and pages are, how often words repeat in titles and news in histories. So that there is something to learn, a
part of the words belongs to the topic of the news, and a user has two topics, whose news are read and clicked more often.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nrms_np.arrays import BoolArray, IntArray
from nrms_np.data.demo.draw import Weighted, segments, whole
from nrms_np.data.demo.files import DAYS, behaviors_lines, news_line, write_lines
from nrms_np.data.demo.headlines import TOPICS
from nrms_np.packed import Packed, offsets_of


class Size(NamedTuple):
    """How much of everything.

    news:        in both splits, in train alone, in dev alone.
    users:       of train, of dev, and of dev that are known from train.
    impressions: of train, of dev.    clicks: the same.
    """

    news: tuple[int, int, int]
    users: tuple[int, int, int]
    impressions: tuple[int, int]
    clicks: tuple[int, int]


SIZES = {
    "small": Size((28_460, 22_822, 13_956), (50_000, 50_000, 5_550), (156_965, 73_152), (236_344, 111_383)),
    "large": Size((50_000, 74_000, 37_000), (711_222, 255_990, 212_000), (2_232_748, 376_471), (3_383_656, 574_845)),
}
IMPRESSIONS_PER_BLOCK = 160_000
"""Impressions are drawn in blocks, so that the memory does not grow with their number."""

# Lengths as shortest, longest, how many of a thousand; fitted to what is published on MIND.
HISTORY_LENGTHS = (
    (0, 0, 24), (1, 2, 40), (3, 7, 180), (8, 19, 256), (20, 38, 250), (39, 68, 150),
    (69, 102, 50), (103, 180, 40), (181, 320, 9), (321, 500, 1),
)  # fmt: skip
PAGE_LENGTHS = ((2, 2, 50), (3, 4, 50), (5, 10, 150), (11, 24, 250), (25, 48, 250), (49, 86, 150), (87, 150, 100))
CLICKS = ((1, 1, 728), (2, 2, 165), (3, 3, 58), (4, 5, 36), (6, 9, 13))
WORDS = 42_000
# Zipf's law with a bend: the frequency of the word of rank r falls as 1 / (r + 2)^0.9, and faster beyond rank 3000.
FLAT, POWER, BEND, POWER_BEYOND = 2, 0.9, 3_000, 1.6
TITLE_LENGTHS = ((3, 6, 70), (7, 9, 215), (10, 11, 215), (12, 14, 270), (15, 18, 180), (19, 22, 40), (23, 30, 10))
ABSTRACT_WORDS = 108
# In a thousand: words of a title that belong to its topic, clicks of a history that follow the user's two topics.
WORDS_OF_TOPIC, CLICKS_OF_INTEREST = 300, 400
# How much better the lots of candidates of the user's topics are when clicks are drawn, in halves.
LOTS_OF_INTEREST = 3
_CONSONANTS, _VOWELS = "bdfghjklmnprstvwyzc", "aeiou"


class Block(NamedTuple):
    """Impressions to draw: the news of their split, how many there are, and how many clicks they have together."""

    news: IntArray
    impressions: int
    clicks: int


def write(folder: Path, seed: int, size: Size = SIZES["small"]) -> str:
    """Write train/ and dev/ into a folder; returns the summary.

    Raises NrmsError when a file cannot be written.
    """
    shared, train_alone, dev_alone = size.news
    texts = Texts(sum(size.news), seed)
    train = np.arange(shared + train_alone)
    news_of = train, np.concatenate([train[:shared], len(train) + np.arange(dev_alone)])
    first_users = 0, size.users[0] - size.users[2]
    summary = [f"wrote {folder}"]
    for number, name in enumerate(("train", "dev")):
        rows, impressions, clicks, users = (
            news_of[number],
            size.impressions[number],
            size.clicks[number],
            size.users[number],
        )
        news = ((row, TOPICS[row % len(TOPICS)]) for row in rows.tolist())
        lines = (news_line(row, topic, topic, texts.title(row), texts.abstract(row)) for row, topic in news)
        write_lines(folder / name / "news.tsv", lines)
        generator = np.random.default_rng([seed, 20 + number])
        shown_to = generator.integers(users, size=impressions)
        # Each user at least once; the order of the impressions stays random.
        shown_to[generator.permutation(impressions)[:users]] = np.arange(users)
        starts = range(0, impressions, IMPRESSIONS_PER_BLOCK)
        blocks = (
            _rows(Block(rows, stop - start, clicks * stop // impressions - clicks * start // impressions),
                  shown_to[start:stop], first_users[number], [seed, 10 + number, *([start] * (start > 0))])
            for start, stop in zip(starts, [*starts[1:], impressions], strict=True)
        )  # fmt: skip
        every = chain.from_iterable(blocks)
        write_lines(folder / name / "behaviors.tsv", behaviors_lines(every, impressions, DAYS[name]))
        summary.append(f"{name:>6}: {len(rows):,} news, {impressions:,} impressions, {clicks:,} clicks")
    return "\n".join(summary)


def _rows(
    block: Block, users: IntArray, first_user: int, seed: list[int]
) -> Iterator[tuple[str, list[int], list[int], list[bool]]]:
    """For each impression the user, the history, the news shown, and which of them were clicked."""
    histories, shown, clicked = _clicks(block, _interests(users), np.random.default_rng(seed))
    for i, user in enumerate(users.tolist()):
        marks = clicked[shown.offsets[i] : shown.offsets[i + 1]]
        yield f"U{first_user + user + 1}", histories.sequence(i).tolist(), shown.sequence(i).tolist(), marks.tolist()


def _interests(users: IntArray) -> IntArray:
    """(n, 2) the two topics of each user, which may be the same one."""
    return np.column_stack([users % len(TOPICS), users // len(TOPICS) % len(TOPICS)])


def _clicks(split: Block, interests: IntArray, generator: np.random.Generator) -> tuple[Packed, Packed, BoolArray]:
    """Histories and pages of news rows, and for each place of a page whether it was clicked.

    interests: (impressions, 2) topics.
    """
    count = len(split.news)
    # A fixed shuffle, so that ids say nothing about how popular news are; the topics take turns in it.
    hashed = split.news[np.argsort(np.arange(count, dtype=np.uint32) * np.uint32(2_654_435_761), kind="stable")]
    by_topic = hashed[np.argsort(hashed % len(TOPICS), kind="stable")]
    turn = np.arange(count) - np.searchsorted(by_topic % len(TOPICS), by_topic % len(TOPICS))
    shuffled = by_topic[np.argsort(turn, kind="stable")]
    # Pages show the newest news, the first two fifths, and histories all but the newest fifth.
    newest, older = shuffled[: count * 2 // 5], shuffled[count // 5 :]
    lengths = segments(HISTORY_LENGTHS, split.impressions, generator)
    places = Weighted(_falling(len(older), flat=45, power=1.1)).rows(int(lengths.sum()), generator)
    # A click that follows an interest goes to the news of the user's topic beside the one that was drawn.
    draws = generator.integers(1000, size=len(places))
    topic = interests[np.repeat(np.arange(len(lengths)), lengths), draws % 2]
    beside = np.minimum(places + (topic - older[places]) % len(TOPICS), len(older) - 1)
    read = older[np.where(draws < CLICKS_OF_INTEREST, beside, places)]
    counts = segments(PAGE_LENGTHS, split.impressions, generator)
    clicks = _click_counts(counts, split.clicks, generator)
    pages = np.repeat(np.arange(split.impressions), counts)
    shown = newest[Weighted(_falling(len(newest), flat=20, power=0.8)).distinct(pages, generator)]
    liked = (shown[:, None] % len(TOPICS) == interests[pages]).any(axis=1)
    clicked = _clicked(shown, pages, clicks, liked, generator)
    return Packed(read, offsets_of(lengths)), Packed(shown, offsets_of(counts)), clicked


def _falling(count: int, flat: float, power: float) -> IntArray:
    """(count,) weights of which the first are far larger than the last."""
    return whole((np.arange(1, count + 1) + flat) ** -power)


def _click_counts(page_lengths: IntArray, total: int, generator: np.random.Generator) -> IntArray:
    """How many clicks each page gets: at least one, never all, and `total` altogether."""
    counts = np.minimum(segments(CLICKS, len(page_lengths), generator), page_lengths - 1)
    missing = total - int(counts.sum())
    able = np.flatnonzero(counts < page_lengths - 1) if missing > 0 else np.flatnonzero(counts > 1)
    counts[able[: abs(missing)]] += np.sign(missing)
    return counts


def _clicked(
    rows: IntArray, pages: IntArray, clicks: IntArray, liked: BoolArray, generator: np.random.Generator
) -> BoolArray:
    """(total,) in each page the `clicks` places with the best lots.

    Some news have better lots, and are clicked often; so have those that the user's interests like.
    """
    lots = generator.integers(1 << 20, size=len(rows)) * (1 + 12 // (1 + 2 * rows % 101))
    lots = lots * (2 + LOTS_OF_INTEREST * liked)
    clicked = np.empty(len(rows), dtype=bool)
    clicked[np.lexsort((-lots, pages))] = np.arange(len(rows)) - np.searchsorted(pages, pages) < clicks[pages]
    return clicked


class Texts:
    """Titles and abstracts of `count` news."""

    def __init__(self, count: int, seed: int) -> None:
        generator = np.random.default_rng([seed, 30])
        self.words = [word(rank) for rank in range(WORDS)]
        lengths = segments(TITLE_LENGTHS, count, generator)
        rank = np.arange(1, WORDS + 1)
        common, rare = (rank + FLAT) ** -POWER, (BEND + FLAT) ** -POWER * (rank / BEND) ** -POWER_BEYOND
        zipf = Weighted(whole(np.where(rank <= BEND, common, rare)))
        ranks = zipf.rows(int(lengths.sum()), generator)
        # A word of the topic is the one beside the word drawn whose rank is the topic's turn.
        topic = np.repeat(np.arange(count), lengths) % len(TOPICS)
        beside = np.minimum(ranks - ranks % len(TOPICS) + topic, WORDS - 1)
        own = np.random.default_rng([seed, 31]).integers(1000, size=len(ranks)) < WORDS_OF_TOPIC
        self.titles = Packed(np.where(own, beside, ranks), offsets_of(lengths))
        # Training uses no abstracts: they are stretches of one long text and only make the file as large as MIND's.
        self.text = [self.words[rank] for rank in zipf.rows(100_000, generator).tolist()]
        self.starts = generator.integers(len(self.text) - 2 * ABSTRACT_WORDS, size=count)

    def title(self, row: int) -> str:
        """The title of a news item, its words capitalised."""
        return " ".join(self.words[rank].capitalize() for rank in self.titles.sequence(row).tolist())

    def abstract(self, row: int) -> str:
        """The abstract of a news item."""
        start = int(self.starts[row])
        return " ".join(self.text[start : start + ABSTRACT_WORDS + start % ABSTRACT_WORDS])


def word(rank: int) -> str:
    """A word that can be spoken, a different one for each rank; common words are short."""
    syllables = ""
    rank += 1
    while rank:
        rank, consonant = divmod(rank, len(_CONSONANTS))
        rank, vowel = divmod(rank, len(_VOWELS))
        syllables += _CONSONANTS[consonant] + _VOWELS[vowel]
    return syllables
