"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nrms_np.errors import NrmsError


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
