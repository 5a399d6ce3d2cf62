"""Criteria as SQL that answers true, false, or null where the records do not say."""

from __future__ import annotations

from sqlglot import exp

from casewise.cohort import sql
from casewise.cohort.sql import column, number, text
from casewise.cohort.statement import Statement
from casewise.protocol.comparison import Comparison
from casewise.protocol.model import Criterion, DateRange
from casewise.protocol.resolve import covariate_event, covariate_type, covariate_window
from casewise.protocol.time import Window


def condition(statement: Statement, criterion: Criterion, default: Window) -> exp.Expression:
    """``default`` is the window of an event criterion that names none."""
    if criterion.event is not None:
        asked = statement.ask(criterion.event, criterion.window(default))
        return asked.holds(criterion.at_least or 1)
    if criterion.age is not None:
        return compared(column("age", "b"), criterion.age)
    if criterion.sex is not None:
        return exp.EQ(this=column("sex", "b"), expression=text(criterion.sex))
    if criterion.covariate is not None and criterion.is_ is not None:
        return _covariate(statement, criterion.covariate, criterion.is_)
    if criterion.index_date is not None:
        return _in_range(criterion.index_date)
    if criterion.not_ is not None:
        return exp.Not(this=exp.paren(condition(statement, criterion.not_, default)))
    parts = [condition(statement, part, default) for part in criterion.any_of or ()]
    if parts:
        return sql.either([exp.paren(part) for part in parts])
    parts = [condition(statement, part, default) for part in criterion.all_of or ()]
    return sql.every([exp.paren(part) for part in parts])


def _covariate(statement: Statement, name: str, wanted: Comparison) -> exp.Expression:
    if name not in statement.study.baseline or name in ("age", "sex"):
        return compared(column(name, "b"), wanted)
    event = covariate_event(statement.study, name)
    if event is not None:
        happened = statement.ask(event, covariate_window(statement.study, name)).holds()
        is_yes = wanted.values == ("yes",)
        return happened if is_yes else exp.Not(this=exp.paren(happened))
    value, status = statement.covariate(name)
    numeric = covariate_type(statement.study, name) == "number"
    known = exp.EQ(this=status, expression=text("occurred"))
    return sql.case((known, compared(value, wanted, numeric=numeric)))


def compared(value: exp.Expression, wanted: Comparison, *, numeric: bool = True) -> exp.Expression:
    """``value`` against the comparison; null where ``value`` is."""
    values = [
        number(v) if isinstance(v, float) and numeric else text(_as_text(v)) for v in wanted.values
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


def _as_text(value: float | str) -> str:
    return f"{value:g}" if isinstance(value, float) else value


def _in_range(dates: DateRange) -> exp.Expression:
    index = column("index_date", "b")
    conditions: list[exp.Expression] = []
    if dates.from_ is not None:
        start = exp.cast(text(dates.from_.isoformat()), "DATE")
        conditions.append(exp.GTE(this=index, expression=start))
    if dates.to is not None:
        end = exp.cast(text(dates.to.isoformat()), "DATE")
        conditions.append(exp.LTE(this=index.copy(), expression=end))
    return sql.every(conditions)
