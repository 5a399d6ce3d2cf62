"""Days, months and years."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from math import ceil

from casewise.protocol.time import Duration


def moved(day: date, sign: int, by: Duration) -> date:
    """``day`` moved by whole units. Months go to the same day of the month, or to its last."""
    if by.unit == "hour":
        return day + timedelta(days=sign * ceil(by.number / 24))
    if by.months is None:
        days = by.number * (7 if by.unit == "week" else 1)
        return day + timedelta(days=sign * days)
    year, month = divmod(12 * day.year + day.month - 1 + sign * by.months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def completed_years(birth: date, on: date) -> int:
    """Who was born on 29 February turns a year older on 1 March of other years."""
    years = on.year - birth.year
    if (on.month, on.day) < (birth.month, birth.day):
        years -= 1
    return years


def days(start: date | None, end: date | None) -> int | None:
    return None if start is None or end is None else (end - start).days
