"""Means and standard deviations that whole numbers can or cannot have."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product
from statistics import NormalDist

from scipy import special

from casewise.recheck.answers import IMPOSSIBLE, MATCHES, OPEN, Answer
from casewise.recheck.model import Outcome
from casewise.recheck.p_values import as_p
from casewise.recheck.printed import Printed, PrintedMean, PrintedP

_NORMAL = NormalDist()
_NOT_WHOLE = 'write "whole numbers: true" where each patient\'s value is a whole number'


def sums_printed_as(mean: Printed, n: int) -> range:
    """The sums of ``n`` whole numbers whose mean prints as ``mean``, rounded or cut off.

    Empty where no whole numbers have the mean [brown2017]. With n of 10 to the power of the
    printed decimals or more every mean is possible.
    """
    first = math.floor((mean.value - mean.step) * n)
    last = math.ceil((mean.value + mean.step) * n)
    # those that fit are neighbours: the first from below and the first from above say it all
    lowest = next((s for s in range(first, last + 1) if mean.roundings(Fraction(s, n))), None)
    if lowest is None:
        return range(0)
    highest = next(s for s in range(last, first - 1, -1) if mean.roundings(Fraction(s, n)))
    return range(lowest, highest + 1)


def deviation_is_possible(mean: Printed, deviation: Printed, n: int) -> bool:
    """Whether ``n`` whole numbers with that mean can have that standard deviation (n - 1).

    Squares of whole numbers have the parity of the numbers, so that sum of squares and sum are
    both even or both odd [anaya2016]. ``False`` is certain; ``True`` says only that sum and sum of
    squares can be found, not that numbers can.
    """
    low, high = max(deviation.value - deviation.step, Fraction(0)), deviation.value + deviation.step
    for total in sums_printed_as(mean, n):
        centre = Fraction(total * total, n)
        first = math.ceil(low * low * (n - 1) + centre)
        last = math.floor(high * high * (n - 1) + centre)
        for squares in range(first, last + 1):
            if (squares - total) % 2 == 0 and squares >= centre:
                variance = (squares - centre) / (n - 1)
                if _root_prints_as(deviation, variance):
                    return True
            if squares - first > 10_000:
                return True  # so wide a range holds one of the right parity
    return False


def _root_prints_as(deviation: Printed, variance: Fraction) -> bool:
    """Is the root printed so, rounded either way at a half or cut off? In squares, so exact."""
    low = max(deviation.low, Fraction(0))
    return low * low <= variance < (deviation.value + deviation.step) ** 2


def mean_answers(outcome: Outcome, sizes: dict[str, int]) -> list[Answer]:
    made = []
    for arm, mean in (outcome.mean or {}).items():
        n, figure = sizes[arm], f"mean, {arm}"
        if not outcome.whole_numbers:
            made.append(Answer(figure, mean.text, OPEN, _NOT_WHOLE))
            continue
        made.append(_answer(figure, mean, n))
    return made


def _answer(figure: str, mean: PrintedMean, n: int) -> Answer:
    sums = sums_printed_as(mean.value, n)
    detail = {"n": n, "sums": [sums[0], sums[-1]] if sums else []}
    if not sums:
        near = [math.floor(mean.value.value * n), math.floor(mean.value.value * n) + 1]
        digits = mean.value.decimals + 1
        listed = " and ".join(f"{s}/{n} = {s / n:.{digits}f}" for s in near)
        return Answer(
            figure, mean.text, IMPOSSIBLE, f"by {n} whole numbers; nearest are {listed}", detail
        )
    deviation = mean.deviation
    if deviation and n > 1 and not deviation_is_possible(mean.value, deviation, n):
        text = f"by {n} whole numbers: the mean can be, this standard deviation beside it cannot"
        return Answer(figure, mean.text, IMPOSSIBLE, text, detail)
    said = f"{sums[0]}" if len(sums) == 1 else f"{sums[0]} to {sums[-1]}"
    text = f"{n} whole numbers that add up to {said}"
    if n >= 10**mean.value.decimals:
        text += f"; with {n} patients every mean of {mean.value.decimals} decimals is possible"
    return Answer(figure, mean.text, MATCHES, text, detail)


def p_answer(
    first: PrintedMean, n_1: int, second: PrintedMean, n_0: int, p: PrintedP, alpha: float
) -> Answer:
    """Can a t-test or Z on the printed means and deviations give the printed P?"""
    if first.deviation is None or second.deviation is None or min(n_1, n_0) < 2:
        return Answer("P", p.text, OPEN, "a test of means needs both standard deviations")
    ranges = {
        name: _p_range(name, first, n_1, second, n_0) for name in ("Student", "Welch", "normal Z")
    }
    low, high = p.bounds(alpha)
    detail = {"tests": {name: list(found) for name, found in ranges.items()}}
    said = [
        f"{name} ({as_p(found[0])} to {as_p(found[1])})"
        for name, found in ranges.items()
        if found[0] <= high and low <= found[1]
    ]
    if said:
        return Answer("P", p.text, MATCHES, f"within rounding of {', '.join(said)}", detail)
    listed = ", ".join(f"{name} {as_p(a)} to {as_p(b)}" for name, (a, b) in ranges.items())
    return Answer("P", p.text, IMPOSSIBLE, f"by a test of the printed means: {listed}", detail)


def _p_range(
    name: str, first: PrintedMean, n_1: int, second: PrintedMean, n_0: int
) -> tuple[float, float]:
    """P at the corners of what the printed digits allow, and where the means may be equal."""
    assert first.deviation is not None
    assert second.deviation is not None
    low = float(first.value.low - second.value.high)
    high = float(first.value.high - second.value.low)
    differences = [low, high] + ([0.0] if low < 0 < high else [])
    spreads = product(
        (first.deviation.low, first.deviation.high), (second.deviation.low, second.deviation.high)
    )
    found = [
        _p_of(name, difference, max(float(s_1), 0.0), n_1, max(float(s_0), 0.0), n_0)
        for (s_1, s_0) in spreads
        for difference in differences
    ]
    return min(found), max(found)


def _p_of(name: str, difference: float, s_1: float, n_1: int, s_0: float, n_0: int) -> float:
    v_1, v_0 = s_1 * s_1 / n_1, s_0 * s_0 / n_0
    freedom = float(n_1 + n_0 - 2)
    error = math.sqrt(v_1 + v_0)
    if name == "Student":
        pooled = ((n_1 - 1) * s_1 * s_1 + (n_0 - 1) * s_0 * s_0) / freedom
        error = math.sqrt(pooled * (1 / n_1 + 1 / n_0))
    if error == 0:
        return 1.0 if difference == 0 else 0.0
    if name == "Welch":
        freedom = (v_1 + v_0) ** 2 / (v_1 * v_1 / (n_1 - 1) + v_0 * v_0 / (n_0 - 1))
    if name == "normal Z":
        return 2 * _NORMAL.cdf(-abs(difference / error))
    return float(2 * special.stdtr(freedom, -abs(difference / error)))
