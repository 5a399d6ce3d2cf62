"""Who is in, from when, in which arm, and what the dataset says of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from casewise.protocol.match import Match
from casewise.protocol.model import AFTER_INDEX, ANY_TIME, BEFORE_INDEX, Harm, Outcome, Study
from casewise.protocol.resolve import duration_ends, outcome_window, treatment_event
from casewise.protocol.time import INDEX
from oracle.calendar import days, moved
from oracle.criteria import Answer, Value, age, answer, as_of, covariate, death, holds_day, watched
from oracle.events import (
    NOT_APPLICABLE,
    Asked,
    ask_any,
    first_of,
    last_day,
    occurrences,
    point,
    take,
    value_taken,
    within,
)
from oracle.records import Chart, Rows, charts


@dataclass(frozen=True)
class OutcomeAnswer:
    """``opens`` and ``closes`` are the window's days, ``starts`` and ``ends`` a duration's.
    ``ranked`` are the answers of a ranked outcome's events, the gravest first."""

    event: Asked | None = None
    competing: Asked | None = None
    opens: int | None = None
    closes: int | None = None
    starts: int | None = None
    ends: int | None = None
    value: float | None = None
    ranked: tuple[Asked, ...] = ()


@dataclass(frozen=True)
class Patient:
    """``left_at`` is the step that the patient did not pass: 0 no index date, then the criteria in
    order. ``arm`` counts from 0. What follows ``arm`` is known of patients of the study alone."""

    person: str
    index_date: date | None
    criteria: tuple[Answer, ...] = ()
    left_at: int | None = 0
    rules: tuple[Answer, ...] = ()
    arm: int | None = None
    follow_up: int | None = None
    death: int | None = None
    baseline: dict[str, tuple[Value, str]] = field(default_factory=dict)
    outcomes: dict[str, OutcomeAnswer] = field(default_factory=dict)
    harms: dict[str, OutcomeAnswer] = field(default_factory=dict)
    treatments: dict[str, tuple[Asked, float | None]] = field(default_factory=dict)
    timeline: frozenset[tuple[str, int]] = frozenset()


def meaning(study: Study, rows: Rows) -> list[Patient]:
    """Every person of the records, in the order of their identifiers."""
    people = charts(study, rows)
    found = [patient(chart, periods=rows.periods) for chart in people]
    if study.cohort.match is not None:
        days_ = matched(study.cohort.match, list(zip(people, found, strict=True)))
        found = [
            as_matched(chart, one, days_.get(one.person))
            for chart, one in zip(people, found, strict=True)
        ]
    return found


def matched(match: Match, people: list[tuple[Chart, Patient]]) -> dict[str, tuple[date, int]]:
    """Day 0 and arm of everyone who is treated and matched, or matched to somebody treated."""
    free: dict[str, tuple[Chart, int | None, int | None]] = {}
    for chart, one in people:
        if one.left_at is not None:
            continue
        here = as_of(chart, one.index_date)
        found = occurrences(here, match.each)
        vague = any(o.start is None and o.status != NOT_APPLICABLE for o in found)
        earlier = any(o.start is not None and o.start < here.index_date for o in found)
        if vague or earlier:
            continue
        died, until = death(here), watched(here)[1]
        last = days(here.index_date, until)
        if died is not None:
            before = (died - here.index_date).days - 1
            last = before if last is None else min(last, before)
        free[one.person] = (here, days(here.index_date, first_of(here, match.each).date), last)
    made: dict[str, tuple[date, int]] = {}
    ready = [(day, person) for person, (_, day, _) in free.items() if day is not None]
    for day, person in sorted(ready):
        if person in made:
            continue
        mine = at_day(free[person][0], day)
        fitting = []
        for other, (chart, treated, last) in free.items():
            if other == person or other in made:
                continue
            if (treated is not None and treated <= day) or (last is not None and last < day):
                continue
            theirs = at_day(chart, day)
            if match.same and (
                chart.person["sex"] is None or chart.person["sex"] != mine.person["sex"]
            ):
                continue
            apart = 0.0
            if match.age_within is not None:
                ages = age(mine), age(theirs)
                if None in ages or abs(ages[0] - ages[1]) > match.years:
                    continue
                apart = abs(ages[0] - ages[1])
            fitting.append((apart, other))
        chosen = [other for _, other in sorted(fitting)[: match.to]]
        if chosen:
            made[person] = (mine.index_date, 0)
            made |= {other: (at_day(free[other][0], day).index_date, 1) for other in chosen}
    return made


def at_day(chart: Chart, day: int) -> Chart:
    return replace(chart, index_date=chart.index_date + timedelta(days=day))


def as_matched(chart: Chart, found: Patient, match: tuple[date, int] | None) -> Patient:
    """Day 0 moved to the day of the match; what is said of the patient is said from there."""
    if match is None:
        return replace(
            Patient(found.person, found.index_date, found.criteria, found.left_at, found.rules),
            left_at=len(found.criteria) + 1 if found.left_at is None else found.left_at,
        )
    day_0, arm_ = match
    return described(as_of(chart, day_0), replace(found, index_date=day_0, arm=arm_))


def patient(chart: Chart, *, periods: bool) -> Patient:
    person = str(chart.person["person"])
    day_0 = index_date(chart, periods=periods)
    if day_0 is None:
        return Patient(person, None)
    chart = as_of(chart, day_0)
    cohort = chart.study.cohort
    include = [answer(chart, one, BEFORE_INDEX) for one in cohort.include.values()]
    exclude = [answer(chart, one, BEFORE_INDEX) for one in cohort.exclude.values()]
    passed = [held is True for held in include] + [held is not True for held in exclude]
    rules = tuple(
        None if rule == "otherwise" else answer(chart, rule, AFTER_INDEX)
        for rule in chart.study.arms.values()
    )
    found = Patient(
        person,
        day_0,
        criteria=(*include, *exclude),
        left_at=None if all(passed) else passed.index(False) + 1,
        rules=rules,
        arm=arm(chart.study, rules),
    )
    if found.left_at is not None or found.arm is None:
        return found
    return described(chart, found)


def index_date(chart: Chart, *, periods: bool) -> date | None:
    """The first, second, third or last day of the index event, whenever that was; where the
    records say when each person was watched, it counts only on a day that they were."""
    cohort = chart.study.cohort
    found = {o.start for o in occurrences(chart, cohort.index_event) if o.happened}
    dates = sorted(day for day in found if day is not None)
    if cohort.index_order == -1:
        dates.reverse()
    place = max(cohort.index_order, 1)
    if len(dates) < place:
        return None
    day = dates[place - 1]
    if periods and not any(holds_day(period, day) for period in chart.periods):
        return None
    return day


def arm(study: Study, rules: tuple[Answer, ...]) -> int | None:
    """The only rule that holds. ``otherwise`` holds where all the others are known not to."""
    met = [number for number, held in enumerate(rules) if held is True]
    if met:
        return met[0] if len(met) == 1 else None
    named = [
        held for held, rule in zip(rules, study.arms.values(), strict=True) if rule != "otherwise"
    ]
    if "otherwise" not in study.arms.values() or None in named:
        return None
    return list(study.arms.values()).index("otherwise")


def described(chart: Chart, found: Patient) -> Patient:
    study = chart.study
    timeline = {
        (event, days(chart.index_date, one.start))
        for event in study.events
        for one in occurrences(chart, event)
        if one.start is not None
    }
    return replace(
        found,
        follow_up=days(chart.index_date, watched(chart)[1]),
        death=days(chart.index_date, death(chart)),
        baseline={name: covariate(chart, name) for name in study.baseline},
        outcomes={name: outcome(chart, one) for name, one in study.outcomes.items()},
        harms={name: outcome(chart, one) for name, one in study.harms.items()},
        treatments={name: treatment(chart, name) for name in study.treatments},
        timeline=frozenset(timeline),
    )


def outcome(chart: Chart, asked: Outcome | Harm) -> OutcomeAnswer:
    competing = None
    if isinstance(asked, Outcome) and asked.competing is not None:
        competing = ask_any(chart, (asked.competing,), AFTER_INDEX)
    if isinstance(asked, Outcome) and asked.time is not None:
        starts, ends = duration(chart, asked.time)
        return OutcomeAnswer(competing=competing, starts=starts, ends=ends)
    if isinstance(asked, Outcome) and asked.take is not None:
        window = outcome_window(asked)
        return OutcomeAnswer(value=value_taken(chart, asked.events[0], window, asked.take))
    if isinstance(asked, Outcome) and asked.days_free_of is not None:
        return OutcomeAnswer(value=days_free(chart, asked))
    window = outcome_window(asked)
    ranked = (asked.ranked or ()) if isinstance(asked, Outcome) else ()
    return OutcomeAnswer(
        ranked=tuple(ask_any(chart, (one,), window) for one in ranked),
        event=ask_any(
            chart, asked.events if isinstance(asked, Outcome) else (asked.event,), window
        ),
        competing=competing,
        opens=days(chart.index_date, point(chart, window.start)),
        closes=days(chart.index_date, point(chart, window.end)),
    )


def days_free(chart: Chart, asked: Outcome) -> float | None:
    """Day by day: alive, and without any of the events."""
    assert chart.index_date is not None
    assert asked.within is not None
    horizon = moved(chart.index_date, 1, asked.within)
    died, last = death(chart), watched(chart)[1]
    dead = died is not None and died <= horizon
    if dead and asked.if_dead == "zero":
        return 0.0
    found = [one for event in asked.events for one in occurrences(chart, event)]
    if any(o.start is None and o.status != NOT_APPLICABLE for o in found):
        return None
    if last is not None and last < horizon and not dead:
        return None
    free, day = 0, chart.index_date + timedelta(days=1)
    while day <= horizon and (died is None or day < died):
        free += not any(o.start is not None and o.start <= day <= last_day(o) for o in found)
        day += timedelta(days=1)
    return float(free)


def duration(chart: Chart, text: str) -> tuple[int | None, int | None]:
    """From the index date, or the first of an event, to the first of another from there on."""
    ends = duration_ends(chart.study, text)
    assert ends is not None
    start = chart.index_date if ends[0] == INDEX else first_of(chart, ends[0]).date
    if start is None:
        return None, None
    end = first_of(chart, ends[1], since=start).date
    return days(chart.index_date, start), days(chart.index_date, end)


def treatment(chart: Chart, name: str) -> tuple[Asked, float | None]:
    """Whether and when it was received, and its line of therapy at first receipt."""
    event, window = (
        treatment_event(chart.study, name),
        chart.study.treatments[name].window(ANY_TIME),
    )
    line = take(within(chart, occurrences(chart, event), window), "first")
    return ask_any(chart, (event,), window), line
