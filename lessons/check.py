"""Check the exercises: a lesson, single functions of it, or the progress over the course.

python -m lessons.check                        the progress
python -m lessons.check 03                     lesson 03
python -m lessons.check 03 softmax_backward    one function of it
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Collection
from pathlib import Path

from lessons.checks.progress import Progress
from lessons.checks.run import FileError, Result, check_each, check_exercise
from lessons.exercise_files import EXERCISES, SOLUTIONS, Exercise, all_exercises, shown
from nrms_np.command import run_command

FAILURES_BEFORE_HINT, FAILURES_BEFORE_MORE = 2, 4
MOST_PRINTED = 20
WIDTH = 110
INDENT = " " * 9


def main(arguments: list[str] | None = None, folder: Path = EXERCISES) -> int:
    """Run the command. Returns 0 when everything that was asked for is done, else 1."""
    parser = argparse.ArgumentParser(prog="python -m lessons.check", description="Check the exercises of the course.")
    parser.add_argument(
        "lesson",
        nargs="*",
        help="two digits, such as 03, and after them names of its functions where not all are meant; without any: the "
        "progress over the course",
    )
    parser.add_argument("--solutions", action="store_true", help="check the solutions instead of your files")
    options = parser.parse_args(arguments)
    asked = _asked(options.lesson, parser)
    if options.solutions:
        folder = SOLUTIONS
    if not asked:
        return 0 if show_progress(all_exercises(), folder) else 1
    progress = None if options.solutions else Progress.read(folder)
    answers = [check_lesson(exercise, folder, progress, functions) for exercise, functions in asked]
    if progress is not None:
        progress.write()
    return 0 if all(results and all(result.state == "done" for result in results) for results in answers) else 1


def _asked(words: list[str], parser: argparse.ArgumentParser) -> list[tuple[Exercise, list[str]]]:
    """Each lesson with the functions that are named after it, none for all."""
    exercises = {exercise.number: exercise for exercise in all_exercises()}
    asked: list[tuple[Exercise, list[str]]] = []
    for word in words:
        if word.isdigit():
            if word.zfill(2) not in exercises:
                parser.error(f"there is no lesson {word}; the lessons are {min(exercises)} to {max(exercises)}.")
            asked.append((exercises[word.zfill(2)], []))
        elif not asked:
            parser.error(f"the number of the lesson comes before the name of a function, as in 03 {word}.")
        elif word not in asked[-1][0].functions():
            exercise = asked[-1][0]
            parser.error(f"lesson {exercise.number} asks for {', '.join(exercise.functions())}; there is no {word}.")
        else:
            asked[-1][1].append(word)
    return asked


def check_lesson(
    exercise: Exercise, folder: Path, progress: Progress | None, functions: Collection[str] = ()
) -> list[Result]:
    """Check functions of one lesson, all where none are named, and print an answer for each.

    Returns the answers, none where the file cannot be run.
    """
    print(f"Lesson {exercise.number}, {exercise.title}: {shown(folder / exercise.file)}\n")
    waiting = [name for name in exercise.functions() if not functions or name in functions]
    results: list[Result] = []
    try:
        for result in check_each(exercise, folder, functions):
            _print_result(exercise, result, progress)
            results.append(result)
            waiting.remove(result.function)
    except FileError as error:
        print(f"{error}\n\nNothing could be checked.\n")
        return []
    except KeyboardInterrupt:
        print(f"  {waiting[0]} was running, what comes after it was not looked at.")
        raise
    done = sum(result.state == "done" for result in results)
    print(f"\n{done} of {len(results)} done.\n")
    return results


def _print_result(exercise: Exercise, result: Result, progress: Progress | None) -> None:
    print(f"  {result.state:5}  {result.function}")
    for line in result.problem.splitlines():
        _print_wrapped(line)
    # A blank is no failure, nor is what waits for one: the reader has not begun.
    if progress is not None and result.state == "done":
        progress.passed(exercise.name, result.function)
    elif progress is not None and result.state == "wrong":
        failures = progress.failed(exercise.name, result.function)
        hint = failures >= FAILURES_BEFORE_HINT
        _print_wrapped(f"Hint: {result.hint}" if hint else "(After the next wrong try there is a hint.)")
        if result.more and failures >= FAILURES_BEFORE_MORE:
            _print_wrapped(f"And: {result.more}")
    if result.printed.strip():
        _print_wrapped("Printed by your code:")
        lines = result.printed.strip().splitlines()
        print(textwrap.indent("\n".join(lines[:MOST_PRINTED]), INDENT + "    "))
        if len(lines) > MOST_PRINTED:
            _print_wrapped(f"    and {len(lines) - MOST_PRINTED} more lines.")
    sys.stdout.flush()


def show_progress(exercises: list[Exercise], folder: Path) -> bool:
    """Check all lessons and print one line each, with what comes next in it. Returns whether all are done."""
    print("lesson                        done")
    done_in_all = in_all = 0
    for exercise in exercises:
        functions = len(exercise.functions())
        try:
            open_ = [result.function for result in check_exercise(exercise, folder) if result.state != "done"]
            remark = f"  next: {open_[0]}" if open_ else ""
        except FileError as error:
            open_, remark = list(exercise.functions()), f"  {str(error).splitlines()[0]}"
        done = functions - len(open_)
        bar = "#" * done + "." * len(open_)
        print(f"{exercise.number} {exercise.title:24}  {done:2} of {functions:2}  {bar:12}{remark}".rstrip())
        done_in_all += done
        in_all += functions
    print(f"{'':26} {done_in_all:3} of {in_all:2}")
    return done_in_all == in_all


def _print_wrapped(line: str) -> None:
    inner = INDENT + " " * (len(line) - len(line.lstrip()))
    print(textwrap.fill(line.strip(), WIDTH, initial_indent=inner, subsequent_indent=inner, break_on_hyphens=False))


if __name__ == "__main__":
    run_command(main)
