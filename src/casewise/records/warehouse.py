"""Event records opened: from a warehouse, an export or a dataset to the canonical tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

from casewise.engine import Engine
from casewise.errors import Problem
from casewise.protocol.code_lists import ANY_CAUSE, event_codes, list_name, used_lists, uses
from casewise.protocol.model import Study
from casewise.protocol.resolve import recorded_for
from casewise.protocol.warehouse import CovariateCodes, EventCodes, WarehouseSite
from casewise.records.binding import Branches, bind, spellings, units
from casewise.records.canonical import Records
from casewise.records.codes import resolve
from casewise.records.matching import Kept, match, occurs, oddities, prepare, usage
from casewise.records.nearest_codes import nothing_found
from casewise.records.raw import EVERY, LINE, RawRecords
from casewise.records.shared import Warehouse
from casewise.records.sql_text import quoted
from casewise.results import Note


def open_events(
    study: Study,
    site: WarehouseSite,
    warehouse: Warehouse,
    progress: Callable[[str], None] | None = None,
    *,
    whole: bool = False,
    sources: bool = True,
) -> Records:
    """Event records as the canonical tables of a study, on an engine of its own.

    ``raw_event`` has the domains that the study asks for, or, ``whole``, all that there are.
    Records dated after the warehouse's ``latest`` are left out and counted. A code list that
    matches nothing stands in ``Records.errors``, or in ``warnings`` where the site accepts that.
    Raises ``RecordsError`` where the records cannot be read.
    """
    if progress is not None:
        progress(f"reading {warehouse.name}")
    with warehouse.study() as engine:
        return _opened(engine, study, site, warehouse, whole=whole, sources=sources)


def _opened(
    engine: Engine,
    study: Study,
    site: WarehouseSite,
    warehouse: Warehouse,
    *,
    whole: bool,
    sources: bool,
) -> Records:
    asked = domains(study, site) | ({EVERY} if whole else set())
    latest = warehouse.latest
    raw = warehouse.raw(engine, asked)
    notes = [*raw.notes, *resolve(engine, used_lists(study, site), raw)]
    numbers = prepare(engine, pairs(study, site))
    made = Branches(latest, numbers, raw.rows)
    visits = frozenset(_of_visits(study, site))
    _match(engine, study, site, made, Kept(sources or LINE in asked, visits, raw.coded_once))
    found, empty = _found(engine, study, site, latest, raw, visits)
    made.spellings = spellings(engine)
    bind(engine, study, site, made)
    in_units, mixed = units(engine, study, site, numbers)
    accepted = "codes without records" in site.accept
    return Records(
        engine,
        raw.read,
        notes=(*notes, *found, *in_units),
        errors=(*mixed, *(() if accepted else empty)),
        warnings=tuple(empty) if accepted else (),
        periods=warehouse.periods(engine),
        silence_is_no=True,
        lines=_lines(study, site),
        name=warehouse.name,
        has_concepts=raw.has_concepts,
        code_names=raw.names,
        codings=_codings(raw),
    )


def _codings(raw: RawRecords) -> str:
    """SELECT for the codes of each record as the records have them: person, source, vocabulary,
    code, name."""
    cases = " ".join(f"WHEN {quoted(d)} THEN {quoted(rows)}" for d, rows in raw.rows.items())
    source = f"CASE r.domain {cases} ELSE '' END || r.source" if cases else "r.source"
    code, name, join = "COALESCE(r.code, CAST(NULLIF(r.concept, 0) AS VARCHAR))", "NULL", ""
    vocabulary = "r.vocabulary"
    if raw.has_concepts:
        vocabulary, name = "c.vocabulary_id", "c.concept_name"
        code = "COALESCE(c.concept_code, r.code)"
        join = "LEFT JOIN concept AS c ON c.concept_id = "
        join += "CASE WHEN COALESCE(r.concept, 0) = 0 THEN r.source_concept ELSE r.concept END"
    elif raw.names:
        name, join = "n.name", raw.join_names("r")
    return (
        f"SELECT r.person, {source} AS source, {vocabulary} AS vocabulary, {code} AS code, "
        f"{name} AS name FROM raw_event AS r {join}"
    )


def domains(study: Study, site: WarehouseSite) -> frozenset[str]:
    """What kinds of records the protocol asks for; ``visit`` and ``death`` among them."""
    needed = {domain for _, domain in pairs(study, site)}
    if any(codes.visit or codes.visit_end for _, codes in parts(study, site)):
        needed.add("visit")
    if _lines(study, site):
        needed.add(LINE)
    return frozenset(needed)


def parts(study: Study, site: WarehouseSite) -> list[tuple[str, EventCodes]]:
    """Everything that is answered by occurrences: the protocol's events, yeses and choices."""
    found: list[tuple[str, EventCodes]] = []
    for name, event in study.events.items():
        if event.recorded:
            codes = event_codes(study, site, name)
            found += [(name, codes), *_silences(name, codes)]
    for name, covariate in site.baseline.items():
        found += [(name, covariate.yes)] if covariate.yes is not None else []
        found += [(f"{name}, {choice}", codes) for choice, codes in covariate.values.items()]
        found += _silences(name, covariate)
    return found


def _lines(study: Study, site: WarehouseSite) -> frozenset[str]:
    """The events whose value is a line of therapy."""
    return frozenset(name for name, codes in parts(study, site) if codes.line)


def _silences(name: str, codes: EventCodes | CovariateCodes) -> list[tuple[str, EventCodes]]:
    return [(f"{name}, {status}", part) for status, part in codes.silences().items()]


def pairs(study: Study, site: WarehouseSite) -> list[tuple[str, str]]:
    """The code lists asked for, each with the domain it is looked for in."""
    found = [
        (list_name(about, domain, asked), domain) for about, domain, asked in uses(study, site)
    ]
    if any(codes.coded().get("death") == ANY_CAUSE for _, codes in parts(study, site)):
        found.append((ANY_CAUSE, "death"))
    return list(dict.fromkeys(found))


def _of_visits(study: Study, site: WarehouseSite) -> Iterator[tuple[str, str]]:
    """The code lists that say which visits are meant: those that such a record was made in."""
    for about, codes in parts(study, site):
        if codes.visit or codes.visit_end:
            for domain, asked in codes.coded().items():
                yield list_name(about, domain, asked), domain


def _match(engine: Engine, study: Study, site: WarehouseSite, made: Branches, kept: Kept) -> None:
    """The records of everybody with the index event. Nobody else's can matter."""
    index = [
        (name, event_codes(study, site, name))
        for name in recorded_for(study, study.cohort.index_event)
    ]
    index += [silence for name, codes in index for silence in _silences(name, codes)]
    first = [
        (list_name(name, domain, asked), domain)
        for name, codes in index
        for domain, asked in codes.coded().items()
    ]
    match(engine, first, kept=kept)
    rows = " UNION ALL ".join(
        f"SELECT person FROM ({made.rows(name, codes)})" for name, codes in index
    )
    engine.table("candidate", f"SELECT DISTINCT person FROM ({rows})")
    match(engine, [pair for pair in made.numbers if pair not in first], "candidate", kept)
    engine.by("matched", "use")


def _found(
    engine: Engine,
    study: Study,
    site: WarehouseSite,
    latest: dt.date,
    raw: RawRecords,
    visits: frozenset[tuple[str, str]],
) -> tuple[list[Note], list[Problem]]:
    """What is odd about the records of each list, and the lists without any."""
    notes: list[Note] = []
    empty: list[Problem] = []
    for pair, used in usage(engine, pairs(study, site), latest).items():
        notes += oddities(used, latest, in_visit=pair in visits)
        if used.records == used.strangers and _is_missed(engine, pair):
            empty.append(nothing_found(engine, used, raw))
            text = f"No {used.domain} of this code list is in the records."
            notes.append(Note(kind="limit", about=used.list, text=text))
    return notes, empty


def _is_missed(engine: Engine, pair: tuple[str, str]) -> bool:
    """Whether no person of the records has what a list means. Records without any death are not
    records without a death of these persons."""
    if occurs(engine, pair):
        return False
    return pair != (ANY_CAUSE, "death") or occurs(engine, pair, of_anybody=True)
