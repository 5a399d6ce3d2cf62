"""Subgroups as a forest, and every declared alternative as one specification figure."""

from __future__ import annotations

import math

from casewise.report.effects import effect
from casewise.report.plots.canvas import ReportFigure, finish
from casewise.report.plots.interval_rows import IntervalRow, draw_rows
from casewise.report.style import Style
from casewise.report.table import capital
from casewise.results import Results

PAGE = 40


def subgroups(results: Results, style: Style) -> tuple[ReportFigure, ...]:
    """One figure for each kind of ratio, the levels under their covariate."""
    level = style.level(results.settings.level)
    figures = []
    for measure in ("odds ratio", "hazard ratio"):
        rows: list[IntervalRow] = []
        for one in results.sensitivity.subgroups:
            shown = [r for r in one.levels if r.estimate and r.estimate.measure == measure]
            if shown:
                p = "" if one.interaction is None else f", {style.p_phrase(one.interaction)}"
                rows.append(IntervalRow(f"{one.outcome}, by {one.label}{p}", heading=True))
                rows += [IntervalRow(capital(r.level), r.estimate) for r in shown]
        for start in range(0, len(rows), PAGE):
            part = rows[start : start + PAGE]
            number = f"-{start // PAGE + 1}" if len(rows) > PAGE else ""
            told = [f"{r.label} {effect(r.estimate, style)}" for r in part if r.estimate]
            title = f"{capital(measure)}s by subgroup"
            figures.append(
                finish(
                    f"subgroups-{measure.replace(' ', '-')}{number}",
                    title,
                    "Beside each covariate the P value of the test that the ratio is the same in "
                    "all its levels.",
                    f"{title}: {'; '.join(told)}.",
                    lambda part=part, measure=measure: draw_rows(  # type: ignore[misc]
                        part, f"{capital(measure)} ({level} CI)", style
                    ),
                )
            )
    return tuple(figures)


def specifications(results: Results, style: Style) -> tuple[ReportFigure, ...]:
    """The estimates of all alternatives, in order of size, the plan's own in black."""
    shown = [a for a in results.sensitivity.alternatives if a.estimate and a.estimate.value]
    if len(shown) < 2:
        return ()
    level = style.level(results.settings.level)
    order = sorted(shown, key=lambda a: a.estimate.value if a.estimate else math.inf)  # type: ignore[arg-type,return-value]
    rows = [
        IntervalRow(capital(a.name), a.estimate, capital(a.analysis), strong=a.name == "as planned")
        for a in order
    ]
    first = next(r.estimate for r in rows if r.estimate)
    title = "The primary outcome under every declared alternative"
    told = [f"{r.label}, {r.detail} {effect(r.estimate, style)}" for r in rows if r.estimate]
    figure = finish(
        "specifications",
        title,
        "Each row is the protocol with one choice changed, the estimates in order of size. The "
        "protocol’s own are in bold.",
        f"{title}: {'; '.join(told)}.",
        lambda: draw_rows(rows, f"{capital(first.measure)} ({level} CI)", style, "Analysis"),
    )
    return (figure,)
