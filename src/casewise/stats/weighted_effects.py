"""Weights that were estimated, and effects of any kind with errors that know it.

An effect that depends on weights has, for each patient, a derivative by that patient's weight. Its
influence function is the weight times that derivative, plus what the patient does to everybody's
weight through the model that made the weights [lunceford2004], [stefanski2002]. That second part
is the same sum whatever the effect is; here it is written once, for the hazard ratio, survival
and means. Risks have it in ``weighting`` and ``entropy_balancing``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from casewise.stats._effects import (
    Labels,
    RiskComparison,
    compare,
    covariance_of,
    undefined,
)
from casewise.stats._logistic import fit_logistic, with_intercept
from casewise.stats._models import Coefficient, coefficient
from casewise.stats._result import Estimate, TestResult
from casewise.stats._samples import (
    Floats,
    check_choice,
    check_level,
    design,
    follow_up,
    indicator,
    sample,
)
from casewise.stats.cox_models import cox
from casewise.stats.entropy_balancing import entropy_balance, of_target, target_means
from casewise.stats.weighting import by_cluster, slopes
from casewise.stats.weights import (
    ESTIMANDS,
    SOURCES,
    Weights,
    described,
    exploded,
    raw_weights,
)

Push = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True, eq=False)
class EstimatedWeights:
    """Arms with their weights, and how each patient moves the weights of all.

    ``reason`` is empty unless there are none to be used. ``clusters`` are the labels of matched
    sets, ``None`` where patients are independent.
    """

    treated: NDArray[np.bool_]
    weights: Weights
    reason: str
    clusters: NDArray[np.intp] | None
    _push: Push

    @property
    def values(self) -> Floats:
        if self.weights.values is None:
            raise ValueError(f"there are no weights: {self.reason}")
        return self.weights.values

    def influence(self, derivative: Floats) -> Floats:
        """n times each patient's part in an effect with this ``derivative`` by the weights."""
        direct: Floats = self.treated.size * self.values * derivative + self._push(derivative)
        return direct

    def error(self, derivative: Floats) -> float:
        """The standard error of an effect with this derivative by the weights."""
        moved = self.influence(derivative)[:, None]
        n = moved.shape[0]
        if self.clusters is not None:
            moved = by_cluster(moved, self.clusters)
        squares = float(np.square(moved).sum())
        return math.sqrt(squares) / float(n)


def estimated_weights(
    treated: ArrayLike, covariates: ArrayLike, estimand: str = "ATE", method: str = "propensity"
) -> EstimatedWeights:
    """Weights that make two arms alike, from a propensity score or by entropy balancing.

    ``estimand`` as in :func:`balancing_weights` (entropy balancing: ``"ATE"`` or ``"ATT"``);
    ``method`` is ``"propensity"`` (logistic) or ``"entropy"``. Unusable, with a reason, where they
    do not exist, and where one patient carries more than half of an arm's weight.
    """
    check_choice(method, ("propensity", "entropy"), "method")
    check_choice(estimand, ESTIMANDS if method == "propensity" else ("ATE", "ATT"), "estimand")
    arm = indicator(treated, "treated")
    table = design(covariates, arm.size)
    if method == "entropy":
        weights = entropy_balance(arm, table, estimand)
        push = _entropy_push(arm, table, weights, estimand)
    else:
        weights, push = _propensity(arm, table, estimand)
    return EstimatedWeights(arm, weights, weights.reason or exploded(weights), None, push)


def given_weights(
    treated: ArrayLike, weights: ArrayLike, clusters: ArrayLike | None = None, label: str = "given"
) -> EstimatedWeights:
    """Weights taken as known: of matched sets (named by ``clusters``), or from elsewhere."""
    arm, w = indicator(treated, "treated"), sample(weights, "weights")
    if arm.size != w.size:
        raise ValueError(f"treated has {arm.size} values but weights has {w.size}")
    answer = described(arm, w, label, f"{label} weights", ())
    codes = None
    if clusters is not None:
        codes = np.unique(np.asarray(clusters), return_inverse=True)[1].astype(np.intp)
    reason = answer.reason or exploded(answer)
    return EstimatedWeights(arm, answer, reason, codes, lambda v: np.zeros(v.size))


def weighted_hazard_ratio(
    time: ArrayLike, event: ArrayLike, weights: EstimatedWeights, level: float = 0.95
) -> Coefficient:
    """The marginal hazard ratio of the arms, by Cox's model weighted [cole2004].

    The variance adds to each patient's score residual [lin1989] what the patient does to the
    weights [shu2021]; taking the weights as known is too wide for ATE. Undefined as the weights
    are, and as :func:`cox` is.
    """
    check_level(level)
    times, events = follow_up(time, event)
    method = "weighted Cox model, Efron's method for ties, robust Wald interval"
    sources = ("cox1972", "cole2004", "lin1989", "shu2021")
    reason = weights.reason
    model = None
    if not reason:
        w, arm = weights.values, weights.treated.astype(np.float64)
        model = cox(times, events, arm, weights=w, robust=True, names=("arm",), level=level)
        reason = model.reason
    if model is None or model._fit is None:
        nothing = (None, None, None)
        return coefficient("hazard ratio", nothing, level, method, sources, None, reason)
    fit = model._fit
    residual = fit.sets.score_residuals(fit.moments)[0] / fit.information[0, 0] / fit.scale[0]
    kept = np.flatnonzero(weights.values)[fit.sets.rows]
    derivative = np.zeros(times.size)
    derivative[kept] = residual / weights.values[kept]
    log, error = float(fit.beta[0] / fit.scale[0]), weights.error(derivative)
    half = NormalDist().inv_cdf((1 + level) / 2) * error
    p = max(math.erfc(abs(log / error) / math.sqrt(2)), 5e-324)
    limits = (log, log - half, log + half)
    return coefficient("hazard ratio", limits, level, method, sources, p)


def weighted_risks_by(
    time: ArrayLike,
    event: ArrayLike,
    weights: EstimatedWeights,
    horizon: float,
    level: float = 0.95,
) -> RiskComparison:
    """Risks up to ``horizon`` under censoring, from weighted Kaplan-Meier curves [cole2004].

    Each arm's curve counts patients and events by weight [xie2005]; censoring is taken as
    independent within arms. Undefined as the weights are, and where an arm's follow-up ends
    before the horizon with patients event-free.
    """
    check_level(level)
    times, events = follow_up(time, event)
    method = "weighted Kaplan-Meier, robust standard errors with the weights estimated"
    sources = ("cole2004", "xie2005", "stefanski2002")
    labels = Labels(weights.weights.estimand, method, sources, level)
    if weights.reason:
        return undefined(labels, weights.reason)
    risks, columns = [], []
    for here, name in ((weights.treated, "treated"), (~weights.treated, "control")):
        w = np.where(here, weights.values, 0.0)
        survival, derivative, reached = survival_to(times, events, w, horizon)
        if not reached:
            return undefined(labels, f"follow-up of the {name} arm ends before {horizon:g}")
        risks.append(1 - survival)
        columns.append(weights.influence(-derivative))
    influence = np.column_stack(columns)
    n = influence.shape[0]
    if weights.clusters is not None:
        influence = by_cluster(influence, weights.clusters)
    covariance = covariance_of(influence) * (influence.shape[0] / n) ** 2
    return compare((risks[0], risks[1]), covariance, weights.weights.effective, labels)


def weighted_curve(time: ArrayLike, event: ArrayLike, weights: ArrayLike) -> tuple[Floats, Floats]:
    """Event times and the weighted Kaplan-Meier estimate just after each [xie2005]."""
    times, events = follow_up(time, event)
    w = sample(weights, "weights")
    distinct, d, at_risk = _weighted_table(times, events, w)
    happened = d > 0
    safe = np.where(at_risk > 0, at_risk, 1.0)
    survival: Floats = np.cumprod(1 - d / safe)[happened].astype(np.float64)
    return distinct[happened], survival


def risks_with(
    outcome: ArrayLike, weights: EstimatedWeights, level: float = 0.95
) -> RiskComparison:
    """Weighted risks of a binary outcome; the same as :func:`propensity_weighted_risks` and
    :func:`entropy_balanced_risks` give with the same weights, without fitting them again."""
    check_level(level)
    y = indicator(outcome, "outcome").astype(np.float64)
    known = weights.clusters is not None or weights.weights.estimand not in (*ESTIMANDS,)
    how = "as given" if known else "estimated"
    method = f"weighted risks, robust standard errors with the weights {how}"
    sources = (*weights.weights.sources, "liang1986" if known else "lunceford2004")
    labels = Labels(weights.weights.estimand, method, sources, level)
    if weights.reason:
        return undefined(labels, weights.reason)
    w, arm = weights.values, weights.treated
    risks, columns = [], []
    for here in (arm, ~arm):
        total = w[here].sum()
        risk = float(w[here] @ y[here] / total)
        risks.append(risk)
        columns.append(weights.influence(np.where(here, (y - risk) / total, 0.0)))
    influence = np.column_stack(columns)
    n = influence.shape[0]
    if weights.clusters is not None:
        influence = by_cluster(influence, weights.clusters)
    covariance = covariance_of(influence) * (influence.shape[0] / n) ** 2
    return compare((risks[0], risks[1]), covariance, weights.weights.effective, labels)


def weighted_mean_difference(
    values: ArrayLike, weights: EstimatedWeights, level: float = 0.95
) -> Estimate:
    """Treated less control: the difference of two weighted means, with a Wald interval.

    Undefined as the weights are, and where neither arm varies.
    """
    check_level(level)
    y = sample(values, "values")
    method = "difference of weighted means, robust standard error with the weights estimated"
    sources = ("lunceford2004", "stefanski2002")
    measure = "mean difference"
    if weights.reason:
        return Estimate(measure, None, None, None, level, method, sources, weights.reason)
    w, arm = weights.values, weights.treated
    derivative, means = np.zeros(y.size), []
    for here, sign in ((arm, 1.0), (~arm, -1.0)):
        total = w[here].sum()
        mean = float(w[here] @ y[here] / total)
        derivative[here] = sign * (y[here] - mean) / total
        means.append(mean)
    value, error = means[0] - means[1], weights.error(derivative)
    if error == 0:
        reason = "neither arm varies: no standard error is credible"
        return Estimate(measure, value, None, None, level, method, sources, reason)
    half = NormalDist().inv_cdf((1 + level) / 2) * error
    return Estimate(measure, value, value - half, value + half, level, method, sources)


def _propensity(arm: NDArray[np.bool_], table: Floats, estimand: str) -> tuple[Weights, Push]:
    fit = fit_logistic(arm.astype(np.float64), table, "the treatment")
    method = {
        "ATE": "inverse probability of treatment weights",
        "ATT": "weights to the treated (odds of treatment)",
        "overlap": "overlap weights",
    }[estimand]
    if fit.reason:
        nothing = Weights(
            None, estimand, (0.0, 0.0), (0.0, 0.0), method, SOURCES[estimand], fit.reason
        )
        return nothing, lambda v: np.zeros(v.size)
    with np.errstate(divide="ignore", over="ignore"):  # an infinite weight is told afterwards
        values = raw_weights(arm, fit.fitted, estimand)
    by_score = slopes(arm, fit.fitted, estimand)
    columns = with_intercept(table)

    def push(derivative: Floats) -> Floats:
        moved: Floats = fit.influence @ (columns.T @ (by_score * derivative))
        return moved

    return described(arm, values, estimand, method, SOURCES[estimand]), push


def _entropy_push(arm: NDArray[np.bool_], table: Floats, weights: Weights, estimand: str) -> Push:
    """Through the balancing equations of each arm and through the target means."""
    apart = table - target_means(table, arm, estimand)
    towards = of_target(table, arm, estimand)
    w = weights.values

    def push(derivative: Floats) -> Floats:
        moved = np.zeros(arm.size)
        if w is None:
            return moved
        for here in (arm, ~arm):
            if estimand == "ATT" and here is arm:
                continue
            share = np.where(here, w, 0.0) / w[here].sum()
            information = (apart * share[:, None]).T @ apart
            pull = apart.T @ (np.where(here, w, 0.0) * derivative)
            slope = np.linalg.lstsq(information, pull, rcond=1e-12)[0]
            moved += towards @ slope - arm.size * share * (apart @ slope)
        return moved

    return push


def _weighted_table(
    times: Floats, events: NDArray[np.bool_], w: Floats
) -> tuple[Floats, Floats, Floats]:
    """Distinct times; the weight of events at each, and the weight at risk just before."""
    distinct, index = np.unique(times, return_inverse=True)
    d: Floats = np.bincount(index, np.where(events, w, 0.0), distinct.size).astype(np.float64)
    leaving: Floats = np.bincount(index, w, distinct.size).astype(np.float64)
    at_risk: Floats = np.cumsum(leaving[::-1])[::-1]
    return distinct, d, at_risk


def survival_to(
    times: Floats, events: NDArray[np.bool_], w: Floats, horizon: float
) -> tuple[float, Floats, bool]:
    """Weighted survival to the horizon, its derivative by each weight, whether it is reached."""
    member = w > 0
    distinct, d, at_risk = _weighted_table(times[member], events[member], w[member])
    early = distinct <= horizon
    d, at_risk = np.where(early, d, 0.0), np.where(at_risk > 0, at_risk, 1.0)
    left = np.maximum(at_risk - d, 0.0)
    gone = left <= 1e-12 * at_risk
    survival = 0.0 if (gone & early).any() else float(np.prod(left / at_risk))
    reached = survival == 0.0 or bool(distinct.size and distinct[-1] >= horizon)
    derivative = np.zeros(times.size)
    if survival > 0:
        index = np.searchsorted(distinct, times[member])
        steps = np.cumsum(d / (at_risk * left))
        own = np.where(events[member] & early[index], 1 / left[index], 0.0)
        derivative[member] = survival * (steps[index] - own)
    return survival, derivative, reached


def wald_test(estimate: Estimate) -> TestResult:
    """The test of no difference that a symmetric Wald interval inverts."""
    method = f"Wald test of the {estimate.measure}"
    if estimate.value is None or estimate.lower is None or estimate.upper is None:
        return TestResult(None, None, method, estimate.sources, reason=estimate.reason)
    half = (estimate.upper - estimate.lower) / 2
    z = estimate.value / half * NormalDist().inv_cdf((1 + estimate.level) / 2)
    p = max(math.erfc(abs(z) / math.sqrt(2)), 5e-324)
    return TestResult(p, z, method, estimate.sources)
