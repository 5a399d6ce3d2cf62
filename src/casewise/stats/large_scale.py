"""A propensity score from thousands of covariates: L1-penalized, the penalty by cross-validation.

Covariates are sparse: what a patient does not have is not stored. The path of penalties is walked
from the greatest down. At each, the columns whose gradient is near the penalty are fitted by
Newton's steps. Their Hessian is that of a sample of rows, made once for a set of columns
and lent to the fits of cross-validation: that slows the last digits and moves no solution, since
the gradient is of all rows. All columns are then asked whether they should have been let in, until
none should.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.special import expit

from casewise.stats._samples import Floats, indicator

if TYPE_CHECKING:
    from scipy.sparse import csc_array

_STEPS = 60
_HESSIAN_ROWS = 20_000
_NEAR = 0.85  # of the penalty: a gradient from which a column is let in
_PATIENCE = 8  # steps with one Hessian before it is made anew
_CLOSE, _COARSE = (
    1e-6,
    1e-3,
)  # greatest violation of the optimum, in units of the greatest penalty
_WORSE = 1  # penalties after the best one at which the path ends


@dataclass(frozen=True, slots=True, eq=False)
class LargePropensity:
    """``values`` has a probability a patient, ``None`` where there is none: ``reason`` says why.

    ``coefficients`` are log odds ratios in the order of the columns, most of them 0, ``intercept``
    apart. ``penalties`` were tried, greatest first, ``deviance`` is the held-out one of each, per
    patient; ``penalty`` is the one chosen. ``selected`` counts the columns with a coefficient.
    """

    values: Floats | None
    intercept: float
    coefficients: Floats
    penalty: float
    penalties: tuple[float, ...]
    deviance: tuple[float, ...]
    selected: int
    method: str = "logistic regression, L1 penalty by cross-validation"
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
) -> LargePropensity:
    """The probability of treatment given many sparse covariates [tian2018], [tibshirani1996].

    Minimizes the mean logistic loss plus the penalty times the sum of absolute coefficients; the
    intercept is not penalized. Columns are taken as they are: scale numbers to a standard deviation
    of 1 beforehand, leave 0 and 1 alone. ``penalties`` go in equal ratios from the least that keeps
    every coefficient at 0 down to ``least`` of it, and end when
    the deviance has risen. The penalty chosen has the least deviance of
    patients held out in ``folds`` parts, drawn within arms by ``seed``; the same seed gives the
    same answer, however many ``threads``.

    Undefined, with a reason, for an empty arm or one smaller than the folds, and where no column
    varies. Raises ``ValueError`` for unequal lengths and infinite or missing values. Cost: some 20
    products of the table with a vector for each part and the whole.
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
    everybody = np.ones(y.size)
    start = float(np.log(y.mean() / (1 - y.mean())))
    greatest = float(np.abs(table.T @ (y - y.mean())).max(initial=0.0)) / y.size
    if greatest <= 1e-12:
        return _none(table.shape[1], "no covariate tells the arms apart")
    path = greatest * np.geomspace(1.0, least, penalties)
    part = _parts(arm, folds, seed)
    few = _some_rows(table)
    whole = _Fit(table, y, everybody, start, greatest, few)
    fits = [_Fit(table, y, (part != k) * 1.0, start, greatest, few) for k in range(folds)]
    lent: list[_Lent] = []
    deviance: list[float] = []
    with ThreadPoolExecutor(max(1, threads)) as pool:
        for penalty in path.tolist():
            lent.append(whole.to(penalty, _COARSE))
            with_penalty = repeat(penalty), repeat(lent[-1])
            told = pool.map(_held_out, fits, [part == k for k in range(folds)], *with_penalty)
            deviance.append(sum(told) / y.size)
            if len(deviance) - 1 - int(np.argmin(deviance)) == _WORSE:
                break
    chosen = int(np.argmin(deviance))
    fit = _Fit(table, y, everybody, start, greatest, few)
    fit.restart(lent[chosen])
    fit.to(float(path[chosen]), _CLOSE, lent[chosen])
    beta = fit.beta()
    return LargePropensity(
        expit(fit.eta),
        fit.intercept,
        beta,
        float(path[chosen]),
        tuple(path[: len(deviance)].tolist()),
        tuple(deviance),
        int((beta != 0).sum()),
    )


def _sampled(n: int) -> NDArray[np.int64]:
    few = min(n, _HESSIAN_ROWS)
    return (np.arange(few) * (n / few)).astype(np.int64)


def _some_rows(table: csc_array) -> csc_array:
    """The rows that the Hessian is made of, the same for every fit."""
    chosen = np.zeros(table.shape[0], dtype=np.bool_)
    rows = _sampled(table.shape[0])
    chosen[rows] = True
    place = np.cumsum(chosen) - 1
    kept = chosen[table.indices]
    ends = np.concatenate([[0], np.cumsum(kept)])[table.indptr]
    from scipy.sparse import csc_array

    parts = (table.data[kept], place[table.indices[kept]].astype(np.int32), ends)
    return csc_array(parts, shape=(rows.size, table.shape[1]))


def _parts(arm: NDArray[np.bool_], folds: int, seed: int) -> NDArray[np.int64]:
    """The part of each patient, even within arms."""
    random = np.random.default_rng(seed)
    part = np.empty(arm.size, dtype=np.int64)
    for here in (arm, ~arm):
        rows = np.flatnonzero(here)
        part[random.permutation(rows)] = np.arange(rows.size) % folds
    return part


@dataclass(frozen=True, slots=True, eq=False)
class _Lent:
    """A solution with its columns and their Hessian, the intercept's first."""

    columns: NDArray[np.int64]
    hessian: Floats
    intercept: float
    kept: Floats


def _held_out(fit: _Fit, out: NDArray[np.bool_], penalty: float, lent: _Lent) -> float:
    """The deviance of the patients held out, at the optimum of the others."""
    fit.to(penalty, _COARSE, lent)
    eta = fit.eta[out]
    return 2 * float(np.logaddexp(0, np.where(fit.y[out] > 0, -eta, eta)).sum())


class _Fit:
    """One walk down the path on the rows whose weight is 1."""

    def __init__(
        self,
        table: csc_array,
        y: Floats,
        weight: Floats,
        start: float,
        greatest: float,
        few_rows: csc_array,
    ) -> None:
        self.table, self.y, self.weight, self.greatest = table, y, weight, greatest
        self.n = float(weight.sum())
        self.intercept = start
        self.columns = np.empty(0, dtype=np.int64)
        self.kept = np.empty(0)
        self.eta = np.full(y.size, start)
        self.hessian: Floats | None = None
        self.factored: Floats | None = None
        self.factors: dict[bytes, Any] = {}
        self.gradient = self._gradient()
        self.sample = _sampled(y.size)
        self.few = few_rows

    def beta(self) -> Floats:
        beta = np.zeros(self.table.shape[1])
        beta[self.columns] = self.kept
        return beta

    def _gradient(self) -> Floats:
        """Of the mean log likelihood, for every column."""
        residual = self.weight * (self.y - expit(self.eta))
        return np.asarray(self.table.T @ residual) / self.n

    def restart(self, lent: _Lent) -> None:
        """At a solution found before."""
        self.columns, self.kept, self.intercept = (
            lent.columns,
            lent.kept,
            lent.intercept,
        )
        self.eta = self.intercept + self.table[:, self.columns] @ self.kept

    def to(self, penalty: float, close: float, lent: _Lent | None = None) -> _Lent:
        """The optimum at ``penalty``, from the last one; with the columns of ``lent`` if given."""
        if lent is None:
            self._let_in(np.flatnonzero(np.abs(self.gradient) >= _NEAR * penalty))
        else:
            self._borrow(lent)
        while True:
            self._newton(penalty, close * self.greatest)
            self.gradient = self._gradient()
            missed = np.abs(self.gradient) > penalty + close * self.greatest
            missed[self.columns] = False
            if not missed.any():
                break
            self._let_in(np.union1d(self.columns, np.flatnonzero(missed)))
        hessian = self.hessian if self.hessian is not None else self._hessian()
        return _Lent(self.columns, hessian, self.intercept, self.kept)

    def _let_in(self, more: NDArray[np.int64]) -> None:
        """These columns beside those that have a coefficient."""
        live = self.columns[self.kept != 0]
        beta = self.beta()
        columns = np.union1d(live, more).astype(np.int64)
        if self.hessian is not None and not np.array_equal(columns, self.columns):
            self.hessian = self._extended(columns)
        self.columns = columns
        self.kept = beta[columns]
        self.part = self.table[:, columns]

    def _newton(self, penalty: float, close: float) -> None:
        for number in range(_STEPS):
            p = expit(self.eta)
            residual = self.weight * (self.y - p)
            score = np.concatenate([[residual.sum()], self.part.T @ residual]) / self.n
            now = np.concatenate([[self.intercept], self.kept])
            if _violation(score, now, penalty) <= close:
                return
            if self.hessian is None or (number and number % _PATIENCE == 0):
                self.hessian = self._hessian()
            step = _quadratic(score, self.hessian, now, penalty, self._factors()) - now
            self._walk(step, now, score, penalty)

    def _borrow(self, lent: _Lent) -> None:
        """The lent columns with their Hessian, and whatever else has a coefficient."""
        beta = self.beta()
        live = self.columns[self.kept != 0]
        self.columns, self.hessian = lent.columns, lent.hessian
        self.kept = beta[lent.columns]
        columns = np.union1d(live, lent.columns).astype(np.int64)
        if columns.size > lent.columns.size:
            self.hessian = self._extended(columns)
        self.columns, self.kept = columns, beta[columns]
        self.part = self.table[:, columns]

    def _extended(self, columns: NDArray[np.int64]) -> Floats:
        """The Hessian for ``columns``: what is known is kept, what is new comes from the sample."""
        assert self.hessian is not None
        old = np.isin(columns, self.columns)
        answer = np.empty((columns.size + 1,) * 2)
        there = np.concatenate([[0], 1 + np.flatnonzero(old)])
        here = np.concatenate([[0], 1 + np.searchsorted(self.columns, columns[old])])
        answer[np.ix_(there, there)] = self.hessian[np.ix_(here, here)]
        new = np.flatnonzero(~old)
        if new.size:
            block = self._block(columns, columns[new])
            answer[:, 1 + new] = block
            answer[1 + new, :] = block.T
            self._no_zero(answer, 1 + new)
        return answer

    def _factors(self) -> dict[bytes, Any]:
        """Cholesky factors by active set, of this Hessian alone."""
        if self.factored is not self.hessian:
            self.factored, self.factors = self.hessian, {}
        return self.factors

    def _hessian(self) -> Floats:
        """With the intercept first, from the sampled rows."""
        k = self.columns.size + 1
        answer = np.empty((k, k))
        answer[:, 1:] = self._block(self.columns, self.columns)
        answer[1:, 0] = answer[0, 1:]
        p = expit(self.eta[self.sample])
        answer[0, 0] = float((p * (1 - p)).mean())
        self._no_zero(answer, np.arange(1, k))
        return answer

    def _block(self, columns: NDArray[np.int64], new: NDArray[np.int64]) -> Floats:
        """Rows for the intercept and ``columns``, columns for ``new``."""
        p = expit(self.eta[self.sample])
        weighted = self.few[:, new].multiply((p * (1 - p))[:, None]).tocsc()
        answer = np.empty((columns.size + 1, new.size))
        answer[0] = np.asarray(weighted.sum(axis=0)).ravel()
        answer[1:] = (self.few[:, columns].T @ weighted).toarray()
        return answer / self.sample.size

    def _no_zero(self, hessian: Floats, which: NDArray[np.int64]) -> None:
        """A column that the sample hardly has is taken to have it in a tenth of a row."""
        own = hessian[which, which]
        hessian[which, which] = np.maximum(own, 0.1 / self.sample.size) * (1 + 1e-6)

    def _walk(self, step: Floats, now: Floats, score: Floats, penalty: float) -> None:
        """The step, halved until the objective falls as it should."""
        moved = step[0] + self.part @ step[1:]
        before = self._objective(self.eta, now, penalty)
        slope = -float(score @ step) + penalty * float(
            np.abs(now[1:] + step[1:]).sum() - np.abs(now[1:]).sum()
        )
        size = 1.0
        while size > 1e-4:
            then, eta = now + size * step, self.eta + size * moved
            if self._objective(eta, then, penalty) <= before + 1e-3 * size * slope + 1e-14:
                break
            size /= 2
        self.intercept, self.kept, self.eta = float(then[0]), then[1:], eta

    def _objective(self, eta: Floats, now: Floats, penalty: float) -> float:
        loss = np.logaddexp(0, eta) - self.y * eta
        return float(self.weight @ loss) / self.n + penalty * float(np.abs(now[1:]).sum())


def _violation(score: Floats, now: Floats, penalty: float) -> float:
    """How far the point is from the optimum: the greatest excess of the gradient."""
    inner = now[1:]
    off = np.where(
        inner != 0,
        np.abs(score[1:] - penalty * np.sign(inner)),
        np.maximum(np.abs(score[1:]) - penalty, 0),
    )
    return max(abs(float(score[0])), float(off.max(initial=0.0)))


def _quadratic(
    score: Floats,
    hessian: Floats,
    now: Floats,
    penalty: float,
    factors: dict[bytes, Any],
) -> Floats:
    """The minimum of the quadratic model with the penalty, by its active set.

    The set and the signs are guessed from the last solution, the equations solved on it, and the
    guess corrected [hintermueller2002]; where that does not settle, accelerated gradient steps.
    """
    target = hessian @ now + score  # H x = target without a penalty
    own = np.diag(hessian)
    x = now.copy()
    seen: set[bytes] = set()
    for _ in range(25):
        pull = x + (target - hessian @ x) / own
        sign = np.where(np.abs(pull) > penalty / own, np.sign(pull), 0.0)
        sign[0] = 0.0
        key = sign.tobytes()
        if key in seen:
            break
        seen.add(key)
        live = np.flatnonzero(sign)
        live = np.concatenate([[0], live])
        solved = np.zeros_like(x)
        which = live.tobytes()
        if which not in factors:
            factors.clear()  # the last one alone: it is what the next step most often needs
            try:
                factors[which] = cho_factor(hessian[np.ix_(live, live)], check_finite=False)
            except LinAlgError:  # the sample's rows do not tell these columns apart
                break
        aim = target[live] - penalty * sign[live]
        solved[live] = cho_solve(factors[which], aim, check_finite=False)
        x = solved
        if (np.sign(x[live[1:]]) == sign[live[1:]]).all() and (
            np.abs(np.delete(target - hessian @ x, live)) <= penalty * (1 + 1e-9)
        ).all():
            return x
    return _accelerated(target, hessian, now, penalty)


def _accelerated(target: Floats, hessian: Floats, now: Floats, penalty: float) -> Floats:
    scale = 1 / np.sqrt(np.diag(hessian))
    scaled = hessian * np.outer(scale, scale)
    aim, limit = target * scale, penalty * scale
    limit[0] = 0.0
    reach = float(np.linalg.norm(scaled, 2))
    x = now / scale
    ahead, momentum = x.copy(), 1.0
    for _ in range(500):
        moved = ahead + (aim - scaled @ ahead) / reach
        then = np.sign(moved) * np.maximum(np.abs(moved) - limit / reach, 0)
        if (ahead - then) @ (then - x) > 0:
            momentum = 1.0
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = then + (momentum - 1) / following * (then - x)
        if np.abs(then - x).max() < 1e-9:
            x = then
            break
        x, momentum = then, float(following)
    result: Floats = x * scale
    return result


def _none(columns: int, reason: str) -> LargePropensity:
    return LargePropensity(None, 0.0, np.zeros(columns), 0.0, (), (), 0, reason=reason)
