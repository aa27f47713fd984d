"""Where MIND-small is, or what to do when it is not there."""

from __future__ import annotations

from pathlib import Path

from nrms_np.errors import DataError

FILES = ("train/news.tsv", "train/behaviors.tsv", "dev/news.tsv", "dev/behaviors.tsv")


def find_small(folder: Path) -> Path:
    """The folder of MIND-small. Raises DataError that says how to get it, where a file is missing."""
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise DataError(
            folder.resolve(),
            f"MIND-small is not here ({', '.join(missing)} missing); accept Microsoft's terms and get MINDsmall_train.zip and "
            "MINDsmall_dev.zip from the data set yjw1029/MIND on Hugging Face, unpack them, and put the news.tsv and "
            f"behaviors.tsv of each into {folder / 'train'} and {folder / 'dev'}.",
        )
    return folder
