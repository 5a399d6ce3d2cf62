"""What a person is told of a failure on the executors; no cluster is started."""

from __future__ import annotations

import pytest

from casewise.engine import EngineError


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "[UNABLE_TO_ACQUIRE_MEMORY] Unable to acquire 76 bytes of memory, got 0.",
            "Spark stopped: the executors have too little memory",
        ),
        (
            "Exception thrown in awaitResult:\n\tat org.apache.spark\nCaused by: "
            "[CHECKPOINT_RDD_BLOCK_ID_NOT_FOUND] Checkpoint block rdd_1_0 not found!",
            "Spark stopped: an executor was lost",
        ),
        (
            "Job aborted due to stage failure: java.io.IOException: No space left on device",
            r"Spark stopped: a disk that Spark writes to \(spark\.local\.dir\) is full",
        ),
        ("Something else\nat length", "Spark stopped: Something else$"),
    ],
)
def test_a_failure_is_told_by_what_it_means(said: str, told: str) -> None:
    errors = pytest.importorskip("pyspark.errors", reason="no pyspark here")
    from casewise.engine.spark import _told

    with pytest.raises(EngineError, match=told), _told("Spark stopped"):
        raise errors.PySparkException(said)
