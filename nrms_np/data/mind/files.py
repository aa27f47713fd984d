"""The files of MIND: their names, and how a file is recognised as the right one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from nrms_np.errors import DataError

Edition = Literal["small", "large"]

FOLDERS: dict[Edition, Path] = {"small": Path("data/mind-small"), "large": Path("data/mind-large")}
SPLITS: dict[Edition, tuple[str, ...]] = {"small": ("train", "dev"), "large": ("train", "dev", "test")}
COLUMNS = {"news.tsv": 8, "behaviors.tsv": 5}
TO_TRAIN = ("train", "dev")


class Fingerprint(NamedTuple):
    """What a right file must have.

    size: its length in bytes.
    blob: its git blob SHA-1 in hexadecimal, what `git hash-object FILE` prints.
    """

    size: int
    blob: str


# The archives were packed anew over the years, their content was not: so the files are checked, never the zips.
FINGERPRINTS: dict[Edition, Mapping[str, Fingerprint]] = {
    "small": {
        "train/news.tsv": Fingerprint(41_202_121, "0a7859333569a00f6228ec7da5cd003b917171c3"),
        "train/behaviors.tsv": Fingerprint(92_019_716, "17ec5a1df2e2e53fa36b47c0325bba95413b89f2"),
        "dev/news.tsv": Fingerprint(33_519_092, "82e2d7ecb7c78173a1a3df1934e23243ffc563c3"),
        "dev/behaviors.tsv": Fingerprint(42_838_544, "8b60483e5b43df125f43f9bd68f1e0a7389a2dbe"),
    },
    "large": {},
}


@dataclass(frozen=True)
class MindFolder:
    """A folder and the files of MIND that should be in it.

    edition:      which MIND.
    path:         the folder.
    names:        the wanted files, as "train/news.tsv".
    fingerprints: by name; a file without one is only checked for its form.
    """

    edition: Edition
    path: Path
    names: tuple[str, ...]
    fingerprints: Mapping[str, Fingerprint]

    def missing(self) -> list[str]:
        """The wanted files that are not there."""
        return [name for name in self.names if not (self.path / name).is_file()]

    def mismatch(self, name: str, path: Path) -> str | None:
        """What is wrong with the file at `path`, when it should be the file `name`; None for a right file."""
        fingerprint = self.fingerprints.get(name)
        if fingerprint is None:
            return _wrong_form(path, COLUMNS[PurePosixPath(name).name])
        size = path.stat().st_size
        if size != fingerprint.size:
            return f"it has {size:,} bytes, but {name} of MIND-{self.edition} has {fingerprint.size:,}"
        blob = git_blob_sha1(path)
        if blob != fingerprint.blob:
            return f"its git blob SHA-1 is {blob}, but that of {name} of MIND-{self.edition} is {fingerprint.blob}"
        return None

    def check(self) -> None:
        """Raise DataError for a wrong file that has the place of a wanted one; missing files are no error here."""
        for name in self.names:
            path = self.path / name
            wrong = self.mismatch(name, path) if path.is_file() else None
            if wrong:
                raise DataError(
                    path,
                    f"this is another file than expected: {wrong}; move it away and run the command again, "
                    f"or train on the folder as it is with --data {self.path}.",
                )


def git_blob_sha1(path: Path) -> str:
    r"""The SHA-1 under which git stores this file: of `blob <size>\0` followed by its bytes, in hexadecimal."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _wrong_form(path: Path, columns: int) -> str | None:
    with path.open("rb") as file:
        line = file.readline()
    found = line.count(b"\t") + 1 if line.strip() else 0
    if found != columns:
        return f"its first line has {found} columns instead of {columns}, separated by tabs"
    return None
