"""Risks of two arms after weighting, with errors that know the weights were estimated."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from casewise.stats._effects import (
    Labels,
    RiskComparison,
    arms_and_table,
    compare,
    covariance_of,
    effective_sample_size,
    outcome_and_arm,
    undefined,
)
from casewise.stats._logistic import Fit, fit_logistic, with_intercept
from casewise.stats._samples import Floats, check_choice, check_level, sample
from casewise.stats.weights import ESTIMANDS, SOURCES, described, exploded, raw_weights


def propensity_weighted_risks(
    outcome: ArrayLike,
    treated: ArrayLike,
    covariates: ArrayLike,
    estimand: str = "ATE",
    level: float = 0.95,
) -> RiskComparison:
    """Risks weighted by a logistic propensity score fitted here, treated against control.

    ``outcome`` and ``treated`` are 1 or 0 a patient, ``covariates`` one column or a table. Risks
    are weighted means (weights divided by the arm's sum); ``estimand`` as in
    ``balancing_weights``. The standard errors are those of M-estimation: the equations of the
    propensity model and of the two risks are solved together, and each patient's influence on
    the risks goes both ways [lunceford2004], [stefanski2002]. Taking the weights as known
    would give too wide an interval for ATE and may err either way for ATT.

    Undefined, with a reason, wherever the propensity score is, and where one patient carries
    more than half of an arm's weight. Cost: that of the propensity score.
    """
    check_choice(estimand, ESTIMANDS, "estimand")
    events, arm, table = arms_and_table(outcome, treated, covariates, level)
    y = events.astype(np.float64)
    method = "propensity-weighted risks, robust standard errors with the propensity estimated"
    labels = Labels(estimand, method, (*SOURCES[estimand], "lunceford2004"), level)
    fit = fit_logistic(arm.astype(np.float64), table, "the treatment")
    if fit.reason:
        return undefined(labels, fit.reason)
    weights = described(arm, _weights(arm, fit.fitted, estimand), estimand, "", ())
    reason = weights.reason or exploded(weights)
    if reason or weights.values is None:
        return undefined(labels, reason)
    columns = with_intercept(table)
    by_score = slopes(arm, fit.fitted, estimand)
    influence = _influence(y, arm, weights.values, by_score, columns, fit)
    return compare(
        _means(y, arm, weights.values), covariance_of(influence), weights.effective, labels
    )


def weighted_risks(
    outcome: ArrayLike,
    treated: ArrayLike,
    weights: ArrayLike,
    clusters: ArrayLike | None = None,
    estimand: str = "ATE",
    level: float = 0.95,
) -> RiskComparison:
    """Risks with weights that are given, and robust standard errors that take them as known.

    For weights from a survey, from elsewhere, or of matched sets, whose members ``clusters``
    names (one label a patient; patients of one cluster are not independent) [liang1986].
    ``estimand`` is only a label. Undefined where an arm has no weight, or one patient carries
    more than half of it. Raises ``ValueError`` for negative or missing weights.
    """
    check_level(level)
    events, arm = outcome_and_arm(outcome, treated)
    w = sample(weights, "weights")
    if w.size != arm.size:
        raise ValueError(f"outcome has {arm.size} values but weights has {w.size}")
    if w.size and w.min() < 0:
        raise ValueError("weights must not be negative")
    method = "weighted risks, robust standard errors with the weights as given"
    labels = Labels(estimand, method, ("liang1986",), level)
    if not (w[arm].any() and w[~arm].any()):
        return undefined(labels, "an arm has no patients, or no weight")
    answer = described(arm, w, estimand, "", ())
    reason = exploded(answer)
    if reason:
        return undefined(labels, reason)
    y = events.astype(np.float64)
    influence = _residuals(y, arm, w) * y.size
    if clusters is not None:
        influence = by_cluster(influence, clusters)
    scale = (influence.shape[0] / y.size) ** 2
    covariance = covariance_of(influence) * scale
    return compare(_means(y, arm, w), covariance, answer.effective, labels)


def by_cluster(influence: Floats, clusters: ArrayLike) -> Floats:
    """The sums of patients' influence within clusters."""
    labels = np.asarray(clusters)
    if labels.shape != (influence.shape[0],):
        raise ValueError("clusters must have one label a patient")
    _, codes = np.unique(labels, return_inverse=True)
    columns = [np.bincount(codes, weights=column) for column in influence.T]
    return np.column_stack(columns)


def means_and_effective(
    y: Floats, arm: NDArray[np.bool_], w: Floats
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Weighted risks and effective sizes, (treated, control)."""
    return _means(y, arm, w), (effective_sample_size(w[arm]), effective_sample_size(w[~arm]))


def _weights(arm: NDArray[np.bool_], e: Floats, estimand: str) -> Floats:
    with np.errstate(divide="ignore", over="ignore"):  # an infinite weight is told afterwards
        return raw_weights(arm, e, estimand)


def _means(y: Floats, arm: NDArray[np.bool_], w: Floats) -> tuple[float, float]:
    return (
        float(w[arm] @ y[arm] / w[arm].sum()),
        float(w[~arm] @ y[~arm] / w[~arm].sum()),
    )


def _residuals(y: Floats, arm: NDArray[np.bool_], w: Floats) -> Floats:
    """Each patient's weighted residual over the arm's weight: n rows, (treated, control)."""
    one, zero = _means(y, arm, w)
    return np.column_stack(
        [
            np.where(arm, w * (y - one), 0) / w[arm].sum(),
            np.where(arm, 0, w * (y - zero)) / w[~arm].sum(),
        ]
    )


def slopes(arm: NDArray[np.bool_], e: Floats, estimand: str) -> Floats:
    """The derivative of each weight with respect to the linear predictor."""
    if estimand == "overlap":
        return np.where(arm, -1.0, 1.0) * e * (1 - e)
    odds = e / (1 - e)
    return np.where(arm, -1 / odds if estimand == "ATE" else 0.0, odds)


def _influence(
    y: Floats, arm: NDArray[np.bool_], w: Floats, by_score: Floats, columns: Floats, fit: Fit
) -> Floats:
    """Each patient's influence on the two risks, directly and through the propensity."""
    one, zero = _means(y, arm, w)
    through = np.column_stack(
        [
            columns.T @ np.where(arm, by_score * (y - one), 0) / w[arm].sum(),
            columns.T @ np.where(arm, 0, by_score * (y - zero)) / w[~arm].sum(),
        ]
    )
    influence: Floats = _residuals(y, arm, w) * y.size + fit.influence @ through
    return influence
