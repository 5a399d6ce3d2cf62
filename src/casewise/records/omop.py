"""OMOP CDM 5.3 and 5.4: the raw views of a study, from the tables that the study needs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from casewise.errors import Problem, RecordsError
from casewise.records.omop_tables import VOCABULARY, Tables
from casewise.records.omop_values import settle_ids, typed
from casewise.records.raw import EVERY, LINE, RAW_EVENT, VISIT, RawRecords
from casewise.records.sql_text import quoted, rows_of
from casewise.results import Note

_OPTIONAL = ("invalid_reason", "domain_id", "min_levels_of_separation")


@dataclass(frozen=True)
class Domain:
    """A table of events: the stem of its columns, and those that do not follow the pattern."""

    table: str
    stem: str
    start: str
    end: str = ""
    value: bool = False
    text: tuple[str, ...] = ()


DOMAINS = {
    "condition": Domain(
        "condition_occurrence", "condition", "condition_start_date", "condition_end_date"
    ),
    "drug": Domain("drug_exposure", "drug", "drug_exposure_start_date", "drug_exposure_end_date"),
    "procedure": Domain(
        "procedure_occurrence", "procedure", "procedure_date", "procedure_end_date"
    ),
    "measurement": Domain(
        "measurement", "measurement", "measurement_date", "", True, ("value_source_value",)
    ),
    "observation": Domain(
        *("observation", "observation", "observation_date", "", True),
        ("value_as_string", "value_source_value"),
    ),
    "device": Domain(
        "device_exposure", "device", "device_exposure_start_date", "device_exposure_end_date"
    ),
}

# The standard concepts of the Visit vocabulary; 262 is an emergency visit that became inpatient.
VISIT_KINDS = {
    9201: "inpatient",
    262: "inpatient",
    9203: "emergency",
    9202: "outpatient",
    32037: "intensive care",
    581476: "home",
}


def open_omop(tables: Tables, domains: Collection[str], latest: dt.date) -> RawRecords:
    """Make the raw views of the CDM, of the ``domains`` that a study asks for (``visit`` and
    ``death`` among them). The source is only read.

    Raises ``RecordsError`` where the CDM has no persons, lacks a table that is needed, or a column
    or its values are not the CDM's.
    """
    every = EVERY in domains
    read = [one.table for name, one in DOMAINS.items() if every or name in domains]
    read += ["visit_occurrence"] if "visit" in domains else []
    read += ["death"] if "death" in domains else []
    read += ["episode", "episode_event"] if LINE in domains else []
    settle_ids(tables, ("person", "observation_period", *read))
    person, notes = tables.once(_people)
    tables.view("person", person, everybody=True)
    watched, said = tables.once(_watched, latest, "death" in domains)
    tables.view("observation", watched, everybody=True)
    notes = [*notes, *said]
    there = {name: tables.once(_vocabulary, name) for name in VOCABULARY if tables.get(name)}
    concepts = frozenset(name for name, select in there.items() if select)
    for name, select in there.items():
        if select:
            tables.view(name, select)
    visit = _no_rows(tables, VISIT)
    if "visit" in domains:
        visit, said = tables.once(_visits, concepts, latest)
        notes += said
    tables.view("visit", visit)
    coded = [n for n in DOMAINS if n in domains or (every and tables.get(DOMAINS[n].table))]
    views = [tables.once(_domain, name, concepts) for name in coded]
    if "death" in domains:
        death, said = tables.once(_deaths)
        views.append(death)
        notes += said
    if LINE in domains:
        tables.view("therapy_line", tables.once(_therapy_lines))
    if tables.moments:
        text = f"Moments with a time zone were taken to be on the day that it was in {tables.zone}."
        notes.append(Note(kind="assumption", about="dates", text=text))
    everything = " UNION ALL ".join(views) or _no_rows(tables, RAW_EVENT)
    tables.view("raw_event", everything)
    rows = {name: f"{domain.table} " for name, domain in DOMAINS.items()}
    rows["death"] = "death of person "
    return RawRecords(tables.sources, tuple(notes), concepts, rows)


def _people(tables: Tables) -> tuple[str, list[Note]]:
    """Birth and sex. A birthday that is not known is set in the middle of what is."""
    table = tables.need("person", "which every OMOP CDM has")
    numbers = ("year_of_birth", "month_of_birth", "day_of_birth", "gender_concept_id")
    wanted = {"person_id": "", **dict.fromkeys(numbers, "BIGINT"), "birth_datetime": "DATE"}
    relation = typed(tables, table, wanted, ("person_id", "year_of_birth", "gender_concept_id"))
    row = rows_of(
        tables.engine,
        f"SELECT COUNT(*) AS n, COUNT(person_id) AS named, COUNT(DISTINCT person_id) AS ids, "
        f"COUNT(*) FILTER (gender_concept_id NOT IN (8507, 8532) OR gender_concept_id IS NULL) "
        f"AS no_sex, COUNT(*) FILTER (birth_datetime IS NULL AND "
        f"(month_of_birth IS NULL OR day_of_birth IS NULL)) AS no_day FROM {relation}",
    )[0]
    if row["n"] != row["named"]:
        message = f"{many(row['n'] - row['named'], 'row has', 'rows have')} no person_id"
        raise RecordsError(Problem(message, f"{tables.name}, table person"))
    if row["n"] != row["ids"]:
        message = f"{row['n']} rows, but {row['ids']} different persons"
        hint = "in a CDM each person has one row of this table"
        raise RecordsError(Problem(message, f"{tables.name}, table person", hint=hint))
    if not row["n"]:
        raise RecordsError(Problem("nobody is in it", f"{tables.name}, table person"))
    born = _date(
        "year_of_birth",
        "COALESCE(month_of_birth, 7)",
        "COALESCE(day_of_birth, CASE WHEN month_of_birth IS NULL THEN 1 ELSE 15 END)",
    )
    doubtful = "month_of_birth IS NULL OR day_of_birth IS NULL"
    view = (
        f"SELECT person_id AS person, "
        f"COALESCE(CASE WHEN {doubtful} THEN birth_datetime END, {born}) AS birth, "
        f"CAST(NULL AS DOUBLE) AS age, CASE gender_concept_id WHEN 8507 THEN 'male' "
        f"WHEN 8532 THEN 'female' END AS sex FROM {relation}"
    )
    notes = []
    if row["no_day"]:
        text = f"{many(row['no_day'], 'patient has', 'patients have')} no whole date of birth; it "
        text += "was taken to be the 15th of the month, or 1 July of the year."
        notes.append(Note(kind="assumption", about="age", text=text))
    if row["no_sex"]:
        text = f"The sex of {many(row['no_sex'], 'patient')} is neither female nor male in the "
        notes.append(Note(kind="records", about="sex", text=text + "records: not documented."))
    return view, notes


def _date(year: str, month: str, day: str) -> str:
    """The date, null where there is no such day: each engine says that in its own way."""
    leap = f"{year} % 4 = 0 AND ({year} % 100 <> 0 OR {year} % 400 = 0)"
    last = f"CASE WHEN {month} IN (4, 6, 9, 11) THEN 30 WHEN {month} <> 2 THEN 31 "
    last += f"WHEN {leap} THEN 29 ELSE 28 END"
    parts = ", ".join(f"CAST({part} AS INTEGER)" for part in (year, month, day))
    return (
        f"CASE WHEN {year} BETWEEN 1 AND 9999 AND {month} BETWEEN 1 AND 12 "
        f"AND {day} BETWEEN 1 AND {last} THEN MAKE_DATE({parts}) END"
    )


_DEATH = ("death", "which the study's deaths need")
_DIED = {"person_id": "", "death_date": "DATE"}


def _watched(tables: Tables, latest: dt.date, to_death: bool) -> tuple[str, list[Note]]:
    """Observation periods, none beyond ``latest`` or a death; those with no day between them are
    one."""
    table = tables.get("observation_period")
    if table is None:
        text = "There is no table observation_period: nobody's follow-up is known."
        none = _no_rows(tables, ("person", "start", "end"))
        return none, [Note(kind="limit", about="follow-up", text=text)]
    start, end = "observation_period_start_date", "observation_period_end_date"
    wanted = {"person_id": "", start: "DATE", end: "DATE"}
    relation = typed(tables, table, wanted, tuple(wanted))
    last = f"DATE '{latest}'"
    until, died = last, ""
    if to_death:
        dead = typed(tables, tables.need(*_DEATH), _DIED, tuple(_DIED))
        first = f"SELECT person_id AS who, MIN(death_date) AS died FROM {dead} GROUP BY person_id"
        until = f"LEAST({last}, COALESCE(died, {last}))"
        died = f"LEFT JOIN ({first}) AS d ON d.who = o.person_id "
    periods = (
        f"SELECT o.person_id AS person, {start} AS start, "
        f'LEAST(COALESCE({end}, {last}), {until}) AS "end" '
        f"FROM (SELECT * FROM {relation}) AS o {died}"
        f"WHERE ({end} IS NULL OR {start} <= {end}) AND {start} <= {until}"
    )
    row = rows_of(
        tables.engine,
        f"SELECT COUNT(*) FILTER ({start} > {end}) AS backwards, COUNT(*) FILTER ({end} > {last}) "
        f"AS later, COUNT(*) FILTER ({end} IS NULL) AS open, (SELECT COUNT(*) FROM person AS p "
        f"WHERE NOT EXISTS (SELECT 1 FROM ({periods}) AS o WHERE o.person = p.person)) AS without, "
        f"(SELECT COUNT(*) - COUNT(DISTINCT person) FROM ({periods}) AS o) AS more "
        f"FROM {relation}",
    )[0]
    said = {
        "backwards": "{} an end before its start: left out.",
        "later": f"{{}} an end after {latest}: cut there.",
        "open": f"{{}} no end: taken to last until {latest}.",
    }
    notes = [
        Note(
            kind="records",
            about="follow-up",
            text=text.format(many(row[key], "observation period has", "observation periods have")),
        )
        for key, text in said.items()
        if row[key]
    ]
    if row["without"]:
        text = f"{many(row['without'], 'patient has', 'patients have')} no observation period."
        notes.append(Note(kind="records", about="follow-up", text=text))
    return _without_a_break(periods) if row["more"] else periods, notes


def _without_a_break(periods: str) -> str:
    """Periods with no day between them made one."""
    order = 'OVER (PARTITION BY person ORDER BY start, "end"'
    earlier = "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
    reached = f'SELECT *, MAX("end") {order} {earlier}) AS reach FROM ({periods}) AS p'
    goes_on = "start <= reach + CAST(1 AS INTEGER)"
    numbered = f"SELECT *, SUM(CASE WHEN {goes_on} THEN 0 ELSE 1 END) {order}) AS stretch "
    return (
        f'SELECT person, MIN(start) AS start, MAX("end") AS "end" '
        f"FROM ({numbered} FROM ({reached}) AS r) AS s GROUP BY person, stretch"
    )


def _visits(tables: Tables, concepts: Collection[str], latest: dt.date) -> tuple[str, list[Note]]:
    """A visit with an end before its start has ended: it is taken for one of a day."""
    table = tables.need("visit_occurrence", "which the study's visits need")
    ids = ("visit_occurrence_id", "person_id")
    dates = ("visit_start_date", "visit_end_date")
    wanted = dict.fromkeys(ids, "") | dict.fromkeys(dates, "DATE") | {"visit_concept_id": "BIGINT"}
    relation = typed(tables, table, wanted, (*ids, dates[0], "visit_concept_id"))
    kinds = dict(VISIT_KINDS)
    if "concept_ancestor" in concepts:
        listed = ", ".join(map(str, VISIT_KINDS))
        rows = rows_of(
            tables.engine,
            f"SELECT descendant_concept_id AS kind, ARG_MIN(ancestor_concept_id, "
            f"(min_levels_of_separation, ancestor_concept_id)) AS above FROM concept_ancestor "
            f"WHERE ancestor_concept_id IN ({listed}) GROUP BY 1 ORDER BY 1",
        )
        kinds = {row["kind"]: VISIT_KINDS[row["above"]] for row in rows} | kinds
    cases = " ".join(f"WHEN {concept} THEN {quoted(kind)}" for concept, kind in kinds.items())
    start, end = dates
    select = (
        f"SELECT visit_occurrence_id AS id, person_id AS person, {start} AS start, "
        f'CASE WHEN {end} < {start} THEN {start} ELSE {end} END AS "end", '
        f"CASE visit_concept_id {cases} ELSE 'other' END AS kind FROM {relation}"
    )
    return select, _odd_visits(tables, relation, latest)


def _odd_visits(tables: Tables, relation: str, latest: dt.date) -> list[Note]:
    """Visits that cannot be as they are recorded. One without an end goes on, unless the patient
    has a later one."""
    start, end, day = "visit_start_date", "visit_end_date", f"DATE '{latest}'"
    row = rows_of(
        tables.engine,
        f"SELECT COUNT(*) AS n, COUNT(*) FILTER ({start} > {day}) AS later, COUNT(*) FILTER "
        f"({end} < {start}) AS backwards, COUNT(*) FILTER ({end} IS NULL) AS open FROM {relation}",
    )[0]
    if row["open"]:
        row |= rows_of(
            tables.engine,
            f"SELECT COUNT(*) AS open FROM (SELECT * FROM {relation}) AS o WHERE {end} IS NULL "
            f"AND EXISTS (SELECT 1 FROM (SELECT * FROM {relation}) AS l WHERE l.person_id = "
            f"o.person_id AND l.{start} > o.{start} AND l.{start} <= {day})",
        )[0]
    said = {
        "later": f"dated after {latest}, left out",
        "backwards": "with an end before the start, taken to last one day",
        "open": "without an end though the patient has a later one, taken to last on",
    }
    parts = [f"{row[key]:,} {text}" for key, text in said.items() if row[key]]
    text = f"Of {many(row['n'], 'visit')}: {'; '.join(parts)}."
    return [Note(kind="records", about="visits", text=text)] if parts else []


def _domain(tables: Tables, name: str, concepts: Collection[str]) -> str:
    domain = DOMAINS[name]
    table = tables.need(domain.table, f"which the study's events of the kind {name} need")
    concept, source = f"{domain.stem}_concept_id", f"{domain.stem}_source_concept_id"
    row_id, code = f"{domain.table}_id", f"{domain.stem}_source_value"
    wanted = {"person_id": "", concept: "BIGINT", domain.start: "DATE", source: "BIGINT"}
    wanted |= {code: "VARCHAR", "visit_occurrence_id": "", row_id: ""}
    wanted |= {domain.end: "DATE"} if domain.end else {}
    if domain.value:
        wanted |= {"value_as_number": "DOUBLE", "unit_source_value": "VARCHAR"}
        wanted |= {"value_as_concept_id": "BIGINT", "unit_concept_id": "BIGINT"}
        wanted |= dict.fromkeys(domain.text, "VARCHAR")
    if name == "drug":
        wanted |= {"days_supply": "BIGINT", "quantity": "DOUBLE"}
        wanted |= {"dose_unit_source_value": "VARCHAR"}
    relation = typed(tables, table, wanted, ("person_id", row_id, concept, domain.start))
    columns = {
        "person": "person_id",
        "domain": quoted(name),
        "concept": concept,
        "source_concept": source,
        "vocabulary": "CAST(NULL AS VARCHAR)",
        "code": code,
        "start": domain.start,
        "end": domain.end or "CAST(NULL AS DATE)",
        "value": "CAST(NULL AS DOUBLE)",
        "unit": "CAST(NULL AS VARCHAR)",
        "text": "CAST(NULL AS VARCHAR)",
        "visit": "visit_occurrence_id",
        "source": row_id,
    }
    if domain.value:
        columns["value"] = "value_as_number"
        columns["unit"] = _named(tables, relation, "unit", "concept_code", concepts)
        named = _named(tables, relation, "value_as", "concept_name", concepts)
        columns["text"] = f"COALESCE({', '.join((*domain.text[:1], named, *domain.text[1:]))})"
    if name == "drug":
        columns["end"] = _SUPPLIED
        columns |= {"value": "quantity", "unit": "dose_unit_source_value"}
    selected = ", ".join(f'{sql} AS "{column}"' for column, sql in columns.items())
    return f"SELECT {selected} FROM {relation}"


# A drug without a recorded end lasts as long as what was supplied.
_SUPPLIED = (
    "COALESCE(drug_exposure_end_date, CASE WHEN days_supply > 0 "
    "THEN drug_exposure_start_date + CAST(days_supply - 1 AS INTEGER) END)"
)


def _named(tables: Tables, relation: str, stem: str, naming: str, concepts: Collection[str]) -> str:
    """A unit or value in words: the source's, else what the vocabulary calls its concept. The few
    concepts that occur are written out, which spares a join with the whole vocabulary."""
    own = f"{stem}_source_value" if stem == "unit" else "CAST(NULL AS VARCHAR)"
    column = f"{stem}_concept_id"
    if "concept" not in concepts:
        return own
    rows = rows_of(
        tables.engine,
        f"SELECT concept_id, {naming} AS name FROM concept WHERE concept_id IN "
        f"(SELECT DISTINCT {column} FROM {relation} WHERE {column} <> 0) "
        f"AND {naming} IS NOT NULL",
    )
    cases = " ".join(f"WHEN {row['concept_id']} THEN {quoted(row['name'])}" for row in rows)
    return f"COALESCE({own}, CASE {column} {cases} END)" if cases else own


def _deaths(tables: Tables) -> tuple[str, list[Note]]:
    """One death a patient, the earliest recorded."""
    table = tables.need(*_DEATH)
    wanted = _DIED | {"cause_concept_id": "BIGINT"}
    wanted |= {"cause_source_concept_id": "BIGINT", "cause_source_value": "VARCHAR"}
    relation = typed(tables, table, wanted, tuple(_DIED))
    row = rows_of(
        tables.engine,
        f"SELECT COUNT(*) AS patients, COUNT(*) FILTER (n > 1) AS doubled, "
        f"COUNT(*) FILTER (first < last) AS differ FROM (SELECT COUNT(*) AS n, "
        f"MIN(death_date) AS first, MAX(death_date) AS last FROM {relation} GROUP BY person_id)",
    )[0]
    notes = []
    if not row["patients"]:
        text = "The table of deaths is empty: nobody is known to have died."
        notes.append(Note(kind="limit", about="death", text=text))
    if row["doubled"]:
        text = f"{many(row['doubled'], 'patient has', 'patients have')} more than one record of "
        text += f"death, {row['differ']} of them with different dates; the earliest was taken."
        notes.append(Note(kind="records", about="death", text=text))
    columns = {
        "person": "person_id",
        "domain": "'death'",
        "concept": "cause_concept_id",
        "source_concept": "cause_source_concept_id",
        "vocabulary": "CAST(NULL AS VARCHAR)",
        "code": "cause_source_value",
        "start": "death_date",
        "end": "CAST(NULL AS DATE)",
        "value": "CAST(NULL AS DOUBLE)",
        "unit": "CAST(NULL AS VARCHAR)",
        "text": "CAST(NULL AS VARCHAR)",
        "visit": f"CAST(NULL AS {tables.id_type})",
        "source": "person_id",
    }
    selected = ", ".join(f'{sql} AS "{column}"' for column, sql in columns.items())
    # What is constant stands outside: a planner does not see through a window.
    view = (
        f"SELECT {selected} FROM (SELECT * FROM {relation} QUALIFY ROW_NUMBER() OVER (PARTITION BY "
        "person_id ORDER BY death_date, COALESCE(cause_concept_id, 0) = 0, cause_concept_id) = 1"
        ") AS earliest"
    )
    return view, notes


# Concepts of OMOP's vocabulary for its own fields, and for an episode that is a regimen.
_FIELDS = {1147094: "drug_exposure", 1147082: "procedure_occurrence"}
_REGIMEN = 32531


def _therapy_lines(tables: Tables) -> str:
    """The line of therapy of each drug and procedure that belongs to a regimen: the number of that
    episode. Of a record in regimens of different lines it is not known."""
    why = "which a line of therapy needs"
    episodes = typed(
        tables,
        tables.need("episode", why),
        {"episode_id": "", "episode_concept_id": "BIGINT", "episode_number": "BIGINT"},
        ("episode_id", "episode_concept_id", "episode_number"),
    )
    members = typed(
        tables,
        tables.need("episode_event", why),
        {"episode_id": "", "event_id": "", "episode_event_field_concept_id": "BIGINT"},
        ("episode_id", "event_id", "episode_event_field_concept_id"),
    )
    cases = " ".join(f"WHEN {field} THEN {quoted(name + ' ')}" for field, name in _FIELDS.items())
    listed = ", ".join(map(str, _FIELDS))
    return (
        f"SELECT CASE m.episode_event_field_concept_id {cases} END || m.event_id AS source, "
        f"CAST(MIN(e.episode_number) AS DOUBLE) AS line FROM (SELECT * FROM {members}) AS m "
        f"JOIN (SELECT * FROM {episodes}) AS e ON e.episode_id = m.episode_id "
        f"WHERE e.episode_concept_id = {_REGIMEN} AND e.episode_number IS NOT NULL "
        f"AND m.episode_event_field_concept_id IN ({listed}) "
        "GROUP BY m.episode_event_field_concept_id, m.event_id "
        "HAVING MIN(e.episode_number) = MAX(e.episode_number)"
    )


def _vocabulary(tables: Tables, name: str) -> str:
    """This vocabulary table, or nothing where there is nothing in it."""
    table = tables.need(name, "")
    wanted = VOCABULARY[name]
    relation = typed(tables, table, wanted, tuple(key for key in wanted if key not in _OPTIONAL))
    there = rows_of(tables.engine, f"SELECT 1 AS one FROM {relation} LIMIT 1")
    return f"SELECT * FROM {relation}" if there else ""


def _no_rows(tables: Tables, columns: Iterable[str]) -> str:
    types = {"start": "DATE", "end": "DATE", "value": "DOUBLE"}
    types |= dict.fromkeys(("concept", "source_concept"), "BIGINT")
    types |= dict.fromkeys(("id", "person", "visit"), tables.id_type)
    nulls = ", ".join(f'CAST(NULL AS {types.get(name, "VARCHAR")}) AS "{name}"' for name in columns)
    return f"SELECT {nulls} WHERE FALSE"


def many(number: int, one: str, several: str = "") -> str:
    """ "1 patient has", "1,204 patients have"."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"
