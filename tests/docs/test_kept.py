"""What the reader writes in the exercises: kept by the browser, taken from a file, marked, and in two tabs at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LESSON = "lessons/03_equation_1.html"
FILE = "03_equation_1.py"
BLANK = (ROOT / "lessons" / "exercises" / FILE).read_text(encoding="utf-8")
SOLUTION = (ROOT / "lessons" / "solutions" / FILE).read_text(encoding="utf-8")
ONE, OTHER = "softmax_forward", "softmax_backward"

pytestmark = pytest.mark.slow


def kept(page, key=FILE):
    return page.evaluate("key => localStorage.getItem('course/' + key)", key)


def keep(page, key, text):
    page.evaluate("([key, text]) => localStorage.setItem('course/' + key, text)", [key, text])
    page.reload()


def type_into(page, function, text):
    """Open a function's editor and write a line at its end."""
    exercise = page.locator(f"#exercise-{function}")
    exercise.locator("button", has_text="Edit").click()
    exercise.locator(".cm-content").wait_for()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(f"{text}\n")


def test_a_double_click_makes_one_editor_and_it_is_the_one_that_is_read(address, page):
    page.goto(f"{address}/{LESSON}")
    page.locator(f"#exercise-{OTHER} pre.blank").dblclick()
    editors = page.locator(f"#exercise-{OTHER} .cm-content")
    editors.first.wait_for()
    page.wait_for_timeout(300)
    assert editors.count() == 1
    type_into(page, OTHER, "# mine")
    assert "# mine" in kept(page)


def test_a_file_of_another_lesson_or_of_another_encoding_is_not_taken(address, page, tmp_path):
    page.goto(f"{address}/{LESSON}")
    keep(page, FILE, SOLUTION)
    latin = tmp_path / "latin.py"
    latin.write_bytes(f"# né\n{BLANK}".encode("latin-1", "replace"))
    other = next((ROOT / "lessons" / "exercises").glob("02_*.py"))
    for path, why in ((other, f"it has no function derive_weight_by_score, {ONE}"), (latin, "no text in UTF-8")):
        page.locator(".exercises input[type=file]").set_input_files(str(path))
        page.locator(".exercises > .note", has_text=why).wait_for()
        assert kept(page) == SOLUTION


def test_a_file_takes_the_place_of_what_was_written_only_if_the_reader_says_so(address, page, tmp_path):
    page.goto(f"{address}/{LESSON}")
    mine = BLANK.replace("raise NotImplementedError", "return 1")
    keep(page, FILE, mine)
    keep(page, "done", json.dumps({"03_equation_1": {OTHER: "done"}}))
    (tmp_path / FILE).write_text(SOLUTION, encoding="utf-8")
    for answer, text, state in (("dismiss", mine, "done"), ("accept", SOLUTION, "blank")):
        with page.expect_event("dialog") as asked:
            page.once("dialog", lambda dialog, answer=answer: getattr(dialog, answer)())
            page.locator(".exercises input[type=file]").set_input_files(str(tmp_path / FILE))
        assert FILE in asked.value.message
        page.wait_for_function("text => localStorage.getItem('course/03_equation_1.py') === text", arg=text)
        assert page.locator(f"#exercise-{OTHER} h3").get_attribute("data-state") == state


def test_a_mark_goes_when_its_function_is_changed(address, page):
    page.goto(f"{address}/{LESSON}")
    keep(page, "done", json.dumps({"03_equation_1": {ONE: "done", OTHER: "done"}}))
    type_into(page, OTHER, "#")
    states = {name: page.locator(f"#exercise-{name} h3").get_attribute("data-state") for name in (ONE, OTHER)}
    assert states == {ONE: "done", OTHER: "blank"}
    assert json.loads(kept(page, "done")) == {"03_equation_1": {ONE: "done"}}


def test_two_tabs_of_a_lesson_lose_nothing_of_each_other(address, page):
    page.goto(f"{address}/{LESSON}")
    second = page.context.new_page()
    second.goto(f"{address}/{LESSON}")
    type_into(second, ONE, "# in the second")
    page.locator(f"#exercise-{ONE} pre.blank", has_text="# in the second").wait_for()
    type_into(page, OTHER, "# in the first")
    assert "# in the second" in kept(page)
    assert "# in the first" in kept(page)


def test_where_nothing_may_be_kept_the_lesson_runs_all_the_same(address, page, python):
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })"
    )
    page.goto(f"{address}/{LESSON}")
    assert page.locator(f"#exercise-{OTHER}").count() == 1
    page.locator(".bar[aria-label='cell 1'] .run").click()
    page.locator(".bar[aria-label='cell 1'][data-state=done]").wait_for()


def test_where_no_room_is_left_the_page_says_so_and_the_answer_of_a_check_stays(address, page, python):
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };")
    page.goto(f"{address}/{LESSON}")
    type_into(page, OTHER, "# mine")
    page.locator(".exercises > .note", has_text="keeps nothing more; download the file").wait_for()
    exercise = page.locator(f"#exercise-{OTHER}")
    exercise.locator("button", has_text="Check").click()
    exercise.locator(".live pre", has_text=" done.").wait_for()
    assert exercise.locator(".live .note").count() == 0
    with page.expect_download() as download:
        page.locator("button", has_text="Download the file").click()
    assert "# mine" in Path(download.value.path()).read_text(encoding="utf-8")


def test_start_again_reaches_python(address, page, python):
    page.goto(f"{address}/{LESSON}")
    keep(page, FILE, f"{BLANK}# mine\n")
    look = f"print('mine' if '# mine' in open('lessons/exercises/{FILE}').read() else 'blank')"
    page.evaluate("code => course.cells[0].keep(code)", look)
    run = page.locator(".bar[aria-label='cell 1'] .run")
    run.click()
    page.locator(".live pre", has_text="mine").wait_for()
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("button", has_text="Start again").click()
    assert kept(page) is None
    run.click()
    page.locator(".live pre", has_text="blank").wait_for()


def test_a_function_pasted_without_a_line_break_leaves_the_next_one_alone(address, page):
    page.goto(f"{address}/{LESSON}")
    exercise = page.locator(f"#exercise-{ONE}")
    exercise.locator("button", has_text="Edit").click()
    exercise.locator(".cm-content").wait_for()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(f"def {ONE}(a):\n    return a")
    assert f"    return a\ndef {OTHER}(" in kept(page)
    page.reload()
    assert page.locator(f"#exercise-{OTHER}").count() == 1


def test_a_function_that_is_not_in_the_kept_text_stands_there_blank(address, page):
    page.goto(f"{address}/{LESSON}")
    without, _, rest = SOLUTION.partition(f"def {OTHER}(")
    keep(page, FILE, without + "def cross_scores_backward(" + rest.partition("def cross_scores_backward(")[2])
    page.locator(f"#exercise-{OTHER} pre.blank", has_text="raise NotImplementedError").wait_for()
    type_into(page, OTHER, "# again")
    page.reload()
    page.locator(f"#exercise-{OTHER} pre.blank", has_text="# again").wait_for()
    assert kept(page).count(f"def {OTHER}(") == 1


def test_line_ends_of_another_system_are_no_change(address, page, tmp_path):
    page.goto(f"{address}/{LESSON}")
    (tmp_path / FILE).write_bytes(SOLUTION.replace("\n", "\r\n").encode())
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator(".exercises input[type=file]").set_input_files(str(tmp_path / FILE))
    page.wait_for_function("text => localStorage.getItem('course/03_equation_1.py') === text", arg=SOLUTION)


def test_two_tabs_of_a_lesson_show_the_same_cells(address, page):
    page.goto(f"{address}/{LESSON}")
    second = page.context.new_page()
    second.goto(f"{address}/{LESSON}")
    second.evaluate("course.cells[0].keep('a = 1')")
    page.wait_for_function("course.cells[0].code === 'a = 1' && course.cells[0].editor?.text === 'a = 1'")
    page.evaluate("course.cells[1].keep('b = 2')")
    second.wait_for_function("course.cells[1].code === 'b = 2'")
    second.locator(".bar[aria-label='cell 1'] button", has_text="Reset").click()
    page.wait_for_function("course.cells[0].code === course.cells[0].original")
    assert page.evaluate("course.cells[0].editor.text === course.cells[0].original")
    assert [value[1] for value in json.loads(kept(page, "cells/03_equation_1")).values()] == ["b = 2"]


def test_lines_of_an_open_editor_follow_an_editor_above_it(address, page):
    page.goto(f"{address}/{LESSON}")
    for name in (ONE, OTHER):
        page.locator(f"#exercise-{name} button", has_text="Edit").click()
        page.locator(f"#exercise-{name} .cm-content").wait_for()
    first = f"[...document.querySelectorAll('#exercise-{OTHER} .cm-gutterElement')].filter(e => e.offsetHeight)[0].innerText"
    before = int(page.evaluate(first))
    page.locator(f"#exercise-{ONE} .cm-content").click()
    page.keyboard.press("Control+End")
    for _ in range(3):
        page.keyboard.press("Enter")
    page.wait_for_function(f"Number({first}) === {before + 3}")


def test_the_home_page_shows_what_another_tab_reached(address, page):
    page.goto(f"{address}/index.html")
    second = page.context.new_page()
    second.goto(f"{address}/{LESSON}")
    keep(second, "done", json.dumps({"03_equation_1": {ONE: "done"}}))
    page.wait_for_function("document.querySelector(`progress[data-lesson='03_equation_1']`).value === 1")
    assert page.locator(".call.start").inner_text().startswith("Go on with lesson")
