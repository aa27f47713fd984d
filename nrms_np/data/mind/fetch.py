"""Fetching the missing files of MIND: from where, under which terms, and what goes wrong on the way as one sentence."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from nrms_np.data.mind.archives import take
from nrms_np.data.mind.files import Edition, MindFolder

ARCHIVE = "MIND{edition}_{split}.zip"
OFFICIAL_PAGE = "https://huggingface.co/datasets/yjw1029/MIND"

TERMS = (
    "MIND belongs to Microsoft and comes under the Microsoft Research License Terms: for non-commercial research only, and you\n"
    f"may not pass it on. By fetching it you accept them. Read them at https://msnews.github.io and {OFFICIAL_PAGE}"
)
TIMEOUT = (10.0, 60.0)  # seconds: to connect, and between two pieces of a file

_STATUS = {
    401: "it wants a login",
    403: "it does not let us in",
    404: "it has no such file",
    409: "its owner has closed it to the public",
    429: "it asks to come back later",
}


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


_ZIPS = (
    Source("yjw1029/MIND on Hugging Face (official)", f"{OFFICIAL_PAGE}/resolve/main/{ARCHIVE}", OFFICIAL_PAGE),
    Source("copy of the Recommenders project", f"https://recodatasets.z20.web.core.windows.net/newsrec/{ARCHIVE}"),
)
_SINGLE_FILES = Source(
    "huyva/MIND-small on Hugging Face (unofficial)",
    "https://huggingface.co/datasets/huyva/MIND-small/resolve/main/{split}/{file}",
)
SOURCES = {"small": (*_ZIPS, _SINGLE_FILES), "large": _ZIPS}
"""The sources of each edition, in the order in which they are tried."""


def show_terms_once(folder: Path) -> None:
    """Show MIND's terms on stderr, unless they were shown for this folder before; a file in it remembers that.

    They are shown with --quiet too: whoever fetches the data must have had a chance to read them.
    """
    shown = folder / "MIND-TERMS.txt"
    if not shown.exists():
        print(TERMS, file=sys.stderr)
        shown.write_text(TERMS + "\n", encoding="utf-8")


def fetch(mind: MindFolder, say: Callable[[str], None], progress: bool) -> list[str]:
    """Fetch the missing files, from each source what those before it lack; what arrived before a failure is kept.

    say:      told what is fetched, and what failed.
    progress: whether a bar shows how far a download is, if stderr is a terminal.
    Returns one line for each source that failed. Raises OSError when the disk fails.
    """
    failures = []
    for source in SOURCES[mind.edition]:
        if mind.missing() and (reason := _fetch_from(source, mind, say, progress)):
            failures.append(f"{source.name}: {reason}")
            say(failures[-1])
    return failures


def _fetch_from(source: Source, mind: MindFolder, say: Callable[[str], None], progress: bool) -> str | None:
    """Fetch the missing files from one source; returns why it failed, None when it did not."""
    import requests  # only here: a training run on data that are there needs no network

    token = os.environ.get("HF_TOKEN", "").strip() if source.terms_page else None
    if token == "":
        return f"not tried, HF_TOKEN is not set; accept the terms at {source.terms_page} and set it"
    if token and not re.fullmatch("[!-~]+", token):
        return "not tried, HF_TOKEN holds characters that no token has"
    for address, names in source.addresses(mind.edition, mind.missing()).items():
        say(f"fetching {' and '.join(names)} from {source.name}")
        with mind.incoming() as incoming:
            path = Path(incoming, names[0]).with_name(PurePosixPath(address).name)
            path.parent.mkdir()
            try:
                _download(address, path, token, progress)
            except requests.RequestException as error:
                return _sentence(error, source.terms_page)
            # A single file is taken with the folder around it, which is named after the split.
            problems = take([path if path.suffix == ".zip" else path.parent], mind, names)
        if problems:
            return "; ".join(problems)
    return None


def _download(address: str, path: Path, token: str | None, progress: bool) -> None:
    """Write what stands at an address into a file; the token goes to that host only, never where it may redirect."""
    import pooch
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[type-arg]  # tqdm is only generic in its annotations
        def __bool__(self) -> bool:
            return True  # pooch asks before it sets the length; tqdm itself has no answer until then

    def sign(request: Any) -> Any:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    # As `auth` and not as a header: a header would be replaced by what ~/.netrc may say about the host.
    auth = sign if token else None
    with Bar(desc=path.name, unit="B", unit_scale=True, leave=False, disable=None if progress else True) as bar:
        get = pooch.HTTPDownloader(progressbar=bar, chunk_size=1 << 18, timeout=TIMEOUT, auth=auth)
        get(address, str(path), pooch=None)


def _sentence(error: Exception, terms_page: str) -> str:
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        status = error.response.status_code
        if terms_page and status in (401, 403):
            reason = "it does not take the token in HF_TOKEN, or its owner has not accepted the terms yet"
            return f"{reason} ({status}); accept them at {terms_page}"
        return f"{_STATUS.get(status, 'its server has trouble')} ({status})"
    if isinstance(error, requests.Timeout):
        return f"it does not answer within {TIMEOUT[0]:g} to {TIMEOUT[1]:g} seconds"
    cause = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(cause, Exception):  # not even a connection was made
        return f"it cannot be reached: there is no network, or it is down ({type(cause).__name__})"
    return f"the connection broke off ({type(error).__name__})"
