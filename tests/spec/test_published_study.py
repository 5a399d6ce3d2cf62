"""The bundled example, run whole, gives every figure that the published summary gives."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest

import casewise
from casewise import demo
from casewise.results import (
    BinaryOutcome,
    CountOutcome,
    DurationOutcome,
    Results,
    TimeToEventOutcome,
)

EXAMPLE = Path(__file__).parents[2] / "examples" / "plasma_exchange"
TREATED, CONTROL = "plasma exchange", "no plasma exchange"


@pytest.fixture(scope="module")
def results() -> Results:
    return casewise.run(EXAMPLE / "study.yaml", EXAMPLE / "site.yaml")


def test_every_published_figure_is_ours_too(results: Results) -> None:
    rows = demo.compare(results, EXAMPLE / "published.yaml")
    assert len(rows) == 16
    assert [(row.what, row.ours) for row in rows] == [(row.what, row.published) for row in rows]


def test_nine_and_six_patients_are_left_of_nineteen_charts(results: Results) -> None:
    assert [(arm.name, arm.n) for arm in results.arms] == [(TREATED, 9), (CONTROL, 6)]
    flow = [(step.criterion, step.excluded, step.unknown) for step in results.attrition]
    assert results.attrition[0].remaining == 19
    assert results.attrition[-1].remaining == 15
    assert ("adult", 1, 0) in flow
    assert ("myositis", 2, 1) in flow
    assert ("lung transplant before", 1, 0) in flow


def test_the_hospital_stay(results: Results) -> None:
    stay = results.outcomes["hospital stay"]
    assert isinstance(stay, DurationOutcome)
    treated, control = stay.arms[TREATED], stay.arms[CONTROL]
    assert sorted(treated.values) == [9, 18, 23, 25, 27, 31, 36, 44, 61]
    assert sorted(control.values) == [5, 8, 10, 14, 14, 26]
    assert (treated.median, treated.q1, treated.q3) == (27, 23, 36)
    assert (control.median, control.q1, control.q3) == (12, 8, 14)
    assert (treated.ended_by_competing, control.ended_by_competing) == (1, 2)
    assert stay.test.p_value == pytest.approx(80 / 5005)  # exact, with ties
    shift = stay.estimates[0]
    assert (shift.value, shift.lower, shift.upper) == (17, 4, 30)


@pytest.mark.parametrize(
    ("name", "treated", "control", "p_value"),
    [
        ("death by 30 days", 0, 2, 1 / 7),
        ("death or transplant by 30 days", 0, 3, 4 / 91),
        ("failure by 1 year", 2, 5, 29 / 715),
    ],
)
def test_a_binary_outcome(
    results: Results, name: str, treated: int, control: int, p_value: float
) -> None:
    outcome = results.outcomes[name]
    assert isinstance(outcome, BinaryOutcome)
    assert (outcome.arms[TREATED].events, outcome.arms[TREATED].n) == (treated, 9)
    assert (outcome.arms[CONTROL].events, outcome.arms[CONTROL].n) == (control, 6)
    assert [arm.lost for arm in outcome.arms.values()] == [0, 0]
    assert outcome.test.p_value == pytest.approx(p_value)
    assert outcome.estimates[0].measure == "risk difference"
    assert outcome.estimates[0].value == pytest.approx(treated / 9 - control / 6)
    assert outcome.primary == (name == "death by 30 days")


def test_survival_ends_with_one_and_three_deaths_and_censors_the_lost(results: Results) -> None:
    survival = results.outcomes["survival"]
    assert isinstance(survival, TimeToEventOutcome)
    treated, control = survival.arms[TREATED], survival.arms[CONTROL]
    assert (treated.events, treated.censored) == (1, 8)
    assert (control.events, control.censored) == (3, 3)
    assert 301 in treated.curve.time  # readmitted, then lost within the year
    # One year is 366 days where it passes 29 February: from 2015-03-09 and 2019-06-17 (treated)
    # and from 2020-01-20 (control).
    assert treated.person_days == 44 + 301 + 5 * 365 + 2 * 366
    assert control.person_days == 5 + 8 + 97 + 2 * 365 + 366


def test_not_documented_and_not_applicable_stay_apart(results: Results) -> None:
    rows = {row.name: row for row in results.baseline}
    vital, skin = rows["FVC"].arms[TREATED], rows["skin activity"].arms[TREATED]
    assert (vital.n, vital.not_documented, vital.not_applicable) == (6, 3, 0)
    assert (skin.n, skin.not_documented, skin.not_applicable) == (6, 0, 3)


def test_ventilation_is_declared_to_be_known_after_the_index_date(results: Results) -> None:
    after = {row.name for row in results.baseline if row.after_index}
    assert after == {"ventilation"}


def test_harms_are_counted_by_patient_and_by_event(results: Results) -> None:
    def counts(name: str, arm: str) -> tuple[int, int]:
        harm = results.harms[name]
        assert isinstance(harm, CountOutcome)
        return harm.arms[arm].patients, harm.arms[arm].events

    assert counts("hypotension", TREATED) == (2, 3)
    assert counts("hypotension", CONTROL) == (0, 0)
    assert counts("line infection", TREATED) == counts("line infection", CONTROL) == (1, 1)
    assert counts("bleeding", TREATED) == counts("bleeding", CONTROL) == (1, 1)
    assert results.harms["bleeding"].arms[CONTROL].not_documented == 1


def test_treatments_carry_their_line_and_day(results: Results) -> None:
    received = {treatment.name: treatment for treatment in results.treatments}
    exchange = received["plasma exchange"].arms
    assert exchange[TREATED].lines == {"3": 7, "5": 2}
    assert (exchange[TREATED].day_minimum, exchange[TREATED].day_maximum) == (1, 12)
    assert exchange[CONTROL].received == 0
    assert received["rituximab"].arms[CONTROL].not_documented == 1
    assert received["mycophenolate"].arms[TREATED].day_minimum == -190


def test_the_report_says_that_the_patients_are_made_up(results: Results) -> None:
    assert "made up" in results.study.notice


def test_an_excel_copy_of_the_charts_gives_the_same_results(
    results: Results, tmp_path: Path
) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    with (EXAMPLE / "charts.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            sheet.append([as_typed_in_excel(cell) for cell in row])
    copy = tmp_path / "charts.xlsx"
    book.save(copy)
    from_excel = casewise.run(EXAMPLE / "study.yaml", EXAMPLE / "site.yaml", records=copy)
    assert from_excel.outcomes == results.outcomes
    assert from_excel.baseline == results.baseline
    assert from_excel.harms == results.harms
    assert from_excel.treatments == results.treatments


def as_typed_in_excel(cell: str) -> object:
    """Dates and numbers as Excel keeps them."""
    if not cell:
        return None
    if cell.isdigit():
        return int(cell)
    try:
        return dt.date.fromisoformat(cell)
    except ValueError:
        return cell
