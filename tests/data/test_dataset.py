"""Reading a folder with both files, real ones too."""

from __future__ import annotations

from pathlib import Path

import pytest

from nrms_np.data.behaviors import Dropped
from nrms_np.data.dataset import read_split
from nrms_np.errors import DataError

REAL = Path(__file__).parents[2].parent / "shared" / "real"


def test_a_split_is_read_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "news.tsv").write_text("N1\ta\tb\tOne\t\t\t\t\nN2\ta\tb\tTwo\t\t\t\t\n", encoding="utf-8")
    (tmp_path / "behaviors.tsv").write_text("5\tU7\ttime\tN2\tN1-0\n", encoding="utf-8")
    split = read_split(tmp_path, history_length=4)
    assert split.news.titles == ["One", "Two"]
    assert split.behaviors.histories.to_lists() == [[1]]
    with pytest.raises(DataError, match="no such folder"):
        read_split(tmp_path / "absent", history_length=4)


def slow_count(folder: Path) -> tuple[Dropped, int]:
    """Count what must be dropped, and the candidates that stay, by a plain loop over the file."""
    known = {line.split("\t")[0] for line in (folder / "news.tsv").read_text(encoding="utf-8").splitlines()}
    clicks = candidates = impressions = left = 0
    for line in (folder / "behaviors.tsv").read_text(encoding="utf-8").splitlines():
        _, _, _, history, shown = line.split("\t")
        clicks += sum(news_id not in known for news_id in history.split(" ") if news_id)
        kept = sum(token[:-2] in known for token in shown.split(" "))
        candidates += len(shown.split(" ")) - kept
        impressions += kept == 0
        left += kept
    return Dropped(clicks, candidates, impressions), left


@pytest.mark.skipif(not REAL.is_dir(), reason="the real data are not beside the project")
@pytest.mark.parametrize("name", ["mind-sample", "bing-clicks/train", "bing-clicks/dev"])
def test_the_summary_of_what_was_dropped_is_true_for_real_files(name: str) -> None:
    split = read_split(REAL / name, history_length=50)
    expected, left = slow_count(REAL / name)
    assert split.behaviors.dropped == expected
    assert len(split.behaviors.candidates.index) == left
    assert split.behaviors.clicked is not None
    assert split.behaviors.clicked.any()
    if name == "mind-sample":
        assert len(split.news.ids) == 2000
        assert len(split.behaviors.users) == 5000 - expected.impressions
        assert split.news.titles[1] == "Silver Spring Man Nabs Title At Soggy Marine Corps Marathon"
