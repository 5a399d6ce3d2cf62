"""The studies that the language must be able to say, each run on made-up patients.

What is expected is worked out by hand beside each. The same protocol runs on a chart table and on
event records, and gives the same answers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import casewise
from casewise.results import BinaryOutcome, DurationOutcome, Results
from redcap_support import dictionary
from ten_support import EXAMPLES, run

CELECOXIB = EXAMPLES.parent / "celecoxib_diclofenac" / "study.yaml"
FORMS = pytest.mark.parametrize("form", ["charts", "events"])


def arms(results: Results) -> dict[str, int]:
    return {arm.name: arm.n for arm in results.arms}


def events(results: Results, name: str) -> dict[str, tuple[int, int]]:
    outcome = results.outcomes[name]
    assert isinstance(outcome, BinaryOutcome)
    return {arm: (cell.events, cell.n) for arm, cell in outcome.arms.items()}


def values(results: Results, name: str) -> dict[str, tuple[float, ...]]:
    outcome = results.outcomes[name]
    assert isinstance(outcome, DurationOutcome)
    return {arm: cell.values for arm, cell in outcome.arms.items()}


def left(results: Results) -> list[int]:
    return [step.remaining for step in results.attrition]


def numbers(results: Results, name: str) -> dict[str, tuple[int, float | None]]:
    row = next(one for one in results.baseline if one.name == name)
    return {arm: (cell.n, cell.median) for arm, cell in row.arms.items()}


def test_3_new_users_against_an_active_comparator(tmp_path: Path) -> None:
    people = {
        # a and b are watched a year before; c not; d bled before; e took both on one day; f bled
        # too late.
        "a": "F 1950-01-01 | celecoxib 2020-06-01; haemorrhage 2020-07-01; seen 2021-12-31",
        "b": "M 1950-01-01 | diclofenac 2020-06-01; celecoxib 2020-08-01; seen 2021-12-31",
        "c": "M 1950-01-01 | celecoxib 2020-06-01; seen 2021-12-31",
        "d": "M 1950-01-01 | haemorrhage 2020-05-31; diclofenac 2020-06-01; seen 2021-12-31",
        "e": "M 1950-01-01 | celecoxib 2020-06-01; diclofenac 2020-06-01; seen 2021-12-31",
        "f": "M 1950-01-01 | diclofenac 2020-06-01; haemorrhage 2021-06-02; seen 2021-12-31",
    }
    # A record of anything else a year before day 0 makes the period of observation begin there.
    early = "transplant work-up 2019-01-01"
    people = {n: t if n == "c" else t.replace("| ", f"| {early}; ") for n, t in people.items()}
    text = CELECOXIB.read_text(encoding="utf-8")
    file = tmp_path / "study.yaml"
    work_up = "events:\n  transplant work-up: {observation: work-up}"
    file.write_text(text.replace("events:", work_up, 1), encoding="utf-8")
    results = run(tmp_path, file, people, "events")
    # In the records 6; first of either 6; watched 5; no bleed before 4; one arm 3.
    assert left(results) == [6, 6, 5, 4, 3]
    assert arms(results) == {"celecoxib": 1, "diclofenac": 2}
    # f bled on day 366.
    assert events(results, "haemorrhage by 1 year") == {"celecoxib": (1, 1), "diclofenac": (0, 2)}


@FORMS
def test_4_time_before_a_transplant_counts_as_waiting(tmp_path: Path, form: str) -> None:
    people = {
        "a": "M 1960-01-01 | acceptance 2020-01-01; transplant 2020-02-01; death 2020-06-01; "
        "seen 2020-06-01",
        "b": "F 1960-01-01 | acceptance 2020-01-01; death 2020-01-20; seen 2020-01-20",
        "c": "M 1960-01-01 | prior surgery 2015-01-01; acceptance 2020-01-01; "
        "transplant 2020-01-11; seen 2021-06-01",
        "d": "M 1960-01-01 | acceptance 2020-01-01; seen 2021-06-01",
    }
    results = run(tmp_path, EXAMPLES / "04_heart_transplant.yaml", people, form)
    assert arms(results) == {"transplant": 2, "waiting": 2}
    assert numbers(results, "age") == {"transplant": (2, 60.0), "waiting": (2, 60.0)}
    prior = next(row for row in results.baseline if row.name == "prior surgery")
    assert prior.arms["transplant"].counts["yes"] == 1
    assert "time-dependent" in results.to_json()


ESCALATION = {
    # Ventilated on days 1 to 10: 18 of 28 days are free. The worst gas of days -2 to 0 is 90.
    "a": "F 1960-01-01 | pneumonia stay 2020-01-01..2020-01-20; intubation 2020-01-02; "
    "ventilation 2020-01-02..2020-01-11; steroid 2020-01-03; antibiotic 2020-01-01; "
    "antibiotic 2020-01-02; antibiotic 2020-01-03; blood gas 2019-12-29 = 50; "
    "blood gas 2019-12-30 = 90; blood gas 2020-01-01 = 120; seen 2020-12-31",
    # Ventilated on days 0 to 27: one day is free. A steroid on day 3, three after intubation. Of
    # three doses one was years before: the course was not completed.
    "b": "M 1960-01-01 | pneumonia stay 2020-01-01..2020-02-20; intubation 2020-01-01; "
    "ventilation 2020-01-01..2020-01-28; steroid 2020-01-04; antibiotic 2018-01-01; "
    "antibiotic 2020-01-01; antibiotic 2020-01-05; blood gas 2020-01-01 = 150; seen 2020-12-31",
    # Off the ventilator on day 5, dead on day 14: none.
    "c": "M 1960-01-01 | pneumonia stay 2020-01-01..2020-01-15; intubation 2020-01-02; "
    "ventilation 2020-01-02..2020-01-05; death 2020-01-15; seen 2020-01-15",
    "intubated on day 4": "M 1960-01-01 | pneumonia stay 2020-01-01..2020-01-20; "
    "intubation 2020-01-05; ventilation 2020-01-05..2020-01-08; seen 2020-12-31",
    "sixteen": "M 2003-06-01 | pneumonia stay 2020-01-01..2020-01-20; intubation 2020-01-01; "
    "ventilation 2020-01-01..2020-01-08; seen 2020-12-31",
}


@FORMS
def test_5_escalation(tmp_path: Path, form: str) -> None:
    results = run(tmp_path, EXAMPLES / "05_escalation.yaml", ESCALATION, form)
    assert left(results) == [5, 5, 4, 3, 3]
    assert arms(results) == {"early steroid": 1, "later or never": 2}
    free = values(results, "ventilator-free days to day 28")
    assert free == {"early steroid": (18.0,), "later or never": (0.0, 1.0)}
    completed = events(results, "course completed")
    assert completed == {"early steroid": (1, 1), "later or never": (0, 2)}
    worst = numbers(results, "worst oxygenation")
    assert worst == {"early steroid": (1, 90.0), "later or never": (1, 150.0)}


@FORMS
def test_6_readmission(tmp_path: Path, form: str) -> None:
    people = {
        # Moved to another ward on the 6th: one stay to the 10th. Seen on day 10, back on day 15.
        "a": "F 1940-01-01 | stay 2020-01-01..2020-01-05; stay 2020-01-06..2020-01-10; "
        "heart failure 2020-01-07; cardiology visit 2020-01-20; "
        "unplanned admission 2020-01-25..2020-01-27; seen 2020-12-31",
        "b": "M 1940-01-01 | stay 2020-01-01..2020-01-05; heart failure 2020-01-01; "
        "death 2020-01-20; seen 2020-01-20",
        "died in hospital": "M 1940-01-01 | stay 2020-01-01..2020-01-05; "
        "heart failure 2020-01-02; death 2020-01-05; seen 2020-01-05",
        "no heart failure": "M 1940-01-01 | stay 2020-01-01..2020-01-05; seen 2020-12-31",
        # Seen on day 27, too late; back on day 5.
        "e": "M 1940-01-01 | stay 2020-01-01..2020-01-03; heart failure 2020-01-03; "
        "cardiology visit 2020-01-30; unplanned admission 2020-01-08..2020-01-09; seen 2020-12-31",
    }
    results = run(tmp_path, EXAMPLES / "06_readmission.yaml", people, form)
    assert left(results) == [5, 4, 3, 3]
    assert arms(results) == {"seen within 14 days": 1, "not seen": 2}
    back = events(results, "readmitted by 30 days")
    assert back == {"seen within 14 days": (1, 1), "not seen": (1, 2)}
    timed: Any = results.outcomes["next unplanned admission"]
    assert timed.arms["not seen"].competing == 1
    assert timed.arms["seen within 14 days"].curve.time == (15.0,)


@FORMS
def test_7_before_and_after(tmp_path: Path, form: str) -> None:
    people = {
        "a": "F 1950-01-01 | diagnosis 2018-05-01; death 2018-06-01; seen 2018-06-01",
        "b": "M 1950-01-01 | diagnosis 2019-12-31; seen 2023-12-31",
        "between": "M 1950-01-01 | diagnosis 2020-06-01; diagnosis 2021-06-01; seen 2023-12-31",
        "d": "M 1950-01-01 | diagnosis 2021-01-01; diagnosis 2022-01-01; seen 2023-12-31",
        "e": "M 1950-01-01 | diagnosis 2022-12-31; death 2023-06-01; seen 2023-06-01",
    }
    results = run(tmp_path, EXAMPLES / "07_before_and_after.yaml", people, form)
    assert left(results) == [5, 5, 4, 4]
    assert arms(results) == {"after": 2, "before": 2}
    assert events(results, "death by 90 days") == {"after": (0, 2), "before": (1, 2)}


@FORMS
def test_8_three_arms_by_dose(tmp_path: Path, form: str) -> None:
    people = {
        "1.0 g": "F 1950-01-01 | admission 2020-01-01..2020-01-20; steroid 2020-01-01 = 0.5; "
        "steroid 2020-01-07 = 0.5; infection 2020-01-11; seen 2020-12-31",
        # The second dose is of day 7, no more in the first week.
        "0.5 g": "M 1950-01-01 | admission 2020-01-01..2020-01-20; steroid 2020-01-02 = 0.5; "
        "steroid 2020-01-08 = 0.6; seen 2020-12-31",
        "none": "M 1950-01-01 | admission 2020-01-01..2020-01-20; seen 2020-12-31",
        "none, infected": "M 1950-01-01 | admission 2020-01-01..2020-01-20; "
        "infection 2020-01-20; seen 2020-12-31",
    }
    results = run(tmp_path, EXAMPLES / "08_dose.yaml", people, form)
    assert arms(results) == {"1 g and over": 1, "under 1 g": 1, "none": 2}
    assert events(results, "infection by 30 days") == {
        "1 g and over": (1, 1),
        "under 1 g": (0, 1),
        "none": (1, 2),
    }


@FORMS
def test_9_matched_on_time(tmp_path: Path, form: str) -> None:
    people = {
        # Day 60 after the diagnosis is day 0.
        "a": "F 1970-01-01 | diagnosis 2020-01-01; biologic 2020-03-01; relapse 2020-06-01; "
        "seen 2022-12-31",
        # Day 60 is 31 July 2019, at 48 years; a is 50. One relapse before, one after.
        "b": "F 1971-06-01 | diagnosis 2019-06-01; relapse 2019-07-01; relapse 2019-12-01; "
        "seen 2022-12-31",
        "a man": "M 1970-01-01 | diagnosis 2020-01-01; seen 2022-12-31",
        "too young": "F 1980-01-01 | diagnosis 2020-01-01; seen 2022-12-31",
        "dead by then": "F 1970-01-01 | diagnosis 2020-01-01; death 2020-01-30; seen 2020-01-30",
    }
    results = run(tmp_path, EXAMPLES / "09_matched_on_time.yaml", people, form)
    assert left(results) == [5, 5, 2, 2]
    assert arms(results) == {"biologic": 1, "still untreated": 1}
    assert numbers(results, "age") == {"biologic": (1, 50.0), "still untreated": (1, 48.0)}
    before = numbers(results, "relapses before")
    assert before == {"biologic": (1, 0.0), "still untreated": (1, 1.0)}
    relapsed = events(results, "relapse by 1 year")
    assert relapsed == {"biologic": (1, 1), "still untreated": (1, 1)}
    assert any(note.about == "Matching on time" for note in results.notes)


REGISTRY_FIELDS = (
    ("record_id", "enrolment", "text", "Record ID", "", "", "", ""),
    ("enrolled", "enrolment", "text", "Enrolled on", "", "date_ymd", "", ""),
    ("born", "enrolment", "text", "Born on", "", "date_ymd", "y", ""),
    ("sex", "enrolment", "radio", "Sex", "1, Male | 2, Female", "", "", ""),
    ("hospital", "enrolment", "radio", "Hospital", "1, north | 2, south", "", "", ""),
    ("smoker", "enrolment", "yesno", "Smoker?", "", "", "", ""),
    ("pregnant", "enrolment", "yesno", "Pregnant?", "", "", "", "[sex] = '2'"),
    ("azathioprine", "enrolment", "text", "Azathioprine on", "", "date_ymd", "", ""),
    ("died", "enrolment", "text", "Died on", "", "date_ymd", "", ""),
    ("seen", "enrolment", "text", "Last seen", "", "date_ymd", "", ""),
    ("visited", "visit", "text", "Visit on", "", "date_ymd", "", ""),
    ("score", "visit", "text", "Dyspnea score", "", "number", "", ""),
)
REGISTRY = """\
record_id,redcap_repeat_instrument,redcap_repeat_instance,enrolled,born,sex,hospital,smoker,\
pregnant,azathioprine,died,seen,visited,score
a,,,2020-01-01,1960-01-01,2,1,1,0,2020-01-01,,2021-01-01,,
a,visit,1,,,,,,,,,,2020-01-15,3
a,visit,2,,,,,,,,,,2020-03-31,7
a,visit,3,,,,,,,,,,2020-04-01,9
b,,,2020-01-01,1960-01-01,1,1,0,,,,2021-01-01,,
b,visit,1,,,,,,,,,,2020-02-01,2
b,visit,2,,,,,,,,,,2020-02-20,1
c,,,2020-01-01,1960-01-01,2,2,ND,ND,,2020-02-01,2020-02-01,,
c,visit,1,,,,,,,,,,2020-01-20,5
d,,,2020-01-01,1960-01-01,1,2,1,,2020-01-01,,2021-01-01,,
"""
REGISTRY_SITE = """
records: {redcap: export.csv, dictionary: dictionary.csv}
notice: These patients are made up.
patient: record_id
extracted: 2024-12-31
missing: ND
birth: born
sex: sex
follow up: seen
events:
  enrolment:  {date: enrolled}
  visit:      {date: visited, value: score, form: visit}
  older drug: {date: azathioprine}
  death:      {date: died}
baseline: {hospital: hospital, smoker: smoker, pregnancy: pregnant}
"""


def test_10_a_registry_with_repeated_visits(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(REGISTRY, encoding="utf-8")
    (tmp_path / "dictionary.csv").write_text(dictionary(REGISTRY_FIELDS), encoding="utf-8")
    (tmp_path / "site.yaml").write_text(REGISTRY_SITE, encoding="utf-8")
    results = casewise.run(EXAMPLES / "10_registry.yaml", tmp_path / "site.yaml")
    assert arms(results) == {"older drug": 2, "newer drug": 2}
    # a: 3 and, on day 90, 7; the 9 of day 91 is too late. d was never seen: no score is known.
    worst = values(results, "worst score in 90 days")
    assert worst == {"older drug": (7.0,), "newer drug": (2.0, 5.0)}
    (shift,) = results.outcomes["worst score in 90 days"].estimates
    assert (shift.value, shift.unit) == (3.5, "points")
    died = events(results, "death by 90 days")
    assert died == {"older drug": (0, 2), "newer drug": (1, 2)}
    cells = {row.name: row.overall for row in results.baseline}
    # Yes, no, not documented and not applicable stay apart: c does not say, b and d are men.
    smoker, pregnancy = cells["smoker"], cells["pregnancy"]
    assert (smoker.n, smoker.counts["yes"], smoker.not_documented) == (3, 2, 1)
    assert (pregnancy.n, pregnancy.not_documented, pregnancy.not_applicable) == (1, 1, 2)
    assert cells["hospital"].counts == {"north": 2, "south": 2}
