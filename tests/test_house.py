"""The rules of the house that a program can check: the mirror, and imports that only run downward."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "nrms_np"

FLOORS = (
    (
        "train",
        "train_options",
        "evaluate",
        "explain",
        "recommend",
        "runs",
        "data.download",
        "data.demo.__main__",
        "data.convert.__main__",
    ),
    ("training",),
    ("evaluation",),
    ("model",),
    ("encoder", "parameters"),
    ("backend",),
    ("data",),
    ("command",),
    ("kernels",),
    ("layers",),
    ("config", "packed", "gradcheck", "files", "npz", "plain", "palette"),
    ("arrays", "errors", "signals"),
)
"""From the top down; a module may import from its own floor and from those below."""


def floor_of(module: str) -> int:
    """The number of the floor that a module of the package stands on, 0 the highest; the longest name that fits decides."""
    fitting = [(len(room), number) for number, rooms in enumerate(FLOORS) for room in rooms
               if f"{module}.".startswith(f"{room}.")]  # fmt: skip
    assert fitting, f"{module} stands on no floor: give it one"
    return max(fitting)[1]


def imports_of(path: Path) -> set[str]:
    """The modules of the package that a file imports, without `nrms_np.`; for type checkers alone does not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for child in ast.walk(node)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and id(node) not in for_types:
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and id(node) not in for_types:
            assert node.level == 0, f"{path}: write the import in full, without a dot in front"
            # What is imported may itself be a module.
            names |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    assert "nrms_np" not in names, f"{path}: name the module; the package itself hands out names of all floors"
    ours = {name.removeprefix("nrms_np.") for name in names if name.startswith("nrms_np.")}
    return ours & MODULES.keys()


MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path != PACKAGE / "__init__.py"
}


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_downward(module: str) -> None:
    above = {other for other in imports_of(MODULES[module]) if floor_of(other) < floor_of(module)}
    assert not above, f"{module} imports {', '.join(sorted(above))}, which stand above it"


def test_data_knows_nothing_of_the_model() -> None:
    rooms = {"model", "encoder", "backend", "parameters", "layers", "kernels", "training", "evaluation"}
    for module, path in MODULES.items():
        if module.startswith("data"):
            assert not rooms & {other.split(".")[0] for other in imports_of(path)}, module


def test_layers_import_numpy_and_each_other_only() -> None:
    for path in (PACKAGE / "layers").glob("*.py"):
        allowed = {"nrms_np.layers"} | ({"nrms_np.packed", "nrms_np.arrays"} if path.name == "batched.py" else set())
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                module = str(node.module)
                within = any(module.startswith(name) for name in allowed)
                assert within or module.split(".")[0] in {"numpy", *sys.stdlib_module_names}, f"{path.name}: {module}"
            elif isinstance(node, ast.Import):
                assert {alias.name for alias in node.names} == {"numpy"}, path.name


def test_layers_and_kernels_mirror_each_other() -> None:
    of_layers = {path.name for path in (PACKAGE / "layers").glob("*.py")} - {"batched.py", "softmax.py"}
    of_kernels = {path.name for path in (PACKAGE / "kernels").glob("*.py")}
    assert of_layers == of_kernels
    tested = {path.name.removeprefix("test_") for path in (ROOT / "tests" / "layers").glob("test_*.py")}
    assert of_layers - {"__init__.py"} <= tested


def test_every_test_folder_has_its_room() -> None:
    rooms = {path.relative_to(PACKAGE) for path in PACKAGE.rglob("*") if path.is_dir() and path.name != "__pycache__"}
    folders = {path.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("*") if path.is_dir()}
    mirrored = {
        path
        for path in folders
        if path.parts[0] not in ("helpers", "lessons", "endurance", "docs") and "__pycache__" not in path.parts
    }
    assert mirrored <= {room for room in rooms if not room.name.startswith("loops-")}


def test_what_stands_in_the_house_is_in_the_readme() -> None:
    house = (ROOT / "README.md").read_text(encoding="utf-8").split("## The house")[1].split("## Use it")[0]
    words = set(re.findall(r"\w+", house.split("```")[1]))
    for path in PACKAGE.rglob("*.py"):
        name = path.parent.name if path.stem in ("__init__", "__main__") else path.stem
        assert name in words, f"{path.relative_to(ROOT)} is not in the README's house"
