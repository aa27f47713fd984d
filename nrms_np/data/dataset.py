"""All that training reads: the splits, one vocabulary, the titles as rows of the word embedding."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np

from nrms_np.arrays import Array
from nrms_np.data.behaviors import Behaviors, read_behaviors, seems_labelled
from nrms_np.data.drawn import drawn_line
from nrms_np.data.folders import split_folder
from nrms_np.data.glove import join_glove
from nrms_np.data.look import look, refuse_useless
from nrms_np.data.news import News, read_news
from nrms_np.data.table import plain_or_gz
from nrms_np.data.vocabulary import UNKNOWN, Vocabulary
from nrms_np.errors import DataError
from nrms_np.packed import Packed

FILES = ("news.tsv", "behaviors.tsv")
"""What the folder of a split holds."""


@dataclass(frozen=True)
class Split:
    """The news and the impressions of one folder; the rows in `behaviors` are places in `news`."""

    news: News
    behaviors: Behaviors
    folder: Path = Path()

    @property
    def notes(self) -> list[str]:
        """What a user should be told about the files, one line each."""
        lines = (*self.news.notes, *self.behaviors.notes, self.behaviors.dropped.line())
        return [f"{self.folder.name}: {line}" for line in lines if line]


def read_split(folder: str | Path, history_length: int, processes: int = 1) -> Split:
    """Read news.tsv and behaviors.tsv of a folder.

    history_length: how many of the last clicks of a history are kept.    processes: as in `read_behaviors`.
    Raises DataError when there is no such folder, and what `read_news` and `read_behaviors` raise.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(folder, "there is no such folder; it should hold news.tsv and behaviors.tsv.")
    news = read_news(folder / "news.tsv")
    return Split(news, read_behaviors(folder / "behaviors.tsv", news, history_length, processes), folder)


@dataclass(frozen=True)
class Dataset:
    """Train and dev split, the vocabulary of the train titles, and the titles of both in its rows.

    word_vectors: (words, dim) to start from, or None without GloVe.
    notes:        what a user should be told, one line each.
    warnings:     what is odd about the data and may make a useless model, one line each.
    folder, glove: where the data was read from.
    test:         a third split with labels, where the folder has one: the best epoch, chosen on dev, is reported on it;
    test_titles:  its titles in rows of the vocabulary.
    """

    train: Split
    dev: Split
    vocabulary: Vocabulary
    train_titles: Packed
    dev_titles: Packed
    word_vectors: Array | None
    notes: list[str]
    warnings: list[str]
    folder: Path
    glove: Path | None
    test: Split | None = None
    test_titles: Packed | None = None

    def fingerprint(self) -> str:
        """Tells whether data sets train alike: of all titles, histories, candidates and clicks of train and dev as read."""
        found = blake2b(digest_size=16)
        for split, titles in ((self.train, self.train_titles), (self.dev, self.dev_titles)):
            behaviors = split.behaviors
            for packed in (titles, behaviors.histories, behaviors.candidates):
                found.update(packed.index.astype(np.int32).tobytes())
                found.update(packed.offsets.astype(np.int64).tobytes())
            found.update(b"" if behaviors.clicked is None else behaviors.clicked.tobytes())
        return found.hexdigest()


def read_dataset(
    folder: str | Path,
    *,
    title_length: int,
    history_length: int,
    minimum_count: int,
    vocabulary: Vocabulary | None = None,
    glove: str | Path | None = None,
    seed: int = 0,
    processes: int = 1,
) -> Dataset:
    """Read train/ and dev/ of a folder, and test/ if it is there with labels, each with news.tsv and behaviors.tsv.

    title_length:   how many words of a title are used, the first ones.
    history_length: how many clicks of a history are used, the last ones.
    minimum_count:  words rarer than this in the train titles become the unknown word.
    vocabulary:     the rule that cuts titles into words, and words that keep their rows; None for the newest rule and none.
    glove:          a file of word vectors. Words that only dev titles have join the vocabulary if they have a vector.
    seed:           of the vectors drawn for words without one.
    processes:      so many read a large log together.

    Raises DataError for whatever is missing or broken, and for a split that would make a useless model.
    """
    folder = Path(folder)
    splits = {name: read_split(split_folder(folder, name), history_length, processes) for name in ("train", "dev")}
    train, dev = splits.values()
    notes = []
    if (test_folder := split_folder(folder, "test")).is_dir():
        missing = [name for name in FILES if not plain_or_gz(test_folder / name).is_file()]
        if missing:
            notes.append(f"{test_folder.name}: not used, because it has no {' and no '.join(missing)}")
        elif (  # without news.tsv, an id such as news-1 seems to have a label
            not seems_labelled(test_folder / "behaviors.tsv")
            or (third := read_split(test_folder, history_length, processes)).behaviors.clicked is None
        ):
            notes.append(f"{test_folder.name}: not used, because it has no labels to measure by")
        else:
            splits["test"] = third
    for split in splits.values():
        name, behaviors = split.folder.name, split.behaviors
        if behaviors.clicked is None:
            problem = "no candidate has a label (-0 or -1); training needs them in train and dev."
            raise DataError(split.folder / "behaviors.tsv", problem)
        refuse_useless(split)
        impressions, clicks = behaviors.candidates.count, np.count_nonzero(behaviors.clicked)
        notes.append(f"{name}: {len(split.news.ids):,} news, {impressions:,} impressions, {clicks:,} clicks")
    notes += [line for split in splits.values() for line in split.notes]
    notes += filter(None, [drawn_line(folder)])
    vocabulary = (vocabulary or Vocabulary([UNKNOWN])).grown(train.news.titles, minimum_count)
    vectors = None
    if glove is not None:
        vocabulary, found = join_glove(glove, vocabulary, dev.news.titles)
        vectors = found.table(len(vocabulary), np.random.default_rng([seed, 21]))
    train_titles, dev_titles = (vocabulary.encode(split.news.titles, title_length) for split in (train, dev))
    if glove is not None:
        counts = np.bincount(train_titles.index, minlength=len(vocabulary))
        notes.append(
            f"word vectors: {found.vectors.shape[1]} dimensions, {len(found.rows):,} of {len(vocabulary):,} words, "
            f"{found.coverage(counts):.1%} of the words of train titles"
        )
    test = splits.get("test")
    test_titles = None if test is None else vocabulary.encode(test.news.titles, title_length)
    findings = list(look(splits, dev_titles))
    notes += [finding.line() for finding in findings if not finding.odd]
    return Dataset(
        train, dev, vocabulary, train_titles, dev_titles, vectors, notes,
        [finding.line() for finding in findings if finding.odd], folder, None if glove is None else Path(glove),
        test, test_titles,
    )  # fmt: skip
