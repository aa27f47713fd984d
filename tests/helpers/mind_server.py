"""A small MIND and a web server that gives it, or fails to, in every way that a server can."""

from __future__ import annotations

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from nrms_np.data import download
from nrms_np.data.mind.fetch import SOURCES, Source
from nrms_np.data.mind.files import FINGERPRINTS, Fingerprint

FILES = {
    "train/news.tsv": b"N1\tnews\tworld\tOne title\t\t\t\t\nN2\tsports\tgolf\tTwo\t\t\t\t\n",
    "train/behaviors.tsv": b"1\tU1\t11/9/2019 9:00:00 AM\tN1\tN1-0 N2-1\n",
    "dev/news.tsv": b"N3\tnews\tlocal\tA third title, longer\t\t\t\t\n",
    "dev/behaviors.tsv": b"2\tU2\t11/15/2019 8:12:34 AM\t\tN3-1\n3\tU5\t11/15/2019 8:13:00 AM\tN3\tN3-1\n",
}


def fingerprints_of(files: Mapping[str, bytes]) -> dict[str, Fingerprint]:
    """The fingerprints of files that are right by definition."""
    return {
        name: Fingerprint(len(data), hashlib.sha1(f"blob {len(data)}\0".encode() + data).hexdigest())
        for name, data in files.items()
    }


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """A zip archive with these members."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return memory.getvalue()


def zip_of_split(split: str, folder: str = "") -> bytes:
    """The archive of a split of FILES, in a folder of the archive."""
    files = {name.split("/")[1]: data for name, data in FILES.items() if name.startswith(split)}
    return zip_of({f"{folder}{name}": data for name, data in files.items()})


Answer = Callable[[BaseHTTPRequestHandler], None]


def content(data: bytes, length: int | None = None) -> Answer:
    """The answer that all is well; with a `length` above that of the data, the connection drops on the way."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data) if length is None else length))
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def status(number: int, location: str = "") -> Answer:
    """The answer with this number; with a location, a redirection."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(number)
        if location:
            handler.send_header("Location", location)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


class MindServer:
    """A server on this machine; `answers` says what each path is answered with, and a path not in it with 404.

    asked: the paths that were asked for, in this order.
    tokens: the Authorization header of each request, "" where there was none.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.tokens: list[str] = []
        self.closing = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                outer.tokens.append(self.headers.get("Authorization", ""))
                outer.answers.get(self.path, status(404))(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    @property
    def address(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> MindServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def zips(server: MindServer, name: str, terms_page: str = "") -> Source:
    """A source with an archive for each split, in the server's folder `name`."""
    return Source(name, f"{server.address}/{name}/MINDsmall_{{split}}.zip", terms_page)


def raw(server: MindServer) -> Source:
    """A source with single files, in the server's folder `raw`."""
    return Source("raw", f"{server.address}/raw/{{split}}/{{file}}")


@contextmanager
def mind_small(files: Mapping[str, bytes], *sources: Source) -> Iterator[None]:
    """Let these files be MIND-small, to be had from these sources."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FINGERPRINTS, "small", fingerprints_of(files))
        patch.setitem(SOURCES, "small", sources)
        yield


def run(folder: Path, *sources: Source, options: Sequence[str] = ()) -> int:
    """Run the command, with FILES as MIND-small; returns its exit code."""
    with mind_small(FILES, *sources):
        return download.main(["--small", "--to", str(folder), *options])


def get(folder: Path, *sources: Source) -> None:
    """Run the command that fetches FILES from these sources."""
    assert run(folder, *sources) == 0


def files_in(folder: Path) -> dict[str, bytes]:
    """All files below a folder but the one that remembers the terms; unfinished ones too."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != "MIND-TERMS.txt")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def nothing_unfinished_in(folder: Path) -> bool:
    """Whether no folder of an unfinished download is left."""
    return not [path for path in folder.rglob("*") if path.name.startswith(".")]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MindServer]:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    with MindServer() as running:
        for split in ("train", "dev"):
            running.answers[f"/good/MINDsmall_{split}.zip"] = content(zip_of_split(split, f"MINDsmall_{split}/"))
            for file in ("news.tsv", "behaviors.tsv"):
                running.answers[f"/raw/{split}/{file}"] = content(FILES[f"{split}/{file}"])
        yield running
