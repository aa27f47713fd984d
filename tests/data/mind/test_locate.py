"""MIND from what is on the disk: in its folder, or in zips and folders that the user has."""

from __future__ import annotations

from pathlib import Path

import pytest

from nrms_np.data import download
from nrms_np.data.mind.archives import find
from nrms_np.data.mind.files import FINGERPRINTS, git_blob_sha1
from nrms_np.data.mind.locate import locate
from nrms_np.errors import DataError
from tests.helpers.mind_server import FILES, fingerprints_of, mind_small, run, zip_of, zip_of_split


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def bring(folder: Path, *places: Path) -> int:
    return run(folder, options=["--from", *map(str, places)])


def is_complete(folder: Path) -> bool:
    return all((folder / name).read_bytes() == data for name, data in FILES.items())


def test_the_fingerprint_is_that_of_git(tmp_path: Path) -> None:
    write(tmp_path, {"hello": b"hello\n"})
    assert git_blob_sha1(tmp_path / "hello") == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_all_files_of_the_small_one_have_fingerprints() -> None:
    assert sorted(FINGERPRINTS["small"]) == sorted(FILES)
    assert sum(fingerprint.size for fingerprint in FINGERPRINTS["small"].values()) == 209_579_473
    assert all(len(fingerprint.blob) == 40 for fingerprint in FINGERPRINTS["small"].values())


def test_files_that_are_there_are_used_without_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, FILES)
    said: list[str] = []
    with mind_small(FILES):
        assert locate("small", tmp_path, said.append) == tmp_path
    assert said == []
    assert capsys.readouterr() == ("", "")
    assert not (tmp_path / "MIND-TERMS.txt").exists()


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_wrong_file_in_place_is_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    write(tmp_path, FILES)
    (tmp_path / name).write_bytes(FILES[name][:-3])
    with pytest.raises(DataError) as failure, mind_small(FILES):
        locate("small", tmp_path, print)
    size = len(FILES[name])
    assert f"it has {size - 3} bytes, but {name} of MIND-small has {size}" in str(failure.value)
    assert f"--data {tmp_path}" in str(failure.value)
    assert (tmp_path / name).read_bytes() == FILES[name][:-3]


def test_a_file_with_the_right_size_and_another_byte_is_refused(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    (tmp_path / "dev/news.tsv").write_bytes(FILES["dev/news.tsv"].replace(b"third", b"bird!"))
    problem = f"but that of dev/news.tsv of MIND-small is {fingerprints_of(FILES)['dev/news.tsv'].blob}"
    with pytest.raises(DataError, match=problem), mind_small(FILES):
        locate("small", tmp_path, print)


def test_zips_put_into_the_folder_are_unpacked_without_a_network(tmp_path: Path) -> None:
    for split in ("train", "dev"):
        write(tmp_path, {f"MINDsmall_{split}.zip": zip_of_split(split)})
    said: list[str] = []
    with mind_small(FILES):
        locate("small", tmp_path, said.append)
    assert is_complete(tmp_path)
    assert said == [f"MIND-small is complete in {tmp_path}"]


@pytest.mark.parametrize(
    "given",
    [
        FILES,
        {f"a/b c/{name}": data for name, data in FILES.items()},
        {f"MINDsmall_{split}.zip": zip_of_split(split, "x/y/") for split in ("train", "dev")},
        {f"{split}/anything.ZIP": zip_of_split(split) for split in ("train", "dev")},
        {"both.zip": zip_of(FILES), "unrelated.zip": b"no zip at all", "news.txt": b"x"},
        {"packed on windows.zip": zip_of({name.replace("/", "\\"): data for name, data in FILES.items()})},
        {"train.zip": zip_of_split("train"), "valid/news.tsv": FILES["dev/news.tsv"], "val.zip": zip_of_split("dev")},
        {"old/train/news.tsv": b"other", "train/news.tsv": FILES["train/news.tsv"], "all.zip": zip_of(FILES)},
    ],
    ids=["folders", "nested", "zips", "names", "both", "backslashes", "mixed", "older copy"],
)
def test_files_the_user_has_are_found_and_left_as_they_are(tmp_path: Path, given: dict[str, bytes]) -> None:
    source = write(tmp_path / "mine", given)
    assert bring(tmp_path / "mind", source) == 0
    assert is_complete(tmp_path / "mind")
    assert {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()} == set(given)


def test_several_places_can_be_given(tmp_path: Path) -> None:
    write(tmp_path, {f"{split}.zip": zip_of_split(split) for split in ("train", "dev")})
    assert bring(tmp_path / "mind", tmp_path / "train.zip", tmp_path / "dev.zip") == 0
    assert is_complete(tmp_path / "mind")


def test_what_is_missing_in_the_users_files_is_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    write(tmp_path, {"MINDsmall_train.zip": zip_of_split("train")})
    with pytest.raises(DataError, match=r"dev/news.tsv, dev/behaviors.tsv still missing"):
        bring(tmp_path / "mind", tmp_path / "MINDsmall_train.zip")
    assert (tmp_path / "mind/train/behaviors.tsv").read_bytes() == FILES["train/behaviors.tsv"]
    write(tmp_path, {"MINDsmall_dev.zip": zip_of_split("dev")})
    assert bring(tmp_path / "mind", tmp_path / "MINDsmall_dev.zip") == 0
    assert is_complete(tmp_path / "mind")


def test_a_zip_with_names_that_point_outside_is_not_used(tmp_path: Path) -> None:
    write(tmp_path, {"evil.zip": zip_of({**FILES, "train/../../../../escaped": b"x"})})
    with pytest.raises(DataError, match="points outside"):
        bring(tmp_path / "deep" / "mind", tmp_path / "evil.zip")
    assert not list(tmp_path.rglob("escaped"))
    assert not list(tmp_path.rglob("news.tsv"))


def test_unfinished_downloads_are_not_looked_into(tmp_path: Path) -> None:
    write(tmp_path, {".incoming-x1/train/news.tsv": b"half of", ".incoming-x1/dev.zip": b"half of"})
    assert find([tmp_path]) == ([], [])


def test_an_encrypted_member_is_a_sentence(tmp_path: Path) -> None:
    data = bytearray(zip_of_split("train"))
    for signature, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        for i in range(len(data)):
            if data[i : i + 4] == signature:
                data[i + place] |= 1
    write(tmp_path, {"train.zip": bytes(data)})
    with pytest.raises(DataError, match=r"cannot be unpacked .*password required"):
        bring(tmp_path / "mind", tmp_path / "train.zip")


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("MINDlarge_train.zip", "train"),
        ("MINDlarge_dev/news.tsv", "dev"),
        ("train/latest/news.tsv", "train"),
        ("train/validation/news.tsv", "dev"),
        ("MIND test set/news.tsv", "test"),
        ("trained/news.tsv", None),
    ],
)
def test_the_split_is_told_by_the_last_name_that_says_one(tmp_path: Path, path: str, split: str | None) -> None:
    data = zip_of({"news.tsv": b"x"}) if path.endswith("zip") else b"x"
    place = write(tmp_path / "mine", {path: data})
    found, problems = find([place])
    assert [copy.split for copy in found] == [split]
    assert problems == []


def test_without_fingerprints_a_file_of_an_unknown_split_is_not_taken(tmp_path: Path) -> None:
    place = write(tmp_path / "mine", {"news.tsv": FILES["train/news.tsv"]})
    with pytest.raises(DataError, match=r"no news.tsv in a folder or zip that is named after train"):
        download.main(["--large", "--to", str(tmp_path / "mind"), "--from", str(place)])
    assert not (tmp_path / "mind" / "train").exists()
