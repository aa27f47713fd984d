"""The figures that a cell of a lesson drew, for sphinx-gallery."""

from __future__ import annotations

import textwrap
from typing import Any

from pages import figures


def scraper(_block: Any, block_vars: dict[str, Any], _gallery_conf: dict[str, Any]) -> str:
    """The figures as reST; each also goes into a PNG, of which sphinx-gallery makes the thumbnail."""
    shown = ""
    for figure in figures.drawn:
        figure.drawing.savefig(next(block_vars["image_path_iterator"]), dpi=100)
        shown += f"\n.. raw:: html\n\n{textwrap.indent(figure.html, '    ')}\n\n"
    figures.drawn.clear()
    return shown
