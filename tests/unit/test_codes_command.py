"""``casewise codes check``: what each code carries, on made-up records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from ruamel.yaml import YAML

from casewise.cli import cli
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


def test_a_chart_table_has_no_codes(tmp_path: Path) -> None:
    example = Path(__file__).resolve().parents[2] / "examples" / "plasma_exchange"
    done = CliRunner().invoke(cli, ["codes", "check", str(example / "study.yaml")])
    assert done.exit_code == 11
    assert "a chart table has no codes to check" in done.stderr
