"""Every code of every domain in two windows: benchmarks/warehouse/every_feature.py FOLDER.

FOLDER is that of ``run.py``; the records are made where they are missing. Everybody with a visit is
in the cohort, from the last visit on. The matrix is held to a count by hand of one feature in
seven. Goal: a million persons in under 60 s.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PERSONS = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000}


def measure(omop: Path) -> None:
    from casewise import cohort, records
    from casewise.cohort.features import features
    from casewise.protocol.reading import read
    from casewise.protocol.time import parse_duration

    began = time.perf_counter()
    study, site = read(HERE / "everybody.yaml", HERE / "everybody_site.yaml")
    opened = records.open(study, site, HERE, omop, whole=True)
    cohort.build(study, opened)
    built = time.perf_counter()
    windows = [parse_duration("30 days"), parse_duration("365 days")]
    found = features(opened, windows)
    ended = time.perf_counter()
    used = resource.getrusage(resource.RUSAGE_SELF)
    checked = 0
    for place in range(0, len(found.columns), 7):
        one = found.columns[place]
        checked += 1
        counted = opened.engine.query(
            f"SELECT COUNT(DISTINCT person) AS n FROM raw_event JOIN cohort USING (person) "
            f"WHERE domain = '{one.domain}' AND concept = {one.concept} AND arm IS NOT NULL AND "
            f"start BETWEEN index_date - {one.window.number} AND index_date - 1"
        )["n"][0]
        column = found.matrix[:, place].sum()
        if not counted == one.patients == column:
            raise SystemExit(f"{one}: {counted} by hand, {column} in the matrix")
        if checked == 40:
            break
    said = {
        "patients": found.matrix.shape[0],
        "features": found.matrix.shape[1],
        "entries": int(found.matrix.nnz),
        "cohort, s": round(built - began, 1),
        "features, s": round(ended - built, 1),
        "processor, s": round(used.ru_utime + used.ru_stime, 1),
        "memory, MB": round(used.ru_maxrss / 1024),
        "columns counted again by hand": checked,
    }
    print(json.dumps(said))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", nargs="+", choices=list(PERSONS), default=["10k", "100k"])
    parser.add_argument("--only", action="store_true", help="for itself: FOLDER is the CDM")
    asked = parser.parse_args()
    if asked.only:
        measure(asked.folder)
        return
    for size in asked.sizes:
        omop = asked.folder / size / "omop"
        if not omop.exists():
            make = [sys.executable, str(HERE / "generate.py"), str(omop.parent)]
            subprocess.run([*make, "--persons", str(PERSONS[size])], check=True)
        command = [sys.executable, __file__, str(omop), "--only"]
        print(size, subprocess.run(command, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    main()
