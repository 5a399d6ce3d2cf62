"""One covariate's effect in a regression model."""

from __future__ import annotations

import math
from dataclasses import dataclass

from casewise.stats._result import Estimate, TestResult


@dataclass(frozen=True, slots=True)
class Coefficient:
    """The same effect on the model's log scale and as a ratio, with its test."""

    log: Estimate
    ratio: Estimate
    test: TestResult


def coefficient(
    measure: str,
    limits: tuple[float | None, float | None, float | None],
    level: float,
    method: str,
    sources: tuple[str, ...],
    p_value: float | None,
    reason: str = "",
) -> Coefficient:
    """``limits`` are value, lower and upper on the log scale; ``measure`` names the ratio."""
    value, low, high = limits
    log = Estimate(f"log {measure}", value, low, high, level, method, sources, reason)
    value, low, high = _exp(value), _exp(low), _exp(high)
    ratio = Estimate(measure, value, low, high, level, method, sources, reason)
    return Coefficient(log, ratio, TestResult(p_value, None, method, sources, reason=reason))


def _exp(x: float | None) -> float | None:
    if x is None:
        return None
    return math.inf if x > 700 else math.exp(x)
