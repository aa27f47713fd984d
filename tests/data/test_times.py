"""Times as MIND writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isnan

import pytest

from nrms_np.data.times import seconds_of


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("11/9/2019 12:05:07 AM", 0),
        ("11/9/2019 9:05:07 AM", 9),
        ("11/9/2019 12:05:07 PM", 12),
        ("11/9/2019 11:05:07 PM", 23),
    ],
)
def test_a_time_is_read(text: str, hour: int) -> None:
    assert seconds_of(text) == datetime(2019, 11, 9, hour, 5, 7, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "time",
        "2019-11-09 09:00:00",
        "11/9/2019 9:00:00",
        "13/9/2019 9:00:00 AM",
        "11/31/2019 9:00:00 AM",
        "11/9/2019 9:00 AM",
        "1573290000",
        "1/1/99999999999 9:00:00 AM",
    ],
)
def test_another_form_is_no_error_but_no_number(text: str) -> None:
    assert isnan(seconds_of(text))
