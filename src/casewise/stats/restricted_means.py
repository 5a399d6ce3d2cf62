"""Mean time free of the event up to a horizon, in one group and between two."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from casewise.stats._result import Estimate
from casewise.stats._samples import Floats, check_level, follow_up, indicator
from casewise.stats.survival import leave_table

_METHOD = "area under Kaplan-Meier curve, Greenwood's variance, Wald interval"
_SOURCES = ("kaplan1958", "royston2013")


def restricted_mean(
    time: ArrayLike, event: ArrayLike, horizon: float, level: float = 0.95
) -> Estimate:
    """The mean time without the event within ``horizon``: the area under S to it [royston2013].

    The variance is the estimate's own (not the variance of the times): the sum over event times
    up to the horizon of ``A(t)^2 d / (n (n - d))``, with A(t) the area under the curve from t to
    the horizon. Limits are kept within 0 and the horizon.

    Undefined (``None``) without patients, and where follow-up ends before the horizon with
    patients still event-free: the curve does not reach it. No interval before the first event.
    Raises ``ValueError`` for a horizon that is not above 0 and bad times. Cost: one sort.
    """
    check_level(level)
    value, variance, reason = _area(time, event, horizon)
    measure = "restricted mean time"
    if value is None:
        return Estimate(measure, None, None, None, level, _METHOD, _SOURCES, reason)
    if variance == 0:
        reason = "the interval does not exist: the estimated variance is 0"
        return Estimate(measure, value, None, None, level, _METHOD, _SOURCES, reason)
    width = float(special.ndtri((1 + level) / 2)) * math.sqrt(variance)
    low, high = max(0.0, value - width), min(float(horizon), value + width)
    return Estimate(measure, value, low, high, level, _METHOD, _SOURCES)


def restricted_mean_difference(
    time: ArrayLike, event: ArrayLike, arm: ArrayLike, horizon: float, level: float = 0.95
) -> Estimate:
    """Treated less control (``arm`` 1 and 0): two restricted means and their added variances.

    Undefined where one of the two is, see :func:`restricted_mean`.
    """
    check_level(level)
    times, events = follow_up(time, event)
    treated = indicator(arm, "arm")
    if treated.size != times.size:
        raise ValueError(f"time has {times.size} values but arm has {treated.size}")
    one = _area(times[treated], events[treated], horizon)
    other = _area(times[~treated], events[~treated], horizon)
    measure = "difference in restricted mean time"
    if one[0] is None or other[0] is None:
        which, reason = ("treated", one[2]) if one[0] is None else ("control", other[2])
        text = f"in the {which} arm, {reason}"
        return Estimate(measure, None, None, None, level, _METHOD, _SOURCES, text)
    value, variance = one[0] - other[0], one[1] + other[1]
    if variance == 0:
        text = "the interval does not exist: the estimated variance is 0"
        return Estimate(measure, value, None, None, level, _METHOD, _SOURCES, text)
    width = float(special.ndtri((1 + level) / 2)) * math.sqrt(variance)
    return Estimate(measure, value, value - width, value + width, level, _METHOD, _SOURCES)


def _area(time: ArrayLike, event: ArrayLike, horizon: float) -> tuple[float | None, float, str]:
    """The area, its variance, and why there is none."""
    if not 0 < horizon < math.inf:
        raise ValueError(f"horizon must be above 0 and finite, not {horizon!r}")
    times, events = follow_up(time, event)
    if times.size == 0:
        return None, 0.0, "there are no patients"
    distinct, d, _, n = leave_table(times, events)
    survival = np.cumprod(1 - d / n)
    if distinct[-1] < horizon and survival[-1] > 0:
        return None, 0.0, f"the longest follow-up ends at {distinct[-1]:g}"
    ends: Floats = np.minimum(np.concatenate([[0.0], distinct, [horizon]]), horizon)
    pieces = np.diff(ends) * np.concatenate([[1.0], survival])
    ahead = np.cumsum(pieces[::-1])[::-1][1:]  # from each time to the horizon
    left = n * (n - d).astype(np.float64)
    hazard = np.divide(d, left, out=np.zeros(d.size), where=left > 0)
    return float(pieces.sum()), float((ahead**2 * hazard).sum()), ""
