"""The site in a real browser: what it shows, what it runs, what it says when something is wrong."""

from __future__ import annotations

import gzip
import json
import math
import re
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

import pytest

ROOT = Path(__file__).resolve().parents[2]
LESSON = "lessons/03_equation_1.html"
FILE = "03_equation_1.py"
EXERCISES = ROOT / "lessons" / "exercises"
MOST_BYTES = 500_000  # of a page that runs nothing
MOST_OF_A_RUN = 35_000_000  # of what the first Run loads
MOST_OF_A_RUN_PACKED = 27_000_000  # as a server sends it that packs what is not packed yet
MOST_OF_OURS = 1_500_000  # of it, Pyodide apart
RAW_LATEX = re.compile(r"\\(?:frac|alpha|beta|sum|partial|exp|tanh|hat)\b")
LESSONS = sorted((ROOT / "lessons").glob("[0-9][0-9]_*.py"))
NEAR = {
    "11_training": 0.05,
    "15_bug_museum": 0.5,
}  # float32 and other kernels than the build's; counts of runs that run away
# The build has Numba, and may have MPI; the browser has neither. The bits of ranks are those of the machine that made them.
OF_THE_MACHINE = re.compile(r"^(kernels:|There is no MPI here).*\n|parameters [0-9a-f]{12}, .*", re.MULTILINE)
TIMED = ("13_the_ladder",)  # what it prints are times, and what is not compiled has none
MOST_MINUTES = 15  # a lesson, on a machine on which others work too
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e-?\d+)?")
TIME = re.compile(r"\d+(?:\.\d+)? (?:s|ms|seconds)\b")

pytestmark = pytest.mark.slow


class Links(HTMLParser):
    """Where a page leads and which places it has."""

    def __init__(self, text):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.links += [found[name] for name in ("href", "src") if found.get(name) and tag != "use"]
        self.ids.add(found.get("id"))


def exercises(text):
    """The places that a page's script makes: one for each function of its exercises."""
    data = re.search(r'id="course-page"[^>]*>(.*?)</script>', text, re.S)
    exercise = json.loads(data[1])["exercise"] if data else None
    return {f"exercise-{name}" for name in exercise["functions"]} if exercise else set()


def pages(site):
    return sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html") if "_static" not in path.parts)


def run_all(page):
    page.locator(".run-all").click()
    page.wait_for_function(
        "course.cells.every(c => c.state === 'done') || course.cells.some(c => c.state === 'failed')"
    )
    texts = "[...{}.querySelectorAll('pre')].map(pre => pre.textContent).join('')"
    return page.evaluate(
        f"course.cells.map(c => [c.state, {texts.format('c.recorded')}, {texts.format('c.output.element')},"
        "c.recorded.querySelectorAll('figure').length, c.output.element.querySelectorAll('figure').length])"
    )


def same(one, other, near=1e-6):
    """Whether two outputs are equal but for times and the rounding of another processor."""
    one, other = TIME.sub("~", one.strip()), TIME.sub("~", other.strip())
    numbers = zip(NUMBER.findall(one), NUMBER.findall(other), strict=False)
    close = all(
        math.isclose(float(a), float(b), rel_tol=1 if "e-" in a + b else near, abs_tol=1e-8) for a, b in numbers
    )
    return close and NUMBER.sub("0", one) == NUMBER.sub("0", other)


def test_every_link_leads_somewhere(site):
    texts = {name: (site / name).read_text(encoding="utf-8") for name in pages(site)}
    found = {name: Links(text) for name, text in texts.items()}
    for name, text in texts.items():
        found[name].ids |= exercises(text)
    broken = []
    for name, links in found.items():
        for link in links.links:
            path, place = urldefrag(urljoin(name, unquote(re.sub(r"\?[^#]*", "", link))))
            if re.match(r"\w+:", link):
                continue
            if (not (site / path).exists() and path) or (place and path in found and place not in found[path].ids):
                broken.append(f"{name}: {link}")
    assert broken == []


def test_every_page_loads_without_errors_and_shows_no_raw_latex(site, address, page):
    for name in pages(site):
        page.goto(f"{address}/{name}")
        assert page.faults == [], name
        prose = page.evaluate(
            "[...document.querySelectorAll('article p, article li, article dd, article h1, article h2')]"
            ".filter(e => !e.querySelector('code')).map(e => e.innerText).join('\\n')"
        )
        assert not RAW_LATEX.search(prose), name


def test_pages_are_light(site, address, page):
    for name in ("index.html", LESSON, "play.html", "mine.html", "equations.html", "api/nrms_np.layers.softmax.html"):
        sizes = []
        page.on("response", lambda answer, sizes=sizes: sizes.append(len(answer.body())))
        page.goto(f"{address}/{name}", wait_until="networkidle")
        assert sum(sizes) < MOST_BYTES, (name, sum(sizes))


def test_what_a_first_run_loads_is_small(site, address, asked, page, python):
    page.goto(f"{address}/{LESSON}", wait_until="networkidle")
    asked.clear()
    page.locator(".run-all").click()
    page.locator(".live figure").first.wait_for()
    paths = {unquote(path.partition("?")[0]) for path in asked}
    files = {path: (site / path.lstrip("/")).read_bytes() for path in paths}
    assert any("numpy" in path for path in paths)
    assert not [path for path in paths if "pandas" in path]
    assert sum(map(len, files.values())) < MOST_OF_A_RUN
    assert sum(len(gzip.compress(file, 6)) for file in files.values()) < MOST_OF_A_RUN_PACKED
    assert sum(len(file) for path, file in files.items() if "/pyodide/" not in path) < MOST_OF_OURS


def without(told):
    """What a page prints, without what differs from machine to machine."""
    return OF_THE_MACHINE.sub("", told)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem[:2])
def test_every_lesson_runs_in_the_page_and_gives_the_recorded_outputs(address, page, python, path):
    page.set_default_timeout(MOST_MINUTES * 60_000)
    page.goto(f"{address}/lessons/{path.stem}.html")
    for number, (state, recorded, live, drawn_then, drawn_now) in enumerate(run_all(page), start=1):
        assert state == "done", (number, live)
        assert drawn_now == drawn_then, number
        if path.stem not in TIMED:
            assert same(without(live), without(recorded), near=NEAR.get(path.stem, 1e-6)), (number, live, recorded)
    assert page.faults == []


def run_in_first_cell(page, address, code):
    page.goto(f"{address}/{LESSON}")
    page.locator(".bar button", has_text="Edit").first.click()
    page.locator(".cm-content").first.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(code)
    page.keyboard.press("Control+Enter")


def test_a_changed_cell_runs_and_is_reset(address, page, python):
    run_in_first_cell(page, address, "print('changed', 6 * 7)")
    page.locator(".live pre", has_text="changed 42").wait_for()
    page.locator(".bar button", has_text="Reset").first.click()
    assert page.locator(".cm-content").count() == 0


def test_stop_ends_an_endless_loop(address, page, python):
    run_in_first_cell(page, address, "print('begun', flush=True)\nwhile True:\n    pass")
    page.locator(".live pre", has_text="begun").wait_for()
    assert page.evaluate("1 + 1") == 2  # the page itself is free
    page.locator(".bar .run").first.click()
    page.locator(".note", has_text="Stopped").wait_for()


def write(page, text):
    page.evaluate("([file, text]) => localStorage.setItem('course/' + file, text)", [FILE, text])
    page.reload()


def checked(page, function):
    """Press Check under a function. Returns what is said."""
    exercise = page.locator(f"#exercise-{function}")
    exercise.locator("button", has_text="Check").click()
    answer = exercise.locator(".live pre").first
    answer.wait_for()
    page.wait_for_function(f"document.querySelector('#exercise-{function} .live')?.innerText.includes(' done.')")
    return answer.inner_text()


def told_by_the_command(text, function, tmp_path):
    """What the command line says about the same file."""
    path = EXERCISES / FILE
    code = (
        "import sys; from pathlib import Path; from lessons import check, exercise_files;"
        "check.shown = lambda path: f'lessons/exercises/{path.name}';"
        "import lessons.checks.run as run; run.shown = check.shown;"
        "from lessons.checks.progress import Progress; folder = Path(sys.argv[1]);"
        "exercise = exercise_files.Exercise(sys.argv[2].removesuffix('.py'));"
        "check.check_lesson(exercise, folder, Progress.read(folder), [sys.argv[3]])"
    )
    (tmp_path / path.name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", code, str(tmp_path), path.name, function]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_check_says_in_the_page_what_the_command_says(address, page, python, tmp_path):
    page.goto(f"{address}/{LESSON}")
    blank = (EXERCISES / FILE).read_text(encoding="utf-8")
    solution = (ROOT / "lessons" / "solutions" / FILE).read_text(encoding="utf-8")
    wrong = blank.replace("    raise NotImplementedError", "    return alpha * (1 - alpha) * d_alpha")
    for text, state in ((blank, "blank"), (wrong, "wrong"), (solution, "done")):
        write(page, text)
        said = checked(page, "softmax_backward")
        assert said.split() == told_by_the_command(text, "softmax_backward", tmp_path).split()
        assert page.locator("#exercise-softmax_backward h3").get_attribute("data-state") == state
    page.reload()
    assert page.locator("#exercise-softmax_backward h3").get_attribute("data-state") == "done"


def test_what_was_written_is_kept_and_comes_back_as_the_same_file(address, page, tmp_path):
    page.goto(f"{address}/{LESSON}")
    solution = (ROOT / "lessons" / "solutions" / FILE).read_text(encoding="utf-8")
    (tmp_path / FILE).write_text(solution, encoding="utf-8")
    page.locator(".exercises input[type=file]").set_input_files(str(tmp_path / FILE))
    page.wait_for_function("text => localStorage.getItem('course/03_equation_1.py') === text", arg=solution)
    page.reload()
    with page.expect_download() as download:
        page.locator("button", has_text="Download the file").click()
    assert Path(download.value.path()).read_text(encoding="utf-8") == solution
    assert download.value.suggested_filename == FILE


def test_without_pyodide_a_page_says_so_in_one_sentence(address, page):
    page.route("**/pyodide*/**", lambda route: route.abort())
    page.route("**/pyodide/**", lambda route: route.abort())
    page.goto(f"{address}/{LESSON}")
    page.locator(".bar .run").first.click()
    page.locator(".note", has_text="Python could not be loaded").wait_for()
    assert page.locator("h1").is_visible()


def test_seconds_to_the_first_output(address, page, python, capsys):
    page.goto(f"{address}/{LESSON}")
    start = time.perf_counter()
    page.locator(".run-all").click()
    page.locator(".live pre").first.wait_for()
    with capsys.disabled():
        print(f"\nfirst output after {time.perf_counter() - start:.1f} s")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_keyboard_and_contrast_pass_axe(address, page, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe").Axe()
    page.emulate_media(color_scheme=theme)
    found = []
    for name in (
        "index.html",
        LESSON,
        "play.html",
        "mine.html",
        "equations.html",
        "annotated/softmax.html",
        "api/nrms_np.layers.softmax.html",
    ):
        page.goto(f"{address}/{name}")
        page.wait_for_timeout(300)
        for fault in axe.run(page).response["violations"]:
            found += [f"{name}: {fault['id']}: {node['target']}" for node in fault["nodes"][:3]]
    assert found == []


def test_figures_to_touch_show_the_numbers_of_python(address, page, site):
    sys.path.insert(0, str(ROOT / "docs"))
    from pages.course import all_lessons
    from pages.touch import TOUCHES

    for touch in TOUCHES:
        lesson = next(lesson for lesson in all_lessons() if touch.lesson in lesson.stem)
        page.goto(f"{address}/{lesson.page}.html")
        figure = page.locator("figure.touch").first
        figure.locator("input").focus()
        page.keyboard.press("Home")
        for position in touch.positions():
            assert figure.locator("output").inner_text() == position.value
            assert figure.locator("p").inner_text() == position.sentence
            assert figure.locator("td:last-child").all_inner_texts() == [number for _, _, number in position.rows]
            page.keyboard.press("ArrowRight")
