"""The page of a lesson and the annotated layers: what is folded, asked, framed and set side by side."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from lessons.checks.compare import AnswerError, expect
from nrms_np.palette import LIGHT

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs"))
LESSONS = sorted((ROOT / "lessons").glob("[0-9][0-9]_*.py"))
LAYERS = ("additive_attention", "click", "dropout", "embedding", "self_attention", "softmax")
ASKING = re.compile(r"^# \*Predict first:\* [^\n]+\n(?:# [^\n]+\n)*\n+# %%\n", re.M)


def test_the_pieces_of_a_cell_join_to_it_and_what_draws_and_what_tells_the_answer_is_folded():
    pieces = pytest.importorskip("pages.cells", reason="no docutils").pieces
    code = 'x = 1\ncourse.show(\n    draw.it(x),\n    "name",\n)\nassert x == 1\nassert (\n    x\n)\nprint(x)\n'
    for asked, kinds in ((False, ["", "drawing", ""]), (True, ["", "drawing", "assert", ""])):
        found = pieces(code, asked)
        assert "".join(text for _, text in found) == code
        assert [kind for kind, _ in found] == kinds
        assert found[1][1].startswith("course.show(")
    assert found[2][1] == "assert x == 1\nassert (\n    x\n)\n"


def test_lessons_ask_for_a_guess_right_before_a_cell():
    for path in LESSONS[:16]:
        text = path.read_text(encoding="utf-8")
        assert 1 <= len(ASKING.findall(text)) == text.count("*Predict first:*"), path.name


@pytest.mark.parametrize("name", LAYERS)
def test_side_by_side_has_every_line_of_a_backward_once(name):
    sides = pytest.importorskip("pages.sides", reason="no Pygments")
    module = import_module(f"nrms_np.layers.{name}")
    for backward in [function for of, function in vars(module).items() if of.endswith("_backward")]:
        if backward.__module__ != module.__name__:
            continue
        forward = getattr(module, backward.__name__.replace("_backward", "_forward"))
        rows = sides.aligned(forward, backward)
        beside = sorted(line for _, parts in rows for part in parts for line in part.splitlines())
        source = Path(module.__file__).read_text(encoding="utf-8")
        body = source.partition(f"def {backward.__name__}(")[2].partition("\n\n\ndef ")[0]
        assert beside == sorted(line for line in body.rpartition('"""')[2].splitlines() if line)


def test_side_by_side_puts_a_line_beside_the_one_it_differentiates():
    aligned = pytest.importorskip("pages.sides", reason="no Pygments").aligned

    from nrms_np.layers import additive_attention as layer

    rows = aligned(layer.additive_attention_forward, layer.additive_attention_backward)
    beside = {line.code.strip().partition(" = ")[0]: "".join(parts) for line, parts in rows}
    assert "da = softmax_backward(" in beside["alpha, _"]
    assert "d_hidden = np.outer(da, q)" in beside["a"]
    assert "dW = h.T @ dz" in beside["hidden"]
    assert "dz = d_hidden" in beside["hidden"]


@pytest.mark.parametrize("shape", [(3, 5), (6,), (2, 3, 4), (20, 30)])
def test_the_number_of_the_sentence_is_framed(shape):
    from pages.wrong import MOST, table

    right = np.random.default_rng(0).standard_normal(shape)
    got = right.copy()
    got.flat[0] += 0.5
    got.flat[-2] -= 1.0
    with pytest.raises(AnswerError) as caught:
        expect(got, da=right)
    html = table("f", caught.value.array)
    (framed,) = re.findall(r'<td class="worst">(.*?)<span>expected (.*?)</span></td>', html)
    said = re.search(r"expected (\S+), got (\S+)\. 2 of", str(caught.value).replace("-", "−"))
    assert framed == (said[2], said[1])
    assert f"Framed: {str(caught.value).partition(' is wrong')[0]}," in html
    assert html.count("<tr>") <= MOST[0] + 1
    assert ('class="off"' in html) == (len(shape) < 3 and shape != (20, 30))  # the other one is far from it there


@pytest.mark.slow
def test_drawing_is_folded_and_runs_and_stands_in_the_editor(address, page):
    page.goto(f"{address}/lessons/03_equation_1.html")
    drawing = page.locator("details.folded", has=page.locator("summary", has_text="drawing"))
    folded = page.locator(".cell").locator(drawing).first
    assert folded.locator("pre").is_hidden()
    folded.locator("summary").focus()
    page.keyboard.press("Enter")
    assert folded.locator("pre").inner_text().startswith("course.show(")
    cell = page.locator(".cell", has=drawing).first
    assert page.evaluate("course.cells.some(c => /^S = [^]*course.show[(][^]*[)]$/.test(c.code))")
    cell.locator("xpath=following-sibling::div[contains(@class, 'bar')][1]").locator("button", has_text="Edit").click()
    page.locator(".cm-content", has_text="course.show(").wait_for()


@pytest.mark.slow
def test_an_output_waits_for_the_guess(site, address, page):
    said = 0
    for path in LESSONS[:16]:
        page.goto(f"{address}/lessons/{path.stem}.html")
        asked = page.locator("p.ask")
        hidden = page.locator("details.predict")
        assert asked.count() == hidden.count() == path.read_text(encoding="utf-8").count("*Predict first:*"), path.name
        seen = page.locator(".ask + .cell > :not(details)").all_inner_texts()
        assert len(seen) >= asked.count()
        assert not re.search("^assert ", "\n".join(seen), re.M), path.name  # within a block there may be one
        for place in range(hidden.count()):
            output = hidden.nth(place).locator("pre, figure").first
            assert output.is_hidden()
            hidden.nth(place).locator("summary").press("Enter")
            assert output.is_visible()
        said += page.locator("details.predict > p:not(.sphx-glr-script-out)").count()
        # What the lesson says about an output does not go away with it when the cell runs.
        assert page.locator(".recorded p:not(.sphx-glr-script-out)").count() == 0, path.name
    assert said > 10


@pytest.mark.slow
def test_without_scripts_a_lesson_is_read_and_opened(address, chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/lessons/03_equation_1.html")
    page.locator("details.predict summary").first.click()
    assert "0.24 0.67 0.09" in page.locator("details.predict pre").first.inner_text()
    page.locator("details.folded summary").first.click()
    assert page.locator("details.folded pre").first.is_visible()
    context.close()


@pytest.mark.slow
def test_a_wrong_answer_shows_its_array(address, page, python):
    file = "03_equation_1.py"
    blank = (ROOT / "lessons" / "exercises" / file).read_text(encoding="utf-8")
    wrong = blank.replace("    raise NotImplementedError", "    return alpha * (1 - alpha) * d_alpha")
    page.goto(f"{address}/lessons/03_equation_1.html")
    page.evaluate("([file, text]) => localStorage.setItem('course/' + file, text)", [file, wrong])
    page.reload()
    exercise = page.locator("#exercise-softmax_backward")
    exercise.locator("button", has_text="Check").click()
    framed = exercise.locator("figure.wrong td.worst")
    framed.wait_for()
    sentence = exercise.locator(".live pre").first.inner_text().replace("-", "−")
    got, expected = framed.inner_text().split("\n")
    assert f"{expected}, got {got}." in re.sub(r"\s+", " ", sentence)
    said = exercise.locator(".live pre").first
    assert said.evaluate("pre => (pre.style.whiteSpace = 'pre', pre.scrollWidth <= pre.clientWidth)")  # no line breaks


@pytest.mark.slow
def test_lines_of_an_exercise_have_the_numbers_of_the_file(address, page):
    lines = (ROOT / "lessons" / "exercises" / "03_equation_1.py").read_text(encoding="utf-8").splitlines()
    page.goto(f"{address}/lessons/03_equation_1.html")
    parts = page.evaluate(
        "[...document.querySelectorAll('pre.blank')].map(pre => [Number(pre.style.counterReset.split(' ')[1]),"
        "[...pre.querySelectorAll('.line')].map(line => line.textContent.trimEnd())])"
    )
    assert len(parts) > 3
    for above, texts in parts:
        assert lines[above : above + len(texts)] == texts


@pytest.mark.slow
def test_a_cell_says_that_it_waits_for_those_above_and_stops(address, page, python):
    page.goto(f"{address}/lessons/03_equation_1.html")
    bar = page.locator(".bar[aria-label='cell 2']")
    output = bar.locator("xpath=following-sibling::div[contains(@class, 'live')][1]")
    bar.locator(".run").click()
    output.locator(".step", has_text="Waiting for the cells above. Loading Python").wait_for()
    bar.locator("button", has_text="Stop").click()
    output.locator(".note", has_text="Stopped").wait_for()
    assert page.evaluate("course.cells.every(cell => cell.state === 'new')")
    bar.locator("button", has_text="Run").first.click()
    page.locator(".bar[aria-label='cell 2'][data-state=done]").wait_for()
    assert page.evaluate("course.cells.slice(0, 3).map(cell => cell.state)") == ["done", "done", "new"]
    assert "Waiting" not in output.inner_text()


@pytest.mark.slow
def test_who_runs_a_cell_has_guessed_and_reads_what_is_said_about_it(address, page, python):
    page.goto(f"{address}/lessons/03_equation_1.html")
    fold = page.locator("details.predict", has=page.locator("> p:not(.sphx-glr-script-out)")).first
    said, button = fold.locator("> p:not(.sphx-glr-script-out)").first, fold.locator("summary")
    number = page.evaluate("course.cells.find(cell => cell.fold).number")
    assert said.is_hidden()
    assert button.is_visible()
    page.locator(f".bar[aria-label='cell {number}'] .run").click()
    page.locator(f".bar[aria-label='cell {number}'][data-state=done]").wait_for()
    assert said.is_visible()
    assert button.is_hidden()
    page.evaluate(f"course.cells[{number - 1}].reset()")
    assert button.is_visible()
    button.click()
    page.evaluate(f"course.cells[{number - 1}].keep('1 / 0')")
    page.locator(f".bar[aria-label='cell {number}'] .run").click()
    page.locator(f".bar[aria-label='cell {number}'][data-state=failed]").wait_for()
    assert said.is_hidden()  # an error is no answer


@pytest.mark.slow
def test_what_a_reader_changed_in_a_cell_is_kept_until_it_is_reset_or_the_lesson_changes(address, page):
    page.goto(f"{address}/lessons/03_equation_1.html")
    bar, editors, code = page.locator(".bar[aria-label='cell 2']"), page.locator(".cm-content"), "course.cells[1].code"
    right = page.evaluate(code)
    bar.locator("button", has_text="Edit").click()
    editors.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("print('mine')")
    page.reload()
    assert page.evaluate(code) == "print('mine')"
    editors.get_by_text("print('mine')").wait_for()
    assert "kept in this browser" in bar.inner_text()
    kept = "JSON.parse(localStorage['course/cells/03_equation_1'])"
    page.evaluate(
        f"const kept = {kept}; kept[2][0] += '#'; localStorage['course/cells/03_equation_1'] = JSON.stringify(kept)"
    )
    page.reload()
    assert page.evaluate(code) == right  # the lesson says something else there now
    bar.locator("button", has_text="Edit").click()
    editors.click()
    page.keyboard.insert_text("#")
    bar.locator("button", has_text="Reset").click()
    assert page.evaluate(kept) == {}
    assert editors.count() == 0


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_code_has_the_colours_of_the_editor(address, page, theme):
    page.emulate_media(color_scheme=theme)
    page.goto(f"{address}/lessons/03_equation_1.html")
    colour = "name => getComputedStyle(document.querySelector('.cell ' + name)).color"
    seen = {name: page.evaluate(colour, name) for name in (".c1", ".mi", ".s2", ".k", ".n")}
    assert len(set(seen.values())) == len(seen)
    page.locator(".bar button", has_text="Edit").first.click()
    page.locator(".cm-content").wait_for()
    edited = page.evaluate("[...document.querySelectorAll('.cm-line span')].map(span => getComputedStyle(span).color)")
    assert set(edited) <= set(seen.values())


@pytest.mark.slow
def test_forward_and_backward_change_places_on_a_phone(address, page):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{address}/annotated/additive_attention.html")
    sides = page.locator(".sides").first
    forward, backward = (
        sides.locator(f"td:nth-child({column}) pre", has_text=text).first
        for column, text in ((1, "np.tanh"), (2, "dz ="))
    )
    assert forward.is_visible()
    assert backward.is_hidden()
    sides.locator("input").first.focus()
    page.keyboard.press("ArrowRight")
    assert forward.is_hidden()
    assert backward.is_visible()
    shown = sides.evaluate(
        "sides => [...sides.querySelectorAll('td:nth-child(2) pre')].map(p => [p.getBoundingClientRect().y, p.textContent])"
    )
    text = "\n".join(code for _, code in sorted(shown))
    places = [text.index(line) for line in ("d_alpha = ", " da = ", " dz = ", " dW = ")]
    assert places == sorted(places)  # each comes after what it needs
    page.set_viewport_size({"width": 1280, "height": 800})
    assert forward.is_visible()
    assert backward.is_visible()


@pytest.mark.slow
def test_letters_stay_in_sight_and_light_up(address, page):
    page.set_viewport_size(
        {"width": 1440, "height": 900}
    )  # what is narrower has them behind the button of the contents
    page.goto(f"{address}/lessons/04_equation_2.html")
    row = page.locator(".toc-sticky .letters tr", has_text="matrices of all heads")
    assert row.is_visible()
    row.hover()
    assert page.locator("mi.glow").count() > 3
    assert page.locator(".highlight .n.glow", has_text="Q").count() > 1
    page.locator("h1").hover()
    assert page.locator(".glow").count() == 0


@pytest.mark.slow
def test_where_a_browser_sets_no_formulas_they_are_lines_of_text(address, page):
    page.add_init_script("delete window.MathMLElement")
    page.goto(f"{address}/lessons/03_equation_1.html")
    page.locator(".note", has_text="sets no formulas").wait_for()
    assert page.locator("math").count() == 0
    formula = page.locator(".math-block .formula-text").first.inner_text()
    assert re.sub(r"\s", "", formula).startswith("α_(i,j)=(exp(")
    assert "\\" not in formula
    assert page.faults == []


@pytest.mark.slow
def test_code_leads_to_the_api_and_a_lesson_to_its_neighbours_and_files(site, address, page):
    page.goto(f"{address}/lessons/03_equation_1.html")
    for name in ("softmax_forward", "softmax_backward", "check_gradients", "numerical_gradient"):
        assert page.locator(f".cell a[href*='api/'][href$='.{name}']").count() > 0, name
    assert page.locator("a.prev-page, a.next-page").count() == 2
    for ending in (".py", ".ipynb"):
        (address_of,) = {link.get_attribute("href") for link in page.locator(f"a.download[href$='{ending}']").all()}
        assert (site / "lessons" / address_of).exists()


@pytest.mark.slow
def test_no_id_stands_twice_in_a_page(site):
    for path in site.rglob("*.html"):
        if "_static" not in path.parts:
            found = re.findall(r' id="([^"]+)"', path.read_text(encoding="utf-8"))
            assert len(found) == len(set(found)), (path, {each for each in found if found.count(each) > 1})


@pytest.mark.slow
def test_on_paper_a_lesson_is_light_and_whole(address, page):
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(f"{address}/lessons/03_equation_1.html")
    folded = page.locator("article details:not([open])")
    before = folded.count()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert folded.count() == 0 < before
    assert page.evaluate("getComputedStyle(document.body).getPropertyValue('--paper').trim()") == LIGHT.paper
    assert page.locator(".bar").first.is_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert folded.count() == before
