from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from nrms_np.errors import ModelFileError
from nrms_np.npz import CHECKSUM, read_arrays, write_arrays

ARRAYS = {
    "news.pool.W": np.arange(12, dtype=np.float32).reshape(3, 4),
    "vocabulary": np.array(["[unknown]", "rockets", "übermut"]),
    "config": np.array('{"heads": 3}'),
    "steps": np.array(7),
    "nothing": np.zeros((0, 5), dtype=np.float32),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_arrays(tmp_path / "model.npz", ARRAYS)
    return tmp_path / "model.npz"


def same(found: dict[str, np.ndarray]) -> bool:
    return found.keys() == ARRAYS.keys() and all(
        found[name].dtype == value.dtype and found[name].shape == value.shape and (found[name] == value).all()
        for name, value in ARRAYS.items()
    )


def test_what_is_read_is_what_was_written(path):
    found = read_arrays(path, "broken")
    assert same(found)
    assert all(value.flags.writeable and value.flags.c_contiguous for value in found.values())


def test_equal_arrays_make_equal_bytes(path, tmp_path):
    write_arrays(tmp_path / "again.npz", ARRAYS)
    assert path.read_bytes() == (tmp_path / "again.npz").read_bytes()
    # Both may have been written within two seconds, a step of the times in an archive.
    with zipfile.ZipFile(path) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_numpy_reads_the_file_and_a_file_of_numpy_is_read(path):
    with np.load(path, allow_pickle=False) as file:
        assert same({name: file[name] for name in file.files if name != CHECKSUM})
    np.savez(path, **ARRAYS)  # as models were written before there was a checksum
    assert same(read_arrays(path, "broken"))


def test_every_flipped_bit_is_noticed_or_harmless(path):
    content = path.read_bytes()
    noticed = 0
    for bit in range(0, 8 * len(content), 3):  # three at a time: each byte is hit, each place in a byte too
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        try:
            assert same(read_arrays(path, "broken")), f"bit {bit}"
        except ModelFileError:
            noticed += 1
    assert noticed > len(content)  # what is harmless is in the dates and permissions of the entries


def test_a_file_without_a_checksum_is_compared_with_the_archives_own(path):
    np.savez(path, **ARRAYS)
    content = path.read_bytes()
    # One bit of the length of an array's header: NumPy would read another number of bytes, and no checksum.
    changed = bytearray(content)
    changed[content.index(b"\x93NUMPY") + 8] ^= 64
    path.write_bytes(changed)
    with pytest.raises(ModelFileError, match=r"model.npz: broken \(.*CRC"):
        read_arrays(path, "broken")


@pytest.mark.parametrize("length", [0, 1, 30, 200, 700, -1])
def test_a_file_cut_short_is_noticed(path, length):
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ModelFileError, match="broken"):
        read_arrays(path, "broken")


@pytest.mark.parametrize(
    "value",
    [
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(3, dtype=">f4"),
        np.array([1 + 2j]),
        np.array([("a", 1)], dtype=[("name", "U1"), ("n", "i4")]),
        np.array(["2019-11-09"], dtype="datetime64[D]"),
    ],
    ids=["Fortran order", "byte order", "complex", "records", "dates"],
)
def test_arrays_of_other_kinds_are_refused(path, value):
    np.savez(path, a=value)
    with pytest.raises(ModelFileError, match="unknown header"):
        read_arrays(path, "broken")


@pytest.mark.parametrize(
    "header",
    [
        b"(" * 5000,
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (" + b"[" * 3000,
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (999999999999999999, 9999999), }\n",
        b"{'descr': '<U999999', 'fortran_order': False, 'shape': (99999999,), }\n",
        b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n",
        b"{'descr': '<f3', 'fortran_order': False, 'shape': (0,), }\n",
        b"'''",
    ],
    ids=["deep", "unclosed", "huge shape", "huge text", "objects", "no such type", "half a string"],
)
def test_headers_that_ask_for_too_much_are_refused(path, header):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(ModelFileError, match="broken"):
        read_arrays(path, "broken")


def test_a_compressed_and_an_encrypted_entry_and_one_that_stands_twice_are_refused(path):
    np.savez_compressed(path, a=np.zeros(10**6))
    with pytest.raises(ModelFileError, match="broken"):
        read_arrays(path, "broken")
    write_arrays(path, ARRAYS)
    content = bytearray(path.read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags] |= 1
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="broken"):
        read_arrays(path, "broken")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.npy", b"2")
    with pytest.raises(ModelFileError, match="broken"):
        read_arrays(path, "broken")


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(ModelFileError, match="there is no such file"):
        read_arrays(tmp_path / "none.npz", "broken")
    with pytest.raises(ModelFileError, match="Is a directory"):
        read_arrays(tmp_path, "broken")
