"""Where the person-time of a naive comparison lies: what patients waited counts as treated."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from casewise.report.plots.canvas import (
    ARM_COLOURS,
    INK,
    LINE,
    WIDTH,
    ReportFigure,
    finish,
    sheet,
    text_width,
    wrap,
    write,
)
from casewise.report.style import Style
from casewise.report.table import capital
from casewise.results import Results
from casewise.results_timing import PersonTime, PersonTimeGroup

BAR = 22.0
STEP = 42.0  # from one bar to the next
HEAD = 20.0
LEFT = 118.0
RIGHT = 112.0
EVENTS = WIDTH - 62  # right edge of the numbers of events
Piece = tuple[PersonTimeGroup, str, bool]  # the stretch, its colour, and whether it was waited


def person_time(results: Results, style: Style) -> tuple[ReportFigure, ...]:
    """One figure for a study whose treated arm had to wait for its treatment."""
    found = results.person_time
    if found is None or found.waiting.days <= 0:
        return ()
    share = found.waiting.days / max(found.waiting.days + found.treated.days, 1)
    told = (
        f"Days at risk and events ({found.outcome}), beside the events to be expected on the "
        "same days if treatment made no difference. Above, as a naive comparison counts: all time "
        f"of those who were ever treated stands under {found.arm}, so that "
        f"{style.count(round(found.waiting.days))} days of waiting ({100 * share:.0f}% of its "
        "time) look like time under treatment, though nobody could have the event in them and "
        "still be treated. Below, the same days and events by whether treatment had started."
    )
    return (
        finish(
            "time-split",
            "Time before treatment, and where it is counted",
            told,
            told,
            lambda: _draw(found, style),
        ),
    )


def _draw(found: PersonTime, style: Style) -> Figure:
    blue, red = ARM_COLOURS[0], ARM_COLOURS[1]
    wait, treated, never = found.waiting, found.treated, found.never
    naive, by_day = found.expected_naive, found.expected
    bars: list[tuple[str, str, list[Piece], float]] = [
        (
            "As a naive comparison counts",
            found.arm,
            [(wait, blue, True), (treated, blue, False)],
            naive[0],
        ),
        ("", found.comparator, [(never, red, False)], naive[1]),
        (
            "By what patients had received by the day",
            "treated",
            [(treated, blue, False)],
            by_day[0],
        ),
        ("", "not yet, or never, treated", [(wait, red, True), (never, red, False)], by_day[1]),
    ]
    most = max(sum(piece[0].days for piece in pieces) for _, _, pieces, _ in bars)
    figure, page = sheet(4 * STEP + 2 * HEAD + 30)
    y = 4.0
    for head, name, pieces, expected in bars:
        if head:
            write(page, 2, y + 5, head, fontweight="bold")
            write(page, EVENTS, y + 5, "Events", ha="right", fontweight="bold")
            write(page, WIDTH - 2, y + 5, "Expected", ha="right", fontweight="bold")
            y += HEAD
        _bar(page, y, name, pieces, (WIDTH - LEFT - RIGHT) / most, style)
        write(
            page, EVENTS, y + BAR / 2, style.count(sum(g.events for g, _, _ in pieces)), ha="right"
        )
        write(page, WIDTH - 2, y + BAR / 2, style.number(expected, 1), ha="right")
        y += STEP
    _key(page, y + 6)
    return figure


def _bar(page: Axes, y: float, name: str, pieces: list[Piece], scale: float, style: Style) -> None:
    lines = wrap(capital(name), LEFT - 10)
    for i, line in enumerate(lines):
        write(page, 2, y + BAR / 2 + (i - (len(lines) - 1) / 2) * LINE, line)
    x, below = LEFT, []
    for group, colour, waited in pieces:
        width = group.days * scale
        look: dict[str, Any] = (
            {"facecolor": "white", "hatch": "////"} if waited else {"facecolor": colour}
        )
        page.add_patch(Rectangle((x, y), width, BAR, edgecolor=colour, lw=0.8, **look))
        told = f"{style.count(round(group.days))} days{' waiting' if waited else ''}"
        if waited or text_width(told) + 6 > width:
            below.append(told)
        else:
            write(page, x + width / 2, y + BAR / 2, told, ha="center", color="white")
        x += width
    write(page, LEFT, y + BAR + 7, " + ".join(below))


def _key(page: Axes, y: float) -> None:
    page.add_patch(
        Rectangle((LEFT, y - 4), 16, 8, facecolor="white", edgecolor=INK, hatch="////", lw=0.8)
    )
    write(page, LEFT + 22, y, "waiting: alive, and not yet treated")
