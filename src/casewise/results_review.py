"""How the records were read, where they are a chart review. Counts and agreement alone: no chart
and nobody who read one is named."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from casewise.results_base import Frozen


class ReviewEstimate(Frozen):
    """A measure of agreement; ``value`` is null where it is undefined, and ``reason`` says why."""

    measure: str
    value: float | None
    lower: float | None
    upper: float | None
    level: float
    method: str
    reason: str = ""
    sources: tuple[str, ...] = ()


class ReviewField(Frozen):
    """One field of the form over the charts that two abstractors read."""

    field: str
    label: str
    charts: int = Field(description="that two answered; charts where neither was asked left out")
    agreed: int
    both: int = Field(description="charts where both gave a value")
    not_documented: int = Field(description="settled answers that say so, of all charts")
    estimates: tuple[ReviewEstimate, ...]


class ReviewCriterion(Frozen):
    """A published criterion of record reviews, held against the protocol and the log."""

    criterion: str
    verdict: Literal["met", "not met", "needs author"]
    evidence: str
    sources: tuple[str, ...]


class Review(Frozen):
    charts: int = Field(description="without those for training")
    read_twice: int
    abstractors: int
    differences: int = Field(description="answers of two abstractors that differed")
    adjudicated: int = Field(description="of the differences, those that were decided")
    form_versions: int
    blinded: bool
    entries: int = Field(description="of the log")
    log_hash: str = Field(description="of the log's last entry, which stands for all of it")
    locked_at: str = Field(default="", description="ISO 8601, UTC; empty where it is not locked")
    lock_hash: str = ""
    fields: tuple[ReviewField, ...]
    quality: tuple[ReviewCriterion, ...]
