"""Files that appear whole or not at all, and arrays read from files that may be broken."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from nrms_np.errors import ModelFileError, NrmsError


def check_folder(path: Path) -> None:
    """Raise NrmsError when the folder that `path` is to be written into does not exist."""
    if path.is_dir():
        raise NrmsError(f"{path}: this is a folder; name a file.")
    if not path.parent.is_dir():
        raise NrmsError(f"{path}: there is no folder {path.parent} to write it into; make it, or choose another name.")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to, which becomes `path` at the end; after an error nothing is left of it.

    Raises NrmsError when there is no such folder, OSError when it cannot be written to.
    """
    check_folder(path)
    temporary = path.with_name(path.name + ".part")
    try:
        yield temporary
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """Write arrays by their names to an .npz file."""
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


@contextmanager
def arrays_in(path: Path, problem: str) -> Iterator[dict[str, Any]]:
    """Give the arrays of an .npz file by their names.

    Raises ModelFileError when there is no such file, and with `problem` when it is broken or lacks what the caller looks for.
    """
    try:
        with path.open("rb") as binary, np.load(binary, allow_pickle=False) as file:
            yield {name: file[name] for name in file.files}
    except FileNotFoundError as error:
        raise ModelFileError(f"{path}: there is no such file.") from error
    except (  # what NumPy raises for a file that is no .npz file, or is damaged
        OSError, ValueError, KeyError, TypeError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error
    ) as error:  # fmt: skip
        raise ModelFileError(f"{path}: {problem} ({type(error).__name__}).") from error
