"""Of the results: when the clock starts, how arms that begin late were analysed, and the trial
that the study stands for."""

from __future__ import annotations

from bisect import bisect_right
from typing import Literal

from pydantic import Field

from casewise.results_base import Frozen

Choice = Literal[
    "none needed",
    "naive",
    "landmark",
    "time-dependent",
    "clone-censor-weight",
    "decided on day 0",
]


class TimeZero(Frozen):
    """Whether eligibility, assignment and the start of follow-up coincide, and what was done."""

    late_criteria: tuple[str, ...] = Field(
        default=(), description="criteria that look past day 0: whoever meets them lived until then"
    )
    late_arms: tuple[str, ...] = Field(
        default=(), description="arms that are defined by what happens after day 0"
    )
    choice: Choice
    stated: bool = Field(default=True, description="whether the protocol says so, or it was taken")
    days: int | None = Field(default=None, description="of the landmark, or of the grace period")
    text: str = Field(description="what was done, in a sentence")
    label: str = Field(
        default="", description="stands with each table and figure that compares arms naively"
    )


class IncidenceSteps(Frozen):
    """Cumulative incidence: the days on which it rises, and until when it is known."""

    time: tuple[float, ...]
    incidence: tuple[float, ...]
    lower: tuple[float | None, ...]
    upper: tuple[float | None, ...]
    last: float

    def at(self, day: float) -> tuple[float, float | None, float | None]:
        """The incidence up to and including ``day``, with its limits."""
        i = bisect_right(self.time, day) - 1
        return (self.incidence[i], self.lower[i], self.upper[i]) if i >= 0 else (0.0, None, None)


class IncidenceArm(Frozen):
    event: IncidenceSteps
    competing: IncidenceSteps


class Incidence(Frozen):
    """By arm, the share of patients who come to have the event, and the one that competes."""

    competing: str
    arms: dict[str, IncidenceArm]


class MeanCountSteps(Frozen):
    """The mean number of events of a patient: the days on which it rises, and until when it is
    known."""

    time: tuple[float, ...]
    mean: tuple[float, ...]
    lower: tuple[float | None, ...]
    upper: tuple[float | None, ...]
    n: int = Field(description="patients with a day to count from and to")
    deaths: int = Field(description="patients whose days ended with death")
    last: float

    def at(self, day: float) -> tuple[float, float | None, float | None]:
        """The mean up to and including ``day``, with its limits."""
        i = bisect_right(self.time, day) - 1
        return (self.mean[i], self.lower[i], self.upper[i]) if i >= 0 else (0.0, None, None)


class PersonTimeGroup(Frozen):
    """Patients, days at risk and events of one stretch of their time."""

    name: str
    patients: int
    days: float
    events: int


class PersonTime(Frozen):
    """Where the time of a naive comparison lies: before treatment, under it, and without any."""

    outcome: str
    arm: str
    comparator: str
    waiting: PersonTimeGroup = Field(description="of the arm, until treatment started")
    treated: PersonTimeGroup = Field(description="of the arm, from then on")
    never: PersonTimeGroup = Field(description="of the comparator")
    expected_naive: tuple[float, float] = Field(
        description="events expected in the arm and the comparator if they did not differ"
    )
    expected: tuple[float, float] = Field(
        description="events expected under treatment and without, by day, if they did not differ"
    )


class TargetTrialRow(Frozen):
    """One element of the trial that the study would be, beside what the records allow."""

    element: str
    protocol: str
    records: str
    met: Literal["as in the trial", "in part", "not"]


class ChecklistItem(Frozen):
    """One item of a reporting guideline: what this report says to it, or that authors must."""

    guideline: Literal["STROBE", "RECORD", "TARGET"]
    number: str
    topic: str
    item: str
    answer: str = ""
    by: Literal["this report", "this report in part", "the authors"]
