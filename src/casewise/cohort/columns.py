"""The dataset's columns: what the statement selects, and how the answer is read back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlglot import exp

from casewise.cohort import sql
from casewise.cohort.dataset import (
    KNOWN,
    NOT_APPLICABLE,
    NOT_DOCUMENTED,
    Bools,
    Covariate,
    Exposure,
    Floats,
    Happening,
    OutcomeColumns,
    TreatmentColumns,
)
from casewise.cohort.sql import column
from casewise.cohort.statement import Asked, Statement
from casewise.engine import Columns
from casewise.protocol.model import AFTER_INDEX, ANY_TIME, Criterion, Harm, Outcome, Study
from casewise.protocol.resolve import (
    covariate_event,
    covariate_type,
    covariate_window,
    duration_ends,
    label,
    outcome_window,
    recorded_for,
    takes_value,
    treatment_event,
)
from casewise.protocol.time import INDEX, Duration, TimePoint, Window, bounds

BEFORE_DAY_0 = Window(TimePoint(sign=-1), TimePoint(sign=-1, offset=Duration(1, "day")))


class Reader:
    """Selects columns under numbered names and reads them back from the answer."""

    def __init__(self, study: Study, statement: Statement) -> None:
        self.study = study
        self.statement = statement
        self._names: dict[exp.Expression, str] = {}

    @property
    def selected(self) -> dict[str, exp.Expression]:
        return {name: value for value, name in self._names.items()}

    def select(self, value: exp.Expression, stem: str) -> str:
        """The name of the column with ``value``, which is selected once."""
        return self._names.setdefault(value, f"{stem}_{len(self._names) + 1}")

    @staticmethod
    def days(values: NDArray[Any]) -> Floats:
        """Whole days or numbers as floats, NaN where SQL said null."""
        return np.asarray(np.ma.filled(np.ma.asarray(values).astype(np.float64), np.nan))

    @staticmethod
    def flags(values: NDArray[Any]) -> Bools:
        return np.asarray(np.ma.filled(np.ma.asarray(values).astype(np.int64), 0) > 0)

    def day(self, date: exp.Expression | None, stem: str) -> Callable[[Columns], Floats]:
        """Days from the index date to ``date``; NaN throughout for ``None``."""
        if date is None:
            return lambda answer: np.full(len(answer["person"]), np.nan)
        name = self.select(sql.days_between(column("index_date", "b"), date), stem)
        return lambda answer: self.days(answer[name])

    def happening(self, events: tuple[str, ...], window: Window) -> Callable[[Columns], Happening]:
        """Any of ``events`` in ``window``; unknown where one may have happened and none did."""
        parts = [self._one(self.statement.ask(event, window)) for event in events]

        def read(answer: Columns) -> Happening:
            each = [part(answer) for part in parts]
            day = np.fmin.reduce([one.day for one in each])
            undated = np.logical_or.reduce([one.undated for one in each])
            unknown = np.logical_or.reduce([one.unknown for one in each])
            count = np.add.reduce([one.count for one in each])
            inapplicable = np.logical_and.reduce([one.inapplicable for one in each])
            none = np.isnan(day) & ~undated
            return Happening(day, count, undated, unknown & none, inapplicable & none & ~unknown)

        return read

    def _one(self, asked: Asked) -> Callable[[Columns], Happening]:
        first = self.day(asked.first, "day")
        count = self.select(asked.count, "count")
        undated = self.select(asked.undated, "undated")
        unknown = self.select(asked.unknown, "unknown")
        inapplicable = self.select(asked.inapplicable, "inapplicable")

        def read(answer: Columns) -> Happening:
            return Happening(
                first(answer),
                np.asarray(answer[count], dtype=np.int64),
                self.flags(answer[undated]),
                self.flags(answer[unknown]),
                self.flags(answer[inapplicable]),
            )

        return read

    def outcome(self, name: str, outcome: Outcome | Harm) -> Callable[[Columns], OutcomeColumns]:
        if isinstance(outcome, Outcome) and outcome.time is not None:
            return self._duration(name, outcome)
        if isinstance(outcome, Outcome) and outcome.days_free_of is not None:
            return self._days_free(name, outcome)
        if isinstance(outcome, Outcome) and outcome.take is not None:
            return self._taken(name, outcome)
        window = outcome_window(outcome)
        events = outcome.events if isinstance(outcome, Outcome) else (outcome.event,)
        event = self.happening(events, window)
        opens = self.day(self._date(window.start), "opens")
        closes = self.day(self._date(window.end), "closes")
        competing = self._competing(outcome)
        by_rank = isinstance(outcome, Outcome) and outcome.ranked is not None
        ranked = [self.happening((one,), window) for one in events] if by_rank else []

        def read(answer: Columns) -> OutcomeColumns:
            return OutcomeColumns(
                name,
                event=event(answer),
                competing=competing(answer) if competing else None,
                opens=opens(answer),
                closes=closes(answer),
                ranked=tuple(one(answer) for one in ranked),
            )

        return read

    def _competing(self, outcome: Outcome | Harm) -> Callable[[Columns], Happening] | None:
        if isinstance(outcome, Outcome) and outcome.competing is not None:
            return self.happening((outcome.competing,), AFTER_INDEX)
        return None

    def _duration(self, name: str, outcome: Outcome) -> Callable[[Columns], OutcomeColumns]:
        ends = duration_ends(self.study, outcome.time or "")
        if ends is None:
            raise ValueError(f'"{outcome.time}" is not a duration between two known events')
        start_event, end_event = ends
        start = column("index_date", "b")
        if start_event != INDEX:
            start = self.statement.anchor(start_event)  # type: ignore[assignment]
        starts = self.day(start, "starts")
        ends_at = self.day(self.statement.first_from(end_event, start_event), "ends")
        competing = self._competing(outcome)

        def read(answer: Columns) -> OutcomeColumns:
            return OutcomeColumns(
                name,
                competing=competing(answer) if competing else None,
                starts=starts(answer),
                ends=ends_at(answer),
            )

        return read

    def _taken(self, name: str, outcome: Outcome) -> Callable[[Columns], OutcomeColumns]:
        """A number taken of the values recorded with an event."""
        event, window = outcome.events[0], outcome_window(outcome)
        value = self.select(self.statement.take(event, window, outcome.take or "last"), "value")
        return lambda answer: OutcomeColumns(name, values=self.days(answer[value]))

    def _days_free(self, name: str, outcome: Outcome) -> Callable[[Columns], OutcomeColumns]:
        """Of the days after day 0 up to the horizon, those alive and without the events. Not known
        of who was lost before the horizon, or where an occurrence has no date."""
        assert outcome.within is not None
        horizon = TimePoint(INDEX, 1, outcome.within)
        closes = self.day(self._date(horizon), "closes")
        died = self.day(column("death_date", "b"), "died")
        watched = self.day(column("watched_until", "b"), "watched")
        pair = self.statement.days_taken(outcome.events, outcome.within)
        taken, doubt = self.select(pair[0], "taken"), self.select(pair[1], "doubt")

        def read(answer: Columns) -> OutcomeColumns:
            last, death = closes(answer), died(answer)
            alive = np.fmin(last, death - 1).clip(min=0)
            values = (alive - self.days(answer[taken])).clip(min=0)
            dead = death <= last
            lost = (watched(answer) < last) & ~dead
            values = np.where(lost | self.flags(answer[doubt]), np.nan, values)
            if outcome.if_dead is not None:
                values = np.where(dead, 0.0, values)
            return OutcomeColumns(name, values=values)

        return read

    def _date(self, at: TimePoint) -> exp.Expression | None:
        return sql.point(at, "b", self.statement.anchors)

    def covariate(self, name: str) -> Callable[[Columns], Covariate]:
        kind = covariate_type(self.study, name)
        event = covariate_event(self.study, name)
        if event is not None and takes_value(self.study, name):
            return self._valued(name, event)
        if event is not None:
            return self._event_covariate(name, event)
        if name in ("age", "sex") and name in self.study.baseline:
            value, status = self.select(column(name, "b"), name), ""
        else:
            pair = self.statement.covariate(name)
            value, status = self.select(pair[0], "value"), self.select(pair[1], "status")

        def read(answer: Columns) -> Covariate:
            missing = np.ma.getmaskarray(np.ma.asarray(answer[value]))
            states = _statuses(answer[status], missing) if status else _absent(missing)
            if kind == "number":
                return self._covariate(name, "number", self.days(answer[value]), states)
            texts = np.ma.filled(np.ma.asarray(answer[value]), "").astype(object)
            if kind == "yes or no":
                return self._covariate(name, "yes/no", texts == "yes", states)
            return self._covariate(name, "category", texts, states)

        return read

    def _valued(self, name: str, event: str) -> Callable[[Columns], Covariate]:
        """A number taken of the values recorded with an event."""
        which = self.study.baseline[name].take or "last"
        window = covariate_window(self.study, name)
        value = self.select(self.statement.take(event, window, which), "value")

        def read(answer: Columns) -> Covariate:
            values = self.days(answer[value])
            return self._covariate(name, "number", values, _absent(np.isnan(values)))

        return read

    def _event_covariate(self, name: str, event: str) -> Callable[[Columns], Covariate]:
        happening = self.happening((event,), covariate_window(self.study, name))

        def read(answer: Columns) -> Covariate:
            asked = happening(answer)
            states = np.where(asked.unknown, NOT_DOCUMENTED, KNOWN)
            states = np.where(asked.inapplicable, NOT_APPLICABLE, states).astype(np.int8)
            return self._covariate(name, "yes/no", asked.happened, states)

        return read

    def _covariate(
        self, name: str, kind: Any, values: NDArray[Any], status: NDArray[np.int8]
    ) -> Covariate:
        definition = self.study.baseline[name]
        levels = definition.choices
        if kind == "category" and not levels:
            levels = tuple(sorted(set(values[status == KNOWN].tolist())))
        unit = definition.unit or ("years" if name == "age" else "")
        end = bounds(covariate_window(self.study, name).end)
        return Covariate(
            name=name,
            label=label(self.study, name),
            unit=unit,
            kind=kind,
            values=values,
            status=status,
            levels=levels if kind == "category" else (),
            summary=definition.summary or "median",
            after_index=definition.after_index is not None or (end is not None and end[1] > 0),
        )

    def exposure(self, rule: Criterion) -> Callable[[Columns], Exposure] | None:
        event = rule.event
        if event is None:
            return None
        asked = [
            self.happening((event,), window)
            for window in (rule.window(AFTER_INDEX), BEFORE_DAY_0, ANY_TIME)
        ]
        return lambda answer: Exposure(event, *(read(answer) for read in asked))

    def treatment(self, name: str) -> Callable[[Columns], TreatmentColumns]:
        event = treatment_event(self.study, name)
        window = self.study.treatments[name].window(ANY_TIME)
        received = self.happening((event,), window)
        if not self.statement.lines & {event, *recorded_for(self.study, event)}:
            return lambda answer: TreatmentColumns(
                name, received(answer), np.full(len(answer["person"]), np.nan)
            )
        line = self.select(self.statement.take(event, window, "first"), "line")

        def read(answer: Columns) -> TreatmentColumns:
            return TreatmentColumns(name, received(answer), self.days(answer[line]))

        return read


class Readers:
    """Everything the dataset is read from."""

    def __init__(self, reader: Reader) -> None:
        study = reader.study
        self._baseline = [reader.covariate(name) for name in study.baseline]
        self._outcomes = {n: reader.outcome(n, outcome) for n, outcome in study.outcomes.items()}
        self._harms = {n: reader.outcome(n, harm) for n, harm in study.harms.items()}
        self._treatments = [reader.treatment(name) for name in study.treatments]
        rules = {name: rule for name, rule in study.arms.items() if rule != "otherwise"}
        exposures = {name: reader.exposure(rule) for name, rule in rules.items()}
        self._exposures = {name: read for name, read in exposures.items() if read is not None}

    def collect(self, answer: Columns) -> dict[str, Any]:
        return {
            "baseline": tuple(read(answer) for read in self._baseline),
            "outcomes": {name: read(answer) for name, read in self._outcomes.items()},
            "harms": {name: read(answer) for name, read in self._harms.items()},
            "treatments": tuple(read(answer) for read in self._treatments),
            "exposures": {name: read(answer) for name, read in self._exposures.items()},
        }


def dataset_columns(study: Study, statement: Statement) -> tuple[str, Readers]:
    """The dataset's SQL, and what reads its answer."""
    reader = Reader(study, statement)
    readers = Readers(reader)
    index = column("index_date", "b")
    death = column("death_date", "b")
    known: dict[str, exp.Expression] = {
        "person": column("person", "b"),
        "arm": column("arm", "b"),
        "index_date": index,
        "follow_up": sql.days_between(index, column("watched_until", "b")),
        "death": sql.days_between(index, death),
    }
    query = statement.select({**known, **reader.selected})
    return query.sql("duckdb", pretty=True), readers


def _absent(missing: NDArray[np.bool_]) -> NDArray[np.int8]:
    return np.where(missing, NOT_DOCUMENTED, KNOWN).astype(np.int8)


def _statuses(values: NDArray[Any], missing: NDArray[np.bool_]) -> NDArray[np.int8]:
    """No row at all, or a known status without a value, is not documented."""
    texts = np.ma.filled(np.ma.asarray(values), "").astype(object)
    states = np.where((texts == "occurred") & ~missing, KNOWN, NOT_DOCUMENTED)
    return np.where(texts == "not applicable", NOT_APPLICABLE, states).astype(np.int8)
