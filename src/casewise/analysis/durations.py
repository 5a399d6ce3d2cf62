"""Durations and other numbers, compared by rank: days from one event to another, days free of
something, a value taken."""

from __future__ import annotations

import numpy as np

from casewise import results, stats
from casewise.analysis.arms import Pair, against_comparator, masks
from casewise.analysis.comparisons import disagreements, durations
from casewise.cohort.dataset import Bools, Dataset, Floats, OutcomeColumns
from casewise.protocol.model import Outcome, Study
from casewise.protocol.resolve import label

LISTED = 30  # patients in an arm up to which each value is kept for a figure


def duration(
    study: Study, dataset: Dataset, name: str, outcome: Outcome, text: str
) -> results.DurationOutcome:
    values, early = values_of(dataset.outcomes[name])
    arms = {arm: _arm(values, early, mask, study) for arm, mask in masks(dataset)}
    known = {arm: values[mask & ~np.isnan(values)] for arm, mask in masks(dataset)}
    level = study.analysis.level

    def compare(arm: str, comparator: str) -> Pair:
        return durations(study.analysis.tests, known[arm], known[comparator], level)

    unit = (outcome.unit or "") if outcome.take is not None else "days"
    compared = against_comparator(dataset, compare, unit)

    return results.DurationOutcome(
        label=label(study, name),
        primary=study.analysis.primary == name,
        text=text,
        competing=outcome.competing or "",
        number=outcome.kind == "number",
        unit=unit,
        arms=arms,
        footnotes=(
            *_footnotes(arms, outcome),
            *disagreements(compared["test"], compared["estimates"]),
        ),
        **compared,
    )


def values_of(columns: OutcomeColumns) -> tuple[Floats, Bools]:
    """Days, NaN where no end is known; and whether the competing event ended it."""
    if len(columns.values):
        return columns.values, np.zeros(len(columns.values), dtype=np.bool_)
    ends = columns.ends
    early = np.zeros(len(ends), dtype=np.bool_)
    if columns.competing is not None:
        day = columns.competing.day
        early = np.asarray((day >= columns.starts) & ~(day > ends), dtype=np.bool_)
        ends = np.where(early, day, ends)
    return ends - columns.starts, early


def _arm(values: Floats, early: Bools, mask: Bools, study: Study) -> results.DurationArm:
    known = mask & ~np.isnan(values)
    mine = values[known]
    summary = stats.median_iqr(mine, kind=study.analysis.quantile_type)
    return results.DurationArm(
        n=len(mine),
        median=summary.median,
        q1=summary.q1,
        q3=summary.q3,
        minimum=float(mine.min()) if len(mine) else None,
        maximum=float(mine.max()) if len(mine) else None,
        unknown=int((mask & np.isnan(values)).sum()),
        ended_by_competing=int((early & known).sum()),
        values=tuple(sorted(mine.tolist())) if len(mine) <= LISTED else (),
    )


def _footnotes(arms: dict[str, results.DurationArm], outcome: Outcome) -> tuple[str, ...]:
    notes = []
    if outcome.competing and any(arm.ended_by_competing for arm in arms.values()):
        counts = "; ".join(f"{name}, {arm.ended_by_competing}" for name, arm in arms.items())
        notes.append(
            f"Ended by {outcome.competing}, and so cut short: {counts}. "
            "A shorter duration is not a better one for these patients."
        )
    unknown = sum(arm.unknown for arm in arms.values())
    if unknown:
        patients = "patient" if unknown == 1 else "patients"
        lacking = "a known value" if outcome.kind == "number" else "a known end"
        notes.append(f"{unknown} {patients} without {lacking}, left out.")
    return tuple(notes)
