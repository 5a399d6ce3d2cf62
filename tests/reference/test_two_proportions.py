"""Two proportions: the values that R and an independent enumeration agree on."""

from __future__ import annotations

import math

import pytest

from casewise import stats

# treated against control, as (events_1, n_1, events_0, n_0): deaths by 30 days, death or
# transplant by 30 days and failure by 1 year in the published plasma-exchange study, and one more
TABLES = [(0, 9, 2, 6), (0, 9, 3, 6), (2, 9, 5, 6), (2, 9, 3, 6)]

P_VALUES = {
    ("fisher", "minlike", False): (0.142857, 0.043956, 0.040559, 0.328671),
    ("fisher", "blaker", False): (0.142857, 0.043956, 0.040559, 0.328671),
    ("fisher", "central", False): (0.285714, 0.087912, 0.069930, 0.573427),
    ("fisher", "minlike", True): (0.071429, 0.021978, 0.023776, 0.208791),
    ("fisher", "central", True): (0.142857, 0.043956, 0.036364, 0.333666),
}


@pytest.mark.parametrize(("call", "values"), P_VALUES.items(), ids=str)
def test_conditional_p_equals_the_reference(call, values):
    _, kind, mid_p = call
    for table, value in zip(TABLES, values, strict=True):
        assert stats.fisher(*table, kind=kind, mid_p=mid_p).p_value == pytest.approx(
            value, abs=5.01e-7
        )


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


def test_an_odds_ratio_without_events_does_not_exist():
    for table in [(0, 9, 0, 6), (9, 9, 6, 6)]:
        estimate = stats.odds_ratio(*table)
        assert (estimate.value, estimate.lower, estimate.upper) == (None, 0, math.inf)
        assert estimate.reason
        assert stats.fisher(*table).p_value == 1
        assert stats.fisher(*table).reason
