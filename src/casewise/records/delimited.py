"""CSV and TSV files of any size, read by DuckDB; where one is broken, the line.

The header alone says how a file is read. Nothing is guessed from the rows, so that a broken row is
an error and not another way to read the file.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import duckdb

from casewise.engine import Engine
from casewise.errors import Problem, RecordsError
from casewise.records.sql_text import named, quoted, rows_of
from casewise.records.text import LONGEST_CELL, QUOTES, nul_byte, ragged_line, unsplittable

ENDINGS = (".csv", ".tsv", ".tab", ".txt")
SHOWN = 50
_NO_TEXT = {
    b"\xff\xfe": ("the file is utf-16, not utf-8", "save it as UTF-8"),
    b"\xfe\xff": ("the file is utf-16, not utf-8", "save it as UTF-8"),
    b"PK": ("the file is an archive, not text", ""),
    b"\x1f\x8b": ("a gzip file", "the name of a gzip file ends in .gz"),
}


@dataclass(frozen=True)
class Delimited:
    """A file with a header: how its cells are told apart, and the names of its columns."""

    path: Path
    delimiter: str
    has_quotes: bool
    names: tuple[str, ...]

    def relation(self) -> str:
        """SQL for its rows, every cell a text; one without anything in it is null."""
        listed = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in self.names)
        mark = "chr(9)" if self.delimiter == "\t" else quoted(self.delimiter)
        quotes = "'\"'" if self.has_quotes else "''"
        return f"""read_csv({quoted(str(self.path))}, columns = {{{listed}}}, header = true,
            delim = {mark}, quote = {quotes}, escape = {quotes}, auto_detect = false,
            nullstr = '')"""

    def numbered(self) -> str:
        """SQL for the rows that have something in them, counted from 1 as ``row``."""
        something = ", ".join(f"nullif(trim({named(name)}), '')" for name in self.names)
        return f"""(SELECT *, row_number() OVER () AS row FROM {self.relation()}
            WHERE coalesce({something}) IS NOT NULL)"""

    def places(self, rows: Collection[int]) -> dict[int, str]:
        """The line that each of ``rows``, as ``numbered`` counts them, begins in."""
        wanted, row = set(rows), 0
        found: dict[int, str] = {}
        records = self._records()
        next(records)
        for line, cells in records:
            row += any(cell.strip(" ") for cell in cells)
            if row in wanted:
                found.setdefault(row, f"line {line}")
            if len(found) == len(wanted):
                break
        return found

    def check(self, engine: Engine) -> None:
        """Read every row. Raises ``RecordsError`` with each line that is none of this table's."""
        try:
            engine.query(f"SELECT count(*) AS n FROM {self.numbered()}")
        except duckdb.Error as error:
            raise RecordsError(self.unreadable(error)) from None

    def unreadable(self, error: duckdb.Error) -> list[Problem]:
        """Why DuckDB cannot read it, to the first 50 lines. DuckDB's own words would show the
        patients' lines."""
        if problems := list(islice(self._problems(), SHOWN)) or self._endings():
            return problems
        line = re.search(r"Line: (\d+)", str(error))
        cell = f"line {line[1]}" if line else ""
        return [Problem("the line is not one of this table's", self.path.name, cell=cell)]

    def _endings(self) -> list[Problem]:
        """The first line that does not end as the header does."""
        with _text(self.path) as stream:
            first = ""
            for number, line in enumerate(stream, start=1):
                ending = _ENDING.search(line)
                first = first or (ending[0] if ending else "")
                if ending and ending[0] != first:
                    message = f"the line ends in {ending[0]!r} where the header ends in {first!r}"
                    hint = "save the file with one kind of line end"
                    place = f"line {number}"
                    return [Problem(message, self.path.name, cell=place, hint=hint)]
        return []

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        """Each record with the line that it begins in, the header first. Bytes that are no UTF-8
        come as lone surrogates."""
        # The module's limit is global; raised, not set for good, so as not to surprise a caller.
        limit = csv.field_size_limit(LONGEST_CELL)
        quoting: Any = csv.QUOTE_MINIMAL if self.has_quotes else csv.QUOTE_NONE
        try:
            with _text(self.path) as stream:
                reader = csv.reader(stream, delimiter=self.delimiter, strict=True, quoting=quoting)
                line = 1
                try:
                    for record in reader:
                        yield line, record
                        line = reader.line_num + 1
                except csv.Error as error:
                    raise _UnsplittableError(line, str(error)) from None
        finally:
            csv.field_size_limit(limit)

    def _problems(self) -> Iterator[Problem]:
        file, width, hint = self.path.name, len(self.names), QUOTES
        try:
            for line, cells in self._records():
                if strange := _SURROGATE.search("".join(cells)):
                    yield _no_utf8(file, line, strange[0])
                    continue
                if any("\0" in cell for cell in cells):
                    yield nul_byte(file, line)
                elif cells and len(cells) != width and any(cell.strip(" ") for cell in cells):
                    yield ragged_line(file, line, len(cells), width, hint)
                    hint = ""
        except _UnsplittableError as error:
            yield unsplittable(file, error.line, error.said)
        except _NOT_WHOLE:
            yield _not_whole(file)


_ENDING = re.compile(r"\r?\n|\r$")
# What a byte that is no UTF-8 becomes.
_SURROGATE = re.compile("[\udc80-\udcff]")
_NOT_WHOLE = (gzip.BadGzipFile, EOFError, zlib.error)


def _no_utf8(file: str, line: int, said: str) -> Problem:
    message = f"byte 0x{ord(said) - 0xDC00:02X} is not utf-8"
    return Problem(message, file, cell=f"line {line}", hint="save it as UTF-8")


def _not_whole(file: str) -> Problem:
    return Problem("not a whole gzip file", file, hint="export or copy it again")


class _UnsplittableError(Exception):
    def __init__(self, line: int, said: str) -> None:
        self.line, self.said = line, said


@contextmanager
def _text(path: Path) -> Iterator[io.TextIOWrapper]:
    opener: Any = gzip.open if path.suffix.lower() == ".gz" else open
    with (
        opener(path, "rb") as file,
        io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="") as stream,
    ):
        yield stream


def delimited(path: Path, *, bare_tabs: bool = False) -> Delimited:
    """Read the header. With ``bare_tabs`` a quote is a character like any other in a file with
    tabs, unless the header has some. Raises ``RecordsError`` for a file that is no text or has
    no header."""
    file = path.name
    try:
        with _text(path) as stream:
            beginning = stream.buffer.peek(2)[:2]  # type: ignore[attr-defined]
            for mark, (message, hint) in _NO_TEXT.items():
                if beginning.startswith(mark):
                    raise RecordsError(Problem(message, file, hint=hint))
            first = stream.readline()
    except _NOT_WHOLE:
        raise RecordsError(_not_whole(file)) from None
    except OSError as error:
        raise RecordsError(Problem(f"cannot be read: {error.strerror}", file)) from None
    if not first.strip():
        raise RecordsError(Problem("the file is empty", file))
    if strange := _SURROGATE.search(first):
        raise RecordsError(_no_utf8(file, 1, strange[0]))
    tabs = path.name.lower().removesuffix(".gz").endswith((".tsv", ".tab"))
    delimiter = "\t" if tabs else max(",;\t|", key=first.count)
    has_quotes = not bare_tabs or delimiter != "\t" or '"' in first
    return Delimited(path, delimiter, has_quotes, _names(file, first, delimiter))


def _names(file: str, first: str, delimiter: str) -> tuple[str, ...]:
    """The names of the columns; one without a name is called by its number."""
    try:
        cells = next(csv.reader([first], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise RecordsError(unsplittable(file, 1, str(error))) from None
    names = tuple(" ".join(cell.split()) or f"column {n}" for n, cell in enumerate(cells, start=1))
    spelled = {name.lower(): name for name in reversed(names)}
    lower = [name.lower() for name in names]
    if twice := [spelled[name] for name in spelled if lower.count(name) > 1]:
        raise RecordsError(
            [Problem(f'two columns are called "{n}"', file, cell="line 1") for n in twice]
        )
    return names


@dataclass(frozen=True)
class Rule:
    """What a cell of ``column`` must not be: SQL for one that is, what is said of it, and SQL for
    what is shown of it (nothing of an id)."""

    column: str
    wrong: str
    message: str
    hint: str = ""
    shown: str = "NULL"


class Rows(Protocol):
    """A file's rows: SQL for them, counted from 1 as ``row``, and where some of them stand."""

    @property
    def path(self) -> Path: ...

    def numbered(self) -> str: ...

    def places(self, rows: Collection[int]) -> dict[int, str]: ...


def wrong_cells(
    engine: Engine, files: Collection[Rows], rules: Sequence[Rule], name: str = ""
) -> list[Problem]:
    """The cells that break a rule, to the first 50, and how many more there are, in ``name``."""
    problems: list[Problem] = []
    total = 0
    hinted: set[str] = set()
    for file in files:
        broken = " UNION ALL ".join(
            f"""SELECT row, {n} AS rule, {rule.shown} AS said
                FROM {file.numbered()} WHERE coalesce({rule.wrong}, FALSE)"""
            for n, rule in enumerate(rules)
        )
        here = int(rows_of(engine, f"SELECT count(*) AS n FROM ({broken})")[0]["n"])
        if not here:
            continue
        total += here
        first = rows_of(engine, f"FROM ({broken}) ORDER BY row, rule LIMIT {SHOWN}")
        places = file.places({int(row["row"]) for row in first})
        for row in first[: SHOWN - len(problems)]:
            rule = rules[row["rule"]]
            hint = "" if rule.hint in hinted else rule.hint  # once is enough
            hinted.add(hint)
            said = rule.message if row["said"] is None else f'"{row["said"]}" {rule.message}'
            place = f"{places[int(row['row'])]}, column {rule.column}"
            problems.append(Problem(said, file.path.name, cell=place, hint=hint))
    if total > len(problems):
        more = f"and {total - len(problems):,} more cells that cannot be read"
        problems.append(Problem(more, name))
    return problems
