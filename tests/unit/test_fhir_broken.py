"""What is said of an export that cannot be read. Every resource here is made up."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from tests.fhir_support import Opened, bundle, condition, of, patient, write

from casewise.errors import RecordsError

GOOD = json.dumps(patient())
DATES = "\n  FHIR dates are 2021, 2021-03, 2021-03-14 or 2021-03-14T09:30:00+01:00"


def refused(path: Path) -> str:
    with pytest.raises(RecordsError) as caught:
        Opened(path)
    return str(caught.value).replace(path.name, "export")


def test_a_gzip_file_without_its_ending_is_told(tmp_path: Path) -> None:
    (tmp_path / "e.ndjson").write_bytes(gzip.compress(GOOD.encode()))
    said = "e.ndjson: a gzip file\n  a gzip file is known by its name: e.ndjson.gz"
    assert refused(tmp_path) == said


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            GOOD + '\n{"resourceType": "Condition", \n',
            "e.ndjson:2:31: not JSON: expecting property name enclosed in double quotes",
        ),
        (GOOD + "\n\n{}\n", 'e.ndjson:3: no "resourceType": not a FHIR resource'),
        (
            GOOD + '\n{"resourceType": 5}\n{"resourceType": ""}\n',
            'e.ndjson:2: no "resourceType": not a FHIR resource\n'
            'e.ndjson:3: no "resourceType": not a FHIR resource',
        ),
        (GOOD + "\n[1]\n", "e.ndjson:2: not a JSON object"),
        (GOOD + "\n7\n", "e.ndjson:2: not a JSON object"),
        (GOOD + '\n"x"\n', "e.ndjson:2: not a JSON object"),
        (
            GOOD + GOOD + "\n",
            f"e.ndjson:1:{len(GOOD) + 1}: not JSON: a second value after the first",
        ),
        (
            "\ufeff" + GOOD + "\n",
            "e.ndjson:1: begins with a byte order mark, which NDJSON has not\n"
            "  save the file as UTF-8 without a byte order mark",
        ),
        ("", "export: no Patient resources; found: none"),
        ("\n\n", "export: no Patient resources; found: none"),
        (
            '{"resourceType": "Claim", "id": "1"}\n',
            "export: no Patient resources; found: 1 Claim",
        ),
    ],
)
def test_lines_that_are_not_resources_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "e.ndjson").write_text(text, encoding="utf-8")
    found = refused(tmp_path)
    # The words for broken JSON are Python's, and differ between its versions.
    assert found.split("not JSON")[0] == message.split("not JSON")[0]
    assert "not JSON" in message or found == message


def test_every_broken_line_of_every_file_is_named_to_the_first_fifty(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(GOOD + "\n{\n{\n")
    (tmp_path / "b.ndjson").write_text("nothing\n" * 100)
    with pytest.raises(RecordsError) as caught:
        Opened(tmp_path)
    problems = caught.value.problems
    assert [(p.file, p.line) for p in problems[:3]] == [
        ("a.ndjson", 2),
        ("a.ndjson", 3),
        ("b.ndjson", 1),
    ]
    assert len(problems) == 50
    assert all(problem.source == "" for problem in problems)


def test_bytes_that_are_not_utf_8_are_named(tmp_path: Path) -> None:
    (tmp_path / "e.ndjson").write_bytes(GOOD.encode() + b'\n{"resourceType": "\xff"}\n')
    assert refused(tmp_path) == "e.ndjson:2: byte 0xFF is not UTF-8"


@pytest.mark.parametrize("data", [GOOD.encode(), gzip.compress(GOOD.encode() * 50)[:-9], b""])
def test_a_file_that_is_not_whole_gzip_is_named(tmp_path: Path, data: bytes) -> None:
    write(tmp_path, patient())
    (tmp_path / "z.ndjson.gz").write_bytes(data)
    expected = "z.ndjson.gz: not a whole gzip file\n  export or copy it again"
    assert refused(tmp_path) == expected


def test_a_broken_bundle_is_named_with_its_line(tmp_path: Path) -> None:
    text = json.dumps(bundle(patient()), indent=1)
    (tmp_path / "b.json").write_text(text[:-5])
    assert refused(tmp_path).startswith("b.json:")
    assert "not JSON" in refused(tmp_path)


def test_a_folder_without_files_and_no_folder_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none") == f"{tmp_path}/export: no such file or folder"
    assert refused(tmp_path) == (
        "export: no FHIR files in this folder\n"
        "  a bulk export has files such as Patient.ndjson or Patient.ndjson.gz; a Bundle .json"
    )


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ([patient(birthDate="4 May 1960")], f'1: "4 May 1960" is not a date{DATES}'),
        ([patient(birthDate=1960.5)], f'1: "1960.5" is not a date{DATES}'),
        ([patient(deceasedDateTime="2021-02-30")], f'1: "2021-02-30" is not a date{DATES}'),
        (
            [patient(), condition(onsetDateTime="2020-13")],
            f'2: "2020-13" is not a date{DATES}',
        ),
        (
            [patient(), condition(abatementDateTime="2020-01-01T")],
            f'2: "2020-01-01T" is not a date{DATES}',
        ),
        (
            [patient(), of("Encounter", "e", period={"start": "soon"})],
            f'2: "soon" is not a date{DATES}',
        ),
        (
            [patient(), of("Observation", "o", valueQuantity={"value": "high"})],
            '2: "high" is not a number',
        ),
        (
            [patient(), of("MedicationRequest", "m", authoredOn="20200101")],
            f'2: "20200101" is not a date{DATES}',
        ),
    ],
)
def test_dates_and_numbers_that_cannot_be_read_are_named(
    tmp_path: Path, resources: list[dict[str, object]], message: str
) -> None:
    write(tmp_path, *resources)
    assert refused(tmp_path) == f"export.ndjson:{message}"


def test_all_unreadable_dates_are_named_at_once_and_many_counted(tmp_path: Path) -> None:
    write(tmp_path, patient(birthDate="x"), name="Patient.ndjson")
    many = [condition(f"c{n}", onsetDateTime="y") for n in range(60)]
    write(tmp_path, *many, name="Condition.ndjson")
    with pytest.raises(RecordsError) as caught:
        Opened(tmp_path)
    problems = caught.value.problems
    assert problems[0].file == "Patient.ndjson"
    assert len(problems) == 52
    assert problems[-1].message == "and 10 more like these in Condition"


def test_in_a_bundle_the_kind_of_the_resource_stands_for_its_line(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(json.dumps(bundle(patient(birthDate="x"))))
    assert refused(tmp_path) == f'b.json, a Patient: "x" is not a date{DATES}'
