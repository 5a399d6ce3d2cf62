"""A cluster that has nobody to do the work: Spark by itself waits for ever."""

from __future__ import annotations

import threading
import time
import uuid
from contextlib import suppress

from py4j.protocol import Py4JError
from pyspark import SparkContext

TIMEOUT = "5min"  # what spark.casewise.executorTimeout says where it is not set
SIGN = "CASEWISE_NO_EXECUTOR"
_TIMEOUT = "spark.casewise.executorTimeout"
_GROUP = "spark.jobGroup.id"


class Watch:
    """Cancels the jobs of the thread that makes it, with ``SIGN`` in the reason, when they have
    waited ``timeout`` seconds without one executor. Jobs of others are left alone."""

    def __init__(self, context: SparkContext) -> None:
        self._context, self._group = context, f"casewise {uuid.uuid4()}"
        said = context.getConf().get(_TIMEOUT, TIMEOUT)
        assert context._jvm is not None
        seconds = context._jvm.org.apache.spark.network.util.JavaUtils.timeStringAsSec(said)
        self.timeout, self._ended = int(seconds), threading.Event()
        self._before = context.getLocalProperty(_GROUP)
        context.setJobGroup(self._group, "Casewise")
        if not str(context.master).startswith("local"):  # there the driver does the work
            threading.Thread(target=self._look, name="casewise-spark", daemon=True).start()

    def close(self) -> None:
        self._ended.set()
        if self._context._jsc is None:  # Spark has ended
            return
        with suppress(Py4JError, OSError):
            self._context.setLocalProperty(_GROUP, self._before)  # type: ignore[arg-type]

    def _look(self) -> None:
        since = time.monotonic()
        with suppress(Exception):  # Spark has ended, which whoever asks it will be told
            while not self._ended.wait(1):
                waiting = self._context.statusTracker().getActiveJobsIds()
                if not waiting or self._executors():
                    since = time.monotonic()
                elif time.monotonic() - since > self.timeout:
                    self._context._jsc.sc().cancelJobGroup(self._group, SIGN)
                    since = time.monotonic()

    def _executors(self) -> int:
        """Those that there are now; the driver is one of the list."""
        return int(self._context._jsc.sc().getExecutorMemoryStatus().size()) - 1
