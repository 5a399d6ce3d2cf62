"""One SQL statement over a base of patients, and the questions put to their events.

A statement starts from a ``base`` table expression (``person``, ``index_date`` and what is known
of each patient) and grows named parts: each event's occurrences, the first of an event that a
window hangs on, and for each event one table with the answers to every question asked of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import sqlglot
from sqlglot import exp

from casewise.cohort import sql
from casewise.cohort.covariates import covariate_rows, one_row_each
from casewise.cohort.names import Names
from casewise.cohort.occurrences import (
    any_of,
    days_taken,
    ends,
    event_rows,
    is_plain,
    later,
    made_of,
    one_day,
    recorded_columns,
    taken,
    union_of,
    valued,
    while_watched,
)
from casewise.cohort.sql import column, filtered, number, text
from casewise.protocol.model import Study
from casewise.protocol.resolve import covariate_type, covariate_window
from casewise.protocol.time import INDEX, Duration, Window
from casewise.records.canonical import Records

Parts: TypeAlias = dict[str, exp.Query]
Q = TypeVar("Q", bound=exp.Query)


@dataclass(frozen=True)
class Asked:
    """The answer columns of one event in one window, for each patient of the base."""

    count: exp.Expression
    first: exp.Expression
    undated: exp.Expression
    unknown: exp.Expression
    inapplicable: exp.Expression

    def at_most(self, most: int) -> exp.Expression:
        """Whether no more than ``most`` occurrences with a date are in the window; null where
        there may be more."""
        more = exp.GT(this=self.count, expression=number(most))
        return sql.case((more, exp.false()), (self.in_doubt, exp.null())).else_(exp.true())

    @property
    def in_doubt(self) -> exp.Expression:
        """Whether the records leave open how often it happened."""
        return sql.either(
            [exp.GT(this=one.copy(), expression=number(0)) for one in (self.unknown, self.undated)]
        )

    def holds(self, at_least: int = 1) -> exp.Expression:
        """True, false, or null where the records do not say."""
        enough = exp.GTE(this=self.count, expression=number(at_least))
        undated = exp.GT(this=self.undated, expression=number(0))
        unknown = exp.GT(this=self.unknown, expression=number(0))
        yes = sql.either([enough, undated]) if at_least == 1 else enough
        doubt = unknown if at_least == 1 else sql.either([unknown, undated])
        return sql.case((yes, exp.true()), (doubt, exp.null())).else_(exp.false())


class Statement:
    """Collects the parts of one statement in the order that they need each other."""

    def __init__(self, study: Study, records: Records, base: exp.Query) -> None:
        self.study = study
        self._undated = records.undated
        self._certain = {event for event in records.certain if is_plain(study.events[event])}
        self.lines = records.lines
        self._silence_is_no = records.silence_is_no
        self._periods = records.periods
        self._names = Names()
        self._parts: dict[str, exp.Query] = {"base": base}
        self.anchors: dict[str, str] = {}
        self._questions: dict[str, list[Window]] = {}
        self._taken: dict[str, list[tuple[Window, str]]] = {}
        self._covariates: list[str] = []
        self._days: list[str] = []

    # -- what is asked --------------------------------------------------------------------------

    def ask(self, event: str, window: Window) -> Asked:
        """Ask of each patient whether, when and how often ``event`` happened in ``window``."""
        self._anchor_ends(window)
        questions = self._questions.setdefault(event, [])
        if window not in questions:
            questions.append(window)
        table, w = self._names("asked", event), f"w{questions.index(window) + 1}"
        unknown = "doubtful_ever" if _unbounded(window) else "doubtful"
        undated = "dateless" if _unbounded(window) else "undated"

        def tally(name: str) -> exp.Expression:
            return number(0) if event in self._certain else _or_zero(name, table)

        doubts = tally(unknown)
        if sql.hangs_on_event(window):
            doubts = exp.Add(this=doubts, expression=_or_zero(f"{w}_doubt", table))
        return Asked(
            _or_zero(f"{w}_count", table),
            column(f"{w}_first", table),
            tally(undated),
            doubts,
            tally("inapplicable"),
        )

    def take(self, event: str, window: Window, which: str) -> exp.Expression:
        """One value of those recorded with ``event`` in ``window``: first, last, lowest, highest,
        mean or total. Of several on the first or last day, the lowest. The total of none is 0, and
        not known where an occurrence has no value; so is the ``count`` where the records leave it
        open."""
        asked = self.ask(event, window)
        if which == "count":
            return sql.case((exp.Not(this=asked.in_doubt), asked.count))
        taken = self._taken.setdefault(event, [])
        if (window, which) not in taken:
            taken.append((window, which))
        w = f"w{self._questions[event].index(window) + 1}"
        value = column(f"{w}_{which}_value", self._names("asked", event))
        if which != "total":
            return value
        unvalued = _or_zero(f"{w}_unvalued", self._names("asked", event))
        lacking = sql.either([asked.in_doubt, exp.GT(this=unvalued, expression=number(0))])
        total = exp.Coalesce(this=value, expressions=[number(0)])
        return sql.case((exp.Not(this=lacking), total))

    def days_taken(
        self, events: tuple[str, ...], within: Duration
    ) -> tuple[exp.Expression, exp.Expression]:
        """How many of the days after day 0 until the horizon, and before death, have any of
        ``events``; and how many occurrences may be among them for all that the records say."""
        key = f"{' or '.join(events)} within {within}"
        name = self._names("days", key)
        if name not in self._days:
            rows = union_of(
                [sqlglot.select("*").from_(self._occurrences(event)) for event in events]
            )
            self._parts[f"{name}_of"] = rows
            self._parts[name] = days_taken(f"{name}_of", within)
            self._days.append(name)
        return _or_zero("taken", name), _or_zero("doubt", name)

    def _anchor_ends(self, window: Window) -> None:
        for end in (window.start, window.end):
            if end.anchor != INDEX:
                self.anchor(end.anchor)

    def anchor(self, event: str) -> exp.Expression:
        """The date of the first ``event`` on or after the index date."""
        if event not in self.anchors:
            name = self._names("first", event)
            self._occurrences(event)
            self._first(event, name)
            self.anchors[event] = name
        return column(self.anchors[event], "b")

    def first_from(self, event: str, start: str) -> exp.Expression:
        """The date of the first ``event`` on or after the first ``start``."""
        if start == INDEX:
            return self.anchor(event)
        key = f"{event} from {start}"
        if key not in self.anchors:
            self.anchor(start)
            self._first(event, self._names("first", key), since=self.anchors[start])
            self.anchors[key] = self._names("first", key)
        return column(self.anchors[key], "b")

    def covariate(self, name: str) -> tuple[exp.Expression, exp.Expression]:
        """Value and status columns of a covariate that the records answer themselves."""
        if name not in self._covariates:
            self._covariates.append(name)
            self._anchor_ends(covariate_window(self.study, name))
        stem = self._names("covariate", name)
        value: exp.Expression = column(stem, "covariates")
        status: exp.Expression = column(f"{stem}_status", "covariates")
        if self._silence_is_no and covariate_type(self.study, name) == "yes or no":
            value = exp.Coalesce(this=value, expressions=[text("no")])
            status = exp.Coalesce(this=status, expressions=[text("occurred")])
        return value, status

    # -- what it becomes ------------------------------------------------------------------------

    def select(self, columns: dict[str, exp.Expression]) -> exp.Select:
        """One row a patient of the base, with ``columns``, in the order of the patients."""
        query, parts = self.answered(columns)
        return with_parts(query.order_by(column("person", "b")), parts)

    def answered(self, columns: dict[str, exp.Expression]) -> tuple[exp.Select, Parts]:
        """The selection of ``columns`` and the parts that it stands on."""
        asked, joined = self._asked()
        parts: Parts = {**self._parts, **self._recorded(), "anchored": self._anchored(), **asked}
        joined += [(table, table, "") for table in self._days]
        if self._covariates:
            stems = {name: self._names("covariate", name) for name in self._covariates}
            rows = covariate_rows(self.study, self._covariates, self.anchors)
            parts["covariate_rows"] = rows.where(*self._seen("e"))
            parts["covariates"] = one_row_each(self.study, stems)
            joined.append(("covariates", "covariates", ""))
        query = sqlglot.select(
            *(exp.alias_(value, name, quoted=True) for name, value in columns.items())
        ).from_("anchored AS b")
        for part, table, code in joined:
            on: list[exp.Expression] = [
                exp.EQ(this=column("person", table), expression=column("person", "b"))
            ]
            on += [exp.EQ(this=column("code", table), expression=text(code))] if code else []
            joining = exp.to_table(part, alias=table)
            query = query.join(joining, on=sql.every(on), join_type="left", copy=False)
        return query, parts

    def timeline(self, events: list[str], *, each: bool = False) -> exp.Query:
        """Each dated occurrence of ``events``: person, event, day since index. Several on one day
        are one, but for ``each``, which gives those that occurred as often as they are recorded."""
        rows: list[exp.Query] = []
        for event in events:
            day = sql.days_between(column("index_date", "b"), column("start", "o"))
            query = (
                sqlglot.select(
                    column("person", "o"),
                    exp.alias_(text(event), "event"),
                    exp.alias_(day, "day"),
                )
                .from_(f"{self._occurrences(event)} AS o")
                .join("base AS b", using="person")
                .where(sql.is_known(column("start", "o")))
            )
            rows.append(query.where("o.status = 'occurred'") if each else query.distinct())
        parts = {**self._parts, **self._recorded()}
        return with_parts(union_of(rows).order_by("person", "event", "day"), parts)

    def _occurrences(self, event: str) -> str:
        """The table of an event's occurrences, dated or not, of the base's patients."""
        name = self._names("event", event)
        if name in self._parts:
            return name
        definition = self.study.events[event]
        if definition.any_of:
            rows: exp.Query = any_of([self._occurrences(name) for name in definition.any_of])
        elif definition.end_of is not None:
            rows = ends(exp.to_table(self._occurrences(definition.end_of)))
        else:
            rows = self._rows(event)
        if definition.value is not None and not definition.recorded:
            rows = valued(rows, definition.value)
        rows = made_of(rows, definition, lambda other: exp.to_table(self._occurrences(other)))
        if definition.after is not None:
            self.anchor(definition.after)
            rows = later(rows, self.anchors[definition.after])
        if definition.which is not None:
            rows = one_day(rows, definition.which)
        self._parts[name] = rows
        return name

    def _rows(self, event: str) -> exp.Select:
        return (
            sqlglot.select(
                *recorded_columns(self.study.events[event]),
                exp.alias_(exp.convert(event in self._undated), "undated"),
            )
            .from_("recorded AS e")
            .where(*event_rows(self.study, [event]))
        )

    def _as_recorded(self, event: str) -> bool:
        """Whether the questions asked of an event are answered by its rows as they are recorded."""
        return is_plain(self.study.events[event]) and not any(
            map(sql.hangs_on_event, self._questions.get(event, ()))
        )

    def _recorded(self) -> Parts:
        """The base's rows of every event whose occurrences are a part, read once: ``event`` may be
        a view over many parts, and planning each event's own reading took longer than the reading.
        """
        names = [text(e) for e in self.study.events if self._names("event", e) in self._parts]
        if not names:
            return {}
        columns = ("person", "domain", "code", "start", "end", "value", "status")
        query = sqlglot.select(*(column(name, "e") for name in columns))
        rows = self._of_base(query, "e").where(
            exp.EQ(this=column("domain", "e"), expression=text("event")),
            exp.In(this=column("code", "e"), expressions=names),
        )
        return {"recorded": rows}

    def _of_base(self, query: exp.Select, table: str) -> exp.Select:
        """From the rows of ``event`` of the base's patients with an index date."""
        joined = query.from_(f"event AS {table}").join("base AS b", using="person")
        return joined.where("NOT b.index_date IS NULL", *self._seen(table))

    def _seen(self, table: str) -> list[exp.Expression]:
        return [while_watched(self.study, table)] if self._periods else []

    def _first(self, event: str, name: str, since: str = "") -> None:
        """A table of the first date, and whether it may have happened where there is none."""
        start = column("start", "o")
        counts: list[exp.Expression] = [
            exp.GTE(this=start, expression=column("index_date", "b")),
        ]
        if since:
            counts.append(exp.GTE(this=start, expression=column("date", "s")))
        date = exp.Min(this=sql.case((sql.every(counts), start)))
        doubt = "BOOL_OR(o.start IS NULL AND o.status <> 'not applicable') AS doubt"
        query = (
            sqlglot.select(column("person", "o"), exp.alias_(date, "date", quoted=True), doubt)
            .from_(f"{self._occurrences(event)} AS o")
            .join("base AS b", using="person")
            .group_by(column("person", "o"))
        )
        if since:
            query = query.join(exp.to_table(since).as_("s"), using="person")
        self._parts[name] = query

    def _anchored(self) -> exp.Select:
        query = sqlglot.select("base.*").from_("base")
        for name in dict.fromkeys(self.anchors.values()):
            doubt = exp.Coalesce(this=column("doubt", name), expressions=[exp.false()])
            query = query.select(
                exp.alias_(column("date", name), name, quoted=True),
                exp.alias_(doubt, sql.doubt_of(name), quoted=True),
            ).join(exp.to_table(name), using="person", join_type="left")
        return query

    def _asked(self) -> tuple[Parts, list[tuple[str, str, str]]]:
        """The answers, and how each event's are joined: the part, by what name, and the event's
        code where it shares the part. Events as they are recorded of which the same is asked are
        counted together: a pass over all rows for each event took twice as long."""
        alike: dict[object, list[str]] = {}
        for event, windows in self._questions.items():
            words = (event in self._undated, event in self._certain)
            same = (tuple(windows), tuple(self._taken.get(event, ())), words)
            alike.setdefault(same if self._as_recorded(event) else event, []).append(event)
        parts: Parts = {}
        joined: dict[str, tuple[str, str, str]] = {}
        for nth, events in enumerate(alike.values(), start=1):
            part = self._names("asked", events[0])
            if events[1:]:
                part = self._names("counted", str(nth))
            parts[part] = self._answers(events)
            for event in events:
                joined[event] = (part, self._names("asked", event), event if events[1:] else "")
        return parts, [joined[event] for event in self._questions]

    def _answers(self, events: list[str]) -> exp.Select:
        """One row a patient with the event: what is asked of it; of several as they are recorded,
        one row a patient and event. Rows as recorded are read from ``event``; others are those
        of its own part, joined to the dates that windows hang on.
        """
        event = events[0]
        as_recorded = self._as_recorded(event)
        start = column("start", "o")
        dateless = exp.Is(this=start, expression=exp.null())
        occurred = exp.EQ(this=column("status", "o"), expression=text("occurred"))
        not_said = exp.EQ(this=column("status", "o"), expression=text("not documented"))
        undated: exp.Expression = column("undated", "o")
        if as_recorded:
            undated = exp.Boolean(this=event in self._undated)
        lacking = sql.every([occurred, dateless, exp.Not(this=undated)])
        tallies = {
            "dateless": sql.every([occurred, dateless]),
            "undated": sql.every([occurred, dateless, undated]),
            "doubtful": sql.either([not_said, lacking]),
            "doubtful_ever": not_said,
            "inapplicable": exp.EQ(this=column("status", "o"), expression=text("not applicable")),
        }
        columns: dict[str, exp.Expression] = {}
        if event not in self._certain:
            columns |= {name: _counted(condition) for name, condition in tallies.items()}
        for index, window in enumerate(self._questions[event], start=1):
            here = sql.every([occurred, sql.inside(start, window, "b", self.anchors)])
            columns[f"w{index}_count"] = _counted(here)
            columns[f"w{index}_first"] = exp.Min(this=sql.case((here.copy(), start.copy())))
            unsure = sql.in_doubt(start, window, "b", self.anchors)
            if unsure is not None:
                unsure = sql.every([occurred, unsure])
                columns[f"w{index}_doubt"] = _counted(unsure)
            for asked, which in self._taken.get(event, []):
                if asked == window:
                    with_value = sql.every([here.copy(), sql.is_known(column("value", "o"))])
                    columns[f"w{index}_{which}_value"] = filtered(taken(which), with_value)
                    if which == "total":
                        lacking = exp.Is(this=column("value", "o"), expression=exp.null())
                        columns[f"w{index}_unvalued"] = _counted(sql.every([here.copy(), lacking]))
        of = [column(name, "o") for name in (("person", "code") if events[1:] else ("person",))]
        query = (
            sqlglot.select(*of)
            .select(*(exp.alias_(value, name, quoted=True) for name, value in columns.items()))
            .group_by(*of)
        )
        if as_recorded:
            return self._of_base(query, "o").where(*event_rows(self.study, events, "o"))
        occurrences = self._occurrences(event)
        return query.from_(f"{occurrences} AS o").join("anchored AS b", using="person")


def _or_zero(name: str, table: str) -> exp.Expression:
    return exp.Coalesce(this=column(name, table), expressions=[number(0)])


def _counted(condition: exp.Expression) -> exp.Expression:
    """Half the time of COUNT with a FILTER, as ``one_row_each`` says."""
    return exp.Count(this=sql.case((condition, number(1))))


def _unbounded(window: Window) -> bool:
    return window.start.unbounded and window.end.unbounded


def with_parts(query: Q, parts: Parts) -> Q:
    """``query`` with its named parts before it, each after those that it reads from."""
    placed: set[str] = set()

    def place(name: str) -> None:
        if name in placed:
            return
        placed.add(name)
        for table in parts[name].find_all(exp.Table):
            if table.name in parts and table.name != name:
                place(table.name)
        query.with_(name, as_=parts[name].copy(), copy=False)

    query = query.copy()  # once: sqlglot would else copy the growing whole at every part
    for name in parts:
        place(name)
    return query
