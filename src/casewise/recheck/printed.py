"""Numbers as a paper prints them: the digits matter, and so does how they were rounded."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

# Lancet journals print a raised dot; typesetters print a real minus sign.
_NUMBER = r"[-−+]?\s?(?:\d+(?:[.·]\d*)?|[.·]\d+)"
_DASH = r"(?:to|through|[-–—,;])"
_NUMBER_ALONE = re.compile(rf"^({_NUMBER})$")
_PERCENT = re.compile(rf"^({_NUMBER})\s?%?$")
_THREE = re.compile(
    rf"^({_NUMBER})\s?%?\s*[(\[]\s*(?:(?:(\d+(?:\.\d+)?)\s?%\s?)?(?:CI|CrI|IQR)\s?[:,]?\s*)?"
    rf"({_NUMBER})\s?%?\s*{_DASH}\s*({_NUMBER})\s?%?\s*[)\]]$"
)
_MEAN = re.compile(rf"^({_NUMBER})(?:\s*(?:\(\s*(?:SD)?\s*|±\s*|\+/-\s*)({_NUMBER})\s*\)?)?$")
_RANGE = re.compile(rf"^[(\[]?\s*({_NUMBER})\s*{_DASH}\s*({_NUMBER})\s*[)\]]?$")
_P = re.compile(rf"^[Pp]?\s*(<|>|=|≤|≥|<=|>=)?\s*({_NUMBER})$")
_NOT_SHOWN = {"ns", "n.s.", "n.s"}

ROUNDINGS = ("half up", "half even", "truncated")


@dataclass(frozen=True, slots=True)
class Printed:
    """A number with the digits it was printed with: ``33.30`` has two decimals, ``33`` none."""

    text: str
    value: Fraction
    decimals: int

    def __str__(self) -> str:
        return self.text

    @property
    def step(self) -> Fraction:
        return Fraction(1, 10**self.decimals)

    @property
    def low(self) -> Fraction:
        """The least number that rounds to this one, whichever way a half goes."""
        return self.value - self.step / 2

    @property
    def high(self) -> Fraction:
        return self.value + self.step / 2

    def roundings(self, number: Fraction) -> tuple[str, ...]:
        """Which of half up (away from 0), half to even, and truncation print ``number`` so."""
        size = abs(number) / self.step
        whole = math.floor(size)
        rest = size - whole
        up = whole + (rest >= Fraction(1, 2))
        even = whole + (rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1))
        wanted = abs(self.value) / self.step
        # -0.2 prints as -0 or 0: the sign of what rounds to nothing is nobody's business
        same_side = wanted == 0 or (number < 0) == (self.value < 0)
        return tuple(
            name
            for name, made in zip(ROUNDINGS, (up, even, whole), strict=True)
            if same_side and made == wanted
        )

    def rounds_from(self, number: Fraction) -> bool:
        return self.low <= number <= self.high


@dataclass(frozen=True, slots=True)
class PrintedP:
    """A P value as printed: ``0.02``, ``<0.001``, ``>0.05``, or ``NS`` without a number."""

    text: str
    relation: str
    number: Printed | None

    def __str__(self) -> str:
        return self.text

    def roundings(self, p: float, alpha: float) -> tuple[str, ...]:
        """How ``p`` can have become this; empty where it cannot."""
        if self.number is None:
            return ("above the level",) if p > alpha else ()
        if self.relation == "=":
            return self.number.roundings(exact(p))
        bound = float(self.number.value)
        below = {"<": p < bound, ">": p > bound, "≤": p <= bound, "≥": p >= bound}
        return (f"{self.relation} {self.number}",) if below[self.relation] else ()

    def bounds(self, alpha: float, whole_step: bool = False) -> tuple[float, float]:
        """The least and largest P that rounds to this; with ``whole_step``, or is cut to it."""
        if self.number is None:
            return alpha, 1.0
        if self.relation == "=":
            over = self.number.step / 2 if whole_step else 0
            return max(float(self.number.low), 0.0), min(float(self.number.high + over), 1.0)
        bound = float(self.number.value)
        return (0.0, bound) if self.relation in "<≤" else (bound, 1.0)


@dataclass(frozen=True, slots=True)
class PrintedThree:
    """An estimate with its interval, or a median with its quartiles: ``12.0 [8.0-14.0]``.

    ``level`` is the interval's confidence level where that is printed: ``0.5 (90% CI 0.3-0.9)``.
    """

    text: str
    value: Printed
    low: Printed
    high: Printed
    level: float | None = None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class PrintedMean:
    """A mean with its standard deviation, where that was printed."""

    text: str
    value: Printed
    deviation: Printed | None

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class PrintedRange:
    text: str
    low: Printed
    high: Printed

    def __str__(self) -> str:
        return self.text


def exact(number: float) -> Fraction:
    """A computed number without the noise of its last bits, so that 0.045 is a half and no less."""
    return Fraction(f"{number:.12g}")


def parse_number(text: str) -> Printed:
    plain = re.sub(r"\s", "", text).replace("−", "-").replace("·", ".").lstrip("+")
    decimals = len(plain.partition(".")[2])
    return Printed(text.strip(), Fraction(plain.rstrip(".")), decimals)


def parse_percent(value: object) -> Printed:
    """``22%`` or ``22``. Raises ``ValueError``, as all parsers here, in words for the user."""
    match = _PERCENT.match(_text(value))
    if not match:
        raise ValueError(f'{shown(value)} is not a percentage; write it as printed: "22%", "33.3%"')
    number = parse_number(match[1])
    if not 0 <= number.value <= 100:
        raise ValueError(f"{shown(value)} is not between 0% and 100%")
    return number


def parse_p(value: object) -> PrintedP:
    text = _text(value)
    if text.lower() in _NOT_SHOWN:
        return PrintedP(text, "ns", None)
    match = _P.match(text)
    if not match:
        raise ValueError(
            f'{shown(value)} is not a P value; write it as printed: "0.02", "<0.001" or "NS"'
        )
    number = parse_number(match[2])
    if not 0 <= number.value <= 1:
        raise ValueError(f"{shown(value)} is not between 0 and 1")
    relation = {"<=": "≤", ">=": "≥"}.get(match[1], match[1] or "=")
    return PrintedP(text, relation, number)


def parse_estimate(value: object) -> PrintedThree:
    return _three(value, "an estimate with its interval", "0.26 (0.07 to 0.97)")


def parse_median(value: object) -> PrintedThree:
    return _three(value, "a median with its quartiles", "12.0 [8.0-14.0]")


def _three(value: object, what: str, example: str) -> PrintedThree:
    match = _THREE.match(_text(value))
    if not match:
        raise ValueError(f'{shown(value)} is not {what}; write it as printed: "{example}"')
    middle, low, high = (parse_number(match[i]) for i in (1, 3, 4))
    if low.value > high.value:
        raise ValueError(f"{shown(value)} ends below its start: {low} is more than {high}")
    level = float(match[2]) / 100 if match[2] else None
    if level is not None and not 0 < level < 1:
        raise ValueError(f"{shown(value)} has a level that is not between 0% and 100%")
    return PrintedThree(_text(value), middle, low, high, level)


def parse_mean(value: object) -> PrintedMean:
    match = _MEAN.match(_text(value))
    if not match:
        raise ValueError(
            f'{shown(value)} is not a mean; write it as printed: "45.3 (12.1)", or "45.3" alone'
        )
    deviation = parse_number(match[2]) if match[2] else None
    if deviation is not None and deviation.value < 0:
        raise ValueError(f"a standard deviation is never negative; found {shown(value)}")
    return PrintedMean(_text(value), parse_number(match[1]), deviation)


def parse_range(value: object) -> PrintedRange:
    match = _RANGE.match(_text(value))
    if not match:
        raise ValueError(f'{shown(value)} is not a range; write it as printed: "5-26"')
    low, high = parse_number(match[1]), parse_number(match[2])
    if low.value > high.value:
        raise ValueError(f"{shown(value)} ends below its start: {low} is more than {high}")
    return PrintedRange(_text(value), low, high)


def shown(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return '"key: value" lines'
    if isinstance(value, list | tuple):
        return "a list"
    text = str(value)
    return f'"{text[:60]}{"…" if len(text) > 60 else ""}"'


def _text(value: object) -> str:
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"expected a figure as the paper prints it; found {shown(value)}")
