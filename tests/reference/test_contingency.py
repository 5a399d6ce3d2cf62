"""Tables of any size, against R's ``fisher.test(matrix(c(...), r, byrow = TRUE))``."""

from __future__ import annotations

import pytest

from casewise import stats

R = [
    ([[1, 2, 1, 0], [3, 3, 6, 1], [10, 10, 14, 9], [6, 7, 12, 11]], 0.782684938967),
    ([[3, 0, 2], [1, 4, 2], [0, 3, 5]], 0.0765402296362),
    ([[4, 1, 3, 0, 2], [0, 5, 2, 6, 3], [1, 2, 4, 1, 5]], 0.0339632615806),
    ([[12, 8, 20], [15, 3, 9], [30, 22, 14]], 0.00999436374166),
    ([[3, 2, 1, 0, 4, 5], [0, 5, 3, 6, 1, 0]], 0.000700617183668),
    ([[2, 7], [5, 1]], 0.0405594405594),
    ([[3, 0], [2, 4], [1, 5]], 0.0839160839161),
    ([[5, 4], [3, 3]], 1),
    ([[2, 2, 2], [2, 2, 2]], 1),
    ([[0, 6, 1], [5, 0, 1], [1, 1, 4], [3, 0, 0]], 0.00019817526502),
]


@pytest.mark.parametrize(("table", "p"), R)
def test_p_equals_r_whichever_way_the_table_is_turned(table, p):
    assert stats.fisher_r_by_c(table).p_value == pytest.approx(p, rel=1e-9)
    turned = [list(column) for column in zip(*table, strict=True)][::-1]
    if len(table) == len(turned) == 4:  # the largest: once is enough
        return
    assert stats.fisher_r_by_c(turned).p_value == pytest.approx(p, rel=1e-9)


def test_empty_rows_and_columns_change_nothing():
    assert stats.fisher_r_by_c([[3, 0, 2], [0, 0, 0], [1, 0, 4]]) == stats.fisher_r_by_c(
        [[3, 2], [1, 4]]
    )
    assert stats.fisher_r_by_c([[3, 2], [0, 0]]).p_value == 1
    assert stats.fisher_r_by_c([[3, 2], [0, 0]]).reason
    for nothing in ([], [[0, 0], [0, 0]]):
        assert stats.fisher_r_by_c(nothing).p_value is None
        assert stats.fisher_r_by_c(nothing).reason == "the table has no counts"


def test_what_is_no_table_of_counts_is_refused():
    with pytest.raises(ValueError, match="same number of columns"):
        stats.fisher_r_by_c([[1, 2], [3]])
    with pytest.raises(ValueError, match="row 2, column 1 must not be negative"):
        stats.fisher_r_by_c([[1, 2], [-3, 1]])
    with pytest.raises(TypeError, match="row 1, column 2 must be a whole number"):
        stats.fisher_r_by_c([[1, "2"], [3, 1]])


def test_a_table_too_large_to_work_through_is_asymptotic_and_says_so():
    result = stats.fisher_r_by_c([[10**7, 10**7, 5], [10**7, 10**7, 9]])
    assert result.method == "Pearson's chi-square test"
    assert result.reason.startswith("asymptotic")
    # R: chisq.test(matrix(c(1e7, 1e7, 5, 1e7, 1e7, 9), 2, byrow = TRUE))$p.value
    assert result.p_value == pytest.approx(0.564718234951, rel=1e-9)
