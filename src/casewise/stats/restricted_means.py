"""Mean time free of the event up to a horizon, in one group and between two."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from casewise.stats._result import Estimate
from casewise.stats._samples import Floats, check_level, follow_up, indicator, starts
from casewise.stats.survival import first_entry, leave_table, run_out, used_up

_AREA = "area under Kaplan-Meier curve, Greenwood's variance"
_WALD, _WELCH = f"{_AREA}, Wald interval", f"{_AREA} made unbiased, Welch's interval"
_SOURCES = ("kaplan1958", "royston2013")
_FEW = 30  # patients in an arm under which an interval is Welch's


def restricted_mean(
    time: ArrayLike,
    event: ArrayLike,
    horizon: float,
    level: float = 0.95,
    entry: ArrayLike | None = None,
) -> Estimate:
    """The mean time without the event within ``horizon``: the area under S to it [royston2013].

    The variance is the estimate's own (not the variance of the times): the sum over event times
    up to the horizon of ``A(t)^2 d / (n (n - d))``, with A(t) the area under the curve from t to
    the horizon. Under 30 patients it is multiplied by ``n / (n - 1)``, which makes it the variance
    of a mean where nobody is censored, and the interval is that of t with ``n - 1`` degrees of
    freedom. Limits are kept within 0 and the horizon.

    ``entry`` is when each patient comes under observation (left truncation); undefined then where
    that is after 0 for everybody, or an early risk set is used up before the horizon.

    Undefined (``None``) without patients, and where follow-up ends before the horizon with
    patients still event-free: the curve does not reach it. No interval before the first event.
    Raises ``ValueError`` for a horizon that is not above 0 and bad times. Cost: one sort.
    """
    check_level(level)
    value, variance, reason = _area(time, event, horizon, entry)
    measure = "restricted mean time"
    if value is None:
        return Estimate(measure, None, None, None, level, _WALD, _SOURCES, reason)
    width, method, sources = _half_width([(variance, np.size(time))], level)
    if width is None:
        return Estimate(measure, value, None, None, level, method, sources, _NO_VARIANCE)
    low, high = max(0.0, value - width), min(float(horizon), value + width)
    return Estimate(measure, value, low, high, level, method, sources)


def restricted_mean_difference(
    time: ArrayLike,
    event: ArrayLike,
    arm: ArrayLike,
    horizon: float,
    level: float = 0.95,
    entry: ArrayLike | None = None,
) -> Estimate:
    """Treated less control (``arm`` 1 and 0): two restricted means and their added variances.

    With under 30 patients in an arm each variance is made unbiased as for one mean, and the
    interval is that of t with Welch's degrees of freedom [welch1947]: of nine against six Wald's
    covers 87 to 90%, this 92 to 95%. With few events among few patients neither can be trusted (6
    against 20 patients, 30% with the event: 83 and 87%).

    Undefined where one of the two is, see :func:`restricted_mean`.
    """
    check_level(level)
    times, events = follow_up(time, event)
    treated = indicator(arm, "arm")
    if treated.size != times.size:
        raise ValueError(f"time has {times.size} values but arm has {treated.size}")
    entries = starts(entry, times)
    one, other = (
        _area(times[side], events[side], horizon, None if entries is None else entries[side])
        for side in (treated, ~treated)
    )
    measure = "difference in restricted mean time"
    if one[0] is None or other[0] is None:
        which, reason = ("treated", one[2]) if one[0] is None else ("control", other[2])
        text = f"in the {which} arm, {reason}"
        return Estimate(measure, None, None, None, level, _WALD, _SOURCES, text)
    value = one[0] - other[0]
    arms = [(one[1], int(treated.sum())), (other[1], int((~treated).sum()))]
    width, method, sources = _half_width(arms, level)
    if width is None:
        return Estimate(measure, value, None, None, level, method, sources, _NO_VARIANCE)
    return Estimate(measure, value, value - width, value + width, level, method, sources)


_NO_VARIANCE = "the interval does not exist: the estimated variance is 0"


def half_width(arms: list[tuple[float, int]], level: float) -> tuple[float | None, bool]:
    """Half the interval's width from each arm's variance and patients, None without a variance;
    and whether it is Welch's, with variances made unbiased, for few patients."""
    if min(n for _, n in arms) >= _FEW:
        variance = sum(v for v, _ in arms)
        width = float(special.ndtri((1 + level) / 2)) * math.sqrt(variance)
        return width or None, False
    unbiased = [(v * n / (n - 1), n) for v, n in arms if v > 0]
    if not unbiased:
        return None, True
    variance = sum(v for v, _ in unbiased)
    freedom = variance**2 / sum(v**2 / (n - 1) for v, n in unbiased)
    return float(special.stdtrit(freedom, (1 + level) / 2)) * math.sqrt(variance), True


def _half_width(
    arms: list[tuple[float, int]], level: float
) -> tuple[float | None, str, tuple[str, ...]]:
    width, welch = half_width(arms, level)
    return (width, _WELCH, (*_SOURCES, "welch1947")) if welch else (width, _WALD, _SOURCES)


def _area(
    time: ArrayLike, event: ArrayLike, horizon: float, entry: ArrayLike | None
) -> tuple[float | None, float, str]:
    """The area, its variance, and why there is none."""
    if not 0 < horizon < math.inf:
        raise ValueError(f"horizon must be above 0 and finite, not {horizon!r}")
    times, events = follow_up(time, event)
    if times.size == 0:
        return None, 0.0, "there are no patients"
    entries = starts(entry, times)
    distinct, d, _, n = leave_table(times, events, entries)
    if (since := first_entry(entries)) > 0:
        return None, 0.0, f"nobody was under observation before {since:g}"
    if (until := used_up(distinct, d, n, entries)) < horizon:
        return None, 0.0, run_out(until)
    survival = np.cumprod(1 - d / n)
    if distinct[-1] < horizon and survival[-1] > 0:
        return None, 0.0, f"the longest follow-up ends at {distinct[-1]:g}"
    ends: Floats = np.minimum(np.concatenate([[0.0], distinct, [horizon]]), horizon)
    pieces = np.diff(ends) * np.concatenate([[1.0], survival])
    ahead = np.cumsum(pieces[::-1])[::-1][1:]  # from each time to the horizon
    left = n * (n - d).astype(np.float64)
    hazard = np.divide(d, left, out=np.zeros(d.size), where=left > 0)
    return float(pieces.sum()), float((ahead**2 * hazard).sum()), ""
