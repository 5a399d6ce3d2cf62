"""One sentence an outcome, as a results section would say it; it states and does not judge."""

from __future__ import annotations

from casewise.report.effects import duration, effect, has_interval, measure_label, ordered
from casewise.report.style import UNDEFINED, Style
from casewise.report.table import capital
from casewise.results import (
    Comparison,
    CountOutcome,
    DurationOutcome,
    Estimate,
    Outcome,
    RankedOutcome,
    Results,
    TimeToEventOutcome,
)


def outcome_sentences(outcome: Outcome, results: Results, style: Style) -> tuple[str, ...]:
    """The value in each arm, then a sentence a comparison: absolute effect, relative effects, P."""
    values = [f"{arm.name}, {_value(outcome, arm.name, results, style)}" for arm in results.arms]
    first = f"{outcome.label}: {'; '.join(values)}."
    compared = [
        _compared(outcome, comparison, results, style)
        for comparison in outcome.comparisons(results.arms)
    ]
    return (first, *[text for text in compared if text])


def _value(outcome: Outcome, arm: str, results: Results, style: Style) -> str:
    digits = style.percent_digits(a.n for a in results.arms)
    if isinstance(outcome, DurationOutcome):
        cell = outcome.arms[arm]
        if cell.n == 0:
            return "none known"
        return f"median {duration(cell, style)} {outcome.unit}".rstrip()
    if isinstance(outcome, CountOutcome):
        count = outcome.arms[arm]
        return (
            f"{style.count(count.events)} {'event' if count.events == 1 else 'events'} in "
            f"{style.count(count.patients)} of {style.count(count.n)} over "
            f"{style.count(round(count.person_days))} person-days"
        )
    if isinstance(outcome, TimeToEventOutcome):
        timed = outcome.arms[arm]
        if timed.n == 0:
            return "none known"
        median = "not reached" if timed.median is None else f"{style.number(timed.median, 0)} days"
        events = f"{style.count(timed.events)} {'event' if timed.events == 1 else 'events'}"
        return f"{events} in {style.count(timed.n)}, median time {median}"
    if isinstance(outcome, RankedOutcome):
        ranked = outcome.arms[arm]
        seen = [f"{event}, {style.count(n)}" for event, n in ranked.events.items()]
        patients = "patient" if ranked.n == 1 else "patients"
        return f"{style.count(ranked.n)} {patients} compared ({'; '.join(seen)})"
    binary = outcome.arms[arm]
    if binary.n == 0:
        return "none known"
    percent = style.percent(binary.events, binary.n, digits)
    return f"{style.count(binary.events)} of {style.count(binary.n)} ({percent}%)"


def _compared(outcome: Outcome, comparison: Comparison, results: Results, style: Style) -> str:
    parts = [_estimated(estimate, style) for estimate in ordered(comparison.estimates)]
    if isinstance(outcome, TimeToEventOutcome) or has_interval(comparison.estimates):
        parts.append(style.p_phrase(comparison.test.p_value))
    if not parts:
        return ""
    text = "; ".join(parts)
    if len(results.arms) > 2:
        text = f"{comparison.arm} vs {comparison.comparator}: {text}"
    return capital(text) + "."


def _estimated(estimate: Estimate, style: Style) -> str:
    """``risk difference −33.3 percentage points (95% CI, −70.9 to 4.5)``."""
    shown = effect(estimate, style)
    if shown.startswith(UNDEFINED) and shown == UNDEFINED:
        return f"{measure_label(estimate).lower()}, {UNDEFINED}"
    value, _, limits = shown.partition(" (")
    if not limits:
        value, limits = shown, f"interval {UNDEFINED})"
    name, _, unit = measure_label(estimate).partition(", ")
    name = name[:1].lower() + name[1:] if not name.startswith("Hodges") else name
    number = f"{value} {unit}" if unit and value != UNDEFINED else value
    interval = (
        limits if limits.startswith("interval") else f"{style.level(estimate.level)} CI, {limits}"
    )
    return f"{name}, {number} ({interval}"
