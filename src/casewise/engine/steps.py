"""A statement's named parts as steps of their own.

A long chain of WITH is what breaks a warehouse: it plans the whole at once, from guesses, or reads
a part again for each that reads it. A server gets such a part as a scratch table by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import sqlglot
from sqlglot import exp

Keep = Callable[[str, exp.Expression], str]

_WORK = (exp.Join, exp.Group, exp.Window, exp.SetOperation, exp.Distinct)


def parsed(sql: str) -> exp.Expression:
    """DuckDB's SQL as a tree, without what only DuckDB takes."""
    tree = cast(exp.Expression, sqlglot.parse_one(sql, read="duckdb"))
    for one in tree.find_all(exp.In):
        if not (one.expressions or one.args.get("query")):
            one.replace(exp.false())
    return tree


def stepwise(statement: exp.Expression, keep: Keep, *, each_work: bool = True) -> exp.Expression:
    """``statement`` without the parts of its WITH that are read more than once, nor, with
    ``each_work``, those that join, group or sort: they have gone through ``keep``, which makes a
    table of each and answers with its name."""
    found = statement.args.get("with_") or statement.args.get("with")
    if found is None:
        return statement
    kept: dict[str, str] = {}
    written: list[exp.CTE] = []
    for part in found.expressions:
        body = part.this
        _rename(body, kept)
        if (each_work and _works(body)) or _reads(statement, part.alias) > 1:
            kept[part.alias] = keep(part.alias, _within(body, written))
        else:
            written.append(part)
    found.pop()
    _rename(statement, kept)
    return _within(statement, written)


def _works(body: exp.Expression) -> bool:
    return next(body.find_all(*_WORK), None) is not None


def _reads(statement: exp.Expression, name: str) -> int:
    """How often, in the statement and in its parts."""
    return sum(table.name == name and not table.db for table in statement.find_all(exp.Table))


def _rename(tree: exp.Expression, kept: dict[str, str]) -> None:
    """Read the kept tables, under the names that their columns go by."""
    for table in list(tree.find_all(exp.Table)):
        if not table.db and table.name in kept:
            if not table.alias:
                table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name, quoted=True)))
            table.set("this", exp.to_identifier(kept[table.name], quoted=True))


def _within(body: exp.Expression, written: list[exp.CTE]) -> exp.Expression:
    """``body`` with those parts before it that it reads and that no table was made of."""
    wanted: list[exp.CTE] = []

    def need(tree: exp.Expression) -> None:
        for table in tree.find_all(exp.Table):
            for part in written:
                if part.alias == table.name and not table.db and part not in wanted:
                    need(part.this)
                    wanted.append(part)

    need(body)
    if not wanted:
        return body
    assert isinstance(body, exp.Query)
    body = body.copy()
    for part in wanted:
        body = body.with_(part.alias, as_=part.this.copy(), copy=False)
    return body
