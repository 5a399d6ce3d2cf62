"""Event records opened: from a warehouse, an export or a dataset to the canonical tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

from casewise.engine import Engine
from casewise.errors import Problem
from casewise.protocol.code_lists import ANY_CAUSE, event_codes, list_name, used_lists, uses
from casewise.protocol.model import Study
from casewise.protocol.resolve import covariate_type, recorded_for
from casewise.protocol.warehouse import CovariateCodes, EventCodes, WarehouseSite
from casewise.records.binding import (
    Branches,
    bind,
    spellings,
    units,
    units_found,
    valued_events,
)
from casewise.records.canonical import Records
from casewise.records.codes import resolve
from casewise.records.matching import COPY, Kept, Usage, match, occurs, oddities, prepare, usage
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
    kept = _kept(study, site, raw, everything=sources)
    numbers = prepare(engine, pairs(study, site), kept)
    made = Branches(latest, numbers, raw.rows)
    index = _match(engine, study, site, made, kept)
    used = usage(engine, numbers, latest, among=[numbers[pair] for pair in index])
    found, empty = _found(engine, used, raw, frozenset(_of_visits(study, site)), latest)
    counted = units_found(engine)
    made.spellings = spellings(counted)
    bind(engine, study, site, made)
    in_units, mixed = units(counted, study, site, numbers)
    accepted = "codes without records" in site.accept
    return Records(
        engine,
        raw.read,
        notes=(*notes, *found, *in_units),
        errors=(*mixed, *(() if accepted else empty)),
        warnings=tuple(empty) if accepted else (),
        certain=frozenset(_certain(study, site, used)),
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


def _certain(
    study: Study, site: WarehouseSite, used: dict[tuple[str, str], Usage]
) -> Iterator[str]:
    """The events that have dated records alone, none that says that nobody knows."""
    for name, event in study.events.items():
        codes = event_codes(study, site, name) if event.recorded else None
        if codes is None or codes.visit or codes.visit_end or codes.silences():
            continue
        lists = [
            (list_name(name, domain, asked), domain) for domain, asked in codes.coded().items()
        ]
        if not any(used[one].undated for one in lists):
            yield name


def _of_visits(study: Study, site: WarehouseSite) -> Iterator[tuple[str, str]]:
    """The code lists that say which visits are meant: those that such a record was made in."""
    for about, codes in parts(study, site):
        if codes.visit or codes.visit_end:
            for domain, asked in codes.coded().items():
                yield list_name(about, domain, asked), domain


def _kept(study: Study, site: WarehouseSite, raw: RawRecords, *, everything: bool) -> Kept:
    """What this protocol asks of the records, or ``everything`` that somebody may want to see."""
    valued, texts = bool(valued_events(study, site)), False
    for name, codes in site.baseline.items():
        measured = codes.measurement is not None or codes.observation is not None
        number = covariate_type(study, name) == "number"
        valued, texts = valued or (measured and number), texts or (measured and not number)
    for _, part in parts(study, site):
        valued = valued or part.value is not None or bool(part.unit)
        texts = texts or (part.value is not None and not part.value.numeric)
    return Kept(
        values=everything or valued,
        texts=everything or texts,
        sources=everything or bool(_lines(study, site)),
        visits=frozenset(_of_visits(study, site)),
        coded_once=raw.coded_once,
    )


def _match(
    engine: Engine, study: Study, site: WarehouseSite, made: Branches, kept: Kept
) -> list[tuple[str, str]]:
    """The records of everybody with the index event, of whom alone any can matter. Answers the
    lists that say who these are, where lists do."""
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
    rows = " UNION ALL ".join(made.persons(name, codes) for name, codes in index)
    engine.table("candidate", f"SELECT DISTINCT person FROM ({rows})")
    match(engine, [pair for pair in made.numbers if pair not in first], "candidate", kept)
    engine.by(COPY, "use")
    return first if all(codes.coded() for _, codes in index) else []


def _found(
    engine: Engine,
    found: dict[tuple[str, str], Usage],
    raw: RawRecords,
    visits: frozenset[tuple[str, str]],
    latest: dt.date,
) -> tuple[list[Note], list[Problem]]:
    """What is odd about the records of each list, and the lists without any."""
    notes: list[Note] = []
    empty: list[Problem] = []
    for pair, used in found.items():
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
