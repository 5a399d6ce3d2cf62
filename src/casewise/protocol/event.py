"""An event of the protocol: what it is, in words, and by way of which others it is found."""

from __future__ import annotations

from pydantic import Field, model_validator

from casewise.protocol.fields import (
    ComparisonText,
    DurationText,
    EventName,
    EventNames,
    Model,
    Ordinal,
    written,
)

_LABEL = "how tables and figures name it; its own name where left out"

DOMAINS = (
    "condition",
    "procedure",
    "drug",
    "measurement",
    "observation",
    "device",
    "visit",
    "visit_end",
    "death",
)


class Event(Model):
    """Something dated that happens to a patient. The words say what it is; the site file says
    how its records answer it."""

    condition: str | None = Field(None, description="a disease or finding, in words")
    procedure: str | None = Field(None, description="something done to the patient, in words")
    drug: str | None = Field(None, description="a medicine, in words")
    measurement: str | None = Field(None, description="a test or score with a value, in words")
    observation: str | None = Field(None, description="another fact of the chart, in words")
    device: str | None = Field(None, description="a device, in words")
    visit: str | None = Field(None, description="kind of visit whose start this is: inpatient")
    visit_end: str | None = Field(None, description="kind of visit whose end this is")
    death: str | None = Field(None, description="any cause, or the cause")
    any_of: EventNames | None = Field(None, description="whichever of these events comes first")
    end_of: EventName | None = Field(None, description="the end of each occurrence of this event")
    after: EventName | None = Field(
        None, description="counts only when later than the first of this event"
    )
    value: ComparisonText | None = Field(
        None, description="counts only where the value recorded with it is this"
    )
    unit: str = Field("", description="of the value recorded with it, wherever one is asked for")
    gap: DurationText | None = Field(
        None, description="occurrences no further apart than this are one, from the first's start"
    )
    with_: EventName | None = Field(
        None, description="counts only where this event is between its start and its end"
    )
    during: EventName | None = Field(
        None, description="counts only between the start and the end of this event"
    )
    within: DurationText | None = Field(
        None, description='with "of": no further than this before or after that event'
    )
    of: EventName | None = Field(None, description='the event that "within" counts from')
    which: Ordinal | None = Field(None, description="this one of its days alone: second, last")
    label: str = Field("", description=_LABEL)

    @model_validator(mode="after")
    def _says_what_it_is(self) -> Event:
        words = self.words()
        made_of = [written(name) for name in ("any_of", "end_of") if getattr(self, name)]
        if not words and not made_of:
            raise ValueError(
                "an event says what it is: one of condition, procedure, drug, measurement, "
                "observation, device, visit, visit end, death, any of, or end of"
            )
        if made_of and (words or len(made_of) > 1):
            raise ValueError(f'an event is either "{made_of[0]}" other events or defined in words')
        if (self.within is None) != (self.of is None):
            raise ValueError('"within" and "of" go together: {within: 7 days, of: surgery}')
        return self

    @property
    def recorded(self) -> bool:
        """Whether records answer it themselves, not by way of other events."""
        return self.any_of is None and self.end_of is None

    @property
    def needs(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The events that it is defined by, under each key of the language."""
        single: dict[str, str | None] = {
            **{"end of": self.end_of, "with": self.with_, "during": self.during},
            **{"of": self.of, "after": self.after},
        }
        return (
            *((("any of", self.any_of),) if self.any_of else ()),
            *((key, (name,)) for key, name in single.items() if name is not None),
        )

    @property
    def narrowed(self) -> bool:
        """Whether it is less than the events it is any of, or other than the one it ends."""
        parts = (self.end_of, self.after, self.with_, self.during, self.of, self.which)
        return any(part is not None for part in (*parts, self.value))

    def words(self) -> dict[str, str]:
        """The defining words by domain, in the order of the language."""
        return {name: getattr(self, name) for name in DOMAINS if getattr(self, name) is not None}
