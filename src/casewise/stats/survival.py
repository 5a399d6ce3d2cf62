"""Survival of one group of patients: the Kaplan-Meier curve and what is read off it."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from casewise.stats._beta_product import beta_product_limits
from casewise.stats._result import Estimate
from casewise.stats._samples import Floats, check_choice, check_level, follow_up, starts

_INTERVALS = {
    "log-log": ("kaplan1958", "borgan1990"),
    "arcsine": ("kaplan1958", "borgan1990"),
    "beta-product": ("kaplan1958", "fay2013"),
}
_MEASURE = "survival probability"


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """A Kaplan-Meier curve: one entry for each distinct time at which somebody left.

    ``survival[i]`` holds from ``times[i]`` until just before the next time; before the first time
    it is 1. ``lower`` and ``upper`` are pointwise limits, ``None`` where the interval is undefined
    there. ``at_risk[i]`` counts the patients under observation just before ``times[i]``,
    ``events[i]`` and ``censored[i]`` those whose follow-up ends at it.

    Where patients enter late, survival is of those free of the event at ``since``, the first
    entry. ``until`` is where it ceases to mean anything: everybody then at risk had the event, and
    others entered later.
    """

    times: tuple[float, ...]
    survival: tuple[float, ...]
    lower: tuple[float | None, ...]
    upper: tuple[float | None, ...]
    at_risk: tuple[int, ...]
    events: tuple[int, ...]
    censored: tuple[int, ...]
    level: float
    interval: str
    patients: int = -1
    since: float = 0.0
    until: float = math.inf

    @property
    def n(self) -> int:
        """How many patients the curve is of."""
        if self.patients >= 0:
            return self.patients
        return self.at_risk[0] if self.at_risk else 0

    @property
    def method(self) -> str:
        return f"Kaplan-Meier, {self.interval} interval"

    def at(self, time: float) -> Estimate:
        """Survival to ``time``: the probability of no event up to and including it.

        Undefined past the longest follow-up, unless that ended with an event and none is left.
        """
        if not time >= 0:
            raise ValueError(f"time must be 0 or more, not {time!r}")
        index = bisect_right(self.times, time) - 1
        reason = ""
        if not self.times:
            reason = "there are no patients"
        elif time >= self.until:
            reason = run_out(self.until)
        elif time < self.since:
            reason = f"nobody was under observation before {self.since:g}"
        elif time > self.times[-1] and self.survival[-1] > 0:
            reason = f"the longest follow-up ends at {self.times[-1]:g}"
        if reason:
            return self._estimate(None, None, None, reason)
        if index < 0:
            lower, upper = self._before_the_first()
            return self._estimate(1.0, lower, upper)
        return self._estimate(self.survival[index], self.lower[index], self.upper[index])

    def at_risk_at(self, time: float) -> int:
        """Patients still under observation just before ``time``: follow-up of ``time`` or more."""
        index = bisect_right(self.times, math.nextafter(time, -math.inf))
        return self.at_risk[index] if index < len(self.times) else 0

    def median(self) -> Estimate:
        """Median survival time, with the interval of [brookmeyer1982].

        The median is the first time at which survival is below one half, or the middle of the
        stretch on which it is exactly one half. The limits are where the pointwise limits of the
        curve cross one half. Undefined (``None``) where survival stays above one half; the lower
        limit may exist even then. The upper limit is infinite where the curve's stays above.
        """
        measure = "median survival time"
        lower = _crossing(self.times, self.lower)
        upper = _crossing(self.times, self.upper)
        value = _crossing(self.times, self.survival)
        reason = "" if self.times else "there are no patients"
        if value is not None and value >= self.until:
            value, lower, upper, reason = None, None, None, run_out(self.until)
        elif self.times and value is None:
            reason = "survival stays above one half"
        high = math.inf if upper is None else upper
        return Estimate(
            measure,
            value,
            None if value is None and lower is None else lower,
            high if self.times else None,
            self.level,
            self.method,
            (*_INTERVALS[self.interval], "brookmeyer1982"),
            reason,
        )

    def _before_the_first(self) -> tuple[float | None, float | None]:
        if self.interval != "beta-product":
            return None, None
        everybody, nobody = np.array([self.n]), np.array([0])
        lower, upper = beta_product_limits(nobody, everybody, everybody, self.level)
        return lower[0], upper[0]

    def _estimate(
        self, value: float | None, lower: float | None, upper: float | None, reason: str = ""
    ) -> Estimate:
        if value is not None and lower is None:
            reason = f"the {self.interval} interval does not exist at a survival of {value:g}"
        sources = _INTERVALS[self.interval]
        return Estimate(_MEASURE, value, lower, upper, self.level, self.method, sources, reason)


def kaplan_meier(
    time: ArrayLike,
    event: ArrayLike,
    level: float = 0.95,
    interval: str = "log-log",
    entry: ArrayLike | None = None,
) -> SurvivalCurve:
    """The product-limit estimate of survival in one group [kaplan1958].

    ``time`` is each patient's follow-up in any unit, 0 or more; ``event`` is 1 where it ended with
    the event and 0 where it was censored. A patient censored at the time of an event counts as at
    risk for it. S(t) is the product of ``1 - d / n`` over the event times up to t.

    ``interval``: ``"log-log"``, Greenwood's variance of log(-log S) [borgan1990];
    ``"arcsine"``, of arcsin(sqrt S) [borgan1990]; ``"beta-product"`` [fay2013], which keeps its
    level in small samples and exists everywhere: without censoring it is Clopper and Pearson's.
    The first two do not exist where S is 1 (no event yet) or 0.

    ``entry`` is when each patient comes under observation, before ``time`` (left truncation): at
    risk from just after it. Early risk sets may then be small; where one is used up while others
    enter later, the curve is 0 from there on and means nothing, which ``until`` says.

    An empty group gives an empty curve. Raises ``ValueError`` for missing or negative times,
    for event values other than 0 and 1, and for a beta-product interval with late entry.
    Cost: one sort.
    """
    check_level(level)
    check_choice(interval, tuple(_INTERVALS), "interval")
    times, events = follow_up(time, event)
    entries = starts(entry, times)
    if entries is not None and interval == "beta-product":
        raise ValueError("the beta-product interval is for patients observed from the start")
    distinct, d, censored, n = leave_table(times, events, entries)
    survival = np.cumprod((n - d) / np.maximum(n, 1)).astype(np.float64)
    lower, upper = _pointwise(d, n, n - d - censored, survival, level, interval)
    return SurvivalCurve(
        tuple(distinct.tolist()),
        tuple(survival.tolist()),
        lower,
        upper,
        tuple(n.tolist()),
        tuple(d.tolist()),
        tuple(censored.tolist()),
        level,
        interval,
        times.size if entries is not None else -1,
        first_entry(entries),
        used_up(distinct, d, n, entries),
    )


def first_entry(entry: Floats | None) -> float:
    """When somebody is first under observation."""
    return max(float(entry.min()), 0.0) if entry is not None and entry.size else 0.0


def used_up(
    times: Floats, d: NDArray[np.int64], n: NDArray[np.int64], entry: Floats | None
) -> float:
    """The first time at which everybody at risk has the event while others enter later."""
    if entry is None or not entry.size:
        return math.inf
    gone = times[(d == n) & (times <= entry.max())]
    return float(gone[0]) if gone.size else math.inf


def run_out(until: float) -> str:
    return (
        f"everybody at risk had the event at {until:g}, and others came under observation later: "
        "start from there"
    )


def leave_table(
    times: Floats, events: NDArray[np.bool_], entry: Floats | None = None
) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Distinct times, and at each: events, censorings, and patients at risk just before."""
    distinct, index = np.unique(times, return_inverse=True)
    leaving = np.bincount(index, minlength=distinct.size)
    d = np.bincount(index[events], minlength=distinct.size)
    at_risk = times.size - np.concatenate([[0], np.cumsum(leaving)[:-1]])[: distinct.size]
    if entry is not None:
        at_risk -= entry.size - np.searchsorted(np.sort(entry), distinct)
    return distinct, d, leaving - d, at_risk.astype(np.int64)


def _pointwise(
    d: NDArray[np.int64],
    n: NDArray[np.int64],
    after: NDArray[np.int64],
    survival: Floats,
    level: float,
    interval: str,
) -> tuple[tuple[float | None, ...], tuple[float | None, ...]]:
    if interval == "beta-product":
        floor, ceiling = beta_product_limits(d, n, after, level)
        return tuple(floor), tuple(ceiling)
    inside = (survival > 0) & (survival < 1)
    z = float(special.ndtri((1 + level) / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        greenwood = np.cumsum(d / (n * (n - d)))
        error = np.sqrt(greenwood)
        if interval == "log-log":
            width = np.exp(z * error / np.log(survival))
            low, high = survival ** (1 / width), survival**width
        else:
            angle = np.arcsin(np.sqrt(survival))
            width = z / 2 * error * np.sqrt(survival / (1 - survival))
            low = np.sin(np.maximum(angle - width, 0)) ** 2
            high = np.sin(np.minimum(angle + width, math.pi / 2)) ** 2
    return tuple(_known(low, inside)), tuple(_known(high, inside))


def _known(limits: Floats, where: NDArray[np.bool_]) -> list[float | None]:
    pairs = zip(limits.tolist(), where.tolist(), strict=True)
    return [limit if known else None for limit, known in pairs]


def _crossing(times: Sequence[float], curve: Sequence[float | None]) -> float | None:
    """Where a falling curve crosses one half; ``None`` where it stays above."""
    for i, level in enumerate(curve):
        if level is None or level > 0.5 + 1e-12:
            continue
        if level >= 0.5 - 1e-12:  # flat at exactly one half until the curve's next fall
            for later, below in zip(times[i + 1 :], curve[i + 1 :], strict=True):
                if below is not None and below < 0.5 - 1e-12:
                    return (times[i] + later) / 2
        return times[i]
    return None
