"""Durations and points in time, as a protocol writes them.

Day 0 is the index date. Days and weeks are counted; months and years go by the calendar: one
month after 31 January is the last day of February, one year after 29 February is 28 February.
Records have dates, not times of day: hours are counted as the days that they reach into.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

Unit: TypeAlias = Literal["hour", "day", "week", "month", "year"]

_DURATION = re.compile(r"(\d+)\s+(hour|day|week|month|year)s?", re.IGNORECASE)
_POINT = re.compile(
    r"(?P<duration>\d+\s+\S+)\s+(?P<side>before|after)(?:\s+(?P<anchor>.+))?", re.IGNORECASE
)
# The fewest and the most days that 0 to 11 calendar months can have, whatever month they start in.
_LEAST_DAYS = (0, 28, 59, 89, 120, 150, 181, 212, 242, 273, 303, 334)
_MOST_DAYS = (0, 31, 62, 92, 123, 153, 184, 215, 245, 276, 306, 337)
_IN_DAYS: dict[Unit, int] = {"day": 1, "week": 7}
_HOURS = 24
_IN_MONTHS: dict[Unit, int] = {"month": 1, "year": 12}
MOST_YEARS = 200  # nobody is followed for longer, and dates stay within the calendar

INDEX = "index"


def found(value: object) -> str:
    """What stands in a file, as an error names it: text in quotes, else its kind."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return '"key: value" lines'
    if isinstance(value, list | tuple):
        return "a list"
    text = " ".join(str(value).split())
    return f'"{text[:60]}{"…" if len(text) > 60 else ""}"'


@dataclass(frozen=True, slots=True)
class Duration:
    """A whole number of calendar units, never negative."""

    number: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.number} {self.unit}{'' if self.number == 1 else 's'}"

    @property
    def months(self) -> int | None:
        """The number of calendar months; None for days and weeks."""
        return self.number * _IN_MONTHS[self.unit] if self.unit in _IN_MONTHS else None

    @property
    def days(self) -> int | None:
        """The number of days, hours rounded up to whole ones; None for months and years."""
        if self.unit == "hour":
            return -(-self.number // _HOURS)
        return self.number * _IN_DAYS[self.unit] if self.unit in _IN_DAYS else None

    @property
    def least_days(self) -> float:
        return self._days(_LEAST_DAYS, leap_years=0)

    @property
    def most_days(self) -> float:
        return self._days(_MOST_DAYS, leap_years=1)

    def _days(self, of_months: tuple[int, ...], leap_years: int) -> float:
        if self.months is None:
            return float(self.days or 0)
        years, months = divmod(self.months, 12)
        # Any four years in a row hold a leap year (2100 apart); fewer may hold one or none.
        leap_days = -(-years // 4) if leap_years else years // 4
        return 365 * years + leap_days + of_months[months]


@dataclass(frozen=True, slots=True)
class TimePoint:
    """``offset`` before (``sign`` -1) or after (+1) ``anchor``; ``offset`` None with a sign is
    unbounded ("any time before"); sign 0 is the anchor itself."""

    anchor: str = INDEX
    sign: Literal[-1, 0, 1] = 0
    offset: Duration | None = None

    @property
    def unbounded(self) -> bool:
        return self.sign != 0 and self.offset is None

    def __str__(self) -> str:
        side = {-1: "before", 0: "", 1: "after"}[self.sign]
        if self.unbounded:
            return f"any time {side}"
        if self.sign == 0:
            return self.anchor
        return f"{self.offset} {side}" + ("" if self.anchor == INDEX else f" {self.anchor}")


def parse_duration(text: object) -> Duration:
    """ "30 days", "1 year". Raises ``ValueError`` saying what a duration looks like."""
    match = _DURATION.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ValueError(
            f"{found(text)} is not a duration; write a whole number and a unit: "
            '"24 hours", "30 days", "6 weeks", "3 months", "1 year"'
        )
    unit: Unit = match[2].lower()  # type: ignore[assignment]  # the pattern admits no other
    number = int(match[1][:9])
    if len(match[1]) > 9 or Duration(number, unit).least_days > 365.25 * MOST_YEARS:
        raise ValueError(f"{found(text)} is longer than {MOST_YEARS} years")
    return Duration(number, unit)


def parse_point(text: object) -> TimePoint:
    """ "index", "2 days after", "any time before", "30 days after discharge", "discharge".

    Whether an anchor is an event of the protocol is checked where the events are known.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError(
            f'{found(text)} is not a point in time; write "index", "30 days after", '
            '"1 year before", "any time before", or an event\'s name'
        )
    text = " ".join(text.split())
    match text.lower():
        case "index":
            return TimePoint()
        case "any time before":
            return TimePoint(sign=-1)
        case "any time after":
            return TimePoint(sign=1)
    match = _POINT.fullmatch(text)
    if match is None:
        if re.match(r"\d", text):
            raise ValueError(
                f'"{text}" does not say on which side of the index date; '
                f'write "{text} after" or "{text} before"'
            )
        return TimePoint(anchor=text)
    offset = parse_duration(match["duration"])
    sign: Literal[-1, 1] = -1 if match["side"].lower() == "before" else 1
    anchor = match["anchor"] or INDEX
    if offset.number == 0:
        return TimePoint(anchor=INDEX if anchor.lower() == INDEX else anchor)
    return TimePoint(INDEX if anchor.lower() == INDEX else anchor, sign, offset)


@dataclass(frozen=True, slots=True)
class Window:
    """From one point in time to another, both ends in."""

    start: TimePoint
    end: TimePoint

    def __str__(self) -> str:
        return f"{self.start} to {self.end}"


def ends_before_it_starts(window: Window) -> bool:
    """Whether, for some index date, ``window`` holds no day. False where events decide.

    Calendar-aware: "1 month after" may be day 28, so it ends before "30 days after" starts.
    """
    start, end = window.start, window.end
    if start == TimePoint(sign=1) or end == TimePoint(sign=-1):
        return True  # starts at the end of time, or ends at its beginning
    if start.unbounded or end.unbounded:
        return False
    if start.anchor != end.anchor:
        # An event that anchors a window is the first on or after the index date.
        both_on_it = end.sign == start.sign == 0
        return end.anchor == INDEX and (end.sign < start.sign or both_on_it)
    if start.sign != end.sign or start.offset is None or end.offset is None:
        return end.sign < start.sign
    near, far = (start.offset, end.offset) if end.sign > 0 else (end.offset, start.offset)
    if near.months is not None and far.months is not None:
        return far.months < near.months
    return far.least_days < near.most_days


def bounds(point: TimePoint) -> tuple[float, float] | None:
    """The least and most days from index that ``point`` can be; None when an event anchors it."""
    if point.unbounded:
        far = float("inf") * point.sign
        return far, far
    if point.anchor != INDEX:
        return None
    if point.offset is None:
        return 0.0, 0.0
    near, far = point.offset.least_days, point.offset.most_days
    return (near, far) if point.sign > 0 else (-far, -near)
