"""The impressions of a MIND split: the file behaviors.tsv.

A token of the last column is a news id with its label, `N1-0` or `N1-1`, or in a split without labels a news id alone.
MIND-small has 11 million tokens, so each costs one look-up in a dict that knows both spellings of every id. Only tokens
that the dict lacks are looked at more closely: they are ids that news.tsv does not have, or faults.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nrms_np.arrays import Array, BoolArray
from nrms_np.data.news import News
from nrms_np.data.table import Row, plain_or_gz, read_table, skip_header
from nrms_np.data.times import seconds_of
from nrms_np.errors import DataError
from nrms_np.packed import Packed, offsets_of

COLUMNS = ("impression id", "user id", "time", "history", "candidates")
NAMES_IN_HEADERS = (
    "id impression_id impressionid impression impr_id impid index",
    "user_id userid uid user",
    "time timestamp date datetime impression_time",
    "history click_history clicked_news user_history history_ids clicks",
    "candidates impressions candidate_news shown inview",
)


@dataclass(frozen=True)
class Dropped:
    """How much of a behaviors.tsv was left out because news.tsv does not have the news.

    clicks:      clicks in histories (all of the file, before a history is cut to its last clicks).
    candidates:  candidates of impressions.
    impressions: impressions that had no candidate left.
    """

    clicks: int = 0
    candidates: int = 0
    impressions: int = 0

    def line(self) -> str:
        """One line for the user, empty when nothing was dropped."""
        if self == Dropped():
            return ""
        return (
            f"dropped, because news.tsv lacks the news: {self.clicks:,} clicks of histories, "
            f"{self.candidates:,} candidates, {self.impressions:,} impressions left without candidates"
        )


@dataclass(frozen=True)
class Behaviors:
    """The impressions of a split, in the order of the file.

    impression_ids: n strings.
    users:          n strings.
    histories:      n sequences of news rows: the last clicks of the user before the impression, oldest first.
    candidates:     n sequences of news rows: what the impression showed, in the order of the file.
    clicked:        (total,) bool, aligned with `candidates.index`; None for a split without labels.
    dropped:        what was left out.
    notes:          what else a user should be told about the file.
    history_clicks: clicks in histories of all the file, before any were dropped or cut off.
    times:          (n,) float64, seconds since 1970 on the log's own clock; NaN where the cell is no time as MIND writes it.
    """

    impression_ids: list[str]
    users: list[str]
    histories: Packed
    candidates: Packed
    clicked: BoolArray | None
    dropped: Dropped
    notes: tuple[str, ...] = ()
    history_clicks: int = 0
    times: Array | None = None

    @property
    def seconds(self) -> Array:
        """(n,) `times`, NaN for all where they are None."""
        return np.full(self.candidates.count, np.nan) if self.times is None else self.times


def read_behaviors(path: str | Path, news: News, history_length: int, processes: int = 1) -> Behaviors:
    """Read a behaviors.tsv, or behaviors.tsv.gz in its place: 5 columns, more are ignored; an empty history is kept.

    A header row is skipped, and `notes` says so.

    news:           the news of the split; clicks and candidates that it does not have are dropped and counted.
    history_length: how many of the last clicks are kept.
    processes:      so many read a large file together. What is returned or raised does not depend on it.
    Raises DataError for a file that cannot be read, a row with another number of columns, bytes that are not UTF-8, an
    impression without candidates, a label other than 0 or 1, labels in one part of the file only, what looks like a header
    row in words that are not known, and ids that are separated by commas or semicolons.
    """
    path = plain_or_gz(path)
    if processes > 1:
        from nrms_np.data.pieces import read_in_pieces

        if (whole := read_in_pieces(path, news, history_length, processes)) is not None:
            return whole
    rows, notes = skip_header(path, read_table(path, COLUMNS, len(COLUMNS)), NAMES_IN_HEADERS, len(COLUMNS))
    return parse(path, rows, news, history_length, notes)


def parse(
    path: Path, rows: Iterable[Row], news: News, history_length: int, notes: Iterable[str], labelled: bool | None = None
) -> Behaviors:
    """The impressions of some rows; the rest as in `read_behaviors`.

    labelled: whether the candidates have labels; None where these rows have the first one, which decides it.
    """
    impression_ids: list[str] = []
    users: list[str] = []
    # All sequences end to end, in arrays because a list of so many numbers would take twice the memory.
    clicks, codes = array("i"), array("i")
    history_lengths: list[int] = []
    candidate_counts: list[int] = []
    times = array("d")
    history_clicks = dropped_clicks = dropped_candidates = dropped_impressions = 0
    code_of: dict[str, int] = {}
    for line, (impression_id, user, time, history, shown, *_) in rows:
        clicked_ids, tokens = history.split(), shown.split()
        if not tokens:
            raise DataError(path, "this impression has no candidates; remove the row.", line)
        if not code_of:  # the first row
            if labelled is None:
                labelled = has_labels(tokens, news)
            code_of = _candidate_codes(news.row, labelled)
        known_clicks, known = _known(clicked_ids, news.row), _known(tokens, code_of)
        if len(known_clicks) < len(clicked_ids):
            _check_separators(path, line, "history", clicked_ids, news)
        if len(known) < len(tokens):
            _check_separators(path, line, "candidates", tokens, news)
            unknown = [token for token in tokens if token not in code_of]
            if (
                line == 2
                and not labelled
                and not impression_ids
                and any(_has_label(token, news.row) for token in unknown)
            ):
                problem = "this looks like a header row: it shows no known news and has no labels, but line 2 has"
                raise DataError(path, f"{problem}; remove the row.", 1)
            _check_unknown(path, line, unknown, news.row, bool(labelled))
        history_clicks += len(clicked_ids)
        dropped_clicks += len(clicked_ids) - len(known_clicks)
        dropped_candidates += len(tokens) - len(known)
        if not known:
            dropped_impressions += 1
            continue
        last_clicks = known_clicks[max(0, len(known_clicks) - history_length) :]
        impression_ids.append(impression_id)
        users.append(user)
        times.append(seconds_of(time))
        clicks.extend(last_clicks)
        history_lengths.append(len(last_clicks))
        codes.extend(known)
        candidate_counts.append(len(known))
    all_codes = np.asarray(codes, dtype=np.int32)
    return Behaviors(
        impression_ids,
        users,
        Packed(np.asarray(clicks, dtype=np.int32), offsets_of(np.array(history_lengths, dtype=np.intp))),
        Packed(all_codes // 2, offsets_of(np.array(candidate_counts, dtype=np.intp))),
        clicked=all_codes % 2 == 1 if labelled else None,
        dropped=Dropped(dropped_clicks, dropped_candidates, dropped_impressions),
        notes=tuple(notes),
        history_clicks=history_clicks,
        times=np.asarray(times, dtype=np.float64),
    )


def seems_labelled(path: str | Path) -> bool:
    """Whether the first impression of a behaviors.tsv looks as if it had labels; the rest of the file is not read.

    Raises DataError for a file that cannot be read or has a first row that `read_behaviors` would not take.
    """
    path = plain_or_gz(path)
    rows, _ = skip_header(path, read_table(path, COLUMNS, len(COLUMNS)), NAMES_IN_HEADERS, len(COLUMNS))
    return any(_has_label(token, {}) for token in next(rows)[1][4].split())


def has_labels(tokens: Iterable[str], news: News) -> bool:
    """Whether one of the candidates of the first row has a label."""
    return any(_has_label(token, news.row) for token in tokens)


def _has_label(token: str, row: Mapping[str, int]) -> bool:
    """Whether a candidate is a news id with a label, right or wrong; ids may contain the hyphen too."""
    news_id, hyphen, label = token.rpartition("-")
    return news_id in row or (token not in row and hyphen == "-" and len(label) == 1)


def _candidate_codes(row: Mapping[str, int], labelled: bool) -> dict[str, int]:
    """Map each spelling of a candidate to 2 · news row + label; the label is 0 in a split without labels."""
    labels = {"-0": 0, "-1": 1} if labelled else {"": 0}
    return {news_id + text: 2 * i + label for news_id, i in row.items() for text, label in labels.items()}


def _known(tokens: Iterable[str], numbers: Mapping[str, int]) -> list[int]:
    """The numbers of the tokens that have one."""
    return [number for number in map(numbers.get, tokens) if number is not None]


def _check_separators(path: str | Path, line: int, cell: str, tokens: Iterable[str], news: News) -> None:
    """Raise DataError where a token holds a comma or a semicolon, unless ids of news.tsv hold one too."""
    for token in tokens:
        for mark in ",;":
            if mark in token and not any(mark in news_id for news_id in news.ids):
                problem = f"the {cell} must be separated by spaces, but {token[:40]!r} has {mark!r} in it"
                raise DataError(path, f"{problem}; put a space in its place.", line)


def _check_unknown(path: str | Path, line: int, tokens: Iterable[str], row: Mapping[str, int], labelled: bool) -> None:
    """Raise DataError for the first of these candidates without a code that is a fault; unknown news are none."""
    for token in tokens:
        news_id, hyphen, label = token.rpartition("-")
        problem = ""
        if not labelled and _has_label(token, row):
            problem = "has a label, but the first row of the file has none; label all candidates or none."
        elif labelled and label == "1" and news_id.endswith("-") and news_id not in row and news_id[:-1] in row:
            problem = "has the label -1; write 0 for not clicked and 1 for clicked, as in N1-0 N2-1."
        elif labelled and (not hyphen or token in row):
            problem = "has no label; label all candidates of the file (-0 or -1) or none."
        elif labelled and (label not in ("0", "1") or not news_id):
            problem = "needs a news id, a hyphen, and the label 0 (not clicked) or 1 (clicked)."
        if problem:
            raise DataError(path, f"the candidate {token!r} {problem}", line)
