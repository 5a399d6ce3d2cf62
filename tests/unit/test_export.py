"""A cohort's labels, from a MEDS dataset and into MEDS label files. Every subject is made up."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from tests.unit.test_meds import Row, row, write

import casewise
from casewise.cli import cli

STUDY = """\
title: Exchange in myositis (the patients are made up)
events:
  flare:    {condition: myositis}
  exchange: {procedure: plasma exchange}
  lung:     {condition: lung disease}
  death:    {death: any cause}
codes:
  myositis:        {icd10cm: M33.*}
  plasma exchange: {cpt4: 36514}
  lung disease:    {icd10cm: J84.*}
cohort: {index: first flare}
arms:
  exchange:    {event: exchange, within: 30 days}
  no exchange: otherwise
baseline: [age, sex]
outcomes:
  Lung disease by 90 days: {event: lung, within: 90 days}
  death by 90 days:        {event: death, within: 90 days}
  time to death:           {time to: death}
"""


def history(subject: int, *rows: tuple[str, str]) -> list[Row]:
    birth: list[Row] = [row("MEDS_BIRTH", "1960-01-01 00:00:00"), row("GENDER//F", None)]
    made = [row(code, f"{day} 09:00:00") for code, day in rows]
    return [one | {"subject_id": subject} for one in [*birth, *made]]


def dataset(folder: Path) -> Path:
    flare, late = ("ICD10CM//M33.1", "2020-01-10"), ("ICD10CM//Z00.0", "2020-12-01")
    rows = [
        *history(3, flare, ("CPT//36514", "2020-01-12"), ("ICD10CM//J84.1", "2020-02-01"), late),
        *history(-1, flare, ("DIAGNOSIS//ICD//10//J8410", "2020-01-10"), late),
        *history(2, flare, late),
        *history(5, flare, ("ICD10CM//Z00.0", "2020-02-01")),  # not seen after February
        *history(6, flare, ("CPT//36514", "2020-01-11"), ("MEDS_DEATH", "2020-03-01")),
        *history(7, late),  # no flare: not in the cohort
    ]
    write(folder / "ds", *rows)
    (folder / "study.yaml").write_text(STUDY)
    (folder / "site.yaml").write_text("records: {meds: ds}\n")
    return folder


def invoke(folder: Path, *more: str) -> Result:
    arguments = ["export", "meds", str(folder / "study.yaml"), "--out", str(folder / "out")]
    return CliRunner().invoke(cli, [*arguments, "--quiet", *more])


def test_each_binary_outcome_is_a_label_file_of_the_patients_it_is_known_of(
    tmp_path: Path,
) -> None:
    result = invoke(dataset(tmp_path), "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == [
        {
            "outcome": "Lung disease by 90 days",
            "file": "lung_disease_by_90_days.parquet",
            "labels": 4,
            "true": 2,
            "unknown": 1,
        },
        {
            "outcome": "death by 90 days",
            "file": "death_by_90_days.parquet",
            "labels": 4,
            "true": 1,
            "unknown": 1,
        },
    ]
    table = pq.read_table(tmp_path / "out" / "lung_disease_by_90_days.parquet")
    # MEDS 0.4 asks for these types, and for no other column.
    assert {field.name: field.type for field in table.schema} == {
        "subject_id": pa.int64(),
        "prediction_time": pa.timestamp("us"),
        "boolean_value": pa.bool_(),
    }
    before = dt.datetime(2020, 1, 9, 23, 59, 59, 999999)
    assert [tuple(found.values()) for found in table.to_pylist()] == [
        (-1, before, True),
        (2, before, False),
        (3, before, True),
        (6, before, False),
    ]
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_the_same_study_runs_on_the_dataset(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    results = casewise.run(folder / "study.yaml", folder / "site.yaml")
    assert {arm.name: arm.n for arm in results.arms} == {"exchange": 2, "no exchange": 3}
    outcome = results.outcomes["Lung disease by 90 days"]
    counted = {name: (arm.events, arm.n) for name, arm in outcome.arms.items()}
    assert counted == {"exchange": (1, 2), "no exchange": (1, 2)}


def test_a_table_says_what_was_written(tmp_path: Path) -> None:
    result = invoke(dataset(tmp_path))
    assert "death_by_90_days.parquet" in result.stdout
    assert "no label" in result.stdout


def test_ids_that_are_not_whole_numbers_cannot_be_exported(tmp_path: Path) -> None:
    dataset(tmp_path)
    rows = "007,2020-01-10,M33.1,ICD10CM\n007,2020-02-10,J84.1,ICD10CM\n007,2020-02-11,36514,CPT4\n"
    (tmp_path / "events.csv").write_text("id,day,code,vocabulary\n" + rows)
    columns = "{patient: id, time: day, code: code, vocabulary: vocabulary}"
    site = f"records: {{table: events.csv, columns: {columns}}}\naccept: [codes without records]\n"
    (tmp_path / "site.yaml").write_text(site)
    result = invoke(tmp_path)
    assert result.exit_code == 11
    assert "the patients' ids are not whole numbers, which MEDS needs" in result.stderr
    assert not (tmp_path / "out").exists()


def test_a_study_without_binary_outcomes_and_a_full_folder_are_refused(tmp_path: Path) -> None:
    dataset(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    assert invoke(tmp_path).exit_code == 2
    (tmp_path / "out" / "mine.txt").unlink()
    text = STUDY.split("outcomes:")[0] + "outcomes:\n  time to death: {time to: death}\n"
    (tmp_path / "study.yaml").write_text(text)
    (tmp_path / "site.yaml").write_text("records: {meds: ds}\naccept: [codes without records]\n")
    result = invoke(tmp_path)
    assert result.exit_code == 10
    assert "the study has no binary outcome" in result.stderr


@pytest.mark.parametrize("format", ["omop", "csv"])
def test_only_meds_is_a_format(format: str) -> None:
    assert CliRunner().invoke(cli, ["export", format, "study.yaml"]).exit_code == 2
