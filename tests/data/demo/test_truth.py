from __future__ import annotations

from pathlib import Path

import pytest

from nrms_np.data.demo.truth import best_possible_scores, mean_auc
from nrms_np.errors import DataError


def test_auc_counts_ties_as_one_half() -> None:
    assert mean_auc([[0.3, 0.3, 0.1]], [[True, False, False]]) == 0.75


def test_a_folder_without_truth_has_no_best_scores(tmp_path: Path) -> None:
    assert best_possible_scores(tmp_path, 3) is None


@pytest.mark.parametrize("bad", ["2\t0.5 x", "2", "2\t1.5"])
def test_a_broken_truth_file_is_named_with_its_line(tmp_path: Path, bad: str) -> None:
    (tmp_path / "truth.tsv").write_text(f"1\t0.25 0.5\n{bad}\n")
    with pytest.raises(DataError, match=r"truth\.tsv, line 2"):
        best_possible_scores(tmp_path, 3)


def test_a_truth_file_of_other_impressions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "truth.tsv").write_text("1\t0.5 0.25\n", encoding="utf-8")
    assert best_possible_scores(tmp_path, 2) is not None
    with pytest.raises(DataError, match="2 probabilities, but the impressions have 3"):
        best_possible_scores(tmp_path, 3)
