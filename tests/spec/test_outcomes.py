"""What each kind of outcome counts, and the known traps, each with its own test."""

from __future__ import annotations

import math
from typing import Any

import pytest

from casewise.errors import UndefinedError
from small_records import records, run, study


def two_arms(treated: int, untreated: int, last: str = "2022-01-01") -> tuple[Any, list[Any]]:
    names = [f"t{n}" for n in range(treated)] + [f"u{n}" for n in range(untreated)]
    people = {name: {"age": 50, "last": last} for name in names}
    events: list[Any] = [(name, "admission", "2020-01-01") for name in names]
    events += [(f"t{n}", "drug", "2020-01-01") for n in range(treated)]
    return people, events


def test_a_patient_lost_at_day_12_is_not_alive_at_day_30() -> None:
    people, events = two_arms(2, 2)
    people["t0"]["last"] = "2020-01-13"
    outcome = run(study(), records(people, events)).outcomes["death by 30 days"]
    arm = outcome.arms["drug"]
    assert (arm.n, arm.events, arm.lost) == (1, 0, 1)
    assert "1 patient lost to follow-up before the horizon, left out" in outcome.footnotes[0]


@pytest.mark.parametrize(
    ("rule", "n", "events"), [("excluded", 1, 0), ("event-free", 2, 0), ("event", 2, 1)]
)
def test_the_lost_are_counted_as_the_protocol_says(rule: str, n: int, events: int) -> None:
    people, rows = two_arms(2, 2)
    people["t0"]["last"] = "2020-01-13"
    outcomes = {"d": {"event": "death", "within": "30 days", "lost": rule}}
    arm = run(study(outcomes=outcomes), records(people, rows)).outcomes["d"].arms["drug"]
    assert (arm.n, arm.events) == (n, events)


def test_an_event_on_the_horizon_counts_and_a_day_later_does_not() -> None:
    people, events = two_arms(2, 2)
    events += [("t0", "death", "2020-01-31"), ("t1", "death", "2020-02-01")]
    arm = run(study(), records(people, events)).outcomes["death by 30 days"].arms["drug"]
    assert (arm.n, arm.events) == (2, 1)


def test_a_death_without_the_event_is_not_lost_to_follow_up() -> None:
    people, events = two_arms(2, 2)
    people["t0"]["last"] = "2020-01-10"
    events += [("t0", "death", "2020-01-10")]
    outcomes = {"stroke": {"event": "stroke", "within": "30 days"}}
    outcome = run(study(outcomes=outcomes), records(people, events)).outcomes["stroke"]
    assert (outcome.arms["drug"].n, outcome.arms["drug"].lost) == (2, 0)
    assert "died before the horizon without the event" in outcome.footnotes[0]


def test_a_death_found_after_the_last_contact_tells_the_time_before_it_for_death_alone() -> None:
    people, events = two_arms(2, 2)
    people["t0"]["last"] = "2020-01-10"
    events += [("t0", "death", "2020-06-01")]
    outcomes = {
        "death": {"event": "death", "within": "30 days"},
        "stroke": {"event": "stroke", "within": "30 days"},
    }
    found = run(study(outcomes=outcomes), records(people, events)).outcomes
    assert (found["death"].arms["drug"].n, found["death"].arms["drug"].lost) == (2, 0)
    assert (found["stroke"].arms["drug"].n, found["stroke"].arms["drug"].lost) == (1, 1)


def test_died_without_a_date_is_unknown_by_day_30_and_never_a_no() -> None:
    people, events = two_arms(2, 2)
    events += [("t0", "death", None)]
    arm = run(study(), records(people, events)).outcomes["death by 30 days"].arms["drug"]
    assert (arm.n, arm.events, arm.not_documented) == (1, 0, 1)


def test_a_stay_cut_short_by_death_says_so() -> None:
    people, events = two_arms(2, 2)
    events += [("t0", "discharge", "2020-01-05"), ("t0", "death", "2020-01-05")]
    events += [("t1", "death", "2020-01-03")]
    events += [("u0", "discharge", "2020-01-11"), ("u1", "discharge", "2020-01-21")]
    outcomes = {"stay": {"time": "index to discharge", "competing": "death"}}
    outcome = run(study(outcomes=outcomes), records(people, events)).outcomes["stay"]
    drug, no_drug = outcome.arms["drug"], outcome.arms["no drug"]
    assert (drug.values, drug.ended_by_competing) == ((2.0, 4.0), 2)
    assert (no_drug.values, no_drug.ended_by_competing) == ((10.0, 20.0), 0)
    assert "A shorter duration is not a better one" in outcome.footnotes[0]


def test_a_stay_without_an_end_is_unknown_not_zero() -> None:
    people, events = two_arms(2, 2)
    events += [(p, "discharge", "2020-01-05") for p in ("t0", "u0", "u1")]
    outcomes = {"stay": {"time": "index to discharge"}}
    arm = run(study(outcomes=outcomes), records(people, events)).outcomes["stay"].arms["drug"]
    assert (arm.n, arm.unknown, arm.median) == (1, 1, 4.0)


def test_numbers_at_risk_count_patients_still_watched_just_before_the_time() -> None:
    people, events = two_arms(3, 3)
    people["t0"]["last"] = "2020-01-11"  # censored on day 10
    events += [("t1", "death", "2020-01-11")]  # dies on day 10
    outcomes = {"survival": {"time to": "death"}}
    arm = run(study(outcomes=outcomes), records(people, events)).outcomes["survival"].arms["drug"]
    assert (arm.curve.time[0], arm.curve.at_risk[0]) == (10.0, 3)
    assert (arm.curve.events[0], arm.curve.censored[0]) == (1, 1)
    assert arm.curve.survival[0] == pytest.approx(2 / 3)


def test_follow_up_is_cut_at_the_horizon_of_a_time_to_event() -> None:
    people, events = two_arms(2, 2)
    events += [("t0", "death", "2020-03-01"), ("u0", "death", "2020-01-20")]
    outcomes = {"survival": {"time to": "death", "within": "30 days"}}
    arm = run(study(outcomes=outcomes), records(people, events)).outcomes["survival"].arms["drug"]
    assert (arm.events, arm.censored, arm.person_days) == (0, 2, 60.0)


def test_a_competing_event_censors_and_is_counted() -> None:
    people, events = two_arms(2, 2)
    events += [("t0", "death", "2020-01-11"), ("u0", "stroke", "2020-01-21")]
    outcomes = {"stroke": {"time to": "stroke", "competing": "death", "within": "1 year"}}
    outcome = run(study(outcomes=outcomes), records(people, events)).outcomes["stroke"]
    arm = outcome.arms["drug"]
    assert (arm.events, arm.censored, arm.competing) == (0, 2, 1)
    assert "not the share of patients who had the event" in outcome.footnotes[0]


def test_a_time_to_event_without_any_end_of_follow_up_is_undefined() -> None:
    people, events = two_arms(2, 2)
    protocol = study(outcomes={"survival": {"time to": "death"}})
    with pytest.raises(UndefinedError, match="until when patients were watched"):
        run(protocol, records(people, events, watched=False))


def test_a_study_nobody_is_left_in_is_undefined_and_says_where_they_went() -> None:
    people, events = two_arms(2, 2)
    protocol = study(cohort={"index": "first admission", "include": {"old": {"age": ">= 90"}}})
    with pytest.raises(UndefinedError, match='no patient is left after "old"'):
        run(protocol, records(people, events))


def test_an_arm_without_patients_gives_reasons_not_numbers() -> None:
    people, events = two_arms(0, 3)
    outcome = run(study(), records(people, events)).outcomes["death by 30 days"]
    assert outcome.test.p_value is None
    assert outcome.test.reason
    assert all(estimate.value is None and estimate.reason for estimate in outcome.estimates)


def test_no_event_in_either_arm_has_a_difference_and_no_ratio() -> None:
    people, events = two_arms(3, 3)
    outcome = run(study(), records(people, events)).outcomes["death by 30 days"]
    by_measure = {estimate.measure: estimate for estimate in outcome.estimates}
    assert by_measure["risk difference"].value == 0
    assert by_measure["risk difference"].upper is not None
    assert by_measure["risk ratio"].value is None
    assert by_measure["risk ratio"].reason


def test_harms_count_patients_events_and_the_days_watched() -> None:
    people, events = two_arms(2, 2)
    people["t1"]["last"] = "2020-01-11"
    events += [("t0", "stroke", "2020-01-05"), ("t0", "stroke", "2020-01-09")]
    protocol = study(harms={"stroke": {"event": "stroke", "within": "30 days"}})
    arm = run(protocol, records(people, events)).harms["stroke"].arms["drug"]
    assert (arm.patients, arm.events) == (1, 2)
    assert arm.person_days == 31 + 11  # days 0 to 30, and days 0 to 10
    assert arm.rate == pytest.approx(100 * 2 / 42)


def test_the_sd_of_one_patient_is_undefined_not_zero() -> None:
    people, events = two_arms(1, 3)
    row = run(study(baseline=["age"]), records(people, events)).baseline[0]
    assert row.arms["drug"].sd is None
    assert row.differences[0].value is None
    assert row.differences[0].reason


def test_the_smd_of_categories_with_nothing_in_common_is_infinite() -> None:
    people, events = two_arms(3, 3)
    covariates = [(p, "subtype", "a" if p[0] == "t" else "b") for p in people]
    protocol = study(baseline={"subtype": {"choices": ["a", "b"]}})
    difference = run(protocol, records(people, events, covariates)).baseline[0].differences[0]
    assert difference.value == math.inf
    assert difference.reason


def test_holm_is_over_every_outcome_and_the_raw_p_stays() -> None:
    people, events = two_arms(6, 6)
    events += [(f"u{n}", "death", "2020-01-10") for n in range(5)]
    protocol = study(
        outcomes={
            "death": {"event": "death", "within": "30 days"},
            "stroke": {"event": "stroke", "within": "30 days"},
        },
        analysis={"multiplicity": "holm"},
    )
    test = run(protocol, records(people, events)).outcomes["death"].test
    assert test.p_value is not None
    assert test.adjusted_p_value == pytest.approx(2 * test.p_value)


def test_each_arm_of_three_is_compared_with_the_last() -> None:
    people, events = two_arms(4, 2)
    events = [e for e in events if e[1] != "drug"]
    events += [(f"t{n}", "drug" if n < 2 else "stroke", "2020-01-01") for n in range(4)]
    arms = {
        "drug": {"event": "drug", "within": "7 days"},
        "other": {"event": "stroke", "within": "7 days"},
        "none": "otherwise",
    }
    outcome = run(study(arms=arms, baseline=["age"]), records(people, events))
    pairs = outcome.outcomes["death by 30 days"].comparisons(outcome.arms)
    assert [(pair.arm, pair.comparator) for pair in pairs] == [("drug", "none"), ("other", "none")]
    assert [one.arm for one in outcome.baseline[0].differences] == ["drug", "other"]


def test_the_swimmer_has_one_line_a_patient_and_no_identifier() -> None:
    people, events = two_arms(2, 2)
    events += [("t0", "death", "2020-01-20"), ("u0", "stroke", "2020-01-07")]
    protocol = study(outcomes={"stroke": {"event": "stroke", "within": "30 days"}})
    results = run(protocol, records(people, events))
    assert results.swimmer is not None
    rows = results.swimmer.rows
    assert [row.arm for row in rows] == ["drug", "drug", "no drug", "no drug"]
    assert rows[0].end == "death"
    assert rows[0].end_day == 19
    assert {(m.event, m.role) for m in rows[0].marks} == {
        ("Admission", "index"),
        ("Drug", "exposure"),
    }
    assert not any(person in results.to_json() for person in ('"t0"', '"u0"'))


def test_a_harm_that_cannot_apply_is_left_out_and_not_counted_as_no() -> None:
    people, events = two_arms(2, 2)
    source = records(people, [*events, ("u0", "stroke", "-"), ("u1", "stroke", "-")])
    protocol = study(harms={"stroke": {"event": "stroke", "within": "30 days"}})
    harm = run(protocol, source).harms["stroke"]
    assert (harm.arms["drug"].n, harm.arms["no drug"].n) == (2, 0)
    assert harm.arms["no drug"].not_applicable == 2
    assert "2 patients to whom it cannot apply, left out." in harm.footnotes


@pytest.mark.parametrize(
    ("name", "p_value"),
    [
        ("Fisher", 0.043956),
        ("Fisher central", 0.087912),
        ("Fisher mid-p", 0.021978),
        ("Fisher central mid-p", 0.043956),
        ("Blaker", 0.043956),
        ("Barnard", 0.0157534),
        ("Barnard unpooled", 0.0583094),
        ("Boschloo", 0.0346069),
        ("Boschloo central", 0.0353673),
    ],
)
def test_the_protocol_names_a_test_of_proportions_by_its_plain_name(
    name: str, p_value: float
) -> None:
    people, events = two_arms(9, 6)
    events += [(f"u{n}", "death", "2020-01-10") for n in range(3)]
    protocol = study(analysis={"tests": {"proportions": name}})
    test = run(protocol, records(people, events)).outcomes["death by 30 days"].test
    assert test.p_value == pytest.approx(p_value, abs=5e-7)


def one_of_nine_against_four_of_six(test: str) -> Any:
    """Barnard and Boschloo reject here at 0.05, Fisher does not."""
    people, events = two_arms(9, 6)
    events += [("t0", "death", "2020-01-10")]
    events += [(f"u{n}", "death", "2020-01-10") for n in range(4)]
    protocol = study(analysis={"tests": {"proportions": test}})
    return run(protocol, records(people, events)).outcomes["death by 30 days"]


def test_by_default_no_interval_says_otherwise_than_p() -> None:
    outcome = one_of_nine_against_four_of_six("Fisher")
    limits = {estimate.measure: estimate.upper for estimate in outcome.estimates}
    assert outcome.test.p_value == pytest.approx(0.0889, abs=5e-5)
    assert limits["risk difference"] == 0
    assert limits["risk ratio"] == 1
    assert limits["odds ratio"] == pytest.approx(1.0174, abs=5e-5)
    assert outcome.footnotes[-1].startswith(
        "The interval of the risk difference and of the risk ratio is drawn out to no difference"
    )


def test_a_test_that_rejects_what_an_interval_holds_is_said_in_a_footnote() -> None:
    outcome = one_of_nine_against_four_of_six("Boschloo")
    assert outcome.test.p_value is not None
    assert outcome.test.p_value < 0.05
    assert outcome.footnotes[-1].startswith("The interval of the odds ratio and the P value")
    assert "fall on different sides of the level" in outcome.footnotes[-1]


def survival_of_six_and_six(test: str) -> Any:
    people, events = two_arms(6, 6)
    events += [(f"u{n}", "death", f"2020-01-1{n}") for n in range(4)]
    protocol = study(
        outcomes={"survival": {"time to": "death", "within": "1 year"}},
        analysis={"tests": {"times to event": test}},
    )
    return run(protocol, records(people, events)).outcomes["survival"]


def test_a_hazard_ratio_without_events_in_one_arm_is_0_with_the_limit_of_the_log_rank_test() -> (
    None
):
    outcome = survival_of_six_and_six("log-rank")
    ratio = next(one for one in outcome.estimates if one.measure == "hazard ratio")
    assert (ratio.value, ratio.lower) == (0, 0)
    assert outcome.test.p_value is not None
    assert (ratio.upper < 1) == (outcome.test.p_value <= 0.05)


def test_a_hazard_ratio_that_runs_off_beside_another_test_is_firths_and_says_so() -> None:
    found = survival_of_six_and_six("Gehan").estimates
    ratio = next(one for one in found if one.measure == "hazard ratio")
    assert ratio.value is not None
    assert 0 < ratio.value < 1
    assert "Firth" in ratio.method


def test_an_interval_that_ends_open_at_no_effect_does_not_contradict_p_at_the_level() -> None:
    people, events = two_arms(12, 4)
    events += [(f"u{n}", "death", "2020-01-10") for n in range(2)]
    outcome = run(study(), records(people, events)).outcomes["death by 30 days"]
    odds = next(one for one in outcome.estimates if one.measure == "odds ratio")
    assert outcome.test.p_value == pytest.approx(0.05)
    assert (odds.upper, odds.upper_open) == (1.0, True)
    assert not any("odds ratio" in note for note in outcome.footnotes)
