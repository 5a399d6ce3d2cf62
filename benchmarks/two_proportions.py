"""Two proportions: Casewise against scipy, in one run on one machine.

    python benchmarks/two_proportions.py          # 100 and 500 an arm; a minute
    python benchmarks/two_proportions.py 1000     # also 1,000 an arm; scipy takes minutes

Prints a table: seconds of each, the ratio, and by how much the two P differ. scipy's Barnard test
samples the nuisance parameter, and stops short of the supremum by as much.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from scipy.stats import barnard_exact, boschloo_exact, fisher_exact

from casewise import stats

OUTCOMES = [(0, 9, 2, 6), (0, 9, 3, 6), (2, 9, 5, 6)]  # of the published study


def seconds(call: Callable[[], object], repeat: int = 1) -> float:
    """The fastest of ``repeat`` calls."""
    best = float("inf")
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def against_scipy(n: int) -> None:
    events_1, events_0 = round(0.3 * n), round(0.37 * n)
    arms = (events_1, n, events_0, n)
    columns = [[events_1, events_0], [n - events_1, n - events_0]]
    pairs: dict[str, tuple[Callable[[], float | None], Callable[[], float]]] = {
        "Fisher, minlike": (
            lambda: stats.fisher(*arms).p_value,
            lambda: float(fisher_exact(columns)[1]),
        ),
        "Barnard, pooled": (
            lambda: stats.barnard(*arms).p_value,
            lambda: float(barnard_exact(columns, pooled=True).pvalue),
        ),
        "Barnard, unpooled": (
            lambda: stats.barnard(*arms, statistic="unpooled").p_value,
            lambda: float(barnard_exact(columns, pooled=False).pvalue),
        ),
        "Boschloo, central": (
            lambda: stats.boschloo(*arms, kind="central").p_value,
            lambda: float(boschloo_exact(columns).pvalue),
        ),
    }
    for name, (ours, theirs) in pairs.items():
        mine, other = seconds(ours, repeat=3), seconds(theirs)
        difference = abs((ours() or 0.0) - theirs()) if n <= 500 else float("nan")
        print(
            f"{n:>6} {name:<20}{mine:>12.5f}{other:>12.4f}{other / mine:>9.0f}{difference:>12.1e}"
        )


def alone(n: int) -> None:
    arms = (round(0.3 * n), n, round(0.37 * n), n)
    calls: dict[str, Callable[[], object]] = {
        "Boschloo, minlike": lambda: stats.boschloo(*arms),
        "Chan-Zhang": lambda: stats.risk_difference(*arms, method="chan-zhang"),
        "Agresti-Min": lambda: stats.risk_difference(*arms, method="agresti-min"),
        "exact risk ratio": lambda: stats.risk_ratio(*arms, method="exact"),
        "minlike odds ratio": lambda: stats.odds_ratio(*arms, method="minlike"),
    }
    for name, call in calls.items():
        print(f"{n:>6} {name:<20}{seconds(call):>12.5f}")


def published() -> None:
    """Every method on the three outcomes of the published study."""

    def everything() -> None:
        for table in OUTCOMES:
            for kind in ("minlike", "central", "blaker"):
                stats.fisher(*table, kind=kind)
                stats.odds_ratio(*table, method=kind)
            stats.barnard(*table)
            stats.barnard(*table, statistic="unpooled")
            stats.boschloo(*table)
            stats.boschloo(*table, kind="central")
            for method in ("miettinen-nurminen", "newcombe", "chan-zhang", "agresti-min"):
                stats.risk_difference(*table, method=method)
            stats.risk_ratio(*table)
            stats.risk_ratio(*table, method="exact")

    print(f"    15 every method, 3 tables{seconds(everything, repeat=3):>8.5f}")


def main() -> None:
    sizes = [100, 500, *(int(n) for n in sys.argv[1:])]
    print(
        f"{'an arm':>6} {'method':<20}{'casewise, s':>12}{'scipy, s':>12}{'ratio':>9}{'P off':>12}"
    )
    for n in sizes:
        against_scipy(n)
    for n in sizes:
        alone(n)
    published()


if __name__ == "__main__":
    main()
