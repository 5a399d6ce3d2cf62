"""Arms that nobody can be in.

Age, sex and index date are tried at every value that could make a difference; an event holds,
does not hold, or may hold. An arm is empty when its rule and the cohort's criteria are met by no
combination. What only the records can tell is left to them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from casewise.protocol.comparison import Comparison
from casewise.protocol.mistakes import Mistake, criteria_with_paths, members
from casewise.protocol.model import AFTER_INDEX, BEFORE_INDEX, Criterion, DateRange, Study
from casewise.protocol.time import TimePoint, Window, bounds

MOST_PEOPLE = 10_000  # beyond a hundred bounds of age and of date, the check would not be quick


@dataclass(frozen=True)
class _Person:
    age: float
    sex: str
    index_date: dt.date


def arm_mistakes(study: Study) -> Iterator[Mistake]:
    yield from _otherwise(study)
    twins = dict(_twins(study))
    for name, other in twins.items():
        message = f'nobody can be in "{name}" alone: its rule is that of "{other}"'
        hint = "a patient who meets the rules of two arms is in neither"
        yield Mistake(("arms", name), message, hint, key=True)
    everybody = list(_people(study))
    people = [person for person in everybody if _in_cohort(study, person)]
    if not everybody:
        return
    if not people:
        message = "nobody can be in this study: the criteria leave everybody out"
        yield Mistake(("cohort",), message, "", key=True)
        return
    for name, rule in study.arms.items():
        if name in twins or name in twins.values():
            continue
        if rule == "otherwise":
            if all(_in_another(study, person) for person in people):
                message = f'nobody is left for "{name}": everybody is in another arm'
                yield Mistake(("arms", name), message, "", key=True)
        elif all(_holds(study, rule, person, AFTER_INDEX) is False for person in people):
            message = f'nobody can be in "{name}": the cohort leaves them out'
            yield Mistake(("arms", name), message, _by_whom(study, rule), key=True)
        elif title := _excluded_by(study, rule):
            message = f'nobody can be in "{name}": the cohort leaves them out'
            yield Mistake(("arms", name), message, f'see "{title}"', key=True)


def _otherwise(study: Study) -> Iterator[Mistake]:
    *_, last = study.arms
    others = [name for name, rule in study.arms.items() if rule == "otherwise"]
    for name in others:
        if name != others[0]:
            message = f'"otherwise" is one arm; "{others[0]}" is otherwise too'
            yield Mistake(("arms", name), message)
        elif name != last and last not in others:
            message = f'"otherwise" is the last arm, the comparator; "{last}" comes after it'
            yield Mistake(("arms", name), message, "put it last")


def _twins(study: Study) -> Iterator[tuple[str, str]]:
    seen: list[tuple[str, Criterion]] = []
    for name, rule in study.arms.items():
        if rule == "otherwise":
            continue
        twin = next((other for other, earlier in seen if earlier == rule), None)
        if twin is not None:
            yield name, twin
        seen.append((name, rule))


def _people(study: Study) -> Iterator[_Person]:
    """One person for each age, sex and index date that some criterion could tell from others."""
    ages, dates = {50.0}, {dt.date(2020, 6, 15)}
    for _, criterion in criteria_with_paths(study):
        if criterion.age is not None and criterion.age.numeric:
            for value in criterion.age.values:
                ages |= {float(value) + step for step in (-0.5, 0, 0.5)}
        if criterion.index_date is not None:
            for date in (criterion.index_date.from_, criterion.index_date.to):
                dates |= set(_around(date)) if date else set()
    if len(ages) * len(dates) > MOST_PEOPLE:
        return
    for age, sex, date in product(sorted(ages), ("female", "male"), sorted(dates)):
        if age >= 0:
            yield _Person(age, sex, date)


def _around(date: dt.date) -> Iterator[dt.date]:
    for step in (-1, 0, 1):
        try:
            yield date + dt.timedelta(days=step)
        except OverflowError:
            continue


def _in_cohort(study: Study, person: _Person) -> bool:
    include = (_holds(study, c, person, BEFORE_INDEX) for c in study.cohort.include.values())
    exclude = (_holds(study, c, person, BEFORE_INDEX) for c in study.cohort.exclude.values())
    return not any(held is False for held in include) and not any(held is True for held in exclude)


def _in_another(study: Study, person: _Person) -> bool:
    rules = [rule for rule in study.arms.values() if rule != "otherwise"]
    return any(_holds(study, rule, person, AFTER_INDEX) is True for rule in rules)


def _holds(study: Study, asked: Criterion, person: _Person, default: Window) -> bool | None:
    """True or false where this person's age, sex and index date decide it, else None."""
    if asked.age is not None:
        return _met(asked.age, person.age) if asked.age.numeric else None
    if asked.sex is not None:
        return asked.sex == person.sex
    if asked.index_date is not None:
        return _within(asked.index_date, person.index_date)
    if asked.event is not None:
        return _on_index(study, asked, default)
    if asked.not_ is not None:
        held = _holds(study, asked.not_, person, default)
        return None if held is None else not held
    parts = [_holds(study, p, person, default) for p in asked.any_of or asked.all_of or ()]
    if not parts:
        return None
    decisive = asked.any_of is not None
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def _met(wanted: Comparison, age: float) -> bool:
    values = [float(value) for value in wanted.values]
    match wanted.operator:
        case "<":
            return age < values[0]
        case "<=":
            return age <= values[0]
        case ">":
            return age > values[0]
        case ">=":
            return age >= values[0]
        case "between":
            return values[0] <= age <= values[1]
        case "!=":
            return age != values[0]
    return age in values


def _within(dates: DateRange, date: dt.date) -> bool:
    return (dates.from_ is None or dates.from_ <= date) and (dates.to is None or date <= dates.to)


def _on_index(study: Study, asked: Criterion, default: Window) -> bool | None:
    """True where the event is the index event itself and the window holds day 0."""
    index = members(study, study.cohort.index_event)
    event = study.events.get(asked.event or "")
    plain = asked.event == study.cohort.index_event or (event is not None and not event.narrowed)
    plain = plain and not (event is not None and event.after)
    held = members(study, asked.event or "")
    window = asked.window(default)
    day_0 = Window(TimePoint(), TimePoint())
    once = asked.at_least in (None, 1) and asked.at_most is None
    return (
        True
        if once and plain and index and {*held} >= {*index} and _covers(window, day_0)
        else None
    )


def _covers(outer: Window, inner: Window) -> bool:
    """Whether ``outer`` certainly holds all of ``inner``."""
    if outer == inner:
        return True
    starts_in = outer.start == inner.start or _at_most(outer.start, inner.start)
    ends_in = outer.end == inner.end or _at_most(inner.end, outer.end)
    return starts_in and ends_in


def _at_most(early: TimePoint, late: TimePoint) -> bool:
    one, two = bounds(early), bounds(late)
    return one is not None and two is not None and one[1] <= two[0]


def _excluded_by(study: Study, rule: Criterion) -> str:
    """The criterion that leaves out everybody with an event that the arm asks for."""
    needed = [part for part in (rule, *(rule.all_of or ())) if part.event is not None]
    ruled_out = [(title, c) for title, c in study.cohort.exclude.items()]
    ruled_out += [(title, c.not_) for title, c in study.cohort.include.items() if c.not_]
    for title, criterion in ruled_out:
        for left_out in (criterion, *(criterion.any_of or ())):
            if any(_implies(part, left_out) for part in needed):
                return title
    return ""


def _implies(part: Criterion, left_out: Criterion) -> bool:
    enough = (left_out.at_least or 1) <= (part.at_least or 1)
    windows = left_out.window(BEFORE_INDEX), part.window(AFTER_INDEX)
    counted = left_out.at_most is not None or part.at_most is not None
    return left_out.event == part.event and enough and not counted and _covers(*windows)


def _by_whom(study: Study, rule: Criterion) -> str:
    """The include criteria that ask about the same thing as the rule."""
    same: Iterable[str] = (
        title
        for criteria in (study.cohort.include, study.cohort.exclude)
        for title, criterion in criteria.items()
        if any(
            getattr(criterion, key) is not None and getattr(rule, key) is not None
            for key in ("age", "sex", "index_date")
        )
    )
    listed = " and ".join(f'"{title}"' for title in same)
    return f"see {listed}" if listed else ""
