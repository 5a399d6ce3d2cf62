"""Describing one sample: quantiles by any of the nine published rules, mean and spread."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from casewise.stats._samples import Floats, sample

# Each rule of Hyndman and Fan puts the quantile at position n p + m of the ordered sample. Rules
# 1 to 3 jump from value to value; rules 4 to 9 interpolate, with m = a + p (1 - a - b).
_INTERPOLATED = {
    4: (0.0, 1.0),
    5: (0.5, 0.5),
    6: (0.0, 0.0),
    7: (1.0, 1.0),
    8: (1 / 3, 1 / 3),
    9: (3 / 8, 3 / 8),
}
_FUZZ = 4 * np.finfo(np.float64).eps  # 0.07 x 100 is 7, not 7.000000000000001


@dataclass(frozen=True, slots=True)
class MedianIQR:
    """Median, first and third quartile, each ``None`` for an empty sample."""

    median: float | None
    q1: float | None
    q3: float | None


def quantile(values: ArrayLike, q: float, kind: int = 7) -> float | None:
    """The quantile of order ``q`` (0 to 1) of a sample, ``None`` for an empty one.

    ``kind`` is the rule's number in [hyndman1996]: 7 is the default of R, numpy and pandas, 6
    that of SPSS and Minitab, 2 that of SAS (averaging at jumps; for quartiles it is Tukey's
    hinges in most sizes). On six values the rules can differ by several units, so a report says
    which one it used. Cost: one sort.

    Raises ``ValueError`` for an unknown rule, an order outside 0 to 1, or missing values.
    """
    if kind not in range(1, 10):
        raise ValueError(f"kind must be a whole number from 1 to 9, not {kind!r}")
    if not 0 <= q <= 1:
        raise ValueError(f"q must be between 0 and 1, not {q!r}")
    ordered = np.sort(sample(values, "values"))
    return None if ordered.size == 0 else _at(ordered, q, kind)


def _at(ordered: Floats, q: float, kind: int) -> float:
    n = ordered.size
    if kind in _INTERPOLATED:
        a, b = _INTERPOLATED[kind]
        position = a + q * (n + 1 - a - b)
    else:
        position = n * q - (0.5 if kind == 3 else 0.0)
    below = math.floor(position + _FUZZ)
    rest = position - below
    rest = 0.0 if abs(rest) < _FUZZ else rest
    if kind == 1:
        rest = float(rest > 0)
    elif kind == 2:
        rest = 1.0 if rest > 0 else 0.5
    elif kind == 3:
        rest = float(rest != 0 or below % 2 == 1)  # a tie goes to the even position
    low = float(ordered[min(max(below - 1, 0), n - 1)])
    high = float(ordered[min(max(below, 0), n - 1)])
    if rest in (0.0, 1.0) or low == high:
        return high if rest == 1.0 else low
    return (1 - rest) * low + rest * high


def median_iqr(values: ArrayLike, kind: int = 7) -> MedianIQR:
    """Median and quartiles of a sample, all by the same rule (see :func:`quantile`)."""
    numbers = sample(values, "values")
    return MedianIQR(
        median=quantile(numbers, 0.5, kind),
        q1=quantile(numbers, 0.25, kind),
        q3=quantile(numbers, 0.75, kind),
    )


def mean(values: ArrayLike) -> float | None:
    """The arithmetic mean, ``None`` for an empty sample."""
    numbers = sample(values, "values")
    return float(numbers.mean()) if numbers.size else None


def standard_deviation(values: ArrayLike) -> float | None:
    """The sample standard deviation, with n - 1; ``None`` for fewer than two values.

    One patient has no spread that could be estimated: the answer is undefined, not 0.
    """
    numbers = sample(values, "values")
    return float(numbers.std(ddof=1)) if numbers.size > 1 else None
