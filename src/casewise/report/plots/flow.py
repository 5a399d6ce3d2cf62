"""The flow of patients: who was in the records, who was left out at which criterion, who is in."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from casewise.errors import Problem, RecordsError
from casewise.report.plots.canvas import (
    INK,
    LINE,
    WIDTH,
    ReportFigure,
    finish,
    joined,
    sheet,
    text_width,
    wrap,
    write,
)
from casewise.report.style import Style
from casewise.report.table import capital, sentence
from casewise.results import AttritionStep, Results

SPINE = 114.0  # where the line down the middle of the remaining patients runs
SIDE = 228.0  # left edge of the boxes of those left out
PAD = 6.0
GAP = 9.0
ARROW: dict[str, Any] = {"arrowstyle": "-|>,head_length=0.35,head_width=0.16"}
ARROW |= {"lw": 0.8, "color": INK, "shrinkA": 0, "shrinkB": 0}
LEFT_OUT = {
    "index": "No index date",
    "include": "Not included",
    "exclude": "Excluded",
    "arm": "Not in exactly one treatment group",
}
Box = tuple[list[str], int]  # lines, and how many of them are bold


def check_sums(results: Results) -> None:
    """Raise ``RecordsError`` unless every patient is accounted for at each step and in the arms."""
    left: int | None = None
    for step in results.attrition:
        if left is not None and step.remaining + step.excluded != left:
            message = (
                f'the flow of patients does not add up at "{step.criterion}": {step.remaining} '
                f"remaining and {step.excluded} left out are not the {left} before"
            )
            raise RecordsError(Problem(message))
        left = step.remaining
    total = sum(arm.n for arm in results.arms)
    if left is not None and total != left:
        message = f"the groups hold {total} patients, but {left} remained after every criterion"
        raise RecordsError(Problem(message))


def flow(results: Results, style: Style) -> tuple[ReportFigure, ...]:
    """One figure: boxes of the remaining at the left, of those left out at the right."""
    if not results.attrition:
        return ()
    check_sums(results)
    caption = "Criteria were applied in the order shown, from top to bottom."
    return (
        finish(
            "flow",
            "Flow of patients",
            caption,
            _told(results, style),
            lambda: _draw(results, style),
        ),
    )


def _draw(results: Results, style: Style) -> Figure:
    first, *steps = results.attrition
    start = _box(_start(first), f"n = {style.count(first.remaining)}", 200)
    sides = [_box(*_side(step, style), WIDTH - SIDE - 2 * PAD) for step in steps]
    total = sum(arm.n for arm in results.arms)
    end = _box("In the study", f"n = {style.count(total)}", 200)
    width = (WIDTH - 12 * (len(results.arms) - 1)) / len(results.arms)
    ends = [
        _box(capital(arm.name), f"n = {style.count(arm.n)}", width - 2 * PAD)
        for arm in results.arms
    ]
    between = 2 * PAD + LINE
    height = _tall(start) + (sum(_tall(box) + 2 * GAP for box in sides) or 2 * GAP)
    height += between * max(len(sides) - 1, 0) + _tall(end) + 30 + max(map(_tall, ends)) + 4
    figure, axes = sheet(height)
    y = 2.0
    _boxed(axes, start, SPINE, y, 212)
    y += _tall(start)
    for number, (step, box) in enumerate(zip(steps, sides, strict=True), 1):
        tall = _tall(box)
        below = y + tall + 2 * GAP
        axes.annotate("", (SPINE, below), (SPINE, y), arrowprops=ARROW)
        middle = y + GAP + tall / 2
        axes.annotate("", (SIDE, middle), (SPINE, middle), arrowprops=ARROW)
        _boxed(axes, box, (SIDE + WIDTH - 1) / 2, y + GAP, WIDTH - SIDE - 1, left=True)
        y = below
        if number < len(steps):
            remaining = f"Remaining: n = {style.count(step.remaining)}"
            _boxed(axes, ([remaining], 0), SPINE, y, text_width(remaining) + 24)
            y += between
    y = y if steps else y + 2 * GAP
    _boxed(axes, end, SPINE, y, 212)
    _fork(axes, ends, y + _tall(end), width)
    return figure


def _start(step: AttritionStep) -> str:
    return capital(step.text) or "In the records"


def _side(step: AttritionStep, style: Style) -> tuple[str, str]:
    text = f": {step.criterion}"
    if step.kind == "arm":  # its first sentence says who is in, not who is left out
        more = step.text.partition(". ")[2]
        text = f". {more}" if more else ""
    elif step.text and step.text != step.criterion:
        text += f". {sentence(step.text)}"
    told = f"n = {style.count(step.excluded)}"
    if step.unknown:
        whose = "who remained" if step.kind == "exclude" else "of these"
        told += f"; for {style.count(step.unknown)} {whose} the records do not say"
    return LEFT_OUT.get(step.kind, "Left out") + text, told


def _box(title: str, count: str, width: float) -> Box:
    return [*wrap(title, width), *wrap(count, width)], 0


def _tall(box: Box) -> float:
    return len(box[0]) * LINE + 2 * PAD


def _boxed(
    axes: Axes, box: Box, centre: float, top: float, width: float, left: bool = False
) -> None:
    frame = Rectangle((centre - width / 2, top), width, _tall(box), fc="white", ec=INK, lw=0.8)
    axes.add_patch(frame)
    for i, line in enumerate(box[0]):
        x = centre - width / 2 + PAD if left else centre
        ha = "left" if left else "center"
        write(axes, x, top + PAD + (i + 0.5) * LINE, line, ha=ha, zorder=3)


def _fork(axes: Axes, ends: list[Box], top: float, width: float) -> None:
    """From the last box down to one box an arm."""
    bar, arms = top + 13, top + 30
    centres = [width / 2 + i * (width + 12) for i in range(len(ends))]
    centres = [min(max(c, width / 2 + 1), WIDTH - width / 2 - 1) for c in centres]
    centres = [SPINE if abs(c - SPINE) < 4 else c for c in centres]
    axes.plot([SPINE, SPINE], [top, bar], color=INK, lw=0.8)
    span = [*centres, SPINE]
    axes.plot([min(span), max(span)], [bar, bar], color=INK, lw=0.8)
    tall = max(_tall(box) for box in ends)
    for box, centre in zip(ends, centres, strict=True):
        axes.annotate("", (centre, arms), (centre, bar), arrowprops=ARROW)
        _boxed(
            axes, (box[0] + [""] * round((tall - _tall(box)) / LINE), 0), centre, arms, width - 2
        )


def _told(results: Results, style: Style) -> str:
    first, *steps = results.attrition
    parts = [f"{_start(first)}: {style.count(first.remaining)}."]
    for step in steps:
        label, count = _side(step, style)
        parts.append(f"{label}: {count}; {style.count(step.remaining)} remaining.")
    groups = [f"{arm.name}, {style.count(arm.n)}" for arm in results.arms]
    return f"Flow diagram. {' '.join(parts)} Groups: {joined(groups)}."
