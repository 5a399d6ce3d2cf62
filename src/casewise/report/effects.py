"""Outcomes, time to event and harms: the value in each arm, the effect, and only then its P.

Absolute effects come before relative ones; a P is printed only beside an estimate that has an
interval; an outcome that no one had keeps its row.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from casewise.report.baseline import arm_columns
from casewise.report.style import NOT_KNOWN, UNDEFINED, Style
from casewise.report.table import Cell, Column, Footnotes, Role, Row, Table, capital, row, sentence
from casewise.results import (
    BinaryOutcome,
    Comparison,
    CountArm,
    CountOutcome,
    DurationArm,
    DurationOutcome,
    Estimate,
    Outcome,
    RankedOutcome,
    Results,
    TimeToEventArm,
    TimeToEventOutcome,
)

ABSOLUTE = {
    "risk difference",
    "rate difference",
    "difference in restricted mean time",
    "difference in mean count",
    "Hodges-Lehmann shift",
    "number needed to treat",
    "mean difference",
}
KINDS = {
    "binary": "proportions",
    "duration": "durations",
    "time to event": "times to event",
    "count": "counted events",
    "ranked": "ranked outcomes",
}
PRIMARY = "primary outcome"
SEE_CURVES = "Medians and curves, with intervals, under Time to event"
NOT_REACHED = "the Kaplan–Meier curve does not fall to one half"
NO_DATES = "No date to count from or to, left out, no."
NO_ESTIMATE = "a P value is not printed without an estimate and its interval"


def ordered(estimates: Iterable[Estimate]) -> list[Estimate]:
    """Absolute effects first, otherwise as they came."""
    return sorted(estimates, key=lambda estimate: estimate.measure not in ABSOLUTE)


def measure_name(measure: str) -> str:
    """The measure as prose prints it."""
    return measure.replace("Hodges-Lehmann", "Hodges–Lehmann")


def measure_label(estimate: Estimate) -> str:
    """What is estimated and in which unit: ``Risk difference, percentage points``."""
    unit = "percentage points" if estimate.measure == "risk difference" else estimate.unit
    name = capital(measure_name(estimate.measure))
    return f"{name}, {unit}" if unit else name


def number(estimate: Estimate, value: float | None, style: Style) -> str:
    """One number of an estimate, in the digits that suit its measure."""
    if value is None:
        return UNDEFINED
    if estimate.measure == "risk difference":
        return style.number(value if math.isinf(value) else 100 * value, 1, null=0.0)
    if estimate.measure in ("rate difference", "difference in mean count"):
        return style.number(value, 2, null=0.0)
    if estimate.measure in ABSOLUTE:
        return style.number(value, 1, null=0.0)
    return style.ratio(value)


def effect(estimate: Estimate, style: Style) -> str:
    """``0.07 (0.002 to 0.88)``: the estimate and its limits; says what does not exist."""
    value = number(estimate, estimate.value, style)
    if estimate.lower is None and estimate.upper is None:
        return value if estimate.value is None else f"{value} (interval {UNDEFINED})"
    low, high = (number(estimate, limit, style) for limit in (estimate.lower, estimate.upper))
    return f"{value} ({style.limits(low, high)})"


def has_interval(estimates: Iterable[Estimate]) -> bool:
    """Whether a P may stand: some estimate exists and has both its limits."""
    return any(None not in (e.value, e.lower, e.upper) for e in estimates)


def value_label(outcome: Outcome, style: Style) -> str:
    """The outcome's name and what its cells hold."""
    if isinstance(outcome, BinaryOutcome):
        return f"{outcome.label}, {style.events_label}"
    if isinstance(outcome, TimeToEventOutcome):
        return f"{outcome.label}, events/patients"
    if isinstance(outcome, DurationOutcome):
        return f"{outcome.label}, median [IQR], {outcome.unit}".removesuffix(", ")
    if isinstance(outcome, RankedOutcome):
        return f"{outcome.label}, patients compared"
    return outcome.label


def duration(cell: DurationArm, style: Style) -> str:
    """``27.0 [23.0–36.0]``, a dash where no duration is known."""
    if cell.n == 0:
        return NOT_KNOWN
    middle, low, high = (style.number(v, 1) for v in (cell.median, cell.q1, cell.q3))
    return f"{middle} [{style.range(low, high)}]"


@dataclass(frozen=True, slots=True)
class _Frame:
    """What every line of one table of effects shares."""

    results: Results
    style: Style
    notes: Footnotes
    percent: int
    adjusted: bool

    @property
    def tail(self) -> int:
        """Columns to the right of the arms."""
        return 4 if self.adjusted else 3


def outcomes(results: Results, style: Style) -> Table:
    """Every outcome that is not a harm: by arm, then absolute effect, relative effect and P."""
    shown = [outcome for outcome in results.outcomes.values() if not outcome.harm]
    return _table("outcomes", "Outcomes", "Outcome", shown, results, style)


def harms(results: Results, style: Style) -> Table:
    """Every harm: patients with at least one, events, and events per person-time."""
    flagged = [outcome for outcome in results.outcomes.values() if outcome.harm]
    shown = [*results.harms.values(), *flagged]
    return _table("harms", "Harms", "Harm", shown, results, style)


def _table(
    name: str, title: str, first: str, shown: Sequence[Outcome], results: Results, style: Style
) -> Table:
    comparisons = [c for outcome in shown for c in outcome.comparisons(results.arms)]
    adjusted = any(c.test.adjusted_p_value is not None for c in comparisons)
    percent = style.percent_digits(arm.n for arm in results.arms)
    frame = _Frame(results, style, Footnotes(style), percent, adjusted)
    level = style.level(results.settings.level)
    columns = [Column(first, "left"), *arm_columns(results.arms, style), Column("Effect", "left")]
    columns += [Column(f"Estimate ({level} CI)"), Column("P value")]
    columns += [Column("Adjusted P value")] if adjusted else []
    rows = tuple(line for outcome in shown for line in _block(outcome, frame))
    footnotes = frame.notes.all(_remarks(shown, adjusted, results))
    return Table(name, title, tuple(columns), rows, footnotes, results.study.notice)


def _block(outcome: Outcome, frame: _Frame) -> list[Row]:
    """The lines of one outcome: counts by arm at the left, effects at the right.

    With two arms both run side by side; with more, each comparison has lines of its own below.
    """
    handling = outcome.handling if isinstance(outcome, TimeToEventOutcome) else ""
    remarks = [PRIMARY if outcome.primary else "", handling, *outcome.footnotes]
    label = frame.notes.marked(value_label(outcome, frame.style), *remarks)
    left = _values(outcome, label, frame)
    role: Role = "strong" if outcome.primary else "row"
    if isinstance(outcome, CountOutcome):
        role = "heading"
    comparisons = outcome.comparisons(frame.results.arms)
    pairs: list[tuple[list[str | Cell] | None, list[str | Cell] | None]]
    if len(comparisons) == 1:
        effects = _effects(outcome, comparisons[0], frame)
        right = _beside(effects, left) if isinstance(outcome, CountOutcome) else effects
        pairs = list(zip_longest(left, right))
    else:
        pairs = [(line, None) for line in left]
        for comparison in comparisons:
            head: list[str | Cell] = [f"{capital(comparison.arm)} vs {comparison.comparator}"]
            head += [""] * len(frame.results.arms)
            pairs += zip_longest([head], _effects(outcome, comparison, frame))
    empty: list[str | Cell] = [""] * (1 + len(frame.results.arms))
    rows = []
    for i, (values, line) in enumerate(pairs):
        cells = [*(values or empty), *(line or [""] * frame.tail)]
        rows.append(row(*cells, role="row" if i else role, indent=1 if i else 0))
    return rows


def _beside(
    effects: Sequence[list[str | Cell]], left: Sequence[list[str | Cell]]
) -> list[list[str | Cell] | None]:
    """Each effect beside what it compares: rates by the rates, the rest from the patients on."""
    placed: list[list[str | Cell] | None] = [None] * len(left)
    rates = next(i for i, line in enumerate(left) if str(line[0]).startswith("Events per"))
    for effect_line in effects:
        at = rates if str(effect_line[0]).startswith("Rate") else 1
        while at < len(placed) and placed[at] is not None:
            at += 1
        placed += [None] * (at + 1 - len(placed))
        placed[at] = effect_line
    return placed


def _effects(outcome: Outcome, comparison: Comparison, frame: _Frame) -> list[list[str | Cell]]:
    """One line an estimate, absolute first; the P stands on the first."""
    lines: list[list[str | Cell]] = []
    for estimate in ordered(comparison.estimates):
        remarks = (_reason(estimate), _level(estimate, frame))
        shown = frame.notes.marked(effect(estimate, frame.style), *remarks)
        lines.append([measure_label(estimate), shown, *[""] * (frame.tail - 2)])
    if not lines:
        curves = isinstance(outcome, TimeToEventOutcome)
        lines = [[SEE_CURVES if curves else NOT_KNOWN, NOT_KNOWN]]
    lines[0] = [*lines[0][:2], *_p_values(outcome, comparison, frame)]
    return lines


def _p_values(outcome: Outcome, comparison: Comparison, frame: _Frame) -> list[Cell]:
    """The P and the adjusted P, or dashes where no estimate with an interval stands beside them.

    A time-to-event outcome always has one: its curves and medians, under Time to event.
    """
    style, test = frame.style, comparison.test
    if not (isinstance(outcome, TimeToEventOutcome) or has_interval(comparison.estimates)):
        return [frame.notes.marked(NOT_KNOWN, NO_ESTIMATE)] * (frame.tail - 2)
    cells = [frame.notes.marked(style.p(test.p_value), test.reason)]
    if frame.adjusted:
        missing = test.adjusted_p_value is None
        cells.append(Cell(NOT_KNOWN if missing else style.p(test.adjusted_p_value)))
    return cells


def _reason(estimate: Estimate) -> str:
    return estimate.reason if None in (estimate.value, estimate.lower, estimate.upper) else ""


def _level(estimate: Estimate, frame: _Frame) -> str:
    if estimate.level == frame.results.settings.level:
        return ""
    return f"the interval's level is {frame.style.level(estimate.level)}"


def _values(outcome: Outcome, label: Cell, frame: _Frame) -> list[list[str | Cell]]:
    """The outcome's value in each arm, and below it those who could not be counted."""
    names = [arm.name for arm in frame.results.arms]
    style = frame.style
    lines: list[list[str | Cell]]
    if isinstance(outcome, CountOutcome):
        return _count_values([outcome.arms[name] for name in names], label, frame)
    if isinstance(outcome, DurationOutcome):
        stays = [outcome.arms[name] for name in names]
        lines = [[label, *[duration(cell, style) for cell in stays]]]
        what = "Value" if outcome.number else "Duration"
        ended = f"Ended by {outcome.competing}, no." if outcome.competing else "Ended early, no."
        return lines + _counted(
            style,
            (ended, [cell.ended_by_competing for cell in stays]),
            (f"{what} not known, no.", [cell.unknown for cell in stays]),
        )
    if isinstance(outcome, TimeToEventOutcome):
        followed = [outcome.arms[name] for name in names]
        # No percentage: under censoring it would not be the share who have the event.
        shown = [f"{style.count(cell.events)}/{style.count(cell.n)}" for cell in followed]
        unknown = [cell.unknown for cell in followed]
        return [[label, *shown], *_counted(style, (NO_DATES, unknown))]
    if isinstance(outcome, RankedOutcome):
        ranked = [outcome.arms[name] for name in names]
        lines = [[label, *[style.count(cell.n) for cell in ranked]]]
        for event in ranked[0].events:
            lines.append([f"{event}, no.", *[style.count(cell.events[event]) for cell in ranked]])
        return lines + _counted(style, (NO_DATES, [cell.unknown for cell in ranked]))
    cells = [outcome.arms[name] for name in names]
    lines = [[label, *[style.events_of(cell.events, cell.n, frame.percent) for cell in cells]]]
    lost = {
        "excluded": "Lost to follow-up, left out, no.",
        "event-free": "Lost to follow-up, counted without the event, no.",
        "event": "Lost to follow-up, counted with the event, no.",
    }
    return lines + _counted(
        style,
        (lost[outcome.lost_rule], [cell.lost for cell in cells]),
        ("Not documented, left out, no.", [cell.not_documented for cell in cells]),
        ("Not applicable, left out, no.", [cell.not_applicable for cell in cells]),
    )


def _counted(style: Style, *counts: tuple[str, Sequence[int]]) -> list[list[str | Cell]]:
    """One line for each kind of patient that some arm has."""
    return [[name, *[style.count(n) for n in ns]] for name, ns in counts if any(ns)]


def _count_values(cells: Sequence[CountArm], label: Cell, frame: _Frame) -> list[list[str | Cell]]:
    style = frame.style
    patients = [style.events_of(cell.patients, cell.n, frame.percent) for cell in cells]
    lines: list[list[str | Cell]] = [
        [label, *[""] * len(cells)],
        [f"Patients with at least one, {style.events_label}", *patients],
        ["Events, no.", *[style.count(cell.events) for cell in cells]],
        ["Person-days", *[style.count(round(cell.person_days)) for cell in cells]],
        [
            f"Events per 100 person-days ({style.level(frame.results.settings.level)} CI)",
            *[_rate(cell, style) for cell in cells],
        ],
    ]
    return lines + _counted(
        style,
        ("Patients with an event of unknown date, no.", [cell.undated for cell in cells]),
        ("Not documented, left out, no.", [cell.not_documented for cell in cells]),
        ("Not applicable, left out, no.", [cell.not_applicable for cell in cells]),
    )


def _rate(cell: CountArm, style: Style) -> str:
    if cell.rate is None:
        return UNDEFINED
    value, low, high = (
        style.number(v, 2, null=0.0) for v in (cell.rate, cell.rate_lower, cell.rate_upper)
    )
    return value if cell.rate_lower is None else f"{value} ({style.limits(low, high)})"


def _remarks(shown: Sequence[Outcome], adjusted: bool, results: Results) -> list[str]:
    """The whole table's footnotes: against whom, and by which methods."""
    comparator = results.arms[-1].name
    remarks = [
        f"CI denotes confidence interval. Effects are of each group against {comparator}; a "
        "difference below zero or a ratio below 1 means less, or shorter, than there."
    ]
    methods: dict[str, list[str]] = {}
    for outcome in shown:
        for comparison in outcome.comparisons(results.arms):
            for estimate in ordered(comparison.estimates):
                methods.setdefault(measure_name(estimate.measure), []).append(estimate.method)
            if comparison.test.p_value is not None:
                name = f"P value of {KINDS[outcome.kind]}"
                methods.setdefault(name, []).append(comparison.test.method)
    named = [f"{name}: {', '.join(dict.fromkeys(used))}" for name, used in methods.items()]
    remarks.append(sentence("; ".join(named)))
    if adjusted:
        method = results.settings.multiplicity.capitalize()
        remarks.append(
            f"Adjusted P values are by {method}'s method, over the outcomes that have one."
        )
    if any(isinstance(outcome, DurationOutcome) for outcome in shown):
        remarks.append("IQR denotes interquartile range (first and third quartile).")
    return remarks


def time_to_event(results: Results, style: Style) -> Table:
    """Each time-to-event outcome by arm: events, censored, time watched and median time."""
    level = style.level(results.settings.level)
    notes = Footnotes(style)
    rows: list[Row] = []
    for outcome in results.outcomes.values():
        if not isinstance(outcome, TimeToEventOutcome):
            continue
        label = notes.marked(outcome.label, outcome.handling)
        rows.append(row(label, *[""] * 5, role="heading"))
        for arm in results.arms:
            cell = outcome.arms[arm.name]
            unknown = f"{style.count(cell.unknown)} more have no date to count from or to"
            patients = notes.marked(style.count(cell.n), unknown if cell.unknown else "")
            events = style.count(cell.events)
            competing = f"{style.count(cell.competing)} of them by {outcome.competing}"
            censored = notes.marked(style.count(cell.censored), competing if cell.competing else "")
            days = style.count(round(cell.person_days))
            median = _median(cell, style, notes) if cell.curve.time or not cell.n else NOT_KNOWN
            rows.append(row(capital(arm.name), patients, events, censored, days, median, indent=1))
    columns = ("Outcome and group", "Patients", "Events", "Censored", "Person-days")
    last = f"Median, days ({level} CI)"
    remarks = ["Medians are by Kaplan–Meier. CI denotes confidence interval."]
    return Table(
        "time_to_event",
        "Time to event",
        (Column(columns[0], "left"), *[Column(title) for title in (*columns[1:], last)]),
        tuple(rows),
        notes.all(remarks),
        results.study.notice,
    )


def _median(cell: TimeToEventArm, style: Style, notes: Footnotes) -> Cell:
    if cell.n == 0:
        return Cell(NOT_KNOWN)
    if cell.median is None:
        return notes.marked("not reached", NOT_REACHED)
    middle = style.number(cell.median, 0)
    if cell.median_lower is None and cell.median_upper is None:
        return Cell(f"{middle} (interval {UNDEFINED})")
    low, high = (style.number(v, 0) for v in (cell.median_lower, cell.median_upper))
    return Cell(f"{middle} ({style.limits(low, high)})")
