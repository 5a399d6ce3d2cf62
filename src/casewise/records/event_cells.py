"""The cells of a table of events: where they stand, and which of them cannot be read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import duckdb

from casewise.engine.duckdb import DuckDB
from casewise.errors import Problem, RecordsError
from casewise.protocol.nearest import nearest
from casewise.records.cells import FIRST_YEAR
from casewise.records.delimited import Delimited, Rule, delimited, wrong_cells
from casewise.records.ids import EXACT, NO_IDS, lossy
from casewise.records.sql_text import named, quoted, rows_of

_ISO = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( ?Z|[+-]\d{2}:?\d{2})?)?"
_NUMBER = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?"
LOST = "in another form digits of an id are lost: ids are whole numbers or texts"


@dataclass(frozen=True)
class Cells:
    """A file's rows as SQL; ``columns`` gives the file's name of each column that the site file
    names, ``types`` its type there. A column that it does not name is null."""

    path: Path
    relation: str
    columns: dict[str, str]
    types: dict[str, str]
    text_file: Delimited | None = None

    def numbered(self) -> str:
        """SQL for the rows, counted from 1 as ``row``."""
        return self.relation

    def places(self, rows: Collection[int]) -> dict[int, str]:
        """From rows, counted from 1, to their places in the file."""
        if self.text_file is None:
            return {row: f"row {row}" for row in rows}
        return self.text_file.places(rows)

    def id(self, word: str) -> str:
        """An id as the file has it; a fraction, which ``lossy`` has none of, as a whole number."""
        kind = self.types.get(word, "VARCHAR")
        return f"CAST({self.own(word)} AS BIGINT)" if kind in EXACT else self.own(word)

    def own(self, word: str) -> str:
        """A cell as the file has it; texts without blanks around them, an empty one is null."""
        if word not in self.columns:
            return "NULL::VARCHAR"
        column = named(self.columns[word])
        return f"nullif(trim({column}), '')" if self.types[word] == "VARCHAR" else column

    def text(self, word: str) -> str:
        own = self.own(word)
        return own if self.types.get(word, "VARCHAR") == "VARCHAR" else f"CAST({own} AS VARCHAR)"

    def lossy(self, word: str) -> str:
        """SQL for an id that can be another one's: a fraction, or a number so long that it has been
        rounded. In a text that is only said where each id is a number."""
        own, kind = self.own(word), self.types[word]
        if kind in EXACT:
            return lossy(own, kind)
        if kind != "VARCHAR":
            return "FALSE"
        number = f"try_cast({own} AS DOUBLE)"
        return f"""NOT regexp_full_match({own}, '[+-]?\\d+(\\.0*)?') AND NOT EXISTS (
            SELECT 1 FROM {self.relation} WHERE {own} IS NOT NULL AND {number} IS NULL)"""

    def date(self, word: str) -> str:
        if word not in self.columns:
            return "NULL::DATE"
        text = self.text(word)
        cast = f"try_cast({text}[:10] AS DATE)"
        plausible = f"regexp_full_match({text}, {quoted(_ISO)}) AND year({cast}) >= {FIRST_YEAR}"
        if self.types[word] == "DATE" or self.types[word].startswith("TIMESTAMP"):
            cast = f"CAST({self.own(word)} AS DATE)"
            plausible = f"year({cast}) >= {FIRST_YEAR}"
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
    text: Delimited | None = None
    match path.suffix.lower():
        case ".parquet":
            relation = f"""(SELECT * EXCLUDE (file_row_number), file_row_number + 1 AS row
                FROM read_parquet({quoted(str(path))}, file_row_number = true))"""
        case ".csv" | ".tsv" | ".tab" | ".txt":
            text = delimited(path)
            text.check(engine)
            relation = text.numbered()
        case other:
            message = f'"{other}" is not a kind of table that can be read'
            hint = "these can: .csv, .tsv, .tab, .txt, .parquet"
            raise RecordsError(Problem(message, path.name, hint=hint))
    try:
        described = rows_of(engine, f"DESCRIBE SELECT * EXCLUDE (row) FROM {relation}")
    except duckdb.Error:
        message = "the file is not a Parquet file that can be read"
        raise RecordsError(Problem(message, path.name)) from None
    types = {row["column_name"]: row["column_type"] for row in described}
    if problems := _absent(path, columns, types):
        raise RecordsError(problems)
    used = {word: types[name] for word, name in columns.items()}
    return Cells(path, relation, columns, used, text)


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
    kind = types.get(columns.get("patient", ""), "")
    if kind.startswith(NO_IDS):
        message = f"{kind} is not a kind of id"
        problems.append(Problem(message, path.name, cell=f"column {columns['patient']}"))
    return problems


def check_cells(engine: DuckDB, cells: Cells, wanted: list[tuple[str, str, str, str]]) -> None:
    """``wanted`` has of each rule the column, SQL for a cell that breaks it, what the cell is
    instead, and a hint. Raises ``RecordsError`` for those that do: the first 50, by their row."""
    rules = [
        Rule(
            cells.columns[word],
            wrong,
            message,
            hint,
            "NULL" if word == "patient" else cells.text(word),
        )
        for word, wrong, message, hint in wanted
        if word in cells.columns
    ]
    if problems := wrong_cells(engine, [cells], rules, cells.path.name):
        raise RecordsError(problems)
