"""One address to one file, with a progress bar; what goes wrong on the way becomes one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tqdm import tqdm

from nrms_np.errors import NrmsError

TIMEOUT = (10.0, 60.0)  # seconds: to connect, and between two pieces of a file

_STATUS = {
    401: "it wants a login (401)",
    403: "it does not let us in (403)",
    404: "it has no such file (404)",
    409: "its owner has closed it to the public (409)",
    429: "it asks to come back later (429)",
}


class FetchError(NrmsError):
    """A source did not give a file; the sentence says why.

    status: the number of the server's answer, None where no answer came.
    """

    def __init__(self, sentence: str, status: int | None = None) -> None:
        self.status = status
        super().__init__(sentence)


def transfer(address: str, path: Path, token: str | None, progress: bool) -> None:
    """Write what stands at an http(s) address into a file.

    token:    sent to the address's own host only, never to where that may redirect.
    progress: whether to show a bar, if stderr is a terminal.
    Raises FetchError when the server does not give all of it, OSError when the disk does not take it.
    """
    # Imported only here: a training run on data that are there needs no network.
    import pooch
    import requests

    def sign(request: Any) -> Any:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    bar = _Bar(desc=path.name, unit="B", unit_scale=True, leave=False, disable=None if progress else True)
    # As `auth` and not as a header: a header would be replaced by what ~/.netrc may say about the host.
    auth = sign if token else None
    get = pooch.HTTPDownloader(progressbar=bar, chunk_size=1 << 18, timeout=TIMEOUT, auth=auth)
    try:
        with bar:
            get(address, str(path), pooch=None)
    except requests.HTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        raise FetchError(_STATUS.get(status, f"its server has trouble ({status})"), status) from None
    except requests.RequestException as error:
        raise FetchError(_sentence(error)) from None


class _Bar(tqdm):  # type: ignore[type-arg]  # tqdm is only generic in its annotations
    """A bar that pooch sets the length of; tqdm's own truth value would fail before it has one."""

    def __bool__(self) -> bool:
        return True


def _sentence(error: Exception) -> str:
    import requests
    from urllib3.exceptions import MaxRetryError

    if isinstance(error, requests.Timeout):
        return f"it does not answer within {TIMEOUT[0]:g} to {TIMEOUT[1]:g} seconds"
    if isinstance(error, requests.ConnectionError) and error.args and isinstance(error.args[0], MaxRetryError):
        return f"it cannot be reached: there is no network, or it is down ({type(error.args[0].reason).__name__})"
    return f"the connection broke off ({type(error).__name__})"
