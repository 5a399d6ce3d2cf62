"""Each outcome crude and adjusted by every method, on one scale."""

from __future__ import annotations

from collections.abc import Sequence

from casewise.report.adjusted import RELATIVE
from casewise.report.bias import bias
from casewise.report.effects import ABSOLUTE, effect
from casewise.report.plots.canvas import ReportFigure, finish, slug
from casewise.report.plots.interval_rows import IntervalRow, draw_rows
from casewise.report.style import Style
from casewise.report.table import capital
from casewise.results import Comparison, Estimate, Outcome, Results


def adjusted(results: Results, style: Style) -> tuple[ReportFigure, ...]:
    """One figure an outcome and arm that some method has an estimate for."""
    figures = []
    for name, outcome in results.outcomes.items():
        for comparison in outcome.comparisons(results.arms):
            rows = _rows(outcome, comparison)
            if len(rows) > 1:
                figures.append(_figure(name, outcome, comparison, rows, results, style))
    return tuple(figures)


def _rows(outcome: Outcome, comparison: Comparison) -> list[IntervalRow]:
    mine = [a for a in outcome.adjusted if a.arm == comparison.arm and a.estimates]
    for measure in (*RELATIVE, "mean difference"):
        found = [(a, e) for a in mine for e in a.estimates if e.measure == measure]
        if found:
            crude = one_of(comparison.estimates, measure)
            first = [IntervalRow("Crude", crude, strong=True)] if crude else []
            return first + [IntervalRow(capital(a.method), e, a.population) for a, e in found]
    return []


def one_of(estimates: Sequence[Estimate], measure: str) -> Estimate | None:
    return next((e for e in estimates if e.measure == measure), None)


def _figure(
    name: str,
    outcome: Outcome,
    comparison: Comparison,
    rows: list[IntervalRow],
    results: Results,
    style: Style,
) -> ReportFigure:
    level = style.level(results.settings.level)
    estimate = next(r.estimate for r in rows if r.estimate)
    measure = capital(estimate.measure)
    unit = f", {estimate.unit}" if estimate.unit and estimate.measure in ABSOLUTE else ""
    more = f": {comparison.arm}" if len(results.arms) > 2 else ""
    title = f"{outcome.label}{more}, crude and adjusted"
    told = [f"{r.label} {effect(r.estimate, style)}" for r in rows if r.estimate]
    caption = (
        f"{measure}{unit} with {level} confidence intervals, {comparison.arm} against "
        f"{comparison.comparator}. Methods differ in the patients for whom the effect is: a reason "
        "besides chance for which they may disagree."
    )
    where = slug(f"{name} {comparison.arm}") if more else slug(name)
    return finish(
        f"adjusted-{where}",
        title,
        caption,
        f"{title}, {measure.lower()}: {'; '.join(told)}.",
        lambda: draw_rows(rows, f"{measure} ({level} CI)", style, "Effect in"),
        bias(results, "adjusted"),
    )
