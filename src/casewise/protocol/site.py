"""What ``site.yaml`` may say: where the records are and how they answer the protocol.

First version: chart tables (CSV, TSV, Excel, Parquet) and REDCap exports, one row a patient or,
in a REDCap project, the rows that its events and repeating instruments make.
"""

from __future__ import annotations

import codecs
import datetime as dt
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator

from casewise.protocol.fields import Date, Model, YesOrNo
from casewise.protocol.time import found

Code = Annotated[
    str,
    BeforeValidator(lambda value: str(value) if isinstance(value, int | float) else value),
    WithJsonSchema({"type": ["string", "number", "boolean"]}),
]


def _codes(value: object) -> object:
    return [value] if isinstance(value, str | int | float) else value


Codes = Annotated[
    tuple[Code, ...], BeforeValidator(_codes, json_schema_input_type=Code | tuple[Code, ...])
]
ColumnName = Annotated[str, Field(min_length=1)]
Columns = Annotated[
    tuple[ColumnName, ...],
    BeforeValidator(_codes, json_schema_input_type=ColumnName | tuple[ColumnName, ...]),
    Field(min_length=1),
]


def _reads_back(form: str) -> bool:
    """Whether dates written in ``form`` can be read again."""
    days = (dt.date(2001, 2, 3), dt.date(2012, 11, 28))
    try:
        return all(dt.datetime.strptime(f"{day:{form}}", form).date() == day for day in days)
    except ValueError:
        return False


class DateReading(Model):
    """How a cell becomes a date: ISO 8601 where nothing is said, a strptime format, or a count
    of days since an origin."""

    format: str | None = Field(None, description='as strptime has it: "%d/%m/%Y"')
    days_since: Date | None = Field(None, description="the date that day number 0 stands for")

    @model_validator(mode="after")
    def _one_way(self) -> DateReading:
        if (self.format is None) == (self.days_since is None):
            raise ValueError('dates have a "format" or a "days since", one of the two')
        if self.format is not None and not _reads_back(self.format):
            raise ValueError(
                f'"{self.format}" does not hold a day, a month and a year; '
                'write them as %d, %m and %Y: "%d/%m/%Y"'
            )
        return self


def _dates(value: object) -> object:
    if isinstance(value, str):
        if value != "ISO":
            raise ValueError(
                f"{found(value)} does not say how dates are written; write ISO, "
                '{format: "%d/%m/%Y"} or {days since: 1960-01-01}'
            )
        return None
    return value


Dates = Annotated[
    DateReading | None,
    BeforeValidator(_dates, json_schema_input_type=DateReading | Literal["ISO"] | None),
]
_DATES = (
    'how dates are written: ISO where left out, {format: "%d/%m/%Y"} or {days since: 1960-01-01}'
)


Delimiter = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=1)]


class Source(Model):
    """The file of the records. A path is relative to the site file."""

    table: str | None = Field(None, description="a .csv, .tsv, .xlsx or .parquet file")
    redcap: str | None = Field(None, description="a REDCap export, raw or labelled (.csv)")
    review: str | None = Field(None, description="a chart review: a file, or a database's address")
    dictionary: str | None = Field(None, description="the REDCap data dictionary (18 columns)")
    query: str | None = Field(None, description="an .sql file: one query that makes the table")
    package: str | None = Field(
        None, description="with query: the Python package whose files it reads; else those here"
    )
    sheet: str | None = Field(None, description="of an Excel file; the only one where left out")
    header: int = Field(1, ge=1, description="the line the column names stand in")
    delimiter: Delimiter | None = Field(None, description="between two cells of a text file")
    encoding: str = Field("utf-8", description="of a text file: utf-8, latin-1, cp1252")
    decimal: Literal[".", ","] = Field(".", description="the decimal mark of the numbers")

    @model_validator(mode="after")
    def _one_source(self) -> Source:
        given = (self.table, self.redcap, self.review, self.query)
        if sum(one is not None for one in given) != 1:
            raise ValueError(
                'records are a "table", a "redcap" export, a "review" or a "query", one of them'
            )
        if self.redcap is not None and self.dictionary is None:
            raise ValueError('a redcap export needs its "dictionary" (the data dictionary file)')
        try:
            codecs.lookup(self.encoding)
        except (LookupError, ValueError):
            raise ValueError(
                f'"{self.encoding}" is not an encoding; write utf-8, latin-1 or cp1252'
            ) from None
        return self

    @property
    def path(self) -> str:
        return self.table or self.redcap or self.review or self.query or ""


def _table_path(value: object) -> object:
    return {"table": value} if isinstance(value, str) else value


Words = Annotated[
    tuple[str, ...], BeforeValidator(_codes, json_schema_input_type=str | tuple[str, ...])
]


class Asked(Model):
    """What a binding says of the field that a chart review has for it."""

    from_: Literal["review"] | None = Field(
        None, description="review: the form of the chart review asks for it"
    )
    definition: str = Field("", description="what counts and what does not, beside the field")
    words: Words = Field((), description="terms that the review marks in the notes")
    section: str = Field("", description="the heading that the field stands under")


class Binding(Asked):
    """What every binding of columns may say of how its cells are read."""

    missing: Codes = Field((), description="cells that mean: not documented, besides the site's")
    not_applicable: Codes = Field((), description="cells that mean: does not apply")
    form: str | None = Field(None, description="REDCap: the repeating instrument the rows are of")
    redcap_event: str | None = Field(None, description="REDCap: the longitudinal event's name")


class EventBinding(Binding):
    """The columns that answer one event.

    ``date`` columns hold when; several columns are several occurrences. ``yes or no`` holds
    whether: alone it makes the event undated, with ``date`` it tells "no" from "not documented".
    """

    date: Columns | None = Field(None, description="when; several columns are several times")
    end: Columns | None = Field(None, description="when it ended, one column for each date")
    line: Columns | None = Field(None, description="line of therapy: one, or one for each date")
    value: Columns | None = Field(
        None, description="the number recorded with it, one column for each date: a dose, a score"
    )
    multiply: float = Field(1.0, gt=0, description="makes the protocol's unit of the values'")
    yes_or_no: str | None = Field(None, description="a column that says whether it happened")
    yes: Codes = Field((), description="cells of that column that mean yes")
    no: Codes = Field((), description="cells of that column that mean no")
    blank: Literal["no", "not documented"] = Field(
        "no", description="what an empty date means where no column says whether"
    )
    dates: Dates = Field(None, description=_DATES)
    times: int = Field(1, ge=1, le=50, description="from review: how many dates may be answered")

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns with its lines or values."""
        return self.line or self.value or ()

    @model_validator(mode="after")
    def _has_columns(self) -> EventBinding:
        if self.from_ is not None:
            return self
        if self.date is None and self.yes_or_no is None:
            raise ValueError('an event is bound to "date" columns, a "yes or no" column, or both')
        if self.line is not None and self.value is not None:
            raise ValueError('an event has a "line" or a "value", not both')
        for name, columns in (("end", self.end), ("line", self.line), ("value", self.value)):
            shared = name == "line" and columns is not None and len(columns) == 1 and self.date
            if columns is not None and len(columns) != len(self.date or ()) and not shared:
                raise ValueError(
                    f'"{name}" needs one column for each "date" column: '
                    f"{len(self.date or ())} expected, {len(columns)} found"
                )
        if self.multiply != 1 and self.value is None:
            raise ValueError('"multiply" is of a "value"; none is named')
        if (self.yes or self.no) and self.yes_or_no is None:
            raise ValueError('"yes" and "no" list cells of a "yes or no" column; none is named')
        return self


def date_columns(name: str, times: int) -> tuple[str, ...]:
    """The columns of an event's dates in the table of a review."""
    if times == 1:
        return (f"{name}, date",)
    return tuple(f"{name}, date {number}" for number in range(1, times + 1))


def event_columns(name: str, binding: EventBinding) -> EventBinding:
    """A binding from review, with the columns that the review's table has for it."""
    columns = {"date": date_columns(name, binding.times), "yes_or_no": name}
    if binding.line is not None:
        columns["line"] = (f"{name}, line",)
    return binding.model_copy(update={**columns, "yes": ("yes",), "no": ("no",)})


def _column_only(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


class CovariateBinding(Binding):
    """The column that answers one baseline covariate."""

    column: ColumnName = Field("", description="the column that holds the answer")
    values: dict[str, Codes] = Field({}, description="choice of the protocol to the cells of it")
    unit: str = Field("", description="the unit the column is in, where it is another one")
    multiply: float = Field(1.0, gt=0, description="makes the protocol's unit of the column's")
    measured: str | None = Field(None, description="a column with the date it was measured")
    dates: Dates = Field(None, description=_DATES)
    lowest: str = Field("", description="from review: the lowest number that can be")
    highest: str = Field("", description="from review: the highest number that can be")
    ordered: YesOrNo = Field(False, description="from review: the choices go from least to most")

    @model_validator(mode="after")
    def _has_a_column(self) -> CovariateBinding:
        if not self.column and self.from_ is None:
            raise ValueError('a covariate is bound to a "column", or comes "from: review"')
        return self


def covariate_columns(name: str, binding: CovariateBinding) -> CovariateBinding:
    """A binding from review, with the column of its field."""
    return binding.model_copy(update={"column": name})


CovariateColumns = Annotated[
    CovariateBinding,
    BeforeValidator(_column_only, json_schema_input_type=CovariateBinding | ColumnName),
]


class FollowUp(Model):
    """Until when each patient was watched: the latest date of these columns."""

    end: Columns = Field(description="columns with a date the patient was last seen")
    dates: Dates = Field(None, description=_DATES)


def _end_only(value: object) -> object:
    return {"end": value} if isinstance(value, str | list) else value


Contradiction = Literal[
    "event before birth", "event after death", "end before start", "future date"
]


FollowUpColumns = Annotated[
    FollowUp, BeforeValidator(_end_only, json_schema_input_type=FollowUp | Columns)
]


class Site(Model):
    """Where the records are, and how they answer each event and covariate of the protocol."""

    records: Annotated[
        Source, BeforeValidator(_table_path, json_schema_input_type=Source | ColumnName)
    ] = Field(description="the file of the records, relative to this file")
    notice: str = Field("", description="printed on top of the report: that patients are made up")
    patient: ColumnName = Field(description="the column that identifies a patient")
    dates: Dates = Field(None, description=_DATES)
    missing: Codes = Field((), description="cells that mean: not documented, in any column")
    not_applicable: Codes = Field((), description="cells that mean: does not apply")
    birth: str | None = Field(None, description="a column with the date of birth")
    age: CovariateColumns | None = Field(None, description="a column with the age at index")
    sex: CovariateColumns | None = Field(None, description="a column with the sex")
    follow_up: FollowUpColumns | None = Field(
        None, description="columns whose latest date is when the patient was last seen"
    )
    events: dict[str, EventBinding] = Field(
        min_length=1, description="the columns that answer each event of the protocol"
    )
    baseline: dict[str, CovariateColumns] = Field(
        {}, description="the column that answers each covariate of the protocol"
    )
    extracted: Date | None = Field(
        None, description="when the records were taken; later dates are in the future; else today"
    )

    @model_validator(mode="after")
    def _review_columns(self) -> Site:
        """What comes from a review is bound to the columns that the review's table has."""
        asked = [one for one in (*self.events.values(), *self.baseline.values()) if one.from_]
        if asked and self.records.review is None:
            raise ValueError('"from: review" needs records: {review: FILE.db}')
        events = {n: event_columns(n, one) if one.from_ else one for n, one in self.events.items()}
        object.__setattr__(self, "events", events)
        baseline = {
            n: covariate_columns(n, one) if one.from_ else one for n, one in self.baseline.items()
        }
        object.__setattr__(self, "baseline", baseline)
        return self

    accept: tuple[Contradiction, ...] = Field(
        (), description="contradictions in the records that a run goes on with, and reports"
    )
