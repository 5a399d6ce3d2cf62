"""The dataset from a landmark day on: who is still watched then, and what happens after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from casewise.cohort.dataset import (
    Covariate,
    Dataset,
    Exposure,
    Floats,
    Happening,
    Occurrences,
    OutcomeColumns,
    TimelineMark,
    TreatmentColumns,
)
from casewise.protocol.model import Study
from casewise.results import AttritionStep

Rows = NDArray[np.intp]


def from_landmark(dataset: Dataset, study: Study, day: int) -> Dataset:
    """The patients alive and watched after ``day``, each outcome counted from the day after it.

    Whoever had an outcome by then is marked ``before`` for that outcome, and one whose duration
    had ended has none. Days stay those since the index date.
    """
    gone = (dataset.death <= day) | (dataset.follow_up <= day)
    kept = np.flatnonzero(~gone)
    places = {int(old): new for new, old in enumerate(kept)}
    outcomes = {}
    for name, columns in dataset.outcomes.items():
        once = study.outcomes[name].kind in ("binary", "time to event", "ranked")
        outcomes[name] = _late(_of(columns, kept), day, once=once)
    marks = [m for m in dataset.timeline if m.row in places]
    return replace(
        dataset,
        patient=dataset.patient[kept],
        arm=dataset.arm[kept],
        index_date=dataset.index_date[kept],
        follow_up=dataset.follow_up[kept],
        death=dataset.death[kept],
        attrition=(*dataset.attrition, step(int((~gone).sum()), int(gone.sum()), day)),
        baseline=tuple(_covariate(covariate, kept) for covariate in dataset.baseline),
        outcomes=outcomes,
        harms={n: _late(_of(c, kept), day, once=False) for n, c in dataset.harms.items()},
        treatments=tuple(
            TreatmentColumns(t.name, _happening(t.received, kept), t.line[kept])
            for t in dataset.treatments
        ),
        exposures={n: _exposure(e, kept) for n, e in dataset.exposures.items()},
        timeline=tuple(TimelineMark(places[m.row], m.event, m.day) for m in marks),
    )


def step(remaining: int, excluded: int, day: int) -> AttritionStep:
    """Who is left at the landmark."""
    return AttritionStep(
        criterion=f"Alive and watched after day {day}",
        kind="include",
        remaining=remaining,
        excluded=excluded,
        text=f"The landmark: groups are as they are on day {day}, and outcomes count from then on.",
    )


def _late(columns: OutcomeColumns, day: int, *, once: bool) -> OutcomeColumns:
    """``once``: an outcome that happens once, so that who had it by ``day`` is out of it."""
    if columns.event is None:
        over = columns.ends <= day
        ends = np.where(over, np.nan, columns.ends)
        return replace(columns, starts=np.fmax(columns.starts, day), ends=ends)
    opens = np.fmax(columns.opens, day + 1.0)
    event = columns.event
    if columns.occurrences is not None:
        return _recounted(columns, event, opens)
    before = np.asarray(event.day < opens) if once else np.zeros(len(opens), dtype=np.bool_)
    if before.any():
        event = replace(
            event,
            day=np.where(before, np.nan, event.day),
            count=np.where(before, 0, event.count),
        )
    return replace(columns, event=event, opens=opens, before=before)


def _recounted(columns: OutcomeColumns, event: Happening, opens: Floats) -> OutcomeColumns:
    """Of an outcome that is counted, the occurrences from ``opens`` on."""
    found = columns.occurrences
    assert found is not None
    later = found.day >= opens[found.row]
    row, day = found.row[later], found.day[later]
    first = np.full(len(opens), np.inf)
    np.minimum.at(first, row, day)
    event = replace(
        event,
        day=np.where(np.isinf(first), np.nan, first),
        count=np.bincount(row, minlength=len(opens)).astype(np.int64),
    )
    return replace(columns, event=event, opens=opens, occurrences=Occurrences(row, day))


def _of(columns: OutcomeColumns, rows: Rows) -> OutcomeColumns:
    def cut(values: Floats) -> Floats:
        return values[rows] if len(values) else values

    occurrences = columns.occurrences
    if occurrences is not None:
        place = np.full(len(columns.opens), -1, dtype=np.intp)
        place[rows] = np.arange(len(rows))
        kept = place[occurrences.row] >= 0
        occurrences = Occurrences(place[occurrences.row[kept]], occurrences.day[kept])

    return replace(
        columns,
        event=None if columns.event is None else _happening(columns.event, rows),
        competing=None if columns.competing is None else _happening(columns.competing, rows),
        opens=cut(columns.opens),
        closes=cut(columns.closes),
        starts=cut(columns.starts),
        ends=cut(columns.ends),
        values=cut(columns.values),
        ranked=tuple(_happening(one, rows) for one in columns.ranked),
        occurrences=occurrences,
    )


def _happening(asked: Happening, rows: Rows) -> Happening:
    return Happening(
        asked.day[rows],
        asked.count[rows],
        asked.undated[rows],
        asked.unknown[rows],
        asked.inapplicable[rows],
    )


def _exposure(exposure: Exposure, rows: Rows) -> Exposure:
    parts = (exposure.in_window, exposure.before, exposure.ever)
    return Exposure(exposure.event, *(_happening(part, rows) for part in parts))


def _covariate(covariate: Covariate, rows: Rows) -> Covariate:
    return replace(covariate, values=covariate.values[rows], status=covariate.status[rows])
