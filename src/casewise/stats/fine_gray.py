"""Fine and Gray's model: the hazard of the subdistribution of one cause, two arms compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from casewise.stats._result import Estimate
from casewise.stats._samples import Floats, check_level, indicator, sample
from casewise.stats.cox_models import cox

_MOST_ROWS = 20_000_000
_METHOD = "Fine-Gray model, Efron's method for ties, robust Wald interval"
_SOURCES = ("fine1999",)
_MEASURE = "subdistribution hazard ratio"
Rows = tuple[Floats, Floats, NDArray[np.bool_], Floats, NDArray[np.intp]]


def subdistribution_hazard_ratio(
    time: ArrayLike, cause: ArrayLike, arm: ArrayLike, of: int = 1, level: float = 0.95
) -> Estimate:
    """The ratio of the hazards behind two cumulative incidences, treated over control [fine1999].

    ``cause`` is 0 where follow-up was censored, else the number of the cause that ended it. Who
    was ended by another cause stays at risk, with the weight ``G(t-) / G(T-)``, where G is the
    Kaplan-Meier estimate of being uncensored in all patients: the chance that he or she would
    still have been followed. Cox's model on those rows, with the patients' score residuals summed
    for the variance. The ratio says in which arm more patients come to have the event, not by how
    much faster those who still can.

    Undefined (``None``), with the reason, where :func:`cox` is, where an arm is empty, and beyond
    20 million rows (patients ended by another cause by later censorings). Raises ``ValueError`` for
    negative or missing times and causes that are no whole numbers.
    """
    check_level(level)
    times, causes = sample(time, "time"), sample(cause, "cause")
    treated = indicator(arm, "arm")
    if not times.size == causes.size == treated.size:
        raise ValueError(f"time has {times.size} values, cause {causes.size}, arm {treated.size}")
    if times.size and times.min() < 0:
        raise ValueError("time must not be negative")
    if (causes < 0).any() or (causes % 1 != 0).any():
        raise ValueError("cause must be 0 (censored) or the number of a cause, 1 or more")
    reason = ""
    if treated.all() or not treated.any():
        reason = "an arm has no patients"
    elif not (causes == of).any():
        reason = "nobody had such an event"
    made = None if reason else _rows(times, causes.astype(np.int64), of)
    if made is None:
        reason = reason or "there are too many rows to weight"
        return Estimate(_MEASURE, None, None, None, level, _METHOD, _SOURCES, reason)
    entry, end, event, weight, patient = made
    model = cox(
        end,
        event,
        treated[patient].astype(np.float64),
        entry=entry,
        weights=weight,
        cluster=patient,
        names=("arm",),
        level=level,
    )
    ratio = model["arm"].ratio
    return Estimate(
        _MEASURE, ratio.value, ratio.lower, ratio.upper, level, _METHOD, _SOURCES, ratio.reason
    )


def _rows(times: Floats, causes: NDArray[np.int64], of: int) -> Rows | None:
    """A row a patient, and for each ended by another cause one for each later value of G."""
    events = np.unique(times[causes == of])
    cuts, survival = _uncensored(times, causes)
    before = np.concatenate([[1.0], survival])
    at_end = before[np.searchsorted(cuts, times, side="left")]
    # At the events G(t-) is constant between censorings: one stretch for each value of it.
    level = np.searchsorted(cuts, events, side="left")
    last = np.append(level[1:] != level[:-1], True) if events.size else np.empty(0, dtype=bool)
    ends, values = events[last], before[level[last]]
    rival = np.flatnonzero((causes != 0) & (causes != of))
    counts = ends.size - np.searchsorted(ends, times[rival], side="right")
    if int(counts.sum()) > _MOST_ROWS:
        return None
    who = np.repeat(rival, counts)
    place = np.arange(who.size) - np.repeat(np.cumsum(counts) - counts, counts)
    stretch = np.repeat(ends.size - counts, counts) + place
    begin = np.where(place == 0, times[who], ends[np.maximum(stretch - 1, 0)])
    everyone = np.arange(times.size)
    # Rows end up to and including their time; those at risk from the start enter before it.
    entry = np.concatenate([np.full(times.size, -1.0), begin])
    end = np.concatenate([times, ends[stretch]])
    event = np.concatenate([causes == of, np.zeros(who.size, dtype=np.bool_)])
    weight = np.concatenate([np.ones(times.size), values[stretch] / at_end[who]])
    keep = weight > 0
    patient = np.concatenate([everyone, who])
    return entry[keep], end[keep], event[keep], weight[keep], patient[keep]


def _uncensored(times: Floats, causes: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Times of censoring and the Kaplan-Meier estimate of being uncensored from each on; events
    of a day come before its censorings."""
    cuts, gone = np.unique(times[causes == 0], return_counts=True)
    order = np.sort(times)
    at_risk = times.size - np.searchsorted(order, cuts, side="left")
    ended = np.sort(times[causes != 0])
    same = np.searchsorted(ended, cuts, side="right") - np.searchsorted(ended, cuts, side="left")
    left = at_risk - same
    return cuts, np.asarray(np.cumprod(1 - gone / left), dtype=np.float64)
