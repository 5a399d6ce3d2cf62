"""How long Casewise takes, beside the same work by hand, all in one run: benchmarks/run.py.

Each command is timed from a cold process. The middle of several runs is printed, and the ratio to
what it is held against. Goals: --help within 0.2 s of an empty Python, the demo under 4 s and right
heart catheterization under 5 s, on 2 cores.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
EXAMPLES = ROOT / "examples"
CASEWISE = [sys.executable, "-m", "casewise"]


class Taken(NamedTuple):
    """Seconds by the clock, and of a processor: these say more on a busy machine."""

    clock: float
    processor: float


def seconds(command: list[str], runs: int) -> Taken:
    """The middle of ``runs`` cold processes, after one more that fills the disk's cache."""
    taken = []
    for _ in range(runs + 1):
        used, began = processor(), time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        taken.append(Taken(time.perf_counter() - began, processor() - used))
        if done.returncode:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return Taken(*(statistics.median(column) for column in zip(*taken[1:], strict=True)))


def processor() -> float:
    """Seconds that the finished child processes have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def line(what: str, taken: Taken, goal: float | None, against: str = "", other: float = 0) -> None:
    verdict = "" if goal is None else f"goal {goal:.1f}: {'met' if taken[0] < goal else 'MISSED'}"
    ratio = f"{taken.clock / other:5.2f} x {against}" if other else ""
    figures = f"{taken.clock:6.2f} s  {taken.processor:6.2f} s"
    print(f"{what:<46} {figures}   {verdict:<16} {ratio}".rstrip(), flush=True)


def rhc_table() -> Path | None:
    places = [Path(os.environ.get("CASEWISE_SHARED", ROOT.parent / "shared")) / "data/rhc/rhc.csv"]
    places.append(EXAMPLES / "right_heart_catheterization" / "rhc.csv")
    return next((place for place in places if place.is_file()), None)


def start_up() -> None:
    empty = seconds([sys.executable, "-c", "pass"], 9)
    line("python -c pass", empty, None)
    shown = seconds([*CASEWISE, "--help"], 9)
    line("casewise --help", shown, empty.clock + 0.2, "python -c pass", empty.clock)


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
    line("casewise run, RHC", taken, 5.0, "by hand", by_hand.clock)


def main() -> None:
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, load {load:.1f} at the start")
    print(f"{'':<46} {'clock':>8}  {'processor':>8}")
    folder = Path(tempfile.mkdtemp())
    try:
        start_up()
        demo(folder)
        catheterization(folder)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
