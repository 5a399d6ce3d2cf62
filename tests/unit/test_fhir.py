"""What a FHIR export says, in the raw views. Every patient and resource here is made up."""

from __future__ import annotations

import base64
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from tests.fhir_support import (
    ICD10CM,
    LOINC,
    SNOMED,
    Opened,
    bundle,
    concept,
    condition,
    of,
    opened,
    patient,
    write,
)

from casewise.engine.duckdb import DuckDB
from casewise.records.fhir import open_fhir

DAY = dt.date


def test_views_have_the_columns_that_readers_hand_on(tmp_path: Path) -> None:
    from casewise.records.raw import RAW_EVENT, VISIT

    found = opened(tmp_path, patient())
    assert tuple(found.engine.query("SELECT * FROM raw_event")) == RAW_EVENT
    assert tuple(found.engine.query("SELECT * FROM visit")) == VISIT
    assert tuple(found.engine.query("SELECT * FROM person")) == ("person", "birth", "age", "sex")
    assert tuple(found.engine.query("SELECT * FROM observation")) == ("person", "start", "end")


def test_patients_are_persons_with_birth_and_sex(tmp_path: Path) -> None:
    found = opened(
        tmp_path,
        patient(),
        patient("p2", gender="male", birthDate="1950-07"),
        patient("p3", gender="other", birthDate="1940"),
        {"resourceType": "Patient", "id": "p4"},
    )
    assert found.rows("SELECT * EXCLUDE age FROM person ORDER BY person") == [
        {"person": "p1", "birth": DAY(1960, 5, 4), "sex": "female"},
        {"person": "p2", "birth": DAY(1950, 7, 1), "sex": "male"},
        {"person": "p3", "birth": DAY(1940, 1, 1), "sex": None},
        {"person": "p4", "birth": None, "sex": None},
    ]
    assert "Patient: 1 without a date of birth." in found.notes
    assert (
        "Patient: 2 have a date of birth of which only the year or month is known: its first day "
        "was taken." in found.notes
    )
    assert "Patient: 2 are neither female nor male by the records." in found.notes


def test_several_codings_are_rows_of_one_source(tmp_path: Path) -> None:
    codes = concept((ICD10CM, "M33.1"), (SNOMED, "396230008"), (SNOMED, "396230008"))
    found = opened(tmp_path, patient(), condition(**{"code": codes}))
    assert found.events("source, vocabulary, code") == [
        ("Condition/c1", "SNOMED", "396230008"),
        ("Condition/c1", "ICD10CM", "M33.1"),
    ]


def test_what_has_no_code_stands_by_its_words(tmp_path: Path) -> None:
    found = opened(
        tmp_path,
        patient(),
        condition("c1", **{"code": {"text": "antisynthetase syndrome"}}),
        condition("c2", **{"code": {"coding": [{"system": SNOMED, "display": "myositis"}]}}),
    )
    assert found.events("vocabulary, code") == [
        (None, "antisynthetase syndrome"),
        (None, "myositis"),
    ]
    assert "Condition: 2 have no code; their words stand for it." in found.notes


@pytest.mark.parametrize(
    ("system", "vocabulary"),
    [
        ("http://hl7.org/fhir/sid/icd-10-cm", "ICD10CM"),
        ("https://hl7.org/fhir/sid/icd-10-cm/", "ICD10CM"),
        ("http://hl7.org/fhir/sid/icd-9-cm", "ICD9CM"),
        ("urn:oid:2.16.840.1.113883.6.96", "SNOMED"),
        ("http://www.cms.gov/Medicare/Coding/ICD10", "ICD10PCS"),
        ("https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "HCPCS"),
        ("http://hospital.example/codes", None),
    ],
)
def test_systems_are_vocabularies(tmp_path: Path, system: str, vocabulary: str | None) -> None:
    found = opened(tmp_path, patient(), condition(**{"code": concept((system, "1"))}))
    assert found.events("vocabulary") == [vocabulary]
    unknown = (
        "Code systems that are not known, found as local codes alone: "
        "http://hospital.example/codes (1)."
    )
    assert (unknown in found.notes) is (vocabulary is None)


def test_icd_9_codes_of_procedures_are_the_procedures_half(tmp_path: Path) -> None:
    code = concept(("http://hl7.org/fhir/sid/icd-9-cm", "99.71"))
    made = of("Procedure", "x", code=code, performedDateTime="2010-01-02", status="completed")
    assert opened(tmp_path, patient(), made).events("vocabulary, domain, start") == [
        ("ICD9Proc", "procedure", DAY(2010, 1, 2))
    ]


def verified(code: str) -> dict[str, Any]:
    return {"verificationStatus": {"coding": [{"code": code}]}}


def test_mistakes_and_what_was_not_done_are_left_out_and_counted(tmp_path: Path) -> None:
    code = concept((SNOMED, "1"))
    medication = {"medicationCodeableConcept": code, "authoredOn": "2020-01-01"}
    found = opened(
        tmp_path,
        patient(),
        condition("c1", **verified("entered-in-error")),
        condition("c2", **verified("refuted")),
        condition("c3", **verified("provisional")),
        of("Procedure", "d1", code=code, status="not-done"),
        of("MedicationRequest", "m1", status="active", intent="proposal", **medication),
        of("MedicationRequest", "m2", status="active", intent="order", **medication),
        of("MedicationRequest", "m3", status="active", doNotPerform=True, **medication),
        of("MedicationRequest", "m4", status="cancelled", intent="order", **medication),
        of("MedicationStatement", "s1", status="not-taken", **medication),
        of("Immunization", "i1", status="not-done", vaccineCode=code),
        of("Observation", "o1", status="cancelled", code=code),
        of("Device", "v1", status="entered-in-error", type=code),
    )
    assert found.events("source") == ["Condition/c3", "MedicationRequest/m2"]
    for said in (
        "Condition: left out by their status: 1 entered-in-error, 1 refuted.",
        "Condition: 1 are not confirmed; they count.",
        "Procedure: left out by their status: 1 not-done.",
        "MedicationRequest: left out by their status: 1 cancelled, 1 doNotPerform, 1 proposal.",
        "MedicationStatement: left out by their status: 1 not-taken.",
        "Immunization: left out by their status: 1 not-done.",
        "Observation: left out by their status: 1 cancelled.",
        "Device: left out by their status: 1 entered-in-error.",
    ):
        assert said in found.notes


def test_partial_dates_take_the_first_day_of_a_start_and_the_last_of_an_end(
    tmp_path: Path,
) -> None:
    found = opened(
        tmp_path,
        patient(),
        condition("c1", onsetDateTime="2020", abatementDateTime="2020"),
        condition("c2", onsetDateTime="2020-02", abatementDateTime="2020-02"),
        condition("c3", onsetDateTime="2020-02-03T23:30:00-05:00"),
    )
    assert found.events('start, "end"') == [
        (DAY(2020, 1, 1), DAY(2020, 12, 31)),
        (DAY(2020, 2, 1), DAY(2020, 2, 29)),
        (DAY(2020, 2, 3), None),
    ]
    assert (
        "Condition: 2 have a date of which only the year or month is known: a start was taken as "
        "its first day, an end as its last." in found.notes
    )


def test_onset_comes_before_the_date_of_record_which_bounds_the_observation(
    tmp_path: Path,
) -> None:
    found = opened(
        tmp_path,
        patient(),
        condition("c1", onsetDateTime="1985-01-01", recordedDate="2015-06-07"),
        condition("c2", onsetDateTime=None, recordedDate="2016-01-01"),
        condition("c3", onsetDateTime=None),
        condition("c4", onsetDateTime="2017-05-05", abatementDateTime="2017-05-01"),
    )
    starts = [DAY(1985, 1, 1), DAY(2016, 1, 1), None, DAY(2017, 5, 5)]
    assert found.events("start") == starts
    assert found.rows("FROM observation") == [
        {"person": "p1", "start": DAY(2015, 6, 7), "end": DAY(2017, 5, 5)}
    ]
    assert (
        "Condition: 1 have no date of onset; the date they were recorded on was taken."
        in found.notes
    )
    assert "Condition: 1 have no date: that they happened is known, not when." in found.notes
    assert "Condition: 1 end before they start; their end was left out." in found.notes


def test_death_is_an_event_and_the_end_of_observation(tmp_path: Path) -> None:
    found = opened(
        tmp_path,
        patient(deceasedDateTime="2021-02-03T04:05:06Z"),
        patient("p2", deceasedBoolean=True),
        patient("p3", deceasedBoolean=False),
        condition(),
    )
    asked = "SELECT person, start, code, source FROM raw_event WHERE domain = 'death' ORDER BY 1"
    assert found.rows(asked) == [
        {"person": "p1", "start": DAY(2021, 2, 3), "code": None, "source": "Patient/p1"},
        {"person": "p2", "start": None, "code": None, "source": "Patient/p2"},
    ]
    assert found.values('SELECT "end" FROM observation') == [DAY(2021, 2, 3)]
    assert "Patient: 1 died on a date that the records do not say." in found.notes


def test_nobody_is_watched_after_the_extract_whatever_is_dated_later(tmp_path: Path) -> None:
    write(
        tmp_path,
        patient(deceasedDateTime="2110-01-01"),
        condition(),
        condition("c2", onsetDateTime="2110-01-01"),
        of("Encounter", "e1", period={"start": "2020-05-06", "end": "2110-01-01"}),
    )
    engine = DuckDB()
    open_fhir(engine, tmp_path, DAY(2021, 12, 31))
    ends = engine.query('SELECT CAST("end" AS VARCHAR) AS d FROM observation')["d"]
    assert ends.tolist() == ["2020-05-06"]


def test_a_status_as_it_was_written_before_r4_refutes_too(tmp_path: Path) -> None:
    found = opened(tmp_path, patient(), condition(verificationStatus="refuted"))
    assert found.events() == []
    assert "Condition: left out by their status: 1 refuted." in found.notes


ICU = {"coding": [{"system": SNOMED, "code": "305351004"}]}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"class": {"code": "IMP"}}, "inpatient"),
        ({"class": {"code": "EMER"}}, "emergency"),
        ({"class": {"code": "AMB"}}, "outpatient"),
        ({"class": {"code": "HH"}}, "home"),
        ({"class": {"code": "OBSENC"}}, "other"),
        ({"class": [{"coding": [{"code": "IMP"}]}]}, "inpatient"),
        ({"class": {"code": "IMP"}, "type": [ICU]}, "intensive care"),
        ({}, "other"),
    ],
)
def test_encounters_are_visits_of_a_kind(tmp_path: Path, said: Any, kind: str) -> None:
    period = {"start": "2020-01-02T08:00:00Z", "end": "2020-01-09"}
    found = opened(
        tmp_path,
        patient(),
        of("Encounter", "e1", status="finished", period=period, **said),
        of("Encounter", "e2", status="planned", period=period),
        of("Encounter", "e3", status="finished"),
        of("Encounter", "e4", status="finished", period=period, subject={"reference": "Patient/0"}),
        condition(encounter={"reference": "Encounter/e1"}),
    )
    assert found.rows("FROM visit") == [
        {
            "id": "e1",
            "person": "p1",
            "start": DAY(2020, 1, 2),
            "end": DAY(2020, 1, 9),
            "kind": kind,
        }
    ]
    assert found.events("visit") == ["e1"]
    assert found.notes.count("Encounter: 1 without a start were left out.") == 1
    assert "Encounter: 1 of patients who are not in the export were left out." in found.notes


@pytest.mark.parametrize(
    "reference",
    [
        {"reference": "Patient/p1"},
        {"reference": "https://server.example/fhir/Patient/p1"},
        {"reference": "Patient/p1/_history/3"},
        {"reference": "urn:uuid:0b1c"},
        {"reference": "Patient?identifier=urn:mrn|77"},
        {"reference": "Patient?identifier=urn%3Amrn%7C77"},
        {"reference": "Patient?identifier=77"},
        {"identifier": {"system": "urn:mrn", "value": "77"}},
    ],
)
def test_patients_are_found_by_every_kind_of_reference(tmp_path: Path, reference: Any) -> None:
    person = patient(identifier=[{"system": "urn:mrn", "value": "77"}])
    made = bundle(person, condition(subject=reference), urls=("urn:uuid:0b1c",))
    (tmp_path / "bundle.json").write_text(json.dumps(made, indent=2))
    assert Opened(tmp_path).values("SELECT person FROM raw_event") == ["p1"]


def test_a_reference_that_could_mean_two_patients_is_not_followed(tmp_path: Path) -> None:
    same = [{"system": "urn:mrn", "value": "77"}]
    found = opened(
        tmp_path,
        patient(identifier=same),
        patient("p2", identifier=same),
        condition(subject={"reference": "Patient?identifier=urn:mrn|77"}),
    )
    assert found.events() == []
    assert "Condition: 1 of patients who are not in the export were left out." in found.notes


def test_encounters_are_found_by_search_and_by_address(tmp_path: Path) -> None:
    visit = of(
        "Encounter",
        "e1",
        period={"start": "2020-01-01"},
        identifier=[{"system": "urn:v", "value": "9"}],
    )
    found = opened(
        tmp_path,
        patient(),
        visit,
        condition("c1", encounter={"reference": "Encounter?identifier=urn:v|9"}),
        condition("c2", encounter={"reference": "urn:uuid:e1"}),
    )
    assert found.events("visit") == ["e1", "e1"]


RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def test_medications_are_coded_inside_or_by_reference(tmp_path: Path) -> None:
    drug = concept((RXNORM, "4337"), text="fentanyl")
    held = {"resourceType": "Medication", "id": "a", "code": drug}
    found = opened(
        tmp_path,
        patient(),
        {"resourceType": "Medication", "id": "m", "code": drug},
        of(
            "MedicationAdministration",
            "1",
            medicationReference={"reference": "Medication/m"},
            effectivePeriod={"start": "2020-01-01", "end": "2020-01-03"},
            dosage={"dose": {"value": 50, "unit": "microgram", "code": "ug"}},
        ),
        of(
            "MedicationRequest",
            "2",
            medicationReference={"reference": "#a"},
            contained=[held],
            authoredOn="2020-01-01",
            dispenseRequest={"expectedSupplyDuration": {"value": 30, "unit": "days"}},
        ),
        of(
            "MedicationRequest", "3", medicationReference={"reference": "x", "display": "rituximab"}
        ),
        of(
            "MedicationDispense",
            "4",
            medicationCodeableConcept=drug,
            whenHandedOver="2020-02-01",
            daysSupply={"value": 7},
        ),
    )
    rows = found.events('source, vocabulary, code, start, "end", value, unit')
    assert rows == [
        (
            "MedicationAdministration/1",
            "RxNorm",
            "4337",
            DAY(2020, 1, 1),
            DAY(2020, 1, 3),
            50.0,
            "ug",
        ),
        ("MedicationDispense/4", "RxNorm", "4337", DAY(2020, 2, 1), DAY(2020, 2, 7), None, None),
        ("MedicationRequest/2", "RxNorm", "4337", DAY(2020, 1, 1), DAY(2020, 1, 30), None, None),
        ("MedicationRequest/3", None, "rituximab", None, None, None, None),
    ]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"valueQuantity": {"value": 5.5, "unit": "g/dl"}}, ("measurement", 5.5, "g/dl", None)),
        (
            {"valueQuantity": {"value": 5, "unit": "g/dl", "code": "g/dL"}},
            ("measurement", 5.0, "g/dL", None),
        ),
        (
            {"valueQuantity": {"value": 5, "comparator": "<", "unit": "mg"}},
            ("measurement", None, "mg", "<5 mg"),
        ),
        ({"valueInteger": 3}, ("measurement", 3.0, None, None)),
        ({"valueString": "positive"}, ("observation", None, None, "positive")),
        ({"valueBoolean": True}, ("observation", None, None, "yes")),
        (
            {"valueCodeableConcept": {"coding": [{"code": "8517006", "display": "Ex-smoker"}]}},
            ("observation", None, None, "Ex-smoker"),
        ),
        (
            {"valueString": "x", "category": [{"coding": [{"code": "laboratory"}]}]},
            ("measurement", None, None, "x"),
        ),
        (
            {"valueInteger": 9, "category": [{"coding": [{"code": "survey"}]}]},
            ("observation", 9.0, None, None),
        ),
        ({}, ("observation", None, None, None)),
    ],
)
def test_values_of_observations(tmp_path: Path, said: Any, expected: Any) -> None:
    code = concept((LOINC, "718-7"))
    made = of("Observation", "o", code=code, effectiveDateTime="2020-01-01", **said)
    found = opened(tmp_path, patient(), made)
    assert found.events("domain, value, unit, text") == [expected]


def test_components_are_rows_with_sources_of_their_own(tmp_path: Path) -> None:
    def part(code: str, value: int) -> dict[str, Any]:
        quantity = {"value": value, "unit": "mmHg"}
        return {"code": concept((LOINC, code)), "valueQuantity": quantity}

    made = of(
        "Observation",
        "o",
        code=concept((LOINC, "85354-9")),
        effectiveDateTime="2020-01-01",
        component=[part("8480-6", 120), part("8462-4", 80)],
    )
    assert opened(tmp_path, patient(), made).events("source, code, value") == [
        ("Observation/o", "85354-9", None),
        ("Observation/o.component[0]", "8480-6", 120.0),
        ("Observation/o.component[1]", "8462-4", 80.0),
    ]


def test_notes_are_the_plain_text_of_documents(tmp_path: Path) -> None:
    def document(name: str, kind: str, text: bytes, **more: Any) -> dict[str, Any]:
        data = base64.b64encode(text).decode()
        content = [{"attachment": {"contentType": kind, "data": data}}]
        named = {"text": "Discharge summary"}
        return of("DocumentReference", name, date="2020-01-05", type=named, content=content) | more

    found = opened(
        tmp_path,
        patient(),
        document("d1", "text/plain; charset=utf-8", "Müdigkeit".encode()),
        document("d2", "application/pdf", b"%PDF"),
        document("d3", "text/plain", b"\xff\xfe"),
        document("d4", "text/plain", b"mistake", status="entered-in-error"),
        of("DocumentReference", "d5", content=[{"attachment": {"url": "Binary/7"}}]),
    )
    assert found.rows("FROM note") == [
        {
            "person": "p1",
            "time": DAY(2020, 1, 5),
            "kind": "Discharge summary",
            "text": "Müdigkeit",
            "source": "DocumentReference/d1",
        }
    ]
    assert (
        "2 of 5 documents hold no plain text (a link, or another format); they are not among the "
        "notes." in found.notes
    )


def test_odd_shapes_are_nothing_and_never_a_crash(tmp_path: Path) -> None:
    found = opened(
        tmp_path,
        patient(identifier="77", link=5, name=None),
        condition("c1", subject="Patient/p1"),
        condition("c2", code="M33"),
        condition("c3", **{"code": {"coding": {"code": "M33"}}}),
        of("Encounter", "e1", period="2020", **{"class": "IMP"}),
    )
    assert found.events("source, code") == []
    assert found.values("SELECT count(*) FROM person") == [1]


def test_a_visit_that_ends_before_it_starts_is_one_of_a_day(tmp_path: Path) -> None:
    backwards = {"start": "2020-03-09", "end": "2020-03-01"}
    stay = of("Encounter", "e1", status="finished", period=backwards) | {"class": {"code": "IMP"}}
    found = opened(tmp_path, patient(), stay)
    assert found.rows('SELECT start, "end" FROM visit') == [
        {"start": dt.date(2020, 3, 9), "end": dt.date(2020, 3, 9)}
    ]
    assert "Encounter: 1 end before they start; they were taken to last one day." in found.notes
