"""Standardized differences at baseline, one row a covariate (Yang and Dalton [yang2012])."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from casewise.report.bias import bias
from casewise.report.plots.canvas import (
    ARM_COLOURS,
    INK,
    LINE,
    RULE,
    WIDTH,
    ReportFigure,
    finish,
    sheet,
    text_width,
    wrap,
    write,
)
from casewise.report.style import UNDEFINED, Style
from casewise.report.table import capital
from casewise.results import BaselineRow, Results

PAGE = 55  # covariates on one page
LIMIT = 2.0  # larger differences are arrows at the edge, with their value beside them
SHAPES = ("o", "s", "^", "D", "v", "P")


def balance(results: Results, style: Style) -> tuple[ReportFigure, ...]:
    """One figure a page of covariates."""
    rows = results.baseline
    if not rows or not any(row.differences for row in rows):
        return ()
    pages = [rows[i : i + PAGE] for i in range(0, len(rows), PAGE)]
    return tuple(_page(page, i, len(pages), results, style) for i, page in enumerate(pages))


def _page(
    rows: Sequence[BaselineRow], number: int, pages: int, results: Results, style: Style
) -> ReportFigure:
    comparator = results.arms[-1].name
    caption = (
        f"Absolute standardized difference of each group against {comparator}: the difference in "
        "units of the pooled standard deviation. The dotted line is at 0.1, a customary mark."
    )
    told = [
        f"{row.label}, {', '.join(_shown(d.value, style) for d in row.differences)}" for row in rows
    ]
    title = "Standardized differences at baseline"
    return finish(
        "balance" + (f"-{number + 1}" if pages > 1 else ""),
        title + (f" ({number + 1} of {pages})" if pages > 1 else ""),
        caption,
        f"{title} against {comparator}: {'; '.join(told)}.",
        lambda: _draw(rows, results, style),
        bias(results, "baseline"),
    )


def _shown(value: float | None, style: Style) -> str:
    return style.number(None if value is None else abs(value), 2, null=0.0)


def _draw(rows: Sequence[BaselineRow], results: Results, style: Style) -> Figure:
    labels = [wrap(row.label, 200) for row in rows]
    left = max(text_width(line) for lines in labels for line in lines) + 16
    right = WIDTH - 44
    many = len(results.arms) > 2
    top = 6 + (LINE + 2) * (len(results.arms) - 1) * many
    height = top + sum(len(lines) * LINE + 3 for lines in labels) + 34
    figure, axes = sheet(height)
    values = [abs(d.value) for row in rows for d in row.differences if d.value is not None]
    finite = [v for v in values if math.isfinite(v)]
    edge = min(LIMIT, max([0.5, *[math.ceil(v * 10 + 0.5) / 10 for v in finite]]))
    bottom = height - 32
    axis(axes, (top, bottom), (left, right), edge)
    for i, arm in enumerate(results.arms[:-1] if many else ()):
        axes.plot([left + 4], [8 + i * (LINE + 2)], ls="none", **_look(i))
        write(axes, left + 12, 8 + i * (LINE + 2), capital(arm.name))
    y = top
    for row, lines in zip(rows, labels, strict=True):
        for k, line in enumerate(lines):
            write(axes, 2, y + (k + 0.5) * LINE + 1.5, line)
        middle = y + len(lines) * LINE / 2 + 1.5
        axes.plot([left, right], [middle, middle], color=RULE, lw=0.4)
        _points(axes, row, middle, left, right, edge, style)
        y += len(lines) * LINE + 3
    return figure


def _look(arm: int) -> dict[str, Any]:
    return {"marker": SHAPES[arm % 6], "color": ARM_COLOURS[arm % 6], "ms": 4.6}


def _points(
    axes: Axes,
    row: BaselineRow,
    y: float,
    left: float,
    right: float,
    edge: float,
    style: Style,
) -> None:
    beyond = []
    for i, difference in enumerate(row.differences):
        if difference.value is None:
            beyond.append(UNDEFINED)
            continue
        size = abs(difference.value)
        if size > edge:
            axes.plot([right], [y], ls="none", **(_look(i) | {"marker": ">"}))
            beyond.append(_shown(size, style))
            continue
        axes.plot([left + (right - left) * size / edge], [y], ls="none", **_look(i))
    text = ", ".join(dict.fromkeys(beyond))
    if UNDEFINED in text:
        write(axes, right - 4, y, text, ha="right", bbox={"fc": "white", "ec": "none", "pad": 1})
    elif text:
        write(axes, right + 8, y, text)


def axis(
    axes: Axes,
    ends: tuple[float, float],
    sides: tuple[float, float],
    edge: float,
    fine: float = 0.6,
) -> None:
    """The axis of absolute differences from 0 to ``edge``, in tenths up to ``fine``."""
    (top, bottom), (left, right) = ends, sides
    step = 0.1 if edge <= fine else 0.2 if edge <= 1.2 else 0.5
    axes.plot([left, right], [bottom, bottom], color=INK, lw=0.7)
    for k in range(int(edge / step + 1e-9) + 1):
        x = left + (right - left) * k * step / edge
        axes.plot([x, x], [bottom, bottom + 3], color=INK, lw=0.7)
        write(axes, x, bottom + 9, f"{k * step:.1f}", ha="center")
    axes.plot([left, left], [top, bottom], color=INK, lw=0.7)
    mark = left + (right - left) * 0.1 / edge
    axes.plot([mark, mark], [top, bottom], color=INK, lw=0.8, ls=(0, (1, 2)))
    label = "Absolute standardized difference"
    write(axes, (left + right) / 2, bottom + 22, label, ha="center")
