"""Restricted mean time against R's survival 3.5-3; wins against pairs counted one by one.

    k <- survfit(Surv(time,event)~x2, d); survival:::survmean(k, rmean=20)$matrix[,c(5,6)]

with the patients of ``tests/reference/test_competing_risks_from_r.py``.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_1samp, ttest_ind

from casewise import stats

I = np.arange(1, 81)  # noqa: E741
TIME, EVENT = (I * 37) % 101 // 4 + 1, (I * 13) % 10 < 7
ARM = ((I * 7) % 5 < 2).astype(int)
Z = 1.959963984540054


def test_restricted_means_have_the_errors_of_survfit():
    expected = [(13.4015019510, 0.992583777043), (15.1931034483, 0.984221911629)]
    for arm, (value, error) in enumerate(expected):
        mean = stats.restricted_mean(TIME[arm == ARM], EVENT[arm == ARM], 20)
        assert mean.value == pytest.approx(value, rel=1e-10)
        assert (mean.value - mean.lower) / Z == pytest.approx(error, rel=1e-10)
    difference = stats.restricted_mean_difference(TIME, EVENT, ARM, 20)
    assert difference.value == pytest.approx(expected[1][0] - expected[0][0], rel=1e-9)
    width = np.hypot(expected[0][1], expected[1][1])
    assert (difference.upper - difference.value) / Z == pytest.approx(width, rel=1e-9)


def test_few_patients_have_welchs_interval_as_for_two_means_where_nobody_is_censored():
    rng = np.random.default_rng(1947)
    time, arm = rng.exponential(5, 15), np.repeat([1, 0], [9, 6])
    found = stats.restricted_mean_difference(time, time <= 8, arm, 8)
    cut = np.minimum(time, 8)
    welch = ttest_ind(cut[arm == 1], cut[arm == 0], equal_var=False).confidence_interval()
    assert (found.lower, found.upper) == pytest.approx((welch.low, welch.high), rel=1e-9)
    assert "welch1947" in found.sources
    one = stats.restricted_mean(time[arm == 0], time[arm == 0] <= 8, 8)
    student = ttest_1samp(cut[arm == 0], 0).confidence_interval()
    assert (one.lower, one.upper) == pytest.approx((max(0, student.low), min(8, student.high)))


@pytest.mark.filterwarnings("error")
def test_a_mean_past_the_follow_up_is_not_made_up():
    assert "longest follow-up ends at 5" in stats.restricted_mean([5, 3], [0, 1], 6).reason
    assert stats.restricted_mean([5, 3], [1, 1], 6).value == pytest.approx(4)
    assert stats.restricted_mean([5, 7], [0, 0], 5).lower is None
    assert stats.restricted_mean([], [], 5).value is None
    assert "control arm" in stats.restricted_mean_difference([9, 2], [0, 0], [1, 0], 5).reason
    with pytest.raises(ValueError, match="horizon"):
        stats.restricted_mean([1], [1], 0)


def verdict(outcomes, i, j):
    for time, event in outcomes:
        if event[j] and (time[j] < time[i] or (time[j] == time[i] and not event[i])):
            return 1
        if event[i] and (time[i] < time[j] or (time[j] == time[i] and not event[j])):
            return -1
    return 0


def test_wins_are_those_counted_pair_by_pair():
    outcomes = [(TIME, (I * 3) % 7 < 2), ((I * 11) % 13 + 1, EVENT)]
    result = stats.win_ratio(outcomes, ARM)
    treated, control = np.flatnonzero(ARM == 1), np.flatnonzero(ARM == 0)
    pairs = np.array([[verdict(outcomes, i, j) for j in control] for i in treated])
    wins, losses = int((pairs == 1).sum()), int((pairs == -1).sum())
    assert (result.wins, result.losses, result.ties) == (wins, losses, int((pairs == 0).sum()))
    assert np.sum(result.by_outcome, axis=0).tolist() == [wins, losses]
    assert result.ratio.value == pytest.approx(wins / losses)
    share = (wins + result.ties / 2) / pairs.size
    assert result.odds.value == pytest.approx(share / (1 - share))
    scores = np.array([sum(verdict(outcomes, i, j) for j in range(80)) for i in range(80)])
    variance = 32 * 48 / (80 * 79) * (scores**2).sum()
    assert result.test.statistic == pytest.approx((wins - losses) / variance**0.5)


def test_the_interval_agrees_with_a_bootstrap_and_turns_with_the_arms():
    generator = np.random.default_rng(5)
    time, event = generator.exponential(10, 200), generator.random(200) < 0.7
    arm = np.repeat([1, 0], 100)
    result, turned = (stats.win_ratio([(time, event)], a).ratio for a in (arm, 1 - arm))
    assert result.value * turned.value == pytest.approx(1)
    assert result.lower * turned.upper == pytest.approx(1)
    logs = []
    for _ in range(400):
        k = np.concatenate([generator.integers(0, 100, 100), generator.integers(100, 200, 100)])
        logs.append(np.log(stats.win_ratio([(time[k], event[k])], arm).ratio.value))
    error = np.log(result.upper / result.value) / Z
    assert error == pytest.approx(np.std(logs), rel=0.12)


@pytest.mark.filterwarnings("error")
def test_wins_that_cannot_be_counted_are_undefined():
    lone = stats.win_ratio([([1, 2], [1, 1])], [1, 1])
    assert lone.ratio.reason == lone.odds.reason == lone.test.reason == "an arm has no patients"
    ties = stats.win_ratio([([1, 2], [0, 0])], [1, 0])
    assert ties.ratio.value is None
    assert ties.odds.value == 1
    assert ties.odds.lower is None
    assert "lost" in stats.win_ratio([([9, 2, 3], [0, 1, 1])], [1, 0, 0]).ratio.reason
    with pytest.raises(ValueError, match="must be an outcome"):
        stats.win_ratio([], [1, 0])
