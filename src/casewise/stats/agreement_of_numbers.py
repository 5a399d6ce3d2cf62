"""How well raters agree who read numbers or dates, and Krippendorff's alpha for any scale."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, fdtri

from casewise.stats._counts import undefined_estimate
from casewise.stats._result import Estimate
from casewise.stats._samples import Floats, check_choice, check_level, sample

_RESAMPLES = 2000


def intraclass_correlation(
    ratings: ArrayLike, raters: Literal["same", "any"] = "same", level: float = 0.95
) -> Estimate:
    """The intraclass correlation of single readings: how much of the variance is between charts.

    ``ratings`` is a table of numbers, a row a chart, a column a rater, none missing. With the
    ``same`` raters throughout, drawn from many, ICC(2,1): two-way random effects, absolute
    agreement, so that a rater who always reads higher counts against it. With ``any`` raters, the
    columns in no order, ICC(1,1): one-way random effects. Both with the intervals of Shrout and
    Fleiss: of ICC(1,1) exact under normality, of ICC(2,1) by Satterthwaite's degrees of freedom
    [shrout1979].

    Undefined with fewer than two charts or two raters, where all numbers are one number, and (of
    ICC(2,1)) where neither charts nor raters differ in their means.
    Where raters never differ it is 1, without an interval: there is no error to make one of. It
    may be negative, where charts differ less than readings of one chart do.
    """
    check_choice(raters, ("same", "any"), "raters")
    check_level(level)
    measure = "ICC(2,1)" if raters == "same" else "ICC(1,1)"
    sources = ("shrout1979",)
    table = np.asarray(ratings, dtype=np.float64)
    if table.size == 0 or table.shape[0] < 2:
        return undefined_estimate(measure, level, "", sources, "fewer than two charts")
    if table.ndim != 2 or table.shape[1] < 2 or not np.isfinite(table).all():
        raise ValueError("ratings is a table of numbers, two raters or more, none missing")
    n, k = table.shape
    middle = table.mean()
    between = k * float(np.sum((table.mean(axis=1) - middle) ** 2)) / (n - 1)
    columns = n * float(np.sum((table.mean(axis=0) - middle) ** 2)) / (k - 1)
    total = float(np.sum((table - middle) ** 2))
    if total < 1e-12 * max(1.0, middle * middle):
        return undefined_estimate(measure, level, "", sources, "every reading is the same number")
    method = f"{measure} with the interval of Shrout and Fleiss"
    if (table == table[:, :1]).all():
        reason = "no two readings of a chart differ: there is no error to make an interval of"
        return Estimate(measure, 1.0, None, None, level, method, sources, reason)
    within = max(0.0, total - (n - 1) * between) / (n * (k - 1))
    error = max(0.0, total - (n - 1) * between - (k - 1) * columns) / ((n - 1) * (k - 1))
    if raters == "any":
        value = (between - within) / (between + (k - 1) * within)
        lower, upper = _one_way(between / within, n, k, level)
    else:
        below = n * between + (k * n - k - n) * error + k * columns
        if below <= 0:
            return undefined_estimate(measure, level, "", sources, "charts do not differ at all")
        value = n * (between - error) / below
        lower, upper = _two_way(between, columns, error, value, n, k, level)
    return Estimate(measure, value, lower, upper, level, method, sources)


def _one_way(f: float, n: int, k: int, level: float) -> tuple[float, float]:
    top = (1 + level) / 2
    low = f / fdtri(n - 1, n * (k - 1), top)
    high = f * fdtri(n * (k - 1), n - 1, top)
    return float((low - 1) / (low + k - 1)), float((high - 1) / (high + k - 1))


def _two_way(
    between: float, columns: float, error: float, value: float, n: int, k: int, level: float
) -> tuple[float, float]:
    top = (1 + level) / 2
    # Satterthwaite's degrees of freedom, with numerator and denominator multiplied by error**2 so
    # that an error of 0 does no harm
    share = max(value, 0.0)  # of variance: an estimate below 0 gives no degrees of freedom
    a, b = k * share * columns, (n * (1 + (k - 1) * share) - k * share) * error
    below = (n - 1) * a**2 + b**2
    v = (k - 1) * (n - 1) * (a + b) ** 2 / below if below else float((k - 1) * (n - 1))
    f_low, f_high = float(fdtri(n - 1, v, top)), float(fdtri(v, n - 1, top))
    rest = k * columns + (k * n - k - n) * error
    lower = n * (between - f_low * error) / (f_low * rest + n * between)
    upper = n * (f_high * between - error) / (rest + n * f_high * between)
    return lower, upper


def days_apart(first: ArrayLike, second: ArrayLike, level: float = 0.95) -> Estimate:
    """The median distance, in days, of the dates that two raters read in the same charts.

    ``first`` and ``second`` are day numbers from any one origin. The interval is of order
    statistics: exact by the sign test, so that it holds at least at its level whatever the
    distribution, ties included [hahn1991]. Undefined with no charts; with five or fewer (at 95%)
    no interval reaches the level, and ``lower`` and ``upper`` are ``None``.
    """
    check_level(level)
    one, other = sample(first, "first"), sample(second, "second")
    if len(one) != len(other):
        raise ValueError(f"two raters of the same charts, not of {len(one)} and {len(other)}")
    measure, sources = "median days apart", ("hahn1991",)
    method = "exact interval of order statistics"
    n = len(one)
    if n == 0:
        return undefined_estimate(measure, level, method, sources, "no charts")
    apart = np.sort(np.abs(one - other))
    value = float(np.median(apart))
    tail = (1 - level) / 2
    # the largest k with P(Binomial(n, 1/2) <= k - 1) <= tail gives [x_(k), x_(n + 1 - k)]
    k = int(np.sum(bdtr(np.arange(n), n, 0.5) <= tail))
    if k == 0:
        reason = f"too few charts for an interval at {100 * level:g}%"
        return Estimate(measure, value, None, None, level, method, sources, reason)
    return Estimate(
        measure, value, float(apart[k - 1]), float(apart[n - k]), level, method, sources
    )


def krippendorff_alpha(
    ratings: ArrayLike,
    scale: Literal["nominal", "ordinal", "interval"] = "nominal",
    level: float = 0.95,
    seed: int = 1,
) -> Estimate:
    """Krippendorff's alpha: 1 - observed / expected disagreement, for any raters and any scale.

    ``ratings`` is a table, a row a chart, a column a rater, NaN where a rater did not read the
    chart; charts with fewer than two readings say nothing and are left out. Categories are
    numbers, in their order for ``ordinal``. Disagreement is by the squared distance of the scale:
    0 or 1, of midranks, or of the numbers [krippendorff2011]. The interval is the percentile
    bootstrap of charts, 2,000 times with ``seed`` [zapf2016]; ordinal distances stay those of
    all charts.

    Undefined with no chart read twice, and where every reading is the same. Where raters never
    differ it is 1, without an interval: no resample can differ either.
    """
    check_choice(scale, ("nominal", "ordinal", "interval"), "scale")
    check_level(level)
    measure, sources = "Krippendorff's alpha", ("krippendorff2011", "zapf2016")
    table = np.asarray(ratings, dtype=np.float64)
    if table.size and table.ndim != 2:
        raise ValueError("ratings is a table, a row a chart, a column a rater")
    read = ~np.isnan(table)
    kept = read.sum(axis=1) > 1 if table.size else np.zeros(0, dtype=bool)
    if not kept.any():
        return undefined_estimate(measure, level, "", sources, "no chart was read twice")
    table, read = table[kept], read[kept]
    if np.isinf(table).any():
        raise ValueError("ratings are finite numbers, or NaN where there is none")
    sums = _sums_by_chart(table, read, scale)
    value = float(_alpha(sums.sum(axis=0)[None, :])[0])
    method = f"{scale} scale, percentile bootstrap of charts"
    if np.isnan(value):
        return undefined_estimate(measure, level, method, sources, "every reading is the same")
    if value > 1 - 1e-12:
        reason = "no two readings of a chart differ: no resample can either"
        return Estimate(measure, 1.0, None, None, level, method, sources, reason)
    n = len(table)
    draw = np.random.default_rng(seed)
    made: list[Floats] = []
    for _ in range(0, _RESAMPLES, 100):
        times = draw.multinomial(n, np.full(n, 1 / n), size=100).astype(np.float64)
        made.append(_alpha(times @ sums))
    found = np.concatenate(made)
    found = found[~np.isnan(found)]
    lower, upper = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(measure, value, float(lower), float(upper), level, method, sources)


def _sums_by_chart(table: Floats, read: np.ndarray, scale: str) -> Floats:
    """Of each chart: disagreement, readings, sum of squares, and sums of coordinates.

    Every scale is a squared Euclidean distance: of one-hot vectors, of midranks or of numbers; so
    all pairs are had from sums.
    """
    values, place, counts = np.unique(table[read], return_inverse=True, return_counts=True)
    if scale == "nominal":
        points = np.eye(len(values))
    elif scale == "ordinal":
        points = (np.cumsum(counts) - counts / 2)[:, None]
    else:
        points = values[:, None] - values.mean()
    chart = np.nonzero(read)[0]
    n, at = len(table), points[place.ravel()]
    readings = np.bincount(chart, minlength=n).astype(np.float64)
    squares = np.bincount(chart, (at**2).sum(axis=1), minlength=n)
    sums = np.stack([np.bincount(chart, axis, minlength=n) for axis in at.T], axis=1)
    apart = 2 * (readings * squares - (sums**2).sum(axis=1)) / (readings - 1)
    # what rounding leaves of a chart whose readings are all the same is no disagreement
    low = np.full(n, np.inf)
    high = np.full(n, -np.inf)
    np.minimum.at(low, chart, place.ravel())
    np.maximum.at(high, chart, place.ravel())
    apart[low == high] = 0.0
    return np.column_stack([apart, readings, squares, sums])


def _alpha(totals: Floats) -> Floats:
    """Alpha of sums, a row each; NaN where nothing varies."""
    apart, n, squares, sums = totals[:, 0], totals[:, 1], totals[:, 2], totals[:, 3:]
    expected = 2 * (n * squares - (sums**2).sum(axis=1)) / (n - 1)
    flat = expected <= 1e-12 * np.maximum(n * squares, 1e-300)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(flat, np.nan, 1 - apart / expected), dtype=np.float64)
