"""Kaplan-Meier curves of each time-to-event outcome, with the numbers behind them below.

The numbers at a day count what was before it: at risk are those still under observation just before
the day; events and censorings are those of earlier days, so that the three add up to the group.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from casewise.report.bias import bias
from casewise.report.effects import effect, measure_name, ordered
from casewise.report.plots.canvas import (
    ARM_COLOURS,
    ARM_LINES,
    INK,
    LINE,
    SMALL,
    WIDTH,
    ReportFigure,
    finish,
    joined,
    sheet,
    slug,
    text_width,
    wrap,
    write,
)
from casewise.report.style import Style
from casewise.report.table import capital
from casewise.results import Arm, Curve, Results, TimeToEventOutcome

YEAR = 365.25
STEPS = (1, 2, 5, 7, 10, 14, 20, 30, 60, 90, 120, 180)
MOST_TICKS = 7
PLOT = 190.0  # height of the curves, points
TOP = 10.0
BLOCKS = ("Number at risk", "Censored before", "Events before")
FINE = 1500  # points across the axis beyond which a step can no longer be seen


def survival(results: Results, style: Style) -> tuple[ReportFigure, ...]:
    """One figure an outcome."""
    return tuple(
        _figure(name, outcome, results, style)
        for name, outcome in results.outcomes.items()
        if isinstance(outcome, TimeToEventOutcome)
        and any(arm.curve.time for arm in outcome.arms.values())
    )


def _figure(name: str, outcome: TimeToEventOutcome, results: Results, style: Style) -> ReportFigure:
    level = style.level(results.settings.level)
    bands = any(low is not None for arm in outcome.arms.values() for low in arm.curve.lower)
    what = (
        f"Kaplan–Meier curves with pointwise {level} confidence bands"
        if bands
        else (
            f"Weighted Kaplan–Meier curves. {outcome.handling}. Counts are of clones, unweighted"
            if outcome.handling
            else "Kaplan–Meier curves"
        )
    )
    told = [
        f"{what}; a tick on a curve marks "
        "patients censored there. The table counts those under observation just before each "
        "day, and the events and censorings of earlier days.",
        _effects(outcome, results, style),
    ]
    events = [
        f"{arm.name}, {style.count(outcome.arms[arm.name].events)} events in "
        f"{style.count(outcome.arms[arm.name].n)} patients"
        for arm in results.arms
    ]
    alt = f"Kaplan–Meier curves of {outcome.label}. {capital(joined(events))}. {told[1]}".strip()
    return finish(
        f"survival-{slug(name)}",
        outcome.label,
        " ".join(text for text in told if text),
        alt,
        lambda: _draw(outcome, results.arms, style),
        bias(results, "survival"),
    )


def _effects(outcome: TimeToEventOutcome, results: Results, style: Style) -> str:
    """The estimates with their intervals, then the P: never alone."""
    told = []
    for comparison in outcome.comparisons(results.arms):
        shown = [
            f"{measure_name(e.measure)} {effect(e, style)}" for e in ordered(comparison.estimates)
        ]
        if shown and comparison.test.p_value is not None:
            shown.append(f"{style.p_phrase(comparison.test.p_value)} ({comparison.test.method})")
        if shown:
            told.append(f"{comparison.arm} v {comparison.comparator}: {'; '.join(shown)}.")
    return " ".join(capital(text) for text in told)


def ticks(last: float) -> tuple[list[float], float, str]:
    """Where to count, how many days one unit of the axis is, and the unit's name."""
    if last > 4 * YEAR:
        years = next((s for s in (1, 2, 5, 10, 20) if last / YEAR / s < MOST_TICKS), 50)
        return [i * years * YEAR for i in range(int(last / YEAR / years) + 1)], YEAR, "Years"
    wide = (*STEPS, 182.625, YEAR)
    step = next((s for s in wide if last / s < MOST_TICKS), YEAR)
    return [float(round(i * step)) for i in range(int(last / step) + 1)], 1.0, "Days"


def _draw(outcome: TimeToEventOutcome, arms: tuple[Arm, ...], style: Style) -> Figure:
    curves = [outcome.arms[arm.name] for arm in arms]
    last = max((cell.curve.time[-1] for cell in curves if cell.curve.time), default=1.0) or 1.0
    at, unit, word = ticks(last)
    names = [wrap(capital(arm.name), 118) for arm in arms]
    left = max(72.0, 42 + max(text_width(line) for name in names for line in name))
    rows = [len(name) * LINE + 2 for name in names]
    legend = 6.0 + LINE * len(arms)
    below = TOP + legend + PLOT + 34
    height = below + len(BLOCKS) * (LINE + 5 + sum(rows)) + 4
    figure, page = sheet(height)
    box = (left / WIDTH, 1 - (TOP + legend + PLOT) / height, 1 - (left + 22) / WIDTH, PLOT / height)
    axes = figure.add_axes(box)
    for i, cell in enumerate(curves):
        if cell.curve.time:
            _curve(axes, cell.curve, i, last)
    _frame(axes, at, unit, word, last)
    handles = [
        Line2D([], [], color=ARM_COLOURS[i % 6], ls=ARM_LINES[i % 6], lw=1.6)
        for i in range(len(arms))
    ]
    for i, (arm, handle) in enumerate(zip(arms, handles, strict=True)):
        y = TOP + (i + 0.3) * LINE
        page.plot([left, left + 26], [y, y], color=handle.get_color(), ls=ARM_LINES[i % 6], lw=1.6)
        write(page, left + 32, y, f"{capital(arm.name)} (n = {style.count(curves[i].n)})")
    x = [left + (WIDTH - left - 22) * day / (last * 1.02) for day in at]
    _numbers(page, outcome, arms, names, at, x, below, style)
    page.text(
        left - 34,
        TOP + legend + PLOT / 2,
        "Without the event (%)",
        rotation=90,
        ha="center",
        va="center",
    )
    return figure


def _curve(axes: Axes, curve: Curve, arm: int, last: float) -> None:
    colour = ARM_COLOURS[arm % 6]
    time, at = _seen(curve, last)
    time = np.concatenate([[0.0], time])
    level = np.concatenate([[100.0], 100 * np.array(curve.survival)[at]])
    low, high = (
        np.concatenate([[100.0], 100 * np.array([np.nan if v is None else v for v in band])[at]])
        for band in (curve.lower, curve.upper)
    )
    axes.fill_between(time, low, high, step="post", color=colour, alpha=0.13, lw=0)
    axes.plot(time, level, drawstyle="steps-post", color=colour, ls=ARM_LINES[arm % 6], lw=1.6)
    gone = np.array(curve.censored)[at] > 0
    x, y = time[1:][gone], level[1:][gone]
    strokes = np.full(3 * len(x), np.nan), np.full(3 * len(x), np.nan)
    strokes[0][0::3], strokes[0][1::3] = x, x
    strokes[1][0::3], strokes[1][1::3] = y - 1.7, y + 1.7
    thin = 0.9 if len(x) <= 60 else 0.35  # so many ticks would hide the line
    axes.plot(*strokes, color=colour, lw=thin, solid_capstyle="butt")


def _seen(curve: Curve, last: float) -> tuple[Any, Any]:
    """The steps that an eye can tell apart: of those closer than a hair, the last stands."""
    time = np.array(curve.time)
    if len(time) <= FINE / 2:
        return time, np.arange(len(time))
    cell = np.floor(time / last * FINE)
    keep = np.append(cell[1:] != cell[:-1], True)
    return time[keep], np.flatnonzero(keep)


def _frame(axes: Axes, at: list[float], unit: float, word: str, last: float) -> None:
    axes.set_xlim(0, last * 1.02)
    axes.set_ylim(0, 102)
    axes.set_xticks(at, [f"{day / unit:g}" for day in at])
    axes.set_yticks(range(0, 101, 20))
    axes.set_xlabel(f"{word} from the index date", labelpad=4)
    axes.tick_params(labelsize=SMALL)


def before(curve: Curve, n: int, day: float) -> tuple[int, int, int]:
    """At risk, censored and with an event just before ``day``: together the whole group."""
    gone = sum(time < day for time in curve.time)
    events = [0, *accumulate(curve.events)][gone]
    censored = [0, *accumulate(curve.censored)][gone]
    return n - events - censored, censored, events


def _numbers(
    page: Axes,
    outcome: TimeToEventOutcome,
    arms: tuple[Arm, ...],
    names: list[list[str]],
    at: list[float],
    x: list[float],
    top: float,
    style: Style,
) -> None:
    y = top + LINE / 2
    for block, title in enumerate(BLOCKS):
        write(page, 2, y, title, fontweight="bold")
        y += LINE + 1
        for i, (arm, name) in enumerate(zip(arms, names, strict=True)):
            page.plot([2, 18], [y, y], color=ARM_COLOURS[i % 6], ls=ARM_LINES[i % 6], lw=1.6)
            for k, line in enumerate(name):
                write(page, 24, y + k * LINE, line)
            cell = outcome.arms[arm.name]
            for day, place in zip(at, x, strict=True):
                count = before(cell.curve, cell.n, day)[block]
                write(page, place, y, style.count(count), ha="center", color=INK)
            y += len(name) * LINE + 2
        y += 4
