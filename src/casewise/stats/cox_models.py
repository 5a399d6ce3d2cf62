"""Cox's proportional hazards model: effects of covariates on the hazard."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from casewise.stats._models import Coefficient, coefficient
from casewise.stats._partial_likelihood import Moments, RiskSets
from casewise.stats._result import Estimate, TestResult
from casewise.stats._samples import (
    Floats,
    case_weights,
    check_level,
    columns,
    follow_up,
    group_codes,
    indicator,
    starts,
)

_MEASURE = "hazard ratio"
_STEPS = 60


@dataclass(frozen=True, slots=True)
class CoxModel:
    """A fitted model: one coefficient a covariate, in the order given.

    ``covariance`` is that of the log hazard ratios, from which the intervals are made; it is
    robust where ``robust`` says so. ``log_likelihood`` is the log partial likelihood at the
    estimates and ``null_log_likelihood`` that with every hazard ratio 1. Where the model cannot be
    fitted, ``reason`` says why and every coefficient is undefined with it.
    """

    names: tuple[str, ...]
    coefficients: tuple[Coefficient, ...]
    covariance: tuple[tuple[float, ...], ...]
    log_likelihood: float | None
    null_log_likelihood: float | None
    n: int
    events: int
    robust: bool
    reason: str = ""
    _fit: _Fit | None = field(default=None, repr=False, compare=False)

    def __getitem__(self, name: str) -> Coefficient:
        return self.coefficients[self.names.index(name)]

    def proportionality(self, transform: str = "km") -> dict[str, TestResult]:
        """Test that each hazard ratio is constant in time, and all at once (``"all together"``).

        The score test of a coefficient that changes with g(t) [grambsch1994], against the
        model's own information: chi-square with 1 degree of freedom, and as many as covariates
        for all at once. ``transform`` g: ``"km"``, 1 less the Kaplan-Meier estimate just before t
        of all rows; or ``"identity"``. Case weights count as repeats, whether ``robust`` or not.
        Undefined where the model is, and where all events happened at the same time.
        """
        from casewise.stats._proportionality import score_tests

        fit = self._fit
        if fit is None:
            return {
                name: TestResult(
                    None, None, "score test of proportional hazards", reason=self.reason
                )
                for name in (*self.names, "all together")
            }
        rows = fit.rows
        clock = rows.time, rows.event, rows.entry
        return score_tests(fit.sets, fit.moments, self.names, clock, transform, fit.unit)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The checked arguments, without rows of weight 0."""

    time: Floats
    event: NDArray[np.bool_]
    x: Floats
    entry: Floats | None
    weights: Floats
    strata: NDArray[np.intp]
    cluster: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Fit:
    """The maximum, on covariates of mean 0 and standard deviation 1 and weights of mean 1."""

    rows: _Rows
    sets: RiskSets
    scale: Floats
    unit: float
    beta: Floats
    moments: Moments
    information: Floats

    def covariance(self, robust: bool) -> Floats:
        inverse = np.linalg.inv(self.information)
        if not robust:
            return np.asarray(inverse / self.unit / np.outer(self.scale, self.scale))
        residuals = self.sets.score_residuals(self.moments)
        codes = self.rows.cluster[self.sets.rows]
        sums = np.array([np.bincount(codes, residual) for residual in residuals])
        shifts = (inverse @ sums) / self.scale[:, np.newaxis]
        return np.asarray(shifts @ shifts.T)

    def log_likelihood(self, beta: Floats) -> float:
        """In the weights as given."""
        dead = float(self.sets.weights[self.sets.event].sum())
        return self.unit * (self.sets.log_likelihood(beta) - math.log(self.unit) * dead)


def cox(
    time: ArrayLike,
    event: ArrayLike,
    covariates: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    strata: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    robust: bool | None = None,
    names: Sequence[str] | None = None,
    level: float = 0.95,
) -> CoxModel:
    """Hazard ratios by Cox's partial likelihood [cox1972], ties by Efron's method [efron1977].

    ``covariates`` is n rows by p columns (or n numbers): ratios are per unit of each. ``entry``
    is when each row comes under observation, before ``time``: a row is at risk from just after
    ``entry`` up to and including ``time``. That covers left truncation, and a covariate that
    changes: one row for each stretch on which it is constant, with the event on the last.
    Without it everybody is at risk from the start, those with a time of 0 too.
    ``weights``: case weights; rows of weight 0 do not count. ``strata``: a baseline hazard of its
    own for each label. Intervals and P values are Wald's.

    ``robust``: the sandwich variance [lin1989], with the score residuals summed within each
    ``cluster`` (a patient with several rows, a matched pair, a hospital) where given. By default
    it is used where there are clusters or weights that are no whole numbers.

    Undefined (``None``, with the reason): no event; a covariate that does not vary, or follows
    from those before it, among the patients at risk; and a likelihood without maximum, which
    rises as a hazard ratio runs off to 0 or infinity. Raises ``ValueError``
    for missing values, negative weights, and an ``entry`` not before its ``time``.
    Cost: one sort, then for each of some 5 steps n p + n p^2 operations.
    """
    check_level(level)
    x, labels = columns(covariates, np.size(time), names)
    rows = _rows(time, event, x, entry, weights, strata, cluster)
    sandwich = robust
    if robust is None:
        sandwich = cluster is not None or bool((rows.weights % 1).any())
    method = "Cox model, Efron's method for ties, "
    method += "robust Wald interval" if sandwich else "Wald interval"
    sources = ("cox1972", "efron1977", "lin1989") if sandwich else ("cox1972", "efron1977")
    counts = rows.time.size, int(rows.event.sum()), bool(sandwich)
    fit = _fit(rows, labels)
    if isinstance(fit, str):
        undefined = coefficient(_MEASURE, (None, None, None), level, method, sources, None, fit)
        return CoxModel(labels, (undefined,) * len(labels), (), None, None, *counts, fit)
    covariance = fit.covariance(bool(sandwich))
    estimates = zip(fit.beta / fit.scale, np.sqrt(np.diag(covariance)), strict=True)
    return CoxModel(
        labels,
        tuple(_wald(float(b), float(error), level, method, sources) for b, error in estimates),
        tuple(tuple(row) for row in covariance.tolist()),
        fit.log_likelihood(fit.beta),
        fit.log_likelihood(np.zeros(len(labels))),
        *counts,
        _fit=fit,
    )


def hazard_ratio(
    time: ArrayLike, event: ArrayLike, arm: ArrayLike, level: float = 0.95
) -> Estimate:
    """The hazard ratio, treated over control: :func:`cox` with the arm alone.

    ``arm`` is 1 for treated and 0 for control; the interval is Wald's on the log scale.
    Undefined (``None``), with the reason, where the likelihood has no maximum: one arm is empty,
    nobody had an event while both arms were at risk, or all such events happened in the same arm
    (the estimate would run off to 0 or infinity, and what programs print then is where
    they stopped). Raises ``ValueError`` for negative or missing times and unequal lengths.
    """
    treated = indicator(arm, "arm")
    times, _ = follow_up(time, event)
    if treated.size != times.size:
        raise ValueError(f"time has {times.size} values but arm has {treated.size}")
    ratio = cox(time, event, treated.astype(np.float64), names=("arm",), level=level)["arm"].ratio
    if treated.all() or not treated.any():
        return replace(ratio, reason="an arm has no patients")
    return ratio


def _rows(
    time: ArrayLike,
    event: ArrayLike,
    x: Floats,
    entry: ArrayLike | None,
    weights: ArrayLike | None,
    strata: ArrayLike | None,
    cluster: ArrayLike | None,
) -> _Rows:
    times, events = follow_up(time, event)
    n = times.size
    w, entries = case_weights(weights, n), starts(entry, times)
    blocks = group_codes(strata, n, "strata")
    groups = np.arange(n) if cluster is None else group_codes(cluster, n, "cluster")
    if w.all():
        return _Rows(times, events, x, entries, w, blocks, groups)
    k = np.flatnonzero(w)
    entries = None if entries is None else entries[k]
    return _Rows(times[k], events[k], x[k], entries, w[k], blocks[k], groups[k])


def _fit(rows: _Rows, names: tuple[str, ...]) -> _Fit | str:
    """The maximum, or the reason why there is none."""
    if not rows.event.any():
        return "nobody had an event"
    mean = rows.x.mean(axis=0)
    x = rows.x - mean
    scale = np.sqrt(np.einsum("ij,ij->j", x, x) / x.shape[0])
    flat = scale <= 1e-12 * np.abs(mean)
    if flat.any():
        return f"{names[int(flat.argmax())]!r} is the same in everybody"
    unit = float(rows.weights.mean())
    x /= scale
    sets = RiskSets(rows.entry, rows.time, rows.event, x, rows.weights / unit, rows.strata)
    start = np.zeros(len(names))
    first = sets.moments(start)
    information = sets.information(first)
    reason = _dependent(information, sets, names)
    if reason:
        return reason
    beta = _maximum(sets, start, np.asarray(np.linalg.solve(information, sets.score(first))))
    if isinstance(beta, _RunsOff):
        return _runs_off(beta.step, names)
    moments = sets.moments(beta)
    return _Fit(rows, sets, scale, unit, beta, moments, sets.information(moments))


def _dependent(information: Floats, sets: RiskSets, names: tuple[str, ...]) -> str:
    """Why the likelihood is flat in some direction, by Cholesky's steps on the information.

    A pivot is the part of a covariate's variance within the risk sets that the covariates
    before it do not explain; 1e-9 of it is left by rounding alone.
    """
    own = np.diag(information)
    dead = float(sets.weights[sets.event].sum())
    left = information.copy()
    for j, name in enumerate(names):
        if own[j] <= 1e-9 * dead:
            return f"no event happened while patients who differ in {name!r} were at risk"
        if left[j, j] <= 1e-9 * own[j]:
            return (
                f"{name!r} follows from the covariates before it (they are collinear), "
                "so that its effect cannot be told from theirs"
            )
        left -= np.outer(left[:, j], left[j]) / left[j, j]
    return ""


@dataclass(frozen=True, slots=True)
class _RunsOff:
    step: Floats


def _maximum(sets: RiskSets, start: Floats, step: Floats) -> Floats | _RunsOff:
    """Newton's method with halved steps, the first of which is given.

    The likelihood has a maximum just where the steps die out. Where it has none, each step
    still moves linear predictors by about 1 when the likelihood has stopped rising: weights have a
    mean of 1, so a rise below 1e-9 with a step above 0.1 means that less than a millionth of an
    event contradicts the direction, and one whole event would be needed.
    """
    beta: Floats = start.copy()
    value = sets.log_likelihood(start)
    for k in range(_STEPS):
        try:
            with np.errstate(all="ignore"):
                if k:
                    m = sets.moments(beta)
                    step = np.asarray(np.linalg.solve(sets.information(m), sets.score(m)))
        except np.linalg.LinAlgError:
            return _RunsOff(step)
        reach = float(np.ptp(step @ sets.x[:, sets.event])) if step.size else 0.0
        reach = max(reach, float(np.abs(step).max()))
        if not math.isfinite(reach):
            return _RunsOff(beta)  # so far gone that sums overflow
        if reach < 1e-9:
            return np.asarray(beta + step)
        step *= min(1.0, 5 / reach)
        ahead = sets.log_likelihood(beta + step)
        while ahead < value - 1e-10 * abs(value):
            step /= 2
            ahead = sets.log_likelihood(beta + step)
        beta = np.asarray(beta + step)
        if ahead - value < 1e-9 and reach > 0.1:
            return _RunsOff(step)
        value = ahead
    return _RunsOff(step) if reach > 1e-4 else beta


def _runs_off(step: Floats, names: tuple[str, ...]) -> str:
    main = [j for j in np.argsort(-np.abs(step)) if abs(step[j]) > 0.1 * np.abs(step).max()]
    ends = [f"{names[j]!r} towards {'infinity' if step[j] > 0 else '0'}" for j in main]
    return f"the likelihood has no maximum: it rises as hazard ratios run off, {', '.join(ends)}"


def _wald(
    log: float, error: float, level: float, method: str, sources: tuple[str, ...]
) -> Coefficient:
    width = float(special.ndtri((1 + level) / 2)) * error
    p = max(2 * float(special.ndtr(-abs(log / error))), 5e-324)
    return coefficient(_MEASURE, (log, log - width, log + width), level, method, sources, p)
