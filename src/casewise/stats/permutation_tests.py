"""Permutation tests of means and medians."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from casewise.stats import _permutation
from casewise.stats._result import TestResult
from casewise.stats._samples import Floats, check_choice, sample

# Arrangements that are listed one by one: 10 against 10 has 184,756.
ARRANGEMENTS_LIMIT = 200_000
_METHODS = ("auto", "exact", "monte-carlo")


def permutation_test(
    x: ArrayLike, y: ArrayLike, statistic: str = "mean", method: str = "auto"
) -> TestResult:
    """Test that two samples are alike by their difference in means or medians, two-sided.

    P is the share of all arrangements of the values in two arms of these sizes whose difference
    is at least as far from 0 as the observed one [pitman1937]. The exact test holds its level
    for two samples from one distribution; samples of equal means but unequal spread are not that.

    ``statistic``: ``"mean"`` or ``"median"``; the result's is the difference x - y. ``method``:
    ``"exact"``; ``"monte-carlo"``, 20,000 arrangements with a fixed seed; ``"auto"``, exact up to
    200,000 arrangements for medians (10 against 10) and some 42 patients for means. Beyond 15,000
    patients, where 20,000 arrangements take too long, means are compared by the normal curve with
    the variance of the permutations, and ``reason`` says so.

    Undefined (``None``) where an arm is empty or all values are equal, and for medians of more than
    15,000 patients. Raises ``ValueError`` for
    missing values and ``"exact"`` beyond its reach.
    """
    check_choice(statistic, ("mean", "median"), "statistic")
    check_choice(method, _METHODS, "method")
    a, b = sample(x, "x"), sample(y, "y")
    name = f"permutation test of {statistic}s"
    if min(a.size, b.size) == 0:
        return TestResult(None, None, name, reason="an arm has no values")
    both = np.concatenate([a, b])
    if np.ptp(both) == 0:
        return TestResult(None, 0.0, name, reason="all values are equal")
    reachable = _reachable(both.size, a.size, statistic)
    if method == "exact" and not reachable:
        raise ValueError(f"an exact {name} is out of reach: use method='monte-carlo'")
    exact = reachable and method != "monte-carlo"
    if not exact and both.size > _permutation.SHUFFLED_LIMIT:
        return _of_many(both, a.size, statistic, name)
    function = _of_means if statistic == "mean" else _of_medians
    difference, p, error = function(both, a.size, exact)
    name = f"exact {name}" if exact else f"{name} ({_permutation.sampled_name()})"
    return TestResult(p, difference, name, ("pitman1937",), monte_carlo_error=error)


def _reachable(n: int, size: int, statistic: str) -> bool:
    if statistic == "mean":
        return _permutation.sums_are_few(n, size)
    return math.comb(n, size) <= ARRANGEMENTS_LIMIT


def _of_many(both: Floats, size: int, statistic: str, name: str) -> TestResult:
    limit = f"more than {_permutation.SHUFFLED_LIMIT:,} patients"
    if statistic == "median":
        return TestResult(None, None, name, ("pitman1937",), reason=f"out of reach: {limit}")
    n = both.size
    difference = float(both[:size].mean() - both[size:].mean())
    error = math.sqrt(float(both.var(ddof=1)) * n / (size * (n - size)))
    p = max(math.erfc(abs(difference) / error / math.sqrt(2)), 5e-324)
    reason = f"asymptotic: {limit}"
    return TestResult(p, difference, f"asymptotic {name}", ("pitman1937",), reason=reason)


def _of_means(both: Floats, size: int, exact: bool) -> tuple[float, float, float | None]:
    difference = float(both[:size].mean() - both[size:].mean())
    observed = float(both[:size].sum())
    if exact:
        return difference, _permutation.sum_p(both, size, observed), None
    return difference, *_permutation.sampled_p(both, size, observed)


def _of_medians(both: Floats, size: int, exact: bool) -> tuple[float, float, float | None]:
    difference = float(np.median(both[:size]) - np.median(both[size:]))
    least = abs(difference) - 1e-12 * float(np.ptp(both))
    ordered = np.sort(both)
    far = 0
    for rows in _arranged(ordered, size) if exact else _permutation.shuffles(ordered):
        differences = np.median(rows[:, :size], axis=1) - np.median(rows[:, size:], axis=1)
        far += int((np.abs(differences) >= least).sum())
    if exact:
        return difference, far / math.comb(both.size, size), None
    p = (far + 1) / (_permutation.PERMUTATIONS + 1)
    return difference, p, math.sqrt(p * (1 - p) / _permutation.PERMUTATIONS)


def _arranged(ordered: Floats, size: int) -> Iterator[Floats]:
    """Every arrangement of the values, the first arm's in front, in one block."""
    first = arrangements(ordered.size, size)
    second = np.ones((first.shape[0], ordered.size), dtype=np.bool_)
    np.put_along_axis(second, first, False, axis=1)
    rest = np.nonzero(second)[1].reshape(first.shape[0], -1)
    yield ordered[np.concatenate([first, rest], axis=1)]


def arrangements(n: int, size: int) -> _permutation.Integers:
    """Every choice of ``size`` of ``n`` patients, one a row."""
    count = math.comb(n, size)
    flat = np.fromiter(
        (i for chosen in combinations(range(n), size) for i in chosen),
        dtype=np.int64,
        count=count * size,
    )
    return flat.reshape(count, size)
