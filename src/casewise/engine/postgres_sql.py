"""DuckDB's SQL as Postgres understands it: sqlglot's translation, and where that is wrong."""

from __future__ import annotations

from typing import Any

from sqlglot import exp
from sqlglot.dialects.postgres import Postgres

# Postgres has no TRY_CAST. These stand in pg_temp, and are gone with the connection. The pattern is
# what DuckDB reads: Postgres by itself would take "yesterday" for a date.
TRY_CASTS = {
    "DATE": ("date", r"^\s*\d{4}-\d{1,2}-\d{1,2}([ T].*)?$"),
    "BIGINT": ("bigint", r"^\s*[+-]?\d+\s*$"),
    "DOUBLE": ("double precision", r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"),
}


def written(statement: exp.Expression) -> str:
    for inner in statement.find_all(exp.Subquery):
        if isinstance(inner.parent, exp.From | exp.Join) and not inner.alias:
            inner.set("alias", exp.TableAlias(this=exp.to_identifier("inner_rows")))
    return statement.sql(dialect=CasewisePostgres)


def functions() -> list[str]:
    """What makes the functions that Postgres lacks, for this connection alone."""
    return [*_try_casts(), *_cases()]


def _try_casts() -> list[str]:
    return [
        f"CREATE FUNCTION pg_temp.try_{name.lower()}(given text) RETURNS {kind} "
        "LANGUAGE plpgsql STABLE AS $f$ BEGIN "
        f"IF given ~ '{pattern}' THEN RETURN CAST(given AS {kind}); END IF; RETURN NULL; "
        "EXCEPTION WHEN data_exception THEN RETURN NULL; END $f$"
        for name, (kind, pattern) in TRY_CASTS.items()
    ]


def _cases() -> list[str]:
    """UPPER and LOWER of every alphabet, as on every other engine, whatever the language of the
    database is. The letters of ASCII, nearly all there are, take the shorter way."""
    return [
        f"""DO $f$ BEGIN EXECUTE format('CREATE FUNCTION pg_temp.{name}_of(given text) RETURNS text
        LANGUAGE sql IMMUTABLE AS $g$ SELECT CASE WHEN octet_length(given) = length(given)
        THEN {name}(given COLLATE "C") ELSE {name}(given COLLATE %I) COLLATE "C" END $g$',
        CASE WHEN getdatabaseencoding() = 'UTF8'
        AND EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu')
        THEN 'und-x-icu' ELSE 'default' END); END $f$"""
        for name in ("upper", "lower")
    ]


def _first_by(self: Any, picked: exp.Expression, wanted: str = "") -> str:
    """ARG_MIN and ARG_MAX, of the values and keys that are known. Of a tuple all are: what is not
    known in it is greater than all that is."""
    value, key = picked.this, picked.expression
    keys = key.expressions if isinstance(key, exp.Tuple) else [key]
    way = "DESC NULLS FIRST" if isinstance(picked, exp.ArgMax) else "NULLS LAST"
    order = ", ".join(f"{self.sql(one)} {way}" for one in keys)
    known = f"{self.sql(value)} IS NOT NULL{wanted}"
    if not isinstance(key, exp.Tuple):
        known += f" AND {self.sql(key)} IS NOT NULL"
    return f"(ARRAY_AGG({self.sql(value)} ORDER BY {order}) FILTER(WHERE {known}))[1]"


def _filter(self: Any, filtered: exp.Filter) -> str:
    if isinstance(filtered.this, exp.ArgMin | exp.ArgMax):
        wanted = f" AND ({self.sql(filtered.expression.this)})"
        return _first_by(self, filtered.this, wanted)
    return str(self.filter_sql(filtered))


def _cast(self: Any, cast: exp.Cast) -> str:
    """Text is ordered by its bytes, as every other engine does it, whatever the database's
    language is."""
    written = str(self.cast_sql(cast))
    is_text = cast.to.this in (exp.DataType.Type.VARCHAR, exp.DataType.Type.TEXT)
    return f'({written} COLLATE "C")' if is_text else written


def _try_cast(self: Any, cast: exp.TryCast) -> str:
    kind = cast.to.sql("duckdb")
    return f"pg_temp.try_{kind.lower()}(CAST({self.sql(cast.this)} AS TEXT))"


def _upper(self: Any, given: exp.Upper) -> str:
    return f"pg_temp.upper_of({self.sql(given.this)})"


def _lower(self: Any, given: exp.Lower) -> str:
    return f"pg_temp.lower_of({self.sql(given.this)})"


def _make_date(self: Any, made: exp.DateFromParts) -> str:
    return str(self.func("MAKE_DATE", made.args["year"], made.args["month"], made.args["day"]))


class CasewisePostgres(Postgres):
    class Generator(Postgres.Generator):  # type: ignore[misc, valid-type]
        TRANSFORMS = {  # noqa: RUF012 - sqlglot's own way
            **Postgres.Generator.TRANSFORMS,
            exp.ArgMin: _first_by,
            exp.ArgMax: _first_by,
            exp.Filter: _filter,
            exp.Cast: _cast,
            exp.TryCast: _try_cast,
            exp.Upper: _upper,
            exp.Lower: _lower,
            exp.DateFromParts: _make_date,
        }
