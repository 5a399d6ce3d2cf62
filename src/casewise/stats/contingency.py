"""Fisher's exact test of a table with any number of rows and columns."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TypeAlias

from scipy.special import chdtrc

from casewise.stats._counts import TINY, count, undefined_test
from casewise.stats._network import Node, Stage, TooLargeError, probability_no_more_likely
from casewise.stats._result import TestResult

Margins: TypeAlias = tuple[int, ...]

_METHOD = "Fisher's exact test (Freeman-Halton)"
_SOURCES = ("freeman1951", "mehta1983")

# Steps between margins left over, and partial sums of log probabilities, that are worked through:
# together two seconds or so.
_MOST_STEPS = 600_000
_MOST_SUMS = 1_000_000


def fisher_r_by_c(counts: Sequence[Sequence[int]]) -> TestResult:
    """Fisher's exact test of independence in an r x c table (Freeman and Halton) [freeman1951].

    ``counts`` is a list of rows of counts. Given both margins, P is the probability of a table no
    more likely than the observed one, with a relative tolerance of 1e-7 so that ties on paper
    count as ties. For a 2x2 table it is ``fisher(kind='minlike')``. No interval inverts the test.

    Rows and columns without counts are left out; if fewer than two rows or columns remain, P is 1,
    and with no counts at all the test is undefined. Raises ``ValueError`` for rows of unequal
    length, and ``ValueError`` or ``TypeError`` for what is no count.

    Tables are taken column by column, and those with the same margins left over together
    [mehta1983]: cost grows with the number of such margins, steeply with rows and counts. Past
    600,000 steps or a million partial sums the answer is Pearson's asymptotic chi-square test
    [pearson1900], and says so.
    """
    rows = _checked(counts)
    if not rows:
        return undefined_test(_METHOD, _SOURCES, "the table has no counts")
    if len(rows) < 2 or len(rows[0]) < 2:
        return TestResult(
            1.0, None, _METHOD, _SOURCES, reason="all counts are in one row or one column"
        )
    if len(rows) > len(rows[0]):
        rows = [list(column) for column in zip(*rows, strict=True)]
    observed = -sum(math.lgamma(x + 1) for row in rows for x in row)
    # the largest columns first leave the fewest different margins
    columns = sorted((sum(column) for column in zip(*rows, strict=True)), reverse=True)
    margins = tuple(sorted(sum(row) for row in rows))
    try:
        stages = _stages(margins, columns)
        p = probability_no_more_likely(stages, margins, observed, _MOST_SUMS)
    except TooLargeError:
        return _pearson(rows)
    return TestResult(max(p, TINY), None, _METHOD, _SOURCES)


def _checked(counts: Sequence[Sequence[int]]) -> list[list[int]]:
    """The rows as whole numbers, without empty rows and columns."""
    rows = [
        [count(value, f"row {i}, column {j}") for j, value in enumerate(row, 1)]
        for i, row in enumerate(counts, 1)
    ]
    if len({len(row) for row in rows}) > 1:
        raise ValueError("the rows of the table must have the same number of columns")
    rows = [row for row in rows if any(row)]
    columns = [column for column in zip(*rows, strict=True) if any(column)]
    return [list(row) for row in zip(*columns, strict=True)]


def _stages(margins: Margins, columns: Sequence[int]) -> list[Stage]:
    """The network: nodes are the row margins left over, sorted, as their order does not matter."""
    stages: list[Stage] = []
    nodes = {margins}
    steps = 0
    for size in columns:
        stage: dict[Node, list[tuple[Node, float, int]]] = {}
        for node in nodes:
            found: Counter[tuple[Margins, float]] = Counter()
            for column in _columns(node, size):
                left = tuple(sorted(r - x for r, x in zip(node, column, strict=True)))
                found[left, -sum(_log_factorial(x) for x in sorted(column))] += 1
                steps += 1
                if steps > _MOST_STEPS:
                    raise TooLargeError
            stage[node] = [(left, weight, times) for (left, weight), times in found.items()]
        stages.append(stage)
        nodes = {left for step in stage.values() for left, _, _ in step}  # type: ignore[misc]
    return stages


@lru_cache(maxsize=4096)
def _log_factorial(x: int) -> float:
    return math.lgamma(x + 1)


def _columns(margins: Margins, size: int) -> Iterator[Margins]:
    """Every column of that size that the row margins leave room for."""
    if len(margins) == 1:
        yield (size,)
        return
    room = sum(margins[1:])
    for x in range(max(0, size - room), min(margins[0], size) + 1):
        for rest in _columns(margins[1:], size - x):
            yield (x, *rest)


def _pearson(rows: list[list[int]]) -> TestResult:
    columns = [sum(column) for column in zip(*rows, strict=True)]
    n = sum(columns)
    statistic = n * (
        sum(
            x * x / (sum(row) * column)
            for row in rows
            for x, column in zip(row, columns, strict=True)
        )
        - 1
    )
    degrees = (len(rows) - 1) * (len(columns) - 1)
    return TestResult(
        max(float(chdtrc(degrees, statistic)), TINY),
        statistic,
        "Pearson's chi-square test",
        ("pearson1900",),
        reason="asymptotic: too many tables share these margins",
    )
