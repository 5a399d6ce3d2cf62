"""One cell into a date, a number, a yes or no, or a level of a category; nothing is guessed."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from casewise.protocol.nearest import nearest
from casewise.protocol.site import DateReading
from casewise.records.table import Cell, CellError, Choice, text_of

Meaning: TypeAlias = dt.date | float | str
Reader: TypeAlias = Callable[[Cell], Meaning]

_ISO = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_DAY_NUMBER = re.compile(r"[+-]?\d+(?:\.0*)?", re.ASCII)
_THOUSANDS = {
    ".": re.compile(r"[+-]?\d{1,3}(?:[, '’\u00a0\u202f]\d{3})+(?:\.\d*)?"),
    ",": re.compile(r"[+-]?\d{1,3}(?:[. '’\u00a0\u202f]\d{3})+(?:,\d*)?"),
}
_LARGEST = 1e15  # nothing measured in a patient is larger; its square is still a number
_OLDEST = 130.0
# No chart of a living patient is older; an earlier year is a slip of the finger (0221 for 2021).
FIRST_YEAR = 1850

# What people write for "not documented": never taken for it unless the site says so.
_UNKNOWN = {"na", "n/a", "n.a.", "nd", "nk", "nr", "nan", "null", "none", "unk", "unknown"}
_UNKNOWN |= {"missing", "not documented", "not known", "not recorded", ".", "-", "--", "?"}

YES = ("yes", "y", "true", "1")
NO = ("no", "n", "false", "0")
_TICKS = {"checked": "yes", "unchecked": "no"}
SEXES = {"female": ("female", "f"), "male": ("male", "m")}


class UnreadableError(Exception):
    """A cell that is not what its column holds. ``hint`` says what would be, once a column."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def _if_missing(text: str) -> str:
    known = text.casefold() in _UNKNOWN
    return f'if it means "not documented", say missing: "{text}"' if known else ""


def _refuse(cell: Cell, what: str, hint: str = "") -> UnreadableError:
    hint = _if_missing(text_of(cell)) or hint
    kind = "an error of the spreadsheet" if isinstance(cell, CellError) else ""
    if kind:
        return UnreadableError(f'"{text_of(cell)}" is {kind}, not {what}', hint)
    return UnreadableError(f'"{text_of(cell)}" is not {what}', hint)


def _plausible(cell: Cell, date: dt.date) -> dt.date:
    if date.year < FIRST_YEAR:
        raise UnreadableError(f'"{text_of(cell)}" is not a plausible date: the year is {date.year}')
    return date


def date_reader(dates: DateReading | None) -> Reader:
    """ISO dates (a time after it is left off), a strptime format, or day numbers since an
    origin. Dates that the file has as dates are themselves."""
    if dates is None:
        parse, hint = _iso, "ISO dates are expected: 2021-03-14; a site says others with dates:"
    elif dates.format is not None:
        pattern = dates.format
        parse = lambda text: dt.datetime.strptime(text, pattern).date()  # noqa: E731
        hint = f'dates are expected as {dates.format}, as "{_example(dates.format)}"'
    else:
        origin = dates.days_since or dt.date(1970, 1, 1)
        parse = lambda text: _day_number(text, origin)  # noqa: E731
        hint = f"a whole number of days since {origin} is expected"

    def read(cell: Cell) -> dt.date:
        if isinstance(cell, dt.datetime):
            return _plausible(cell, cell.date())
        if isinstance(cell, dt.date):
            return _plausible(cell, cell)
        if isinstance(cell, int | float) and not isinstance(cell, bool) and dates is None:
            raise UnreadableError(
                f'"{text_of(cell)}" is a number, not a date',
                "give the column a date format in the spreadsheet, or say what day 0 is "
                "with dates: {days since: ...}",
            )
        if isinstance(cell, CellError):
            raise _refuse(cell, "a date")
        try:
            date = parse(text_of(cell))
        except (ValueError, OverflowError):
            raise _refuse(cell, "a date", hint) from None
        return _plausible(cell, date)

    return read


def _iso(text: str) -> dt.date:
    match = _ISO.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return dt.date.fromisoformat(match[1])


def _day_number(text: str, origin: dt.date) -> dt.date:
    if not _DAY_NUMBER.fullmatch(text):
        raise ValueError(text)
    return origin + dt.timedelta(days=int(text.split(".")[0]))


def _example(pattern: str) -> str:
    try:
        return dt.date(2021, 3, 14).strftime(pattern)
    except ValueError:
        return pattern


def number_reader(decimal: Literal[".", ","], multiply: float = 1.0) -> Reader:
    """Numbers with a decimal point or comma. A thousands separator is refused: it looks like
    the other kind's decimal sign."""

    def read(cell: Cell) -> float:
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            value = float(cell)
        else:
            value = _parse_number(cell, decimal)
        value *= multiply
        if not math.isfinite(value) or abs(value) > _LARGEST:
            raise _refuse(cell, "a number" if math.isinf(value) else "a plausible number")
        return value

    return read


def age_reader(decimal: Literal[".", ","], multiply: float = 1.0) -> Reader:
    """Years of age, none below 0 or above 130."""
    number = number_reader(decimal, multiply)

    def read(cell: Cell) -> float:
        years = number(cell)
        if not isinstance(years, float) or not 0 <= years <= _OLDEST:
            hint = "0 to 130 years are expected; multiply: makes years of another unit"
            raise _refuse(cell, "an age in years", hint)
        return years

    return read


def _parse_number(cell: Cell, decimal: Literal[".", ","]) -> float:
    text = _score(cell) if isinstance(cell, Choice) else text_of(cell)
    if isinstance(cell, bool | dt.date | dt.time | CellError):
        raise _refuse(cell, "a number")
    plain = text.replace(",", ".") if decimal == "," and "." not in text else text
    if _NUMBER.fullmatch(plain) and not (decimal == "," and "." in text):
        return float(plain)
    if _THOUSANDS[decimal].fullmatch(text):
        raise UnreadableError(
            f'"{text}" has a thousands separator, which could be a decimal sign',
            "write the number without it",
        )
    other = "," if decimal == "." else "."
    if re.fullmatch(rf"[+-]?\d+\{other}\d+", text):
        raise _refuse(cell, "a number", f'the decimal sign is "{decimal}"; say decimal: "{other}"')
    raise _refuse(cell, "a number", "limits (<5), units and words belong in another column")


def _score(cell: Choice) -> str:
    """The number a choice stands for: its code is a score unless the label is another number."""
    if _NUMBER.fullmatch(cell.label) and cell.label != cell.code:
        raise UnreadableError(
            f'"{cell.label}" has the code {cell.code}: which of the two is the number?',
            "read it as a category, or change the choices in the project",
        )
    return cell.code


def forms(cell: Cell) -> tuple[str, ...]:
    """The texts that a site may use for a cell: of a choice its label and its code."""
    if isinstance(cell, Choice):
        return (cell.label, cell.code)
    return (text_of(cell),)


def yes_no_reader(yes: tuple[str, ...] = (), no: tuple[str, ...] = ()) -> Reader:
    """``yes`` or ``no``. The site's own words replace the usual ones and are taken to the
    letter; the usual ones are read in any case, and as numbers (1.0)."""
    words = dict.fromkeys(yes, "yes") | dict.fromkeys(no, "no")
    usual = ({} if yes else dict.fromkeys(YES, "yes")) | ({} if no else dict.fromkeys(NO, "no"))

    def read(cell: Cell) -> str:
        for text in forms(cell):
            if text in words:
                return words[text]
        if isinstance(cell, bool):
            return "yes" if cell else "no"
        # A choice's code says nothing by itself: 1 may be "absent".
        word = re.sub(r"^([01])\.0*$", r"\1", text_of(cell).casefold())
        if word in usual:
            return usual[word]
        if isinstance(cell, Choice) and word in _TICKS and not words:
            return _TICKS[word]
        expected = [*(yes or YES), *(no or NO)]
        raise _refuse(cell, "yes or no", f"expected: {', '.join(expected)}")

    return read


def category_reader(values: Mapping[str, tuple[str, ...]], choices: tuple[str, ...]) -> Reader:
    """The level a cell stands for: by the site's ``values``, else the protocol's ``choices``,
    else the cell's own text. With values, a choice that has none of its own is read as itself.

    A choice of a data dictionary is known by its label; by its code only where the site lists it.
    """
    listed = {text: level for level, texts in values.items() for text in texts}
    levels = {choice: choice for choice in choices if choice not in values} | listed

    def read(cell: Cell) -> str:
        if isinstance(cell, CellError):
            raise _refuse(cell, "a value")
        text = text_of(cell)
        if not levels or text in levels:
            return levels.get(text, text)
        if isinstance(cell, Choice) and cell.code in listed:
            return listed[cell.code]
        message = f'"{text}" is not one of: {", ".join(levels)}'
        raise UnreadableError(message, nearest(text, levels) or _if_missing(text))

    return read


def sex_reader(values: Mapping[str, tuple[str, ...]]) -> Reader:
    """Female or male: the usual words in any case, or the site's ``values``."""
    if values:
        return category_reader(values, ())
    words = {word: sex for sex, texts in SEXES.items() for word in texts}

    def read(cell: Cell) -> str:
        if text_of(cell).casefold() in words:
            return words[text_of(cell).casefold()]
        raise _refuse(
            cell, "female or male", "say what it means with values: {female: [...], male: [...]}"
        )

    return read
