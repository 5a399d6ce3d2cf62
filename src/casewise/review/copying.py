"""A whole review copied: to another file, or between a file and a Postgres database."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from casewise.errors import Problem, RecordsError
from casewise.review import log
from casewise.review.database import Sqlite
from casewise.review.place import database
from casewise.review.store import Store

_TABLES = {
    "log": ("seq, at, who, kind, chart, field, body, hash", "seq"),
    "account": ("name, role, password, active", "name"),
    "chart": ("chart, sex, age, training", "rowid"),
    "item": ('chart, domain, start, "end", term, value, unit', "rowid"),
    "note": ("note, chart, time, kind, text", "rowid"),
    "assignment": ("chart, who, place, done", "chart, who, place"),
    "answer": ("chart, field, who, version, status, value, evidence, reason, at", "version"),
    "decision": ("chart, field, who, version, status, value, evidence, reason, at", "version"),
}


def copy(source: Path | str, to: Path | str) -> log.Verified:
    """Copy a review that may be in use to where there is none yet; how the copy's log verifies.

    Raises ``RecordsError`` where there is one already, the source's log is broken, or the copy
    cannot be made.
    """
    old, new = Store(source), database(to)
    if new.exists():
        raise RecordsError(Problem("is there already; nothing is written over", new.name))
    checked = old.verify()
    if checked.broken is not None:
        message = f"the log is broken at entry {checked.broken}: {checked.why}"
        raise RecordsError(Problem(message, old.name))
    if isinstance(old.database, Sqlite) and isinstance(new, Sqlite):
        _copy_file(old.database.path, new.path)
    else:
        new.make()
        copied = Store(to)
        # One moment of the source: its writers wait while it is read.
        with old.writing() as reading, copied.writing() as write:
            for table, (columns, order) in _TABLES.items():
                holes = ", ".join("?" * len(columns.split(", ")))
                rows = reading.execute(f"SELECT {columns} FROM {table} ORDER BY {order}").fetchall()
                if table == "note":
                    rows = [(*row[:-1], copied.database.text(row[-1])) for row in rows]
                write.executemany(f"INSERT INTO {table} ({columns}) VALUES ({holes})", rows)
    return Store(to).verify()


def _copy_file(source: Path, to: Path) -> None:
    try:
        with sqlite3.connect(source) as old, sqlite3.connect(to) as new:
            old.backup(new)
            new.execute("PRAGMA journal_mode = WAL")
    except sqlite3.Error as error:
        to.unlink(missing_ok=True)
        raise RecordsError(Problem(f"cannot be copied: {error}", to.name)) from error
