"""Cumulative incidence as a table: the share who come to have the event while another competes."""

from __future__ import annotations

from casewise.report.style import NOT_KNOWN, Style
from casewise.report.table import Column, Row, Table, capital, row
from casewise.results import Incidence, IncidenceSteps, Results, TimeToEventOutcome

DAYS = (30, 90, 180, 365, 730, 1826, 3652)


def incidence(results: Results, style: Style) -> Table:
    """By outcome and arm, at days that every arm is followed to."""
    rows: list[Row] = []
    for outcome in results.outcomes.values():
        if not isinstance(outcome, TimeToEventOutcome) or outcome.incidence is None:
            continue
        found = outcome.incidence
        rows.append(row(outcome.label, *[""] * 3, role="heading"))
        for arm in results.arms:
            steps = found.arms[arm.name]
            for i, day in enumerate(days(found)):
                name = capital(arm.name) if i == 0 else ""
                cells = [_shown(one, day, style) for one in (steps.event, steps.competing)]
                rows.append(row(name, style.count(day), *cells, indent=1))
    level = style.level(results.settings.level)
    heads = ("Day", f"Event, % ({level} CI)", f"Competing event, % ({level} CI)")
    return Table(
        "incidence",
        "Cumulative incidence with competing events",
        (Column("Outcome and group", "left"), *[Column(head) for head in heads]),
        tuple(rows),
        (),
        results.study.notice,
    )


def days(found: Incidence) -> list[int]:
    """The last day that every arm is followed to, and usual ones before it."""
    lasts = [
        max(steps.last, steps.time[-1] if steps.time else 0.0)
        for arm in found.arms.values()
        for steps in (arm.event,)
    ]
    end = int(min(lasts, default=0.0))
    return usual_days(end)


def usual_days(end: int) -> list[int]:
    """``end`` and up to three usual days before it."""
    return [*[day for day in DAYS if day < end][-3:], end] if end > 0 else []


def _shown(steps: IncidenceSteps, day: int, style: Style) -> str:
    value, low, high = steps.at(day)
    if value == 0:
        return "0"
    shown = style.number(100 * value, 1)
    if low is None or high is None:
        return shown if value else NOT_KNOWN
    limits = (style.number(100 * limit, 1) for limit in (low, high))
    return f"{shown} ({style.limits(*limits)})"
