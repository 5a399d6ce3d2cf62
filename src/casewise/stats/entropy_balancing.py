"""Weights chosen so that the covariates' means agree, and otherwise as even as possible."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog

from casewise.stats._effects import (
    Labels,
    RiskComparison,
    arms_and_table,
    compare,
    covariance_of,
    undefined,
)
from casewise.stats._samples import Floats, check_choice, design, indicator
from casewise.stats.weights import Weights, described, exploded, no_weights

_SOURCES = ("hainmueller2012",)
_METHOD = "entropy balancing weights"
_ITERATIONS = 200
_TOLERANCE = 1e-10  # of a standard deviation, the greatest difference of means left


def entropy_balance(treated: ArrayLike, covariates: ArrayLike, estimand: str = "ATE") -> Weights:
    """The most even weights that give the arms the same means [hainmueller2012].

    ``"ATT"`` leaves the treated as they are and weights controls to the treated means;
    ``"ATE"`` weights both arms to the means of all. Weights are ``exp(x b)`` within an arm, found
    by Newton's method on the convex dual, means equal to 1e-10 of a standard deviation; an arm's
    weights sum to its number of patients. Add squares as covariates to balance variances.

    Undefined, with a reason, where no positive weights do it: the target lies outside, or on the
    edge of, what the arm's patients span. Raises ``ValueError`` for missing values and unequal
    lengths. Cost: 5 to 20 steps of n times the square of the number of covariates.
    """
    check_choice(estimand, ("ATE", "ATT"), "estimand")
    arm = indicator(treated, "treated")
    table = design(covariates, arm.size)
    reason = ""
    values = np.ones(arm.size)
    if not arm.size or arm.all() or not arm.any():
        return no_weights(estimand, _METHOD, _SOURCES, "an arm has no patients")
    for here, name in ((arm, "treated"), (~arm, "control")):
        if estimand == "ATT" and name == "treated":
            continue
        found, reason = _balanced(table[here], target_means(table, arm, estimand), table, name)
        if found is None:
            return no_weights(estimand, _METHOD, _SOURCES, reason)
        values[here] = found * here.sum()
    return described(arm, values, estimand, _METHOD, _SOURCES)


def entropy_balanced_risks(
    outcome: ArrayLike,
    treated: ArrayLike,
    covariates: ArrayLike,
    estimand: str = "ATE",
    level: float = 0.95,
) -> RiskComparison:
    """Risks weighted by :func:`entropy_balance`, with errors that know the weights were estimated.

    M-estimation of balancing equations, target means and risks together [stefanski2002]: a
    patient's influence is the weighted residual of the outcome on the covariates within the arm,
    and that of the target means. Undefined as the weights are, and where one patient carries
    more than half of an arm's weight.
    """
    events, arm, table = arms_and_table(outcome, treated, covariates, level)
    method = f"{_METHOD}, robust standard errors with the weights estimated"
    labels = Labels(estimand, method, (*_SOURCES, "stefanski2002"), level)
    weights = entropy_balance(arm, table, estimand)
    reason = weights.reason or exploded(weights)
    if reason or weights.values is None:
        return undefined(labels, reason)
    y, w = events.astype(np.float64), weights.values
    target = target_means(table, arm, estimand)
    towards = of_target(table, arm, estimand)
    risks, influence = [], []
    for here in (arm, ~arm):
        share = np.where(here, w, 0.0) / w[here].sum()
        risk = float(share @ y)
        residual = y - risk
        moved: Floats = np.zeros(y.size)
        if not (estimand == "ATT" and here is arm):
            apart = table - target
            information = (apart * share[:, None]).T @ apart
            slope = np.linalg.lstsq(information, apart.T @ (share * residual), rcond=1e-12)[0]
            residual = residual - apart @ slope
            moved = towards @ slope
        risks.append(risk)
        influence.append(y.size * share * residual + moved)
    covariance = covariance_of(np.column_stack(influence))
    return compare((risks[0], risks[1]), covariance, weights.effective, labels)


def target_means(table: Floats, arm: NDArray[np.bool_], estimand: str) -> Floats:
    members = table[arm] if estimand == "ATT" else table
    mean: Floats = members.mean(axis=0)
    return mean


def of_target(table: Floats, arm: NDArray[np.bool_], estimand: str) -> Floats:
    """Each patient's influence on the target means."""
    members = arm if estimand == "ATT" else np.ones(arm.size, dtype=np.bool_)
    apart = table - target_means(table, arm, estimand)
    rows: Floats = apart * (members / members.mean())[:, None]
    return rows


def _balanced(rows: Floats, target: Floats, table: Floats, name: str) -> tuple[Floats | None, str]:
    """Weights, of sum 1, with which the means of ``rows`` are ``target``."""
    spread = table.std(axis=0)
    varies = np.ptp(table, axis=0) > 0  # a column that is the same for all is balanced anyway
    apart = (rows - target)[:, varies] / spread[varies]
    beta = np.zeros(apart.shape[1])
    share, height = _shares(apart @ beta)
    for _ in range(_ITERATIONS):
        gradient = share @ apart
        if np.abs(gradient).max(initial=0.0) < _TOLERANCE:
            return share, ""
        centred = apart - gradient
        hessian = (centred * share[:, None]).T @ centred
        step = -np.linalg.lstsq(hessian, gradient, rcond=1e-13)[0]
        size = 1.0
        while size > 1e-8:
            shares, lower = _shares(apart @ (beta + size * step))
            if lower <= height + 1e-4 * size * float(gradient @ step) + 1e-15:
                break
            size /= 2
        beta, share, height = beta + size * step, shares, lower
    return None, _infeasible(apart, name)


def _shares(eta: Floats) -> tuple[Floats, float]:
    """``exp(eta)`` as parts of 1, and the log of their mean: the dual's height."""
    top = float(eta.max())
    raised = np.exp(eta - top)
    total = float(raised.sum())
    return raised / total, top + float(np.log(total / eta.size))


def _infeasible(apart: Floats, name: str) -> str:
    """Whether any weights at all balance the arm: a linear program."""
    n = apart.shape[0]
    found = linprog(
        np.zeros(n), A_eq=np.vstack([apart.T, np.ones(n)]), b_eq=[*np.zeros(apart.shape[1]), 1.0]
    )
    if found.status == 2:
        return f"no weights of the {name} arm's patients reach the target means"
    return f"only weights of 0 for some of the {name} arm's patients reach the target means"
