"""The main results as a person reads them on a terminal, in the report's own numbers."""

from __future__ import annotations

from textwrap import wrap

from casewise.report.bias import bias
from casewise.report.effects import (
    duration,
    effect,
    has_interval,
    measure_label,
    ordered,
    value_label,
)
from casewise.report.style import NOT_KNOWN, STYLES, Style
from casewise.report.table import capital
from casewise.results import (
    Arm,
    AttritionStep,
    BinaryOutcome,
    Change,
    Comparison,
    CountOutcome,
    DurationOutcome,
    Outcome,
    RankedOutcome,
    Results,
    TimeToEventOutcome,
)

WIDTH = 100
NO_P = "no P without an interval"


def lines(results: Results) -> list[str]:
    """Title, attrition, arms, and each outcome by arm with its first effect and P."""
    style = STYLES[results.settings.journal]
    made = [results.study.title]
    if results.study.notice:
        made += wrap(results.study.notice, WIDTH)
    made += wrap(_frozen(results), WIDTH)
    counted = patients(results.attrition, results.arms, style)
    said = bias(results, "results")
    biased = [*wrap(f"{said}.", WIDTH), ""] if said else []
    return [*made, "", *counted, "", *biased, *_outcomes(results, style)]


def _frozen(results: Results) -> str:
    """Whether the protocol is as it was frozen; nothing where it never was."""
    frozen = results.study.frozen
    if frozen is None:
        return ""
    if not frozen.changes:
        return f"The protocol is as it was frozen on {frozen.at[:10]} ({frozen.sha256[:12]}…)."
    found = {n: c for n in ("added", "changed", "left out") if (c := _told(frozen.changes, n))}
    told = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in found.items())
    return f"The protocol is not as it was frozen on {frozen.at[:10]}. {capital(told)}."


def _told(changes: tuple[Change, ...], kind: str) -> list[str]:
    return [f"{one.part} {one.name}".strip() for one in changes if one.kind == kind]


def patients(
    attrition: tuple[AttritionStep, ...], arms: tuple[Arm, ...], style: Style = STYLES["nejm"]
) -> list[str]:
    """Who was left out at each step, who remained, and the arms."""
    rows = [["Patients", "left out", "remaining"]]
    for step in attrition:
        left_out = "" if step.kind == "records" else style.count(step.excluded)
        name = step.criterion if step.kind != "records" else "in the records"
        rows.append([f"  {name}", left_out, style.count(step.remaining)])
    rows += [[f"  {arm.name}", "", style.count(arm.n)] for arm in arms]
    return aligned(rows)


def _outcomes(results: Results, style: Style) -> list[str]:
    digits = style.percent_digits(arm.n for arm in results.arms)
    names = [arm.name for arm in results.arms]
    rows: list[list[str]] = [["Outcomes", *names]]
    harms = [outcome for outcome in results.outcomes.values() if outcome.harm]
    others = [outcome for outcome in results.outcomes.values() if not outcome.harm]
    for outcome in (*others, *harms, *results.harms.values()):
        mark = " (primary)" if outcome.primary else ""
        values = [_value(outcome, name, style, digits) for name in names]
        rows.append([f"  {_label(outcome, style)}{mark}", *values])
        for comparison in outcome.comparisons(results.arms):
            rows.append([_effect(comparison, style, several=len(names) > 2)])
    return aligned(rows)


def _label(outcome: Outcome, style: Style) -> str:
    if isinstance(outcome, CountOutcome):
        return f"{outcome.label}, events in patients/all"
    return value_label(outcome, style)


def _value(outcome: Outcome, arm: str, style: Style, digits: int) -> str:
    match outcome:
        case BinaryOutcome():
            binary = outcome.arms[arm]
            return style.events_of(binary.events, binary.n, digits) if binary.n else NOT_KNOWN
        case DurationOutcome():
            return duration(outcome.arms[arm], style)
        case TimeToEventOutcome():
            timed = outcome.arms[arm]
            return f"{style.count(timed.events)}/{style.count(timed.n)}" if timed.n else NOT_KNOWN
        case RankedOutcome():
            return style.count(outcome.arms[arm].n)
        case CountOutcome():
            counted = outcome.arms[arm]
            of = f"{style.count(counted.patients)}/{style.count(counted.n)}"
            return f"{style.count(counted.events)} in {of}" if counted.n else NOT_KNOWN


def _effect(comparison: Comparison, style: Style, *, several: bool) -> str:
    """The absolute effect where there is one, with its interval, then P."""
    against = f"{comparison.arm} against {comparison.comparator}: " if several else ""
    found = ordered(comparison.estimates)
    first = f"{measure_label(found[0])} {effect(found[0], style)}; " if found else ""
    tested = style.p_phrase(comparison.test.p_value) if has_interval(found) else NO_P
    return f"      {against}{first}{tested}"


def aligned(rows: list[list[str]]) -> list[str]:
    """Rows as columns: the first to the left, the others to the right. A row of one cell is a
    line of its own and widens no column."""
    many = [row for row in rows if len(row) > 1]
    widths = [max(len(cell) for cell in column) for column in zip(*many, strict=True)]
    made = []
    for row in rows:
        if len(row) == 1:
            made.append(row[0])
            continue
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        made.append("  ".join(cells).rstrip())
    return made
