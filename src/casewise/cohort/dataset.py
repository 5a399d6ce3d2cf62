"""The analysis dataset: one row a patient, typed and labelled columns, and who was left out.

Days are whole days since the index date (day 0), as floats with NaN for "none". Arrays of one
dataset are equally long and in the same order of patients.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from casewise.results import AttritionStep, Note

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

KNOWN, NOT_DOCUMENTED, NOT_APPLICABLE = 0, 1, 2


@dataclass(frozen=True)
class Covariate:
    """A baseline column. ``values`` is float for a number, bool for yes/no, text for a category;
    it means something only where ``status`` is ``KNOWN``."""

    name: str
    label: str
    unit: str
    kind: Literal["number", "category", "yes/no"]
    values: NDArray[Any]
    status: NDArray[np.int8]
    levels: tuple[str, ...] = ()
    summary: Literal["median", "mean"] = "median"
    after_index: bool = False


@dataclass(frozen=True)
class Happening:
    """Whether and when something happened in its window.

    ``day`` is that of the first occurrence; ``count`` the dated occurrences in the window.
    ``undated`` marks patients for whom it happened with no date to place it by, on the site's
    word. ``unknown`` marks those for whom the records do not say, or say yes without the date
    that the question needs; ``inapplicable`` those to whom the question does not apply (nobody can
    have a complication of a procedure they did not get). Neither is ever true of a patient for
    whom it happened.
    """

    day: Floats
    count: NDArray[np.int64]
    undated: Bools
    unknown: Bools
    inapplicable: Bools

    @property
    def happened(self) -> Bools:
        return ~np.isnan(self.day) | self.undated


@dataclass(frozen=True)
class Occurrences:
    """Every dated occurrence in an outcome's window: the patient's row in the dataset, the day."""

    row: NDArray[np.intp]
    day: Floats


@dataclass(frozen=True)
class OutcomeColumns:
    """What one outcome or harm needs of each patient.

    ``opens`` and ``closes`` are the first and last day of its window, ``closes`` NaN where the
    window has no end. For a duration ``starts`` and ``ends`` are its two days instead. ``values``
    are those of an outcome that is a number, NaN where not known. ``ranked`` are the events of a
    ranked outcome, the gravest first, of which ``event`` is whichever came first. ``before`` marks
    patients who had the outcome before a landmark from which it is counted. ``occurrences`` are
    those of an outcome that is counted.
    """

    name: str
    event: Happening | None = None
    competing: Happening | None = None
    opens: Floats = field(default_factory=lambda: np.empty(0))
    closes: Floats = field(default_factory=lambda: np.empty(0))
    starts: Floats = field(default_factory=lambda: np.empty(0))
    ends: Floats = field(default_factory=lambda: np.empty(0))
    values: Floats = field(default_factory=lambda: np.empty(0))
    ranked: tuple[Happening, ...] = ()
    occurrences: Occurrences | None = None
    before: Bools = field(default_factory=lambda: np.empty(0, dtype=np.bool_))

    def had_before(self, n: int) -> Bools:
        """``before`` of each of the dataset's ``n`` patients."""
        return self.before if len(self.before) else np.zeros(n, dtype=np.bool_)


@dataclass(frozen=True)
class TreatmentColumns:
    """First receipt of a treatment; ``line`` is its line of therapy, NaN where not known."""

    name: str
    received: Happening
    line: Floats


@dataclass(frozen=True)
class Exposure:
    """The event that puts patients into an arm: in the arm's own window, ever before the index
    date, and ever. Only for an arm whose rule is one event."""

    event: str
    in_window: Happening
    before: Happening
    ever: Happening


@dataclass(frozen=True)
class TimelineMark:
    """One dated occurrence of an event, for the swimmer plot. ``row`` indexes the dataset."""

    row: int
    event: str
    day: int


@dataclass(frozen=True)
class CodeColumns:
    """Every code before day 0: ``matrix`` has one row a patient and one column a code and window,
    1 where the patient has it. ``unmapped`` counts the records that no column stands for."""

    matrix: csr_matrix
    labels: tuple[str, ...]
    unmapped: int


@dataclass(frozen=True)
class Dataset:
    """One row a patient. ``patient`` holds the source's identifiers and never leaves for results.

    ``follow_up`` is the last day of observation (NaN where the records do not say), ``death`` the
    day of death (NaN where none is dated). ``follow_up_known`` is false when the site names no
    end of follow-up at all.
    """

    patient: NDArray[Any]
    arm: NDArray[np.int64]
    arms: tuple[str, ...]
    index_date: NDArray[np.datetime64]
    follow_up: Floats
    death: Floats
    follow_up_known: bool
    attrition: tuple[AttritionStep, ...]
    baseline: tuple[Covariate, ...] = ()
    outcomes: dict[str, OutcomeColumns] = field(default_factory=dict)
    harms: dict[str, OutcomeColumns] = field(default_factory=dict)
    treatments: tuple[TreatmentColumns, ...] = ()
    exposures: dict[str, Exposure] = field(default_factory=dict)
    timeline: tuple[TimelineMark, ...] = ()
    notes: tuple[Note, ...] = ()
    sql: dict[str, str] = field(default_factory=dict)
    codes: CodeColumns | None = None

    def __len__(self) -> int:
        return len(self.patient)
