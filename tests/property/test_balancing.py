"""What balancing promises, on made-up patients."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casewise import stats


def study(seed, n=120):
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(n, 3))
    arm = (0.7 * table[:, 0] + rng.logistic(size=n) > 0).astype(int)
    outcome = (table[:, 1] + 0.5 * arm + rng.logistic(size=n) > 0).astype(int)
    return outcome, arm, table


seeds = st.integers(0, 10_000)


@settings(max_examples=15, derandomize=True, deadline=None)
@given(seeds)
def test_overlap_and_entropy_weights_give_equal_means(seed):
    _, arm, table = study(seed)
    score = stats.propensity_score(arm, table)
    overlap = stats.balancing_weights(arm, score.values, "overlap")
    for weights in (
        overlap,
        stats.entropy_balance(arm, table),
    ):
        after = stats.weighted_balance(arm, table, weights.values).after
        assert np.abs(after).max() < 1e-8


@settings(max_examples=10, derandomize=True, deadline=None)
@given(seeds)
def test_exchanging_the_arms_exchanges_the_risks(seed):
    outcome, arm, table = study(seed)
    for function in (
        lambda t: stats.propensity_weighted_risks(outcome, t, table, "ATE"),
        lambda t: stats.propensity_weighted_risks(outcome, t, table, "overlap"),
        lambda t: stats.entropy_balanced_risks(outcome, t, table),
        lambda t: stats.g_computation(outcome, t, table),
        lambda t: stats.aipw(outcome, t, table),
    ):
        one, other = function(arm), function(1 - arm)
        assert one.risk_difference.value == pytest.approx(-other.risk_difference.value, abs=1e-8)
        assert one.risk_difference.lower == pytest.approx(-other.risk_difference.upper, abs=1e-8)


def test_a_covariate_alike_in_both_arms_gives_equal_weights():
    arm, table = np.repeat([1, 0], 40), np.tile(np.arange(40.0), 2)
    score = stats.propensity_score(arm, table).values
    for estimand in ("ATE", "ATT", "overlap"):
        assert np.ptp(stats.balancing_weights(arm, score, estimand).values) < 1e-9
    assert np.ptp(stats.entropy_balance(arm, table).values) < 1e-9


def test_what_no_weights_can_balance_is_said():
    found = stats.entropy_balance([1, 1, 0, 0, 0], [5.0, 6.0, 1.0, 2.0, 3.0], "ATT")
    assert found.values is None
    assert "no weights of the control arm's patients" in found.reason


def test_the_bootstrap_is_reproducible_and_near_the_robust_error():
    outcome, arm, table = study(1, 400)
    one = stats.bootstrap_weighted_risks(outcome, arm, table, "overlap", 300, seed=3)
    again = stats.bootstrap_weighted_risks(outcome, arm, table, "overlap", 300, seed=3)
    assert one == again
    robust = stats.propensity_weighted_risks(outcome, arm, table, "overlap").risk_difference
    assert one.failed == 0
    width = (robust.upper - robust.lower) / (2 * 1.959964)
    assert one.standard_error == pytest.approx(width, rel=0.15)
