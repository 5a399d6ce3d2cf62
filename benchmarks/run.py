"""How long Casewise takes, beside the same work by hand, all in one run: benchmarks/run.py.

Each command is timed from a cold process. The middle of several runs is printed, and the ratio to
what it is held against. Goals: --help within 0.2 s of an empty Python, the demo under 4 s and right
heart catheterization under 5 s, on 2 cores.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
EXAMPLES = ROOT / "examples"
CASEWISE = [sys.executable, "-m", "casewise"]


def seconds(command: list[str], runs: int) -> float:
    """The middle of ``runs`` cold processes, after one more that fills the disk's cache."""
    taken = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        taken.append(time.perf_counter() - began)
        if done.returncode:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return statistics.median(taken[1:])


def line(what: str, taken: float, goal: float | None, against: str = "", other: float = 0) -> None:
    verdict = "" if goal is None else f"goal {goal:.1f} s: {'met' if taken < goal else 'MISSED'}"
    ratio = f"{taken / other:5.2f} x {against}" if other else ""
    print(f"{what:<44} {taken:6.2f} s   {verdict:<18} {ratio}".rstrip(), flush=True)


def rhc_table() -> Path | None:
    places = [Path(os.environ.get("CASEWISE_SHARED", ROOT.parent / "shared")) / "data/rhc/rhc.csv"]
    places.append(EXAMPLES / "right_heart_catheterization" / "rhc.csv")
    return next((place for place in places if place.is_file()), None)


def start_up() -> None:
    empty = seconds([sys.executable, "-c", "pass"], 9)
    line("python -c pass", empty, None)
    shown = seconds([*CASEWISE, "--help"], 9)
    line("casewise --help", shown, empty + 0.2, "python -c pass", empty)


def demo(folder: Path) -> None:
    command = [*CASEWISE, "demo", "--no-open", "--quiet", "--out", str(folder / "demo")]
    line("casewise demo", seconds(command, 3), 4.0)


def catheterization(folder: Path) -> None:
    table = rhc_table()
    if table is None:
        print("right heart catheterization skipped: no rhc.csv in $CASEWISE_SHARED/data/rhc")
        return
    hand = [sys.executable, str(HERE / "by_hand_rhc.py"), str(table), str(folder / "hand")]
    by_hand = seconds(hand, 3)
    line("RHC by hand (tableone, lifelines, statsmodels)", by_hand, None)
    study = EXAMPLES / "right_heart_catheterization" / "study.yaml"
    options = ["--records", str(table), "--quiet", "--out", str(folder / "rhc")]
    taken = seconds([*CASEWISE, "run", str(study), *options], 3)
    line("casewise run, RHC", taken, 5.0, "by hand", by_hand)


def main() -> None:
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
    folder = Path(tempfile.mkdtemp())
    try:
        start_up()
        demo(folder)
        catheterization(folder)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
