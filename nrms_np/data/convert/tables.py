"""Tables of any of the known formats, plain or .gz, read in chunks; each row knows its line."""

from __future__ import annotations

import csv
import json
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import IO, Any

from nrms_np.data.convert.cells import CHUNK, Chunk
from nrms_np.data.convert.delimited import read_delimited
from nrms_np.data.table import open_binary
from nrms_np.errors import DataError

KNOWN = ("csv", "tsv", "jsonl", "ndjson", "json", "parquet")


@dataclass(frozen=True)
class Table:
    """A file with columns.

    path: as it was given.    name: how reports call it.    kind: its format, one of KNOWN.    columns: their names, in order.
    delimiter: between the cells of a line, for csv and tsv.
    """

    path: Path
    name: str
    kind: str
    columns: list[str]
    delimiter: str = ","

    def chunks(self, columns: Mapping[str, str]) -> Iterator[Chunk]:
        """The rows in file order, of the columns that `columns` names for each role.

        Raises DataError when the file is damaged, and when it has no rows.
        """
        empty = True
        with _reading(self.path) as file:
            read = {"parquet": self._parquet, "csv": self._delimited, "tsv": self._delimited}.get(self.kind, self._json)
            for chunk in read(file, columns):
                empty &= not len(chunk.lines) and not chunk.broken
                yield chunk
        if empty:
            raise DataError(self.path, "there are no rows below the header.")

    def place(self, line: int) -> str:
        """How a row is named in reports."""
        return f"{self.path}, {'row' if self.kind == 'parquet' else 'line'} {line}"

    def _delimited(self, file: IO[bytes], columns: Mapping[str, str]) -> Iterator[Chunk]:
        places = {role: self.columns.index(name) for role, name in columns.items()}
        return read_delimited(file, self.delimiter, len(self.columns), places, quotes=self.kind == "csv")

    def _json(self, file: IO[bytes], columns: Mapping[str, str]) -> Iterator[Chunk]:
        numbered = ((line, text) for line, text in enumerate(_text(file), start=1) if text.strip())
        while part := list(islice(numbered, CHUNK)):
            rows, lines, broken = [], [], []
            for line, text in part:
                row = _json_object(text)
                if row is None:
                    broken.append((line, "no JSON object"))
                else:
                    rows.append(row)
                    lines.append(line)
            yield Chunk(lines, {role: [row.get(name) for row in rows] for role, name in columns.items()}, broken)

    def _parquet(self, file: IO[bytes], columns: Mapping[str, str]) -> Iterator[Chunk]:
        done = 0
        for batch in _parquet_file(self.path, file).iter_batches(CHUNK // 10, columns=list(columns.values())):
            cells = {role: batch.column(name).to_pylist() for role, name in columns.items()}
            yield Chunk(range(done + 1, done + 1 + batch.num_rows), cells, [])
            done += batch.num_rows


def open_table(path: Path, name: str = "") -> Table:
    """Look at a file: its format by its ending, its columns by its first rows.

    name: how reports call it, if not by its name.

    Raises DataError for an ending that is not known, a file that is missing, empty or damaged,
    one in UTF-16, one that is packed and not named .gz, and Parquet without pyarrow.
    """
    kind = path.name.lower().removesuffix(".gz").rpartition(".")[2]
    if kind not in KNOWN:
        endings = ", ".join(f".{one}" for one in KNOWN)
        raise DataError(
            path, f"the format is told by the ending of the name, which must be one of {endings}, or such with .gz."
        )
    if kind == "parquet" and find_spec("pyarrow") is None:
        raise DataError(path, "to read Parquet, pyarrow is needed: pip install pyarrow")
    delimiter = "\t"
    with _reading(path) as file:
        _check_start(path, kind, file)
        if kind == "parquet":
            columns = list(_parquet_file(path, file).schema_arrow.names)
        elif kind in ("csv", "tsv"):
            header = next(csv.reader(first := [*islice(_text(file), 1)]), None)
            if header is None:
                raise DataError(path, "the file is empty.")
            if kind == "csv":  # some programs write semicolons into .csv
                delimiter = max(",;\t|", key=first[0].count)
            rules: dict[str, Any] = {} if kind == "csv" else {"quoting": csv.QUOTE_NONE}
            columns = [name.strip() for name in next(csv.reader(first, delimiter=delimiter, **rules))]
        else:
            some = [text for text in islice(_text(file), 1000) if text.strip()]
            if not some:
                raise DataError(path, "the file is empty.")
            if some[0].lstrip().startswith("["):
                raise DataError(path, "this is a JSON array; write one JSON object per line.")
            columns = list(dict.fromkeys(name for text in some for name in _json_object(text) or ()))
    return Table(path, name or path.name, kind, columns, delimiter)


def _check_start(path: Path, kind: str, file: IO[bytes]) -> None:
    """Raise DataError where the first bytes tell a packed file without .gz, or UTF-16; the file is then at its start again."""
    start = file.read(4)
    file.seek(0)
    if start.startswith(b"\x1f\x8b") and path.suffix.lower() != ".gz":
        raise DataError(path, f"the file is packed with gzip; name it {path.name}.gz.")
    if kind != "parquet" and (start.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or b"\0" in start):
        raise DataError(path, "the file is in UTF-16; save it as UTF-8.")


def _json_object(text: str) -> dict[str, Any] | None:
    """What a line of JSON says; None where it is no object."""
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _parquet_file(path: Path, file: IO[bytes]) -> Any:
    from pyarrow.parquet import ParquetFile

    return ParquetFile(BytesIO(file.read()) if path.suffix.lower() == ".gz" else file)


def _text(file: IO[bytes]) -> Iterator[str]:
    """The lines of a file, without byte order mark."""
    return (line.decode("utf-8" if i else "utf-8-sig") for i, line in enumerate(file))


@contextmanager
def _reading(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, unpacked if it is .gz; what goes wrong while it is read becomes a DataError."""
    damaged: tuple[type[Exception], ...] = (OSError, EOFError, zlib.error)
    if find_spec("pyarrow"):
        from pyarrow import ArrowException

        damaged += (ArrowException,)
    with open_binary(path) as file:
        try:
            yield file
        except UnicodeDecodeError as error:
            problem = "is not UTF-8; save the file as UTF-8."
            raise DataError(
                path, f"a byte (0x{error.object[error.start]:02x}) {problem}", _line_not_utf8(path)
            ) from None
        except csv.Error as error:  # of the header; such a row below it is broken, no more
            problem = f"the first row cannot be read as names of columns ({error}); lines must end with LF or CRLF."
            raise DataError(path, problem, 1) from error
        except damaged as error:
            if isinstance(error, OSError) and error.errno is not None:  # of the disk; gzip and pyarrow give no number
                raise
            what = str(error).partition("\n")[0] or type(error).__name__
            raise DataError(path, f"the file is damaged or of another format ({what}); write it anew.") from error


def _line_not_utf8(path: Path) -> int:
    """The first line that is not UTF-8, counted from 1."""
    number = 1
    with open_binary(path) as file:
        for line in file:
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                break
            number += 1
    return number
