"""Files that appear whole or not at all, and files that are read only where they are files."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from nrms_np.errors import DiskFullError, NrmsError

FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}  # Windows has no EDQUOT
"""What the system says when a file cannot grow: the disk, the limit for one file, the user's share."""


def check_folder(path: Path) -> None:
    """Raise NrmsError when the folder that `path` is to be written into does not exist."""
    if path.is_dir():
        raise NrmsError(f"{path}: this is a folder; name a file.")
    if not path.parent.is_dir():
        raise NrmsError(f"{path}: there is no folder {path.parent} to write it into; make it, or choose another name.")


@contextmanager
def whole_file(path: Path, size: int = 0) -> Iterator[Path]:
    """Give a temporary path to write to, which becomes `path` at the end; after an error nothing is left of it.

    The temporary file is a new one of an unpredictable name in the same folder. It is on the disk before it takes the name, so that
    a power failure leaves the old file or the new one.

    size: how many bytes it takes, where the caller knows, to tell when they do not fit.
    Raises NrmsError when there is no such folder, DiskFullError when the disk is full, OSError when it cannot be written to.
    """
    check_folder(path)
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(8)}.part")
    try:
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        yield temporary
        flush(temporary)
        os.replace(temporary, path)
        flush(path.parent)
    except OSError as error:
        if error.errno not in FULL:
            raise
        needed = f" ({size / 2**20:,.1f} MiB are needed)" if size else ""
        raise DiskFullError(
            f"{path}: there is no room for this file{needed}: {error.strerror}. Make room, or choose another place; "
            "what stood there before is as it was."
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Have the system write a file, or the names in a folder, to the disk now."""
    folder = path.is_dir()
    try:
        descriptor = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        if not folder:  # not every system can do so for a folder
            raise


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def check_is_file(path: str | Path) -> None:
    """Raise OSError for a pipe or a device, which could hang or never end; a missing file or a folder is left to the caller."""
    with suppress(FileNotFoundError, NotADirectoryError):
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise OSError(errno.EINVAL, "this is a pipe or a device, but a file is needed", str(path))


def open_file(path: str | Path) -> IO[bytes]:
    """Open a file for reading. Raises OSError, also for what is no file; its strerror says what is wrong."""
    check_is_file(path)
    return open(path, "rb")


def read_text(path: Path) -> str:
    """Read a text file in UTF-8. Raises OSError, also for what is no file, and ValueError for other bytes."""
    with open_file(path) as file:
        return file.read().decode("utf-8")
