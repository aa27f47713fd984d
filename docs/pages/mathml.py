"""Formulas as MathML, which browsers set by themselves: no script, no fonts, no network."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util.math import get_node_equation_number

SYMBOLS = {"Q": "query", "K": "key", "V": "value", "α": "weight", "β": "weight"}
"""Letters that have a colour wherever they stand."""


def mathml(tex: str, as_block: bool = False) -> str:
    r"""A formula as an element <math>; brackets there grow by themselves, without \big."""
    known = re.sub(r"\\[bB]ig(?![a-z])", "", tex).replace(r"\dots", r"\ldots")
    found = tex2mathml(known, as_block=as_block)
    return re.sub(r"<mi>([QKVαβ])</mi>", lambda letter: f'<mi class="{SYMBOLS[letter[1]]}">{letter[1]}</mi>', found)


def inline(self: Any, node: nodes.math) -> None:
    """A formula in a line of text."""
    self.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def block(self: Any, node: nodes.math_block) -> None:
    """A formula in a line of its own, with its number where it has one."""
    self.body.append('<div class="math-block">')  # its id is that of the theme's box around it
    self.body.append(
        f'<div class="formula" tabindex="0" role="group" aria-label="formula">{mathml(node.astext(), as_block=True)}</div>'
    )
    if node.get("number"):
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>")
    raise nodes.SkipNode
