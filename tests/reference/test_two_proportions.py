"""Two proportions: the values that R and an independent enumeration agree on."""

from __future__ import annotations

import math

import pytest

from casewise import stats

# treated against control, as (events_1, n_1, events_0, n_0): deaths by 30 days, death or
# transplant by 30 days and failure by 1 year in the published plasma-exchange study, and one more
TABLES = [(0, 9, 2, 6), (0, 9, 3, 6), (2, 9, 5, 6), (2, 9, 3, 6)]

P_VALUES = {
    "fisher(kind='minlike')": (0.142857, 0.043956, 0.040559, 0.328671),
    "fisher(kind='blaker')": (0.142857, 0.043956, 0.040559, 0.328671),
    "fisher(kind='central')": (0.285714, 0.087912, 0.069930, 0.573427),
    "fisher(kind='minlike', mid_p=True)": (0.071429, 0.021978, 0.023776, 0.208791),
    "fisher(kind='central', mid_p=True)": (0.142857, 0.043956, 0.036364, 0.333666),
    "barnard(statistic='pooled')": (0.0822144, 0.0157534, 0.0269165, 0.3521996),
    "barnard(statistic='unpooled')": (0.1309091, 0.0583094, 0.0333862, 0.3490320),
    "boschloo(kind='minlike')": (0.1151733, 0.0346069, 0.0256958, 0.2982788),
    "boschloo(kind='central')": (0.1716639, 0.0353673, 0.0261260, 0.3304476),
}


@pytest.mark.parametrize(("call", "values"), P_VALUES.items())
def test_p_equals_the_reference(call, values):
    name, _, rest = call.partition("(")
    arguments = eval(f"dict({rest}")
    # one value, .3490320, is .34903195 rounded twice: hence 0.52 of the last digit, not 0.5
    digits = 6 if name == "fisher" else 7
    for table, value in zip(TABLES, values, strict=True):
        result = getattr(stats, name)(*table, **arguments)
        assert result.p_value == pytest.approx(value, abs=0.52 * 10**-digits)


ODDS_RATIO_INTERVALS = {
    "central": [(0, 3.350305), (0, 1.347805), (0.00106179, 1.156515), (0.0169256, 4.293528)],
    "minlike": [(0, 2.161901), (0, 0.930087), (0.00216551, 0.880910), (0.0257346, 3.058526)],
    "mid-p": [(0, 2.161901), (0, 0.930087), (0.00213802, 0.865981), (0.0250708, 3.146738)],
}


@pytest.mark.parametrize(("method", "intervals"), ODDS_RATIO_INTERVALS.items())
def test_conditional_odds_ratio_interval_equals_the_reference(method, intervals):
    for table, (lower, upper) in zip(TABLES, intervals, strict=True):
        estimate = stats.odds_ratio(*table, method=method)
        assert estimate.lower == pytest.approx(lower, abs=5.01e-8 if lower < 0.01 else 5.01e-7)
        assert estimate.upper == pytest.approx(upper, abs=5.01e-7)


def test_conditional_odds_ratio_equals_the_reference():
    values = [stats.odds_ratio(*table).value for table in TABLES]
    assert values == pytest.approx([0, 0, 0.0735801, 0.3129324], abs=5.01e-8)


RISK_DIFFERENCE_INTERVALS = {
    "miettinen-nurminen": [
        (-0.70939, 0.04455),
        (-0.81893, -0.09646),
        (-0.86836, -0.07849),
        (-0.67732, 0.21146),
    ],
    "chan-zhang": [
        (-0.77722, 0.07259),
        (-0.88188, -0.05217),
        (-0.90744, -0.04765),
        (-0.71760, 0.26794),
    ],
    "agresti-min": [
        (-0.72866, 0.06128),
        (-0.84684, -0.08986),
        (-0.87856, -0.05876),
        (-0.66355, 0.22515),
    ],
    "newcombe": [
        (-0.70001, 0.04804),
        (-0.81238, -0.06748),
        (-0.82074, -0.09805),
        (-0.62830, 0.17314),
    ],
}


@pytest.mark.parametrize(("method", "intervals"), RISK_DIFFERENCE_INTERVALS.items())
def test_risk_difference_interval_equals_the_reference(method, intervals):
    for table, interval in zip(TABLES, intervals, strict=True):
        estimate = stats.risk_difference(*table, method=method)
        assert (estimate.lower, estimate.upper) == pytest.approx(interval, abs=5.01e-6)
        assert estimate.value == pytest.approx(table[0] / table[1] - table[2] / table[3])


def test_exact_risk_ratio_interval_equals_the_reference():
    intervals = [(0, 1.58994), (0, 0.79683), (0.04083, 0.87451), (0.04824, 2.25037)]
    for table, interval in zip(TABLES, intervals, strict=True):
        estimate = stats.risk_ratio(*table, method="exact")
        assert (estimate.lower, estimate.upper) == pytest.approx(interval, abs=5.01e-6)


def test_an_odds_ratio_without_events_does_not_exist():
    for table in [(0, 9, 0, 6), (9, 9, 6, 6)]:
        estimate = stats.odds_ratio(*table)
        assert (estimate.value, estimate.lower, estimate.upper) == (None, 0, math.inf)
        assert estimate.reason
        assert stats.fisher(*table).p_value == 1
        assert stats.fisher(*table).reason
