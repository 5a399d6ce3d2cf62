"""Events that come again: every one counts, the dead have no more, and a landmark starts anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import casewise
from adjustment_support import charts, written
from casewise import report, results
from small_records import records, run, study

STAYS = {"stays": {"count": "readmission", "within": "100 days"}}
PEOPLE = {name: {"age": 50, "last": "2021-01-01"} for name in ("t0", "t1", "u0", "u1")}
ROWS = [
    *[(name, "admission", "2020-01-01") for name in PEOPLE],
    *[(name, "discharge", "2020-01-02") for name in PEOPLE],
    *[(name, "drug", "2020-01-01") for name in ("t0", "t1")],
    ("t0", "readmission", "2020-01-11"),  # day 10, and again on day 20; dies on day 30
    ("t0", "readmission", "2020-01-21"),
    ("t0", "death", "2020-01-31"),
    ("t1", "readmission", "2020-02-10"),  # day 40
    ("u0", "readmission", "2020-06-01"),  # after the horizon
]


def counted(**changes: Any) -> results.CountOutcome:
    found = run(study(**({"outcomes": STAYS} | changes)), records(PEOPLE, ROWS)).outcomes["stays"]
    assert isinstance(found, results.CountOutcome)
    return found


def test_the_mean_number_counts_every_event_and_none_after_death() -> None:
    """One event a patient by day 20; on day 40 half are alive, and one of one has an event."""
    steps = counted().mean_count["drug"]
    assert (steps.n, steps.deaths, steps.last) == (2, 1, 100)
    assert steps.time == (10, 20, 40)
    assert steps.mean == pytest.approx((1 / 2, 1, 1.5))
    assert counted().mean_count["no drug"].time == ()
    difference = counted().estimates[1]
    assert difference.measure == "difference in mean count"
    assert difference.value == pytest.approx(1.5)


def test_an_interval_of_mean_counts_does_not_take_one_patients_events_for_independent() -> None:
    """Each of the arm's patients has as many events as the other has none."""
    difference = counted().estimates[1]
    assert difference.lower < 0 < difference.upper
    assert "Welch" in difference.method


def test_under_a_landmark_only_what_comes_after_it_is_counted() -> None:
    late = {"treatment after day 0": {"landmark": "15 days"}}
    harms = {"stay again": {"event": "readmission", "within": "100 days"}}
    found = run(study(outcomes=STAYS, harms=harms, analysis=late), records(PEOPLE, ROWS))
    arm = found.outcomes["stays"].arms["drug"]
    assert (arm.patients, arm.events) == (2, 2)
    assert found.outcomes["stays"].mean_count["drug"].time == (4, 24)  # day 16 is the first
    assert found.harms["stay again"].arms["drug"].events == 2


def test_mean_counts_are_a_table_a_figure_and_a_file_with_their_source(tmp_path: Path) -> None:
    outcomes = {"rashes": {"count": "rash", "within": "60 days"}}
    path = written(tmp_path, {"primary": "rashes"}, charts(200), outcomes=outcomes)
    found = casewise.run(path, tmp_path / "site.yaml")
    out = tmp_path / "out"
    out.mkdir()
    report.write(found, out)
    assert (out / "figures" / "mean-count-rashes.svg").exists()
    assert "Mean number of events" in (out / "report.html").read_text(encoding="utf-8")
    rows = (out / "tables" / "mean_counts.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + sum(len(s.time) for s in found.outcomes["rashes"].mean_count.values())
    assert "Ghosh D, Lin DY" in (out / "methods.md").read_text(encoding="utf-8")
