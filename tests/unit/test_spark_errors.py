"""What a person is told of a failure on the executors; no cluster is started."""

from __future__ import annotations

import pytest

from casewise.engine import EngineError


def test_too_little_memory_is_told_with_what_helps() -> None:
    errors = pytest.importorskip("pyspark.errors", reason="no pyspark here")
    from casewise.engine.spark import _told

    said = "[UNABLE_TO_ACQUIRE_MEMORY] Unable to acquire 76 bytes of memory, got 0."
    with pytest.raises(EngineError, match=r"spark\.buffer\.pageSize"), _told("the cluster stopped"):
        raise errors.PySparkException(said)
