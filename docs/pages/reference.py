"""The pages that are written at each build: API, equation index, annotated layers."""

from __future__ import annotations

import importlib
import inspect
import json
import re
import textwrap
from collections.abc import Sequence
from pathlib import Path
from types import GenericAlias
from typing import Any

from docutils import nodes

from pages.course import EQUATIONS, REMARKS, ROOT, Equation, Lesson, all_lessons, equations_of, lessons_using
from pages.docstrings import as_rest
from pages.sides import side_by_side
from pages.touch import touch_of
from pages.trained import FILES

MODULES = {
    "The paper, one sequence at a time": "layers",
    "The same pieces, fast, on packed batches": "kernels",
    "The model": "model encoder backend parameters packed config gradcheck arrays npz plain palette errors",
    "Training": "training",
    "Evaluation": "evaluation",
    "Data": "data",
    "Recommending and explaining": "recommend explain",
}
"""What the API shows, by the question that it answers; a package stands for all its modules."""


def write_pages(folder: Path) -> None:
    """Write the folders api/ and annotated/ and the page equations.rst."""
    write(folder / "equations.rst", equation_index())
    groups = []
    for title, names in MODULES.items():
        modules = [module for name in names.split() for module in modules_of(f"nrms_np.{name}")]
        for module in modules:
            write(folder / "api" / f"{module}.rst", api_page(module))
        groups.append(f"{_title(title, '-')}\n.. toctree::\n   :maxdepth: 1\n\n{_indented(modules)}\n")
    write(folder / "api" / "index.rst", f"{_title('API')}\n{_API}\n\n" + "\n".join(groups))
    layers = [module for module in modules_of("nrms_np.layers") if module.count(".") == 2 and "batched" not in module]
    for module in layers:
        write(folder / "annotated" / f"{module.split('.')[-1]}.rst", annotated_page(module))
    names = [module.split(".")[-1] for module in layers]
    write(
        folder / "annotated" / "index.rst",
        f"{_title('The layers, annotated')}\n{_ANNOTATED}\n\n.. toctree::\n   :maxdepth: 1\n\n{_indented(names)}\n",
    )


_API = "Every public function and class of the package, by module. Below a function stand its equation and its lessons."
_ANNOTATED = (
    "The plain implementation with its formulas beside the lines: left what is meant, right the code that does it."
)


def write(path: Path, text: str) -> None:
    """Write a page only where it is another than before, so that a second build reads only what changed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def modules_of(name: str) -> list[str]:
    """A module, or all modules in a package; what starts with an underscore and the programs are left out."""
    path = ROOT.joinpath(*name.split("."))
    if not path.is_dir():
        return [name]
    files = [file.relative_to(ROOT).with_suffix("") for file in sorted(path.rglob("*.py"))]
    return [".".join(file.parts) for file in files if not file.name.startswith("_")]


def api_page(module: str) -> str:
    """The page of a module."""
    return f"{_title(module)}\n.. automodule:: {module}\n   :members:\n   :member-order: bysource\n"


def add_links(_app: Any, what: str, name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Put a docstring into reST, and below it its equation, its lessons, and where its lines are explained."""
    lines[:] = as_rest(lines)
    if what not in ("function", "class"):
        return
    links = []
    equations = equations_of(name)
    if not any(".. math::" in line for line in lines):  # the fast ones leave it to the plain ones
        lines += [line for equation in equations for line in ("", f".. math:: {equation.latex}", "")]
    if equations:
        links.append(("Equation", ", ".join(equation_link(equation) for equation in equations)))
    if lessons := lessons_using(name):
        links.append(("Lessons", ", ".join(lesson_link(lesson) for lesson in lessons)))
    if name.startswith("nrms_np.layers.") and "batched" not in name and what == "function":
        module = name.split(".")[2]
        links.append(("Line by line", f":ref:`formulas beside the code <annotated-{module}-{name.split('.')[-1]}>`"))
    if links:
        lines += ["", *(f":{title}: {text}" for title, text in links), ""]


def keep_names(_app: Any, _domain: str, _kind: str, content: nodes.Element) -> None:
    """Sphinx begins each name in the list of arguments with a capital, but a and A are two things: it does not look into a box."""
    for child in list(content.children):
        if isinstance(child, nodes.field_list):
            content.replace(child, nodes.container("", child))


def add_aliases(_app: Any, env: Any) -> None:
    """Names under which lessons import, as `nrms_np.training.fit`, lead to where the function is documented, in `…trainer`."""
    objects = env.get_domain("py").objects
    for name in {name for lesson in all_lessons() for name in lesson.uses} - set(objects):
        module, _, attribute = name.rpartition(".")
        used = getattr(importlib.import_module(module), attribute)
        known = objects.get(f"{getattr(used, '__module__', '')}.{attribute}")
        if known:
            objects[name] = known._replace(aliased=True)


def skip(_app: Any, _what: str, name: str, documented: Any, skipped: bool, _options: Any) -> bool:
    """Whether a member has no place in the API: names for types, and what a module only imports."""
    plain = (
        inspect.isroutine(documented)
        or inspect.isclass(documented)
        or isinstance(documented, (property, str, int, tuple, dict))
    )
    return skipped or name == "Lock" or isinstance(documented, GenericAlias) or not plain


def equation_link(equation: Equation) -> str:
    """To its place on the page of equations."""
    return f":ref:`{equation.number} <equation-{equation.number}>`"


def lesson_link(lesson: Lesson) -> str:
    """To its page."""
    return f":doc:`{lesson.number} </{lesson.page}>`"


def equation_index() -> str:
    """Each equation with its functions, its lesson and its tests."""
    about = "The twelve equations of the paper, each with its functions, its lesson and the tests that hold it."
    page = f"{_title('The equations')}\n{about}\n\n"
    lessons = {f"lessons/{lesson.stem}.py": lesson for lesson in all_lessons()}
    for equation in EQUATIONS:
        lesson = lessons[equation.lesson]
        forward, backward = functions_of(equation.forwards), functions_of(equation.backwards)
        tests = ", ".join(f"{shows} (``{test.split('::')[0]}``)" for shows, test in equation.tests.items())
        page += (
            f".. _equation-{equation.number}:\n\n{_title(f'Equation {equation.number}', '-')}\n{equation.meaning}\n\n"
        )
        page += f".. math:: {equation.latex}\n   :label: paper-{equation.number}\n\n"
        page += f":Forward: {forward}\n:Backward: {backward}\n:Lesson: :doc:`/{lesson.page}`\n:Tests: {tests}\n\n"
    return page


def functions_of(names: Sequence[str]) -> str:
    """Links to an equation's functions. Those of layers and kernels have the same names, so it says which is which."""
    kinds = {"nrms_np.layers.": "plain", "nrms_np.kernels.": "fast"}
    links = []
    for name in names:
        kind = next((kind for room, kind in kinds.items() if name.startswith(room)), None)
        links.append(f":func:`~{name}`" + (f" ({kind})" if kind else ""))
    return ", ".join(links)


def with_touch(text: str, lesson: Lesson) -> str:
    """The lesson with its figures to touch in front of what there is to remember."""
    figures = touch_of(lesson.stem)
    if not figures:
        return text
    place = re.search(r"^(What to remember|Exercises)\n-+$", text, re.M)
    end = place.start() if place else len(text)
    return f"{text[:end]}\n.. raw:: html\n\n    {figures}\n\n{text[end:]}"


YOURS = ("10", "11", "16")
"""Lessons after which the reader has a model, or is about to compare one."""


def below_lesson(lesson: Lesson) -> str:
    """What stands under a lesson: its equations and the functions it uses, with links to their pages."""
    functions = [name for name in lesson.uses if _has_page(name)]
    text = f"\n\n{_title('In the package', '-')}\n"
    if lesson.equations:
        text += f":Equations: {', '.join(equation_link(equation) for equation in lesson.equations)}\n"
    if lesson.number in YOURS:
        text += ":Yours: :doc:`put your own pieces together and train them </mine>`\n"
    uses = ", ".join(f":py:obj:`~{name}`" for name in functions)
    files = "`the package, all lessons and the demo corpus <../_static/course.zip>`__, which script and notebook need"
    return f"{text}:Uses: {uses}\n:Files: {files}\n\n"


def exercise_of(lesson: Lesson) -> dict[str, Any] | None:
    """The exercise file of a lesson, as the page takes it."""
    file = ROOT / "lessons" / "exercises" / f"{lesson.stem}.py"
    if not file.exists():
        return None
    from lessons.exercise_files import Exercise

    names = list(Exercise(lesson.stem).functions())
    return {"file": file.name, "text": file.read_text(encoding="utf-8"), "functions": names}


def annotated_page(module: str) -> str:
    """The functions of a file of layers/: docstring and derivation on the left, the lines they are about on the right."""
    name = module.split(".")[-1]
    python = importlib.import_module(module)
    page = f"{_title(f'layers/{name}.py')}\n{_rest(python)}\n\nThe same in the API: :py:mod:`{module}`.\n\n"
    for function_name, function in vars(python).items():
        if inspect.isfunction(function) and function.__module__ == module and not function_name.startswith("_"):
            page += f".. _annotated-{name}-{function_name}:\n\n{_title(function_name, '-')}\n"
            page += f"In the API: :func:`~{module}.{function_name}`.\n\n{_annotated(function)}"
            if function_name.endswith("_backward"):
                forward = getattr(python, function_name.replace("_backward", "_forward"))
                page += f".. raw:: html\n\n   {side_by_side(forward, function).replace(chr(10), '&#10;')}\n\n"
    return page


def _annotated(function: Any) -> str:
    """Pairs of words and code. A comment line in the body opens a new pair: it is the forward line that is differentiated."""
    lines = inspect.getsource(function).splitlines()
    about = _rest(function)
    quotes = [number for number, line in enumerate(lines) if '"""' in line]
    opening, end = quotes[0], quotes[0] if lines[quotes[0]].count('"""') == 2 else quotes[1]
    pairs: list[tuple[str, list[str]]] = [(about, lines[:opening])]
    for line in lines[end + 1 :]:
        if line.strip().startswith("#"):
            words = line.strip("# ").rstrip()
            if pairs[-1][0] and not pairs[-1][1]:
                pairs[-1] = (f"{pairs[-1][0]} {words}", [])
            else:
                pairs.append((words, []))
        else:
            pairs[-1][1].append(line)
    return "".join(_pair(text, code, first=number == 0) for number, (text, code) in enumerate(pairs))


def _pair(words: str, code: list[str], first: bool) -> str:
    text = words if first else f"``{words}``" if "=" in words else words
    body = f".. container:: annotated\n\n   .. container:: words\n\n{textwrap.indent(text, ' ' * 6)}\n\n"
    if any(line.strip() for line in code):
        body += f"   .. code-block:: python\n\n{textwrap.indent(chr(10).join(code).strip(chr(10)), ' ' * 6)}\n\n"
    return body


def page_data(lesson: Lesson) -> str:
    """What the scripts of a lesson's page need, as JSON in an element of its own."""
    data = {
        "lesson": lesson.stem,
        "remark": REMARKS.get(lesson.number, ""),
        "files": {f"/course/trained/{name}": f"trained/{name}" for name in FILES} if lesson.number == "14" else {},
        "exercise": exercise_of(lesson),
    }
    return json.dumps(data).replace("</", "<\\/")


def _rest(documented: Any) -> str:
    return "\n".join(as_rest((inspect.getdoc(documented) or "").splitlines()))


def _has_page(name: str) -> bool:
    return not any(part.startswith("_") for part in name.split("."))


def _title(text: str, line: str = "=") -> str:
    return f"{text}\n{line * len(text)}\n"


def _indented(names: list[str]) -> str:
    return "\n".join(f"   {name}" for name in names)
