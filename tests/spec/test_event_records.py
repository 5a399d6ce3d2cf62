"""What event records need beyond a chart table: courses, values, periods of observation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from casewise.cohort import build
from casewise.engine.duckdb import DuckDB
from casewise.records.canonical import OBSERVATION, Records
from small_records import EVENTS, dataset, records, study

PEOPLE = {"p": {"age": 50, "last": "2022-01-01"}}
ADMITTED = ("p", "admission", "2020-06-01")


def count_of(name: str, events: dict[str, Any], rows: list[tuple[Any, ...]]) -> int:
    made = study(events=EVENTS | events, outcomes={"it": {"event": name, "within": "1 year"}})
    event = dataset(made, records(PEOPLE, [ADMITTED, *rows])).outcomes["it"].event
    assert event is not None
    return int(event.count[0])


@pytest.mark.parametrize(("second", "courses"), [("2020-07-31", 1), ("2020-08-01", 2)])
def test_occurrences_no_further_apart_than_the_gap_are_one_course(
    second: str, courses: int
) -> None:
    course = {"course": {"drug": "steroid", "gap": "30 days"}}
    rows = [("p", "course", "2020-07-01"), ("p", "course", second)]
    assert count_of("course", course, rows) == courses


def test_a_course_starts_with_its_first_occurrence() -> None:
    made = study(
        events=EVENTS | {"course": {"drug": "steroid", "gap": "30 days"}},
        cohort={"index": "second course"},
    )
    rows = [
        ("p", "course", day) for day in ("2020-01-01", "2020-01-20", "2020-06-01", "2020-06-09")
    ]
    data = dataset(made, records(PEOPLE, rows))
    assert data.index_date.astype(str).tolist() == ["2020-06-01"]


def test_an_event_with_a_value_counts_only_where_the_value_is_that() -> None:
    high = {"high ferritin": {"measurement": "ferritin", "value": ">= 1000"}}
    rows = [("p", "high ferritin", f"2020-07-0{n}", value) for n, value in ((1, 999), (2, 1000))]
    assert count_of("high ferritin", high, rows) == 1


@pytest.mark.parametrize(
    ("which", "day"),
    [
        ("first", "2020-01-01"),
        ("second", "2020-03-01"),
        ("third", "2020-06-01"),
        ("last", "2021-01-01"),
    ],
)
def test_the_index_may_be_the_second_third_or_last_day_of_its_event(which: str, day: str) -> None:
    days = ("2020-01-01", "2020-03-01", "2020-03-01", "2020-06-01", "2021-01-01")
    made = study(cohort={"index": f"{which} admission"})
    data = dataset(made, records(PEOPLE, [("p", "admission", one) for one in days]))
    assert data.index_date.astype(str).tolist() == [day]


@pytest.mark.parametrize(
    ("take", "expected"),
    [("last", 70), ("first", 90), ("lowest", 60), ("highest", 90), ("mean", 73.3)],
)
def test_one_value_is_taken_of_several_in_the_window(take: str, expected: float) -> None:
    events = EVENTS | {"blood gas": {"measurement": "oxygenation ratio"}}
    rows = [("p", "blood gas", day, v) for day, v in (("2020-05-30", 90), ("2020-05-31", 60))]
    rows += [("p", "blood gas", "2020-06-01", 70), ("p", "blood gas", "2020-06-02", 10)]
    rows += [("p", "blood gas", "2020-05-01", 5), ("p", "blood gas", "2020-06-01", None)]
    covariate = {"event": "blood gas", "take": take, "from": "2 days before"}
    made = study(events=events, baseline={"ratio": covariate})
    (column,) = dataset(made, records(PEOPLE, [ADMITTED, *rows])).baseline
    assert column.kind == "number"
    assert column.values[0] == pytest.approx(expected, abs=0.04)


def test_no_value_in_the_window_is_not_documented() -> None:
    events = EVENTS | {"blood gas": {"measurement": "oxygenation ratio"}}
    made = study(events=events, baseline={"ratio": {"event": "blood gas", "take": "lowest"}})
    (column,) = dataset(made, records(PEOPLE, [ADMITTED])).baseline
    assert column.status.tolist() == [1]


def with_periods(*periods: tuple[str, str], events: tuple[Any, ...] = ()) -> Records:
    source = records(PEOPLE, [ADMITTED, *events])
    import numpy as np

    assert isinstance(source.engine, DuckDB)
    source.engine.load(
        "observation",
        {
            "person": np.array(["p"] * len(periods), dtype=object),
            "start": np.array([start for start, _ in periods], dtype="datetime64[D]"),
            "end": np.array([end for _, end in periods], dtype="datetime64[D]"),
        },
        OBSERVATION,
    )
    return replace(source, periods=True)


@pytest.mark.parametrize(
    ("periods", "remaining"),
    [
        ((("2019-06-02", "2021-01-01"),), 1),  # exactly 365 days before 1 June 2020
        ((("2019-06-03", "2021-01-01"),), 0),
        ((("2015-01-01", "2020-05-01"), ("2020-05-03", "2021-01-01")), 0),
    ],
)
def test_observed_means_one_unbroken_period_before_day_0_and_on_it(
    periods: tuple[tuple[str, str], ...], remaining: int
) -> None:
    watched = {"watched a year": {"observed": "365 days"}}
    made = study(cohort={"index": "first admission", "include": watched})
    assert build(made, with_periods(*periods)).attrition[2].remaining == remaining


def test_an_index_date_outside_every_period_is_none() -> None:
    assert build(study(), with_periods(("2020-06-02", "2021-01-01"))).attrition[1].remaining == 0


def test_follow_up_ends_with_the_period_that_holds_the_index_date() -> None:
    periods = (("2019-01-01", "2020-07-01"), ("2020-08-01", "2021-01-01"))
    assert build(study(), with_periods(*periods)).follow_up.tolist() == [30.0]


def test_what_is_dated_after_the_watch_is_not_looked_at_but_for_a_death() -> None:
    """The patient was watched to day 30, and again from day 61 on."""
    periods = (("2019-01-01", "2020-07-01"), ("2020-08-01", "2021-01-01"))
    late = (("p", "stroke", "2020-07-01"), ("p", "stroke", "2020-08-02"))
    outcomes = {
        "stroke": {"event": "stroke", "within": "1 year"},
        "again": {"event": "stroke", "from": "31 days after", "within": "1 year"},
        "death": {"event": "death", "within": "1 year"},
    }
    events = EVENTS | {"stroke": {"condition": "stroke"}}
    source = with_periods(*periods, events=(*late, ("p", "death", "2020-09-01")))
    found = build(study(events=events, outcomes=outcomes), source).outcomes
    asked = {name: columns.event for name, columns in found.items()}
    assert {name: int(event.count[0]) for name, event in asked.items() if event is not None} == {
        "stroke": 1,
        "again": 0,
        "death": 1,
    }


def test_observed_is_unknown_where_the_records_do_not_say_since_when() -> None:
    made = study(
        cohort={"index": "first admission", "include": {"watched": {"observed": "365 days"}}}
    )
    step = dataset(made, records(PEOPLE, [ADMITTED])).attrition[2]
    assert (step.remaining, step.unknown) == (0, 1)
