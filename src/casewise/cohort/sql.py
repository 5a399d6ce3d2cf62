"""The few SQL expressions that everything else is made of, as sqlglot trees.

Every date is a DATE, every difference whole days. Text of the protocol enters as a literal that
sqlglot escapes, never as SQL.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

from sqlglot import exp

from casewise.protocol.comparison import Comparison, as_text
from casewise.protocol.time import INDEX, Duration, TimePoint, Window


def column(name: str, table: str = "") -> exp.Column:
    return exp.column(name, table=table or None, quoted=True)


def text(value: str) -> exp.Literal:
    return exp.Literal.string(value)


def number(value: float) -> exp.Expression:
    return exp.Literal.number(value)


def date(day: str) -> exp.Expression:
    """A calendar date, given as ISO 8601."""
    return exp.cast(text(day), "DATE")


def shifted(date: exp.Expression, sign: int, by: Duration) -> exp.Expression:
    """``date`` moved by whole calendar units; the engine clamps to the month's last day.

    Days are added as a number, never as an interval: SQL holds 30 days and 1 month to be equal
    intervals, and DuckDB then computes "date + 30 days" once for both where a statement has both.
    """
    if by.days is not None:
        step = number(by.days)
        kind = exp.Add if sign > 0 else exp.Sub
        return exp.paren(kind(this=date, expression=step))
    step = exp.Interval(this=text(str(by.months)), unit=exp.var("MONTH"))
    moved = exp.Add(this=date, expression=step) if sign > 0 else exp.Sub(this=date, expression=step)
    return exp.cast(moved, "DATE")


def days_between(start: exp.Expression, end: exp.Expression) -> exp.Expression:
    """Whole days from ``start`` to ``end``; null when either is."""
    return exp.DateDiff(this=end, expression=start, unit=exp.var("DAY"))


def point(at: TimePoint, table: str, anchors: dict[str, str]) -> exp.Expression | None:
    """The date of a point in time; ``None`` when unbounded; SQL null when its event never was."""
    if at.unbounded:
        return None
    base = column("index_date" if at.anchor == INDEX else anchors[at.anchor], table)
    return base if at.offset is None else shifted(base, at.sign, at.offset)


def inside(
    date: exp.Expression, window: Window, table: str, anchors: dict[str, str]
) -> exp.Expression:
    """Whether ``date`` is certainly in ``window``, both ends in.

    A window that starts at an event that never was holds nothing; one that ends at such an event
    stays open, since nothing ended it. An event that may have been, without a date, was not before
    the index date.
    """
    start = _after_start(date, window.start, table, anchors)
    end = _before_end(date, window.end, table, anchors)
    return every([is_known(date), *(one for one in (start, end) if one is not None)])


def in_doubt(
    date: exp.Expression, window: Window, table: str, anchors: dict[str, str]
) -> exp.Expression | None:
    """Whether ``date`` may be in ``window``, because an end hangs on an event without a date.
    ``None`` where no end hangs on an event."""
    unsure: list[exp.Expression] = []
    ends: list[exp.Expression] = [is_known(date)]
    sides = ((window.start, _after_start, exp.GTE), (window.end, _before_end, exp.GT))
    for at, certain, order in sides:
        sure = certain(date, at, table, anchors)
        if at.anchor != INDEX:
            anchor = column(anchors[at.anchor], table)
            doubtful = column(doubt_of(anchors[at.anchor]), table)
            may = order(this=date.copy(), expression=earliest(at, table))
            unsure.append(every([exp.Is(this=anchor, expression=exp.null()), doubtful, may]))
            assert sure is not None
            sure = either([sure, unsure[-1].copy()])
        ends += [] if sure is None else [sure]
    return every([*ends, either(unsure)]) if unsure else None


def _after_start(
    date: exp.Expression, at: TimePoint, table: str, anchors: dict[str, str]
) -> exp.Expression | None:
    start = point(at, table, anchors)
    return None if start is None else exp.GTE(this=date.copy(), expression=start)


def _before_end(
    date: exp.Expression, at: TimePoint, table: str, anchors: dict[str, str]
) -> exp.Expression | None:
    end = point(at, table, anchors)
    if end is None:
        return None
    reached: exp.Expression = exp.LTE(this=date.copy(), expression=end)
    if at.anchor == INDEX:
        return reached
    sure = exp.Not(this=column(doubt_of(anchors[at.anchor]), table))
    certain = either([sure, exp.LTE(this=date.copy(), expression=earliest(at, table))])
    never = exp.Is(this=end.copy(), expression=exp.null())
    return either([reached, every([never, certain])])


def earliest(at: TimePoint, table: str) -> exp.Expression:
    """A point in time if its event was on the index date, the first day that counts."""
    date = point(replace(at, anchor=INDEX), table, {})
    assert date is not None
    return date


def hangs_on_event(window: Window) -> bool:
    return any(end.anchor != INDEX for end in (window.start, window.end))


def doubt_of(anchor: str) -> str:
    """The column that says whether an anchor without a date may have happened."""
    return f"{anchor}_doubt"


def is_true(condition: exp.Expression) -> exp.Expression:
    """False where the condition is null."""
    return exp.Coalesce(this=condition, expressions=[exp.false()])


def is_known(value: exp.Expression) -> exp.Expression:
    return exp.Not(this=exp.Is(this=value.copy(), expression=exp.null()))


def every(conditions: list[exp.Expression]) -> exp.Expression:
    return reduce(lambda a, b: exp.And(this=a, expression=b), map(_wrapped, conditions))


def either(conditions: list[exp.Expression]) -> exp.Expression:
    return exp.paren(reduce(lambda a, b: exp.Or(this=a, expression=b), map(_wrapped, conditions)))


def _wrapped(condition: exp.Expression) -> exp.Expression:
    return exp.paren(condition) if isinstance(condition, exp.And | exp.Or) else condition


def filtered(aggregate: exp.Expression, condition: exp.Expression) -> exp.Expression:
    return exp.Filter(this=aggregate, expression=exp.Where(this=condition))


def case(*branches: tuple[exp.Expression, exp.Expression]) -> exp.Case:
    """The first branch whose condition holds; null when none does."""
    made = exp.Case()
    for condition, value in branches:
        made = made.when(condition, value)
    return made


def completed_years(birth: exp.Expression, on: exp.Expression) -> exp.Expression:
    """Age in completed years; who was born on 29 February turns older on 1 March in other years."""

    def part(unit: str, date: exp.Expression) -> exp.Expression:
        return exp.Extract(this=exp.var(unit), expression=date.copy())

    def of_year(date: exp.Expression) -> exp.Expression:
        month = exp.Mul(this=part("MONTH", date), expression=number(100))
        return exp.paren(exp.Add(this=month, expression=part("DAY", date)))

    not_yet = case((exp.LT(this=of_year(on), expression=of_year(birth)), number(1))).else_(
        number(0)
    )
    years = exp.Sub(this=part("YEAR", on), expression=part("YEAR", birth))
    return exp.Sub(this=years, expression=not_yet)


def compared(value: exp.Expression, wanted: Comparison, *, numeric: bool = True) -> exp.Expression:
    """``value`` against the comparison; null where ``value`` is."""
    values = [
        number(v) if isinstance(v, float) and numeric else text(as_text(v)) for v in wanted.values
    ]
    match wanted.operator:
        case "between":
            return exp.Between(this=value, low=values[0], high=values[1])
        case "one of":
            return exp.In(this=value, expressions=values)
        case "=":
            return exp.EQ(this=value, expression=values[0])
        case "!=":
            return exp.NEQ(this=value, expression=values[0])
    kinds = {"<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE}
    kind: type[exp.Expression] = kinds[wanted.operator]  # type: ignore[assignment]
    return kind(this=value, expression=values[0])
