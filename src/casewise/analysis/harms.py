"""Counts over person-time: harms, and outcomes that can recur."""

from __future__ import annotations

import numpy as np

from casewise import results, stats
from casewise.analysis.arms import Pair, against_comparator, masks
from casewise.analysis.comparisons import disagreements, risk_difference
from casewise.analysis.follow_up import watched_until
from casewise.cohort.dataset import Bools, Dataset, Floats, OutcomeColumns
from casewise.protocol.model import Harm, Outcome, Study
from casewise.protocol.resolve import label

RATE_DAYS = 100  # rates are per 100 person-days


def counted(
    study: Study, dataset: Dataset, columns: OutcomeColumns, asked: Outcome | Harm, text: str
) -> results.CountOutcome:
    """How many patients had it and how often, over the days on which it would have been seen."""
    days = _days(dataset, columns)
    level = study.analysis.level
    arms = {arm: _arm(columns, days, mask, level) for arm, mask in masks(dataset)}

    def compare(arm: str, comparator: str) -> Pair:
        one, two = arms[arm], arms[comparator]
        counts = (one.patients, one.n, two.patients, two.n)
        over_time = (one.events, one.person_days, two.events, two.person_days)
        test, difference = risk_difference(study.analysis.tests, counts, level)
        return test, (difference, stats.rate_ratio(*over_time, level=level))

    compared = against_comparator(dataset, compare)

    return results.CountOutcome(
        label=label(study, columns.name),
        primary=study.analysis.primary == columns.name,
        harm=isinstance(asked, Harm),
        text=text,
        horizon=str(asked.within or ""),
        arms=arms,
        footnotes=(
            *_footnotes(arms),
            *disagreements(compared["test"], compared["estimates"][:1]),
        ),
        **compared,
    )


def _days(dataset: Dataset, columns: OutcomeColumns) -> Floats:
    """Days watched, both ends in: a patient seen on day 0 only was watched one day.

    A patient whose last day nobody knows was watched at least until the event.
    """
    event = columns.event
    assert event is not None
    seen = watched_until(dataset, fatal=False)
    if not dataset.follow_up_known:
        seen = np.fmin(columns.closes, dataset.death)
    last = np.fmin(np.fmax(seen, event.day), columns.closes)
    return np.asarray(np.clip(np.nan_to_num(last - columns.opens + 1), 0, None))


def _arm(columns: OutcomeColumns, days: Floats, mask: Bools, level: float) -> results.CountArm:
    event = columns.event
    assert event is not None
    mine = mask & ~event.unknown & ~event.inapplicable
    events, watched = int(event.count[mine].sum()), float(days[mine].sum())
    rate = stats.incidence_rate(events, watched / RATE_DAYS, level=level)
    return results.CountArm(
        n=int(mine.sum()),
        patients=int(event.happened[mine].sum()),
        events=events,
        person_days=watched,
        rate=rate.value,
        rate_lower=rate.lower,
        rate_upper=rate.upper,
        not_documented=int((mask & event.unknown).sum()),
        not_applicable=int((mask & event.inapplicable).sum()),
        undated=int(event.undated[mine].sum()),
    )


def _footnotes(arms: dict[str, results.CountArm]) -> tuple[str, ...]:
    notes = []
    unknown = sum(arm.not_documented for arm in arms.values())
    if unknown:
        patients = "patient" if unknown == 1 else "patients"
        notes.append(f"{unknown} {patients} for whom the records do not say, left out.")
    inapplicable = sum(arm.not_applicable for arm in arms.values())
    if inapplicable:
        patients = "patient" if inapplicable == 1 else "patients"
        notes.append(f"{inapplicable} {patients} to whom it cannot apply, left out.")
    undated = sum(arm.undated for arm in arms.values())
    if undated:
        patients = "patient" if undated == 1 else "patients"
        notes.append(f"{undated} {patients} with it and no date: not among the events by time.")
    return tuple(notes)
