"""Which quantile rules can have made the printed medians and quartiles of whole numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from casewise.recheck.answers import IMPOSSIBLE, MATCHES, NOT_FOUND, OPEN, Answer
from casewise.recheck.model import Outcome
from casewise.recheck.printed import PrintedRange, PrintedThree
from casewise.recheck.quantile_rules import RULES, Position, positions, used_by
from casewise.recheck.samples import MOST_STEPS, MOST_VALUES, Samples, lowest

_NOT_WHOLE = (
    'any rule can give it where values need not be whole; write "whole numbers: true" for days '
    "or counts"
)
# Where the paper gives no limit, values up to so many interquartile ranges above the third
# quartile are counted: Tukey's outer fence.
_FENCE = 3


@dataclass(frozen=True, slots=True)
class RuleFit:
    """Rules that look at the same places of ``n`` values, and the samples that fit under them.

    ``more`` is whether larger values than the bound would fit too (or may, where that is too far
    to look).
    """

    rules: tuple[str, ...]
    samples: Samples
    count: int
    more: bool
    example: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    lowest: int
    highest: int
    stated: bool


def bounds(outcome: Outcome) -> Bounds:
    """Least and largest value looked at: what the file says, else 0 and the outer fence."""
    printed = list((outcome.median or {}).values())
    least = min(math.floor(one.low.value - _FENCE * _spread(one)) for one in printed)
    nonnegative = all(one.low.value >= 0 for one in printed)
    most = max(math.ceil(one.high.value + _FENCE * _spread(one)) for one in printed)
    ranges = list((outcome.range or {}).values())
    if ranges:
        most = max(most, *(math.ceil(one.high.high) for one in ranges))
        least = min(least, *(math.floor(one.low.low) for one in ranges))
    lowest = outcome.at_least if outcome.at_least is not None else (0 if nonnegative else least)
    highest = outcome.at_most if outcome.at_most is not None else most
    return Bounds(lowest, highest, outcome.at_most is not None)


def _spread(printed: PrintedThree) -> Fraction:
    return max(printed.high.value - printed.low.value, Fraction(1))


def rule_fits(
    printed: PrintedThree, n: int, limits: Bounds, spread: PrintedRange | None = None
) -> tuple[RuleFit, ...]:
    """For each quantile rule [hyndman1996], the samples of whole numbers that print so.

    Exact: every sample within ``limits`` is counted, none is drawn. Rules that look at the same
    places of ``n`` values are one entry. Cost: the number of rules times n and the number of
    values, and three tables of all values by all values.
    """
    by_place: dict[tuple[Position, Position, Position], list[str]] = {}
    for rule in RULES:
        places = positions(rule, n)
        if places is not None:
            by_place.setdefault(places, []).append(rule)
    made = []
    for places, rules in by_place.items():
        samples = _samples(places, printed, n, limits.lowest, limits.highest, spread)
        count = samples.count()
        more = False
        if not limits.stated:
            far = _reach(places, printed, limits)
            wider = _samples(places, printed, n, limits.lowest, far, spread) if far else None
            more = wider is None or wider.count() > count
        example = samples.best(lowest) if count else ()
        made.append(RuleFit(tuple(rules), samples, count, more, example))
    return tuple(made)


def _reach(
    places: tuple[Position, Position, Position], printed: PrintedThree, limits: Bounds
) -> int | None:
    """A bound beyond which no value can help: what does not fit up to there fits nowhere.

    A value that is interpolated with a lower one, at least ``lowest``, can be no larger than the
    printed figure leaves room for; any other may as well equal the one before it. ``None`` where
    that is too far.
    """
    most = Fraction(limits.highest + 1)
    for place, number in zip(places, (printed.low, printed.value, printed.high), strict=True):
        if place.weight:
            rest = number.high - (1 - place.weight) * limits.lowest
            most = max(most, rest / place.weight)
    return math.ceil(most) if most - limits.lowest < MOST_VALUES else None


def _samples(
    places: tuple[Position, Position, Position],
    printed: PrintedThree,
    n: int,
    lowest: int,
    highest: int,
    spread: PrintedRange | None,
) -> Samples:
    samples = Samples(n, lowest, highest)
    for place, number in zip(places, (printed.low, printed.value, printed.high), strict=True):
        samples.require(place, number)
    if spread is not None:
        samples.require(Position(1, Fraction(0)), spread.low)
        samples.require(Position(n, Fraction(0)), spread.high)
    return samples


def fits_by_arm(outcome: Outcome, sizes: dict[str, int]) -> dict[str, tuple[RuleFit, ...]]:
    """The fits of every arm with a median; empty where the values are too many or not whole."""
    limits = bounds(outcome)
    values = limits.highest - limits.lowest + 1
    most = max(sizes.values()) * values
    if not outcome.whole_numbers or not 0 < values <= MOST_VALUES or most > MOST_STEPS:
        return {}
    ranges = outcome.range or {}
    return {
        arm: rule_fits(printed, sizes[arm], limits, ranges.get(arm))
        for arm, printed in (outcome.median or {}).items()
    }


def median_answers(
    outcome: Outcome, fits: dict[str, tuple[RuleFit, ...]], sizes: dict[str, int]
) -> list[Answer]:
    made = []
    limits = bounds(outcome)
    for arm, printed in (outcome.median or {}).items():
        figure = f"median [quartiles], {arm}"
        if arm in fits:
            made.append(_answer(figure, printed, fits[arm], limits))
        elif not outcome.whole_numbers:
            made.append(Answer(figure, printed.text, OPEN, _NOT_WHOLE))
        else:
            text = (
                f"{sizes[arm]:,} values from {limits.lowest:,} to {limits.highest:,} are too many "
                "to search"
            )
            made.append(Answer(figure, printed.text, OPEN, text))
    return made


def _answer(
    figure: str, printed: PrintedThree, fits: tuple[RuleFit, ...], limits: Bounds
) -> Answer:
    detail = {
        "lowest": limits.lowest,
        "highest": limits.highest,
        "rules": [
            {
                "rules": list(fit.rules),
                "data_sets": fit.count,
                "more_above_the_bound": fit.more,
                "example": list(fit.example),
            }
            for fit in fits
        ],
    }
    can = [fit for fit in fits if fit.count]
    cannot = [rule for fit in fits if not fit.count and not fit.more for rule in fit.rules]
    top = f"to {limits.highest}" if limits.stated else "up"
    if not can:
        if len(cannot) < len([rule for fit in fits for rule in fit.rules]):
            text = f"by whole numbers from {limits.lowest} to {limits.highest}; larger ones may"
            return Answer(figure, printed.text, NOT_FOUND, text, detail)
        text = f"by any rule on whole numbers from {limits.lowest} {top}"
        return Answer(figure, printed.text, IMPOSSIBLE, text, detail)
    said = "; ".join(f"{_many(fit)} by {rules_said(fit.rules)}" for fit in can)
    text = f"data sets of whole numbers from {limits.lowest} to {limits.highest}: {said}"
    if any(fit.more for fit in can):
        text += " (+: larger values give more)"
    if cannot:
        text += f". Cannot be produced by {rules_said(cannot)}"
    return Answer(figure, printed.text, MATCHES, text, detail)


def _many(fit: RuleFit) -> str:
    """A plus sign: larger values than the bound give more."""
    if fit.count > 10**9:
        return f"over 10^{len(str(fit.count)) - 1}"
    return f"{fit.count:,}{'+' if fit.more else ''}"


def rules_said(rules: list[str] | tuple[str, ...]) -> str:
    """ "types 1, 2 (SAS) and 5, Tukey's hinges": the rules with who uses them."""
    rules = sorted(rules, key=RULES.index)
    kinds = [rule for rule in rules if rule.startswith("type ")]
    numbers = [
        rule.removeprefix("type ") + (f" ({used_by(rule)})" if used_by(rule) else "")
        for rule in kinds
    ]
    others = [
        rule + (f" ({used_by(rule)})" if used_by(rule) else "")
        for rule in rules
        if rule not in kinds
    ]
    listed = [f"type{'' if len(numbers) == 1 else 's'} {', '.join(numbers)}"] if numbers else []
    return ", ".join([*listed, *others])
