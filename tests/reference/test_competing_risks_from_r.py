"""Cumulative incidence and Gray's test against R's survival 3.5-3 and cmprsk 2.2-11.

library(survival); library(cmprsk)
i <- 1:80
d <- data.frame(time=((i*37) %% 101) %/% 4 + 1, event=as.integer((i*13) %% 10 < 7),
                x2=as.integer((i*7) %% 5 < 2), s=i %% 3)
d$cause <- ifelse(d$event==1, 1+((i*19) %% 7 < 3), 0)
m <- summary(survfit(Surv(time, factor(cause,0:2))~1, d), times=c(1,5,10,20,26))
format(m$pstate[,2], digits=12); format(m$std.err[,2], digits=12)
g <- function(...) print(format(cuminc(...)$Tests, digits=12))
g(d$time,d$cause,d$x2); g(d$time,d$cause,d$s); g(d$time,d$cause,d$x2,strata=d$s)
"""

from __future__ import annotations

import numpy as np
import pytest

from casewise import stats

I = np.arange(1, 81)  # noqa: E741
TIME, EVENT = (I * 37) % 101 // 4 + 1, (I * 13) % 10 < 7
CAUSE = np.where(EVENT, 1 + ((I * 19) % 7 < 3), 0)
ARM, STRATA = ((I * 7) % 5 < 2).astype(int), I % 3


def test_cumulative_incidence_and_its_error_are_those_of_survfit():
    curve = stats.aalen_johansen(TIME, CAUSE)
    errors = dict(zip(curve.times, curve.standard_error, strict=True))
    at = (1, 5, 10, 20, 26)
    assert [curve.at(t).value for t in at] == pytest.approx(
        [0.025, 0.0760563380282, 0.1607092969372, 0.3835388262466, 0.6303801054485], rel=1e-10
    )
    expected = [0.0174553000547, 0.0298625455644, 0.0426875467493, 0.0599500110389, 0.0636000810639]
    assert [errors[t] for t in at] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(
    ("of", "arm", "strata", "statistic"),
    [
        (1, ARM, None, 0.2432869052714),
        (2, ARM, None, 0.0418244617482),
        (1, STRATA, None, 0.540336568743),
        (2, STRATA, None, 0.522619974912),
        (1, ARM, STRATA, 2.295827199056),
        (2, ARM, STRATA, 0.178261080556),
    ],
)
def test_grays_test_is_that_of_cuminc(of, arm, strata, statistic):
    result = stats.gray_test(TIME, CAUSE, arm, of, strata)
    assert result.statistic == pytest.approx(statistic, rel=1e-10)


def test_without_competing_events_it_is_one_less_kaplan_meier():
    curve, survival = stats.aalen_johansen(TIME, EVENT), stats.kaplan_meier(TIME, EVENT)
    for t in (1, 7, 20):
        assert curve.at(t).value == pytest.approx(1 - survival.at(t).value)


def test_the_causes_and_survival_add_up_to_1():
    first, second = (stats.aalen_johansen(TIME, CAUSE, of).at(20).value for of in (1, 2))
    assert first + second + stats.kaplan_meier(TIME, EVENT).at(20).value == pytest.approx(1)


def test_the_order_of_patients_does_not_matter():
    turned = stats.aalen_johansen(TIME[::-1], CAUSE[::-1])
    assert turned == stats.aalen_johansen(TIME, CAUSE)


@pytest.mark.filterwarnings("error")
def test_nothing_to_estimate_is_undefined_and_bad_causes_are_refused():
    assert stats.aalen_johansen([], []).at(1).reason == "no patients"
    nobody = stats.aalen_johansen([1, 2], [0, 0])
    assert (nobody.at(1).value, nobody.at(3).value) == (0, None)
    assert "nobody" in stats.gray_test([1, 2], [0, 2], [0, 1]).reason
    assert "two arms" in stats.gray_test([1, 2], [1, 2], [1, 1]).reason
    assert "could differ" in stats.gray_test([1, 2, 3], [0, 1, 1], [0, 1, 1]).reason
    for cause in ([0.5, 1], [-1, 1], [1]):
        with pytest.raises(ValueError, match="cause"):
            stats.aalen_johansen([1, 2], cause)
