"""Events per person-time, with exact Poisson intervals."""

from __future__ import annotations

import math

from scipy import special

from casewise.stats._result import Estimate
from casewise.stats._samples import check_level


def incidence_rate(events: int, person_time: float, level: float = 0.95) -> Estimate:
    """Events per unit of person-time, with the exact central interval of [garwood1936].

    The limits are chi-square quantiles, ``chi2(a/2; 2 d) / 2T`` and ``chi2(1 - a/2; 2 d + 2) / 2T``
    with d events in time T; the lower one is 0 for no events. The unit is that of
    ``person_time``: a rate per 100 patient-days is 100 times a rate per patient-day. The events
    are taken as independent; a patient who has many makes the interval too short.

    Undefined (``None``) where there is no person-time. Raises ``ValueError`` for counts that are
    negative or not whole and for negative or infinite time.
    """
    check_level(level)
    count = _count(events, "events")
    time = _time(person_time, "person_time")
    method = "events per person-time, exact Poisson interval"
    if time == 0:
        if count:
            raise ValueError("events cannot happen in no person-time")
        return Estimate(
            "incidence rate", None, None, None, level, method, reason="there is no person-time"
        )
    tail = (1 - level) / 2
    lower = float(special.gammaincinv(count, tail)) if count else 0.0
    upper = float(special.gammainccinv(count + 1, tail))
    return Estimate(
        "incidence rate",
        count / time,
        lower / time,
        upper / time,
        level,
        method,
        sources=("garwood1936",),
    )


def rate_ratio(
    events_1: int, time_1: float, events_0: int, time_0: float, level: float = 0.95
) -> Estimate:
    """The ratio of two incidence rates, treated over control, with an exact central interval.

    Given the total, the treated arm's events are binomial with probability
    ``r T_1 / (r T_1 + T_0)``; the interval turns Clopper and Pearson's for that probability into
    one for r [przyborowski1940]. Infinite upper limit, or estimate, where the control arm
    has no events; undefined where neither has, or an arm has no person-time.

    Raises ``ValueError`` as :func:`incidence_rate` does.
    """
    check_level(level)
    treated, control = _count(events_1, "events_1"), _count(events_0, "events_0")
    treated_time, control_time = _time(time_1, "time_1"), _time(time_0, "time_0")
    measure, method = "rate ratio", "ratio of rates, exact conditional interval (central)"
    reason = ""
    if treated_time == 0 or control_time == 0:
        reason = "an arm has no person-time"
    elif treated + control == 0:
        reason = "neither arm has an event"
    if reason:
        return Estimate(measure, None, None, None, level, method, reason=reason)
    tail = (1 - level) / 2
    scale = control_time / treated_time
    lower, upper = 0.0, math.inf
    if treated:
        share = float(special.betaincinv(treated, control + 1, tail))
        lower = share / (1 - share) * scale
    if control:
        share = float(special.betaincinv(control, treated + 1, tail))
        upper = (1 - share) / share * scale
    value = treated / control * scale if control else math.inf
    return Estimate(measure, value, lower, upper, level, method, sources=("przyborowski1940",))


def _count(value: int, name: str) -> int:
    if not isinstance(value, (int, float)) and not hasattr(value, "__index__"):
        raise ValueError(f"{name} must be a whole number")
    if not math.isfinite(value) or value < 0 or value != int(value):
        raise ValueError(f"{name} must be a whole number of 0 or more, not {value!r}")
    return int(value)


def _time(value: float, name: str) -> float:
    if isinstance(value, str) or not math.isfinite(value) or value < 0:
        raise ValueError(f"{name} must be a finite time of 0 or more, not {value!r}")
    return float(value)
