"""The target trial, the checklists, and what a naive study says of itself in its report."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import casewise
from casewise.results import Results, TimeToEventOutcome

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "plasma_exchange"
BIASED = "Naive comparison, biased"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Path]:
    folder = tmp_path_factory.mktemp("naive")
    text = (EXAMPLE / "study.yaml").read_text()
    text = text.replace(
        "  survival:    ",
        "  readmitted: {time to: readmission, competing: death, within: 1 year}\n  survival:    ",
        1,
    )
    (folder / "study.yaml").write_text(text)
    out = folder / "out"
    found = casewise.run(
        folder / "study.yaml",
        EXAMPLE / "site.yaml",
        records=EXAMPLE / "charts.csv",
        out=out,
    )
    return found, out


def test_every_element_of_the_trial_is_beside_what_the_records_allow(
    written: tuple[Results, Path],
) -> None:
    found, out = written
    assert [row.element for row in found.target_trial] == [
        "Eligibility",
        "Treatment strategies",
        "Assignment",
        "Time zero",
        "Follow-up",
        "Outcome",
        "Causal contrast",
        "Analysis",
    ]
    zero = next(row for row in found.target_trial if row.element == "Time zero")
    assert zero.met == "not"
    assert "settled after day 0" in zero.records
    assert "The target trial and its emulation" in (out / "report.html").read_text()
    assert (out / "tables" / "target_trial.csv").exists()


def test_a_criterion_that_looks_past_day_0_is_told(written: tuple[Results, Path]) -> None:
    zero = written[0].time_zero
    assert zero is not None
    assert zero.late_criteria == ("myositis",)
    assert (zero.choice, zero.stated) == ("naive", True)


def test_every_table_and_figure_of_a_naive_comparison_says_so(
    written: tuple[Results, Path],
) -> None:
    _, out = written
    for name in ("baseline", "outcomes", "outcome_estimates", "time_to_event", "harms"):
        rows = list(csv.DictReader((out / "tables" / f"{name}.csv").open()))
        assert all(row["comparison"].startswith(BIASED) for row in rows), name
    for figure in (out / "figures").glob("*.svg"):
        told = BIASED in figure.read_text()
        expected = figure.stem.startswith(("balance", "forest", "survival", "incidence"))
        assert told is expected, figure.stem


def test_competing_events_have_incidences_by_arm_and_a_ratio_of_their_own(
    written: tuple[Results, Path],
) -> None:
    found, out = written
    outcome = found.outcomes["readmitted"]
    assert isinstance(outcome, TimeToEventOutcome)
    assert outcome.incidence is not None
    assert outcome.test.method == "Gray's test"
    assert "subdistribution hazard ratio" in {one.measure for one in outcome.estimates}
    for arm in outcome.incidence.arms.values():
        last = arm.event.last
        assert arm.event.at(last)[0] + arm.competing.at(last)[0] <= 1
    assert (out / "tables" / "incidence.csv").exists()


def test_a_horizon_gives_the_difference_in_mean_time_before_the_hazard_ratio(
    written: tuple[Results, Path],
) -> None:
    survival = written[0].outcomes["survival"]
    measures = [one.measure for one in survival.estimates]
    assert measures == ["difference in restricted mean time", "hazard ratio"]
    assert any("score test of proportional hazards" in note for note in survival.footnotes)


def test_checklists_are_whole_and_leave_to_authors_what_is_theirs(
    written: tuple[Results, Path],
) -> None:
    found, out = written
    numbers = {
        guideline: {c.number for c in found.checklists if c.guideline == guideline}
        for guideline in ("STROBE", "RECORD", "TARGET")
    }
    assert {n.rstrip("abcde") for n in numbers["STROBE"]} == {str(n) for n in range(1, 23)}
    assert len(numbers["RECORD"]) == 13
    assert {n.rstrip("abcdefgh") for n in numbers["TARGET"]} == {str(n) for n in range(1, 22)}
    funding = next(c for c in found.checklists if c.guideline == "STROBE" and c.number == "22")
    assert (funding.by, funding.answer) == ("the authors", "")
    page = (out / "report.html").read_text()
    assert "Reporting checklists" in page
    assert page.count("The authors") > 10
