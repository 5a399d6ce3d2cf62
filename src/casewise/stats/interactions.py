"""The effect of treatment in each level of something, in one model with the covariates."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from casewise.stats._logistic import fit_logistic
from casewise.stats._models import coefficient
from casewise.stats._result import Estimate
from casewise.stats._samples import Floats, check_level, design, follow_up, group_codes, indicator
from casewise.stats.cox_models import cox


@dataclass(frozen=True, slots=True, eq=False)
class EffectByLevel:
    """A ratio for each level, in the order of the levels, and the P of the Wald test that they are
    all the same; empty and ``None``, with a ``reason``, where the model is undefined."""

    ratios: tuple[Estimate, ...]
    interaction: float | None
    method: str
    sources: tuple[str, ...]
    reason: str = ""


def odds_ratio_by_level(
    outcome: ArrayLike,
    treated: ArrayLike,
    levels: ArrayLike,
    covariates: ArrayLike,
    level: float = 0.95,
) -> EffectByLevel:
    """Odds ratios of treatment within ``levels``, given the covariates [altman2003].

    One logistic regression: covariates, levels, and treatment within each level [hosmer2013]. The
    test has one degree of freedom fewer than there are levels. Undefined as
    :func:`logistic_odds_ratio` is, and where a level lacks an arm.
    """
    check_level(level)
    events, arm = indicator(outcome, "outcome"), indicator(treated, "treated")
    method, sources = "logistic regression with interaction", ("hosmer2013", "altman2003")
    codes, table, reason = _prepared(arm, levels, covariates)
    count = int(codes.max(initial=-1)) + 1
    if reason:
        return EffectByLevel((), None, method, sources, reason)
    effects = _effects(arm, codes, count)
    fit = fit_logistic(events.astype(np.float64), np.column_stack([effects, table]), "the outcome")
    if fit.reason:
        return EffectByLevel((), None, method, sources, fit.reason)
    scale = np.column_stack([effects, table]).std(axis=0)[:count]
    # the inverse has the scaled columns first: see fit_logistic
    covariance = (fit.inverse[1 : count + 1, 1 : count + 1]) / scale[:, None]
    logs = fit.coefficients[1 : count + 1]
    return _told("odds ratio", logs, covariance, level, method, sources)


def hazard_ratio_by_level(
    time: ArrayLike,
    event: ArrayLike,
    treated: ArrayLike,
    levels: ArrayLike,
    covariates: ArrayLike,
    level: float = 0.95,
) -> EffectByLevel:
    """Hazard ratios of treatment within ``levels``, given the covariates: Cox's model [cox1972]."""
    check_level(level)
    times, events = follow_up(time, event)
    arm = indicator(treated, "treated")
    method, sources = "Cox regression with interaction", ("cox1972", "altman2003")
    codes, table, reason = _prepared(arm, levels, covariates)
    if reason:
        return EffectByLevel((), None, method, sources, reason)
    count = int(codes.max()) + 1
    model = cox(times, events, np.column_stack([table, _effects(arm, codes, count)]), level=level)
    if model.reason:
        return EffectByLevel((), None, method, sources, model.reason)
    logs = np.array([c.log.value for c in model.coefficients[-count:]], dtype=np.float64)
    covariance = np.array(model.covariance)[-count:, -count:]
    return _told("hazard ratio", logs, covariance, level, method, sources)


def _prepared(
    arm: NDArray[np.bool_], levels: ArrayLike, covariates: ArrayLike
) -> tuple[NDArray[np.intp], Floats, str]:
    """Level codes, and the covariates with the levels' columns that these do not give already."""
    codes = group_codes(levels, arm.size, "levels")
    table = design(covariates, arm.size)
    count = int(codes.max(initial=-1)) + 1
    if count < 2:
        return codes, table, "there is one level"
    for code in range(count):
        inside = arm[codes == code]
        if inside.all() or not inside.any():
            return codes, table, "a level has patients of one arm alone"
    for code in range(1, count):
        column = (codes == code).astype(np.float64)
        held = np.column_stack([np.ones(arm.size), table])
        left = column - held @ np.linalg.lstsq(held, column, rcond=None)[0]
        if np.abs(left).max() > 1e-6:
            table = np.column_stack([table, column])
    return codes, table, ""


def _effects(arm: NDArray[np.bool_], codes: NDArray[np.intp], count: int) -> Floats:
    columns: Floats = np.column_stack([arm & (codes == k) for k in range(count)]).astype(np.float64)
    return columns


def _told(
    measure: str,
    logs: Floats,
    covariance: Floats,
    level: float,
    method: str,
    sources: tuple[str, ...],
) -> EffectByLevel:
    z = NormalDist().inv_cdf((1 + level) / 2)
    errors = np.sqrt(np.diag(covariance))
    ratios = []
    for log, error in zip(logs.tolist(), errors.tolist(), strict=True):
        limits = (log, log - z * error, log + z * error)
        ratios.append(coefficient(measure, limits, level, method, sources, None).ratio)
    contrast = np.eye(logs.size)[1:] - np.eye(logs.size)[:1]
    apart = contrast @ logs
    wald = float(apart @ np.linalg.solve(contrast @ covariance @ contrast.T, apart))
    p = max(float(special.chdtrc(logs.size - 1, wald)), 5e-324)
    return EffectByLevel(tuple(ratios), p, method, sources)
