"""The risk ratio's intervals: which test each inverts, and how they compare."""

from __future__ import annotations

import pytest

from casewise import stats

TABLES = [(a, 9, c, 6) for a in range(10) for c in range(7) if a + c]


@pytest.mark.parametrize(
    ("method", "test"),
    [
        ("score", lambda *t: stats.chi_square(*t, kind="n-1")),
        ("koopman", lambda *t: stats.chi_square(*t, kind="pearson")),
        ("agresti-min", stats.barnard),
    ],
)
def test_the_interval_leaves_1_out_where_its_test_rejects(method, test):
    for table in TABLES:
        interval = stats.risk_ratio(*table, method=method)
        assert (interval.lower <= 1 <= interval.upper) == (test(*table).p_value > 0.05), table


def test_koopman_is_within_miettinen_and_nurminen():
    for table in TABLES:
        narrow, wide = stats.risk_ratio(*table, method="koopman"), stats.risk_ratio(*table)
        assert wide.lower <= narrow.lower
        assert narrow.upper <= wide.upper


def test_koopman_equals_published_limits():
    # Koopman 1984's own example: 36 of 40 against 16 of 80, limits 2.939 and 7.152
    interval = stats.risk_ratio(36, 40, 16, 80, method="koopman")
    assert interval.value == pytest.approx(4.5)
    assert (interval.lower, interval.upper) == pytest.approx((2.939, 7.152), abs=1e-3)


def test_one_two_sided_test_is_shorter_than_two_one_sided_ones_for_the_published_tables():
    for table in ((2, 9, 5, 6), (2, 9, 3, 6)):
        one = stats.risk_ratio(*table, method="agresti-min")
        two = stats.risk_ratio(*table, method="exact")
        assert two.lower < one.lower
        assert one.upper < two.upper
