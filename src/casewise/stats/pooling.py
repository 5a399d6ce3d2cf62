"""One estimate from those of imputed datasets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from casewise.stats._samples import check_level


@dataclass(frozen=True, slots=True)
class Pooled:
    """``degrees`` of freedom, infinite where the imputations agree; ``missing`` is the part of the
    variance that comes from not knowing the missing values."""

    value: float
    lower: float
    upper: float
    error: float
    degrees: float
    missing: float
    p_value: float
    sources: tuple[str, ...] = ("rubin1987",)


def rubin(values: Sequence[float], errors: Sequence[float], level: float = 0.95) -> Pooled:
    """Estimates of imputed datasets, with their standard errors, by Rubin's rules [rubin1987].

    The variance is the mean of the squared errors plus the variance between estimates times
    ``1 + 1 / m``; limits are Student's with ``(m - 1) / missing^2`` degrees of freedom. Ratios
    are given as logs. A single dataset has its own variance. Raises ``ValueError`` for unequal
    lengths, none, and errors that are not above 0.
    """
    check_level(level)
    q, s = np.asarray(values, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    m = q.size
    if not m or q.shape != s.shape or not s.min() > 0:
        raise ValueError("values and errors must be of the same number, the errors above 0")
    within = float((s**2).mean())
    between = float(q.var(ddof=1)) * (1 + 1 / m) if m > 1 else 0.0
    total = within + between
    missing = between / total
    degrees = (m - 1) / missing**2 if between > 1e-15 * within else math.inf
    value, error = float(q.mean()), math.sqrt(total)
    share = (1 + level) / 2
    width = special.ndtri(share) if math.isinf(degrees) else special.stdtrit(degrees, share)
    t = abs(value / error)
    tail = special.ndtr(-t) if math.isinf(degrees) else special.stdtr(degrees, -t)
    half = float(width) * error
    return Pooled(
        value, value - half, value + half, error, degrees, missing, max(2 * float(tail), 5e-324)
    )
