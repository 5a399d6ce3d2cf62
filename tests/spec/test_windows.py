"""What a window means: day 0 is the index date, both ends are in, calendar units clamp."""

from __future__ import annotations

from typing import Any

import pytest

from small_records import EVENTS, dataset, records, study


def happened(
    date: str | None, window: dict[str, str], index: str = "2020-01-31", **more: Any
) -> Any:
    """Whether a stroke on ``date`` answers the criterion; None where the records do not say."""
    events = [("p", "admission", index), ("p", "drug", index), *more.pop("events", [])]
    if date is not None:
        events.append(("p", "stroke", None if date == "no date" else date))
    source = records({"p": {"age": 50, "last": "2030-01-01"}}, events, **more)
    made = study(
        cohort={"index": "first admission", "include": {"s": {"event": "stroke", **window}}}
    )
    step = dataset(made, source).attrition[2]
    return None if step.unknown else step.remaining == 1


@pytest.mark.parametrize(
    ("date", "expected"),
    [("2020-01-30", False), ("2020-01-31", True), ("2020-03-01", True), ("2020-03-02", False)],
)
def test_within_30_days_is_days_0_to_30_both_ends_in(date: str, expected: bool) -> None:
    assert happened(date, {"within": "30 days"}) is expected


@pytest.mark.parametrize(
    ("window", "date", "expected"),
    [
        ({"until": "index"}, "2020-01-31", True),
        ({"until": "index"}, "2020-02-01", False),
        ({"until": "index"}, "1950-01-01", True),
        ({"from": "any time before", "to": "1 day before"}, "2020-01-31", False),
        ({"from": "any time before", "to": "1 day before"}, "2020-01-30", True),
        ({"from": "1 year before", "to": "index"}, "2019-01-31", True),
        ({"from": "1 year before", "to": "index"}, "2019-01-30", False),
        ({"from": "1 day after", "to": "any time after"}, "2020-01-31", False),
        ({"from": "1 day after", "within": "1 year"}, "2021-01-31", True),
        ({}, "2020-01-31", True),
        ({}, "2020-02-01", False),
    ],
)
def test_each_form_of_window(window: dict[str, str], date: str, expected: bool) -> None:
    assert happened(date, window) is expected


def test_a_month_after_31_january_is_the_last_day_of_february() -> None:
    assert happened("2020-02-29", {"within": "1 month"}) is True
    assert happened("2020-03-01", {"within": "1 month"}) is False


def test_a_year_after_29_february_is_28_february() -> None:
    assert happened("2021-02-28", {"within": "1 year"}, index="2020-02-29") is True
    assert happened("2021-03-01", {"within": "1 year"}, index="2020-02-29") is False


def test_a_window_may_end_at_an_event_and_stays_open_where_that_never_was() -> None:
    stay = {"from": "index", "to": "discharge"}
    out = [("p", "discharge", "2020-02-10")]
    assert happened("2020-02-10", stay, events=out) is True
    assert happened("2020-02-11", stay, events=out) is False
    assert happened("2020-02-11", stay) is True


def test_a_window_may_start_at_an_event_and_holds_nothing_where_that_never_was() -> None:
    after = {"from": "discharge", "to": "14 days after discharge"}
    out = [("p", "discharge", "2020-02-10")]
    assert happened("2020-02-24", after, events=out) is True
    assert happened("2020-02-25", after, events=out) is False
    assert happened("2020-02-11", after) is False


def test_an_event_without_its_date_leaves_a_dated_question_open() -> None:
    assert happened("no date", {"within": "30 days"}) is None


def test_an_event_without_its_date_answers_a_question_about_any_time() -> None:
    assert happened("no date", {"from": "any time before", "to": "any time after"}) is True


def test_an_event_that_the_site_answers_with_yes_or_no_alone_is_taken_at_its_word() -> None:
    assert happened("no date", {"within": "30 days"}, undated=frozenset({"stroke"})) is True


def test_readmission_counts_only_after_the_discharge() -> None:
    events = [
        ("p", "admission", "2020-01-01"),
        ("p", "discharge", "2020-01-10"),
        ("p", "readmission", "2020-01-10"),
        ("p", "readmission", "2020-01-11"),
    ]
    made = study(
        outcomes={"back": {"event": "readmission", "within": "30 days"}},
    )
    source = records({"p": {"age": 50, "last": "2021-01-01"}}, events)
    event = dataset(made, source).outcomes["back"].event
    assert event is not None
    assert event.day.tolist() == [10.0]
    assert event.count.tolist() == [1]


def test_at_least_three_doses_within_ten_days() -> None:
    days = ["2020-01-01", "2020-01-05", "2020-01-11"]
    for given, expected in ((3, 1), (2, 0)):
        events = [("p", "admission", "2020-01-01")]
        events += [("p", "drug", day) for day in days[:given]]
        course = {"event": "drug", "at least": 3, "within": "10 days"}
        made = study(cohort={"index": "first admission", "include": {"course": course}})
        steps = dataset(made, records({"p": {"age": 50, "last": "2021-01-01"}}, events)).attrition
        assert steps[2].remaining == expected


def test_the_index_date_is_that_of_the_first_such_event() -> None:
    events = [("p", "admission", "2020-05-01"), ("p", "admission", "2020-03-01")]
    data = dataset(study(), records({"p": {"age": 50, "last": "2021-01-01"}}, events))
    assert data.index_date.astype(str).tolist() == ["2020-03-01"]


def test_a_month_and_30_days_in_one_protocol_stay_apart() -> None:
    """SQL holds the two intervals to be equal; the calendar does not."""
    horizons = ("1 month", "30 days", "1 year", "365 days")
    outcomes = {within: {"event": "death", "within": within} for within in horizons}
    source = records({"p": {"age": 50}}, [("p", "admission", "2020-01-31")])
    found = dataset(study(outcomes=outcomes), source).outcomes
    assert [found[within].closes.tolist() for within in horizons] == [[29], [30], [366], [365]]


OUT_SOME_DAY = [("p", "discharge", None)]


def test_a_window_whose_event_has_no_date_leaves_the_question_open() -> None:
    assert happened("2020-02-11", {"from": "index", "to": "discharge"}, events=OUT_SOME_DAY) is None
    later = {"from": "discharge", "to": "any time after"}
    assert happened("2020-02-11", later, events=OUT_SOME_DAY) is None


def test_an_event_that_ends_a_window_is_not_before_the_index_date() -> None:
    stay = {"from": "index", "to": "discharge"}
    assert happened("2020-01-31", stay, events=OUT_SOME_DAY) is True
    later = {"from": "discharge", "to": "any time after"}
    assert happened("2020-01-30", later, events=OUT_SOME_DAY) is False


def readmission(*events: tuple[Any, ...]) -> tuple[bool, bool, bool]:
    """Happened, not known, not applicable."""
    made = study(outcomes={"back": {"event": "readmission", "within": "30 days"}})
    rows = [("p", "admission", "2020-01-01"), *events]
    event = dataset(made, records({"p": {"age": 50, "last": "2021-01-01"}}, rows)).outcomes["back"]
    assert event.event is not None
    found = event.event
    return bool(found.happened[0]), bool(found.unknown[0]), bool(found.inapplicable[0])


def test_whether_it_is_later_is_not_known_where_the_first_has_no_date() -> None:
    back = ("p", "readmission", "2020-01-11")
    assert readmission(("p", "discharge", "2020-01-10"), back) == (True, False, False)
    assert readmission(("p", "discharge", None), back) == (False, True, False)
    assert readmission(("p", "discharge", "?"), back) == (False, True, False)


def test_nothing_is_later_than_what_never_was_and_what_cannot_apply_still_cannot() -> None:
    assert readmission(("p", "readmission", "2020-01-11")) == (False, False, False)
    assert readmission(("p", "readmission", "?")) == (False, False, False)
    assert readmission(("p", "readmission", "-")) == (False, False, True)


def test_any_of_several_is_not_applicable_only_where_none_of_them_is() -> None:
    events = EVENTS | {"either": {"any of": ["stroke", "drug"]}}
    made = study(events=events, outcomes={"it": {"event": "either", "within": "30 days"}})
    for rows, expected in (([], False), ([("p", "drug", "-")], True)):
        rows = [("p", "admission", "2020-01-01"), ("p", "stroke", "-"), *rows]
        event = dataset(made, records({"p": {"age": 50}}, rows)).outcomes["it"].event
        assert event is not None
        assert event.inapplicable.tolist() == [expected]
