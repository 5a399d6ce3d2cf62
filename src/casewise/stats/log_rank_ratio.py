"""The hazard ratio with the interval that inverts the log-rank test."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from casewise.stats import _permutation
from casewise.stats._result import Estimate
from casewise.stats._roots import unbounded_root
from casewise.stats._samples import Floats, check_choice, check_level, follow_up, indicator
from casewise.stats._score import normal_quantile
from casewise.stats.cox_models import hazard_ratio
from casewise.stats.survival import leave_table
from casewise.stats.survival_tests import log_rank, patient_scores

_MEASURE = "hazard ratio"
_SOURCES = ("cox1972", "efron1977", "mantel1966")


@dataclass(frozen=True, slots=True)
class _Deaths:
    """At each time with an event while both arms were at risk: treated events, events, patients at
    risk treated, control.
    """

    treated: Floats
    all: Floats
    n_1: Floats
    n_0: Floats

    def z(self, log_ratio: float) -> float:
        """Observed less expected treated events over the standard error, at that hazard ratio."""
        # the treated's share of the hazard; whichever of the two is small keeps its digits
        odds = np.exp(np.clip(log_ratio + np.log(self.n_1 / self.n_0), -600, 600))
        share, rest = odds / (1 + odds), 1 / (1 + odds)
        excess = self.treated * rest - (self.all - self.treated) * share
        n = self.n_1 + self.n_0
        variance = (self.all * share * rest * (n - self.all) / (n - 1)).sum()
        return float(excess.sum()) / math.sqrt(float(variance)) if variance > 0 else math.nan


def log_rank_hazard_ratio(
    time: ArrayLike, event: ArrayLike, arm: ArrayLike, level: float = 0.95, method: str = "auto"
) -> Estimate:
    """The hazard ratio, treated over control, with the interval that inverts the log-rank test.

    At a hazard ratio r the treated share of the hazard is ``r n_1 / (r n_1 + n_0)`` in place of
    ``n_1 / (n_1 + n_0)``, in the expected events and in the hypergeometric variance; the interval
    holds every r at which observed less expected treated events are within a multiple of
    the standard error [mantel1966], [cox1972]. At 1 that is the log-rank test, ties and all, so
    that 1 is inside exactly when its P is above ``1 - level``. ``method``:

    - ``"asymptotic"``: the multiple is the normal quantile; inverts ``log_rank()``;
    - ``"exact"``: the multiple is the permutation distribution's, of the arms' labels, at the
      level (between the farthest result not rejected and the nearest rejected, in proportion);
      inverts ``log_rank(method='exact')``. Away from 1 it is an approximation, as labels are
      then not exchangeable;
    - ``"auto"``: exact up to some 42 patients, asymptotic beyond, as :func:`log_rank`.

    ``arm`` is 1 for treated and 0 for control. The estimate is Cox's (ties by Efron's method): 0
    or infinite, with one limit, where all events happened in one arm. An interval from 0 to
    infinity means that no result of so few patients would be rejected.

    Undefined (``None``), with the reason: an arm is empty, or nobody had an event while both were
    at risk. Raises ``ValueError`` for negative or missing times, unequal lengths, and ``"exact"``
    beyond its reach. Cost: exact, some 20 passes over 2^(n/2) sums: 1 s at 40 patients.
    """
    check_level(level)
    check_choice(method, ("auto", "asymptotic", "exact"), "method")
    cox = hazard_ratio(time, event, arm, level)
    times, events = follow_up(time, event)
    treated = indicator(arm, "arm")
    reachable = _permutation.sums_are_few(times.size, int(treated.sum()))
    exact = reachable and method != "asymptotic"
    if method == "exact" and not exact:
        raise ValueError("an exact interval is out of reach: use method='asymptotic'")
    label = f"Cox model, interval of the {'exact permutation' if exact else 'asymptotic'} "
    estimate = replace(
        cox,
        lower=None,
        upper=None,
        method=f"{label}log-rank test",
        sources=(*_SOURCES, "peto1972") if exact else _SOURCES,
    )
    deaths = _deaths(times, events, treated)
    if deaths.all.size == 0:
        return estimate
    if _spread(deaths) == 0:
        reason = "all who were at risk had the event at the same time"
        return replace(estimate, value=None, reason=reason)
    most = normal_quantile(level)
    if exact:
        most = _critical_distance(times, events, int(treated.sum()), level) / _spread(deaths)
    lower, upper = (math.exp(limit) for limit in _limits(deaths, most))
    value, reason = cox.value, cox.reason
    if value is None and (deaths.treated.sum() == 0 or (deaths.treated == deaths.all).all()):
        value, reason = (0.0 if deaths.treated.sum() == 0 else math.inf), ""
    found = replace(estimate, value=value, lower=lower, upper=upper, reason=reason)
    return _agreeing(found, log_rank(time, event, arm, "exact" if exact else "asymptotic").p_value)


def _deaths(times: Floats, events: NDArray[np.bool_], treated: NDArray[np.bool_]) -> _Deaths:
    distinct, d, _, n = leave_table(times, events)
    at = np.searchsorted(distinct, times)
    leaving = np.bincount(at[treated], minlength=distinct.size)
    n_1 = leaving[::-1].cumsum()[::-1]
    d_1 = np.bincount(at[events & treated], minlength=distinct.size)
    kept = (d > 0) & (n_1 > 0) & (n_1 < n)
    return _Deaths(*(column[kept].astype(np.float64) for column in (d_1, d, n_1, n - n_1)))


def _spread(deaths: _Deaths) -> float:
    """The log-rank test's standard error of observed less expected events."""
    n = deaths.n_1 + deaths.n_0
    factor = deaths.all * (n - deaths.all) / (n - 1)
    return math.sqrt(float((factor * deaths.n_1 * deaths.n_0 / n**2).sum()))


def _critical_distance(times: Floats, events: NDArray[np.bool_], size: int, level: float) -> float:
    """How far observed less expected events are from 0 where the exact P is ``1 - level``;
    infinite where no result is rejected.
    """
    scores, alpha = patient_scores(times, events), 1 - level
    p = _permutation.tails(scores, size)
    farthest = float(np.abs(scores).sum()) + 1
    accepted, past = _halved(lambda distance: p(distance) > alpha, 0.0, farthest)
    least = p(past)
    if least == 0:
        return math.inf
    rejected, _ = _halved(lambda distance: p(distance) >= least, past, farthest)
    share = (alpha - least) / (p(accepted) - least)
    return rejected - share * (rejected - accepted)


def _halved(holds: Callable[[float], bool], low: float, high: float) -> tuple[float, float]:
    """Where a condition ends that holds at ``low`` and not at ``high``, to a millionth."""
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low, high


def _limits(deaths: _Deaths, most: float) -> tuple[float, float]:
    """On the log scale. Where an arm has no event the excess has one sign, and no limit there."""
    lower, upper = -math.inf, math.inf
    if math.isinf(most):
        return lower, upper
    if deaths.treated.sum() > 0:
        lower = unbounded_root(lambda log: most - deaths.z(log))
    if (deaths.treated < deaths.all).any():
        upper = unbounded_root(lambda log: -most - deaths.z(log))
    return lower, upper


def _agreeing(estimate: Estimate, p: float | None) -> Estimate:
    """1 is held just where the test does not reject it: rounding must not decide that."""
    if p is None or estimate.lower is None or estimate.upper is None:
        return estimate
    lower, upper = estimate.lower, estimate.upper
    if p > 1 - estimate.level:
        return replace(estimate, lower=min(lower, 1.0), upper=max(upper, 1.0))
    if lower > 1 or upper < 1:
        return estimate
    if upper - 1 < 1 - lower:
        return replace(estimate, upper=1.0, upper_open=True)
    return replace(estimate, lower=1.0, lower_open=True)
