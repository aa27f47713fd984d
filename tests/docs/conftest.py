"""The built site, served from this machine, in Debian's Chromium.

SITE: a folder with the site as `python -m sphinx docs FOLDER -D pyodide=...` wrote it; without it the site is built here.
PYODIDE: a folder with Pyodide, as the pages load it; without it everything that runs Python in the page is skipped.
"""

from __future__ import annotations

import contextlib
import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import ClassVar

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright")
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        pytest.skip("no Chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    if "SITE" in os.environ:
        return Path(os.environ["SITE"])
    pytest.importorskip("sphinx_gallery", reason="no Sphinx")
    folder = tmp_path_factory.mktemp("site")
    setting = ["-D", f"pyodide={os.environ['PYODIDE']}"] if "PYODIDE" in os.environ else []
    subprocess.run([sys.executable, "-m", "sphinx", "docs", str(folder), "-q", *setting], cwd=ROOT, check=True)
    return folder


@contextlib.contextmanager
def served(site, handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def address(site):
    with served(site, Quiet) as found:
        yield found


@pytest.fixture(scope="session")
def sharing_address(site):
    """The site from a server that allows its pages to share memory with their workers."""
    with served(site, Sharing) as found:
        yield found


class Quiet(http.server.SimpleHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self):
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *args):
        pass


class Sharing(Quiet):
    def end_headers(self):
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()


@pytest.fixture
def asked(address):
    """The paths that the server has been asked for since the test began."""
    Quiet.asked.clear()
    return Quiet.asked


@pytest.fixture
def page(chromium):
    """A page with an empty store. `page.faults` are the errors that it told."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.faults = []
    opened.on("console", lambda told: opened.faults.append(told.text) if told.type == "error" else None)
    opened.on("pageerror", lambda error: opened.faults.append(str(error)))
    opened.on(
        "requestfailed",
        lambda request: opened.faults.append(f"{request.url} failed") if "ABORTED" not in request.failure else None,
    )
    opened.set_default_timeout(120_000)
    yield opened
    context.close()


@pytest.fixture
def python(site):
    if not (site / "pyodide" / "pyodide.mjs").exists():
        pytest.skip("no Pyodide")
