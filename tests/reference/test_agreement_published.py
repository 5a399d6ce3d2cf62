"""Agreement of raters, held to published worked examples and to other programs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import stdtrit

from casewise import stats

# Two abstractors who put 100 charts into three kinds of pregnancy: Gwet's example, which is
# cont3x3abstractors of R's irrCAC.
ABSTRACTORS = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]

# Krippendorff 2011: four observers, twelve units, some not observed.
NONE = math.nan
OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3],
    [NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE],
]

# Shrout and Fleiss 1979, table 2: six targets, four judges.
JUDGES = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def readings(table):
    first = [str(i) for i, row in enumerate(table) for n in row for _ in range(n)]
    second = [str(j) for row in table for j, n in enumerate(row) for _ in range(n)]
    return first, second


def standard_error(found, n, scale):
    """Of an interval by Student's t; ``scale`` takes n - 1 back to the n of other programs."""
    assert found.upper - found.value == pytest.approx(found.value - found.lower)
    return (found.value - found.lower) / stdtrit(n - 1, 0.975) * scale


# irrCAC: kappa2.table, gwet.ac1.table (its variance is over n), statsmodels 0.15
# cohens_kappa(table, wt="linear" and "quadratic").std_kappa
@pytest.mark.parametrize(
    ("name", "options", "value", "error"),
    [
        ("cohen_kappa", {}, 0.7964094021839719, 0.05891071832608148),
        ("cohen_kappa", {"weights": "linear"}, 0.8429020279920023, 0.04787212159033976),
        ("cohen_kappa", {"weights": "quadratic"}, 0.892156862745098, 0.035351507575659406),
        ("gwet_ac1", {}, 0.84933055, 0.04321747),
    ],
)
def test_two_abstractors_agree_as_other_programs_say(name, options, value, error):
    found = getattr(stats, name)(*readings(ABSTRACTORS), ["0", "1", "2"], **options)
    assert found.value == pytest.approx(value, abs=1e-8)
    assert standard_error(found, 100, math.sqrt(99 / 100)) == pytest.approx(error, abs=2e-7)


def test_pabak_is_the_coefficient_of_brennan_and_prediger():
    found = stats.pabak(*readings(ABSTRACTORS))
    exact = stats.proportion(89, 100)
    assert found.value == pytest.approx((3 * 0.89 - 1) / 2)
    assert found.lower == pytest.approx((3 * exact.lower - 1) / 2)
    assert found.upper == pytest.approx((3 * exact.upper - 1) / 2)


# Byrt, Bishop and Carlin's formula for two categories: 2 * observed - 1
def test_pabak_of_two_categories_is_twice_the_agreement_less_one():
    found = stats.pabak(list("yyynnnnnnn"), list("yynynnnnnn"))
    assert found.value == pytest.approx(2 * 0.8 - 1)


# Fleiss 1971's formulas by hand; irrCAC (Python 0.4.4) CAC(units 2 to 9).fleiss():
# 0.64145658, interval 0.20265025 to 1
def test_fleiss_kappa_and_its_interval_are_those_of_irrcac():
    whole = np.array(OBSERVERS).T[1:9]
    counts = [[int((row == k).sum()) for k in range(1, 6)] for row in whole]
    found = stats.fleiss_kappa(counts)
    assert found.value == pytest.approx(0.64145658, abs=1e-8)
    assert found.lower == pytest.approx(0.20265025, abs=1e-8)
    assert found.upper == 1


# The paper prints .743, .815 and .849; the digits beyond are of PyPI's krippendorff 0.9.0
@pytest.mark.parametrize(
    ("scale", "value"),
    [
        ("nominal", 0.743421052631579),
        ("ordinal", 0.8153875037548814),
        ("interval", 0.8491071428571428),
    ],
)
def test_krippendorffs_example_on_each_scale(scale, value):
    found = stats.krippendorff_alpha(np.array(OBSERVERS).T, scale)
    assert found.value == pytest.approx(value, abs=1e-12)
    assert found.lower < value < found.upper <= 1


# library(psych); ICC(matrix(c(9,2,5,8, 6,1,3,2, 8,4,6,8, 7,1,2,6, 10,5,6,9, 6,2,4,7), ncol = 4,
#                            byrow = TRUE), lmer = FALSE)
@pytest.mark.parametrize(
    ("raters", "expected"),
    [
        ("any", (0.1657417684, -0.13293232487, 0.7225600623)),
        ("same", (0.2897637795, 0.01878651337, 0.7610843696)),
    ],
)
def test_intraclass_correlations_of_shrout_and_fleiss(raters, expected):
    found = stats.intraclass_correlation(JUDGES, raters)
    assert (found.value, found.lower, found.upper) == pytest.approx(expected, abs=1e-9)
