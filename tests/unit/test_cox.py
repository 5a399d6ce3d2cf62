"""Cox's model: what it refuses, and what must not change its answer."""

from __future__ import annotations

import numpy as np
import pytest

from casewise import stats

RANDOM = np.random.default_rng(20)
N = 200
X = RANDOM.normal(size=(N, 2))
TIME = np.ceil(RANDOM.exponential(10 * np.exp(-0.5 * X[:, 0])))
EVENT = RANDOM.random(N) < 0.7


def logs(model):
    assert not model.reason
    return [row.log.value for row in model.coefficients]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("time", "event", "x", "reason"),
    [
        ([], [], [], "nobody had an event"),
        (TIME, np.zeros(N), X, "nobody had an event"),
        (TIME, EVENT, np.ones(N), "'x1' is the same in everybody"),
        (TIME, EVENT, np.column_stack([X, X @ [1, 2]]), "'x3' follows from the covariates before"),
        (TIME, EVENT, EVENT, "'x1' towards infinity"),
        (TIME, EVENT, np.column_stack([X, ~EVENT]), "'x3' towards 0"),
        (TIME, EVENT, -TIME, "'x1' towards infinity"),
        ([1, 2, 3], [0, 1, 1], [0, 1, 1], "no event happened while patients who differ in 'x1'"),
    ],
)
def test_a_model_that_cannot_be_fitted_is_refused_with_the_reason(time, event, x, reason):
    model = stats.cox(time, event, x)
    assert reason in model.reason
    assert all(row.ratio.value is row.test.p_value is None for row in model.coefficients)
    assert all(test.p_value is None and test.reason for test in model.proportionality().values())


def test_a_covariate_constant_within_strata_is_refused():
    model = stats.cox(TIME, EVENT, X[:, 0] > 0, strata=(X[:, 0] > 0).astype(int))
    assert "no event happened while patients who differ in 'x1'" in model.reason


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"entry": TIME}, "entry must be before time: it is not in 200 of 200 rows"),
        ({"weights": -np.ones(N)}, "weights must not be negative"),
        ({"weights": [1, 2]}, "weights have 2"),
        ({"strata": [1]}, "strata has 1"),
        ({"cluster": [1]}, "cluster has 1"),
        ({"names": ["a"]}, "2 covariates but 1 names"),
        ({"names": ["a", "a"]}, "the same name"),
        ({"covariates": X * np.nan}, "leave missing values out"),
        ({"covariates": X[:5]}, "covariates have 5 rows"),
        ({"covariates": np.empty((N, 0))}, "there must be a covariate"),
        ({"time": -TIME}, "time must not be negative"),
    ],
)
def test_bad_arguments_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        stats.cox(**({"time": TIME, "event": EVENT, "covariates": X} | change))


def test_rows_cut_in_two_say_the_same_as_whole_ones():
    cut = TIME > 3
    time = np.concatenate([np.minimum(TIME, 3), TIME[cut]])
    event = np.concatenate([EVENT & ~cut, EVENT[cut]])
    entry = np.concatenate([np.zeros(N), np.full(cut.sum(), 3)])
    patient = np.concatenate([np.arange(N), np.flatnonzero(cut)])
    x = X[patient]
    assert logs(stats.cox(time, event, x, entry=entry)) == pytest.approx(
        logs(stats.cox(TIME, EVENT, X)), rel=1e-9
    )
    whole, pieces = (
        stats.cox(TIME, EVENT, X, robust=True),
        stats.cox(time, event, x, entry=entry, cluster=patient),
    )
    assert np.array(pieces.covariance) == pytest.approx(np.array(whole.covariance), rel=1e-9)


def test_units_and_the_scale_of_weights_do_not_matter():
    weights = RANDOM.uniform(0.5, 2, N)
    plain = stats.cox(TIME, EVENT, X, weights=weights)
    assert plain.robust
    scaled = stats.cox(TIME * 365.25, EVENT, 1e6 + 1e-3 * X, weights=1e-6 * weights)
    assert np.array(logs(scaled)) / 1e3 == pytest.approx(logs(plain), rel=1e-6)
    assert np.array(scaled.covariance) / 1e6 == pytest.approx(np.array(plain.covariance), rel=1e-6)


def test_rows_of_weight_0_do_not_count():
    half = np.arange(N) % 2
    model = stats.cox(TIME, EVENT, X, weights=half)
    kept = half == 1
    assert logs(model) == pytest.approx(logs(stats.cox(TIME[kept], EVENT[kept], X[kept])))
    assert model.n == N / 2


def test_an_extreme_but_finite_ratio_is_found():
    """One event among 1,000 treated, all of 1,000 controls die first."""
    time = np.concatenate([np.full(1000, 2), np.arange(1000) / 1000])
    event = np.concatenate([[1], np.zeros(999), np.ones(1000)])
    arm = np.repeat([1, 0], 1000)
    time[0] = 0.5
    ratio = stats.hazard_ratio(time, event, arm)
    assert 0 < ratio.value < 0.01
