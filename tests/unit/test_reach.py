"""Tests that list or shuffle arrangements: what they count; none hangs on many patients."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from casewise import stats

FEW_1, FEW_0 = [3, 5, 5, 8, 9], [1, 2, 5, 4]
MANY = np.random.default_rng(7).normal(size=(2, 8_000))
ARM = np.repeat([1, 0], 8_000)


def test_exact_brunner_munzel_counts_every_arrangement():
    both = np.array(FEW_1 + FEW_0, dtype=float)
    observed = abs(stats.brunner_munzel(FEW_1, FEW_0, method="t").statistic)
    far = 0
    for chosen in combinations(range(9), 5):
        other = [i for i in range(9) if i not in chosen]
        found = stats.brunner_munzel(both[list(chosen)], both[other]).statistic
        far += found is not None and abs(found) >= observed * (1 - 1e-9)
    assert stats.brunner_munzel(FEW_1, FEW_0).p_value == pytest.approx(far / math.comb(9, 5))


def test_brunner_munzel_of_arms_that_do_not_overlap_has_a_p_by_arrangements_alone():
    apart = stats.brunner_munzel([1, 2, 3], [4, 5, 6, 7])
    assert (apart.statistic, apart.p_value) == (-math.inf, pytest.approx(2 / 35))
    assert stats.brunner_munzel([1, 2, 3], [4, 5, 6, 7], method="t").p_value is None


def test_brunner_munzel_is_sampled_while_an_arm_is_small_and_then_by_t():
    x, y = MANY[0][:9], MANY[1][:40]
    sampled, approximate = stats.brunner_munzel(x, y), stats.brunner_munzel(x, y, method="t")
    assert sampled.monte_carlo_error is not None
    assert sampled.p_value == pytest.approx(approximate.p_value, abs=0.03)
    assert "t distribution" in stats.brunner_munzel(MANY[0][:40], y).method
    with pytest.raises(ValueError, match="out of reach"):
        stats.brunner_munzel(x, y, method="exact")


def test_many_patients_get_the_normal_curve_and_are_told_so():
    for result in (
        stats.permutation_test(*MANY),
        stats.log_rank(np.abs(MANY.ravel()), ARM, ARM, method="monte-carlo"),
    ):
        assert result.reason == "asymptotic: more than 15,000 patients"
        assert result.method.startswith("asymptotic")
        assert 0 < result.p_value <= 1
    means = stats.permutation_test(*MANY)
    difference = MANY[0].mean() - MANY[1].mean()
    z = difference / math.sqrt(MANY.var(ddof=1) * 2 / 8_000)
    assert means.statistic == pytest.approx(difference)
    assert means.p_value == pytest.approx(math.erfc(abs(z) / math.sqrt(2)))
    assert stats.permutation_test(*MANY, statistic="median").p_value is None


def test_many_patients_are_refused_an_exact_log_rank_test():
    with pytest.raises(ValueError, match="out of reach"):
        stats.log_rank(np.abs(MANY.ravel()), ARM, ARM, method="exact")


def test_the_log_rank_statistic_is_the_chi_square_however_p_is_found():
    time, event, arm = [6, 9, 13, 20, 3, 5, 5, 8], [1, 0, 1, 0, 1, 1, 1, 1], [1] * 4 + [0] * 4
    chi_square = stats.log_rank(time, event, arm)
    for method in ("exact", "monte-carlo"):
        found = stats.log_rank(time, event, arm, method=method)
        assert found.statistic == chi_square.statistic
        assert found.p_value != chi_square.p_value


def test_an_odds_ratio_of_a_quadrillion_patients_apart_has_limits():
    n = 10**15
    apart = stats.odds_ratio(n, n, 0, n)
    assert apart.lower > 1e20
    assert apart.upper == math.inf
