"""Fetching the missing files of MIND over the network: one source after the other, each failure in one sentence."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from nrms_np.data.mind.files import MindFolder
from nrms_np.data.mind.placing import INCOMING, take
from nrms_np.data.mind.sources import Source
from nrms_np.data.mind.transfer import FetchError, transfer


def fetch(mind: MindFolder, sources: Sequence[Source], say: Callable[[str], None], progress: bool) -> list[str]:
    """Fetch the missing files from the first source that has them, what it lacks from the next, and so on.

    say:      told what is fetched, and each failure.
    progress: whether a bar shows how far a download is.
    Returns one line for each source that failed; whether all files are there now, the folder tells.
    Raises OSError when the disk does not do its part: another source would not help then.
    """
    failures: list[str] = []
    for source in sources:
        missing = mind.missing()
        if not missing:
            break
        try:
            _fetch_from(source, missing, mind, say, progress)
        except FetchError as error:
            failures.append(f"{source.name}: {error}")
            say(failures[-1])
    return failures


def _fetch_from(
    source: Source, missing: Sequence[str], mind: MindFolder, say: Callable[[str], None], progress: bool
) -> None:
    token = _token(source.terms_page) if source.terms_page else None
    for download, names in source.downloads(missing).items():
        say(f"fetching {' and '.join(names)} from {source.name}")
        with TemporaryDirectory(prefix=INCOMING, dir=mind.path) as incoming:
            path = Path(incoming) / download.saved_as
            path.parent.mkdir(exist_ok=True)
            try:
                transfer(download.address, path, token, progress)
            except FetchError as error:
                if source.terms_page and error.status in (401, 403):
                    raise _not_let_in(source.terms_page, error.status) from None
                raise
            problems = take([path if path.suffix == ".zip" else path.parent], mind, names)
        if problems:
            raise FetchError("; ".join(problems))


def _token(terms_page: str) -> str:
    token = os.environ.get("HF_TOKEN", "").strip()
    if not token:
        raise FetchError(f"not tried, HF_TOKEN is not set; accept the terms at {terms_page} and set it")
    if not re.fullmatch(r"[!-~]+", token):
        raise FetchError("not tried, HF_TOKEN holds characters that no token has")
    return token


def _not_let_in(terms_page: str, status: int) -> FetchError:
    reason = "it does not take the token in HF_TOKEN, or its owner has not accepted the terms yet"
    return FetchError(f"{reason} ({status}); accept them at {terms_page}", status)
