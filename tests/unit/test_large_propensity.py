"""A propensity score from many sparse covariates, against another solver of the same problem."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from casewise import stats


@pytest.fixture(scope="module")
def cohort():
    random = np.random.default_rng(2)
    table = sparse.random(3000, 400, density=0.03, random_state=3, format="csc")
    table.data[:] = 1.0
    effects = np.zeros(400)
    effects[:25] = random.normal(0, 1.2, 25)
    eta = table @ effects
    return random.random(3000) < 1 / (1 + np.exp(0.6 - eta + eta.mean())), table


@pytest.fixture(scope="module", params=["descent", "newton"])
def fitted(cohort, request):
    if request.param == "descent":
        pytest.importorskip("numba")
    return stats.large_propensity(*cohort, solver=request.param)


def test_both_solvers_give_the_same_answer(cohort):
    pytest.importorskip("numba")
    one, two = (stats.large_propensity(*cohort, solver=name) for name in ("descent", "newton"))
    assert one.penalty == two.penalty
    assert one.deviance == pytest.approx(two.deviance, rel=2e-4)
    assert one.coefficients == pytest.approx(two.coefficients, abs=2e-4)
    assert one.values == pytest.approx(two.values, abs=1e-4)


def test_numbers_of_any_size_are_fitted_as_well_as_codes(cohort):
    arm, table = cohort
    numba = pytest.importorskip("numba")
    scaled = table.multiply(np.where(np.arange(400) % 2, 0.5, 2.0)).tocsc()
    one, two = (stats.large_propensity(arm, scaled, solver=n) for n in ("descent", "newton"))
    assert numba
    assert one.values == pytest.approx(two.values, abs=1e-4)


def objective(cohort, penalty, intercept, beta):
    arm, table = cohort
    eta = table @ beta + intercept
    return np.mean(np.logaddexp(0, eta) - arm * eta) + penalty * np.abs(beta).sum()


def test_another_solver_gives_the_same_answer(cohort, fitted):
    """scikit-learn's liblinear, whose penalty on the intercept is made not to count."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    arm, table = cohort
    other = linear_model.LogisticRegression(
        l1_ratio=1,
        solver="liblinear",
        C=1 / (fitted.penalty * arm.size),
        tol=1e-7,
        intercept_scaling=1000.0,
        max_iter=2000,
    ).fit(table.tocsr(), arm)
    theirs = objective(cohort, fitted.penalty, other.intercept_[0], other.coef_[0])
    own = objective(cohort, fitted.penalty, fitted.intercept, fitted.coefficients)
    assert own == pytest.approx(theirs, abs=1e-9)
    assert fitted.coefficients == pytest.approx(other.coef_[0], abs=1e-3)
    assert fitted.values == pytest.approx(other.predict_proba(table.tocsr())[:, 1], abs=1e-3)


def test_the_optimum_is_one(cohort, fitted):
    arm, table = cohort
    gradient = table.T @ (arm - fitted.values) / arm.size
    live = fitted.coefficients != 0
    assert live.sum() == fitted.selected
    signs = np.sign(fitted.coefficients[live])
    assert gradient[live] == pytest.approx(fitted.penalty * signs, abs=1e-6)
    assert np.abs(gradient[~live]).max() <= fitted.penalty + 1e-6
    assert abs((arm - fitted.values).mean()) < 1e-6


def test_the_penalty_with_the_least_held_out_deviance_is_chosen(fitted):
    best = int(np.argmin(fitted.deviance))
    assert fitted.penalty == fitted.penalties[best]
    assert 0 < best < len(fitted.penalties) - 1  # the path went on until it rose
    assert set(np.flatnonzero(fitted.coefficients)) & set(range(25))


def test_the_same_seed_gives_the_same_bits_with_one_thread_or_two(cohort, fitted):
    again = stats.large_propensity(*cohort, threads=1, solver=fitted.solver)
    assert np.array_equal(again.coefficients, fitted.coefficients)
    other = stats.large_propensity(*cohort, seed=1, solver=fitted.solver)
    assert other.deviance != fitted.deviance


def test_what_cannot_be_fitted_says_why(cohort):
    _, table = cohort
    nobody = np.zeros(3000, dtype=bool)
    assert "too few" in stats.large_propensity(nobody, table).reason
    half = np.arange(3000) % 2 == 0
    empty = sparse.csc_matrix((3000, 5))
    assert stats.large_propensity(half, empty).reason == "no covariate tells the arms apart"
    with pytest.raises(ValueError, match="rows of covariates"):
        stats.large_propensity(half[:10], table)


def test_codes_that_separate_the_arms_stay_finite():
    """The penalty holds a coefficient that a plain likelihood would send to infinity."""
    arm = np.arange(400) % 2 == 0
    noise = sparse.random(400, 30, density=0.1, random_state=1, format="csc")
    table = sparse.hstack([sparse.csc_matrix(arm[:, None].astype(float)), noise]).tocsc()
    found = stats.large_propensity(arm, table)
    assert np.isfinite(found.coefficients).all()
    assert found.coefficients[0] > 1
