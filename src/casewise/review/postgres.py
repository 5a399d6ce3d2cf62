"""A review in a Postgres database: its tables in the schema ``casewise_review``, one to a database.

Writers wait for each other at the log's table, as they do at SQLite's file; a commit is on the disk
when it returns. Words of a note are found in its first 200,000 characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors

from casewise.engine.address import Address
from casewise.errors import Problem, RecordsError
from casewise.review.database import NOTE, RANKED
from casewise.review.tables import POSTGRES, SCHEMA, VERSION

_CONNECT_SECONDS = 15


class _Connection:
    """psycopg's connection with the placeholders of the store's SQL."""

    def __init__(self, made: psycopg.Connection) -> None:
        self.made = made

    def execute(self, sql: str, values: Sequence[Any] = ()) -> psycopg.Cursor:
        with _stopped():
            return self.made.execute(sql.replace("?", "%s"), values or None)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> psycopg.Cursor:
        cursor = self.made.cursor()
        with _stopped():
            cursor.executemany(sql.replace("?", "%s"), rows)
        return cursor

    def close(self) -> None:
        self.made.close()


@contextmanager
def _stopped() -> Iterator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        said = error.diag.message_primary or "the connection was lost"
        raise RecordsError(Problem(f"the database stopped: {said}")) from None


class Postgres:
    """A database at an address. No user's name is printed or kept, and never a password."""

    twice = (errors.UniqueViolation, errors.ForeignKeyViolation)

    def __init__(self, where: Address) -> None:
        self.where = where
        self.name = where.database

    def exists(self) -> bool:
        """Whether there is a review in the database already."""
        connection = self.connect()
        try:
            return self.version(connection) is not None
        finally:
            connection.close()

    def make(self) -> None:
        connection = self.connect()
        with self._told("cannot be made"), connection.made.transaction():
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            connection.execute(POSTGRES)
            connection.execute("INSERT INTO made_by VALUES (?)", (VERSION,))
        connection.close()

    def connect(self) -> _Connection:
        with self._told("cannot be opened"):
            made = psycopg.connect(
                self.where.url,
                autocommit=True,
                connect_timeout=_CONNECT_SECONDS,
                application_name="casewise review",
            )
            made.execute(f"SET search_path = {SCHEMA}")
            made.execute("SET synchronous_commit = on")
        return _Connection(made)

    def usable(self, connection: _Connection) -> bool:
        return not connection.made.closed

    def version(self, connection: _Connection) -> int | None:
        there = connection.execute("SELECT to_regclass('made_by') IS NOT NULL").fetchone()
        if not there or not there[0]:
            return None
        row = connection.execute("SELECT version FROM made_by").fetchone()
        return int(row[0]) if row else None

    def begin(self, connection: _Connection) -> None:
        """Begin a transaction that keeps other writers out until its end; readers go on."""
        connection.execute("BEGIN")
        connection.execute("LOCK TABLE log IN EXCLUSIVE MODE")

    def is_double(self, error: Exception) -> bool:
        return isinstance(error, errors.UniqueViolation)

    def text(self, text: str) -> str:
        """Postgres keeps no NUL: the replacement character stands in its place, at its offset."""
        return text.replace("\0", "\ufffd")

    def search(
        self, connection: _Connection, phrases: list[str], chart: str, who: str, most: int
    ) -> list[Any]:
        query = " && ".join("phraseto_tsquery('simple', ?)" for _ in phrases)
        having = f"FROM note AS n WHERE n.words @@ ({query})"
        if chart:
            # The chart's few notes first: the condition on words is of them alone.
            return connection.execute(
                f"WITH n AS MATERIALIZED (SELECT * FROM note WHERE chart = ?) SELECT {NOTE} FROM n "
                f"WHERE n.words @@ ({query}) ORDER BY n.time, n.note LIMIT ?",
                (chart, *phrases, most),
            ).fetchall()
        count = connection.execute(f"SELECT 1 {having} LIMIT ?", (*phrases, RANKED + 1)).fetchall()
        theirs = "AND n.chart IN (SELECT chart FROM assignment WHERE who = ?)" if who else ""
        few = len(count) <= RANKED
        order = f"ts_rank(n.words, {query}) DESC, n.rowid" if few else "n.rowid"
        values = [*phrases, *([who] if who else []), *(phrases if few else []), most]
        return connection.execute(
            f"SELECT {NOTE} {having} {theirs} ORDER BY {order} LIMIT ?", values
        ).fetchall()

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            said = (error.diag.message_primary or type(error).__name__) if error.diag else ""
            raise RecordsError(Problem(f"{what}: {said}".rstrip(": "), self.where.name)) from None
