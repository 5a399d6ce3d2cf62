"""A propensity score from thousands of covariates: L1-penalized, the penalty by cross-validation.

Covariates are sparse: what a patient does not have is not stored. The path of penalties is walked
from the greatest down, by one of two solvers of the same problem: coordinate descent where numba is
installed, Newton's steps in SciPy where it is not. A fit of cross-validation starts from its last
solution, moved as far as that of all patients moved.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from casewise.stats._samples import Floats, check_choice, indicator

if TYPE_CHECKING:
    from casewise.stats._descent import Descent
    from casewise.stats._newton import Newton

_CLOSE = 1e-6  # greatest violation of the optimum in the end, in units of the greatest penalty
_WORSE = 1  # penalties after the best one at which the path ends


@dataclass(frozen=True, slots=True, eq=False)
class LargePropensity:
    """``values`` has a probability a patient, ``None`` where there is none: ``reason`` says why.

    ``coefficients`` are log odds ratios in the order of the columns, most of them 0, ``intercept``
    apart. ``penalties`` were tried, greatest first, ``deviance`` is the held-out one of each, per
    patient; ``penalty`` is the one chosen. ``selected`` counts the columns with a coefficient;
    ``solver`` is the one that was used.
    """

    values: Floats | None
    intercept: float
    coefficients: Floats
    penalty: float
    penalties: tuple[float, ...]
    deviance: tuple[float, ...]
    selected: int
    method: str = "logistic regression, L1 penalty by cross-validation"
    solver: str = ""
    sources: tuple[str, ...] = ("tibshirani1996", "tian2018")
    reason: str = ""


def large_propensity(
    treated: ArrayLike,
    covariates: Any,
    *,
    penalties: int = 16,
    least: float = 0.002,
    folds: int = 5,
    seed: int = 0,
    threads: int = 2,
    solver: str = "auto",
) -> LargePropensity:
    """The probability of treatment given many sparse covariates [tian2018], [tibshirani1996].

    Minimizes the mean logistic loss plus the penalty times the sum of absolute coefficients; the
    intercept is not penalized. Columns are taken as they are: scale numbers to a standard deviation
    of 1 beforehand, leave 0 and 1 alone. ``penalties`` go in equal ratios from the least that keeps
    every coefficient at 0 down to ``least`` of it, and end when
    the deviance has risen. The penalty chosen has the least deviance of
    patients held out in ``folds`` parts, drawn within arms by ``seed``; the same seed gives the
    same answer, however many ``threads``. ``solver`` is "descent" (needs numba: ``pip install
    casewise[large]``), "newton", or "auto", the first where it can be had.

    Undefined, with a reason, for an empty arm or one smaller than the folds, and where no column
    varies. Raises ``ValueError`` for unequal lengths and infinite or missing values. Cost: some 300
    products of a part of the table with a vector for each part and the whole.
    """
    from scipy.sparse import csc_array

    arm = indicator(treated, "treated")
    table = csc_array(covariates, dtype=np.float64)
    if table.shape[0] != arm.size:
        raise ValueError(f"there are {arm.size} patients but {table.shape[0]} rows of covariates")
    if not np.isfinite(table.data).all():
        raise ValueError("covariates must be finite numbers")
    y = arm.astype(np.float64)
    smaller = int(min(y.sum(), y.size - y.sum()))
    if smaller < max(folds, 2):
        return _none(table.shape[1], f"an arm has {smaller} patients: too few for {folds} parts")
    start = float(np.log(y.mean() / (1 - y.mean())))
    greatest = float(np.abs(table.T @ (y - y.mean())).max(initial=0.0)) / y.size
    if greatest <= 1e-12:
        return _none(table.shape[1], "no covariate tells the arms apart")
    path = greatest * np.geomspace(1.0, least, penalties)
    part = _parts(arm, folds, seed)
    solver, problem = _solver(solver)
    fit = problem(table, y, start, greatest)
    whole = fit(np.ones(y.size))
    fits = [fit((part != k) * 1.0) for k in range(folds)]
    lent: list[Any] = []
    deviance: list[float] = []
    with ThreadPoolExecutor(max(1, threads)) as pool:
        # All patients' fit is one penalty ahead of those of cross-validation.
        ahead = [pool.submit(whole.to, p, whole.coarse(p)) for p in path[:1].tolist()]
        for number, penalty in enumerate(path.tolist(), start=1):
            lent.append(ahead.pop().result())
            ahead += [pool.submit(whole.to, p, whole.coarse(p)) for p in path[number:][:1].tolist()]
            with_penalty = repeat(penalty), repeat(lent[-1])
            told = pool.map(_held_out, fits, [part == k for k in range(folds)], *with_penalty)
            deviance.append(sum(told) / y.size)
            if len(deviance) - 1 - int(np.argmin(deviance)) == _WORSE:
                break
    chosen = int(np.argmin(deviance))
    whole.restart(lent[chosen])
    whole.to(float(path[chosen]), _CLOSE * greatest)
    beta = whole.beta()
    return LargePropensity(
        expit(whole.eta),
        whole.intercept,
        beta,
        float(path[chosen]),
        tuple(path[: len(deviance)].tolist()),
        tuple(deviance),
        int((beta != 0).sum()),
        solver=solver,
    )


def _parts(arm: NDArray[np.bool_], folds: int, seed: int) -> NDArray[np.int64]:
    """The part of each patient, even within arms."""
    random = np.random.default_rng(seed)
    part = np.empty(arm.size, dtype=np.int64)
    for here in (arm, ~arm):
        rows = np.flatnonzero(here)
        part[random.permutation(rows)] = np.arange(rows.size) % folds
    return part


def _solver(name: str) -> tuple[str, Any]:
    """Its name, and what binds the problem and gives a fit for each set of rows' weights."""
    check_choice(name, ("auto", "descent", "newton"), "solver")
    if name != "newton":
        try:
            from casewise.stats import _descent

            return "descent", _descent.problem
        except ImportError:
            if name == "descent":
                raise
    from casewise.stats import _newton

    return "newton", _newton.problem


def _held_out(fit: Newton | Descent, out: NDArray[np.bool_], penalty: float, lent: Any) -> float:
    """The deviance of the patients held out, at the optimum of the others."""
    fit.to(penalty, fit.coarse(penalty), lent)
    eta = fit.eta[out]
    return 2 * float(np.logaddexp(0, np.where(fit.y[out] > 0, -eta, eta)).sum())


def _none(columns: int, reason: str) -> LargePropensity:
    return LargePropensity(None, 0.0, np.zeros(columns), 0.0, (), (), 0, reason=reason)
