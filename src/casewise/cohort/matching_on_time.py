"""Each treated patient matched, on the day of treatment, to patients still untreated by then.

Who is eligible is settled at the index event. From there time is counted for everyone alike: who is
treated after t days is matched to patients who, t days after their own index event, are alive,
watched and untreated. That day is day 0 of each of them. In the order of t, nobody twice: who was
taken as untreated is not taken again when treated later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlglot
from numpy.typing import NDArray
from sqlglot import exp

from casewise.cohort import sql
from casewise.cohort.columns import BEFORE_DAY_0, Reader
from casewise.cohort.sql import column
from casewise.cohort.statement import Statement
from casewise.protocol.match import Match
from casewise.protocol.model import ANY_TIME, Study
from casewise.records.canonical import Records
from casewise.results import Note

ENTERED = "entered"  # the cohort at its index event


@dataclass(frozen=True)
class Eligible:
    """One patient an entry, in the order of their identifiers; days count from the index event.

    ``treated`` is the day of treatment, ``last`` the last day alive and watched, NaN where there is
    none. ``birthday`` is days from birth to the index event, ``age`` the age there in whole years,
    each NaN where not known; ``usable`` is false of those treated before, or nobody knows when.
    """

    person: NDArray[Any]
    index_date: NDArray[np.datetime64]
    birth: NDArray[np.datetime64]
    age: NDArray[np.float64]
    sex: NDArray[Any]
    treated: NDArray[np.float64]
    last: NDArray[np.float64]
    usable: NDArray[np.bool_]


def match_on_time(study: Study, records: Records, match: Match) -> str:
    """Make ``cohort`` of ``entered``: day 0 moved, arms by the match, the unmatched left out.
    Answers the statement that found who could be matched."""
    statement = eligible_statement(study, records, match)
    found = _read(records.engine.query(statement))
    sets = matched(found, match)
    rows = [
        (row, day, arm)
        for treated, day, others in sets
        for row, arm in [(treated, 0), *((other, 1) for other in others)]
    ]
    numbers = np.array([row for row, _, _ in rows], dtype=np.intp)
    days = np.array([day for _, day, _ in rows], dtype=np.int64)
    records.engine.load(
        "matched_on_time",
        {
            "person": found.person[numbers],
            "day_0": found.index_date[numbers] + days.astype("timedelta64[D]"),
            "arm": np.array([arm for _, _, arm in rows], dtype=np.float64),
        },
        {"person": _person_type(found.person), "day_0": "DATE", "arm": "INTEGER"},
    )
    records.engine.table("cohort", cohort_of_matched(study))
    return statement


def _person_type(person: NDArray[Any]) -> str:
    return "BIGINT" if person.dtype.kind in "iu" else "VARCHAR"


def eligible_statement(study: Study, records: Records, match: Match) -> str:
    base = (
        sqlglot.select("e.*", "p.birth", "p.age AS recorded_age")
        .from_(f"{ENTERED} AS e")
        .join("person AS p", on="p.person = e.person")
        .where("e.left_at IS NULL")
    )
    statement = Statement(study, records, base)
    before = statement.ask(match.each, BEFORE_DAY_0)
    ever = statement.ask(match.each, ANY_TIME)
    doubtful = sql.either(
        [
            exp.GT(this=count, expression=sql.number(0))
            for count in (before.count, ever.unknown, ever.undated)
        ]
    )
    index = column("index_date", "b")
    treated = statement.anchor(match.each)
    columns = {
        "person": column("person", "b"),
        "index_date": index,
        "birth": sql.case(
            (exp.Is(this=column("recorded_age", "b"), expression=exp.null()), column("birth", "b"))
        ),
        "age": column("age", "b"),
        "sex": column("sex", "b"),
        "treated": sql.days_between(index, treated),
        "died": sql.days_between(index, column("death_date", "b")),
        "watched": sql.days_between(index, column("watched_until", "b")),
        "doubtful": sql.case((doubtful, sql.number(1))).else_(sql.number(0)),
    }
    return statement.select(columns).sql("duckdb", pretty=True)


def _read(answer: dict[str, NDArray[Any]]) -> Eligible:
    days = Reader.days
    died, watched = days(answer["died"]), days(answer["watched"])
    birth = np.ma.filled(
        np.ma.asarray(answer["birth"]).astype("datetime64[D]"), np.datetime64("NaT")
    )
    return Eligible(
        person=np.asarray(answer["person"]),
        index_date=np.asarray(answer["index_date"], dtype="datetime64[D]"),
        birth=np.asarray(birth),
        age=days(answer["age"]),
        sex=np.ma.filled(np.ma.asarray(answer["sex"]), "").astype(object),
        treated=days(answer["treated"]),
        last=np.fmin(died - 1, watched),
        usable=~Reader.flags(answer["doubtful"]),
    )


def matched(found: Eligible, match: Match) -> list[tuple[int, int, list[int]]]:
    """Each matched treated patient with the day and the untreated ones, as places in ``found``.

    In the order of the day of treatment; of several who fit the nearest in age, then the first by
    identifier. Cost: treated times patients.
    """
    free = found.usable.copy()
    sets: list[tuple[int, int, list[int]]] = []
    treated = np.flatnonzero(found.usable & ~np.isnan(found.treated))
    for one in treated[np.argsort(found.treated[treated], kind="stable")].tolist():
        day = int(found.treated[one])
        # Who died on the day of treatment was alive to be treated.
        if not free[one]:
            continue
        open_ = free & ~(found.treated <= day) & ~(found.last < day)
        open_[one] = False
        apart = np.zeros(len(open_))
        if match.same is not None:
            open_ &= (found.sex == found.sex[one]) & (found.sex[one] != "")
        if match.age_within is not None:
            ages = ages_on(found, day)
            apart = np.abs(ages - ages[one])
            open_ &= apart <= match.years
        places = np.flatnonzero(open_)
        if len(places):
            order = np.argsort(apart[places], kind="stable")
            others = places[order][: match.to].tolist()
            free[[one, *others]] = False
            sets.append((one, day, others))
    return sets


def ages_on(found: Eligible, day: int) -> NDArray[np.float64]:
    """Completed years so many days after each one's index event; where only an age is known, that
    at the index event."""
    on = found.index_date + np.timedelta64(day, "D")
    months = on.astype("datetime64[M]").astype(np.int64) - found.birth.astype(
        "datetime64[M]"
    ).astype(np.int64)
    of_month = (on - on.astype("datetime64[M]")).astype(np.int64)
    born = (found.birth - found.birth.astype("datetime64[M]")).astype(np.int64)
    years = (months - (of_month < born)) // 12
    return np.where(np.isnat(found.birth), found.age, years.astype(np.float64))


def cohort_of_matched(study: Study) -> str:
    """The cohort as it entered, with day 0, age and arm of those matched."""
    includes = [f"include_{n}" for n in range(1, len(study.cohort.include) + 1)]
    excludes = [f"exclude_{n}" for n in range(1, len(study.cohort.exclude) + 1)]
    arms = [f"arm_{n}" for n in range(1, len(study.arms) + 1)]
    known = ("sex", "death_date", "watched_since", "watched_until", "unwatched")
    kept = (*known, *includes, *excludes, *arms)
    age = exp.Coalesce(
        this=column("age", "p"),
        expressions=[sql.completed_years(column("birth", "p"), column("day_0", "m"))],
    )
    unmatched = "e.left_at IS NULL AND m.person IS NULL"
    step = len(includes) + len(excludes) + 1
    query = (
        sqlglot.select("e.person", "COALESCE(m.day_0, e.index_date) AS index_date")
        .select(
            exp.alias_(
                sql.case((sql.is_known(column("day_0", "m")), age)).else_(column("age", "e")), "age"
            )
        )
        .select(*(column(name, "e") for name in kept))
        .select("1 AS arms_met", "0 AS arms_in_doubt")
        .select(f"CASE WHEN {unmatched} THEN {step} ELSE e.left_at END AS left_at", "m.arm AS arm")
        .from_(f"{ENTERED} AS e")
        .join("person AS p", on="p.person = e.person")
        .join("matched_on_time AS m", on="m.person = e.person", join_type="left")
        .order_by("person")
    )
    return query.sql("duckdb", pretty=True)


def note(study: Study, match: Match) -> Note:
    text = (
        f"Day 0 is the day of the first {match.each}; of the untreated, the day as long after "
        f"their own {study.cohort.index}. Who was untreated then may have had it later, and counts "
        "as untreated throughout. The comparisons do not use which patients were matched to which, "
        "which makes their intervals wide rather than narrow."
    )
    return Note(kind="assumption", about="Matching on time", text=text)
