"""Censoring weights against R's survival and survey, as ``censoring_weights.R`` makes them."""

from __future__ import annotations

import numpy as np
import pytest

from casewise import stats

I = np.arange(1, 121)  # noqa: E741
ARM, X1, X2 = (I * 7) % 5 < 2, (I * 29) % 17 / 4, (I * 11) % 7 < 3
TIME, KNOWN, Y = (I * 37) % 241 + 1, (I * 13 + 3 * X2) % 10 < 6, (I * 19) % 9 < 3 + ARM
X = np.column_stack([X1, X2])
Z = 1.959963984540054


def test_weights_and_weighted_risks_are_those_of_r() -> None:
    found = stats.censoring_weights(TIME, KNOWN, ARM, X)
    expected = [1.063296217, 1.666781288, 1.600644505, 1.043968105]
    assert found.values[KNOWN][:4] == pytest.approx(expected, abs=1e-8)
    assert (found.values[~KNOWN] == 0).all()
    risks = stats.censoring_weighted_risks(Y, TIME, KNOWN, ARM, X)
    assert risks.risk_control.value == pytest.approx(0.297012019, abs=1e-8)
    assert risks.risk_treated.value == pytest.approx(0.569509523, abs=1e-8)
    difference = risks.risk_difference
    assert difference.value == pytest.approx(0.272497504, abs=1e-8)
    assert (difference.upper - difference.value) / Z == pytest.approx(0.120108027, abs=1e-8)


def test_with_nobody_lost_every_weight_is_1() -> None:
    found = stats.censoring_weights([1, 2, 2], [1, 1, 1], [1, 0, 1], [0, 1, 2])
    assert found.values.tolist() == [1, 1, 1]


def test_whoever_becomes_known_on_a_day_could_not_be_lost_on_it() -> None:
    """By hand. In each arm, whether somebody is lost does not depend on x, which is balanced: of
    the three that are not known by day 5 one is lost on it, so that the others' hazard is 1/3."""
    time, known = [5, 5, 9, 9] * 4, [1, 0, 1, 1] * 4
    x = np.repeat([0, 1], 8)
    found = stats.censoring_weights(time, known, [1, 1, 1, 1, 0, 0, 0, 0] * 2, x)
    assert found.values.tolist() == pytest.approx([1, 0, np.exp(1 / 3), np.exp(1 / 3)] * 4)


def test_who_is_lost_by_a_covariate_alone_has_no_model_and_says_so() -> None:
    x = np.repeat([0, 1], 20)
    found = stats.censoring_weights(I[:40], x == 0, I[:40] % 2, x)
    assert found.values is None
    assert found.lost == 20
    risks = stats.censoring_weighted_risks(I[:40] % 3 == 0, I[:40], x == 0, I[:40] % 2, x)
    assert risks.risk_difference.value is None
    assert risks.reason.startswith("the model of who is lost")
