"""Cells as times, lists and labels."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest

from nrms_np.data.convert.cells import NO_TIME, Numbers, clicked_of, list_of, text_of, times_of

NOON = 1_573_300_800  # 2019-11-09 12:00:00 UTC


@pytest.mark.parametrize("cell", [
    "2019-11-09 12:00:00", "2019-11-09T12:00:00Z", "2019-11-09T12:00:00.000", "2019-11-09T14:00+02:00",
    "2019-11-09 12:00:00 UTC", "11/9/2019 12:00:00 PM",
    "20191109T120000Z", "20191109120000", "1573300800", "1573300800.0", "1573300800000", " 1573300800 ", NOON,
    float(NOON), NOON * 1000,
    datetime(2019, 11, 9, 12), datetime(2019, 11, 9, 12, tzinfo=UTC),
    datetime(2019, 11, 9, 7, tzinfo=timezone(timedelta(hours=-5))),
])  # fmt: skip
def test_one_time_in_many_ways(cell: object) -> None:
    assert times_of(["nonsense", cell, None]).tolist() == [NO_TIME, NOON * 1_000_000, NO_TIME]


def test_days_fractions_and_small_numbers() -> None:
    cells = ["2019-11-09", "20191109", date(2019, 11, 9), "2019-11-09T12:00:00.25", "0", "1000"]
    midnight = (NOON - 43_200) * 1_000_000
    assert times_of(cells).tolist() == [midnight] * 3 + [NOON * 1_000_000 + 250_000, 0, 1_000_000_000]


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "now",
        "today",
        "12 o'clock",
        "2019-02-30",
        "2019-13-01",
        "9/11/2019",
        "13/9/2019 9:00:00 AM",
        "11/31/2019 9:00:00 AM",
        "11/9/2019 9:60:00 AM",
        "2019/11/09",
        "2019-11-09\ud800",
        "-5",
        "nan",
        "1e400",
        "[1]",
    ],
)
def test_what_is_no_time(cell: str) -> None:
    assert times_of([cell, "1573300800"]).tolist() == [NO_TIME, NOON * 1_000_000]


@pytest.mark.parametrize(("cell", "expected"), [
    ("N1 N2", ["N1", "N2"]), ("N1,N2", ["N1", "N2"]), (" N1 ,  N2 ", ["N1", "N2"]), ('["N1", "N2"]', ["N1", "N2"]),
    ("['N1', 'N2']", ["N1", "N2"]), ("[1, 2]", ["1", "2"]), ([1, 2], ["1", "2"]), (["N1"], ["N1"]), ("N1", ["N1"]), (7, ["7"]),
    ("", []), (None, []), ("[]", []), ([], []),
    ("[N1, N2]", None), ('["N1", "N2"', None), ("N1, N2]", None), ("[[1], [2]]", None), ('["N1", ""]', None), ([None, 1], None),
    ('{"N1": 1}', None), pytest.param("[" * 100_000 + "]" * 100_000, None, id="too deep"),
])  # fmt: skip
def test_lists(cell: object, expected: list[str] | None) -> None:
    assert list_of(cell) == expected


def test_labels_and_numbers() -> None:
    cells = ["1", "0", "true", "False", "1.0", True, False, 1, 0, 1.0, "yes", "", None, "2"]
    assert clicked_of(cells).tolist() == [1, 0, 1, 0, 1, 1, 0, 1, 0, 1, -1, -1, -1, -1]
    numbers = Numbers()
    assert numbers.of(["b", "a", "", None, "b", "a\tb", " a "]).tolist() == [0, 1, -1, -1, 0, -1, 1]
    assert numbers.of([7, "7", 7.0, "a"]).tolist() == [2, 2, 2, 1]
    assert list(numbers) == ["b", "a", "7"]
    assert text_of(float("nan")) == ""


def test_many_cells_are_looked_at_by_their_distinct_values() -> None:
    assert np.array_equal(times_of(["1573300800"] * 5 + ["x"] * 3), [NOON * 1_000_000] * 5 + [NO_TIME] * 3)
