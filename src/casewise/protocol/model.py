"""What ``study.yaml`` may say. These models are the language: nothing else is understood.

A key with a space in YAML ("any of") is the field with an underscore here (``any_of``); both
are accepted in Python. Whether names fit together (an outcome's event exists, a window ends
after it starts) is checked in ``casewise.protocol.check``, which knows the whole file.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    WithJsonSchema,
    model_validator,
)

from casewise.protocol.adjustment import Adjust, Alternatives, Missing, Subgroups
from casewise.protocol.codes import CodeList
from casewise.protocol.event import Event
from casewise.protocol.fields import (
    ORDINALS,
    ComparisonText,
    Date,
    DurationText,
    EventName,
    EventNames,
    Model,
    PointText,
    YesOrNo,
    written,
)
from casewise.protocol.match import Match
from casewise.protocol.time import INDEX, TimePoint, Window, found
from casewise.protocol.timing import LateTreatmentChoice

_LABEL = "how tables and figures name it; its own name where left out"


class Windowed(Model):
    """Anything that asks about a stretch of time. Without words, each user has its default."""

    from_: PointText | None = Field(None, description="where the window starts, this day included")
    to: PointText | None = Field(None, description="where the window ends, this day included")
    until: PointText | None = Field(None, description="from any time before to here")
    within: DurationText | None = Field(None, description="days 0 to this, both ends in")

    @model_validator(mode="after")
    def _one_end(self) -> Windowed:
        ends = [written(name) for name in ("to", "until", "within") if getattr(self, name)]
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
            end = TimePoint(INDEX, 1, self.within) if self.within.number else TimePoint()
            return Window(self.from_ or TimePoint(), end)
        return Window(self.from_ or default.start, self.to or default.end)

    def has_window(self) -> bool:
        return any((self.from_, self.to, self.until, self.within))


BEFORE_INDEX = Window(TimePoint(sign=-1), TimePoint())
AFTER_INDEX = Window(TimePoint(), TimePoint(sign=1))
ANY_TIME = Window(TimePoint(sign=-1), TimePoint(sign=1))


class DateRange(Model):
    """Calendar dates, both ends in."""

    from_: Date | None = Field(None, description="the first day that counts")
    to: Date | None = Field(None, description="the last day that counts")

    @model_validator(mode="after")
    def _in_order(self) -> DateRange:
        if self.from_ is None and self.to is None:
            raise ValueError('a range of dates has "from", "to", or both')
        if self.from_ and self.to and self.to < self.from_:
            raise ValueError(f"the dates end ({self.to}) before they start ({self.from_})")
        return self


class Criterion(Windowed):
    """One question about a patient, answered yes, no, or not documented."""

    event: EventName | None = Field(None, description="yes where it happened in the window")
    at_least: int | None = Field(None, ge=1, description="this many of the event in the window")
    at_most: int | None = Field(None, ge=0, description="no more than this many in the window")
    age: ComparisonText | None = Field(None, description="whole years at index")
    sex: Literal["female", "male"] | None = Field(None, description="female or male")
    covariate: str | None = Field(None, description="a name under baseline")
    is_: ComparisonText | None = Field(None, description="what the covariate's value is")
    index_date: DateRange | None = Field(None, description="calendar dates that day 0 lies in")
    observed: DurationText | None = Field(
        None, description="watched without a break for this long before day 0, and on it"
    )
    followed: DurationText | None = Field(
        None, description="watched without a break for this long after day 0, or until death"
    )
    any_of: tuple[Criterion, ...] | None = Field(
        None, min_length=1, description="at least one of these criteria holds"
    )
    all_of: tuple[Criterion, ...] | None = Field(
        None, min_length=1, description="each of these criteria holds"
    )
    not_: Criterion | None = Field(None, description="this criterion does not hold")

    @model_validator(mode="after")
    def _one_question(self) -> Criterion:
        subjects = (
            *("event", "age", "sex", "covariate", "index_date", "observed", "followed"),
            *("any_of", "all_of", "not_"),
        )
        asked = [written(name) for name in subjects if getattr(self, name) is not None]
        if len(asked) != 1:
            what = f"this has {' and '.join(asked)}" if asked else "this has none"
            raise ValueError(
                "a criterion asks one thing: event, age, sex, covariate, index date, observed, "
                f"followed, any of, all of or not; {what}"
            )
        if (self.covariate is None) != (self.is_ is None):
            raise ValueError('"covariate" and "is" go together: {covariate: FVC, is: "< 70"}')
        counted = self.at_least is not None or self.at_most is not None
        if self.event is None and (counted or self.has_window()):
            raise ValueError("a window or a count belongs to an event; there is none here")
        if self.at_least is not None and self.at_most is not None and self.at_most < self.at_least:
            raise ValueError(f"at least {self.at_least} is more than at most {self.at_most}")
        return self


ArmRule: TypeAlias = Annotated[
    Annotated[Criterion, Tag("criterion")] | Annotated[Literal["otherwise"], Tag("otherwise")],
    Discriminator(lambda value: "otherwise" if isinstance(value, str) else "criterion"),
]


class Cohort(Model):
    """Who is studied, and from when."""

    index: str = Field(
        description='the event that starts the clock: "first EVENT", second to tenth, or last'
    )
    include: dict[str, Criterion] = Field(
        {}, description="criteria by name, in order: who does not meet one is left out"
    )
    exclude: dict[str, Criterion] = Field(
        {}, description="criteria by name, in order: who meets one is left out"
    )

    match: Match | None = Field(
        None, description="each treated patient with others still untreated so long after the index"
    )

    @property
    def index_event(self) -> str:
        which, _, event = self.index.partition(" ")
        return event if which in ORDINALS else self.index

    @property
    def index_order(self) -> int:
        """Which one of the event's days: 1 the first, -1 the last."""
        return ORDINALS.get(self.index.partition(" ")[0], 1)


class Covariate(Windowed):
    """A baseline characteristic, known at or before the index date."""

    label: str = Field("", description=_LABEL)
    unit: str = Field("", description="of a number, as tables print it")
    type: Literal["number", "category", "yes or no"] | None = Field(
        None, description="left out where unit (number), choices (category) or event (yes or no)"
    )
    choices: tuple[str, ...] = Field((), description="of a category, in the order of the table")
    event: EventName | None = Field(None, description="yes where it happened in the window")
    take: Literal["last", "first", "lowest", "highest", "mean", "total", "count"] | None = Field(
        None,
        description="of several values in the window; the last where left out. total: their sum; "
        "count: how often the event happened",
    )
    summary: Literal["median", "mean"] | None = Field(None, description="median where left out")
    after_index: Literal["deliberate"] | None = Field(
        None, description="says that measuring after the index date is meant"
    )


def _named(value: object) -> object:
    """A list of names is a mapping in which nothing more is said of each."""
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
        twice = next((name for name in value if list(value).count(name) > 1), None)
        if twice is not None:
            raise ValueError(f'"{twice}" is listed twice')
        return {name: {} for name in value}
    if isinstance(value, dict):
        return {name: {} if said is None else said for name, said in value.items()}
    return value


Baseline: TypeAlias = Annotated[
    dict[str, Covariate],
    BeforeValidator(_named, json_schema_input_type=dict[str, Covariate | None] | tuple[str, ...]),
]


class Outcome(Windowed):
    """What is compared. ``any of``/``event``: binary; ``time``: duration; ``time to``: time to
    event; ``count``: how often; ``ranked``: events by gravity; ``event`` with ``take``, and
    ``days free of``: a number."""

    label: str = Field("", description=_LABEL)
    event: EventName | None = Field(None, description="binary: whether it happened")
    any_of: EventNames | None = Field(None, description="binary: whether any of these happened")
    time: str | None = Field(None, description='a duration: "index to discharge"')
    time_to: EventNames | None = Field(None, description="the event, or the first of several")
    count: EventName | None = Field(None, description="how often it happened while watched")
    ranked: EventNames | None = Field(
        None, description="events, the gravest first: every patient against every other, by these"
    )
    take: Literal["last", "first", "lowest", "highest", "mean", "total"] | None = Field(
        None, description="with event: this of the values recorded with it in the window"
    )
    unit: str = Field("", description="of the value taken, as tables print it")
    days_free_of: EventNames | None = Field(
        None, description="days alive and without any of these events, of those up to the horizon"
    )
    if_dead: Literal["zero"] | None = Field(
        None, description="with days free of: who died within the horizon has none"
    )
    competing: EventName | None = Field(None, description="an event that ends it early")
    negative_control: YesOrNo = Field(
        False, description="treatment cannot change it: a difference is systematic error"
    )
    lost: Literal["excluded", "event-free", "event"] | None = Field(
        None,
        description="how a binary outcome counts patients whose follow-up ended before the "
        "horizon without the event; excluded where left out",
    )

    @property
    def kind(self) -> Literal["binary", "duration", "number", "time to event", "count", "ranked"]:
        if self.time is not None:
            return "duration"
        if self.take is not None or self.days_free_of is not None:
            return "number"
        if self.time_to is not None:
            return "time to event"
        if self.ranked is not None:
            return "ranked"
        return "count" if self.count is not None else "binary"

    @property
    def events(self) -> tuple[str, ...]:
        """The events that make the outcome happen (none for a duration)."""
        single = self.event or self.count
        several = self.any_of or self.time_to or self.days_free_of or self.ranked
        return several or ((single,) if single else ())

    @model_validator(mode="after")
    def _one_kind(self) -> Outcome:
        kinds = [
            written(name)
            for name in ("event", "any_of", "time", "time_to", "count", "ranked", "days_free_of")
            if getattr(self, name) is not None
        ]
        if len(kinds) != 1:
            raise ValueError(
                "an outcome is one of: event or any of (did it happen), time (a duration), "
                "time to (survival), count (how often), ranked, days free of; this has "
                + (" and ".join(kinds) if kinds else "none")
            )
        if self.to is not None or self.until is not None:
            raise ValueError('an outcome\'s window ends with "within": within: 30 days')
        if self.kind == "binary" and self.within is None:
            raise ValueError('whether it happened needs a horizon: "within: 30 days"')
        if self.ranked is not None and len(set(self.ranked)) != len(self.ranked):
            raise ValueError("the same event is ranked twice")
        if self.ranked is not None and len(self.ranked) < 2:
            raise ValueError('"ranked" compares by several events; of one, ask the "time to"')
        if self.take is not None and self.event is None:
            raise ValueError('"take" goes with an event: {event: score, take: highest}')
        if self.unit and self.take is None:
            raise ValueError('a "unit" belongs to a value that is taken: {take: highest, unit: mg}')
        if self.days_free_of is not None and (self.within is None or self.from_ is not None):
            raise ValueError('"days free of" counts from day 1 to its horizon: "within: 28 days"')
        if self.if_dead is not None and self.days_free_of is None:
            raise ValueError('"if dead" belongs to "days free of"')
        if self.kind == "duration" and self.has_window():
            raise ValueError("a duration runs from one event to another; it takes no window")
        if self.lost is not None and self.kind != "binary":
            raise ValueError('"lost" belongs to a binary outcome; others are censored')
        if self.competing is not None and self.kind not in ("duration", "time to event"):
            raise ValueError('"competing" belongs to a duration or a time to event')
        return self


class Harm(Windowed):
    """An unwanted event: counted by patient and by event over the person-time watched."""

    label: str = Field("", description=_LABEL)
    event: EventName = Field(description="the unwanted event")

    @model_validator(mode="after")
    def _ends_with_within(self) -> Harm:
        if self.to is not None or self.until is not None:
            raise ValueError('a harm\'s window ends with "within": within: 30 days')
        return self


class TreatmentReceived(Windowed):
    """A treatment to be tabulated by arm, with its line and day; any time where no window is."""

    label: str = Field("", description=_LABEL)
    event: EventName | None = Field(None, description="the event, where the name is another")


Treatments: TypeAlias = Annotated[
    dict[str, TreatmentReceived],
    BeforeValidator(
        _named, json_schema_input_type=dict[str, TreatmentReceived | None] | tuple[str, ...]
    ),
]


class Tests(Model):
    """Which test gives the P values, by its plain name; the interval that inverts it goes along."""

    proportions: Literal[
        "Fisher",
        "Fisher mid-p",
        "Fisher central",
        "Fisher central mid-p",
        "Blaker",
        "Barnard",
        "Barnard unpooled",
        "Boschloo",
        "Boschloo central",
        "chi-square",
        "chi-square N-1",
        "chi-square Yates",
    ] = Field("Fisher", description="of binary outcomes and of harms, by patient")
    durations: Literal[
        "rank-sum",
        "rank-sum asymptotic",
        "permutation of means",
        "permutation of medians",
        "Brunner-Munzel",
    ] = Field("rank-sum", description="exact up to a few hundred patients, ties and all")
    times_to_event: Literal[
        "log-rank",
        "log-rank asymptotic",
        "Gehan",
        "Gehan asymptotic",
        "Peto-Prentice",
        "Peto-Prentice asymptotic",
    ] = Field("log-rank", description="by permutation up to some 40 patients, asymptotic beyond")


class Analysis(Model):
    """How the numbers are made and printed."""

    primary: str | None = Field(None, description="the primary outcome's name")
    level: float = Field(0.95, gt=0.5, lt=1, description="confidence level of intervals")
    quantile_type: int = Field(
        7,
        ge=1,
        le=9,
        description="Hyndman and Fan's definition: 7 is R's and Excel's, 6 is SPSS's, 2 is SAS's",
    )
    multiplicity: Literal["none", "holm", "hochberg"] = Field(
        "none", description="how P values are adjusted for the number of outcomes"
    )
    treatment_after_day_0: LateTreatmentChoice = Field(
        None, description="how arms are analysed that are defined by what happens after day 0"
    )
    tests: Tests = Field(Tests(), description="the tests, where they are not the usual ones")
    adjust: Adjust | None = Field(
        None, description="how the arms are made comparable, and for which covariates"
    )
    missing: Missing = Field(Missing(), description="what is done where a value is not documented")
    subgroups: Subgroups = Field(
        {}, description="covariates by whose levels effects are given; a number is cut in two"
    )
    alternatives: Alternatives = Field(
        {}, description="other choices by name: the parts of the protocol that each changes"
    )
    baseline_p_values: YesOrNo = Field(
        False, description="P values in the baseline table, which most journals discourage"
    )
    journal: Literal["nejm", "jama", "annals"] = Field(
        "nejm", description="whose way of printing numbers the report follows"
    )


def _percent(value: object) -> object:
    """ "20%" as a share."""
    text = str(value).strip()
    try:
        share = float(text.removesuffix("%")) / 100
    except ValueError:
        share = -1.0
    if not text.endswith("%") or not 0 <= share <= 1:
        raise ValueError(f"{found(value)} is not a share; write a percentage from 0% to 100%")
    return share


Percent = Annotated[
    float,
    BeforeValidator(lambda value: value if isinstance(value, float) else _percent(value)),
    PlainSerializer(lambda share: f"{share * 100:g}%"),
    WithJsonSchema({"type": "string", "pattern": "^\\d+(\\.\\d+)?%$", "examples": ["20%"]}),
]


class ReviewPlan(Model):
    """How the charts are read, where the records are a chart review."""

    read_twice: Percent = Field(
        1.0, description="the share of charts that two abstractors read; 100% where left out"
    )
    blinded: YesOrNo = Field(False, description="abstractors see neither the arm nor the outcomes")
    pass_mark: Percent = Field(
        0.8, description="the share of a training chart's answers that have to be right; 80%"
    )
    read_again: Percent = Field(
        0.05, description="the share of charts that are read again later, to see drift; 5%"
    )


class Study(Model):
    """A protocol: what a study asks, wherever the records are."""

    title: str = Field(min_length=1, description="what stands on top of the report")
    question: str = Field("", description="what the study asks, in one sentence")
    events: dict[str, Event] = Field(min_length=1, description="what is looked for, by name")
    cohort: Cohort = Field(description="who is studied, and from when")
    arms: dict[str, ArmRule] = Field(
        min_length=2, description="the groups by name, the treated first, the comparator last"
    )
    baseline: Baseline = Field({}, description="covariates by name, or a list of names")
    outcomes: dict[str, Outcome] = Field(min_length=1, description="what is compared, by name")
    harms: dict[str, Harm] = Field({}, description="unwanted events, by name")
    treatments: Treatments = Field({}, description="treatments by name, or a list of names")
    codes: dict[str, CodeList] = Field(
        {}, description="code lists, by the words that the events are defined with"
    )
    review: ReviewPlan = Field(
        ReviewPlan(), description="how the charts are read, where that is done in Casewise"
    )
    analysis: Analysis = Field(Analysis(), description="how the numbers are made and printed")
