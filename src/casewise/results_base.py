"""What every part of the results is made of: frozen values, estimates and tests."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_inf_nan="strings", allow_inf_nan=True
    )


class Test(Frozen):
    method: str
    p_value: float | None = Field(description="null where undefined; reason says why")
    statistic: float | None = None
    adjusted_p_value: float | None = Field(default=None, description="after multiplicity")
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
    ]
    value: float | None
    lower: float | None
    upper: float | None
    level: float
    method: str
    unit: str = ""
    reason: str = ""
    lower_open: bool = Field(default=False, description="the data reject the lower limit itself")
    upper_open: bool = Field(default=False, description="the data reject the upper limit itself")
    sources: tuple[str, ...] = ()
