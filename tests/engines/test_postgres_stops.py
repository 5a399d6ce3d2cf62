"""Whatever ends a command on Postgres in its middle ends it clearly, and leaves nothing."""

from __future__ import annotations

import importlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from casewise.cli import cli
from omop_support import ANN, STUDY, measurement, small
from postgres_support import Server

COMMANDS = {
    "run": ("run", "study.yaml", "--out", "out", "--sql", "sql", "-q"),
    "count": ("run", "study.yaml", "--dry-run", "--sql", "sql", "-q"),
    "check": ("check", "study.yaml"),
    "codes": ("codes", "check", "study.yaml"),
    "explain": ("explain", "study.yaml", str(ANN)),
    "features": ("export", "features", "study.yaml", "--out", "out", "-q"),
    "labels": ("export", "meds", "study.yaml", "--out", "out", "-q"),
}
OURS = "FROM pg_stat_activity WHERE application_name = 'casewise'"


@pytest.fixture
def server(postgres: Server) -> Server:
    """With the small CDM, of which the deaths are never read to their end."""
    postgres.load("cdm", small())
    postgres.run(
        "ALTER TABLE cdm.death RENAME TO slow",
        "CREATE VIEW cdm.death AS SELECT s.* FROM cdm.slow AS s, pg_sleep(60)",
    )
    return postgres


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write(tmp_path, STUDY)
    (tmp_path / "site.yaml").write_text("records: {omop: cdm, schema: cdm}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, study: dict[str, Any]) -> None:
    with (folder / "study.yaml").open("w", encoding="utf-8") as file:
        YAML(pure=True).dump(study, file)


def wait_for(server: Server, condition: str, *, there: bool = True) -> None:
    for _ in range(200):
        if bool(server.rows(f"SELECT 1 {OURS} AND {condition}")) is there:
            return
        time.sleep(0.1)
    raise AssertionError(f"{condition} did not become {there}")


def in_the_middle(server: Server, do: Callable[[], None]) -> threading.Thread:
    """``do`` it when Casewise reads the deaths."""

    def watch() -> None:
        wait_for(server, "wait_event = 'PgSleep'")
        do()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def nothing_is_left(server: Server, files: Path) -> None:
    wait_for(server, "TRUE", there=False)
    assert server.rows("SELECT relname FROM pg_class WHERE relpersistence = 't'") == []
    assert sorted(path.name for path in files.iterdir()) == ["site.yaml", "study.yaml"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_connection_that_is_lost(server: Server, files: Path, command: str) -> None:
    lost = in_the_middle(server, lambda: server.run(f"SELECT pg_terminate_backend(pid) {OURS}"))
    done = CliRunner().invoke(cli, [*COMMANDS[command], "--records", server.address])
    lost.join()
    assert done.exit_code == 11, done.output
    assert "the database stopped: terminating connection" in done.output
    assert "postgresql://127.0.0.1" in done.output
    nothing_is_left(server, files)


@pytest.mark.parametrize("command", COMMANDS)
def test_ctrl_c(server: Server, files: Path, command: str) -> None:
    interrupted(server, command, signal.SIGINT)
    nothing_is_left(server, files)


def test_a_scheduler_that_ends_it(server: Server, files: Path) -> None:
    interrupted(server, "run", signal.SIGTERM)
    nothing_is_left(server, files)


def interrupted(server: Server, command: str, sent: signal.Signals) -> None:
    process = started(command, server.address)
    wait_for(server, "wait_event = 'PgSleep'")
    process.send_signal(sent)
    said, told = process.communicate(timeout=20)
    assert (process.returncode, said, told) == (130, "", "\nInterrupted; nothing was written.\n")


def test_a_command_that_is_killed_ends_its_query_too(server: Server, files: Path) -> None:
    process = started("explain", server.address)
    wait_for(server, "wait_event = 'PgSleep'")
    process.kill()
    process.communicate(timeout=20)
    nothing_is_left(server, files)


def started(command: str, address: str) -> subprocess.Popen[str]:
    given = [sys.executable, "-m", "casewise", *COMMANDS[command], "--records", address]
    return subprocess.Popen(given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_ctrl_c_while_a_server_is_waited_for(files: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = started("run", f"postgresql://ann@127.0.0.1:{silent.getsockname()[1]}/cdm")
        accepted, _ = silent.accept()
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
        accepted.close()
    assert process.returncode == 130, told
    assert sorted(path.name for path in files.iterdir()) == ["site.yaml", "study.yaml"]


def test_an_administrator_cancels_the_query(server: Server, files: Path) -> None:
    ended = in_the_middle(server, lambda: server.run(f"SELECT pg_cancel_backend(pid) {OURS}"))
    message = told("run", server.address)
    ended.join()
    assert "the database stopped: canceling statement due to user request" in message
    nothing_is_left(server, files)


def told(command: str, address: str) -> str:
    """The error of a command that could not go on."""
    done = CliRunner().invoke(cli, [*COMMANDS[command], "--records", address])
    assert done.exit_code == 11, done.output
    return done.output


@pytest.fixture
def quick(server: Server) -> Iterator[Server]:
    """A server that answers, and a role ``limited`` for limits of its own."""
    server.run("DROP VIEW cdm.death", "ALTER TABLE cdm.slow RENAME TO death")
    server.run(
        "DROP ROLE IF EXISTS limited",
        "CREATE ROLE limited LOGIN",
        "GRANT USAGE ON SCHEMA cdm TO limited",
        "GRANT SELECT ON ALL TABLES IN SCHEMA cdm TO limited",
    )
    yield server
    server.run("DROP OWNED BY limited", "DROP ROLE limited")


def test_too_little_room_for_what_is_sorted(quick: Server, files: Path) -> None:
    quick.run(
        "ALTER ROLE limited SET work_mem = '64kB'",
        "ALTER ROLE limited SET temp_file_limit = '64kB'",
        "INSERT INTO cdm.person SELECT * FROM generate_series(100, 50000)",
    )
    message = told("run", quick.of("limited"))
    assert "the database stopped: temporary file size exceeds temp_file_limit" in message
    nothing_is_left(quick, files)


def test_a_time_limit(quick: Server, files: Path) -> None:
    quick.run("ALTER ROLE limited SET statement_timeout = '1ms'")
    message = told("run", quick.of("limited"))
    assert "canceling statement due to statement timeout" in message
    nothing_is_left(quick, files)


def test_a_role_that_may_make_no_temporary_tables(quick: Server, files: Path) -> None:
    quick.run("REVOKE TEMPORARY ON DATABASE cdm FROM PUBLIC")
    try:
        message = told("count", quick.of("limited"))
    finally:
        quick.run("GRANT TEMPORARY ON DATABASE cdm TO PUBLIC")
    assert 'permission denied to create temporary tables in database "cdm"' in message
    nothing_is_left(quick, files)


def test_what_a_role_or_its_database_sets_changes_no_answer(quick: Server, files: Path) -> None:
    quick.run(
        "ALTER ROLE limited SET default_transaction_read_only = on",
        "ALTER ROLE limited SET DateStyle = 'German'",
        "ALTER ROLE limited SET standard_conforming_strings = off",
        "ALTER ROLE limited SET client_encoding = 'LATIN1'",
        "ALTER ROLE limited SET search_path = cdm",
        "ALTER TABLE cdm.person ADD birth_datetime text",
        "UPDATE cdm.person SET birth_datetime = '1960-05-17'",
    )
    code, recorded = "\\Straße\\'β*", "\\STRAßE\\''Βx"
    study = STUDY | {"codes": STUDY["codes"] | {"bleeding": {"local": [code]}}}
    write(files, study)
    quick.run(f"UPDATE cdm.condition_occurrence SET condition_source_value = '{recorded}'")
    answers = [
        CliRunner().invoke(cli, ["explain", "study.yaml", str(ANN), "--records", quick.of(user)])
        for user in ("postgres", "limited")
    ]
    assert [answer.exit_code for answer in answers] == [0, 0], answers[1].output
    assert answers[0].stdout == answers[1].stdout
    assert "bleed: yes" in answers[0].stdout


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_of_another_encoding(quick: Server, files: Path, encoding: str) -> None:
    name = f"cdm_{encoding.lower()}"
    made = f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'"
    quick.run(f"DROP DATABASE IF EXISTS {name}", made + " LOCALE_PROVIDER libc")
    other = Server(quick.port, quick.folder, quick.owner)
    other.address = quick.of("postgres", name)
    cdm = small()
    cdm["measurement"] = [measurement(ANN, "2020-01-01", 5.0, "µmol/L")]
    other.load("cdm", cdm)
    site = "records: {omop: cdm}\nbaseline: {glucose: {measurement: {omop: 300}}}\n"
    (files / "site.yaml").write_text(site, encoding="utf-8")
    write(files, STUDY | {"baseline": {"glucose": {"unit": "mmol/L"}}})
    done = CliRunner().invoke(cli, [*COMMANDS["explain"], "--records", other.address])
    assert "glucose: 0.005 mmol/L" in done.output
    if encoding == "SQL_ASCII":  # which says nothing of what its bytes mean
        other.run(
            r"UPDATE cdm.measurement SET unit_source_value = convert_from('\xb5', 'SQL_ASCII')"
        )
        message = told("count", other.address)
        assert 'the database stopped: invalid byte sequence for encoding "UTF8"' in message


def test_the_connection_is_let_go_before_the_analysis(
    quick: Server, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which may take an hour, and a transaction that is open keeps the server from cleaning up."""
    module = importlib.import_module("casewise.analysis")
    real = module.run

    def counted(*given: Any, **more: Any) -> Any:
        wait_for(quick, "TRUE", there=False)
        return real(*given, **more)

    monkeypatch.setattr(module, "run", counted)
    done = CliRunner().invoke(cli, [*COMMANDS["run"], "--records", quick.address])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    "address", ["postgresql://ann@localhost:port/cdm", "postgresql://[::1/cdm"]
)
def test_an_address_that_is_none(files: Path, address: str) -> None:
    assert re.search("cannot be opened|cannot be read", told("run", address))
