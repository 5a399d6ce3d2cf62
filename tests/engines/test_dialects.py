"""What sqlglot says otherwise than DuckDB means, asked of real servers."""

from __future__ import annotations

from contextlib import closing

import pytest

from casewise.engine.address import address
from casewise.engine.duckdb import DuckDB
from casewise.records.places import server_at
from casewise.records.sql_text import rows_of

# Unknown values and keys, and a group in which each row has one of them.
ROWS = """(VALUES (1, 10, 5), (1, 20, CAST(NULL AS INTEGER)), (1, NULL, 9), (1, 30, 7), (1, 40, 3),
    (2, 10, NULL), (2, NULL, 1)) AS t(g, v, k)"""
PICKED = f"""SELECT g, ARG_MAX(v, k) AS last, ARG_MIN(v, k) AS first,
    ARG_MAX(v, k) FILTER (WHERE v < 30) AS small, ARG_MIN(v, (k, v)) AS least,
    ARG_MAX(v, (k, v)) AS most
    FROM {ROWS} GROUP BY g ORDER BY g"""


@pytest.mark.parametrize("name", ["postgres", "spark"])
def test_the_value_of_the_greatest_key_is_of_the_keys_that_are_known(
    request: pytest.FixtureRequest, name: str
) -> None:
    server = request.getfixturevalue(name)
    if name == "spark":
        assert server.session is not None
    with closing(DuckDB()) as here, closing(server_at(address(server.address), "UTC")) as there:
        found = rows_of(there, PICKED)
        assert found == rows_of(here, PICKED)
    assert [row["last"] for row in found] == [30, None]
