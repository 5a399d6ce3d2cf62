"""An OMOP CDM 5.4 of 28 simulated persons without concept_ancestor, from codes to a report.

The records are not part of the project. They are looked for in the folder that CASEWISE_SHARED
names, or in ../shared beside the repository, and the tests are skipped where they are in neither.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

import casewise
from casewise.errors import RecordsError
from synthea_support import SITE, STUDY

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("CASEWISE_SHARED", REPOSITORY.parent / "shared"))
RECORDS = SHARED / "data" / "synthea27nj"

BY_HAND = """
SELECT p.gender_concept_id = 8532 AS women, COUNT(*), COUNT(*) FILTER (
    EXISTS (SELECT 1 FROM visit_occurrence AS v WHERE v.person_id = f.person_id
    AND v.visit_concept_id = 9201
    AND v.visit_start_date BETWEEN f.day0 AND f.day0 + INTERVAL 10 YEARS
    AND v.visit_start_date <= o.observation_period_end_date))
FROM (SELECT c.person_id, MIN(v.visit_start_date) AS day0 FROM condition_occurrence AS c
    JOIN visit_occurrence AS v USING (visit_occurrence_id)
    WHERE c.condition_concept_id = 40481087 AND v.visit_concept_id = 9202 GROUP BY 1) AS f
JOIN observation_period AS o ON o.person_id = f.person_id
    AND f.day0 BETWEEN o.observation_period_start_date + 365 AND o.observation_period_end_date
JOIN person AS p ON p.person_id = f.person_id
GROUP BY 1 ORDER BY 1 DESC
"""


def by_hand() -> list[tuple[bool, int, int]]:
    connection = duckdb.connect()
    for name in ("person", "condition_occurrence", "visit_occurrence", "observation_period"):
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM '{RECORDS}/{name}.parquet'")
    return connection.execute(BY_HAND).fetchall()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    if not RECORDS.is_dir():
        pytest.skip(f"synthea27nj is not there: {RECORDS}")
    (tmp_path / "study.yaml").write_text(STUDY)
    (tmp_path / "site.yaml").write_text(SITE)
    return tmp_path / "study.yaml", tmp_path / "site.yaml"


def test_a_study_runs_to_a_report(files: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "report"
    results = casewise.run(*files, records=RECORDS, out=out)
    admitted = results.outcomes["admission by 10 years"].arms
    assert by_hand() == [
        (arm == "women", admitted[arm].n, admitted[arm].events) for arm in ("women", "men")
    ]
    assert {"report.html", "report.docx", "results.json"} <= {file.name for file in out.iterdir()}
    rows = {row.name for row in results.baseline}
    assert {"anemia", "systolic pressure"} <= rows


def test_descendants_cannot_be_asked_for(files: tuple[Path, Path]) -> None:
    study = files[0]
    study.write_text(STUDY.replace("271737000}", "271737000, descendants: yes}"))
    with pytest.raises(RecordsError, match='"anemia" asks for descendants'):
        casewise.run(*files, records=RECORDS)
