"""The null distribution of a sum of scores when the arms' labels are shuffled.

Under the hypothesis that the arm makes no difference, every choice of ``size`` patients out of
all is equally likely. A test's P value is the share of choices whose sum of scores is at least as
far from its expectation as the observed sum.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from casewise.stats._samples import Floats

Integers = NDArray[np.int64]

# Additions that the shift algorithm may need before it counts as too large; about 0.5 s.
SHIFT_LIMIT = 400_000_000
# Sums that each half of the patients may have when scores are not whole; about 0.5 s.
SUMS_LIMIT = 1 << 20
# Shuffles that a Monte Carlo test takes: a P value of 0.05 then has a standard error of 0.0015.
PERMUTATIONS = 20_000
SEED = 20230401
_NUMBERS_AT_ONCE = 4_000_000


def whole_sum_p(scores: Integers, size: int, observed: int) -> float:
    """Two-sided P value of a sum of whole scores, by the shift algorithm [streitberg1986].

    The patients are split in two halves; each half's sums are counted by number of patients and
    value (adding a patient shifts the counts by the patient's score), and the halves are joined
    only in the tails. Cost: see :func:`shift_cost`.
    """
    n, total = scores.size, int(scores.sum())
    if 2 * size > n:
        size, observed = n - size, total - observed
    distance = abs(n * observed - size * total)
    low = (size * total - distance) // n
    high = -((-size * total - distance) // n)
    if high <= low:
        return 1.0
    halves = _halves(np.sort(scores).tobytes(), size)
    return _as_p((_tail(halves, low) + _everything(halves) - _tail(halves, high - 1)), halves)


class _Halves:
    """Counts of both halves: by number chosen (rows) and sum less its offset (columns)."""

    __slots__ = ("cumulative", "left", "offsets", "unit")

    def __init__(self, ordered: Integers, size: int) -> None:
        base = int(ordered[0])
        self.unit = max(int(np.gcd.reduce(ordered - base)), 1)
        reduced = (ordered - base) // self.unit
        half = reduced.size // 2
        left, right = reduced[:half], reduced[half:]
        self.left = _counts(left, size)
        self.cumulative = np.cumsum(_counts(right - right[0], size), axis=1)
        # what the sum is above unit times the columns, when k come from the left
        taken = np.arange(size + 1)
        self.offsets = size * base + (size - taken) * int(right[0]) * self.unit


def _counts(scores: Integers, size: int) -> Floats:
    """How many choices of k scores (row k) add up to s (column s), up to a common factor."""
    sums = np.cumsum(scores)
    rows = min(size, scores.size)
    widths = sums.copy()
    widths[rows:] -= sums[: scores.size - rows] if rows else sums
    counts = np.zeros((size + 1, int(widths.max(initial=0)) + 1))
    counts[0, 0] = 1.0
    for i, score in enumerate(scores.tolist()):
        k, width = min(i + 1, size), int(widths[i]) + 1
        counts[1 : k + 1, score:width] += counts[:k, : width - score]
        if i % 128 == 127:
            counts /= counts.max()
    return counts


@lru_cache(maxsize=4)
def _halves(ordered: bytes, size: int) -> _Halves:
    return _Halves(np.frombuffer(ordered, dtype=np.int64), size)


def _tail(halves: _Halves, limit: int) -> float:
    """The (scaled) number of choices whose sum is at most ``limit``."""
    size = halves.left.shape[0] - 1
    width, last = halves.left.shape[1], halves.cumulative.shape[1] - 1
    columns = np.arange(width)
    count = 0.0
    for k in range(size + 1):
        room = (limit - int(halves.offsets[k])) // halves.unit
        if room < 0:
            continue
        used = min(width, room + 1)
        rest = np.minimum(room - columns[:used], last)
        count += float(halves.left[k, :used] @ halves.cumulative[size - k, rest])
    return count


def _everything(halves: _Halves) -> float:
    return float(halves.left.sum(axis=1) @ halves.cumulative[::-1, -1])


def _as_p(count: float, halves: _Halves) -> float:
    return min(max(count / _everything(halves), sys.float_info.min), 1.0)


def shift_cost(scores: Integers, size: int) -> float:
    """About how many additions :func:`whole_sum_p` needs: grows with n^4 for two equal arms."""
    ordered = np.sort(scores)
    size = min(size, ordered.size - size)
    reduced = ordered - ordered[0]
    reduced = reduced // max(int(np.gcd.reduce(reduced)), 1)
    half = ordered.size // 2
    cost = 0.0
    for part in (reduced[:half], reduced[half:] - reduced[half : half + 1]):
        sums = np.cumsum(part.astype(np.float64))
        widths = sums.copy()
        if 0 < size < part.size:
            widths[size:] -= sums[:-size]
        cost += float((np.minimum(np.arange(1, part.size + 1), size) * (widths + 1)).sum())
    return cost


def sums_cost(n: int, size: int) -> int:
    """How many sums :func:`sum_p` lists for the larger half."""
    half, most = n - n // 2, min(size, n - size)
    return sum(math.comb(half, k) for k in range(min(most, half) + 1))


def sum_p(scores: Floats, size: int, observed: float) -> float:
    """Two-sided P value of a sum of any scores, by listing the sums of two halves.

    Every choice is counted, but only 2^(n/2) sums are listed: those of one half are sorted, and
    each of the other half finds its place among them. Sums that differ by less than 1e-12 of the
    scores' size count as equal, since rounding differs by the order of adding.
    """
    n = scores.size
    centred = scores - scores.mean()
    distance = abs(observed - size * float(scores.mean()))
    if 2 * size > n:
        size = n - size
    reach = distance - 1e-12 * (float(np.abs(scores).sum()) + 1e-300)
    if reach <= 0:
        return 1.0
    left = _sums(centred[: n // 2], size)
    right = _sums(centred[n // 2 :], size)
    far = 0
    for k, sums in enumerate(left):
        if sums.size and size - k < len(right) and right[size - k].size:
            others = np.sort(right[size - k])
            far += int(np.searchsorted(others, -reach - sums, side="right").sum())
            far += others.size * sums.size
            far -= int(np.searchsorted(others, reach - sums, side="left").sum())
    return min(max(far, 1) / math.comb(n, size), 1.0)


def _sums(scores: Floats, size: int) -> list[Floats]:
    """The sums of all choices of k of the scores, for k = 0 to ``size``."""
    by_number: list[Floats] = [np.zeros(1)] + [np.empty(0)] * min(size, scores.size)
    for score in scores.tolist():
        for k in range(len(by_number) - 1, 0, -1):
            by_number[k] = np.concatenate([by_number[k], by_number[k - 1] + score])
    return by_number


def sampled_p(scores: Floats, size: int, observed: float) -> tuple[float, float]:
    """Two-sided P value from random shuffles, and its standard error.

    The observed arrangement counts as one of them [phipson2010], so P is never 0. The seed is
    fixed: the same data give the same answer, in whatever order they come.
    """
    n = scores.size
    ordered = np.sort(scores)
    expected = size * float(ordered.mean())
    reach = abs(observed - expected) - 1e-12 * (float(np.abs(ordered).sum()) + 1e-300)
    size = min(size, n - size)
    expected = size * float(ordered.mean())
    far = sum(
        int((np.abs(rows[:, :size].sum(axis=1) - expected) >= reach).sum())
        for rows in shuffles(ordered)
    )
    p = (far + 1) / (PERMUTATIONS + 1)
    return p, math.sqrt(p * (1 - p) / PERMUTATIONS)


def shuffles(values: Floats) -> Iterator[Floats]:
    """The values in random order, one shuffle a row, some rows at a time."""
    generator = np.random.default_rng(SEED)
    done = 0
    while done < PERMUTATIONS:
        rows = min(PERMUTATIONS - done, max(_NUMBERS_AT_ONCE // values.size, 1))
        yield generator.permuted(np.broadcast_to(values, (rows, values.size)), axis=1)
        done += rows


def sampled_name() -> str:
    return f"Monte Carlo, {PERMUTATIONS:,} permutations, seed {SEED}"
