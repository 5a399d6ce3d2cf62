"""Durations against the calendar, counted day by day; windows against every index date."""

from __future__ import annotations

import calendar
import datetime as dt

import pytest

from casewise.protocol.time import (
    Duration,
    TimePoint,
    Window,
    ends_before_it_starts,
    parse_point,
)

DAYS = [dt.date(2000, 1, 1) + dt.timedelta(days=n) for n in range(4 * 366)]


def moved(day: dt.date, sign: int, duration: Duration) -> dt.date:
    """``day`` with whole months and years counted by the calendar, the day clamped."""
    if duration.months is None:
        return day + sign * dt.timedelta(days=int(duration.least_days))
    months = day.year * 12 + day.month - 1 + sign * duration.months
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))


@pytest.mark.parametrize("months", [*range(1, 26), 36, 48, 60])
@pytest.mark.parametrize("sign", [-1, 1])
def test_least_and_most_days_hold_every_stretch_of_months(months: int, sign: int) -> None:
    duration = Duration(months, "month")
    lengths = {abs((moved(day, sign, duration) - day).days) for day in DAYS}
    assert duration.least_days <= min(lengths)
    assert duration.most_days >= max(lengths)
    assert duration.most_days - duration.least_days <= max(lengths) - min(lengths) + 1


POINTS = [
    "index",
    *(f"{n} {unit}" for unit in ("days after", "days before") for n in (1, 28, 30, 31, 365)),
    *(f"{n} {unit}" for unit in ("months after", "years before") for n in (1, 2, 12)),
    "4 weeks before",
    "1 year after",
    "3 months before",
]


def at(point: TimePoint, index: dt.date) -> dt.date:
    return index if point.offset is None else moved(index, point.sign, point.offset)


@pytest.mark.parametrize("start", POINTS)
def test_a_window_is_refused_when_some_index_date_leaves_it_empty(start: str) -> None:
    for end in POINTS:
        window = Window(parse_point(start), parse_point(end))
        empty = any(at(window.end, day) < at(window.start, day) for day in DAYS[::3])
        assert ends_before_it_starts(window) is empty, end
