"""The look at the data: each useless split is refused, each odd share is a warning, and a sound log has none."""

from __future__ import annotations

import gzip
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from nrms_np.data.dataset import Dataset, read_dataset
from nrms_np.errors import DataError
from tests.helpers.clicks import write_clicks

REAL = Path(__file__).parents[2].parent / "shared" / "real"

SHOWN = "N1-1 N2-0"
"""What an impression of the tests shows where it does not matter."""


def write_split(folder: Path, impressions: Sequence[tuple[str, str, str, str]], titles: Sequence[str]) -> None:
    """Write a split from (user, time on November 9 to 30, history, candidates) and the titles of N1, N2, ..."""
    folder.mkdir(parents=True)
    news = "".join(f"N{i}\ta\tb\t{title}\n" for i, title in enumerate(titles, start=1))
    (folder / "news.tsv").write_text(news, encoding="utf-8")
    rows = (
        f"{i}\t{user}\t{day}\t{history}\t{shown}\n"
        for i, (user, day, history, shown) in enumerate(impressions, start=1)
    )
    (folder / "behaviors.tsv").write_text("".join(rows), encoding="utf-8")


def split_of(changes: dict[int, tuple[str, str]], day: str) -> list[tuple[str, str, str, str]]:
    """Twenty sound impressions of a day, some with another history and other candidates."""
    return [(f"U{i}", f"11/{day}/2019 9:00:{i:02d} AM", *changes.get(i, ("N3 N4", SHOWN))) for i in range(20)]


TITLES = ("Rockets win", "Rockets launch", "Apple pie", "Mercury is near")


def dataset_of(
    folder: Path,
    train: dict[int, tuple[str, str]] | None = None,
    dev: dict[int, tuple[str, str]] | None = None,
    dev_day: str = "10",
    dev_titles: Sequence[str] = TITLES,
) -> Dataset:
    write_split(folder / "train", split_of(train or {}, "9"), TITLES)
    write_split(folder / "dev", split_of(dev or {}, dev_day), dev_titles)
    return read_dataset(folder, title_length=30, history_length=5, minimum_count=1)


def line_of(lines: Sequence[str], start: str) -> str:
    return next(line for line in lines if line.startswith(start))


def test_a_sound_log_has_a_line_for_each_look_and_no_warning(tmp_path: Path) -> None:
    data = dataset_of(tmp_path)
    assert data.warnings == []
    for start in ("impressions with an empty history: train 0.0%, dev 0.0%",
                  "words of dev titles that the vocabulary lacks: dev 0.0%", "clicks of histories on news that news.tsv lacks: ",
                  "candidates that news.tsv lacks: ", "news with the title of another: ",
                  "impressions with every candidate clicked: ", "impressions that are in train too: dev 0.0%",
                  "impressions from before the last one of train: dev 0.0%"):  # fmt: skip
        assert line_of(data.notes, start)
    assert "time" not in data.notes[-1]


ALL = range(20)


@pytest.mark.parametrize(
    ("changes", "words"),
    [(dict.fromkeys(ALL, ("", SHOWN)), "the history of each of its 20 impressions is empty"),
     (dict.fromkeys(ALL, ("n3 n4", SHOWN)), "none of the 40 clicks in histories is in news.tsv; .* such as 'N1'"),
     (dict.fromkeys(ALL, ("N3", "N1-0 N2-0")), r"no impression has .* \(20 without a click, 0 with nothing else\)"),
     (dict.fromkeys(ALL, ("N3", "N1-1 N2-1")), r"no impression has .* \(0 without a click, 20 with nothing else\)"),
     (dict.fromkeys(ALL, ("N3", "n1-1 n2-0")), "none of its 40 candidates is in news.tsv; .* such as 'N1'")],
)  # fmt: skip
@pytest.mark.parametrize("name", ["train", "dev"])
def test_a_useless_split_is_refused(tmp_path: Path, name: str, changes: dict[int, tuple[str, str]], words: str) -> None:
    with pytest.raises(DataError, match=rf"{name}/behaviors\.tsv: {words}"):
        dataset_of(tmp_path, **{name: changes})  # type: ignore[arg-type]


def some(count: int, history: str, shown: str = SHOWN) -> dict[int, tuple[str, str]]:
    return dict.fromkeys(range(count), (history, shown))


@pytest.mark.parametrize(
    ("changes", "warning"),
    [({"train": some(6, "")}, "impressions with an empty history: train 30.0%, dev 0.0% (odd above 25%): all of"),
     ({"dev": some(9, "N3 N404")}, "clicks of histories on news that news.tsv lacks: train 0.0%, dev 22.5% (odd above 5%): they"),
     ({"dev": some(9, "N3", "N1-1 N2-0 N404-0")}, "candidates that news.tsv lacks: train 0.0%, dev 18.4% (odd above 5%): they"),
     ({"train": some(3, "N3", "N1-1 N2-1")}, "impressions with every candidate clicked: train 15.0%, dev 0.0% (odd above 10%)"),
     ({"dev_titles": [TITLES[0]] * 2 + ["Apple pie", "near"]}, "news with the title of another: train 0.0%, dev 50.0%"),
     ({"dev_titles": ["Grüße aus", *TITLES[1:]]}, "words of dev titles that the vocabulary lacks: dev 22.2% (odd above 20%)"),
     ({"dev_day": "8"}, "impressions from before the last one of train: dev 100.0% (odd above 1%): a model")],
)  # fmt: skip
def test_what_is_odd_is_a_warning_and_nothing_else_is(tmp_path: Path, changes: dict[str, object], warning: str) -> None:
    data = dataset_of(tmp_path, **changes)  # type: ignore[arg-type]
    assert len(data.warnings) == 1
    assert data.warnings[0].startswith(warning)
    assert warning.split(":")[0] not in "".join(data.notes)
    assert ("clicks.impression=COLUMN" in data.warnings[0]) == warning.startswith("impressions with every")


def test_a_share_below_the_limit_is_a_line(tmp_path: Path) -> None:
    data = dataset_of(tmp_path, train=some(5, ""), dev=some(2, "N3", "N1-1 N2-1"))
    assert data.warnings == []
    assert (
        line_of(data.notes, "impressions with an empty history")
        == "impressions with an empty history: train 25.0%, dev 0.0%"
    )


def test_impressions_of_train_in_dev_are_found_by_what_they_hold(tmp_path: Path) -> None:
    """Same user, time, candidates and clicks; the ids of impressions are the same in any two splits."""
    rows = split_of({}, "9")
    changed = [
        ("U99", *rows[0][1:]),
        (rows[1][0], "11/9/2019 9:30:00 AM", *rows[1][2:]),
        (*rows[2][:3], "N1-0 N2-1"),
        *rows[3:],
    ]
    for name, impressions in (("train", rows), ("dev", changed)):
        write_split(tmp_path / name, impressions, TITLES)
    data = read_dataset(tmp_path, title_length=30, history_length=5, minimum_count=1)
    assert line_of(data.warnings, "impressions that are in train too: dev 85.0%")


def test_news_are_matched_by_id_however_the_splits_number_them(tmp_path: Path) -> None:
    rows = split_of({}, "9")
    write_split(tmp_path / "train", rows, TITLES)
    write_split(tmp_path / "dev", rows, TITLES)
    news = tmp_path / "dev" / "news.tsv"
    news.write_text("\n".join(reversed(news.read_text(encoding="utf-8").splitlines())) + "\n", encoding="utf-8")
    data = read_dataset(tmp_path, title_length=30, history_length=5, minimum_count=1)
    assert line_of(data.warnings, "impressions that are in train too: dev 100.0%")


def test_times_of_another_form_are_counted_and_tell_nothing(tmp_path: Path) -> None:
    dataset_of(tmp_path)
    path = tmp_path / "dev" / "behaviors.tsv"
    path.write_text(
        re.sub(r"11/10/2019 (\S+) AM", r"2019-11-08T\1", path.read_text(encoding="utf-8")), encoding="utf-8"
    )
    data = read_dataset(tmp_path, title_length=30, history_length=5, minimum_count=1)
    assert data.warnings == []
    assert data.notes[-1].endswith("(11/9/2019 9:00:00 AM): train 0.0%, dev 100.0%")
    assert not any(line.startswith("impressions from before") for line in data.notes)


def test_a_third_split_is_read_and_looked_at_if_it_has_labels(tmp_path: Path) -> None:
    write_split(tmp_path / "test", split_of(some(6, ""), "11"), TITLES)
    data = dataset_of(tmp_path)
    assert data.test is not None
    assert data.test.behaviors.candidates.count == 20
    assert line_of(data.warnings, "impressions with an empty history: train 0.0%, dev 0.0%, test 30.0%")
    path = tmp_path / "test" / "behaviors.tsv"
    path.write_text(re.sub(r"-[01]\b", "", path.read_text(encoding="utf-8")), encoding="utf-8")
    news = path.with_name("news.tsv")
    for start in ("N", "news-"):  # news-1 seems to have a label
        for each in (path, news):
            each.write_text(re.sub(r"\bN(?=\d)", start, each.read_text(encoding="utf-8")), encoding="utf-8")
        unlabelled = read_dataset(tmp_path, title_length=30, history_length=5, minimum_count=1)
        assert unlabelled.test is None
        assert "test: not used, because it has no labels to measure by" in unlabelled.notes


def test_header_rows_packed_files_and_other_folder_names_work_together(tmp_path: Path) -> None:
    expected = dataset_of(tmp_path / "plain")
    for name, other in (("train", "MINDsmall_train"), ("dev", "validation")):
        (tmp_path / "other" / other).mkdir(parents=True)
        for file, header in (
            ("news.tsv", "id\tcategory\tsubcategory\ttitle"),
            ("behaviors.tsv", "id\tuser\ttime\thistory\tshown"),
        ):
            text = header + "\n" + (tmp_path / "plain" / name / file).read_text(encoding="utf-8")
            (tmp_path / "other" / other / f"{file}.gz").write_bytes(gzip.compress(text.encode()))
    data = read_dataset(tmp_path / "other", title_length=30, history_length=5, minimum_count=1)
    assert data.train.news.titles == expected.train.news.titles
    assert data.dev.behaviors.candidates.to_lists() == expected.dev.behaviors.candidates.to_lists()
    assert "MINDsmall_train: the header row of news.tsv.gz is skipped" in data.notes
    assert "validation: the header row of behaviors.tsv.gz is skipped" in data.notes


def test_the_corpora_of_the_project_give_no_warning(tmp_path: Path) -> None:
    demo = Path(__file__).parents[2] / "data" / "demo"
    for folder in (demo, REAL / "bing-clicks", write_clicks(tmp_path / "clicks")):
        if folder.is_dir():
            assert read_dataset(folder, title_length=30, history_length=50, minimum_count=1).warnings == [], folder
