"""How far apart two arms are on a baseline covariate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from casewise.stats._samples import Floats, check_choice, indicator, labels, sample

_SOURCES = ("austin2009", "yang2012")


@dataclass(frozen=True, slots=True)
class StandardizedDifference:
    """A standardized mean difference.

    ``value`` is signed, treated less control, for continuous and binary covariates, and a
    distance of 0 or more for multinomial ones. It is infinite where the arms have nothing in
    common, ``None`` where undefined; ``reason`` then says why.
    """

    value: float | None
    method: str
    reason: str = ""
    sources: tuple[str, ...] = _SOURCES


def standardized_mean_difference(
    treated: ArrayLike | Sequence[Any], control: ArrayLike | Sequence[Any], kind: str = "continuous"
) -> StandardizedDifference:
    """The difference between two arms in units of their pooled standard deviation.

    ``kind`` is ``"continuous"``, ``(mean_1 - mean_0) / sqrt((s_1^2 + s_0^2) / 2)`` with sample
    variances; ``"binary"`` (0 or 1), the same with ``p (1 - p)`` as variance [austin2009]; or
    ``"multinomial"`` (any labels), the Mahalanobis distance of the two arms' proportions with the
    mean of their covariance matrices [yang2012]. Missing values are left out beforehand.

    Infinite where the arms are constant and different, or share no category; 0 where they are
    constant and equal; undefined (``None``) for an empty arm and for continuous values in an
    arm of one. Cost: linear, plus the cube of the number of categories.
    """
    check_choice(kind, ("continuous", "binary", "multinomial"), "kind")
    if kind == "multinomial":
        return _multinomial(treated, control)
    if kind == "continuous":
        x, y = sample(treated, "treated"), sample(control, "control")
        needed, method = 2, "standardized mean difference"
    else:
        x, y = (
            indicator(arm, name).astype(np.float64)
            for arm, name in ((treated, "treated"), (control, "control"))
        )
        needed, method = 1, "standardized difference of proportions"
    if min(x.size, y.size) < needed:
        reason = "an arm has no values" if min(x.size, y.size) == 0 else "an arm has one value"
        return StandardizedDifference(None, method, reason)
    return _of_two_means(x, y, needed - 1, method)


def _of_two_means(x: Floats, y: Floats, ddof: int, method: str) -> StandardizedDifference:
    difference = float(x.mean() - y.mean())
    if np.ptp(x) == 0 and np.ptp(y) == 0:  # asked of the values: a variance may round to 1e-33
        if x[0] == y[0]:
            return StandardizedDifference(0.0, method)
        reason = "neither arm varies and the arms differ"
        return StandardizedDifference(math.copysign(math.inf, difference), method, reason)
    pooled = math.sqrt((float(x.var(ddof=ddof)) + float(y.var(ddof=ddof))) / 2)
    return StandardizedDifference(difference / pooled, method)


def _multinomial(
    treated: ArrayLike | Sequence[Any], control: ArrayLike | Sequence[Any]
) -> StandardizedDifference:
    method = "standardized difference of multinomial proportions"
    x, y = labels(treated, "treated"), labels(control, "control")
    if min(x.size, y.size) == 0:
        return StandardizedDifference(None, method, "an arm has no values")
    if (x.dtype.kind == "U") != (y.dtype.kind == "U"):
        raise ValueError("treated and control must be both text or both numbers")
    categories, codes = np.unique(np.concatenate([x, y]), return_inverse=True)
    p, q = (
        np.bincount(part, minlength=categories.size) / part.size
        for part in (codes[: x.size], codes[x.size :])
    )
    if not (p * q).any():
        return StandardizedDifference(math.inf, method, "the arms share no category")
    if categories.size == 1:
        return StandardizedDifference(0.0, method)
    # The mean covariance matrix, one category left out, is singular only when the arms share no
    # category: a contrast without variance in either arm is constant over all that either has.
    p, q = p[1:], q[1:]
    covariance = (np.diag(p) - np.outer(p, p) + np.diag(q) - np.outer(q, q)) / 2
    squared = float((p - q) @ np.linalg.solve(covariance, p - q))
    return StandardizedDifference(math.sqrt(max(squared, 0.0)), method)
