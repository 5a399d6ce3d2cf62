"""Occurrences of an event, windows, and what is asked of the one in the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Literal

from casewise.protocol.comparison import Comparison, as_text
from casewise.protocol.fields import ORDINALS
from casewise.protocol.time import INDEX, Duration, TimePoint, Window
from oracle.calendar import days, moved
from oracle.records import Chart

LASTS = date(2500, 1, 1)  # the last day of a visit that has not ended
OCCURRED, NOT_DOCUMENTED, NOT_APPLICABLE = "occurred", "not documented", "not applicable"


@dataclass(frozen=True)
class Occurrence:
    """``status`` as in the records. ``on_its_word``: the site says yes or no and never when."""

    start: date | None
    end: date | None
    value: float | None
    status: str
    on_its_word: bool = False

    @property
    def happened(self) -> bool:
        return self.status == OCCURRED


# -- what counts as an occurrence -----------------------------------------------------------------


def occurrences(chart: Chart, event: str) -> list[Occurrence]:
    """First what is recorded (or the events it is any of, or the end of), then ``value``, ``gap``,
    ``with``, ``during``, ``within ... of``, ``after``, ``which``."""
    definition = chart.study.events[event]
    if definition.any_of:
        found = of_any(chart, definition.any_of)
    elif definition.end_of is not None:
        found = ends(occurrences(chart, definition.end_of))
    else:
        found = recorded(chart, event)
    if definition.value is not None:
        found = [o for o in found if not o.happened or compare(o.value, definition.value) is True]
    if definition.gap is not None:
        found = courses(found, definition.gap)
    if definition.with_ is not None:
        found = placed(found, occurrences(chart, definition.with_), holds)
    if definition.during is not None:
        found = placed(found, occurrences(chart, definition.during), is_in)
    if definition.of is not None:
        near = partial(is_near, within=definition.within)
        found = placed(found, occurrences(chart, definition.of), near)
    if definition.after is not None:
        found = later(chart, found, definition.after)
    return found if definition.which is None else one_day(found, definition.which)


def is_dated(one: Occurrence) -> bool:
    return one.happened and one.start is not None


def placed(
    found: list[Occurrence],
    others: list[Occurrence],
    fits: Callable[[Occurrence, Occurrence], bool],
) -> list[Occurrence]:
    """Those that fit some other. Where a date is not known on either side, nobody knows."""
    possible = [o for o in others if o.status != NOT_APPLICABLE]
    kept = []
    for one in found:
        fit = is_dated(one) and any(is_dated(o) and fits(one, o) for o in possible)
        if fit or one.status == NOT_APPLICABLE:
            kept.append(one)
        elif any(not is_dated(o) or not is_dated(one) for o in possible):
            kept.append(Occurrence(None, None, None, NOT_DOCUMENTED))
    return kept


def holds(one: Occurrence, other: Occurrence) -> bool:
    """Whether the other starts from the first to the last day of the one."""
    assert one.start is not None
    assert other.start is not None
    return one.start <= other.start <= last_day(one)


def is_in(one: Occurrence, other: Occurrence) -> bool:
    return holds(other, one)


def is_near(one: Occurrence, other: Occurrence, within: Duration) -> bool:
    assert one.start is not None
    assert other.start is not None
    return moved(other.start, -1, within) <= one.start <= moved(other.start, 1, within)


def ends(others: list[Occurrence]) -> list[Occurrence]:
    """The last day of each. What lasts on has no end yet."""
    made = []
    for one in others:
        if is_dated(one):
            day = last_day(one)
            made += [Occurrence(day, None, one.value, OCCURRED)] if day < LASTS else []
        else:
            status = NOT_APPLICABLE if one.status == NOT_APPLICABLE else NOT_DOCUMENTED
            made.append(Occurrence(None, None, None, status))
    return made


def one_day(found: list[Occurrence], which: str) -> list[Occurrence]:
    """Those on the first, the second, the last of the days. What has no date stays."""
    days_ = sorted({o.start for o in found if is_dated(o) and o.start is not None})
    if which == "last":
        wanted = days_[-1:]
    else:
        place_ = ORDINALS[which] - 1
        wanted = days_[place_ : place_ + 1]
    return [o for o in found if not is_dated(o) or o.start in wanted]


def recorded(chart: Chart, event: str) -> list[Occurrence]:
    """A visit without a recorded end lasts on."""
    lasts = chart.study.events[event].visit is not None
    found = []
    for row in chart.events:
        if row["domain"] == "event" and row["code"] == event:
            end = row["end"]
            if lasts and end is None and row["start"] is not None:
                end = LASTS
            status, on_its_word = row["status"], event in chart.undated
            found.append(Occurrence(row["start"], end, row["value"], status, on_its_word))
    return found


def of_any(chart: Chart, members: tuple[str, ...]) -> list[Occurrence]:
    """All of the members'. It is not applicable where none of them is applicable."""
    found = [occurrences(chart, member) for member in members]
    applicable = [o for each in found for o in each if o.status != NOT_APPLICABLE]
    if all(any(o.status == NOT_APPLICABLE for o in each) for each in found):
        applicable.append(Occurrence(None, None, None, NOT_APPLICABLE))
    return applicable


def courses(found: list[Occurrence], gap: Duration) -> list[Occurrence]:
    """Dated occurrences no further apart than ``gap`` made one, from the first's start to the
    last end, with the value that stands first. An occurrence without an end, or with one before
    its start, ends on the day it starts."""
    dated = [o for o in found if o.happened and o.start is not None]
    made = [o for o in found if o not in dated]
    course: list[Occurrence] = []
    for one in sorted(dated, key=lambda o: o.start or date.max):
        assert one.start is not None
        if course and one.start > moved(max(map(last_day, course)), 1, gap):
            made.append(joined(course))
            course = []
        course.append(one)
    return [*made, joined(course)] if course else made


def last_day(one: Occurrence) -> date:
    assert one.start is not None
    return max(one.start, one.end or one.start)


def joined(course: list[Occurrence]) -> Occurrence:
    starts = [o.start for o in course if o.start is not None]
    return Occurrence(
        min(starts), max(map(last_day, course)), take(course, "first"), OCCURRED, False
    )


def later(chart: Chart, found: list[Occurrence], anchor: str) -> list[Occurrence]:
    """Those later than the first of ``anchor``. Where the records leave open when that was, nobody
    knows whether they are later; where it never was, nothing is later."""
    first = first_of(chart, anchor)
    if first.date is not None:
        return [o for o in found if o.start is None or o.start > first.date]
    kept = [o for o in found if o.status == NOT_APPLICABLE]
    if first.in_doubt:
        others = [o for o in found if o.status != NOT_APPLICABLE]
        kept += [Occurrence(None, None, None, NOT_DOCUMENTED) for _ in others]
    return kept


@dataclass(frozen=True)
class First:
    """``in_doubt``: no date, though it may have happened."""

    date: date | None
    in_doubt: bool


def first_of(chart: Chart, event: str, since: date | None = None) -> First:
    """The first dated occurrence on or after the index date (before there is one: ever)."""
    floor = max((day for day in (chart.index_date, since) if day is not None), default=date.min)
    found = occurrences(chart, event)
    dates = [o.start for o in found if o.start is not None and o.start >= floor]
    if dates:
        return First(min(dates), False)
    return First(None, any(o.start is None and o.status != NOT_APPLICABLE for o in found))


# -- windows --------------------------------------------------------------------------------------

Place = Literal["inside", "outside", "in doubt"]


def point(chart: Chart, at: TimePoint) -> date | None:
    """Its date; None where unbounded, and where its event has no date."""
    if at.unbounded:
        return None
    assert chart.index_date is not None
    anchor = chart.index_date if at.anchor == INDEX else first_of(chart, at.anchor).date
    if anchor is None or at.offset is None:
        return anchor
    return moved(anchor, at.sign, at.offset)


def place(chart: Chart, day: date, window: Window) -> Place:
    """Both ends are in."""
    ends = (after_start(chart, day, window.start), before_end(chart, day, window.end))
    if "outside" in ends:
        return "outside"
    return "in doubt" if "in doubt" in ends else "inside"


def after_start(chart: Chart, day: date, at: TimePoint) -> Place:
    if at.unbounded:
        return "inside"
    start = point(chart, at)
    if start is not None:
        return "inside" if day >= start else "outside"
    # Its event has no date. If it happened at all, then not before the index date.
    if first_of(chart, at.anchor).in_doubt and day >= earliest(chart, at):
        return "in doubt"
    return "outside"


def before_end(chart: Chart, day: date, at: TimePoint) -> Place:
    if at.unbounded:
        return "inside"
    end = point(chart, at)
    if end is not None:
        return "inside" if day <= end else "outside"
    if first_of(chart, at.anchor).in_doubt and day > earliest(chart, at):
        return "in doubt"
    return "inside"  # nothing ended it


def earliest(chart: Chart, at: TimePoint) -> date:
    """Where a point in time is if its event was on the index date, the first day that counts."""
    found = point(chart, replace(at, anchor=INDEX))
    assert found is not None
    return found


# -- questions ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What ``casewise.cohort.dataset.Happening`` says, of one patient."""

    day: int | None
    count: int
    undated: bool
    unknown: bool
    inapplicable: bool

    @property
    def happened(self) -> bool:
        return self.count > 0 or self.undated

    def holds(self, at_least: int = 1) -> bool | None:
        """Only dated occurrences are counted; a yes without a date is one, nobody knows when."""
        if self.count >= at_least or (at_least == 1 and self.undated):
            return True
        return None if self.unknown or self.undated else False

    def at_most(self, most: int) -> bool | None:
        if self.count > most:
            return False
        return None if self.unknown or self.undated else True


def ask(chart: Chart, event: str, window: Window) -> Asked:
    found = occurrences(chart, event)
    starts = [o.start for o in within(chart, found, window) if o.start is not None]
    ever = window.start.unbounded and window.end.unbounded
    dateless = [o for o in found if o.happened and o.start is None]
    told = [o for o in dateless if ever or o.on_its_word]
    doubt = [o for o in dateless if o not in told]
    doubt += [o for o in found if o.status == NOT_DOCUMENTED]
    for one in found:
        if one.happened and one.start is not None:
            doubt += [one] if place(chart, one.start, window) == "in doubt" else []
    return Asked(
        day=days(chart.index_date, min(starts, default=None)),
        count=len(starts),
        undated=bool(told),
        unknown=bool(doubt),
        inapplicable=any(o.status == NOT_APPLICABLE for o in found),
    )


def within(chart: Chart, found: list[Occurrence], window: Window) -> list[Occurrence]:
    dated = [o for o in found if o.happened and o.start is not None]
    return [o for o in dated if o.start and place(chart, o.start, window) == "inside"]


def ask_any(chart: Chart, events: tuple[str, ...], window: Window) -> Asked:
    """Several events as one, each exclusive of the others: happened, else not known, else not
    applicable (only where none of them is), else no."""
    each = [ask(chart, event, window) for event in events]
    happened = any(one.happened for one in each)
    unknown = any(one.unknown for one in each) and not happened
    return Asked(
        day=min((one.day for one in each if one.day is not None), default=None),
        count=sum(one.count for one in each),
        undated=any(one.undated for one in each),
        unknown=unknown,
        inapplicable=all(one.inapplicable for one in each) and not happened and not unknown,
    )


def take(found: list[Occurrence], which: str) -> float | None:
    """Of several on the first or the last day, the lowest."""
    valued = [(o.start, o.value) for o in found if o.start is not None and o.value is not None]
    values = [value for _, value in valued]
    if not valued:
        return None
    match which:
        case "lowest":
            return min(values)
        case "highest":
            return max(values)
        case "mean":
            return sum(values) / len(values)
        case "total":
            return sum(values)
    starts = [start for start, _ in valued]
    day = min(starts) if which == "first" else max(starts)
    return min(value for start, value in valued if start == day)


def value_taken(chart: Chart, event: str, window: Window, which: str) -> float | None:
    """A total is not known where an occurrence has no value; nor is it, or a count, where the
    records leave open what happened."""
    found, asked = within(chart, occurrences(chart, event), window), ask(chart, event, window)
    if which in ("count", "total") and (asked.unknown or asked.undated):
        return None
    if which == "count":
        return float(asked.count)
    if which == "total" and any(o.value is None for o in found):
        return None
    return 0.0 if which == "total" and not found else take(found, which)


def compare(value: float | str | None, wanted: Comparison) -> bool | None:
    """None where there is no value. Text is compared with what is written, numbers as numbers."""
    if value is None:
        return None
    values = [as_text(v) if isinstance(value, str) else v for v in wanted.values]
    first = values[0]
    match wanted.operator:
        case "=":
            return value == first
        case "!=":
            return value != first
        case "one of":
            return value in values
        case "between":
            return first <= value <= values[1]  # type: ignore[operator]
        case "<":
            return value < first  # type: ignore[operator]
        case "<=":
            return value <= first  # type: ignore[operator]
        case ">":
            return value > first  # type: ignore[operator]
    return value >= first  # type: ignore[operator]
