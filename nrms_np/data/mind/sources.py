"""Where MIND can be fetched, in the order in which it is tried, and under which terms."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nrms_np.data.mind.files import Edition

ARCHIVE = "MIND{edition}_{split}.zip"
OFFICIAL_PAGE = "https://huggingface.co/datasets/yjw1029/MIND"

TERMS = (
    "MIND belongs to Microsoft and comes under the Microsoft Research License Terms: for non-commercial research only, and you\n"
    f"may not pass it on. By fetching it you accept them. Read them at https://msnews.github.io and {OFFICIAL_PAGE}"
)


@dataclass(frozen=True)
class Source:
    """A place with the files of MIND.

    name:       how it is called in messages.
    address:    with `{edition}` and `{split}` in it; with `{file}` where the place has single files instead of zips.
    terms_page: where the terms must be accepted first; such a source needs a token. Empty for an open source.
    """

    name: str
    address: str
    terms_page: str = ""

    def addresses(self, edition: Edition, names: Sequence[str]) -> dict[str, list[str]]:
        """The addresses that give the files `names` of an edition, each with those of the files that it gives."""
        addresses: dict[str, list[str]] = {}
        for name in names:
            split, file = name.split("/")
            addresses.setdefault(self.address.format(edition=edition, split=split, file=file), []).append(name)
        return addresses


_OFFICIAL = Source(
    "yjw1029/MIND on Hugging Face (official)", f"{OFFICIAL_PAGE}/resolve/main/{ARCHIVE}", terms_page=OFFICIAL_PAGE
)
_COPY = Source("copy of the Recommenders project", f"https://recodatasets.z20.web.core.windows.net/newsrec/{ARCHIVE}")
_SINGLE_FILES = Source(
    "huyva/MIND-small on Hugging Face (unofficial)",
    "https://huggingface.co/datasets/huyva/MIND-small/resolve/main/{split}/{file}",
)
SOURCES = {"small": (_OFFICIAL, _COPY, _SINGLE_FILES), "large": (_OFFICIAL, _COPY)}


def show_terms_once(folder: Path) -> None:
    """Show MIND's terms on stderr, unless they were shown for this folder before; a file in it remembers that.

    They are shown with --quiet too: whoever fetches the data must have had a chance to read them.
    """
    shown = folder / "MIND-TERMS.txt"
    if not shown.exists():
        print(TERMS, file=sys.stderr)
        shown.write_text(TERMS + "\n", encoding="utf-8")
