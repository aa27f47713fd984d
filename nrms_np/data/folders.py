"""Which folder holds a split: train/ and dev/, or a name that others give them."""

from __future__ import annotations

from pathlib import Path

from nrms_np.errors import DataError

DEMO = Path("data/demo")
"""Where the demo corpus is, and where `python -m nrms_np.data.demo` writes it."""

OTHER_NAMES = {
    "train": ("MINDsmall_train", "MINDlarge_train"),
    "dev": ("valid", "validation", "MINDsmall_dev", "MINDlarge_dev"),
    "test": ("MINDlarge_test",),
}


def split_folder(folder: str | Path, name: str) -> Path:
    """The folder of a split in a data folder: that of its name, or else the one that bears another name of it.

    name: train, dev, test, or that of any other folder.
    Returns a path that need not exist: `read_split` says so where it is needed.
    Raises DataError when there is no data folder, and when several folders could be meant.
    """
    folder = Path(folder)
    if not folder.is_dir():
        cure = "write the demo corpus with python -m nrms_np.data.demo, or give another with --data."
        if folder != DEMO:
            cure = "it should hold train/ and dev/, each with news.tsv and behaviors.tsv; give another with --data."
        raise DataError(folder, f"there is no such folder; {cure}")
    if (folder / name).is_dir():
        return folder / name
    found = [folder / other for other in OTHER_NAMES.get(name, ()) if (folder / other).is_dir()]
    if len(found) > 1:
        names = " and ".join(f"{path.name}/" for path in found)
        raise DataError(folder, f"{names} could each be the {name} split; name the one that is meant {name}/.")
    return found[0] if found else folder / name
