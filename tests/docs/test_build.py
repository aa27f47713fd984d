"""What the build of the site writes, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


def test_a_pyodide_that_is_neither_folder_nor_address_ends_the_build(tmp_path):
    pytest.importorskip("sphinx_gallery", reason="no Sphinx")
    command = [sys.executable, "-m", "sphinx", "docs", str(tmp_path / "site"), "-q"]
    for wrong in (tmp_path / "nowhere", tmp_path):  # a folder without Pyodide too
        told = subprocess.run([*command, "-D", f"pyodide={wrong}"], cwd=ROOT, capture_output=True, text=True)
        assert told.returncode
        assert "is neither a folder with pyodide.mjs in it nor an address" in told.stderr


def test_every_system_opens_the_zip_that_readers_load_and_that_of_the_page_holds_the_same(site):
    with (
        zipfile.ZipFile(site / "_static" / "course.zip") as readers,
        zipfile.ZipFile(site / "_static" / "in-page.zip") as pages,
    ):
        assert {each.compress_type for each in readers.infolist()} == {zipfile.ZIP_DEFLATED}
        assert [(each.filename, each.CRC) for each in readers.infolist()] == [
            (each.filename, each.CRC) for each in pages.infolist()
        ]


def test_the_page_of_a_fast_function_shows_its_equation(address, page):
    page.goto(f"{address}/api/nrms_np.kernels.self_attention.html")
    for name in ("bilinear_attention_forward", "projected_attention_backward"):
        function = page.locator("dl.py.function", has=page.locator(f"dt[id$='.{name}']"))
        assert function.locator("math").count() > 0, name


def test_after_a_reload_control_and_figure_agree(address, page):
    page.goto(f"{address}/lessons/03_equation_1.html")
    figure = page.locator("figure.touch").first
    first = figure.locator("input").input_value()
    figure.locator("input").press("End")
    assert figure.locator("input").input_value() != first
    page.reload()
    assert figure.locator("input").input_value() == first
