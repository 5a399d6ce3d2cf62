"""Treatment's effect adjusted by an outcome model, or within strata of the propensity score."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from casewise.stats._effects import (
    Labels,
    RiskComparison,
    arms_and_table,
    compare,
    outcome_and_arm,
    undefined,
)
from casewise.stats._logistic import fit_logistic
from casewise.stats._models import Coefficient, coefficient
from casewise.stats._samples import Floats, check_level, follow_up
from casewise.stats.cox_models import cox
from casewise.stats.propensity import arm_and_score


def logistic_odds_ratio(
    outcome: ArrayLike, treated: ArrayLike, covariates: ArrayLike, level: float = 0.95
) -> Coefficient:
    """The odds ratio of treatment given the covariates: logistic regression, Wald's interval.

    Main effects by maximum likelihood. It is conditional on the covariates: further from 1 than
    the marginal odds ratio of weights or standardization, even without confounding. Undefined, with
    a reason, for separation, collinear and constant covariates, and an arm or outcome that is
    empty. Raises ``ValueError`` for missing values and unequal lengths.
    """
    events, arm, table = arms_and_table(outcome, treated, covariates, level)
    method, sources = "logistic regression, Wald interval", ("hosmer2013",)
    reason = ""
    if arm.size and (arm.all() or not arm.any()):
        reason = f"{'everybody' if arm.all() else 'nobody'} has the treatment"
    whole = np.column_stack([arm, table])
    if not reason:
        fit = fit_logistic(events.astype(np.float64), whole, "the outcome")
        reason = fit.reason
    if reason:
        nothing = (None, None, None)
        return coefficient("odds ratio", nothing, level, method, sources, None, reason)
    log = float(fit.coefficients[1])
    error = math.sqrt(float(fit.inverse[1, 1]) / float(whole[:, 0].std()))
    half = NormalDist().inv_cdf((1 + level) / 2) * error
    p = max(math.erfc(abs(log / error) / math.sqrt(2)), 5e-324)
    return coefficient("odds ratio", (log, log - half, log + half), level, method, sources, p)


def cox_hazard_ratio(
    time: ArrayLike,
    event: ArrayLike,
    treated: ArrayLike,
    covariates: ArrayLike,
    level: float = 0.95,
) -> Coefficient:
    """The hazard ratio of treatment given the covariates: Cox's model, Wald's interval.

    Conditional on the covariates. Undefined as :func:`cox` is.
    """
    times, events = follow_up(time, event)
    _, arm, table = arms_and_table(events, treated, covariates, level)
    names = ("treatment", *(f"covariate {j + 1}" for j in range(table.shape[1])))
    return cox(times, events, np.column_stack([arm, table]), names=names, level=level)["treatment"]


def stratified_risks(
    outcome: ArrayLike,
    treated: ArrayLike,
    score: ArrayLike,
    strata: int = 5,
    level: float = 0.95,
) -> RiskComparison:
    """Risks standardized over strata of the propensity score [rosenbaum1984].

    Strata are between quantiles of all patients' scores, equal in size but for ties; a stratum's
    risks count by its share of all patients. Five strata remove about nine tenths of the bias
    of the score, not all. Variances are binomial within strata; the strata are taken as given.
    Undefined, with a reason, where a stratum lacks one of the arms. Raises ``ValueError`` for
    fewer than 2 strata.
    """
    check_level(level)
    if strata < 2:
        raise ValueError(f"strata must be at least 2, not {strata!r}")
    events, arm = outcome_and_arm(outcome, treated)
    _, e = arm_and_score(arm, score)
    method = f"stratification by {strata} quantile groups of the propensity score"
    labels = Labels("ATE", method, ("rosenbaum1984",), level)
    codes = strata_of_score(e, strata)
    risks, variances = [0.0, 0.0], [0.0, 0.0]
    for code in np.unique(codes):
        inside = codes == code
        for k, here in enumerate((inside & arm, inside & ~arm)):
            n = int(here.sum())
            if n < 2:
                what = "treated" if k == 0 else "control"
                reason = f"a stratum has {n or 'no'} {what} patient{'' if n == 1 else 's'}"
                return undefined(labels, reason)
            share, risk = float(inside.mean()), float(events[here].mean())
            risks[k] += share * risk
            variances[k] += share**2 * risk * (1 - risk) / n
    size = float(arm.sum()), float((~arm).sum())
    return compare((risks[0], risks[1]), np.diag(variances), size, labels)


def strata_of_score(score: Floats, strata: int) -> Floats:
    """The number of each patient's stratum, from 0."""
    edges = np.quantile(score, np.linspace(0, 1, strata + 1)[1:-1])
    return np.searchsorted(edges, score, side="left").astype(np.float64)
