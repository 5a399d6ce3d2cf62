"""What counts as an occurrence of an event: SQL over rows of person, start, end, value, status
and whether the site answers with yes or no alone (``undated``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlglot
from sqlglot import exp

from casewise.cohort import sql
from casewise.cohort.sql import column, number, text
from casewise.protocol.comparison import Comparison
from casewise.protocol.event import Event
from casewise.protocol.fields import ORDINALS
from casewise.protocol.model import Study
from casewise.protocol.resolve import deaths
from casewise.protocol.time import Duration

# A visit without a recorded end lasts on; this stands for its last day.
LASTS = "2500-01-01"
_COLUMNS = ("person", "start", '"end"', "value", "status", "undated")
Rows = exp.Query | exp.Table
Others = Callable[[str], Rows]


def last_day(table: str = "") -> str:
    """SQL for the last day of an occurrence; an end before its start is none, and what has no end
    lasts the day it starts."""
    start, end = (f'{table}."{name}"' if table else f'"{name}"' for name in ("start", "end"))
    return f"GREATEST({start}, COALESCE({end}, {start}))"


_LAST_DAY = last_day()


def recorded_columns(definition: Event) -> list[exp.Expression]:
    """Person, start, end, value and status of ``event AS e``."""
    end: exp.Expression = column("end", "e")
    if definition.visit is not None:
        known = exp.Coalesce(this=end, expressions=[sql.date(LASTS)])
        end = sql.case((sql.is_known(column("start", "e")), known)).else_(end.copy())
    named: Any = exp.alias_(end, "end", quoted=True)
    return [
        column("person", "e"),
        column("start", "e"),
        named,
        column("value", "e"),
        column("status", "e"),
    ]


def made_of(rows: exp.Query, definition: Event, others: Others) -> exp.Query:
    """``rows`` as the definition has them, in the order of the manual: ``gap``, ``with``,
    ``during``, ``within ... of``; ``others`` gives the occurrences of another event."""
    if definition.gap is not None:
        rows = merged(rows, definition.gap)
    if definition.with_ is not None:
        holds = f"x.start >= o.start AND x.start <= {last_day('o')}"
        rows = placed(rows, others(definition.with_), holds)
    if definition.during is not None:
        holds = f"o.start >= x.start AND o.start <= {last_day('x')}"
        rows = placed(rows, others(definition.during), holds)
    if definition.of is not None and definition.within is not None:
        near = [sql.shifted(column("start", "x"), sign, definition.within) for sign in (-1, 1)]
        first, last = (one.sql("duckdb") for one in near)
        rows = placed(rows, others(definition.of), f"o.start >= {first} AND o.start <= {last}")
    return rows


def placed(rows: exp.Query, other: Rows, holds: str) -> exp.Query:
    """The rows for which some occurrence of another event ``x`` holds. Where a date is not known
    on either side, nobody knows: not documented. Where the other never was, nothing is."""
    dated = "o.status = 'occurred' AND NOT o.start IS NULL"
    met = f"x.person = o.person AND x.status = 'occurred' AND NOT x.start IS NULL AND {holds}"
    vague = "x.person = o.person AND x.status <> 'not applicable' AND x.start IS NULL"
    known = "x.person = o.person AND x.status <> 'not applicable'"

    def exists(condition: str) -> str:
        some = sqlglot.select("1").from_(_named(other, "x")).where(condition)
        return f"EXISTS({some.sql('duckdb')})"

    def chosen(columns: list[str], condition: str) -> exp.Select:
        source = exp.Subquery(this=rows.copy(), alias="o")
        return sqlglot.select(*columns).from_(source).where(condition)

    nothing = [
        "o.person",
        "CAST(NULL AS DATE) AS start",
        'CAST(NULL AS DATE) AS "end"',
        "CAST(NULL AS DOUBLE) AS value",
        "'not documented' AS status",
        "FALSE AS undated",
    ]
    kept = [f"o.{name}" for name in _COLUMNS]
    return union_of(
        [
            # Two, and not one with OR: in that, Postgres looks through all of the other event's
            # occurrences for each of this one's.
            chosen(kept, f"{dated} AND {exists(met)}"),
            chosen(kept, "o.status = 'not applicable'"),
            chosen(nothing, f"{dated} AND NOT {exists(met)} AND {exists(vague)}"),
            chosen(
                nothing,
                f"o.status <> 'not applicable' AND NOT ({dated}) AND {exists(known)}",
            ),
        ]
    )


def _named(table: Rows, alias: str) -> exp.Table | exp.Subquery:
    if isinstance(table, exp.Table):
        return exp.to_table(table.name, alias=alias)
    return exp.Subquery(this=table.copy(), alias=alias)


def ends(other: Rows) -> exp.Query:
    """The last day of each occurrence of another event. One that lasts has not ended; where the
    records leave open when, or whether, it was, nobody knows: not documented."""
    occurred = "x.status = 'occurred' AND NOT x.start IS NULL"
    return (
        sqlglot.select(
            "x.person",
            f"CASE WHEN {occurred} THEN {last_day('x')} END AS start",
            'CAST(NULL AS DATE) AS "end"',
            f"CASE WHEN {occurred} THEN x.value END AS value",
            f"CASE WHEN {occurred} THEN 'occurred' WHEN x.status = 'not applicable' THEN x.status "
            "ELSE 'not documented' END AS status",
            "FALSE AS undated",
        )
        .from_(_named(other, "x"))
        .where(f"NOT ({occurred}) OR {last_day('x')} < CAST('{LASTS}' AS DATE)")
    )


def one_day(rows: exp.Query, which: str) -> exp.Select:
    """Of the days with an occurrence, the one alone: the first, the second, the last. What has no
    date stays as it is."""
    dated = "status = 'occurred' AND NOT start IS NULL"
    order = "DESC" if ORDINALS[which] < 0 else "ASC"
    ranked = sqlglot.select(
        "*",
        f"DENSE_RANK() OVER (PARTITION BY person, {dated} ORDER BY start {order}) AS place",
    ).from_(exp.Subquery(this=rows, alias="o"))
    return (
        sqlglot.select(*_COLUMNS)
        .from_(ranked.subquery("ranked"))
        .where(f"NOT ({dated}) OR place = {abs(ORDINALS[which])}")
    )


def is_plain(definition: Event) -> bool:
    """Whether every record of an event is an occurrence, and nothing else is."""
    made_of = (definition.gap, definition.with_, definition.during, definition.of)
    chosen = (definition.after, definition.which)
    return definition.recorded and all(one is None for one in (*made_of, *chosen))


def event_rows(study: Study, events: Sequence[str], table: str = "e") -> list[exp.Expression]:
    """The conditions on ``event AS e`` that pick the rows of events of the protocol."""
    code = column("code", table)
    conditions: list[exp.Expression] = [
        exp.EQ(this=column("domain", table), expression=text("event")),
        exp.In(this=code, expressions=[text(event) for event in events]),
    ]
    for event in events:
        wanted = study.events[event].value
        if wanted is None:
            continue
        others = [exp.NEQ(this=code.copy(), expression=text(event))] if events[1:] else []
        others.append(exp.NEQ(this=column("status", table), expression=text("occurred")))
        conditions.append(sql.either([*others, sql.compared(column("value", table), wanted)]))
    return conditions


def while_watched(study: Study, table: str = "e") -> exp.Expression:
    """The condition on ``event AS e`` and ``base AS b`` of a row that is looked at: where the
    records say until when a patient was watched, nothing later, but a death."""
    start, until = column("start", table), column("watched_until", "b")
    seen: list[exp.Expression] = [
        exp.Is(this=start, expression=exp.null()),
        exp.Is(this=until, expression=exp.null()),
        exp.LTE(this=start.copy(), expression=until.copy()),
    ]
    fatal = [text(name) for name in deaths(study)]
    seen += [exp.In(this=column("code", table), expressions=fatal)] if fatal else []
    return sql.either(seen)


def merged(rows: exp.Query, gap: Duration) -> exp.Query:
    """Occurrences no further apart than ``gap``, each from its start to its end, made one, with
    the last of their days as its end. Those without a date stay as they are."""
    order = 'PARTITION BY person ORDER BY start, "end"'
    reach = sqlglot.select(
        "*",
        f"MAX({_LAST_DAY}) OVER ({order} ROWS BETWEEN UNBOUNDED PRECEDING AND "
        "1 PRECEDING) AS reach",
    ).from_(exp.Subquery(this=rows, alias="r"))
    reach = reach.where("status = 'occurred' AND NOT start IS NULL")
    last = sql.shifted(column("reach"), 1, gap)
    breaks = sql.either(
        [
            exp.Is(this=column("reach"), expression=exp.null()),
            exp.GT(this=column("start"), expression=last),
        ]
    )
    begins = sql.case((breaks, number(1))).else_(number(0)).sql("duckdb")
    islands = sqlglot.select(
        "*", f"SUM({begins}) OVER ({order} ROWS UNBOUNDED PRECEDING) AS island"
    ).from_(reach.subquery("reached"))
    made = (
        sqlglot.select(
            "person",
            "MIN(start) AS start",
            f'MAX({_LAST_DAY}) AS "end"',
            exp.alias_(taken("first", ""), "value", quoted=True),
            "'occurred' AS status",
            "FALSE AS undated",
        )
        .from_(islands.subquery("islands"))
        .group_by("person", "island")
    )
    rest = sqlglot.select("*").from_(exp.Subquery(this=rows.copy(), alias="r"))
    return made.union(rest.where("status <> 'occurred' OR start IS NULL"), distinct=False)


def valued(rows: exp.Query, wanted: Comparison) -> exp.Select:
    """``rows`` without the occurrences whose value is not as wanted, or not known."""
    occurred = exp.EQ(this=column("status", "r"), expression=text("occurred"))
    is_wanted = sql.compared(column("value", "r"), wanted)
    return (
        sqlglot.select("*")
        .from_(exp.Subquery(this=rows, alias="r"))
        .where(sql.either([exp.Not(this=occurred), is_wanted]))
    )


def any_of(members: list[str]) -> exp.Query:
    """The occurrences of several events (tables). Together they are not applicable to a patient
    only where each of them is."""
    if len(members) == 1:
        return sqlglot.select("*").from_(members[0])
    applicable = "status <> 'not applicable'"
    rows = [sqlglot.select("*").from_(member).where(applicable) for member in members]
    without = union_of(
        [
            sqlglot.select("person").distinct().from_(member).where(f"NOT {applicable}")
            for member in members
        ]
    )
    none = (
        sqlglot.select(
            "person",
            "CAST(NULL AS DATE) AS start",
            'CAST(NULL AS DATE) AS "end"',
            "CAST(NULL AS DOUBLE) AS value",
            "'not applicable' AS status",
            "FALSE AS undated",
        )
        .from_(exp.Subquery(this=without, alias="w"))
        .group_by("person")
        .having(f"COUNT(*) = {len(members)}")
    )
    return union_of([*rows, none])


def later(rows: exp.Query, first: str) -> exp.Select:
    """Those later than the date in ``first``. Where that has no date but may have one, nobody
    knows whether a row is later; where it never was, nothing is."""
    dated = "NOT f.date IS NULL"
    kept = [
        f"CASE WHEN {dated} THEN o.{name} END AS {name}" for name in ("start", '"end"', "value")
    ]
    unsure = f"CASE WHEN {dated} OR o.status = 'not applicable' THEN o.status"
    return (
        sqlglot.select("o.person", *kept, f"{unsure} ELSE 'not documented' END AS status")
        .select("o.undated")
        .from_(exp.Subquery(this=rows, alias="o"))
        .join(exp.to_table(first).as_("f"), using="person", join_type="left")
        .where(
            f"({dated} AND (o.start IS NULL OR o.start > f.date)) OR "
            "(f.date IS NULL AND (o.status = 'not applicable' OR f.doubt))"
        )
    )


def days_taken(table: str, within: Duration) -> exp.Select:
    """Of each patient of ``base``: on how many days after day 0 and up to the horizon, before
    death, an occurrence in ``table`` was going on; and the occurrences without a date."""
    index = column("index_date", "b")
    horizon = sql.shifted(index, 1, within).sql("duckdb")
    last = f"LEAST({horizon}, COALESCE(b.death_date - 1, {horizon}))"
    dated = "o.status = 'occurred' AND NOT o.start IS NULL"
    vague = "o.status <> 'not applicable' AND o.start IS NULL"
    cut = sqlglot.select(
        "o.person",
        f"CASE WHEN {vague} THEN 1 ELSE 0 END AS vague",
        f"CASE WHEN {dated} THEN GREATEST(o.start, b.index_date + 1) END AS first",
        f"CASE WHEN {dated} THEN LEAST({last_day('o')}, {last}) END AS last",
    ).from_(f"{table} AS o")
    cut = cut.join("base AS b", using="person")
    order = "PARTITION BY person ORDER BY first, last"
    reached = sqlglot.select(
        "*",
        f"MAX(CASE WHEN last >= first THEN last END) OVER ({order} ROWS BETWEEN UNBOUNDED "
        "PRECEDING AND 1 PRECEDING) AS reach",
    ).from_(cut.subquery("cut"))
    first, end, reach = column("first"), column("last"), column("reach")
    begins = sql.either(
        [exp.Is(this=reach, expression=exp.null()), exp.GT(this=first, expression=reach.copy())]
    )
    whole = exp.Add(this=sql.days_between(first.copy(), end), expression=number(1))
    days = sql.case(
        (exp.LT(this=end.copy(), expression=first.copy()), number(0)),
        (begins, whole),
        (
            exp.GT(this=end.copy(), expression=reach.copy()),
            sql.days_between(reach.copy(), end.copy()),
        ),
    ).else_(number(0))
    known = sql.is_known(column("first"))
    counted = exp.Sum(this=sql.case((known, days)).else_(number(0)))
    return (
        sqlglot.select("person", exp.alias_(counted, "taken"), "SUM(vague) AS doubt")
        .from_(reached.subquery("reached"))
        .group_by("person")
    )


def taken(which: str, table: str = "o") -> exp.Expression:
    """The aggregate that takes one value of several: of those on one day, the lowest."""
    value, start = column("value", table), column("start", table)
    key = exp.Tuple(expressions=[start, value.copy()])
    backward = exp.Tuple(expressions=[start.copy(), exp.Neg(this=value.copy())])
    ways: dict[str, exp.Expression] = {
        "first": exp.ArgMin(this=value, expression=key),
        "last": exp.ArgMax(this=value.copy(), expression=backward),
        "lowest": exp.Min(this=value.copy()),
        "highest": exp.Max(this=value.copy()),
        "total": exp.Sum(this=value.copy()),
        "mean": exp.Avg(this=value.copy()),
    }
    return ways[which]


def union_of(rows: list[exp.Query]) -> exp.Query:
    query = rows[0]
    for more in rows[1:]:
        query = query.union(more, distinct=False)
    return query
