"""Which test of two proportions gives the P value that is printed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from itertools import islice, product
from typing import Any, TypeAlias

from casewise import stats
from casewise.recheck.answers import IMPOSSIBLE, MATCHES, OPEN, Answer
from casewise.recheck.printed import PrintedP

Table: TypeAlias = tuple[int, int, int, int]
_Test: TypeAlias = Callable[[Table], float | None]

MOST_TABLES = 200
# Unconditional tests order every possible table, for each table that the percentages allow.
_MOST_ORDERED = 2_000_000


@dataclass(frozen=True, slots=True)
class Match:
    """What one test gives over the tables that the figures allow.

    ``roundings`` are the ways in which ``table`` gives the printed P, empty where no table does.
    """

    test: str
    lowest: float
    highest: float
    roundings: tuple[str, ...]
    table: Table


def _exact(test: Callable[..., stats.TestResult], **options: Any) -> _Test:
    """The test's P; ``None`` where there are too many patients and it answers by another test."""

    def p(table: Table) -> float | None:
        found = test(*table, **options)
        return None if "chi-square" in found.method else found.p_value

    return p


def _chi_square(kind: str) -> _Test:
    return lambda table: stats.chi_square(*table, kind=kind).p_value


def _one_sided(table: Table) -> float | None:
    """The smaller tail: half of the central P, which is capped where both tails pass a half."""
    p = _exact(stats.fisher, kind="central")(table)
    return None if p is None or p >= 1 else p / 2


def _wald(table: Table) -> float | None:
    a, n_1, c, n_0 = table
    p_1, p_0 = a / n_1, c / n_0
    variance = p_1 * (1 - p_1) / n_1 + p_0 * (1 - p_0) / n_0
    if variance == 0:
        return None
    return math.erfc(abs(p_1 - p_0) / math.sqrt(2 * variance))


_CONDITIONAL: dict[str, _Test] = {
    "Fisher exact (minlike)": _exact(stats.fisher),
    "Fisher exact (central)": _exact(stats.fisher, kind="central"),
    "Fisher exact (Blaker)": _exact(stats.fisher, kind="blaker"),
    "Fisher exact, one-sided": _one_sided,
    "Fisher mid-p (minlike)": _exact(stats.fisher, mid_p=True),
    "Fisher mid-p (central)": _exact(stats.fisher, kind="central", mid_p=True),
    "Fisher mid-p (Blaker)": _exact(stats.fisher, kind="blaker", mid_p=True),
    "chi-square": _chi_square("pearson"),
    "chi-square, Yates' correction": _chi_square("yates"),
    "chi-square, N - 1": _chi_square("n-1"),
    "chi-square, likelihood ratio": _chi_square("likelihood-ratio"),
    "unpooled Z (Wald)": _wald,
}
_UNCONDITIONAL: dict[str, _Test] = {
    "Barnard (pooled)": _exact(stats.barnard),
    "Barnard (unpooled)": _exact(stats.barnard, statistic="unpooled"),
    "Boschloo (minlike)": _exact(stats.boschloo),
    "Boschloo (central)": _exact(stats.boschloo, kind="central"),
}


def tables(counts_1: Iterable[int], n_1: int, counts_0: Iterable[int], n_0: int) -> list[Table]:
    """The tables that these counts make, at most one more than are tested."""
    return [(a, n_1, c, n_0) for a, c in islice(product(counts_1, counts_0), MOST_TABLES + 1)]


def matches_of(possible: list[Table], printed: PrintedP, alpha: float) -> tuple[Match, ...]:
    """Every test on every table that the figures allow."""
    tests = dict(_CONDITIONAL)
    if len(possible) * (possible[0][1] + 1) * (possible[0][3] + 1) <= _MOST_ORDERED:
        tests |= _UNCONDITIONAL
    made = []
    for name, test in tests.items():
        p_values = [(p, table) for table in possible if (p := test(table)) is not None]
        if not p_values:
            continue
        found = ((printed.roundings(p, alpha), table) for p, table in p_values)
        # the table that more ways of rounding agree on, and of those the first
        roundings, table = max(found, key=lambda one: len(one[0]))
        lowest, highest = min(p_values)[0], max(p_values)[0]
        made.append(Match(name, lowest, highest, roundings, table))
    return tuple(made)


def p_answer(possible: list[Table], printed: PrintedP, alpha: float) -> Answer:
    """The answer for a printed P of two proportions."""
    if not possible:
        return Answer("P", printed.text, OPEN, "no counts fit what is printed of the arms")
    if len(possible) > MOST_TABLES:
        return Answer(
            "P", printed.text, OPEN, f"more than {MOST_TABLES} tables fit the percentages"
        )
    matches = matches_of(possible, printed, alpha)
    detail = {"tables": len(possible), "tests": [asdict(match) for match in matches]}
    one = len(possible) == 1
    on = _fraction(possible[0]) if one else f"any of {len(possible)} tables that fit"
    hits = [match for match in matches if match.roundings]
    if not hits:
        lowest, highest = min(m.lowest for m in matches), max(m.highest for m in matches)
        text = (
            f"by any of {len(matches)} tests tried on {on}: "
            f"they give {as_p(lowest)} to {as_p(highest)}"
        )
        return Answer("P", printed.text, IMPOSSIBLE, text, detail)
    return Answer("P", printed.text, MATCHES, "; ".join(_said(hits, one)), detail)


def _said(hits: list[Match], one_table: bool) -> list[str]:
    """The tests that give the P, those with the same rounding together."""
    by_rounding: dict[str, list[str]] = {}
    for match in hits:
        rounding = "" if "half up" in match.roundings else f", {' or '.join(match.roundings)}"
        if match.roundings == ("half up",):
            rounding = ", half up only"
        if match.roundings[0][0] in "<>≤≥a":
            rounding = ""
        where = "" if one_table else f" on {_fraction(match.table)}"
        p = as_p(match.lowest if one_table else _p_of(match))
        by_rounding.setdefault(rounding, []).append(f"{match.test} {p}{where}")
    return [f"{', '.join(names)}{rounding}" for rounding, names in by_rounding.items()]


def _p_of(match: Match) -> float:
    p = {**_CONDITIONAL, **_UNCONDITIONAL}[match.test](match.table)
    return math.nan if p is None else p


def _fraction(table: Table) -> str:
    return f"{table[0]}/{table[1]} v {table[2]}/{table[3]}"


def as_p(p: float) -> str:
    """Enough digits to see how it rounds."""
    return f"{p:.4f}" if p >= 0.001 else f"{p:.2g}"
