"""DuckDB's SQL as Spark understands it: sqlglot's translation, and where that is wrong."""

from __future__ import annotations

from typing import Any

from sqlglot import exp
from sqlglot.dialects.spark import Spark


def written(statement: exp.Expression) -> str:
    return statement.sql(dialect=CasewiseSpark)


def _first_by(self: Any, picked: exp.Expression, wanted: str = "") -> str:
    """ARG_MIN and ARG_MAX, of the values that are known: MIN_BY would answer with an unknown. What
    is not known in a tuple is greater than all that is."""
    key = self.sql(picked.expression)
    if isinstance(picked.expression, exp.Tuple):
        each = (self.sql(one) for one in picked.expression.expressions)
        key = f"STRUCT({', '.join(f'{one} IS NULL, {one}' for one in each)})"
    name = "MAX_BY" if isinstance(picked, exp.ArgMax) else "MIN_BY"
    value = self.sql(picked.this)
    return f"{name}({value}, {key}) FILTER(WHERE {value} IS NOT NULL{wanted})"


def _filter(self: Any, filtered: exp.Filter) -> str:
    if isinstance(filtered.this, exp.ArgMin | exp.ArgMax):
        wanted = f" AND ({self.sql(filtered.expression.this)})"
        return _first_by(self, filtered.this, wanted)
    return str(self.filter_sql(filtered))


class CasewiseSpark(Spark):
    class Generator(Spark.Generator):  # type: ignore[misc, valid-type]
        TRANSFORMS = {  # noqa: RUF012 - sqlglot's own way
            **Spark.Generator.TRANSFORMS,
            exp.ArgMin: _first_by,
            exp.ArgMax: _first_by,
            exp.Filter: _filter,
        }
