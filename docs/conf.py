"""The course as a site: `python -m sphinx docs FOLDER`; `-D pyodide=FOLDER` for a copy of Pyodide of one's own."""

from __future__ import annotations

import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

from PIL import Image
from sphinx.errors import ConfigError

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS))

from pages import cells, figures, instead, mathml, reference, trained  # noqa: E402
from pages.bundle import write_bundle  # noqa: E402
from pages.course import ROOT, all_lessons  # noqa: E402
from pages.home import home  # noqa: E402
from pages.live import mine_page, play_page  # noqa: E402
from pages.model import play_model  # noqa: E402

import course  # noqa: E402
from lessons import exercise_files  # noqa: E402
from nrms_np import __version__  # noqa: E402
from nrms_np.palette import DARK, LIGHT, Palette  # noqa: E402

PYODIDE = "https://cdn.jsdelivr.net/pyodide/v0.27.7/full/"
TRAINED = DOCS / "lessons" / "trained"  # beside what else the lessons gave when they ran
NOT_SERVED = ("*.ts", "*.map", "manifest.json", "*.html")
SCRIPTS = {"index": "home.js", "play": "play.js", "mine": "mine.js"}

project = "NRMS in NumPy"
author = "the authors of nrms_np"
release = __version__
language = "en"

extensions = ["sphinx.ext.autodoc", "numpydoc", "sphinx_gallery.gen_gallery", "myst_parser"]
exclude_patterns = ["_build", "lessons/*.ipynb", "lessons/*.py", "sg_execution_times.rst"]
suppress_warnings = ["ref.python"]  # layers and kernels have caches of the same names
html_math_renderer = "mathml"
math_number_all = True
numpydoc_show_class_members = False
autodoc_typehints = "none"
add_module_names = False
default_role = "py:obj"  # `name` is code, and a link where the name is known

html_theme = "furo"
html_favicon = "_static/favicon.svg"
html_title = "NRMS in NumPy"
html_static_path = ["_static"]
templates_path = ["_templates"]
html_css_files = ["palette.css", "pages.css"]
html_show_sphinx = html_show_copyright = False
html_copy_source = False
html_show_sourcelink = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

sphinx_gallery_conf = {
    "examples_dirs": ["_build/lessons"],
    "gallery_dirs": ["lessons"],
    "filename_pattern": r"/\d\d_",
    "within_subsection_order": "FileNameSortKey",
    "image_scrapers": ("pages.scraper.scraper",),
    "thumbnail_size": (320, 224),
    "capture_repr": (),
    "matplotlib_animations": False,
    "reference_url": {"nrms_np": None},
    "show_memory": False,
    "show_signature": False,
    "remove_config_comments": True,
    "abort_on_example_error": True,
    "write_computation_times": False,
    "default_thumb_file": str(DOCS / "why.png"),
}


def palette_css() -> str:
    """The colours of `nrms_np.palette` as CSS variables, for the theme's three states; paper is always light."""

    def variables(palette: Palette, on_weight: str) -> str:
        red, green, blue = (int(palette.weight[i : i + 2], 16) for i in (1, 3, 5))
        colours = "; ".join(f"--{name}: {colour}" for name, colour in palette._asdict().items())
        return f"{{ {colours}; --weight-rgb: {red} {green} {blue}; --on-weight: {on_weight} }}"

    light, dark = variables(LIGHT, "#FFFFFF"), variables(DARK, DARK.ink)
    return (
        f"body {light}\n@media screen and (prefers-color-scheme: dark) {{ body:not([data-theme=light]) {dark} }}\n"
        f"@media screen {{ body[data-theme=dark] {dark} }}\n"
    )


def stage_lessons() -> None:
    """Put the lessons alone into a folder, for sphinx-gallery takes all that it finds."""
    header = (
        "The lessons\n===========\n\nRead from top to bottom. Every cell of code can be run and changed in its page.\n"
    )
    reference.write(DOCS / "_build" / "lessons" / "GALLERY_HEADER.rst", header)
    for lesson in all_lessons():
        text = (ROOT / "lessons" / f"{lesson.stem}.py").read_text(encoding="utf-8")
        reference.write(DOCS / "_build" / "lessons" / f"{lesson.stem}.py", text)


stage_lessons()


def settle_pyodide(_app: Any, config: Any) -> None:
    """Take a folder with Pyodide or an address; with anything else nothing would run in the pages, and nobody would be told."""
    if (Path(config.pyodide) / "pyodide.mjs").is_file():
        return
    if not config.pyodide.startswith(("https://", "http://")):
        raise ConfigError(
            f"pyodide={config.pyodide} is neither a folder with pyodide.mjs in it nor an address that begins with https://."
        )
    config.pyodide = config.pyodide.rstrip("/") + "/"


def write_pages(_app: Any) -> None:
    """Before anything is read."""
    course.show = course.save = figures.show
    trained.keep(TRAINED)
    exercise_files.shown = lambda path: path.relative_to(ROOT).as_posix()  # sphinx-gallery works in another folder
    reference.write_pages(DOCS)
    for number, text in instead.answers().items():
        reference.write(DOCS / "further" / f"{number}.md", text)
    for name, page in {"home": home, "play": play_page, "mine": mine_page}.items():
        reference.write(DOCS / "_build" / f"{name}.html", page())


def below_lesson(_app: Any, document: str, source: list[str]) -> None:
    """Each lesson ends with links to the equations and the functions."""
    for lesson in all_lessons():
        if document == lesson.page:
            text = instead.for_the_page(source[0])
            source[0] = reference.with_touch(text, lesson) + reference.below_lesson(lesson)


def add_data(app: Any, pagename: str, _template: str, context: dict[str, Any], _doctree: Any) -> None:
    """What the scripts need to know of this page and of this build."""
    root = context["pathto"]("", 1) or "./"
    address = app.config.pyodide
    pyodide = f"{root.rstrip('/')}/pyodide/" if Path(address).is_dir() else address
    app.add_js_file(SCRIPTS.get(pagename, "glow.js"), type="module")
    if pagename in ("play", "mine"):
        context["body"] += f'<span hidden data-pyodide="{pyodide}"></span>'
    context["body"] = context.get("body", "").replace(
        "<pre>", '<pre tabindex="0">'
    )  # what scrolls is reached by keyboard
    for lesson in all_lessons():
        if pagename == lesson.page:
            app.add_js_file("lesson.js", type="module")
            app.add_js_file("touch.js", type="module")
            data = reference.page_data(lesson)
            context["body"] += (
                f'<script type="application/json" id="course-page" data-pyodide="{pyodide}">{data}</script>'
            )


def make_small(images: Path) -> None:
    """The thumbnails are drawings of few colours; 32 are enough."""
    for path in images.glob("*_thumb.png"):
        with Image.open(path) as thumbnail:
            if thumbnail.mode != "P":
                thumbnail.convert("RGB").quantize(32).save(path, optimize=True)


def write_files(app: Any, exception: Exception | None) -> None:
    """What the pages load beside themselves."""
    if exception:
        return
    out = Path(app.outdir)
    write_bundle(out / "_static" / "course.zip")  # for readers
    write_bundle(out / "_static" / "in-page.zip", logs=zipfile.ZIP_BZIP2)
    make_small(out / "_images")
    shutil.copyfile(play_model(), out / "_static" / "model.npz")
    if TRAINED.is_dir():
        shutil.copytree(TRAINED, out / "_static" / "trained", dirs_exist_ok=True)
    (out / "_static" / "palette.css").write_text(palette_css(), encoding="utf-8")
    if Path(app.config.pyodide).is_dir():
        shutil.copytree(
            app.config.pyodide, out / "pyodide", dirs_exist_ok=True, ignore=shutil.ignore_patterns(*NOT_SERVED)
        )


def setup(app: Any) -> None:
    """Tell Sphinx of all this."""
    app._fail_on_warnings = True  # as -W does
    app.add_config_value("pyodide", PYODIDE, "html", str)
    app.add_html_math_renderer("mathml", (mathml.inline, None), (mathml.block, None))
    app.connect("config-inited", settle_pyodide)
    app.connect("builder-inited", write_pages, priority=100)
    app.connect("source-read", below_lesson)
    app.connect("doctree-read", cells.arrange)
    app.connect("autodoc-skip-member", reference.skip)
    app.connect("autodoc-process-docstring", reference.add_links, priority=400)  # before numpydoc
    app.connect("object-description-transform", reference.keep_names)
    app.connect("env-updated", reference.add_aliases)
    app.connect("html-page-context", add_data)
    app.connect("build-finished", write_files)
