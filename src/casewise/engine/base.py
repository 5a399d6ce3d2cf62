"""What every engine does: the seam between the study's SQL and the machine that runs it.

All SQL of a study is written once, in DuckDB's dialect; another engine translates it at its door.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias

from numpy.typing import NDArray

Columns: TypeAlias = dict[str, NDArray[Any]]


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
        """Add rows to a table made here; the columns are those of the table, in its order."""
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
