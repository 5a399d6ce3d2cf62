"""What every function on counts asks of its arguments."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, NamedTuple

from casewise.stats._result import Estimate, TestResult

EMPTY_ARM = "an arm has no patients"
_MOST_PATIENTS = 10**15  # beyond, sums of counts are no longer exact in floats
TINY = math.ulp(0.0)  # a P is above 0 even where no float is small enough


class Arms(NamedTuple):
    """Two arms, treated first: patients with the event, of all patients."""

    events_1: int
    n_1: int
    events_0: int
    n_0: int

    @property
    def events(self) -> int:
        return self.events_1 + self.events_0

    @property
    def n(self) -> int:
        return self.n_1 + self.n_0

    @property
    def empty(self) -> bool:
        return self.n_1 == 0 or self.n_0 == 0

    def difference(self) -> float:
        return self.events_1 / self.n_1 - self.events_0 / self.n_0

    def swapped(self) -> Arms:
        return Arms(self.events_0, self.n_0, self.events_1, self.n_1)


def count(value: Any, name: str) -> int:
    """``value`` as a whole number of patients.

    Whole floats (3.0) and numpy's integers pass. Raises ``TypeError`` for booleans, text and
    anything else that is no number, ``ValueError`` for negative, fractional and infinite ones and
    for more than 10**15.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a whole number of patients, not {type(value).__name__}")
    if not isinstance(value, Integral) and not float(value).is_integer():
        raise ValueError(f"{name} must be a whole number of patients, not {value}")
    whole = operator.index(value) if isinstance(value, Integral) else int(float(value))
    if whole < 0:
        raise ValueError(f"{name} must not be negative, but is {value}")
    if whole > _MOST_PATIENTS:
        raise ValueError(f"{name} is larger than any number of patients")
    return whole


def arms(events_1: Any, n_1: Any, events_0: Any, n_0: Any) -> Arms:
    """The four counts, checked; ``ValueError`` where an arm has more events than patients."""
    table = Arms(
        count(events_1, "events_1"),
        count(n_1, "n_1"),
        count(events_0, "events_0"),
        count(n_0, "n_0"),
    )
    if table.events_1 > table.n_1:
        raise ValueError(f"events_1 ({table.events_1}) is more than n_1 ({table.n_1})")
    if table.events_0 > table.n_0:
        raise ValueError(f"events_0 ({table.events_0}) is more than n_0 ({table.n_0})")
    return table


def no_contrast(table: Arms) -> str:
    """Why a table without events, or with nothing else, says nothing of their ratio."""
    return "no event in either arm" if table.events == 0 else "nothing but events in both arms"


def undefined_test(method: str, sources: Sequence[str], reason: str) -> TestResult:
    return TestResult(None, None, method, tuple(sources), reason=reason)


def undefined_estimate(
    measure: str, level: float, method: str, sources: Sequence[str], reason: str
) -> Estimate:
    return Estimate(measure, None, None, None, level, method, tuple(sources), reason)
