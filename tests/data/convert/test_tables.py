"""Tables of each format, block by block, with the line of every row."""

from __future__ import annotations

import csv
import gzip
import json
from itertools import chain
from pathlib import Path

import pytest

from nrms_np.data.convert import cells, delimited, tables
from nrms_np.data.convert.tables import open_table
from nrms_np.errors import DataError

PLAIN = "id,title\r\n" + "".join(f"{i},Title {i}\r\n" for i in range(40))


def rows_of(path: Path) -> tuple[list[tuple[int, str, str]], list[tuple[int, str]]]:
    """All rows with their lines, and all that are broken."""
    chunks = list(open_table(path).chunks({"id": "id", "title": "title"}))
    rows = [zip(list(one.lines), list(one.cells["id"]), list(one.cells["title"]), strict=True) for one in chunks]
    return [*chain(*rows)], [*chain(*(one.broken for one in chunks))]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "BLOCK", 90)
    monkeypatch.setattr(delimited, "CHUNK", 3)
    monkeypatch.setattr(tables, "CHUNK", 30)
    assert cells.CHUNK > 1000


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("end", [
    "",
    '40,"Title ""40"", in\ntwo lines"\r\n  \r\n41,short\r\n\r\n42,"a, b"\r\n43,too,long\r\n44\r\n"45",last',
    "40,Title 40\n\n41\n42,a,b\n,\n  \n43,Títle 'x'\n",
])  # fmt: skip
def test_the_rows_are_those_of_the_csv_module(tmp_path: Path, packed: bool, start: str, end: str) -> None:
    text = (start + PLAIN + end).encode()
    path = tmp_path / ("t.csv.gz" if packed else "t.csv")
    path.write_bytes(gzip.compress(text) if packed else text)
    found, broken = rows_of(path)
    expected, faults, before = [], [], 1
    reader = csv.reader((PLAIN + end).splitlines(keepends=True))
    next(reader)
    for row in reader:
        line, before = before + 1, reader.line_num
        if len(row) == 2:
            expected.append((line, *row))
        elif row and row != ["  "]:
            faults.append((line, f"{len(row)} cell{'s' * (len(row) > 1)} where the header has 2"))
    assert found == expected
    assert broken == faults


def test_a_carriage_return_inside_a_cell_ends_no_row(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_bytes(b"title\tid\nOne\rline\t1\r\nTwo\t2\n")
    assert rows_of(tmp_path / "t.tsv") == ([(2, "1", "One line"), (3, "2", "Two")], [])


ALONE = "a quote in it does not end within 1,000 lines, as the format wants"


@pytest.mark.parametrize(("end", "rows", "faults"), [
    # One of five articles with a quote too many, before a quoted one, before plain ones, and last.
    ('a,"b"\nc,"d\ne,"f"\ng,"h"\ni,"j\nk"\n', [(42, "a", "b"), (44, "e", "f"), (45, "g", "h"), (46, "i", "j\nk")], [(43, ALONE)]),
    ('a,b\nc,"d\ne,f\n\ng,h\ni,j\n', [(42, "a", "b"), (44, "e", "f"), (46, "g", "h"), (47, "i", "j")], [(43, ALONE)]),
    ('a,"b\n', [], [(42, ALONE)]),
    # Users called "bob and bob": all between them would be one user.
    ('"bob,1\nann,2\n"bob,3\nann,4\nbob",5\n',
     [(43, "ann", "2"), (45, "ann", "4"), (46, 'bob"', "5")], [(42, ALONE), (44, ALONE)]),
    ('"bob,1\nann,2\nbob",3\n', [(43, "ann", "2"), (44, 'bob"', "3")], [(42, ALONE)]),
    # Not by the rules, but clear, and a long text.
    ('a,"b" c\nd,e\n', [(42, "a", "b c"), (43, "d", "e")], []),
    ('a,"' + "b\n" * 900 + '"\nc,d\n', [(42, "a", "b\n" * 900), (943, "c", "d")], []),
    ('a,"b\n' + "c,d\n" * 6000, [(43 + i, "c", "d") for i in range(6000)], [(42, ALONE)]),
    ('a,"' + "b" * 200_000 + '"\nc,d\n', [(43, "c", "d")], [(42, "field larger than field limit (131072)")]),
])  # fmt: skip
def test_a_quote_too_many_costs_one_row(
    tmp_path: Path, end: str, rows: list[tuple[int, str, str]], faults: list[tuple[int, str]]
) -> None:
    (tmp_path / "t.csv").write_text(PLAIN.replace("\r", "") + end, encoding="utf-8")
    found, broken = rows_of(tmp_path / "t.csv")
    assert found[40:] == rows
    assert broken == faults


def test_in_tsv_quotes_are_ordinary_characters(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text('id\ttitle\n"bob\tSay "no"\n1\t"Both"\n2\t"\n', encoding="utf-8")
    assert rows_of(tmp_path / "t.tsv") == ([(2, '"bob', 'Say "no"'), (3, "1", '"Both"'), (4, "2", '"')], [])


def test_json_lines(tmp_path: Path) -> None:
    lines = [json.dumps({"id": i, "title": ["a", "b"], "more": None}) for i in range(70)]
    lines[10:10] = ["[1]", "", "{", '{"id": "x"}']
    (tmp_path / "t.ndjson").write_text("\n".join(lines), encoding="utf-8")
    found, broken = rows_of(tmp_path / "t.ndjson")
    assert broken == [(11, "no JSON object"), (13, "no JSON object")]
    assert found[9:12] == [(10, 9, ["a", "b"]), (14, "x", None), (15, 10, ["a", "b"])]
    assert len(found) == 71


@pytest.mark.parametrize(("name", "text", "told"), [
    ("t.json", b'[{"id": 1}]', "one JSON object per line"), ("t.jsonl", b"\n", "empty"), ("t.csv", b"", "empty"),
    ("t.tsv", b"id\ttitle\n", "no rows"),
    ("t.csv", b"id,title\n1,a\n2,\xff\n", "line 3: a byte .0xff. is not UTF-8"),
    ("t.jsonl", b'{"id": "1"}\n{"id": "\xe9"}\n', "line 2: a byte"),
    ("t.txt", b"id,title\n", "ending of the name"),
    ("t.csv", b"id,title\ra1,One\r", "line 1: the first row cannot be read as names of columns .*LF or CRLF"),
    ("t.tsv", b"id\rx\ttitle\n", "line 1: the first row"),
    pytest.param("t.csv", b"a" * 140_000 + b"\n1\n", "line 1: the first row .*field limit", id="too long"),
    ("t.csv.gz", b"id,title\n", "damaged"), ("t.csv", gzip.compress(b"id,title\n1,a\n"), "packed with gzip; name it t.csv.gz"),
    ("t.csv", "id,title\n1,a\n".encode("utf-16"), "in UTF-16; save it as UTF-8"),
    ("t.jsonl", '{"id": 1}\n'.encode("utf-16-be"), "in UTF-16; save it as UTF-8"),
    ("t.tsv.gz", gzip.compress("id\ttitle\n1\ta\n".encode("utf-16")), "in UTF-16; save it as UTF-8"),
])  # fmt: skip
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, text: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(text)
    with pytest.raises(DataError, match=told):
        rows_of(tmp_path / name)


def test_a_damaged_page_of_parquet_is_named(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pytest.importorskip("pyarrow").table({"id": [str(i) for i in range(500)], "title": ["A title"] * 500})
    path = tmp_path / "t.parquet"
    parquet.write_table(table, path, use_dictionary=False)
    content = path.read_bytes()
    path.write_bytes(content[:40] + bytes(100) + content[140:])
    with pytest.raises(DataError, match=r"t\.parquet: the file is damaged"):
        rows_of(path)
