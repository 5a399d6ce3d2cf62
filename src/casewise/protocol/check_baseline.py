"""Covariates: what each is, when it is measured, and what it may be compared with."""

from __future__ import annotations

from collections.abc import Iterator

from casewise.protocol.comparison import Comparison, as_text
from casewise.protocol.mistakes import Mistake, Path_, unknown_event, window_mistakes
from casewise.protocol.model import BEFORE_INDEX, Covariate, Study
from casewise.protocol.nearest import nearest, one_of
from casewise.protocol.resolve import covariate_type
from casewise.protocol.time import INDEX, bounds

BUILT_IN = {"age": "number", "sex": "category"}
SEXES = ("female", "male")


def baseline_mistakes(study: Study) -> Iterator[Mistake]:
    for name, covariate in study.baseline.items():
        path: Path_ = ("baseline", name)
        if covariate.event is not None:
            yield from unknown_event(study, covariate.event, (*path, "event"))
        if name in BUILT_IN:
            yield from _built_in(name, covariate, path)
            continue
        yield from _typed(study, name, covariate, path)
        yield from window_mistakes(study, covariate, path, BEFORE_INDEX)
        yield from _future(covariate, path)


def _built_in(name: str, covariate: Covariate, path: Path_) -> Iterator[Mistake]:
    kind = BUILT_IN[name]
    if covariate.has_window() or covariate.event or covariate.after_index or covariate.take:
        message = f"{name} is known at the index date; it takes no event, window or after index"
        yield Mistake(path, message, "", key=True)
    if covariate.type not in (None, kind):
        yield Mistake((*path, "type"), f"{name} is a {kind}; found {covariate.type}")
    if name == "age" and covariate.choices:
        yield Mistake((*path, "choices"), "age is a number and has no choices")
    if name == "sex" and covariate.unit:
        yield Mistake((*path, "unit"), "sex is a category and has no unit")
    if name == "sex" and covariate.summary:
        yield Mistake((*path, "summary"), "sex is a category and has no median or mean")
    for number, choice in enumerate(covariate.choices if name == "sex" else ()):
        if choice not in SEXES:
            message = f'sex is "female" or "male"; found "{choice}"'
            yield Mistake((*path, "choices", number), message, nearest(choice, SEXES))


def _typed(study: Study, name: str, covariate: Covariate, path: Path_) -> Iterator[Mistake]:
    """A covariate is one of number, category and yes or no, and all of it says the same."""
    kind = covariate_type(study, name)
    if kind is None:
        suggestion = nearest(name, (*study.events, *BUILT_IN))
        hint = "give it a unit (then it is a number), choices (a category), a type or an event"
        hint = f"{suggestion} Else {hint}" if suggestion else hint
        yield Mistake(path, f'nothing says what kind of value "{name}" is', hint, key=True)
    if covariate.event is not None and covariate.take is not None:
        if covariate.type not in (None, "number"):
            message = f'the value taken of "{covariate.event}" is a number; found {covariate.type}'
            yield Mistake((*path, "type"), message)
        kind = "number"
    elif covariate.event is not None and covariate.type not in (None, "yes or no"):
        message = f'whether "{covariate.event}" happened is yes or no; found {covariate.type}'
        yield Mistake((*path, "type"), message)
    if (covariate.event is not None and covariate.take is None) or kind == "yes or no":
        kind = "yes or no"
    if covariate.take in ("total", "count") and covariate.event is None:
        message = f'"{covariate.take}" is of an event: name it'
        yield Mistake(
            (*path, "take"), message, "write {event: EVENT, take: " + covariate.take + "}"
        )
    if covariate.take is not None and kind == "yes or no":
        yield Mistake(
            (*path, "take"), "a value is taken of a number or category; this is yes or no"
        )
    if covariate.take in ("lowest", "highest", "mean") and kind == "category":
        yield Mistake((*path, "take"), f'"{covariate.take}" is of a number; this is a category')
    if covariate.summary is not None and kind not in ("number", None):
        yield Mistake((*path, "summary"), f"a median or mean is of a number; this is {_a(kind)}")
    if covariate.unit and kind not in ("number", None):
        yield Mistake((*path, "unit"), f"a unit belongs to a number; this is {_a(kind)}")
    if covariate.choices and kind not in ("category", None):
        yield Mistake((*path, "choices"), f"choices belong to a category; this is {_a(kind)}")
    if len(covariate.choices) == 1:
        yield Mistake((*path, "choices"), "a category has two choices or more; there is one")
    for number, choice in enumerate(covariate.choices):
        if choice in covariate.choices[:number]:
            yield Mistake((*path, "choices", number), f'"{choice}" is listed twice')


def _a(kind: str | None) -> str:
    return str(kind) if kind == "yes or no" else f"a {kind}"


def _future(covariate: Covariate, path: Path_) -> Iterator[Mistake]:
    """Adjusting for what came after the index date adjusts for the future."""
    window = covariate.window(BEFORE_INDEX)
    end = bounds(window.end)
    # An event that anchors a window is the first on or after the index date.
    later = end[1] > 0 if end is not None else True
    if later and covariate.after_index is None:
        key = next((k for k in ("to", "within", "until") if getattr(covariate, k)), "from")
        message = (
            f'"{path[1]}" is measured after the index date (to "{window.end}"): adjusting for it '
            "would adjust for the future"
        )
        hint = 'end the window at "index"; if it is meant, add "after index: deliberate"'
        yield Mistake((*path, key), message, hint)
    if not later and covariate.after_index is not None:
        message = "nothing here is measured after the index date"
        hint = f'take "after index" out, or write the window: "from: {INDEX}, to: 1 day after"'
        yield Mistake((*path, "after index"), message, hint, key=True)


def comparison_mistakes(
    study: Study, name: str, wanted: Comparison, path: Path_
) -> Iterator[Mistake]:
    """A criterion's ``covariate: name, is: wanted``."""
    if name not in study.baseline and name not in BUILT_IN:
        hint = one_of(name, dict.fromkeys((*study.baseline, *BUILT_IN)), "covariates")
        yield Mistake((*path, "covariate"), f'no covariate is called "{name}"', hint)
        return
    kind: str | None = BUILT_IN.get(name) or covariate_type(study, name)
    here = (*path, "is")
    if kind == "number":
        if not wanted.numeric:
            message = f'"{name}" is a number and cannot be compared with "{wanted}"'
            yield Mistake(here, message, 'write "< 70" or "40 to 70"')
        return
    choices: tuple[str, ...] = study.baseline[name].choices if name in study.baseline else ()
    if kind == "yes or no":
        choices = ("yes", "no")
        if wanted.operator != "=":
            message = f'"{name}" is yes or no and cannot be compared with "{wanted}"'
            yield Mistake(here, message, 'write "yes" or "no"')
            return
    if name == "sex":
        choices = SEXES
    if wanted.operator not in ("=", "!=", "one of"):
        message = f'"{name}" is {_a(kind)} and has no order; found "{wanted}"'
        yield Mistake(here, message, "list the values that are meant: [moderate, severe]")
        return
    for value in map(as_text, wanted.values if choices else ()):
        if value not in choices:
            yield Mistake(here, f'"{name}" has no choice "{value}"', one_of(value, choices))
