"""Newton's steps for the L1-penalized logistic likelihood on sparse columns, in SciPy alone.

The columns whose gradient is near the penalty are fitted by Newton's steps. Their Hessian is that
of a sample of rows, made once for a set of columns and lent to the fits of cross-validation: that
slows the last digits and moves no solution, since the gradient is of all rows. All columns are then
asked whether they should have been let in, until none should.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.special import expit

from casewise.stats._samples import Floats

if TYPE_CHECKING:
    from scipy.sparse import csc_array

_COARSE = 1e-3  # on the path: greatest violation of the optimum, in units of the greatest penalty
_STEPS = 60
_HESSIAN_ROWS = 20_000
_NEAR = 0.85  # of the penalty: a gradient from which a column is let in
_PATIENCE = 8  # steps with one Hessian before it is made anew


@dataclass(frozen=True, slots=True, eq=False)
class Lent:
    """A solution with its columns and their Hessian, the intercept's first."""

    columns: NDArray[np.int64]
    hessian: Floats
    intercept: float
    kept: Floats


class Newton:
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

    def coarse(self, penalty: float) -> float:
        """How close to the optimum the path has to come."""
        return _COARSE * self.greatest

    def beta(self) -> Floats:
        beta = np.zeros(self.table.shape[1])
        beta[self.columns] = self.kept
        return beta

    def _gradient(self) -> Floats:
        """Of the mean log likelihood, for every column."""
        residual = self.weight * (self.y - expit(self.eta))
        return np.asarray(self.table.T @ residual) / self.n

    def restart(self, lent: Lent) -> None:
        """At a solution found before."""
        self.columns, self.kept, self.intercept = lent.columns, lent.kept, lent.intercept
        self.hessian = lent.hessian
        self.eta = self.intercept + self.table[:, self.columns] @ self.kept
        self.gradient = self._gradient()

    def to(self, penalty: float, close: float, lent: Lent | None = None) -> Lent:
        """The optimum at ``penalty``, from the last one, with no violation above ``close``; with
        the columns of ``lent`` if given."""
        if lent is None:
            self._let_in(np.flatnonzero(np.abs(self.gradient) >= _NEAR * penalty))
        else:
            self._borrow(lent)
        while True:
            self._newton(penalty, close)
            self.gradient = self._gradient()
            missed = np.abs(self.gradient) > penalty + close
            missed[self.columns] = False
            if not missed.any():
                break
            self._let_in(np.union1d(self.columns, np.flatnonzero(missed)))
        hessian = self.hessian if self.hessian is not None else self._hessian()
        return Lent(self.columns, hessian, self.intercept, self.kept)

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

    def _borrow(self, lent: Lent) -> None:
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


def _sampled(n: int) -> NDArray[np.int64]:
    few = min(n, _HESSIAN_ROWS)
    return (np.arange(few) * (n / few)).astype(np.int64)


def some_rows(table: csc_array) -> csc_array:
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


def problem(table: csc_array, y: Floats, start: float, greatest: float) -> Any:
    """A fit for each set of rows' weights, all with the same sample of rows."""
    few = some_rows(table)
    return lambda weight: Newton(table, y, weight, start, greatest, few)
