"""What a single value of ``study.yaml`` or ``site.yaml`` may be, and how it is written."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

from casewise.protocol.comparison import Comparison, parse_comparison
from casewise.protocol.time import Duration, TimePoint, found, parse_duration, parse_point


def written(field: str) -> str:
    """A field's name as the files have it: ``any_of`` is "any of", ``from_`` is "from"."""
    return field.rstrip("_").replace("_", " ")


class Model(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=written,
        populate_by_name=True,
        arbitrary_types_allowed=True,
        str_strip_whitespace=True,
        coerce_numbers_to_str=True,
        allow_inf_nan=False,
    )


def _text_type(parse: Any, example: str, description: str) -> Any:
    return (
        BeforeValidator(parse),
        PlainSerializer(str),
        WithJsonSchema({"type": "string", "examples": [example], "description": description}),
    )


def _date(value: object) -> object:
    """ISO 8601 alone: a number is not a date, whatever it might count from."""
    if isinstance(value, dt.date):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()):
        try:
            return dt.date.fromisoformat(value.strip())
        except ValueError:
            raise ValueError(f"{found(value)} is not a day of the calendar") from None
    raise ValueError(f"{found(value)} is not a date; write year-month-day, as in 2020-12-31")


Date: TypeAlias = Annotated[
    dt.date,
    BeforeValidator(_date),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2020-12-31"]}),
]


def _true_or_false(value: object) -> object:
    words = {"yes": True, "true": True, "no": False, "false": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in words:
        return words[value.strip().lower()]
    raise ValueError(f"expected yes or no; found {found(value)}")


YesOrNo: TypeAlias = Annotated[
    bool,
    BeforeValidator(_true_or_false),
    WithJsonSchema({"enum": ["yes", "no", True, False]}),
]


DurationText: TypeAlias = Annotated[
    Duration,
    *_text_type(
        lambda value: value if isinstance(value, Duration) else parse_duration(value),
        "30 days",
        "a whole number of hours, days, weeks, months or years; months and years by the calendar",
    ),
]
PointText: TypeAlias = Annotated[
    TimePoint,
    *_text_type(
        lambda value: value if isinstance(value, TimePoint) else parse_point(value),
        "30 days after",
        '"index", "30 days after", "1 year before", "any time before", or an event',
    ),
]
ComparisonText: TypeAlias = Annotated[
    Comparison,
    BeforeValidator(
        lambda value: value if isinstance(value, Comparison) else parse_comparison(value)
    ),
    PlainSerializer(Comparison.written),
    WithJsonSchema(
        {
            "type": ["string", "number", "boolean", "array"],
            "items": {"type": ["string", "number"]},
            "examples": [">= 18", "18 to 65", "severe", ["moderate", "severe"]],
        }
    ),
]
EventName: TypeAlias = Annotated[str, Field(min_length=1, description="a name under events")]


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


EventNames: TypeAlias = Annotated[
    tuple[EventName, ...],
    BeforeValidator(_one_or_many, json_schema_input_type=str | tuple[EventName, ...]),
    Field(min_length=1),
]

Ordinal: TypeAlias = Literal[
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "last",
]
ORDINALS: dict[str, int] = {
    name: -1 if name == "last" else number for number, name in enumerate(get_args(Ordinal), start=1)
}
