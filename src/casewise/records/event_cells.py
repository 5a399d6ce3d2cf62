"""The cells of a table of events: where they stand, and which of them cannot be read."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from casewise.engine.duckdb import DuckDB
from casewise.errors import Problem, RecordsError
from casewise.protocol.nearest import nearest
from casewise.protocol.site import Source
from casewise.records.sql_text import named, quoted, rows_of
from casewise.records.text import split_text

SHOWN = 50
_ISO = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( ?Z|[+-]\d{2}:?\d{2})?)?"
_NUMBER = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?"
_FIRST_YEAR = 1850  # as in a chart table: an earlier year is a slip of the finger
# A larger text is not read whole into memory to name a line of it.
_SMALL = 1 << 30


@dataclass(frozen=True)
class Cells:
    """A file's rows as SQL; ``columns`` gives the file's name of each column that the site file
    names, ``types`` its type there. A column that it does not name is null."""

    path: Path
    relation: str
    columns: dict[str, str]
    types: dict[str, str]

    def own(self, word: str) -> str:
        """A cell as the file has it; texts without blanks around them, an empty one is null."""
        if word not in self.columns:
            return "NULL::VARCHAR"
        column = named(self.columns[word])
        return f"nullif(trim({column}), '')" if self.types[word] == "VARCHAR" else column

    def text(self, word: str) -> str:
        own = self.own(word)
        return own if self.types.get(word, "VARCHAR") == "VARCHAR" else f"CAST({own} AS VARCHAR)"

    def date(self, word: str) -> str:
        if word not in self.columns:
            return "NULL::DATE"
        text = self.text(word)
        cast = f"try_cast({text}[:10] AS DATE)"
        plausible = f"regexp_full_match({text}, {quoted(_ISO)}) AND year({cast}) >= {_FIRST_YEAR}"
        if self.types[word] == "DATE" or self.types[word].startswith("TIMESTAMP"):
            cast = f"CAST({self.own(word)} AS DATE)"
            plausible = f"year({cast}) >= {_FIRST_YEAR}"
        return f"CASE WHEN {plausible} THEN {cast} END"

    def number(self, word: str) -> str:
        if word not in self.columns:
            return "NULL::DOUBLE"
        cast = f"try_cast({self.own(word)} AS DOUBLE)"
        if self.types[word] == "VARCHAR":
            matches = f"regexp_full_match({self.own(word)}, {quoted(_NUMBER)})"
            return f"CASE WHEN {matches} AND isfinite({cast}) THEN {cast} END"
        return f"CASE WHEN isfinite({cast}) THEN {cast} END"


def read_cells(engine: DuckDB, path: Path, columns: dict[str, str]) -> Cells:
    """Find the columns. Raises ``RecordsError`` for a file or a column that is not there, and for
    text that is not a table."""
    if not path.is_file():
        raise RecordsError(Problem("no such file", path.name))
    match path.suffix.lower():
        case ".parquet":
            relation = f"""(SELECT * EXCLUDE (file_row_number), file_row_number + 1 AS row
                FROM read_parquet({quoted(str(path))}, file_row_number = true))"""
        case ".csv" | ".tsv" | ".tab" | ".txt":
            relation = _lines(path)
        case other:
            message = f'"{other}" is not a kind of table that can be read'
            hint = "these can: .csv, .tsv, .tab, .txt, .parquet"
            raise RecordsError(Problem(message, path.name, hint=hint))
    try:
        described = rows_of(engine, f"DESCRIBE SELECT * EXCLUDE (row) FROM {relation}")
        engine.query(f"SELECT count(*) AS n FROM {relation}")
    except duckdb.Error as error:
        raise RecordsError(_unreadable(path, str(error))) from None
    types = {row["column_name"]: row["column_type"] for row in described}
    if problems := _absent(path, columns, types):
        raise RecordsError(problems)
    return Cells(path, relation, columns, {word: types[name] for word, name in columns.items()})


def _absent(path: Path, columns: dict[str, str], types: dict[str, str]) -> list[Problem]:
    problems = [
        Problem(
            f'no column "{column}", which the site file names for {word}',
            path.name,
            hint=nearest(column, types),
        )
        for word, column in columns.items()
        if column not in types
    ]
    for column in dict.fromkeys(columns.values()):
        kind = types.get(column, "")
        if "WITH TIME ZONE" in kind:
            message = "moments with a time zone: on which date they fall depends on the place"
            problems.append(Problem(message, path.name, cell=f"column {column}"))
        elif kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION")):
            message = f"{kind} is not a kind of cell a table of events has"
            problems.append(Problem(message, path.name, cell=f"column {column}"))
    return problems


def _source(path: Path) -> Source:
    return Source(table=path.name, delimiter=_delimiter(path))


def _delimiter(path: Path) -> str:
    """The one of the usual delimiters that the header has most of."""
    if path.suffix.lower() in (".tsv", ".tab"):
        return "\t"
    with path.open("rb") as file:
        header = file.readline()
    return max(",;\t|", key=lambda mark: header.count(mark.encode()))


def _lines(path: Path) -> str:
    """SQL for a text file's rows, numbered; lines with nothing in them are no rows."""
    header = _header(path)
    something = ", ".join(f"nullif(trim({named(name)}), '')" for name in header)
    listed = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in header)
    mark = "chr(9)" if _delimiter(path) == "\t" else quoted(_delimiter(path))
    return f"""(SELECT *, row_number() OVER () AS row
        FROM read_csv({quoted(str(path))}, columns = {{{listed}}}, header = true,
            delim = {mark}, quote = '"', escape = '"', auto_detect = false, nullstr = '')
        WHERE coalesce({something}) IS NOT NULL)"""


def _header(path: Path) -> list[str]:
    """The names of the columns; one without a name is called by its number."""
    with path.open("rb") as file:
        first = file.readline()
    if not first.strip():
        raise RecordsError(Problem("the file is empty", path.name))
    try:
        line = first.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RecordsError(_unreadable(path, "")) from None
    cells = next(csv.reader([line], delimiter=_delimiter(path)))
    names = [" ".join(cell.split()) or f"column {n}" for n, cell in enumerate(cells, start=1)]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise RecordsError(
            [Problem(f'two columns are called "{n}"', path.name, cell="line 1") for n in twice]
        )
    return names


def _unreadable(path: Path, said: str) -> list[Problem]:
    """Why a text is no table, in the words of the chart tables' reader; DuckDB's own would show
    the patients' lines."""
    if path.suffix.lower() == ".parquet":
        return [Problem("the file is not a Parquet file that can be read", path.name)]
    if path.stat().st_size < _SMALL:
        try:
            split_text(path, _source(path))
        except RecordsError as error:
            return [_in_utf8(problem) for problem in error.problems]
    line = re.search(r"Line: (\d+)", said)
    cell = f"line {line[1]}" if line else ""
    return [Problem("the line is not one of this table's", path.name, cell=cell)]


def _in_utf8(problem: Problem) -> Problem:
    """A chart table may be in another encoding than UTF-8; a table of events may not."""
    if "encoding" not in problem.hint:
        return problem
    return replace(problem, hint="save it as UTF-8")


def check_cells(engine: DuckDB, cells: Cells, wanted: list[tuple[str, str, str, str]]) -> None:
    """``wanted`` has of each rule the column, SQL for a cell that breaks it, what the cell is
    instead, and a hint. Raises ``RecordsError`` for those that do: the first 50, by their row."""
    rules = [rule for rule in wanted if rule[0] in cells.columns]
    broken = " UNION ALL ".join(
        f"""SELECT row, {n} AS rule, {cells.text(word)} AS said FROM {cells.relation}
            WHERE coalesce({wrong}, FALSE)"""
        for n, (word, wrong, _, _) in enumerate(rules)
    )
    total = int(rows_of(engine, f"SELECT count(*) AS n FROM ({broken})")[0]["n"])
    if not total:
        return
    first = rows_of(engine, f"FROM ({broken}) ORDER BY row, rule LIMIT {SHOWN}")
    places = _places(cells.path)
    problems = []
    hinted: set[str] = set()
    for found in first:
        word, _, message, hint = rules[found["rule"]]
        hint = "" if hint in hinted else hint  # once a column is enough
        hinted.add(hint)
        said = f'"{found["said"]}" {message}' if found["said"] is not None else message
        place = f"{places(int(found['row']))}, column {cells.columns[word]}"
        problems.append(Problem(said, cells.path.name, cell=place, hint=hint))
    if total > SHOWN:
        more = f"and {total - SHOWN:,} more cells that cannot be read"
        problems.append(Problem(more, cells.path.name))
    raise RecordsError(problems)


def _places(path: Path) -> Callable[[int], str]:
    """From a row's number, counted from 1, to its place in the file."""
    if path.suffix.lower() == ".parquet" or path.stat().st_size >= _SMALL:
        return lambda row: f"row {row}"
    lines = split_text(path, _source(path)).at
    return lambda row: f"line {lines[row - 1]}"
