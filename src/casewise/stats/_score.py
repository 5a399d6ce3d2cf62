"""The score statistic of Miettinen and Nurminen for a difference or ratio of two proportions.

One statistic for three measures: the observed contrast less the supposed one, over its standard
error at the proportions most likely under the supposition. Arrays and numbers alike.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np

from casewise.stats._counts import Arms
from casewise.stats._roots import increasing_root, unbounded_root

RISK_DIFFERENCE = "risk difference"
RISK_RATIO = "risk ratio"
ODDS_RATIO = "odds ratio"


def normal_quantile(level: float) -> float:
    """The two-sided ``level`` quantile of the normal distribution: 1.96 for 0.95."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def wilson_limits(events: int, n: int, level: float) -> tuple[float, float]:
    """The proportions that the score test of one proportion does not reject."""
    z = normal_quantile(level)
    centre = (events + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(events * (n - events) / n + z * z / 4)
    return (0.0 if events == 0 else centre - half, 1.0 if events == n else centre + half)


def score(measure: str, supposed: Any, x_1: Any, n_1: int, x_0: Any, n_0: int) -> Any:
    """The statistic, asymptotically standard normal; 0 where contrast and variance are 0."""
    if measure == ODDS_RATIO:
        return _odds_ratio_score(supposed, x_1, n_1, x_0, n_0)
    return standardized(*contrast_and_variance(measure, supposed, x_1, n_1, x_0, n_0))


def contrast_and_variance(
    measure: str, supposed: Any, x_1: Any, n_1: int, x_0: Any, n_0: int
) -> tuple[Any, Any]:
    """What is observed less what is supposed (for a ratio: the treated's proportion less the
    ratio times the control's), and its variance at the most likely proportions.
    """
    if measure == RISK_DIFFERENCE:
        p_0 = _p_0_given_difference(supposed, x_1, n_1, x_0, n_0)
        p_1, factor = np.minimum(np.maximum(p_0 + supposed, 0), 1), 1.0
        contrast = x_1 / n_1 - x_0 / n_0 - supposed
    else:
        p_0 = _p_0_given_ratio(supposed, x_1, n_1, x_0, n_0)
        p_1, factor = np.minimum(np.maximum(p_0 * supposed, 0), 1), supposed
        contrast = x_1 / n_1 - supposed * x_0 / n_0
    variance = p_1 * (1 - p_1) / n_1 + factor**2 * p_0 * (1 - p_0) / n_0
    return contrast, variance * _unbiased(n_1 + n_0)


def score_limits(
    measure: str, table: Arms, level: float, unbiased: bool = True
) -> tuple[float, float]:
    """The values of the measure that the score test does not reject; without the factor
    N / (N - 1) on its variance where not ``unbiased``.
    """
    z = normal_quantile(level) * (1.0 if unbiased else 1 / math.sqrt(_unbiased(table.n)))
    if measure == RISK_DIFFERENCE:
        return _difference_limit(table, z), -_difference_limit(table.swapped(), z)
    upper = _log_ratio_lower_limit(measure, table.swapped(), z)
    return math.exp(_log_ratio_lower_limit(measure, table, z)), math.exp(-upper)


def _difference_limit(table: Arms, z: float) -> float:
    observed = table.difference()
    if observed == -1:
        return -1.0
    return increasing_root(lambda d: z - float(score(RISK_DIFFERENCE, d, *table)), -1.0, observed)


def _log_ratio_lower_limit(measure: str, table: Arms, z: float) -> float:
    if table.events_1 == 0 or (measure == ODDS_RATIO and table.events_0 == table.n_0):
        return -math.inf
    return unbounded_root(lambda t: z - float(score(measure, math.exp(t), *table)))


def _unbiased(n: int) -> float:
    return n / (n - 1)


def standardized(contrast: Any, variance: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        z = contrast / np.sqrt(variance)
    return np.where(contrast == 0, 0.0, z)


def _p_0_given_difference(d: Any, x_1: Any, n_1: int, x_0: Any, n_0: int) -> Any:
    """The root of the likelihood's cubic that lies in range, in its trigonometric form."""
    n, events = n_1 + n_0, x_1 + x_0
    b = ((n_1 + 2 * n_0) * d - n - events) / (3 * n)
    c = ((n_0 * d - n - 2 * x_0) * d + events) / n
    e = x_0 * d * (1 - d) / n
    q = b**3 - b * c / 2 + e / 2
    r = np.copysign(np.sqrt(np.maximum(b * b - c / 3, 0)), q)
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = np.where(r == 0, 1.0, q / r**3)
    angle = (math.pi + np.arccos(np.minimum(np.maximum(cosine, -1), 1))) / 3
    root = 2 * r * np.cos(angle) - b
    return np.minimum(np.maximum(root, np.maximum(0, -d)), np.minimum(1, 1 - d))


def _p_0_given_ratio(ratio: Any, x_1: Any, n_1: int, x_0: Any, n_0: int) -> Any:
    b = (n_1 + x_0) * ratio + x_1 + n_0
    root = np.sqrt(np.maximum(b * b - 4 * (n_1 + n_0) * ratio * (x_1 + x_0), 0))
    return np.minimum(np.maximum(2 * (x_1 + x_0) / (b + root), 0), np.minimum(1, 1 / ratio))


def _odds_ratio_score(ratio: float, x_1: int, n_1: int, x_0: int, n_0: int) -> Any:
    events = x_1 + x_0
    a = n_0 * (ratio - 1)
    b = ratio * (n_1 - events) + n_0 + events
    root = math.sqrt(b * b + 4 * a * events)
    p_0 = 2 * events / (b + root) if b >= 0 else (root - b) / (2 * a)
    # 1 - p_1 by itself: what is left of 1 has too few digits where all but a few have the event
    p_1, q_1 = ratio * p_0 / (1 + p_0 * (ratio - 1)), (1 - p_0) / (1 + p_0 * (ratio - 1))
    information = 1 / (n_1 * p_1 * q_1) + 1 / (n_0 * p_0 * (1 - p_0))
    contrast = x_1 * q_1 - (n_1 - x_1) * p_1
    return contrast * math.sqrt(information / _unbiased(n_1 + n_0))
