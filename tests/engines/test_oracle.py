"""Postgres and Spark say of every patient what the plain-Python interpreter says.

``CASEWISE_DRAWS=500 pytest tests/engines/test_oracle.py`` draws more than the few of every run,
``CASEWISE_SPARK_DRAWS=50`` more on Spark, where each takes seconds.
"""

from __future__ import annotations

import os
from contextlib import closing

from hypothesis import HealthCheck, Phase, given, settings

from casewise.engine.address import address
from casewise.protocol.model import Study
from oracle import Rows
from oracle.agreement import agree
from oracle.drawn import protocols, records
from oracle.loading import loaded
from postgres_support import Server
from spark_support import Cluster

DRAWS = int(os.environ.get("CASEWISE_DRAWS", "25"))
SPARK_DRAWS = int(os.environ.get("CASEWISE_SPARK_DRAWS", "3"))  # each takes seconds
drawing = settings(
    derandomize=True,
    phases=[Phase.generate, *([Phase.shrink] if "CASEWISE_DRAWS" in os.environ else [])],
    deadline=None,
    database=None,
    suppress_health_check=[
        *(HealthCheck.too_slow, HealthCheck.data_too_large),
        HealthCheck.function_scoped_fixture,
    ],
)


@settings(drawing, max_examples=DRAWS)
@given(protocols(), records())
def test_postgres_says_what_the_protocol_means(postgres: Server, study: Study, rows: Rows) -> None:
    from casewise.engine.postgres import Postgres

    with closing(Postgres(address(postgres.address))) as engine:
        agree(study, rows, loaded(rows, engine))


@settings(drawing, max_examples=SPARK_DRAWS)
@given(protocols(), records())
def test_spark_says_what_the_protocol_means(spark: Cluster, study: Study, rows: Rows) -> None:
    from casewise.engine.spark import Spark

    assert spark.session is not None
    with closing(Spark(address(spark.address))) as engine:
        agree(study, rows, loaded(rows, engine))
