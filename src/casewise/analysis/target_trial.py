"""The trial that a study stands for, element by element, beside what its records allow."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from casewise.cohort.dataset import Dataset
from casewise.protocol.model import Study
from casewise.results import (
    BaselineRow,
    BinaryOutcome,
    Definition,
    DurationOutcome,
    Outcome,
    TimeToEventOutcome,
)
from casewise.results_timing import TargetTrialRow, TimeZero

ALL, PART, NOT = "as in the trial", "in part", "not"


def target_trial(
    study: Study,
    dataset: Dataset,
    outcomes: Mapping[str, Outcome],
    baseline: tuple[BaselineRow, ...],
    defined: tuple[Definition, ...],
    zero: TimeZero,
) -> tuple[TargetTrialRow, ...]:
    """Eligibility, strategies, assignment, time zero, follow-up, outcome, contrast and analysis."""
    return (
        _eligibility(study, dataset, defined, zero),
        _strategies(dataset, defined),
        _assignment(dataset, baseline, zero),
        _time_zero(study, zero),
        _follow_up(dataset, outcomes),
        _outcome(outcomes),
        _contrast(study, zero),
        _analysis(outcomes, baseline),
    )


def _eligibility(
    study: Study, dataset: Dataset, defined: tuple[Definition, ...], zero: TimeZero
) -> TargetTrialRow:
    texts = [d.text for d in defined if d.part in ("include", "exclude")]
    start, end = dataset.attrition[0].remaining, len(dataset)
    unknown = sum(step.unknown for step in dataset.attrition)
    found = f"{end:,} of {start:,} patients in the records are in the study."
    if unknown:
        found += f" For {unknown:,} answers the records do not say whether a criterion holds."
    if zero.late_criteria:
        names = " and ".join(f"“{name}”" for name in zero.late_criteria)
        found += f" {names} cannot be known on day 0: whoever meets it lived until it was met."
    met = PART if unknown or zero.late_criteria else ALL
    return TargetTrialRow(
        element="Eligibility",
        protocol=" ".join(texts) or f"Everyone with an index date ({study.cohort.index}).",
        records=found,
        met=met,
    )


def _strategies(dataset: Dataset, defined: tuple[Definition, ...]) -> TargetTrialRow:
    texts = [f"{d.term}: {d.text}" for d in defined if d.part == "arm"]
    told = []
    undated = 0
    for name, exposure in dataset.exposures.items():
        mine = dataset.arm == dataset.arms.index(name)
        days = exposure.in_window.day[mine]
        days = days[~np.isnan(days)]
        undated += int(exposure.in_window.undated[mine].sum())
        if len(days):
            span = (
                f"{days.min():g}"
                if days.min() == days.max()
                else (f"{days.min():g} to {days.max():g}, at the median on {np.median(days):g}")
            )
            told.append(f"{name}: {len(days):,} of {int(mine.sum()):,} dated, on day {span}.")
    if undated:
        told.append(f"{undated:,} have no date of treatment.")
    return TargetTrialRow(
        element="Treatment strategies",
        protocol=" ".join(texts),
        records=" ".join(told) or "The arms are told apart by what the records hold on day 0.",
        met=PART if undated or not told else ALL,
    )


def _assignment(
    dataset: Dataset, baseline: tuple[BaselineRow, ...], zero: TimeZero
) -> TargetTrialRow:
    before = [row for row in baseline if not row.after_index]
    apart = [
        (abs(one.value), row.label)
        for row in before
        for one in row.differences
        if one.value is not None
    ]
    found = "Not at random: clinicians and patients chose."
    if apart:
        most, name = max(apart)
        size = "nothing in common" if np.isinf(most) else f"{most:.2f}"
        found += (
            f" {len(before)} covariates from before treatment are compared; the largest "
            f"standardized difference is {size} ({name})."
        )
    else:
        found += " No covariate from before treatment is compared."
    if zero.late_arms:
        found += f" On day 0 nobody knows yet who will be in {' or '.join(zero.late_arms)}."
    return TargetTrialRow(
        element="Assignment",
        protocol="At random on day 0, known to patients and clinicians.",
        records=found,
        met=NOT,
    )


def _time_zero(study: Study, zero: TimeZero) -> TargetTrialRow:
    aligned = not (zero.late_arms or zero.late_criteria)
    late = []
    if zero.late_criteria:
        late.append("eligibility")
    if zero.late_arms:
        late.append("the arm")
    found = (
        "Eligibility, the arm and the start of follow-up coincide on day 0."
        if aligned
        else f"They do not coincide: {' and '.join(late)} is settled after day 0. {zero.text}"
    )
    handled = zero.choice not in ("naive", "none needed") and not zero.late_criteria
    return TargetTrialRow(
        element="Time zero",
        protocol=f"Day 0 ({study.cohort.index}): eligibility is met, a strategy is assigned, and "
        "follow-up starts.",
        records=found,
        met=ALL if aligned else PART if handled else NOT,
    )


def _follow_up(dataset: Dataset, outcomes: Mapping[str, Outcome]) -> TargetTrialRow:
    horizons = [str(getattr(o, "horizon", "")) for o in outcomes.values()]
    ends = list(dict.fromkeys(h for h in horizons if h))
    protocol = "From day 0 to the outcome, death, loss to follow-up"
    protocol += f", or the horizon ({', '.join(ends)})." if ends else ", or the end of the records."
    if not dataset.follow_up_known:
        return TargetTrialRow(
            element="Follow-up",
            protocol=protocol,
            records="The records do not say until when patients were watched.",
            met=NOT,
        )
    seen = np.fmin(dataset.follow_up, dataset.death)
    known = seen[~np.isnan(seen)]
    binary = [o for o in outcomes.values() if isinstance(o, BinaryOutcome)]
    lost = max((sum(arm.lost for arm in o.arms.values()) for o in binary), default=0)
    found = "No patient's last day is known."
    if len(known):
        found = f"Watched for {np.median(known):g} days at the median, {known.max():g} at most."
    if binary:
        found += f" {lost:,} were lost before a horizon without the event."
    return TargetTrialRow(
        element="Follow-up", protocol=protocol, records=found, met=PART if lost else ALL
    )


def _outcome(outcomes: Mapping[str, Outcome]) -> TargetTrialRow:
    primary = [o for o in outcomes.values() if o.primary] or list(outcomes.values())[:1]
    unknown = 0
    for one in outcomes.values():
        for arm in one.arms.values():
            unknown += getattr(arm, "not_documented", 0) + getattr(arm, "unknown", 0)
    found = "Found in the records by the same rule in every arm, not adjudicated."
    if unknown:
        found += f" {unknown:,} answers are not documented."
    return TargetTrialRow(
        element="Outcome",
        protocol=" ".join(f"{o.label}: {o.text}" for o in primary),
        records=found,
        met=PART,
    )


def _contrast(study: Study, zero: TimeZero) -> TargetTrialRow:
    per_protocol = False
    chosen = study.analysis.treatment_after_day_0
    if chosen is not None and chosen.clone_censor_weight is not None:
        per_protocol = chosen.later_starts == "censored"
    found = {
        "naive": "Of those who lived to be treated against those who did not: neither analogue.",
        "landmark": "By treatment at the landmark, whatever came later: the analogue of intention "
        "to treat, for those who lived to the landmark.",
        "time-dependent": "Of being treated against not yet: a ratio of hazards on the same day, "
        "with no single strategy behind it.",
        "clone-censor-weight": "Of following each strategy "
        + (
            "throughout: the per-protocol analogue."
            if per_protocol
            else "to the end of the grace period, whatever came later: the analogue of "
            "intention to treat."
        ),
        "decided on day 0": "By what was decided on day 0: the analogue of intention to treat.",
        "none needed": "By what was begun on day 0, whatever came later: the analogue of intention "
        "to treat.",
    }[zero.choice]
    return TargetTrialRow(
        element="Causal contrast",
        protocol="The effect of being assigned to a strategy (intention to treat).",
        records=found,
        met=NOT if zero.choice == "naive" else PART,
    )


def _analysis(outcomes: Mapping[str, Outcome], baseline: tuple[BaselineRow, ...]) -> TargetTrialRow:
    measures = list(dict.fromkeys(e.measure for o in outcomes.values() for e in o.estimates))
    competing = [
        o.label
        for o in outcomes.values()
        if isinstance(o, DurationOutcome | TimeToEventOutcome) and o.competing
    ]
    found = f"Estimated: {', '.join(measures) or 'nothing'}."
    if competing:
        found += f" Death or another event competes in {', '.join(competing)}."
    found += (
        " Causal only if patients with the same measured covariates differ in treatment by chance."
    )
    return TargetTrialRow(
        element="Analysis",
        protocol="The arms as assigned, compared without adjustment.",
        records=found,
        met=PART,
    )
