"""Exact logistic regression: one covariate of interest, the others conditioned away."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from casewise.stats._conditional import limits, most_likely, p_value, probabilities
from casewise.stats._models import Coefficient, coefficient
from casewise.stats._roots import unbounded_root
from casewise.stats._samples import check_level, indicator

Counts = dict[tuple[int, ...], int]
# Steps from one value of the sufficient statistics to another; a few seconds.
_MOST_STEPS = 1_500_000


def exact_logistic(
    outcome: ArrayLike, exposure: ArrayLike, nuisance: ArrayLike | None = None, level: float = 0.95
) -> Coefficient:
    """The odds ratio per unit of ``exposure``, exact in samples of any size [mehta1995].

    Given the number of events and, for each column of ``nuisance``, the sum of its values among
    the patients with the event, the sum T of the exposure among them follows a distribution that
    depends on the log odds ratio alone. Estimate: the conditional maximum likelihood, or, where T
    is the least or the greatest possible and that is infinite, the median unbiased one (where
    T's tail has probability one half). The interval inverts the two one-sided tests, each at
    half of ``1 - level``; P is twice the smaller tail, at most 1, so they agree.

    ``exposure`` and ``nuisance`` must be whole numbers (0/1, doses, category indicators): with
    a continuous nuisance covariate nothing but the observed outcome would be left to
    compare with, and the answer says that it is undefined. Undefined too where T can
    take only one value. Raises ``ValueError`` for missing or fractional values, unequal lengths,
    and where there are too many values of the statistics to list: cost grows with the patients
    times the values that the sums can take, up to 1.5 million steps (60 patients with three 0/1
    nuisance covariates, 100 with a dose from 0 to 50, 200 with one 0/1 nuisance covariate,
    thousands without).
    """
    check_level(level)
    events = indicator(outcome, "outcome")
    x = _whole(exposure, "exposure", events.size)
    z = _whole([] if nuisance is None else nuisance, "nuisance", events.size)
    if x.shape[1] != 1:
        raise ValueError("exposure must be one column")
    method, sources = "exact conditional logistic regression", ("mehta1995",)
    table = np.column_stack([np.ones(events.size, dtype=np.int64), z, x])
    target = tuple(int(total) for total in table[events].sum(axis=0))
    weights, i, step = _distribution(table, target) if events.size else (np.zeros(1), 0, 1)
    if weights.size == 1:
        reason = "given the other covariates, the exposure's sum can take only one value"
        nothing = (None, None, None)
        return coefficient("odds ratio", nothing, level, method, sources, None, reason)
    lower, upper = limits(weights, i, "central", False, level)
    value = most_likely(weights, i)
    if math.isinf(value):
        value = _median_unbiased(weights, i)
        method += ", median unbiased estimate"
    p = p_value(probabilities(weights, 0.0), i, "central", False)
    per_unit = (value / step, lower / step, upper / step)
    return coefficient("odds ratio", per_unit, level, method, sources, p)


def _whole(values: ArrayLike, name: str, n: int) -> NDArray[np.int64]:
    table = np.asarray(values)
    if table.size == 0 and n:
        return np.empty((n, 0), dtype=np.int64)
    if table.ndim == 1:
        table = table[:, None]
    if table.ndim != 2 or (table.size and table.dtype.kind not in "biuf"):
        raise ValueError(f"{name} must be a column or a table of whole numbers, none missing")
    if table.shape[0] != n:
        raise ValueError(f"there are {n} outcomes but {table.shape[0]} rows of {name}")
    numbers = table.astype(np.float64)
    if not np.isfinite(numbers).all() or (numbers != np.round(numbers)).any():
        raise ValueError(f"{name} must be whole numbers, none missing")
    whole: NDArray[np.int64] = numbers.astype(np.int64)
    return whole - whole.min(axis=0) if n else whole


def _distribution(
    table: NDArray[np.int64], target: tuple[int, ...]
) -> tuple[NDArray[np.float64], int, int]:
    """Log counts of the last column's sums from the least up, the observed place, the spacing."""
    patterns, numbers = np.unique(table, axis=0, return_counts=True)
    states: Counts = {(0,) * len(target): 1}
    remaining = (patterns * numbers[:, None]).sum(axis=0)
    steps = 0
    for pattern, number in zip(patterns.tolist(), numbers.tolist(), strict=True):
        remaining = remaining - np.array(pattern) * number
        states, steps = _with_pattern(states, steps, pattern, number, target, remaining.tolist())
    sums = {state[-1]: ways for state, ways in states.items() if state[:-1] == target[:-1]}
    low, high = min(sums), max(sums)
    step = math.gcd(*(total - low for total in sums))
    if step == 0:
        return np.zeros(1), 0, 1
    places = range(low, high + 1, step)
    logs = [math.log(sums[t]) if t in sums else -math.inf for t in places]
    return np.array(logs), (target[-1] - low) // step, step


def _with_pattern(
    states: Counts,
    steps: int,
    pattern: list[int],
    number: int,
    target: tuple[int, ...],
    remaining: list[int],
) -> tuple[Counts, int]:
    """Add up to ``number`` events among patients who share a pattern, where the target allows."""
    conditioned = range(len(target) - 1)
    choices = [math.comb(number, k) for k in range(min(number, target[0]) + 1)]
    grown: Counts = {}
    for state, ways in states.items():
        if steps > _MOST_STEPS:
            raise ValueError(
                "exact logistic regression is out of reach: too many values of the sums"
            )
        for k, chosen in enumerate(choices):
            steps += 1
            new = tuple(s + k * p for s, p in zip(state, pattern, strict=True))
            if any(new[j] > target[j] for j in conditioned):
                break
            if all(new[j] + remaining[j] >= target[j] for j in conditioned):
                grown[new] = grown.get(new, 0) + ways * chosen
    return grown, steps


def _median_unbiased(weights: NDArray[np.float64], i: int) -> float:
    if i == 0:
        return unbounded_root(lambda t: 0.5 - float(probabilities(weights, t)[0]))
    return unbounded_root(lambda t: float(probabilities(weights, t)[-1]) - 0.5)
