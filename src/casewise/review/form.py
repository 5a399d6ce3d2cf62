"""The abstraction form: what is asked of every chart, with its definition beside it.

A form is plain data, kept with its version in the review's log. An answer has a status; "not
documented" is always one of the answers and is never the same as "no"; "not applicable" is what a
field is whose branch does not apply.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field as Described
from pydantic import StringConstraints, model_validator

from casewise.protocol.fields import Model

ANSWERED: Final = "answered"
NOT_DOCUMENTED: Final = "not documented"
NOT_APPLICABLE: Final = "not applicable"
Status = Literal["answered", "not documented", "not applicable"]
Type = Literal["yes or no", "date", "dates", "number", "choice", "text"]
Text = Annotated[str, StringConstraints(max_length=4000)]


class ShowWhen(Model):
    """The branch that a field is on: another field answered with one of these values."""

    field: str = Described(description="another field of the form, asked before this one")
    is_: tuple[str, ...] = Described(description="the answers of it that ask this one")


class Field(Model):
    """One question. ``low`` and ``high`` bound a number (both in), or as ISO dates a date. The
    value of ``dates`` is up to ``times`` dates in order, with a comma between two."""

    name: str = Described(min_length=1, max_length=120, description="the field, in the records")
    label: str = Described("", description="the question as the page has it")
    section: str = Described("", description="the heading it stands under")
    type: Type = Described(description="yes or no, date, dates, number, choice or text")
    unit: str = Described("", description="of a number")
    times: int = Described(1, ge=1, le=50, description="of dates: how many there can be")
    low: str = Described("", description="the lowest number or earliest date there can be")
    high: str = Described("", description="the highest number or latest date there can be")
    choices: tuple[str, ...] = Described((), description="of a choice, in the order of the page")
    ordered: bool = Described(False, description="of a choice: from least to most, for kappa")
    definition: Text = Described("", description="what counts, and what does not")
    words: tuple[str, ...] = Described((), description="terms that are marked in the notes")
    show_when: ShowWhen | None = Described(None, description="asked only on this branch")
    blinded: bool = Described(False, description="says the arm or an outcome")

    @property
    def question(self) -> str:
        return self.label or self.name

    @property
    def options(self) -> tuple[str, ...]:
        """The values that can be picked; none where one is written."""
        return ("yes", "no") if self.type == "yes or no" else self.choices

    @model_validator(mode="after")
    def _whole(self) -> Field:
        if (self.type == "choice") != bool(self.choices):
            raise ValueError('"choices" belong to a field of the type choice, which needs them')
        if len(set(self.choices)) < len(self.choices):
            raise ValueError("the same choice is listed twice")
        for end in (self.low, self.high):
            if end and self.type not in ("number", "date", "dates"):
                raise ValueError("a range belongs to a number or a date")
            if end and _value_problem(self.type, end, 1):
                raise ValueError(f'"{end}" is not a {self.type}')
        return self

    def problem(self, value: str) -> str:
        """What is wrong with a value, in a sentence; empty where nothing is."""
        if not value.strip():
            return "There is no value; choose “not documented” where the chart does not say."
        if self.options and value not in self.options:
            return f"The answer is one of: {', '.join(self.options)}."
        wrong = _value_problem(self.type, value, self.times)
        if wrong:
            return wrong
        if self.low or self.high:
            values = value.split(", ")
            low = any(self.low and _comes_before(self.type, v, self.low) for v in values)
            if low or any(self.high and _comes_before(self.type, self.high, v) for v in values):
                unit = f" {self.unit}" if self.unit else ""
                return f"It is between {self.low or '…'} and {self.high or '…'}{unit}."
        return ""


def _value_problem(kind: Type, value: str, times: int) -> str:
    if kind == "number":
        try:
            number = float(value)
        except ValueError:
            return "A number is written in digits, with a point: 12.5."
        return "" if abs(number) < float("inf") else "That is not a number."
    if kind == "date":
        try:
            if dt.date.fromisoformat(value).isoformat() == value:
                return ""
        except ValueError:
            pass
        return "A date is written year-month-day: 2020-12-31."
    if kind == "dates":
        days = value.split(", ")
        wrong = next((told for day in days if (told := _value_problem("date", day, 1))), "")
        if not wrong and (days != sorted(set(days)) or len(days) > times):
            return f"At most {times} different dates, the earliest first: 2020-12-30, 2020-12-31."
        return wrong
    return "" if len(value) <= 4000 else "A text has at most 4,000 characters."


def _comes_before(kind: Type, value: str, other: str) -> bool:
    return float(value) < float(other) if kind == "number" else value < other


class Form(Model):
    """The fields in the order of the page."""

    title: str = Described("", description="what the form is called")
    fields: tuple[Field, ...] = Described(min_length=1, description="the questions, in order")

    @model_validator(mode="after")
    def _fits(self) -> Form:
        seen: dict[str, Field] = {}
        for one in self.fields:
            if one.name in seen:
                raise ValueError(f'two fields are called "{one.name}"')
            branch = one.show_when
            if branch is not None:
                before = seen.get(branch.field)
                if before is None:
                    raise ValueError(
                        f'"{one.name}" is shown when "{branch.field}" says so, which is not asked '
                        "before it"
                    )
                strange = [v for v in branch.is_ if before.options and v not in before.options]
                if strange:
                    raise ValueError(f'"{strange[0]}" is no answer of "{before.name}"')
            seen[one.name] = one
        return self

    def field(self, name: str) -> Field | None:
        return next((one for one in self.fields if one.name == name), None)

    def seen_by(self, *, blinded: bool) -> tuple[Field, ...]:
        """The fields that somebody may see; all but the blinded ones for a blinded abstractor."""
        return tuple(one for one in self.fields if not (blinded and one.blinded))


@dataclass(frozen=True)
class Change:
    """What a new version of a form does to a field: ``added``, ``removed`` or ``changed``, and how
    many answers it touches."""

    field: str
    what: Literal["added", "removed", "changed"]
    keys: tuple[str, ...] = ()
    answers: int = 0


def changes(old: Form, new: Form) -> Iterator[Change]:
    """What differs between two versions, field by field."""
    before, after = ({one.name: one for one in form.fields} for form in (old, new))
    for name, one in after.items():
        if name not in before:
            yield Change(name, "added")
            continue
        was, now = before[name].model_dump(), one.model_dump()
        keys = tuple(key for key in now if now[key] != was[key])
        if keys:
            yield Change(name, "changed", keys)
    yield from (Change(name, "removed") for name in before if name not in after)


def keeping(old: Form, new: Form) -> Form:
    """``new`` with what a REDCap dictionary cannot say of a field as ``old`` has it: the words that
    are marked, whether it is blinded, and whether its choices are ordered."""
    kept = ("unit", "words", "blinded", "ordered")
    before = {one.name: one for one in old.fields}
    fields = tuple(
        one.model_copy(update={key: getattr(before[one.name], key) for key in kept})
        if one.name in before
        else one
        for one in new.fields
    )
    return new.model_copy(update={"fields": fields})


def category(asked: Field, said: tuple[str, str]) -> str:
    """What an answer counts as: equal categories agree. 12 and 12.0 are one number."""
    status, value = said
    if status != ANSWERED:
        return status
    return f"value {float(value)!r}" if asked.type == "number" else f"value {value.strip()}"


def applies(form: Form, field: Field, answers: Mapping[str, tuple[Status, str]]) -> bool | None:
    """Whether a field is asked, given the answers so far (status and value by field); ``None``
    where the field that its branch hangs on is not answered yet."""
    branch = field.show_when
    if branch is None:
        return True
    above = form.field(branch.field)
    assert above is not None
    asked = applies(form, above, answers)
    if asked is not True:
        return asked
    if branch.field not in answers:
        return None
    status, value = answers[branch.field]
    return status == ANSWERED and value in branch.is_


def unanswered(
    form: Form, answers: Mapping[str, tuple[Status, str]], *, blinded: bool = False
) -> list[str]:
    """The fields that a chart still needs before it is done."""
    return [
        one.name
        for one in form.seen_by(blinded=blinded)
        if one.name not in answers and applies(form, one, answers) is not False
    ]
