"""One outcome adjusted by one method: which function of ``stats`` answers, and for whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from casewise import stats
from casewise.analysis.every_code import beside_codes, penalized_score
from casewise.cohort.dataset import Bools, Floats
from casewise.protocol.adjustment import Adjust

if TYPE_CHECKING:  # they load scipy's optimizers, which a study without adjustment does not need
    from scipy.sparse import csr_matrix

    from casewise.stats import Estimate, EstimatedWeights, TestResult

ALL = "all patients"
TREATED = "the treated"
IN_DOUBT = "the overlap"
MATCHED = "the matched"
POPULATIONS = {
    "logistic regression": ALL,
    "Cox regression": ALL,
    "inverse probability weights": ALL,
    "ATT weights": TREATED,
    "overlap weights": IN_DOUBT,
    "entropy balancing": ALL,
    "ATT entropy balancing": TREATED,
    "nearest matching": MATCHED,
    "optimal matching": MATCHED,
    "stratification": ALL,
    "AIPW": ALL,
    "g-computation": ALL,
    "ATT g-computation": TREATED,
}
ESTIMANDS = {
    "inverse probability weights": ("ATE", "propensity"),
    "ATT weights": ("ATT", "propensity"),
    "overlap weights": ("overlap", "propensity"),
    "entropy balancing": ("ATE", "entropy"),
    "ATT entropy balancing": ("ATT", "entropy"),
}
MATCHING = ("nearest matching", "optimal matching")
CONDITIONAL = ("logistic regression", "Cox regression")
OUTCOME_MODELS = (*CONDITIONAL, "AIPW", "g-computation", "ATT g-computation")
# Events and non-events for each coefficient of an outcome model, patients of the smaller arm for
# each covariate of a propensity model [vittinghoff2007]: fewer than FEW declines, fewer than
# ENOUGH is told.
FEW, ENOUGH = 5, 10


Curve = tuple[Floats, Floats, float]  # days, survival after each, the last day followed
POINTS = 60  # of a doubly robust curve, each of which is an estimate of its own


@dataclass(frozen=True)
class Answer:
    """What a method says of an outcome; ``reason`` where it says nothing."""

    estimates: tuple[Estimate, ...] = ()
    test: TestResult | None = None
    risks: tuple[float, float] | None = None
    effective: tuple[float, float] | None = None
    reason: str = ""
    curves: tuple[Curve, Curve] | None = None


@dataclass
class Patients:
    """The patients of two arms that an analysis uses, and what is fitted to them, once each."""

    arm: Bools
    table: Floats
    labels: tuple[str, ...]
    exact: NDArray[np.str_] | None
    adjust: Adjust
    level: float
    codes: csr_matrix | None = None
    _weights: dict[str, EstimatedWeights] = field(default_factory=dict)
    _matches: dict[str, stats.Matches | str] = field(default_factory=dict)

    @cached_property
    def score(self) -> stats.PropensityScore:
        if self.codes is None:
            return stats.propensity_score(self.arm, self.table)
        return penalized_score(self.arm, self.penalized)

    @cached_property
    def penalized(self) -> stats.LargePropensity:
        """The propensity from every code, and from the covariates in their standard deviations."""
        return stats.large_propensity(self.arm, beside_codes(self.table, self.codes))

    def told(self, reason: str, columns: tuple[int, ...] = ()) -> str:
        """A reason of ``stats`` with the covariates' own labels."""
        if not columns:
            return reason
        numbers = ", ".join(f'"{self.labels[j]}"' for j in columns)
        return f"{reason} ({numbers})"

    def matches(self, method: str) -> stats.Matches | str:
        """Matched pairs, or why there are none."""
        if method not in self._matches:
            self._matches[method] = self._match(method)
        return self._matches[method]

    def _match(self, method: str) -> stats.Matches | str:
        if self.score.values is None:
            return self.told(self.score.reason, self.score.columns)
        score, caliper = self.score.values, self.adjust.caliper
        try:
            if method == "optimal matching":
                found = stats.optimal_matches(self.arm, score, caliper, self.exact)
            else:
                ratio, again = self.adjust.ratio, self.adjust.replacement
                found = stats.nearest_matches(self.arm, score, caliper, ratio, again, self.exact)
        except ValueError as error:
            return str(error)
        return found.reason or found

    def weights(self, method: str) -> EstimatedWeights | str:
        """The method's weights, or why there are none that may be used."""
        if method in MATCHING:
            found = self.matches(method)
            if isinstance(found, str):
                return found
            sets = None
            if not (method == "nearest matching" and self.adjust.replacement):
                sets = np.arange(self.arm.size)
                sets[found.control] = found.treated
            return stats.given_weights(self.arm, found.weights, sets, "matched")
        if method not in self._weights:
            estimand, how = ESTIMANDS["inverse probability weights" if method == "AIPW" else method]
            if self.codes is None:
                made = stats.estimated_weights(self.arm, self.table, estimand, how)
            elif self.score.values is None:
                return self.score.reason
            else:
                known = stats.balancing_weights(self.arm, self.score.values, estimand)
                if known.values is None:
                    return known.reason
                made = stats.given_weights(self.arm, known.values, None, method)
            self._weights[method] = made
        weights = self._weights[method]
        if weights.reason:
            return self.told(weights.reason, self.score.columns)
        return weights

    def stratum_weights(self) -> Floats | str:
        """Weights with which arms have all patients' shares of the strata."""
        if self.score.values is None:
            return self.told(self.score.reason, self.score.columns)
        codes = stats.strata_of_score(self.score.values, self.adjust.strata)
        w = np.zeros(self.arm.size)
        for code in np.unique(codes):
            inside = codes == code
            for here in (inside & self.arm, inside & ~self.arm):
                w[here] = inside.sum() / max(int(here.sum()), 1)
        return w


def binary_effect(patients: Patients, method: str, happened: Bools) -> Answer:
    arm, table, level = patients.arm, patients.table, patients.level
    if patients.score.columns and "separation" not in patients.score.reason:
        return Answer(reason=patients.told(patients.score.reason, patients.score.columns))
    if method in OUTCOME_MODELS:
        few = _few_events(int(happened.sum()), int((~happened).sum()), table.shape[1] + 1)
        if few:
            return Answer(reason=few)
    match method:
        case "logistic regression":
            fitted = stats.logistic_odds_ratio(happened, arm, table, level)
            return _of_ratio(fitted.ratio, fitted.test)
        case "AIPW":
            return _of_risks(stats.aipw(happened, arm, table, level))
        case "g-computation":
            return _of_risks(stats.g_computation(happened, arm, table, "ATE", level))
        case "ATT g-computation":
            return _of_risks(stats.g_computation(happened, arm, table, "ATT", level))
        case "stratification":
            if patients.score.values is None:
                return Answer(reason=patients.told(patients.score.reason, patients.score.columns))
            score, strata = patients.score.values, patients.adjust.strata
            return _of_risks(stats.stratified_risks(happened, arm, score, strata, level))
    weights = patients.weights(method)
    if isinstance(weights, str):
        return Answer(reason=weights)
    if patients.adjust.bootstrap and ESTIMANDS.get(method, ("", ""))[1] == "propensity":
        resampled = stats.bootstrap_weighted_risks(
            happened, arm, table, ESTIMANDS[method][0], patients.adjust.bootstrap, 0, level
        )
        return _of_risks(resampled.comparison)
    return _of_risks(stats.risks_with(happened, weights, level))


def timed_effect(
    patients: Patients, method: str, time: Floats, event: Bools, horizon: float | None
) -> Answer:
    arm, table, level = patients.arm, patients.table, patients.level
    if patients.score.columns:
        return Answer(reason=patients.told(patients.score.reason, patients.score.columns))
    if method in OUTCOME_MODELS:
        few = _few_events(int(event.sum()), int(event.sum()), table.shape[1] + 1)
        if few:
            return Answer(reason=few)
    if method == "Cox regression":
        fitted = stats.cox_hazard_ratio(time, event, arm, table, level)
        return _of_ratio(fitted.ratio, fitted.test)
    if method == "AIPW":
        if horizon is None:
            return Answer(reason='a doubly robust risk needs a horizon: write "within: 1 year"')
        found = _of_risks(
            stats.doubly_robust_risks_by(time, event, arm, table, horizon, level), without_odds=True
        )
        return replace(found, curves=_doubly_robust(time, event, arm, table, horizon))
    weights = patients.weights(method)
    if isinstance(weights, str):
        return Answer(reason=weights)
    hazard = stats.weighted_hazard_ratio(time, event, weights, level)
    estimates: tuple[Estimate, ...] = (hazard.ratio,)
    risks = None
    if horizon is not None:
        by = stats.weighted_risks_by(time, event, weights, horizon, level)
        estimates = (by.risk_difference, by.risk_ratio, hazard.ratio)
        if by.risk_treated.value is not None and by.risk_control.value is not None:
            risks = (by.risk_treated.value, by.risk_control.value)
    curves = (
        _weighted(time, event, weights.values * arm, horizon),
        _weighted(time, event, weights.values * ~arm, horizon),
    )
    effective = weights.weights.effective
    return Answer(estimates, hazard.test, risks, effective, hazard.ratio.reason, curves)


def _weighted(time: Floats, event: Bools, w: Floats, horizon: float | None) -> Curve:
    """Weighted Kaplan-Meier, to the horizon."""
    days, survival = stats.weighted_curve(time[w > 0], event[w > 0], w[w > 0])
    end = min(float(time[w > 0].max()), horizon if horizon is not None else np.inf)
    return days[days <= end], survival[days <= end], end


def _doubly_robust(
    time: Floats, event: Bools, arm: Bools, table: Floats, horizon: float
) -> tuple[Curve, Curve] | None:
    days = np.unique(time[event & (time <= horizon)])
    if not days.size:
        return None
    kept = np.unique(np.linspace(0, days.size - 1, min(POINTS, days.size)).astype(int))
    found = stats.doubly_robust_curves(time, event, arm, table, days[kept])
    if found.reason or not found.times.size:
        return None
    ends = [min(float(time[side].max()), horizon) for side in (arm, ~arm)]
    return (found.times, found.treated, ends[0]), (found.times, found.control, ends[1])


def duration_effect(patients: Patients, method: str, days: Floats) -> Answer:
    weights = patients.weights(method)
    if isinstance(weights, str):
        return Answer(reason=weights)
    difference = stats.weighted_mean_difference(days, weights, patients.level)
    test = stats.wald_test(difference)
    return Answer((difference,), test, None, weights.weights.effective, difference.reason)


def _few_events(events: int, without: int, coefficients: int) -> str:
    smaller = min(events, without)
    if smaller >= FEW * coefficients:
        return ""
    what = "events" if events <= without else "patients without the event"
    return (
        f"{smaller} {what} for {coefficients} coefficients of an outcome model: fewer than {FEW} "
        "for each, so that it is not fitted"
    )


def _of_ratio(ratio: Estimate, test: TestResult) -> Answer:
    return Answer(() if ratio.value is None else (ratio,), test, reason=ratio.reason)


def _of_risks(found: stats.RiskComparison, without_odds: bool = False) -> Answer:
    if found.reason:
        return Answer(test=found.test, reason=found.reason)
    one, zero = found.risk_treated.value, found.risk_control.value
    estimates = (found.risk_difference, found.risk_ratio, found.odds_ratio)
    return Answer(
        estimates[:2] if without_odds else estimates,
        found.test,
        None if one is None or zero is None else (one, zero),
        found.effective,
    )


Effect = Callable[[Patients, str], Answer]
