"""Where MIND is: in its folder and verified, else taken from what the reader has, else fetched."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from nrms_np.data.mind.fetch import fetch
from nrms_np.data.mind.files import FINGERPRINTS, TO_TRAIN, Edition, Fingerprint, MindFolder
from nrms_np.data.mind.placing import take
from nrms_np.data.mind.sources import OFFICIAL_PAGE, SOURCES, Source, show_terms_once
from nrms_np.errors import DataError


def locate(
    edition: Edition,
    folder: Path,
    say: Callable[[str], None],
    *,
    splits: Sequence[str] = TO_TRAIN,
    sources: Sequence[Source] | None = None,
    fingerprints: Mapping[str, Fingerprint] | None = None,
    progress: bool = True,
) -> Path:
    """Make sure that MIND is in a folder, and return the folder.

    Files that are there are verified. Missing ones are unpacked from zips in the folder, if there are such, else fetched.

    say:          told what is done, a line at a time.
    splits:       the splits that are needed.
    sources:      where to fetch, in this order; None for the public ones.
    fingerprints: what right files must have; None for the known ones of this edition.
    progress:     whether downloads show a bar.
    Raises DataError for a wrong file in the folder, which is left alone, when the disk is full, and when files are still
    missing in the end; it then says where they were looked for and how to get them by hand.
    """
    mind = _mind_folder(edition, folder, splits, fingerprints, say)
    if not mind.missing():
        return folder
    with _room_on_disk(mind):
        problems = take([folder], mind, mind.missing())
        failures = fetch(mind, SOURCES[edition] if sources is None else sources, say, progress)
    if mind.missing():
        raise DataError(folder.resolve(), _how_to_get(mind, [f"this folder: {'; '.join(problems)}", *failures]))
    say(_done(mind))
    return folder


def bring(
    edition: Edition,
    places: Sequence[Path],
    folder: Path,
    say: Callable[[str], None],
    *,
    splits: Sequence[str] = TO_TRAIN,
    fingerprints: Mapping[str, Fingerprint] | None = None,
) -> None:
    """Put MIND into a folder from zips, folders and files that the reader has; these stay as they are.

    The arguments are those of `locate`; nothing is fetched.
    Raises DataError for a place that does not exist, for a wrong file in the folder, when the disk is full, and when files
    are still missing in the end.
    """
    for place in places:
        if not place.exists():
            raise DataError(place, "there is no such file or folder.")
    mind = _mind_folder(edition, folder, splits, fingerprints, say)
    with _room_on_disk(mind):
        problems = take([place.resolve() for place in places], mind, mind.missing())
    if mind.missing():
        raise DataError(folder.resolve(), f"{', '.join(mind.missing())} still missing: {'; '.join(problems)}")
    say(_done(mind))


def _mind_folder(
    edition: Edition,
    folder: Path,
    splits: Sequence[str],
    fingerprints: Mapping[str, Fingerprint] | None,
    say: Callable[[str], None],
) -> MindFolder:
    """The folder with what is in it verified; when something is missing, it exists and the terms have been shown."""
    names = tuple(f"{split}/{file}" for split in splits for file in ("news.tsv", "behaviors.tsv"))
    mind = MindFolder(edition, folder, names, FINGERPRINTS[edition] if fingerprints is None else fingerprints)
    if not all(name in mind.fingerprints for name in names):
        say(f"MIND-{edition}: no fingerprints of its files are known, so only their form is checked")
    mind.check()
    if mind.missing():
        folder.mkdir(parents=True, exist_ok=True)
        show_terms_once(folder)
    return mind


@contextmanager
def _room_on_disk(mind: MindFolder) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        problem = "the disk is full; nothing half-written was left. Make room and run the command again."
        raise DataError(mind.path.resolve(), problem) from error


def _done(mind: MindFolder) -> str:
    return f"MIND-{mind.edition} is complete in {mind.path}"


def _how_to_get(mind: MindFolder, tried: Sequence[str]) -> str:
    splits = dict.fromkeys(name.split("/")[0] for name in mind.missing())
    archives = " and ".join(f"MIND{mind.edition}_{split}.zip" for split in splits)
    return "\n  ".join(
        [
            f"{', '.join(mind.missing())} of MIND-{mind.edition} could not be had. Looked in:",
            *tried,
            f"By hand: accept the terms at {OFFICIAL_PAGE}, download {archives} there, put them into "
            f"{mind.path.resolve()} as they are, and run the command again.",
        ]
    )
