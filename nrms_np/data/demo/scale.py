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
from nrms_np.data.demo.draw import Spread, segments
from nrms_np.data.demo.files import behaviors_line, clock, news_line, write_lines
from nrms_np.data.demo.headlines import TOPICS
from nrms_np.data.demo.texts import Texts
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


class MadeSplit(NamedTuple):
    """A split to make: its name, its news, how many impressions and clicks, its first user, its first day and how many days."""

    name: str
    news: IntArray
    impressions: int
    clicks: int
    first_user: int
    first_day: int
    days: int


_TRAIN_NEWS = np.arange(SHARED + TRAIN_ALONE)
_DEV_NEWS = np.concatenate([np.arange(SHARED), np.arange(DEV_ALONE) + SHARED + TRAIN_ALONE])
SPLITS = (
    MadeSplit("train", _TRAIN_NEWS, 156_965, 236_344, 0, 9, 6),
    MadeSplit("dev", _DEV_NEWS, 73_152, 111_383, USERS - DEV_USERS_IN_TRAIN, 15, 1),
)


def write(folder: Path, seed: int) -> str:
    """Write train/ and dev/ into a folder; returns the summary.

    Raises NrmsError when a file cannot be written.
    """
    texts = Texts(SHARED + TRAIN_ALONE + DEV_ALONE, seed)
    summary = [f"wrote {folder}"]
    for number, split in enumerate(SPLITS):
        write_lines(folder / split.name / "news.tsv", _news(split, texts))
        histories, shown, clicked = _clicks(split, np.random.default_rng([seed, 10 + number]))
        users = _users(split, np.random.default_rng([seed, 20 + number]))
        write_lines(folder / split.name / "behaviors.tsv", _behaviors(split, users, histories, shown, clicked))
        summary.append(
            f"{split.name:>6}: {len(split.news):,} news, {split.impressions:,} impressions, {int(clicked.sum()):,} clicks, "
            f"histories of {np.median(histories.lengths):.0f} (median), pages of {shown.lengths.mean():.1f} (mean)"
        )
    return "\n".join(summary)


def _news(split: MadeSplit, texts: Texts) -> Iterator[str]:
    for row in split.news.tolist():
        topic = TOPICS[row % len(TOPICS)]
        yield news_line(row, topic, topic, texts.title(row), texts.abstract(row))


def _users(split: MadeSplit, generator: np.random.Generator) -> IntArray:
    """(impressions,) the users: USERS of them, few of those of dev known from train."""
    drawn = generator.integers(USERS, size=split.impressions)
    # Each user at least once; the order of the impressions stays random.
    drawn[generator.permutation(split.impressions)[:USERS]] = np.arange(USERS)
    return split.first_user + drawn


def _clicks(split: MadeSplit, generator: np.random.Generator) -> tuple[Packed, Packed, IntArray]:
    """Histories and pages of news rows, and for each place of a page whether it was clicked."""
    count = len(split.news)
    # A fixed shuffle, so that ids say nothing about how popular news are.
    shuffled = split.news[np.argsort(np.arange(count) * 2_654_435_761 % 2**32, kind="stable")]
    # Pages show the newest news, the first two fifths, and histories all but the newest fifth.
    newest, older = shuffled[: count * 2 // 5], shuffled[count // 5 :]
    lengths = segments(HISTORY_LENGTHS, split.impressions, generator)
    read = older[_falling(len(older), flat=45, power=1.1).places(int(lengths.sum()), generator)]
    counts = segments(PAGE_LENGTHS, split.impressions, generator)
    clicks = _click_counts(counts, split.clicks, generator)
    pages = np.repeat(np.arange(split.impressions), counts)
    shown = newest[_falling(len(newest), flat=20, power=0.8).distinct(pages, generator)]
    clicked = _clicked(shown, pages, clicks, generator)
    return Packed(read, offsets_of(lengths)), Packed(shown, offsets_of(counts)), clicked


def _falling(count: int, flat: float, power: float) -> Spread:
    """Places of which the first are far more popular than the last."""
    return Spread((np.arange(1, count + 1) + flat) ** -power)


def _click_counts(page_lengths: IntArray, total: int, generator: np.random.Generator) -> IntArray:
    """How many clicks each page gets: at least one, never all, and `total` altogether."""
    counts = np.minimum(segments(CLICKS, len(page_lengths), generator), page_lengths - 1)
    missing = total - int(counts.sum())
    able = np.flatnonzero(counts < page_lengths - 1) if missing > 0 else np.flatnonzero(counts > 1)
    counts[able[: abs(missing)]] += np.sign(missing)
    return counts


def _clicked(rows: IntArray, pages: IntArray, clicks: IntArray, generator: np.random.Generator) -> IntArray:
    """(total,) 0 or 1: in each page the `clicks` places with the best lot; some news have many lots, so they are clicked often."""
    lots = generator.integers(1 << 20, size=len(rows)) * (1 + 12 // (1 + rows * 40_503 % 101))
    order = np.lexsort((-lots, pages))
    rank = np.empty(len(rows), dtype=np.int64)
    rank[order] = np.arange(len(rows)) - np.searchsorted(pages, pages)
    return (rank < clicks[pages]).astype(np.int64)


def _behaviors(split: MadeSplit, users: IntArray, histories: Packed, shown: Packed, clicked: IntArray) -> Iterator[str]:
    labels = Packed(clicked, shown.offsets)
    for i in range(split.impressions):
        time = clock(i, split.impressions, split.first_day, split.days)
        rows = (part.sequence(i).tolist() for part in (histories, shown, labels))
        yield behaviors_line(i, time, f"U{users[i] + 1}", *rows)
