"""Roots of monotone functions, by bisection: slow and sure."""

from __future__ import annotations

from collections.abc import Callable

# Bisection stops at neighbouring floats at the latest; 200 halvings reach them from any start.
_HALVINGS = 200


def increasing_root(f: Callable[[float], float], low: float, high: float) -> float:
    """Where an increasing ``f`` passes 0 between ``low`` and ``high``.

    Where ``f`` has one sign throughout, the end that is nearest to a root.
    """
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if not low < middle < high or high - low < 1e-14 * abs(middle):
            break
        if f(middle) > 0:
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)


def unbounded_root(f: Callable[[float], float], start: float = 0.0) -> float:
    """Where an increasing ``f`` passes 0 on the whole line; it must have a root."""
    step = 1.0
    low = high = start
    while f(low) > 0:
        low, step = low - step, 2 * step
    step = 1.0
    while f(high) <= 0:
        high, step = high + step, 2 * step
    return increasing_root(f, low, high)
