"""Which folder holds a split."""

from __future__ import annotations

from pathlib import Path

import pytest

from nrms_np.data.folders import split_folder
from nrms_np.errors import DataError


@pytest.mark.parametrize(
    ("name", "folder"),
    [("train", "train"), ("train", "MINDsmall_train"), ("train", "MINDlarge_train"), ("dev", "valid"), ("dev", "validation"),
     ("dev", "MINDsmall_dev"), ("test", "MINDlarge_test"), ("valid", "valid"), ("other", "other")],
)  # fmt: skip
def test_a_split_is_found_under_its_names(tmp_path: Path, name: str, folder: str) -> None:
    (tmp_path / folder).mkdir()
    assert split_folder(tmp_path, name) == tmp_path / folder


def test_the_own_name_comes_first_and_a_missing_folder_keeps_it(tmp_path: Path) -> None:
    assert split_folder(tmp_path, "dev") == tmp_path / "dev"
    (tmp_path / "valid").mkdir()
    assert split_folder(tmp_path, "train") == tmp_path / "train"
    (tmp_path / "dev").mkdir()
    assert split_folder(tmp_path, "dev") == tmp_path / "dev"


def test_several_folders_that_could_be_meant_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "valid").mkdir()
    (tmp_path / "MINDsmall_dev").mkdir()
    with pytest.raises(DataError, match="valid/ and MINDsmall_dev/ could each be the dev split"):
        split_folder(tmp_path, "dev")


def test_where_the_demo_corpus_is_missing_the_command_that_writes_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"data/demo: there is no such folder; .*python -m nrms_np\.data\.demo"):
        split_folder("data/demo", "dev")
    with pytest.raises(
        DataError, match=r"no such folder; it should hold train/ and dev/, .*; give another with --data\.$"
    ) as caught:
        split_folder("data/mine", "dev")
    assert "nrms_np.data.demo" not in str(caught.value)
