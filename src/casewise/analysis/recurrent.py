"""The mean number of events of a patient by each day, beside the counts of an outcome."""

from __future__ import annotations

import numpy as np

from casewise import results, stats
from casewise.analysis.arms import as_estimate, masks
from casewise.analysis.follow_up import watched_until
from casewise.cohort.dataset import Bools, Dataset, Floats, Occurrences, OutcomeColumns
from casewise.protocol.model import Study


def with_mean_counts(
    found: results.CountOutcome, study: Study, dataset: Dataset, columns: OutcomeColumns
) -> results.CountOutcome:
    """The outcome with mean counts by arm, and their difference by the last day that both of two
    arms are followed to."""
    occurrences = columns.occurrences
    if occurrences is None:
        return found
    time, died = _followed(dataset, columns, occurrences)
    used = ~np.isnan(time)
    level = study.analysis.level
    by_arm = dict(masks(dataset))
    curves, deaths = {}, {}
    for arm, mask in by_arm.items():
        mine = mask & used
        whose, day = _of(occurrences, columns, mine)
        curves[arm] = stats.mean_count(time[mine], died[mine], whose, day, level=level)
        deaths[arm] = int(died[mine].sum())
    comparisons = []
    for one in found.comparisons(
        tuple(results.Arm(name=arm, n=int(mask.sum())) for arm, mask in by_arm.items())
    ):
        both = (by_arm[one.arm] | by_arm[one.comparator]) & used
        by = min(curves[one.arm].last, curves[one.comparator].last)
        whose, day = _of(occurrences, columns, both)
        arrays = (time[both], died[both], whose, day, by_arm[one.arm][both])
        difference = as_estimate(stats.mean_count_difference(*arrays, by, level=level))
        estimates = (*one.estimates[:1], difference, *one.estimates[1:])
        comparisons.append(one.model_copy(update={"estimates": estimates}))
    note = (
        "Rate ratios take events as independent of one another, which those of one patient may "
        "not be; the difference in mean count, by the last day that both arms are followed to, "
        "does not."
    )
    return found.model_copy(
        update={
            "estimates": comparisons[0].estimates,
            "further_comparisons": tuple(comparisons[1:]),
            "footnotes": (*found.footnotes, note),
            "mean_count": {arm: _steps(curve, deaths[arm]) for arm, curve in curves.items()},
        }
    )


def _followed(
    dataset: Dataset, columns: OutcomeColumns, occurrences: Occurrences
) -> tuple[Floats, Bools]:
    """Days from the window's opening to the end of the watch, NaN where nobody knows; and whether
    death ended it. A patient was watched at least until the last event."""
    event = columns.event
    assert event is not None
    last = np.full(len(dataset), -np.inf)
    np.maximum.at(last, occurrences.row, occurrences.day)
    seen = watched_until(dataset, fatal=False)
    if not dataset.follow_up_known:
        seen = np.fmin(columns.closes, dataset.death)
    ends = np.fmin(np.fmax(seen, np.where(np.isinf(last), np.nan, last)), columns.closes)
    out = event.unknown | event.inapplicable | ~(ends >= columns.opens)
    died = ~out & (dataset.death == ends)
    return np.where(out, np.nan, ends - columns.opens), np.asarray(died, dtype=np.bool_)


def _of(
    occurrences: Occurrences, columns: OutcomeColumns, mine: Bools
) -> tuple[list[int], list[float]]:
    """The occurrences of some patients: each one's place among them, and the day."""
    place = np.cumsum(mine) - 1
    kept = mine[occurrences.row]
    rows = occurrences.row[kept]
    return place[rows].tolist(), (occurrences.day[kept] - columns.opens[rows]).tolist()


def _steps(curve: stats.MeanCountCurve, deaths: int) -> results.MeanCountSteps:
    return results.MeanCountSteps(
        time=curve.times,
        mean=curve.mean,
        lower=curve.lower,
        upper=curve.upper,
        n=curve.n,
        deaths=deaths,
        last=curve.last,
    )
