"""Bias, coverage and type I error of each estimator on simulated studies with a known effect.

    python benchmarks/operating_characteristics/run.py [repetitions] [results.json]

2,000 repetitions take some 10 minutes of one core. Each repetition has its own seed, so that the
same number gives the same figures. ``page.py`` makes the table and figure of the manual's page.
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path

import numpy as np
from studies import STUDIES

HERE = Path(__file__).parent


def simulate(draw, truth, estimators, repetitions, seed):
    """By estimator: truth, estimates and limits of every repetition, NaN where there is none."""
    found = {}
    for k in range(repetitions):
        data = draw(np.random.default_rng([seed, k]))
        for name, true, one in estimators(data, truth):
            triple = one if isinstance(one, tuple) else (one.value, one.lower, one.upper)
            numbers = [math.nan if v is None else v for v in triple]
            found.setdefault(name, (true, {}))[1][k] = numbers
    return found


def summary(true, rows, repetitions):
    """What is told of one estimator. Without a value or an interval a repetition is declined."""
    table = np.array(list(rows.values()), dtype=float)
    has = np.isfinite(table[:, 0])
    whole = has & ~np.isnan(table[:, 1:]).any(axis=1)
    values, low, high = table[has, 0], table[whole, 1], table[whole, 2]
    covered = (low <= true) & (true <= high)
    share = float(covered.mean()) if whole.any() else math.nan
    answer = {
        "truth": true,
        "mean": float(values.mean()),
        "bias": float(values.mean() - true),
        "spread": float(values.std(ddof=1)),
        "coverage": share,
        "coverage_error": math.sqrt(share * (1 - share) / max(int(whole.sum()), 1)),
        "width": float(np.median(high - low)),
        "declined": 1 - float(whole.sum()) / repetitions,
    }
    if true == 0:
        answer["type_1"] = float(((low > 0) | (high < 0)).mean())
    return answer


def main(repetitions, out):
    answer = {"repetitions": repetitions, "studies": {}}
    for seed, (study, (draw, truth), estimators) in enumerate(STUDIES):
        start = time.process_time()
        found = simulate(draw, truth, estimators, repetitions, seed)
        answer["studies"][study] = {
            name: summary(true, rows, repetitions) for name, (true, rows) in found.items()
        }
        spent = time.process_time() - start
        print(f"{study}: {spent:.0f} processor seconds", flush=True)
        for name, told in answer["studies"][study].items():
            print(
                f"  {name:32} bias {told['bias']:+.4f}  coverage {100 * told['coverage']:.1f}%  "
                f"declined {100 * told['declined']:.1f}%",
                flush=True,
            )
    Path(out).write_text(json.dumps(answer, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    words = sys.argv[1:]
    main(int(words[0]) if words else 2000, words[1] if len(words) > 1 else HERE / "results.json")
