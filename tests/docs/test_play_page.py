"""The page Play: its ranking is that of `python -m nrms_np.recommend`, and whatever is switched off moves it."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "data" / "demo"
MOST_BYTES_OF_MODEL = 4_000_000
LONGEST = 8  # history of a reader that the page offers

pytestmark = pytest.mark.slow


@pytest.fixture
def run(site, tmp_path):
    """A run folder with the file that the page loads, and nothing else."""
    shutil.copyfile(site / "_static" / "model.npz", tmp_path / "model.npz")
    return tmp_path


def recommend(run, who, candidates):
    """Titles and scores that the command prints."""
    (run / "candidates.txt").write_text("".join(f"{news}\n" for news in candidates), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "nrms_np.recommend",
        str(run),
        "--data",
        str(DEMO),
        "--split",
        "dev",
        "--top",
        "99",
    ]
    told = subprocess.run(
        [*command, "--candidates", str(run / "candidates.txt"), *who],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    head = next(line for line in told if line.startswith("rank "))
    at, rows = head.index("title"), told[told.index(head) + 1 :]
    return [(row[at:], round(float(row.split()[1]), 2)) for row in rows]


def shown(page):
    """Titles and scores as the page ranks them."""
    titles = page.locator(".ranking .title").all_inner_texts()
    scores = page.locator(".ranking li > b").all_inner_texts()
    return [
        (title.removesuffix(" ●"), float(score.replace("−", "-"))) for title, score in zip(titles, scores, strict=True)
    ]


def assert_same(ranking, other):
    assert [title for title, _ in ranking] == [title for title, _ in other]
    for (title, score), (_, right) in zip(ranking, other, strict=True):
        assert abs(score - right) < 0.011, title


def answered(page):
    page.wait_for_function("!document.querySelector('#play-here').hasAttribute('aria-busy')")


def table(name):
    return [line.split("\t") for line in (DEMO / "dev" / name).read_text(encoding="utf-8").splitlines()]


def impressions():
    """The impressions of dev as (user, history, [(id, label)])."""
    return [(user, history.split(), [token.rsplit("-", 1) for token in tokens.split()])
            for _, user, _, history, tokens in table("behaviors.tsv")]  # fmt: skip


def test_the_model_is_small_and_is_loaded_by_the_package(site):
    from nrms_np import NRMS

    path = site / "_static" / "model.npz"
    assert path.stat().st_size <= MOST_BYTES_OF_MODEL
    assert NRMS.load(path).config.heads > 1


def test_the_recorded_ranking_is_there_at_once_and_is_recommends(address, page, run):
    page.goto(f"{address}/play.html")
    user, history, candidates = next(one for one in impressions() if 2 <= len(one[1]) <= LONGEST)
    assert page.locator("select option").first.inner_text().startswith(user)
    ids = [news for news, _ in candidates]
    assert_same(shown(page), recommend(run, ["--history", " ".join(history)], ids))
    clicked = {title for news, label in candidates if label == "1" for title in [titles()[news]]}
    marked = page.locator(".ranking li:has(.then) .title").all_inner_texts()
    assert {title.removesuffix(" ●") for title in marked} == clicked
    assert page.faults == []


def titles():
    return {row[0]: row[3] for row in table("news.tsv")}


def test_a_user_of_the_log_is_ranked_as_the_command_does(address, page, python, run):
    """`recommend --user` takes the history and all clicks of the user."""
    title = titles()
    user, history, _ = next(one for one in reversed(impressions()) if 3 <= len(one[1]) <= LONGEST)
    mine = [token for other, _, candidates in impressions() if other == user for token in candidates]
    clicks = history + list(dict.fromkeys(news for news, label in mine if label == "1" and news not in history))
    ids = [
        news
        for news in list(title)[:40]
        if news not in clicks and title[news] not in {title[click] for click in clicks}
    ]
    ids = list({title[news]: news for news in ids}.values())[:15]
    words = [("click", title[news]) for news in clicks] + [("show", title[news]) for news in ids]
    page.goto(f"{address}/play.html#{urlencode(words)}")
    answered(page)
    right = recommend(run, ["--user", user], ids)
    assert len(right) == len(ids)
    assert_same(shown(page), right)
    assert page.faults == []


def test_a_click_a_word_and_a_head_move_the_ranking_and_stand_in_the_address(address, page, python, run):
    page.goto(f"{address}/play.html")
    first = shown(page)
    page.locator(".clicks input[type=checkbox]").first.uncheck()
    page.locator(".clicks s").wait_for()
    without_click = shown(page)
    assert without_click != first
    title, ids = titles(), {}
    for news, text in title.items():
        ids.setdefault(text, news)
    kept = [
        ids[text]
        for text in page.evaluate(
            "[...document.querySelectorAll('.clicks input')].filter(box => box.checked).map(box => box.ariaLabel)"
        )
    ]
    assert_same(without_click, recommend(run, ["--history", " ".join(kept)], [ids[text] for text, _ in first]))

    word = page.locator(".clicks tbody tr:nth-child(2) .weighed button").first
    label = word.inner_text()
    word.focus()
    page.keyboard.press("Enter")
    page.locator(".clicks .weighed button[aria-pressed=false]").wait_for()
    without_word = shown(page)
    assert without_word != without_click
    assert page.evaluate("document.activeElement.dataset.key") == "word-1-0"  # the keyboard stays where it was
    shorter = [title[news] for news in kept]
    assert shorter[0].startswith(label.split("\n")[0].rstrip("0.123456789"))
    shorter[0] = shorter[0].split(" ", 1)[1]
    assert_same(without_word, recommend(run, ["--titles", *shorter], [ids[text] for text, _ in first]))

    page.locator(".heads input[type=checkbox]").first.uncheck()
    page.locator(".head.off").wait_for()
    without_head = shown(page)
    assert without_head != without_word

    told = page.url
    page.goto("about:blank")
    page.goto(told)  # all that was switched off stands in the address
    page.locator(".head.off").wait_for()
    assert shown(page) == without_head
    page.locator("button", has_text="Everything on again").click()
    answered(page)
    assert shown(page) == first
    assert page.faults == []


def test_moves_are_those_of_the_ranking(address, page, python):
    page.goto(f"{address}/play.html")
    before = [title for title, _ in shown(page)]
    page.locator(".heads input[type=checkbox]").first.uncheck()
    page.locator(".head.off").wait_for()
    after = [title for title, _ in shown(page)]
    marks = page.locator(".ranking li > i").all_inner_texts()
    for rank, (title, mark) in enumerate(zip(after, marks, strict=True)):
        moved = before.index(title) - rank
        assert mark == (f"▲{moved}" if moved > 0 else f"▼{-moved}" if moved else "")
    assert any(marks)


def test_the_chosen_candidate_shows_its_words_and_what_the_clicks_do_to_it(address, page, python, site):
    from nrms_np import NRMS
    from nrms_np.explain.impression import contributions

    page.goto(f"{address}/play.html")
    chosen = page.locator(".ranking .title").nth(3)
    name = chosen.inner_text().removesuffix(" ●")
    chosen.click()
    page.locator(".ranking li:nth-child(4) .weighed").wait_for()
    html = (site / "play.html").read_text(encoding="utf-8").partition('<div id="play-here"')[2]
    data = json.loads(html.partition('application/json">')[2].partition("</script>")[0])
    reader = data["readers"][0]
    found = contributions(NRMS.load(site / "_static" / "model.npz"), reader["clicks"], reader["candidates"])
    at = reader["candidates"].index(name)
    weights = [float(text) for text in page.locator(".ranking li:nth-child(4) .weighed sub").all_inner_texts()]
    right = [piece.weight for piece in found.pieces[len(reader["clicks"]) + at] if piece.weight is not None]
    assert weights == pytest.approx(right, abs=0.0051)
    alone = [float(text.replace("−", "-")) for text in page.locator("td[data-of=alone]").all_inner_texts()]
    lost = [-float(text.replace("−", "-")) for text in page.locator("td[data-of='taken out']").all_inner_texts()]
    for numbers, rights in ((alone, found.alone[:, at]), (lost, found.lost[:, at])):
        assert len(numbers) == len(rights)
        assert max(abs(numbers - rights)) < 0.011
    assert name in page.locator(".heads .about").inner_text()


def test_titles_typed_into_one_field_after_the_other_stay_and_so_does_the_focus(address, page):
    page.goto(f"{address}/play.html")
    page.locator("summary", has_text="Type titles of your own").click()
    fields = page.locator(".who textarea")
    fields.first.fill("Bread prices rise\nA new oven")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text("Flour from the mill")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement === document.querySelector('.who textarea')")
    assert [field.input_value() for field in fields.all()] == ["Bread prices rise\nA new oven", "Flour from the mill"]
    assert page.url.endswith("#click=Bread+prices+rise&click=A+new+oven&show=Flour+from+the+mill")


def test_the_numpy_that_computed_it_is_the_packages(address, page):
    import inspect

    from nrms_np.explain.impression import contributions

    page.goto(f"{address}/play.html")
    page.locator(".clicks .numpy summary").click()
    code = page.locator(".clicks .numpy pre").first.inner_text()
    assert code.strip().endswith(inspect.getsource(contributions).strip().rsplit("\n", 1)[1].strip())
    assert page.locator(".numpy").count() == 3
    for code in page.locator(".numpy pre").all_text_contents():  # nothing is left of a docstring
        assert not isinstance(ast.parse(code).body[0].body[0], ast.Expr), code


def test_on_a_phone_the_ranking_comes_first(address, page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}/play.html")
    tops = {name: page.locator(f"section.{name}").bounding_box()["y"] for name in ("ranking", "who", "clicks", "heads")}
    assert sorted(tops, key=tops.get)[0] == "ranking"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_jump_within_the_page_changes_nothing(address, page):
    page.goto(f"{address}/play.html#reader=2")
    page.evaluate("location.hash = '#furo-main-content'")
    page.wait_for_function("location.hash === '#reader=2'")
    assert page.locator(".who select").input_value() == "2"
