"""The null distribution of a sum of scores when the arms' labels are shuffled.

Under the hypothesis that the arm makes no difference, every choice of ``size`` patients out of
all is equally likely. A test's P value is the share of choices whose sum of scores is at least as
far from its expectation as the observed sum.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from casewise.stats._samples import Floats

Integers = NDArray[np.int64]

# Additions that the shift algorithm may need before it counts as too large: some 0.1 s, and an
# interval takes 15 such tests. Calling numpy once costs as much as so many additions.
SHIFT_LIMIT = 150_000_000
_CALL = 2_000
# Sums that each half of the patients may have when scores are not whole; about 0.5 s.
SUMS_LIMIT = 1 << 20
# Patients beyond whom 20,000 shuffles take more than some 5 s, and the normal curve serves.
SHUFFLED_LIMIT = 15_000
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
    # each tail is added up by itself: what is left of 1 has too few digits for a small P
    p = (halves.at_most(low) + halves.at_least(high)) / halves.everything()
    return min(max(p, sys.float_info.min), 1.0)


class _Halves:
    """Counts of both halves' choices, by number chosen and by sum above the least possible."""

    __slots__ = ("above", "below", "left", "offsets", "unit")

    def __init__(self, ordered: Integers, size: int) -> None:
        base, reduced = int(ordered[0]), ordered - ordered[0]
        self.unit = max(int(np.gcd.reduce(reduced)), 1)
        reduced //= self.unit
        half = reduced.size // 2
        self.left = _counts(reduced[:half], size)
        right = _counts(reduced[half:], size)
        self.below = [np.cumsum(row) for row in right]
        self.above = [np.cumsum(row[::-1])[::-1] for row in right]
        # the least sum of all when k come from the left
        least = [
            np.concatenate([[0], np.cumsum(part)]) for part in (reduced[:half], reduced[half:])
        ]
        self.offsets = {
            k: size * base + self.unit * int(least[0][k] + least[1][size - k])
            for k in range(size + 1)
            if k <= half and size - k <= reduced.size - half
        }

    def at_most(self, limit: int) -> float:
        """The (scaled) number of choices whose sum is at most ``limit``."""
        count = 0.0
        for k, offset in self.offsets.items():
            row, others = self.left[k], self.below[-1 - k]
            room = (limit - offset) // self.unit
            used = min(row.size, room + 1)
            if used > 0:
                rest = np.minimum(room - np.arange(used), others.size - 1)
                count += float((row[:used] * others[rest]).sum())
        return count

    def at_least(self, limit: int) -> float:
        """The (scaled) number of choices whose sum is at least ``limit``."""
        count = 0.0
        for k, offset in self.offsets.items():
            row, others = self.left[k], self.above[-1 - k]
            needed = -((offset - limit) // self.unit)
            first = max(needed - others.size + 1, 0)
            if first < row.size:
                rest = np.maximum(needed - np.arange(first, row.size), 0)
                count += float((row[first:] * others[rest]).sum())
        return count

    def everything(self) -> float:
        return sum(float(self.left[k].sum()) * float(self.below[-1 - k][-1]) for k in self.offsets)


def _counts(scores: Integers, size: int) -> list[Floats]:
    """How many choices of k of the scores (list) add up to s (array), up to a common factor.

    s counts from the sum of the k least; scores ascend. The rows for k up to ``size``, empty
    beyond the number of scores.
    """
    prefix = np.concatenate([[0], np.cumsum(scores)]).tolist()
    values = scores.tolist()
    n = len(values)
    rows = [np.zeros(prefix[n] - prefix[n - k] - prefix[k] + 1) for k in range(min(size, n) + 1)]
    rows[0][0] = 1.0
    for i, score in enumerate(values):
        for k in range(min(i + 1, size), 0, -1):
            # of the scores before this one, k - 1 reach this far above their least sum
            width = prefix[i] - prefix[i - k + 1] - prefix[k - 1] + 1
            shift = score - values[k - 1]
            rows[k][shift : shift + width] += rows[k - 1][:width]
        if i % 128 == 127:
            most = max(float(row.max()) for row in rows)
            for row in rows:
                row /= most
    return rows + [np.zeros(0)] * (size - len(rows) + 1)


@lru_cache(maxsize=1)
def _halves(ordered: bytes, size: int) -> _Halves:
    return _Halves(np.frombuffer(ordered, dtype=np.int64), size)


def shift_cost(scores: Integers, size: int) -> float:
    """About how many additions :func:`whole_sum_p` needs: grows with n^4 for two equal arms."""
    ordered = np.sort(scores)
    size = min(size, ordered.size - size)
    reduced = (ordered - ordered[0]).astype(np.float64)
    reduced /= max(int(np.gcd.reduce(ordered - ordered[0])), 1)
    half, cost = ordered.size // 2, 0.0
    for part in (reduced[:half], reduced[half:]):
        prefix = np.concatenate([[0.0], np.cumsum(part)])
        for k in range(min(size, part.size)):
            i = np.arange(k, part.size)
            cost += float((prefix[i] - prefix[i - k] - prefix[k] + _CALL).sum())
    return cost


def sums_are_few(n: int, size: int) -> bool:
    """Whether :func:`sum_p` can list the sums of the larger half."""
    half, most, listed = n - n // 2, min(size, n - size), 0
    for k in range(min(most, half) + 1):
        listed += math.comb(half, k)
        if listed > SUMS_LIMIT:
            return False
    return True


def sum_p(scores: Floats, size: int, observed: float) -> float:
    """Two-sided P value of a sum of any scores, by listing the sums of two halves.

    Every choice is counted, but only 2^(n/2) sums are listed: those of one half are sorted, and
    each of the other half finds its place among them. Sums that differ by less than 1e-12 of the
    scores' size count as equal, since rounding differs by the order of adding.
    """
    p = tails(scores, size)(abs(observed - size * float(scores.mean())))
    return max(p, 1 / math.comb(scores.size, size))  # the observed choice is one


def tails(scores: Floats, size: int) -> Callable[[float], float]:
    """The probability that a sum is as far from its expectation as a distance, or farther."""
    n = scores.size
    size = min(size, n - size)
    centred = scores - scores.mean()
    slack = 1e-12 * (float(np.abs(scores).sum()) + 1e-300)
    left, right = _sums(centred[: n // 2], size), _sums(centred[n // 2 :], size)
    pairs = [
        (np.sort(sums), np.sort(right[size - k]))
        for k, sums in enumerate(left)
        if sums.size and size - k < len(right) and right[size - k].size
    ]

    def at_least(distance: float) -> float:
        reach = distance - slack
        if reach <= 0:
            return 1.0
        far = 0
        for sums, others in pairs:
            far += int(np.searchsorted(others, -reach - sums, side="right").sum())
            far += others.size * sums.size
            far -= int(np.searchsorted(others, reach - sums, side="left").sum())
        return min(far / math.comb(n, size), 1.0)

    return at_least


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
