"""Outcomes, harms and treatments: events that exist, windows from the index date on."""

from __future__ import annotations

from collections.abc import Iterator

from casewise.protocol.mistakes import (
    Mistake,
    Path_,
    members,
    unknown_event,
    unknown_events,
    window_mistakes,
)
from casewise.protocol.model import AFTER_INDEX, ANY_TIME, Harm, Outcome, Study
from casewise.protocol.resolve import duration_ends
from casewise.protocol.time import INDEX, TimePoint, bounds, ends_before_it_starts


def outcome_mistakes(study: Study) -> Iterator[Mistake]:
    for name, outcome in study.outcomes.items():
        path: Path_ = ("outcomes", name)
        yield from unknown_events(study, outcome.any_of, (*path, "any of"))
        yield from unknown_events(study, outcome.time_to, (*path, "time to"))
        yield from unknown_events(study, outcome.ranked, (*path, "ranked"))
        yield from unknown_events(study, outcome.days_free_of, (*path, "days free of"))
        for key, single in (("event", outcome.event), ("count", outcome.count)):
            if single is not None:
                yield from unknown_event(study, single, (*path, key))
        yield from _competing(study, outcome, path)
        if outcome.time is not None:
            yield from _duration(study, outcome.time, (*path, "time"))
            continue
        yield from _window(study, outcome, path)
        if outcome.kind != "number":
            yield from _certain(study, outcome, outcome.events, path)
    for name, harm in study.harms.items():
        path = ("harms", name)
        yield from unknown_event(study, harm.event, (*path, "event"))
        yield from _window(study, harm, path)
        yield from _certain(study, harm, (harm.event,), path)
    for name, treatment in study.treatments.items():
        path = ("treatments", name)
        named = treatment.event is not None
        for mistake in unknown_event(study, treatment.event or name, path):
            here = (*path, "event") if named else path
            yield Mistake(here, mistake.message, mistake.hint, key=not named)
        yield from window_mistakes(study, treatment, path, ANY_TIME)


def _competing(study: Study, outcome: Outcome, path: Path_) -> Iterator[Mistake]:
    if outcome.competing is None:
        return
    yield from unknown_event(study, outcome.competing, (*path, "competing"))
    ends = duration_ends(study, outcome.time) if outcome.time else None
    if outcome.competing in (*outcome.events, *(ends or ())[1:]):
        message = f'"{outcome.competing}" is the outcome itself and cannot compete with it'
        yield Mistake((*path, "competing"), message)


def _duration(study: Study, text: str, path: Path_) -> Iterator[Mistake]:
    ends = duration_ends(study, text)
    if ends is None:
        yield from _unknown_ends(study, text, path)
    elif ends[0] == ends[1] or (ends == (INDEX, study.cohort.index_event)):
        yield Mistake(path, f'"{text}" starts and ends with the same event')


def _unknown_ends(study: Study, text: str, path: Path_) -> Iterator[Mistake]:
    start, found, end = (part.strip() for part in text.partition(" to "))
    if not found:
        hint = 'write "index to discharge": where it starts and where it ends'
        yield Mistake(path, f'"{text}" is not a duration between two events', hint)
        return
    if start != INDEX:
        yield from unknown_event(study, start, path)
    if end == INDEX:
        yield Mistake(path, "a duration cannot end at the index date", "it may start there")
    else:
        yield from unknown_event(study, end, path)


def _window(study: Study, asks: Outcome | Harm, path: Path_) -> Iterator[Mistake]:
    """From the index date on, and not past the horizon."""
    window = asks.window(AFTER_INDEX)
    start = bounds(window.start)
    before = window.start.sign < 0 if start is None else start[0] < 0
    if before:
        message = f'outcomes and harms count from the index date on; found "{window.start}"'
        hint = 'what comes before is baseline; start it at "index" or "1 day after"'
        yield Mistake((*path, "from"), message, hint)
    elif ends_before_it_starts(window) and asks.within is not None:
        message = (
            f'the window starts ("{window.start}") after its horizon ("within: {asks.within}")'
        )
        hint = '"within" counts from the index date, whatever "from" says'
        yield Mistake((*path, "from"), message, hint)
    else:
        yield from window_mistakes(study, asks, path, AFTER_INDEX)


def _is_plain(study: Study, name: str) -> bool:
    return name in study.events and not study.events[name].narrowed


def _certain(
    study: Study, asks: Outcome | Harm, events: tuple[str, ...], path: Path_
) -> Iterator[Mistake]:
    """An event that everybody has on day 0, because it is the index date."""
    index = members(study, study.cohort.index_event)
    starts_on_day_0 = asks.window(AFTER_INDEX).start == TimePoint()
    plain = [name for name in events if name == study.cohort.index_event or _is_plain(study, name)]
    held = {member for name in plain for member in members(study, name)}
    if starts_on_day_0 and index and held >= set(index):
        key = next(
            k
            for k in ("event", "any of", "time to", "count", "ranked")
            if getattr(asks, k.replace(" ", "_"), None)
        )
        message = "everybody has this on day 0, because it is the index date"
        yield Mistake((*path, key), message, 'start it later: "from: 1 day after"')
