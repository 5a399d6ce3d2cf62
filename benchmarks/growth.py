"""How each method's time grows with the number of patients: a figure and a table, in one run.

    python benchmarks/growth.py

Draws docs/images/growth.svg and writes the table in benchmarks/growth.md; takes under two minutes.
Each method starts at 8 patients an arm, which grow by the root of 2 until one call takes a second,
or until it would answer with another method: exact methods do past a stated size.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from casewise import stats
from casewise.report.plots.canvas import ARM_COLOURS, ARM_LINES, SMALL, finish

ROOT = Path(__file__).resolve().parents[1]
SMALLEST, LARGEST = 8, 262_144
LONGEST = 1.0  # seconds of one call after which a method is not tried with more patients
SHOWN = (8, 16, 32, 128, 512, 2_048, 32_768)  # an arm, in the table
Call = Callable[[int], object]


def table(n: int) -> tuple[int, int, int, int]:
    return round(0.3 * n), n, round(0.4 * n), n


def days(n: int) -> tuple[Any, Any]:
    """Two samples of whole days, with ties."""
    random = np.random.default_rng(n)
    return random.integers(1, 41, n), random.integers(4, 44, n)


def follow_up(n: int) -> tuple[Any, Any, Any]:
    random = np.random.default_rng(n)
    return random.integers(1, 366, 2 * n), random.random(2 * n) < 0.5, np.arange(2 * n) % 2


def outcomes(n: int) -> tuple[Any, Any]:
    return np.random.default_rng(n).normal(size=(2 * n, 20)), np.arange(2 * n) % 2


# panel: method: the call, with n patients in each of two arms
METHODS: dict[str, dict[str, Call]] = {
    "Tests of two proportions": {
        "Fisher minlike": lambda n: stats.fisher(*table(n)),
        "Barnard pooled": lambda n: stats.barnard(*table(n)),
        "Boschloo minlike": lambda n: stats.boschloo(*table(n)),
        "Boschloo central": lambda n: stats.boschloo(*table(n), kind="central"),
        "chi-square N − 1": lambda n: stats.chi_square(*table(n), kind="n-1"),
    },
    "Their intervals": {
        "odds ratio, Baptista-Pike": lambda n: stats.odds_ratio(*table(n), method="minlike"),
        "risk difference, Agresti-Min": lambda n: stats.risk_difference(
            *table(n), method="agresti-min"
        ),
        "risk difference, Chan-Zhang": lambda n: stats.risk_difference(
            *table(n), method="chan-zhang"
        ),
        "risk ratio, exact": lambda n: stats.risk_ratio(*table(n), method="exact"),
        "risk difference, score": lambda n: stats.risk_difference(*table(n)),
    },
    "Ranks and means": {
        "rank-sum, exact": lambda n: stats.rank_sum(*days(n), method="exact"),
        "Hodges-Lehmann, exact": lambda n: stats.hodges_lehmann(*days(n), method="exact"),
        "means, exact permutation": lambda n: stats.permutation_test(*days(n), method="exact"),
        "rank-sum, Monte Carlo": lambda n: stats.rank_sum(*days(n), method="monte-carlo"),
        "rank-sum, asymptotic": lambda n: stats.rank_sum(*days(n), method="asymptotic"),
    },
    "Time to event, many outcomes": {
        "log-rank, exact": lambda n: stats.log_rank(*follow_up(n), method="exact"),
        "log-rank, Monte Carlo": lambda n: stats.log_rank(*follow_up(n), method="monte-carlo"),
        "log-rank, asymptotic": lambda n: stats.log_rank(*follow_up(n)),
        "Kaplan-Meier": lambda n: stats.kaplan_meier(*follow_up(n)[:2]),
        "hazard ratio": lambda n: stats.hazard_ratio(*follow_up(n)),
        "Westfall-Young, 20 outcomes": lambda n: stats.westfall_young(*outcomes(n)),
    },
}


def seconds(call: Call, n: int) -> float | None:
    """Processor time of the fastest of three calls, or of one that takes long; ``None`` where the
    method is out of reach or answers as another.
    """
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        try:
            answer = call(n)
        except ValueError:
            return None
        best = min(best, time.process_time() - start)
        if getattr(answer, "reason", "").startswith(("asymptotic", "more")):
            return None
        if best > LONGEST / 4:
            break
    return best


def measured(call: Call) -> dict[int, float]:
    call(SMALLEST)  # with everything imported
    found: dict[int, float] = {}
    for half_doublings in range(31):
        n = round(SMALLEST * 2 ** (half_doublings / 2))
        took = seconds(call, n)
        if took is None:
            break
        found[n] = took
        if took > LONGEST:
            break
    return found


def growth(found: dict[int, float]) -> str:
    """The exponent over the last two doublings; empty where a call's own time hides it."""
    sizes = sorted(found)[-5:]
    if len(sizes) < 5 or found[sizes[-1]] < 2e-3:
        return ""
    return f"{max(0.0, np.log2(found[sizes[-1]] / found[sizes[0]]) / 2):.1f}"


def draw(found: dict[str, dict[str, dict[int, float]]]) -> Figure:
    figure = Figure(figsize=(6.5, 8.2))
    panels = figure.subplots(2, 2, sharey=True).ravel()
    for axes, (title, methods) in zip(panels, found.items(), strict=True):
        axes.set(xscale="log", yscale="log", xlim=(SMALLEST, LARGEST), ylim=(5e-6, 3))
        for (name, times), colour, line in zip(
            methods.items(), ARM_COLOURS, ARM_LINES, strict=False
        ):
            x, y = list(times), list(times.values())
            axes.plot(x, y, color=colour, linestyle=line, lw=1.4, label=name)
        axes.set_title(title, fontsize=SMALL + 1, loc="left", fontweight="bold")
        axes.set_xticks([10, 100, 1_000, 10_000, 100_000])
        axes.set_xticklabels(["10", "100", "1,000", "10,000", "100,000"])
        axes.set_yticks([1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1])
        axes.set_yticklabels(["0.01 ms", "0.1 ms", "1 ms", "10 ms", "0.1 s", "1 s"])
        axes.minorticks_off()
        axes.grid(color="#e4e4e4", lw=0.5)
        axes.set_xlabel("patients in each of two arms")
        axes.legend(
            fontsize=SMALL - 1,
            loc="upper left",
            bbox_to_anchor=(-0.02, -0.17),
            handlelength=3.2,
            labelspacing=0.25,
        )
    figure.subplots_adjust(0.1, 0.17, 0.99, 0.965, wspace=0.07, hspace=0.62)
    return figure


def as_table(found: dict[str, dict[str, dict[int, float]]]) -> list[str]:
    lines = [
        f"| method | {' | '.join(f'{n:,}' for n in SHOWN)} | grows as n to the |",
        "|---|" + "---:|" * (len(SHOWN) + 1),
    ]
    for methods in found.values():
        for name, times in methods.items():
            cells = [milliseconds(times[n]) if n in times else "" for n in SHOWN]
            lines.append(f"| {name} | {' | '.join(cells)} | {growth(times)} |")
    return lines


def milliseconds(took: float) -> str:
    return f"{1000 * took:.2g}" if took < 0.0995 else f"{1000 * took:,.0f}"


def main() -> None:
    found = {
        panel: {name: measured(call) for name, call in methods.items()}
        for panel, methods in METHODS.items()
    }
    alt = "Four log-log charts of seconds a call by patients an arm; growth.md has the numbers."
    figure = finish("growth", "How time grows with patients", "", alt, lambda: draw(found))
    (ROOT / "docs/images/growth.svg").write_text(figure.svg, encoding="utf-8")
    text = [
        "# How time grows with patients",
        "",
        "Milliseconds of processor time a call, with n patients in each of two arms.",
        "An empty cell is past the size at which a call takes a second, or the method hands over",
        "to another. Written by `python benchmarks/growth.py`.",
        "",
        *as_table(found),
        "",
        "![Seconds a call by patients an arm, log-log](../docs/images/growth.svg)",
        "",
    ]
    (ROOT / "benchmarks/growth.md").write_text("\n".join(text), encoding="utf-8")
    print("\n".join(as_table(found)))


if __name__ == "__main__":
    main()
