"""Left truncation against R's survival, as ``late_entry.R`` makes the values."""

from __future__ import annotations

import numpy as np
import pytest

from casewise import stats

I = np.arange(1, 81)  # noqa: E741
ENTRY = np.where(I % 3 == 0, -1, (I * 17) % 29 - 1)
TIME = (I * 37) % 163 + 30 + I / 100
EVENT = (I * 13) % 10 < 6
CAUSE = np.where(EVENT, 1 + (I * 5) % 2, 0)
ARM = ((I * 7) % 5 < 2).astype(int)
Z = 1.959963984540054


def test_kaplan_meier_is_survfits() -> None:
    curve = stats.kaplan_meier(TIME, EVENT, entry=ENTRY)
    expected = {
        60: (0.8697417840, 0.7713228032, 0.9277325301),
        100: (0.7265642810, 0.6079084092, 0.8146479943),
        150: (0.4614382005, 0.3317655108, 0.5815019824),
    }
    for day, values in expected.items():
        found = curve.at(day)
        assert (found.value, found.lower, found.upper) == pytest.approx(values, abs=1e-9)
    assert curve.n == 80


def test_cumulative_incidence_is_survfits() -> None:
    curve = stats.aalen_johansen(TIME, CAUSE, entry=ENTRY)
    found = [curve.at(day).value for day in (60, 100, 150)]
    assert found == pytest.approx([0.0657382328, 0.1233278691, 0.2653380092], abs=1e-9)


def test_the_log_rank_test_is_coxs_score_test() -> None:
    found = stats.log_rank(TIME, EVENT, ARM, entry=ENTRY)
    assert found.statistic == pytest.approx(3.7763443899, abs=1e-9)
    assert found.p_value == pytest.approx(0.0519821120, abs=1e-9)


def test_restricted_means_are_survfits() -> None:
    mean = stats.restricted_mean(TIME, EVENT, 100, entry=ENTRY)
    assert mean.value == pytest.approx(90.4149837882, abs=1e-9)
    assert (mean.upper - mean.value) / Z == pytest.approx(2.1049244511, abs=1e-9)


@pytest.mark.filterwarnings("error")
def test_an_early_risk_set_that_is_used_up_says_nothing_of_those_who_enter_later() -> None:
    """Alone under observation, the first dies on day 2; three come on day 5."""
    time, event, entry = [2, 9, 9, 9], [1, 1, 0, 0], [-1, 5, 5, 5]
    curve = stats.kaplan_meier(time, event, entry=entry)
    assert curve.at(1).value == 1
    assert "everybody at risk had the event at 2" in curve.at(6).reason
    assert curve.at(6).value is None
    assert curve.median().value is None
    assert "everybody at risk" in curve.median().reason
    incidence = stats.aalen_johansen(time, event, entry=entry)
    assert incidence.at(8).value is None
    assert "others came under observation later" in incidence.at(8).reason
    mean = stats.restricted_mean(time, event, 8, entry=entry)
    assert mean.value is None
    assert "others came under observation later" in mean.reason


def test_before_the_first_entry_nothing_is_known() -> None:
    curve = stats.kaplan_meier([7, 9], [1, 0], entry=[3, 4])
    assert "nobody was under observation before 3" in curve.at(2).reason
    assert curve.at(8).value == 0.5
    assert stats.restricted_mean([7, 9], [1, 0], 8, entry=[3, 4]).value is None


def test_everybody_from_the_start_is_as_without_entry() -> None:
    early = np.full(80, -1.0)
    assert stats.log_rank(TIME, EVENT, ARM, entry=early).statistic == pytest.approx(
        stats.log_rank(TIME, EVENT, ARM).statistic
    )
    one, two = stats.kaplan_meier(TIME, EVENT, entry=early), stats.kaplan_meier(TIME, EVENT)
    assert one.survival == two.survival


def test_entry_must_come_first_and_takes_no_exact_method() -> None:
    with pytest.raises(ValueError, match="entry must be before time"):
        stats.kaplan_meier([3], [1], entry=[3])
    with pytest.raises(ValueError, match="asymptotic"):
        stats.log_rank([3, 4], [1, 1], [0, 1], method="exact", entry=[0, 0])
    with pytest.raises(ValueError, match="beta-product"):
        stats.kaplan_meier([3], [1], interval="beta-product", entry=[0])
