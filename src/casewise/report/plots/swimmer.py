"""The swimmer plot: one line a patient from the index date on, with what happened on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from casewise.report.plots.canvas import (
    ARM_COLOURS,
    ARM_LINES,
    INK,
    LINE,
    RULE,
    SMALL,
    WIDTH,
    ReportFigure,
    finish,
    joined,
    sheet,
    text_width,
    wrap,
    write,
)
from casewise.report.plots.survival import ticks
from casewise.report.style import Style
from casewise.report.table import capital
from casewise.results import Results, SwimmerRow

PAGE = 60  # patients on one page
LEFT = 26.0
RIGHT = WIDTH - 14
# A mark is known by its shape as well as by its colour; a role keeps its shapes for itself.
SHAPES: dict[str, Sequence[tuple[str, str]]] = {
    "index": (("|", INK),),
    "exposure": (("^", "#004c78"), ("P", "#004c78"), ("v", "#004c78")),
    "outcome": (("D", "#8f3d00"), ("h", "#b3123b"), ("p", "#5e3c00"), ("H", "#6d2b5c")),
    "competing": (("s", "#4d4d4d"), (">", "#4d4d4d")),
    "harm": (("*", "#b3123b"), ("X", "#b3123b"), ("d", "#b3123b"), ("8", "#b3123b")),
}
ENDS = {
    "death": "Death",
    "end of follow-up": "End of follow-up",
    "beyond": "Followed beyond the axis, nothing further",
    "unknown": "End not known",
}
HALO = {"fc": "white", "ec": "none", "pad": 0.8}
CLOSE = 5.0  # points within which two marks would hide one another
RISES = (0.0, 0.4, -0.4)  # of the space between two lines
Kind = tuple[str, str]  # role and event


def swimmer(results: Results, style: Style) -> tuple[ReportFigure, ...]:
    """One figure a page of patients; none where the results say why there is none."""
    if results.swimmer is None or not results.swimmer.rows:
        return ()
    rows = results.swimmer.rows
    kinds = _kinds(rows)
    last = _reach(rows)
    pages = [rows[i : i + PAGE] for i in range(0, len(rows), PAGE)]
    return tuple(
        _page(page, number, len(pages), kinds, last, results, style)
        for number, page in enumerate(pages)
    )


def _page(
    rows: Sequence[SwimmerRow],
    number: int,
    pages: int,
    kinds: list[Kind],
    last: float,
    results: Results,
    style: Style,
) -> ReportFigure:
    first = number * PAGE + 1
    which = f" (patients {first} to {first + len(rows) - 1})" if pages > 1 else ""
    arms = [
        f"{sum(row.arm == arm.name for row in rows)} with {arm.name}"
        for arm in results.arms
        if any(row.arm == arm.name for row in rows)
    ]
    deaths = sum(row.end == "death" for row in rows)
    alt = (
        f"Swimmer plot of {len(rows)} patients: {joined(arms)}. {deaths} of them died in "
        f"follow-up. Marks: {joined([_label(kind) for kind in kinds]) or 'none'}."
    )
    return finish(
        "swimmer" + (f"-{number + 1}" if pages > 1 else ""),
        f"Course of each patient{which}",
        "Each line is one patient, followed from the index date (day 0). Numbers only count lines; "
        "they identify no one. Marks of nearly the same day are drawn above and below the line.",
        alt,
        lambda: _draw(rows, first, kinds, last, results),
    )


def _reach(rows: Sequence[SwimmerRow]) -> float:
    """How far the axis goes: to the end of follow-up, or a little past the last thing that
    happened where follow-up without any would take most of the width."""
    happened = [mark.day for row in rows for mark in row.marks]
    happened += [row.end_day or 0 for row in rows if row.end != "end of follow-up"]
    whole = max([1, *happened, *[row.end_day or 0 for row in rows]])
    needed = 1.1 * max([1, *happened])
    return float(needed if needed < 0.6 * whole else whole)


def _kinds(rows: Sequence[SwimmerRow]) -> list[Kind]:
    found = {kind for row in rows for kind, _, _ in _stacked(row, float)}
    order = list(SHAPES)
    return sorted(found, key=lambda kind: (order.index(kind[0]), kind[1]))


def _label(kind: Kind) -> str:
    role, event = kind
    word = {"harm": " (harm)", "competing": " (competing event)"}.get(role, "")
    return capital(event) + word


def _look(kind: Kind, kinds: list[Kind]) -> dict[str, Any]:
    shapes = SHAPES[kind[0]]
    position = [k for k in kinds if k[0] == kind[0]].index(kind)
    shape, colour = shapes[position % len(shapes)]
    size = 7.5 if shape == "*" else 5.2
    return {"marker": shape, "mfc": colour, "mec": "white", "mew": 0.4, "ms": size}


def _end_look(end: str) -> dict[str, Any]:
    shape, width = {
        "death": ("x", 1.6),
        "end of follow-up": ("|", 1.4),
        "beyond": (9, 0.5),  # an arrowhead to the right
        "unknown": ("4", 1.0),
    }[end]
    return {"marker": shape, "mfc": INK, "mec": INK, "mew": width, "ms": 6.0}


def _end(row: SwimmerRow, last: float) -> str:
    beyond = row.end == "end of follow-up" and (row.end_day or 0) > last
    return "beyond" if beyond else row.end


def _legend(axes: Axes, kinds: list[Kind], ends: list[str]) -> float:
    """The marks' names above the lines, filled from left to right; answers where it ends."""
    x, y = 2.0, 8.0
    items = [(_label(kind), _look(kind, kinds)) for kind in kinds]
    items += [(ENDS[end], _end_look(end)) for end in ends]
    for text, look in items:
        lines = wrap(text, WIDTH - 20)
        wide = 28 + max(text_width(line) for line in lines)
        if x + wide > WIDTH and x > 2:
            x, y = 2.0, y + LINE + 2.5
        axes.plot([x + 4], [y], ls="none", **look)
        for i, line in enumerate(lines):
            write(axes, x + 13, y + i * LINE, line)
        y += (len(lines) - 1) * LINE
        x += wide
    return y + 14


def _draw(
    rows: Sequence[SwimmerRow], first: int, kinds: list[Kind], last: float, results: Results
) -> Figure:
    ends = [end for end in ENDS if any(_end(row, last) == end for row in rows)]
    arms = {row.arm for row in rows}
    pitch = 13.0 if len(rows) <= 30 else 10.0
    _, trial = sheet(10)
    top = _legend(trial, kinds, ends)
    height = top + pitch * len(rows) + (LINE + 7) * len(arms) + 34
    figure, axes = sheet(height)
    _legend(axes, kinds, ends)

    def place(day: float) -> float:
        return LEFT + (RIGHT - LEFT) * day / last

    bottom = height - 32
    _axis(axes, top, bottom, last, place)
    y, drawn = top, ""
    points: dict[Kind, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    stops: dict[str, list[tuple[float, float]]] = {end: [] for end in ends}
    for i, row in enumerate(rows):
        if row.arm != drawn:
            write(axes, 2, y + LINE / 2 + 3, capital(row.arm), fontweight="bold", bbox=HALO)
            y, drawn = y + LINE + 7, row.arm
        middle = y + pitch / 2
        arm = next(k for k, item in enumerate(results.arms) if item.name == row.arm)
        days = [row.end_day] if row.end_day is not None else [m.day for m in row.marks]
        stop = min(max([0, *days]), last)
        write(axes, LEFT - 7, middle, str(first + i), ha="right", color="#595959")
        axes.plot(
            [place(row.start_day), place(stop)],
            [middle, middle],
            color=ARM_COLOURS[arm % 6],
            ls=ARM_LINES[arm % 6],
            lw=1.5,
            solid_capstyle="butt",
        )
        stops[_end(row, last)].append((place(stop), middle))
        for kind, x, rise in _stacked(row, place):
            points[kind].append((x, middle - rise * pitch))
        y += pitch
    for kind, spots in points.items():
        if spots:
            axes.plot(*zip(*spots, strict=True), ls="none", clip_on=False, **_look(kind, kinds))
    for end, spots in stops.items():
        axes.plot(*zip(*spots, strict=True), ls="none", clip_on=False, zorder=4, **_end_look(end))
    return figure


def _stacked(row: SwimmerRow, place: Any) -> list[tuple[Kind, float, float]]:
    """Each mark, its place, and by how many lines it is lifted off its own, so that none hides
    another kind. The death that ends a line is drawn once, as its end."""
    placed: list[tuple[Kind, float, float]] = []
    for mark in row.marks:
        ends = row.end == "death" and mark.day == row.end_day and mark.event.lower() == "death"
        if mark.role == "index" or ends:
            continue
        kind, x = (mark.role, mark.event), place(mark.day)
        near = {rise for other, at, rise in placed if other != kind and abs(at - x) < CLOSE}
        if row.end == "death" and abs(place(row.end_day or 0) - x) < CLOSE:
            near.add(0.0)  # nothing may hide a death
        free = [rise for rise in RISES if rise not in near]
        placed.append((kind, x, free[0] if free else 0.0))
    return placed


def _axis(axes: Axes, top: float, bottom: float, last: float, place: Any) -> None:
    at, unit, word = ticks(last)
    for day in at:
        x = place(day)
        axes.plot(
            [x, x], [top, bottom], color=INK if day == 0 else RULE, lw=0.8 if day == 0 else 0.5
        )
        write(axes, x, bottom + 7, f"{day / unit:g}", ha="center", fontsize=SMALL)
    write(axes, (LEFT + RIGHT) / 2, bottom + 21, f"{word} from the index date", ha="center")
