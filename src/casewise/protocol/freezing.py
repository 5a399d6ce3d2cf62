"""A protocol frozen before its outcomes are looked at, and what was changed since.

``study.frozen.json`` stands beside ``study.yaml``: when, what the protocol said, and a hash of the
two. What it said is its content: comments, spaces, labels and the title do not count as changes.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from casewise.errors import CasewiseError, Problem, ProtocolError, RecordsError
from casewise.protocol.fields import Model
from casewise.protocol.model import Study
from casewise.protocol.resolve import duration_ends
from casewise.protocol.time import parse_point

Kind = Literal["added", "changed", "left out"]
Content = dict[str, Any]

WORDING = ("label", "summary")  # how a table prints it, not what it is
# In the order in which a reader is told.
_PARTS = {
    "events": "event",
    "codes": "code list",
    "include": "include criterion",
    "exclude": "exclude criterion",
    "arms": "arm",
    "baseline": "covariate",
    "outcomes": "outcome",
    "harms": "harm",
    "treatments": "treatment",
    "analysis": "analysis",
}


@dataclass(frozen=True, slots=True)
class Frozen:
    """A protocol as it stood: ``at`` is ISO 8601 in UTC, ``digest`` hashes time and content."""

    at: str
    digest: str
    study: Study
    content: Content


@dataclass(frozen=True, slots=True)
class Change:
    """One thing of the protocol that is not as it was frozen: an outcome, an arm, ... by its
    name, which is empty where there is one alone (the index)."""

    part: str
    name: str
    kind: Kind


def frozen_path(study: Path) -> Path:
    return study.with_name(f"{study.stem}.frozen.json")


def canonical(study: Study) -> Content:
    """What a protocol says, whatever way it is written."""
    return study.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def freeze(path: Path, study: Study, now: dt.datetime) -> Frozen:
    """Write the frozen protocol beside the one at ``path``. One that is as it was frozen before
    stays as it is.

    Raises ``CasewiseError`` where it was frozen before and says something else now,
    ``ProtocolError`` where the frozen file was changed, ``RecordsError`` where it cannot be
    written.
    """
    place = frozen_path(path)
    earlier = read_frozen(path)
    if earlier is not None:
        if not changes(earlier.study, study):
            return earlier
        message = f"the protocol was frozen already, {day(earlier.at)}, and says something else now"
        hint = "a run says what was changed since; to begin anew, move that file away first"
        raise CasewiseError(Problem(message, file=str(place), hint=hint))
    content, at = canonical(study), now.isoformat(timespec="seconds")
    made = Frozen(at, digest(at, content), study, content)
    text = json.dumps(
        {"frozen": made.at, "sha256": made.digest, "protocol": content},
        indent=2,
        ensure_ascii=False,
    )
    ours = whole = False
    try:
        with place.open("x", encoding="utf-8", newline="\n") as file:
            ours = True
            file.write(f"{text}\n")
        whole = True
    except OSError as error:
        problem = Problem(f"cannot be written: {error.strerror}", file=str(place))
        raise RecordsError(problem) from error
    finally:
        if ours and not whole:
            place.unlink(missing_ok=True)
    return made


def digest(at: str, content: Content) -> str:
    """Of the time and the content, keys in the order of the protocol."""
    text = json.dumps([at, content], ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def read_frozen(path: Path) -> Frozen | None:
    """The frozen protocol beside the one at ``path``; ``None`` where there is none.

    Raises ``ProtocolError`` where the file is not one, or was changed after it was written.
    """
    place = frozen_path(path)
    try:
        said = json.loads(place.read_text(encoding="utf-8"))
        at, found, content = said["frozen"], said["sha256"], said["protocol"]
        dt.datetime.fromisoformat(at)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        message = f"is not a frozen protocol ({type(error).__name__})"
        raise ProtocolError(Problem(message, file=str(place), hint=_RESTORE)) from None
    if digest(at, content) != found:
        message = "was changed after it was frozen: its content and its hash do not agree"
        raise ProtocolError(Problem(message, file=str(place), hint=_RESTORE))
    try:
        return Frozen(at, found, Study.model_validate(content), content)
    except ValidationError:
        message = "was frozen by another version of Casewise, whose language this one does not read"
        raise ProtocolError(Problem(message, file=str(place))) from None


_RESTORE = "restore the file that 'casewise freeze' wrote"


def day(at: str) -> str:
    """When, as a report says it: "on 2026-11-27 at 13:05 UTC"."""
    when = dt.datetime.fromisoformat(at).astimezone(dt.UTC)
    return f"on {when:%Y-%m-%d} at {when:%H:%M} UTC"


def changes(before: Study, now: Study) -> tuple[Change, ...]:
    """What is not as it was, in the order of the protocol."""
    found: list[Change] = []
    if before.cohort.index != now.cohort.index:
        found.append(Change("index", "", "changed"))
    if before.cohort.model_dump(exclude={"index", "include", "exclude"}) != now.cohort.model_dump(
        exclude={"index", "include", "exclude"}
    ):
        found.append(Change("cohort", "", "changed"))
    old, new = _sections(before), _sections(now)
    for section, part in _PARTS.items():
        found += _of_section(part, old[section], new[section])
    if list(before.arms) != list(now.arms) and set(before.arms) == set(now.arms):
        found.append(Change("arms", "their order", "changed"))
    return tuple(found)


def post_hoc(before: Study, now: Study) -> frozenset[str]:
    """The outcomes and harms that were not frozen as they are now: new ones, and those whose own
    words, or an event or code list behind them, were changed."""
    return frozenset(
        name
        for section in ("outcomes", "harms")
        for name in getattr(now, section)
        if name not in getattr(before, section)
        or _meaning(before, section, name) != _meaning(now, section, name)
    )


def _sections(study: Study) -> dict[str, dict[str, Any]]:
    sections: dict[str, Mapping[str, Any]] = {
        "include": study.cohort.include,
        "exclude": study.cohort.exclude,
        "analysis": study.analysis.model_dump(mode="json", by_alias=True),
    }
    for section in _PARTS:
        entries = sections.get(section)
        entries = getattr(study, section) if entries is None else entries
        sections[section] = {name: _plain(entry) for name, entry in entries.items()}
    return {name: dict(entries) for name, entries in sections.items()}


def _plain(entry: Any) -> Any:
    """An entry without what is wording alone."""
    if not isinstance(entry, Model):
        return entry
    said = entry.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return {key: value for key, value in said.items() if key not in WORDING}


def _of_section(part: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    for name, entry in new.items():
        if name not in old:
            yield Change(part, name, "added")
        elif old[name] != entry:
            yield Change(part, name, "changed")
    yield from (Change(part, name, "left out") for name in old if name not in new)


def _meaning(study: Study, section: str, name: str) -> Any:
    """An outcome with every event and code list that it rests on."""
    said = _plain(getattr(study, section)[name])
    events: dict[str, Any] = {}
    waiting = [said]
    while waiting:
        for event in _events_in(study, waiting.pop()):
            if event not in events:
                events[event] = _plain(study.events[event])
                waiting.append(events[event])
    words = {word for event in events.values() for word in _texts(event)}
    codes = {word: _plain(study.codes[word]) for word in words if word in study.codes}
    return said, events, codes


def _events_in(study: Study, said: Any) -> Iterator[str]:
    for text in _texts(said):
        if text in study.events:
            yield text
            continue
        ends = duration_ends(study, text)
        if ends is not None:
            yield from (end for end in ends if end in study.events)
            continue
        try:
            anchor = parse_point(text).anchor
        except ValueError:
            continue
        if anchor in study.events:
            yield anchor


def _texts(said: Any) -> Iterator[str]:
    if isinstance(said, str):
        yield said
    elif isinstance(said, dict):
        for value in said.values():
            yield from _texts(value)
    elif isinstance(said, list | tuple):
        for value in said:
            yield from _texts(value)
