"""Arrays in a file, NumPy's `.npz` format: what is read is what was written, or an error.

NumPy's own reader believes a file: it stops where an array's header says, so that the checksum at the array's end is never
compared, and a header whose one bit has changed gives other numbers without a word. Here every byte is read and compared, first
with the archive's own checksums and then with one of the whole content, before any of it is used. The format stays NumPy's:
`numpy.load` opens these files, and files from before the checksum are read too.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from nrms_np.errors import ModelFileError
from nrms_np.files import open_file, whole_file

CHECKSUM = "checksum"
"""The entry that holds the checksum of all others."""

_ENDING = ".npy"
# The magic bytes with version 1.0, the header's length, and the header as NumPy writes it: numbers and text in the byte order of
# all machines of today, one row after the other.
_MAGIC = b"\x93NUMPY\x01\x00"
_HEADER = re.compile(
    rb"\{'descr': '(<f[248]|<[iu][248]|\|[iu]1|\|b1|<U\d{1,6})', 'fortran_order': False, "
    rb"'shape': \(((?:\d{1,18}, )*\d{1,18},?)?\), \} *\n"
)


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays by their names; the file appears whole or not at all. Raises what `files.whole_file` raises."""
    contents = {name: _to_bytes(value) for name, value in arrays.items()}
    # First, because damage to the archive's list of entries can only hide those after the one it hits.
    contents = {CHECKSUM: _to_bytes(_checksum(contents)), **contents}
    with whole_file(path, sum(map(len, contents.values()))) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, content in contents.items():
            # Dated 1980 whenever it is written, so that equal arrays make equal bytes.
            archive.writestr(zipfile.ZipInfo(name + _ENDING), content)


def read_arrays(path: Path, problem: str) -> dict[str, Any]:
    """Read the arrays of a file by their names.

    problem: what to say of a file that is not as `write_arrays` writes it.
    Raises ModelFileError when there is no such file, when anything in it has changed, and when it was not written by
    `write_arrays`: arrays of other types, in another order, compressed or encrypted. Nothing is read that is larger than the file.
    """
    try:
        with open_file(path) as file, zipfile.ZipFile(file) as archive:
            contents = _read_all(archive, path.stat().st_size)
        if CHECKSUM in contents and _from_bytes(contents.pop(CHECKSUM)).item() != _checksum(contents):
            raise ValueError("the checksum does not fit")
        return {name: _from_bytes(content) for name, content in contents.items()}
    except FileNotFoundError as error:
        raise ModelFileError(f"{path}: there is no such file.") from error
    except (  # what a file that is no .npz file, or is damaged, leads to
        OSError, ValueError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ModelFileError(f"{path}: {problem} ({reason}).") from error


def _read_all(archive: zipfile.ZipFile, size: int) -> dict[str, bytes]:
    """The bytes of every entry, read to the end, where zipfile compares the entry's own checksum."""
    contents: dict[str, bytes] = {}
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > size:
        raise ValueError("its entries are larger than the file")
    for entry in entries:
        name = entry.filename.removesuffix(_ENDING)
        if name == entry.filename or name in contents or entry.compress_type != zipfile.ZIP_STORED:
            raise ValueError(f"the entry {entry.filename!r} is not as this program writes it")
        content = archive.read(entry)
        if len(content) != entry.file_size:
            raise ValueError(f"the entry {entry.filename!r} is cut short")
        contents[name] = content
    return contents


def _checksum(contents: Mapping[str, bytes]) -> str:
    """Of all names and contents, in hexadecimal; their order does not matter."""
    total = hashlib.sha256()
    for name, content in sorted(contents.items()):
        total.update(f"{name}\n{len(content)}\n{hashlib.sha256(content).hexdigest()}\n".encode())
    return total.hexdigest()


def _to_bytes(value: Any) -> bytes:
    array = np.asarray(value)
    file = BytesIO()
    np.lib.format.write_array(
        file, np.ascontiguousarray(array).reshape(array.shape), version=(1, 0), allow_pickle=False
    )
    return file.getvalue()


def _from_bytes(content: bytes) -> Any:
    """The array. Raises ValueError when it is not as `_to_bytes` writes it."""
    start = len(_MAGIC) + 2
    end = start + int.from_bytes(content[len(_MAGIC) : start], "little")
    header = _HEADER.fullmatch(content[start:end])
    if not content.startswith(_MAGIC) or header is None or end > len(content):
        raise ValueError(
            "an array has an unknown header, or is of a type or in an order that this program does not write"
        )
    dtype = np.dtype(header[1].decode())
    shape = tuple(int(number) for number in re.findall(rb"\d+", header[2] or b""))
    if prod(shape) * dtype.itemsize != len(content) - end:
        raise ValueError("an array has another size than its header says")
    array = np.frombuffer(content, dtype, offset=end) if dtype.itemsize else np.zeros(prod(shape), dtype)
    return array.reshape(shape).copy()  # one's own, and writable
