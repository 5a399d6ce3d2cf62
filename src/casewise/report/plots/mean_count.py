"""The mean number of events of a patient by arm, while some die."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

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
from casewise.results import Arm, CountOutcome, MeanCountSteps, Results

PLOT = 180.0
LEFT = 52.0


def mean_count(results: Results, style: Style) -> tuple[ReportFigure, ...]:
    """One figure for each outcome that is counted."""
    return tuple(
        _figure(name, outcome, results, style)
        for name, outcome in results.outcomes.items()
        if isinstance(outcome, CountOutcome) and any(s.time for s in outcome.mean_count.values())
    )


def _figure(name: str, outcome: CountOutcome, results: Results, style: Style) -> ReportFigure:
    level = style.level(results.settings.level)
    told = (
        f"The mean number of events of a patient up to each day with pointwise {level} confidence "
        "bands, by Ghosh and Lin: the dead have no more events."
    )
    ends = []
    for arm in results.arms:
        steps = outcome.mean_count[arm.name]
        mean = style.number(steps.at(steps.last)[0], 2)
        ends.append(f"{arm.name}, {mean} by day {style.count(int(steps.last))}")
    return finish(
        f"mean-count-{slug(name)}",
        f"{outcome.label}: mean number of events",
        told,
        f"Mean number of events, {outcome.label}: {'; '.join(ends)}.",
        lambda: _draw(outcome.mean_count, results.arms, style),
        bias(results, "mean_count"),
    )


def _draw(found: dict[str, MeanCountSteps], arms: tuple[Arm, ...], style: Style) -> Figure:
    top = 8 + LINE * len(arms) + 10
    height = top + PLOT + 34
    figure, page = sheet(height)
    last = max(steps.last for steps in found.values()) or 1.0
    box = (LEFT / WIDTH, 1 - (top + PLOT) / height, 1 - (LEFT + 12) / WIDTH, PLOT / height)
    axes = figure.add_axes(box)
    for i, arm in enumerate(arms):
        steps = found[arm.name]
        colour, line = ARM_COLOURS[i % 6], ARM_LINES[i % 6]
        y = 8 + (i + 0.3) * LINE
        page.plot([LEFT, LEFT + 26], [y, y], color=colour, ls=line, lw=1.6)
        write(page, LEFT + 32, y, f"{capital(arm.name)} (n = {style.count(steps.n)})")
        time = np.array([0.0, *steps.time, max(steps.last, *steps.time, 0.0)])
        band = (_path(steps.lower), _path(steps.upper))
        axes.fill_between(time, *band, step="post", color=colour, alpha=0.13, lw=0)
        mean = _path(steps.mean)
        axes.plot(time, mean, drawstyle="steps-post", color=colour, ls=line, lw=1.6)
    at, unit, word = ticks(last)
    axes.set_xlim(0, last * 1.02)
    axes.set_ylim(bottom=0)
    axes.set_xticks(at, [f"{day / unit:g}" for day in at])
    axes.tick_params(labelsize=SMALL)
    axes.set_xlabel(f"{word} from the start of counting", labelpad=4)
    axes.set_ylabel("Events a patient", labelpad=4)
    return figure


def _path(values: tuple[float | None, ...]) -> NDArray[np.float64]:
    inside = [0.0, *[np.nan if value is None else value for value in values]]
    return np.array([*inside, inside[-1]])
