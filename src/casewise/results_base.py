"""What every part of the results is made of: frozen values, estimates and tests."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

Count: TypeAlias = Annotated[int, Field(ge=0)]
Probability: TypeAlias = Annotated[float, Field(ge=0, le=1)]


class Frozen(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_inf_nan="strings", allow_inf_nan=True
    )


class Test(Frozen):
    method: str
    p_value: Probability | None = Field(description="null where undefined; reason says why")
    statistic: float | None = None
    adjusted_p_value: Probability | None = Field(default=None, description="after multiplicity")
    reason: str = ""
    sources: tuple[str, ...] = ()

    __test__ = False


class Estimate(Frozen):
    """An effect, this arm against the comparator; ``value`` is null where it does not exist."""

    measure: Literal[
        "risk difference",
        "risk ratio",
        "odds ratio",
        "hazard ratio",
        "Hodges-Lehmann shift",
        "rate ratio",
        "rate difference",
        "number needed to treat",
        "mean difference",
        "difference in restricted mean time",
        "subdistribution hazard ratio",
        "win ratio",
        "win odds",
        "difference in mean count",
    ]
    value: float | None
    lower: float | None
    upper: float | None
    level: Probability
    method: str
    unit: str = ""
    reason: str = ""
    lower_open: bool = Field(default=False, description="the data reject the lower limit itself")
    upper_open: bool = Field(default=False, description="the data reject the upper limit itself")
    sources: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _limits_in_order(self) -> Self:
        # that of a number needed to treat may run through infinity, and so from high to low
        if self.measure == "number needed to treat" or self.lower is None or self.upper is None:
            return self
        if self.lower > self.upper:
            raise ValueError(f"the lower limit, {self.lower}, is above the upper, {self.upper}")
        return self
