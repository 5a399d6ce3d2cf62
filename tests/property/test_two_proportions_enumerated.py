"""Exactness, checked over every table that two arms can give, not over a sample of them.

An exact test rejects with at most its level wherever the common proportion lies; an exact interval
holds the true value with at least its level wherever the nuisance parameter lies; and a test
rejects equality where the interval that inverts it leaves equality out.

What takes minutes in all arms up to 12 is done here up to 5, and up to 12 by ``make enumerate``.
"""

from __future__ import annotations

import math
import os
from functools import cache

import numpy as np
import pytest
from scipy.stats import binom

from casewise import stats
from casewise.analysis.comparisons import proportions
from casewise.protocol import model
from casewise.stats._counts import Arms
from casewise.stats._score import score
from casewise.stats._unconditional import largest_score_p

SMALL = [(n_1, n_0) for n_1 in range(1, 13) for n_0 in range(1, n_1 + 1)]
SOME = [(1, 1), (2, 1), (4, 4), (5, 3), (9, 6), (8, 8), (12, 2), (12, 11)]
UP_TO = int(os.environ.get("CASEWISE_ARMS_UP_TO", "5"))  # patients an arm, what takes minutes
LEVELS = (0.01, 0.025, 0.05, 0.1, 0.2)
GRID = np.linspace(0, 1, 201)
ROUNDING = 1e-9

TESTS = {
    "fisher minlike": lambda *t: stats.fisher(*t, kind="minlike"),
    "fisher central": lambda *t: stats.fisher(*t, kind="central"),
    "fisher blaker": lambda *t: stats.fisher(*t, kind="blaker"),
    "barnard pooled": lambda *t: stats.barnard(*t, statistic="pooled"),
    "barnard unpooled": lambda *t: stats.barnard(*t, statistic="unpooled"),
    "barnard pooled, Berger-Boos": lambda *t: stats.barnard(*t, berger_boos=0.001),
    "barnard unpooled, Berger-Boos": lambda *t: stats.barnard(
        *t, statistic="unpooled", berger_boos=0.001
    ),
    "boschloo minlike": lambda *t: stats.boschloo(*t, kind="minlike"),
    "boschloo central": lambda *t: stats.boschloo(*t, kind="central"),
    "boschloo minlike, Berger-Boos": lambda *t: stats.boschloo(*t, berger_boos=0.001),
    "boschloo central, Berger-Boos": lambda *t: stats.boschloo(
        *t, kind="central", berger_boos=0.001
    ),
}

NOT_EXACT = {
    "fisher central mid-p": lambda *t: stats.fisher(*t, kind="central", mid_p=True),
    "chi-square N - 1": lambda *t: stats.chi_square(*t, kind="n-1"),
    "chi-square Pearson": lambda *t: stats.chi_square(*t, kind="pearson"),
}

EXACT_INTERVALS = {
    "odds ratio": ("central", "minlike", "blaker"),
    "risk difference": ("chan-zhang", "agresti-min"),
    "risk ratio": ("exact", "agresti-min"),
}

TRUE_VALUES = {
    "odds ratio": np.exp(np.linspace(-5, 5, 41)),
    "risk ratio": np.exp(np.linspace(-4, 4, 41)),
    "risk difference": np.linspace(-0.97, 0.97, 41),
}


def every_table(n_1, n_0):
    return [(x_1, n_1, x_0, n_0) for x_1 in range(n_1 + 1) for x_0 in range(n_0 + 1)]


def probabilities(n_1, p_1, n_0, p_0):
    """Of every table (in the order of ``every_table``), by pairs of proportions."""
    f_1 = binom.pmf(np.arange(n_1 + 1)[:, None], n_1, p_1)
    f_0 = binom.pmf(np.arange(n_0 + 1)[:, None], n_0, p_0)
    return (f_1[:, None, :] * f_0[None, :, :]).reshape(-1, f_1.shape[1])


def assert_size_holds(test, n_1, n_0):
    p = np.array([TESTS[test](*table).p_value for table in every_table(n_1, n_0)])
    f = probabilities(n_1, GRID, n_0, GRID)
    for level in LEVELS:
        assert f[p <= level].sum(axis=0).max(initial=0) <= level + ROUNDING, (level, n_1, n_0)


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize(("n_1", "n_0"), SOME)
def test_an_exact_test_keeps_its_level(test, n_1, n_0):
    assert_size_holds(test, n_1, n_0)


@pytest.mark.slow
@pytest.mark.parametrize("test", TESTS)
def test_an_exact_test_keeps_its_level_in_all_arms_up_to_12(test):
    most = max(8, UP_TO) if "Berger-Boos" in test else 12
    for n_1, n_0 in SMALL:
        if n_1 <= most:
            assert_size_holds(test, n_1, n_0)


@pytest.mark.parametrize("measure", ["risk difference", "risk ratio"])
@pytest.mark.parametrize(("level", "two_sided"), [(0.025, False), (0.05, True)])
@pytest.mark.parametrize(("n_1", "n_0"), SOME)
def test_the_tests_that_unconditional_intervals_invert_keep_their_level(
    measure, level, two_sided, n_1, n_0
):
    values = TRUE_VALUES[measure]
    p = np.array(
        [
            largest_score_p(measure, values, values, Arms(*table), two_sided, worth=level)
            for table in every_table(n_1, n_0)
        ]
    )
    for k, value in enumerate(values):
        f = probabilities(n_1, *both_proportions(measure, value, n_0))
        assert f[p[:, k] <= level].sum(axis=0).max(initial=0) <= level + ROUNDING, value


@pytest.mark.parametrize("measure", ["risk difference", "risk ratio"])
@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize("table", [(2, 9, 5, 6), (0, 9, 2, 6), (7, 8, 3, 8), (1, 3, 9, 12)])
def test_the_p_that_unconditional_intervals_invert_is_a_supremum_over_all_tables(
    measure, two_sided, table
):
    _, n_1, _, n_0 = table
    values = TRUE_VALUES[measure]
    found = largest_score_p(measure, values, values, Arms(*table), two_sided, worth=0.05)
    x_1, x_0 = np.array([(t[0], t[2]) for t in every_table(n_1, n_0)]).T
    for value, p in zip(values, found, strict=True):
        z, observed = score(measure, value, x_1, n_1, x_0, n_0), score(measure, value, *table)
        if two_sided:
            z, observed = np.abs(z), np.abs(observed)
        extreme = z >= observed - 1e-7 * np.abs(observed)
        f = probabilities(n_1, *both_proportions(measure, value, n_0))
        assert p == pytest.approx(f[extreme].sum(axis=0).max(), rel=0.01)
        assert (p > 0.05) == (f[extreme].sum(axis=0).max() > 0.05)


def both_proportions(measure, value, n_0):
    """A fine grid of the nuisance parameter: the treated's proportions, n_0, and the control's."""
    if measure == "risk difference":
        p_0 = max(0, -value) + (1 - abs(value)) * GRID
        p_1 = p_0 + value
    elif measure == "risk ratio":
        p_0 = min(1, 1 / value) * GRID
        p_1 = p_0 * value
    else:
        p_0 = GRID
        p_1 = value * p_0 / (1 - p_0 + value * p_0)
    return np.clip(p_1, 0, 1), n_0, p_0


@cache
def estimates(measure, method, n_1, n_0):
    function = getattr(stats, measure.replace(" ", "_"))
    return [function(*table, method=method) for table in every_table(n_1, n_0)]


METHODS = [(measure, method) for measure in EXACT_INTERVALS for method in EXACT_INTERVALS[measure]]


@pytest.mark.parametrize(("measure", "method"), METHODS)
@pytest.mark.parametrize(("n_1", "n_0"), [(1, 1), (2, 5), (5, 3), (4, 4), (9, 6)])
def test_an_exact_interval_covers_at_its_level(measure, method, n_1, n_0):
    assert_coverage_holds(measure, method, n_1, n_0)


@pytest.mark.slow
@pytest.mark.parametrize("method", EXACT_INTERVALS["odds ratio"])
def test_exact_odds_ratio_intervals_cover_and_agree_in_all_arms_up_to_12(method):
    # each size with itself and with every other once: with the arms swapped it is the same
    for n_1, n_0 in SMALL:
        assert_coverage_holds("odds ratio", method, n_1, n_0)
        assert_agreement(("odds ratio", method, 1), f"fisher {method}", n_1, n_0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("measure", "method"), [pair for pair in METHODS if pair[0] != "odds ratio"]
)
def test_exact_unconditional_intervals_cover_and_agree_in_all_small_arms(measure, method):
    for n_1, n_0 in SMALL:
        if n_1 <= UP_TO:
            assert_coverage_holds(measure, method, n_1, n_0)
            if method == "agresti-min":
                equality = 0 if measure == "risk difference" else 1
                assert_agreement((measure, method, equality), "barnard pooled", n_1, n_0)


def assert_coverage_holds(measure, method, n_1, n_0):
    pairs = [(e.lower, e.upper) for e in estimates(measure, method, n_1, n_0)]
    lower, upper = np.array(pairs).T
    for value in TRUE_VALUES[measure]:
        f = probabilities(n_1, *both_proportions(measure, value, n_0))
        # limits are found to 1e-8
        held = (lower <= value + 1e-8) & (value - 1e-8 <= upper)
        assert f[held].sum(axis=0).min() >= 0.95 - ROUNDING, (measure, method, value, n_1, n_0)


AGREEING = {
    ("odds ratio", "central", 1): "fisher central",
    ("odds ratio", "minlike", 1): "fisher minlike",
    ("odds ratio", "blaker", 1): "fisher blaker",
    ("odds ratio", "mid-p", 1): "fisher central mid-p",
    ("odds ratio", "score", 1): "chi-square N - 1",
    ("risk difference", "agresti-min", 0): "barnard pooled",
    ("risk difference", "miettinen-nurminen", 0): "chi-square N - 1",
    ("risk ratio", "agresti-min", 1): "barnard pooled",
    ("risk ratio", "koopman", 1): "chi-square Pearson",
    ("risk ratio", "score", 1): "chi-square N - 1",
}


# Treated first: here Barnard's test rejects a ratio of 1, but neither all ratios below 1 nor all
# above. The interval is whole and spans the gap; so it does with the arms swapped.
GAPS = {
    (1, 7, 2, 2),
    (3, 10, 3, 3),
    (1, 11, 2, 3),
    (3, 11, 3, 3),
    (1, 12, 2, 3),
    (3, 12, 3, 3),
    (2, 12, 3, 4),
    (0, 8, 2, 5),
    (0, 11, 3, 9),
}


@pytest.mark.parametrize(("interval", "test"), AGREEING.items(), ids=str)
@pytest.mark.parametrize(("n_1", "n_0"), [(1, 1), (2, 5), (5, 3), (4, 4), (9, 6)])
def test_a_test_and_the_interval_that_inverts_it_agree(interval, test, n_1, n_0):
    assert_agreement(interval, test, n_1, n_0)


def assert_agreement(interval, test, n_1, n_0):
    measure, method, equality = interval
    found = estimates(measure, method, n_1, n_0)
    for table, estimate in zip(every_table(n_1, n_0), found, strict=True):
        p = (TESTS | NOT_EXACT)[test](*table).p_value
        held = estimate.lower <= equality <= estimate.upper
        if equality == estimate.lower:
            held = not estimate.lower_open
        if equality == estimate.upper:
            held = not estimate.upper_open
        if measure == "risk ratio" and method == "agresti-min" and table in GAPS:
            just_inside = np.array([estimate.upper * (1 - 1e-6)])
            accepted = largest_score_p(measure, just_inside, just_inside, Arms(*table), True, 0.05)
            assert estimate.value < 1 < estimate.upper, table
            assert p < 1 - 0.95 < accepted[0], table
        else:
            assert held == (p > 1 - 0.95), table


@pytest.mark.parametrize(("n_1", "n_0"), [(2, 5), (5, 3), (8, 4), (9, 6)])
def test_the_reports_default_pairs_never_contradict_each_other(n_1, n_0):
    for table in every_table(n_1, n_0):
        if not 0.01 < stats.fisher(*table).p_value < 0.3:  # far from any border
            continue
        test, found = proportions(model.Tests(), table, 0.95)
        for estimate in found:
            equality = 1 if estimate.measure.endswith("ratio") else 0
            held = estimate.lower <= equality <= estimate.upper
            held &= not (estimate.upper == equality and estimate.upper_open)
            held &= not (estimate.lower == equality and estimate.lower_open)
            assert held == (test.p_value > 0.05), (table, estimate.measure)


@pytest.mark.slow
def test_where_fishers_test_rejects_so_does_barnards_in_all_arms_up_to_12():
    """So Agresti and Min's intervals can contradict Fisher's P in one way only, and are drawn out
    to equality then.
    """
    for n_1, n_0 in SMALL:
        for table in every_table(n_1, n_0):
            if stats.fisher(*table).p_value <= 0.05:
                assert stats.barnard(*table).p_value <= 0.05, table


@pytest.mark.parametrize("method", ["clopper-pearson", "blaker"])
def test_exact_intervals_of_one_proportion_cover_at_their_level(method):
    for n in (*range(1, 13), 25, 60):
        found = [stats.proportion(events, n, method=method) for events in range(n + 1)]
        lower = np.array([[e.lower] for e in found])
        upper = np.array([[e.upper] for e in found])
        f = binom.pmf(np.arange(n + 1)[:, None], n, GRID)
        held = (lower <= GRID + 1e-12) & (upper >= GRID - 1e-12)
        assert (f * held).sum(axis=0).min() >= 0.95 - ROUNDING


def test_blaker_intervals_lie_within_the_central_ones():
    for table in every_table(9, 6):
        outer, inner = stats.odds_ratio(*table), stats.odds_ratio(*table, method="blaker")
        assert outer.lower <= inner.lower * (1 + 1e-9)
        assert inner.upper <= outer.upper * (1 + 1e-9) or math.isinf(outer.upper)
