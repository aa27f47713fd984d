"""Check the exercises: `python -m lessons.check 03` one lesson, `python -m lessons.check` the progress over the course."""

from __future__ import annotations

import argparse
import textwrap
from pathlib import Path

from lessons.checks.progress import Progress
from lessons.checks.run import FileError, Result, check_exercise
from lessons.exercise_files import EXERCISES, SOLUTIONS, Exercise, all_exercises, shown
from nrms_np.command import run_command

FAILURES_BEFORE_HINT = 2
WIDTH = 110
INDENT = " " * 9


def main(arguments: list[str] | None = None, folder: Path = EXERCISES) -> int:
    """Run the command. Returns 0 when everything that was asked for is done, else 1."""
    parser = argparse.ArgumentParser(prog="python -m lessons.check", description="Check the exercises of the course.")
    parser.add_argument("lesson", nargs="*", help="two digits, such as 03; without one: the progress over the course")
    parser.add_argument("--solutions", action="store_true", help="check the solutions instead of your files")
    options = parser.parse_args(arguments)
    exercises = {exercise.number: exercise for exercise in all_exercises()}
    numbers = [number.zfill(2) for number in options.lesson]
    for number in numbers:
        if number not in exercises:
            parser.error(f"there is no lesson {number}; the lessons are {min(exercises)} to {max(exercises)}.")
    if options.solutions:
        folder = SOLUTIONS
    if not numbers:
        return 0 if show_progress(list(exercises.values()), folder) else 1
    progress = None if options.solutions else Progress.read(folder)
    done = [check_lesson(exercises[number], folder, progress) for number in numbers]
    if progress is not None:
        progress.write()
    return 0 if all(done) else 1


def check_lesson(exercise: Exercise, folder: Path, progress: Progress | None) -> bool:
    """Check one lesson and print an answer for each function. Returns whether all are done."""
    print(f"Lesson {exercise.number}, {exercise.title}: {shown(folder / exercise.file)}\n")
    try:
        results = check_exercise(exercise, folder)
    except FileError as error:
        print(f"{error}\n\nNothing could be checked.\n")
        return False
    for result in results:
        print(f"  {result.state:5}  {result.function}")
        for line in result.problem.splitlines():
            _print_wrapped(line)
        if progress is not None and _hint_is_due(exercise, result, progress):
            _print_wrapped(f"Hint: {result.hint}")
    done = sum(result.state == "done" for result in results)
    print(f"\n{done} of {len(results)} done.\n")
    return done == len(results)


def _hint_is_due(exercise: Exercise, result: Result, progress: Progress) -> bool:
    """Count the result. A blank is no failure: the reader has not begun."""
    if result.state == "done":
        progress.passed(exercise.name, result.function)
    if result.state != "wrong":
        return False
    return progress.failed(exercise.name, result.function) >= FAILURES_BEFORE_HINT


def show_progress(exercises: list[Exercise], folder: Path) -> bool:
    """Check all lessons and print one line each. Returns whether all are done."""
    print("lesson                       done")
    done_in_all = in_all = 0
    for exercise in exercises:
        functions = len(exercise.functions())
        try:
            done = sum(result.state == "done" for result in check_exercise(exercise, folder))
            remark = ""
        except FileError as error:
            done, remark = 0, f"  {str(error).splitlines()[0]}"
        bar = "#" * done + "." * (functions - done)
        print(f"{exercise.number} {exercise.title:24}  {done} of {functions}  {bar:4}{remark}".rstrip())
        done_in_all += done
        in_all += functions
    print(f"{'':26} {done_in_all:2} of {in_all}")
    return done_in_all == in_all


def _print_wrapped(line: str) -> None:
    inner = INDENT + " " * (len(line) - len(line.lstrip()))
    print(textwrap.fill(line.strip(), WIDTH, initial_indent=inner, subsequent_indent=inner, break_on_hyphens=False))


if __name__ == "__main__":
    run_command(main)
