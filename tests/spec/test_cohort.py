"""Who is in: criteria in order, three answers to each, one arm for everyone."""

from __future__ import annotations

from typing import Any

from small_records import dataset, records, study


def patients(count: int, **common: Any) -> dict[str, dict[str, Any]]:
    return {f"p{n}": {"age": 50, "last": "2022-01-01", **common} for n in range(count)}


def admitted(people: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(person, "admission", "2020-01-01") for person in people]


def test_attrition_is_counted_in_the_order_of_the_criteria() -> None:
    people = patients(5)
    people["p1"]["age"] = 15
    people["p2"]["age"] = 15
    events = [
        *admitted(people)[:-1],
        ("p2", "stroke", "2019-01-01"),
        ("p3", "stroke", "2019-01-01"),
    ]
    made = study(
        cohort={
            "index": "first admission",
            "include": {"adult": {"age": ">= 18"}},
            "exclude": {"stroke before": {"event": "stroke", "until": "index"}},
        }
    )
    steps = dataset(made, records(people, events)).attrition
    assert [(step.criterion, step.remaining, step.excluded) for step in steps] == [
        ("In the records", 5, 0),
        ("first admission", 4, 1),
        ("adult", 2, 2),
        ("stroke before", 1, 1),
        ("Assigned to an arm", 1, 0),
    ]


def test_an_include_criterion_nobody_knows_leaves_out_and_says_so() -> None:
    people = {"known": {"age": 40}, "unknown": {}}
    made = study(cohort={"index": "first admission", "include": {"adult": {"age": ">= 18"}}})
    step = dataset(made, records(people, admitted(people))).attrition[2]
    assert (step.remaining, step.excluded, step.unknown) == (1, 1, 1)


def test_an_exclude_criterion_nobody_knows_keeps_the_patient_and_says_so() -> None:
    people = patients(2)
    events = [*admitted(people), ("p0", "stroke", "?")]
    made = study(
        cohort={
            "index": "first admission",
            "exclude": {"stroke before": {"event": "stroke", "until": "index"}},
        }
    )
    step = dataset(made, records(people, events)).attrition[2]
    assert (step.remaining, step.excluded, step.unknown) == (2, 0, 1)


def test_otherwise_takes_only_those_known_not_to_be_in_another_arm() -> None:
    people = patients(3)
    events = [*admitted(people), ("p0", "drug", "2020-01-02"), ("p1", "drug", "?")]
    data = dataset(study(), records(people, events))
    assert data.patient.tolist() == ["p0", "p2"]
    assert data.arm.tolist() == [0, 1]
    assert (data.attrition[-1].excluded, data.attrition[-1].unknown) == (1, 1)


def test_a_patient_of_two_arms_is_in_none() -> None:
    people = patients(3)
    events = [
        *admitted(people),
        *(("p0", name, "2020-01-02") for name in ("drug", "stroke")),
        ("p1", "drug", "2020-01-02"),
        ("p2", "stroke", "2020-01-02"),
    ]
    arms = {name: {"event": name, "within": "7 days"} for name in ("drug", "stroke")}
    data = dataset(study(arms=arms), records(people, events))
    assert data.patient.tolist() == ["p1", "p2"]
    assert "more than one: 1" in data.attrition[-1].text


def test_three_arms_by_a_number() -> None:
    people = patients(4)
    covariates = [("p0", "dose", 0), ("p1", "dose", 0.5), ("p2", "dose", 1), ("p3", "dose", "?")]
    arms = {
        "high": {"covariate": "dose", "is": ">= 1"},
        "low": {"all of": [{"covariate": "dose", "is": "> 0"}, {"covariate": "dose", "is": "< 1"}]},
        "none": "otherwise",
    }
    made = study(arms=arms, baseline={"dose": {"unit": "g"}})
    data = dataset(made, records(people, admitted(people), covariates))
    assert dict(zip(data.patient.tolist(), data.arm.tolist(), strict=True)) == {
        "p0": 2,
        "p1": 1,
        "p2": 0,
    }


def test_arms_by_calendar() -> None:
    people = patients(3)
    events = [
        (person, "admission", f"{year}-06-01")
        for person, year in zip(people, (2018, 2020, 2022), strict=True)
    ]
    arms = {
        "after": {"index date": {"from": "2021-01-01"}},
        "before": {"index date": {"to": "2019-12-31"}},
    }
    data = dataset(study(arms=arms), records(people, events))
    assert data.patient.tolist() == ["p0", "p2"]
    assert data.arm.tolist() == [1, 0]


def test_age_is_completed_years_on_the_index_date() -> None:
    people = {
        "day before birthday": {"birth": "1980-06-02"},
        "birthday": {"birth": "1980-06-01"},
        "leap day": {"birth": "1980-02-29"},
    }
    events = [(person, "admission", "2020-06-01") for person in people]
    data = dataset(study(baseline=["age"]), records(people, events))
    assert dict(zip(data.patient.tolist(), data.baseline[0].values.tolist(), strict=True)) == {
        "birthday": 40.0,
        "day before birthday": 39.0,
        "leap day": 40.0,
    }


def test_not_documented_and_not_applicable_and_no_stay_apart() -> None:
    people = patients(4)
    covariates = [
        ("p0", "edema", "yes"),
        ("p1", "edema", "no"),
        ("p2", "edema", "?"),
        ("p3", "edema", "-"),
    ]
    made = study(baseline={"edema": {"type": "yes or no"}})
    column = dataset(made, records(people, admitted(people), covariates)).baseline[0]
    assert column.status.tolist() == [0, 0, 1, 2]
    assert column.values.tolist()[:2] == [True, False]


def test_names_with_quotes_and_keywords_are_data_not_sql() -> None:
    name = "o'brien\"; drop table event; --"
    events = {
        "select": {"visit": "inpatient"},
        name: {"procedure": "x"},
        "death": {"death": "any cause"},
    }
    made = study(
        events=events,
        cohort={"index": "first select"},
        arms={"a": {"event": name, "within": "7 days"}, "b": "otherwise"},
    )
    source = records(patients(2), [("p0", "select", "2020-01-01"), ("p0", name, "2020-01-02")])
    assert dataset(made, source).arm.tolist() == [0]
