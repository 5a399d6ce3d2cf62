"""All ordered samples of whole numbers whose quantiles print as given: counted, drawn, steered.

A quantile ties at most two neighbours of the ordered sample together, so the samples are the
paths of a chain: from each value to the next, as large or larger, where the printed figures allow
the step. Counting paths backwards counts the samples, exactly; walking them forwards draws one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from casewise.recheck.printed import Printed
from casewise.recheck.quantile_rules import Position

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Steps between neighbours are a table of all values by all values.
MOST_VALUES = 2_500
# Patients times values: each is a sum of whole numbers of any length.
MOST_STEPS = 200_000
# exp of less would be 0, and a sample that alone fits could not be drawn.
_LEAST_SCORE = -30.0


def highest(values: Integers) -> Floats:
    """The score by which the best sample has the largest values."""
    return values.astype(np.float64)


def lowest(values: Integers) -> Floats:
    return -values.astype(np.float64)


@dataclass
class Samples:
    """The samples of ``n`` whole numbers from ``lowest`` to ``highest`` that fit the figures.

    ``steps[i]`` is the table of steps allowed from the i-th value (counting from 0) to the next,
    where a quantile lies between them; elsewhere every step that does not go down is allowed.
    ``allowed[i]`` says which values the i-th may have.
    """

    n: int
    lowest: int
    highest: int
    allowed: dict[int, Mask] = field(default_factory=dict)
    steps: dict[int, Mask] = field(default_factory=dict)

    @property
    def values(self) -> Integers:
        return np.arange(self.lowest, self.highest + 1)

    def require(self, position: Position, printed: Printed) -> None:
        """Keep the samples whose quantile there rounds to the printed number."""
        self.require_between(position, printed.low, printed.high)

    def require_between(self, position: Position, low: Fraction, high: Fraction) -> None:
        """In whole numbers, after both sides are multiplied by all denominators."""
        i, weight = position.at - 1, position.weight
        scale = weight.denominator * low.denominator * high.denominator
        first, second = int((1 - weight) * scale), int(weight * scale)
        bounds = int(low * scale), int(high * scale)
        values = self.values
        if weight == 0:
            ok = (first * values >= bounds[0]) & (first * values <= bounds[1])
            self.allowed[i] = self.allowed.get(i, np.True_) & ok
            return
        made = first * values[:, None] + second * values[None, :]
        ok = (made >= bounds[0]) & (made <= bounds[1]) & (values[None, :] >= values[:, None])
        self.steps[i] = self.steps.get(i, np.True_) & ok

    def count(self) -> int:
        """How many samples there are, exactly. Cost: n times the number of values."""
        return int(self._backwards(np.ones(len(self.values), dtype=object))[0].sum())

    def _backwards(self, weights: NDArray[Any]) -> list[NDArray[Any]]:
        """For each place and value, the (weighted) number of ways to go on from it to the end."""
        rows: list[NDArray[Any]] = [weights] * self.n
        for i in range(self.n - 1, -1, -1):
            row = weights
            if i < self.n - 1:
                after = rows[i + 1]
                if i in self.steps:
                    row = row * np.array([after[step].sum() for step in self.steps[i]], row.dtype)
                else:
                    row = row * np.cumsum(after[::-1])[::-1]
            if i in self.allowed:
                row = np.where(self.allowed[i], row, 0 * row)
            if row.dtype == np.float64 and row.max() > 0:
                row = row / row.max()
            rows[i] = row
        return rows

    def listed(self) -> Iterator[tuple[int, ...]]:
        """Every sample, least values first."""
        left = [row > 0 for row in self._backwards(np.ones(len(self.values), dtype=object))]

        def grow(i: int, at: int, made: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
            if i == self.n:
                yield made
                return
            for j in range(at, len(self.values)):
                if left[i][j] and (i == 0 or self._may_step(i - 1, at, j)):
                    yield from grow(i + 1, j, (*made, self.lowest + j))

        yield from grow(0, 0, ())

    def _may_step(self, i: int, at: int, to: int) -> bool:
        return i not in self.steps or bool(self.steps[i][at, to])

    def drawn(self, number: int, scores: Floats, generator: np.random.Generator) -> Integers:
        """``number`` samples at random, one a row, each with weight exp(sum of its scores).

        ``scores`` has one number a value; equal ones make all samples equally likely.
        """
        size = len(self.values)
        rows = self._backwards(np.exp(np.maximum(scores - scores.max(), _LEAST_SCORE)))
        made = np.zeros((number, self.n), dtype=np.int64)
        for i, row in enumerate(rows):
            chances = np.broadcast_to(row, (number, size)).astype(np.float64)
            if i:
                before = made[:, i - 1]
                step = self.steps.get(i - 1)
                open_ = step[before] if step is not None else np.arange(size) >= before[:, None]
                chances = np.where(open_, chances, 0.0)
            sums = np.cumsum(chances, axis=1)
            drawn = generator.random((number, 1)) * sums[:, -1:]
            made[:, i] = np.minimum((sums <= drawn).sum(axis=1), size - 1)
        return made + self.lowest

    def best(self, score: Callable[[Integers], Floats]) -> tuple[int, ...]:
        """The sample whose values' scores add up to the most; empty where no sample fits."""
        given = score(self.values).astype(np.float64)
        rows = [np.full(given.size, -np.inf)] * self.n
        for i in range(self.n - 1, -1, -1):
            row = given.copy()
            if i < self.n - 1:
                row += self._best_after(i, rows[i + 1])
            if i in self.allowed:
                row[~self.allowed[i]] = -np.inf
            rows[i] = row
        if not np.isfinite(rows[0].max()):
            return ()
        made = [int(rows[0].argmax())]
        for i in range(1, self.n):
            step = self.steps.get(i - 1)
            open_ = step[made[-1]] if step is not None else np.arange(given.size) >= made[-1]
            made.append(int(np.where(open_, rows[i], -np.inf).argmax()))
        return tuple(self.lowest + j for j in made)

    def _best_after(self, i: int, after: Floats) -> Floats:
        if i in self.steps:
            return np.asarray(np.where(self.steps[i], after[None, :], -np.inf).max(axis=1))
        return np.asarray(np.maximum.accumulate(after[::-1])[::-1])
