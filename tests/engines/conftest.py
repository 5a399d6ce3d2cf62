"""Real servers, started once for all tests that ask for them, and always stopped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import postgres_support
import spark_support
from small_review import Place


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


@pytest.fixture(params=["file", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where a review can be made: a file, or an empty database on a real server."""
    if request.param == "file":
        return tmp_path / "review.db"
    return postgres_support.empty_database(request.getfixturevalue("postgres"))


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All that need Spark to one process: a cluster for each would take all memory and time."""
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()) or "[spark" in item.name:
            item.add_marker(pytest.mark.xdist_group("spark"))
