"""Clicks are counted in a split, and come back from their file."""

from __future__ import annotations

from pathlib import Path

import pytest

from nrms_np.data.clicks import count_clicks, read_clicks, write_clicks
from nrms_np.data.dataset import read_split
from nrms_np.errors import DataError, NrmsError
from tests.helpers.tiny_run import DEV, write_split


def test_the_clicks_of_a_split_come_back_from_the_file(tmp_path: Path) -> None:
    clicks = count_clicks(read_split(write_split(tmp_path / "dev", DEV), 5))
    assert clicks == {"N1": 1, "N2": 2, "N5": 1, "N7": 1}
    write_clicks(tmp_path / "clicks.tsv", clicks)
    assert read_clicks(tmp_path / "clicks.tsv") == clicks
    with pytest.raises(NrmsError, match="this split has no labels"):
        count_clicks(read_split(write_split(tmp_path / "test", DEV, labelled=False), 5))


@pytest.mark.parametrize("line", ["N1\tfew", "N1\t-2", "N1\t1.5", "N1"])
def test_a_line_that_is_no_count_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "clicks.tsv"
    path.write_text(f"N7\t2\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"clicks\.tsv, line 2"):
        read_clicks(path)
