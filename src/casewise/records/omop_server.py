"""An OMOP CDM in a database, read where it is."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from casewise.engine import Server
from casewise.engine.address import Address
from casewise.records.omop_schemas import found
from casewise.records.omop_tables import Table
from casewise.records.sql_text import rows_of
from casewise.results import Source


class Database:
    """The tables of one schema, and of that of the vocabulary. Raises ``RecordsError`` as
    ``omop_schemas.found`` does."""

    def __init__(self, engine: Server, place: Address, schema: str, vocabulary: str) -> None:
        self.engine, self.place, self.name = engine, place, place.name
        tables_of = lru_cache(engine.tables)
        self.schemas = found(place.name, lru_cache(engine.schemas), tables_of, schema, vocabulary)

    @property
    def names(self) -> Collection[str]:
        return self.schemas.tables

    def look(self, name: str) -> Table | None:
        if name not in self.schemas.tables:
            return None
        where = self.schemas.tables[name]
        columns = {column.lower(): (column, kind) for column, kind in self.engine.columns(*where)}
        return Table(name, self.engine.relation(*where), columns)

    def sources(self, read: list[Table]) -> tuple[Source, ...]:
        """The schemas, and what ``cdm_source`` says of the CDM. There is no file to hash."""
        told = self.look("cdm_source")
        columns = ("cdm_source_abbreviation", "source_release_date", "vocabulary_version")
        there = [column for column in columns if told is not None and told.has(column)]
        says: list[str] = []
        if told is not None and there:
            selected = ", ".join(f"CAST({column} AS VARCHAR) AS {column}" for column in there)
            for row in rows_of(self.engine, f"SELECT {selected} FROM {told.relation} LIMIT 1"):
                says = [value for value in row.values() if value]
        about = f" ({', '.join(says)})" if says else ""
        where = f"{self.place.database}, schema {self.schemas.cdm}"
        if self.schemas.vocabulary != self.schemas.cdm:
            where += f", vocabulary in {self.schemas.vocabulary}"
        return (Source(name=f"{where}{about}", sha256=""),)
