"""Systematic error from outcomes that treatment cannot change, and effects that vary by level."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from casewise.stats._result import Estimate

FEWEST = 5


def normal_quantile(share: float) -> float:
    """The standard normal value below which this share lies."""
    return float(special.ndtri(share))


@dataclass(frozen=True, slots=True)
class EmpiricalNull:
    """The systematic error, normal with ``mean`` and ``sd`` on the log scale; ``None``, with a
    ``reason``, where it cannot be told."""

    mean: float | None
    sd: float | None
    controls: int
    sources: tuple[str, ...] = ("schuemie2014",)
    reason: str = ""


def empirical_null(logs: Sequence[float], errors: Sequence[float]) -> EmpiricalNull:
    """The systematic error of negative controls by maximum likelihood [schuemie2014].

    Each log ratio is normal about its own systematic error, with its standard error; these errors
    are normal. Undefined with fewer than 5 controls. Raises ``ValueError`` for unequal lengths
    and errors that are not above 0.
    """
    y, s = np.asarray(logs, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    if y.shape != s.shape or (s.size and not s.min() > 0):
        raise ValueError("logs and errors must be of the same number, the errors above 0")
    if y.size < FEWEST:
        reason = f"{y.size} negative controls: with fewer than {FEWEST} the error is not known"
        return EmpiricalNull(None, None, y.size, reason=reason)

    def mean_at(variance: float) -> float:
        w = 1 / (s**2 + variance)
        return float(w @ y / w.sum())

    def minus_log_likelihood(sd: float) -> float:
        total = s**2 + sd**2
        return float((np.log(total) + (y - mean_at(sd**2)) ** 2 / total).sum() / 2)

    top = float(np.abs(y - y.mean()).max()) + 1e-6
    found = optimize.minimize_scalar(
        minus_log_likelihood, bounds=(0, 2 * top), method="bounded", options={"xatol": 1e-10}
    )
    sd = 0.0 if minus_log_likelihood(0.0) <= found.fun else float(found.x)
    return EmpiricalNull(mean_at(sd**2), sd, y.size)


def calibrated(estimate: Estimate, null: EmpiricalNull) -> tuple[Estimate | None, float | None]:
    """A ratio with the systematic error taken out, and its P [schuemie2014], [schuemie2018].

    The error is taken to be the same whatever the true effect is. ``None`` without a null or
    limits.
    """
    if null.mean is None or null.sd is None:
        return None, None
    found = log_and_error(estimate)
    if found is None:
        return None, None
    log, error = found[0] - null.mean, math.hypot(found[1], null.sd)
    half = float(special.ndtri((1 + estimate.level) / 2)) * error
    limits = math.exp(log - half), math.exp(log + half)
    sources = ("schuemie2014", "schuemie2018")
    after = Estimate(
        estimate.measure,
        math.exp(log),
        *limits,
        estimate.level,
        f"{estimate.method}, calibrated by {null.controls} negative controls",
        sources,
    )
    return after, max(math.erfc(abs(log / error) / math.sqrt(2)), 5e-324)


def log_and_error(estimate: Estimate) -> tuple[float, float] | None:
    """The log of a ratio and its standard error, from an interval taken as normal on that scale."""
    value, low, high = estimate.value, estimate.lower, estimate.upper
    if value is None or low is None or high is None or not (0 < low < high < math.inf):
        return None
    z = float(special.ndtri((1 + estimate.level) / 2))
    return math.log(value), (math.log(high) - math.log(low)) / (2 * z)


def heterogeneity(estimates: Sequence[Estimate]) -> float | None:
    """P of Cochran's Q: that ratios of several groups are one and the same [cochran1954].

    With two groups it is the test of interaction of [altman2003]. ``None`` with fewer than two
    ratios that have an interval.
    """
    found = [pair for one in estimates if (pair := log_and_error(one)) is not None]
    if len(found) < 2 or len(found) < len(estimates):
        return None
    y, s = (np.array(column) for column in zip(*found, strict=True))
    w = 1 / s**2
    q = float(w @ (y - w @ y / w.sum()) ** 2)
    return max(float(special.chdtrc(len(found) - 1, q)), 5e-324)
