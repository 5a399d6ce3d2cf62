"""Where a review is: a path of a file, or a database's address."""

from __future__ import annotations

from pathlib import Path

from casewise.engine.address import address, is_address
from casewise.errors import Problem, RecordsError
from casewise.review.database import Database, Sqlite


def database(where: Path | str) -> Database:
    """The file, or the database of an address: ``postgresql://user@host:port/database``. Raises
    ``RecordsError`` where an address is none, has a password in it, or psycopg is missing."""
    if not is_address(str(where)):
        return Sqlite(Path(where))
    try:
        found = address(str(where))
    except ValueError as error:
        raise RecordsError(Problem(str(error))) from None
    if found.kind != "postgresql":
        raise RecordsError(Problem("a chart review is kept in a file or in Postgres", found.name))
    try:
        from casewise.review.postgres import Postgres
    except ImportError:
        hint = "pip install 'casewise[postgres]'"
        raise RecordsError(Problem("Postgres needs psycopg", found.name, hint=hint)) from None
    return Postgres(found)
