"""Which counts a printed percentage can stand for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import islice

from casewise.recheck.answers import IMPOSSIBLE, MATCHES, Answer
from casewise.recheck.model import Outcome
from casewise.recheck.printed import ROUNDINGS, Printed

# A coarse percentage of many patients stands for many counts; no one lists them all.
_MOST_LISTED = 6
_OTHER_DENOMINATORS = 3
_MOST_OTHERS = 1_000


@dataclass(frozen=True, slots=True)
class Fit:
    """A count of ``n`` that is printed as the percentage by these ways of rounding."""

    count: int
    n: int
    roundings: tuple[str, ...]


@lru_cache(maxsize=256)
def counts_printed_as(percent: Printed, n: int) -> tuple[Fit, ...]:
    """Every whole number of ``n`` patients that some rounding prints as ``percent``.

    The percentage of each count is a fraction, so that no float decides a half. Empty where no
    count gives it: the same test as for means of whole numbers [brown2017]. Cost: one division a
    count in reach.
    """
    first = max(math.floor((percent.value - percent.step) * n / 100), 0)
    last = min(math.ceil((percent.value + percent.step) * n / 100), n)
    fits = ((k, percent.roundings(Fraction(100 * k, n))) for k in range(first, last + 1))
    return tuple(Fit(k, n, roundings) for k, roundings in fits if roundings)


def possible_counts(outcome: Outcome, arm: str, n: int) -> tuple[int, ...]:
    """The counts that fit everything printed of an arm: its count, its percentage, or both."""
    printed = (outcome.percent or {}).get(arm)
    stated = (outcome.counts or {}).get(arm)
    if stated is not None:
        return (stated,)
    if printed is not None:
        return tuple(fit.count for fit in counts_printed_as(printed, n))
    return ()


def percentage_answers(outcome: Outcome, sizes: dict[str, int]) -> list[Answer]:
    return [
        _answer(arm, percent, sizes[arm], (outcome.counts or {}).get(arm))
        for arm, percent in (outcome.percent or {}).items()
    ]


def _answer(arm: str, percent: Printed, n: int, stated: int | None) -> Answer:
    fits = counts_printed_as(percent, n)
    detail = {
        "n": n,
        "counts": [{"count": fit.count, "roundings": list(fit.roundings)} for fit in fits],
    }
    figure, printed = f"percentage, {arm}", f"{percent.text.rstrip('%')}%"
    if stated is not None:
        of = f"{stated} of {n}"
        ways = next((fit.roundings for fit in fits if fit.count == stated), ())
        if ways:
            return Answer(figure, printed, MATCHES, f"{of}{_by(ways)}", detail)
        true = _as_percent(stated, n, percent.decimals)
        return Answer(figure, printed, IMPOSSIBLE, f"by {of}, which is {true}", detail)
    if not fits:
        return Answer(figure, printed, IMPOSSIBLE, _why_not(percent, n), detail)
    listed = ", ".join(f"{fit.count} of {n}{_by(fit.roundings)}" for fit in fits[:_MOST_LISTED])
    if len(fits) > _MOST_LISTED:
        listed = f"any count from {fits[0].count} to {fits[-1].count} of {n}"
    return Answer(figure, printed, MATCHES, listed, detail)


def _by(roundings: tuple[str, ...]) -> str:
    if len(roundings) == len(ROUNDINGS) or set(roundings) >= {"half up", "half even"}:
        return ""
    return f" ({' or '.join(roundings)})"


def _why_not(percent: Printed, n: int) -> str:
    below = math.floor(percent.value * n / 100)
    near = [k for k in (below, below + 1) if k <= n]
    listed = " and ".join(f"{k} is {_as_percent(k, n, percent.decimals)}" for k in near)
    fewer_patients = range(n - 1, max(n // 2, n - _MOST_OTHERS), -1)
    found = (m for m in fewer_patients if counts_printed_as(percent, m))
    others = list(islice(found, _OTHER_DENOMINATORS))
    fewer = ""
    if others:
        some = ", ".join(str(m) for m in others)
        fewer = f"; it could be a percentage of {some} patients"
    return f"by any count of {n}: {listed}{fewer}"


def _as_percent(count: int, n: int, decimals: int) -> str:
    digits = max(decimals, 0)
    scaled = math.floor(Fraction(100 * count, n) * 10**digits + Fraction(1, 2))
    return f"{scaled / 10**digits:.{digits}f}%"
