"""Where MIND is: in its folder and verified, else taken from what the user has, else fetched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from nrms_np.data.mind.archives import take
from nrms_np.data.mind.fetch import ARCHIVE, OFFICIAL_PAGE, fetch, show_terms_once
from nrms_np.data.mind.files import TO_TRAIN, Edition, MindFolder
from nrms_np.errors import DataError
from nrms_np.files import FULL


def locate(
    edition: Edition,
    folder: Path,
    say: Callable[[str], None],
    *,
    places: Sequence[Path] = (),
    splits: Sequence[str] = TO_TRAIN,
    progress: bool = True,
) -> Path:
    """Make sure that MIND is in a folder, and return the folder.

    Files that are there are verified. Missing ones are unpacked from zips in the folder, if there are such, else fetched.

    say:      told what is done, one line at a time.
    places:   zips, folders and files of the user; with these, missing files are taken from there and nothing is fetched.
    splits:   the splits that are needed.
    progress: whether downloads show a bar.
    Raises DataError for a place that does not exist, for a wrong file in the folder, which is left alone, when the disk is
    full, and when files are still missing in the end; it then says where they were looked for and how to get them by hand.
    """
    for place in places:
        if not place.exists():
            raise DataError(place, "there is no such file or folder.")
    mind = MindFolder(edition, folder, splits)
    if not all(mind.fingerprints.values()):
        say(f"MIND-{edition}: no fingerprints of its files are known, so only their form is checked")
    mind.check()
    if mind.missing():
        folder.mkdir(parents=True, exist_ok=True)
        show_terms_once(folder)
    elif not places:
        return folder
    try:
        problems = take([place.resolve() for place in places] or [folder], mind, mind.missing())
        failures = [] if places else fetch(mind, say, progress)
    except OSError as error:
        if error.errno not in FULL:
            raise
        problem = "the disk is full; nothing half-written was left. Make room and run the command again."
        raise DataError(folder.resolve(), problem) from error
    if not (missing := mind.missing()):
        say(f"MIND-{edition} is complete in {folder}")
        return folder
    names = ", ".join(missing)
    if places:
        raise DataError(folder.resolve(), f"{names} still missing: {'; '.join(problems)}")
    archives = dict.fromkeys(ARCHIVE.format(edition=edition, split=name.split("/")[0]) for name in missing)
    message = [
        f"{names} of MIND-{edition} could not be had. Looked in:",
        f"this folder: {'; '.join(problems)}",
        *failures,
        f"By hand: accept the terms at {OFFICIAL_PAGE}, download {' and '.join(archives)} there, put them into "
        f"{folder.resolve()} as they are, and run the command again.",
    ]
    raise DataError(folder.resolve(), "\n  ".join(message))
