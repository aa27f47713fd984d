"""Taking news.tsv and behaviors.tsv out of folders and zip archives, however deep they are nested."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from shutil import copyfileobj
from typing import IO, NamedTuple
from zipfile import BadZipFile, ZipFile, ZipInfo

from nrms_np.data.mind.files import COLUMNS, MindFolder
from nrms_np.errors import DataError

# What zipfile raises while it reads a member: broken, cut off, and encrypted or packed in a way it does not know.
_BROKEN = (BadZipFile, zlib.error, EOFError, RuntimeError)

_SPLIT_WORD = re.compile(r"(?<![a-z])(train|training|dev|val|valid|validation|test)(?![a-z])")
_SPLIT = {"train": "train", "training": "train", "test": "test"}


class Found(NamedTuple):
    """A file with the name of a wanted one.

    label:  its place as the user knows it: file or folder given, folders between, zip, folders in the zip.
    path:   the file itself, or the zip that holds it.
    size:   its length in bytes.
    member: its entry in that zip; None for a plain file.
    """

    label: PurePosixPath
    path: Path
    size: int
    member: ZipInfo | None = None

    @property
    def split(self) -> str | None:
        """The split that the folders and archives around it are named after; None when no name tells."""
        words = _SPLIT_WORD.findall(str(self.label).lower())
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
            label = PurePosixPath(path.relative_to(place.parent).as_posix())
            if path.name in COLUMNS:
                found.append(Found(label, path, path.stat().st_size))
            elif path.suffix.lower() == ".zip":
                try:
                    found += _members(path, label)
                except BadZipFile as error:
                    problems.append(f"{label} is no whole zip archive ({error})")
                except DataError as error:
                    problems.append(str(error))
    return found, problems


def take(places: Sequence[Path], mind: MindFolder, names: Sequence[str]) -> list[str]:
    """Copy the files `names` into the folder, from files, zips and folders; these stay as they are.

    Each is copied beside its place and checked there, and only a correct one gets its name.
    Returns one sentence for each reason why a file could not be taken; an empty list when all were taken.
    Raises OSError when the disk fails.
    """
    found, problems = find(places)
    if not found:
        return problems or ["no news.tsv and no behaviors.tsv, neither in folders nor in zips"]
    with mind.incoming() as incoming:
        reasons = [reason for name in names if (reason := _take_one(name, found, mind, Path(incoming)))]
    return problems + reasons if reasons else []


def _files(place: Path) -> Iterator[Path]:
    if not place.is_dir():
        yield place
    for folder, folders, files in os.walk(place):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder) / name for name in sorted(files))


def _members(path: Path, label: PurePosixPath) -> list[Found]:
    members = []
    with ZipFile(path) as archive:
        for info in archive.infolist():
            name = PureWindowsPath(info.filename)  # takes slashes too; some packers on Windows write backslashes
            # We only ever write under names of our own, but an archive made to break out deserves no trust at all.
            if name.anchor or ".." in name.parts:
                problem = f"it holds the name {info.filename!r}, which points outside; it is not used"
                raise DataError(str(label), problem)
            if name.name in COLUMNS and not info.is_dir():
                members.append(Found(label / name.as_posix(), path, info.file_size, info))
    return members


def _take_one(name: str, found: Sequence[Found], mind: MindFolder, incoming: Path) -> str | None:
    split, file = name.split("/")
    fingerprint = mind.fingerprints[name]
    copies = [copy for copy in found if copy.label.name == file]
    reasons = []
    for copy in copies:
        if copy.size != fingerprint.size if fingerprint else copy.split != split:
            continue
        if (reason := _place(copy, name, mind, incoming / file)) is None:
            return None
        reasons.append(f"{copy.label}: {reason}")
    if not reasons and fingerprint:
        expected = f"but {name} of MIND-{mind.edition} has {fingerprint.size:,}"
        near = [copy for copy in copies if copy.split in (None, split)]
        reasons = [f"{copy.label} has {copy.size:,} bytes, {expected}" for copy in near]
    return "; ".join(reasons) or f"no {file} in a folder or zip that is named after {split}"


def _place(copy: Found, name: str, mind: MindFolder, staged: Path) -> str | None:
    """Put a copy in its place; returns what is wrong with it, None when it was right."""
    try:
        with copy.open() as source, staged.open("wb") as target:
            copyfileobj(source, target, 1 << 20)
    except _BROKEN as error:
        return f"it cannot be unpacked ({error})"
    wrong = mind.mismatch(name, staged)
    if wrong is None:
        place = mind.path / name
        place.parent.mkdir(exist_ok=True)
        staged.replace(place)
    return wrong
