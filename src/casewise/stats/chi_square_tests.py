"""The chi-square tests of a 2x2 table: asymptotic, for comparison and for large counts."""

from __future__ import annotations

import math

from casewise.stats._counts import EMPTY_ARM, TINY, Arms, arms, no_contrast, undefined_test
from casewise.stats._result import TestResult
from casewise.stats._samples import check_choice

_INTERVALS = {
    "pearson": "risk_ratio(method='koopman')",
    "n-1": "risk_difference(method='miettinen-nurminen')",
}
_METHODS = {
    "pearson": ("Pearson's chi-square test", ("pearson1900",)),
    "n-1": ("N - 1 chi-square test, asymptotic", ("campbell2007",)),
    "yates": ("chi-square test with Yates' continuity correction", ("yates1934",)),
    "likelihood-ratio": ("likelihood-ratio chi-square test", ("wilks1938",)),
}


def chi_square(
    events_1: int, n_1: int, events_0: int, n_0: int, kind: str = "pearson"
) -> TestResult:
    """The chi-square test that two proportions are equal, with one degree of freedom.

    - ``pearson``: the sum of (observed - expected)² / expected [pearson1900]; Koopman's interval
      of the risk ratio inverts it;
    - ``n-1``: Pearson's times (N - 1) / N, less liberal in small samples [campbell2007]; the
      Miettinen-Nurminen intervals invert it;
    - ``yates``: with the absolute difference from expected lowered by 1/2, not below 0
      [yates1934]; close to the central Fisher test;
    - ``likelihood-ratio``: 2 times the sum of observed log(observed / expected), G [wilks1938].

    ``statistic`` is chi-square. All are asymptotic: with an expected count under 5 use an exact
    test. With no event in either arm, or nothing but events, P is 1; with an empty arm the test
    is undefined. Raises ``ValueError`` or ``TypeError`` for what is no count. Cost is constant.
    """
    check_choice(kind, tuple(_METHODS), "kind")
    table = arms(events_1, n_1, events_0, n_0)
    method, sources = _METHODS[kind]
    interval = _INTERVALS.get(kind, "")
    if table.empty:
        return undefined_test(method, sources, EMPTY_ARM)
    if table.events in (0, table.n):
        return TestResult(1.0, None, method, sources, interval, no_contrast(table))
    ratio = kind == "likelihood-ratio"
    statistic = _likelihood_ratio(table) if ratio else _pearson(table, kind)
    p = math.erfc(math.sqrt(statistic / 2))
    return TestResult(max(p, TINY), statistic, method, sources, interval)


def _pearson(table: Arms, kind: str) -> float:
    # twice the whole numbers, so that Yates' half is whole too: exact up to the last division
    cross = 2 * abs(table.events_1 * table.n_0 - table.events_0 * table.n_1)
    n, events = table.n, table.events
    if kind == "yates":
        cross = max(0, cross - n)
    factor = n - 1 if kind == "n-1" else n
    return factor * cross * cross / (4 * table.n_1 * table.n_0 * events * (n - events))


def _likelihood_ratio(table: Arms) -> float:
    total = 0.0
    for events, n in ((table.events_1, table.n_1), (table.events_0, table.n_0)):
        for observed, column in ((events, table.events), (n - events, table.n - table.events)):
            if observed:
                total += observed * math.log(observed * table.n / (n * column))
    return max(0.0, 2 * total)
