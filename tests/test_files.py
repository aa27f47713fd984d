from __future__ import annotations

import errno
import os
import resource
import signal
from pathlib import Path

import pytest

from nrms_np import files
from nrms_np.errors import DiskFullError, NrmsError
from nrms_np.files import open_file, whole_file, write_text


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError, match="in the middle"), whole_file(path) as temporary:
        temporary.write_text("new")
        raise RuntimeError("in the middle")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_users_file_beside_it_is_left_alone_and_a_link_is_not_followed(tmp_path):
    mine = tmp_path / "mine"
    mine.write_text("mine")
    for name in ("a.txt.part", ".a.txt.part", "a.txt"):
        (tmp_path / name).symlink_to(mine)
    write_text(tmp_path / "a.txt", "ours")
    assert mine.read_text() == "mine"
    assert not (tmp_path / "a.txt").is_symlink()
    assert (tmp_path / "a.txt.part").is_symlink()


def test_a_file_that_is_there_under_the_temporary_name_is_not_overwritten(tmp_path, monkeypatch):
    monkeypatch.setattr(files.secrets, "token_hex", lambda _: "0")
    taken = tmp_path / ".a.txt-0.part"
    taken.write_text("mine")
    with pytest.raises(FileExistsError):
        write_text(tmp_path / "a.txt", "ours")


def test_new_files_have_the_permissions_that_the_user_wants(tmp_path):
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "a.txt", "ours")
    finally:
        os.umask(before)
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o640


def test_file_and_folder_are_flushed_before_and_after_the_renaming(tmp_path, monkeypatch):
    done = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(files.os, "fsync", lambda fd: (done.append("fsync"), fsync(fd)))
    monkeypatch.setattr(files.os, "replace", lambda *paths: (done.append("replace"), replace(*paths)))
    write_text(tmp_path / "a.txt", "ours")
    assert done == ["fsync", "replace", "fsync"]


def test_a_full_disk_is_told_with_the_file_and_what_it_takes(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def write() -> None:
        with whole_file(path, size=3 * 2**20) as temporary:
            temporary.write_bytes(b"x" * 3 * 2**20)

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, before[1]))
        with pytest.raises(DiskFullError, match=r"a.txt: there is no room for this file \(3.0 MiB are needed\)"):
            write()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_another_fault_of_the_system_keeps_its_own_words(tmp_path):
    with pytest.raises(OSError, match="sentinel"), whole_file(tmp_path / "a.txt"):
        raise OSError(errno.EIO, "sentinel")


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(NrmsError, match="there is no folder"):
        write_text(tmp_path / "none" / "a.txt", "")
    with pytest.raises(NrmsError, match="this is a folder"):
        write_text(tmp_path, "")


def test_a_pipe_and_a_device_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), Path("/dev/stdin")):
        if path.exists():
            with pytest.raises(OSError, match="a pipe or a device"):
                open_file(path)
