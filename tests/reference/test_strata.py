"""Comparisons within strata, against R.

Tests and the Mantel-Haenszel odds ratio: ``mantelhaen.test(x, exact = TRUE)``, ``(x, correct =
FALSE)`` and ``(x)``. Its exact interval is loose (uniroot's default tolerance), so that the exact
odds ratio and limits are those of

    d <- 1                               # the distribution of the treated's events over strata
    for (s in strata) {                  # s = (events_1, n_1, events_0, n_0)
      e <- s[1] + s[3]; x <- max(0, e - s[4]):min(s[2], e)
      d <- convolve(d, rev(dhyper(x, s[2], s[4], e)), type = "open") }
    f <- function(t) { w <- log(d) + t * seq_along(d); w <- exp(w - max(w)); w / sum(w) }
    uniroot(function(t) sum(f(t)[i:length(d)]) - .025, c(-12, 12), tol = 1e-13)

Zelen's P: all tables by expand.grid, sum(p[p <= observed * (1 + 1e-7)]) / sum(p). Score intervals:
uniroot on the stratified statistic, each stratum's likelihood maximized by optimize.
"""

from __future__ import annotations

import math

import pytest

from casewise import stats

TWO_SITES = [(0, 5, 2, 4), (2, 4, 1, 2)]
SPARSE = [(1, 6, 3, 5), (0, 3, 2, 4), (2, 8, 4, 7), (1, 1, 1, 2)]
OPPOSED = [(5, 12, 3, 10), (7, 9, 2, 11), (1, 20, 6, 19), (4, 10, 4, 10), (0, 7, 1, 6)]
# UCBAdmissions: admitted men, men, admitted women, women, by department
ADMISSIONS = [
    (512, 825, 89, 108),
    (353, 560, 17, 25),
    (120, 325, 202, 593),
    (138, 417, 131, 375),
    (53, 191, 94, 393),
    (22, 373, 24, 341),
]

EXACT = [  # P (minlike), odds ratio, lower, upper
    (TWO_SITES, 0.3, 0.242516511139, 0.00401623736217, 3.78233849195),
    (SPARSE, 0.0928919565283, 0.267970637546, 0.047362543144, 1.25335897836),
    (OPPOSED, 1, 1.08537553739, 0.435042974806, 2.72657994928),
]


@pytest.mark.parametrize(("strata", "p", "value", "lower", "upper"), EXACT)
def test_exact_common_odds_ratio_equals_r(strata, p, value, lower, upper):
    assert stats.stratified_fisher(strata).p_value == pytest.approx(p, rel=1e-9)
    estimate = stats.common_odds_ratio(strata)
    found = (estimate.value, estimate.lower, estimate.upper)
    assert found == pytest.approx((value, lower, upper), rel=1e-8)


def test_exact_stratified_p_of_thousands_equals_r():
    assert stats.stratified_fisher(ADMISSIONS).p_value == pytest.approx(0.2277625268, rel=1e-7)


MANTEL_HAENSZEL = [  # statistic, P, corrected statistic and P, odds ratio, lower, upper
    (
        TWO_SITES,
        (
            1.48367952522,
            0.223199712667,
            0.44881305638,
            0.502899154527,
            0.230769230769,
            0.0193471228532,
            2.75257661172,
        ),
    ),
    (
        SPARSE,
        (
            3.69547011301,
            0.0545604049673,
            2.53306650493,
            0.111483372716,
            0.239519601178,
            0.0544854758538,
            1.05293453805,
        ),
    ),
    (
        OPPOSED,
        (
            0.037508482769,
            0.846433446898,
            0,  # R leaves a difference under 1/2 uncorrected, and prints the plain values again
            1,
            1.07877439782,
            0.486494254943,
            2.39212321537,
        ),
    ),
    (
        ADMISSIONS,
        (
            1.52460666044,
            0.216923697056,
            1.42694622859,
            0.232263462817,
            0.904696828259,
            0.771907361759,
            1.06032976444,
        ),
    ),
]


@pytest.mark.parametrize(("strata", "values"), MANTEL_HAENSZEL)
def test_mantel_haenszel_equals_r(strata, values):
    plain, corrected = stats.mantel_haenszel(strata), stats.mantel_haenszel(strata, corrected=True)
    found = [plain.statistic, plain.p_value, corrected.statistic, corrected.p_value]
    assert found == pytest.approx(values[:4], rel=1e-9, abs=1e-12)
    estimate = stats.common_odds_ratio(strata, "mantel-haenszel")
    assert (estimate.value, estimate.lower, estimate.upper) == pytest.approx(values[4:], rel=1e-9)


@pytest.mark.parametrize(
    ("strata", "p"),
    [(TWO_SITES, 0.473684210526), (SPARSE, 0.801418439716), (OPPOSED, 0.00808457994486)],
)
def test_zelen_equals_enumeration_in_r(strata, p):
    assert stats.zelen(strata).p_value == pytest.approx(p, rel=1e-9)


SCORE = [  # risk difference and limits, risk ratio and limits
    (TWO_SITES, (-0.3125, -0.695495901535, 0.197362146863, 0.375, 0.0783749178638, 1.7619733591)),
    (
        SPARSE,
        (
            -0.328632980807,
            -0.598634666971,
            0.0065177600527,
            0.414208413336,
            0.151056377904,
            1.01544577645,
        ),
    ),
    (
        OPPOSED,
        (
            0.0161443338768,
            -0.143611459057,
            0.183594543313,
            1.05620371165,
            0.608656442078,
            1.83619267045,
        ),
    ),
    (
        ADMISSIONS,
        (
            -0.0184251961909,
            -0.0474560476744,
            0.0108900679662,
            0.944905022596,
            0.864821835333,
            1.03413939099,
        ),
    ),
]


@pytest.mark.parametrize(("strata", "values"), SCORE)
def test_stratified_score_intervals_equal_r(strata, values):
    for estimate, three in (
        (stats.stratified_risk_difference(strata), values[:3]),
        (stats.stratified_risk_ratio(strata), values[3:]),
    ):
        found = (estimate.value, estimate.lower, estimate.upper)
        assert found == pytest.approx(three, rel=2e-6)


def test_one_stratum_is_no_stratification():
    table = (2, 9, 5, 6)
    for kind in ("minlike", "central", "blaker"):
        one, alone = stats.stratified_fisher([table], kind), stats.fisher(*table, kind=kind)
        assert one.p_value == pytest.approx(alone.p_value, rel=1e-12)
        assert stats.common_odds_ratio([table], kind).upper == stats.odds_ratio(*table, kind).upper
    n_minus_1 = stats.chi_square(*table, kind="n-1")
    assert stats.mantel_haenszel([table]).p_value == pytest.approx(n_minus_1.p_value, rel=1e-12)
    score = stats.stratified_risk_difference([table])
    assert score.lower == pytest.approx(stats.risk_difference(*table).lower, abs=1e-12)
    ratio = stats.stratified_risk_ratio([table])
    assert ratio.upper == pytest.approx(stats.risk_ratio(*table).upper, rel=1e-12)


def test_strata_that_say_nothing_change_nothing():
    more = [*SPARSE, (0, 0, 2, 6), (0, 4, 0, 9), (3, 3, 5, 5)]
    assert stats.stratified_fisher(more) == stats.stratified_fisher(SPARSE)
    assert stats.zelen(more) == stats.zelen(SPARSE)
    assert stats.common_odds_ratio(more) == stats.common_odds_ratio(SPARSE)


def test_strata_without_events_leave_no_odds_ratio():
    for empty in ([], [(0, 0, 2, 6)]):
        assert stats.stratified_fisher(empty).p_value is None
        assert stats.mantel_haenszel(empty).p_value is None
        assert stats.stratified_risk_difference(empty).value is None
    nothing = [(0, 4, 0, 9), (0, 2, 0, 2)]
    assert stats.stratified_fisher(nothing).p_value == 1
    assert stats.zelen(nothing).p_value == 1
    assert stats.mantel_haenszel(nothing).p_value == 1
    assert stats.common_odds_ratio(nothing).value is None
    assert stats.stratified_risk_difference(nothing).value == 0
    assert stats.stratified_risk_ratio(nothing).value is None
    one_sided = stats.stratified_risk_ratio([(2, 5, 0, 4), (1, 3, 0, 3)])
    assert (one_sided.value, one_sided.upper) == (math.inf, math.inf)


def test_huge_strata_are_asymptotic_and_say_so():
    strata = [(3_000_000, 10_000_000, 3_002_000, 10_000_000)] * 2
    assert stats.stratified_fisher(strata).method.startswith("Mantel-Haenszel")
    assert "more than" in stats.stratified_fisher(strata).reason
    assert stats.common_odds_ratio(strata).reason.startswith("asymptotic")
    assert stats.zelen(strata).p_value is None
    with pytest.raises(ValueError, match="stratum 1 must be"):
        stats.zelen([(1, 2, 3)])
