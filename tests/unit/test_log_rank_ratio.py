"""The hazard ratio's interval that inverts the log-rank test."""

from __future__ import annotations

import math

import numpy as np
import pytest

from casewise import stats

TIME = [30] * 9 + [5, 11, 23, 30, 30, 30]
EVENT = [0] * 9 + [1, 1, 1, 0, 0, 0]
ARM = [1] * 9 + [0] * 6


@pytest.mark.parametrize("method", ["exact", "asymptotic"])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_1_is_inside_just_where_the_log_rank_test_does_not_reject(method, level):
    generator = np.random.default_rng(23)
    rejected = 0
    for _ in range(120):
        n = int(generator.integers(5, 22))
        time = generator.integers(1, generator.choice([6, 40]), n)
        event, arm = generator.random(n) < 0.7, (np.arange(n) < n // 2 + 1).astype(int)
        found = stats.log_rank_hazard_ratio(time, event, arm, level, method)
        p = stats.log_rank(time, event, arm, method=method).p_value
        if p is None or found.lower is None:
            continue
        inside = found.lower <= 1 <= found.upper and not (found.lower_open or found.upper_open)
        assert inside == (p > 1 - level)
        assert found.lower <= found.value <= found.upper
        rejected += not inside
    assert rejected > 5


def test_the_interval_turns_over_with_the_arms_swapped():
    time, event = [3, 5, 5, 8, 9, 12, 14, 20, 21, 30], [1, 1, 0, 1, 1, 1, 0, 1, 0, 1]
    arm = np.array([1, 0, 1, 0, 1, 1, 0, 0, 1, 0])
    one = stats.log_rank_hazard_ratio(time, event, arm)
    other = stats.log_rank_hazard_ratio(time, event, 1 - arm)
    turned = (1 / other.upper, 1 / other.lower)
    assert (one.lower, one.upper) == pytest.approx(turned, rel=1e-6)


def test_without_ties_the_asymptotic_limits_are_where_coxs_score_test_is_at_the_level():
    time, event = [3, 5, 6, 8, 9, 12, 14, 20, 21, 30], [1] * 10
    arm = np.array([1, 0, 1, 0, 1, 1, 0, 0, 1, 0])
    found = stats.log_rank_hazard_ratio(time, event, arm, method="asymptotic")
    for limit in (found.lower, found.upper):
        score, information = 0.0, 0.0
        for i in range(10):
            n_1, n_0 = arm[i:].sum(), (1 - arm[i:]).sum()
            share = limit * n_1 / (limit * n_1 + n_0)
            score, information = score + arm[i] - share, information + share * (1 - share)
        assert score**2 / information == pytest.approx(1.959964**2, rel=1e-5)


def test_all_events_in_one_arm_give_one_limit():
    none = stats.log_rank_hazard_ratio(TIME, EVENT, ARM)
    assert (none.value, none.lower, none.reason) == (0, 0, "")
    assert 0.9 < none.upper < 1  # the exact P is 0.044
    other = stats.log_rank_hazard_ratio(TIME, EVENT, [1 - a for a in ARM])
    assert (other.value, other.upper) == (math.inf, math.inf)
    assert other.lower == pytest.approx(1 / none.upper)


def test_too_few_patients_for_the_level_leave_everything_possible():
    found = stats.log_rank_hazard_ratio([1, 2, 3, 4], [1, 1, 1, 1], [1, 1, 0, 0])
    assert (found.lower, found.upper) == (0, math.inf)


@pytest.mark.parametrize(
    ("time", "event", "arm", "reason"),
    [
        ([1, 2], [1, 1], [1, 1], "an arm has no patients"),
        ([1, 2], [0, 0], [1, 0], "nobody had an event"),
        ([4, 4, 4], [1, 1, 1], [1, 0, 0], "all who were at risk had the event at the same time"),
    ],
)
def test_what_is_undefined_says_why(time, event, arm, reason):
    found = stats.log_rank_hazard_ratio(time, event, arm)
    assert (found.value, found.lower, found.upper) == (None, None, None)
    assert found.reason == reason


def test_an_exact_interval_of_many_is_refused():
    arm = np.arange(80) % 2
    with pytest.raises(ValueError, match="out of reach"):
        stats.log_rank_hazard_ratio(np.arange(1, 81), arm, arm, method="exact")
    many = stats.log_rank_hazard_ratio(np.arange(1, 81), np.ones(80), arm)
    assert "asymptotic" in many.method
