"""Adjustment for confounding: what is refused, and why."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from casewise import stats

RNG = np.random.default_rng(6)
N = 80
TABLE = RNG.normal(size=(N, 3))
ARM = (TABLE[:, 0] + RNG.logistic(size=N) > 0).astype(int)
OUTCOME = (0.8 * TABLE[:, 1] + 0.5 * ARM + RNG.logistic(size=N) > 0).astype(int)


@pytest.fixture(autouse=True)
def no_warning_is_given():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def bad_tables():
    copied = np.column_stack([TABLE, TABLE[:, 0] - 2 * TABLE[:, 2]])
    constant = np.column_stack([TABLE, np.ones(N)])
    separating = np.column_stack([TABLE, ARM])
    partly = np.column_stack([TABLE, ARM * (TABLE[:, 1] > 0)])
    return {
        "given by each other": copied,
        "same for all": constant,
        "(separation)": separating,
        "those without (separation)": partly,
    }


@pytest.mark.parametrize("words", bad_tables())
def test_a_bad_design_is_refused_with_its_reason(words):
    table = bad_tables()[words]
    score = stats.propensity_score(ARM, table)
    assert score.values is None
    assert words in score.reason
    for estimand in ("ATE", "ATT", "overlap"):
        found = stats.propensity_weighted_risks(OUTCOME, ARM, table, estimand)
        assert found.risk_difference.value is None
        assert words in found.reason


def test_the_covariates_at_fault_are_named():
    assert stats.propensity_score(ARM, bad_tables()["given by each other"]).columns == (0, 2, 3)
    assert stats.propensity_score(ARM, bad_tables()["same for all"]).columns == (3,)


def test_an_empty_arm_is_refused():
    assert stats.propensity_score(np.ones(N), TABLE).reason == "everybody has the treatment"
    found = stats.propensity_weighted_risks(OUTCOME, np.zeros(N), TABLE)
    assert (found.risk_treated.value, found.reason) == (None, "nobody has the treatment")
    assert stats.weighted_risks(OUTCOME, np.ones(N), np.ones(N)).risk_difference.value is None


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_missing_values_raise(bad):
    table = TABLE.copy()
    table[3, 1] = bad
    with pytest.raises(ValueError, match="missing"):
        stats.propensity_score(ARM, table)
    with pytest.raises(ValueError, match="missing"):
        stats.propensity_weighted_risks(OUTCOME, ARM, table)
    with pytest.raises(ValueError, match="missing"):
        stats.weighted_risks(OUTCOME, ARM, np.full(N, bad))


def test_more_covariates_than_patients_are_refused():
    found = stats.propensity_score(ARM[:6], TABLE[:6, [0, 1, 2]].repeat(2, axis=1))
    assert "too few" in found.reason


def test_certain_treatment_has_no_inverse_weight():
    found = stats.balancing_weights([1, 1, 0, 0], [0.0, 0.5, 0.5, 0.3], "ATE")
    assert (found.values, found.reason) == (
        None,
        "1 patients had no chance of the treatment they got",
    )
    assert stats.balancing_weights([1, 1, 0, 0], [1.0, 0.5, 0.5, 0.0], "overlap").values is not None


def test_one_patient_who_is_most_of_an_arm_is_no_estimate():
    weights = np.where(np.arange(N) == np.flatnonzero(ARM)[0], 1000.0, 1.0)
    found = stats.weighted_risks(OUTCOME, ARM, weights)
    assert found.risk_difference.value is None
    assert "of the treated arm's weight" in found.reason


def test_an_arm_without_events_has_values_without_limits():
    found = stats.propensity_weighted_risks(OUTCOME * ARM, ARM, TABLE)
    assert found.risk_control.value == 0
    assert found.risk_ratio.value == math.inf
    assert found.risk_difference.lower is None
    assert found.test.p_value is None
    assert "no standard error" in found.risk_difference.reason
    nobody = stats.propensity_weighted_risks(OUTCOME * 0, ARM, TABLE)
    assert nobody.risk_ratio.value is None
    assert nobody.risk_difference.value == 0


def test_p_and_interval_of_a_difference_agree():
    found = stats.propensity_weighted_risks(OUTCOME, ARM, TABLE)
    at = stats.propensity_weighted_risks(OUTCOME, ARM, TABLE, level=1 - found.test.p_value)
    nearest = min(abs(at.risk_difference.lower), abs(at.risk_difference.upper))
    assert nearest == pytest.approx(0, abs=1e-9)


def test_e_values_of_no_effect_and_of_intervals_across_it():
    assert stats.e_value("risk ratio", 1, 0.8, 1.2, rare=False).estimate == 1
    assert stats.e_value("risk ratio", 1.5, 0.8, 2.2, rare=False).limit == 1
    assert stats.e_value("risk ratio", math.inf, 2, math.inf, rare=False).estimate == math.inf
    assert stats.e_value("risk ratio", 2, None, None, rare=False).limit is None
    with pytest.raises(ValueError, match="within its interval"):
        stats.e_value("risk ratio", 2, 2.1, 3, rare=False)
    with pytest.raises(ValueError, match="ratio of 0 or more"):
        stats.e_value("risk ratio", math.nan, 1, 2, rare=False)


def test_a_tipping_confounder_gives_back_no_effect():
    found = stats.tipping_point(1.5, 1.2, 1.9, 0.5, 0.2)
    for ratio, g in ((1.5, found.estimate), (1.2, found.limit)):
        assert (1 + 0.5 * (g - 1)) / (1 + 0.2 * (g - 1)) == pytest.approx(ratio)
    assert stats.tipping_point(3, 2, 4, 0.4, 0.3).estimate is None
    assert stats.tipping_point(1.5, 0.9, 1.9, 0.5, 0.2).limit == 1


def test_overlap_counts_patients_outside_the_common_range():
    found = stats.overlap_of_scores([0, 0, 0, 1, 1, 1], [0.001, 0.3, 0.5, 0.3, 0.6, 0.995])
    assert found.common == (0.3, 0.5)
    assert found.outside == (2, 1)
    assert found.extreme == 2
    assert found.c_statistic == pytest.approx(7.5 / 9)
    assert sum(found.histogram_treated) == sum(found.histogram_control) == 3
