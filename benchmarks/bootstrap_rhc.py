"""2,000 bootstraps of the overlap-weighted risk difference of right heart catheterization.

    python benchmarks/bootstrap_rhc.py

The whole study with and without them, from a cold process; the propensity is fitted anew in each
resample. Goal: under 20 s. The records are looked for as ``run.py`` looks for them.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from run import CASEWISE, EXAMPLES, line, rhc_table, seconds

ADJUSTED = "analysis:\n  adjust: {{method: overlap weights{}}}\n"


def main() -> None:
    table = rhc_table()
    if table is None:
        sys.exit("the catheterization table is not here: see benchmarks/README.md")
    example = EXAMPLES / "right_heart_catheterization"
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        shutil.copy(example / "site.yaml", here / "site.yaml")
        protocol = (example / "study.yaml").read_text(encoding="utf-8")
        taken = []
        for more in ("", ", bootstrap: 2000"):
            text = protocol.replace("analysis:\n", ADJUSTED.format(more), 1)
            (here / "study.yaml").write_text(text, encoding="utf-8")
            out = here / f"out{len(taken)}"
            run = [*CASEWISE, "run", str(here / "study.yaml"), "--records", str(table)]
            taken.append(seconds([*run, "--out", str(out)], 1))
    line("RHC adjusted by overlap weights", taken[0], None)
    line("  with 2,000 bootstraps", taken[1], 20.0 + taken[0].clock)


if __name__ == "__main__":
    main()
