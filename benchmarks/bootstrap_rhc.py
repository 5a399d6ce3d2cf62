"""2,000 bootstraps of the overlap-weighted risk difference of right heart catheterization.

    python benchmarks/bootstrap_rhc.py

The whole study with and without them, from a cold process; the propensity is fitted anew in each
resample. Goal: under 20 s. The records are looked for as ``run.py`` looks for them.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

from run import CASEWISE, EXAMPLES, line, rhc_table, seconds

METHODS = re.compile(r"    method:\n(      - .*\n)+")


def main() -> None:
    table = rhc_table()
    if table is None:
        sys.exit("the catheterization table is not here: see benchmarks/README.md")
    example = EXAMPLES / "right_heart_catheterization"
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        shutil.copy(example / "site.yaml", here / "site.yaml")
        protocol = (example / "study_adjusted.yaml").read_text(encoding="utf-8")
        protocol = protocol[: protocol.index("  subgroups:")]
        taken = []
        for resamples in (0, 2000):
            more = f"    bootstrap: {resamples}\n" if resamples else ""
            text = METHODS.sub("    method: overlap weights\n" + more, protocol)
            (here / "study.yaml").write_text(text, encoding="utf-8")
            out = here / f"out{resamples}"
            run = [*CASEWISE, "run", str(here / "study.yaml"), "--records", str(table)]
            taken.append(seconds([*run, "--out", str(out)], 1))
            print(adjusted(out))
    line("RHC adjusted by overlap weights", taken[0], None)
    line("  with 2,000 bootstraps", taken[1], 20.0 + taken[0].clock)


def adjusted(out: Path) -> str:
    """The adjusted estimate in a run's results, so that no refusal is timed in its place."""
    outcomes = json.loads((out / "results.json").read_text(encoding="utf-8"))["outcomes"]
    found = outcomes["death by 30 days"]["adjusted"][0]
    if not found["estimates"]:
        sys.exit(f"no adjusted estimate: {found['reason']}")
    return "{measure} {value:.4f} ({lower:.4f} to {upper:.4f}) by {method}".format(
        **found["estimates"][0]
    )


if __name__ == "__main__":
    main()
