"""The files of a FHIR export: versions, formats, what is missing. Every resource is made up."""

from __future__ import annotations

import json
from pathlib import Path

from tests.fhir_support import Opened, bundle, condition, opened, patient, write


def test_a_resource_exported_twice_counts_once_by_its_latest_version(tmp_path: Path) -> None:
    newer = {"meta": {"lastUpdated": "2022-01-01T00:00:00Z"}}
    write(tmp_path, patient(), condition(icd="A1", **newer), name="a.ndjson")
    older = {"meta": {"lastUpdated": "2021-01-01T00:00:00Z"}}
    write(tmp_path, patient(), condition(icd="B2", **older), name="sub/b.ndjson.gz")
    found = Opened(tmp_path)
    assert found.events() == ["A1"]
    assert found.values("SELECT count(*) FROM person") == [1]
    assert (
        "Resources exported more than once, of which the latest counts: 1 Condition, 1 Patient."
        in found.notes
    )


def test_files_by_kind_bundles_and_mixed_files_read_the_same(tmp_path: Path) -> None:
    resources = [patient(), patient("p2"), condition(), condition("c2", "J84.1")]
    write(tmp_path / "kinds", *resources[:2], name="Patient.000.ndjson.gz")
    write(tmp_path / "kinds", *resources[2:], name="Condition.000.ndjson")
    write(tmp_path / "mixed", *resources)
    (tmp_path / "bundles").mkdir()
    (tmp_path / "bundles" / "a.json").write_text(json.dumps(bundle(*resources), indent=1))
    (tmp_path / "values").mkdir()
    (tmp_path / "values" / "a.json").write_text("\n".join(map(json.dumps, resources)))
    asked = "FROM raw_event ORDER BY source"
    answers = [
        Opened(tmp_path / name).rows(asked) for name in ("kinds", "mixed", "bundles", "values")
    ]
    assert answers[1:] == answers[:1] * 3
    assert len(answers[0]) == 2
    assert Opened(tmp_path / "mixed" / "export.ndjson").rows(asked) == answers[0]


def test_what_is_not_there_or_not_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"transactionTime": "2021-01-01", "output": []}')
    found = opened(tmp_path, patient(), {"resourceType": "Claim", "id": "1"})
    for said in (
        "Kinds of resources that were not read: 1 Claim.",
        "The export has no Encounter resources: visits are not in these records.",
        "The export has no Observation resources: measurements are not in these records.",
        "The export has no Medication resources of any kind.",
        "Files with values that are not FHIR resources: manifest.json.",
    ):
        assert said in found.notes


def test_sources_name_each_file_with_its_rows_and_content(tmp_path: Path) -> None:
    write(tmp_path, patient(), condition(), name="sub/a.ndjson")
    (source,) = Opened(tmp_path).records.sources
    assert (source.name, source.rows, len(source.sha256)) == ("sub/a.ndjson", 2, 64)
