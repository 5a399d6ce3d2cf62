"""What the codes of a MEDS dataset say: vocabulary and code, birth, death, sex, visits."""

from __future__ import annotations

from pathlib import Path

import duckdb

from casewise.engine.duckdb import DuckDB
from casewise.errors import Problem, RecordsError
from casewise.protocol.codes import VOCABULARIES
from casewise.records.sql_text import quoted, rows_of
from casewise.results import Note

BIRTH, DEATH = "MEDS_BIRTH", "MEDS_DEATH"

# A dataset says no domain; a vocabulary of one kind of thing does. SNOMED CT has all kinds.
DOMAINS = {
    "ICD10CM": "condition",
    "ICD10": "condition",
    "ICD9CM": "condition",
    "ICD10PCS": "procedure",
    "ICD9Proc": "procedure",
    "CPT4": "procedure",
    "HCPCS": "procedure",
    "RxNorm": "drug",
    "NDC": "drug",
    "ATC": "drug",
    "CVX": "drug",
    "LOINC": "measurement",
}
# How the MIMIC-IV dataset writes ICD codes: DIAGNOSIS//ICD//10//M331.
_MIMIC = {
    "DIAGNOSIS//ICD//10//": "ICD10CM",
    "DIAGNOSIS//ICD//9//": "ICD9CM",
    "PROCEDURE//ICD//10//": "ICD10PCS",
    "PROCEDURE//ICD//9//": "ICD9Proc",
}
# Beginning of a code to the kind of visit that it opens, or (True) closes.
VISITS = {
    "HOSPITAL_ADMISSION": ("inpatient", False),
    "HOSPITAL_DISCHARGE": ("inpatient", True),
    "ICU_ADMISSION": ("intensive care", False),
    "ICU_DISCHARGE": ("intensive care", True),
    "ED_REGISTRATION": ("emergency", False),
    "ED_OUT": ("emergency", True),
    "VISIT/IP": ("inpatient", False),
    "VISIT/ERIP": ("inpatient", False),
    "VISIT/ER": ("emergency", False),
    "VISIT/OP": ("outpatient", False),
}


def read_codes(engine: DuckDB, relation: str, metadata: Path) -> list[Note]:
    """Make ``meds_code``: ``said`` (a code as the dataset has it), ``vocabulary``, ``bare``,
    ``domain``; besides itself, a code is each of its parents in another vocabulary.

    A parent in the same vocabulary is wider than the code, and finds it by a wildcard alone.
    """
    own = f"""SELECT said, said AS named FROM (SELECT DISTINCT code AS said FROM {relation})
        WHERE said IS NOT NULL AND said <> {quoted(BIRTH)}"""
    engine.execute(f"CREATE OR REPLACE TEMP TABLE meds_said AS {own}")
    events = f"(FROM meds_said WHERE NOT {_is_sex('said', 'FEMALE|F|MALE|M')})"
    engine.execute(f"CREATE OR REPLACE TEMP TABLE meds_split AS {_split(events)}")
    parents, notes = _parents(engine, metadata)
    engine.execute(f"CREATE OR REPLACE TEMP TABLE meds_parent AS {_split(parents)}")
    engine.execute("""CREATE OR REPLACE TABLE meds_code AS
        SELECT said, s.vocabulary, s.bare, coalesce(s.domain, p.domain) AS domain
        FROM meds_split AS s
        LEFT JOIN (SELECT said, min(domain) AS domain FROM meds_parent GROUP BY said) AS p
            USING (said)
        UNION SELECT p.said, p.vocabulary, p.bare, coalesce(s.domain, p.domain)
        FROM meds_parent AS p JOIN meds_split AS s USING (said)
        WHERE p.vocabulary IS DISTINCT FROM s.vocabulary AND p.vocabulary IS NOT NULL""")
    return notes


def code_names(engine: DuckDB, metadata: Path) -> str:
    """Make ``code_name`` of what the dataset says of its codes; empty where it says nothing."""
    described = _described(engine, metadata)
    if described.get("code") != "VARCHAR" or described.get("description") != "VARCHAR":
        return ""
    engine.execute(f"""CREATE OR REPLACE TABLE code_name AS
        SELECT vocabulary, bare AS code, min(trim(description)) AS name
        FROM read_parquet({quoted(str(metadata))}) AS d JOIN meds_split AS s ON s.said = d.code
        WHERE trim(description) <> '' GROUP BY ALL""")
    return "code_name"


def _described(engine: DuckDB, metadata: Path) -> dict[str, str]:
    """The columns of what the dataset says of its codes, with their types."""
    if not metadata.is_file():
        return {}
    asked = f"DESCRIBE SELECT * FROM read_parquet({quoted(str(metadata))})"
    try:
        return {row["column_name"]: row["column_type"] for row in rows_of(engine, asked)}
    except duckdb.Error:
        problem = Problem("not a Parquet file that can be read", "metadata/codes.parquet")
        raise RecordsError(problem) from None


def _parents(engine: DuckDB, metadata: Path) -> tuple[str, list[Note]]:
    none = "(SELECT NULL::VARCHAR AS said, NULL::VARCHAR AS named WHERE FALSE)"
    text = "Nothing says which codes of other vocabularies the dataset's codes are"
    absent = Note(kind="records", about="MEDS dataset", text=f"{text} (metadata/codes.parquet).")
    described = _described(engine, metadata)
    file = f"read_parquet({quoted(str(metadata))})"
    if described.get("code") != "VARCHAR" or described.get("parent_codes") != "VARCHAR[]":
        return none, [absent]
    return f"(SELECT code AS said, unnest(parent_codes) AS named FROM {file})", []


def _split(relation: str) -> str:
    """SQL for ``VOCABULARY//code`` or ``VOCABULARY/code`` taken apart where the first part is a
    vocabulary; any other code is whole, and of no vocabulary that is known."""
    known = {key.upper(): name for key, (name, _) in VOCABULARIES.items()}
    known |= {name.upper(): name for name, _ in VOCABULARIES.values()} | {"CPT": "CPT4"}
    head = r"upper(regexp_extract(named, '^([^/]+)//?.', 1))"
    mimic = " ".join(
        f"WHEN starts_with(upper(named), {quoted(begin)}) THEN {quoted(vocabulary)}"
        for begin, vocabulary in _MIMIC.items()
    )
    cases = " ".join(f"WHEN {quoted(k)} THEN {quoted(v)}" for k, v in sorted(known.items()))
    domains = " ".join(f"WHEN {quoted(v)} THEN {quoted(d)}" for v, d in DOMAINS.items())
    return f"""SELECT said, vocabulary,
            CASE WHEN starts_with(upper(named), 'DIAGNOSIS//') AND vocabulary IS NOT NULL
                    OR starts_with(upper(named), 'PROCEDURE//') AND vocabulary IS NOT NULL
                THEN regexp_extract(named, '//ICD//[0-9]+//(.*)$', 1, 'i')
                WHEN vocabulary IS NOT NULL THEN regexp_extract(named, '^[^/]+//?(.*)$', 1)
                ELSE named END AS bare,
            CASE WHEN named = {quoted(DEATH)} THEN 'death'
                ELSE CASE vocabulary {domains} END END AS domain
        FROM (SELECT said, named, CASE {mimic} ELSE CASE {head} {cases} END END AS vocabulary
            FROM {relation}) AS split"""


def _is_sex(column: str, word: str) -> str:
    return rf"regexp_full_match(upper({column}), '(GENDER|SEX)//?({word})')"


def sexes(engine: DuckDB) -> tuple[list[str], list[str]]:
    """The codes of the dataset that say female, and those that say male."""
    female, male = (
        [row["said"] for row in rows_of(engine, f"FROM meds_said WHERE {_is_sex('said', word)}")]
        for word in ("FEMALE|F", "MALE|M")
    )
    return female, male


def visit_codes() -> str:
    """SQL that makes ``meds_visit``: the codes of the dataset that open or close a visit."""
    plain = "regexp_replace(upper(said), '^(VISIT)(_TYPE)?//?', 'VISIT/')"
    cases = " UNION ALL ".join(
        f"""SELECT said AS code, {quoted(kind)} AS kind, {leaves} AS leaves FROM meds_said
        WHERE {plain} = {quoted(begin)} OR starts_with({plain}, {quoted(begin + "//")})"""
        for begin, (kind, leaves) in VISITS.items()
    )
    return f"CREATE OR REPLACE TEMP TABLE meds_visit AS {cases}"
