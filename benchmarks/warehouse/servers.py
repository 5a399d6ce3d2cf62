"""The study of run.py on Postgres and on Spark: benchmarks/warehouse/servers.py FOLDER ENGINE.

The records (100k persons, or --size) are loaded into a Postgres server of its own, with the indexes
that OHDSI's scripts make, or named as tables of a local Spark. There Casewise is timed beside
by_hand.sql, translated, with its steps as tables of the same kind; both of them after one warming
run. The rows are held to be equal. Processor seconds are of all processes together, the server's
too. What took longest is told by statement, and goes in full to FOLDER/profile_SIZE_ENGINE.txt.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
from run import HERE, PERSONS, TOUCHED, columns_of, differences, save

sys.path.insert(0, str(HERE.parents[1] / "tests"))
TABLES = (*TOUCHED, "concept", "concept_ancestor")
# What a server of this size has: https://wiki.postgresql.org/wiki/Tuning_Your_PostgreSQL_Server
POSTGRES = {"shared_buffers": "2GB", "work_mem": "64MB", "effective_cache_size": "8GB"}
SPARK = {
    "spark.driver.memory": "6g",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("engine", choices=["postgres", "spark"])
    parser.add_argument("--size", choices=list(PERSONS), default="100k")
    parser.add_argument("--warm", type=int, default=1, help="runs before the one that is timed")
    asked = parser.parse_args()
    omop = asked.folder / asked.size / "omop"
    with (postgres if asked.engine == "postgres" else spark)(omop) as (address, server):
        compare(asked.folder, f"{asked.size}_{asked.engine}", address, server, asked.warm)


def compare(folder: Path, name: str, address: str, server: int, warm: int) -> None:
    kept = {}
    cost = {}
    for what, run in (("by_hand", by_hand), ("casewise", casewise)):
        for _ in range(warm):
            run(address)
        began, clock = processor(server), time.perf_counter()
        columns, statements = run(address)
        cost[what] = processor(server) - began
        rows = len(columns["person_id"])
        print(
            f"{what:9} {time.perf_counter() - clock:7.2f} s clock {cost[what]:7.2f} s processor, "
            f"{rows:,} rows, {len(statements)} statements, "
            f"{sum(spent for spent, _ in statements):.2f} s in them",
            flush=True,
        )
        kept[what] = folder / f"{name}_{what}.npz"
        save(columns, kept[what])
        for spent, sql in sorted(statements, reverse=True)[:8]:
            print(f"          {spent:6.2f} s  {' '.join(sql.split())[:110]}")
        told = [f"-- {spent:.2f} s\n{sql};\n" for spent, sql in statements]
        (folder / f"profile_{name}_{what}.txt").write_text("\n".join(told))
    print(f"casewise  {cost['casewise'] / cost['by_hand']:.2f} x by hand (processor)")
    wrong = differences(kept["casewise"], kept["by_hand"])
    print("          equal rows" if not wrong else f"          NOT EQUAL: {'; '.join(wrong)}")


def by_hand(address: str) -> tuple[dict[str, Any], list[tuple[float, str]]]:
    text = re.sub(r"'\{omop\}/(\w+)\.parquet'", r"bench.\1", (HERE / "by_hand.sql").read_text())
    text = re.sub(r"--.*", "", text)
    *made, last = [part for part in text.split(";") if part.strip()]
    with closing(opened(address)) as engine, noted(engine) as statements:
        for one in made:
            name, select = re.fullmatch(
                r"\s*CREATE TEMP TABLE (\w+) AS\s(.*)", one, re.DOTALL
            ).groups()  # type: ignore[union-attr]
            engine.table(name, select)
        return engine.query(last), statements


def casewise(address: str) -> tuple[dict[str, Any], list[tuple[float, str]]]:
    from casewise import cohort, records
    from casewise.protocol.reading import read
    from casewise.records import shared

    study, site = read(HERE / "study.yaml", HERE / "site.yaml")
    place = site.records.model_copy(update={"schema_": "bench"})
    statements: list[tuple[float, str]] = []
    real = shared.server_at

    def watched(*given: Any) -> Any:
        engine = real(*given)
        noting(engine, statements)
        return engine

    shared.server_at = watched
    try:
        site = site.model_copy(update={"records": place})
        data = records.open(study, site, HERE, address, sources=False)
        with closing(data.engine):
            return columns_of(cohort.build(study, data)), statements
    finally:
        shared.server_at = real


def opened(address: str) -> Any:
    from casewise.engine.address import address as read
    from casewise.records.places import server_at

    return server_at(read(address), "UTC")


@contextmanager
def noted(engine: Any) -> Iterator[list[tuple[float, str]]]:
    statements: list[tuple[float, str]] = []
    noting(engine, statements)
    yield statements


def noting(engine: Any, statements: list[tuple[float, str]]) -> None:
    """Each call's time by the clock, less that of the calls within it."""
    within = [0.0]

    def timed(real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def run(*given: Any, **more: Any) -> Any:
            within.append(0.0)
            began = time.perf_counter()
            try:
                return real(*given, **more)
            finally:
                spent = time.perf_counter() - began
                inner = within.pop()
                within[-1] += spent
                statements.append((spent - inner, f"/* {name} */ {' '.join(map(str, given))}"))

        return run

    for name in ("query", "view", "table", "append", "by", "load", "columns", "tables", "_keep"):
        setattr(engine, name, timed(getattr(engine, name), name))


# -- the servers ------------------------------------------------------------------------------


@contextmanager
def postgres(omop: Path) -> Iterator[tuple[str, int]]:
    """A server with the records in the schema bench; its address, and its process."""
    import psycopg

    import postgres_support

    bin_ = postgres_support.programs()
    assert bin_ is not None, "no Postgres here"
    postgres_support.SETTINGS |= POSTGRES
    with postgres_support.running(bin_) as server:
        server.run("CREATE SCHEMA bench")
        began = time.perf_counter()
        for table in TABLES:
            file = f"'{omop / table}.parquet'"
            described = duckdb.sql(f"DESCRIBE SELECT * FROM {file}").fetchall()
            kinds = {"DOUBLE": "double precision", "VARCHAR": "text"}
            columns = ", ".join(f"{row[0]} {kinds.get(row[1], row[1])}" for row in described)
            server.run(f"CREATE TABLE bench.{table} ({columns})")
            with psycopg.connect(server.address, autocommit=True) as connection:
                into = f"COPY bench.{table} FROM STDIN (FORMAT csv)"
                with connection.cursor() as cursor, cursor.copy(into) as copy:
                    part = omop / f"{table}.csv"
                    duckdb.sql(f"COPY (FROM {file}) TO '{part}' (FORMAT csv, HEADER false)")
                    with part.open("rb") as lines:
                        while piece := lines.read(1 << 22):
                            copy.write(piece)
                    part.unlink()
        server.run(*indexes(), "VACUUM ANALYZE")
        print(f"loaded and indexed in {time.perf_counter() - began:.0f} s", flush=True)
        (child,) = server.rows("SELECT pg_backend_pid()")[0]
        yield server.address, parent(child)


def indexes() -> list[str]:
    """Those of OHDSI's scripts for Postgres: person (clustered) and concept of each table."""
    made = ["CREATE UNIQUE INDEX ON bench.person (person_id)"]
    for table in TABLES:
        if table in ("person", "concept", "concept_ancestor"):
            continue
        made.append(f"CREATE INDEX {table}_person ON bench.{table} (person_id)")
        concept = next((one for one in TOUCHED[table] if one.endswith("_concept_id")), "")
        if concept:
            made.append(f"CREATE INDEX ON bench.{table} ({concept})")
    made.append("CREATE INDEX ON bench.concept_ancestor (ancestor_concept_id)")
    made.append("CREATE UNIQUE INDEX ON bench.concept (concept_id)")
    return made


@contextmanager
def spark(omop: Path) -> Iterator[tuple[str, int]]:
    """A Spark in this program, on two cores, with the Parquet files as tables."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").appName("benchmark")
    for name, value in SPARK.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    session.sql("CREATE SCHEMA bench")
    for table in TABLES:
        place = omop / f"{table}.parquet"
        session.sql(f"CREATE TABLE bench.{table} USING parquet LOCATION '{place}'")
    try:
        yield "spark:///", os.getpid()
    finally:
        session.stop()


def processor(server: int) -> float:
    """Seconds of this process and of the server, with all that they started."""
    return sum(_seconds(one) for one in {*family(os.getpid()), *family(server)})


def family(pid: int) -> set[int]:
    found, parents = {pid}, {}
    for one in Path("/proc").iterdir():
        if one.name.isdigit():
            try:
                parents[int(one.name)] = parent(int(one.name))
            except (OSError, IndexError):
                continue
    while more := {child for child, above in parents.items() if above in found} - found:
        found |= more
    return found


def parent(pid: int) -> int:
    return int(_stat(pid)[1])


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _seconds(pid: int) -> float:
    """Its own, and of its children that have ended."""
    try:
        return sum(map(int, _stat(pid)[11:15])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0.0


if __name__ == "__main__":
    main()
