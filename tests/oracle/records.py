"""The canonical tables as lists of dicts, and one patient's share of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from casewise.protocol.model import Study

Row = dict[str, Any]


@dataclass(frozen=True)
class Rows:
    """The rows of ``person``, ``observation`` and ``event`` (see ``casewise.records.canonical``).

    ``undated`` and ``periods`` are those of ``casewise.records.canonical.Records``.
    """

    person: list[Row] = field(default_factory=list)
    observation: list[Row] = field(default_factory=list)
    event: list[Row] = field(default_factory=list)
    undated: frozenset[str] = frozenset()
    periods: bool = False


@dataclass(frozen=True)
class Chart:
    """All that the records hold of one patient. ``index_date`` is None until it is found."""

    study: Study
    person: Row
    periods: list[Row]
    events: list[Row]
    undated: frozenset[str]
    index_date: date | None = None


def charts(study: Study, rows: Rows) -> list[Chart]:
    """One chart a person, in the order of their identifiers."""
    made = []
    for person in sorted(rows.person, key=lambda row: row["person"]):
        mine = person["person"]
        periods = [row for row in rows.observation if row["person"] == mine]
        events = [row for row in rows.event if row["person"] == mine]
        made.append(Chart(study, person, periods, events, rows.undated))
    return made
