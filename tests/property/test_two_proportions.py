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
} | {
    "barnard pooled": stats.barnard,
    "barnard unpooled": lambda *table: stats.barnard(*table, statistic="unpooled"),
    "barnard Berger-Boos": lambda *table: stats.barnard(*table, berger_boos=1e-3),
    "boschloo minlike": stats.boschloo,
    "boschloo central": lambda *table: stats.boschloo(*table, kind="central"),
    "chi-square pearson": stats.chi_square,
    "chi-square n-1": lambda *table: stats.chi_square(*table, kind="n-1"),
    "chi-square yates": lambda *table: stats.chi_square(*table, kind="yates"),
    "chi-square likelihood-ratio": lambda *table: stats.chi_square(*table, kind="likelihood-ratio"),
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


@pytest.mark.parametrize("method", ["miettinen-nurminen", "newcombe", "chan-zhang", "agresti-min"])
@settings(few, max_examples=25)
@given(table=tables(most=20))
def test_risk_difference_interval_turns_over_with_arms_or_events_swapped(method, table):
    estimate = stats.risk_difference(*table, method=method)
    assert -1 <= estimate.lower <= estimate.value <= estimate.upper <= 1
    for other in (arms_swapped(table), events_swapped(table)):
        turned = stats.risk_difference(*other, method=method)
        assert turned.lower == pytest.approx(-estimate.upper, abs=1e-7)
        assert turned.upper == pytest.approx(-estimate.lower, abs=1e-7)


@pytest.mark.parametrize("method", ["score", "exact"])
@settings(few, max_examples=25)
@given(table=tables(most=20))
def test_risk_ratio_interval_turns_over_with_arms_swapped(method, table):
    estimate = stats.risk_ratio(*table, method=method)
    turned = stats.risk_ratio(*arms_swapped(table), method=method)
    assert turned.lower == pytest.approx(reciprocal(estimate.upper), rel=1e-6)
    assert turned.upper == pytest.approx(reciprocal(estimate.lower), rel=1e-6)


@pytest.mark.parametrize(("kind", "method"), [("central", "central"), ("central mid-p", "mid-p")])
@few
@given(table=tables())
def test_a_central_test_and_its_interval_agree(kind, method, table):
    p = TESTS[f"fisher {kind}"](*table).p_value
    estimate = stats.odds_ratio(*table, method=method)
    assert (p > 0.05) == (estimate.lower <= 1 <= estimate.upper)


@few
@given(table=tables())
def test_a_wider_level_gives_a_wider_interval(table):
    for narrow, wide in (
        (stats.odds_ratio(*table, level=0.8), stats.odds_ratio(*table, level=0.99)),
        (stats.risk_difference(*table, level=0.8), stats.risk_difference(*table, level=0.99)),
        (stats.risk_ratio(*table, level=0.8), stats.risk_ratio(*table, level=0.99)),
    ):
        assert wide.lower <= narrow.lower
        assert narrow.upper <= wide.upper


@few
@given(table=tables())
def test_one_more_treated_event_moves_every_interval_upwards(table):
    events_1, n_1, events_0, n_0 = table
    if events_1 == n_1:
        events_1 -= 1
    for call in (
        stats.odds_ratio,
        stats.risk_difference,
        stats.risk_ratio,
        lambda *t: stats.odds_ratio(*t, method="mid-p"),
        lambda *t: stats.risk_difference(*t, method="newcombe"),
    ):
        fewer, more = call(events_1, n_1, events_0, n_0), call(events_1 + 1, n_1, events_0, n_0)
        assert fewer.lower <= more.lower + 1e-12
        assert fewer.upper <= more.upper + 1e-12


@few
@given(table=tables())
def test_boschloo_is_never_above_fisher_nor_mid_p_above_p(table):
    for kind in ("minlike", "central"):
        fisher = stats.fisher(*table, kind=kind).p_value
        assert stats.boschloo(*table, kind=kind).p_value <= fisher * (1 + 1e-7)
        assert stats.fisher(*table, kind=kind, mid_p=True).p_value <= fisher


@few
@given(table=tables(), other=st.tuples(st.integers(0, 30), st.integers(0, 30)))
def test_barnard_p_falls_as_z_moves_away_from_0(table, other):
    _, n_1, _, n_0 = table
    one = stats.barnard(*table)
    two = stats.barnard(min(other[0], n_1), n_1, min(other[1], n_0), n_0)
    if one.statistic is None or two.statistic is None:
        return
    if abs(one.statistic) > abs(two.statistic):
        one, two = two, one
    assert two.p_value <= one.p_value * (1 + 1e-9)


@few
@given(n=st.integers(1, 60), data=st.data())
def test_intervals_of_a_proportion_turn_over_with_event_and_non_event(n, data):
    events = data.draw(st.integers(0, n))
    for method in ("clopper-pearson", "blaker", "wilson", "mid-p"):
        estimate = stats.proportion(events, n, method)
        turned = stats.proportion(n - events, n, method)
        assert 0 <= estimate.lower <= estimate.value <= estimate.upper <= 1
        assert turned.lower == pytest.approx(1 - estimate.upper, abs=1e-9)
        assert turned.upper == pytest.approx(1 - estimate.lower, abs=1e-9)
