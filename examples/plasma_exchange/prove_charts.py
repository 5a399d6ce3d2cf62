"""Proof that the made-up charts give each published figure, from the file's own dates.

Nothing of Casewise is used, so that the two can be held against each other. Only the textbook
approximations, which need a distribution function, come from scipy.
"""

from __future__ import annotations

import calendar
import csv
import datetime as dt
import io
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from statistics import median

import numpy as np
from scipy import stats

Chart = dict[str, str]

# The numbers of Hyndman and Fan (1996) and numpy's words for them.
QUANTILE_TYPES = (
    "inverted_cdf",
    "averaged_inverted_cdf",
    "closest_observation",
    "interpolated_inverted_cdf",
    "hazen",
    "weibull",
    "linear",
    "median_unbiased",
    "normal_unbiased",
)
NUMBERS = [
    *("age", "symptom_days", "prior_lines", "pf_ratio", "fvc_percent", "hrct_percent"),
    *("cdasi", "mmt8", "ck", "ferritin"),
]
CATEGORIES = ["sex", "myositis_subtype", "anti_mda5", "antisynthetase", "anti_ro52", "oxygen"]


# --- reading the dates ---------------------------------------------------------------------


def read(text: str) -> list[Chart]:
    return list(csv.DictReader(io.StringIO(text)))


def date(chart: Chart, column: str) -> dt.date | None:
    cell = chart[column]
    return None if cell in ("", "ND", "NA") else dt.date.fromisoformat(cell)


def exchanges(chart: Chart) -> list[dt.date]:
    days = (date(chart, f"pe_{number}") for number in range(1, 6))
    return [day for day in days if day]


def eligible(chart: Chart) -> bool:
    """Adult, with myositis by 30 days after admission, never transplanted before."""
    admitted = dt.date.fromisoformat(chart["admitted"])
    diagnosed, transplanted = date(chart, "myositis_diagnosed"), date(chart, "transplanted")
    return (
        int(chart["age"]) >= 18
        and chart["myositis"] == "yes"
        and diagnosed is not None
        and diagnosed <= admitted + dt.timedelta(days=30)
        and not (transplanted and transplanted <= admitted)
    )


def exchanged(chart: Chart) -> bool:
    """Plasma exchange at any time between admission and discharge, both days in."""
    return any(chart["admitted"] <= str(day) <= chart["discharged"] for day in exchanges(chart))


def stay(chart: Chart) -> int:
    return (
        dt.date.fromisoformat(chart["discharged"]) - dt.date.fromisoformat(chart["admitted"])
    ).days


def year_after(day: dt.date) -> dt.date:
    last = calendar.monthrange(day.year + 1, day.month)[1]
    return day.replace(year=day.year + 1, day=min(day.day, last))


def happened(chart: Chart, columns: Sequence[str], horizon: str) -> bool:
    """Any of the events by the horizon; asserts that nobody without one was lost before it."""
    admitted = dt.date.fromisoformat(chart["admitted"])
    end = admitted + dt.timedelta(days=30) if horizon == "30 days" else year_after(admitted)
    dates = [day for column in columns if (day := date(chart, column))]
    if any(admitted <= day <= end for day in dates):
        return True
    assert dt.date.fromisoformat(chart["last_seen"]) >= end, "lost before the horizon"
    return False


# --- tests and quantiles -------------------------------------------------------------------


def quantile_two(values: Sequence[float], share: float) -> float:
    """Type 2 (SAS, Tukey's hinges): at a step of the distribution, the mean of its two ends."""
    ordered, position = sorted(values), len(values) * share
    low = int(position)
    if position == low:
        return (ordered[low - 1] + ordered[low]) / 2
    return ordered[low]


def ways(total: int, first: int) -> Iterator[tuple[int, ...]]:
    return itertools.combinations(range(total), first)


def fisher(first: Sequence[str], second: Sequence[str]) -> float:
    """Fisher's exact test for any number of levels, two-sided: the tables no more likely than
    the one seen, by listing every way in which the patients could have been divided."""
    values = [*first, *second]
    tables = Counter(
        tuple(sorted(Counter(values[i] for i in way).items()))
        for way in ways(len(values), len(first))
    )
    seen = tables[tuple(sorted(Counter(first).items()))]
    return sum(n for n in tables.values() if n <= seen) / sum(tables.values())


def rank_sum(first: Sequence[float], second: Sequence[float]) -> float:
    """Wilcoxon's exact test, ties as they are: divisions at least as far from the middle."""
    ranks = stats.rankdata([*first, *second])
    middle = len(first) * (len(ranks) + 1) / 2
    seen = abs(ranks[: len(first)].sum() - middle)
    far = [abs(ranks[list(way)].sum() - middle) >= seen for way in ways(len(ranks), len(first))]
    return sum(far) / len(far)


def stay_tests(treated: Sequence[int], control: Sequence[int]) -> dict[str, float]:
    """The tests a paper may mean by the P of two medians."""
    ranks: Callable[..., tuple[float, float]] = stats.mannwhitneyu
    return {
        "rank-sum, exact, ties as they are": rank_sum(treated, control),
        "rank-sum, exact table that ignores ties": ranks(treated, control, method="exact")[1],
        "rank-sum, normal, continuity correction": ranks(treated, control, method="asymptotic")[1],
        "rank-sum, normal, no correction": ranks(
            treated, control, method="asymptotic", use_continuity=False
        )[1],
        "Kruskal-Wallis": stats.kruskal(treated, control)[1],
        "Student's t": stats.ttest_ind(treated, control)[1],
        "Welch's t": stats.ttest_ind(treated, control, equal_var=False)[1],
        "median test": stats.median_test(treated, control)[1],
    }


def types_that_can_give(low: float, middle: float, high: float) -> list[int]:
    """Quantile types under which some six whole-day stays have these quartiles, to one decimal.

    Of six values every type takes the first quartile from the first three, the median from the
    middle two and the third quartile from the last three; so each part is searched by itself.
    No stay over 60 days is tried. That loses no type: the one with no answer, type 7, does not
    look at the longest stay.
    """
    days = range(61)
    triples = np.array(list(itertools.combinations_with_replacement(days, 3)))
    ends = np.full_like(triples, 60), np.zeros_like(triples)
    pairs = np.array(list(itertools.combinations_with_replacement(days, 2)))
    around = np.zeros((len(pairs), 2)), np.full((len(pairs), 2), 60)
    found = []
    for number, method in enumerate(QUANTILE_TYPES, start=1):

        def fits(sets: np.ndarray, share: float, value: float, how: str = method) -> np.ndarray:
            return np.round(np.quantile(sets, share, axis=1, method=how), 1) == value

        thirds = set(triples[fits(np.hstack([triples, ends[0]]), 0.25, low), 2])
        fourths = set(triples[fits(np.hstack([ends[1], triples]), 0.75, high), 0])
        halves = pairs[fits(np.hstack([around[0], pairs, around[1]]), 0.5, middle)]
        if any(third in thirds and fourth in fourths for third, fourth in halves):
            found.append(number)
    return found


def rounded(value: float, digits: int) -> str:
    return str(Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


# --- the proof -----------------------------------------------------------------------------


def check_dates(chart: Chart) -> None:
    """One chart does not contradict itself."""
    admitted, discharged = chart["admitted"], chart["discharged"]
    died, last = chart["died"], chart["last_seen"]
    assert admitted <= discharged <= last
    assert "2012-01-01" <= admitted <= "2021-12-31"
    if died:
        assert discharged <= died == last
    for column, cell in chart.items():
        if cell[:2] == "20" and cell[4:5] == "-":  # as text, ISO dates are in order of time
            assert str(dt.date.fromisoformat(cell)) <= last, column
    for column in ("readmitted", "readmitted_other"):
        assert not chart[column] or chart[column] > discharged
    sessions = [str(day) for day in exchanges(chart)]
    assert sessions == sorted(set(sessions))
    assert all(admitted <= day <= discharged for day in sessions)
    assert not chart["ventilated"] or admitted <= chart["ventilated"] <= discharged
    for column in ("hypotension_1", "hypotension_2"):
        assert chart[column] in ("", "NA", *sessions), "hypotension outside an exchange"


def check_lines(chart: Chart) -> None:
    """Lines of therapy start at 1, grow with time, leave no gap, and agree with prior_lines."""
    given = [
        (chart[column], int(chart[column.replace("_start", "_line")]))
        for column in chart
        if column.endswith("_start") and chart[column] not in ("", "ND")
    ]
    if exchanges(chart):
        given.append((chart["pe_1"], int(chart["pe_line"])))
    lines = [line for _, line in sorted(given)]
    assert lines == sorted(lines)
    assert set(lines) == set(range(1, max(lines) + 1))
    before = {line for start, line in given if start < chart["admitted"]}
    assert len(before) == int(chart["prior_lines"])


def binary_figures(treated: list[Chart], control: list[Chart]) -> Iterator[tuple[str, str, str]]:
    """What, published, and this table's own, for each outcome that is yes or no."""
    composite = ("died", "transplanted", "readmitted")
    for name, columns, horizon, shares, p_value in (
        ("death by 30 days", composite[:1], "30 days", ("0%", "33%"), "0.14"),
        ("death or transplant by 30 days", composite[:2], "30 days", ("0%", "50%"), "0.04"),
        ("failure by 1 year", composite, "1 year", ("22%", "83%"), "0.04"),
    ):
        answers = [[str(happened(c, columns, horizon)) for c in arm] for arm in (treated, control)]
        for arm, answer, share in zip(("exchange", "none"), answers, shares, strict=True):
            risk = answer.count("True") / len(answer)
            yield f"{name}, {arm}", share, f"{rounded(100 * risk, 0)}%"
        yield f"{name}, P", p_value, rounded(fisher(*answers), 2)


def figures(treated: list[Chart], control: list[Chart]) -> Iterator[tuple[str, str, str]]:
    """What, published, and this table's own, for every figure of the summary."""
    stays = [[stay(chart) for chart in arm] for arm in (treated, control)]
    summaries = ("27.0 [23.0–36.0]", "12.0 [8.0–14.0]")
    for arm, charts, n, ventilated in (("exchange", treated, 9, 2), ("none", control, 6, 3)):
        yield f"patients, {arm}", str(n), str(len(charts))
        yield f"ventilated, {arm}", str(ventilated), str(sum(bool(c["ventilated"]) for c in charts))
    for arm, values, published in zip(("exchange", "none"), stays, summaries, strict=True):
        q1, q2, q3 = (rounded(quantile_two(values, share), 1) for share in (0.25, 0.5, 0.75))
        assert float(q2) == median(values)
        yield f"hospital stay, {arm}", published, f"{q2} [{q1}–{q3}]"
    yield "hospital stay, P", "0.02", rounded(rank_sum(*stays), 2)
    yield from binary_figures(treated, control)


def baseline_p_values(treated: list[Chart], control: list[Chart]) -> dict[str, float]:
    """Exact P of each baseline column over the patients in whom it is known."""
    found = {}
    for column in NUMBERS + CATEGORIES:
        known = [
            [chart[column] for chart in arm if chart[column] not in ("ND", "NA")]
            for arm in (treated, control)
        ]
        if column in NUMBERS:
            found[column] = rank_sum(*([float(cell) for cell in arm] for arm in known))
        else:
            found[column] = fisher(*known)
    ventilated = [["yes" if c["ventilated"] else "no" for c in arm] for arm in (treated, control)]
    return found | {"ventilated": fisher(*ventilated)}


def proof(text: str) -> list[str]:
    """The proof as lines to print; raises ``AssertionError`` at the first figure that is not so."""
    charts = read(text)
    cohort = [chart for chart in charts if eligible(chart)]
    treated = [chart for chart in cohort if exchanged(chart)]
    control = [chart for chart in cohort if not exchanged(chart)]
    for chart in charts:
        check_dates(chart)
    for chart in cohort:
        check_lines(chart)
    lines = [f"{len(charts)} charts, {len(cohort)} eligible. Every patient is made up.", ""]
    lines.append(f"{'':42} {'published':>18} {'this table':>18}")
    for what, published, ours in figures(treated, control):
        assert ours == published, f"{what}: {ours}, published {published}"
        lines.append(f"{what:42} {published:>18} {ours:>18}")
    lines += ["", "Hospital stay: P by the test meant (published 0.02)"]
    tests = stay_tests([stay(c) for c in treated], [stay(c) for c in control])
    lines += [f"  {name:42} {p:.6f} -> {rounded(p, 2)}" for name, p in tests.items()]
    can = types_that_can_give(8, 12, 14)
    lines.append(f"Quantile types that can give 12.0 [8.0–14.0] in 6 whole-day stays: {can}")
    lines += ["", "Baseline columns: exact P, each over 0.05"]
    for column, p in baseline_p_values(treated, control).items():
        assert p > 0.05, f"{column} differs: P = {p}"
        lines.append(f"  {column:42} {p:.3f}")
    return lines
