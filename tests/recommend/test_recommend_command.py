"""The command recommend on a tiny run and tiny data."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nrms_np import NRMS, Packed
from nrms_np.errors import DataError, NrmsError
from nrms_np.recommend import news_vectors
from nrms_np.recommend.__main__ import main
from tests.helpers.tiny_run import DEV, TITLES, TRAIN, write_run, write_split

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_split(tmp_path / "data" / "dev", DEV)
    return tmp_path / "data"


def rows(out: str) -> list[list[str]]:
    """The table: rank, score, category, id and title of each row."""
    body = out[out.index("rank") :].splitlines()[1:]
    return [line.split(maxsplit=4) for line in body]


def expected(run: Path, history: list[str], exclude: set[str]) -> list[tuple[str, str]]:
    """Ids and scores of the pool for a history of titles, best first; N6 has no title, so no score."""
    model = NRMS.load(run / "model.npz")
    pool = model.encode_news(model.encode_titles([title for _, title in TITLES.values()]))
    clicked = model.encode_news(model.encode_titles(history))
    user = model.encode_users(clicked, Packed.from_lists([range(len(history))]))[0]
    scores = dict(zip(TITLES, pool @ user, strict=True))
    order = [*sorted(TITLES.keys() - {"N6"}, key=lambda name: -scores[name]), "N6"]
    return [(name, "-" if name == "N6" else f"{scores[name]:.4f}") for name in order if name not in exclude]


def title(name: str) -> str:
    return TITLES[name][1]


def test_a_user_gets_the_best_news_for_the_last_history_in_the_log_and_the_clicks_after_it(
    run: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(run), "--data", str(data), "--user", "U1", "--threads", "1"]) == 0
    out = capsys.readouterr().out
    wanted = expected(run, [title("N1"), title("N2"), title("N1"), title("N5")], {"N1", "N2", "N5"})
    assert [(row[3], row[1]) for row in rows(out)] == wanted
    assert [row[0] for row in rows(out)] == [str(rank) for rank in range(1, 5)]
    assert "user U1: 4 clicked news, the last 4 used" in out
    assert "already clicked or with the headline of another: 3 of the 7 news" in out
    assert ["N7", "sports", "Giants win"] in [[row[3], row[2], row[4]] for row in rows(out) if len(row) == 5]


def test_without_labels_a_user_has_the_history_alone(run: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_split(data / "test", DEV, labelled=False)
    assert main([str(run), "--data", str(data), "--split", "test", "--user", "U1"]) == 0
    assert "user U1: 3 clicked news, the last 3 used" in capsys.readouterr().out


def test_a_history_of_ids_and_the_same_history_as_titles_give_the_same_table(
    run: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(run), "--data", str(data), "--history", "N4 N3", "--top", "3", "--quiet"])
    of_ids = capsys.readouterr().out
    main([str(run), "--data", str(data), "--titles", title("N4"), title("N3"), "--top", "3", "--quiet"])
    assert capsys.readouterr().out == of_ids
    assert [(row[3], row[1]) for row in rows(of_ids)] == expected(run, [title("N4"), title("N3")], {"N4", "N3"})[:3]


def test_only_the_last_clicks_count_but_all_are_left_out(
    run: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    history = ["N7", "N3", "N6", "N5", "N4", "N3", "N2"]  # the model uses the last 5 that have a word
    main([str(run), "--data", str(data), "--history", *history])
    out = capsys.readouterr().out
    assert "7 clicked news, the last 5 used" in out
    wanted = expected(run, [title(name) for name in ("N3", "N5", "N4", "N3", "N2")], set(history))
    assert [(row[3], row[1]) for row in rows(out)] == wanted


def test_free_text_that_is_not_in_the_pool_leaves_nothing_out_and_tells_unknown_words(
    run: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(run), "--data", str(data), "--titles", "Giants win the zzz"])
    out = capsys.readouterr().out
    assert "does not know: zzz" in out
    assert "left out" not in out
    assert [(row[3], row[1]) for row in rows(out)] == expected(run, ["Giants win the zzz"], set())


@pytest.mark.parametrize("who", [["--user", "U4"], ["--history", ""], ["--titles", "", "()"]])
def test_an_empty_history_falls_back_to_popularity_and_says_so(
    who: list[str], run: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (data / "dev" / "behaviors.tsv").open("a", encoding="utf-8") as file:
        file.write("31\tU4\t11/9/2019 9:00:00 AM\t\tN3-0 N4-0\n")
    main([str(run), "--data", str(data), *who, "--top", "4", "--quiet"])
    out = capsys.readouterr().out
    assert "most popular news, by their clicks in dev" in out
    # Clicked in dev: N1, N2 twice, N5 and N7; equal counts in the order of news.tsv.
    assert [row[3] for row in rows(out)] == ["N2", "N1", "N5", "N7"]
    assert [row[1] for row in rows(out)] == ["2", "1", "1", "1"]


def test_popularity_comes_from_train_where_the_split_has_no_labels(
    run: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_split(data / "test", DEV, labelled=False)
    write_split(data / "train", TRAIN)
    main([str(run), "--data", str(data), "--split", "test", "--history", ""])
    out = capsys.readouterr().out
    assert "by their clicks in train" in out
    assert [row[3] for row in rows(out)][:2] == ["N5", "N7"]


def test_without_clicks_on_these_news_the_newest_stand_first_or_the_order_of_the_file(
    run: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(run), "--data", str(data), "--quiet", "--split"]
    write_split(data / "test", DEV, labelled=False)
    main([*arguments, "test", "--titles", "Zzz"])
    out = capsys.readouterr().out
    assert (
        "no title with a known word and no clicks on these news in test or train, so these are the newest news" in out
    )
    assert [row[3] for row in rows(out)] == ["N7", "N5", "N4", "N3", "N2", "N1", "N6"]
    for path in write_split(data / "train", TRAIN).iterdir():  # clicks on other news
        path.write_text(path.read_text(encoding="utf-8").replace("N", "M"), encoding="utf-8")
    main([*arguments, "test", "--titles", "Zzz"])
    assert capsys.readouterr().out == out
    chosen = data / "today.txt"
    chosen.write_text("N4\nN7\nN1\n", encoding="utf-8")
    write_split(data / "alone" / "train", DEV, labelled=False)
    main([str(run), "--data", str(data / "alone"), "--split", "train", "--history", "", "--candidates", str(chosen)])
    out = capsys.readouterr().out
    assert f"an empty history and no clicks on these news in train, so these are the first news of {chosen}\n" in out
    assert [row[3] for row in rows(out)] == ["N4", "N7", "N1"]


def test_an_unknown_user_and_an_unknown_news_id_are_one_clear_sentence(run: Path, data: Path) -> None:
    with pytest.raises(
        NrmsError, match=r"behaviors\.tsv: no impression is of a user 'U77'.*try --split train, or --history"
    ):
        main([str(run), "--data", str(data), "--user", "U77"])
    with pytest.raises(NrmsError, match=r"the news N99 of --history is not in .*dev/news\.tsv\.$"):
        main([str(run), "--data", str(data), "--history", "N1 N99"])
    with pytest.raises(NrmsError, match=r"the news N1,N2 of .*news\.tsv; separate ids by spaces\.$"):
        main([str(run), "--data", str(data), "--history", "N1,N2"])


def test_kept_news_vectors_give_the_same_table_and_are_not_used_for_another_model(
    run: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(news_vectors, "KEPT_FROM", 1)
    arguments = [str(run), "--data", str(data), "--user", "U2"]
    main(arguments)
    first, kept = capsys.readouterr().out, list(run.glob("news_vectors-*.npz"))
    assert len(kept) == 1
    main(arguments)
    assert capsys.readouterr().out == first
    # Vectors of ones under this name would be seen: so they are read, and only while the model is the same.
    with kept[0].open("wb") as file:
        np.savez(file, news=np.ones((len(TITLES), 6), dtype=np.float32))
    main(arguments)
    assert len({row[1] for row in rows(capsys.readouterr().out)}) == 1
    # Files of another format are not read: they stand under another name.
    monkeypatch.setattr(news_vectors, "FORMAT", b"")
    main(arguments)
    assert capsys.readouterr().out == first
    model = NRMS.load(run / "model.npz")
    model.parameters["news.pool.b"] += 1
    model.save(run / "model.npz")
    main(arguments)
    clicked = ("N3", "N5", "N1", "N2")
    wanted = expected(run, [title(name) for name in clicked], {*clicked, "N6"})
    assert [(row[3], row[1]) for row in rows(capsys.readouterr().out)] == wanted
    assert len(list(run.glob("news_vectors-*"))) == 1


def test_the_exit_codes_and_the_one_sentence_on_stderr(run: Path, data: Path) -> None:
    command = [sys.executable, "-m", "nrms_np.recommend", str(run), "--data", str(data)]
    failed = subprocess.run([*command, "--user", "U77"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert failed.stderr.startswith("error: ")
    assert failed.stderr.count("\n") == 1
    for wrong in ([], ["--user", "U1", "--history", "N1"], ["--user", "U1", "--top", "0"]):
        assert subprocess.run([*command, *wrong], cwd=ROOT, capture_output=True, check=False).returncode == 2


def test_candidates_of_a_file_alone_are_ranked(run: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = data / "today.txt"
    chosen.write_text("N4\nN7\nN1\n", encoding="utf-8")
    arguments = [str(run), "--data", str(data), "--history", "N1 N2", "--candidates", str(chosen)]
    main(arguments)
    out = capsys.readouterr().out
    wanted = expected(run, [title("N1"), title("N2")], set(TITLES) - {"N4", "N7"})
    assert [(row[3], row[1]) for row in rows(out)] == wanted
    assert "1 of the 3 news" in out
    chosen.write_text("N4\nN98\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"today\.txt, line 2: the news 'N98' is not in the split's news\.tsv"):
        main(arguments)


@pytest.mark.parametrize(
    "since", ["11/9/2019 10:00:00 AM", "2019-11-09 10:00", "2019-11-09T11:00+01:00", "1573293600", "1573293600000"]
)
def test_news_first_shown_since_then_alone_are_ranked(
    since: str, run: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = data / "dev" / "behaviors.tsv"
    lines = path.read_text(encoding="utf-8").replace("9:00:00 AM", "11:00:00 AM", 1).splitlines()  # the first row alone
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    arguments = [str(run), "--data", str(data), "--history", "N3", "--since"]
    with pytest.raises(NrmsError, match="none of the news was first shown at 2019-11-09 12:00 or later"):
        main([*arguments, "2019-11-09 12:00"])
    # Shown in the first row at 11 are N4 N2 N5, but all of them at 9 too; then N1's first time is made later.
    with pytest.raises(NrmsError, match="none of the news was first shown"):
        main([*arguments, since])
    lines[1] = lines[1].replace("9:00:00 AM", "10:00:00 AM")  # the only row with N1 and N6
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    main([*arguments, since])
    assert [row[3] for row in rows(capsys.readouterr().out)] == ["N1", "N6"]


def test_a_time_that_cannot_be_read_is_told(run: Path, data: Path) -> None:
    arguments = [str(run), "--data", str(data), "--history", "N3", "--since"]
    with pytest.raises(NrmsError, match="'yesterday' is not a time; write it as"):
        main([*arguments, "yesterday"])
    path = data / "dev" / "behaviors.tsv"
    path.write_text(path.read_text(encoding="utf-8").replace("11/9/2019 9:00:00 AM", "noon", 1), encoding="utf-8")
    with pytest.raises(DataError, match=r"behaviors\.tsv: the time of the impression '11' is not written as"):
        main([*arguments, "2019-11-09"])


def test_titles_of_unknown_words_fall_back_to_popularity_too(
    run: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(run), "--data", str(data), "--titles", "Zzz yyy", "--top", "1"])
    out = capsys.readouterr().out
    assert "these titles: no title with a known word, so these are the most popular news" in out
    assert [row[3] for row in rows(out)] == ["N2"]
