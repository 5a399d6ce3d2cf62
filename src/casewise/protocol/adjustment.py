"""What ``analysis: adjust:`` may say: by which methods the arms are made comparable, for what."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from casewise.protocol.fields import ComparisonText, DurationText, Model, YesOrNo
from casewise.protocol.time import Duration

Method: TypeAlias = Literal[
    "logistic regression",
    "Cox regression",
    "inverse probability weights",
    "ATT weights",
    "overlap weights",
    "entropy balancing",
    "ATT entropy balancing",
    "nearest matching",
    "optimal matching",
    "stratification",
    "AIPW",
    "g-computation",
    "ATT g-computation",
]
KINDS_OF: dict[str, tuple[str, ...]] = {
    "logistic regression": ("binary",),
    "Cox regression": ("time to event",),
    "inverse probability weights": ("binary", "time to event", "duration"),
    "ATT weights": ("binary", "time to event", "duration"),
    "overlap weights": ("binary", "time to event", "duration"),
    "entropy balancing": ("binary", "time to event", "duration"),
    "ATT entropy balancing": ("binary", "time to event", "duration"),
    "nearest matching": ("binary", "time to event", "duration"),
    "optimal matching": ("binary", "time to event", "duration"),
    "stratification": ("binary",),
    "AIPW": ("binary", "time to event"),
    "g-computation": ("binary",),
    "ATT g-computation": ("binary",),
}
# Which methods each further key belongs to.
KEYS_OF: dict[str, tuple[str, ...]] = {
    "caliper": ("nearest matching", "optimal matching"),
    "ratio": ("nearest matching",),
    "replacement": ("nearest matching",),
    "exact": ("nearest matching", "optimal matching"),
    "strata": ("stratification",),
    "bootstrap": ("inverse probability weights", "ATT weights", "overlap weights"),
}


def _many(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names: TypeAlias = Annotated[
    tuple[str, ...], BeforeValidator(_many, json_schema_input_type=str | tuple[str, ...])
]
Methods: TypeAlias = Annotated[
    tuple[Method, ...],
    BeforeValidator(_many, json_schema_input_type=Method | tuple[Method, ...]),
    Field(min_length=1),
]


# Methods that need no more of the covariates than the propensity.
BY_PROPENSITY: tuple[str, ...] = (
    *("inverse probability weights", "ATT weights", "overlap weights"),
    *("nearest matching", "optimal matching", "stratification"),
)


Windows: TypeAlias = Annotated[
    tuple[DurationText, ...], BeforeValidator(_many, json_schema_input_type=str | tuple[str, ...])
]


class EveryCode(Model):
    """Every code of event records before the index date as a covariate of the propensity."""

    before: Windows = Field(
        (Duration(30, "day"), Duration(365, "day")),
        min_length=1,
        description="windows that end the day before day 0, one column a code in each",
    )
    at_least: int = Field(
        25, ge=5, description="patients with a code; codes of fewer are no covariate"
    )


class Adjust(Model):
    """How the arms are made comparable. Several methods are shown beside each other."""

    method: Methods = Field(description="one method, or a list of them")
    for_: Names = Field(
        (), description="covariates by name; all that are known at the index date where left out"
    )
    trim: float | None = Field(
        None, gt=0, lt=0.5, description="patients whose propensity is nearer to 0 or 1 are left out"
    )
    caliper: float = Field(
        0.2, gt=0, description="of matching, in standard deviations of the logit of the propensity"
    )
    ratio: int = Field(1, ge=1, description="controls matched to each treated patient")
    replacement: YesOrNo = Field(False, description="a control may be matched more than once")
    exact: Names = Field((), description="covariates on which matched patients are equal")
    strata: int = Field(5, ge=2, description="groups of the propensity, for stratification")
    bootstrap: int | None = Field(
        None, ge=100, description="resamples for the intervals of weighted risks"
    )
    codes: EveryCode | None = Field(
        None, description="every code before day 0 is a covariate too, of a penalized propensity"
    )


class Missing(Model):
    """What is done where a value that an adjustment needs is not documented."""

    covariates: Literal["complete cases", "indicators", "multiple imputation"] = Field(
        "complete cases", description="of patients with a covariate that is not documented"
    )
    outcomes: Literal["censoring weights"] | None = Field(
        None, description="of patients lost before their outcome was known"
    )
    weights_from: Names = Field(
        (), description="of censoring weights: the covariates that say who is lost"
    )
    imputations: int = Field(20, ge=2, description="how many datasets are imputed")
    seed: int = Field(0, ge=0, description="of the imputations: the same seed, the same values")


def _named(value: object) -> object:
    """A list of covariates is a mapping in which nothing more is said of each."""
    if isinstance(value, list | tuple):
        return dict.fromkeys(value)
    return value


Subgroups: TypeAlias = Annotated[
    dict[str, ComparisonText | None],
    BeforeValidator(
        _named, json_schema_input_type=dict[str, ComparisonText | None] | tuple[str, ...]
    ),
]
Alternatives: TypeAlias = dict[str, dict[str, Any]]
