"""The command convert on made-up logs of each shape, beside a plain program, and on everything that is wrong with a log."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest

from nrms_np.data.convert import delimited
from nrms_np.data.convert.__main__ import main, parse
from nrms_np.data.convert.write import mind_times
from nrms_np.data.dataset import read_dataset
from nrms_np.errors import DataError, DiskFullError, NrmsError
from tests.helpers.own_log import DAY, START, Shown, oracle, read_out, shown_rows, write_articles, write_csv

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def news(tmp_path: Path) -> Path:
    return write_articles(tmp_path / "articles.csv")


def convert(news: Path, clicks: Path, out: Path, *options: str) -> dict:
    assert main(["--news", str(news), "--clicks", str(clicks), "--out", str(out), *options]) == 0
    facts = json.loads((out / "conversion.json").read_text(encoding="utf-8"))
    for tally in facts["read"]:
        assert tally["read"] == tally["used"] + sum(tally["dropped"].values()), tally
    return facts


def write_rows(path: Path, rows: list[Shown]) -> Path:
    return write_csv(path, ["impression_id", "timestamp", "user_id", "article_id", "clicked"], rows)


def mind_time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%-m/%-d/%Y %-I:%M:%S %p")


@pytest.mark.parametrize(("seed", "users"), [(0, 5), (1, 5), (2, 3), (3, 1)])
def test_rows_give_what_a_plain_program_gives(tmp_path: Path, news: Path, seed: int, users: int) -> None:
    rows = shown_rows(seed, impressions=100, users=users)
    facts = convert(news, write_rows(tmp_path / "log.csv", rows), tmp_path / "out")
    expected, found = oracle(rows), read_out(tmp_path / "out")
    assert found.keys() == expected.keys()
    last_day = max(row.time for row in rows) // DAY
    for name, one in expected.items():
        split, user, time, history, candidates = found[name]
        assert (user, time, history) == (one.user, mind_time(one.time), one.history), name
        assert list(candidates.items()) == list(one.candidates.items())
        assert split == ("dev" if one.time // DAY == last_day else "train")
    assert max(len(one.history) for one in expected.values()) >= (50 if users == 1 else 15)
    assert facts["read"][1]["read"] == len(rows)
    assert facts["read"][1]["used"] == sum(len(one.candidates) for one in expected.values())


def test_a_row_per_impression_gives_the_same_as_a_row_per_article(
    tmp_path: Path, news: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "BLOCK", 4000)  # several chunks
    pages = [(name, START + 997 * i, f"u{i % 7}", shown, hits) for i, (name, shown, hits) in enumerate(
        (f"i{i}", [f"a{(i * k) % 39}" for k in (3, 5, 7)], [f"a{(i * 5) % 39}"]) for i in range(1, 300))]  # fmt: skip
    rows = [Shown(name, time, user, one, int(one in hits)) for name, time, user, shown, hits in pages for one in shown]
    convert(news, write_rows(tmp_path / "rows.csv", rows), tmp_path / "rows")
    forms = {"spaces": " ".join, "commas": ", ".join, "json": json.dumps, "python": repr}
    for name, join in forms.items():
        lists = [(impression, time, user, join(shown), join(hits)) for impression, time, user, shown, hits in pages]
        path = write_csv(tmp_path / f"{name}.csv", ["impression", "time", "user", "shown", "clicked"], lists, "\t")
        convert(news, path, tmp_path / name)
        assert read_out(tmp_path / name) == read_out(tmp_path / "rows")
    path = tmp_path / "lists.jsonl"
    lines = [dict(zip(("impression", "time", "user", "shown", "clicked"), page, strict=True)) for page in pages]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    convert(news, path, tmp_path / "jsonl")
    assert read_out(tmp_path / "jsonl") == read_out(tmp_path / "rows")
    assert len(read_out(tmp_path / "rows")) == 299


def test_all_formats_give_the_same(tmp_path: Path, news: Path) -> None:
    pandas = pytest.importorskip("pandas")
    rows = shown_rows(3)
    plain = write_rows(tmp_path / "log.csv", rows)
    convert(news, plain, tmp_path / "csv")
    others = [tmp_path / "log.csv.gz", tmp_path / "log.tsv", tmp_path / "log.jsonl", tmp_path / "semicolons.csv"]
    others[0].write_bytes(gzip.compress(plain.read_bytes()))
    write_csv(others[1], Shown._fields, rows, "\t")
    others[2].write_text("".join(json.dumps(row._asdict()) + "\n" for row in rows), encoding="utf-8")
    others[3].write_text(plain.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8-sig")
    if find_spec("pyarrow"):
        pandas.DataFrame(rows).to_parquet(tmp_path / "log.parquet")
        others.append(tmp_path / "log.parquet")
    for path in others:
        convert(news, path, tmp_path / "out" / path.name)
        assert read_out(tmp_path / "out" / path.name) == read_out(tmp_path / "csv"), path.name


def test_clicks_only_draws_what_others_clicked_and_every_report_says_so(
    tmp_path: Path, news: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clicks = [(row.time, row.user, row.news) for row in shown_rows(1, impressions=300, users=60) if row.clicked]
    path = write_csv(tmp_path / "clicks.csv", ["time", "user", "news"], clicks)
    facts = convert(news, path, tmp_path / "out", "--seed", "5")
    assert facts["candidates_drawn"] is True
    assert "must not be compared with MIND's" in capsys.readouterr().out
    data = read_dataset(tmp_path / "out", title_length=5, history_length=50, minimum_count=1)
    assert sum("must not be compared with MIND's" in note for note in data.notes) == 1
    convert(news, path, tmp_path / "again", "--seed", "5")
    assert read_out(tmp_path / "again") == read_out(tmp_path / "out")
    convert(news, path, tmp_path / "other", "--seed", "6")
    assert read_out(tmp_path / "other") != read_out(tmp_path / "out")


def test_a_column_of_zeros_and_ones_need_not_tell_what_was_clicked(tmp_path: Path, news: Path) -> None:
    clicks = [(row.time, row.user, row.news, row.clicked) for row in shown_rows(1, impressions=60, users=30)]
    path = write_csv(tmp_path / "clicks.csv", ["time", "user", "news", "subscriber"], clicks)
    with pytest.raises(DataError, match=r"if this is a log of clicks only, say so with --columns clicks.clicked=$"):
        convert(news, path, tmp_path / "out")
    assert convert(news, path, tmp_path / "out", "--columns", "clicks.clicked=")["shape"] == "clicks"
    ones = write_csv(tmp_path / "ones.csv", ["time", "user", "news", "clicks"], [(*row[:3], 1) for row in clicks])
    assert convert(news, ones, tmp_path / "ones")["shape"] == "clicks"


def test_a_test_split_on_request_and_the_table(tmp_path: Path, news: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        Shown(f"i{i}", START + i * DAY // 5, f"u{i // 2}", f"a{k}", int(k == i % 4))
        for i in range(40)
        for k in range(4)
    ]
    log = write_rows(tmp_path / "log.csv", rows)
    facts = convert(news, log, tmp_path / "out", "--dev-days", "2", "--test-days", "3")
    day = {f"i{i}": (START + i * DAY // 5) // DAY for i in range(40)}
    last = max(day.values())
    for name, (split, *_) in read_out(tmp_path / "out").items():
        assert split == ("test" if day[name] > last - 3 else "dev" if day[name] > last - 5 else "train")
    dev, train = (
        {one[1] for one in read_out(tmp_path / "out").values() if one[0] == name} for name in ("dev", "train")
    )
    assert facts["never_seen_in_train"]["dev"]["users"] == len(dev - train) / len(dev)
    table = capsys.readouterr().out.split("\n\n", 1)[1].split("\n\nwrote")[0]
    page = (tmp_path / "out" / "CONVERSION.md").read_text(encoding="utf-8")
    assert table in page
    assert "a history is the user's last 50 clicks" in page
    for word in ("users", "clicks per user", "users not in train", "dropped", "test"):
        assert word in table


def test_what_is_unreadable_is_named_by_file_and_line(
    tmp_path: Path, news: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = shown_rows(2)
    log = write_rows(tmp_path / "log.csv", rows)
    with log.open("a", encoding="utf-8") as file:
        file.write(
            "i1,yesterday,u1,a1,1\ni1,5\n\ni1,1700000000,,a1,1\ni1,1700000000,u1,a1,maybe\n,1700000000,u1,a1,0\n"
        )
    facts = convert(news, log, tmp_path / "out")
    first = len(rows) + 2
    assert facts["read"][1]["read"] == len(rows) + 5
    told = capsys.readouterr().out
    for line, what in (
        (0, ": 'yesterday'"),
        (1, ": 2 cells where the header has 5"),
        (3, ": ''"),
        (4, ": 'maybe'"),
        (5, ": ''"),
    ):
        assert f"log.csv, line {first + line}{what}" in told
    assert read_out(tmp_path / "out").keys() == oracle(rows).keys()


def test_a_malformed_list_is_named_and_a_repeated_row_is_counted(
    tmp_path: Path, news: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [(f"i{i}", START + i * DAY // 3, "u", "a1 a2 a3 a99", "a2") for i in range(6)]
    rows += [
        rows[2],
        ("i6", START, "u", '["a1", "a2"', "a2"),
        ("i7", START, "u", "a1 a2", ""),
        ("i8", START, "u", "a99", "a98"),
    ]
    rows += [("i9", START, "u", "a1", "a2")]  # what was clicked was shown, also where the log does not say so
    log = write_csv(tmp_path / "log.csv", ["impression", "time", "user", "shown", "clicked"], rows)
    facts = convert(news, log, tmp_path / "out")
    assert 'log.csv, line 9: \'["a1", "a2"\'' in capsys.readouterr().out
    assert sorted(facts["read"][1]["dropped"].values()) == [1, 1, 1, 1]
    assert facts["read"][2]["read"] == 6 * 4 + 4 + 2 + 2 + 2
    found = read_out(tmp_path / "out")
    assert found.keys() == {"i0", "i1", "i2", "i3", "i4", "i5", "i9"}
    assert found["i9"][4] == {"a1": 0, "a2": 1}
    assert found["i4"][3] == ["a2"] * 5  # i9 and i0 are of one instant


@pytest.mark.parametrize("mark", ["|", ";", " | ", "; "])
def test_lists_with_other_marks_between_are_named_and_lists_of_unknown_ids_too(
    tmp_path: Path, news: Path, capsys: pytest.CaptureFixture[str], mark: str
) -> None:
    write_csv(news, ["id", "title"], [(one, f"Title {one}") for one in ("a1", "a2", "a3", "b|c")])
    rows = [(START + i * DAY // 3, "u", "a1 a2 b|c", "b|c") for i in range(6)]
    rows += [(START, "u", mark.join(("a1", "a2", "a3")), "a3"), (START, "u", "a1 a2", mark.join(("a1", "a2")))]
    rows += [(START, "u", "a98|a97", "a98"), (START, "u", "", ""), (START, "u", "a1 a98;a97", "a1")]
    facts = convert(news, write_csv(tmp_path / "log.csv", ["time", "user", "shown", "clicked"], rows), tmp_path / "out")
    told = capsys.readouterr().out
    for line, cell in ((8, rows[6][2]), (9, rows[7][3]), (10, "a98|a97"), (11, "")):
        assert f"log.csv, line {line}: {cell!r}\n" in told
    assert [*facts["read"][1]["dropped"].values()] == [2, 2]
    assert {len(one[4]) for one in read_out(tmp_path / "out").values()} == {1, 3}


@pytest.mark.parametrize("header", ["time,user,shown,clicked", "time,user,news,clicked", "time,user,news"])
def test_a_log_that_stands_twice_in_its_file_counts_once(tmp_path: Path, news: Path, header: str) -> None:
    page, hits = ("a1 a2 a3", "a1") if "shown" in header else ("a1", "1")
    rows = [
        (START + i * DAY // 4, f"u{i % 3}", page.replace("a1", f"a{9 + i}"), hits.replace("a1", f"a{9 + i}"))
        for i in range(20)
    ]
    rows = [row[: header.count(",") + 1] for row in rows]
    once = write_csv(tmp_path / "once.csv", header.split(","), rows)
    twice = write_csv(tmp_path / "twice.csv", header.split(","), rows * 2)
    convert(news, once, tmp_path / "once")
    facts = convert(news, twice, tmp_path / "twice")
    assert read_out(tmp_path / "once") == read_out(tmp_path / "twice")
    assert facts["read"][1]["read"] == 40


def test_without_ids_what_a_user_sees_in_one_instant_is_an_impression(
    tmp_path: Path, news: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [(START + i // 2 * DAY // 4, f"u{i % 2}", f"a{k}", int(k == i % 3)) for i in range(20) for k in range(3)]
    log = write_csv(tmp_path / "log.csv", ["ts", "uid", "item", "label"], rows)
    facts = convert(news, log, tmp_path / "out")
    told = capsys.readouterr()
    assert "one row per shown article; impression: same user and time, no column named clicks.impression\n" in told.out
    assert (told.err, facts["warnings"]) == ("", [])
    found = read_out(tmp_path / "out")
    assert found.keys() == {str(i + 1) for i in range(20)}
    assert sum(split["impressions"] for split in facts["splits"].values()) == 20
    assert {len(one[4]) for one in found.values()} == {3}


@pytest.mark.parametrize(("header", "look"), [
    ("ts,uid,item,label", "clicks.impression=COLUMN"), ("ts,uid,item,label,imp", "column 'imp' is the same in all rows"),
    ("ts,uid,shown,clicked", "what stands between the ids"),
])  # fmt: skip
def test_impressions_that_fall_apart_are_a_warning(
    tmp_path: Path, news: Path, capsys: pytest.CaptureFixture[str], header: str, look: str
) -> None:
    times = [(i, k, START + i * DAY // 4 + k / 1000) for i in range(20) for k in range(3)]
    rows = [
        (time, f"u{i % 2}", f"a{k}", f"a{k}" if "shown" in header else int(k == i % 3), f"{i} {k}")
        for i, k, time in times
    ]
    rows = [row[: header.count(",") + 1] for row in rows]
    log = write_csv(tmp_path / "log.csv", header.split(","), rows)
    assert main(["--quiet", "--news", str(news), "--clicks", str(log), "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().err
    assert told.startswith("warning: 100% of the impressions have one candidate")
    assert look in told
    assert told.replace("warning: ", "- **Odd**: ") in (tmp_path / "out" / "CONVERSION.md").read_text(encoding="utf-8")


def test_ids_and_titles_that_minds_format_could_break_on(tmp_path: Path) -> None:
    ids = ["N1", "N1-0", "N1-1", "a b", "N1", "", "-", "ü"]
    titles = ["plain", "hyphen\tand tab", "two\nlines", "space", "again", "none", "  ", "Zoë"]
    news = write_csv(tmp_path / "articles.csv", ["id", "title"], zip(ids, titles, strict=True))
    good = ["N1", "N1-0", "N1-1", "-", "ü"]
    rows = [Shown(f"i{i}", START + i * DAY // 2, "u 1", one, int(one == good[i % 5])) for i in range(8) for one in good]
    facts = convert(news, write_rows(tmp_path / "log.csv", rows), tmp_path / "out")
    assert sum(facts["read"][0]["dropped"].values()) == 3
    data = read_dataset(tmp_path / "out", title_length=5, history_length=50, minimum_count=1)
    assert data.train.news.ids == good
    assert data.train.news.titles == ["plain", "hyphen and tab", "two lines", "", "Zoë"]
    behaviors = data.train.behaviors
    assert behaviors.clicked is not None
    assert behaviors.candidates.index[behaviors.clicked].tolist() == [i % 5 for i in range(behaviors.candidates.count)]
    assert behaviors.dropped.line() == ""
    assert behaviors.histories.to_lists()[4] == [0, 1, 2, 3]


WRONG = {
    "no such column": (["--columns", "clicks.time=when"], None, "no column 'when'; its columns are 'impression_id'"),
    "no user": ([], lambda text: text.replace("user_id", "who"), r"--columns clicks.user=COLUMN"),
    "no clicked": (
        ["--columns", "clicks.user=user_id"],
        lambda text: text.replace("clicked", "geklickt"),
        r"'geklickt' holds only 0 and 1; .* name it with --columns clicks.user=user_id,clicks.clicked=geklickt; ",
    ),
    "no times": ([], lambda text: text.replace(",17", ",x17"), r"can be used.*the time.*log.csv, line 2: 'x17"),
    "empty": ([], lambda _: "", "the file is empty"),
    "header only": ([], lambda text: text.split("\n")[0], "no rows below the header"),
    "two columns": (
        [],
        lambda text: text.replace("user_id,article_id", "user_id,user_id"),
        "two columns are called 'user_id'",
    ),
    "one day": ([], lambda text: text.replace(",17", ",1700000000.17"), "train would be empty.*1 day"),
    "dev without clicks": ([], lambda text: text + "i900,1800000000,u1,a1,0\n", "dev would be empty"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_and_leaves_nothing(tmp_path: Path, news: Path, name: str) -> None:
    options, change, told = WRONG[name]
    log = write_rows(tmp_path / "log.csv", shown_rows(0))
    if change:
        log.write_text(change(log.read_text(encoding="utf-8").replace("\r\n", "\n")), encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DataError, match=told) as caught:
        main(["--news", str(news), "--clicks", str(log), "--out", str(tmp_path / "out"), *options])
    assert str(log) in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_what_is_wrong_with_files(tmp_path: Path, news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = write_rows(tmp_path / "log.csv", shown_rows(0))
    broken = tmp_path / "log.csv.gz"
    broken.write_bytes(gzip.compress(log.read_bytes())[:-30])
    latin = tmp_path / "latin.csv"
    latin.write_bytes(b"id,title\na1,caf\xe9\n")
    other = tmp_path / "log.xlsx"
    other.touch()
    parquet = tmp_path / "log.parquet"
    parquet.write_bytes(b"PAR1 and nothing more")
    monkeypatch.setattr("nrms_np.data.convert.tables.find_spec", lambda _: None)
    for first, second, told in (
        (news, broken, "log.csv.gz: the file is damaged"), (news, other, "one of .csv, .tsv"), (latin, log, "line 2: .* UTF-8"),
        (news, tmp_path / "none.csv", "no such file"), (news, parquet, r"pip install pyarrow"),
        (log, log, "as --news and as --clicks"),
    ):  # fmt: skip
        with pytest.raises(NrmsError, match=told):
            main(["--news", str(first), "--clicks", str(second), "--out", str(tmp_path / "out")])
    (tmp_path / "out").mkdir()
    convert(news, log, tmp_path / "out")  # an empty folder may be there
    with pytest.raises(NrmsError, match="nothing is overwritten"):
        main(["--news", str(news), "--clicks", str(log), "--out", str(tmp_path / "out")])


def test_a_break_while_writing_leaves_nothing(tmp_path: Path, news: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = write_rows(tmp_path / "log.csv", shown_rows(0))
    before = sorted(tmp_path.rglob("*"))

    def full(*_: object) -> None:
        assert len(list(tmp_path.iterdir())) == len(before) + 1
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nrms_np.data.convert.summary.write_summary", full)
    with pytest.raises(DiskFullError, match="out: there is no room for this folder: No space"):
        main(["--news", str(news), "--clicks", str(log), "--out", str(tmp_path / "out")])
    assert sorted(tmp_path.rglob("*")) == before


def test_times_as_mind_writes_them() -> None:
    import numpy as np

    seconds = [0, 43_199, 43_200, START, 1_573_290_000, 4_102_444_799]
    assert mind_times(np.array(seconds) * 1_000_000) == [mind_time(one) for one in seconds]
    assert mind_times(np.array([1_573_290_000_000_000])) == ["11/9/2019 9:00:00 AM"]


@pytest.mark.parametrize(
    "wrong",
    ["--news x", "--ebnerd x --dev-days 2", "--news x --clicks y --columns time=t"],
)
def test_wrong_usage(wrong: str) -> None:
    with pytest.raises(SystemExit) as caught:
        parse([*wrong.split(), "--out", "out"])
    assert caught.value.code == 2


def test_help_needs_no_pandas() -> None:
    command = "import sys; from nrms_np.data.convert.__main__ import main\ntry: main(['--help'])\n"
    command += "except SystemExit: print('pandas' in sys.modules)"
    run = [sys.executable, "-c", command]
    told = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "clicks.impression" in told
    assert told.endswith("False\n")
