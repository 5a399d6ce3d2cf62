"""Where a review is kept: one SQLite file, or a Postgres database for a department.

The store's SQL is one, in what both understand, with ``?`` for values. What differs is here and in
:mod:`casewise.review.postgres`: how a connection is opened, how a writer keeps the others out, the
tables, and the index of the notes' words.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from casewise.errors import Problem, RecordsError
from casewise.review.tables import SQLITE, VERSION

BUSY_SECONDS = 30
RANKED = 2000  # notes with the words of a search up to which the best are put first
NOTE = "n.note, n.chart, n.time, n.kind, n.text"
NO_REVIEW = "is not a chart review"


class Rows(Protocol):
    """What a statement answered."""

    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Any: ...


class Connection(Protocol):
    """One thread's connection. Each statement stands alone, but between ``begin`` and its end."""

    def execute(self, sql: str, values: Sequence[Any] = ..., /) -> Rows: ...
    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> Rows: ...
    def close(self) -> None: ...


class Database(Protocol):
    """``name`` is what may be printed and kept. ``twice`` are the errors for a row that is there
    already or belongs to none. Where the database cannot be reached or written to any more, a
    connection's statements raise ``RecordsError``."""

    name: str

    @property
    def twice(self) -> tuple[type[Exception], ...]: ...

    def exists(self) -> bool: ...
    def make(self) -> None: ...
    def connect(self) -> Connection: ...
    def usable(self, connection: Any) -> bool: ...
    def version(self, connection: Any) -> int | None: ...
    def begin(self, connection: Any) -> None: ...
    def is_double(self, error: Exception) -> bool: ...
    def text(self, text: str) -> str: ...
    def search(
        self, connection: Any, phrases: list[str], chart: str, who: str, most: int
    ) -> list[Any]: ...


class _Connection(sqlite3.Connection):
    """SQLite's connection; a full disk or a lock that stays is said as a mistake of the place."""

    def execute(self, sql: str, values: Any = (), /) -> sqlite3.Cursor:
        try:
            return super().execute(sql, values)
        except sqlite3.OperationalError as error:
            raise RecordsError(Problem(f"the review's file failed: {error}")) from error


class Sqlite:
    """A file, with a write-ahead log and full synchronization."""

    twice = (sqlite3.IntegrityError,)

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name

    def exists(self) -> bool:
        return self.path.exists()

    def make(self) -> None:
        try:
            connection = sqlite3.connect(self.path)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(SQLITE)
            connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.close()
        except sqlite3.Error as error:
            raise RecordsError(Problem(f"cannot be made: {error}", self.name)) from error

    def connect(self) -> sqlite3.Connection:
        try:
            made = sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None, factory=_Connection
            )
            made.execute("PRAGMA synchronous = FULL")
            made.execute("PRAGMA foreign_keys = ON")
        except sqlite3.OperationalError as error:
            raise RecordsError(Problem(f"cannot be opened: {error}", self.name)) from None
        except sqlite3.DatabaseError:
            raise RecordsError(Problem(NO_REVIEW, self.name)) from None
        return made

    def usable(self, connection: sqlite3.Connection) -> bool:
        return True

    def version(self, connection: sqlite3.Connection) -> int | None:
        """Of its tables; None where it has none of a review's."""
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'log'").fetchone()
        except sqlite3.DatabaseError:
            return None
        return int(version) if found else None

    def begin(self, connection: sqlite3.Connection) -> None:
        """Begin a transaction that holds the write lock from its start."""
        connection.execute("BEGIN IMMEDIATE")

    def is_double(self, error: Exception) -> bool:
        return "UNIQUE" in str(error)

    def text(self, text: str) -> str:
        return text

    def search(
        self, connection: sqlite3.Connection, phrases: list[str], chart: str, who: str, most: int
    ) -> list[Any]:
        wanted = " ".join(f'"{part}"' for part in phrases)
        if chart:
            # CROSS: from the chart's few notes to the index, not from all notes with the words
            return connection.execute(
                f"SELECT {NOTE} FROM note AS n CROSS JOIN note_words AS w ON w.rowid = n.rowid "
                "WHERE n.chart = ? AND note_words MATCH ? ORDER BY n.time, n.note LIMIT ?",
                (chart, wanted, most),
            ).fetchall()
        count = connection.execute(
            "SELECT rowid FROM note_words WHERE note_words MATCH ? LIMIT ?", (wanted, RANKED + 1)
        ).fetchall()
        theirs = "AND n.chart IN (SELECT chart FROM assignment WHERE who = ?)" if who else ""
        order = "rank" if len(count) <= RANKED else "w.rowid"
        return connection.execute(
            f"SELECT {NOTE} FROM note_words AS w CROSS JOIN note AS n ON n.rowid = w.rowid "
            f"WHERE note_words MATCH ? {theirs} ORDER BY {order} LIMIT ?",
            (wanted, *([who] if who else []), most),
        ).fetchall()
