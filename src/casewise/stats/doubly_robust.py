"""Risks standardized by an outcome model, alone and together with a propensity model."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from casewise.stats._effects import (
    Labels,
    RiskComparison,
    arms_and_table,
    compare,
    covariance_of,
    undefined,
)
from casewise.stats._logistic import Fit, fit_logistic, with_intercept
from casewise.stats._samples import Floats, check_choice
from casewise.stats.weights import described, exploded, raw_weights


def g_computation(
    outcome: ArrayLike,
    treated: ArrayLike,
    covariates: ArrayLike,
    estimand: str = "ATE",
    level: float = 0.95,
) -> RiskComparison:
    """Risks had everybody been treated, and nobody: standardization [robins1986], [snowden2011].

    A logistic model of the outcome on treatment and covariates (main effects) predicts each
    patient's risk either way; their means over all patients (``"ATE"``) or over the treated
    (``"ATT"``) are compared. Standard errors by M-estimation, the model's coefficients and the
    means together [stefanski2002]. Right only if the outcome model is.

    Undefined, with a reason, where that model is: an empty arm, an arm in which everybody or
    nobody has the outcome, constant covariates, covariates that give each other, separation.
    Raises ``ValueError`` for missing values and unequal lengths. Cost: one logistic regression.
    """
    check_choice(estimand, ("ATE", "ATT"), "estimand")
    events, arm, table = arms_and_table(outcome, treated, covariates, level)
    method = "g-computation with a logistic outcome model, robust standard errors"
    labels = Labels(estimand, method, ("robins1986", "snowden2011", "stefanski2002"), level)
    reason = _empty(arm)
    if reason:
        return undefined(labels, reason)
    fit = fit_logistic(events.astype(np.float64), np.column_stack([arm, table]), "the outcome")
    if fit.reason:
        return undefined(labels, _renumbered(fit))
    members = arm if estimand == "ATT" else np.ones(arm.size, dtype=np.bool_)
    share = members / members.mean()
    risks, influence = [], []
    for predicted, gradient in _predictions(fit, table):
        risk = float(predicted[members].mean())
        slope = gradient.T @ share / arm.size
        risks.append(risk)
        influence.append(share * (predicted - risk) + fit.influence @ slope)
    covariance = covariance_of(np.column_stack(influence))
    size = float(arm.sum()), float((~arm).sum())
    return compare((risks[0], risks[1]), covariance, size, labels)


def aipw(
    outcome: ArrayLike, treated: ArrayLike, covariates: ArrayLike, level: float = 0.95
) -> RiskComparison:
    """Augmented inverse probability weighting: right if either model is [robins1994], [bang2005].

    With e the propensity score and m1, m0 the risks that the outcome model of
    :func:`g_computation` predicts, the treated risk is the mean of
    ``m1 + T (Y - m1) / e`` over all patients, the control risk that of
    ``m0 + (1 - T)(Y - m0) / (1 - e)``. Standard errors from each patient's influence, through
    both models as well, so that they hold when one of the models is wrong [lunceford2004].

    Undefined, with a reason, where either model is, where one patient carries more than half of
    an arm's weight, and where a risk comes out outside 0 to 1. Raises as ``g_computation``.
    """
    events, arm, table = arms_and_table(outcome, treated, covariates, level)
    y, t = events.astype(np.float64), arm.astype(np.float64)
    method = "augmented inverse probability weighting, influence-function standard errors"
    labels = Labels("ATE", method, ("robins1994", "bang2005", "lunceford2004"), level)
    treatment = fit_logistic(t, table, "the treatment")
    if treatment.reason:
        return undefined(labels, treatment.reason)
    model = fit_logistic(y, np.column_stack([arm, table]), "the outcome")
    if model.reason:
        return undefined(labels, _renumbered(model))
    e = treatment.fitted
    with np.errstate(divide="ignore", over="ignore"):  # an infinite weight is told afterwards
        weights = described(arm, raw_weights(arm, e, "ATE"), "ATE", "", ())
    reason = weights.reason or exploded(weights)
    if reason or weights.values is None:
        return undefined(labels, reason)
    columns, odds = with_intercept(table), e / (1 - e)
    risks, influence = [], []
    parts = zip(_predictions(model, table), (arm, ~arm), (-1 / odds, odds), strict=True)
    for (predicted, gradient), here, slope in parts:
        w = np.where(here, weights.values, 0.0)
        each = predicted + w * (y - predicted)
        through_treatment = columns.T @ np.where(here, slope * (y - predicted), 0.0) / y.size
        through_outcome = gradient.T @ (1 - w) / y.size
        risks.append(float(each.mean()))
        influence.append(
            each
            - each.mean()
            + treatment.influence @ through_treatment
            + model.influence @ through_outcome
        )
    if not (min(risks) >= 0 and max(risks) <= 1):
        return undefined(labels, "a risk came out outside 0 to 1: the weights are too uneven")
    covariance = covariance_of(np.column_stack(influence))
    return compare((risks[0], risks[1]), covariance, weights.effective, labels)


def _predictions(fit: Fit, table: Floats) -> list[tuple[Floats, Floats]]:
    """Predicted risks when treated and when not, and their gradients by the coefficients."""
    answers = []
    for value in (1.0, 0.0):
        columns = with_intercept(np.column_stack([np.full(table.shape[0], value), table]))
        risk = expit(columns @ fit.coefficients)
        answers.append((risk, columns * (risk * (1 - risk))[:, None]))
    return answers


def _empty(arm: NDArray[np.bool_]) -> str:
    if arm.size and (arm.all() or not arm.any()):
        return f"{'everybody' if arm.all() else 'nobody'} has the treatment"
    return ""


def _renumbered(fit: Fit) -> str:
    """The outcome model's reason; its columns count the treatment as the first."""
    return f"the outcome model: {fit.reason}" + (
        " (the treatment counted as covariate 1)" if fit.columns else ""
    )
