"""Whether a protocol fits together: names that exist, windows that end after they start, arms
that somebody can be in, nothing adjusted for the future."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from casewise.protocol.comparison import Comparison
from casewise.protocol.model import (
    AFTER_INDEX,
    ANY_TIME,
    BEFORE_INDEX,
    Criterion,
    Outcome,
    Study,
    Windowed,
)
from casewise.protocol.nearest import nearest_or_all
from casewise.protocol.resolve import covariate_event, covariate_type, duration_ends
from casewise.protocol.time import INDEX, TimePoint, Window, bounds

Path_ = tuple[str | int, ...]
BUILT_IN = ("age", "sex")


@dataclass(frozen=True)
class Mistake:
    """Something that does not fit, and the path of keys to it; ``key`` points at the key itself."""

    path: Path_
    message: str
    hint: str = ""
    key: bool = False


def check_study(study: Study) -> list[Mistake]:
    """Every mistake that needs more than one place of the protocol to see."""
    mistakes = [
        *_events(study),
        *_index(study),
        *_criteria(study),
        *_arms(study),
        *_baseline(study),
        *_outcomes(study),
        *_harms_and_treatments(study),
    ]
    return list(dict.fromkeys(mistakes))


def unknown_event(study: Study, name: str, path: Path_) -> Iterator[Mistake]:
    if name not in study.events:
        yield Mistake(path, f'no event is called "{name}"', nearest_or_all(name, study.events))


def _events(study: Study) -> Iterator[Mistake]:
    for name, event in study.events.items():
        here: Path_ = ("events", name)
        if name == INDEX:
            yield Mistake(here, '"index" is the index date; call the event otherwise', key=True)
        for member in event.any_of or ():
            yield from unknown_event(study, member, (*here, "any of"))
        if event.after is not None:
            yield from unknown_event(study, event.after, (*here, "after"))
    reported: set[str] = set()
    for name in study.events:
        loop = _loop(study, name, ())
        if loop and not reported & set(loop):
            reported |= set(loop)
            chain = " → ".join(f'"{step}"' for step in (*loop, loop[0]))
            yield Mistake(("events", loop[0]), f"is defined by itself: {chain}", key=True)


def _loop(study: Study, name: str, above: tuple[str, ...]) -> tuple[str, ...]:
    if name in above:
        return above[above.index(name) :]
    event = study.events.get(name)
    if event is None:
        return ()
    needs = (*(event.any_of or ()), *((event.after,) if event.after else ()))
    for needed in needs:
        if loop := _loop(study, needed, (*above, name)):
            return loop
    return ()


def _index(study: Study) -> Iterator[Mistake]:
    text = study.cohort.index
    if not text.startswith("first "):
        hint = f'write "first {text}"' if text in study.events else 'write "first EVENT"'
        yield Mistake(("cohort", "index"), "has to say which one starts the clock", hint)
        return
    yield from unknown_event(study, study.cohort.index_event, ("cohort", "index"))


def _criteria(study: Study) -> Iterator[Mistake]:
    for part, criteria in (("include", study.cohort.include), ("exclude", study.cohort.exclude)):
        for name, criterion in criteria.items():
            yield from _criterion(study, criterion, ("cohort", part, name), BEFORE_INDEX)
    for name in study.cohort.include.keys() & study.cohort.exclude.keys():
        yield Mistake(
            ("cohort", "exclude", name), f'"{name}" is an include criterion too', key=True
        )


def _criterion(
    study: Study, criterion: Criterion, path: Path_, default: Window
) -> Iterator[Mistake]:
    if criterion.event is not None:
        yield from unknown_event(study, criterion.event, (*path, "event"))
        yield from _window(study, criterion, path, default)
    if criterion.covariate is not None and criterion.is_ is not None:
        yield from _comparison(study, criterion.covariate, criterion.is_, path)
    if criterion.age is not None and not criterion.age.numeric:
        yield Mistake((*path, "age"), f'"{criterion.age}" is not an age; write ">= 18"')
    for key, parts in (("any of", criterion.any_of), ("all of", criterion.all_of)):
        for number, part in enumerate(parts or ()):
            yield from _criterion(study, part, (*path, key, number), default)
    if criterion.not_ is not None:
        yield from _criterion(study, criterion.not_, (*path, "not"), default)


def _comparison(study: Study, name: str, wanted: Comparison, path: Path_) -> Iterator[Mistake]:
    if name not in study.baseline and name not in BUILT_IN:
        known = (*study.baseline, *BUILT_IN)
        yield Mistake(
            (*path, "covariate"), f'no covariate is called "{name}"', nearest_or_all(name, known)
        )
        return
    kind = covariate_type(study, name) if name in study.baseline else None
    kind = kind or {"age": "number", "sex": "category"}.get(name)  # type: ignore[assignment]
    if kind == "number" and not wanted.numeric:
        yield Mistake((*path, "is"), f'"{name}" is a number; "{wanted}" is not one')
        return
    if kind != "number" and wanted.operator not in ("=", "!=", "one of"):
        yield Mistake((*path, "is"), f'"{name}" has no order; name the value or values meant')
        return
    choices: tuple[str, ...] = ()
    if kind == "yes or no":
        choices = ("yes", "no")
    elif name in study.baseline:
        choices = study.baseline[name].choices
    elif name == "sex":
        choices = ("female", "male")
    for value in wanted.values if choices else ():
        text = f"{value:g}" if isinstance(value, float) else value
        if text not in choices:
            yield Mistake(
                (*path, "is"), f'"{name}" has no choice "{text}"', nearest_or_all(text, choices)
            )


def _window(study: Study, asks: Windowed, path: Path_, default: Window) -> Iterator[Mistake]:
    """Anchors that exist, and an end that does not certainly come before the start."""
    for key, at in (("from", asks.from_), ("to", asks.to), ("until", asks.until)):
        if at is not None and at.anchor != INDEX:
            yield from unknown_event(study, at.anchor, (*path, key))
    window = asks.window(default)
    if _ends_before_it_starts(window):
        written = next(
            (
                k
                for k in ("to", "within", "until", "from")
                if getattr(asks, f"{k}_" if k == "from" else k)
            ),
            "",
        )
        yield Mistake(
            (*path, written) if written else path,
            f"the window ends ({window.end}) before it starts ({window.start})",
        )


def _ends_before_it_starts(window: Window) -> bool:
    start, end = bounds(window.start), bounds(window.end)
    if start is not None and end is not None:
        return end[1] < start[0] or window.start == ANY_TIME.end or window.end == ANY_TIME.start
    same = window.start.anchor == window.end.anchor and window.start.anchor != INDEX
    if not same:
        return False
    relative = [TimePoint(INDEX, at.sign, at.offset) for at in (window.start, window.end)]
    return _ends_before_it_starts(Window(*relative))


def _arms(study: Study) -> Iterator[Mistake]:
    *_, last = study.arms
    seen: list[tuple[str, Criterion]] = []
    for name, rule in study.arms.items():
        path: Path_ = ("arms", name)
        if rule == "otherwise":
            if name != last:
                yield Mistake(
                    path, f'"otherwise" is the last arm, the comparator; "{last}" comes after it'
                )
            continue
        yield from _criterion(study, rule, path, AFTER_INDEX)
        twin = next((other for other, earlier in seen if earlier == rule), None)
        if twin is not None:
            yield Mistake(
                path,
                f'nobody can be in "{name}" alone: its rule is that of "{twin}", and a patient who '
                "meets two arms' rules is in neither",
                key=True,
            )
        seen.append((name, rule))
        yield from _impossible_arm(study, name, rule)


def _impossible_arm(study: Study, name: str, rule: Criterion) -> Iterator[Mistake]:
    """An arm's rule that the cohort's criteria rule out."""
    path: Path_ = ("arms", name)
    for title, criterion in study.cohort.include.items():
        clash = (
            (criterion.sex and rule.sex and criterion.sex != rule.sex)
            or (criterion.age and rule.age and not _overlap(criterion.age, rule.age))
            or (criterion.index_date and rule.index_date and not _dates_overlap(criterion, rule))
        )
        if clash:
            yield Mistake(path, f'nobody can be in "{name}": "{title}" leaves them out', key=True)
    for title, criterion in study.cohort.exclude.items():
        if criterion.event is None or criterion.event != rule.event or rule.event is None:
            continue
        if criterion.at_least is None and _covers(
            criterion.window(BEFORE_INDEX), rule.window(AFTER_INDEX)
        ):
            yield Mistake(
                path,
                f'nobody can be in "{name}": "{title}" leaves out everyone with "{rule.event}" '
                "in that window",
                key=True,
            )


def _overlap(one: Comparison, two: Comparison) -> bool:
    """Whether some number meets both comparisons; true where that is not sure."""
    low_1, high_1 = _range(one)
    low_2, high_2 = _range(two)
    return max(low_1, low_2) <= min(high_1, high_2)


def _range(wanted: Comparison) -> tuple[float, float]:
    far = float("inf")
    numbers = [value for value in wanted.values if isinstance(value, float)]
    if not numbers or wanted.operator == "!=":
        return -far, far
    # Ages are whole years, so "under 18" is at most 17.
    match wanted.operator:
        case "<":
            return -far, numbers[0] - 1
        case "<=":
            return -far, numbers[0]
        case ">":
            return numbers[0] + 1, far
        case ">=":
            return numbers[0], far
    return min(numbers), max(numbers)


def _dates_overlap(one: Criterion, two: Criterion) -> bool:
    assert one.index_date is not None
    assert two.index_date is not None
    starts = [d for d in (one.index_date.from_, two.index_date.from_) if d]
    ends = [d for d in (one.index_date.to, two.index_date.to) if d]
    return not starts or not ends or max(starts) <= min(ends)


def _covers(outer: Window, inner: Window) -> bool:
    """Whether ``outer`` certainly holds all of ``inner``."""
    if outer == inner:
        return True
    sides = [bounds(at) for at in (outer.start, inner.start, outer.end, inner.end)]
    if any(side is None for side in sides):
        return False
    outer_start, inner_start, outer_end, inner_end = (side or (0.0, 0.0) for side in sides)
    return outer_start[1] <= inner_start[0] and outer_end[0] >= inner_end[1]


def _baseline(study: Study) -> Iterator[Mistake]:
    for name, covariate in study.baseline.items():
        path: Path_ = ("baseline", name)
        if covariate.event is not None:
            yield from unknown_event(study, covariate.event, (*path, "event"))
        kind = covariate_type(study, name)
        if kind is None:
            yield Mistake(
                path,
                f'nothing says what "{name}" is',
                "give it a unit (a number), choices (a category), a type, or the name of an event; "
                + nearest_or_all(name, (*study.events, *BUILT_IN)),
                key=True,
            )
        if covariate.summary is not None and kind not in ("number", None):
            yield Mistake((*path, "summary"), f"a median or mean is of a number; this is {kind}")
        if covariate.unit and kind not in ("number", None):
            yield Mistake((*path, "unit"), f"a unit belongs to a number; this is {kind}")
        if covariate.choices and kind not in ("category", None):
            yield Mistake((*path, "choices"), f"choices belong to a category; this is {kind}")
        doubled = [c for c in dict.fromkeys(covariate.choices) if covariate.choices.count(c) > 1]
        if doubled:
            yield Mistake((*path, "choices"), f'"{doubled[0]}" is listed twice')
        if covariate_event(study, name) and covariate.type not in (None, "yes or no"):
            yield Mistake((*path, "type"), "whether an event happened is yes or no")
        yield from _window(study, covariate, path, BEFORE_INDEX)
        yield from _future(study, name, path)


def _future(study: Study, name: str, path: Path_) -> Iterator[Mistake]:
    covariate = study.baseline[name]
    window = covariate.window(BEFORE_INDEX)
    end = bounds(window.end)
    later = window.end.anchor != INDEX or (end is not None and end[1] > 0)
    if later and covariate.after_index is None:
        where = next((k for k in ("to", "within", "until") if getattr(covariate, k)), "from")
        yield Mistake(
            (*path, where),
            f"is measured after the index date (to {window.end}): adjusting for it would adjust "
            "for the future",
            'end it at "index", or write "after index: deliberate"',
        )
    if not later and covariate.after_index is not None:
        yield Mistake(
            (*path, "after index"), "nothing here is after the index date; leave this out", key=True
        )


def _outcomes(study: Study) -> Iterator[Mistake]:
    for name, outcome in study.outcomes.items():
        path: Path_ = ("outcomes", name)
        for key, events in (("any of", outcome.any_of), ("time to", outcome.time_to)):
            for event in events or ():
                yield from unknown_event(study, event, (*path, key))
        for key, single in (("event", outcome.event), ("count", outcome.count)):
            if single is not None:
                yield from unknown_event(study, single, (*path, key))
        yield from _competing(study, outcome, path)
        if outcome.time is not None:
            yield from _duration(study, outcome.time, path)
            continue
        yield from _window(study, outcome, path, AFTER_INDEX)
        yield from _not_before_index(outcome, path)
    primary = study.analysis.primary
    if primary is not None and primary not in study.outcomes:
        yield Mistake(
            ("analysis", "primary"),
            f'no outcome is called "{primary}"',
            nearest_or_all(primary, study.outcomes),
        )


def _competing(study: Study, outcome: Outcome, path: Path_) -> Iterator[Mistake]:
    if outcome.competing is None:
        return
    yield from unknown_event(study, outcome.competing, (*path, "competing"))
    if outcome.competing in outcome.events:
        yield Mistake(
            (*path, "competing"), f'"{outcome.competing}" is the outcome itself, so cannot compete'
        )


def _duration(study: Study, text: str, path: Path_) -> Iterator[Mistake]:
    if duration_ends(study, text) is not None:
        return
    start, found, end = text.partition(" to ")
    if not found:
        yield Mistake((*path, "time"), f'"{text}" has no " to "', 'write "index to discharge"')
        return
    if start != INDEX:
        yield from unknown_event(study, start.strip(), (*path, "time"))
    yield from unknown_event(study, end.strip(), (*path, "time"))


def _not_before_index(asks: Windowed, path: Path_) -> Iterator[Mistake]:
    start = bounds(asks.window(AFTER_INDEX).start)
    if start is not None and start[0] < 0:
        yield Mistake(
            (*path, "from"),
            "is measured before the index date; an outcome comes after it",
            'start it at "index" or "1 day after"',
        )


def _harms_and_treatments(study: Study) -> Iterator[Mistake]:
    for name, harm in study.harms.items():
        path: Path_ = ("harms", name)
        yield from unknown_event(study, harm.event, (*path, "event"))
        yield from _window(study, harm, path, AFTER_INDEX)
        yield from _not_before_index(harm, path)
        if name in study.outcomes:
            yield Mistake(path, f'"{name}" is an outcome too; name the two apart', key=True)
    for name, treatment in study.treatments.items():
        path = ("treatments", name)
        event = treatment.event or name
        yield from unknown_event(study, event, (*path, "event") if treatment.event else path)
        yield from _window(study, treatment, path, ANY_TIME)


def dated_events(study: Study) -> Iterator[tuple[str, str]]:
    """Events whose date a protocol cannot do without, each with what needs it."""
    yield study.cohort.index_event, "the index date"
    for name, event in study.events.items():
        if event.after is not None:
            yield event.after, f'"{name}" comes after it'
    for asks in _windows(study):
        for at in (asks.from_, asks.to, asks.until):
            if at is not None and at.anchor != INDEX:
                yield at.anchor, "a window starts or ends at it"
    for name, outcome in study.outcomes.items():
        ends = duration_ends(study, outcome.time) if outcome.time else None
        for end in ends or ():
            if end != INDEX:
                yield end, f'"{name}" is a duration'
        for timed in outcome.time_to or ():
            yield timed, f'"{name}" is a time to event'
        if outcome.competing:
            yield outcome.competing, f'it competes in "{name}"'


def _windows(study: Study) -> Iterator[Windowed]:
    criteria = [*study.cohort.include.values(), *study.cohort.exclude.values()]
    criteria += [rule for rule in study.arms.values() if rule != "otherwise"]
    yield from _opened(criteria)
    yield from study.baseline.values()
    yield from study.outcomes.values()
    yield from study.harms.values()
    yield from study.treatments.values()


def _opened(criteria: Iterable[Criterion]) -> Iterator[Criterion]:
    for criterion in criteria:
        yield criterion
        yield from _opened((*(criterion.any_of or ()), *(criterion.all_of or ())))
        if criterion.not_ is not None:
            yield from _opened((criterion.not_,))


def criteria_of(study: Study) -> list[Criterion]:
    """Every criterion, those inside others included."""
    named = [*study.cohort.include.values(), *study.cohort.exclude.values()]
    return list(_opened([*named, *(rule for rule in study.arms.values() if rule != "otherwise")]))
