"""Times as MIND writes them, `11/9/2019 9:00:00 AM`, turned into seconds; a log has hundreds of thousands, so quickly."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from math import nan

_SECONDS = {f":{second:02d}": second for second in range(60)}
_HALVES = {" AM": 0, " PM": 12}


def seconds_of(text: str) -> float:
    """The seconds since 1970 of a time, on the log's own clock; NaN where it is not written as in MIND."""
    try:
        return _start_of_minute(text[:-6], text[-3:]) + _SECONDS[text[-6:-3]]
    except (ValueError, KeyError, OverflowError):
        return nan


@lru_cache(maxsize=2**14)  # the minutes of eleven days: a log is about in the order of time
def _start_of_minute(text: str, half: str) -> int:
    """The seconds at which a minute starts, `11/9/2019 9:00` and ` AM`; ValueError, KeyError or OverflowError else."""
    day, clock = text.split(" ")
    month, day_of_month, year = day.split("/")
    hour, minute = clock.split(":")
    start = datetime(int(year), int(month), int(day_of_month), int(hour) % 12 + _HALVES[half], int(minute), tzinfo=UTC)
    return int(start.timestamp())
