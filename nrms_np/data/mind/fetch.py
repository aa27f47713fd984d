"""Fetching the missing files of MIND from a source; what goes wrong on the way becomes one sentence."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from nrms_np.data.mind.archives import take
from nrms_np.data.mind.files import MindFolder
from nrms_np.data.mind.sources import Source

TIMEOUT = (10.0, 60.0)  # seconds: to connect, and between two pieces of a file

_STATUS = {
    401: "it wants a login",
    403: "it does not let us in",
    404: "it has no such file",
    409: "its owner has closed it to the public",
    429: "it asks to come back later",
}


def fetch(source: Source, mind: MindFolder, say: Callable[[str], None], progress: bool) -> str | None:
    """Fetch the missing files from one source; what arrived before a failure is kept.

    say:      told what is fetched.
    progress: whether a bar shows how far a download is, if stderr is a terminal.
    Returns why the source failed, None when it did not. Raises OSError when the disk fails.
    """
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
