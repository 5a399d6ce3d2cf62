"""Time to event: Kaplan-Meier by arm, log-rank, hazard ratio."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from casewise import results, stats
from casewise.analysis.arms import Pair, against_comparator, masks
from casewise.analysis.comparisons import disagreements, times_to_event
from casewise.analysis.follow_up import only_deaths, watched_until
from casewise.cohort.dataset import Bools, Dataset, Floats
from casewise.errors import Problem, UndefinedError
from casewise.protocol.model import Outcome, Study
from casewise.protocol.resolve import label


@dataclass(frozen=True)
class Times:
    """Days at risk from the window's opening; NaN where the patient cannot be placed."""

    time: Floats
    event: Bools
    competing: Bools

    @property
    def known(self) -> Bools:
        return np.asarray(~np.isnan(self.time), dtype=np.bool_)


def time_to_event(
    study: Study, dataset: Dataset, name: str, outcome: Outcome, text: str
) -> results.TimeToEventOutcome:
    times = times_of(study, dataset, name, outcome)
    level = study.analysis.level
    arms = {arm: _arm(times, mask, level) for arm, mask in masks(dataset)}
    by_arm = dict(masks(dataset))

    def compare(arm: str, comparator: str) -> Pair:
        both = (by_arm[arm] | by_arm[comparator]) & times.known
        arrays = (times.time[both], times.event[both], by_arm[arm][both])
        return times_to_event(study.analysis.tests, *arrays, level)

    compared = against_comparator(dataset, compare)

    return results.TimeToEventOutcome(
        label=label(study, name),
        primary=study.analysis.primary == name,
        text=text,
        competing=outcome.competing or "",
        horizon=str(outcome.within or ""),
        arms=arms,
        footnotes=(
            *_footnotes(arms, outcome, dataset),
            *_had_before(dataset, name),
            *disagreements(compared["test"], compared["estimates"]),
        ),
        **compared,
    )


def times_of(study: Study, dataset: Dataset, name: str, outcome: Outcome) -> Times:
    """Raises ``UndefinedError`` where neither the records nor the outcome end the watch."""
    columns = dataset.outcomes[name]
    event = columns.event
    assert event is not None  # a time to event has one
    censored = watched(study, dataset, name, outcome, outcome.events)
    rival = np.full(len(dataset), np.nan)
    if columns.competing is not None:
        rival = np.where(columns.competing.day <= censored, columns.competing.day, np.nan)
    happened = ~np.isnan(event.day) & ~(rival < event.day)
    ends = np.where(happened, event.day, np.fmin(rival, censored))
    out = event.unknown | columns.had_before(len(dataset))
    time = np.where(out | (ends < columns.opens), np.nan, ends - columns.opens)
    return Times(time, happened, ~happened & ~np.isnan(rival))


def watched(
    study: Study, dataset: Dataset, name: str, outcome: Outcome, events: tuple[str, ...]
) -> Floats:
    """The last day on which any of ``events`` would have been seen and counted; NaN where nobody
    knows.

    Raises ``UndefinedError`` where neither the records nor the outcome end the watch.
    """
    closes = dataset.outcomes[name].closes
    seen = watched_until(dataset, fatal=only_deaths(study, events))
    if not dataset.follow_up_known:
        if outcome.within is None:
            raise UndefinedError(
                Problem(
                    f'outcome "{name}" counts the time to an event, and the records do not say '
                    "until when patients were watched",
                    hint='name the columns in the site file ("follow up: last_seen"), or give the '
                    'outcome a horizon ("within: 1 year")',
                )
            )
        seen = np.fmin(np.full(len(dataset), np.inf), dataset.death)
    return np.asarray(np.minimum(seen, np.where(np.isnan(closes), np.inf, closes)))


def _arm(times: Times, mask: Bools, level: float) -> results.TimeToEventArm:
    mine = mask & times.known
    time, event = times.time[mine], times.event[mine]
    curve = stats.kaplan_meier(time, event, level=level)
    median = curve.median()
    return results.TimeToEventArm(
        n=int(mine.sum()),
        events=int(event.sum()),
        censored=int((~event).sum()),
        competing=int(times.competing[mine].sum()),
        unknown=int((mask & ~times.known).sum()),
        person_days=float(time.sum()),
        median=median.value,
        median_lower=median.lower,
        median_upper=median.upper,
        curve=results.Curve(
            time=curve.times,
            at_risk=curve.at_risk,
            events=curve.events,
            censored=curve.censored,
            survival=curve.survival,
            lower=curve.lower,
            upper=curve.upper,
        ),
    )


def _had_before(dataset: Dataset, name: str) -> tuple[str, ...]:
    """Those whom a landmark finds with the event."""
    count = int(dataset.outcomes[name].had_before(len(dataset)).sum())
    patients = "patient" if count == 1 else "patients"
    return (f"{count} {patients} had it before the landmark, left out.",) if count else ()


def _footnotes(
    arms: dict[str, results.TimeToEventArm], outcome: Outcome, dataset: Dataset
) -> tuple[str, ...]:
    notes = []
    competing = sum(arm.competing for arm in arms.values())
    if competing:
        notes.append(
            f"{competing} patient{'' if competing == 1 else 's'} censored at {outcome.competing}: "
            "the curve is not the share of patients who had the event."
        )
    unknown = sum(arm.unknown for arm in arms.values())
    if unknown:
        patients = "patient" if unknown == 1 else "patients"
        notes.append(f"{unknown} {patients} without a date to count from or to, left out.")
    if not dataset.follow_up_known:
        notes.append("Everyone without a dated death was taken as watched to the horizon.")
    return tuple(notes)


def proportional(test: stats.TestResult) -> str:
    """The check that a hazard ratio does not change in time, in a sentence."""
    if test.p_value is None:
        return f"Whether the hazard ratio is constant in time could not be tested: {test.reason}."
    shown = f"{test.p_value:.2g}"
    if test.p_value < 0.05:
        return (
            f"The hazard ratio changes in time (score test of proportional hazards, P={shown}): "
            "it is an average over follow-up."
        )
    return (
        "No sign that the hazard ratio changes in time (score test of proportional hazards, "
        f"P={shown})."
    )
