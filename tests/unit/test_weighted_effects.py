"""Weighted effects of any kind: their errors are those of leaving patients out one by one."""

from __future__ import annotations

import numpy as np
import pytest

from casewise import stats

N = 300


@pytest.fixture(scope="module")
def patients():
    random = np.random.default_rng(5)
    x = random.normal(size=(N, 2))
    arm = random.random(N) < 1 / (1 + np.exp(-0.4 * x[:, 0]))
    death = random.exponential(np.exp(-0.5 * x[:, 0] - 0.3 * arm))
    leaving = random.exponential(2.0, N)
    return arm, x, np.minimum(death, leaving), death <= leaving


def effects(arm, x, time, event, estimand, how):
    weights = stats.estimated_weights(arm, x, estimand, how)
    by = stats.weighted_risks_by(time, event, weights, 0.7)
    log = stats.weighted_hazard_ratio(time, event, weights).log
    mean = stats.weighted_mean_difference(time, weights)
    return log, by.risk_difference, mean


@pytest.mark.parametrize(
    ("estimand", "how"),
    [
        ("ATE", "propensity"),
        ("ATT", "propensity"),
        ("overlap", "propensity"),
        ("ATE", "entropy"),
        ("ATT", "entropy"),
    ],
)
def test_errors_agree_with_the_jackknife(patients, estimand, how):
    whole = effects(*patients, estimand, how)
    without = []
    for i in range(N):
        kept = np.arange(N) != i
        without.append([e.value for e in effects(*(p[kept] for p in patients), estimand, how)])
    spread = np.sqrt((N - 1) * np.var(without, axis=0))
    for estimate, error in zip(whole, spread, strict=True):
        own = (estimate.upper - estimate.lower) / 2 / 1.959964
        assert own == pytest.approx(error, rel=0.05)


def test_given_weights_of_one_are_no_weights(patients):
    arm, _, time, event = patients
    even = stats.given_weights(arm, np.ones(N))
    by = stats.weighted_risks_by(time, event, even, 0.7)
    curve = stats.kaplan_meier(time[arm], event[arm])
    assert by.risk_treated.value == pytest.approx(1 - curve.at(0.7).value, abs=1e-12)
    ratio = stats.weighted_hazard_ratio(time, event, even).ratio
    assert ratio.value == pytest.approx(stats.hazard_ratio(time, event, arm).value, abs=1e-10)
    risks = stats.risks_with(event, even)
    assert risks.risk_treated.value == pytest.approx(event[arm].mean())


def test_doubly_robust_risks_without_censoring_are_augmented_weights(patients):
    """With a linear outcome model in the place of the logistic one: near it, not equal to it."""
    arm, x, time, _ = patients
    died = time <= 0.7
    found = stats.doubly_robust_risks_by(time, np.ones(N), arm, x, 0.7)
    other = stats.aipw(died, arm, x)
    assert found.risk_difference.value == pytest.approx(other.risk_difference.value, abs=0.01)
    curves = stats.doubly_robust_curves(time, np.ones(N), arm, x, [0.2, 0.7])
    assert 1 - curves.treated[1] == pytest.approx(found.risk_treated.value, abs=1e-12)
    assert curves.treated[0] >= curves.treated[1]


def test_a_horizon_past_the_follow_up_has_no_risk(patients):
    arm, x, time, event = patients
    event = event & (time < 1)  # the longest follow-up ends without the event in both arms
    weights = stats.estimated_weights(arm, x)
    found = stats.weighted_risks_by(time, event, weights, 1e6)
    assert found.risk_difference.value is None
    assert "ends before" in found.reason
    assert stats.doubly_robust_risks_by(time, event, arm, x, 1e6).reason


def test_separation_and_empty_arms_are_refused_everywhere(patients):
    arm, x, time, event = patients
    apart = np.column_stack([x[:, 1], np.where(arm, 1.0, -1.0)])
    weights = stats.estimated_weights(arm, apart)
    assert "separation" in weights.reason
    for reason in (
        stats.weighted_hazard_ratio(time, event, weights).ratio.reason,
        stats.weighted_risks_by(time, event, weights, 0.7).reason,
        stats.weighted_mean_difference(time, weights).reason,
        stats.risks_with(event, weights).reason,
        stats.doubly_robust_risks_by(time, event, arm, apart, 0.7).reason,
    ):
        assert "separation" in reason
    nobody = np.zeros(N, dtype=bool)
    assert stats.weighted_hazard_ratio(time, nobody, stats.estimated_weights(arm, x)).ratio.reason
    assert stats.logistic_odds_ratio(event, np.ones(N), x).ratio.reason
    score = np.linspace(0.01, 0.99, N)
    assert "stratum" in stats.stratified_risks(event, score > 0.5, score).reason
