"""The mean number of events of a patient as a table: recurrent events while some die."""

from __future__ import annotations

from casewise.report.incidence import usual_days
from casewise.report.style import Style
from casewise.report.table import Column, Footnote, Row, Table, capital, row
from casewise.results import CountOutcome, MeanCountSteps, Results


def mean_count(results: Results, style: Style) -> Table:
    """By outcome and arm, at days that every arm is followed to."""
    rows: list[Row] = []
    for outcome in results.outcomes.values():
        if not isinstance(outcome, CountOutcome) or not outcome.mean_count:
            continue
        end = int(min(steps.last for steps in outcome.mean_count.values()))
        rows.append(row(outcome.label, *[""] * 4, role="heading"))
        for arm in results.arms:
            steps = outcome.mean_count[arm.name]
            about = (capital(arm.name), style.count(steps.n), style.count(steps.deaths))
            for i, day in enumerate(usual_days(end)):
                shown = (style.count(day), _shown(steps, day, style))
                rows.append(row(*(about if i == 0 else ("", "", "")), *shown, indent=1))
    level = style.level(results.settings.level)
    heads = ("Patients", "Died", "Day", f"Events a patient ({level} CI)")
    said = (
        "The mean number of events of a patient up to and including the day, the dead having no "
        "more (Ghosh and Lin)."
    )
    return Table(
        "mean_count",
        "Mean number of events",
        (Column("Outcome and group", "left"), *[Column(head) for head in heads]),
        tuple(rows),
        (Footnote("", said),),
        results.study.notice,
    )


def _shown(steps: MeanCountSteps, day: int, style: Style) -> str:
    value, low, high = steps.at(day)
    shown = style.number(value, 2)
    if low is None or high is None:
        return shown
    return f"{shown} ({style.limits(style.number(low, 2), style.number(high, 2))})"
