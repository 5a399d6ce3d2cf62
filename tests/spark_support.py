"""A Spark cluster of the tests' own: a master and two workers on loopback, always stopped."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from omop_support import Cdm, column_type
from postgres_support import ending_with_us, free_port

# Small data: few partitions; and neither Spark nor Java compiles what is run once or twice.
_ENVIRONMENT = ("SPARK_HOME", "SPARK_LOCAL_IP", "SPARK_DAEMON_MEMORY", "SPARK_DAEMON_JAVA_OPTS")
_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "700m",
    "spark.executor.memory": "600m",
    "spark.executor.cores": "1",
    "spark.buffer.pageSize": "1m",  # each join of a wide study takes a page, however few its rows
    "spark.driver.extraJavaOptions": _JAVA,
    "spark.executor.extraJavaOptions": _JAVA,
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


def skip_without_spark() -> None:
    pytest.importorskip("pyspark", reason="no pyspark here (pip install 'casewise[spark]')")
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        pytest.skip("no Java for Spark here (Debian: apt-get install openjdk-17-jre-headless)")


class Cluster:
    """A running cluster; ``session`` is one on it, with tables of its own."""

    def __init__(self, port: int, folder: Path) -> None:
        self.address, self.folder = f"spark://127.0.0.1:{port}", folder
        self._session: Any = None

    @property
    def session(self) -> Any:
        if self._session is None:
            from pyspark.sql import SparkSession

            builder = SparkSession.builder.master(self.address).appName("tests")
            settings = SETTINGS | {"spark.sql.warehouse.dir": str(self.folder / "tables")}
            for name, value in settings.items():
                builder = builder.config(name, value)
            self._session = builder.getOrCreate()
            self._session.sparkContext.setLogLevel("OFF")
        return self._session

    def stop(self) -> None:
        if self._session is not None:
            self._session.stop()
            self._session = None

    @contextmanager
    def without_executors(self) -> Iterator[None]:
        """The master and its workers run, and give no executor."""
        context, jvm = self.session.sparkContext._jsc.sc(), self.session.sparkContext._jvm
        nothing = jvm.PythonUtils.toScalaMap(jvm.java.util.HashMap())
        ids = list(jvm.scala.jdk.javaapi.CollectionConverters.asJava(context.getExecutorIds()))
        assert ids
        assert context.requestTotalExecutors(0, 0, nothing)
        context.killExecutors(jvm.PythonUtils.toSeq(ids))
        try:
            yield
        finally:
            context.requestTotalExecutors(len(ids), 0, nothing)

    def load(self, schema: str, cdm: Cdm) -> None:
        """The tables of a made-up CDM, as views: nobody has to write them."""
        import pyarrow as pa

        self.session.sql(f"DROP SCHEMA IF EXISTS `{schema}` CASCADE")
        self.session.sql(f"CREATE SCHEMA `{schema}`")
        for table, rows in cdm.items():
            kinds = {name: column_type(name, [row[name] for row in rows]) for name in rows[0]}
            data = pa.table({name: pa.array([row[name] for row in rows]) for name in kinds})
            casts = [f"CAST(`{name}` AS {_kind(kind)}) AS `{name}`" for name, kind in kinds.items()]
            frame = self.session.createDataFrame(data).selectExpr(*casts).coalesce(1)
            frame.write.saveAsTable(f"`{schema}`.`{table}`", format="parquet")

    def load_folder(self, schema: str, folder: Path, tables: tuple[str, ...]) -> None:
        self.session.sql(f"DROP SCHEMA IF EXISTS `{schema}` CASCADE")
        self.session.sql(f"CREATE SCHEMA `{schema}`")
        for table in tables:
            path = folder / f"{table}.parquet"
            made = f"CREATE TABLE `{schema}`.`{table}` USING parquet LOCATION '{path}'"
            self.session.sql(made)


def _kind(kind: str) -> str:
    return "STRING" if kind == "VARCHAR" else kind


@contextmanager
def running() -> Iterator[Cluster]:
    import pyspark

    home, folder = Path(pyspark.__file__).parent, Path(tempfile.mkdtemp(prefix="casewise-spark-"))
    port = free_port()
    address = f"spark://127.0.0.1:{port}"
    set_aside = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ |= {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}
    os.environ |= {"SPARK_DAEMON_MEMORY": "256m", "SPARK_DAEMON_JAVA_OPTS": _JAVA}
    here = ("--host", "127.0.0.1", "--webui-port", "0")
    master = ("master.Master", *here, "--port", str(port))
    worker = ("worker.Worker", *here, "-c", "1", "-m", "700m", "-d", str(folder / "work"), address)
    started: list[subprocess.Popen[bytes]] = []
    log = (folder / "log").open("wb")

    def start(program: str, *arguments: str) -> None:
        command = [str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{program}"]
        started.append(
            subprocess.Popen(
                [*ending_with_us(), *command, *arguments], stdout=log, stderr=log, cwd=folder
            )
        )

    cluster = Cluster(port, folder)
    try:
        for program in (master, worker, worker):
            start(*program)
        wait_for(folder / "log", "Registering worker", 2)
        yield cluster
    finally:
        try:
            cluster.stop()
        finally:
            for process in reversed(started):
                process.terminate()
            for process in started:
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
            log.close()
            shutil.rmtree(folder, ignore_errors=True)
            for name, value in set_aside.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


def wait_for(log: Path, words: str, times: int, seconds: int = 120) -> None:
    for _ in range(seconds * 5):
        if log.read_text(errors="replace").count(words) >= times:
            return
        time.sleep(0.2)
    raise TimeoutError(f"Spark's workers did not start:\n{log.read_text(errors='replace')[-2000:]}")
