"""From protocol and records to the dataset: who is in, from when, in which arm, with what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import takewhile
from typing import Any

import numpy as np
import sqlglot
from numpy.typing import NDArray
from sqlglot import exp

from casewise.cohort import sql
from casewise.cohort.attrition import attrition, unwatched
from casewise.cohort.columns import Reader, dataset_columns
from casewise.cohort.criteria import condition
from casewise.cohort.dataset import Dataset, Occurrences, TimelineMark
from casewise.cohort.landmark import from_landmark
from casewise.cohort.matching_on_time import ENTERED, match_on_time, note
from casewise.cohort.people import people
from casewise.cohort.sql import column, number
from casewise.cohort.statement import Parts, Statement, with_parts
from casewise.protocol.late_treatment import landmark_day
from casewise.protocol.model import AFTER_INDEX, BEFORE_INDEX, Criterion, Study
from casewise.protocol.words import definitions
from casewise.records.canonical import Records

_KNOWN = (
    *("person", "index_date", "age", "sex", "death_date"),
    *("watched_since", "watched_until", "unwatched"),
)
TIMELINE_PATIENTS = 300  # five pages of a swimmer plot; nobody reads a sixth


def build(study: Study, records: Records) -> Dataset:
    """One row a patient. ``Dataset.sql`` holds each statement, as run, by its file name."""
    engine, match = records.engine, study.cohort.match
    statements = make_cohort(study, records)
    words: dict[tuple[str, str], str] = {
        (item.part, item.term): item.text for item in definitions(study)
    }
    steps = attrition(study, engine, words)
    notes = [*records.notes, *unwatched(study, engine)]
    notes += [] if match is None else [note(study, match)]
    asked = Statement(study, records, eligible())
    statements["2_dataset"], readers = dataset_columns(study, asked)
    answer = engine.query(statements["2_dataset"])
    dataset = Dataset(
        patient=np.asarray(answer["person"]),
        arm=np.asarray(answer["arm"], dtype=np.int64),
        arms=tuple(study.arms),
        index_date=np.asarray(answer["index_date"], dtype="datetime64[D]"),
        follow_up=Reader.days(answer["follow_up"]),
        death=Reader.days(answer["death"]),
        follow_up_known=bool(len(engine.query("SELECT 1 AS one FROM observation LIMIT 1")["one"])),
        attrition=steps,
        notes=tuple(notes),
        **readers.collect(answer),
    )
    timeline: tuple[TimelineMark, ...] = ()
    if 0 < len(dataset) <= TIMELINE_PATIENTS:
        statements["3_timeline"] = timeline_statement(study, records)
        timeline = _timeline(engine.query(statements["3_timeline"]), dataset.patient)
    whole = Dataset(**{**vars(dataset), "timeline": timeline, "sql": statements})
    whole = _with_occurrences(whole, study, records)
    day = landmark_day(study.analysis)
    whole = whole if day is None else from_landmark(whole, study, day)
    adjust = study.analysis.adjust
    if adjust is None or adjust.codes is None or not len(whole):
        return whole
    from casewise.cohort.coded import code_columns

    return replace(whole, codes=code_columns(adjust.codes, records, whole))


def _with_occurrences(dataset: Dataset, study: Study, records: Records) -> Dataset:
    """With every occurrence of the events that outcomes count, in the outcome's window; with a
    landmark, of the harms too."""
    counted = {("outcomes", n): o.count for n, o in study.outcomes.items() if o.count is not None}
    if landmark_day(study.analysis) is not None:  # which of them come after it
        counted |= {("harms", name): harm.event for name, harm in study.harms.items()}
    if not counted or not len(dataset):
        return dataset
    events = list(dict.fromkeys(counted.values()))
    statement = Statement(study, records, eligible()).timeline(events, each=True)
    text = statement.sql("duckdb", pretty=True)
    answer = records.engine.query(text)
    order = np.argsort(dataset.patient, kind="stable")
    place = np.searchsorted(dataset.patient, np.asarray(answer["person"]), sorter=order)
    rows, days = order[place], Reader.days(answer["day"])
    parts = {"outcomes": dict(dataset.outcomes), "harms": dict(dataset.harms)}
    for (part, name), event in counted.items():
        columns = parts[part][name]
        ends = np.where(np.isnan(columns.closes), np.inf, columns.closes)[rows]
        mine = (np.asarray(answer["event"]) == event) & (days >= columns.opens[rows])
        mine &= days <= ends
        found = Occurrences(rows[mine], days[mine])
        parts[part][name] = replace(columns, occurrences=found)
    return replace(
        dataset,
        outcomes=parts["outcomes"],
        harms=parts["harms"],
        sql={**dataset.sql, "4_occurrences": text},
    )


def make_cohort(study: Study, records: Records, *, whole: bool = False) -> dict[str, str]:
    """Make the table ``cohort``: everyone with the index event, and where each of them left (the
    others left at step 0). Answers the statements that made it, by name. ``whole`` as in
    ``cohort_statement``."""
    made = {"1_cohort": cohort_statement(study, records, whole=whole)}
    match = study.cohort.match
    records.engine.table("cohort" if match is None else ENTERED, made["1_cohort"])
    if match is not None:
        made["1_matching"] = match_on_time(study, records, match)
    return made


def cohort_statement(study: Study, records: Records, *, whole: bool = False) -> str:
    """Everyone with the index event: its date, each criterion's answer, where they left, which arm.

    The first criteria that ask nothing of events are answered of everyone, the others only of those
    who come that far: a patient who left at an earlier step has null there, and in each arm.
    ``whole`` asks everything of everyone with an index date."""
    criteria = _criteria(study)
    first = [] if whole else takewhile(lambda name: _is_early(criteria[name]), criteria)
    early = {name: criteria[name] for name in first}
    parts: Parts = people(study, periods=records.periods)
    parts["everyone"] = _early(Statement(study, records, parts["known"]), early)
    stays: list[exp.Expression] = [sql.is_known(column("index_date"))]
    for name in early:
        holds = exp.Coalesce(this=column(name), expressions=[exp.false()])
        stays.append(holds if name.startswith("include") else exp.Not(this=holds))
    late = {name: criterion for name, criterion in criteria.items() if name not in early}
    rules = {f"arm_{n}": rule for n, rule in enumerate(study.arms.values(), start=1)}
    known = sqlglot.select(*(column(name, "b") for name in (*_KNOWN, *early)))
    known = known.from_("everyone AS b", copy=False)
    if not late and all(rule == "otherwise" or _is_early(rule) for rule in rules.values()):
        statement = Statement(study, records, parts["everyone"])
        for name, arm in _arms(statement, rules).items():
            answer = sql.case((sql.every([one.copy() for one in stays]), arm))
            known = known.select(exp.alias_(answer, name), copy=False)
        parts["answered"] = known
    else:
        reached = sqlglot.select("*").from_("everyone", copy=False).where(*stays, copy=False)
        statement = Statement(study, records, reached)
        asked = {name: condition(statement, one, BEFORE_INDEX) for name, one in late.items()}
        asked |= _arms(statement, rules)
        query, more = statement.answered({"person": column("person", "b"), **asked})
        parts |= more
        parts["asked"] = query
        parts["answered"] = known.select(
            *(column(name, "asked") for name in asked), copy=False
        ).join("asked", using="person", join_type="left", copy=False)
    return with_parts(_assigned(study, parts), parts).sql("duckdb", pretty=True, copy=False)


def _arms(statement: Statement, rules: Mapping[str, Criterion | str]) -> dict[str, exp.Expression]:
    """Whether each rule of an arm holds; of ``otherwise``, nothing yet."""
    return {
        name: condition(statement, rule, AFTER_INDEX) if isinstance(rule, Criterion) else exp.null()
        for name, rule in rules.items()
    }


def _criteria(study: Study) -> dict[str, Criterion]:
    cohort = study.cohort
    named = [*cohort.include.values(), *cohort.exclude.values()]
    return dict(zip((column for _, column in ordered_steps(study)), named, strict=True))


def _is_early(criterion: Criterion) -> bool:
    """Whether a criterion is answered by what is known of each patient, without events."""
    parts = [*(criterion.any_of or ()), *(criterion.all_of or ())]
    if criterion.not_ is not None:
        parts.append(criterion.not_)
    own = criterion.event is None and criterion.covariate in (None, "age", "sex")
    return own and all(map(_is_early, parts))


def _early(statement: Statement, criteria: dict[str, Criterion]) -> exp.Select:
    """What is known of everyone, and the answers to ``criteria``."""
    answers = [
        exp.alias_(condition(statement, criterion, BEFORE_INDEX), name)
        for name, criterion in criteria.items()
    ]
    return sqlglot.select("b.*", *answers).from_("known AS b")


def _assigned(study: Study, parts: Parts) -> exp.Select:
    """The answers with ``left_at``, the first step not passed (null for none), and ``arm``.

    Step 0 is having an index date, then each include and exclude criterion in order. A patient
    belongs to an arm when exactly one rule holds; ``otherwise`` holds when every other rule is
    known not to.
    """
    steps: list[tuple[exp.Expression, exp.Expression]] = [
        (exp.Is(this=column("index_date"), expression=exp.null()), number(0))
    ]
    for kind, criterion in ordered_steps(study):
        holds = exp.Coalesce(this=column(criterion), expressions=[exp.false()])
        leaves = exp.Not(this=holds) if kind == "include" else holds
        steps.append((leaves, number(len(steps))))
    rules = dict(enumerate(study.arms.values(), start=1))
    named = [column(f"arm_{n}") for n, rule in rules.items() if rule != "otherwise"]
    others = [n for n, rule in rules.items() if rule == "otherwise"]
    met = " + ".join(f"CAST(COALESCE({c.sql('duckdb')}, FALSE) AS INTEGER)" for c in named)
    doubt = " + ".join(f"CAST({c.sql('duckdb')} IS NULL AS INTEGER)" for c in named)
    parts["tallied"] = sqlglot.select("*", f"{met} AS arms_met", f"{doubt} AS arms_in_doubt").from_(
        "answered"
    )
    one = exp.EQ(this=column("arms_met"), expression=number(1))
    branches = [
        (sql.every([one.copy(), column(f"arm_{n}")]), number(n - 1))
        for n, rule in rules.items()
        if rule != "otherwise"
    ]
    for n in others:
        none = exp.EQ(this=column("arms_met"), expression=number(0))
        sure = exp.EQ(this=column("arms_in_doubt"), expression=number(0))
        branches.append((sql.every([none, sure]), number(n - 1)))
    return (
        sqlglot.select(
            "*",
            exp.alias_(sql.case(*steps), "left_at"),
            exp.alias_(sql.case(*branches), "arm"),
        )
        .from_("tallied", copy=False)
        .order_by("person", copy=False)
    )


def ordered_steps(study: Study) -> list[tuple[str, str]]:
    """Kind and column of each criterion, include before exclude, each in the order written."""
    include = [("include", f"include_{n}") for n in range(1, len(study.cohort.include) + 1)]
    exclude = [("exclude", f"exclude_{n}") for n in range(1, len(study.cohort.exclude) + 1)]
    return include + exclude


def eligible() -> exp.Select:
    """The patients of the study, the base of every later statement."""
    known = ("person", "index_date", "age", "sex", "death_date", "watched_until", "arm")
    return (
        sqlglot.select(*(column(name) for name in known))
        .from_("cohort")
        .where("left_at IS NULL AND NOT arm IS NULL")
    )


def timeline_statement(study: Study, records: Records) -> str:
    """Every dated occurrence of every event that the study looks at."""
    statement = Statement(study, records, eligible())
    return statement.timeline(list(study.events)).sql("duckdb", pretty=True)


def _timeline(answer: dict[str, NDArray[Any]], patients: NDArray[Any]) -> tuple[TimelineMark, ...]:
    rows = {person: row for row, person in enumerate(patients.tolist())}
    return tuple(
        TimelineMark(rows[person], event, int(day))
        for person, event, day in zip(answer["person"], answer["event"], answer["day"], strict=True)
    )
