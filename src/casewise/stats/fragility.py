"""How many patients a P value hangs on."""

from __future__ import annotations

from dataclasses import dataclass

from casewise.stats._counts import EMPTY_ARM, Arms, arms
from casewise.stats.fisher_tests import fisher

_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Fragility:
    """The fragility of a comparison of two proportions.

    ``index`` patients in the arm ``changed`` ("treated" or "control"), had they had the event,
    would have brought P from ``p_value`` to ``p_value_changed``, at or above ``alpha``. ``index``
    is 0 where P already is, and ``None`` where undefined; ``reason`` says so. ``quotient`` is
    ``index`` over the number of patients.
    """

    index: int | None
    quotient: float | None
    changed: str
    p_value: float | None
    p_value_changed: float | None
    alpha: float
    method: str
    sources: tuple[str, ...] = ("ahmed2016", "walsh2014")
    reason: str = ""


def fragility_index(
    events_1: int, n_1: int, events_0: int, n_0: int, alpha: float = 0.05
) -> Fragility:
    """The fewest patients of the arm with fewer events who would undo ``P < alpha`` [walsh2014].

    One patient after another of that arm is given the event until Fisher's exact test
    (two-sided, minlike) has P of ``alpha`` or more. With as many events in both arms, the arm
    that needs fewer changes. The quotient is per patient [ahmed2016].

    Undefined (``None``) for an empty arm, and beyond 1,000 changes. Raises ``ValueError`` or
    ``TypeError`` for what is no count. Cost: one test a change.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, not {alpha!r}")
    table = arms(events_1, n_1, events_0, n_0)
    method = "fragility index by Fisher's exact test, two-sided (minlike)"
    if table.empty:
        return Fragility(None, None, "", None, None, alpha, method, reason=EMPTY_ARM)
    p = _p(table)
    if p >= alpha:
        return Fragility(
            0, 0.0, "", p, p, alpha, method, reason=f"P is not below {alpha:g} to begin with"
        )
    candidates = []
    if table.events_1 <= table.events_0:
        candidates.append(("treated", *_changes(table, alpha)))
    if table.events_0 <= table.events_1:
        candidates.append(("control", *_changes(table.swapped(), alpha)))
    changed, index, p_changed = min(candidates, key=lambda candidate: candidate[1])
    if index > _MOST:
        reason = f"more than {_MOST:,} changes"
        return Fragility(None, None, changed, p, None, alpha, method, reason=reason)
    return Fragility(index, index / table.n, changed, p, p_changed, alpha, method)


def _changes(table: Arms, alpha: float) -> tuple[int, float]:
    """Events to add in the first arm until P is ``alpha`` or more, and that P."""
    for added in range(1, min(table.n_1 - table.events_1, _MOST) + 1):
        p = _p(table._replace(events_1=table.events_1 + added))
        if p >= alpha:
            return added, p
    return _MOST + 1, 0.0


def _p(table: Arms) -> float:
    p = fisher(*table).p_value
    return 1.0 if p is None else p
