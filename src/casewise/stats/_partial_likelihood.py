"""Cox's partial likelihood with Efron's method for ties, over all patients at once.

Rows are sorted by stratum and time; an event time of a stratum is a *moment*. A row is at risk at
the moments ``first <= k < last``, so that a sum over every risk set is a difference of two
cumulative sums, and second moments need no sum for each risk set: their weighted total is one
matrix product over the rows. Work for each evaluation grows with rows times covariates (squared
within the matrix product), whatever the number of moments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from casewise.stats._samples import Floats

Ints = NDArray[np.intp]
_PIECE = 16_384
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Moments:
    """What the likelihood needs at one value of the coefficients; K moments, p covariates.

    Of d tied events of mean weight w, the l-th is taken against the risk set less the share
    f = l/d of the tied: its denominator is S0 - f D0. ``a`` is the sum over the tied of w over
    the denominator, ``b`` the same times f; ``c0, c1, c2`` are of w over the squared
    denominator, times 1, f, f squared.
    """

    risk: Floats  # rows: weight times exp(linear predictor)
    inverse: Floats  # events: 1 / denominator
    s1: Floats  # p x K: sums of the covariates over each risk set
    d1: Floats  # p x K: over the tied events
    a: Floats
    b: Floats
    c0: Floats
    c1: Floats
    c2: Floats


class RiskSets:
    """Sorted rows that are at risk at one moment at least, and the moments."""

    def __init__(
        self,
        entry: Floats | None,
        time: Floats,
        event: Bools,
        x: Floats,
        weights: Floats,
        strata: Ints,
    ) -> None:
        keys = (~event, time, strata) if strata.any() else (~event, time)
        order = np.lexsort(keys)  # at a time, events come before censorings
        time, event, strata = time[order], event[order], strata[order]
        new = np.zeros(order.size, dtype=np.bool_)
        rows = np.flatnonzero(event)
        new[rows[:1]] = True
        before, after = rows[:-1], rows[1:]
        new[after] = (time[after] != time[before]) | (strata[after] != strata[before])
        last = np.cumsum(new)
        starts = np.flatnonzero(new)
        self.times, self.strata = time[starts], strata[starts]
        if entry is None:
            first = np.searchsorted(self.strata, strata)
        else:
            first = _passed(self.strata, self.times, strata, entry[order])
        kept = np.flatnonzero(first < last)
        self.rows: Ints = order[kept]  # where each row was given
        self.first, self.last, self.event = first[kept], last[kept], np.flatnonzero(event[kept])
        self.late = np.flatnonzero(self.first > 0)
        self.x = np.ascontiguousarray(x[self.rows].T)
        self.weights = weights[self.rows]
        self._tie()

    def _tie(self) -> None:
        self.moment = self.last[self.event] - 1  # of each event
        count = self.times.size
        self.tied = np.bincount(self.moment, minlength=count)
        place = np.arange(self.moment.size) - (np.cumsum(self.tied) - self.tied)[self.moment]
        self.part = place / self.tied[self.moment]
        self.untied = self.moment.size == count  # one event a moment, in their order
        total = np.bincount(self.moment, self.weights[self.event], count)
        self.mean_weight = (total / np.maximum(self.tied, 1))[self.moment]

    def over_risk_sets(self, values: Floats) -> Floats:
        """At each moment the sum of ``values`` over the rows at risk."""
        count = self.times.size
        sums = np.bincount(self.last - 1, values, count)
        if self.late.size:  # not yet entered, or of a later stratum
            sums -= np.bincount(self.first[self.late] - 1, values[self.late], count)
        return np.asarray(sums[::-1].cumsum()[::-1])

    def over_events(self, values: Floats) -> Floats:
        """At each moment the sum of ``values``, one an event."""
        if self.untied:
            return values
        sums = np.bincount(self.moment, values, self.times.size)
        return np.asarray(sums, dtype=np.float64)

    def while_at_risk(self, steps: Floats) -> Floats:
        """For each row the sum of ``steps``, one a moment, over the moments at risk."""
        path = np.zeros(steps.size + 1)
        np.cumsum(steps, out=path[1:])
        return np.asarray(path[self.last] - path[self.first])

    def log_likelihood(self, beta: Floats) -> float:
        """The log partial likelihood; minus infinity where it cannot be computed."""
        eta = beta @ self.x
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            risk = self.weights * np.exp(eta)
            logs = self.mean_weight * np.log(self._denominators(risk))
            value = float(self.weights[self.event] @ eta[self.event] - logs.sum())
        return value if np.isfinite(value) else -np.inf

    def _denominators(self, risk: Floats) -> Floats:
        every = self.over_risk_sets(risk)
        if self.untied:
            return every
        tied = self.over_events(risk[self.event])
        return np.asarray(every[self.moment] - self.part * tied[self.moment])

    def moments(self, beta: Floats) -> Moments:
        risk = self.weights * np.exp(beta @ self.x)
        inverse = 1 / self._denominators(risk)
        first, second = self.mean_weight * inverse, self.mean_weight * inverse**2
        f = self.part
        s1 = np.empty((self.x.shape[0], self.times.size))
        for j, column in enumerate(self.x):
            s1[j] = self.over_risk_sets(risk * column)
        if self.untied:  # every f is 0
            none = np.broadcast_to(np.float64(0), self.times.shape)
            d1 = np.broadcast_to(np.float64(0), s1.shape)
            return Moments(risk, inverse, s1, d1, first, none, second, none, none)
        at_events = self.x[:, self.event] * risk[self.event]
        return Moments(
            risk,
            inverse,
            s1,
            np.array([self.over_events(column) for column in at_events]),
            *(self.over_events(v) for v in (first, first * f)),
            *(self.over_events(v) for v in (second, second * f, second * f**2)),
        )

    def expected(self, m: Moments, factor: Floats | None = None) -> Floats:
        """For each row the events expected of it, each moment's times ``factor``."""
        a, b = (m.a, m.b) if factor is None else (m.a * factor, m.b * factor)
        hazard = self.while_at_risk(a)
        if not self.untied:
            hazard[self.event] -= b[self.moment]
        return np.asarray(m.risk * hazard)

    def score(self, m: Moments) -> Floats:
        residual = -self.expected(m)
        residual[self.event] += self.weights[self.event]
        return np.asarray(self.x @ residual)

    def information(self, m: Moments, factor: Floats | None = None) -> Floats:
        """Minus the second derivatives, each moment's part times ``factor``."""
        c0, c1, c2 = (m.c0, m.c1, m.c2) if factor is None else (
            m.c0 * factor, m.c1 * factor, m.c2 * factor
        )  # fmt: skip
        means = _products(m.s1, c0)
        if not self.untied:
            cross = (m.s1 * c1) @ m.d1.T
            means += (m.d1 * c2) @ m.d1.T - cross - cross.T
        return np.asarray(_products(self.x, self.expected(m, factor)) - means)

    def mean_covariates(self, m: Moments) -> Floats:
        """p x K: the covariates' weighted mean over each risk set, averaged over the tied."""
        over, part = self.over_events(m.inverse), self.over_events(m.inverse * self.part)
        return np.asarray((m.s1 * over - m.d1 * part) / self.tied)

    def score_residuals(self, m: Moments) -> Floats:
        """p x rows: what each row gives to the score, as if its weight were a repeat count."""
        step, tied = m.c0 * m.s1 - m.c1 * m.d1, m.c1 * m.s1 - m.c2 * m.d1
        mean = self.mean_covariates(m)
        answer = -self.x * self.expected(m)
        for j in range(self.x.shape[0]):
            drift = self.while_at_risk(step[j])
            drift[self.event] -= tied[j, self.moment]
            answer[j] += m.risk * drift
        gap = self.x[:, self.event] - mean[:, self.moment]
        answer[:, self.event] += self.weights[self.event] * gap
        return answer


def _products(rows: Floats, weights: Floats) -> Floats:
    """``(rows * weights) @ rows.T``, in pieces that stay in the processor's cache."""
    total = np.zeros((rows.shape[0], rows.shape[0]))
    for start in range(0, rows.shape[1], _PIECE):
        piece = rows[:, start : start + _PIECE]
        total += (piece * weights[start : start + _PIECE]) @ piece.T
    return total


def _passed(strata: Ints, times: Floats, row_strata: Ints, entry: Floats) -> Ints:
    """For each row how many moments lie in strata before its own, or at or before its entry."""
    kind = np.repeat([0, 1], [times.size, entry.size])
    keys = np.concatenate([times, entry]), np.concatenate([strata, row_strata])
    order = np.lexsort((kind, *keys))
    counts = np.cumsum(kind[order] == 0)
    answer = np.empty(order.size, dtype=np.intp)
    answer[order] = counts
    return answer[times.size :]
