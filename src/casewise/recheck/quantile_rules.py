"""Where each quantile rule looks in the ordered sample, in exact fractions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)
HINGES, EXCLUSIVE = "Tukey's hinges", "halves without the median"
_USED_BY = {
    "type 2": "SAS",
    "type 6": "SPSS, Minitab, Prism",
    "type 7": "R, NumPy, Excel",
    "type 3": "SAS, an option",
    EXCLUSIVE: "TI calculators, textbooks",
}
# A position is a + p (n + 1 - a - b) for these a and b [hyndman1996].
_INTERPOLATED = {
    4: (Fraction(0), Fraction(1)),
    5: (HALF, HALF),
    6: (Fraction(0), Fraction(0)),
    7: (Fraction(1), Fraction(1)),
    8: (Fraction(1, 3), Fraction(1, 3)),
    9: (Fraction(3, 8), Fraction(3, 8)),
}


@dataclass(frozen=True, slots=True)
class Position:
    """A quantile is ``(1 - weight) x[at] + weight x[at + 1]``, counting from 1."""

    at: int
    weight: Fraction


def used_by(rule: str) -> str:
    return _USED_BY.get(rule, "")


def positions(rule: str, n: int) -> tuple[Position, Position, Position] | None:
    """Where a rule finds first quartile, median and third quartile of ``n`` values.

    ``rule`` is ``"type 1"`` to ``"type 9"`` [hyndman1996], or one of two rules of quartiles that
    take the medians of the two halves: ``HINGES`` counts the median itself into both halves where
    n is odd [tukey1977], ``EXCLUSIVE`` into none. ``None`` where a half is then empty.
    """
    if rule in (HINGES, EXCLUSIVE):
        half = (n + 1) // 2 if rule == HINGES else n // 2
        if half == 0:
            return None
        depth = Fraction(half + 1, 2)
        return _at(depth, n), _at(Fraction(n + 1, 2), n), _at(n + 1 - depth, n)
    kind = int(rule.removeprefix("type "))
    return _of(kind, QUARTER, n), _of(kind, HALF, n), _of(kind, 1 - QUARTER, n)


RULES = (*(f"type {kind}" for kind in range(1, 10)), HINGES, EXCLUSIVE)


def _of(kind: int, p: Fraction, n: int) -> Position:
    if kind in _INTERPOLATED:
        a, b = _INTERPOLATED[kind]
        return _at(a + p * (n + 1 - a - b), n)
    place = n * p - (HALF if kind == 3 else 0)
    below = math.floor(place)
    whole = place == below
    if kind == 1:
        return _at(Fraction(below if whole else below + 1), n)
    if kind == 2:
        return _at(below + HALF if whole else Fraction(below + 1), n)
    return _at(Fraction(below if whole and below % 2 == 0 else below + 1), n)


def _at(place: Fraction, n: int) -> Position:
    """The position, held inside the sample; a weight of 0 where it is a single value."""
    place = min(max(place, Fraction(1)), Fraction(n))
    at = math.floor(place)
    return Position(at, place - at)
