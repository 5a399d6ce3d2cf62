"""Barnard's and Boschloo's exact unconditional tests that two proportions are equal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from casewise.stats._conditional import TIE, binomial_weights, limits, proportion_of
from casewise.stats._counts import EMPTY_ARM, TINY, Arms, arms, no_contrast, undefined_test
from casewise.stats._result import TestResult
from casewise.stats._samples import check_choice
from casewise.stats._unconditional import supremum_under_equality
from casewise.stats.chi_square_tests import chi_square

Floats = NDArray[np.float64]

# Both tests order every table with the observed arm sizes, and then look for the supremum among
# all totals of events: 2,000 patients an arm, or 400 in one of 10,000, take about 1 s.
_MOST_TABLES = 4_100_000
_MOST_PATIENTS = 10_000


def barnard(
    events_1: int,
    n_1: int,
    events_0: int,
    n_0: int,
    statistic: str = "pooled",
    berger_boos: float | None = None,
) -> TestResult:
    """Barnard's exact unconditional test that two proportions are equal, two-sided [barnard1947].

    P is the supremum, over the common proportion, of the probability of a table whose Z statistic
    is as far from 0 as the observed one, or further (a relative tolerance of 1e-7 makes ties on
    paper ties). Z is the difference of the proportions over its standard error

    - ``pooled``: sqrt(p (1 - p) (1/n_1 + 1/n_0)), with p the proportion in both arms together;
      the score statistic. ``risk_difference(method='agresti-min')`` inverts the test, and so
      does ``risk_ratio``'s interval of that name;
    - ``unpooled``: sqrt(p_1 (1 - p_1)/n_1 + p_0 (1 - p_0)/n_0), Wald's [suissa1985]; Z is 0 where
      both arms have the same proportion, and infinite where only the error is 0.

    ``berger_boos`` is a small probability, 0.001 say: the supremum is then taken over the
    Clopper-Pearson interval of that much less than 1 for the common proportion, and the
    probability is added to P [berger1994].

    ``statistic`` of the answer is Z, positive where the treated have the higher proportion. With
    no event in either arm, or nothing but events, P is 1; with an empty arm the test is undefined.
    Raises ``ValueError`` or ``TypeError`` for what is no count. Cost grows with n_1 * n_0; past
    4.1 million possible tables or 10,000 patients the answer is the N - 1 chi-square test's, and
    says so.
    """
    check_choice(statistic, ("pooled", "unpooled"), "statistic")
    check_berger_boos(berger_boos)
    table = arms(events_1, n_1, events_0, n_0)
    method = f"Barnard's exact test, two-sided ({statistic} Z)"
    sources: tuple[str, ...] = ("barnard1947",) if statistic == "pooled" else ("suissa1985",)
    known = _without_enumeration(table, method, sources)
    if known is not None:
        return known
    z = _z(statistic == "pooled", table)
    observed = float(z[table.events_1, table.events_0])
    extreme = np.abs(z) >= abs(observed) * (1 - TIE)
    p = supremum_under_equality(_given_total(extreme), _range(table, berger_boos))
    interval = "risk_difference(method='agresti-min')" if statistic == "pooled" else ""
    return _answer(p, observed, method, sources, interval, berger_boos)


def boschloo(
    events_1: int,
    n_1: int,
    events_0: int,
    n_0: int,
    kind: str = "minlike",
    berger_boos: float | None = None,
) -> TestResult:
    """Boschloo's exact unconditional test that two proportions are equal [boschloo1970].

    Tables are ordered by Fisher's P; P is the supremum, over the common proportion, of the
    probability of a table whose Fisher P is at most the observed one. It is never above Fisher's P
    of the same kind. Two definitions are in use and differ:

    - ``minlike``: ordered by Fisher's two-sided P (R's Exact);
    - ``central``: the two one-sided tests, the smaller P doubled, at most 1 (scipy).

    ``berger_boos``: as in ``barnard``; the central kind adds it to each one-sided P.

    ``statistic`` is the Fisher P that orders the tables: two-sided for minlike, the smaller
    one-sided for central. No interval of this package inverts the test. With no event in either
    arm, or nothing but events, P is 1; with an empty arm the test is undefined. Raises
    ``ValueError`` or ``TypeError`` for what is no count. Cost grows with n_1 * n_0; past 4.1
    million possible tables or 10,000 patients the answer is the N - 1 chi-square test's, and says
    so.
    """
    check_choice(kind, ("minlike", "central"), "kind")
    check_berger_boos(berger_boos)
    table = arms(events_1, n_1, events_0, n_0)
    method = f"Boschloo's exact test, two-sided ({kind})"
    known = _without_enumeration(table, method, ("boschloo1970",))
    if known is not None:
        return known
    within = _range(table, berger_boos)
    if table.n_1 > table.n_0:  # the same test, with fewer counts across
        table = table.swapped()
    f = _hypergeometric_rows(table)
    if kind == "minlike":
        fisher_p, given_total = _least_likely(f, table)
        p = supremum_under_equality(given_total, within)
    else:
        lower, upper = np.cumsum(f, axis=1), np.cumsum(f[:, ::-1], axis=1)[:, ::-1]
        observed = [float(tail[table.events, table.events_1]) for tail in (lower, upper)]
        fisher_p = min(observed)
        one_sided = [
            supremum_under_equality(_at_most(tail, bound), within)
            for tail, bound in zip((lower, upper), observed, strict=True)
        ]
        p = 2 * min(one_sided) + (berger_boos or 0.0)  # _answer adds the other half
    return _answer(p, fisher_p, method, ("boschloo1970",), "", berger_boos)


def check_berger_boos(berger_boos: Any) -> None:
    if berger_boos is not None and not 0 < berger_boos < 1:
        raise ValueError(f"berger_boos must be between 0 and 1, not {berger_boos!r}")


def _without_enumeration(table: Arms, method: str, sources: tuple[str, ...]) -> TestResult | None:
    if table.empty:
        return undefined_test(method, sources, EMPTY_ARM)
    if table.events in (0, table.n):
        return TestResult(1.0, None, method, sources, reason=no_contrast(table))
    reason = ""
    if (table.n_1 + 1) * (table.n_0 + 1) > _MOST_TABLES:
        reason = f"more than {_MOST_TABLES:,} tables are possible with these arms"
    elif table.n > _MOST_PATIENTS:
        reason = f"more than {_MOST_PATIENTS:,} patients"
    if reason:
        return replace(chi_square(*table, kind="n-1"), reason=reason)
    return None


def _answer(
    p: float,
    statistic: float,
    method: str,
    sources: tuple[str, ...],
    interval: str,
    berger_boos: float | None,
) -> TestResult:
    if berger_boos is not None:
        p += berger_boos
        method += f", Berger-Boos {berger_boos:g}"
        sources, interval = (*sources, "berger1994"), ""
    return TestResult(min(1.0, max(p, TINY)), statistic, method, sources, interval)


def _range(table: Arms, berger_boos: float | None) -> tuple[float, float]:
    """Where the common proportion is looked for."""
    if berger_boos is None:
        return 0.0, 1.0
    low, high = limits(binomial_weights(table.n), table.events, "central", False, 1 - berger_boos)
    return proportion_of(low), proportion_of(high)


def _z(pooled: bool, table: Arms) -> Floats:
    """Z of every table, treated events down, control events across."""
    x_1, x_0 = np.arange(table.n_1 + 1.0)[:, None], np.arange(table.n_0 + 1.0)[None, :]
    p_1, p_0 = x_1 / table.n_1, x_0 / table.n_0
    if pooled:
        p = (x_1 + x_0) / table.n
        variance = p * (1 - p) * (1 / table.n_1 + 1 / table.n_0)
    else:
        variance = p_1 * (1 - p_1) / table.n_1 + p_0 * (1 - p_0) / table.n_0
    # whole numbers, so that equal proportions differ by exactly 0
    difference = (x_1 * table.n_0 - x_0 * table.n_1) / (table.n_1 * table.n_0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(difference == 0, 0.0, difference / np.sqrt(variance))


def _given_total(region: NDArray[np.bool_]) -> Floats:
    """The probability of a region of tables given each total of events."""
    n_1, n_0 = region.shape[0] - 1, region.shape[1] - 1
    x_1, x_0 = np.nonzero(region)
    weights = binomial_weights(n_1)[x_1] + binomial_weights(n_0)[x_0]
    total = x_1 + x_0
    f = np.exp(weights - binomial_weights(n_1 + n_0)[total])
    return np.bincount(total, f, minlength=n_1 + n_0 + 1).astype(np.float64)


def _hypergeometric_rows(table: Arms) -> Floats:
    """Probabilities of the first arm's events (across) given the total (down)."""
    n_1, n_0 = table.n_1, table.n_0
    # the other arm's events run against them: each row is the one above, moved by one
    padded = np.full(n_0 + 1 + 2 * n_1, -np.inf)
    padded[n_1 : n_1 + n_0 + 1] = binomial_weights(n_0)
    other = np.lib.stride_tricks.sliding_window_view(padded, n_1 + 1)[:, ::-1]
    weights = other + binomial_weights(n_1) - binomial_weights(n_1 + n_0)[:, None]
    return np.exp(weights)


def _at_most(p: Floats, bound: float) -> Floats:
    """The largest P in each row that is at most ``bound``: the region's probability there."""
    return np.asarray(np.where(p <= bound * (1 + TIE), p, 0.0).max(axis=1))


def _least_likely(f: Floats, table: Arms) -> tuple[float, Floats]:
    """Fisher's minlike P of the table, and of each total the probability of tables with at most
    that P.
    """
    observed = f[table.events, table.events_1]
    row = f[table.events]
    fisher_p = float(row[row <= observed * (1 + TIE)].sum())
    ordered = np.sort(f, axis=1)
    p = np.cumsum(ordered, axis=1)
    # tables as likely as the next belong with it: only the last of equals has the P of all
    last = np.ones(ordered.shape, dtype=np.bool_)
    last[:, :-1] = ordered[:, 1:] > ordered[:, :-1] * (1 + TIE)
    return fisher_p, _at_most(np.where(last, p, 2.0), fisher_p)
