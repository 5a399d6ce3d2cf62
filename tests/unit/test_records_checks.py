"""Contradictions in the records: found before any analysis, named by place, never by content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from casewise.records import Records
from records_support import CHARTS, HEADER, ROWS, opened, rows, site_with, study_with

SITE: dict[str, Any] = {
    "birth": "born",
    "follow up": {"end": ["last"]},
    "events": {
        "admission": {"date": "admitted"},
        "discharge": {"date": "discharged"},
        "exchange": {"date": "exchanged", "end": "exchange_end"},
        "death": {"date": "died_on"},
    },
    "baseline": {"FVC": {"column": "fvc", "measured": "fvc_on"}},
}
COLUMNS = ("born", "admitted", "discharged", "exchanged", "exchange_end", "died_on", "fvc")
PATIENT = {
    "id": "1",
    "born": "1960-05-01",
    "admitted": "2021-01-03",
    "discharged": "2021-01-20",
    "exchanged": "2021-01-05",
    "exchange_end": "2021-01-09",
    "died_on": "2021-06-01",
    "fvc": "55",
    "fvc_on": "2021-01-03",
    "last": "2021-06-01",
}


def patient(folder: Path, site: dict[str, Any] | None = None, **cells: str) -> Records:
    row = PATIENT | cells
    charts = ",".join(row) + "\n" + ",".join(row.values()) + "\n"
    return opened(folder, charts, site_with(**(SITE | (site or {}))))


def errors(found: Records) -> list[str]:
    return [str(problem) for problem in found.errors]


def test_a_sound_row_has_no_contradictions(tmp_path: Path) -> None:
    found = patient(tmp_path)
    assert errors(found) == []
    assert found.warnings == ()


def accepting(kind: str) -> str:
    return f"\n  to go on in spite of it: accept: [{kind}]"


@pytest.mark.parametrize(
    ("cells", "kind", "expected"),
    [
        (
            {"born": "2021-02-01"},
            "event before birth",
            [
                "line 2, column admitted: admission is before birth (line 2, column born)"
                + accepting("event before birth"),
                "line 2, column discharged: discharge is before birth (line 2, column born)",
                "line 2, column exchanged: exchange is before birth (line 2, column born)",
                "line 2, column exchange_end: the end of exchange is before birth "
                "(line 2, column born)",
                "line 2, column fvc: the date of FVC is before birth (line 2, column born)",
            ],
        ),
        (
            {"died_on": "2021-01-10", "last": "2021-01-10"},
            "event after death",
            [
                "line 2, column discharged: discharge is after death (line 2, column died_on)"
                + accepting("event after death")
            ],
        ),
        (
            {"died_on": "2021-01-08", "discharged": "2021-01-08", "last": "2021-01-08"},
            "event after death",
            [
                "line 2, column exchange_end: the end of exchange is after death "
                "(line 2, column died_on)" + accepting("event after death")
            ],
        ),
        (
            {"exchange_end": "2021-01-04"},
            "end before start",
            [
                "line 2, column exchange_end: exchange ends before it starts "
                "(line 2, column exchanged)" + accepting("end before start")
            ],
        ),
        (
            {"discharged": "2021-01-02"},
            "end before start",
            [
                "line 2, column discharged: discharge is before admission "
                "(line 2, column admitted)" + accepting("end before start")
            ],
        ),
        (
            {"last": "2021-01-02", "died_on": ""},
            "end before start",
            [
                "line 2, column last: follow-up ends before admission (line 2, column admitted)"
                + accepting("end before start")
            ],
        ),
        (
            {"died_on": "", "last": "2024-01-02"},
            "future date",
            [
                "line 2, column last: follow-up ends later than today" + accepting("future date"),
            ],
        ),
        (
            {"died_on": "2201-06-01"},
            "future date",
            ["line 2, column died_on: death is later than today" + accepting("future date")],
        ),
    ],
)
def test_a_contradiction_is_an_error_unless_the_site_accepts_it(
    tmp_path: Path, cells: dict[str, str], kind: str, expected: list[str]
) -> None:
    found = patient(tmp_path, **cells)
    assert errors(found) == [f"charts.csv, {one}" for one in expected]
    accepted = patient(tmp_path, {"accept": [kind]}, **cells)
    assert errors(accepted) == []
    assert len(accepted.warnings) == len(expected)
    places = f"{len(expected)} place{'s' if len(expected) > 1 else ''}"
    assert [note.text for note in accepted.notes if note.about == kind] == [
        f"The records contradict themselves ({kind}) in {places}; the site accepts it."
    ]


def test_birth_in_the_future(tmp_path: Path) -> None:
    found = patient(
        tmp_path, {"events": {"admission": {"date": "admitted"}}, "baseline": {}}, born="2201-01-01"
    )
    assert errors(found)[-1] == (
        "charts.csv, line 2, column born: birth is later than today" + accepting("future date")
    )


def test_the_future_starts_when_the_records_were_taken(tmp_path: Path) -> None:
    found = patient(tmp_path, {"extracted": "2021-05-01", "follow up": None})
    assert errors(found) == [
        "charts.csv, line 2, column died_on: death is later than the records were taken"
        + accepting("future date")
    ]


def test_no_contradiction_shows_a_patients_data(tmp_path: Path) -> None:
    found = patient(tmp_path, born="2021-02-01", died_on="2021-01-01", exchange_end="2021-01-01")
    text = "\n".join(errors(found))
    assert found.errors
    assert not any(cell in text for cell in ("2021", "55", "1960"))


def test_the_same_patient_twice_names_both_lines(tmp_path: Path) -> None:
    found = opened(tmp_path, "\n".join([HEADER, *ROWS, ROWS[0].replace("001", " 001 ")]) + "\n")
    assert errors(found) == [
        "charts.csv, line 5, column id: the same patient as in line 2, column id"
    ]


def test_two_dates_of_death_contradict_each_other(tmp_path: Path) -> None:
    causes = {"death": {"death": "any cause"}, "lung death": {"death": "lung disease"}}
    study = study_with(
        events=study_with().model_dump(by_alias=True, exclude_none=True)["events"] | causes
    )
    site = site_with(
        events={
            "admission": {"date": "admitted"},
            "death": {"date": "died_on"},
            "lung death": {"date": "discharged"},
        },
        baseline={},
    )
    charts = "id,admitted,discharged,died_on\n1,2021-01-03,2021-02-01,2021-02-02\n"
    assert errors(opened(tmp_path, charts, site, study)) == [
        "charts.csv, line 2, column discharged: another date of death than in "
        "line 2, column died_on"
    ]


def test_last_contact_after_death_is_a_warning_and_follow_up_ends_with_death(
    tmp_path: Path,
) -> None:
    found = patient(tmp_path, last="2021-07-01")
    assert errors(found) == []
    assert [str(problem) for problem in found.warnings] == [
        "charts.csv, line 2, column last: follow-up ends after death (line 2, column died_on)"
    ]
    assert rows(found, 'SELECT CAST("end" AS VARCHAR) AS e FROM observation') == [("2021-06-01",)]


def test_a_contact_before_the_index_is_no_contradiction_where_a_death_follows(
    tmp_path: Path,
) -> None:
    found = patient(tmp_path, last="2020-03-01")
    assert errors(found) == []
    assert rows(found, 'SELECT CAST("end" AS VARCHAR) AS e FROM observation') == [("2020-03-01",)]


def test_death_after_last_contact_leaves_follow_up_where_it_ended_and_is_noted(
    tmp_path: Path,
) -> None:
    found = patient(tmp_path, last="2021-03-01")
    assert found.warnings == ()
    assert rows(found, 'SELECT CAST("end" AS VARCHAR) AS e FROM observation') == [("2021-03-01",)]
    assert [note.text for note in found.notes if note.about == "follow-up"] == [
        "In 1 patient the last contact was recorded before death: until death only death itself "
        "was looked for."
    ]


def test_an_earlier_stay_is_no_contradiction_where_the_index_is_not_a_visit(
    tmp_path: Path,
) -> None:
    study = study_with(cohort={"index": "first exchange"})
    charts = (
        "id,out1,out2,exchanged\n1,2020-05-01,2021-02-01,2021-01-05\n2,2020-05-01,,2021-01-05\n"
    )
    site = site_with(
        events={
            "exchange": {"date": "exchanged"},
            "discharge": {"date": ["out1", "out2"]},
        },
        baseline={},
    )
    assert errors(opened(tmp_path, charts, site, study)) == [
        "charts.csv, line 3, column out1: discharge is before exchange (line 3, column exchanged)"
        + accepting("end before start")
    ]


def test_charts_without_contradictions_have_none(tmp_path: Path) -> None:
    found = opened(tmp_path, CHARTS)
    assert (found.errors, found.warnings) == ((), ())
