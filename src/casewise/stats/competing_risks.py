"""Events that compete: cumulative incidence and its comparison between arms."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from casewise.stats._result import Estimate, TestResult
from casewise.stats._samples import Floats, check_level, group_codes, sample, starts
from casewise.stats.survival import first_entry, run_out, used_up

_SOURCES = ("aalen1978", "choudhury2002")
_METHOD = "Aalen-Johansen, log-log interval"


@dataclass(frozen=True, slots=True)
class IncidenceCurve:
    """Cumulative incidence of one cause: one entry for each time at which an event happened.

    ``incidence[i]`` holds from ``times[i]`` until just before the next time; before the first it is
    0. ``standard_error`` is of the incidence; ``lower`` and ``upper`` are pointwise limits,
    ``None`` where it is 0 or 1. ``last`` is the longest follow-up. ``since`` and ``until`` as of
    :class:`SurvivalCurve`, where patients enter late.
    """

    times: tuple[float, ...]
    incidence: tuple[float, ...]
    standard_error: tuple[float, ...]
    lower: tuple[float | None, ...]
    upper: tuple[float | None, ...]
    at_risk: tuple[int, ...]
    n: int
    last: float
    level: float
    since: float = 0.0
    until: float = math.inf

    def at(self, time: float) -> Estimate:
        """The probability of an event of this cause up to and including ``time``.

        Undefined past the longest follow-up.
        """
        if not time >= 0:
            raise ValueError(f"time must be 0 or more, not {time!r}")
        i = bisect_right(self.times, time) - 1
        value: float | None = self.incidence[i] if i >= 0 else 0.0
        lower, upper = (self.lower[i], self.upper[i]) if i >= 0 else (None, None)
        reason = "" if lower is not None else f"the interval does not exist at {value:g}"
        if self.n == 0 or time > self.last:
            value = lower = upper = None
            reason = f"the longest follow-up ends at {self.last:g}" if self.n else "no patients"
        elif time >= self.until or time < self.since:
            value = lower = upper = None
            early = f"nobody was under observation before {self.since:g}"
            reason = early if time < self.since else run_out(self.until)
        measure = "cumulative incidence"
        return Estimate(measure, value, lower, upper, self.level, _METHOD, _SOURCES, reason)


def aalen_johansen(
    time: ArrayLike,
    cause: ArrayLike,
    of: int = 1,
    level: float = 0.95,
    entry: ArrayLike | None = None,
) -> IncidenceCurve:
    """Cumulative incidence of the events of one cause while others compete [aalen1978].

    ``cause`` is 0 where follow-up was censored, else the number of the cause (1, 2 ...) that
    ended it; ``of`` is the cause of interest. F(t) is the sum of ``S(t-) d_of / n`` over the event
    times up to t, with S the Kaplan-Meier estimate of being free of every event. Ties are taken
    as they are: no order is drawn among them. The variance is Greenwood's, by the delta method
    on the multinomial counts; the limits are on the scale of log(-log F) [choudhury2002].

    ``entry`` is when each patient comes under observation (left truncation), as of
    :func:`kaplan_meier`.

    Raises ``ValueError`` for missing or negative times and causes that are no whole numbers.
    Cost: one sort.
    """
    check_level(level)
    times, causes = causes_of_ends(time, cause)
    entries = starts(entry, times)
    distinct, n, every, mine = _table(times, causes, of)
    if entries is not None:
        n = n - (entries.size - np.searchsorted(np.sort(entries), distinct))
    survival = np.cumprod(1 - every / n)
    before = np.concatenate([[1.0], survival[:-1]])[: distinct.size]
    f = np.cumsum(before * mine / n)
    error = np.sqrt(_variance(f, before, *(v.astype(np.float64) for v in (n, every, mine))))
    inside = (f > 0) & (f < 1) & (error > 0)
    z = float(special.ndtri((1 + level) / 2))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        width = np.exp(z * error / (f * np.abs(np.log(f))))
        limits = [
            [v if ok else None for v, ok in zip((f**power).tolist(), inside.tolist(), strict=True)]
            for power in (width, 1 / width)
        ]
    return IncidenceCurve(
        tuple(distinct.tolist()),
        tuple(f.tolist()),
        tuple(error.tolist()),
        tuple(limits[0]),
        tuple(limits[1]),
        tuple(n.tolist()),
        times.size,
        float(times.max()) if times.size else 0.0,
        level,
        first_entry(entries),
        used_up(distinct, every, n, entries),
    )


def _variance(f: Floats, before: Floats, n: Floats, every: Floats, mine: Floats) -> Floats:
    """Of each F(t): sums over earlier s of terms in F(t) - F(s), expanded into running sums."""
    left = n - every
    hazard = np.divide(every, n * left, out=np.zeros_like(f), where=left > 0)
    direct = before**2 * (n - mine) * mine / n**3
    cross = before * mine / n**2
    square = f**2 * np.cumsum(hazard) - 2 * f * np.cumsum(f * hazard) + np.cumsum(f**2 * hazard)
    value = square + np.cumsum(direct) - 2 * (f * np.cumsum(cross) - np.cumsum(f * cross))
    return np.asarray(np.maximum(value, 0))


def gray_test(
    time: ArrayLike,
    cause: ArrayLike,
    arm: ArrayLike,
    of: int = 1,
    strata: ArrayLike | None = None,
) -> TestResult:
    """Gray's test that cumulative incidence is the same in every arm [gray1988].

    Causes as in :func:`aalen_johansen`. In each arm the events of cause ``of`` are set against
    those expected, in proportion to the patients still at risk and those ended by another
    cause (estimated as ``n (1 - F(t-)) / S(t-)``); within strata, where given, and summed. The
    statistic is chi-square with one degree of freedom less than arms.

    Undefined (``None``) with fewer than two arms, or no such event. Raises ``ValueError`` as
    :func:`aalen_johansen` does. Cost: one sort, then event times by the square of arms.
    """
    times, causes = causes_of_ends(time, cause)
    arms = group_codes(arm, times.size, "arm")
    blocks = group_codes(strata, times.size, "strata")
    count = int(arms.max()) + 1 if arms.size else 0
    method = "Gray's test"
    if count < 2:
        return TestResult(None, None, method, reason="there are fewer than two arms with patients")
    if not (causes == of).any():
        return TestResult(None, None, method, reason="nobody had such an event")
    score, variance = np.zeros(count), np.zeros((count, count))
    for block in range(int(blocks.max()) + 1):
        k = blocks == block
        if (causes[k] == of).any():
            part, spread = _gray(times[k], causes[k], arms[k], count, of)
            score += part
            variance += spread
    score, variance = score[:-1], variance[:-1, :-1]
    if np.linalg.matrix_rank(variance, hermitian=True) < count - 1:
        return TestResult(None, None, method, reason="no event happened while arms could differ")
    chi = float(score @ np.linalg.solve(variance, score))
    p = max(float(special.gammaincc((count - 1) / 2, chi / 2)), 5e-324)
    return TestResult(p, chi, method, ("gray1988",))


def _gray(
    times: Floats, causes: NDArray[np.int64], arms: NDArray[np.intp], count: int, of: int
) -> tuple[Floats, Floats]:
    """Observed less expected events of each arm, and their covariance, in one stratum.

    Arrays are arms by event times. ``share`` is n / S(t-), ``a`` and ``c`` the weights that the
    score gives to an arm's increments and their running sums [gray1988].
    """
    at = np.unique(times[causes > 0])
    n, every, mine = (np.zeros((count, at.size)) for _ in range(3))
    for g in range(count):
        own, ends = times[arms == g], causes[arms == g]
        n[g] = own.size - np.searchsorted(np.sort(own), at)
        every[g] = np.bincount(np.searchsorted(at, own[ends > 0]), minlength=at.size)
        mine[g] = np.bincount(np.searchsorted(at, own[ends == of]), minlength=at.size)
    here = n > 0
    some = np.maximum(n, 1)
    survival: Floats = np.asarray(np.cumprod(1 - every / some, axis=1))
    before = _shifted(survival, 1.0)
    f = _shifted(np.cumsum(before * mine / some, axis=1), 0.0)
    share: Floats = np.divide(n, before, out=np.zeros_like(n), where=here)
    total, events = share.sum(axis=0), mine.sum(axis=0)
    exposed = share * (1 - f)
    score = (mine - exposed * events / exposed.sum(axis=0)).sum(axis=1)
    pooled: Floats = np.asarray(np.cumsum(events / total), dtype=np.float64)
    pooled_before = _shifted(pooled, 0.0)
    a = -share[:, None] * share[None] / total
    a[np.arange(count), np.arange(count)] += share
    with np.errstate(divide="ignore", invalid="ignore"):
        c = np.cumsum(a * (events / (total * (1 - pooled_before))), axis=2)
        free = np.where(survival > 0, (1 - pooled) / survival, 0.0)
        tied = np.where(events > 1, 1 - (events - 1) / (total * before - 1), 1.0)
        first = np.where(here, tied * before * events / (total * some), 0.0)
        other = every - mine
        tied = np.where(other > 1, 1 - (other - 1) / (n - 1), 1.0)
        second = np.where(here & (survival > 0), tied * before**2 * other / some**2, 0.0)
    # an arm's increments of both kinds reach the score now (a) and through all later c
    end = c[:, :, -1][:, :, None]
    now, later = a + (1 - free) * (end - c), free * (end - c)
    variance = np.einsum("ikt,jkt,kt->ij", now, now, first)
    return score, variance + np.einsum("ikt,jkt,kt->ij", later, later, second)


def _shifted(path: Floats, start: float) -> Floats:
    """The values just before each time."""
    first = np.full((*path.shape[:-1], 1), start)
    return np.concatenate([first, path[..., :-1]], axis=-1)


def _table(
    times: Floats, causes: NDArray[np.int64], of: int
) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Event times, and at each: patients at risk, events, events of the cause ``of``."""
    order = np.sort(times)
    dead = causes > 0
    distinct, index = np.unique(times[dead], return_inverse=True)
    every = np.bincount(index, minlength=distinct.size)
    mine = np.bincount(index[causes[dead] == of], minlength=distinct.size)
    return distinct, times.size - np.searchsorted(order, distinct), every, mine


def causes_of_ends(time: ArrayLike, cause: ArrayLike) -> tuple[Floats, NDArray[np.int64]]:
    times, causes = sample(time, "time"), sample(cause, "cause")
    if times.size != causes.size:
        raise ValueError(f"time has {times.size} values but cause has {causes.size}")
    if times.size and times.min() < 0:
        raise ValueError("time must not be negative")
    if (causes < 0).any() or (causes % 1 != 0).any():
        raise ValueError("cause must be 0 (censored) or the number of a cause, 1 or more")
    return times, causes.astype(np.int64)
