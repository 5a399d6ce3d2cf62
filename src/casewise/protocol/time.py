"""Durations and points in time, as a protocol writes them.

Day 0 is the index date. Days and weeks are counted; months and years go by the calendar: one
month after 31 January is the last day of February, one year after 29 February is 28 February.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

Unit: TypeAlias = Literal["day", "week", "month", "year"]

_DURATION = re.compile(r"(\d+)\s+(day|week|month|year)s?", re.IGNORECASE)
_POINT = re.compile(
    r"(?P<duration>\d+\s+\S+)\s+(?P<side>before|after)(?:\s+(?P<anchor>.+))?", re.IGNORECASE
)
_LEAST_DAYS: dict[Unit, float] = {"day": 1, "week": 7, "month": 28, "year": 365}
_MOST_DAYS: dict[Unit, float] = {"day": 1, "week": 7, "month": 31, "year": 366}

INDEX = "index"


@dataclass(frozen=True, slots=True)
class Duration:
    """A whole number of calendar units, never negative."""

    number: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.number} {self.unit}{'' if self.number == 1 else 's'}"

    @property
    def least_days(self) -> float:
        return self.number * _LEAST_DAYS[self.unit]

    @property
    def most_days(self) -> float:
        return self.number * _MOST_DAYS[self.unit]


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
            f'"{text}" is not a duration; write a whole number and a unit: '
            '"30 days", "6 weeks", "3 months", "1 year"'
        )
    unit: Unit = match[2].lower()  # type: ignore[assignment]  # the pattern admits no other
    return Duration(int(match[1]), unit)


def parse_point(text: object) -> TimePoint:
    """ "index", "2 days after", "any time before", "30 days after discharge", "discharge".

    Whether an anchor is an event of the protocol is checked where the events are known.
    """
    if not isinstance(text, str) or not text.strip():
        raise ValueError(
            f'"{text}" is not a point in time; write "index", "30 days after", '
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
