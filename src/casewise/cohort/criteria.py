"""Criteria as SQL that answers true, false, or null where the records do not say."""

from __future__ import annotations

from sqlglot import exp

from casewise.cohort import sql
from casewise.cohort.sql import column, text
from casewise.cohort.statement import Statement
from casewise.protocol.comparison import Comparison
from casewise.protocol.model import Criterion, DateRange
from casewise.protocol.resolve import covariate_event, covariate_type, covariate_window, takes_value
from casewise.protocol.time import Window


def condition(statement: Statement, criterion: Criterion, default: Window) -> exp.Expression:
    """``default`` is the window of an event criterion that names none."""
    if criterion.event is not None:
        asked = statement.ask(criterion.event, criterion.window(default))
        enough = asked.holds(criterion.at_least or 1)
        if criterion.at_most is None:
            return enough
        few = asked.at_most(criterion.at_most)
        return few if criterion.at_least is None else sql.every([enough, few])
    if criterion.age is not None:
        return sql.compared(column("age", "b"), criterion.age)
    if criterion.sex is not None:
        return exp.EQ(this=column("sex", "b"), expression=text(criterion.sex))
    if criterion.covariate is not None and criterion.is_ is not None:
        return _covariate(statement, criterion.covariate, criterion.is_)
    if criterion.index_date is not None:
        return _in_range(criterion.index_date)
    if criterion.observed is not None:
        since = sql.shifted(column("index_date", "b"), -1, criterion.observed)
        return exp.LTE(this=column("watched_since", "b"), expression=since)
    if criterion.followed is not None:
        until = sql.shifted(column("index_date", "b"), 1, criterion.followed)
        watched = exp.GTE(this=column("watched_until", "b"), expression=until)
        died = exp.LTE(this=column("death_date", "b"), expression=until.copy())
        return sql.either([sql.is_true(died), watched])
    if criterion.not_ is not None:
        return exp.Not(this=exp.paren(condition(statement, criterion.not_, default)))
    parts = [condition(statement, part, default) for part in criterion.any_of or ()]
    if parts:
        return sql.either([exp.paren(part) for part in parts])
    parts = [condition(statement, part, default) for part in criterion.all_of or ()]
    return sql.every([exp.paren(part) for part in parts])


def _covariate(statement: Statement, name: str, wanted: Comparison) -> exp.Expression:
    if name not in statement.study.baseline or name in ("age", "sex"):
        return sql.compared(column(name, "b"), wanted)
    event = covariate_event(statement.study, name)
    window = covariate_window(statement.study, name)
    if event is not None and takes_value(statement.study, name):
        which = statement.study.baseline[name].take or "last"
        return sql.compared(statement.take(event, window, which), wanted)
    if event is not None:
        happened = statement.ask(event, window).holds()
        is_yes = wanted.values == ("yes",)
        return happened if is_yes else exp.Not(this=exp.paren(happened))
    value, status = statement.covariate(name)
    numeric = covariate_type(statement.study, name) == "number"
    known = exp.EQ(this=status, expression=text("occurred"))
    return sql.case((known, sql.compared(value, wanted, numeric=numeric)))


def _in_range(dates: DateRange) -> exp.Expression:
    index = column("index_date", "b")
    conditions: list[exp.Expression] = []
    if dates.from_ is not None:
        start = sql.date(dates.from_.isoformat())
        conditions.append(exp.GTE(this=index, expression=start))
    if dates.to is not None:
        end = sql.date(dates.to.isoformat())
        conditions.append(exp.LTE(this=index.copy(), expression=end))
    return sql.every(conditions)
