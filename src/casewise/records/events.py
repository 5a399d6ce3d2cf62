"""Event bindings into event rows.

A dated event whose date is blank did not happen, unless the site says that blank means not
documented. With a yes/no column, that column says whether and the date says when. An event
with a yes/no column alone is undated. What was assumed is noted, without anyone's data.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from casewise.errors import Problem
from casewise.protocol.site import EventBinding
from casewise.records.cells import number_reader, yes_no_reader
from casewise.records.columns import (
    KNOWN,
    MISSING,
    NO_DATE,
    Column,
    Reading,
    codes_of,
)
from casewise.records.columns import NOT_APPLICABLE as DOES_NOT_APPLY
from casewise.records.rows import NOT_APPLICABLE, NOT_DOCUMENTED, Block, Gathered, Patients
from casewise.results import Note


@dataclass
class Found:
    """What the bindings of a site gave, and what was thought on the way."""

    blocks: list[Block] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    blank: dict[str, int] = field(default_factory=dict)
    lines: set[str] = field(default_factory=set)

    def blank_dates(self) -> Note | None:
        """One note on every event whose blank dates were read as: did not happen."""
        if not self.blank:
            return None
        counts = "; ".join(f"{name}, {count}" for name, count in self.blank.items())
        text = f"A blank date was read as: it did not happen. Patients so read: {counts}."
        return Note(kind="assumption", about="Blank dates", text=text)


@dataclass
class _Said:
    """What the rows of each patient said of one event, beside its occurrences."""

    happened: NDArray[np.bool_]
    no: NDArray[np.bool_]
    missing: NDArray[np.bool_]
    not_applicable: NDArray[np.bool_]

    @classmethod
    def nothing(cls, patients: int) -> _Said:
        return cls(*(np.zeros(patients, dtype=bool) for _ in range(4)))


@dataclass(frozen=True)
class _Columns:
    """The columns of one binding as read; ``end`` and ``line`` (the line of therapy, or another
    number) go with ``date`` one by one."""

    whether: Column | None
    date: tuple[Column, ...]
    end: tuple[Column | None, ...]
    line: tuple[Column | None, ...]
    multiply: float = 1.0


def _count(number: int) -> str:
    return f"{number} patient{'' if number == 1 else 's'}"


def read_event(
    reading: Reading,
    patients: Patients,
    rows: NDArray[np.intp],
    name: str,
    binding: EventBinding,
    found: Found,
) -> None:
    """Add the rows of the event ``name``, read from the table's ``rows``."""
    columns = _read_columns(reading, binding)
    if binding.line:
        found.lines.add(name)
    gathered = Gathered(name, unit="line" if binding.line else None)
    said = _Said.nothing(len(patients.ids))
    for row in rows.tolist():
        person = int(patients.of_row[row])
        _read_row(reading, row, person, columns, gathered, said, found)
    # Where a patient has no row of his own here, his first row stands for what is not said.
    first = patients.first_row.copy()
    first[patients.of_row[rows[::-1]]] = rows[::-1]
    _say_the_rest(binding, columns, first, gathered, said, found)
    found.blocks.extend(gathered.blocks())
    if columns.whether is not None and not columns.date and said.happened.any():
        text = (
            f"{gathered.code} is recorded as yes or no, without a date "
            f"(yes in {_count(int(said.happened.sum()))}): the records cannot show "
            "whether it came before or after the index date, or when."
        )
        found.notes.append(Note(kind="limit", about=name, text=text))


def _read_columns(reading: Reading, binding: EventBinding) -> _Columns:
    whether = None
    if binding.yes_or_no is not None:
        codes = codes_of(reading.site, binding, (*binding.yes, *binding.no))
        read = yes_no_reader(binding.yes, binding.no)
        whether = reading.column(binding.yes_or_no, read, codes, None)
    date = tuple(reading.dates(name, binding.dates, binding) for name in binding.date or ())
    nothing = (None,) * len(date)
    end = tuple(reading.dates(name, binding.dates, binding) for name in binding.end or ())
    number = number_reader(reading.site.records.decimal)
    codes = codes_of(reading.site, binding, numeric=True)
    line = tuple(reading.column(name, number, codes, np.nan) for name in binding.numbers)
    if len(line) == 1:
        line *= len(date)
    return _Columns(whether, date, end or nothing, line or nothing, binding.multiply)


def _read_row(
    reading: Reading,
    row: int,
    person: int,
    columns: _Columns,
    gathered: Gathered,
    said: _Said,
    found: Found,
) -> None:
    dates = [column for column in columns.date if column.state[row] == KNOWN]
    stray = _stray(columns, row)
    answer = _answer(columns.whether, row)
    unknown = answer == "not documented" or (
        answer is None and any(column.state[row] == MISSING for column in columns.date)
    )
    if contradiction := _contradiction(reading, row, columns, gathered.code, dates, stray, answer):
        found.errors.append(contradiction)
        return
    _add_occurrences(row, columns, stray, gathered)
    if answer == "yes" and not (dates or stray):
        gathered.add(row, (columns.whether or columns.date[0]).name)
    if (answer == "yes" or stray) and columns.date and not dates:
        message = f"{gathered.code} happened, but no date says when"
        found.warnings.append(reading.problem(row, columns.date[0].name, message))
    happened = bool(answer == "yes" or dates or stray)
    said.happened[person] |= happened
    said.no[person] |= answer == "no"
    # One of several dates may be missing beside another that is known.
    said.missing[person] |= unknown and not stray and (answer is None or not happened)
    said.not_applicable[person] |= answer == "not applicable" or (
        answer is None and any(column.state[row] == DOES_NOT_APPLY for column in columns.date)
    )


def _answer(whether: Column | None, row: int) -> str | None:
    """What the yes/no column says: blank is ""; ``None`` where there is no such column."""
    if whether is None:
        return None
    if whether.state[row] == KNOWN:
        return str(whether.values[row])
    return {MISSING: "not documented", DOES_NOT_APPLY: "not applicable"}.get(
        int(whether.state[row]), ""
    )


def _contradiction(
    reading: Reading,
    row: int,
    columns: _Columns,
    name: str,
    dates: list[Column],
    stray: list[Column],
    answer: str | None,
) -> Problem | None:
    """A date, end or line beside a "no"; an end or line beside a date that is blank."""
    if answer in ("no", "not applicable") and columns.whether is not None and (dates or stray):
        place = reading.place(row, [*dates, *stray][0].name)
        message = f"{name} is {answer} here, yet a date or line stands in {place}"
        return reading.problem(row, columns.whether.name, message)
    dated = answer == "yes" or any(column.state[row] == MISSING for column in columns.date)
    if stray and not dated:
        message = f"{name} has an end or a line here but no date: did it happen?"
        hint = "fill in the date, or its code for not documented"
        return reading.problem(row, stray[0].name, message, hint)
    return None


def _stray(columns: _Columns, row: int) -> list[Column]:
    """End and line columns that hold something where no date they go with does. Several dates
    may share one line."""
    answered: set[str] = set()
    offered: dict[str, Column] = {}
    for date, *others in zip(columns.date, columns.end, columns.line, strict=True):
        for other in others:
            if other is not None and other.state[row] == KNOWN:
                offered[other.name] = other
                if date.state[row] == KNOWN:
                    answered.add(other.name)
    return [column for name, column in offered.items() if name not in answered]


def _add_occurrences(row: int, columns: _Columns, stray: list[Column], gathered: Gathered) -> None:
    left = {column.name for column in stray}
    for date, end, line in zip(columns.date, columns.end, columns.line, strict=True):
        beside = {column.name for column in (end, line) if column is not None}
        if date.state[row] == KNOWN or beside & left:
            left -= beside
            gathered.add(
                row,
                date.name,
                start=date.values[row],
                end=NO_DATE if end is None else end.values[row],
                value=np.nan if line is None else float(line.values[row]) * columns.multiply,
                end_column=None if end is None else end.name,
            )


def _say_the_rest(
    binding: EventBinding,
    columns: _Columns,
    first: NDArray[np.intp],
    gathered: Gathered,
    said: _Said,
    found: Found,
) -> None:
    column = binding.yes_or_no or (binding.date or ("",))[0]
    for person in np.flatnonzero(said.missing):
        gathered.add(int(first[person]), column, NOT_DOCUMENTED)
    silent = ~(said.missing | said.happened | said.no)
    for person in np.flatnonzero(silent & said.not_applicable):
        gathered.add(int(first[person]), column, NOT_APPLICABLE)
    silent &= ~said.not_applicable
    if not silent.any():
        return
    if columns.whether is None and binding.blank == "no":
        found.blank[gathered.code] = int(silent.sum())
        return
    for person in np.flatnonzero(silent):
        gathered.add(int(first[person]), column, NOT_DOCUMENTED)
