"""From two arms' risks and each patient's influence on them to effects with intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from casewise.stats._result import Estimate, TestResult
from casewise.stats._samples import Floats, check_level, design, indicator


@dataclass(frozen=True, slots=True)
class RiskComparison:
    """The risks of two arms made comparable, and their contrasts, treated against control.

    ``estimand`` says for whom: ``"ATE"`` all patients, ``"ATT"`` the treated, ``"overlap"`` those
    whose treatment was in doubt, ``"matched"`` the patients matched. ``test`` is Wald's test of
    a risk difference of 0 and agrees with its interval. ``effective`` is the effective number of
    (treated, control) patients. ``reason`` is empty unless the risks are undefined.
    """

    risk_treated: Estimate
    risk_control: Estimate
    risk_difference: Estimate
    risk_ratio: Estimate
    odds_ratio: Estimate
    test: TestResult
    estimand: str
    effective: tuple[float, float]
    method: str
    sources: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Labels:
    """What every estimate of one comparison says of itself."""

    estimand: str
    method: str
    sources: tuple[str, ...]
    level: float


Arms = tuple[NDArray[np.bool_], NDArray[np.bool_], Floats]


def arms_and_table(
    outcome: ArrayLike, treated: ArrayLike, covariates: ArrayLike, level: float
) -> Arms:
    """Outcome and arm as booleans and the covariates as a table, of the same patients."""
    check_level(level)
    events, arm = outcome_and_arm(outcome, treated)
    return events, arm, design(covariates, arm.size)


def outcome_and_arm(
    outcome: ArrayLike, treated: ArrayLike
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    events, arm = indicator(outcome, "outcome"), indicator(treated, "treated")
    if events.size != arm.size:
        raise ValueError(f"outcome has {events.size} values but treated has {arm.size}")
    return events, arm


def compare(
    risks: tuple[float, float],
    covariance: Floats,
    effective: tuple[float, float],
    labels: Labels,
    caution: str = "",
) -> RiskComparison:
    """Effects of (treated, control) ``risks`` with their 2 by 2 ``covariance``: delta method.

    Wald's intervals for risks and their difference; on the log scale for the ratios. An arm
    without events, or with events only, has no variance to speak of: values without limits.
    """
    one, zero = risks
    variance = np.diag(covariance)
    if not caution and (not (0 < one < 1 and 0 < zero < 1) or variance.min() <= 0):
        caution = "in an arm everybody or nobody has the outcome: no standard error is credible"
    z = NormalDist().inv_cdf((1 + labels.level) / 2)

    def linear(measure: str, value: float, gradient: tuple[float, float]) -> Estimate:
        half = math.inf if caution else z * _error(gradient, covariance)
        limits = (None, None) if caution else (value - half, value + half)
        return _estimate(measure, value, limits, labels, caution)

    def log(measure: str, value: float | None, gradient: tuple[float, float]) -> Estimate:
        if caution or not value or not math.isfinite(value):
            return _estimate(measure, value, (None, None), labels, caution)
        factor = math.exp(z * _error(gradient, covariance))
        return _estimate(measure, value, (value / factor, value * factor), labels)

    safe = 0 < one < 1 and 0 < zero < 1
    odds = (1 / (one * (1 - one)), -1 / (zero * (1 - zero))) if safe else (0.0, 0.0)
    difference = linear("risk difference", one - zero, (1.0, -1.0))
    return RiskComparison(
        linear("risk, treated", one, (1.0, 0.0)),
        linear("risk, control", zero, (0.0, 1.0)),
        difference,
        log("risk ratio", _ratio(one, zero), (1 / one, -1 / zero) if safe else (0.0, 0.0)),
        log("odds ratio", _ratio(one * (1 - zero), zero * (1 - one)), odds),
        _test(one - zero, None if caution else _error((1.0, -1.0), covariance), labels, caution),
        labels.estimand,
        effective,
        labels.method,
        labels.sources,
    )


def undefined(labels: Labels, reason: str) -> RiskComparison:
    """A comparison that does not exist, for ``reason``."""

    def nothing(measure: str) -> Estimate:
        return _estimate(measure, None, (None, None), labels, reason)

    return RiskComparison(
        nothing("risk, treated"),
        nothing("risk, control"),
        nothing("risk difference"),
        nothing("risk ratio"),
        nothing("odds ratio"),
        _test(0.0, None, labels, reason),
        labels.estimand,
        (0.0, 0.0),
        labels.method,
        labels.sources,
        reason,
    )


def covariance_of(influence: Floats) -> Floats:
    """The covariance of estimates from each patient's influence, n rows: sum of squares / n^2."""
    n = influence.shape[0]
    centred: Floats = influence.T @ influence / n**2
    return centred


def effective_sample_size(weights: ArrayLike) -> float:
    """How many equally weighted patients say as much: ``(sum w)^2 / sum w^2`` [kish1965].

    Raises ``ValueError`` for negative or missing weights; 0 where all weights are 0.
    """
    values = np.asarray(weights, dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(values).all() or (values < 0).any():
        raise ValueError("weights must be a flat list of finite numbers, none negative")
    if not values.any():
        return 0.0
    values = values / values.max()
    return float(values.sum() ** 2 / (values @ values))


def _test(difference: float, error: float | None, labels: Labels, reason: str) -> TestResult:
    method, interval = "Wald test of the risk difference", "risk_difference"
    if not error:
        return TestResult(None, None, method, labels.sources, interval, reason)
    z = difference / error
    p = math.erfc(abs(z) / math.sqrt(2))
    return TestResult(max(p, 5e-324), z, method, labels.sources, interval)


def _estimate(
    measure: str,
    value: float | None,
    limits: tuple[float | None, float | None],
    labels: Labels,
    reason: str = "",
) -> Estimate:
    if value is None and not reason:
        reason = "nobody has the outcome"
    return Estimate(measure, value, *limits, labels.level, labels.method, labels.sources, reason)


def _error(gradient: tuple[float, float], covariance: Floats) -> float:
    g = np.array(gradient)
    return math.sqrt(max(float(g @ covariance @ g), 0.0))


def _ratio(numerator: float, denominator: float) -> float | None:
    if denominator > 0:
        return numerator / denominator
    return math.inf if numerator > 0 else None
