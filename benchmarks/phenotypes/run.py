"""Nine ordinary phenotypes beside Circe: benchmarks/phenotypes/run.py FOLDER [--rivals PYTHON].

FOLDER is where the records are, or are made: 100,000 persons, as Parquet files and as a DuckDB
file. PYTHON is one with ``ohdsi-circepy==0.3.0 duckcdm==0.4.7``; without it, Casewise and
``by_hand.sql`` alone. Each contender is one process over the nine; of several runs the fastest
counts. Timed is all from the protocol's text to the rows in memory, the making of SQL included.
The rows, person and index date, have to be equal.

Goal: under half of the faster of the two.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

HERE = Path(__file__).resolve().parent
PHENOTYPES = sorted(path.stem for path in HERE.glob("[1-9]_*.yaml"))
RIVALS = ("circepy", "duckcdm")
VISITS = {9201: "Inpatient Visit", 9202: "Outpatient Visit", 9203: "Emergency Room Visit"}


def used() -> float:
    mine = resource.getrusage(resource.RUSAGE_SELF)
    return mine.ru_utime + mine.ru_stime


def prepare(folder: Path, persons: int) -> dict[str, Path]:
    """The records as files and as a database. Circe counts age from the year of birth alone, so
    everybody is born on 1 January; and it looks kinds of visits up in the vocabulary."""
    made = folder / "omop"
    if not made.exists():
        generate = HERE.parent / "warehouse" / "generate.py"
        command = [sys.executable, str(generate), str(folder), "--persons", str(persons)]
        subprocess.run(command, check=True)
    files, database = folder / "phenotypes" / "omop", folder / "phenotypes" / "cdm.duckdb"
    if database.exists():
        return {"Parquet": files, "DuckDB": database}
    files.mkdir(parents=True, exist_ok=True)
    engine = duckdb.connect(str(database))
    visits = ", ".join(
        f"({concept}, '{name}', 'Visit', 'Visit', 'S', '{concept}')"
        for concept, name in VISITS.items()
    )
    changed = {
        "person": "SELECT * REPLACE (1 AS month_of_birth, 1 AS day_of_birth) FROM {file}",
        "concept": f"SELECT * FROM {{file}} UNION ALL VALUES {visits}",
        "concept_ancestor": "SELECT * FROM {file} UNION ALL "
        f"SELECT id, id, 0 FROM (VALUES {', '.join(f'({c})' for c in VISITS)}) AS v(id)",
    }
    for file in sorted(made.glob("*.parquet")):
        target = files / file.name
        if file.stem in changed:
            rows = changed[file.stem].format(file=f"'{file}'")
            engine.execute(f"COPY ({rows}) TO '{target}' (FORMAT parquet)")
        elif not target.exists():
            os.link(file, target)
        engine.execute(f"CREATE TABLE {file.stem} AS SELECT * FROM '{target}'")
    engine.close()
    return {"Parquet": files, "DuckDB": database}


def by_hand(records: Path) -> Any:
    if records.is_file():
        engine = duckdb.connect(str(records), read_only=True)
    else:
        engine = duckdb.connect()
        for file in records.glob("*.parquet"):
            engine.execute(f"CREATE VIEW {file.stem} AS SELECT * FROM '{file}'")
    named = (HERE / "by_hand.sql").read_text().split("\n-- ")[1:]
    written = dict(part.split("\n", 1) for part in named)

    def run(name: str) -> tuple[Any, Any]:
        answer = engine.execute(written[name]).fetchnumpy()
        return answer["person_id"], answer["day"]

    return run


def casewise(records: Path, *, kept: bool = True) -> Any:
    """``kept``: the site file is read and the records are opened once, by the first, as the others
    do before they start. Imports are timed of nobody."""
    for late in ("engine.duckdb", "records.warehouse", "records.omop", "records.omop_files"):
        import_module(f"casewise.{late}")
    from casewise import cohort, opened
    from casewise import records as reading
    from casewise.protocol.reading import read

    first: list[Any] = []

    def run(name: str) -> tuple[Any, Any]:
        study, site = read(HERE / f"{name}.yaml", first[0] if first else HERE / "site.yaml")
        if kept and not first:
            first.extend((site, opened(site, records=records)))
        there = first[1] if kept else records
        one = reading.open(study, site, HERE, there, sources=False)  # as a run does
        cohort.count(study, one)
        answer = one.engine.query(
            "SELECT person, index_date FROM cohort WHERE left_at IS NULL AND arm IS NOT NULL"
        )
        one.close()
        return answer["person"], answer["index_date"]

    return run


def each_alone(records: Path) -> Any:
    return casewise(records, kept=False)


def measure(which: str, records: Path, out: Path) -> None:
    ways = {"by_hand": by_hand, "casewise": casewise, "each alone": each_alone}
    run = ways[which](records)
    kept: dict[str, Any] = {}
    told: dict[str, Any] = {}
    for name in PHENOTYPES:
        began, clock = used(), time.perf_counter()
        person, day = run(name)
        told[name] = (used() - began, time.perf_counter() - clock)
        order = np.argsort(person, kind="stable")
        kept[f"{name} person"] = np.asarray(person)[order].astype(np.int64)
        kept[f"{name} day"] = np.asarray(day).astype("datetime64[D]")[order]
    np.savez(out, **kept)
    print(json.dumps(told))


def child(which: str, records: Path, out: Path, rivals: str | None) -> dict[str, Any]:
    """One process: for each phenotype its processor and clock seconds, and those of the whole."""
    command = [sys.executable, str(HERE / "run.py"), str(records), "--only", which, str(out)]
    if which in RIVALS:
        command = [str(rivals), str(HERE / "rivals.py"), which, str(records), str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    began = time.perf_counter()
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status:
        raise SystemExit(f"{which} failed")
    whole = (usage.ru_utime + usage.ru_stime, time.perf_counter() - began)
    return {**json.loads(said), "whole process": whole}


def compare(kind: str, records: Path, kept: Path, rivals: str | None, times: int) -> None:
    contenders = ["by_hand", *(RIVALS if rivals else ()), "each alone", "casewise"]
    took: dict[str, dict[str, tuple[float, ...]]] = {}
    for which in contenders * times:
        found = child(which, records, kept / f"{which}.npz", rivals)
        found["the nine"] = [sum(found[name][i] for name in PHENOTYPES) for i in (0, 1)]
        best = took.setdefault(which, {})
        for name, cost in found.items():
            best[name] = tuple(map(min, cost, best.get(name, cost)))
    rows = {which: np.load(kept / f"{which}.npz") for which in contenders}
    print(f"\n{kind}: processor (clock) seconds")
    print(f"{'':14}{'rows':>7}" + "".join(f"{which:>16}" for which in contenders))
    for name in [*PHENOTYPES, "the nine", "whole process"]:
        n = len(rows["by_hand"][f"{name} person"]) if name in PHENOTYPES else ""
        costs = (took[which][name] for which in contenders)
        told = "".join(f"{f'{cost[0]:.2f} ({cost[1]:.2f})':>16}" for cost in costs)
        print(f"{name:14}{n:>7}{told}")
    mine = took["casewise"]["the nine"]
    for which in contenders[:-1]:
        other = took[which]["the nine"]
        print(
            f"casewise takes {mine[0] / other[0]:.2f} times the processor seconds of {which}, "
            f"{mine[1] / other[1]:.2f} times the clock's"
        )
    unequal = [
        f"{name} by {which}"
        for which in contenders[1:]
        for name in PHENOTYPES
        for what in ("person", "day")
        if not np.array_equal(rows[which][f"{name} {what}"], rows["by_hand"][f"{name} {what}"])
    ]
    print(
        f"NOT EQUAL: {', '.join(dict.fromkeys(unequal))}" if unequal else "equal rows, all of them"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rivals", metavar="PYTHON", help="one that has the two")
    parser.add_argument("--persons", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--only", nargs=2, metavar=("WHICH", "OUT"), help="for itself")
    asked = parser.parse_args()
    if asked.only:
        measure(asked.only[0], asked.folder, Path(asked.only[1]))
        return
    for kind, records in prepare(asked.folder, asked.persons).items():
        compare(kind, records, asked.folder / "phenotypes", asked.rivals, asked.times)


if __name__ == "__main__":
    main()
