"""The page 'Build your own NRMS': the reader's pieces train the small world in the page, and it is `lessons.mine` that says so."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lessons.exercise_files import all_exercises
from lessons.mine.pieces import asked_for

ROOT = Path(__file__).resolve().parents[2]
EXERCISES, SOLUTIONS = ROOT / "lessons" / "exercises", ROOT / "lessons" / "solutions"
MOST_SECONDS = 600  # a quiet machine takes about one minute

pytestmark = pytest.mark.slow


def keep(page, texts):
    for file, text in texts.items():
        page.evaluate("([file, text]) => localStorage.setItem('course/' + file, text)", [file, text])
    page.reload()


def trained(page):
    """Press the button and wait for the end. Returns what Python printed."""
    page.locator("button", has_text="Train with my pieces").click()
    page.locator(".note", has_text="Done.").wait_for(timeout=1000 * MOST_SECONDS)
    return page.locator(".live").inner_text()


def epochs(page):
    """The table beside the curve: losses and AUCs by epoch, yours and the package's."""
    rows = [row.locator("td").all_inner_texts() for row in page.locator(".numbers tbody tr").all()]
    return [[float(text) for text in row] for row in rows if row[0]]


def told_by_the_command(texts, tmp_path):
    """What `python -m lessons.mine --table` says of the same files."""
    for exercise in all_exercises():
        text = texts.get(exercise.file) or (EXERCISES / exercise.file).read_text(encoding="utf-8")
        (tmp_path / exercise.file).write_text(text, encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from lessons import exercise_files;"
        "exercise_files.EXERCISES = Path(sys.argv[1]);"
        "exercise_files.shown = lambda path: f'lessons/exercises/{path.name}';"
        "from lessons.mine.__main__ import main; main(['--table'])"
    )
    return subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    ).stdout


def test_the_table_names_every_piece_with_its_lesson(address, page):
    page.goto(f"{address}/mine.html")
    cells = page.evaluate("[...document.querySelectorAll('.pieces [data-state]')].map(c => c.dataset.function)")
    assert sorted(cells) == sorted(name for names in asked_for().values() for name in names)
    assert page.locator(".count").inner_text().startswith(f"0 of {len(cells)} are yours")
    assert len(page.locator(".numbers tbody tr").all()) == 5  # the package's own epochs, recorded
    done = json.dumps({"03_equation_1": {"softmax_forward": "done", "softmax_backward": "wrong"}})
    page.evaluate("done => localStorage.setItem('course/done', done)", done)
    page.reload()
    assert page.locator("[data-function=softmax_forward]").inner_text() == "yours ✓"
    assert page.locator("[data-function=softmax_backward]").get_attribute("data-state") == "wrong"
    assert page.faults == []


def test_with_nothing_written_the_packages_pieces_train_and_the_curve_grows(address, page, python):
    page.goto(f"{address}/mine.html")
    points = []
    page.expose_function("grown", lambda count: points.append(count))
    page.evaluate(
        "new MutationObserver(() => grown(document.querySelectorAll('circle.yours').length))"
        ".observe(document.querySelector('.drawing'), {childList: true});"
        "window.said = []; const say = document.querySelector('.bar + [role=status]');"
        "new MutationObserver(() => said.push(say.textContent)).observe(say, {childList: true})"
    )
    printed = trained(page)
    assert "Nothing here is yours yet" in printed
    assert sorted(set(points)) == [0, 1, 2, 3, 4, 5]
    assert points == sorted(points)
    assert len(points) > 50  # a step at a time, not an epoch at a time
    told = [text for text in page.evaluate("said") if not text.startswith("Loading ")]
    assert 5 <= len(told) <= 7  # an epoch at a time: a screen reader reads this aloud
    for loss, right, auc, right_auc in epochs(page):
        assert loss == pytest.approx(right, abs=0.002)
        assert auc == pytest.approx(right_auc, abs=0.005)
    assert len(page.locator("polyline.yours").last.get_attribute("points").split()) == 72
    assert page.faults == []


def test_pieces_of_the_reader_train_and_a_wrong_one_is_told_as_the_command_tells_it(address, page, python, tmp_path):
    files = ("02_word_embeddings.py", "03_equation_1.py", "09_the_click.py")
    texts = {file: (SOLUTIONS / file).read_text(encoding="utf-8") for file in files}
    wrong = texts["09_the_click.py"].replace("def softmax_loss_backward", "def kept_loss_backward")
    texts["09_the_click.py"] = (
        wrong + "\n\ndef softmax_loss_backward(scores, clicked):\n    return np.ones_like(scores)\n"
    )
    page.goto(f"{address}/mine.html")
    keep(page, texts)
    printed = trained(page)
    right = told_by_the_command(texts, tmp_path)
    table = right.split("\nThe whole model")[0].strip()
    error = re.compile(r"\de-\d+")  # rounding goes its own way on another processor
    assert error.sub("~", table) in error.sub("~", printed.replace("\xa0", " "))
    assert re.search("yours is wrong", table)
    assert page.locator("[data-function=softmax_loss_backward]").get_attribute("data-state") == "wrong"
    assert page.locator("[data-function=softmax_backward]").inner_text() == "yours ✓"
    assert page.locator(".mine [data-state=wrong]").count() == 1  # bugs are planted in other exercises
    assert page.locator(".why li").inner_text().startswith("softmax_loss_backward: Its arguments should be")
    assert page.locator(".live pre").first.evaluate("pre => pre.scrollWidth <= pre.clientWidth")
    assert len(epochs(page)) == 5


def test_training_can_be_stopped(address, page, python):
    page.goto(f"{address}/mine.html")
    page.locator("button", has_text="Train with my pieces").click()
    page.locator("circle.yours").first.wait_for(timeout=1000 * MOST_SECONDS)
    page.locator("button", has_text="Stop").click()
    page.locator(".note", has_text="Stopped").wait_for()
    assert page.locator("button", has_text="Train with my pieces").is_enabled()


def test_where_nothing_was_trained_the_page_says_so(address, page):
    told = "onmessage = ({ data }) => postMessage({ id: data.id, type: 'done', result: { trained: false } });"
    page.route("**/worker.js", lambda route: route.fulfill(content_type="text/javascript", body=told))
    page.goto(f"{address}/mine.html")
    page.locator("button", has_text="Train with my pieces").click()
    page.locator(".note", has_text="nothing was trained").wait_for()
