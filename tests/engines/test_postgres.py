"""What a person is told when a Postgres database cannot answer, and that nothing is left."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from ruamel.yaml import YAML

from casewise.cli import cli
from omop_support import ANN, STUDY, condition, small
from postgres_support import PASSWORD, Server


@pytest.fixture
def server(postgres: Server) -> Server:
    """With the small CDM in the schema cdm."""
    postgres.load("cdm", small())
    return postgres


@pytest.fixture
def files(tmp_path: Path) -> Path:
    with (tmp_path / "study.yaml").open("w", encoding="utf-8") as file:
        YAML(pure=True).dump(STUDY, file)
    (tmp_path / "site.yaml").write_text("records: {omop: cdm, schema: cdm}\n", encoding="utf-8")
    return tmp_path


def run(files: Path, address: str, *options: str) -> Result:
    out = str(files / "out")
    given = ["run", str(files / "study.yaml"), "--out", out, "--records", address, "-q", *options]
    return CliRunner().invoke(cli, given)


def told(files: Path, done: Result) -> str:
    """The error of a run that stopped because of its records, leaving nothing."""
    assert done.exit_code == 11, done.output
    assert sorted(path.name for path in files.iterdir()) == ["site.yaml", "study.yaml"]
    return done.stderr


def test_a_run_changes_nothing_and_leaves_nothing_behind(server: Server, files: Path) -> None:
    """As a user who may read the CDM and nothing else."""
    there = (
        "SELECT n.nspname, c.relname, c.relfilenode FROM pg_class AS c JOIN pg_namespace AS n "
        "ON n.oid = c.relnamespace WHERE n.nspname NOT LIKE 'pg_%' ORDER BY 1, 2"
    )
    rows = "SELECT c::text FROM cdm.condition_occurrence AS c ORDER BY 1"
    before = server.rows(there), server.rows(rows)
    server.run(
        "DROP ROLE IF EXISTS reader",
        "CREATE ROLE reader LOGIN",
        "GRANT USAGE ON SCHEMA cdm TO reader",
        "GRANT SELECT ON ALL TABLES IN SCHEMA cdm TO reader",
    )
    done = run(files, server.of("reader"))
    assert done.exit_code == 0, done.output
    assert (server.rows(there), server.rows(rows)) == before
    assert settled(server) == []
    server.run("DROP OWNED BY reader", "DROP ROLE reader")


def settled(server: Server) -> list[tuple[str]]:
    """What Casewise's connections do, when those that are ending have ended."""
    for _ in range(50):
        busy = server.rows("SELECT state FROM pg_stat_activity WHERE application_name = 'casewise'")
        if not busy:
            return []
        time.sleep(0.1)
    return busy


def test_no_server(files: Path) -> None:
    message = told(files, run(files, "postgresql://someone@127.0.0.1:1/cdm"))
    assert "postgresql://127.0.0.1:1/cdm: cannot be opened" in message
    assert "Connection refused" in message


def test_no_such_database(server: Server, files: Path) -> None:
    message = told(files, run(files, server.of("postgres", "warehouse")))
    assert 'database "warehouse" does not exist' in message


def test_a_wrong_password_is_not_shown(
    server: Server, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "hunter2")
    message = told(files, run(files, server.of("guarded")))
    assert 'password authentication failed for user "guarded"' in message
    assert "hunter2" not in message


def test_the_password_comes_from_the_environment(
    server: Server, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.run("GRANT USAGE ON SCHEMA cdm TO guarded")
    server.run("GRANT SELECT ON ALL TABLES IN SCHEMA cdm TO guarded")
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    done = run(files, server.of("guarded"))
    assert done.exit_code == 0, done.output
    kept = "".join(path.read_text("utf-8") for path in (files / "out").glob("*.json"))
    assert PASSWORD not in kept + done.output
    assert "127.0.0.1" not in kept


def test_a_password_in_an_address_is_refused(files: Path) -> None:
    address = "postgresql://ann:hunter2@localhost/cdm"
    message = told(files, run(files, address))
    assert "a password does not belong in an address" in message
    assert "hunter2" not in message
    site = f'records: {{omop: "{address}"}}\n'
    (files / "site.yaml").write_text(site, encoding="utf-8")
    done = CliRunner().invoke(cli, ["check", str(files / "study.yaml")])
    assert done.exit_code == 10
    assert "PGPASSWORD" in done.output


def test_a_wrong_schema_names_the_nearest(server: Server, files: Path) -> None:
    site = "records: {omop: cdm, schema: cmd}\n"
    (files / "site.yaml").write_text(site, encoding="utf-8")
    message = told(files, run(files, server.address))
    assert 'no schema "cmd" that may be read' in message
    assert '"cdm"' in message


def test_without_a_schema_the_one_with_persons_is_read(server: Server, files: Path) -> None:
    server.run("DROP SCHEMA IF EXISTS other CASCADE")
    (files / "site.yaml").write_text("records: {omop: cdm}\n", encoding="utf-8")
    others = "SELECT table_schema FROM information_schema.tables WHERE table_name = 'person'"
    server.run(*(f'DROP SCHEMA "{one}" CASCADE' for (one,) in server.rows(others) if one != "cdm"))
    assert run(files, server.address).exit_code == 0
    server.run("CREATE SCHEMA other", "CREATE TABLE other.person AS SELECT * FROM cdm.person")
    (files / "out").rename(files.parent / f"{files.name}-earlier")
    message = told(files, run(files, server.address))
    assert "several schemas have a table person: cdm, other" in message
    server.run("DROP SCHEMA other CASCADE")


def test_a_missing_table(server: Server, files: Path) -> None:
    server.run("DROP TABLE cdm.drug_exposure")
    message = told(files, run(files, server.address))
    assert 'no table "drug_exposure", which the study\'s events of the kind drug need' in message


def test_a_missing_column(server: Server, files: Path) -> None:
    server.run("ALTER TABLE cdm.death RENAME COLUMN death_date TO died")
    assert 'no column "death_date"' in told(files, run(files, server.address))


def test_values_of_the_wrong_kind(server: Server, files: Path) -> None:
    column = "ALTER TABLE cdm.death ALTER COLUMN death_date TYPE text USING "
    server.run(column + "'2021-02-30'::text")
    message = told(files, run(files, server.address))
    assert 'column "death_date" (a column of VARCHAR) should hold dates' in message
    assert '1 value is not, such as "2021-02-30"' in message
    server.run("UPDATE cdm.death SET death_date = ' 2021-02-28 '")
    assert run(files, server.address).exit_code == 0


def test_names_in_capitals(server: Server, files: Path) -> None:
    server.run('ALTER TABLE cdm.person RENAME TO "PERSON"')
    server.run('ALTER TABLE cdm."PERSON" RENAME COLUMN person_id TO "Person_ID"')
    assert run(files, server.address).exit_code == 0


def test_a_table_that_may_not_be_read(server: Server, files: Path) -> None:
    server.run("DROP ROLE IF EXISTS half", "CREATE ROLE half LOGIN")
    server.run("GRANT USAGE ON SCHEMA cdm TO half", "GRANT SELECT ON cdm.person TO half")
    message = told(files, run(files, server.of("half")))
    assert 'no table "condition_occurrence"' in message
    assert "found: person" in message
    server.run("DROP OWNED BY half", "DROP ROLE half")


def test_a_user_who_may_make_no_temporary_tables(server: Server, files: Path) -> None:
    server.run("DROP ROLE IF EXISTS barred", "CREATE ROLE barred LOGIN")
    server.run("GRANT USAGE ON SCHEMA cdm TO barred")
    server.run("GRANT SELECT ON ALL TABLES IN SCHEMA cdm TO barred")
    server.run("REVOKE TEMPORARY ON DATABASE cdm FROM PUBLIC")
    try:
        message = told(files, run(files, server.of("barred")))
    finally:
        server.run("GRANT TEMPORARY ON DATABASE cdm TO PUBLIC")
        server.run("DROP OWNED BY barred", "DROP ROLE barred")
    assert (
        'permission denied to create temporary tables in database "cdm"; a study keeps' in message
    )


def test_a_connection_that_is_lost_between_two_steps(
    server: Server, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("casewise.cohort.build")
    real = module.attrition

    def cut(*given: object) -> object:
        server.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'casewise'"
        )
        return real(*given)

    monkeypatch.setattr(module, "attrition", cut)
    message = told(files, run(files, server.address))
    assert "the database stopped" in message
    assert "terminating connection" in message or "connection" in message


@pytest.fixture
def full_disk(server: Server) -> Iterator[None]:
    """Temporary tables go to a disk of one megabyte."""
    folder = Path(server.folder) / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0777", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("making a disk of one megabyte needs root and the right to mount")
    inside = folder / "tables"
    inside.mkdir(mode=0o700)
    if server.owner is not None:
        os.chown(inside, *server.owner)
    try:
        server.run(f"CREATE TABLESPACE small LOCATION '{inside}'")
        server.run("DROP ROLE IF EXISTS crowded", "CREATE ROLE crowded LOGIN SUPERUSER")
        server.run("ALTER ROLE crowded SET temp_tablespaces = 'small'")
        yield
        assert settled(server) == []
        server.run("DROP ROLE crowded", "DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk(server: Server, files: Path) -> None:
    cdm = small()
    cdm["condition_occurrence"] = [
        condition(ANN, 200, "2020-03-02", condition_occurrence_id=n) for n in range(20_000)
    ]
    server.load("cdm", cdm)
    message = told(files, run(files, server.of("crowded")))
    assert "No space left on device" in message


def test_ctrl_c_ends_the_query_too(server: Server, files: Path) -> None:
    server.run("ALTER TABLE cdm.death RENAME TO slow")
    server.run("CREATE VIEW cdm.death AS SELECT s.* FROM cdm.slow AS s, pg_sleep(60)")
    command = [sys.executable, "-m", "casewise", "run", str(files / "study.yaml"), "--quiet"]
    command += ["--records", server.address, "--out", str(files / "out")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    asleep = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'casewise' AND "
    for _ in range(300):
        if server.rows(asleep + "wait_event = 'PgSleep'"):
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130, said
    assert settled(server) == []
    assert sorted(path.name for path in files.iterdir()) == ["site.yaml", "study.yaml"]
