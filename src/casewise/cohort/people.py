"""Everyone with the index event: its date, age on it, and when they were watched."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from casewise.cohort import sql
from casewise.cohort.occurrences import (
    ends,
    event_rows,
    made_of,
    one_day,
    recorded_columns,
    union_of,
    valued,
)
from casewise.cohort.sql import column, number, text
from casewise.cohort.statement import Parts
from casewise.protocol.model import Study
from casewise.protocol.resolve import deaths


def people(study: Study, *, periods: bool) -> Parts:
    """Parts of a statement, of which the last, ``known``, has one row for each person of the
    records with the index event. With ``periods`` (the records say from when until when each person
    was watched) an index date outside every period is none; ``unwatched`` says whose that is."""
    watched = (
        sqlglot.select("i.person", "MIN(o.start) AS since", 'MAX(o."end") AS until')
        .from_("first_index AS i")
        .join("observation AS o", using="person", copy=False)
        .where('o.start IS NULL OR (o.start <= i.date AND (o."end" IS NULL OR o."end" >= i.date))')
        .group_by("i.person")
    )
    date = column("date", "first_index")
    unwatched: exp.Expression = exp.false()
    if periods:
        inside = exp.Not(this=exp.Is(this=column("person", "watched"), expression=exp.null()))
        unwatched = exp.Not(this=inside.copy())
        date = sql.case((inside, date))  # type: ignore[assignment]
    age = exp.Coalesce(
        this=column("age", "p"),
        expressions=[sql.completed_years(column("birth", "p"), column("date", "first_index"))],
    )
    known = (
        sqlglot.select("p.person", "p.sex", exp.alias_(date, "index_date"))
        .select(
            exp.alias_(age, "age"),
            "watched.since AS watched_since",
            "watched.until AS watched_until",
            "died.date AS death_date",
            exp.alias_(unwatched, "unwatched"),
            copy=False,
        )
        .from_("first_index", copy=False)
        .join("person AS p", using="person", copy=False)
        .join("watched", using="person", join_type="left", copy=False)
        .join("died", using="person", join_type="left", copy=False)
    )
    first, died = _index_dates(study), _deaths(study)
    return {"first_index": first, "watched": watched, "died": died, "known": known}


def _index_dates(study: Study) -> exp.Select:
    """The day of the first (second, third, last) such event on record, whenever that was."""
    rows = _raw(study, study.cohort.index_event)
    dated = (
        sqlglot.select("person", "start")
        .from_(exp.Subquery(this=rows, alias="o"))
        .where("status = 'occurred' AND NOT start IS NULL")
    )
    order = study.cohort.index_order
    if order in (1, -1):
        which = "MIN" if order == 1 else "MAX"
        days = dated.subquery("d")
        return sqlglot.select("person", f"{which}(start) AS date").from_(days).group_by("person")
    placed = sqlglot.select(
        "*", "DENSE_RANK() OVER (PARTITION BY person ORDER BY start) AS place"
    ).from_(dated.subquery("d"))
    return (
        sqlglot.select("person", "MIN(start) AS date")
        .from_(placed.subquery("placed"))
        .where(exp.EQ(this=column("place"), expression=number(order)))
        .group_by("person")
    )


def _raw(study: Study, event: str) -> exp.Query:
    """An event's rows over all the records, before there is an index date."""
    definition = study.events[event]
    if definition.any_of:
        rows: exp.Query = union_of([_raw(study, member) for member in definition.any_of])
    elif definition.end_of is not None:
        rows = ends(_raw(study, definition.end_of))
    else:
        rows = (
            sqlglot.select(*recorded_columns(definition), "FALSE AS undated")
            .from_("event AS e")
            .where(*event_rows(study, [event]))
        )
    if definition.value is not None and not definition.recorded:
        rows = valued(rows, definition.value)
    rows = made_of(rows, definition, lambda other: _raw(study, other))
    if definition.after is not None:
        rows = _later(study, rows, definition.after)
    return rows if definition.which is None else one_day(rows, definition.which)


def _later(study: Study, rows: exp.Query, event: str) -> exp.Select:
    first = (
        sqlglot.select("person", "MIN(start) AS date")
        .from_(exp.Subquery(this=_raw(study, event), alias="o"))
        .where("status = 'occurred'")
        .group_by("person")
    )
    return (
        sqlglot.select("o.*")
        .from_(exp.Subquery(this=rows, alias="o"))
        .join(first.subquery("f"), using="person")
        .where("o.start > f.date")
    )


def _deaths(study: Study) -> exp.Select:
    """The earliest dated death of each person, by any event of the protocol that is one."""
    names = [text(name) for name in deaths(study)]
    if not names:
        return sqlglot.select("person", "birth AS date").from_("person").where("FALSE")
    return (
        sqlglot.select("person", "MIN(start) AS date")
        .from_("event")
        .where(
            exp.EQ(this=column("domain"), expression=text("event")),
            exp.In(this=column("code"), expressions=names),
            "status = 'occurred'",
        )
        .group_by("person")
    )
