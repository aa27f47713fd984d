"""Finding news.tsv and behaviors.tsv in folders and zip archives, however deep they are nested."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple
from zipfile import BadZipFile, ZipFile, ZipInfo

from nrms_np.data.mind.files import COLUMNS
from nrms_np.errors import DataError

# What zipfile raises while it reads a member: broken, cut off, and encrypted or packed in a way it does not know.
BROKEN = (BadZipFile, zlib.error, EOFError, RuntimeError)

_SPLIT_WORD = re.compile(r"(?<![a-z])(train|training|dev|val|valid|validation|test)(?![a-z])")
_DRIVE = re.compile("[a-zA-Z]:")
_SPLIT = {"train": "train", "training": "train", "test": "test"}


class Found(NamedTuple):
    """A file with a wanted name.

    label:  its place as the reader knows it: file or folder given, folders between, zip, folders in the zip.
    path:   the file itself, or the zip that holds it.
    member: its entry in that zip; None for a plain file.
    size:   its length in bytes.
    """

    label: str
    path: Path
    member: ZipInfo | None
    size: int

    @property
    def name(self) -> str:
        """The file's own name."""
        return PurePosixPath(self.label).name

    @property
    def split(self) -> str | None:
        """The split that the folders and archives around it are named after; None when no name tells."""
        words = _SPLIT_WORD.findall(self.label.lower())
        return _SPLIT.get(words[-1], "dev") if words else None

    def open(self) -> IO[bytes]:
        """Open it for reading."""
        if self.member is None:
            return self.path.open("rb")
        with ZipFile(self.path) as archive:  # the archive stays open until the member is closed
            return archive.open(self.member)


def find(places: Sequence[Path]) -> tuple[list[Found], list[str]]:
    """Look for news.tsv and behaviors.tsv in files, zips and folders.

    Returns what was found, and one sentence for each zip that cannot be used. Folders whose names start with a dot are
    left out: unfinished downloads are kept in such.
    """
    found: list[Found] = []
    problems: list[str] = []
    for place in places:
        for path in _files(place):
            label = path.relative_to(place.parent).as_posix()
            if path.name in COLUMNS:
                found.append(Found(label, path, None, path.stat().st_size))
            elif path.suffix.lower() == ".zip":
                try:
                    found += _members(path, label)
                except BadZipFile as error:
                    problems.append(f"{label} is no whole zip archive ({error})")
                except DataError as error:
                    problems.append(str(error))
    return found, problems


def _files(place: Path) -> Iterator[Path]:
    if not place.is_dir():
        yield place
    for folder, folders, files in os.walk(place):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder) / name for name in sorted(files))


def _members(path: Path, label: str) -> list[Found]:
    members = []
    with ZipFile(path) as archive:
        for info in archive.infolist():
            name = PurePosixPath(info.filename.replace("\\", "/"))  # some packers on Windows write backslashes
            # We only ever write under names of our own, but an archive made to break out deserves no trust at all.
            if name.is_absolute() or ".." in name.parts or _DRIVE.match(info.filename):
                raise DataError(label, f"it holds the name {info.filename!r}, which points outside; it is not used")
            if name.name in COLUMNS and not info.is_dir():
                members.append(Found(f"{label}/{name}", path, info, info.file_size))
    return members
