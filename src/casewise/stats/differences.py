"""The risk difference and what is made of it."""

from __future__ import annotations

import math

from casewise.stats._counts import EMPTY_ARM, Arms, arms, undefined_estimate
from casewise.stats._result import Estimate
from casewise.stats._samples import check_choice, check_level
from casewise.stats._score import RISK_DIFFERENCE, score_limits, wilson_limits
from casewise.stats._unconditional_limits import MOST_PATIENTS, unconditional_limits

SCORE_INTERVAL = "score interval of Miettinen and Nurminen"
_METHODS = {
    "miettinen-nurminen": (SCORE_INTERVAL, ("miettinen1985",)),
    "chan-zhang": ("exact unconditional interval of Chan and Zhang", ("chan1999",)),
    "agresti-min": ("exact unconditional interval of Agresti and Min", ("agresti2001",)),
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
      form, inverts no test;
    - ``chan-zhang``: exact. The differences that neither of two one-sided unconditional tests,
      each at half of 1 - level and ordered by the score statistic, rejects [chan1999];
    - ``agresti-min``: exact. The same with one two-sided test, shorter for most tables
      [agresti2001]; at 0 it is ``barnard(statistic='pooled')``.

    The exact sets can have gaps, as P jumps from one difference to the next: the limits are the
    outermost ones, to 1e-8, so that the interval covers at its level at least. It can, rarely,
    hold a difference of 0 that the test rejects.

    The interval exists with no event in either arm too. With an empty arm nothing is defined.
    Raises ``ValueError`` or ``TypeError`` for what is no count. The exact methods' cost grows as
    n ** 1.7 or so (0.2 s at 100 an arm, 5 s at 500); past 1,000 patients the answer is the
    default's, and says so.
    """
    check_choice(method, tuple(_METHODS), "method")
    check_level(level)
    table = arms(events_1, n_1, events_0, n_0)
    label, sources = _METHODS[method]
    if table.empty:
        return undefined_estimate(RISK_DIFFERENCE, level, label, sources, EMPTY_ARM)
    reason = ""
    if method in ("chan-zhang", "agresti-min") and table.n > MOST_PATIENTS:
        method, reason = "miettinen-nurminen", f"asymptotic: more than {MOST_PATIENTS:,} patients"
        label, sources = _METHODS[method]
    if method == "newcombe":
        lower, upper = _newcombe(table, level)
    elif method == "miettinen-nurminen":
        lower, upper = score_limits(RISK_DIFFERENCE, table, level)
    else:
        two_sided = method == "agresti-min"
        lower, upper = unconditional_limits(RISK_DIFFERENCE, table, level, two_sided)
    return Estimate(
        RISK_DIFFERENCE, table.difference(), lower, upper, level, label, sources, reason
    )


def number_needed_to_treat(
    events_1: int,
    n_1: int,
    events_0: int,
    n_0: int,
    method: str = "miettinen-nurminen",
    level: float = 0.95,
) -> Estimate:
    """How many patients treated make one event fewer: 1 / (control's risk less treated's).

    Positive numbers are patients to treat for one event fewer, negative ones for one event more;
    no difference is infinity. ``lower`` and ``upper`` are the reciprocals of the limits of
    ``risk_difference`` by the same method. Where those lie on both sides of 0 the interval goes
    through infinity, not through 0 [altman1998]: then ``lower`` is positive and ``upper``
    negative, it runs from ``lower`` up to infinity and on from minus infinity to ``upper``, and
    ``reason`` says so. Undefined, and errors, as ``risk_difference``.
    """
    risk = risk_difference(events_1, n_1, events_0, n_0, method, level)
    measure = "number needed to treat"
    sources = ("altman1998", *risk.sources)
    if risk.value is None or risk.lower is None or risk.upper is None:
        return undefined_estimate(measure, level, risk.method, sources, risk.reason)
    lower = -math.inf if risk.lower == 0 else -1 / risk.lower
    upper = math.inf if risk.upper == 0 else -1 / risk.upper
    reason = risk.reason
    if risk.lower < 0 < risk.upper:
        through = "the interval runs from lower to infinity and from minus infinity to upper"
        reason = f"{reason}; {through}" if reason else through
    value = math.inf if risk.value == 0 else -1 / risk.value
    return Estimate(measure, value, lower, upper, level, risk.method, sources, reason)


def _newcombe(table: Arms, level: float) -> tuple[float, float]:
    p_1, p_0 = table.events_1 / table.n_1, table.events_0 / table.n_0
    low_1, high_1 = wilson_limits(table.events_1, table.n_1, level)
    low_0, high_0 = wilson_limits(table.events_0, table.n_0, level)
    return (
        p_1 - p_0 - math.hypot(p_1 - low_1, high_0 - p_0),
        p_1 - p_0 + math.hypot(high_1 - p_1, p_0 - low_0),
    )
