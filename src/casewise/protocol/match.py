"""Matching on time: each treated patient with patients still untreated so long after the index
event."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from casewise.protocol.fields import DurationText, EventName, Model


class Match(Model):
    """Risk-set matching: day 0 of a treated patient is the day of treatment; that of the untreated
    lies as long after their own index event."""

    each: EventName = Field(description="the event that treats; the first from the index event on")
    to: int = Field(1, ge=1, description="how many still untreated patients each is matched to")
    same: Literal["sex"] | None = Field(None, description="what is equal in those matched")
    age_within: DurationText | None = Field(
        None, description="ages at day 0, in completed years, no further apart than this"
    )

    @model_validator(mode="after")
    def _years(self) -> Match:
        if self.age_within is not None and self.age_within.unit != "year":
            raise ValueError('ages are matched in whole years: "age within: 2 years"')
        return self

    @property
    def years(self) -> float:
        """How far apart ages may be; infinite where nothing is said."""
        return float("inf") if self.age_within is None else float(self.age_within.number)
