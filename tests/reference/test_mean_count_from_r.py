"""Mean counts of recurrent events against R's survival, as ``mean_count.R`` makes them."""

from __future__ import annotations

import numpy as np
import pytest

from casewise import stats

I = np.arange(1, 61)  # noqa: E741
TIME, DIED, MANY = (I * 37) % 101 + 20, (I * 13) % 10 < 4, (I * 7) % 4
EVENTS = sorted(
    {
        (int(p) - 1, int(min(TIME[p - 1], (p * 11 + j * 17) % TIME[p - 1] + 1)))
        for p in I
        for j in range(1, MANY[p - 1] + 1)
    }
)
WHOSE, WHEN = ([event[k] for event in EVENTS] for k in (0, 1))
WITH_DEATH = {
    30: (0.8699462672, 0.1121319402),
    60: (1.2414305914, 0.1410689068),
    90: (1.5033922356, 0.1774415323),
    120: (1.9119028022, 0.2021184196),
}
WITHOUT = {
    30: (0.8760889692, 0.1140684934),
    60: (1.2921471052, 0.1523066145),
    90: (1.6464944985, 0.2129842238),
    120: (2.4546006897, 0.2906913899),
}


@pytest.mark.parametrize(("died", "expected"), [(DIED, WITH_DEATH), (0 * TIME, WITHOUT)])
def test_means_and_their_robust_errors_are_those_of_r(died, expected) -> None:
    curve = stats.mean_count(TIME, died, WHOSE, WHEN)
    for day, (mean, error) in expected.items():
        i = int(np.searchsorted(curve.times, day, side="right")) - 1
        assert curve.mean[i] == pytest.approx(mean, abs=1e-9)
        assert curve.standard_error[i] == pytest.approx(error, abs=1e-9)


def test_without_censoring_the_mean_and_its_error_are_those_of_an_average() -> None:
    """The dead have no more events, and are averaged with the rest."""
    time, died = np.array([4, 10, 10, 10, 7]), np.array([1, 0, 0, 0, 1])
    counts = np.array([2, 0, 1, 3, 1])
    whose = np.repeat(np.arange(5), counts)
    when = [1, 4, 9, 2, 5, 8, 7]
    curve = stats.mean_count(time, died, whose, when)
    assert curve.mean[-1] == pytest.approx(counts.mean())
    assert curve.standard_error[-1] == pytest.approx(counts.std() / 5**0.5)


def test_a_patient_who_enters_late_is_at_risk_from_then_on() -> None:
    """Nelson's estimate by hand: one of two at risk at 2, one of three at 6."""
    curve = stats.mean_count([10, 10, 10], [0, 0, 0], [0, 2], [2, 6], entry=[-1, -1, 5])
    assert curve.mean == pytest.approx((1 / 2, 1 / 2 + 1 / 3))


def test_what_cannot_be_counted_is_refused_or_undefined() -> None:
    with pytest.raises(ValueError, match="outside"):
        stats.mean_count([5], [0], [0], [6])
    with pytest.raises(ValueError, match="place of a patient"):
        stats.mean_count([5], [0], [1], [3])
    assert stats.mean_count([], [], [], []).at(1).value is None
    none = stats.mean_count([5, 6], [0, 1], [], [])
    assert none.at(5).value == 0
    assert none.at(7).value is None
    alone = stats.mean_count_difference([5, 6], [0, 0], [0], [1], [1, 1], 5)
    assert "control arm" in alone.reason
    nothing = stats.mean_count_difference([5, 6], [0, 0], [], [], [1, 0], 5)
    assert (nothing.value, nothing.lower) == (0, None)
