"""The P values that a rank test gives over the data sets that fit two printed medians."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

from casewise import stats
from casewise.recheck.answers import IMPOSSIBLE, MATCHES, NOT_FOUND, Answer
from casewise.recheck.medians import RuleFit, rules_said
from casewise.recheck.printed import PrintedP
from casewise.recheck.samples import Floats, Integers, Samples, highest, lowest
from casewise.stats.power import u_distribution

Sample: TypeAlias = tuple[int, ...]
Pair: TypeAlias = tuple[Sample, Sample]
# A pair of samples is printed as an example up to so many patients.
_MOST_SHOWN = 40
# Whole samples, one pair a row, to their P values; NaN where undefined.
_Test: TypeAlias = Callable[[Integers, Integers], Floats]

EXACT, TIES_IGNORED = "exact rank-sum with ties", "exact rank-sum without regard to ties"
CORRECTED = "asymptotic rank-sum with continuity correction"
UNCORRECTED = "asymptotic rank-sum without (Kruskal-Wallis)"
STUDENT, WELCH = "Student's t-test", "Welch's t-test"
SEED = 20230401
# All pairs of data sets are tested where there are no more than so many.
_MOST_PAIRS = 4_000
# Every data set of the arm with fewer is answered up to here, and so many pairs are drawn for each
# tilt: how strongly the one arm's draws lean towards more or less overlap with the other's.
_MOST_LISTED = 200
_DRAWN = 100
_TILTS = (-2.0, -0.5, 0.0, 0.5, 2.0)
_NOISE = 1e-9


@dataclass(frozen=True, slots=True)
class PRange:
    """The P values of one test over the pairs of data sets tried.

    ``roundings`` says how ``example`` gives the printed P; empty where none tried does, and
    ``example`` then has the lowest P. ``inside`` is whether the printed P lies within the range.
    """

    test: str
    lowest: float
    highest: float
    roundings: tuple[str, ...]
    inside: bool
    example: Pair


@dataclass(frozen=True, slots=True)
class Searched:
    """What was found under one quantile rule, or under several that look at the same places."""

    rules: tuple[str, ...]
    pairs: int
    all: bool
    tests: tuple[PRange, ...]


def _rank_sum(method: str, continuity: bool = True) -> _Test:
    def p_values(x: Integers, y: Integers) -> Floats:
        patterns, back = _orders(x, y)
        found = [
            stats.rank_sum(
                row[: x.shape[1]], row[x.shape[1] :], method=method, continuity=continuity
            ).p_value
            for row in patterns
        ]
        return np.array([math.nan if p is None else p for p in found])[back]

    return p_values


def _orders(x: Integers, y: Integers) -> tuple[Integers, NDArray[np.intp]]:
    """The different orders that the pairs' values come in, and which of them each pair has."""
    both = np.concatenate([np.sort(x, axis=1), np.sort(y, axis=1)], axis=1)
    order = np.argsort(both, axis=1)
    ordered = np.take_along_axis(both, order, axis=1)
    ranks = np.cumsum(np.diff(ordered, axis=1, prepend=ordered[:, :1]) > 0, axis=1)
    placed = np.zeros(both.shape, dtype=np.int64)
    np.put_along_axis(placed, order, ranks, axis=1)
    patterns, back = np.unique(placed, axis=0, return_inverse=True)
    return patterns, back.ravel()


def _ties_ignored(x: Integers, y: Integers) -> Floats:
    """The exact P from tables without ties, read at the larger U cut to a whole number."""
    differences = x[:, :, None] - y[:, None, :]
    wins = ((differences > 0) + (differences == 0) / 2).sum(axis=(1, 2))
    u = np.maximum(wins, x.shape[1] * y.shape[1] - wins).astype(np.int64)
    tail = np.cumsum(u_distribution(x.shape[1], y.shape[1])[::-1])[::-1]
    return np.asarray(np.minimum(2 * tail[u], 1.0), dtype=np.float64)


def _t_test(pooled: bool) -> _Test:
    def p_values(x: Integers, y: Integers) -> Floats:
        n_1, n_0 = x.shape[1], y.shape[1]
        v_1, v_0 = x.var(axis=1, ddof=1) / n_1, y.var(axis=1, ddof=1) / n_0
        error = v_1 + v_0
        with np.errstate(divide="ignore", invalid="ignore"):
            if pooled:
                freedom = np.full(len(x), float(n_1 + n_0 - 2))
                within = n_1 * (n_1 - 1) * v_1 + n_0 * (n_0 - 1) * v_0
                error = within / freedom * (1 / n_1 + 1 / n_0)
            else:
                freedom = error**2 / (v_1**2 / (n_1 - 1) + v_0**2 / (n_0 - 1))
            t = np.abs(x.mean(axis=1) - y.mean(axis=1)) / np.sqrt(error)
        return np.asarray(2 * special.stdtr(freedom, -t))

    return p_values


_TESTS: dict[str, _Test] = {
    EXACT: _rank_sum("exact"),
    TIES_IGNORED: _ties_ignored,
    CORRECTED: _rank_sum("asymptotic"),
    UNCORRECTED: _rank_sum("asymptotic", continuity=False),
    STUDENT: _t_test(pooled=True),
    WELCH: _t_test(pooled=False),
}


def rank_answer(
    first: tuple[RuleFit, ...], second: tuple[RuleFit, ...], p: PrintedP, alpha: float
) -> Answer:
    """Which rank test or t-test gives the printed P, under which quantile rule."""
    searched = []
    for rules, one, other in common_rules(first, second):
        pairs, everything = pairs_of(one, other)
        everything = everything and not (one.more or other.more)
        searched.append(Searched(rules, len(pairs), everything, tuple(p_ranges(pairs, p, alpha))))
    detail = {"rules": [_plain(one) for one in searched]}
    if not searched:
        text = "no quantile rule gives both arms' figures"
        if any(fit.more for fit in (*first, *second)):
            return Answer("P", p.text, NOT_FOUND, f"{text} within the bounds", detail)
        return Answer("P", p.text, IMPOSSIBLE, f"by any test: {text}", detail)
    hits = [(one, test) for one in searched for test in one.tests if test.roundings]
    if not hits:
        everything = all(one.all for one in searched)
        text = f"by any of {len(_TESTS)} tests of the data sets that fit both medians"
        near = [test.test for one in searched for test in one.tests if test.inside]
        if near and not everything:
            text += f"; it lies within the range of {', '.join(dict.fromkeys(near))}"
        return Answer("P", p.text, IMPOSSIBLE if everything else NOT_FOUND, text, detail)
    text = "; ".join(_by_rules(hits, len(searched)))
    x, y = hits[0][1].example
    if len(x + y) < _MOST_SHOWN:
        data = f"{' '.join(map(str, x))} against {' '.join(map(str, y))}"
        text += f". For one, by {rules_said(hits[0][0].rules)}: {data}"
    return Answer("P", p.text, MATCHES, text, detail)


def _by_rules(hits: list[tuple[Searched, PRange]], rules: int) -> list[str]:
    """The tests that give the printed P, those under the same rules together."""
    under: dict[str, list[tuple[str, ...]]] = {}
    for one, test in hits:
        under.setdefault(test.test, []).append(one.rules)
    together: dict[tuple[tuple[str, ...], ...], list[str]] = {}
    for name, found in under.items():
        together.setdefault(tuple(found), []).append(name)
    return [
        f"{', '.join(names)}, by "
        + (
            "every quantile rule that fits both medians"
            if len(found) == rules
            else rules_said([rule for group in found for rule in group])
        )
        for found, names in together.items()
    ]


def _plain(one: Searched) -> dict[str, Any]:
    return {**asdict(one), "seed": None if one.all else SEED}


def common_rules(
    first: tuple[RuleFit, ...], second: tuple[RuleFit, ...]
) -> list[tuple[tuple[str, ...], RuleFit, RuleFit]]:
    """The rules that give both arms' figures, those with the same places in both together."""
    return [
        (rules, one, other)
        for one, other in product(first, second)
        if one.count
        and other.count
        and (rules := tuple(rule for rule in one.rules if rule in other.rules))
    ]


def pairs_of(first: RuleFit, second: RuleFit) -> tuple[list[Pair], bool]:
    """The pairs of data sets to test, and whether they are all there are.

    All of them where there are few. Else the data sets of one arm, all or drawn, are each answered
    by the other arm's with the most and the least U, and by draws between. For a given data set of
    one arm, U is a sum over the other's values, so that the best answer is found exactly; where not
    all were answered, the arms also answer each other in turn until neither moves.
    """
    if first.count * second.count <= _MOST_PAIRS:
        pairs = list(product(first.samples.listed(), second.samples.listed()))
        return pairs, True
    swapped = second.count > first.count
    few, many = (first.samples, second.samples) if swapped else (second.samples, first.samples)
    generator = np.random.default_rng(SEED)
    certain = min(first.count, second.count) <= _MOST_LISTED
    cost = max((few.n * many.n / 200) ** 1.2, 1.0)
    most = _MOST_LISTED if certain else max(int(_DRAWN / cost), 4)
    starts = list(few.listed()) if certain else _spread_out(few, most, generator)
    made: list[Pair] = []
    for start in starts:
        scores = _wins(start, 1.0)(many.values)
        made += [(many.best(_wins(start, sign)), start) for sign in (1.0, -1.0)]
        for tilt in _TILTS:
            drawn = many.drawn(max(round(_DRAWN / len(starts) / cost), 1), tilt * scores, generator)
            made += [(tuple(row), start) for row in drawn.tolist()]
    if not certain:
        made += [_in_turn(few, many, start, sign) for start in starts[:2] for sign in (1.0, -1.0)]
    return list(dict.fromkeys((b, a) if swapped else (a, b) for a, b in made)), False


def _spread_out(samples: Samples, number: int, generator: np.random.Generator) -> list[Sample]:
    """The highest and the lowest sample, and draws from high, low and all."""
    size = len(samples.values)
    drawn = [
        tuple(row)
        for tilt in (-6.0, 0.0, 6.0)
        for row in samples.drawn(number // 3, tilt * np.arange(size) / size, generator).tolist()
    ]
    return list(dict.fromkeys([samples.best(highest), samples.best(lowest), *drawn]))


def _in_turn(few: Samples, many: Samples, start: Sample, sign: float) -> Pair:
    here, there = start, many.best(_wins(start, sign))
    for _ in range(20):
        moved = few.best(_wins(there, -sign))
        if moved == here:
            break
        here, there = moved, many.best(_wins(moved, sign))
    return there, here


def _wins(others: Sample, sign: float) -> Callable[[Integers], Floats]:
    ordered = np.sort(np.array(others))

    def score(values: Integers) -> Floats:
        below = np.searchsorted(ordered, values, side="left")
        up_to = np.searchsorted(ordered, values, side="right")
        return np.asarray(sign * (below + up_to) / 2)

    return score


def p_ranges(pairs: list[Pair], printed: PrintedP, alpha: float) -> list[PRange]:
    """Each test's P values over the pairs, and a pair that gives the printed P if one does."""
    x, y = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])
    made = []
    for name, test in _TESTS.items():
        if name in (STUDENT, WELCH) and min(x.shape[1], y.shape[1]) < 2:
            continue
        try:
            p_values = test(x, y)
        except ValueError:  # an exact test is out of reach for so many
            continue
        defined = np.flatnonzero(np.isfinite(p_values))
        if defined.size == 0:
            continue
        low, high = printed.bounds(alpha, whole_step=True)
        near = defined[(p_values[defined] >= low - _NOISE) & (p_values[defined] <= high + _NOISE)]
        ways = {int(i): printed.roundings(float(p_values[i]), alpha) for i in near}
        best = max(ways, key=lambda i: len(ways[i]), default=-1)
        least = int(defined[p_values[defined].argmin()])
        most = float(p_values[defined].max())
        roundings = ways.get(best, ())
        example = pairs[best if roundings else least]
        first = float(p_values[least])
        inside = first <= high and low <= most
        made.append(PRange(name, first, most, roundings, inside, example))
    return made
