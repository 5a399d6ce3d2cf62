"""What the checks share: a mistake, names that have to exist, windows that have to hold a day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from casewise.protocol.model import Criterion, Study, Windowed
from casewise.protocol.nearest import one_of
from casewise.protocol.time import INDEX, TimePoint, Window, ends_before_it_starts

Path_: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True)
class Mistake:
    """Something that does not fit, and the path of keys to it; ``key`` points at the key itself."""

    path: Path_
    message: str
    hint: str = ""
    key: bool = False


def unknown_event(study: Study, name: str, path: Path_) -> Iterator[Mistake]:
    if name not in study.events:
        hint = one_of(name, study.events, "events")
        yield Mistake(path, f'no event is called "{name}"', hint)


def unknown_events(study: Study, names: Iterable[str] | None, path: Path_) -> Iterator[Mistake]:
    """Each of a list, at its own place in it."""
    for number, name in enumerate(names or ()):
        yield from unknown_event(study, name, (*path, number))


def window_mistakes(
    study: Study, asks: Windowed, path: Path_, default: Window
) -> Iterator[Mistake]:
    """Anchors that exist, and an end that comes after the start for every index date."""
    for key, at in _ends(asks):
        if at.anchor != INDEX:
            yield from unknown_event(study, at.anchor, (*path, key))
    window = asks.window(default)
    if not ends_before_it_starts(window):
        return
    key = _written_end(asks)
    start, end = str(window.start), str(window.end)
    if window.start.anchor == window.end.anchor and _may_hold(window):
        message = f'the window can end ("{end}") before it starts ("{start}")'
        hint = "months differ in length: write both ends in days, or both in months"
        yield Mistake((*path, key), message, hint)
        return
    yield Mistake((*path, key), f'the window ends ("{end}") before it starts ("{start}")')


def _may_hold(window: Window) -> bool:
    """Whether some index date gives the window a day, where another does not."""
    start, end = window.start.offset, window.end.offset
    if start is None or end is None or window.start.sign != window.end.sign:
        return False
    near, far = (start, end) if window.end.sign > 0 else (end, start)
    return (near.months is None) != (far.months is None) and far.most_days >= near.least_days


def _ends(asks: Windowed) -> Iterator[tuple[str, TimePoint]]:
    for key, at in (("from", asks.from_), ("to", asks.to), ("until", asks.until)):
        if at is not None:
            yield key, at


def _written_end(asks: Windowed) -> str:
    written = [key for key in ("to", "within", "until") if getattr(asks, key) is not None]
    return written[0] if written else "from"


def criteria_with_paths(study: Study) -> Iterator[tuple[Path_, Criterion]]:
    """Every criterion of the cohort and the arms, those inside others included."""
    for part, criteria in (("include", study.cohort.include), ("exclude", study.cohort.exclude)):
        for name, criterion in criteria.items():
            yield from _inner(("cohort", part, name), criterion)
    for name, rule in study.arms.items():
        if rule != "otherwise":
            yield from _inner(("arms", name), rule)


def _inner(path: Path_, criterion: Criterion) -> Iterator[tuple[Path_, Criterion]]:
    yield path, criterion
    for key, parts in (("any of", criterion.any_of), ("all of", criterion.all_of)):
        for number, part in enumerate(parts or ()):
            yield from _inner((*path, key, number), part)
    if criterion.not_ is not None:
        yield from _inner((*path, "not"), criterion.not_)


def members(study: Study, name: str) -> tuple[str, ...]:
    """What ``name`` happens with: itself, or any of the events that it is any of and no less."""
    waiting, seen, found = [name], {name}, []
    while waiting:
        event = study.events.get(this := waiting.pop())
        through = event.any_of if event is not None and not event.narrowed else None
        if event is not None and through is None:
            found.append(this)
        inner = [one for one in through or () if one not in seen]
        seen.update(inner)
        waiting += reversed(inner)
    return tuple(found)
