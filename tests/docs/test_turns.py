"""Cells and checks ask one Python in turns: what waits, what stops, and which cells know that Python forgot them."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LESSON = "lessons/03_equation_1.html"
FILE = "03_equation_1.py"
BLANK = (ROOT / "lessons" / "exercises" / FILE).read_text(encoding="utf-8")
ENDLESS = "print('begun', flush=True)\nwhile True:\n    pass"

pytestmark = pytest.mark.slow


def opened(page, address, codes=()):
    """The lesson, its first cells with codes of their own."""
    page.goto(f"{address}/{LESSON}")
    for place, code in enumerate(codes):
        page.evaluate("([place, code]) => course.cells[place].keep(code)", [place, code])


def bar(page, number):
    return page.locator(f".bar[aria-label='cell {number}']")


def output(page, number):
    return bar(page, number).locator("xpath=following-sibling::div[contains(@class, 'live')][1]")


def run(page, number):
    bar(page, number).locator(".run").click()


def is_done(page, number):
    page.locator(f".bar[aria-label='cell {number}'][data-state=done]").wait_for()


def states(page, count):
    return page.evaluate("count => course.cells.slice(0, count).map(cell => cell.state)", count)


def test_a_check_is_stopped_and_the_cells_know_that_python_is_gone(address, page, python):
    opened(page, address)
    endless = BLANK.replace("    raise NotImplementedError", "    while True:\n        pass")
    page.evaluate("([file, text]) => localStorage.setItem('course/' + file, text)", [FILE, endless])
    page.reload()
    run(page, 1)
    is_done(page, 1)
    exercise = page.locator("#exercise-softmax_backward")
    button = exercise.locator(".run")
    button.click()
    exercise.locator(".live pre", has_text="Lesson 03").wait_for()
    assert button.inner_text() == "Stop"
    button.click()
    exercise.locator(".note", has_text="Stopped").wait_for()
    assert exercise.locator(".live pre", has_text="Lesson 03").count() == 1  # what was said stays
    assert button.inner_text() == "Check"
    assert states(page, 2) == ["new", "new"]
    run(page, 2)
    is_done(page, 2)
    assert states(page, 2) == ["done", "done"]


def test_run_to_here_leaves_no_cell_marked_whose_values_are_gone(address, page, python):
    opened(page, address, ("a = 1", "b = a + 1", "print('c is', b + 1)"))
    run(page, 3)
    is_done(page, 3)
    bar(page, 1).locator("button", has_text="Run to here").click()
    page.wait_for_function("course.cells[0].state === 'done' && course.cells[2].state === 'new'")
    assert states(page, 3) == ["done", "new", "new"]
    run(page, 3)
    is_done(page, 3)
    assert output(page, 3).inner_text().strip() == "c is 3"


def test_cells_pressed_one_after_the_other_run_once_each(address, page, python):
    count = "n = globals().get('n', 0) + 1\nprint('n is', n)"
    opened(page, address, (count, count, "print('in all', n)"))
    run(page, 3)  # waits for those above, and while Python is loaded the reader presses one of them
    run(page, 2)
    is_done(page, 3)
    page.wait_for_function("course.cells[1].state === 'done'")
    assert [output(page, number).inner_text().strip() for number in (1, 2, 3)] == ["n is 1", "n is 2", "in all 2"]
    run(page, 3)  # comes after whatever the second press may still have begun
    is_done(page, 3)
    assert output(page, 3).inner_text().strip() == "in all 2"


def test_stop_of_what_waits_stops_only_that_and_stop_of_what_runs_all_of_it(address, page, python):
    opened(page, address, (ENDLESS, "2"))
    run(page, 1)
    output(page, 1).locator("pre", has_text="begun").wait_for()
    run(page, 2)
    output(page, 2).locator(".step", has_text="Waiting").wait_for()
    run(page, 2)
    output(page, 2).locator(".note", has_text="It had not begun").wait_for()
    assert states(page, 2) == ["running", "new"]
    run(page, 2)
    run(page, 1)
    output(page, 1).locator(".note", has_text="Stopped").wait_for()
    assert states(page, 2) == ["new", "new"]


def test_a_cell_that_was_changed_or_reset_is_to_be_run_again(address, page, python):
    opened(page, address, ("a = 1", "print('a is', a)"))
    run(page, 2)
    is_done(page, 2)
    page.evaluate("course.cells[0].keep('a = 5')")
    assert states(page, 2) == ["new", "done"]
    run(page, 2)
    page.wait_for_function("course.cells[0].state === 'done' && course.cells[1].state === 'done'")
    assert output(page, 2).inner_text().strip() == "a is 5"
    bar(page, 1).locator("button", has_text="Reset").click()
    assert states(page, 1) == ["new"]
    assert page.evaluate("document.activeElement.textContent") == "Edit"


def test_a_loop_that_prints_shows_its_beginning_and_its_end(address, page, python):
    opened(page, address, ("for i in range(30_000):\n    print('line', i)",))
    run(page, 1)
    is_done(page, 1)
    text = output(page, 1).locator("pre").text_content()
    assert text.startswith("line 0\nline 1\n")
    assert text.endswith("line 29998\nline 29999\n")
    assert text.count("left out here") == 1
    assert len(text) < 150_000


def test_a_double_click_on_check_checks_once(address, page, python):
    opened(page, address)
    exercise = page.locator("#exercise-softmax_backward")
    exercise.locator(".run").dblclick()
    exercise.locator(".live pre", has_text=" done.").wait_for()
    assert exercise.locator(".live").inner_text().count("Lesson 03") == 1


def test_a_key_that_is_held_down_presses_once(address, page):
    # A worker that never answers: whatever is pressed stays as the first press left it.
    page.route(
        "**/worker.js", lambda route: route.fulfill(content_type="text/javascript", body="onmessage = () => {};")
    )
    opened(page, address)
    page.evaluate(
        "window.stops = 0; const stop = course.engine.stop.bind(course.engine);"
        "course.engine.stop = (who) => (stops++, stop(who)); null"
    )
    bar(page, 1).locator(".run").focus()
    for _ in range(4):
        page.keyboard.down("Enter")  # from the second one on it is a repetition
    page.keyboard.up("Enter")
    page.locator("#exercise-softmax_backward button", has_text="Edit").click()
    page.locator("#exercise-softmax_backward .cm-content").wait_for()
    page.keyboard.down("Control")
    for _ in range(4):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    page.keyboard.up("Control")
    assert page.evaluate("stops") == 0
    assert states(page, 1) == ["running"]
    assert page.locator("#exercise-softmax_backward .run").inner_text() == "Stop"


def test_run_to_here_runs_again_what_ran_above_a_cell_further_down(address, page, python):
    opened(
        page, address, ("import time\nend = time.time() + 3", "while time.time() < end:\n    pass", "m = 3", "print(m)")
    )
    run(page, 4)
    page.wait_for_function("course.cells[1].state === 'running'")
    bar(page, 3).locator("button", has_text="Run to here").click()
    page.wait_for_function("course.cells[2].state === 'done' && course.cells[3].state === 'new'")  # Python began anew
    assert states(page, 4) == ["done", "done", "done", "new"]


def test_a_check_that_cannot_begin_leaves_the_marks_of_others(address, page, python):
    opened(page, address)
    solution = (ROOT / "lessons" / "solutions" / FILE).read_text(encoding="utf-8")
    broken = solution.replace("def softmax_backward(", "def softmax_backward(,", 1)
    page.evaluate(
        "([file, text]) => { localStorage.setItem('course/' + file, text);"
        "localStorage.setItem('course/done', JSON.stringify({'03_equation_1': {softmax_forward: 'done'}})); }",
        [FILE, broken],
    )
    page.reload()
    page.locator("button", has_text="Check all").click()
    page.locator(".exercises > .live pre", has_text="Nothing could be checked").wait_for()
    page.locator("button", has_text="Check all").wait_for()
    assert page.locator("#exercise-softmax_forward h3").get_attribute("data-state") == "done"
    assert page.locator("#exercise-cross_scores_backward h3").get_attribute("data-state") == "blank"


def test_where_memory_is_shared_stop_keeps_the_values_and_the_second_one_ends_python(sharing_address, page, python):
    endless = "        print('begun', flush=True)\n        while True:\n            pass\n"
    stubborn = f"while True:\n    try:\n{endless}    except BaseException:\n        pass"
    opened(page, sharing_address, ("a = 1", ENDLESS, stubborn))
    assert page.evaluate("crossOriginIsolated")
    run(page, 2)
    output(page, 2).locator("pre", has_text="begun").wait_for()
    run(page, 2)
    output(page, 2).locator(".note", has_text="is still there").wait_for()
    assert states(page, 2) == ["done", "new"]
    page.evaluate("course.cells[1].keep('a = 2')")
    run(page, 3)
    output(page, 3).locator("pre", has_text="begun").wait_for()
    run(page, 3)
    output(page, 3).locator("pre", has_text="begun\nbegun").wait_for()
    assert states(page, 3) == ["done", "done", "running"]
    run(page, 3)
    output(page, 3).locator(".note", has_text="is gone").wait_for()
    assert states(page, 3) == ["new", "new", "new"]
