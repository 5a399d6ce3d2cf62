"""Which constructs of the language a protocol uses, and which there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from casewise.protocol.comparison import Comparison, Operator
from casewise.protocol.event import Event
from casewise.protocol.fields import ORDINALS
from casewise.protocol.match import Match
from casewise.protocol.model import (
    Cohort,
    Covariate,
    Criterion,
    DateRange,
    Harm,
    Model,
    Outcome,
    Study,
    TreatmentReceived,
)
from casewise.protocol.time import INDEX, Duration, TimePoint, Unit

MODELS = (Event, Criterion, DateRange, Cohort, Match, Covariate, Outcome, Harm, TreatmentReceived)
# What a dataset does not depend on: how things are called, counted and printed.
WORDING = {"label", "title", "question", "codes", "analysis"}
MORE = ("fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
REFUSED = {"Event.unit", "Outcome.unit", "Outcome.to", "Outcome.until", "Harm.to", "Harm.until"}


def there_are() -> set[str]:
    """Every field of the models, every word that a field takes, every way to write a value."""
    found = {f"Study.{name}" for name in Study.model_fields if name not in WORDING}
    for model in MODELS:
        for name, field in model.model_fields.items():
            if name in WORDING or f"{model.__name__}.{name}" in REFUSED:
                continue
            found.add(f"{model.__name__}.{name}")
            found |= {f"{model.__name__}.{name} {word}" for word in words(field.annotation)}
    found |= {f"unit {unit}" for unit in get_args(Unit)}
    found |= {f"comparison {operator}" for operator in get_args(Operator)}
    found |= {f"index {which}" for which in ORDINALS}
    found |= {"otherwise", "2 arms", "3 arms", "any time before", "any time after"}
    # A day of an event beyond the third is looked for in the same way.
    found -= {f"Event.which {which}" for which in MORE}
    found -= {f"index {which}" for which in MORE}
    for anchor in ("index", "event"):
        found |= {f"{anchor} itself", f"before {anchor}", f"after {anchor}"}
    return found


def words(annotation: Any) -> Iterator[str]:
    """The words of a ``Literal``, wherever it stands in the annotation."""
    if get_origin(annotation) is Literal:
        yield from (str(word) for word in get_args(annotation))
        return
    for part in get_args(annotation):
        if get_origin(part) is not None:
            yield from words(part)


def used(study: Study) -> set[str]:
    found = {f"Study.{name}" for name in Study.model_fields if getattr(study, name)}
    found.add(f"index {study.cohort.index.partition(' ')[0]}")
    found.add(f"{len(study.arms)} arms")
    return found | of_value("Study", study)


def of_value(path: str, value: Any) -> set[str]:
    match value:
        case Model():
            found: set[str] = set()
            for name in type(value).model_fields:
                inner, field = getattr(value, name), f"{type(value).__name__}.{name}"
                if inner not in (None, "", (), {}):
                    found |= {field} | of_value(field, inner)
            return found
        case dict():
            return set().union(*(of_value(path, inner) for inner in value.values()))
        case tuple():
            return set().union(*(of_value(path, inner) for inner in value))
        case Duration():
            return {f"unit {value.unit}"}
        case Comparison():
            return {f"comparison {value.operator}"}
        case TimePoint():
            return of_point(value)
    return {"otherwise"} if value == "otherwise" else {f"{path} {value}"}


def of_point(at: TimePoint) -> set[str]:
    side = {-1: "before", 0: "", 1: "after"}[at.sign]
    if at.unbounded:
        return {f"any time {side}"}
    anchor = "index" if at.anchor == INDEX else "event"
    found = {f"{side} {anchor}" if side else f"{anchor} itself"}
    return found | ({f"unit {at.offset.unit}"} if at.offset else set())
