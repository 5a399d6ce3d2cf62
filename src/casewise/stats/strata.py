"""Two proportions compared within strata: sites, severities."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np

from casewise.stats._conditional import (
    KINDS,
    MOST_TABLES,
    Floats,
    hypergeometric_weights,
    p_value,
    probabilities,
)
from casewise.stats._counts import TINY, Arms, arms, undefined_estimate, undefined_test
from casewise.stats._network import Node, Stage, TooLargeError, probability_no_more_likely
from casewise.stats._result import Estimate, TestResult
from casewise.stats._roots import increasing_root, unbounded_root
from casewise.stats._samples import check_choice, check_level
from casewise.stats._score import (
    RISK_DIFFERENCE,
    RISK_RATIO,
    contrast_and_variance,
    normal_quantile,
    standardized,
)
from casewise.stats.ratios import CONDITIONAL_METHODS, conditional_odds_ratio

Stratum = tuple[int, int, int, int]

NO_INFORMATION = "no stratum has patients in both arms, and both events and non-events"
_COMMON = "common odds ratio"
_ZELEN = "Zelen's exact test of a common odds ratio"

# Partial sums of log probabilities that Zelen's test keeps: a second or so.
_MOST_SUMS = 2_000_000


def stratified_fisher(
    strata: Sequence[Stratum], kind: str = "minlike", mid_p: bool = False
) -> TestResult:
    """The exact test that the odds ratio common to all strata is 1, two-sided [mehta1985].

    ``strata`` is a list of ``(events_1, n_1, events_0, n_0)``, treated first. Given each stratum's
    margins, the treated's events over all strata are a sum of hypergeometric counts; P, ``kind``
    and ``mid_p`` are as in ``fisher``, which it is for one stratum. ``statistic`` is that sum.

    ``common_odds_ratio`` of the same kind inverts the test. Strata with an empty arm, with no
    event or with nothing else say nothing and are left out; where none is left, P is 1 if any had
    patients in both arms, and undefined if not. Raises ``ValueError`` or ``TypeError`` for what is
    no count. Cost grows with the square of the number of possible sums; past 10,000 of them the
    answer is the Mantel-Haenszel test's, and says so.
    """
    check_choice(kind, KINDS, "kind")
    tables = _tables(strata)
    method = f"exact stratified test{' (mid-p)' if mid_p else ''}, two-sided ({kind})"
    sources = ("mehta1985",)
    informative = [table for table in tables if table.events not in (0, table.n)]
    if not tables:
        return undefined_test(method, sources, NO_INFORMATION)
    interval = f"common_odds_ratio(method='{kind}')"
    if mid_p:
        interval = "common_odds_ratio(method='mid-p')" if kind == "central" else ""
    if not informative:
        return TestResult(1.0, None, method, sources, interval, NO_INFORMATION)
    if _too_large(informative):
        return _mantel_haenszel(informative, False, f"more than {MOST_TABLES:,} possible sums")
    weights, i = _sum_of_events(informative)
    p = p_value(probabilities(weights, 0.0), i, kind, mid_p)
    statistic = float(sum(table.events_1 for table in informative))
    return TestResult(max(p, TINY), statistic, method, sources, interval)


def common_odds_ratio(
    strata: Sequence[Stratum], method: str = "central", level: float = 0.95
) -> Estimate:
    """The odds ratio common to all strata, treated against control, with its interval.

    ``central``, ``minlike``, ``blaker`` and ``mid-p``: the conditional maximum likelihood estimate
    and exact interval [mehta1985], as in ``odds_ratio`` and inverting ``stratified_fisher`` of the
    same kind. ``mantel-haenszel``: the sum of a d / n over the sum of b c / n [mantel1959], with
    the asymptotic interval of Robins, Breslow and Greenland on the log scale [robins1986].

    Strata that say nothing are left out; where none is left the estimate does not exist (``value``
    is ``None``). The Mantel-Haenszel interval is undefined where the estimate is 0 or infinite.
    Raises ``ValueError`` or ``TypeError`` for what is no count. Cost as ``stratified_fisher``;
    past 10,000 possible sums the answer is Mantel and Haenszel's, and says so.
    """
    check_choice(method, (*CONDITIONAL_METHODS, "mantel-haenszel"), "method")
    check_level(level)
    tables = _tables(strata)
    informative = [table for table in tables if table.events not in (0, table.n)]
    exact = method in CONDITIONAL_METHODS
    if not informative:
        label, sources = CONDITIONAL_METHODS[method] if exact else _MANTEL_HAENSZEL
        return undefined_estimate(_COMMON, level, label, sources, NO_INFORMATION)
    if not exact:
        return _mantel_haenszel_odds_ratio(informative, level, "")
    if _too_large(informative):
        reason = f"asymptotic: more than {MOST_TABLES:,} possible sums"
        return _mantel_haenszel_odds_ratio(informative, level, reason)
    weights, i = _sum_of_events(informative)
    return conditional_odds_ratio(_COMMON, weights, i, method, level)


def zelen(strata: Sequence[Stratum]) -> TestResult:
    """Zelen's exact test that the odds ratio is the same in every stratum [zelen1971].

    Given each stratum's margins and the treated's events over all strata, P is the probability
    of counts no more likely than the observed ones, with a relative tolerance of 1e-7 so that
    ties on paper count as ties. It does not depend on what the common odds ratio is.

    With fewer than two strata that have patients in both arms, events and non-events, P is 1.
    Raises ``ValueError`` or ``TypeError`` for what is no count. Cost grows with the number of
    strata and counts; the test is undefined (``p_value`` is ``None``) where there are more than
    10,000 possible sums or two million partial sums of log probabilities.
    """
    informative = [table for table in _tables(strata) if table.events not in (0, table.n)]
    if len(informative) < 2:
        reason = "fewer than two strata have patients in both arms, events and non-events"
        return TestResult(1.0, None, _ZELEN, ("zelen1971",), reason=reason)
    if _too_large(informative):
        return undefined_test(_ZELEN, ("zelen1971",), "too many tables share these margins")
    target = sum(table.events_1 for table in informative)
    observed = 0.0
    for table in informative:
        weights = _log_probabilities(table)
        observed += float(weights[table.events_1 - _lowest(table)])
    try:
        stages = _sums_towards(informative, target)
        p = probability_no_more_likely(stages, 0, observed, _MOST_SUMS)
    except TooLargeError:
        return undefined_test(_ZELEN, ("zelen1971",), "too many tables share these margins")
    return TestResult(max(p, TINY), None, _ZELEN, ("zelen1971",))


def mantel_haenszel(strata: Sequence[Stratum], corrected: bool = False) -> TestResult:
    """The Mantel-Haenszel chi-square test of treatment against control over strata [mantel1959].

    ``statistic`` is (sum of treated events less their expectation)² over the sum of their
    hypergeometric variances; ``corrected`` lowers the absolute difference by 1/2, not below 0
    (R leaves differences under 1/2 as they are).
    Asymptotic in the total, so that many small strata do. For one stratum it is the N - 1
    chi-square test. Strata that say nothing are left out; where none is left, P is 1 if any had
    patients in both arms, and undefined if not. Raises ``ValueError`` or ``TypeError`` for what
    is no count. Cost is that of reading the strata.
    """
    tables = _tables(strata)
    if not tables:
        return undefined_test("Mantel-Haenszel chi-square test", ("mantel1959",), NO_INFORMATION)
    return _mantel_haenszel(tables, corrected, "")


def stratified_risk_difference(strata: Sequence[Stratum], level: float = 0.95) -> Estimate:
    """The risk difference over strata, Mantel-Haenszel weighted, with its score interval.

    The estimate is the mean of the strata's differences weighted by n_1 n_0 / n. The interval
    holds the common differences that the stratified score test does not reject [miettinen1985]:
    the weighted sum of observed less supposed differences over its standard error, with each
    stratum's variance at the proportions most likely under the supposition. For one stratum it is
    ``risk_difference``'s default. Asymptotic.

    Strata with an empty arm are left out; where none is left nothing is defined. Raises
    ``ValueError`` or ``TypeError`` for what is no count. Cost is linear in the number of strata.
    """
    return _stratified_score(RISK_DIFFERENCE, strata, level)


def stratified_risk_ratio(strata: Sequence[Stratum], level: float = 0.95) -> Estimate:
    """The Mantel-Haenszel risk ratio over strata, with its score interval.

    The estimate is the sum of events_1 n_0 / n over the sum of events_0 n_1 / n; the interval is
    the stratified score test's, as in ``stratified_risk_difference`` [miettinen1985]. The
    estimate is 0 or infinite where one arm has no event, and does not exist (``value`` is
    ``None``, limits 0 and infinity) where neither has.
    """
    return _stratified_score(RISK_RATIO, strata, level)


def _tables(strata: Sequence[Stratum]) -> list[Arms]:
    """The strata that have patients in both arms."""
    tables = []
    for k, stratum in enumerate(strata, 1):
        if len(stratum) != 4:
            raise ValueError(f"stratum {k} must be (events_1, n_1, events_0, n_0)")
        tables.append(arms(*stratum))
    return [table for table in tables if not table.empty]


def _lowest(table: Arms) -> int:
    return max(0, table.events - table.n_0)


def _too_large(tables: Sequence[Arms]) -> bool:
    sums = sum(min(table.n_1, table.events) - _lowest(table) for table in tables) + 1
    return sums > MOST_TABLES


def _sum_of_events(tables: Sequence[Arms]) -> tuple[Floats, int]:
    """Log weights of the treated's events over all strata, and where the observed sum is."""
    weights = reduce(
        _log_convolution,
        (hypergeometric_weights(table.n_1, table.n_0, table.events) for table in tables),
    )
    return weights, sum(table.events_1 - _lowest(table) for table in tables)


def _log_convolution(a: Floats, b: Floats) -> Floats:
    """Log weights of a sum; in logs throughout, as the tails are needed to full precision."""
    if a.size < b.size:
        a, b = b, a
    total = np.full(a.size + b.size - 1, -np.inf)
    for j, weight in enumerate(b):
        part = total[j : j + a.size]
        np.logaddexp(part, a + weight, out=part)
    return total


def _log_probabilities(table: Arms) -> Floats:
    weights = hypergeometric_weights(table.n_1, table.n_0, table.events)
    top = weights.max()
    return np.asarray(weights - top - math.log(np.exp(weights - top).sum()))


def _sums_towards(tables: Sequence[Arms], target: int) -> list[Stage]:
    """Zelen's network: nodes are the treated's events so far, on ways to their observed total."""
    least = [_lowest(table) for table in tables]
    most = [min(table.n_1, table.events) for table in tables]
    stages: list[Stage] = []
    nodes = {0}
    for k, table in enumerate(tables):
        left_least, left_most = sum(least[k + 1 :]), sum(most[k + 1 :])
        weights = _log_probabilities(table).tolist()
        stage: dict[Node, list[tuple[Node, float, int]]] = {}
        for node in nodes:
            first = max(least[k], target - node - left_most)
            last = min(most[k], target - node - left_least)
            stage[node] = [(node + x, weights[x - least[k]], 1) for x in range(first, last + 1)]
        if sum(map(len, stage.values())) > _MOST_SUMS:
            raise TooLargeError
        stages.append(stage)
        first, last = target - left_most, target - left_least
        reached = range(max(first, min(nodes) + least[k]), min(last, max(nodes) + most[k]) + 1)
        nodes = set(reached)
    return stages


_MANTEL_HAENSZEL = (
    "Mantel-Haenszel, interval of Robins, Breslow and Greenland",
    ("mantel1959", "robins1986"),
)


def _mantel_haenszel(tables: Sequence[Arms], corrected: bool, reason: str) -> TestResult:
    method = "Mantel-Haenszel chi-square test" + (", continuity-corrected" if corrected else "")
    excess = variance = 0.0
    for table in tables:
        n, events = table.n, table.events
        excess += table.events_1 - table.n_1 * events / n
        variance += table.n_1 * table.n_0 * events * (n - events) / (n * n * (n - 1))
    if variance == 0:
        return TestResult(1.0, None, method, ("mantel1959",), reason=NO_INFORMATION)
    statistic = max(0.0, abs(excess) - (0.5 if corrected else 0.0)) ** 2 / variance
    p = max(math.erfc(math.sqrt(statistic / 2)), TINY)
    return TestResult(p, statistic, method, ("mantel1959",), reason=reason)


def _mantel_haenszel_odds_ratio(tables: Sequence[Arms], level: float, reason: str) -> Estimate:
    """Robins, Breslow and Greenland's variance, from each stratum's concordant and other pairs."""
    label, sources = _MANTEL_HAENSZEL
    for_, against, for_for, both, against_against = 0.0, 0.0, 0.0, 0.0, 0.0
    for table in tables:
        a, d = table.events_1, table.n_0 - table.events_0
        b, c = table.n_1 - a, table.events_0
        r, s = a * d / table.n, b * c / table.n
        p, q = (a + d) / table.n, (b + c) / table.n
        for_, against = for_ + r, against + s
        for_for += p * r
        both += p * s + q * r
        against_against += q * s
    if for_ == 0 or against == 0:
        value = math.inf if against == 0 else 0.0
        value_or_none = None if for_ == against else value
        why = "the interval is undefined where the estimate is 0 or infinite"
        return Estimate(_COMMON, value_or_none, None, None, level, label, sources, why)
    ratio = for_ / against
    variance = (
        for_for / (2 * for_**2) + both / (2 * for_ * against) + against_against / (2 * against**2)
    )
    width = math.exp(normal_quantile(level) * math.sqrt(variance))
    return Estimate(_COMMON, ratio, ratio / width, ratio * width, level, label, sources, reason)


def _stratified_score(measure: str, strata: Sequence[Stratum], level: float) -> Estimate:
    check_level(level)
    tables = _tables(strata)
    label, sources = "Mantel-Haenszel weighted, stratified score interval", ("miettinen1985",)
    if not tables:
        reason = "no stratum has patients in both arms"
        return undefined_estimate(measure, level, label, sources, reason)
    weights = [table.n_1 * table.n_0 / table.n for table in tables]
    risk_1, risk_0 = (
        sum(w * risk for w, risk in zip(weights, risks, strict=True)) / sum(weights)
        for risks in (
            [table.events_1 / table.n_1 for table in tables],
            [table.events_0 / table.n_0 for table in tables],
        )
    )

    def z(supposed: float) -> float:
        parts = [contrast_and_variance(measure, supposed, *table) for table in tables]
        contrast = sum(w * part[0] for w, part in zip(weights, parts, strict=True))
        variance = sum(w * w * part[1] for w, part in zip(weights, parts, strict=True))
        return float(standardized(contrast, variance))

    bound = normal_quantile(level)
    if measure == RISK_DIFFERENCE:
        value = risk_1 - risk_0
        lower = -1.0 if value == -1 else increasing_root(lambda d: bound - z(d), -1, value)
        upper = 1.0 if value == 1 else increasing_root(lambda d: -bound - z(d), value, 1)
        return Estimate(measure, value, lower, upper, level, label, sources)
    if risk_1 == risk_0 == 0:
        reason = "no event in either arm"
        return Estimate(measure, None, 0.0, math.inf, level, label, sources, reason)
    lower = _ratio_root(lambda ratio: bound - z(ratio)) if risk_1 > 0 else 0.0
    upper = _ratio_root(lambda ratio: -bound - z(ratio)) if risk_0 > 0 else math.inf
    value = risk_1 / risk_0 if risk_0 > 0 else math.inf
    return Estimate(measure, value, lower, upper, level, label, sources)


def _ratio_root(f: Callable[[float], float]) -> float:
    return math.exp(unbounded_root(lambda t: f(math.exp(t))))
