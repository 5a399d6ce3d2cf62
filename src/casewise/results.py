"""What a run found: the whole truth that ``results.json`` holds and the report reads.

Numbers stay numbers here: formatting belongs to ``casewise.report``. No patient identifier ever
enters; the swimmer plot's rows are anonymous and carry days since the index date only.
Everything is a frozen value, equal bytes for equal inputs: times and machine facts go to
``provenance.json`` instead.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, ValidationError, model_validator

from casewise import results_frames
from casewise.errors import Problem, RecordsError
from casewise.results_adjustment import Adjusted as Adjusted
from casewise.results_adjustment import AdjustedCurve as AdjustedCurve
from casewise.results_adjustment import Adjustment as Adjustment
from casewise.results_adjustment import AdjustmentMethod as AdjustmentMethod
from casewise.results_adjustment import BalanceColumn as BalanceColumn
from casewise.results_adjustment import CodeBalance as CodeBalance
from casewise.results_adjustment import EveryCode as EveryCode
from casewise.results_adjustment import Offered as Offered
from casewise.results_adjustment import ScoreOverlap as ScoreOverlap
from casewise.results_adjustment import Tail as Tail
from casewise.results_base import Count, Probability
from casewise.results_base import Estimate as Estimate
from casewise.results_base import Frozen as Frozen
from casewise.results_base import Test as Test
from casewise.results_review import Review as Review
from casewise.results_review import ReviewCriterion as ReviewCriterion
from casewise.results_review import ReviewEstimate as ReviewEstimate
from casewise.results_review import ReviewField as ReviewField
from casewise.results_sensitivity import Sensitivity as Sensitivity
from casewise.results_timing import ChecklistItem, PersonTime, TargetTrialRow, TimeZero
from casewise.results_timing import Incidence as Incidence
from casewise.results_timing import IncidenceArm as IncidenceArm
from casewise.results_timing import IncidenceSteps as IncidenceSteps
from casewise.results_timing import MeanCountSteps as MeanCountSteps

SCHEMA_VERSION: Literal[1] = 1


class Settings(Frozen):
    """How numbers were made: the same for every table."""

    level: Probability = Field(description="confidence level of every interval")
    quantile_type: int = Field(description="Hyndman and Fan's quantile definition, 1 to 9")
    multiplicity: Literal["none", "holm", "hochberg"] = "none"
    journal: Literal["nejm", "jama", "annals"] = "nejm"


class Definition(Frozen):
    """One sentence of the protocol in plain words: what a term of the study means."""

    part: Literal["index", "include", "exclude", "arm", "baseline", "outcome", "harm", "treatment"]
    term: str
    text: str


class Change(Frozen):
    """Something of the protocol that is not as it was frozen."""

    part: str = Field(description="outcome, include criterion, arm, event, analysis, ...")
    name: str = Field(description="empty where there is one alone: the index")
    kind: Literal["added", "changed", "left out"]


class Freeze(Frozen):
    """The protocol as it stood before its outcomes were looked at, and what is not as it was."""

    at: str = Field(description="ISO 8601, UTC")
    sha256: str = Field(description="of the time and the protocol's content")
    changes: tuple[Change, ...] = Field(default=(), description="none: it was run as frozen")


class StudyInfo(Frozen):
    title: str
    question: str = ""
    notice: str = Field(default="", description="printed on top: that the patients are made up")
    definitions: tuple[Definition, ...] = ()
    protocol: str = Field(description="study.yaml as run, word for word")
    frozen: Freeze | None = Field(default=None, description="null where it never was")


class Arm(Frozen):
    """A treatment group. The first is the treated, the last the comparator."""

    name: str
    n: Count


class AttritionStep(Frozen):
    """Who was left after one criterion, in the order applied.

    ``remaining`` of a step plus its ``excluded`` equals the step before's ``remaining``.
    ``unknown`` counts those among ``excluded`` (include criteria, arms) or among ``remaining``
    (exclude criteria) for whom the records do not say whether the criterion holds.
    """

    criterion: str
    kind: Literal["records", "index", "include", "exclude", "arm"]
    remaining: Count
    excluded: Count
    unknown: Count = 0
    text: str = Field(default="", description="the criterion in plain words")
    post_hoc: bool = Field(default=False, description="not as the protocol was frozen")


class BaselineCell(Frozen):
    """One covariate in one arm. ``n`` counts the patients whose value is known."""

    n: Count
    not_documented: Count = 0
    not_applicable: Count = 0
    counts: dict[str, Count] = Field(default={}, description="patients by level; yes/no has 'yes'")
    median: float | None = None
    q1: float | None = None
    q3: float | None = None
    mean: float | None = None
    sd: float | None = Field(default=None, description="undefined (null) for fewer than 2 values")
    minimum: float | None = None
    maximum: float | None = None


class Difference(Frozen):
    """Standardized mean difference of one arm against the comparator (Yang and Dalton 2012)."""

    arm: str
    value: float | None = Field(description="'Infinity' where the arms have nothing in common")
    reason: str = ""
    p_value: Probability | None = Field(
        default=None, description="only where the protocol asks for it"
    )
    test: str = ""


class BaselineRow(Frozen):
    name: str
    label: str
    unit: str = ""
    kind: Literal["number", "category", "yes/no"]
    summary: Literal["median", "mean", "count"]
    levels: tuple[str, ...] = Field(default=(), description="of a category, in declared order")
    arms: dict[str, BaselineCell]
    overall: BaselineCell
    differences: tuple[Difference, ...] = Field(description="one for each arm but the comparator")
    after_index: bool = Field(default=False, description="declared deliberate in the protocol")


class MissingPattern(Frozen):
    """Patients whose baseline lacks these covariates and no other."""

    missing: tuple[str, ...] = Field(description="labels; empty where nothing is missing")
    rest: bool = Field(default=False, description="every pattern that is not among the others")
    arms: dict[str, int | None] = Field(description="patients; null for 1 to 4")


class Comparison(Frozen):
    arm: str
    comparator: str
    test: Test
    estimates: tuple[Estimate, ...] = Field(description="absolute effects before relative ones")


class BinaryArm(Frozen):
    """``n`` is the denominator of ``events``: it leaves out ``lost`` where those are excluded."""

    n: Count
    events: Count
    lost: Count = Field(default=0, description="follow-up ended before the horizon, no event seen")
    not_documented: Count = Field(default=0, description="the records do not say; left out of n")
    not_applicable: Count = Field(default=0, description="cannot have it; left out of n")
    risk_lower: Probability | None = None
    risk_upper: Probability | None = None

    @model_validator(mode="after")
    def _events_of_n(self) -> Self:
        if self.events > self.n:
            raise ValueError(f"{self.events} events among {self.n} patients")
        return self


class DurationArm(Frozen):
    """``n`` patients whose duration is known; ``ended_by_competing`` are among them."""

    n: Count
    median: float | None
    q1: float | None
    q3: float | None
    minimum: float | None = None
    maximum: float | None = None
    unknown: Count = Field(default=0, description="no end in the records; left out of n")
    ended_by_competing: Count = 0
    values: tuple[float, ...] = Field(default=(), description="each value when n is 30 or fewer")


class Curve(Frozen):
    """Kaplan-Meier, one entry a distinct time of event or censoring, days from index.

    ``at_risk`` counts the patients still under observation just before the time.
    """

    time: tuple[float, ...]
    at_risk: tuple[int, ...]
    events: tuple[int, ...]
    censored: tuple[int, ...]
    survival: tuple[float, ...]
    lower: tuple[float | None, ...]
    upper: tuple[float | None, ...]


class TimeToEventArm(Frozen):
    n: Count
    events: Count
    censored: Count
    competing: Count = Field(default=0, description="of the censored, those by a competing event")
    unknown: Count = Field(default=0, description="no date to count from or to; left out of n")
    person_days: float
    median: float | None = Field(description="null where the curve never reaches one half")
    median_lower: float | None = None
    median_upper: float | None = None
    curve: Curve


class CountArm(Frozen):
    """Events and patients with at least one, over the person-time watched."""

    n: Count
    patients: Count
    events: Count
    person_days: float
    rate: float | None = Field(description="events per 100 person-days; null without person-time")
    rate_lower: float | None = None
    rate_upper: float | None = None
    not_documented: Count = 0
    not_applicable: Count = Field(default=0, description="cannot have it; left out of n")
    undated: Count = Field(default=0, description="patients with an event whose date is unknown")


class _Outcome(Frozen):
    label: str
    primary: bool = False
    harm: bool = False
    post_hoc: bool = Field(default=False, description="not as the protocol was frozen")
    text: str = Field(description="the outcome in plain words, window and rule for the lost")
    test: Test
    estimates: tuple[Estimate, ...]
    further_comparisons: tuple[Comparison, ...] = Field(
        default=(), description="for a study of more than two arms: the second arm on"
    )
    adjusted: tuple[Adjusted, ...] = Field(
        default=(), description="the comparison adjusted for covariates, a method each"
    )
    footnotes: tuple[str, ...] = ()

    def comparisons(self, arms: tuple[Arm, ...]) -> tuple[Comparison, ...]:
        """Every arm against the comparator, the first arm's included."""
        first = Comparison(
            arm=arms[0].name, comparator=arms[-1].name, test=self.test, estimates=self.estimates
        )
        return (first, *self.further_comparisons)


class BinaryOutcome(_Outcome):
    kind: Literal["binary"] = "binary"
    horizon: str = Field(description='as written: "30 days"')
    lost_rule: Literal["excluded", "event-free", "event"]
    arms: dict[str, BinaryArm]


class DurationOutcome(_Outcome):
    kind: Literal["duration"] = "duration"
    unit: str = "days"
    number: bool = Field(default=False, description="a number that is no time between events")
    competing: str = Field(default="", description="the event that ends a duration early")
    arms: dict[str, DurationArm]


class TimeToEventOutcome(_Outcome):
    kind: Literal["time to event"] = "time to event"
    unit: str = "days"
    competing: str = ""
    horizon: str = Field(default="", description="follow-up is cut here when set")
    incidence: Incidence | None = Field(default=None, description="where an event competes")
    handling: str = Field(
        default="", description="how treatment that starts during follow-up was dealt with"
    )
    arms: dict[str, TimeToEventArm]


class CountOutcome(_Outcome):
    kind: Literal["count"] = "count"
    horizon: str = ""
    mean_count: dict[str, MeanCountSteps] = Field(
        default={}, description="by arm; of outcomes, not of harms"
    )
    arms: dict[str, CountArm]


class RankedArm(Frozen):
    """Patients who were seen to have each of the ranked events, the gravest first."""

    n: int
    events: dict[str, int]
    unknown: int = Field(default=0, description="no date to count from or to; left out of n")


class PairsByEvent(Frozen):
    """Pairs that this event decided, those before it being undecided."""

    event: str
    won: int
    lost: int


class Pairs(Frozen):
    """Every patient of the arm against every patient of the comparator."""

    arm: str
    won: int
    lost: int
    tied: int
    by_event: tuple[PairsByEvent, ...]


class RankedOutcome(_Outcome):
    kind: Literal["ranked"] = "ranked"
    horizon: str = ""
    pairs: tuple[Pairs, ...] = Field(description="one for each arm but the comparator")
    arms: dict[str, RankedArm]


Outcome: TypeAlias = Annotated[
    BinaryOutcome | DurationOutcome | TimeToEventOutcome | CountOutcome | RankedOutcome,
    Field(discriminator="kind"),
]


class TreatmentCell(Frozen):
    """One treatment in one arm: ``lines`` counts patients by line of therapy at first receipt;
    days are of the first receipt, from the index date (negative is before)."""

    n: int
    received: int
    not_documented: int = 0
    undated: int = 0
    lines: dict[str, int] = Field(default={})
    day_median: float | None = None
    day_minimum: float | None = None
    day_maximum: float | None = None


class Treatment(Frozen):
    name: str
    label: str
    arms: dict[str, TreatmentCell]


class Mark(Frozen):
    event: str
    day: int
    role: Literal["index", "exposure", "outcome", "competing", "harm"]


class SwimmerRow(Frozen):
    arm: str
    start_day: int = 0
    end_day: int | None = Field(description="null where the records do not say")
    end: Literal["death", "end of follow-up", "unknown"]
    marks: tuple[Mark, ...] = ()


class Swimmer(Frozen):
    rows: tuple[SwimmerRow, ...] = Field(description="sorted by arm, then by length; anonymous")
    omitted: str = Field(default="", description="why there is none")


class Note(Frozen):
    """Something the reader must know: what was assumed, or what the records cannot show."""

    kind: Literal["assumption", "limit", "records"]
    about: str
    text: str


class Threat(Frozen):
    """A threat to validity, computed on this study's data."""

    threat: str
    severity: Literal["none", "low", "moderate", "high"]
    finding: str
    remedy: str
    sources: tuple[str, ...] = ()


class Source(Frozen):
    """A file that was read, by name and content, never by the path it had on a machine."""

    name: str
    sha256: str
    rows: int | None = None


class Provenance(Frozen):
    casewise: str
    protocol_sha256: str
    site_sha256: str
    site: str = Field(default="", description="site.yaml as run, word for word")
    records: tuple[Source, ...] = ()
    sql: str = Field(default="", description="the SQL that made the dataset")


class Results(Frozen):
    schema_version: Literal[1] = SCHEMA_VERSION
    study: StudyInfo
    settings: Settings
    arms: tuple[Arm, ...]
    attrition: tuple[AttritionStep, ...]
    baseline: tuple[BaselineRow, ...] = ()
    missing_patterns: tuple[MissingPattern, ...] = Field(
        default=(), description="most frequent first; empty where every value is documented"
    )
    outcomes: dict[str, Outcome] = Field(default={})
    harms: dict[str, CountOutcome] = Field(default={})
    treatments: tuple[Treatment, ...] = ()
    adjustments: tuple[Adjustment, ...] = Field(
        default=(), description="one for each arm but the comparator, where the protocol adjusts"
    )
    sensitivity: Sensitivity = Sensitivity()
    swimmer: Swimmer | None = None
    notes: tuple[Note, ...] = ()
    appraisal: tuple[Threat, ...] = ()
    time_zero: TimeZero | None = None
    person_time: PersonTime | None = None
    target_trial: tuple[TargetTrialRow, ...] = ()
    checklists: tuple[ChecklistItem, ...] = ()
    review: Review | None = Field(
        default=None, description="where the records are a chart review: how it was done"
    )
    provenance: Provenance

    def to_json(self) -> str:
        """The text of ``results.json``: the same values give the same bytes."""
        return self.model_dump_json(indent=2) + "\n"

    def to_dict(self) -> dict[str, Any]:
        return self.model_dump(mode="json")

    def to_pandas(self, table: str = "estimates") -> Any:
        """One table as a pandas ``DataFrame``: "attrition", "baseline", "outcomes", "estimates".

        Raises ``ValueError`` for another name, ``ImportError`` where pandas is missing.
        """
        return results_frames.frame(self, table)

    def _repr_html_(self) -> str:
        return results_frames.html(self)


def load(path: str | Path) -> Results:
    """Read ``results.json``. Raises ``RecordsError`` when it is not one of ours."""
    file = Path(path)
    try:
        return Results.model_validate_json(file.read_bytes())
    except OSError as error:
        raise RecordsError(Problem(f"cannot be read: {error.strerror}", file=str(path))) from None
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the top"
        raise RecordsError(
            Problem(
                f"is not a results file of Casewise: {first['msg']} (at {place})",
                file=str(path),
                hint="expected the results.json that 'casewise run' writes",
            )
        ) from None
