"""Labels of a cohort from MEDS files, beside ACES: benchmarks/meds/run.py FOLDER --aces ACES_CLI.

FOLDER is where the records are, or are made. ACES (pip install es-aces==0.7.3, in an environment
of its own) is given the same task (bleeding.yaml) on the same rows in one file, Casewise the
dataset as it is. Each is a whole process; their labels are compared subject by subject. Without
--aces, Casewise alone.

Goals: 5 times faster than ACES at 50,000 subjects and 10 times at 150,000, in a quarter of the
memory; a million in under 10 s.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent
SUBJECTS = {"50k": 50_000, "150k": 150_000, "1m": 1_000_000}


def timed(command: list[str]) -> tuple[float, float, float]:
    """Clock seconds, processor seconds and peak memory in MB of a whole process."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status:
        raise SystemExit(f"failed: {' '.join(command)}")
    clock = time.perf_counter() - began
    return clock, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def labels(path: Path) -> dict[int, bool]:
    columns = pq.read_table(path, columns=["subject_id", "boolean_value"]).to_pydict()
    return dict(zip(columns["subject_id"], columns["boolean_value"], strict=True))


def one_file(meds: Path) -> Path:
    """The dataset's rows in one file, which is what ACES reads in one process."""
    import duckdb

    made = meds.parent / "one.parquet"
    if not made.exists():
        duckdb.execute(
            f"COPY (FROM '{meds}/data/train/*.parquet' ORDER BY subject_id, time NULLS FIRST) "
            f"TO '{made}' (FORMAT parquet)"
        )
    return made


def compare(folder: Path, size: str, aces: str | None) -> None:
    meds = folder / size / "meds"
    if not meds.exists():
        generate = HERE.parent / "warehouse" / "generate.py"
        make = [sys.executable, str(generate), str(folder / size), "--meds"]
        subprocess.run([*make, "--persons", str(SUBJECTS[size])], check=True)
    with tempfile.TemporaryDirectory() as scratch:
        study, site = HERE / "study.yaml", HERE / "site.yaml"
        ours = Path(scratch) / "labels"
        export = [
            sys.executable,
            "-m",
            "casewise",
            "export",
            "meds",
            str(study),
            "--site",
            str(site),
        ]
        mine = timed([*export, "--records", str(meds), "--out", str(ours), "--quiet"])
        print(f"\n{SUBJECTS[size]:,} subjects")
        print(f"casewise {mine[0]:7.2f} s clock {mine[1]:7.2f} s processor {mine[2]:7,.0f} MB")
        if aces is None:
            return
        theirs = Path(scratch) / "aces.parquet"
        asked = [f"cohort_dir={HERE}", "cohort_name=bleeding", "data.standard=meds"]
        asked += [f"data.path={one_file(meds)}", f"output_filepath={theirs}"]
        other = timed([aces, *asked, f"log_dir={scratch}", f"hydra.run.dir={scratch}"])
        print(f"ACES     {other[0]:7.2f} s clock {other[1]:7.2f} s processor {other[2]:7,.0f} MB")
        ratios = [b / a for a, b in zip(mine, other, strict=True)]
        print("ACES / casewise: {:.1f} clock, {:.1f} processor, {:.1f} memory".format(*ratios))
        same = labels(ours / "bleeding.parquet") == labels(theirs)
        print("equal labels" if same else "LABELS DIFFER")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--aces", help="path of aces-cli")
    parser.add_argument("--sizes", nargs="+", choices=list(SUBJECTS), default=["50k"])
    asked = parser.parse_args()
    for size in asked.sizes:
        compare(asked.folder, size, asked.aces if size != "1m" else None)


if __name__ == "__main__":
    main()
