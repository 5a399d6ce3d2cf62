"""Exact unconditional intervals for a risk difference or ratio: tests by the score, inverted."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from casewise.stats._counts import Arms
from casewise.stats._score import RISK_DIFFERENCE
from casewise.stats._unconditional import score_p_values

Floats = NDArray[np.float64]

# Values first looked at between the farthest possible one and the observed one, and the width
# that the limit is then found to: P steps from value to value, so that no root finder serves.
_COARSE = 40
_WIDTH = 1e-8

# Patients times values in one vectorized step: more save nothing.
_WORK = 1500

# 1,000 patients an arm, about 5 s for an interval.
MOST_PATIENTS = 2_000


def unconditional_limits(
    measure: str, table: Arms, level: float, two_sided: bool
) -> tuple[float, float]:
    """The outermost values of the measure that the exact test does not reject.

    One two-sided test at ``1 - level`` (Agresti and Min), or two one-sided ones at half of it
    (Chan and Zhang). Either set may have gaps, as P does not move monotonely with the value.
    """
    worth = (1 - level) if two_sided else (1 - level) / 2
    lower = _lower_limit(measure, table, worth, two_sided)
    upper = _lower_limit(measure, table.swapped(), worth, two_sided)
    if measure == RISK_DIFFERENCE:
        return lower, -upper
    return lower, math.inf if upper == 0 else 1 / upper


def _lower_limit(measure: str, table: Arms, worth: float, two_sided: bool) -> float:
    """Values are searched on (-1, 1) for a difference, and for a ratio as ratio / (1 + ratio)."""
    if measure == RISK_DIFFERENCE:
        low, equality, observed = -1.0, 0.0, table.difference()
    else:
        p_1, p_0 = table.events_1 / table.n_1, table.events_0 / table.n_0
        low, equality, observed = 0.0, 0.5, p_1 / (p_1 + p_0) if p_1 + p_0 else 0.0
    if observed == low:
        return low

    def first_accepted(values: Floats) -> int:
        """The index of the first value that is not rejected; ``values.size`` where all are."""
        step = max(1, _WORK // table.n)
        for start in range(0, values.size, step):
            v = values[start : start + step]
            supposed = v if measure == RISK_DIFFERENCE else v / (1 - v)
            accepted = score_p_values(measure, supposed, table, two_sided, worth) > worth
            if accepted.any():
                return start + int(accepted.argmax())
        return values.size

    # denser towards the observed value, where the limit is when there are many patients; and at
    # equality itself, where P is higher than on either side as many tables are equally extreme
    share = np.arange(_COARSE, 0, -1) / (_COARSE + 1)
    values = observed - (observed - low) * share**2
    if low < equality < observed:
        values = np.unique(np.append(values, equality))
    sections = max(1, min(7, _WORK // table.n))
    high = observed
    while high - low > _WIDTH:
        i = first_accepted(values)
        low, high = np.concatenate(([low], values, [high]))[[i, i + 1]]
        values = low + (high - low) * np.arange(1, sections + 1) / (sections + 1)
    return float(high if measure == RISK_DIFFERENCE else high / (1 - high))
