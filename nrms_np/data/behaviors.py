"""The impressions of a MIND split: the file behaviors.tsv.

A token of the last column is a news id with its label, `N1-0` or `N1-1`, or in a split without labels a news id alone.
MIND-small has 11 million tokens, so each costs one look-up in a dict that knows both spellings of every id. Only tokens
that the dict lacks are looked at more closely: they are ids that news.tsv does not have, or faults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nrms_np.data.news import News
from nrms_np.data.table import read_table
from nrms_np.errors import DataError
from nrms_np.packed import Packed, offsets_of

_COLUMNS = ("impression id", "user id", "time", "history", "candidates")
_USED = ("impression id", "user id", "history", "candidates")
_ABSENT = -1


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
        """One line for the reader, empty when nothing was dropped."""
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
    """

    impression_ids: list[str]
    users: list[str]
    histories: Packed
    candidates: Packed
    clicked: NDArray[np.bool_] | None
    dropped: Dropped


def read_behaviors(path: str | Path, news: News, history_length: int) -> Behaviors:
    """Read a behaviors.tsv: 5 columns, no header; an empty history is kept.

    news:           the news of the split; clicks and candidates that it does not have are dropped and counted.
    history_length: how many of the last clicks are kept.
    Raises DataError for a file that cannot be read, a row with another number of columns, bytes that are not UTF-8, an
    impression without candidates, a label other than 0 or 1, and labels in one part of the file only.
    """
    blocks: list[Behaviors] = []
    rows, codes, labelled = _Codes(news.row), _Codes(), False
    for line, frame in read_table(path, _COLUMNS, _USED):
        if not blocks:
            labelled = any(_has_label(token, news.row) for token in frame["candidates"].iloc[0].split())
            codes = _candidate_codes(news.row, labelled)
        tokens, candidates = _look_up(frame["candidates"], codes)
        _check_candidates(path, line, tokens, candidates, news.row, labelled)
        _, histories = _look_up(frame["history"], rows)
        blocks.append(_behaviors_of_block(frame, histories, candidates, history_length, labelled))
    return _joined(blocks)


def _has_label(token: str, row: Mapping[str, int]) -> bool:
    """Whether a candidate is a news id with a label, right or wrong; ids may contain the hyphen too."""
    news_id, hyphen, label = token.rpartition("-")
    if news_id in row:
        return True
    return token not in row and hyphen == "-" and len(label) == 1


class _Codes(dict[str, int]):
    """A number for each known token and _ABSENT for all others; faster than `dict.get` with a default."""

    def __missing__(self, token: str) -> int:
        return _ABSENT


def _candidate_codes(row: Mapping[str, int], labelled: bool) -> _Codes:
    """Map each spelling of a candidate to 2 · news row + label; the label is 0 in a split without labels."""
    if not labelled:
        return _Codes((news_id, 2 * i) for news_id, i in row.items())
    return _Codes((f"{news_id}-{label}", 2 * i + label) for news_id, i in row.items() for label in (0, 1))


def _look_up(cells: pd.Series, codes: _Codes) -> tuple[list[str], Packed]:
    """Split cells at spaces; returns all tokens end to end and their codes, one sequence a cell."""
    split = [cell.split() for cell in cells.tolist()]
    tokens = list(chain.from_iterable(split))
    index = np.fromiter(map(codes.__getitem__, tokens), dtype=np.int32, count=len(tokens))
    return tokens, Packed(index, offsets_of(np.fromiter(map(len, split), dtype=np.intp, count=len(split))))


def _check_candidates(
    path: str | Path, line: int, tokens: list[str], candidates: Packed, row: Mapping[str, int], labelled: bool
) -> None:
    """Raise DataError for the first row without candidates or with a fault; the block starts at line `line`."""
    absent = np.flatnonzero(candidates.index == _ABSENT).tolist()
    faults = {token: _fault(token, row, labelled) for token in {tokens[i] for i in absent}}
    faulty = next((i for i in absent if faults[tokens[i]]), len(tokens))
    # Rows before the one that holds the faulty token; all rows when there is none.
    sound = int(np.searchsorted(candidates.offsets[1:], faulty, side="right"))
    empty = np.flatnonzero(candidates.lengths[:sound] == 0)
    if len(empty):
        raise DataError(path, "this impression has no candidates; remove the row.", line + int(empty[0]))
    if faulty < len(tokens):
        raise DataError(path, faults[tokens[faulty]], line + sound)


def _fault(token: str, row: Mapping[str, int], labelled: bool) -> str:
    """Say what is wrong with a candidate that has no code; empty when only its news is unknown."""
    news_id, hyphen, label = token.rpartition("-")
    if not labelled:
        problem = f"the candidate {token!r} has a label, but the first row of the file has none"
        return f"{problem}; label all candidates or none." if _has_label(token, row) else ""
    if not hyphen or token in row:
        return f"the candidate {token!r} has no label; label all candidates of the file (-0 or -1) or none."
    if label not in ("0", "1") or not news_id:
        return f"the candidate {token!r} needs a news id, a hyphen, and the label 0 (not clicked) or 1 (clicked)."
    return ""


def _behaviors_of_block(
    frame: pd.DataFrame, histories: Packed, codes: Packed, history_length: int, labelled: bool
) -> Behaviors:
    clicks = _without_absent(histories)
    known = _without_absent(codes)
    kept = np.flatnonzero(known.lengths)
    return Behaviors(
        impression_ids=frame["impression id"].iloc[kept].tolist(),
        users=frame["user id"].iloc[kept].tolist(),
        histories=clicks.last(history_length).take(kept),
        # Impressions that are left out have no candidates, so `index` needs no change.
        candidates=Packed(known.index // 2, offsets_of(known.lengths[kept])),
        clicked=known.index % 2 == 1 if labelled else None,
        dropped=Dropped(
            clicks=len(histories.index) - len(clicks.index),
            candidates=len(codes.index) - len(known.index),
            impressions=len(frame) - len(kept),
        ),
    )


def _without_absent(sequences: Packed) -> Packed:
    known = sequences.index != _ABSENT
    before = offsets_of(known.astype(np.intp))  # how many known tokens stand before each token
    return Packed(sequences.index[known], before[sequences.offsets])


def _joined(blocks: Sequence[Behaviors]) -> Behaviors:
    clicked = [block.clicked for block in blocks if block.clicked is not None]
    return Behaviors(
        impression_ids=[impression for block in blocks for impression in block.impression_ids],
        users=[user for block in blocks for user in block.users],
        histories=_end_to_end([block.histories for block in blocks]),
        candidates=_end_to_end([block.candidates for block in blocks]),
        clicked=np.concatenate(clicked) if clicked else None,
        dropped=Dropped(
            clicks=sum(block.dropped.clicks for block in blocks),
            candidates=sum(block.dropped.candidates for block in blocks),
            impressions=sum(block.dropped.impressions for block in blocks),
        ),
    )


def _end_to_end(parts: Sequence[Packed]) -> Packed:
    index = np.concatenate([part.index for part in parts])
    return Packed(index, offsets_of(np.concatenate([part.lengths for part in parts])))
