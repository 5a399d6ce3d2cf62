"""A public bulk export of 13 simulated patients (Synthea), read whole and studied end to end.

The export is not part of the project. It is looked for in the folder that CASEWISE_SHARED names,
else beside the repository.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.fhir_support import Opened

import casewise
from casewise import pipeline

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("CASEWISE_SHARED", REPOSITORY.parent / "shared"))
EXPORT = SHARED / "data" / "fhir10"

pytestmark = pytest.mark.skipif(
    not EXPORT.is_dir(), reason=f"the simulated FHIR export is not here: {EXPORT.name}"
)

STUDY = """\
title: Stress and social isolation in simulated patients
events:
  work:      {condition: full-time employment}
  stress:    {condition: stress}
  isolation: {condition: social isolation}
  death:     {death: any cause}
codes:
  full-time employment: {snomed: 160903007}
  stress:               {snomed: 73595000}
  social isolation:     {snomed: 422650009}
cohort:
  index: first work
  include:
    adult: {age: ">= 18"}
arms:
  stress:    {event: stress, within: 1 year}
  no stress: otherwise
baseline: [age, sex]
outcomes:
  isolation by 1 year: {event: isolation, within: 1 year}
  time to isolation:   {time: index to isolation}
analysis:
  treatment after day 0: naive
"""


def resources(kind: str) -> list[dict[str, Any]]:
    with gzip.open(EXPORT / f"{kind}.000.ndjson.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.fixture(scope="module")
def export() -> Opened:
    return Opened(EXPORT)


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("Condition", "onsetDateTime"),
        ("Procedure", "performedPeriod"),
        ("MedicationRequest", "authoredOn"),
        ("Immunization", "occurrenceDateTime"),
    ],
)
def test_every_resource_is_a_record_with_its_code_date_patient_and_visit(
    export: Opened, kind: str, path: str
) -> None:
    expected = set()
    for made in resources(kind):
        concept = made.get("code", made.get("vaccineCode", made.get("medicationCodeableConcept")))
        when = made[path]["start"] if isinstance(made[path], dict) else made[path]
        who = made.get("subject", made.get("patient"))["reference"]
        where = made["encounter"]["reference"]
        for coding in concept["coding"]:
            source = f"{kind}/{made['id']}"
            expected.add((source, who, where, coding["code"], when[:10]))
    found = export.rows(
        f"""SELECT source, 'Patient/' || person AS who, 'Encounter/' || visit AS place, code,
            strftime(start, '%Y-%m-%d') AS day
        FROM raw_event WHERE source LIKE '{kind}/%'"""
    )
    assert {tuple(row.values()) for row in found} == expected
    assert len(found) == len(expected)


def test_patients_visits_and_notes_are_all_there(export: Opened) -> None:
    assert export.values("SELECT count(*) FROM person") == [13]
    assert export.values('SELECT count(*) FROM visit WHERE "end" >= start') == [1215]
    assert export.values("SELECT count(*) FROM note WHERE length(text) > 20") == [1215]
    died = sum("deceasedDateTime" in made for made in resources("Patient"))
    assert export.values("SELECT count(*) FROM raw_event WHERE domain = 'death'") == [died]
    missing = "SELECT count(*) FROM raw_event WHERE visit NOT IN (SELECT id FROM visit)"
    assert export.values(missing) == [0]


def first(conditions: list[dict[str, Any]], patient: str, code: str) -> list[str]:
    return sorted(
        made["onsetDateTime"][:10]
        for made in conditions
        if made["subject"]["reference"] == patient and made["code"]["coding"][0]["code"] == code
    )


def test_a_study_runs_on_the_export_to_a_report(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(STUDY)
    (tmp_path / "site.yaml").write_text(f"records: {{fhir: {EXPORT}}}\n")
    findings = casewise.check(tmp_path / "study.yaml", tmp_path / "site.yaml")
    assert findings.errors == ()
    results = casewise.run(tmp_path / "study.yaml", tmp_path / "site.yaml", out=tmp_path / "report")
    assert (tmp_path / "report" / "report.html").is_file()
    born = {f"Patient/{made['id']}": made["birthDate"] for made in resources("Patient")}
    conditions = resources("Condition")
    arms = {"stress": [0, 0], "no stress": [0, 0]}
    for patient, birth in born.items():
        work = first(conditions, patient, "160903007")
        if not work:
            continue
        index = dt.date.fromisoformat(work[0])
        eighteenth = dt.date.fromisoformat(f"{int(birth[:4]) + 18}{birth[4:]}")
        if index < eighteenth:
            continue

        def within(code: str, patient: str = patient, index: dt.date = index) -> bool:
            days = [
                (dt.date.fromisoformat(day) - index).days
                for day in first(conditions, patient, code)
            ]
            return any(0 <= day <= 365 for day in days)

        counts = arms["stress" if within("73595000") else "no stress"]
        counts[0] += 1
        counts[1] += within("422650009")
    assert {arm.name: arm.n for arm in results.arms} == {
        name: counts[0] for name, counts in arms.items()
    }
    outcome = results.outcomes["isolation by 1 year"]
    assert {name: arm.events for name, arm in outcome.arms.items()} == {
        name: counts[1] for name, counts in arms.items()
    }
    assert any("observation was taken to last" in note.text for note in results.notes)


def test_codes_are_called_what_the_export_calls_them(tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    lists = {
        "{snomed: 73595000}": "{snomed: 73595001}",  # mistyped by a digit
        "{snomed: 422650009}": "{local: viral sinusitis}",
    }
    text = STUDY
    for right, wrong in lists.items():
        text = text.replace(right, wrong)
    study.write_text(text)
    (tmp_path / "site.yaml").write_text(f"records: {{fhir: {EXPORT}}}\n")
    report = pipeline.check_codes(study, tmp_path / "site.yaml")
    found = {one.name: one for one in report.lists}
    conditions = resources("Condition")
    coding = {one["code"]["coding"][0]["code"]: one["code"]["coding"][0] for one in conditions}
    (work,) = found["full-time employment"].codes
    assert work.name == coding["160903007"]["display"]
    assert work.records == sum(
        one["code"]["coding"][0]["code"] == "160903007" for one in conditions
    )
    assert found["stress"].nearest[0] == f"SNOMED 73595000 ({coding['73595000']['display']})"
    by_its_name, by_the_local_code = found["social isolation"].nearest[:2]
    assert by_its_name == f"SNOMED 422650009 ({coding['422650009']['display']})"
    assert by_the_local_code.endswith("(Viral sinusitis (disorder))")
    assert len(report.problems) == 2
