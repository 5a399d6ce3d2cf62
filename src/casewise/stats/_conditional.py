"""Exact inference for one count whose distribution is an exponential family.

The probability of the count ``i`` of ``0 … k`` is proportional to ``exp(weights[i] + i * t)``.
Given its margins, a 2x2 table is one such (``t`` the log odds ratio), so is a sum of them over
strata (``t`` the common log odds ratio), and so is a binomial count (``t`` the log odds).
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from casewise.stats._roots import increasing_root, unbounded_root

Floats = NDArray[np.float64]

KINDS = ("minlike", "central", "blaker")

# Two probabilities that differ by less than this, relative to each other, count as equal, as in
# R's fisher.test: what is a tie on paper must not be decided by the last bit of a float.
TIE = 1e-7

# Every exact method here visits each table with the observed margins, some for every other.
MOST_TABLES = 10_000


def hypergeometric_weights(n_1: int, n_0: int, events: int) -> Floats:
    """Log weights of the treated arm's events, from ``max(0, events - n_0)`` upwards."""
    low, high = max(0, events - n_0), min(n_1, events)
    x = np.arange(low, high, dtype=np.float64)
    steps = np.log((n_1 - x) * (events - x)) - np.log((x + 1) * (n_0 - events + x + 1))
    return np.concatenate(([0.0], np.cumsum(steps)))


def binomial_weights(n: int) -> Floats:
    x = np.arange(n, dtype=np.float64)
    return np.concatenate(([0.0], np.cumsum(np.log(n - x) - np.log(x + 1))))


def proportion_of(log_odds: float) -> float:
    return 0.0 if log_odds == -math.inf else 1 / (1 + math.exp(-log_odds))


def probabilities(weights: Floats, t: float) -> Floats:
    exponents = weights + t * np.arange(weights.size)
    relative = np.exp(exponents - exponents.max())
    return np.asarray(relative / relative.sum())


def p_value(f: Floats, i: int, kind: str, mid_p: bool) -> float:
    """Two-sided P of the count ``i`` under the probabilities ``f``.

    The counts as extreme as ``i`` or more so are those no more likely (minlike), or those whose
    smaller tail is no larger (Blaker); central doubles the smaller tail. Mid-p counts half of
    what is exactly as extreme as ``i``.
    """
    if kind == "central":
        half = 0.5 * f[i] if mid_p else 0.0
        return float(min(1.0, 2 * min(f[: i + 1].sum() - half, f[i:].sum() - half)))
    smaller_tails = np.minimum(np.cumsum(f), np.cumsum(f[::-1])[::-1])
    extremeness = f if kind == "minlike" else smaller_tails
    p = f[extremeness <= extremeness[i] * (1 + TIE)].sum()
    if mid_p:
        p -= 0.5 * f[np.abs(extremeness - extremeness[i]) <= extremeness[i] * TIE].sum()
    return float(min(1.0, p))


def most_likely(weights: Floats, i: int) -> float:
    """The maximum likelihood estimate of ``t``: the expected count equals ``i``."""
    if i == 0:
        return -math.inf
    if i == weights.size - 1:
        return math.inf
    counts = np.arange(weights.size)
    return unbounded_root(lambda t: float(probabilities(weights, t) @ counts) - i)


def limits(weights: Floats, i: int, kind: str, mid_p: bool, level: float) -> tuple[float, float]:
    """The outermost limits of ``{t : P > 1 - level}``, which may have gaps unless central."""
    mirrored = weights[::-1], weights.size - 1 - i
    return (
        _lower_limit(weights, i, kind, mid_p, 1 - level),
        -_lower_limit(*mirrored, kind, mid_p, 1 - level),
    )


def _lower_limit(weights: Floats, i: int, kind: str, mid_p: bool, alpha: float) -> float:
    if i == 0:
        return -math.inf
    if kind == "central":
        limit = unbounded_root(lambda t: _upper_tail(weights, i, t, mid_p) - alpha / 2)
    else:
        limit = _first_accepted(weights, i, kind, alpha)
    # Equal arms tie a table with its mirror image at t = 0 exactly; rounding must not move it.
    return 0.0 if abs(limit) < 1e-12 else limit


def _upper_tail(weights: Floats, i: int, t: float, mid_p: bool = False) -> float:
    f = probabilities(weights, t)
    return float(f[i:].sum() - (0.5 * f[i] if mid_p else 0.0))


def _first_accepted(weights: Floats, i: int, kind: str, alpha: float) -> float:
    """The smallest ``t`` at which the minlike or Blaker P of ``i`` exceeds ``alpha``.

    Left of where ``i`` is the most likely count, P is the upper tail from ``i`` plus the lower
    tail up to some ``y``. As ``t`` grows, ``y`` jumps up by one at known points. Between two of
    them P is one less a log-concave function of ``t``: it falls, then rises, so that it passes
    ``alpha`` upwards at most once, and only where it is above ``alpha`` at the right end.
    """

    def excess(y: int, t: float) -> float:
        f = probabilities(weights, t)
        return float(f[: y + 1].sum() + f[i:].sum()) - alpha

    y, left = -1, -math.inf
    if kind == "blaker":  # P is at most twice the upper tail: nothing to find further left
        left = unbounded_root(lambda t: _upper_tail(weights, i, t) - alpha / 2)
        f = probabilities(weights, left)
        y = int(np.searchsorted(np.cumsum(f[:i]), f[i:].sum())) - 1
    while True:
        if left > -math.inf and excess(y, left) > 0:
            return left
        right = _joins(weights, i, y + 1, kind)
        if excess(y, right) > 0:
            if left == -math.inf:
                left = unbounded_root(lambda t: _upper_tail(weights, i, t) - alpha / 2, right)
            return increasing_root(partial(excess, y), left, right)
        y, left = y + 1, right


def _joins(weights: Floats, i: int, y: int, kind: str) -> float:
    """Where ``y`` below ``i`` becomes as extreme as ``i``."""
    if kind == "minlike":
        return float(weights[y] - weights[i]) / (i - y)

    def excess(t: float) -> float:
        f = probabilities(weights, t)
        return float(f[i:].sum() - f[: y + 1].sum())

    return unbounded_root(excess)
