"""Cumulative incidence of an event and of the one that competes with it, by arm."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
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
from casewise.results import Arm, Incidence, IncidenceSteps, Results, TimeToEventOutcome

Floats = NDArray[np.float64]
PLOT = 170.0
LEFT = 52.0
GAP = 40.0


def incidence(results: Results, style: Style) -> tuple[ReportFigure, ...]:
    """One figure for each outcome with a competing event."""
    return tuple(
        _figure(name, outcome, outcome.incidence, results, style)
        for name, outcome in results.outcomes.items()
        if isinstance(outcome, TimeToEventOutcome) and outcome.incidence is not None
    )


def _figure(
    name: str, outcome: TimeToEventOutcome, found: Incidence, results: Results, style: Style
) -> ReportFigure:
    level = style.level(results.settings.level)
    told = (
        f"Aalen-Johansen estimates with pointwise {level} confidence bands: the share of patients "
        f"who have had the event (left) or {found.competing} first (right). The two and the share "
        "with neither make 100%."
    )
    ends = [
        f"{arm.name}, {100 * s.event.at(s.event.last)[0]:.0f}% and "
        f"{100 * s.competing.at(s.competing.last)[0]:.0f}%"
        for arm in results.arms
        for s in (found.arms[arm.name],)
    ]
    alt = f"Cumulative incidence of {outcome.label} and of {found.competing}: {'; '.join(ends)}."
    return finish(
        f"incidence-{slug(name)}",
        f"{outcome.label}: cumulative incidence",
        told,
        alt,
        lambda: _draw(outcome.label, found, results.arms, style),
        bias(results, "time_to_event"),
    )


def _draw(label: str, found: Incidence, arms: tuple[Arm, ...], style: Style) -> Figure:
    top = 8 + LINE * len(arms) + 18
    height = top + PLOT + 34
    figure, page = sheet(height)
    for i, arm in enumerate(arms):
        y = 8 + (i + 0.3) * LINE
        page.plot([LEFT, LEFT + 26], [y, y], color=ARM_COLOURS[i % 6], ls=ARM_LINES[i % 6], lw=1.6)
        write(page, LEFT + 32, y, f"{capital(arm.name)} (n = {style.count(arm.n)})")
    last = max(one.event.last for one in found.arms.values()) or 1.0
    width = (WIDTH - LEFT - GAP - 8) / 2
    for side, (title, which) in enumerate(
        ((label, "event"), (capital(found.competing) + " first", "competing"))
    ):
        x = LEFT + side * (width + GAP)
        axes = figure.add_axes((x / WIDTH, 1 - (top + PLOT) / height, width / WIDTH, PLOT / height))
        for i, arm in enumerate(arms):
            _steps(axes, getattr(found.arms[arm.name], which), i)
        at, unit, word = ticks(last)
        axes.set_xlim(0, last * 1.02)
        axes.set_ylim(0, 102)
        axes.set_xticks(at, [f"{day / unit:g}" for day in at])
        axes.set_yticks(range(0, 101, 20))
        axes.tick_params(labelsize=SMALL)
        axes.set_xlabel(f"{word} from the index date", labelpad=4)
        axes.set_title(title if len(title) < 44 else title[:42] + "…", fontsize=SMALL, pad=5)
        if side == 0:
            axes.set_ylabel("Patients (%)", labelpad=4)
    return figure


def _steps(axes: Axes, steps: IncidenceSteps, arm: int) -> None:
    colour = ARM_COLOURS[arm % 6]
    time = np.array([0.0, *steps.time, max(steps.last, *steps.time, 0.0)])

    def path(values: tuple[float | None, ...]) -> Floats:
        inside = [0.0, *[np.nan if v is None else 100 * v for v in values]]
        return np.array([*inside, inside[-1]])

    axes.fill_between(
        time, path(steps.lower), path(steps.upper), step="post", color=colour, alpha=0.13, lw=0
    )
    axes.plot(
        time,
        path(steps.incidence),
        drawstyle="steps-post",
        color=colour,
        ls=ARM_LINES[arm % 6],
        lw=1.6,
    )
