"""What a protocol may say of treatment that starts after day 0."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from casewise.protocol.fields import DurationText, Model, written


class LateTreatment(Model):
    """What is done about treatment that starts after day 0, where it defines an arm."""

    how: Literal["naive", "time-dependent", "decided on day 0"] | None = Field(
        None, description="the choice where it needs no number; may stand alone"
    )
    landmark: DurationText | None = Field(
        None, description="arms as they are on this day, among those still watched then"
    )
    clone_censor_weight: DurationText | None = Field(
        None,
        alias="clone-censor-weight",
        description="start within this long (the grace period) against do not",
    )
    weights_from: tuple[str, ...] | None = Field(
        None, description="covariates that the weights are made from; where left out, all"
    )
    later_starts: Literal["ignored", "censored"] = Field(
        "ignored",
        description="of those who did not start within the grace period: ignored (what they began "
        "with counts, as by intention to treat) or censored (per protocol)",
    )

    @model_validator(mode="after")
    def _one_choice(self) -> LateTreatment:
        given = [one for one in (self.how, self.landmark, self.clone_censor_weight) if one]
        if len(given) != 1:
            raise ValueError(
                "treatment after day 0 is one of: naive, time-dependent, decided on day 0, "
                "{landmark: 30 days}, {clone-censor-weight: 30 days}"
            )
        extra = {"weights_from", "later_starts"} & self.model_fields_set
        if extra and self.clone_censor_weight is None:
            name = written(min(extra))
            raise ValueError(f'"{name}" belongs to clone-censor-weight')
        return self


def _how(value: object) -> object:
    return {"how": value} if isinstance(value, str) else value


LateTreatmentChoice: TypeAlias = Annotated[
    LateTreatment | None,
    BeforeValidator(_how, json_schema_input_type=LateTreatment | str | None),
]
