"""Fonts for pictures: found where they are installed, and a word about it where they are not."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import pytest
from matplotlib import font_manager

from nrms_np.explain import fonts
from nrms_np.explain.__main__ import main
from nrms_np.explain.fonts import DEFAULT, find_fonts, script
from tests.helpers.tiny_run import write_run

THAI, KHMER, PLANET = "ข่าวด่วน", "ខ", "\U0001fa90"


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with no fonts but those that come with Matplotlib."""
    monkeypatch.setattr(font_manager, "findSystemFonts", list)


def test_scripts_have_the_names_people_use() -> None:
    assert [script(char) for char in "aбกह中のーア뉴"] == [
        "Latin", "Cyrillic", "Thai", "Devanagari", "Han", "Hiragana", "Katakana", "Katakana", "Hangul",
    ]  # fmt: skip
    assert script(PLANET) == script("€") == "symbols"


def test_what_the_default_font_has_needs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: pytest.fail("other fonts were looked for"))
    assert find_fonts(["Größe", "Привет, мир – Γειά!", "Thủ tướng"]) == ([DEFAULT], frozenset())


@pytest.mark.usefixtures("bare")
def test_letters_that_no_font_has_are_told() -> None:
    found = find_fonts(["News", THAI, PLANET])
    assert found == ([DEFAULT], frozenset(THAI + PLANET))


def test_the_font_that_has_most_comes_next_and_broken_files_are_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "Broken-Regular.ttf").write_bytes(b"no font")
    has = {
        "/f/LastResort-Regular.ttf": THAI + "中文",
        "/f/Thai-Regular.ttf": THAI,
        "/f/Small-Regular.ttf": THAI[:2],
        "/f/Han-Regular.otf": "中",
    }
    really = fonts._lacking
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [*has, str(tmp_path / "Broken-Regular.ttf")])
    monkeypatch.setattr(font_manager.fontManager, "addfont", lambda path: None)
    monkeypatch.setattr(font_manager.FontProperties, "get_name", lambda self: Path(self.get_file()).stem)
    monkeypatch.setattr(
        fonts, "_lacking", lambda path, chars: chars - set(has[str(path)]) if str(path) in has else really(path, chars)
    )
    assert find_fonts([THAI, "中文"]) == ([DEFAULT, "Thai-Regular", "Han-Regular"], frozenset("文"))


def test_an_older_matplotlib_is_not_asked_for_letters_that_join(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matplotlib, "__version_info__", (3, 10, 0))
    assert find_fonts(["News مرحبا"]).missing == frozenset("مرحبا")


@pytest.mark.usefixtures("bare")
def test_a_title_without_a_font_is_its_id_and_one_line_names_the_script(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data" / "dev"
    folder.mkdir(parents=True)
    news = {f"{KHMER}N1": THAI, "N2": f"Rockets {PLANET} win", "N3": "Apple pie"}
    text = "".join(f"{name}\tnews\t\t{title}\t\t\t[]\t[]\n" for name, title in news.items())
    (folder / "news.tsv").write_text(text, encoding="utf-8")
    (folder / "behaviors.tsv").write_text(f"1\tU{PLANET}\t\tN2 {KHMER}N1\t{KHMER}N1-1 N3-0\n", encoding="utf-8")
    written: list[str] = []
    monkeypatch.setattr("nrms_np.explain.png._Page.write", lambda self, x, y, text, *rest, **look: written.append(text))
    run = str(write_run(tmp_path / "run"))
    assert (
        main([run, "--data", str(tmp_path / "data"), "--impression", "1", "--quiet", "--out", str(tmp_path / "a.png")])
        == 0
    )
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert "Thai" in told.err
    assert "symbols" in told.err
    assert "N1 (no font for Thai)" in " ".join(written)
    assert {"Rockets", "win"} <= set(written)
    assert not set(THAI + KHMER + PLANET) & set("".join(written))
