"""Many outcomes, one claim: adjusted P values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from casewise.stats._samples import sample


def holm(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """P values adjusted for their number by the step-down method of [holm1979].

    The i-th smallest of m is multiplied by m - i + 1, and none may be below a smaller one's. The
    family-wise error rate holds whatever the dependence. Undefined P values (``None``) stay
    ``None`` and do not count among the m: a test that cannot reject needs no correction.

    Raises ``ValueError`` for a P value outside 0 to 1.
    """
    return _adjust(p_values, step_down=True)


def hochberg(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """P values adjusted by the step-up method of [hochberg1988].

    The i-th smallest of m is multiplied by m - i + 1, and none may be above a larger one's. Never
    larger than Holm's, but it holds only for independent or positively dependent tests.
    ``None`` and errors as in :func:`holm`.
    """
    return _adjust(p_values, step_down=False)


def _adjust(p_values: Sequence[float | None], step_down: bool) -> tuple[float | None, ...]:
    given = sample([p for p in p_values if p is not None], "p_values")
    if ((given < 0) | (given > 1)).any():
        raise ValueError("p_values must be between 0 and 1")
    order = np.argsort(given, kind="stable")
    multiplied = given[order] * np.arange(given.size, 0, -1)
    if step_down:
        adjusted = np.minimum(np.maximum.accumulate(multiplied), 1.0)
    else:
        adjusted = np.minimum.accumulate(np.minimum(multiplied, 1.0)[::-1])[::-1]
    back = np.empty(given.size)
    back[order] = adjusted
    remaining = iter(back.tolist())
    return tuple(None if p is None else next(remaining) for p in p_values)
