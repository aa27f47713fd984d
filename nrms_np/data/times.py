"""Times as MIND writes them, `11/9/2019 9:00:00 AM`, turned into seconds; a log has hundreds of thousands, so quickly."""

from __future__ import annotations

from calendar import timegm
from functools import lru_cache
from math import nan


def seconds_of(text: str) -> float:
    """The seconds since 1970 of a time, on the log's own clock; NaN where it is not written as in MIND."""
    try:
        day, clock, half = text.split(" ")
        hour, minute, second = clock.split(":")
        return _start_of(day) + (int(hour) % 12 + _HALVES[half]) * 3600 + int(minute) * 60 + int(second)
    except (ValueError, KeyError):
        return nan


_HALVES = {"AM": 0, "PM": 12}


@lru_cache(maxsize=1024)
def _start_of(day: str) -> int:
    """The seconds at which a day, 11/9/2019, starts. Raises ValueError for anything else."""
    month, day_of_month, year = day.split("/")
    return timegm((int(year), int(month), int(day_of_month), 0, 0, 0))
