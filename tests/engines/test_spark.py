"""What a person is told when Spark cannot answer, and that nothing is left behind."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from ruamel.yaml import YAML

from casewise.cli import cli
from omop_support import STUDY, small
from spark_support import SETTINGS, Cluster, skip_without_spark


@pytest.fixture
def files(tmp_path: Path) -> Path:
    with (tmp_path / "study.yaml").open("w", encoding="utf-8") as file:
        YAML(pure=True).dump(STUDY, file)
    (tmp_path / "site.yaml").write_text("records: {omop: cdm, schema: cdm}\n", encoding="utf-8")
    return tmp_path


def run(files: Path, address: str) -> Result:
    given = ["run", str(files / "study.yaml"), "--out", str(files / "out"), "-q"]
    return CliRunner().invoke(cli, [*given, "--records", address])


def told(files: Path, done: Result) -> str:
    """The error of a run that stopped because of its records, leaving nothing."""
    assert done.exit_code == 11, done.output
    assert sorted(path.name for path in files.iterdir()) == ["site.yaml", "study.yaml"]
    return done.stderr


def test_no_master(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    skip_without_spark()
    from pyspark.sql import SparkSession

    monkeypatch.setattr(SparkSession, "getActiveSession", lambda: None)
    message = told(files, run(files, "spark://127.0.0.1:1"))
    assert "no Spark master answers at 127.0.0.1:1: Connection refused" in message


def test_a_program_that_uses_another_cluster(spark: Cluster, files: Path) -> None:
    assert spark.session is not None
    message = told(files, run(files, "spark://127.0.0.1:1"))
    assert f"this program already runs Spark on {spark.address}" in message


def test_a_run_leaves_nothing_behind_and_missing_things_are_named(
    spark: Cluster, files: Path
) -> None:
    spark.load("cdm", small())
    before = spark.session.sql("SHOW TABLES IN cdm").collect()
    held = spark.session.sparkContext._jsc.sc().getPersistentRDDs().size()
    done = run(files, spark.address)
    assert done.exit_code == 0, done.output
    assert spark.session.sql("SHOW TABLES IN cdm").collect() == before
    assert spark.session.sparkContext._jsc.sc().getPersistentRDDs().size() == held
    (files / "out").rename(files.parent / f"{files.name}-earlier")

    spark.session.sql("DROP TABLE cdm.drug_exposure")
    message = told(files, run(files, spark.address))
    assert 'no table "drug_exposure", which the study\'s events of the kind drug need' in message
    site = "records: {omop: cdm, schema: cmd}\n"
    (files / "site.yaml").write_text(site, encoding="utf-8")
    assert 'no schema "cmd" that may be read' in told(files, run(files, spark.address))


def test_casewise_starts_and_stops_a_session_of_its_own(spark: Cluster, files: Path) -> None:
    """As a program of its own, by the settings of Spark's own configuration."""
    conf = files.parent / "conf"
    conf.mkdir()
    lines = "".join(f"{name} {value}\n" for name, value in SETTINGS.items())
    (conf / "spark-defaults.conf").write_text(lines, encoding="utf-8")
    command = [sys.executable, "-m", "casewise", "run", str(files / "study.yaml"), "-q"]
    command += ["--records", spark.address, "--out", str(files / "out")]
    settings = os.environ | {"SPARK_CONF_DIR": str(conf)}
    done = subprocess.run(
        command, env=settings, cwd=files, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 11, done.stderr
    assert 'no schema "cdm" that may be read' in done.stderr


def test_ctrl_c_while_spark_starts_leaves_no_process(spark: Cluster, files: Path) -> None:
    command = [sys.executable, "-m", "casewise", "run", str(files / "study.yaml"), "-q"]
    command += ["--records", spark.address, "--out", str(files / "out")]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=files, stdout=pipe, stderr=pipe, text=True)
    assert process.stderr is not None
    process.stderr.readline()  # the Java process has begun
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)  # which ends when that process has ended too
    assert process.returncode == 130, said
    assert "Interrupted; nothing was written." in said
    assert "Traceback" not in said
    assert sorted(path.name for path in files.iterdir()) == ["site.yaml", "study.yaml"]


def test_a_cluster_without_executors_is_not_waited_for_without_end(
    spark: Cluster, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one without workers, or whose workers have no room for an executor."""
    from casewise.engine import spark_watch

    spark.load("cdm", small())
    monkeypatch.setattr(spark_watch, "TIMEOUT", "2s")
    with spark.without_executors():
        message = told(files, run(files, spark.address))
    assert "Spark stopped: no executor did any of the work" in message
    assert "spark.casewise.executorTimeout" in message


def test_a_cluster_that_stops_between_two_steps(
    spark: Cluster, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spark.load("lost", small())
    (files / "site.yaml").write_text("records: {omop: x, schema: lost}\n", encoding="utf-8")
    module = importlib.import_module("casewise.cohort.build")
    real = module.attrition

    def cut(*given: object) -> object:
        spark.stop()
        return real(*given)

    monkeypatch.setattr(module, "attrition", cut)
    message = told(files, run(files, spark.address))
    assert "Spark stopped" in message
