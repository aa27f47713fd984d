"""`python -m nrms_np.runs`: all runs of a folder in a table, and their learning curves in one picture."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nrms_np.command import DONE, make_parser, run_command

if TYPE_CHECKING:
    from nrms_np.training.run_folder import RunFolder

UNFINISHED, BROKEN, DIVERGED, DRAWN = "unfinished", "broken", "diverged", "candidates drawn"
SETTINGS = "settings that differ"


class Summary(NamedTuple):
    """What the table says of a run.

    name:     of its folder.    settings: all of them as people read them, by name; empty where they cannot be read.
    rows:     the metrics of its epochs so far.    states: of UNFINISHED, BROKEN, DIVERGED and DRAWN those that hold.
    problem:  of a broken one, a sentence.
    """

    name: str
    settings: dict[str, str]
    rows: list[dict[str, Any]]
    states: list[str]
    problem: str = ""


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options."""
    parser = make_parser("runs", "Show all runs of a folder, the best first, and draw their learning curves.")
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path("runs"), metavar="FOLDER", help="where the runs are"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="picture to write, .png (default: runs.png in FOLDER)")
    options = parser.parse_args(arguments)
    if options.out is not None and options.out.suffix.lower() != ".png":
        parser.error(f"argument --out: {str(options.out)!r} does not end in .png")
    return options


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit code."""
    options = parse(arguments)

    # Imported only now, so that --help and wrong usage answer at once.
    from nrms_np.data.drawn import DRAWN_LINE
    from nrms_np.errors import NrmsError
    from nrms_np.training.learning_curve import draw_learning_curves

    runs = read_runs(options.folder)
    if not runs:
        raise NrmsError(f"{options.folder}: there are no runs here; python -m nrms_np.train makes one.")
    # A terminal has its width; a file or a pipe is read in one of 80 columns.
    width = shutil.get_terminal_size((80, 24)).columns
    notes = [run.problem for run in runs if run.problem]
    if any(DRAWN in run.states for run in runs):
        notes.append(f"{DRAWN}: {DRAWN_LINE}")
    print("\n".join([*table(runs, width), *(textwrap.fill(note, width, break_long_words=False) for note in notes)]))
    curves = {run.name: run.rows for run in runs if run.rows}
    if curves:
        path = options.out or options.folder / "runs.png"
        draw_learning_curves(path, curves, {})
        if not options.quiet:
            print(f"wrote {path}")
    return DONE


def read_runs(folder: Path) -> list[Summary]:
    """The runs in the folders of a folder, or the one that it is itself, the highest dev AUC first.

    Those without an epoch stand after them, and then those that have diverged: their AUC is an accident.
    """
    from nrms_np.training.run_folder import RunFolder

    paths = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())] if folder.is_dir() else []
    runs = [RunFolder(path) for path in paths]
    found = [read_run(run) for run in runs if run.config.exists() or run.metrics.exists()]
    return sorted(found, key=lambda run: (DIVERGED in run.states, -max((row["auc"] for row in run.rows), default=-1.0)))


def read_run(run: RunFolder) -> Summary:
    """What the table says of this run; what cannot be read makes it a broken one."""
    from nrms_np.config import shown
    from nrms_np.data.drawn import drawn_line
    from nrms_np.errors import NrmsError
    from nrms_np.training.outcome import diverged

    name = run.path.name or run.path.resolve().name
    try:
        config, data = run.read_config()
        rows = run.read_metrics()
    except NrmsError as error:
        return Summary(name, {}, [], [BROKEN], str(error))
    given = {key: Path(path).name if path else "none" for key, path in data.items()}
    values = {**vars(config), "data": given["folder"], "glove": given["glove"], "from": given["from"]}
    settings = {key.replace("_", " "): shown(value) for key, value in values.items()}
    states = {
        UNFINISHED: not run.report.exists(),  # the report is what a run writes last
        DIVERGED: bool(rows) and diverged(rows),
        DRAWN: bool(drawn_line(Path(data["folder"]))),
    }
    return Summary(name, settings, rows, [state for state, holds in states.items() if holds])


def differing(runs: list[Summary]) -> list[list[str]]:
    """For each run the settings in which not all runs agree, as "seed 1"."""
    known = [run.settings for run in runs if run.settings]
    names = [name for name in (known[0] if known else ()) if len({settings[name] for settings in known}) > 1]
    return [[f"{name} {run.settings[name]}" for name in names if run.settings] for run in runs]


def table(runs: list[Summary], width: int) -> list[str]:
    """The lines of the table, none wider than `width` (from 53 columns on); settings stand beside the numbers, or else below."""
    from nrms_np.evaluation.metrics import METRICS

    heads = ["run", *(metric.title for metric in METRICS), "epoch", "time"]
    cells = [[run.name, *_numbers(run, len(heads) - 1)] for run in runs]
    wide = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    wide[0] = min(wide[0], max(8, width - sum(wide[1:]) - 2 * len(wide[1:])))
    notes = [", ".join([*run.states, *texts]) for run, texts in zip(runs, differing(runs), strict=True)]
    room = width - sum(wide) - 2 * len(wide)
    beside = max(map(len, [SETTINGS, *notes])) <= room
    lines = [_line(heads, wide) + f"  {SETTINGS}" * (beside and any(notes))]
    for row, note in zip(cells, notes, strict=True):
        first, *more = textwrap.wrap(row[0], wide[0]) or [""]
        lines.append((_line([first, *row[1:]], wide) + f"  {note}" * beside).rstrip())
        lines += more
        lines += [] if beside else textwrap.wrap(note, width, initial_indent="    ", subsequent_indent="    ")
    return lines


def _numbers(run: Summary, count: int) -> list[str]:
    """The cells of a run: metrics of its best epoch, which one that is, the time of all epochs; empty without an epoch."""
    from nrms_np.evaluation.metrics import METRICS
    from nrms_np.training.outcome import best_of

    if not run.rows:
        return [""] * count
    best = best_of(run.rows)
    seconds = sum(row["train_seconds"] + row["eval_seconds"] for row in run.rows)
    return [*(f"{best[metric.name]:.3f}" for metric in METRICS), str(best["epoch"]), _duration(seconds)]


def _line(cells: list[str], wide: list[int]) -> str:
    """A line of the table: the name on the left of its column, numbers on the right."""
    return "  ".join([f"{cells[0]:<{wide[0]}}", *(f"{c:>{w}}" for c, w in zip(cells[1:], wide[1:], strict=True))])


def _duration(seconds: float) -> str:
    """A time in seconds, minutes or hours."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


command = partial(run_command, main)  # the console script nrms-runs

if __name__ == "__main__":
    command()
