"""What a file of published results may say. These models are the language."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field

from casewise.protocol.fields import Model
from casewise.recheck.printed import (
    Printed,
    PrintedMean,
    PrintedP,
    PrintedRange,
    PrintedThree,
    parse_estimate,
    parse_mean,
    parse_median,
    parse_p,
    parse_percent,
    parse_range,
    shown,
)

MOST_PATIENTS = 10_000_000


def _whole(value: object) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not text.lstrip("-").isdecimal():
        raise ValueError(f"expected a whole number; found {shown(value)}")
    number = int(text)
    if abs(number) > MOST_PATIENTS:
        raise ValueError(f"expected at most {MOST_PATIENTS:,}; found {shown(value)}")
    return number


def _count(value: object) -> int:
    number = _whole(value)
    if number < 0:
        raise ValueError(f"a count is never negative; found {shown(value)}")
    return number


def _patients(value: object) -> int:
    number = _count(value)
    if number == 0:
        raise ValueError("an arm has at least one patient; found 0")
    return number


def _yes_or_no(value: object) -> bool:
    if isinstance(value, bool):
        return value
    said = str(value).strip().lower()
    if said not in ("true", "yes", "false", "no"):
        raise ValueError(f"expected true or false; found {shown(value)}")
    return said in ("true", "yes")


YesOrNo: TypeAlias = Annotated[bool, BeforeValidator(_yes_or_no)]
Whole: TypeAlias = Annotated[int, BeforeValidator(_whole)]
Count: TypeAlias = Annotated[int, BeforeValidator(_count)]
Patients: TypeAlias = Annotated[int, BeforeValidator(_patients)]
Percent: TypeAlias = Annotated[Printed, BeforeValidator(parse_percent)]
P: TypeAlias = Annotated[PrintedP, BeforeValidator(parse_p)]
Median: TypeAlias = Annotated[PrintedThree, BeforeValidator(parse_median)]
Mean: TypeAlias = Annotated[PrintedMean, BeforeValidator(parse_mean)]
Range: TypeAlias = Annotated[PrintedRange, BeforeValidator(parse_range)]


class Effect(Model):
    """An effect between the two arms, with its interval and, where it has its own, its P."""

    value: Annotated[PrintedThree, BeforeValidator(parse_estimate)]
    p: P | None = None
    level: Annotated[float, Field(gt=0, lt=1)] | None = None

    @property
    def confidence(self) -> float:
        """The interval's level: as written, else as printed, else 95%."""
        return self.level or self.value.level or 0.95


def _effect(value: Any) -> Any:
    return value if isinstance(value, dict | Effect) else {"value": value}


WrittenEffect: TypeAlias = Annotated[Effect, BeforeValidator(_effect)]


class Outcome(Model):
    """What the paper prints of one outcome, by arm and between the arms."""

    counts: dict[str, Count] | None = None
    percent: dict[str, Percent] | None = None
    median: dict[str, Median] | None = None
    mean: dict[str, Mean] | None = None
    range: dict[str, Range] | None = None
    n: dict[str, Patients] | None = None
    whole_numbers: YesOrNo = False
    at_least: Whole | None = None
    at_most: Whole | None = None
    p: P | None = None
    risk_difference: WrittenEffect | None = None
    risk_ratio: WrittenEffect | None = None
    odds_ratio: WrittenEffect | None = None
    hazard_ratio: WrittenEffect | None = None
    mean_difference: WrittenEffect | None = None
    includes: tuple[str, ...] = ()

    def effects(self) -> dict[str, Effect]:
        """The effects printed, by their plain names."""
        named = {
            "risk difference": self.risk_difference,
            "risk ratio": self.risk_ratio,
            "odds ratio": self.odds_ratio,
            "hazard ratio": self.hazard_ratio,
            "mean difference": self.mean_difference,
        }
        return {name: effect for name, effect in named.items() if effect is not None}


class Published(Model):
    """A paper's results as printed: the arms, treated first, and each outcome."""

    title: str = ""
    source: str = ""
    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    arms: Annotated[dict[str, Patients], Field(min_length=1)]
    outcomes: Annotated[dict[str, Outcome], Field(min_length=1)]

    def n(self, outcome: str, arm: str) -> int:
        """The patients of ``arm`` in whom ``outcome`` is known."""
        return (self.outcomes[outcome].n or {}).get(arm, self.arms[arm])
