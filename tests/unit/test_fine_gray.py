"""Fine and Gray's model: what it reduces to, and what has no answer."""

from __future__ import annotations

import numpy as np
import pytest

from casewise import stats

GENERATOR = np.random.default_rng(8)
TIME = GENERATOR.permutation(40) + 1.0
CAUSE = GENERATOR.integers(0, 3, 40)
ARM = np.arange(40) % 2


def test_without_competing_events_it_is_coxs_model_with_robust_errors():
    event = (CAUSE == 1).astype(int)
    model = stats.fine_gray(TIME, event, ARM, names=["arm"])
    cox = stats.cox(TIME, event, ARM, robust=True, names=["arm"])
    assert model["arm"].ratio.value == pytest.approx(cox["arm"].ratio.value)
    assert model["arm"].ratio.upper == pytest.approx(cox["arm"].ratio.upper)


def test_without_censoring_competing_events_stay_at_risk_to_the_end():
    cause = np.where(CAUSE == 0, 2, CAUSE)
    for_ever = np.where(cause == 2, TIME.max() + 1, TIME)
    model = stats.fine_gray(TIME, cause, ARM)
    cox = stats.cox(for_ever, cause == 1, ARM)
    assert model.coefficients[0].log.value == pytest.approx(cox.coefficients[0].log.value)


def test_the_order_of_patients_and_the_unit_of_a_covariate_do_not_matter():
    model = stats.fine_gray(TIME, CAUSE, ARM)
    order = GENERATOR.permutation(40)
    other = stats.fine_gray(TIME[order], CAUSE[order], 1000 * ARM[order] + 7)
    one, two = model.coefficients[0], other.coefficients[0]
    assert one.log.value == pytest.approx(1000 * two.log.value)
    assert one.test.p_value == pytest.approx(two.test.p_value)


@pytest.mark.parametrize(
    ("cause", "x", "reason"),
    [
        (np.where(CAUSE == 1, 2, CAUSE), ARM, "nobody had such an event"),
        (CAUSE, np.ones(40), "'x1' is the same in everybody"),
        (CAUSE, np.column_stack([ARM, 1 - ARM]), "one follows from the others"),
        (np.where((CAUSE == 1) & (ARM == 1), 2, CAUSE), ARM, "runs off to 0 or infinity"),
    ],
)
def test_what_has_no_answer_says_why(cause, x, reason):
    model = stats.fine_gray(TIME, cause, x)
    assert reason in model.reason
    assert all(one.ratio.value is None for one in model.coefficients)


def test_what_is_no_cause_is_refused():
    with pytest.raises(ValueError, match="cause must be 0"):
        stats.fine_gray(TIME, CAUSE - 1, ARM)
    with pytest.raises(ValueError, match="time must not be negative"):
        stats.fine_gray(-TIME, CAUSE, ARM)


@pytest.mark.parametrize(
    ("cause", "arm", "said"),
    [
        ([2, 2, 0, 0], [1, 0, 1, 0], "nobody had such an event"),
        ([1, 2, 0, 1], [1, 1, 1, 1], "an arm has no patients"),
        ([1, 2, 0, 2], [1, 0, 1, 0], "no maximum"),
    ],
)
def test_a_ratio_of_two_arms_that_is_undefined_says_why(cause, arm, said: str):
    found = stats.subdistribution_hazard_ratio([3, 5, 8, 9], cause, arm)
    assert found.value is None
    assert said in found.reason
