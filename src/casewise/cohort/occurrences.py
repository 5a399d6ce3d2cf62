"""What counts as an occurrence of an event: SQL over rows of person, start, end, value, status
and whether the site answers with yes or no alone (``undated``)."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from casewise.cohort import sql
from casewise.cohort.sql import column, number, text
from casewise.protocol.comparison import Comparison
from casewise.protocol.model import Study
from casewise.protocol.time import Duration

# Of an occurrence; an end before its start is none.
_LAST_DAY = 'GREATEST(start, COALESCE("end", start))'


def event_rows(study: Study, event: str) -> list[exp.Expression]:
    """The conditions on ``event AS e`` that pick the rows of an event of the protocol."""
    conditions: list[exp.Expression] = [
        exp.EQ(this=column("domain", "e"), expression=text("event")),
        exp.EQ(this=column("code", "e"), expression=text(event)),
    ]
    wanted = study.events[event].value
    if wanted is not None:
        occurred = exp.EQ(this=column("status", "e"), expression=text("occurred"))
        is_wanted = sql.compared(column("value", "e"), wanted)
        conditions.append(sql.either([exp.Not(this=occurred), is_wanted]))
    return conditions


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
        "mean": exp.Avg(this=value.copy()),
    }
    return ways[which]


def union_of(rows: list[exp.Query]) -> exp.Query:
    query = rows[0]
    for more in rows[1:]:
        query = query.union(more, distinct=False)
    return query
