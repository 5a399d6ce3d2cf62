"""Weights that let those whose outcome is known stand for those like them who were lost."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from casewise.stats._effects import RiskComparison
from casewise.stats._samples import Floats, check_level, design, follow_up, indicator
from casewise.stats.cox_models import cox
from casewise.stats.weighted_effects import given_weights, risks_with


@dataclass(frozen=True, slots=True, eq=False)
class CensoringWeights:
    """``values`` has one weight a patient: 0 where lost, else one over the probability of being
    watched for so long. ``None`` where the model cannot be fitted; ``reason`` then says why."""

    values: Floats | None
    lost: int
    reason: str = ""


def censoring_weights(
    time: ArrayLike, known: ArrayLike, arm: ArrayLike, covariates: ArrayLike
) -> CensoringWeights:
    """Inverse-probability-of-censoring weights [robins2000].

    ``time`` is when a patient's outcome became known (``known`` 1), or the patient was lost (0);
    covariates are n rows by p columns. The hazard of being lost is Cox's model of the covariates
    with a baseline of each arm's own: the weight is 1 over ``exp(-H(t-) exp(b x))`` with Breslow's
    H. Whoever becomes known on a day could not be lost on that day.

    None where Cox's model does not exist (collinear covariates, or one that separates the lost).
    Raises ``ValueError`` for bad times, unequal lengths, and covariates that are no finite numbers.
    """
    times, seen = follow_up(time, known)
    arms = indicator(arm, "arm")
    if arms.size != times.size:
        raise ValueError(f"time has {times.size} values but arm has {arms.size}")
    table = design(covariates, times.size)
    lost = int((~seen).sum())
    if not lost:
        return CensoringWeights(np.ones(times.size), 0)
    clock = 2 * _ranks(times) + ~seen  # on one day, those who become known come first
    fitted = cox(clock, ~seen, table, strata=arms.astype(np.int64))
    if fitted.reason:
        return CensoringWeights(None, lost, f"the model of who is lost: {fitted.reason}")
    beta = np.array([row.log.value for row in fitted.coefficients], dtype=np.float64)
    risk = np.exp((table - table.mean(axis=0)) @ beta)
    values = np.zeros(times.size)
    for side in (arms, ~arms):
        values[side] = np.exp(_hazard_before(clock[side], ~seen[side], risk[side]) * risk[side])
    values[~seen] = 0
    return CensoringWeights(values, lost)


def censoring_weighted_risks(
    outcome: ArrayLike,
    time: ArrayLike,
    known: ArrayLike,
    arm: ArrayLike,
    covariates: ArrayLike,
    level: float = 0.95,
) -> RiskComparison:
    """Risks of a binary outcome in two arms, where some were lost before it was known.

    The known, weighted as :func:`censoring_weights` says; right where who is lost depends, beside
    the arm, on the covariates alone. ``outcome`` means something where ``known``. The error takes
    the weights as known, which makes the interval if anything too wide. Undefined where the
    weights are, and where one patient carries more than half of an arm's weight.
    """
    check_level(level)
    found = censoring_weights(time, known, arm, covariates)
    seen, arms = indicator(known, "known"), indicator(arm, "arm")
    y = indicator(outcome, "outcome")
    values = found.values if found.values is not None else np.ones(seen.size)
    weights = given_weights(arms[seen], values[seen], label="censoring")
    if found.reason:
        weights = replace(weights, reason=found.reason)
    return risks_with(y[seen], weights, level)


def _ranks(times: Floats) -> NDArray[np.int64]:
    return np.asarray(np.unique(times, return_inverse=True)[1], dtype=np.int64)


def _hazard_before(clock: NDArray[np.int64], lost: NDArray[np.bool_], risk: Floats) -> Floats:
    """Breslow's cumulative baseline hazard of being lost, up to just before each patient's time."""
    order = np.argsort(-clock, kind="stable")
    at_risk = np.cumsum(risk[order])
    at, count = np.unique(clock[lost], return_counts=True)
    # the last place in the order, which descends, that is still at or after the time
    place = np.searchsorted(-clock[order], -at, side="right") - 1
    steps = np.concatenate([[0.0], np.cumsum(count / at_risk[place])]) if at.size else np.zeros(1)
    return np.asarray(steps[np.searchsorted(at, clock, side="left")])
