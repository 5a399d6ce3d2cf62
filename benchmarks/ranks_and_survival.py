"""How fast the tests of samples are, as ratios in one run against scipy, lifelines and R's coin.

    python benchmarks/ranks_and_survival.py

What is not installed is left out. Each time is the best of several runs in this process, with
everything imported; R times its own runs, without its start.
"""

from __future__ import annotations

import math
import shutil
import subprocess
import time
from collections.abc import Callable

import numpy as np

from casewise import stats
from casewise.stats import _permutation

RANDOM = np.random.default_rng(20230401)


def seconds(function: Callable[[], object], runs: int = 3) -> float:
    best = math.inf
    for _ in range(runs):
        _permutation._halves.cache_clear()  # the next of several tests must not profit
        start = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - start)
    return best


def r_seconds(code: str, runs: int = 3) -> float | None:
    """The best time of ``code`` in R, ``None`` where R or its packages are missing."""
    if not shutil.which("Rscript"):
        return None
    script = (
        "suppressMessages({library(survival); library(coin)});"
        f"cat(min(sapply(1:{runs}, function(i) system.time({{{code}}})[['elapsed']])))"
    )
    found = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, check=False)
    return float(found.stdout) if found.returncode == 0 else None


def as_r(values: np.ndarray) -> str:
    return "c(" + ",".join(f"{v:.12g}" for v in values) + ")"


def line(what: str, ours: float, others: dict[str, float | None]) -> None:
    print(f"{what:<52} {ours:9.4f} s", end="")
    for name, theirs in others.items():
        if theirs is not None:
            print(f"   {name} {theirs:8.4f} s ({theirs / ours:7.1f} x)", end="")
    print(flush=True)


def rank_tests() -> None:
    from scipy import stats as scipy_stats

    for n in (15, 50, 100, 150):
        x, y = RANDOM.integers(0, 40, n), RANDOM.integers(3, 44, n)
        coin = r_seconds(
            f"wilcox_test(v ~ g, data.frame(v = c({as_r(x)}, {as_r(y)}), g = gl(2, {n})),"
            " distribution = 'exact') |> pvalue()"
        )
        scipy_time = seconds(lambda x=x, y=y: scipy_stats.mannwhitneyu(x, y, method="exact"))
        line(
            f"exact rank-sum with ties, {n} against {n}",
            seconds(lambda x=x, y=y: stats.rank_sum(x, y, "exact")),
            {"coin": coin, "scipy (ignores ties)": scipy_time},
        )
        line(
            f"  its Hodges-Lehmann interval, {n} against {n}",
            seconds(lambda x=x, y=y: stats.hodges_lehmann(x, y), 1),
            {},
        )


def survival() -> None:
    try:
        from lifelines import KaplanMeierFitter
        from lifelines.statistics import logrank_test
    except ImportError:
        KaplanMeierFitter = logrank_test = None  # noqa: N806
    for n in (15, 26, 40):
        t, e, g = RANDOM.integers(1, 30, n), RANDOM.random(n) < 0.7, np.arange(n) % 2
        coin = r_seconds(
            f"logrank_test(Surv({as_r(t)}, {as_r(e)}) ~ factor({as_r(g)}),"
            " distribution = 'exact') |> pvalue()"
        )
        line(
            f"exact log-rank, {n} patients",
            seconds(lambda t=t, e=e, g=g: stats.log_rank(t, e, g, "exact")),
            {"coin": coin},
        )
    n = 1_000_000
    t, e, g = RANDOM.integers(0, 3000, n), RANDOM.random(n) < 0.7, np.arange(n) % 2
    lifelines_curve = lifelines_test = None
    if KaplanMeierFitter is not None:
        lifelines_curve = seconds(lambda: KaplanMeierFitter().fit(t, e), 1)
        lifelines_test = seconds(
            lambda: logrank_test(t[g == 1], t[g == 0], e[g == 1], e[g == 0]), 1
        )
    line(
        "Kaplan-Meier, a million patients",
        seconds(lambda: stats.kaplan_meier(t, e)),
        {"lifelines": lifelines_curve},
    )
    line(
        "log-rank, a million patients",
        seconds(lambda: stats.log_rank(t, e, g)),
        {"lifelines": lifelines_test},
    )
    line(
        "hazard ratio of two arms, a million patients",
        seconds(lambda: stats.hazard_ratio(t, e, g)),
        {},
    )


def many_outcomes() -> None:
    scores, arm = RANDOM.normal(size=(500, 20)), np.arange(500) % 2
    line(
        "Westfall-Young, 20,000 shuffles, 20 outcomes, 500 patients",
        seconds(lambda: stats.westfall_young(scores, arm)),
        {},
    )


def demo_study() -> None:
    """Every function on the bundled example's sizes: nine patients against six."""
    stay = [9, 18, 23, 25, 27, 31, 36, 44, 61], [5, 8, 10, 14, 14, 26]
    time_, event = [*stay[0], *stay[1]], [0] * 9 + [1] * 3 + [0] * 3
    arm = [1] * 9 + [0] * 6
    scores = np.column_stack([event, stats.midranks(time_), stats.log_rank_scores(time_, event)])

    def everything() -> None:
        stats.rank_sum(*stay)
        stats.hodges_lehmann(*stay)
        stats.permutation_test(*stay)
        stats.permutation_test(*stay, "median")
        stats.brunner_munzel(*stay)
        stats.kruskal_wallis(*stay)
        stats.log_rank(time_, event, arm, "exact")
        stats.kaplan_meier(time_, event, interval="beta-product").median()
        stats.hazard_ratio(time_, event, arm)
        stats.exact_logistic(event, arm)
        stats.firth_logistic(event, arm)
        stats.westfall_young(scores, arm)
        stats.posterior(0, 9, 3, 6)
        stats.fragility_index(0, 9, 3, 6)
        stats.attainable(9, 6)
        stats.power_rank_sum(0.8, 9, 6)

    line("all methods for samples, nine against six", seconds(everything), {})


if __name__ == "__main__":
    rank_tests()
    survival()
    many_outcomes()
    demo_study()
