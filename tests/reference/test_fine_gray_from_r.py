"""Fine and Gray's model against R 4.2.2, survival 3.5-3:

    d$s <- factor(d$cause, 0:2)
    f <- finegray(Surv(time, s) ~ ., d, etype = "1")
    summary(coxph(Surv(fgstart, fgstop, fgstatus) ~ arm, f, weights = fgwt, cluster = id))$conf.int

cmprsk's crr takes ties by Breslow's method and gives 1.50973 (0.46637 to 4.88731) here.
"""

from __future__ import annotations

import numpy as np
import pytest

from casewise import stats

TIME = [5, 11, 23, 1, 3, 76, 2, 4, 6, 15, 7, 17, 21, 3, 30, 28, 55, 59, 35, 27, 11, 12, 13, 19, 48]
TIME += [18, 27, 80, 1, 10, 22, 7, 62, 10, 8, 25, 5, 12, 3, 2]
CAUSE = [0, 0, 1, 1, 2, 1, 1, 2, 1, 2, 2, 1, 2, 0, 0, 0, 0, 2, 0, 1, 2, 2, 2, 0, 1, 0, 0, 2, 0, 1]
CAUSE += [0, 0, 2, 0, 0, 0, 2, 0, 1, 0]
ARM = [0, 1, 0, 0, 0, 0, 1, 1, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 1]
ARM += [1, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def test_the_ratio_and_its_robust_limits_are_those_of_r() -> None:
    found = stats.subdistribution_hazard_ratio(TIME, CAUSE, ARM)
    expected = (1.51146028703, 0.463072996331, 4.93337382519)
    assert (found.value, found.lower, found.upper) == pytest.approx(expected, rel=1e-8)


def test_without_a_competing_event_it_is_the_hazard_ratio() -> None:
    alone = np.where(np.array(CAUSE) == 1, 1, 0)
    found = stats.subdistribution_hazard_ratio(TIME, alone, ARM)
    assert found.value == pytest.approx(stats.hazard_ratio(TIME, alone, ARM).value, rel=1e-9)


@pytest.mark.parametrize(
    ("cause", "arm", "said"),
    [
        ([2, 2, 0, 0], [1, 0, 1, 0], "nobody had such an event"),
        ([1, 2, 0, 1], [1, 1, 1, 1], "an arm has no patients"),
        ([1, 2, 0, 2], [1, 0, 1, 0], "no maximum"),
    ],
)
def test_what_is_undefined_says_why(cause: list[int], arm: list[int], said: str) -> None:
    found = stats.subdistribution_hazard_ratio([3, 5, 8, 9], cause, arm)
    assert found.value is None
    assert said in found.reason
