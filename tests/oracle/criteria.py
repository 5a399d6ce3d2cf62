"""Criteria: yes (True), no (False), or not documented (None)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from casewise.protocol.comparison import Comparison
from casewise.protocol.model import Criterion
from casewise.protocol.resolve import (
    covariate_event,
    covariate_type,
    covariate_window,
    deaths,
    takes_value,
)
from casewise.protocol.time import Window
from oracle.calendar import completed_years, moved
from oracle.events import (
    NOT_APPLICABLE,
    NOT_DOCUMENTED,
    OCCURRED,
    ask,
    compare,
    place,
    value_taken,
)
from oracle.records import Chart, Row

Answer = bool | None
Value = float | str | bool | None


def answer(chart: Chart, asked: Criterion, default: Window) -> Answer:
    """``default`` is the window of an event criterion that names none."""
    assert chart.index_date is not None
    if asked.event is not None:
        found = ask(chart, asked.event, asked.window(default))
        if asked.at_most is None:
            return found.holds(asked.at_least or 1)
        least = True if asked.at_least is None else found.holds(asked.at_least)
        return all_hold([least, found.at_most(asked.at_most)])
    if asked.age is not None:
        return compare(age(chart), asked.age)
    if asked.sex is not None:
        return None if chart.person["sex"] is None else chart.person["sex"] == asked.sex
    if asked.covariate is not None and asked.is_ is not None:
        return is_so(chart, asked.covariate, asked.is_)
    if asked.index_date is not None:
        first, last = asked.index_date.from_ or date.min, asked.index_date.to or date.max
        return first <= chart.index_date <= last
    if asked.observed is not None:
        since = watched(chart)[0]
        return None if since is None else since <= moved(chart.index_date, -1, asked.observed)
    if asked.followed is not None:
        until, last = moved(chart.index_date, 1, asked.followed), watched(chart)[1]
        died = death(chart)
        if died is not None and died <= until:
            return True
        return None if last is None else last >= until
    if asked.not_ is not None:
        held = answer(chart, asked.not_, default)
        return None if held is None else not held
    if asked.any_of is not None:
        return any_holds([answer(chart, part, default) for part in asked.any_of])
    return all_hold([answer(chart, part, default) for part in asked.all_of or ()])


def any_holds(parts: list[Answer]) -> Answer:
    return True if True in parts else None if None in parts else False


def all_hold(parts: list[Answer]) -> Answer:
    return False if False in parts else None if None in parts else True


def is_so(chart: Chart, name: str, wanted: Comparison) -> Answer:
    """An event that cannot apply did not happen; any other covariate that does not apply has no
    value to compare."""
    if name == "age":
        return compare(age(chart), wanted)
    if name == "sex":
        return compare(chart.person["sex"], wanted)
    event = covariate_event(chart.study, name)
    if event is not None and not takes_value(chart.study, name):
        happened = ask(chart, event, covariate_window(chart.study, name)).holds()
        return None if happened is None else happened == (wanted.values == ("yes",))
    value, status = covariate(chart, name)
    if isinstance(value, bool):
        value = "yes" if value else "no"
    return compare(value, wanted) if status == "known" else None


def death(chart: Chart) -> date | None:
    """The earliest dated death, of any cause that the protocol names."""
    dates = [
        row["start"]
        for row in chart.events
        if row["domain"] == "event"
        and row["code"] in deaths(chart.study)
        and row["status"] == "occurred"
        and row["start"] is not None
    ]
    return min(dates, default=None)


def age(chart: Chart) -> float | None:
    """As recorded, else completed years on the index date."""
    assert chart.index_date is not None
    if chart.person["age"] is not None:
        return float(chart.person["age"])
    birth = chart.person["birth"]
    return None if birth is None else float(completed_years(birth, chart.index_date))


def watched(chart: Chart) -> tuple[date | None, date | None]:
    """From when until when the patient was watched around the index date; None where not known."""
    periods = [row for row in chart.periods if holds_day(row, chart.index_date)]
    if not periods:
        return None, None
    (period,) = periods  # periods of one person do not overlap
    return period["start"], period["end"]


def as_of(chart: Chart, day: date) -> Chart:
    """The chart with its index date. Where the records say from when until when the patient was
    watched, what is dated after that is not looked at, but for a death."""
    chart = replace(chart, index_date=day)
    since, until = watched(chart)
    if since is None or until is None:
        return chart
    fatal = deaths(chart.study)
    seen = [
        row
        for row in chart.events
        if row["start"] is None or row["start"] <= until or row["code"] in fatal
    ]
    return replace(chart, events=seen)


def holds_day(period: Row, day: date | None) -> bool:
    """A period whose start is not known is that of a chart, which says how long it was read."""
    if period["start"] is None:
        return True
    ends = period["end"] or date.max
    return day is not None and period["start"] <= day <= ends


def covariate(chart: Chart, name: str) -> tuple[Value, str]:
    """A baseline characteristic and its status: known, not documented or not applicable."""
    study = chart.study
    if name == "age":
        return known(age(chart))
    if name == "sex":
        return known(chart.person["sex"])
    event, window = covariate_event(study, name), covariate_window(study, name)
    if event is not None and takes_value(study, name):
        return known(value_taken(chart, event, window, study.baseline[name].take or "last"))
    if event is not None:
        asked = ask(chart, event, window)
        if asked.happened:
            return True, "known"
        if asked.unknown:
            return None, NOT_DOCUMENTED
        return (None, NOT_APPLICABLE) if asked.inapplicable else (False, "known")
    return measured(chart, name, window)


def known(value: Value) -> tuple[Value, str]:
    return value, NOT_DOCUMENTED if value is None else "known"


def measured(chart: Chart, name: str, window: Window) -> tuple[Value, str]:
    """A covariate that the records answer themselves. A value without a date counts as in the
    window, and comes after those with one."""
    rows = [
        row
        for row in chart.events
        if row["domain"] == "covariate"
        and row["code"] == name
        and (row["start"] is None or place(chart, row["start"], window) == "inside")
    ]
    kind = covariate_type(chart.study, name)
    key = "value" if kind == "number" else "text"
    valued = [row for row in rows if row["status"] == OCCURRED and row[key] is not None]
    if not valued:
        return None, unanswered(rows)
    value = one_of(valued, key, chart.study.baseline[name].take or "last")
    return (value == "yes" if kind == "yes or no" else value), "known"


def unanswered(rows: list[Row]) -> str:
    """Of rows without a value: not applicable only where nothing else is said."""
    inapplicable = rows and all(row["status"] == NOT_APPLICABLE for row in rows)
    return NOT_APPLICABLE if inapplicable else NOT_DOCUMENTED


def one_of(rows: list[Row], key: str, which: str) -> float | str:
    """Of several on one day, the lowest number, and the text that is first by alphabet."""
    values = [row[key] for row in rows]
    match which:
        case "mean":
            return float(sum(values) / len(values))
        case "lowest":
            return float(min(values))
        case "highest":
            return float(max(values))
    dated = [row for row in rows if row["start"] is not None] or rows
    starts = [row["start"] or date.min for row in dated]
    day = min(starts) if which == "first" else max(starts)
    chosen: float | str = min(row[key] for row in dated if (row["start"] or date.min) == day)
    return chosen
