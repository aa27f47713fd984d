"""The command explain on a tiny run and tiny data, and the weights behind its picture."""

from __future__ import annotations

import json
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
from nrms_np.evaluation.weights import Piece, text_of
from nrms_np.explain import png
from nrms_np.explain.__main__ import main
from nrms_np.explain.html import page
from nrms_np.explain.impression import Candidate, Click, Explanation, contributions, explain
from nrms_np.palette import BLACK, DARK, LIGHT, WHITE, ramp, text_on
from tests.helpers.tiny_run import DEV, TITLES, write_run, write_split

ROOT = Path(__file__).resolve().parents[2]
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
    assert [text_of(click.pieces) for click in found.clicks] == [TITLES[name][1] for name in ("N3", "N5", "N6")]
    assert [click.news_id for click in found.clicks] == ["N3", "N5", "N6"]
    assert all(text_of(candidate.pieces) == candidate.title for candidate in found.candidates)
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
    with pytest.raises(NrmsError, match=r"dev/behaviors\.tsv: there is no impression '8'; .* such as 11\.$"):
        explain(model, split, "8")


@pytest.mark.parametrize("backend", ["layers", "kernels"])
def test_what_a_click_gives_alone_and_takes_away_is_what_the_model_says_of_other_histories(
    backend: str, run: Path
) -> None:
    model = load_trained(run, backend)
    clicks, candidates = (
        ["Apple pie", "Rockets win", "the best Giants"],
        ["Rockets launch", "apple is near", "win, win"],
    )
    found = contributions(model, clicks, candidates)
    row = {word: i for i, word in enumerate(model.vocabulary)}

    def score(history: list[str], candidate: str) -> float:
        """u · r_c, one sequence at a time, from the words."""
        titles = [[row[word] for word in title.lower().replace(",", " ,").split()] for title in (*history, candidate)]
        *news, r = (model.encode_news(Packed.from_lists([title]))[0] for title in titles)
        u = model.encode_users(np.array(news).reshape(-1, 6), Packed.from_lists([range(len(news))]))[0]
        return float(u @ r)

    near = {"rel": 1e-4, "abs": 1e-6}
    for c, candidate in enumerate(candidates):
        whole = score(clicks, candidate)
        assert found.scores[c] == pytest.approx(whole, **near)
        for i, click in enumerate(clicks):
            assert found.alone[i, c] == pytest.approx(score([click], candidate), **near)
            without = score(clicks[:i] + clicks[i + 1 :], candidate)
            assert found.lost[i, c] == pytest.approx(whole - without, **near)
    # None of it is small beside what the test allows.
    assert abs(found.alone).min() > 1e-4
    assert abs(found.lost).min() > 1e-4
    assert [text_of(pieces) for pieces in found.pieces] == [*clicks, *candidates]
    assert found.weights.sum() == pytest.approx(1, rel=1e-5)


def test_one_click_taken_out_leaves_nothing_and_no_clicks_no_numbers(run: Path) -> None:
    model = load_trained(run)
    one = contributions(model, ["Apple pie"], ["Rockets win", "the best"])
    np.testing.assert_allclose(one.alone[0], one.scores, rtol=1e-5)
    np.testing.assert_allclose(one.lost[0], one.scores, rtol=1e-5)
    none = contributions(model, [], ["Rockets win", "the best"])
    assert (none.alone.shape, none.lost.shape, none.weights.shape) == ((0, 2), (0, 2), (0,))
    np.testing.assert_array_equal(none.scores, [0, 0])


def test_the_columns_are_the_candidates_in_the_order_of_their_ranks(run: Path, data: Path) -> None:
    model, split = load_trained(run), read_split(data / "dev", 5)
    found = explain(model, split, "7")
    titles = [candidate.title for candidate in found.candidates]
    again = contributions(model, [TITLES[name][1] for name in ("N3", "N5", "N6")], titles)
    np.testing.assert_allclose(found.alone, again.alone, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(found.lost, again.lost, rtol=1e-4, atol=1e-7)


def test_a_model_that_has_diverged_is_told_with_the_impression(run: Path, data: Path) -> None:
    model = load_trained(run, "layers")
    model.parameters["user.pool.q"][:] = np.nan
    with pytest.raises(NrmsError, match=r"^the scores of impression 12 are NaN: the model has diverged"):
        explain(model, read_split(data / "dev", 5), "12")


def test_the_chosen_candidate_is_the_first_clicked_or_the_first_or_the_one_asked_for(run: Path, data: Path) -> None:
    model = load_trained(run)
    found = explain(model, read_split(data / "dev", 5), "7")
    clicked = [i for i, one in enumerate(found.candidates) if one.clicked]
    assert found.chosen == clicked[0]
    assert explain(model, read_split(data / "test", 5), "7").chosen == 0
    asked = explain(model, read_split(data / "dev", 5), "7", "N4")
    assert asked.candidates[asked.chosen].news_id == "N4"
    with pytest.raises(NrmsError, match="impression 7 does not show the candidate 'N3'; it shows N"):
        explain(model, read_split(data / "dev", 5), "7", "N3")


def test_letters_that_grow_when_lowered_do_not_move_the_weights(run: Path, data: Path) -> None:
    news = data / "dev" / "news.tsv"
    news.write_text(news.read_text(encoding="utf-8").replace("Rockets launch", "İİ Rockets launch"), encoding="utf-8")
    found = explain(load_trained(run), read_split(data / "dev", 5), "12")
    texts = [piece.text for piece in found.clicks[1].pieces if piece.weight is not None]
    assert texts == ["İİ", "Rockets", "launch"]


class _Tags(HTMLParser):
    """Checks that every tag is closed in order, and keeps the tags with their attributes and the texts in them."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def of(self, kind: str) -> list[dict[str, str | None]]:
        """The attributes of the tags of a class."""
        return [attributes for _, attributes in self.seen if kind in (attributes.get("class") or "").split()]


def read_page(explanation: Explanation) -> tuple[str, _Tags]:
    text = page(explanation)
    tags = _Tags()
    tags.feed(text)
    return text, tags


def test_the_page_is_well_formed_self_contained_and_shows_titles_as_text(run: Path, data: Path) -> None:
    text, tags = read_page(explain(load_trained(run), read_split(data / "dev", 5), "7"))
    assert tags.open == []
    links = [attributes.get(name) for _, attributes in tags.seen for name in ("src", "href") if name in attributes]
    assert links == ["#candidates"]
    assert not any(word in text for word in ("url(", "@import", "http"))
    assert "&lt;" in text
    assert "$" in text
    words = [word for tag, word in tags.texts if tag == "span" and word in ("Apple", "pie")]
    assert words.count("Apple") >= 1
    assert text.count("●</span>") == 2


def test_a_title_cannot_end_the_script_or_a_tag(run: Path, data: Path) -> None:
    news = data / "dev" / "news.tsv"
    evil = '</script><b onclick="x">Rockets</b>'
    news.write_text(news.read_text(encoding="utf-8").replace("Rockets", evil), encoding="utf-8")
    text, tags = read_page(explain(load_trained(run), read_split(data / "dev", 5), "7"))
    assert text.count("</script") == 1
    assert not tags.of("x")
    assert "onclick" not in {name for _, attributes in tags.seen for name in attributes}
    assert "b" not in {tag for tag, _ in tags.seen}


def test_no_title_turns_the_text_of_the_page_also_when_another_candidate_is_pointed_at(run: Path, data: Path) -> None:
    news = data / "dev" / "news.tsv"
    news.write_text(news.read_text(encoding="utf-8").replace("pie", "pie \u202e\x1b"), encoding="utf-8")
    text = page(explain(load_trained(run), read_split(data / "dev", 5), "7"))
    findings = [one["finding"] for one in json.loads(text.split("const moved = ")[1].split(";\n")[0])]
    assert any(r"pie \u202e\x1b" in finding for finding in findings)
    assert not {"\u202e", "\x1b"} & {*text, *"".join(findings)}


def test_the_page_has_every_number_of_every_candidate(run: Path, data: Path) -> None:
    found = explain(load_trained(run), read_split(data / "dev", 5), "7")
    text, tags = read_page(found)
    moved = json.loads(text.split("const moved = ")[1].split(";\n")[0])
    for name, array in (("alone", found.alone), ("lost", found.lost)):
        np.testing.assert_allclose([one[name] for one in moved], array.T, atol=0.0005001)
    assert [one["finding"].count("without “") for one in moved] == [1] * 5
    # The chosen one's stand in the page without any script.
    shown = [float(str(one["style"]).removeprefix("--v:")) for one in tags.of("bar")]
    np.testing.assert_allclose(shown, np.column_stack([found.alone, found.lost])[:, [found.chosen, 5 + found.chosen]].ravel(),
                               atol=0.0005001)  # fmt: skip
    pressed = [attributes["aria-pressed"] for attributes in tags.of("candidate")]
    assert pressed == [str(i == found.chosen).lower() for i in range(5)]
    numbers = [data for tag, data in tags.texts if tag == "small"]
    weights = [
        piece.weight for one in (*found.candidates, *found.clicks) for piece in one.pieces if piece.weight is not None
    ]
    assert numbers == [f"{100 * weight:.0f}" for weight in weights]


def test_a_shade_depends_on_the_weight_alone_and_its_text_is_readable_in_both_modes(run: Path, data: Path) -> None:
    pieces = [
        Piece("a", 0.989),
        Piece(" ", None),
        Piece("b", 0.292),
        Piece(" ", None),
        Piece("c", 0.55),
        Piece("d", 0.8),
    ]
    found = explain(load_trained(run), read_split(data / "dev", 5), "7")
    _, tags = read_page(found._replace(clicks=[found.clicks[0]._replace(pieces=pieces), *found.clicks[1:]]))
    looks = {
        str(one.get("style")): str(one["class"]).split()
        for one in (a for _, a in tags.seen if "--w" in str(a.get("style")))
    }
    assert {"--w:0.989", "--w:0.292", "--w:0.550", "--w:0.800"} <= set(looks)
    for style_, kinds in looks.items():
        weight = float(style_.removeprefix("--w:"))
        assert text_on(ramp(LIGHT, weight)) == (WHITE if "deep" in kinds else BLACK), weight
        assert text_on(ramp(DARK, weight)) == (BLACK if "pale" in kinds else WHITE), weight


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
    assert (tmp_path / "a.html").read_text(encoding="utf-8").count('class="number weight">33.3%') == 3


def test_a_picture_keeps_the_clicks_that_move_most_in_order_and_the_chosen_and_clicked_candidates() -> None:
    lost = np.array([[(7 * i) % 29 * (-1) ** i] for i in range(29)], dtype=float)
    clicks = [Click([], "", 0.0) for _ in range(29)]
    candidates = [Candidate(rank, -float(rank), rank in (3, 40), f"N{rank}", "", "", []) for rank in range(1, 51)]
    kept = png.heaviest(Explanation("", "", clicks, candidates[:1], 0, lost, lost))
    assert kept == sorted(kept)
    assert set(np.abs(lost[kept, 0])) == set(range(5, 29))
    assert [one.rank for one in png.best(candidates, chosen=44)] == [*range(1, 23), 40, 45]
    assert png.best(candidates[:3], chosen=0) == candidates[:3]


def test_the_exit_codes_and_the_one_sentence_on_stderr(run: Path, data: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nrms_np.explain", str(run), "--data", str(data)]
    missing = ["--impression", "8", "--out", str(tmp_path / "a.png")]
    failed = subprocess.run([*command, *missing], cwd=ROOT, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert failed.stderr.startswith("error: ")
    assert failed.stderr.count("\n") == 1
    assert not (tmp_path / "a.png").exists()
    wrong = ["--impression", "7", "--out", str(tmp_path / "a.gif")]
    refused = subprocess.run([*command, *wrong], cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "does not end in .png or .html" in refused.stderr
