"""The files of a FHIR export: versions, formats, what is missing. Every resource is made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.fhir_support import Opened, bundle, condition, opened, patient, write

from casewise.errors import RecordsError


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
    assert "Patients exported more than once: a.ndjson:1 and sub/b.ndjson.gz:1." in found.notes


LATER = {"meta": {"lastUpdated": "2022-01-01T00:30:00+02:00"}}
EARLIER = {"meta": {"lastUpdated": "2021-12-31T23:00:00Z"}}
HINT = (
    "\n  export each once, give each an id of its own, or let meta.lastUpdated say which is later"
)


def told(folder: Path) -> str:
    with pytest.raises(RecordsError) as caught:
        Opened(folder)
    assert caught.value.exit_code == 11
    return str(caught.value)


def test_which_was_updated_last_is_told_by_the_moment_and_not_by_its_text(tmp_path: Path) -> None:
    # 00:30 at +02:00 is 22:30 of the day before.
    write(tmp_path, patient(gender="male", **EARLIER), patient(gender="female", **LATER))
    assert Opened(tmp_path).values("SELECT sex FROM person") == ["male"]


@pytest.mark.parametrize(
    ("one", "other"),
    [({}, {}), (LATER, {}), (LATER, LATER)],
    ids=["no moment", "one without", "the same moment"],
)
def test_two_patients_with_one_id_of_which_none_is_later_stop_the_run(
    tmp_path: Path, one: dict[str, Any], other: dict[str, Any]
) -> None:
    write(tmp_path, patient("p0"), patient(**one), name="a.ndjson")
    write(tmp_path, patient(birthDate="1961-01-01", **other), name="b.ndjson.gz")
    (tmp_path / "c.json").write_text(json.dumps(bundle(patient(**one)), indent=1))
    assert told(tmp_path) == (
        "a.ndjson:2: Patient resources with one id that differ, and none is later than the rest; "
        f"also in b.ndjson.gz:1, c.json{HINT}"
    )


def test_two_patients_of_one_id_who_cannot_be_one_stop_the_run_however_late(
    tmp_path: Path,
) -> None:
    write(tmp_path, patient(**EARLIER))
    write(tmp_path, patient(birthDate="1990-01-01", gender="male", **LATER), name="z.ndjson")
    assert told(tmp_path) == (
        "export.ndjson:1: Patient resources with one id, but of different birth dates and "
        f"genders; also in z.ndjson:1{HINT}"
    )


def test_two_conditions_of_one_id_that_differ_stop_the_run(tmp_path: Path) -> None:
    write(tmp_path, patient(), condition(), condition(icd="J84.1"), condition("c2"))
    assert told(tmp_path) == (
        "export.ndjson:2: Condition resources with one id that differ, and none is later than the "
        f"rest; also in export.ndjson:3{HINT}"
    )


def test_the_same_resource_twice_in_another_layout_is_one(tmp_path: Path) -> None:
    write(tmp_path, patient(), condition())
    (tmp_path / "b.json").write_text(json.dumps(bundle(patient(), condition()), indent=2))
    found = Opened(tmp_path)
    assert found.events() == ["M33.1"]
    assert "Patients exported more than once: b.json and export.ndjson:1." in found.notes


def test_a_bundle_of_anything_is_read_for_what_is_fhir_and_the_rest_is_said(
    tmp_path: Path,
) -> None:
    inside = bundle(patient("p2"))
    entries = [5, None, {"resource": patient()}, {"fullUrl": "x"}, {"resource": inside}]
    made = {"resourceType": "Bundle", "entry": entries}
    (tmp_path / "b.json").write_text(json.dumps(made))
    found = Opened(tmp_path)
    assert found.values("SELECT person FROM person") == ["p1"]
    assert "Bundles within Bundles, which were not read: 1." in found.notes
    entries.append({"resource": patient(active=True)})
    (tmp_path / "b.json").write_text(json.dumps(made))
    assert told(tmp_path).startswith("b.json: Patient resources with one id that differ")


def test_an_id_that_is_no_text_is_found_again_by_its_line(tmp_path: Path) -> None:
    write(tmp_path, patient(), condition(id=[1], onsetDateTime="soon"))
    assert told(tmp_path).startswith('export.ndjson:2: "soon" is not a date')
    write(tmp_path, patient(), condition(id=7), condition(id=7, icd="J84.1"))
    assert told(tmp_path).startswith("export.ndjson:2: Condition resources with one id")


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
    (source,) = Opened(tmp_path).records.read()
    assert (source.name, source.rows, len(source.sha256)) == ("sub/a.ndjson", 2, 64)
