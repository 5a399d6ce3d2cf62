"""Real servers, started once for all tests that ask for them, and always stopped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import postgres_support
import spark_support


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgres_support.Server]:
    bin_ = postgres_support.skip_without_postgres()
    with postgres_support.running(bin_) as server:
        yield server


@pytest.fixture(scope="session")
def spark() -> Iterator[spark_support.Cluster]:
    spark_support.skip_without_spark()
    with spark_support.running() as cluster:
        yield cluster


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All that need Spark to one process: a cluster for each would take all memory and time."""
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()) or "[spark" in item.name:
            item.add_marker(pytest.mark.xdist_group("spark"))
