"""Arms that are defined by what happens after day 0, and how a study deals with the wait.

Whoever is put into an arm by a treatment that starts later had to live until it started. A
protocol says what it does about that: compare as it stands (naive), from a landmark day, with
treatment as changing in time, or by clone-censor-weight. Nothing here looks at records.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from casewise.protocol.mistakes import Mistake, Path_
from casewise.protocol.model import (
    AFTER_INDEX,
    BEFORE_INDEX,
    Analysis,
    Criterion,
    Harm,
    Outcome,
    Study,
)
from casewise.protocol.nearest import one_of
from casewise.protocol.time import INDEX, Duration, TimePoint, Window, bounds
from casewise.protocol.timing import LateTreatment

Asks = TypeVar("Asks", Outcome, Harm)
KEY = "treatment after day 0"
CHOICES = (
    ("naive", "as it stands; every table and figure then says that it is biased"),
    ("{landmark: 30 days}", "those still watched on day 30, by treatment begun until then"),
    ("time-dependent", "each patient untreated until the day treatment starts, treated after"),
    (
        "{clone-censor-weight: 30 days}",
        "start within 30 days against do not, every patient under both until one is broken",
    ),
    ("decided on day 0", "arms were settled on day 0, whenever treatment then began"),
)


def late_arms(study: Study) -> tuple[str, ...]:
    """The arms whose rule asks about an event that may happen after day 0."""
    return tuple(
        name
        for name, rule in study.arms.items()
        if isinstance(rule, Criterion) and any(_late(part) for part in _events(rule))
    )


def _events(rule: Criterion) -> Iterator[Criterion]:
    if rule.event is not None:
        yield rule
    for part in (*(rule.any_of or ()), *(rule.all_of or ()), *((rule.not_,) if rule.not_ else ())):
        yield from _events(part)


def _late(asked: Criterion) -> bool:
    return _reaches_past_day_0(asked.window(AFTER_INDEX).end)


def late_criteria(study: Study) -> tuple[str, ...]:
    """The cohort's criteria that look at events after day 0, so that nobody can tell on day 0
    whether a patient meets them."""
    named = (*study.cohort.include.items(), *study.cohort.exclude.items())
    return tuple(
        name
        for name, criterion in named
        if any(_reaches_past_day_0(part.window(BEFORE_INDEX).end) for part in _events(criterion))
    )


def _reaches_past_day_0(end: TimePoint) -> bool:
    latest = bounds(end)
    return latest is None or latest[1] > 0


def starting(study: Study) -> str | None:
    """The one arm that an event puts patients into, where every other patient is otherwise."""
    rules = [(name, rule) for name, rule in study.arms.items() if isinstance(rule, Criterion)]
    if len(study.arms) != 2 or len(rules) != 1:
        return None
    name, rule = rules[0]
    return name if rule.event is not None and rule.at_least in (None, 1) else None


def demand(study: Study) -> str:
    """What a check asks for where arms start late and the protocol does not say what of it."""
    late = late_arms(study)
    if not late or study.analysis.treatment_after_day_0 is not None:
        return ""
    named = " and ".join(f'"{name}"' for name in late)
    return (
        f"{named} {'is' if len(late) == 1 else 'are'} defined by what happens after day 0: whoever "
        "dies before treatment starts counts for the other arm. Choose how that is analysed; until "
        "then it is naive, and labelled biased"
    )


def late_criteria_told(study: Study) -> str:
    """What a check says of criteria that nobody can know on day 0."""
    late = late_criteria(study)
    if not late:
        return ""
    named = " and ".join(f'"{name}"' for name in late)
    looks = "looks" if len(late) == 1 else "look"
    return (
        f"eligibility and the start of follow-up do not coincide: {named} {looks} past day 0, so "
        "that who dies before it is settled is judged by less than who lives"
    )


def demand_hint() -> str:
    choices = "; ".join(f"{name} ({what})" for name, what in CHOICES)
    return f'under analysis, "{KEY}:" {choices}'


def late_treatment_mistakes(study: Study) -> Iterator[Mistake]:
    """A choice that the arms or the outcomes do not allow."""
    chosen = study.analysis.treatment_after_day_0
    path: Path_ = ("analysis", KEY)
    if chosen is None:
        return
    if not late_arms(study):
        message = (
            "no arm is defined by what happens after day 0, so that there is nothing to choose"
        )
        yield Mistake(path, message, "leave it out", key=True)
        return
    if chosen.landmark is not None:
        yield from _landmark(study, chosen.landmark, path)
    if chosen.how == "time-dependent" or chosen.clone_censor_weight is not None:
        yield from _starts(study, path)
        if study.analysis.adjust is not None:
            message = f'"adjust" compares arms that are known on day 0, and "{KEY}" does not'
            hint = 'clone-censor-weight has "weights from"; a landmark may be adjusted'
            yield Mistake(("analysis", "adjust"), message, hint, key=True)
    grace = chosen.clone_censor_weight
    if grace is not None and grace.months is not None:
        yield Mistake((*path, "clone-censor-weight"), *_in_days(grace))
    for name in chosen.weights_from or ():
        covariate = study.baseline.get(name)
        here = (*path, "weights from")
        if covariate is None:
            hint = one_of(name, study.baseline, "covariates")
            yield Mistake(here, f'no covariate is called "{name}"', hint)
        elif covariate.after_index:
            yield Mistake(here, f'"{name}" is measured after day 0, and cannot make weights')


def _in_days(given: Duration) -> tuple[str, str]:
    return f'"{given}" has not the same number of days for everybody', "write days or weeks"


def _landmark(study: Study, landmark: Duration, path: Path_) -> Iterator[Mistake]:
    here = (*path, "landmark")
    if landmark.months is not None:
        yield Mistake(here, *_in_days(landmark))
        return
    day = int(landmark.most_days)
    for name, outcome in (*study.outcomes.items(), *study.harms.items()):
        section = "outcomes" if name in study.outcomes else "harms"
        window = outcome.window(AFTER_INDEX)
        end = bounds(window.end)
        if end is not None and end[0] <= day:
            message = f'"{name}" ends ("within: {outcome.within}") before the landmark, day {day}'
            yield Mistake((section, name, "within"), message, "give it a later horizon")
        if bounds(window.start) is None:
            message = f'under a landmark, "{name}" counts from the landmark, not from an event'
            yield Mistake((section, name, "from"), message)
    for name, rule in study.arms.items():
        for asked in _events(rule) if isinstance(rule, Criterion) else ():
            start = bounds(asked.window(AFTER_INDEX).start)
            if start is not None and start[0] > day:
                message = f'nobody can be in "{name}": its window starts after the landmark'
                yield Mistake(("arms", name), message, key=True)


def _starts(study: Study, path: Path_) -> Iterator[Mistake]:
    if starting(study) is None:
        message = "this needs two arms: one that an event puts patients into, the other otherwise"
        hint = "transplant: {event: transplant}, no transplant: otherwise"
        yield Mistake(path, message, hint)
    if all(outcome.time_to is None for outcome in study.outcomes.values()):
        message = 'this is for times to event, and no outcome is one ("time to: death")'
        yield Mistake(path, message)


def at_landmark(study: Study) -> Study:
    """The study as asked from its landmark: arms by what happened until then, counts from then on.

    Without a landmark, ``study`` itself. Outcomes that happen once keep their windows: who had
    one before the landmark is known by its day, and left out.
    """
    chosen = study.analysis.treatment_after_day_0
    if chosen is None or chosen.landmark is None:
        return study
    mark = TimePoint(INDEX, 1, chosen.landmark)
    arms = {
        name: _until(rule, mark) if isinstance(rule, Criterion) else rule
        for name, rule in study.arms.items()
    }
    day_after = TimePoint(INDEX, 1, Duration(int(chosen.landmark.most_days) + 1, "day"))
    outcomes = {
        name: _from(outcome, day_after) if outcome.count is not None else outcome
        for name, outcome in study.outcomes.items()
    }
    harms = {name: _from(harm, day_after) for name, harm in study.harms.items()}
    return study.model_copy(update={"arms": arms, "outcomes": outcomes, "harms": harms})


def without_landmark(study: Study) -> Study:
    """The same study from day 0, with arms as their rules have them."""
    if landmark_day(study.analysis) is None:
        return study
    naive = study.analysis.model_copy(update={"treatment_after_day_0": LateTreatment(how="naive")})
    return study.model_copy(update={"analysis": naive})


def _until(rule: Criterion, mark: TimePoint) -> Criterion:
    """The rule with each event looked for no later than ``mark``.

    Where a window ends at an event, an occurrence up to it and one up to the mark are asked for:
    the earlier of the two is within both.
    """
    if rule.event is not None:
        window = rule.window(AFTER_INDEX)
        end, latest = bounds(window.end), bounds(mark)
        cut = {"from_": window.start, "to": mark, "until": None, "within": None}
        if end is None:
            return Criterion(all_of=(rule, rule.model_copy(update=cut)))
        return rule if latest and end[1] <= latest[0] else rule.model_copy(update=cut)
    update: dict[str, object] = {
        key: tuple(_until(part, mark) for part in parts)
        for key, parts in (("any_of", rule.any_of), ("all_of", rule.all_of))
        if parts
    }
    if rule.not_ is not None:
        update["not_"] = _until(rule.not_, mark)
    return rule.model_copy(update=update)


def _from(asks: Asks, day: TimePoint) -> Asks:
    start, earliest = bounds(Window(asks.window(AFTER_INDEX).start, day).start), bounds(day)
    later = start is not None and earliest is not None and start[0] > earliest[0]
    return asks if later else asks.model_copy(update={"from_": day})


def landmark_day(analysis: Analysis) -> int | None:
    chosen = analysis.treatment_after_day_0
    return None if chosen is None or chosen.landmark is None else int(chosen.landmark.most_days)
