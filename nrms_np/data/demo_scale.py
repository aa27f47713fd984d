"""A corpus of MIND-small's size and shape, for timing: `python -m nrms_np.data.demo --scale small`.

The words are made up and the clicks follow no interest, so there is nothing to learn in it. What it copies are the numbers that
decide how long a step takes: how many news and impressions, how long titles, histories and pages are, how often words repeat
in titles and news in histories.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nrms_np.arrays import IntArray
from nrms_np.data.demo_files import behaviors_line, clock, news_line, write_lines
from nrms_np.data.demo_spread import Spread, segments
from nrms_np.data.demo_text import Texts
from nrms_np.data.demo_words import TOPICS
from nrms_np.packed import Packed, offsets_of

# News 0 to SHARED - 1 are in both splits, then come those of train alone and those of dev alone.
SHARED, TRAIN_ALONE, DEV_ALONE = 28_460, 22_822, 13_956
USERS = 50_000
DEV_USERS_IN_TRAIN = 5_550
# Lengths as shortest, longest, how many in a thousand; fitted to what is published on MIND.
HISTORY_LENGTHS = (
    (0, 0, 24), (1, 2, 40), (3, 7, 180), (8, 19, 256), (20, 38, 250), (39, 68, 150),
    (69, 102, 50), (103, 180, 40), (181, 320, 9), (321, 500, 1),
)  # fmt: skip
PAGE_LENGTHS = ((2, 2, 50), (3, 4, 50), (5, 10, 150), (11, 24, 250), (25, 48, 250), (49, 86, 150), (87, 150, 100))
CLICKS = ((1, 1, 728), (2, 2, 165), (3, 3, 58), (4, 5, 36), (6, 9, 13))


class Size(NamedTuple):
    """A split to make: its name, its news, how many impressions and clicks, its first day and how many days."""

    name: str
    news: IntArray
    impressions: int
    clicks: int
    first_day: int
    days: int


SIZES = (
    Size("train", np.arange(SHARED + TRAIN_ALONE), 156_965, 236_344, 9, 6),
    Size(
        "dev", np.concatenate([np.arange(SHARED), np.arange(DEV_ALONE) + SHARED + TRAIN_ALONE]), 73_152, 111_383, 15, 1
    ),
)


def write_scale(folder: Path, seed: int) -> str:
    """Write train/ and dev/ into a folder; returns the summary.

    Raises NrmsError when a file cannot be written.
    """
    texts = Texts(SHARED + TRAIN_ALONE + DEV_ALONE, seed)
    summary = [f"wrote {folder}"]
    for number, size in enumerate(SIZES):
        write_lines(folder / size.name / "news.tsv", _news(size, texts))
        histories, shown, clicked = _clicks(size, np.random.default_rng([seed, 10 + number]))
        users = _users(size, np.random.default_rng([seed, 20 + number]))
        write_lines(folder / size.name / "behaviors.tsv", _behaviors(size, users, histories, shown, clicked))
        summary.append(
            f"{size.name:>6}: {len(size.news):,} news, {size.impressions:,} impressions, {int(clicked.sum()):,} clicks, "
            f"histories of {np.median(histories.lengths):.0f} (median), pages of {shown.lengths.mean():.1f} (mean)"
        )
    return "\n".join(summary)


def _news(size: Size, texts: Texts) -> Iterator[str]:
    for row in size.news.tolist():
        topic = TOPICS[row % len(TOPICS)]
        yield news_line(f"N{row + 1}", topic, topic, texts.title(row), texts.abstract(row))


def _users(size: Size, generator: np.random.Generator) -> IntArray:
    """Users of the impressions: those of train are the first USERS, and few of them come back in dev."""
    drawn = generator.integers(USERS, size=size.impressions)
    # Each user at least once; the order of the impressions stays random.
    drawn[generator.permutation(size.impressions)[:USERS]] = np.arange(USERS)
    return drawn if size.name == "train" else drawn + USERS - DEV_USERS_IN_TRAIN


def _clicks(size: Size, generator: np.random.Generator) -> tuple[Packed, Packed, IntArray]:
    """Histories and pages of news rows, and for each place of a page whether it was clicked."""
    histories = _histories(size, generator)
    counts = segments(PAGE_LENGTHS, size.impressions, generator)
    clicks = _click_counts(counts, size.clicks, generator)
    # Pages show the newest part of the news: here the last two fifths of a shuffled order that is the same for both splits.
    spread = Spread(size.news[_order(len(size.news))[: len(size.news) * 2 // 5]], flat=20, power=0.8)
    offsets = offsets_of(counts)
    rows = spread.distinct(np.repeat(np.arange(size.impressions), counts), generator)
    return histories, Packed(rows, offsets), _clicked(rows, offsets, clicks, generator)


def _histories(size: Size, generator: np.random.Generator) -> Packed:
    lengths = segments(HISTORY_LENGTHS, size.impressions, generator)
    spread = Spread(size.news[_order(len(size.news))[len(size.news) // 5 :]], flat=45, power=1.1)
    return Packed(spread.rows(int(lengths.sum()), generator), offsets_of(lengths))


def _order(count: int) -> IntArray:
    """A fixed shuffle of 0 to count - 1, so that ids say nothing about how popular news are."""
    return np.argsort(np.arange(count) * 2_654_435_761 % 2**32, kind="stable")


def _click_counts(page_lengths: IntArray, total: int, generator: np.random.Generator) -> IntArray:
    """How many clicks each page gets: at least one, never all, and `total` altogether."""
    counts = np.minimum(segments(CLICKS, len(page_lengths), generator), page_lengths - 1)
    missing = total - int(counts.sum())
    able = np.flatnonzero(counts < page_lengths - 1) if missing > 0 else np.flatnonzero(counts > 1)
    counts[able[: abs(missing)]] += np.sign(missing)
    return counts


def _clicked(rows: IntArray, offsets: IntArray, clicks: IntArray, generator: np.random.Generator) -> IntArray:
    """(total,) 0 or 1: in each page the `clicks` places with the best lot; some news have many lots, so they are clicked often."""
    lots = generator.integers(1 << 20, size=len(rows)) * (1 + 12 // (1 + rows * 40_503 % 101))
    page = np.repeat(np.arange(len(clicks)), np.diff(offsets))
    order = np.lexsort((-lots, page))
    rank = np.empty(len(rows), dtype=np.int64)
    rank[order] = np.arange(len(rows)) - offsets[page]
    return (rank < clicks[page]).astype(np.int64)


def _behaviors(size: Size, users: IntArray, histories: Packed, shown: Packed, clicked: IntArray) -> Iterator[str]:
    count = int(size.news.max()) + 1
    ids = [f"N{row + 1}" for row in range(count)]
    labelled = [f"N{row + 1}-{label}" for row in range(count) for label in (0, 1)]
    tokens = Packed(shown.index.astype(np.int64) * 2 + clicked, shown.offsets)
    for i in range(size.impressions):
        history = [ids[row] for row in histories.sequence(i).tolist()]
        page = [labelled[token] for token in tokens.sequence(i).tolist()]
        time = clock(i, size.impressions, size.first_day, size.days)
        yield behaviors_line(str(i + 1), f"U{users[i] + 1}", time, history, page)
