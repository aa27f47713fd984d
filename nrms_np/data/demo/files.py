"""Writing the files of a demo corpus in MIND's format, each whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nrms_np.errors import NrmsError
from nrms_np.files import whole_file


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write lines of UTF-8 text, each ended by a line feed, into a folder that is made if it is not there.

    Raises NrmsError when the folder or the file cannot be written.
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


def behaviors_line(place: int, time: str, user: str, history: list[int], shown: list[int], clicked: list[bool]) -> str:
    """One line of behaviors.tsv: impression `place` (from 0); `history` and `shown` are rows of news."""
    before = " ".join([f"N{row + 1}" for row in history])
    page = " ".join([f"N{row + 1}-{label:d}" for row, label in zip(shown, clicked, strict=True)])
    return f"{place + 1}\t{user}\t{time}\t{before}\t{page}"


def clock(place: int, count: int, first_day: int, days: int) -> str:
    """The time of impression `place` of `count`, spread evenly over some days of November 2019: 11/9/2019 9:00:00 AM."""
    second = place * days * 86400 // count
    day, hour = first_day + second // 86400, second // 3600 % 24
    return (
        f"11/{day}/2019 {(hour + 11) % 12 + 1}:{second // 60 % 60:02d}:{second % 60:02d} {'AM' if hour < 12 else 'PM'}"
    )
