"""What two arms of given sizes could ever show, before any patient is counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from casewise import stats
from casewise.stats.power import binomial, largest_rejecting_u

Floats = NDArray[np.float64]

TESTS: dict[str, Callable[[int, int, int, int], stats.TestResult]] = {
    "fisher": stats.fisher,
    "fisher-central": partial(stats.fisher, kind="central"),
    "fisher-mid-p": partial(stats.fisher, mid_p=True),
    "barnard": stats.barnard,
    "boschloo": stats.boschloo,
    "chi-square": stats.chi_square,
}
RISKS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
# The rank-sum's power takes some 0.1 s at so many pairs of patients, and is asked for 15 times.
_MOST_PAIRS = 2_500
# The score interval of every result is computed once; beyond so many, Newcombe's takes its place.
_MOST_SCORE_INTERVALS = 1_000
_MOST_RESULTS = {"fisher": 1_000_000, "chi-square": 250_000}
_MOST_RESULTS_OTHERS = 3_000
# The risks at which the size is looked for; between them it moves by less than a tenth of a percent
_SIZE_GRID = 1_001


@dataclass(frozen=True, slots=True)
class Detectable:
    """The smallest differences from a control risk that are shown with the power asked for.

    ``lower`` and ``higher`` are the treated risks nearest to the control risk, below and above it,
    ``None`` where no risk on that side has the power. ``width`` is the expected width of the
    interval for the risk difference with that risk in both arms.
    """

    control_risk: float
    lower: float | None
    higher: float | None
    width: float


@dataclass(frozen=True, slots=True)
class ProportionsPlan:
    """What a test of two proportions could show.

    ``rejecting`` lists the results with P of at most the level, of ``results`` in all, as (events
    treated, events control, P). ``size`` is the largest probability of one of them where both
    risks are ``size_at``. ``power`` has a row for each treated risk and a column for each control
    risk. ``interval`` names the method whose width ``detectable`` expects.
    """

    test: str
    smallest_p: float
    rejecting: tuple[tuple[int, int, float], ...]
    results: int
    size: float
    size_at: float
    treated_risks: tuple[float, ...]
    control_risks: tuple[float, ...]
    power: tuple[tuple[float, ...], ...]
    detectable: tuple[Detectable, ...]
    interval: str


@dataclass(frozen=True, slots=True)
class RankPlan:
    """What the exact rank-sum test could show, without ties.

    ``largest_u`` is the largest U of the arm with fewer wins whose P is at most the level,
    ``None`` where none is. ``size`` is the exact size. ``detectable`` is the smallest probability
    above 1/2, that a treated patient's value is above a control patient's, which is shown with the
    power asked for, ``None`` where none up to 0.999 is.
    """

    smallest_p: float
    largest_u: int | None
    pairs: int
    size: float
    detectable: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    n_1: int
    n_0: int
    level: float
    power: float
    proportions: ProportionsPlan
    ranks: RankPlan | None


def plan(
    n_1: int,
    n_0: int,
    level: float = 0.05,
    power: float = 0.8,
    test: str = "fisher",
    control_risks: tuple[float, ...] = RISKS,
) -> Plan:
    """Everything that ``n_1`` treated and ``n_0`` control patients could show at ``level``.

    Each of the (n_1 + 1)(n_0 + 1) results is tested once; power and size are sums of binomial
    probabilities over those with P of at most ``level``, so exact. The rank-sum test's power is
    that against proportional hazards [lehmann1953]; it is left out past 2,500 pairs of patients.
    ``test`` is a key of ``TESTS``. Raises ``ValueError`` for a level, power or risk outside 0 to
    1, empty arms, and more results than the test can list: a million for Fisher's, a quarter of a
    million for chi-square, 3,000 for the others.
    """
    _check(n_1, n_0, level, power, test, control_risks)
    found = stats.attainable(n_1, n_0, level, TESTS[test])
    rejected = np.zeros((n_1 + 1, n_0 + 1))
    for a, c, _ in found.rejecting:
        rejected[a, c] = 1.0
    size, size_at = _size(rejected)
    grid = tuple(tuple(_power(rejected, p_1, p_0) for p_0 in control_risks) for p_1 in RISKS)
    method = "miettinen-nurminen" if rejected.size <= _MOST_SCORE_INTERVALS else "newcombe"
    measure = partial(stats.risk_difference, method=method, level=1 - level)
    interval = lru_cache(maxsize=None)(measure)
    proportions = ProportionsPlan(
        test,
        found.smallest_p,
        found.rejecting,
        (n_1 + 1) * (n_0 + 1),
        size,
        size_at,
        RISKS,
        control_risks,
        grid,
        tuple(_detectable(rejected, p_0, power, interval) for p_0 in control_risks),
        method,
    )
    ranks = _ranks(n_1, n_0, level, power) if n_1 * n_0 <= _MOST_PAIRS else None
    return Plan(n_1, n_0, level, power, proportions, ranks)


def patients_needed(
    p_1: float, p_0: float, power: float = 0.8, level: float = 0.05
) -> stats.SampleSize:
    """The fewest patients an arm, in two equal arms, that show these risks apart by Fisher's test.

    Raises ``ValueError`` as :func:`casewise.stats.sample_size_two_proportions` does.
    """
    return stats.sample_size_two_proportions(p_1, p_0, power=power, alpha=level)


def _check(
    n_1: int, n_0: int, level: float, power: float, test: str, risks: tuple[float, ...]
) -> None:
    if min(n_1, n_0) < 1:
        raise ValueError("an arm has no patients")
    if not 0 < level < power < 1:
        raise ValueError("the level must be above 0, the power above the level and below 1")
    if test not in TESTS:
        raise ValueError(f"test must be one of {', '.join(TESTS)}, not {test!r}")
    if not all(0 <= risk <= 1 for risk in risks):
        raise ValueError("risks must be between 0 and 1")
    most = _MOST_RESULTS.get(test, _MOST_RESULTS_OTHERS)
    if (n_1 + 1) * (n_0 + 1) > most:
        others = "; --test fisher can list up to 1,000,000" if test != "fisher" else ""
        raise ValueError(f"more than {most:,} results are too many to test by {test}{others}")


def _power(rejected: Floats, p_1: float, p_0: float) -> float:
    n_1, n_0 = rejected.shape[0] - 1, rejected.shape[1] - 1
    # the sum of probabilities may pass 1 in its last digit
    return min(float(binomial(n_1, p_1) @ rejected @ binomial(n_0, p_0)), 1.0)


def _size(rejected: Floats) -> tuple[float, float]:
    """The largest probability of rejecting where both risks are the same, and that risk."""
    risks = np.linspace(0, 1, _SIZE_GRID)
    sizes = [_power(rejected, risk, risk) for risk in risks.tolist()]
    at = int(np.argmax(sizes))
    return sizes[at], float(risks[at])


def _detectable(
    rejected: Floats, p_0: float, power: float, interval: Callable[..., stats.Estimate]
) -> Detectable:
    n_1, n_0 = rejected.shape[0] - 1, rejected.shape[1] - 1
    width = stats.precision_two_proportions(p_0, n_1, p_0, n_0, interval=interval)
    control = rejected @ binomial(n_0, p_0)

    def reach(end: float) -> float | None:
        """The risk nearest to ``p_0`` from which on, to ``end``, the power is held."""

        def enough(risk: float) -> bool:
            return float(binomial(n_1, risk) @ control) >= power

        if end == p_0 or not enough(end):
            return None
        held, short = end, p_0
        for _ in range(40):
            middle = (held + short) / 2
            held, short = (middle, short) if enough(middle) else (held, middle)
        return held

    return Detectable(p_0, reach(0.0), reach(1.0), width.expected_width)


def _ranks(n_1: int, n_0: int, level: float, power: float) -> RankPlan:
    return RankPlan(
        stats.smallest_rank_sum_p(n_1, n_0),
        largest_rejecting_u(n_1, n_0, level),
        n_1 * n_0,
        stats.power_rank_sum(0.5, n_1, n_0, level),
        _detectable_wins(n_1, n_0, level, power),
    )


def _detectable_wins(n_1: int, n_0: int, level: float, power: float) -> float | None:
    low, high = 0.5, 0.999
    if stats.power_rank_sum(high, n_1, n_0, level) < power:
        return None
    for _ in range(14):
        middle = (low + high) / 2
        enough = stats.power_rank_sum(middle, n_1, n_0, level) >= power
        low, high = (low, middle) if enough else (middle, high)
    return high
