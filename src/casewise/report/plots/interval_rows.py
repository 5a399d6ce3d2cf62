"""Estimates below each other on one scale: methods, subgroups, alternatives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from casewise.report.effects import effect
from casewise.report.plots.canvas import ARM_COLOURS, INK, LINE, RULE, WIDTH, sheet, wrap, write
from casewise.report.style import NOT_KNOWN, Style
from casewise.results import Estimate

LABEL = 176.0
TEXT = 106.0
NULLS = {True: 1.0, False: 0.0}


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """A label, what stands between it and the picture, and the estimate; none for a heading."""

    label: str
    estimate: Estimate | None = None
    detail: str = ""
    heading: bool = False
    strong: bool = False


def draw_rows(rows: Sequence[IntervalRow], title: str, style: Style, detail: str = "") -> Figure:
    """The rows on a scale that fits them: logarithmic for ratios."""
    middle_width = 92.0 if detail else 0.0
    labels = [wrap(r.label, LABEL - 6, bold=r.heading or r.strong) for r in rows]
    details = [wrap(r.detail, middle_width - 6) if r.detail else [""] for r in rows]
    tall = [max(len(a), len(b)) * LINE + 5 for a, b in zip(labels, details, strict=True)]
    top = LINE + 10
    figure, axes = sheet(top + sum(tall) + 36)
    left, right = LABEL + middle_width + 6, WIDTH - TEXT
    ratio = any(r.estimate and r.estimate.measure.endswith("ratio") for r in rows)
    low, high = _range([r.estimate for r in rows if r.estimate], ratio)

    def place(value: float) -> float:
        if ratio and value <= 0:
            return -math.inf
        at = math.log(value / low) / math.log(high / low) if ratio else (value - low) / (high - low)
        return left + (right - left) * at

    write(axes, WIDTH, top - 10, title, ha="right", fontweight="bold")
    if detail:
        write(axes, LABEL, top - 10, detail, fontweight="bold")
    axes.plot([0, WIDTH], [top - 2, top - 2], color=INK, lw=0.7)
    bottom = top + sum(tall)
    _scale(axes, ratio, (low, high), place, (top, bottom), (left, right))
    y = top
    for r, text, more, height in zip(rows, labels, details, tall, strict=True):
        middle = y + height / 2
        for k, line in enumerate(text):
            at = middle + (k - (len(text) - 1) / 2) * LINE
            weight = "bold" if r.heading or r.strong else "normal"
            write(axes, 0 if r.heading or r.strong else 8, at, line, fontweight=weight)
        for k, line in enumerate(more):
            write(axes, LABEL, middle + (k - (len(more) - 1) / 2) * LINE, line)
        if not r.heading:
            shown = NOT_KNOWN if r.estimate is None else effect(r.estimate, style)
            write(axes, WIDTH, middle, shown, ha="right")
            _interval(axes, r, middle, place, (left, right))
        axes.plot([0, WIDTH], [y + height] * 2, color=RULE, lw=0.3)
        y += height
    return figure


def _range(estimates: Sequence[Estimate], ratio: bool) -> tuple[float, float]:
    ends = [v for e in estimates for v in (e.value, e.lower, e.upper) if v is not None]
    ends = [v for v in ends if math.isfinite(v) and (v > 0 or not ratio)]
    if ratio:
        low, high = min([0.8, *ends]), max([1.25, *ends])
        return max(low / 1.05, 0.02), min(high * 1.05, 50.0)
    reach = max([0.02, *[abs(v) for v in ends]]) * 1.05
    low = min([-0.2 * reach, *ends])
    return (low - 0.05 * reach, max([0.2 * reach, *ends]) + 0.05 * reach)


def _scale(
    axes: Axes,
    ratio: bool,
    ends: tuple[float, float],
    place: object,
    sides: tuple[float, float],
    edges: tuple[float, float],
) -> None:
    (low, high), (top, bottom), (left, right) = ends, sides, edges
    null = NULLS[ratio]
    assert callable(place)
    axes.plot([place(null)] * 2, [top, bottom], color=INK, lw=0.6, ls=(0, (2, 2)), zorder=0.5)
    axes.plot([left, right], [bottom, bottom], color=INK, lw=0.7)
    if ratio:
        marks = [0.02, 0.05, 0.1, 0.2, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0]
    else:
        span = high - low
        step = next(s for s in _steps() if span / s <= 6)
        marks = [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]
    used: list[float] = []
    for mark in sorted((m for m in marks if low <= m <= high), key=lambda m: abs(m - null)):
        if all(abs(place(mark) - place(other)) > 22 for other in used):
            used.append(mark)
            axes.plot([place(mark)] * 2, [bottom, bottom + 3], color=INK, lw=0.7)
            text = f"{mark:g}".replace("-", "−")
            write(axes, place(mark), bottom + 9, text, ha="center")
    write(axes, left, bottom + 22, "← lower")
    write(axes, right, bottom + 22, "higher →", ha="right")


def _steps() -> list[float]:
    return [m * 10.0**p for p in range(-4, 5) for m in (1, 2, 5)]


def _interval(
    axes: Axes, r: IntervalRow, y: float, place: object, edges: tuple[float, float]
) -> None:
    estimate, (left, right) = r.estimate, edges
    assert callable(place)
    if estimate is None or estimate.value is None:
        return
    colour = INK if r.strong else ARM_COLOURS[0]
    ends = []
    for limit, edge in ((estimate.lower, left), (estimate.upper, right)):
        if limit is None:
            continue
        at = place(limit)
        ends.append(min(max(at, left), right))
        if not left <= at <= right:
            shape = "<" if edge == left else ">"
            axes.plot([edge], [y], marker=shape, color=colour, ms=4.5, mew=0, ls="none")
    if len(ends) == 2:
        axes.plot(ends, [y, y], color=colour, lw=1.3)
    at = place(estimate.value)
    if left <= at <= right:
        axes.plot([at], [y], marker="s", mfc=colour, mec=colour, ms=4.6, ls="none", zorder=3)
