"""Samples, survival, models, priors and power: values made by R.

``samples.R`` holds the lines that made ``samples.csv``: a row a case, the method's arguments as
lists of numbers, and the values to equal.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from casewise import stats

with (Path(__file__).parent / "samples.csv").open(encoding="utf-8", newline="") as file:
    CASES = list(csv.DictReader(file))

INTERVALS = {"log-log": "log-log", "arcsin": "arcsine"}


def numbers(text):
    return [math.nan if word == "NA" else float(word) for word in text.split()]


def whole(values):
    return [int(value) for value in values]


def quantiles(x, option, **_):
    return [stats.quantile(x, q, int(option)) for q in (0.25, 0.5, 0.75, 0.1, 0.7)]


def rank_sum_asymptotic(x, y, option, **_):
    result = stats.rank_sum(x, y, "asymptotic", continuity=option == "TRUE")
    return [result.statistic, result.p_value]


def kruskal(*groups):
    result = stats.kruskal_wallis(*groups, method="asymptotic")
    return [result.statistic, result.p_value]


def brunner_munzel(x, y, **_):
    result = stats.brunner_munzel(x, y, method="t")
    return [result.statistic, result.p_value]


def hodges_lehmann(x, y, **_):
    shift = stats.hodges_lehmann(x, y)
    return [shift.value, shift.lower, shift.upper, stats.rank_sum(x, y).p_value]


def van_elteren(values, treated, stratum, **_):
    result = stats.van_elteren(values, treated, stratum, "asymptotic")
    return [abs(result.statistic), result.p_value]


def kaplan_meier(time, event, at, option):
    curve = stats.kaplan_meier(time, event, interval=INTERVALS[option])
    points = [curve.at(t) for t in at]
    return [
        number
        for t, point in zip(at, points, strict=True)
        for number in (point.value, point.lower, point.upper, curve.at_risk_at(t))
    ]


def median_survival(time, event, option, **_):
    median = stats.kaplan_meier(time, event, interval=INTERVALS[option]).median()
    return [median.value, median.lower, None if median.upper == math.inf else median.upper]


def log_rank_asymptotic(time, event, arm, option):
    weights = "fleming-harrington" if option == "1" else "log-rank"
    result = stats.log_rank(time, event, arm, weights=weights)
    return [result.statistic, result.p_value]


def limits(estimate):
    return [estimate.value, estimate.lower, estimate.upper]


def firth(y, x, **_):
    (term,) = stats.firth_logistic(y, x)
    return [*limits(term.log), term.test.p_value]


def posterior(counts, option, **_):
    answer = stats.posterior(*whole(counts), prior={"1": "uniform", "0.5": "jeffreys"}[option])
    return [answer.benefit, answer.risk_difference.lower]


def rate_ratio(counts, **_):
    return limits(stats.rate_ratio(int(counts[0]), counts[1], int(counts[2]), counts[3]))


def power(counts, **_):
    p_1, n_1, p_0, n_0 = counts
    return [stats.power_two_proportions(p_1, int(n_1), p_0, int(n_0))]


def smd(kind):
    return lambda x, y, **_: [stats.standardized_mean_difference(x, y, kind).value]


# the method's answer, and how far R's may be from it: R's own searches stop early
METHODS = {
    "quantile": (quantiles, 1e-12),
    "rank_sum exact": (lambda x, y, **_: [stats.rank_sum(x, y, "exact").p_value], 1e-12),
    "rank_sum asymptotic": (rank_sum_asymptotic, 1e-12),
    "permutation mean": (lambda x, y, **_: [stats.permutation_test(x, y).p_value], 1e-12),
    "kruskal asymptotic": (lambda *groups, **_: kruskal(*(g for g in groups if g)), 1e-12),
    "brunner_munzel": (brunner_munzel, 1e-10),
    "hodges_lehmann": (hodges_lehmann, 1e-9),
    "van_elteren": (van_elteren, 1e-9),
    "kaplan_meier": (kaplan_meier, 1e-10),
    "median survival": (median_survival, 1e-12),
    "log_rank asymptotic": (log_rank_asymptotic, 1e-9),
    "log_rank exact": (
        lambda t, e, g, option: [stats.log_rank(t, e, g, "exact", option).p_value],
        1e-9,
    ),
    "hazard_ratio": (lambda t, e, g, **_: limits(stats.hazard_ratio(t, e, g)), 1e-6),
    "incidence_rate": (lambda c, **_: limits(stats.incidence_rate(int(c[0]), c[1])), 1e-9),
    "rate_ratio": (rate_ratio, 1e-9),
    "holm": (lambda p, **_: stats.holm(p), 1e-12),
    "hochberg": (lambda p, **_: stats.hochberg(p), 1e-12),
    "smd continuous": (smd("continuous"), 1e-12),
    "smd binary": (smd("binary"), 1e-12),
    "smd multinomial": (smd("multinomial"), 1e-10),
    "exact_logistic": (lambda y, x, z, **_: limits(stats.exact_logistic(y, x, z).log), 1e-9),
    "firth_logistic": (firth, 1e-5),
    "posterior": (posterior, 1e-6),
    "posterior normal": (
        lambda c, option, **_: [stats.posterior(*whole(c), prior=option).benefit],
        1e-7,
    ),
    "power": (power, 1e-12),
}


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{i}-{case['method']}" for i, case in enumerate(CASES, 2)]
)
def test_value_equals_that_of_r(case):
    function, tolerance = METHODS[case["method"]]
    arguments = [numbers(case[name]) for name in "abc" if case[name]]
    answer = list(function(*arguments, option=case["option"]))
    expected = numbers(case["expected"])
    assert len(answer) == len(expected)
    for found, value in zip(answer, expected, strict=True):
        if math.isnan(value):
            assert found is None
        else:
            assert found == pytest.approx(value, rel=tolerance, abs=tolerance)
