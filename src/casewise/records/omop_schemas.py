"""In which schemas of a database the tables of an OMOP CDM and its vocabulary are.

Hospitals often keep one vocabulary, in a schema of its own, for several CDMs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from casewise.errors import Problem, RecordsError
from casewise.protocol.nearest import nearest, one_of
from casewise.records.omop_tables import VOCABULARY


@dataclass(frozen=True)
class Schemas:
    """``tables``: by the name in lower case, the schema of each table and its name there."""

    cdm: str
    vocabulary: str
    tables: dict[str, tuple[str, str]]


def found(
    name: str,
    listed: Callable[[], Sequence[str]],
    tables_of: Callable[[str], Sequence[str]],
    wanted: str,
    vocabulary: str,
) -> Schemas:
    """The schemas that the site file names; or, where it names none, the only one with a table
    ``person``, and the only one that has a ``concept`` and no ``person`` where that of the CDM has
    no ``concept``. ``name`` is of the database, for messages.

    Raises ``RecordsError`` where there is no such schema, where several could be meant, or where
    the one named for the vocabulary has none.
    """

    def lower(schema: str) -> dict[str, tuple[str, str]]:
        return {table.lower(): (schema, table) for table in tables_of(schema)}

    cdm = _named(name, listed, wanted) if wanted else _only(name, listed, lower)
    tables = lower(cdm)
    if vocabulary:
        from_ = _named(name, listed, vocabulary, " (vocabulary schema)")
        if "concept" not in lower(from_):
            names = sorted(lower(from_))
            message = f'the schema "{from_}" (vocabulary schema) has no table "concept"; found: '
            message += ", ".join(names) or "no tables"
            raise RecordsError(Problem(message, name, hint=nearest("concept", names)))
    elif "concept" in tables:
        from_ = cdm
    else:
        from_ = _only_vocabulary(name, listed, lower) or cdm
    if from_ != cdm:
        elsewhere = {table: at for table, at in lower(from_).items() if table in VOCABULARY}
        tables = {t: at for t, at in tables.items() if t not in VOCABULARY} | elsewhere
    return Schemas(cdm, from_, tables)


def _named(name: str, listed: Callable[[], Sequence[str]], wanted: str, key: str = "") -> str:
    if "." in wanted:  # a schema of another catalog of Spark's
        return wanted
    schemas = listed()
    if wanted in schemas:
        return wanted
    same = {schema.lower(): schema for schema in schemas}
    if wanted.lower() in same:
        return same[wanted.lower()]
    hint = one_of(wanted, schemas, "schemas")
    raise RecordsError(Problem(f'no schema "{wanted}" that may be read{key}', name, hint=hint))


_Lower = Callable[[str], dict[str, tuple[str, str]]]


def _only(name: str, listed: Callable[[], Sequence[str]], lower: _Lower) -> str:
    schemas = listed()
    having = [schema for schema in schemas if "person" in lower(schema)]
    if len(having) > 1:
        message = f"several schemas have a table person: {', '.join(having)}"
        raise RecordsError(Problem(message, name, hint=f"say which: schema: {having[0]}"))
    if not having:
        there = ", ".join(schemas) or "none that may be read"
        raise RecordsError(Problem(f"no schema has a table person; schemas: {there}", name))
    return having[0]


def _only_vocabulary(name: str, listed: Callable[[], Sequence[str]], lower: _Lower) -> str:
    having = [s for s in listed() if "concept" in lower(s) and "person" not in lower(s)]
    if len(having) > 1:
        message = f"several schemas have a vocabulary: {', '.join(having)}"
        hint = f"say which: vocabulary schema: {having[0]}"
        raise RecordsError(Problem(message, name, hint=hint))
    return having[0] if having else ""
