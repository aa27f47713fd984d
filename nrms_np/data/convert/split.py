"""The splits of a log by days: the last ones are test if there is to be a test, those before them dev, all others train."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from nrms_np.arrays import IntArray
from nrms_np.data.convert.cells import DAY
from nrms_np.data.convert.log import Impressions, histories
from nrms_np.data.convert.shapes import Log
from nrms_np.data.convert.tally import counted
from nrms_np.errors import DataError
from nrms_np.packed import Packed


class Part(NamedTuple):
    """One split: its impressions in the order of time, and the history of each.

    users, names: the strings behind the numbers of users and of impressions.
    """

    name: str
    impressions: Impressions
    histories: Packed
    users: list[str]
    names: list[str]

    @property
    def news(self) -> IntArray:
        """The rows of the news that it uses, in impressions or in histories, ascending."""
        return np.unique(np.concatenate([self.impressions.candidates.index, self.histories.index]))


def split_by_time(path: Path, log: Log, dev_days: int, test_days: int) -> list[Part]:
    """Cut a log into train, dev and, if `test_days` is not 0, test, by calendar days in UTC.

    Raises DataError, about the file `path`, where one of them would be empty.
    """
    day = log.impressions.times // DAY
    test_from = log.last // DAY - test_days + 1
    dev_from = test_from - dev_days
    number = (day >= dev_from).astype(int) + (day >= test_from)
    before = histories(log.impressions, log.clicks)
    parts = []
    for i, name in enumerate(("train", "dev", "test")[: 2 + (test_days > 0)]):
        rows = np.flatnonzero(number == i)
        if not len(rows):
            days = len(np.unique(day))
            when = {0: f"before {_date(dev_from)}", 1: f"from {_date(dev_from)} on, before {_date(test_from)}"}
            raise DataError(
                path,
                f"{name} would be empty: no impression {when.get(i, f'from {_date(test_from)} on')} has a click on known news. "
                f"Impressions with one lie on {counted(days, 'day', 'different days')} (UTC), {_date(day.min())} to "
                f"{_date(day.max())}; each split needs a day, see --dev-days and --test-days, or give a longer log.",
            )
        parts.append(Part(name, log.impressions.take(rows), before.take(rows), log.users, log.names))
    return parts


def _date(day: int) -> str:
    return str(np.datetime64(int(day), "D"))
