"""Doubly robust risks and survival curves under censoring, by pseudo-observations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from casewise.stats._effects import (
    Labels,
    RiskComparison,
    arms_and_table,
    compare,
    covariance_of,
    undefined,
)
from casewise.stats._logistic import Fit, fit_logistic, with_intercept
from casewise.stats._samples import Floats, follow_up
from casewise.stats.weighted_effects import survival_to
from casewise.stats.weighting import slopes
from casewise.stats.weights import described, exploded, raw_weights

_SOURCES = ("andersen2003", "wang2018", "robins1994")


@dataclass(frozen=True, slots=True, eq=False)
class DoublyRobustCurves:
    """Survival had everybody been treated, and nobody, at ``times``; never rising."""

    times: Floats
    treated: Floats
    control: Floats
    reason: str = ""


def doubly_robust_risks_by(
    time: ArrayLike,
    event: ArrayLike,
    treated: ArrayLike,
    covariates: ArrayLike,
    horizon: float,
    level: float = 0.95,
) -> RiskComparison:
    """Risks up to ``horizon`` by AIPW on pseudo-observations [andersen2003], [wang2018].

    A patient's pseudo-observation is the arm's Kaplan-Meier risk plus the patient's influence on
    it (the infinitesimal jackknife); without censoring it is whether the event happened. They take
    the outcome's place in :func:`aipw`, with a linear outcome model. Right if either the propensity
    or the outcome model is, and censoring is independent within arms. Undefined, with a reason,
    where the propensity is, one patient carries more than half of an arm's weight, an arm is not
    followed to the horizon, or a risk comes out outside 0 to 1.
    """
    times, events = follow_up(time, event)
    _, arm, table = arms_and_table(events, treated, covariates, level)
    method = "doubly robust survival (AIPW on pseudo-observations), influence-function errors"
    labels = Labels("ATE", method, _SOURCES, level)
    weights, fit, reason = _weights(arm, table)
    if weights is None or fit is None:
        return undefined(labels, reason)
    pseudo, reached = pseudo_risks(times, events, arm, horizon)
    if not reached:
        return undefined(labels, f"an arm's follow-up ends before {horizon:g}")
    means, influence = _augmented(pseudo, arm, table, weights, fit)
    if not (min(means) >= 0 and max(means) <= 1):
        return undefined(labels, "a risk came out outside 0 to 1: the weights are too uneven")
    effective = described(arm, weights, "ATE", "", ()).effective
    return compare(means, covariance_of(influence), effective, labels)


def doubly_robust_curves(
    time: ArrayLike,
    event: ArrayLike,
    treated: ArrayLike,
    covariates: ArrayLike,
    times: ArrayLike,
) -> DoublyRobustCurves:
    """Both survival curves at ``times``, by :func:`doubly_robust_risks_by` at each.

    A rise between two times, which the estimate allows and survival does not, is levelled.
    Undefined as the risks are; times past an arm's follow-up are left out.
    """
    spent, events = follow_up(time, event)
    _, arm, table = arms_and_table(events, treated, covariates, 0.95)
    weights, fit, reason = _weights(arm, table)
    grid = np.asarray(times, dtype=np.float64)
    if weights is None or fit is None:
        nothing = np.empty(0)
        return DoublyRobustCurves(nothing, nothing, nothing, reason)
    kept, one, zero = [], [], []
    for horizon in grid.tolist():
        pseudo, reached = pseudo_risks(spent, events, arm, horizon)
        if not reached:
            break
        means, _ = _augmented(pseudo, arm, table, weights, fit)
        kept.append(horizon)
        one.append(1 - means[0])
        zero.append(1 - means[1])
    falling = [np.clip(np.minimum.accumulate(np.array(c)), 0, 1) for c in (one, zero)]
    return DoublyRobustCurves(np.array(kept), falling[0], falling[1])


def pseudo_risks(
    times: Floats, events: NDArray[np.bool_], arm: NDArray[np.bool_], horizon: float
) -> tuple[Floats, bool]:
    """Pseudo-observations of the risk by the horizon, arm by arm; whether both reach it."""
    pseudo, reached = np.empty(times.size), True
    for here in (arm, ~arm):
        ones = here.astype(np.float64)
        survival, derivative, there = survival_to(times, events, ones, horizon)
        pseudo[here] = 1 - survival - here.sum() * derivative[here]
        reached &= there
    return pseudo, reached


def _weights(arm: NDArray[np.bool_], table: Floats) -> tuple[Floats | None, Fit | None, str]:
    fit = fit_logistic(arm.astype(np.float64), table, "the treatment")
    if fit.reason:
        return None, None, fit.reason
    with np.errstate(divide="ignore", over="ignore"):  # an infinite weight is told afterwards
        weights = described(arm, raw_weights(arm, fit.fitted, "ATE"), "ATE", "", ())
    reason = weights.reason or exploded(weights)
    return (None, None, reason) if reason else (weights.values, fit, "")


def _augmented(
    y: Floats, arm: NDArray[np.bool_], table: Floats, weights: Floats, fit: Fit
) -> tuple[tuple[float, float], Floats]:
    """AIPW means of ``y`` (treated, control) with a linear outcome model, and their influence."""
    n, t = y.size, arm.astype(np.float64)
    model = np.column_stack([with_intercept(table), t])
    centre, scale = model.mean(axis=0), model.std(axis=0)
    centre[0], scale[0] = 0.0, 1.0
    z = (model - centre) / scale
    inverse = np.linalg.pinv(z.T @ z / n)
    beta = inverse @ (z.T @ y / n)
    of_model = (z * (y - z @ beta)[:, None]) @ inverse
    columns = with_intercept(table)
    by_score = slopes(arm, fit.fitted, "ATE")
    means, parts = [], []
    for value, here in ((1.0, arm), (0.0, ~arm)):
        gradient = z.copy()
        gradient[:, -1] = (value - centre[-1]) / scale[-1]
        predicted = gradient @ beta
        w = np.where(here, weights, 0.0)
        each = predicted + w * (y - predicted)
        through_score = columns.T @ np.where(here, by_score * (y - predicted), 0.0) / n
        through_model = gradient.T @ (1 - w) / n
        mean = float(each.mean())
        means.append(mean)
        parts.append(each - mean + fit.influence @ through_score + of_model @ through_model)
    return (means[0], means[1]), np.column_stack(parts)
