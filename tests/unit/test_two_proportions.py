"""Comparisons of two proportions: what is refused, what is undefined, and what is said of it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from casewise import stats

TESTS = {
    "fisher": stats.fisher,
    "barnard": stats.barnard,
    "boschloo": stats.boschloo,
    "chi_square": stats.chi_square,
}
ESTIMATES = {
    "risk_difference": stats.risk_difference,
    "risk_ratio": stats.risk_ratio,
    "odds_ratio": stats.odds_ratio,
    "number_needed_to_treat": stats.number_needed_to_treat,
}
EVERYTHING = TESTS | ESTIMATES

BAD = [
    ((-1, 9, 2, 6), ValueError, "events_1 must not be negative, but is -1"),
    ((0, -9, 2, 6), ValueError, "n_1 must not be negative, but is -9"),
    ((0, 9, 2.5, 6), ValueError, "events_0 must be a whole number of patients, not 2.5"),
    ((0, math.nan, 2, 6), ValueError, "n_1 must be a whole number of patients, not nan"),
    ((0, math.inf, 2, 6), ValueError, "n_1 must be a whole number of patients, not inf"),
    ((10, 9, 2, 6), ValueError, r"events_1 \(10\) is more than n_1 \(9\)"),
    ((0, 9, 7, 6), ValueError, r"events_0 \(7\) is more than n_0 \(6\)"),
    (("0", 9, 2, 6), TypeError, "events_1 must be a whole number of patients, not str"),
    ((0, 9, True, 6), TypeError, "events_0 must be a whole number of patients, not bool"),
    ((0, 9, 2, None), TypeError, "n_0 must be a whole number of patients, not NoneType"),
    ((0, 10**400, 2, 6), ValueError, "n_1 is larger than any number of patients"),
    ((0, 9, [2], 6), TypeError, "events_0 must be a whole number of patients, not list"),
]


@pytest.mark.parametrize("call", EVERYTHING.values(), ids=EVERYTHING)
@pytest.mark.parametrize(("counts", "error", "message"), BAD, ids=str)
def test_what_is_no_count_is_refused_in_words(call, counts, error, message):
    with pytest.raises(error, match=message):
        call(*counts)


@pytest.mark.parametrize("call", EVERYTHING.values(), ids=EVERYTHING)
def test_whole_floats_and_numpy_integers_are_counts(call):
    assert call(np.int64(2), 9.0, np.float64(5), np.uint8(6)) == call(2, 9, 5, 6)


@pytest.mark.parametrize("call", TESTS.values(), ids=TESTS)
@pytest.mark.parametrize("counts", [(0, 0, 2, 6), (2, 6, 0, 0), (0, 0, 0, 0)])
def test_a_test_of_an_empty_arm_is_undefined(call, counts):
    result = call(*counts)
    assert result.p_value is None
    assert result.reason == "an arm has no patients"


@pytest.mark.parametrize("call", ESTIMATES.values(), ids=ESTIMATES)
@pytest.mark.parametrize("counts", [(0, 0, 2, 6), (2, 6, 0, 0), (0, 0, 0, 0)])
def test_an_estimate_from_an_empty_arm_is_undefined(call, counts):
    estimate = call(*counts)
    assert (estimate.value, estimate.lower, estimate.upper) == (None, None, None)
    assert estimate.reason == "an arm has no patients"


@pytest.mark.parametrize("call", TESTS.values(), ids=TESTS)
def test_without_events_there_is_nothing_against_equality(call):
    assert call(0, 9, 0, 6).p_value == 1
    assert call(0, 9, 0, 6).reason == "no event in either arm"
    assert call(9, 9, 6, 6).p_value == 1
    assert call(9, 9, 6, 6).reason == "nothing but events in both arms"


@pytest.mark.parametrize("method", ["score", "exact"])
def test_a_risk_ratio_without_events_does_not_exist(method):
    estimate = stats.risk_ratio(0, 9, 0, 6, method)
    assert (estimate.value, estimate.lower, estimate.upper) == (None, 0, math.inf)
    assert estimate.reason == "no event in either arm"
    assert stats.risk_ratio(2, 9, 0, 6, method).value == math.inf
    assert stats.risk_ratio(2, 9, 0, 6, method).upper == math.inf
    assert stats.risk_ratio(0, 9, 2, 6, method).value == 0
    assert stats.risk_ratio(0, 9, 2, 6, method).lower == 0


@pytest.mark.parametrize("method", ["miettinen-nurminen", "newcombe", "chan-zhang", "agresti-min"])
def test_a_risk_difference_without_events_has_an_interval(method):
    estimate = stats.risk_difference(0, 9, 0, 6, method)
    assert -1 < estimate.lower < 0 == estimate.value < estimate.upper < 1
    whole = stats.risk_difference(0, 9, 6, 6, method)
    assert whole.lower == -1 == whole.value < whole.upper < 0


HUGE = 10_000_000


@pytest.mark.parametrize("call", TESTS.values(), ids=TESTS)
def test_a_test_of_huge_counts_is_asymptotic_and_says_so(call):
    result = call(3_000_000, HUGE, 3_002_000, HUGE)
    # R: prop.test(c(3e6, 3.002e6), c(1e7, 1e7), correct = FALSE)$p.value
    assert result.p_value == pytest.approx(0.32916003, rel=1e-6)
    if call is not stats.chi_square:
        assert "chi-square test, asymptotic" in result.method
        assert "more than" in result.reason


@pytest.mark.parametrize(
    ("call", "method"),
    [
        (stats.odds_ratio, "central"),
        (stats.odds_ratio, "minlike"),
        (stats.odds_ratio, "blaker"),
        (stats.odds_ratio, "mid-p"),
        (stats.risk_ratio, "exact"),
        (stats.risk_difference, "chan-zhang"),
        (stats.risk_difference, "agresti-min"),
    ],
)
def test_an_exact_interval_of_huge_counts_is_asymptotic_and_says_so(call, method):
    estimate = call(3_000_000, HUGE, 3_002_000, HUGE, method)
    assert estimate.lower < estimate.value < estimate.upper
    assert estimate.method == "score interval of Miettinen and Nurminen"
    assert estimate.reason.startswith("asymptotic: more than")


def test_unconditional_tests_of_very_unequal_arms_end_soon():
    for call in (stats.barnard, stats.boschloo):
        assert call(30, 100, 9_000, 9_900).reason == ""
        assert call(1, 2, 600_000, 1_350_000).reason == "more than 10,000 patients"


def test_p_is_above_0_where_no_float_is_small_enough():
    for call in (stats.fisher, stats.barnard, stats.boschloo, stats.chi_square):
        assert 0 < call(1_000, 1_000, 0, 1_000).p_value < 1e-300


def test_rare_events_among_huge_arms_stay_exact():
    result = stats.fisher(3, HUGE, 15, HUGE)
    # binomial with equal arms, to 7 digits: 2 * pbinom(3, 18, 0.5) = .007537842
    assert result.p_value == pytest.approx(0.007537842, rel=1e-4)
    assert result.reason == ""


def test_number_needed_to_treat_is_the_reciprocal_of_the_risk_difference():
    risk, needed = stats.risk_difference(2, 9, 5, 6), stats.number_needed_to_treat(2, 9, 5, 6)
    assert needed.value == pytest.approx(18 / 11)
    assert (needed.lower, needed.upper) == pytest.approx((-1 / risk.lower, -1 / risk.upper))


def test_number_needed_to_treat_of_an_interval_around_0_goes_through_infinity():
    needed = stats.number_needed_to_treat(0, 9, 2, 6)
    assert needed.lower > 0 > needed.upper
    assert "infinity" in needed.reason
    assert stats.number_needed_to_treat(3, 6, 3, 6).value == math.inf


def test_number_needed_to_treat_is_negative_where_treatment_does_harm():
    needed = stats.number_needed_to_treat(50, 60, 10, 60)
    assert needed.lower < needed.value < needed.upper < 0
    assert needed.value == pytest.approx(-1.5)


def test_unknown_choices_are_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="kind must be one of minlike, central, blaker"):
        stats.fisher(0, 9, 2, 6, kind="doubled")
    with pytest.raises(ValueError, match="statistic must be one of pooled, unpooled"):
        stats.barnard(0, 9, 2, 6, statistic="wald")
    with pytest.raises(ValueError, match="method must be one of score, koopman, exact"):
        stats.risk_ratio(0, 9, 2, 6, method="wald")
    for level in (0, 1, 95, math.nan):
        with pytest.raises(ValueError, match="level must be between 0 and 1"):
            stats.risk_difference(0, 9, 2, 6, level=level)
    for gamma in (0, 1, -0.1, math.nan):
        with pytest.raises(ValueError, match="berger_boos must be between 0 and 1"):
            stats.boschloo(0, 9, 2, 6, berger_boos=gamma)


def test_berger_boos_adds_its_probability_and_says_so():
    plain, bounded = stats.barnard(0, 9, 2, 6), stats.barnard(0, 9, 2, 6, berger_boos=0.001)
    assert plain.p_value < bounded.p_value <= plain.p_value + 0.001
    assert bounded.method == "Barnard's exact test, two-sided (pooled Z), Berger-Boos 0.001"


@pytest.mark.parametrize("method", ["clopper-pearson", "blaker", "wilson", "mid-p"])
def test_a_proportion_of_nobody_or_nothing_else(method):
    assert stats.proportion(0, 0, method).value is None
    assert stats.proportion(0, 0, method).reason == "no patients"
    assert stats.proportion(0, 9, method).lower == 0
    assert stats.proportion(9, 9, method).upper == 1
    huge = stats.proportion(3, HUGE, method)
    assert 0 < huge.lower < 3e-7 < huge.upper
    with pytest.raises(ValueError, match=r"events \(10\) is more than n \(9\)"):
        stats.proportion(10, 9, method)
