"""Times to event where treatment starts during follow-up: changing in time, or by cloning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from casewise import results, stats
from casewise.analysis.arms import as_estimate, as_test
from casewise.analysis.survival import Times, proportional, times_of
from casewise.cohort.dataset import KNOWN, Bools, Covariate, Dataset, Floats
from casewise.protocol.late_treatment import starting
from casewise.protocol.model import Outcome, Study
from casewise.protocol.resolve import label
from casewise.results_timing import PersonTime, PersonTimeGroup

if TYPE_CHECKING:  # it loads scipy's linear algebra, which most studies do not need
    from casewise.stats import clone_weights

NO_CURVE = results.Curve(
    time=(), at_risk=(), events=(), censored=(), survival=(), lower=(), upper=()
)


@dataclass(frozen=True)
class Started:
    """Times to an outcome and the day on which treatment started, NaN for never; both count from
    the day on which the outcome's window opens. ``undated`` starts cannot be placed."""

    times: Times
    start: Floats
    undated: Bools

    @property
    def known(self) -> Bools:
        return np.asarray(self.times.known & ~self.undated)


def started(study: Study, dataset: Dataset, name: str, outcome: Outcome) -> Started | None:
    """``None`` where no single event puts patients into the treated arm."""
    arm = starting(study)
    exposure = dataset.exposures.get(arm or "")
    if exposure is None:
        return None
    times = times_of(study, dataset, name, outcome)
    opens = dataset.outcomes[name].opens
    return Started(times, exposure.in_window.day - opens, exposure.in_window.undated)


def changing(
    study: Study, dataset: Dataset, name: str, outcome: Outcome, text: str
) -> results.TimeToEventOutcome:
    """Each patient untreated until the day that treatment starts, and treated from then on."""
    found = _found(study, dataset, name, outcome)
    known = found.known
    time, event, start = found.times.time[known], found.times.event[known], found.start[known]
    level = study.analysis.level
    effect = stats.changing_treatment(time, event, start, level=level)
    ever = start <= time
    under = np.where(ever, time - np.fmax(start, 0), 0)
    treated, other = _names(study, dataset)
    unknown = int((~known).sum())
    arms = {
        treated: _split(int(ever.sum()), event & ever, under, known=len(time)),
        other: _split(
            int((~ever | (start >= 0)).sum()), event & ~ever, time - under, known=len(time)
        ),
    }
    return _outcome(
        study,
        name,
        outcome,
        text,
        arms={arm: arms[arm] for arm in dataset.arms},
        test=as_test(effect.test),
        estimates=(as_estimate(effect.ratio),),
        handling="Treatment changes in time: days and events count as untreated until it starts",
        footnotes=(
            f"A patient who starts {treated} during follow-up is counted in both groups, each for "
            "his or her days in it.",
            proportional(effect.proportionality),
            *_unknown(unknown),
        ),
    )


def _split(n: int, event: Bools, days: Floats, known: int) -> results.TimeToEventArm:
    events = int(event.sum())
    return results.TimeToEventArm(
        n=n,
        events=events,
        censored=n - events,
        person_days=float(days.sum()),
        median=None,
        curve=NO_CURVE,
    )


def cloned(
    study: Study, dataset: Dataset, name: str, outcome: Outcome, text: str
) -> results.TimeToEventOutcome:
    """Start within the grace period against do not, every patient under both strategies."""
    found = _found(study, dataset, name, outcome)
    chosen = study.analysis.treatment_after_day_0
    assert chosen is not None
    assert chosen.clone_censor_weight is not None
    grace = int(chosen.clone_censor_weight.most_days)
    names = _weights_from(study, chosen.weights_from)
    columns = [c for c in dataset.baseline if c.name in names]
    complete = np.logical_and.reduce([found.known, *[c.status == KNOWN for c in columns]])
    table = design_of(columns, complete)
    time, event = found.times.time[complete], found.times.event[complete]
    closes = dataset.outcomes[name].closes - dataset.outcomes[name].opens
    horizon = float(np.min(closes[complete])) if complete.any() else np.nan
    made = stats.clone_censor_weight(
        time,
        event,
        found.start[complete],
        grace,
        table,
        later_starts=chosen.later_starts,
        horizon=horizon if np.isfinite(horizon) else None,
        level=study.analysis.level,
    )
    treated, other = _names(study, dataset)
    clones = dict(zip((treated, other), zip(made.clones, made.curves, strict=True), strict=True))
    differences = () if made.risk_difference is None else (as_estimate(made.risk_difference),)
    return _outcome(
        study,
        name,
        outcome,
        text,
        arms={arm: _clone_arm(*clones[arm], int((~complete).sum())) for arm in dataset.arms},
        test=results.Test(
            method="clone-censor-weight",
            p_value=None,
            reason="the interval is by resampling, and no test goes with it",
        ),
        estimates=(*differences, as_estimate(made.hazard_ratio)),
        handling=f"Clone-censor-weight: {treated} within {grace} days against not",
        footnotes=_told(made, grace, chosen.later_starts, columns, treated, int((~complete).sum())),
    )


def _told(
    made: stats.CloneComparison,
    grace: int,
    later: str,
    columns: list[Covariate],
    treated: str,
    left_out: int,
) -> tuple[str, ...]:
    weights = (
        "weighted by the inverse probability of staying, from "
        + ", ".join(c.label for c in columns)
        if columns
        else "not weighted, since no covariate was given"
    )
    after = (
        "later starts are ignored (as by intention to treat)"
        if later == "ignored"
        else "later starts are censored too (per protocol)"
    )
    notes = [
        f"Each patient is followed both as starting {treated} by day {grace} and as not starting, "
        f"and censored when the records contradict the one or the other ({made.clones[0].censored} "
        f"and {made.clones[1].censored} were); {after}; clones are {weights}.",
        f"The largest weight is {made.largest_weight:.2f}; those never censored past the grace "
        f"period count as {made.effective[0]:.0f} and {made.effective[1]:.0f} patients.",
    ]
    if made.failed:
        notes.append(
            f"{made.failed} of {made.resamples} resamples had no estimate and are left out."
        )
    if left_out:
        patients = "patient" if left_out == 1 else "patients"
        notes.append(f"{left_out} {patients} lack a covariate or a date, and are left out.")
    return tuple(notes)


def _clone_arm(
    clones: clone_weights.Clones, curve: clone_weights.WeightedCurve, unknown: int
) -> results.TimeToEventArm:
    """Counts are of clones without weights; the curve is weighted, without a band."""
    last = np.full(int(clones.patient.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(last, clones.patient, clones.time)
    final = clones.time == last[clones.patient]
    ends, event = clones.time[final], clones.event[final]
    times = np.unique(ends)
    place = np.searchsorted(times, ends)
    events = np.bincount(place, event, times.size).astype(int)
    every = np.bincount(place, minlength=times.size)
    at_risk = len(ends) - np.concatenate([[0], np.cumsum(every)[:-1]])
    survival = [curve.at(t) for t in times.tolist()]
    below = next((t for t, s in zip(curve.times, curve.survival, strict=True) if s <= 0.5), None)
    return results.TimeToEventArm(
        n=len(ends),
        events=int(event.sum()),
        censored=int((~event).sum()),
        unknown=unknown,
        person_days=float((ends - 1).clip(0).sum()),
        median=None if below is None else float(below - 1),
        curve=results.Curve(
            time=tuple(float(t) for t in np.maximum(times - 1, 0)),
            at_risk=tuple(at_risk.tolist()),
            events=tuple(events.tolist()),
            censored=tuple((every - events).tolist()),
            survival=tuple(survival),
            lower=(None,) * len(survival),
            upper=(None,) * len(survival),
        ),
    )


def _weights_from(study: Study, asked: tuple[str, ...] | None) -> list[str]:
    if asked is not None:
        return list(asked)
    return [name for name, covariate in study.baseline.items() if not covariate.after_index]


def design_of(columns: list[Covariate], rows: Bools) -> NDArray[Any] | None:
    """Covariates as numbers: a category as one column for each level but the first seen."""
    table: list[Floats] = []
    for covariate in columns:
        values = covariate.values[rows]
        if covariate.kind == "category":
            present = [level for level in covariate.levels if (values == level).any()]
            table += [(values == level).astype(np.float64) for level in present[1:]]
        else:
            table.append(values.astype(np.float64))
    varying = [column for column in table if len(column) and np.ptp(column) > 0]
    return np.column_stack(varying) if varying else None


def person_time(study: Study, dataset: Dataset) -> PersonTime | None:
    """Days and events before treatment, under it, and of those who never had it, of the primary
    time to event or the first."""
    names = [n for n, o in study.outcomes.items() if o.kind == "time to event"]
    names.sort(key=lambda name: name != study.analysis.primary)
    for name in names:
        found = started(study, dataset, name, study.outcomes[name])
        if found is not None:
            return _person_time(study, dataset, name, found)
    return None


def _person_time(study: Study, dataset: Dataset, name: str, found: Started) -> PersonTime | None:
    treated, other = _names(study, dataset)
    known = found.known
    mine = known & (dataset.arm == dataset.arms.index(treated))
    time, event = found.times.time, found.times.event
    start = np.fmin(np.fmax(found.start, 0), time)
    ever = mine & (found.start <= time)
    rest = known & (dataset.arm == dataset.arms.index(other))
    if not mine.any() or not rest.any():
        return None

    def group(label_: str, who: Bools, days: Floats, events: Bools) -> PersonTimeGroup:
        return PersonTimeGroup(
            name=label_,
            patients=int(who.sum()),
            days=float(days[who].sum()),
            events=int((events & who).sum()),
        )

    waits = np.where(np.isnan(start), time, start)
    both = mine | rest
    rows = stats.stretches(time[both], event[both], found.start[both])
    return PersonTime(
        outcome=label(study, name),
        arm=treated,
        comparator=other,
        waiting=group("waiting for treatment", mine, waits, event & ~ever),
        treated=group("after treatment started", ever, time - waits, event),
        never=group("never treated", rest, time, event),
        expected_naive=stats.expected_events(rows, mine[both][rows.patient]),
        expected=stats.expected_events(rows, rows.treated),
    )


def _found(study: Study, dataset: Dataset, name: str, outcome: Outcome) -> Started:
    found = started(study, dataset, name, outcome)
    assert found is not None  # the protocol's check sees to it
    return found


def _names(study: Study, dataset: Dataset) -> tuple[str, str]:
    treated = starting(study) or dataset.arms[0]
    return treated, next(name for name in dataset.arms if name != treated)


def _unknown(count: int) -> tuple[str, ...]:
    patients = "patient" if count == 1 else "patients"
    return (f"{count} {patients} without the dates that this needs, left out.",) if count else ()


def _outcome(
    study: Study, name: str, outcome: Outcome, text: str, **found: Any
) -> results.TimeToEventOutcome:
    return results.TimeToEventOutcome(
        label=label(study, name),
        primary=study.analysis.primary == name,
        text=text,
        competing=outcome.competing or "",
        horizon=str(outcome.within or ""),
        **found,
    )
