"""The command explain on a tiny run and tiny data, and the weights behind its picture."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from nrms_np import NRMS, Packed
from nrms_np.data.dataset import read_split
from nrms_np.encoder import attention_weights, subset
from nrms_np.errors import NrmsError
from nrms_np.evaluation.ranking import load_trained
from nrms_np.explain import png
from nrms_np.explain.__main__ import main
from nrms_np.explain.html import page
from nrms_np.explain.impression import Candidate, Click, explain
from tests.helpers.tiny_run import DEV, TITLES, write_run, write_split

PARTS = ("news.attention", "news.pool", "user.attention", "user.pool")
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_split(tmp_path / "data" / "dev", DEV)
    write_split(tmp_path / "data" / "test", DEV, labelled=False)
    return tmp_path / "data"


@pytest.mark.parametrize("settings", [{}, {"attention": "bilinear"}, {"ablate": PARTS[:1]}])
@pytest.mark.parametrize("backend", ["layers", "kernels"])
def test_the_weights_of_words_and_clicks_rebuild_the_vectors_of_the_model(
    settings: dict[str, object], backend: str, tmp_path: Path
) -> None:
    model = NRMS.load(write_run(tmp_path / "run", **settings) / "model.npz", backend)
    titles = Packed.from_lists([[3, 1, 8, 1, 5], [1, 2], [], [3]])
    words = model.parameters["word_embedding"]
    news, of_words = model.attend(words, titles, "news")
    histories = Packed.from_lists([[1, 3, 0, 2]])
    for level, table, sequences, cache, vectors in (
        ("news", words, titles, of_words, model.encode_news(titles)),
        ("user", news, histories, model.attend(news, histories, "user")[1], model.encode_users(news, histories)),
    ):
        for s in range(sequences.count):
            x = table[sequences.sequence(s)]
            alpha, weights = attention_weights(cache, s)
            assert alpha.shape == (3, len(x), len(x))
            assert weights.shape == (len(x),)
            values = x @ subset(model.parameters, level)["attention.V"]  # (T, H·d)
            h = np.concatenate([alpha[k] @ values[:, 2 * k : 2 * k + 2] for k in range(3)], axis=1)
            np.testing.assert_allclose(weights @ h, vectors[s], rtol=1e-4, atol=1e-6)
            np.testing.assert_allclose(weights.sum(), len(x) > 0, rtol=1e-6)


@pytest.mark.parametrize(("rule", "words"), [("unicode", ["東", "京", "で"]), ("mind", ["東京で"])])
def test_a_title_is_cut_by_the_rule_of_the_model(tmp_path: Path, data: Path, rule: str, words: list[str]) -> None:
    run = write_run(tmp_path / rule, tokens=rule)
    news = data / "dev" / "news.tsv"
    news.write_text(news.read_text(encoding="utf-8").replace("Rockets launch", "東京で"), encoding="utf-8")
    found = explain(load_trained(run), read_split(data / "dev", 5), "12")
    assert [piece.text for piece in found.clicks[1].pieces if piece.weight is not None] == words


def test_attention_switched_off_weighs_all_alike_and_looks_at_itself_only(tmp_path: Path) -> None:
    model = NRMS.load(write_run(tmp_path / "run", ablate=PARTS) / "model.npz")
    _, cache = model.attend(model.parameters["word_embedding"], Packed.from_lists([[4, 2, 9, 2], []]), "news")
    alpha, weights = attention_weights(cache, 0)
    np.testing.assert_array_equal(alpha, np.stack([np.eye(4)] * 3))
    np.testing.assert_array_equal(weights, [0.25] * 4)
    alpha, weights = attention_weights(cache, 1)
    assert alpha.shape == (3, 0, 0)
    assert weights.shape == (0,)


def test_an_explanation_holds_the_clicks_in_order_and_the_candidates_by_score(run: Path, data: Path) -> None:
    model = load_trained(run)
    found = explain(model, read_split(data / "dev", 5), "7")
    assert (found.impression, found.user) == ("7", "U2")
    assert ["".join(piece.text for piece in click.pieces) for click in found.clicks] == [
        TITLES[name][1] for name in ("N3", "N5", "N6")
    ]
    assert sum(click.weight for click in found.clicks) == pytest.approx(1, rel=1e-5)
    # Of N3 the model uses 6 tokens: "<", ">" and "&" are none, "all" is the seventh. Only b, apple and pie are known.
    weighted = [piece for piece in found.clicks[0].pieces if piece.weight is not None]
    assert [piece.text for piece in weighted] == ["b", "Apple", "b", "pie", "for", "all"]
    assert [piece.known for piece in weighted] == [True, True, True, True, False, False]
    assert sum(piece.weight or 0 for piece in weighted) == pytest.approx(1, rel=1e-5)
    assert [candidate.rank for candidate in found.candidates] == [1, 2, 3, 4, 5]
    assert sorted(candidate.news_id for candidate in found.candidates) == ["N1", "N2", "N4", "N6", "N7"]
    assert {candidate.news_id for candidate in found.candidates if candidate.clicked} == {"N1", "N2"}
    news = model.encode_news(Packed.from_lists([[1, 2, 0, 3, 0, 0]]))  # N1, cut to 6 tokens
    split = read_split(data / "dev", 5)
    titles = [[13, 5, 13, 6, 0, 0], [10, 11, 6], []]
    user = model.encode_users(model.encode_news(Packed.from_lists(titles)), Packed.from_lists([[0, 1, 2]]))[0]
    score_of = {candidate.news_id: candidate.score for candidate in found.candidates}
    assert score_of["N1"] == pytest.approx(float(news[0] @ user), rel=1e-4, abs=1e-6)
    scores = [candidate.score for candidate in found.candidates]
    assert scores == sorted(scores, reverse=True)
    with pytest.raises(NrmsError, match="no impression '8'"):
        explain(model, split, "8")


def test_letters_that_grow_when_lowered_do_not_move_the_weights(run: Path, data: Path) -> None:
    news = data / "dev" / "news.tsv"
    news.write_text(news.read_text(encoding="utf-8").replace("Rockets launch", "İİ Rockets launch"), encoding="utf-8")
    found = explain(load_trained(run), read_split(data / "dev", 5), "12")
    texts = [piece.text for piece in found.clicks[1].pieces if piece.weight is not None]
    assert texts == ["İİ", "Rockets", "launch"]


class _Tags(HTMLParser):
    """Checks that every tag is closed in order, and keeps the tags and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["span"]:
            self.words.append(data)


def test_the_page_is_well_formed_self_contained_and_shows_titles_as_text(run: Path, data: Path) -> None:
    text = page(explain(load_trained(run), read_split(data / "dev", 5), "7"))
    tags = _Tags()
    tags.feed(text)
    assert tags.open == []
    assert not {"src", "href"} & {name for _, attributes in tags.seen for name in attributes}
    assert "url(" not in text
    assert "@import" not in text
    assert "&lt;" in text
    assert "$" in text
    assert [word for word in tags.words if word in ("Apple", "pie")] == ["Apple", "pie", "pie"]
    clicked = [attributes for tag, attributes in tags.seen if tag == "tr" and attributes.get("class") == "clicked"]
    assert len(clicked) == 2


@pytest.mark.parametrize("impression", ["7", "30"])
@pytest.mark.parametrize("split", ["dev", "test"])
def test_both_kinds_of_picture_are_written(impression: str, split: str, run: Path, data: Path, tmp_path: Path) -> None:
    arguments = [str(run), "--data", str(data), "--impression", impression, "--split", split, "--quiet", "--out"]
    assert main([*arguments, str(tmp_path / "a.PNG")]) == 0
    assert (tmp_path / "a.PNG").read_bytes().startswith(PNG)
    assert main([*arguments, str(tmp_path / "a.html")]) == 0
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert ("No clicks" in text) == (impression == "30")
    assert ("does not tell what was clicked" in text) == (split == "test")
    assert not list(tmp_path.glob("*.part"))


def test_a_picture_in_a_folder_that_does_not_exist_is_refused(run: Path, data: Path, tmp_path: Path) -> None:
    for name in ("a.png", "a.html"):
        with pytest.raises(NrmsError, match="there is no folder"):
            main([str(run), "--data", str(data), "--impression", "7", "--out", str(tmp_path / "nowhere" / name)])


def test_a_model_without_attention_is_drawn_too(data: Path, tmp_path: Path) -> None:
    run = write_run(tmp_path / "plain", ablate=PARTS)
    for name in ("a.png", "a.html"):
        main([str(run), "--data", str(data), "--impression", "7", "--out", str(tmp_path / name)])
    assert (tmp_path / "a.html").read_text(encoding="utf-8").count('class="number">33.3%') == 3


def test_a_slide_keeps_the_heaviest_clicks_in_order_and_every_clicked_candidate() -> None:
    clicks = [Click([], "", weight=(7 * i) % 29) for i in range(29)]
    kept = png.heaviest(clicks)
    assert {click.weight for click in kept} == set(range(11, 29))
    assert kept == [click for click in clicks if click in kept]
    candidates = [Candidate(rank, -float(rank), rank in (3, 40), f"N{rank}", "", "") for rank in range(1, 51)]
    assert [candidate.rank for candidate in png.best(candidates)] == [*range(1, 18), 40]


def test_the_exit_codes_and_the_one_sentence_on_stderr(run: Path, data: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nrms_np.explain", str(run), "--data", str(data)]
    missing = ["--impression", "8", "--out", str(tmp_path / "a.png")]
    failed = subprocess.run([*command, *missing], capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert failed.stderr.startswith("error: ")
    assert failed.stderr.count("\n") == 1
    assert not (tmp_path / "a.png").exists()
    wrong = ["--impression", "7", "--out", str(tmp_path / "a.gif")]
    refused = subprocess.run([*command, *wrong], capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "does not end in .png or .html" in refused.stderr
