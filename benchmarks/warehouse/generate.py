"""Made-up records of any number of persons: benchmarks/warehouse/generate.py FOLDER --persons N.

Writes FOLDER/omop (one Parquet file a table) and, with --meds, FOLDER/meds. About 100 events a
person. Every value is a hash of the seed, the person and the event's number, so that the same seed
gives the same records whatever the number of processors.

Skew: the tenth with most events has half of them, and the most common tenth of codes makes nearly
half of all records. Built in: of 100 new users of drug A 10 bleed within a year, of B 20.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import duckdb

SEED = 20
# Of every 100 events; visits are 10.
DOMAINS = {"condition": 20, "drug": 20, "measurement": 40, "procedure": 10}
CONCEPTS = {"condition": 3000, "drug": 2000, "measurement": 500, "procedure": 1000}
BASE = {"condition": 1_000_000, "drug": 2_000_000, "measurement": 3_000_000, "procedure": 4_000_000}
BLEEDING, DRUG_A, DRUG_B = 1_900_000, 2_900_000, 2_900_010
RISKS = (0.10, 0.20)  # of bleeding within 365 days, on A and on B
PERSON_DAYS = "CAST(end_day - start_day AS INTEGER)"

SETUP = f"""
CREATE MACRO u(person, k, salt) AS (hash(person, k, salt, {SEED}) >> 11) / 9007199254740992.0;
CREATE TABLE people AS
  SELECT *, start_day + CAST(365 + floor(u(id, 0, 'length') * 3650) AS INTEGER) AS end_day
  FROM (SELECT id, DATE '2000-01-01' + CAST(floor(u(id, 0, 'start') * 3650) AS INTEGER)
      AS start_day,
    -- mean 1 and a long tail
    LEAST(ln(1 - u(id, 0, 'many')) ** 2 / 2, 30) AS share, u(id, 0, 'user') < 0.3 AS user,
    u(id, 0, 'arm') < 0.5 AS on_a, u(id, 0, 'dies') < 0.1 AS dies
  FROM (SELECT CAST(i + 1 AS BIGINT) AS id FROM range({{persons}}) AS r(i)));
CREATE TABLE users AS
  SELECT *, CAST(floor(ln(1 - u(id, 0, 'bleeds')) / ln(1 - CASE WHEN on_a THEN {RISKS[0]}
    ELSE {RISKS[1]} END) * 365) AS INTEGER) + 1 AS bleeds_after
  FROM (SELECT *, start_day + CAST(floor(u(id, 0, 'index') * {PERSON_DAYS}) AS INTEGER)
    AS index_day FROM people WHERE user);
"""

# k-th event of a kind; days are counted within the observation period.
EVENTS = """
SELECT id * 10000 + k AS row_id, id AS person_id,
  CAST({base} + floor({concepts} * u(id, k, '{domain} code') ** 3) AS INTEGER) AS concept,
  start_day + CAST(floor(u(id, k, '{domain} day') * CAST(end_day - start_day AS INTEGER))
    AS INTEGER) AS day, id * 10000 + k % GREATEST(CAST(10 * share AS BIGINT), 1) AS visit, k
FROM (SELECT *, UNNEST(range(CAST(round({each} * share) AS BIGINT))) AS k FROM people)
"""

TABLES = {
    "person": """SELECT id AS person_id,
        CASE WHEN u(id, 0, 'sex') < 0.5 THEN 8507 ELSE 8532 END AS gender_concept_id,
        CAST(1915 + floor(u(id, 0, 'born') * 75) AS INTEGER) AS year_of_birth,
        CAST(1 + floor(u(id, 1, 'born') * 12) AS INTEGER) AS month_of_birth,
        CAST(1 + floor(u(id, 2, 'born') * 28) AS INTEGER) AS day_of_birth FROM people""",
    "observation_period": """SELECT id AS observation_period_id, id AS person_id,
        start_day AS observation_period_start_date, end_day AS observation_period_end_date
        FROM people""",
    "death": "SELECT id AS person_id, end_day AS death_date FROM people WHERE dies",
    "visit_occurrence": """SELECT id * 10000 + k AS visit_occurrence_id, id AS person_id,
        CASE WHEN kind < 0.1 THEN 9201 WHEN kind < 0.2 THEN 9203 ELSE 9202 END AS visit_concept_id,
        day AS visit_start_date, day + CASE WHEN kind < 0.1 THEN CAST(floor(kind * 100) AS INTEGER)
        ELSE 0 END AS visit_end_date
        FROM (SELECT id, k, u(id, k, 'visit') AS kind, start_day + CAST(floor(u(id, k, 'visit day')
          * CAST(end_day - start_day AS INTEGER)) AS INTEGER) AS day
          FROM (SELECT *, UNNEST(range(CAST(round(10 * share) AS BIGINT))) AS k FROM people))""",
    "condition_occurrence": f"""SELECT row_id AS condition_occurrence_id, person_id,
        concept AS condition_concept_id, day AS condition_start_date,
        day + 7 AS condition_end_date, visit AS visit_occurrence_id FROM ({{events}})
        UNION ALL SELECT id * 10000 + 9999, id, {BLEEDING} + 1, index_day + bleeds_after, NULL, NULL
        FROM users WHERE index_day + bleeds_after <= end_day
        UNION ALL SELECT id * 10000 + 9998, id, {BLEEDING} + 2, start_day, NULL, NULL
        FROM people WHERE u(id, 0, 'bled') < 0.01""",
    "drug_exposure": f"""SELECT row_id AS drug_exposure_id, person_id,
        concept AS drug_concept_id, day AS drug_exposure_start_date,
        day + 30 AS drug_exposure_end_date, visit AS visit_occurrence_id FROM ({{events}})
        UNION ALL SELECT id * 10000 + 9000 + k, id, CASE WHEN on_a THEN {DRUG_A} ELSE {DRUG_B}
          END + 1 + k % 3, index_day + CAST(30 * k AS INTEGER),
          index_day + CAST(30 * k + 30 AS INTEGER), NULL
        FROM (SELECT *, UNNEST(range(6)) AS k FROM users)
        WHERE index_day + CAST(30 * k AS INTEGER) <= end_day""",
    "measurement": """SELECT row_id AS measurement_id, person_id,
        concept AS measurement_concept_id, day AS measurement_date,
        round(exp(1.5 + u(person_id, k, 'value') * 2), 1) AS value_as_number, 8840
        AS unit_concept_id, 'mg/dL' AS unit_source_value, visit AS visit_occurrence_id
        FROM ({events})""",
    "procedure_occurrence": """SELECT row_id AS procedure_occurrence_id, person_id,
        concept AS procedure_concept_id, day AS procedure_date, visit AS visit_occurrence_id
        FROM ({events})""",
}

# Ten concepts are one above and nine under it.
NUMBERS = " UNION ALL ".join(
    f"SELECT CAST({BASE[domain]} + i AS INTEGER) AS id, '{domain}' AS domain "
    f"FROM range({count}) AS r(i)"
    for domain, count in CONCEPTS.items()
) + "".join(
    f" UNION ALL SELECT CAST({first} + i AS INTEGER), '{domain}' FROM range(10) AS r(i)"
    for first, domain in ((BLEEDING, "condition"), (DRUG_A, "drug"), (DRUG_B, "drug"))
)
TABLES |= {
    "concept": f"""SELECT id AS concept_id, 'made-up ' || domain || ' ' || id AS concept_name,
        upper(domain[1]) || domain[2:] AS domain_id, 'Made up' AS vocabulary_id,
        'S' AS standard_concept, CAST(id AS VARCHAR) AS concept_code FROM ({NUMBERS})""",
    "concept_ancestor": f"""SELECT id AS ancestor_concept_id, id AS descendant_concept_id,
        0 AS min_levels_of_separation FROM ({NUMBERS})
        UNION ALL SELECT id - id % 10, id, 1 FROM ({NUMBERS}) WHERE id % 10 > 0""",
}

SHARD = 50_000  # subjects a file, which is sorted in memory
MEDS = """
SELECT * FROM (
  SELECT person_id AS subject_id, CAST(condition_start_date AS TIMESTAMP) AS time,
    'CONDITION//' || condition_concept_id AS code, CAST(NULL AS FLOAT) AS numeric_value,
    CAST(NULL AS VARCHAR) AS text_value FROM '{omop}/condition_occurrence.parquet'
  UNION ALL SELECT person_id, CAST(drug_exposure_start_date AS TIMESTAMP),
    'DRUG//' || drug_concept_id, NULL, NULL FROM '{omop}/drug_exposure.parquet'
  UNION ALL SELECT person_id, CAST(measurement_date AS TIMESTAMP),
    'MEASUREMENT//' || measurement_concept_id, CAST(value_as_number AS FLOAT), NULL
    FROM '{omop}/measurement.parquet'
  UNION ALL SELECT person_id, CAST(procedure_date AS TIMESTAMP),
    'PROCEDURE//' || procedure_concept_id, NULL, NULL FROM '{omop}/procedure_occurrence.parquet'
  UNION ALL SELECT person_id, CAST(visit_start_date AS TIMESTAMP),
    'VISIT//' || visit_concept_id, NULL, NULL FROM '{omop}/visit_occurrence.parquet'
  UNION ALL SELECT person_id, CAST(death_date AS TIMESTAMP), 'MEDS_DEATH', NULL, NULL
    FROM '{omop}/death.parquet'
  UNION ALL SELECT person_id, CAST(make_date(year_of_birth, month_of_birth, day_of_birth)
    AS TIMESTAMP), 'MEDS_BIRTH', NULL, NULL FROM '{omop}/person.parquet'
  UNION ALL SELECT person_id, NULL, 'GENDER//' || gender_concept_id, NULL, NULL
    FROM '{omop}/person.parquet')
WHERE subject_id BETWEEN {first} AND {last} ORDER BY subject_id, time NULLS FIRST, code
"""


def write_omop(folder: Path, persons: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    engine = duckdb.connect()
    engine.execute("SET memory_limit = '2GB'")
    for statement in SETUP.format(persons=persons).split(";"):
        engine.execute(statement) if statement.strip() else None
    for table, sql in TABLES.items():
        domain = table.split("_")[0]
        if domain in BASE:
            each, base, concepts = DOMAINS[domain], BASE[domain], CONCEPTS[domain]
            events = EVENTS.format(domain=domain, base=base, concepts=concepts, each=each)
            sql = sql.format(events=events)
        engine.execute(f"COPY ({sql}) TO '{folder / table}.parquet' (FORMAT parquet)")


def write_meds(folder: Path, omop: Path, persons: int) -> None:
    (folder / "data" / "train").mkdir(parents=True, exist_ok=True)
    (folder / "metadata").mkdir(exist_ok=True)
    engine = duckdb.connect()
    engine.execute("SET memory_limit = '2GB'")
    for number, first in enumerate(range(1, persons + 1, SHARD)):
        sql = MEDS.format(omop=omop, first=first, last=first + SHARD - 1)
        engine.execute(f"COPY ({sql}) TO '{folder}/data/train/{number}.parquet' (FORMAT parquet)")
    engine.execute(
        f"COPY (SELECT upper(domain_id) || '//' || concept_id AS code, concept_name AS description,"
        f" CAST([] AS VARCHAR[]) AS parent_codes FROM '{omop}/concept.parquet') "
        f"TO '{folder}/metadata/codes.parquet' (FORMAT parquet)"
    )
    (folder / "metadata" / "dataset.json").write_text(
        '{"dataset_name": "made up", "meds_version": "0.4.0"}\n'
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--persons", type=int, default=10_000)
    parser.add_argument("--meds", action="store_true", help="write the same records as MEDS too")
    asked = parser.parse_args()
    began = time.perf_counter()
    write_omop(asked.folder / "omop", asked.persons)
    if asked.meds:
        write_meds(asked.folder / "meds", asked.folder / "omop", asked.persons)
    size = sum(file.stat().st_size for file in asked.folder.rglob("*.parquet"))
    print(
        f"{asked.persons:,} persons, {size / 1e6:,.0f} MB, {time.perf_counter() - began:.0f} s",
        flush=True,
    )


if __name__ == "__main__":
    main()
