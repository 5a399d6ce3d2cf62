"""Weights that make two arms alike, and how alike they made them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from casewise.stats._effects import effective_sample_size
from casewise.stats._samples import Floats, check_choice, design, indicator, sample
from casewise.stats.propensity import arm_and_score

ESTIMANDS = ("ATE", "ATT", "overlap")
SOURCES = {
    "ATE": ("rosenbaum1987",),
    "ATT": ("rosenbaum1987",),
    "overlap": ("li2018",),
}


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """One weight a patient, and their tail.

    ``values`` is ``None`` where they do not exist; ``reason`` then says why. ``effective`` are
    the effective numbers of (treated, control) patients and ``largest_share`` is the greatest
    part of an arm's weight that one patient carries, (treated, control).
    """

    values: Floats | None
    estimand: str
    effective: tuple[float, float]
    largest_share: tuple[float, float]
    method: str
    sources: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class WeightedBalance:
    """Standardized mean differences of each covariate, treated less control.

    ``before`` without and ``after`` with weights, both in units of the same pooled standard
    deviation, that of the arms before weighting, so that weighting cannot seem to help by
    spreading an arm. ``variance_ratio`` is treated to control after weighting. ``NaN`` nowhere:
    a covariate that varies in neither arm has 0 where the arms are equal and infinity else;
    a variance ratio without variance in the control arm is infinite, or 1 without any.
    """

    before: Floats
    after: Floats
    variance_ratio: Floats
    mean_treated: Floats
    mean_control: Floats
    sources: tuple[str, ...] = ("austin2009", "austin2015")


def balancing_weights(
    treated: ArrayLike, score: ArrayLike, estimand: str = "ATE", stabilized: bool = False
) -> Weights:
    """Weights from propensity scores e, one a patient.

    ``"ATE"``: 1/e for the treated, 1/(1 - e) for controls, for all patients as they are;
    ``"ATT"``: 1 and e/(1 - e), for patients such as the treated [rosenbaum1987]; ``"overlap"``:
    1 - e and e, for patients whose treatment was in doubt, with exactly equal means of every
    covariate of a logistic propensity model [li2018]. ``stabilized`` multiplies ATE weights by
    the arm's part of the patients, which leaves every estimate within arms as it is [robins2000].

    Undefined, with a reason, where a score of 0 or 1 gives an infinite weight or an arm no
    weight at all. Raises ``ValueError`` for an empty arm and scores outside 0 to 1.
    """
    check_choice(estimand, ESTIMANDS, "estimand")
    arm, e = arm_and_score(treated, score)
    method = {
        "ATE": "inverse probability of treatment weights",
        "ATT": "weights to the treated (odds of treatment)",
        "overlap": "overlap weights",
    }[estimand]
    if stabilized:
        if estimand != "ATE":
            raise ValueError("only ATE weights are stabilized")
        method = f"stabilized {method}"
    certain = (arm & (e == 0)) | (~arm & (e == 1))
    if estimand == "ATT":
        certain &= ~arm
    if estimand != "overlap" and certain.any():
        reason = f"{int(certain.sum())} patients had no chance of the treatment they got"
        return no_weights(estimand, method, SOURCES[estimand], reason)
    values = raw_weights(arm, e, estimand)
    if stabilized:
        values *= np.where(arm, arm.mean(), 1 - arm.mean())
    return described(arm, values, estimand, method, SOURCES[estimand])


def raw_weights(arm: NDArray[np.bool_], e: Floats, estimand: str) -> Floats:
    """The formulas alone."""
    out = np.empty(e.size)
    if estimand == "overlap":
        out[arm], out[~arm] = 1 - e[arm], e[~arm]
    elif estimand == "ATE":
        out[arm], out[~arm] = 1 / e[arm], 1 / (1 - e[~arm])
    else:
        out[arm], out[~arm] = 1.0, e[~arm] / (1 - e[~arm])
    return out


def weighted_balance(
    treated: ArrayLike, covariates: ArrayLike, weights: ArrayLike
) -> WeightedBalance:
    """How alike weights make the arms, covariate by covariate [austin2009], [austin2015].

    ``covariates`` is one column or a table, a row a patient. Raises ``ValueError`` for missing
    values, negative weights, unequal lengths, and an arm without patients or without weight.
    """
    arm = indicator(treated, "treated")
    table = design(covariates, arm.size)
    w = sample(weights, "weights")
    if w.size != arm.size:
        raise ValueError(f"treated has {arm.size} values but weights has {w.size}")
    if w.size and w.min() < 0:
        raise ValueError("weights must not be negative")
    if not (w[arm].sum() > 0 and w[~arm].sum() > 0):
        raise ValueError("an arm has no patients, or no weight")
    even = np.ones(arm.size)
    (m1, v1), (m0, v0) = (_moments(table[a], even[a]) for a in (arm, ~arm))
    (after1, w1), (after0, w0) = (_moments(table[a], w[a]) for a in (arm, ~arm))
    spread = np.sqrt((v1 + v0) / 2)
    # a difference under the rounding of the means is none
    rounding = 1e-12 * np.abs(table).max(axis=0)
    return WeightedBalance(
        _over(m1 - m0, spread, rounding),
        _over(after1 - after0, spread, rounding),
        np.where(w0 > 0, w1 / np.where(w0 > 0, w0, 1), np.where(w1 > 0, math.inf, 1.0)),
        after1,
        after0,
    )


def described(
    arm: NDArray[np.bool_],
    values: Floats,
    estimand: str,
    method: str,
    sources: tuple[str, ...],
) -> Weights:
    """Weights with their effective sizes; a reason where an arm is left without weight."""
    sums = values[arm].sum(), values[~arm].sum()
    if not (np.isfinite(values).all() and min(sums) > 0):
        return no_weights(estimand, method, sources, "an arm has no weight, or an infinite one")
    effective = effective_sample_size(values[arm]), effective_sample_size(values[~arm])
    shares = float(values[arm].max() / sums[0]), float(values[~arm].max() / sums[1])
    return Weights(values, estimand, effective, shares, method, sources)


def no_weights(estimand: str, method: str, sources: tuple[str, ...], reason: str) -> Weights:
    return Weights(None, estimand, (0.0, 0.0), (0.0, 0.0), method, sources, reason)


def exploded(weights: Weights) -> str:
    """Why no estimate should be made with such weights; empty where one may.

    An arm in which one patient carries more than half of the weight is that patient's story, and
    the robust standard error, a sum over patients, understates what such a patient does to it.
    """
    for share, arm in zip(weights.largest_share, ("treated", "control"), strict=True):
        if share > 0.5 + 1e-12:
            return f"one patient carries {100 * share:.0f}% of the {arm} arm's weight"
    return ""


def _moments(table: Floats, w: Floats) -> tuple[Floats, Floats]:
    """Weighted means and variances; the variance with n - 1 where the weights are equal."""
    w = w / w.sum()
    mean = w @ table
    left = 1 - float(w @ w)
    variance = w @ (table - mean) ** 2 / left if left > 1e-12 else np.zeros(table.shape[1])
    return mean, np.where(np.ptp(table, axis=0) == 0, 0.0, variance)


def _over(difference: Floats, spread: Floats, rounding: Floats) -> Floats:
    out = np.where(difference > 0, math.inf, -math.inf)
    out[np.abs(difference) <= rounding] = 0.0
    varies = spread > 0
    out[varies] = difference[varies] / spread[varies]
    return out
