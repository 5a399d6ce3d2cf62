"""What every engine does: the seam between the study's SQL and the machine that runs it.

All SQL of a study is written once, in DuckDB's dialect; another engine translates it at its door.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

if TYPE_CHECKING:
    from numpy.typing import NDArray

Columns: TypeAlias = "dict[str, NDArray[Any]]"


class EngineError(Exception):
    """What a user has to know of: a lost connection, a full disk, a value that is out of range.

    SQL that an engine does not understand is none of these, but a defect of ours.
    """


class Engine(Protocol):
    """One connection. Not for sharing between threads.

    What is made here (views, tables) is scratch: it is seen by this connection alone, takes the
    place of what had its name, and is gone when the engine is closed, whatever happened before.
    The records themselves are only read.
    """

    dialect: str

    def query(self, sql: str) -> Columns:
        """The answer's columns. A column with nulls comes back as a masked array."""
        ...

    def view(self, name: str, select: str) -> None:
        """Name ``select``, without running it."""
        ...

    def table(self, name: str, select: str) -> None:
        """Keep the rows of ``select`` as ``name``."""
        ...

    def append(self, name: str, select: str) -> None:
        """Add rows to a table made here; the columns are those of the table, in its order. A view
        that was made of it before may not have them."""
        ...

    def by(self, name: str, column: str) -> None:
        """The rows of a table made here, which is whole now, will be asked for by ``column``."""
        ...

    def load(
        self, name: str, columns: Mapping[str, NDArray[Any]], types: Mapping[str, str]
    ) -> None:
        """Make a table of equally long columns; ``types`` gives each one's SQL type.

        Missing is ``None`` in an object array, NaN in a float array, NaT in a date array.
        """
        ...

    def close(self) -> None:
        """Drop all that was made, and let the connection go. May be called twice."""
        ...


class Server(Engine, Protocol):
    """An engine with tables of its own, where the records are."""

    def schemas(self) -> list[str]:
        """Every schema that may be read."""
        ...

    def tables(self, schema: str) -> list[str]:
        """The tables and views of a schema that may be read."""
        ...

    def columns(self, schema: str, table: str) -> list[tuple[str, str]]:
        """Name and type, by DuckDB's name for that type, of each column."""
        ...

    def relation(self, schema: str, table: str) -> str:
        """The table as SQL in DuckDB's dialect names it."""
        ...
