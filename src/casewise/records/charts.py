"""Charts opened: from a site file's bindings to the canonical tables."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from casewise.engine.address import is_address
from casewise.engine.duckdb import DuckDB
from casewise.errors import Problem, RecordsError
from casewise.protocol.model import Study
from casewise.protocol.nearest import nearest
from casewise.protocol.site import Site
from casewise.records.baseline import People, RowsOf, read_covariate, read_follow_up, read_people
from casewise.records.canonical import Records
from casewise.records.checks import Checker, Dates, check, duplicates
from casewise.records.columns import Reading, read_ids
from casewise.records.dictionary import read_dictionary
from casewise.records.events import Found, read_event
from casewise.records.redcap import Export, read_redcap
from casewise.records.rows import Patients, load_events, load_follow_up, load_people
from casewise.records.table import Table
from casewise.results import Note, Source

KINDS = (".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm", ".parquet")


def open_charts(
    study: Study,
    site: Site,
    folder: Path,
    path: str | Path | None = None,
    today: dt.date | None = None,
    progress: Callable[[str], None] | None = None,
) -> Records:
    """A chart table, a REDCap export or a review's answers as the canonical tables; the arguments
    are those of ``records.open``.

    Raises ``RecordsError`` with every problem at once when the file, a column or a cell cannot
    be read: there is no dataset with holes in it.
    """
    export: Export | None = None
    if site.records.review is not None:
        table, files = _read_review(folder, site, path)
    else:
        file = find(folder, site.records.path, None if path is None else Path(path))
        if progress is not None:
            progress(f"reading {file.name}")
        export = _read_export(file, folder, site) if site.records.redcap else None
        table = export.table if export else _read_table(file, site)
        files = _sources(file, folder, site, table)
    if export is None:
        _check_columns(table, site)
    reading = Reading(table, site)
    ids = read_ids(reading, site.patient)
    if not ids:
        raise RecordsError(Problem("a header, but no patients below it", table.file))
    patients = Patients.of(ids)
    found = Found(notes=[Note(kind="records", about=table.file, text=t) for t in table.notes])
    found.notes += _two_digit_years(site)
    if export is not None and table.several_rows:
        found.errors += export.duplicates(ids, site.patient)
    else:
        found.errors += duplicates(reading, ids, patients)
    rows_of = export.rows_of if export else _all_rows(table, site)
    people = read_people(reading, patients, rows_of, found)
    _read_bindings(study, reading, patients, rows_of, found)
    if blanks := found.blank_dates():
        found.notes.append(blanks)
    checker = Checker(study, reading, patients, people, found.blocks)
    latest = site.extracted or today or dt.date.today()
    follow_up = check(checker, read_follow_up(reading, patients), latest, found)
    if reading.problems:
        raise RecordsError(_once([*reading.problems, *found.errors]))
    return Records(
        _loaded(reading, patients, people, follow_up, found),
        lambda: files,
        frozenset(name for name, event in site.events.items() if event.date is None),
        tuple(found.notes),
        tuple(_once(found.errors)),
        tuple(_once(found.warnings)),
        lines=frozenset(found.lines),
    )


def _loaded(
    reading: Reading, patients: Patients, people: People, follow_up: Dates, found: Found
) -> DuckDB:
    engine = DuckDB()
    load_people(engine, patients, people.birth, people.age, people.sex)
    if reading.site.follow_up is not None:
        load_follow_up(engine, patients, follow_up)
    load_events(engine, reading.table, patients, found.blocks)
    return engine


def _two_digit_years(site: Site) -> list[Note]:
    """Python's strptime takes 69 to 99 for the 1900s, as POSIX does."""
    readings = [site.dates, site.follow_up.dates if site.follow_up else None]
    readings += [event.dates for event in site.events.values()]
    readings += [covariate.dates for covariate in site.baseline.values()]
    formats = [reading.format for reading in readings if reading and reading.format]
    return [
        Note(
            kind="assumption",
            about="dates",
            text=f"Years of two digits (dates as {pattern}) were read as 1969 to 2068.",
        )
        for pattern in dict.fromkeys(formats)
        if "%y" in pattern or "%x" in pattern or "%D" in pattern
    ]


def _read_bindings(
    study: Study, reading: Reading, patients: Patients, rows_of: RowsOf, found: Found
) -> None:
    for name, event in reading.site.events.items():
        read_event(reading, patients, rows_of(event), name, event, found)
    for name, covariate in reading.site.baseline.items():
        read_covariate(reading, patients, rows_of(covariate), study, name, covariate, found)


def _sources(path: Path, folder: Path, site: Site, table: Table) -> tuple[Source, ...]:
    records = Source(name=path.name, sha256=_sha256(path), rows=table.rows)
    if path.suffix.lower() == ".sql":  # what it read is known by what it made
        made = hashlib.sha256(repr(sorted(table.columns.items())).encode()).hexdigest()
        query = Source(name=path.name, sha256=records.sha256)
        return query, Source(name=f"the table that {path.name} makes", sha256=made, rows=table.rows)
    if site.records.dictionary is None:
        return (records,)
    dictionary = find(folder, site.records.dictionary)
    return records, Source(name=dictionary.name, sha256=_sha256(dictionary))


def _read_review(
    folder: Path, site: Site, path: str | Path | None
) -> tuple[Table, tuple[Source, ...]]:
    """A review's answers. It is known by the hash of its log, whatever else is in the file."""
    from casewise.records.review import log_head, read_review

    where = review_place(folder, site, path)
    table = read_review(where, site)
    return table, (Source(name=table.file, sha256=log_head(where), rows=table.rows),)


def review_place(folder: Path, site: Site, path: str | Path | None = None) -> str | Path:
    """The file or the address of a site's review; ``path`` in the place of what the site says."""
    written = site.records.path if path is None else path
    if isinstance(written, str) and is_address(written):
        return written
    return find(folder, site.records.path, None if path is None else Path(path))


def _read_export(path: Path, folder: Path, site: Site) -> Export:
    explained = find(folder, site.records.dictionary or "")
    dictionary = read_dictionary(explained, site.records.encoding)
    return read_redcap(path, dictionary, site, [column for _, column in named_columns(site)])


def _all_rows(table: Table, site: Site) -> RowsOf:
    """A table of one row a patient has no rows to choose from."""
    everyone = np.arange(table.rows, dtype=np.intp)
    for name, binding in (*site.events.items(), *site.baseline.items()):
        if binding.form is not None or binding.redcap_event is not None:
            message = f'{name} has "form" or "redcap event", which only a redcap export knows'
            raise RecordsError(Problem(message, table.file))
    return lambda binding: everyone


def _once(problems: list[Problem]) -> list[Problem]:
    """A column that several bindings name is read by each; what is wrong is said once."""
    said: dict[tuple[str, str], Problem] = {}
    for problem in problems:
        said.setdefault((problem.cell, problem.message), problem)
    return list(said.values())


def find(folder: Path, name: str, path: Path | None = None) -> Path:
    """The file of the records, or a ``RecordsError`` that says what is there instead."""
    shown = str(path) if path is not None else name
    path = path if path is not None else folder / name
    if path.is_dir():
        hint = "name the file in it, such as " + " or ".join(_tables_in(path)[:2])
        raise RecordsError(
            Problem(
                "is a folder; records are one file", shown, hint=hint if _tables_in(path) else ""
            )
        )
    if not path.is_file():
        hint = nearest(path.name, _tables_in(path.parent)) if path.parent.is_dir() else ""
        raise RecordsError(Problem("no such file", shown, hint=hint))
    return path


def _tables_in(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.suffix.lower() in KINDS)


def _read_table(path: Path, site: Site) -> Table:
    """The file's cells, by the kind that its name says it is."""
    try:
        match path.suffix.lower():
            case ".csv" | ".tsv" | ".tab" | ".txt":
                from casewise.records.text import read_text

                return read_text(path, site.records)
            case ".xlsx" | ".xlsm":
                from casewise.records.excel import read_excel

                return read_excel(path, site.records)
            case ".parquet":
                from casewise.records.parquet import read_parquet

                return read_parquet(path, site.records)
            case ".sql" if site.records.query is not None:
                from casewise.records.query import read_query

                return read_query(path, site.records)
    except PermissionError:
        raise RecordsError(Problem("the file may not be read (no permission)", path.name)) from None
    kinds = ", ".join(KINDS)
    raise RecordsError(
        Problem(
            f'"{path.suffix}" is not a kind of table that can be read',
            path.name,
            hint=f"these can: {kinds}",
        )
    )


def _check_columns(table: Table, site: Site) -> None:
    problems = [
        Problem(
            f'no column "{column}", which the site file names for {asked}',
            table.file,
            hint=nearest(column, table.columns),
        )
        for asked, column in named_columns(site)
        if column not in table.columns
    ]
    if problems:
        raise RecordsError(problems)


def named_columns(site: Site) -> list[tuple[str, str]]:
    """What each column is asked for, and its name, in the order of the site file."""
    named = [("patient", site.patient)]
    named += [("birth", site.birth)] if site.birth else []
    named += [("age", site.age.column)] if site.age else []
    named += [("sex", site.sex.column)] if site.sex else []
    named += [("follow up", column) for column in (site.follow_up.end if site.follow_up else ())]
    for name, event in site.events.items():
        lists = (event.date or (), event.end or (), event.numbers)
        named += [(f"the event {name}", column) for columns in lists for column in columns]
        named += [(f"the event {name}", event.yes_or_no)] if event.yes_or_no else []
    for name, covariate in site.baseline.items():
        named.append((f"the covariate {name}", covariate.column))
        named += [(f"the covariate {name}", covariate.measured)] if covariate.measured else []
    return named


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
