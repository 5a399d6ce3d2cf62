"""Fine and Gray's model: effects of covariates on a cumulative incidence while events compete."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from casewise.stats._models import Coefficient, coefficient
from casewise.stats._result import Estimate
from casewise.stats._samples import Floats, check_level, columns, indicator
from casewise.stats.competing_risks import causes_of_ends

_MEASURE = "subdistribution hazard ratio"
_METHOD = "Fine-Gray model, robust Wald interval"
_SOURCES = ("fine1999",)
_STEPS = 60


@dataclass(frozen=True, slots=True)
class FineGrayModel:
    """A fitted model: one coefficient a covariate, in the order given.

    ``covariance`` is that of the log ratios, from which the intervals are made. Where the model
    cannot be fitted, ``reason`` says why and every coefficient is undefined with it.
    """

    names: tuple[str, ...]
    coefficients: tuple[Coefficient, ...]
    covariance: tuple[tuple[float, ...], ...]
    log_likelihood: float | None
    null_log_likelihood: float | None
    n: int
    events: int
    reason: str = ""

    def __getitem__(self, name: str) -> Coefficient:
        return self.coefficients[self.names.index(name)]


def fine_gray(
    time: ArrayLike,
    cause: ArrayLike,
    covariates: ArrayLike,
    *,
    of: int = 1,
    names: Sequence[str] | None = None,
    level: float = 0.95,
) -> FineGrayModel:
    """Subdistribution hazard ratios of one cause while others compete [fine1999].

    ``cause`` is 0 where follow-up was censored, else the number of the cause that ended it; ``of``
    is the cause of interest. ``covariates`` is n rows by p columns (or n numbers): ratios are per
    unit of each. A patient ended by another cause stays in the risk set with the weight
    ``G(t-) / G(end-)``, the probability of not being censored by t when not so by then (G:
    Kaplan-Meier of the censoring, the same for all covariates). A ratio above 1 means a higher
    cumulative incidence; it is not a rate among those still at risk. Ties by Breslow's method.

    The variance is the sandwich that accounts for G's being estimated; intervals and P are
    Wald's. They equal those of R's ``cmprsk::crr``.

    Undefined (``None``, with the reason): nobody had such an event, a covariate that is the same
    in everybody or follows from the others, and a likelihood without maximum. Raises
    ``ValueError`` for missing values, negative times and causes that are no whole numbers. Cost:
    one sort, then for each of some 6 steps n p^2 operations.
    """
    check_level(level)
    x, labels = columns(covariates, np.size(time), names)
    times, causes = causes_of_ends(time, cause)
    events = int((causes == of).sum())
    fit = _fit(times, causes, x, of, labels) if events else "nobody had such an event"
    if isinstance(fit, str):
        undefined = coefficient(_MEASURE, (None, None, None), level, _METHOD, _SOURCES, None, fit)
        nothing = (undefined,) * len(labels)
        return FineGrayModel(labels, nothing, (), None, None, times.size, events, fit)
    sets, beta = fit
    covariance = sets.covariance(beta)
    z = float(special.ndtri((1 + level) / 2))
    found = []
    for b, error in zip(beta.tolist(), np.sqrt(np.diag(covariance)).tolist(), strict=True):
        p = max(2 * float(special.ndtr(-abs(b / error))), 5e-324)
        limits = (b, b - z * error, b + z * error)
        found.append(coefficient(_MEASURE, limits, level, _METHOD, _SOURCES, p))
    return FineGrayModel(
        labels,
        tuple(found),
        tuple(map(tuple, covariance.tolist())),
        sets.log_likelihood(beta),
        sets.log_likelihood(np.zeros_like(beta)),
        times.size,
        events,
    )


def subdistribution_hazard_ratio(
    time: ArrayLike, cause: ArrayLike, arm: ArrayLike, of: int = 1, level: float = 0.95
) -> Estimate:
    """The ratio of the hazards behind two cumulative incidences, treated over control.

    :func:`fine_gray` with the arm alone, 1 for treated and 0 for control. Undefined (``None``),
    with the reason, where that is and where an arm is empty. Raises ``ValueError`` as it does.
    """
    treated = indicator(arm, "arm")
    times, causes = causes_of_ends(time, cause)
    if treated.size != times.size:
        raise ValueError(f"time has {times.size} values but arm has {treated.size}")
    model = fine_gray(times, causes, treated.astype(np.float64), of=of, names=("arm",), level=level)
    ratio = model["arm"].ratio
    if treated.all() or not treated.any():
        return replace(ratio, reason="an arm has no patients")
    return ratio


class _Sets:
    """Patients by time, and the sums over the weighted risk set at each event time.

    ``own[i]`` counts the event times before or at patient i's; ``censoring`` is G just before each
    event time and ``at_end`` G just before each patient's own.
    """

    def __init__(self, times: Floats, causes: NDArray[np.int64], x: Floats, of: int) -> None:
        order = np.argsort(times, kind="stable")
        self.time, self.x = times[order], x[order]
        ended = causes[order]
        self.event, self.censored = ended == of, ended == 0
        self.rival = ~self.event & ~self.censored
        self.moments, index = np.unique(self.time[self.event], return_inverse=True)
        self.count = np.bincount(index).astype(np.float64)
        self.first = np.searchsorted(self.time, self.moments)  # of those still under observation
        self.own = np.searchsorted(self.moments, self.time, side="right")
        self.exits, self.exit_of = np.unique(self.time[self.censored], return_inverse=True)
        self.left = np.bincount(self.exit_of, minlength=self.exits.size).astype(np.float64)
        self.exposed = times.size - np.searchsorted(self.time, self.exits).astype(np.float64)
        path = np.concatenate([[1.0], np.cumprod(1 - self.left / self.exposed)])
        self.censoring = path[np.searchsorted(self.exits, self.moments)]
        self.at_end = path[np.searchsorted(self.exits, self.time)]

    def over_risk_sets(self, values: Floats) -> Floats:
        """At each event time the weighted sum of ``values`` (patients by any) at risk."""
        under = np.concatenate([np.cumsum(values[::-1], axis=0)[::-1], values[:1] * 0])[self.first]
        passed = np.where(self.rival, 1 / self.at_end, 0.0)[:, None] * values
        before = np.concatenate([values[:1] * 0, np.cumsum(passed, axis=0)])[self.first]
        return np.asarray(under + self.censoring[:, None] * before)

    def log_likelihood(self, beta: Floats) -> float:
        eta = self.x @ beta
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            total = np.log(self.over_risk_sets(np.exp(eta)[:, None])[:, 0])
            value = float(eta[self.event].sum() - self.count @ total)
        return value if math.isfinite(value) else -math.inf

    def derivatives(self, beta: Floats) -> tuple[Floats, Floats]:
        """The score and the information."""
        risk, (n, p) = np.exp(self.x @ beta), self.x.shape
        pairs = (self.x[:, :, None] * self.x[:, None, :]).reshape(n, p * p)
        sums = self.over_risk_sets(risk[:, None] * np.hstack([np.ones((n, 1)), self.x, pairs]))
        mean = sums[:, 1 : p + 1] / sums[:, :1]
        spread = self.count @ (sums[:, p + 1 :] / sums[:, :1])
        information = spread.reshape(p, p) - (mean * self.count[:, None]).T @ mean
        return self.x[self.event].sum(axis=0) - self.count @ mean, np.asarray(information)

    def covariance(self, beta: Floats) -> Floats:
        """The sandwich of each patient's part in the score and in the censoring's weights."""
        _, information = self.derivatives(beta)
        parts = self._influence(beta)
        inverse = np.linalg.inv(information)
        return np.asarray(inverse @ (parts.T @ parts) @ inverse)

    def _influence(self, beta: Floats) -> Floats:
        risk = np.exp(self.x @ beta)[:, None]
        sums = self.over_risk_sets(np.hstack([risk, risk * self.x]))
        mean, hazard = sums[:, 1:] / sums[:, :1], (self.count / sums[:, 0])[:, None]

        def running(steps: Floats) -> Floats:
            return np.concatenate([np.zeros((1, steps.shape[1])), np.cumsum(steps, axis=0)])

        own = self.own
        exposed = self.x * running(hazard)[own] - running(mean * hazard)[own]
        parts = -risk * exposed
        at = np.searchsorted(self.moments, self.time[self.event])
        parts[self.event] += self.x[self.event] - mean[at]
        weighted = hazard * self.censoring[:, None]
        h, m = running(weighted), running(mean * weighted)
        share = np.where(self.rival, 1 / self.at_end, 0.0)[:, None] * risk
        parts -= share * (self.x * (h[-1] - h[own]) - (m[-1] - m[own]))
        # what a change of the censoring at each exit does to the score
        gone = np.searchsorted(self.time, self.exits)
        s, sx = running(share)[gone], running(share * self.x)[gone]
        after = np.searchsorted(self.moments, self.exits)
        q = sx * (h[-1] - h[after]) - s * (m[-1] - m[after])
        exposed_n = self.exposed[:, None]
        drift = running(q * self.left[:, None] / exposed_n**2)
        parts -= drift[np.searchsorted(self.exits, self.time, side="right")]
        parts[self.censored] += (q / exposed_n)[self.exit_of]
        return np.asarray(parts)


def _fit(
    times: Floats, causes: NDArray[np.int64], x: Floats, of: int, names: tuple[str, ...]
) -> tuple[_Sets, Floats] | str:
    """The maximum by Newton's method with halved steps, or the reason why there is none."""
    flat = np.ptp(x, axis=0) == 0
    if flat.any():
        return f"{names[int(flat.argmax())]!r} is the same in everybody"
    scale = x.std(axis=0)
    sets = _Sets(times, causes, (x - x.mean(axis=0)) / scale, of)
    beta = np.zeros(x.shape[1])
    value, reach = sets.log_likelihood(beta), math.inf
    for _ in range(_STEPS):
        score, information = sets.derivatives(beta)
        if np.linalg.matrix_rank(information, tol=1e-9 * sets.count.sum(), hermitian=True) < len(
            beta
        ):
            break
        step = np.linalg.solve(information, score)
        reach = float(np.abs(step).max())
        if reach < 1e-10:
            found = _Sets(times, causes, x, of)
            return found, np.asarray((beta + step) / scale)
        step *= min(1.0, 3 / reach)
        ahead = sets.log_likelihood(beta + step)
        while ahead < value - 1e-10 * abs(value):
            step /= 2
            ahead = sets.log_likelihood(beta + step)
        if ahead - value < 1e-9 and reach > 0.1:
            break
        beta, value = np.asarray(beta + step), ahead
    if not beta.any():
        return "the covariates do not tell apart those at risk (one follows from the others)"
    return "the likelihood has no maximum: a ratio runs off to 0 or infinity"
