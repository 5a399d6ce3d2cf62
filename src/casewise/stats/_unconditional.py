"""The largest tail probability over the nuisance parameter: exact unconditional inference.

Two independent binomial counts have one parameter more than a hypothesis about their difference
or ratio fixes. An unconditional P is the supremum over that one, the nuisance parameter.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from casewise.stats._conditional import TIE, binomial_weights
from casewise.stats._counts import Arms
from casewise.stats._score import RISK_DIFFERENCE, score

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

# On the arcsine scale a proportion of n patients has the standard deviation 1 / (2 sqrt(n)), and
# no tail probability has a feature much narrower. A grid of a quarter of that finds every peak;
# the highest few are zoomed into, 4 times closer each time, and a parabola through the last three
# points is then as high as the peak to 1e-9 or so.
_PEAKS = 3
_ZOOMS = 3
_AROUND = np.linspace(-1, 1, 9)


def grid_size(n: int) -> int:
    return 8 + math.ceil(4 * math.pi * math.sqrt(n))


def suprema(f: Callable[[Floats], Floats], low: Floats, high: Floats, points: int) -> Floats:
    """The suprema of several functions of an angle, each between its ``low`` and ``high``.

    ``f`` maps angles of the shape (functions, any) to values of the same shape.
    """
    low, high = low[:, None], high[:, None]
    step = (high - low) / (points - 1)
    angles = low + step * np.arange(points)
    values = f(angles)
    best = values.max(axis=1)
    rises = values[:, 1:] >= values[:, :-1]
    falls = values[:, :-1] >= values[:, 1:]
    is_peak = np.ones(values.shape, dtype=bool)
    is_peak[:, 1:] &= rises
    is_peak[:, :-1] &= falls
    highest = np.argsort(np.where(is_peak, values, -1.0), axis=1)[:, -_PEAKS:]
    centres = np.take_along_axis(angles, highest, axis=1)
    for _ in range(_ZOOMS):
        around = centres[:, :, None] + step[:, :, None] * _AROUND
        around = np.minimum(np.maximum(around, low[:, :, None]), high[:, :, None])
        values = f(around.reshape(len(low), -1)).reshape(around.shape)
        at = values.argmax(axis=2)[:, :, None]
        centres = np.take_along_axis(around, at, axis=2)[:, :, 0]
        step = step / 4
    best = np.maximum(best, values.max(axis=(1, 2)))
    return np.asarray(np.maximum(best, _vertices(values, at, around).max(axis=1)))


def _vertices(values: Floats, at: Indices, around: Floats) -> Floats:
    """The heights of the parabolas through the highest points and their neighbours; 0 where the
    highest is at an end of the function's range.
    """
    three = np.clip(at, 1, _AROUND.size - 2) + np.array([-1, 0, 1])
    left, top, right = np.moveaxis(np.take_along_axis(values, three, axis=2), 2, 0)
    x = np.take_along_axis(around, three, axis=2)
    gaps = np.diff(x, axis=2)
    bend = 2 * top - left - right
    peak = (top >= left) & (top >= right) & (bend > 0)
    peak &= np.abs(gaps[:, :, 0] - gaps[:, :, 1]) < 1e-3 * gaps[:, :, 0]
    return np.where(peak, top + (right - left) ** 2 / (8 * np.where(peak, bend, 1.0)), 0.0)


def log_proportions(p: Floats) -> tuple[Floats, Floats]:
    """Logs of ``p`` and ``1 - p``, finite so that 0 patients times them is 0."""
    return np.log(np.maximum(p, 1e-300)), np.log(np.maximum(1 - p, 1e-300))


def supremum_under_equality(
    given_total: Floats, proportions: tuple[float, float] = (0.0, 1.0)
) -> float:
    """The supremum over a common proportion of the probability of a region of tables.

    ``given_total[m]`` is the region's probability given ``m`` events in both arms together: it is
    hypergeometric and free of the proportion, so that one binomial sum is left.
    """
    n = given_total.size - 1
    totals = np.flatnonzero(given_total)
    weights = binomial_weights(n)[totals] + np.log(given_total[totals])
    terms = np.stack((totals, n - totals, weights))

    def probability(angles: Floats) -> Floats:
        log_p, log_q = log_proportions(np.sin(angles.ravel()) ** 2)
        exponents = np.stack((log_p, log_q, np.ones_like(log_p)), axis=1) @ terms
        return np.asarray(np.exp(exponents, out=exponents).sum(axis=1).reshape(angles.shape))

    low, high = (np.array([math.asin(math.sqrt(p))]) for p in proportions)
    return min(1.0, float(suprema(probability, low, high, grid_size(n))[0]))


def largest_score_p(
    measure: str, low: Floats, high: Floats, table: Arms, two_sided: bool, worth: float
) -> Floats:
    """At least the largest exact P of a supposed difference or ratio between ``low`` and ``high``.

    P is the supremum, over the control arm's proportion, of the probability of a table whose score
    statistic is at least the observed one, or (two-sided) as far from 0. Tables that are that
    extreme anywhere between the two values are taken to be so at both of them: as the treated's
    proportion rises with the supposed value, the upper tail is largest at ``high`` and the lower
    at ``low``. Where the two are the same, the answer is P itself.

    The caller asks only on which side of ``worth`` P lies: where a grid's maximum is above it, or
    well below, it is left unrefined.
    """
    supposed = np.concatenate((low, high))
    observed = score(measure, supposed, *table)
    observed = np.abs(observed) if two_sided else observed
    bound = observed - TIE * np.abs(observed)
    below = _tables_at_least(measure, supposed, bound, table)
    below = np.maximum(below[: low.size], below[low.size :])
    above = None
    if two_sided:
        above = _tables_at_least(measure, supposed, -bound, table, strictly=True)
        above = np.minimum(above[: low.size], above[low.size :])
    tails = _tail_probability(measure, low, high, table, below, above)
    everyone = np.arange(low.size)
    zero, right = np.zeros(low.size), np.full(low.size, math.pi / 2)
    points = grid_size(table.n)
    p: Floats = tails(np.linspace(0, right, points, axis=1), everyone).max(axis=1)
    unsure = np.flatnonzero((p <= worth) & (p > 0.7 * worth))
    if unsure.size:
        p[unsure] = suprema(
            lambda angles: tails(angles, unsure), zero[unsure], right[unsure], points
        )
    return p


def _tables_at_least(
    measure: str, supposed: Floats, bound: Floats, table: Arms, strictly: bool = False
) -> Indices:
    """For each supposed value and treated count, how many control counts from 0 upwards have a
    statistic of at least ``bound``: it falls as control events rise, so a binary search finds it.
    """
    n_1, n_0 = table.n_1, table.n_0
    x_1 = np.arange(n_1 + 1.0)[None, :]
    supposed, bound = supposed[:, None], bound[:, None]
    low = np.zeros((supposed.size, n_1 + 1), dtype=np.int64)
    high = low + n_0 + 1
    for _ in range((n_0 + 1).bit_length()):
        middle = (low + high) // 2
        z = score(measure, supposed, x_1, n_1, np.minimum(middle, n_0), n_0)
        inside = (z > bound if strictly else z >= bound) & (middle < high)
        low = np.where(inside, middle + 1, low)
        high = np.where(inside, high, middle)
    return low


def _tail_probability(
    measure: str,
    low: Floats,
    high: Floats,
    table: Arms,
    below: Indices,
    above: Indices | None,
) -> Callable[[Floats, Indices], Floats]:
    """The probability of ``x_0 < below[x_1]`` or ``x_0 >= above[x_1]``, as a function of angles
    (supposed values, any) that stand for the control arm's proportion in its possible range.
    """
    weights_1, weights_0 = binomial_weights(table.n_1), binomial_weights(table.n_0)
    if measure == RISK_DIFFERENCE:
        start, end = np.maximum(0, -high), np.minimum(1, 1 - low)
    else:
        start, end = np.zeros_like(low), np.minimum(1, 1 / low)

    def treated(p_0: Floats, value: Floats) -> Floats:
        p_1 = p_0 + value[:, None] if measure == RISK_DIFFERENCE else p_0 * value[:, None]
        return _binomial(weights_1, p_1)

    def probability(angles: Floats, which: Indices) -> Floats:
        first, last = start[which][:, None], end[which][:, None]
        p_0 = first + (last - first) * np.sin(angles) ** 2
        f_0 = _binomial(weights_0, p_0)
        up_to = np.zeros((f_0.shape[0], f_0.shape[1] + 1, f_0.shape[2]))
        np.cumsum(f_0, axis=1, out=up_to[:, 1:])
        f_1 = treated(p_0, high[which])
        tails = f_1 * np.take_along_axis(up_to, below[which][:, :, None], axis=1)
        if above is not None:
            f_1 = treated(p_0, low[which]) if high is not low else f_1
            tails += f_1 * (1 - np.take_along_axis(up_to, above[which][:, :, None], axis=1))
        return np.asarray(tails.sum(axis=1))

    return probability


def _binomial(weights: Floats, p: Floats) -> Floats:
    """Probabilities of 0 … n events, of the shape (supposed values, n + 1, angles)."""
    log_p, log_q = log_proportions(p)
    x = np.arange(weights.size)[:, None]
    exponents = weights[:, None] + x * log_p[:, None, :] + x[::-1] * log_q[:, None, :]
    return np.asarray(np.exp(exponents))
