"""Treatment that starts during follow-up, as a covariate that changes in time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from casewise.stats._result import Estimate, TestResult
from casewise.stats._samples import Floats, follow_up
from casewise.stats.cox_models import cox

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Stretches:
    """Rows for Cox's model: a patient's time before treatment and the time after it.

    ``entry`` is before ``time``; ``event`` stands on a patient's last row. ``patient`` is the
    place of the patient in the arrays given.
    """

    entry: Floats
    time: Floats
    event: Bools
    treated: Bools
    patient: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class ChangingTreatment:
    """The hazard under treatment over that without it, its test, and how constant it is in time."""

    ratio: Estimate
    test: TestResult
    proportionality: TestResult


def stretches(time: ArrayLike, event: ArrayLike, start: ArrayLike) -> Stretches:
    """Split each patient's follow-up, in whole days, where treatment starts.

    ``time`` is the day on which follow-up ends (0 or later), ``start`` that on which treatment
    starts, NaN for never. Both days are watched to their end: somebody seen on day 0 alone was
    watched for one day. Treatment that starts on a day comes after what happened to others on it,
    and before the patient's own event of that day. A start after the end of follow-up does not
    count; one before day 0 is treatment throughout. Raises ``ValueError`` for bad times and
    unequal lengths.
    """
    times, events = follow_up(time, event)
    begun = np.asarray(start, dtype=np.float64)
    if begun.shape != times.shape:
        raise ValueError(f"time has {times.size} values but start has {begun.size}")
    if np.isinf(begun).any():
        raise ValueError("start must be a day, or NaN for never")
    end = times + 1
    ever = begun <= times
    change = np.where(ever, np.clip(begun + 1, 0.0, end - 0.5), end)
    who = np.arange(times.size)
    waited, under = change > 0, ever
    rows = np.concatenate([who[waited], who[under]])
    return Stretches(
        entry=np.concatenate([np.zeros(int(waited.sum())), change[under]]),
        time=np.concatenate([change[waited], end[under]]),
        event=np.concatenate([(events & ~ever)[waited], events[under]]),
        treated=np.repeat([False, True], [int(waited.sum()), int(under.sum())]),
        patient=rows,
    )


def expected_events(rows: Stretches, group: ArrayLike) -> tuple[float, float]:
    """Events expected in the group and outside of it, if the hazard did not depend on it.

    At each time of an event, the events are shared out as the rows at risk are [mantel1966]. The
    two sum to the number of events. Cost: one sort.
    """
    inside = np.asarray(group, dtype=np.bool_)
    times, died = np.unique(rows.time[rows.event], return_counts=True)

    def at_risk(which: Bools) -> Floats:
        left = np.searchsorted(np.sort(rows.time[which]), times, side="left")
        late = np.searchsorted(np.sort(rows.entry[which]), times, side="left")
        return np.asarray(late - left, dtype=np.float64)

    one, every = at_risk(inside), at_risk(np.ones_like(inside))
    share = float((died * one / every).sum())
    return share, float(died.sum()) - share


def changing_treatment(
    time: ArrayLike, event: ArrayLike, start: ArrayLike, level: float = 0.95
) -> ChangingTreatment:
    """The hazard ratio of being treated, with treatment changing on the day that it starts.

    Cox's model on :func:`stretches`: each event is set against those at risk on that day, by
    whether they had been treated by then [mantel1974], [crowley1977]. Undefined (``None``), with
    the reason, where :func:`cox` is. Raises ``ValueError`` as :func:`stretches` does.
    """
    rows = stretches(time, event, start)
    treated = rows.treated.astype(np.float64)
    model = cox(rows.time, rows.event, treated, entry=rows.entry, names=("treatment",), level=level)
    effect = model["treatment"]
    method = "Cox model with treatment that changes in time, Efron's method for ties, Wald interval"
    sources = ("cox1972", "efron1977", "mantel1974", "crowley1977")
    ratio, p = effect.ratio, effect.test
    return ChangingTreatment(
        Estimate(
            "hazard ratio",
            ratio.value,
            ratio.lower,
            ratio.upper,
            level,
            method,
            sources,
            ratio.reason,
        ),
        TestResult(
            p.p_value,
            p.statistic,
            "Wald's test in Cox's model with treatment that changes in time",
            sources,
            reason=p.reason,
        ),
        model.proportionality()["treatment"],
    )
