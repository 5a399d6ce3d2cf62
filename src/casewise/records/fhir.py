"""FHIR R4 records: bulk export NDJSON and Bundles, into the raw views.

Each kind of resource is read once, by SQL over its JSON, into a narrow ``raw_event``: that copy
pays, since JSON would be parsed again at every question. Documents stay where they are: ``note``
is a view that reads them when asked.

One concept with several codings becomes several rows with one ``source`` (``Condition/4711``), so
that any of them finds it; what counts happenings counts sources.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from casewise.engine.duckdb import DuckDB
from casewise.errors import Problem, RecordsError
from casewise.records import fhir_notes
from casewise.records.fhir_dates import unreadable_dates
from casewise.records.fhir_files import Export, read_export
from casewise.records.fhir_kinds import (
    KINDS,
    SUPPORTING,
    VISIT_KINDS,
    VISIT_TYPES,
    VISITS_REFUSED,
    Kind,
)
from casewise.records.fhir_sql import (
    extraction,
    keys_of,
    medications,
    own_id,
    prepare,
    reference,
)
from casewise.records.fhir_versions import check_versions
from casewise.records.raw import RawRecords
from casewise.records.sql_text import quoted
from casewise.results import Note


def open_fhir(engine: DuckDB, path: Path, latest: dt.date = dt.date.max) -> RawRecords:
    """Make the raw views of a FHIR export: a folder of NDJSON or Bundle files, or one file. Nobody
    was watched after ``latest``, whatever is dated later.

    Raises ``RecordsError`` with the file and line of everything that is not FHIR, of resources
    that share an id and are not versions of one another, and of each date that cannot be read.
    """
    export = read_export(engine, path, path.resolve().name)
    check_versions(export, [*(kind.name for kind in KINDS), *SUPPORTING])
    prepare(engine)
    notes = fhir_notes.of_files(export, path.resolve().name)
    problems = _people(engine, export)
    problems += _visits(engine, export, notes)
    engine.execute(_EVENTS)
    engine.execute(f"CREATE OR REPLACE TEMP TABLE fhir_medication AS {medications(export)}")
    for kind in KINDS:
        if export.count(kind.name):
            engine.execute(_extracted(export, kind))
            problems += unreadable_dates(engine, export, kind.name)
            notes += fhir_notes.of_kind(engine, kind)
            engine.execute(_coded(kind))
    if problems:
        raise RecordsError(problems)
    _deaths(engine)
    notes += fhir_notes.of_events(engine)
    _observation(engine, f"DATE '{latest}'")
    engine.execute(_documents(export))
    notes += fhir_notes.of_documents(engine, export)
    for table in ("fhir_record", "fhir_medication", "fhir_patient_key", "fhir_encounter_key"):
        engine.execute(f"DROP TABLE IF EXISTS {table}")
    return RawRecords(export.sources, tuple(notes), names=_names(engine))


_EVENTS = """CREATE OR REPLACE TABLE fhir_event (person VARCHAR, domain VARCHAR, concept BIGINT,
    source_concept BIGINT, vocabulary VARCHAR, code VARCHAR, start DATE, "end" DATE, value DOUBLE,
    unit VARCHAR, text VARCHAR, visit VARCHAR, source VARCHAR, recorded DATE, system VARCHAR,
    display VARCHAR)"""


def _people(engine: DuckDB, export: Export) -> list[Problem]:
    """Patients, and every way to name one."""
    engine.execute(f"""CREATE OR REPLACE TEMP TABLE fhir_patient AS
        SELECT {own_id("json", "url")} AS id, file, json->>'$.birthDate' AS birth,
            json->>'$.gender' AS gender, json->>'$.deceasedDateTime' AS died,
            coalesce(json->>'$.deceasedBoolean' = 'true', FALSE) AS dead,
            json_array_length(json, '$.link') > 0
                AND list_contains(json_extract_string(json, '$.link[*].type'), 'replaced-by')
                AS replaced
        FROM {export.of("Patient")}""")
    engine.execute("""CREATE OR REPLACE TABLE person AS SELECT id AS person,
        fhir_first_day(birth) AS birth, NULL::DOUBLE AS age,
        CASE WHEN gender IN ('female', 'male') THEN gender END AS sex FROM fhir_patient""")
    engine.execute(f"""CREATE OR REPLACE TEMP TABLE fhir_patient_key AS
        {keys_of(export, "Patient")}""")
    engine.execute("""CREATE OR REPLACE TEMP TABLE fhir_record AS
        SELECT id, file, [birth, died] AS dates, NULL AS amount FROM fhir_patient""")
    return unreadable_dates(engine, export, "Patient")


def _visits(engine: DuckDB, export: Export, notes: list[Note]) -> list[Problem]:
    classes = _cases("coalesce(json->>'$.class.code', json->>'$.class[0].coding[0].code')")
    types = " ".join(
        f"WHEN list_contains(json_extract_string(json, '$.type[*].coding[*].code'), "
        f"{quoted(code)}) THEN {quoted(kind)}"
        for code, kind in VISIT_TYPES.items()
    )
    engine.execute(f"""CREATE OR REPLACE TEMP TABLE fhir_record AS
        SELECT {own_id("json", "url")} AS id, file, {reference("subject", "Patient")} AS patient,
            json->>'$.period.start' AS start, json->>'$.period.end' AS ending,
            [start, ending] AS dates, NULL AS amount, json->>'$.status' AS status,
            CASE {types} ELSE {classes} END AS kind
        FROM {export.of("Encounter")}""")
    problems = unreadable_dates(engine, export, "Encounter")
    refused = f"coalesce(status, '') IN ({', '.join(quoted(s) for s in VISITS_REFUSED)})"
    engine.execute(f"""CREATE OR REPLACE TABLE visit AS
        SELECT r.id, p.id AS person, fhir_first_day(start) AS start,
            CASE WHEN ending IS NOT NULL
                THEN greatest(fhir_last_day_of(ending), fhir_first_day(start)) END AS "end", kind
        FROM fhir_record AS r JOIN fhir_patient_key AS p ON r.patient = p.key
        WHERE NOT {refused} AND start IS NOT NULL""")
    notes += fhir_notes.of_visits(engine, refused)
    engine.execute(f"""CREATE OR REPLACE TEMP TABLE fhir_encounter_key AS
        {keys_of(export, "Encounter")}""")
    return problems


def _cases(code: str) -> str:
    cases = " ".join(f"WHEN {quoted(c)} THEN {quoted(k)}" for c, k in VISIT_KINDS.items())
    return f"CASE {code} {cases} ELSE 'other' END"


def _extracted(export: Export, kind: Kind) -> str:
    """A kind's resources with the patient and the visit that they point at."""
    return f"""CREATE OR REPLACE TEMP TABLE fhir_record AS
        SELECT r.* EXCLUDE (patient, encounter), p.id AS person,
            CASE WHEN starts_with(encounter, 'Encounter/') THEN encounter[11:] ELSE v.id END
                AS visit
        FROM ({extraction(export, kind)}) AS r
        LEFT JOIN fhir_patient_key AS p ON r.patient = p.key
        LEFT JOIN fhir_encounter_key AS v
            ON NOT starts_with(encounter, 'Encounter/') AND r.encounter = v.key"""


def _coded(kind: Kind) -> str:
    """Rows of ``fhir_event``, one a coding. What has no code stands by its words."""
    number = "CASE WHEN comparator IS NULL THEN fhir_number(amount) END"
    return f"""INSERT INTO fhir_event
        SELECT person, domain, NULL, NULL,
            CASE WHEN s.vocabulary = 'ICD9CM' AND domain = 'procedure' THEN 'ICD9Proc'
                ELSE s.vocabulary END,
            trim(coding.code), start, CASE WHEN "end" >= start THEN "end" END,
            value, unit, text, visit, source, recorded, coding.system,
            nullif(trim(coding.display), '')
        FROM (SELECT person, domain, fhir_first_day(start) AS start,
                coalesce(fhir_last_day_of(ending), CAST(fhir_first_day(start)
                    + to_days(CAST(CASE WHEN fhir_number(days) BETWEEN 1 AND 3660
                        THEN fhir_number(days) END AS INTEGER) - 1) AS DATE)) AS "end",
                {number} AS value, unit,
                CASE WHEN comparator IS NULL THEN words
                    ELSE concat_ws(' ', comparator || amount, unit) END AS text,
                visit, fhir_first_day(recorded) AS recorded,
                {quoted(kind.name + "/")} || id
                    || CASE WHEN number > 0 THEN '.component[' || (number - 1) || ']' ELSE '' END
                    AS source,
                unnest(CASE WHEN len(codings) > 0 THEN codings
                    ELSE [{{'system': NULL, 'code': phrase, 'display': NULL}}] END) AS coding
            FROM fhir_record WHERE person IS NOT NULL AND refused IS NULL)
        LEFT JOIN fhir_system AS s ON fhir_normal_system(coding.system) = s.system"""


def _deaths(engine: DuckDB) -> None:
    engine.execute("""INSERT INTO fhir_event BY NAME
        SELECT id AS person, 'death' AS domain, fhir_first_day(died) AS start,
            'Patient/' || id AS source FROM fhir_patient WHERE dead OR died IS NOT NULL""")
    engine.execute("""CREATE OR REPLACE VIEW raw_event AS
        SELECT * EXCLUDE (recorded, system, display) FROM fhir_event""")


def _names(engine: DuckDB) -> str:
    """What most of the codings of a code call it."""
    engine.execute("""CREATE OR REPLACE TABLE code_name AS
        SELECT vocabulary, code, display AS name FROM fhir_event WHERE display IS NOT NULL
        GROUP BY vocabulary, code, display QUALIFY row_number() OVER (PARTITION BY vocabulary, code
            ORDER BY count(*) DESC, display) = 1""")
    return "code_name"


def _observation(engine: DuckDB, latest: str) -> None:
    """From a patient's first record to the last, or to death. A condition counts from when it was
    written down: what a patient remembers of long ago is no observation."""
    engine.execute(f"""CREATE OR REPLACE TABLE observation AS
        SELECT person, least(first, coalesce(died, first)) AS start, coalesce(died, last) AS "end"
        FROM (SELECT person, min(day) AS first, max(day) AS last FROM (
                SELECT person, coalesce(recorded, start) AS day FROM fhir_event
                    WHERE domain <> 'death'
                UNION ALL SELECT person, start FROM visit
                UNION ALL SELECT person, "end" FROM visit)
            WHERE day <= {latest} GROUP BY person) AS seen
        JOIN (SELECT id AS person, CASE WHEN fhir_first_day(died) <= {latest}
            THEN fhir_first_day(died) END AS died FROM fhir_patient) USING (person)
        """)


def _documents(export: Export) -> str:
    """A view over the documents' texts. An attachment is base64; only text in UTF-8 is read."""
    mime = "coalesce(attachment->>'$.contentType', 'text/plain')"
    return f"""CREATE OR REPLACE VIEW note AS
        SELECT person, fhir_first_day(written) AS time, kind, text, source FROM (
            SELECT p.id AS person, written, kind, source, CASE WHEN starts_with(lower({mime}),
                'text/plain') THEN try(decode(from_base64(attachment->>'$.data'))) END AS text
            FROM (SELECT {reference("subject", "Patient")} AS patient,
                    coalesce(json->>'$.context.period.start', json->>'$.date') AS written,
                    coalesce(json->>'$.type.coding[0].display', json->>'$.type.text') AS kind,
                    'DocumentReference/' || {own_id("json", "url")} AS source,
                    unnest(json_extract(json, '$.content[*].attachment')) AS attachment
                FROM {export.of("DocumentReference")}
                WHERE coalesce(json->>'$.status', '') <> 'entered-in-error'
                    AND coalesce(json->>'$.docStatus', '') <> 'entered-in-error') AS d
            JOIN ({keys_of(export, "Patient")}) AS p ON d.patient = p.key)
        WHERE text IS NOT NULL"""
