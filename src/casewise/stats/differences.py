"""The risk difference and what is made of it."""

from __future__ import annotations

import math

from casewise.stats._counts import EMPTY_ARM, Arms, arms, undefined_estimate
from casewise.stats._result import Estimate
from casewise.stats._samples import check_choice, check_level
from casewise.stats._score import RISK_DIFFERENCE, normal_quantile, score_limits

_METHODS = {
    "miettinen-nurminen": ("score interval of Miettinen and Nurminen", ("miettinen1985",)),
    "newcombe": ("hybrid score interval of Newcombe", ("newcombe1998",)),
}


def risk_difference(
    events_1: int,
    n_1: int,
    events_0: int,
    n_0: int,
    method: str = "miettinen-nurminen",
    level: float = 0.95,
) -> Estimate:
    """The risk difference, treated less control, with its interval.

    - ``miettinen-nurminen``: the differences that their asymptotic score test does not reject
      [miettinen1985]; at 0 it is the N - 1 chi-square test;
    - ``newcombe``: the two arms' Wilson limits, combined by squares [newcombe1998]; in closed
      form, inverts no test.

    The interval exists with no event in either arm too. With an empty arm nothing is defined.
    Raises ``ValueError`` or ``TypeError`` for what is no count.
    """
    check_choice(method, tuple(_METHODS), "method")
    check_level(level)
    table = arms(events_1, n_1, events_0, n_0)
    label, sources = _METHODS[method]
    if table.empty:
        return undefined_estimate(RISK_DIFFERENCE, level, label, sources, EMPTY_ARM)
    if method == "newcombe":
        lower, upper = _newcombe(table, level)
    else:
        lower, upper = score_limits(RISK_DIFFERENCE, table, level)
    return Estimate(RISK_DIFFERENCE, table.difference(), lower, upper, level, label, sources)


def wilson_limits(events: int, n: int, level: float) -> tuple[float, float]:
    """The proportions that the score test of one proportion does not reject."""
    z = normal_quantile(level)
    centre = (events + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(events * (n - events) / n + z * z / 4)
    return (0.0 if events == 0 else centre - half, 1.0 if events == n else centre + half)


def _newcombe(table: Arms, level: float) -> tuple[float, float]:
    p_1, p_0 = table.events_1 / table.n_1, table.events_0 / table.n_0
    low_1, high_1 = wilson_limits(table.events_1, table.n_1, level)
    low_0, high_0 = wilson_limits(table.events_0, table.n_0, level)
    return (
        p_1 - p_0 - math.hypot(p_1 - low_1, high_0 - p_0),
        p_1 - p_0 + math.hypot(high_1 - p_1, p_0 - low_0),
    )
