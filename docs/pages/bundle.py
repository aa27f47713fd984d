"""The project in one file for the browser: the package, the lessons, the demo corpus."""

from __future__ import annotations

import zipfile
from pathlib import Path

from pages.course import ROOT

PARTS = (
    "README.md",
    "requirements.txt",
    "nrms_np/**/*.py",
    "lessons/**/*.py",
    "lessons/figures/*.json",
    "benchmarks/*.json",
    "data/demo/**/*.tsv",
    *(f"docs/pages/{name}.py" for name in ("__init__", "figures", "page", "play", "mine", "trained", "wrong")),
)


def write_bundle(path: Path, logs: int = zipfile.ZIP_DEFLATED) -> None:
    """Write the zip; its members have one fixed time, so that the same project gives the same bytes.

    logs: how they are packed. With bzip2 they are a quarter smaller than with deflate, which is for the page, for not every
    reader's system opens that; files of code are too short for it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", compresslevel=9) as bundle:
        for part in PARTS:
            for file in sorted(ROOT.glob(part)):
                name = file.relative_to(ROOT).as_posix().removeprefix("docs/")
                method = logs if file.suffix == ".tsv" else zipfile.ZIP_DEFLATED
                bundle.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), file.read_bytes(), method)
