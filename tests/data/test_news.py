"""Reading news.tsv."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from nrms_np.data.news import read_news
from nrms_np.errors import DataError


def news_line(news_id: str, title: str = "A title") -> str:
    return f"{news_id}\tsports\tgolf\t{title}\tabstract\turl\t[]\t[]\n"


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "file.tsv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def check_error(error: DataError, path: Path, line: int | None, *pieces: str) -> None:
    assert error.path == path
    assert error.line == line
    place = f"{path}: " if line is None else f"{path}, line {line}: "
    assert str(error).startswith(place)
    for piece in pieces:
        assert piece in str(error)


def test_news_are_read_in_file_order_with_quotes_and_odd_characters_as_they_are(tmp_path: Path) -> None:
    titles = ['"Quoted" and \'half', '"', "", "NA", "Ünïcode \u2028 \r inside # \\t", "null"]
    path = write(tmp_path, "".join(news_line(f"N{i}", title) for i, title in enumerate(titles)))
    news = read_news(path)
    assert news.titles == titles
    assert news.ids == ["N0", "N1", "N2", "N3", "N4", "N5"]
    assert news.categories == ["sports"] * 6
    assert news.subcategories == ["golf"] * 6
    assert news.row["N4"] == 4


def test_windows_line_ends_a_byte_order_mark_and_no_last_line_end_make_no_difference(tmp_path: Path) -> None:
    plain = news_line("N1") + news_line("N2")
    expected = read_news(write(tmp_path, plain))
    windows = b"\xef\xbb\xbf" + plain.replace("\n", "\r\n").encode()
    assert read_news(write(tmp_path, windows)) == expected
    assert read_news(write(tmp_path, plain.rstrip("\n"))) == expected
    assert read_news(write(tmp_path, plain + "\n\r\n\n")) == expected


@pytest.mark.parametrize(
    ("row", "found"),
    [("only one\n", "1 column,"), ("N2\tsports\tgolf\n", "3 columns"), (news_line("N2\tx"), "9 columns")],
)
def test_a_row_with_another_number_of_columns_is_an_error(tmp_path: Path, row: str, found: str) -> None:
    path = write(tmp_path, news_line("N1") + row + news_line("N3"))
    with pytest.raises(DataError) as caught:
        read_news(path)
    check_error(caught.value, path, 2, found, "8 are needed")


def test_a_blank_line_between_rows_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path, news_line("N1") + news_line("N2") + "\r\n" + news_line("N3"))
    with pytest.raises(DataError) as caught:
        read_news(path)
    check_error(caught.value, path, 3, "blank")


def test_bytes_that_are_not_utf_8_are_an_error_in_any_column(tmp_path: Path) -> None:
    for bad in (news_line("N2", "caf\xe9").encode("latin-1"), news_line("N2").encode().replace(b"url", b"ur\xff")):
        path = write(tmp_path, news_line("N1").encode() + bad + b"short row\n")
        with pytest.raises(DataError) as caught:
            read_news(path)
        check_error(caught.value, path, 2, "UTF-8")


def test_a_news_id_that_stands_twice_is_an_error_at_its_second_place(tmp_path: Path) -> None:
    path = write(tmp_path, "".join(news_line(news_id) for news_id in ("N1", "N2", "N3", "N2", "N1")))
    with pytest.raises(DataError) as caught:
        read_news(path)
    check_error(caught.value, path, 5, "'N1'", "line 1")


def test_an_empty_news_id_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path, news_line("N1") + news_line(""))
    with pytest.raises(DataError) as caught:
        read_news(path)
    check_error(caught.value, path, 2, "no news id")


def test_a_missing_file_an_empty_file_and_a_folder_are_errors(tmp_path: Path) -> None:
    empty = write(tmp_path, "\n\n")
    for path, piece in ((tmp_path / "absent.tsv", "no such file"), (empty, "empty"), (tmp_path, "folder")):
        with pytest.raises(DataError) as caught:
            read_news(path)
        check_error(caught.value, path, None, piece)


def test_four_columns_are_enough_and_all_rows_have_as_many(tmp_path: Path) -> None:
    news = read_news(write(tmp_path, "N1\tsports\tgolf\tOne\nN2\t\t\tTwo\n"))
    assert (news.ids, news.titles, news.notes) == (["N1", "N2"], ["One", "Two"], ())
    path = write(tmp_path, "N1\tsports\tgolf\tOne\nN2\t\t\tTwo\tmore\n")
    with pytest.raises(DataError) as caught:
        read_news(path)
    check_error(caught.value, path, 2, "5 columns", "4 are needed, as in the first row")
    path = write(tmp_path, "N1\tOne\n")
    with pytest.raises(DataError) as caught:
        read_news(path)
    check_error(caught.value, path, 1, "2 columns", "4 or more are needed")


def test_a_header_row_is_skipped_with_a_word(tmp_path: Path) -> None:
    header = "\ufeffnews_id\tCategory\tSubCategory\tTitle\n"
    news = read_news(write(tmp_path, header + "N1\ta\tb\tOne\n"))
    assert news.ids == ["N1"]
    assert news.notes == ("the header row of file.tsv is skipped",)
    path = write(tmp_path, header + "N1\ta\tb\tOne\nN1\ta\tb\tTwo\n")
    with pytest.raises(DataError) as caught:
        read_news(path)
    check_error(caught.value, path, 3, "line 2")
    path = write(tmp_path, header)
    with pytest.raises(DataError, match="empty but for a header row"):
        read_news(path)


@pytest.mark.parametrize(
    "row",
    [
        "id\tsports\tgolf\tOne\n",
        "N1\tcategory\tsubcategory\ttitle\n",
        "N1\tnews\tnews\tTitle\n",
        "title\tnews\ttopics\tid 7\n",
    ],
)
def test_real_rows_are_never_taken_for_a_header(tmp_path: Path, row: str) -> None:
    news = read_news(write(tmp_path, row))
    assert len(news.ids) == 1
    assert news.notes == ()


@pytest.mark.parametrize(
    ("header", "place"),
    [("id\ttitle\tcategory\tsubcategory", 2), ("id\tcategory\tauthor\ttext\ttitle", 5)],
)
def test_a_header_row_with_the_title_elsewhere_is_an_error(tmp_path: Path, header: str, place: int) -> None:
    path = write(tmp_path, f"{header}\n" + "N1\tOne\ta\tb\tc\n")
    with pytest.raises(DataError) as caught:
        read_news(path)
    check_error(caught.value, path, 1, f"'title' as column {place}", "must be column 4")


@pytest.mark.parametrize("more", ["url", "body\tsummary", "headline\tid"])
def test_what_the_columns_after_the_title_are_called_does_not_matter(tmp_path: Path, more: str) -> None:
    row = "N1\ta\tb\tOne" + "\tc" * len(more.split())
    assert read_news(write(tmp_path, f"id\tcategory\tsubcategory\ttitle\t{more}\n{row}\n")).titles == ["One"]


def test_a_packed_file_is_read_in_place_of_the_plain_one_only(tmp_path: Path) -> None:
    plain = tmp_path / "news.tsv"
    packed = tmp_path / "news.tsv.gz"
    packed.write_bytes(gzip.compress(news_line("N1", "packed").encode()))
    assert read_news(plain).titles == ["packed"]
    plain.write_text(news_line("N1", "plain"), encoding="utf-8")
    assert read_news(plain).titles == ["plain"]


@pytest.mark.parametrize("damage", ["cut", "changed", "plain text"])
def test_a_damaged_packed_file_is_a_sentence(tmp_path: Path, damage: str) -> None:
    content = bytearray(gzip.compress("".join(news_line(f"N{i}", f"Title {i * i}") for i in range(3000)).encode()))
    if damage == "changed":
        content[-6] ^= 0xFF  # of the checksum
    packed = tmp_path / "news.tsv.gz"
    packed.write_bytes({"cut": content[:-20], "changed": content, "plain text": news_line("N1").encode()}[damage])
    with pytest.raises(DataError) as caught:
        read_news(tmp_path / "news.tsv")
    check_error(caught.value, packed, None, "the packed file is damaged after line", "pack it again")
