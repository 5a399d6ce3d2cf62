"""The covariates that the records answer themselves: which row counts, and one row a patient."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from casewise.cohort import sql
from casewise.cohort.sql import column, number, text
from casewise.protocol.model import Study
from casewise.protocol.resolve import covariate_type, covariate_window
from casewise.protocol.time import Window


def covariate_rows(study: Study, covariates: list[str], anchors: dict[str, str]) -> exp.Select:
    """Each covariate's rows in its window, numbered from the one to take on: ``nth``."""
    by_window: dict[Window, list[str]] = {}
    for name in covariates:
        by_window.setdefault(covariate_window(study, name), []).append(name)
    start = column("start", "e")
    wanted = [
        sql.every(
            [
                _is_one_of(names),
                sql.either(
                    [
                        exp.Is(this=start, expression=exp.null()),
                        sql.inside(start, window, "b", anchors),
                    ]
                ),
            ]
        )
        for window, names in by_window.items()
    ]
    return (
        sqlglot.select(
            *(column(name, "e") for name in ("person", "code", "value", "text", "status")),
            exp.alias_(_place(study, covariates), "nth"),
        )
        .from_("event AS e")
        .join("anchored AS b", using="person")
        .where(exp.EQ(this=column("domain", "e"), expression=text("covariate")))
        .where(sql.either(wanted))
    )


def _place(study: Study, covariates: list[str]) -> exp.Expression:
    """The place of a covariate's row among the patient's: a known value before an unknown one
    (and that before one that does not apply), then as the covariate's ``take`` says, the latest
    where it says nothing; of several on one day, the lowest."""
    start, value = column("start", "e"), column("value", "e")
    status = column("status", "e")
    occurred = exp.EQ(this=status, expression=text("occurred"))
    said = sql.either([sql.is_known(value), sql.is_known(column("text", "e"))])
    known = sql.every([occurred, said])
    inapplicable = exp.EQ(this=status.copy(), expression=text("not applicable"))
    keys = {
        "first": sql.days_between(sql.date("1900-01-01"), start),
        "lowest": value,
        "highest": exp.Neg(this=value.copy()),
    }
    branches = []
    for take, key in keys.items():
        names = [n for n in covariates if study.baseline[n].take == take]
        if names:
            branches.append((_is_one_of(names), key))
    order = [
        exp.Ordered(this=sql.case((known, number(0)), (inapplicable, number(2))).else_(number(1)))
    ]
    if branches:
        order.append(exp.Ordered(this=sql.case(*branches), nulls_first=False))
    order.append(exp.Ordered(this=start.copy(), desc=True, nulls_first=False))
    for name in ("value", "text"):
        order.append(exp.Ordered(this=column(name, "e"), nulls_first=False))
    return exp.Window(
        this=exp.RowNumber(),
        partition_by=[column("person", "e"), column("code", "e")],
        order=exp.Order(expressions=order),
    )


def one_row_each(study: Study, stems: dict[str, str]) -> exp.Select:
    """One row a patient: of each covariate its value and status, named by its stem. An aggregate of
    a CASE is several times faster than one with a FILTER, which DuckDB evaluates as a selection of
    its own for each of some hundred columns."""
    means = [n for n in stems if study.baseline[n].take == "mean"]
    pivot = sqlglot.select("person").from_("covariate_rows").group_by("person")
    if not means:
        pivot = pivot.where("nth = 1")

    def picked(column_: str, condition: exp.Expression) -> exp.Expression:
        return sql.case((condition.copy(), column(column_)))

    for name, stem in stems.items():
        kind = "value" if covariate_type(study, name) == "number" else "text"
        mine = exp.EQ(this=column("code"), expression=text(name))
        nth = exp.EQ(this=column("nth"), expression=number(1))
        first = sql.every([mine, nth]) if means else mine
        chosen: exp.Expression = exp.Max(this=picked(kind, first))
        if name in means:
            chosen = exp.Avg(this=picked("value", mine))
        status = exp.Max(this=picked("status", first))
        pivot = pivot.select(
            exp.alias_(chosen, stem, quoted=True),
            exp.alias_(status, f"{stem}_status", quoted=True),
        )
    return pivot


def _is_one_of(covariates: list[str]) -> exp.Expression:
    return exp.In(this=column("code", "e"), expressions=[text(name) for name in covariates])
