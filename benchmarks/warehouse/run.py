"""Casewise beside SQL written by hand and a floor: benchmarks/warehouse/run.py FOLDER.

FOLDER is where the records are, or are made: 10k and 100k persons, with --million a million too,
and ten million (11 GB) with --sizes 10m.
Each of the three is a process of its own. Clock and processor seconds, peak memory, and ratios of
processor seconds, which say more on a busy machine. The rows of Casewise's dataset are held to
those written by hand. The slowest statement's profile goes to FOLDER/profile_PERSONS.txt.

Goals at a million: 1.5 times by hand, 5 times the floor (every value of the columns touched, read
once), under 2 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PERSONS = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000, "10m": 10_000_000}
FLAGS = (
    *("hypertension", "diabetes", "heart failure", "asthma", "renal disease", "liver disease"),
    *("depression", "dementia", "pregnancy", "statin", "aspirin", "metformin", "insulin"),
    *("opioid", "steroid", "warfarin", "heparin", "endoscopy", "dialysis", "admission"),
)
NUMBERS = (
    *("creatinine", "haemoglobin", "sodium", "potassium", "albumin", "glucose", "ferritin"),
    "troponin",
)
OUTCOMES = {
    "bleeding by 1 year": "bleeding_365",
    "infarction by 1 year": "infarction_365",
    "time to bleeding or infarction": "either_730",
    "visits": "visit_365",
}
TOUCHED = {
    "person": ("person_id", "gender_concept_id", "year_of_birth", "month_of_birth", "day_of_birth"),
    "observation_period": (
        *("person_id", "observation_period_start_date", "observation_period_end_date"),
    ),
    "death": ("person_id", "death_date"),
    "visit_occurrence": (
        *("person_id", "visit_concept_id", "visit_start_date", "visit_occurrence_id"),
    ),
    "condition_occurrence": ("person_id", "condition_concept_id", "condition_start_date"),
    "drug_exposure": ("person_id", "drug_concept_id", "drug_exposure_start_date"),
    "measurement": (
        *("person_id", "measurement_concept_id", "measurement_date", "value_as_number"),
    ),
    "procedure_occurrence": ("person_id", "procedure_concept_id", "procedure_date"),
}


def used() -> float:
    mine = resource.getrusage(resource.RUSAGE_SELF)
    return mine.ru_utime + mine.ru_stime


def floor(omop: Path) -> dict[str, Any]:
    import duckdb

    engine = duckdb.connect()
    for table, columns in TOUCHED.items():
        values = [
            f"BIT_XOR({name} - DATE '1970-01-01')"
            if name.endswith("_date")
            else f"BIT_XOR(CAST({name} * 10 AS BIGINT))"
            if name == "value_as_number"
            else f"BIT_XOR({name})"
            for name in columns
        ]
        engine.execute(f"SELECT {', '.join(values)} FROM '{omop}/{table}.parquet'").fetchall()
    return {}


def by_hand(omop: Path, keep: Path | None = None) -> dict[str, Any]:
    import duckdb

    engine = duckdb.connect()
    *made, last = [part for part in (HERE / "by_hand.sql").read_text().split(";") if part.strip()]
    for statement in made:
        engine.execute(statement.replace("{omop}", str(omop)))
    rows = engine.execute(last.replace("{omop}", str(omop))).fetchnumpy()
    if keep is not None:
        save(rows, keep)
    return {"rows": len(rows["person_id"])}


def casewise(omop: Path, keep: Path | None = None, profile: Path | None = None) -> dict[str, Any]:
    from casewise import cohort, records
    from casewise.engine.duckdb import DuckDB
    from casewise.protocol.reading import read

    taken: list[tuple[float, str]] = []

    def timed(method: Any) -> Any:
        def run(engine: Any, sql: str) -> Any:
            began = used()
            answer = method(engine, sql)
            taken.append((used() - began, sql))
            return answer

        return run

    for name in ("execute", "query"):
        setattr(DuckDB, name, timed(getattr(DuckDB, name)))
    began = used()
    study, site = read(HERE / "study.yaml", HERE / "site.yaml")
    opened = records.open(study, site, HERE, omop, sources=False)  # as a run does
    after_open = used()
    dataset = cohort.build(study, opened)
    built = used()
    if keep is not None:
        save(columns_of(dataset), keep)
    if profile is not None:
        cost, slowest = max(taken)
        told = opened.engine.query(f"EXPLAIN ANALYZE {slowest}")["explain_value"]
        profile.write_text("\n".join([f"-- {cost:.2f} processor s", slowest, *told.tolist()]))
    in_engine = sum(cost for cost, _ in taken)
    return {
        "rows": len(dataset),
        "open": after_open - began,
        "build": built - after_open,
        "statements": len(taken),
        "outside the engine": built - began - in_engine,
    }


def columns_of(dataset: Any) -> dict[str, Any]:
    """The dataset under the names of by_hand.sql."""
    baseline = {one.name: one for one in dataset.baseline}
    columns = {"person_id": dataset.patient, "arm": dataset.arm, "day_0": dataset.index_date}
    columns |= {"follow_up": dataset.follow_up, "death": dataset.death}
    columns |= {"age": baseline["age"].values, "sex": baseline["sex"].values}
    columns |= {name: baseline[name].values for name in (*FLAGS, *NUMBERS)}
    columns |= {name: dataset.outcomes[said].event.day for said, name in OUTCOMES.items()}
    columns["visits_365"] = dataset.outcomes["visits"].event.count
    return columns


def save(columns: dict[str, Any], path: Path) -> None:
    import numpy as np

    kept = {}
    for name, values in columns.items():
        if name == "day_0":
            kept[name] = np.asarray(values, dtype="datetime64[D]").astype(np.int64)
        elif name == "sex":
            kept[name] = np.asarray(values, dtype="U6")
        else:
            empty = 0 if name in FLAGS else np.nan
            filled = np.ma.filled(np.ma.asarray(values).astype(np.float64), empty)
            kept[name.replace(" ", "_")] = filled
    np.savez(path, **kept)


def differences(one: Path, other: Path) -> list[str]:
    import numpy as np

    left, right = np.load(one), np.load(other)
    found = [f"columns: {sorted(set(left) ^ set(right))}"] if set(left) != set(right) else []
    for name in sorted(set(left) & set(right)):
        a, b = left[name], right[name]
        if len(a) != len(b):
            found.append(f"{name}: {len(a)} and {len(b)} rows")
        elif not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
            found.append(f"{name}: {int(np.sum((a != b) & ~((a != a) & (b != b))))} rows differ")
    return found


def child(what: str, omop: Path, *more: str) -> dict[str, Any]:
    """One whole process: its clock and processor seconds, and its peak memory in MB."""
    command = [sys.executable, str(HERE / "run.py"), str(omop), "--only", what, *more]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status:
        raise SystemExit(f"{what} failed")
    return {
        **json.loads(said),
        "clock": time.perf_counter() - began,
        "processor": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss / 1024,
    }


def compare(folder: Path, size: str) -> None:
    omop = folder / size / "omop"
    if not omop.exists():
        make = [sys.executable, str(HERE / "generate.py"), str(folder / size)]
        subprocess.run([*make, "--persons", str(PERSONS[size])], check=True)
    found = {what: child(what, omop) for what in ("floor", "by_hand", "casewise")}
    print(f"\n{PERSONS[size]:,} persons, {found['casewise']['rows']:,} in the study")
    for what, one in found.items():
        ratios = "".join(
            f"  {one['processor'] / found[other]['processor']:5.2f} x {other.replace('_', ' ')}"
            for other in ("floor", "by_hand")
            if what != other
        )
        print(
            f"{what:9} {one['clock']:7.2f} s clock {one['processor']:7.2f} s processor "
            f"{one['memory']:6,.0f} MB{ratios}"
        )
    mine = found["casewise"]
    print(
        f"          records.open {mine['open']:.2f} s, cohort.build {mine['build']:.2f} s, "
        f"{mine['statements']} statements, outside the engine {mine['outside the engine']:.2f} s"
    )
    kept = [folder / f"{size}_{what}.npz" for what in ("casewise", "by_hand")]
    child("casewise", omop, "--keep", str(kept[0]), "--profile", f"{folder}/profile_{size}.txt")
    child("by_hand", omop, "--keep", str(kept[1]))
    wrong = differences(kept[0], kept[1])
    print("          equal rows" if not wrong else f"          NOT EQUAL: {'; '.join(wrong)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--sizes", nargs="+", choices=list(PERSONS), help="these alone")
    parser.add_argument("--only", choices=["floor", "by_hand", "casewise"], help="for itself")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--profile", type=Path)
    asked = parser.parse_args()
    if asked.only is None:
        for size in asked.sizes or ["10k", "100k", *(["1m"] if asked.million else [])]:
            compare(asked.folder, size)
        return
    match asked.only:
        case "floor":
            said = floor(asked.folder)
        case "by_hand":
            said = by_hand(asked.folder, asked.keep)
        case _:
            said = casewise(asked.folder, asked.keep, asked.profile)
    print(json.dumps(said))


if __name__ == "__main__":
    main()
