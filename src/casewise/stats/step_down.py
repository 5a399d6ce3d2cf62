"""Many outcomes at once, adjusted by shuffling the arms: a patient's outcomes stay together."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from casewise.stats import _permutation
from casewise.stats._conditional import TIE
from casewise.stats._minlike import minlike_p_values
from casewise.stats._samples import Floats, indicator
from casewise.stats.permutation_tests import ARRANGEMENTS_LIMIT, arrangements


@dataclass(frozen=True, slots=True)
class AdjustedPValues:
    """One P value an outcome: alone (``raw``) and adjusted for there being many.

    ``None`` where an outcome is the same for all patients. ``monte_carlo_error`` is the standard
    error of the adjusted values, or ``None`` where every arrangement was counted.
    """

    raw: tuple[float | None, ...]
    adjusted: tuple[float | None, ...]
    method: str
    arrangements: int
    monte_carlo_error: tuple[float | None, ...] | None = None
    sources: tuple[str, ...] = ("westfall1993",)


def westfall_young(scores: ArrayLike, treated: ArrayLike) -> AdjustedPValues:
    """P values adjusted for many outcomes by step-down minP [westfall1993].

    ``scores`` has a row a patient and a column an outcome: 0/1 for an event, midranks for a
    duration, log-rank scores for a time to event, or the values themselves for a mean.
    ``treated`` is 1 or 0 a patient. An outcome's raw P is that of the sum of the treated
    patients' scores over all arrangements of the arms: for a 0/1 column by the probability of
    the count, which is Fisher's exact test (minlike), else by the distance from the expectation.

    The outcomes are taken from the smallest raw P up. Each one's adjusted P is the share of
    arrangements in which the smallest P among it and those after it is as small as the observed
    one; none may be below the one before. The arrangements keep the outcomes of a patient
    together, so outcomes that repeat each other cost little, where Holm charges each in
    full. Strong control of the family-wise error needs subset pivotality: the arm must not change
    how the other outcomes hang together.

    Exact up to 200,000 arrangements (10 against 10), else 20,000 at random with a fixed seed, the
    observed one counted among them. Cost: arrangements times patients times outcomes; 0.4 s for
    20,000, 500 and 20. Raises ``ValueError`` for missing values, unequal lengths, an empty arm.
    """
    arm = indicator(treated, "treated")
    table = _table(scores, arm.size)
    size = int(arm.sum())
    if size in (0, arm.size):
        raise ValueError("an arm has no patients")
    exact = math.comb(arm.size, size) <= ARRANGEMENTS_LIMIT
    used = np.flatnonzero(np.ptp(table, axis=0) > 0)
    table_used = _centred(table[:, used])
    blocks = _every_arm(arm.size, size) if exact else _some_arms(arm)
    sums = np.concatenate([block @ table_used for block in blocks])
    sums = np.concatenate([[arm @ table_used], sums])  # the observed one first
    p = np.column_stack(
        [_p_by_arrangement(table_used[:, j], arm, sums[:, j]) for j in range(used.size)]
        or [np.empty((len(sums), 0))]
    )
    observed, shuffled = p[0], p[1:]
    adjusted = _step_down(observed, shuffled)
    error = None
    if not exact:
        error = _spread(
            np.sqrt(adjusted * (1 - adjusted) / (len(shuffled) - 1)), used, table.shape[1]
        )
    return AdjustedPValues(
        _spread(observed, used, table.shape[1]),
        _spread(adjusted, used, table.shape[1]),
        "Westfall-Young step-down minP"
        + (", all arrangements" if exact else f" ({_permutation.sampled_name()})"),
        len(shuffled) if exact else len(shuffled) - 1,
        error,
    )


def _table(scores: ArrayLike, n: int) -> Floats:
    table = np.asarray(scores)
    if table.ndim != 2 or (table.size and table.dtype.kind not in "biuf"):
        raise ValueError("scores must be a table of numbers, one row a patient, none missing")
    table = table.astype(np.float64)
    if table.shape[0] != n:
        raise ValueError(f"treated has {n} values but scores has {table.shape[0]} rows")
    if not np.isfinite(table).all():
        raise ValueError("scores must be finite numbers, none missing")
    return table


def _centred(table: Floats) -> Floats:
    """Columns with two values as 0 and 1, others about 0 and at most 1 from it."""
    centred = np.empty_like(table)
    for j, column in enumerate(table.T):
        low, high = column.min(), column.max()
        if np.isin(column, (low, high)).all():
            centred[:, j] = column == high
        else:
            about_0 = column - column.mean()
            centred[:, j] = about_0 / np.abs(about_0).max()
    return centred


def _every_arm(n: int, size: int) -> Iterator[Floats]:
    chosen = np.zeros((math.comb(n, size), n))
    np.put_along_axis(chosen, arrangements(n, size), 1.0, axis=1)
    yield chosen


def _some_arms(arm: NDArray[np.bool_]) -> Iterator[Floats]:
    """The observed arm, which counts as one of the arrangements, then shuffles of it."""
    yield arm[None, :].astype(np.float64)
    yield from _permutation.shuffles(arm.astype(np.float64))


def _p_by_arrangement(column: Floats, arm: NDArray[np.bool_], sums: Floats) -> Floats:
    """P of the observed sum, then of each arrangement's."""
    if np.isin(column, (0.0, 1.0)).all():
        n_1 = int(arm.sum())
        least, p = minlike_p_values(n_1, arm.size - n_1, int(column.sum()))
        return p[np.rint(sums).astype(np.int64) - least]
    # equal sums are equal although they were added in another order
    distances = np.round(np.abs(sums), 9)
    ordered = np.sort(distances[1:])
    return np.asarray((ordered.size - np.searchsorted(ordered, distances)) / ordered.size)


def _step_down(observed: Floats, shuffled: Floats) -> Floats:
    order = np.argsort(observed, kind="stable")
    adjusted = np.empty(observed.size)
    smallest = np.ones(shuffled.shape[0])
    for j in order[::-1]:
        np.minimum(smallest, shuffled[:, j], out=smallest)
        adjusted[j] = (smallest <= observed[j] * (1 + TIE)).mean()
    adjusted[order] = np.maximum.accumulate(adjusted[order])
    return adjusted


def _spread(values: Floats, used: NDArray[np.intp], outcomes: int) -> tuple[float | None, ...]:
    known = dict(zip(used.tolist(), values.tolist(), strict=True))
    return tuple(known.get(j) for j in range(outcomes))
