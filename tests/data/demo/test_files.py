from __future__ import annotations

from pathlib import Path

import pytest

from nrms_np.data.demo.files import clock, write_lines
from nrms_np.errors import DataError, NrmsError
from nrms_np.evaluation.baselines import best_possible_scores


def test_a_failing_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    write_lines(tmp_path / "news.tsv", ["old"])

    def breaks_off():
        yield "new"
        raise OSError(28, "No space left on device")

    with pytest.raises(NrmsError, match=r"news\.tsv: there is no room for this file"):
        write_lines(tmp_path / "news.tsv", breaks_off())
    assert [path.name for path in tmp_path.iterdir()] == ["news.tsv"]
    assert (tmp_path / "news.tsv").read_text(encoding="utf-8") == "old\n"


def test_times_are_written_as_in_mind() -> None:
    assert [clock(i, 4, range(9, 10)) for i in range(4)] == [
        "11/9/2019 12:00:00 AM", "11/9/2019 6:00:00 AM", "11/9/2019 12:00:00 PM", "11/9/2019 6:00:00 PM",
    ]  # fmt: skip


def test_a_folder_without_truth_has_no_best_scores(tmp_path: Path) -> None:
    assert best_possible_scores(tmp_path, 3) is None


@pytest.mark.parametrize("bad", ["2\t0.5 x", "2", "2\t1.5"])
def test_a_broken_truth_file_is_named_with_its_line(tmp_path: Path, bad: str) -> None:
    (tmp_path / "truth.tsv").write_text(f"1\t0.25 0.5\n{bad}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"truth\.tsv, line 2"):
        best_possible_scores(tmp_path, 3)


def test_a_truth_file_of_other_impressions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "truth.tsv").write_text("1\t0.5 0.25\n", encoding="utf-8")
    assert best_possible_scores(tmp_path, 2) is not None
    with pytest.raises(DataError, match="2 probabilities, but the impressions have 3"):
        best_possible_scores(tmp_path, 3)
