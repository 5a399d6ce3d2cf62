"""DuckDB in memory: tables in as numpy columns, SQL in, numpy columns out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from casewise.engine.base import Columns, EngineError


class DuckDB:
    """One connection. Not for sharing between threads. The day of a moment with a time zone is the
    one it is in ``zone``. What is made on a ``shared`` one is seen by its branches."""

    dialect = "duckdb"

    def __init__(self, zone: str = "UTC", *, shared: bool = False) -> None:
        self._connection = duckdb.connect()
        self._set_zone(zone)
        # Two cores are plenty for one study, and a fixed order makes reruns byte-identical.
        self._connection.execute("SET preserve_insertion_order = true")
        self._scratch = "" if shared else "TEMP"

    def branch(self) -> DuckDB:
        """A connection of its own to the same tables; what is made on it, it alone sees."""
        made = copy(self)
        made._connection = self._connection.cursor()
        made._set_zone(self._zone)  # a connection's own
        made._scratch = "TEMP"
        return made

    def _set_zone(self, zone: str) -> None:
        self._zone = zone
        try:
            self._connection.execute(f"SET TimeZone = '{zone}'")
        except duckdb.Error as error:
            self._connection.close()
            raise EngineError(str(error).splitlines()[0]) from error

    def load(
        self, name: str, columns: Mapping[str, NDArray[Any]], types: Mapping[str, str]
    ) -> None:
        ready = {one: _masked(values) for one, values in columns.items()}
        casts = ", ".join(f'CAST("{one}" AS {types[one]}) AS "{one}"' for one in columns)
        self._connection.register("_incoming", ready)
        self.table(name, f"SELECT {casts} FROM _incoming")
        self._connection.unregister("_incoming")

    def execute(self, sql: str) -> None:
        """Run a statement that has no answer."""
        with _interruptible():
            self._connection.execute(sql)

    def query(self, sql: str) -> Columns:
        """The answer's columns. A column with nulls comes back as a masked array."""
        with _interruptible():
            answer: Columns = self._connection.execute(sql).fetchnumpy()
        return answer

    def view(self, name: str, select: str) -> None:
        self.execute(f'CREATE OR REPLACE {self._scratch} VIEW "{name}" AS {select}')

    def table(self, name: str, select: str) -> None:
        self.execute(f'CREATE OR REPLACE {self._scratch} TABLE "{name}" AS {select}')

    def append(self, name: str, select: str) -> None:
        self.execute(f'INSERT INTO "{name}" {select}')

    def by(self, name: str, column: str) -> None:
        """Each block of rows has the least and greatest value of its columns with it."""

    def close(self) -> None:
        self._connection.close()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C in a query comes as a RuntimeError of DuckDB's own: make it Python's again. That
    memory or disk did not suffice is nobody's mistake in the SQL."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise EngineError(f"memory or disk is full: {str(error).splitlines()[0]}") from error
    except duckdb.IOException as error:
        if "No space left" not in str(error):
            raise
        place = re.search(r'file \\?"([^"\\]+)', str(error))
        raise EngineError(f"the disk is full{f' ({place[1]})' if place else ''}") from error
    except RuntimeError as error:
        if str(error) == "Query interrupted":
            raise KeyboardInterrupt from error
        raise


def _masked(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind == "M":
        stamps = values.astype("datetime64[us]")
        return np.ma.masked_array(stamps, mask=np.isnat(stamps))
    if values.dtype.kind == "f":
        return np.ma.masked_array(values, mask=np.isnan(values))
    return values
