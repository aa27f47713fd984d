"""The files of MIND: their names, the folder they belong in, and how a correct file is recognised."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

from nrms_np.errors import DataError

Edition = Literal["small", "large"]

FOLDERS: dict[Edition, Path] = {"small": Path("data/mind-small"), "large": Path("data/mind-large")}
COLUMNS = {"news.tsv": 8, "behaviors.tsv": 5}
TO_TRAIN = ("train", "dev")


class Fingerprint(NamedTuple):
    """What identifies a file: its length in bytes, and its git blob SHA-1 in hexadecimal, what `git hash-object FILE` prints."""

    size: int
    blob: str


# The archives were repacked over the years, the files in them stayed the same: so the files are checked, never the zips.
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
    """A folder and the splits of MIND that should be in it."""

    edition: Edition
    path: Path
    splits: Sequence[str]

    @property
    def fingerprints(self) -> dict[str, Fingerprint | None]:
        """The wanted files, as "train/news.tsv"; one without a known fingerprint is only checked for its form."""
        names = [f"{split}/{file}" for split in self.splits for file in COLUMNS]
        return {name: FINGERPRINTS[self.edition].get(name) for name in names}

    def missing(self) -> list[str]:
        """The wanted files that are not there."""
        return [name for name in self.fingerprints if not (self.path / name).is_file()]

    def mismatch(self, name: str, path: Path) -> str | None:
        """What is wrong with the file at `path`, when it should be the file `name`; None for a correct file."""
        fingerprint = self.fingerprints[name]
        if fingerprint is None:
            columns = COLUMNS[name.split("/")[1]]
            with path.open("rb") as file:
                line = file.readline()
            found = line.count(b"\t") + 1 if line.strip() else 0
            wrong = f"its first line has {found} columns instead of {columns}, separated by tabs"
            return None if found == columns else wrong
        size = path.stat().st_size
        if size != fingerprint.size:
            return f"it has {size:,} bytes, but {name} of MIND-{self.edition} has {fingerprint.size:,}"
        blob = git_blob_sha1(path)
        if blob != fingerprint.blob:
            return f"its git blob SHA-1 is {blob}, but that of {name} of MIND-{self.edition} is {fingerprint.blob}"
        return None

    def check(self) -> None:
        """Raise DataError for a wrong file in the place of a wanted one; a missing file is no error here."""
        for name in self.fingerprints:
            path = self.path / name
            wrong = self.mismatch(name, path) if path.is_file() else None
            if wrong:
                problem = f"this is another file than expected: {wrong}; move it away and run the command again"
                raise DataError(path, f"{problem}, or train on the folder as it is with --data {self.path}.")

    def incoming(self) -> TemporaryDirectory[str]:
        """A place for unfinished files, inside the folder: a move on the same disk is done at once or not at all."""
        return TemporaryDirectory(prefix=".incoming-", dir=self.path)


def git_blob_sha1(path: Path) -> str:
    r"""The SHA-1 under which git stores this file: of `blob <size>\0` followed by its bytes, in hexadecimal."""
    start = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: start).hexdigest()
