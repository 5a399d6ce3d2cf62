"""A Postgres server of the tests' own: in a temporary folder, on loopback, always stopped."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from omop_support import Cdm, column_type

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "shared_buffers": "64MB",
    "max_connections": "20",
    "autovacuum": "off",
}
# The language of the database orders text otherwise than its bytes: no answer may hang on that.
LOCALE = ("--locale-provider=icu", "--icu-locale=en-US", "--locale=C.UTF-8", "--encoding=UTF8")
PASSWORD = "made up for these tests"


def programs() -> Path | None:
    """The folder with initdb and pg_ctl, of the newest version there is."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent if installed else None


def skip_without_postgres() -> Path:
    bin_ = programs()
    if bin_ is None:
        pytest.skip("no Postgres server here (Debian: apt-get install postgresql)")
    if os.getuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("Postgres does not run as root, and there is no setpriv to be another user")
    return bin_


class Server:
    """A running server. ``address`` is of the database ``cdm``, as a user who may do anything."""

    def __init__(self, port: int, folder: Path, owner: tuple[int, int] | None) -> None:
        self.port, self.folder, self.owner = port, folder, owner
        self.address = self.of("postgres")

    def of(self, user: str, database: str = "cdm") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> None:
        import psycopg

        with psycopg.connect(self.of("postgres", "postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"')  # type: ignore[arg-type]

    def run(self, *statements: str) -> None:
        import psycopg

        with psycopg.connect(self.address, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(self.address, autocommit=True) as connection:
            return connection.execute(query).fetchall()  # type: ignore[arg-type]

    def load(self, schema: str, cdm: Cdm) -> None:
        """The tables of a made-up CDM."""
        self.run(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE', f'CREATE SCHEMA "{schema}"')
        for table, rows in cdm.items():
            kinds = {name: column_type(name, [row[name] for row in rows]) for name in rows[0]}
            self.copy(schema, table, kinds, [list(row.values()) for row in rows])

    def copy(self, schema: str, table: str, kinds: dict[str, str], rows: list[list[Any]]) -> None:
        import psycopg

        kind = {"DOUBLE": "double precision", "VARCHAR": "text"}
        listed = ", ".join(f'"{name}" {kind.get(what, what)}' for name, what in kinds.items())
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(f'CREATE TABLE "{schema}"."{table}" ({listed})')  # type: ignore[arg-type]
            into = f'COPY "{schema}"."{table}" FROM STDIN'
            with connection.cursor() as cursor, cursor.copy(into) as copy:  # type: ignore[arg-type]
                for row in rows:
                    copy.write_row(row)

    def load_folder(self, schema: str, folder: Path, tables: tuple[str, ...]) -> None:
        """Parquet files as tables."""
        import duckdb

        self.run(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE', f'CREATE SCHEMA "{schema}"')
        for table in tables:
            file = f"'{folder / table}.parquet'"
            described = duckdb.sql(f"DESCRIBE SELECT * FROM {file}").fetchall()
            rows = duckdb.sql(f"SELECT * FROM {file}").fetchall()
            self.copy(schema, table, {row[0]: row[1] for row in described}, [list(r) for r in rows])


def empty_database(server: Server) -> str:
    """The address of a database of its own."""
    name = f"made_{uuid.uuid4().hex}"
    server.create(name)
    return server.of("postgres", name)


@contextmanager
def running(bin_: Path) -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="casewise-postgres-"))
    port = free_port()
    as_user: list[str] = []
    owner: tuple[int, int] | None = None
    if os.getuid() == 0:  # Postgres refuses to run as root
        as_user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        shutil.chown(folder, "nobody", "nogroup")
        owner = (folder.stat().st_uid, folder.stat().st_gid)

    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

    def do(program: str, *arguments: str, tries: int = 1) -> None:
        command = [*as_user, str(bin_ / program), *arguments]
        for left in reversed(range(tries)):
            done = subprocess.run(command, check=not left, cwd=folder, timeout=90, **quiet)
            if done.returncode == 0:
                return
            time.sleep(0.5)

    data = str(folder / "data")
    try:
        do("initdb", "-D", data, "-U", "postgres", "--no-sync", *LOCALE)
        host = "host all {} 127.0.0.1/32 {}\n"
        rules = host.format("guarded", "scram-sha-256") + host.format("all", "trust")
        (folder / "data" / "pg_hba.conf").write_text(rules)
        options = [part for one in SETTINGS.items() for part in ("-c", "=".join(one))]
        command = [*as_user, str(bin_ / "postgres"), "-D", data, "-p", str(port), "-k", str(folder)]
        process = subprocess.Popen(
            [*command[: len(as_user)], *ending_with_us(), *command[len(as_user) :], *options],
            cwd=folder,
            **quiet,
        )
        try:
            do("pg_isready", "-h", "127.0.0.1", "-p", str(port), "-t", "60", tries=60)
            server = Server(port, folder, owner)
            server.create("cdm")
            server.run(f"CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}'")
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # at once
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def ending_with_us() -> list[str]:
    """What goes before a server's command, so that it ends also where the tests are killed."""
    return ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
