"""The pictures of README that scripts draw are those that the scripts draw."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from xml.etree import ElementTree

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_the_first_picture_is_drawn_by_its_script():
    spec = spec_from_file_location("draw_model", DOCS / "draw_model.py")
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    drawn = script.picture()
    assert drawn == (DOCS / "model.svg").read_text(encoding="utf-8"), "run `python docs/draw_model.py`"
    svg = ElementTree.fromstring(drawn)
    words = {text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")}
    assert {"words", "news", "user", "score", "u", "r"} <= words
    assert float(svg.get("font-size")) * 358 / float(svg.get("width")) >= 12  # pixels of a letter on a phone
