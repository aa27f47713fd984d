from __future__ import annotations

from pathlib import Path

import pytest

from nrms_np.data.demo.files import clock, write_lines
from nrms_np.errors import NrmsError


def test_a_failing_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    write_lines(tmp_path / "news.tsv", ["old"])

    def breaks_off():
        yield "new"
        raise OSError(28, "No space left on device")

    with pytest.raises(NrmsError, match=r"news\.tsv: cannot be written \(No space left on device\)"):
        write_lines(tmp_path / "news.tsv", breaks_off())
    assert [path.name for path in tmp_path.iterdir()] == ["news.tsv"]
    assert (tmp_path / "news.tsv").read_text() == "old\n"


def test_times_are_written_as_in_mind() -> None:
    assert [clock(place, 4, 9, 1) for place in range(4)] == [
        "11/9/2019 12:00:00 AM", "11/9/2019 6:00:00 AM", "11/9/2019 12:00:00 PM", "11/9/2019 6:00:00 PM",
    ]  # fmt: skip
