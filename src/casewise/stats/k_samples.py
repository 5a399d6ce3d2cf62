"""Rank tests that are neither of two plain samples: more arms, strata, unequal spread."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from casewise.stats import _permutation
from casewise.stats._result import TestResult
from casewise.stats._samples import Floats, check_choice, indicator, labels, sample
from casewise.stats.ranks import doubled_midranks

Integers = NDArray[np.int64]
# Different sums of ranks that an exact test keeps track of; about a second.
_STATES_LIMIT = 200_000
_METHODS = ("auto", "exact", "asymptotic", "monte-carlo")


class _OutOfReachError(Exception):
    pass


def kruskal_wallis(*groups: ArrayLike, method: str = "auto") -> TestResult:
    """Kruskal and Wallis's rank test of two or more samples, right with ties [kruskal1952].

    H compares the groups' mean midranks; the statistic is H corrected for ties. The exact P is
    the share of all arrangements whose H is at least the observed one. ``method``: ``"exact"``;
    ``"monte-carlo"``, 20,000 arrangements with a fixed seed; ``"asymptotic"``, chi-square with
    groups - 1 degrees of freedom; ``"auto"``, exact where up to 200,000 combinations of rank
    sums occur (some 15 patients in three groups), else Monte Carlo up to 2,000 patients, else
    asymptotic. For two groups :func:`rank_sum` reaches farther and agrees.

    Undefined (``None``) where a group is empty or all values are tied. Raises ``ValueError`` for
    fewer than two groups, missing values, and ``"exact"`` beyond its reach.
    """
    check_choice(method, _METHODS, "method")
    if len(groups) < 2:
        raise ValueError("kruskal_wallis needs two or more groups")
    samples = [sample(group, f"group {i + 1}") for i, group in enumerate(groups)]
    name = "Kruskal-Wallis test"
    sizes = [group.size for group in samples]
    if min(sizes) == 0:
        return TestResult(None, None, name, reason="a group has no values")
    scores, tied = doubled_midranks(np.concatenate(samples))
    if tied == scores.size:
        return TestResult(None, None, name, reason="all values are tied")
    centred = scores - (scores.size + 1)  # twice the midranks less their mean
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    spread = float((centred.astype(np.float64) ** 2).mean() * scores.size / (scores.size - 1))
    h = _h(np.add.reduceat(centred, starts)[None, :], sizes) / spread
    statistic = float(h[0])
    if method in ("auto", "exact"):
        try:
            p = _exact_kruskal(centred, sizes, statistic * spread)
            return TestResult(p, statistic, f"exact {name}", ("kruskal1952",))
        except _OutOfReachError:
            if method == "exact":
                raise ValueError("an exact Kruskal-Wallis test is out of reach") from None
            method = "monte-carlo" if scores.size <= 2_000 else "asymptotic"
    if method == "asymptotic":
        p = float(special.gammaincc((len(sizes) - 1) / 2, statistic / 2))
        return TestResult(max(p, 5e-324), statistic, f"asymptotic {name}", ("kruskal1952",))
    far = 0
    for values in _permutation.shuffles(np.sort(centred).astype(np.float64)):
        shuffled = _h(np.add.reduceat(values, starts, axis=1), sizes) / spread
        far += int((shuffled >= statistic * (1 - 1e-12)).sum())
    p = (far + 1) / (_permutation.PERMUTATIONS + 1)
    return TestResult(
        p,
        statistic,
        f"{name} ({_permutation.sampled_name()})",
        ("kruskal1952", "phipson2010"),
        monte_carlo_error=math.sqrt(p * (1 - p) / _permutation.PERMUTATIONS),
    )


def _h(sums: NDArray[np.int64] | Floats, sizes: list[int]) -> Floats:
    return np.asarray((sums.astype(np.float64) ** 2 / np.array(sizes)).sum(axis=1))


def _exact_kruskal(centred: Integers, sizes: list[int], least: float) -> float:
    """Count arrangements by each group's number and sum so far, one patient after another."""
    k = len(sizes)
    states = np.zeros((1, 2 * k), dtype=np.int64)  # numbers, then sums
    ways = np.ones(1)
    for score in np.sort(centred).tolist():
        grown, counts = [], []
        for group, size in enumerate(sizes):
            open_ = states[:, group] < size
            new = states[open_].copy()
            new[:, group] += 1
            new[:, k + group] += score
            grown.append(new)
            counts.append(ways[open_])
        stacked = np.concatenate(grown)
        if stacked.shape[0] > _STATES_LIMIT:
            raise _OutOfReachError
        states, inverse = np.unique(stacked, axis=0, return_inverse=True)
        ways = np.bincount(inverse.ravel(), np.concatenate(counts)).astype(np.float64)
    far = _h(states[:, k:], sizes) >= least * (1 - 1e-12)
    return float(min(max(ways[far].sum() / ways.sum(), 5e-324), 1.0))


def van_elteren(
    values: ArrayLike, treated: ArrayLike, stratum: ArrayLike, method: str = "auto"
) -> TestResult:
    """The rank-sum test of two arms within strata (sites, severity) [vanelteren1960].

    In each stratum values are ranked among themselves; rank sums of the treated are added with
    weights 1 / (stratum size + 1). Exact: the share of all arrangements within strata whose sum
    is at least as far from its expectation, two-sided. ``treated`` is 1 or 0 a patient,
    ``stratum`` text or numbers. ``method``: ``"exact"``, ``"asymptotic"`` (normal, corrected for
    ties, not for continuity), or ``"auto"``, exact while up to 200,000 different sums occur.
    The statistic is the standardized sum.

    Undefined (``None``) where no stratum has two arms with values that differ: such strata alone
    tell the arms apart. Raises ``ValueError`` for missing values, unequal lengths, and
    ``"exact"`` beyond its reach.
    """
    check_choice(method, ("auto", "exact", "asymptotic"), "method")
    numbers, arm = sample(values, "values"), indicator(treated, "treated")
    strata = labels(stratum, "stratum")
    if not numbers.size == arm.size == strata.size:
        raise ValueError("values, treated and stratum must have one entry a patient each")
    name = "van Elteren's stratified rank-sum test"
    parts = []
    for label in np.unique(strata):
        inside = strata == label
        if inside.sum() > 1 and 0 < arm[inside].sum() < inside.sum():
            scores, _ = doubled_midranks(numbers[inside])
            parts.append((scores - scores.size - 1, arm[inside]))
    variance = sum(_variance(scores, int(first.sum())) for scores, first in parts)
    if variance == 0:
        return TestResult(
            None, None, name, reason="no stratum has two arms with values that differ"
        )
    total = sum(float(scores[first].sum()) / (scores.size + 1) for scores, first in parts)
    z = total / math.sqrt(variance)
    if method != "asymptotic":
        try:
            return TestResult(_exact_strata(parts), z, f"exact {name}", ("vanelteren1960",))
        except _OutOfReachError:
            if method == "exact":
                raise ValueError(f"an exact {name} is out of reach") from None
    p = max(math.erfc(abs(z) / math.sqrt(2)), 5e-324)
    return TestResult(p, z, f"asymptotic {name}", ("vanelteren1960",))


def _variance(scores: Integers, size: int) -> float:
    n = scores.size
    squares = float((scores.astype(np.float64) ** 2).sum())
    return size * (n - size) / (n * (n - 1)) * squares / (n + 1) ** 2


def _exact_strata(parts: list[tuple[Integers, NDArray[np.bool_]]]) -> float:
    # on a common denominator the weighted sums are whole
    common = math.lcm(*(scores.size + 1 for scores, _ in parts))
    sums, ways, observed = {0: 1.0}, {0: 1.0}, 0
    for scores, first in parts:
        weight = common // (scores.size + 1)
        observed += weight * int(scores[first].sum())
        ways = _sums_of_choices(scores.tolist(), int(first.sum()))
        if len(sums) * len(ways) > 10 * _STATES_LIMIT:
            raise _OutOfReachError
        joined: dict[int, float] = {}
        for total, count in sums.items():
            for part, number in ways.items():
                key = total + weight * part
                joined[key] = joined.get(key, 0.0) + count * number
        if len(joined) > _STATES_LIMIT:
            raise _OutOfReachError
        sums = joined
    far = math.fsum(count for total, count in sums.items() if abs(total) >= abs(observed))
    return min(far / math.fsum(sums.values()), 1.0)


def _sums_of_choices(scores: list[int], size: int) -> dict[int, float]:
    """Share of the choices of ``size`` scores, by their sum."""
    by_number: list[dict[int, float]] = [{0: 1.0}, *({} for _ in range(size))]
    for score in scores:
        for k in range(size, 0, -1):
            for total, count in by_number[k - 1].items():
                key = total + score
                by_number[k][key] = by_number[k].get(key, 0.0) + count
        if sum(map(len, by_number)) > _STATES_LIMIT:
            raise _OutOfReachError
    whole = float(math.comb(len(scores), size))
    return {total: count / whole for total, count in by_number[size].items()}
