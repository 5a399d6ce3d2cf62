"""A protocol's plain name for a test, as the function that makes it and the intervals beside it.

The odds ratio's interval is the one that inverts the test of proportions, so that the two cannot
contradict each other; Barnard's test likewise agrees with Agresti and Min's intervals of the risk
difference and the risk ratio. An interval made otherwise is drawn out to equality where the test
does not reject that (``reaching_equality``); where the test does and the interval still holds it,
the report's footnote says so (``disagreements``). Why: docs/decisions/0009 and 0018.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from casewise import results, stats
from casewise.analysis.arms import Pair
from casewise.cohort.dataset import Bools, Floats
from casewise.protocol.model import Tests

DRAWN_OUT = "drawn out to no difference, which the test does not reject"
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
    method = "agresti-min" if _few(counts) else "score"
    ratios = (
        stats.risk_ratio(*counts, method=method, level=level),
        stats.odds_ratio(*counts, method=_PROPORTIONS[tests.proportions][2], level=level),
    )
    return test, (difference, *(reaching_equality(test, ratio) for ratio in ratios))


def risk_difference(
    tests: Tests, counts: Counts, level: float
) -> tuple[stats.TestResult, stats.Estimate]:
    """The test and the risk difference alone."""
    test, arguments, _ = _PROPORTIONS[tests.proportions]
    method = "agresti-min" if _few(counts) else "miettinen-nurminen"
    made = test(*counts, **arguments)
    return made, reaching_equality(made, stats.risk_difference(*counts, method=method, level=level))


def reaching_equality(test: stats.TestResult, estimate: stats.Estimate) -> stats.Estimate:
    """The estimate, its interval drawn out to equality where the test does not reject that.

    The interval then inverts the test at equality and its own at every other value. Each value is
    tested at the level, so that it covers no less often than before.
    """
    if test.p_value is None or estimate.lower is None or estimate.upper is None:
        return estimate
    if test.p_value <= 1 - estimate.level or not _leaves_out(estimate):
        return estimate
    at = equality(estimate.measure)
    return replace(
        estimate,
        lower=min(estimate.lower, at),
        upper=max(estimate.upper, at),
        lower_open=False,
        upper_open=False,
        reason=DRAWN_OUT,
    )


def equality(measure: str) -> float:
    """What a measure is where the arms do not differ."""
    return 1.0 if measure.endswith(("ratio", "odds")) else 0.0


def _leaves_out(estimate: stats.Estimate | results.Estimate) -> bool:
    if estimate.lower is None or estimate.upper is None:
        return False
    at = equality(estimate.measure)
    above = estimate.lower > at or (estimate.lower == at and estimate.lower_open)
    below = estimate.upper < at or (estimate.upper == at and estimate.upper_open)
    return above or below


def _agrees(test: stats.TestResult, estimate: stats.Estimate) -> bool:
    """Whether an interval that exists leaves out no difference just where the test rejects it."""
    if test.p_value is None or estimate.lower is None or estimate.upper is None:
        return False
    return _leaves_out(estimate) == (test.p_value <= 1 - estimate.level)


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
    """The hazard ratio has the interval that inverts an exact log-rank test. Of many patients it
    has Wald's, as programs print it, unless that says otherwise than P. With another test it is
    Wald's too, or Firth's where Cox's likelihood has no maximum.
    """
    name = tests.times_to_event
    method = "asymptotic" if name.endswith(" asymptotic") else "auto"
    weights = _TIMES[name.removesuffix(" asymptotic")]
    arm = treated.astype(int)
    test = stats.log_rank(time, event, arm, method=method, weights=weights)
    if weights == "log-rank":
        wald = stats.hazard_ratio(time, event, arm, level=level)
        if test.method.startswith("asymptotic") and _agrees(test, wald):
            return test, (wald,)
        return test, (stats.log_rank_hazard_ratio(time, event, arm, level=level, method=method),)
    ratio = stats.hazard_ratio(time, event, arm, level=level)
    if ratio.value is None and event.any() and treated.any() and not treated.all():
        ratio = stats.firth_cox(time, event, arm, level=level)[0].ratio
    return test, (ratio,)


def disagreements(test: results.Test, estimates: Sequence[results.Estimate]) -> tuple[str, ...]:
    """Sentences on the intervals that were drawn out, and those that say otherwise than P."""
    if test.p_value is None:
        return ()
    drawn = [e.measure for e in estimates if e.reason == DRAWN_OUT]
    known = [e for e in estimates if e.lower is not None and e.upper is not None]
    otherwise = [e.measure for e in known if _leaves_out(e) != (test.p_value <= 1 - e.level)]
    notes = []
    if drawn:
        notes.append(
            f"The interval of the {' and of the '.join(drawn)} is drawn out to no difference, "
            "which the test that gives P does not reject; without that it would just leave it out."
        )
    if otherwise:
        notes.append(
            f"The interval of the {' and of the '.join(otherwise)} and the P value come from "
            "different methods, which here fall on different sides of the level; neither is wrong."
        )
    return tuple(notes)
