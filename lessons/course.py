"""What all lessons share: the way to the package, figures that are shown where they are made, and stops to derive.

A lesson is run as `python lessons/NN_name.py`, so Python looks for modules in lessons/. Importing this module first adds the
folder above, where nrms_np is.
"""

from __future__ import annotations

import io
import os
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

LESSONS = Path(__file__).resolve().parent
ROOT = LESSONS.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from nrms_np.config import fastest_backend  # noqa: E402

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BACKENDS = ("layers", "kernels") if fastest_backend() == "kernels" else ("layers",)
"""Those that work here: the kernels need Numba, which a browser does not have."""


def show(drawing: Figure, name: str, *, caption: str, alt: str) -> Any:
    """Write a figure to lessons/figures/name.png and print its caption; the last line of its cell.

    caption: what it shows and what to look at.    alt: what it shows, for those who cannot see it; both also stand in the file.

    Returns the picture where an editor's cell can show it, else None.
    """
    written = io.BytesIO()
    drawing.savefig(
        written, format="png", dpi=2 * drawing.dpi, metadata={"Software": None, "Description": alt, "Comment": caption}
    )
    folder = Path(os.environ.get("LESSON_FIGURES", LESSONS / "figures"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.png").write_bytes(written.getvalue())
    print(f"figure: lessons/figures/{name}.png")
    print(textwrap.fill(caption, 110, initial_indent="  ", subsequent_indent="  "))
    if "IPython" not in sys.modules or sys.modules["IPython"].get_ipython() is None:
        return None
    return sys.modules["IPython"].display.Image(
        data=written.getvalue(), alt=alt, width=round(100 * drawing.get_figwidth())
    )


def derive(function: str) -> None:
    """A stop: say whether the reader's formula, a function of the exercises of the lesson that calls this, is right already."""
    from lessons.checks.run import FileError, check_exercise
    from lessons.exercise_files import EXERCISES, all_exercises, shown

    asking = [exercise for exercise in all_exercises() if function in exercise.functions()]
    lesson = Path(sys._getframe(1).f_globals.get("__file__", "")).stem
    exercise = next((exercise for exercise in asking if exercise.name == lesson), asking[0])
    try:
        right = check_exercise(exercise, EXERCISES, [function])[0].state == "done"
    except FileError:
        right = False
    if right:
        print(f"{function}: yours is right, read on.")
    else:
        print(
            f"{function}: write it in {shown(EXERCISES / exercise.file)}; `python -m lessons.check {exercise.number} {function}`"
        )
