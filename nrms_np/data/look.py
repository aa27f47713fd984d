"""A look at the data before training: what would make a useless model is an error, what is odd a warning, the rest a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nrms_np.arrays import BoolArray, IntArray
from nrms_np.errors import DataError
from nrms_np.packed import Packed

if TYPE_CHECKING:
    from nrms_np.data.dataset import Split


class Finding(NamedTuple):
    """What a look found.

    what:   is counted.          shares: its share in each split, by the split's name.
    limit:  above it, the share is odd.    advice: what an odd share means, and what to look at.
    """

    what: str
    shares: Mapping[str, float]
    limit: float
    advice: str

    @property
    def odd(self) -> bool:
        """Whether one of the shares is above the limit."""
        return any(share > self.limit for share in self.shares.values())

    def line(self) -> str:
        """One line for the user, which says the limit where it is passed."""
        line = f"{self.what}: " + ", ".join(f"{name} {share:.1%}" for name, share in self.shares.items())
        return f"{line} (odd above {self.limit:.0%}): {self.advice}" if self.odd else line


def refuse_useless(split: Split) -> None:
    """Raise DataError for a split that no model can learn from, or be measured on: it says which and what to look at.

    split: with labels.
    """
    behaviors, path, example = split.behaviors, split.folder / "behaviors.tsv", split.news.ids[0]
    alike = f"look whether both files write ids alike; news.tsv has such as {example!r}."
    if not len(behaviors.candidates.index):
        raise DataError(path, f"none of its {behaviors.dropped.candidates:,} candidates is in news.tsv; {alike}")
    if not behaviors.history_clicks:
        problem = f"the history of each of its {behaviors.histories.count:,} impressions is empty"
        cure = "so nothing is known of any reader; look at column 4, which holds the ids of news clicked before"
        raise DataError(path, f"{problem}, {cure}, separated by spaces.")
    if not len(behaviors.histories.index):
        raise DataError(path, f"none of the {behaviors.history_clicks:,} clicks in histories is in news.tsv; {alike}")
    clicks, shown = _clicks(split), behaviors.candidates.lengths
    if not np.any((clicks > 0) & (clicks < shown)):
        found = f"{np.count_nonzero(clicks == 0):,} without a click, {np.count_nonzero(clicks == shown):,} with nothing else"
        problem = f"no impression has a clicked and a not clicked candidate ({found})"
        raise DataError(path, f"{problem}; look at the labels in column 5, -1 for clicked and -0 for shown only.")


def look(splits: Mapping[str, Split], dev_titles: Packed) -> Iterator[Finding]:
    """Look at the splits, all of them with labels.

    splits:     train, dev, and test if there is one, by their names.
    dev_titles: the titles of dev as rows of the vocabulary, 0 for an unknown word.
    Yields what was found, odd or not.
    """
    behaviors = {name: split.behaviors for name, split in splits.items()}
    yield Finding(
        "impressions with an empty history",
        {name: _share(each.histories.lengths == 0) for name, each in behaviors.items()}, 0.25,
        "all of their candidates get the same score; if these are more than the first impressions of users, look at column 4 of "
        "behaviors.tsv",
    )  # fmt: skip
    yield Finding(
        "words of dev titles that the vocabulary lacks", {"dev": _share(dev_titles.index == 0)}, 0.2,
        "they all share one vector; look whether dev is in the language and spelling of train, or use --glove",
    )  # fmt: skip
    yield Finding(
        "clicks of histories on news that news.tsv lacks",
        {name: each.dropped.clicks / max(1, each.history_clicks) for name, each in behaviors.items()}, 0.05,
        "they are left out; each split's news.tsv needs the news of its histories too",
    )  # fmt: skip
    yield Finding(
        "candidates that news.tsv lacks",
        {name: each.dropped.candidates / (each.dropped.candidates + len(each.candidates.index))
         for name, each in behaviors.items()}, 0.05,
        "they are left out; each split's news.tsv needs the news that it shows",
    )  # fmt: skip
    yield Finding(
        "news with the title of another", {name: _equal_titles(split) for name, split in splits.items()}, 0.2,
        "the model cannot tell them apart; look at column 4 of news.tsv, which holds the titles",
    )  # fmt: skip
    yield Finding(
        "impressions with every candidate clicked",
        {name: _share(_clicks(split) == split.behaviors.candidates.lengths) for name, split in splits.items()}, 0.1,
        "they teach and measure nothing and are left out; look whether the log keeps what was shown and not clicked; "
        "if a row is one shown article, the converter may need --columns clicks.impression=COLUMN",
    )  # fmt: skip
    yield Finding(
        "impressions without a click", {name: _share(_clicks(split) == 0) for name, split in splits.items()}, 0.5,
        "they teach and measure nothing and are left out; look at the labels in column 5 of behaviors.tsv",
    )  # fmt: skip
    both = {name: _share(_clicked_and_not(split)) for name, split in splits.items()}
    if any(both.values()):
        yield Finding(
            "impressions with one candidate both as clicked and as not clicked", both, 0.0,
            "it counts as two candidates; look how the log was put together",
        )  # fmt: skip
    train, later = splits["train"], {name: split for name, split in splits.items() if name != "train"}
    yield Finding(
        "impressions that are in train too", {name: _also_in(train, split) for name, split in later.items()}, 0.0,
        "their clicks were learned by heart, which flatters the metrics; take them out of one of the two",
    )  # fmt: skip
    times = {name: split.behaviors.seconds for name, split in splits.items()}
    if all(np.isfinite(each).any() for each in times.values()):
        last = np.nanmax(times["train"])
        yield Finding(
            "impressions from before the last one of train", {name: _share(times[name] < last) for name in later}, 0.01,
            "a model in use knows nothing of the future; split the log by time",
        )  # fmt: skip
    unread = {name: _share(np.isnan(each)) for name, each in times.items()}
    if any(unread.values()):
        yield Finding("impressions whose time is not written as in MIND (11/9/2019 9:00:00 AM)", unread, 1.0, "")


def _share(found: BoolArray) -> float:
    return float(np.mean(found)) if len(found) else 0.0


def _labels(split: Split) -> BoolArray:
    assert split.behaviors.clicked is not None, "a split without labels is not looked at"
    return split.behaviors.clicked


def _clicks(split: Split) -> IntArray:
    """How many candidates of each impression were clicked."""
    candidates, clicked = split.behaviors.candidates, _labels(split)
    impression = np.repeat(np.arange(candidates.count), candidates.lengths)
    return np.bincount(impression[clicked], minlength=candidates.count)


def _clicked_and_not(split: Split) -> BoolArray:
    """(n,) whether an impression shows a candidate twice, as clicked and as not clicked."""
    candidates = split.behaviors.candidates
    width = 2 * len(split.news.ids)
    impression = np.repeat(np.arange(candidates.count, dtype=np.int64), candidates.lengths)
    keys = np.sort(impression * width + 2 * candidates.index + _labels(split))
    twice = (np.diff(keys) == 1) & (keys[:-1] % 2 == 0)
    found = np.zeros(candidates.count, dtype=bool)
    found[keys[:-1][twice] // width] = True
    return found


def _equal_titles(split: Split) -> float:
    """The share of news whose title another one has too; those without a title do not count."""
    counts = Counter(split.news.titles)
    return sum(count for title, count in counts.items() if title and count > 1) / len(split.news.titles)


def _also_in(train: Split, dev: Split) -> float:
    """The share of impressions of dev that train has too: of the same user, time, candidates and clicks.

    Ids of impressions say nothing: MIND's count from 1 in each split.
    """
    train_row = np.array([train.news.row.get(name, -1) for name in dev.news.ids], dtype=np.int64)
    users = set(train.behaviors.users) & set(dev.behaviors.users)
    times = [np.nan_to_num(split.behaviors.seconds, nan=-1.0) for split in (train, dev)]
    common = np.intersect1d(times[0], times[1])
    if not len(common):
        return 0.0  # a log that is split by time
    keys = []
    for split, when, rows in ((train, times[0], np.arange(len(train.news.ids))), (dev, times[1], train_row)):
        behaviors = split.behaviors
        pages = 2 * rows[behaviors.candidates.index] + _labels(split)
        offsets = behaviors.candidates.offsets
        keys.append(
            [
                (user, when[i], pages[offsets[i] : offsets[i + 1]].tobytes())
                for i in np.flatnonzero(np.isin(when, common))
                if (user := behaviors.users[i]) in users
            ]
        )
    in_train = set(keys[0])
    return sum(key in in_train for key in keys[1]) / dev.behaviors.candidates.count
