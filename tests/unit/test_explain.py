"""One patient explained: why in or out, why that arm, and the rows that say so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from casewise.cli import cli
from casewise.cohort.explaining import Explanation, explain
from omop_support import BOB, DAN, STUDY, small, write
from small_records import EVENTS, records, study

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "plasma_exchange" / "study.yaml"


def invoke(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    done = invoke("explain", EXAMPLE, "made-up-01", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def of(told: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    (found,) = (one for one in told["answers"] if (one["kind"], one["name"]) == (kind, name))
    return dict(found)


def test_each_answer_stands_beside_the_cell_it_rests_on(told: dict[str, Any]) -> None:
    assert (told["index_date"], told["left_at"]) == ("2012-06-04", "")
    assert told["arm"] == "no plasma exchange"
    myositis = of(told, "include", "myositis")
    assert myositis["answer"] == "yes"
    assert [row["source"] for row in myositis["rows"]] == [
        "charts.csv, line 2, column myositis_diagnosed"
    ]
    assert of(told, "arm", "plasma exchange")["answer"] == "no"
    stay = of(told, "outcome", "hospital stay")
    assert stay["answer"].startswith("10 days, from day 0 to day 10")
    assert stay["rows"][0]["source"] == "charts.csv, line 2, column discharged"
    assert of(told, "outcome", "failure by 1 year")["answer"].startswith("yes, on day 88")
    ferritin = of(told, "baseline", "ferritin")
    assert ferritin["answer"].startswith("340")
    assert ferritin["rows"][0]["source"].endswith("column ferritin")
    assert of(told, "harm", "bleeding")["answer"] == "not documented"
    assert of(told, "harm", "hypotension")["answer"] == "not applicable"


def test_the_time_line_is_every_row_in_the_order_of_time(told: dict[str, Any]) -> None:
    days = [row["day"] for row in told["timeline"] if row["day"] is not None]
    assert days == sorted(days)
    assert {row["event"] for row in told["timeline"]} >= {"admission", "death", "ferritin"}


def test_a_person_reads_the_picture_and_the_answers() -> None:
    text = invoke("explain", EXAMPLE, "made-up-01").stdout
    assert 'In the study, in the arm "no plasma exchange"' in text
    assert "|" in text
    assert "charts.csv, line 2, column died" in text


def test_an_unknown_patient_is_an_error_that_names_nobody() -> None:
    done = invoke("explain", EXAMPLE, "made-up-99")
    assert (done.exit_code, done.stdout) == (11, "")
    assert ": there is no such patient" in done.stderr
    assert "made-up" not in done.stderr


def test_an_id_may_be_a_negative_number_and_a_mistyped_option_is_none() -> None:
    for given, code, said in (("-7", 11, "no such patient"), ("--jsno", 2, "No such option")):
        done = invoke("explain", EXAMPLE, given)
        assert (done.exit_code, done.stdout) == (code, "")
        assert said in done.stderr


def made(person: str, **parts: Any) -> Explanation:
    source = records(
        {"in": {"age": 50, "last": "2022-01-01"}, "out": {"age": 50}, "none": {}},
        [
            ("in", "admission", "2020-01-01"),
            ("in", "drug", "2020-01-03"),
            ("in", "stroke", "2020-01-05", 3),
            ("out", "admission", "2020-01-01"),
            ("out", "stroke", "2019-12-31"),
            ("out", "drug", "?"),
        ],
    )
    cohort = {
        "index": "first admission",
        "include": {"adult": {"age": ">= 18"}},
        "exclude": {"stroke": {"any of": [{"event": "stroke"}, {"not": {"age": "< 90"}}]}},
    }
    return explain(study(**{"cohort": cohort} | parts), source, person)


def test_why_a_patient_is_out_and_which_part_of_the_criterion_says_so() -> None:
    found = made("out")
    assert (found.left_at, found.arm) == ("stroke", "")
    (stroke,) = (one for one in found.answers if one.name == "stroke")
    assert stroke.answer == "yes"
    assert [part.answer for part in stroke.parts] == ["yes", "no"]
    assert [row.date for row in stroke.parts[0].rows] == ["2019-12-31"]
    (drug,) = (one for one in found.answers if one.kind == "arm")
    assert drug.answer == "not documented"


def test_a_patient_without_a_day_0_is_explained_too() -> None:
    found = made("none")
    assert (found.index_date, found.left_at, found.answers) == (None, "first admission", ())


def test_who_had_the_index_event_while_nobody_watched_is_told_so(tmp_path: Path) -> None:
    cdm = small()
    cdm["death"] = [{"person_id": BOB, "death_date": "2020-01-31"}]
    write(tmp_path / "cdm", cdm)
    for name, data in (("study", STUDY), ("site", {"records": {"omop": "cdm"}})):
        (tmp_path / f"{name}.yaml").write_text(json.dumps(data), encoding="utf-8")
    text = invoke("explain", tmp_path / "study.yaml", str(BOB)).stdout
    assert "no day 0 (first start on a day that the patient was watched)" in text
    text = invoke("explain", tmp_path / "study.yaml", str(DAN)).stdout
    assert "no day 0 (first start)." in text


def test_a_made_up_event_is_traced_to_the_rows_behind_it() -> None:
    events = EVENTS | {"bad": {"any of": ["stroke", "death"], "within": "3 days", "of": "drug"}}
    outcomes = {
        "bad": {"event": "bad", "within": "30 days"},
        "score": {"event": "stroke", "take": "highest", "within": "30 days"},
        "free": {"days free of": "stroke", "within": "10 days"},
    }
    found = made("in", events=events, outcomes=outcomes)
    told = {one.name: one for one in found.answers if one.kind == "outcome"}
    assert told["bad"].answer == "yes, on day 4"
    assert [row.event for row in told["bad"].rows] == ["stroke"]
    assert (told["score"].answer, told["free"].answer) == ("3", "9 days")
