"""Reading behaviors.tsv."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nrms_np.data.behaviors import Behaviors, Dropped, read_behaviors, seems_labelled
from nrms_np.data.news import News
from nrms_np.errors import DataError

NEWS = News(["N1", "N2", "N3"], ["a"] * 3, ["b"] * 3, ["one", "two", "three"])


def behaviors_line(history: str, candidates: str, impression: str = "1") -> str:
    return f"{impression}\tU7\t11/9/2019 9:00:00 AM\t{history}\t{candidates}\n"


def behaviors_of(folder: Path, *lines: str, news: News = NEWS, history_length: int = 50) -> Behaviors:
    path = folder / "file.tsv"
    path.write_text("".join(lines), encoding="utf-8")
    return read_behaviors(path, news, history_length)


def check_error(error: DataError, path: Path, line: int, *pieces: str) -> None:
    assert error.path == path
    assert error.line == line
    assert str(error).startswith(f"{path}, line {line}: ")
    for piece in pieces:
        assert piece in str(error)


def test_impressions_become_rows_of_the_news_with_their_labels(tmp_path: Path) -> None:
    behaviors = behaviors_of(
        tmp_path, behaviors_line("N3 N1", "N2-0 N1-1 N3-0", "12"), behaviors_line("", "N3-1 N2-1", "7")
    )
    assert behaviors.impression_ids == ["12", "7"]
    assert behaviors.users == ["U7", "U7"]
    assert behaviors.histories.to_lists() == [[2, 0], []]
    assert behaviors.candidates.to_lists() == [[1, 0, 2], [2, 1]]
    assert behaviors.clicked is not None
    assert behaviors.clicked.tolist() == [False, True, False, True, True]
    assert behaviors.dropped.line() == ""
    assert behaviors.histories.index.dtype == behaviors.candidates.index.dtype == np.int32


def test_the_last_clicks_of_a_history_are_kept_oldest_first(tmp_path: Path) -> None:
    lines = (behaviors_line("N1 N2 N3 N1 N3", "N1-0"), behaviors_line("N2", "N1-0"))
    assert behaviors_of(tmp_path, *lines, history_length=3).histories.to_lists() == [[2, 0, 2], [1]]


def test_a_split_without_labels_has_no_clicks(tmp_path: Path) -> None:
    behaviors = behaviors_of(tmp_path, behaviors_line("N1", "N2 N404 N3"), behaviors_line("N2", "N1"))
    assert behaviors.clicked is None
    assert behaviors.candidates.to_lists() == [[1, 2], [0]]
    assert behaviors.dropped == Dropped(candidates=1)


def test_unknown_news_are_dropped_and_counted(tmp_path: Path) -> None:
    behaviors = behaviors_of(
        tmp_path,
        behaviors_line("N404 N1 N405 N2", "N404-1 N3-0"),
        behaviors_line("N1 N404", "N404-0 N405-1 N406-0", "gone"),
        behaviors_line("N404", "N2-1"),
        history_length=2,
    )
    assert behaviors.impression_ids == ["1", "1"]
    assert behaviors.histories.to_lists() == [[0, 1], []]
    assert behaviors.candidates.to_lists() == [[2], [1]]
    assert behaviors.clicked is not None
    assert behaviors.clicked.tolist() == [False, True]
    assert behaviors.dropped == Dropped(clicks=4, candidates=4, impressions=1)
    line = behaviors.dropped.line()
    assert "\n" not in line
    assert "4 clicks" in line
    assert "4 candidates" in line
    assert "1 impressions" in line


def test_news_ids_may_contain_hyphens(tmp_path: Path) -> None:
    news = News(["a-1", "a", "b-c"], ["x"] * 3, ["y"] * 3, ["z"] * 3)
    labelled = behaviors_of(tmp_path, behaviors_line("a-1 a", "a-1-0 a-1 b-c-0 d-e-1"), news=news)
    assert labelled.candidates.to_lists() == [[0, 1, 2]]
    assert labelled.clicked is not None
    assert labelled.clicked.tolist() == [False, True, False]
    unlabelled = behaviors_of(tmp_path, behaviors_line("a-1", "b-c some-other-id"), news=news)
    assert unlabelled.clicked is None
    assert unlabelled.candidates.to_lists() == [[2]]


@pytest.mark.parametrize("token", ["N1-2", "N404-2", "N1-", "N1-10", "N1-x", "N2", "N404", "-1"])
def test_a_wrong_or_missing_label_is_an_error_even_for_unknown_news(tmp_path: Path, token: str) -> None:
    good = behaviors_line("N1", "N3-0 N404-1")
    with pytest.raises(DataError) as caught:
        behaviors_of(tmp_path, good, good, behaviors_line("", f"N1-0 {token} N2-1"), good)
    check_error(caught.value, tmp_path / "file.tsv", 3, f"'{token}'")


@pytest.mark.parametrize("token", ["N1-2", "N404-2", "N1-yes"])
def test_a_wrong_label_is_an_error_in_a_file_of_one_impression_too(tmp_path: Path, token: str) -> None:
    with pytest.raises(DataError) as caught:
        behaviors_of(tmp_path, behaviors_line("", token))
    check_error(caught.value, tmp_path / "file.tsv", 1, f"'{token}'")


@pytest.mark.parametrize("token", ["N1-1", "N404-0"])
def test_a_label_in_a_file_that_starts_without_labels_is_an_error(tmp_path: Path, token: str) -> None:
    with pytest.raises(DataError) as caught:
        behaviors_of(tmp_path, behaviors_line("N1", "N2 N3"), behaviors_line("N1", f"N2 {token}"))
    check_error(caught.value, tmp_path / "file.tsv", 2, f"'{token}'", "first row")


def test_an_impression_without_candidates_is_an_error(tmp_path: Path) -> None:
    good = behaviors_line("N1", "N2-1")
    for cell in ("", " "):
        with pytest.raises(DataError) as caught:
            behaviors_of(tmp_path, good, behaviors_line("N1", cell), behaviors_line("", "N1-5"))
        check_error(caught.value, tmp_path / "file.tsv", 2, "no candidates")


def test_the_first_of_several_faults_is_named(tmp_path: Path) -> None:
    good = behaviors_line("N1", "N2-1")
    with pytest.raises(DataError) as caught:
        behaviors_of(tmp_path, good, behaviors_line("", "N1-5"), behaviors_line("N1", ""), behaviors_line("", "N1-7"))
    check_error(caught.value, tmp_path / "file.tsv", 2, "'N1-5'")


def test_faults_carry_the_line_of_the_file(tmp_path: Path) -> None:
    good = behaviors_line("N1 N404", "N2-1 N404-0")
    behaviors = behaviors_of(tmp_path, *[good] * 5)
    assert behaviors.candidates.to_lists() == [[1]] * 5
    assert behaviors.histories.to_lists() == [[0]] * 5
    assert behaviors.dropped == Dropped(clicks=5, candidates=5)
    with pytest.raises(DataError) as caught:
        behaviors_of(tmp_path, *[good] * 5, behaviors_line("", "N1-3"))
    check_error(caught.value, tmp_path / "file.tsv", 6, "'N1-3'")


def test_a_row_of_behaviors_needs_five_columns(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        behaviors_of(tmp_path, "1\tU1\ttime\tN1-0\n")
    check_error(caught.value, tmp_path / "file.tsv", 1, "4 columns", "5 or more are needed")


def test_an_empty_file_of_behaviors_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="empty"):
        behaviors_of(tmp_path, "")


def test_more_columns_than_five_are_ignored_but_all_rows_have_as_many(tmp_path: Path) -> None:
    more = behaviors_line("N1", "N2-1 N3-0").replace("\n", "\tmobile\t7\n")
    assert behaviors_of(tmp_path, more, more).candidates.to_lists() == [[1, 2]] * 2
    header = "id\tuser\ttime\thistory\tcandidates\tdate\tuser\n"  # two of the names once more
    assert behaviors_of(tmp_path, header, more).candidates.to_lists() == [[1, 2]]
    with pytest.raises(DataError) as caught:
        behaviors_of(tmp_path, more, behaviors_line("N1", "N2-1"))
    check_error(caught.value, tmp_path / "file.tsv", 2, "5 columns", "7 are needed, as in the first row")


@pytest.mark.parametrize(
    "header",
    [
        "impression_id\tuser_id\ttime\thistory\timpressions",
        "ImpressionID\tUser ID\tTime\tClick-History\tCandidates",
        "impression\tuser\ttime\thistory\tcandidates",
    ],
)
def test_a_header_row_is_skipped_with_a_word_and_lines_are_still_counted_from_it(tmp_path: Path, header: str) -> None:
    behaviors = behaviors_of(tmp_path, header + "\n", behaviors_line("N1", "N2-1 N3-0"))
    assert behaviors.candidates.to_lists() == [[1, 2]]
    assert behaviors.clicked is not None
    assert behaviors.clicked.tolist() == [True, False]
    assert behaviors.notes == ("the header row of file.tsv is skipped",)
    with pytest.raises(DataError) as caught:
        behaviors_of(tmp_path, header + "\n", behaviors_line("N1", "N2-1"), behaviors_line("N1", "N2-7"))
    check_error(caught.value, tmp_path / "file.tsv", 3, "'N2-7'")


def test_a_header_row_in_other_words_is_blamed_and_not_the_row_after_it(tmp_path: Path) -> None:
    header = "anzeige_id\tleser\tzeit\tverlauf\tartikel_id\n"
    with pytest.raises(DataError) as caught:
        behaviors_of(tmp_path, header, behaviors_line("N1", "N2-1 N3-0"))
    check_error(caught.value, tmp_path / "file.tsv", 1, "looks like a header row", "remove the row")
    # A first row of real news without labels is no header.
    with pytest.raises(DataError) as caught:
        behaviors_of(tmp_path, behaviors_line("N1", "N3"), behaviors_line("N1", "N2-1 N3-0"))
    check_error(caught.value, tmp_path / "file.tsv", 2, "the first row of the file has none")


def test_one_cell_that_could_be_a_name_makes_no_header(tmp_path: Path) -> None:
    behaviors = behaviors_of(tmp_path, behaviors_line("N1", "N2-1 N3-0", "id"), "2\tuser\ttime\tN1\tN2-1\n")
    assert behaviors.impression_ids == ["id", "2"]
    assert behaviors.notes == ()


def test_a_header_row_in_another_order_says_what_must_move(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        behaviors_of(tmp_path, "user_id\ttime\timpression_id\thistory\tcandidates\n", behaviors_line("N1", "N2-1"))
    check_error(caught.value, tmp_path / "file.tsv", 1, "'user_id' as column 1", "must be column 2")


@pytest.mark.parametrize(
    ("history", "candidates", "cell", "token"),
    [("N1,N2", "N3-0 N2-1", "history", "N1,N2"), ("N1, N2", "N3-0 N2-1", "history", "N1,"),
     ("N404;N405", "N3-0 N2-1", "history", "N404;N405"), ("N1", "N3-0,N2-1", "candidates", "N3-0,N2-1"),
     ("N1", "N3;N2", "candidates", "N3;N2")],
)  # fmt: skip
def test_commas_and_semicolons_between_ids_are_blamed(
    tmp_path: Path, history: str, candidates: str, cell: str, token: str
) -> None:
    with pytest.raises(DataError) as caught:
        behaviors_of(tmp_path, behaviors_line("N1", "N3-0 N2-1"), behaviors_line(history, candidates))
    check_error(caught.value, tmp_path / "file.tsv", 2, f"the {cell} must be separated by spaces", repr(token))


def test_ids_that_hold_commas_themselves_are_no_mistake(tmp_path: Path) -> None:
    news = News(["a,1", "a,2"], ["x"] * 2, ["y"] * 2, ["z"] * 2)
    behaviors = behaviors_of(tmp_path, behaviors_line("a,2 a,3", "a,1-1 a,2-0 a,4-0"), news=news)
    assert behaviors.histories.to_lists() == [[1]]
    assert behaviors.dropped == Dropped(clicks=1, candidates=1)


def test_times_and_the_clicks_before_any_cut_are_kept(tmp_path: Path) -> None:
    behaviors = behaviors_of(
        tmp_path,
        behaviors_line("N1 N404 N2", "N1-0"),
        behaviors_line("", "N404-1"),
        "1\tU\tnoon\tN1\tN2-1\n",
        history_length=1,
    )
    assert behaviors.history_clicks == 4
    assert behaviors.times is not None
    np.testing.assert_array_equal(behaviors.times, [1573290000.0, np.nan])  # that of a dropped impression is left out


def test_whether_a_file_has_labels_is_told_by_its_first_impression(tmp_path: Path) -> None:
    path = tmp_path / "behaviors.tsv"
    for shown, labelled in (("N1-0 N2-1", True), ("N1 N2", False)):
        path.write_text("id\tuser_id\ttime\thistory\tcandidates\n" + behaviors_line("N1", shown), encoding="utf-8")
        assert seems_labelled(path) is labelled
