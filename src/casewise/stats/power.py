"""What a comparison of so many patients can show, counted over every possible result."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from casewise.stats._counts import count
from casewise.stats._minlike import minlike_p_values
from casewise.stats._result import Estimate, TestResult
from casewise.stats._samples import Floats, check_level
from casewise.stats.differences import risk_difference
from casewise.stats.fisher_tests import fisher

Test = Callable[[int, int, int, int], TestResult]
Interval = Callable[[int, int, int, int], Estimate]

_MOST_TABLES = 4_000_000
_MOST_PAIRS = 10_000
# Tables left out of an expectation have less probability than this together.
_NEGLIGIBLE = 1e-9


@dataclass(frozen=True, slots=True)
class Attainable:
    """What two arms of given sizes could ever show.

    ``smallest_p`` is the least P any result has. ``rejecting`` lists the results with P of at most
    ``alpha``, as (events treated, events control, P), by total number of events.
    """

    n_1: int
    n_0: int
    alpha: float
    smallest_p: float
    rejecting: tuple[tuple[int, int, float], ...]


@dataclass(frozen=True, slots=True)
class SampleSize:
    """Patients an arm, and the exact power that they have."""

    n_1: int
    n_0: int
    power: float


@dataclass(frozen=True, slots=True)
class Precision:
    """How wide an interval will be: its expected width, and the width not exceeded in 90%."""

    expected_width: float
    width_90: float
    level: float


def attainable(n_1: int, n_0: int, alpha: float = 0.05, test: Test = fisher) -> Attainable:
    """The results of ``n_1`` treated and ``n_0`` control patients that ``test`` would reject.

    ``test`` is any test of two proportions, such as ``boschloo``. Cost: every one of the
    (n_1 + 1)(n_0 + 1) results is tested; Fisher's test (the default) does a thousand an arm in
    seconds, others take their own time for each. Raises ``ValueError`` for more than 4 million
    results, empty arms, and ``alpha`` outside 0 to 1.
    """
    _check(n_1, n_0, alpha)
    p = _p_values(n_1, n_0, test)
    found = sorted(
        ((a + c, a, c) for a, c in np.argwhere(p <= alpha).tolist()),
    )
    rejecting = tuple((a, c, float(p[a, c])) for _, a, c in found)
    return Attainable(n_1, n_0, alpha, float(p.min()), rejecting)


def power_two_proportions(
    p_1: float, n_1: int, p_0: float, n_0: int, alpha: float = 0.05, test: Test = fisher
) -> float:
    """The probability of a P of at most ``alpha`` where the true risks are ``p_1`` and ``p_0``.

    Summed over all results that ``test`` rejects, so exact; with equal risks it is the test's
    size. Cost and errors as :func:`attainable`, and ``ValueError`` for risks outside 0 to 1.
    """
    _check(n_1, n_0, alpha)
    _check_risks(p_1, p_0)
    rejected = _p_values(n_1, n_0, test) <= alpha
    return float(binomial(n_1, p_1) @ rejected @ binomial(n_0, p_0))


def sample_size_two_proportions(
    p_1: float,
    p_0: float,
    power: float = 0.8,
    alpha: float = 0.05,
    ratio: float = 1.0,
    most: int = 1_000,
) -> SampleSize:
    """The fewest control patients with which Fisher's exact test has the power asked for.

    ``ratio`` treated patients come to each control patient. Power goes up and down like a saw as
    patients are added one by one; the answer has the power, and so has each of the next nine
    sizes. Every size is counted exactly. Raises ``ValueError`` where more than ``most`` control
    patients are needed, for equal risks, and for a power outside 0 to 1.
    """
    _check(1, 1, alpha)
    _check_risks(p_1, p_0)
    if p_1 == p_0 or not alpha < power < 1:
        raise ValueError("the risks must differ, and power be above alpha and below 1")
    if not (ratio > 0 and math.isfinite(ratio)):
        raise ValueError("ratio must be positive")

    def at(n_0: int) -> float:
        return power_two_proportions(p_1, _treated(n_0, ratio), p_0, n_0, alpha)

    low, high = 0, 8
    while at(high) < power:
        low, high = high, 2 * high
        if low >= most:
            raise ValueError(f"more than {most:,} control patients are needed")
    # the saw's teeth are some ten patients long: go back from the rough place as far as they reach
    while high - low > 10:
        middle = (low + high) // 2
        low, high = (low, middle) if at(middle) >= power else (middle, high)
    return _first_lasting(at, max(low - 20, 1), power, ratio, most)


def _first_lasting(
    at: Callable[[int], float], start: int, power: float, ratio: float, most: int
) -> SampleSize:
    found, n_0 = 0, start - 1
    while found < 10:
        n_0 += 1
        found = found + 1 if at(n_0) >= power else 0
        if n_0 > most + 10:
            raise ValueError(f"more than {most:,} control patients are needed")
    first = n_0 - 9
    return SampleSize(_treated(first, ratio), first, at(first))


def _treated(n_0: int, ratio: float) -> int:
    return max(round(n_0 * ratio), 1)


def precision_two_proportions(
    p_1: float,
    n_1: int,
    p_0: float,
    n_0: int,
    level: float = 0.95,
    interval: Interval | None = None,
) -> Precision:
    """How wide the interval for the risk difference will be, over all possible results.

    ``interval`` is any function of the four counts that answers with an interval, by default
    ``risk_difference`` (Miettinen and Nurminen's score interval) at ``level``. Results with a
    probability below 1e-9 together are left out. Cost: one interval a result.
    """
    _check(n_1, n_0, 0.5)
    _check_risks(p_1, p_0)
    check_level(level)
    probability = np.outer(binomial(n_1, p_1), binomial(n_0, p_0))
    order = np.argsort(-probability, axis=None)
    needed = int(np.searchsorted(np.cumsum(probability.ravel()[order]), 1 - _NEGLIGIBLE)) + 1
    widths, weights = [], []
    for place in order[:needed].tolist():
        a, c = divmod(place, n_0 + 1)
        answer = (
            interval(a, n_1, c, n_0) if interval else risk_difference(a, n_1, c, n_0, level=level)
        )
        if answer.lower is not None and answer.upper is not None:
            widths.append(answer.upper - answer.lower)
            weights.append(float(probability[a, c]))
    wide, share = np.array(widths), np.array(weights) / sum(weights)
    by_width = np.argsort(wide)
    place = int(np.searchsorted(np.cumsum(share[by_width]), 0.9 - 1e-12))
    return Precision(float(wide @ share), float(wide[by_width][place]), level)


def power_rank_sum(probability: float, n_1: int, n_0: int, alpha: float = 0.05) -> float:
    """The exact power of the rank-sum test without ties under proportional odds of winning.

    ``probability`` is that of a treated patient's value being above a control patient's. The
    distributions are taken to have proportional hazards (Lehmann's alternative), as survival times
    with a constant hazard ratio have; the order of all values then has a known probability
    [lehmann1953], and the power does not depend on the unit or shape. At 1/2 it is the test's size.
    Cost grows with (n_1 n_0)^2. Raises ``ValueError`` for a probability outside 0 to 1, empty
    arms, and more than 10,000 pairs of patients.
    """
    _check(n_1, n_0, alpha)
    if not 0 < probability < 1:
        raise ValueError("probability must be between 0 and 1")
    if n_1 * n_0 > _MOST_PAIRS:
        raise ValueError(f"the exact power is out of reach for more than {_MOST_PAIRS:,} pairs")
    tail = np.cumsum(u_distribution(n_1, n_0))
    smaller = np.minimum(tail, tail[::-1])
    rejected = 2 * smaller <= alpha * (1 + 1e-12)
    return float(_wins(n_1, n_0, (1 - probability) / probability)[rejected].sum())


def sample_size_rank_sum(
    probability: float, power: float = 0.8, alpha: float = 0.05, ratio: float = 1.0
) -> SampleSize:
    """The fewest control patients with which the rank-sum test has the power asked for.

    The alternative and limits are those of :func:`power_rank_sum`, the search that of
    :func:`sample_size_two_proportions`.
    """
    if probability == 0.5 or not alpha < power < 1 or not (ratio > 0 and math.isfinite(ratio)):
        raise ValueError("probability must not be 1/2, power between alpha and 1, ratio positive")

    def at(n_0: int) -> float:
        return power_rank_sum(probability, _treated(n_0, ratio), n_0, alpha)

    most = int(math.sqrt(_MOST_PAIRS / ratio)) - 10
    low, high = 0, 4
    while high < most and at(high) < power:
        low, high = high, min(2 * high, most)
    return _first_lasting(at, max(low, 1), power, ratio, most)


def smallest_rank_sum_p(n_1: int, n_0: int) -> float:
    """The least two-sided P that the exact rank-sum test without ties can give."""
    _check(n_1, n_0, 0.5)
    return min(2 / math.comb(n_1 + n_0, n_1), 1.0)


def largest_rejecting_u(n_1: int, n_0: int, alpha: float = 0.05) -> int | None:
    """The largest U of the arm with fewer wins whose two-sided exact P is at most ``alpha``.

    ``None`` where not even 0 is. Without ties, as in :func:`u_distribution`.
    """
    _check(n_1, n_0, alpha)
    within = np.flatnonzero(2 * np.cumsum(u_distribution(n_1, n_0)) <= alpha * (1 + 1e-12))
    return int(within[-1]) if within.size else None


def u_distribution(n_1: int, n_0: int) -> Floats:
    """The probabilities of Mann and Whitney's U of 0 to n_1 n_0 when no arm does better [mann1947].

    Without ties. The numbers of arrangements are the Gaussian binomial coefficients: one patient
    after another multiplies by (1 - q^(n_0 + i)) / (1 - q^i). Cost grows with n_1^2 n_0.
    """
    counts = np.ones(1)
    for i in range(1, n_1 + 1):
        longer = np.zeros(counts.size + n_0)
        longer[: counts.size] = counts
        longer[n_0 + i :] -= longer[: max(longer.size - n_0 - i, 0)].copy()
        for first in range(i):
            longer[first::i] = np.cumsum(longer[first::i])
        # the lower half has lost no digits to the subtraction, and the upper is its mirror
        half = longer.size // 2
        longer[longer.size - half :] = longer[:half][::-1]
        counts = longer / longer.sum()
    return counts


def _wins(n_1: int, n_0: int, hazard_ratio: float) -> Floats:
    """The distribution of the number of pairs in which the treated value is larger.

    Values are drawn from the least up: with a treated and b control patients left, the next is a
    treated one with probability h a / (h a + b), and it is then above the controls drawn so far.
    """
    # by number of treated drawn so far; each pass of the outer loop draws one control patient
    rows: list[Floats] = []
    for drawn_0 in range(n_0 + 1):
        previous = rows
        rows = []
        for drawn_1 in range(n_1 + 1):
            here = np.zeros(n_1 * n_0 + 1)
            if drawn_1 == drawn_0 == 0:
                here[0] = 1.0
            if drawn_1:
                left = hazard_ratio * (n_1 - drawn_1 + 1)
                share = left / (left + n_0 - drawn_0)
                here[drawn_0:] += share * rows[-1][: here.size - drawn_0]
            if drawn_0:
                left_0 = n_0 - drawn_0 + 1
                here += left_0 / (hazard_ratio * (n_1 - drawn_1) + left_0) * previous[drawn_1]
            rows.append(here)
    return rows[-1]


def _p_values(n_1: int, n_0: int, test: Test) -> Floats:
    """P of every result: a row for each number of events in the treated arm."""
    p = np.ones((n_1 + 1, n_0 + 1))
    if test is fisher:
        for events in range(n_1 + n_0 + 1):
            low, values = minlike_p_values(n_1, n_0, events)
            treated = np.arange(low, low + values.size)
            p[treated, events - treated] = values
        return p
    for a in range(n_1 + 1):
        for c in range(n_0 + 1):
            answer = test(a, n_1, c, n_0).p_value
            p[a, c] = 1.0 if answer is None else answer
    return p


def binomial(n: int, p: float) -> Floats:
    """The probabilities of 0 to ``n`` events."""
    k = np.arange(n + 1)
    if p in (0.0, 1.0):
        return np.asarray(k == (n if p else 0), dtype=np.float64)
    logs = np.concatenate([[0.0], np.cumsum(np.log((n - k[:-1]) / (k[:-1] + 1)))])
    f = np.exp(logs + k * math.log(p) + (n - k) * math.log1p(-p))
    return np.asarray(f / f.sum(), dtype=np.float64)


def _check(n_1: int, n_0: int, alpha: float) -> None:
    if count(n_1, "n_1") == 0 or count(n_0, "n_0") == 0:
        raise ValueError("an arm has no patients")
    if (n_1 + 1) * (n_0 + 1) > _MOST_TABLES:
        raise ValueError(f"more than {_MOST_TABLES:,} results are possible: too many to list")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, not {alpha!r}")


def _check_risks(p_1: float, p_0: float) -> None:
    if not (0 <= p_1 <= 1 and 0 <= p_0 <= 1):
        raise ValueError("risks must be between 0 and 1")
