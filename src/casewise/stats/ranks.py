"""Rank tests of two samples."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from casewise.stats import _permutation
from casewise.stats._result import TestResult
from casewise.stats._samples import check_choice, sample

# Patients up to whom shuffles are worth their time; beyond, the normal curve errs less than they.
SAMPLED_LIMIT = 2_000
_METHODS = ("auto", "exact", "asymptotic", "monte-carlo")


def rank_sum(
    x: ArrayLike, y: ArrayLike, method: str = "auto", continuity: bool = True
) -> TestResult:
    """Wilcoxon's rank-sum test (Mann-Whitney) of two samples, two-sided, right with ties.

    The statistic is Mann and Whitney's U of ``x``: the pairs in which x is larger, ties half
    [mann1947]. The exact P is the share of all arrangements of the observed midranks, ties and
    all, whose rank sum is at least as far from its expectation as the observed one
    [wilcoxon1945]; the two tails may differ under ties, and both are counted. Its interval is
    :func:`hodges_lehmann`'s.

    ``method``: ``"exact"`` by the shift algorithm [streitberg1986]; ``"monte-carlo"``, 20,000
    shuffles with a fixed seed and the standard error given; ``"asymptotic"``, the normal curve
    with the variance corrected for ties, and for continuity unless ``continuity`` is false;
    ``"auto"``, exact where that takes up to about 0.1 s (some 150 an arm, or
    5 against 3,000), else Monte Carlo up to 2,000 patients, else asymptotic.

    Undefined (``None``) where an arm is empty or all values are tied. Raises ``ValueError`` for
    missing values, text, an unknown method, and ``"exact"`` where it is out of reach.
    """
    check_choice(method, _METHODS, "method")
    a, b = sample(x, "x"), sample(y, "y")
    name = "Wilcoxon rank-sum test"
    if min(a.size, b.size) == 0:
        return TestResult(None, None, name, reason="an arm has no values")
    scores, tied = doubled_midranks(np.concatenate([a, b]))
    # twice the rank sum is 2 U + m (m + 1)
    doubled = int(scores[: a.size].sum())
    u = (doubled - a.size * (a.size + 1)) / 2
    if tied == scores.size:
        return TestResult(None, u, name, reason="all values are tied")
    ties = ", with ties" if tied else ""
    chosen = _chosen(method, scores, a.size)
    if chosen == "exact":
        p = _permutation.whole_sum_p(scores, a.size, doubled)
        return TestResult(
            p,
            u,
            f"exact {name}{ties}",
            sources=("streitberg1986", "wilcoxon1945"),
            interval="hodges_lehmann()",
        )
    if chosen == "monte-carlo":
        p, error = _permutation.sampled_p(scores.astype(np.float64), a.size, doubled)
        return TestResult(
            p,
            u,
            f"{name}{ties} ({_permutation.sampled_name()})",
            sources=("phipson2010", "wilcoxon1945"),
            monte_carlo_error=error,
        )
    return TestResult(
        asymptotic_p(scores, a.size, continuity),
        u,
        f"asymptotic {name}{ties}{', continuity correction' if continuity else ''}",
        sources=("mann1947", "wilcoxon1945"),
        interval="hodges_lehmann(method='asymptotic')" if continuity else "",
    )


def _chosen(method: str, scores: NDArray[np.int64], size: int) -> str:
    if method not in ("auto", "exact"):
        return method
    if exact_is_possible(scores, size):
        return "exact"
    if method == "exact":
        raise ValueError(
            f"an exact rank-sum test of {size} against {scores.size - size} is out of reach: "
            "use method='monte-carlo' or 'asymptotic'"
        )
    return "monte-carlo" if scores.size <= SAMPLED_LIMIT else "asymptotic"


def exact_is_possible(scores: NDArray[np.int64], size: int) -> bool:
    return _permutation.shift_cost(scores, size) <= _permutation.SHIFT_LIMIT


def doubled_midranks(
    values: NDArray[np.float64] | NDArray[np.int64],
) -> tuple[NDArray[np.int64], int]:
    """Twice the midranks, which are whole, and how many values share theirs with the most others.

    The second is 0 without ties, and the number of values when all are tied.
    """
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    doubled = 2 * np.cumsum(counts) - counts + 1
    most = int(counts.max())
    return doubled[inverse].astype(np.int64), most if most > 1 else 0


def midranks(values: ArrayLike) -> tuple[float, ...]:
    """The ranks of ``values`` from 1, tied values sharing the mean of theirs."""
    numbers = sample(values, "values")
    return tuple((doubled_midranks(numbers)[0] / 2).tolist()) if numbers.size else ()


def asymptotic_p(scores: NDArray[np.int64], size: int, continuity: bool) -> float:
    """Two-sided P by the normal curve, variance corrected for ties; 1 when all are tied."""
    n = scores.size
    ranks = scores / 2
    deviations = ranks - (n + 1) / 2
    variance = size * (n - size) / (n * (n - 1)) * float(deviations @ deviations)
    distance = abs(float(deviations[:size].sum()))
    distance = max(distance - 0.5, 0.0) if continuity else distance
    if variance == 0 or distance == 0:
        return 1.0
    return max(float(special.erfc(distance / math.sqrt(2 * variance))), 5e-324)
