"""``casewise codes check``: what each code carries, on made-up records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from ruamel.yaml import YAML

from casewise.cli import cli
from fhir_support import ICD10CM, SNOMED, of, patient
from fhir_support import concept as fhir_concept
from fhir_support import condition as fhir_condition
from fhir_support import write as fhir_write
from omop_support import (
    ANN,
    BLEED,
    BOB,
    DEEP_BLEED,
    STUDY,
    ancestor,
    concept,
    condition,
    small,
    write,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    cdm = small()
    cdm["condition_occurrence"] = [
        condition(ANN, BLEED, "2020-03-01"),
        condition(ANN, BLEED, "2020-04-01"),
        condition(BOB, DEEP_BLEED, "2020-03-01"),
    ]
    cdm["concept"] = [
        concept(BLEED, "SNOMED", "74474003", "Gastrointestinal bleeding"),
        concept(DEEP_BLEED, "SNOMED", "12063002", "Rectal bleeding"),
    ]
    cdm["concept_ancestor"] = [ancestor(BLEED, BLEED), ancestor(BLEED, DEEP_BLEED)]
    write(tmp_path / "cdm", cdm)
    return tmp_path


def checked(folder: Path, bleeding: dict[str, Any], *options: str) -> Result:
    study = STUDY | {"codes": STUDY["codes"] | {"bleeding": bleeding}}
    for name, data in (("study", study), ("site", {"records": {"omop": "cdm"}})):
        with (folder / f"{name}.yaml").open("w", encoding="utf-8") as file:
            YAML(pure=True).dump(data, file)
    return CliRunner().invoke(cli, ["codes", "check", str(folder / "study.yaml"), *options])


def test_each_code_is_counted_with_what_lies_under_it_and_is_left_out(folder: Path) -> None:
    done = checked(folder, {"omop": [BLEED, 999]}, "--json")
    assert done.exit_code == 0, done.output
    bleeding = json.loads(done.stdout)["lists"][2]
    assert (bleeding["name"], bleeding["domain"]) == ("bleeding", "condition")
    assert (bleeding["records"], bleeding["patients"]) == (2, 1)
    name = "Gastrointestinal bleeding"
    found, unknown = bleeding["codes"]
    assert found == {
        "code": "OMOP 200", "name": name, "known": True, "records": 2, "patients": 1
    }  # fmt: skip
    assert (unknown["known"], unknown["records"]) == (False, 0)
    assert bleeding["left_out"] == [["SNOMED 12063002 (Rectal bleeding)", 1]]


def test_with_descendants_nothing_is_left_out(folder: Path) -> None:
    done = checked(folder, {"snomed": "74474003", "descendants": True})
    assert done.exit_code == 0, done.output
    assert "bleeding (condition): 3 records, 2 patients" in done.stdout
    assert "SNOMED 74474003  yes    3        2         Gastrointestinal bleeding" in done.stdout
    assert "Left out" not in done.stdout


def test_descendants_that_nothing_tells_are_said_once_and_where(folder: Path) -> None:
    (folder / "cdm" / "concept_ancestor.parquet").unlink()
    done = checked(folder, {"snomed": "74474003", "descendants": True})
    assert done.exit_code == 11
    assert done.stderr.count("asks for descendants") == 1
    assert done.stderr.startswith('codes > bleeding: the code list "bleeding" asks')


def test_a_list_that_matches_nothing_names_the_nearest_codes(folder: Path) -> None:
    done = checked(folder, {"snomed": "74474004"})
    assert done.exit_code == 11
    assert "bleeding (condition): 0 records, 0 patients" in done.stdout
    assert "the nearest codes that occur: SNOMED 74474003 (Gastrointestinal" in done.stderr


def test_a_list_that_matches_nothing_is_named_at_its_line_or_at_that_of_its_event(
    folder: Path,
) -> None:
    done = checked(folder, {"omop": 999})
    line = next(
        number
        for number, text in enumerate((folder / "study.yaml").read_text().splitlines(), start=1)
        if text.strip() == "bleeding:"
    )
    assert f"study.yaml:{line}:3: the code list" in done.stderr
    bound = {"records": {"omop": "cdm"}, "events": {"bleed": {"condition": {"omop": 999}}}}
    with (folder / "site.yaml").open("w", encoding="utf-8") as file:
        YAML(pure=True).dump(bound, file)
    ran = CliRunner().invoke(cli, ["run", str(folder / "study.yaml"), "--dry-run"])
    assert 'site.yaml:4:3: the code list "condition of bleed" matches no condition' in ran.stderr


def test_what_the_list_excepts_or_matches_otherwise_is_not_left_out(folder: Path) -> None:
    excepted = {"omop": BLEED, "except": {"omop": DEEP_BLEED}}
    assert "Left out" not in checked(folder, excepted).stdout
    assert "Left out" not in checked(folder, {"omop": [BLEED, DEEP_BLEED]}).stdout


def test_a_list_whose_children_alone_occur_names_them(folder: Path) -> None:
    (folder / "cdm" / "condition_occurrence.parquet").unlink()
    write(folder / "cdm", {"condition_occurrence": [condition(BOB, DEEP_BLEED, "2020-03-01")]})
    done = checked(folder, {"omop": BLEED})
    assert done.exit_code == 11
    assert (
        'codes under its own occur: SNOMED 12063002 (Rectal bleeding), 1 records; "descendants: '
        'yes" takes them in' in done.stderr
    )


def test_a_concept_id_in_the_place_of_a_code_is_told(folder: Path) -> None:
    done = checked(folder, {"snomed": str(BLEED)})
    assert done.exit_code == 11
    assert "200 is the OMOP concept Gastrointestinal bleeding: omop: 200" in done.stderr


def test_numbers_that_begin_alike_are_not_near_but_words_are(folder: Path) -> None:
    done = checked(folder, {"snomed": "7447"})
    assert "occur: SNOMED 74474003 (Gastrointestinal bleeding), SNOMED 12063002" in done.stderr
    study = STUDY | {
        "events": STUDY["events"] | {"bleed": {"condition": "colour"}},
        "codes": STUDY["codes"] | {"colour": {"snomed": "7447"}},
    }
    with (folder / "study.yaml").open("w", encoding="utf-8") as file:
        YAML(pure=True).dump(study, file)
    done = CliRunner().invoke(cli, ["codes", "check", str(folder / "study.yaml")])
    assert "nearest" not in done.stderr


FHIR_STUDY: dict[str, Any] = {
    "title": "Made up",
    "events": {"myositis": {"condition": "myositis"}, "drug": {"drug": "the drug"}},
    "cohort": {"index": "first myositis"},
    "arms": {"drug": {"event": "drug", "within": "9 days"}, "none": "otherwise"},
    "outcomes": {"drug": {"event": "drug", "within": "90 days"}},
}


def fhir(folder: Path, myositis: dict[str, Any], drug: dict[str, Any], *command: str) -> Result:
    def coded(name: str, code: str, display: str | None, **more: Any) -> dict[str, Any]:
        coding = {"system": ICD10CM, "code": code} | ({"display": display} if display else {})
        return fhir_condition(name, code={"coding": [coding]}, **more)

    both = fhir_concept((ICD10CM, "M33.2"), (SNOMED, "31384009"))
    fhir_write(
        folder / "export",
        patient(),
        coded("c1", "M33.1", "Dermatomyositis"),
        coded("c2", "M33.1", "Dermatomyositis"),
        coded("c3", "M33.1", "DM", onsetDateTime="2020-05-01"),
        coded("c4", "M33.90", None),
        coded("c5", "J84.1", "Fibrosis of the lung"),
        fhir_condition("c6", code=both),
        of(
            "MedicationRequest",
            "m1",
            medicationCodeableConcept={
                "coding": [
                    {
                        "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
                        "code": "121191",
                        "display": "rituximab",
                    }
                ]
            },
            authoredOn="2020-03-05",
        ),
    )
    study = FHIR_STUDY | {"codes": {"myositis": myositis, "the drug": drug}}
    for name, data in (("study", study), ("site", {"records": {"fhir": "export"}})):
        with (folder / f"{name}.yaml").open("w", encoding="utf-8") as file:
            YAML(pure=True).dump(data, file)
    named = command or ("codes", "check")
    return CliRunner().invoke(cli, [*named[:2], str(folder / "study.yaml"), *named[2:]])


def test_fhir_codes_are_called_what_most_codings_call_them(tmp_path: Path) -> None:
    done = fhir(tmp_path, {"icd10cm": ["M33.1", "M33.9*"]}, {"rxnorm": "121191"})
    assert done.exit_code == 0, done.output
    assert "ICD10CM M33.1   yes    3        1         Dermatomyositis" in done.stdout
    assert "ICD10CM M33.9*  yes    1        1" in done.stdout
    assert "RxNorm 121191  yes    1        1         rituximab" in done.stdout


def test_longer_icd_codes_in_fhir_are_left_out_unless_another_coding_is_listed(
    tmp_path: Path,
) -> None:
    lists = ({"icd10cm": ["M33", "M33.1"], "snomed": "31384009"}, {"rxnorm": "121191"})
    done = fhir(tmp_path, *lists, "codes", "check", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["lists"][0]["left_out"] == [["ICD10CM M33.90", 1]]


def test_a_list_that_matches_nothing_in_fhir_names_what_is_near(tmp_path: Path) -> None:
    done = fhir(tmp_path, {"icd10cm": "M33"}, {"local": "rituximab"})
    assert done.exit_code == 11
    assert (
        "codes under its own occur: ICD10CM M33.1 (Dermatomyositis), 3 records; ICD10CM M33.2, 1 "
        "records; ICD10CM M33.90, 1 records; a * at the end of the code takes them in"
    ) in done.stderr
    assert "the nearest codes that occur: RxNorm 121191 (rituximab);" in done.stderr
    again = fhir(tmp_path, {"icd10cm": "M34.1"}, {"rxnorm": "121192"})
    assert "occur: ICD10CM M33.1 (Dermatomyositis), " in again.stderr
    assert "occur: RxNorm 121191 (rituximab);" in again.stderr


def test_explain_says_what_each_record_is_coded_as(tmp_path: Path) -> None:
    lists = ({"icd10cm": "M33.*"}, {"rxnorm": "121191"})
    fhir(tmp_path, *lists)
    done = CliRunner().invoke(cli, ["explain", str(tmp_path / "study.yaml"), "p1", "--json"])
    assert done.exit_code == 0, done.output
    codes = {row["source"]: row["code"] for row in json.loads(done.stdout)["timeline"]}
    assert codes["Condition/c1"] == "ICD10CM M33.1 (Dermatomyositis)"
    assert codes["Condition/c6"] == "ICD10CM M33.2; SNOMED 31384009"
    assert codes["MedicationRequest/m1"] == "RxNorm 121191 (rituximab)"
    shown = CliRunner().invoke(cli, ["explain", str(tmp_path / "study.yaml"), "p1"]).stdout
    assert "RxNorm 121191 (rituximab)        MedicationRequest/m1" in shown


def test_explain_says_in_omop_what_the_vocabulary_calls_it(folder: Path) -> None:
    checked(folder, {"omop": BLEED})
    done = CliRunner().invoke(cli, ["explain", str(folder / "study.yaml"), str(ANN), "--json"])
    assert done.exit_code == 0, done.output
    codes = {row["event"]: row["code"] for row in json.loads(done.stdout)["timeline"]}
    assert codes["bleed"] == "SNOMED 74474003 (Gastrointestinal bleeding)"


def test_a_chart_table_has_no_codes(tmp_path: Path) -> None:
    example = Path(__file__).resolve().parents[2] / "examples" / "plasma_exchange"
    done = CliRunner().invoke(cli, ["codes", "check", str(example / "study.yaml")])
    assert done.exit_code == 11
    assert "a chart table has no codes to check" in done.stderr
