"""Fetching MIND from a server, over a line, or onto a disk that fails."""

from __future__ import annotations

import errno
import io
from pathlib import Path

import pytest

from nrms_np.data.mind import archives, fetch
from nrms_np.errors import DataError
from tests.helpers.mind_server import (
    FILES,
    MindServer,
    content,
    files_in,
    fingerprints_of,
    get,
    nothing_unfinished_in,
    raw,
    status,
    zip_of,
    zip_of_split,
    zips,
)

ALL = sorted(FILES)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(401, "login"), (403, "not let us in"), (404, "no such file"), (409, "closed"), (429, "later"), (500, "trouble")],
)
def test_after_an_error_of_the_server_the_next_source_is_tried(
    server: MindServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], number: int, sentence: str
) -> None:
    server.answers["/bad/MINDsmall_train.zip"] = status(number)
    get(tmp_path, zips(server, "bad"), zips(server, "good"))
    assert files_in(tmp_path) == FILES
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("bad: "))
    assert sentence in line
    assert f"({number})" in line


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def changed(name: str) -> bytes:
    return FILES[name].replace(b"N1", b"N7")


TRAIN = zip_of_split("train")
FIRST_HALF = {"train/behaviors.tsv": FILES["train/behaviors.tsv"]}  # what is whole in the damaged zip
BAD = {
    "a connection that drops": (content(half(TRAIN), len(TRAIN)), "broke off"),
    "a connection that drops at once": (lambda handler: handler.connection.close(), "broke off"),
    "a zip that was cut": (content(half(TRAIN)), "MINDsmall_train.zip is no whole zip archive"),
    "a page instead of a zip": (content(b"<html>come in and find out</html>"), "MINDsmall_train.zip is no whole zip archive"),
    "a damaged zip": (content(TRAIN.replace(TRAIN[40:60], bytes(20), 1)), "cannot be unpacked"),
    "other bytes": (
        content(zip_of({name.split("/")[1]: changed(name) for name in ALL if "train" in name})),
        "but that of train/news.tsv of MIND-small is " + fingerprints_of(FILES)["train/news.tsv"].blob,
    ),
    "another length": (
        content(zip_of({"news.tsv": b"short", "behaviors.tsv": b""})),
        f"has 5 bytes, but train/news.tsv of MIND-small has {len(FILES['train/news.tsv'])}",
    ),
    "a name above": (content(zip_of({"../news.tsv": FILES["train/news.tsv"]})), "'../news.tsv', which points outside"),
    "a name above, later": (content(zip_of({"a/../../x/news.tsv": b""})), "which points outside"),
    "an absolute name": (content(zip_of({"/tmp/news.tsv": b"x"})), "'/tmp/news.tsv', which points outside"),
    "a drive": (content(zip_of({"C:\\news.tsv": b"x"})), "which points outside"),
    "a zip without the files": (content(zip_of({"README.md": b"x"})), "no news.tsv and no behaviors.tsv"),
    "too many redirections": (status(302, "/bad/MINDsmall_train.zip"), "TooManyRedirects"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_download_leaves_nothing_and_the_next_source_is_tried(
    server: MindServer, tmp_path: Path, kind: str
) -> None:
    answer, sentence = BAD[kind]
    server.answers["/bad/MINDsmall_train.zip"] = answer
    folder = tmp_path / "mind" / "small"
    with pytest.raises(DataError) as failure:
        get(folder, zips(server, "bad"))
    line = next(line.strip() for line in str(failure.value).splitlines() if line.strip().startswith("bad: "))
    assert sentence in line
    assert files_in(folder) == (FIRST_HALF if kind == "a damaged zip" else {})
    assert [path.name for path in tmp_path.iterdir()] == ["mind"]
    assert nothing_unfinished_in(tmp_path)
    get(folder, zips(server, "bad"), zips(server, "good"))
    assert files_in(folder) == FILES
    assert nothing_unfinished_in(tmp_path)


def test_a_single_file_with_wrong_bytes_is_not_kept_and_comes_from_the_next_source(
    server: MindServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answers["/raw/train/behaviors.tsv"] = content(changed("train/behaviors.tsv"))
    get(tmp_path, raw(server), zips(server, "good"))
    assert files_in(tmp_path) == FILES
    assert server.asked[:2] == ["/raw/train/news.tsv", "/raw/train/behaviors.tsv"]
    assert "raw: train/behaviors.tsv: its git blob SHA-1 is" in capsys.readouterr().out


def test_a_server_that_stays_silent_is_given_up(
    server: MindServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fetch, "TIMEOUT", (5.0, 1.0))  # the good source must answer in it, on a busy machine too

    def stay_silent(_: object) -> None:
        server.closing.wait(30)

    server.answers["/bad/MINDsmall_train.zip"] = stay_silent
    get(tmp_path, zips(server, "bad"), zips(server, "good"))
    assert "bad: it does not answer within 5 to 1 seconds" in capsys.readouterr().out


@pytest.mark.parametrize("quotas", [True, False])
def test_a_full_disk_while_downloading_ends_the_command_with_a_sentence(
    server: MindServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quotas: bool
) -> None:
    if not quotas:  # Windows knows none
        monkeypatch.delattr(errno, "EDQUOT", raising=False)

    class FullDisk:
        def __init__(self, **_: object) -> None:
            pass

        def __call__(self, _: str, output_file: str, pooch: None) -> None:
            Path(output_file).write_bytes(b"half of")
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pooch.HTTPDownloader", FullDisk)
    with pytest.raises(DataError, match="the disk is full; nothing half-written was left"):
        get(tmp_path, zips(server, "good"), raw(server))
    assert files_in(tmp_path) == {}
    assert nothing_unfinished_in(tmp_path)
    assert server.asked == []


def test_a_full_disk_while_unpacking_keeps_what_was_complete(
    server: MindServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copy_until_full(source: io.BufferedReader, target: io.BufferedWriter, _: int) -> None:
        data = source.read()
        target.write(data[:20])
        if data == FILES["train/behaviors.tsv"]:
            raise OSError(errno.ENOSPC, "No space left on device")
        target.write(data[20:])

    monkeypatch.setattr(archives, "copyfileobj", copy_until_full)
    with pytest.raises(DataError, match="the disk is full"):
        get(tmp_path, zips(server, "good"), raw(server))
    assert files_in(tmp_path) == {"train/news.tsv": FILES["train/news.tsv"]}
    assert nothing_unfinished_in(tmp_path)
    assert server.asked == ["/good/MINDsmall_train.zip"]


def test_an_interruption_leaves_nothing_unfinished(
    server: MindServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(archives, "copyfileobj", interrupt)
    with pytest.raises(KeyboardInterrupt):
        get(tmp_path, zips(server, "good"))
    assert files_in(tmp_path) == {}
    assert nothing_unfinished_in(tmp_path)
