"""Clone, censor, weight: two strategies that differ in when treatment starts [hernan2018].

Every patient is followed under both strategies until the records contradict one. What is censored
that way is not censored by chance; weights stand in for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from casewise.stats._logistic import fit_logistic, with_intercept
from casewise.stats._result import Estimate
from casewise.stats._samples import Floats, check_choice, check_level, design, follow_up
from casewise.stats.cox_models import cox

Bools = NDArray[np.bool_]
METHOD = "clone-censor-weight, percentile bootstrap of patients"
SOURCES = ("hernan2018", "cain2010", "maringe2020")
LATER = ("ignored", "censored")
_MOST_FAILED = 0.05


@dataclass(frozen=True, slots=True)
class Clones:
    """Rows of one strategy: a clone is at risk from just after ``entry`` to ``time``.

    ``patient`` is the place of its patient in the arrays given. ``censored`` counts clones that
    left because the records contradict the strategy.
    """

    entry: Floats
    time: Floats
    event: Bools
    weight: Floats
    patient: NDArray[np.intp]
    censored: int


@dataclass(frozen=True, slots=True)
class WeightedCurve:
    """Weighted Kaplan-Meier: ``survival[i]`` holds from ``times[i]`` on; 1 before the first."""

    times: tuple[float, ...]
    survival: tuple[float, ...]

    def at(self, time: float) -> float:
        passed = np.searchsorted(np.array(self.times), time, side="right")
        return self.survival[passed - 1] if passed else 1.0


@dataclass(frozen=True, slots=True)
class CloneComparison:
    """What starting within the grace period does, against not starting within it.

    Curves are in days from 0, ``started`` first. ``largest_weight`` and ``effective`` (of each
    strategy: the effective number of patients in those who are never censored) say how much rests
    on few. ``reason`` is empty unless nothing could be estimated.
    """

    hazard_ratio: Estimate
    risk_difference: Estimate | None
    risks: tuple[float, float] | None
    curves: tuple[WeightedCurve, WeightedCurve]
    clones: tuple[Clones, Clones]
    largest_weight: float
    effective: tuple[float, float]
    resamples: int
    failed: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Patients:
    end: Floats  # end of follow-up, at the end of its day
    event: Bools
    start: Floats  # infinity for never
    table: Floats | None

    def drawn(self, rows: NDArray[np.intp]) -> _Patients:
        table = None if self.table is None else self.table[rows]
        return _Patients(self.end[rows], self.event[rows], self.start[rows], table)


def clone_censor_weight(
    time: ArrayLike,
    event: ArrayLike,
    start: ArrayLike,
    grace: float,
    covariates: ArrayLike | None = None,
    *,
    later_starts: str = "ignored",
    horizon: float | None = None,
    resamples: int = 500,
    seed: int = 0,
    level: float = 0.95,
) -> CloneComparison:
    """Compare starting treatment within ``grace`` days with not starting within it.

    ``time`` is the day on which follow-up ends, ``start`` that on which treatment starts (NaN for
    never); days are watched to their end, and starts come after what others had on the day.
    Each patient is in both strategies until the records contradict one: under "start", who
    has not started is censored at the end of day ``grace``; under "do not", a patient is censored
    at a start within ``grace`` (with ``later_starts`` ``"censored"``, at any start).

    Weights are the inverse of the probability of not being censored so, over that without
    covariates: under "start" from day ``grace`` on, by a logistic model of having started among
    those still followed then; under "do not" from each day of a start on, by Cox's model of
    starting. Without covariates they are 1. They make up for censoring only as far as the
    covariates say who starts, and the earlier of two starts within ``grace`` is taken to be as good
    as the later.

    The hazard ratio is Cox's with weights, the risks at ``horizon`` days are from weighted
    Kaplan-Meier curves. Limits are percentiles over ``resamples`` of patients, with the weights
    estimated anew in each [efron1993]; the same ``seed`` gives the same limits. Undefined
    (``None``), with the reason: where a model of the weights or of the hazards has no maximum, and
    the limits where more than 5% of the resamples have none. Raises ``ValueError`` for bad times,
    a ``grace`` below 0, unequal lengths, and fewer than 100 resamples. Cost: for each resample one
    fit of each model, on patients by days of starts rows.
    """
    check_level(level)
    check_choice(later_starts, LATER, "later_starts")
    if not 0 <= grace < np.inf:
        raise ValueError(f"grace must be 0 or more days, not {grace!r}")
    if resamples < 100:
        raise ValueError("a percentile interval needs 100 resamples or more")
    patients = _patients(time, event, start, covariates)
    bound = grace if later_starts == "ignored" else np.inf
    made = _clones(patients, grace, bound)
    if isinstance(made, str):
        return _nothing(made, level)
    hazard, reason = _hazard_ratio(made)
    curves = _curve(made[0]), _curve(made[1])
    risks = None if horizon is None else tuple(1 - c.at(horizon + 1) for c in curves)
    drawn, failed = _resampled(patients, grace, bound, horizon, resamples, seed)
    limits = _limits(drawn, failed, resamples, level)
    uncensored = [
        clones.weight[(clones.entry <= grace + 1) & (clones.time > grace + 1)] for clones in made
    ]
    effective = [float(w.sum() ** 2 / (w**2).sum()) if w.size else 0.0 for w in uncensored]
    difference = None
    if risks is not None:
        difference = Estimate(
            "risk difference", risks[0] - risks[1], *limits[1], level, METHOD, SOURCES, limits[2]
        )
    return CloneComparison(
        Estimate(
            "hazard ratio",
            hazard,
            *(limits[0] if hazard is not None else (None, None)),
            level,
            f"Cox model, {METHOD}",
            SOURCES,
            reason or limits[2],
        ),
        difference,
        risks,  # type: ignore[arg-type]  # two curves give two risks
        curves,
        made,
        max(float(clones.weight.max()) for clones in made),
        (effective[0], effective[1]),
        resamples,
        failed,
    )


def _patients(
    time: ArrayLike, event: ArrayLike, start: ArrayLike, covariates: ArrayLike | None
) -> _Patients:
    times, events = follow_up(time, event)
    begun = np.asarray(start, dtype=np.float64)
    if begun.shape != times.shape:
        raise ValueError(f"time has {times.size} values but start has {begun.size}")
    begun = np.where(np.isnan(begun) | (begun > times), np.inf, begun)
    table = None if covariates is None else design(covariates, times.size)
    return _Patients(times + 1, events, begun, table)


def _nothing(reason: str, level: float) -> CloneComparison:
    ratio = Estimate("hazard ratio", None, None, None, level, METHOD, SOURCES, reason)
    curve = WeightedCurve((), ())
    empty, nobody = np.empty(0), np.empty(0, dtype=np.intp)
    none = Clones(empty, empty, nobody.astype(np.bool_), empty, nobody, 0)
    return CloneComparison(
        ratio, None, None, (curve, curve), (none, none), 0.0, (0.0, 0.0), 0, 0, reason
    )


def _clones(patients: _Patients, grace: float, bound: float) -> tuple[Clones, Clones] | str:
    """The clones of both strategies, or why there are none."""
    if not len(patients.end):
        return "there are no patients"
    started = _starters(patients, grace)
    if isinstance(started, str):
        return started
    others = _waiters(patients, bound)
    return others if isinstance(others, str) else (started, others)


def _starters(patients: _Patients, grace: float) -> Clones | str:
    """Start within the grace period: who has not is censored at its end."""
    close = grace + 1
    beyond = patients.end > close
    begun = patients.start <= grace
    if not begun[beyond].any():
        return "nobody who was followed past the grace period started within it"
    weight = np.ones(len(begun))
    if patients.table is not None and not begun[beyond].all():
        fit = fit_logistic(begun[beyond].astype(float), patients.table[beyond], "starting")
        if fit.reason:
            return f"the model of who starts within the grace period: {fit.reason}"
        chance = expit(with_intercept(patients.table) @ fit.coefficients)
        weight = begun[beyond].mean() / chance
    who = np.arange(len(begun))
    kept = beyond & begun
    first = np.minimum(patients.end, close)
    return Clones(
        entry=np.concatenate([np.zeros(len(who)), np.full(int(kept.sum()), close)]),
        time=np.concatenate([first, patients.end[kept]]),
        event=np.concatenate([patients.event & ~beyond, patients.event[kept]]),
        weight=np.concatenate([np.ones(len(who)), weight[kept]]),
        patient=np.concatenate([who, who[kept]]),
        censored=int((beyond & ~begun).sum()),
    )


def _waiters(patients: _Patients, bound: float) -> Clones | str:
    """Do not start up to day ``bound``: who does is censored, after what others had on the day and
    before the patient's own event of it."""
    starts = (patients.start <= bound) & np.isfinite(patients.start)
    leave = np.where(starts, np.clip(patients.start + 1, 0.25, patients.end - 0.5), patients.end)
    if not (leave > 0.25).any():
        return "everybody was treated from day 0 on"
    days, cumulative, each = _start_hazard(leave, starts, patients.table)
    if isinstance(each, str):
        return f"the model of when treatment starts: {each}"
    edges = np.concatenate([[0.0], days])
    plain = np.concatenate([[0.0], cumulative[0]])
    fitted = np.concatenate([[0.0], cumulative[1]])
    # A row for each stretch between two days of starts, until the clone leaves.
    counts = np.searchsorted(edges, leave, side="left")
    who = np.repeat(np.arange(len(leave)), counts)
    place = np.arange(len(who)) - np.repeat(np.cumsum(counts) - counts, counts)
    last = place == np.repeat(counts, counts) - 1
    ends = np.append(edges, np.inf)[place + 1]
    return Clones(
        entry=edges[place],
        time=np.where(last, leave[who], ends),
        event=last & (patients.event & ~starts)[who],
        weight=np.exp(fitted[place] * each[who] - plain[place]),
        patient=who,
        censored=int(starts.sum()),
    )


def _start_hazard(
    leave: Floats, starts: Bools, table: Floats | None
) -> tuple[Floats, tuple[Floats, Floats], Floats | str]:
    """Days of starts; cumulative hazards without and with covariates; each patient's risk."""
    days, count = np.unique(leave[starts], return_counts=True)
    order = np.sort(leave)
    at_risk = len(leave) - np.searchsorted(order, days, side="left")
    plain = np.cumsum(_hazard_of_ties(count, at_risk.astype(np.float64), count.astype(np.float64)))
    ones = np.ones(len(leave))
    if table is None or not starts.any():
        return days, (plain, plain), ones
    model = cox(leave, starts, table)
    if model.reason:
        return days, (plain, plain), model.reason
    slope = np.array([one.log.value for one in model.coefficients])
    risk = np.exp((table - table.mean(axis=0)) @ slope)
    by_leave = np.argsort(leave, kind="stable")
    total = np.cumsum(risk[by_leave][::-1])[::-1]
    behind = total[np.searchsorted(order, days, side="left")]
    tied = np.bincount(np.searchsorted(days, leave[starts]), risk[starts], days.size)
    return days, (plain, np.cumsum(_hazard_of_ties(count, behind, tied.astype(np.float64)))), risk


def _hazard_of_ties(count: NDArray[np.intp], behind: Floats, tied: Floats) -> Floats:
    """Efron's step of the cumulative hazard at each day: the tied leave one after another."""
    return np.array(
        [
            float((1 / (total - np.arange(d) / d * own)).sum())
            for d, total, own in zip(count.tolist(), behind.tolist(), tied.tolist(), strict=True)
        ]
    )


def _hazard_ratio(made: tuple[Clones, Clones]) -> tuple[float | None, str]:
    one, other = made
    arm = np.repeat([1.0, 0.0], [one.time.size, other.time.size])
    both = [
        np.concatenate([getattr(one, f), getattr(other, f)])
        for f in ("time", "event", "entry", "weight")
    ]
    model = cox(both[0], both[1], arm, entry=both[2], weights=both[3], robust=False)
    return model.coefficients[0].ratio.value, model.reason


def _curve(clones: Clones) -> WeightedCurve:
    times = np.unique(clones.time[clones.event])
    died = np.bincount(
        np.searchsorted(times, clones.time[clones.event]), clones.weight[clones.event], times.size
    )
    at_risk = _weight_after(clones.time, clones.weight, times)
    at_risk -= _weight_after(clones.entry, clones.weight, times)
    survival = np.cumprod(1 - np.minimum(died / at_risk, 1))
    return WeightedCurve(tuple(times.tolist()), tuple(survival.tolist()))


def _weight_after(at: Floats, weight: Floats, times: Floats) -> Floats:
    """The weight of rows whose ``at`` is at or after each of ``times``."""
    order = np.argsort(at, kind="stable")
    total = np.concatenate([np.cumsum(weight[order][::-1])[::-1], [0.0]])
    return np.asarray(total[np.searchsorted(at[order], times, side="left")])


def _resampled(
    patients: _Patients,
    grace: float,
    bound: float,
    horizon: float | None,
    resamples: int,
    seed: int,
) -> tuple[Floats, int]:
    """Log hazard ratios and risk differences of the resamples that have them, and how many not."""
    generator = np.random.default_rng(seed)
    n = len(patients.end)
    found = []
    for _ in range(resamples):
        made = _clones(patients.drawn(generator.integers(0, n, n)), grace, bound)
        if isinstance(made, str):
            continue
        hazard, _ = _hazard_ratio(made)
        if hazard is None:
            continue
        gap = 0.0
        if horizon is not None:
            gap = _curve(made[1]).at(horizon + 1) - _curve(made[0]).at(horizon + 1)
        found.append((hazard, gap))
    return np.array(found).reshape(-1, 2), resamples - len(found)


Limits = tuple[float | None, float | None]


def _limits(drawn: Floats, failed: int, resamples: int, level: float) -> tuple[Limits, Limits, str]:
    if failed > _MOST_FAILED * resamples:
        text = f"{failed} of {resamples} resamples have no estimate"
        return (None, None), (None, None), text
    tails = [(1 - level) / 2, (1 + level) / 2]
    hazard, gap = (np.quantile(drawn[:, k], tails).tolist() for k in (0, 1))
    return (hazard[0], hazard[1]), (gap[0], gap[1]), ""
