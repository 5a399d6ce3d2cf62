"""Fisher's exact test of a 2x2 table."""

from __future__ import annotations

import math
from dataclasses import replace

from casewise.stats._conditional import (
    KINDS,
    MOST_TABLES,
    hypergeometric_weights,
    p_value,
    probabilities,
)
from casewise.stats._counts import EMPTY_ARM, TINY, Arms, arms, no_contrast, undefined_test
from casewise.stats._result import TestResult
from casewise.stats._samples import check_choice
from casewise.stats.chi_square_tests import chi_square

_KIND_SOURCE = {"minlike": "fisher1935", "central": "fay2010", "blaker": "blaker2000"}


def fisher(
    events_1: int,
    n_1: int,
    events_0: int,
    n_0: int,
    kind: str = "minlike",
    mid_p: bool = False,
) -> TestResult:
    """Fisher's exact test that the odds ratio is 1, two-sided [fisher1935].

    Given the margins, the treated arm's events follow the hypergeometric distribution. P is the
    probability of a table as extreme as the observed one, or more so. More extreme means

    - ``minlike``: no more likely, with a relative tolerance of 1e-7 so that ties on paper count
      as ties (R's default, and most journals');
    - ``central``: twice the smaller tail, at most 1 [fay2010];
    - ``blaker``: the smaller tail is no larger than the observed smaller tail [blaker2000].

    ``mid_p`` counts half of the probability of the tables exactly as extreme as the observed
    one [lancaster1961]: closer to the level, but no longer never above it. ``statistic`` is the
    sample odds ratio, ``None`` where it is 0/0.

    The interval that inverts the test is ``odds_ratio``'s of the same kind (``mid-p`` inverts the
    central mid-p test; the other two mid-p tests have none). Minlike and Blaker intervals give
    the outermost limits of a set that may have gaps, so they can, rarely, hold an odds ratio of
    1 that the test rejects; the central one cannot.

    With no event in either arm, or nothing but events, there is one table and P is 1. With an
    empty arm the test is undefined. Raises ``ValueError`` or ``TypeError`` for what is no count.
    Cost grows with the smallest margin; past 10,000 possible tables the answer is the N - 1
    chi-square test's [campbell2007], and says so.
    """
    check_choice(kind, KINDS, "kind")
    table = arms(events_1, n_1, events_0, n_0)
    method = f"Fisher's exact test{' (mid-p)' if mid_p else ''}, two-sided ({kind})"
    sources = ("fisher1935", _KIND_SOURCE[kind], *(("lancaster1961",) if mid_p else ()))
    sources = tuple(dict.fromkeys(sources))
    if table.empty:
        return undefined_test(method, sources, EMPTY_ARM)
    if tables_with_margins(table) > MOST_TABLES:
        return replace(
            chi_square(*table, kind="n-1"),
            reason=f"more than {MOST_TABLES:,} tables share these margins",
        )
    weights = hypergeometric_weights(table.n_1, table.n_0, table.events)
    first = max(0, table.events - table.n_0)
    interval = _interval(kind, mid_p)
    if weights.size == 1:
        return TestResult(1.0, None, method, sources, interval, no_contrast(table))
    p = p_value(probabilities(weights, 0.0), table.events_1 - first, kind, mid_p)
    return TestResult(max(p, TINY), sample_odds_ratio(table), method, sources, interval)


def _interval(kind: str, mid_p: bool) -> str:
    if not mid_p:
        return f"odds_ratio(method='{kind}')"
    return "odds_ratio(method='mid-p')" if kind == "central" else ""


def tables_with_margins(table: Arms) -> int:
    return min(table.n_1, table.events) - max(0, table.events - table.n_0) + 1


def sample_odds_ratio(table: Arms) -> float | None:
    """The cross-product ratio: ``None`` for 0/0, infinite where only the divisor is 0."""
    a, b = table.events_1, table.n_1 - table.events_1
    c, d = table.events_0, table.n_0 - table.events_0
    if b * c == 0:
        return None if a * d == 0 else math.inf
    return a * d / (b * c)
