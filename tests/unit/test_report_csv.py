"""The CSV files give every number back as it was."""

from __future__ import annotations

import csv
import io
import math

from casewise.report import csv_files
from casewise.results import CountOutcome, Results, TimeToEventOutcome
from sample_results import NOTICE, sample


def read(results: Results, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_files.build(results)[name])))


def number(text: str) -> float | None:
    return float(text) if text else None


def test_there_is_one_file_a_table_and_none_is_empty() -> None:
    files = csv_files.build(sample())
    assert sorted(files) == [
        "attrition.csv",
        "baseline.csv",
        "baseline_differences.csv",
        "curves.csv",
        "definitions.csv",
        "harm_estimates.csv",
        "harms.csv",
        "outcome_estimates.csv",
        "outcomes.csv",
        "time_to_event.csv",
        "treatments.csv",
    ]
    assert all(len(text.splitlines()) > 1 for text in files.values())
    assert files == csv_files.build(sample())


def test_estimates_read_back_as_the_same_numbers() -> None:
    for results in (sample(), sample(3)):
        rows = iter(read(results, "outcome_estimates.csv"))
        for name, outcome in results.outcomes.items():
            for comparison in outcome.comparisons(results.arms):
                for estimate in comparison.estimates:
                    row = next(rows)
                    assert (row["outcome"], row["arm"]) == (name, comparison.arm)
                    assert row["measure"] == estimate.measure
                    assert number(row["value"]) == estimate.value
                    assert number(row["lower"]) == estimate.lower
                    assert number(row["upper"]) == estimate.upper
                    assert number(row["p_value"]) == comparison.test.p_value
        assert next(rows, None) is None


def test_a_test_without_estimates_keeps_a_row() -> None:
    results = sample()
    bare = results.outcomes["survival"].model_copy(update={"estimates": ()})
    rows = read(
        results.model_copy(update={"outcomes": {"survival": bare}}), "outcome_estimates.csv"
    )
    assert [(row["measure"], row["value"], row["p_value"]) for row in rows] == [("", "", "0.0432")]


def test_arms_levels_curves_and_harms_read_back() -> None:
    results = sample(3)
    levels = [row for row in read(results, "baseline.csv") if row["variable"] == "subtype"]
    assert len(levels) == 4 * 4
    assert {row["arm"] for row in levels} == {arm.name for arm in results.arms} | {"All patients"}
    survival = results.outcomes["survival"]
    assert isinstance(survival, TimeToEventOutcome)
    for arm in results.arms:
        points = [row for row in read(results, "curves.csv") if row["arm"] == arm.name]
        curve = survival.arms[arm.name].curve
        assert tuple(float(row["survival"]) for row in points) == curve.survival
        assert tuple(number(row["lower"]) for row in points) == curve.lower
    harms = read(results, "harms.csv")
    cell = results.harms["line infection"].arms[results.arms[0].name]
    assert isinstance(results.harms["line infection"], CountOutcome)
    assert float(harms[0]["rate"]) == cell.rate
    assert math.isinf(float(read(results, "harm_estimates.csv")[1]["value"]))


def test_a_text_that_a_spreadsheet_would_run_is_disarmed_and_a_number_is_not() -> None:
    results = sample()
    levels = {row["level"] for row in read(results, "baseline.csv")}
    assert "'=other" in levels
    assert "=other" not in levels
    title = results.baseline[0].model_copy(
        update={"label": '@SUM(1)"\n,x', "unit": "\tyears", "name": "-age"}
    )
    row = read(results.model_copy(update={"baseline": (title,)}), "baseline.csv")[0]
    assert (row["variable"], row["label"], row["unit"]) == ("'-age", "'@SUM(1)\"\n,x", "'\tyears")
    assert read(results, "outcome_estimates.csv")[0]["lower"] == "-0.70939"


def test_each_row_says_that_the_patients_are_made_up() -> None:
    for name in csv_files.build(sample()):
        assert {row["notice"] for row in read(sample(), name)} == {NOTICE}
    study = sample().study.model_copy(update={"notice": ""})
    real = sample().model_copy(update={"study": study})
    assert "notice" not in read(real, "outcomes.csv")[0]
