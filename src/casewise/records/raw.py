"""What a reader of event records (OMOP, FHIR, MEDS, a table of events) hands on.

A reader makes four views on the engine, nothing copied unless it pays. Ids keep the type that the
source has. ``casewise.records.binding`` then makes the canonical ``event`` view of a protocol from
them, by its code lists.

``person``       one row a patient: birth, sex; ``age`` is null (it follows from birth)
``observation``  from when until when the patient was watched; rows of a patient have days between
``visit``        id, person, start, end (null while it lasts), kind (one of ``VISITS``, or other)
``raw_event``    one row a record, as it was coded
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from casewise.results import Note, Source

RAW_EVENT = (
    "person",
    # condition, procedure, drug, measurement, observation, device, death; null: any but death
    "domain",
    "concept",  # BIGINT: OMOP's standard concept; null elsewhere
    "source_concept",  # BIGINT: OMOP's source concept; null elsewhere
    "vocabulary",  # VARCHAR: OMOP's vocabulary_id ("ICD10CM") of ``code``; null where not known
    "code",  # VARCHAR: the code as the source has it
    "start",  # DATE
    "end",  # DATE, null where it has none
    "value",  # DOUBLE
    "unit",  # VARCHAR, as the source has it
    "text",  # VARCHAR: a value in words
    "visit",  # the visit's id, null where it has none
    "source",  # VARCHAR: table and row, "condition_occurrence 4711"
)
EVERY = "every"  # among the domains asked for: every other one that the records have
LINE = "line of therapy"  # among the domains asked for: the view ``therapy_line`` (source, line)
VISIT = ("id", "person", "start", "end", "kind")


@dataclass(frozen=True)
class RawRecords:
    """Event records opened. ``read`` answers, while they are open, with what was read and its
    hashes. ``concepts`` says whether the engine holds OMOP's vocabulary tables ``concept``,
    ``concept_ancestor`` and ``concept_relationship`` (each may be absent). ``rows`` is what stands
    before ``source`` in a domain, where that is a row's id alone. ``occurring`` is a relation with
    every ``vocabulary`` and ``code`` that occurs, smaller than the view where the reader has one.
    ``names`` is a relation (``vocabulary``, ``code``, ``name``) of what the records call their
    codes, empty where they do not. ``coded_once``: ``raw_event`` has one row a record, where a
    reader knows that; else it may have one a coding."""

    read: Callable[[], tuple[Source, ...]]
    notes: tuple[Note, ...] = ()
    concepts: frozenset[str] = frozenset()
    rows: dict[str, str] = field(default_factory=dict)
    occurring: str = "raw_event"
    names: str = ""
    coded_once: bool = False

    @property
    def has_concepts(self) -> bool:
        return "concept" in self.concepts

    def join_names(self, of: str) -> str:
        """SQL that joins ``names``, as ``n``, to the rows of ``of``: vocabulary and code."""
        return (
            f"LEFT JOIN {self.names} AS n ON n.code = {of}.code "
            f"AND n.vocabulary IS NOT DISTINCT FROM {of}.vocabulary"
        )
