"""Confidence limits for survival as quantiles of a product of beta variables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from casewise.stats._roots import increasing_root
from casewise.stats._samples import Floats

Counts = NDArray[np.int64]

# Largest coefficient at which the exact sum keeps eight digits in double precision.
_LARGEST_COEFFICIENT = 1e7
_EXACT_EVENTS = 30


def beta_product_limits(
    deaths: Counts, at_risk: Counts, after: Counts, level: float
) -> tuple[list[float], list[float]]:
    """Limits for the survival after each of a series of times [fay2013].

    At each time ``deaths`` of ``at_risk`` patients have the event, and ``after`` are still under
    observation afterwards. The upper limit is a quantile of the product of Beta(n - d + 1, d)
    over the times so far, the lower one of that product times Beta(after, 1). Minus the log of
    Beta(a, b) is a sum of exponentials with rates a, ..., a + b - 1, so the product's
    distribution is a sum over the rates, all different: exact for up to some 20 events. Beyond,
    a beta distribution with the same mean and variance stands in.
    """
    n, d = at_risk.astype(np.float64), deaths.astype(np.float64)
    mean = np.cumprod((n - d + 1) / (n + 1)).astype(np.float64)
    square = np.cumprod((n - d + 1) * (n - d + 2) / ((n + 1) * (n + 2))).astype(np.float64)
    tail = (1 - level) / 2
    upper = np.where(np.cumsum(d) > 0, _matched(mean, square, 1 - tail), 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        lower = _matched(mean * after / (after + 1), square * after / (after + 2), tail)
    lower = np.where(after > 0, lower, 0.0)
    rates: list[int] = []
    for i, (risk, count, left) in enumerate(zip(at_risk, deaths, after, strict=True)):
        rates.extend(int(risk) - k for k in range(int(count)))
        if len(rates) > _EXACT_EVENTS:
            break
        upper[i] = _exact(rates, 1 - tail, float(upper[i]))
        if left:
            lower[i] = _exact([*rates, int(left)], tail, float(lower[i]))
    return lower.tolist(), upper.tolist()


def _exact(rates: Sequence[int], q: float, otherwise: float) -> float:
    """The q-quantile of exp(-sum of exponentials with these different rates).

    ``otherwise`` where there are no rates, or too many for double precision.
    """
    if not rates:
        return otherwise
    lam = np.array(rates, dtype=np.float64)
    apart = np.where(np.eye(lam.size, dtype=bool), lam, lam[None, :] - lam[:, None])
    coefficients = (lam[None, :] / apart).prod(axis=1)
    if np.abs(coefficients).max() > _LARGEST_COEFFICIENT:
        return otherwise
    # P(product <= x) = P(sum >= -log x) = sum of c_i x^rate_i
    return increasing_root(lambda x: float(coefficients @ x**lam) - q, 0.0, 1.0)


def _matched(mean: Floats, square: Floats, q: float) -> Floats:
    """Quantiles of the beta distributions with these first and second moments."""
    variance = np.maximum(square - mean**2, 1e-300)
    common = mean * (1 - mean) / variance - 1
    return np.asarray(special.betaincinv(mean * common, (1 - mean) * common, q), dtype=np.float64)
