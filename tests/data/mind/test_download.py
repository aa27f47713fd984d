"""Fetching MIND: the ways that work, the terms, the messages, the command."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from nrms_np.data import download
from nrms_np.data.mind.fetch import SOURCES, Source
from nrms_np.errors import DataError
from tests.helpers.mind_server import (
    FILES,
    MindServer,
    content,
    files_in,
    get,
    nothing_unfinished_in,
    raw,
    run,
    status,
    zip_of,
    zip_of_split,
    zips,
)

ROOT = Path(__file__).resolve().parents[3]


def test_zips_are_fetched_and_unpacked(server: MindServer, tmp_path: Path) -> None:
    get(tmp_path, zips(server, "good"))
    assert files_in(tmp_path) == FILES
    assert nothing_unfinished_in(tmp_path)
    assert server.asked == ["/good/MINDsmall_train.zip", "/good/MINDsmall_dev.zip"]


def test_single_files_are_fetched(server: MindServer, tmp_path: Path) -> None:
    get(tmp_path / "new" / "folder", raw(server))
    assert files_in(tmp_path / "new" / "folder") == FILES


def test_only_the_two_tables_are_taken_however_deep_they_lie(server: MindServer, tmp_path: Path) -> None:
    for split in ("train", "dev"):
        files = {f"MIND{split}/MIND{split}/{file}": FILES[f"{split}/{file}"] for file in ("news.tsv", "behaviors.tsv")}
        files |= {f"MIND{split}/entity_embedding.vec": b"1", "__MACOSX/._news.tsv": b"2"}
        server.answers[f"/deep/MINDsmall_{split}.zip"] = content(zip_of(files))
    get(tmp_path, zips(server, "deep"))
    assert files_in(tmp_path) == FILES


def test_a_bar_shows_on_a_terminal_unless_the_command_is_quiet(
    server: MindServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    options: list[str]
    for name, options, shown in (("loud", [], True), ("quiet", ["--quiet"], False)):
        monkeypatch.setattr(sys, "stderr", terminal := Terminal())
        assert run(tmp_path / name, zips(server, "good"), options=options) == 0
        assert ("MINDsmall_train.zip: " in terminal.getvalue()) == shown


def test_what_one_source_lacks_comes_from_the_next(server: MindServer, tmp_path: Path) -> None:
    server.answers["/part/MINDsmall_train.zip"] = content(zip_of_split("train"))
    get(tmp_path, zips(server, "part"), zips(server, "good"))
    assert files_in(tmp_path) == FILES
    assert server.asked == ["/part/MINDsmall_train.zip", "/part/MINDsmall_dev.zip", "/good/MINDsmall_dev.zip"]


def test_only_missing_files_are_fetched(server: MindServer, tmp_path: Path) -> None:
    get(tmp_path, raw(server))
    server.asked.clear()
    (tmp_path / "dev" / "news.tsv").unlink()
    get(tmp_path, raw(server))
    assert server.asked == ["/raw/dev/news.tsv"]
    get(tmp_path, raw(server))
    assert len(server.asked) == 1


def test_when_all_fail_the_message_says_where_it_looked_and_what_to_do(server: MindServer, tmp_path: Path) -> None:
    server.answers["/one/MINDsmall_train.zip"] = status(409)
    nowhere = Source("nowhere", "http://127.0.0.1:9/{split}.zip")
    with pytest.raises(DataError) as failure:
        get(tmp_path, zips(server, "gated", "https://terms.example"), zips(server, "one"), nowhere)
    lines = [line.strip() for line in str(failure.value).splitlines()]
    missing = "train/news.tsv, train/behaviors.tsv, dev/news.tsv, dev/behaviors.tsv"
    assert lines[0] == f"{tmp_path}: {missing} of MIND-small could not be had. Looked in:"
    assert [line.split(":")[0] for line in lines[1:5]] == ["this folder", "gated", "one", "nowhere"]
    assert "there is no network, or it is down" in lines[4]
    assert "MINDsmall_train.zip and MINDsmall_dev.zip" in lines[5]
    assert str(tmp_path) in lines[5]


def test_the_terms_are_shown_once_for_a_folder_even_quietly(
    server: MindServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, raw(server), options=["--quiet"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "non-commercial research" in printed.err
    assert "https://msnews.github.io" in printed.err
    (tmp_path / "dev" / "news.tsv").unlink()
    assert run(tmp_path, raw(server), options=["--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_the_large_one_is_checked_for_its_form_and_says_so(
    server: MindServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {**FILES, "test/news.tsv": FILES["dev/news.tsv"], "test/behaviors.tsv": b"7\tU7\ttime\t\tN3\n"}
    for split in ("train", "dev", "test"):
        data = {name.replace(split, "inner"): files[name] for name in files if name.startswith(split)}
        server.answers[f"/big/MINDlarge_{split}.zip"] = content(zip_of(data))
    big = Source("big", f"{server.address}/big/MINDlarge_{{split}}.zip")
    monkeypatch.setitem(SOURCES, "large", (big,))
    arguments = ["--large", "--to", str(tmp_path), "--split", "train", "dev", "test"]
    assert download.main(arguments) == 0
    assert files_in(tmp_path) == files
    assert "no fingerprints of its files are known" in capsys.readouterr().out

    server.answers["/big/MINDlarge_dev.zip"] = content(zip_of({"news.tsv": b"N3\tonly\tthree\n"}))
    (tmp_path / "dev" / "news.tsv").unlink()
    with pytest.raises(DataError, match="first line has 3 columns instead of 8"):
        download.main(arguments)


def test_the_public_sources_are_in_the_agreed_order() -> None:
    names = ["train/news.tsv", "train/behaviors.tsv"]
    addresses = [list(source.addresses("small", names)) for source in SOURCES["small"]]
    assert addresses == [
        ["https://huggingface.co/datasets/yjw1029/MIND/resolve/main/MINDsmall_train.zip"],
        ["https://recodatasets.z20.web.core.windows.net/newsrec/MINDsmall_train.zip"],
        [f"https://huggingface.co/datasets/huyva/MIND-small/resolve/main/{name}" for name in names],
    ]
    assert [bool(source.terms_page) for source in SOURCES["small"]] == [True, False, False]


@pytest.mark.parametrize("arguments", [[], ["--small", "--large"], ["--small", "--split", "test"], ["--medium"]])
def test_wrong_usage_ends_with_code_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        download.main(arguments)
    assert end.value.code == 2


def test_the_command_fails_with_code_1_and_its_message_on_stderr(tmp_path: Path) -> None:
    arguments = ["--small", "--quiet", "--to", str(tmp_path), "--from", "absent"]
    command = [sys.executable, "-m", "nrms_np.data.download", *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == "error: absent: there is no such file or folder.\n"


def test_reading_data_needs_none_of_the_libraries_that_fetch() -> None:
    program = """
import importlib, pkgutil, sys
sys.modules.update(dict.fromkeys(["pooch", "requests", "tqdm"]))  # None: importing them fails
import nrms_np.data
for module in pkgutil.walk_packages(nrms_np.data.__path__, "nrms_np.data."):
    importlib.import_module(module.name)
"""
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
