"""Reading news.tsv."""

from __future__ import annotations

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
