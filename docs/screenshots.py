"""Pictures of the pages for docs/screenshots: `python docs/screenshots.py SITE docs/screenshots`.

SITE is a folder that `python -m sphinx docs SITE -D pyodide=FOLDER` wrote. Needs Playwright and an installed Chromium.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import io
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
DEVICES = {"desktop": (1280, 900), "phone": (390, 844)}
THEMES = ("light", "dark")
QUALITY = 50  # of WebP: letters stay sharp, a picture has 30 to 60 kB
MISTAKE = "    return alpha * (1 - alpha) * d_alpha"
OWN = ("02_word_embeddings", "03_equation_1", "04_equation_2", "05_equations_3_to_5", "09_the_click")
SECONDS = 600


class View(NamedTuple):
    """A picture. look_at: the element that stands at the top of it, "" for the top of the page.    prepare: done before."""

    name: str
    address: str
    look_at: str = ""
    prepare: Callable[[Any], None] = lambda _: None


def keep(page: Any, file: str, text: str) -> None:
    """Put an exercise file into the browser's store, as if the reader had written it, and load the page anew."""
    page.evaluate("([file, text]) => localStorage.setItem('course/' + file, text)", [file, text])
    page.reload()


def fail_a_check(page: Any) -> None:
    """Lesson 03 with a planted mistake, checked."""
    blank = (ROOT / "lessons" / "exercises" / "03_equation_1.py").read_text(encoding="utf-8")
    keep(page, "03_equation_1.py", blank.replace("    raise NotImplementedError", MISTAKE))
    page.locator("#exercise-softmax_backward button", has_text="Check").click()
    page.locator("#exercise-softmax_backward .live pre", has_text="done.").wait_for()


def leave_a_click_out(page: Any) -> None:
    """Play without the first click and one word."""
    page.locator(".clicks input[type=checkbox]").first.uncheck()
    page.locator(".clicks s").wait_for()
    page.locator(".clicks tbody tr:nth-child(2) .weighed button").nth(1).click()
    page.locator(".weighed button[aria-pressed=false]").first.wait_for()


def train(page: Any) -> None:
    """The page 'Build your own NRMS' with the solutions of some lessons, trained to its end."""
    for stem in OWN:
        keep(page, f"{stem}.py", (ROOT / "lessons" / "solutions" / f"{stem}.py").read_text(encoding="utf-8"))
    page.locator("button", has_text="Train with my pieces").click()
    page.locator(".note", has_text="Done.").wait_for()


VIEWS = (
    View("home", "index.html"),
    View("lesson", "lessons/03_equation_1.html"),
    View("exercise", "lessons/03_equation_1.html", "#exercise-softmax_backward", fail_a_check),
    View("api", "api/nrms_np.layers.softmax.html"),
    View("play", "play.html", "", leave_a_click_out),
    View("mine", "mine.html", ".mine .bar", train),
)


def main() -> None:
    """Take all pictures, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="+", choices=[view.name for view in VIEWS], help="these pages only")
    options = parser.parse_args()

    from playwright.sync_api import sync_playwright

    options.out.mkdir(parents=True, exist_ok=True)
    with served(options.site) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for view in VIEWS:
            if not options.only or view.name in options.only:
                page = browser.new_page()
                page.set_default_timeout(1000 * SECONDS)
                page.goto(f"{address}/{view.address}")
                view.prepare(page)
                take(page, view, options.out)
                page.close()


def take(page: Any, view: View, out: Path) -> None:
    """One view on each device in each theme."""
    from PIL import Image

    for device, (width, height) in DEVICES.items():
        for theme in THEMES:
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.evaluate("document.activeElement?.blur()")
            if view.look_at:
                page.evaluate(
                    f"scrollTo(0, document.querySelector('{view.look_at}').getBoundingClientRect().top + scrollY - 80)"
                )
            else:
                page.evaluate("scrollTo(0, 0)")
            page.wait_for_timeout(500)
            path = out / f"{view.name}-{device}-{theme}.webp"
            with Image.open(io.BytesIO(page.screenshot())) as picture:
                picture.convert("RGB").save(path, quality=QUALITY, method=6)
            print(f"{path}  {path.stat().st_size / 1000:.0f} kB")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves without a word."""

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder to this machine. Gives its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main()
