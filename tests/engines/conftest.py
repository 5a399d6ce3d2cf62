"""Real servers, started once for all tests that ask for them, and always stopped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import postgres_support


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgres_support.Server]:
    bin_ = postgres_support.skip_without_postgres()
    with postgres_support.running(bin_) as server:
        yield server
