"""Nine against six: the size and power of every 2x2 test, and the coverage of every interval.

    python docs/figures/which_test.py

Draws docs/images/size-9-6.svg and power-9-6.svg, and writes the tables between the ``table``
marks of docs/which-test.md. Nothing is sampled: two arms of 9 and 6 patients have 70 tables, and
every number is a sum over those.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import binom

from casewise import stats
from casewise.report.plots.canvas import ARM_COLOURS, ARM_LINES, FAINT, SMALL, finish, wrap
from casewise.stats import Estimate, TestResult
from casewise.stats._counts import Arms
from casewise.stats._unconditional import largest_score_p

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DOCS = Path(__file__).resolve().parents[1]
CHAPTER = DOCS / "which-test.md"
N_1, N_0 = 9, 6
LEVEL = 0.05
TABLES = [(x_1, N_1, x_0, N_0) for x_1 in range(N_1 + 1) for x_0 in range(N_0 + 1)]

# name: the function, and what of it
TESTS: dict[str, Callable[..., TestResult]] = {
    "Fisher minlike": partial(stats.fisher, kind="minlike"),
    "Fisher central": partial(stats.fisher, kind="central"),
    "Fisher Blaker": partial(stats.fisher, kind="blaker"),
    "Fisher minlike mid-p": partial(stats.fisher, kind="minlike", mid_p=True),
    "Fisher central mid-p": partial(stats.fisher, kind="central", mid_p=True),
    "Barnard pooled": partial(stats.barnard, statistic="pooled"),
    "Barnard unpooled": partial(stats.barnard, statistic="unpooled"),
    "Boschloo minlike": partial(stats.boschloo, kind="minlike"),
    "Boschloo central": partial(stats.boschloo, kind="central"),
    "chi-square Pearson": partial(stats.chi_square, kind="pearson"),
    "chi-square N − 1": partial(stats.chi_square, kind="n-1"),
    "chi-square Yates": partial(stats.chi_square, kind="yates"),
    "chi-square likelihood ratio": partial(stats.chi_square, kind="likelihood-ratio"),
}
# (measure, name): the function
INTERVALS: dict[tuple[str, str], Callable[..., Estimate]] = {
    **{
        ("risk difference", name): partial(stats.risk_difference, method=method)
        for name, method in (
            ("Miettinen-Nurminen", "miettinen-nurminen"),
            ("Newcombe", "newcombe"),
            ("Agresti-Min", "agresti-min"),
            ("Chan-Zhang", "chan-zhang"),
        )
    },
    **{
        ("risk ratio", name): partial(stats.risk_ratio, method=method)
        for name, method in (
            ("Miettinen-Nurminen", "score"),
            ("Koopman", "koopman"),
            ("Agresti-Min", "agresti-min"),
            ("exact", "exact"),
        )
    },
    **{
        ("odds ratio", name): partial(stats.odds_ratio, method=method)
        for name, method in (
            ("Miettinen-Nurminen", "score"),
            ("Baptista-Pike (minlike)", "minlike"),
            ("Blaker", "blaker"),
            ("central", "central"),
            ("mid-p", "mid-p"),
        )
    },
}
EQUALITY = {"risk difference": 0.0, "risk ratio": 1.0, "odds ratio": 1.0}
# Control's risk and treated's: about those of the published study, and one in between.
ALTERNATIVES = ((0.33, 0.05), (0.50, 0.05), (0.70, 0.20), (0.83, 0.22))
PUBLISHED = ((0, 9, 2, 6), (0, 9, 3, 6), (2, 9, 5, 6), (2, 9, 3, 6))
Rows = list[list[str]]


def probabilities(p_1: Floats, p_0: Floats) -> Floats:
    """Of every table (down), at each pair of the arms' proportions (across)."""
    x = np.array([(t[0], t[2]) for t in TABLES])
    f_1, f_0 = _binomial(N_1, p_1), _binomial(N_0, p_0)
    return f_1[x[:, 0]] * f_0[x[:, 1]]


def _binomial(n: int, p: Floats) -> Floats:
    return np.asarray(binom.pmf(np.arange(n + 1)[:, None], n, p))


@cache
def p_values(test: str) -> Floats:
    return np.array([TESTS[test](*table).p_value for table in TABLES])


def rejection(test: str, p_1: Floats, p_0: Floats) -> Floats:
    """The probability of P <= 0.05."""
    return np.asarray(probabilities(p_1, p_0)[p_values(test) <= LEVEL].sum(axis=0))


@cache
def limits(measure: str, name: str) -> tuple[Floats, Floats]:
    found = [INTERVALS[measure, name](*table) for table in TABLES]
    return np.array([e.lower for e in found]), np.array([e.upper for e in found])


def held(measure: str, name: str, value: Floats) -> Bools:
    """Whether each table's interval (down) holds each value; limits are found to 1e-8."""
    lower, upper = limits(measure, name)
    return np.asarray(
        (lower[:, None] <= value + 1e-8) & (value - 1e-8 <= upper[:, None]), dtype=np.bool_
    )


def true_value(measure: str, p_1: Floats, p_0: Floats) -> Floats:
    if measure == "risk difference":
        return p_1 - p_0
    if measure == "risk ratio":
        return p_1 / p_0
    return p_1 * (1 - p_0) / (p_0 * (1 - p_1))


def square(points: int = 200) -> tuple[Floats, Floats]:
    """Pairs of proportions, spread evenly."""
    p_1, p_0 = np.meshgrid(middles(points + 11), middles(points))
    return p_1.ravel(), p_0.ravel()


def middles(points: int) -> Floats:
    """Of as many equal parts of 0 to 1. The arms have unequal numbers of parts, or a few
    differences would stand for all: coverage jumps from one difference to the next.
    """
    return (np.arange(points) + 0.5) / points


def average_coverage(measure: str, name: str) -> float:
    p_1, p_0 = square()
    covering = held(measure, name, true_value(measure, p_1, p_0))
    return float((probabilities(p_1, p_0) * covering).sum(axis=0).mean())


def least_coverage(measure: str, name: str, points: int = 400) -> float:
    """The smallest over true values and the nuisance parameter.

    Between two limits of intervals the coverage is a smooth function of the true value: it is
    smallest just beyond a limit, so that is where it is looked for, besides an even grid.
    """
    p_0 = np.linspace(0, 1, points + 2)[1:-1]
    ends = np.concatenate(limits(measure, name))
    if measure == "risk difference":
        grid, near = np.linspace(-0.99, 0.99, 199), np.concatenate([ends - 1e-6, ends + 1e-6])
        values = np.concatenate([grid, near])
    else:
        ends = ends[np.isfinite(ends) & (ends > 0)]
        values = np.concatenate([np.exp(np.linspace(-5, 5, 201)), ends * 0.999999, ends * 1.000001])
    least = 1.0
    for value in np.unique(values[np.abs(values) < 1] if "diff" in measure else values):
        q, p = _pairs(measure, float(value), p_0)
        covering = held(measure, name, np.array([value]))[:, 0]
        least = min(least, float(probabilities(q, p)[covering].sum(axis=0).min()))
    return least


def _pairs(measure: str, value: float, share: Floats) -> tuple[Floats, Floats]:
    """The treated's and the control's proportions at a true value, along the nuisance."""
    if measure == "risk difference":
        p_0 = max(0.0, -value) + (1 - abs(value)) * share
        return np.clip(p_0 + value, 0, 1), p_0
    if measure == "risk ratio":
        p_0 = min(1.0, 1 / value) * share
        return np.clip(p_0 * value, 0, 1), p_0
    return value * share / (1 - share + value * share), share


def contradicted(measure: str, name: str) -> Bools:
    """The tables whose interval and Fisher's P (minlike) lie on different sides of the level."""
    lower, upper = limits(measure, name)
    excludes = (lower > EQUALITY[measure]) | (upper < EQUALITY[measure])
    return np.asarray(excludes != (p_values("Fisher minlike") <= LEVEL), dtype=np.bool_)


def average_length(measure: str, name: str) -> float:
    """Expected, over all pairs of proportions; a ratio r on the scale r / (1 + r) of 0 to 1."""
    lower, upper = limits(measure, name)
    if measure != "risk difference":
        with np.errstate(invalid="ignore"):
            lower, upper = (np.where(np.isinf(r), 1.0, r / (1 + r)) for r in (lower, upper))
    return float((probabilities(*square()) * (upper - lower)[:, None]).sum(axis=0).mean())


def share_below(measure: str, name: str, level: float) -> float:
    """The share of all pairs of proportions at which the interval covers less often."""
    p_1, p_0 = square()
    covering = held(measure, name, true_value(measure, p_1, p_0))
    coverage = (probabilities(p_1, p_0) * covering).sum(axis=0)
    return float((coverage < level).mean())


def regions() -> list[list[str]]:
    """The tests, together where they reject the same tables; fewest tables first."""
    found: dict[bytes, list[str]] = {}
    for test in TESTS:
        found.setdefault((p_values(test) <= LEVEL).tobytes(), []).append(test)
    return [found[region] for region in sorted(found, key=lambda region: (sum(region), region))]


def p_value_table() -> Rows:
    """P of the published tables, and the interval that each test names."""
    head = ["P of", *(f"{a}/{n_1} v {c}/{n_0}" for a, n_1, c, n_0 in PUBLISHED)]
    rows = [[*head, "interval that inverts it"]]
    places = [TABLES.index(table) for table in PUBLISHED]
    for name, test in TESTS.items():
        interval = test(*PUBLISHED[0]).interval
        shown = [f"{p_values(name)[i]:.4f}" for i in places]
        rows.append([name, *shown, f"`{interval}`" if interval else "none"])
    return rows


def test_table() -> Rows:
    powers = [f"{100 * p_0:.0f}% v {100 * p_1:.0f}%" for p_0, p_1 in ALTERNATIVES]
    rows = [["test", "tables rejected", "size", "mean", *powers, "mean power"]]
    p = np.linspace(0, 1, 2001)
    for tests in regions():
        size, power = rejection(tests[0], p, p), rejection(tests[0], *square())
        at = [float(rejection(tests[0], np.array([q]), np.array([r]))[0]) for r, q in ALTERNATIVES]
        numbers = [f"{x:.3f}" for x in (size.max(), size.mean(), *at, power.mean())]
        rejected = int((p_values(tests[0]) <= LEVEL).sum())
        rows += [[test, str(rejected), *numbers] for test in tests]
    return rows


def coverage_table() -> Rows:
    head = ["measure", "interval", "least", "mean", "under 0.95", "under 0.93", "length"]
    rows = [[*head, "against Fisher's P"]]
    for key in INTERVALS:
        covered = (least_coverage(*key), average_coverage(*key))
        under = (share_below(*key, 0.95), share_below(*key, 0.93))
        numbers = [f"{x:.3f}" for x in (*covered, *under, average_length(*key))]
        rows.append([*key, *numbers, str(int(contradicted(*key).sum()))])
    return rows


def limit_table() -> Rows:
    tables = [table for table in PUBLISHED if table != (2, 9, 3, 6)]
    rows = [["measure", "interval", *(f"{a}/{n_1} v {c}/{n_0}" for a, n_1, c, n_0 in tables)]]
    for measure, name in INTERVALS:
        lower, upper = limits(measure, name)
        places = [TABLES.index(table) for table in tables]
        shown = [f"{lower[i]:.3f} to {upper[i]:.3f}".replace("-", "−") for i in places]
        rows.append([measure, name, *shown])
    return rows


def score_table() -> Rows:
    """The Miettinen-Nurminen risk difference in larger arms."""
    rows = [["arms", "mean", "under 0.95", "under 0.94", "under 0.93"]]
    p_0 = middles(200)
    for n_1, n_0 in ((9, 6), (15, 15), (25, 25), (50, 50)):
        pairs = [(x_1, x_0) for x_1 in range(n_1 + 1) for x_0 in range(n_0 + 1)]
        found = [stats.risk_difference(x_1, n_1, x_0, n_0) for x_1, x_0 in pairs]
        lower = np.array([e.lower for e in found]).reshape(n_1 + 1, n_0 + 1, 1)
        upper = np.array([e.upper for e in found]).reshape(n_1 + 1, n_0 + 1, 1)
        f_0 = _binomial(n_0, p_0)
        coverage = np.empty((111, 200))
        for i, p_1 in enumerate(middles(111)):
            covering = (lower <= p_1 - p_0) & (p_1 - p_0 <= upper)
            given_treated = (covering * f_0).sum(axis=1)
            coverage[i] = _binomial(n_1, np.array([p_1]))[:, 0] @ given_treated
        under = [f"{(coverage < level).mean():.3f}" for level in (0.95, 0.94, 0.93)]
        rows.append([f"{n_1} v {n_0}", f"{coverage.mean():.3f}", *under])
    return rows


def elsewhere_table(most: int = 12) -> Rows:
    """Over every table of every two arms up to ``most``: equality left out against Fisher's P."""
    excludes: dict[str, Callable[..., bool]] = {
        "score (Miettinen-Nurminen), all three measures": lambda *t: (
            (stats.chi_square(*t, kind="n-1").p_value or 0) <= LEVEL
        ),
        "risk difference, Newcombe": lambda *t: leaves_out_0(
            stats.risk_difference(*t, method="newcombe")
        ),
        "risk difference and risk ratio, Agresti-Min": lambda *t: (
            (stats.barnard(*t).p_value or 0) <= LEVEL
        ),
        "risk difference, Chan-Zhang; risk ratio, exact": one_sided_rejection,
        "odds ratio, Baptista-Pike": lambda *t: leaves_out_1(
            stats.odds_ratio(*t, method="minlike")
        ),
        "odds ratio, central": lambda *t: (stats.fisher(*t, kind="central").p_value or 0) <= LEVEL,
    }
    tables = [
        (x_1, n_1, x_0, n_0)
        for n_1 in range(1, most + 1)
        for n_0 in range(1, n_1 + 1)
        for x_1 in range(n_1 + 1)
        for x_0 in range(n_0 + 1)
    ]
    fisher = np.array([(stats.fisher(*table).p_value or 0) <= LEVEL for table in tables])
    rows = [["interval", "leaves equality out, P > 0.05", "holds it, P ≤ 0.05", "of tables"]]
    for name, function in excludes.items():
        out = np.array([function(*table) for table in tables])
        counts = int((out & ~fisher).sum()), int((~out & fisher).sum()), len(tables)
        rows.append([name, *(f"{count:,}" for count in counts)])
    return rows


def leaves_out_0(found: Estimate) -> bool:
    assert found.lower is not None
    assert found.upper is not None
    return found.lower > 0 or found.upper < 0


def leaves_out_1(found: Estimate) -> bool:
    assert found.lower is not None
    assert found.upper is not None
    at_1 = (found.lower == 1 and found.lower_open) or (found.upper == 1 and found.upper_open)
    return found.lower > 1 or found.upper < 1 or at_1


def one_sided_rejection(*table: int) -> bool:
    """Whether either of the two one-sided tests that Chan and Zhang invert rejects equality."""
    arms, zero = Arms(*table), np.zeros(1)
    if arms.events in (0, arms.n):
        return False
    half = LEVEL / 2
    return any(
        largest_score_p("risk difference", zero, zero, side, False, half)[0] <= half
        for side in (arms, arms.swapped())
    )


def samples_table() -> Rows:
    """A stay and a time to event in nine and six patients that fit the published figures."""
    stay = [9, 18, 23, 25, 27, 31, 36, 44, 61], [5, 8, 10, 14, 14, 26]
    time, event = [30] * 9 + [5, 11, 23, 30, 30, 30], [0] * 9 + [1, 1, 1, 0, 0, 0]
    arm = [1] * 9 + [0] * 6
    results = [
        ("rank-sum, exact", stats.rank_sum(*stay)),
        ("rank-sum, normal curve", stats.rank_sum(*stay, method="asymptotic")),
        ("log-rank, exact", stats.log_rank(time, event, arm, method="exact")),
        ("log-rank, chi-square", stats.log_rank(time, event, arm)),
    ]
    return [["test", "P"], *([name, f"{result.p_value:.4f}"] for name, result in results)]


BLOCKS: dict[str, Callable[[], Rows]] = {
    "P values": p_value_table,
    "size and power": test_table,
    "coverage": coverage_table,
    "limits": limit_table,
    "larger arms": score_table,
    "contradictions": elsewhere_table,
    "samples": samples_table,
}


def markdown(rows: Rows) -> str:
    numbers = [not any(c.isalpha() for c in cell.replace("to", "")) for cell in rows[1]]
    rule = "".join("---:|" if number else "---|" for number in numbers)
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, f"|{rule}", *body])


def block(name: str) -> re.Pattern[str]:
    """Where the chapter keeps a table."""
    return re.compile(rf"(<!-- table: {name} -->\n).*?(?=\n<!-- end -->)", re.DOTALL)


def size_figure() -> Figure:
    """The probability of P <= 0.05 where both arms have the same risk, one panel a region."""
    p = np.linspace(0, 1, 51)
    curves = [rejection(tests[0], p, p) for tests in regions()]
    figure = Figure(figsize=(6.5, 4.6))
    panels = figure.subplots(2, 3, sharey=True).ravel()
    for i, (axes, tests) in enumerate(zip(panels, regions(), strict=False)):
        for other in curves:
            axes.plot(100 * p, other, color="#cccccc", lw=0.8)
        axes.axhline(LEVEL, color=FAINT, lw=0.9, linestyle=(0, (4, 3)))
        axes.plot(100 * p, curves[i], color=ARM_COLOURS[i], linestyle=ARM_LINES[i], lw=1.8)
        axes.set_title(_names(tests, 138), fontsize=SMALL, loc="left", linespacing=1.25)
        axes.set(xlim=(0, 100), ylim=(0, 0.09), xticks=[0, 50, 100], yticks=[0, 0.025, 0.05, 0.075])
    axes = panels[-1]
    axes.set_axis_off()
    note = "Dashed grey: the level, 0.05. Thin grey: the tests of the other panels."
    axes.text(0, 1, "\n".join(wrap(note, 120)), transform=axes.transAxes, va="top")
    for axes in panels[::3]:
        axes.set_ylabel("probability of P ≤ 0.05")
    for axes in panels[2:5]:
        axes.set_xlabel("risk in both arms, %")
    figure.subplots_adjust(0.105, 0.1, 0.985, 0.92, wspace=0.12, hspace=0.72)
    return figure


def power_figure() -> Figure:
    """The probability of P <= 0.05 along the control's risk, at three risk differences."""
    figure = Figure(figsize=(6.5, 3.9))
    panels = figure.subplots(1, 3, sharey=True)
    for axes, difference in zip(panels, (0.4, 0.55, 0.7), strict=True):
        p_0 = np.linspace(difference, 1, 31)
        for i, tests in enumerate(regions()):
            power = rejection(tests[0], p_0 - difference, p_0)
            axes.plot(100 * p_0, power, color=ARM_COLOURS[i], linestyle=ARM_LINES[i], lw=1.6)
        points = round(100 * difference)
        axes.set_title(f"treated’s risk {points} points lower", fontsize=SMALL, loc="left")
        axes.set(xlim=(points, 100), ylim=(0, 1), xlabel="control’s risk, %")
        axes.set_xticks(range(points, 101, 10))
        axes.grid(axis="y", color="#e4e4e4", lw=0.5)
    panels[0].set_ylabel("power: probability of P ≤ 0.05")
    figure.legend(
        panels[0].get_lines(),
        [_names(tests, 390) for tests in regions()],
        loc="lower left",
        bbox_to_anchor=(0.08, 0.0),
        handlelength=4,
        labelspacing=0.35,
    )
    figure.subplots_adjust(0.085, 0.42, 0.98, 0.94, wspace=0.14)
    return figure


def _names(tests: list[str], width: float) -> str:
    return "\n".join(wrap(", ".join(tests), width))


def main() -> None:
    text = CHAPTER.read_text(encoding="utf-8")
    for name, rows in BLOCKS.items():
        made = markdown(rows())
        text = block(name).sub(lambda found, made=made: found[1] + made, text)
    CHAPTER.write_text(text, encoding="utf-8")
    alt = "Each test of two proportions, nine patients against six; the chapter has the numbers."
    for name, title, draw in (
        ("size-9-6", "The size of each test, nine against six", size_figure),
        ("power-9-6", "The power of each test, nine against six", power_figure),
    ):
        figure = finish(name, title, "", alt, draw)
        (DOCS / "images" / f"{name}.svg").write_text(figure.svg, encoding="utf-8")


if __name__ == "__main__":
    main()
