"""Matching: who is matched to whom."""

from __future__ import annotations

import numpy as np
import pytest

from casewise import stats

ARM = [1, 1, 1, 0, 0, 0, 0]
SCORE = [0.5, 0.52, 0.9, 0.49, 0.51, 0.3, 0.2]


def test_the_optimal_pairs_are_no_farther_apart_than_the_greedy_ones():
    rng = np.random.default_rng(2)
    arm, score = (np.arange(60) < 20).astype(int), rng.uniform(0.2, 0.8, 60)
    logit = np.log(score / (1 - score))
    greedy = stats.nearest_matches(arm, score, None)
    best = stats.optimal_matches(arm, score, None)
    apart = [np.abs(logit[m.treated] - logit[m.control]).sum() for m in (greedy, best)]
    assert greedy.treated.size == best.treated.size == 20
    assert apart[1] <= apart[0] + 1e-12


def test_a_caliper_leaves_out_whom_nobody_is_like():
    found = stats.nearest_matches(ARM, SCORE, 0.2)
    assert dict(zip(found.treated.tolist(), found.control.tolist(), strict=True)) == {1: 4, 0: 3}
    assert found.unmatched.tolist() == [2]
    assert found.weights.tolist() == [1, 1, 0, 1, 1, 0, 0]


def test_exact_labels_are_equal_within_pairs():
    sex = np.array(["f", "m", "f", "m", "f", "f", "m"])
    for match in (stats.nearest_matches, stats.optimal_matches):
        found = match(ARM, SCORE, None, exact=sex)
        assert (sex[found.treated] == sex[found.control]).all()


def test_weights_of_each_arm_sum_to_the_matched_treated():
    found = stats.nearest_matches(ARM, SCORE, None, ratio=2, replacement=True)
    assert found.weights[:3].sum() == pytest.approx(found.weights[3:].sum())


def test_pairs_have_the_standard_error_of_paired_differences():
    rng = np.random.default_rng(4)
    arm, score = np.repeat([1, 0], 50), rng.uniform(0.3, 0.7, 100)
    outcome = rng.integers(0, 2, 100)
    found = stats.optimal_matches(arm, score, None)
    risks = stats.matched_risks(outcome, arm, found).risk_difference
    apart = outcome[found.treated] - outcome[found.control]
    error = apart.std() / np.sqrt(apart.size)
    assert risks.value == pytest.approx(apart.mean())
    assert risks.upper - risks.value == pytest.approx(1.959963985 * error, rel=1e-6)


def test_impossible_matching_raises():
    with pytest.raises(ValueError, match="logit"):
        stats.nearest_matches([1, 0], [1.0, 0.5])
    with pytest.raises(ValueError, match="no patients"):
        stats.optimal_matches([1, 1], [0.4, 0.5])


@pytest.mark.parametrize("match", [stats.nearest_matches, stats.optimal_matches])
def test_the_order_of_patients_with_one_score_decides_nothing(match):
    """Sorted by how they fared, as charts often are: the first controls are the dead ones."""
    arm = np.repeat([True, False], [100, 400])
    died = np.concatenate([np.arange(100) < 20, np.arange(400) < 80])  # a fifth of each arm
    found = match(arm, np.full(500, 0.2), None)
    assert found.treated.size == 100
    assert died[found.control].mean() == pytest.approx(0.2, abs=0.1)
    again = match(arm, np.full(500, 0.2), None)
    assert np.array_equal(found.control, again.control), "the same draw each time"
    other = match(arm, np.full(500, 0.2), None, seed=1)
    assert not np.array_equal(np.sort(found.control), np.sort(other.control))
