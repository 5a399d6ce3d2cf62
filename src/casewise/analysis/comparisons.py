"""A protocol's plain name for a test, as the function that makes it and the intervals beside it.

The odds ratio's interval is the one that inverts the test of proportions, so that the two cannot
contradict each other; Barnard's test likewise agrees with Agresti and Min's interval of the risk
difference. Where intervals made otherwise fall on another side of the level, the report's
footnote says so (``disagreements``). Why these are the defaults: docs/decisions/0009.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from casewise import results, stats
from casewise.analysis.arms import Pair
from casewise.cohort.dataset import Bools, Floats
from casewise.protocol.model import Tests

FEW = 50  # patients in two arms up to which exact intervals of risks are made

# Test name: the function, its arguments, and the odds ratio's method that inverts it.
_PROPORTIONS: dict[str, tuple[Callable[..., stats.TestResult], dict[str, Any], str]] = {
    "Fisher": (stats.fisher, {}, "minlike"),
    "Fisher mid-p": (stats.fisher, {"mid_p": True}, "minlike"),
    "Fisher central": (stats.fisher, {"kind": "central"}, "central"),
    "Fisher central mid-p": (stats.fisher, {"kind": "central", "mid_p": True}, "mid-p"),
    "Blaker": (stats.fisher, {"kind": "blaker"}, "blaker"),
    "Barnard": (stats.barnard, {}, "minlike"),
    "Barnard unpooled": (stats.barnard, {"statistic": "unpooled"}, "minlike"),
    "Boschloo": (stats.boschloo, {}, "minlike"),
    "Boschloo central": (stats.boschloo, {"kind": "central"}, "central"),
    "chi-square": (stats.chi_square, {"kind": "pearson"}, "score"),
    "chi-square N-1": (stats.chi_square, {"kind": "n-1"}, "score"),
    "chi-square Yates": (stats.chi_square, {"kind": "yates"}, "score"),
}
_TIMES = {"log-rank": "log-rank", "Gehan": "gehan", "Peto-Prentice": "peto"}


Counts = tuple[int, int, int, int]  # events and patients, treated first


def proportions(tests: Tests, counts: Counts, level: float) -> Pair:
    """The test, the risk difference, the risk ratio and the odds ratio."""
    test, difference = risk_difference(tests, counts, level)
    odds_method = _PROPORTIONS[tests.proportions][2]
    return test, (
        difference,
        stats.risk_ratio(*counts, method="exact" if _few(counts) else "score", level=level),
        stats.odds_ratio(*counts, method=odds_method, level=level),
    )


def risk_difference(
    tests: Tests, counts: Counts, level: float
) -> tuple[stats.TestResult, stats.Estimate]:
    """The test and the risk difference alone."""
    test, arguments, _ = _PROPORTIONS[tests.proportions]
    method = "agresti-min" if _few(counts) else "miettinen-nurminen"
    return test(*counts, **arguments), stats.risk_difference(*counts, method=method, level=level)


def _few(counts: Counts) -> bool:
    return counts[1] + counts[3] <= FEW


def durations(tests: Tests, treated: Floats, control: Floats, level: float) -> Pair:
    shift = stats.hodges_lehmann(treated, control, level=level)
    match tests.durations:
        case "rank-sum":
            test = stats.rank_sum(treated, control)
        case "rank-sum asymptotic":
            test = stats.rank_sum(treated, control, method="asymptotic")
            shift = stats.hodges_lehmann(treated, control, level=level, method="asymptotic")
        case "permutation of means":
            test = stats.permutation_test(treated, control, statistic="mean")
        case "permutation of medians":
            test = stats.permutation_test(treated, control, statistic="median")
        case "Brunner-Munzel":
            test = stats.brunner_munzel(treated, control)
    return test, (shift,)


def times_to_event(tests: Tests, time: Floats, event: Bools, treated: Bools, level: float) -> Pair:
    """The hazard ratio is Cox's, or Firth's where Cox's likelihood has no maximum."""
    name = tests.times_to_event
    method = "asymptotic" if name.endswith(" asymptotic") else "auto"
    weights = _TIMES[name.removesuffix(" asymptotic")]
    arm = treated.astype(int)
    test = stats.log_rank(time, event, arm, method=method, weights=weights)
    ratio = stats.hazard_ratio(time, event, arm, level=level)
    if ratio.value is None and event.any() and treated.any() and not treated.all():
        ratio = stats.firth_cox(time, event, arm, level=level)[0].ratio
    return test, (ratio,)


def disagreements(test: results.Test, estimates: Sequence[results.Estimate]) -> tuple[str, ...]:
    """A sentence on the intervals that say otherwise than the P value at their level."""
    if test.p_value is None:
        return ()
    names = []
    for estimate in estimates:
        if estimate.lower is None or estimate.upper is None:
            continue
        null = 1.0 if estimate.measure.endswith("ratio") else 0.0
        above = estimate.lower > null or (estimate.lower == null and estimate.lower_open)
        below = estimate.upper < null or (estimate.upper == null and estimate.upper_open)
        excludes = above or below
        if excludes != (test.p_value <= 1 - estimate.level):
            names.append(estimate.measure)
    if not names:
        return ()
    listed = " and of the ".join(names)
    return (
        f"The interval of the {listed} and the P value come from different methods, which here "
        "fall on different sides of the level; neither is wrong.",
    )
