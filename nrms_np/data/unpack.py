"""Files packed with gzip, read as if they were not, but for those that unpack to far more than a log can be."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import IO, cast

from nrms_np.errors import DataError

LARGEST_FACTOR, HARMLESS = 250, 1 << 28
"""Logs and titles pack to a fourth or a tenth, gzip's limit is about a thousandth: more than this, beyond 256 MiB, is no data."""


def open_packed(path: str | Path) -> IO[bytes]:
    """Open a .gz file. Reading raises DataError where it unpacks to more than LARGEST_FACTOR times its size and HARMLESS bytes."""
    return cast("IO[bytes]", io.BufferedReader(_Unpacked(path), 1 << 17))


class _Unpacked(io.RawIOBase):
    def __init__(self, path: str | Path) -> None:
        self.path = path
        self.file = gzip.GzipFile(path)
        self.most = max(LARGEST_FACTOR * Path(path).stat().st_size, HARMLESS)

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]  # as BufferedReader calls it
        count = self.file.readinto(buffer)
        if self.file.tell() > self.most:
            problem = f"it unpacks to more than {self.most >> 20:,} MiB, {LARGEST_FACTOR} times its size; is this the right file?"
            raise DataError(self.path, problem)
        return count

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self.file.seek(offset, whence)

    def close(self) -> None:
        if not self.closed:
            self.file.close()
        super().close()
