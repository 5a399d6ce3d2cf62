"""An OMOP CDM in a database, read where it is."""

from __future__ import annotations

from collections.abc import Collection

from casewise.engine import Server
from casewise.engine.address import Address
from casewise.errors import Problem, RecordsError
from casewise.protocol.nearest import one_of
from casewise.records.omop_tables import Table
from casewise.records.sql_text import rows_of
from casewise.results import Source


class Database:
    """The tables of one schema. Raises ``RecordsError`` where the server has no such schema, or,
    where none is named, where several could be meant."""

    def __init__(self, engine: Server, place: Address, schema: str) -> None:
        self.engine, self.place, self.name = engine, place, place.name
        self.schema = _schema(engine, place.name, schema)
        self._tables = {table.lower(): table for table in engine.tables(self.schema)}

    @property
    def names(self) -> Collection[str]:
        return self._tables

    def look(self, name: str) -> Table | None:
        if name not in self._tables:
            return None
        written = self._tables[name]
        columns = {
            column.lower(): (column, kind)
            for column, kind in self.engine.columns(self.schema, written)
        }
        return Table(name, self.engine.relation(self.schema, written), columns)

    def sources(self, read: list[Table]) -> tuple[Source, ...]:
        """The schema, and what its table ``cdm_source`` says of it. There is no file to hash."""
        told = self.look("cdm_source")
        columns = ("cdm_source_abbreviation", "source_release_date", "vocabulary_version")
        there = [column for column in columns if told is not None and told.has(column)]
        says: list[str] = []
        if told is not None and there:
            selected = ", ".join(f"CAST({column} AS VARCHAR) AS {column}" for column in there)
            for row in rows_of(self.engine, f"SELECT {selected} FROM {told.relation} LIMIT 1"):
                says = [value for value in row.values() if value]
        about = f" ({', '.join(says)})" if says else ""
        return (Source(name=f"{self.place.database}, schema {self.schema}{about}", sha256=""),)


def _schema(engine: Server, name: str, wanted: str) -> str:
    if "." in wanted:  # a schema of another catalog of Spark's
        return wanted
    schemas = engine.schemas()
    if wanted:
        same = {schema.lower(): schema for schema in schemas}
        if wanted in schemas or wanted.lower() in same:
            return wanted if wanted in schemas else same[wanted.lower()]
        hint = one_of(wanted, schemas, "schemas")
        raise RecordsError(Problem(f'no schema "{wanted}" that may be read', name, hint=hint))
    having = [
        schema
        for schema in schemas
        if "person" in (table.lower() for table in engine.tables(schema))
    ]
    if len(having) == 1:
        return having[0]
    if having:
        hint = f"say which: schema: {having[0]}"
        message = f"several schemas have a table person: {', '.join(having)}"
        raise RecordsError(Problem(message, name, hint=hint))
    there = ", ".join(schemas) or "none that may be read"
    raise RecordsError(Problem(f"no schema has a table person; schemas: {there}", name))
