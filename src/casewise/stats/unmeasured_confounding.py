"""How strong an unmeasured confounder would have to be to explain a result."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from casewise.stats._counts import EMPTY_ARM, arms
from casewise.stats._samples import check_choice, check_level

MEASURES = ("risk ratio", "odds ratio", "hazard ratio")


@dataclass(frozen=True, slots=True)
class EValue:
    """The E-values of an estimate and of the limit of its interval nearer to no effect.

    The least risk ratio that an unmeasured confounder must have with both treatment and outcome,
    beyond the measured covariates, to move the estimate (the limit) to no effect. 1 means that
    nothing is needed: the interval already includes no effect. ``None`` where undefined;
    ``reason`` then says why.
    """

    estimate: float | None
    limit: float | None
    method: str
    sources: tuple[str, ...] = ("vanderweele2017",)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TippingPoint:
    """What an unmeasured yes-or-no confounder must do to undo a result.

    ``estimate`` is the risk ratio between confounder and outcome, within arms, at which the
    estimate would be no effect; ``limit`` that at which the interval's limit nearer to no effect
    would be. Under 1 where the confounder must protect. 1 where nothing is needed, ``None`` where
    no confounder of these prevalences suffices.
    """

    prevalence_treated: float
    prevalence_control: float
    estimate: float | None
    limit: float | None
    method: str = "tipping point of an unmeasured binary confounder"
    sources: tuple[str, ...] = ("schlesselman1978", "lin1998")


def e_value(
    measure: str, value: float, lower: float | None, upper: float | None, rare: bool
) -> EValue:
    """The E-value of a ratio and of its interval [vanderweele2017].

    ``RR + sqrt(RR (RR - 1))`` for a risk ratio above 1, of its inverse below 1. With a ``rare``
    outcome (under 15% at the end of follow-up) an ``"odds ratio"`` or ``"hazard ratio"`` stands
    for the risk ratio as it is; else the square root of the odds ratio does, and
    ``(1 - 0.5^sqrt(HR)) / (1 - 0.5^sqrt(1 / HR))`` for a hazard ratio. ``rare`` does not
    matter for a ``"risk ratio"``. Infinite for an estimate of 0 or infinity. The limit is
    undefined without ``lower`` or ``upper``.

    Raises ``ValueError`` for negative or missing ratios and for an estimate outside its interval.
    """
    check_choice(measure, MEASURES, "measure")
    ratio = _ratio(value, "value")
    low = None if lower is None else _ratio(lower, "lower")
    high = None if upper is None else _ratio(upper, "upper")
    if (low is not None and low > ratio) or (high is not None and high < ratio):
        raise ValueError("the estimate must lie within its interval")
    near = low if ratio > 1 else high
    method = f"E-value of a {measure}"
    if measure != "risk ratio":
        method += ", rare outcome" if rare else ", common outcome"
    estimate = _e(_as_risk_ratio(measure, ratio, rare))
    if ratio == 1:
        return EValue(estimate, 1.0, method)
    if near is None:
        return EValue(estimate, None, method, reason="the interval has no limit on that side")
    beyond = near <= 1 if ratio > 1 else near >= 1
    return EValue(estimate, 1.0 if beyond else _e(_as_risk_ratio(measure, near, rare)), method)


def e_value_risk_difference(
    events_1: Any, n_1: Any, events_0: Any, n_0: Any, level: float = 0.95
) -> EValue:
    """The E-value of a risk difference and of its Wald interval [ding2016].

    A confounder with bounding factor B leaves a difference of at least
    ``(p1 - p0 B)(f + (1 - f) / B)``, f the treated part of all patients: no effect is reached
    at ``B = p1 / p0``, and for the limit where the difference less its standard error (delta
    method) times z is 0. A difference below 0 is taken with the arms exchanged. The limit of 1
    says that the Wald interval includes 0. Undefined for an empty arm.
    """
    check_level(level)
    counts = arms(events_1, n_1, events_0, n_0)
    method = "E-value of a risk difference"
    sources = ("vanderweele2017", "ding2016")
    if counts.empty:
        return EValue(None, None, method, sources, EMPTY_ARM)
    if counts.difference() < 0:
        counts = counts.swapped()
    p1, p0, f = counts.events_1 / counts.n_1, counts.events_0 / counts.n_0, counts.n_1 / counts.n
    if p1 == p0:
        return EValue(1.0, 1.0, method, sources)
    v1, v0, vf = p1 * (1 - p1) / counts.n_1, p0 * (1 - p0) / counts.n_0, f * (1 - f) / counts.n
    z = NormalDist().inv_cdf((1 + level) / 2)

    def lower(bias: float) -> float:
        left, scale = p1 - p0 * bias, f + (1 - f) / bias
        error = vf * (left * (1 - 1 / bias)) ** 2 + (v1 + v0 * bias**2) * scale**2
        return left * scale - z * math.sqrt(error)

    estimate = math.inf if p0 == 0 else _e(p1 / p0)
    if lower(1.0) <= 0:
        return EValue(estimate, 1.0, method, sources)
    if p0 == 0:
        reason = "nobody in one arm has the outcome: its Wald interval has no width to speak of"
        return EValue(estimate, None, method, sources, reason)
    return EValue(estimate, _e(_first_zero(lower, p1 / p0)), method, sources)


def tipping_point(
    value: float,
    lower: float | None,
    upper: float | None,
    prevalence_treated: float,
    prevalence_control: float,
) -> TippingPoint:
    """The confounder-outcome risk ratio g at which a risk ratio would be no effect.

    A confounder that ``prevalence_treated`` of the treated and ``prevalence_control`` of controls
    have, alike within levels of the measured covariates and with the same g in both arms,
    multiplies the risk ratio by ``(1 + p1 (g - 1)) / (1 + p0 (g - 1))`` [schlesselman1978],
    [lin1998]. Solved for the factor that equals the estimate, and its nearer limit. For odds and
    hazard ratios it holds where the outcome is rare.

    Raises ``ValueError`` for ratios of 0 or less, prevalences outside 0 to 1, and an estimate
    outside its interval.
    """
    for prevalence in (prevalence_treated, prevalence_control):
        if not 0 <= prevalence <= 1:
            raise ValueError(f"prevalences must be from 0 to 1, not {prevalence!r}")
    ratio = _ratio(value, "value")
    limits = [None if limit is None else _ratio(limit, "a limit") for limit in (lower, upper)]
    if not 0 < ratio < math.inf:
        raise ValueError(f"value must be above 0 and finite, not {value!r}")
    low, high = limits
    if (low is not None and low > ratio) or (high is not None and high < ratio):
        raise ValueError("the estimate must lie within its interval")
    near = low if ratio > 1 else high
    if near is not None and ((near <= 1) == (ratio > 1) or ratio == 1):
        near = 1.0
    p1, p0 = float(prevalence_treated), float(prevalence_control)
    return TippingPoint(
        p1, p0, _needed(ratio, p1, p0), None if near is None else _needed(near, p1, p0)
    )


def _needed(ratio: float, p1: float, p0: float) -> float | None:
    """g with ``1 + p1 (g - 1) = ratio (1 + p0 (g - 1))``; ``None`` where none is above 0."""
    if ratio == 1:
        return 1.0
    slope = p1 - ratio * p0
    if slope == 0 or not math.isfinite(ratio):
        return None
    g = 1 + (ratio - 1) / slope
    # at g = 0 the arms' factors may be 0: a confounder that rules the outcome out is no g > 0
    return g if g > 0 and 1 + p0 * (g - 1) > 0 else None


def _as_risk_ratio(measure: str, ratio: float, rare: bool) -> float:
    if measure == "risk ratio" or rare or ratio in (0.0, math.inf):
        return ratio
    root = math.sqrt(ratio)
    if measure == "odds ratio":
        return root
    # expm1 keeps the digits of hazard ratios near 1 and far from it
    half = math.log(0.5)
    return math.expm1(half * root) / math.expm1(half / root)


def _e(ratio: float) -> float:
    if ratio in (0.0, math.inf):
        return math.inf
    if ratio < 1:
        ratio = 1 / ratio
    return ratio + math.sqrt(ratio * (ratio - 1))


def _first_zero(lower: Any, high: float) -> float:
    """Where a function positive at 1 and negative at ``high`` is 0 for the first time."""
    from scipy.optimize import brentq

    steps = 200
    at = 1.0
    for i in range(1, steps + 1):
        then = 1 + (high - 1) * i / steps
        if lower(then) <= 0:
            return float(brentq(lower, at, then, xtol=1e-13))
        at = then
    return high


def _ratio(value: float, name: str) -> float:
    number = float(value)
    if math.isnan(number) or number < 0:
        raise ValueError(f"{name} must be a ratio of 0 or more, not {value!r}")
    return number
