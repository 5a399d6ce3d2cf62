"""The structured part of a chart as a picture: a time line by kind, and a small plot by test.

Inline SVG with classes instead of styles, so the page needs no inline style; every text goes
through the escaping of markupsafe.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

LANES = ("visit", "condition", "drug", "procedure", "device", "observation", "death")
WIDTH, LEFT, RIGHT, ROW, AXIS = 720, 8, 8, 22, 20
ROWS_MOST = 40  # rows of a time line: what comes after is in the table of records
POINTS_MOST = 400


@dataclass(frozen=True, slots=True)
class Item:
    """One structured record: a kind, when, what, and for a measurement how much."""

    domain: str
    start: dt.date
    end: dt.date | None
    term: str
    value: float | None = None
    unit: str = ""


def span(items: Sequence[Item]) -> tuple[dt.date, dt.date] | None:
    """First and last day with a record; None without records."""
    if not items:
        return None
    return min(i.start for i in items), max(max(i.start, i.end or i.start) for i in items)


def _part(parts: list[str], template: str, **values: object) -> None:
    parts.append(str(Markup(template).format(**values)))


def _x(day: dt.date, first: dt.date, days: int) -> float:
    place = min(max((day - first).days, 0), days)
    return round(LEFT + place / max(days, 1) * (WIDTH - LEFT - RIGHT), 1)


def line(items: Iterable[Item], first: dt.date, last: dt.date) -> Markup:
    """The time line from ``first`` to ``last``: a row a term, bars for spans and dots for days."""
    days = (last - first).days
    rows: dict[tuple[int, str], list[Item]] = defaultdict(list)
    for item in items:
        if item.domain in LANES and item.start <= last and (item.end or item.start) >= first:
            rows[LANES.index(item.domain), item.term].append(item)
    ordered = sorted(rows.items(), key=lambda row: (row[0][0], min(i.start for i in row[1])))
    left_out = len(ordered) - ROWS_MOST
    ordered = ordered[:ROWS_MOST]
    height = AXIS + ROW * len(ordered) + 6
    parts: list[str] = []
    _part(
        parts,
        '<svg class="line" viewBox="0 0 {w} {h}" role="img" aria-label="Time line from {a} to {b}, '
        '{n} rows; the table of records says the same in words">',
        **{"w": WIDTH, "h": height, "a": first, "b": last, "n": len(ordered)},
    )
    for day, label in ticks(first, last):
        x = _x(day, first, days)
        anchor = "start" if x < 40 else "end" if x > WIDTH - 60 else "middle"
        _part(
            parts,
            '<path class="tick" d="M{x} {y}V{h}"/><text class="when" x="{x}" y="12" '
            'text-anchor="{anchor}">{label}</text>',
            **{"x": x, "y": AXIS - 4, "h": height, "anchor": anchor, "label": label},
        )
    for number, ((lane, term), found) in enumerate(ordered):
        _row(parts, LANES[lane], term, found, AXIS + ROW * number, first, days)
    parts.append("</svg>")
    if left_out > 0:
        _part(parts, '<p class="hint">{n} more rows in the table of records.</p>', n=left_out)
    return Markup("").join(Markup(p) for p in parts)


def _row(
    parts: list[str], lane: str, term: str, found: list[Item], y: int, first: dt.date, days: int
) -> None:
    middle = y + ROW // 2
    rightmost = 0.0
    marks: list[str] = []
    for item in sorted(found, key=lambda i: i.start):
        a, b = _x(item.start, first, days), _x(item.end or item.start, first, days)
        rightmost = max(rightmost, b)
        when = str(item.start) + (f" to {item.end}" if item.end else "")
        said = f"{term}, {when}" + (
            f": {item.value:g} {item.unit}" if item.value is not None else ""
        )
        shape = (
            '<rect class="bar {lane}" x="{a}" y="{y}" width="{w}" height="8" rx="2"><title>{said}'
            "</title></rect>"
            if b - a > 7
            else '<circle class="dot {lane}" cx="{a}" cy="{m}" r="4"><title>{said}</title></circle>'
        )
        _part(
            marks,
            shape,
            **{"lane": lane, "a": a, "y": middle - 4, "m": middle, "w": max(b - a, 6)},
            said=said,
        )
    # The name stands right of the last mark or left of the first; else upon the bar.
    leftmost = min(_x(i.start, first, days) for i in found)
    name = _short(term, 44)
    length = 6.2 * len(name) + 10
    if WIDTH - rightmost > length:
        x, anchor = rightmost + 8, "start"
    elif leftmost > length:
        x, anchor = leftmost - 8, "end"
    else:
        x, anchor = leftmost + 4, "start"
    _part(
        marks,
        '<text class="term" x="{x}" y="{y}" text-anchor="{anchor}">{name}</text>',
        **{"x": x, "y": middle + 4, "anchor": anchor, "name": name},
    )
    parts.extend(marks)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def ticks(first: dt.date, last: dt.date) -> list[tuple[dt.date, str]]:
    """Up to about eight days with a label: years, months or days, as the span asks for."""
    days = max((last - first).days, 1)
    if days > 3 * 366:
        step = math.ceil(days / 365.25 / 8)
        years = range(first.year + 1, last.year + 1, step)
        return [(dt.date(year, 1, 1), str(year)) for year in years]
    if days > 70:
        step = math.ceil(days / 30.4 / 7)
        count = range(first.year * 12 + first.month, last.year * 12 + last.month, step)
        months = [dt.date(n // 12, n % 12 + 1, 1) for n in count]
        return [(day, f"{day:%b %Y}") for day in months]
    step = math.ceil(days / 8)
    shown = [first + dt.timedelta(days=n) for n in range(0, days + 1, step)]
    return [(day, f"{day.day} {day:%b}") for day in shown]


def plots(items: Iterable[Item], first: dt.date, last: dt.date) -> list[Markup]:
    """A small plot for each measurement with a number, in the order of their names."""
    series: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in items:
        numeric = item.value is not None and math.isfinite(item.value)
        if item.domain == "measurement" and numeric and first <= item.start <= last:
            series[item.term, item.unit].append(item)
    return [
        _plot(term, unit, sorted(found, key=lambda i: i.start)[:POINTS_MOST], first, last)
        for (term, unit), found in sorted(series.items())
    ]


def _plot(term: str, unit: str, found: list[Item], first: dt.date, last: dt.date) -> Markup:
    values = [i.value for i in found if i.value is not None]
    low, high = min(values), max(values)
    days, width, height = max((last - first).days, 1), 212, 44
    reach = high - low or 1.0

    def place(item: Item) -> tuple[float, float]:
        x = 4 + (item.start - first).days / days * (width - 8)
        y = 4 + (high - (item.value or 0.0)) / reach * (height - 8)
        return round(x, 1), round(y, 1)

    dots = Markup("").join(
        Markup(
            '<circle class="dot measurement" cx="{}" cy="{}" r="2.5"><title>{}</title></circle>'
        ).format(*place(i), f"{i.start}: {i.value:g} {i.unit}")
        for i in found
    )
    path = " ".join(f"{x},{y}" for x, y in map(place, found))
    said = f"{len(found)} values, {low:g} to {high:g} {unit}"
    return Markup(
        '<figure class="plot"><figcaption><b>{}</b> {}</figcaption>'
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}: {}">'
        '<polyline class="curve" points="{}"/>{}</svg>'
        '<p class="range">first {:g}, last {:g}, lowest {:g}, highest {:g}</p></figure>'
    ).format(
        *(term, unit, width, height, term, said, path, dots),
        *(values[0], values[-1], low, high),
    )


def table(items: Iterable[Item]) -> Markup:
    """The same records in words, for who cannot or will not read a picture."""
    body = Markup("").join(
        Markup("<tr><td class='date'>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>").format(
            str(i.start) + (f" to {i.end}" if i.end and i.end != i.start else ""),
            i.domain,
            i.term,
            f"{i.value:g} {i.unit}" if i.value is not None else "",
        )
        for i in items
    )
    return Markup(
        '<table class="items"><thead><tr><th scope="col">date</th><th scope="col">kind</th>'
        '<th scope="col">what</th><th scope="col">value</th></tr></thead><tbody>{}</tbody></table>'
    ).format(body)
