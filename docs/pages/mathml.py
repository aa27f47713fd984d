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
    r"""A formula in MathML, as elements <math>; brackets there grow by themselves, without \big.

    as_block: in display style; formulas of one line with a \quad between them become several elements, so that a narrow page can
    put them one below another.
    """
    if as_block and len(parts := _side_by_side(tex)) > 1:
        return "".join(mathml(part, as_block) for part in parts)
    known = re.sub(r"\\[bB]ig(?![a-z])", "", tex).replace(r"\dots", r"\ldots")
    known = re.sub(
        r"\\[td]?frac(\w)", r"\\frac{\1}", known
    )  # \frac12 is a half; the converter would take 12 for the numerator
    known = re.sub(r"(\\frac\{\w\})(\w)", r"\1{\2}", known)
    known = re.sub(
        r"\^T(?![a-z])", r"^\\top ", known
    )  # T is the length of a sequence too; as a limit of a sum it has braces
    found = tex2mathml(known, as_block=as_block)
    return re.sub(r"<mi>([QKVαβ])</mi>", lambda letter: f'<mi class="{SYMBOLS[letter[1]]}">{letter[1]}</mi>', found)


def _side_by_side(tex: str) -> list[str]:
    r"""The formulas that stand beside each other; one where a \quad is within braces or in a table."""
    parts = re.split(r"\\q?quad(?![a-z])", tex)
    whole = all(part.count("{") == part.count("}") for part in parts) and not re.search(r"\\\\|(?<!\\)&", tex)
    return [part for part in parts if part.strip()] if whole else [tex]


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
    page = self.builder.current_docname
    if node.get("number") and not page.startswith(("api/", "annotated/")):  # nothing there speaks of a number
        lesson = re.match(r"lessons/0?(\d+)_", page)
        number = f"{lesson[1]}." if lesson else ""  # equation 3 is the paper's, 5.3 the third formula of lesson 05
        self.body.append(f'<span class="eqno">({number}{get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>")
    raise nodes.SkipNode
