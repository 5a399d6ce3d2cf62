"""Celecoxib against diclofenac in GiBleed (OMOP CDM 5.3, simulated) against SQL written by hand.

The records are not part of the project. They are looked for in the folder that CASEWISE_SHARED
names, or in ../shared beside the repository, and the tests are skipped where they are in neither.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

import casewise
from casewise import pipeline
from casewise.results import Results

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLE = REPOSITORY / "examples" / "celecoxib_diclofenac"
SHARED = Path(os.environ.get("CASEWISE_SHARED", REPOSITORY.parent / "shared"))
RECORDS = SHARED / "data" / "gibleed"

BY_HAND = """
WITH taken AS (
    SELECT e.person_id, e.drug_exposure_start_date AS day, a.ancestor_concept_id AS drug
    FROM drug_exposure AS e
    JOIN concept_ancestor AS a ON a.descendant_concept_id = e.drug_concept_id
    WHERE a.ancestor_concept_id IN (1118084, 1124300)
), first AS (
    SELECT person_id, MIN(day) AS day0 FROM taken GROUP BY person_id
), bleeds AS (
    SELECT c.person_id, c.condition_start_date AS day
    FROM condition_occurrence AS c
    JOIN concept_ancestor AS a ON a.descendant_concept_id = c.condition_concept_id
    WHERE a.ancestor_concept_id = 192671
), facts AS (
    SELECT f.person_id, f.day0, o.observation_period_end_date - f.day0 AS watched,
        f.day0 - o.observation_period_start_date >= 365 AS a_year,
        EXISTS (SELECT 1 FROM bleeds AS b WHERE b.person_id = f.person_id AND b.day < f.day0)
            AS before,
        (SELECT MIN(b.day) - f.day0 FROM bleeds AS b WHERE b.person_id = f.person_id
            AND b.day - f.day0 BETWEEN 1 AND 365) AS bled,
        EXISTS (SELECT 1 FROM taken AS t WHERE t.person_id = f.person_id AND t.day = f.day0
            AND t.drug = 1118084) AS celecoxib,
        EXISTS (SELECT 1 FROM taken AS t WHERE t.person_id = f.person_id AND t.day = f.day0
            AND t.drug = 1124300) AS diclofenac
    FROM first AS f JOIN observation_period AS o ON o.person_id = f.person_id
        AND f.day0 BETWEEN o.observation_period_start_date AND o.observation_period_end_date
), eligible AS (
    SELECT * FROM facts WHERE a_year AND NOT before AND celecoxib <> diclofenac
)
"""


def by_hand(query: str) -> list[tuple[Any, ...]]:
    connection = duckdb.connect()
    for name in (
        *("person", "drug_exposure", "condition_occurrence"),
        *("observation_period", "concept_ancestor"),
    ):
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM '{RECORDS}/{name}.parquet'")
    return connection.execute(BY_HAND + query).fetchall()


@pytest.fixture(scope="module")
def results() -> Results:
    if not RECORDS.is_dir():
        pytest.skip(f"GiBleed is not there: {RECORDS}")
    return casewise.run(EXAMPLE / "study.yaml", EXAMPLE / "site.yaml", records=RECORDS)


def test_who_is_left_at_each_step_is_what_sql_by_hand_counts(results: Results) -> None:
    expected = by_hand(
        """SELECT (SELECT COUNT(*) FROM person), COUNT(*), COUNT(*) FILTER (a_year),
        COUNT(*) FILTER (a_year AND NOT before),
        COUNT(*) FILTER (a_year AND NOT before AND celecoxib <> diclofenac) FROM facts"""
    )
    assert [tuple(step.remaining for step in results.attrition)] == expected
    assert expected == [(2694, 2630, 2630, 2630, 2630)]
    unwatched = by_hand("SELECT COUNT(*) - (SELECT COUNT(*) FROM facts) FROM first")[0][0]
    said = (
        f"{unwatched} patients had it on a day outside every period of observation in the records"
    )
    assert unwatched == 64
    assert [n.text for n in results.notes if n.about == "first either drug"] == [
        f"{said}, and left at that step."
    ]


def test_arms_and_outcomes_are_what_sql_by_hand_counts(results: Results) -> None:
    """Whoever was not watched for the whole year, and had not bled, is not in the denominator."""
    expected = by_hand(
        """SELECT celecoxib, COUNT(*), COUNT(bled) FILTER (bled <= watched),
        COUNT(*) FILTER (watched >= 365 OR bled <= watched)
        FROM eligible GROUP BY 1 ORDER BY 1 DESC"""
    )
    binary, timed = (results.outcomes[name] for name in results.outcomes)
    assert expected == [
        (arm == "celecoxib", timed.arms[arm].n, binary.arms[arm].events, binary.arms[arm].n)
        for arm in ("celecoxib", "diclofenac")
    ]
    assert expected == [(True, 1800, 355, 1767), (False, 830, 124, 811)]


def test_the_records_of_other_years_change_nothing(results: Results) -> None:
    """The extract of 2019 holds nothing later, and says nothing of it."""
    assert not any("2019" in note.text for note in results.notes)


def test_children_left_out_and_codes_near_are_those_of_sql_by_hand(tmp_path: Path) -> None:
    """Sinusitis without what lies under it; a code mistyped by a digit; a disorder that nobody has
    by itself."""
    study = tmp_path / "study.yaml"
    study.write_text(
        """\
title: Codes of GiBleed
events:
  sinusitis: {condition: sinusitis}
  bleeding:  {condition: bleeding}
  nobody:    {condition: nobody has it}
  drug:      {drug: celecoxib}
cohort: {index: first sinusitis}
arms: {drug: {event: drug, within: 30 days}, none: otherwise}
outcomes:
  bleeding: {event: bleeding, within: 90 days}
  nobody:   {event: nobody, within: 90 days}
codes:
  sinusitis: {omop: 4283893}
  bleeding: {snomed: 74474004}
  nobody has it: {omop: 4170143}
  celecoxib: {rxnorm: 1118084}
"""
    )
    (tmp_path / "site.yaml").write_text(f"records: {{omop: {RECORDS}}}\n")
    report = pipeline.check_codes(study, tmp_path / "site.yaml")
    found = {one.name: one for one in report.lists}
    under = """
        SELECT 'SNOMED ' || c.concept_code || ' (' || c.concept_name || ')', COUNT(*) AS n
        FROM condition_occurrence AS o JOIN concept AS c ON c.concept_id = o.condition_concept_id
        WHERE o.condition_concept_id IN (SELECT descendant_concept_id FROM concept_ancestor
            WHERE ancestor_concept_id = {0} AND descendant_concept_id <> {0})
        GROUP BY 1 ORDER BY n DESC, 1"""
    assert list(found["sinusitis"].left_out) == asked(under.format(4283893))
    assert len(found["sinusitis"].left_out) == 3
    own = asked("SELECT COUNT(*) FROM condition_occurrence WHERE condition_concept_id = 4283893")
    assert found["sinusitis"].records == own[0][0] > 0
    children = asked(under.format(4170143))
    assert list(found["nobody has it"].left_out) == children
    assert found["nobody has it"].records == 0
    assert found["bleeding"].nearest[0] == "SNOMED 74474003 (Gastrointestinal hemorrhage)"
    said = [str(problem) for problem in report.problems]
    assert len(said) == 3
    assert any("1118084 is the OMOP concept celecoxib: omop: 1118084" in one for one in said)
    assert any(f"codes under its own occur: {children[0][0]}, " in one for one in said)


def asked(query: str) -> list[tuple[Any, ...]]:
    connection = duckdb.connect()
    for name in ("condition_occurrence", "concept", "concept_ancestor"):
        connection.execute(f"CREATE VIEW {name} AS FROM '{RECORDS / name}.parquet'")
    return connection.execute(query).fetchall()
