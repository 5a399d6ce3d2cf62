"""What a recheck answers with: frozen values, each with a sentence for a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# The printed figure is what the named computation gives.
MATCHES = "matches"
# Nothing that was tried can give the printed figure.
IMPOSSIBLE = "cannot be produced"
# A search that could not look at everything found nothing that gives the figure.
NOT_FOUND = "not found"
# Two printed figures contradict each other, or a re-analysis differs.
DIFFERS = "does not match"
# Nothing can be said, and the answer says why.
OPEN = "not checked"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one printed figure.

    ``figure`` names it ("percentage, plasma exchange"), ``printed`` is its text in the paper,
    ``verdict`` one of the five words above, ``answer`` the sentence, and ``detail`` the numbers
    behind it, plain values fit for JSON.
    """

    figure: str
    printed: str
    verdict: str
    answer: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reanalysis:
    """One exact method on the counts that the figures stand for."""

    method: str
    p_value: float | None
    measure: str = ""
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class OutcomeAnswers:
    """All answers for one outcome; ``counts`` are ``(events_1, n_1, events_0, n_0)`` if known."""

    name: str
    answers: tuple[Answer, ...]
    counts: tuple[int, int, int, int] | None = None
    reanalysis: tuple[Reanalysis, ...] = ()
    fragility: str = ""


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A P value among all reported, before and after Holm's adjustment."""

    outcome: str
    p_value: float
    origin: str
    adjusted: float


@dataclass(frozen=True, slots=True)
class Recheck:
    """The whole recheck of one paper."""

    title: str
    source: str
    alpha: float
    arms: dict[str, int]
    outcomes: tuple[OutcomeAnswers, ...]
    multiplicity: tuple[Adjusted, ...]
    nested: tuple[str, ...]
    notes: tuple[str, ...] = ()
