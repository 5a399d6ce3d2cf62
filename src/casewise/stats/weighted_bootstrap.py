"""Bootstrap intervals of weighted risks, the propensity estimated anew in every resample."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from casewise.stats._effects import RiskComparison, arms_and_table
from casewise.stats._logistic import fit_logistic, limit_of_fit, with_intercept
from casewise.stats._result import Estimate, TestResult
from casewise.stats._samples import Floats
from casewise.stats.weighting import propensity_weighted_risks
from casewise.stats.weights import raw_weights

_CELLS = 1_000_000  # patients by resamples worked on at once: 8 MB a table
_STEPS = 4
# The last step's greatest change of a probability. Newton's steps square the error, so that what
# is left is about 1e-8; where a resample separates a few patients, it is 1e-4 of those patients.
_SETTLED = 1e-4
_MOST_FAILED = 0.01


@dataclass(frozen=True, slots=True)
class BootstrapComparison:
    """A comparison with percentile intervals, and what the resampling did.

    ``standard_error`` is that of the risk difference. ``failed`` counts resamples without an
    estimate (an empty arm, or arms told apart wholly); with more than 1% of such there is no
    interval. ``reason`` is empty unless the limits are undefined.
    """

    comparison: RiskComparison
    standard_error: float | None
    resamples: int
    failed: int
    seed: int
    reason: str = ""


def bootstrap_weighted_risks(
    outcome: ArrayLike,
    treated: ArrayLike,
    covariates: ArrayLike,
    estimand: str = "ATE",
    resamples: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> BootstrapComparison:
    """:func:`propensity_weighted_risks` with percentile bootstrap limits [efron1993].

    Patients are drawn with replacement, the propensity score is fitted to each resample, and
    limits are percentiles of the resampled risks, difference and ratios. The same ``seed`` gives
    the same limits. Undefined where the estimate on all patients is. Raises ``ValueError`` for
    fewer than 100 resamples. Cost: about 10 products of the table with a vector a resample: each
    fit starts at all patients' coefficients and takes steps with all patients' information matrix.
    """
    if resamples < 100:
        raise ValueError(f"resamples must be at least 100, not {resamples!r}")
    events, arm, table = arms_and_table(outcome, treated, covariates, level)
    whole = propensity_weighted_risks(events, arm, table, estimand, level)
    method = f"propensity-weighted risks, percentile bootstrap of {resamples} resamples"
    sources = (*whole.sources, "efron1993")
    if whole.reason:
        told = _relabelled(whole, method, sources, None, level, whole.reason)
        return BootstrapComparison(told, None, resamples, 0, seed, whole.reason)
    draws = _resampled(events.astype(np.float64), arm, table, estimand, resamples, seed)
    good = draws[np.isfinite(draws).all(axis=1)]
    failed = resamples - good.shape[0]
    reason = ""
    if failed > _MOST_FAILED * resamples:
        reason = f"{failed} of {resamples} resamples have no estimate"
    told = _relabelled(whole, method, sources, None if reason else good, level, reason)
    error = None if reason else float((good[:, 0] - good[:, 1]).std(ddof=1))
    return BootstrapComparison(told, error, resamples, failed, seed, reason)


def _resampled(
    y: Floats, arm: NDArray[np.bool_], table: Floats, estimand: str, resamples: int, seed: int
) -> Floats:
    """The (treated, control) risks of every resample; NaN where there are none."""
    rng = np.random.default_rng(seed)
    t = arm.astype(np.float64)
    whitened, start = _whitened(t, table)
    n = y.size
    at_once = max(1, min(resamples, _CELLS // n))
    answers = []
    for first in range(0, resamples, at_once):
        size = min(at_once, resamples - first)
        drawn = [np.bincount(rng.integers(0, n, n), minlength=n) for _ in range(size)]
        counts = np.array(drawn, dtype=np.float64).T
        fitted = _fitted(whitened, t, counts, start)
        answers.append(_risks(y, arm, counts, fitted, estimand))
    return np.concatenate(answers)


def _whitened(t: Floats, table: Floats) -> tuple[Floats, Floats]:
    """Columns whose information matrix is the identity, and the coefficients on them."""
    fit = fit_logistic(t, table, "the treatment")
    scaled = with_intercept((table - table.mean(axis=0)) / table.std(axis=0))
    weight = fit.fitted * (1 - fit.fitted)
    root = np.linalg.cholesky((scaled * weight[:, None]).T @ scaled)
    white: Floats = np.linalg.solve(root, scaled.T).T
    eta = with_intercept(table) @ fit.coefficients
    return np.ascontiguousarray(white), white.T @ (weight * eta)


def _fitted(white: Floats, t: Floats, counts: Floats, start: Floats) -> Floats:
    """Each patient's propensity in every resample: steps with the whole sample's information.

    These shrink the error mostly to a third or less, all resamples in one product; a few of
    Newton's own steps, resample by resample, do the rest.
    """
    beta = np.repeat(start[:, None], counts.shape[1], axis=1)
    for _ in range(_STEPS):
        p = _expit(white @ beta)
        step = white.T @ (counts * (t[:, None] - p))
        beta += np.where(np.abs(step).max(axis=0) < 3, step, 0.0)
    fitted = np.empty_like(counts)
    for j in range(counts.shape[1]):
        found = limit_of_fit(white, t, counts[:, j], beta[:, j], _SETTLED)
        fitted[:, j] = math.nan if found is None else found
    return fitted


def _expit(eta: Floats) -> Floats:
    np.negative(eta, out=eta)
    np.clip(eta, None, 700.0, out=eta)
    np.exp(eta, out=eta)
    eta += 1
    np.reciprocal(eta, out=eta)
    return eta


def _risks(
    y: Floats, arm: NDArray[np.bool_], counts: Floats, fitted: Floats, estimand: str
) -> Floats:
    with np.errstate(all="ignore"):  # what has no risk is NaN, and counted as failed
        columns = []
        for here in (arm, ~arm):
            e = fitted[here]
            one = np.full(e.shape[0], here is arm)
            weight = np.empty_like(e)
            weight[:] = _formula(one, e, estimand)
            weight = np.where(counts[here] > 0, weight * counts[here], 0.0)
            total = weight.sum(axis=0)
            columns.append(np.where(total > 1e-6, y[here] @ weight / total, math.nan))
    return np.column_stack(columns)


def _formula(one: NDArray[np.bool_], e: Floats, estimand: str) -> Floats:
    return np.column_stack([raw_weights(one, column, estimand) for column in e.T])


def _relabelled(
    whole: RiskComparison,
    method: str,
    sources: tuple[str, ...],
    draws: Floats | None,
    level: float,
    reason: str,
) -> RiskComparison:
    """The estimate on all patients with the resamples' limits."""
    limits = _limits(draws, level) if draws is not None else {}

    def of(estimate: Estimate) -> Estimate:
        lower, upper = limits.get(estimate.measure, (None, None))
        why = reason if lower is None else ""
        return Estimate(estimate.measure, estimate.value, lower, upper, level, method, sources, why)

    why = reason or "a percentile interval has no test of its own"
    return replace(
        whole,
        risk_treated=of(whole.risk_treated),
        risk_control=of(whole.risk_control),
        risk_difference=of(whole.risk_difference),
        risk_ratio=of(whole.risk_ratio),
        odds_ratio=of(whole.odds_ratio),
        test=TestResult(None, None, method, sources, "", why),
        method=method,
        sources=sources,
    )


def _limits(draws: Floats, level: float) -> dict[str, tuple[float | None, float | None]]:
    one, zero = draws.T
    with np.errstate(divide="ignore", invalid="ignore"):  # what has no limit is told as such
        values = {
            "risk, treated": one,
            "risk, control": zero,
            "risk difference": one - zero,
            "risk ratio": one / zero,
            "odds ratio": one * (1 - zero) / (zero * (1 - one)),
        }
    return {name: _percentiles(value, level) for name, value in values.items()}


def _percentiles(values: Floats, level: float) -> tuple[float | None, float | None]:
    if np.isnan(values).any():
        return None, None
    tails = [(1 - level) / 2, (1 + level) / 2]
    # order statistics, since between a finite value and infinity there is no mean
    low, high = np.quantile(values, tails, method="inverted_cdf")
    return float(low), float(high)
