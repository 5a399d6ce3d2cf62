"""One patient explained: what the records hold, and why the study made of them what it did.

Everything here is a patient's data. It is answered to whoever asks, and written down nowhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import sqlglot
from sqlglot import exp

from casewise.cohort import sql
from casewise.cohort.attrition import MATCHED
from casewise.cohort.build import make_cohort
from casewise.cohort.columns import dataset_columns
from casewise.cohort.criteria import condition
from casewise.cohort.dataset import KNOWN, NOT_APPLICABLE, Covariate, Happening, OutcomeColumns
from casewise.cohort.sql import text
from casewise.cohort.statement import Statement
from casewise.errors import Problem, RecordsError
from casewise.protocol.model import (
    AFTER_INDEX,
    ANY_TIME,
    BEFORE_INDEX,
    Criterion,
    Harm,
    Outcome,
    Study,
)
from casewise.protocol.resolve import (
    covariate_event,
    covariate_window,
    deaths,
    duration_ends,
    outcome_window,
    recorded_for,
    treatment_event,
)
from casewise.protocol.time import INDEX, Window
from casewise.protocol.words import definitions, question
from casewise.records.canonical import Records
from casewise.records.sql_text import code_in_words

NOT_SAID = "not documented"
Kind = Literal["index", "include", "exclude", "arm", "baseline", "outcome", "harm", "treatment"]


@dataclass(frozen=True)
class Row:
    """One row of the records. ``day`` counts from the index date; ``source`` says where it
    stands: the file's line and column, or the table and the row's id. ``code`` is what it is coded
    as in event records, with its name."""

    event: str
    source: str
    date: str | None = None
    end: str | None = None
    day: int | None = None
    value: str = ""
    status: str = "occurred"
    code: str = ""


@dataclass(frozen=True)
class Answer:
    """What the study made of one of its questions, and the rows it rests on. ``parts`` are those
    of a criterion that joins others."""

    kind: Kind
    name: str
    text: str
    answer: str
    rows: tuple[Row, ...] = ()
    parts: tuple[Answer, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """``left_at`` names the step that the patient did not pass, ``arm`` the arm; both are empty
    where there is none. ``watched`` is from when until when, as far as the records say. ``answers``
    are empty for who has no index date; ``unwatched`` says that nobody watched on what would be."""

    patient: str
    title: str
    index_date: str | None
    left_at: str
    arm: str
    watched: tuple[str | None, str | None]
    timeline: tuple[Row, ...]
    answers: tuple[Answer, ...] = field(default=())
    unwatched: bool = False


# Of a patient without the index event, who is not in the table of the cohort.
_NO_INDEX = {"index_date": None, "left_at": 0, "arm": None}
_NO_INDEX |= {"watched_since": None, "watched_until": None, "unwatched": False}


def explain(study: Study, records: Records, patient: str, file: str = "") -> Explanation:
    """What the study made of one patient. ``file`` is the table that a chart's rows stand in.

    Raises ``RecordsError`` where the records have no such patient."""
    engine = records.engine
    known = f"CAST(person AS VARCHAR) = {text(patient).sql('duckdb')}"
    if not len(engine.query(f"SELECT 1 AS one FROM person WHERE {known}")["one"]):
        raise RecordsError(
            Problem("there is no such patient in these records", file or records.name)
        )
    make_cohort(study, records, whole=True)
    told = _NO_INDEX | _first(engine.query(f"SELECT * FROM cohort WHERE {known}"))
    rows = _rows(records, known, told["index_date"], file)
    made = Explanation(
        patient=patient,
        title=study.title,
        index_date=_iso(told["index_date"]),
        left_at=_left_at(study, told["left_at"]),
        arm="" if told["arm"] is None else list(study.arms)[told["arm"]],
        watched=(_iso(told["watched_since"]), _iso(told["watched_until"])),
        timeline=rows,
        unwatched=bool(told["unwatched"]),
    )
    if told["index_date"] is None:
        return made
    until = told["watched_until"] if records.periods else None
    fatal = deaths(study)
    seen = [
        row
        for row in rows
        if until is None or row.date is None or row.date <= until.isoformat() or row.event in fatal
    ]
    asked = _Asked(study, records, known, tuple(seen), told["index_date"])
    return Explanation(**{**vars(made), "answers": tuple(asked.answers())})


def _first(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: plain(values[0]) for name, values in answer.items() if len(values)}


def plain(value: Any) -> Any:
    """A value of a query as Python's own: None for null, dates as dates."""
    if value is np.ma.masked or value is None:
        return None
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else value.astype("datetime64[D]").item()
    return value.item() if isinstance(value, np.generic) else value


def _iso(date: dt.date | None) -> str | None:
    return None if date is None else date.isoformat()


def _left_at(study: Study, step: int | None) -> str:
    if step is None:
        return ""
    names = [study.cohort.index, *study.cohort.include, *study.cohort.exclude, MATCHED]
    return names[step]


def _rows(records: Records, known: str, index: dt.date | None, file: str) -> tuple[Row, ...]:
    """The patient's rows as the study sees them, in the order of time."""
    found = records.engine.query(
        'SELECT code, start, "end", value, unit, text, status, source FROM event '
        f"WHERE {known} ORDER BY start NULLS LAST, code, source"
    )
    coded = _codes(records, known)
    made = []
    for number in range(len(found["code"])):
        told = {name: plain(values[number]) for name, values in found.items()}
        start, end = told["start"], told["end"]
        value = "" if told["value"] is None else f"{told['value']:g} {told['unit'] or ''}".strip()
        made.append(
            Row(
                event=told["code"],
                source=f"{file}, {told['source']}" if file else str(told["source"]),
                date=_iso(start),
                end=_iso(end),
                day=None if start is None or index is None else (start - index).days,
                value=value or told["text"] or "",
                status=told["status"],
                code=coded.get(str(told["source"]), ""),
            )
        )
    return tuple(made)


def _codes(records: Records, known: str) -> dict[str, str]:
    """What each of the patient's records is coded as, by its source: several codings of one record
    stand one after another."""
    if not records.codings:
        return {}
    found = records.engine.query(
        f"SELECT source, vocabulary, code, name FROM ({records.codings}) AS c WHERE {known} "
        "AND code IS NOT NULL ORDER BY source, vocabulary, code"
    )
    coded: dict[str, list[str]] = {}
    for number in range(len(found["source"])):
        told = {name: plain(values[number]) for name, values in found.items()}
        coded.setdefault(str(told["source"]), []).append(code_in_words(told))
    return {source: "; ".join(dict.fromkeys(codes)) for source, codes in coded.items()}


class _Asked:
    """Puts each question of the study to one patient's records."""

    def __init__(
        self,
        study: Study,
        records: Records,
        known: str,
        rows: tuple[Row, ...],
        index: dt.date,
    ) -> None:
        self.study, self.records, self.rows, self.index = study, records, rows, index
        self.known = known
        self.words: dict[tuple[str, str], str] = {
            (item.part, item.term): item.text for item in definitions(study)
        }

    def answers(self) -> Iterator[Answer]:
        index = self.study.cohort.index
        event = self.study.cohort.index_event
        here = [row for row in self._of((event,)) if self.index.isoformat() in (row.date, row.end)]
        text_ = self.words.get(("index", index), "")
        yield Answer("index", index, text_, self.index.isoformat(), tuple(here))
        yield from self._criteria()
        yield from self._columns()

    # -- criteria and arms ------------------------------------------------------------------------

    def _criteria(self) -> Iterator[Answer]:
        """Each criterion and arm, with every criterion inside it, by one statement."""
        statement = Statement(self.study, self.records, self._base())
        columns: dict[str, exp.Expression] = {}
        asked: list[tuple[Kind, str, Criterion, Window]] = []
        cohort = self.study.cohort
        asked += [("include", n, c, BEFORE_INDEX) for n, c in cohort.include.items()]
        asked += [("exclude", n, c, BEFORE_INDEX) for n, c in cohort.exclude.items()]
        asked += [
            ("arm", n, c, AFTER_INDEX)
            for n, c in self.study.arms.items()
            if isinstance(c, Criterion)
        ]
        for number, (_, _, criterion, default) in enumerate(asked):
            for path, part in _inside(f"c{number}", criterion):
                columns[path] = condition(statement, part, default)
                self._window_columns(statement, path, part, default, columns)
        told = _first(self.records.engine.query(statement.select(columns).sql("duckdb")))
        for number, (kind, name, criterion, default) in enumerate(asked):
            sentence = self.words.get((kind, name), "")
            yield self._answer(kind, name, sentence, f"c{number}", criterion, default, told)

    def _window_columns(
        self,
        statement: Statement,
        path: str,
        part: Criterion,
        default: Window,
        columns: dict[str, exp.Expression],
    ) -> None:
        if part.event is not None:
            self._ends(statement, path, part.window(default), columns)
        elif part.covariate is not None and part.covariate in self.study.baseline:
            window = covariate_window(self.study, part.covariate)
            self._ends(statement, path, window, columns)

    @staticmethod
    def _ends(
        statement: Statement, path: str, window: Window, columns: dict[str, exp.Expression]
    ) -> None:
        for key, at in (("from", window.start), ("to", window.end)):
            if at.anchor != INDEX:
                statement.anchor(at.anchor)
            date = sql.point(at, "b", statement.anchors)
            columns[f"{path}_{key}"] = exp.cast(exp.null(), "DATE") if date is None else date

    def _answer(
        self,
        kind: Kind,
        name: str,
        sentence: str,
        path: str,
        criterion: Criterion,
        default: Window,
        told: dict[str, Any],
    ) -> Answer:
        held = {True: "yes", False: "no", None: NOT_SAID}[told[path]]
        parts = tuple(
            self._answer(kind, "", question(self.study, part, default), inner, part, default, told)
            for inner, part in _parts(path, criterion)
        )
        names: tuple[str, ...] = ()
        if criterion.event is not None:
            names = (criterion.event,)
        elif criterion.covariate is not None:
            names = self._covariate_names(criterion.covariate)
        found = self._within(names, told.get(f"{path}_from"), told.get(f"{path}_to"))
        return Answer(kind, name, sentence, held, found, parts)

    # -- covariates, outcomes, harms, treatments --------------------------------------------------

    def _columns(self) -> Iterator[Answer]:
        query, readers = dataset_columns(
            self.study, Statement(self.study, self.records, self._base())
        )
        answer = self.records.engine.query(query)
        found = readers.collect(answer)
        ends = self._all_windows()
        for one in found["baseline"]:
            rows = self._within(self._covariate_names(one.name), *ends["baseline", one.name])
            sentence = self.words.get(("baseline", one.name), "")
            yield Answer("baseline", one.name, sentence, _covariate(one), rows)
        for kind, section in (("outcome", "outcomes"), ("harm", "harms")):
            for name, columns in found[section].items():
                asked = getattr(self.study, section)[name]
                rows = self._outcome_rows(asked, columns, ends.get((kind, name), (None, None)))
                sentence = self.words.get((kind, name), "")
                yield Answer(kind, name, sentence, _outcome(columns, asked), rows)  # type: ignore[arg-type]
        for treatment in found["treatments"]:
            event = treatment_event(self.study, treatment.name)
            rows = self._within((event,), *ends["treatment", treatment.name])
            sentence = self.words.get(("treatment", treatment.name), "")
            yield Answer("treatment", treatment.name, sentence, _happened(treatment.received), rows)

    def _all_windows(self) -> dict[tuple[str, str], tuple[dt.date | None, dt.date | None]]:
        """The first and the last day of each covariate's, outcome's, harm's and treatment's
        window; None where it has none."""
        study = self.study
        windows: dict[tuple[str, str], Window] = {}
        windows |= {("baseline", n): covariate_window(study, n) for n in study.baseline}
        windows |= {
            ("outcome", n): outcome_window(o)
            for n, o in study.outcomes.items()
            if o.kind != "duration"
        }
        windows |= {("harm", n): outcome_window(h) for n, h in study.harms.items()}
        windows |= {("treatment", n): t.window(ANY_TIME) for n, t in study.treatments.items()}
        statement = Statement(study, self.records, self._base())
        columns: dict[str, exp.Expression] = {}
        for number, window in enumerate(windows.values()):
            self._ends(statement, f"w{number}", window, columns)
        if not columns:
            return {}
        told = _first(self.records.engine.query(statement.select(columns).sql("duckdb")))
        return {
            key: (told[f"w{number}_from"], told[f"w{number}_to"])
            for number, key in enumerate(windows)
        }

    def _outcome_rows(
        self,
        asked: Outcome | Harm,
        columns: OutcomeColumns,
        ends: tuple[dt.date | None, dt.date | None],
    ) -> tuple[Row, ...]:
        if isinstance(asked, Harm):
            return self._within((asked.event,), *ends)
        names = asked.events
        if asked.time is not None:
            start, end = duration_ends(self.study, asked.time) or (INDEX, INDEX)
            names = tuple(one for one in (start, end) if one != INDEX)
            days = {float(d[0]) for d in (columns.starts, columns.ends) if len(d)}
            found = [row for row in self._of(names) if row.day in days or self._ends_on(row, days)]
        else:
            found = list(self._within(names, *ends))
        if asked.competing is not None:
            found += self._within((asked.competing,), self.index, None)
        return tuple(dict.fromkeys(found))

    def _ends_on(self, row: Row, days: set[float]) -> bool:
        if row.end is None:
            return False
        return float((dt.date.fromisoformat(row.end) - self.index).days) in days

    # -- rows -------------------------------------------------------------------------------------

    def _base(self) -> exp.Select:
        return sqlglot.select("*").from_("cohort").where(self.known)

    def _covariate_names(self, name: str) -> tuple[str, ...]:
        if name not in self.study.baseline:
            return ()
        return (covariate_event(self.study, name) or name,)

    def _of(self, names: tuple[str, ...]) -> list[Row]:
        """The rows of events (of those behind them, where they are made of others) and
        covariates."""
        recorded = {one for name in names for one in (recorded_for(self.study, name) or (name,))}
        return [row for row in self.rows if row.event in recorded]

    def _within(
        self, names: tuple[str, ...], first: dt.date | None, last: dt.date | None
    ) -> tuple[Row, ...]:
        """Those that start or end from ``first`` to ``last``, and those without a date."""

        def inside(date: str | None) -> bool:
            if date is None:
                return False
            day = dt.date.fromisoformat(date)
            return (first is None or day >= first) and (last is None or day <= last)

        return tuple(
            row
            for row in self._of(names)
            if row.date is None or inside(row.date) or inside(row.end)
        )


def _inside(path: str, criterion: Criterion) -> Iterator[tuple[str, Criterion]]:
    yield path, criterion
    for inner, part in _parts(path, criterion):
        yield from _inside(inner, part)


def _parts(path: str, criterion: Criterion) -> list[tuple[str, Criterion]]:
    own = (criterion.not_,) if criterion.not_ is not None else ()
    parts = (*(criterion.any_of or ()), *(criterion.all_of or ()), *own)
    return [(f"{path}_{number}", part) for number, part in enumerate(parts)]


def _covariate(one: Covariate) -> str:
    if one.status[0] != KNOWN:
        return "not applicable" if one.status[0] == NOT_APPLICABLE else NOT_SAID
    value = one.values[0]
    if one.kind == "yes/no":
        return "yes" if value else "no"
    if one.kind == "number":
        return f"{value:g} {one.unit}".strip()
    return str(value)


def _happened(one: Happening) -> str:
    if not np.isnan(one.day[0]):
        times = f", {one.count[0]} times in all" if one.count[0] > 1 else ""
        return f"yes, on day {one.day[0]:g}{times}"
    if one.undated[0]:
        return "yes, without a date"
    if one.unknown[0]:
        return NOT_SAID
    return "not applicable" if one.inapplicable[0] else "no"


def _outcome(columns: OutcomeColumns, asked: Outcome | Harm) -> str:
    competing = ""
    if columns.competing is not None and not np.isnan(columns.competing.day[0]):
        competing = f"; the competing event on day {columns.competing.day[0]:g}"
    if len(columns.values):
        value = columns.values[0]
        unit = "days"
        if isinstance(asked, Outcome) and asked.take is not None:
            unit = asked.unit or ""
        return NOT_SAID if np.isnan(value) else f"{value:g} {unit}".strip()
    if len(columns.starts):
        start, end = columns.starts[0], columns.ends[0]
        if np.isnan(end) or np.isnan(start):
            return f"no end in the records{competing}"
        return f"{end - start:g} days, from day {start:g} to day {end:g}{competing}"
    assert columns.event is not None
    return _happened(columns.event) + competing
