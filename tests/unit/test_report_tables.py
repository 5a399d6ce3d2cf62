"""What stands in each printed table."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casewise.report import csv_files, docx, methods, sentences, tables
from casewise.report.effects import effect, has_interval, number
from casewise.report.style import ANNALS, JAMA, NEJM, STYLES
from casewise.report.table import Row, Table, capital
from casewise.results import (
    BinaryArm,
    BinaryOutcome,
    Curve,
    DurationArm,
    Estimate,
    Results,
    Test,
    TimeToEventArm,
    TimeToEventOutcome,
)
from sample_results import NOTICE, many_patients, sample

JUDGING = re.compile(
    r"\b(in)?significan\w*|\btrend\w*|\bfail(ed|s|ure) to\b|\bborderline\b|\bclearly\b|"
    r"\bremarkabl\w*|\bpromising\b|\beffective\b|\bsuperior\w*|\binferior\w*",
    re.IGNORECASE,
)
SAMPLES = {"two arms": sample(), "three arms": sample(3), "many": many_patients()}


def made(name: str, results: Results | None = None) -> Table:
    every = tables.build(results or sample(), NEJM)
    return next(table for table in every if table.name == name)


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


def line(table: Table, label: str) -> list[str]:
    return next(cells for cells in texts(table) if cells[0].startswith(label))


def footnote(table: Table, row: Row, column: int) -> str:
    marks = row.cells[column].mark
    return next(note.text for note in table.footnotes if note.mark and note.mark == marks)


def changed(results: Results, name: str, **update: Any) -> Results:
    outcome = results.outcomes[name].model_copy(update=update)
    return results.model_copy(update={"outcomes": {**results.outcomes, name: outcome}})


@pytest.mark.parametrize("results", SAMPLES.values(), ids=SAMPLES)
@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_every_row_fills_its_columns_and_every_mark_has_its_footnote(
    results: Results, style: Any
) -> None:
    for table in tables.build(results, style):
        signs = [note.mark for note in table.footnotes if note.mark]
        assert len(set(signs)) == len(signs)
        used = set()
        for row in table.rows:
            assert len(row.cells) == len(table.columns) or row.role == "note"
            for cell in row.cells:
                used.update(re.split("[,\u200a]", cell.mark) if cell.mark else [])
        assert used == set(signs)
        assert table.notice == NOTICE


def test_tables_come_in_the_reports_order_and_empty_ones_do_not() -> None:
    names = [table.name for table in tables.build(sample(), NEJM)]
    assert names == [
        *("attrition", "baseline", "outcomes", "time_to_event", "harms"),
        *("treatments", "definitions"),
    ]
    bare = sample().model_copy(update={"harms": {}, "treatments": (), "outcomes": {}})
    assert [table.name for table in tables.build(bare, NEJM)] == [
        "attrition",
        "baseline",
        "definitions",
    ]


def test_attrition_counts_add_up_and_name_those_whose_records_do_not_say() -> None:
    table = made("attrition")
    counts = [cells[2:] for cells in texts(table)[:5]]
    assert counts == [["—", "21"], ["1", "20"], ["2", "18"], ["3", "15"], ["0", "15"]]
    assert [cells[3] for cells in texts(table)[6:]] == ["9", "6"]
    assert texts(table)[2][:2] == [
        "Included: adult",
        "Included when age on day 0 is at least 18 years.",
    ]
    assert footnote(table, table.rows[2], 2) == (
        "For 1 patient left out here, the records do not say whether this holds."
    )
    assert footnote(table, table.rows[3], 2) == (
        "For 2 patients who remained, the records do not say whether this holds."
    )


def test_baseline_shows_counts_medians_means_and_those_not_documented() -> None:
    table = made("baseline")
    assert line(table, "Age")[0] == "Age, years, median [IQR]"
    assert line(table, "Age")[1] == "54.0 [47.5–61.0]"
    assert line(table, "Female sex") == [
        *("Female sex, no. (%)", "6 (67)", "4 (67)", "10 (67)", "0.04", "—")
    ]
    assert line(table, "polymyositis")[1:4] == ["0 (0)", "0 (0)", "0 (0)"]
    assert line(table, "Ferritin")[0] == "Ferritin, µg/L, mean (SD)"
    below = texts(table)[texts(table).index(line(table, "Ferritin")) + 1 :]
    assert below[0][:4] == ["Not documented, no.", "2", "4", "6"]
    assert below[1][:4] == ["Not applicable, no.", "0", "1", "1"]


def test_the_spread_of_one_patient_and_the_distance_of_strangers_are_not_numbers() -> None:
    table = made("baseline")
    ferritin = next(row for row in table.rows if row.cells[0].text.startswith("Ferritin"))
    assert ferritin.cells[2].text == "1235 (—)"
    assert footnote(table, ferritin, 2).startswith("The standard deviation of fewer than two")
    assert ferritin.cells[4].text == "not estimable"
    subtype = next(row for row in table.rows if row.cells[0].text.startswith("Myositis subtype"))
    assert subtype.cells[4].text == "∞"
    assert footnote(table, subtype, 4) == "The arms have no level in common."
    late = next(row for row in table.rows if row.cells[0].text.startswith("Ventilated"))
    assert footnote(table, late, 0).startswith("Measured after the index date")


def test_baseline_has_no_p_values_unless_the_results_have_some() -> None:
    rows = tuple(
        row.model_copy(
            update={
                "differences": tuple(
                    d.model_copy(update={"p_value": None}) for d in row.differences
                )
            }
        )
        for row in sample().baseline
    )
    without = made("baseline", sample().model_copy(update={"baseline": rows}))
    assert not any("P value" in column.title for column in without.columns)
    assert any("P value" in column.title for column in made("baseline").columns)


def test_outcomes_put_the_absolute_effect_before_the_relative_and_both_before_p() -> None:
    table = made("outcomes")
    assert [column.title for column in table.columns] == [
        "Outcome",
        "Plasma exchange (N\u00a0=\u00a09)",
        "No plasma exchange (N\u00a0=\u00a06)",
        "Effect",
        "Estimate (95% CI)",
        "P value",
        "Adjusted P value",
    ]
    rows = texts(table)
    start = rows.index(line(table, "Death, transplant or readmission"))
    assert rows[start] == [
        "Death, transplant or readmission by 1 year, no./total no. (%)",
        "2/8 (25)",
        "5/6 (83)",
        "Risk difference, percentage points",
        "−61.1 (−86.8 to −7.8)",
        "0.04",
        "0.18",
    ]
    assert rows[start + 1] == [
        *("Lost to follow-up, left out, no.", "1", "0", "Risk ratio", "0.27 (0.04 to 0.87)", "", "")
    ]
    assert rows[start + 2][3:] == ["Odds ratio", "0.07 (0.002 to 0.88)", "", ""]


def test_the_primary_outcome_is_marked() -> None:
    table = made("outcomes")
    row = table.rows[0]
    assert (row.role, footnote(table, row, 0)) == ("strong", "Primary outcome.")


def test_an_outcome_that_no_one_had_keeps_its_row() -> None:
    table = made("outcomes")
    assert line(table, "Stroke")[1:3] == ["0/9 (0)", "0/6 (0)"]
    assert line(table, "Stroke")[4] == "0.0 (−39.0 to 30.1)"
    start = texts(table).index(line(table, "Stroke"))
    ratio, odds = table.rows[start + 1], table.rows[start + 2]
    assert (ratio.cells[4].text, odds.cells[4].text) == (
        "not estimable (0 to ∞)",
        "not estimable",
    )
    assert footnote(table, odds, 4) == "No patient in either arm had the event."
    assert line(made("harms"), "Hypotension")[0] == "Hypotension during exchange"
    assert line(made("treatments"), "Cyclophosphamide")[1:] == ["0 (0)", "0 (0)"]


def test_no_p_stands_without_an_estimate_and_its_interval() -> None:
    bare = changed(sample(), "hospital stay", estimates=())
    table = made("outcomes", bare)
    assert line(table, "Hospital stay")[3:] == ["—", "—", "—", "—"]
    assert "P=0.02" not in " ".join(
        sentences.outcome_sentences(bare.outcomes["hospital stay"], bare, NEJM)
    )
    for results in SAMPLES.values():
        for row in made("outcomes", results).rows:
            cells = [cell.text for cell in row.cells]
            if re.search(r"\d", cells[-2]):
                assert re.search(r"\(.+ to .+\)", cells[-3])


def test_an_undefined_p_says_why() -> None:
    test = Test(method="log-rank test", p_value=None, reason="no event in either arm")
    table = made("outcomes", changed(sample(), "survival", test=test))
    row = next(row for row in table.rows if row.cells[0].text.startswith("Death from any cause"))
    assert row.cells[5].text == "not estimable"
    assert footnote(table, row, 5) == "No event in either arm."


def test_three_arms_are_each_set_against_the_comparator() -> None:
    table = made("outcomes", sample(3))
    rows = texts(table)
    start = rows.index(line(table, "Death by 30 days"))
    assert rows[start][1:4] == ["0/9 (0)", "2/5 (40)", "2/6 (33)"]
    assert rows[start + 1][0] == "Plasma exchange vs no plasma exchange"
    assert rows[start + 4][0] == "Rituximab alone vs no plasma exchange"
    assert rows[start + 4][5:7] == ["−33.3 (−70.9 to 4.5)", "0.14"]


def test_durations_and_medians_that_are_not_reached_are_shown() -> None:
    table = made("outcomes")
    assert line(table, "Hospital stay")[:3] == [
        *("Hospital stay, median [IQR], days", "27.0 [23.0–36.0]", "12.0 [8.0–14.0]")
    ]
    assert line(table, "Ended by death")[1:3] == ["0", "2"]
    timed = made("time_to_event")
    assert line(timed, "Plasma exchange")[1:4] == ["9", "2", "7"]
    assert line(timed, "Plasma exchange")[5] == "not reached"
    assert line(timed, "No plasma exchange")[5].endswith("to ∞)")


def test_an_arm_of_which_nothing_is_known_is_said_to_be_so() -> None:
    results = sample()
    treated = results.arms[0].name
    nothing: dict[str, Any] = {
        "death by 30 days": BinaryArm(n=0, events=0, not_documented=9),
        "hospital stay": DurationArm(n=0, median=None, q1=None, q3=None, unknown=9),
        "survival": TimeToEventArm(
            **{"n": 0, "events": 0, "censored": 0, "person_days": 0.0, "unknown": 9},
            median=None,
            curve=Curve(
                time=(), at_risk=(), events=(), censored=(), survival=(), lower=(), upper=()
            ),
        ),
    }
    for name, arm in nothing.items():
        arms = {**results.outcomes[name].arms, treated: arm}
        results = changed(results, name, arms=arms)
    outcomes = made("outcomes", results)
    assert line(outcomes, "Death by 30 days")[1] == "0/0 (—)"
    assert line(outcomes, "Not documented, left out")[1:3] == ["9", "0"]
    assert line(outcomes, "Hospital stay")[1] == "—"
    assert line(outcomes, "No date to count from or to")[1:3] == ["9", "0"]
    timed = made("time_to_event", results)
    assert line(timed, "Plasma exchange")[1:] == ["0", "0", "0", "0", "—"]
    for name in nothing:
        told = sentences.outcome_sentences(results.outcomes[name], results, NEJM)
        assert "plasma exchange, none known;" in told[0]
    assert docx.build(results, NEJM)


def test_harms_are_counted_by_patient_and_by_event_over_person_time() -> None:
    rows = texts(made("harms"))
    assert [row[:3] for row in rows[:6]] == [
        ["Line infection", "", ""],
        ["Patients with at least one, no./total no. (%)", "2/9 (22)", "0/6 (0)"],
        ["Events, no.", "4", "0"],
        ["Person-days", "274", "77"],
        ["Events per 100 person-days (95% CI)", "1.46 (0.00 to 4.80)", "0.00 (0.00 to 4.80)"],
        ["Patients with an event of unknown date, no.", "1", "0"],
    ]
    assert rows[1][3:] == ["Risk difference, percentage points", "22.2 (−20.1 to 54.7)", "0.49"]
    assert rows[4][3:] == ["Rate ratio", "∞ (0.18 to ∞)", ""]
    assert all(row[3:] == ["", "", ""] for row in (rows[0], rows[2], rows[3], rows[5]))


def test_treatments_show_their_line_and_day() -> None:
    rows = texts(made("treatments"))
    assert rows[:4] == [
        ["Glucocorticoids, no. (%)", "9 (100)", "6 (100)"],
        ["First line, no.", "4", "3"],
        ["Second line, no.", "5", "3"],
        ["Day of first receipt, median (range)", "−3 (−7 to 6)", "−3 (−7 to 6)"],
    ]
    assert ["Received, day not known, no.", "1", "1"] in rows
    assert ["Not documented, no.", "1", "1"] in rows


def test_a_name_with_its_own_capitals_keeps_them() -> None:
    assert capital("mTOR inhibitor") == "mTOR inhibitor"
    assert capital("plasma exchange") == "Plasma exchange"
    assert capital("RHC") == "RHC"
    assert capital("") == ""


def test_an_outcome_in_a_sentence_states_values_effects_and_then_p() -> None:
    results = sample()
    told = sentences.outcome_sentences(results.outcomes["death by 30 days"], results, NEJM)
    assert told == (
        "Death by 30 days: plasma exchange, 0 of 9 (0%); no plasma exchange, 2 of 6 (33%).",
        "Risk difference, −33.3 percentage points (95% CI, −70.9 to 4.5); risk ratio, 0 (95% CI, "
        "0 to 1.59); odds ratio, 0 (95% CI, 0 to 2.16); P=0.14.",
    )
    stroke = sentences.outcome_sentences(results.outcomes["stroke"], results, NEJM)[1]
    assert "risk ratio, not estimable (95% CI, 0 to ∞); odds ratio, not estimable;" in stroke
    stay = sentences.outcome_sentences(results.outcomes["hospital stay"], results, JAMA)[1]
    assert stay == "Hodges–Lehmann shift, 17.0 days (95% CI, 4.0-30.0); P = .02."


@pytest.mark.parametrize("results", SAMPLES.values(), ids=SAMPLES)
def test_no_word_judges_in_any_output(results: Results) -> None:
    for style in (NEJM, JAMA, ANNALS):
        parts = [repr(tables.build(results, style))]
        parts.append(methods.markdown(methods.write(results, style), results.study.title))
        for outcome in (*results.outcomes.values(), *results.harms.values()):
            parts += sentences.outcome_sentences(outcome, results, style)
        parts += csv_files.build(results).values()
        assert not JUDGING.search("\n".join(parts))
    assert docx.build(results, NEJM)


def test_the_sample_holds_every_awkward_value() -> None:
    outcomes = sample().outcomes.values()
    assert any(isinstance(o, BinaryOutcome) and o.lost_rule == "excluded" for o in outcomes)
    assert any(isinstance(o, TimeToEventOutcome) for o in outcomes)
    assert all(has_interval(o.estimates) for o in outcomes)
    swimmer = many_patients().swimmer
    assert swimmer is not None
    assert len(swimmer.rows) > 60


MEASURES = ("risk difference", "risk ratio", "hazard ratio", "Hodges-Lehmann shift")
VALUES = st.none() | st.floats(allow_nan=False)
LIMITS = st.tuples(VALUES, VALUES).filter(lambda both: None in both or both[0] <= both[1])


@given(st.sampled_from(MEASURES), VALUES, LIMITS, st.sampled_from(list(STYLES.values())))
@settings(derandomize=True, max_examples=200)
def test_every_estimate_has_a_text_that_keeps_its_side_of_no_effect(
    measure: Any, value: float | None, limits: tuple[float | None, float | None], style: Any
) -> None:
    lower, upper = limits
    estimate = Estimate(
        measure=measure, value=value, lower=lower, upper=upper, level=0.95, method="made up"
    )
    shown = effect(estimate, style)
    assert ("not estimable" in shown) == (None in (value, lower, upper))
    null = 1.0 if measure.endswith("ratio") else 0.0
    first = number(estimate, value, style)
    if value is not None and abs(value - null) > 0.001 and math.isfinite(value):
        assert first not in ("1.00", "0.0", "−0.0")
    assert "nan" not in shown
