"""Where MIND can be fetched, in the order in which it is tried, and under which terms."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nrms_np.data.mind.files import Edition

OFFICIAL_PAGE = "https://huggingface.co/datasets/yjw1029/MIND"

TERMS = (
    "MIND belongs to Microsoft and comes under the Microsoft Research License Terms: for non-commercial research only, and you\n"
    f"may not pass it on. By fetching it you accept them. Read them at https://msnews.github.io and {OFFICIAL_PAGE}"
)


@dataclass(frozen=True)
class Source:
    """A place with the files of MIND.

    name:       how it is called in messages.
    address:    with `{split}` for the split; with `{file}` too where the place has single files instead of zips.
    terms_page: where the terms must be accepted first; such a source needs a token. Empty for an open source.
    """

    name: str
    address: str
    terms_page: str = ""

    def downloads(self, names: Sequence[str]) -> dict[Download, list[str]]:
        """What to download to get the files `names`, and which of them each download brings."""
        downloads: dict[Download, list[str]] = {}
        for name in names:
            split, file = name.split("/")
            address = self.address.format(split=split, file=file)
            saved_as = name if "{file}" in self.address else PurePosixPath(address).name
            downloads.setdefault(Download(address, saved_as), []).append(name)
        return downloads


@dataclass(frozen=True)
class Download:
    """An address, and the name under which its content is kept until it is checked."""

    address: str
    saved_as: str


def _zips(edition: Edition) -> tuple[Source, ...]:
    archive = f"MIND{edition}_{{split}}.zip"
    return (
        Source("yjw1029/MIND on Hugging Face (official)", f"{OFFICIAL_PAGE}/resolve/main/{archive}", OFFICIAL_PAGE),
        Source("copy of the Recommenders project", f"https://recodatasets.z20.web.core.windows.net/newsrec/{archive}"),
    )


SOURCES: dict[Edition, tuple[Source, ...]] = {
    "small": (
        *_zips("small"),
        Source(
            "huyva/MIND-small on Hugging Face (unofficial)",
            "https://huggingface.co/datasets/huyva/MIND-small/resolve/main/{split}/{file}",
        ),
    ),
    "large": _zips("large"),
}


def show_terms_once(folder: Path) -> None:
    """Show MIND's terms on stderr, unless they were shown for this folder before; a file in it remembers that.

    They are shown with --quiet too: who fetches the data must have had a chance to read them.
    """
    shown = folder / "MIND-TERMS.txt"
    if not shown.exists():
        print(TERMS, file=sys.stderr)
        shown.write_text(TERMS + "\n", encoding="utf-8")
