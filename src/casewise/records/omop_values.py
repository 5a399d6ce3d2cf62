"""The columns of an OMOP CDM's tables as the types that they should have, or what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import duckdb

from casewise.errors import Problem, RecordsError
from casewise.protocol.nearest import one_of
from casewise.records.delimited import Rule, wrong_cells
from casewise.records.ids import EXACT, NO_IDS, lossy
from casewise.records.omop_tables import Table, Tables, place_of
from casewise.records.sql_text import named, quoted, rows_of

_SIGNED = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_INTEGERS = (*_SIGNED, *(f"U{name}" for name in _SIGNED))
_NATIVE = {
    "DATE": ("DATE", "TIMESTAMP"),
    "BIGINT": _INTEGERS,
    "DOUBLE": (*_INTEGERS, "DOUBLE", "FLOAT", "DECIMAL"),
}
_WORDS = {"DATE": "dates", "BIGINT": "whole numbers", "DOUBLE": "numbers"}
_ONE = {"DATE": "a date", "BIGINT": "a whole number", "DOUBLE": "a number"}
_HINTS = {"DATE": "dates are written 2021-03-14"}

# Integers that may not fit into 64 bits.
_LONG = ("HUGEINT", "UHUGEINT", "UBIGINT")
_NO_IDS = (*NO_IDS, "STRUCT", "MAP", "UNION")
_IDS = "ids are whole numbers of at most 64 bits, or texts"
_LOST = f"in another form, digits of an id are lost: {_IDS}"

_DATE = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}([T ]\d.*)?"
_WHOLE = r"[+-]?\d+(\.0*)?"


def settle_ids(tables: Tables, names: Iterable[str]) -> None:
    """Make every id a text where one of the tables ``names`` has ids that are no numbers: ids of
    several tables stand in one column, and only some engines mix their types."""
    ids = ("person_id", "visit_occurrence_id", "episode_id", "event_id")
    for table in filter(None, map(tables.get, names)):
        there = [id_ for id_ in (*ids, f"{table.name}_id") if table.has(id_)]
        if table.is_text:  # DuckDB mixes them, but for a table that is not there
            is_person = table.name == "person" and table.has("person_id")
            text = is_person and tables.once(_has_words, table.name)
        else:
            text = any(not _is(table.columns[id_][1], "DOUBLE") for id_ in there)
        if text:
            tables.id_type = "VARCHAR"


def _has_words(tables: Tables, name: str) -> bool:
    """Whether an id of the text's persons is no number at all."""
    table = tables.need(name, "")
    column = _filled(named(table.columns["person_id"][0]))
    sql = f"SELECT COUNT(*) AS n FROM {table.relation} WHERE {_no_number(column)}"
    return bool(_read(tables, table, sql)["n"])


def typed(tables: Tables, table: Table, wanted: dict[str, str], needed: tuple[str, ...]) -> str:
    """A relation of ``table`` with the columns ``wanted`` (name to SQL type; "" is an id), null
    where the table has none. Raises ``RecordsError`` where one that is ``needed`` is absent, or
    where values are not of its type."""
    problems = [
        Problem(
            f'table "{table.name}" has no column "{name}"',
            place_of(tables, table),
            hint=one_of(name, table.columns, "columns"),
        )
        for name in needed
        if not table.has(name)
    ]
    if problems:
        raise RecordsError(problems)
    there = {name: kind for name, kind in wanted.items() if table.has(name)}
    if table.is_text:
        words = _check_texts(tables, table, there)
        casts = {name: _of_text(tables, table, name, kind, words) for name, kind in there.items()}
    else:
        _check_columns(tables, table, there)
        casts = {name: _of_column(tables, table, name, kind) for name, kind in there.items()}
    columns = ", ".join(
        f"{casts.get(name) or f'CAST(NULL AS {kind or tables.id_type})'} AS {name}"
        for name, kind in wanted.items()
    )
    relation = f"(SELECT {columns} FROM {table.relation})"
    if not table.is_text:
        return f"{relation} AS {table.name}"
    # A text file is parsed once, not in every statement that reads it.
    with _lines_named(tables, table):
        made = tables.keep(f"text_{table.name}", f"SELECT * FROM {relation} AS {table.name}")
    return named(made)


def _stem(found: str) -> str:
    """ "DECIMAL" of "DECIMAL(18,3)"."""
    return found.split("(")[0].split(" ")[0]


def _is(found: str, kind: str) -> bool:
    """Whether a column of type ``found`` ("DECIMAL(18,3)", "TIMESTAMP_NS") holds ``kind``."""
    stem = _stem(found)
    return stem in _NATIVE[kind] or (kind == "DATE" and stem.startswith("TIMESTAMP"))


def _of_column(tables: Tables, table: Table, name: str, kind: str) -> str:
    column, found = table.columns[name]
    column = named(column)
    if kind:
        doubtful = kind in _NATIVE and not _is(found, kind)
        return f"CAST({_filled(column) if doubtful else column} AS {kind})"
    if _stem(found) in EXACT:
        column = f"CAST({column} AS BIGINT)"
    if tables.id_type == "VARCHAR":
        return f"CAST({column} AS VARCHAR)"
    exact = _is(found, "BIGINT") and _stem(found) not in _LONG
    return column if exact else f"CAST({column} AS BIGINT)"


def _of_text(tables: Tables, table: Table, name: str, kind: str, words: set[str]) -> str:
    column = _filled(named(table.columns[name][0]))
    if not kind:
        kind = "VARCHAR" if name in words else tables.id_type
    return f"CAST({column} AS {kind})"


def _filled(column: str) -> str:
    """A text, null where it is blank."""
    return f"NULLIF(TRIM(CAST({column} AS VARCHAR)), '')"


def _check_columns(tables: Tables, table: Table, wanted: dict[str, str]) -> None:
    """Hold the values of columns of another type than the CDM's to what they should be."""
    problems: list[Problem] = []
    for name, kind in wanted.items():
        column, found = table.columns[name]
        wrong, shown = "", named(column)
        if not kind:
            if _stem(found).startswith(_NO_IDS) or found.endswith("]"):
                message = f'column "{name}" is a column of {found}'
                problems.append(Problem(message, place_of(tables, table), hint=_IDS))
            elif _stem(found) in EXACT:
                wrong = lossy(shown, _stem(found))
            elif _stem(found) in _LONG:
                wrong = f"TRY_CAST({shown} AS BIGINT) IS NULL"
        elif kind == "DATE" and "WITH TIME ZONE" in found:
            problems += _uncertain(tables, table, column)
        elif kind in _NATIVE and not _is(found, kind):
            shown = _filled(shown)
            wrong = f"TRY_CAST({shown} AS {kind}) IS NULL"
            if kind == "BIGINT":  # a cast rounds
                wrong += f" OR TRY_CAST({shown} AS DOUBLE) <> TRY_CAST({shown} AS BIGINT)"
        if not wrong:
            continue
        sql = f"SELECT COUNT(*) AS n, MIN({shown}) AS example FROM {table.relation} WHERE "
        row = rows_of(tables.engine, f"{sql}{shown} IS NOT NULL AND ({wrong})")[0]
        if row["n"]:
            should = _WORDS[kind] if kind else "ids"
            message = f'column "{name}" (a column of {found}) should hold {should}: {row["n"]} '
            message += "value is not" if row["n"] == 1 else "values are not"
            message += f', such as "{row["example"]}"' if kind else ""
            hint = _HINTS.get(kind, "") if kind else _LOST
            problems.append(Problem(message, place_of(tables, table), hint=hint))
    if problems:
        raise RecordsError(problems)


def _uncertain(tables: Tables, table: Table, column: str) -> Iterator[Problem]:
    """Moments are on one day here and on another there, until somebody says where. Those that are
    all midnights in UTC, which engines are in by themselves, were written as dates."""
    if tables.zone:
        tables.moments = True
        return
    at = named(column)
    midnight = f"CAST(CAST({at} AS DATE) AS TIMESTAMPTZ)"
    sql = f"SELECT COUNT(*) AS n FROM {table.relation} WHERE {at} <> {midnight}"
    if number := rows_of(tables.engine, sql)[0]["n"]:
        message = f'column "{column}" holds moments with a time zone, {number} of them not at '
        message += "midnight UTC: on which day they were depends on where"
        hint = "say where, as in records: {omop: ..., time zone: Europe/Berlin}"
        yield Problem(message, place_of(tables, table), hint=hint)


def _check_texts(tables: Tables, table: Table, wanted: dict[str, str]) -> set[str]:
    """Hold the cells of text files to what they should be, in one pass; each that is wrong is
    named with its line. Returns the ids that are words."""
    rules: dict[str, Rule] = {}
    for name, kind in wanted.items():
        column = table.columns[name][0]
        if kind in _NATIVE:
            said, hint = f"is not {_ONE[kind]}", _HINTS.get(kind, "")
            wrong = _no(_filled(named(column)), kind)
            rules[name] = Rule(column, wrong, said, hint, named(column))
        elif not kind and tables.id_type == "BIGINT":
            wrong = _no(_filled(named(column)), "BIGINT")
            rules[name] = Rule(column, wrong, "the id is not a whole number", _LOST)
    counts = [f"COUNT(*) FILTER ({rule.wrong}) AS {name}" for name, rule in rules.items()]
    counts += [
        f"COUNT(*) FILTER ({_no_number(_filled(named(table.columns[name][0])))}) AS {name}_word"
        for name, kind in wanted.items()
        if not kind
    ]
    if not counts:
        return set()
    found = _read(tables, table, f"SELECT {', '.join(counts)} FROM {table.relation}")
    words = {name for name, kind in wanted.items() if not kind and found[f"{name}_word"]}
    if tables.id_type == "BIGINT":
        words -= {"person_id"}  # persons are numbers in the table person
    broken = [rule for name, rule in rules.items() if found[name] and name not in words]
    if broken:
        raise RecordsError(wrong_cells(tables.engine, table.texts, broken))
    return words


def _no(text: str, kind: str) -> str:
    """SQL for a text that is none of ``kind``. A cast alone would take "epoch" for a date, and
    round a number to a whole one."""
    cast = f"TRY_CAST({text} AS {kind})"
    if kind == "DOUBLE":
        return f"{text} IS NOT NULL AND NOT COALESCE(isfinite({cast}), FALSE)"
    pattern = quoted(_DATE if kind == "DATE" else _WHOLE)
    return f"{cast} IS NULL AND {text} IS NOT NULL OR NOT regexp_full_match({text}, {pattern})"


def _no_number(text: str) -> str:
    return f"{text} IS NOT NULL AND TRY_CAST({text} AS DOUBLE) IS NULL"


def _read(tables: Tables, table: Table, sql: str) -> dict[str, int]:
    """The one row of an answer."""
    with _lines_named(tables, table):
        return rows_of(tables.engine, sql)[0]


@contextmanager
def _lines_named(tables: Tables, table: Table) -> Iterator[None]:
    """Raises ``RecordsError`` with the lines of text files that cannot be read."""
    try:
        yield
    except duckdb.Error as error:
        for text in table.texts:
            text.check(tables.engine)
        raise RecordsError(table.texts[0].unreadable(error)) from None
