"""Love plots: each covariate's standardized difference before and after; and propensity overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from casewise.report.plots.balance import axis
from casewise.report.plots.canvas import (
    ARM_COLOURS,
    FAINT,
    INK,
    LINE,
    RULE,
    WIDTH,
    ReportFigure,
    finish,
    sheet,
    slug,
    text_width,
    wrap,
    write,
)
from casewise.report.style import Style
from casewise.report.table import capital
from casewise.results import Adjustment, AdjustmentMethod, BalanceColumn, Results

PAGE = 60  # columns of the covariates' table on one page
LIMIT = 2.0
SHAPES = ("s", "^", "D", "v", "P", "X", "*")
HEIGHT = 190.0


def love(results: Results, style: Style) -> tuple[ReportFigure, ...]:
    """A figure a page of covariates, for each arm that was made comparable."""
    figures = []
    for one in results.adjustments:
        shown = [m for m in one.methods if m.after is not None][: len(SHAPES)]
        if not shown or not one.columns:
            continue
        order = sorted(range(len(one.columns)), key=lambda j: -abs(one.columns[j].before))
        for start in range(0, len(order), PAGE):
            figures.append(_love(one, shown, order[start : start + PAGE], start, results, style))
    return tuple(figures)


def _love(
    one: Adjustment,
    methods: Sequence[AdjustmentMethod],
    rows: Sequence[int],
    start: int,
    results: Results,
    style: Style,
) -> ReportFigure:
    pages = math.ceil(len(one.columns) / PAGE)
    name = "love" + ("" if len(results.arms) == 2 else f"-{slug(one.arm)}")
    page = start // PAGE + 1
    title = "Standardized differences before and after adjustment"
    title += f": {one.arm}" if len(results.arms) > 2 else ""
    title += f" ({page} of {pages})" if pages > 1 else ""
    told = [
        f"{one.columns[j].label}, before {style.number(abs(one.columns[j].before), 2)}, after "
        + ", ".join(style.number(abs((m.after or ())[j]), 2) for m in methods)
        for j in rows
    ]
    names = ", ".join(m.method for m in methods)
    return finish(
        name + (f"-{page}" if pages > 1 else ""),
        title,
        "Absolute standardized difference of each covariate between the groups, the largest crude "
        "one first. The dotted line is at 0.1, a customary mark. Methods that model the outcome "
        "alone are not shown: they do not change the groups.",
        f"{title}. Methods: {names}. {'; '.join(told)}.",
        lambda: _draw(one.columns, methods, rows),
    )


def _draw(
    columns: Sequence[BalanceColumn], methods: Sequence[AdjustmentMethod], rows: Sequence[int]
) -> Figure:
    labels = [wrap(columns[j].label, 210) for j in rows]
    left = max(text_width(line) for lines in labels for line in lines) + 16
    right = WIDTH - 12
    names = ["Before adjustment", *[capital(m.method) for m in methods]]
    per_row = 3
    top = 8 + math.ceil(len(names) / per_row) * (LINE + 3)
    height = top + sum(len(lines) * LINE + 2 for lines in labels) + 34
    figure, axes = sheet(height)
    for i, name in enumerate(names):
        x, y = 8 + (i % per_row) * (WIDTH / per_row), 8 + (i // per_row) * (LINE + 3)
        axes.plot([x], [y], ls="none", **_look(i))
        write(axes, x + 8, y, name)
    finite = [abs(columns[j].before) for j in rows if math.isfinite(columns[j].before)]
    finite += [abs((m.after or ())[j]) for m in methods for j in rows]
    edge = min(LIMIT, max([0.5, *[math.ceil(v * 10 + 0.5) / 10 for v in finite]]))
    bottom = height - 32
    axis(axes, (top, bottom), (left, right), edge, fine=0.7)
    y = top
    for j, lines in zip(rows, labels, strict=True):
        for k, line in enumerate(lines):
            write(axes, 2, y + (k + 0.5) * LINE + 1, line)
        middle = y + len(lines) * LINE / 2 + 1
        axes.plot([left, right], [middle, middle], color=RULE, lw=0.4, zorder=0)
        values = [columns[j].before, *[(m.after or ())[j] for m in methods]]
        for i, value in reversed(list(enumerate(values))):
            size = min(abs(value), edge)
            axes.plot([left + (right - left) * size / edge], [middle], ls="none", **_look(i))
        y += len(lines) * LINE + 2
    return figure


def _look(i: int) -> dict[str, Any]:
    if i == 0:
        return {"marker": "o", "mfc": "white", "mec": INK, "ms": 5.0, "mew": 1.0}
    colour = ARM_COLOURS[(i - 1) % 6]
    return {"marker": SHAPES[i - 1], "mfc": colour, "mec": "white", "ms": 4.6, "mew": 0.3}


def overlap(results: Results, style: Style) -> tuple[ReportFigure, ...]:
    """Propensity scores of the treated upwards, of the comparator downwards."""
    figures = []
    for one in results.adjustments:
        if one.overlap is None:
            continue
        found = one.overlap
        name = "overlap" + ("" if len(results.arms) == 2 else f"-{slug(one.arm)}")
        shared = "They share no range."
        if found.common is not None:
            low, high = (style.number(v, 2) for v in found.common)
            shared = (
                f"Both have scores from {low} to {high}; {style.count(found.outside[0])} of "
                f"{one.arm} and {style.count(found.outside[1])} of {one.comparator} lie outside."
            )
        caption = (
            f"The chance of {one.arm} given the covariates, as a share of each group. {shared} "
            f"{style.count(found.extreme)} patients have a score under 0.01 or over 0.99. The c "
            f"statistic is {style.number(found.c_statistic, 2)}."
        )
        title = "Overlap of the propensity scores"
        title += f": {one.arm}" if len(results.arms) > 2 else ""
        figures.append(
            finish(name, title, caption, f"{title}. {caption}", lambda one=one: _mirror(one))  # type: ignore[misc]  # bound now
        )
    return tuple(figures)


def _mirror(one: Adjustment) -> Figure:
    found = one.overlap
    assert found is not None
    figure, axes = sheet(HEIGHT)
    left, right, middle, reach = 44.0, WIDTH - 12.0, (HEIGHT - 30) / 2 + 4, (HEIGHT - 46) / 2
    shares = [
        [count / max(sum(counts), 1) for count in counts]
        for counts in (found.treated, found.control)
    ]
    most = max(*shares[0], *shares[1], 1e-9)
    for side, (values, sign) in enumerate(zip(shares, (-1.0, 1.0), strict=True)):
        for edge, after, value in zip(found.edges, found.edges[1:], values, strict=False):
            x = left + (right - left) * edge
            width = (right - left) * (after - edge)
            height = reach * value / most
            low = middle if sign > 0 else middle - height
            axes.bar(
                [x + width / 2],
                [height],
                width * 0.92,
                bottom=[low],
                color=ARM_COLOURS[side],
                alpha=0.85,
                lw=0,
            )
    axes.plot([left, right], [middle, middle], color=INK, lw=0.7)
    bottom = HEIGHT - 30
    axes.plot([left, right], [bottom, bottom], color=INK, lw=0.7)
    for k in range(6):
        x = left + (right - left) * k / 5
        axes.plot([x, x], [bottom, bottom + 3], color=INK, lw=0.7)
        write(axes, x, bottom + 9, f"{k / 5:.1f}", ha="center")
    write(axes, (left + right) / 2, bottom + 22, "Propensity score", ha="center")
    for share in _marks(most):
        at = reach * share / most
        for y in (middle - at, middle + at):
            axes.plot([left - 3, left], [y, y], color=FAINT, lw=0.7)
            write(axes, left - 5, y, f"{100 * share:g}%", ha="right")
    for colour, text, y in (
        (ARM_COLOURS[0], one.arm, 10.0),
        (ARM_COLOURS[1], one.comparator, bottom - 9),
    ):
        write(axes, right, y, capital(text), ha="right", color=colour, fontweight="bold")
    return figure


def _marks(most: float) -> list[float]:
    """Round shares, three at most, not too near the middle."""
    step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if most / s <= 3.5 or s == 1.0)
    return [step * k for k in range(1, int(most / step + 1e-9) + 1)]
