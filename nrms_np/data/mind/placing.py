"""Bringing found files to their places: copy beside the place, check, and only then give the right name."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory

from nrms_np.data.mind.archives import BROKEN, Found, find
from nrms_np.data.mind.files import MindFolder

INCOMING = ".incoming-"


def take(places: Sequence[Path], mind: MindFolder, names: Sequence[str]) -> list[str]:
    """Copy the files `names` into the folder, from files, zips and folders.

    Returns one sentence for each reason why a file could not be taken; an empty list when all were taken.
    Raises OSError when the disk does not do its part.
    """
    found, problems = find(places)
    unmet = []
    # Inside the folder itself: a rename that stays on one disk is done at once or not at all.
    with TemporaryDirectory(prefix=INCOMING, dir=mind.path) as incoming:
        for name in names:
            reason = _take_one(name, found, mind, Path(incoming))
            if reason:
                unmet.append(reason)
    if not unmet:
        return []
    if found:
        return problems + unmet
    return problems or ["no news.tsv and no behaviors.tsv, neither in folders nor in zips"]


def _take_one(name: str, found: Sequence[Found], mind: MindFolder, incoming: Path) -> str | None:
    split, file = name.split("/")
    fingerprint = mind.fingerprints.get(name)
    same_name = [copy for copy in found if copy.name == file]
    if fingerprint:
        fitting = [copy for copy in same_name if copy.size == fingerprint.size]
    else:
        fitting = [copy for copy in same_name if copy.split == split]
    reasons = []
    for copy in fitting:
        reason = _place(copy, name, mind, incoming / file)
        if reason is None:
            return None
        reasons.append(f"{copy.label}: {reason}")
    if not reasons and fingerprint:
        reasons = [
            f"{other.label} has {other.size:,} bytes, but {name} of MIND-{mind.edition} has {fingerprint.size:,}"
            for other in same_name
            if other.split in (None, split)
        ]
    return "; ".join(reasons) or f"no {file} in a folder or zip that is named after {split}"


def _place(copy: Found, name: str, mind: MindFolder, staged: Path) -> str | None:
    try:
        with copy.open() as source, staged.open("wb") as target:
            copyfileobj(source, target, 1 << 20)
    except BROKEN as error:
        return f"it cannot be unpacked ({error})"
    wrong = mind.mismatch(name, staged)
    if wrong:
        return wrong
    place = mind.path / name
    place.parent.mkdir(exist_ok=True)
    os.replace(staged, place)
    return None
