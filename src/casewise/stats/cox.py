"""The hazard ratio of two arms by Cox's model."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from casewise.stats._result import Estimate
from casewise.stats._samples import Floats, check_level, follow_up, indicator
from casewise.stats.survival import leave_table

_MEASURE = "hazard ratio"


def hazard_ratio(
    time: ArrayLike, event: ArrayLike, arm: ArrayLike, level: float = 0.95
) -> Estimate:
    """The hazard ratio, treated over control, by Cox's partial likelihood [cox1972].

    ``arm`` is 1 for treated and 0 for control. Ties are handled by Efron's method [efron1977];
    the interval is Wald's on the log scale, as R's and SAS's defaults print it.

    Undefined (``None``), with the reason, where the likelihood has no maximum: one arm is empty,
    nobody had an event while both arms were at risk, or all such events happened in the same arm
    (the estimate would run off to 0 or infinity, and what programs print then is where
    they stopped). Raises ``ValueError`` for negative or missing times and unequal lengths.
    Cost: one sort and a few passes over the event times.
    """
    check_level(level)
    times, events = follow_up(time, event)
    treated = indicator(arm, "arm")
    if treated.size != times.size:
        raise ValueError(f"time has {times.size} values but arm has {treated.size}")
    method = "Cox model, Efron's method for ties, Wald interval"
    counts = _Counts(times, events, treated)
    reason = _why_undefined(treated, counts)
    if reason:
        return Estimate(_MEASURE, None, None, None, level, method, reason=reason)
    log_ratio, information = _maximum(counts)
    width = float(special.ndtri((1 + level) / 2)) / math.sqrt(information)
    return Estimate(
        _MEASURE,
        math.exp(log_ratio),
        math.exp(log_ratio - width),
        math.exp(log_ratio + width),
        level,
        method,
        sources=("cox1972", "efron1977"),
    )


class _Counts:
    """At each event time: patients at risk and events, in the treated (1) and the control (0)."""

    __slots__ = ("d0", "d1", "n0", "n1")

    def __init__(
        self, times: Floats, events: NDArray[np.bool_], treated: NDArray[np.bool_]
    ) -> None:
        distinct, d, _, n = leave_table(times, events)
        index = np.searchsorted(distinct, times)
        d1 = np.bincount(index[events & treated], minlength=distinct.size)
        leaving = np.bincount(index[treated], minlength=distinct.size)
        n1 = leaving[::-1].cumsum()[::-1]
        both = (d > 0) & (n1 > 0) & (n1 < n)  # others say nothing about the ratio
        self.d1, self.d0 = d1[both], (d - d1)[both]
        self.n1, self.n0 = n1[both], (n - n1)[both]


def _why_undefined(treated: NDArray[np.bool_], counts: _Counts) -> str:
    if treated.all() or not treated.any():
        return "an arm has no patients"
    in_treated, in_control = int(counts.d1.sum()), int(counts.d0.sum())
    if in_treated + in_control == 0:
        return "no event happened while both arms were at risk"
    if in_treated == 0 or in_control == 0:
        end, arm = ("0", "control") if in_treated == 0 else ("infinity", "treated")
        return f"the likelihood rises towards {end}: all events were in the {arm} arm"
    return ""


def _maximum(counts: _Counts) -> tuple[float, float]:
    """The log ratio at which the partial likelihood is greatest, and the information there."""
    log_ratio = 0.0
    for _ in range(100):
        score, information = _derivatives(counts, log_ratio)
        step = max(-1.0, min(1.0, score / information))
        log_ratio += step
        if abs(step) < 1e-12:
            break
    return log_ratio, _derivatives(counts, log_ratio)[1]


def _derivatives(counts: _Counts, log_ratio: float) -> tuple[float, float]:
    d = counts.d1 + counts.d0
    time = np.repeat(np.arange(d.size), d)
    # the l-th of d tied events is taken against risk sets less l/d of the tied
    part = (np.arange(time.size) - np.repeat(np.cumsum(d) - d, d)) / d[time]
    treated = math.exp(log_ratio) * (counts.n1[time] - part * counts.d1[time])
    share = treated / (treated + counts.n0[time] - part * counts.d0[time])
    score = float(counts.d1.sum() - share.sum())
    return score, float((share * (1 - share)).sum())
