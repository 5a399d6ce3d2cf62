"""Events that a patient can have again: how many by a day, on average, while some die."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from casewise.stats._result import Estimate
from casewise.stats._samples import Floats, check_level, follow_up, indicator, sample, starts
from casewise.stats.restricted_means import half_width

_SOURCES = ("ghosh2000", "lawless1995")
_METHOD = "Ghosh-Lin estimate of the mean count with death, robust variance"
_CELLS = 4_000_000  # patients by days looked at together, so that memory stays small
Integers = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class MeanCountCurve:
    """The mean number of events of a patient: one entry for each time at which one happened.

    ``mean[i]`` holds from ``times[i]`` until just before the next time; before the first it is 0.
    ``standard_error`` is of the mean; ``lower`` and ``upper`` are pointwise limits, ``None`` where
    it is 0. ``n`` counts the patients, ``last`` is the longest follow-up.
    """

    times: tuple[float, ...]
    mean: tuple[float, ...]
    standard_error: tuple[float, ...]
    lower: tuple[float | None, ...]
    upper: tuple[float | None, ...]
    n: int
    last: float
    level: float

    def at(self, time: float) -> Estimate:
        """The mean number of events up to and including ``time``; undefined past ``last``."""
        if not time >= 0:
            raise ValueError(f"time must be 0 or more, not {time!r}")
        measure, i = "mean count", bisect_right(self.times, time) - 1
        method = f"{_METHOD}, log interval"
        if self.n == 0 or time > self.last:
            reason = f"the longest follow-up ends at {self.last:g}" if self.n else "no patients"
            return Estimate(measure, None, None, None, self.level, method, _SOURCES, reason)
        if i < 0:
            reason = "the interval does not exist before the first event"
            return Estimate(measure, 0.0, None, None, self.level, method, _SOURCES, reason)
        limits = self.lower[i], self.upper[i]
        return Estimate(measure, self.mean[i], *limits, self.level, method, _SOURCES)


def mean_count(
    time: ArrayLike,
    died: ArrayLike,
    patient: ArrayLike,
    event_time: ArrayLike,
    entry: ArrayLike | None = None,
    level: float = 0.95,
) -> MeanCountCurve:
    """The mean number of recurrent events by a time, where death ends them [ghosh2000].

    ``time`` is each patient's follow-up and ``died`` 1 where it ended with death. Events are two
    columns of any order: ``patient``, the place of the patient in ``time`` (0 is the first), and
    ``event_time``. ``entry`` is when each patient comes under observation, where that is late.

    The mean by t is the sum of ``S(u-) d(u) / n(u)`` over event times u up to t, with n patients
    at risk, d events, and S the Kaplan-Meier estimate of being alive: the dead have no more. Where
    nobody dies it is Nelson's mean cumulative function. An event on the day of death counts. The
    variance is the sum of the patients' squared influences, so that events of one patient may
    depend on one another [lawless1995]; limits are on the scale of the logarithm.

    Raises ``ValueError`` for bad times, an event of a patient who is not there, and one outside
    of the patient's follow-up. Cost: patients times distinct times of events or deaths.
    """
    check_level(level)
    data = _data(time, died, patient, event_time, entry)
    at, mean, variance = _curve(data)
    error = np.sqrt(variance)
    inside = (mean > 0) & (error > 0)
    width = np.exp(float(special.ndtri((1 + level) / 2)) * error[inside] / mean[inside])
    lower: list[float | None] = [None] * at.size
    upper: list[float | None] = [None] * at.size
    limits = zip(
        np.flatnonzero(inside).tolist(),
        (mean[inside] / width).tolist(),
        (mean[inside] * width).tolist(),
        strict=True,
    )
    for i, low, high in limits:
        lower[i], upper[i] = low, high
    return MeanCountCurve(
        tuple(at.tolist()),
        tuple(mean.tolist()),
        tuple(error.tolist()),
        tuple(lower),
        tuple(upper),
        data.time.size,
        float(data.time.max()) if data.time.size else 0.0,
        level,
    )


def mean_count_difference(
    time: ArrayLike,
    died: ArrayLike,
    patient: ArrayLike,
    event_time: ArrayLike,
    arm: ArrayLike,
    by: float,
    level: float = 0.95,
) -> Estimate:
    """Treated less control (``arm`` 1 and 0): mean counts by the time ``by``, and their interval.

    As :func:`mean_count`. With under 30 patients in an arm each variance is made unbiased and the
    interval is that of t with Welch's degrees of freedom [welch1947], else Wald's: of 9 against 6
    alike it covers in 95% of 2,000 simulated studies, as of 50 against 50. Undefined where
    an arm has no patients or is not followed to ``by``, and without an event.
    """
    check_level(level)
    whole = _data(time, died, patient, event_time, None)
    treated = indicator(arm, "arm")
    if treated.size != whole.time.size:
        raise ValueError(f"time has {whole.time.size} values but arm has {treated.size}")
    measure, found = "difference in mean count", []
    for name, mask in (("treated", treated), ("control", ~treated)):
        one = whole.of(mask)
        if one.time.size == 0 or one.time.max() < by:
            last = f"the longest follow-up ends at {one.time.max():g}" if one.time.size else ""
            reason = f"in the {name} arm, {last or 'there are no patients'}"
            return Estimate(measure, None, None, None, level, _METHOD, _SOURCES, reason)
        at, mean, variance = _curve(one)
        i = int(np.searchsorted(at, by, side="right")) - 1
        found.append((float(mean[i]), float(variance[i])) if i >= 0 else (0.0, 0.0))
    value = found[0][0] - found[1][0]
    sizes = (int(treated.sum()), int((~treated).sum()))
    arms = [(variance, n) for (_, variance), n in zip(found, sizes, strict=True)]
    width, small = half_width(arms, level)
    method = f"{_METHOD}, {'Welch' + chr(39) + 's' if small else 'Wald'} interval"
    sources = (*_SOURCES, "welch1947") if small else _SOURCES
    if width is None:
        reason = "the interval does not exist: the estimated variance is 0"
        return Estimate(measure, value, None, None, level, method, sources, reason)
    return Estimate(measure, value, value - width, value + width, level, method, sources)


@dataclass(frozen=True)
class _Data:
    time: Floats
    died: NDArray[np.bool_]
    patient: Integers
    event_time: Floats
    entry: Floats

    def of(self, mask: NDArray[np.bool_]) -> _Data:
        place = np.cumsum(mask) - 1
        mine = mask[self.patient]
        return _Data(
            self.time[mask],
            self.died[mask],
            place[self.patient[mine]],
            self.event_time[mine],
            self.entry[mask],
        )


def _data(
    time: ArrayLike,
    died: ArrayLike,
    patient: ArrayLike,
    event_time: ArrayLike,
    entry: ArrayLike | None,
) -> _Data:
    times, deaths = follow_up(time, died)
    whose, when = sample(patient, "patient"), sample(event_time, "event_time")
    if whose.size != when.size:
        raise ValueError(f"patient has {whose.size} values but event_time has {when.size}")
    if (whose % 1 != 0).any() or (whose < 0).any() or (whose >= times.size).any():
        raise ValueError("patient must be the place of a patient in time, from 0 on")
    place = whose.astype(np.intp)
    late = starts(entry, times)
    entries = np.full(times.size, -math.inf) if late is None else late
    if ((when > times[place]) | (when <= entries[place]) | (when < 0)).any():
        raise ValueError("an event lies outside of its patient's follow-up")
    return _Data(times, deaths, place, when, entries)


def _curve(data: _Data) -> tuple[Floats, Floats, Floats]:
    """Times of events, the mean by each, and its variance."""
    if not data.event_time.size:
        return np.empty(0), np.empty(0), np.empty(0)
    grid = np.unique(np.concatenate([data.event_time, data.time[data.died]]))
    n = (data.time.size - np.searchsorted(np.sort(data.time), grid)).astype(np.float64)
    n -= data.entry.size - np.searchsorted(np.sort(data.entry), grid)
    d = np.bincount(np.searchsorted(grid, data.event_time), minlength=grid.size)
    dead = np.bincount(np.searchsorted(grid, data.time[data.died]), minlength=grid.size)
    alive = np.concatenate([[1.0], np.cumprod(1 - dead / n)[:-1]])
    mean = np.cumsum(alive * d / n)
    variance = _variance(data, grid, (n, d, dead), alive, mean)
    rises = d > 0
    return grid[rises], mean[rises], variance[rises]


def _variance(
    data: _Data,
    grid: Floats,
    table: tuple[Floats, NDArray[np.int64], NDArray[np.int64]],
    alive: Floats,
    mean: Floats,
) -> Floats:
    """The sum of squared influences at each time of the grid.

    A patient moves the mean by own events less those expected, and by own death, which lowers
    all that comes after, less the deaths expected.
    """
    n, d, dead = table
    left = n - dead
    by_event = alive / n
    by_death = np.divide(1.0, left, out=np.zeros(grid.size), where=left > 0)
    events = np.cumsum(by_event * d / n)  # expected of one who is at risk from the start
    deaths = np.cumsum(by_death * dead / n)
    weighted = np.cumsum(mean * by_death * dead / n)
    first = np.searchsorted(grid, data.entry, side="right")  # at risk from this place
    last = np.searchsorted(grid, data.time, side="right") - 1  # to this
    order = np.argsort(data.patient, kind="stable")
    whose, when = data.patient[order], np.searchsorted(grid, data.event_time[order])
    total = np.zeros(grid.size)
    block = max(1, _CELLS // grid.size)
    k = np.arange(grid.size)
    for start in range(0, data.time.size, block):
        rows = np.arange(start, min(start + block, data.time.size))
        own = np.zeros((rows.size, grid.size))
        mine = slice(*np.searchsorted(whose, [start, rows[-1] + 1]))
        np.add.at(own, (whose[mine] - start, when[mine]), by_event[when[mine]])
        own = np.cumsum(own, axis=1)
        until = np.minimum(k, last[rows][:, None])
        since = first[rows] - 1

        def exposed(path: Floats, until: Integers = until, since: Integers = since) -> Floats:
            padded = np.concatenate([[0.0], path])
            return np.asarray(np.maximum(padded[until + 1] - padded[since + 1][:, None], 0.0))

        own -= exposed(events)
        gone = data.died[rows][:, None] & (k >= last[rows][:, None])
        at = np.maximum(last[rows], 0)
        own -= mean * (gone * by_death[at][:, None] - exposed(deaths))
        own += gone * (mean * by_death)[at][:, None] - exposed(weighted)
        total += (own**2).sum(axis=0)
    return total
