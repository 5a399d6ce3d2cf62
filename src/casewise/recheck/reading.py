"""From a YAML file to ``Published``, with every mistake at its place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from casewise.errors import Problem, ProtocolError
from casewise.protocol.findings import findings
from casewise.protocol.mistakes import Mistake, Path_
from casewise.protocol.nearest import one_of
from casewise.protocol.yaml_text import Document, read_document
from casewise.recheck.model import Outcome, Published

_MEASURED = ("median", "mean", "range")
_BY_ARM = ("counts", "percent", *_MEASURED)


def read_published(path: Path | str) -> Published:
    """Read what a paper prints. Raises ``ProtocolError`` with every mistake in the file."""
    document = read_document(path)
    problems = [*document.problems, *_empty(document)]
    published = None
    try:
        published = Published.model_validate(document.data, by_alias=True, by_name=False)
    except ValidationError as error:
        for found in findings(error, Published, document.data):
            if found.path not in document.empty:
                place = document.at(found.path, key=found.key)
                problems.append(document.problem(place, found.message, found.hint))
    if published is not None:
        problems += [
            document.problem(document.at(one.path, key=one.key), one.message, one.hint)
            for one in _mistakes(published)
        ]
    if problems or published is None:
        in_order = sorted(dict.fromkeys(problems), key=lambda one: (one.line or 0, one.column or 0))
        raise ProtocolError(in_order)
    return published


def _empty(document: Document) -> list[Problem]:
    return [
        document.problem(
            document.at(path, key=isinstance(path[-1], str)),
            f'"{path[-1]}" has nothing after it',
            "write what the paper prints, or take it out",
        )
        for path in document.empty
    ]


def _mistakes(published: Published) -> Iterator[Mistake]:
    for name, outcome in published.outcomes.items():
        path: Path_ = ("outcomes", name)
        yield from _arm_mistakes(published, outcome, path)
        yield from _part_mistakes(published, outcome, name)
        reported = [key for key in _BY_ARM if getattr(outcome, key) is not None]
        if not reported and outcome.p is None and not outcome.effects():
            hint = "give counts, percent, median, mean, range, p or an effect"
            yield Mistake(path, f'"{name}" reports nothing to recheck', hint, key=True)
        if outcome.range is not None and outcome.median is None:
            message = "a range is rechecked beside a median, and there is none"
            yield Mistake((*path, "range"), message, key=True)
        measured = [key for key in reported if key in _MEASURED]
        if measured and len(measured) < len(reported):
            message = f'"{name}" has a {measured[0]} besides counts or percent'
            yield Mistake((*path, measured[0]), message, "write it as two outcomes", key=True)
        least, most = outcome.at_least, outcome.at_most
        if least is not None and most is not None and least > most:
            yield Mistake((*path, "at most"), f'"at most" {most} is below "at least" {least}')


def _arm_mistakes(published: Published, outcome: Outcome, path: Path_) -> Iterator[Mistake]:
    for key in (*_BY_ARM, "n"):
        for arm in getattr(outcome, key) or {}:
            if arm not in published.arms:
                hint = one_of(arm, published.arms, "arms")
                yield Mistake((*path, key, arm), f'no arm is called "{arm}"', hint, key=True)
    for arm, events in (outcome.counts or {}).items():
        n = (outcome.n or {}).get(arm, published.arms.get(arm, events))
        if events > n:
            hint = 'where fewer or more patients were assessed, "n" gives their number by arm'
            yield Mistake((*path, "counts", arm), f"{events} of {n} patients is impossible", hint)


def _part_mistakes(published: Published, outcome: Outcome, name: str) -> Iterator[Mistake]:
    for place, part in enumerate(outcome.includes):
        path: Path_ = ("outcomes", name, "includes", place)
        if part == name:
            yield Mistake(path, f'"{name}" includes itself')
        elif part not in published.outcomes:
            hint = one_of(part, published.outcomes, "outcomes")
            yield Mistake(path, f'no outcome is called "{part}"', hint)
        elif name in published.outcomes[part].includes:
            yield Mistake(path, f'"{name}" and "{part}" include each other')
