"""The files of a demo corpus: news.tsv and behaviors.tsv in MIND's format, and truth.tsv beside those of dev."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from nrms_np.errors import NrmsError
from nrms_np.files import whole_file

TRUTH = "truth.tsv"
DAYS = {"train": range(9, 15), "dev": range(15, 16)}
"""The days of November 2019 that the impressions of each split are spread over."""


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines of UTF-8 text, each ended by a line feed, into a folder that is made if it is not there.

    The file appears whole or not at all. Raises NrmsError when the folder or the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(line + "\n" for line in lines)
    except OSError as error:
        raise NrmsError(f"{path}: cannot be written ({error.strerror}); choose another folder with --out.") from error


def news_line(row: int, category: str, subcategory: str, title: str, abstract: str = "") -> str:
    """One line of news.tsv: eight columns, without address and entities. News are called after their row."""
    return f"N{row + 1}\t{category}\t{subcategory}\t{title}\t{abstract}\t\t[]\t[]"


def behaviors_lines(
    impressions: Iterable[tuple[str, list[int], list[int], list[bool]]], count: int, days: range
) -> Iterator[str]:
    """The lines of behaviors.tsv, one per impression: `count` impressions, spread evenly over `days`.

    impressions: the user, the history and the page as rows of news, and for each place of the page whether it was clicked.
    """
    for i, (user, history, shown, clicked) in enumerate(impressions):
        before = " ".join([f"N{row + 1}" for row in history])
        page = " ".join([f"N{row + 1}-{label:d}" for row, label in zip(shown, clicked, strict=True)])
        yield f"{i + 1}\t{user}\t{clock(i, count, days)}\t{before}\t{page}"


def clock(i: int, count: int, days: range) -> str:
    """The time of impression `i` of `count`, spread evenly over some days of November 2019: 11/9/2019 9:00:00 AM."""
    minutes, second = divmod(i * len(days) * 86400 // count, 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    return f"11/{days[day]}/2019 {(hour + 11) % 12 + 1}:{minute:02d}:{second:02d} {'AM' if hour < 12 else 'PM'}"


def truth_line(impression_id: str, permille: Iterable[int]) -> str:
    """One line of truth.tsv, in the order of behaviors.tsv: the probability of a click on each candidate, given in thousandths."""
    return impression_id + "\t" + " ".join(f"{value / 1000:.3f}" for value in permille)
