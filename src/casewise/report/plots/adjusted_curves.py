"""Survival of arms made comparable, over the crude curves: a panel a method."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from casewise.report.bias import bias
from casewise.report.plots.canvas import (
    ARM_COLOURS,
    ARM_LINES,
    LINE,
    SMALL,
    WIDTH,
    ReportFigure,
    finish,
    sheet,
    slug,
    write,
)
from casewise.report.plots.survival import ticks
from casewise.report.style import Style
from casewise.report.table import capital
from casewise.results import Adjusted, Comparison, Results, TimeToEventOutcome

PLOT = 120.0
LEFT = 52.0
GAP = 40.0
BELOW = 54.0  # from a panel to the one under it


def adjusted_curves(results: Results, style: Style) -> tuple[ReportFigure, ...]:
    """One figure for each time to event and arm that some method has curves of."""
    figures = []
    for name, outcome in results.outcomes.items():
        if not isinstance(outcome, TimeToEventOutcome):
            continue
        for comparison in outcome.comparisons(results.arms):
            mine = [a for a in outcome.adjusted if a.arm == comparison.arm and a.curves]
            if mine:
                figures.append(_figure(name, outcome, comparison, mine, results, style))
    return tuple(figures)


def _figure(
    name: str,
    outcome: TimeToEventOutcome,
    comparison: Comparison,
    methods: Sequence[Adjusted],
    results: Results,
    style: Style,
) -> ReportFigure:
    more = f": {comparison.arm}" if len(results.arms) > 2 else ""
    where = slug(f"{name} {comparison.arm}") if more else slug(name)
    told = []
    for one in methods:
        ends = [
            f"{arm}, {100 * (curve.survival[-1] if curve.survival else 1.0):.0f}%"
            for arm, curve in zip((one.arm, one.comparator), one.curves or (), strict=True)
        ]
        told.append(f"{one.method}: {'; '.join(ends)}")
    caption = (
        "Share of patients without the event. Thick lines are of arms made comparable: weighted "
        "Kaplan–Meier, or doubly robust for AIPW; thin ones are crude. Methods differ in the "
        "patients that their curves are of."
    )
    return finish(
        f"adjusted-curves-{where}",
        f"{outcome.label}{more}: adjusted curves",
        caption,
        f"Adjusted curves of {outcome.label} at their ends. {'. '.join(told)}.",
        lambda: _draw(outcome, comparison, methods, results),
        bias(results, "adjusted"),
    )


def _draw(
    outcome: TimeToEventOutcome,
    comparison: Comparison,
    methods: Sequence[Adjusted],
    results: Results,
) -> Figure:
    order = [arm.name for arm in results.arms]
    arms = [(name, order.index(name)) for name in (comparison.arm, comparison.comparator)]
    top = 8 + LINE * 2 + 22
    rows = ceil(len(methods) / 2)
    height = top + rows * PLOT + (rows - 1) * BELOW + 34
    figure, page = sheet(height)
    for i, (name, k) in enumerate(arms):
        y = 8 + (i + 0.3) * LINE
        page.plot([LEFT, LEFT + 26], [y, y], color=ARM_COLOURS[k % 6], ls=ARM_LINES[k % 6], lw=1.8)
        write(page, LEFT + 32, y, capital(name))
    width = (WIDTH - LEFT - GAP - 8) / 2
    last = max(curve.last for one in methods for curve in one.curves or ()) or 1.0
    for i, one in enumerate(methods):
        x = LEFT + (i % 2) * (width + GAP)
        y = top + (i // 2) * (PLOT + BELOW)
        box = (x / WIDTH, 1 - (y + PLOT) / height, width / WIDTH, PLOT / height)
        axes = figure.add_axes(box)
        for (name, k), curve in zip(arms, one.curves or (), strict=True):
            crude = outcome.arms[name].curve
            _steps(axes, crude.time, crude.survival, last, k, 0.7)
            _steps(axes, curve.time, curve.survival, curve.last, k, 1.8)
        at, unit, word = ticks(last)
        axes.set_xlim(0, last * 1.02)
        axes.set_ylim(0, 102)
        axes.set_xticks(at, [f"{day / unit:g}" for day in at])
        axes.set_yticks(range(0, 101, 20))
        axes.tick_params(labelsize=SMALL)
        axes.set_title(capital(one.method), fontsize=SMALL, pad=5)
        axes.set_xlabel(f"{word} from the index date", labelpad=4)
        if i % 2 == 0:
            axes.set_ylabel("Without the event (%)", labelpad=4)
    return figure


def _steps(
    axes: Axes,
    time: Sequence[float],
    survival: Sequence[float],
    last: float,
    arm: int,
    thick: float,
) -> None:
    shown = [(t, 100 * s) for t, s in zip(time, survival, strict=True) if t <= last]
    path = [(0.0, 100.0), *shown]
    if path[-1][0] < last and thick > 1:
        path.append((last, path[-1][1]))
    axes.plot(
        [t for t, _ in path],
        [s for _, s in path],
        drawstyle="steps-post",
        color=ARM_COLOURS[arm % 6],
        ls=ARM_LINES[arm % 6],
        lw=thick,
        alpha=1.0 if thick > 1 else 0.6,
    )
