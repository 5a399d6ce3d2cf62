"""Outcomes that happened by a horizon or did not."""

from __future__ import annotations

import numpy as np

from casewise import results, stats
from casewise.analysis.arms import Pair, against_comparator, masks
from casewise.analysis.comparisons import disagreements, proportions
from casewise.analysis.follow_up import died_by, only_deaths, watched_until
from casewise.cohort.dataset import Bools, Dataset, OutcomeColumns
from casewise.protocol.model import Outcome, Study
from casewise.protocol.resolve import label


def binary(
    study: Study, dataset: Dataset, name: str, outcome: Outcome, text: str
) -> results.BinaryOutcome:
    columns = dataset.outcomes[name]
    rule = outcome.lost or "excluded"
    lost = lost_before(study, dataset, outcome, columns)
    arms = {arm: _arm(columns, lost, mask, rule, study) for arm, mask in masks(dataset)}
    level = study.analysis.level

    def compare(arm: str, comparator: str) -> Pair:
        counts = (arms[arm].events, arms[arm].n, arms[comparator].events, arms[comparator].n)
        return proportions(study.analysis.tests, counts, level)

    compared = against_comparator(dataset, compare)
    return results.BinaryOutcome(
        label=label(study, name),
        primary=study.analysis.primary == name,
        text=text,
        horizon=str(outcome.within),
        lost_rule=rule,
        arms=arms,
        footnotes=_footnotes(dataset, columns, rule, lost, compared["test"], compared["estimates"]),
        **compared,
    )


def lost_before(study: Study, dataset: Dataset, outcome: Outcome, columns: OutcomeColumns) -> Bools:
    """No event seen, and the watch ended alive before the horizon."""
    event = columns.event
    assert event is not None  # a binary outcome has one
    if not dataset.follow_up_known:
        return np.zeros(len(dataset), dtype=np.bool_)
    seen = watched_until(dataset, fatal=only_deaths(study, outcome.events))
    watched = (seen >= columns.closes) | died_by(dataset, columns.closes)
    out = event.unknown | event.inapplicable | columns.had_before(len(dataset))
    return np.asarray(~(event.happened | out | watched), dtype=np.bool_)


def _arm(
    columns: OutcomeColumns, lost: Bools, mask: Bools, rule: str, study: Study
) -> results.BinaryArm:
    event = columns.event
    assert event is not None
    happened, left = int(event.happened[mask].sum()), int(lost[mask].sum())
    unknown = int(event.unknown[mask].sum())
    inapplicable = int(event.inapplicable[mask].sum())
    before = int(columns.had_before(len(mask))[mask].sum())
    n = int(mask.sum()) - unknown - inapplicable - before - (left if rule == "excluded" else 0)
    events = happened + (left if rule == "event" else 0)
    risk = stats.proportion(events, n, level=study.analysis.level)
    return results.BinaryArm(
        n=n,
        events=events,
        lost=left,
        not_documented=unknown,
        not_applicable=inapplicable,
        risk_lower=risk.lower,
        risk_upper=risk.upper,
    )


def _footnotes(
    dataset: Dataset,
    columns: OutcomeColumns,
    rule: str,
    lost: Bools,
    test: results.Test,
    estimates: tuple[results.Estimate, ...],
) -> tuple[str, ...]:
    event = columns.event
    assert event is not None
    notes = []
    if lost.any():
        counted = {
            "excluded": "left out of the denominators",
            "event-free": "counted as without the event",
            "event": "counted as having had the event",
        }[rule]
        notes.append(f"{_patients(lost)} lost to follow-up before the horizon, {counted}.")
    died_first = ~event.happened & died_by(dataset, columns.closes)
    died_first &= ~columns.had_before(len(dataset))
    if died_first.any():
        notes.append(
            f"{_patients(died_first)} died before the horizon without the event, counted as "
            "without it."
        )
    if event.unknown.any():
        notes.append(
            f"{_patients(event.unknown)} for whom the records do not say, left out of the "
            "denominators."
        )
    if event.inapplicable.any():
        notes.append(
            f"{_patients(event.inapplicable)} to whom it cannot apply, left out of the "
            "denominators."
        )
    before = columns.had_before(len(dataset))
    if before.any():
        notes.append(f"{_patients(before)} who had it before the landmark, left out.")
    if event.undated.any():
        notes.append(
            f"{_patients(event.undated)} with the event and no date, counted as within the horizon."
        )
    notes += disagreements(test, estimates)
    return tuple(notes)


def _patients(mask: Bools) -> str:
    count = int(mask.sum())
    return f"{count} patient{'' if count == 1 else 's'}"
