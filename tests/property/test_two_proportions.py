"""What must hold of every comparison of two proportions, whatever the counts."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casewise import stats

few = settings(max_examples=60, deadline=None, derandomize=True)


@st.composite
def tables(draw, most=30):
    n_1, n_0 = draw(st.integers(1, most)), draw(st.integers(1, most))
    return draw(st.integers(0, n_1)), n_1, draw(st.integers(0, n_0)), n_0


def arms_swapped(table):
    events_1, n_1, events_0, n_0 = table
    return events_0, n_0, events_1, n_1


def events_swapped(table):
    events_1, n_1, events_0, n_0 = table
    return n_1 - events_1, n_1, n_0 - events_0, n_0


TESTS = {
    f"fisher {kind}{' mid-p' if mid_p else ''}": (
        lambda *table, kind=kind, mid_p=mid_p: stats.fisher(*table, kind=kind, mid_p=mid_p)
    )
    for kind in ("minlike", "central", "blaker")
    for mid_p in (False, True)
}


@pytest.mark.parametrize("test", TESTS.values(), ids=TESTS)
@few
@given(table=tables())
def test_p_is_above_0_at_most_1_and_the_same_with_arms_or_events_swapped(test, table):
    p = test(*table).p_value
    assert 0 < p <= 1
    assert test(*arms_swapped(table)).p_value == pytest.approx(p, rel=1e-6)
    assert test(*events_swapped(table)).p_value == pytest.approx(p, rel=1e-6)


@pytest.mark.parametrize("method", ["central", "minlike", "blaker", "mid-p", "score"])
@few
@given(table=tables())
def test_odds_ratio_interval_turns_over_with_arms_or_events_swapped(method, table):
    estimate = stats.odds_ratio(*table, method=method)
    assert 0 <= estimate.lower <= estimate.upper
    if estimate.value is not None:
        assert estimate.lower <= estimate.value <= estimate.upper
    for other in (arms_swapped(table), events_swapped(table)):
        turned = stats.odds_ratio(*other, method=method)
        assert turned.lower == pytest.approx(reciprocal(estimate.upper), rel=1e-6)
        assert turned.upper == pytest.approx(reciprocal(estimate.lower), rel=1e-6)


def reciprocal(ratio):
    return math.inf if ratio == 0 else 1 / ratio


@pytest.mark.parametrize("method", ["miettinen-nurminen", "newcombe"])
@few
@given(table=tables())
def test_risk_difference_interval_turns_over_with_arms_or_events_swapped(method, table):
    estimate = stats.risk_difference(*table, method=method)
    assert -1 <= estimate.lower <= estimate.value <= estimate.upper <= 1
    for other in (arms_swapped(table), events_swapped(table)):
        turned = stats.risk_difference(*other, method=method)
        assert turned.lower == pytest.approx(-estimate.upper, abs=1e-7)
        assert turned.upper == pytest.approx(-estimate.lower, abs=1e-7)


@few
@given(table=tables())
def test_risk_ratio_interval_turns_over_with_arms_swapped(table):
    estimate = stats.risk_ratio(*table)
    turned = stats.risk_ratio(*arms_swapped(table))
    assert turned.lower == pytest.approx(reciprocal(estimate.upper), rel=1e-6)
    assert turned.upper == pytest.approx(reciprocal(estimate.lower), rel=1e-6)


@pytest.mark.parametrize(("kind", "method"), [("central", "central"), ("central mid-p", "mid-p")])
@few
@given(table=tables())
def test_a_central_test_and_its_interval_agree(kind, method, table):
    p = TESTS[f"fisher {kind}"](*table).p_value
    estimate = stats.odds_ratio(*table, method=method)
    assert (p > 0.05) == (estimate.lower <= 1 <= estimate.upper)
