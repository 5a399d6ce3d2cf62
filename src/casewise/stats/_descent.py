"""Coordinate descent for the L1-penalized logistic likelihood on sparse columns, compiled by numba.

Newton's steps outside, coordinate descent on each step's quadratic inside [friedman2010]. The
columns are those of a CSC table; where each entry is 1, as of codes, ``data`` is empty, which
spares the memory's band.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import expit

from casewise.stats._samples import Floats

if TYPE_CHECKING:
    from scipy.sparse import csc_array

_COARSE = 0.05  # on the path: greatest violation of the optimum, in units of the penalty
_NEAR = 0.95  # of the penalty: a gradient from which a column is let in
_LEAST_CURVATURE = 1e-6
_HARDLY = 0.3  # of the step that is small enough
_SWEEPS, _STEPS = 500, 100


@dataclass(frozen=True, slots=True, eq=False)
class Lent:
    """A solution, the columns it was found among, and the solution before it on the path."""

    columns: NDArray[np.int64]
    beta: Floats
    intercept: float
    before: tuple[Floats, float]


def problem(table: csc_array, y: Floats, start: float, greatest: float) -> Any:
    """A fit for each set of rows' weights, all on the same columns."""
    data = np.empty(0) if (table.data == 1).all() else table.data
    columns = table.indptr.astype(np.int64), table.indices.astype(np.int32), data
    return lambda weight: Descent(columns, y, weight, start)


class Descent:
    """One walk down the path on the rows whose weight is 1."""

    def __init__(
        self, columns: tuple[Any, Any, Floats], y: Floats, weight: Floats, start: float
    ) -> None:
        self.table, self.y, self.weight = columns, y, weight
        self.n = float(weight.sum())
        self.intercept = start
        self._beta = np.zeros(columns[0].size - 1)
        self.eta = np.full(y.size, start)
        self.gradient: Floats | None = None
        self.last = (self._beta.copy(), start)

    def coarse(self, penalty: float) -> float:
        """How close to the optimum the path has to come."""
        return _COARSE * penalty

    def beta(self) -> Floats:
        return self._beta

    def restart(self, lent: Lent) -> None:
        """At a solution found before."""
        self._beta, self.intercept = lent.beta.copy(), lent.intercept
        self._told()

    def to(self, penalty: float, close: float, lent: Lent | None = None) -> Lent:
        """The optimum at ``penalty``, from the last one, with no violation above ``close``; from
        the last one moved as ``lent`` was, if given."""
        columns = self._near(penalty) if lent is None else self._moved(lent)
        # Half as wide is exact enough on the path: sums are double, and each step starts anew.
        w = np.empty(self.y.size, np.float32 if close > 1e-3 * penalty else np.float64)
        while True:
            self.intercept, _ = descend(
                *self.table,
                columns,
                self._beta,
                self.intercept,
                self.eta,
                *(self.y, self.weight, self.n, penalty, close, _STEPS, w),
            )
            missed = np.abs(self._told()) > penalty + close
            missed[columns] = False
            if not missed.any():
                break
            columns = np.union1d(columns, self._near(penalty))
        before, self.last = self.last, (self._beta.copy(), self.intercept)
        return Lent(columns, *self.last, before)

    def _told(self) -> Floats:
        """The gradient where it stands, with the predictor made anew: rounding has piled up."""
        self.eta = predictor(*self.table, self._beta, self.intercept, self.y.size)
        residual = self.weight * (self.y - expit(self.eta))
        told: Floats = gradient(*self.table, residual, self.n)
        self.gradient = told
        return told

    def _near(self, penalty: float) -> NDArray[np.int64]:
        told = self._told() if self.gradient is None else self.gradient
        return np.flatnonzero((np.abs(told) >= _NEAR * penalty) | (self._beta != 0))

    def _moved(self, lent: Lent) -> NDArray[np.int64]:
        then, intercept = lent.before
        moved = self._beta + lent.beta - then
        self._beta = np.where(lent.beta != 0, moved, np.where(then != 0, 0.0, self._beta))
        self.intercept += lent.intercept - intercept
        self.eta = predictor(*self.table, self._beta, self.intercept, self.y.size)
        return np.union1d(lent.columns, np.flatnonzero(self._beta))


@njit(nogil=True, cache=True)
def gradient(indptr, indices, data, residual, total):  # type: ignore[no-untyped-def]
    """Of the mean log likelihood, for every column."""
    answer = np.empty(indptr.size - 1)
    for j in range(answer.size):
        answer[j] = _pull(indptr[j], indptr[j + 1], indices, data, residual) / total
    return answer


@njit(nogil=True, inline="always")
def _pull(first, last, indices, data, residual):  # type: ignore[no-untyped-def]
    """A column's product with the residual."""
    answer = 0.0
    if data.size == 0:
        for e in range(first, last):
            answer += residual[indices[e]]
    else:
        for e in range(first, last):
            answer += data[e] * residual[indices[e]]
    return answer


@njit(nogil=True, cache=True)
def predictor(indptr, indices, data, beta, intercept, rows):  # type: ignore[no-untyped-def]
    """The linear predictor of every row."""
    eta = np.full(rows, intercept)
    for j in np.flatnonzero(beta):
        for e in range(indptr[j], indptr[j + 1]):
            eta[indices[e]] += beta[j] if data.size == 0 else data[e] * beta[j]
    return eta


@njit(nogil=True, cache=True)
def _objective(eta, y, weight, total, penalty, kept):  # type: ignore[no-untyped-def]
    loss = 0.0
    for i in range(eta.size):
        if weight[i] != 0.0:
            at = eta[i]
            loss += weight[i] * (max(at, 0.0) + np.log1p(np.exp(-abs(at))) - y[i] * at)
    return loss / total + penalty * np.abs(kept).sum()


@njit(nogil=True, cache=True)
def descend(  # type: ignore[no-untyped-def]
    indptr, indices, data, columns, beta, intercept, eta, y, weight, total, penalty, close, most, w
):
    """The optimum over ``columns`` and the intercept, within ``close``; ``beta`` and ``eta`` (of
    the rows with a weight) are changed in place, ``w`` is scratch for the rows' curvature, as wide
    as they are to be. The answer is the intercept and whether it got there.
    """
    rows, k = eta.size, columns.size
    r, first = np.empty_like(w), np.empty_like(w)
    curve, live, before = np.empty(k), np.empty(k, np.bool_), np.empty(k)
    for _ in range(most):
        pulled = 0.0
        curved = 0.0
        for i in range(rows):
            if weight[i] == 0.0:
                w[i] = r[i] = first[i] = 0.0
                continue
            p = 1.0 / (1.0 + np.exp(-eta[i]))
            w[i] = weight[i] * max(p * (1.0 - p), _LEAST_CURVATURE)
            r[i] = first[i] = weight[i] * (y[i] - p)
            pulled += r[i]
            curved += w[i]
        worst = abs(pulled) / total
        for c in range(k):
            j = columns[c]
            pull = _pull(indptr[j], indptr[j + 1], indices, data, r) / total
            bend = 0.0
            if data.size == 0:
                for e in range(indptr[j], indptr[j + 1]):
                    bend += w[indices[e]]
            else:
                for e in range(indptr[j], indptr[j + 1]):
                    bend += data[e] * data[e] * w[indices[e]]
            curve[c] = bend / total
            before[c] = beta[j]
            if beta[j] != 0.0:
                off = abs(pull - penalty * np.sign(beta[j]))
            else:
                off = max(abs(pull) - penalty, 0.0)
            worst = max(worst, off)
            live[c] = beta[j] != 0.0 or off > 0.0
        if worst <= close:
            return intercept, True
        enough = max(0.1 * worst, 0.3 * close)
        start = intercept
        full = False
        for _ in range(_SWEEPS):
            moved = 0.0
            for c in range(k):
                if curve[c] == 0.0 or not (full or live[c]):
                    continue
                j = columns[c]
                pull = _pull(indptr[j], indptr[j + 1], indices, data, r) / total
                aim = beta[j] * curve[c] + pull
                then = 0.0
                if aim > penalty:
                    then = (aim - penalty) / curve[c]
                elif aim < -penalty:
                    then = (aim + penalty) / curve[c]
                step = then - beta[j]
                # What hardly moves is left until all are asked again.
                live[c] = abs(step) * curve[c] > _HARDLY * enough
                if live[c] or (then == 0.0 and step != 0.0):
                    beta[j] = then
                    moved = max(moved, abs(step) * curve[c])
                    if data.size == 0:
                        for e in range(indptr[j], indptr[j + 1]):
                            r[indices[e]] -= step * w[indices[e]]
                    else:
                        for e in range(indptr[j], indptr[j + 1]):
                            r[indices[e]] -= step * data[e] * w[indices[e]]
            pulled = r.sum()
            step = pulled / curved
            intercept += step
            moved = max(moved, abs(pulled) / total)
            for i in range(rows):
                r[i] -= step * w[i]
            if moved <= enough:
                if full:
                    break
                full = True
            else:
                full = False
        # Along the step, halved until the objective falls.
        reached = np.empty(k)
        for c in range(k):
            reached[c] = beta[columns[c]]
        target = intercept
        old = _objective(eta, y, weight, total, penalty, before)
        ahead = np.empty(rows)
        size = 1.0
        while True:
            for i in range(rows):
                ahead[i] = eta[i]
                if w[i] > 0.0:
                    ahead[i] += size * (first[i] - r[i]) / w[i]
            kept = before + size * (reached - before)
            if size < 1e-4 or _objective(ahead, y, weight, total, penalty, kept) <= old + 1e-15:
                break
            size /= 2.0
        for c in range(k):
            beta[columns[c]] = kept[c]
        intercept = start + size * (target - start)
        eta[:] = ahead
    return intercept, False
