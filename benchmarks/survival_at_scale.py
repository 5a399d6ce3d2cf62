"""Cox's model and cumulative incidence at scale, beside R's survival and lifelines, in one run.

    python benchmarks/survival_at_scale.py [patients] [patients for lifelines]

Times are processor seconds. lifelines takes minutes at a million; where fewer patients are asked
for, casewise is run on the same. R is left out
where there is no Rscript.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from casewise import stats

R = """
library(survival); d <- matrix(readBin("{file}", "double", {n} * 7), ncol=7)
s <- proc.time(); f <- coxph(Surv(d[,1], d[,2]) ~ d[,3:7])
cat(sum((proc.time() - s)[1:2]), coef(f))
"""


def seconds(work):
    """Of the processor, by user and system: other work on the machine does not count."""
    start = time.process_time()
    answer = work()
    return time.process_time() - start, answer


def patients(n):
    random = np.random.default_rng(6)
    x = random.normal(size=(n, 5))
    death = random.exponential(np.exp(-x @ [0.5, -0.3, 0.2, 0, 0.1]))
    leaving = random.exponential(1.5, n)
    return np.minimum(death, leaving), death <= leaving, x  # untied: lifelines' slow case


def by_r(t, event, x):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "patients.bin"
        file.write_bytes(np.column_stack([t, event, x]).T.tobytes())
        script = R.format(file=file, n=t.size)
        done = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, check=True)
    took, *logs = map(float, done.stdout.split())
    return took, logs


def compared(name, own, other, difference):
    print(f"{name}: {other:.2f} s, casewise {own:.2f} s: {other / own:.1f} times; ", end="")
    print(f"coefficients differ by at most {difference:.1e}")


def main(n, fewer):
    t, event, x = patients(n)
    own, model = seconds(lambda: stats.cox(t, event, x))
    logs = np.array([row.log.value for row in model.coefficients])
    print(f"Cox, {n:,} by 5: {own:.2f} s")
    if shutil.which("Rscript"):
        other, theirs = by_r(t, event, x)
        compared("R's coxph, the same", own, other, np.abs(logs - theirs).max())
    cause = event * np.random.default_rng(7).integers(1, 3, n)
    print(f"Aalen-Johansen, {n:,}: {seconds(lambda: stats.aalen_johansen(t, cause))[0]:.2f} s")
    print(f"Gray's test, {n:,}: {seconds(lambda: stats.gray_test(t, cause, x[:, 3] > 0))[0]:.2f} s")
    import pandas as pd
    from lifelines import CoxPHFitter

    t, event, x = t[:fewer], event[:fewer], x[:fewer]
    own, model = seconds(lambda: stats.cox(t, event, x))
    logs = np.array([row.log.value for row in model.coefficients])
    frame = pd.DataFrame(x).assign(t=t, event=event)
    other, fitter = seconds(lambda: CoxPHFitter().fit(frame, "t", "event"))
    compared(f"lifelines, {fewer:,}", own, other, np.abs(logs - fitter.params_.to_numpy()).max())


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*given, *(1_000_000, 1_000_000)[len(given) :])
