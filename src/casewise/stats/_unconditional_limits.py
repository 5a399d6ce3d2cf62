"""Exact unconditional intervals for a risk difference or ratio: tests by the score, inverted."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from casewise.stats._counts import Arms
from casewise.stats._score import RISK_DIFFERENCE
from casewise.stats._unconditional import largest_score_p

Floats = NDArray[np.float64]

# Parts that the possible values below the observed one are cut into at first, and those that a
# part is cut into that may hold an accepted value; the width at which cutting ends.
_PARTS = 20
_CUTS = 6
_WIDTH = 1e-8

# Patients times parts in one vectorized step: more save nothing.
_WORK = 1_500

# 500 patients an arm, up to 5 s for an interval.
MOST_PATIENTS = 1_000


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

    def largest_p(edges: Floats) -> Floats:
        # neither -1 nor 1 itself, where no table but one is possible
        inside = np.clip(edges, low + 1e-12, 1 - 1e-12)
        supposed = inside if measure == RISK_DIFFERENCE else inside / (1 - inside)
        return largest_score_p(measure, supposed[:-1], supposed[1:], table, two_sided, worth)

    def first_accepted(edges: Floats) -> float | None:
        """The first value between the first and the last edge that may be accepted, if any."""
        step = max(1, _WORK // table.n)
        for start in range(0, edges.size - 1, step):
            some = edges[start : start + step + 1]
            for i in np.flatnonzero(largest_p(some) > worth):
                if some[i + 1] - some[i] < _WIDTH:
                    return float(some[i])
                found = first_accepted(np.linspace(some[i], some[i + 1], _CUTS + 1))
                if found is not None:
                    return found
        return None

    # finer towards the observed value, where the limit is when there are many patients; with an
    # edge at equality, where many tables are equally extreme
    edges = observed - (observed - low) * np.linspace(1, 0, _PARTS + 1) ** 2
    if low < equality < observed:
        edges = np.unique(np.append(edges, equality))
    limit = first_accepted(edges)
    limit = observed if limit is None else limit
    return limit if measure == RISK_DIFFERENCE else limit / (1 - limit)
