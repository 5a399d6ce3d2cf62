"""Spark: the study's SQL is run by a cluster, on tables of its catalog.

Nothing is written to the catalog. What is made for the study are temporary views of a session of
its own; rows that are kept are kept by the executors, in memory or on their disks, and are let go
when the session is closed, and by Spark itself when the program ends in any other way.
"""

from __future__ import annotations

import itertools
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray
from py4j.protocol import Py4JError, Py4JNetworkError
from pyspark import SparkContext, StorageLevel
from pyspark.errors import AnalysisException, ParseException, PySparkException
from pyspark.sql import DataFrame, SparkSession
from sqlglot import exp

from casewise.engine.address import Address
from casewise.engine.base import Columns, EngineError
from casewise.engine.spark_sql import written
from casewise.engine.spark_watch import SIGN, TIMEOUT, Watch
from casewise.engine.steps import parsed, stepwise

_CONNECT_SECONDS = 10
_STOPPED = "Spark stopped"
_LEVEL = StorageLevel.MEMORY_AND_DISK
_KINDS = {
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "timestamp_ntz": "TIMESTAMP",
}
_LOADED = {"VARCHAR": "STRING"}
# By what stands anywhere in a failure, for Spark wraps one in another.
_MEANINGS = {
    "UNABLE_TO_ACQUIRE_MEMORY": "the executors have too little memory for so many joins at once; "
    "more spark.executor.memory or a smaller spark.buffer.pageSize (1m) helps",
    "CHECKPOINT_RDD_BLOCK_ID_NOT_FOUND": "an executor was lost, and with it the rows that it kept",
    SIGN: "no executor did any of the work for as long as spark.casewise.executorTimeout says "
    f"({TIMEOUT} where it is not set): the cluster has no worker, or none with room for one",
    "No space left on device": "a disk that Spark writes to (spark.local.dir) is full",
}


class Spark:
    """One session. Not for sharing between threads. The day of a timestamp (but not of a
    timestamp_ntz, which has no time zone) is the one it is in ``zone``."""

    dialect = "spark"

    def __init__(self, where: Address, zone: str = "UTC") -> None:
        self._numbers = itertools.count(1)
        self._kept: dict[str, list[DataFrame]] = {}
        running = SparkSession.getActiveSession()
        self._ours = running is None
        with _told("cannot be opened"):
            whole = _started(where) if running is None else _of(running, _master(where))
            self._session: SparkSession | None = whole.newSession()
            # A value that cannot be is an error, as on the other engines, and not a silent null.
            self._session.conf.set("spark.sql.ansi.enabled", "true")
            self._session.conf.set("spark.sql.session.timeZone", zone)
            self._watch = Watch(whole.sparkContext)

    # -- what every engine does -----------------------------------------------------------------

    def query(self, sql: str) -> Columns:
        with self._steps(sql) as statement, _told(_STOPPED):
            return _columns(self._spark.sql(written(statement)))

    def view(self, name: str, select: str) -> None:
        with _told(_STOPPED):
            self._name(name, [self._spark.sql(written(parsed(select)))])

    def table(self, name: str, select: str) -> None:
        statement = self._stepwise(select)
        with _told(_STOPPED):
            self._name(name, [self._rows(statement)])

    def append(self, name: str, select: str) -> None:
        statement = self._stepwise(select)
        with _told(_STOPPED):
            self._name(name, [*self._kept.pop(name), self._rows(statement)])

    def by(self, name: str, column: str) -> None:
        """Rows in memory are passed over as fast as they are found by anything."""

    def load(
        self, name: str, columns: Mapping[str, NDArray[Any]], types: Mapping[str, str]
    ) -> None:
        import pyarrow as pa

        table = pa.table({one: pa.array(_python(values)) for one, values in columns.items()})
        casts = [
            f"CAST(`{one}` AS {_LOADED.get(types[one], types[one])}) AS `{one}`" for one in columns
        ]
        with _told(_STOPPED):
            self._name(name, [self._spark.createDataFrame(table).selectExpr(*casts)])

    def close(self) -> None:
        session, self._session = self._session, None
        self._watch.close()
        if session is None or _ended(session):
            return
        with suppress(Py4JError, PySparkException, OSError):
            for frame in itertools.chain(*self._kept.values()):
                _let_go(frame)
            for name in self._kept:
                session.catalog.dropTempView(name)
        with suppress(Py4JError, PySparkException, OSError):
            if self._ours:
                session.stop()

    # -- the tables that are there --------------------------------------------------------------

    def schemas(self) -> list[str]:
        with _told(_STOPPED):
            return sorted(row[0] for row in self._spark.sql("SHOW SCHEMAS").collect())

    def tables(self, schema: str) -> list[str]:
        try:
            with _told(_STOPPED):
                rows = self._spark.sql(f"SHOW TABLES IN {_quoted(schema)}").collect()
        except AnalysisException as error:
            raise EngineError(
                f"the tables of {schema} cannot be listed: {_first_line(error)}"
            ) from error
        return sorted(row["tableName"] for row in rows if not row["isTemporary"])

    def columns(self, schema: str, table: str) -> list[tuple[str, str]]:
        with _told(_STOPPED):
            frame = self._spark.table(f"{_quoted(schema)}.{_quoted(table)}")
            return [(name, _kind(kind)) for name, kind in frame.dtypes]

    def relation(self, schema: str, table: str) -> str:
        parts = [*schema.split("."), table]
        return ".".join(exp.to_identifier(part, quoted=True).sql("duckdb") for part in parts)

    # -- how ------------------------------------------------------------------------------------

    @property
    def _spark(self) -> SparkSession:
        assert self._session is not None, "closed"
        if _ended(self._session):
            raise EngineError(f"{_STOPPED}: its session was ended by another part of this program")
        return self._session

    @contextmanager
    def _steps(self, sql: str) -> Iterator[exp.Expression]:
        """The statement after its steps, which are let go when it has been answered."""
        before = set(self._kept)
        try:
            yield self._stepwise(sql)
        finally:
            for name in self._kept.keys() - before:
                for frame in self._kept.pop(name):
                    with suppress(Py4JError, PySparkException):
                        _let_go(frame)
                        self._spark.catalog.dropTempView(name)

    def _stepwise(self, sql: str) -> exp.Expression:
        """Spark plans by what it finds while it runs; each step is a job, and costs that of one."""
        return stepwise(parsed(sql), self._keep, each_work=False)

    def _keep(self, part: str, body: exp.Expression) -> str:
        name = f"step_{next(self._numbers)}_{part}"
        with _told(_STOPPED):
            self._name(name, [self._rows(body)])
        return name

    def _rows(self, statement: exp.Expression) -> DataFrame:
        """The rows themselves, not the way to them: a plan that holds all earlier plans grows with
        each step until no driver can hold it."""
        frame: DataFrame = self._spark.sql(written(statement))
        return frame.localCheckpoint(storageLevel=_LEVEL)

    def _name(self, name: str, frames: list[DataFrame]) -> None:
        """Rows under a name; those of an earlier table of this name stay for what reads them."""
        whole = frames[0]
        for frame in frames[1:]:
            whole = whole.unionAll(frame)
        whole.createOrReplaceTempView(name)
        earlier = self._kept.pop(name, None)
        if earlier is not None:
            self._kept[f"{name} before {next(self._numbers)}"] = earlier
        self._kept[name] = frames


def _ended(session: SparkSession) -> bool:
    return session.sparkContext._jsc is None


def _let_go(frame: DataFrame) -> None:
    """The executors' copy of the rows; a checkpoint is no cache that ``unpersist`` knows."""
    plan = frame._jdf.queryExecution().analyzed()
    if plan.getClass().getSimpleName() == "LogicalRDD":
        plan.rdd().unpersist(False)


def _started(where: Address) -> SparkSession:
    """A session of the master at ``where``; ``spark:///`` is what Spark's configuration names."""
    master = _master(where)
    builder = SparkSession.builder.appName("casewise")
    builder = builder.config("spark.ui.showConsoleProgress", "false")
    if master:
        for one in master.removeprefix("spark://").split(","):
            _reached(one)
        builder = builder.master(master)
    with _held():
        SparkContext._ensure_initialized()  # starts the Java process
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


@contextmanager
def _held() -> Iterator[None]:
    """Ctrl-C, or a scheduler's SIGTERM, is answered when this is done: a Java process that is just
    being started would otherwise never end."""
    came: list[int] = []
    before = {}
    with suppress(ValueError):  # outside the main thread nobody may say what a signal does
        for one in (signal.SIGINT, signal.SIGTERM):
            before[one] = signal.signal(one, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler or signal.SIG_DFL)
    if came:
        signal.raise_signal(came[0])


def _master(where: Address) -> str:
    hosts = where.url.partition("://")[2].strip("/")
    return f"spark://{hosts}" if hosts else ""


def _of(running: SparkSession, master: str) -> SparkSession:
    """A program has one Spark, whoever started it."""
    if master and running.sparkContext.master != master:
        there = running.sparkContext.master
        raise EngineError(f"this program already runs Spark on {there}, and cannot on {master}")
    return running


def _reached(master: str) -> None:
    """Spark itself tries for a minute before it says that nobody is there."""
    host, _, port = master.rpartition(":")
    try:
        if not port.isdigit():
            raise OSError("an address is spark://HOST:PORT")
        socket.create_connection((host, int(port)), _CONNECT_SECONDS).close()
    except OSError as error:
        reason = error.strerror or str(error)
        raise EngineError(f"no Spark master answers at {master}: {reason}") from None


@contextmanager
def _told(what: str) -> Iterator[None]:
    """A failure of the cluster as one that a user is told of, by its first line."""
    try:
        yield
    except (AnalysisException, ParseException):
        raise  # a defect of ours
    except (PySparkException, Py4JError, Py4JNetworkError, ConnectionError) as error:
        whole = str(error)
        meant = next((said for sign, said in _MEANINGS.items() if sign in whole), "")
        raise EngineError(f"{what}: {meant or _first_line(error)}") from error


def _first_line(error: Exception) -> str:
    java = getattr(error, "java_exception", None)
    text = str(java) if java is not None else str(error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__


def _quoted(name: str) -> str:
    """A schema may be one of another catalog: catalog.schema."""
    return ".".join(f"`{part.replace('`', '``')}`" for part in name.split("."))


def _kind(kind: str) -> str:
    return "DECIMAL" if kind.startswith("decimal") else _KINDS.get(kind, "VARCHAR")


def _columns(frame: DataFrame) -> Columns:
    table = frame.toArrow()
    return {
        name: _array(column.combine_chunks(), dict(frame.dtypes)[name])
        for name, column in zip(table.column_names, table.columns, strict=True)
    }


def _array(column: Any, kind: str) -> NDArray[Any]:
    import pyarrow as pa

    missing = np.asarray(column.is_null().to_numpy(zero_copy_only=False), dtype=bool)
    if kind.startswith("decimal"):
        column = column.cast(pa.float64())
    elif kind == "date":
        column = column.cast(pa.timestamp("us"))
    values = column.to_numpy(zero_copy_only=False)
    if missing.any():
        if kind not in ("string", "void") and not kind.startswith("timestamp") and kind != "date":
            filled = column.fill_null(pa.scalar(0).cast(column.type))
            values = filled.to_numpy(zero_copy_only=False)
        return np.ma.masked_array(values, mask=missing)
    return np.asarray(values)


def _python(values: NDArray[Any]) -> list[Any]:
    if values.dtype.kind == "M":
        return [None if np.isnat(one) else one.astype("datetime64[D]").item() for one in values]
    if values.dtype.kind == "f":
        return [None if np.isnan(one) else float(one) for one in values]
    return list(values.tolist())
