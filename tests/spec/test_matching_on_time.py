"""Each treated patient with patients still untreated so long after their own index event."""

from __future__ import annotations

from typing import Any

import pytest

from casewise.protocol.check import check_study
from small_records import dataset, records, study

ARMS = {"drug": {"event": "drug", "within": "0 days"}, "no drug": "otherwise"}
PEOPLE: dict[str, dict[str, Any]] = {
    "A": {"age": 50, "sex": "female", "last": "2022-01-01"},
    "B": {"age": 51, "sex": "female", "last": "2022-01-01"},
    "C": {"age": 50, "sex": "female", "last": "2022-01-01"},
    "D": {"age": 50, "sex": "female", "last": "2022-01-01"},
    "E": {"age": 50, "sex": "male", "last": "2022-01-01"},
    "F": {"age": 53, "sex": "female", "last": "2022-01-01"},
    "G": {"age": 50, "sex": "female", "last": "2020-07-05"},
}
ADMITTED = [(person, "admission", "2020-07-01") for person in PEOPLE]
EVENTS = [
    *ADMITTED,
    ("A", "drug", "2020-07-07"),  # day 6
    ("B", "drug", "2020-07-14"),  # later
    ("C", "drug", "2020-06-30"),  # before
    ("D", "death", "2020-07-05"),
]


def matched(events: list[tuple[Any, ...]] = EVENTS, **match: Any) -> dict[str, tuple[int, str]]:
    made = study(cohort={"index": "first admission", "match": {"each": "drug", **match}}, arms=ARMS)
    assert check_study(made) == []
    data = dataset(made, records(PEOPLE, events))
    days = data.index_date.astype(str).tolist()
    return {p: (int(a), d) for p, a, d in zip(data.patient, data.arm, days, strict=True)}


def test_the_treated_are_matched_to_who_is_alive_watched_and_untreated() -> None:
    """Not to C (treated before), D (dead), E (a man), F (3 years older) or G (lost)."""
    found = matched(same="sex", **{"age within": "2 years"})
    assert found == {"A": (0, "2020-07-07"), "B": (1, "2020-07-07")}


def test_the_nearest_in_age_is_taken_then_the_first_by_identifier() -> None:
    """A takes E, of the same age; B, treated later, takes F."""
    found = matched(**{"age within": "2 years"})
    assert found == {
        "A": (0, "2020-07-07"),
        "E": (1, "2020-07-07"),
        "B": (0, "2020-07-14"),
        "F": (1, "2020-07-14"),
    }
    assert set(matched()) == {"A", "B"}
    assert set(matched(to=3)) == {"A", "B", "E", "F"}


def test_time_counts_from_each_ones_own_index_event() -> None:
    events = [e for e in EVENTS if e[:2] != ("B", "admission")]
    events.append(("B", "admission", "2020-07-10"))  # treated on day 4, before day 6
    found = matched(events, same="sex", **{"age within": "2 years"})
    assert found == {"B": (0, "2020-07-14"), "A": (1, "2020-07-05")}
    events[-1] = ("B", "admission", "2020-07-02")  # treated on day 12
    found = matched(events, same="sex", **{"age within": "2 years"})
    assert found == {"A": (0, "2020-07-07"), "B": (1, "2020-07-08")}


def test_nobody_is_in_twice() -> None:
    events = [*EVENTS, ("F", "drug", "2020-07-10")]  # day 9: F takes E, B being taken already
    found = matched(events)
    assert found["B"] == (1, "2020-07-07")
    assert found["F"][0] == 0
    assert found["E"] == (1, "2020-07-10")


def test_who_matches_nobody_is_counted() -> None:
    cohort = {"index": "first admission", "match": {"each": "drug", "same": "sex", "to": 1}}
    made = study(cohort=cohort, arms=ARMS)
    steps = dataset(made, records(PEOPLE, EVENTS)).attrition
    assert [(s.criterion, s.remaining) for s in steps[2:]] == [
        ("Matched on time", 2),
        ("Assigned to an arm", 2),
    ]


@pytest.mark.parametrize(
    ("match", "arms", "said"),
    [
        ({"each": "drugs"}, ARMS, 'no event is called "drugs"'),
        ({"each": "admission"}, ARMS, "everybody has it on day 0"),
        ({"each": "drug"}, {"drug": {"event": "drug"}, "no": "otherwise"}, "makes two arms"),
    ],
)
def test_a_match_that_makes_no_sense_is_a_mistake(
    match: dict[str, Any], arms: dict[str, Any], said: str
) -> None:
    made = study(cohort={"index": "first admission", "match": match}, arms=arms)
    assert said in " ".join(one.message for one in check_study(made))
