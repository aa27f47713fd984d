"""Bad inputs, one a row: each gives one sentence that names what is wrong, the right exit code, and nothing half-written."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nrms_np.data import table
from nrms_np.errors import NrmsError
from nrms_np.npz import read_arrays, write_arrays
from nrms_np.train import main as train
from tests.helpers.clicks import SMALL_MODEL, write_clicks

pytestmark = pytest.mark.slow
TRAIN = ["train", "--data", "data", "--out", "new", "--epochs", "1", "--quiet", *SMALL_MODEL]
EVALUATE = ["evaluate", "run", "--data", "data"]
RECOMMEND = ["recommend", "run", "--data", "data"]
EXPLAIN = ["explain", "run", "--data", "data", "--impression", "1", "--out", "why.html"]
RESUME = ["train", "--resume", "--out", "run", "--epochs", "2", "--quiet"]
CONVERT = ["data.convert", "--news", "news.csv", "--clicks", "clicks.csv", "--out", "converted"]
UNSCORED = b"\n".join([b"9\tU\t\tN1\tN1-0"] * 99)
NEWS, LOG = "data/train/news.tsv", "data/train/behaviors.tsv"


def add(path: str, line: bytes) -> Callable[[], None]:
    """Put a line in front of the last one of a file."""

    def change() -> None:
        lines = Path(path).read_bytes().splitlines(keepends=True)
        Path(path).write_bytes(b"".join([*lines[:-1], line + b"\n", lines[-1]]))

    return change


def content(path: str, data: bytes) -> Callable[[], None]:
    return lambda: (Path(path).parent.mkdir(exist_ok=True), Path(path).write_bytes(data))[0]


def replaced(path: str, old: str, new: str) -> Callable[[], None]:
    return lambda: [Path(path).write_text(Path(path).read_text().replace(old, new))][0] and None


def column(path: str, number: int, text: str | None = None, change: Callable[[str], str] = str) -> Callable[[], None]:
    """Set a column of all rows, or change it."""

    def rewrite() -> None:
        rows = [line.split("\t") for line in Path(path).read_text().splitlines()]
        for row in rows:
            row[number] = change(row[number]) if text is None else text
        Path(path).write_text("".join("\t".join(row) + "\n" for row in rows))

    return rewrite


def instead(path: str, make: Callable[[Path], Any]) -> Callable[[], None]:
    """Put something else in the place of a file."""

    def change() -> None:
        Path(path).unlink()
        make(Path(path))

    return change


def packed(path: str, change: Callable[[bytes], bytes]) -> Callable[[], None]:
    """Pack a file as .gz, with something done to the bytes."""

    def pack() -> None:
        data = change(gzip.compress(Path(path).read_bytes()))
        Path(path).unlink()
        Path(path + ".gz").write_bytes(data)

    return pack


def array(name: str, value: Any, path: str = "run/model.npz") -> Callable[[], None]:
    """Set, or with None remove, an array of a saved file; callables get the old one."""

    def change() -> None:
        arrays = read_arrays(Path(path), "broken")
        if value is None:
            del arrays[name]
        else:
            arrays[name] = value(arrays[name]) if callable(value) else value
        write_arrays(Path(path), arrays)

    return change


def setting(name: str, value: Any, path: str = "run/model.npz") -> Callable[[], None]:
    """Set a value of the settings in a model."""

    def change(old: Any) -> Any:
        return np.array(json.dumps({**json.loads(old.item()), name: value}))

    return array("config", change, path)


def nothing() -> None:
    """The input is bad as it stands on the command line."""


def upside_down(path: str) -> Callable[[], None]:
    return lambda: Path(path).write_bytes(Path(path).read_bytes()[::-1])


CASES: list[tuple[str, Callable[[], Any], list[str], int, str]] = [
    # What is bad, how it comes about, the command, its exit code, what the sentence says.
    ("no data folder", lambda: shutil.rmtree("data"), TRAIN, 1, "data: there is no such folder"),
    ("no dev", lambda: shutil.rmtree("data/dev"), TRAIN, 1, "data/dev"),
    ("no news", lambda: Path(NEWS).unlink(), TRAIN, 1, "train/news.tsv: there is no such file"),
    ("no log", lambda: Path(LOG).unlink(), TRAIN, 1, "train/behaviors.tsv: there is no such file"),
    ("empty news", content(NEWS, b""), TRAIN, 1, "train/news.tsv: the file is empty"),
    ("empty log", content(LOG, b""), TRAIN, 1, "train/behaviors.tsv: the file is empty"),
    ("a folder in its place", instead(NEWS, lambda path: path.mkdir()), TRAIN, 1, "this is a folder"),
    ("a pipe in its place", instead(LOG, lambda path: os.mkfifo(path)), TRAIN, 1, "pipe or a device"),
    ("a device in its place", instead(NEWS, lambda path: path.symlink_to("/dev/zero")), TRAIN, 1, "pipe or a device"),
    ("a link to nowhere", instead(NEWS, lambda path: path.symlink_to("nowhere")), TRAIN, 1, "no such file"),
    ("a blank line", add(NEWS, b""), TRAIN, 1, "line 30: the line is blank"),
    ("Latin-1 in news", add(NEWS, b"N99\ta\tb\tcaf\xe9\t\t\t[]\t[]"), TRAIN, 1, "line 30: byte 12"),
    ("Latin-1 in the log", add(LOG, b"9\tU\xe9\t\tN1\tN1-0 N2-1"), TRAIN, 1, "is not UTF-8"),
    ("half a row of news", add(NEWS, b"N99\tsports"), TRAIN, 1, "line 30: this row has 2 columns"),
    ("half a row of the log", add(LOG, b"9\tU9"), TRAIN, 1, "this row has 2 columns"),
    ("one column too many", add(LOG, b"9\tU9\t\tN1\tN1-0 N2-1\tmore"), TRAIN, 1, "this row has 6 columns"),
    ("three columns", content(NEWS, b"N1\tsports\tgolf\n"), TRAIN, 1, "line 1: this row has 3 columns"),
    ("no words of a title", nothing, [*TRAIN, "--title-length", "0"], 2, "title-length"),
    ("a news id twice", add(NEWS, b"N3\ta\tb\tagain\t\t\t[]\t[]"), TRAIN, 1, "'N3' already stands on line 4"),
    ("no news id", add(NEWS, b"\ta\tb\tnone\t\t\t[]\t[]"), TRAIN, 1, "line 30: this row has no news id"),
    ("no candidates", add(LOG, b"9\tU9\t\tN1\t"), TRAIN, 1, "has no candidates"),
    ("label 2", add(LOG, b"9\tU9\t\tN1\tN1-0 N2-2"), TRAIN, 1, "'N2-2' needs a news id, a hyphen, and the label"),
    ("label -1", add(LOG, b"9\tU9\t\tN1\tN1-0 N2--1"), TRAIN, 1, "'N2--1' has the label -1"),
    ("one candidate without label", add(LOG, b"9\tU9\t\tN1\tN1-0 N2"), TRAIN, 1, "'N2' has no label"),
    (
        "no labels at all",
        column(LOG, 4, change=lambda text: text.replace("-0", "").replace("-1", "")),
        TRAIN,
        1,
        "label",
    ),
    ("commas in a history", add(LOG, b"9\tU9\t\tN1,N2\tN1-0 N2-1"), TRAIN, 1, "has ',' in it"),
    ("semicolons in candidates", add(LOG, b"9\tU9\t\tN1\tN1-0;N2-1"), TRAIN, 1, "has ';' in it"),
    (
        "header and nothing else",
        content(NEWS, b"news_id\tcategory\tsubcategory\ttitle\n"),
        TRAIN,
        1,
        "but for a header",
    ),
    (
        "header in another order",
        content(NEWS, b"news_id\ttitle\tcategory\tsubcategory\n"),
        TRAIN,
        1,
        "reorder the columns",
    ),
    ("a broken .gz", packed(LOG, lambda data: data[: len(data) // 2]), TRAIN, 1, "the packed file is damaged"),
    ("a .gz that is none", packed(LOG, lambda _: b"plain text"), TRAIN, 1, "damaged"),
    ("a line without end", content(NEWS, b"N1\ta\tb\t" + b"x" * 5000), TRAIN, 1, "line 1: the line is longer"),
    ("all histories empty", column(LOG, 3, ""), TRAIN, 1, "impressions is empty"),
    ("no known news in histories", column(LOG, 3, "M1 M2"), TRAIN, 1, "clicks in histories is in news.tsv"),
    ("no known candidates", column(LOG, 4, "M1-0 M2-1"), TRAIN, 1, "candidates is in news.tsv"),
    ("nothing clicked", column(LOG, 4, "N1-0 N2-0"), TRAIN, 1, "no impression has a clicked and a not clicked"),
    ("everything clicked", column(LOG, 4, "N1-1 N2-1"), TRAIN, 1, "no impression has a clicked and a not clicked"),
    (
        "dev that cannot be scored",
        add("data/dev/behaviors.tsv", b"\n".join([b"9\tU\t\tN1\tN1-0"] * 99)),
        TRAIN,
        1,
        "--allow-unscored",
    ),
    ("no vectors", nothing, [*TRAIN, "--glove", "none.txt"], 1, "none.txt: there is no such file"),
    ("a folder of vectors", nothing, [*TRAIN, "--glove", "data"], 1, "this is a folder"),
    (
        "vectors of another length",
        content("v.txt", b"moon 1 2\nrockets 1 2 3\n"),
        [*TRAIN, "--glove", "v.txt"],
        1,
        "line 2",
    ),
    (
        "vectors that are no numbers",
        content("v.txt", b"moon 1 2\nrockets 1 nan\n"),
        [*TRAIN, "--glove", "v.txt"],
        1,
        "'nan'",
    ),
    ("vectors of other words", content("v.txt", b"zebra 1 2\n"), [*TRAIN, "--glove", "v.txt"], 1, "no vector for any"),
    (
        "vectors in a broken zip",
        content("v.zip", b"PK\x03\x04"),
        [*TRAIN, "--glove", "v.zip"],
        1,
        "the archive is damaged",
    ),
    (
        "another width than the vectors",
        content("v.txt", b"moon 1 2\n"),
        [*TRAIN, "--glove", "v.txt"],
        1,
        "leave out --word-dim",
    ),
    ("a folder in the way of --out", content("new", b""), TRAIN, 1, "new: the run folder cannot be written"),
    ("an --out that holds a run", nothing, [*TRAIN, "--out", "run"], 1, "already holds a run"),
    ("zero epochs", nothing, [*TRAIN, "--epochs", "0"], 2, "'0' is not a whole number, 1 or more"),
    ("half a head", nothing, [*TRAIN, "--heads", "2.5"], 2, "'2.5' is not a whole number"),
    ("a rate of nan", nothing, [*TRAIN, "--learning-rate", "nan"], 2, "'nan' is not a number above 0"),
    ("a dropout of 1", nothing, [*TRAIN, "--dropout", "1"], 2, "'1' is not a number from 0"),
    ("a negative seed", nothing, [*TRAIN, "--seed", "-1"], 2, "is not a whole number, 0 or more"),
    ("a negative clip", nothing, [*TRAIN, "--clip", "-1"], 2, "is not a number, 0 or more"),
    ("an unknown option", nothing, [*TRAIN, "--speed", "9"], 2, "unrecognized arguments"),
    ("an unknown preset", nothing, [*TRAIN, "--preset", "mine"], 2, "invalid choice"),
    ("an unknown part", nothing, [*TRAIN, "--ablate", "news"], 2, "invalid choice"),
    ("a million heads", nothing, [*TRAIN, "--heads", "1000000", "--head-dim", "1000000"], 1, "GiB of memory"),
    ("too many negatives", nothing, [*TRAIN, "--negatives", "99999999999"], 1, "negatives of an epoch"),
    ("no threads", nothing, [*TRAIN, "--threads", "0"], 2, "'0' is not a whole number from 1 to 1,024"),
    ("too many threads", nothing, [*TRAIN, "--threads", "99999"], 2, "'99999' is not a whole number from 1 to 1,024"),
    ("a run to go on from that is none", nothing, [*TRAIN, "--from", "nowhere"], 1, "nowhere: there is no such file"),
    ("a run of another size", nothing, [*TRAIN, "--from", "run", "--heads", "5"], 1, "heads is 3 in the model"),
    ("no run", lambda: shutil.rmtree("run"), EVALUATE, 1, "run: there is no such file"),
    ("a run without a model", lambda: Path("run/model.npz").unlink(), EVALUATE, 1, "has no model.npz"),
    ("a model that is text", content("run/model.npz", b"text"), EVALUATE, 1, "model.npz: this is not a saved model"),
    ("an empty model", content("run/model.npz", b""), EVALUATE, 1, "this is not a saved model"),
    ("half a model", lambda: os.truncate("run/model.npz", 2000), EVALUATE, 1, "this is not a saved model"),
    ("a model backwards", upside_down("run/model.npz"), EVALUATE, 1, "this is not a saved model"),
    ("a model that is a pipe", instead("run/model.npz", lambda path: os.mkfifo(path)), EVALUATE, 1, "run"),
    ("a model of float64", array("news.pool.b", lambda old: old.astype(np.float64)), EVALUATE, 1, "is of float64"),
    (
        "a parameter too many",
        array("news.pool.x", np.zeros(3, np.float32)),
        EVALUATE,
        1,
        "'news.pool.x', which is not one",
    ),
    ("a parameter too few", array("user.pool.q", None), EVALUATE, 1, "the parameter user.pool.q is missing"),
    (
        "a parameter of another shape",
        array("news.pool.q", np.zeros(9, np.float32)),
        EVALUATE,
        1,
        "news.pool.q has shape",
    ),
    ("no vocabulary", array("vocabulary", None), EVALUATE, 1, "it has no vocabulary"),
    ("a vocabulary of numbers", array("vocabulary", np.arange(3)), EVALUATE, 1, "text is needed"),
    ("a vocabulary in a table", array("vocabulary", lambda old: old[None]), EVALUATE, 1, "text is needed"),
    (
        "a vocabulary without [unknown]",
        array("vocabulary", lambda old: np.char.add(old, "x")),
        EVALUATE,
        1,
        "the first word",
    ),
    (
        "a word twice",
        array("vocabulary", lambda old: np.where(np.arange(len(old)) > 1, old[1], old)),
        EVALUATE,
        1,
        "stands twice",
    ),
    ("no settings", array("config", None), EVALUATE, 1, "it has no config"),
    ("settings that are no JSON", array("config", np.array("{heads")), EVALUATE, 1, "the settings cannot be read"),
    ("settings that are a list", array("config", np.array("[]")), EVALUATE, 1, "the settings cannot be read"),
    ("settings nested too deep", array("config", np.array("[" * 100_000)), EVALUATE, 1, "the settings cannot be read"),
    ("heads as text", setting("heads", "3"), EVALUATE, 1, "heads must be a whole number"),
    ("a million heads in a file", setting("heads", 10**6), EVALUATE, 1, "has shape"),
    ("a seed of 1.5", setting("seed", 1.5), EVALUATE, 1, "seed must be a whole number, 0 or more, not 1.5"),
    ("a dropout of true", setting("dropout", True), EVALUATE, 1, "dropout must be a number"),
    ("an unknown form", setting("attention", "best"), EVALUATE, 1, "attention must be projected or bilinear"),
    ("an unknown rule of words", setting("tokens", "best"), EVALUATE, 1, "tokens must be"),
    ("parts that are a number", setting("ablate", 5), EVALUATE, 1, "settings cannot be read"),
    ("a setting from the future", setting("speed", 9), EVALUATE, 1, "the settings speed are not known"),
    ("a split that is not there", nothing, [*EVALUATE, "--split", "test"], 1, "there is no such folder"),
    ("scores into a folder", nothing, [*EVALUATE, "--scores", "data"], 1, "data: this is a folder; name a file"),
    ("scores into nowhere", nothing, [*EVALUATE, "--scores", "no/s.tsv"], 1, "there is no folder no to write it into"),
    ("a user that nobody knows", nothing, [*RECOMMEND, "--user", "U99999"], 1, "no impression is of a user 'U99999'"),
    ("news that nobody knows", nothing, [*RECOMMEND, "--history", "M1"], 1, "the news M1 of --history is not in"),
    ("nobody to recommend for", nothing, RECOMMEND, 2, "one of the arguments --user --history --titles is required"),
    (
        "no candidates in a file",
        content("c.txt", b""),
        [*RECOMMEND, "--history", "N1", "--candidates", "c.txt"],
        1,
        "empty",
    ),
    (
        "unknown candidates",
        content("c.txt", b"N1\nM1\n"),
        [*RECOMMEND, "--history", "N1", "--candidates", "c.txt"],
        1,
        "line 2",
    ),
    (
        "a time that is none",
        nothing,
        [*RECOMMEND, "--history", "N1", "--since", "yesterday"],
        1,
        "'yesterday' is not a time",
    ),
    ("no such impression", nothing, [*EXPLAIN, "--impression", "99999"], 1, "there is no impression '99999'"),
    ("no such candidate", nothing, [*EXPLAIN, "--candidate", "M1"], 1, "does not show the candidate 'M1'"),
    ("a picture of another kind", nothing, [*EXPLAIN, "--out", "why.gif"], 2, "does not end in .png or .html"),
    ("a page into nowhere", nothing, [*EXPLAIN, "--out", "no/why.html"], 1, "there is no folder no"),
    ("no runs", nothing, ["runs", "data"], 1, "data"),
    (
        "a broken checkpoint",
        content("run/checkpoint.npz", b"PK"),
        RESUME,
        1,
        "checkpoint.npz: the checkpoint cannot be read",
    ),
    ("a checkpoint of other data", add(LOG, b"9\tU9\t\tN1\tN1-0 N2-1"), RESUME, 1, "the data has changed"),
    ("a checkpoint of other words", column(NEWS, 3, "zebra"), RESUME, 1, "other words"),
    (
        "settings changed by hand",
        replaced("run/config.json", '"seed": 0', '"seed": 1'),
        RESUME,
        1,
        "seed is 1 but was 0",
    ),
    (
        "a checkpoint of epoch 99",
        array("progress/epoch", np.array(99), "run/checkpoint.npz"),
        RESUME,
        1,
        "what cannot be",
    ),
    (
        "a checkpoint with an AUC of nan",
        array("progress/best_auc", np.array(np.nan), "run/checkpoint.npz"),
        RESUME,
        1,
        "nan",
    ),
    (
        "a folder that is a number",
        replaced("run/config.json", '"folder": "', '"folder": 5, "was": "'),
        RESUME,
        1,
        "folder is 5",
    ),
    ("broken metrics", content("run/metrics.jsonl", b"{"), RESUME, 1, "metrics.jsonl: the metrics cannot be read"),
    (
        "an article file of an unknown kind",
        content("n.xls", b""),
        [*CONVERT, "--news", "n.xls"],
        1,
        "ending of the name",
    ),
    ("a log without times", content("clicks.csv", b"user,news\nU1,N1\n"), CONVERT, 1, "clicks.time"),
    ("an output that is there", content("converted/mine", b""), CONVERT, 1, "converted"),
]


def test_there_are_ninety_of_them() -> None:
    assert len({case[0] for case in CASES}) == len(CASES) >= 90


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data, a run trained on it, and a log to convert."""
    place = tmp_path_factory.mktemp("bad")
    write_clicks(place / "data")
    before = Path.cwd()
    os.chdir(place)
    try:
        assert train(["--data", "data", "--out", "run", "--epochs", "1", "--quiet", *SMALL_MODEL]) == 0
    finally:
        os.chdir(before)
    (place / "news.csv").write_text("id,title\nN1,Rockets win\nN2,Rockets launch\n")
    (place / "clicks.csv").write_text("time,user,news\n2024-05-01 08:00,ann,N1\n2024-05-02 08:00,bob,N2\n")
    return place


def everything_in(place: Path) -> dict[Path, int | None]:
    """All files with the time at which they were written, and all folders."""
    return {path: None if path.is_dir() else path.lstat().st_mtime_ns for path in place.rglob("*")}


@pytest.mark.parametrize(
    ("make", "command", "code", "told"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_it_is_told_in_a_sentence_and_leaves_nothing(
    ready: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    make: Callable[[], Any], command: list[str], code: int, told: str,
) -> None:  # fmt: skip
    place = shutil.copytree(ready, tmp_path / "place")
    config = place / "run/config.json"
    config.write_text(config.read_text().replace(str(ready), str(place)))
    monkeypatch.chdir(place)
    monkeypatch.setattr(table, "LONGEST_LINE", 4096)
    make()
    before = everything_in(place)
    name = command[0]
    main = import_module(
        f"nrms_np.{name}" if name in ("train", "evaluate", "runs") else f"nrms_np.{name}.__main__"
    ).main
    capsys.readouterr()
    if code == 2:
        with pytest.raises(SystemExit) as stopped:
            main(command[1:])
        assert stopped.value.code == 2
        assert told in capsys.readouterr().err
    else:
        with pytest.raises((NrmsError, OSError)) as error:
            main(command[1:])
        assert told in str(error.value).replace(os.sep, "/")
        assert str(error.value).count("\n") < 2
    assert everything_in(place) == before


def test_a_zip_of_two_texts_is_no_file_of_vectors(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "v.zip", "w") as archive:
        archive.writestr("a.txt", "moon 1 2\n")
        archive.writestr("b.txt", "moon 1 2\n")
    folder = write_clicks(tmp_path / "data")
    with pytest.raises(NrmsError, match=r"holds 2 \.txt files"):
        train(["--data", str(folder), "--glove", str(tmp_path / "v.zip"), "--out", str(tmp_path / "new"), "--quiet"])
