"""The tables of an OMOP CDM, their columns held to the CDM's, wherever they are.

Names of tables and columns may be in capitals.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from casewise.engine import Engine
from casewise.errors import Problem, RecordsError
from casewise.protocol.nearest import nearest
from casewise.records.delimited import Delimited
from casewise.results import Source

T = TypeVar("T")

VOCABULARY = {
    "concept": {
        "concept_id": "BIGINT",
        "concept_name": "VARCHAR",
        "domain_id": "VARCHAR",
        "vocabulary_id": "VARCHAR",
        "standard_concept": "VARCHAR",
        "concept_code": "VARCHAR",
    },
    "concept_ancestor": {
        "ancestor_concept_id": "BIGINT",
        "descendant_concept_id": "BIGINT",
        "min_levels_of_separation": "BIGINT",
    },
    "concept_relationship": {
        "concept_id_1": "BIGINT",
        "concept_id_2": "BIGINT",
        "relationship_id": "VARCHAR",
        "invalid_reason": "VARCHAR",
    },
}


@dataclass(frozen=True)
class Table:
    """One table: where it is, and its columns by their name in the CDM with the SQL type."""

    name: str
    relation: str
    columns: dict[str, tuple[str, str]]
    files: tuple[Path, ...] = ()
    texts: tuple[Delimited, ...] = ()

    @property
    def is_text(self) -> bool:
        return bool(self.texts)

    def has(self, column: str) -> bool:
        return column in self.columns


class Place(Protocol):
    """Where the tables are: a folder, a DuckDB file, or a database. ``name`` is for messages."""

    name: str

    @property
    def names(self) -> Collection[str]: ...

    def look(self, name: str) -> Table | None:
        """The table, or ``None`` where there is none of that name."""
        ...

    def sources(self, read: list[Table]) -> tuple[Source, ...]:
        """What was read."""
        ...


@dataclass
class Known:
    """What is known of a CDM once a study looked at it: where the tables are, what each is, what
    was ``made`` of them and checked, and the ``views`` that stand on ``engine``, which many studies
    have in common where it is ``shared``."""

    engine: Engine
    place: Place
    shared: bool = False
    looked: dict[str, Table | None] = field(default_factory=dict)
    made: dict[tuple[object, ...], tuple[Any, bool]] = field(default_factory=dict)
    views: dict[str, str] = field(default_factory=dict)


class Tables:
    """The tables of a CDM as one study reads them, each looked at when first asked for. ``zone`` is
    that of moments, "" where nobody said; ``moments`` whether any column was found to hold such."""

    def __init__(self, engine: Engine, known: Known, zone: str) -> None:
        self.engine, self.name, self.zone, self.moments = engine, known.place.name, zone, False
        self.id_type = "BIGINT"  # or VARCHAR: of every id, once ``settle_ids`` has looked
        self._known = known
        self._found: dict[str, Table | None] = {}

    def get(self, name: str) -> Table | None:
        """The table, or ``None`` where the records have none of that name. A moment stands in for
        a date that there is no column of."""
        if name not in self._found:
            looked = self._known.looked
            if name not in looked:
                looked[name] = self._known.place.look(name)
            table = self._found[name] = looked[name]
            for column, found in list(table.columns.items()) if table else ():
                if table and column.endswith("_datetime"):
                    table.columns.setdefault(column.removesuffix("time"), found)
        return self._found[name]

    def once(self, make: Callable[..., T], *given: Hashable) -> T:
        """What ``make(tables, *given)`` answers, which is the same for all studies whose ids are of
        one type: they ask once."""
        key = (make, given, self.id_type)
        made = self._known.made
        if key not in made:
            had, self.moments = self.moments, False
            made[key] = make(self, *given), self.moments
            self.moments = had
        answer, moments = made[key]
        self.moments = self.moments or moments
        return cast(T, answer)

    def view(self, name: str, select: str, *, everybody: bool = False) -> None:
        """Name ``select`` for all studies, or for this one where another stands there already. Of
        ``everybody``, whom each study reads, many studies have a copy."""
        there = self._known.views.get(name)
        if there is None:
            copied = everybody and self._known.shared
            (self._known.engine.table if copied else self._known.engine.view)(name, select)
            self._known.views[name] = select
        elif there != select:
            self.engine.view(name, select)

    def keep(self, name: str, select: str) -> str:
        """A table of ``select``, for all studies whose ids are of one type. Answers its name."""
        name = f"{name}_{self.id_type.lower()}"
        self._known.engine.table(name, select)
        return name

    def need(self, name: str, why: str) -> Table:
        table = self.get(name)
        if table is None:
            names = sorted(self._known.place.names)
            there = ", ".join(names) or "no tables"
            message = f'no table "{name}", {why}; found: {there}'
            raise RecordsError(Problem(message, self.name, hint=nearest(name, names)))
        return table

    def sources(self) -> tuple[Source, ...]:
        return self._known.place.sources([table for table in self._found.values() if table])


def place_of(tables: Tables, table: Table) -> str:
    return table.files[0].name if table.files else f"{tables.name}, table {table.name}"


def first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
