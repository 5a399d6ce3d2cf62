"""Cumulative incidence where events compete, and mean time without the event to the horizon."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from casewise import results, stats
from casewise.analysis.arms import as_estimate, as_test, masks
from casewise.analysis.survival import Times, proportional
from casewise.cohort.dataset import Bools, Dataset
from casewise.protocol.model import Outcome, Study

EVENT, RIVAL = 1, 2
GRAY = "Gray's test"


def with_incidence(
    found: results.TimeToEventOutcome,
    times: Times,
    study: Study,
    dataset: Dataset,
    outcome: Outcome,
) -> results.TimeToEventOutcome:
    """The outcome with what a time to event needs besides: the restricted mean times' difference
    before the hazard ratio, whether that is constant in time, and where events compete, cumulative
    incidences, Gray's test and the subdistribution hazard ratio."""
    by_arm = dict(masks(dataset))
    comparator = dataset.arms[-1]
    comparisons = found.comparisons(
        tuple(results.Arm(name=arm, n=int(mask.sum())) for arm, mask in by_arm.items())
    )
    made = []
    notes: list[str] = []
    for comparison in comparisons:
        both = (by_arm[comparison.arm] | by_arm[comparator]) & times.known
        arm = by_arm[comparison.arm][both]
        extra = _estimates(times, both, arm, study, dataset, outcome, found)
        many = f"{comparison.arm}: " if len(comparisons) > 1 else ""
        notes += [many + text for text in _proportional(times, both, arm)]
        made.append(
            comparison.model_copy(
                update={
                    "test": _test(comparison.test, times, both, arm, outcome),
                    "estimates": (*extra[0], *comparison.estimates, *extra[1]),
                }
            )
        )
    if any(comparison.test.method == GRAY for comparison in made):
        notes.append(
            f"{(outcome.competing or '').capitalize()} competes: P is from {GRAY} of the "
            "cumulative incidences; the hazard ratio is cause-specific, among those still free "
            "of either."
        )
    return found.model_copy(
        update={
            "test": made[0].test,
            "estimates": made[0].estimates,
            "further_comparisons": tuple(made[1:]),
            "footnotes": (*found.footnotes, *notes),
            "incidence": _curves(times, by_arm, study, outcome),
        }
    )


def _causes(times: Times, rows: Bools) -> NDArray[np.int64]:
    rival = np.where(times.competing[rows], RIVAL, 0)
    return np.asarray(np.where(times.event[rows], EVENT, rival), dtype=np.int64)


def _estimates(
    times: Times,
    both: Bools,
    arm: Bools,
    study: Study,
    dataset: Dataset,
    outcome: Outcome,
    found: results.TimeToEventOutcome,
) -> tuple[tuple[results.Estimate, ...], tuple[results.Estimate, ...]]:
    """Before and after the hazard ratio."""
    level = study.analysis.level
    time, event = times.time[both], times.event[both]
    if outcome.competing:
        ratio = stats.subdistribution_hazard_ratio(time, _causes(times, both), arm, level=level)
        return (), (as_estimate(ratio),)
    name = next(n for n, o in study.outcomes.items() if o is outcome)
    columns = dataset.outcomes[name]
    days = (columns.closes - columns.opens)[both]
    horizon = float(days.min()) if len(days) else np.nan
    if not np.isfinite(horizon) or horizon <= 0 or arm.all() or not arm.any():
        return (), ()
    difference = stats.restricted_mean_difference(time, event, arm, horizon, level=level)
    return (as_estimate(difference),), ()


def _test(
    test: results.Test, times: Times, both: Bools, arm: Bools, outcome: Outcome
) -> results.Test:
    if not outcome.competing or not times.competing[both].any():
        return test
    gray = as_test(stats.gray_test(times.time[both], _causes(times, both), arm.astype(int)))
    return gray if gray.p_value is not None else test


def _proportional(times: Times, both: Bools, arm: Bools) -> list[str]:
    model = stats.cox(times.time[both], times.event[both], arm.astype(np.float64), names=("arm",))
    if model.reason:
        return []
    return [proportional(model.proportionality()["arm"])]


def _curves(
    times: Times, by_arm: dict[str, Bools], study: Study, outcome: Outcome
) -> results.Incidence | None:
    if outcome.competing is None:
        return None
    arms = {}
    for arm, mask in by_arm.items():
        rows = mask & times.known
        causes = _causes(times, rows)
        one, other = (
            stats.aalen_johansen(times.time[rows], causes, of=of, level=study.analysis.level)
            for of in (EVENT, RIVAL)
        )
        arms[arm] = results.IncidenceArm(event=_curve(one), competing=_curve(other))
    return results.Incidence(competing=outcome.competing, arms=arms)


def _curve(curve: stats.IncidenceCurve) -> results.IncidenceSteps:
    """Only the days on which the incidence rises."""
    rises = np.diff(np.array((0.0, *curve.incidence))) > 0
    at = np.flatnonzero(rises)
    return results.IncidenceSteps(
        time=tuple(curve.times[i] for i in at),
        incidence=tuple(curve.incidence[i] for i in at),
        lower=tuple(curve.lower[i] for i in at),
        upper=tuple(curve.upper[i] for i in at),
        last=curve.last,
    )
