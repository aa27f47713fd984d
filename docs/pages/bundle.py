"""The project in one file for the browser: the package, the lessons, the demo corpus."""

from __future__ import annotations

import zipfile
from pathlib import Path

from pages.course import ROOT

PARTS = (
    "docs/pages/wrong.py",
    "docs/pages/trained.py",
    "nrms_np/**/*.py",
    "lessons/**/*.py",
    "lessons/figures/*.json",
    "benchmarks/*.json",
    "data/demo/**/*.tsv",
    *(f"docs/pages/{name}.py" for name in ("__init__", "figures", "page", "play", "mine")),
)


def write_bundle(path: Path) -> None:
    """Write the zip; its members have one fixed time, so that the same project gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bundle:
        for part in PARTS:
            for file in sorted(ROOT.glob(part)):
                name = file.relative_to(ROOT).as_posix().removeprefix("docs/")
                bundle.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), file.read_bytes(), zipfile.ZIP_DEFLATED)
