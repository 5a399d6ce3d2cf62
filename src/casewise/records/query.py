"""A chart table made by a query over files: for records that have another shape than one row a
patient. A cell's place is its row of the answer, counted from 1, and its column."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import duckdb

from casewise.errors import Problem, RecordsError
from casewise.protocol.site import Source
from casewise.records.parquet import table_of
from casewise.records.table import Table


def read_query(path: Path, source: Source) -> Table:
    """The answer of the one ``SELECT`` in the file, as a chart table.

    File names in it are relative to the installed package that ``source`` names, else to the
    folder that the query lies in. Raises ``RecordsError`` where the package is not installed, the
    file holds anything but one ``SELECT``, or the query fails; its error is told, but no cell.
    """
    file = path.name
    text = path.read_text(encoding="utf-8-sig")
    folder = _package(source.package, file) if source.package else path.parent
    connection = duckdb.connect()
    try:
        statements = duckdb.extract_statements(text)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            message = "a query of records is one SELECT, and nothing else"
            raise RecordsError(Problem(message, file))
        connection.execute(f"SET file_search_path = '{str(folder).replace(chr(39), chr(39) * 2)}'")
        return table_of(connection, file, statements[0].query.strip().rstrip(";"), {})
    except duckdb.Error as error:
        what = str(error).strip().splitlines()[0]
        kind = "cannot be read as SQL" if isinstance(error, duckdb.ParserException) else "failed"
        raise RecordsError(Problem(f"the query {kind}: {what}", file)) from None
    finally:
        connection.close()


def _package(name: str, file: str) -> Path:
    try:
        found = find_spec(name)
    except (ImportError, ValueError):
        found = None
    if found is None or not found.submodule_search_locations:
        raise RecordsError(
            Problem(
                f'the query reads files of the Python package "{name}", which is not installed',
                file,
                hint=f"pip install {name}",
            )
        )
    return Path(found.submodule_search_locations[0])
