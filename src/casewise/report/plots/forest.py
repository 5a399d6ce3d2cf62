"""The forest plot of every outcome and harm: absolute effects at the left, relative at the right.

Each estimate stands in words above its interval. A limit that is infinite, zero on the scale of
ratios, or beyond the panel is an arrow; what does not exist is said and not drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from casewise.report.bias import bias
from casewise.report.effects import ABSOLUTE, effect, ordered
from casewise.report.plots.canvas import (
    ARM_COLOURS,
    ARM_LINES,
    INK,
    LINE,
    RULE,
    WIDTH,
    ReportFigure,
    finish,
    sheet,
    wrap,
    write,
)
from casewise.report.style import UNDEFINED, Style
from casewise.report.table import capital
from casewise.results import (
    CountOutcome,
    DurationOutcome,
    Estimate,
    Outcome,
    RankedOutcome,
    Results,
)

PAGE = 18  # comparisons on one page
LABEL = 112.0
ARM = 54.0
PANEL = 102.0
FIRST = LABEL + 2 * ARM + 10  # left edge of the absolute panel
SECOND = FIRST + PANEL + 24
RATIOS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
SHORT = {
    "risk ratio": "RR",
    "odds ratio": "OR",
    "hazard ratio": "HR",
    "rate ratio": "IRR",
    "win ratio": "WR",
    "risk difference": "",
    "rate difference": "",
    "Hodges-Lehmann shift": "",
    "mean difference": "",
}
RELATIVE = ("risk ratio", "hazard ratio", "rate ratio", "odds ratio", "win ratio")
Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison of one outcome."""

    label: str
    arm: int
    treated: tuple[str, ...]
    comparator: tuple[str, ...]
    absolute: Estimate | None
    relative: Estimate | None
    primary: bool = False


def forest(results: Results, style: Style) -> tuple[ReportFigure, ...]:
    """One figure a page of comparisons."""
    lines = _lines(results, style)
    pages = [lines[i : i + PAGE] for i in range(0, len(lines), PAGE)]
    return tuple(_page(page, i, len(pages), results, style) for i, page in enumerate(pages))


def _lines(results: Results, style: Style) -> list[Line]:
    many = len(results.arms) > 2
    order = [arm.name for arm in results.arms]
    found = []
    for outcome in (*results.outcomes.values(), *results.harms.values()):
        for comparison in outcome.comparisons(results.arms):
            estimates = ordered(comparison.estimates)
            absolute = [e for e in estimates if e.measure in ABSOLUTE and e.measure in SHORT]
            relative = [e for name in RELATIVE for e in estimates if e.measure == name]
            label = outcome.label + (f": {comparison.arm}" if many else "")
            found.append(
                Line(
                    label,
                    order.index(comparison.arm),
                    _value(outcome, comparison.arm, style),
                    _value(outcome, comparison.comparator, style),
                    absolute[0] if absolute else None,
                    relative[0] if relative else None,
                    outcome.primary,
                )
            )
    return found


def _value(outcome: Outcome, arm: str, style: Style) -> tuple[str, ...]:
    """Events of patients; a median for durations; for rates also events of person-days."""
    if isinstance(outcome, DurationOutcome):
        median = outcome.arms[arm].median
        return ("median", style.number(median, 1)) if median is not None else ("—",)
    if isinstance(outcome, CountOutcome):
        count = outcome.arms[arm]
        days = style.count(round(count.person_days))
        patients = f"{style.count(count.patients)}/{style.count(count.n)}"
        return patients, f"{style.count(count.events)}/{days} d"
    if isinstance(outcome, RankedOutcome):
        return (f"n = {style.count(outcome.arms[arm].n)}",)
    cell = outcome.arms[arm]
    return (f"{style.count(cell.events)}/{style.count(cell.n)}",)


def _page(
    lines: Sequence[Line], number: int, pages: int, results: Results, style: Style
) -> ReportFigure:
    level = style.level(results.settings.level)
    comparator = results.arms[-1].name
    relative = {line.relative.measure for line in lines if line.relative}
    wins = "win ratio" in relative
    caption = (
        f"Estimates with {level} confidence intervals, each group against {comparator}. Numbers "
        "by group are patients with the event/patients, the median of a duration in its unit, and "
        "for rates events/person-days (d). Only risk differences are drawn in the absolute panel; "
        "other absolute effects have their own units and are given in words. Arrows mark limits "
        "that are infinite, zero on the scale of ratios, or beyond the panel. RR denotes risk "
        "ratio, HR hazard ratio, IRR ratio of rates, and OR odds ratio. Filled squares are primary "
        "outcomes."
        + (" WR denotes win ratio, above 1 where the group fared better." if wins else "")
    )
    told = [
        f"{line.label}: {', '.join(line.treated)} against {', '.join(line.comparator)}; "
        + "; ".join(_told(e, style) for e in (line.absolute, line.relative) if e)
        for line in lines
    ]
    return finish(
        "forest" + (f"-{number + 1}" if pages > 1 else ""),
        "Effects on all outcomes" + (f" ({number + 1} of {pages})" if pages > 1 else ""),
        caption,
        f"Forest plot of {len(lines)} comparisons. {'. '.join(told)}.",
        lambda: _draw(lines, results, style),
        bias(results, "forest"),
    )


def _told(estimate: Estimate, style: Style) -> str:
    unit = " percentage points" if estimate.measure == "risk difference" else ""
    return f"{estimate.measure} {effect(estimate, style)}{unit or _unit(estimate)}"


def _unit(estimate: Estimate) -> str:
    return f" {estimate.unit}" if estimate.unit else ""


def _draw(lines: Sequence[Line], results: Results, style: Style) -> Figure:
    labels = [wrap(line.label, LABEL - 6, bold=line.primary) for line in lines]
    first, last = results.arms[0].name, results.arms[-1].name
    treated = wrap(capital(first) if len(results.arms) == 2 else "Group", ARM - 4, bold=True)
    against = wrap(capital(last), ARM - 4, bold=True)
    top = max(len(treated), len(against), 2) * LINE + 8
    rows = [max(len(text) * LINE + 6, 3 * LINE) for text in labels]
    height = top + sum(rows) + 40
    figure, axes = sheet(height)
    for x, text in ((LABEL, treated), (LABEL + ARM, against)):
        _centred(axes, x + ARM / 2, top - 4, text)
    level = style.level(results.settings.level)
    _centred(axes, FIRST + PANEL / 2, top - 4, ["Difference in risk,", f"points ({level} CI)"])
    _centred(axes, SECOND + PANEL / 2, top - 4, ["Ratio", f"({level} CI)"])
    axes.plot([0, WIDTH], [top, top], color=INK, lw=0.7)
    bottom = top + sum(rows)
    differences = _difference_axis(axes, lines, top, bottom)
    ratios = _ratio_axis(axes, lines, top, bottom)
    y = top
    for line, text, tall in zip(lines, labels, rows, strict=True):
        middle = y + tall / 2
        for k, part in enumerate(text):
            at = middle + (k - (len(text) - 1) / 2) * LINE
            write(axes, 0, at, part, fontweight="bold" if line.primary else "normal")
        for x, value in ((LABEL + ARM / 2, line.treated), (LABEL + 1.5 * ARM, line.comparator)):
            for k, part in enumerate(value):
                write(axes, x, middle + (k - (len(value) - 1) / 2) * LINE, part, ha="center")
        _estimate(axes, line, line.absolute, middle, FIRST, differences, style)
        _estimate(axes, line, line.relative, middle, SECOND, ratios, style)
        y += tall
        axes.plot([0, WIDTH], [y, y], color=RULE, lw=0.4)
    return figure


def _centred(axes: Axes, x: float, foot: float, lines: list[str]) -> None:
    for k, line in enumerate(reversed(lines)):
        write(axes, x, foot - (k + 0.5) * LINE, line, ha="center", fontweight="bold")


def _ends(estimates: Sequence[Estimate | None]) -> list[float]:
    values = [v for e in estimates if e for v in (e.value, e.lower, e.upper)]
    return [v for v in values if v is not None and math.isfinite(v)]


def _difference_axis(axes: Axes, lines: Sequence[Line], top: float, bottom: float) -> Scale:
    """Percentage points, the same on both sides of none unless all lie well within one."""
    drawn = [line.absolute for line in lines if _is_drawn(line.absolute)]
    reach = max([0.05, *[abs(v) for v in _ends(drawn)]])
    step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5) if s * 2 >= reach or s == 0.5)
    edge = min(1.0, math.ceil(reach / step) * step)

    def place(value: float) -> float:
        return FIRST + PANEL * (value + edge) / (2 * edge)

    marks = [k * step for k in range(-int(edge / step + 1e-9), int(edge / step + 1e-9) + 1)]
    marks = marks if len(marks) <= 5 else [m for m in marks if abs(m) in (0.0, step * 2, edge)]
    texts = [(m, f"{100 * m:.0f}".replace("-", "−")) for m in marks]
    _axis(axes, texts, FIRST, place, 0.0, (top, bottom))
    return place


def _ratio_axis(axes: Axes, lines: Sequence[Line], top: float, bottom: float) -> Scale:
    values = [v for v in _ends([line.relative for line in lines]) if v > 0]
    low = max([r for r in RATIOS if r <= max(min([0.5, *values]), 0.01)] or [0.01])
    high = min([r for r in RATIOS if r >= min(max([2.0, *values]), 100)] or [100.0])

    def place(value: float) -> float:
        if value <= 0:
            return -math.inf
        return SECOND + PANEL * (math.log(value / low)) / math.log(high / low)

    within = [r for r in RATIOS if low <= r <= high]
    if len(within) > 5:
        within = [r for r in within if math.log10(r) % 1 in (0.0,) or r in (low, high)]
    spread: list[float] = []
    for r in sorted(within, key=lambda r: (r != 1, abs(math.log(r)))):
        if all(abs(place(r) - place(other)) > 20 for other in spread):
            spread.append(r)
    _axis(axes, [(r, f"{r:g}") for r in sorted(spread)], SECOND, place, 1.0, (top, bottom))
    return place


def _axis(
    axes: Axes,
    marks: Sequence[tuple[float, str]],
    left: float,
    place: Scale,
    null: float,
    ends: tuple[float, float],
) -> None:
    """The panel's line of no difference, its scale, and in words which way is which."""
    top, bottom = ends
    axes.plot([place(null)] * 2, [top, bottom], color=INK, lw=0.6, ls=(0, (2, 2)), zorder=0.5)
    axes.plot([left, left + PANEL], [bottom, bottom], color=INK, lw=0.7)
    for value, text in marks:
        axes.plot([place(value)] * 2, [bottom, bottom + 3], color=INK, lw=0.7)
        write(axes, place(value), bottom + 9, text, ha="center")
    write(axes, left, bottom + 24, "← lower", ha="left")
    write(axes, left + PANEL, bottom + 24, "higher →", ha="right")


def _is_drawn(estimate: Estimate | None) -> bool:
    return estimate is not None and (
        estimate.measure == "risk difference" or estimate.measure in RELATIVE
    )


def _estimate(
    axes: Axes,
    line: Line,
    estimate: Estimate | None,
    middle: float,
    left: float,
    place: Scale,
    style: Style,
) -> None:
    centre = left + PANEL / 2
    if estimate is None:
        write(axes, centre, middle, "—", ha="center", color="#595959", bbox=HALO)
        return
    words = wrap(_words(estimate, style), PANEL + 16)
    drawn = _is_drawn(estimate) and estimate.value is not None
    at = middle - LINE * (len(words) / 2) + (0 if drawn else LINE / 2)
    for k, text in enumerate(words):
        write(axes, centre, at + k * LINE, text, ha="center", bbox=HALO, zorder=2)
    if drawn:
        _interval(axes, line, estimate, middle + LINE * 0.75, left, place)


HALO = {"fc": "white", "ec": "none", "pad": 0.6}


def _words(estimate: Estimate, style: Style) -> str:
    if estimate.value is None and estimate.lower is None:
        return f"{SHORT[estimate.measure]} {UNDEFINED}".strip()
    unit = "" if _is_drawn(estimate) else _unit(estimate)
    return f"{SHORT[estimate.measure]} {effect(estimate, style)}{unit}".strip()


def _interval(
    axes: Axes, line: Line, estimate: Estimate, y: float, left: float, place: Scale
) -> None:
    assert estimate.value is not None
    colour = ARM_COLOURS[line.arm % 6]
    right = left + PANEL
    ends = []
    for limit, edge in ((estimate.lower, left), (estimate.upper, right)):
        if limit is None:
            continue
        at = place(limit)
        out = not left <= at <= right
        ends.append(min(max(at, left), right))
        if out:
            shape = "<" if edge == left else ">"
            axes.plot([edge], [y], marker=shape, color=colour, ms=4.5, mew=0, ls="none")
        else:
            axes.plot([at, at], [y - 2.4, y + 2.4], color=colour, lw=1.1)
    if len(ends) == 2:
        axes.plot(ends, [y, y], color=colour, lw=1.3, ls=ARM_LINES[line.arm % 6])
    at = place(estimate.value)
    if left <= at <= right:
        fill = colour if line.primary else "white"
        axes.plot([at], [y], marker="s", mfc=fill, mec=colour, ms=4.6, mew=1.1, zorder=3)
