"""What ``study.yaml`` may say. These models are the language: nothing else is understood.

A key with a space in YAML ("any of") is the field with an underscore here (``any_of``); both
are accepted in Python. Whether names fit together (an outcome's event exists, a window ends
after it starts) is checked in ``casewise.protocol.check``, which knows the whole file.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    WithJsonSchema,
    model_validator,
)

from casewise.protocol.comparison import Comparison, parse_comparison
from casewise.protocol.time import (
    INDEX,
    Duration,
    TimePoint,
    Window,
    parse_duration,
    parse_point,
)


def _written(field: str) -> str:
    return {"from_": "from", "is_": "is", "not_": "not"}.get(field, field.replace("_", " "))


class Model(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=_written,
        populate_by_name=True,
        arbitrary_types_allowed=True,
        str_strip_whitespace=True,
    )


def _text_type(parse: Any, example: str, description: str) -> Any:
    return (
        BeforeValidator(parse),
        PlainSerializer(str, return_type=str),
        WithJsonSchema({"type": "string", "examples": [example], "description": description}),
    )


DurationText: TypeAlias = Annotated[
    Duration,
    *_text_type(
        lambda value: value if isinstance(value, Duration) else parse_duration(value),
        "30 days",
        "a whole number of days, weeks, months or years; months and years by the calendar",
    ),
]
PointText: TypeAlias = Annotated[
    TimePoint,
    *_text_type(
        lambda value: value if isinstance(value, TimePoint) else parse_point(value),
        "30 days after",
        '"index", "30 days after", "1 year before", "any time before", or an event',
    ),
]
ComparisonText: TypeAlias = Annotated[
    Comparison,
    *_text_type(
        lambda value: value if isinstance(value, Comparison) else parse_comparison(value),
        ">= 18",
        'a comparison (">= 18", "18 to 65") or a value',
    ),
]
EventName: TypeAlias = Annotated[str, Field(min_length=1, description="a name under events")]


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


EventNames: TypeAlias = Annotated[
    tuple[EventName, ...], BeforeValidator(_one_or_many), Field(min_length=1)
]


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

    condition: str | None = None
    procedure: str | None = None
    drug: str | None = None
    measurement: str | None = None
    observation: str | None = None
    device: str | None = None
    visit: str | None = Field(None, description="kind of visit whose start this is: inpatient")
    visit_end: str | None = Field(None, description="kind of visit whose end this is")
    death: str | None = Field(None, description="any cause, or the cause")
    any_of: EventNames | None = Field(None, description="whichever of these events comes first")
    after: EventName | None = Field(
        None, description="counts only when later than the first of this event"
    )
    label: str = Field("", description="how tables and figures name it")

    @model_validator(mode="after")
    def _says_what_it_is(self) -> Event:
        words = self.words()
        if not words and self.any_of is None:
            raise ValueError(
                "an event says what it is: one of condition, procedure, drug, measurement, "
                "observation, device, visit, visit end, death, or any of"
            )
        if words and self.any_of is not None:
            raise ValueError('an event is either "any of" other events or defined in words')
        return self

    def words(self) -> dict[str, str]:
        """The defining words by domain, in the order of the language."""
        return {name: getattr(self, name) for name in DOMAINS if getattr(self, name) is not None}


class Windowed(Model):
    """Anything that asks about a stretch of time. Without words, each user has its default."""

    from_: PointText | None = None
    to: PointText | None = None
    until: PointText | None = Field(None, description="from any time before to here")
    within: DurationText | None = Field(None, description="days 0 to this, both ends in")

    @model_validator(mode="after")
    def _one_end(self) -> Windowed:
        ends = [_written(name) for name in ("to", "until", "within") if getattr(self, name)]
        if len(ends) > 1:
            raise ValueError(f'a window has one end: "{ends[0]}" or "{ends[1]}", not both')
        if self.until is not None and self.from_ is not None:
            raise ValueError('"until" starts at any time before; with "from" write "to"')
        return self

    def window(self, default: Window) -> Window:
        """The stretch of time meant, both ends in; ``default`` fills what is not written."""
        if self.until is not None:
            return Window(TimePoint(sign=-1), self.until)
        if self.within is not None:
            return Window(self.from_ or TimePoint(), TimePoint(INDEX, 1, self.within))
        return Window(self.from_ or default.start, self.to or default.end)

    def has_window(self) -> bool:
        return any((self.from_, self.to, self.until, self.within))


BEFORE_INDEX = Window(TimePoint(sign=-1), TimePoint())
AFTER_INDEX = Window(TimePoint(), TimePoint(sign=1))
ANY_TIME = Window(TimePoint(sign=-1), TimePoint(sign=1))


class DateRange(Model):
    """Calendar dates, both ends in."""

    from_: dt.date | None = None
    to: dt.date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> DateRange:
        if self.from_ is None and self.to is None:
            raise ValueError('a range of dates has "from", "to", or both')
        if self.from_ and self.to and self.to < self.from_:
            raise ValueError(f"ends ({self.to}) before it starts ({self.from_})")
        return self


class Criterion(Windowed):
    """One question about a patient, answered yes, no, or not documented."""

    event: EventName | None = None
    at_least: int | None = Field(None, ge=1, description="this many of the event in the window")
    age: ComparisonText | None = Field(None, description="whole years at index")
    sex: Literal["female", "male"] | None = None
    covariate: str | None = Field(None, description="a name under baseline")
    is_: ComparisonText | None = Field(None, description="what the covariate's value is")
    index_date: DateRange | None = None
    any_of: tuple[Criterion, ...] | None = Field(None, min_length=1)
    all_of: tuple[Criterion, ...] | None = Field(None, min_length=1)
    not_: Criterion | None = None

    @model_validator(mode="after")
    def _one_question(self) -> Criterion:
        subjects = ("event", "age", "sex", "covariate", "index_date", "any_of", "all_of", "not_")
        asked = [_written(name) for name in subjects if getattr(self, name) is not None]
        if len(asked) != 1:
            what = f"this has {' and '.join(asked)}" if asked else "this has none"
            raise ValueError(
                "a criterion asks one thing: event, age, sex, covariate, index date, any of, "
                f"all of or not; {what}"
            )
        if (self.covariate is None) != (self.is_ is None):
            raise ValueError('"covariate" and "is" go together: {covariate: FVC, is: "< 70"}')
        if self.event is None and (self.at_least is not None or self.has_window()):
            raise ValueError("a window or a count belongs to an event; there is none here")
        return self


ArmRule: TypeAlias = Annotated[
    Annotated[Criterion, Tag("criterion")] | Annotated[Literal["otherwise"], Tag("otherwise")],
    Discriminator(lambda value: "otherwise" if isinstance(value, str) else "criterion"),
]


class Cohort(Model):
    index: str = Field(description='the event that starts the clock: "first EVENT"')
    include: dict[str, Criterion] = {}
    exclude: dict[str, Criterion] = {}

    @property
    def index_event(self) -> str:
        return self.index.split(" ", 1)[1] if self.index.startswith("first ") else self.index


class Covariate(Windowed):
    """A baseline characteristic, known at or before the index date."""

    label: str = ""
    unit: str = ""
    type: Literal["number", "category", "yes or no"] | None = Field(
        None, description="left out where unit (number), choices (category) or event (yes or no)"
    )
    choices: tuple[str, ...] = Field((), description="of a category, in the order of the table")
    event: EventName | None = Field(None, description="yes where it happened in the window")
    summary: Literal["median", "mean"] | None = Field(None, description="median where left out")
    after_index: Literal["deliberate"] | None = Field(
        None, description="says that measuring after the index date is meant"
    )


def _named(value: object) -> object:
    """A list of names is a mapping in which nothing more is said of each."""
    if isinstance(value, list | tuple):
        return {name: {} for name in value} if all(isinstance(n, str) for n in value) else value
    return value


class Outcome(Windowed):
    """What is compared. ``any of``/``event``: binary; ``time``: duration; ``time to``: time to
    event; ``count``: how often."""

    label: str = ""
    event: EventName | None = None
    any_of: EventNames | None = None
    time: str | None = Field(None, description='a duration: "index to discharge"')
    time_to: EventNames | None = Field(None, description="the event, or the first of several")
    count: EventName | None = None
    competing: EventName | None = Field(None, description="an event that ends it early")
    lost: Literal["excluded", "event-free", "event"] | None = Field(
        None,
        description="how a binary outcome counts patients whose follow-up ended before the "
        "horizon without the event; excluded where left out",
    )

    @property
    def kind(self) -> Literal["binary", "duration", "time to event", "count"]:
        if self.time is not None:
            return "duration"
        if self.time_to is not None:
            return "time to event"
        return "count" if self.count is not None else "binary"

    @property
    def events(self) -> tuple[str, ...]:
        """The events that make the outcome happen (none for a duration)."""
        single = self.event or self.count
        return self.any_of or self.time_to or ((single,) if single else ())

    @model_validator(mode="after")
    def _one_kind(self) -> Outcome:
        kinds = [
            _written(name)
            for name in ("event", "any_of", "time", "time_to", "count")
            if getattr(self, name) is not None
        ]
        if len(kinds) != 1:
            raise ValueError(
                "an outcome is one of: event or any of (did it happen), time (a duration), "
                "time to (survival), count (how often); this has "
                + (" and ".join(kinds) if kinds else "none")
            )
        if self.to is not None or self.until is not None:
            raise ValueError('an outcome\'s window ends with "within": within: 30 days')
        if self.kind == "binary" and self.within is None:
            raise ValueError('needs a horizon: "within: 30 days"')
        if self.kind == "duration" and self.has_window():
            raise ValueError("a duration runs from one event to another; it takes no window")
        if self.lost is not None and self.kind != "binary":
            raise ValueError('"lost" belongs to a binary outcome; others are censored')
        if self.competing is not None and self.kind not in ("duration", "time to event"):
            raise ValueError('"competing" belongs to a duration or a time to event')
        return self


class Harm(Windowed):
    """An unwanted event: counted by patient and by event over the person-time watched."""

    label: str = ""
    event: EventName

    @model_validator(mode="after")
    def _ends_with_within(self) -> Harm:
        if self.to is not None or self.until is not None:
            raise ValueError('a harm\'s window ends with "within": within: 30 days')
        return self


class TreatmentReceived(Windowed):
    """A treatment to be tabulated by arm, with its line and day; any time where no window is."""

    label: str = ""
    event: EventName | None = Field(None, description="the event, where the name is another")


class Analysis(Model):
    primary: str | None = Field(None, description="the primary outcome's name")
    level: float = Field(0.95, gt=0.5, lt=1, description="confidence level of intervals")
    quantile_type: int = Field(
        7,
        ge=1,
        le=9,
        description="Hyndman and Fan's definition: 7 is R's and Excel's, 6 is SPSS's, 2 is SAS's",
    )
    multiplicity: Literal["none", "holm", "hochberg"] = "none"
    baseline_p_values: bool = False
    journal: Literal["nejm", "jama", "annals"] = "nejm"


class Study(Model):
    """A protocol: what a study asks, wherever the records are."""

    title: str = Field(min_length=1)
    question: str = ""
    events: dict[str, Event] = Field(min_length=1)
    cohort: Cohort
    arms: dict[str, ArmRule] = Field(min_length=2)
    baseline: Annotated[dict[str, Covariate], BeforeValidator(_named)] = {}
    outcomes: dict[str, Outcome] = Field(min_length=1)
    harms: dict[str, Harm] = {}
    treatments: Annotated[dict[str, TreatmentReceived], BeforeValidator(_named)] = {}
    analysis: Analysis = Analysis()
